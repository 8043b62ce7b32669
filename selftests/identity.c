// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who sent a message, who took it: as the kernel knows it, not as anybody says.
 */
#include "peers.h"

#define USER 2001
#define GROUP 2101
#define OTHER 2002

FIXTURE(identity) {
	int control;
	int fd;
	struct mbx_receive got;
};

FIXTURE_SETUP(identity)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, 0, 256);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(identity)
{
	box_delete(self->fd, NULL, 0);
}

/* The next message, without waiting; false if there is none. */
static bool next(FIXTURE_DATA(identity) * self)
{
	static char data[64];

	init_receive(&self->got, data, sizeof(data), MBX_RECEIVE_NONBLOCK);
	return !ioctl(self->fd, MBX_IOC_RECEIVE, &self->got);
}

static bool from(const struct mbx_receive *got, pid_t pid, pid_t tid, uid_t uid,
		 gid_t gid)
{
	if (got->out_pid == pid && got->out_tid == tid && got->out_uid == uid &&
	    got->out_gid == gid)
		return true;
	fprintf(stderr, "# pid %d tid %d uid %u gid %u, not %d %d %u %u\n",
		got->out_pid, got->out_tid, got->out_uid, got->out_gid, pid,
		tid, uid, gid);
	return false;
}

TEST_F(identity, own_process)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_TRUE(next(self));
	EXPECT_TRUE(from(&self->got, getpid(), getpid(), 0, 0));
}

TEST_F(identity, write_tells_the_same)
{
	ASSERT_EQ(3, write(self->fd, "abc", 3));
	ASSERT_TRUE(next(self));
	EXPECT_TRUE(from(&self->got, getpid(), getpid(), 0, 0));
}

TEST_F(identity, peek_tells_the_same)
{
	char data[8];

	ASSERT_EQ(0, send_number(self->fd, 1));
	init_receive(&self->got, data, sizeof(data), MBX_RECEIVE_PEEK);
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	EXPECT_TRUE(from(&self->got, getpid(), getpid(), 0, 0));
}

static void *send_in_thread(void *arg)
{
	FIXTURE_DATA(identity)
		*self = arg;

	send_number(self->fd, 1);
	return (void *)syscall(SYS_gettid);
}

TEST_F(identity, thread_and_its_process)
{
	pthread_t thread;
	void *tid;

	ASSERT_EQ(0, pthread_create(&thread, NULL, send_in_thread, self));
	ASSERT_TRUE(wait_until(next(self)));
	pthread_join(thread, &tid);
	EXPECT_NE(getpid(), (pid_t)(long)tid);
	EXPECT_TRUE(from(&self->got, getpid(), (long)tid, 0, 0));
}

TEST_F(identity, another_user)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become(USER, GROUP, 0));
		CHECK(!send_number(self->fd, 1));
		pause();
	}
	ASSERT_TRUE(wait_until(next(self)));
	EXPECT_TRUE(from(&self->got, child.pid, child.pid, USER, GROUP));
	kill(child.pid, SIGKILL);
	child_join(&child);
}

/* The pid may be 0 by then, but neither it nor the user another's. */
TEST_F(identity, sender_that_has_exited)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become(USER, GROUP, 0));
		CHECK(!send_number(self->fd, 1));
		child_exit();
	}
	EXPECT_CHILD(child);
	ASSERT_TRUE(next(self));
	EXPECT_TRUE(!self->got.out_pid || self->got.out_pid == child.pid);
	EXPECT_TRUE(!self->got.out_tid || self->got.out_tid == child.pid);
	EXPECT_EQ(USER, self->got.out_uid);
	EXPECT_EQ(GROUP, self->got.out_gid);
}

TEST_F(identity, user_changed_between_open_and_send)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become(USER, GROUP, 0));
		CHECK(!send_number(self->fd, 1));
		child_exit();
	}
	EXPECT_CHILD(child);
	ASSERT_TRUE(next(self));
	EXPECT_EQ(USER, self->got.out_uid);
	EXPECT_EQ(GROUP, self->got.out_gid);
}

/* What is remembered with a handle must not outlive a change. */
TEST_F(identity, user_changes_between_sends)
{
	struct child child;
	int i;

	if (!child_start(&child)) {
		for (i = 0; i < 50; i++) {
			CHECK(!setresuid(i % 2 ? USER : OTHER, -1, -1));
			CHECK(!send_number(self->fd, i));
			CHECK(!setresuid(0, -1, -1));
			CHECK(!send_number(self->fd, i));
		}
		child_exit();
	}
	EXPECT_CHILD(child);
	for (i = 0; i < 50; i++) {
		ASSERT_TRUE(next(self));
		EXPECT_EQ(i % 2 ? USER : OTHER, self->got.out_uid);
		ASSERT_TRUE(next(self));
		EXPECT_EQ(0, self->got.out_uid);
	}
}

/* As in a set-user-ID program that its user made write here. */
TEST_F(identity, real_user_and_group_count)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!setresgid(GROUP, OTHER, OTHER));
		CHECK(!setresuid(USER, OTHER, 0));
		CHECK(!send_number(self->fd, 1));
		child_exit();
	}
	EXPECT_CHILD(child);
	ASSERT_TRUE(next(self));
	EXPECT_EQ(USER, self->got.out_uid);
	EXPECT_EQ(GROUP, self->got.out_gid);
}

/* Kernels need not have the old call with 16 bits. */
#ifdef SYS_setresuid32
#define SET_IDS SYS_setresuid32
#else
#define SET_IDS SYS_setresuid
#endif

/* Credentials belong to the thread; only the C library synchronises them. */
static void *send_as_other(void *arg)
{
	FIXTURE_DATA(identity)
		*self = arg;

	if (!syscall(SET_IDS, USER, -1, -1))
		send_number(self->fd, 1);
	return NULL;
}

TEST_F(identity, one_thread_with_another_user)
{
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, send_as_other, self));
	pthread_join(thread, NULL);
	ASSERT_EQ(0, send_number(self->fd, 2));
	ASSERT_TRUE(next(self));
	EXPECT_EQ(USER, self->got.out_uid);
	ASSERT_TRUE(next(self));
	EXPECT_TRUE(from(&self->got, getpid(), getpid(), 0, 0));
}

/* One file, used in turn by two processes with different users. */
TEST_F(identity, shared_handle)
{
	struct gate ours, theirs;
	struct child child;
	int i;

	gate_init(&ours);
	gate_init(&theirs);
	if (!child_start(&child)) {
		CHECK(!become(USER, GROUP, 0));
		while (gate_wait(&theirs)) {
			CHECK(!send_number(self->fd, 1));
			gate_open(&ours);
		}
	}
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, send_number(self->fd, 0));
		gate_open(&theirs);
		gate_wait(&ours);
		ASSERT_TRUE(next(self));
		EXPECT_TRUE(from(&self->got, getpid(), getpid(), 0, 0));
		ASSERT_TRUE(next(self));
		EXPECT_TRUE(
			from(&self->got, child.pid, child.pid, USER, GROUP));
	}
	kill(child.pid, SIGKILL);
	child_join(&child);
}

/* Outputs are not inputs. */
TEST_F(identity, cannot_be_forged)
{
	struct mbx_send send;
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become(USER, GROUP, 0));
		init_send(&send, "x", 1, 0);
		send.out_pid = 1;
		send.out_tid = 1;
		send.out_seq = 77;
		CHECK(!ioctl(self->fd, MBX_IOC_SEND, &send));
		CHECK(send.out_seq == 1);
		child_exit();
	}
	EXPECT_CHILD(child);
	ASSERT_TRUE(next(self));
	EXPECT_TRUE(!self->got.out_pid || self->got.out_pid == child.pid);
	EXPECT_EQ(USER, self->got.out_uid);
	EXPECT_EQ(1, self->got.out_seq);
}

TEST_F(identity, handle_passed_to_another_user)
{
	struct child child;
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	if (!child_start(&child)) {
		int fd;

		close(self->fd);
		CHECK(!become(USER, GROUP, 0));
		fd = take_fd(sockets[1]);
		CHECK(fd >= 0);
		CHECK(!send_number(fd, 1));
		pause();
	}
	ASSERT_TRUE(pass_fd(sockets[0], self->fd));
	ASSERT_TRUE(wait_until(next(self)));
	EXPECT_TRUE(from(&self->got, child.pid, child.pid, USER, GROUP));
	kill(child.pid, SIGKILL);
	child_join(&child);
}

/* --------------------------------------------------------------------- exec */

static char handle_text[16];

static void exec_sender(int fd)
{
	snprintf(handle_text, sizeof(handle_text), "%d", fd);
	fcntl(fd, F_SETFD, 0);
	execl("/proc/self/exe", "identity", "--send", handle_text, NULL);
	_exit(1);
}

static void *exec_in_thread(void *arg)
{
	exec_sender(*(int *)arg);
	return NULL;
}

TEST_F(identity, exec_keeps_the_pid)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become(USER, GROUP, 0));
		CHECK(!send_number(self->fd, 1));
		exec_sender(self->fd);
	}
	ASSERT_TRUE(wait_until(next(self)));
	EXPECT_EQ(child.pid, self->got.out_pid);
	ASSERT_TRUE(wait_until(next(self)));
	EXPECT_TRUE(from(&self->got, child.pid, child.pid, USER, GROUP));
	kill(child.pid, SIGKILL);
	child_join(&child);
}

/* The thread takes the number of its leader, which is gone then. */
TEST_F(identity, exec_by_a_thread)
{
	struct child child;
	pthread_t thread;

	if (!child_start(&child)) {
		CHECK(!send_number(self->fd, 1));
		pthread_create(&thread, NULL, exec_in_thread, &self->fd);
		for (;;)
			pause();
	}
	ASSERT_TRUE(wait_until(next(self)));
	ASSERT_TRUE(wait_until(next(self)));
	EXPECT_TRUE(from(&self->got, child.pid, child.pid, 0, 0));
	kill(child.pid, SIGKILL);
	child_join(&child);
}

/* ------------------------------------------------------------------ receiver */

TEST_F(identity, sync_sender_learns_the_receiver)
{
	struct job *job = job_process(job_receive(self->fd, 0));
	struct mbx_send send;
	__u32 n = 9;

	ASSERT_TRUE(job_blocks(job));
	init_send(&send, &n, sizeof(n), MBX_SEND_SYNC);
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_SEND, &send));
	EXPECT_EQ(job->pid, send.out_pid);
	EXPECT_EQ(job->tid, send.out_tid);
	EXPECT_EQ(0, job_join(job));
}

TEST_F(identity, sync_sender_learns_the_receiving_thread)
{
	struct job *job = job_thread(job_receive(self->fd, 0));
	struct mbx_send send;
	__u32 n = 9;

	ASSERT_TRUE(job_blocks(job));
	init_send(&send, &n, sizeof(n), MBX_SEND_SYNC);
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_SEND, &send));
	EXPECT_EQ(getpid(), send.out_pid);
	EXPECT_EQ(job->tid, send.out_tid);
	EXPECT_EQ(0, job_join(job));
}

TEST_F(identity, sync_sender_learns_who_came_later)
{
	struct job *job = job_process(job_send(self->fd, 1, MBX_SEND_SYNC));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(getpid(), job->send.out_pid);
	EXPECT_EQ(getpid(), job->send.out_tid);
}

TEST_F(identity, queued_message_has_no_receiver_yet)
{
	struct mbx_send send;

	init_send(&send, "x", 1, 0);
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_SEND, &send));
	EXPECT_EQ(0, send.out_pid);
	EXPECT_EQ(0, send.out_tid);
}

/* Run by exec_sender(): one message through an inherited handle. */
static int send_main(const char *fd)
{
	send_number(atoi(fd), 2);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--send"))
		return send_main(argv[2]);
	return test_harness_run(argc, argv);
}
