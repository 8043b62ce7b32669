// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls that end while their caller is asked something, whoever ends them: what
 * both sides are told, and that nothing is left.
 */
#include "callbacks.h"
#include "events.h"

static unsigned int cancels(int fd)
{
	struct mbx_notify arg;

	return box_events(fd, &arg) ? ~0U : arg.out_counts[10];
}

static void on_signal(int sig)
{
	(void)sig;
}

static void handle(int flags)
{
	const struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = flags,
	};

	sigaction(SIGUSR1, &action, NULL);
}

/* Who asks was told that the question had arrived. */
static bool had_arrived(const struct job *server, const struct thinker *client)
{
	return server->call.out_seq == server->call.call &&
	       server->call.out_tid == client->tid;
}

#define EXPECT_NO_CALL()                                                       \
	do {                                                                   \
		EXPECT_ERRNO(ENOENT,                                           \
			     reply_number(self->fd, self->got.out_seq, 8));    \
		EXPECT_ERRNO(ENOENT,                                           \
			     ask(self->fd, self->got.out_seq, &(__u32){ 1 })); \
		EXPECT_TRUE(has_callers(self->fd, 0, 0));                      \
	} while (0)

/* ------------------------------------------------------------- the caller gives up */

TEST_F(call, caller_hangs_up)
{
	struct thinker *client = thinker_thread(thinker_new(self->fd));
	int event = new_eventfd();
	struct job *server;

	ASSERT_EQ(0, box_notify(self->fd, MBX_EVENT_CANCELED, event));
	THINKS(client, server);
	EXPECT_EQ(20, client->question);
	EXPECT_TRUE(has_callers(self->fd, 0, 1));
	EXPECT_EQ(0, thinker_does(client, THINK_HANG_UP));
	EXPECT_EQ(ECANCELED, job_join(server));
	EXPECT_TRUE(had_arrived(server, client));
	EXPECT_NO_CALL();
	EXPECT_EQ(1, cancels(self->fd));
	close(event);
}

TEST_F(call, caller_is_killed)
{
	struct thinker *client = thinker_process(thinker_new(self->fd));
	int event = new_eventfd();
	struct job *server;

	ASSERT_EQ(0, box_notify(self->fd, MBX_EVENT_CANCELED, event));
	THINKS(client, server);
	kill(client->pid, SIGKILL);
	EXPECT_EQ(ECANCELED, job_join(server));
	EXPECT_EQ(JOB_KILLED, thinker_join(client));
	EXPECT_NO_CALL();
	EXPECT_EQ(1, cancels(self->fd));
	close(event);
}

/* The process lives on, and has the handle. */
TEST_F(call, thread_exits)
{
	struct thinker *client = thinker_thread(thinker_new(self->fd));
	struct job *server;

	THINKS(client, server);
	EXPECT_EQ(0, thinker_does(client, THINK_EXIT));
	EXPECT_EQ(ECANCELED, job_join(server));
	EXPECT_NO_CALL();
}

TEST_F(call, caller_closes)
{
	int sender = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	struct thinker *client = thinker_thread(thinker_new(sender));
	int event = new_eventfd();
	struct job *server;

	ASSERT_EQ(0, box_notify(self->fd, MBX_EVENT_CANCELED, event));
	THINKS(client, server);
	EXPECT_EQ(0, thinker_does(client, THINK_CLOSE));
	EXPECT_EQ(ECANCELED, job_join(server));
	EXPECT_NO_CALL();
	EXPECT_EQ(1, cancels(self->fd));
	close(event);
}

TEST_F(call, caller_is_revoked)
{
	int sender = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	struct thinker *client = thinker_thread(thinker_new(sender));
	struct job *server;

	THINKS(client, server);
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(ECANCELED, job_join(server));
	EXPECT_NO_CALL();
	EXPECT_EQ(EKEYREVOKED, thinker_does(client, THINK_ANSWER));
	EXPECT_EQ(self->got.out_seq, client->arg.out_seq);
	EXPECT_ERRNO(ENOENT, answer(sender, self->got.out_seq, &(__u32){ 1 }));
	close(sender);
}

/* No memory for the question: the call is of no use to the caller any more. */
TEST_F(call, question_cannot_be_copied)
{
	struct job *client = job_call_backs(self->fd, 7);
	__u32 number = 20;

	client->call.reply_ptr = (uintptr_t)nowhere();
	job_thread(client);
	TAKEN(client, self->fd);
	EXPECT_ERRNO(ECANCELED, ask(self->fd, self->got.out_seq, &number));
	EXPECT_EQ(EFAULT, job_join(client));
	EXPECT_EQ(self->got.out_seq, client->call.out_seq);
	EXPECT_NO_CALL();
}

TEST_F(call, signal_after_the_answer)
{
	struct thinker *client = thinker_thread(thinker_new(self->fd));
	struct job *server;

	handle(SA_RESTART);
	THINKS(client, server);
	think_of(client, THINK_ANSWER);
	EXPECT_EQ(0, job_join(server));
	EXPECT_EQ(20, job_reply(server));
	ASSERT_TRUE(wait_until(is_blocked(client->tid, "call")));
	syscall(SYS_tgkill, getpid(), client->tid, SIGUSR1);
	EXPECT_EQ(EINTR, thinker_join(client));
	EXPECT_EQ(self->got.out_seq, client->arg.out_seq);
	EXPECT_NO_CALL();
}

/* ------------------------------------------------------------------- the deadline */

/* It counts from the call on, and nobody waits for longer. */
static void outlast(struct __test_metadata *_metadata,
		    FIXTURE_DATA(call) * self, clockid_t clock,
		    __u64 server_deadline)
{
	struct thinker *client = thinker_new(self->fd);
	struct job *server;

	client->deadline = now_ns(clock) + 1000 * MSEC;
	if (clock == CLOCK_REALTIME)
		client->flags = MBX_CALL_REALTIME;
	thinker_thread(client);
	ASSERT_TRUE(wait_until(take_call(self->fd, &self->got) == 7));
	server = job_ask(self->fd, self->got.out_seq, 20);
	server->call.deadline = server_deadline;
	job_thread(server);
	ASSERT_TRUE(is_asked(client));
	EXPECT_EQ(ECANCELED, job_join(server));
	EXPECT_TRUE(had_arrived(server, client));
	EXPECT_NO_CALL();
	EXPECT_EQ(ETIMEDOUT, thinker_does(client, THINK_ANSWER));
	EXPECT_EQ(MBX_CALL_UNHEARD, client->arg.out_flags);
}

TEST_F(call, deadline_of_the_call)
{
	outlast(_metadata, self, CLOCK_MONOTONIC, 0);
}

TEST_F(call, deadline_of_the_call_on_the_other_clock)
{
	outlast(_metadata, self, CLOCK_REALTIME, 0);
}

TEST_F(call, deadline_of_the_call_is_the_earlier)
{
	outlast(_metadata, self, CLOCK_MONOTONIC, in_ms(100000));
}

TEST_F(call, deadline_of_the_call_is_the_earlier_on_the_other_clock)
{
	outlast(_metadata, self, CLOCK_REALTIME, in_ms(100000));
}

/* Of two clocks, beyond what the sum of both can be: nobody has to hurry. */
TEST_F(call, deadline_that_never_comes)
{
	struct thinker *client = thinker_new(self->fd);
	struct job *server;

	client->deadline = INT64_MAX;
	thinker_thread(client);
	ASSERT_TRUE(wait_until(take_call(self->fd, &self->got) == 7));
	server = job_ask(self->fd, self->got.out_seq, 20);
	server->call.flags |= MBX_CALL_REALTIME;
	server->call.deadline = now_ns(CLOCK_REALTIME) + 1000000 * MSEC;
	job_thread(server);
	ASSERT_TRUE(is_asked(client));
	think_of(client, THINK_ANSWER);
	EXPECT_EQ(0, job_join(server));
	ASSERT_TRUE(wait_until(is_blocked(client->tid, "call")));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, thinker_join(client));
	EXPECT_NO_CALL();
}

TEST_F(call, deadline_after_the_answer)
{
	struct thinker *client = thinker_new(self->fd);
	struct job *server;

	client->deadline = in_ms(2000);
	thinker_thread(client);
	THINKS(client, server);
	EXPECT_EQ(ETIMEDOUT, thinker_does(client, THINK_ANSWER));
	EXPECT_EQ(0, job_join(server));
	EXPECT_EQ(0, client->arg.out_flags);
	EXPECT_NO_CALL();
}

/* ------------------------------------------------------------ the question alone */

/* Whoever asked waits no longer: the answer is lost, and the call goes on. */
static void unheard(struct __test_metadata *_metadata,
		    FIXTURE_DATA(call) * self, struct thinker *client)
{
	__u32 number = 1;

	EXPECT_ERRNO(EBUSY, ask(self->fd, self->got.out_seq, &number));
	think_of(client, THINK_ANSWER);
	ASSERT_TRUE(wait_until(is_blocked(client->tid, "call")));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, thinker_join(client));
	EXPECT_EQ(8, client->number);
	EXPECT_EQ(MBX_CALL_UNHEARD, client->arg.out_flags);
	EXPECT_NO_CALL();
}

TEST_F(call, deadline_of_the_question)
{
	struct thinker *client = thinker_new(self->fd);
	struct job *server;

	client->deadline = in_ms(100000);
	thinker_thread(client);
	ASSERT_TRUE(wait_until(take_call(self->fd, &self->got) == 7));
	server = job_ask(self->fd, self->got.out_seq, 20);
	server->call.deadline = in_ms(500);
	job_thread(server);
	EXPECT_EQ(ETIMEDOUT, job_join(server));
	ASSERT_TRUE(is_asked(client));
	EXPECT_TRUE(had_arrived(server, client));
	unheard(_metadata, self, client);
}

TEST_F(call, signal_to_who_asks)
{
	struct thinker *client = thinker_thread(thinker_new(self->fd));
	struct job *server;

	handle(SA_RESTART);
	THINKS(client, server);
	EXPECT_EQ(0, job_signal(server, SIGUSR1));
	EXPECT_EQ(EINTR, job_join(server));
	EXPECT_TRUE(had_arrived(server, client));
	unheard(_metadata, self, client);
}

TEST_F(call, who_asks_is_revoked)
{
	struct thinker *client = thinker_thread(thinker_new(self->fd));
	int receiver = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	struct job *server;

	ASSERT_TRUE(wait_until(take_call(self->fd, &self->got) == 7));
	server = job_thread(job_ask(receiver, self->got.out_seq, 20));
	ASSERT_TRUE(is_asked(client));
	ASSERT_TRUE(job_blocks(server));
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(EKEYREVOKED, job_join(server));
	unheard(_metadata, self, client);
	close(receiver);
}

/* The caller has done its part. */
TEST_F(call, answer_cannot_be_copied)
{
	struct thinker *client = thinker_thread(thinker_new(self->fd));
	struct job *server;

	ASSERT_TRUE(wait_until(take_call(self->fd, &self->got) == 7));
	server = job_ask(self->fd, self->got.out_seq, 20);
	server->call.reply_ptr = (uintptr_t)nowhere();
	job_thread(server);
	ASSERT_TRUE(is_asked(client));
	think_of(client, THINK_ANSWER);
	EXPECT_EQ(EFAULT, job_join(server));
	EXPECT_TRUE(had_arrived(server, client));
	ASSERT_TRUE(wait_until(is_blocked(client->tid, "call")));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, thinker_join(client));
	EXPECT_EQ(0, client->arg.out_flags);
}

/* --------------------------------------------------------------- the server's side */

TEST_F(call, reply_before_the_answer)
{
	struct thinker *client = thinker_thread(thinker_new(self->fd));
	struct job *server;

	THINKS(client, server);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(ECANCELED, job_join(server));
	EXPECT_NO_CALL();
	EXPECT_EQ(0, thinker_does(client, THINK_ANSWER));
	EXPECT_EQ(8, client->number);
	EXPECT_EQ(sizeof(__u32), client->arg.out_len);
	EXPECT_EQ(MBX_CALL_UNHEARD, client->arg.out_flags);
}

TEST_F(call, reply_that_nobody_hears)
{
	struct thinker *client = thinker_thread(thinker_new(self->fd));
	struct job *server;

	THINKS(client, server);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(ECANCELED, job_join(server));
	EXPECT_EQ(0, thinker_does(client, THINK_HANG_UP));
	EXPECT_NO_CALL();
}

/* A process that takes a call, asks @number, and waits for the answer. */
static void start_asking(struct child *server, int fd, __u32 number)
{
	struct mbx_receive got;

	if (child_start(server))
		return;
	while (take_call(fd, &got) != 7)
		pause_briefly();
	ask(fd, got.out_seq, &number);
	wait_for_the_end();
}

TEST_F(call, server_is_killed)
{
	struct thinker *client;
	struct child server;

	start_asking(&server, self->fd, 20);
	client = thinker_thread(thinker_new(self->fd));
	ASSERT_TRUE(is_asked(client));
	end_of(&server);
	EXPECT_TRUE(wait_until(has_callers(self->fd, 0, 0)));
	EXPECT_EQ(EPIPE, thinker_does(client, THINK_ANSWER));
	EXPECT_NE(0, client->arg.out_seq);
	EXPECT_EQ(server.pid, client->arg.out_pid);
	EXPECT_EQ(MBX_CALL_UNHEARD, client->arg.out_flags);
}

TEST_F(call, server_closes)
{
	int receiver = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	struct thinker *client = thinker_thread(thinker_new(self->fd));
	struct job *server;

	ASSERT_TRUE(wait_until(take_call(receiver, &self->got) == 7));
	server = job_thread(job_ask(self->fd, self->got.out_seq, 20));
	ASSERT_TRUE(is_asked(client));
	ASSERT_TRUE(job_blocks(server));
	close(receiver);
	EXPECT_EQ(ECANCELED, job_join(server));
	EXPECT_NO_CALL();
	EXPECT_EQ(EPIPE, thinker_does(client, THINK_ANSWER));
}

TEST_F(call, server_is_revoked)
{
	int receiver = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	struct thinker *client = thinker_thread(thinker_new(self->fd));
	struct job *server;

	ASSERT_TRUE(wait_until(take_call(receiver, &self->got) == 7));
	server = job_thread(job_ask(receiver, self->got.out_seq, 20));
	ASSERT_TRUE(is_asked(client));
	ASSERT_TRUE(job_blocks(server));
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(EKEYREVOKED, job_join(server));
	EXPECT_NO_CALL();
	EXPECT_EQ(EPIPE, thinker_does(client, THINK_ANSWER));
	close(receiver);
}

/* -------------------------------------------------------------- the mailbox's end */

TEST_F(call, mailbox_is_deleted)
{
	struct thinker *client = thinker_thread(thinker_new(self->fd));
	struct job *server;

	THINKS(client, server);
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(server));
	EXPECT_EQ(EIDRM, thinker_does(client, THINK_ANSWER));
	EXPECT_EQ(self->got.out_seq, client->arg.out_seq);
}

TEST_F(call, owner_dies)
{
	struct thinker *client;
	struct job *server;
	struct child owner;
	int pair[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	if (!child_start(&owner)) {
		fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
				variant->capacity);
		CHECK(fd >= 0);
		CHECK(pass_fd(pair[1], fd));
		wait_for_the_end();
	}
	fd = take_fd(pair[0]);
	ASSERT_LE(0, fd);
	client = thinker_thread(thinker_new(fd));
	ASSERT_TRUE(wait_until(take_call(fd, &self->got) == 7));
	server = job_thread(job_ask(fd, self->got.out_seq, 20));
	ASSERT_TRUE(is_asked(client));
	ASSERT_TRUE(job_blocks(server));
	end_of(&owner);
	EXPECT_EQ(EOWNERDEAD, job_join(server));
	EXPECT_EQ(EOWNERDEAD, thinker_does(client, THINK_ANSWER));
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

TEST_HARNESS_MAIN
