// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The end of an owner: it is the process that owns, not a thread of it, and
 * whoever else has a handle learns that it has gone.
 */
#include <sys/poll.h>

#include "peers.h"

#define BOTH (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)

FIXTURE(owner) {
	int control;
	struct counts before;
	struct gate way;
	struct child child;
};

FIXTURE_SETUP(owner)
{
	OPEN_CONTROL(self->control);
	self->before = counts_now();
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->way.fd));
}

FIXTURE_TEARDOWN(owner)
{
}

/* In the owner: a mailbox whose handle the test gets. */
static int own_one(FIXTURE_DATA(owner) * self, const char *name)
{
	int fd = box_create(self->control, name, MBX_CREATE_OWNED, 1);

	CHECK(fd >= 0);
	CHECK(pass_fd(self->way.fd[1], fd));
	return fd;
}

/* In the owner: all that is left to do is to die. */
static void wait_for_the_end(void)
{
	for (;;)
		pause();
}

static void end_of(struct child *child)
{
	kill(child->pid, SIGKILL);
	child_join(child);
}

/* What was expected to fail; says so if it did not, or not for this reason. */
static bool says_dead(const char *what, int ret)
{
	if (ret == -1 && errno == EOWNERDEAD)
		return true;
	fprintf(stderr, "# %s: %d, %s\n", what, ret, strerror(errno));
	return false;
}

#define SAYS_DEAD(command) says_dead(#command, command)

static bool tells_of_death(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	struct mbx_stat stat;
	bool dead = true;
	char c;

	dead &= SAYS_DEAD(box_send(fd, "x", 1, 0));
	dead &= SAYS_DEAD(box_send(fd, "x", 1, MBX_SEND_NONBLOCK));
	dead &= SAYS_DEAD(box_receive(fd, &c, 1, 0));
	dead &= SAYS_DEAD(box_receive(fd, &c, 1, MBX_RECEIVE_PEEK));
	dead &= SAYS_DEAD(read(fd, &c, 1));
	dead &= SAYS_DEAD(write(fd, &c, 1));
	dead &= SAYS_DEAD(box_stat(fd, &stat));
	dead &= SAYS_DEAD(box_delete(fd, NULL, 0));
	return dead && poll(&p, 1, 0) == 1 &&
	       (p.revents & (POLLHUP | POLLERR)) == (POLLHUP | POLLERR);
}

TEST_F(owner, killed)
{
	int fd;

	if (!child_start(&self->child)) {
		own_one(self, NULL);
		wait_for_the_end();
	}
	fd = take_fd(self->way.fd[0]);
	end_of(&self->child);
	EXPECT_TRUE(tells_of_death(fd));
}

TEST_F(owner, exited)
{
	int fd;

	if (!child_start(&self->child)) {
		own_one(self, NULL);
		child_exit();
	}
	fd = take_fd(self->way.fd[0]);
	EXPECT_CHILD(self->child);
	EXPECT_TRUE(tells_of_death(fd));
}

/* A process has exited when it is a zombie, not only when it is reaped. */
TEST_F(owner, not_yet_reaped)
{
	int fd;

	if (!child_start(&self->child)) {
		own_one(self, NULL);
		child_exit();
	}
	fd = take_fd(self->way.fd[0]);
	ASSERT_TRUE(wait_zombie(self->child.pid));
	EXPECT_TRUE(tells_of_death(fd));
	EXPECT_CHILD(self->child);
}

TEST_F(owner, cannot_be_found_any_more)
{
	char name[NAME_SIZE];
	__u64 id;
	int fd;

	unique_name(name);
	if (!child_start(&self->child)) {
		own_one(self, name);
		wait_for_the_end();
	}
	fd = take_fd(self->way.fd[0]);
	id = box_id(fd);
	end_of(&self->child);
	EXPECT_ERRNO(ENOENT, box_open(self->control, name, 0, MBX_OPEN_SEND));
	EXPECT_ERRNO(ENOENT, box_open(self->control, NULL, id, MBX_OPEN_SEND));
	EXPECT_ERRNO(ENOENT, box_delete(self->control, name, 0));
	EXPECT_ERRNO(ENOENT, box_delete(self->control, NULL, id));
	fd = box_create(self->control, name, MBX_CREATE_OWNED, 1);
	EXPECT_LE(0, fd);
}

TEST_F(owner, gone_without_any_handle)
{
	char name[NAME_SIZE];

	unique_name(name);
	if (!child_start(&self->child)) {
		int fd = box_create(self->control, name, MBX_CREATE_OWNED, 1);

		CHECK(fd >= 0);
		CHECK(!send_number(fd, 1));
		child_exit();
	}
	EXPECT_CHILD(self->child);
	EXPECT_ERRNO(ENOENT, box_open(self->control, name, 0, MBX_OPEN_SEND));
	EXPECT_TRUE(counts_are_back(&self->before));
}

TEST_F(owner, of_many)
{
	int fds[64], i;

	if (!child_start(&self->child)) {
		for (i = 0; i < 64; i++)
			CHECK(!send_number(own_one(self, NULL), i));
		wait_for_the_end();
	}
	for (i = 0; i < 64; i++)
		ASSERT_LE(0, fds[i] = take_fd(self->way.fd[0]));
	end_of(&self->child);
	for (i = 0; i < 64; i++) {
		EXPECT_TRUE(tells_of_death(fds[i]));
		close(fds[i]);
	}
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* ----------------------------------------------------------------- sleepers */

enum sleep { SEND, SYNC, RECEIVE, PEEK, NR_SLEEPS };

/* In the owner: full for senders, empty for receivers, a child asleep in it. */
static void own_and_fork_sleeper(FIXTURE_DATA(owner) * self, enum sleep sleep,
				 pid_t *sleeper, int *error)
{
	int fd = own_one(self, NULL);
	pid_t pid;

	if (sleep == SEND || sleep == SYNC)
		CHECK(!send_number(fd, 1));
	pid = fork();
	if (!pid) {
		int ret;
		char c[4];

		__atomic_store_n(sleeper, getpid(), __ATOMIC_RELEASE);
		if (sleep == SEND || sleep == SYNC)
			ret = box_send(fd, "x", 1,
				       sleep == SYNC ? MBX_SEND_SYNC : 0);
		else
			ret = box_receive(fd, c, 4,
					  sleep == PEEK ? MBX_RECEIVE_PEEK : 0);
		__atomic_store_n(error, ret < 0 ? errno : -1, __ATOMIC_RELEASE);
		_exit(0);
	}
	wait_for_the_end();
}

TEST_F(owner, death_wakes_its_children)
{
	static const char *const op[] = { "send", "sync", "receive", "peek" };
	struct shared {
		pid_t sleeper;
		int error;
	} *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	enum sleep sleep;
	int fd;

	for (sleep = SEND; sleep < NR_SLEEPS; sleep++) {
		*shared = (struct shared){};
		if (!child_start(&self->child))
			own_and_fork_sleeper(self, sleep, &shared->sleeper,
					     &shared->error);
		fd = take_fd(self->way.fd[0]);
		ASSERT_LE(0, fd);
		ASSERT_TRUE(wait_until(shared->sleeper));
		ASSERT_TRUE(wait_blocked(shared->sleeper, op[sleep]));
		kill(self->child.pid, SIGKILL);
		EXPECT_TRUE(wait_until(
			__atomic_load_n(&shared->error, __ATOMIC_ACQUIRE)));
		EXPECT_EQ(EOWNERDEAD, shared->error);
		EXPECT_TRUE(tells_of_death(fd));
		close(fd);
		child_join(&self->child);
	}
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* ------------------------------------------------------------------ threads */

static void *own_in_thread(void *arg)
{
	own_one(arg, "thread");
	return NULL;
}

TEST_F(owner, thread_that_created_is_not_the_owner)
{
	int fd;

	if (!child_start(&self->child)) {
		pthread_t thread;

		pthread_create(&thread, NULL, own_in_thread, self);
		pthread_join(thread, NULL);
		CHECK(box_open(self->control, "thread", 0, BOTH) >= 0);
		CHECK(gate_open(&self->way));
		wait_for_the_end();
	}
	fd = take_fd(self->way.fd[0]);
	ASSERT_LE(0, fd);
	ASSERT_TRUE(gate_wait(&self->way));
	EXPECT_EQ(0, send_number(fd, 1));
	EXPECT_EQ(1, receive_number(fd));
	end_of(&self->child);
	EXPECT_TRUE(tells_of_death(fd));
}

struct survivor {
	FIXTURE_DATA(owner)
		*self;
	pid_t leader;
};

/* The leader has exited; the process lives in this thread. */
static void *outlive_leader(void *arg)
{
	struct survivor *survivor = arg;
	int fd;

	CHECK(wait_zombie(survivor->leader));
	fd = box_open(survivor->self->control, "leader", 0, BOTH);
	CHECK(fd >= 0);
	CHECK(!send_number(fd, 1));
	CHECK(receive_number(fd) == 1);
	CHECK(box_create(survivor->self->control, "later", MBX_CREATE_OWNED,
			 1) >= 0);
	CHECK(gate_open(&survivor->self->way));
	wait_for_the_end();
	return NULL;
}

TEST_F(owner, leader_exits_first)
{
	int fd;

	if (!child_start(&self->child)) {
		struct survivor survivor = { self, getpid() };
		pthread_t thread;

		own_one(self, "leader");
		pthread_create(&thread, NULL, outlive_leader, &survivor);
		/* Not pthread_exit(): that would unwind what is still used. */
		syscall(SYS_exit, 0);
	}
	fd = take_fd(self->way.fd[0]);
	ASSERT_LE(0, fd);
	ASSERT_TRUE(gate_wait(&self->way));
	EXPECT_EQ(0, send_number(fd, 1));
	end_of(&self->child);
	EXPECT_TRUE(tells_of_death(fd));
	EXPECT_ERRNO(ENOENT, box_open(self->control, "later", 0, 0));
}

/* --------------------------------------------------------------- other ends */

/* Shares the table of descriptors, but is a process of its own. */
static int own_with_shared_files(void *arg)
{
	FIXTURE_DATA(owner)
		*self = arg;

	return box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
}

TEST_F(owner, process_with_shared_descriptors)
{
	static char stack[65536] __attribute__((aligned(16)));
	int mine = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	int status, fd;
	pid_t pid;

	pid = clone(own_with_shared_files, stack + sizeof(stack),
		    CLONE_FILES | SIGCHLD, self);
	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	fd = WEXITSTATUS(status);
	EXPECT_TRUE(tells_of_death(fd));
	EXPECT_EQ(0, send_number(mine, 1));
}

TEST_F(owner, process_with_shared_memory)
{
	static char stack[65536] __attribute__((aligned(16)));
	int mine = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	int status, fd;
	pid_t pid;

	pid = clone(own_with_shared_files, stack + sizeof(stack),
		    CLONE_FILES | CLONE_VM | CLONE_VFORK | SIGCHLD, self);
	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	fd = WEXITSTATUS(status);
	EXPECT_TRUE(tells_of_death(fd));
	EXPECT_EQ(0, send_number(mine, 1));
	EXPECT_EQ(1, receive_number(mine));
}

TEST_F(owner, child_exit_is_not_owner_exit)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1), i;

	for (i = 0; i < 20; i++) {
		if (!child_start(&self->child)) {
			CHECK(!send_number(fd, i));
			child_exit();
		}
		EXPECT_CHILD(self->child);
		EXPECT_EQ(i, receive_number(fd));
	}
}

TEST_HARNESS_MAIN
