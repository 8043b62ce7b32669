// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reply that goes straight to its caller, and the wait for the next message, with
 * the mailbox locked once for both: the caller runs when there is nothing left to do
 * but to wait.
 *
 * The reply alone may go the short way: it has been noted in the caller's structure
 * by then, so that the general way goes on with the receive.
 */
#include <linux/sched/task.h>
#include <linux/uaccess.h>

#include "command.h"
#include "mbx.h"
#include "short.h"
#include "trace.h"

static bool fetch(struct mbx_receive *arg,
		  const struct mbx_receive __user *uarg)
{
	return !mbx_copy_from_user_atomic(
		       arg, uarg, offsetof(struct mbx_receive, out_seq)) &&
	       arg->size == sizeof(*arg) && !(arg->flags | arg->lease_ms) &&
	       !(arg->select_ptr | arg->fds_ptr);
}

static bool fetch_reply(struct mbx_reply *reply, u64 ptr)
{
	return !mbx_copy_from_user_atomic(reply, u64_to_user_ptr(ptr),
					  sizeof(*reply)) &&
	       reply->size == sizeof(*reply) &&
	       !(reply->flags | reply->__reserved) && !reply->fds_ptr;
}

/* Notes that there is nothing to reply to any more. */
static bool put_no_call(struct mbx_reply __user *ureply)
{
	bool done = false;

	pagefault_disable();
	if (!user_write_access_begin(ureply, sizeof(*ureply)))
		goto out;
	unsafe_put_user(0, &ureply->call, end);
	done = true;
end:
	user_write_access_end();
out:
	pagefault_enable();
	return done;
}

/* What reply_locked() does.  Returns false if that is for the general way. */
static bool answer(struct mbx_box *box, struct mbx_task *task,
		   const struct mbx_reply *reply,
		   struct mbx_reply __user *ureply, struct task_struct **woken)
{
	struct mbx_waiter *waiter;
	struct mbx_msg *msg;

	waiter = mbx_find_caller(box, reply->call, task->proc);
	if (!waiter || reply->data_len > waiter->caller->room ||
	    waiter->task->user != box->user || waiter->caller->talk ||
	    waiter->caller->donation)
		return false;
	msg = mbx_spare_fill(box, u64_to_user_ptr(reply->data_ptr),
			     reply->data_len);
	if (!msg)
		return false;
	msg->refs = 1;
	/* Nobody asks whose a reply is, but it is charged to somebody. */
	if (!msg->from || !put_no_call(ureply)) {
		mbx_box_keep(box, msg);
		return false;
	}
	msg->sender = NULL;
	msg->seq = 0;
	msg->state = MBX_MSG_NEW;
	waiter->msg = msg;
	*woken = mbx_wake_one(waiter, task);
	trace_mbx_reply(box, reply->call, reply->data_len, 0);
	return true;
}

/* Would a receive wait, and make nothing possible by that but a send? */
static bool may_wait(struct mbx_box *box)
{
	return !mbx_queue_first(&box->queue) && list_empty(&box->senders) &&
	       (mbx_box_has_room(box) ||
		!(waitqueue_active(&box->poll_out) || box->nr_deferred));
}

static int wait_msg(struct mbx_handle *handle, struct mbx_task *task,
		    struct mbx_rx *rx, struct task_struct *woken)
	__releases(&handle->box->lock)
{
	struct mbx_box *box = handle->box;
	struct mbx_waiter waiter = {
		.state = MBX_WAIT_MSG,
		.op = MBX_OP_RECEIVE,
		.thread = current,
		.task = task,
		.len = rx->len,
		.handle = handle,
		.clock = rx->clock,
		.deadline = rx->deadline,
	};
	int err;

	err = mbx_wait_short(box, &waiter, &box->receivers, woken);
	if (unlikely(err || !waiter.msg ||
		     !mbx_receive_given(handle, task, waiter.msg, rx)))
		return mbx_receive_on(handle, task, rx, &waiter, err);
	spin_unlock(&box->lock);
	return 0;
}

static void unlock(struct mbx_box *box, struct task_struct *woken)
	__releases(&box->lock)
{
	spin_unlock(&box->lock);
	if (!woken)
		return;
	wake_up_process(woken);
	put_task_struct(woken);
}

static int receive(struct mbx_handle *handle, struct mbx_task *task,
		   struct mbx_rx *rx, struct task_struct *woken)
	__releases(&handle->box->lock)
{
	struct mbx_box *box = handle->box;
	int err = 0;

	if (may_wait(box))
		return wait_msg(handle, task, rx, woken);
	if (!mbx_receive_at_once(box, task, rx))
		err = MBX_NOT_SHORT;
	unlock(box, woken);
	return err;
}

static noinline int tell_length(struct mbx_receive *arg,
				struct mbx_receive __user *uarg,
				const struct mbx_rx *rx)
{
	struct mbx_request request = {
		.arg = (union mbx_arg *)arg,
		.uarg = uarg,
		.usize = sizeof(*arg),
		.isize = offsetof(struct mbx_receive, out_seq),
	};

	return mbx_tell_length(&request, rx);
}

/**
 * mbx_short_receive() - reply to a call, if there is one, and receive a message
 * @file: the handle
 * @handle: the same
 * @uarg: the argument of MBX_IOC_RECEIVE
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: MBX_NOT_SHORT, or what mbx_run_receive() does.
 */
long mbx_short_receive(struct file *file, struct mbx_handle *handle,
		       struct mbx_receive __user *uarg)
{
	struct mbx_box *box = handle->box;
	struct mbx_reply __user *ureply;
	struct task_struct *woken = NULL;
	/* Filled in as a whole, if at all. */
	struct mbx_reply reply __uninitialized;
	struct mbx_receive arg = {};
	struct mbx_rx rx __uninitialized;
	struct mbx_task *task;
	int err;

	if (!fetch(&arg, uarg) || !(handle->rights & MBX_OPEN_RECEIVE) ||
	    mbx_file_nonblock(file))
		return MBX_NOT_SHORT;
	reply.call = 0;
	if (arg.reply_ptr && !fetch_reply(&reply, arg.reply_ptr))
		return MBX_NOT_SHORT;
	ureply = u64_to_user_ptr(arg.reply_ptr);
	rx = (struct mbx_rx){
		.data = u64_to_user_ptr(arg.data_ptr),
		.len = arg.data_len,
		.arg = &arg,
		.uarg = &uarg->out_seq,
		.usize = sizeof(arg) - offsetof(struct mbx_receive, out_seq),
	};

	if (mbx_deadline_set(&rx.deadline, &rx.clock, arg.deadline, false))
		return MBX_NOT_SHORT;

	task = mbx_short_lock(handle);
	if (!task ||
	    (reply.call && !answer(box, task, &reply, ureply, &woken))) {
		spin_unlock(&box->lock);
		return MBX_NOT_SHORT;
	}
	err = receive(handle, task, &rx, woken);
	return err == -EMSGSIZE ? tell_length(&arg, uarg, &rx) : err;
}
