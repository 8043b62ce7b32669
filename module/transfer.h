/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_TRANSFER_H
#define MBX_TRANSFER_H

#include "wait.h"

struct mbx_lease;
struct work_struct;

/* Longest user copy made under mbx_box.lock. */
#define MBX_COPY_LOCKED 4096U

/* Those that say what becomes of a message without room. */
#define MBX_SEND_FULL                                                  \
	(MBX_SEND_WAIT | MBX_SEND_DROP_OLDEST | MBX_SEND_DROP_NEWEST | \
	 MBX_SEND_DEFER)

/**
 * struct mbx_tx - a message to send, and what became of it
 * @data: payload
 * @len: its length
 * @priority: below MBX_PRIORITIES; mbx_box_prioritize() has been called if above 0
 * @nonblock: do not wait
 * @sync: wait until it is taken
 * @full: one of MBX_SEND_FULL, or 0 for what the mailbox says
 * @clock: clock of @deadline
 * @type: what the sender says that it is
 * @id: how he calls it, so that it is not sent twice; or 0
 * @lost: it is this message that was dropped
 * @deadline: absolute ns in the initial time namespace, 0 for none
 * @seq: sequence number that it got
 * @peer: receiver that took it, with a reference, or NULL
 * @caller: wait for a reply, with @sync; or NULL
 */
struct mbx_tx {
	const void __user *data;
	u32 len;
	u8 priority;
	bool nonblock;
	bool sync;
	u8 full;
	bool lost;
	clockid_t clock;
	u64 type;
	u64 id;
	u64 deadline;
	u64 seq;
	struct mbx_task *peer;
	struct mbx_caller *caller;
};

/**
 * struct mbx_rx - a buffer to receive into
 * @data: payload
 * @len: its length
 * @nonblock: do not wait
 * @peek: leave the message
 * @selects: @select is set; beside @peek, so that one test does for both
 * @truncate: with @peek: a part will do
 * @select: what is accepted, or NULL for any message
 * @lease: for mbx_receive_special(): lets the message be leased, and is NULL then
 * @deadline: absolute ns in the initial time namespace, 0 for none
 * @clock: clock of @deadline
 * @usize: bytes at @uarg
 * @arg: if not NULL, filled, and its out_* copied together with the payload
 * @uarg: those of the caller's structure
 * @msg_len: length of the message; also set with -EMSGSIZE
 * @lands: it lies in a struct mbx_landing
 */
struct mbx_rx {
	void __user *data;
	u32 len;
	bool nonblock;
	bool peek;
	bool selects;
	bool truncate;
	const struct mbx_selector *select;
	struct mbx_lease *lease;
	u64 deadline;
	clockid_t clock;
	u32 usize;
	struct mbx_receive *arg;
	void __user *uarg;
	u32 msg_len;
	bool lands;
};

struct mbx_files;

/**
 * struct mbx_action - something done to a mailbox
 * @op: MBX_CONTROL_*
 * @nonblock: do not wait
 * @clock: clock of @deadline
 * @deadline: absolute ns in the initial time namespace, 0 for none
 * @count: how many messages it was about
 */
struct mbx_action {
	u32 op;
	bool nonblock;
	clockid_t clock;
	u64 deadline;
	u64 count;
};

/* send.c */
int mbx_send(struct mbx_handle *handle, struct mbx_tx *tx);
int mbx_send_files(struct mbx_handle *handle, struct mbx_tx *tx,
		   struct mbx_files *files);
int mbx_send_made(struct mbx_handle *handle, struct mbx_task *task,
		  struct mbx_msg *msg, struct mbx_tx *tx,
		  struct mbx_later *later);
void mbx_give_up(struct mbx_box *box, struct mbx_waiter *waiter,
		 struct mbx_msg *msg, struct mbx_later *later);
int mbx_sender_over(struct mbx_box *box, struct mbx_waiter *waiter,
		    struct mbx_msg *msg, int err, struct mbx_later *later);
struct mbx_msg *mbx_fill_spare(const struct mbx_handle *handle,
			       struct mbx_task *task, const struct mbx_tx *tx);
struct mbx_msg *mbx_make_msg(const struct mbx_handle *handle,
			     struct mbx_task *task, struct mbx_user *payer,
			     const struct mbx_tx *tx);

/* full.c */
u32 mbx_full_policy(const struct mbx_box *box, const struct mbx_tx *tx);
int mbx_full_drop(struct mbx_box *box, struct mbx_msg *msg, struct mbx_tx *tx,
		  struct mbx_later *later);
int mbx_full_defer(struct mbx_handle *handle, struct mbx_msg *msg,
		   struct mbx_later *later);
void mbx_full_withdraw(struct mbx_handle *handle);

/* deliver.c */
struct mbx_waiter *mbx_find_receiver(struct mbx_box *box,
				     const struct mbx_msg *msg);
void mbx_refuse_receivers(struct mbx_box *box, const struct mbx_msg *msg,
			  struct mbx_waiter *end, struct mbx_later *later);
void mbx_hand(struct mbx_box *box, struct mbx_msg *msg,
	      struct mbx_waiter *receiver, struct mbx_later *later);
bool mbx_offer(struct mbx_box *box, struct mbx_msg *msg,
	       struct mbx_later *later);
void mbx_take_back(struct mbx_box *box, struct mbx_msg *msg);
void mbx_refuse(struct mbx_box *box, struct mbx_msg *msg, int why,
		struct mbx_later *later);
void mbx_lose(struct mbx_box *box, struct mbx_msg *msg, int why,
	      struct mbx_later *later);
void mbx_place(struct mbx_box *box, struct mbx_msg *msg,
	       struct mbx_waiter *receiver, bool counted,
	       struct mbx_later *later);
void mbx_admit(struct mbx_box *box, bool counted, struct mbx_later *later);
void mbx_made_room(struct mbx_box *box, struct mbx_later *later);

/* receive.c */
int mbx_receive(struct mbx_handle *handle, struct mbx_rx *rx);
int mbx_receive_special(struct mbx_handle *handle, struct mbx_rx *rx);
bool mbx_put_back(struct mbx_box *box, struct mbx_msg *msg,
		  const struct mbx_msg *near, struct mbx_later *later);

/* settle.c */
int mbx_settle(struct mbx_handle *handle, const struct mbx_settle *arg);
void mbx_settle_expired(struct work_struct *work);
void mbx_settle_abandoned(struct mbx_box *box, struct mbx_proc *proc);
void mbx_settle_revoked(struct mbx_box *box);
void mbx_settle_closed(struct mbx_handle *handle);
void mbx_settle_ended(struct mbx_box *box);

/* dead.c */
int mbx_box_set_dead_letter(struct mbx_box *box, int fd, u32 deliveries_max);
bool mbx_bury(struct mbx_box *box, struct mbx_msg *msg,
	      struct mbx_later *later);

/* call.c */
void mbx_call_taken(struct mbx_handle *handle, struct mbx_task *task,
		    struct mbx_waiter *waiter, bool can_reply,
		    struct mbx_later *later);
int mbx_call_over(struct mbx_box *box, struct mbx_waiter *waiter, int err,
		  struct mbx_later *later);
int mbx_call_result(struct mbx_box *box, struct mbx_waiter *waiter, int err,
		    struct mbx_later *later);
int mbx_copy_reply(struct mbx_box *box, struct mbx_msg *reply,
		   struct mbx_caller *caller, struct mbx_later *later);
struct mbx_waiter *mbx_find_caller(struct mbx_box *box, u64 seq,
				   const struct mbx_proc *proc);
int mbx_reply(struct mbx_handle *handle, u64 seq, const struct mbx_tx *tx,
	      struct mbx_files *files);
void mbx_call_revoke(struct mbx_box *box, struct mbx_later *later);
void mbx_call_close(struct mbx_handle *handle);

/* revoke.c */
int mbx_revoke(struct mbx_handle *handle, u64 *nr);

/* control.c */
int mbx_control(struct mbx_handle *handle, struct mbx_action *action);
int mbx_control_over(struct mbx_box *box, const struct mbx_selector *select);
void mbx_control_left(struct mbx_box *box, const struct mbx_msg *msg,
		      struct mbx_later *later);
void mbx_control_part(struct mbx_box *box, struct mbx_later *later);

/**
 * mbx_foresee_seq() - number a message before it is in the queue
 * @box: the mailbox
 * @msg: the message, which a receiver that waits for it may go by the number of
 *
 * Context: The box is locked.
 */
static inline void mbx_foresee_seq(const struct mbx_box *box,
				   struct mbx_msg *msg)
{
	msg->seq = box->queue.last_seq + 1;
}

#endif /* MBX_TRANSFER_H */
