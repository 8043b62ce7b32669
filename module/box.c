// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: how they come, and how they go.
 *
 * The end of a mailbox (deletion, death of the owner, end of the network
 * namespace) takes it out of the tables, marks it dead, wakes whoever waits and
 * frees the messages; the object itself stays as long as somebody has a handle.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>

#include "dedup.h"
#include "fds.h"
#include "mbx.h"
#include "trace.h"

/* How many freed messages of each class a mailbox keeps. */
static const u8 may_keep[MBX_SPARE_CLASSES] = {
	[MBX_MSG_64] = 16,
	[MBX_MSG_1K] = 2,
	[MBX_MSG_4K] = 1,
};

static void init_box(struct mbx_box *box, const struct mbx_create *arg,
		     u32 msg_max)
{
	spin_lock_init(&box->lock);
	mbx_queue_init(&box->queue);
	INIT_LIST_HEAD(&box->senders);
	INIT_LIST_HEAD(&box->synced);
	INIT_LIST_HEAD(&box->receivers);
	INIT_LIST_HEAD(&box->peekers);
	INIT_LIST_HEAD(&box->drainers);
	INIT_LIST_HEAD(&box->callers);
	INIT_LIST_HEAD(&box->holders);
	INIT_LIST_HEAD(&box->watches);
	init_waitqueue_head(&box->poll_in);
	init_waitqueue_head(&box->poll_out);
	init_waitqueue_head(&box->poll_end);
	memcpy(box->may_keep, may_keep, sizeof(may_keep));

	box->policy = arg->policy;
	box->full = arg->full;
	mbx_box_set_special(box);
	box->capacity = arg->capacity;
	box->msg_max = msg_max;
	box->flags = arg->flags;
	box->mode = arg->mode;
	box->created = ktime_get_boottime_ns();
	get_task_comm(box->creator_comm, current);
	box->creator_uid = current_euid();
	INIT_LIST_HEAD(&box->owned);
	refcount_set(&box->refs, 1);
}

/**
 * mbx_box_set_special() - decide whether messages may take the short way
 * @box: the mailbox
 *
 * Context: The box is locked, or nobody else knows it yet.
 */
void mbx_box_set_special(struct mbx_box *box)
{
	box->special = box->dead || box->state || box->nr_watches ||
		       box->nr_fds || (box->flags & MBX_CREATE_DONATE) ||
		       box->policy == MBX_POLICY_EXCLUSIVE ||
		       box->policy == MBX_POLICY_PAIR || box->dedup;
}

static struct mbx_box *alloc_box(const struct mbx_create *arg, u32 msg_max,
				 const char *name)
{
	struct mbx_box *box;
	int err;

	box = kzalloc(struct_size(box, name, arg->name_len + 1),
		      GFP_KERNEL_ACCOUNT);
	if (!box)
		return ERR_PTR(-ENOMEM);

	init_box(box, arg, msg_max);
	box->name_len = arg->name_len;
	if (name)
		memcpy(box->name, name, arg->name_len);

	err = mbx_box_set_ids(box, arg->uid, arg->gid);
	if (err) {
		kfree(box);
		return ERR_PTR(err);
	}
	return box;
}

static void free_spares(struct mbx_box *box)
{
	unsigned int i;

	for (i = 0; i < MBX_SPARE_CLASSES; i++) {
		mbx_msg_destroy_list(box->spare[i]);
		box->spare[i] = NULL;
	}
}

static void uncharge_box(struct mbx_box *box)
{
	if (box->charged)
		mbx_quota_uncharge_box(box->user);
	box->charged = false;
}

static void free_box(struct mbx_box *box)
{
	free_spares(box);
	uncharge_box(box);
	mbx_policy_forget(box);
	mbx_dedup_free(box);
	kfree(box->leases);
	kfree(box->queue.urgent);
	if (box->owner)
		mbx_proc_put(box->owner);
	if (box->successor)
		mbx_proc_put(box->successor);
	put_pid(box->creator);
	if (box->user_ns)
		put_user_ns(box->user_ns);
	if (box->user)
		mbx_user_put(box->user);
	kfree(box);
}

static int charge_box(struct mbx_box *box)
{
	int err;

	box->creator = get_pid(task_tgid(current));
	box->user = mbx_user_get(current_uid());
	if (!box->user)
		return -ENOMEM;
	err = mbx_quota_charge_box(box->user);
	if (err) {
		/* It may be due to processes that have just died. */
		mbx_reap_flush();
		err = mbx_quota_charge_box(box->user);
	}
	box->charged = !err;
	return err;
}

static int set_owner(struct mbx_box *box, struct mbx_proc *owner)
{
	struct mbx_task *task;

	if (!(box->flags & MBX_CREATE_OWNED))
		return 0;
	if (owner) {
		box->owner = mbx_proc_ref(owner);
		return 0;
	}
	task = mbx_task_get_current();
	if (IS_ERR(task))
		return PTR_ERR(task);
	box->owner = mbx_proc_ref(task->proc);
	mbx_task_put(task);
	return 0;
}

/**
 * mbx_box_create() - make a mailbox
 * @arg: its properties; flags and mode have been checked
 * @msg_max: longest message
 * @name: its checked name of @arg->name_len bytes, or NULL
 * @owner: who is to own it, if anybody is to; NULL for the caller
 *
 * Nobody can find it before mbx_box_publish().
 *
 * Context: Process context.  Sleeps.
 * Return: the mailbox with a reference; or an error pointer: -EINVAL, -EPERM,
 * -EDQUOT, -ENOSPC, -ENOMEM.
 */
struct mbx_box *mbx_box_create(const struct mbx_create *arg, u32 msg_max,
			       const char *name, struct mbx_proc *owner)
{
	struct mbx_box *box;
	int err;

	box = alloc_box(arg, msg_max, name);
	if (IS_ERR(box))
		return box;

	err = charge_box(box);
	if (!err)
		err = set_owner(box, owner);
	if (err) {
		free_box(box);
		return ERR_PTR(err);
	}
	return box;
}

/**
 * mbx_box_publish() - make a mailbox findable in the caller's network namespace
 * @box: the mailbox, which gets its id
 *
 * Context: Process context.  Sleeps.  Takes boxes_lock.
 * Return: 0; -EEXIST if its name is taken, or its owner has one there that is
 * opened by pid; -ENOMEM; -ESRCH if its owner has exited.
 */
int mbx_box_publish(struct mbx_box *box)
{
	int err = mbx_table_add(box);

	if (!err)
		trace_mbx_create(box);
	return err;
}

/**
 * mbx_box_put() - drop a reference
 * @box: the mailbox; freed with its last reference
 *
 * Context: Process context.  Sleeps.
 */
void mbx_box_put(struct mbx_box *box)
{
	struct mbx_box *next;

	/* Each may have the last reference to its dead-letter mailbox. */
	for (; box && refcount_dec_and_test(&box->refs); box = next) {
		next = box->dead_letter;
		free_box(box);
	}
}

static void withdraw(struct mbx_box *box, struct mbx_msg *msg,
		     struct mbx_later *later)
{
	mbx_queue_withdraw(&box->queue, msg);
	mbx_box_release(box, msg, later);
}

/*
 * Senders are woken together with the loss of the messages that others are
 * copying for them; see finish() in receive.c.
 */
static void end_waits(struct mbx_box *box, struct mbx_later *later)
{
	struct mbx_waiter *waiter, *next_waiter;
	struct mbx_msg *msg, *next;

	spin_lock(&box->lock);
	mbx_wake_list(&box->senders, box->dead, later);
	list_for_each_entry_safe(waiter, next_waiter, &box->synced, node) {
		waiter->placed->sender = NULL;
		mbx_wake(waiter, box->dead, later);
	}
	mbx_wake_list(&box->receivers, box->dead, later);
	mbx_wake_list(&box->peekers, box->dead, later);
	mbx_wake_list(&box->drainers, box->dead, later);
	mbx_wake_list(&box->callers, box->dead, later);
	list_for_each_entry_safe(msg, next, &box->queue.taken, node)
		withdraw(box, msg, later);
	mbx_unlock(box, later);
}

/* Messages that are withdrawn in one go with the box locked. */
#define PURGE_BATCH 256

/* Returns whether there may be more. */
static bool purge_batch(struct mbx_box *box, struct mbx_later *later)
{
	unsigned int nr = PURGE_BATCH;
	struct mbx_msg *msg;

	spin_lock(&box->lock);
	do {
		msg = mbx_queue_first(&box->queue);
		if (msg)
			withdraw(box, msg, later);
	} while (msg && --nr);
	mbx_unlock(box, later);
	return msg;
}

static void purge(struct mbx_box *box, struct mbx_later *later)
{
	mbx_settle_ended(box);
	while (purge_batch(box, later))
		cond_resched();
	/* Nobody else looks at those of a dead mailbox any more. */
	free_spares(box);
}

/* All of them: it is no use to wake one of those that sleep exclusively. */
static void wake_pollers(struct wait_queue_head *pollers)
{
	__wake_up(pollers, TASK_NORMAL, 0, poll_to_key(EPOLLHUP | EPOLLERR));
}

/**
 * mbx_box_wake_pollers() - let all pollers look again
 * @box: the mailbox
 *
 * Context: Any.
 */
void mbx_box_wake_pollers(struct mbx_box *box)
{
	wake_pollers(&box->poll_in);
	wake_pollers(&box->poll_out);
	wake_pollers(&box->poll_end);
}

/* So that of mailboxes that have ended none is kept by the next. */
static void forget_dead_letter(struct mbx_box *box)
{
	struct mbx_box *target;

	spin_lock(&box->lock);
	target = box->dead_letter;
	box->dead_letter = NULL;
	spin_unlock(&box->lock);
	mbx_box_put(target);
}

/**
 * mbx_box_kill() - end a mailbox
 * @box: the mailbox
 * @why: -EIDRM or -EOWNERDEAD, which everybody gets from now on
 *
 * Context: Process context.  Sleeps.  Takes boxes_lock, then the box's lock.
 * Return: false if it had ended before, or was never findable.
 */
bool mbx_box_kill(struct mbx_box *box, int why)
{
	struct mbx_later later = {};

	if (!mbx_table_remove(box, why))
		return false;

	end_waits(box, &later);
	mbx_box_wake_pollers(box);
	/* Nobody but us has set it. */
	trace_mbx_delete(box, box->dead);

	purge(box, &later);
	forget_dead_letter(box);
	uncharge_box(box);
	mbx_box_put(box);
	module_put(THIS_MODULE);
	return true;
}

/**
 * mbx_box_ended() - has a mailbox ended?
 * @box: the mailbox
 *
 * Context: Any.  Takes the box's lock.
 * Return: 0 while it lives, else -EIDRM or -EOWNERDEAD.
 */
int mbx_box_ended(struct mbx_box *box)
{
	guard(spinlock)(&box->lock);

	return mbx_box_error(box);
}

/* What the mailbox keeps for the next send is at its creator's expense. */
static bool take_over(struct mbx_box *box, struct mbx_msg *msg)
{
	if (!box->may_keep[msg->class] || !mbx_msg_charge_to(msg, box->user))
		return false;
	if (msg->from->user != box->user) {
		mbx_task_put(msg->from);
		msg->from = NULL;
	}
	return true;
}

/**
 * mbx_box_release() - drop a reference to a message
 * @box: its mailbox
 * @msg: a message that is not in the queue any more, or that has other
 *	references
 * @later: frees it, unless the box keeps it for the next send
 *
 * Context: The box is locked.
 */
void mbx_box_release(struct mbx_box *box, struct mbx_msg *msg,
		     struct mbx_later *later)
{
	if (--msg->refs)
		return;

	if (msg->files)
		mbx_files_left(box, msg);
	if (!msg->files && !box->dead && take_over(box, msg)) {
		/* The short way knows no calls. */
		msg->reply_room = 0;
		mbx_box_keep(box, msg);
	} else {
		msg->next = later->garbage;
		later->garbage = msg;
	}
}
