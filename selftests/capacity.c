// SPDX-License-Identifier: GPL-2.0-or-later
/* Mailboxes with room for some messages or any number, and their senders. */
#include "mailbox.h"

FIXTURE(capacity) {
	int control;
	int box;
	struct mbx_stat stat;
	struct mbx_send send;
	__u32 number;
};

FIXTURE_VARIANT(capacity)
{
	__u32 capacity;
};

FIXTURE_VARIANT_ADD(capacity, one){ .capacity = 1 };
FIXTURE_VARIANT_ADD(capacity, two){ .capacity = 2 };
FIXTURE_VARIANT_ADD(capacity, hundred){ .capacity = 100 };

FIXTURE_SETUP(capacity)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED,
			       variant->capacity);
	ASSERT_LE(0, self->box);
	self->number = 77;
	init_send(&self->send, &self->number, sizeof(self->number), 0);
}

FIXTURE_TEARDOWN(capacity)
{
	close(self->box);
	close(self->control);
}

/* Messages 0, 1, ... until there is no room. */
static void fill_up(struct __test_metadata *_metadata, int box, __u32 capacity)
{
	__u32 i;

	for (i = 0; i < capacity; i++)
		EXPECT_EQ(0, send_number(box, i));
}

TEST_F(capacity, holds_exactly_that_many)
{
	fill_up(_metadata, self->box, variant->capacity);
	EXPECT_ERRNO(EAGAIN, send_number(self->box, 1));
	EXPECT_ERRNO(EAGAIN, send_number(self->box, 1));
	EXPECT_EQ(0, box_stat(self->box, &self->stat));
	EXPECT_EQ(variant->capacity, self->stat.out_depth);
	EXPECT_EQ(variant->capacity, self->stat.out_sent);
}

TEST_F(capacity, each_receive_makes_room_for_one)
{
	unsigned int i;

	fill_up(_metadata, self->box, variant->capacity);
	for (i = 0; i < 3 * variant->capacity; i++) {
		EXPECT_EQ(i, receive_number(self->box));
		EXPECT_EQ(0, send_number(self->box, variant->capacity + i));
		EXPECT_ERRNO(EAGAIN, send_number(self->box, 1));
	}
}

TEST_F(capacity, zero_length_takes_room)
{
	unsigned int i;

	for (i = 0; i < variant->capacity; i++)
		EXPECT_EQ(0, box_send(self->box, NULL, 0, MBX_SEND_NONBLOCK));
	EXPECT_ERRNO(EAGAIN, box_send(self->box, NULL, 0, MBX_SEND_NONBLOCK));
}

TEST_F(capacity, write_to_a_full_mailbox)
{
	fill_up(_metadata, self->box, variant->capacity);
	ASSERT_EQ(0, fcntl(self->box, F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(EAGAIN, write(self->box, "x", 1));
}

TEST_F(capacity, peek_makes_no_room)
{
	__u32 number;

	fill_up(_metadata, self->box, variant->capacity);
	EXPECT_EQ(4, box_receive(self->box, &number, sizeof(number),
				 MBX_RECEIVE_PEEK));
	EXPECT_ERRNO(EAGAIN, send_number(self->box, 1));
}

TEST_F(capacity, failed_receive_makes_no_room)
{
	char byte;

	fill_up(_metadata, self->box, variant->capacity);
	EXPECT_ERRNO(EMSGSIZE, box_receive(self->box, &byte, 1, 0));
	EXPECT_ERRNO(EFAULT, box_receive(self->box, nowhere(), 100, 0));
	EXPECT_ERRNO(EAGAIN, send_number(self->box, 1));
}

TEST_F(capacity, sender_waits_for_room)
{
	struct job *job;

	fill_up(_metadata, self->box, variant->capacity);
	job = job_process(job_send(self->box, 5000, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(variant->capacity + 1, job->send.out_seq);
	EXPECT_EQ(0, job->send.out_pid);
	EXPECT_EQ(0, box_stat(self->box, &self->stat));
	EXPECT_EQ(variant->capacity, self->stat.out_depth);
	EXPECT_EQ(variant->capacity, self->stat.out_high_water);
}

TEST_F(capacity, room_goes_to_the_longest_waiting)
{
	struct job *job[4];
	unsigned int i, k;

	fill_up(_metadata, self->box, variant->capacity);
	for (i = 0; i < 4; i++) {
		job[i] = job_process(job_send(self->box, 5000 + i, 0));
		ASSERT_TRUE(job_blocks(job[i]));
	}
	for (i = 0; i < 4; i++) {
		EXPECT_LE(0, receive_number(self->box));
		EXPECT_EQ(0, job_join(job[i]));
		for (k = i + 1; k < 4; k++)
			EXPECT_TRUE(is_blocked(job[k]->tid, "send"));
	}
}

/* The room is given away under the lock, before its new owner has run. */
TEST_F(capacity, room_is_not_stolen)
{
	struct job *job;

	NEED_ROOT();
	fill_up(_metadata, self->box, variant->capacity);
	job = job_process(job_send(self->box, 5000, 0));
	ASSERT_TRUE(job_blocks(job));
	ASSERT_TRUE(hold_cpu_of(job->tid));
	EXPECT_EQ(0, receive_number(self->box));
	EXPECT_ERRNO(EAGAIN, send_number(self->box, 6000));
	EXPECT_EQ(0, box_stat(self->box, &self->stat));
	EXPECT_EQ(variant->capacity, self->stat.out_depth);
	EXPECT_FALSE(job_is_done(job));
	EXPECT_TRUE(release_cpu());
	EXPECT_EQ(0, job_join(job));
}

TEST_F(capacity, killed_sender_gives_up_its_place)
{
	struct job *first, *second;
	unsigned int i;

	fill_up(_metadata, self->box, variant->capacity);
	first = job_process(job_send(self->box, 5000, 0));
	ASSERT_TRUE(job_blocks(first));
	second = job_process(job_send(self->box, 6000, 0));
	ASSERT_TRUE(job_blocks(second));
	EXPECT_EQ(JOB_KILLED, job_kill(first));
	EXPECT_EQ(0, receive_number(self->box));
	EXPECT_EQ(0, job_join(second));
	for (i = 1; i < variant->capacity; i++)
		EXPECT_EQ(i, receive_number(self->box));
	EXPECT_EQ(6000, receive_number(self->box));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
}

/* A message that goes to a receiver that waits never takes room. */
TEST_F(capacity, direct_handover_needs_no_room)
{
	struct job *job[3];
	unsigned int i;

	NEED_ROOT();
	for (i = 0; i < 3; i++) {
		job[i] = job_process(job_receive(self->box, 0));
		ASSERT_TRUE(job_blocks(job[i]));
	}
	for (i = 0; i < 3; i++)
		ASSERT_TRUE(hold_cpu_of(job[i]->tid));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, send_number(self->box, i));
	fill_up(_metadata, self->box, variant->capacity);
	EXPECT_ERRNO(EAGAIN, send_number(self->box, 1));
	for (i = 0; i < 3; i++)
		EXPECT_FALSE(job_is_done(job[i]));
	EXPECT_TRUE(release_cpu());
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, job_join(job[i]));
		EXPECT_EQ(i, job_number(job[i]));
	}
}

/* ---------------------------------------------------------------- sync */

TEST_F(capacity, sync_waits_until_it_is_taken)
{
	struct job *job = job_process(job_send(self->box, 5, MBX_SEND_SYNC));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, box_stat(self->box, &self->stat));
	EXPECT_EQ(1, self->stat.out_depth);
	EXPECT_EQ(1, self->stat.out_senders);
	EXPECT_EQ(5, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(1, job->send.out_seq);
	EXPECT_EQ(getpid(), job->send.out_pid);
	EXPECT_EQ(getpid(), job->send.out_tid);
}

TEST_F(capacity, sync_names_the_receiving_thread)
{
	struct job *send = job_process(job_send(self->box, 5, MBX_SEND_SYNC));
	struct job *receive;

	ASSERT_TRUE(job_blocks(send));
	receive = job_thread(job_receive(self->box, 0));
	EXPECT_EQ(0, job_join(receive));
	EXPECT_EQ(0, job_join(send));
	EXPECT_EQ(getpid(), send->send.out_pid);
	EXPECT_EQ(receive->tid, send->send.out_tid);
}

TEST_F(capacity, sync_to_a_receiver_that_waits)
{
	struct job *job = job_process(job_receive(self->box, 0));

	ASSERT_TRUE(job_blocks(job));
	self->send.flags = MBX_SEND_SYNC;
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_SEND, &self->send));
	EXPECT_EQ(job->pid, self->send.out_pid);
	EXPECT_EQ(job->pid, self->send.out_tid);
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(77, job_number(job));
}

/* First for room, then for a receiver; both are one wait to the onlooker. */
TEST_F(capacity, sync_to_a_full_mailbox)
{
	struct job *job;
	unsigned int i;

	fill_up(_metadata, self->box, variant->capacity);
	job = job_process(job_send(self->box, 5000, MBX_SEND_SYNC));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, receive_number(self->box));
	EXPECT_TRUE(is_blocked(job->tid, "sync"));
	EXPECT_ERRNO(EAGAIN, send_number(self->box, 1));
	for (i = 1; i < variant->capacity; i++)
		EXPECT_EQ(i, receive_number(self->box));
	EXPECT_TRUE(is_blocked(job->tid, "sync"));
	EXPECT_EQ(5000, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(getpid(), job->send.out_pid);
}

TEST_F(capacity, sync_is_not_released_by_peek_or_failure)
{
	struct job *job = job_process(job_send(self->box, 5, MBX_SEND_SYNC));
	__u32 number;

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(4, box_receive(self->box, &number, sizeof(number),
				 MBX_RECEIVE_PEEK));
	EXPECT_ERRNO(EMSGSIZE, box_receive(self->box, &number, 1, 0));
	EXPECT_ERRNO(EFAULT, box_receive(self->box, nowhere(), 100, 0));
	EXPECT_TRUE(is_blocked(job->tid, "sync"));
	EXPECT_EQ(sizeof(number), read(self->box, &number, sizeof(number)));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(getpid(), job->send.out_pid);
}

/* What a sync sender takes back makes room for those who wait for it. */
TEST_F(capacity, killed_sync_sender_makes_room)
{
	struct job *sync = job_process(job_send(self->box, 5, MBX_SEND_SYNC));
	struct job *send;
	unsigned int i;

	ASSERT_TRUE(job_blocks(sync));
	for (i = 1; i < variant->capacity; i++)
		EXPECT_EQ(0, send_number(self->box, i));
	send = job_process(job_send(self->box, 5000, 0));
	ASSERT_TRUE(job_blocks(send));
	EXPECT_EQ(JOB_KILLED, job_kill(sync));
	EXPECT_EQ(0, job_join(send));
	for (i = 1; i < variant->capacity; i++)
		EXPECT_EQ(i, receive_number(self->box));
	EXPECT_EQ(5000, receive_number(self->box));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
}

/* --------------------------------------------------- too small for a message */

TEST_F(capacity, waiting_receiver_is_too_small)
{
	struct job *job = job_process(job_receive(self->box, 0));
	char data[8] = "";

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, box_send(self->box, "12345", 5, MBX_SEND_NONBLOCK));
	EXPECT_EQ(EMSGSIZE, job_join(job));
	EXPECT_EQ(5, job->receive.out_len);
	EXPECT_EQ((char)POISON, job->data[0]);
	EXPECT_EQ(5, box_receive(self->box, data, 8, MBX_RECEIVE_NONBLOCK));
	EXPECT_STREQ("12345", data);
}

TEST_F(capacity, message_goes_on_to_a_receiver_that_it_fits)
{
	struct job *small = job_process(job_receive(self->box, 0));
	struct job *fits, *later;

	ASSERT_TRUE(job_blocks(small));
	fits = job_receive(self->box, 0);
	fits->receive.data_len = sizeof(fits->data);
	job_process(fits);
	ASSERT_TRUE(job_blocks(fits));
	later = job_process(job_receive(self->box, 0));
	ASSERT_TRUE(job_blocks(later));
	EXPECT_EQ(0, box_send(self->box, "12345", 5, MBX_SEND_NONBLOCK));
	EXPECT_EQ(EMSGSIZE, job_join(small));
	EXPECT_EQ(5, small->receive.out_len);
	EXPECT_EQ(0, job_join(fits));
	EXPECT_EQ(5, fits->receive.out_len);
	EXPECT_EQ(0, memcmp(fits->data, "12345", 5));
	EXPECT_TRUE(is_blocked(later->tid, "receive"));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, job_join(later));
}

TEST_F(capacity, waiting_peek_is_too_small)
{
	struct job *job = job_process(job_receive(self->box, MBX_RECEIVE_PEEK));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, box_send(self->box, "12345", 5, MBX_SEND_NONBLOCK));
	EXPECT_EQ(EMSGSIZE, job_join(job));
	EXPECT_EQ(5, job->receive.out_len);
}

/* ------------------------------------------------------------- unbounded */

FIXTURE(unbounded) {
	int control;
	int box;
};

FIXTURE_SETUP(unbounded)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED,
			       MBX_UNBOUNDED);
	ASSERT_LE(0, self->box);
}

FIXTURE_TEARDOWN(unbounded)
{
	close(self->box);
	close(self->control);
}

TEST_F(unbounded, never_waits)
{
	const unsigned int many = 10000;
	struct mbx_stat stat;
	unsigned int i;

	for (i = 0; i < many; i++)
		ASSERT_EQ(0, box_send(self->box, &i, sizeof(i), 0));
	EXPECT_EQ(0, box_stat(self->box, &stat));
	EXPECT_EQ(many, stat.out_depth);
	EXPECT_EQ(many, stat.out_high_water);
	EXPECT_EQ(4 * many, stat.out_bytes);
	for (i = 0; i < many; i++)
		ASSERT_EQ(i, receive_number(self->box));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
}

TEST_F(unbounded, sync_waits_all_the_same)
{
	struct job *job = job_process(job_send(self->box, 5, MBX_SEND_SYNC));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, send_number(self->box, 6));
	EXPECT_EQ(5, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(getpid(), job->send.out_pid);
}

TEST_HARNESS_MAIN
