// SPDX-License-Identifier: GPL-2.0-or-later
/* Signals at every kind of sleep. */
#include "sleeps.h"

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

static int handle(int sig, int flags)
{
	const struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = flags,
	};

	return sigaction(sig, &action, NULL);
}

/* When the wait began, as shown for a thread once it sleeps. */
static bool sleeps_since(pid_t tid, char since[32])
{
	char state[4] = "";

	while (strcmp(state, "S"))
		if (!proc_lookup("/proc/ipc_threads", "tid", tid, "state",
				 state, sizeof(state)))
			return false;
	return proc_lookup("/proc/ipc_threads", "tid", tid, "since", since, 32);
}

SLEEP_FIXTURE(signal);
ALL_SLEEPS(signal);

TEST_F(signal, interrupts)
{
	struct job *job = sleeper_new(self->box, &variant->kind);

	ASSERT_EQ(0, handle(SIGUSR1, 0));
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, job_signal(job, SIGUSR1));
	EXPECT_EQ(EINTR, job_join(job));
	EXPECT_TRUE(was_handled(1));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

TEST_F(signal, interrupts_with_a_deadline)
{
	struct job *job = sleeper_new(self->box, &variant->kind);

	ASSERT_EQ(0, handle(SIGUSR1, 0));
	if (job->cmd == MBX_IOC_SEND)
		job->send.deadline = in_ms(1000000);
	else
		job->receive.deadline = in_ms(1000000);
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, job_signal(job, SIGUSR1));
	EXPECT_EQ(EINTR, job_join(job));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

TEST_F(signal, restarts)
{
	struct job *job = sleeper_new(self->box, &variant->kind);
	unsigned int i;

	ASSERT_EQ(0, handle(SIGUSR1, SA_RESTART));
	job_thread(job);
	for (i = 1; i <= 3; i++) {
		ASSERT_TRUE(job_blocks(job));
		EXPECT_EQ(0, job_signal(job, SIGUSR1));
		ASSERT_TRUE(wait_until(was_handled(i)));
	}
	ASSERT_TRUE(job_blocks(job));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(job, &variant->kind));
	EXPECT_TRUE(has_waiters(self->box, 0, 0));
}

/* Neither ignored nor blocked signals are noticed. */
TEST_F(signal, ignored)
{
	struct job *job = sleeper_new(self->box, &variant->kind);
	char before[32], after[32];

	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_TRUE(sleeps_since(job->tid, before));
	EXPECT_EQ(0, job_signal(job, SIGURG));
	EXPECT_EQ(0, job_signal(job, SIGCHLD));
	EXPECT_TRUE(is_blocked(job->tid, job_op(job)));
	EXPECT_TRUE(sleeps_since(job->tid, after));
	EXPECT_STREQ(before, after);
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(job, &variant->kind));
}

TEST_F(signal, blocked)
{
	struct job *job = sleeper_new(self->box, &variant->kind);
	char before[32], after[32];
	sigset_t set;

	ASSERT_EQ(0, handle(SIGUSR1, 0));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	/* The thread inherits it. */
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_TRUE(sleeps_since(job->tid, before));
	EXPECT_EQ(0, job_signal(job, SIGUSR1));
	EXPECT_TRUE(is_blocked(job->tid, job_op(job)));
	EXPECT_TRUE(sleeps_since(job->tid, after));
	EXPECT_STREQ(before, after);
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(job, &variant->kind));
	EXPECT_TRUE(was_handled(0));
}

/* They come before, at and during the wait. */
TEST_F(signal, from_a_repeating_timer)
{
	struct job *job = sleeper_new(self->box, &variant->kind);
	struct child child;

	if (!child_start(&child)) {
		struct itimerspec soon = { .it_value.tv_nsec = 1000000 };
		struct sigevent event = {
			.sigev_notify = SIGEV_SIGNAL,
			.sigev_signo = SIGUSR1,
		};
		timer_t timer;

		CHECK(!handle(SIGUSR1, 0));
		CHECK(!timer_create(CLOCK_MONOTONIC, &event, &timer));
		soon.it_interval = soon.it_value;
		CHECK(!timer_settime(timer, 0, &soon, NULL));
		job_run(job);
		CHECK(job->error == EINTR);
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

TEST_F(signal, stopped_and_continued)
{
	struct job *job = job_process(sleeper_new(self->box, &variant->kind));
	int status;

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, kill(job->pid, SIGSTOP));
	ASSERT_EQ(job->pid, waitpid(job->pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(0, kill(job->pid, SIGCONT));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(job, &variant->kind));
}

/* A message that was given wins over a signal that comes at the same time. */
TEST_F(signal, satisfied_and_signalled)
{
	struct job *job = sleeper_new(self->box, &variant->kind);

	NEED_ROOT();
	ASSERT_EQ(0, handle(SIGUSR1, 0));
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_TRUE(hold_cpu_of(job->tid));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_EQ(0, job_signal(job, SIGUSR1));
	EXPECT_TRUE(release_cpu());
	EXPECT_TRUE(satisfied(job, &variant->kind));
	EXPECT_TRUE(was_handled(1));
	EXPECT_TRUE(has_waiters(self->box, 0, 0));
}

/* The signal came first, but the sleeper has not been able to leave. */
TEST_F(signal, signalled_and_satisfied)
{
	struct job *job = sleeper_new(self->box, &variant->kind);

	NEED_ROOT();
	ASSERT_EQ(0, handle(SIGUSR1, 0));
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_TRUE(hold_cpu_of(job->tid));
	EXPECT_EQ(0, job_signal(job, SIGUSR1));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(release_cpu());
	EXPECT_TRUE(satisfied(job, &variant->kind));
	EXPECT_TRUE(was_handled(1));
	EXPECT_TRUE(has_waiters(self->box, 0, 0));
}

/* ----------------------------------------------------------------- stopped */

SLEEP_FIXTURE(stopped);
/* Those whose partner need not be running too. */
SLEEP(stopped, receive, 2, 0, MBX_IOC_RECEIVE, 0);
SLEEP(stopped, peek, 2, 0, MBX_IOC_RECEIVE, MBX_RECEIVE_PEEK);
SLEEP(stopped, read, 2, 0, JOB_READ, 0);

/* What comes while it is stopped is there when it goes on. */
TEST_F(stopped, and_satisfied)
{
	struct job *job = job_process(sleeper_new(self->box, &variant->kind));
	int status;

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, kill(job->pid, SIGSTOP));
	ASSERT_EQ(job->pid, waitpid(job->pid, &status, WUNTRACED));
	EXPECT_EQ(0, send_number(self->box, TO_SLEEPER));
	EXPECT_EQ(0, kill(job->pid, SIGCONT));
	EXPECT_TRUE(satisfied(job, &variant->kind));
}

TEST_HARNESS_MAIN
