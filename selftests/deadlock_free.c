// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls that look like part of a cycle, but may be answered: none is refused. */
#include "ring.h"

#include <sched.h>

/* ------------------------------------------------------------ others who serve */

static void serve_for_ever(int fd)
{
	struct mbx_receive got;
	__u32 number;

	for (;;) {
		init_receive(&got, &number, sizeof(number), 0);
		/* It ends with the member. */
		if (ioctl(fd, MBX_IOC_RECEIVE, &got))
			wait_for_the_end();
		reply_number(fd, got.out_seq, 8);
	}
}

static void *serving_thread(void *fd)
{
	serve_for_ever((intptr_t)fd);
	return NULL;
}

static bool has_a_thread(const struct own *own)
{
	pthread_t thread;

	return !pthread_create(&thread, NULL, serving_thread,
			       (void *)(intptr_t)own->fd);
}

static bool has_a_child(const struct own *own)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve_for_ever(own->fd);
	}
	return pid > 0;
}

/* Who has the same table of descriptors, so that the file has one reference. */
static int serving_clone(void *fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	serve_for_ever((intptr_t)fd);
	return 0;
}

static bool has_a_table_mate(const struct own *own)
{
	static char stack[65536];

	return clone(serving_clone, stack + sizeof(stack) - 16,
		     CLONE_FILES | SIGCHLD, (void *)(intptr_t)own->fd) > 0;
}

/* Who has a handle of its own. */
static bool has_a_colleague(const struct own *own)
{
	const __u64 id = box_id(own->fd);
	struct gate gate;
	pid_t pid;
	int fd;

	gate_init(&gate);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(own->fd);
		fd = box_open(own->control, NULL, id, MBX_OPEN_RECEIVE);
		gate_open(&gate);
		serve_for_ever(fd);
	}
	return pid > 0 && gate_wait(&gate);
}

/* Who has got the handle through a socket, and does it all. */
static bool has_passed_it_on(const struct own *own)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return false;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(own->fd);
		serve_for_ever(take_fd(pair[1]));
	}
	return pid > 0 && pass_fd(pair[0], own->fd);
}

static const struct {
	const char *name;
	bool (*before)(const struct own *own);
} helpers[] = {
	{ "a thread", has_a_thread },
	{ "a child", has_a_child },
	{ "a table mate", has_a_table_mate },
	{ "a colleague", has_a_colleague },
	{ "a passer-by", has_passed_it_on },
};

/* While @a waits for @b, that calls @a, where somebody else answers. */
TEST_F(ring, somebody_else_serves)
{
	struct member *a, *b;
	unsigned int i;

	for (i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		a = &self->ring->member[self->ring->nr];
		b = a + 1;
		ASSERT_TRUE(member_start(self->ring, self->control,
					 helpers[i].before));
		ASSERT_TRUE(member_start(self->ring, self->control, NULL));
		a->to = b->box;
		b->to = a->box;
		ASSERT_TRUE(ask_call(a));
		ASSERT_EQ(0, do_step(b, RING_TAKE));
		EXPECT_EQ(0, do_step(b, RING_CALL))
		TH_LOG("with %s", helpers[i].name);
		EXPECT_EQ(0, b->cycle.out_nr);
		EXPECT_EQ(0, do_step(b, RING_REPLY));
		EXPECT_EQ(0, end_step(a));
		/* It calls itself. */
		a->to = a->box;
		EXPECT_EQ(0, do_step(a, RING_CALL))
		TH_LOG("itself, with %s", helpers[i].name);
	}
}

/* ------------------------------------------------------- nobody who can be seen */

/* The file is in a socket. */
static bool has_it_in_flight(const struct own *own)
{
	int pair[2];

	return !socketpair(AF_UNIX, SOCK_STREAM, 0, pair) &&
	       pass_fd(pair[0], own->fd);
}

static bool has_two(const struct own *own)
{
	return dup(own->fd) >= 0;
}

/* A thread that does something else altogether. */
static void *idle_thread(void *nothing)
{
	wait_for_the_end();
	return nothing;
}

static bool has_an_idle_thread(const struct own *own)
{
	pthread_t thread;

	return own->fd >= 0 &&
	       !pthread_create(&thread, NULL, idle_thread, NULL);
}

/* Somebody had it, who may have given it to others. */
static bool has_had_a_child(const struct own *own)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(box_receive(own->fd, &(__u32){ 0 }, sizeof(__u32),
				  MBX_RECEIVE_NONBLOCK) != -1);
	return waitpid(pid, &status, 0) == pid && !status;
}

static const struct {
	const char *name;
	bool (*before)(const struct own *own);
} doubts[] = {
	{ "a file in flight", has_it_in_flight },
	{ "two descriptors", has_two },
	{ "an idle thread", has_an_idle_thread },
	{ "a former child", has_had_a_child },
};

TEST_F(ring, somebody_might)
{
	struct member *a, *b;
	unsigned int i;

	for (i = 0; i < sizeof(doubts) / sizeof(doubts[0]); i++) {
		a = &self->ring->member[self->ring->nr];
		b = a + 1;
		ASSERT_TRUE(member_start(self->ring, self->control,
					 doubts[i].before));
		ASSERT_TRUE(member_start(self->ring, self->control, NULL));
		a->to = b->box;
		b->to = a->box;
		ASSERT_TRUE(ask_call(a));
		ASSERT_EQ(0, do_step(b, RING_TAKE));
		b->deadline = now_ns(CLOCK_MONOTONIC) + 20 * MSEC;
		EXPECT_EQ(ETIMEDOUT, do_step(b, RING_CALL))
		TH_LOG("with %s", doubts[i].name);
		EXPECT_EQ(0, do_step(b, RING_REPLY));
		EXPECT_EQ(0, end_step(a));
	}
}

/* A child that has only closed its copy, as before it executes a program. */
static bool has_had_an_innocent_child(const struct own *own)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		close(own->fd);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && !status;
}

TEST_F(ring, nobody_does)
{
	struct member *a = &self->ring->member[0], *b = a + 1;

	ASSERT_TRUE(member_start(self->ring, self->control,
				 has_had_an_innocent_child));
	ASSERT_TRUE(ring_start(self->ring, self->control, 2));
	ASSERT_TRUE(ask_call(a));
	ASSERT_EQ(0, do_step(b, RING_TAKE));
	EXPECT_EQ(EDEADLK, do_step(b, RING_CALL));
	EXPECT_TRUE(was_refused(b, 2));
	EXPECT_EQ(0, do_step(b, RING_REPLY));
	EXPECT_EQ(0, end_step(a));
}

/* ------------------------------------------------------------------ no calls */

/* Whoever waits to send something waits for no reply. */
TEST_F(ring, messages_that_are_no_calls)
{
	struct member *a = &self->ring->member[0], *b = a + 1;

	ASSERT_TRUE(ring_start(self->ring, self->control, 2));
	ask(a, RING_SEND);
	ASSERT_TRUE(wait_blocked(a->pid, "sync"));
	b->deadline = now_ns(CLOCK_MONOTONIC) + 20 * MSEC;
	EXPECT_EQ(ETIMEDOUT, do_step(b, RING_CALL));
	EXPECT_EQ(0, do_step(b, RING_TAKE));
	EXPECT_EQ(0, end_step(a));
}

/* Whoever waits for a message may get the call. */
TEST_F(ring, receiver_waits)
{
	struct member *a = &self->ring->member[0], *b = a + 1;

	ASSERT_TRUE(ring_start(self->ring, self->control, 2));
	ask(a, RING_SERVE);
	ASSERT_TRUE(wait_blocked(a->pid, "receive"));
	EXPECT_EQ(0, do_step(b, RING_CALL));
	EXPECT_EQ(0, end_step(a));
}

/* A mailbox that nobody has a handle of to receive with may get somebody. */
TEST_F(ring, nobody_receives)
{
	struct member *me = &self->ring->member[0];
	int fd = box_create(self->control, NULL, 0, 1);
	const __u64 id = box_id(fd);

	close(fd);
	ASSERT_TRUE(ring_start(self->ring, self->control, 1));
	me->to = id;
	ASSERT_TRUE(ask_call(me));
	fd = box_open(self->control, NULL, id, MBX_OPEN_RECEIVE);
	ASSERT_EQ(7, take_call(fd, &(struct mbx_receive){ 0 }));
	EXPECT_EQ(0, reply_number(fd, 1, 8));
	EXPECT_EQ(0, end_step(me));
	EXPECT_EQ(0, box_delete(self->control, NULL, id));
	close(fd);
}

/* A chain ends with somebody who does not call. */
TEST_F(ring, chain)
{
	struct ring *ring = self->ring;
	const __u32 nr = 16;
	__u32 i;

	ASSERT_TRUE(ring_start(ring, self->control, nr));
	for (i = 0; i + 1 < nr; i++)
		ASSERT_TRUE(ask_call(&ring->member[i]));
	for (i = nr - 1; i; i--) {
		EXPECT_EQ(0, do_step(&ring->member[i], RING_SERVE));
		EXPECT_EQ(0, end_step(&ring->member[i - 1]));
	}
}

/* What was answered waits no longer, be it that it has not run yet. */
TEST_F(ring, answered_a_moment_ago)
{
	struct member *a = &self->ring->member[0], *b = a + 1;
	int i;

	ASSERT_TRUE(ring_start(self->ring, self->control, 2));
	for (i = 0; i < 100; i++) {
		ASSERT_TRUE(ask_call(a));
		ask(b, RING_SERVE_AND_CALL);
		ASSERT_EQ(0, end_step(a));
		ASSERT_EQ(0, do_step(a, RING_SERVE));
		ASSERT_EQ(0, end_step(b));
	}
}

TEST_HARNESS_MAIN
