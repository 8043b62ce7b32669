// SPDX-License-Identifier: GPL-2.0-or-later
/* Priorities that are lent while callers are asked something. */
#include "callbacks.h"
#include "priorities.h"

/* What a server does, one after the other, each when the test says so. */
enum { NONE, IDLE, TOOK, ASKED, REPLIED };

struct server {
	int fd;
	int step;
	int go;
	int nr_calls;
	__u32 flags;
	__u64 deadline;
	__u64 call;
	int ask_error;
	pid_t tid;
	pthread_t thread;
};

static int now_at(const int *step)
{
	return __atomic_load_n(step, __ATOMIC_ACQUIRE);
}

static void step_on(struct server *s, int step)
{
	__atomic_store_n(&s->step, step, __ATOMIC_RELEASE);
	while (now_at(&s->go) <= step)
		pause_briefly();
}

static void *serve(void *arg)
{
	struct server *s = arg;
	struct mbx_receive got;
	struct mbx_call call;
	__u32 number = 0;

	s->tid = syscall(SYS_gettid);
	step_on(s, IDLE);
	while (s->nr_calls--) {
		init_receive(&got, &number, sizeof(number), 0);
		if (ioctl(s->fd, MBX_IOC_RECEIVE, &got))
			abort();
		if (number == 7)
			s->call = got.out_seq;
	}
	step_on(s, TOOK);
	init_call(&call, &number, sizeof(number), &number, sizeof(number));
	call.flags = MBX_CALL_BACK | s->flags;
	call.call = s->call;
	call.deadline = s->deadline;
	s->ask_error = ioctl(s->fd, MBX_IOC_CALL, &call) ? errno : 0;
	step_on(s, ASKED);
	reply_number(s->fd, s->call, 8);
	step_on(s, REPLIED);
	return NULL;
}

static bool reaches(struct server *s, int step)
{
	__atomic_store_n(&s->go, step, __ATOMIC_RELEASE);
	return wait_until(now_at(&s->step) == step);
}

static void end_server(struct server *s)
{
	__atomic_store_n(&s->go, REPLIED + 1, __ATOMIC_RELEASE);
	pthread_join(s->thread, NULL);
}

/* Whoever changes it may do so a moment after the test sees why. */
#define EXPECT_GETS(tid, is) EXPECT_TRUE(wait_until(has_priority(tid, is)))

FIXTURE(donate_back) {
	int control;
	int fd;
	struct server server;
	struct thinker *client;
	struct mbx_receive got;
};

FIXTURE_VARIANT(donate_back)
{
	struct priority client, server;
	__u32 lends;
	struct priority serves, thinks;
};

/*
 * Of the client and of the server; whether the server lends; what the server has
 * while it serves, and the client while it thinks.
 */
/* clang-format off */
FIXTURE_VARIANT_ADD(donate_back, to_the_server_only) {
	{ SCHED_FIFO, 20 }, { SCHED_OTHER, 7 }, 0,
	{ SCHED_FIFO, 20 }, { SCHED_FIFO, 20 }
};
FIXTURE_VARIANT_ADD(donate_back, to_a_better_client) {
	{ SCHED_FIFO, 20 }, { SCHED_OTHER, 7 }, MBX_CALL_DONATE,
	{ SCHED_FIFO, 20 }, { SCHED_FIFO, 20 }
};
FIXTURE_VARIANT_ADD(donate_back, to_a_client) {
	{ SCHED_OTHER, 12 }, { SCHED_FIFO, 30 }, MBX_CALL_DONATE,
	{ SCHED_FIFO, 30 }, { SCHED_FIFO, 30 }
};
FIXTURE_VARIANT_ADD(donate_back, to_a_nice_client) {
	{ SCHED_OTHER, 3 }, { SCHED_OTHER, -7 }, MBX_CALL_DONATE,
	{ SCHED_OTHER, -7 }, { SCHED_OTHER, -7 }
};
FIXTURE_VARIANT_ADD(donate_back, to_nobody) {
	{ SCHED_OTHER, 12 }, { SCHED_FIFO, 30 }, 0,
	{ SCHED_FIFO, 30 }, { SCHED_OTHER, 12 }
};
/* clang-format on */

FIXTURE_SETUP(donate_back)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_DONATE, 4);
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(set_priority(0, OWN));
	self->server.fd = self->fd;
	self->server.flags = variant->lends;
	self->server.nr_calls = 1;
	pthread_create(&self->server.thread, NULL, serve, &self->server);
	ASSERT_TRUE(reaches(&self->server, IDLE));
	ASSERT_TRUE(set_priority(self->server.tid, variant->server));

	ASSERT_TRUE(set_priority(0, variant->client));
	self->client = thinker_new(self->fd);
	self->client->flags = MBX_CALL_DONATE;
	thinker_thread(self->client);
	ASSERT_TRUE(set_priority(0, OWN));
}

FIXTURE_TEARDOWN(donate_back)
{
	end_server(&self->server);
	box_delete(self->fd, NULL, 0);
}

/* The server has the call, and has asked: it waits, and the client thinks. */
#define THINKS_ALONE()                                                       \
	do {                                                                 \
		ASSERT_TRUE(                                                 \
			wait_until(is_blocked(self->client->tid, "call")));  \
		EXPECT_PRIORITY(self->server.tid, variant->server);          \
		ASSERT_TRUE(reaches(&self->server, TOOK));                   \
		EXPECT_PRIORITY(self->server.tid, variant->serves);          \
		__atomic_store_n(&self->server.go, ASKED, __ATOMIC_RELEASE); \
		ASSERT_TRUE(is_asked(self->client));                         \
	} while (0)

TEST_F(donate_back, there_and_back)
{
	THINKS_ALONE();
	ASSERT_TRUE(wait_until(is_blocked(self->server.tid, "ask")));
	EXPECT_TRUE(
		wait_until(has_priority(self->client->tid, variant->thinks)));
	/* Not what the client has lent. */
	EXPECT_TRUE(
		wait_until(has_priority(self->server.tid, variant->server)));

	think_of(self->client, THINK_ANSWER);
	ASSERT_TRUE(wait_until(now_at(&self->server.step) == ASKED));
	EXPECT_EQ(0, self->server.ask_error);
	ASSERT_TRUE(wait_until(is_blocked(self->client->tid, "call")));
	EXPECT_TRUE(
		wait_until(has_priority(self->server.tid, variant->serves)));
	EXPECT_TRUE(
		wait_until(has_priority(self->client->tid, variant->client)));

	ASSERT_TRUE(reaches(&self->server, REPLIED));
	EXPECT_EQ(0, thinker_join(self->client));
	EXPECT_PRIORITY(self->server.tid, variant->server);
}

TEST_F(donate_back, until_the_server_waits_no_longer)
{
	self->server.deadline = in_ms(3000);
	THINKS_ALONE();
	EXPECT_TRUE(
		wait_until(has_priority(self->client->tid, variant->thinks)));
	ASSERT_TRUE(wait_until(now_at(&self->server.step) == ASKED));
	EXPECT_EQ(ETIMEDOUT, self->server.ask_error);
	EXPECT_TRUE(
		wait_until(has_priority(self->client->tid, variant->client)));
	EXPECT_PRIORITY(self->server.tid, variant->server);
	ASSERT_TRUE(reaches(&self->server, REPLIED));
	EXPECT_EQ(0, thinker_does(self->client, THINK_ANSWER));
}

TEST_F(donate_back, until_the_client_gives_up)
{
	THINKS_ALONE();
	EXPECT_EQ(0, thinker_does(self->client, THINK_HANG_UP));
	ASSERT_TRUE(wait_until(now_at(&self->server.step) == ASKED));
	EXPECT_EQ(ECANCELED, self->server.ask_error);
	EXPECT_TRUE(
		wait_until(has_priority(self->server.tid, variant->server)));
}

/* -------------------------------------------------------------------- of others */

FIXTURE(of_others) {
	int control;
	int fd;
	struct server server;
};

FIXTURE_SETUP(of_others)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_DONATE, 4);
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(set_priority(0, OWN));
	self->server.fd = self->fd;
	self->server.flags = MBX_CALL_DONATE;
	self->server.nr_calls = 2;
	pthread_create(&self->server.thread, NULL, serve, &self->server);
	ASSERT_TRUE(reaches(&self->server, IDLE));
}

FIXTURE_TEARDOWN(of_others)
{
	end_server(&self->server);
	box_delete(self->fd, NULL, 0);
}

static void on_signal(int sig)
{
	(void)sig;
}

/* Whoever waits for the server, too, lends to the client that it asks. */
TEST_F(of_others, go_on_to_the_client)
{
	struct thinker *client = thinker_new(self->fd);
	const struct sigaction action = { .sa_handler = on_signal };
	struct job *other = job_call(self->fd, 9);

	client->flags = MBX_CALL_DONATE;
	thinker_thread(client);
	ASSERT_TRUE(wait_until(is_blocked(client->tid, "call")));
	other->call.flags = MBX_CALL_DONATE;
	ASSERT_TRUE(set_priority(0, FIFO(40)));
	job_thread(other);
	ASSERT_TRUE(set_priority(0, OWN));
	ASSERT_TRUE(job_blocks(other));
	ASSERT_TRUE(reaches(&self->server, TOOK));
	EXPECT_PRIORITY(self->server.tid, FIFO(40));
	__atomic_store_n(&self->server.go, ASKED, __ATOMIC_RELEASE);
	ASSERT_TRUE(is_asked(client));
	EXPECT_GETS(client->tid, FIFO(40));
	EXPECT_PRIORITY(self->server.tid, FIFO(40));

	/* Nobody keeps what is lent no longer. */
	sigaction(SIGUSR1, &action, NULL);
	EXPECT_EQ(0, job_signal(other, SIGUSR1));
	EXPECT_EQ(EINTR, job_join(other));
	EXPECT_GETS(client->tid, OWN);
	EXPECT_GETS(self->server.tid, OWN);

	think_of(client, THINK_ANSWER);
	ASSERT_TRUE(reaches(&self->server, REPLIED));
	EXPECT_EQ(0, thinker_join(client));
	EXPECT_PRIORITY(self->server.tid, OWN);
}

TEST_HARNESS_MAIN
