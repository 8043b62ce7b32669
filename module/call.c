// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls: messages whose senders wait for a reply.
 *
 * A call is sent like any message, and its sender waits like one that waits for
 * its message to be taken.  Whoever takes it does not wake the sender, but puts
 * it among the callers of the mailbox, with a claim of its process: that is the
 * right to reply once.  The wait of a caller ends by exactly one of
 *
 *   a reply			mbx_reply()
 *   death of the process	mbx_box_abandon(), from reap.c
 *   close of the handle	mbx_call_close()
 *   revocation			mbx_call_revoke()
 *   end of the mailbox		mbx_box_kill()
 *   a signal, the deadline	mbx_call_over()
 *
 * each of which takes it out of the list, and gives up the claim, with the box
 * locked: who comes later does not find it.  Hence a claim lies on the stack of
 * the caller, who cannot leave before.  The caller copies the reply out itself,
 * so that a server neither waits for its memory nor learns of a fault in it.
 * One that can be asked something meanwhile does not lie on a stack: see talk.c.
 */
#include "callback.h"
#include "fds.h"
#include "mbx.h"
#include "trace.h"

/**
 * mbx_call_taken() - let the sender of a call wait for the reply
 * @handle: what the message was received through
 * @task: who has received it
 * @waiter: the sender, who waited for that
 * @can_reply: the receiver knows what it takes to reply
 * @later: wakes the sender, if nobody can; lends its priority
 *
 * Context: The box is locked.
 */
void mbx_call_taken(struct mbx_handle *handle, struct mbx_task *task,
		    struct mbx_waiter *waiter, bool can_reply,
		    struct mbx_later *later)
{
	struct mbx_caller *caller = waiter->caller;
	struct mbx_box *box = handle->box;

	/* The peer tells count_blocked() which of them it is. */
	box->nr_senders--;
	box->nr_callers++;
	waiter->peer = mbx_task_ref(task);
	waiter->placed = NULL;
	if (!can_reply) {
		mbx_wake(waiter, -EPIPE, later);
		return;
	}
	/* The sleeper, who looks without the lock, sleeps on. */
	WRITE_ONCE(waiter->state, MBX_WAIT_REPLY);
	list_move_tail(&waiter->node, &box->callers);
	caller->via = handle;
	if (unlikely(caller->edge))
		mbx_edge_taken(caller->edge, task->proc);
	mbx_claim(&caller->claim, box, task->proc);
	mbx_donation_begin(caller->donation, current, later);
}

/**
 * mbx_copy_reply() - copy out what a call is answered with, or asked
 * @box: the mailbox
 * @reply: the message; the caller has a reference
 * @caller: where it goes; tells the length then
 * @later: done before it sleeps
 *
 * Context: The box is locked.  Drops the lock, sleeps, and takes it again.
 * Return: 0, -EFAULT, -EMFILE, -ENOMEM.
 */
int mbx_copy_reply(struct mbx_box *box, struct mbx_msg *reply,
		   struct mbx_caller *caller, struct mbx_later *later)
	__must_hold(&box->lock)
{
	int err;

	caller->len = reply->len;
	if (!mbx_landing_sleeps(caller->rx, reply) &&
	    reply->len <= MBX_COPY_LOCKED &&
	    !mbx_copy_to_user_atomic(caller->data, mbx_msg_payload(reply),
				     reply->len))
		return 0;

	mbx_unlock(box, later);
	err = mbx_landing_reserve(caller->rx, reply) ?:
		      mbx_msg_copy(reply, caller->data, reply->len);
	spin_lock(&box->lock);
	if (!err)
		mbx_landing_note(caller->rx, reply);
	return err;
}

/**
 * mbx_call_result() - tell how a wait for a reply has ended
 * @box: the mailbox
 * @waiter: who has waited, in no list any more; its message was taken
 * @err: how the wait has ended
 * @later: frees the reply
 *
 * Context: The box is locked.  Drops the lock, sleeps, and takes it again.
 * Return: 0 with the reply copied out; -EFAULT or -EMFILE if that failed; else
 * @err, where a signal is -EINTR: whoever took the message may have done what it
 * says.
 */
int mbx_call_result(struct mbx_box *box, struct mbx_waiter *waiter, int err,
		    struct mbx_later *later) __must_hold(&box->lock)
{
	struct mbx_msg *reply = waiter->msg;

	if (waiter->state != MBX_WAIT_DONE) {
		mbx_notify_happened(box, MBX_EVENT_CANCELED);
		return err == -ERESTARTSYS ? -EINTR : err;
	}
	if (err)
		return err;
	err = mbx_copy_reply(box, reply, waiter->caller, later);
	mbx_box_release(box, reply, later);
	return err;
}

/**
 * mbx_call_over() - end the wait for a reply
 * @box: the mailbox
 * @waiter: who has waited; its message was taken
 * @err: how the wait has ended
 * @later: frees the reply
 *
 * Context: The box is locked.  Drops the lock, sleeps, and takes it again.
 * Return: what mbx_call_result() does; or MBX_CALLED_BACK, and the call goes on.
 */
int mbx_call_over(struct mbx_box *box, struct mbx_waiter *waiter, int err,
		  struct mbx_later *later) __must_hold(&box->lock)
{
	if (unlikely(waiter->caller->talk))
		return mbx_talk_over(box, waiter, err, later);
	return mbx_call_result(box, waiter, err, later);
}

/* ------------------------------------------------------------------ replying */

/**
 * mbx_find_caller() - find who waits for the reply to a message
 * @box: the mailbox
 * @seq: sequence number of the message
 * @proc: the process that has taken it
 *
 * Context: The box is locked.
 * Return: the waiter, or NULL if there is none.
 */
struct mbx_waiter *mbx_find_caller(struct mbx_box *box, u64 seq,
				   const struct mbx_proc *proc)
{
	struct mbx_waiter *waiter;

	/* Those who have waited longest are mostly served first. */
	list_for_each_entry(waiter, &box->callers, node)
		if (waiter->seq == seq)
			return waiter->caller->claim.proc == proc ? waiter :
								    NULL;
	return NULL;
}

/*
 * At the expense of the caller: it decides how long the reply is kept.  If there
 * is none it may have given up while the box was unlocked.
 */
static struct mbx_msg *
make_reply(struct mbx_handle *handle, struct mbx_task *task,
	   const struct mbx_waiter *waiter, const struct mbx_tx *tx)
	__must_hold(&handle->box->lock)
{
	struct mbx_user *payer = mbx_user_ref(waiter->task->user);
	struct mbx_msg *msg;

	msg = mbx_make_msg(handle, task, payer, tx);
	mbx_user_put(payer);
	return msg;
}

static int reply_locked(struct mbx_handle *handle, struct mbx_task *task,
			u64 seq, const struct mbx_tx *tx,
			struct mbx_files *files, struct mbx_later *later)
{
	struct mbx_box *box = handle->box;
	struct mbx_waiter *waiter;
	struct mbx_msg *msg;
	int err;

	waiter = mbx_find_caller(box, seq, task->proc);
	if (!waiter)
		return -ENOENT;
	if (tx->len > waiter->caller->room)
		return -EMSGSIZE;

	/* Of the mailbox's memory only for the user who pays for that. */
	msg = waiter->task->user == box->user ?
		      mbx_fill_spare(handle, task, tx) :
		      NULL;
	if (!msg) {
		msg = make_reply(handle, task, waiter, tx);
		if (IS_ERR(msg))
			return PTR_ERR(msg);
		err = mbx_handle_error(handle);
		waiter = mbx_find_caller(box, seq, task->proc);
		if (err || !waiter) {
			mbx_box_release(box, msg, later);
			return err ?: -ECANCELED;
		}
	}
	err = files ? mbx_files_attach(box, msg, files) : 0;
	if (err) {
		mbx_box_release(box, msg, later);
		return err;
	}
	waiter->msg = msg;
	mbx_donation_over(waiter->caller->donation, later);
	mbx_wake(waiter, 0, later);
	task->handed |= later->here;
	return 0;
}

/**
 * mbx_reply() - answer a call
 * @handle: a handle with the right to receive
 * @seq: sequence number of the call
 * @tx: the reply
 * @files: those that go with it, to which it takes a reference; or NULL
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: 0; or, with the caller waiting on if it does, -ECANCELED, -EDQUOT,
 * -EFAULT, -EIDRM, -EKEYREVOKED, -EMSGSIZE, -ENOENT, -ENOMEM, -ENOSPC,
 * -EOWNERDEAD.
 */
int mbx_reply(struct mbx_handle *handle, u64 seq, const struct mbx_tx *tx,
	      struct mbx_files *files)
{
	struct mbx_box *box = handle->box;
	struct mbx_later later = {};
	struct mbx_task *task;
	int err;

	task = mbx_handle_lock(handle, false);
	err = PTR_ERR_OR_ZERO(task) ?: mbx_handle_error(handle);
	if (!err)
		err = reply_locked(handle, task, seq, tx, files, &later);
	trace_mbx_reply(box, seq, tx->len, err);
	mbx_unlock(box, &later);
	return err;
}

/* ------------------------------------------------------------- without a reply */

/**
 * mbx_box_abandon() - tell callers that whoever took their calls has exited
 * @box: the mailbox
 * @proc: the process
 *
 * Context: Process context.  Takes the lock of the box.
 */
void mbx_box_abandon(struct mbx_box *box, const struct mbx_proc *proc)
{
	struct mbx_waiter *waiter, *next;
	struct mbx_later later = {};

	spin_lock(&box->lock);
	list_for_each_entry_safe(waiter, next, &box->callers, node)
		if (waiter->caller->claim.proc == proc)
			mbx_wake(waiter, -EPIPE, &later);
	mbx_unlock(box, &later);
}

/**
 * mbx_call_close() - end calls at either end of a handle
 * @handle: a handle that is being closed
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 */
void mbx_call_close(struct mbx_handle *handle)
{
	struct mbx_box *box = handle->box;
	struct mbx_waiter *waiter, *next;
	struct mbx_later later = {};

	mbx_talk_close(handle);
	if (!(handle->rights & MBX_OPEN_RECEIVE))
		return;
	spin_lock(&box->lock);
	list_for_each_entry_safe(waiter, next, &box->callers, node)
		if (waiter->caller->via == handle)
			mbx_wake(waiter, -EPIPE, &later);
	mbx_unlock(box, &later);
}

/**
 * mbx_call_revoke() - end calls through revoked handles, at either end
 * @box: the mailbox
 * @later: wakes the callers
 *
 * Context: The box is locked.
 */
void mbx_call_revoke(struct mbx_box *box, struct mbx_later *later)
{
	struct mbx_waiter *waiter, *next;

	list_for_each_entry_safe(waiter, next, &box->callers, node) {
		if (waiter->caller->talk)
			mbx_talk_revoke(waiter->caller->talk, later);
		if (waiter->handle->revoked) {
			mbx_notify_happened(box, MBX_EVENT_CANCELED);
			mbx_wake(waiter, -EKEYREVOKED, later);
		} else if (waiter->caller->via->revoked) {
			mbx_wake(waiter, -EPIPE, later);
		}
	}
}
