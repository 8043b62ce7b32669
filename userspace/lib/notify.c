// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Events.
 */
#include "internal.h"

int mbx_notify(struct mbx *m, uint32_t events, int fd)
{
	struct mbx_notify arg = {
		.size = sizeof(arg),
		.events = events,
		.fd = events ? fd : 0,
	};

	return mbx_notify_ext(m, &arg);
}

int mbx_notify_to(struct mbx *m, uint32_t events, struct mbx *to, uint64_t data)
{
	struct mbx_notify arg = {
		.size = sizeof(arg),
		.events = events,
		.fd = events ? to->fd : 0,
		.data = events ? data : 0,
	};

	return mbx_notify_ext(m, &arg);
}

int mbx_notify_read(struct mbx *m)
{
	struct mbx_notify arg = {
		.size = sizeof(arg),
		.flags = MBX_NOTIFY_READ,
	};
	int err = mbx_notify_ext(m, &arg);

	return err ? err : (int)arg.out_events;
}

int mbx_notify_ext(struct mbx *m, struct mbx_notify *arg)
{
	return mbx_ioctl(m->fd, MBX_IOC_NOTIFY, arg);
}
