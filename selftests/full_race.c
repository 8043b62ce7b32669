// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Full mailboxes whose senders do not wait, while others copy, look, wait, die or
 * delete: what is lost is one message each, whole, and counted.
 */
#include "full.h"
#include "stuck.h"

#define BIG (2 * 4096)

/* ------------------------------------------------------------------ while copied */

FIXTURE(copied) {
	int control;
	int fd;
	char *data;
	struct stuck *stuck;
};

/* The first message is being copied; there may be others. */
FIXTURE_VARIANT(copied)
{
	__u32 others;
};

FIXTURE_VARIANT_ADD(copied, only){};
FIXTURE_VARIANT_ADD(copied, first){ .others = 2 };

FIXTURE_SETUP(copied)
{
	__u32 i;

	NEED_USERFAULTFD();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
			      1 + variant->others);
	ASSERT_LE(0, self->fd);
	self->data = malloc(BIG);
	fill_pattern(self->data, BIG, 1);
	ASSERT_EQ(0, box_send(self->fd, self->data, BIG, 0));
	self->stuck = stuck_receive(self->fd, BIG, 0);
	ASSERT_TRUE(stuck_is_stuck(self->stuck));
	for (i = 0; i < variant->others; i++)
		ASSERT_EQ(0, send_number(self->fd, i));
}

FIXTURE_TEARDOWN(copied)
{
	if (!self->stuck)
		return;
	free(self->data);
	close(self->fd);
	close(self->control);
}

static __u32 depth_of(int fd)
{
	struct mbx_stat stat;

	return box_stat(fd, &stat) ? ~0U : stat.out_depth;
}

static __u64 lost_by(int fd)
{
	struct mbx_stat stat;

	return box_stat(fd, &stat) ? ~0ULL : stat.out_lost;
}

/* One more comes in if all others are being copied; then that is the oldest. */
TEST_F(copied, is_not_dropped)
{
	const __u32 more = !variant->others;

	EXPECT_EQ(more ? 0 : MBX_LOST, drop_oldest(self->fd, 10));
	EXPECT_EQ(1 + variant->others + more, depth_of(self->fd));
	EXPECT_EQ(MBX_LOST, drop_oldest(self->fd, 11));
	EXPECT_EQ(1 + variant->others + more, depth_of(self->fd));
	EXPECT_EQ(2 - more, lost_by(self->fd));
	stuck_resolve(self->stuck);
	EXPECT_EQ(0, stuck_join(self->stuck));
	if (more) {
		EXPECT_TRUE(HOLDS(self->fd, 11));
	} else {
		EXPECT_TRUE(HOLDS(self->fd, 10, 11));
	}
	EXPECT_EQ(0, depth_of(self->fd));
}

TEST_F(copied, is_there_again)
{
	char *data = malloc(BIG);

	EXPECT_LE(0, drop_oldest(self->fd, 10));
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_EQ(BIG, box_receive(self->fd, data, BIG, MBX_RECEIVE_NONBLOCK));
	EXPECT_TRUE(has_pattern(data, BIG, 1));
	if (variant->others) {
		EXPECT_TRUE(HOLDS(self->fd, 1, 10));
	} else {
		EXPECT_TRUE(HOLDS(self->fd, 10));
	}
	free(data);
}

/* And then it is the oldest. */
TEST_F(copied, is_dropped_when_it_is_there_again)
{
	const __u64 lost = !!variant->others;

	EXPECT_LE(0, drop_oldest(self->fd, 10));
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_EQ(lost, lost_by(self->fd));
	EXPECT_EQ(MBX_LOST, drop_oldest(self->fd, 11));
	EXPECT_EQ(lost + 1, lost_by(self->fd));
	if (variant->others) {
		EXPECT_TRUE(HOLDS(self->fd, 1, 10, 11));
	} else {
		EXPECT_TRUE(HOLDS(self->fd, 10, 11));
	}
}

TEST_F(copied, takes_the_room_of_the_newest)
{
	EXPECT_EQ(MBX_LOST, drop_newest(self->fd, 10));
	EXPECT_EQ(1, lost_by(self->fd));
	EXPECT_EQ(1 + variant->others, depth_of(self->fd));
	stuck_resolve(self->stuck);
	EXPECT_EQ(0, stuck_join(self->stuck));
	if (variant->others)
		EXPECT_TRUE(HOLDS(self->fd, 0, 1));
	EXPECT_EQ(0, depth_of(self->fd));
}

/* Who only looks has it whole, although it is not there any more. */
TEST(looked_at)
{
	struct stuck *stuck;
	char *data;
	int control, fd;

	NEED_USERFAULTFD();
	OPEN_CONTROL(control);
	fd = box_create(control, NULL, MBX_CREATE_OWNED, 1);
	data = malloc(BIG);
	fill_pattern(data, BIG, 1);
	ASSERT_EQ(0, box_send(fd, data, BIG, 0));
	stuck = stuck_receive(fd, BIG, MBX_RECEIVE_PEEK);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_EQ(MBX_LOST, drop_oldest(fd, 2));
	/* Its memory must not be used again yet. */
	fill_pattern(data, BIG, 2);
	EXPECT_EQ(MBX_LOST, box_send(fd, data, BIG, MBX_SEND_DROP_OLDEST));
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
	EXPECT_EQ(BIG, stuck->receive.out_len);
	EXPECT_EQ(1, stuck->receive.out_seq);
	EXPECT_EQ(BIG, box_receive(fd, data, BIG, 0));
	EXPECT_TRUE(has_pattern(data, BIG, 2));
	free(data);
}

/* --------------------------------------------------------------- while it is made */

FIXTURE(made) {
	int control;
	int fd;
	int derived;
	struct stuck *stuck;
};

FIXTURE_VARIANT(made)
{
	__u32 flags;
};

FIXTURE_VARIANT_ADD(made, oldest){ .flags = MBX_SEND_DROP_OLDEST };
FIXTURE_VARIANT_ADD(made, newest){ .flags = MBX_SEND_DROP_NEWEST };

/* When the copy began there was no room. */
FIXTURE_SETUP(made)
{
	NEED_USERFAULTFD();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, send_number(self->fd, 0));
	self->derived =
		box_derive(self->fd, MBX_OPEN_SEND | MBX_OPEN_MANAGE, 0, 0);
	self->stuck = stuck_send(self->derived, BIG, variant->flags);
	ASSERT_TRUE(stuck_is_stuck(self->stuck));
}

FIXTURE_TEARDOWN(made)
{
	close(self->derived);
	close(self->fd);
	close(self->control);
}

TEST_F(made, finds_room_after_all)
{
	EXPECT_EQ(0, receive_number(self->fd));
	stuck_resolve(self->stuck);
	EXPECT_EQ(0, stuck_join(self->stuck));
	EXPECT_EQ(0, lost_by(self->fd));
	EXPECT_EQ(1, depth_of(self->fd));
}

TEST_F(made, drops_what_is_there_then)
{
	char *data = malloc(BIG);

	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(0, lost_by(self->fd));
	stuck_resolve(self->stuck);
	EXPECT_EQ(0, stuck_join(self->stuck));
	EXPECT_EQ(1, lost_by(self->fd));
	if (variant->flags == MBX_SEND_DROP_NEWEST) {
		EXPECT_EQ(1, receive_number(self->fd));
	} else {
		EXPECT_EQ(BIG, box_receive(self->fd, data, BIG, 0));
	}
	EXPECT_EQ(0, depth_of(self->fd));
	free(data);
}

TEST_F(made, killed_drops_nothing)
{
	EXPECT_EQ(-1, stuck_kill(self->stuck));
	EXPECT_EQ(0, lost_by(self->fd));
	EXPECT_TRUE(HOLDS(self->fd, 0));
}

TEST_F(made, revoked_drops_nothing)
{
	EXPECT_EQ(1, box_revoke(self->fd));
	stuck_resolve(self->stuck);
	EXPECT_EQ(EKEYREVOKED, stuck_join(self->stuck));
	EXPECT_EQ(0, lost_by(self->fd));
	EXPECT_TRUE(HOLDS(self->fd, 0));
}

TEST_F(made, sealed_drops_nothing)
{
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	stuck_resolve(self->stuck);
	EXPECT_EQ(ESHUTDOWN, stuck_join(self->stuck));
	EXPECT_EQ(0, lost_by(self->fd));
	EXPECT_EQ(0, receive_number(self->fd));
}

TEST_F(made, deleted)
{
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	stuck_resolve(self->stuck);
	EXPECT_EQ(EIDRM, stuck_join(self->stuck));
}

/* --------------------------------------------------------------- while others wait */

FIXTURE(waiting) {
	int control;
	int fd;
};

FIXTURE_SETUP(waiting)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(waiting)
{
	close(self->fd);
	close(self->control);
}

/* Whose message it was is told, and it was not sent. */
TEST_F(waiting, for_a_receiver)
{
	struct job *sync = job_process(job_send(self->fd, 5, MBX_SEND_SYNC));
	struct job *other;

	ASSERT_TRUE(job_blocks(sync));
	ASSERT_EQ(0, send_number(self->fd, 6));
	EXPECT_EQ(MBX_LOST, drop_oldest(self->fd, 7));
	EXPECT_EQ(ENOBUFS, job_join(sync));
	EXPECT_TRUE(has_counts(self->fd, 2, 0, 2));
	EXPECT_TRUE(HOLDS(self->fd, 6, 7));

	sync = job_process(job_send(self->fd, 5, MBX_SEND_SYNC));
	ASSERT_TRUE(job_blocks(sync));
	other = job_process(job_send(self->fd, 6, MBX_SEND_SYNC));
	ASSERT_TRUE(job_blocks(other));
	EXPECT_EQ(MBX_LOST, drop_newest(self->fd, 7));
	EXPECT_TRUE(has_waiters(self->fd, 2, 0));
	EXPECT_EQ(MBX_LOST, drop_oldest(self->fd, 8));
	EXPECT_EQ(ENOBUFS, job_join(sync));
	EXPECT_EQ(6, receive_number(self->fd));
	EXPECT_EQ(0, job_join(other));
	EXPECT_TRUE(HOLDS(self->fd, 8));
}

/* No room is made; who waits for it keeps its place in the line. */
TEST_F(waiting, for_room)
{
	struct job *job[2];
	int i;

	ASSERT_TRUE(fill_full(self->fd, 0, 2));
	for (i = 0; i < 2; i++) {
		job[i] = job_process(job_send(self->fd, 10 + i, 0));
		ASSERT_TRUE(job_blocks(job[i]));
	}
	EXPECT_EQ(MBX_LOST, drop_oldest(self->fd, 2));
	EXPECT_EQ(MBX_LOST, drop_newest(self->fd, 3));
	EXPECT_TRUE(has_waiters(self->fd, 2, 0));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, job_join(job[0]));
	EXPECT_TRUE(is_blocked(job[1]->tid, "send"));
	EXPECT_TRUE(HOLDS(self->fd, 2, 10, 11));
	EXPECT_EQ(0, job_join(job[1]));
	EXPECT_TRUE(has_counts(self->fd, 6, 2, 0));
}

TEST_F(waiting, for_a_message_to_look_at)
{
	struct mbx_select select = select_by(MBX_SELECT_SEQ);
	struct job *job[2];
	int i;

	ASSERT_TRUE(fill_full(self->fd, 0, 2));
	for (i = 0; i < 2; i++) {
		job[i] = job_receive(self->fd, MBX_RECEIVE_PEEK);
		job[i]->receive.select_ptr = (uintptr_t)&select;
	}
	select.seq = 4;
	ASSERT_TRUE(job_blocks(job_thread(job[0])));
	EXPECT_EQ(MBX_LOST, drop_newest(self->fd, 2));
	EXPECT_FALSE(job_is_done(job[0]));
	EXPECT_EQ(MBX_LOST, drop_oldest(self->fd, 3));
	EXPECT_EQ(0, job_join(job[0]));
	EXPECT_EQ(3, job_number(job[0]));
	EXPECT_TRUE(HOLDS(self->fd, 1, 3));
}

/* ------------------------------------------------------------------ all at once */

#define SENDERS 4
#define EACH 400

struct storm {
	int fd;
	bool stop;
	unsigned int lost;
	unsigned int sent;
	unsigned int received;
	unsigned int purged;
	unsigned int wrong;
};

struct storm_sender {
	struct storm *storm;
	__u32 nr;
	__u32 flags;
};

static void count(unsigned int *counter, unsigned int by)
{
	__atomic_fetch_add(counter, by, __ATOMIC_RELAXED);
}

static void *storm_send(void *arg)
{
	struct storm_sender *sender = arg;
	__u32 i;
	int ret;

	for (i = 0; i < EACH; i++) {
		ret = send_full(sender->storm->fd, sender->nr * EACH + i,
				sender->flags, i % 3, NULL);
		count(&sender->storm->sent, ret >= 0);
		count(&sender->storm->lost, ret == MBX_LOST);
		count(&sender->storm->wrong, ret < 0 || ret > MBX_LOST);
	}
	return NULL;
}

/* Of each sender and priority the numbers come in their order. */
static void *storm_receive(void *arg)
{
	struct storm *storm = arg;
	long long last[SENDERS][3], number;
	unsigned int nr;

	memset(last, -1, sizeof(last));
	for (;;) {
		number = receive_number(storm->fd);
		if (number < 0) {
			if (__atomic_load_n(&storm->stop, __ATOMIC_ACQUIRE))
				return NULL;
			sched_yield();
			continue;
		}
		nr = number / EACH;
		count(&storm->received, 1);
		count(&storm->wrong, last[nr][number % EACH % 3] >= number);
		last[nr][number % EACH % 3] = number;
	}
}

static void *storm_purge(void *arg)
{
	struct storm *storm = arg;

	while (!__atomic_load_n(&storm->stop, __ATOMIC_ACQUIRE)) {
		count(&storm->purged,
		      box_control(storm->fd, MBX_CONTROL_PURGE));
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
	bool purge;
};

FIXTURE_VARIANT_ADD(storm, one){ .capacity = 1 };
FIXTURE_VARIANT_ADD(storm, ten){ .capacity = 10 };
FIXTURE_VARIANT_ADD(storm, purged){ .capacity = 10, .purge = true };

FIXTURE_SETUP(storm)
{
	OPEN_CONTROL(self->control);
	self->storm.fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
				    variant->capacity);
	ASSERT_LE(0, self->storm.fd);
}

FIXTURE_TEARDOWN(storm)
{
	close(self->storm.fd);
	close(self->control);
}

static pthread_t start(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, arg))
		abort();
	return thread;
}

TEST_F(storm, every_message_is_received_or_lost)
{
	static const __u32 flags[] = { MBX_SEND_DROP_OLDEST,
				       MBX_SEND_DROP_NEWEST, MBX_SEND_WAIT };
	struct storm *storm = &self->storm;
	struct storm_sender sender[SENDERS];
	pthread_t thread[SENDERS], receiver, purger = 0;
	struct mbx_stat stat;
	unsigned int i;

	receiver = start(storm_receive, storm);
	if (variant->purge)
		purger = start(storm_purge, storm);
	for (i = 0; i < SENDERS; i++) {
		sender[i] = (struct storm_sender){ storm, i, flags[i % 3] };
		thread[i] = start(storm_send, &sender[i]);
	}
	for (i = 0; i < SENDERS; i++)
		pthread_join(thread[i], NULL);
	__atomic_store_n(&storm->stop, true, __ATOMIC_RELEASE);
	pthread_join(receiver, NULL);
	if (purger)
		pthread_join(purger, NULL);
	while (receive_number(storm->fd) >= 0)
		storm->received++;
	ASSERT_EQ(0, box_stat(storm->fd, &stat));
	EXPECT_EQ(0, storm->wrong);
	EXPECT_EQ(SENDERS * EACH, storm->sent);
	EXPECT_EQ(SENDERS * EACH, stat.out_sent);
	EXPECT_EQ(storm->received, stat.out_received);
	EXPECT_EQ(storm->lost + storm->purged, stat.out_lost);
	EXPECT_EQ(stat.out_sent, stat.out_received + stat.out_lost);
	EXPECT_EQ(0, stat.out_bytes);
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_LE(stat.out_high_water, variant->capacity + 1);
}

/* Who is killed, or whose mailbox is deleted, leaves nothing. */
TEST(that_ends)
{
	const struct counts before = counts_now();
	struct job *receiver[4];
	struct child child[3];
	int control, fd, i, round;
	__u32 n;

	OPEN_CONTROL(control);
	for (round = 0; round < 20; round++) {
		fd = create_full(control, MBX_FULL_DROP_OLDEST, 2);
		ASSERT_LE(0, fd);
		for (i = 0; i < 3; i++) {
			if (child_start(&child[i]))
				continue;
			for (n = 0;; n++)
				if (send_full(fd, n, 0, n % 2, NULL) < 0)
					break;
			n = errno;
			CHECK(n == EIDRM);
			child_exit();
		}
		for (i = 0; i < 4; i++)
			receiver[i] = job_process(job_receive(fd, 0));
		kill(child[0].pid, SIGKILL);
		job_kill(receiver[0]);
		ASSERT_TRUE(wait_until(lost_by(fd) > 0));
		EXPECT_EQ(0, box_delete(fd, NULL, 0));
		close(fd);
		for (i = 1; i < 4; i++)
			job_join(receiver[i]);
		child_join(&child[0]);
		EXPECT_CHILD(child[1]);
		EXPECT_CHILD(child[2]);
	}
	close(control);
	EXPECT_TRUE(counts_are_back(&before));
}

TEST_HARNESS_MAIN
