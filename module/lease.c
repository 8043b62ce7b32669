// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases: which messages a process has until it says what becomes of them.
 *
 * A mailbox has one timer for all of them, which goes off at the end of the first
 * or, if that has been settled meanwhile, for nothing.  While it is pending it has
 * a reference to the mailbox.
 */
#include <linux/ktime.h>
#include <linux/slab.h>

#include "lease.h"
#include "mbx.h"

static struct workqueue_struct *lease_wq;

/**
 * mbx_lease_init() - be ready to end leases
 *
 * Return: 0 or -ENOMEM.
 */
int mbx_lease_init(void)
{
	lease_wq = alloc_workqueue("ipc_mailbox_leases",
				   WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return lease_wq ? 0 : -ENOMEM;
}

/**
 * mbx_lease_exit() - undo it
 *
 * Context: Process context, no mailbox lives.
 */
void mbx_lease_exit(void)
{
	destroy_workqueue(lease_wq);
}

/* Once there has been use for it. */
static int prepare(struct mbx_box *box)
{
	struct mbx_leases *leases;
	bool done;

	spin_lock(&box->lock);
	done = box->leases;
	spin_unlock(&box->lock);
	if (done)
		return 0;

	leases = kzalloc(sizeof(*leases), GFP_KERNEL_ACCOUNT);
	if (!leases)
		return -ENOMEM;
	leases->box = box;
	INIT_DELAYED_WORK(&leases->work, mbx_settle_expired);
	leases->by_seq = RB_ROOT;
	timerqueue_init_head(&leases->by_time);
	INIT_LIST_HEAD(&leases->revoked);

	spin_lock(&box->lock);
	if (!box->leases)
		swap(box->leases, leases);
	spin_unlock(&box->lock);
	kfree(leases);
	return 0;
}

static struct mbx_lease *alloc_lease(struct mbx_user *payer)
{
	struct mbx_lease *lease;
	int err;

	err = mbx_quota_charge_bytes(payer, sizeof(*lease), false);
	if (err)
		return ERR_PTR(err);
	lease = kzalloc(sizeof(*lease), GFP_KERNEL_ACCOUNT);
	if (!lease) {
		mbx_quota_uncharge_bytes(payer, sizeof(*lease));
		return ERR_PTR(-ENOMEM);
	}
	lease->claim.is_lease = true;
	lease->payer = mbx_user_ref(payer);
	return lease;
}

/**
 * mbx_lease_create() - make a lease for a message to come
 * @box: where
 * @ms: how long it is to last, from then on
 *
 * Context: Process context.  Sleeps.  Takes the box's lock.
 * Return: the lease, or an error pointer: -EDQUOT, -ENOMEM, -ENOSPC.
 */
struct mbx_lease *mbx_lease_create(struct mbx_box *box, u32 ms)
{
	struct mbx_lease *lease;
	struct mbx_task *task;
	int err;

	err = prepare(box);
	if (err)
		return ERR_PTR(err);
	task = mbx_task_get_current();
	if (IS_ERR(task))
		return ERR_CAST(task);
	lease = alloc_lease(task->user);
	mbx_task_put(task);
	if (!IS_ERR(lease))
		lease->ms = ms;
	return lease;
}

/**
 * mbx_lease_destroy() - free a lease
 * @lease: one of no message
 *
 * Context: Process context, a box may be locked.  Takes users_lock.
 */
void mbx_lease_destroy(struct mbx_lease *lease)
{
	mbx_quota_uncharge_bytes(lease->payer, sizeof(*lease));
	mbx_user_put(lease->payer);
	kfree(lease);
}

/* ------------------------------------------------------------------ the timer */

static void arm(struct mbx_leases *leases, ktime_t when)
{
	const s64 left = ktime_to_ns(ktime_sub(when, ktime_get()));
	const u64 ticks = left > 0 ? nsecs_to_jiffies64(left) + 1 : 0;
	/* Where a timer cannot run so long it goes off for nothing. */
	const unsigned long delay = min_t(u64, ticks, MAX_JIFFY_OFFSET);

	leases->armed = when;
	/* It locks the mailbox before it drops its reference. */
	if (!mod_delayed_work(lease_wq, &leases->work, delay))
		refcount_inc(&leases->box->refs);
}

/**
 * mbx_lease_rearm() - let the timer go off for the next lease
 * @leases: those of a mailbox, whose timer has gone off
 *
 * Context: The box is locked.
 */
void mbx_lease_rearm(struct mbx_leases *leases)
{
	struct timerqueue_node *first = timerqueue_getnext(&leases->by_time);

	leases->armed = 0;
	if (first)
		arm(leases, first->expires);
}

/**
 * mbx_lease_disarm() - stop the timer
 * @box: a mailbox that has ended, and has no leases any more
 *
 * Context: Process context.  Takes the box's lock.  The caller has a reference to
 * the box.
 */
void mbx_lease_disarm(struct mbx_box *box)
{
	bool pending;

	spin_lock(&box->lock);
	pending = box->leases && cancel_delayed_work(&box->leases->work);
	spin_unlock(&box->lock);
	if (pending)
		mbx_box_put(box);
}

static void start_time(struct mbx_leases *leases, struct mbx_lease *lease)
{
	const ktime_t end = ktime_add_ms(ktime_get(), lease->ms);

	timerqueue_init(&lease->by_time);
	lease->by_time.expires = end;
	timerqueue_add(&leases->by_time, &lease->by_time);
	if (!leases->armed || ktime_before(end, leases->armed))
		arm(leases, end);
}

/**
 * mbx_lease_renew() - let a lease last longer, or shorter
 * @lease: the lease
 * @ms: how long, from now on
 *
 * Context: The box is locked.
 */
void mbx_lease_renew(struct mbx_lease *lease, u32 ms)
{
	struct mbx_leases *leases = lease->claim.box->leases;

	timerqueue_del(&leases->by_time, &lease->by_time);
	lease->ms = ms;
	start_time(leases, lease);
}

/**
 * mbx_lease_over() - find a lease whose time is over
 * @leases: those of a mailbox
 *
 * Context: The box is locked.
 * Return: the lease, or NULL.
 */
struct mbx_lease *mbx_lease_over(struct mbx_leases *leases)
{
	struct timerqueue_node *first = timerqueue_getnext(&leases->by_time);

	if (!first || ktime_after(first->expires, ktime_get()))
		return NULL;
	return container_of(first, struct mbx_lease, by_time);
}

/* ----------------------------------------------------------------- the leases */

static struct mbx_lease *lease_of(struct rb_node *node)
{
	return rb_entry(node, struct mbx_lease, by_seq);
}

static bool is_before(struct rb_node *a, const struct rb_node *b)
{
	return lease_of(a)->msg->seq <
	       rb_entry(b, struct mbx_lease, by_seq)->msg->seq;
}

/**
 * mbx_lease_from() - go through the leases of a mailbox
 * @leases: all of them
 * @seq: sequence number of a message
 *
 * Context: The box is locked.
 * Return: that of this message, or else that of the next one; or NULL.
 */
struct mbx_lease *mbx_lease_from(const struct mbx_leases *leases, u64 seq)
{
	struct rb_node *node = leases->by_seq.rb_node;
	struct mbx_lease *found = NULL;

	while (node) {
		if (lease_of(node)->msg->seq < seq) {
			node = node->rb_right;
		} else {
			found = lease_of(node);
			node = node->rb_left;
		}
	}
	return found;
}

/**
 * mbx_lease_begin() - lease a message
 * @handle: which it was received through
 * @lease: made by mbx_lease_create()
 * @msg: a taken message; nobody waits for it to be received
 * @proc: who has it
 *
 * Context: The box is locked.  Takes records_lock.
 */
void mbx_lease_begin(struct mbx_handle *handle, struct mbx_lease *lease,
		     struct mbx_msg *msg, struct mbx_proc *proc)
{
	struct mbx_box *box = handle->box;
	struct mbx_leases *leases = box->leases;

	mbx_queue_lease(&box->queue, msg);
	lease->msg = msg;
	rb_add(&lease->by_seq, &leases->by_seq, is_before);
	leases->nr++;
	list_add_tail(&lease->by_handle, &handle->leases);
	start_time(leases, lease);
	mbx_claim(&lease->claim, box, proc);
}

/**
 * mbx_lease_end() - end a lease
 * @lease: freed
 *
 * Context: The box is locked.  Takes users_lock and records_lock.
 * Return: its message, which is the queue's again.
 */
struct mbx_msg *mbx_lease_end(struct mbx_lease *lease)
{
	struct mbx_leases *leases = lease->claim.box->leases;
	struct mbx_msg *msg = lease->msg;

	mbx_unclaim(&lease->claim);
	timerqueue_del(&leases->by_time, &lease->by_time);
	rb_erase(&lease->by_seq, &leases->by_seq);
	leases->nr--;
	list_del(&lease->by_handle);
	mbx_lease_destroy(lease);
	return msg;
}

/**
 * mbx_lease_revoke() - part leases from a handle that is being revoked
 * @handle: the handle, which may go from now on; who revokes it ends them
 *
 * Context: The box is locked.
 */
void mbx_lease_revoke(struct mbx_handle *handle)
{
	if (!list_empty(&handle->leases))
		list_splice_tail_init(&handle->leases,
				      &handle->box->leases->revoked);
}
