// SPDX-License-Identifier: GPL-2.0-only
/*
 * Administration: a mailbox that delivers nothing for a while, that takes nothing
 * any more, or that loses what is in it.
 *
 * In a frozen mailbox receivers wait although messages are ready; whoever thaws
 * it serves them.  In a sealed one they wait as long as a message may come back
 * from somebody who is copying it; whoever removes the last one that they accept
 * tells them.
 */
#include <linux/sched.h>

#include "mbx.h"
#include "trace.h"

/* Messages that are purged in one go with the box locked. */
#define PURGE_BATCH 256

/* --------------------------------------------------------- freezing, sealing */

static struct mbx_msg *choose(struct mbx_box *box,
			      const struct mbx_waiter *receiver)
{
	return receiver->select ?
		       mbx_select_first(&box->queue, receiver->select) :
		       mbx_queue_first(&box->queue);
}

/*
 * Each in the line gets what it would get if it came now.  That takes as long as
 * there are receivers, times messages if they select.  For whom there is nothing
 * there will be nothing: messages only leave here.
 */
static void serve_receivers(struct mbx_box *box, struct mbx_later *later)
{
	struct mbx_waiter *waiter, *next;
	struct mbx_msg *msg;

	list_for_each_entry(waiter, &box->receivers, node)
		waiter->served = mbx_is_killed(waiter);
	list_for_each_entry_safe(waiter, next, &box->receivers, node) {
		msg = waiter->served ? NULL : choose(box, waiter);
		waiter->served = true;
		if (!msg)
			continue;
		if (msg->len > waiter->len) {
			waiter->len = msg->len;
			mbx_wake(waiter, -EMSGSIZE, later);
			continue;
		}
		mbx_hand(box, msg, waiter, later);
		/* Which has put others of its process to the end of the line. */
		if (box->policy == MBX_POLICY_RR)
			next = list_first_entry(&box->receivers,
						struct mbx_waiter, node);
	}
}

/*
 * First to each receiver what is ready, so that nobody who waits for room
 * overtakes it.  If all that takes room is being copied, the message of the
 * first sender is the next, although there is no room; see next_msg().
 */
static void serve(struct mbx_box *box, struct mbx_later *later)
{
	struct mbx_waiter *sender;

	serve_receivers(box, later);
	while (!list_empty(&box->senders)) {
		sender = list_first_entry(&box->senders, struct mbx_waiter,
					  node);
		mbx_foresee_seq(box, sender->msg);
		if (!mbx_box_has_room(box) &&
		    !mbx_find_receiver(box, sender->msg))
			break;
		mbx_admit(box, true, later);
	}
}

static void freeze(struct mbx_box *box)
{
	box->state |= MBX_STATE_FROZEN;
	mbx_box_set_special(box);
}

static void thaw(struct mbx_box *box, struct mbx_later *later)
{
	if (!mbx_box_frozen(box))
		return;
	box->state &= ~MBX_STATE_FROZEN;
	mbx_box_set_special(box);
	serve(box, later);
	later->poll_all = true;
}

/**
 * mbx_control_part() - end what does not become a rendezvous any more
 * @box: a sealed mailbox
 * @later: wakes the senders
 *
 * Context: The box is locked.
 */
void mbx_control_part(struct mbx_box *box, struct mbx_later *later)
{
	struct mbx_msg *msg, *next;
	bool parted = false;

	msg = box->capacity ? NULL : mbx_queue_first(&box->queue);
	for (; msg; msg = next) {
		next = mbx_queue_next(&box->queue, msg);
		if (!msg->sender)
			continue;
		mbx_refuse(box, msg, -ESHUTDOWN, later);
		parted = true;
	}
	if (parted)
		mbx_control_left(box, NULL, later);
}

/**
 * mbx_control_over() - will there never again be a message that is accepted?
 * @box: the mailbox
 * @select: what is accepted, or NULL for any message
 *
 * One that somebody is copying may come back.
 *
 * Context: The box is locked.
 * Return: 0, or -ESHUTDOWN.
 */
int mbx_control_over(struct mbx_box *box, const struct mbx_selector *select)
{
	const int err = mbx_box_sealed(box);

	return err && !mbx_select_any(&box->queue, select) ? err : 0;
}

static void end_list(struct mbx_box *box, struct list_head *list,
		     const struct mbx_msg *msg, struct mbx_later *later)
{
	struct mbx_waiter *waiter, *next;
	int err;

	list_for_each_entry_safe(waiter, next, list, node) {
		if (msg && !mbx_select_accepts(waiter->select, msg))
			continue;
		err = mbx_control_over(box, waiter->select);
		if (err)
			mbx_wake(waiter, err, later);
	}
}

/**
 * mbx_control_left() - note that a message has left a mailbox
 * @box: the mailbox
 * @msg: the message; or NULL for several, or if the mailbox has been sealed
 * @later: wakes whoever waits for what will not come any more
 *
 * Context: The box is locked.
 */
void mbx_control_left(struct mbx_box *box, const struct mbx_msg *msg,
		      struct mbx_later *later)
{
	if (!mbx_box_sealed(box))
		return;
	end_list(box, &box->receivers, msg, later);
	end_list(box, &box->peekers, msg, later);
	if (!mbx_box_drained(box))
		return;
	mbx_wake_list(&box->drainers, 0, later);
	later->poll_all = true;
}

static void seal(struct mbx_box *box, struct mbx_later *later)
{
	if (mbx_box_sealed(box))
		return;
	box->state |= MBX_STATE_SEALED;
	mbx_box_set_special(box);
	mbx_wake_list(&box->senders, -ESHUTDOWN, later);
	mbx_control_part(box, later);
	mbx_control_left(box, NULL, later);
	later->poll_all = true;
}

static int drain(struct mbx_handle *handle, struct mbx_task *task,
		 const struct mbx_action *action, struct mbx_later *later)
{
	struct mbx_box *box = handle->box;
	struct mbx_waiter waiter = {
		.state = MBX_WAIT_DRAINED,
		.op = MBX_OP_DRAIN,
		.thread = current,
		.task = task,
		.handle = handle,
		.clock = action->clock,
		.deadline = action->deadline,
	};

	seal(box, later);
	if (mbx_box_drained(box))
		return 0;
	if (action->nonblock)
		return -EAGAIN;
	return mbx_wait(box, &waiter, &box->drainers, later);
}

/* ------------------------------------------------------------------- purging */

static void purge_msg(struct mbx_box *box, struct mbx_msg *msg,
		      struct mbx_later *later)
{
	const bool counted = msg->counted;

	/* The mailbox may have ended since, but not yet its waits. */
	mbx_lose(box, msg, box->dead ?: -ECANCELED, later);
	if (counted)
		mbx_made_room(box, later);
}

static void let_others_in(struct mbx_box *box, struct mbx_later *later)
	__must_hold(&box->lock)
{
	mbx_unlock(box, later);
	cond_resched();
	spin_lock(&box->lock);
}

/*
 * They leave the mailbox at once.  Until its turn comes, a message on the list
 * looks ready, and its sender may still withdraw it.
 */
static u64 purge(struct mbx_box *box, struct mbx_later *later)
	__must_hold(&box->lock)
{
	u64 nr = 0;
	LIST_HEAD(purged);

	mbx_queue_collect(&box->queue, &purged);
	while (!list_empty(&purged)) {
		purge_msg(box, list_first_entry(&purged, struct mbx_msg, node),
			  later);
		if (++nr % PURGE_BATCH == 0)
			let_others_in(box, later);
	}
	mbx_control_left(box, NULL, later);
	later->poll_all = true;
	return nr;
}

/* ------------------------------------------------------------------- actions */

static int act(struct mbx_handle *handle, struct mbx_task *task,
	       struct mbx_action *action, struct mbx_later *later)
{
	struct mbx_box *box = handle->box;
	int err = 0;

	switch (action->op) {
	case MBX_CONTROL_FREEZE:
		freeze(box);
		break;
	case MBX_CONTROL_THAW:
		thaw(box, later);
		break;
	case MBX_CONTROL_SEAL:
		seal(box, later);
		break;
	case MBX_CONTROL_PURGE:
		action->count = purge(box, later);
		break;
	case MBX_CONTROL_DRAIN:
		err = drain(handle, task, action, later);
		action->count = err ? mbx_queue_length(&box->queue) : 0;
		break;
	}
	return err;
}

/**
 * mbx_control() - do something to a mailbox
 * @handle: a handle of somebody who may
 * @action: what; its count is filled in
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: 0; the error of a handle or mailbox that has ended; -ENOMEM; or, with
 * the mailbox sealed, -EAGAIN, -ERESTARTSYS, -ETIMEDOUT.
 */
int mbx_control(struct mbx_handle *handle, struct mbx_action *action)
{
	struct mbx_box *box = handle->box;
	struct mbx_later later = {};
	struct mbx_task *task;
	int err;

	task = mbx_handle_lock(handle, false);
	err = PTR_ERR_OR_ZERO(task) ?: mbx_handle_error(handle);
	if (!err)
		err = act(handle, task, action, &later);
	trace_mbx_control(box, action->op, action->count, err);
	mbx_unlock(box, &later);
	return err;
}
