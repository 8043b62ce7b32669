// SPDX-License-Identifier: GPL-2.0-only
/*
 * From an ioctl to a command: one row each in a table, which checks size, flags
 * and the kind of handle.
 */
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "command.h"
#include "mbx.h"

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
	long (*run)(struct mbx_call *call);
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

static const struct mbx_command commands[] = {
	MBX_COMMAND(VERSION, version, flags, out_features,
		    ON_CONTROL | ON_HANDLE, 0),
	MBX_COMMAND(CREATE, create, __reserved, out_id, ON_CONTROL,
		    MBX_CREATE_OWNED | MBX_CREATE_TIMESTAMP),
	MBX_COMMAND(OPEN, open, id, out_id, ON_CONTROL, MBX_OPEN_ALL),
	MBX_COMMAND(DELETE, delete, id, id, ON_CONTROL | ON_HANDLE, 0),
	MBX_COMMAND(SEND, send, type, out_tid, ON_HANDLE,
		    MBX_SEND_NONBLOCK | MBX_SEND_SYNC | MBX_SEND_REALTIME),
	MBX_COMMAND(RECEIVE, receive, select_ptr, out_len, ON_HANDLE,
		    MBX_RECEIVE_NONBLOCK | MBX_RECEIVE_PEEK |
			    MBX_RECEIVE_REALTIME | MBX_RECEIVE_TRUNCATE),
	MBX_COMMAND(STAT, stat, flags, out_lost, ON_HANDLE, 0),
	MBX_COMMAND(DERIVE, derive, badge, badge, ON_HANDLE,
		    MBX_DERIVE_ONESHOT),
	MBX_COMMAND(REVOKE, revoke, flags, out_handles, ON_HANDLE, 0),
	MBX_COMMAND(CONTROL, control, deadline, out_count, ON_HANDLE,
		    MBX_CONTROL_REALTIME),
	MBX_COMMAND(NOTIFY, notify, high, out_counts, ON_HANDLE,
		    MBX_NOTIFY_READ),
};

/* A caller may know more than we do, but must not ask for it. */
static int fetch(union mbx_arg *arg, const struct mbx_command *command,
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
	const bool is_handle = file->f_op == &mbx_handle_fops;
	void __user *uarg = (void __user *)ptr;
	const struct mbx_command *command;
	union mbx_arg arg = {};
	struct mbx_call call = {
		.file = file,
		.handle = is_handle ? file->private_data : NULL,
		.arg = &arg,
		.uarg = uarg,
	};
	u32 usize;
	int err;

	command = find_command(cmd, is_handle ? ON_HANDLE : ON_CONTROL);
	if (!command)
		return -ENOTTY;
	if (get_user(usize, (u32 __user *)uarg))
		return -EFAULT;
	if (usize < command->vsize0 || usize > PAGE_SIZE)
		return -EINVAL;
	err = fetch(&arg, command, uarg, usize);
	if (err)
		return err;
	if (arg.flags & ~command->flags)
		return -EOPNOTSUPP;

	call.usize = min_t(size_t, usize, command->ksize);
	call.isize = command->isize;
	return command->run(&call);
}
