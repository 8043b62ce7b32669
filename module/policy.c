// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies: who may use a mailbox at the same time, and in which order those get
 * a message that wait for one.
 *
 * The first receiver in the line is served first.  FIFO: who comes joins at the
 * end.  LIFO: at the head.  RR: at the end; and whoever is served takes all the
 * threads of his process to the end.
 */
#include "mbx.h"

static void set_user(struct mbx_proc **slot, struct mbx_proc *proc)
{
	if (*slot)
		mbx_proc_put(*slot);
	*slot = mbx_proc_ref(proc);
}

/* Nobody is asked to leave: a place gets free when its process exits. */
static int join_pair(struct mbx_box *box, struct mbx_proc *proc)
{
	struct mbx_proc **free = NULL;
	unsigned int i;

	for (i = 0; i < MBX_PAIR; i++) {
		if (box->members[i] == proc)
			return 0;
		if (!free &&
		    (!box->members[i] || mbx_proc_exited(box->members[i])))
			free = &box->members[i];
	}
	if (!free)
		return -EUSERS;
	set_user(free, proc);
	return 0;
}

static int enter_alone(struct mbx_box *box, struct mbx_proc *proc)
{
	if (box->nr_inside && box->members[0] != proc)
		return -EBUSY;
	if (!box->nr_inside++ && box->members[0] != proc)
		set_user(&box->members[0], proc);
	return 0;
}

/**
 * mbx_policy_enter() - may a process use a mailbox now?
 * @box: the mailbox
 * @proc: the process
 * @receives: for a receive, to be followed by mbx_policy_leave(); else a send
 *
 * Context: The box is locked.
 * Return: 0, -EBUSY or -EUSERS.
 */
int mbx_policy_enter(struct mbx_box *box, struct mbx_proc *proc, bool receives)
{
	switch (box->policy) {
	case MBX_POLICY_EXCLUSIVE:
		return receives ? enter_alone(box, proc) : 0;
	case MBX_POLICY_PAIR:
		return join_pair(box, proc);
	default:
		return 0;
	}
}

/**
 * mbx_policy_leave() - note that a thread is in a receive no longer
 * @box: the mailbox
 *
 * Context: The box is locked.
 */
void mbx_policy_leave(struct mbx_box *box)
{
	if (box->policy == MBX_POLICY_EXCLUSIVE)
		box->nr_inside--;
}

/**
 * mbx_policy_served() - note that a process got a message that it waited for
 * @box: the mailbox
 * @proc: the process
 *
 * Context: The box is locked.
 */
void mbx_policy_served(struct mbx_box *box, const struct mbx_proc *proc)
{
	struct mbx_waiter *waiter, *next;
	LIST_HEAD(served);

	if (box->policy != MBX_POLICY_RR)
		return;
	list_for_each_entry_safe(waiter, next, &box->receivers, node)
		if (waiter->task->proc == proc)
			list_move_tail(&waiter->node, &served);
	list_splice_tail(&served, &box->receivers);
}

/**
 * mbx_policy_forget() - forget who used a mailbox
 * @box: the mailbox, which nobody else has a reference to
 */
void mbx_policy_forget(struct mbx_box *box)
{
	unsigned int i;

	for (i = 0; i < MBX_PAIR; i++)
		if (box->members[i])
			mbx_proc_put(box->members[i]);
}
