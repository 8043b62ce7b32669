// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls whose callers can be asked something by whoever is to reply.
 *
 * Such a call is a conversation, which goes on while the caller is in user space to
 * find an answer: hence what is known of it does not lie on a stack.  It stays among
 * the callers of the mailbox, with its claim, until the call is over; nobody but
 * mbx_wake() and a wait that is given up ends it, as any other, and by then the claim
 * is gone.  The caller learns how it has ended when it comes back.
 *
 *	asked	question	the caller
 *
 *	no	-		waits, or is about to
 *	yes	there		is about to hear it
 *	yes	-		has it, and is to answer, or to hang up
 *
 * Only the thread that has called can answer.  Until it does the conversation is in
 * a list of its handle and in one of the thread, and whichever goes first ends it.
 * Whoever asks waits in turn, see ask.c, and is woken when the call is over.
 */
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "callback.h"
#include "mbx.h"
#include "trace.h"

/* Once it was taken. */
static bool is_over(const struct mbx_talk *talk)
{
	return !talk->caller.claim.proc;
}

/* ------------------------------------------------------------- begin and end */

static unsigned int count_talks(const struct mbx_task *task)
{
	const struct list_head *node;
	unsigned int nr = 0;

	guard(raw_spinlock)(&mbx_records_lock);

	list_for_each(node, &task->talks)
		nr++;
	return nr;
}

static struct mbx_talk *alloc_talk(struct mbx_user *payer)
{
	struct mbx_talk *talk;
	int err;

	err = mbx_quota_charge_bytes(payer, sizeof(*talk), false);
	if (err)
		return ERR_PTR(err);
	talk = kzalloc(sizeof(*talk), GFP_KERNEL_ACCOUNT);
	if (!talk) {
		mbx_quota_uncharge_bytes(payer, sizeof(*talk));
		return ERR_PTR(-ENOMEM);
	}
	talk->payer = mbx_user_ref(payer);
	talk->thread = get_task_struct(current);
	talk->caller.talk = talk;
	INIT_LIST_HEAD(&talk->askers);
	return talk;
}

/**
 * mbx_talk_create() - get ready to call, and to be asked something
 *
 * Context: Process context.  Sleeps.
 * Return: the conversation, to be ended by mbx_talk_free(); or an error pointer:
 * -EBUSY, -EDQUOT, -ENOMEM, -ENOSPC.
 */
struct mbx_talk *mbx_talk_create(void)
{
	struct mbx_task *task = mbx_task_get_current();
	struct mbx_talk *talk;

	if (IS_ERR(task))
		return ERR_CAST(task);
	talk = count_talks(task) < MBX_CALLED_BACK_MAX ?
		       alloc_talk(task->user) :
		       ERR_PTR(-EBUSY);
	mbx_task_put(task);
	return talk;
}

/**
 * mbx_talk_free() - forget a conversation
 * @talk: one that is over, or has not begun, in no list
 *
 * Context: Process context.  Sleeps.
 */
void mbx_talk_free(struct mbx_talk *talk)
{
	mbx_donation_end(talk->caller.donation);
	if (talk->waiter.task)
		mbx_task_put(talk->waiter.task);
	if (talk->waiter.peer)
		mbx_task_put(talk->waiter.peer);
	put_task_struct(talk->thread);
	mbx_quota_uncharge_bytes(talk->payer, sizeof(*talk));
	mbx_user_put(talk->payer);
	kfree(talk);
}

/* The caller is in user space from now on. */
static void go_away(struct mbx_talk *talk)
{
	struct mbx_waiter *waiter = &talk->waiter;

	list_add(&talk->of_handle, &waiter->handle->talks);

	guard(raw_spinlock)(&mbx_records_lock);

	list_add(&talk->of_task, &waiter->task->talks);
}

static void come_back(struct mbx_talk *talk)
{
	list_del(&talk->of_handle);

	guard(raw_spinlock)(&mbx_records_lock);

	list_del(&talk->of_task);
}

static void drop_question(struct mbx_talk *talk, struct mbx_later *later)
{
	struct mbx_box *box = talk->caller.claim.box;

	if (talk->question)
		mbx_box_release(box, talk->question, later);
	talk->question = NULL;
}

/* The caller gives up. */
static void give_up(struct mbx_talk *talk, int why, struct mbx_later *later)
{
	if (is_over(talk))
		return;
	mbx_notify_happened(talk->caller.claim.box, MBX_EVENT_CANCELED);
	mbx_wake(&talk->waiter, why, later);
}

/* Nobody will ever answer. */
static void end_talk(struct mbx_talk *talk, struct mbx_later *later)
{
	come_back(talk);
	give_up(talk, -ECANCELED, later);
	if (talk->waiter.msg)
		mbx_box_release(talk->waiter.handle->box, talk->waiter.msg,
				later);
}

/**
 * mbx_talk_ended() - tell who waits for an answer that the call is over
 * @talk: the conversation
 * @later: wakes him
 *
 * Context: The box is locked.
 */
void mbx_talk_ended(struct mbx_talk *talk, struct mbx_later *later)
{
	struct mbx_asker *asker = talk->asker;

	talk->asker = NULL;
	if (asker)
		mbx_wake(&asker->waiter,
			 mbx_handle_error(asker->waiter.handle) ?: -ECANCELED,
			 later);
}

/**
 * mbx_talk_revoke() - end a wait for an answer through a revoked handle
 * @talk: the conversation
 * @later: wakes him
 *
 * Context: The box is locked.
 */
void mbx_talk_revoke(struct mbx_talk *talk, struct mbx_later *later)
{
	struct mbx_asker *asker = talk->asker;

	if (!asker || !asker->waiter.handle->revoked)
		return;
	talk->asker = NULL;
	mbx_wake(&asker->waiter, -EKEYREVOKED, later);
}

/* ---------------------------------------------------------- hearing questions */

/* Returns how the call has ended. */
static int conclude(struct mbx_talk *talk, struct mbx_waiter *waiter, int err,
		    struct mbx_later *later)
	__must_hold(&waiter->handle->box->lock)
{
	drop_question(talk, later);
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
		give_up(talk, err, later);
	if (!is_over(talk)) {
		talk->told = mbx_task_ref(question->from);
		go_away(talk);
		err = MBX_CALLED_BACK;
	}
	mbx_box_release(box, question, later);
	if (!is_over(talk))
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

	if (is_over(talk))
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

static struct mbx_talk *find_talk(struct mbx_handle *handle, u64 seq)
{
	struct mbx_talk *talk;

	list_for_each_entry(talk, &handle->talks, of_handle)
		if (talk->waiter.seq == seq && talk->thread == current)
			return talk;
	return NULL;
}

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
	come_back(talk);
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
	int err = waiter->result;

	if (!is_over(talk) && !talk->asked) {
		waiter->thread = current;
		waiter->state = MBX_WAIT_REPLY;
		waiter->sleeps = false;
		list_del(&waiter->node);
		err = mbx_wait(box, waiter, &box->callers, later);
		waiter->thread = NULL;
	}
	if (!is_over(talk))
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
	talk = find_talk(handle, seq);
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

/* -------------------------------------------------------------- not answering */

/**
 * mbx_hang_up() - give a call up instead of answering what one was asked
 * @handle: what the call was made through
 * @seq: sequence number of the call
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: 0 or -ENOENT.
 */
int mbx_hang_up(struct mbx_handle *handle, u64 seq)
{
	struct mbx_box *box = handle->box;
	struct mbx_later later = {};
	struct mbx_talk *talk;

	spin_lock(&box->lock);
	talk = find_talk(handle, seq);
	if (talk)
		end_talk(talk, &later);
	mbx_unlock(box, &later);
	if (!talk)
		return -ENOENT;
	mbx_talk_free(talk);
	return 0;
}

static struct mbx_talk *end_first(struct mbx_handle *handle)
{
	struct mbx_box *box = handle->box;
	struct mbx_later later = {};
	struct mbx_talk *talk;

	spin_lock(&box->lock);
	talk = list_first_entry_or_null(&handle->talks, struct mbx_talk,
					of_handle);
	if (talk)
		end_talk(talk, &later);
	mbx_unlock(box, &later);
	return talk;
}

/**
 * mbx_talk_close() - give up calls through a handle
 * @handle: a handle that is being closed
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 */
void mbx_talk_close(struct mbx_handle *handle)
{
	struct mbx_talk *talk;

	while ((talk = end_first(handle))) {
		mbx_talk_free(talk);
		cond_resched();
	}
}

/* One in @box, or in any without that. */
static struct mbx_talk *first_talk(struct mbx_task *task,
				   const struct mbx_box *box)
{
	struct mbx_talk *talk;

	lockdep_assert_held(&mbx_records_lock);
	list_for_each_entry(talk, &task->talks, of_task)
		if (!box || talk->waiter.handle->box == box)
			return talk;
	return NULL;
}

/**
 * mbx_task_first_talk() - find a mailbox where a thread is to answer something
 * @task: the thread
 *
 * Context: Process context.  Takes records_lock.
 * Return: the mailbox with a reference, or NULL.
 */
struct mbx_box *mbx_task_first_talk(struct mbx_task *task)
{
	struct mbx_talk *talk;
	struct mbx_box *box;

	guard(raw_spinlock)(&mbx_records_lock);

	/* It is out of the list before its handle goes, which has a reference. */
	talk = first_talk(task, NULL);
	if (!talk)
		return NULL;
	box = talk->waiter.handle->box;
	refcount_inc(&box->refs);
	return box;
}

/**
 * mbx_talk_abandon() - give up a call of a thread that has exited
 * @box: the mailbox
 * @task: the thread
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 */
void mbx_talk_abandon(struct mbx_box *box, struct mbx_task *task)
{
	struct mbx_later later = {};
	struct mbx_talk *talk;

	spin_lock(&box->lock);
	raw_spin_lock(&mbx_records_lock);
	talk = first_talk(task, box);
	raw_spin_unlock(&mbx_records_lock);
	if (talk)
		end_talk(talk, &later);
	mbx_unlock(box, &later);
	if (talk)
		mbx_talk_free(talk);
}
