// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who waits for events is told that an owner has died, also when a successor
 * inherits the mailbox and it lives on.
 */
#include <poll.h>

#include "events.h"

#define SUCCESSOR MBX_TRANSFER_SUCCESSOR

static void wait_for_the_end(void)
{
	for (;;)
		pause();
}

static void end_of(struct child *child)
{
	kill(child->pid, SIGKILL);
	child_join(child);
}

static pid_t successor_of(int fd)
{
	struct mbx_stat stat;

	return box_stat(fd, &stat) ? -1 : stat.out_successor_pid;
}

/* A child owns the mailbox now, and after it @heir does. */
static bool enthrone(struct child *child, int fd, pid_t heir)
{
	if (!child_start(child)) {
		CHECK(wait_until(!box_transfer(fd, heir, SUCCESSOR)));
		wait_for_the_end();
	}
	return !box_transfer(fd, child->pid, 0) &&
	       wait_until(successor_of(fd) == heir);
}

/* Its end can be known, but it need not have been cleaned up after. */
static bool dies(struct child *child)
{
	kill(child->pid, SIGKILL);
	return wait_zombie(child->pid);
}

/* Only who has inherited it for good can do that. */
static bool owns(int fd)
{
	return !box_transfer(fd, getpid(), 0);
}

TEST_F(notify, heir_is_told)
{
	struct child owner;

	ASSERT_TRUE(enthrone(&owner, self->box, getpid()));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	ASSERT_TRUE(dies(&owner));
	EXPECT_TRUE(told(self, MBX_EVENT_OWNER_DIED));
	EXPECT_TRUE(owns(self->box));
	EXPECT_TRUE(told(self, 0));
	EXPECT_EQ(0, state_now(self->watch) & MBX_EVENT_OWNER_DIED);
	/* The mailbox, and who watches it, live on. */
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_TRUE(told(self, MBX_EVENT_READABLE));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_EQ(1, signals_of(self->event));
	child_join(&owner);
}

/* Nobody uses the mailbox, and nobody asks. */
TEST_F(notify, heir_need_not_ask)
{
	struct pollfd p = { .fd = self->event, .events = POLLIN };
	struct child owner;

	ASSERT_TRUE(enthrone(&owner, self->box, getpid()));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	end_of(&owner);
	EXPECT_EQ(1, poll(&p, 1, (int)(WAIT_LIMIT / MSEC)));
	EXPECT_TRUE(told(self, MBX_EVENT_OWNER_DIED));
	EXPECT_EQ(0, send_number(self->box, 1));
}

TEST_F(notify, each_owner_once)
{
	struct child owner;
	int i;

	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	for (i = 0; i < 10; i++) {
		ASSERT_TRUE(enthrone(&owner, self->box, getpid()));
		EXPECT_TRUE(told(self, 0));
		if (i % 2)
			EXPECT_TRUE(dies(&owner) && owns(self->box));
		end_of(&owner);
		EXPECT_TRUE(told(self, MBX_EVENT_OWNER_DIED));
	}
}

/* Also when others look between the exit and its cleaning up. */
TEST_F_TIMEOUT(notify, each_owner_once_to_a_looker, 60)
{
	const __u64 limit = now_ns(CLOCK_MONOTONIC) + 5 * SEC;
	struct mbx_notify arg;
	unsigned int i, sum;
	struct child owner;

	ASSERT_EQ(0,
		  box_notify(self->watch, MBX_EVENT_OWNER_DIED, self->event));
	while (now_ns(CLOCK_MONOTONIC) < limit) {
		ASSERT_TRUE(enthrone(&owner, self->box, getpid()));
		kill(owner.pid, SIGKILL);
		for (i = 0, sum = 0; i < 100; i += !!sum) {
			ASSERT_EQ(0, box_events(self->watch, &arg));
			sum += sum_of(&arg);
		}
		EXPECT_EQ(1, sum);
		EXPECT_EQ(1, signals_of(self->event));
		child_join(&owner);
	}
}

/* It is no event for a successor to die; then nobody is left to inherit. */
TEST_F(notify, successor_dies_first)
{
	struct child owner, heir;

	if (!child_start(&heir))
		wait_for_the_end();
	ASSERT_TRUE(enthrone(&owner, self->box, heir.pid));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	end_of(&heir);
	EXPECT_TRUE(told(self, 0));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_TRUE(told(self, MBX_EVENT_READABLE));
	EXPECT_TRUE(dies(&owner));
	EXPECT_ERRNO(EOWNERDEAD, send_number(self->box, 1));
	EXPECT_EQ(~0U, events_now(self->watch));
	EXPECT_LE(1, signals_of(self->event));
	child_join(&owner);
}

/* Whoever has heard of the one must hear of the other, too. */
TEST_F(notify, owner_and_then_its_successor)
{
	struct child owner, heir;

	if (!child_start(&heir))
		wait_for_the_end();
	ASSERT_TRUE(enthrone(&owner, self->box, heir.pid));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	EXPECT_TRUE(dies(&owner));
	EXPECT_TRUE(told(self, MBX_EVENT_OWNER_DIED));
	EXPECT_TRUE(dies(&heir));
	EXPECT_EQ(~0U, events_now(self->watch));
	EXPECT_EQ(EOWNERDEAD, errno);
	EXPECT_EQ(1, signals_of(self->event));
	child_join(&owner);
	child_join(&heir);
}

/* What happened before the registration is no event. */
TEST_F(notify, registered_after_the_death)
{
	struct child owner;

	ASSERT_TRUE(enthrone(&owner, self->box, getpid()));
	EXPECT_TRUE(dies(&owner));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	EXPECT_TRUE(told(self, 0));
	EXPECT_TRUE(owns(self->box));
	EXPECT_TRUE(told(self, 0));
	child_join(&owner);
}

TEST_F(notify, passing_is_no_death)
{
	struct child owner;

	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	ASSERT_TRUE(enthrone(&owner, self->box, 0));
	EXPECT_TRUE(told(self, 0));
	end_of(&owner);
	EXPECT_TRUE(wait_until(events_now(self->watch) == ~0U &&
			       errno == EOWNERDEAD));
	EXPECT_EQ(1, signals_of(self->event));
}

/* Both facts are told, whoever comes first: the heir, or the kernel's cleaning. */
TEST_F(notify, heir_deletes_at_once)
{
	struct child owner;

	ASSERT_TRUE(enthrone(&owner, self->box, getpid()));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	EXPECT_TRUE(dies(&owner));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_EQ(2, signals_of(self->event));
	EXPECT_EQ(~0U, events_now(self->watch));
	EXPECT_EQ(EIDRM, errno);
	child_join(&owner);
}

/* Who has no use of the handle any more is told nothing of the mailbox. */
TEST_F(notify, revoked_before_the_death)
{
	int derived = derive(self->box, MBX_OPEN_SEND);
	struct child owner;

	ASSERT_LE(0, derived);
	ASSERT_TRUE(enthrone(&owner, self->box, getpid()));
	ASSERT_EQ(0, box_notify(derived, PLAIN_EVENTS, self->event));
	ASSERT_EQ(0, revoke_below(self->box));
	EXPECT_EQ(1, signals_of(self->event));
	EXPECT_TRUE(dies(&owner));
	EXPECT_TRUE(owns(self->box));
	EXPECT_EQ(0, signals_of(self->event));
	child_join(&owner);
	close(derived);
}

TEST_HARNESS_MAIN
