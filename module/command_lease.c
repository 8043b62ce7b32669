// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that lease messages, and say what becomes of them.
 */
#include "command.h"
#include "lease.h"
#include "mbx.h"

/**
 * mbx_lease_receive() - receive a message with a lease
 * @handle: a handle with the right to receive
 * @rx: the buffer
 * @ms: how long the lease lasts
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: as mbx_receive(); or, with no message taken, -EDQUOT, -ENOSPC.
 */
int mbx_lease_receive(struct mbx_handle *handle, struct mbx_rx *rx, u32 ms)
{
	struct mbx_lease *lease;
	int err;

	lease = mbx_lease_create(handle->box, ms);
	if (IS_ERR(lease))
		return PTR_ERR(lease);
	rx->lease = lease;
	err = mbx_receive_special(handle, rx);
	if (rx->lease)
		mbx_lease_destroy(lease);
	return err;
}

static bool valid(const struct mbx_settle *arg)
{
	if (arg->flags & MBX_SETTLE_RENEW)
		return arg->flags == MBX_SETTLE_RENEW && arg->lease_ms;
	return !arg->lease_ms;
}

/**
 * mbx_run_settle() - say what becomes of a leased message
 * @request: MBX_IOC_SETTLE
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_settle(struct mbx_request *request)
{
	const struct mbx_settle *arg = &request->arg->settle;

	if (!(request->handle->rights & MBX_OPEN_RECEIVE))
		return -EBADF;
	if (arg->__reserved)
		return -EOPNOTSUPP;
	if (!valid(arg))
		return -EINVAL;
	return mbx_settle(request->handle, arg);
}
