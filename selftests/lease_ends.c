// SPDX-License-Identifier: GPL-2.0-or-later
/* Leases that end together: which of them, in which order, and who pays. */
#include "fds.h"
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

static int send_full(int fd, __u32 number, __u32 flags)
{
	return box_send(fd, &number, sizeof(number), flags);
}

static int lease_fds(int fd, struct parcel *parcel, struct mbx_receive *arg)
{
	init_fds(&parcel->fds, NULL, 1);
	init_receive(arg, &parcel->number, sizeof(parcel->number),
		     MBX_RECEIVE_NONBLOCK);
	arg->fds_ptr = (uintptr_t)&parcel->fds;
	arg->lease_ms = LONG_MS;
	return ioctl(fd, MBX_IOC_RECEIVE, arg);
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

/* A timer runs as long as there are numbers for that. */
TEST_F(lease_ends, after_the_longest_time)
{
	struct leased other;

	ASSERT_EQ(0, send_number(self->fd[0], 0));
	ASSERT_EQ(0, send_number(self->fd[0], 1));
	ASSERT_EQ(0, lease_with(self->fd[0], &self->got, ~0U, 0));
	ASSERT_EQ(0, lease_with(self->fd[0], &other, 1, 0));
	ASSERT_TRUE(wait_readable(self->fd[0]));
	EXPECT_EQ(1, receive_number(self->fd[0]));
	EXPECT_EQ(0, renew(self->fd[0], &self->got, ~0U));
	EXPECT_EQ(0, renew(self->fd[0], &self->got, 1));
	ASSERT_TRUE(wait_readable(self->fd[0]));
	EXPECT_EQ(0, receive_number(self->fd[0]));
}

/* ------------------------------------------------------------------- and room */

/* One more comes in while all are leased, and takes its turn at being dropped. */
TEST_F(lease_ends, while_all_are_leased)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	const __u32 oldest = MBX_SEND_DROP_OLDEST;
	struct leased got[3];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, send_number(fd, i));
		ASSERT_EQ(i, lease(fd, &got[i]));
	}
	EXPECT_ERRNO(EAGAIN, send_number(fd, 2));
	EXPECT_EQ(MBX_LOST, send_full(fd, 2, MBX_SEND_DROP_NEWEST));
	EXPECT_EQ(0, send_full(fd, 3, oldest));
	EXPECT_EQ(MBX_LOST, send_full(fd, 4, oldest));
	EXPECT_EQ(3, stat_of(fd).out_depth);
	ASSERT_EQ(4, lease(fd, &got[2]));
	EXPECT_EQ(0, send_full(fd, 5, oldest));
	EXPECT_EQ(4, stat_of(fd).out_depth);
	for (i = 3; i--;)
		ASSERT_EQ(0, nack(fd, &got[i]));
	EXPECT_EQ(MBX_LOST, send_full(fd, 6, oldest));
	EXPECT_EQ(1, receive_number(fd));
	for (i = 4; i <= 6; i++)
		EXPECT_EQ(i, receive_number(fd));
	EXPECT_EQ(0, stat_of(fd).out_depth);
	EXPECT_EQ(0, send_number(fd, 7));
}

/* ------------------------------------------------------------ and what it has */

/* Each delivery gives descriptors of its own, and the last one ends the message. */
TEST_F(lease_ends, with_descriptors)
{
	int in = post_line(self->fd[0], 1, 0);
	struct mbx_receive arg;
	struct parcel parcel;
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, lease_fds(self->fd[0], &parcel, &arg));
		EXPECT_EQ(i, arg.out_deliveries);
		ASSERT_EQ(1, parcel.fds.out_nr);
		EXPECT_TRUE(line_works(in, parcel.fds.fds[0]));
		EXPECT_EQ(0, close(parcel.fds.fds[0]));
		if (i < 3)
			EXPECT_EQ(0, box_settle(self->fd[0], arg.out_seq,
						MBX_SETTLE_NACK));
	}
	EXPECT_FALSE(line_is_cut(in));
	EXPECT_EQ(0, box_settle(self->fd[0], arg.out_seq, 0));
	EXPECT_TRUE(wait_cut(in));
}

#define ROUNDS 4

/* Whoever has sent it has paid for it, however often it comes back. */
TEST_F(lease_ends, at_the_expense_of_the_sender)
{
	unsigned int *nr = mmap(NULL, ROUNDS * sizeof(*nr),
				PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long long before;
	struct child child;
	unsigned int i, round;

	NEED_ROOT();
	before = read_number(MODULE_PARAM("max_user_bytes"));
	ASSERT_EQ(0, write_number(MODULE_PARAM("max_user_bytes"), 100 * 1024));
	for (round = 0; round < ROUNDS; round++) {
		if (!child_start(&child)) {
			CHECK(!become(2001, 2001, 0));
			while (!send_number(self->fd[0], nr[round]))
				nr[round]++;
			CHECK_ERRNO(EDQUOT, send_number(self->fd[0], 0));
			child_exit();
		}
		EXPECT_CHILD(child);
		if (!child_start(&child)) {
			CHECK(!become(2002, 2002, 0));
			for (i = 0; i < 20; i++)
				CHECK(lease(self->fd[0], &self->got) == i);
			CHECK(!nack(self->fd[0], &self->got));
			child_exit();
		}
		EXPECT_CHILD(child);
		if (!child_start(&child)) {
			CHECK(!become(2001, 2001, 0));
			CHECK_ERRNO(EDQUOT, send_number(self->fd[0], 0));
			child_exit();
		}
		EXPECT_CHILD(child);
		EXPECT_TRUE(all_in_order(self->fd[0], nr[round]));
	}
	ASSERT_EQ(0, write_number(MODULE_PARAM("max_user_bytes"), before));
	/* After the first round the mailbox keeps a few messages for the next send. */
	EXPECT_LT(20, nr[0]);
	EXPECT_EQ(nr[1], nr[2]);
	EXPECT_EQ(nr[2], nr[3]);
}

TEST_HARNESS_MAIN
