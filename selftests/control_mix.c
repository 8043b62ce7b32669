// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Administration of a mailbox whose receivers choose: priorities, selection,
 * and who is told of events.
 */
#include <poll.h>

#include "events.h"

static short events_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static struct job *select_job(int fd, struct mbx_select *select, __u32 how,
			      __u64 type)
{
	struct job *job = job_receive(fd, 0);

	*select = select_by(how);
	select->type = type;
	job->receive.select_ptr = (uintptr_t)select;
	return job;
}

static long long receive_type(int fd, __u64 type, __u32 flags)
{
	struct mbx_select select = select_by(MBX_SELECT_TYPE);

	select.type = type;
	return receive_selected(fd, &select, flags);
}

FIXTURE(mix) {
	int control;
	int fd;
};

FIXTURE_SETUP(mix)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 64);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(mix)
{
	close(self->fd);
	close(self->control);
}

/* --------------------------------------------------------------- priorities */

TEST_F(mix, readable_at_any_priority)
{
	EXPECT_EQ(POLLOUT, events_of(self->fd));
	ASSERT_EQ(0, send_as(self->fd, 1, 0, 7));
	EXPECT_EQ(POLLIN | POLLOUT, events_of(self->fd));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(POLLOUT, events_of(self->fd));
}

TEST_F(mix, purge_takes_all_priorities)
{
	struct mbx_stat stat;
	__u32 level;

	for (level = 0; level < MBX_PRIORITIES; level++)
		ASSERT_EQ(0, send_as(self->fd, level, 0, level));
	EXPECT_EQ(MBX_PRIORITIES, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
	EXPECT_EQ(POLLOUT, events_of(self->fd));
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_EQ(0, stat.out_bytes);
	EXPECT_EQ(MBX_PRIORITIES, stat.out_lost);
	ASSERT_EQ(0, send_as(self->fd, 1, 0, 1));
	ASSERT_EQ(0, send_as(self->fd, 2, 0, 2));
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_EQ(1, receive_number(self->fd));
}

TEST_F(mix, sealed_with_priorities)
{
	struct job *job = job_drain(self->fd);

	ASSERT_EQ(0, send_as(self->fd, 1, 0, 5));
	ASSERT_TRUE(job_blocks(job_process(job)));
	EXPECT_ERRNO(ESHUTDOWN, send_as(self->fd, 2, 0, 6));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, job_join(job));
	EXPECT_ERRNO(ESHUTDOWN, receive_number(self->fd));
}

/* A rendezvous ends whatever its priority. */
TEST_F(mix, seal_ends_rendezvous_of_any_priority)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	struct job *job[3];
	int i;

	for (i = 0; i < 3; i++) {
		job[i] = job_send(fd, i, 0);
		job[i]->send.priority = 2 * i;
		ASSERT_TRUE(job_blocks(job_process(job[i])));
	}
	EXPECT_EQ(0, box_control(fd, MBX_CONTROL_SEAL));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(ESHUTDOWN, job_join(job[i]));
	EXPECT_ERRNO(ESHUTDOWN, receive_number(fd));
	close(fd);
}

/* ---------------------------------------------------------------- selection */

TEST_F(mix, frozen_gives_to_nobody_who_selects)
{
	struct mbx_select select;
	struct job *job = select_job(self->fd, &select, MBX_SELECT_TYPE, 2);

	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	ASSERT_TRUE(job_blocks(job_thread(job)));
	ASSERT_EQ(0, send_as(self->fd, 1, 1, 0));
	ASSERT_EQ(0, send_as(self->fd, 2, 2, 0));
	EXPECT_ERRNO(EAGAIN, receive_type(self->fd, 1, 0));
	EXPECT_EQ(2, receive_type(self->fd, 2, MBX_RECEIVE_PEEK));
	EXPECT_TRUE(job_blocks(job));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(2, job_number(job));
	EXPECT_EQ(1, receive_number(self->fd));
}

/* In the order in which they wait, each what it would have got. */
TEST_F(mix, thawed_gives_each_its_own)
{
	struct mbx_select select[3];
	struct job *none, *three, *lowest, *any;

	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	none = select_job(self->fd, &select[0], MBX_SELECT_TYPE, 9);
	ASSERT_TRUE(job_blocks(job_thread(none)));
	three = select_job(self->fd, &select[1], MBX_SELECT_TYPE, 3);
	ASSERT_TRUE(job_blocks(job_thread(three)));
	lowest = select_job(self->fd, &select[2], MBX_SELECT_TYPE_UPTO, 8);
	ASSERT_TRUE(job_blocks(job_thread(lowest)));
	any = job_receive(self->fd, 0);
	ASSERT_TRUE(job_blocks(job_thread(any)));

	ASSERT_EQ(0, send_as(self->fd, 105, 5, 0));
	ASSERT_EQ(0, send_as(self->fd, 103, 3, 0));
	ASSERT_EQ(0, send_as(self->fd, 104, 4, 0));
	ASSERT_EQ(0, send_as(self->fd, 106, 6, 1));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_EQ(0, job_join(three));
	EXPECT_EQ(103, job_number(three));
	EXPECT_EQ(0, job_join(lowest));
	EXPECT_EQ(104, job_number(lowest));
	EXPECT_EQ(0, job_join(any));
	EXPECT_EQ(106, job_number(any));
	EXPECT_TRUE(has_waiters(self->fd, 0, 1));
	EXPECT_EQ(105, receive_number(self->fd));
	ASSERT_EQ(0, send_as(self->fd, 109, 9, 0));
	EXPECT_EQ(0, job_join(none));
}

/* Who is served goes to the end of the line, with all of its process. */
TEST_F(mix, thawed_in_turn)
{
	struct mbx_create arg;
	struct job *mine[2], *other;
	int fd, i;

	init_create(&arg, NULL, MBX_CREATE_OWNED, 8);
	arg.policy = MBX_POLICY_RR;
	fd = ioctl(self->control, MBX_IOC_CREATE, &arg);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, box_control(fd, MBX_CONTROL_FREEZE));
	for (i = 0; i < 2; i++) {
		mine[i] = job_receive(fd, 0);
		ASSERT_TRUE(job_blocks(job_thread(mine[i])));
	}
	other = job_receive(fd, 0);
	ASSERT_TRUE(job_blocks(job_process(other)));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, send_number(fd, i));
	ASSERT_EQ(0, box_control(fd, MBX_CONTROL_THAW));
	EXPECT_EQ(0, job_join(mine[0]));
	EXPECT_EQ(0, job_number(mine[0]));
	EXPECT_EQ(0, job_join(other));
	EXPECT_EQ(1, job_number(other));
	ASSERT_EQ(0, send_number(fd, 2));
	EXPECT_EQ(0, job_join(mine[1]));
	close(fd);
}

TEST_F(mix, sealed_ends_who_waits_for_something_else)
{
	struct mbx_select select[2];
	struct job *two = select_job(self->fd, &select[0], MBX_SELECT_TYPE, 2);
	struct job *look = select_job(self->fd, &select[1], MBX_SELECT_TYPE, 3);

	look->receive.flags = MBX_RECEIVE_PEEK;
	ASSERT_TRUE(job_blocks(job_thread(two)));
	ASSERT_TRUE(job_blocks(job_thread(look)));
	ASSERT_EQ(0, send_as(self->fd, 1, 1, 0));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_EQ(ESHUTDOWN, job_join(two));
	EXPECT_EQ(ESHUTDOWN, job_join(look));
	EXPECT_ERRNO(ESHUTDOWN, receive_type(self->fd, 2, 0));
	EXPECT_ERRNO(ESHUTDOWN, receive_type(self->fd, 3, MBX_RECEIVE_PEEK));
	EXPECT_EQ(1, receive_type(self->fd, 1, 0));
	EXPECT_ERRNO(ESHUTDOWN, receive_type(self->fd, 1, 0));
}

/* What the other one gets, or is thrown away, was all that it waited for. */
TEST_F(mix, sealed_and_frozen_ends_with_the_last_of_its_own)
{
	struct mbx_select select[2];
	struct job *sync, *two, *one;

	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	ASSERT_EQ(0, send_as(self->fd, 1, 1, 0));
	sync = job_send(self->fd, 2, MBX_SEND_SYNC);
	sync->send.type = 2;
	ASSERT_TRUE(job_blocks(job_process(sync)));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	two = select_job(self->fd, &select[0], MBX_SELECT_TYPE, 2);
	ASSERT_TRUE(job_blocks(job_thread(two)));
	one = select_job(self->fd, &select[1], MBX_SELECT_TYPE, 1);
	ASSERT_TRUE(job_blocks(job_thread(one)));

	EXPECT_EQ(JOB_KILLED, job_kill(sync));
	EXPECT_EQ(ESHUTDOWN, job_join(two));
	EXPECT_TRUE(job_blocks(one));
	EXPECT_EQ(1, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_EQ(ESHUTDOWN, job_join(one));
}

TEST_F(mix, thawed_and_sealed_ends_who_is_left)
{
	struct mbx_select select;
	struct job *first, *second;

	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	ASSERT_EQ(0, send_as(self->fd, 1, 1, 0));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	first = job_receive(self->fd, 0);
	ASSERT_TRUE(job_blocks(job_thread(first)));
	second = select_job(self->fd, &select, MBX_SELECT_TYPE, 1);
	ASSERT_TRUE(job_blocks(job_thread(second)));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_EQ(0, job_join(first));
	EXPECT_EQ(ESHUTDOWN, job_join(second));
}

/* ------------------------------------------------------------------- events */

TEST_F(notify, of_a_frozen_mailbox)
{
	ASSERT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	ASSERT_EQ(0, box_control(self->box, MBX_CONTROL_FREEZE));
	EXPECT_TRUE(told(self, 0));
	EXPECT_EQ(0, state_now(self->watch) & MBX_EVENT_READABLE);
	EXPECT_EQ(0, send_number(self->box, 2));
	EXPECT_TRUE(told(self, 0));
	ASSERT_EQ(0, box_control(self->box, MBX_CONTROL_THAW));
	EXPECT_TRUE(told(self, MBX_EVENT_READABLE));
	EXPECT_EQ(2, box_control(self->box, MBX_CONTROL_PURGE));
	EXPECT_TRUE(told(self, MBX_EVENT_ROOM | MBX_EVENT_EMPTY));
}

/* Nobody goes on waiting for what will not come. */
TEST_F(notify, of_a_sealed_mailbox)
{
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	ASSERT_EQ(0, box_control(self->box, MBX_CONTROL_SEAL));
	EXPECT_TRUE(told(self, MBX_EVENT_READABLE));

	ASSERT_TRUE(make_box(self, 1));
	ASSERT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, box_notify(self->watch, PLAIN_EVENTS, self->event));
	ASSERT_EQ(0, box_control(self->box, MBX_CONTROL_SEAL));
	EXPECT_TRUE(told(self, MBX_EVENT_ROOM));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_TRUE(told(self, MBX_EVENT_EMPTY));
}

TEST_HARNESS_MAIN
