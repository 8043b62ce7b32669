// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deferred sends: the kernel keeps one message for each handle until there is
 * room, tells when it has gone in, and loses it in the cases that it says.  Who
 * is in the middle of something is in defer_race.c.
 */
#include <poll.h>
#include <sys/epoll.h>

#include "events.h"
#include "full.h"

#define CAPACITY 2
#define USER 2001

FIXTURE(defer) {
	int control;
	int fd;
	int other;
	struct counts before;
};

FIXTURE_SETUP(defer)
{
	self->before = counts_now();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, CAPACITY);
	ASSERT_LE(0, self->fd);
	self->other = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(defer)
{
	close(self->other);
	close(self->fd);
	close(self->control);
	EXPECT_TRUE(counts_are_back(&self->before));
}

static bool can_write(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && p.revents & POLLOUT;
}

/* The last one of the handle has, or has been purged. */
static bool went_in(int fd)
{
	return state_now(fd) & MBX_EVENT_DEFERRED;
}

static int watch(int fd)
{
	int event = new_eventfd();

	return box_notify(fd, MBX_EVENT_DEFERRED, event) ? -1 : event;
}

/* --------------------------------------------------------------------- what it is */

TEST_F(defer, is_not_needed_while_there_is_room)
{
	__u64 seq;

	EXPECT_EQ(0, send_full(self->fd, 1, MBX_SEND_DEFER, 0, &seq));
	EXPECT_EQ(1, seq);
	EXPECT_FALSE(went_in(self->fd));
	EXPECT_TRUE(HOLDS(self->fd, 1));
}

TEST_F(defer, keeps_one_for_each_handle)
{
	__u64 seq;

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED,
		  send_full(self->fd, 10, MBX_SEND_DEFER, 0, &seq));
	EXPECT_EQ(0, seq);
	EXPECT_ERRNO(EBUSY, defer_number(self->fd, 11));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->other, 20));
	EXPECT_ERRNO(EBUSY, defer_number(self->other, 21));
	EXPECT_TRUE(has_counts(self->fd, CAPACITY, 0, CAPACITY));
	EXPECT_TRUE(has_waiters(self->fd, 0, 0));

	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_TRUE(has_counts(self->fd, CAPACITY + 1, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 11));
	EXPECT_ERRNO(EBUSY, defer_number(self->other, 21));
	EXPECT_TRUE(HOLDS(self->fd, 1, 10, 20, 11));
	EXPECT_TRUE(has_counts(self->fd, CAPACITY + 3, 0, 0));
	EXPECT_EQ(0, defer_number(self->fd, 12));
}

TEST_F(defer, is_told_when_it_has_gone_in)
{
	int event = watch(self->fd), others = watch(self->other);

	ASSERT_LE(0, event);
	ASSERT_LE(0, others);
	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 10));
	EXPECT_EQ(0, signals_of(event));
	EXPECT_FALSE(went_in(self->fd));
	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_EQ(1, signals_of(event));
	EXPECT_TRUE(went_in(self->fd));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(10, receive_number(self->fd));
	EXPECT_EQ(0, signals_of(event));

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 11));
	EXPECT_FALSE(went_in(self->fd));
	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_EQ(1, signals_of(event));
	EXPECT_EQ(0, signals_of(others));
	EXPECT_FALSE(went_in(self->other));
	close(event);
	close(others);
}

/* Where others wait, room is what they wait for; and no message may be kept. */
TEST_F(defer, is_what_poll_goes_by)
{
	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_FALSE(can_write(self->fd));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 10));
	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_FALSE(can_write(self->fd));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_TRUE(can_write(self->fd));
	EXPECT_TRUE(can_write(self->other));
}

TEST_F(defer, of_a_mailbox)
{
	int fd = create_full(self->control, MBX_FULL_DEFER, 1);
	int other = box_derive(fd, MBX_OPEN_SEND, 0, 0);
	struct mbx_stat stat;
	char value[16];

	ASSERT_EQ(0, box_stat(fd, &stat));
	EXPECT_EQ(MBX_FULL_DEFER, stat.out_full);
	EXPECT_TRUE(proc_lookup("/proc/ipc_mailboxes", "id", stat.out_id,
				"full", value, sizeof(value)));
	EXPECT_STREQ("defer", value);
	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(4, write(fd, "one", 4));
	EXPECT_TRUE(can_write(fd));
	EXPECT_EQ(4, write(fd, "two", 4));
	EXPECT_FALSE(can_write(fd));
	EXPECT_TRUE(can_write(other));
	EXPECT_ERRNO(EBUSY, write(fd, "tri", 4));
	EXPECT_EQ(MBX_LOST, drop_newest(fd, 1));
	EXPECT_ERRNO(EAGAIN, send_full(fd, 1, MBX_SEND_WAIT | MBX_SEND_NONBLOCK,
				       0, NULL));
	EXPECT_EQ(4, read(fd, value, sizeof(value)));
	EXPECT_STREQ("one", value);
	EXPECT_TRUE(can_write(fd));
	EXPECT_EQ(4, read(fd, value, sizeof(value)));
	EXPECT_STREQ("two", value);
	close(other);
	close(fd);
}

static void poller_start(struct child *child, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (child_start(child))
		return;
	/* With a limit it would look once more when that has passed. */
	CHECK(poll(&p, 1, -1) == 1);
	CHECK(p.revents == POLLOUT);
	child_exit();
}

TEST_F(defer, wakes_who_polls)
{
	int fd = create_full(self->control, MBX_FULL_DEFER, 1);
	struct child poller;

	ASSERT_EQ(0, defer_number(fd, 0));
	ASSERT_EQ(MBX_DEFERRED, defer_number(fd, 1));
	poller_start(&poller, fd);
	ASSERT_TRUE(wait_until(thread_state(poller.pid) == 'S'));
	EXPECT_EQ(0, receive_number(fd));
	EXPECT_CHILD(poller);
	EXPECT_EQ(1, receive_number(fd));
	close(fd);
}

static void exclusive_start(struct child *child, int fd)
{
	struct epoll_event event = { .events = EPOLLOUT | EPOLLEXCLUSIVE };
	int epoll;

	if (child_start(child))
		return;
	epoll = epoll_create1(0);
	CHECK(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	CHECK(epoll_wait(epoll, &event, 1, -1) == 1);
	child_exit();
}

/* Whoever came first to be woken alone cannot write yet. */
TEST_F(defer, wakes_who_can_write)
{
	int fd = create_full(self->control, MBX_FULL_DEFER, 1);
	int first = box_derive(fd, MBX_OPEN_SEND, 0, 0);
	int second = box_derive(fd, MBX_OPEN_SEND, 0, 0);
	struct child sleeper, poller;

	ASSERT_EQ(0, defer_number(fd, 0));
	ASSERT_EQ(MBX_DEFERRED, defer_number(first, 1));
	ASSERT_EQ(MBX_DEFERRED, defer_number(second, 2));
	exclusive_start(&sleeper, second);
	ASSERT_TRUE(wait_until(thread_state(sleeper.pid) == 'S'));
	exclusive_start(&poller, first);
	ASSERT_TRUE(wait_until(thread_state(poller.pid) == 'S'));
	EXPECT_EQ(0, receive_number(fd));
	EXPECT_CHILD(poller);
	EXPECT_EQ(1, receive_number(fd));
	EXPECT_CHILD(sleeper);
	close(first);
	close(second);
	close(fd);
}

TEST_F(defer, keeps_so_many_for_a_mailbox)
{
	int handles[MBX_DEFERRED_MAX + 1], i;

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	for (i = 0; i <= MBX_DEFERRED_MAX; i++) {
		handles[i] = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
		ASSERT_LE(0, handles[i]);
	}
	for (i = 0; i < MBX_DEFERRED_MAX; i++)
		ASSERT_EQ(MBX_DEFERRED, defer_number(handles[i], i));
	EXPECT_ERRNO(ENOSPC, defer_number(handles[i], i));
	EXPECT_ERRNO(EBUSY, defer_number(handles[0], i));
	close(handles[0]);
	EXPECT_EQ(MBX_DEFERRED, defer_number(handles[i], i));
	while (i)
		close(handles[i--]);
}

/* ------------------------------------------------------------------ among others */

TEST_F(defer, has_its_place_in_the_line)
{
	struct job *before, *behind;

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	before = job_process(job_send(self->fd, 10, 0));
	ASSERT_TRUE(job_blocks(before));
	EXPECT_EQ(MBX_DEFERRED,
		  send_full(self->fd, 11, MBX_SEND_DEFER, 9, NULL));
	behind = job_process(job_send(self->fd, 12, 0));
	ASSERT_TRUE(job_blocks(behind));
	EXPECT_TRUE(has_waiters(self->fd, 2, 0));
	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_EQ(0, job_join(before));
	EXPECT_FALSE(went_in(self->fd));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_TRUE(went_in(self->fd));
	EXPECT_TRUE(is_blocked(behind->tid, "send"));
	EXPECT_TRUE(HOLDS(self->fd, 11, 10, 12));
	EXPECT_EQ(0, job_join(behind));
}

/* It makes no room, and needs what it makes for nobody else. */
TEST_F(defer, stays_while_others_are_dropped)
{
	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 10));
	EXPECT_EQ(MBX_LOST, drop_oldest(self->fd, 2));
	EXPECT_EQ(MBX_LOST, drop_newest(self->fd, 3));
	EXPECT_FALSE(went_in(self->fd));
	EXPECT_TRUE(HOLDS(self->fd, 1, 2, 10));
	EXPECT_TRUE(has_counts(self->fd, CAPACITY + 3, 2, 0));
}

/* It waits for room outside. */
TEST_F(defer, is_not_there_to_be_chosen)
{
	struct mbx_select select = select_by(MBX_SELECT_PRIORITY);

	select.priority = 9;
	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED,
		  send_full(self->fd, 10, MBX_SEND_DEFER, 9, NULL));
	EXPECT_ERRNO(EAGAIN, receive_selected(self->fd, &select, 0));
	EXPECT_TRUE(HOLDS(self->fd, 0, 10, 1));
}

TEST_F(defer, to_one_who_waits)
{
	struct mbx_select select = select_by(MBX_SELECT_SEQ);
	struct job *job = job_receive(self->fd, 0);

	select.seq = CAPACITY + 1;
	job->receive.select_ptr = (uintptr_t)&select;
	ASSERT_TRUE(job_blocks(job_thread(job)));
	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(0, defer_number(self->fd, 3));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(3, job_number(job));
}

static bool sent_by_this_thread(unsigned long long nr)
{
	char value[24];

	return proc_lookup("/proc/ipc_threads", "tid", getpid(), "sent", value,
			   sizeof(value)) &&
	       strtoull(value, NULL, 10) == nr;
}

TEST_F(defer, is_counted_by_who_sent_it)
{
	char pids[64];

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 10));
	EXPECT_TRUE(sent_by_this_thread(CAPACITY + 1));
	EXPECT_ERRNO(EBUSY, defer_number(self->fd, 11));
	EXPECT_TRUE(sent_by_this_thread(CAPACITY + 1));
	EXPECT_TRUE(proc_lookup("/proc/ipc_mailboxes", "id", box_id(self->fd),
				"sender_pids", pids, sizeof(pids)));
	EXPECT_STREQ("-", pids);
}

TEST_F(defer, an_error_keeps_nothing)
{
	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_ERRNO(EFAULT, box_send(self->fd, nowhere(), 4, MBX_SEND_DEFER));
	EXPECT_ERRNO(EINVAL,
		     box_send(self->fd, "", 1, MBX_SEND_DEFER | MBX_SEND_SYNC));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 10));
	EXPECT_TRUE(HOLDS(self->fd, 0, 1, 10));
}

/* Time is for who waits. */
TEST_F(defer, whatever_the_time)
{
	__u32 number = 10;
	struct mbx_send arg;

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	init_send(&arg, &number, sizeof(number),
		  MBX_SEND_DEFER | MBX_SEND_NONBLOCK);
	arg.deadline = 1;
	EXPECT_EQ(MBX_DEFERRED, ioctl(self->fd, MBX_IOC_SEND, &arg));
	EXPECT_EQ(0, arg.out_pid);
	EXPECT_EQ(0, arg.out_tid);
}

TEST_F(defer, ends_a_batch)
{
	__u32 number[4] = { 0, 1, 2, 3 };
	struct mbx_send send[4];
	struct mbx_batch batch;
	int i;

	for (i = 0; i < 4; i++)
		init_send(&send[i], &number[i], sizeof(__u32), MBX_SEND_DEFER);
	init_batch(&batch, MBX_CMD_SEND, send, sizeof(send[0]), 4);
	EXPECT_EQ(CAPACITY + 1, ioctl(self->fd, MBX_IOC_BATCH, &batch));
	EXPECT_EQ(EINPROGRESS, batch.out_error);
	EXPECT_EQ(0, batch.out_lost);
	EXPECT_ERRNO(EBUSY, ioctl(self->fd, MBX_IOC_BATCH, &batch));
	init_batch(&batch, MBX_CMD_SEND, send, sizeof(send[0]), 1);
	EXPECT_EQ(1, ioctl(self->other, MBX_IOC_BATCH, &batch));
	EXPECT_EQ(EINPROGRESS, batch.out_error);
	EXPECT_TRUE(HOLDS(self->fd, 0, 1, 2, 0));
}

TEST_F(defer, a_handle_for_one)
{
	int fd = box_derive(self->fd, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 7);
	struct mbx_select select = select_by(MBX_SELECT_BADGE);

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED, defer_number(fd, 10));
	EXPECT_ERRNO(EKEYEXPIRED, defer_number(fd, 11));
	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_ERRNO(EKEYEXPIRED, defer_number(fd, 11));
	select.badge = 7;
	EXPECT_EQ(10, receive_selected(self->fd, &select, 0));
	EXPECT_TRUE(HOLDS(self->fd, 1));
	close(fd);
}

/* --------------------------------------------------------------------- rendezvous */

TEST_F(defer, rendezvous)
{
	struct mbx_select select = select_by(MBX_SELECT_PRIORITY);
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	int other = box_derive(fd, BOTH_RIGHTS, 0, 0);
	struct job *job, *sender;
	__u32 number = 5;
	struct mbx_send arg;

	EXPECT_EQ(MBX_DEFERRED, defer_number(fd, 1));
	EXPECT_ERRNO(EBUSY, defer_number(fd, 2));
	sender = job_process(job_send(fd, 2, 0));
	ASSERT_TRUE(job_blocks(sender));
	EXPECT_EQ(MBX_DEFERRED, send_full(other, 3, MBX_SEND_DEFER, 9, NULL));
	EXPECT_TRUE(has_waiters(fd, 1, 0));
	EXPECT_FALSE(can_write(other));
	/* All those that are offered can be chosen, and have their order. */
	select.priority = 1;
	EXPECT_EQ(3, receive_selected(fd, &select, MBX_RECEIVE_PEEK));
	EXPECT_FALSE(went_in(other));
	EXPECT_EQ(3, receive_selected(fd, &select, 0));
	EXPECT_TRUE(went_in(other));
	EXPECT_FALSE(went_in(fd));
	EXPECT_EQ(1, receive_number(fd));
	EXPECT_TRUE(went_in(fd));
	EXPECT_EQ(2, receive_number(fd));
	EXPECT_EQ(0, job_join(sender));

	job = job_process(job_receive(fd, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_TRUE(can_write(fd));
	init_send(&arg, &number, sizeof(number), MBX_SEND_DEFER);
	EXPECT_EQ(0, ioctl(fd, MBX_IOC_SEND, &arg));
	EXPECT_EQ(job->tid, arg.out_tid);
	EXPECT_EQ(0, job_join(job));
	EXPECT_TRUE(has_counts(fd, 4, 0, 0));
	close(other);
	close(fd);
}

/* --------------------------------------------------------------------- its end */

/* Who waits for room behind it goes on.  A process would have the handle, too. */
TEST_F(defer, withdrawn_by_close)
{
	struct job *behind;

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->other, 10));
	behind = job_thread(job_send(self->fd, 11, 0));
	ASSERT_TRUE(job_blocks(behind));
	EXPECT_EQ(0, close(self->other));
	EXPECT_TRUE(has_counts(self->fd, CAPACITY + 1, 1, CAPACITY));
	EXPECT_TRUE(HOLDS(self->fd, 0, 1, 11));
	EXPECT_EQ(0, job_join(behind));
	EXPECT_TRUE(has_counts(self->fd, CAPACITY + 2, 1, 0));
	self->other = -1;
}

TEST_F(defer, withdrawn_by_close_at_capacity_0)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	int other = box_derive(fd, MBX_OPEN_SEND, 0, 0);

	EXPECT_EQ(MBX_DEFERRED, defer_number(other, 1));
	EXPECT_EQ(MBX_DEFERRED, defer_number(fd, 2));
	close(other);
	EXPECT_TRUE(HOLDS(fd, 2));
	EXPECT_TRUE(has_counts(fd, 2, 1, 0));
	close(fd);
}

/* It is the handle's, not the process's. */
TEST_F(defer, outlives_who_sent_it)
{
	struct mbx_receive arg;
	struct child child;
	__u32 number;

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	if (!child_start(&child)) {
		CHECK(defer_number(self->fd, 10) == MBX_DEFERRED);
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_ERRNO(EBUSY, defer_number(self->fd, 11));
	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_EQ(1, receive_number(self->fd));
	init_receive(&arg, &number, sizeof(number), 0);
	EXPECT_EQ(0, ioctl(self->fd, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(10, number);
	EXPECT_EQ(child.pid, arg.out_pid);
}

TEST_F(defer, dies_with_the_last_who_has_the_handle)
{
	struct child child;
	struct gate gate;
	int fd;

	gate_init(&gate);
	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	if (!child_start(&child)) {
		fd = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
		CHECK(defer_number(fd, 10) == MBX_DEFERRED);
		CHECK(gate_open(&gate));
		for (;;)
			pause();
	}
	ASSERT_TRUE(gate_wait(&gate));
	kill(child.pid, SIGKILL);
	child_join(&child);
	EXPECT_TRUE(has_counts(self->fd, CAPACITY + 1, 1, CAPACITY));
	EXPECT_TRUE(HOLDS(self->fd, 0, 1));
}

TEST_F(defer, withdrawn_by_revocation)
{
	int event = watch(self->other);

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->other, 10));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 11));
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(0, signals_of(event));
	EXPECT_TRUE(has_counts(self->fd, CAPACITY + 1, 1, CAPACITY));
	EXPECT_ERRNO(EKEYREVOKED, defer_number(self->other, 10));
	EXPECT_TRUE(HOLDS(self->fd, 0, 1, 11));
	close(event);
}

TEST_F(defer, withdrawn_by_revocation_at_capacity_0)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	int other = box_derive(fd, MBX_OPEN_SEND, 0, 0);

	EXPECT_EQ(MBX_DEFERRED, defer_number(other, 1));
	EXPECT_EQ(MBX_DEFERRED, defer_number(fd, 2));
	EXPECT_EQ(1, box_revoke(fd));
	EXPECT_TRUE(HOLDS(fd, 2));
	EXPECT_TRUE(has_counts(fd, 2, 1, 0));
	close(other);
	close(fd);
}

/* A send fails now, so that it does not wait; but it did not go in. */
TEST_F(defer, withdrawn_by_a_seal)
{
	int event = watch(self->fd);

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 10));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_TRUE(can_write(self->fd));
	EXPECT_FALSE(went_in(self->fd));
	EXPECT_EQ(0, signals_of(event));
	EXPECT_ERRNO(ESHUTDOWN, defer_number(self->fd, 10));
	EXPECT_TRUE(has_counts(self->fd, CAPACITY + 1, 1, CAPACITY));
	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_ERRNO(ESHUTDOWN, receive_number(self->fd));
	close(event);
}

TEST_F(defer, withdrawn_by_a_seal_at_capacity_0)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);

	EXPECT_EQ(MBX_DEFERRED, defer_number(fd, 1));
	EXPECT_EQ(0, box_control(fd, MBX_CONTROL_DRAIN));
	EXPECT_FALSE(went_in(fd));
	EXPECT_TRUE(has_counts(fd, 1, 1, 0));
	EXPECT_ERRNO(ESHUTDOWN, receive_number(fd));
	close(fd);
}

TEST_F(defer, in_what_is_deleted)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	int event = watch(self->fd);

	EXPECT_EQ(MBX_DEFERRED, defer_number(fd, 1));
	EXPECT_EQ(0, box_delete(fd, NULL, 0));
	EXPECT_ERRNO(EIDRM, defer_number(fd, 1));
	close(fd);
	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 10));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->other, 11));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(0, signals_of(event));
	EXPECT_ERRNO(EIDRM, defer_number(self->fd, 1));
	close(event);
}

/* As others that wait for room it goes in, and at capacity 0 is purged. */
TEST_F(defer, purged)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	int event = watch(self->fd);

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 10));
	EXPECT_EQ(CAPACITY, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_EQ(1, signals_of(event));
	EXPECT_TRUE(has_counts(self->fd, CAPACITY + 1, CAPACITY, 1));
	EXPECT_TRUE(HOLDS(self->fd, 10));

	EXPECT_EQ(MBX_DEFERRED, defer_number(fd, 1));
	EXPECT_FALSE(went_in(fd));
	EXPECT_EQ(1, box_control(fd, MBX_CONTROL_PURGE));
	EXPECT_TRUE(went_in(fd));
	EXPECT_TRUE(has_counts(fd, 1, 1, 0));
	EXPECT_EQ(MBX_DEFERRED, defer_number(fd, 2));
	EXPECT_TRUE(HOLDS(fd, 2));
	close(event);
	close(fd);
}

TEST_F(defer, frozen_and_thawed)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	struct job *job[CAPACITY + 1], *one;
	int i;

	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	for (i = 0; i < CAPACITY + 1; i++) {
		job[i] = job_process(job_receive(self->fd, 0));
		ASSERT_TRUE(job_blocks(job[i]));
	}
	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, CAPACITY));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_TRUE(went_in(self->fd));
	for (i = 0; i < CAPACITY + 1; i++) {
		EXPECT_EQ(0, job_join(job[i]));
		EXPECT_EQ(i, job_number(job[i]));
	}

	ASSERT_EQ(0, box_control(fd, MBX_CONTROL_FREEZE));
	one = job_process(job_receive(fd, 0));
	ASSERT_TRUE(job_blocks(one));
	EXPECT_EQ(MBX_DEFERRED, defer_number(fd, 7));
	EXPECT_TRUE(job_blocks(one));
	ASSERT_EQ(0, box_control(fd, MBX_CONTROL_THAW));
	EXPECT_EQ(0, job_join(one));
	EXPECT_EQ(7, job_number(one));
	EXPECT_TRUE(went_in(fd));
	close(fd);
}

/* Not what a receiver waits for: another message got that number meanwhile. */
TEST_F(defer, thawed_without_room)
{
	struct mbx_select select = { .size = sizeof(select),
				     .flags = MBX_SELECT_SEQ,
				     .seq = 2 };
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	struct job *job = job_receive(fd, 0);

	ASSERT_EQ(0, box_control(fd, MBX_CONTROL_FREEZE));
	ASSERT_EQ(0, send_number(fd, 1));
	job->receive.select_ptr = (uintptr_t)&select;
	job_process(job);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(MBX_DEFERRED, defer_number(fd, 2));
	EXPECT_EQ(MBX_LOST, drop_newest(fd, 3));
	ASSERT_EQ(0, box_control(fd, MBX_CONTROL_THAW));
	EXPECT_FALSE(went_in(fd));
	EXPECT_TRUE(has_counts(fd, 2, 1, 1));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	close(fd);
}

/* Who sent it pays for it as long as it is kept. */
TEST_F(defer, and_the_limit_of_a_user)
{
	const size_t len = 200000;
	long long old = read_number(MODULE_PARAM("max_user_bytes"));
	char *data = calloc(1, len);
	struct child child;

	NEED_ROOT();
	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	ASSERT_EQ(0, write_number(MODULE_PARAM("max_user_bytes"), 600000));
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK(box_send(self->fd, data, len, MBX_SEND_DEFER) ==
		      MBX_DEFERRED);
		CHECK(box_send(self->other, data, len, MBX_SEND_DEFER) ==
		      MBX_DEFERRED);
		CHECK_ERRNO(EDQUOT, box_send(self->fd, data, len,
					     MBX_SEND_DROP_NEWEST));
		child_exit();
	}
	EXPECT_CHILD(child);
	close(self->other);
	self->other = -1;
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK(box_send(self->fd, data, len, MBX_SEND_DROP_NEWEST) ==
		      MBX_LOST);
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(0, write_number(MODULE_PARAM("max_user_bytes"), old));
	free(data);
}

TEST_HARNESS_MAIN
