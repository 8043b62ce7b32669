// SPDX-License-Identifier: GPL-2.0-or-later
/* What a registration for events is, and how it is refused. */
#include <poll.h>

#include "events.h"

/* ---------------------------------------------------------- the registration */

TEST_F(notify, state)
{
	struct mbx_notify arg;

	EXPECT_EQ(MBX_EVENT_ROOM | MBX_EVENT_EMPTY, state_now(self->watch));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(MBX_EVENT_ROOM | MBX_EVENT_READABLE, state_now(self->watch));
	EXPECT_EQ(0, send_number(self->box, 2));
	EXPECT_EQ(MBX_EVENT_READABLE, state_now(self->watch));
	init_notify(&arg, MBX_EVENT_ROOM, self->event);
	ASSERT_EQ(0, ioctl(self->watch, MBX_IOC_NOTIFY, &arg));
	EXPECT_EQ(MBX_EVENT_READABLE, arg.out_state);
	EXPECT_EQ(0, arg.out_events);
	EXPECT_EQ(0, sum_of(&arg));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(1, signals_of(self->event));
	init_notify(&arg, 0, 0);
	ASSERT_EQ(0, ioctl(self->watch, MBX_IOC_NOTIFY, &arg));
	EXPECT_EQ(MBX_EVENT_ROOM | MBX_EVENT_READABLE, arg.out_state);
	EXPECT_EQ(0, arg.out_events);
}

TEST_F(notify, replaced)
{
	int other = new_eventfd();

	ASSERT_EQ(0, box_notify(self->watch, MBX_EVENT_READABLE, self->event));
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, box_notify(self->watch, MBX_EVENT_EMPTY, other));
	EXPECT_EQ(1, signals_of(self->event));
	EXPECT_EQ(0, events_now(self->watch));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, signals_of(self->event));
	EXPECT_EQ(1, signals_of(other));
	EXPECT_EQ(MBX_EVENT_EMPTY, events_now(self->watch));
	close(other);
}

TEST_F(notify, taken_away)
{
	ASSERT_EQ(0, box_notify(self->watch, 0, 0));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, box_notify(self->watch, 0, 0));
	EXPECT_EQ(1, signals_of(self->event));
	EXPECT_EQ(0, events_now(self->watch));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_EQ(0, signals_of(self->event));
}

/* With the handle, not with one of its descriptors. */
TEST_F(notify, closed)
{
	int same = dup(self->watch);

	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	close(self->watch);
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(1, signals_of(self->event));
	close(same);
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(0, signals_of(self->event));
}

/* The eventfd lives as long as somebody can see what is in it, or not. */
TEST_F(notify, eventfd_is_closed)
{
	struct mbx_notify arg;

	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	close(self->event);
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, box_events(self->watch, &arg));
	EXPECT_EQ(MBX_EVENT_READABLE, arg.out_events);
}

/* No command waits for whoever should read it. */
TEST_F(notify, eventfd_is_full)
{
	__u64 most = 0xfffffffffffffffeULL, value;

	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	ASSERT_EQ(8, write(self->event, &most, 8));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(MBX_EVENT_READABLE | MBX_EVENT_EMPTY,
		  events_now(self->watch));
	EXPECT_EQ(8, read(self->event, &value, 8));
}

TEST_F(notify, one_eventfd_for_all)
{
	ASSERT_EQ(0, box_notify(self->watch, MBX_EVENT_READABLE, self->event));
	ASSERT_EQ(0, box_notify(self->box, MBX_EVENT_READABLE, self->event));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(2, signals_of(self->event));
	EXPECT_EQ(MBX_EVENT_READABLE, events_now(self->box));
	EXPECT_EQ(MBX_EVENT_READABLE, events_now(self->watch));
	EXPECT_EQ(0, events_now(self->watch));
}

TEST_F(notify, poller_is_woken)
{
	struct child child;

	ASSERT_EQ(0, box_notify(self->watch, MBX_EVENT_READABLE, self->event));
	if (!child_start(&child)) {
		struct pollfd p = { .fd = self->event, .events = POLLIN };

		CHECK(poll(&p, 1, WAIT_LIMIT / MSEC) == 1);
		CHECK(signals_of(self->event) == 1);
		child_exit();
	}
	ASSERT_TRUE(wait_until(thread_state(child.pid) == 'S'));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_CHILD(child);
}

/* ------------------------------------------------------------------ refusals */

TEST_F(notify, wrong_descriptor)
{
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	EXPECT_ERRNO(EBADF, box_notify(self->watch, PLAIN_EVENTS, -1));
	EXPECT_ERRNO(EBADF, box_notify(self->watch, PLAIN_EVENTS, 1 << 20));
	EXPECT_ERRNO(EINVAL, box_notify(self->watch, PLAIN_EVENTS, pipes[1]));
	EXPECT_ERRNO(EINVAL,
		     box_notify(self->watch, PLAIN_EVENTS, self->control));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, events_now(self->watch));
}

/* The one before stays. */
TEST_F(notify, refused)
{
	ASSERT_EQ(0, box_notify(self->watch, MBX_EVENT_READABLE, self->event));
	EXPECT_ERRNO(EBADF, box_notify(self->watch, PLAIN_EVENTS, -1));
	EXPECT_ERRNO(EINVAL,
		     box_notify(self->watch, 1U << MBX_EVENTS, self->event));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_TRUE(told(self, MBX_EVENT_READABLE));
}

TEST_F(notify, wrong_arguments)
{
	struct mbx_notify arg;
	unsigned int bit;

	for (bit = MBX_EVENTS; bit < 32; bit++)
		EXPECT_ERRNO(EINVAL, box_notify(self->watch, 1U << bit | 1,
						self->event));
	EXPECT_ERRNO(EINVAL, box_notify(self->watch, LEVELS, self->event));
	EXPECT_ERRNO(EINVAL,
		     box_notify_levels(self->watch, LEVELS, self->event, 3, 3));
	EXPECT_ERRNO(EINVAL, box_notify_levels(self->watch, MBX_EVENT_LOW,
					       self->event, ~0U, 3));
	EXPECT_ERRNO(EINVAL, box_notify_levels(self->watch, MBX_EVENT_ROOM,
					       self->event, 0, 3));
	EXPECT_ERRNO(EINVAL, box_notify_levels(self->watch, MBX_EVENT_ROOM,
					       self->event, 3, 0));
	EXPECT_ERRNO(EINVAL, box_notify(self->watch, 0, self->event));
	EXPECT_ERRNO(EINVAL, box_notify(self->watch, 0, -1));
	EXPECT_ERRNO(EINVAL, box_notify_levels(self->watch, 0, 0, 1, 0));
	EXPECT_ERRNO(EINVAL, box_notify_levels(self->watch, 0, 0, 0, 1));
	init_notify(&arg, MBX_EVENT_ROOM, self->event);
	arg.data = 1;
	EXPECT_ERRNO(EINVAL, ioctl(self->watch, MBX_IOC_NOTIFY, &arg));
	init_notify(&arg, 0, 0);
	arg.data = 1;
	EXPECT_ERRNO(EINVAL, ioctl(self->watch, MBX_IOC_NOTIFY, &arg));
	arg.flags = MBX_NOTIFY_READ;
	EXPECT_ERRNO(EINVAL, ioctl(self->watch, MBX_IOC_NOTIFY, &arg));
	init_notify(&arg, MBX_EVENT_ROOM, self->event);
	arg.flags = MBX_NOTIFY_READ;
	EXPECT_ERRNO(EINVAL, ioctl(self->watch, MBX_IOC_NOTIFY, &arg));
	init_notify(&arg, 0, 0);
	arg.flags = MBX_NOTIFY_READ << 1;
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(self->watch, MBX_IOC_NOTIFY, &arg));
	EXPECT_ERRNO(ENOTTY, box_notify(self->control, 0, 0));
}

TEST_F(notify, so_many)
{
	int fds[MBX_NOTIFY_MAX + 1], i;

	for (i = 0; i <= MBX_NOTIFY_MAX; i++) {
		fds[i] = box_open(self->control, NULL, box_id(self->box), 0);
		ASSERT_LE(0, fds[i]);
		EXPECT_ERRNO(i < MBX_NOTIFY_MAX ? 0 : ENOSPC,
			     box_notify(fds[i], PLAIN_EVENTS, self->event));
	}
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(MBX_NOTIFY_MAX, signals_of(self->event));
	EXPECT_EQ(0, box_notify(fds[0], MBX_EVENT_EMPTY, self->event));
	EXPECT_ERRNO(ENOSPC, box_notify(fds[MBX_NOTIFY_MAX], 1, self->event));
	close(fds[1]);
	EXPECT_EQ(0, box_notify(fds[MBX_NOTIFY_MAX], 1, self->event));
	EXPECT_ERRNO(ENOSPC, box_notify(self->watch, 1, self->event));
	EXPECT_EQ(0, box_notify(fds[0], 0, 0));
	EXPECT_EQ(0, box_notify(self->watch, 1, self->event));
	for (i = 0; i <= MBX_NOTIFY_MAX; i++)
		close(fds[i]);
}

TEST_HARNESS_MAIN
