// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The end of a process that has a mailbox, or is just about to get one from
 * somebody else.
 */
#include "peers.h"

#define BOTH (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)

FIXTURE(direct_end) {
	int control;
	struct counts before;
	struct child child;
};

FIXTURE_SETUP(direct_end)
{
	OPEN_CONTROL(self->control);
	self->before = counts_now();
}

FIXTURE_TEARDOWN(direct_end)
{
	close(self->control);
}

static void wait_for_the_end(void)
{
	for (;;)
		pause();
}

TEST_F(direct_end, killed)
{
	int fd;

	if (!child_start(&self->child))
		wait_for_the_end();
	fd = box_open_pid(self->control, self->child.pid, MBX_OPEN_SEND);
	EXPECT_EQ(0, send_number(fd, 1));
	kill(self->child.pid, SIGKILL);
	ASSERT_TRUE(wait_zombie(self->child.pid));
	EXPECT_ERRNO(EOWNERDEAD, send_number(fd, 1));
	EXPECT_ERRNO(ESRCH, box_open_pid(self->control, self->child.pid,
					 MBX_OPEN_SEND));
	child_join(&self->child);
	EXPECT_ERRNO(ESRCH, box_open_pid(self->control, self->child.pid,
					 MBX_OPEN_SEND));
	close(fd);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* It has a pid, but no exit hook any more that would clean up. */
TEST_F(direct_end, zombie_gets_none)
{
	if (!child_start(&self->child))
		child_exit();
	ASSERT_TRUE(wait_zombie(self->child.pid));
	EXPECT_ERRNO(ESRCH, box_open_pid(self->control, self->child.pid,
					 MBX_OPEN_SEND));
	EXPECT_ERRNO(ENOENT, box_open_pid(self->control, self->child.pid, 0));
	EXPECT_CHILD(self->child);
	EXPECT_TRUE(counts_are_back(&self->before));
}

TEST_F(direct_end, wakes_a_sender)
{
	struct child sender;
	int fd, i;

	if (!child_start(&self->child))
		wait_for_the_end();
	fd = box_open_pid(self->control, self->child.pid, MBX_OPEN_SEND);
	for (i = 0; i < MBX_DIRECT_CAPACITY; i++)
		ASSERT_EQ(0, send_number(fd, i));
	if (!child_start(&sender)) {
		CHECK_ERRNO(EOWNERDEAD, box_send(fd, "x", 1, 0));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(sender.pid, "send"));
	kill(self->child.pid, SIGKILL);
	EXPECT_CHILD(sender);
	child_join(&self->child);
	close(fd);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* ------------------------------------------------------------------ threads */

struct survivor {
	int control;
	pid_t leader;
};

static void *outlive_leader(void *arg)
{
	struct survivor *survivor = arg;
	__u32 number;
	int fd;

	CHECK(wait_zombie(survivor->leader));
	fd = box_open_pid(survivor->control, survivor->leader, BOTH);
	CHECK(fd >= 0);
	CHECK(box_receive(fd, &number, sizeof(number), 0) == sizeof(number));
	CHECK(number == 6);
	child_exit();
	return NULL;
}

/* A process is alive as long as one of its threads is. */
TEST_F(direct_end, leader_exits_first)
{
	int fd;

	if (!child_start(&self->child)) {
		struct survivor survivor = { self->control, getpid() };
		pthread_t thread;

		pthread_create(&thread, NULL, outlive_leader, &survivor);
		/* Not pthread_exit(): that would unwind what is still used. */
		syscall(SYS_exit, 0);
	}
	ASSERT_TRUE(wait_zombie(self->child.pid));
	fd = box_open_pid(self->control, self->child.pid, MBX_OPEN_SEND);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, send_number(fd, 6));
	EXPECT_CHILD(self->child);
	EXPECT_ERRNO(EOWNERDEAD, send_number(fd, 6));
}

/* What is executed has the pid, and so the mailbox. */
static int after_exec(void)
{
	int control = open(MBX_DEVICE, O_RDWR | O_CLOEXEC);
	int fd = box_open_pid(control, getpid(), MBX_OPEN_RECEIVE);

	return fd < 0 ? 1 : receive_number(fd) == 5 ? 42 : 2;
}

static void *exec_in_thread(void *arg)
{
	(void)arg;
	execl("/proc/self/exe", "direct_end", "--after", NULL);
	child_fail(__LINE__, "exec");
	return NULL;
}

TEST_F(direct_end, exec_by_a_thread_is_no_end)
{
	pthread_t thread;

	if (!child_start(&self->child)) {
		CHECK(!send_number(box_open_pid(self->control, getpid(), BOTH),
				   5));
		pthread_create(&thread, NULL, exec_in_thread, NULL);
		wait_for_the_end();
	}
	EXPECT_EQ(42, WEXITSTATUS(child_join(&self->child)));
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* -------------------------------------------------------------------- races */

#define OPENERS 4

struct shared {
	int go;
	pid_t victim;
	int done;
	__u64 ids[OPENERS];
	unsigned int opened;
	unsigned int refused;
};

static struct shared *new_shared(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* All are the first; one of them is right. */
TEST_F(direct_end, opened_by_many_at_once)
{
	struct shared *shared = new_shared();
	struct child children[OPENERS];
	int round, i;

	for (round = 0; round < 20; round++) {
		shared->go = 0;
		for (i = 0; i < OPENERS; i++) {
			if (child_start(&children[i]))
				continue;
			while (!__atomic_load_n(&shared->go, __ATOMIC_ACQUIRE))
				sched_yield();
			shared->ids[i] = box_id(box_open_pid(
				self->control, getppid(), MBX_OPEN_SEND));
			child_exit();
		}
		__atomic_store_n(&shared->go, 1, __ATOMIC_RELEASE);
		for (i = 0; i < OPENERS; i++)
			EXPECT_CHILD(children[i]);
		for (i = 0; i < OPENERS; i++)
			EXPECT_EQ(shared->ids[0], shared->ids[i]);
		EXPECT_NE(0, shared->ids[0]);
		EXPECT_EQ(0, box_delete_pid(self->control, getpid()));
	}
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* Opens whoever is the victim, and sends to it, for as long as that goes on. */
static void hammer(int control, struct shared *shared)
{
	while (!__atomic_load_n(&shared->done, __ATOMIC_ACQUIRE)) {
		pid_t pid = __atomic_load_n(&shared->victim, __ATOMIC_ACQUIRE);
		int fd, error;

		if (!pid) {
			sched_yield();
			continue;
		}
		fd = box_open_pid(control, pid, MBX_OPEN_SEND);
		error = errno;
		if (fd < 0) {
			errno = error;
			if (error != ESRCH)
				child_fail(__LINE__, "open by pid");
			__atomic_add_fetch(&shared->refused, 1,
					   __ATOMIC_RELAXED);
			continue;
		}
		__atomic_add_fetch(&shared->opened, 1, __ATOMIC_RELAXED);
		error = send_number(fd, 1) ? errno : 0;
		CHECK(!error || error == EOWNERDEAD || error == EAGAIN);
		close(fd);
	}
	child_exit();
}

/* Half of the victims exit, half are killed; some use their mailbox. */
TEST_F_TIMEOUT(direct_end, storm, 120)
{
	struct shared *shared = new_shared();
	struct child openers[OPENERS];
	__u64 limit;
	int round, i;
	pid_t pid;

	for (i = 0; i < OPENERS; i++)
		if (!child_start(&openers[i]))
			hammer(self->control, shared);

	limit = now_ns(CLOCK_MONOTONIC) + 10 * SEC;
	for (round = 0; now_ns(CLOCK_MONOTONIC) < limit; round++) {
		pid = fork();
		if (!pid) {
			if (round % 3 == 1)
				box_open_pid(self->control, getpid(), BOTH);
			if (round % 2)
				_exit(0);
			wait_for_the_end();
		}
		__atomic_store_n(&shared->victim, pid, __ATOMIC_RELEASE);
		if (!(round % 2)) {
			sched_yield();
			kill(pid, SIGKILL);
		}
		/* It stays a zombie for a while that can be found. */
		for (i = 0; i < round % 5; i++)
			sched_yield();
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	}
	__atomic_store_n(&shared->done, 1, __ATOMIC_RELEASE);
	for (i = 0; i < OPENERS; i++)
		EXPECT_CHILD(openers[i]);
	EXPECT_LT(0, shared->opened);
	EXPECT_LT(0, shared->refused);
	TH_LOG("%d processes, %u opened, %u refused", round, shared->opened,
	       shared->refused);
	EXPECT_TRUE(counts_are_back(&self->before));
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--after"))
		return after_exec();
	return test_harness_run(argc, argv);
}
