// SPDX-License-Identifier: GPL-2.0-or-later
/* Leases of messages that somebody is just copying, and is stuck with. */
#include "lease.h"
#include "stuck.h"

/* Longer than what is copied with the mailbox locked. */
#define LEN 12000

FIXTURE(lease_stuck) {
	int to;
	int fd;
	char data[LEN];
};

FIXTURE_SETUP(lease_stuck)
{
	int control;

	NEED_USERFAULTFD();
	OPEN_CONTROL(control);
	self->to = box_create(control, NULL, MBX_CREATE_OWNED, 4);
	self->fd = box_create_over(control, self->to, 2, 4);
	ASSERT_LE(0, self->fd);
	fill_pattern(self->data, LEN, 1);
	ASSERT_EQ(0, box_send(self->fd, self->data, LEN, 0));
}

FIXTURE_TEARDOWN(lease_stuck)
{
}

static struct stuck *stick(int fd, __u32 flags, __u32 lease_ms)
{
	struct stuck *stuck = stuck_new(fd, MBX_IOC_RECEIVE, LEN);

	stuck->pattern = 1;
	init_receive(&stuck->receive, NULL, LEN, flags);
	stuck->receive.lease_ms = lease_ms;
	stuck_start(stuck);
	return stuck_is_stuck(stuck) ? stuck : NULL;
}

/* Leases the message and refuses it; which delivery it was, or 0. */
static __u32 refuse(FIXTURE_DATA(lease_stuck) * self)
{
	struct mbx_receive arg;

	init_receive(&arg, self->data, LEN, MBX_RECEIVE_NONBLOCK);
	arg.lease_ms = LONG_MS;
	if (ioctl(self->fd, MBX_IOC_RECEIVE, &arg) ||
	    box_settle(self->fd, arg.out_seq, MBX_SETTLE_NACK))
		return 0;
	return arg.out_deliveries;
}

/* It is told what was so when it came. */
TEST_F(lease_stuck, look_while_others_lease)
{
	struct stuck *stuck = stick(self->fd, MBX_RECEIVE_PEEK, 0);

	ASSERT_NE(NULL, stuck);
	EXPECT_EQ(1, refuse(self));
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
	EXPECT_EQ(1, stuck->receive.out_deliveries);
}

/* As long as somebody looks at it, it does not go to the other mailbox. */
TEST_F(lease_stuck, look_while_it_would_be_buried)
{
	struct stuck *stuck = stick(self->fd, MBX_RECEIVE_PEEK, 0);

	ASSERT_NE(NULL, stuck);
	EXPECT_EQ(1, refuse(self));
	EXPECT_EQ(2, refuse(self));
	EXPECT_EQ(0, stat_of(self->to).out_depth);
	EXPECT_EQ(1, stat_of(self->fd).out_depth);
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
	EXPECT_EQ(3, refuse(self));
	EXPECT_EQ(1, stat_of(self->to).out_depth);
	EXPECT_EQ(0, stat_of(self->fd).out_depth);
}

/* Whoever never got it had no delivery. */
TEST_F(lease_stuck, killed_has_leased_nothing)
{
	struct stuck *stuck = stick(self->fd, 0, LONG_MS);

	ASSERT_NE(NULL, stuck);
	EXPECT_EQ(0, stat_of(self->fd).out_leased);
	EXPECT_EQ(-1, stuck_kill(stuck));
	EXPECT_EQ(0, stat_of(self->fd).out_returned);
	EXPECT_EQ(1, refuse(self));
}

TEST_HARNESS_MAIN
