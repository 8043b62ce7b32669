// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may open the mailbox of a process: who may send it a signal.  And from
 * where: a process is found by its pid in the caller's pid namespace, its
 * mailbox in the caller's network namespace.
 */
#include "peers.h"

#define BOTH (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)
#define USE (MBX_OPEN_SEND | MBX_OPEN_MANAGE)

FIXTURE(direct_rights) {
	int control;
	struct counts before;
	struct child child;
	struct gate ready;
	struct gate go;
};

FIXTURE_SETUP(direct_rights)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	self->before = counts_now();
	gate_init(&self->ready);
	gate_init(&self->go);
}

FIXTURE_TEARDOWN(direct_rights)
{
}

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

/* A process of @uid and @gid, which has used no mailbox. */
static pid_t start_user(FIXTURE_DATA(direct_rights) * self, uid_t uid)
{
	if (!child_start(&self->child)) {
		CHECK(!become(uid, uid, 0));
		CHECK(gate_open(&self->ready));
		wait_for_the_end();
	}
	return gate_wait(&self->ready) ? self->child.pid : -1;
}

/* Both ways, and before there is a mailbox. */
static void may_use(int control, pid_t pid)
{
	int fd = box_open_pid(control, pid, USE);
	int without = box_open(control, NULL, box_id(fd), 0);

	CHECK(!kill(pid, 0));
	CHECK(fd >= 0);
	CHECK(box_open(control, NULL, box_id(fd), USE) >= 0);
	CHECK(!box_control(without, MBX_CONTROL_FREEZE));
	CHECK(!box_control(without, MBX_CONTROL_THAW));
	CHECK(!send_number(fd, 1));
	CHECK(box_rows() > 0);
	CHECK(!box_delete_pid(control, pid));
}

static void may_not_use(int control, pid_t pid)
{
	CHECK_ERRNO(EPERM, kill(pid, 0));
	CHECK_ERRNO(EACCES, box_open_pid(control, pid, MBX_OPEN_SEND));
	CHECK_ERRNO(EACCES, box_open_pid(control, pid, MBX_OPEN_MANAGE));
	/* It was not made. */
	CHECK_ERRNO(ENOENT, box_open_pid(control, pid, 0));
}

static void in_child(struct __test_metadata *_metadata, int control,
		     void (*check)(int control, pid_t pid), pid_t pid,
		     uid_t ruid, uid_t euid, __u64 caps)
{
	struct child child;

	ASSERT_LT(0, pid);
	if (!child_start(&child)) {
		CHECK(!prctl(PR_SET_KEEPCAPS, 1));
		CHECK(!setgroups(0, NULL) && !setresgid(euid, euid, euid));
		CHECK(!setresuid(ruid, euid, euid));
		CHECK(!prctl(PR_SET_DUMPABLE, 1));
		CHECK(!set_caps(caps));
		check(control, pid);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(direct_rights, same_user)
{
	pid_t pid = start_user(self, 2001);

	in_child(_metadata, self->control, may_use, pid, 2001, 2001, 0);
	in_child(_metadata, self->control, may_use, pid, 2001, 2002, 0);
	in_child(_metadata, self->control, may_use, pid, 2002, 2001, 0);
	end_of(&self->child);
}

TEST_F(direct_rights, other_user)
{
	pid_t pid = start_user(self, 2001);

	in_child(_metadata, self->control, may_not_use, pid, 2002, 2002, 0);
	in_child(_metadata, self->control, may_use, pid, 2002, 2002,
		 CAP_BIT(CAP_KILL));
	end_of(&self->child);
}

/* Opened by somebody else. */
static int passed = -1;

static void is_hidden(int control, pid_t pid)
{
	char value[16];

	CHECK_ERRNO(EPERM, box_control(passed, MBX_CONTROL_FREEZE));
	CHECK_ERRNO(EACCES, box_open_pid(control, pid, 0));
	CHECK_ERRNO(EPERM, box_delete_pid(control, pid));
	CHECK(!proc_lookup("/proc/ipc_mailboxes", "owner", pid, "id", value,
			   sizeof(value)));
}

/* The same rule when it is there. */
TEST_F(direct_rights, other_user_knows_nothing)
{
	pid_t pid = start_user(self, 2001);
	char value[16];

	passed = box_open_pid(self->control, pid, MBX_OPEN_SEND);
	ASSERT_LE(0, passed);
	EXPECT_TRUE(proc_lookup("/proc/ipc_mailboxes", "owner", pid, "id",
				value, sizeof(value)));
	in_child(_metadata, self->control, is_hidden, pid, 2002, 2002, 0);
	end_of(&self->child);
}

/* Whoever made it has no rights by that. */
TEST_F(direct_rights, maker_is_not_its_user)
{
	pid_t pid = start_user(self, 2001);
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become_with_caps(2002, 2002, CAP_BIT(CAP_KILL)));
		passed = box_open_pid(self->control, pid, MBX_OPEN_SEND);
		CHECK(passed >= 0);
		CHECK(!set_caps(0));
		is_hidden(self->control, pid);
		child_exit();
	}
	EXPECT_CHILD(child);
	end_of(&self->child);
}

/* What counts is who it is now, not who it was when the mailbox was made. */
TEST_F(direct_rights, process_changes_its_user)
{
	int fd;

	if (!child_start(&self->child)) {
		CHECK(gate_wait(&self->go));
		CHECK(!become(2001, 2001, 0));
		fd = box_open_pid(self->control, getpid(), BOTH);
		CHECK(receive_number(fd) == 4);
		CHECK(gate_open(&self->ready));
		wait_for_the_end();
	}
	fd = box_open_pid(self->control, self->child.pid, MBX_OPEN_SEND);
	EXPECT_EQ(0, send_number(fd, 4));
	passed = fd;
	in_child(_metadata, self->control, is_hidden, self->child.pid, 2001,
		 2001, 0);
	ASSERT_TRUE(gate_open(&self->go));
	ASSERT_TRUE(gate_wait(&self->ready));
	in_child(_metadata, self->control, may_use, self->child.pid, 2001, 2001,
		 0);
	end_of(&self->child);
}

/* ----------------------------------------------------------- pid namespaces */

TEST_F(direct_rights, pid_is_that_of_the_caller)
{
	pid_t outer = getpid();
	__u32 inner = 0;
	int fd;

	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	if (!child_start(&self->child)) {
		struct mbx_stat stat;

		CHECK(getpid() == 1);
		if (outer != 1)
			CHECK_ERRNO(ESRCH, box_open_pid(self->control, outer,
							MBX_OPEN_SEND));
		CHECK(gate_wait(&self->go));
		fd = box_open_pid(self->control, 1, BOTH);
		CHECK(receive_number(fd) == 8);
		CHECK(!box_stat(fd, &stat));
		CHECK(stat.out_owner_pid == 1);
		CHECK(stat.out_creator_pid == 0);
		/* The first that is forked here. */
		if (!fork()) {
			CHECK(getppid() == 1);
			fd = box_open_pid(self->control, 1, MBX_OPEN_SEND);
			CHECK(!send_number(fd, 9));
			_exit(0);
		}
		CHECK(box_receive(fd, &inner, sizeof(inner), 0) == 4);
		CHECK(inner == 9);
		child_exit();
	}
	fd = box_open_pid(self->control, self->child.pid, MBX_OPEN_SEND);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, send_number(fd, 8));
	ASSERT_TRUE(gate_open(&self->go));
	EXPECT_CHILD(self->child);
	EXPECT_ERRNO(EOWNERDEAD, send_number(fd, 8));
}

/* ------------------------------------------------------- network namespaces */

TEST_F(direct_rights, lives_elsewhere)
{
	if (!child_start(&self->child)) {
		CHECK(!unshare(CLONE_NEWNET));
		CHECK_ERRNO(ESRCH, box_open_pid(self->control, getppid(),
						MBX_OPEN_SEND));
		CHECK(gate_open(&self->ready));
		CHECK(gate_wait(&self->go));
		CHECK_ERRNO(ENOENT, box_open_pid(self->control, getpid(), 0));
		CHECK(box_open_pid(self->control, getpid(), BOTH) >= 0);
		CHECK(gate_open(&self->ready));
		wait_for_the_end();
	}
	ASSERT_TRUE(gate_wait(&self->ready));
	EXPECT_ERRNO(ESRCH, box_open_pid(self->control, self->child.pid,
					 MBX_OPEN_SEND));
	ASSERT_TRUE(gate_open(&self->go));
	/* Nor does it help that it has one there. */
	ASSERT_TRUE(gate_wait(&self->ready));
	EXPECT_ERRNO(ESRCH, box_open_pid(self->control, self->child.pid,
					 MBX_OPEN_SEND));
	EXPECT_ERRNO(ENOENT, box_open_pid(self->control, self->child.pid, 0));
	EXPECT_ERRNO(ENOENT, box_delete_pid(self->control, self->child.pid));
	end_of(&self->child);
}

/* Names stay where they were given, and so does this one. */
TEST_F(direct_rights, process_moves)
{
	__u64 id = 0;
	int fd;

	if (!child_start(&self->child)) {
		fd = box_open_pid(self->control, getpid(), BOTH);
		id = box_id(fd);
		CHECK(!unshare(CLONE_NEWNET));
		CHECK_ERRNO(ENOENT, box_open_pid(self->control, getpid(), 0));
		CHECK(box_id(box_open_pid(self->control, getpid(), BOTH)) !=
		      id);
		CHECK(gate_open(&self->ready));
		CHECK(gate_wait(&self->go));
		CHECK(receive_number(fd) == 2);
		wait_for_the_end();
	}
	ASSERT_TRUE(gate_wait(&self->ready));
	fd = box_open_pid(self->control, self->child.pid, MBX_OPEN_SEND);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, send_number(fd, 2));
	ASSERT_TRUE(gate_open(&self->go));
	end_of(&self->child);
	EXPECT_ERRNO(EOWNERDEAD, send_number(fd, 2));
	close(fd);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* The namespace takes along what was made in it. */
TEST_F(direct_rights, namespace_ends)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int fd;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	fd = box_open_pid(self->control, getpid(), BOTH);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, setns(home, CLONE_NEWNET));
	EXPECT_TRUE(wait_until(send_number(fd, 1) == -1 && errno == EIDRM));
	EXPECT_LE(0, box_open_pid(self->control, getpid(), BOTH));
}

TEST_HARNESS_MAIN
