// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the queue does off the common path; see queue.h.
 */
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

/**
 * mbx_queue_untake() - put a message back in its place
 * @queue: the queue
 * @msg: a taken message
 * @counted: whether it takes room
 */
void mbx_queue_untake(struct mbx_queue *queue, struct mbx_msg *msg,
		      bool counted)
{
	struct mbx_msg *next;

	list_for_each_entry(next, &queue->ready, node)
		if (next->seq > msg->seq)
			break;

	msg->state = MBX_MSG_READY;
	list_move_tail(&msg->node, &next->node);
	count(queue, msg, counted);
}

/**
 * mbx_queue_withdraw() - remove a message that nobody will receive
 * @queue: the queue
 * @msg: a ready or taken message; the caller owns the queue's reference
 */
void mbx_queue_withdraw(struct mbx_queue *queue, struct mbx_msg *msg)
{
	mbx_queue_leave(queue, msg);
	queue->withdrawn++;
	queue->bytes_sent -= msg->len;
}
