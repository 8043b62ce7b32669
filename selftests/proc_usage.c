// SPDX-License-Identifier: GPL-2.0-or-later
/* What threads and processes have done with mailboxes and wait for. */
#include "procfs.h"

FIXTURE(usage) {
	int control;
	int box;
	int narrow;
	__u64 id;
	char name[NAME_SIZE];
};

FIXTURE_SETUP(usage)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, unique_name(self->name), 0, 8);
	ASSERT_LE(0, self->box);
	self->narrow = box_create(self->control, NULL, 0, 0);
	ASSERT_LE(0, self->narrow);
	self->id = box_id(self->box);
}

FIXTURE_TEARDOWN(usage)
{
	box_delete(self->box, NULL, 0);
	box_delete(self->narrow, NULL, 0);
}

static long long number(const char *file, long long id, const char *column)
{
	const char *value = lookup(file, id, column);

	return *value >= '0' && *value <= '9' ? strtoll(value, NULL, 10) :
						NO_NUMBER;
}

static bool has_moved(const char *file, pid_t id, int sent, int bytes_sent,
		      int received, int bytes_received)
{
	return number(file, id, "sent") == sent &&
	       number(file, id, "bytes_sent") == bytes_sent &&
	       number(file, id, "received") == received &&
	       number(file, id, "bytes_received") == bytes_received;
}

/* ---------------------------------------------------------------- counters */

TEST_F(usage, nothing_yet)
{
	EXPECT_TRUE(has_moved(IPC_TASKS, getppid(), 0, 0, 0, 0) || geteuid());
	EXPECT_TRUE(has_moved(IPC_THREADS, getpid(), 0, 0, 0, 0));
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "op", "-"));
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "mailbox", "-"));
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "name", "-"));
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "since", "-"));
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "deadline", "-"));
}

TEST_F(usage, counts_messages_and_bytes)
{
	char data[100];

	EXPECT_EQ(0, box_send(self->box, data, 100, 0));
	EXPECT_EQ(0, box_send(self->box, data, 10, 0));
	EXPECT_EQ(0, box_send(self->box, data, 0, 0));
	EXPECT_EQ(100, box_receive(self->box, data, 100, 0));
	EXPECT_EQ(10, read(self->box, data, 100));
	EXPECT_TRUE(has_moved(IPC_TASKS, getpid(), 3, 110, 2, 110));
	EXPECT_TRUE(has_moved(IPC_THREADS, getpid(), 3, 110, 2, 110));
}

TEST_F(usage, failures_do_not_count)
{
	char data[10];

	EXPECT_EQ(0, box_send(self->box, data, 10, 0));
	EXPECT_ERRNO(EMSGSIZE, box_receive(self->box, data, 1, 0));
	EXPECT_EQ(10, box_receive(self->box, data, 10, MBX_RECEIVE_PEEK));
	EXPECT_ERRNO(EAGAIN,
		     box_send(self->narrow, data, 1, MBX_SEND_NONBLOCK));
	EXPECT_ERRNO(EFAULT, box_send(self->box, NULL, 10, 0));
	EXPECT_TRUE(has_moved(IPC_TASKS, getpid(), 1, 10, 0, 0));
}

/* Threads count each for itself; the process keeps what past ones did. */
TEST_F(usage, adds_up_threads)
{
	struct job *job;
	int i;

	ASSERT_EQ(0, send_number(self->box, 1));
	for (i = 0; i < 3; i++) {
		job = job_thread(job_send(self->box, i, 0));
		ASSERT_EQ(0, job_join(job));
	}
	EXPECT_TRUE(has_moved(IPC_TASKS, getpid(), 4, 16, 0, 0));
	EXPECT_TRUE(has_moved(IPC_THREADS, getpid(), 1, 4, 0, 0));

	job = job_thread(job_receive(self->narrow, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_TRUE(has_moved(IPC_THREADS, job->tid, 0, 0, 0, 0));
	EXPECT_EQ(0, send_number(self->narrow, 1));
	EXPECT_EQ(0, job_join(job));
	EXPECT_TRUE(has_moved(IPC_TASKS, getpid(), 5, 20, 1, 4));
}

/* ------------------------------------------------------- what belongs to it */

TEST_F(usage, handles)
{
	int copy;

	/* A control handle is none. */
	EXPECT_EQ(2, number(IPC_TASKS, getpid(), "handles"));
	copy = dup(self->box);
	EXPECT_EQ(3, number(IPC_TASKS, getpid(), "handles"));
	close(copy);
	/* A handle it is to the end, whatever has become of the mailbox. */
	EXPECT_EQ(0, box_delete(self->narrow, NULL, 0));
	EXPECT_EQ(2, number(IPC_TASKS, getpid(), "handles"));
	close(self->narrow);
	EXPECT_EQ(1, number(IPC_TASKS, getpid(), "handles"));
}

TEST_F(usage, owned)
{
	int one, two;

	EXPECT_EQ(0, number(IPC_TASKS, getpid(), "owned"));
	one = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	two = box_create(self->control, unique_name(self->name),
			 MBX_CREATE_OWNED, 1);
	ASSERT_LE(0, one);
	ASSERT_LE(0, two);
	EXPECT_EQ(2, number(IPC_TASKS, getpid(), "owned"));
	/* The one without a name ends with its handle. */
	close(one);
	close(two);
	EXPECT_EQ(1, number(IPC_TASKS, getpid(), "owned"));
	EXPECT_EQ(0, box_delete(self->control, self->name, 0));
	EXPECT_EQ(0, number(IPC_TASKS, getpid(), "owned"));
}

/* ----------------------------------------------------------------- blocked */

FIXTURE(blocked) {
	int control;
	int box;
	__u64 id;
	char name[NAME_SIZE];
	__u64 before;
	struct job *job;
};

FIXTURE_VARIANT(blocked)
{
	const char *op;
	unsigned int cmd;
	__u32 flags;
	__u32 capacity;
	bool full;
};

FIXTURE_VARIANT_ADD(blocked, receive){
	.op = "receive",
	.cmd = MBX_IOC_RECEIVE,
	.capacity = 1,
};

FIXTURE_VARIANT_ADD(blocked, peek){
	.op = "peek",
	.cmd = MBX_IOC_RECEIVE,
	.flags = MBX_RECEIVE_PEEK,
	.capacity = 1,
};

FIXTURE_VARIANT_ADD(blocked, send){
	.op = "send",
	.cmd = MBX_IOC_SEND,
	.capacity = 1,
	.full = true,
};

FIXTURE_VARIANT_ADD(blocked, sync){
	.op = "sync",
	.cmd = MBX_IOC_SEND,
	.flags = MBX_SEND_SYNC,
	.capacity = 1,
};

FIXTURE_VARIANT_ADD(blocked, rendezvous){
	.op = "send",
	.cmd = MBX_IOC_SEND,
	.capacity = 0,
};

FIXTURE_SETUP(blocked)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, unique_name(self->name), 0,
			       variant->capacity);
	ASSERT_LE(0, self->box);
	self->id = box_id(self->box);
	if (variant->full)
		ASSERT_EQ(0, send_number(self->box, 0));
	if (variant->cmd == MBX_IOC_SEND)
		self->job = job_send(self->box, 1, variant->flags);
	else
		self->job = job_receive(self->box, variant->flags);
	self->before = now_ns(CLOCK_MONOTONIC);
}

FIXTURE_TEARDOWN(blocked)
{
	box_delete(self->box, NULL, 0);
}

/* The wait must be visible in the same words in both files. */
static void expect_waiting(struct __test_metadata *_metadata, const char *file,
			   pid_t id, const char *op, __u64 box,
			   const char *name)
{
	EXPECT_TRUE(wait_until(shows(file, id, "op", op)));
	EXPECT_EQ((long long)box, number(file, id, "mailbox"));
	EXPECT_TRUE(shows(file, id, "name", name));
}

#define EXPECT_BETWEEN(low, value, high) \
	do {                             \
		EXPECT_LE(low, value);   \
		EXPECT_GE(high, value);  \
	} while (0)

TEST_F(blocked, process)
{
	pid_t pid;

	job_process(self->job);
	pid = self->job->pid;
	expect_waiting(_metadata, IPC_TASKS, pid, variant->op, self->id,
		       self->name);
	expect_waiting(_metadata, IPC_THREADS, pid, variant->op, self->id,
		       self->name);
	EXPECT_TRUE(shows(IPC_TASKS, pid, "state", "S"));
	EXPECT_TRUE(shows(IPC_TASKS, pid, "deadline", "-"));
	EXPECT_BETWEEN((long long)self->before, number(IPC_TASKS, pid, "since"),
		       (long long)now_ns(CLOCK_MONOTONIC));
	EXPECT_EQ(JOB_KILLED, job_kill(self->job));
}

/* The process shows the one thread of it that waits. */
TEST_F(blocked, second_thread)
{
	job_thread(self->job);
	ASSERT_TRUE(job_blocks(self->job));
	expect_waiting(_metadata, IPC_TASKS, getpid(), variant->op, self->id,
		       self->name);
	expect_waiting(_metadata, IPC_THREADS, self->job->tid, variant->op,
		       self->id, self->name);
	EXPECT_TRUE(shows(IPC_THREADS, getpid(), "op", "-"));

	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(self->job));
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "op", "-"));
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "mailbox", "-"));
}

static void set_deadline(struct job *job, __u64 deadline, bool realtime)
{
	if (job->cmd == MBX_IOC_SEND) {
		job->send.deadline = deadline;
		job->send.flags |= realtime ? MBX_SEND_REALTIME : 0;
	} else {
		job->receive.deadline = deadline;
		job->receive.flags |= realtime ? MBX_RECEIVE_REALTIME : 0;
	}
}

TEST_F(blocked, deadline)
{
	const __u64 deadline = in_ms(3600000);

	set_deadline(self->job, deadline, false);
	job_process(self->job);
	ASSERT_TRUE(job_blocks(self->job));
	EXPECT_EQ((long long)deadline,
		  number(IPC_TASKS, self->job->pid, "deadline"));
	EXPECT_EQ((long long)deadline,
		  number(IPC_THREADS, self->job->pid, "deadline"));
	job_kill(self->job);
}

/* It is shown on the monotonic clock all the same. */
TEST_F(blocked, realtime_deadline)
{
	const __u64 delay = 3600 * SEC;

	set_deadline(self->job, now_ns(CLOCK_REALTIME) + delay, true);
	job_process(self->job);
	ASSERT_TRUE(job_blocks(self->job));
	EXPECT_BETWEEN((long long)(self->before + delay - SEC),
		       number(IPC_TASKS, self->job->pid, "deadline"),
		       (long long)(now_ns(CLOCK_MONOTONIC) + delay));
	job_kill(self->job);
}

TEST_HARNESS_MAIN
