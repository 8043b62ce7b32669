// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages, and the deadlines of waiting for them.
 */
#include <errno.h>
#include <time.h>

#include "internal.h"

#define NSEC_PER_SEC 1000000000LL
#define NSEC_PER_MSEC 1000000LL

int mbx_send_ext(struct mbx *m, struct mbx_send *arg)
{
	return mbx_ioctl(m->fd, MBX_IOC_SEND, arg);
}

static int send_plain(struct mbx *m, const void *data, size_t len,
		      struct mbx_send *arg)
{
	if (len > UINT32_MAX)
		return -EMSGSIZE;
	arg->size = sizeof(*arg);
	arg->data_ptr = (uintptr_t)data;
	arg->data_len = len;
	return mbx_send_ext(m, arg);
}

int mbx_send(struct mbx *m, const void *data, size_t len)
{
	struct mbx_send arg = { 0 };

	return send_plain(m, data, len, &arg);
}

int mbx_try_send(struct mbx *m, const void *data, size_t len)
{
	struct mbx_send arg = { .flags = MBX_SEND_NONBLOCK };

	return send_plain(m, data, len, &arg);
}

int mbx_send_until(struct mbx *m, const void *data, size_t len,
		   uint64_t deadline)
{
	struct mbx_send arg = { .deadline = deadline };

	return send_plain(m, data, len, &arg);
}

int mbx_send_sync(struct mbx *m, const void *data, size_t len,
		  uint64_t deadline)
{
	struct mbx_send arg = {
		.flags = MBX_SEND_SYNC,
		.deadline = deadline,
	};
	int err = send_plain(m, data, len, &arg);

	return err ? err : arg.out_pid;
}

ssize_t mbx_receive_ext(struct mbx *m, struct mbx_receive *arg)
{
	int err = mbx_ioctl(m->fd, MBX_IOC_RECEIVE, arg);

	return err ? err : (ssize_t)arg->out_len;
}

/* No message is longer than an __u32 says, so more room is no use. */
static ssize_t receive_plain(struct mbx *m, void *buf, size_t len, __u32 flags,
			     __u64 deadline)
{
	struct mbx_receive arg = {
		.size = sizeof(arg),
		.flags = flags,
		.data_ptr = (uintptr_t)buf,
		.data_len = len > UINT32_MAX ? UINT32_MAX : len,
		.deadline = deadline,
	};

	return mbx_receive_ext(m, &arg);
}

ssize_t mbx_receive(struct mbx *m, void *buf, size_t len)
{
	return receive_plain(m, buf, len, 0, 0);
}

ssize_t mbx_try_receive(struct mbx *m, void *buf, size_t len)
{
	return receive_plain(m, buf, len, MBX_RECEIVE_NONBLOCK, 0);
}

ssize_t mbx_receive_until(struct mbx *m, void *buf, size_t len,
			  uint64_t deadline)
{
	return receive_plain(m, buf, len, 0, deadline);
}

ssize_t mbx_peek(struct mbx *m, void *buf, size_t len)
{
	return receive_plain(m, buf, len,
			     MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK, 0);
}

uint64_t mbx_deadline_ns(int64_t ns)
{
	struct timespec ts;
	int64_t now;

	if (ns < 0)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	if (ns > INT64_MAX - now)
		return INT64_MAX;
	return now + ns ? now + ns : 1;
}

uint64_t mbx_deadline_ms(int64_t ms)
{
	if (ms > INT64_MAX / NSEC_PER_MSEC)
		return INT64_MAX;
	return mbx_deadline_ns(ms < 0 ? ms : ms * NSEC_PER_MSEC);
}
