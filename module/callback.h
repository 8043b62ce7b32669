/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_CALLBACK_H
#define MBX_CALLBACK_H

#include "transfer.h"

/**
 * struct mbx_asker - who waits for an answer
 * @waiter: in @askers of the call
 * @room: how long the answer may be [const]
 * @donation: priority that the caller is lent, or NULL [const]
 *
 * Lives on the stack of the thread that asks.
 */
struct mbx_asker {
	struct mbx_waiter waiter;
	u32 room;
	struct mbx_donation *donation;
};

/**
 * struct mbx_talk - a call whose caller can be asked something
 * @caller: what it is about
 * @waiter: the caller, once it was asked something for the first time, until the
 *	call is over; before that it is on its stack [box]
 * @thread: who calls, with a reference [const]
 * @payer: charged for this [const]
 * @asked: it was asked something, and has not answered [box]
 * @question: what, until the caller has heard it [box]
 * @told: with whom the caller has to do now, with a reference that goes to whoever
 *	tells him [box]
 * @asker: who waits for the answer, or NULL [box]
 * @askers: has it in it [box]
 * @of_handle: in @talks of its handle, while the caller is to answer [box]
 * @of_task: in @talks of the caller, likewise [records]
 */
struct mbx_talk {
	struct mbx_caller caller;
	struct mbx_waiter waiter;
	struct task_struct *thread;
	struct mbx_user *payer;
	bool asked;
	struct mbx_msg *question;
	struct mbx_task *told;
	struct mbx_asker *asker;
	struct list_head askers;
	struct list_head of_handle;
	struct list_head of_task;
};

/* talk.c */
struct mbx_talk *mbx_talk_create(void);
void mbx_talk_free(struct mbx_talk *talk);
void mbx_talk_go_away(struct mbx_talk *talk);
void mbx_talk_come_back(struct mbx_talk *talk);
void mbx_talk_drop_question(struct mbx_talk *talk, struct mbx_later *later);
void mbx_talk_give_up(struct mbx_talk *talk, int why, struct mbx_later *later);
struct mbx_talk *mbx_talk_find(struct mbx_handle *handle, u64 seq);
void mbx_talk_ended(struct mbx_talk *talk, struct mbx_later *later);
void mbx_talk_revoke(struct mbx_talk *talk, struct mbx_later *later);
void mbx_talk_close(struct mbx_handle *handle);
void mbx_talk_abandon(struct mbx_box *box, struct mbx_task *task);
struct mbx_box *mbx_task_first_talk(struct mbx_task *task);
int mbx_hang_up(struct mbx_handle *handle, u64 seq);

/* callback.c */
int mbx_talk_over(struct mbx_box *box, struct mbx_waiter *waiter, int err,
		  struct mbx_later *later);
int mbx_answer(struct mbx_handle *handle, u64 seq, struct mbx_tx *tx,
	       struct mbx_caller *caller);

/* ask.c */
int mbx_ask(struct mbx_handle *handle, u64 seq, struct mbx_tx *tx,
	    struct mbx_caller *caller);

/**
 * mbx_talk_is_over() - has a call that was taken ended?
 * @talk: the conversation
 *
 * Context: The box is locked.
 * Return: true if so.
 */
static inline bool mbx_talk_is_over(const struct mbx_talk *talk)
{
	return !talk->caller.claim.proc;
}

#endif /* MBX_CALLBACK_H */
