/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that are leased, and dead-letter mailboxes. */
#ifndef SELFTESTS_LEASE_H
#define SELFTESTS_LEASE_H

#include "peers.h"

#include <poll.h>

/* Longer than any test. */
#define LONG_MS 3600000

struct leased {
	__u32 number;
	__u32 deliveries;
	__u64 seq;
};

/* Leases a number; returns 0, or -1 with errno. */
static inline int lease_with(int fd, struct leased *got, __u32 ms, __u32 flags)
{
	struct mbx_receive arg;

	init_receive(&arg, &got->number, sizeof(got->number), flags);
	arg.lease_ms = ms;
	if (ioctl(fd, MBX_IOC_RECEIVE, &arg))
		return -1;
	got->seq = arg.out_seq;
	got->deliveries = arg.out_deliveries;
	return 0;
}

/* Without waiting: the number, or -1 with errno; the rest is in @got. */
static inline long long lease(int fd, struct leased *got)
{
	return lease_with(fd, got, LONG_MS, MBX_RECEIVE_NONBLOCK) ?
		       -1 :
		       (long long)got->number;
}

static inline int ack(int fd, const struct leased *got)
{
	return box_settle(fd, got->seq, 0);
}

static inline int nack(int fd, const struct leased *got)
{
	return box_settle(fd, got->seq, MBX_SETTLE_NACK);
}

static inline int renew(int fd, const struct leased *got, __u32 ms)
{
	struct mbx_settle arg;

	init_settle(&arg, got->seq, MBX_SETTLE_RENEW);
	arg.lease_ms = ms;
	return ioctl(fd, MBX_IOC_SETTLE, &arg);
}

/* What came back first is there again. */
static inline bool wait_readable(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, WAIT_LIMIT / MSEC) == 1;
}

/* A mailbox whose messages go to @to after @max deliveries. */
static inline int box_create_over(int control, int to, __u32 max,
				  __u32 capacity)
{
	struct mbx_create arg;

	init_create(&arg, NULL, MBX_CREATE_OWNED | MBX_CREATE_DEAD_LETTER,
		    capacity);
	arg.dead_letter = to;
	arg.deliveries_max = max;
	return ioctl(control, MBX_IOC_CREATE, &arg);
}

static inline struct mbx_stat stat_of(int fd)
{
	struct mbx_stat stat = {};

	box_stat(fd, &stat);
	return stat;
}

#endif /* SELFTESTS_LEASE_H */
