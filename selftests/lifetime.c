// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long mailboxes and handles live: fork, dup, exec, descriptors on the way,
 * closing, deleting.
 */
#include "peers.h"

#define BOTH (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)

FIXTURE(lifetime) {
	int control;
	struct counts before;
};

FIXTURE_SETUP(lifetime)
{
	OPEN_CONTROL(self->control);
	self->before = counts_now();
}

FIXTURE_TEARDOWN(lifetime)
{
}

static unsigned int handles_of(int fd)
{
	struct mbx_stat stat;

	return box_stat(fd, &stat) ? 0 : stat.out_handles;
}

static bool exists(int control, __u64 id)
{
	int fd = box_open(control, NULL, id, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* ------------------------------------------------------------ descriptors */

TEST_F(lifetime, fork_inherits)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	struct child child;

	ASSERT_EQ(0, send_number(fd, 1));
	if (!child_start(&child)) {
		CHECK(receive_number(fd) == 1);
		CHECK(!send_number(fd, 2));
		CHECK(handles_of(fd) == 1);
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(2, receive_number(fd));
	EXPECT_EQ(1, handles_of(fd));
}

TEST_F(lifetime, duplicate_is_the_same_handle)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	int copy = dup(fd);

	EXPECT_EQ(1, handles_of(copy));
	close(fd);
	EXPECT_EQ(0, send_number(copy, 1));
	EXPECT_EQ(1, receive_number(copy));
	EXPECT_EQ(1, handles_of(copy));
}

TEST_F(lifetime, opened_again_is_another_handle)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	int other = box_open(self->control, NULL, box_id(fd), BOTH);

	EXPECT_EQ(2, handles_of(fd));
	close(other);
	EXPECT_EQ(1, handles_of(fd));
}

TEST_F(lifetime, nonblock_is_of_the_handle)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	int other = box_open(self->control, NULL, box_id(fd), BOTH);
	struct job *job;
	char c;

	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK));
	EXPECT_ERRNO(EAGAIN, read(fd, &c, 1));
	EXPECT_ERRNO(EAGAIN, box_receive(fd, &c, 1, 0));
	job = job_process(job_receive(other, 0));
	EXPECT_TRUE(job_blocks(job));
	job_kill(job);
}

TEST_F(lifetime, handles_are_close_on_exec)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	int other = box_open(self->control, NULL, box_id(fd), BOTH);

	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(other, F_GETFD));
}

/* Run by what was executed: 0 if the handle works, 1 if it is not there. */
static int probe_main(const char *fd)
{
	if (fcntl(atoi(fd), F_GETFD) < 0)
		return 1;
	return send_number(atoi(fd), 3) ? 2 : 0;
}

static int exec_probe(int fd)
{
	char text[16];
	struct child child;

	snprintf(text, sizeof(text), "%d", fd);
	if (!child_start(&child)) {
		execl("/proc/self/exe", "lifetime", "--probe", text, NULL);
		_exit(3);
	}
	return WEXITSTATUS(child_join(&child));
}

TEST_F(lifetime, exec_closes)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);

	EXPECT_EQ(1, exec_probe(fd));
	EXPECT_EQ(-1, receive_number(fd));
}

TEST_F(lifetime, exec_keeps_what_it_is_told_to)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);

	ASSERT_EQ(0, fcntl(fd, F_SETFD, 0));
	EXPECT_EQ(0, exec_probe(fd));
	EXPECT_EQ(3, receive_number(fd));
}

/* ------------------------------------------------------------------ passing */

TEST_F(lifetime, passed_to_another_user)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	struct child child;
	int sockets[2];

	NEED_ROOT();
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	if (!child_start(&child)) {
		int taken;

		close(fd);
		CHECK(!become(2001, 2001, 0));
		taken = take_fd(sockets[1]);
		CHECK(receive_number(taken) == 1);
		CHECK(!send_number(taken, 2));
		child_exit();
	}
	ASSERT_EQ(0, send_number(fd, 1));
	ASSERT_TRUE(pass_fd(sockets[0], fd));
	EXPECT_CHILD(child);
	EXPECT_EQ(2, receive_number(fd));
}

/* A descriptor on the way is open, though nobody has it. */
TEST_F(lifetime, on_the_way_is_alive)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	__u64 id = box_id(fd);
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	ASSERT_TRUE(pass_fd(sockets[0], fd));
	close(fd);
	EXPECT_TRUE(exists(self->control, id));
	fd = take_fd(sockets[1]);
	EXPECT_EQ(id, box_id(fd));
}

TEST_F(lifetime, lost_on_the_way)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	__u64 id = box_id(fd);
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	ASSERT_TRUE(pass_fd(sockets[0], fd));
	close(fd);
	close(sockets[0]);
	close(sockets[1]);
	EXPECT_TRUE(wait_until(!exists(self->control, id)));
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* ------------------------------------------------------------------ closing */

TEST_F(lifetime, unnamed_owned_ends_with_its_last_handle)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	int other = box_open(self->control, NULL, box_id(fd), MBX_OPEN_SEND);
	__u64 id = box_id(fd);

	ASSERT_EQ(0, send_number(fd, 1));
	close(fd);
	EXPECT_TRUE(exists(self->control, id));
	close(other);
	EXPECT_FALSE(exists(self->control, id));
	EXPECT_TRUE(counts_are_back(&self->before));
}

TEST_F(lifetime, named_owned_stays_without_handles)
{
	char name[NAME_SIZE];
	int fd = box_create(self->control, unique_name(name), MBX_CREATE_OWNED,
			    4);

	ASSERT_EQ(0, send_number(fd, 1));
	close(fd);
	fd = box_open(self->control, name, 0, BOTH);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, receive_number(fd));
}

TEST_F(lifetime, system_mailbox_stays_without_handles)
{
	int fd = box_create(self->control, NULL, 0, 4);
	__u64 id = box_id(fd);

	ASSERT_EQ(0, send_number(fd, 1));
	close(fd);
	fd = box_open(self->control, NULL, id, BOTH);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, receive_number(fd));
	EXPECT_EQ(0, box_delete(fd, NULL, 0));
}

TEST_F(lifetime, system_mailbox_outlives_its_creator)
{
	char name[NAME_SIZE];
	struct child child;
	int fd;

	unique_name(name);
	if (!child_start(&child)) {
		fd = box_create(self->control, name, 0, 4);
		CHECK(!send_number(fd, 1));
		child_exit();
	}
	EXPECT_CHILD(child);
	fd = box_open(self->control, name, 0, BOTH);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, receive_number(fd));
	EXPECT_EQ(0, box_delete(fd, NULL, 0));
}

/* The sleeper holds the file; the number is free for others meanwhile. */
TEST_F(lifetime, closed_under_a_sleeper)
{
	int fd = box_create(self->control, NULL, 0, 4);
	int out = box_open(self->control, NULL, box_id(fd), MBX_OPEN_SEND);
	struct job *job = job_thread(job_receive(fd, 0));

	ASSERT_TRUE(job_blocks(job));
	close(fd);
	EXPECT_EQ(2, handles_of(out));
	ASSERT_EQ(0, send_number(out, 6));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(6, job_number(job));
	EXPECT_EQ(1, handles_of(out));
	box_delete(out, NULL, 0);
}

static void do_nothing(int sig)
{
	(void)sig;
}

/* The sleeper's is the last one: its end is the end of the mailbox. */
TEST_F(lifetime, last_handle_closed_under_a_sleeper)
{
	struct sigaction action = { .sa_handler = do_nothing };
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	__u64 id = box_id(fd);
	struct job *job = job_thread(job_receive(fd, 0));

	sigaction(SIGUSR1, &action, NULL);
	ASSERT_TRUE(job_blocks(job));
	close(fd);
	EXPECT_TRUE(exists(self->control, id));
	EXPECT_TRUE(is_blocked(job->tid, "receive"));
	job_signal(job, SIGUSR1);
	EXPECT_EQ(EINTR, job_join(job));
	EXPECT_FALSE(exists(self->control, id));
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* ----------------------------------------------------------------- deleting */

TEST_F(lifetime, name_is_free_after_delete)
{
	char name[NAME_SIZE];
	int i, fd;

	unique_name(name);
	for (i = 0; i < 100; i++) {
		fd = box_create(self->control, name, 0, 4);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, box_delete(self->control, name, 0));
	}
	EXPECT_EQ(-1, box_open(self->control, name, 0, 0));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(lifetime, ids_are_never_used_again)
{
	__u64 last = 0, id;
	int i, fd;

	for (i = 0; i < 200; i++) {
		fd = box_create(self->control, NULL,
				i % 2 ? 0 : MBX_CREATE_OWNED, 4);
		id = box_id(fd);
		ASSERT_LT(last, id);
		last = id;
		ASSERT_EQ(0, box_delete(fd, NULL, 0));
		close(fd);
		ASSERT_FALSE(exists(self->control, id));
	}
}

TEST_F(lifetime, old_handle_does_not_reach_the_new_one)
{
	char name[NAME_SIZE];
	int old = box_create(self->control, unique_name(name), 0, 4), fd;

	ASSERT_EQ(0, box_delete(old, NULL, 0));
	fd = box_create(self->control, name, 0, 4);
	ASSERT_LE(0, fd);
	EXPECT_ERRNO(EIDRM, send_number(old, 1));
	EXPECT_ERRNO(EIDRM, box_delete(old, NULL, 0));
	EXPECT_EQ(0, box_delete(fd, NULL, 0));
}

TEST_F(lifetime, deleted_says_so_in_every_way)
{
	int fd = box_create(self->control, NULL, 0, 4);
	__u64 id = box_id(fd);
	struct mbx_stat stat;
	char c;

	ASSERT_EQ(0, send_number(fd, 1));
	ASSERT_EQ(0, box_delete(self->control, NULL, id));
	EXPECT_ERRNO(EIDRM, box_send(fd, "x", 1, 0));
	EXPECT_ERRNO(EIDRM, box_send(fd, "x", 1, MBX_SEND_NONBLOCK));
	EXPECT_ERRNO(EIDRM, box_send(fd, "x", 1, MBX_SEND_SYNC));
	EXPECT_ERRNO(EIDRM, box_receive(fd, &c, 1, 0));
	EXPECT_ERRNO(EIDRM, box_receive(fd, &c, 1, MBX_RECEIVE_PEEK));
	EXPECT_ERRNO(EIDRM, read(fd, &c, 1));
	EXPECT_ERRNO(EIDRM, write(fd, &c, 1));
	EXPECT_ERRNO(EIDRM, box_stat(fd, &stat));
	EXPECT_ERRNO(EIDRM, box_delete(fd, NULL, 0));
	EXPECT_ERRNO(ENOENT, box_delete(self->control, NULL, id));
	EXPECT_ERRNO(ENOENT, box_open(self->control, NULL, id, BOTH));
	close(fd);
	EXPECT_TRUE(counts_are_back(&self->before));
}

TEST_F(lifetime, delete_frees_what_is_queued)
{
	static char data[100000];
	int fd, i, round;

	for (round = 0; round < 30; round++) {
		fd = box_create(self->control, NULL, 0, MBX_UNBOUNDED);
		for (i = 0; i < 20; i++)
			ASSERT_EQ(0, box_send(fd, data, sizeof(data), 0));
		ASSERT_EQ(0, box_delete(fd, NULL, 0));
		close(fd);
	}
	EXPECT_TRUE(counts_are_back(&self->before));
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--probe"))
		return probe_main(argv[2]);
	return test_harness_run(argc, argv);
}
