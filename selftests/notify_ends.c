// SPDX-License-Identifier: GPL-2.0-or-later
/* Events of handles that are closed, and of ends. */
#include <poll.h>

#include "events.h"

#define BOTH (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)

/* ------------------------------------------------------------------- handles */

#define NOBODY (MBX_EVENT_NO_SENDERS | MBX_EVENT_NO_RECEIVERS)

TEST_F(notify, no_senders)
{
	int a = derive(self->box, MBX_OPEN_SEND);
	int b = derive(self->box, MBX_OPEN_RECEIVE);
	int same = dup(a);

	ASSERT_EQ(0, box_notify(self->watch, NOBODY, self->event));
	close(self->box);
	close(a);
	EXPECT_TRUE(told(self, 0));
	close(same);
	EXPECT_TRUE(told(self, MBX_EVENT_NO_SENDERS));
	a = box_open(self->control, NULL, box_id(self->watch), BOTH);
	ASSERT_LE(0, a);
	EXPECT_EQ(0, state_now(self->watch) & NOBODY);
	close(b);
	EXPECT_TRUE(told(self, 0));
	close(a);
	EXPECT_TRUE(told(self, NOBODY));
}

TEST_F(notify, no_receivers)
{
	int a = derive(self->box, MBX_OPEN_SEND);

	ASSERT_EQ(0, box_notify(a, PLAIN_EVENTS, self->event));
	close(self->box);
	EXPECT_EQ(1, signals_of(self->event));
	EXPECT_EQ(MBX_EVENT_NO_RECEIVERS, events_now(a));
	close(a);
	EXPECT_EQ(0, signals_of(self->event));
}

/* Whoever is killed closes everything. */
TEST_F(notify, no_senders_after_a_kill)
{
	int a = derive(self->box, MBX_OPEN_SEND);
	struct pollfd p = { .fd = self->event, .events = POLLIN };
	struct job *job;

	job = job_process(job_receive(self->box, 0));
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, box_notify(self->watch, NOBODY, self->event));
	close(a);
	close(self->box);
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_EQ(1, poll(&p, 1, WAIT_LIMIT / MSEC));
	EXPECT_TRUE(told(self, NOBODY));
}

/* Who has been revoked may not send, though the handle is still open. */
TEST_F(notify, no_senders_by_revocation)
{
	int top = derive(self->box, MBX_OPEN_RECEIVE | MBX_OPEN_MANAGE);
	int a = derive(self->box, BOTH);

	ASSERT_EQ(0, box_notify(self->watch, NOBODY, self->event));
	EXPECT_EQ(0, revoke_below(self->box));
	EXPECT_TRUE(told(self, 0));
	close(self->box);
	EXPECT_TRUE(told(self, NOBODY));
	close(a);
	close(top);
	EXPECT_TRUE(told(self, 0));
	EXPECT_EQ(NOBODY, state_now(self->watch) & NOBODY);
}

/* ----------------------------------------------------------------------- ends */

TEST_F(notify, deleted)
{
	struct mbx_notify arg;

	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_EQ(1, signals_of(self->event));
	EXPECT_ERRNO(EIDRM, box_events(self->watch, &arg));
	EXPECT_ERRNO(EIDRM, box_notify(self->watch, PLAIN_EVENTS, self->event));
	EXPECT_ERRNO(EIDRM, box_notify(self->watch, 0, 0));
	EXPECT_EQ(0, signals_of(self->event));
}

/* Nothing but what was asked for. */
TEST_F(notify, deleted_is_not_owner_died)
{
	ASSERT_EQ(0, box_notify(self->watch,
				ALL_EVENTS & ~LEVELS & ~MBX_EVENT_DELETED,
				self->event));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_EQ(0, signals_of(self->event));
}

TEST_F(notify, revoked)
{
	int a = derive(self->box, BOTH);

	ASSERT_EQ(0, box_notify(a, MBX_EVENT_DELETED | MBX_EVENT_READABLE,
				self->event));
	EXPECT_EQ(0, revoke_below(self->box));
	EXPECT_EQ(1, signals_of(self->event));
	EXPECT_EQ(~0U, events_now(a));
	EXPECT_EQ(EKEYREVOKED, errno);
	EXPECT_ERRNO(EKEYREVOKED, box_notify(a, PLAIN_EVENTS, self->event));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_EQ(0, signals_of(self->event));
	EXPECT_EQ(~0U, events_now(a));
	EXPECT_EQ(EKEYREVOKED, errno);
	close(a);
}

static void owner_dies(struct __test_metadata *_metadata,
		       FIXTURE_DATA(notify) * self, __u32 events, int signals)
{
	struct pollfd p = { .fd = self->event, .events = POLLIN };
	char name[NAME_SIZE];
	struct child child;
	int fd;

	ASSERT_TRUE(owner_start(&child, self->control, unique_name(name)));
	fd = box_open(self->control, name, 0, MBX_OPEN_SEND);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, box_notify(fd, events, self->event));
	kill(child.pid, SIGKILL);
	EXPECT_EQ(signals, poll(&p, 1, signals ? (int)(WAIT_LIMIT / MSEC) : 0));
	EXPECT_EQ(SIGKILL, WTERMSIG(child_join(&child)));
	EXPECT_TRUE(wait_until(events_now(fd) == ~0U && errno == EOWNERDEAD));
	EXPECT_EQ(signals, signals_of(self->event));
	close(fd);
}

TEST_F(notify, owner_died)
{
	owner_dies(_metadata, self, MBX_EVENT_OWNER_DIED, 1);
}

TEST_F(notify, owner_died_is_not_deleted)
{
	owner_dies(_metadata, self, MBX_EVENT_DELETED, 0);
}

TEST_HARNESS_MAIN
