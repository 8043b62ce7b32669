// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases: a message stays until whoever has it says what becomes of it, and comes
 * back to its place when that does not happen.
 */
#include "lease.h"

FIXTURE(lease) {
	int control;
	int fd;
	struct leased got;
};

FIXTURE_SETUP(lease)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 5);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(lease)
{
}

/* ------------------------------------------------------------------ settling */

TEST_F(lease, is_done_with)
{
	struct mbx_stat stat;

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	EXPECT_EQ(1, self->got.deliveries);
	stat = stat_of(self->fd);
	EXPECT_EQ(1, stat.out_depth);
	EXPECT_EQ(1, stat.out_leased);
	EXPECT_EQ(4, stat.out_bytes);
	EXPECT_EQ(0, stat.out_received);

	EXPECT_EQ(0, ack(self->fd, &self->got));
	stat = stat_of(self->fd);
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_EQ(0, stat.out_leased);
	EXPECT_EQ(0, stat.out_bytes);
	EXPECT_EQ(1, stat.out_received);
	EXPECT_EQ(0, stat.out_returned);
	EXPECT_ERRNO(ENOENT, ack(self->fd, &self->got));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
}

TEST_F(lease, is_not_for_others)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
	EXPECT_ERRNO(EAGAIN, lease(self->fd, &self->got));
	EXPECT_ERRNO(EAGAIN,
		     box_receive(self->fd, NULL, 0,
				 MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK));
	ASSERT_EQ(0, send_number(self->fd, 2));
	EXPECT_EQ(2, receive_number(self->fd));
}

TEST_F(lease, comes_back_when_refused)
{
	unsigned int i;

	ASSERT_EQ(0, send_number(self->fd, 1));
	for (i = 1; i < 10; i++) {
		ASSERT_EQ(1, lease(self->fd, &self->got));
		EXPECT_EQ(i, self->got.deliveries);
		EXPECT_EQ(1, self->got.seq);
		EXPECT_EQ(0, nack(self->fd, &self->got));
		EXPECT_ERRNO(ENOENT, nack(self->fd, &self->got));
	}
	EXPECT_EQ(9, stat_of(self->fd).out_returned);
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(1, stat_of(self->fd).out_received);
}

/* The next message in that memory starts anew. */
TEST_F(lease, count_is_not_inherited)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	ASSERT_EQ(0, nack(self->fd, &self->got));
	ASSERT_EQ(1, receive_number(self->fd));
	ASSERT_EQ(0, send_number(self->fd, 2));
	ASSERT_EQ(2, lease(self->fd, &self->got));
	EXPECT_EQ(1, self->got.deliveries);
}

TEST_F(lease, comes_back_after_its_time)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, lease_with(self->fd, &self->got, 1, MBX_RECEIVE_NONBLOCK));
	ASSERT_TRUE(wait_readable(self->fd));
	EXPECT_ERRNO(ENOENT, ack(self->fd, &self->got));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	EXPECT_EQ(2, self->got.deliveries);
	EXPECT_EQ(0, ack(self->fd, &self->got));
}

TEST_F(lease, not_before_its_time)
{
	const __u64 start = now_ns(CLOCK_MONOTONIC);

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0,
		  lease_with(self->fd, &self->got, 50, MBX_RECEIVE_NONBLOCK));
	ASSERT_TRUE(wait_readable(self->fd));
	EXPECT_LE(50 * MSEC, now_ns(CLOCK_MONOTONIC) - start);
}

/* The one timer goes by whichever lease ends first. */
TEST_F(lease, shortest_comes_first)
{
	struct leased other;

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->fd, 2));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	ASSERT_EQ(0, lease_with(self->fd, &other, 1, MBX_RECEIVE_NONBLOCK));
	ASSERT_TRUE(wait_readable(self->fd));
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_EQ(0, ack(self->fd, &self->got));
}

TEST_F(lease, is_renewed)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->fd, 2));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	ASSERT_EQ(0, renew(self->fd, &self->got, 1));
	ASSERT_TRUE(wait_until(stat_of(self->fd).out_returned == 1));
	ASSERT_EQ(0,
		  lease_with(self->fd, &self->got, 30, MBX_RECEIVE_NONBLOCK));
	ASSERT_EQ(1, self->got.number);
	if (!renew(self->fd, &self->got, LONG_MS)) {
		struct leased other;

		ASSERT_EQ(2, lease(self->fd, &other));
		ASSERT_EQ(0, renew(self->fd, &other, 50));
		ASSERT_TRUE(wait_readable(self->fd));
		EXPECT_EQ(0, ack(self->fd, &self->got));
		EXPECT_EQ(2, receive_number(self->fd));
	}
}

TEST_F(lease, wrong_arguments)
{
	int sender = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	struct mbx_settle arg;

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	EXPECT_ERRNO(EBADF, ack(sender, &self->got));
	EXPECT_ERRNO(EINVAL, box_settle(self->fd, self->got.seq,
					MBX_SETTLE_NACK | MBX_SETTLE_RENEW));
	EXPECT_ERRNO(EINVAL, renew(self->fd, &self->got, 0));
	init_settle(&arg, self->got.seq, 0);
	arg.lease_ms = 1;
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, MBX_IOC_SETTLE, &arg));
	arg.flags = MBX_SETTLE_NACK;
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, MBX_IOC_SETTLE, &arg));
	init_settle(&arg, self->got.seq, 0);
	arg.__reserved = 1;
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(self->fd, MBX_IOC_SETTLE, &arg));
	EXPECT_ERRNO(ENOENT, box_settle(self->fd, 0, 0));
	EXPECT_ERRNO(ENOENT, box_settle(self->fd, self->got.seq + 1, 0));
	EXPECT_ERRNO(ENOENT, box_settle(self->fd, self->got.seq - 1, 0));
	EXPECT_EQ(0, ack(self->fd, &self->got));
}

/* A mailbox where nothing was ever leased. */
TEST_F(lease, nothing_to_settle)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_ERRNO(ENOENT, box_settle(self->fd, 1, 0));
	EXPECT_EQ(1, receive_number(self->fd));
}

/* Only the process that has it; any of its handles will do. */
TEST_F(lease, is_of_a_process)
{
	int other = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	struct child child;

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	if (!child_start(&child)) {
		CHECK_ERRNO(ENOENT, ack(self->fd, &self->got));
		CHECK_ERRNO(ENOENT, nack(self->fd, &self->got));
		CHECK_ERRNO(ENOENT, renew(self->fd, &self->got, 1));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(0, ack(other, &self->got));
}

TEST_F(lease, receive_that_fails_leases_nothing)
{
	struct mbx_receive arg;
	char byte;

	ASSERT_EQ(0, send_number(self->fd, 1));
	init_receive(&arg, &byte, 1, 0);
	arg.lease_ms = LONG_MS;
	EXPECT_ERRNO(EMSGSIZE, ioctl(self->fd, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(4, arg.out_len);
	init_receive(&arg, nowhere(), 4, 0);
	arg.lease_ms = LONG_MS;
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(0, stat_of(self->fd).out_leased);
	ASSERT_EQ(1, lease(self->fd, &self->got));
	EXPECT_EQ(1, self->got.deliveries);
}

/* -------------------------------------------------------------- place and room */

TEST_F(lease, returns_to_its_place)
{
	struct leased got[3];
	unsigned int i;

	for (i = 1; i <= 5; i++)
		ASSERT_EQ(0, send_number(self->fd, i));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(i + 1, lease(self->fd, &got[i]));
	EXPECT_EQ(0, nack(self->fd, &got[1]));
	EXPECT_EQ(0, nack(self->fd, &got[2]));
	EXPECT_EQ(0, nack(self->fd, &got[0]));
	for (i = 1; i <= 5; i++)
		EXPECT_EQ(i, receive_number(self->fd));
}

TEST_F(lease, returns_within_its_priority)
{
	struct leased got[4];
	unsigned int i;

	ASSERT_EQ(0, send_as(self->fd, 3, 0, 0));
	ASSERT_EQ(0, send_as(self->fd, 1, 0, 7));
	ASSERT_EQ(0, send_as(self->fd, 4, 0, 0));
	ASSERT_EQ(0, send_as(self->fd, 2, 0, 7));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(i + 1, lease(self->fd, &got[i]));
	for (i = 4; i--;)
		ASSERT_EQ(0, nack(self->fd, &got[i]));
	for (i = 1; i <= 4; i++)
		EXPECT_EQ(i, receive_number(self->fd));
}

TEST_F(lease, goes_to_whoever_waits)
{
	struct job *job = job_thread(job_receive(self->fd, 0));

	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(0, job_join(job));
	ASSERT_EQ(0, send_number(self->fd, 2));
	ASSERT_EQ(2, lease(self->fd, &self->got));
	job = job_thread(job_receive(self->fd, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, nack(self->fd, &self->got));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(2, job_number(job));
	EXPECT_EQ(2, job->receive.out_deliveries);
	EXPECT_EQ(0, stat_of(self->fd).out_depth);
}

TEST_F(lease, takes_room)
{
	struct leased got[5];
	struct job *job;
	unsigned int i;

	for (i = 1; i <= 5; i++)
		ASSERT_EQ(0, send_number(self->fd, i));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(i + 1, lease(self->fd, &got[i]));
	EXPECT_ERRNO(EAGAIN, send_number(self->fd, 6));
	job = job_thread(job_send(self->fd, 6, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, ack(self->fd, &got[3]));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(6, receive_number(self->fd));
}

/* While all that takes room is leased, a receiver gets what waits for room. */
TEST_F(lease, does_not_stop_receivers)
{
	struct leased got[5], more;
	struct job *job;
	unsigned int i;

	for (i = 1; i <= 5; i++)
		ASSERT_EQ(0, send_number(self->fd, i));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(i + 1, lease(self->fd, &got[i]));
	job = job_thread(job_send(self->fd, 6, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(6, lease(self->fd, &more));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(6, stat_of(self->fd).out_depth);
	EXPECT_EQ(0, nack(self->fd, &more));
	EXPECT_EQ(6, receive_number(self->fd));
	EXPECT_EQ(5, stat_of(self->fd).out_depth);
}

TEST_F(lease, is_not_dropped)
{
	struct leased got[5];
	unsigned int i;

	for (i = 1; i <= 5; i++)
		ASSERT_EQ(0, send_number(self->fd, i));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(i + 1, lease(self->fd, &got[i]));
	EXPECT_EQ(MBX_LOST,
		  box_send(self->fd, "seis", 4, MBX_SEND_DROP_OLDEST));
	EXPECT_EQ(1, stat_of(self->fd).out_lost);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, nack(self->fd, &got[i]));
	for (i = 1; i <= 4; i++)
		EXPECT_EQ(i, receive_number(self->fd));
}

TEST_F(lease, is_not_purged)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->fd, 2));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	EXPECT_EQ(1, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_EQ(1, stat_of(self->fd).out_depth);
	EXPECT_EQ(0, nack(self->fd, &self->got));
	EXPECT_EQ(1, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_EQ(2, stat_of(self->fd).out_lost);
}

/* The sender is told that it was received; what comes back has no sender. */
TEST_F(lease, of_a_rendezvous)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	struct job *job = job_thread(job_send(fd, 1, 0));

	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(1, lease(fd, &self->got));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(getpid(), job->send.out_pid);
	EXPECT_ERRNO(EAGAIN, receive_number(fd));
	EXPECT_EQ(0, nack(fd, &self->got));
	ASSERT_EQ(1, lease(fd, &self->got));
	EXPECT_EQ(2, self->got.deliveries);
	EXPECT_EQ(0, ack(fd, &self->got));
	EXPECT_EQ(0, stat_of(fd).out_depth);
}

TEST_F(lease, of_a_synchronous_send)
{
	struct job *job = job_thread(job_send(self->fd, 1, MBX_SEND_SYNC));

	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(0, nack(self->fd, &self->got));
	EXPECT_EQ(1, receive_number(self->fd));
}

TEST_F(lease, handed_to_who_waits)
{
	struct job *job = job_receive(self->fd, 0);

	job->receive.lease_ms = LONG_MS;
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(1, stat_of(self->fd).out_leased);
	EXPECT_EQ(1, stat_of(self->fd).out_depth);
	EXPECT_EQ(0, box_settle(self->fd, job->receive.out_seq, 0));
	EXPECT_EQ(0, stat_of(self->fd).out_depth);
}

/* -------------------------------------------------------- administered mailboxes */

TEST_F(lease, keeps_a_mailbox_from_being_drained)
{
	struct job *drain, *receiver;

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	drain = job_thread(job_drain(self->fd));
	ASSERT_TRUE(job_blocks(drain));
	receiver = job_thread(job_receive(self->fd, 0));
	ASSERT_TRUE(job_blocks(receiver));
	EXPECT_EQ(0, ack(self->fd, &self->got));
	EXPECT_EQ(0, job_join(drain));
	EXPECT_EQ(ESHUTDOWN, job_join(receiver));
}

/* What it waits for may come back; what has left will not. */
TEST_F(lease, selects_until_it_is_settled)
{
	struct mbx_select select = select_by(MBX_SELECT_TYPE);

	select.type = 7;
	ASSERT_EQ(0, send_as(self->fd, 1, 7, 0));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_ERRNO(EAGAIN, receive_selected(self->fd, &select, 0));
	EXPECT_EQ(0, nack(self->fd, &self->got));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	EXPECT_EQ(0, ack(self->fd, &self->got));
	EXPECT_ERRNO(ESHUTDOWN, receive_selected(self->fd, &select, 0));
}

TEST_F(lease, comes_back_to_a_sealed_mailbox)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_EQ(0, nack(self->fd, &self->got));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_ERRNO(ESHUTDOWN, receive_number(self->fd));
}

TEST_F(lease, comes_back_to_a_frozen_mailbox)
{
	struct job *job;

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->fd, 2));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	EXPECT_EQ(0, renew(self->fd, &self->got, LONG_MS));
	job = job_thread(job_receive(self->fd, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, nack(self->fd, &self->got));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(1, job_number(job));
}

TEST_F(lease, ends_with_the_mailbox)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(1, lease(self->fd, &self->got));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_ERRNO(EIDRM, ack(self->fd, &self->got));
	EXPECT_ERRNO(EIDRM, nack(self->fd, &self->got));
	EXPECT_ERRNO(EIDRM, renew(self->fd, &self->got, 1));
}

/* ------------------------------------------------------------ ends of receivers */

TEST_F(lease, comes_back_from_the_dead)
{
	struct child child;

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->fd, 2));
	if (!child_start(&child)) {
		CHECK(lease(self->fd, &self->got) == 1);
		child_exit();
	}
	EXPECT_CHILD(child);
	ASSERT_EQ(1, lease(self->fd, &self->got));
	EXPECT_EQ(2, self->got.deliveries);
	EXPECT_EQ(0, ack(self->fd, &self->got));
	EXPECT_EQ(2, receive_number(self->fd));
}

/* A thread is not a process. */
TEST_F(lease, outlives_the_thread)
{
	struct job *job = job_receive(self->fd, 0);

	job->receive.lease_ms = LONG_MS;
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(0, job_join(job_thread(job)));
	EXPECT_EQ(1, stat_of(self->fd).out_leased);
	EXPECT_EQ(0, box_settle(self->fd, job->receive.out_seq, 0));
}

TEST_F(lease, comes_back_with_the_handle)
{
	int other = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	int same = dup(other);

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(1, lease(other, &self->got));
	close(other);
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
	close(same);
	EXPECT_ERRNO(ENOENT, ack(self->fd, &self->got));
	EXPECT_EQ(1, receive_number(self->fd));
}

TEST_F(lease, comes_back_when_revoked)
{
	int other = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	struct leased mine;

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->fd, 2));
	ASSERT_EQ(1, lease(other, &self->got));
	ASSERT_EQ(2, lease(self->fd, &mine));
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_ERRNO(EKEYREVOKED, ack(other, &self->got));
	EXPECT_ERRNO(ENOENT, ack(self->fd, &self->got));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, ack(self->fd, &mine));
}

/* ---------------------------------------------------------------- dead letters */

FIXTURE(dead) {
	int control;
	int to;
	int fd;
	struct leased got;
};

FIXTURE_SETUP(dead)
{
	OPEN_CONTROL(self->control);
	self->to = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_LE(0, self->to);
	self->fd = box_create_over(self->control, self->to, 2, 5);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(dead)
{
}

static int refuse_once(int fd, struct leased *got)
{
	return lease(fd, got) < 0 ? -1 : nack(fd, got);
}

TEST_F(dead, after_so_many_deliveries)
{
	struct mbx_stat stat;

	ASSERT_EQ(0, send_as(self->fd, 1, 77, 3));
	EXPECT_EQ(0, refuse_once(self->fd, &self->got));
	EXPECT_EQ(1, stat_of(self->fd).out_depth);
	EXPECT_EQ(0, refuse_once(self->fd, &self->got));
	stat = stat_of(self->fd);
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_EQ(0, stat.out_bytes);
	EXPECT_EQ(1, stat.out_sent);
	EXPECT_EQ(1, stat.out_lost);
	EXPECT_EQ(1, stat.out_dead_letters);
	EXPECT_EQ(1, stat.out_returned);
	EXPECT_EQ(box_id(self->to), stat.out_dead_letter);
	EXPECT_EQ(2, stat.out_deliveries_max);
	EXPECT_EQ(1, stat_of(self->to).out_sent);
	EXPECT_EQ(1, stat_of(self->to).out_depth);
}

TEST_F(dead, is_what_it_was)
{
	struct mbx_receive arg;
	struct child child;
	__u32 number;

	if (!child_start(&child)) {
		CHECK(!send_as(self->fd, 1, 77, 3));
		child_exit();
	}
	EXPECT_CHILD(child);
	ASSERT_EQ(0, refuse_once(self->fd, &self->got));
	ASSERT_EQ(0, refuse_once(self->fd, &self->got));
	init_receive(&arg, &number, 4, MBX_RECEIVE_NONBLOCK);
	ASSERT_EQ(0, ioctl(self->to, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(1, number);
	EXPECT_EQ(77, arg.out_type);
	EXPECT_EQ(3, arg.out_priority);
	EXPECT_EQ(getuid(), arg.out_uid);
	EXPECT_EQ(1, arg.out_seq);
	EXPECT_EQ(1, arg.out_deliveries);
}

TEST_F(dead, by_expiry_and_by_death)
{
	struct child child;

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, lease_with(self->fd, &self->got, 1, 0));
	ASSERT_TRUE(wait_readable(self->fd));
	if (!child_start(&child)) {
		CHECK(lease(self->fd, &self->got) == 1);
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(1, receive_number(self->to));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
}

TEST_F(dead, goes_to_whoever_waits)
{
	struct job *job = job_thread(job_receive(self->to, 0));

	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, refuse_once(self->fd, &self->got));
	ASSERT_EQ(0, refuse_once(self->fd, &self->got));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(1, job_number(job));
	EXPECT_EQ(0, stat_of(self->to).out_depth);
}

/* Its going makes room. */
TEST_F(dead, lets_others_in)
{
	struct job *job;
	unsigned int i;

	for (i = 1; i <= 5; i++)
		ASSERT_EQ(0, send_number(self->fd, i));
	job = job_thread(job_send(self->fd, 6, 0));
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, refuse_once(self->fd, &self->got));
	ASSERT_EQ(0, refuse_once(self->fd, &self->got));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(2, receive_number(self->fd));
}

static void expect_it_stays(struct __test_metadata *_metadata,
			    FIXTURE_DATA(dead) * self)
{
	unsigned int i;

	ASSERT_EQ(0, send_number(self->fd, 9));
	for (i = 1; i < 5; i++) {
		EXPECT_EQ(0, refuse_once(self->fd, &self->got));
		EXPECT_EQ(i, self->got.deliveries);
		EXPECT_EQ(9, self->got.number);
	}
	EXPECT_EQ(0, stat_of(self->fd).out_dead_letters);
}

TEST_F(dead, stays_if_there_is_no_room)
{
	ASSERT_EQ(0, send_number(self->to, 1));
	expect_it_stays(_metadata, self);
	EXPECT_EQ(1, receive_number(self->to));
	EXPECT_EQ(0, refuse_once(self->fd, &self->got));
	EXPECT_EQ(9, receive_number(self->to));
}

TEST_F(dead, stays_if_the_other_is_sealed)
{
	ASSERT_EQ(0, box_control(self->to, MBX_CONTROL_SEAL));
	expect_it_stays(_metadata, self);
}

TEST_F(dead, stays_if_the_other_has_ended)
{
	ASSERT_EQ(0, box_delete(self->to, NULL, 0));
	expect_it_stays(_metadata, self);
	close(self->to);
	EXPECT_EQ(0, refuse_once(self->fd, &self->got));
}

TEST_F(dead, does_not_need_the_handle)
{
	char name[NAME_SIZE];
	int to, fd;

	to = box_create(self->control, unique_name(name), MBX_CREATE_OWNED, 1);
	fd = box_create_over(self->control, to, 1, 5);
	ASSERT_LE(0, fd);
	close(to);
	ASSERT_EQ(0, send_number(fd, 1));
	ASSERT_EQ(0, refuse_once(fd, &self->got));
	to = box_open(self->control, name, 0, BOTH_RIGHTS);
	EXPECT_EQ(1, receive_number(to));
}

/* Each with the last reference to the next. */
TEST_F(dead, many_in_a_row)
{
	int to = self->to, fd;
	unsigned int i;

	for (i = 0; i < 500; i++) {
		fd = box_create_over(self->control, to, 1, 1);
		ASSERT_LE(0, fd);
		close(to);
		to = fd;
	}
	EXPECT_EQ(0, close(to));
}

TEST_F(dead, wrong_arguments)
{
	int sender =
		box_open(self->control, NULL, box_id(self->to), MBX_OPEN_SEND);
	int manager = box_open(self->control, NULL, box_id(self->to),
			       MBX_OPEN_SEND | MBX_OPEN_MANAGE);
	int derived =
		box_derive(self->to, MBX_OPEN_SEND | MBX_OPEN_MANAGE, 0, 0);
	int none = box_open(self->control, NULL, box_id(self->to),
			    MBX_OPEN_MANAGE);
	struct mbx_create arg;

	EXPECT_LE(0, box_create_over(self->control, manager, 1, 1));
	EXPECT_ERRNO(EPERM, box_create_over(self->control, sender, 1, 1));
	EXPECT_ERRNO(EPERM, box_create_over(self->control, derived, 1, 1));
	EXPECT_ERRNO(EBADF, box_create_over(self->control, none, 1, 1));
	EXPECT_ERRNO(EBADF, box_create_over(self->control, -1, 1, 1));
	EXPECT_ERRNO(EBADF, box_create_over(self->control, 2, 1, 1));
	EXPECT_ERRNO(EBADF,
		     box_create_over(self->control, self->control, 1, 1));
	EXPECT_ERRNO(EINVAL, box_create_over(self->control, self->to, 0, 1));
	init_create(&arg, NULL, MBX_CREATE_OWNED, 1);
	arg.deliveries_max = 1;
	EXPECT_ERRNO(EINVAL, ioctl(self->control, MBX_IOC_CREATE, &arg));
	init_create(&arg, NULL, MBX_CREATE_OWNED, 1);
	arg.dead_letter = self->to;
	EXPECT_ERRNO(EINVAL, ioctl(self->control, MBX_IOC_CREATE, &arg));
	init_create(&arg, NULL, MBX_CREATE_OWNED, 1);
	arg.msg_max = 10;
	sender = ioctl(self->control, MBX_IOC_CREATE, &arg);
	EXPECT_ERRNO(EMSGSIZE, box_create_over(self->control, sender, 1, 1));
	EXPECT_EQ(0, box_control(self->to, MBX_CONTROL_SEAL));
	EXPECT_ERRNO(ESHUTDOWN, box_create_over(self->control, manager, 1, 1));
	EXPECT_EQ(0, box_delete(self->to, NULL, 0));
	EXPECT_ERRNO(EIDRM, box_create_over(self->control, manager, 1, 1));
}

TEST_HARNESS_MAIN
