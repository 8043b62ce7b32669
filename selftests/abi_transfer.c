// SPDX-License-Identifier: GPL-2.0-or-later
/* The limits of each member of SEND and RECEIVE. */
#include "mailbox.h"

FIXTURE(fields) {
	int control;
	int box;
	struct mbx_send send;
	struct mbx_receive receive;
	char data[64];
};

/* Arguments are right; each test spoils one member. */
FIXTURE_SETUP(fields)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	ASSERT_LE(0, self->box);
	init_send(&self->send, self->data, 8, MBX_SEND_NONBLOCK);
	init_receive(&self->receive, self->data, sizeof(self->data),
		     MBX_RECEIVE_NONBLOCK);
}

FIXTURE_TEARDOWN(fields)
{
	close(self->box);
	close(self->control);
}

static int send_it(FIXTURE_DATA(fields) * self)
{
	return ioctl(self->box, MBX_IOC_SEND, &self->send);
}

static int receive_it(FIXTURE_DATA(fields) * self)
{
	return ioctl(self->box, MBX_IOC_RECEIVE, &self->receive);
}

TEST_F(fields, receive_leased_and_left)
{
	unsigned int bit;

	self->receive.flags = MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK;
	for (bit = 0; bit < 32; bit++) {
		self->receive.lease_ms = 1U << bit;
		EXPECT_ERRNO(EINVAL, receive_it(self));
	}
}

TEST_F(fields, send_sync_without_waiting)
{
	self->send.flags = MBX_SEND_SYNC | MBX_SEND_NONBLOCK;
	EXPECT_ERRNO(EINVAL, send_it(self));
}

TEST_F(fields, send_without_room)
{
	static const __u32 flags[] = {
		MBX_SEND_WAIT,
		MBX_SEND_DROP_OLDEST,
		MBX_SEND_DROP_NEWEST,
		MBX_SEND_DEFER,
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		self->send.flags = flags[i];
		EXPECT_EQ(0, send_it(self));
		self->send.flags |= MBX_SEND_NONBLOCK;
		EXPECT_EQ(0, send_it(self));
		EXPECT_EQ(0, receive_it(self));
		EXPECT_EQ(0, receive_it(self));
		for (j = 0; j < i; j++) {
			self->send.flags = flags[i] | flags[j];
			EXPECT_ERRNO(EINVAL, send_it(self));
		}
		if (!i)
			continue;
		self->send.flags = flags[i] | MBX_SEND_SYNC;
		EXPECT_ERRNO(EINVAL, send_it(self));
	}
	self->send.flags = MBX_SEND_WAIT | MBX_SEND_DROP_OLDEST |
			   MBX_SEND_DROP_NEWEST;
	EXPECT_ERRNO(EINVAL, send_it(self));
}

TEST_F(fields, send_realtime_without_deadline)
{
	self->send.flags = MBX_SEND_REALTIME;
	EXPECT_ERRNO(EINVAL, send_it(self));
}

TEST_F(fields, send_deadline)
{
	self->send.flags = 0;
	self->send.deadline = 1ULL << 63;
	EXPECT_ERRNO(EINVAL, send_it(self));
	self->send.deadline = ~0ULL;
	EXPECT_ERRNO(EINVAL, send_it(self));
	self->send.deadline = (1ULL << 63) - 1;
	EXPECT_EQ(0, send_it(self));
	self->send.flags = MBX_SEND_REALTIME;
	EXPECT_EQ(0, send_it(self));
	self->send.deadline = 1;
	EXPECT_EQ(0, send_it(self));
}

TEST_F(fields, send_too_long)
{
	self->send.data_len = 1048577;
	EXPECT_ERRNO(EMSGSIZE, send_it(self));
	self->send.data_len = ~0U;
	EXPECT_ERRNO(EMSGSIZE, send_it(self));
}

TEST_F(fields, send_data_nowhere)
{
	static const __u64 where[] = {
		0,
		8,
		0xffff800000000000ULL,
		~0ULL - 4096,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(where); i++) {
		self->send.data_ptr = where[i];
		EXPECT_ERRNO(EFAULT, send_it(self));
	}
	self->receive.data_len = 0;
	EXPECT_ERRNO(EAGAIN, receive_it(self));
}

TEST_F(fields, send_nothing_from_nowhere)
{
	self->send.data_ptr = 0;
	self->send.data_len = 0;
	EXPECT_EQ(0, send_it(self));
	EXPECT_EQ(0, receive_it(self));
	EXPECT_EQ(0, self->receive.out_len);
}

TEST_F(fields, receive_realtime_without_deadline)
{
	self->receive.flags = MBX_RECEIVE_REALTIME;
	EXPECT_ERRNO(EINVAL, receive_it(self));
}

TEST_F(fields, receive_deadline)
{
	ASSERT_EQ(0, send_it(self));
	self->receive.flags = MBX_RECEIVE_PEEK;
	self->receive.deadline = 1ULL << 63;
	EXPECT_ERRNO(EINVAL, receive_it(self));
	self->receive.deadline = ~0ULL;
	EXPECT_ERRNO(EINVAL, receive_it(self));
	self->receive.deadline = (1ULL << 63) - 1;
	EXPECT_EQ(0, receive_it(self));
	self->receive.flags = MBX_RECEIVE_PEEK | MBX_RECEIVE_REALTIME;
	EXPECT_EQ(0, receive_it(self));
	self->receive.deadline = 1;
	EXPECT_EQ(0, receive_it(self));
}

TEST_F(fields, receive_data_nowhere)
{
	static const __u64 where[] = {
		0,
		8,
		0xffff800000000000ULL,
		~0ULL - 4096,
	};
	unsigned int i;

	ASSERT_EQ(0, send_it(self));
	for (i = 0; i < ARRAY_SIZE(where); i++) {
		self->receive.data_ptr = where[i];
		EXPECT_ERRNO(EFAULT, receive_it(self));
	}
	self->receive.data_ptr = (uintptr_t)self->data;
	EXPECT_EQ(0, receive_it(self));
}

/* Only the message is written, however long the buffer is said to be. */
TEST_F(fields, receive_length_beyond_buffer)
{
	ASSERT_EQ(0, send_it(self));
	memset(self->data, POISON, sizeof(self->data));
	self->receive.data_len = ~0U;
	EXPECT_EQ(0, receive_it(self));
	EXPECT_EQ(8, self->receive.out_len);
	EXPECT_EQ((char)POISON, self->data[8]);
}

TEST_F(fields, receive_nothing_to_nowhere)
{
	self->send.data_len = 0;
	ASSERT_EQ(0, send_it(self));
	self->receive.data_ptr = 0;
	self->receive.data_len = 0;
	EXPECT_EQ(0, receive_it(self));
}

TEST_HARNESS_MAIN
