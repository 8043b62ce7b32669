// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that go straight to a receiver: it waits already, and takes any message.
 *
 * What send.c does in general comes to the same thing then: such a message passes
 * through the queue without taking room in it, nobody else gets to see it, and its
 * sender waits until it is taken, and replied to.  How the wait may end is up to
 * others; only one that ends with a reply ends here.
 */
#include <linux/sched/task.h>
#include <linux/uaccess.h>

#include "command.h"
#include "mbx.h"
#include "short.h"
#include "trace.h"

static bool fetch(struct mbx_call *arg, const struct mbx_call __user *uarg)
{
	return !mbx_copy_from_user_atomic(arg, uarg,
					  offsetof(struct mbx_call, out_seq)) &&
	       arg->size == sizeof(*arg) &&
	       !(arg->flags | arg->priority | arg->__reserved) &&
	       !(arg->fds_ptr | arg->reply_fds_ptr | arg->call |
		 arg->cycle_ptr);
}

/* Also tells whether it can be written at all; see do_call(). */
static bool write_out(struct mbx_call __user *uarg, u64 seq, s32 pid, s32 tid,
		      u32 len)
{
	bool done = false;

	pagefault_disable();
	if (!user_write_access_begin(uarg, sizeof(*uarg)))
		goto out;
	unsafe_put_user(seq, &uarg->out_seq, end);
	unsafe_put_user(pid, &uarg->out_pid, end);
	unsafe_put_user(tid, &uarg->out_tid, end);
	unsafe_put_user(len, &uarg->out_len, end);
	unsafe_put_user(0, &uarg->out_flags, end);
	done = true;
end:
	user_write_access_end();
out:
	pagefault_enable();
	return done;
}

/* What mbx_find_receiver() finds, if it is the first one, and takes anything. */
static struct mbx_waiter *first_receiver(struct mbx_box *box, u32 len)
{
	struct mbx_waiter *receiver;

	receiver = list_first_entry_or_null(&box->receivers, struct mbx_waiter,
					    node);
	if (!receiver || receiver->select || receiver->len < len ||
	    mbx_is_killed(receiver))
		return NULL;
	return receiver;
}

/* What mbx_place() does.  Returns whom to wake. */
static struct task_struct *hand(struct mbx_box *box, struct mbx_task *task,
				struct mbx_msg *msg,
				struct mbx_waiter *receiver)
{
	mbx_queue_pass(&box->queue, msg);
	msg->refs++;
	receiver->msg = msg;
	return mbx_wake_one(receiver, task);
}

/* Returns false if the reply has to be copied with the mailbox unlocked. */
static bool take_reply(struct mbx_box *box, struct mbx_waiter *waiter)
{
	struct mbx_msg *reply = waiter->msg;

	if (reply->files || reply->len > MBX_COPY_LOCKED ||
	    !mbx_box_can_keep(box, reply) || box->special ||
	    mbx_copy_to_user_atomic(waiter->caller->data,
				    mbx_msg_payload(reply), reply->len))
		return false;
	waiter->caller->len = reply->len;
	mbx_box_keep(box, reply);
	return true;
}

/* What send_slowly() does after the wait. */
static int end(struct mbx_box *box, struct mbx_waiter *waiter,
	       struct mbx_msg *msg, u32 len, int err) __releases(&box->lock)
{
	struct mbx_later later = {};

	if (unlikely(err || !waiter->msg || !take_reply(box, waiter)))
		err = mbx_sender_over(box, waiter, msg, err, &later);
	trace_mbx_send(box, waiter->seq, len, err);
	if (!err || waiter->peer)
		mbx_count_sent(waiter->task, len);
	mbx_unlock(box, &later);
	return err;
}

static void tell(struct mbx_call *arg, struct mbx_call __user *uarg,
		 const struct mbx_waiter *waiter)
{
	struct pid_namespace *ns = ns_of_pid(task_pid(current));
	struct mbx_task *server = waiter->peer;
	struct mbx_request request = {
		.arg = (union mbx_arg *)arg,
		.uarg = uarg,
		.usize = sizeof(*arg),
		.isize = offsetof(struct mbx_call, out_seq),
	};

	arg->out_seq = waiter->seq;
	arg->out_pid = mbx_pid_nr(server->proc->pid, ns);
	arg->out_tid = mbx_pid_nr(server->pid, ns);
	arg->out_len = waiter->caller->len;
	arg->out_flags = 0;
	mbx_task_put(server);
	/* It was writable a moment ago, and what has been done has been done. */
	if (!write_out(uarg, arg->out_seq, arg->out_pid, arg->out_tid,
		       arg->out_len))
		(void)mbx_write_out(&request);
}

/**
 * mbx_short_call() - call a receiver that waits
 * @file: the handle
 * @handle: the same
 * @uarg: the argument of MBX_IOC_CALL
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: MBX_NOT_SHORT, or what mbx_run_call() does.
 */
long mbx_short_call(struct file *file, struct mbx_handle *handle,
		    struct mbx_call __user *uarg)
{
	struct mbx_box *box = handle->box;
	struct mbx_waiter *receiver;
	/* Filled in as a whole, if at all. */
	struct mbx_waiter waiter __uninitialized;
	struct mbx_caller caller __uninitialized;
	struct task_struct *woken;
	struct mbx_task *task;
	struct mbx_call arg = {};
	struct mbx_msg *msg;
	clockid_t clock;
	u64 deadline;
	int err;

	if (!fetch(&arg, uarg) || !(handle->rights & MBX_OPEN_SEND) ||
	    mbx_file_nonblock(file) || arg.data_len > box->msg_max ||
	    mbx_deadline_set(&deadline, &clock, arg.deadline, false))
		return MBX_NOT_SHORT;
	task = mbx_short_lock(handle);
	if (!task)
		goto general;
	receiver = first_receiver(box, arg.data_len);
	if (!receiver || mbx_proc_serves(task->proc) ||
	    !write_out(uarg, 0, 0, 0, 0))
		goto general;
	msg = mbx_spare_fill(box, u64_to_user_ptr(arg.data_ptr), arg.data_len);
	if (!msg)
		goto general;

	caller = (struct mbx_caller){
		.data = u64_to_user_ptr(arg.reply_ptr),
		.room = min(arg.reply_len, box->msg_max),
	};
	mbx_sign(handle, msg, task, arg.type, 0);
	msg->reply_room = caller.room + 1;
	msg->sender = &waiter;
	woken = hand(box, task, msg, receiver);
	waiter = (struct mbx_waiter){
		.state = MBX_WAIT_TAKEN,
		.op = MBX_OP_CALL,
		.thread = current,
		.task = task,
		.placed = msg,
		.seq = msg->seq,
		.caller = &caller,
		.sync = true,
		.handle = handle,
		.clock = clock,
		.deadline = deadline,
	};
	err = mbx_wait_short(box, &waiter, &box->synced, woken);
	err = end(box, &waiter, msg, arg.data_len, err);
	if (waiter.peer)
		tell(&arg, uarg, &waiter);
	return err;

general:
	spin_unlock(&box->lock);
	return MBX_NOT_SHORT;
}
