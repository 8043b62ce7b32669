// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors in leased messages: each delivery gives them anew, as long as the
 * message is there, and nobody has them once it is done with.
 */
#include "lease.h"

#include "fds.h"

#define USER 2001
#define MAX_USER_FDS MODULE_PARAM("max_user_fds")

FIXTURE(fds_lease) {
	int control;
	int box;
	int in;
	struct leased got;
	long long limit;
	struct counts before;
};

FIXTURE_SETUP(fds_lease)
{
	self->before = counts_now();
	self->limit = read_number(MAX_USER_FDS);
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	ASSERT_LE(0, self->box);
	self->in = post_line(self->box, 1, 0);
	ASSERT_LE(0, self->in);
}

FIXTURE_TEARDOWN_PARENT(fds_lease)
{
	if (self->limit >= 0 && !geteuid())
		EXPECT_EQ(0, write_number(MAX_USER_FDS, self->limit));
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* Returns the one descriptor of the message that is leased, or -1. */
static int lease_fd(int box, struct leased *got, __u32 ms)
{
	struct mbx_receive arg;
	struct mbx_fds room;

	init_receive(&arg, &got->number, sizeof(got->number),
		     MBX_RECEIVE_NONBLOCK);
	init_fds(&room, NULL, 2);
	arg.fds_ptr = (uintptr_t)&room;
	arg.lease_ms = ms;
	if (ioctl(box, MBX_IOC_RECEIVE, &arg) || room.out_nr != 1 ||
	    arg.out_flags)
		return -1;
	got->seq = arg.out_seq;
	got->deliveries = arg.out_deliveries;
	return room.fds[0];
}

/* The receiver's own stays open; with that, nothing but it does. */
static bool ends_with(int in, int fd)
{
	bool works = line_works(in, fd) && !line_is_cut(in);

	close(fd);
	return works && wait_cut(in);
}

TEST_F(fds_lease, done_with)
{
	int fd = lease_fd(self->box, &self->got, LONG_MS);

	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_TRUE(line_works(self->in, fd));
	close(fd);
	/* The message has it still. */
	EXPECT_FALSE(line_is_cut(self->in));
	EXPECT_EQ(1, stat_of(self->box).out_fds);
	EXPECT_EQ(0, ack(self->box, &self->got));
	EXPECT_EQ(0, stat_of(self->box).out_fds);
	EXPECT_TRUE(wait_cut(self->in));
}

TEST_F(fds_lease, kept_by_who_is_done)
{
	int fd = lease_fd(self->box, &self->got, LONG_MS);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ack(self->box, &self->got));
	EXPECT_TRUE(ends_with(self->in, fd));
}

TEST_F(fds_lease, refused)
{
	int fd[3], i;

	for (i = 0; i < 3; i++) {
		fd[i] = lease_fd(self->box, &self->got, LONG_MS);
		ASSERT_LE(0, fd[i]);
		EXPECT_EQ(i + 1, self->got.deliveries);
		EXPECT_TRUE(line_works(self->in, fd[i]));
		EXPECT_EQ(0, nack(self->box, &self->got));
	}
	EXPECT_NE(fd[0], fd[1]);
	for (i = 0; i < 3; i++)
		close(fd[i]);
	EXPECT_FALSE(line_is_cut(self->in));
	EXPECT_TRUE(ends_with(self->in, take_one(self->box)));
}

TEST_F(fds_lease, renewed)
{
	int fd = lease_fd(self->box, &self->got, LONG_MS);

	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_EQ(0, renew(self->box, &self->got, LONG_MS));
	EXPECT_FALSE(line_is_cut(self->in));
	EXPECT_EQ(0, nack(self->box, &self->got));
	EXPECT_TRUE(line_works(self->in, take_one(self->box)));
}

TEST_F(fds_lease, expired)
{
	int fd = lease_fd(self->box, &self->got, 1);

	ASSERT_LE(0, fd);
	close(fd);
	ASSERT_TRUE(wait_readable(self->box));
	EXPECT_ERRNO(ENOENT, ack(self->box, &self->got));
	EXPECT_FALSE(line_is_cut(self->in));
	EXPECT_TRUE(ends_with(self->in, take_one(self->box)));
}

/* Who has no room for them loses them for this time only. */
TEST_F(fds_lease, without_room)
{
	struct mbx_receive arg;
	__u32 number;

	init_receive(&arg, &number, sizeof(number), MBX_RECEIVE_NONBLOCK);
	arg.lease_ms = LONG_MS;
	ASSERT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(MBX_MESSAGE_FDS_LOST, arg.out_flags);
	EXPECT_EQ(0, box_settle(self->box, arg.out_seq, MBX_SETTLE_NACK));
	EXPECT_TRUE(ends_with(self->in, take_one(self->box)));
}

TEST_F(fds_lease, receiver_killed)
{
	int handle = box_derive(self->box, MBX_OPEN_RECEIVE, 0, 0);
	struct child child;
	struct gate gate;

	gate_init(&gate);
	if (!child_start(&child)) {
		CHECK(lease_fd(handle, &self->got, LONG_MS) >= 0);
		gate_open(&gate);
		for (;;)
			pause();
	}
	ASSERT_TRUE(gate_wait(&gate));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
	kill(child.pid, SIGKILL);
	child_join(&child);
	ASSERT_TRUE(wait_readable(self->box));
	close(handle);
	EXPECT_TRUE(ends_with(self->in, take_one(self->box)));
}

/* ------------------------------------------------------------------ the end of it */

TEST_F(fds_lease, dead_letter)
{
	int box = box_create_over(self->control, self->box, 2, 4), in, fd, i;

	ASSERT_LE(0, box);
	EXPECT_EQ(1, receive_number(self->box));
	in = post_line(box, 7, 0);
	for (i = 0; i < 2; i++) {
		fd = lease_fd(box, &self->got, LONG_MS);
		ASSERT_LE(0, fd);
		close(fd);
		EXPECT_EQ(0, nack(box, &self->got));
	}
	EXPECT_ERRNO(EAGAIN, receive_number(box));
	close(box);
	EXPECT_FALSE(line_is_cut(in));
	EXPECT_EQ(1, stat_of(self->box).out_fds);
	EXPECT_TRUE(ends_with(in, take_one(self->box)));
}

/* Nobody can receive from there: it comes back, with what it has. */
TEST_F(fds_lease, dead_letter_for_nobody)
{
	int dead = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	int to = box_open(self->control, NULL, box_id(dead),
			  MBX_OPEN_SEND | MBX_OPEN_MANAGE);
	int box = box_create_over(self->control, to, 1, 4), in, fd;

	ASSERT_LE(0, box);
	close(dead);
	in = post_line(box, 7, 0);
	fd = lease_fd(box, &self->got, LONG_MS);
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_EQ(0, nack(box, &self->got));
	EXPECT_EQ(0, stat_of(to).out_depth);
	EXPECT_TRUE(ends_with(in, take_one(box)));
}

TEST_F(fds_lease, deleted)
{
	int fd = lease_fd(self->box, &self->got, LONG_MS);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_TRUE(ends_with(self->in, fd));
}

TEST_F(fds_lease, closed)
{
	int fd = lease_fd(self->box, &self->got, LONG_MS);

	ASSERT_LE(0, fd);
	close(self->box);
	EXPECT_TRUE(ends_with(self->in, fd));
}

/* Nobody purges what somebody has. */
TEST_F(fds_lease, purged)
{
	int fd = lease_fd(self->box, &self->got, LONG_MS);

	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_EQ(0, box_control(self->box, MBX_CONTROL_PURGE));
	EXPECT_FALSE(line_is_cut(self->in));
	EXPECT_EQ(0, nack(self->box, &self->got));
	EXPECT_EQ(1, box_control(self->box, MBX_CONTROL_PURGE));
	EXPECT_TRUE(wait_cut(self->in));
}

/* ----------------------------------------------------------------------- quota */

/* They count until the message is done with, and for its sender. */
TEST_F(fds_lease, limit_of_a_user)
{
	struct child child;
	int fd;

	NEED_ROOT();
	ASSERT_EQ(0, write_number(MAX_USER_FDS, 1));
	EXPECT_EQ(1, receive_number(self->box));
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK(!send_fds(self->box, 2, &self->control, 1, 0));
		fd = lease_fd(self->box, &self->got, LONG_MS);
		CHECK(fd >= 0 && !close(fd));
		CHECK_ERRNO(ETOOMANYREFS,
			    send_fds(self->box, 3, &self->control, 1, 0));
		CHECK(!nack(self->box, &self->got));
		CHECK_ERRNO(ETOOMANYREFS,
			    send_fds(self->box, 3, &self->control, 1, 0));
		fd = lease_fd(self->box, &self->got, LONG_MS);
		CHECK(fd >= 0 && !close(fd));
		CHECK(!ack(self->box, &self->got));
		CHECK(!send_fds(self->box, 3, &self->control, 1, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(3, receive_number(self->box));
}

TEST_HARNESS_MAIN
