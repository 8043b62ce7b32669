// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of events while everything happens at once: each event is told, once;
 * nothing is left of what ends meanwhile; nobody waits for ever.
 */
#include "arena.h"
#include "event_box.h"

#define ROUNDS 300

FIXTURE(tell_race) {
	struct arena arena;
	struct counts before;
	int watch;
	int target;
};

FIXTURE_VARIANT(tell_race)
{
	__u32 capacity;
};

FIXTURE_VARIANT_ADD(tell_race, one_place){
	.capacity = 1,
};

FIXTURE_VARIANT_ADD(tell_race, unbounded){
	.capacity = MBX_UNBOUNDED,
};

FIXTURE_SETUP(tell_race)
{
	struct arena *arena = &self->arena;

	self->before = counts_now();
	OPEN_CONTROL(arena->control);
	arena->box = box_create(arena->control, NULL, MBX_CREATE_OWNED, 2);
	ASSERT_LE(0, arena->box);
	self->watch = box_open(arena->control, NULL, box_id(arena->box), 0);
	ASSERT_LE(0, self->watch);
	self->target = box_create(arena->control, NULL, MBX_CREATE_OWNED,
				  variant->capacity);
	ASSERT_LE(0, self->target);
	arena->target = self->target;
}

FIXTURE_TEARDOWN(tell_race)
{
	EXPECT_EQ(0, self->arena.failed);
	close(self->watch);
	close(self->target);
	close(self->arena.box);
	close(self->arena.control);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* What all messages that are there tell of, or -1 if one cannot be. */
static long long drain(int fd)
{
	struct mbx_event event;
	long long sum = 0;
	int len;

	while ((len = box_receive(fd, &event, sizeof(event),
				  MBX_RECEIVE_NONBLOCK)) >= 0) {
		if (len != sizeof(event) || !event.events ||
		    event.nr < (__u32)__builtin_popcount(event.events))
			return -1;
		sum += event.nr;
	}
	return sum;
}

TEST_F(tell_race, each_is_told)
{
	unsigned long long events = 0;
	struct mbx_notify arg;
	long long told = 0, some;
	int i;

	ASSERT_EQ(0, box_tell(self->watch, PLAIN_EVENTS, self->target, 0));
	for (i = 0; i < 3; i++)
		start(&self->arena, come_and_go);
	for (i = 0; i < ROUNDS; i++) {
		some = drain(self->target);
		ASSERT_LE(0, some);
		told += some;
		ASSERT_EQ(0, box_events(self->watch, &arg));
		events += sum_of(&arg);
		pause_briefly();
	}
	join(&self->arena);
	told += drain(self->target);
	while (receive_number(self->arena.box) >= 0)
		;
	EXPECT_EQ(0, send_number(self->arena.box, 1));
	ASSERT_EQ(0, box_events(self->watch, &arg));
	events += sum_of(&arg);
	while (told < (long long)events) {
		struct telling telling;

		ASSERT_TRUE(next_telling(self->target, &telling));
		told += telling.event.nr;
		if (told == (long long)events)
			break;
		/* What had no place then may need another event. */
		EXPECT_EQ(1, receive_number(self->arena.box));
		EXPECT_EQ(0, send_number(self->arena.box, 1));
		ASSERT_EQ(0, box_events(self->watch, &arg));
		events += sum_of(&arg);
	}
	EXPECT_EQ(events, told);
	ASSERT_EQ(0, tell_no_more(self->watch));
	EXPECT_EQ(0, drain(self->target));
}

/* ----------------------------------------------------------------------- ends */

/* A registration, and in some order its end and that of the handle it uses. */
static void tell_and_end(struct arena *arena, int target, __u64 *random)
{
	int fd = box_open(arena->control, NULL, box_id(arena->box), 0);
	int via = box_derive(target, MBX_OPEN_SEND,
			     next_random(random) % 4 ? 0 : MBX_DERIVE_ONESHOT,
			     next_random(random));
	const int itself = next_random(random) % 4 == 0;

	box_tell(fd, 1 + next_random(random) % 7, via, *random);
	if (itself)
		box_tell(fd, PLAIN_EVENTS, fd, 1);
	if (next_random(random) % 2)
		sched_yield();
	switch (next_random(random) % 5) {
	case 0:
		close(via);
		via = -1;
		break;
	case 1:
		box_revoke(target);
		break;
	case 2:
		tell_no_more(fd);
		break;
	case 3:
		box_tell(fd, MBX_EVENT_EMPTY, via, 2);
		break;
	}
	close(fd);
	close(via);
}

static void *tell_and_end_often(void *arg)
{
	struct arena *arena = arg;
	__u64 random = (uintptr_t)&arg;

	while (!stopped(arena))
		tell_and_end(arena, arena->target, &random);
	return NULL;
}

static void *drain_often(void *arg)
{
	struct arena *arena = arg;

	while (!stopped(arena))
		if (drain(arena->target) < 0)
			fail(arena, __LINE__);
	return NULL;
}

TEST_F(tell_race, ends)
{
	int i;

	for (i = 0; i < 2; i++)
		start(&self->arena, come_and_go);
	for (i = 0; i < 3; i++)
		start(&self->arena, tell_and_end_often);
	start(&self->arena, drain_often);
	for (i = 0; i < ROUNDS; i++)
		pause_briefly();
	join(&self->arena);
}

/* Nobody else uses these: the last reference may be the registration's. */
static void *delete_often(void *arg)
{
	struct arena *arena = arg;
	__u64 random = (uintptr_t)&arg;
	int target, i;

	while (!stopped(arena)) {
		target = box_create(
			arena->control, NULL,
			next_random(&random) % 2 ? MBX_CREATE_OWNED : 0,
			next_random(&random) % 3);
		if (target < 0 || box_tell(target, PLAIN_EVENTS, arena->box, 3))
			fail(arena, __LINE__);
		for (i = 0; i < 3; i++)
			tell_and_end(arena, target, &random);
		if (box_delete(target, NULL, 0))
			fail(arena, __LINE__);
		close(target);
	}
	return NULL;
}

TEST_F(tell_race, deletions)
{
	int i;

	for (i = 0; i < 2; i++)
		start(&self->arena, come_and_go);
	for (i = 0; i < 3; i++)
		start(&self->arena, delete_often);
	for (i = 0; i < ROUNDS; i++)
		pause_briefly();
	join(&self->arena);
}

static void tell_until_killed(struct arena *arena)
{
	__u64 random = getpid();
	int fd, via;

	for (;;) {
		tell_and_end(arena, arena->target, &random);
		fd = box_open(arena->control, NULL, box_id(arena->box),
			      MBX_OPEN_SEND);
		via = box_derive(arena->target, MBX_OPEN_SEND, 0, 0);
		CHECK(fd >= 0 && via >= 0);
		box_tell(fd, PLAIN_EVENTS, next_random(&random) % 2 ? via : fd,
			 0);
		if (via > 100)
			closefrom(10);
	}
}

TEST_F(tell_race, killed)
{
	struct child child;
	int i;

	for (i = 0; i < 2; i++)
		start(&self->arena, come_and_go);
	start(&self->arena, drain_often);
	for (i = 0; i < 25; i++) {
		if (!child_start(&child))
			tell_until_killed(&self->arena);
		pause_briefly();
		kill(child.pid, SIGKILL);
		EXPECT_EQ(SIGKILL, child_join(&child));
	}
	join(&self->arena);
}

/* ----------------------------------------------------------------------- loops */

/* Both tell each other all there is to tell, and themselves. */
TEST_F(tell_race, each_other)
{
	int fd = box_open(self->arena.control, NULL, box_id(self->target),
			  MBX_OPEN_SEND);
	int i;

	ASSERT_EQ(0, box_tell(self->watch, PLAIN_EVENTS, self->target, 0));
	ASSERT_EQ(0,
		  box_tell(self->arena.box, PLAIN_EVENTS, self->arena.box, 0));
	ASSERT_EQ(0, box_tell(self->target, PLAIN_EVENTS, self->arena.box, 0));
	ASSERT_EQ(0, box_tell(fd, PLAIN_EVENTS, self->target, 0));
	for (i = 0; i < 3; i++)
		start(&self->arena, come_and_go);
	start(&self->arena, drain_often);
	for (i = 0; i < ROUNDS; i++)
		pause_briefly();
	join(&self->arena);
	close(fd);
}

TEST_HARNESS_MAIN
