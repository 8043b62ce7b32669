// SPDX-License-Identifier: GPL-2.0-or-later
/* Mailboxes whose calls lend the caller's priority: who has which, and when. */
#include "child.h"
#include "priorities.h"
#include "procfs.h"

FIXTURE(donate) {
	int control;
	int fd;
	struct mbx_receive got;
};

FIXTURE_VARIANT(donate)
{
	struct priority caller, served;
};

FIXTURE_SETUP(donate)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_DONATE, 4);
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(set_priority(0, OWN));
}

FIXTURE_TEARDOWN(donate)
{
	EXPECT_PRIORITY(0, OWN);
	box_delete(self->fd, NULL, 0);
}

/* Threads start with the priority of whoever makes them. */
static struct job *start_as(struct job *job, struct priority priority)
{
	struct sched_param param;
	const int policy = sched_getscheduler(0);
	const int nice = getpriority(PRIO_PROCESS, 0);

	sched_getparam(0, &param);
	if (!set_priority(0, priority))
		abort();
	if (job->cmd == MBX_IOC_CALL)
		job->call.flags |= MBX_CALL_DONATE;
	job_thread(job);
	sched_setscheduler(0, policy, &param);
	setpriority(PRIO_PROCESS, 0, nice);
	return job;
}

#define CALLS(job, number, priority)                                      \
	do {                                                              \
		(job) = start_as(job_call(self->fd, (number)), priority); \
		ASSERT_TRUE(job_blocks(job));                             \
	} while (0)

#define ANSWER(job, call)                                        \
	do {                                                     \
		EXPECT_EQ(0, reply_number(self->fd, (call), 8)); \
		EXPECT_EQ(0, job_join(job));                     \
	} while (0)

/* clang-format off */
FIXTURE_VARIANT_ADD(donate, nicer) { { SCHED_OTHER, 12 }, { SCHED_OTHER, 7 } };
FIXTURE_VARIANT_ADD(donate, less_nice) { { SCHED_OTHER, -5 }, { SCHED_OTHER, -5 } };
FIXTURE_VARIANT_ADD(donate, batch) { { SCHED_BATCH, -2 }, { SCHED_OTHER, -2 } };
FIXTURE_VARIANT_ADD(donate, nothing_to_reset) { { SCHED_OTHER, 2 }, { SCHED_OTHER, 7 } };
FIXTURE_VARIANT_ADD(donate, idle) { { SCHED_IDLE, 0 }, { SCHED_OTHER, 7 } };
FIXTURE_VARIANT_ADD(donate, real_time) { { SCHED_FIFO, 30 }, { SCHED_FIFO, 30 } };
/* clang-format on */

TEST_F(donate, while_it_serves)
{
	struct job *job;

	CALLS(job, 7, variant->caller);
	EXPECT_PRIORITY(0, OWN);
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	EXPECT_PRIORITY(0, variant->served);
	ANSWER(job, self->got.out_seq);
	EXPECT_PRIORITY(0, OWN);
}

TEST_F(donate, until_the_caller_gives_up)
{
	struct job *job = job_call(self->fd, 7);

	job->call.deadline = in_ms(2000);
	start_as(job, variant->caller);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	EXPECT_EQ(ETIMEDOUT, job_join(job));
	EXPECT_PRIORITY(0, OWN);
}

TEST_F(donate, until_the_mailbox_ends)
{
	struct job *job;

	CALLS(job, 7, variant->caller);
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	ASSERT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(job));
	EXPECT_PRIORITY(0, OWN);
}

TEST_F(donate, only_where_it_is_asked_for)
{
	int plain = box_create(self->control, NULL, 0, 4);
	struct job *job;

	ASSERT_LE(0, plain);
	job = start_as(job_call(plain, 7), variant->caller);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(7, take_call(plain, &self->got));
	EXPECT_PRIORITY(0, OWN);
	EXPECT_EQ(0, reply_number(plain, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
	box_delete(plain, NULL, 0);
}

/* Below, one of all variants does. */
FIXTURE(lend) {
	int control;
	int fd;
	struct mbx_receive got;
};

FIXTURE_SETUP(lend)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_DONATE, 4);
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(set_priority(0, OWN));
}

FIXTURE_TEARDOWN(lend)
{
	box_delete(self->fd, NULL, 0);
}

TEST_F(lend, the_highest_of_several_counts)
{
	struct job *low, *high;
	__u64 first;

	CALLS(low, 1, NICE(-3));
	CALLS(high, 2, FIFO(20));
	ASSERT_EQ(1, take_call(self->fd, &self->got));
	first = self->got.out_seq;
	EXPECT_PRIORITY(0, NICE(-3));
	ASSERT_EQ(2, take_call(self->fd, &self->got));
	EXPECT_PRIORITY(0, FIFO(20));
	ANSWER(high, self->got.out_seq);
	EXPECT_PRIORITY(0, NICE(-3));
	ANSWER(low, first);
	EXPECT_PRIORITY(0, OWN);
}

TEST_F(lend, the_lower_one_may_end_first)
{
	struct job *low, *high;
	__u64 first;

	CALLS(low, 1, NICE(-3));
	CALLS(high, 2, FIFO(20));
	ASSERT_EQ(1, take_call(self->fd, &self->got));
	first = self->got.out_seq;
	ASSERT_EQ(2, take_call(self->fd, &self->got));
	ANSWER(low, first);
	EXPECT_PRIORITY(0, FIFO(20));
	ANSWER(high, self->got.out_seq);
	EXPECT_PRIORITY(0, OWN);
}

/* The server's own, the caller's, and what it has while it serves. */
struct meeting {
	struct priority own, caller, served;
	int nice;
};

static const struct meeting meetings[] = {
	{ NICE(-20), FIFO(1), FIFO(1), -20 },
	{ FIFO(1), NICE(-20), FIFO(1), 0 },
	{ FIFO(9), FIFO(8), FIFO(9), 0 },
	{ NICE(19), NICE(-1), NICE(-1), 19 },
};

TEST_F(lend, real_time_is_above_all_else)
{
	struct job *job;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(meetings); i++) {
		ASSERT_TRUE(set_priority(0, NICE(0)));
		CALLS(job, 7, meetings[i].caller);
		ASSERT_TRUE(set_priority(0, meetings[i].own));
		ASSERT_EQ(7, take_call(self->fd, &self->got));
		EXPECT_PRIORITY(0, meetings[i].served);
		ANSWER(job, self->got.out_seq);
		EXPECT_PRIORITY(0, meetings[i].own);
		EXPECT_EQ(meetings[i].nice, getpriority(PRIO_PROCESS, 0));
		EXPECT_EQ(0, sched_getscheduler(0) & SCHED_RESET_ON_FORK);
	}
}

TEST_F(lend, what_others_have_reset_stays_reset)
{
	const struct sched_param param = { .sched_priority = 3 };
	struct job *job;

	CALLS(job, 7, NICE(0));
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK,
					&param));
	ANSWER(job, self->got.out_seq);
	EXPECT_EQ(SCHED_FIFO | SCHED_RESET_ON_FORK, sched_getscheduler(0));
}

TEST_F(lend, only_if_the_caller_wants)
{
	struct job *job = job_call(self->fd, 7);

	ASSERT_TRUE(set_priority(0, FIFO(20)));
	job_thread(job);
	ASSERT_TRUE(set_priority(0, OWN));
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	EXPECT_PRIORITY(0, OWN);
	ANSWER(job, self->got.out_seq);
}

TEST_F(lend, to_the_thread_that_took_it)
{
	struct job *server = job_thread(job_receive(self->fd, 0));
	struct job *client;

	ASSERT_TRUE(job_blocks(server));
	client = start_as(job_call(self->fd, 7), FIFO(20));
	ASSERT_EQ(0, job_join(server));
	/* It has exited meanwhile: nothing is left to be taken back. */
	EXPECT_PRIORITY(0, OWN);
	ANSWER(client, server->receive.out_seq);
	EXPECT_PRIORITY(0, OWN);
}

/* Serves one call from @fd by calling @next first, if there is one. */
struct link {
	int fd;
	int next;
	pid_t tid;
};

static void *serve(void *arg)
{
	struct link *link = arg;
	struct mbx_receive got;
	struct mbx_call call;
	__u32 number, answer = 0;

	link->tid = syscall(SYS_gettid);
	init_receive(&got, &number, sizeof(number), 0);
	if (ioctl(link->fd, MBX_IOC_RECEIVE, &got))
		abort();
	init_call(&call, &number, sizeof(number), &answer, sizeof(answer));
	call.flags = MBX_CALL_DONATE;
	if (ioctl(link->next, MBX_IOC_CALL, &call))
		answer = errno;
	if (box_reply(link->fd, got.out_seq, &answer, sizeof(answer)) &&
	    errno != ENOENT)
		abort();
	return NULL;
}

/* From @job through a thread to the test, which has taken the second call. */
#define CHAIN(link, thread, job)                                               \
	do {                                                                   \
		(link).fd =                                                    \
			box_create(self->control, NULL, MBX_CREATE_DONATE, 4); \
		(link).next = self->fd;                                        \
		ASSERT_LE(0, (link).fd);                                       \
		(job)->fd = (link).fd;                                         \
		ASSERT_EQ(0, pthread_create(&(thread), NULL, serve, &(link))); \
		start_as(job, FIFO(25));                                       \
		ASSERT_TRUE(job_blocks(job));                                  \
		ASSERT_TRUE(has_waiters_soon(self->fd, 1, 0));                 \
		ASSERT_EQ(7, take_call(self->fd, &self->got));                 \
	} while (0)

static bool has_waiters_soon(int fd, unsigned int senders,
			     unsigned int receivers)
{
	return wait_until(has_waiters(fd, senders, receivers));
}

TEST_F(lend, through_those_who_call_themselves)
{
	struct job *job = job_call(-1, 7);
	struct link link;
	pthread_t thread;

	CHAIN(link, thread, job);
	EXPECT_PRIORITY(link.tid, FIFO(25));
	EXPECT_PRIORITY(0, FIFO(25));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_PRIORITY(0, OWN);
	EXPECT_EQ(0, job_join(job));
	pthread_join(thread, NULL);
	EXPECT_EQ(8, job_reply(job));
	box_delete(link.fd, NULL, 0);
}

TEST_F(lend, what_is_lost_is_lost_by_all)
{
	struct job *job = job_call(-1, 7);
	struct link link;
	pthread_t thread;

	job->call.deadline = in_ms(2000);
	CHAIN(link, thread, job);
	EXPECT_PRIORITY(0, FIFO(25));
	EXPECT_EQ(ETIMEDOUT, job_join(job));
	EXPECT_PRIORITY(link.tid, OWN);
	EXPECT_PRIORITY(0, OWN);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	pthread_join(thread, NULL);
	box_delete(link.fd, NULL, 0);
}

/* A call made with what was lent lends nothing once that is taken back. */
TEST_F(lend, what_was_given_back_is_not_lent)
{
	struct job *job = job_call(-1, 7);
	struct link link;
	pthread_t thread;

	job->call.deadline = in_ms(2000);
	link.fd = box_create(self->control, NULL, MBX_CREATE_DONATE, 4);
	link.next = self->fd;
	ASSERT_LE(0, link.fd);
	job->fd = link.fd;
	ASSERT_EQ(0, pthread_create(&thread, NULL, serve, &link));
	start_as(job, FIFO(25));
	ASSERT_TRUE(has_waiters_soon(self->fd, 1, 0));
	EXPECT_PRIORITY(link.tid, FIFO(25));
	EXPECT_EQ(ETIMEDOUT, job_join(job));
	EXPECT_PRIORITY(link.tid, OWN);
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	EXPECT_PRIORITY(0, OWN);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	pthread_join(thread, NULL);
	box_delete(link.fd, NULL, 0);
}

TEST_F(lend, children_have_none_of_it)
{
	struct child child;
	struct job *job;

	CALLS(job, 7, FIFO(20));
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	if (!child_start(&child)) {
		CHECK(has_priority(0, NICE(0)));
		child_exit();
	}
	EXPECT_CHILD(child);
	ANSWER(job, self->got.out_seq);
	if (!child_start(&child)) {
		CHECK(has_priority(0, OWN));
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(lend, nobody_can_keep_it)
{
	struct job *job;

	CALLS(job, 7, FIFO(20));
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	ASSERT_TRUE(set_priority(0, FIFO(19)));
	ANSWER(job, self->got.out_seq);
	EXPECT_PRIORITY(0, OWN);
}

TEST_F(lend, who_is_lowered_stays_so)
{
	struct job *job;

	CALLS(job, 7, FIFO(20));
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	ASSERT_TRUE(set_priority(0, NICE(15)));
	ANSWER(job, self->got.out_seq);
	EXPECT_PRIORITY(0, NICE(15));
}

TEST_F(lend, who_is_raised_stays_so)
{
	struct job *job;

	CALLS(job, 7, FIFO(20));
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	ASSERT_TRUE(set_priority(0, FIFO(21)));
	ANSWER(job, self->got.out_seq);
	EXPECT_PRIORITY(0, FIFO(21));
}

TEST_F(lend, nothing_for_a_message_that_nobody_answers)
{
	struct job *job;
	__u32 number;

	job = start_as(job_send(self->fd, 7, MBX_SEND_SYNC), FIFO(20));
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	EXPECT_PRIORITY(0, OWN);
	EXPECT_EQ(0, job_join(job));

	CALLS(job, 7, FIFO(20));
	ASSERT_EQ(sizeof(number), read(self->fd, &number, sizeof(number)));
	EXPECT_PRIORITY(0, OWN);
	EXPECT_EQ(EPIPE, job_join(job));
}

/* The caller, as /proc/ipc_threads tells it. */
static bool has_donor(pid_t tid, const struct job *job)
{
	char value[16] = "-";

	if (job)
		snprintf(value, sizeof(value), "%d", job->tid);
	return shows("/proc/ipc_threads", tid, "donor", value) &&
	       shows("/proc/ipc_tasks", getpid(), "donor", value);
}

TEST_F(lend, is_visible)
{
	struct job *job, *lower;

	EXPECT_TRUE(has_donor(getpid(), NULL));
	CALLS(job, 7, FIFO(20));
	CALLS(lower, 8, NICE(15));
	ASSERT_EQ(7, take_call(self->fd, &self->got));
	EXPECT_TRUE(has_donor(getpid(), job));
	ANSWER(job, self->got.out_seq);
	ASSERT_EQ(8, take_call(self->fd, &self->got));
	EXPECT_TRUE(has_donor(getpid(), NULL));
	ANSWER(lower, self->got.out_seq);
}

TEST_F(lend, a_server_may_be_killed)
{
	struct child child;
	struct job *job;

	CALLS(job, 7, FIFO(20));
	if (!child_start(&child)) {
		CHECK(take_call(self->fd, &self->got) == 7);
		CHECK(has_priority(0, FIFO(20)));
		raise(SIGKILL);
	}
	waitpid(child.pid, NULL, 0);
	EXPECT_EQ(EPIPE, job_join(job));
}

TEST_HARNESS_MAIN
