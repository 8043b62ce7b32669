/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Batches of numbers, none of which waits unless a test wants that. */
#ifndef SELFTESTS_BATCH_H
#define SELFTESTS_BATCH_H

#include "peers.h"

#define NR 8
/* What the mailbox takes. */
#define ROOM 5
#define FIRST_NUMBER 100

FIXTURE(batch) {
	int control;
	int fd;
	struct mbx_send sends[NR];
	struct mbx_receive receives[NR];
	__u32 numbers[NR];
	__u32 got[NR];
	struct mbx_batch arg;
};

FIXTURE_SETUP(batch)
{
	int i;

	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, ROOM);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < NR; i++) {
		self->numbers[i] = FIRST_NUMBER + i;
		init_send(&self->sends[i], &self->numbers[i], 4,
			  MBX_SEND_NONBLOCK);
		init_receive(&self->receives[i], &self->got[i], 4,
			     MBX_RECEIVE_NONBLOCK);
	}
}

FIXTURE_TEARDOWN(batch)
{
	close(self->fd);
	close(self->control);
}

static inline void handle_nothing(int nr)
{
	(void)nr;
}

static inline void handle_signal(int nr, int flags)
{
	const struct sigaction act = {
		.sa_handler = handle_nothing,
		.sa_flags = flags,
	};

	sigaction(nr, &act, NULL);
}

/* The first @nr of @sends. */
static inline int send_batch(FIXTURE_DATA(batch) * self, int fd, __u32 nr)
{
	init_batch(&self->arg, MBX_CMD_SEND, self->sends,
		   sizeof(self->sends[0]), nr);
	return ioctl(fd, MBX_IOC_BATCH, &self->arg);
}

/* The first @nr of @receives. */
static inline int receive_batch(FIXTURE_DATA(batch) * self, int fd, __u32 nr)
{
	init_batch(&self->arg, MBX_CMD_RECEIVE, self->receives,
		   sizeof(self->receives[0]), nr);
	return ioctl(fd, MBX_IOC_BATCH, &self->arg);
}

/* The mailbox has the first @nr numbers, each once, and nothing else. */
static inline bool holds(int fd, __u32 nr)
{
	__u32 i;

	for (i = 0; i < nr; i++)
		if (receive_number(fd) != FIRST_NUMBER + i)
			return false;
	return receive_number(fd) == -1 && errno == EAGAIN;
}

#endif /* SELFTESTS_BATCH_H */
