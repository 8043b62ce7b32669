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
 * What the caller does with all this is in callback.c.
 */
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "callback.h"
#include "mbx.h"

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

/**
 * mbx_talk_go_away() - let the caller find an answer
 * @talk: the conversation, which has not ended
 *
 * Context: The box is locked.  Takes records_lock.
 */
void mbx_talk_go_away(struct mbx_talk *talk)
{
	struct mbx_waiter *waiter = &talk->waiter;

	list_add(&talk->of_handle, &waiter->handle->talks);

	guard(raw_spinlock)(&mbx_records_lock);

	list_add(&talk->of_task, &waiter->task->talks);
}

/**
 * mbx_talk_come_back() - note that the caller is back, or never comes
 * @talk: the conversation
 *
 * Context: The box is locked.  Takes records_lock.
 */
void mbx_talk_come_back(struct mbx_talk *talk)
{
	list_del(&talk->of_handle);

	guard(raw_spinlock)(&mbx_records_lock);

	list_del(&talk->of_task);
}

/**
 * mbx_talk_drop_question() - forget what the caller has not heard
 * @talk: the conversation, which has ended
 * @later: frees it
 *
 * Context: The box is locked.
 */
void mbx_talk_drop_question(struct mbx_talk *talk, struct mbx_later *later)
{
	struct mbx_box *box = talk->caller.claim.box;

	if (talk->question)
		mbx_box_release(box, talk->question, later);
	talk->question = NULL;
}

/**
 * mbx_talk_give_up() - end a call that is being asked something
 * @talk: the conversation; one that has ended is fine
 * @why: what the caller is told
 * @later: wakes who waits for the answer
 *
 * Context: The box is locked.
 */
void mbx_talk_give_up(struct mbx_talk *talk, int why, struct mbx_later *later)
{
	if (mbx_talk_is_over(talk))
		return;
	mbx_notify_happened(talk->caller.claim.box, MBX_EVENT_CANCELED);
	mbx_wake(&talk->waiter, why, later);
}

/* Nobody will ever answer. */
static void end_talk(struct mbx_talk *talk, struct mbx_later *later)
{
	mbx_talk_come_back(talk);
	mbx_talk_give_up(talk, -ECANCELED, later);
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

/**
 * mbx_talk_find() - find what the calling thread is to answer
 * @handle: what it has called through
 * @seq: sequence number of the call
 *
 * Context: The box is locked.
 * Return: the conversation, or NULL.
 */
struct mbx_talk *mbx_talk_find(struct mbx_handle *handle, u64 seq)
{
	struct mbx_talk *talk;

	list_for_each_entry(talk, &handle->talks, of_handle)
		if (talk->waiter.seq == seq && talk->thread == current)
			return talk;
	return NULL;
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
	talk = mbx_talk_find(handle, seq);
	if (talk)
		end_talk(talk, &later);
	mbx_unlock(box, &later);
	if (!talk)
		return -ENOENT;
	mbx_talk_free(talk);
	return 0;
}

/**
 * mbx_talk_close() - give up calls through a handle
 * @handle: a handle that is being closed
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 */
void mbx_talk_close(struct mbx_handle *handle)
{
	struct mbx_box *box = handle->box;
	struct mbx_talk *talk, *next;
	struct mbx_later later = {};
	LIST_HEAD(ended);

	spin_lock(&box->lock);
	list_for_each_entry_safe(talk, next, &handle->talks, of_handle) {
		end_talk(talk, &later);
		list_add(&talk->of_handle, &ended);
	}
	mbx_unlock(box, &later);

	list_for_each_entry_safe(talk, next, &ended, of_handle)
		mbx_talk_free(talk);
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
