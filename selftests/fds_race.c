// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors in messages that somebody is receiving, when he is killed or loses the
 * right, or the mailbox ends: they are there for the next one, or closed.
 */
#include "fds.h"

#include "stuck.h"

#define LEN 64
#define USER 2001
#define ROUNDS 30
#define MAX_USER_FDS MODULE_PARAM("max_user_fds")

FIXTURE(fds_race) {
	int control;
	int box;
	int in;
	struct mbx_fds *room;
	long long limit;
	struct counts before;
};

FIXTURE_SETUP(fds_race)
{
	self->before = counts_now();
	self->limit = read_number(MAX_USER_FDS);
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	ASSERT_LE(0, self->box);
	self->in = post_line(self->box, 7, 0);
	ASSERT_LE(0, self->in);
	self->room = mmap(NULL, sizeof(*self->room), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->room);
	init_fds(self->room, NULL, 4);
}

FIXTURE_TEARDOWN_PARENT(fds_race)
{
	if (self->limit >= 0 && !geteuid())
		EXPECT_EQ(0, write_number(MAX_USER_FDS, self->limit));
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* In the middle of its copy, with numbers for descriptors reserved. */
static struct stuck *stick(FIXTURE_DATA(fds_race) * self, int handle)
{
	struct stuck *stuck = stuck_new(handle, MBX_IOC_RECEIVE, LEN);

	stuck->pattern = STUCK_PATTERN;
	init_receive(&stuck->receive, NULL, LEN, 0);
	stuck->receive.fds_ptr = (uintptr_t)self->room;
	return stuck_start(stuck);
}

TEST_F(fds_race, receiver_is_killed)
{
	struct stuck *stuck;

	NEED_USERFAULTFD();
	stuck = stick(self, self->box);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_EQ(-1, stuck_kill(stuck));
	EXPECT_FALSE(line_is_cut(self->in));
	EXPECT_TRUE(line_works(self->in, take_one(self->box)));
}

TEST_F(fds_race, receiver_is_revoked)
{
	int handle = box_derive(self->box, MBX_OPEN_RECEIVE, 0, 0);
	struct stuck *stuck;

	NEED_USERFAULTFD();
	stuck = stick(self, handle);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_EQ(1, box_revoke(self->box));
	stuck_resolve(stuck);
	EXPECT_EQ(EKEYREVOKED, stuck_join(stuck));
	EXPECT_EQ(0, self->room->out_nr);
	EXPECT_TRUE(line_works(self->in, take_one(self->box)));
}

TEST_F(fds_race, mailbox_is_deleted)
{
	struct stuck *stuck;

	NEED_USERFAULTFD();
	stuck = stick(self, self->box);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	stuck_resolve(stuck);
	EXPECT_EQ(EIDRM, stuck_join(stuck));
	EXPECT_EQ(0, self->room->out_nr);
	EXPECT_EQ(-1, self->room->fds[0]);
	EXPECT_TRUE(wait_cut(self->in));
}

/* Nobody interferes after all. */
TEST_F(fds_race, slow_receiver)
{
	struct stuck *stuck;

	NEED_USERFAULTFD();
	stuck = stick(self, self->box);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
	EXPECT_EQ(1, self->room->out_nr);
	EXPECT_LE(0, self->room->fds[0]);
	EXPECT_TRUE(wait_cut(self->in));
}

/* ------------------------------------------------------------------ killed */

static void pass_on_and_on(int box, bool sends)
{
	int fd[4] = { 0, 0, 0, 0 };
	struct parcel got;
	unsigned int i;

	CHECK(!become(USER, USER, 0));
	for (;;) {
		if (sends) {
			send_fds(box, 1, fd, 4, 0);
		} else if (!receive_fds(box, &got, 4, 0)) {
			for (i = 0; i < got.fds.out_nr; i++)
				CHECK(!close(got.fds.fds[i]));
		}
	}
}

/* What was on its way is given back, whoever had it: all of the limit is free. */
TEST_F(fds_race, killed_at_any_time)
{
	int fd[16] = {}, box, i, j;
	struct child child[4];
	__u64 seed = 1;

	NEED_ROOT();
	box = box_create(self->control, NULL, MBX_CREATE_OWNED, 3);
	ASSERT_EQ(0, write_number(MAX_USER_FDS, 16));
	for (i = 0; i < ROUNDS; i++) {
		for (j = 0; j < 4; j++)
			if (!child_start(&child[j]))
				pass_on_and_on(box, j & 1);
		for (j = next_random(&seed) % 16; j; j--)
			pause_briefly();
		for (j = 0; j < 4; j++) {
			kill(child[j].pid, SIGKILL);
			EXPECT_EQ(SIGKILL, child_join(&child[j]));
		}
	}
	EXPECT_LE(0, box_control(box, MBX_CONTROL_PURGE));
	if (!child_start(&child[0])) {
		CHECK(!become(USER, USER, 0));
		CHECK(wait_until(!send_fds(box, 1, fd, 16, 0)));
		CHECK_ERRNO(ETOOMANYREFS, send_fds(box, 1, fd, 1, 0));
		child_exit();
	}
	EXPECT_CHILD(child[0]);
}

TEST_HARNESS_MAIN
