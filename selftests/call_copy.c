// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls and replies that are being copied while the other side, or the mailbox,
 * goes away.
 */
#include "calls.h"
#include "stuck.h"

#define LEN 64

static struct job *long_call(int fd)
{
	struct job *job = job_call(fd, 7);

	job->call.reply_len = LEN;
	return job;
}

/* ------------------------------------------------------------------ a reply comes */

TEST_F(call, reply_comes_at_last)
{
	struct job *job = job_process(long_call(self->fd));
	struct stuck *server;

	NEED_USERFAULTFD();
	server = stuck_reply(self->fd, LEN);
	ASSERT_TRUE(stuck_is_stuck(server));
	EXPECT_TRUE(has_callers(self->fd, 0, 1));
	stuck_resolve(server);
	EXPECT_EQ(0, stuck_join(server));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(LEN, job->call.out_len);
	EXPECT_TRUE(has_pattern(job->reply, LEN, STUCK_PATTERN));
}

TEST_F(call, caller_dies_meanwhile)
{
	struct job *job = job_process(long_call(self->fd));
	struct stuck *server;

	NEED_USERFAULTFD();
	server = stuck_reply(self->fd, LEN);
	ASSERT_TRUE(stuck_is_stuck(server));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_TRUE(has_callers(self->fd, 0, 0));
	stuck_resolve(server);
	EXPECT_EQ(ECANCELED, stuck_join(server));
}

TEST_F(call, server_dies_meanwhile)
{
	struct job *job = job_process(long_call(self->fd));
	struct stuck *server;

	NEED_USERFAULTFD();
	server = stuck_reply(self->fd, LEN);
	ASSERT_TRUE(stuck_is_stuck(server));
	EXPECT_EQ(-1, stuck_kill(server));
	EXPECT_EQ(EPIPE, job_join(job));
	EXPECT_EQ(server->pid, job->call.out_pid);
}

TEST_F(call, mailbox_ends_meanwhile)
{
	struct job *job = job_process(long_call(self->fd));
	struct stuck *server;

	NEED_USERFAULTFD();
	server = stuck_reply(self->fd, LEN);
	ASSERT_TRUE(stuck_is_stuck(server));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(job));
	stuck_resolve(server);
	EXPECT_EQ(EIDRM, stuck_join(server));
}

TEST_F(call, right_to_reply_is_revoked_meanwhile)
{
	int other = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	struct job *job = job_process(long_call(self->fd));
	struct stuck *server;

	NEED_USERFAULTFD();
	server = stuck_reply(other, LEN);
	ASSERT_TRUE(stuck_is_stuck(server));
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(EPIPE, job_join(job));
	stuck_resolve(server);
	EXPECT_EQ(EKEYREVOKED, stuck_join(server));
	close(other);
}

/* ------------------------------------------------------------ a reply is fetched */

/* Takes the call of @caller, and replies. */
static bool serve(int fd, __u32 pattern)
{
	struct mbx_receive got;
	char data[LEN];

	init_receive(&got, data, sizeof(data), 0);
	if (ioctl(fd, MBX_IOC_RECEIVE, &got))
		return false;
	fill_pattern(data, LEN, pattern);
	return !box_reply(fd, got.out_seq, data, LEN);
}

/* The server is not held up, and the mailbox has done its part. */
TEST_F(call, caller_is_slow)
{
	struct stuck *caller;
	struct job *job;

	NEED_USERFAULTFD();
	caller = stuck_call(self->fd, LEN);
	EXPECT_TRUE(serve(self->fd, 1));
	ASSERT_TRUE(stuck_is_stuck(caller));
	EXPECT_TRUE(has_callers(self->fd, 0, 0));
	job = job_thread(long_call(self->fd));
	EXPECT_TRUE(serve(self->fd, 2));
	EXPECT_EQ(0, job_join(job));
	EXPECT_TRUE(has_pattern(job->reply, LEN, 2));
	stuck_resolve(caller);
	EXPECT_EQ(0, stuck_join(caller));
	EXPECT_EQ(LEN, caller->call.out_len);
}

TEST_F(call, has_its_reply_when_the_mailbox_ends)
{
	struct stuck *caller;

	NEED_USERFAULTFD();
	caller = stuck_call(self->fd, LEN);
	EXPECT_TRUE(serve(self->fd, 1));
	ASSERT_TRUE(stuck_is_stuck(caller));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	stuck_resolve(caller);
	EXPECT_EQ(0, stuck_join(caller));
}

TEST_F(call, caller_dies_with_its_reply)
{
	struct stuck *caller;

	NEED_USERFAULTFD();
	caller = stuck_call(self->fd, LEN);
	EXPECT_TRUE(serve(self->fd, 1));
	ASSERT_TRUE(stuck_is_stuck(caller));
	EXPECT_EQ(-1, stuck_kill(caller));
	EXPECT_TRUE(has_callers(self->fd, 0, 0));
}

/* -------------------------------------------------------------- a call is received */

TEST_F(call, goes_to_the_next_if_a_server_dies)
{
	struct job *job = job_process(long_call(self->fd));
	struct stuck *server;

	NEED_USERFAULTFD();
	ASSERT_TRUE(job_blocks(job));
	server = stuck_receive(self->fd, sizeof(__u32), 0);
	ASSERT_TRUE(stuck_is_stuck(server));
	/* Nobody has it yet. */
	EXPECT_TRUE(has_callers(self->fd, 1, 0));
	EXPECT_EQ(-1, stuck_kill(server));
	TAKEN(job, self->fd);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
}

TEST_F(call, is_withdrawn_while_it_is_received)
{
	struct job *job = job_process(long_call(self->fd));
	struct stuck *server;

	NEED_USERFAULTFD();
	ASSERT_TRUE(job_blocks(job));
	server = stuck_receive(self->fd, sizeof(__u32), 0);
	ASSERT_TRUE(stuck_is_stuck(server));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_TRUE(untaken(self->fd, job));
	stuck_resolve(server);
	/* It starts anew, and gets another. */
	ASSERT_TRUE(wait_until(has_waiters(self->fd, 0, 1)));
	ASSERT_EQ(0, send_number(self->fd, 9));
	EXPECT_EQ(0, stuck_join(server));
	EXPECT_EQ(0, server->receive.out_flags);
}

TEST_HARNESS_MAIN
