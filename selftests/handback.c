// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A message comes back from a receiver that died while copying it: to whoever
 * waits now, and with it the room that it took.
 */
#include "stuck.h"

FIXTURE(handback) {
	int control;
	int box;
	struct stuck *stuck;
};

/* A mailbox for one message, which a receiver is copying. */
FIXTURE_SETUP(handback)
{
	OPEN_CONTROL(self->control);
	NEED_USERFAULTFD();
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_LE(0, self->box);
	ASSERT_EQ(0, send_number(self->box, 1));
	self->stuck = stuck_receive(self->box, sizeof(__u32), 0);
	ASSERT_TRUE(stuck_is_stuck(self->stuck));
}

FIXTURE_TEARDOWN(handback)
{
	close(self->box);
	close(self->control);
}

TEST_F(handback, to_the_next_receive)
{
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
}

TEST_F(handback, to_a_receiver_that_waits)
{
	struct job *job = job_process(job_receive(self->box, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(1, job_number(job));
}

TEST_F(handback, to_a_peek_that_waits)
{
	struct job *job = job_process(job_receive(self->box, MBX_RECEIVE_PEEK));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(1, job_number(job));
	EXPECT_EQ(1, receive_number(self->box));
}

TEST_F(handback, before_a_sender_that_waits)
{
	struct job *job = job_process(job_send(self->box, 2, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(2, receive_number(self->box));
}

/*
 * The receiver has waited since before the sender, whose message it cannot
 * take.  When it gets what comes back, there is room for the sender.
 */
TEST_F(handback, makes_room)
{
	struct job *receiver = job_process(job_receive(self->box, 0));
	struct job *sender = job_new(self->box, MBX_IOC_SEND);
	char data[8] = "";

	ASSERT_TRUE(job_blocks(receiver));
	init_send(&sender->send, sender->data, 5, 0);
	job_process(sender);
	ASSERT_TRUE(job_blocks(sender));
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_EQ(0, job_join(receiver));
	EXPECT_EQ(1, job_number(receiver));
	EXPECT_TRUE(wait_until(job_is_done(sender)));
	EXPECT_TRUE(has_waiters(self->box, 0, 0));
	EXPECT_EQ(5, box_receive(self->box, data, sizeof(data),
				 MBX_RECEIVE_NONBLOCK));
}

TEST_HARNESS_MAIN
