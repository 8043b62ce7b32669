// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands: one row each in a table, which checks size, flags and the kind of
 * handle, and a handler that sees only memory of the kernel.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "mbx.h"

/* Where a command works. */
#define ON_CONTROL 1
#define ON_HANDLE 2

union mbx_arg {
	struct {
		u32 size;
		u32 flags;
	};
	struct mbx_version version;
	struct mbx_create create;
	struct mbx_open open;
	struct mbx_delete delete;
	struct mbx_send send;
	struct mbx_receive receive;
};

/**
 * struct mbx_call - a command being carried out
 * @file: the handle that it was issued on
 * @handle: the same, or NULL on the control device
 * @arg: the argument as this kernel knows it
 * @uarg: the caller's
 * @usize: how much of it this kernel and the caller know
 */
struct mbx_call {
	struct file *file;
	struct mbx_handle *handle;
	union mbx_arg *arg;
	void __user *uarg;
	size_t usize;
};

static int reply(const struct mbx_call *call)
{
	if (likely(!mbx_copy_to_user_atomic(call->uarg, call->arg,
					    call->usize)))
		return 0;
	return copy_to_user(call->uarg, call->arg, call->usize) ? -EFAULT : 0;
}

/* -------------------------------------------------------------------- names */

static bool valid_name(const char *name, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++) {
		const unsigned char c = name[i];

		if (c <= ' ' || c == 0x7f || c == '/')
			return false;
	}
	return name[0] != '@';
}

/* Returns a name to be freed, NULL for none, or an error pointer. */
static char *get_name(u64 ptr, u32 len)
{
	char *name;

	if (!ptr && !len)
		return NULL;
	if (!ptr || !len || len > MBX_NAME_MAX)
		return ERR_PTR(-EINVAL);

	name = memdup_user_nul(u64_to_user_ptr(ptr), len);
	if (!IS_ERR(name) && !valid_name(name, len)) {
		kfree(name);
		return ERR_PTR(-EINVAL);
	}
	return name;
}

/* Finds a mailbox by name or id, of which exactly one is given. */
static struct mbx_box *find_box(u64 name_ptr, u32 name_len, u64 id)
{
	struct mbx_box *box;
	char *name;

	name = get_name(name_ptr, name_len);
	if (IS_ERR(name))
		return ERR_CAST(name);
	if (!name == !id) {
		kfree(name);
		return ERR_PTR(-EINVAL);
	}
	box = mbx_box_find(name, name_len, id);
	kfree(name);
	return box;
}

/* ----------------------------------------------------------------- commands */

static long run_version(struct mbx_call *call)
{
	call->arg->version.out_abi = MBX_ABI;
	call->arg->version.out_release = MBX_RELEASE;
	call->arg->version.out_features = 0;
	return reply(call);
}

/* Makes a descriptor for @box, which the caller installs or drops. */
static int prepare_fd(struct mbx_box *box, u32 rights, struct file **file)
{
	int fd;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	*file = mbx_handle_open(box, rights);
	if (!IS_ERR(*file))
		return fd;
	put_unused_fd(fd);
	return PTR_ERR(*file);
}

static int install(struct mbx_call *call, struct mbx_box *box, u32 rights)
{
	struct file *file;
	int fd, err;

	fd = prepare_fd(box, rights, &file);
	if (fd < 0)
		return fd;

	err = reply(call);
	if (err) {
		put_unused_fd(fd);
		fput(file);
		return err;
	}
	fd_install(fd, file);
	return fd;
}

/*
 * Nobody can find the mailbox before all has been done that may fail; its id,
 * which it gets last, is written to a structure that has proved to be writable.
 */
static int install_new(struct mbx_call *call, struct mbx_box *box)
{
	struct mbx_create *arg = &call->arg->create;
	struct file *file;
	int fd, err;

	fd = prepare_fd(box, MBX_OPEN_SEND | MBX_OPEN_RECEIVE, &file);
	if (fd < 0)
		return fd;

	arg->out_id = 0;
	err = reply(call);
	if (!err)
		err = mbx_box_publish(box);
	if (err) {
		put_unused_fd(fd);
		fput(file);
		return err;
	}
	arg->out_id = box->id;
	(void)reply(call);
	fd_install(fd, file);
	return fd;
}

static long run_create(struct mbx_call *call)
{
	const u32 limit = READ_ONCE(mbx_max_msg_size);
	const struct mbx_create *arg = &call->arg->create;
	struct mbx_box *box;
	char *name;
	long ret;

	if ((arg->mode & ~0666) || arg->msg_max > limit)
		return -EINVAL;
	name = get_name(arg->name_ptr, arg->name_len);
	if (IS_ERR(name))
		return PTR_ERR(name);

	box = mbx_box_create(arg, arg->msg_max ?: limit, name);
	kfree(name);
	if (IS_ERR(box))
		return PTR_ERR(box);

	ret = install_new(call, box);
	mbx_box_put(box);
	return ret;
}

static long run_open(struct mbx_call *call)
{
	struct mbx_open *arg = &call->arg->open;
	const u32 rights = arg->flags;
	struct mbx_box *box;
	long ret = -EACCES;

	if (arg->__reserved)
		return -EOPNOTSUPP;
	box = find_box(arg->name_ptr, arg->name_len, arg->id);
	if (IS_ERR(box))
		return PTR_ERR(box);

	arg->out_id = box->id;
	if (rights ? mbx_box_allowed(box, rights) == rights :
		     mbx_box_visible(box))
		ret = install(call, box, rights);
	mbx_box_put(box);
	return ret;
}

static long delete_box(struct mbx_box *box)
{
	int err;

	err = mbx_box_ended(box);
	if (err)
		return err;
	if (!mbx_box_deletable(box))
		return -EPERM;
	return mbx_box_kill(box, -EIDRM) ? 0 : mbx_box_ended(box) ?: -EIDRM;
}

static long run_delete(struct mbx_call *call)
{
	struct mbx_delete *arg = &call->arg->delete;
	struct mbx_box *box;
	long ret;

	if (arg->__reserved)
		return -EOPNOTSUPP;
	if (call->handle && !arg->name_ptr && !arg->name_len && !arg->id)
		return delete_box(call->handle->box);

	box = find_box(arg->name_ptr, arg->name_len, arg->id);
	if (IS_ERR(box))
		return PTR_ERR(box);
	ret = delete_box(box);
	mbx_box_put(box);
	return ret == -EIDRM || ret == -EOWNERDEAD ? -ENOENT : ret;
}

static void tell_peer(struct mbx_send *arg, struct mbx_task *peer)
{
	struct pid_namespace *ns = task_active_pid_ns(current);

	arg->out_pid = pid_nr_ns(peer->proc->pid, ns);
	arg->out_tid = pid_nr_ns(peer->pid, ns);
	mbx_task_put(peer);
}

static int do_send(struct mbx_call *call, struct mbx_tx *tx)
{
	struct mbx_send *arg = &call->arg->send;
	int err;

	arg->out_seq = 0;
	arg->out_pid = 0;
	arg->out_tid = 0;
	err = reply(call);
	if (!err)
		err = mbx_send(call->handle, tx);
	if (err)
		return err;

	arg->out_seq = tx->seq;
	if (tx->peer)
		tell_peer(arg, tx->peer);
	/*
	 * The structure was writable a moment ago.  If it is not any more, that
	 * cannot be an error: the message has been sent.
	 */
	(void)reply(call);
	return 0;
}

static long run_send(struct mbx_call *call)
{
	struct mbx_send *arg = &call->arg->send;
	struct mbx_tx tx = {
		.data = u64_to_user_ptr(arg->data_ptr),
		.len = arg->data_len,
		.nonblock = (arg->flags & MBX_SEND_NONBLOCK) ||
			    (call->file->f_flags & O_NONBLOCK),
		.sync = arg->flags & MBX_SEND_SYNC,
	};
	int err;

	if (!(call->handle->rights & MBX_OPEN_SEND))
		return -EBADF;
	if (arg->__reserved)
		return -EOPNOTSUPP;
	if (tx.sync && tx.nonblock)
		return -EINVAL;
	err = mbx_deadline_set(&tx.deadline, &tx.clock, arg->deadline,
			       arg->flags & MBX_SEND_REALTIME);
	return err ?: do_send(call, &tx);
}

static long run_receive(struct mbx_call *call)
{
	struct mbx_receive *arg = &call->arg->receive;
	struct mbx_rx rx = {
		.data = u64_to_user_ptr(arg->data_ptr),
		.len = arg->data_len,
		.nonblock = (arg->flags & MBX_RECEIVE_NONBLOCK) ||
			    (call->file->f_flags & O_NONBLOCK),
		.peek = arg->flags & MBX_RECEIVE_PEEK,
		.arg = arg,
		.uarg = call->uarg,
		.usize = call->usize,
	};
	int err;

	if (!(call->handle->rights & MBX_OPEN_RECEIVE))
		return -EBADF;
	err = mbx_deadline_set(&rx.deadline, &rx.clock, arg->deadline,
			       arg->flags & MBX_RECEIVE_REALTIME);
	if (err)
		return err;

	err = mbx_receive(call->handle, &rx);
	if (err != -EMSGSIZE)
		return err;
	memset_after(arg, 0, deadline);
	arg->out_len = rx.msg_len;
	return reply(call) ?: -EMSGSIZE;
}

static long run_stat(struct mbx_call *call)
{
	struct mbx_stat stat = {
		.size = call->arg->size,
		.out_rights = call->handle->rights,
	};
	int err;

	err = mbx_box_stat(call->handle->box, &stat);
	if (err)
		return err;
	return copy_to_user(call->uarg, &stat, call->usize) ? -EFAULT : 0;
}

/* ----------------------------------------------------------------- dispatch */

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
		.run = run_##_name,                                 \
	}

static const struct mbx_command commands[] = {
	MBX_COMMAND(VERSION, version, flags, out_features,
		    ON_CONTROL | ON_HANDLE, 0),
	MBX_COMMAND(CREATE, create, msg_max, out_id, ON_CONTROL,
		    MBX_CREATE_OWNED | MBX_CREATE_TIMESTAMP),
	MBX_COMMAND(OPEN, open, id, out_id, ON_CONTROL,
		    MBX_OPEN_SEND | MBX_OPEN_RECEIVE),
	MBX_COMMAND(DELETE, delete, id, id, ON_CONTROL | ON_HANDLE, 0),
	MBX_COMMAND(SEND, send, deadline, out_tid, ON_HANDLE,
		    MBX_SEND_NONBLOCK | MBX_SEND_SYNC | MBX_SEND_REALTIME),
	MBX_COMMAND(RECEIVE, receive, deadline, out_gid, ON_HANDLE,
		    MBX_RECEIVE_NONBLOCK | MBX_RECEIVE_PEEK |
			    MBX_RECEIVE_REALTIME),
	MBX_COMMAND(STAT, stat, flags, out_reserved, ON_HANDLE, 0),
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
	return command->run(&call);
}
