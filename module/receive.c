// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: a message is copied out first and leaves its place afterwards, so
 * that whatever goes wrong with the copy loses nothing.
 *
 * A short message is copied with the mailbox locked and page faults disabled.
 * If that does not work the message is marked as taken, so that others pass it
 * over, and copied without the lock.  Meanwhile its sender may withdraw it, or
 * the mailbox end: the copy is worth nothing then, and the receiver starts anew.
 */
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "fds.h"
#include "lease.h"
#include "mbx.h"
#include "short.h"
#include "trace.h"

/* Not an errno: the message has vanished, look for the next. */
#define AGAIN 1

static noinline u64 translate_time(u64 ns)
{
	struct timespec64 time = ns_to_timespec64(ns);

	timens_add_monotonic(&time);
	return max_t(s64, timespec64_to_ns(&time), 1);
}

static void describe_user(const struct cred *cred, struct mbx_receive *arg)
{
	struct user_namespace *ns = current_user_ns();

	/* Mostly there is nothing to look up. */
	if (likely(ns == &init_user_ns)) {
		arg->out_uid = __kuid_val(cred->uid);
		arg->out_gid = __kgid_val(cred->gid);
		return;
	}
	arg->out_uid = from_kuid_munged(ns, cred->uid);
	arg->out_gid = from_kgid_munged(ns, cred->gid);
}

static void describe(const struct mbx_msg *msg, struct mbx_receive *arg)
{
	struct pid_namespace *pid_ns = ns_of_pid(task_pid(current));
	const struct mbx_task *from = msg->from;

	arg->out_len = msg->len;
	arg->out_seq = msg->seq;
	arg->out_time = msg->time ? translate_time(msg->time) : 0;
	arg->out_pid = mbx_pid_nr(from->proc->pid, pid_ns);
	arg->out_tid = mbx_pid_nr(from->pid, pid_ns);
	describe_user(from->cred, arg);
	arg->out_badge = msg->badge;
	arg->out_type = msg->type;
	arg->out_priority = msg->priority;
}

/* With the lock: somebody may lease the message while another looks at it. */
static void describe_deliveries(const struct mbx_msg *msg,
				struct mbx_receive *arg)
{
	arg->out_deliveries = msg->deliveries + 1;
}

/* What no message has that goes the short way, and what may change. */
static void describe_special(const struct mbx_msg *msg, struct mbx_rx *rx)
{
	struct mbx_receive *arg = rx->arg;

	if (!arg)
		return;
	describe_deliveries(msg, arg);
	arg->out_flags = msg->reply_room ? MBX_MESSAGE_CALL : 0;
	arg->out_reply_max = msg->reply_room ? msg->reply_room - 1 : 0;
	if (mbx_landing_loses(rx, msg))
		arg->out_flags |= MBX_MESSAGE_FDS_LOST;
}

static int copy_atomic(struct mbx_msg *msg, struct mbx_rx *rx, u32 len)
{
	if (len > MBX_COPY_LOCKED ||
	    mbx_copy_to_user_atomic(rx->data, mbx_msg_payload(msg), len))
		return -EFAULT;
	if (!rx->arg)
		return 0;
	describe(msg, rx->arg);
	describe_deliveries(msg, rx->arg);
	return mbx_copy_to_user_atomic(rx->uarg, &rx->arg->out_seq, rx->usize);
}

/* Without the lock: as long as there are references nothing in it changes. */
static int copy_sleeping(struct mbx_msg *msg, struct mbx_rx *rx, u32 len)
{
	if (mbx_msg_copy(msg, rx->data, len))
		return -EFAULT;
	if (!rx->arg)
		return 0;
	describe(msg, rx->arg);
	return copy_to_user(rx->uarg, &rx->arg->out_seq, rx->usize) ? -EFAULT :
								      0;
}

static void count_received(struct mbx_task *task, const struct mbx_msg *msg,
			   struct mbx_rx *rx)
{
	/* Nobody else writes it; pairs with mbx_usage_add(). */
	WRITE_ONCE(task->usage.received, task->usage.received + 1);
	WRITE_ONCE(task->usage.bytes_received,
		   task->usage.bytes_received + msg->len);
	rx->msg_len = msg->len;
}

static void lease(struct mbx_handle *handle, struct mbx_msg *msg,
		  struct mbx_task *task, struct mbx_rx *rx,
		  struct mbx_later *later)
{
	struct mbx_waiter *sender = msg->sender;

	msg->sender = NULL;
	mbx_lease_begin(handle, rx->lease, msg, task->proc);
	rx->lease = NULL;
	if (sender) {
		sender->peer = mbx_task_ref(task);
		mbx_wake(sender, 0, later);
	}
}

/* The caller has the message: it leaves the mailbox, or stays until he settles it. */
static void finish(struct mbx_handle *handle, struct mbx_msg *msg,
		   struct mbx_task *task, struct mbx_rx *rx,
		   struct mbx_later *later)
{
	struct mbx_waiter *sender = msg->sender;
	struct mbx_box *box = handle->box;

	count_received(task, msg, rx);
	trace_mbx_receive(box, msg->seq, msg->len, 0);
	mbx_landing_note(rx, msg);

	if (rx->lease && !(sender && sender->caller)) {
		lease(handle, msg, task, rx, later);
		return;
	}
	mbx_queue_received(&box->queue, msg);
	if (sender && sender->caller) {
		mbx_call_taken(handle, task, sender, rx->arg, later);
	} else if (sender) {
		sender->peer = mbx_task_ref(task);
		mbx_wake(sender, 0, later);
	}
	if (msg->counted)
		mbx_made_room(box, later);
	mbx_control_left(box, msg, later);
	mbx_box_release(box, msg, later);
}

/**
 * mbx_put_back() - let others receive a message that somebody had
 * @box: the mailbox
 * @msg: a taken message, or one that was leased
 * @near: a ready message that its place may be near to, or NULL
 * @later: wakes them
 *
 * Context: The box is locked.
 * Return: true if many messages or waiters were looked at for that.
 */
bool mbx_put_back(struct mbx_box *box, struct mbx_msg *msg,
		  const struct mbx_msg *near, struct mbx_later *later)
{
	const bool counted = msg->counted;
	bool far;

	far = mbx_queue_untake(&box->queue, msg, near,
			       box->capacity || !msg->sender);
	/* Whoever waited for it gets it without taking room. */
	if (mbx_offer(box, msg, later) && counted)
		mbx_made_room(box, later);
	if (mbx_box_sealed(box))
		mbx_control_part(box, later);
	return far || box->nr_receivers > MBX_QUEUE_FEW || mbx_box_sealed(box);
}

/* Copies a taken message, to which the caller has a reference; drops that. */
static int finish_taken(struct mbx_handle *handle, struct mbx_task *task,
			struct mbx_msg *msg, struct mbx_rx *rx,
			struct mbx_later *later) __must_hold(&handle->box->lock)
{
	struct mbx_box *box = handle->box;
	int err = 0;

	describe_special(msg, rx);
	/* Not for one who has been revoked since it was given the message. */
	if (msg->state == MBX_MSG_TAKEN && !handle->revoked &&
	    (mbx_landing_sleeps(rx, msg) || copy_atomic(msg, rx, msg->len))) {
		mbx_unlock(box, later);
		err = mbx_landing_reserve(rx, msg) ?:
			      copy_sleeping(msg, rx, msg->len);
		spin_lock(&box->lock);
	}
	if (handle->revoked)
		err = -EKEYREVOKED;

	if (msg->state == MBX_MSG_GONE)
		err = mbx_handle_error(handle) ?: AGAIN;
	else if (err)
		mbx_put_back(box, msg, NULL, later);
	else
		finish(handle, msg, task, rx, later);
	mbx_box_release(box, msg, later);
	return err;
}

static int take(struct mbx_handle *handle, struct mbx_task *task,
		struct mbx_msg *msg, struct mbx_rx *rx, struct mbx_later *later)
{
	mbx_queue_take(&handle->box->queue, msg);
	msg->refs++;
	return finish_taken(handle, task, msg, rx, later);
}

/* A message that is only looked at stays ready for others. */
static int look(struct mbx_handle *handle, struct mbx_msg *msg,
		struct mbx_rx *rx, struct mbx_later *later)
	__must_hold(&handle->box->lock)
{
	struct mbx_box *box = handle->box;
	const u32 len = min(msg->len, rx->len);
	int err;

	rx->msg_len = msg->len;
	describe_special(msg, rx);
	mbx_landing_note(rx, msg);
	if (!copy_atomic(msg, rx, len))
		return 0;

	msg->refs++;
	mbx_unlock(box, later);
	err = copy_sleeping(msg, rx, len);
	spin_lock(&box->lock);
	if (handle->revoked)
		err = -EKEYREVOKED;
	mbx_box_release(box, msg, later);
	return err;
}

static int after_wait(struct mbx_handle *handle, struct mbx_task *task,
		      struct mbx_rx *rx, struct mbx_waiter *waiter, int err,
		      struct mbx_later *later)
{
	if (err == -EMSGSIZE)
		rx->msg_len = waiter->len;
	if (waiter->msg)
		return finish_taken(handle, task, waiter->msg, rx, later);
	return err ?: AGAIN;
}

static int wait_msg(struct mbx_handle *handle, struct mbx_task *task,
		    struct mbx_rx *rx, struct mbx_later *later, bool first)
{
	struct mbx_box *box = handle->box;
	struct mbx_waiter waiter = {
		.state = MBX_WAIT_MSG,
		.op = rx->peek ? MBX_OP_PEEK : MBX_OP_RECEIVE,
		.thread = current,
		.task = task,
		.select = rx->select,
		.len = rx->len,
		.handle = handle,
		.first = first || box->policy == MBX_POLICY_LIFO,
		.clock = rx->clock,
		.deadline = rx->deadline,
	};
	int err;

	/* Nothing but a receiver makes a send possible. */
	if (!rx->peek && !mbx_box_has_room(box) &&
	    !(rx->selects && box->capacity))
		mbx_later_poll_out(later, box);
	err = mbx_wait(box, &waiter, rx->peek ? &box->peekers : &box->receivers,
		       later);
	return after_wait(handle, task, rx, &waiter, err, later);
}

/*
 * While all messages that take room are being copied, a sender may wait for
 * room and nothing be ready: its message is the next, although there is no room.
 */
static struct mbx_msg *next_msg(struct mbx_box *box, struct mbx_rx *rx,
				struct mbx_later *later)
{
	struct mbx_waiter *sender;
	struct mbx_msg *msg;

	if (mbx_box_frozen(box) && !rx->peek)
		return NULL;
	if (rx->select)
		return mbx_select_first(&box->queue, rx->select);
	for (;;) {
		msg = mbx_queue_first(&box->queue);
		if (msg || list_empty(&box->senders))
			return msg;
		sender = list_first_entry(&box->senders, struct mbx_waiter,
					  node);
		if (sender->msg->len > rx->len && !rx->truncate)
			return sender->msg;
		/* It may be what somebody else waits for. */
		mbx_admit(box, rx->peek, later);
	}
}

static int try_receive(struct mbx_handle *handle, struct mbx_task *task,
		       struct mbx_rx *rx, struct mbx_later *later, bool first)
{
	struct mbx_box *box = handle->box;
	struct mbx_msg *msg;
	int err;

	err = mbx_handle_error(handle);
	if (!err)
		err = mbx_control_over(box, rx->select);
	if (err)
		return err;

	msg = next_msg(box, rx, later);
	if (!msg)
		return rx->nonblock ? -EAGAIN :
				      wait_msg(handle, task, rx, later, first);
	if (msg->len > rx->len && !rx->truncate) {
		rx->msg_len = msg->len;
		return -EMSGSIZE;
	}
	return rx->peek ? look(handle, msg, rx, later) :
			  take(handle, task, msg, rx, later);
}

/*
 * The whole of a common receive: a short message is there, nobody waits or
 * polls, and the mailbox keeps the memory for the next send.  A poller that comes
 * now will see the room itself; see mbx_later_poll_out().
 */
static __always_inline bool
receive_at_once(struct mbx_box *box, struct mbx_task *task, struct mbx_rx *rx)
{
	struct mbx_queue *queue = &box->queue;
	struct mbx_msg *msg;

	if (queue->levels || list_empty(&queue->ready))
		return false;
	msg = list_first_entry(&queue->ready, struct mbx_msg, node);
	if (msg->len > rx->len || rx->peek || rx->selects || box->special ||
	    mbx_box_orphaned(box) || box->nr_senders ||
	    waitqueue_active(&box->poll_out) || !mbx_box_can_keep(box, msg))
		return false;
	if (copy_atomic(msg, rx, msg->len))
		return false;

	count_received(task, msg, rx);
	trace_mbx_receive(box, msg->seq, msg->len, 0);
	mbx_queue_received(queue, msg);
	mbx_box_keep(box, msg);
	return true;
}

/**
 * mbx_receive_at_once() - receive a message the short way
 * @box: the mailbox
 * @task: who receives
 * @rx: the buffer
 *
 * Context: The box is locked.
 * Return: false if nothing has happened, and the general way is to be taken.
 */
bool mbx_receive_at_once(struct mbx_box *box, struct mbx_task *task,
			 struct mbx_rx *rx)
{
	return receive_at_once(box, task, rx);
}

static noinline int receive_slowly(struct mbx_handle *handle,
				   struct mbx_task *task, struct mbx_rx *rx)
	__releases(&handle->box->lock)
{
	struct mbx_box *box = handle->box;
	struct mbx_later later = {};
	int err;

	err = mbx_handle_error(handle);
	if (!err)
		err = mbx_policy_enter(box, task->proc, true);
	if (!err) {
		err = try_receive(handle, task, rx, &later, false);
		while (err == AGAIN)
			err = try_receive(handle, task, rx, &later, true);
		mbx_policy_leave(box);
	}
	if (err)
		trace_mbx_receive(box, 0, rx->len, err);
	mbx_unlock(box, &later);
	return err;
}

/**
 * mbx_receive_given() - receive, the short way, a message that was waited for
 * @handle: a handle with the right to receive
 * @task: who receives
 * @msg: the message, with a reference
 * @rx: the buffer
 *
 * Context: The box is locked.
 * Return: false if nothing has happened, and the general way is to be taken.
 */
bool mbx_receive_given(struct mbx_handle *handle, struct mbx_task *task,
		       struct mbx_msg *msg, struct mbx_rx *rx)
{
	struct mbx_waiter *sender = msg->sender;
	struct mbx_box *box = handle->box;

	if (box->special || handle->revoked || msg->files || msg->refs != 2 ||
	    msg->state != MBX_MSG_TAKEN || !mbx_box_wants(box, msg) ||
	    (sender && (!sender->caller || sender->caller->donation)))
		return false;
	describe_special(msg, rx);
	if (copy_atomic(msg, rx, msg->len))
		return false;

	count_received(task, msg, rx);
	trace_mbx_receive(box, msg->seq, msg->len, 0);
	mbx_queue_received(&box->queue, msg);
	/* There is nothing to be done later: it can reply, and is lent nothing. */
	if (sender)
		mbx_call_taken(handle, task, sender, true, NULL);
	msg->refs = 1;
	msg->reply_room = 0;
	mbx_box_keep(box, msg);
	return true;
}

/**
 * mbx_receive_on() - go on with a receive in the general way after a wait
 * @handle: a handle with the right to receive
 * @task: who receives
 * @rx: the buffer
 * @waiter: who has waited
 * @err: how the wait has ended
 *
 * Context: The box is locked, and is not any more on return.  Sleeps.
 * Return: as mbx_receive().
 */
int mbx_receive_on(struct mbx_handle *handle, struct mbx_task *task,
		   struct mbx_rx *rx, struct mbx_waiter *waiter, int err)
	__releases(&handle->box->lock)
{
	struct mbx_box *box = handle->box;
	struct mbx_later later = {};

	err = after_wait(handle, task, rx, waiter, err, &later);
	while (err == AGAIN)
		err = try_receive(handle, task, rx, &later, true);
	if (err)
		trace_mbx_receive(box, 0, rx->len, err);
	mbx_unlock(box, &later);
	return err;
}

/**
 * mbx_receive() - receive a message
 * @handle: a handle with the right to receive
 * @rx: the buffer
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: 0; or, with no message taken, -EAGAIN, -EBUSY, -EFAULT, -EIDRM,
 * -EKEYREVOKED, -EMFILE, -EMSGSIZE, -ENOMEM, -EOWNERDEAD, -ERESTARTSYS, -ESHUTDOWN,
 * -ETIMEDOUT, -EUSERS.
 */
int mbx_receive(struct mbx_handle *handle, struct mbx_rx *rx)
{
	struct mbx_box *box = handle->box;
	struct mbx_task *task;

	task = mbx_handle_lock(handle, false);
	if (IS_ERR(task)) {
		spin_unlock(&box->lock);
		return PTR_ERR(task);
	}
	if (unlikely(!receive_at_once(box, task, rx)))
		return receive_slowly(handle, task, rx);

	spin_unlock(&box->lock);
	return 0;
}

/**
 * mbx_receive_special() - receive a message in a way that is not common
 * @handle: a handle with the right to receive
 * @rx: the buffer
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: as mbx_receive().
 */
int mbx_receive_special(struct mbx_handle *handle, struct mbx_rx *rx)
{
	struct mbx_task *task = mbx_handle_lock(handle, false);

	if (!IS_ERR(task))
		return receive_slowly(handle, task, rx);
	spin_unlock(&handle->box->lock);
	return PTR_ERR(task);
}
