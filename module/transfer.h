/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_TRANSFER_H
#define MBX_TRANSFER_H

#include "wait.h"

/* Longest user copy made under mbx_box.lock. */
#define MBX_COPY_LOCKED 4096U

/**
 * struct mbx_tx - a message to send, and what became of it
 * @data: payload
 * @len: its length
 * @nonblock: do not wait
 * @sync: wait until it is taken
 * @clock: clock of @deadline
 * @deadline: absolute ns in the initial time namespace, 0 for none
 * @handle: which it goes through, if not the short way
 * @seq: sequence number that it got
 * @peer: receiver that took it, with a reference, or NULL
 */
struct mbx_tx {
	const void __user *data;
	u32 len;
	bool nonblock;
	bool sync;
	clockid_t clock;
	u64 deadline;
	struct mbx_handle *handle;
	u64 seq;
	struct mbx_task *peer;
};

/**
 * struct mbx_rx - a buffer to receive into
 * @data: payload
 * @len: its length
 * @nonblock: do not wait
 * @peek: leave the message
 * @clock: clock of @deadline
 * @deadline: absolute ns in the initial time namespace, 0 for none
 * @handle: which it comes through, if not the short way
 * @arg: if not NULL, filled and copied to @uarg together with the payload
 * @uarg: the caller's structure
 * @usize: bytes of @arg to copy
 * @msg_len: length of the message; also set with -EMSGSIZE
 */
struct mbx_rx {
	void __user *data;
	u32 len;
	bool nonblock;
	bool peek;
	clockid_t clock;
	u64 deadline;
	struct mbx_handle *handle;
	struct mbx_receive *arg;
	void __user *uarg;
	size_t usize;
	u32 msg_len;
};

/* send.c */
int mbx_send(struct mbx_handle *handle, struct mbx_tx *tx);
bool mbx_offer(struct mbx_box *box, struct mbx_msg *msg,
	       struct mbx_later *later);
void mbx_admit(struct mbx_box *box, bool counted, struct mbx_later *later);
void mbx_made_room(struct mbx_box *box, struct mbx_later *later);
void mbx_give_up(struct mbx_box *box, struct mbx_waiter *waiter,
		 struct mbx_msg *msg, struct mbx_later *later);

/* receive.c */
int mbx_receive(struct mbx_handle *handle, struct mbx_rx *rx);

/* revoke.c */
int mbx_revoke(struct mbx_handle *handle, u64 *nr);

#endif /* MBX_TRANSFER_H */
