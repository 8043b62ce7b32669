// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a caller is asked: it hears a question in place of the reply, answers, and
 * waits on.  See talk.c.
 */
#include "callback.h"
#include "mbx.h"
#include "trace.h"

/* ---------------------------------------------------------- hearing questions */

/* Returns how the call has ended. */
static int conclude(struct mbx_talk *talk, struct mbx_waiter *waiter, int err,
		    struct mbx_later *later)
	__must_hold(&waiter->handle->box->lock)
{
	mbx_talk_drop_question(talk, later);
	return mbx_call_result(waiter->handle->box, waiter, err, later);
}

/* Whoever has ended the call meanwhile comes first. */
static int hear(struct mbx_talk *talk, struct mbx_later *later)
	__must_hold(&talk->waiter.handle->box->lock)
{
	struct mbx_waiter *waiter = &talk->waiter;
	struct mbx_box *box = waiter->handle->box;
	struct mbx_msg *question = talk->question;
	int err;

	talk->question = NULL;
	err = mbx_copy_reply(box, question, &talk->caller, later);
	if (err)
		mbx_talk_give_up(talk, err, later);
	if (!mbx_talk_is_over(talk)) {
		talk->told = mbx_task_ref(question->from);
		mbx_talk_go_away(talk);
		err = MBX_CALLED_BACK;
	}
	mbx_box_release(box, question, later);
	if (!mbx_talk_is_over(talk))
		return err;
	talk->told = mbx_task_ref(waiter->peer);
	return conclude(talk, waiter, waiter->result, later);
}

/**
 * mbx_talk_over() - end the wait for a reply, or for a question
 * @box: the mailbox
 * @waiter: who has waited, on the stack; its message was taken
 * @err: how the wait has ended
 * @later: frees the reply
 *
 * Context: The box is locked.  Drops the lock, sleeps, and takes it again.
 * Return: what mbx_call_result() does; or MBX_CALLED_BACK, and the call goes on.
 */
int mbx_talk_over(struct mbx_box *box, struct mbx_waiter *waiter, int err,
		  struct mbx_later *later) __must_hold(&box->lock)
{
	struct mbx_talk *talk = waiter->caller->talk;

	if (mbx_talk_is_over(talk))
		return conclude(talk, waiter, err, later);

	talk->waiter = *waiter;
	list_replace(&waiter->node, &talk->waiter.node);
	talk->waiter.thread = NULL;
	mbx_task_ref(talk->waiter.task);
	err = hear(talk, later);
	/* Its own reference has moved. */
	waiter->peer = talk->told;
	return err;
}

/* ------------------------------------------------------------------ answering */

static int put_answer(struct mbx_talk *talk, struct mbx_msg *msg,
		      struct mbx_tx *tx, struct mbx_later *later)
{
	struct mbx_asker *asker = talk->asker;
	struct mbx_box *box = talk->waiter.handle->box;
	const bool pays = asker &&
			  mbx_msg_charge_to(msg, asker->waiter.task->user);

	if (!pays) {
		mbx_box_release(box, msg, later);
		tx->lost = !asker;
		return asker ? -EDQUOT : 0;
	}
	talk->asker = NULL;
	asker->waiter.msg = msg;
	mbx_donation_over(asker->donation, later);
	mbx_wake(&asker->waiter, 0, later);
	return 0;
}

/* Only this thread can, hence the conversation is there still after a sleep. */
static int answer_locked(struct mbx_talk *talk, struct mbx_task *task,
			 struct mbx_tx *tx, struct mbx_later *later)
{
	struct mbx_asker *asker = talk->asker;
	struct mbx_msg *msg;

	if (!asker) {
		tx->lost = true;
		return 0;
	}
	if (tx->len > asker->room)
		return -EMSGSIZE;
	msg = mbx_make_msg(talk->waiter.handle, task, task->user, tx);
	return IS_ERR(msg) ? PTR_ERR(msg) : put_answer(talk, msg, tx, later);
}

/* The caller waits as before, but for what it now has as a record and as a buffer. */
static void resume(struct mbx_talk *talk, struct mbx_task *task,
		   const struct mbx_caller *room)
{
	mbx_talk_come_back(talk);
	talk->asked = false;
	talk->caller.data = room->data;
	talk->caller.room = room->room;
	swap(talk->waiter.task, task);
	mbx_task_put(task);
}

static int wait_on(struct mbx_talk *talk, struct mbx_later *later)
{
	struct mbx_waiter *waiter = &talk->waiter;
	struct mbx_box *box = waiter->handle->box;
	struct mbx_edge edge;
	int err = waiter->result;

	if (!mbx_talk_is_over(talk) && !talk->asked) {
		mbx_edge_join(&edge, waiter->handle, waiter->task,
			      &talk->caller, talk->caller.claim.proc);
		waiter->thread = current;
		waiter->state = MBX_WAIT_REPLY;
		waiter->sleeps = false;
		list_del(&waiter->node);
		err = mbx_wait(box, waiter, &box->callers, later);
		waiter->thread = NULL;
	}
	if (!mbx_talk_is_over(talk))
		return hear(talk, later);
	talk->told = mbx_task_ref(waiter->peer);
	return conclude(talk, waiter, err, later);
}

static int go_on(struct mbx_talk *talk, struct mbx_tx *tx,
		 struct mbx_caller *room)
{
	struct mbx_box *box = talk->waiter.handle->box;
	struct mbx_later later = {};
	int err;

	mbx_donation_pause(talk->caller.donation, false);
	spin_lock(&box->lock);
	err = wait_on(talk, &later);
	tx->seq = talk->waiter.seq;
	tx->peer = talk->told;
	room->len = talk->caller.len;
	mbx_unlock(box, &later);
	return err;
}

/**
 * mbx_answer() - answer what a caller was asked, and wait on for the reply
 * @handle: what the call was made through
 * @seq: sequence number of the call
 * @tx: the answer; seq and peer are filled in if it was taken, or the call was over,
 *	and lost if nobody waited for it
 * @room: where the reply goes; its length is filled in
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: MBX_CALLED_BACK if there is another question; with @tx->seq set, what
 * mbx_send() does of a call; or, without, and with the question still there,
 * -EDQUOT, -EFAULT, -EMSGSIZE, -ENOENT, -ENOMEM, -ENOSPC.
 */
int mbx_answer(struct mbx_handle *handle, u64 seq, struct mbx_tx *tx,
	       struct mbx_caller *room)
{
	struct mbx_task *task = mbx_task_get_current();
	struct mbx_box *box = handle->box;
	struct mbx_later later = {};
	struct mbx_talk *talk;
	int err;

	if (IS_ERR(task))
		return PTR_ERR(task);
	spin_lock(&box->lock);
	talk = mbx_talk_find(handle, seq);
	err = talk ? answer_locked(talk, task, tx, &later) : -ENOENT;
	trace_mbx_answer(box, seq, tx->len, err);
	if (!err)
		resume(talk, task, room);
	mbx_unlock(box, &later);
	if (err) {
		mbx_task_put(task);
		return err;
	}

	err = go_on(talk, tx, room);
	if (err == MBX_CALLED_BACK)
		mbx_donation_pause(talk->caller.donation, true);
	else
		mbx_talk_free(talk);
	return err;
}
