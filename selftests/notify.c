// SPDX-License-Identifier: GPL-2.0-or-later
/* Events of messages: each one, and none where none is due. */
#include "events.h"

static int sync_send(int fd)
{
	struct mbx_send arg;

	init_send(&arg, "sync", 4, MBX_SEND_SYNC);
	arg.deadline = 1;
	return ioctl(fd, MBX_IOC_SEND, &arg);
}

/* ------------------------------------------------------------------ messages */

TEST_F(notify, readable)
{
	ASSERT_EQ(0, box_notify(self->watch, MBX_EVENT_READABLE, self->event));
	EXPECT_TRUE(told(self, 0));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_TRUE(told(self, MBX_EVENT_READABLE));
	EXPECT_EQ(0, send_number(self->box, 2));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(2, receive_number(self->box));
	EXPECT_TRUE(told(self, 0));
	EXPECT_EQ(4, write(self->box, "1234", 4));
	EXPECT_TRUE(told(self, MBX_EVENT_READABLE));
}

TEST_F(notify, readable_with_a_priority)
{
	ASSERT_EQ(0, box_notify(self->watch, MBX_EVENT_READABLE, self->event));
	EXPECT_EQ(0, send_as(self->box, 1, 0, 7));
	EXPECT_TRUE(told(self, MBX_EVENT_READABLE));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_TRUE(told(self, 0));
	EXPECT_EQ(0, send_as(self->box, 2, 0, 7));
	EXPECT_TRUE(told(self, MBX_EVENT_READABLE));
}

/* It goes to the receiver: nobody else could have got it. */
TEST_F(notify, readable_by_nobody_else)
{
	struct job *job = job_thread(job_receive(self->box, 0));

	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0,
		  box_notify(self->watch, MBX_EVENT_READABLE | MBX_EVENT_EMPTY,
			     self->event));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, job_join(job));
	EXPECT_TRUE(told(self, 0));
}

/* A look takes nothing; a message that comes back can be had again. */
TEST_F(notify, readable_again)
{
	__u32 number;

	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	EXPECT_EQ(4, box_receive(self->box, &number, 4, MBX_RECEIVE_PEEK));
	EXPECT_ERRNO(EMSGSIZE, box_receive(self->box, &number, 1, 0));
	EXPECT_TRUE(told(self, 0));
	EXPECT_ERRNO(EFAULT, box_receive(self->box, nowhere(), 4, 0));
	EXPECT_TRUE(told(self, MBX_EVENT_READABLE));
	EXPECT_EQ(1, receive_number(self->box));
}

TEST_F(notify, room)
{
	ASSERT_EQ(0, box_notify(self->watch, MBX_EVENT_ROOM, self->event));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, send_number(self->box, 2));
	EXPECT_ERRNO(EAGAIN, send_number(self->box, 3));
	EXPECT_TRUE(told(self, 0));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_TRUE(told(self, MBX_EVENT_ROOM));
	EXPECT_EQ(2, receive_number(self->box));
	EXPECT_TRUE(told(self, 0));
}

/* It is for the sender that waits. */
TEST_F(notify, room_for_nobody_else)
{
	struct job *job;

	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, send_number(self->box, 2));
	job = job_thread(job_send(self->box, 3, 0));
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
	EXPECT_TRUE(told(self, 0));
	EXPECT_EQ(2, receive_number(self->box));
	EXPECT_TRUE(told(self, MBX_EVENT_ROOM));
}

TEST_F(notify, rendezvous)
{
	struct job *job;

	ASSERT_TRUE(make_box(self, 0));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	job = job_thread(job_send(self->box, 1, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_TRUE(told(self, MBX_EVENT_READABLE));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
	EXPECT_TRUE(told(self, 0));

	job = job_thread(job_receive(self->box, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_TRUE(told(self, MBX_EVENT_ROOM));
	EXPECT_EQ(0, send_number(self->box, 2));
	EXPECT_EQ(0, job_join(job));
	EXPECT_TRUE(told(self, 0));
}

/* Who gave up, or was killed, leaves nothing to be readable. */
TEST_F(notify, rendezvous_that_fails)
{
	struct job *job;

	ASSERT_TRUE(make_box(self, 0));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	job = job_process(job_send(self->box, 1, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_TRUE(told(self, MBX_EVENT_READABLE));
	EXPECT_EQ(0, state_now(self->watch) & MBX_EVENT_READABLE);
	job = job_process(job_receive(self->box, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_TRUE(told(self, MBX_EVENT_ROOM));
	EXPECT_EQ(0, state_now(self->watch) & MBX_EVENT_ROOM);
}

TEST_F(notify, empty)
{
	ASSERT_EQ(0, box_notify(self->watch, MBX_EVENT_EMPTY, self->event));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, send_number(self->box, 2));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_TRUE(told(self, 0));
	EXPECT_EQ(2, receive_number(self->box));
	EXPECT_TRUE(told(self, MBX_EVENT_EMPTY));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
	EXPECT_TRUE(told(self, 0));
}

/* A message that its sender takes back was there. */
TEST_F(notify, empty_of_what_was_taken_back)
{
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	EXPECT_ERRNO(ETIMEDOUT, sync_send(self->box));
	EXPECT_TRUE(told(self, MBX_EVENT_READABLE | MBX_EVENT_EMPTY));
}

TEST_F(notify, two_at_once)
{
	ASSERT_TRUE(make_box(self, 1));
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_TRUE(told(self, MBX_EVENT_ROOM | MBX_EVENT_EMPTY));
}

TEST_F(notify, how_often)
{
	struct mbx_notify arg;
	int i;

	ASSERT_TRUE(make_box(self, 1));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, send_number(self->box, i));
		ASSERT_EQ(i, receive_number(self->box));
	}
	EXPECT_EQ(300, signals_of(self->event));
	ASSERT_EQ(0, box_events(self->watch, &arg));
	EXPECT_EQ(MBX_EVENT_READABLE | MBX_EVENT_ROOM | MBX_EVENT_EMPTY,
		  arg.out_events);
	EXPECT_EQ(100, arg.out_counts[0]);
	EXPECT_EQ(100, arg.out_counts[1]);
	EXPECT_EQ(100, arg.out_counts[2]);
	EXPECT_EQ(300, sum_of(&arg));
	EXPECT_TRUE(told(self, 0));
}

/* ---------------------------------------------------------------- watermarks */

static bool fill_to(int fd, unsigned int depth)
{
	struct mbx_stat stat;

	while (!box_stat(fd, &stat) && stat.out_depth != depth)
		if (stat.out_depth < depth ? send_number(fd, 1) :
					     receive_number(fd) != 1)
			return false;
	return true;
}

TEST_F(notify, levels_with_hysteresis)
{
	ASSERT_TRUE(make_box(self, MBX_UNBOUNDED));
	ASSERT_EQ(0, box_notify_levels(self->watch, LEVELS, self->event, 1, 3));
	EXPECT_TRUE(fill_to(self->box, 2));
	EXPECT_TRUE(fill_to(self->box, 1));
	EXPECT_TRUE(fill_to(self->box, 2));
	EXPECT_TRUE(told(self, 0));
	EXPECT_TRUE(fill_to(self->box, 3));
	EXPECT_TRUE(told(self, MBX_EVENT_HIGH));
	EXPECT_TRUE(fill_to(self->box, 5));
	EXPECT_TRUE(fill_to(self->box, 2));
	EXPECT_TRUE(fill_to(self->box, 4));
	EXPECT_TRUE(told(self, 0));
	EXPECT_TRUE(fill_to(self->box, 1));
	EXPECT_TRUE(told(self, MBX_EVENT_LOW));
	EXPECT_TRUE(fill_to(self->box, 0));
	EXPECT_TRUE(fill_to(self->box, 2));
	EXPECT_TRUE(told(self, 0));
	EXPECT_TRUE(fill_to(self->box, 3));
	EXPECT_TRUE(told(self, MBX_EVENT_HIGH));
}

TEST_F(notify, one_level)
{
	ASSERT_EQ(0, box_notify_levels(self->watch, MBX_EVENT_LOW, self->event,
				       0, 1));
	EXPECT_TRUE(fill_to(self->box, 1));
	EXPECT_TRUE(told(self, 0));
	EXPECT_TRUE(fill_to(self->box, 0));
	EXPECT_TRUE(told(self, MBX_EVENT_LOW));
	ASSERT_EQ(0, box_notify_levels(self->watch, MBX_EVENT_HIGH, self->event,
				       1, 2));
	EXPECT_TRUE(fill_to(self->box, 2));
	EXPECT_TRUE(told(self, MBX_EVENT_HIGH));
	EXPECT_TRUE(fill_to(self->box, 0));
	EXPECT_TRUE(told(self, 0));
}

/* Each registration has its own, from where the depth is at that moment. */
TEST_F(notify, levels_of_their_own)
{
	struct mbx_notify arg;

	ASSERT_TRUE(make_box(self, 10));
	EXPECT_TRUE(fill_to(self->box, 3));
	init_notify(&arg, LEVELS, self->event);
	arg.low = 1;
	arg.high = 3;
	ASSERT_EQ(0, ioctl(self->watch, MBX_IOC_NOTIFY, &arg));
	EXPECT_EQ(MBX_EVENT_HIGH, arg.out_state & LEVELS);
	EXPECT_TRUE(fill_to(self->box, 2));
	EXPECT_EQ(MBX_EVENT_HIGH, state_now(self->watch) & LEVELS);
	ASSERT_EQ(0, ioctl(self->watch, MBX_IOC_NOTIFY, &arg));
	EXPECT_EQ(MBX_EVENT_LOW, arg.out_state & LEVELS);
	EXPECT_TRUE(fill_to(self->box, 1));
	EXPECT_TRUE(told(self, 0));
	EXPECT_TRUE(fill_to(self->box, 3));
	EXPECT_TRUE(told(self, MBX_EVENT_HIGH));
}

TEST_HARNESS_MAIN
