// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors in calls and in replies to them, and in batches. */
#include "fds.h"

#include <sys/resource.h>

#include "calls.h"

FIXTURE(fds_call) {
	int control;
	int box;
	struct line there;
	struct line back;
	struct mbx_fds sent;
	struct mbx_fds room;
	struct mbx_fds got;
	__u64 call;
	struct job *job;
};

/* A thread calls with an end of one pipe; its call is taken. */
FIXTURE_SETUP(fds_call)
{
	struct mbx_receive arg;
	__u32 number;

	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	ASSERT_LE(0, self->box);
	self->there = line_make();
	self->back = line_make();
	init_fds(&self->sent, &self->there.out, 1);
	init_fds(&self->room, NULL, 1);
	init_fds(&self->got, NULL, 2);
	self->job = job_call(self->box, 7);
	self->job->call.fds_ptr = (uintptr_t)&self->sent;
	self->job->call.reply_fds_ptr = (uintptr_t)&self->room;
	job_thread(self->job);
	ASSERT_TRUE(job_blocks(self->job));
	close(self->there.out);

	init_receive(&arg, &number, sizeof(number), 0);
	arg.fds_ptr = (uintptr_t)&self->got;
	ASSERT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &arg));
	ASSERT_EQ(7, number);
	ASSERT_EQ(MBX_MESSAGE_CALL, arg.out_flags);
	self->call = arg.out_seq;
}

FIXTURE_TEARDOWN(fds_call)
{
	close(self->box);
	close(self->control);
}

static int reply_with(FIXTURE_DATA(fds_call) * self, const int *fd, __u32 nr)
{
	struct mbx_reply arg;
	struct mbx_fds fds;
	__u32 number = 8;

	init_reply(&arg, self->call, &number, sizeof(number));
	init_fds(&fds, fd, nr);
	arg.fds_ptr = (uintptr_t)&fds;
	return ioctl(self->box, MBX_IOC_REPLY, &arg);
}

TEST_F(fds_call, both_ways)
{
	EXPECT_EQ(1, self->got.out_nr);
	EXPECT_TRUE(line_works(self->there.in, self->got.fds[0]));
	EXPECT_EQ(0, reply_with(self, &self->back.out, 1));
	close(self->back.out);
	EXPECT_EQ(0, job_join(self->job));
	EXPECT_EQ(8, job_reply(self->job));
	EXPECT_EQ(1, self->room.out_nr);
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->room.fds[0], F_GETFD));
	EXPECT_TRUE(line_works(self->back.in, self->room.fds[0]));
}

TEST_F(fds_call, reply_without)
{
	EXPECT_EQ(0, reply_with(self, NULL, 0));
	EXPECT_EQ(0, job_join(self->job));
	EXPECT_EQ(0, self->room.out_nr);
	EXPECT_EQ(-1, self->room.fds[0]);
}

/* The reply is refused, and the caller waits on. */
TEST_F(fds_call, reply_refused)
{
	EXPECT_ERRNO(ELOOP, reply_with(self, &self->box, 1));
	EXPECT_ERRNO(EBADF, reply_with(self, (int[]){ -1 }, 1));
	EXPECT_TRUE(has_callers(self->box, 0, 1));
	EXPECT_EQ(0, reply_with(self, &self->back.out, 1));
	close(self->back.out);
	EXPECT_EQ(0, job_join(self->job));
	EXPECT_TRUE(line_works(self->back.in, self->room.fds[0]));
	EXPECT_ERRNO(ENOENT, reply_with(self, &self->back.in, 1));
}

TEST_F(fds_call, too_little_room)
{
	int fd[2] = { self->back.out, self->back.in };

	EXPECT_EQ(0, reply_with(self, fd, 2));
	EXPECT_EQ(0, job_join(self->job));
	EXPECT_EQ(2, self->room.out_nr);
	close(self->back.out);
	EXPECT_TRUE(line_works(self->back.in, self->room.fds[0]));
}

/* The caller cannot take it: nobody else has it then. */
TEST_F(fds_call, no_free_descriptor)
{
	struct rlimit limit = { .rlim_cur = 3, .rlim_max = 1024 };

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(0, reply_with(self, &self->back.out, 1));
	EXPECT_EQ(EMFILE, job_join(self->job));
	EXPECT_EQ(self->call, self->job->call.out_seq);
	close(self->back.out);
	EXPECT_TRUE(wait_cut(self->back.in));
}

/* Without anybody to have it. */
TEST_F(fds_call, caller_gone)
{
	close(self->got.fds[0]);
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(self->job));
	EXPECT_ERRNO(EIDRM, reply_with(self, &self->back.out, 1));
	close(self->back.out);
	EXPECT_TRUE(wait_cut(self->back.in));
	EXPECT_TRUE(wait_cut(self->there.in));
}

TEST_F(fds_call, caller_without_room)
{
	struct job *job = job_thread(job_call(self->box, 9));
	struct mbx_receive arg;

	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(9, take_call(self->box, &arg));
	EXPECT_EQ(0, reply_with(self, NULL, 0));
	EXPECT_EQ(0, job_join(self->job));
	self->call = arg.out_seq;
	EXPECT_EQ(0, reply_with(self, &self->back.out, 1));
	EXPECT_EQ(0, job_join(job));
	close(self->back.out);
	EXPECT_TRUE(wait_cut(self->back.in));
}

TEST_F(fds_call, reply_and_receive)
{
	struct line line = line_make();
	struct mbx_receive arg;
	struct mbx_reply reply;
	__u32 number = 8;

	ASSERT_EQ(0, give_fd(self->box, 1, line.out, 0));
	init_reply(&reply, self->call, &number, sizeof(number));
	init_fds(&self->sent, &self->back.out, 1);
	reply.fds_ptr = (uintptr_t)&self->sent;
	init_receive(&arg, &number, sizeof(number), 0);
	arg.reply_ptr = (uintptr_t)&reply;
	arg.fds_ptr = (uintptr_t)&self->got;
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(0, job_join(self->job));
	close(self->back.out);
	EXPECT_TRUE(line_works(self->back.in, self->room.fds[0]));
	EXPECT_EQ(1, number);
	EXPECT_TRUE(line_works(line.in, self->got.fds[0]));
}

/* ------------------------------------------------------------------- batches */

TEST_F(fds_call, batch)
{
	struct line line[2] = { line_make(), line_make() };
	struct mbx_receive receive[3];
	struct mbx_send send[3];
	struct mbx_fds fds[3];
	struct mbx_batch arg;
	__u32 number[3];
	int i;

	for (i = 0; i < 3; i++) {
		init_send(&send[i], &number[i], sizeof(*number), 0);
		init_fds(&fds[i], i < 2 ? &line[i].out : &self->box, 1);
		send[i].fds_ptr = (uintptr_t)&fds[i];
		number[i] = i;
	}
	init_batch(&arg, MBX_CMD_SEND, send, sizeof(*send), 3);
	EXPECT_EQ(2, ioctl(self->box, MBX_IOC_BATCH, &arg));
	EXPECT_EQ(ELOOP, arg.out_error);
	for (i = 0; i < 3; i++) {
		init_receive(&receive[i], &number[i], sizeof(*number),
			     MBX_RECEIVE_NONBLOCK);
		init_fds(&fds[i], NULL, 1);
		receive[i].fds_ptr = (uintptr_t)&fds[i];
	}
	init_batch(&arg, MBX_CMD_RECEIVE, receive, sizeof(*receive), 3);
	EXPECT_EQ(2, ioctl(self->box, MBX_IOC_BATCH, &arg));
	for (i = 0; i < 2; i++) {
		close(line[i].out);
		EXPECT_EQ(i, number[i]);
		EXPECT_TRUE(line_works(line[i].in, fds[i].fds[0]));
	}
}

TEST_HARNESS_MAIN
