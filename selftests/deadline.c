// SPDX-License-Identifier: GPL-2.0-or-later
/* Waits that end at an absolute time, on either clock. */
#include "sleeps.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static void set_deadline(struct job *job, __u64 deadline)
{
	if (job->cmd == MBX_IOC_SEND)
		job->send.deadline = deadline;
	else
		job->receive.deadline = deadline;
}

/* The flag has the same value in both commands. */
static void set_realtime(struct job *job)
{
	if (job->cmd == MBX_IOC_SEND)
		job->send.flags |= MBX_SEND_REALTIME;
	else
		job->receive.flags |= MBX_RECEIVE_REALTIME;
}

/* As shown for a thread that sleeps; 0 if there is none. */
static __u64 shown_deadline(pid_t tid)
{
	char value[32];

	if (!proc_lookup("/proc/ipc_threads", "tid", tid, "deadline", value,
			 sizeof(value)))
		return 0;
	return strtoull(value, NULL, 10);
}

SLEEP_FIXTURE(deadline);
IOCTL_SLEEPS(deadline);

TEST_F(deadline, past)
{
	struct job *job = sleeper_new(self->box, &variant->kind);

	set_deadline(job, now_ns(CLOCK_MONOTONIC) - 1);
	EXPECT_EQ(ETIMEDOUT, job_join(job_thread(job)));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

TEST_F(deadline, first_nanosecond)
{
	struct job *job = sleeper_new(self->box, &variant->kind);

	set_deadline(job, 1);
	EXPECT_EQ(ETIMEDOUT, job_join(job_thread(job)));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

TEST_F(deadline, past_on_the_real_time_clock)
{
	struct job *job = sleeper_new(self->box, &variant->kind);

	set_deadline(job, now_ns(CLOCK_REALTIME) - 1);
	set_realtime(job);
	EXPECT_EQ(ETIMEDOUT, job_join(job_thread(job)));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

TEST_F(deadline, soon)
{
	struct job *job = sleeper_new(self->box, &variant->kind);
	__u64 deadline = in_ms(30);

	set_deadline(job, deadline);
	EXPECT_EQ(ETIMEDOUT, job_join(job_thread(job)));
	EXPECT_LE(deadline, now_ns(CLOCK_MONOTONIC));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

TEST_F(deadline, soon_on_the_real_time_clock)
{
	struct job *job = sleeper_new(self->box, &variant->kind);
	__u64 deadline = now_ns(CLOCK_REALTIME) + 30 * MSEC;

	set_deadline(job, deadline);
	set_realtime(job);
	EXPECT_EQ(ETIMEDOUT, job_join(job_thread(job)));
	EXPECT_LE(deadline, now_ns(CLOCK_REALTIME));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

TEST_F(deadline, satisfied_before_it)
{
	struct job *job = sleeper_new(self->box, &variant->kind);

	set_deadline(job, in_ms(1000000));
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(job, &variant->kind));
}

TEST_F(deadline, last_nanosecond)
{
	struct job *job = sleeper_new(self->box, &variant->kind);

	set_deadline(job, (1ULL << 63) - 1);
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(job, &variant->kind));
}

TEST_F(deadline, is_shown_in_proc)
{
	struct job *job = sleeper_new(self->box, &variant->kind);
	__u64 deadline = in_ms(1000000);

	set_deadline(job, deadline);
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(deadline, shown_deadline(job->tid));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(job, &variant->kind));
}

/* Two waiters, and only the one whose time has come leaves. */
TEST_F(deadline, of_one_is_not_that_of_another)
{
	struct job *late = sleeper_new(self->box, &variant->kind), *soon;

	set_deadline(late, in_ms(1000000));
	job_thread(late);
	ASSERT_TRUE(job_blocks(late));
	soon = sleeper_new(self->box, &variant->kind);
	set_deadline(soon, in_ms(20));
	EXPECT_EQ(ETIMEDOUT, job_join(job_thread(soon)));
	EXPECT_TRUE(is_blocked(late->tid, NULL));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(late, &variant->kind));
}

/* ---------------------------------------------------------- setting the clock */

FIXTURE(clock) {
	int control;
	int box;
	__s64 offset;
};

FIXTURE_VARIANT(clock)
{
	struct sleep_kind kind;
};

SLEEP(clock, send, 1, 1, MBX_IOC_SEND, 0);
SLEEP(clock, sync, 1, 0, MBX_IOC_SEND, MBX_SEND_SYNC);
SLEEP(clock, receive, 1, 0, MBX_IOC_RECEIVE, 0);

static int set_real_time(__u64 ns)
{
	const struct timespec time = {
		.tv_sec = ns / SEC,
		.tv_nsec = ns % SEC,
	};

	return clock_settime(CLOCK_REALTIME, &time);
}

FIXTURE_SETUP(clock)
{
	OPEN_CONTROL(self->control);
	self->box = box_for(self->control, &variant->kind);
	ASSERT_LE(0, self->box);
	self->offset = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC);
	if (set_real_time(now_ns(CLOCK_REALTIME)) && errno == EPERM)
		SKIP(return, "may not set the clock");
}

FIXTURE_TEARDOWN(clock)
{
	set_real_time(now_ns(CLOCK_MONOTONIC) + self->offset);
	close(self->box);
	close(self->control);
}

/* A deadline that the clock jumps over has come. */
TEST_F(clock, set_forward)
{
	struct job *job = sleeper_new(self->box, &variant->kind);
	__u64 deadline = now_ns(CLOCK_REALTIME) + 1000 * SEC;

	set_deadline(job, deadline);
	set_realtime(job);
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, set_real_time(deadline + SEC));
	EXPECT_EQ(ETIMEDOUT, job_join(job));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

/* The wait lasts until the clock shows the deadline, however long that is. */
TEST_F(clock, set_back)
{
	struct job *job = sleeper_new(self->box, &variant->kind);
	struct job *timer = job_receive(
		box_create(self->control, NULL, MBX_CREATE_OWNED, 1), 0);
	__u64 deadline = now_ns(CLOCK_REALTIME) + 3 * SEC;

	set_deadline(job, deadline);
	set_realtime(job);
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, set_real_time(deadline - 1000 * SEC));
	set_deadline(timer, in_ms(3500));
	EXPECT_EQ(ETIMEDOUT, job_join(job_thread(timer)));
	EXPECT_TRUE(is_blocked(job->tid, NULL));
	ASSERT_EQ(0, set_real_time(deadline));
	EXPECT_EQ(ETIMEDOUT, job_join(job));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

/* The other clock is nobody's business. */
TEST_F(clock, monotonic_deadline_does_not_move)
{
	struct job *job = sleeper_new(self->box, &variant->kind);
	struct job *real = job_receive(
		box_create(self->control, NULL, MBX_CREATE_OWNED, 1), 0);

	set_deadline(job, in_ms(100000));
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	set_deadline(real, now_ns(CLOCK_REALTIME) + 1000 * SEC);
	set_realtime(real);
	job_thread(real);
	ASSERT_TRUE(job_blocks(real));
	ASSERT_EQ(0, set_real_time(now_ns(CLOCK_REALTIME) + 2000 * SEC));
	EXPECT_EQ(ETIMEDOUT, job_join(real));
	EXPECT_TRUE(is_blocked(job->tid, NULL));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(job, &variant->kind));
}

TEST_F(clock, monotonic_deadline_comes_when_the_clock_is_set_back)
{
	struct job *job = sleeper_new(self->box, &variant->kind);

	set_deadline(job, in_ms(200));
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, set_real_time(now_ns(CLOCK_REALTIME) - 2000 * SEC));
	EXPECT_EQ(ETIMEDOUT, job_join(job));
}

/* ------------------------------------------------------------- restarts */

static unsigned int handled;

static void on_signal(int sig)
{
	(void)sig;
	__atomic_add_fetch(&handled, 1, __ATOMIC_RELEASE);
}

static bool was_handled(unsigned int times)
{
	return __atomic_load_n(&handled, __ATOMIC_ACQUIRE) == times;
}

TEST_F(deadline, survives_restarts)
{
	const struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = SA_RESTART,
	};
	struct job *job = sleeper_new(self->box, &variant->kind);
	__u64 deadline = in_ms(800);
	unsigned int i;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	set_deadline(job, deadline);
	job_thread(job);
	for (i = 1; i <= 3; i++) {
		if (!job_blocks(job))
			break;
		EXPECT_EQ(deadline, shown_deadline(job->tid));
		EXPECT_EQ(0, job_signal(job, SIGUSR1));
		ASSERT_TRUE(wait_until(was_handled(i)));
	}
	EXPECT_EQ(ETIMEDOUT, job_join(job));
	EXPECT_LE(deadline, now_ns(CLOCK_MONOTONIC));
	EXPECT_GT(deadline + 1000 * MSEC, now_ns(CLOCK_MONOTONIC));
	EXPECT_LT(1, i);
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

/* ------------------------------------------------------- time namespaces */

#define AHEAD (100000 * SEC)

/* Children of the caller get clocks that are AHEAD of ours. */
static bool new_time_namespace(void)
{
	int fd;
	bool ok;

	if (unshare(CLONE_NEWTIME))
		return false;
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	ok = fd >= 0 && dprintf(fd, "monotonic %llu 0\n", AHEAD / SEC) > 0;
	close(fd);
	return ok;
}

TEST_F(deadline, in_a_time_namespace)
{
	__u64 start = now_ns(CLOCK_MONOTONIC);
	struct job *job = sleeper_new(self->box, &variant->kind);
	struct child child;

	if (!new_time_namespace())
		SKIP(return, "no time namespace: %s", strerror(errno));
	if (!child_start(&child)) {
		CHECK(now_ns(CLOCK_MONOTONIC) >= start + AHEAD);
		set_deadline(job, in_ms(50));
		CHECK(job_join(job_thread(job)) == ETIMEDOUT);
		CHECK(now_ns(CLOCK_MONOTONIC) < start + AHEAD + 20 * SEC);
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_LE(start + 50 * MSEC, now_ns(CLOCK_MONOTONIC));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

TEST_F(deadline, past_in_a_time_namespace)
{
	struct job *job = sleeper_new(self->box, &variant->kind);
	struct child child;

	if (!new_time_namespace())
		SKIP(return, "no time namespace: %s", strerror(errno));
	if (!child_start(&child)) {
		/* Before the clock outside has begun. */
		set_deadline(job, SEC);
		CHECK(job_join(job_thread(job)) == ETIMEDOUT);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST(timestamp_in_a_time_namespace)
{
	struct mbx_receive receive;
	struct child child;
	int control, box;
	__u64 before;
	char byte;

	OPEN_CONTROL(control);
	if (!new_time_namespace())
		SKIP(return, "no time namespace: %s", strerror(errno));
	box = box_create(control, NULL, MBX_CREATE_OWNED | MBX_CREATE_TIMESTAMP,
			 1);
	ASSERT_LE(0, box);
	before = now_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(0, box_send(box, "x", 1, 0));
	if (!child_start(&child)) {
		init_receive(&receive, &byte, 1, MBX_RECEIVE_NONBLOCK);
		CHECK(!ioctl(box, MBX_IOC_RECEIVE, &receive));
		CHECK(receive.out_time >= before + AHEAD);
		CHECK(receive.out_time <= now_ns(CLOCK_MONOTONIC));
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_HARNESS_MAIN
