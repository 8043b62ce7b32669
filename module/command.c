// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands.  What they have in common has been checked, and they see only
 * memory of the kernel.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "command.h"
#include "dedup.h"
#include "mbx.h"

/**
 * mbx_write_out() - write the members of an argument that are written
 * @request: the command
 *
 * Context: Process context.  Sleeps.
 * Return: 0 or -EFAULT.
 */
int mbx_write_out(const struct mbx_request *request)
{
	const size_t len = request->usize - request->isize;
	void __user *to = request->uarg + request->isize;
	const void *from = (void *)request->arg + request->isize;

	if (likely(!mbx_copy_to_user_atomic(to, from, len)))
		return 0;
	return copy_to_user(to, from, len) ? -EFAULT : 0;
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

/*
 * Finds a mailbox by name, id or pid, of which exactly one is given.  That of a
 * process may be made.
 */
static struct mbx_box *find_box(u64 name_ptr, u32 name_len, u64 id, s32 pid,
				bool make)
{
	struct mbx_box *box;
	char *name;

	name = get_name(name_ptr, name_len);
	if (IS_ERR(name))
		return ERR_CAST(name);
	if (!!name + !!id + !!pid != 1 || pid < 0)
		box = ERR_PTR(-EINVAL);
	else if (pid)
		box = make ? mbx_direct_get(pid) : mbx_direct_find(pid);
	else
		box = mbx_box_find(name, name_len, id);
	kfree(name);
	return box;
}

/* ----------------------------------------------------------------- commands */

/**
 * mbx_run_version() - tell the versions of the interface and of the module
 * @request: MBX_IOC_VERSION
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_version(struct mbx_request *request)
{
	request->arg->version.out_abi = MBX_ABI;
	request->arg->version.out_release = MBX_RELEASE;
	request->arg->version.out_features = 0;
	return mbx_write_out(request);
}

/**
 * mbx_prepare_fd() - make a descriptor for a handle
 * @handle: the handle, or an error pointer; belongs to the file, and is destroyed
 *	on error
 * @file: set; the caller installs or drops both
 *
 * Context: Process context.  Sleeps.
 * Return: the descriptor; or the error of @handle, -EMFILE, -ENFILE, -ENOMEM.
 */
int mbx_prepare_fd(struct mbx_handle *handle, struct file **file)
{
	int fd;

	*file = NULL;
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		mbx_handle_destroy(handle);
		return fd;
	}
	*file = mbx_handle_open(handle);
	if (!IS_ERR(*file))
		return fd;
	put_unused_fd(fd);
	return PTR_ERR(*file);
}

static int install(struct mbx_request *request, struct mbx_handle *handle)
{
	struct file *file;
	int fd, err;

	fd = mbx_prepare_fd(handle, &file);
	if (fd < 0)
		return fd;

	err = mbx_write_out(request);
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
static int install_new(struct mbx_request *request, struct mbx_box *box,
		       u32 rights, u64 *out_id)
{
	struct file *file;
	int fd, err;

	fd = mbx_prepare_fd(mbx_handle_create(box, rights), &file);
	if (fd < 0)
		return fd;

	*out_id = 0;
	err = mbx_write_out(request);
	if (!err)
		err = mbx_box_publish(box);
	if (err) {
		put_unused_fd(fd);
		fput(file);
		return err;
	}
	*out_id = box->id;
	(void)mbx_write_out(request);
	fd_install(fd, file);
	return fd;
}

static bool valid_safety(const struct mbx_create *arg)
{
	if (arg->dedup > MBX_DEDUP_MAX)
		return false;
	if (arg->flags & MBX_CREATE_DEAD_LETTER)
		return arg->deliveries_max;
	return !arg->dead_letter && !arg->deliveries_max;
}

/* What becomes of messages that nobody can handle, or that come twice. */
static int make_safe(struct mbx_box *box, const struct mbx_create *arg)
{
	int err = 0;

	if (arg->flags & MBX_CREATE_DEAD_LETTER)
		err = mbx_box_set_dead_letter(box, arg->dead_letter,
					      arg->deliveries_max);
	if (!err && arg->dedup)
		err = mbx_box_set_dedup(box, arg->dedup);
	return err;
}

/**
 * mbx_run_create() - make a mailbox and open it
 * @request: MBX_IOC_CREATE
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_create(struct mbx_request *request)
{
	/* Pairs with set_max_msg_size(); it only counts for mailboxes to come. */
	const u32 limit = READ_ONCE(mbx_max_msg_size);
	struct mbx_create *arg = &request->arg->create;
	struct mbx_box *box;
	char *name;
	long ret;

	if ((arg->mode & ~0666) || arg->msg_max > limit ||
	    arg->policy > MBX_POLICY_PAIR || arg->full > MBX_FULL_DEFER ||
	    !valid_safety(arg))
		return -EINVAL;
	if (arg->__reserved)
		return -EOPNOTSUPP;
	name = get_name(arg->name_ptr, arg->name_len);
	if (IS_ERR(name))
		return PTR_ERR(name);

	box = mbx_box_create(arg, arg->msg_max ?: limit, name, NULL);
	kfree(name);
	if (IS_ERR(box))
		return PTR_ERR(box);

	ret = make_safe(box, arg);
	if (!ret)
		ret = install_new(request, box, MBX_OPEN_ALL, &arg->out_id);
	mbx_box_put(box);
	return ret;
}

static bool may_open(struct mbx_box *box, u32 rights)
{
	return rights ? mbx_box_allowed(box, rights) == rights :
			mbx_box_visible(box);
}

/* One that has just ended has nobody left to ask. */
static int refuse_open(struct mbx_box *box, s32 pid)
{
	if (!mbx_box_ended(box))
		return -EACCES;
	return pid ? -ESRCH : -ENOENT;
}

/* Nobody uses the mailbox of a process without a right: it is not made then. */
static long open_box(struct mbx_request *request)
{
	struct mbx_open *arg = &request->arg->open;
	const u32 rights = arg->flags;
	struct mbx_box *box;
	long ret;

	box = find_box(arg->name_ptr, arg->name_len, arg->id, arg->pid, rights);
	if (IS_ERR(box))
		return PTR_ERR(box);

	arg->out_id = box->id;
	if (!may_open(box, rights))
		ret = refuse_open(box, arg->pid);
	else if (box->id)
		ret = install(request, mbx_handle_create(box, rights));
	else
		ret = install_new(request, box, rights, &arg->out_id);
	mbx_box_put(box);
	return ret;
}

/**
 * mbx_run_open() - open a mailbox
 * @request: MBX_IOC_OPEN
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_open(struct mbx_request *request)
{
	long ret;

	/* Somebody else may be faster to make it, and it may go at once. */
	do
		ret = open_box(request);
	while (ret == -EEXIST && !fatal_signal_pending(current));
	return ret;
}

static long delete_box(struct mbx_box *box, bool managed)
{
	if (!managed && !mbx_box_deletable(box))
		return mbx_box_ended(box) ?: -EPERM;
	return mbx_box_kill(box, -EIDRM) ? 0 : mbx_box_ended(box) ?: -EIDRM;
}

static long delete_handle(struct mbx_handle *handle)
{
	int err;

	err = mbx_handle_ended(handle);
	if (err)
		return err;
	return delete_box(handle->box, handle->rights & MBX_OPEN_MANAGE);
}

/**
 * mbx_run_delete() - end a mailbox
 * @request: MBX_IOC_DELETE
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_delete(struct mbx_request *request)
{
	struct mbx_delete *arg = &request->arg->delete;
	struct mbx_box *box;
	long ret;

	if (request->handle && !arg->name_ptr && !arg->name_len && !arg->id &&
	    !arg->pid)
		return delete_handle(request->handle);

	box = find_box(arg->name_ptr, arg->name_len, arg->id, arg->pid, false);
	if (IS_ERR(box))
		return PTR_ERR(box);
	ret = delete_box(box, false);
	mbx_box_put(box);
	return ret == -EIDRM || ret == -EOWNERDEAD ? -ENOENT : ret;
}

/* Everything that can be told without knowing the mailbox. */
static bool valid_notify(const struct mbx_notify *arg)
{
	const u32 levels = MBX_EVENT_HIGH | MBX_EVENT_LOW;
	const u32 known = levels | MBX_EVENT_READABLE | MBX_EVENT_ROOM |
			  MBX_EVENT_EMPTY | MBX_EVENT_DEFERRED |
			  MBX_EVENT_NO_SENDERS | MBX_EVENT_NO_RECEIVERS |
			  MBX_EVENT_OWNER_DIED | MBX_EVENT_DELETED |
			  MBX_EVENT_CANCELED | MBX_EVENT_RETURNED;

	if (!arg->events || (arg->flags & MBX_NOTIFY_READ))
		return !arg->events && !arg->fd && !arg->low && !arg->high &&
		       !arg->data;
	if (arg->events & ~known)
		return false;
	return arg->events & levels ? arg->low < arg->high :
				      !arg->low && !arg->high;
}

/**
 * mbx_run_notify() - be told of events
 * @request: MBX_IOC_NOTIFY
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_notify(struct mbx_request *request)
{
	struct mbx_notify *arg = &request->arg->notify;
	int err;

	if (!valid_notify(arg))
		return -EINVAL;
	memset_after(arg, 0, data);
	err = mbx_write_out(request);
	if (err)
		return err;

	err = arg->flags & MBX_NOTIFY_READ ?
		      mbx_notify_read(request->handle, arg) :
		      mbx_notify_set(request->handle, arg);
	if (err)
		return err;
	(void)mbx_write_out(request);
	return 0;
}

/**
 * mbx_run_stat() - describe a mailbox
 * @request: MBX_IOC_STAT
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_stat(struct mbx_request *request)
{
	struct mbx_stat stat = {
		.size = request->arg->size,
		.out_rights = request->handle->rights,
	};
	int err;

	mbx_box_stat(request->handle->box, &stat);
	err = mbx_handle_ended(request->handle);
	if (err)
		return err;
	return copy_to_user(request->uarg, &stat, request->usize) ? -EFAULT : 0;
}
