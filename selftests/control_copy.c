// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Administration while somebody is in the middle of a copy, or while several do
 * different things to a mailbox at the same time.
 */
#include "stuck.h"

#define BIG (2 * 4096)

FIXTURE(copy) {
	int control;
	int fd;
	struct stuck *stuck;
	struct counts before;
};

FIXTURE_VARIANT(copy)
{
	__u32 capacity;
};

FIXTURE_VARIANT_ADD(copy, queue){
	.capacity = 2,
};

FIXTURE_VARIANT_ADD(copy, rendezvous){
	.capacity = 0,
};

/* One receiver copies a message, whose sender waits if it must. */
FIXTURE_SETUP(copy)
{
	static char data[BIG];

	NEED_USERFAULTFD();
	self->before = counts_now();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
			      variant->capacity);
	ASSERT_LE(0, self->fd);
	self->stuck = stuck_receive(self->fd, BIG, 0);
	if (!variant->capacity)
		ASSERT_TRUE(wait_until(has_waiters(self->fd, 0, 1)));
	ASSERT_EQ(0, box_send(self->fd, data, BIG,
			      variant->capacity ? 0 : MBX_SEND_NONBLOCK));
	ASSERT_TRUE(stuck_is_stuck(self->stuck));
}

FIXTURE_TEARDOWN(copy)
{
	if (!self->stuck)
		return;
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	close(self->fd);
	close(self->control);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* A message that may come back is not the end. */
TEST_F(copy, sealed_is_not_empty)
{
	struct job *receiver = job_receive(self->fd, 0);
	struct job *drain = job_drain(self->fd);
	char c;

	receiver->receive.data_len = sizeof(receiver->data);
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_ERRNO(EAGAIN,
		     box_receive(self->fd, &c, 1, MBX_RECEIVE_NONBLOCK));
	ASSERT_TRUE(job_blocks(job_process(receiver)));
	ASSERT_TRUE(job_blocks(job_process(drain)));
	stuck_resolve(self->stuck);
	EXPECT_EQ(0, stuck_join(self->stuck));
	EXPECT_EQ(ESHUTDOWN, job_join(receiver));
	EXPECT_EQ(0, job_join(drain));
}

TEST_F(copy, sealed_gives_what_comes_back)
{
	struct job *receiver = job_receive(self->fd, 0);
	struct job *drain = job_drain(self->fd);
	char *data = malloc(BIG);

	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	receiver->receive.data_ptr = (uintptr_t)data;
	receiver->receive.data_len = BIG;
	ASSERT_TRUE(job_blocks(job_thread(receiver)));
	ASSERT_TRUE(job_blocks(job_process(drain)));
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_EQ(0, job_join(receiver));
	EXPECT_EQ(BIG, receiver->receive.out_len);
	EXPECT_EQ(0, job_join(drain));
	EXPECT_ERRNO(ESHUTDOWN, receive_number(self->fd));
	free(data);
}

TEST_F(copy, is_not_purged)
{
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	stuck_resolve(self->stuck);
	EXPECT_EQ(0, stuck_join(self->stuck));
}

TEST_F(copy, comes_back_frozen)
{
	char *data = malloc(BIG);

	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_ERRNO(EAGAIN,
		     box_receive(self->fd, data, BIG, MBX_RECEIVE_NONBLOCK));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_EQ(BIG, box_receive(self->fd, data, BIG, MBX_RECEIVE_NONBLOCK));
	free(data);
}

FIXTURE(meeting) {
	int control;
	int fd;
};

FIXTURE_SETUP(meeting)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(meeting)
{
	close(self->fd);
	close(self->control);
}

/* Sends @data, in a thread that waits until it is received. */
static struct job *job_offer(int fd, const char *data)
{
	struct job *sender = job_send(fd, 0, 0);

	sender->send.data_ptr = (uintptr_t)data;
	sender->send.data_len = BIG;
	return job_thread(sender);
}

/* The rendezvous that a seal met does not come about: both are told. */
TEST_F(meeting, that_does_not_come_about)
{
	struct stuck *receiver;
	struct job *sender;
	char *data = calloc(1, BIG);

	NEED_USERFAULTFD();
	sender = job_offer(self->fd, data);
	ASSERT_TRUE(job_blocks(sender));
	receiver = stuck_receive(self->fd, BIG, 0);
	ASSERT_TRUE(stuck_is_stuck(receiver));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_FALSE(job_is_done(sender));
	EXPECT_EQ(-1, stuck_kill(receiver));
	EXPECT_EQ(ESHUTDOWN, job_join(sender));
	EXPECT_ERRNO(ESHUTDOWN, receive_number(self->fd));
	free(data);
}

TEST_F(meeting, that_comes_about)
{
	struct stuck *receiver;
	struct job *sender;
	char *data = calloc(1, BIG);

	NEED_USERFAULTFD();
	sender = job_offer(self->fd, data);
	ASSERT_TRUE(job_blocks(sender));
	receiver = stuck_receive(self->fd, BIG, 0);
	ASSERT_TRUE(stuck_is_stuck(receiver));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	stuck_resolve(receiver);
	EXPECT_EQ(0, stuck_join(receiver));
	EXPECT_EQ(0, job_join(sender));
	free(data);
}

/*
 * All that takes room is being copied: the next message is that of a sender who
 * waits for room.
 */
TEST_F(meeting, thawed_serves_who_waits_for_room)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	struct job *sender, *receiver;
	struct stuck *stuck;
	char data[BIG] = "";

	NEED_USERFAULTFD();
	ASSERT_EQ(0, box_send(fd, data, BIG, 0));
	stuck = stuck_receive(fd, BIG, 0);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	sender = job_process(job_send(fd, 5, 0));
	ASSERT_TRUE(job_blocks(sender));
	EXPECT_EQ(0, box_control(fd, MBX_CONTROL_FREEZE));
	receiver = job_process(job_receive(fd, 0));
	ASSERT_TRUE(job_blocks(receiver));
	EXPECT_EQ(0, box_control(fd, MBX_CONTROL_THAW));
	EXPECT_TRUE(wait_until(job_is_done(receiver)));
	EXPECT_TRUE(wait_until(job_is_done(sender)));
	EXPECT_EQ(5, job_number(receiver));
	EXPECT_EQ(-1, stuck_kill(stuck));
}

/* ---------------------------------------------------------------- all at once */

#define ROUNDS 60
#define MANY 700

/* Messages of which some have a sender that waits for a receiver. */
TEST_F(meeting, purged_and_deleted)
{
	struct child child;
	struct job *sync;
	int round, i, fd;

	for (round = 0; round < ROUNDS; round++) {
		fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
				MBX_UNBOUNDED);
		ASSERT_LE(0, fd);
		for (i = 0; i < MANY / 2; i++)
			ASSERT_EQ(0, send_number(fd, i));
		sync = job_process(job_send(fd, 1, MBX_SEND_SYNC));
		ASSERT_TRUE(job_blocks(sync));
		for (i = 0; i < MANY / 2; i++)
			ASSERT_EQ(0, send_number(fd, i));
		if (!child_start(&child)) {
			CHECK(box_control(fd, MBX_CONTROL_PURGE) > 0 ||
			      errno == EIDRM);
			child_exit();
		}
		if (round % 2)
			job_kill(sync);
		EXPECT_EQ(0, box_delete(fd, NULL, 0));
		EXPECT_CHILD(child);
		if (!(round % 2)) {
			int error = job_join(sync);

			EXPECT_TRUE(error == ECANCELED || error == EIDRM);
		}
		close(fd);
	}
}

struct traffic {
	int fd;
	bool stop;
	bool ordered;
	__u32 sent;
	__u32 received;
};

static void *keep_sending(void *arg)
{
	struct traffic *t = arg;
	__u32 n = 0;

	while (!box_send(t->fd, &n, sizeof(n), n % 16 ? 0 : MBX_SEND_SYNC) ||
	       errno == ECANCELED)
		n++;
	t->sent = n;
	return NULL;
}

static void *keep_receiving(void *arg)
{
	struct traffic *t = arg;
	__u32 n, next = 0;

	t->ordered = true;
	while (box_receive(t->fd, &n, sizeof(n), 0) >= 0) {
		t->ordered &= n >= next;
		next = n + 1;
		t->received++;
	}
	return NULL;
}

/* Nothing is lost but what is said to be, and nobody sleeps for ever. */
TEST_F(meeting, of_all_actions)
{
	struct traffic t = {
		.fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4),
	};
	pthread_t sender, receiver;
	struct mbx_stat stat;
	int i;

	ASSERT_EQ(0, pthread_create(&sender, NULL, keep_sending, &t));
	ASSERT_EQ(0, pthread_create(&receiver, NULL, keep_receiving, &t));
	for (i = 0; i < 300; i++) {
		EXPECT_EQ(0, box_control(t.fd, MBX_CONTROL_FREEZE));
		if (i % 3 == 0)
			EXPECT_TRUE(wait_until(has_waiters(t.fd, 1, 1)));
		if (i % 5 == 0)
			EXPECT_LE(0, box_control(t.fd, MBX_CONTROL_PURGE));
		EXPECT_EQ(0, box_control(t.fd, MBX_CONTROL_THAW));
		pause_briefly();
	}
	EXPECT_EQ(0, box_control(t.fd, MBX_CONTROL_DRAIN));
	pthread_join(sender, NULL);
	pthread_join(receiver, NULL);
	EXPECT_TRUE(t.ordered);
	ASSERT_EQ(0, box_stat(t.fd, &stat));
	EXPECT_EQ(t.received, stat.out_received);
	EXPECT_EQ(stat.out_sent, stat.out_received + stat.out_lost);
	EXPECT_LT(0, stat.out_lost);
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_EQ(0, stat.out_bytes);
}

TEST_HARNESS_MAIN
