// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages leave in the order in which their sends took effect. */
#include "mailbox.h"

FIXTURE(order) {
	int control;
	int box;
};

FIXTURE_SETUP(order)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED,
			       MBX_UNBOUNDED);
	ASSERT_LE(0, self->box);
}

FIXTURE_TEARDOWN(order)
{
	close(self->box);
	close(self->control);
}

/* ---------------------------------------------------------- one at a time */

TEST_F(order, first_in_first_out)
{
	unsigned int i;

	for (i = 0; i < 100; i++)
		EXPECT_EQ(0, send_number(self->box, i));
	for (i = 0; i < 100; i++)
		EXPECT_EQ(i, receive_number(self->box));
}

/* Each size is stored differently; that must not make two queues. */
TEST_F(order, over_all_size_classes)
{
	static const size_t sizes[] = {
		70000, 4, 5000, 100, 2000, 64, 4096, 4097, 65, 1024, 1025, 4,
	};
	unsigned char data[70000] = "";
	unsigned int i;
	__u32 number;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memcpy(data, &i, sizeof(i));
		EXPECT_EQ(0, box_send(self->box, data, sizes[i], 0));
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(sizes[i], box_receive(self->box, data, sizeof(data),
						MBX_RECEIVE_NONBLOCK));
		memcpy(&number, data, sizeof(number));
		EXPECT_EQ(i, number);
	}
}

TEST_F(order, zero_length_keeps_its_place)
{
	__u32 number;

	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, box_send(self->box, "", 0, 0));
	EXPECT_EQ(0, send_number(self->box, 2));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(0, box_receive(self->box, &number, sizeof(number), 0));
	EXPECT_EQ(2, receive_number(self->box));
}

TEST_F(order, ioctl_and_write_share_the_queue)
{
	__u32 number = 2;

	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(sizeof(number), write(self->box, &number, sizeof(number)));
	EXPECT_EQ(0, send_number(self->box, 3));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(sizeof(number), read(self->box, &number, sizeof(number)));
	EXPECT_EQ(2, number);
	EXPECT_EQ(3, receive_number(self->box));
}

TEST_F(order, over_threads_and_processes)
{
	unsigned int i;

	for (i = 0; i < 12; i += 3) {
		EXPECT_EQ(0, send_number(self->box, i));
		EXPECT_EQ(0,
			  job_join(job_thread(job_send(self->box, i + 1, 0))));
		EXPECT_EQ(0,
			  job_join(job_process(job_send(self->box, i + 2, 0))));
	}
	for (i = 0; i < 12; i++)
		EXPECT_EQ(i, receive_number(self->box));
}

TEST_F(order, over_handles)
{
	int other =
		box_open(self->control, NULL, box_id(self->box), MBX_OPEN_SEND);
	unsigned int i;

	ASSERT_LE(0, other);
	for (i = 0; i < 10; i++)
		EXPECT_EQ(0, send_number(i % 2 ? other : self->box, i));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(i, receive_number(self->box));
	close(other);
}

TEST_F(order, sync_send_queues_behind_others)
{
	struct job *job;

	EXPECT_EQ(0, send_number(self->box, 1));
	job = job_thread(job_send(self->box, 2, MBX_SEND_SYNC));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, send_number(self->box, 3));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(2, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(2, job->send.out_seq);
	EXPECT_EQ(3, receive_number(self->box));
}

/* Who had to wait for room comes after all that were there before. */
TEST_F(order, blocked_senders_come_last_and_in_turn)
{
	int box = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	struct job *job[4];
	unsigned int i;

	EXPECT_EQ(0, send_number(box, 0));
	EXPECT_EQ(0, send_number(box, 1));
	for (i = 0; i < 4; i++) {
		job[i] = job_thread(job_send(box, i + 2, 0));
		ASSERT_TRUE(job_blocks(job[i]));
	}
	for (i = 0; i < 6; i++)
		EXPECT_EQ(i, receive_number(box));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, job_join(job[i]));
		EXPECT_EQ(i + 3, job[i]->send.out_seq);
	}
	close(box);
}

/* A short message must not slip past a long one that waits for room. */
TEST_F(order, blocked_sizes_do_not_overtake)
{
	int box = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	struct job *longer = job_new(box, MBX_IOC_SEND), *shorter;
	static unsigned char data[200000];

	EXPECT_EQ(0, send_number(box, 1));
	init_send(&longer->send, data, sizeof(data), 0);
	job_thread(longer);
	ASSERT_TRUE(job_blocks(longer));
	shorter = job_thread(job_send(box, 3, 0));
	ASSERT_TRUE(job_blocks(shorter));
	EXPECT_EQ(1, receive_number(box));
	EXPECT_EQ(sizeof(data), box_receive(box, data, sizeof(data), 0));
	EXPECT_EQ(3, receive_number(box));
	EXPECT_EQ(0, job_join(longer));
	EXPECT_EQ(0, job_join(shorter));
	close(box);
}

TEST_HARNESS_MAIN
