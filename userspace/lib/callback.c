// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Calls whose callers are asked something by whoever serves them.
 */
#include <errno.h>

#include "internal.h"

/* What may be given again is given up: nobody would. */
static ssize_t give_up(struct mbx *m, uint64_t call, ssize_t why)
{
	mbx_hang_up(m, call);
	return why;
}

static ssize_t give_answer(struct mbx *m, struct mbx_call *arg,
			   const void *answer, ssize_t len)
{
	const uint64_t call = arg->out_seq;
	struct mbx_call next = {
		.size = sizeof(next),
		.flags = MBX_CALL_ANSWER,
		.data_ptr = (uintptr_t)answer,
		.data_len = len,
		.reply_ptr = arg->reply_ptr,
		.reply_len = arg->reply_len,
		.call = call,
	};
	ssize_t ret = mbx_call_ext(m, &next);

	if (ret < 0 && !next.out_seq)
		return give_up(m, call, ret);
	arg->out_pid = next.out_pid;
	arg->out_tid = next.out_tid;
	arg->out_len = next.out_len;
	arg->out_flags = next.out_flags;
	return ret;
}

ssize_t mbx_call_answering(struct mbx *m, struct mbx_call *arg,
			   mbx_answer_t answer, void *ctx)
{
	const void *data;
	ssize_t len, ret;

	arg->flags |= MBX_CALL_BACKS;
	ret = mbx_call_ext(m, arg);
	while (ret >= 0 && (arg->out_flags & MBX_CALL_ASKED)) {
		data = NULL;
		len = answer(ctx, arg, &data);
		if (len > UINT32_MAX)
			len = -EMSGSIZE;
		if (len < 0)
			return give_up(m, arg->out_seq, len);
		ret = give_answer(m, arg, data, len);
	}
	return ret;
}

ssize_t mbx_ask(struct mbx *m, uint64_t call, const void *question, size_t len,
		void *answer, size_t answer_len, uint64_t deadline)
{
	struct mbx_call arg = {
		.size = sizeof(arg),
		.flags = MBX_CALL_BACK,
		.data_ptr = (uintptr_t)question,
		.data_len = len,
		.deadline = deadline,
		.reply_ptr = (uintptr_t)answer,
		.reply_len = answer_len > UINT32_MAX ? UINT32_MAX : answer_len,
		.call = call,
	};

	if (len > UINT32_MAX)
		return -EMSGSIZE;
	return mbx_call_ext(m, &arg);
}

int mbx_hang_up(struct mbx *m, uint64_t call)
{
	struct mbx_call arg = {
		.size = sizeof(arg),
		.flags = MBX_CALL_HANG_UP,
		.call = call,
	};

	return mbx_ioctl(m->fd, MBX_IOC_CALL, &arg);
}
