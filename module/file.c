// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files: the control device, and mailbox handles.
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "mbx.h"

static bool has_right(const struct file *file, u32 right)
{
	const struct mbx_handle *handle = file->private_data;

	return handle->rights & right;
}

static ssize_t handle_read(struct file *file, char __user *buf, size_t len,
			   loff_t *pos)
{
	struct mbx_rx rx = {
		.data = buf,
		.len = min_t(size_t, len, U32_MAX),
		.nonblock = mbx_file_nonblock(file),
	};
	int err;

	if (!has_right(file, MBX_OPEN_RECEIVE))
		return -EBADF;
	err = mbx_receive(file->private_data, &rx);
	return err ?: (ssize_t)rx.msg_len;
}

static ssize_t handle_write(struct file *file, const char __user *buf,
			    size_t len, loff_t *pos)
{
	struct mbx_tx tx = {
		.data = buf,
		.len = min_t(size_t, len, U32_MAX),
		.nonblock = mbx_file_nonblock(file),
	};
	int err;

	if (!has_right(file, MBX_OPEN_SEND))
		return -EBADF;
	err = mbx_send(file->private_data, &tx);
	if (tx.peer)
		mbx_task_put(tx.peer);
	return err < 0 ? err : (ssize_t)len;
}

/*
 * Whoever has no use for an event must not be woken for it: with EPOLLEXCLUSIVE
 * nobody else would be.
 */
static __poll_t handle_poll(struct file *file, poll_table *wait)
{
	struct mbx_handle *handle = file->private_data;
	struct mbx_box *box = handle->box;
	__poll_t mask = EPOLLHUP | EPOLLERR;

	if (handle->rights & MBX_OPEN_RECEIVE) {
		poll_wait(file, &box->poll_in, wait);
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	}
	if (handle->rights & MBX_OPEN_SEND) {
		poll_wait(file, &box->poll_out, wait);
		mask |= EPOLLOUT | EPOLLWRNORM;
	}
	if (!(handle->rights & (MBX_OPEN_RECEIVE | MBX_OPEN_SEND)))
		poll_wait(file, &box->poll_end, wait);
	return mbx_box_ready(handle) & mask;
}

/*
 * Called for each close, also by a process that exits: once its parent has
 * seen the exit, the mailboxes that it owned are gone.  One that has closed its
 * handles before is cleaned up after a moment later.
 */
static int file_flush(struct file *file, fl_owner_t id)
{
	if (current->flags & PF_EXITING)
		mbx_reap_flush();
	return 0;
}

static int handle_flush(struct file *file, fl_owner_t id)
{
	mbx_holder_closes(file->private_data);
	return file_flush(file, id);
}

static int handle_release(struct inode *inode, struct file *file)
{
	mbx_full_withdraw(file->private_data);
	mbx_call_close(file->private_data);
	mbx_settle_closed(file->private_data);
	mbx_handle_destroy(file->private_data);
	return 0;
}

static void show_capacity(struct seq_file *m, u32 capacity)
{
	if (capacity == MBX_UNBOUNDED)
		seq_puts(m, "mailbox-capacity:\tunbounded\n");
	else
		seq_printf(m, "mailbox-capacity:\t%u\n", capacity);
}

static const char *state_name(int err)
{
	switch (err) {
	case 0:
		return "alive";
	case -EIDRM:
		return "deleted";
	case -EKEYREVOKED:
		return "revoked";
	default:
		return "owner-dead";
	}
}

static void handle_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct mbx_handle *handle = file->private_data;
	struct mbx_stat stat;
	int err;

	mbx_box_stat(handle->box, &stat);
	err = mbx_handle_ended(handle);
	seq_printf(m, "mailbox-id:\t%llu\n", stat.out_id);
	if (stat.out_name_len)
		seq_printf(m, "mailbox-name:\t%s\n", stat.out_name);
	seq_printf(m, "mailbox-state:\t%s\n", state_name(err));
	seq_printf(m, "mailbox-rights:\t%s%s%s\n",
		   handle->rights & MBX_OPEN_RECEIVE ? "r" : "-",
		   handle->rights & MBX_OPEN_SEND ? "w" : "-",
		   handle->rights & MBX_OPEN_MANAGE ? "m" : "-");
	/* The rest is none of its business any more. */
	if (err == -EKEYREVOKED)
		return;
	show_capacity(m, stat.out_capacity);
	seq_printf(m, "mailbox-depth:\t%u\n", stat.out_depth);
	seq_printf(m, "mailbox-bytes:\t%llu\n", stat.out_bytes);
	seq_printf(m, "mailbox-sent:\t%llu\n", stat.out_sent);
	seq_printf(m, "mailbox-received:\t%llu\n", stat.out_received);
	seq_printf(m, "mailbox-senders:\t%u\n", stat.out_senders);
	seq_printf(m, "mailbox-receivers:\t%u\n", stat.out_receivers);
}

const struct file_operations mbx_handle_fops = {
	.owner = THIS_MODULE,
	.read = handle_read,
	.write = handle_write,
	.poll = handle_poll,
	.unlocked_ioctl = mbx_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.flush = handle_flush,
	.release = handle_release,
	.show_fdinfo = handle_show_fdinfo,
};

const struct file_operations mbx_control_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = mbx_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.flush = file_flush,
};

/**
 * mbx_handle_open() - make a file for a handle
 * @handle: the handle; belongs to the file, and is destroyed on error
 *
 * Context: Process context.  Sleeps.
 * Return: the file, or an error pointer: -ENFILE, -ENOMEM.
 */
struct file *mbx_handle_open(struct mbx_handle *handle)
{
	struct file *file;

	file = anon_inode_getfile("[mailbox]", &mbx_handle_fops, handle,
				  O_RDWR);
	if (IS_ERR(file)) {
		mbx_handle_destroy(handle);
		return file;
	}
	stream_open(file_inode(file), file);
	mbx_holder_has_file(handle, file);
	return file;
}
