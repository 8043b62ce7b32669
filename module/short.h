/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way: what is common takes it, and does without whatever only others
 * need.  Whether something is common is decided before anything has happened; if it
 * is not, it goes the general way, as if the short one did not exist.
 *
 *   send.c		send_at_once(): into the queue
 *   receive.c		mbx_receive_at_once(): out of it
 *   short_call.c	a call straight to a receiver that waits
 *   short_receive.c	the reply to it straight to the caller, and a wait for the next
 */
#ifndef MBX_SHORT_H
#define MBX_SHORT_H

#include <linux/ktime.h>
#include <linux/pid_namespace.h>

#include "mbx.h"

/* Not an errno that anybody gets: nothing has happened, take the general way. */
#define MBX_NOT_SHORT (-ENOIOCTLCMD)

struct task_struct;

/* short_call.c */
long mbx_short_call(struct file *file, struct mbx_handle *handle,
		    struct mbx_call __user *uarg);

/* short_receive.c */
long mbx_short_receive(struct file *file, struct mbx_handle *handle,
		       struct mbx_receive __user *uarg);

/* receive.c */
bool mbx_receive_at_once(struct mbx_box *box, struct mbx_task *task,
			 struct mbx_rx *rx);
bool mbx_receive_given(struct mbx_handle *handle, struct mbx_task *task,
		       struct mbx_msg *msg, struct mbx_rx *rx);
int mbx_receive_on(struct mbx_handle *handle, struct mbx_task *task,
		   struct mbx_rx *rx, struct mbx_waiter *waiter, int err)
	__releases(&handle->box->lock);

/* wait.c */
struct task_struct *mbx_wake_one(struct mbx_waiter *waiter,
				 struct mbx_task *task);
int mbx_wait_short(struct mbx_box *box, struct mbx_waiter *waiter,
		   struct list_head *list, struct task_struct *woken);

/**
 * mbx_short_lock() - lock the mailbox of a handle, if it takes the short way
 * @handle: the handle
 *
 * Handles that are good for one send have no last user, revoked ones neither.
 *
 * Context: Process context.  Takes the box's lock, also if it returns NULL.
 * Return: the caller's record, or NULL.
 */
static __always_inline struct mbx_task *
mbx_short_lock(struct mbx_handle *handle) __acquires(&handle->box->lock)
{
	struct mbx_box *box = handle->box;
	struct mbx_task *task;

	spin_lock(&box->lock);
	task = handle->task;
	if (likely(task && mbx_task_is_current(task) && !box->special &&
		   box->policy == MBX_POLICY_FIFO && !mbx_box_orphaned(box)))
		return task;
	return NULL;
}

/**
 * mbx_pid_nr() - pid_nr_ns() of a process that exists
 * @pid: the process
 * @ns: of the caller
 *
 * Return: the number, 0 if there is none.
 */
static inline pid_t mbx_pid_nr(const struct pid *pid,
			       const struct pid_namespace *ns)
{
	if (ns->level > pid->level || pid->numbers[ns->level].ns != ns)
		return 0;
	return pid->numbers[ns->level].nr;
}

/**
 * mbx_spare_fill() - make a message of one that was freed
 * @box: the mailbox
 * @data: the payload
 * @len: its length
 *
 * The common case: no allocation, no accounting, no page fault.
 *
 * Context: The box is locked.
 * Return: the message, which is to be signed; or NULL if that is not possible
 * right now.
 */
static __always_inline struct mbx_msg *
mbx_spare_fill(struct mbx_box *box, const void __user *data, u32 len)
{
	const enum mbx_msg_class class = mbx_msg_class(len);
	struct mbx_msg *msg;

	if (class >= MBX_SPARE_CLASSES)
		return NULL;
	msg = box->spare[class];
	if (!msg || mbx_msg_fill_atomic(msg, data, len))
		return NULL;
	box->spare[class] = msg->next;
	box->may_keep[class]++;
	return msg;
}

/**
 * mbx_sign() - write into a message whose it is
 * @handle: what it is sent through
 * @msg: the message
 * @task: who sends it
 * @type: what it is said to be
 * @priority: its priority
 *
 * Context: The box is locked.
 */
static __always_inline void mbx_sign(const struct mbx_handle *handle,
				     struct mbx_msg *msg, struct mbx_task *task,
				     u64 type, u8 priority)
{
	const struct mbx_box *box = handle->box;

	/* A message that is used again mostly comes from whom it came before. */
	if (unlikely(msg->from != task)) {
		if (msg->from)
			mbx_task_put(msg->from);
		msg->from = mbx_task_ref(task);
	}
	msg->sender = NULL;
	msg->badge = handle->badge;
	msg->type = type;
	msg->priority = priority;
	msg->refs = 1;
	msg->deliveries = 0;
	msg->time = box->flags & MBX_CREATE_TIMESTAMP ? ktime_get_ns() : 0;
}

static inline void mbx_count_sent(struct mbx_task *task, u32 len)
{
	/* Nobody else writes it; pairs with mbx_usage_add(). */
	WRITE_ONCE(task->usage.sent, task->usage.sent + 1);
	WRITE_ONCE(task->usage.bytes_sent, task->usage.bytes_sent + len);
}

#endif /* MBX_SHORT_H */
