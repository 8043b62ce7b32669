/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_FDS_H
#define MBX_FDS_H

#include <linux/refcount.h>
#include <uapi/linux/ipc_mailbox.h>

#include "transfer.h"

struct file;
struct mbx_user;

/**
 * struct mbx_files - open files that travel with a message
 * @refs: the message, and whoever sends or receives it
 * @nr: length of @file [const]
 * @user: charged for them [const]
 * @file: with a reference each [const]
 */
struct mbx_files {
	refcount_t refs;
	u32 nr;
	struct mbx_user *user;
	struct file *file[];
};

/**
 * struct mbx_landing - a buffer to receive into, with room for descriptors
 * @rx: the buffer
 * @ufds: the room
 * @nr: how many fit
 * @carried: how many the message has
 * @files: those that the caller gets, with a reference, or NULL
 * @fds: @nr_reserved numbers that nobody else gets, then those that are told
 * @nr_reserved: see @fds
 */
struct mbx_landing {
	struct mbx_rx rx;
	struct mbx_fds __user *ufds;
	u32 nr;
	u32 carried;
	struct mbx_files *files;
	u32 nr_reserved;
	s32 fds[MBX_FDS_MAX];
};

/* fds.c */
int mbx_fds_copy(struct mbx_fds *fds, const struct mbx_fds __user *ufds);
struct mbx_files *mbx_files_get(const struct mbx_fds __user *ufds);
void mbx_files_put(struct mbx_files *files);
int mbx_files_attach(struct mbx_box *box, struct mbx_msg *msg,
		     struct mbx_files *files);
void mbx_files_left(struct mbx_box *box, const struct mbx_msg *msg);
bool mbx_files_may_move(const struct mbx_box *to, const struct mbx_msg *msg);
void mbx_files_move(struct mbx_box *from, struct mbx_box *to,
		    const struct mbx_msg *msg);

/* landing.c */
int mbx_landing_begin(struct mbx_landing *landing, struct mbx_fds __user *ufds);
int mbx_landing_reserve(struct mbx_rx *rx, const struct mbx_msg *msg);
void mbx_landing_note(struct mbx_rx *rx, const struct mbx_msg *msg);
bool mbx_landing_end(struct mbx_landing *landing);

/**
 * mbx_landing_loses() - will descriptors of a message be lost?
 * @rx: who receives it
 * @msg: the message
 *
 * Return: true if there are some, and no room for all of them.
 */
static inline bool mbx_landing_loses(const struct mbx_rx *rx,
				     const struct mbx_msg *msg)
{
	if (!msg->files || rx->peek)
		return false;
	return !rx->lands ||
	       container_of(rx, struct mbx_landing, rx)->nr < msg->files->nr;
}

/**
 * mbx_landing_sleeps() - must descriptors be reserved for a message?
 * @rx: who receives it; NULL is fine
 * @msg: the message
 *
 * Return: true if so, which cannot be done with a box locked.
 */
static inline bool mbx_landing_sleeps(const struct mbx_rx *rx,
				      const struct mbx_msg *msg)
{
	return msg->files && rx && rx->lands;
}

#endif /* MBX_FDS_H */
