// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Administration of a mailbox that is in use: draining it, and who is woken,
 * served or told while others wait, copy, die or delete it.
 */
#include <poll.h>

#include "peers.h"
#include "sleeps.h"

#define CAPACITY 2

static void on_signal(int sig __attribute__((unused)))
{
}

static void interrupt(struct job *job)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	job_thread(job);
	if (job_blocks(job))
		job_signal(job, SIGUSR1);
}

FIXTURE(race) {
	int control;
	int fd;
};

FIXTURE_SETUP(race)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, CAPACITY);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(race)
{
	close(self->fd);
	close(self->control);
}

/* --------------------------------------------------------------------- draining */

TEST_F(race, drained_when_empty)
{
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_DRAIN));
	EXPECT_ERRNO(ESHUTDOWN, send_number(self->fd, 1));
	EXPECT_ERRNO(ESHUTDOWN, receive_number(self->fd));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_DRAIN));
}

TEST_F(race, drained_when_all_is_received)
{
	struct job *a = job_drain(self->fd), *b = job_drain(self->fd);

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->fd, 2));
	ASSERT_TRUE(job_blocks(job_process(a)));
	ASSERT_TRUE(job_blocks(job_process(b)));
	EXPECT_TRUE(has_waiters(self->fd, 0, 0));
	EXPECT_ERRNO(ESHUTDOWN, send_number(self->fd, 3));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_TRUE(is_blocked(a->tid, "drain"));
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_EQ(0, job_join(a));
	EXPECT_EQ(0, a->control.out_count);
	EXPECT_EQ(0, job_join(b));
}

/* What is purged, or withdrawn by its sender, is not waited for. */
TEST_F(race, drained_when_the_rest_is_gone)
{
	struct job *sync = job_process(job_send(self->fd, 2, MBX_SEND_SYNC));
	struct job *job = job_drain(self->fd);

	ASSERT_TRUE(job_blocks(sync));
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_TRUE(job_blocks(job_process(job)));
	EXPECT_TRUE(is_blocked(sync->tid, "sync"));
	EXPECT_EQ(JOB_KILLED, job_kill(sync));
	EXPECT_FALSE(job_is_done(job));
	EXPECT_EQ(1, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_EQ(0, job_join(job));

	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, CAPACITY);
	sync = job_process(job_send(self->fd, 2, MBX_SEND_SYNC));
	ASSERT_TRUE(job_blocks(sync));
	job = job_drain(self->fd);
	ASSERT_TRUE(job_blocks(job_process(job)));
	EXPECT_EQ(JOB_KILLED, job_kill(sync));
	EXPECT_EQ(0, job_join(job));
}

TEST_F(race, drain_that_is_left)
{
	struct mbx_control arg;
	struct job *job;

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->fd, 2));
	init_control(&arg, MBX_CONTROL_DRAIN);
	arg.deadline = in_ms(1);
	EXPECT_ERRNO(ETIMEDOUT, ioctl(self->fd, MBX_IOC_CONTROL, &arg));
	EXPECT_EQ(2, arg.out_count);
	init_control(&arg, MBX_CONTROL_DRAIN);
	arg.flags = MBX_CONTROL_REALTIME;
	arg.deadline = now_ns(CLOCK_REALTIME) + MSEC;
	EXPECT_ERRNO(ETIMEDOUT, ioctl(self->fd, MBX_IOC_CONTROL, &arg));

	job = job_drain(self->fd);
	interrupt(job);
	EXPECT_EQ(EINTR, job_join(job));
	EXPECT_EQ(2, job->control.out_count);
	job = job_process(job_drain(self->fd));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));

	EXPECT_EQ(1, receive_number(self->fd));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	init_control(&arg, MBX_CONTROL_DRAIN);
	EXPECT_ERRNO(EAGAIN, ioctl(self->fd, MBX_IOC_CONTROL, &arg));
	EXPECT_EQ(1, arg.out_count);
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_DRAIN));
}

TEST_F(race, drain_of_what_ends)
{
	int fd = box_derive(self->fd, MBX_OPEN_MANAGE, 0, 0);
	struct job *revoked, *deleted;

	ASSERT_EQ(0, send_number(self->fd, 1));
	revoked = job_process(job_drain(fd));
	ASSERT_TRUE(job_blocks(revoked));
	deleted = job_process(job_drain(self->fd));
	ASSERT_TRUE(job_blocks(deleted));
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(EKEYREVOKED, job_join(revoked));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(deleted));
}

TEST_F(race, drain_of_an_owner_who_dies)
{
	struct child child;
	struct gate way;
	struct job *job;
	int fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, way.fd));
	if (!child_start(&child)) {
		fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
		CHECK(!send_number(fd, 1));
		CHECK(pass_fd(way.fd[1], fd));
		for (;;)
			pause();
	}
	fd = take_fd(way.fd[0]);
	job = job_thread(job_drain(fd));
	ASSERT_TRUE(job_blocks(job));
	kill(child.pid, SIGKILL);
	child_join(&child);
	EXPECT_EQ(EOWNERDEAD, job_join(job));
}

/* ---------------------------------------------------------------------- purging */

TEST_F(race, purged_rendezvous)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	struct job *a = job_process(job_send(fd, 1, 0));
	struct job *b = job_process(job_send(fd, 2, MBX_SEND_SYNC));

	ASSERT_TRUE(job_blocks(a));
	ASSERT_TRUE(job_blocks(b));
	EXPECT_EQ(2, box_control(fd, MBX_CONTROL_PURGE));
	EXPECT_EQ(ECANCELED, job_join(a));
	EXPECT_EQ(ECANCELED, job_join(b));
	EXPECT_ERRNO(EAGAIN, receive_number(fd));
}

TEST_F(race, purged_of_very_many)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
			    MBX_UNBOUNDED);
	struct mbx_stat stat;
	int i;

	for (i = 0; i < 3000; i++)
		ASSERT_EQ(0, send_number(fd, i));
	EXPECT_EQ(3000, box_control(fd, MBX_CONTROL_PURGE));
	ASSERT_EQ(0, box_stat(fd, &stat));
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_EQ(3000, stat.out_lost);
	EXPECT_EQ(0, send_number(fd, 1));
	EXPECT_EQ(1, receive_number(fd));
}

/* --------------------------------------------------------------- those who sleep */

SLEEP_FIXTURE(sleeper);
ALL_SLEEPS(sleeper);

static bool is_queued(const struct sleep_kind *kind)
{
	return (kind->flags & MBX_SEND_SYNC) && sleeper_sends(kind) &&
	       kind->filled < kind->capacity;
}

/* Only one whose message has been queued sleeps on. */
TEST_F(sleeper, is_told_of_a_seal)
{
	struct job *job = job_process(sleeper_new(self->box, &variant->kind));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, box_control(self->box, MBX_CONTROL_SEAL));
	if (is_queued(&variant->kind)) {
		EXPECT_TRUE(is_blocked(job->tid, "sync"));
		EXPECT_TRUE(satisfy(self->box, &variant->kind));
		EXPECT_TRUE(satisfied(job, &variant->kind));
	} else {
		EXPECT_EQ(ESHUTDOWN, job_join(job));
		EXPECT_TRUE(drain(self->box, &variant->kind));
	}
	EXPECT_ERRNO(ESHUTDOWN, receive_number(self->box));
	EXPECT_TRUE(has_waiters(self->box, 0, 0));
}

/* Who only looks would find a message also where all is frozen. */
static bool has_one_to_give(const struct sleep_kind *kind)
{
	return !sleeper_sends(kind) && kind->capacity &&
	       !(kind->flags & MBX_RECEIVE_PEEK);
}

static void freeze_and_fill(int box, const struct sleep_kind *kind)
{
	box_control(box, MBX_CONTROL_FREEZE);
	if (has_one_to_give(kind))
		send_number(box, 1);
}

/* What is frozen still ends. */
TEST_F(sleeper, in_a_frozen_mailbox_is_told_of_the_end)
{
	struct job *job;

	freeze_and_fill(self->box, &variant->kind);
	job = job_process(sleeper_new(self->box, &variant->kind));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(job));
}

TEST_F(sleeper, in_a_frozen_mailbox_is_killed_or_interrupted)
{
	struct job *job;

	freeze_and_fill(self->box, &variant->kind);
	job = sleeper_new(self->box, &variant->kind);
	interrupt(job);
	EXPECT_EQ(EINTR, job_join(job));
	job = job_process(sleeper_new(self->box, &variant->kind));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_EQ(0, box_control(self->box, MBX_CONTROL_THAW));
	if (has_one_to_give(&variant->kind))
		EXPECT_EQ(1, receive_number(self->box));
	EXPECT_TRUE(drain(self->box, &variant->kind));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
}

/* ---------------------------------------------------------------- those who poll */

static void poller_start(struct child *child, int fd, short wanted,
			 short expected)
{
	if (child_start(child))
		return;
	struct pollfd p = { .fd = fd, .events = wanted };

	/* With a limit it would look once more when that has passed. */
	CHECK(poll(&p, 1, -1) == 1);
	CHECK(p.revents == expected);
	child_exit();
}

TEST_F(race, pollers_are_told_of_changes)
{
	int in = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	int out = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	struct child reader, writer, end;

	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->fd, 2));
	poller_start(&reader, in, POLLIN, POLLIN);
	ASSERT_TRUE(wait_until(thread_state(reader.pid) == 'S'));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_CHILD(reader);

	poller_start(&writer, out, POLLOUT, POLLOUT | POLLHUP);
	poller_start(&reader, in, POLLRDHUP, POLLRDHUP);
	poller_start(&end, in, 0, POLLHUP);
	ASSERT_TRUE(wait_until(thread_state(writer.pid) == 'S'));
	ASSERT_TRUE(wait_until(thread_state(reader.pid) == 'S'));
	ASSERT_TRUE(wait_until(thread_state(end.pid) == 'S'));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_CHILD(writer);
	EXPECT_CHILD(reader);
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ('S', thread_state(end.pid));
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_CHILD(end);
}

static bool has_lost(int fd)
{
	struct mbx_stat stat;

	return !box_stat(fd, &stat) && stat.out_lost;
}

/*
 * A purge lets others in between two lots.  The mailbox may end there, and a wait
 * in it before whoever deletes it has come to end that; the deadline gives bugs
 * that are seeded into this the time that they need.
 */
TEST_F(race, deleted_while_it_is_purged)
{
	struct job *purge, *sync;
	int err, fd, i, round;

	for (round = 0; round < 20; round++) {
		fd = box_create(self->control, NULL, 0, MBX_UNBOUNDED);
		ASSERT_LE(0, fd);
		for (i = 0; i < 300; i++)
			ASSERT_EQ(0, send_number(fd, i));
		sync = job_send(fd, i, MBX_SEND_SYNC);
		sync->send.deadline = in_ms(1200);
		job_thread(sync);
		ASSERT_TRUE(job_blocks(sync));
		purge = job_new(fd, MBX_IOC_CONTROL);
		init_control(&purge->control, MBX_CONTROL_PURGE);
		job_thread(purge);
		if (round % 2)
			ASSERT_TRUE(wait_until(has_lost(fd)));
		ASSERT_EQ(0, box_delete(fd, NULL, 0));
		job_join(purge);
		err = job_join(sync);
		EXPECT_TRUE(err == ECANCELED || err == EIDRM);
		close(fd);
	}
}

TEST_F(race, pollers_are_told_of_a_purge)
{
	struct child writer;

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->fd, 2));
	poller_start(&writer, self->fd, POLLOUT, POLLOUT);
	ASSERT_TRUE(wait_until(thread_state(writer.pid) == 'S'));
	ASSERT_EQ(2, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_CHILD(writer);
}

TEST_HARNESS_MAIN
