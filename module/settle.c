// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of a leased message: it is done with, or it comes back.
 *
 * It comes back when its receiver says so, dies, or takes too long, and when the
 * handle ends that it was received through.  It then is what it was before, but
 * for the count of its deliveries, and goes to whoever waits for it.
 */
#include "lease.h"
#include "mbx.h"
#include "trace.h"

/*
 * Leases that are looked at in one go with the box locked.  Few, since each that ends
 * may cost a look at the whole queue, for its place or for those who wait.
 */
#define SETTLE_BATCH 8

/* The caller has the message for good: it leaves the mailbox. */
static void acknowledge(struct mbx_box *box, struct mbx_lease *lease,
			struct mbx_later *later)
{
	struct mbx_msg *msg = mbx_lease_end(lease);

	mbx_queue_received(&box->queue, msg);
	mbx_made_room(box, later);
	mbx_control_left(box, msg, later);
	mbx_box_release(box, msg, later);
}

/*
 * Returns the message if it is in the queue again.  @behind: what the last call
 * has returned with the box locked all the time, or NULL.
 */
static struct mbx_msg *give_back(struct mbx_box *box, struct mbx_lease *lease,
				 const struct mbx_msg *behind,
				 struct mbx_later *later)
{
	struct mbx_msg *msg = mbx_lease_end(lease);

	if (mbx_bury(box, msg, later))
		return NULL;
	box->leases->returned++;
	mbx_notify_happened(box, MBX_EVENT_RETURNED);
	mbx_put_back(box, msg, behind, later);
	return msg->state == MBX_MSG_READY ? msg : NULL;
}

/* ---------------------------------------------------------------- the command */

static int settle(struct mbx_box *box, const struct mbx_proc *proc,
		  const struct mbx_settle *arg, struct mbx_later *later)
{
	struct mbx_lease *lease = NULL;

	if (box->leases)
		lease = mbx_lease_from(box->leases, arg->seq);
	if (!lease || lease->msg->seq != arg->seq || lease->claim.proc != proc)
		return -ENOENT;
	if (arg->flags & MBX_SETTLE_RENEW)
		mbx_lease_renew(lease, arg->lease_ms);
	else if (arg->flags & MBX_SETTLE_NACK)
		give_back(box, lease, NULL, later);
	else
		acknowledge(box, lease, later);
	return 0;
}

/**
 * mbx_settle() - say what becomes of a message that the caller has leased
 * @handle: a handle with the right to receive
 * @arg: which, and what
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: 0, -ENOENT, -ENOMEM, or the error of a handle or mailbox that has ended.
 */
int mbx_settle(struct mbx_handle *handle, const struct mbx_settle *arg)
{
	struct mbx_box *box = handle->box;
	struct mbx_later later = {};
	struct mbx_task *task;
	int err;

	task = mbx_handle_lock(handle, false);
	err = PTR_ERR_OR_ZERO(task) ?: mbx_handle_error(handle);
	if (!err)
		err = settle(box, task->proc, arg, &later);
	trace_mbx_settle(box, arg->seq, arg->flags, err);
	mbx_unlock(box, &later);
	return err;
}

/* ---------------------------------------------------------------- coming back */

static bool expire_some(struct mbx_leases *leases, struct mbx_later *later)
{
	struct mbx_msg *behind = NULL;
	struct mbx_lease *lease;
	unsigned int i;

	for (i = 0; i < SETTLE_BATCH; i++) {
		lease = mbx_lease_over(leases);
		if (!lease) {
			mbx_lease_rearm(leases);
			return false;
		}
		trace_mbx_expire(leases->box, lease->msg->seq);
		behind = give_back(leases->box, lease, behind, later);
	}
	return true;
}

static bool expire_batch(struct mbx_leases *leases)
{
	struct mbx_later later = {};
	bool more;

	spin_lock(&leases->box->lock);
	more = expire_some(leases, &later);
	mbx_unlock(leases->box, &later);
	return more;
}

/**
 * mbx_settle_expired() - take back what was leased for too long
 * @work: of the leases of a mailbox
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 */
void mbx_settle_expired(struct work_struct *work)
{
	struct mbx_leases *leases =
		container_of(work, struct mbx_leases, work.work);
	struct mbx_box *box = leases->box;

	while (expire_batch(leases))
		cond_resched();
	mbx_box_put(box);
}

/**
 * struct mbx_leaver - whose leases end
 * @proc: a process, or NULL
 * @handle: a handle; NULL with NULL for all that have been revoked
 */
struct mbx_leaver {
	const struct mbx_proc *proc;
	const struct mbx_handle *handle;
};

static bool leaves(const struct mbx_leaver *leaver,
		   const struct mbx_lease *lease)
{
	if (leaver->proc)
		return lease->claim.proc == leaver->proc;
	if (leaver->handle)
		return lease->handle == leaver->handle;
	return lease->handle->revoked;
}

/* In the order of the messages; those before @seq have been looked at. */
static bool leave_some(struct mbx_box *box, const struct mbx_leaver *leaver,
		       u64 *seq, struct mbx_later *later)
{
	struct mbx_msg *behind = NULL;
	struct mbx_lease *lease;
	unsigned int i;

	for (i = 0; i < SETTLE_BATCH; i++) {
		lease = box->leases ? mbx_lease_from(box->leases, *seq) : NULL;
		if (!lease)
			return false;
		*seq = lease->msg->seq + 1;
		if (leaves(leaver, lease))
			behind = give_back(box, lease, behind, later);
	}
	return true;
}

static bool leave_batch(struct mbx_box *box, const struct mbx_leaver *leaver,
			u64 *seq)
{
	struct mbx_later later = {};
	bool more;

	spin_lock(&box->lock);
	more = leave_some(box, leaver, seq, &later);
	mbx_unlock(box, &later);
	return more;
}

static void leave(struct mbx_box *box, const struct mbx_leaver *leaver)
{
	u64 seq = 0;

	while (leave_batch(box, leaver, &seq))
		cond_resched();
}

/**
 * mbx_settle_abandoned() - take back what a process had leased
 * @box: the mailbox
 * @proc: the process, which has exited
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 */
void mbx_settle_abandoned(struct mbx_box *box, const struct mbx_proc *proc)
{
	leave(box, &(struct mbx_leaver){ .proc = proc });
}

/**
 * mbx_settle_revoked() - take back what was leased through revoked handles
 * @box: the mailbox
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 */
void mbx_settle_revoked(struct mbx_box *box)
{
	leave(box, &(struct mbx_leaver){});
}

/**
 * mbx_settle_closed() - take back what was leased through a handle
 * @handle: the handle, which nobody uses any more
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 */
void mbx_settle_closed(struct mbx_handle *handle)
{
	bool any;

	spin_lock(&handle->box->lock);
	any = handle->nr_leases;
	spin_unlock(&handle->box->lock);
	if (any)
		leave(handle->box, &(struct mbx_leaver){ .handle = handle });
}

static bool end_some(struct mbx_box *box, struct mbx_later *later)
{
	struct mbx_lease *lease;
	struct mbx_msg *msg;
	unsigned int i;

	for (i = 0; i < SETTLE_BATCH; i++) {
		lease = box->leases ? mbx_lease_from(box->leases, 0) : NULL;
		if (!lease)
			return false;
		msg = mbx_lease_end(lease);
		mbx_queue_withdraw(&box->queue, msg);
		mbx_box_release(box, msg, later);
	}
	return true;
}

static bool end_batch(struct mbx_box *box)
{
	struct mbx_later later = {};
	bool more;

	spin_lock(&box->lock);
	more = end_some(box, &later);
	mbx_unlock(box, &later);
	return more;
}

/**
 * mbx_settle_ended() - let leased messages go with their mailbox
 * @box: a mailbox that has ended, where nobody is copying a message any more
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 */
void mbx_settle_ended(struct mbx_box *box)
{
	while (end_batch(box))
		cond_resched();
	mbx_lease_disarm(box);
}
