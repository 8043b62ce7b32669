// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Administration: mailboxes that are frozen, sealed or purged, and who may do
 * that.  Draining, and what meets others in the middle, is in control_race.c.
 */
#include <poll.h>

#include "peers.h"
#include "sleeps.h"

#define READABLE (POLLIN | POLLRDNORM)
#define WRITABLE (POLLOUT | POLLWRNORM)

static short events_of(int fd)
{
	struct pollfd p = {
		.fd = fd,
		.events = READABLE | WRITABLE | POLLRDHUP,
	};

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static bool fill_with(int fd, int first, int end)
{
	for (; first < end; first++)
		if (send_number(fd, first))
			return false;
	return true;
}

static bool state_is(int fd, __u32 state, const char *word)
{
	struct mbx_stat stat;
	char value[16];

	return !box_stat(fd, &stat) && stat.out_state == state &&
	       proc_lookup("/proc/ipc_mailboxes", "id", stat.out_id, "state",
			   value, sizeof(value)) &&
	       !strcmp(value, word);
}

static int peek(int fd)
{
	__u32 number;

	return box_receive(fd, &number, sizeof(number),
			   MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK) < 0 ?
		       -1 :
		       (int)number;
}

#define CAPACITY 3

FIXTURE(control) {
	int control;
	int fd;
};

FIXTURE_SETUP(control)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, CAPACITY);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(control)
{
	close(self->fd);
	close(self->control);
}

/* ----------------------------------------------------------------- who and what */

TEST_F(control, state_is_told)
{
	EXPECT_TRUE(state_is(self->fd, 0, "open"));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	EXPECT_TRUE(state_is(self->fd, MBX_STATE_FROZEN, "frozen"));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_TRUE(state_is(self->fd, MBX_STATE_FROZEN | MBX_STATE_SEALED,
			     "frozen,sealed"));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_TRUE(state_is(self->fd, MBX_STATE_SEALED, "sealed"));
}

TEST_F(control, wrong_arguments)
{
	struct mbx_control arg;
	unsigned int bit;

	EXPECT_ERRNO(EINVAL, box_control(self->fd, MBX_CONTROL_DRAIN + 1));
	EXPECT_ERRNO(EINVAL, box_control(self->fd, ~0U));
	for (bit = 0; bit < 32; bit++) {
		init_control(&arg, MBX_CONTROL_SEAL);
		arg.__reserved = 1U << bit;
		EXPECT_ERRNO(EOPNOTSUPP,
			     ioctl(self->fd, MBX_IOC_CONTROL, &arg));
	}
	init_control(&arg, MBX_CONTROL_SEAL);
	arg.deadline = in_ms(1000);
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, MBX_IOC_CONTROL, &arg));
	init_control(&arg, MBX_CONTROL_DRAIN);
	arg.deadline = 1ULL << 63;
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, MBX_IOC_CONTROL, &arg));
	init_control(&arg, MBX_CONTROL_DRAIN);
	arg.flags = MBX_CONTROL_REALTIME;
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, MBX_IOC_CONTROL, &arg));
	EXPECT_TRUE(state_is(self->fd, 0, "open"));
}

TEST_F(control, needs_the_right_or_the_mailbox)
{
	int with = box_derive(self->fd, MBX_OPEN_MANAGE, 0, 0);
	int without = box_derive(self->fd, BOTH_RIGHTS, 0, 0);
	struct child child;
	__u32 op;

	NEED_ROOT();
	EXPECT_EQ(0, box_control(without, MBX_CONTROL_FREEZE));
	if (!child_start(&child)) {
		CHECK(!become(2001, 2001, 0));
		for (op = 0; op <= MBX_CONTROL_DRAIN; op++)
			CHECK_ERRNO(EPERM, box_control(without, op));
		CHECK(!send_number(without, 1));
		CHECK(box_control(with, MBX_CONTROL_PURGE) == 1);
		CHECK(!box_control(with, MBX_CONTROL_THAW));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_TRUE(state_is(self->fd, 0, "open"));
}

TEST_F(control, of_what_has_ended)
{
	int fd = box_derive(self->fd, MBX_OPEN_MANAGE, 0, 0);
	__u32 op;

	ASSERT_EQ(1, box_revoke(self->fd));
	for (op = 0; op <= MBX_CONTROL_DRAIN; op++)
		EXPECT_ERRNO(EKEYREVOKED, box_control(fd, op));
	ASSERT_EQ(0, box_delete(self->fd, NULL, 0));
	for (op = 0; op <= MBX_CONTROL_DRAIN; op++)
		EXPECT_ERRNO(EIDRM, box_control(self->fd, op));
}

/* --------------------------------------------------------------------- freezing */

TEST_F(control, frozen_delivers_nothing)
{
	char c[4];

	EXPECT_EQ(0, send_number(self->fd, 0));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	EXPECT_TRUE(fill_with(self->fd, 1, CAPACITY));
	EXPECT_ERRNO(EAGAIN, send_number(self->fd, 9));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
	EXPECT_ERRNO(EAGAIN, box_receive(self->fd, c, 0, MBX_RECEIVE_NONBLOCK));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(EAGAIN, read(self->fd, c, sizeof(c)));
	EXPECT_EQ(0, peek(self->fd));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(2, receive_number(self->fd));
}

/* Nobody who comes later gets in before one who waited. */
TEST_F(control, thawed_serves_in_order)
{
	struct job *receiver[CAPACITY + 2], *sender[CAPACITY];
	int i;

	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	for (i = 0; i < CAPACITY + 2; i++) {
		receiver[i] = job_process(job_receive(self->fd, 0));
		ASSERT_TRUE(job_blocks(receiver[i]));
	}
	EXPECT_TRUE(fill_with(self->fd, 0, CAPACITY));
	for (i = 0; i < CAPACITY; i++) {
		sender[i] = job_thread(job_send(self->fd, CAPACITY + i,
						i == 1 ? MBX_SEND_SYNC : 0));
		ASSERT_TRUE(job_blocks(sender[i]));
	}
	EXPECT_TRUE(has_waiters(self->fd, CAPACITY, CAPACITY + 2));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	for (i = 0; i < CAPACITY + 2; i++) {
		EXPECT_EQ(0, job_join(receiver[i]));
		EXPECT_EQ(i, job_number(receiver[i]));
	}
	for (i = 0; i < CAPACITY; i++)
		EXPECT_EQ(0, job_join(sender[i]));
	EXPECT_EQ(CAPACITY + 2, receive_number(self->fd));
	EXPECT_TRUE(has_waiters(self->fd, 0, 0));
}

TEST_F(control, thawed_refuses_small_buffers)
{
	struct job *small = job_receive(self->fd, 0), *job;
	char text[8];

	small->receive.data_len = 2;
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	ASSERT_TRUE(job_blocks(job_process(small)));
	job = job_process(job_receive(self->fd, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, send_number(self->fd, 7));
	EXPECT_EQ(0, box_send(self->fd, "longer", 6, 0));
	EXPECT_EQ(0, box_send(self->fd, "x", 1, 0));
	EXPECT_ERRNO(EAGAIN,
		     box_send(self->fd, "longer", 6, MBX_SEND_NONBLOCK));
	EXPECT_TRUE(has_waiters(self->fd, 0, 2));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_EQ(EMSGSIZE, job_join(small));
	EXPECT_EQ(sizeof(__u32), small->receive.out_len);
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(7, job_number(job));
	EXPECT_EQ(6, box_receive(self->fd, text, sizeof(text), 0));
	EXPECT_EQ(1, box_receive(self->fd, text, sizeof(text), 0));
}

TEST_F(control, frozen_rendezvous_waits)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	struct job *sender, *receiver;

	ASSERT_EQ(0, box_control(fd, MBX_CONTROL_FREEZE));
	receiver = job_process(job_receive(fd, 0));
	ASSERT_TRUE(job_blocks(receiver));
	EXPECT_ERRNO(EAGAIN, send_number(fd, 1));
	EXPECT_EQ(0, events_of(fd));
	sender = job_process(job_send(fd, 2, 0));
	ASSERT_TRUE(job_blocks(sender));
	EXPECT_EQ(0, events_of(fd));
	EXPECT_EQ(2, peek(fd));
	EXPECT_TRUE(has_waiters(fd, 1, 1));
	ASSERT_EQ(0, box_control(fd, MBX_CONTROL_THAW));
	EXPECT_EQ(0, job_join(sender));
	EXPECT_EQ(receiver->tid, sender->send.out_tid);
	EXPECT_EQ(0, job_join(receiver));
	EXPECT_EQ(2, job_number(receiver));
}

TEST_F(control, frozen_serves_who_only_looks)
{
	struct job *job = job_process(job_receive(self->fd, MBX_RECEIVE_PEEK));

	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	EXPECT_EQ(0, send_number(self->fd, 4));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(4, job_number(job));
}

TEST_F(control, frozen_is_not_readable)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(READABLE | WRITABLE, events_of(self->fd));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	EXPECT_EQ(WRITABLE, events_of(self->fd));
	EXPECT_TRUE(fill_with(self->fd, 1, CAPACITY));
	EXPECT_EQ(0, events_of(self->fd));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_EQ(READABLE, events_of(self->fd));
}

/* ---------------------------------------------------------------------- sealing */

static bool takes_nothing(int fd)
{
	return send_number(fd, 1) == -1 && errno == ESHUTDOWN &&
	       box_send(fd, "1", 1, 0) == -1 && errno == ESHUTDOWN &&
	       box_send(fd, "1", 1, MBX_SEND_SYNC) == -1 &&
	       errno == ESHUTDOWN && write(fd, "1", 1) == -1 &&
	       errno == ESHUTDOWN;
}

static bool gives_nothing(int fd)
{
	char c;

	return receive_number(fd) == -1 && errno == ESHUTDOWN &&
	       box_receive(fd, &c, 1, 0) == -1 && errno == ESHUTDOWN &&
	       box_receive(fd, &c, 1, MBX_RECEIVE_PEEK) == -1 &&
	       errno == ESHUTDOWN && read(fd, &c, 1) == -1 &&
	       errno == ESHUTDOWN;
}

TEST_F(control, sealed_gives_what_it_has)
{
	ASSERT_TRUE(fill_with(self->fd, 0, 2));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_TRUE(takes_nothing(self->fd));
	EXPECT_EQ(0, peek(self->fd));
	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_TRUE(takes_nothing(self->fd));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_TRUE(gives_nothing(self->fd));
	EXPECT_TRUE(takes_nothing(self->fd));
}

TEST_F(control, sealed_and_frozen)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
	EXPECT_TRUE(takes_nothing(self->fd));
	EXPECT_EQ(WRITABLE | POLLRDHUP, events_of(self->fd));
	EXPECT_EQ(1, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_TRUE(gives_nothing(self->fd));
}

TEST_F(control, sealed_is_told_to_pollers)
{
	int in = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	int out = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	int none = box_derive(self->fd, MBX_OPEN_MANAGE, 0, 0);

	ASSERT_TRUE(fill_with(self->fd, 0, CAPACITY));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_EQ(READABLE | WRITABLE | POLLRDHUP, events_of(self->fd));
	EXPECT_EQ(READABLE | POLLRDHUP, events_of(in));
	EXPECT_EQ(WRITABLE | POLLHUP, events_of(out));
	EXPECT_EQ(0, events_of(none));
	ASSERT_TRUE(drain(self->fd, &(struct sleep_kind){ .filled = 3 }));
	EXPECT_EQ(WRITABLE | POLLRDHUP | POLLHUP, events_of(self->fd));
	EXPECT_EQ(POLLRDHUP | POLLHUP, events_of(in));
	EXPECT_EQ(WRITABLE | POLLHUP, events_of(out));
	EXPECT_EQ(0, events_of(none));
}

/* ---------------------------------------------------------------------- purging */

TEST_F(control, purged_is_lost)
{
	struct mbx_stat stat;

	ASSERT_TRUE(fill_with(self->fd, 0, CAPACITY));
	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_EQ(CAPACITY - 1, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
	EXPECT_EQ(WRITABLE, events_of(self->fd));
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_EQ(0, stat.out_bytes);
	EXPECT_EQ(CAPACITY, stat.out_sent);
	EXPECT_EQ(1, stat.out_received);
	EXPECT_EQ(CAPACITY - 1, stat.out_lost);
	EXPECT_EQ(CAPACITY * sizeof(__u32), stat.out_bytes_sent);
	EXPECT_TRUE(fill_with(self->fd, 0, CAPACITY));
	EXPECT_EQ(0, receive_number(self->fd));
}

/* Who waits for room gets in; who waits for a receiver is told. */
TEST_F(control, purged_makes_room)
{
	struct job *sync, *job[CAPACITY];
	struct mbx_stat stat;
	int i;

	ASSERT_TRUE(fill_with(self->fd, 0, CAPACITY - 1));
	sync = job_process(job_send(self->fd, 9, MBX_SEND_SYNC));
	ASSERT_TRUE(job_blocks(sync));
	for (i = 0; i < CAPACITY; i++) {
		job[i] = job_process(job_send(self->fd, i, 0));
		ASSERT_TRUE(job_blocks(job[i]));
	}
	EXPECT_EQ(CAPACITY, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_EQ(ECANCELED, job_join(sync));
	for (i = 0; i < CAPACITY; i++)
		EXPECT_EQ(0, job_join(job[i]));
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(CAPACITY, stat.out_depth);
	EXPECT_EQ(2 * CAPACITY - 1, stat.out_sent);
	EXPECT_EQ(CAPACITY - 1, stat.out_lost);
	for (i = 0; i < CAPACITY; i++)
		EXPECT_EQ(i, receive_number(self->fd));
}

TEST_HARNESS_MAIN
