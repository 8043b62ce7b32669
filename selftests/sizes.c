// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of every size that is stored or copied in a different way. */
#include "mailbox.h"

#define LONGEST 1048576

FIXTURE(size) {
	int control;
	int box;
	unsigned char *sent;
	unsigned char *received;
};

FIXTURE_VARIANT(size)
{
	size_t len;
};

#define SIZE(bytes)                      \
	FIXTURE_VARIANT_ADD(size, bytes) \
	{                                \
		.len = bytes,            \
	}

/* Around the size classes, the page, and the longest. */
SIZE(0);
SIZE(1);
SIZE(63);
SIZE(64);
SIZE(65);
SIZE(1023);
SIZE(1024);
SIZE(1025);
SIZE(4095);
SIZE(4096);
SIZE(4097);
SIZE(65536);
SIZE(1048575);
SIZE(1048576);

static void fill(unsigned char *data, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		data[i] = seed >> 16;
	}
}

FIXTURE_SETUP(size)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED,
			       MBX_UNBOUNDED);
	ASSERT_LE(0, self->box);
	self->sent = malloc(LONGEST + 1);
	self->received = malloc(LONGEST + 1);
	ASSERT_NE(NULL, self->sent);
	ASSERT_NE(NULL, self->received);
	memset(self->received, POISON, LONGEST + 1);
	fill(self->sent, variant->len, variant->len);
}

FIXTURE_TEARDOWN(size)
{
	free(self->sent);
	free(self->received);
	close(self->box);
	close(self->control);
}

/* The message is whole and nothing behind it is touched. */
static bool arrived(FIXTURE_DATA(size) * self, size_t len)
{
	return !memcmp(self->sent, self->received, len) &&
	       self->received[len] == POISON;
}

TEST_F(size, through_the_queue)
{
	ASSERT_EQ(0, box_send(self->box, self->sent, variant->len, 0));
	ASSERT_EQ(variant->len,
		  box_receive(self->box, self->received, LONGEST + 1, 0));
	EXPECT_TRUE(arrived(self, variant->len));
}

TEST_F(size, into_a_buffer_of_exactly_its_length)
{
	ASSERT_EQ(0, box_send(self->box, self->sent, variant->len, 0));
	ASSERT_EQ(variant->len,
		  box_receive(self->box, self->received, variant->len, 0));
	EXPECT_TRUE(arrived(self, variant->len));
}

TEST_F(size, by_write_and_read)
{
	ASSERT_EQ(variant->len, write(self->box, self->sent, variant->len));
	ASSERT_EQ(variant->len, read(self->box, self->received, LONGEST + 1));
	EXPECT_TRUE(arrived(self, variant->len));
}

TEST_F(size, peek_then_receive)
{
	ASSERT_EQ(0, box_send(self->box, self->sent, variant->len, 0));
	ASSERT_EQ(variant->len, box_receive(self->box, self->received,
					    LONGEST + 1, MBX_RECEIVE_PEEK));
	EXPECT_TRUE(arrived(self, variant->len));
	memset(self->received, POISON, LONGEST + 1);
	ASSERT_EQ(variant->len,
		  box_receive(self->box, self->received, LONGEST + 1, 0));
	EXPECT_TRUE(arrived(self, variant->len));
}

TEST_F(size, one_byte_less_buffer)
{
	struct mbx_receive receive;

	if (!variant->len)
		return;
	ASSERT_EQ(0, box_send(self->box, self->sent, variant->len, 0));
	init_receive(&receive, self->received, variant->len - 1,
		     MBX_RECEIVE_NONBLOCK);
	EXPECT_ERRNO(EMSGSIZE, ioctl(self->box, MBX_IOC_RECEIVE, &receive));
	EXPECT_EQ(variant->len, receive.out_len);
	EXPECT_EQ(POISON, self->received[0]);
	EXPECT_EQ(variant->len,
		  box_receive(self->box, self->received, variant->len, 0));
	EXPECT_TRUE(arrived(self, variant->len));
}

TEST_F(size, to_a_receiver_that_waits)
{
	struct job *job = job_new(self->box, MBX_IOC_RECEIVE);

	init_receive(&job->receive, self->received, LONGEST + 1, 0);
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, box_send(self->box, self->sent, variant->len, 0));
	ASSERT_EQ(0, job_join(job));
	EXPECT_EQ(variant->len, job->receive.out_len);
	EXPECT_TRUE(arrived(self, variant->len));
}

TEST_F(size, from_a_sender_that_waits)
{
	int box = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	struct job *job = job_new(box, MBX_IOC_SEND);

	ASSERT_LE(0, box);
	init_send(&job->send, self->sent, variant->len, 0);
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(variant->len,
		  box_receive(box, self->received, LONGEST + 1, 0));
	EXPECT_EQ(0, job_join(job));
	EXPECT_TRUE(arrived(self, variant->len));
	close(box);
}

/* Freed memory is used again: nothing of the old message may show. */
TEST_F(size, after_another_of_the_same_size)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		fill(self->sent, variant->len, i);
		memset(self->received, POISON, LONGEST + 1);
		ASSERT_EQ(0, box_send(self->box, self->sent, variant->len, 0));
		ASSERT_EQ(variant->len, box_receive(self->box, self->received,
						    LONGEST + 1, 0));
		EXPECT_TRUE(arrived(self, variant->len));
	}
}

TEST_F(size, at_the_limit_of_the_mailbox)
{
	struct mbx_create create;
	int fd;

	if (!variant->len)
		return;
	init_create(&create, NULL, MBX_CREATE_OWNED, 1);
	create.msg_max = variant->len;
	fd = ioctl(self->control, MBX_IOC_CREATE, &create);
	ASSERT_LE(0, fd);
	EXPECT_ERRNO(EMSGSIZE, box_send(fd, self->sent, variant->len + 1,
					MBX_SEND_NONBLOCK));
	EXPECT_ERRNO(EMSGSIZE, write(fd, self->sent, variant->len + 1));
	EXPECT_EQ(0, box_send(fd, self->sent, variant->len, MBX_SEND_NONBLOCK));
	close(fd);
}

TEST_HARNESS_MAIN
