/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registering for events, and seeing which have come. */
#ifndef SELFTESTS_EVENTS_H
#define SELFTESTS_EVENTS_H

#include <sys/eventfd.h>

#include "peers.h"

#define ALL_EVENTS ((1U << MBX_EVENTS) - 1)
#define LEVELS (MBX_EVENT_HIGH | MBX_EVENT_LOW)
/* Those that are told with a message that comes or goes, and need no depth. */
#define PLAIN_EVENTS (ALL_EVENTS & ~LEVELS)

static inline int box_notify(int fd, __u32 events, int eventfd)
{
	struct mbx_notify arg;

	init_notify(&arg, events, eventfd);
	return ioctl(fd, MBX_IOC_NOTIFY, &arg);
}

static inline int box_notify_levels(int fd, __u32 events, int eventfd,
				    __u32 low, __u32 high)
{
	struct mbx_notify arg;

	init_notify(&arg, events, eventfd);
	arg.low = low;
	arg.high = high;
	return ioctl(fd, MBX_IOC_NOTIFY, &arg);
}

/* What has happened since the last call. */
static inline int box_events(int fd, struct mbx_notify *arg)
{
	init_notify(arg, 0, 0);
	arg->flags = MBX_NOTIFY_READ;
	return ioctl(fd, MBX_IOC_NOTIFY, arg);
}

/* Which have happened, or a value that no set of them has. */
static inline __u32 events_now(int fd)
{
	struct mbx_notify arg;

	return box_events(fd, &arg) ? ~0U : arg.out_events;
}

static inline __u32 state_now(int fd)
{
	struct mbx_notify arg;

	return box_events(fd, &arg) ? ~0U : arg.out_state;
}

static inline int new_eventfd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

/* How much has been added to an eventfd since the last call. */
static inline unsigned long long signals_of(int eventfd)
{
	__u64 value;

	return read(eventfd, &value, sizeof(value)) == sizeof(value) ? value :
								       0;
}

static inline unsigned int sum_of(const struct mbx_notify *arg)
{
	unsigned int i, sum = 0;

	for (i = 0; i < MBX_EVENTS; i++)
		sum += arg->out_counts[i];
	return sum;
}

FIXTURE(notify) {
	int control;
	int box;
	int watch;
	int event;
	struct counts before;
};

FIXTURE_SETUP(notify)
{
	self->before = counts_now();
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	ASSERT_LE(0, self->box);
	self->watch = box_open(self->control, NULL, box_id(self->box), 0);
	ASSERT_LE(0, self->watch);
	self->event = new_eventfd();
}

/* An eventfd that is still open holds nothing back. */
FIXTURE_TEARDOWN(notify)
{
	close(self->box);
	close(self->watch);
	close(self->control);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* In place of the fixture's: with another capacity. */
static inline bool make_box(FIXTURE_DATA(notify) * self, __u32 capacity)
{
	close(self->watch);
	close(self->box);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, capacity);
	self->watch = box_open(self->control, NULL, box_id(self->box), 0);
	return self->watch >= 0;
}

/* Since the last call exactly these have happened, each of them once. */
static inline bool told(FIXTURE_DATA(notify) * self, __u32 events)
{
	unsigned int nr = __builtin_popcount(events);
	struct mbx_notify arg;

	/* First this: it waits for whoever is just telling. */
	return !box_events(self->watch, &arg) &&
	       signals_of(self->event) == nr && arg.out_events == events &&
	       sum_of(&arg) == nr;
}

static inline int derive(int fd, __u32 rights)
{
	struct mbx_derive arg = { .size = sizeof(arg), .rights = rights };

	return ioctl(fd, MBX_IOC_DERIVE, &arg);
}

static inline int revoke_below(int fd)
{
	struct mbx_revoke arg = { .size = sizeof(arg) };

	return ioctl(fd, MBX_IOC_REVOKE, &arg);
}

#endif /* SELFTESTS_EVENTS_H */
