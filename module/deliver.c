// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delivering: a message goes to a receiver that waits for it, or into the queue,
 * and those who wait for room follow.
 */
#include "mbx.h"

/**
 * mbx_find_receiver() - find the first in the line who can have a message
 * @box: the mailbox
 * @msg: the message
 *
 * One that is about to be killed cannot: the message would die with it.
 *
 * Context: The box is locked.
 * Return: a receiver that accepts it and has room for it, or NULL.
 */
struct mbx_waiter *mbx_find_receiver(struct mbx_box *box,
				     const struct mbx_msg *msg)
{
	struct mbx_waiter *waiter;

	if (mbx_box_frozen(box))
		return NULL;
	list_for_each_entry(waiter, &box->receivers, node)
		if (msg->len <= waiter->len && !mbx_is_killed(waiter) &&
		    mbx_select_accepts(waiter->select, msg))
			return waiter;
	return NULL;
}

/**
 * mbx_refuse_receivers() - tell receivers that their buffers are too small
 * @box: the mailbox
 * @msg: the message that they would get
 * @end: the first that is not told, or NULL
 * @later: wakes them
 *
 * Context: The box is locked.
 */
void mbx_refuse_receivers(struct mbx_box *box, const struct mbx_msg *msg,
			  struct mbx_waiter *end, struct mbx_later *later)
{
	struct mbx_waiter *waiter, *next;

	if (mbx_box_frozen(box))
		return;
	list_for_each_entry_safe(waiter, next, &box->receivers, node) {
		if (waiter == end)
			break;
		if (msg->len <= waiter->len ||
		    !mbx_select_accepts(waiter->select, msg))
			continue;
		waiter->len = msg->len;
		mbx_wake(waiter, -EMSGSIZE, later);
	}
}

static void wake_peekers(struct mbx_box *box, const struct mbx_msg *msg,
			 struct mbx_later *later)
{
	struct mbx_waiter *waiter, *next;

	list_for_each_entry_safe(waiter, next, &box->peekers, node)
		if (mbx_select_accepts(waiter->select, msg))
			mbx_wake(waiter, 0, later);
}

/**
 * mbx_hand() - give a message to a receiver that waits for one
 * @box: the mailbox
 * @msg: a ready message in its queue
 * @receiver: the receiver
 * @later: wakes it
 *
 * Context: The box is locked.
 */
void mbx_hand(struct mbx_box *box, struct mbx_msg *msg,
	      struct mbx_waiter *receiver, struct mbx_later *later)
{
	mbx_queue_hand(&box->queue, msg);
	msg->refs++;
	receiver->msg = msg;
	mbx_wake(receiver, 0, later);
	mbx_policy_served(box, receiver->task->proc);
}

/* Gives a ready message to @receiver, or without one shows it to all others. */
static void pass_on(struct mbx_box *box, struct mbx_msg *msg,
		    struct mbx_waiter *receiver, struct mbx_later *later)
{
	mbx_refuse_receivers(box, msg, receiver, later);
	if (receiver) {
		mbx_hand(box, msg, receiver, later);
	} else {
		wake_peekers(box, msg, later);
		mbx_later_poll_in(later, box);
	}
}

/**
 * mbx_offer() - show a message to those who wait for one
 * @box: the mailbox
 * @msg: a ready message in its queue
 * @later: wakes them
 *
 * The first receiver in the line gets it.  One whose buffer is too small
 * is told so, which leaves the message to the next.
 *
 * Context: The box is locked.
 * Return: true if a receiver got it, false if it stays queued.
 */
bool mbx_offer(struct mbx_box *box, struct mbx_msg *msg,
	       struct mbx_later *later)
{
	struct mbx_waiter *receiver = mbx_find_receiver(box, msg);

	pass_on(box, msg, receiver, later);
	return receiver;
}

/**
 * mbx_take_back() - remove a message whose sender waits for it to be taken
 * @box: the mailbox
 * @msg: the message; the caller owns the queue's reference
 *
 * A thread is told that nothing was sent; who deferred a message was told that it
 * has been.
 *
 * Context: The box is locked.
 */
void mbx_take_back(struct mbx_box *box, struct mbx_msg *msg)
{
	if (msg->sender->thread)
		mbx_queue_withdraw(&box->queue, msg);
	else
		mbx_queue_purge(&box->queue, msg);
	msg->sender = NULL;
}

/**
 * mbx_refuse() - give a message back to the sender that waits for it to be taken
 * @box: the mailbox
 * @msg: the message, which nobody is copying
 * @why: what the sender is told
 * @later: wakes it
 *
 * Context: The box is locked.
 */
void mbx_refuse(struct mbx_box *box, struct mbx_msg *msg, int why,
		struct mbx_later *later)
{
	struct mbx_waiter *sender = msg->sender;

	mbx_take_back(box, msg);
	mbx_wake(sender, why, later);
	mbx_box_release(box, msg, later);
}

/**
 * mbx_lose() - remove a message that nobody will receive
 * @box: the mailbox
 * @msg: the message, which nobody is copying
 * @why: what the sender is told, should one wait for it to be taken
 * @later: wakes it
 *
 * Context: The box is locked.
 */
void mbx_lose(struct mbx_box *box, struct mbx_msg *msg, int why,
	      struct mbx_later *later)
{
	if (msg->sender) {
		mbx_refuse(box, msg, why, later);
		return;
	}
	mbx_queue_purge(&box->queue, msg);
	mbx_box_release(box, msg, later);
}

/**
 * mbx_place() - put a message into the queue, and give or show it to others
 * @box: the mailbox
 * @msg: the message
 * @receiver: who gets it: what mbx_find_receiver() said; or NULL
 * @counted: whether it takes room
 * @later: wakes them
 *
 * With capacity 0 nothing is queued: the message only waits with its sender.
 *
 * Context: The box is locked.
 */
void mbx_place(struct mbx_box *box, struct mbx_msg *msg,
	       struct mbx_waiter *receiver, bool counted,
	       struct mbx_later *later)
{
	mbx_queue_push(&box->queue, msg, counted && box->capacity && !receiver);
	pass_on(box, msg, receiver, later);
}

/**
 * mbx_admit() - let in the message of the sender that has waited longest
 * @box: a mailbox in which a sender waits for room
 * @counted: whether the message takes room
 * @later: wakes the sender, unless it also waits for a receiver
 *
 * Context: The box is locked.
 */
void mbx_admit(struct mbx_box *box, bool counted, struct mbx_later *later)
{
	struct mbx_waiter *waiter;
	struct mbx_msg *msg;

	waiter = list_first_entry(&box->senders, struct mbx_waiter, node);
	msg = waiter->msg;
	waiter->msg = NULL;

	if (waiter->sync) {
		msg->sender = waiter;
		waiter->placed = msg;
		/* The sleeper, who looks without the lock, sleeps on. */
		WRITE_ONCE(waiter->state, MBX_WAIT_TAKEN);
		list_move_tail(&waiter->node, &box->synced);
	}
	mbx_foresee_seq(box, msg);
	mbx_place(box, msg, mbx_find_receiver(box, msg), counted, later);
	waiter->seq = msg->seq;
	if (!waiter->sync)
		mbx_wake(waiter, 0, later);
}

/**
 * mbx_made_room() - note that a counted message has left the queue
 * @box: the mailbox
 * @later: wakes senders and pollers
 *
 * Context: The box is locked.
 */
void mbx_made_room(struct mbx_box *box, struct mbx_later *later)
{
	while (!list_empty(&box->senders) && mbx_box_has_room(box))
		mbx_admit(box, true, later);
	if (box->queue.depth + 1 == box->capacity)
		mbx_later_poll_out(later, box);
}
