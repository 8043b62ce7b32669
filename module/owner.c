// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which mailboxes a process owns, and which process a mailbox.
 */
#include <linux/list.h>

#include "mbx.h"

static void count_boxes(struct mbx_proc *proc, int change)
{
	/* Pairs with mbx_proc_query(). */
	WRITE_ONCE(proc->nr_boxes, proc->nr_boxes + change);
}

/**
 * mbx_proc_own() - put a new mailbox into its owner's list
 * @box: the mailbox; no owner is fine
 *
 * Context: Process context.  Takes records_lock.
 * Return: 0; -ESRCH if the owner has exited, and looks for its mailboxes no
 * more.
 */
int mbx_proc_own(struct mbx_box *box)
{
	if (!box->owner)
		return 0;

	guard(raw_spinlock)(&mbx_records_lock);

	if (box->owner->exited)
		return -ESRCH;
	list_add_tail(&box->owned, &box->owner->boxes);
	count_boxes(box->owner, 1);
	return 0;
}

/**
 * mbx_proc_pass() - move a mailbox from its owner's list to another's
 * @box: the mailbox, whose owner is yet to be changed
 * @to: who is to be it
 *
 * Either @to has it in time to take it down when it exits, or it gets nothing.
 *
 * Context: Any but interrupts.  Takes records_lock.
 * Return: 0; -ESRCH if @to has exited.
 */
int mbx_proc_pass(struct mbx_box *box, struct mbx_proc *to)
{
	guard(raw_spinlock)(&mbx_records_lock);

	if (to->exited)
		return -ESRCH;
	list_move_tail(&box->owned, &to->boxes);
	count_boxes(box->owner, -1);
	count_boxes(to, 1);
	return 0;
}

/**
 * mbx_proc_disown() - take a mailbox that ends out of its owner's list
 * @box: the mailbox; no owner is fine
 *
 * Context: Process context.  Takes records_lock.
 */
void mbx_proc_disown(struct mbx_box *box)
{
	if (!box->owner)
		return;

	guard(raw_spinlock)(&mbx_records_lock);

	list_del_init(&box->owned);
	count_boxes(box->owner, -1);
}

/**
 * mbx_proc_first_box() - find a mailbox that a process still owns
 * @proc: the process
 *
 * Context: Process context.  Takes records_lock.
 * Return: the mailbox with a reference, or NULL.
 */
struct mbx_box *mbx_proc_first_box(struct mbx_proc *proc)
{
	struct mbx_box *box;

	guard(raw_spinlock)(&mbx_records_lock);

	/* A mailbox leaves the list before its table drops its reference. */
	box = list_first_entry_or_null(&proc->boxes, struct mbx_box, owned);
	if (box)
		refcount_inc(&box->refs);
	return box;
}

/**
 * mbx_box_owner_pid() - tell which process owns a mailbox
 * @box: the mailbox
 * @successor: tell who inherits it instead
 *
 * Context: Any.  Takes the box's lock.
 * Return: its process id with a reference, or NULL for none.
 */
struct pid *mbx_box_owner_pid(struct mbx_box *box, bool successor)
{
	const struct mbx_proc *proc;

	guard(spinlock)(&box->lock);

	proc = mbx_box_owner(box);
	if (successor)
		proc = proc != box->successor ? box->successor : NULL;
	if (successor && proc && mbx_proc_exited(proc))
		proc = NULL;
	return proc ? get_pid(proc->pid) : NULL;
}
