// SPDX-License-Identifier: GPL-2.0-or-later
/* Cycles of calls whose callers are asked something: a question waits, too. */
#include "ring.h"

/* @a calls @b, and is asked something by it. */
#define ASKED(a, b)                                                    \
	do {                                                           \
		ASSERT_TRUE(ring_start(self->ring, self->control, 2)); \
		ask(a, RING_LISTEN);                                   \
		ASSERT_TRUE(calls(a));                                 \
		ASSERT_EQ(0, do_step(b, RING_TAKE));                   \
		ask(b, RING_ASK);                                      \
		ASSERT_EQ(0, end_step(a));                             \
		ASSERT_TRUE(wait_until(is_blocked((b)->pid, "ask")));  \
	} while (0)

static bool is_refused(struct member *me, const struct member *other)
{
	return do_step(me, RING_CALL) == EDEADLK && was_refused(me, 2) &&
	       me->cycle.links[1].pid == other->pid;
}

/* Who is asked something calls who asks, who waits for the answer. */
TEST_F(ring, who_asks_waits)
{
	struct member *a = &self->ring->member[0], *b = a + 1;

	ASKED(a, b);
	EXPECT_TRUE(is_refused(a, b));
	/* All goes on as if nothing had happened. */
	ask(a, RING_ANSWER);
	EXPECT_EQ(0, end_step(b));
	EXPECT_EQ(0, do_step(b, RING_REPLY));
	EXPECT_EQ(0, end_step(a));
}

/* Who has answered waits as before, and so it does for a second question. */
TEST_F(ring, who_has_answered_waits)
{
	struct member *a = &self->ring->member[0], *b = a + 1;

	ASKED(a, b);
	ask(a, RING_ANSWER);
	ASSERT_EQ(0, end_step(b));
	ASSERT_TRUE(calls(a));
	EXPECT_TRUE(is_refused(b, a));
	ask(b, RING_ASK);
	ASSERT_EQ(0, end_step(a));
	EXPECT_TRUE(is_refused(a, b));
	ask(a, RING_ANSWER);
	EXPECT_EQ(0, end_step(b));
	EXPECT_EQ(0, do_step(b, RING_REPLY));
	EXPECT_EQ(0, end_step(a));
}

/* Who is asked something waits for nobody, and may call others; or nobody any more. */
TEST_F(ring, who_is_asked_does_not_wait)
{
	struct member *a = &self->ring->member[0], *b = a + 1, *c = a + 2;

	ASSERT_TRUE(ring_start(self->ring, self->control, 3));
	a->to = b->box;
	ask(a, RING_LISTEN);
	ASSERT_TRUE(calls(a));
	ASSERT_EQ(0, do_step(b, RING_TAKE));
	ask(b, RING_ASK);
	ASSERT_EQ(0, end_step(a));
	c->to = a->box;
	ASSERT_TRUE(ask_call(c));
	EXPECT_EQ(0, do_step(a, RING_SERVE));
	EXPECT_EQ(0, end_step(c));
	ask(a, RING_ANSWER);
	EXPECT_EQ(0, end_step(b));
	EXPECT_EQ(0, do_step(b, RING_REPLY));
	EXPECT_EQ(0, end_step(a));
	a->to = b->box;
	b->to = a->box;
	ASSERT_TRUE(ask_call(b));
	EXPECT_EQ(0, do_step(a, RING_SERVE));
	EXPECT_EQ(0, end_step(b));
}

TEST_HARNESS_MAIN
