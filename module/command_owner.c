// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands about ownership.
 */
#include <linux/err.h>

#include "command.h"
#include "mbx.h"

static long pass_to(struct mbx_handle *handle, pid_t pid, bool as_successor)
{
	struct mbx_proc *to = mbx_direct_proc(pid);
	long err;

	if (IS_ERR(to))
		return PTR_ERR(to);
	err = mbx_box_pass(handle, to, as_successor);
	mbx_proc_put(to);
	return err;
}

/**
 * mbx_run_transfer() - let another process own a mailbox
 * @request: MBX_IOC_TRANSFER
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_transfer(struct mbx_request *request)
{
	const struct mbx_transfer *arg = &request->arg->transfer;
	const bool as_successor = arg->flags & MBX_TRANSFER_SUCCESSOR;
	struct mbx_handle *handle = request->handle;
	int err;

	if (arg->__reserved)
		return -EOPNOTSUPP;
	if (arg->pid < 0 || (!arg->pid && !as_successor))
		return -EINVAL;
	/* Who is not the owner learns nothing about processes. */
	err = mbx_box_may_pass(handle);
	if (err)
		return err;
	return arg->pid ? pass_to(handle, arg->pid, as_successor) :
			  mbx_box_pass(handle, NULL, true);
}
