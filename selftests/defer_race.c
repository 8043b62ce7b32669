// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deferred sends while others copy, close, die, revoke or delete: what is kept
 * goes in once, or is lost and counted.
 */
#include <poll.h>

#include "events.h"
#include "full.h"
#include "stuck.h"

#define BIG (2 * 4096)

static bool went_in(int fd)
{
	return state_now(fd) & MBX_EVENT_DEFERRED;
}

/* ------------------------------------------------------------------ while copied */

/* All that takes room is being copied. */
FIXTURE(all_copied) {
	int control;
	int fd;
	int other;
	char *data;
	struct stuck *stuck;
};

FIXTURE_SETUP(all_copied)
{
	NEED_USERFAULTFD();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_LE(0, self->fd);
	self->other = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	self->data = calloc(1, BIG);
	ASSERT_EQ(0, box_send(self->fd, self->data, BIG, 0));
	self->stuck = stuck_receive(self->fd, BIG, 0);
	ASSERT_TRUE(stuck_is_stuck(self->stuck));
}

FIXTURE_TEARDOWN(all_copied)
{
	free(self->data);
	close(self->other);
	close(self->fd);
	close(self->control);
}

/* Then it is the next, although there is no room. */
TEST_F(all_copied, and_one_is_deferred)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN };

	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 1));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->other, 2));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_TRUE(went_in(self->fd));
	EXPECT_FALSE(went_in(self->other));
	stuck_resolve(self->stuck);
	EXPECT_EQ(0, stuck_join(self->stuck));
	EXPECT_TRUE(went_in(self->other));
	EXPECT_TRUE(HOLDS(self->fd, 2));
}

TEST_F(all_copied, and_comes_back)
{
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 1));
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_FALSE(went_in(self->fd));
	EXPECT_EQ(BIG,
		  box_receive(self->fd, self->data, BIG, MBX_RECEIVE_NONBLOCK));
	EXPECT_TRUE(went_in(self->fd));
	EXPECT_TRUE(HOLDS(self->fd, 1));
}

TEST_F(all_copied, and_somebody_waits_to_look)
{
	struct job *job = job_process(job_receive(self->fd, MBX_RECEIVE_PEEK));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->fd, 1));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(1, job_number(job));
	stuck_resolve(self->stuck);
	EXPECT_EQ(0, stuck_join(self->stuck));
	EXPECT_TRUE(HOLDS(self->fd, 1));
}

/* A deferred message is copied, which takes no room at capacity 0. */
FIXTURE(offered) {
	int control;
	int fd;
	int other;
	char *data;
	struct stuck *stuck;
};

FIXTURE_SETUP(offered)
{
	NEED_USERFAULTFD();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	ASSERT_LE(0, self->fd);
	/* The receiver must not have the handle. */
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	self->stuck = stuck_receive(self->fd, BIG, 0);
	ASSERT_TRUE(wait_until(has_waiters(self->fd, 0, 1)));
	self->other = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	self->data = calloc(1, BIG);
	ASSERT_EQ(MBX_DEFERRED,
		  box_send(self->other, self->data, BIG, MBX_SEND_DEFER));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	ASSERT_TRUE(stuck_is_stuck(self->stuck));
}

FIXTURE_TEARDOWN(offered)
{
	free(self->data);
	if (self->other >= 0)
		close(self->other);
	close(self->fd);
	close(self->control);
}

static bool has_lost(int fd, __u64 sent, __u64 lost)
{
	struct mbx_stat stat;

	return !box_stat(fd, &stat) && stat.out_sent == sent &&
	       stat.out_lost == lost && !stat.out_depth;
}

TEST_F(offered, and_taken)
{
	EXPECT_ERRNO(EBUSY, defer_number(self->other, 1));
	EXPECT_FALSE(went_in(self->other));
	stuck_resolve(self->stuck);
	EXPECT_EQ(0, stuck_join(self->stuck));
	EXPECT_TRUE(went_in(self->other));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->other, 1));
	EXPECT_TRUE(HOLDS(self->fd, 1));
}

TEST_F(offered, and_comes_back)
{
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_FALSE(went_in(self->other));
	EXPECT_ERRNO(EBUSY, defer_number(self->other, 1));
	EXPECT_EQ(BIG,
		  box_receive(self->fd, self->data, BIG, MBX_RECEIVE_NONBLOCK));
	EXPECT_TRUE(went_in(self->other));
}

/* The copy is worth nothing, and the receiver starts anew. */
TEST_F(offered, and_withdrawn)
{
	close(self->other);
	self->other = -1;
	EXPECT_TRUE(has_lost(self->fd, 1, 1));
	stuck_resolve(self->stuck);
	ASSERT_TRUE(wait_blocked(self->stuck->pid, "receive"));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(EIDRM, stuck_join(self->stuck));
}

TEST_F(offered, and_revoked)
{
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_TRUE(has_lost(self->fd, 1, 1));
	stuck_resolve(self->stuck);
	ASSERT_TRUE(wait_blocked(self->stuck->pid, "receive"));
	EXPECT_EQ(0, send_number(self->fd, 3));
	EXPECT_EQ(0, stuck_join(self->stuck));
	EXPECT_EQ(sizeof(__u32), self->stuck->receive.out_len);
}

/* A drain waits for what may come back, and then does not. */
TEST_F(offered, and_sealed)
{
	struct job *drain = job_thread(job_drain(self->fd));

	ASSERT_TRUE(job_blocks(drain));
	close(self->other);
	self->other = -1;
	EXPECT_EQ(0, job_join(drain));
	EXPECT_TRUE(has_lost(self->fd, 1, 1));
	stuck_resolve(self->stuck);
	EXPECT_EQ(ESHUTDOWN, stuck_join(self->stuck));
}

TEST_F(offered, sealed_and_comes_back)
{
	struct job *drain = job_thread(job_drain(self->fd));

	ASSERT_TRUE(job_blocks(drain));
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_EQ(0, job_join(drain));
	EXPECT_TRUE(has_lost(self->fd, 1, 1));
	EXPECT_FALSE(went_in(self->other));
}

TEST_F(offered, and_deleted)
{
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	close(self->other);
	self->other = -1;
	stuck_resolve(self->stuck);
	EXPECT_EQ(EIDRM, stuck_join(self->stuck));
}

/* --------------------------------------------------------------- while it is made */

FIXTURE(made) {
	int control;
	int fd;
	int other;
	struct stuck *stuck;
};

FIXTURE_SETUP(made)
{
	NEED_USERFAULTFD();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, send_number(self->fd, 0));
	self->other = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	self->stuck = stuck_send(self->other, BIG, MBX_SEND_DEFER);
	ASSERT_TRUE(stuck_is_stuck(self->stuck));
}

FIXTURE_TEARDOWN(made)
{
	close(self->other);
	close(self->fd);
	close(self->control);
}

/* Of two that send through one handle, the one who comes first has it. */
TEST_F(made, finds_another)
{
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->other, 1));
	stuck_resolve(self->stuck);
	EXPECT_EQ(EBUSY, stuck_join(self->stuck));
	EXPECT_TRUE(HOLDS(self->fd, 0, 1));
}

TEST_F(made, is_kept)
{
	char *data = malloc(BIG);

	stuck_resolve(self->stuck);
	EXPECT_EQ(0, stuck_join(self->stuck));
	EXPECT_ERRNO(EBUSY, defer_number(self->other, 1));
	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_TRUE(went_in(self->other));
	EXPECT_EQ(BIG, box_receive(self->fd, data, BIG, MBX_RECEIVE_NONBLOCK));
	EXPECT_TRUE(has_pattern(data, BIG, STUCK_PATTERN));
	free(data);
}

TEST_F(made, killed_leaves_nothing)
{
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_TRUE(has_counts(self->fd, 1, 0, 1));
	EXPECT_EQ(MBX_DEFERRED, defer_number(self->other, 1));
	EXPECT_TRUE(HOLDS(self->fd, 0, 1));
}

TEST_F(made, revoked)
{
	EXPECT_EQ(1, box_revoke(self->fd));
	stuck_resolve(self->stuck);
	EXPECT_EQ(EKEYREVOKED, stuck_join(self->stuck));
	EXPECT_TRUE(has_counts(self->fd, 1, 0, 1));
}

TEST_F(made, sealed_or_deleted)
{
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	stuck_resolve(self->stuck);
	EXPECT_EQ(ESHUTDOWN, stuck_join(self->stuck));
	self->stuck = stuck_send(self->other, BIG, MBX_SEND_DEFER);
	EXPECT_EQ(ESHUTDOWN, stuck_join(self->stuck));
	EXPECT_TRUE(has_counts(self->fd, 1, 0, 1));
}

/* ------------------------------------------------------------------ all at once */

#define SENDERS 4
#define EACH 300

struct storm {
	int fd;
	bool stop;
	bool closes;
	bool revokes;
	unsigned int accepted;
	unsigned int received;
	unsigned int wrong;
};

struct storm_sender {
	struct storm *storm;
	__u32 nr;
	int shared;
};

static void count(unsigned int *counter, unsigned int by)
{
	__atomic_fetch_add(counter, by, __ATOMIC_RELAXED);
}

static bool stops(struct storm *storm)
{
	return __atomic_load_n(&storm->stop, __ATOMIC_ACQUIRE);
}

static pthread_t start(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, arg))
		abort();
	return thread;
}

/* Of each sender the numbers come in their order, whatever is lost. */
static void *storm_receive(void *arg)
{
	struct storm *storm = arg;
	long long last[SENDERS], number;

	memset(last, -1, sizeof(last));
	for (;;) {
		number = receive_number(storm->fd);
		if (number < 0) {
			if (stops(storm))
				return NULL;
			sched_yield();
			continue;
		}
		count(&storm->received, 1);
		count(&storm->wrong, last[number / EACH] >= number);
		last[number / EACH] = number;
	}
}

/* Sends until it is refused for good; false: the handle is of no more use. */
static bool send_deferred(struct storm *storm, int fd, __u32 number)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int ret;

	for (;;) {
		ret = defer_number(fd, number);
		if (ret >= 0) {
			count(&storm->accepted, 1);
			return true;
		}
		if (errno == EKEYREVOKED && storm->revokes)
			return false;
		if (errno != EBUSY) {
			count(&storm->wrong, 1);
			return true;
		}
		poll(&p, 1, -1);
	}
}

static void *storm_send(void *arg)
{
	struct storm_sender *sender = arg;
	struct storm *storm = sender->storm;
	int fd = box_derive(sender->shared, MBX_OPEN_SEND, 0, 0);
	__u32 i;

	for (i = 0; i < EACH; i++) {
		if (!send_deferred(storm, fd, sender->nr * EACH + i) ||
		    (storm->closes && i % 7 == 0)) {
			close(fd);
			fd = box_derive(sender->shared, MBX_OPEN_SEND, 0, 0);
		}
	}
	close(fd);
	return NULL;
}

static void *storm_revoke(void *arg)
{
	struct storm *storm = arg;

	while (!stops(storm)) {
		count(&storm->wrong, box_revoke(storm->fd) < 0);
		pause_briefly();
	}
	return NULL;
}

FIXTURE(storm) {
	int control;
	struct storm storm;
};

FIXTURE_VARIANT(storm)
{
	__u32 capacity;
	bool closes;
	bool revokes;
};

FIXTURE_VARIANT_ADD(storm, zero){ .capacity = 0 };
FIXTURE_VARIANT_ADD(storm, one){ .capacity = 1 };
FIXTURE_VARIANT_ADD(storm, zero_closes){ .capacity = 0, .closes = true };
FIXTURE_VARIANT_ADD(storm, one_closes){ .capacity = 1, .closes = true };
FIXTURE_VARIANT_ADD(storm, zero_revokes){ .capacity = 0, .revokes = true };
FIXTURE_VARIANT_ADD(storm, one_revokes){ .capacity = 1, .revokes = true };

FIXTURE_SETUP(storm)
{
	OPEN_CONTROL(self->control);
	self->storm.fd =
		create_full(self->control, MBX_FULL_DEFER, variant->capacity);
	ASSERT_LE(0, self->storm.fd);
	self->storm.closes = variant->closes;
	self->storm.revokes = variant->revokes;
}

FIXTURE_TEARDOWN(storm)
{
	close(self->storm.fd);
	close(self->control);
}

/* What is still kept when a handle is closed for the last time is lost, too. */
TEST_F(storm, every_message_is_received_or_lost)
{
	struct storm *storm = &self->storm;
	struct storm_sender sender[SENDERS];
	pthread_t thread[SENDERS], receiver, revoker = 0;
	struct mbx_stat stat;
	unsigned int i;

	receiver = start(storm_receive, storm);
	if (variant->revokes)
		revoker = start(storm_revoke, storm);
	for (i = 0; i < SENDERS; i++) {
		sender[i] = (struct storm_sender){ storm, i, storm->fd };
		thread[i] = start(storm_send, &sender[i]);
	}
	for (i = 0; i < SENDERS; i++)
		pthread_join(thread[i], NULL);
	__atomic_store_n(&storm->stop, true, __ATOMIC_RELEASE);
	pthread_join(receiver, NULL);
	if (revoker)
		pthread_join(revoker, NULL);
	while (receive_number(storm->fd) >= 0)
		storm->received++;
	ASSERT_EQ(0, box_stat(storm->fd, &stat));
	EXPECT_EQ(0, storm->wrong);
	EXPECT_EQ(storm->accepted, stat.out_sent);
	EXPECT_EQ(storm->received, stat.out_received);
	EXPECT_EQ(storm->accepted - storm->received, stat.out_lost);
	EXPECT_EQ(0, stat.out_bytes);
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_EQ(0, stat.out_senders);
	if (!variant->closes && !variant->revokes)
		EXPECT_GE(SENDERS, stat.out_lost);
}

static void *share(void *arg)
{
	struct storm_sender *sender = arg;
	struct storm *storm = sender->storm;
	__u32 i;
	int ret;

	for (i = 0; i < EACH; i++) {
		ret = defer_number(sender->shared, sender->nr * EACH + i);
		count(&storm->accepted, ret >= 0);
		count(&storm->wrong, ret < 0 && errno != EBUSY);
	}
	return NULL;
}

/* Several threads use one handle: never is more than one message kept for it. */
TEST_F(storm, of_one_handle)
{
	struct storm *storm = &self->storm;
	struct storm_sender sender[SENDERS];
	pthread_t thread[SENDERS], receiver;
	int shared = box_derive(storm->fd, MBX_OPEN_SEND, 0, 0);
	struct mbx_stat stat;
	unsigned int i;

	receiver = start(storm_receive, storm);
	for (i = 0; i < SENDERS; i++) {
		sender[i] = (struct storm_sender){ storm, i, shared };
		thread[i] = start(share, &sender[i]);
	}
	for (i = 0; i < SENDERS; i++)
		pthread_join(thread[i], NULL);
	__atomic_store_n(&storm->stop, true, __ATOMIC_RELEASE);
	pthread_join(receiver, NULL);
	while (receive_number(storm->fd) >= 0)
		storm->received++;
	close(shared);
	ASSERT_EQ(0, box_stat(storm->fd, &stat));
	EXPECT_EQ(0, storm->wrong);
	EXPECT_EQ(storm->accepted, stat.out_sent);
	EXPECT_EQ(storm->accepted, storm->received);
	EXPECT_EQ(0, stat.out_lost);
}

/* Who is killed, or whose mailbox is deleted, leaves nothing. */
TEST(that_ends)
{
	const struct counts before = counts_now();
	struct child child[3];
	int control, fd, own, i, round;
	__u32 n;

	OPEN_CONTROL(control);
	for (round = 0; round < 20; round++) {
		fd = create_full(control, MBX_FULL_DEFER, round % 3);
		ASSERT_LE(0, fd);
		for (i = 0; i < 3; i++) {
			if (child_start(&child[i]))
				continue;
			own = box_derive(fd, BOTH_RIGHTS, 0, 0);
			for (n = 0; own >= 0; n++) {
				if (defer_number(own, n) < 0 && errno == EIDRM)
					break;
				receive_number(own);
			}
			child_exit();
		}
		kill(child[0].pid, SIGKILL);
		ASSERT_EQ(SIGKILL, child_join(&child[0]));
		EXPECT_LE(0, defer_number(fd, 1));
		EXPECT_EQ(0, box_delete(fd, NULL, 0));
		close(fd);
		EXPECT_CHILD(child[1]);
		EXPECT_CHILD(child[2]);
	}
	close(control);
	EXPECT_TRUE(counts_are_back(&before));
}

TEST_HARNESS_MAIN
