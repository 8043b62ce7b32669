// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors in messages that are never received: whatever becomes of the message,
 * nobody keeps the file open afterwards, nor itself.
 */
#include "fds.h"

#define USER 2001
#define MAX_USER_FDS MODULE_PARAM("max_user_fds")

FIXTURE(fds_ends) {
	int control;
	int box;
	long long limit;
	struct counts before;
};

FIXTURE_SETUP(fds_ends)
{
	self->before = counts_now();
	self->limit = read_number(MAX_USER_FDS);
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	ASSERT_LE(0, self->box);
}

FIXTURE_TEARDOWN_PARENT(fds_ends)
{
	if (self->limit >= 0 && !geteuid())
		EXPECT_EQ(0, write_number(MAX_USER_FDS, self->limit));
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* ---------------------------------------------------------------- lost ones */

/* The mailbox tells how many it has. */
static long long nr_fds(int box)
{
	struct mbx_stat stat;

	return box_stat(box, &stat) ? -1 : (long long)stat.out_fds;
}

TEST_F(fds_ends, counted)
{
	int fd[5] = { 0, 0, 0, 0, 0 };
	struct parcel parcel;

	EXPECT_EQ(0, nr_fds(self->box));
	ASSERT_EQ(0, send_fds(self->box, 1, fd, 5, 0));
	EXPECT_EQ(5, nr_fds(self->box));
	ASSERT_EQ(0, send_fds(self->box, 2, fd, 2, 0));
	EXPECT_EQ(7, nr_fds(self->box));
	EXPECT_ERRNO(EAGAIN, send_fds(self->box, 3, fd, 2, MBX_SEND_NONBLOCK));
	EXPECT_EQ(7, nr_fds(self->box));
	EXPECT_EQ(0, receive_fds(self->box, &parcel, 5, MBX_RECEIVE_PEEK));
	EXPECT_EQ(7, nr_fds(self->box));
	EXPECT_EQ(0, receive_fds(self->box, &parcel, 1, 0));
	EXPECT_EQ(2, nr_fds(self->box));
	EXPECT_EQ(1, box_control(self->box, MBX_CONTROL_PURGE));
	EXPECT_EQ(0, nr_fds(self->box));
}

TEST_F(fds_ends, purged)
{
	int first = post_line(self->box, 1, 0);
	int second = post_line(self->box, 2, 0);

	EXPECT_EQ(2, box_control(self->box, MBX_CONTROL_PURGE));
	EXPECT_TRUE(wait_cut(first));
	EXPECT_TRUE(wait_cut(second));
}

TEST_F(fds_ends, dropped)
{
	int first = post_line(self->box, 1, MBX_SEND_DROP_OLDEST);
	int second = post_line(self->box, 2, MBX_SEND_DROP_OLDEST);
	int third = post_line(self->box, 3, MBX_SEND_DROP_OLDEST);
	int fourth = post_line(self->box, 4, MBX_SEND_DROP_NEWEST);

	EXPECT_TRUE(wait_cut(first));
	EXPECT_TRUE(wait_cut(fourth));
	EXPECT_FALSE(line_is_cut(second));
	EXPECT_FALSE(line_is_cut(third));
	EXPECT_TRUE(line_works(second, take_one(self->box)));
	EXPECT_TRUE(line_works(third, take_one(self->box)));
}

TEST_F(fds_ends, deferred)
{
	int handle = box_derive(self->box, MBX_OPEN_SEND, 0, 0);
	int in;

	ASSERT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, send_number(self->box, 2));
	in = post_line(handle, 3, MBX_SEND_DEFER);
	EXPECT_FALSE(line_is_cut(in));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(2, receive_number(self->box));
	EXPECT_TRUE(line_works(in, take_one(self->box)));

	ASSERT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, send_number(self->box, 2));
	in = post_line(handle, 3, MBX_SEND_DEFER);
	EXPECT_FALSE(line_is_cut(in));
	close(handle);
	EXPECT_TRUE(wait_cut(in));
}

TEST_F(fds_ends, not_sent)
{
	struct line line = line_make();

	ASSERT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, send_number(self->box, 2));
	EXPECT_ERRNO(EAGAIN,
		     give_fd(self->box, 3, line.out, MBX_SEND_NONBLOCK));
	EXPECT_TRUE(wait_cut(line.in));
}

/* A sender that waits for room, or to be received, with a descriptor. */
static struct job *start_sender(int box, struct line *line, struct mbx_fds *fds,
				__u32 flags)
{
	struct job *job = job_send(box, 5, flags);

	*line = line_make();
	init_fds(fds, &line->out, 1);
	job->send.fds_ptr = (uintptr_t)fds;
	job_process(job);
	close(line->out);
	return job;
}

TEST_F(fds_ends, withdrawn)
{
	static const __u32 flags[] = { 0, MBX_SEND_SYNC };
	int empty = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	struct mbx_fds fds;
	struct line line;
	struct job *job;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		job = start_sender(empty, &line, &fds, flags[i]);
		ASSERT_TRUE(job_blocks(job));
		EXPECT_FALSE(line_is_cut(line.in));
		EXPECT_EQ(JOB_KILLED, job_kill(job));
		EXPECT_TRUE(wait_cut(line.in));
		EXPECT_ERRNO(EAGAIN, receive_number(empty));
	}
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, send_number(self->box, 2));
	job = start_sender(self->box, &line, &fds, 0);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_TRUE(wait_cut(line.in));
}

TEST_F(fds_ends, deadline)
{
	struct line line = line_make();
	struct mbx_send arg;
	struct mbx_fds fds;

	init_fds(&fds, &line.out, 1);
	init_send(&arg, "", 1, MBX_SEND_SYNC);
	arg.fds_ptr = (uintptr_t)&fds;
	arg.deadline = 1;
	EXPECT_ERRNO(ETIMEDOUT, ioctl(self->box, MBX_IOC_SEND, &arg));
	close(line.out);
	EXPECT_TRUE(wait_cut(line.in));
}

/* ------------------------------------------------------------------ the end */

TEST_F(fds_ends, deleted)
{
	int in = post_line(self->box, 1, 0);

	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_TRUE(wait_cut(in));
}

TEST_F(fds_ends, closed)
{
	int in = post_line(self->box, 1, 0);

	close(self->box);
	EXPECT_TRUE(wait_cut(in));
}

TEST_F(fds_ends, owner_killed)
{
	char name[NAME_SIZE];
	struct child owner;
	int fd, in;

	ASSERT_TRUE(owner_start(&owner, self->control, unique_name(name)));
	fd = box_open(self->control, name, 0, MBX_OPEN_SEND);
	in = post_line(fd, 1, 0);
	EXPECT_FALSE(line_is_cut(in));
	kill(owner.pid, SIGKILL);
	child_join(&owner);
	EXPECT_TRUE(wait_cut(in));
}

/* --------------------------------------------------------------------- rings */

/* What has been sent through itself is all that is left of it. */
TEST_F(fds_ends, mailbox_in_itself)
{
	int handle = box_derive(self->box, MBX_OPEN_SEND, 0, 0);
	__u64 id = box_id(self->box);
	int in;

	ASSERT_EQ(0, send_fds(handle, 1, &handle, 1, 0));
	in = post_line(handle, 2, 0);
	close(handle);
	EXPECT_FALSE(line_is_cut(in));
	close(self->box);
	EXPECT_TRUE(wait_cut(in));
	EXPECT_ERRNO(ENOENT, box_open(self->control, NULL, id, 0));
}

TEST_F(fds_ends, deferred_in_itself)
{
	int handle = box_derive(self->box, MBX_OPEN_SEND, 0, 0);
	struct line line = line_make();
	int both[2] = { handle, line.out };

	ASSERT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, send_number(self->box, 2));
	ASSERT_EQ(MBX_DEFERRED, send_fds(handle, 3, both, 2, MBX_SEND_DEFER));
	close(handle);
	close(line.out);
	EXPECT_FALSE(line_is_cut(line.in));
	close(self->box);
	EXPECT_TRUE(wait_cut(line.in));
}

TEST_F(fds_ends, mailboxes_in_each_other)
{
	int other = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	int to_box = box_derive(self->box, MBX_OPEN_SEND, 0, 0);
	int to_other = box_derive(other, MBX_OPEN_SEND, 0, 0);
	int in, other_in;

	ASSERT_EQ(0, send_fds(to_box, 1, &to_other, 1, 0));
	ASSERT_EQ(0, send_fds(to_other, 1, &to_box, 1, 0));
	in = post_line(to_box, 2, 0);
	other_in = post_line(to_other, 2, 0);
	close(to_box);
	close(to_other);
	close(other);
	EXPECT_TRUE(wait_cut(other_in));
	EXPECT_FALSE(line_is_cut(in));
	EXPECT_EQ(1, receive_number(self->box));
	close(self->box);
	EXPECT_TRUE(wait_cut(in));
}

/* Nobody is left to receive it, so that it would never be let go. */
TEST_F(fds_ends, nobody_can_receive)
{
	int handle = box_derive(self->box, MBX_OPEN_SEND, 0, 0);
	struct line line = line_make();

	close(self->box);
	EXPECT_EQ(0, send_number(handle, 1));
	EXPECT_ERRNO(EPIPE, send_fds(handle, 2, &handle, 1, 0));
	EXPECT_ERRNO(EPIPE, give_fd(handle, 3, line.out, 0));
	EXPECT_TRUE(wait_cut(line.in));
}

/* One that can be found lives on, and is received from later. */
TEST_F(fds_ends, mailbox_with_a_name)
{
	char name[NAME_SIZE];
	int fd = box_create(self->control, unique_name(name), MBX_CREATE_OWNED,
			    2);
	int in;

	ASSERT_EQ(0, send_fds(fd, 1, &self->control, 1, 0));
	in = post_line(fd, 2, 0);
	close(fd);
	EXPECT_FALSE(line_is_cut(in));
	fd = box_open(self->control, name, 0, MBX_OPEN_RECEIVE);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, receive_number(fd));
	EXPECT_TRUE(line_works(in, take_one(fd)));
}

/* --------------------------------------------------------------------- quota */

/* As many as are allowed, and no more until some are gone. */
TEST_F(fds_ends, limit_of_a_user)
{
	int fd[3] = { 0, 0, 0 };
	struct parcel parcel;
	struct child child;

	NEED_ROOT();
	ASSERT_EQ(0, write_number(MAX_USER_FDS, 5));
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK(!send_fds(self->box, 1, fd, 3, 0));
		CHECK_ERRNO(ETOOMANYREFS, send_fds(self->box, 2, fd, 3, 0));
		CHECK(!send_fds(self->box, 2, fd, 2, 0));
		CHECK(!receive_fds(self->box, &parcel, 3, 0));
		CHECK(!send_fds(self->box, 3, fd, 3, 0));
		CHECK_ERRNO(ETOOMANYREFS, send_fds(self->box, 4, fd, 1, 0));
		CHECK(box_control(self->box, MBX_CONTROL_PURGE) == 2);
		CHECK(!send_fds(self->box, 5, fd, 3, 0));
		/* Also what is not sent. */
		CHECK(!send_fds(self->box, 6, fd, 1, 0));
		CHECK_ERRNO(EAGAIN,
			    send_fds(self->box, 7, fd, 1, MBX_SEND_NONBLOCK));
		CHECK_ERRNO(EBADF,
			    send_fds(self->box, 7, (int[]){ 0, -1 }, 2, 0));
		CHECK(receive_number(self->box) == 5);
		CHECK(receive_number(self->box) == 6);
		CHECK(!send_fds(self->box, 8, fd, 3, 0));
		CHECK(!send_fds(self->box, 9, fd, 2, 0));
		CHECK_ERRNO(ETOOMANYREFS,
			    send_fds(self->box, 9, fd, 1, MBX_SEND_NONBLOCK));
		child_exit();
	}
	EXPECT_CHILD(child);
	/* Of another user, who is exempt from it anyway. */
	EXPECT_EQ(8, receive_number(self->box));
	EXPECT_EQ(0, send_fds(self->box, 1, fd, 3, 0));
	EXPECT_EQ(9, receive_number(self->box));
	EXPECT_EQ(0, send_fds(self->box, 1, fd, 3, 0));
}

TEST_HARNESS_MAIN
