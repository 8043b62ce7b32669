// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that call and reply.
 */
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "command.h"
#include "fds.h"
#include "mbx.h"

/**
 * mbx_tell_server() - tell a caller with whom it has to do
 * @arg: filled in
 * @server: the thread; drops the reference
 *
 * Context: Process context.
 */
void mbx_tell_server(struct mbx_call *arg, struct mbx_task *server)
{
	struct pid_namespace *ns = task_active_pid_ns(current);

	arg->out_pid = pid_nr_ns(server->proc->pid, ns);
	arg->out_tid = pid_nr_ns(server->pid, ns);
	mbx_task_put(server);
}

/* With the files that go with it, if any, and the caller's priority. */
static int send_lending(struct mbx_request *request, struct mbx_tx *tx,
			struct mbx_files *files)
{
	struct mbx_handle *handle = request->handle;
	struct mbx_donation *donation = NULL;
	int err;

	if ((request->arg->flags & MBX_CALL_DONATE) &&
	    (handle->box->flags & MBX_CREATE_DONATE)) {
		donation = mbx_donation_create();
		if (!donation)
			return -ENOMEM;
	}
	tx->caller->donation = donation;
	err = unlikely(files) ? mbx_send_files(handle, tx, files) :
				mbx_send(handle, tx);
	mbx_donation_end(donation);
	return err;
}

static int do_call(struct mbx_request *request, struct mbx_tx *tx,
		   struct mbx_files *files)
{
	struct mbx_call *arg = &request->arg->call;
	int err;

	memset_after(arg, 0, cycle_ptr);
	err = mbx_write_out(request);
	if (!err)
		err = send_lending(request, tx, files);
	/* Unless somebody took it nothing has happened. */
	if (!tx->peer)
		return err;

	arg->out_seq = tx->seq;
	arg->out_len = tx->caller->len;
	mbx_tell_server(arg, tx->peer);
	/* It was writable a moment ago, and what has been done has been done. */
	(void)mbx_write_out(request);
	return err;
}

static int call_with_room(struct mbx_request *request, struct mbx_tx *tx,
			  struct mbx_files *files)
{
	const u64 ptr = request->arg->call.reply_fds_ptr;
	struct mbx_landing landing = {};
	int err;

	if (!ptr)
		return do_call(request, tx, files);
	err = mbx_landing_begin(&landing, u64_to_user_ptr(ptr));
	if (err)
		return err;
	tx->caller->rx = &landing.rx;
	err = do_call(request, tx, files);
	tx->caller->rx = NULL;
	/* What is lost shows in the room. */
	(void)mbx_landing_end(&landing);
	return err;
}

/* Apart, since the room would be cleared on the stack of everybody. */
static noinline int call_fds(struct mbx_request *request, struct mbx_tx *tx)
{
	const u64 ptr = request->arg->call.fds_ptr;
	struct mbx_files *files = NULL;
	int err;

	if (ptr)
		files = mbx_files_get(u64_to_user_ptr(ptr));
	if (IS_ERR(files))
		return PTR_ERR(files);
	err = call_with_room(request, tx, files);
	mbx_files_put(files);
	return err;
}

static long run_call(struct mbx_request *request)
{
	struct mbx_call *arg = &request->arg->call;
	struct mbx_caller caller = {
		.data = u64_to_user_ptr(arg->reply_ptr),
		.room = min(arg->reply_len, request->handle->box->msg_max),
		.cycle = request->cycle,
	};
	struct mbx_tx tx = {
		.data = u64_to_user_ptr(arg->data_ptr),
		.len = arg->data_len,
		.type = arg->type,
		.priority = arg->priority,
		.sync = true,
		.caller = &caller,
	};
	int err;

	if (unlikely(arg->flags & MBX_CALL_TALKS))
		return mbx_run_talk(request);
	if (!(request->handle->rights & MBX_OPEN_SEND))
		return -EBADF;
	if (arg->__reserved)
		return -EOPNOTSUPP;
	if (unlikely(arg->call))
		return -EINVAL;
	if (mbx_file_nonblock(request->file) || arg->priority >= MBX_PRIORITIES)
		return -EINVAL;
	err = mbx_deadline_set(&tx.deadline, &tx.clock, arg->deadline,
			       arg->flags & MBX_CALL_REALTIME);
	if (!err && tx.priority)
		err = mbx_box_prioritize(request->handle->box);
	if (err)
		return err;
	return unlikely(arg->fds_ptr | arg->reply_fds_ptr) ?
		       call_fds(request, &tx) :
		       do_call(request, &tx, NULL);
}

/* Apart, as few ask for it. */
static noinline long call_named(struct mbx_request *request)
{
	struct mbx_cycle __user *ucycle =
		u64_to_user_ptr(request->arg->call.cycle_ptr);
	long err;

	request->cycle = mbx_cycle_get(ucycle);
	if (IS_ERR(request->cycle))
		return PTR_ERR(request->cycle);
	err = run_call(request);
	if (err == -EDEADLK && mbx_cycle_write(request->cycle, ucycle))
		err = -EFAULT;
	kfree(request->cycle);
	return err;
}

/**
 * mbx_run_call() - send a message, and wait for the reply
 * @request: MBX_IOC_CALL
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_call(struct mbx_request *request)
{
	return unlikely(request->arg->call.cycle_ptr) ? call_named(request) :
							run_call(request);
}

static int do_reply(struct mbx_handle *handle, const struct mbx_reply *arg)
{
	const struct mbx_tx tx = {
		.data = u64_to_user_ptr(arg->data_ptr),
		.len = arg->data_len,
	};

	struct mbx_files *files = NULL;
	int err;

	if (arg->__reserved)
		return -EOPNOTSUPP;
	if (unlikely(arg->fds_ptr)) {
		files = mbx_files_get(u64_to_user_ptr(arg->fds_ptr));
		if (IS_ERR(files))
			return PTR_ERR(files);
	}
	err = mbx_reply(handle, arg->call, &tx, files);
	mbx_files_put(files);
	return err;
}

/**
 * mbx_run_reply() - answer a call
 * @request: MBX_IOC_REPLY
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_reply(struct mbx_request *request)
{
	if (!(request->handle->rights & MBX_OPEN_RECEIVE))
		return -EBADF;
	return do_reply(request->handle, &request->arg->reply);
}

static int get_reply(struct mbx_reply *reply, const void __user *uarg)
{
	u32 usize;
	int err;

	if (get_user(usize, (const u32 __user *)uarg))
		return -EFAULT;
	if (usize < sizeof(*reply) || usize > PAGE_SIZE)
		return -EINVAL;
	err = copy_struct_from_user(reply, sizeof(*reply), uarg, usize);
	if (err)
		return err;
	return reply->flags ? -EOPNOTSUPP : 0;
}

/**
 * mbx_reply_first() - answer a call before a message is received
 * @request: MBX_IOC_RECEIVE with a reply
 * @once: set if the caller's structure does not tell that it has been done
 *
 * Context: Process context.  Sleeps.
 * Return: 0, also if there is nothing to reply to; else see the UAPI header.
 */
int mbx_reply_first(struct mbx_request *request, bool *once)
{
	struct mbx_reply __user *uarg =
		u64_to_user_ptr(request->arg->receive.reply_ptr);
	struct mbx_reply reply;
	int err;

	err = get_reply(&reply, uarg);
	if (err || !reply.call)
		return err;
	/* What cannot be reported must not happen. */
	if (put_user(reply.call, &uarg->call))
		return -EFAULT;
	err = do_reply(request->handle, &reply);
	if (!err && put_user(0, &uarg->call))
		*once = true;
	return err;
}
