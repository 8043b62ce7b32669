// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of a message become descriptors of its receiver.
 *
 * A receive that fails leaves no descriptor behind, and one that has been there
 * cannot be taken away again: others may have found it.  So whatever can fail
 * comes first.  Before the message leaves its place the room has been written to,
 * and there is a number for each file.  Files get them once the caller has the
 * message.  Should one get none even so, since a security module objects, or since
 * another thread has taken the last number in the moment between giving one back
 * and asking for it, this file is lost, which the caller is told.  So are all of
 * them if the room cannot be written to any more.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/uaccess.h>

#include "fds.h"
#include "mbx.h"

static struct mbx_landing *landing_of(struct mbx_rx *rx)
{
	return container_of(rx, struct mbx_landing, rx);
}

static int write_fds(struct mbx_landing *landing, const s32 *fds)
{
	if (put_user(landing->carried, &landing->ufds->out_nr) ||
	    copy_to_user(landing->ufds->fds, fds, landing->nr * sizeof(*fds)))
		return -EFAULT;
	return 0;
}

/**
 * mbx_landing_begin() - find out what room there is for descriptors
 * @landing: filled in, but for @rx
 * @ufds: the room, in which there are none then
 *
 * Context: Process context.  Sleeps.
 * Return: 0, -E2BIG, -EFAULT, -EINVAL, -EOPNOTSUPP.
 */
int mbx_landing_begin(struct mbx_landing *landing, struct mbx_fds __user *ufds)
{
	struct mbx_fds fds;
	int err;

	err = mbx_fds_copy(&fds, ufds);
	if (err)
		return err;
	landing->rx.lands = true;
	landing->ufds = ufds;
	landing->nr = fds.nr;
	landing->carried = 0;
	landing->files = NULL;
	landing->nr_reserved = 0;
	memset(fds.fds, -1, sizeof(fds.fds));
	return write_fds(landing, fds.fds);
}

/**
 * mbx_landing_reserve() - make sure that there are numbers for descriptors
 * @rx: who receives
 * @msg: the message that has them; none is fine, and no room
 *
 * Context: Process context.  Sleeps.
 * Return: 0, -EMFILE or -ENOMEM.
 */
int mbx_landing_reserve(struct mbx_rx *rx, const struct mbx_msg *msg)
{
	struct mbx_landing *landing = landing_of(rx);
	int fd;

	if (!mbx_landing_sleeps(rx, msg))
		return 0;
	while (landing->nr_reserved < min(landing->nr, msg->files->nr)) {
		fd = get_unused_fd_flags(O_CLOEXEC);
		if (fd < 0)
			return fd;
		landing->fds[landing->nr_reserved++] = fd;
	}
	return 0;
}

/**
 * mbx_landing_note() - note what the message that is received has
 * @rx: who receives, or looks
 * @msg: the message
 *
 * Context: The box is locked.
 */
void mbx_landing_note(struct mbx_rx *rx, const struct mbx_msg *msg)
{
	struct mbx_landing *landing = landing_of(rx);

	if (!mbx_landing_sleeps(rx, msg))
		return;
	landing->carried = msg->files->nr;
	if (rx->peek)
		return;
	landing->files = msg->files;
	refcount_inc(&landing->files->refs);
}

/* Returns whether all that there is room for have arrived. */
static bool install(struct mbx_landing *landing, s32 *fds)
{
	const u32 nr = min(landing->nr, landing->files->nr);
	bool all = true;
	u32 i;

	for (i = 0; i < nr; i++) {
		put_unused_fd(landing->fds[i]);
		fds[i] = compat_receive_fd(landing->files->file[i], O_CLOEXEC);
		if (fds[i] >= 0)
			continue;
		fds[i] = -1;
		all = false;
	}
	return all;
}

static void release_reserved(struct mbx_landing *landing, u32 i)
{
	while (i < landing->nr_reserved)
		put_unused_fd(landing->fds[i++]);
}

/* Nobody would ever find them. */
static void close_all(const s32 *fds)
{
	u32 i;

	for (i = 0; i < MBX_FDS_MAX; i++)
		if (fds[i] >= 0)
			close_fd(fds[i]);
}

/**
 * mbx_landing_end() - give the caller the descriptors
 * @landing: begun
 *
 * Context: Process context.  Sleeps.
 * Return: false if some are lost that there was room for.
 */
bool mbx_landing_end(struct mbx_landing *landing)
{
	s32 fds[MBX_FDS_MAX];
	bool all = true;
	u32 done = 0;

	memset(fds, -1, sizeof(fds));
	if (landing->files) {
		all = install(landing, fds);
		done = min(landing->nr, landing->files->nr);
	}
	release_reserved(landing, done);
	mbx_files_put(landing->files);
	/* It was writable a moment ago, and is -1 if it is not now. */
	if (landing->carried && write_fds(landing, fds)) {
		close_all(fds);
		all = !done;
	}
	return all;
}
