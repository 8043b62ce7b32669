// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages that are deferred: the kernel keeps one for each handle.
 *
 * It waits like a sender that sleeps, in the same lists, but for the thread: so
 * it keeps its place among them, and whatever ends their waits ends its own.
 */
#include <linux/slab.h>

#include "mbx.h"

/**
 * mbx_deferral_prepare() - make sure that a message can be kept for a handle
 * @handle: the handle
 *
 * Context: Process context.  Sleeps.  Drops the box's lock and takes it again,
 * unless it has been prepared.
 * Return: 0 or -ENOMEM.
 */
int mbx_deferral_prepare(struct mbx_handle *handle)
	__must_hold(&handle->box->lock)
{
	struct mbx_deferral *deferral;

	if (handle->deferral)
		return 0;
	spin_unlock(&handle->box->lock);
	deferral = kzalloc(sizeof(*deferral), GFP_KERNEL_ACCOUNT);
	spin_lock(&handle->box->lock);
	if (!deferral)
		return -ENOMEM;
	if (!handle->deferral)
		swap(handle->deferral, deferral);
	kfree(deferral);
	return 0;
}

/**
 * mbx_deferral_begin() - keep a message for a handle
 * @handle: the handle, which has been prepared
 * @msg: the message
 *
 * Who calls this puts the waiter into a list of the box.
 *
 * Context: The box is locked.
 * Return: 0; -EBUSY if there is one already; -ENOSPC if the mailbox has
 * MBX_DEFERRED_MAX.
 */
int mbx_deferral_begin(struct mbx_handle *handle, struct mbx_msg *msg)
{
	struct mbx_deferral *deferral = handle->deferral;

	if (deferral->parked)
		return -EBUSY;
	if (handle->box->nr_deferred == MBX_DEFERRED_MAX)
		return -ENOSPC;
	deferral->waiter = (struct mbx_waiter){
		.state = MBX_WAIT_ROOM,
		.op = MBX_OP_SEND,
		.msg = msg,
		.handle = handle,
	};
	deferral->sending.id = 0;
	deferral->parked = true;
	deferral->over = false;
	handle->box->nr_senders++;
	handle->box->nr_deferred++;
	return 0;
}

/**
 * mbx_deferral_end() - note that a message is deferred no longer
 * @waiter: the waiter of the handle, which is done
 * @later: tells pollers
 *
 * If the message still is with the waiter it is lost.  Unless it is in the queue, or
 * was received, it can be sent again.
 *
 * Context: The box is locked.
 */
void mbx_deferral_end(struct mbx_waiter *waiter, struct mbx_later *later)
{
	struct mbx_deferral *deferral = waiter->handle->deferral;
	struct mbx_box *box = waiter->handle->box;

	box->nr_senders--;
	box->nr_deferred--;
	deferral->parked = false;
	deferral->over = !waiter->result || waiter->result == -ECANCELED;
	if (deferral->sending.id)
		mbx_dedup_end(box, &deferral->sending, !waiter->result);
	if (waiter->peer)
		mbx_task_put(waiter->peer);
	if (waiter->msg) {
		mbx_queue_lose(&box->queue, waiter->msg);
		mbx_box_release(box, waiter->msg, later);
	}
	later->poll_all = true;
}
