/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of calls: a server by hand. */
#ifndef SELFTESTS_CALLS_H
#define SELFTESTS_CALLS_H

#include "peers.h"

/* Takes the next message, without waiting: its number, or -1 with errno. */
static inline long long take_call(int fd, struct mbx_receive *arg)
{
	__u32 number = POISON_U32;

	init_receive(arg, &number, sizeof(number), MBX_RECEIVE_NONBLOCK);
	return ioctl(fd, MBX_IOC_RECEIVE, arg) ? -1 : (long long)number;
}

static inline int reply_number(int fd, __u64 call, __u32 number)
{
	return box_reply(fd, call, &number, sizeof(number));
}

/* How many callers there are: not taken yet, and taken. */
static inline bool has_callers(int fd, unsigned int senders,
			       unsigned int callers)
{
	struct mbx_stat stat;

	return !box_stat(fd, &stat) && stat.out_senders == senders &&
	       stat.out_callers == callers;
}

#endif /* SELFTESTS_CALLS_H */
