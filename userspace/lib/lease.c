// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages that are to be dealt with at least once, and sent only once.
 */
#include <errno.h>

#include "internal.h"

ssize_t mbx_lease(struct mbx *m, void *buf, size_t len, uint32_t ms,
		  uint64_t deadline, uint64_t *seq)
{
	struct mbx_receive arg = {
		.size = sizeof(arg),
		.data_ptr = (uintptr_t)buf,
		.data_len = len > UINT32_MAX ? UINT32_MAX : len,
		.lease_ms = ms,
		.deadline = deadline,
	};
	ssize_t ret;

	if (!ms)
		return -EINVAL;
	ret = mbx_receive_ext(m, &arg);
	if (ret >= 0)
		*seq = arg.out_seq;
	return ret;
}

int mbx_settle_ext(struct mbx *m, struct mbx_settle *arg)
{
	return mbx_ioctl(m->fd, MBX_IOC_SETTLE, arg);
}

static int settle(struct mbx *m, uint64_t seq, uint32_t flags, uint32_t ms)
{
	struct mbx_settle arg = {
		.size = sizeof(arg),
		.flags = flags,
		.seq = seq,
		.lease_ms = ms,
	};

	return mbx_settle_ext(m, &arg);
}

int mbx_ack(struct mbx *m, uint64_t seq)
{
	return settle(m, seq, 0, 0);
}

int mbx_nack(struct mbx *m, uint64_t seq)
{
	return settle(m, seq, MBX_SETTLE_NACK, 0);
}

int mbx_renew(struct mbx *m, uint64_t seq, uint32_t ms)
{
	return settle(m, seq, MBX_SETTLE_RENEW, ms);
}

int mbx_send_once(struct mbx *m, const void *data, size_t len, uint64_t id,
		  uint64_t deadline)
{
	struct mbx_send arg = {
		.size = sizeof(arg),
		.data_ptr = (uintptr_t)data,
		.data_len = len,
		.deadline = deadline,
		.id = id,
	};

	if (len > UINT32_MAX)
		return -EMSGSIZE;
	if (!id)
		return -EINVAL;
	return mbx_send_ext(m, &arg);
}
