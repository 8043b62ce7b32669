// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Network namespaces: each has its own mailboxes, and takes them along when it
 * ends.
 */
#include "fds.h"
#include "peers.h"

#define BOTH (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)

FIXTURE(netns) {
	int control;
	int fd;
	__u64 id;
	char name[NAME_SIZE];
	struct counts before;
};

FIXTURE_SETUP(netns)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	self->before = counts_now();
	unique_name(self->name);
	self->fd = box_create(self->control, self->name, 0, 4);
	ASSERT_LE(0, self->fd);
	self->id = box_id(self->fd);
}

FIXTURE_TEARDOWN(netns)
{
	box_delete(self->fd, NULL, 0);
	close(self->fd);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* In a child: a new network namespace and a control handle opened in it. */
static int enter_new_namespace(void)
{
	int control;

	CHECK(!unshare(CLONE_NEWNET));
	control = open(MBX_DEVICE, O_RDWR | O_CLOEXEC);
	CHECK(control >= 0);
	return control;
}

TEST_F(netns, name_is_unknown_elsewhere)
{
	struct child child;

	if (!child_start(&child)) {
		int control = enter_new_namespace();

		CHECK_ERRNO(ENOENT, box_open(control, self->name, 0, 0));
		CHECK_ERRNO(ENOENT, box_open(control, self->name, 0, BOTH));
		CHECK_ERRNO(ENOENT, box_delete(control, self->name, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* A socket in a message, or this, would keep the namespace, and that the mailbox. */
TEST_F(netns, keeps_itself_by_no_message)
{
	struct child child;

	if (!child_start(&child)) {
		int control = enter_new_namespace();
		int s = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		int box = box_create(control, NULL, 0, 4);

		CHECK(s >= 0 && box >= 0);
		CHECK_ERRNO(ELOOP, send_fds(box, 7, &s, 1, 0));
		box = box_create(control, NULL, MBX_CREATE_OWNED, 4);
		CHECK(!send_fds(box, 7, &s, 1, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(netns, id_is_unknown_elsewhere)
{
	struct child child;

	if (!child_start(&child)) {
		int control = enter_new_namespace();

		CHECK_ERRNO(ENOENT, box_open(control, NULL, self->id, 0));
		CHECK_ERRNO(ENOENT, box_delete(control, NULL, self->id));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(self->id, box_id(self->fd));
}

/* A control handle from before does not reach back. */
TEST_F(netns, control_handle_follows_the_caller)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!unshare(CLONE_NEWNET));
		CHECK_ERRNO(ENOENT, box_open(self->control, self->name, 0, 0));
		CHECK_ERRNO(ENOENT, box_delete(self->control, NULL, self->id));
		CHECK(box_create(self->control, self->name, 0, 1) >= 0);
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(self->id, box_id(self->fd));
}

TEST_F(netns, same_name_twice)
{
	struct child child;

	if (!child_start(&child)) {
		int control = enter_new_namespace();
		int fd = box_create(control, self->name, 0, 4);

		CHECK(fd >= 0);
		CHECK(box_id(fd) != self->id);
		CHECK(!send_number(fd, 2));
		CHECK_ERRNO(EEXIST, box_create(control, self->name, 0, 4));
		CHECK(!box_delete(control, self->name, 0));
		child_exit();
	}
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_CHILD(child);
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(-1, receive_number(self->fd));
	EXPECT_EQ(EAGAIN, errno);
}

static bool listed(__u64 id)
{
	char value[32];

	return proc_lookup("/proc/ipc_mailboxes", "id", id, "kind", value,
			   sizeof(value));
}

TEST_F(netns, list_shows_only_its_own)
{
	struct child child;

	ASSERT_TRUE(listed(self->id));
	if (!child_start(&child)) {
		int control = enter_new_namespace();
		int fd = box_create(control, NULL, 0, 4);

		CHECK(fd >= 0);
		CHECK(!listed(self->id));
		CHECK(listed(box_id(fd)));
		CHECK(box_rows() == 1);
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(self->before.rows + 1, box_rows());
}

TEST_F(netns, way_back)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct child child;

	ASSERT_LE(0, home);
	if (!child_start(&child)) {
		int control = enter_new_namespace();

		CHECK_ERRNO(ENOENT, box_open(control, self->name, 0, BOTH));
		CHECK(!setns(home, CLONE_NEWNET));
		CHECK(box_open(control, self->name, 0, BOTH) >= 0);
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* A handle is a capability: it works wherever its holder is. */
TEST_F(netns, handle_crosses)
{
	struct child child;

	if (!child_start(&child)) {
		struct mbx_stat stat;

		enter_new_namespace();
		CHECK(!send_number(self->fd, 8));
		CHECK(!box_stat(self->fd, &stat));
		CHECK(stat.out_id == self->id);
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(8, receive_number(self->fd));
}

/* ------------------------------------------------------------------- its end */

/* Creates a mailbox in a new namespace and hands it over; then waits. */
static void resident(int socket, __u32 flags)
{
	int control = enter_new_namespace();
	int fd = box_create(control, "resident", flags, 4);

	CHECK(fd >= 0);
	CHECK(!send_number(fd, 1));
	CHECK(pass_fd(socket, fd));
	for (;;)
		pause();
}

TEST_F(netns, end_takes_system_mailboxes)
{
	struct counts now = counts_now();
	struct child child;
	int i;

	if (!child_start(&child)) {
		int control = enter_new_namespace();

		for (i = 0; i < 10; i++)
			CHECK(box_create(control, NULL, 0, 4) >= 0);
		CHECK(box_create(control, "left-behind", 0, 4) >= 0);
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_TRUE(counts_are_back(&now));
	EXPECT_EQ(self->id, box_id(self->fd));
}

TEST_F(netns, end_is_told_to_handles_elsewhere)
{
	struct child child;
	int sockets[2], fd;
	__u32 n;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	if (!child_start(&child))
		resident(sockets[1], 0);
	fd = take_fd(sockets[0]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, receive_number(fd));
	kill(child.pid, SIGKILL);
	child_join(&child);

	/* This one blocks until the namespace is gone. */
	EXPECT_ERRNO(EIDRM, box_receive(fd, &n, sizeof(n), 0));
	EXPECT_ERRNO(EIDRM, send_number(fd, 1));
	close(fd);
}

TEST_F(netns, open_file_does_not_keep_the_namespace)
{
	struct child child;
	int sockets[2], fd, i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
		if (!child_start(&child))
			resident(sockets[1], MBX_CREATE_OWNED);
		fd = take_fd(sockets[0]);
		ASSERT_LE(0, fd);
		kill(child.pid, SIGKILL);
		child_join(&child);
		EXPECT_ERRNO(EOWNERDEAD, send_number(fd, 1));
		close(fd);
		close(sockets[0]);
		close(sockets[1]);
	}
}

TEST_F_TIMEOUT(netns, many_come_and_go, 120)
{
	struct child children[8];
	int round, i;

	for (round = 0; round < 5; round++) {
		for (i = 0; i < 8; i++) {
			if (child_start(&children[i]))
				continue;
			int control = enter_new_namespace();

			CHECK(box_create(control, self->name, 0, 4) >= 0);
			CHECK(box_create(control, NULL, MBX_CREATE_OWNED, 4) >=
			      0);
			child_exit();
		}
		for (i = 0; i < 8; i++)
			EXPECT_CHILD(children[i]);
	}
}

TEST_HARNESS_MAIN
