// SPDX-License-Identifier: GPL-2.0-or-later
/* One message, sent and received with nobody else around. */
#include "mailbox.h"

FIXTURE(message) {
	int control;
	int box;
	struct mbx_stat stat;
};

/* A system mailbox: what fails here must not survive the test. */
FIXTURE_SETUP(message)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, 0, MBX_UNBOUNDED);
	ASSERT_LE(0, self->box);
}

FIXTURE_TEARDOWN(message)
{
	box_delete(self->box, NULL, 0);
	close(self->box);
	close(self->control);
}

/* ------------------------------------------------------ read(2), write(2) */

TEST_F(message, write_and_read_move_one_message)
{
	char data[16] = "";

	EXPECT_EQ(3, write(self->box, "one", 3));
	EXPECT_EQ(5, write(self->box, "three", 5));
	EXPECT_EQ(3, read(self->box, data, sizeof(data)));
	EXPECT_STREQ("one", data);
	EXPECT_EQ(5, read(self->box, data, sizeof(data)));
	EXPECT_STREQ("three", data);
}

TEST_F(message, read_of_a_zero_length_message)
{
	char byte = 'x';

	EXPECT_EQ(0, write(self->box, "", 0));
	EXPECT_EQ(0, write(self->box, NULL, 0));
	EXPECT_EQ(0, box_stat(self->box, &self->stat));
	EXPECT_EQ(2, self->stat.out_depth);
	EXPECT_EQ(0, read(self->box, &byte, 1));
	EXPECT_EQ(0, read(self->box, &byte, 0));
	EXPECT_EQ('x', byte);
	EXPECT_EQ(0, box_stat(self->box, &self->stat));
	EXPECT_EQ(0, self->stat.out_depth);
}

TEST_F(message, read_with_a_small_buffer)
{
	char data[4] = "";

	EXPECT_EQ(4, write(self->box, "four", 4));
	EXPECT_ERRNO(EMSGSIZE, read(self->box, data, 3));
	EXPECT_ERRNO(EMSGSIZE, read(self->box, data, 0));
	EXPECT_EQ(0, data[0]);
	EXPECT_EQ(4, read(self->box, data, 4));
	EXPECT_EQ(0, memcmp(data, "four", 4));
}

TEST_F(message, write_of_too_much)
{
	char *data = calloc(1, 1048577);

	ASSERT_NE(NULL, data);
	EXPECT_ERRNO(EMSGSIZE, write(self->box, data, 1048577));
	EXPECT_EQ(0, box_stat(self->box, &self->stat));
	EXPECT_EQ(0, self->stat.out_depth);
	free(data);
}

TEST_F(message, nonblocking_handle)
{
	char byte;

	ASSERT_EQ(0, fcntl(self->box, F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(EAGAIN, read(self->box, &byte, 1));
	EXPECT_ERRNO(EAGAIN, box_receive(self->box, &byte, 1, 0));
	EXPECT_ERRNO(EAGAIN,
		     box_receive(self->box, &byte, 1, MBX_RECEIVE_PEEK));
}

/* One message each, so position means nothing. */
TEST_F(message, no_seeking)
{
	char byte;

	EXPECT_ERRNO(ESPIPE, lseek(self->box, 0, SEEK_CUR));
	EXPECT_ERRNO(ESPIPE, pread(self->box, &byte, 1, 0));
	EXPECT_ERRNO(ESPIPE, pwrite(self->box, &byte, 1, 0));
}

/* ---------------------------------------------------------------- receive */

TEST_F(message, zero_length_is_a_message)
{
	struct mbx_receive receive;
	char byte = 'x';

	EXPECT_EQ(0, box_send(self->box, "", 0, 0));
	init_receive(&receive, &byte, 1, MBX_RECEIVE_NONBLOCK);
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &receive));
	EXPECT_EQ(0, receive.out_len);
	EXPECT_EQ(1, receive.out_seq);
	EXPECT_EQ('x', byte);
	EXPECT_ERRNO(EAGAIN,
		     box_receive(self->box, &byte, 1, MBX_RECEIVE_NONBLOCK));
}

TEST_F(message, small_buffer_is_told_the_length)
{
	struct mbx_receive receive;
	char data[5] = "";

	EXPECT_EQ(0, box_send(self->box, "five!", 5, 0));
	init_receive(&receive, data, 4, MBX_RECEIVE_NONBLOCK);
	EXPECT_ERRNO(EMSGSIZE, ioctl(self->box, MBX_IOC_RECEIVE, &receive));
	EXPECT_EQ(5, receive.out_len);
	EXPECT_EQ(0, data[0]);
	receive.data_len = 0;
	receive.flags |= MBX_RECEIVE_PEEK;
	EXPECT_ERRNO(EMSGSIZE, ioctl(self->box, MBX_IOC_RECEIVE, &receive));
	EXPECT_EQ(5, receive.out_len);
	EXPECT_EQ(5, box_receive(self->box, data, 5, MBX_RECEIVE_NONBLOCK));
	EXPECT_EQ(0, memcmp(data, "five!", 5));
}

TEST_F(message, sequence_numbers_count_from_one)
{
	struct mbx_receive receive;
	struct mbx_send send;
	unsigned int i;
	char byte;

	for (i = 1; i <= 5; i++) {
		init_send(&send, "x", 1, 0);
		EXPECT_EQ(0, ioctl(self->box, MBX_IOC_SEND, &send));
		EXPECT_EQ(i, send.out_seq);
	}
	for (i = 1; i <= 5; i++) {
		init_receive(&receive, &byte, 1, 0);
		EXPECT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &receive));
		EXPECT_EQ(i, receive.out_seq);
	}
}

TEST_F(message, queued_message_has_no_receiver_yet)
{
	struct mbx_send send;

	init_send(&send, "x", 1, 0);
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_SEND, &send));
	EXPECT_EQ(0, send.out_pid);
	EXPECT_EQ(0, send.out_tid);
}

TEST_F(message, receive_tells_the_sender)
{
	struct job *job = job_process(job_send(self->box, 5, 0));
	struct mbx_receive receive;
	__u32 number;

	ASSERT_EQ(0, job_join(job));
	init_receive(&receive, &number, sizeof(number), 0);
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &receive));
	EXPECT_EQ(job->pid, receive.out_pid);
	EXPECT_EQ(job->pid, receive.out_tid);
	EXPECT_EQ(geteuid(), receive.out_uid);
	EXPECT_EQ(getegid(), receive.out_gid);
}

TEST_F(message, receive_tells_the_sending_thread)
{
	struct job *job = job_thread(job_send(self->box, 5, 0));
	struct mbx_receive receive;
	__u32 number;

	ASSERT_EQ(0, job_join(job));
	init_receive(&receive, &number, sizeof(number), 0);
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &receive));
	EXPECT_EQ(getpid(), receive.out_pid);
	EXPECT_EQ(job->tid, receive.out_tid);
	EXPECT_NE(getpid(), receive.out_tid);
}

/* The ids are those at the time of the send, real ones. */
TEST_F(message, receive_tells_real_ids)
{
	struct mbx_receive receive;
	struct child child;
	char byte;

	NEED_ROOT();
	if (!child_start(&child)) {
		CHECK(!setresgid(2345, -1, -1));
		CHECK(!setresuid(1234, -1, -1));
		CHECK(!box_send(self->box, "x", 1, 0));
		CHECK(!setresuid(0, -1, -1));
		CHECK(!box_send(self->box, "x", 1, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
	init_receive(&receive, &byte, 1, MBX_RECEIVE_NONBLOCK);
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &receive));
	EXPECT_EQ(1234, receive.out_uid);
	EXPECT_EQ(2345, receive.out_gid);
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &receive));
	EXPECT_EQ(0, receive.out_uid);
	EXPECT_EQ(2345, receive.out_gid);
}

TEST_F(message, no_timestamp_unless_asked_for)
{
	struct mbx_receive receive;
	char byte;

	EXPECT_EQ(0, box_send(self->box, "x", 1, 0));
	init_receive(&receive, &byte, 1, 0);
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &receive));
	EXPECT_EQ(0, receive.out_time);
}

TEST_F(message, timestamp)
{
	int fd = box_create(self->control, NULL,
			    MBX_CREATE_OWNED | MBX_CREATE_TIMESTAMP, 1);
	struct mbx_receive receive;
	__u64 before, after;
	char byte;

	ASSERT_LE(0, fd);
	before = now_ns(CLOCK_MONOTONIC);
	EXPECT_EQ(0, box_send(fd, "x", 1, 0));
	after = now_ns(CLOCK_MONOTONIC);
	init_receive(&receive, &byte, 1, 0);
	EXPECT_EQ(0, ioctl(fd, MBX_IOC_RECEIVE, &receive));
	EXPECT_LE(before, receive.out_time);
	EXPECT_GE(after, receive.out_time);
	close(fd);
}

TEST_F(message, peek_leaves_the_message)
{
	struct mbx_receive one, two;
	__u32 number;

	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, send_number(self->box, 2));
	init_receive(&one, &number, sizeof(number), MBX_RECEIVE_PEEK);
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &one));
	EXPECT_EQ(1, number);
	init_receive(&two, &number, sizeof(number), MBX_RECEIVE_PEEK);
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &two));
	EXPECT_EQ(0, memcmp(&one, &two, sizeof(one)));
	EXPECT_EQ(0, box_stat(self->box, &self->stat));
	EXPECT_EQ(2, self->stat.out_depth);
	EXPECT_EQ(0, self->stat.out_received);
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(2, receive_number(self->box));
}

TEST_F(message, peek_at_nothing)
{
	char byte;

	EXPECT_ERRNO(EAGAIN,
		     box_receive(self->box, &byte, 1,
				 MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK));
}

TEST_HARNESS_MAIN
