// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which mailboxes a process owns.
 */
#include <linux/list.h>

#include "mbx.h"

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
	/* Pairs with mbx_proc_query(). */
	WRITE_ONCE(box->owner->nr_boxes, box->owner->nr_boxes + 1);
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
	/* Pairs with mbx_proc_query(). */
	WRITE_ONCE(box->owner->nr_boxes, box->owner->nr_boxes - 1);
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
