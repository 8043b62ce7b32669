// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Receiver policies: who gets a message that several wait for, who may wait at
 * all, and what a refusal leaves behind.
 */
#include <poll.h>

#include "peers.h"

#define WAITERS 4

static int create_with(int control, __u32 policy, __u32 capacity)
{
	struct mbx_create arg;

	init_create(&arg, NULL, 0, capacity);
	arg.policy = policy;
	return ioctl(control, MBX_IOC_CREATE, &arg);
}

FIXTURE(policy) {
	int control;
	int fd;
	struct counts before;
	struct job *job[WAITERS];
};

FIXTURE_SETUP(policy)
{
	self->before = counts_now();
	OPEN_CONTROL(self->control);
	self->fd = -1;
}

FIXTURE_TEARDOWN(policy)
{
	if (self->fd >= 0) {
		EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
		close(self->fd);
	}
	close(self->control);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* --------------------------------------------------------------- at creation */

TEST_F(policy, is_told)
{
	struct mbx_stat stat;
	__u32 policy;
	int fd;

	for (policy = MBX_POLICY_FIFO; policy <= MBX_POLICY_PAIR; policy++) {
		fd = create_with(self->control, policy, 1);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, box_stat(fd, &stat));
		EXPECT_EQ(policy, stat.out_policy);
		EXPECT_EQ(0, box_delete(fd, NULL, 0));
		close(fd);
	}
}

TEST_F(policy, that_does_not_exist)
{
	EXPECT_ERRNO(EINVAL,
		     create_with(self->control, MBX_POLICY_PAIR + 1, 1));
	EXPECT_ERRNO(EINVAL, create_with(self->control, ~0U, 1));
}

/* --------------------------------------------------------------- who gets what */

/* T: a thread of the test's process; P: a process of its own. */
FIXTURE(line) {
	int control;
	int fd;
	struct job *job[WAITERS];
};

FIXTURE_VARIANT(line)
{
	__u32 policy;
	__u32 capacity;
	const char *waiters;
	const char *order;
};

#define LINE(_name, _policy, _capacity, _waiters, _order)              \
	FIXTURE_VARIANT_ADD(line, _name)                               \
	{                                                              \
		.policy = MBX_POLICY_##_policy, .capacity = _capacity, \
		.waiters = _waiters, .order = _order,                  \
	}

LINE(fifo, FIFO, 5, "TTPP", "0123");
LINE(fifo_rendezvous, FIFO, 0, "PTTP", "0123");
LINE(lifo, LIFO, 5, "TTPP", "3210");
LINE(lifo_rendezvous, LIFO, 0, "PTTP", "3210");
LINE(rr_of_processes, RR, 5, "PPPP", "0123");
LINE(rr_of_threads, RR, 5, "TTTT", "0123");
LINE(rr, RR, 5, "TTPP", "0231");
LINE(rr_rendezvous, RR, 0, "TTTP", "0312");
LINE(rr_late, RR, 5, "PTTP", "0132");
LINE(exclusive, EXCLUSIVE, 5, "TTTT", "0123");
LINE(pair, PAIR, 5, "TTTT", "0123");

FIXTURE_SETUP(line)
{
	int i;

	OPEN_CONTROL(self->control);
	self->fd =
		create_with(self->control, variant->policy, variant->capacity);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < WAITERS; i++) {
		self->job[i] = job_receive(self->fd, 0);
		if (variant->waiters[i] == 'T')
			job_thread(self->job[i]);
		else
			job_process(self->job[i]);
		ASSERT_TRUE(job_blocks(self->job[i]));
	}
}

FIXTURE_TEARDOWN(line)
{
	int i;

	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	for (i = 0; i < WAITERS; i++)
		if (!job_is_done(self->job[i]))
			job_join(self->job[i]);
}

static struct job *chosen(FIXTURE_DATA(line) * self, const char *order, int i)
{
	return self->job[order[i] - '0'];
}

TEST_F(line, who_gets_what)
{
	struct job *job;
	int i;

	for (i = 0; i < WAITERS; i++) {
		ASSERT_EQ(0, send_number(self->fd, i));
		job = chosen(self, variant->order, i);
		ASSERT_TRUE(wait_until(job_is_done(job)));
		EXPECT_EQ(0, job_join(job));
		EXPECT_EQ(i, job_number(job));
		EXPECT_TRUE(has_waiters(self->fd, 0, WAITERS - 1 - i));
	}
}

/* All at once: nobody has run in between. */
TEST_F(line, who_gets_what_of_a_burst)
{
	struct job *job;
	__u32 i;

	for (i = 0; i < WAITERS; i++)
		ASSERT_EQ(0,
			  box_send(self->fd, &i, sizeof(i), MBX_SEND_NONBLOCK));
	for (i = 0; i < WAITERS; i++) {
		job = chosen(self, variant->order, i);
		EXPECT_EQ(0, job_join(job));
		EXPECT_EQ(i, job_number(job));
	}
}

/* Those who have gone are passed over, and nothing is lost with them. */
TEST_F(line, without_those_who_were_killed)
{
	struct job *job;
	__u32 i;

	for (i = 0; i < WAITERS; i++)
		if (self->job[i]->pid)
			EXPECT_EQ(JOB_KILLED, job_kill(self->job[i]));
	for (i = 0; i < WAITERS; i++) {
		job = chosen(self, variant->order, i);
		if (job->pid) {
			job->done = true;
			continue;
		}
		ASSERT_EQ(0,
			  box_send(self->fd, &i, sizeof(i), MBX_SEND_NONBLOCK));
		EXPECT_EQ(0, job_join(job));
		EXPECT_EQ(i, job_number(job));
	}
	EXPECT_TRUE(has_waiters(self->fd, 0, 0));
}

/* ------------------------------------------------------------------ exclusive */

/* Every way to receive is refused, and no message is lost. */
static bool is_refused(int fd, int error)
{
	__u32 number;

	return box_receive(fd, &number, 4, 0) == -1 && errno == error &&
	       box_receive(fd, &number, 4, MBX_RECEIVE_NONBLOCK) == -1 &&
	       errno == error &&
	       box_receive(fd, &number, 4, MBX_RECEIVE_PEEK) == -1 &&
	       errno == error && read(fd, &number, 4) == -1 && errno == error;
}

TEST_F(policy, exclusive_refuses_a_second_process)
{
	self->fd = create_with(self->control, MBX_POLICY_EXCLUSIVE, 5);
	ASSERT_LE(0, self->fd);
	self->job[0] = job_process(job_receive(self->fd, 0));
	ASSERT_TRUE(job_blocks(self->job[0]));
	EXPECT_TRUE(is_refused(self->fd, EBUSY));
	EXPECT_EQ(0, send_number(self->fd, 3));
	EXPECT_EQ(0, job_join(self->job[0]));
	EXPECT_EQ(3, job_number(self->job[0]));

	EXPECT_EQ(0, send_number(self->fd, 4));
	EXPECT_EQ(4, receive_number(self->fd));
}

TEST_F(policy, exclusive_lets_all_send)
{
	struct child child;

	self->fd = create_with(self->control, MBX_POLICY_EXCLUSIVE, 5);
	self->job[0] = job_thread(job_receive(self->fd, 0));
	ASSERT_TRUE(job_blocks(self->job[0]));
	if (!child_start(&child)) {
		CHECK(!send_number(self->fd, 1));
		CHECK(!send_number(self->fd, 2));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(0, job_join(self->job[0]));
	EXPECT_EQ(1, job_number(self->job[0]));
	EXPECT_EQ(2, receive_number(self->fd));
}

TEST_F(policy, exclusive_is_free_after_a_kill)
{
	int i;

	self->fd = create_with(self->control, MBX_POLICY_EXCLUSIVE, 5);
	for (i = 0; i < 20; i++) {
		self->job[0] = job_process(job_receive(self->fd, 0));
		ASSERT_TRUE(job_blocks(self->job[0]));
		EXPECT_EQ(JOB_KILLED, job_kill(self->job[0]));
		ASSERT_EQ(0, send_number(self->fd, i));
		ASSERT_EQ(i, receive_number(self->fd));
	}
}

static void on_signal(int sig __attribute__((unused)))
{
}

TEST_F(policy, exclusive_is_free_after_a_signal)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	self->fd = create_with(self->control, MBX_POLICY_EXCLUSIVE, 5);
	self->job[0] = job_process(job_receive(self->fd, 0));
	ASSERT_TRUE(job_blocks(self->job[0]));
	EXPECT_EQ(0, job_signal(self->job[0], SIGUSR1));
	EXPECT_EQ(EINTR, job_join(self->job[0]));
	EXPECT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(1, receive_number(self->fd));
}

TEST_F(policy, exclusive_is_free_after_a_deadline)
{
	struct job *job;

	self->fd = create_with(self->control, MBX_POLICY_EXCLUSIVE, 5);
	job = job_receive(self->fd, 0);
	job->receive.deadline = in_ms(20);
	job_process(job);
	EXPECT_EQ(ETIMEDOUT, job_join(job));
	EXPECT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(1, receive_number(self->fd));
}

/* Who was refused learns of the end as everybody does. */
TEST_F(policy, exclusive_ends)
{
	int fd = create_with(self->control, MBX_POLICY_EXCLUSIVE, 5);

	ASSERT_LE(0, fd);
	self->job[0] = job_process(job_receive(fd, 0));
	ASSERT_TRUE(job_blocks(self->job[0]));
	EXPECT_TRUE(is_refused(fd, EBUSY));
	EXPECT_EQ(0, box_delete(fd, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(self->job[0]));
	EXPECT_TRUE(is_refused(fd, EIDRM));
	EXPECT_ERRNO(EIDRM, send_number(fd, 1));
	close(fd);
}

/* ----------------------------------------------------------------------- pair */

static bool third_is_refused(int fd)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(is_refused(fd, EUSERS));
		CHECK_ERRNO(EUSERS, send_number(fd, 1));
		CHECK_ERRNO(EUSERS, write(fd, "1234", 4));
		CHECK_ERRNO(EUSERS, box_send(fd, "1", 1, MBX_SEND_NONBLOCK));
		CHECK_ERRNO(EMSGSIZE, box_send(fd, "1", 0x7fffffff, 0));
		child_exit();
	}
	return !child_join(&child);
}

TEST_F(policy, pair_refuses_a_third)
{
	struct mbx_stat stat;
	struct child second;
	struct gate in, out;

	gate_init(&in);
	gate_init(&out);
	self->fd = create_with(self->control, MBX_POLICY_PAIR, 5);
	EXPECT_EQ(0, send_number(self->fd, 1));
	if (!child_start(&second)) {
		close(out.fd[1]);
		CHECK(receive_number(self->fd) == 1);
		CHECK(gate_open(&in));
		CHECK(gate_wait(&out));
		CHECK(!send_number(self->fd, 2));
		child_exit();
	}
	close(in.fd[1]);
	ASSERT_TRUE(gate_wait(&in));
	EXPECT_TRUE(third_is_refused(self->fd));
	EXPECT_TRUE(gate_open(&out));
	EXPECT_CHILD(second);

	/* A place is free again, for one. */
	EXPECT_EQ(2, receive_number(self->fd));
	self->job[0] = job_process(job_receive(self->fd, 0));
	ASSERT_TRUE(job_blocks(self->job[0]));
	EXPECT_TRUE(third_is_refused(self->fd));
	EXPECT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_EQ(1, stat.out_receivers);
	EXPECT_EQ(JOB_KILLED, job_kill(self->job[0]));
}

/* To look at it is not to use it. */
TEST_F(policy, pair_lets_all_look)
{
	struct mbx_stat stat;
	struct child child;
	int i;

	self->fd = create_with(self->control, MBX_POLICY_PAIR, 5);
	for (i = 0; i < 3; i++) {
		if (!child_start(&child)) {
			struct pollfd p = { .fd = self->fd, .events = POLLOUT };

			CHECK(!box_stat(self->fd, &stat));
			CHECK(poll(&p, 1, 0) == 1);
			child_exit();
		}
		EXPECT_CHILD(child);
	}
	EXPECT_EQ(0, send_number(self->fd, 1));
	self->job[0] = job_process(job_receive(self->fd, 0));
	EXPECT_EQ(0, job_join(self->job[0]));
}

/* One after the other any number may. */
TEST_F(policy, pair_of_many_in_turn)
{
	int i;

	self->fd = create_with(self->control, MBX_POLICY_PAIR, 5);
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, send_number(self->fd, i));
		self->job[0] = job_process(job_receive(self->fd, 0));
		ASSERT_EQ(0, job_join(self->job[0]));
		ASSERT_EQ(i, job_number(self->job[0]));
	}
}

TEST_HARNESS_MAIN
