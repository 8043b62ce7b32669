// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Calls: messages whose senders wait for a reply.
 */
#include <errno.h>

#include "internal.h"

ssize_t mbx_call_ext(struct mbx *m, struct mbx_call *arg)
{
	int err;

	/* A command that is refused at once leaves it alone. */
	arg->out_seq = 0;
	err = mbx_ioctl(m->fd, MBX_IOC_CALL, arg);
	return err < 0 ? err : (ssize_t)arg->out_len;
}

ssize_t mbx_call(struct mbx *m, const void *data, size_t len, void *reply,
		 size_t reply_len, uint64_t deadline)
{
	struct mbx_call arg = {
		.size = sizeof(arg),
		.data_ptr = (uintptr_t)data,
		.data_len = len,
		.deadline = deadline,
		.reply_ptr = (uintptr_t)reply,
		.reply_len = reply_len > UINT32_MAX ? UINT32_MAX : reply_len,
	};

	if (len > UINT32_MAX)
		return -EMSGSIZE;
	return mbx_call_ext(m, &arg);
}

static struct mbx_reply reply_of(uint64_t call, const void *data, size_t len)
{
	return (struct mbx_reply){
		.size = sizeof(struct mbx_reply),
		.call = call,
		.data_ptr = (uintptr_t)data,
		.data_len = len,
	};
}

int mbx_reply(struct mbx *m, uint64_t call, const void *data, size_t len)
{
	struct mbx_reply arg = reply_of(call, data, len);

	if (len > UINT32_MAX)
		return -EMSGSIZE;
	return mbx_ioctl(m->fd, MBX_IOC_REPLY, &arg);
}

ssize_t mbx_reply_receive(struct mbx *m, uint64_t *call, const void *data,
			  size_t len, struct mbx_receive *next)
{
	struct mbx_reply reply = reply_of(*call, data, len);
	ssize_t ret;

	if (*call && len > UINT32_MAX)
		return -EMSGSIZE;
	next->reply_ptr = *call ? (uintptr_t)&reply : 0;
	ret = mbx_receive_ext(m, next);
	next->reply_ptr = 0;
	*call = reply.call;
	return ret;
}
