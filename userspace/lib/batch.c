// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Many messages with few calls of the kernel.
 */
#include "internal.h"

/* As many as a mailbox has memory at hand for, if they are short. */
#define CHUNK 16U

int mbx_batch_ext(struct mbx *m, struct mbx_batch *arg)
{
	return mbx_ioctl(m->fd, MBX_IOC_BATCH, arg);
}

static unsigned int chunk_of(size_t nr)
{
	return nr < CHUNK ? nr : CHUNK;
}

/* No message is longer than an __u32 says. */
static __u32 length(size_t len)
{
	return len > UINT32_MAX ? UINT32_MAX : len;
}

static int send_some(struct mbx *m, const struct iovec *msgs, unsigned int nr,
		     uint64_t deadline)
{
	struct mbx_send args[CHUNK];
	struct mbx_batch batch = {
		.size = sizeof(batch),
		.vec_ptr = (uintptr_t)args,
		.nr = nr,
		.stride = sizeof(args[0]),
		.cmd = MBX_CMD_SEND,
	};
	unsigned int i;

	for (i = 0; i < nr; i++)
		args[i] = (struct mbx_send){
			.size = sizeof(args[i]),
			.data_ptr = (uintptr_t)msgs[i].iov_base,
			.data_len = length(msgs[i].iov_len),
			.deadline = deadline,
		};
	return mbx_batch_ext(m, &batch);
}

ssize_t mbx_send_many(struct mbx *m, const struct iovec *msgs, size_t nr,
		      uint64_t deadline)
{
	size_t done = 0;
	unsigned int chunk;
	int ret;

	do {
		chunk = chunk_of(nr - done);
		ret = send_some(m, msgs + done, chunk, deadline);
		if (ret < 0)
			return done ? (ssize_t)done : ret;
		done += ret;
	} while ((unsigned int)ret == chunk && done < nr);
	return done;
}

/* Waits for the first if @wait, and for no other. */
static int receive_some(struct mbx *m, struct iovec *bufs, unsigned int nr,
			uint64_t deadline, int wait)
{
	struct mbx_receive args[CHUNK];
	struct mbx_batch batch = {
		.size = sizeof(batch),
		.vec_ptr = (uintptr_t)args,
		.nr = nr,
		.stride = sizeof(args[0]),
		.cmd = MBX_CMD_RECEIVE,
	};
	unsigned int i;
	int ret;

	for (i = 0; i < nr; i++)
		args[i] = (struct mbx_receive){
			.size = sizeof(args[i]),
			.flags = i || !wait ? MBX_RECEIVE_NONBLOCK : 0,
			.data_ptr = (uintptr_t)bufs[i].iov_base,
			.data_len = length(bufs[i].iov_len),
			.deadline = i || !wait ? 0 : deadline,
		};
	ret = mbx_batch_ext(m, &batch);
	for (i = 0; i < nr && (int)i < ret; i++)
		bufs[i].iov_len = args[i].out_len;
	return ret;
}

ssize_t mbx_receive_many(struct mbx *m, struct iovec *bufs, size_t nr,
			 uint64_t deadline)
{
	size_t done = 0;
	unsigned int chunk;
	int ret;

	do {
		chunk = chunk_of(nr - done);
		ret = receive_some(m, bufs + done, chunk, deadline, !done);
		if (ret < 0)
			return done ? (ssize_t)done : ret;
		done += ret;
	} while ((unsigned int)ret == chunk && done < nr);
	return done;
}
