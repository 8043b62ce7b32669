// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A receiver that is stuck in the middle of its copy holds up nobody, and its
 * message is neither lost nor doubled, whatever becomes of it, of the sender or
 * of the mailbox meanwhile.
 */
#include "stuck.h"

FIXTURE(uffd) {
	int control;
	int fd;
	char *data;
};

FIXTURE_VARIANT(uffd)
{
	size_t len;
	__u32 capacity;
};

/* The short one is tried with the mailbox locked first, the long one never. */
FIXTURE_VARIANT_ADD(uffd, short_bounded){
	.len = 60,
	.capacity = 4,
};

FIXTURE_VARIANT_ADD(uffd, long_bounded){
	.len = 12000,
	.capacity = 4,
};

FIXTURE_VARIANT_ADD(uffd, long_unbounded){
	.len = 12000,
	.capacity = MBX_UNBOUNDED,
};

FIXTURE_SETUP(uffd)
{
	NEED_USERFAULTFD();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
			      variant->capacity);
	ASSERT_LE(0, self->fd);
	self->data = malloc(variant->len);
}

FIXTURE_TEARDOWN(uffd)
{
}

/* Messages are told apart by the pattern that they are filled with. */
static int put(FIXTURE_DATA(uffd) * self, size_t len, __u32 pattern)
{
	fill_pattern(self->data, len, pattern);
	return box_send(self->fd, self->data, len, MBX_SEND_NONBLOCK);
}

static bool get(FIXTURE_DATA(uffd) * self, size_t len, __u32 pattern)
{
	memset(self->data, 0, len);
	return box_receive(self->fd, self->data, len, MBX_RECEIVE_NONBLOCK) ==
		       (int)len &&
	       has_pattern(self->data, len, pattern);
}

static bool nothing_there(FIXTURE_DATA(uffd) * self, size_t len)
{
	return box_receive(self->fd, self->data, len, MBX_RECEIVE_NONBLOCK) ==
		       -1 &&
	       errno == EAGAIN;
}

/* A receiver that is stuck with the message of this pattern. */
static struct stuck *stick(FIXTURE_DATA(uffd) * self, size_t len, __u32 pattern)
{
	struct stuck *stuck = stuck_new(self->fd, MBX_IOC_RECEIVE, len);

	stuck->pattern = pattern;
	init_receive(&stuck->receive, NULL, len, 0);
	stuck_start(stuck);
	return stuck_is_stuck(stuck) ? stuck : NULL;
}

TEST_F(uffd, holds_up_nobody)
{
	struct stuck *stuck;

	ASSERT_EQ(0, put(self, variant->len, 1));
	ASSERT_EQ(0, put(self, variant->len, 2));
	stuck = stick(self, variant->len, 1);
	ASSERT_NE(NULL, stuck);
	EXPECT_TRUE(get(self, variant->len, 2));
	EXPECT_TRUE(nothing_there(self, variant->len));
	EXPECT_EQ(0, put(self, variant->len, 3));
	EXPECT_TRUE(get(self, variant->len, 3));
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
	EXPECT_TRUE(stuck->whole);
	EXPECT_EQ(1, stuck->receive.out_seq);
	EXPECT_TRUE(nothing_there(self, variant->len));
}

TEST_F(uffd, sleeper_gets_the_next)
{
	struct job *sleeper;
	struct stuck *stuck;

	ASSERT_EQ(0, put(self, variant->len, 1));
	stuck = stick(self, variant->len, 1);
	ASSERT_NE(NULL, stuck);
	sleeper = job_process(job_receive(self->fd, 0));
	ASSERT_TRUE(job_blocks(sleeper));
	ASSERT_EQ(0, send_number(self->fd, 2));
	EXPECT_EQ(0, job_join(sleeper));
	EXPECT_EQ(2, job_number(sleeper));
	EXPECT_EQ(-1, stuck_kill(stuck));
	EXPECT_TRUE(get(self, variant->len, 1));
}

TEST_F(uffd, killed_gives_it_back_in_its_place)
{
	struct stuck *stuck;

	ASSERT_EQ(0, put(self, variant->len, 1));
	ASSERT_EQ(0, put(self, variant->len, 2));
	stuck = stick(self, variant->len, 1);
	ASSERT_NE(NULL, stuck);
	EXPECT_EQ(-1, stuck_kill(stuck));
	EXPECT_TRUE(get(self, variant->len, 1));
	EXPECT_TRUE(get(self, variant->len, 2));
	EXPECT_TRUE(nothing_there(self, variant->len));
}

TEST_F(uffd, many_killed_give_back_in_order)
{
	struct stuck *stuck[3];
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, put(self, variant->len, i + 1));
	for (i = 0; i < 3; i++) {
		stuck[i] = stick(self, variant->len, i + 1);
		ASSERT_NE(NULL, stuck[i]);
	}
	EXPECT_EQ(-1, stuck_kill(stuck[1]));
	EXPECT_EQ(-1, stuck_kill(stuck[2]));
	EXPECT_EQ(-1, stuck_kill(stuck[0]));
	for (i = 0; i < 4; i++)
		EXPECT_TRUE(get(self, variant->len, i + 1));
}

TEST_F(uffd, killed_gives_it_to_a_sleeper)
{
	struct stuck *stuck, *next;

	ASSERT_EQ(0, put(self, variant->len, 1));
	stuck = stick(self, variant->len, 1);
	ASSERT_NE(NULL, stuck);
	next = stuck_receive(self->fd, variant->len, 0);
	next->pattern = 1;
	ASSERT_TRUE(wait_blocked(next->pid, "receive"));
	EXPECT_EQ(-1, stuck_kill(stuck));
	stuck_resolve(next);
	EXPECT_EQ(0, stuck_join(next));
	EXPECT_EQ(1, next->receive.out_seq);
	EXPECT_TRUE(nothing_there(self, variant->len));
}

/* ---------------------------------------------------------- the sender gives up */

/* A synchronous sender in a process of its own, asleep with its message. */
static struct stuck *start_sync(int fd, size_t len, __u64 deadline)
{
	struct stuck *sender = stuck_new(fd, MBX_IOC_SEND, len);

	init_send(&sender->send, NULL, len, MBX_SEND_SYNC);
	sender->send.deadline = deadline;
	stuck_resolve(sender);
	stuck_start(sender);
	return wait_blocked(sender->pid, "sync") ? sender : NULL;
}

/* The receiver starts anew: what it gets is something else. */
static void expect_anew(struct __test_metadata *_metadata,
			FIXTURE_DATA(uffd) * self, size_t len,
			struct stuck *stuck)
{
	EXPECT_TRUE(nothing_there(self, len));
	stuck->pattern = 5;
	stuck_resolve(stuck);
	ASSERT_TRUE(wait_blocked(stuck->pid, "receive"));
	ASSERT_EQ(0, put(self, len, 5));
	EXPECT_EQ(0, stuck_join(stuck));
	EXPECT_TRUE(stuck->whole);
	EXPECT_TRUE(nothing_there(self, len));
}

TEST_F(uffd, sync_sender_times_out)
{
	struct stuck *sender, *stuck;

	sender = start_sync(self->fd, variant->len, in_ms(1500));
	ASSERT_NE(NULL, sender);
	stuck = stick(self, variant->len, 0);
	ASSERT_NE(NULL, stuck);
	EXPECT_EQ(ETIMEDOUT, stuck_join(sender));
	expect_anew(_metadata, self, variant->len, stuck);
}

TEST_F(uffd, sync_sender_is_killed)
{
	struct stuck *sender, *stuck;

	sender = start_sync(self->fd, variant->len, 0);
	ASSERT_NE(NULL, sender);
	stuck = stick(self, variant->len, 0);
	ASSERT_NE(NULL, stuck);
	EXPECT_EQ(-1, stuck_kill(sender));
	expect_anew(_metadata, self, variant->len, stuck);
}

TEST_F(uffd, both_are_killed)
{
	struct stuck *sender, *stuck;
	struct mbx_stat stat;

	sender = start_sync(self->fd, variant->len, 0);
	ASSERT_NE(NULL, sender);
	stuck = stick(self, variant->len, 0);
	ASSERT_NE(NULL, stuck);
	EXPECT_EQ(-1, stuck_kill(sender));
	EXPECT_EQ(-1, stuck_kill(stuck));
	EXPECT_TRUE(nothing_there(self, variant->len));
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_EQ(0, stat.out_bytes);
	EXPECT_EQ(0, stat.out_sent);
}

TEST_F(uffd, sync_sender_waits_for_the_whole_copy)
{
	struct stuck *sender, *stuck;

	sender = start_sync(self->fd, variant->len, 0);
	ASSERT_NE(NULL, sender);
	stuck = stick(self, variant->len, 0);
	ASSERT_NE(NULL, stuck);
	EXPECT_TRUE(is_blocked(sender->pid, "sync"));
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
	EXPECT_EQ(0, stuck_join(sender));
	EXPECT_EQ(stuck->pid, sender->send.out_pid);
}

TEST_F(uffd, killed_receiver_of_a_sync_message)
{
	struct stuck *sender, *stuck;

	sender = start_sync(self->fd, variant->len, 0);
	ASSERT_NE(NULL, sender);
	stuck = stick(self, variant->len, 0);
	ASSERT_NE(NULL, stuck);
	EXPECT_EQ(-1, stuck_kill(stuck));
	EXPECT_TRUE(is_blocked(sender->pid, "sync"));
	EXPECT_EQ(variant->len, box_receive(self->fd, self->data, variant->len,
					    MBX_RECEIVE_NONBLOCK));
	EXPECT_EQ(0, stuck_join(sender));
	EXPECT_EQ(getpid(), sender->send.out_pid);
}

/* ------------------------------------------------------- the mailbox ends */

TEST_F(uffd, deleted_meanwhile)
{
	struct stuck *stuck;

	ASSERT_EQ(0, put(self, variant->len, 1));
	stuck = stick(self, variant->len, 1);
	ASSERT_NE(NULL, stuck);
	ASSERT_EQ(0, box_delete(self->fd, NULL, 0));
	stuck_resolve(stuck);
	EXPECT_EQ(EIDRM, stuck_join(stuck));
}

TEST_F(uffd, deleted_then_killed)
{
	struct stuck *stuck;

	ASSERT_EQ(0, put(self, variant->len, 1));
	stuck = stick(self, variant->len, 1);
	ASSERT_NE(NULL, stuck);
	ASSERT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(-1, stuck_kill(stuck));
}

TEST_F(uffd, delete_tells_the_sync_sender_at_once)
{
	struct stuck *sender, *stuck;

	sender = start_sync(self->fd, variant->len, 0);
	ASSERT_NE(NULL, sender);
	stuck = stick(self, variant->len, 0);
	ASSERT_NE(NULL, stuck);
	ASSERT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(EIDRM, stuck_join(sender));
	stuck_resolve(stuck);
	EXPECT_EQ(EIDRM, stuck_join(stuck));
}

TEST_HARNESS_MAIN
