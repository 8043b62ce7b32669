// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is woken, when, and with what. */
#include "sleeps.h"

#define MANY 20

FIXTURE(sleep) {
	int control;
	int box;
	__u64 id;
};

FIXTURE_VARIANT(sleep)
{
	struct sleep_kind kind;
};

ALL_SLEEPS(sleep);

FIXTURE_SETUP(sleep)
{
	OPEN_CONTROL(self->control);
	self->box = box_for(self->control, &variant->kind);
	ASSERT_LE(0, self->box);
	self->id = box_id(self->box);
}

FIXTURE_TEARDOWN(sleep)
{
	close(self->box);
	close(self->control);
}

TEST_F(sleep, ends_when_satisfied)
{
	struct job *job = job_process(sleeper_new(self->box, &variant->kind));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(job, &variant->kind));
	EXPECT_TRUE(has_waiters(self->box, 0, 0));
}

TEST_F(sleep, is_shown_in_proc)
{
	struct job *job = job_thread(sleeper_new(self->box, &variant->kind));
	char value[32];

	ASSERT_TRUE(job_blocks(job));
	EXPECT_TRUE(proc_lookup("/proc/ipc_threads", "tid", job->tid, "mailbox",
				value, sizeof(value)));
	EXPECT_EQ(self->id, strtoull(value, NULL, 10));
	EXPECT_TRUE(proc_lookup("/proc/ipc_threads", "tid", job->tid,
				"deadline", value, sizeof(value)));
	EXPECT_STREQ("-", value);
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(job, &variant->kind));
	EXPECT_FALSE(is_blocked(job->tid, NULL));
}

TEST_F(sleep, ends_when_the_mailbox_is_deleted)
{
	struct job *job = job_process(sleeper_new(self->box, &variant->kind));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(job));
	if (!sleeper_sends(&variant->kind))
		EXPECT_EQ((char)POISON, job->data[0]);
}

TEST_F(sleep, many_end_when_the_mailbox_is_deleted)
{
	struct job *job[MANY];
	unsigned int i;

	for (i = 0; i < MANY; i++)
		job[i] = job_thread(sleeper_new(self->box, &variant->kind));
	for (i = 0; i < MANY; i++)
		ASSERT_TRUE(job_blocks(job[i]));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	for (i = 0; i < MANY; i++)
		EXPECT_EQ(EIDRM, job_join(job[i]));
}

TEST_F(sleep, killed_leaves_nothing_behind)
{
	struct job *job = job_process(sleeper_new(self->box, &variant->kind));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

TEST_F(sleep, many_killed_leave_nothing_behind)
{
	struct job *job[MANY];
	unsigned int i;

	for (i = 0; i < MANY; i++)
		job[i] = job_process(sleeper_new(self->box, &variant->kind));
	for (i = 0; i < MANY; i++)
		ASSERT_TRUE(job_blocks(job[i]));
	for (i = 0; i < MANY; i++)
		EXPECT_EQ(0, kill(job[i]->pid, SIGKILL));
	for (i = 0; i < MANY; i++)
		EXPECT_EQ(JOB_KILLED, job_join(job[i]));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

/* A thread that dies with its process is not the one that was killed. */
TEST_F(sleep, thread_of_an_exiting_process)
{
	struct job *job = sleeper_new(self->box, &variant->kind);
	struct child child;

	if (!child_start(&child)) {
		job_thread(job);
		CHECK(job_blocks(job));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_FALSE(job_is_done(job));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

/* Closing descriptors does not end a command that is using the file. */
TEST_F(sleep, goes_on_when_descriptors_are_closed)
{
	struct job *job;
	int other = box_open(self->control, NULL, self->id,
			     MBX_OPEN_SEND | MBX_OPEN_RECEIVE);

	ASSERT_LE(0, other);
	job = job_thread(sleeper_new(other, &variant->kind));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, close(other));
	EXPECT_TRUE(is_blocked(job->tid, NULL));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(job, &variant->kind));
}

/* ------------------------------------------------------------ owner's death */

/* A process that owns a mailbox; the test holds a copy of its handle. */
FIXTURE(owned) {
	int control;
	int box;
	struct child owner;
};

FIXTURE_VARIANT(owned)
{
	struct sleep_kind kind;
};

ALL_SLEEPS(owned);

static int steal_fd(pid_t pid, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	int copy = syscall(SYS_pidfd_getfd, pidfd, fd, 0);

	close(pidfd);
	return copy;
}

FIXTURE_SETUP(owned)
{
	int pipefd[2], fd = -1;

	OPEN_CONTROL(self->control);
	ASSERT_EQ(0, pipe(pipefd));
	if (!child_start(&self->owner)) {
		fd = box_for(self->control, &variant->kind);
		CHECK(fd >= 0);
		CHECK(write(pipefd[1], &fd, sizeof(fd)) == sizeof(fd));
		pause();
	}
	close(pipefd[1]);
	ASSERT_EQ(sizeof(fd), read(pipefd[0], &fd, sizeof(fd)));
	close(pipefd[0]);
	self->box = steal_fd(self->owner.pid, fd);
	ASSERT_LE(0, self->box);
}

FIXTURE_TEARDOWN(owned)
{
	close(self->box);
	close(self->control);
}

TEST_F(owned, sleep_ends_with_the_owner)
{
	struct job *job = job_process(sleeper_new(self->box, &variant->kind));
	struct mbx_stat stat;

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, kill(self->owner.pid, SIGKILL));
	EXPECT_EQ(EOWNERDEAD, job_join(job));
	EXPECT_EQ(SIGKILL, child_join(&self->owner));
	EXPECT_ERRNO(EOWNERDEAD, box_stat(self->box, &stat));
	EXPECT_ERRNO(EOWNERDEAD, send_number(self->box, 1));
	EXPECT_ERRNO(EOWNERDEAD, receive_number(self->box));
}

TEST_F(owned, many_sleeps_end_with_the_owner)
{
	struct job *job[MANY];
	unsigned int i;

	for (i = 0; i < MANY; i++)
		job[i] = job_thread(sleeper_new(self->box, &variant->kind));
	for (i = 0; i < MANY; i++)
		ASSERT_TRUE(job_blocks(job[i]));
	EXPECT_EQ(0, kill(self->owner.pid, SIGKILL));
	for (i = 0; i < MANY; i++)
		EXPECT_EQ(EOWNERDEAD, job_join(job[i]));
	EXPECT_EQ(SIGKILL, child_join(&self->owner));
}

/* ---------------------------------------------------- who gets the message */

FIXTURE(turn) {
	int control;
	int box;
};

FIXTURE_VARIANT(turn)
{
	__u32 capacity;
};

FIXTURE_VARIANT_ADD(turn, rendezvous){ .capacity = 0 };
FIXTURE_VARIANT_ADD(turn, bounded){ .capacity = 3 };
FIXTURE_VARIANT_ADD(turn, unbounded){ .capacity = MBX_UNBOUNDED };

FIXTURE_SETUP(turn)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED,
			       variant->capacity);
	ASSERT_LE(0, self->box);
}

FIXTURE_TEARDOWN(turn)
{
	close(self->box);
	close(self->control);
}

static void start_receivers(struct __test_metadata *_metadata, int box,
			    struct job **job, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		job[i] = job_process(job_receive(box, 0));
		ASSERT_TRUE(job_blocks(job[i]));
	}
}

TEST_F(turn, longest_waiting_first)
{
	struct job *job[8];
	unsigned int i, k;

	start_receivers(_metadata, self->box, job, 8);
	for (i = 0; i < 8; i++) {
		EXPECT_EQ(0, send_number(self->box, i));
		EXPECT_EQ(0, job_join(job[i]));
		EXPECT_EQ(i, job_number(job[i]));
		for (k = i + 1; k < 8; k++)
			EXPECT_TRUE(is_blocked(job[k]->tid, "receive"));
	}
}

TEST_F(turn, all_at_once)
{
	struct job *job[8];
	unsigned int i;

	start_receivers(_metadata, self->box, job, 8);
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, send_number(self->box, i));
	for (i = 0; i < 8; i++) {
		EXPECT_EQ(0, job_join(job[i]));
		EXPECT_EQ(i, job_number(job[i]));
	}
}

/* The waiter has not run yet, and still the message is its own. */
TEST_F(turn, no_stealing)
{
	struct job *job[2];

	NEED_ROOT();
	start_receivers(_metadata, self->box, job, 2);
	ASSERT_TRUE(hold_cpu_of(job[0]->tid));
	ASSERT_TRUE(hold_cpu_of(job[1]->tid));
	EXPECT_EQ(0, send_number(self->box, 0));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
	EXPECT_FALSE(job_is_done(job[0]));
	EXPECT_FALSE(job_is_done(job[1]));
	EXPECT_TRUE(release_cpu());
	EXPECT_EQ(0, job_join(job[0]));
	EXPECT_EQ(0, job_join(job[1]));
	EXPECT_EQ(0, job_number(job[0]));
	EXPECT_EQ(1, job_number(job[1]));
}

TEST_F(turn, killed_receiver_is_passed_over)
{
	struct job *job[3];

	start_receivers(_metadata, self->box, job, 3);
	EXPECT_EQ(JOB_KILLED, job_kill(job[1]));
	EXPECT_EQ(0, send_number(self->box, 0));
	EXPECT_EQ(0, send_number(self->box, 2));
	EXPECT_EQ(0, job_join(job[0]));
	EXPECT_EQ(0, job_join(job[2]));
	EXPECT_EQ(0, job_number(job[0]));
	EXPECT_EQ(2, job_number(job[2]));
}

/* It was given the message after its death: its receive has failed. */
TEST_F(turn, message_of_a_killed_receiver_goes_on)
{
	struct job *first = job_process(job_receive(self->box, 0));
	struct job *second = job_receive(self->box, 0);

	NEED_ROOT();
	ASSERT_TRUE(job_blocks(first));
	second->receive.deadline = in_ms(5000);
	job_process(second);
	ASSERT_TRUE(job_blocks(second));
	ASSERT_TRUE(hold_cpu_of(first->tid));
	ASSERT_TRUE(hold_cpu_of(second->tid));
	EXPECT_EQ(0, kill(first->pid, SIGKILL));
	EXPECT_EQ(0, send_number(self->box, 9));
	EXPECT_TRUE(release_cpu());
	EXPECT_EQ(JOB_KILLED, job_join(first));
	EXPECT_EQ(0, job_join(second));
	EXPECT_EQ(9, job_number(second));
}

TEST_F(turn, every_peek_sees_it)
{
	struct job *peek[5], *send;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		peek[i] = job_process(job_receive(self->box, MBX_RECEIVE_PEEK));
		ASSERT_TRUE(job_blocks(peek[i]));
	}
	send = job_process(job_send(self->box, 3, 0));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(0, job_join(peek[i]));
		EXPECT_EQ(3, job_number(peek[i]));
	}
	EXPECT_TRUE(wait_until(receive_number(self->box) == 3));
	EXPECT_EQ(0, job_join(send));
}

TEST_F(turn, receiver_before_peek)
{
	struct job *peek =
		job_process(job_receive(self->box, MBX_RECEIVE_PEEK));
	struct job *receive;

	ASSERT_TRUE(job_blocks(peek));
	receive = job_process(job_receive(self->box, 0));
	ASSERT_TRUE(job_blocks(receive));
	EXPECT_EQ(0, send_number(self->box, 3));
	EXPECT_EQ(0, job_join(receive));
	EXPECT_TRUE(is_blocked(peek->tid, "peek"));
	EXPECT_EQ(JOB_KILLED, job_kill(peek));
}

TEST_HARNESS_MAIN
