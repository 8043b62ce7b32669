// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An owner that executes a program stays the owner, whichever of its threads
 * did; one that is forked for it never becomes it.
 */
#include "peers.h"

#define BOTH (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)

FIXTURE(owner_exec) {
	int control;
	int socket;
	char name[NAME_SIZE];
	struct child child;
	struct counts before;
};

FIXTURE_SETUP(owner_exec)
{
	OPEN_CONTROL(self->control);
	self->before = counts_now();
	unique_name(self->name);
}

FIXTURE_TEARDOWN(owner_exec)
{
}

/* What is executed: try to open as the owner, say how that went, wait. */
static int after_main(const char *name)
{
	int control = open(MBX_DEVICE, O_RDWR | O_CLOEXEC);
	int fd = box_open(control, name, 0, BOTH);

	if (fd < 0)
		return errno == EACCES ? 2 : 1;
	send_number(fd, 42);
	for (;;)
		pause();
}

static void exec_after(const char *name)
{
	execl("/proc/self/exe", "owner_exec", "--after", name, NULL);
	_exit(3);
}

static int number_within_limit(int fd)
{
	long long n = -1;

	wait_until((n = receive_number(fd)) >= 0 || errno != EAGAIN);
	return n;
}

/* The test has a handle to listen with; the owner executes in between. */
static void expect_still_owner(struct __test_metadata *_metadata,
			       FIXTURE_DATA(owner_exec) * self, int fd)
{
	ASSERT_LE(0, fd);
	EXPECT_EQ(42, number_within_limit(fd));
	kill(self->child.pid, SIGKILL);
	EXPECT_EQ(SIGKILL, child_join(&self->child));
	EXPECT_ERRNO(EOWNERDEAD, send_number(fd, 1));
	close(fd);
	EXPECT_TRUE(counts_are_back(&self->before));
}

TEST_F(owner_exec, by_the_leader)
{
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	if (!child_start(&self->child)) {
		int fd = box_create(self->control, self->name, MBX_CREATE_OWNED,
				    4);

		CHECK(pass_fd(sockets[1], fd));
		exec_after(self->name);
	}
	expect_still_owner(_metadata, self, take_fd(sockets[0]));
}

static void *exec_in_thread(void *name)
{
	exec_after(name);
	return NULL;
}

/* The thread becomes the leader: same process, same owner. */
TEST_F(owner_exec, by_another_thread)
{
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	if (!child_start(&self->child)) {
		pthread_t thread;
		int fd = box_create(self->control, self->name, MBX_CREATE_OWNED,
				    4);

		CHECK(pass_fd(sockets[1], fd));
		pthread_create(&thread, NULL, exec_in_thread, self->name);
		for (;;)
			pause();
	}
	expect_still_owner(_metadata, self, take_fd(sockets[0]));
}

struct creator {
	FIXTURE_DATA(owner_exec)
		*self;
	int socket;
};

static void *create_and_exec(void *arg)
{
	struct creator *creator = arg;
	int fd = box_create(creator->self->control, creator->self->name,
			    MBX_CREATE_OWNED, 4);

	CHECK(pass_fd(creator->socket, fd));
	exec_after(creator->self->name);
	return NULL;
}

TEST_F(owner_exec, by_the_thread_that_created)
{
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	if (!child_start(&self->child)) {
		struct creator creator = { self, sockets[1] };
		pthread_t thread;

		pthread_create(&thread, NULL, create_and_exec, &creator);
		for (;;)
			pause();
	}
	expect_still_owner(_metadata, self, take_fd(sockets[0]));
}

static void *sleep_in(void *arg)
{
	char c;

	box_receive(*(int *)arg, &c, 1, 0);
	return NULL;
}

/* Its other threads end in the execution, asleep or not. */
TEST_F(owner_exec, while_its_threads_sleep)
{
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	if (!child_start(&self->child)) {
		pthread_t threads[4];
		int fd, i;

		fd = box_create(self->control, self->name, MBX_CREATE_OWNED, 4);
		for (i = 0; i < 4; i++)
			pthread_create(&threads[i], NULL, sleep_in, &fd);
		CHECK(wait_until(has_waiters(fd, 0, 4)));
		CHECK(pass_fd(sockets[1], fd));
		exec_after(self->name);
	}
	expect_still_owner(_metadata, self, take_fd(sockets[0]));
}

TEST_F(owner_exec, child_that_executes_is_no_owner)
{
	int fd = box_create(self->control, self->name, MBX_CREATE_OWNED, 4);
	pid_t pid = vfork();
	int status;

	if (!pid)
		exec_after(self->name);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(2, WEXITSTATUS(status));
	EXPECT_EQ(0, send_number(fd, 1));
	EXPECT_EQ(1, receive_number(fd));
}

/* Many times: what is remembered of former threads must not pile up or hurt. */
static int again_main(const char *name, int rounds)
{
	int control = open(MBX_DEVICE, O_RDWR | O_CLOEXEC);
	int fd = box_open(control, name, 0, BOTH);
	char text[16];

	if (fd < 0)
		return 1;
	if (!rounds)
		return send_number(fd, 42) ? 2 : 0;
	snprintf(text, sizeof(text), "%d", rounds - 1);
	execl("/proc/self/exe", "owner_exec", "--again", name, text, NULL);
	return 3;
}

TEST_F(owner_exec, again_and_again)
{
	if (!child_start(&self->child)) {
		CHECK(box_create(self->control, self->name, MBX_CREATE_OWNED,
				 4) >= 0);
		_exit(again_main(self->name, 30));
	}
	EXPECT_CHILD(self->child);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* ----------------------------------------------------- what is remembered */

#define USER 2001
#define USER_BYTES 65536 /* fewer than ROUNDS records of threads cost */
#define ROUNDS 100

static const char *const max_user_bytes = MODULE_PARAM("max_user_bytes");

FIXTURE(exec_record) {
	int fd;
	long long saved;
};

FIXTURE_SETUP(exec_record)
{
	int control;

	NEED_ROOT();
	OPEN_CONTROL(control);
	self->fd = box_create(control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_LE(0, self->fd);
	self->saved = read_number(max_user_bytes);
	ASSERT_LT(0, self->saved);
	ASSERT_EQ(0, write_number(max_user_bytes, USER_BYTES));
}

FIXTURE_TEARDOWN_PARENT(exec_record)
{
	if (self->saved > 0)
		EXPECT_EQ(0, write_number(max_user_bytes, self->saved));
}

static void *use_and_exec(void *arg)
{
	char c;

	box_receive(*(int *)arg, &c, 1, MBX_RECEIVE_NONBLOCK);
	execl("/proc/self/exe", "owner_exec", "--idle", NULL);
	_exit(3);
}

/* The program that is executed has no use for a mailbox. */
TEST_F(exec_record, goes_with_the_process)
{
	struct child child;
	pthread_t thread;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (!child_start(&child)) {
			CHECK(!become(USER, USER, 0));
			pthread_create(&thread, NULL, use_and_exec, &self->fd);
			for (;;)
				pause();
		}
		ASSERT_EQ(0, child_join(&child));
	}
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK(wait_until(!send_number(self->fd, 1)));
		child_exit();
	}
	EXPECT_CHILD(child);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--idle"))
		return 0;
	if (argc == 3 && !strcmp(argv[1], "--after"))
		return after_main(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "--again"))
		return again_main(argv[2], atoi(argv[3]));
	return test_harness_run(argc, argv);
}
