// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking: whoever is to reply to a call sends a question to its caller, and waits
 * for the answer.  The other side is callback.c, and what they have in common talk.c.
 */
#include <linux/ktime.h>
#include <linux/overflow.h>

#include "callback.h"
#include "mbx.h"
#include "trace.h"

/* Returns the caller, if it can be asked something of @len bytes. */
static struct mbx_waiter *find_caller(struct mbx_box *box, u64 seq,
				      const struct mbx_proc *proc, u32 len)
{
	struct mbx_waiter *waiter = mbx_find_caller(box, seq, proc);

	if (!waiter)
		return ERR_PTR(-ENOENT);
	if (!waiter->caller->talk)
		return ERR_PTR(-ENXIO);
	if (waiter->caller->talk->asked)
		return ERR_PTR(-EBUSY);
	return len <= waiter->caller->room ? waiter : ERR_PTR(-EMSGSIZE);
}

static s64 now(clockid_t clock)
{
	return clock == CLOCK_REALTIME ? ktime_get_real_ns() : ktime_get_ns();
}

/* By how much @a is ahead of @b. */
static s64 ahead(clockid_t a, clockid_t b)
{
	return a == b ? 0 : now(a) - now(b);
}

/*
 * Nobody waits for longer than the call lasts.  Returns whether that ends first.
 * What it is on the other clock is as good as the time until then, if it can come
 * at all.
 */
static bool limit(struct mbx_waiter *waiter, const struct mbx_waiter *caller)
{
	s64 end = caller->deadline;

	if (!end)
		return false;
	if (!waiter->deadline)
		waiter->clock = caller->clock;
	else if (check_add_overflow(end, ahead(waiter->clock, caller->clock),
				    &end))
		return false;
	if (waiter->deadline && (s64)waiter->deadline <= end)
		return false;
	waiter->deadline = max_t(s64, end, 1);
	return true;
}

/* The question is the caller's from now on. */
static void put_question(struct mbx_waiter *caller, struct mbx_asker *asker,
			 struct mbx_msg *msg, struct mbx_later *later)
{
	struct mbx_talk *talk = caller->caller->talk;

	talk->asked = true;
	talk->question = msg;
	talk->asker = asker;
	/* From now on the caller may do anything. */
	mbx_edge_end(caller->caller);
	mbx_donation_begin(asker->donation, talk->thread, later);
	/* It stays where others find it, but waits no longer: MBX_WAKE. */
	caller->result = 0;
	WRITE_ONCE(caller->state, MBX_WAIT_DONE);
	if (caller->thread)
		later->thread[later->nr++] = get_task_struct(caller->thread);
}

/* The deadline of the call has passed. */
static int end_call(struct mbx_box *box, u64 seq, const struct mbx_proc *proc,
		    struct mbx_later *later)
{
	struct mbx_waiter *caller = mbx_find_caller(box, seq, proc);

	mbx_notify_happened(box, MBX_EVENT_CANCELED);
	mbx_wake(caller, -ETIMEDOUT, later);
	return -ECANCELED;
}

static int wait_answer(struct mbx_talk *talk, struct mbx_asker *asker, u64 seq,
		       bool limited, struct mbx_later *later)
{
	struct mbx_waiter *waiter = &asker->waiter;
	struct mbx_box *box = waiter->handle->box;
	int err;

	err = mbx_wait(box, waiter, &talk->askers, later);
	if (waiter->state == MBX_WAIT_DONE)
		return err;

	/* Else the call would be over, and the wait with it. */
	talk->asker = NULL;
	if (limited && err == -ETIMEDOUT)
		return end_call(box, seq, waiter->task->proc, later);
	return err == -ERESTARTSYS ? -EINTR : err;
}

static struct mbx_msg *make_question(struct mbx_handle *handle,
				     struct mbx_task *task, u64 seq,
				     const struct mbx_tx *tx,
				     struct mbx_waiter **caller,
				     struct mbx_later *later)
{
	struct mbx_box *box = handle->box;
	struct mbx_msg *msg;
	int err;

	*caller = find_caller(box, seq, task->proc, tx->len);
	if (IS_ERR(*caller))
		return ERR_CAST(*caller);
	msg = mbx_make_msg(handle, task, task->user, tx);
	if (IS_ERR(msg))
		return msg;
	/* The lock was dropped for the copy. */
	err = mbx_handle_error(handle);
	*caller = find_caller(box, seq, task->proc, tx->len);
	if (!err && IS_ERR(*caller))
		err = PTR_ERR(*caller) == -ENOENT ? -ECANCELED :
						    PTR_ERR(*caller);
	/* It is up to the caller how long it is there. */
	if (!err && !mbx_msg_charge_to(msg, (*caller)->task->user))
		err = -EDQUOT;
	if (!err)
		return msg;
	mbx_box_release(box, msg, later);
	return ERR_PTR(err);
}

static int ask_locked(struct mbx_asker *asker, u64 seq, struct mbx_tx *tx,
		      struct mbx_caller *room, struct mbx_later *later)
{
	struct mbx_waiter *waiter = &asker->waiter;
	struct mbx_box *box = waiter->handle->box;
	struct mbx_waiter *caller;
	struct mbx_edge edge;
	struct mbx_msg *msg;
	bool limited;
	int err;

	msg = make_question(waiter->handle, waiter->task, seq, tx, &caller,
			    later);
	if (IS_ERR(msg))
		return PTR_ERR(msg);

	tx->seq = seq;
	tx->peer = mbx_task_ref(caller->task);
	waiter->seq = seq;
	waiter->peer = tx->peer;
	limited = limit(waiter, caller);
	put_question(caller, asker, msg, later);
	mbx_edge_join(&edge, waiter->handle, waiter->task, room,
		      caller->task->proc);
	err = wait_answer(caller->caller->talk, asker, seq, limited, later);
	if (err)
		return err;
	err = mbx_copy_reply(box, waiter->msg, room, later);
	mbx_box_release(box, waiter->msg, later);
	return err;
}

/**
 * mbx_ask() - ask the caller of a call something, and wait for the answer
 * @handle: a handle with the right to receive
 * @seq: sequence number of the call
 * @tx: the question, with a deadline; seq and peer are filled in if it has arrived
 * @room: where the answer goes; its length is filled in
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: 0; or, with the question not sent, or @tx->seq set, -EBUSY, -ECANCELED,
 * -EDQUOT, -EFAULT, -EIDRM, -EINTR, -EKEYREVOKED, -EMSGSIZE, -ENOENT, -ENOMEM,
 * -ENOSPC, -ENXIO, -EOWNERDEAD, -ETIMEDOUT.
 */
int mbx_ask(struct mbx_handle *handle, u64 seq, struct mbx_tx *tx,
	    struct mbx_caller *room)
{
	struct mbx_asker asker = {
		.waiter = {
			.state = MBX_WAIT_REPLY,
			.op = MBX_OP_ASK,
			.thread = current,
			.caller = room,
			.handle = handle,
			.clock = tx->clock,
			.deadline = tx->deadline,
		},
		.room = room->room,
		.donation = room->donation,
	};
	struct mbx_box *box = handle->box;
	struct mbx_later later = {};
	struct mbx_task *task;
	int err;

	task = mbx_handle_lock(handle, false);
	err = PTR_ERR_OR_ZERO(task) ?: mbx_handle_error(handle);
	if (!err) {
		asker.waiter.task = task;
		err = ask_locked(&asker, seq, tx, room, &later);
	}
	trace_mbx_ask(box, seq, tx->len, err);
	mbx_unlock(box, &later);
	return err;
}
