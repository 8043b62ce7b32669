// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stuck senders, stuck peekers, and stuck receivers where there is little or no
 * room.
 */
#include "stuck.h"

#define LONG 12000

FIXTURE(stuck_sender) {
	int control;
	int fd;
	char *data;
	struct stuck *stuck;
};

FIXTURE_VARIANT(stuck_sender)
{
	size_t len;
	__u32 flags;
};

FIXTURE_VARIANT_ADD(stuck_sender, short_message){
	.len = 60,
};

FIXTURE_VARIANT_ADD(stuck_sender, long_message){
	.len = LONG,
};

FIXTURE_VARIANT_ADD(stuck_sender, long_sync){
	.len = LONG,
	.flags = MBX_SEND_SYNC,
};

FIXTURE_SETUP(stuck_sender)
{
	NEED_USERFAULTFD();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	ASSERT_LE(0, self->fd);
	self->data = malloc(LONG);
	/* Room for a short one that needs no new memory, as is usual. */
	ASSERT_EQ(0, send_number(self->fd, 0));
	ASSERT_EQ(0, receive_number(self->fd));
	self->stuck = stuck_send(self->fd, variant->len, variant->flags);
	ASSERT_TRUE(stuck_is_stuck(self->stuck));
}

FIXTURE_TEARDOWN(stuck_sender)
{
}

static bool empty(int fd)
{
	struct mbx_stat stat;

	return receive_number(fd) < 0 && errno == EAGAIN &&
	       !box_stat(fd, &stat) && !stat.out_depth && !stat.out_bytes;
}

TEST_F(stuck_sender, holds_up_nobody)
{
	EXPECT_TRUE(empty(self->fd));
	EXPECT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_TRUE(empty(self->fd));
	stuck_kill(self->stuck);
}

TEST_F(stuck_sender, sends_when_it_can)
{
	stuck_resolve(self->stuck);
	EXPECT_EQ((int)variant->len,
		  box_receive(self->fd, self->data, LONG, 0));
	EXPECT_TRUE(has_pattern(self->data, variant->len, STUCK_PATTERN));
	EXPECT_EQ(0, stuck_join(self->stuck));
}

TEST_F(stuck_sender, killed_sends_nothing)
{
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_TRUE(empty(self->fd));
}

TEST_F(stuck_sender, learns_of_delete)
{
	ASSERT_EQ(0, box_delete(self->fd, NULL, 0));
	stuck_resolve(self->stuck);
	EXPECT_EQ(EIDRM, stuck_join(self->stuck));
}

/* It filled up while the sender was stuck. */
TEST_F(stuck_sender, finds_it_full_afterwards)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->fd, 2));
	stuck_resolve(self->stuck);
	EXPECT_TRUE(wait_blocked(self->stuck->pid,
				 variant->flags ? "sync" : "send"));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_EQ((int)variant->len,
		  box_receive(self->fd, self->data, LONG, 0));
	EXPECT_EQ(0, stuck_join(self->stuck));
}

/* ------------------------------------------------------------------ peekers */

FIXTURE(stuck_peeker) {
	int control;
	int fd;
	char data[LONG];
};

FIXTURE_SETUP(stuck_peeker)
{
	NEED_USERFAULTFD();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(stuck_peeker)
{
}

TEST_F(stuck_peeker, does_not_hold_the_message)
{
	struct stuck *stuck;

	ASSERT_EQ(0, box_send(self->fd, self->data, LONG, 0));
	stuck = stuck_receive(self->fd, LONG, MBX_RECEIVE_PEEK);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_EQ(LONG, box_receive(self->fd, self->data, LONG,
				    MBX_RECEIVE_NONBLOCK));
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
	EXPECT_TRUE(empty(self->fd));
}

TEST_F(stuck_peeker, survives_delete)
{
	struct stuck *stuck;
	int error;

	ASSERT_EQ(0, box_send(self->fd, self->data, LONG, 0));
	stuck = stuck_receive(self->fd, LONG, MBX_RECEIVE_PEEK);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	ASSERT_EQ(0, box_delete(self->fd, NULL, 0));
	stuck_resolve(stuck);
	error = stuck_join(stuck);
	EXPECT_TRUE(!error || error == EIDRM);
}

TEST_F(stuck_peeker, killed)
{
	struct stuck *stuck;

	ASSERT_EQ(0, box_send(self->fd, self->data, LONG, 0));
	stuck = stuck_receive(self->fd, LONG, MBX_RECEIVE_PEEK);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_EQ(-1, stuck_kill(stuck));
	EXPECT_EQ(LONG, box_receive(self->fd, self->data, LONG,
				    MBX_RECEIVE_NONBLOCK));
}

/* -------------------------------------------------------------- little room */

FIXTURE(tight) {
	int control;
	int fd;
	char data[LONG];
};

FIXTURE_SETUP(tight)
{
	NEED_USERFAULTFD();
	OPEN_CONTROL(self->control);
}

FIXTURE_TEARDOWN(tight)
{
}

/* Nobody sleeps in receive while there is a message that it would accept. */
TEST_F(tight, second_receiver_is_served_by_the_waiting_sender)
{
	struct stuck *stuck;
	struct job *sender;

	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_EQ(0, box_send(self->fd, self->data, LONG, 0));
	stuck = stuck_receive(self->fd, LONG, 0);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	sender = job_process(job_send(self->fd, 2, 0));
	wait_until(job_is_done(sender) || is_blocked(sender->tid, "send"));
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_EQ(0, job_join(sender));
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
	EXPECT_TRUE(empty(self->fd));
}

/* What it is told of has a number: it is in the mailbox, at its place. */
TEST_F(tight, truncating_peek_sees_what_comes_next)
{
	struct mbx_receive arg;
	struct stuck *stuck;
	struct job *sender;
	char byte;

	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_EQ(0, box_send(self->fd, self->data, LONG, 0));
	stuck = stuck_receive(self->fd, LONG, 0);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	sender = job_process(job_send(self->fd, 2, 0));
	ASSERT_TRUE(job_blocks(sender));
	EXPECT_ERRNO(EMSGSIZE,
		     box_receive(self->fd, &byte, 1, MBX_RECEIVE_PEEK));
	EXPECT_ERRNO(EMSGSIZE,
		     box_receive(self->fd, &byte, 1, MBX_RECEIVE_NONBLOCK));
	EXPECT_TRUE(job_blocks(sender));
	init_receive(&arg, &byte, 1, MBX_RECEIVE_PEEK | MBX_RECEIVE_TRUNCATE);
	EXPECT_EQ(0, ioctl(self->fd, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(2, arg.out_seq);
	EXPECT_EQ(4, arg.out_len);
	EXPECT_EQ(0, job_join(sender));
	EXPECT_EQ(2, receive_number(self->fd));
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
	EXPECT_TRUE(empty(self->fd));
}

/* What the first of the senders has goes to another; the second has the next. */
TEST_F(tight, second_sender_is_the_next)
{
	struct mbx_select select = select_by(MBX_SELECT_TYPE);
	struct job *sender[2], *selects = job_receive(self->fd, 0);
	struct stuck *stuck;
	int i;

	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_EQ(0, box_send(self->fd, self->data, LONG, 0));
	stuck = stuck_receive(self->fd, LONG, 0);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	for (i = 0; i < 2; i++) {
		sender[i] = job_send(self->fd, i, 0);
		sender[i]->send.type = 2 - i;
		ASSERT_TRUE(job_blocks(job_process(sender[i])));
	}
	select.type = 2;
	selects->fd = self->fd;
	selects->receive.select_ptr = (uintptr_t)&select;
	ASSERT_TRUE(job_blocks(job_process(selects)));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, job_join(selects));
	EXPECT_EQ(0, job_number(selects));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, job_join(sender[i]));
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
}

/* Nor in peek: what the sender that waits has is the next. */
TEST_F(tight, sleeping_peeker_sees_the_waiting_sender)
{
	struct job *peeker, *sender;
	struct stuck *stuck;

	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_EQ(0, box_send(self->fd, self->data, LONG, 0));
	stuck = stuck_receive(self->fd, LONG, 0);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	peeker = job_process(job_receive(self->fd, MBX_RECEIVE_PEEK));
	ASSERT_TRUE(job_blocks(peeker));
	sender = job_process(job_send(self->fd, 2, 0));
	ASSERT_TRUE(wait_until(job_is_done(peeker)));
	EXPECT_EQ(0, job_join(peeker));
	EXPECT_EQ(2, job_number(peeker));
	EXPECT_EQ(0, job_join(sender));
	EXPECT_EQ(2, receive_number(self->fd));
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
}

/* Nor in poll. */
TEST_F(tight, sleeping_poller_hears_of_the_waiting_sender)
{
	struct stuck *stuck;
	struct child poller;
	struct job *sender;

	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_EQ(0, box_send(self->fd, self->data, LONG, 0));
	stuck = stuck_receive(self->fd, LONG, 0);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	if (!child_start(&poller)) {
		struct pollfd p = { .fd = self->fd, .events = POLLIN };

		CHECK(poll(&p, 1, WAIT_LIMIT / MSEC) == 1);
		CHECK(p.revents == POLLIN);
		child_exit();
	}
	ASSERT_TRUE(wait_until(thread_state(poller.pid) == 'S'));
	sender = job_process(job_send(self->fd, 2, 0));
	EXPECT_CHILD(poller);
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_EQ(0, job_join(sender));
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
}

/* What comes back finds its room, and the bound holds again afterwards. */
TEST_F(tight, given_back_into_a_full_mailbox)
{
	struct stuck *stuck;
	struct mbx_stat stat;

	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_EQ(0, box_send(self->fd, self->data, LONG, 0));
	stuck = stuck_receive(self->fd, LONG, 0);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	send_number(self->fd, 2);
	EXPECT_EQ(-1, stuck_kill(stuck));
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(1, stat.out_depth);
	EXPECT_ERRNO(EAGAIN, send_number(self->fd, 3));
	EXPECT_EQ(LONG, box_receive(self->fd, self->data, LONG,
				    MBX_RECEIVE_NONBLOCK));
	EXPECT_TRUE(empty(self->fd));
}

TEST_F(tight, rendezvous_ends_with_the_copy)
{
	struct stuck *stuck;
	struct job *sender;

	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	stuck = stuck_receive(self->fd, LONG, 0);
	ASSERT_TRUE(wait_blocked(stuck->pid, "receive"));
	sender = job_process(job_send(self->fd, 1, 0));
	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_TRUE(job_blocks(sender));
	EXPECT_EQ(-1, stuck_kill(stuck));
	EXPECT_TRUE(job_blocks(sender));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, job_join(sender));
	EXPECT_EQ(getpid(), sender->send.out_pid);
}

/* Told that it worked, the sender has gone on. */
TEST_F(tight, rendezvous_without_waiting)
{
	struct stuck *stuck;

	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	stuck = stuck_receive(self->fd, LONG, 0);
	ASSERT_TRUE(wait_blocked(stuck->pid, "receive"));
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_EQ(-1, stuck_kill(stuck));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_TRUE(empty(self->fd));
}

TEST_F(tight, killed_sender_of_a_rendezvous)
{
	struct stuck *stuck;
	struct job *sender;

	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	stuck = stuck_receive(self->fd, LONG, 0);
	ASSERT_TRUE(wait_blocked(stuck->pid, "receive"));
	sender = job_process(job_send(self->fd, 1, 0));
	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_EQ(JOB_KILLED, job_kill(sender));
	stuck_resolve(stuck);
	ASSERT_TRUE(wait_blocked(stuck->pid, "receive"));
	EXPECT_EQ(0, send_number(self->fd, 2));
	EXPECT_EQ(0, stuck_join(stuck));
}

TEST_HARNESS_MAIN
