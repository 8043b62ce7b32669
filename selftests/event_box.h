/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events that are told by messages to a mailbox. */
#ifndef SELFTESTS_EVENT_BOX_H
#define SELFTESTS_EVENT_BOX_H

#include "events.h"

#define DATA 0x123456789abcdef0ULL

/* Messages sent through @to, which say @data, tell of events in that of @fd. */
static inline int box_tell(int fd, __u32 events, int to, __u64 data)
{
	struct mbx_notify arg;

	init_notify(&arg, events, to);
	arg.data = data;
	return ioctl(fd, MBX_IOC_NOTIFY, &arg);
}

/* A message, and what the mailbox says of it. */
struct telling {
	struct mbx_event event;
	struct mbx_receive got;
};

/* The next one that comes; false if it does not, or is of another kind. */
static inline bool next_telling(int fd, struct telling *telling)
{
	struct mbx_event *event = &telling->event;
	struct mbx_receive *got = &telling->got;

	init_receive(got, event, sizeof(*event), 0);
	got->deadline = in_ms(WAIT_LIMIT / MSEC);
	return !ioctl(fd, MBX_IOC_RECEIVE, got) &&
	       got->out_len == sizeof(*event) && event->size == got->out_len &&
	       got->out_type == MBX_TYPE_EVENT && !got->out_priority;
}

/* The next one tells exactly this. */
static inline bool tells(int fd, __u32 events, unsigned int nr)
{
	struct telling telling;

	if (!next_telling(fd, &telling)) {
		fprintf(stderr, "# not told: %s\n", strerror(errno));
		return false;
	}
	if (telling.event.events == events && telling.event.nr == nr)
		return true;
	fprintf(stderr, "# told %#x, %u times\n", telling.event.events,
		telling.event.nr);
	return false;
}

/* How many messages are there now. */
static inline unsigned int depth_of(int fd)
{
	struct mbx_stat stat;

	return box_stat(fd, &stat) ? ~0U : stat.out_depth;
}

/* What is to be sent has been. */
static inline int tell_no_more(int fd)
{
	return box_notify(fd, 0, 0);
}

FIXTURE(notify_box) {
	int control;
	int box;
	int watch;
	int target;
	int via;
	struct counts before;
};

FIXTURE_SETUP(notify_box)
{
	self->before = counts_now();
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	ASSERT_LE(0, self->box);
	self->watch = box_open(self->control, NULL, box_id(self->box), 0);
	ASSERT_LE(0, self->watch);
	self->target = box_create(self->control, NULL, MBX_CREATE_OWNED,
				  MBX_UNBOUNDED);
	ASSERT_LE(0, self->target);
	self->via = box_derive(self->target, MBX_OPEN_SEND, 0, 77);
	ASSERT_LE(0, self->via);
}

FIXTURE_TEARDOWN(notify_box)
{
	close(self->box);
	close(self->watch);
	close(self->target);
	close(self->via);
	close(self->control);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* In place of the fixture's: with other attributes. */
static inline bool make_target(FIXTURE_DATA(notify_box) * self, __u32 capacity,
			       __u32 policy, __u32 msg_max)
{
	struct mbx_create arg;

	close(self->via);
	close(self->target);
	init_create(&arg, NULL, MBX_CREATE_OWNED, capacity);
	arg.policy = policy;
	arg.msg_max = msg_max;
	self->target = ioctl(self->control, MBX_IOC_CREATE, &arg);
	self->via = box_derive(self->target, MBX_OPEN_SEND, 0, 77);
	return self->via >= 0;
}

#endif /* SELFTESTS_EVENT_BOX_H */
