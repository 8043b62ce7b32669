// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that make handles of handles, take them away again, or administer
 * the mailbox.
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
 * @request: MBX_IOC_DERIVE
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_derive(struct mbx_request *request)
{
	const struct mbx_derive *arg = &request->arg->derive;
	struct mbx_handle *parent = request->handle;
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
 * @request: MBX_IOC_REVOKE
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_revoke(struct mbx_request *request)
{
	u64 *nr = &request->arg->revoke.out_handles;
	int err;

	*nr = 0;
	err = mbx_write_out(request);
	if (!err)
		err = mbx_revoke(request->handle, nr);
	if (err)
		return err;
	/* It was writable a moment ago, and what has been done has been done. */
	(void)mbx_write_out(request);
	return 0;
}

static int check_managed(struct mbx_handle *handle)
{
	const int err = mbx_handle_ended(handle);

	if (err || (handle->rights & MBX_OPEN_MANAGE))
		return err;
	return mbx_box_deletable(handle->box) ? 0 : -EPERM;
}

static int get_action(const struct mbx_request *request,
		      struct mbx_action *action)
{
	const struct mbx_control *arg = &request->arg->control;

	if (arg->__reserved)
		return -EOPNOTSUPP;
	if (arg->op > MBX_CONTROL_DRAIN ||
	    (arg->deadline && arg->op != MBX_CONTROL_DRAIN))
		return -EINVAL;
	action->op = arg->op;
	action->nonblock = mbx_file_nonblock(request->file);
	return mbx_deadline_set(&action->deadline, &action->clock,
				arg->deadline,
				arg->flags & MBX_CONTROL_REALTIME);
}

/**
 * mbx_run_control() - administer a mailbox
 * @request: MBX_IOC_CONTROL
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_control(struct mbx_request *request)
{
	struct mbx_action action = {};
	u64 *count = &request->arg->control.out_count;
	int err;

	*count = 0;
	err = get_action(request, &action)	     ?:
		      check_managed(request->handle) ?:
						       mbx_write_out(request);
	if (err)
		return err;
	err = mbx_control(request->handle, &action);
	*count = action.count;
	/* It was writable a moment ago. */
	(void)mbx_write_out(request);
	return err;
}
