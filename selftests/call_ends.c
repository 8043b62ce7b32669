// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Callers that give up: what they are told, what the server is, and that nothing
 * is left of them.
 */
#include "calls.h"
#include "events.h"

static unsigned int handled;

static void on_signal(int sig)
{
	(void)sig;
	__atomic_add_fetch(&handled, 1, __ATOMIC_RELEASE);
}

static void handle(int flags)
{
	const struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = flags,
	};

	sigaction(SIGUSR1, &action, NULL);
}

/* The caller is told that the test had its call. */
static bool was_taken(const struct job *job, const struct mbx_receive *got)
{
	return job->call.out_seq == got->out_seq &&
	       job->call.out_pid == getpid() &&
	       job->call.out_tid == syscall(SYS_gettid);
}

/* ------------------------------------------------------------ the caller gives up */

TEST_F(call, deadline_before)
{
	struct job *job = job_call(self->fd, 7);

	job->call.deadline = 1;
	EXPECT_EQ(ETIMEDOUT, job_join(job_thread(job)));
	EXPECT_TRUE(untaken(self->fd, job));
	job->call.deadline = 1;
	job->call.flags = MBX_CALL_REALTIME;
	EXPECT_EQ(ETIMEDOUT, job_join(job_thread(job)));
	EXPECT_TRUE(untaken(self->fd, job));
	EXPECT_EQ(-1, take_call(self->fd, &self->got));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(call, deadline_afterwards)
{
	struct job *job = job_call(self->fd, 7);

	job->call.deadline = in_ms(1000);
	job_thread(job);
	ASSERT_TRUE(wait_until(take_call(self->fd, &self->got) == 7));
	EXPECT_EQ(ETIMEDOUT, job_join(job));
	EXPECT_TRUE(was_taken(job, &self->got));
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, self->got.out_seq, 8));
}

TEST_F(call, signal_before)
{
	struct job *job = job_call(self->fd, 7);

	handle(0);
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, job_signal(job, SIGUSR1));
	EXPECT_EQ(EINTR, job_join(job));
	EXPECT_TRUE(untaken(self->fd, job));
	EXPECT_EQ(-1, take_call(self->fd, &self->got));
}

TEST_F(call, signal_before_with_restart)
{
	struct job *job = job_call(self->fd, 7);

	handle(SA_RESTART);
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, job_signal(job, SIGUSR1));
	ASSERT_TRUE(wait_until(__atomic_load_n(&handled, __ATOMIC_ACQUIRE)));
	TAKEN(job, self->fd);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
}

/* It might be carried out twice. */
TEST_F(call, signal_afterwards_never_restarts)
{
	struct job *job = job_call(self->fd, 7);

	handle(SA_RESTART);
	job_thread(job);
	TAKEN(job, self->fd);
	EXPECT_EQ(0, job_signal(job, SIGUSR1));
	EXPECT_EQ(EINTR, job_join(job));
	EXPECT_TRUE(was_taken(job, &self->got));
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(-1, take_call(self->fd, &self->got));
}

/* The reply, which was done, is not done again. */
TEST_F(call, receive_that_replied_is_restarted)
{
	struct job *client = job_thread(job_call(self->fd, 7));
	struct job *server = job_receive(self->fd, 0);
	struct mbx_reply reply;
	__u32 number = 8;

	handle(SA_RESTART);
	TAKEN(client, self->fd);
	init_reply(&reply, self->got.out_seq, &number, sizeof(number));
	server->receive.reply_ptr = (uintptr_t)&reply;
	job_thread(server);
	EXPECT_EQ(0, job_join(client));
	ASSERT_TRUE(job_blocks(server));
	EXPECT_EQ(0, job_signal(server, SIGUSR1));
	ASSERT_TRUE(wait_until(__atomic_load_n(&handled, __ATOMIC_ACQUIRE)));
	ASSERT_TRUE(job_blocks(server));
	client = job_thread(job_call(self->fd, 9));
	EXPECT_EQ(0, job_join(server));
	EXPECT_EQ(9, job_number(server));
	EXPECT_EQ(0, reply_number(self->fd, server->receive.out_seq, 10));
	EXPECT_EQ(0, job_join(client));
}

TEST_F(call, caller_is_killed)
{
	struct job *job = job_process(job_call(self->fd, 7));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_TRUE(has_callers(self->fd, 0, 0));
	EXPECT_EQ(-1, take_call(self->fd, &self->got));
	EXPECT_EQ(EAGAIN, errno);

	job = job_process(job_call(self->fd, 7));
	TAKEN(job, self->fd);
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_TRUE(has_callers(self->fd, 0, 0));
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, self->got.out_seq, 8));
}

TEST_F(call, callers_handle_is_revoked)
{
	int sender = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	struct job *job = job_thread(job_call(sender, 7));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(EKEYREVOKED, job_join(job));
	EXPECT_TRUE(untaken(self->fd, job));
	close(sender);

	sender = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	job = job_thread(job_call(sender, 7));
	TAKEN(job, self->fd);
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(EKEYREVOKED, job_join(job));
	EXPECT_TRUE(was_taken(job, &self->got));
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, self->got.out_seq, 8));
	close(sender);
}

/* -------------------------------------------------------------- telling the server */

static unsigned int cancels(int fd)
{
	struct mbx_notify arg;

	return box_events(fd, &arg) ? ~0U : arg.out_counts[10];
}

TEST_F(call, server_is_told)
{
	int event = new_eventfd(), sender, i;
	struct job *job;

	ASSERT_EQ(0, box_notify(self->fd, MBX_EVENT_CANCELED, event));
	/* Not of those that it does not have. */
	job = job_process(job_call(self->fd, 7));
	ASSERT_TRUE(job_blocks(job));
	job_kill(job);
	EXPECT_EQ(0, signals_of(event));
	/* Nor of those that are replied to. */
	job = job_thread(job_call(self->fd, 7));
	TAKEN(job, self->fd);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(0, signals_of(event));

	for (i = 0; i < 2; i++) {
		job = job_process(job_call(self->fd, 7));
		TAKEN(job, self->fd);
		job_kill(job);
		EXPECT_EQ(1, signals_of(event));
	}
	EXPECT_EQ(2, cancels(self->fd));
	EXPECT_EQ(0, cancels(self->fd));

	sender = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	job = job_thread(job_call(sender, 7));
	TAKEN(job, self->fd);
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(1, signals_of(event));
	EXPECT_EQ(EKEYREVOKED, job_join(job));
	EXPECT_EQ(1, cancels(self->fd));
	close(sender);
	close(event);
}

TEST_F(call, what_was_before_is_not_told)
{
	struct job *job = job_process(job_call(self->fd, 7));
	int event = new_eventfd();
	struct mbx_notify arg;

	TAKEN(job, self->fd);
	job_kill(job);
	ASSERT_EQ(0, box_notify(self->fd, ALL_EVENTS & ~LEVELS, event));
	ASSERT_EQ(0, box_events(self->fd, &arg));
	EXPECT_EQ(0, arg.out_counts[10]);
	EXPECT_EQ(0, arg.out_state & MBX_EVENT_CANCELED);
	close(event);
}

TEST_HARNESS_MAIN
