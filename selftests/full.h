/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mailboxes without room, and sends that do not wait for it. */
#ifndef SELFTESTS_FULL_H
#define SELFTESTS_FULL_H

#include "mailbox.h"

static inline int create_full(int control, __u32 full, __u32 capacity)
{
	struct mbx_create arg;

	init_create(&arg, NULL, MBX_CREATE_OWNED, capacity);
	arg.full = full;
	return ioctl(control, MBX_IOC_CREATE, &arg);
}

/* Returns what the command answers, or -1 with errno; NULL @seq: it is ignored. */
static inline int send_full(int fd, __u32 number, __u32 flags, __u32 priority,
			    __u64 *seq)
{
	struct mbx_send arg;
	int ret;

	init_send(&arg, &number, sizeof(number), flags);
	arg.priority = priority;
	ret = ioctl(fd, MBX_IOC_SEND, &arg);
	if (seq)
		*seq = arg.out_seq;
	return ret;
}

static inline int drop_oldest(int fd, __u32 number)
{
	return send_full(fd, number, MBX_SEND_DROP_OLDEST, 0, NULL);
}

static inline int drop_newest(int fd, __u32 number)
{
	return send_full(fd, number, MBX_SEND_DROP_NEWEST, 0, NULL);
}

static inline int defer_number(int fd, __u32 number)
{
	return send_full(fd, number, MBX_SEND_DEFER, 0, NULL);
}

/* The numbers from @first to before @end, in room that there is. */
static inline bool fill_full(int fd, __u32 first, __u32 end)
{
	for (; first < end; first++)
		if (send_number(fd, first))
			return false;
	return true;
}

/* Of numbers only; whatever else was sent has been received. */
static inline bool has_counts(int fd, __u64 sent, __u64 lost, __u32 depth)
{
	struct mbx_stat stat;

	return !box_stat(fd, &stat) && stat.out_sent == sent &&
	       stat.out_lost == lost && stat.out_depth == depth &&
	       stat.out_received == sent - lost - depth &&
	       stat.out_bytes == depth * sizeof(__u32) &&
	       stat.out_bytes_sent == sent * sizeof(__u32);
}

/* Receives numbers until there are none; are they @nr of these? */
static inline bool holds_numbers(int fd, const __u32 *numbers, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (receive_number(fd) != numbers[i])
			return false;
	return receive_number(fd) == -1 && errno == EAGAIN;
}

#define HOLDS(fd, ...)                                    \
	holds_numbers(fd, (const __u32[]){ __VA_ARGS__ }, \
		      sizeof((const __u32[]){ __VA_ARGS__ }) / sizeof(__u32))

#endif /* SELFTESTS_FULL_H */
