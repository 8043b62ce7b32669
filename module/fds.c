// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files that travel with messages.
 *
 * MBX_NO_RING: nothing keeps itself open
 * --------------------------------------
 *
 * A file in a message stays open for as long as the message is there.  So none
 * may travel that could be what the message is received through in the end: nor
 * an AF_UNIX socket or an io_uring, which can hold such a file in turn.  What is
 * left are handles that send, to a mailbox that has one of its own in a message,
 * or in a message of another one.  A mailbox that nobody can find ends with its
 * last handle, which such a handle would then be for ever: so it ends with the
 * last that may receive, if there are files in it, and gets none after that.
 * A mailbox that belongs to nobody ends with its network namespace, and sockets keep
 * that: such a one gets none, unless that is the first, which does not end.
 */
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/slab.h>

#include "fds.h"
#include "mbx.h"

static bool is_unix_socket(struct file *file)
{
	const struct socket *socket = sock_from_file(file);

	return socket && socket->ops && socket->ops->family == PF_UNIX;
}

/* Kernels do not tell modules by any other means. */
static bool is_io_uring(const struct file *file)
{
	return file_inode(file)->i_sb->s_magic == ANON_INODE_FS_MAGIC &&
	       !strcmp(file->f_path.dentry->d_name.name, "[io_uring]");
}

static bool is_receiver(const struct file *file)
{
	const struct mbx_handle *handle = file->private_data;

	return file->f_op == &mbx_handle_fops &&
	       (handle->rights & MBX_OPEN_RECEIVE);
}

/* MBX_NO_RING */
static int check_file(struct file *file)
{
	return is_receiver(file) || is_unix_socket(file) || is_io_uring(file) ?
		       -ELOOP :
		       0;
}

static int add_file(struct mbx_files *files, s32 fd)
{
	struct file *file = fget(fd);
	int err;

	if (!file)
		return -EBADF;
	err = check_file(file);
	if (err)
		fput(file);
	else
		files->file[files->nr++] = file;
	return err;
}

static void drop_files(struct mbx_files *files)
{
	while (files->nr)
		fput(files->file[--files->nr]);
}

static struct mbx_files *make_files(const struct mbx_fds *fds)
{
	struct mbx_files *files;
	u32 i;
	int err = 0;

	files = kzalloc(struct_size(files, file, fds->nr), GFP_KERNEL_ACCOUNT);
	if (!files)
		return ERR_PTR(-ENOMEM);
	refcount_set(&files->refs, 1);
	for (i = 0; i < fds->nr && !err; i++)
		err = add_file(files, fds->fds[i]);
	if (!err)
		return files;

	drop_files(files);
	kfree(files);
	return ERR_PTR(err);
}

/* Belongs to @user, which it has a reference to, from now on. */
static int charge_files(struct mbx_files *files, struct mbx_user *user)
{
	int err;

	err = mbx_quota_charge_fds(user, files->nr);
	if (err) {
		/* It may be due to processes that have just died. */
		mbx_reap_flush();
		err = mbx_quota_charge_fds(user, files->nr);
	}
	if (!err)
		files->user = user;
	return err;
}

/**
 * mbx_fds_copy() - read which descriptors, or how many
 * @fds: filled in
 * @ufds: the caller's
 *
 * Context: Process context.  Sleeps.
 * Return: 0, -E2BIG, -EFAULT, -EINVAL, -EOPNOTSUPP.
 */
int mbx_fds_copy(struct mbx_fds *fds, const struct mbx_fds __user *ufds)
{
	u32 usize;
	int err;

	if (get_user(usize, &ufds->size))
		return -EFAULT;
	if (usize < sizeof(*fds) || usize > PAGE_SIZE)
		return -EINVAL;
	err = copy_struct_from_user(fds, sizeof(*fds), ufds, usize);
	if (err)
		return err;
	if (fds->flags)
		return -EOPNOTSUPP;
	return fds->nr > MBX_FDS_MAX ? -EINVAL : 0;
}

/**
 * mbx_files_get() - get the files that are to travel with a message
 * @ufds: which
 *
 * Context: Process context.  Sleeps.
 * Return: the files with a reference, or NULL if there are none; or an error
 * pointer: -E2BIG, -EBADF, -EFAULT, -EINVAL, -ELOOP, -ENOMEM, -EOPNOTSUPP,
 * -ETOOMANYREFS.
 */
struct mbx_files *mbx_files_get(const struct mbx_fds __user *ufds)
{
	struct mbx_files *files;
	struct mbx_user *user;
	struct mbx_fds fds;
	int err;

	err = mbx_fds_copy(&fds, ufds);
	if (err || !fds.nr)
		return ERR_PTR(err);
	files = make_files(&fds);
	if (IS_ERR(files))
		return files;

	user = mbx_user_get(current_uid());
	err = user ? charge_files(files, user) : -ENOMEM;
	if (!err)
		return files;

	if (user)
		mbx_user_put(user);
	drop_files(files);
	kfree(files);
	return ERR_PTR(err);
}

/**
 * mbx_files_put() - drop a reference to files that travel
 * @files: the files; NULL is fine
 *
 * What closing the last of them brings about comes later, in a context of its own.
 *
 * Context: Process context.  Sleeps.
 */
void mbx_files_put(struct mbx_files *files)
{
	if (!files || !refcount_dec_and_test(&files->refs))
		return;
	mbx_quota_uncharge_fds(files->user, files->nr);
	mbx_user_put(files->user);
	drop_files(files);
	kfree(files);
}

/**
 * mbx_files_attach() - let files travel with a message
 * @box: the mailbox
 * @msg: a message that is not in the queue yet
 * @files: the files; the message takes a reference
 *
 * Context: The box is locked.
 * Return: 0; -ELOOP if they could keep the mailbox; -EPIPE if nobody will ever
 * receive them.
 */
int mbx_files_attach(struct mbx_box *box, struct mbx_msg *msg,
		     struct mbx_files *files)
{
	/* MBX_NO_RING */
	if (box->no_files)
		return -ELOOP;
	if (mbx_box_is_private(box) && !box->nr_may_receive)
		return -EPIPE;
	refcount_inc(&files->refs);
	msg->files = files;
	box->nr_fds += files->nr;
	mbx_box_set_special(box);
	return 0;
}

/**
 * mbx_files_may_move() - may a message go to another mailbox?
 * @to: that mailbox
 * @msg: the message
 *
 * Context: @to is locked.
 * Return: false if it has files, and nobody will ever receive them.
 */
bool mbx_files_may_move(const struct mbx_box *to, const struct mbx_msg *msg)
{
	/* MBX_NO_RING */
	if (!msg->files)
		return true;
	return !to->no_files && (!mbx_box_is_private(to) || to->nr_may_receive);
}

/**
 * mbx_files_move() - note that a message goes to another mailbox
 * @from: where it was
 * @to: where it will be
 * @msg: the message
 *
 * Context: Both are locked.
 */
void mbx_files_move(struct mbx_box *from, struct mbx_box *to,
		    const struct mbx_msg *msg)
{
	if (!msg->files)
		return;
	mbx_files_left(from, msg);
	to->nr_fds += msg->files->nr;
	mbx_box_set_special(to);
}

/**
 * mbx_files_left() - note that a message with files is gone
 * @box: the mailbox
 * @msg: the message
 *
 * Context: The box is locked.
 */
void mbx_files_left(struct mbx_box *box, const struct mbx_msg *msg)
{
	box->nr_fds -= msg->files->nr;
	mbx_box_set_special(box);
}
