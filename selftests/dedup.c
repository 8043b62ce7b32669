// SPDX-License-Identifier: GPL-2.0-or-later
/* Duplicates: a mailbox remembers the ids of the last messages, by user. */
#include "peers.h"

static int create(int control, __u32 capacity, __u32 dedup)
{
	struct mbx_create arg;

	init_create(&arg, NULL, MBX_CREATE_OWNED, capacity);
	arg.dedup = dedup;
	return ioctl(control, MBX_IOC_CREATE, &arg);
}

static int send_id(int fd, __u64 id, __u32 flags)
{
	struct mbx_send arg;
	__u32 number = id;

	init_send(&arg, &number, sizeof(number), flags);
	arg.id = id;
	return ioctl(fd, MBX_IOC_SEND, &arg);
}

static struct job *job_send_id(int fd, __u64 id, __u32 flags)
{
	struct job *job = job_send(fd, id, flags);

	job->send.id = id;
	return job;
}

static __u64 duplicates(int fd)
{
	struct mbx_stat stat;

	return box_stat(fd, &stat) ? ~0ULL : stat.out_duplicates;
}

FIXTURE(dedup) {
	int control;
	int fd;
};

FIXTURE_SETUP(dedup)
{
	OPEN_CONTROL(self->control);
	self->fd = create(self->control, 4, 3);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(dedup)
{
}

TEST_F(dedup, is_refused)
{
	struct mbx_stat stat;

	EXPECT_EQ(0, send_id(self->fd, 1, 0));
	EXPECT_ERRNO(EALREADY, send_id(self->fd, 1, 0));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_ERRNO(EALREADY, send_id(self->fd, 1, 0));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(2, stat.out_duplicates);
	EXPECT_EQ(1, stat.out_sent);
	EXPECT_EQ(3, stat.out_dedup);
}

TEST_F(dedup, without_id_as_often_as_one_likes)
{
	EXPECT_EQ(0, send_id(self->fd, 0, 0));
	EXPECT_EQ(0, send_id(self->fd, 0, 0));
	EXPECT_EQ(4, write(self->fd, "four", 4));
	EXPECT_EQ(0, duplicates(self->fd));
}

TEST_F(dedup, window_overflows)
{
	__u64 id;

	for (id = 1; id <= 4; id++) {
		EXPECT_EQ(0, send_id(self->fd, id, 0));
		EXPECT_EQ(id, receive_number(self->fd));
	}
	for (id = 2; id <= 4; id++)
		EXPECT_ERRNO(EALREADY, send_id(self->fd, id, 0));
	EXPECT_EQ(0, send_id(self->fd, 1, 0));
	EXPECT_EQ(0, send_id(self->fd, 2, 0));
}

/* Whatever the hash does: all of the window, and nothing else. */
TEST_F(dedup, large_window)
{
	const unsigned int nr = 1000;
	int fd = create(self->control, MBX_UNBOUNDED, nr);
	__u64 random = 1, id;
	unsigned int i;

	ASSERT_LE(0, fd);
	for (i = 0; i < 3 * nr; i++)
		ASSERT_EQ(0, send_id(fd, i * 0x100000001ULL + 1, 0));
	for (i = 0; i < nr; i++) {
		id = (2 * nr + next_random(&random) % nr) * 0x100000001ULL + 1;
		ASSERT_EQ(-1, send_id(fd, id, 0));
		ASSERT_EQ(EALREADY, errno);
	}
	for (i = 0; i < 2 * nr; i++)
		ASSERT_EQ(0, send_id(fd, i * 0x100000001ULL + 1, 0));
}

TEST_F(dedup, by_user)
{
	struct child child;

	NEED_ROOT();
	EXPECT_EQ(0, send_id(self->fd, 1, 0));
	if (!child_start(&child)) {
		CHECK_ERRNO(EALREADY, send_id(self->fd, 1, 0));
		CHECK(!become(2001, 2001, 0));
		CHECK(!send_id(self->fd, 1, 0));
		CHECK_ERRNO(EALREADY, send_id(self->fd, 1, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_ERRNO(EALREADY, send_id(self->fd, 1, 0));
}

TEST_F(dedup, what_failed_is_not_remembered)
{
	struct mbx_send arg;
	__u64 id;

	init_send(&arg, nowhere(), 4, 0);
	arg.id = 9;
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_SEND, &arg));
	for (id = 1; id <= 4; id++)
		EXPECT_EQ(0, send_id(self->fd, id, 0));
	for (id = 5; id <= 9; id++)
		EXPECT_ERRNO(EAGAIN, send_id(self->fd, id, MBX_SEND_NONBLOCK));
	EXPECT_ERRNO(EALREADY, send_id(self->fd, 2, MBX_SEND_NONBLOCK));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, send_id(self->fd, 9, 0));
}

TEST_F(dedup, what_was_dropped_is_not_remembered)
{
	__u64 id;

	for (id = 1; id <= 4; id++)
		EXPECT_EQ(0, send_id(self->fd, id, 0));
	EXPECT_EQ(MBX_LOST, send_id(self->fd, 5, MBX_SEND_DROP_NEWEST));
	EXPECT_EQ(MBX_LOST, send_id(self->fd, 5, MBX_SEND_DROP_OLDEST));
	EXPECT_ERRNO(EALREADY, send_id(self->fd, 5, MBX_SEND_DROP_OLDEST));
}

static void fill(struct __test_metadata *_metadata, int fd)
{
	__u64 id;

	for (id = 1; id <= 4; id++)
		ASSERT_EQ(0, send_id(fd, id, 0));
}

/* Nobody knows yet whether it will be withdrawn. */
TEST_F(dedup, deferred_counts_once_it_is_in)
{
	int other = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);

	fill(_metadata, self->fd);
	EXPECT_EQ(MBX_DEFERRED, send_id(other, 5, MBX_SEND_DEFER));
	EXPECT_ERRNO(EBUSY, send_id(self->fd, 5, MBX_SEND_DEFER));
	EXPECT_ERRNO(EBUSY, send_id(other, 6, MBX_SEND_DEFER));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_ERRNO(EALREADY, send_id(self->fd, 5, MBX_SEND_DEFER));
	/* The next that this handle defers has none. */
	EXPECT_EQ(MBX_DEFERRED, send_id(other, 0, MBX_SEND_DEFER));
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_EQ(1, duplicates(self->fd));
}

TEST_F(dedup, deferred_and_withdrawn)
{
	int other = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);

	fill(_metadata, self->fd);
	EXPECT_EQ(MBX_DEFERRED, send_id(other, 5, MBX_SEND_DEFER));
	EXPECT_EQ(0, close(other));
	EXPECT_ERRNO(EAGAIN, send_id(self->fd, 5, MBX_SEND_NONBLOCK));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, send_id(self->fd, 5, MBX_SEND_NONBLOCK));
}

/* Whoever follows it sends its last message again. */
TEST_F(dedup, deferred_by_one_who_is_killed)
{
	struct child child;

	fill(_metadata, self->fd);
	if (!child_start(&child)) {
		int other = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);

		CHECK(send_id(other, 5, MBX_SEND_DEFER) == MBX_DEFERRED);
		kill(getpid(), SIGKILL);
	}
	waitpid(child.pid, NULL, 0);
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, send_id(self->fd, 5, MBX_SEND_NONBLOCK));
}

TEST_F(dedup, deferred_in_a_rendezvous)
{
	int fd = create(self->control, 0, 3);

	EXPECT_EQ(MBX_DEFERRED, send_id(fd, 1, MBX_SEND_DEFER));
	EXPECT_EQ(1, box_control(fd, MBX_CONTROL_PURGE));
	EXPECT_EQ(MBX_DEFERRED, send_id(fd, 1, MBX_SEND_DEFER));
	EXPECT_EQ(1, receive_number(fd));
	EXPECT_ERRNO(EALREADY, send_id(fd, 1, MBX_SEND_DEFER));
}

TEST_F(dedup, deferred_until_the_end)
{
	int other = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);

	fill(_metadata, self->fd);
	EXPECT_EQ(MBX_DEFERRED, send_id(other, 5, MBX_SEND_DEFER));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(0, close(other));
	EXPECT_ERRNO(EIDRM, send_id(self->fd, 5, 0));
}

/* Nobody knows yet what becomes of it. */
TEST_F(dedup, while_the_first_waits)
{
	struct job *job;
	__u64 id;

	for (id = 1; id <= 4; id++)
		EXPECT_EQ(0, send_id(self->fd, id, 0));
	job = job_thread(job_send_id(self->fd, 5, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_ERRNO(EBUSY, send_id(self->fd, 5, MBX_SEND_NONBLOCK));
	EXPECT_ERRNO(EAGAIN, send_id(self->fd, 6, MBX_SEND_NONBLOCK));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, job_join(job));
	EXPECT_ERRNO(EALREADY, send_id(self->fd, 5, MBX_SEND_NONBLOCK));
}

TEST_F(dedup, the_first_is_killed)
{
	struct job *job;
	__u64 id;

	for (id = 1; id <= 4; id++)
		EXPECT_EQ(0, send_id(self->fd, id, 0));
	job = job_process(job_send_id(self->fd, 5, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, send_id(self->fd, 5, MBX_SEND_NONBLOCK));
}

TEST_F(dedup, the_first_times_out)
{
	struct job *job = job_send_id(self->fd, 5, MBX_SEND_SYNC);

	job->send.deadline = in_ms(10);
	EXPECT_EQ(ETIMEDOUT, job_join(job_thread(job)));
	EXPECT_EQ(0, send_id(self->fd, 5, 0));
}

TEST_F(dedup, in_a_rendezvous)
{
	int fd = create(self->control, 0, 3);
	struct job *job = job_thread(job_send_id(fd, 1, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(1, receive_number(fd));
	EXPECT_EQ(0, job_join(job));
	EXPECT_ERRNO(EALREADY, send_id(fd, 1, 0));
	EXPECT_ERRNO(EAGAIN, send_id(fd, 2, MBX_SEND_NONBLOCK));
}

TEST_F(dedup, in_a_batch)
{
	struct mbx_send sends[3];
	struct mbx_batch arg;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		init_send(&sends[i], "four", 4, 0);
		sends[i].id = i == 2 ? 1 : i + 1;
	}
	init_batch(&arg, MBX_CMD_SEND, sends, sizeof(sends[0]), 3);
	EXPECT_EQ(2, ioctl(self->fd, MBX_IOC_BATCH, &arg));
	EXPECT_EQ(EALREADY, arg.out_error);
}

TEST_F(dedup, ended_and_sealed)
{
	EXPECT_EQ(0, send_id(self->fd, 1, 0));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_ERRNO(EALREADY, send_id(self->fd, 1, 0));
	EXPECT_ERRNO(ESHUTDOWN, send_id(self->fd, 2, 0));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_ERRNO(EIDRM, send_id(self->fd, 1, 0));
}

TEST_F(dedup, wrong_arguments)
{
	int fd = create(self->control, 1, 0);
	struct mbx_create arg;

	ASSERT_LE(0, fd);
	EXPECT_ERRNO(EINVAL, send_id(fd, 1, 0));
	EXPECT_EQ(0, send_id(fd, 0, 0));
	EXPECT_EQ(0, receive_number(fd));
	/* Also where a send takes the short way. */
	EXPECT_ERRNO(EINVAL, send_id(fd, 1, 0));
	EXPECT_ERRNO(EINVAL, create(self->control, 1, MBX_DEDUP_MAX + 1));
	EXPECT_ERRNO(EINVAL, create(self->control, 1, ~0U));
	EXPECT_LE(0, create(self->control, 1, MBX_DEDUP_MAX));
	init_create(&arg, NULL, MBX_CREATE_OWNED, 1);
	arg.__reserved = 1;
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(self->control, MBX_IOC_CREATE, &arg));
}

TEST_HARNESS_MAIN
