// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an ioctl to a command: one row each in a table, which checks size, flags
 * and the kind of handle.  A batch comes back here with each of its elements.
 */
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "command.h"
#include "mbx.h"
#include "short.h"

/* Where a command works. */
#define ON_CONTROL 1
#define ON_HANDLE 2

/**
 * struct mbx_command - a row of the table of commands
 * @ioc: its number
 * @where: ON_*
 * @flags: those that it knows
 * @ksize: size of its argument
 * @isize: size of the part of it that is read
 * @vsize0: size of its argument in the first release
 * @run: carries it out
 */
struct mbx_command {
	unsigned int ioc;
	unsigned int where;
	u32 flags;
	size_t ksize;
	size_t isize;
	size_t vsize0;
	long (*run)(struct mbx_request *request);
};

#define MBX_COMMAND(_NAME, _name, _last_in, _last, _where, _flags)  \
	[MBX_CMD_##_NAME] = {                                       \
		.ioc = MBX_IOC_##_NAME,                             \
		.where = (_where),                                  \
		.flags = (_flags),                                  \
		.ksize = sizeof(struct mbx_##_name),                \
		.isize = offsetofend(struct mbx_##_name, _last_in), \
		.vsize0 = offsetofend(struct mbx_##_name, _last),   \
		.run = mbx_run_##_name,                             \
	}

static long mbx_run_batch(struct mbx_request *request);

static const struct mbx_command commands[] = {
	MBX_COMMAND(VERSION, version, flags, out_features,
		    ON_CONTROL | ON_HANDLE, 0),
	MBX_COMMAND(CREATE, create, __reserved, out_id, ON_CONTROL,
		    MBX_CREATE_OWNED | MBX_CREATE_TIMESTAMP |
			    MBX_CREATE_DEAD_LETTER | MBX_CREATE_DONATE),
	MBX_COMMAND(OPEN, open, id, out_id, ON_CONTROL, MBX_OPEN_ALL),
	MBX_COMMAND(DELETE, delete, id, id, ON_CONTROL | ON_HANDLE, 0),
	MBX_COMMAND(SEND, send, id, out_tid, ON_HANDLE,
		    MBX_SEND_NONBLOCK | MBX_SEND_SYNC | MBX_SEND_REALTIME |
			    MBX_SEND_FULL),
	MBX_COMMAND(RECEIVE, receive, fds_ptr, __reserved, ON_HANDLE,
		    MBX_RECEIVE_NONBLOCK | MBX_RECEIVE_PEEK |
			    MBX_RECEIVE_REALTIME | MBX_RECEIVE_TRUNCATE),
	MBX_COMMAND(STAT, stat, flags, out_fds, ON_HANDLE, 0),
	MBX_COMMAND(DERIVE, derive, badge, badge, ON_HANDLE,
		    MBX_DERIVE_ONESHOT),
	MBX_COMMAND(REVOKE, revoke, flags, out_handles, ON_HANDLE, 0),
	MBX_COMMAND(CONTROL, control, deadline, out_count, ON_HANDLE,
		    MBX_CONTROL_REALTIME),
	MBX_COMMAND(NOTIFY, notify, data, out_counts, ON_HANDLE,
		    MBX_NOTIFY_READ),
	MBX_COMMAND(BATCH, batch, __reserved, out_lost, ON_HANDLE, 0),
	MBX_COMMAND(TRANSFER, transfer, __reserved, __reserved, ON_HANDLE,
		    MBX_TRANSFER_SUCCESSOR),
	MBX_COMMAND(CALL, call, cycle_ptr, out_flags, ON_HANDLE,
		    MBX_CALL_REALTIME | MBX_CALL_DONATE | MBX_CALL_TALKS),
	MBX_COMMAND(REPLY, reply, fds_ptr, fds_ptr, ON_HANDLE, 0),
	MBX_COMMAND(SETTLE, settle, __reserved, __reserved, ON_HANDLE,
		    MBX_SETTLE_NACK | MBX_SETTLE_RENEW),
};

/* A caller may know more than we do, but must not ask for it. */
static __always_inline int fetch(union mbx_arg *arg,
				 const struct mbx_command *command,
				 const void __user *uarg, size_t usize)
{
	int zeroed;

	if (usize > command->ksize) {
		zeroed = check_zeroed_user(uarg + command->ksize,
					   usize - command->ksize);
		if (zeroed <= 0)
			return zeroed ?: -E2BIG;
	}
	if (likely(!mbx_copy_from_user_atomic(arg, uarg, command->isize)))
		return 0;
	return copy_from_user(arg, uarg, command->isize) ? -EFAULT : 0;
}

static const struct mbx_command *find_command(unsigned int cmd,
					      unsigned int where)
{
	const struct mbx_command *command;
	unsigned int nr = _IOC_NR(cmd);

	if (nr >= ARRAY_SIZE(commands))
		return NULL;
	command = &commands[array_index_nospec(nr, ARRAY_SIZE(commands))];
	return cmd == command->ioc && (command->where & where) ? command : NULL;
}

/* A structure of more than @max bytes is wrong. */
static __always_inline long carry_out(struct file *file,
				      struct mbx_handle *handle,
				      const struct mbx_command *command,
				      void __user *uarg, u32 max)
{
	union mbx_arg arg = {};
	struct mbx_request request = {
		.file = file,
		.handle = handle,
		.arg = &arg,
		.uarg = uarg,
	};
	u32 usize;
	int err;

	if (get_user(usize, (u32 __user *)uarg))
		return -EFAULT;
	if (usize < command->vsize0 || usize > max)
		return -EINVAL;
	err = fetch(&arg, command, uarg, usize);
	if (err)
		return err;
	if (arg.flags & ~command->flags)
		return -EOPNOTSUPP;

	request.usize = min_t(size_t, usize, command->ksize);
	request.isize = command->isize;
	return command->run(&request);
}

static long go_short(struct file *file, unsigned int cmd, unsigned long ptr)
{
	if (cmd == MBX_IOC_RECEIVE)
		return mbx_short_receive(file, file->private_data,
					 (void __user *)ptr);
	if (cmd == MBX_IOC_CALL)
		return mbx_short_call(file, file->private_data,
				      (void __user *)ptr);
	return MBX_NOT_SHORT;
}

/**
 * mbx_ioctl() - carry out a command
 * @file: a control or mailbox handle
 * @cmd: MBX_IOC_*
 * @ptr: address of its argument
 *
 * Context: Process context.  Sleeps.
 * Return: what the command returns; -ENOTTY, -EFAULT, -EINVAL, -E2BIG or
 * -EOPNOTSUPP if it does not come that far.
 */
long mbx_ioctl(struct file *file, unsigned int cmd, unsigned long ptr)
{
	const struct mbx_command *command;
	struct mbx_handle *handle = NULL;
	unsigned int where = ON_CONTROL;
	long ret;

	if (likely(file->f_op == &mbx_handle_fops)) {
		ret = go_short(file, cmd, ptr);
		if (ret != MBX_NOT_SHORT)
			return ret;
		handle = file->private_data;
		where = ON_HANDLE;
	}
	command = find_command(cmd, where);
	if (!command)
		return -ENOTTY;
	return carry_out(file, handle, command, (void __user *)ptr, PAGE_SIZE);
}

/* ------------------------------------------------------------------ batches */

/* Returns how many are done; @err says why not all are. */
static u32 run_elements(const struct mbx_request *request,
			const struct mbx_command *command, long *err)
{
	struct mbx_batch *arg = &request->arg->batch;
	u64 ptr = arg->vec_ptr;
	long ret;
	u32 done;

	for (done = 0; done < arg->nr; done++, ptr += arg->stride) {
		if (done && signal_pending(current)) {
			*err = -EINTR;
			break;
		}
		ret = carry_out(request->file, request->handle, command,
				u64_to_user_ptr(ptr), arg->stride);
		if (ret < 0) {
			*err = ret;
			break;
		}
		arg->out_lost += ret == MBX_LOST;
		/* No more of this handle can be. */
		if (ret == MBX_DEFERRED) {
			*err = -EINPROGRESS;
			done++;
			break;
		}
		cond_resched();
	}
	return done;
}

static const struct mbx_command *element_command(u32 cmd)
{
	switch (cmd) {
	case MBX_CMD_SEND:
		return &commands[MBX_CMD_SEND];
	case MBX_CMD_RECEIVE:
		return &commands[MBX_CMD_RECEIVE];
	default:
		return NULL;
	}
}

static long mbx_run_batch(struct mbx_request *request)
{
	struct mbx_batch *arg = &request->arg->batch;
	const struct mbx_command *command = element_command(arg->cmd);
	long err = 0;
	u32 done;

	if (arg->__reserved)
		return -EOPNOTSUPP;
	if (!command || arg->nr > MBX_BATCH_MAX ||
	    arg->stride < command->vsize0 || arg->stride > PAGE_SIZE ||
	    arg->stride % sizeof(u64))
		return -EINVAL;
	arg->out_error = 0;
	arg->out_lost = 0;
	if (mbx_write_out(request))
		return -EFAULT;

	done = run_elements(request, command, &err);
	if (!done || !(err || arg->out_lost))
		return err ?: done;
	/* Not restarted: what is done would be done twice. */
	arg->out_error = err == -ERESTARTSYS ? EINTR : -err;
	/* It was writable a moment ago, and what has been done has been done. */
	(void)mbx_write_out(request);
	return done;
}
