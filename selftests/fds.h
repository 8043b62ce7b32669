/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors in messages.  What a test looks at are pipes: the end that is read
 * tells whether somebody, or some message, still has the other one.
 */
#ifndef SELFTESTS_FDS_H
#define SELFTESTS_FDS_H

#include "peers.h"

#include <poll.h>

static inline void init_fds(struct mbx_fds *arg, const int *fd, __u32 nr)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = 0;
	arg->nr = nr;
	if (fd)
		memcpy(arg->fds, fd, nr * sizeof(*fd));
}

/* Sends a number with descriptors, without waiting unless told to. */
static inline int send_fds(int box, __u32 number, const int *fd, __u32 nr,
			   __u32 flags)
{
	struct mbx_send arg;
	struct mbx_fds fds;

	init_send(&arg, &number, sizeof(number), flags);
	init_fds(&fds, fd, nr);
	arg.fds_ptr = (uintptr_t)&fds;
	return ioctl(box, MBX_IOC_SEND, &arg);
}

/* Sends one and closes it, whatever comes of that. */
static inline int give_fd(int box, __u32 number, int fd, __u32 flags)
{
	int ret = send_fds(box, number, &fd, 1, flags);
	int error = errno;

	close(fd);
	errno = error;
	return ret;
}

/* A number with its descriptors. */
struct parcel {
	struct mbx_fds fds;
	__u32 number;
	__u32 flags;
};

/* Returns 0, or -1 with errno; there is room for @nr descriptors. */
static inline int receive_fds(int box, struct parcel *parcel, __u32 nr,
			      __u32 flags)
{
	struct mbx_receive arg;

	init_receive(&arg, &parcel->number, sizeof(parcel->number),
		     MBX_RECEIVE_NONBLOCK | flags);
	init_fds(&parcel->fds, NULL, nr);
	arg.fds_ptr = (uintptr_t)&parcel->fds;
	if (ioctl(box, MBX_IOC_RECEIVE, &arg))
		return -1;
	parcel->flags = arg.out_flags;
	return 0;
}

/* Returns the one descriptor of the next message, or -1. */
static inline int take_one(int box)
{
	struct parcel parcel;

	if (receive_fds(box, &parcel, 1, 0) || parcel.fds.out_nr != 1 ||
	    parcel.flags)
		return -1;
	return parcel.fds.fds[0];
}

/* A pipe of which only one end is to be left here. */
struct line {
	int in;
	int out;
};

static inline struct line line_make(void)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		abort();
	return (struct line){ .in = fd[0], .out = fd[1] };
}

/* Nobody has the end that is written. */
static inline bool line_is_cut(int in)
{
	struct pollfd poll_in = { .fd = in };

	return poll(&poll_in, 1, 0) == 1 && (poll_in.revents & POLLHUP);
}

/* What is closed by the kernel is closed a moment later. */
static inline bool wait_cut(int in)
{
	return wait_until(line_is_cut(in));
}

static inline bool line_works(int in, int out)
{
	char c = 0;

	return write(out, "x", 1) == 1 && read(in, &c, 1) == 1 && c == 'x';
}

/* Sends the far end of a new pipe; returns the near one, or -1. */
static inline int post_line(int box, __u32 number, __u32 flags)
{
	struct line line = line_make();

	if (give_fd(box, number, line.out, flags) >= 0)
		return line.in;
	close(line.in);
	return -1;
}

#endif /* SELFTESTS_FDS_H */
