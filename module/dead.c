// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dead letters: messages that were delivered too often go to another mailbox.
 *
 * A mailbox gets its dead-letter mailbox when it is made, so that is always the
 * older one: there is no cycle of references, nor of locks.
 */
#include <linux/file.h>

#include "fds.h"
#include "lease.h"
#include "mbx.h"

/* Its messages come with the names of those who have sent them elsewhere. */
static int check_handle(struct mbx_handle *handle, const struct mbx_box *box)
{
	int err;

	if (!(handle->rights & MBX_OPEN_SEND))
		return -EBADF;
	if (!(handle->rights & MBX_OPEN_MANAGE))
		return -EPERM;

	guard(spinlock)(&handle->box->lock);

	err = mbx_handle_error(handle) ?: mbx_box_sealed(handle->box);
	if (!err && handle->parent)
		err = -EPERM;
	if (!err && handle->box->msg_max < box->msg_max)
		err = -EMSGSIZE;
	return err;
}

static int set_target(struct mbx_box *box, const struct file *file)
{
	struct mbx_handle *handle = file->private_data;
	int err;

	if (file->f_op != &mbx_handle_fops)
		return -EBADF;
	err = check_handle(handle, box);
	if (!err)
		err = mbx_box_prioritize(handle->box);
	if (err)
		return err;
	box->dead_letter = handle->box;
	refcount_inc(&box->dead_letter->refs);
	return 0;
}

/**
 * mbx_box_set_dead_letter() - say where messages go that are delivered too often
 * @box: a mailbox that nobody else knows yet
 * @fd: a handle of another mailbox
 * @deliveries_max: what is too often
 *
 * Context: Process context.  Sleeps.  Takes the other box's lock.
 * Return: 0, -EBADF, -EIDRM, -EKEYREVOKED, -EMSGSIZE, -ENOMEM, -EOWNERDEAD, -EPERM
 * or -ESHUTDOWN.
 */
int mbx_box_set_dead_letter(struct mbx_box *box, int fd, u32 deliveries_max)
{
	struct file *file = fget(fd);
	int err;

	if (!file)
		return -EBADF;
	box->deliveries_max = deliveries_max;
	err = set_target(box, file);
	fput(file);
	return err;
}

/* Both boxes are locked.  The message is in no queue. */
static bool would_take(struct mbx_box *to, struct mbx_msg *msg,
		       struct mbx_waiter **receiver)
{
	const u64 seq = msg->seq;

	*receiver = NULL;
	if (mbx_box_error(to) || mbx_box_sealed(to) ||
	    !mbx_files_may_move(to, msg))
		return false;
	mbx_foresee_seq(to, msg);
	*receiver = mbx_find_receiver(to, msg);
	if (*receiver || mbx_box_has_room(to))
		return true;
	msg->seq = seq;
	return false;
}

/*
 * What is to be done later for the other mailbox is done now: it frees nothing,
 * and waking is fine with ours locked, see MBX_EVENTFD.
 */
static bool move(struct mbx_box *box, struct mbx_msg *msg)
{
	struct mbx_box *to = box->dead_letter;
	struct mbx_later later = {};
	struct mbx_waiter *receiver;
	bool taken;

	spin_lock_nested(&to->lock, SINGLE_DEPTH_NESTING);
	taken = would_take(to, msg, &receiver);
	if (taken) {
		mbx_queue_purge(&box->queue, msg);
		msg->deliveries = 0;
		mbx_files_move(box, to, msg);
		mbx_place(to, msg, receiver, true, &later);
	}
	mbx_unlock(to, &later);
	return taken;
}

/**
 * mbx_bury() - send a message that has come back to the dead-letter mailbox
 * @box: the mailbox
 * @msg: a leased message, whose lease has ended
 * @later: wakes those who find room now
 *
 * Somebody who is looking at it has a reference that this mailbox's lock protects.
 *
 * Context: The box is locked.  Takes that of the other.
 * Return: false if it is to stay.
 */
bool mbx_bury(struct mbx_box *box, struct mbx_msg *msg, struct mbx_later *later)
{
	if (!box->dead_letter || msg->deliveries < box->deliveries_max ||
	    msg->refs > 1 || box->dead || !move(box, msg))
		return false;
	box->leases->buried++;
	mbx_made_room(box, later);
	mbx_control_left(box, NULL, later);
	return true;
}
