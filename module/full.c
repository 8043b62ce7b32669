// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox without room: whose message is lost, or kept, where nobody is to wait.
 */
#include <linux/log2.h>

#include "mbx.h"

static_assert(ilog2(MBX_SEND_DROP_OLDEST) - ilog2(MBX_SEND_WAIT) ==
	      MBX_FULL_DROP_OLDEST);
static_assert(ilog2(MBX_SEND_DROP_NEWEST) - ilog2(MBX_SEND_WAIT) ==
	      MBX_FULL_DROP_NEWEST);
static_assert(ilog2(MBX_SEND_DEFER) - ilog2(MBX_SEND_WAIT) == MBX_FULL_DEFER);

/**
 * mbx_full_policy() - what becomes of a message if there is no room?
 * @box: the mailbox
 * @tx: the send
 *
 * Return: MBX_FULL_*.
 */
u32 mbx_full_policy(const struct mbx_box *box, const struct mbx_tx *tx)
{
	if (tx->sync)
		return MBX_FULL_WAIT;
	return tx->full ? ilog2(tx->full / MBX_SEND_WAIT) : box->full;
}

/* It was sent, but nobody will receive it. */
static void lose_new(struct mbx_box *box, struct mbx_msg *msg,
		     struct mbx_later *later)
{
	mbx_refuse_receivers(box, msg, NULL, later);
	mbx_queue_lose(&box->queue, msg);
	mbx_box_release(box, msg, later);
}

/**
 * mbx_full_drop() - send a message for which there is neither room nor a receiver
 * @box: the mailbox
 * @msg: the message; its sequence number is set
 * @tx: which says that one is to be dropped; lost is set if it is @msg
 * @later: wakes others
 *
 * Who waits for room goes on waiting: no room is made.
 *
 * Context: The box is locked.
 * Return: MBX_LOST; or 0 if the message came in while all others are being copied.
 */
int mbx_full_drop(struct mbx_box *box, struct mbx_msg *msg, struct mbx_tx *tx,
		  struct mbx_later *later)
{
	const u32 policy = mbx_full_policy(box, tx);
	struct mbx_msg *victim = mbx_queue_least(&box->queue);

	if (policy == MBX_FULL_DROP_NEWEST || !box->capacity ||
	    (victim && victim->priority > msg->priority)) {
		lose_new(box, msg, later);
		tx->lost = true;
		return MBX_LOST;
	}
	if (victim)
		mbx_lose(box, victim, -ENOBUFS, later);
	mbx_place(box, msg, NULL, true, later);
	return victim ? MBX_LOST : 0;
}

/* ------------------------------------------------------------------- deferring */

/* In the queue, as messages of other senders are there, so that it can be chosen. */
static void park_for_receiver(struct mbx_box *box, struct mbx_waiter *waiter,
			      struct mbx_later *later)
{
	struct mbx_msg *msg = waiter->msg;

	waiter->state = MBX_WAIT_TAKEN;
	waiter->sync = true;
	waiter->msg = NULL;
	waiter->placed = msg;
	msg->sender = waiter;
	list_add_tail(&waiter->node, &box->synced);
	mbx_place(box, msg, NULL, false, later);
}

static void park_for_room(struct mbx_box *box, struct mbx_waiter *waiter,
			  struct mbx_later *later)
{
	list_add_tail(&waiter->node, &box->senders);
	/* While all others are being copied, this one is the next. */
	mbx_wake_list(&box->peekers, 0, later);
	mbx_later_poll_in(later, box);
}

/**
 * mbx_full_defer() - keep a message for which there is neither room nor a receiver
 * @handle: the handle that it is sent through
 * @msg: the message
 * @later: wakes others
 *
 * Context: The box is locked.
 * Return: MBX_DEFERRED; -EBUSY if one is kept for @handle already, or -ENOSPC if
 * the mailbox keeps too many.
 */
int mbx_full_defer(struct mbx_handle *handle, struct mbx_msg *msg,
		   struct mbx_later *later)
{
	struct mbx_box *box = handle->box;
	int err;

	err = mbx_deferral_begin(handle, msg);
	if (err) {
		mbx_box_release(box, msg, later);
		return err;
	}
	if (box->capacity)
		park_for_room(box, &handle->deferral->waiter, later);
	else
		park_for_receiver(box, &handle->deferral->waiter, later);
	return MBX_DEFERRED;
}

/**
 * mbx_full_withdraw() - take back what is kept for a handle
 * @handle: the handle, which nobody uses any more
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 */
void mbx_full_withdraw(struct mbx_handle *handle)
{
	struct mbx_box *box = handle->box;
	struct mbx_later later = {};
	struct mbx_waiter *waiter;

	if (!handle->deferral)
		return;
	waiter = &handle->deferral->waiter;
	spin_lock(&box->lock);
	if (mbx_handle_defers(handle)) {
		if (waiter->placed)
			mbx_give_up(box, waiter, waiter->placed, &later);
		mbx_wake(waiter, -EBADF, &later);
	}
	mbx_unlock(box, &later);
}
