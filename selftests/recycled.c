// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pids are used again: nothing that belonged to the former process may be taken
 * for the new one's.
 */
#include <linux/sched.h>

#include "peers.h"

#define USER 2001
#define OTHER 2002

FIXTURE(recycled) {
	int control;
	int fd;
};

FIXTURE_SETUP(recycled)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, 0, 8);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(recycled)
{
	box_delete(self->fd, NULL, 0);
}

/* A child that gets exactly this pid, which must be free. */
static pid_t start_as(struct child *child, pid_t pid)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&pid,
		.set_tid_size = 1,
	};
	int errors[2];

	if (pipe2(errors, O_CLOEXEC))
		abort();
	child->pid = syscall(SYS_clone3, &args, sizeof(args));
	if (child->pid < 0) {
		fprintf(stderr, "# clone3 with pid %d: %s\n", pid,
			strerror(errno));
		abort();
	}
	if (!child->pid) {
		child_errors = errors[1];
		return 0;
	}
	child->errors = errors[0];
	close(errors[1]);
	return child->pid;
}

static bool receive_info(int fd, struct mbx_receive *got)
{
	static char data[64];

	init_receive(got, data, sizeof(data), MBX_RECEIVE_NONBLOCK);
	return !ioctl(fd, MBX_IOC_RECEIVE, got);
}

/* A process of USER that has sent a message and is gone. */
static pid_t send_and_die(int fd)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK(!send_number(fd, 1));
		child_exit();
	}
	return child_join(&child) ? -1 : child.pid;
}

TEST_F(recycled, message_of_the_dead)
{
	pid_t dead = send_and_die(self->fd);
	struct mbx_receive got;
	struct child child;

	ASSERT_LT(0, dead);
	if (!start_as(&child, dead)) {
		CHECK(!become(OTHER, OTHER, 0));
		for (;;)
			pause();
	}
	ASSERT_TRUE(receive_info(self->fd, &got));
	EXPECT_TRUE(!got.out_pid || got.out_pid == dead);
	EXPECT_EQ(USER, got.out_uid);
	EXPECT_EQ(USER, got.out_gid);
	kill(child.pid, SIGKILL);
	child_join(&child);
}

/* The same number on the same handle, twice. */
TEST_F(recycled, handle_used_by_both)
{
	pid_t dead = send_and_die(self->fd);
	struct mbx_receive got;
	struct child child;

	ASSERT_LT(0, dead);
	if (!start_as(&child, dead)) {
		CHECK(getpid() == dead);
		CHECK(!become(OTHER, OTHER, 0));
		CHECK(!send_number(self->fd, 2));
		for (;;)
			pause();
	}
	ASSERT_TRUE(receive_info(self->fd, &got));
	EXPECT_EQ(USER, got.out_uid);
	ASSERT_TRUE(wait_until(receive_info(self->fd, &got)));
	EXPECT_EQ(OTHER, got.out_uid);
	EXPECT_EQ(child.pid, got.out_pid);
	kill(child.pid, SIGKILL);
	child_join(&child);
}

TEST_F(recycled, owner)
{
	struct child owner, child;
	int sockets[2], fd;
	__u64 id;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	if (!child_start(&owner)) {
		fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
		CHECK(pass_fd(sockets[1], fd));
		for (;;)
			pause();
	}
	fd = take_fd(sockets[0]);
	id = box_id(fd);
	ASSERT_NE(0, id);
	kill(owner.pid, SIGKILL);
	child_join(&owner);

	if (!start_as(&child, owner.pid)) {
		CHECK_ERRNO(ENOENT, box_open(self->control, NULL, id,
					     MBX_OPEN_RECEIVE));
		CHECK_ERRNO(EOWNERDEAD, send_number(fd, 1));
		CHECK(box_create(self->control, NULL, MBX_CREATE_OWNED, 1) >=
		      0);
		child_exit();
	}
	EXPECT_CHILD(child);
}

static bool shows(const char *file, const char *key, pid_t pid,
		  const char *column, const char *expected)
{
	char value[64];

	return proc_lookup(file, key, pid, column, value, sizeof(value)) &&
	       !strcmp(value, expected);
}

TEST_F(recycled, usage_starts_at_zero)
{
	pid_t dead = send_and_die(self->fd);
	struct child child;

	ASSERT_LT(0, dead);
	if (!start_as(&child, dead))
		for (;;)
			pause();
	EXPECT_TRUE(shows("/proc/ipc_tasks", "tgid", dead, "sent", "0"));
	EXPECT_TRUE(shows("/proc/ipc_threads", "tid", dead, "sent", "0"));
	kill(child.pid, SIGKILL);
	child_join(&child);
}

TEST_F(recycled, killed_sleeper_sleeps_no_more)
{
	struct job *job = job_process(job_receive(self->fd, 0));
	struct child child;

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	if (!start_as(&child, job->pid))
		for (;;)
			pause();
	EXPECT_TRUE(shows("/proc/ipc_tasks", "tgid", job->pid, "op", "-"));
	EXPECT_TRUE(shows("/proc/ipc_threads", "tid", job->pid, "op", "-"));
	kill(child.pid, SIGKILL);
	child_join(&child);
}

/* Blocked until its message is taken, by a number that then is another's. */
TEST_F(recycled, receiver_of_a_sync_message)
{
	struct job *job = job_process(job_send(self->fd, 4, MBX_SEND_SYNC));
	struct child first, second;

	ASSERT_TRUE(job_blocks(job));
	if (!child_start(&first)) {
		CHECK(receive_number(self->fd) == 4);
		child_exit();
	}
	EXPECT_CHILD(first);
	if (!start_as(&second, first.pid))
		for (;;)
			pause();
	EXPECT_EQ(0, job_join(job));
	EXPECT_TRUE(!job->send.out_pid || job->send.out_pid == first.pid);
	kill(second.pid, SIGKILL);
	child_join(&second);
}

TEST_HARNESS_MAIN
