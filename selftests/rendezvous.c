// SPDX-License-Identifier: GPL-2.0-or-later
/* Capacity 0: sender and receiver meet, or nothing happens. */
#include "mailbox.h"

FIXTURE(rendezvous) {
	int control;
	int box;
	struct mbx_stat stat;
	struct mbx_send send;
	__u32 number;
};

FIXTURE_SETUP(rendezvous)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	ASSERT_LE(0, self->box);
	self->number = 77;
	init_send(&self->send, &self->number, sizeof(self->number), 0);
}

FIXTURE_TEARDOWN(rendezvous)
{
	close(self->box);
	close(self->control);
}

TEST_F(rendezvous, nobody_there)
{
	EXPECT_ERRNO(EAGAIN, send_number(self->box, 1));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
	EXPECT_EQ(0, box_stat(self->box, &self->stat));
	EXPECT_EQ(0, self->stat.out_sent);
}

TEST_F(rendezvous, sender_first)
{
	struct job *job = job_process(job_send(self->box, 5, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(5, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(1, job->send.out_seq);
	EXPECT_EQ(getpid(), job->send.out_pid);
	EXPECT_EQ(getpid(), job->send.out_tid);
}

TEST_F(rendezvous, receiver_first)
{
	struct job *job = job_process(job_receive(self->box, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_SEND, &self->send));
	EXPECT_EQ(1, self->send.out_seq);
	EXPECT_EQ(job->pid, self->send.out_pid);
	EXPECT_EQ(job->pid, self->send.out_tid);
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(77, job_number(job));
	EXPECT_EQ(getpid(), job->receive.out_pid);
}

TEST_F(rendezvous, receiving_thread_is_named)
{
	struct job *job = job_thread(job_receive(self->box, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_SEND, &self->send));
	EXPECT_EQ(getpid(), self->send.out_pid);
	EXPECT_EQ(job->tid, self->send.out_tid);
	EXPECT_EQ(0, job_join(job));
}

TEST_F(rendezvous, nonblocking_send_to_a_receiver_that_waits)
{
	struct job *job = job_process(job_receive(self->box, 0));

	ASSERT_TRUE(job_blocks(job));
	self->send.flags = MBX_SEND_NONBLOCK;
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_SEND, &self->send));
	EXPECT_EQ(1, self->send.out_seq);
	EXPECT_EQ(job->pid, self->send.out_pid);
	EXPECT_EQ(job->pid, self->send.out_tid);
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(77, job_number(job));
}

/* One receiver that waits is one message, not two. */
TEST_F(rendezvous, nonblocking_sends_to_one_receiver)
{
	struct job *job = job_process(job_receive(self->box, 0));

	NEED_ROOT();
	ASSERT_TRUE(job_blocks(job));
	ASSERT_TRUE(hold_cpu_of(job->tid));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_ERRNO(EAGAIN, send_number(self->box, 2));
	EXPECT_FALSE(job_is_done(job));
	EXPECT_TRUE(release_cpu());
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(1, job_number(job));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
}

TEST_F(rendezvous, write_and_read)
{
	struct job *job = job_process(job_receive(self->box, 0));
	__u32 number = 9;

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(sizeof(number), write(self->box, &number, sizeof(number)));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(9, job_number(job));
	job = job_process(job_send(self->box, 10, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(sizeof(number), read(self->box, &number, sizeof(number)));
	EXPECT_EQ(10, number);
	EXPECT_EQ(0, job_join(job));
}

TEST_F(rendezvous, zero_length)
{
	struct job *job = job_process(job_receive(self->box, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, box_send(self->box, NULL, 0, 0));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(0, job->receive.out_len);
}

TEST_F(rendezvous, sync_is_the_same)
{
	struct job *job = job_process(job_send(self->box, 5, MBX_SEND_SYNC));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(5, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(getpid(), job->send.out_pid);
}

TEST_F(rendezvous, nothing_is_queued)
{
	struct job *job = job_process(job_send(self->box, 5, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, box_stat(self->box, &self->stat));
	EXPECT_EQ(0, self->stat.out_depth);
	EXPECT_EQ(0, self->stat.out_high_water);
	EXPECT_EQ(1, self->stat.out_senders);
	EXPECT_EQ(5, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(0, box_stat(self->box, &self->stat));
	EXPECT_EQ(0, self->stat.out_high_water);
	EXPECT_EQ(1, self->stat.out_sent);
	EXPECT_EQ(1, self->stat.out_received);
}

TEST_F(rendezvous, peek_does_not_take)
{
	struct job *job = job_process(job_send(self->box, 5, 0));
	__u32 number = 0;

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(4, box_receive(self->box, &number, sizeof(number),
				 MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK));
	EXPECT_EQ(5, number);
	EXPECT_FALSE(job_is_done(job));
	EXPECT_TRUE(has_waiters(self->box, 1, 0));
	EXPECT_EQ(5, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
}

TEST_F(rendezvous, who_peeks_does_not_receive)
{
	struct job *peek =
		job_process(job_receive(self->box, MBX_RECEIVE_PEEK));
	struct job *send;

	ASSERT_TRUE(job_blocks(peek));
	EXPECT_ERRNO(EAGAIN, send_number(self->box, 1));
	EXPECT_FALSE(job_is_done(peek));
	send = job_process(job_send(self->box, 2, 0));
	EXPECT_EQ(0, job_join(peek));
	EXPECT_EQ(2, job_number(peek));
	ASSERT_TRUE(job_blocks(send));
	EXPECT_EQ(2, receive_number(self->box));
	EXPECT_EQ(0, job_join(send));
}

TEST_F(rendezvous, senders_in_turn)
{
	struct job *job[4];
	unsigned int i, k;

	for (i = 0; i < 4; i++) {
		job[i] = job_process(job_send(self->box, i, 0));
		ASSERT_TRUE(job_blocks(job[i]));
	}
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(i, receive_number(self->box));
		EXPECT_EQ(0, job_join(job[i]));
		for (k = i + 1; k < 4; k++)
			EXPECT_FALSE(job_is_done(job[k]));
	}
}

/* A buffer that does not fit the message is no partner, but must be told. */
TEST_F(rendezvous, nonblocking_send_does_not_fit)
{
	struct job *job = job_process(job_receive(self->box, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_ERRNO(EAGAIN,
		     box_send(self->box, "12345", 5, MBX_SEND_NONBLOCK));
	EXPECT_EQ(EMSGSIZE, job_join(job));
}

TEST_F(rendezvous, blocking_send_does_not_fit)
{
	struct job *small = job_process(job_receive(self->box, 0));
	struct job *send = job_new(self->box, MBX_IOC_SEND);
	char data[8] = "";

	ASSERT_TRUE(job_blocks(small));
	memcpy(send->data, "12345", 5);
	init_send(&send->send, send->data, 5, 0);
	job_process(send);
	EXPECT_EQ(EMSGSIZE, job_join(small));
	EXPECT_EQ(5, small->receive.out_len);
	ASSERT_TRUE(job_blocks(send));
	EXPECT_EQ(5, box_receive(self->box, data, sizeof(data), 0));
	EXPECT_STREQ("12345", data);
	EXPECT_EQ(0, job_join(send));
	EXPECT_EQ(getpid(), send->send.out_pid);
}

TEST_F(rendezvous, failed_receive_does_not_release_the_sender)
{
	struct job *job = job_process(job_send(self->box, 5, 0));
	char byte;

	ASSERT_TRUE(job_blocks(job));
	EXPECT_ERRNO(EMSGSIZE, box_receive(self->box, &byte, 1, 0));
	EXPECT_ERRNO(EFAULT, box_receive(self->box, nowhere(), 100, 0));
	EXPECT_ERRNO(EFAULT, read(self->box, nowhere(), 100));
	EXPECT_TRUE(is_blocked(job->tid, "send"));
	EXPECT_EQ(5, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
}

TEST_F(rendezvous, killed_sender_leaves_nothing)
{
	struct job *job = job_process(job_send(self->box, 5, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
	EXPECT_TRUE(has_waiters(self->box, 0, 0));
}

TEST_F(rendezvous, killed_receiver_is_no_partner)
{
	struct job *job = job_process(job_receive(self->box, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_ERRNO(EAGAIN, send_number(self->box, 1));
}

TEST_HARNESS_MAIN
