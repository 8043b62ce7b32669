// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls and replies: what each side gets, and what is refused. */
#include "calls.h"

FIXTURE(call) {
	int control;
	int fd;
	struct mbx_receive got;
};

FIXTURE_VARIANT(call)
{
	__u32 capacity;
};

FIXTURE_VARIANT_ADD(call, rendezvous){ .capacity = 0 };
FIXTURE_VARIANT_ADD(call, bounded){ .capacity = 2 };
FIXTURE_VARIANT_ADD(call, unbounded){ .capacity = MBX_UNBOUNDED };

FIXTURE_SETUP(call)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, 0, variant->capacity);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(call)
{
	box_delete(self->fd, NULL, 0);
}

/* A thread that calls with 7, whose call the test has taken. */
#define TAKEN(job, from)                                   \
	do {                                               \
		(job) = job_thread(job_call(self->fd, 7)); \
		ASSERT_TRUE(job_blocks(job));              \
		ASSERT_EQ(7, take_call(from, &self->got)); \
		ASSERT_TRUE(has_callers(self->fd, 0, 1));  \
	} while (0)

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
	EXPECT_EQ(0, job->call.out_reserved);
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

	TAKEN(job, self->fd);
	EXPECT_ERRNO(EMSGSIZE, box_reply(self->fd, self->got.out_seq, data, 5));
	EXPECT_ERRNO(EMSGSIZE, box_reply(self->fd, self->got.out_seq, data,
					 sizeof(data)));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
}

/* ------------------------------------------------------------ without a reply */

TEST_F(call, deadline)
{
	struct job *job = job_call(self->fd, 7);

	job->call.deadline = 1;
	EXPECT_EQ(ETIMEDOUT, job_join(job_thread(job)));
	EXPECT_EQ(0, job->call.out_seq);
	EXPECT_EQ(-1, take_call(self->fd, &self->got));
	EXPECT_EQ(EAGAIN, errno);

	job = job_call(self->fd, 7);
	job->call.deadline = in_ms(500);
	job_thread(job);
	ASSERT_TRUE(wait_until(take_call(self->fd, &self->got) == 7));
	EXPECT_EQ(ETIMEDOUT, job_join(job));
	EXPECT_EQ(self->got.out_seq, job->call.out_seq);
	EXPECT_EQ(getpid(), job->call.out_pid);
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_TRUE(has_callers(self->fd, 0, 0));
}

TEST_F(call, server_exits)
{
	struct job *job = job_thread(job_call(self->fd, 7));
	struct child child;

	ASSERT_TRUE(job_blocks(job));
	if (!child_start(&child)) {
		CHECK(take_call(self->fd, &self->got) == 7);
		child_exit();
	}
	EXPECT_EQ(EPIPE, job_join(job));
	EXPECT_EQ(child.pid, job->call.out_pid);
	EXPECT_CHILD(child);
	EXPECT_TRUE(has_callers(self->fd, 0, 0));
}

TEST_F(call, handle_is_closed)
{
	int other = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	struct job *job;

	ASSERT_LE(0, other);
	TAKEN(job, other);
	close(other);
	EXPECT_EQ(EPIPE, job_join(job));
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, self->got.out_seq, 8));
}

TEST_F(call, mailbox_is_deleted)
{
	struct job *job;

	TAKEN(job, self->fd);
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(job));
	EXPECT_EQ(self->got.out_seq, job->call.out_seq);
	EXPECT_ERRNO(EIDRM, reply_number(self->fd, self->got.out_seq, 8));
}

TEST_F(call, is_read)
{
	struct job *job = job_thread(job_call(self->fd, 7));
	__u32 number;

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(sizeof(number), read(self->fd, &number, sizeof(number)));
	EXPECT_EQ(EPIPE, job_join(job));
	EXPECT_EQ(getpid(), job->call.out_tid);
	EXPECT_TRUE(has_callers(self->fd, 0, 0));
}

TEST_HARNESS_MAIN
