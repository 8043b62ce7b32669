// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * poll() on mailboxes in which somebody waits: without capacity, where an event
 * means that a partner waits, and full or empty ones with sleepers.
 */
#include <poll.h>

#include "peers.h"

#define READABLE (POLLIN | POLLRDNORM)
#define WRITABLE (POLLOUT | POLLWRNORM)

static short events(int fd)
{
	struct pollfd p = { .fd = fd, .events = READABLE | WRITABLE };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

FIXTURE(rendezvous) {
	int control;
	int fd;
};

FIXTURE_SETUP(rendezvous)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, 0, 0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(rendezvous)
{
	box_delete(self->fd, NULL, 0);
}

TEST_F(rendezvous, nobody_waits)
{
	EXPECT_EQ(0, events(self->fd));
}

TEST_F(rendezvous, sender_waits)
{
	struct job *job = job_process(job_send(self->fd, 1, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(READABLE, events(self->fd));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(0, events(self->fd));
}

TEST_F(rendezvous, receiver_waits)
{
	struct job *job = job_process(job_receive(self->fd, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(WRITABLE, events(self->fd));
	EXPECT_EQ(0, send_number(self->fd, 7));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(7, job_number(job));
	EXPECT_EQ(0, events(self->fd));
}

TEST_F(rendezvous, killed_sender_is_no_event)
{
	struct job *job = job_process(job_send(self->fd, 1, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_EQ(0, events(self->fd));
	EXPECT_EQ(-1, receive_number(self->fd));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(rendezvous, killed_receiver_is_no_event)
{
	struct job *job = job_process(job_receive(self->fd, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_EQ(0, events(self->fd));
	EXPECT_ERRNO(EAGAIN, send_number(self->fd, 1));
}

/* A peeker takes nothing; whichever way it is seen, poll and send agree. */
TEST_F(rendezvous, peeker_is_no_receiver)
{
	struct job *job = job_process(job_receive(self->fd, MBX_RECEIVE_PEEK));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, events(self->fd));
	EXPECT_ERRNO(EAGAIN, send_number(self->fd, 1));
	job_kill(job);
}

struct sleeper {
	int fd;
	short wanted;
	pid_t tid;
	pthread_t thread;
	short revents;
};

static void *sleeper_run(void *arg)
{
	struct sleeper *sleeper = arg;
	struct pollfd p = { .fd = sleeper->fd, .events = sleeper->wanted };

	__atomic_store_n(&sleeper->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	sleeper->revents = poll(&p, 1, -1) == 1 ? p.revents : -1;
	return NULL;
}

static bool sleeper_sleeps(struct sleeper *sleeper, int fd, short wanted)
{
	*sleeper = (struct sleeper){ .fd = fd, .wanted = wanted };
	return !pthread_create(&sleeper->thread, NULL, sleeper_run, sleeper) &&
	       wait_asleep(&sleeper->tid);
}

TEST_F(rendezvous, arriving_sender_wakes)
{
	struct sleeper sleeper;
	struct job *job;

	ASSERT_TRUE(sleeper_sleeps(&sleeper, self->fd, POLLIN));
	job = job_process(job_send(self->fd, 1, 0));
	pthread_join(sleeper.thread, NULL);
	EXPECT_EQ(POLLIN, sleeper.revents);
	job_kill(job);
}

TEST_F(rendezvous, arriving_receiver_wakes)
{
	struct sleeper sleeper;
	struct job *job;

	ASSERT_TRUE(sleeper_sleeps(&sleeper, self->fd, POLLOUT));
	job = job_process(job_receive(self->fd, 0));
	pthread_join(sleeper.thread, NULL);
	EXPECT_EQ(POLLOUT, sleeper.revents);
	job_kill(job);
}

TEST_F(rendezvous, poller_is_no_receiver)
{
	struct sleeper sleeper;

	ASSERT_TRUE(sleeper_sleeps(&sleeper, self->fd, POLLIN));
	EXPECT_ERRNO(EAGAIN, send_number(self->fd, 1));
	box_delete(self->fd, NULL, 0);
	pthread_join(sleeper.thread, NULL);
}

TEST_F(rendezvous, poller_is_no_sender)
{
	struct sleeper sleeper;

	ASSERT_TRUE(sleeper_sleeps(&sleeper, self->fd, POLLOUT));
	EXPECT_EQ(-1, receive_number(self->fd));
	EXPECT_EQ(EAGAIN, errno);
	box_delete(self->fd, NULL, 0);
	pthread_join(sleeper.thread, NULL);
}

FIXTURE(one_place) {
	int control;
	int fd;
};

FIXTURE_SETUP(one_place)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, 0, 1);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(one_place)
{
	box_delete(self->fd, NULL, 0);
}

/* The longest waiting sender gets the room before anybody hears of it. */
TEST_F(one_place, room_goes_to_the_sleeping_sender)
{
	struct job *job;

	ASSERT_EQ(0, send_number(self->fd, 1));
	job = job_process(job_send(self->fd, 2, 0));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(READABLE, events(self->fd));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(READABLE, events(self->fd));
	EXPECT_ERRNO(EAGAIN, send_number(self->fd, 3));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(2, receive_number(self->fd));
}

/* The message is the sleeper's, also while that has not run yet. */
TEST_F(one_place, message_goes_to_the_sleeping_receiver)
{
	struct job *job = job_process(job_receive(self->fd, 0));
	int i;

	for (i = 0; i < 50; i++) {
		ASSERT_TRUE(job_blocks(job));
		ASSERT_EQ(0, send_number(self->fd, i));
		EXPECT_EQ(0, events(self->fd) & READABLE);
		EXPECT_EQ(-1, receive_number(self->fd));
		ASSERT_EQ(0, job_join(job));
		EXPECT_EQ(i, job_number(job));
		job = job_process(job_receive(self->fd, 0));
	}
	job_kill(job);
}

TEST_F(one_place, untaken_sync_message_is_readable)
{
	struct job *job = job_process(job_send(self->fd, 5, MBX_SEND_SYNC));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(READABLE, events(self->fd) & READABLE);
	EXPECT_EQ(5, receive_number(self->fd));
	EXPECT_EQ(0, job_join(job));
}

TEST_F(one_place, killed_sync_sender_makes_room)
{
	struct job *job = job_process(job_send(self->fd, 5, MBX_SEND_SYNC));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_EQ(WRITABLE, events(self->fd));
}

/* Whom the killed sender stood in the way of. */
TEST_F(one_place, killed_sync_sender_wakes_poller_for_room)
{
	struct job *job = job_process(job_send(self->fd, 5, MBX_SEND_SYNC));
	struct sleeper sleeper;

	ASSERT_TRUE(job_blocks(job));
	if (events(self->fd) & WRITABLE) {
		job_kill(job);
		SKIP(return,
			   "a message that waits for a receiver takes no room");
	}
	ASSERT_TRUE(sleeper_sleeps(&sleeper, self->fd, POLLOUT));
	job_kill(job);
	pthread_join(sleeper.thread, NULL);
	EXPECT_EQ(POLLOUT, sleeper.revents);
}

TEST_HARNESS_MAIN
