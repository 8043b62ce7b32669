// SPDX-License-Identifier: GPL-2.0-or-later
/* Leases that end together: which of them, in which order, and who pays. */
#include "lease.h"

FIXTURE(lease_ends) {
	int control;
	int fd[2];
	struct leased got;
};

FIXTURE_SETUP(lease_ends)
{
	unsigned int i;

	OPEN_CONTROL(self->control);
	for (i = 0; i < 2; i++) {
		self->fd[i] = box_create(self->control, NULL, MBX_CREATE_OWNED,
					 MBX_UNBOUNDED);
		ASSERT_LE(0, self->fd[i]);
	}
}

FIXTURE_TEARDOWN(lease_ends)
{
}

static bool all_in_order(int fd, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (receive_number(fd) != i)
			return false;
	return true;
}

/* It has leased now from one, now from the other, and taken calls meanwhile. */
TEST_F(lease_ends, of_two_mailboxes_in_turn)
{
	const unsigned int nr = 50;
	struct job *call[2];
	struct child child;
	unsigned int i;

	for (i = 0; i < 2 * nr; i++)
		ASSERT_EQ(0, send_number(self->fd[i % 2], i / 2));
	for (i = 0; i < 2; i++) {
		call[i] = job_thread(job_call(self->fd[i], 0));
		ASSERT_TRUE(job_blocks(call[i]));
	}
	if (!child_start(&child)) {
		for (i = 0; i < 2 * nr + 2; i++)
			CHECK(lease(self->fd[i % 2], &self->got) >= 0);
		for (i = 0; i < 10; i++) {
			CHECK(!nack(self->fd[0], &(struct leased){ .seq = 1 }));
			CHECK(!lease(self->fd[0], &self->got));
		}
		child_exit();
	}
	EXPECT_CHILD(child);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(EPIPE, job_join(call[i]));
		EXPECT_EQ(0, stat_of(self->fd[i]).out_leased);
		EXPECT_TRUE(all_in_order(self->fd[i], nr));
	}
}

/* Others have leased more, through the same handle. */
TEST_F(lease_ends, only_those_of_the_dead)
{
	const unsigned int nr = 100;
	struct child child;
	unsigned int i;

	for (i = 0; i < nr; i++)
		ASSERT_EQ(0, send_number(self->fd[0], i));
	for (i = 0; i < nr / 2; i++)
		ASSERT_EQ(i, lease(self->fd[0], &self->got));
	if (!child_start(&child)) {
		for (i = nr / 2; i < nr; i++)
			CHECK(lease(self->fd[0], &self->got) == i);
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(nr / 2, stat_of(self->fd[0]).out_leased);
	for (i = nr / 2; i < nr; i++)
		ASSERT_EQ(i, receive_number(self->fd[0]));
}

TEST_F(lease_ends, only_those_of_the_handle)
{
	int other = box_derive(self->fd[0], MBX_OPEN_RECEIVE, 0, 0);
	unsigned int i;

	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, send_number(self->fd[0], i));
	for (i = 0; i < 20; i++)
		ASSERT_EQ(i, lease(i % 2 ? other : self->fd[0], &self->got));
	EXPECT_EQ(0, close(other));
	EXPECT_EQ(10, stat_of(self->fd[0]).out_leased);
	for (i = 1; i < 20; i += 2)
		ASSERT_EQ(i, receive_number(self->fd[0]));
}

/* Leased from the end to the beginning. */
TEST_F(lease_ends, in_any_order)
{
	const unsigned int nr = 30;
	struct mbx_select select = select_by(MBX_SELECT_TYPE);
	int other = box_derive(self->fd[0], MBX_OPEN_RECEIVE, 0, 0);
	struct mbx_receive arg;
	__u32 number;
	unsigned int i;

	for (i = 0; i < nr; i++)
		ASSERT_EQ(0, send_as(self->fd[0], i, i, 0));
	for (i = nr - 3; i--;) {
		select.type = i * 7 % (nr - 3);
		init_receive(&arg, &number, sizeof(number), 0);
		arg.select_ptr = (uintptr_t)&select;
		arg.lease_ms = LONG_MS;
		ASSERT_EQ(0, ioctl(other, MBX_IOC_RECEIVE, &arg));
	}
	EXPECT_EQ(0, close(other));
	EXPECT_TRUE(all_in_order(self->fd[0], nr));
}

static void *close_it(void *fd)
{
	close(*(int *)fd);
	return NULL;
}

/* What ends them first does not matter: all have come back after both. */
TEST_F(lease_ends, revoked_and_closed)
{
	unsigned int i, round;
	pthread_t thread;
	int fd;

	for (i = 0; i < 40; i++)
		ASSERT_EQ(0, send_number(self->fd[0], i));
	for (round = 0; round < 200; round++) {
		fd = box_derive(self->fd[0], MBX_OPEN_RECEIVE, 0, 0);
		ASSERT_LE(0, fd);
		for (i = 0; i < 40; i++)
			ASSERT_EQ(i, lease(fd, &self->got));
		ASSERT_EQ(0, pthread_create(&thread, NULL, close_it, &fd));
		ASSERT_LE(0, box_revoke(self->fd[0]));
		pthread_join(thread, NULL);
		ASSERT_EQ(0, stat_of(self->fd[0]).out_leased);
	}
	EXPECT_TRUE(all_in_order(self->fd[0], 40));
}

TEST_HARNESS_MAIN
