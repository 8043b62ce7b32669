// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Priorities: the highest first, the oldest first within one, whatever a message
 * has been through meanwhile.
 */
#include <poll.h>

#include "peers.h"

FIXTURE(priority) {
	int control;
	int fd;
};

FIXTURE_SETUP(priority)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 256);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(priority)
{
	close(self->fd);
	close(self->control);
}

TEST_F(priority, highest_first)
{
	static const __u32 sent[] = { 0, 5, 31, 5, 0, 1, 31, 30 };
	static const long long order[] = { 2, 6, 7, 1, 3, 5, 0, 4 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sent); i++)
		ASSERT_EQ(0, send_as(self->fd, i, 0, sent[i]));
	for (i = 0; i < ARRAY_SIZE(order); i++)
		EXPECT_EQ(order[i], receive_number(self->fd));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
}

TEST_F(priority, fifo_in_each)
{
	unsigned int i, level;

	for (i = 0; i < 4; i++)
		for (level = 0; level < MBX_PRIORITIES; level++)
			ASSERT_EQ(0,
				  send_as(self->fd, level * 4 + i, 0, level));
	for (level = MBX_PRIORITIES; level-- > 0;)
		for (i = 0; i < 4; i++)
			EXPECT_EQ(level * 4 + i, receive_number(self->fd));
}

TEST_F(priority, that_does_not_exist)
{
	EXPECT_ERRNO(EINVAL, send_as(self->fd, 1, 0, MBX_PRIORITIES));
	EXPECT_ERRNO(EINVAL, send_as(self->fd, 1, 0, 256));
	EXPECT_ERRNO(EINVAL, send_as(self->fd, 1, 0, ~0U));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
}

TEST_F(priority, is_told)
{
	struct mbx_receive arg;
	__u32 number;

	ASSERT_EQ(0, send_as(self->fd, 1, 77, 9));
	ASSERT_EQ(0, send_as(self->fd, 2, ~0ULL, 0));
	init_receive(&arg, &number, sizeof(number), 0);
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(9, arg.out_priority);
	EXPECT_EQ(77, arg.out_type);
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(0, arg.out_priority);
	EXPECT_EQ(~0ULL, arg.out_type);
}

TEST_F(priority, read_and_write_have_the_lowest)
{
	__u32 number = 1;

	ASSERT_EQ(4, write(self->fd, &number, 4));
	ASSERT_EQ(0, send_as(self->fd, 2, 0, 1));
	ASSERT_EQ(4, read(self->fd, &number, 4));
	EXPECT_EQ(2, number);
	ASSERT_EQ(4, read(self->fd, &number, 4));
	EXPECT_EQ(1, number);
}

/* Too long to be copied under the lock: others see it taken meanwhile. */
TEST_F(priority, comes_back_to_its_place)
{
	static char data[8192];
	struct mbx_send arg;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		data[0] = i;
		init_send(&arg, data, sizeof(data), 0);
		arg.priority = i / 2 * 7;
		ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_SEND, &arg));
	}
	for (i = 0; i < 4; i++) {
		EXPECT_ERRNO(EFAULT, box_receive(self->fd, (void *)8, 8192, 0));
		EXPECT_ERRNO(EMSGSIZE, box_receive(self->fd, data, 4, 0));
		EXPECT_EQ(8192, box_receive(self->fd, data, 8192, 0));
		EXPECT_EQ((i + 2) % 4, data[0]);
	}
}

TEST_F(priority, of_those_who_meet)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	struct job *job[3];
	int i;

	ASSERT_LE(0, fd);
	for (i = 0; i < 3; i++) {
		job[i] = job_send(fd, i, 0);
		job[i]->send.priority = i == 1 ? 3 : 0;
		ASSERT_TRUE(job_blocks(job_thread(job[i])));
	}
	EXPECT_EQ(1, receive_number(fd));
	EXPECT_EQ(0, receive_number(fd));
	EXPECT_EQ(2, receive_number(fd));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, job_join(job[i]));
	close(fd);
}

/* Room goes to who has waited longest. */
TEST_F(priority, does_not_overtake_who_waits_for_room)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	struct job *job[2];
	int i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, send_number(fd, 100));
	for (i = 0; i < 2; i++) {
		job[i] = job_send(fd, i, 0);
		job[i]->send.priority = i;
		ASSERT_TRUE(job_blocks(job_thread(job[i])));
	}
	EXPECT_EQ(100, receive_number(fd));
	EXPECT_EQ(0, receive_number(fd));
	EXPECT_EQ(1, receive_number(fd));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, job_join(job[i]));
	close(fd);
}

/* A withdrawn message leaves its list. */
TEST_F(priority, of_a_sender_that_gives_up)
{
	struct job *job = job_send(self->fd, 1, MBX_SEND_SYNC);

	job->send.priority = 20;
	ASSERT_EQ(0, send_as(self->fd, 2, 0, 20));
	ASSERT_TRUE(job_blocks(job_process(job)));
	kill(job->pid, SIGKILL);
	EXPECT_EQ(JOB_KILLED, job_join(job));
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
}

static short ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

TEST_F(priority, is_seen_by_poll)
{
	EXPECT_EQ(POLLOUT, ready(self->fd));
	ASSERT_EQ(0, send_as(self->fd, 1, 0, 5));
	EXPECT_EQ(POLLIN | POLLOUT, ready(self->fd));
	ASSERT_EQ(0, send_as(self->fd, 2, 0, 0));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(POLLIN | POLLOUT, ready(self->fd));
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_EQ(POLLOUT, ready(self->fd));
}

TEST_F(priority, is_purged_with_the_mailbox)
{
	struct counts before = counts_now();
	unsigned int i;
	int fd;

	fd = box_create(self->control, NULL, 0, MBX_UNBOUNDED);
	ASSERT_LE(0, fd);
	for (i = 0; i < 600; i++)
		ASSERT_EQ(0, send_as(fd, i, 0, i % MBX_PRIORITIES));
	EXPECT_EQ(0, box_delete(fd, NULL, 0));
	EXPECT_ERRNO(EIDRM, receive_number(fd));
	close(fd);
	EXPECT_TRUE(counts_are_back(&before));
}

TEST_HARNESS_MAIN
