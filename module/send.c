// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: a message comes into being, and goes to a receiver, into the queue,
 * or waits with its sender for room.
 */
#include "dedup.h"
#include "fds.h"
#include "mbx.h"
#include "short.h"
#include "trace.h"

/* ------------------------------------------------------------ making messages */

/* One that does not go into the queue at once. */
static void sign_new(const struct mbx_handle *handle, struct mbx_msg *msg,
		     struct mbx_task *task, const struct mbx_tx *tx)
{
	mbx_sign(handle, msg, task, tx->type, tx->priority);
	msg->seq = 0;
	msg->state = MBX_MSG_NEW;
}

/**
 * mbx_fill_spare() - make a message of one that was freed
 * @handle: what it is sent through
 * @task: who sends it
 * @tx: the payload
 *
 * Context: The box is locked.
 * Return: the message, or NULL if that is not possible right now.
 */
struct mbx_msg *mbx_fill_spare(const struct mbx_handle *handle,
			       struct mbx_task *task, const struct mbx_tx *tx)
{
	struct mbx_msg *msg = mbx_spare_fill(handle->box, tx->data, tx->len);

	if (msg)
		sign_new(handle, msg, task, tx);
	return msg;
}

/**
 * mbx_make_msg() - make a message
 * @handle: what it is sent through
 * @task: who sends it
 * @payer: who pays for its memory
 * @tx: the payload
 *
 * Context: The box is locked.  Drops the lock, sleeps, and takes it again.
 * Return: the message, or an error pointer: -EDQUOT, -ENOSPC, -ENOMEM, -EFAULT.
 */
struct mbx_msg *mbx_make_msg(const struct mbx_handle *handle,
			     struct mbx_task *task, struct mbx_user *payer,
			     const struct mbx_tx *tx)
	__must_hold(&handle->box->lock)
{
	struct mbx_box *box = handle->box;
	struct mbx_msg *msg;

	spin_unlock(&box->lock);
	/* What others are charged for is not lifted by one's own rights. */
	msg = mbx_msg_create(payer, tx->data, tx->len, payer != task->user);
	spin_lock(&box->lock);
	if (!IS_ERR(msg))
		sign_new(handle, msg, task, tx);
	return msg;
}

/* ------------------------------------------------------------------- waiting */

/**
 * mbx_give_up() - leave no message of a wait that failed behind
 * @box: the mailbox
 * @waiter: a sender that is not done
 * @msg: its message
 * @later: frees it, and wakes those who find room now
 *
 * Context: The box is locked.
 */
void mbx_give_up(struct mbx_box *box, struct mbx_waiter *waiter,
		 struct mbx_msg *msg, struct mbx_later *later)
{
	if (waiter->state == MBX_WAIT_TAKEN) {
		mbx_take_back(box, msg);
		if (msg->counted)
			mbx_made_room(box, later);
		mbx_control_left(box, msg, later);
	}
	mbx_box_release(box, msg, later);
}

/**
 * mbx_sender_over() - find out what has become of a message
 * @box: the mailbox
 * @waiter: the sender, who has waited
 * @msg: its message
 * @err: how the wait has ended
 * @later: frees what is left
 *
 * A waiter that is not done still knows its message; of one that is done, the
 * mailbox has disposed, unless it never got in.
 *
 * Context: The box is locked.  Drops the lock, sleeps, and takes it again.
 * Return: @err; of a call that was taken what mbx_call_over() does.
 */
int mbx_sender_over(struct mbx_box *box, struct mbx_waiter *waiter,
		    struct mbx_msg *msg, int err, struct mbx_later *later)
	__must_hold(&box->lock)
{
	if (waiter->caller && waiter->peer)
		return mbx_call_over(box, waiter, err, later);
	if (err && waiter->state != MBX_WAIT_DONE)
		mbx_give_up(box, waiter, msg, later);
	else if (waiter->msg)
		mbx_box_release(box, waiter->msg, later);
	return err;
}

static enum mbx_op op_of(const struct mbx_tx *tx)
{
	if (tx->caller)
		return MBX_OP_CALL;
	return tx->sync ? MBX_OP_SYNC : MBX_OP_SEND;
}

/* Sleeps until @msg has found room and, if it must, a receiver. */
static int wait_sender(struct mbx_handle *handle, struct mbx_task *task,
		       struct mbx_msg *msg, struct mbx_tx *tx,
		       struct mbx_later *later, bool placed)
{
	struct mbx_box *box = handle->box;
	struct mbx_waiter waiter = {
		.state = placed ? MBX_WAIT_TAKEN : MBX_WAIT_ROOM,
		.op = op_of(tx),
		.thread = current,
		.task = task,
		.msg = placed ? NULL : msg,
		.placed = placed ? msg : NULL,
		.seq = placed ? msg->seq : 0,
		.caller = tx->caller,
		.sync = tx->sync || !box->capacity,
		.handle = handle,
		.clock = tx->clock,
		.deadline = tx->deadline,
	};
	int err;

	if (tx->caller)
		msg->reply_room = tx->caller->room + 1;
	if (placed) {
		msg->sender = &waiter;
	} else {
		/* While all others are being copied, this one is the next. */
		mbx_wake_list(&box->peekers, 0, later);
		mbx_later_poll_in(later, box);
	}
	err = mbx_wait(box, &waiter, placed ? &box->synced : &box->senders,
		       later);
	err = mbx_sender_over(box, &waiter, msg, err, later);
	tx->seq = waiter.seq;
	tx->peer = waiter.peer;
	return err;
}

/* Decides what becomes of @msg, which the caller does not own any more. */
static int dispatch(struct mbx_handle *handle, struct mbx_task *task,
		    struct mbx_msg *msg, struct mbx_tx *tx,
		    struct mbx_later *later)
{
	struct mbx_box *box = handle->box;
	const u32 policy = mbx_full_policy(box, tx);
	const bool meet = !box->capacity && !tx->nonblock &&
			  policy == MBX_FULL_WAIT;
	struct mbx_waiter *receiver;

	mbx_foresee_seq(box, msg);
	receiver = mbx_find_receiver(box, msg);
	if (!meet && !receiver && !mbx_box_has_room(box)) {
		/* One that waits for room has no number yet. */
		if (policy != MBX_FULL_DEFER || !box->capacity)
			tx->seq = msg->seq;
		if (policy == MBX_FULL_DEFER)
			return mbx_full_defer(handle, msg, later);
		if (policy != MBX_FULL_WAIT)
			return mbx_full_drop(box, msg, tx, later);
		if (!tx->nonblock)
			return wait_sender(handle, task, msg, tx, later, false);
		/* They would go on to promise a poll what no send finds. */
		mbx_refuse_receivers(box, msg, NULL, later);
		mbx_box_release(box, msg, later);
		return -EAGAIN;
	}

	mbx_place(box, msg, receiver, true, later);
	if (meet || tx->sync)
		return wait_sender(handle, task, msg, tx, later, true);

	tx->seq = msg->seq;
	if (receiver && !box->capacity)
		tx->peer = mbx_task_ref(receiver->task);
	return 0;
}

/*
 * A call that may be part of a cycle.  Nothing was sent if it is refused, and from
 * here on it can only wait.
 */
static noinline int dispatch_call(struct mbx_handle *handle,
				  struct mbx_task *task, struct mbx_msg *msg,
				  struct mbx_tx *tx, struct mbx_later *later)
{
	struct mbx_edge edge;
	int err;

	err = mbx_edge_begin(&edge, handle, task, tx->caller);
	if (!err)
		return dispatch(handle, task, msg, tx, later);
	mbx_box_release(handle->box, msg, later);
	return err;
}

/*
 * The whole of a common send: there is room, nobody waits or polls, and a freed
 * message is at hand.  A poller that comes now will see the message itself; see
 * mbx_later_poll_in().
 */
static bool send_at_once(struct mbx_handle *handle, struct mbx_task *task,
			 struct mbx_tx *tx)
{
	struct mbx_box *box = handle->box;
	struct mbx_msg *msg;

	if (box->special || mbx_box_orphaned(box) || !mbx_box_has_room(box) ||
	    tx->sync || tx->priority || tx->len > box->msg_max ||
	    box->nr_receivers || waitqueue_active(&box->poll_in))
		return false;

	msg = mbx_spare_fill(box, tx->data, tx->len);
	if (!msg)
		return false;
	mbx_sign(handle, msg, task, tx->type, tx->priority);
	mbx_queue_append(&box->queue, msg, &box->queue.ready, true);
	tx->seq = msg->seq;
	return true;
}

static int refused(const struct mbx_handle *handle)
{
	return mbx_handle_error(handle) ?: mbx_box_sealed(handle->box);
}

/* Whatever can refuse a message before it is there. */
static int check_send(const struct mbx_handle *handle,
		      const struct mbx_task *task, const struct mbx_tx *tx)
{
	struct mbx_box *box = handle->box;
	int err;

	err = refused(handle);
	if (!err && tx->len > box->msg_max)
		err = -EMSGSIZE;
	if (!err)
		err = mbx_policy_enter(box, task->proc, false);
	if (!err && tx->nonblock && !mbx_box_has_room(box) &&
	    list_empty(&box->receivers) &&
	    mbx_full_policy(box, tx) == MBX_FULL_WAIT)
		err = -EAGAIN;
	return err;
}

/* The box is locked, and is so again on return. */
static int send_locked(struct mbx_handle *handle, struct mbx_task *task,
		       struct mbx_tx *tx, struct mbx_files *files,
		       struct mbx_later *later)
{
	struct mbx_box *box = handle->box;
	struct mbx_msg *msg;
	int err;

	err = check_send(handle, task, tx);
	if (!err && mbx_full_policy(box, tx) == MBX_FULL_DEFER)
		err = mbx_deferral_prepare(handle);
	if (err)
		return err;

	msg = mbx_fill_spare(handle, task, tx) ?:
		      mbx_make_msg(handle, task, task->user, tx);
	if (IS_ERR(msg))
		return PTR_ERR(msg);

	/* The lock may have been dropped for the copy. */
	err = refused(handle);
	if (!err && files)
		err = mbx_files_attach(box, msg, files);
	if (err) {
		mbx_box_release(box, msg, later);
		return err;
	}
	if (tx->caller && unlikely(mbx_proc_serves(task->proc)))
		return dispatch_call(handle, task, msg, tx, later);
	return dispatch(handle, task, msg, tx, later);
}

/* With an id, which nobody else is to send meanwhile. */
static int send_once(struct mbx_handle *handle, struct mbx_task *task,
		     struct mbx_tx *tx, struct mbx_files *files,
		     struct mbx_later *later)
{
	struct mbx_box *box = handle->box;
	struct mbx_sending sending;
	int err;

	err = mbx_handle_error(handle);
	if (!err)
		err = mbx_dedup_begin(box, &sending, tx->id, task->cred->uid);
	if (err)
		return err;
	err = send_locked(handle, task, tx, files, later);
	if (err == MBX_DEFERRED)
		mbx_dedup_defer(&sending, handle);
	else
		mbx_dedup_end(box, &sending, err >= 0 && !tx->lost);
	return err;
}

/**
 * mbx_send_made() - send a message that is there already, without waiting
 * @handle: a handle with the right to send
 * @task: who sends it
 * @msg: the message, which the caller does not own any more
 * @tx: tells len and type, and nonblock; peer is filled in on success
 * @later: frees it, or wakes who gets it
 *
 * Context: The box is locked.
 * Return: 0; or, with nothing sent, -EAGAIN, -EIDRM, -EKEYREVOKED, -EMSGSIZE,
 * -EOWNERDEAD, -ESHUTDOWN, -EUSERS.
 */
int mbx_send_made(struct mbx_handle *handle, struct mbx_task *task,
		  struct mbx_msg *msg, struct mbx_tx *tx,
		  struct mbx_later *later)
{
	int err;

	sign_new(handle, msg, task, tx);
	err = check_send(handle, task, tx);
	if (!err)
		return dispatch(handle, task, msg, tx, later);
	mbx_box_release(handle->box, msg, later);
	return err;
}

static noinline int send_slowly(struct mbx_handle *handle,
				struct mbx_task *task, struct mbx_tx *tx,
				struct mbx_files *files)
	__releases(&handle->box->lock)
{
	struct mbx_box *box = handle->box;
	struct mbx_later later = {};
	int err;

	err = tx->id ? send_once(handle, task, tx, files, &later) :
		       send_locked(handle, task, tx, files, &later);
	trace_mbx_send(box, tx->seq, tx->len, err);
	/* Who took a call has it, whatever became of the reply. */
	if (err < 0 && !tx->peer)
		handle->spent = false;
	else
		mbx_count_sent(task, tx->len);
	task->handed |= later.here;
	mbx_unlock(box, &later);
	return err;
}

/**
 * mbx_send() - send a message
 * @handle: a handle with the right to send
 * @tx: the message; seq and peer are filled in on success, and if a call fails
 *	whose message was taken
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: 0; MBX_LOST if a message was dropped; MBX_DEFERRED if this one is kept;
 * or, with nothing sent, -EAGAIN, -EALREADY, -EBUSY, -ECANCELED, -EDQUOT, -EFAULT,
 * -EIDRM, -EINVAL, -EKEYEXPIRED, -EKEYREVOKED, -EMSGSIZE, -ENOBUFS, -ENOMEM, -ENOSPC, -EOWNERDEAD,
 * -ERESTARTSYS, -ESHUTDOWN, -ETIMEDOUT, -EUSERS.  Of a call also -EDEADLK; of one
 * whose message was taken -EINTR and -EPIPE.
 */
int mbx_send(struct mbx_handle *handle, struct mbx_tx *tx)
{
	struct mbx_box *box = handle->box;
	struct mbx_task *task;

	task = mbx_handle_lock(handle, true);
	if (IS_ERR(task)) {
		spin_unlock(&box->lock);
		return PTR_ERR(task);
	}
	if (unlikely(!send_at_once(handle, task, tx)))
		return send_slowly(handle, task, tx, NULL);

	mbx_count_sent(task, tx->len);
	trace_mbx_send(box, tx->seq, tx->len, 0);
	spin_unlock(&box->lock);
	return 0;
}

/**
 * mbx_send_files() - send a message with files
 * @handle: a handle with the right to send
 * @tx: the message; seq and peer are filled in on success
 * @files: the files; the message takes a reference
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: as mbx_send(), and -ELOOP or -EPIPE.
 */
int mbx_send_files(struct mbx_handle *handle, struct mbx_tx *tx,
		   struct mbx_files *files)
{
	struct mbx_task *task;

	task = mbx_handle_lock(handle, true);
	if (!IS_ERR(task))
		return send_slowly(handle, task, tx, files);
	spin_unlock(&handle->box->lock);
	return PTR_ERR(task);
}
