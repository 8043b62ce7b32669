// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ownership passes: to another process now, or to a successor when the owner
 * exits.
 */
#include "events.h"

#define BOTH (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)

FIXTURE(handover) {
	int control;
	int fd;
	__u64 id;
	struct counts before;
	struct gate way;
	struct child owner;
	struct child other;
	char name[NAME_SIZE];
};

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

/* In the owner: what the test wants done, and how that went. */
struct order {
	pid_t pid;
	__u32 flags;
};

static void obey(int socket, int fd)
{
	struct order order;
	int error;

	while (read(socket, &order, sizeof(order)) == sizeof(order)) {
		error = box_transfer(fd, order.pid, order.flags) ? errno : 0;
		CHECK(write(socket, &error, sizeof(error)) == sizeof(error));
	}
	wait_for_the_end();
}

/* The owner is a child; the test has its handle, another one is idle. */
FIXTURE_SETUP(handover)
{
	OPEN_CONTROL(self->control);
	self->before = counts_now();
	unique_name(self->name);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->way.fd));
	if (!child_start(&self->owner)) {
		int fd = box_create(self->control, self->name, MBX_CREATE_OWNED,
				    4);

		CHECK(fd >= 0);
		CHECK(pass_fd(self->way.fd[1], fd));
		obey(self->way.fd[1], fd);
	}
	self->fd = take_fd(self->way.fd[0]);
	ASSERT_LE(0, self->fd);
	self->id = box_id(self->fd);
	if (!child_start(&self->other))
		wait_for_the_end();
}

FIXTURE_TEARDOWN(handover)
{
	end_of(&self->owner);
	end_of(&self->other);
	close(self->fd);
}

/* errno of what the owner did, or 0. */
static int transfer(FIXTURE_DATA(handover) * self, pid_t pid, __u32 flags)
{
	const struct order order = { pid, flags };
	int error = -1;

	if (write(self->way.fd[0], &order, sizeof(order)) != sizeof(order) ||
	    read(self->way.fd[0], &error, sizeof(error)) != sizeof(error))
		return -1;
	return error;
}

static pid_t owner_of(int fd)
{
	struct mbx_stat stat;

	return box_stat(fd, &stat) ? -1 : stat.out_owner_pid;
}

static pid_t successor_of(int fd)
{
	struct mbx_stat stat;

	return box_stat(fd, &stat) ? -1 : stat.out_successor_pid;
}

#define SUCCESSOR MBX_TRANSFER_SUCCESSOR

/* --------------------------------------------------------------------- now */

TEST_F(handover, passes)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_ERRNO(EACCES, box_open(self->control, NULL, self->id, BOTH));
	EXPECT_EQ(0, transfer(self, getpid(), 0));
	EXPECT_EQ(getpid(), owner_of(self->fd));
	EXPECT_LE(0, box_open(self->control, NULL, self->id, BOTH));
	/* The former owner is one of many now, and its end no end of it. */
	EXPECT_EQ(EPERM, transfer(self, getpid(), 0));
	EXPECT_EQ(EPERM, transfer(self, self->owner.pid, 0));
	end_of(&self->owner);
	EXPECT_EQ(0, send_number(self->fd, 2));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_EQ(0, box_transfer(self->fd, self->other.pid, 0));
	EXPECT_ERRNO(EACCES, box_open(self->control, NULL, self->id, BOTH));
	end_of(&self->other);
	EXPECT_ERRNO(EOWNERDEAD, send_number(self->fd, 3));
	EXPECT_ERRNO(ENOENT, box_open(self->control, self->name, 0, 0));
	EXPECT_EQ(self->before.rows, box_rows());
}

/* Both directions, often: whoever owns is counted once. */
TEST_F(handover, there_and_back)
{
	char owned[16];
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, transfer(self, getpid(), 0));
		ASSERT_EQ(0, box_transfer(self->fd, self->owner.pid, 0));
	}
	EXPECT_EQ(self->owner.pid, owner_of(self->fd));
	EXPECT_EQ(0, transfer(self, self->owner.pid, 0));
	ASSERT_TRUE(proc_lookup("/proc/ipc_tasks", "tgid", self->owner.pid,
				"owned", owned, sizeof(owned)));
	EXPECT_STREQ("1", owned);
	ASSERT_TRUE(proc_lookup("/proc/ipc_tasks", "tgid", getpid(), "owned",
				owned, sizeof(owned)));
	EXPECT_STREQ("0", owned);
	end_of(&self->owner);
	EXPECT_ERRNO(EOWNERDEAD, send_number(self->fd, 3));
}

/* The right to receive that an open handle has is the handle's. */
TEST_F(handover, handles_keep_their_rights)
{
	EXPECT_EQ(0, transfer(self, self->other.pid, 0));
	EXPECT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_ERRNO(EACCES, box_open(self->control, NULL, self->id, BOTH));
}

/* The owner needs no mode bits to receive and to manage; to send it does. */
TEST_F(handover, to_another_user)
{
	int fd = box_open(self->control, NULL, self->id, 0);
	__u64 id = self->id;

	NEED_ROOT();
	end_of(&self->other);
	if (!child_start(&self->other)) {
		CHECK(!become(2001, 2001, 0));
		CHECK_ERRNO(EACCES, box_open(self->control, NULL, id, 0));
		CHECK_ERRNO(EPERM, box_control(fd, MBX_CONTROL_FREEZE));
		CHECK(gate_open(&self->way));
		CHECK(wait_until(box_open(self->control, NULL, id, 0) >= 0));
		CHECK(box_open(self->control, NULL, id, MBX_OPEN_RECEIVE) >= 0);
		CHECK(box_open(self->control, NULL, id, MBX_OPEN_MANAGE) >= 0);
		CHECK_ERRNO(EACCES,
			    box_open(self->control, NULL, id, MBX_OPEN_SEND));
		CHECK(!box_control(fd, MBX_CONTROL_THAW));
		CHECK(!box_transfer(fd, 0, SUCCESSOR));
		child_exit();
	}
	ASSERT_TRUE(gate_wait(&self->way));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	EXPECT_EQ(0, transfer(self, self->other.pid, 0));
	EXPECT_CHILD(self->other);
	EXPECT_ERRNO(EOWNERDEAD, send_number(self->fd, 1));
	if (!child_start(&self->other))
		wait_for_the_end();
}

static void delete_as(FIXTURE_DATA(handover) * self, uid_t uid, int error)
{
	CHECK(!become(uid, uid, 0));
	if (error)
		CHECK_ERRNO(error, box_delete(self->control, NULL, self->id));
	else
		CHECK(!box_delete(self->control, NULL, self->id));
	child_exit();
}

/* To pass it does not rid its user of what he is charged for. */
TEST_F(handover, its_user_may_still_delete)
{
	struct mbx_create create;
	struct child child;
	int fd;

	NEED_ROOT();
	init_create(&create, NULL, MBX_CREATE_OWNED, 1);
	create.uid = 2001;
	fd = ioctl(self->control, MBX_IOC_CREATE, &create);
	ASSERT_LE(0, fd);
	self->id = box_id(fd);
	ASSERT_EQ(0, box_transfer(fd, self->other.pid, 0));
	if (!child_start(&child))
		delete_as(self, 2002, EPERM);
	EXPECT_CHILD(child);
	if (!child_start(&child))
		delete_as(self, 2001, 0);
	EXPECT_CHILD(child);
	EXPECT_ERRNO(EIDRM, send_number(fd, 1));
}

/* An owner that is nobody else to the mailbox. */
TEST_F(handover, new_owner_may_delete)
{
	__u64 id = self->id;

	NEED_ROOT();
	end_of(&self->other);
	if (!child_start(&self->other)) {
		CHECK(!become(2001, 2001, 0));
		CHECK_ERRNO(EPERM, box_delete(self->control, NULL, id));
		CHECK(gate_open(&self->way));
		CHECK(wait_until(!box_delete(self->control, NULL, id)));
		wait_for_the_end();
	}
	ASSERT_TRUE(gate_wait(&self->way));
	EXPECT_EQ(0, transfer(self, self->other.pid, 0));
	EXPECT_TRUE(wait_until(send_number(self->fd, 1) && errno == EIDRM));
}

/* A privilege that was granted outlasts the owner, and can be taken back. */
TEST_F(handover, granted_before)
{
	int granted = derive(self->fd, MBX_OPEN_RECEIVE);

	ASSERT_LE(0, granted);
	EXPECT_EQ(0, transfer(self, self->other.pid, 0));
	EXPECT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(1, receive_number(granted));
	EXPECT_EQ(0, revoke_below(self->fd));
	EXPECT_ERRNO(EKEYREVOKED, receive_number(granted));
}

TEST_F(handover, unnamed_ends_with_last_handle)
{
	struct child child;
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	__u64 id = box_id(fd);

	ASSERT_EQ(0, box_transfer(fd, self->other.pid, 0));
	if (!child_start(&child)) {
		CHECK(box_open(self->control, NULL, id, 0) >= 0);
		child_exit();
	}
	EXPECT_CHILD(child);
	close(fd);
	EXPECT_ERRNO(ENOENT, box_open(self->control, NULL, id, 0));
}

/* ------------------------------------------------------------------- refused */

TEST_F(handover, only_by_the_owner)
{
	int fd = box_create(self->control, NULL, 0, 1);

	EXPECT_ERRNO(EPERM, box_transfer(self->fd, getpid(), 0));
	EXPECT_ERRNO(EPERM, box_transfer(self->fd, getpid(), SUCCESSOR));
	EXPECT_ERRNO(EPERM, box_transfer(self->fd, 0, SUCCESSOR));
	/* Whom it was for makes no difference. */
	EXPECT_ERRNO(EPERM, box_transfer(self->fd, 0x7fffffff, 0));
	/* Nobody owns what the system does. */
	EXPECT_ERRNO(EPERM, box_transfer(fd, getpid(), 0));
	EXPECT_EQ(0, box_delete(fd, NULL, 0));
	EXPECT_EQ(self->owner.pid, owner_of(self->fd));
}

TEST_F(handover, wrong_arguments)
{
	struct mbx_transfer arg = {
		.size = sizeof(arg),
		.pid = getpid(),
		.__reserved = 1,
	};
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	unsigned int bit;

	EXPECT_ERRNO(EINVAL, box_transfer(fd, 0, 0));
	EXPECT_ERRNO(EINVAL, box_transfer(fd, -1, 0));
	EXPECT_ERRNO(EINVAL, box_transfer(fd, -getpid(), SUCCESSOR));
	for (bit = 1; bit < 32; bit++)
		EXPECT_ERRNO(EOPNOTSUPP,
			     box_transfer(fd, self->other.pid, 1U << bit));
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(fd, MBX_IOC_TRANSFER, &arg));
	EXPECT_ERRNO(ENOTTY, box_transfer(self->control, getpid(), 0));
	EXPECT_ERRNO(EFAULT, ioctl(fd, MBX_IOC_TRANSFER, nowhere()));
	EXPECT_EQ(getpid(), owner_of(fd));
	EXPECT_EQ(0, successor_of(fd));
}

TEST_F(handover, to_no_process)
{
	kill(self->other.pid, SIGKILL);
	ASSERT_TRUE(wait_zombie(self->other.pid));
	EXPECT_EQ(ESRCH, transfer(self, self->other.pid, 0));
	EXPECT_EQ(ESRCH, transfer(self, self->other.pid, SUCCESSOR));
	EXPECT_EQ(ESRCH, transfer(self, 0x7fffffff, 0));
	EXPECT_EQ(self->owner.pid, owner_of(self->fd));
	EXPECT_EQ(0, send_number(self->fd, 1));
}

TEST_F(handover, to_whom_one_may_not_signal)
{
	struct child child;
	int fd;

	NEED_ROOT();
	if (!child_start(&child)) {
		CHECK(!become(2001, 2001, 0));
		fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
		CHECK_ERRNO(EACCES, box_transfer(fd, self->other.pid, 0));
		CHECK_ERRNO(EACCES,
			    box_transfer(fd, self->other.pid, SUCCESSOR));
		CHECK(owner_of(fd) == getpid() && !successor_of(fd));
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(handover, mailbox_of_a_process_stays_its_own)
{
	int fd = box_open_pid(self->control, getpid(), BOTH);

	EXPECT_ERRNO(EINVAL, box_transfer(fd, self->other.pid, 0));
	EXPECT_ERRNO(EINVAL, box_transfer(fd, self->other.pid, SUCCESSOR));
}

TEST_F(handover, of_what_has_ended)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);

	EXPECT_EQ(0, box_delete(fd, NULL, 0));
	EXPECT_ERRNO(EIDRM, box_transfer(fd, self->other.pid, 0));
	end_of(&self->owner);
	EXPECT_ERRNO(EOWNERDEAD, box_transfer(self->fd, getpid(), 0));
}

TEST_F(handover, through_a_revoked_handle)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	int derived = derive(fd, MBX_OPEN_SEND);

	ASSERT_LE(0, derived);
	/* Any handle will do: it is the process that counts. */
	EXPECT_EQ(0, box_transfer(derived, getpid(), 0));
	ASSERT_EQ(0, revoke_below(fd));
	EXPECT_ERRNO(EKEYREVOKED, box_transfer(derived, self->other.pid, 0));
}

TEST_F(handover, is_listed)
{
	char value[16], number[16];

	ASSERT_EQ(0, transfer(self, getpid(), SUCCESSOR));
	ASSERT_TRUE(proc_lookup("/proc/ipc_mailboxes", "id", self->id,
				"successor", value, sizeof(value)));
	snprintf(number, sizeof(number), "%d", getpid());
	EXPECT_STREQ(number, value);
	ASSERT_EQ(0, transfer(self, self->other.pid, 0));
	ASSERT_TRUE(proc_lookup("/proc/ipc_mailboxes", "id", self->id,
				"successor", value, sizeof(value)));
	EXPECT_STREQ("-", value);
	ASSERT_TRUE(proc_lookup("/proc/ipc_mailboxes", "id", self->id, "owner",
				value, sizeof(value)));
	snprintf(number, sizeof(number), "%d", self->other.pid);
	EXPECT_STREQ(number, value);
}

TEST_HARNESS_MAIN
