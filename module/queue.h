/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The messages in a mailbox: order and accounting, nothing else.
 *
 *        push            take           received
 *   NEW ------> READY ----------> TAKEN ---------> GONE
 *                 ^                |  |              ^
 *                 +----------------+  +--------------+
 *                 |     untake     |  withdraw, purge|
 *                 |                | lease           |
 *                 |     untake     v      received   |
 *                 +------------- LEASED -------------+
 *                                    withdraw, purge
 *
 * A message that is being copied keeps its place: should the copy fail, it
 * stands where it stood.  Its sender may withdraw it in any state but GONE, and
 * whoever is copying it finds out afterwards.
 *
 * A priority above 0 has a list of its own, so that the oldest message of the
 * highest one is found at once.  These lists exist once there has been use for
 * them.
 *
 * All of this happens with the box locked.
 */
#ifndef MBX_QUEUE_H
#define MBX_QUEUE_H

#include <linux/list.h>

#include "msg.h"

/**
 * struct mbx_queue - the messages in a mailbox, oldest first
 * @ready: messages of priority 0 that anyone may take
 * @urgent: those of priority 1 and above, by priority, or NULL
 * @levels: bit by priority: there may be some in @urgent
 * @taken: messages that a receiver is copying
 * @leased: messages that a receiver has until it says what becomes of them
 * @depth: messages of all lists that take room
 * @high_water: highest @depth
 * @last_seq: sequence number of the newest message
 * @withdrawn: messages that were pushed, and then not sent after all
 * @lost: messages that were sent and will not be received
 * @received: messages that were received
 * @bytes_sent: bytes in messages that were pushed and not withdrawn
 * @bytes_received: bytes in messages that were received
 * @bytes_lost: bytes in messages that were lost
 */
struct mbx_queue {
	struct list_head ready;
	struct list_head *urgent;
	u32 levels;
	struct list_head taken;
	struct list_head leased;
	u32 depth;
	u32 high_water;
	u64 last_seq;
	u64 withdrawn;
	u64 lost;
	u64 received;
	u64 bytes_sent;
	u64 bytes_received;
	u64 bytes_lost;
};

/* To look at more messages or waiters than that is much for a single message. */
#define MBX_QUEUE_FEW 32

void mbx_queue_init(struct mbx_queue *queue);
struct list_head *mbx_queue_make_levels(void);
struct mbx_msg *mbx_queue_most_urgent(struct mbx_queue *queue);
struct mbx_msg *mbx_queue_least(struct mbx_queue *queue);
struct mbx_msg *mbx_queue_next(struct mbx_queue *queue, struct mbx_msg *msg);
struct mbx_msg *mbx_queue_below(struct mbx_queue *queue,
				const struct mbx_msg *msg);
struct list_head *mbx_queue_level(struct mbx_queue *queue, u8 priority);
void mbx_queue_take(struct mbx_queue *queue, struct mbx_msg *msg);
void mbx_queue_hand(struct mbx_queue *queue, struct mbx_msg *msg);
bool mbx_queue_untake(struct mbx_queue *queue, struct mbx_msg *msg,
		      const struct mbx_msg *near, bool counted);
void mbx_queue_lease(struct mbx_queue *queue, struct mbx_msg *msg);
void mbx_queue_withdraw(struct mbx_queue *queue, struct mbx_msg *msg);
void mbx_queue_collect(struct mbx_queue *queue, struct list_head *list);
void mbx_queue_purge(struct mbx_queue *queue, struct mbx_msg *msg);
void mbx_queue_lose(struct mbx_queue *queue, struct mbx_msg *msg);

/**
 * mbx_queue_append() - append a message to a list
 * @queue: the queue
 * @msg: a new message, which gets the next sequence number
 * @list: where messages like it are ready
 * @counted: whether it takes room
 */
static inline void mbx_queue_append(struct mbx_queue *queue,
				    struct mbx_msg *msg, struct list_head *list,
				    bool counted)
{
	msg->seq = ++queue->last_seq;
	msg->state = MBX_MSG_READY;
	msg->counted = counted;
	list_add_tail(&msg->node, list);

	queue->bytes_sent += msg->len;
	queue->depth += counted;
	if (queue->depth > queue->high_water)
		queue->high_water = queue->depth;
}

/**
 * mbx_queue_push() - append a message
 * @queue: the queue
 * @msg: a new message, which gets the next sequence number
 * @counted: whether it takes room
 */
static inline void mbx_queue_push(struct mbx_queue *queue, struct mbx_msg *msg,
				  bool counted)
{
	mbx_queue_append(queue, msg, mbx_queue_level(queue, msg->priority),
			 counted);
}

/**
 * mbx_queue_pass() - append a message that a receiver has waited for
 * @queue: the queue
 * @msg: a new message, which gets the next sequence number, and takes no room
 *
 * As if it were pushed and handed at once.
 */
static inline void mbx_queue_pass(struct mbx_queue *queue, struct mbx_msg *msg)
{
	msg->seq = ++queue->last_seq;
	msg->state = MBX_MSG_TAKEN;
	msg->counted = false;
	list_add_tail(&msg->node, &queue->taken);
	queue->bytes_sent += msg->len;
}

/**
 * mbx_queue_first() - find the first message that nobody is copying
 * @queue: the queue
 *
 * Return: the oldest one of the highest priority, or NULL.
 */
static inline struct mbx_msg *mbx_queue_first(struct mbx_queue *queue)
{
	if (unlikely(queue->levels))
		return mbx_queue_most_urgent(queue);
	return list_first_entry_or_null(&queue->ready, struct mbx_msg, node);
}

/**
 * mbx_queue_length() - count the messages
 * @queue: the queue
 *
 * Also those that take no room, that somebody is copying or has leased, or that are
 * about to be purged.
 *
 * Return: how many there are.
 */
static inline u64 mbx_queue_length(const struct mbx_queue *queue)
{
	return queue->last_seq - queue->withdrawn - queue->lost -
	       queue->received;
}

static inline void mbx_queue_leave(struct mbx_queue *queue, struct mbx_msg *msg)
{
	msg->state = MBX_MSG_GONE;
	list_del(&msg->node);
	queue->depth -= msg->counted;
}

/**
 * mbx_queue_received() - remove a message that a receiver now has
 * @queue: the queue
 * @msg: any message in it; the caller owns the queue's reference
 */
static inline void mbx_queue_received(struct mbx_queue *queue,
				      struct mbx_msg *msg)
{
	mbx_queue_leave(queue, msg);
	queue->received++;
	queue->bytes_received += msg->len;
}

#endif /* MBX_QUEUE_H */
