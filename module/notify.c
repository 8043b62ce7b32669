// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: who asked for it is told what has changed in a mailbox.
 *
 * Nothing that changes a mailbox knows of events.  Each registration remembers
 * which of them held when it last looked; it looks again whenever the mailbox is
 * about to be unlocked, and what holds now and did not then has happened.  Hence
 * a state that comes and goes while the lock is held is no event, and one that
 * lasts is never missed.
 *
 * MBX_EVENTFD: eventfd_signal() with the box locked
 * -------------------------------------------------
 *
 * A registration that has been taken away must signal no more, so it signals
 * under the lock that it is taken away under.  Within, eventfd_signal() takes
 * the lock of the eventfd's wait queue, and what wakes those who wait there
 * takes the locks of epoll and of the scheduler.  None of these is ever held
 * when a box is locked: a poll of a mailbox is called without them, and nobody
 * waits for an eventfd on our behalf.  They are taken with interrupts disabled,
 * or on PREEMPT_RT sleep, as the lock of the box does there.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/slab.h>

#include "mbx.h"

/* One of the two holds, from the first look on. */
static u32 level(const struct mbx_watch *watch, u32 depth)
{
	if (!watch->high)
		return 0;
	if (depth >= watch->high)
		return MBX_EVENT_HIGH;
	if (depth <= watch->low || !(watch->state & MBX_EVENT_HIGH))
		return MBX_EVENT_LOW;
	return MBX_EVENT_HIGH;
}

/* Once it has ended, for good or for the handle, nothing else holds any more. */
static u32 state_of(const struct mbx_handle *handle,
		    const struct mbx_watch *watch)
{
	struct mbx_box *box = handle->box;
	const int err = mbx_handle_error(handle);
	u32 state;

	if (err)
		return err == -EOWNERDEAD ? MBX_EVENT_OWNER_DIED :
					    MBX_EVENT_DELETED;

	state = watch ? level(watch, box->queue.depth) : 0;
	if (mbx_box_is_readable(box) || mbx_box_drained(box))
		state |= MBX_EVENT_READABLE;
	if (mbx_box_is_writable(box))
		state |= MBX_EVENT_ROOM;
	if (!box->queue.depth)
		state |= MBX_EVENT_EMPTY;
	if (handle->deferral && handle->deferral->over)
		state |= MBX_EVENT_DEFERRED;
	if (!box->nr_may_send)
		state |= MBX_EVENT_NO_SENDERS;
	if (!box->nr_may_receive)
		state |= MBX_EVENT_NO_RECEIVERS;
	return state;
}

static void tell(struct mbx_watch *watch, u32 events, u32 unsent)
{
	unsigned int bit;

	events &= watch->events;
	for (bit = 0; bit < MBX_EVENTS; bit++) {
		if (!(events & (1U << bit)))
			continue;
		if (watch->counts[bit] < U32_MAX)
			watch->counts[bit]++;
		if (watch->eventfd)
			compat_eventfd_signal(watch->eventfd);
	}
	if (watch->teller && (events & ~unsent))
		mbx_teller_tell(watch->teller, events & ~unsent);
}

/* It keeps its counts, but looks no more. */
static void unlist(struct mbx_box *box, struct mbx_watch *watch)
{
	if (list_empty(&watch->node))
		return;
	list_del_init(&watch->node);
	box->nr_watches--;
	mbx_box_set_special(box);
}

/* One whose successor lives on is a fact that nobody sees a moment later. */
static bool owner_just_died(struct mbx_box *box)
{
	if (box->death_told || mbx_box_owner(box) == box->owner)
		return false;
	box->death_told = true;
	return true;
}

/**
 * mbx_notify_look() - tell everybody who is to be told what has changed
 * @box: the mailbox
 * @unsent: MBX_EVENT_* that are not told by messages
 *
 * Context: The box is locked.
 */
void mbx_notify_look(struct mbx_box *box, u32 unsent)
{
	const u32 end = MBX_EVENT_DELETED | MBX_EVENT_OWNER_DIED;
	const bool inherited = owner_just_died(box);
	struct mbx_watch *watch, *next;
	u32 before;

	lockdep_assert_held(&box->lock);

	list_for_each_entry_safe(watch, next, &box->watches, node) {
		before = watch->state;
		watch->state = state_of(watch->handle, watch);
		if (inherited && !watch->handle->revoked)
			tell(watch, MBX_EVENT_OWNER_DIED, unsent);
		if (watch->state & ~before)
			tell(watch, watch->state & ~before, unsent);
		/* Nothing more will happen to it. */
		if (watch->state & end)
			unlist(box, watch);
	}
}

/**
 * mbx_notify_happened() - tell everybody who is to be told what nobody can look at
 * @box: the mailbox
 * @event: MBX_EVENT_* that is over at once
 *
 * Context: The box is locked.
 */
void mbx_notify_happened(struct mbx_box *box, u32 event)
{
	struct mbx_watch *watch;

	list_for_each_entry(watch, &box->watches, node)
		if (!watch->handle->revoked)
			tell(watch, event, 0);
}

/* What is to be told, an eventfd or a mailbox. */
static int aim(struct mbx_watch *watch, struct file *file, u64 data)
{
	struct mbx_teller *teller;
	struct eventfd_ctx *eventfd;

	if (file->f_op == &mbx_handle_fops) {
		teller = mbx_teller_create(watch, file->private_data, data);
		if (IS_ERR(teller))
			return PTR_ERR(teller);
		watch->teller = teller;
		return 0;
	}
	if (data)
		return -EINVAL;
	eventfd = eventfd_ctx_fileget(file);
	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	watch->eventfd = eventfd;
	return 0;
}

static int aim_at_fd(struct mbx_watch *watch, int fd, u64 data)
{
	struct file *file = fget(fd);
	int err;

	if (!file)
		return -EBADF;
	err = aim(watch, file, data);
	fput(file);
	return err;
}

static struct mbx_watch *create_watch(struct mbx_handle *handle,
				      const struct mbx_notify *arg)
{
	struct mbx_watch *watch;
	int err;

	watch = kzalloc(sizeof(*watch), GFP_KERNEL_ACCOUNT);
	if (!watch)
		return ERR_PTR(-ENOMEM);
	watch->handle = handle;
	watch->events = arg->events;
	watch->low = arg->low;
	watch->high = arg->high;
	err = aim_at_fd(watch, arg->fd, arg->data);
	if (err) {
		kfree(watch);
		return ERR_PTR(err);
	}
	return watch;
}

static void destroy_watch(struct mbx_watch *watch)
{
	if (!watch)
		return;
	if (watch->eventfd)
		eventfd_ctx_put(watch->eventfd);
	if (watch->teller)
		mbx_teller_destroy(watch->teller);
	kfree(watch);
}

/* Returns what the handle had before. */
static struct mbx_watch *exchange(struct mbx_handle *handle,
				  struct mbx_watch *watch)
{
	struct mbx_box *box = handle->box;
	struct mbx_watch *old = handle->watch;

	if (old)
		unlist(box, old);
	handle->watch = watch;
	if (watch) {
		list_add_tail(&watch->node, &box->watches);
		box->nr_watches++;
		mbx_box_set_special(box);
	}
	return old;
}

static int may_have(const struct mbx_handle *handle,
		    const struct mbx_watch *watch)
{
	const struct mbx_box *box = handle->box;
	int err = mbx_handle_error(handle);

	if (!err && watch && !handle->watch &&
	    box->nr_watches == MBX_NOTIFY_MAX)
		err = -ENOSPC;
	return err;
}

/**
 * mbx_notify_set() - tell a handle of events, in place of those until now
 * @handle: the handle
 * @arg: which, none of them to tell it nothing; out_state is filled in
 *
 * Context: Process context.  Sleeps.  Takes the box's lock.
 * Return: 0, -EBADF, -EIDRM, -EINVAL, -EKEYEXPIRED, -EKEYREVOKED, -EMSGSIZE,
 * -ENOMEM, -ENOSPC, -EOWNERDEAD or -ESHUTDOWN.
 */
int mbx_notify_set(struct mbx_handle *handle, struct mbx_notify *arg)
{
	struct mbx_watch *watch = NULL;
	int err;

	if (arg->events) {
		watch = create_watch(handle, arg);
		if (IS_ERR(watch))
			return PTR_ERR(watch);
	}

	spin_lock(&handle->box->lock);
	/* Whoever is told the end finds that the eventfd has been, too. */
	mbx_notify_look(handle->box, 0);
	err = may_have(handle, watch);
	if (!err) {
		arg->out_state = state_of(handle, watch);
		if (watch)
			watch->state = arg->out_state;
		watch = exchange(handle, watch);
	}
	spin_unlock(&handle->box->lock);

	destroy_watch(watch);
	return err;
}

/**
 * mbx_notify_read() - say which events have happened, and forget them
 * @handle: the handle
 * @arg: the out_* members are filled in
 *
 * Context: Process context.  Takes the box's lock.
 * Return: 0, or the error of a handle or mailbox that has ended.
 */
int mbx_notify_read(struct mbx_handle *handle, struct mbx_notify *arg)
{
	struct mbx_watch *watch;
	unsigned int bit;
	int err;

	guard(spinlock)(&handle->box->lock);

	mbx_notify_changes(handle->box);
	err = mbx_handle_error(handle);
	if (err)
		return err;
	watch = handle->watch;
	arg->out_state = state_of(handle, watch);
	if (!watch)
		return 0;
	memcpy(arg->out_counts, watch->counts, sizeof(watch->counts));
	memset(watch->counts, 0, sizeof(watch->counts));
	for (bit = 0; bit < MBX_EVENTS; bit++)
		if (arg->out_counts[bit])
			arg->out_events |= 1U << bit;
	return 0;
}

/**
 * mbx_notify_drop() - tell a handle of no events any more
 * @handle: the handle, which is about to go
 *
 * Context: Process context.  Sleeps.  Takes the box's lock.
 */
void mbx_notify_drop(struct mbx_handle *handle)
{
	struct mbx_watch *watch;

	/* Nobody else can give it one any more. */
	if (!handle->watch)
		return;
	spin_lock(&handle->box->lock);
	watch = exchange(handle, NULL);
	spin_unlock(&handle->box->lock);
	destroy_watch(watch);
}
