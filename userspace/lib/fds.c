// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Descriptors in messages.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

int mbx_send_fds(struct mbx *m, const void *data, size_t len, const int *fds,
		 unsigned int nr, uint64_t deadline)
{
	struct mbx_fds room = { .size = sizeof(room), .nr = nr };
	struct mbx_send arg = {
		.size = sizeof(arg),
		.data_ptr = (uintptr_t)data,
		.data_len = len,
		.deadline = deadline,
		.fds_ptr = (uintptr_t)&room,
	};

	if (len > UINT32_MAX)
		return -EMSGSIZE;
	if (nr > MBX_FDS_MAX)
		return -EINVAL;
	if (nr)
		memcpy(room.fds, fds, nr * sizeof(*fds));
	return mbx_send_ext(m, &arg);
}

ssize_t mbx_receive_fds(struct mbx *m, void *buf, size_t len, int *fds,
			unsigned int *nr, uint64_t deadline)
{
	struct mbx_fds room = { .size = sizeof(room), .nr = *nr };
	struct mbx_receive arg = {
		.size = sizeof(arg),
		.data_ptr = (uintptr_t)buf,
		.data_len = len > UINT32_MAX ? UINT32_MAX : len,
		.deadline = deadline,
		.fds_ptr = (uintptr_t)&room,
	};
	ssize_t ret = mbx_receive_ext(m, &arg);

	if (ret < 0)
		return ret;
	if (*nr > room.out_nr)
		*nr = room.out_nr;
	if (*nr)
		memcpy(fds, room.fds, *nr * sizeof(*fds));
	return ret;
}
