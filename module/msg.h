/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_MSG_H
#define MBX_MSG_H

#include <linux/list.h>

#include "copy.h"
#include "quota.h"
#include "task.h"

/* Where a message is. */
enum mbx_msg_state {
	MBX_MSG_NEW, /* not in a queue yet */
	MBX_MSG_READY, /* anyone may take it */
	MBX_MSG_TAKEN, /* one receiver is copying it */
	MBX_MSG_LEASED, /* one process has it, and is to say what becomes of it */
	MBX_MSG_GONE, /* received, withdrawn or purged */
};

/*
 * Size classes.  The payload of all but the largest lies behind the header; of
 * each of these a mailbox keeps a few freed messages for the next send.
 */
enum mbx_msg_class {
	MBX_MSG_64,
	MBX_MSG_1K,
	MBX_MSG_4K,
	MBX_MSG_BIG,
};

#define MBX_SPARE_CLASSES MBX_MSG_BIG

struct mbx_files;
struct mbx_waiter;

/**
 * struct mbx_msg - a message
 * @node: in the queue [box]
 * @next: in a list of spare messages [box]
 * @from: who sent it; in a spare one, who sent it last [box]
 * @sender: the sender that waits until it is taken, or NULL [box]
 * @payer: charged for its memory [box]
 * @files: that travel with it, or NULL; it is not used again then [box]
 * @seq: sequence number in its mailbox [box]
 * @badge: of the handle that it was sent through [box]
 * @type: what the sender says that it is [box]
 * @time: when it was sent, CLOCK_MONOTONIC in ns, or 0 [box]
 * @refs: the queue and those who are copying it [box]
 * @deliveries: how often it was leased [box]
 * @len: payload length [box]
 * @state: enum mbx_msg_state [box]
 * @class: enum mbx_msg_class [const]
 * @counted: it takes room in the queue [box]
 * @priority: 0 to MBX_PRIORITIES - 1 [box]
 * @reply_room: if the sender waits for a reply, one more than how long that may
 *	be; else 0 [box]
 * @big: payload of the largest class
 * @data: payload of every other class
 */
struct mbx_msg {
	union {
		struct list_head node;
		struct mbx_msg *next;
	};
	struct mbx_task *from;
	struct mbx_waiter *sender;
	struct mbx_user *payer;
	struct mbx_files *files;
	u64 seq;
	u64 badge;
	u64 type;
	u64 time;
	u32 refs;
	u32 deliveries;
	u32 len;
	u8 state;
	u8 class;
	bool counted;
	u8 priority;
	u32 reply_room;
	union {
		void *big;
		DECLARE_FLEX_ARRAY(u8, data);
	};
};

int mbx_msg_init(void);
void mbx_msg_exit(void);
struct mbx_msg *mbx_msg_create(struct mbx_user *payer, const void __user *data,
			       u32 len, bool strict);
struct mbx_msg *mbx_msg_make(struct mbx_user *payer, const void *data, u32 len);
void mbx_msg_destroy(struct mbx_msg *msg);
bool mbx_msg_charge_to(struct mbx_msg *msg, struct mbx_user *user);
void mbx_msg_destroy_list(struct mbx_msg *list);
int mbx_msg_copy(struct mbx_msg *msg, void __user *data, u32 len);

/**
 * mbx_msg_class() - find the size class of a payload
 * @len: its length
 *
 * Return: the class.
 */
static inline enum mbx_msg_class mbx_msg_class(u32 len)
{
	if (likely(len <= 64))
		return MBX_MSG_64;
	if (len <= 1024)
		return MBX_MSG_1K;
	return len <= 4096 ? MBX_MSG_4K : MBX_MSG_BIG;
}

static inline void *mbx_msg_payload(struct mbx_msg *msg)
{
	return msg->class == MBX_MSG_BIG ? msg->big : msg->data;
}

/**
 * mbx_msg_fill_atomic() - copy a payload in without sleeping
 * @msg: the message
 * @data: the payload
 * @len: its length, within the class of @msg
 *
 * Context: Process context, a spinlock may be held.  Page faults are not served.
 * Return: 0, or -EFAULT if a page is not there right now.
 */
static inline int mbx_msg_fill_atomic(struct mbx_msg *msg,
				      const void __user *data, u32 len)
{
	msg->len = len;
	return mbx_copy_from_user_atomic(msg->data, data, len);
}

#endif /* MBX_MSG_H */
