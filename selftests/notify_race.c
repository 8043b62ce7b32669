// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events while everything happens at once: none is lost, none comes late, and
 * nothing is left of registrations that are replaced, closed, or killed.
 */
#include <poll.h>

#include "arena.h"

#define SENDERS 3
#define MESSAGES 800 /* of each sender */
#define ROUNDS 300

FIXTURE(notify_race) {
	struct arena arena;
	struct counts before;
	int watch;
};

FIXTURE_VARIANT(notify_race)
{
	__u32 capacity;
};

FIXTURE_VARIANT_ADD(notify_race, rendezvous){
	.capacity = 0,
};

FIXTURE_VARIANT_ADD(notify_race, one_place){
	.capacity = 1,
};

FIXTURE_VARIANT_ADD(notify_race, three_places){
	.capacity = 3,
};

FIXTURE_SETUP(notify_race)
{
	struct arena *arena = &self->arena;

	self->before = counts_now();
	OPEN_CONTROL(arena->control);
	arena->box = box_create(arena->control, NULL, MBX_CREATE_OWNED,
				variant->capacity);
	ASSERT_LE(0, arena->box);
	arena->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	self->watch = box_open(arena->control, NULL, box_id(arena->box), 0);
	ASSERT_LE(0, self->watch);
}

FIXTURE_TEARDOWN(notify_race)
{
	EXPECT_EQ(0, self->arena.failed);
	close(self->watch);
	close(self->arena.box);
	close(self->arena.control);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* ------------------------------------------------------------ who relies on it */

static void *send_all(void *arg)
{
	struct arena *arena = arg;
	__u32 i;

	for (i = 0; i < MESSAGES && !stopped(arena); i++)
		if (box_send(arena->box, &i, sizeof(i), 0))
			fail(arena, __LINE__);
	return NULL;
}

/* Nothing but events tells when to look; one that is lost hangs the test. */
TEST_F(notify_race, receiver_relies_on_readable)
{
	struct pollfd p = { .fd = self->arena.event, .events = POLLIN };
	int i, received = 0;

	ASSERT_EQ(0, box_notify(self->watch, MBX_EVENT_READABLE,
				self->arena.event));
	for (i = 0; i < SENDERS; i++)
		start(&self->arena, send_all);
	while (received < SENDERS * MESSAGES) {
		ASSERT_EQ(1, poll(&p, 1, WAIT_LIMIT / MSEC))
		TH_LOG("after %d messages", received);
		ASSERT_LT(0, signals_of(self->arena.event));
		while (receive_number(self->arena.box) >= 0)
			received++;
	}
	join(&self->arena);
	EXPECT_EQ(SENDERS * MESSAGES, received);
}

static void *receive_all(void *arg)
{
	struct arena *arena = arg;
	__u32 number;
	int i;

	for (i = 0; i < SENDERS * MESSAGES; i++)
		if (box_receive(arena->box, &number, sizeof(number), 0) < 0)
			fail(arena, __LINE__);
	return NULL;
}

TEST_F(notify_race, sender_relies_on_room)
{
	struct pollfd p = { .fd = self->arena.event, .events = POLLIN };
	int sent = 0;

	ASSERT_EQ(0,
		  box_notify(self->watch, MBX_EVENT_ROOM, self->arena.event));
	start(&self->arena, receive_all);
	while (sent < SENDERS * MESSAGES) {
		while (sent < SENDERS * MESSAGES &&
		       !send_number(self->arena.box, sent))
			sent++;
		if (sent == SENDERS * MESSAGES)
			break;
		ASSERT_EQ(1, poll(&p, 1, WAIT_LIMIT / MSEC))
		TH_LOG("after %d messages", sent);
		signals_of(self->arena.event);
	}
	join(&self->arena);
}

/* ----------------------------------------------------------------- the account */

static void *open_and_close(void *arg)
{
	struct arena *arena = arg;
	__u64 id = box_id(arena->box);
	int event = new_eventfd();

	while (!stopped(arena)) {
		int fd = box_open(arena->control, NULL, id, MBX_OPEN_SEND);

		if (fd < 0 || box_notify(fd, PLAIN_EVENTS, event))
			fail(arena, __LINE__);
		close(fd);
	}
	close(event);
	return NULL;
}

/* What was added to the eventfd is what was counted, with nothing left over. */
TEST_F(notify_race, signals_are_events)
{
	unsigned long long signals = 0, events = 0;
	struct mbx_notify arg;
	long long high = 0;
	int i;

	ASSERT_EQ(0, box_notify_levels(self->watch, ALL_EVENTS,
				       self->arena.event, 0, 2));
	for (i = 0; i < 3; i++)
		start(&self->arena, come_and_go);
	start(&self->arena, open_and_close);
	for (i = 0; i <= ROUNDS; i++) {
		if (i == ROUNDS)
			join(&self->arena);
		signals += signals_of(self->arena.event);
		ASSERT_EQ(0, box_events(self->watch, &arg));
		events += sum_of(&arg);
		high += arg.out_counts[3];
		high -= arg.out_counts[4];
		EXPECT_TRUE(high == 0 || high == 1);
		EXPECT_EQ(high ? MBX_EVENT_HIGH : MBX_EVENT_LOW,
			  arg.out_state & LEVELS);
		if (i < ROUNDS)
			pause_briefly();
	}
	signals += signals_of(self->arena.event);
	EXPECT_EQ(events, signals);
}

/* Whatever is registered by somebody else at the same time. */
static void *replace(void *arg)
{
	struct arena *arena = arg;
	__u64 random = 1;
	int event = new_eventfd(), watch;

	watch = box_open(arena->control, NULL, box_id(arena->box), 0);
	while (!stopped(arena)) {
		if (box_notify(watch, 1 + next_random(&random) % 7, event) ||
		    box_notify(watch, 0, 0))
			fail(arena, __LINE__);
		signals_of(event);
		/* Taken away: nothing comes any more. */
		sched_yield();
		if (signals_of(event))
			fail(arena, __LINE__);
	}
	close(watch);
	close(event);
	return NULL;
}

TEST_F(notify_race, none_comes_late)
{
	int i;

	for (i = 0; i < 2; i++)
		start(&self->arena, replace);
	for (i = 0; i < 3; i++)
		start(&self->arena, come_and_go);
	for (i = 0; i < ROUNDS; i++)
		pause_briefly();
	join(&self->arena);
}

/* Two threads have one handle, and replace each other's registration. */
static void *replace_shared(void *arg)
{
	struct arena *arena = arg;
	struct mbx_notify notify;
	__u64 random = (uintptr_t)&arg;
	int event;

	while (!stopped(arena)) {
		event = new_eventfd();
		if (box_notify(arena->box, 1 + next_random(&random) % 7,
			       event) ||
		    box_events(arena->box, &notify))
			fail(arena, __LINE__);
		close(event);
	}
	return NULL;
}

TEST_F(notify_race, replacing_each_other)
{
	int i;

	for (i = 0; i < 3; i++)
		start(&self->arena, replace_shared);
	for (i = 0; i < 3; i++)
		start(&self->arena, come_and_go);
	for (i = 0; i < ROUNDS; i++)
		pause_briefly();
	join(&self->arena);
	ASSERT_EQ(0, box_notify(self->arena.box, 0, 0));
	EXPECT_EQ(0, events_now(self->arena.box));
}

/* ------------------------------------------------------------------------ ends */

static void *register_until_the_end(void *arg)
{
	struct arena *arena = arg;
	int fd = dup(arena->box), event = new_eventfd();
	unsigned int nr = 0;

	while (!box_notify(fd, MBX_EVENT_DELETED, event))
		nr++;
	if (errno != EIDRM || signals_of(event) != !!nr)
		fail(arena, __LINE__);
	close(event);
	close(fd);
	return NULL;
}

/* Who has a registration then is told, once; who comes later is refused. */
TEST_F(notify_race, deleted_meanwhile)
{
	struct arena arena = { .control = self->arena.control };
	int i;

	for (i = 0; i < ROUNDS; i++) {
		arena.box = box_create(arena.control, NULL, 0, 1);
		ASSERT_LE(0, arena.box);
		start(&arena, register_until_the_end);
		if (i % 3)
			sched_yield();
		ASSERT_EQ(0, box_delete(arena.box, NULL, 0));
		join(&arena);
		ASSERT_EQ(0, arena.failed);
		close(arena.box);
	}
}

static void watch_until_killed(struct arena *arena)
{
	__u64 random = getpid();
	int event = new_eventfd(), fd;

	for (;;) {
		fd = box_open(arena->control, NULL, box_id(arena->box),
			      MBX_OPEN_SEND);
		CHECK(fd >= 0);
		CHECK(!box_notify(fd, PLAIN_EVENTS, event));
		if (next_random(&random) % 2)
			box_notify(fd, 0, 0);
		if (next_random(&random) % 3)
			close(fd);
		if (fd > 100)
			closefrom(10);
		if (fd > 100)
			event = new_eventfd();
	}
}

TEST_F(notify_race, watchers_are_killed)
{
	struct child child;
	int i;

	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->arena.event));
	for (i = 0; i < 3; i++)
		start(&self->arena, come_and_go);
	for (i = 0; i < 25; i++) {
		if (!child_start(&child))
			watch_until_killed(&self->arena);
		pause_briefly();
		kill(child.pid, SIGKILL);
		EXPECT_EQ(SIGKILL, child_join(&child));
	}
	join(&self->arena);
	EXPECT_LT(0, signals_of(self->arena.event));
}

/* Owners that are killed while they send: told, after all else, of the end. */
TEST_F(notify_race, owners_are_killed)
{
	struct pollfd p = { .fd = self->arena.event, .events = POLLIN };
	char name[NAME_SIZE];
	struct child child;
	struct gate gate;
	int i, fd;

	for (i = 0; i < 25; i++) {
		gate_init(&gate);
		unique_name(name);
		if (!child_start(&child)) {
			self->arena.box = box_create(self->arena.control, name,
						     MBX_CREATE_OWNED, 1);
			CHECK(gate_open(&gate));
			come_and_go(&self->arena);
		}
		ASSERT_TRUE(gate_wait(&gate));
		fd = box_open(self->arena.control, name, 0, MBX_OPEN_SEND);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, box_notify(fd, MBX_EVENT_OWNER_DIED,
					self->arena.event));
		kill(child.pid, SIGKILL);
		EXPECT_EQ(1, poll(&p, 1, WAIT_LIMIT / MSEC));
		EXPECT_EQ(SIGKILL, child_join(&child));
		EXPECT_EQ(1, signals_of(self->arena.event));
		EXPECT_EQ(~0U, events_now(fd));
		EXPECT_EQ(EOWNERDEAD, errno);
		close(fd);
		close(gate.fd[0]);
		close(gate.fd[1]);
	}
}

TEST_HARNESS_MAIN
