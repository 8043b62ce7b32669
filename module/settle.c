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

/* Leases that end in one go with the box locked. */
#define SETTLE_BATCH 64

/* Those of them that may cost a look at the whole queue, or at all who wait: few. */
#define SETTLE_FAR 8

/**
 * struct mbx_returned - what has come back in one go with the box locked
 * @nr: how many messages
 * @far: for how many of them much may have been looked at
 * @last: the last one, if it is in the queue again; or NULL
 */
struct mbx_returned {
	unsigned int nr;
	unsigned int far;
	struct mbx_msg *last;
};

static bool is_enough(const struct mbx_returned *returned)
{
	return returned->nr == SETTLE_BATCH || returned->far == SETTLE_FAR;
}

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

static void give_back(struct mbx_box *box, struct mbx_lease *lease,
		      struct mbx_returned *returned, struct mbx_later *later)
{
	struct mbx_msg *msg = mbx_lease_end(lease), *last = returned->last;

	returned->nr++;
	returned->last = NULL;
	if (mbx_bury(box, msg, later)) {
		returned->far++;
		return;
	}
	box->leases->returned++;
	mbx_notify_happened(box, MBX_EVENT_RETURNED);
	returned->far += mbx_put_back(box, msg, last, later);
	if (msg->state == MBX_MSG_READY)
		returned->last = msg;
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
		give_back(box, lease, &(struct mbx_returned){}, later);
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
	struct mbx_returned returned = {};
	struct mbx_lease *lease;

	while (!is_enough(&returned)) {
		lease = mbx_lease_over(leases);
		if (!lease) {
			mbx_lease_rearm(leases);
			return false;
		}
		trace_mbx_expire(leases->box, lease->msg->seq);
		give_back(leases->box, lease, &returned, later);
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
 * @proc: a process that has exited, or NULL
 * @handle: a handle; NULL with NULL for all that have been revoked
 *
 * What that takes depends on how many they are, not on those of others.
 */
struct mbx_leaver {
	struct mbx_proc *proc;
	struct mbx_handle *handle;
};

static struct mbx_lease *first_claimed(const struct mbx_box *box,
				       struct mbx_proc *proc)
{
	struct mbx_claim *claim = mbx_claim_first(box, proc);

	return claim && claim->is_lease ?
		       container_of(claim, struct mbx_lease, claim) :
		       NULL;
}

static struct mbx_lease *first_of(struct mbx_box *box,
				  const struct mbx_leaver *leaver)
{
	struct list_head *list;

	if (!box->leases)
		return NULL;
	if (leaver->proc)
		return first_claimed(box, leaver->proc);
	list = leaver->handle ? &leaver->handle->leases : &box->leases->revoked;
	return list_first_entry_or_null(list, struct mbx_lease, by_handle);
}

static bool leave_some(struct mbx_box *box, const struct mbx_leaver *leaver,
		       struct mbx_later *later)
{
	struct mbx_returned returned = {};
	struct mbx_lease *lease;

	while (!is_enough(&returned)) {
		lease = first_of(box, leaver);
		if (!lease)
			return false;
		give_back(box, lease, &returned, later);
	}
	return true;
}

static bool leave_batch(struct mbx_box *box, const struct mbx_leaver *leaver)
{
	struct mbx_later later = {};
	bool more;

	spin_lock(&box->lock);
	more = leave_some(box, leaver, &later);
	mbx_unlock(box, &later);
	return more;
}

static void leave(struct mbx_box *box, const struct mbx_leaver *leaver)
{
	while (leave_batch(box, leaver))
		cond_resched();
}

/**
 * mbx_settle_abandoned() - take back what a process had leased
 * @box: the mailbox
 * @proc: the process, which has exited
 *
 * As long as the first of all its claims is such: else there is something else that
 * comes first, see mbx_proc_first_claim().
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 */
void mbx_settle_abandoned(struct mbx_box *box, struct mbx_proc *proc)
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
	if (handle->rights & MBX_OPEN_RECEIVE)
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
