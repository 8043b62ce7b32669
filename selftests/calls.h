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

/* Waits in vain for somebody who kills it. */
static inline void wait_for_the_end(void)
{
	for (;;)
		pause();
}

static inline int end_of(struct child *child)
{
	kill(child->pid, SIGKILL);
	return child_join(child);
}

/* A process that takes a call, and then does nothing until it is killed. */
static inline void server_start(struct child *server, int fd)
{
	if (child_start(server))
		return;
	CHECK(box_receive(fd, &(__u32){ 0 }, sizeof(__u32), 0) >= 0);
	wait_for_the_end();
}

FIXTURE(call) {
	int control;
	int fd;
	struct mbx_receive got;
	struct counts before;
};

FIXTURE_VARIANT(call)
{
	__u32 capacity;
};

FIXTURE_VARIANT_ADD(call, rendezvous){
	.capacity = 0,
};

FIXTURE_VARIANT_ADD(call, bounded){
	.capacity = 2,
};

FIXTURE_VARIANT_ADD(call, unbounded){
	.capacity = MBX_UNBOUNDED,
};

FIXTURE_SETUP(call)
{
	OPEN_CONTROL(self->control);
	self->before = counts_now();
	self->fd = box_create(self->control, NULL, 0, variant->capacity);
	ASSERT_LE(0, self->fd);
}

/* Nobody waits for anything, and nothing is left. */
FIXTURE_TEARDOWN(call)
{
	struct mbx_stat stat;

	if (!box_stat(self->fd, &stat)) {
		EXPECT_EQ(0, stat.out_senders);
		EXPECT_EQ(0, stat.out_callers);
		EXPECT_EQ(0, stat.out_depth);
		EXPECT_EQ(0, stat.out_bytes);
		EXPECT_EQ(stat.out_sent, stat.out_received + stat.out_lost);
		EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	}
	close(self->fd);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* A job that calls, and whose call the test has taken through @from. */
#define TAKEN(job, from)                                   \
	do {                                               \
		ASSERT_TRUE(job_blocks(job));              \
		ASSERT_EQ(7, take_call(from, &self->got)); \
		ASSERT_TRUE(has_callers(self->fd, 0, 1));  \
	} while (0)

/* Nobody had it, nothing was sent. */
static inline bool untaken(int fd, const struct job *job)
{
	struct mbx_stat stat;

	return !job->call.out_seq && !box_stat(fd, &stat) && !stat.out_sent &&
	       !stat.out_senders && !stat.out_callers;
}

#endif /* SELFTESTS_CALLS_H */
