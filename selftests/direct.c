// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Direct naming: the mailbox of a process, which anybody may be the first to
 * open.
 */
#include <sys/resource.h>

#include "peers.h"

#define BOTH (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)

FIXTURE(direct) {
	int control;
	struct counts before;
	struct child child;
	struct gate way;
};

FIXTURE_SETUP(direct)
{
	OPEN_CONTROL(self->control);
	self->before = counts_now();
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->way.fd));
}

FIXTURE_TEARDOWN(direct)
{
}

/* In a child: all that is left to do is to die. */
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

/* A child that has never heard of mailboxes. */
static pid_t start_idle(struct child *child)
{
	if (!child_start(child))
		wait_for_the_end();
	return child->pid;
}

TEST_F(direct, to_oneself)
{
	int fd = box_open_pid(self->control, getpid(), BOTH);
	struct mbx_stat stat;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, send_number(fd, 7));
	EXPECT_EQ(7, receive_number(fd));
	ASSERT_EQ(0, box_stat(fd, &stat));
	EXPECT_EQ(MBX_CREATE_OWNED | MBX_STAT_DIRECT, stat.out_flags);
	EXPECT_EQ(getpid(), stat.out_owner_pid);
	EXPECT_EQ(getpid(), stat.out_creator_pid);
	EXPECT_EQ(geteuid(), stat.out_uid);
	EXPECT_EQ(getegid(), stat.out_gid);
	EXPECT_EQ(0600, stat.out_mode);
	EXPECT_EQ(MBX_DIRECT_CAPACITY, stat.out_capacity);
	EXPECT_EQ(read_number(MODULE_PARAM("max_msg_size")), stat.out_msg_max);
	EXPECT_EQ(MBX_POLICY_FIFO, stat.out_policy);
	EXPECT_EQ(0, stat.out_name_len);
	EXPECT_EQ(BOTH, stat.out_rights);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
}

TEST_F(direct, says_which)
{
	struct mbx_open arg;
	int i, fd;

	/* First made, then found. */
	for (i = 0; i < 2; i++) {
		init_open(&arg, NULL, 0, BOTH);
		arg.pid = getpid();
		fd = ioctl(self->control, MBX_IOC_OPEN, &arg);
		ASSERT_LE(0, fd);
		EXPECT_NE(0, arg.out_id);
		EXPECT_EQ(arg.out_id, box_id(fd));
	}
}

TEST_F(direct, is_one)
{
	__u64 id = box_id(box_open_pid(self->control, getpid(), BOTH));
	int fd = box_open_pid(self->control, getpid(), MBX_OPEN_SEND);

	EXPECT_NE(0, id);
	EXPECT_EQ(id, box_id(fd));
	EXPECT_EQ(0, send_number(fd, 5));
	if (!child_start(&self->child)) {
		fd = box_open_pid(self->control, getppid(), MBX_OPEN_SEND);
		CHECK(box_id(fd) == id);
		CHECK(box_id(box_open_pid(self->control, getpid(), BOTH)) !=
		      id);
		CHECK(!send_number(fd, 6));
		child_exit();
	}
	EXPECT_CHILD(self->child);
	fd = box_open_pid(self->control, getpid(), MBX_OPEN_RECEIVE);
	EXPECT_EQ(5, receive_number(fd));
	EXPECT_EQ(6, receive_number(fd));
}

/* send(P, m) before P knows; receive(&id, m) tells who it was. */
TEST_F(direct, made_by_the_sender)
{
	struct mbx_stat stat;
	int fd;

	if (!child_start(&self->child)) {
		struct mbx_receive got;
		__u32 number;

		CHECK(gate_wait(&self->way));
		fd = box_open_pid(self->control, getpid(), BOTH);
		CHECK(fd >= 0);
		init_receive(&got, &number, sizeof(number), 0);
		CHECK(!ioctl(fd, MBX_IOC_RECEIVE, &got));
		CHECK(number == 9 && got.out_pid == getppid());
		child_exit();
	}
	fd = box_open_pid(self->control, self->child.pid, MBX_OPEN_SEND);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, send_number(fd, 9));
	ASSERT_EQ(0, box_stat(fd, &stat));
	EXPECT_EQ(self->child.pid, stat.out_owner_pid);
	EXPECT_EQ(getpid(), stat.out_creator_pid);
	ASSERT_TRUE(gate_open(&self->way));
	EXPECT_CHILD(self->child);
	EXPECT_ERRNO(EOWNERDEAD, send_number(fd, 9));
}

TEST_F(direct, only_the_process_receives)
{
	pid_t pid = start_idle(&self->child);
	int fd;

	EXPECT_ERRNO(EACCES,
		     box_open_pid(self->control, pid, MBX_OPEN_RECEIVE));
	EXPECT_ERRNO(EACCES, box_open_pid(self->control, pid, BOTH));
	/* What was refused has made nothing. */
	EXPECT_ERRNO(ENOENT, box_open_pid(self->control, pid, 0));
	fd = box_open_pid(self->control, pid, MBX_OPEN_SEND | MBX_OPEN_MANAGE);
	ASSERT_LE(0, fd);
	EXPECT_ERRNO(EACCES,
		     box_open_pid(self->control, pid, MBX_OPEN_RECEIVE));
	EXPECT_ERRNO(EACCES, box_open(self->control, NULL, box_id(fd),
				      MBX_OPEN_RECEIVE));
	end_of(&self->child);
}

TEST_F(direct, needs_no_handle_to_stay)
{
	int fd = box_open_pid(self->control, getpid(), BOTH);
	__u64 id = box_id(fd);

	EXPECT_EQ(0, send_number(fd, 3));
	close(fd);
	fd = box_open_pid(self->control, getpid(), BOTH);
	EXPECT_EQ(id, box_id(fd));
	EXPECT_EQ(3, receive_number(fd));
}

/* To look at it does not make it. */
TEST_F(direct, no_right_no_mailbox)
{
	pid_t pid = start_idle(&self->child);
	int fd;

	EXPECT_ERRNO(ENOENT, box_open_pid(self->control, getpid(), 0));
	EXPECT_ERRNO(ENOENT, box_open_pid(self->control, pid, 0));
	EXPECT_ERRNO(ENOENT, box_delete_pid(self->control, pid));
	fd = box_open_pid(self->control, pid, MBX_OPEN_SEND);
	EXPECT_EQ(box_id(fd), box_id(box_open_pid(self->control, pid, 0)));
	end_of(&self->child);
}

static void *just_wait(void *arg)
{
	__atomic_store_n((pid_t *)arg, gettid(), __ATOMIC_RELEASE);
	wait_for_the_end();
	return NULL;
}

TEST_F(direct, what_is_no_process)
{
	pthread_t thread;
	pid_t tid = 0;

	pthread_create(&thread, NULL, just_wait, &tid);
	ASSERT_TRUE(wait_asleep(&tid));
	EXPECT_ERRNO(ESRCH, box_open_pid(self->control, tid, MBX_OPEN_SEND));
	EXPECT_ERRNO(ESRCH, box_open_pid(self->control, tid, 0));
	EXPECT_ERRNO(ESRCH, box_delete_pid(self->control, tid));
	EXPECT_ERRNO(ESRCH,
		     box_open_pid(self->control, 0x7fffffff, MBX_OPEN_SEND));
	EXPECT_ERRNO(ESRCH, box_delete_pid(self->control, 0x7fffffff));
}

TEST_F(direct, threads_of_the_kernel)
{
	NEED_ROOT();
	if (getpgid(2))
		SKIP(return, "no kernel threads in this pid namespace");
	EXPECT_ERRNO(ESRCH, box_open_pid(self->control, 2, MBX_OPEN_SEND));
}

TEST_F(direct, full)
{
	int fd = box_open_pid(self->control, getpid(), BOTH);
	int i;

	for (i = 0; i < MBX_DIRECT_CAPACITY; i++)
		ASSERT_EQ(0, send_number(fd, i));
	EXPECT_ERRNO(EAGAIN, send_number(fd, i));
	for (i = 0; i < MBX_DIRECT_CAPACITY; i++)
		EXPECT_EQ(i, receive_number(fd));
}

/* ----------------------------------------------------------------- deleting */

TEST_F(direct, deleted_and_made_again)
{
	int fd = box_open_pid(self->control, getpid(), BOTH);
	__u64 id = box_id(fd);

	EXPECT_EQ(0, send_number(fd, 3));
	EXPECT_EQ(0, box_delete_pid(self->control, getpid()));
	EXPECT_ERRNO(EIDRM, receive_number(fd));
	EXPECT_ERRNO(ENOENT, box_delete_pid(self->control, getpid()));
	EXPECT_ERRNO(ENOENT, box_open_pid(self->control, getpid(), 0));
	fd = box_open_pid(self->control, getpid(), BOTH);
	EXPECT_NE(0, box_id(fd));
	EXPECT_NE(id, box_id(fd));
	EXPECT_ERRNO(EAGAIN, receive_number(fd));
}

/* On a mailbox handle, too, it is that of the process. */
TEST_F(direct, deleted_on_another_handle)
{
	int fd = box_open_pid(self->control, getpid(), BOTH);
	int other = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);

	EXPECT_EQ(0, box_delete_pid(other, getpid()));
	EXPECT_ERRNO(EIDRM, send_number(fd, 1));
	EXPECT_EQ(0, send_number(other, 1));
}

/* ------------------------------------------------------------- refused late */

/* What has made nothing can be told by what it did not make. */
TEST_F(direct, failed_open_leaves_nothing)
{
	struct mbx_open *arg = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rlimit old, none;

	init_open(arg, NULL, 0, BOTH);
	arg->pid = getpid();
	ASSERT_EQ(0, mprotect(arg, 4096, PROT_READ));
	EXPECT_ERRNO(EFAULT, ioctl(self->control, MBX_IOC_OPEN, arg));
	EXPECT_ERRNO(ENOENT, box_open_pid(self->control, getpid(), 0));

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	none = (struct rlimit){ 0, old.rlim_max };
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_ERRNO(EMFILE, box_open_pid(self->control, getpid(), BOTH));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	EXPECT_TRUE(counts_are_back(&self->before));
}

TEST_F(direct, charged_to_who_makes_it)
{
	const char *limit = MODULE_PARAM("max_user_mailboxes");
	long long old = read_number(limit);
	struct child maker;
	pid_t pid;

	NEED_ROOT();
	pid = start_idle(&self->child);
	ASSERT_EQ(0, write_number(limit, 1));

	if (!child_start(&maker)) {
		CHECK(!become_with_caps(2001, 2001, CAP_BIT(CAP_KILL)));
		CHECK(box_open_pid(self->control, pid, MBX_OPEN_SEND) >= 0);
		CHECK_ERRNO(EDQUOT,
			    box_open_pid(self->control, getpid(), BOTH));
		CHECK_ERRNO(ENOENT, box_open_pid(self->control, getpid(), 0));
		/* What is there costs nothing. */
		CHECK(box_open_pid(self->control, pid, MBX_OPEN_SEND) >= 0);
		CHECK(!box_delete_pid(self->control, pid));
		CHECK(box_open_pid(self->control, getpid(), BOTH) >= 0);
		child_exit();
	}
	EXPECT_CHILD(maker);
	EXPECT_EQ(0, write_number(limit, old));
	end_of(&self->child);
}

/* ------------------------------------------------------------------ listing */

static bool lists(__u64 id, const char *column, const char *value)
{
	char found[32];

	return proc_lookup("/proc/ipc_mailboxes", "id", id, column, found,
			   sizeof(found)) &&
	       !strcmp(found, value);
}

TEST_F(direct, is_listed)
{
	pid_t pid = start_idle(&self->child);
	int fd = box_open_pid(self->control, pid, MBX_OPEN_SEND);
	char number[16], owned[16];

	snprintf(number, sizeof(number), "%d", pid);
	EXPECT_TRUE(lists(box_id(fd), "kind", "direct"));
	EXPECT_TRUE(lists(box_id(fd), "name", "-"));
	EXPECT_TRUE(lists(box_id(fd), "owner", number));
	ASSERT_TRUE(proc_lookup("/proc/ipc_tasks", "tgid", pid, "owned", owned,
				sizeof(owned)));
	EXPECT_STREQ("1", owned);
	end_of(&self->child);
}

TEST_HARNESS_MAIN
