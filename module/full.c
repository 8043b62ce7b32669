// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox without room: whose message is lost, where nobody is to wait.
 */
#include <linux/log2.h>

#include "mbx.h"

static_assert(ilog2(MBX_SEND_DROP_OLDEST) - ilog2(MBX_SEND_WAIT) ==
	      MBX_FULL_DROP_OLDEST);
static_assert(ilog2(MBX_SEND_DROP_NEWEST) - ilog2(MBX_SEND_WAIT) ==
	      MBX_FULL_DROP_NEWEST);

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
	mbx_queue_push(&box->queue, msg, false);
	mbx_queue_purge(&box->queue, msg);
}

static void lose_old(struct mbx_box *box, struct mbx_msg *victim,
		     struct mbx_later *later)
{
	if (victim->sender) {
		mbx_refuse(box, victim, -ENOBUFS, later);
		return;
	}
	mbx_queue_purge(&box->queue, victim);
	mbx_box_release(box, victim, later);
}

/**
 * mbx_full_drop() - send a message for which there is neither room nor a receiver
 * @box: the mailbox
 * @msg: the message; its sequence number is set
 * @policy: MBX_FULL_DROP_OLDEST or MBX_FULL_DROP_NEWEST
 * @later: wakes others
 *
 * Who waits for room goes on waiting: no room is made.
 *
 * Context: The box is locked.
 * Return: MBX_LOST; or 0 if the message came in while all others are being copied.
 */
int mbx_full_drop(struct mbx_box *box, struct mbx_msg *msg, u32 policy,
		  struct mbx_later *later)
{
	struct mbx_msg *victim = mbx_queue_least(&box->queue);

	if (policy == MBX_FULL_DROP_NEWEST || !box->capacity ||
	    (victim && victim->priority > msg->priority)) {
		lose_new(box, msg, later);
		mbx_box_release(box, msg, later);
		return MBX_LOST;
	}
	if (victim)
		lose_old(box, victim, later);
	mbx_place(box, msg, NULL, true, later);
	return victim ? MBX_LOST : 0;
}
