// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kill -9 at any moment: what the dead had comes back, and what they shared
 * with the living keeps working.
 */
#include <sys/epoll.h>

#include "peers.h"

#define CHILDREN 16

FIXTURE(storm) {
	int control;
	int fd;
	__u64 random;
	struct counts before;
};

FIXTURE_VARIANT(storm)
{
	int deaths;
	__u32 capacity;
};

FIXTURE_VARIANT_ADD(storm, rendezvous){
	.deaths = 200,
	.capacity = 0,
};

FIXTURE_VARIANT_ADD(storm, one_place){
	.deaths = 200,
	.capacity = 1,
};

FIXTURE_VARIANT_ADD(storm, unbounded){
	.deaths = 200,
	.capacity = MBX_UNBOUNDED,
};

FIXTURE_SETUP(storm)
{
	OPEN_CONTROL(self->control);
	self->before = counts_now();
	self->random = 20 + variant->capacity;
	self->fd = box_create(self->control, NULL, 0, variant->capacity);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(storm)
{
}

static void *receive_forever(void *arg)
{
	char data[8192];

	for (;;)
		box_receive(*(int *)arg, data, sizeof(data), 0);
	return NULL;
}

static void send_something(int fd, __u64 *random, __u32 flags)
{
	static char data[8192];
	struct mbx_send arg;

	init_send(&arg, data, next_random(random) % sizeof(data), flags);
	arg.deadline = next_random(random) % 4 ? 0 : in_ms(1);
	if (flags & MBX_SEND_NONBLOCK)
		arg.deadline = 0;
	ioctl(fd, MBX_IOC_SEND, &arg);
}

/* Whatever one can do with mailboxes, until killed. */
static void misbehave(int control, int fd, __u64 random)
{
	char data[8192];
	pthread_t thread;
	int ep = epoll_create1(0), own;
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	for (;;) {
		switch (next_random(&random) % 8) {
		case 0:
			own = box_create(control, NULL, MBX_CREATE_OWNED, 2);
			send_something(own, &random, MBX_SEND_NONBLOCK);
			break;
		case 1:
			own = box_create(control, "storm", MBX_CREATE_OWNED, 2);
			send_something(own, &random, MBX_SEND_NONBLOCK);
			if (next_random(&random) % 2)
				close(own);
			break;
		case 2:
			send_something(fd, &random, 0);
			break;
		case 3:
			send_something(fd, &random, MBX_SEND_SYNC);
			break;
		case 4:
			send_something(fd, &random, MBX_SEND_NONBLOCK);
			break;
		case 5:
			box_receive(fd, data, sizeof(data), 0);
			break;
		case 6:
			epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
			epoll_wait(ep, &event, 1, 1);
			break;
		default:
			if (next_random(&random) % 8 == 0)
				pthread_create(&thread, NULL, receive_forever,
					       &fd);
			box_receive(fd, data, next_random(&random) % 4096,
				    MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK);
		}
	}
}

static pid_t start_one(FIXTURE_DATA(storm) * self)
{
	__u64 random = next_random(&self->random);
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		misbehave(self->control, self->fd, random);
	}
	return pid;
}

static void one_dies(FIXTURE_DATA(storm) * self, pid_t *children)
{
	pid_t *victim = &children[next_random(&self->random) % CHILDREN];
	__u32 spin = next_random(&self->random) % 3;

	while (spin--)
		pause_briefly();
	kill(*victim, SIGKILL);
	waitpid(*victim, NULL, 0);
	*victim = start_one(self);
}

/* Nobody is left: the mailbox must work as if nothing had been. */
static bool still_works(int fd, __u32 capacity)
{
	char data[8192];
	struct job *job;

	while (box_receive(fd, data, sizeof(data), MBX_RECEIVE_NONBLOCK) >= 0)
		;
	if (!has_waiters(fd, 0, 0))
		return false;
	if (capacity)
		return !send_number(fd, 5) && receive_number(fd) == 5;
	job = job_process(job_send(fd, 5, 0));
	return job_blocks(job) && receive_number(fd) == 5 && !job_join(job);
}

TEST_F_TIMEOUT(storm, of_kills, 200)
{
	pid_t children[CHILDREN];
	struct mbx_stat stat;
	int i;

	for (i = 0; i < CHILDREN; i++)
		ASSERT_LT(0, children[i] = start_one(self));
	for (i = 0; i < variant->deaths; i++)
		one_dies(self, children);
	for (i = 0; i < CHILDREN; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	EXPECT_TRUE(still_works(self->fd, variant->capacity));
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(1, stat.out_handles);
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_EQ(0, stat.out_bytes);
	EXPECT_EQ(stat.out_sent, stat.out_received);
	EXPECT_EQ(stat.out_bytes_sent, stat.out_bytes_received);
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	close(self->fd);
	EXPECT_TRUE(counts_are_back(&self->before));
}

TEST_HARNESS_MAIN
