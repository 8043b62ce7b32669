// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that make handles of handles, and take them away again.
 */
#include <linux/file.h>

#include "command.h"
#include "mbx.h"

/* May what @arg asks for be made of @parent? */
static int check_derive(const struct mbx_handle *parent,
			const struct mbx_derive *arg)
{
	const bool sends = arg->rights & MBX_OPEN_SEND;

	if (arg->__reserved || (arg->rights & ~MBX_OPEN_ALL))
		return -EOPNOTSUPP;
	if ((arg->flags & MBX_DERIVE_ONESHOT) && !sends)
		return -EINVAL;
	if (arg->rights & ~parent->rights)
		return -EACCES;
	/* Many that are good for one send each would be good for many. */
	if (parent->oneshot && sends)
		return -EPERM;
	if (parent->badge && arg->badge && arg->badge != parent->badge)
		return -EPERM;
	return 0;
}

/**
 * mbx_run_derive() - make a handle with fewer rights
 * @call: MBX_IOC_DERIVE
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_derive(struct mbx_call *call)
{
	const struct mbx_derive *arg = &call->arg->derive;
	struct mbx_handle *parent = call->handle;
	struct file *file;
	int fd, err;

	err = check_derive(parent, arg);
	if (err)
		return err;
	fd = mbx_prepare_fd(mbx_handle_derive(parent, arg->rights,
					      arg->badge ?: parent->badge,
					      arg->flags & MBX_DERIVE_ONESHOT),
			    &file);
	if (fd >= 0)
		fd_install(fd, file);
	return fd;
}

/**
 * mbx_run_revoke() - end what was derived from a handle
 * @call: MBX_IOC_REVOKE
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_revoke(struct mbx_call *call)
{
	u64 *nr = &call->arg->revoke.out_handles;
	int err;

	*nr = 0;
	err = mbx_reply(call);
	if (!err)
		err = mbx_revoke(call->handle, nr);
	if (err)
		return err;
	/* It was writable a moment ago, and what has been done has been done. */
	(void)mbx_reply(call);
	return 0;
}
