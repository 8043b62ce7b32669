// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the queue does off the common path; see queue.h.
 */
#include <linux/bitops.h>
#include <linux/slab.h>

#include <uapi/linux/ipc_mailbox.h>

#include "queue.h"

/**
 * mbx_queue_init() - make an empty queue
 * @queue: the queue
 */
void mbx_queue_init(struct mbx_queue *queue)
{
	memset(queue, 0, sizeof(*queue));
	INIT_LIST_HEAD(&queue->ready);
	INIT_LIST_HEAD(&queue->taken);
	INIT_LIST_HEAD(&queue->leased);
}

/**
 * mbx_queue_make_levels() - make lists for priorities above 0
 *
 * Context: Process context.  Sleeps.
 * Return: what is to be &mbx_queue.urgent, or NULL if there is no memory.
 */
struct list_head *mbx_queue_make_levels(void)
{
	struct list_head *urgent;
	unsigned int i;

	urgent = kcalloc(MBX_PRIORITIES, sizeof(*urgent), GFP_KERNEL_ACCOUNT);
	for (i = 0; urgent && i < MBX_PRIORITIES; i++)
		INIT_LIST_HEAD(&urgent[i]);
	return urgent;
}

/**
 * mbx_queue_level() - find the list for a message to be added
 * @queue: the queue, which has lists for priorities above 0
 * @priority: of the message
 *
 * Return: the list.
 */
struct list_head *mbx_queue_level(struct mbx_queue *queue, u8 priority)
{
	if (!priority)
		return &queue->ready;
	queue->levels |= BIT(priority);
	return &queue->urgent[priority];
}

static struct mbx_msg *first_of(struct mbx_queue *queue, u32 levels)
{
	struct mbx_msg *msg;
	int priority;

	for (levels &= queue->levels; levels; levels &= ~BIT(priority)) {
		priority = fls(levels) - 1;
		msg = list_first_entry_or_null(&queue->urgent[priority],
					       struct mbx_msg, node);
		if (msg)
			return msg;
	}
	return list_first_entry_or_null(&queue->ready, struct mbx_msg, node);
}

/**
 * mbx_queue_most_urgent() - find the first message where there are priorities
 * @queue: the queue
 *
 * Return: the oldest one of the highest priority that nobody is copying, or NULL.
 */
struct mbx_msg *mbx_queue_most_urgent(struct mbx_queue *queue)
{
	struct mbx_msg *msg = first_of(queue, U32_MAX);

	/* Those lists that have become empty are only noticed here. */
	queue->levels &= msg ? GENMASK(msg->priority, 0) : 0;
	return msg;
}

/**
 * mbx_queue_least() - find the message that can best be done without
 * @queue: the queue
 *
 * Return: the oldest one of the lowest priority that nobody is copying, or NULL.
 */
struct mbx_msg *mbx_queue_least(struct mbx_queue *queue)
{
	struct list_head *list = &queue->ready;
	u32 levels;

	for (levels = queue->levels; list_empty(list) && levels;
	     levels &= levels - 1)
		list = &queue->urgent[__ffs(levels)];
	return list_first_entry_or_null(list, struct mbx_msg, node);
}

/**
 * mbx_queue_below() - find the first message of a lower priority
 * @queue: the queue
 * @msg: a message in it
 *
 * Return: the message, which nobody is copying, or NULL.
 */
struct mbx_msg *mbx_queue_below(struct mbx_queue *queue,
				const struct mbx_msg *msg)
{
	return msg->priority ? first_of(queue, BIT(msg->priority) - 1) : NULL;
}

/**
 * mbx_queue_next() - go through the messages that nobody is copying
 * @queue: the queue
 * @msg: the message before, or NULL
 *
 * Return: the next one in the order in which they are received, or NULL.
 */
struct mbx_msg *mbx_queue_next(struct mbx_queue *queue, struct mbx_msg *msg)
{
	const struct list_head *list = &queue->ready;

	if (!msg)
		return first_of(queue, U32_MAX);
	if (msg->priority)
		list = &queue->urgent[msg->priority];
	if (!list_is_last(&msg->node, list))
		return list_next_entry(msg, node);
	return mbx_queue_below(queue, msg);
}

/* A message of a failed receive may raise the depth above the capacity. */
static void count(struct mbx_queue *queue, struct mbx_msg *msg, bool counted)
{
	queue->depth += counted - msg->counted;
	msg->counted = counted;
	if (queue->depth > queue->high_water)
		queue->high_water = queue->depth;
}

/**
 * mbx_queue_take() - reserve a message for one receiver
 * @queue: the queue
 * @msg: a ready message
 */
void mbx_queue_take(struct mbx_queue *queue, struct mbx_msg *msg)
{
	msg->state = MBX_MSG_TAKEN;
	list_move_tail(&msg->node, &queue->taken);
}

/**
 * mbx_queue_hand() - reserve a message for a receiver that waited for it
 * @queue: the queue
 * @msg: a ready message, which from now on takes no room
 */
void mbx_queue_hand(struct mbx_queue *queue, struct mbx_msg *msg)
{
	mbx_queue_take(queue, msg);
	count(queue, msg, false);
}

/*
 * What comes back is old and belongs near the head; or it comes back together with
 * all others, and belongs to the tail, or next to the one before.  So look from both
 * ends, of what lies on its side of @near.
 */
static struct list_head *place_of(struct list_head *list, u64 seq,
				  const struct mbx_msg *near,
				  unsigned int *looked)
{
	struct list_head *before = list, *after = list->prev;

	if (near && near->seq < seq)
		before = (struct list_head *)&near->node;
	else if (near)
		after = near->node.prev;
	for (*looked = 1;; ++*looked) {
		before = before->next;
		if (before == list ||
		    list_entry(before, struct mbx_msg, node)->seq > seq)
			return before;
		if (list_entry(after, struct mbx_msg, node)->seq < seq)
			return after->next;
		after = after->prev;
	}
}

/**
 * mbx_queue_untake() - put a message back in its place
 * @queue: the queue
 * @msg: a taken or leased message
 * @near: a ready message that its place may be near to, or NULL
 * @counted: whether it takes room
 *
 * Return: true if more than MBX_QUEUE_FEW messages were looked at for that.
 */
bool mbx_queue_untake(struct mbx_queue *queue, struct mbx_msg *msg,
		      const struct mbx_msg *near, bool counted)
{
	struct list_head *list = mbx_queue_level(queue, msg->priority);
	unsigned int looked;

	if (near && near->priority != msg->priority)
		near = NULL;
	msg->state = MBX_MSG_READY;
	list_move_tail(&msg->node, place_of(list, msg->seq, near, &looked));
	count(queue, msg, counted);
	return looked > MBX_QUEUE_FEW;
}

/**
 * mbx_queue_lease() - let a receiver keep a message until it says what becomes of it
 * @queue: the queue
 * @msg: a taken message, which takes room from now on if it did not before
 */
void mbx_queue_lease(struct mbx_queue *queue, struct mbx_msg *msg)
{
	msg->state = MBX_MSG_LEASED;
	list_move_tail(&msg->node, &queue->leased);
	msg->deliveries++;
	count(queue, msg, true);
}

/**
 * mbx_queue_withdraw() - remove a message that nobody will receive
 * @queue: the queue
 * @msg: any message in it; the caller owns the queue's reference
 */
void mbx_queue_withdraw(struct mbx_queue *queue, struct mbx_msg *msg)
{
	mbx_queue_leave(queue, msg);
	queue->withdrawn++;
	queue->bytes_sent -= msg->len;
}

/**
 * mbx_queue_collect() - take out all messages that nobody is copying or has leased
 * @queue: the queue
 * @list: gets them, in the order in which they would have been received
 *
 * For the rest of the queue they are as they were: each is still to leave it.
 */
void mbx_queue_collect(struct mbx_queue *queue, struct list_head *list)
{
	u32 levels;
	int priority;

	for (levels = queue->levels; levels; levels &= ~BIT(priority)) {
		priority = fls(levels) - 1;
		list_splice_tail_init(&queue->urgent[priority], list);
	}
	queue->levels = 0;
	list_splice_tail_init(&queue->ready, list);
}

/**
 * mbx_queue_purge() - remove a message that was sent
 * @queue: the queue
 * @msg: any message in it; the caller owns the queue's reference
 */
void mbx_queue_purge(struct mbx_queue *queue, struct mbx_msg *msg)
{
	mbx_queue_leave(queue, msg);
	queue->lost++;
	queue->bytes_lost += msg->len;
}

/**
 * mbx_queue_lose() - count a message that does not get in as sent and lost
 * @queue: the queue
 * @msg: the message, which is in no queue; the caller keeps its reference
 */
void mbx_queue_lose(struct mbx_queue *queue, struct mbx_msg *msg)
{
	mbx_queue_push(queue, msg, false);
	mbx_queue_purge(queue, msg);
}
