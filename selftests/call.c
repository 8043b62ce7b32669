// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls and replies: what each side gets, and what is refused. */
#include "calls.h"

/* ------------------------------------------------------------- what they get */

TEST_F(call, is_answered)
{
	struct job *job = job_thread(job_call(self->fd, 7));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_TRUE(has_callers(self->fd, 1, 0));
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	EXPECT_EQ(MBX_MESSAGE_CALL, self->got.out_flags);
	EXPECT_EQ(sizeof(__u32), self->got.out_reply_max);
	EXPECT_EQ(getpid(), self->got.out_pid);
	EXPECT_EQ(job->tid, self->got.out_tid);
	EXPECT_TRUE(has_callers(self->fd, 0, 1));
	EXPECT_TRUE(is_blocked(job->tid, "call"));

	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(8, job_reply(job));
	EXPECT_EQ(sizeof(__u32), job->call.out_len);
	EXPECT_EQ(self->got.out_seq, job->call.out_seq);
	EXPECT_EQ(getpid(), job->call.out_pid);
	EXPECT_EQ(getpid(), job->call.out_tid);
	EXPECT_EQ(0, job->call.out_flags);
	EXPECT_TRUE(has_callers(self->fd, 0, 0));
}

TEST_F(call, goes_to_a_receiver_that_waits)
{
	struct job *server = job_thread(job_receive(self->fd, 0));
	struct job *client;

	ASSERT_TRUE(job_blocks(server));
	client = job_thread(job_call(self->fd, 7));
	ASSERT_EQ(0, job_join(server));
	EXPECT_EQ(7, job_number(server));
	EXPECT_EQ(MBX_MESSAGE_CALL, server->receive.out_flags);
	/* Another thread of the process than that which took it. */
	EXPECT_EQ(0, reply_number(self->fd, server->receive.out_seq, 8));
	EXPECT_EQ(0, job_join(client));
	EXPECT_EQ(8, job_reply(client));
	EXPECT_EQ(server->tid, client->call.out_tid);
}

TEST_F(call, other_messages_are_none)
{
	struct job *job = job_thread(job_send(self->fd, 7, MBX_SEND_SYNC));

	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	EXPECT_EQ(0, self->got.out_flags);
	EXPECT_EQ(0, self->got.out_reply_max);
	EXPECT_EQ(0, job_join(job));
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, self->got.out_seq, 8));
}

TEST_F(call, reply_and_receive)
{
	struct job *first, *second;
	struct mbx_reply reply;
	__u32 number = 8;

	first = job_thread(job_call(self->fd, 7));
	TAKEN(first, self->fd);
	second = job_thread(job_call(self->fd, 9));
	ASSERT_TRUE(job_blocks(second));
	init_reply(&reply, self->got.out_seq, &number, sizeof(number));
	init_receive(&self->got, &number, sizeof(number), 0);
	self->got.reply_ptr = (uintptr_t)&reply;
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	EXPECT_EQ(0, reply.call);
	EXPECT_EQ(9, number);
	EXPECT_EQ(0, job_join(first));
	EXPECT_EQ(8, job_reply(first));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 10));
	EXPECT_EQ(0, job_join(second));
	EXPECT_EQ(10, job_reply(second));
}

/* --------------------------------------------------------------- who may reply */

TEST_F(call, reply_is_good_for_once)
{
	struct job *job;

	job = job_thread(job_call(self->fd, 7));
	TAKEN(job, self->fd);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, self->got.out_seq, 9));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(8, job_reply(job));
}

TEST_F(call, nobody_else_may_reply)
{
	struct child child;
	struct job *job;

	job = job_thread(job_call(self->fd, 7));
	TAKEN(job, self->fd);
	if (!child_start(&child)) {
		CHECK_ERRNO(ENOENT,
			    reply_number(self->fd, self->got.out_seq, 9));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(8, job_reply(job));
}

TEST_F(call, reply_too_long)
{
	static const char data[4097];
	struct job *job;

	job = job_thread(job_call(self->fd, 7));
	TAKEN(job, self->fd);
	EXPECT_ERRNO(EMSGSIZE, box_reply(self->fd, self->got.out_seq, data, 5));
	EXPECT_ERRNO(EMSGSIZE, box_reply(self->fd, self->got.out_seq, data,
					 sizeof(data)));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
}

/* ------------------------------------------------------------------- refusals */

static int call_it(int fd, struct mbx_call *arg)
{
	return ioctl(fd, MBX_IOC_CALL, arg);
}

TEST_F(call, without_the_right)
{
	int sender = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	int receiver = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	int none = box_derive(self->fd, 0, 0, 0);
	struct mbx_call arg;

	init_call(&arg, "x", 1, NULL, 0);
	EXPECT_ERRNO(EBADF, call_it(receiver, &arg));
	EXPECT_ERRNO(EBADF, call_it(none, &arg));
	EXPECT_ERRNO(ENOTTY, call_it(self->control, &arg));
	EXPECT_EQ(0, arg.out_seq);
	EXPECT_ERRNO(EBADF, box_reply(sender, 1, "x", 1));
	EXPECT_ERRNO(EBADF, box_reply(none, 1, "x", 1));
	EXPECT_ERRNO(ENOTTY, box_reply(self->control, 1, "x", 1));
	close(sender);
	close(receiver);
	close(none);
}

TEST_F(call, wrong_arguments)
{
	static const char data[1048577];
	struct mbx_call arg, right;

	/* Nobody else is there. */
	init_call(&right, data, 1, NULL, 0);
	right.deadline = 1;
	arg = right;
	EXPECT_ERRNO(EDEADLK, call_it(self->fd, &arg));
	arg = right;
	arg.priority = MBX_PRIORITIES;
	EXPECT_ERRNO(EINVAL, call_it(self->fd, &arg));
	arg = right;
	arg.deadline = 1ULL << 63;
	EXPECT_ERRNO(EINVAL, call_it(self->fd, &arg));
	arg = right;
	arg.deadline = 0;
	arg.flags = MBX_CALL_REALTIME;
	EXPECT_ERRNO(EINVAL, call_it(self->fd, &arg));
	arg = right;
	arg.__reserved = 1;
	EXPECT_ERRNO(EOPNOTSUPP, call_it(self->fd, &arg));
	arg = right;
	arg.data_len = sizeof(data);
	EXPECT_ERRNO(EMSGSIZE, call_it(self->fd, &arg));
	arg = right;
	arg.data_ptr = (uintptr_t)nowhere();
	EXPECT_ERRNO(EFAULT, call_it(self->fd, &arg));
	EXPECT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	arg = right;
	EXPECT_ERRNO(EINVAL, call_it(self->fd, &arg));
	EXPECT_EQ(0, fcntl(self->fd, F_SETFL, 0));
}

TEST_F(call, reply_to_nothing)
{
	struct mbx_reply arg;

	EXPECT_ERRNO(ENOENT, reply_number(self->fd, 0, 1));
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, 1, 1));
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, ~0ULL, 1));
	init_reply(&arg, 1, "x", 1);
	arg.__reserved = 1;
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(self->fd, MBX_IOC_REPLY, &arg));
}

TEST_F(call, reply_that_is_not_there)
{
	struct job *job = job_thread(job_call(self->fd, 7));

	TAKEN(job, self->fd);
	EXPECT_ERRNO(EFAULT, box_reply(self->fd, self->got.out_seq, nowhere(),
				       sizeof(__u32)));
	EXPECT_TRUE(is_blocked(job->tid, "call"));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(8, job_reply(job));
}

/* The server has done its part. */
TEST_F(call, no_place_for_the_reply)
{
	struct job *job = job_call(self->fd, 7);

	job->call.reply_ptr = (uintptr_t)nowhere();
	job_thread(job);
	TAKEN(job, self->fd);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(EFAULT, job_join(job));
	EXPECT_EQ(self->got.out_seq, job->call.out_seq);
	EXPECT_EQ(getpid(), job->call.out_pid);
}

TEST_F(call, refused_reply_leaves_the_receive)
{
	struct job *job = job_thread(job_call(self->fd, 7));
	struct mbx_reply reply;
	char long_reply[5];
	__u32 number;

	TAKEN(job, self->fd);
	init_reply(&reply, self->got.out_seq, long_reply, sizeof(long_reply));
	init_receive(&self->got, &number, sizeof(number), 0);
	self->got.reply_ptr = (uintptr_t)&reply;
	EXPECT_ERRNO(EMSGSIZE, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	EXPECT_EQ(job->call.out_seq, 0);
	EXPECT_NE(0, reply.call);
	reply.flags = 1;
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	reply.flags = 0;
	reply.__reserved = 1;
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	reply.__reserved = 0;
	reply.size--;
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	reply.size++;
	self->got.reply_ptr = (uintptr_t)nowhere();
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	EXPECT_TRUE(is_blocked(job->tid, "call"));

	/* The reply is done, the receive is not. */
	self->got.reply_ptr = (uintptr_t)&reply;
	self->got.flags = MBX_RECEIVE_NONBLOCK;
	reply.data_len = 4;
	EXPECT_ERRNO(EAGAIN, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	EXPECT_EQ(0, reply.call);
	EXPECT_EQ(0, job_join(job));
	EXPECT_ERRNO(EAGAIN, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
}

/* What cannot be marked as done is not done. */
TEST_F(call, read_only_reply)
{
	struct job *job = job_thread(job_call(self->fd, 7));
	struct mbx_reply *reply;
	__u32 number = 8;

	TAKEN(job, self->fd);
	reply = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, reply);
	init_reply(reply, self->got.out_seq, &number, sizeof(number));
	ASSERT_EQ(0, mprotect(reply, page_size(), PROT_READ));
	init_receive(&self->got, &number, sizeof(number), 0);
	self->got.reply_ptr = (uintptr_t)reply;
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	EXPECT_TRUE(is_blocked(job->tid, "call"));
	/* The command that is for nothing else does not write there. */
	EXPECT_EQ(0, ioctl(self->fd, MBX_IOC_REPLY, reply));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(8, job_reply(job));
}

TEST_HARNESS_MAIN
