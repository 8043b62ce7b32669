/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every kind of sleep in a mailbox, for tests that disturb sleepers. */
#ifndef SELFTESTS_SLEEPS_H
#define SELFTESTS_SLEEPS_H

#include "mailbox.h"

/*
 * A mailbox of @capacity that holds the numbers 0 .. @filled - 1, in which the
 * command @cmd with @flags sleeps.
 */
struct sleep_kind {
	__u32 capacity;
	unsigned int filled;
	unsigned int cmd;
	__u32 flags;
};

/* Tests of @fixture have a mailbox for each kind of sleep. */
#define SLEEP_FIXTURE(fixture)                                      \
	FIXTURE(fixture) {                                          \
		int control;                                        \
		int box;                                            \
	};                                                          \
	FIXTURE_VARIANT(fixture)                                    \
	{                                                           \
		struct sleep_kind kind;                             \
	};                                                          \
	FIXTURE_SETUP(fixture)                                      \
	{                                                           \
		OPEN_CONTROL(self->control);                        \
		self->box = box_for(self->control, &variant->kind); \
		ASSERT_LE(0, self->box);                            \
	}                                                           \
	FIXTURE_TEARDOWN(fixture)                                   \
	{                                                           \
		close(self->box);                                   \
		close(self->control);                               \
	}

#define SLEEP(fixture, name, ...)          \
	FIXTURE_VARIANT_ADD(fixture, name) \
	{                                  \
		.kind = { __VA_ARGS__ }    \
	}

#define IOCTL_SLEEPS(fixture)                                               \
	SLEEP(fixture, send_full, 2, 2, MBX_IOC_SEND, 0);                   \
	SLEEP(fixture, send_rendezvous, 0, 0, MBX_IOC_SEND, 0);             \
	SLEEP(fixture, sync_full, 2, 2, MBX_IOC_SEND, MBX_SEND_SYNC);       \
	SLEEP(fixture, sync_queued, 2, 1, MBX_IOC_SEND, MBX_SEND_SYNC);     \
	SLEEP(fixture, sync_unbounded, MBX_UNBOUNDED, 1, MBX_IOC_SEND,      \
	      MBX_SEND_SYNC);                                               \
	SLEEP(fixture, sync_rendezvous, 0, 0, MBX_IOC_SEND, MBX_SEND_SYNC); \
	SLEEP(fixture, receive, 2, 0, MBX_IOC_RECEIVE, 0);                  \
	SLEEP(fixture, receive_rendezvous, 0, 0, MBX_IOC_RECEIVE, 0);       \
	SLEEP(fixture, peek, 2, 0, MBX_IOC_RECEIVE, MBX_RECEIVE_PEEK)

#define ALL_SLEEPS(fixture)                                   \
	IOCTL_SLEEPS(fixture);                                \
	SLEEP(fixture, write_full, 2, 2, JOB_WRITE, 0);       \
	SLEEP(fixture, write_rendezvous, 0, 0, JOB_WRITE, 0); \
	SLEEP(fixture, read, 2, 0, JOB_READ, 0);              \
	SLEEP(fixture, read_rendezvous, 0, 0, JOB_READ, 0)

/* What the sleeper sends, and what it is sent. */
#define FROM_SLEEPER 5000
#define TO_SLEEPER 7000

static inline bool sleeper_sends(const struct sleep_kind *kind)
{
	return kind->cmd == MBX_IOC_SEND || kind->cmd == JOB_WRITE;
}

static inline bool fill_for(int box, const struct sleep_kind *kind)
{
	unsigned int i;

	for (i = 0; i < kind->filled; i++)
		if (send_number(box, i))
			return false;
	return true;
}

/* Returns a handle, or -1. */
static inline int box_for(int control, const struct sleep_kind *kind)
{
	int box = box_create(control, NULL, MBX_CREATE_OWNED, kind->capacity);

	return box < 0 || fill_for(box, kind) ? box : -1;
}

static inline struct job *sleeper_new(int box, const struct sleep_kind *kind)
{
	struct job *job = sleeper_sends(kind) ?
				  job_send(box, FROM_SLEEPER, kind->flags) :
				  job_receive(box, kind->flags);

	job->cmd = kind->cmd;
	return job;
}

static inline bool drain(int box, const struct sleep_kind *kind)
{
	unsigned int i;

	for (i = 0; i < kind->filled; i++)
		if (receive_number(box) != i)
			return false;
	return true;
}

/* Give the sleeper what it waits for. */
static inline bool satisfy(int box, const struct sleep_kind *kind)
{
	if (sleeper_sends(kind))
		return drain(box, kind) && receive_number(box) == FROM_SLEEPER;
	return !send_number(box, TO_SLEEPER);
}

/* The sleeper ended well and has what it was given. */
static inline bool satisfied(struct job *job, const struct sleep_kind *kind)
{
	if (job_join(job))
		return false;
	return sleeper_sends(kind) || job_number(job) == TO_SLEEPER;
}

/* The mailbox is as if the sleeper had never been there. */
static inline bool untouched(int box, const struct sleep_kind *kind)
{
	struct mbx_stat stat;

	if (box_stat(box, &stat) || stat.out_senders || stat.out_receivers ||
	    stat.out_depth != kind->filled || stat.out_sent != kind->filled ||
	    stat.out_bytes != kind->filled * sizeof(__u32) || stat.out_received)
		return false;
	if (!drain(box, kind))
		return false;
	if (receive_number(box) != -1 || errno != EAGAIN)
		return false;
	if (!kind->capacity)
		return send_number(box, 1) == -1 && errno == EAGAIN;
	return !send_number(box, 1) && receive_number(box) == 1;
}

#endif /* SELFTESTS_SLEEPS_H */
