// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pid namespaces: everybody sees the pids that are valid where he is, and 0
 * for whom he cannot see.
 */
#include "peers.h"

FIXTURE(pidns) {
	int control;
	int fd;
};

FIXTURE_SETUP(pidns)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, 0, 8);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(pidns)
{
	box_delete(self->fd, NULL, 0);
}

/* The child has pid 1 in a new pid namespace. */
static pid_t start_inside(struct child *child)
{
	int errors[2];

	if (pipe2(errors, O_CLOEXEC))
		abort();
	child->pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (child->pid < 0)
		abort();
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

	init_receive(got, data, sizeof(data), 0);
	return !ioctl(fd, MBX_IOC_RECEIVE, got);
}

TEST_F(pidns, sender_inside_seen_from_outside)
{
	struct mbx_receive got;
	struct child child;

	if (!start_inside(&child)) {
		CHECK(getpid() == 1);
		CHECK(!send_number(self->fd, 1));
		for (;;)
			pause();
	}
	ASSERT_TRUE(receive_info(self->fd, &got));
	EXPECT_EQ(child.pid, got.out_pid);
	EXPECT_EQ(child.pid, got.out_tid);
	kill(child.pid, SIGKILL);
	child_join(&child);
}

TEST_F(pidns, sender_outside_seen_from_inside)
{
	struct mbx_receive got;
	struct child child;

	ASSERT_EQ(0, send_number(self->fd, 1));
	if (!start_inside(&child)) {
		CHECK(receive_info(self->fd, &got));
		CHECK(got.out_pid == 0);
		CHECK(got.out_tid == 0);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(pidns, both_inside)
{
	struct mbx_receive got;
	struct child child;

	if (!start_inside(&child)) {
		pid_t pid = fork();

		if (!pid) {
			send_number(self->fd, 1);
			pause();
		}
		CHECK(receive_info(self->fd, &got));
		CHECK(got.out_pid == pid);
		CHECK(got.out_tid == pid);
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* Each level has a number of its own for the same sender. */
TEST_F(pidns, two_levels)
{
	struct mbx_receive got;
	struct child outer;
	char children[48];

	if (!start_inside(&outer)) {
		struct child inner;

		if (!start_inside(&inner)) {
			CHECK(!send_number(self->fd, 1));
			CHECK(!send_number(self->fd, 2));
			for (;;)
				pause();
		}
		CHECK(receive_info(self->fd, &got));
		CHECK(inner.pid != 1);
		CHECK(got.out_pid == inner.pid);
		for (;;)
			pause();
	}
	/* The first of two goes to the middle, whichever of us asks first. */
	ASSERT_TRUE(wait_until(({
		struct mbx_stat stat;

		!box_stat(self->fd, &stat) && stat.out_received == 1 &&
			stat.out_depth == 1;
	})));
	ASSERT_TRUE(receive_info(self->fd, &got));
	snprintf(children, sizeof(children), "/proc/%d/task/%d/children",
		 outer.pid, outer.pid);
	EXPECT_EQ(read_number(children), got.out_pid);
	kill(outer.pid, SIGKILL);
	child_join(&outer);
}

TEST_F(pidns, receiver_inside_told_to_outside)
{
	struct mbx_send send;
	struct child child;
	char c;

	if (!start_inside(&child)) {
		CHECK(box_receive(self->fd, &c, 1, 0) == 1);
		for (;;)
			pause();
	}
	init_send(&send, "x", 1, MBX_SEND_SYNC);
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_SEND, &send));
	EXPECT_EQ(child.pid, send.out_pid);
	EXPECT_EQ(child.pid, send.out_tid);
	kill(child.pid, SIGKILL);
	child_join(&child);
}

TEST_F(pidns, receiver_outside_told_to_inside)
{
	struct mbx_send send;
	struct child child;
	char c;

	if (!start_inside(&child)) {
		init_send(&send, "x", 1, MBX_SEND_SYNC);
		CHECK(!ioctl(self->fd, MBX_IOC_SEND, &send));
		CHECK(send.out_pid == 0);
		CHECK(send.out_tid == 0);
		child_exit();
	}
	ASSERT_EQ(1, box_receive(self->fd, &c, 1, 0));
	EXPECT_CHILD(child);
}

TEST_F(pidns, owner_and_creator)
{
	struct mbx_stat stat;
	struct child child;
	int sockets[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	if (!start_inside(&child)) {
		CHECK(!box_stat(self->fd, &stat));
		CHECK(stat.out_creator_pid == 0);
		fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
		CHECK(!box_stat(fd, &stat));
		CHECK(stat.out_owner_pid == 1);
		CHECK(stat.out_creator_pid == 1);
		CHECK(pass_fd(sockets[1], fd));
		for (;;)
			pause();
	}
	fd = take_fd(sockets[0]);
	ASSERT_EQ(0, box_stat(fd, &stat));
	EXPECT_EQ(child.pid, stat.out_owner_pid);
	EXPECT_EQ(child.pid, stat.out_creator_pid);
	kill(child.pid, SIGKILL);
	child_join(&child);
	EXPECT_ERRNO(EOWNERDEAD, box_stat(fd, &stat));
}

/* The end of a pid namespace kills owners that nobody waits for. */
TEST_F(pidns, end_kills_owned_mailboxes)
{
	struct child child;
	int sockets[2], fd;
	char c;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	if (!start_inside(&child)) {
		if (!fork()) {
			fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
					1);
			CHECK(pass_fd(sockets[1], fd));
		}
		for (;;)
			pause();
	}
	fd = take_fd(sockets[0]);
	ASSERT_LE(0, fd);
	kill(child.pid, SIGKILL);
	EXPECT_ERRNO(EOWNERDEAD, box_receive(fd, &c, 1, 0));
	child_join(&child);
}

TEST_HARNESS_MAIN
