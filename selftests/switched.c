// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Somebody else switches what each call looks up: O_NONBLOCK of the handle, and
 * the limits.  A call does what one of the two values says.
 */
#include "peers.h"

#define ROUNDS 20000
#define CREATE_ROUNDS 1000
#define SHORT 8
#define LONG 3000

enum {
	MAX_MSG_SIZE,
	MAX_BYTES,
	MAX_USER_BYTES,
	MAX_MAILBOXES,
	MAX_USER_MAILBOXES,
	LIMITS
};

static const char *const limits[LIMITS] = {
	[MAX_MSG_SIZE] = MODULE_PARAM("max_msg_size"),
	[MAX_BYTES] = MODULE_PARAM("max_bytes"),
	[MAX_USER_BYTES] = MODULE_PARAM("max_user_bytes"),
	[MAX_MAILBOXES] = MODULE_PARAM("max_mailboxes"),
	[MAX_USER_MAILBOXES] = MODULE_PARAM("max_user_mailboxes"),
};

FIXTURE(switched) {
	int control;
	int fd;
	long long saved[LIMITS];
	unsigned int rounds;
	int stop;
	pthread_t thread;
	char data[LONG];
};

FIXTURE_SETUP(switched)
{
	int i;

	NEED_ROOT();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
			      MBX_UNBOUNDED);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < LIMITS; i++) {
		self->saved[i] = read_number(limits[i]);
		ASSERT_LT(SHORT, self->saved[i]);
	}
}

FIXTURE_TEARDOWN_PARENT(switched)
{
	int i;

	for (i = 0; i < LIMITS; i++)
		if (self->saved[i] > 0)
			EXPECT_EQ(0, write_number(limits[i], self->saved[i]));
}

/* ------------------------------------------------------------ the other side */

static bool stopped(FIXTURE_DATA(switched) * self)
{
	return __atomic_load_n(&self->stop, __ATOMIC_RELAXED);
}

static void *switch_nonblock(void *arg)
{
	FIXTURE_DATA(switched)
		*self = arg;
	int nonblock = 0;

	while (!stopped(self)) {
		nonblock ^= O_NONBLOCK;
		if (fcntl(self->fd, F_SETFL, O_RDWR | nonblock))
			abort();
		__atomic_add_fetch(&self->rounds, 1, __ATOMIC_RELAXED);
		sched_yield();
	}
	return NULL;
}

/* Of the others there is enough, with one less, too. */
static long long other_value(FIXTURE_DATA(switched) * self, int limit)
{
	return limit == MAX_MSG_SIZE ? SHORT : self->saved[limit] - 1;
}

static void write_value(int fd, long long value)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%lld", value);

	if (pwrite(fd, text, len, 0) != len)
		abort();
}

static void *switch_limits(void *arg)
{
	FIXTURE_DATA(switched)
		*self = arg;
	int fd[LIMITS], i;

	for (i = 0; i < LIMITS; i++)
		fd[i] = open(limits[i], O_WRONLY | O_CLOEXEC);
	while (!stopped(self)) {
		for (i = 0; i < LIMITS; i++)
			write_value(fd[i], other_value(self, i));
		sched_yield();
		for (i = 0; i < LIMITS; i++)
			write_value(fd[i], self->saved[i]);
		__atomic_add_fetch(&self->rounds, 1, __ATOMIC_RELAXED);
		sched_yield();
	}
	return NULL;
}

static void switching_starts(FIXTURE_DATA(switched) * self,
			     void *(*side)(void *))
{
	if (pthread_create(&self->thread, NULL, side, self))
		abort();
}

static void switching_stops(FIXTURE_DATA(switched) * self)
{
	__atomic_store_n(&self->stop, 1, __ATOMIC_RELAXED);
	pthread_join(self->thread, NULL);
}

/* The other side has done this, too, so that each had its chance. */
static bool more_rounds(FIXTURE_DATA(switched) * self, int done, int wanted)
{
	return done < wanted ||
	       __atomic_load_n(&self->rounds, __ATOMIC_RELAXED) < 20;
}

/* ---------------------------------------------------------------------- tests */

TEST_F(switched, nonblock_of_a_receive)
{
	struct mbx_receive arg;
	unsigned int again = 0, late = 0;
	int i;

	init_receive(&arg, self->data, LONG, 0);
	arg.deadline = 1;
	switching_starts(self, switch_nonblock);
	for (i = 0; more_rounds(self, i, ROUNDS); i++) {
		ASSERT_EQ(-1, ioctl(self->fd, MBX_IOC_RECEIVE, &arg));
		ASSERT_TRUE(errno == EAGAIN || errno == ETIMEDOUT);
		again += errno == EAGAIN;
		late += errno == ETIMEDOUT;
		if (i % 64 == 0)
			sched_yield();
	}
	switching_stops(self);
	EXPECT_LT(0, again);
	EXPECT_LT(0, late);
}

TEST_F(switched, nonblock_of_read_and_write)
{
	int i;

	switching_starts(self, switch_nonblock);
	for (i = 0; more_rounds(self, i, ROUNDS); i++) {
		ASSERT_EQ(SHORT, write(self->fd, self->data, SHORT));
		ASSERT_EQ(SHORT, read(self->fd, self->data, LONG));
	}
	switching_stops(self);
}

TEST_F(switched, limits_of_a_send)
{
	int i;

	switching_starts(self, switch_limits);
	for (i = 0; more_rounds(self, i, ROUNDS); i++) {
		ASSERT_EQ(LONG, write(self->fd, self->data, LONG));
		ASSERT_EQ(LONG, read(self->fd, self->data, LONG));
	}
	switching_stops(self);
}

TEST_F(switched, limits_of_a_create)
{
	unsigned int short_ones = 0;
	struct mbx_stat stat;
	int i, fd;

	switching_starts(self, switch_limits);
	for (i = 0; more_rounds(self, i, CREATE_ROUNDS); i++) {
		fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, box_stat(fd, &stat));
		close(fd);
		if (stat.out_msg_max == SHORT)
			short_ones++;
		else
			ASSERT_EQ(self->saved[MAX_MSG_SIZE], stat.out_msg_max);
	}
	switching_stops(self);
	EXPECT_LT(0, short_ones);
	EXPECT_LT(short_ones, i);
}

TEST_HARNESS_MAIN
