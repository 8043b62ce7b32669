// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which message next: priorities, and receivers that do not accept every message.
 *
 * A receiver that waits for something else is not in the way of a message, nor
 * is a message in the way that nobody asks for: both may be there at once.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "mbx.h"

#define KNOWN                                                           \
	(MBX_SELECT_TYPE | MBX_SELECT_TYPE_NOT | MBX_SELECT_TYPE_UPTO | \
	 MBX_SELECT_PID | MBX_SELECT_BADGE | MBX_SELECT_PRIORITY |      \
	 MBX_SELECT_SEQ | MBX_SELECT_AFTER)

/**
 * mbx_box_prioritize() - be ready for messages of priorities above 0
 * @box: the mailbox
 *
 * Context: Process context.  Sleeps.  Takes the box's lock.
 * Return: 0 or -ENOMEM.
 */
int mbx_box_prioritize(struct mbx_box *box)
{
	struct list_head *urgent;
	bool done;

	spin_lock(&box->lock);
	done = box->queue.urgent;
	spin_unlock(&box->lock);
	if (done)
		return 0;

	urgent = mbx_queue_make_levels();
	if (!urgent)
		return -ENOMEM;
	spin_lock(&box->lock);
	if (!box->queue.urgent)
		swap(box->queue.urgent, urgent);
	spin_unlock(&box->lock);
	kfree(urgent);
	return 0;
}

/* More than one of @choices? */
static bool several(u32 flags, u32 choices)
{
	return hweight32(flags & choices) > 1;
}

static int check(const struct mbx_select *want)
{
	if (want->flags & ~KNOWN)
		return -EOPNOTSUPP;
	if (several(want->flags, MBX_SELECT_TYPE | MBX_SELECT_TYPE_NOT |
					 MBX_SELECT_TYPE_UPTO) ||
	    several(want->flags, MBX_SELECT_SEQ | MBX_SELECT_AFTER) ||
	    several(want->flags, MBX_SELECT_TYPE_UPTO | MBX_SELECT_AFTER))
		return -EINVAL;
	return 0;
}

/**
 * mbx_select_get() - read and check what a receive accepts
 * @select: filled
 * @uarg: a struct mbx_select of the caller
 *
 * Context: Process context.  Sleeps.
 * Return: 0, -E2BIG, -EFAULT, -EINVAL or -EOPNOTSUPP.
 */
int mbx_select_get(struct mbx_selector *select, const void __user *uarg)
{
	struct mbx_select *want = &select->want;
	u32 usize;

	if (get_user(usize, (const u32 __user *)uarg))
		return -EFAULT;
	if (usize < sizeof(*want) || usize > PAGE_SIZE)
		return -EINVAL;
	select->ns = task_active_pid_ns(current);
	return copy_struct_from_user(want, sizeof(*want), uarg, usize) ?:
		       check(want);
}

static bool is_from(const struct mbx_selector *select,
		    const struct mbx_msg *msg)
{
	return pid_nr_ns(msg->from->proc->pid, select->ns) == select->want.pid;
}

/**
 * mbx_select_fits() - do all conditions hold for a message?
 * @select: the conditions
 * @msg: the message
 *
 * Context: The box is locked.
 * Return: true if so.
 */
bool mbx_select_fits(const struct mbx_selector *select,
		     const struct mbx_msg *msg)
{
	const struct mbx_select *want = &select->want;
	const u32 flags = want->flags;

	return !((flags & MBX_SELECT_TYPE && msg->type != want->type) ||
		 (flags & MBX_SELECT_TYPE_NOT && msg->type == want->type) ||
		 (flags & MBX_SELECT_TYPE_UPTO && msg->type > want->type) ||
		 (flags & MBX_SELECT_PID && !is_from(select, msg)) ||
		 (flags & MBX_SELECT_BADGE && msg->badge != want->badge) ||
		 (flags & MBX_SELECT_PRIORITY &&
		  msg->priority < want->priority) ||
		 (flags & MBX_SELECT_SEQ && msg->seq != want->seq) ||
		 (flags & MBX_SELECT_AFTER && msg->seq <= want->seq));
}

/* Of two messages that both fit; @a is the first in the queue. */
static bool is_better(u32 flags, const struct mbx_msg *b,
		      const struct mbx_msg *a)
{
	if (flags & MBX_SELECT_TYPE_UPTO)
		return b->type < a->type;
	return b->seq < a->seq;
}

/**
 * mbx_select_first() - find the message that a receive is to get
 * @queue: the queue
 * @select: what it accepts
 *
 * Context: The box is locked, for a time that grows with the queue.
 * Return: the message, or NULL.
 */
struct mbx_msg *mbx_select_first(struct mbx_queue *queue,
				 const struct mbx_selector *select)
{
	const u32 flags = select->want.flags;
	struct mbx_msg *msg = mbx_queue_next(queue, NULL);
	struct mbx_msg *best = NULL;

	while (msg) {
		const bool fits = mbx_select_fits(select, msg);

		if (fits && (!best || is_better(flags, msg, best)))
			best = msg;
		if (fits &&
		    !(flags & (MBX_SELECT_TYPE_UPTO | MBX_SELECT_AFTER)))
			break;
		/* Those behind it have the same priority, and were sent later. */
		msg = fits && flags & MBX_SELECT_AFTER ?
			      mbx_queue_below(queue, msg) :
			      mbx_queue_next(queue, msg);
	}
	return best;
}

static bool any_in(const struct list_head *list,
		   const struct mbx_selector *select)
{
	struct mbx_msg *msg;

	list_for_each_entry(msg, list, node)
		if (mbx_select_fits(select, msg))
			return true;
	return false;
}

/**
 * mbx_select_any() - is a message there, maybe being copied or leased, that is
 *	accepted?
 * @queue: the queue
 * @select: what is accepted, or NULL for any message
 *
 * Context: The box is locked, for a time that grows with the queue.
 * Return: true if so.
 */
bool mbx_select_any(struct mbx_queue *queue, const struct mbx_selector *select)
{
	struct mbx_msg *msg = NULL;

	if (!select)
		return mbx_queue_length(queue);
	while ((msg = mbx_queue_next(queue, msg)))
		if (mbx_select_fits(select, msg))
			return true;
	return any_in(&queue->taken, select) || any_in(&queue->leased, select);
}
