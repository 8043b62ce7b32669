// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits on mailboxes: what each answers, whom it binds, and that what was given
 * back can be had again, any number of times.
 */
#include "peers.h"

#define USER 2001
#define OTHER 2002
#define ROUNDS 20

/* Limits that tests change; put back by a process that outlives them. */
static const char *const limits[] = {
	MODULE_PARAM("max_mailboxes"),
	MODULE_PARAM("max_user_mailboxes"),
};

enum { MAX_MAILBOXES, MAX_USER_MAILBOXES, NR_LIMITS };

FIXTURE(quota) {
	int control;
	long long saved[NR_LIMITS];
	struct counts before;
};

FIXTURE_SETUP(quota)
{
	int i;

	NEED_ROOT();
	self->before = counts_now();
	OPEN_CONTROL(self->control);
	for (i = 0; i < NR_LIMITS; i++) {
		self->saved[i] = read_number(limits[i]);
		ASSERT_LT(0, self->saved[i]);
	}
}

FIXTURE_TEARDOWN_PARENT(quota)
{
	int i;

	for (i = 0; i < NR_LIMITS; i++)
		if (self->saved[i] > 0)
			EXPECT_EQ(0, write_number(limits[i], self->saved[i]));
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* Creates until refused; how many there were, and why no more. */
static int fill_up(int control, __u32 flags, int *fds, int max, int *error)
{
	int n;

	for (n = 0; n < max; n++) {
		fds[n] = box_create(control, NULL, flags, 1);
		if (fds[n] < 0)
			break;
	}
	*error = n < max ? errno : 0;
	return n;
}

static void delete_all(int *fds, int n)
{
	while (n--) {
		box_delete(fds[n], NULL, 0);
		close(fds[n]);
	}
}

TEST_F(quota, mailboxes_of_a_user)
{
	struct child child;
	int fds[10], error;

	ASSERT_EQ(0, write_number(limits[MAX_USER_MAILBOXES], 5));
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK(fill_up(self->control, 0, fds, 10, &error) == 5);
		CHECK(error == EDQUOT);
		delete_all(fds, 5);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(quota, one_deleted_one_more)
{
	struct child child;
	int fds[10], error, i;

	ASSERT_EQ(0, write_number(limits[MAX_USER_MAILBOXES], 5));
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK(fill_up(self->control, 0, fds, 10, &error) == 5);
		for (i = 0; i < ROUNDS; i++) {
			CHECK(!box_delete(fds[0], NULL, 0));
			close(fds[0]);
			fds[0] = box_create(self->control, NULL, 0, 1);
			CHECK(fds[0] >= 0);
			CHECK_ERRNO(EDQUOT,
				    box_create(self->control, NULL, 0, 1));
		}
		delete_all(fds, 5);
		child_exit();
	}
	EXPECT_CHILD(child);
}

/*
 * One that has closed its handles, so that its exit waits for nothing, and that
 * leaves a lot to be freed.
 */
static bool owner_comes_and_goes(int control)
{
	struct child child;
	int fd, i;

	if (!child_start(&child)) {
		fd = box_create(control, "of-the-dead", MBX_CREATE_OWNED,
				MBX_UNBOUNDED);
		CHECK(fd >= 0);
		for (i = 0; i < 2000; i++)
			CHECK(!box_send(fd, "", 1, 0));
		close(fd);
		close(control);
		child_exit();
	}
	return !child_join(&child);
}

TEST_F(quota, that_of_the_dead_can_be_had_at_once)
{
	struct child child;
	int fd, i;

	ASSERT_EQ(0, write_number(limits[MAX_USER_MAILBOXES], 1));
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		for (i = 0; i < ROUNDS; i++) {
			CHECK(owner_comes_and_goes(self->control));
			fd = box_create(self->control, "of-the-dead", 0, 1);
			CHECK(fd >= 0);
			delete_all(&fd, 1);
		}
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(quota, refused_creation_leaves_the_name)
{
	int fds[10], error;
	struct child child;

	ASSERT_EQ(0, write_number(limits[MAX_USER_MAILBOXES], 2));
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK(fill_up(self->control, 0, fds, 10, &error) == 2);
		CHECK_ERRNO(EDQUOT, box_create(self->control, "refused", 0, 1));
		CHECK_ERRNO(ENOENT, box_open(self->control, "refused", 0, 0));
		CHECK(!box_delete(fds[1], NULL, 0));
		close(fds[1]);
		fds[1] = box_create(self->control, "refused", 0, 1);
		CHECK(fds[1] >= 0);
		delete_all(fds, 2);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(quota, limit_lowered_below_what_exists)
{
	struct child child;
	struct gate gate;
	int fds[10], error;

	gate_init(&gate);
	ASSERT_EQ(0, write_number(limits[MAX_USER_MAILBOXES], 5));
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK(fill_up(self->control, 0, fds, 10, &error) == 5);
		CHECK(gate_wait(&gate));
		CHECK(!send_number(fds[4], 1));
		delete_all(fds + 2, 3);
		CHECK_ERRNO(EDQUOT, box_create(self->control, NULL, 0, 1));
		delete_all(fds, 1);
		CHECK(box_create(self->control, NULL, MBX_CREATE_OWNED, 1) >=
		      0);
		delete_all(fds + 1, 1);
		child_exit();
	}
	ASSERT_TRUE(wait_until(box_rows() == self->before.rows + 5));
	ASSERT_EQ(0, write_number(limits[MAX_USER_MAILBOXES], 2));
	gate_open(&gate);
	EXPECT_CHILD(child);
}

TEST_F(quota, root_is_exempt_from_user_limits)
{
	int fds[4], error;

	ASSERT_EQ(0, write_number(limits[MAX_USER_MAILBOXES], 1));
	EXPECT_EQ(4, fill_up(self->control, 0, fds, 4, &error));
	delete_all(fds, 4);
}

TEST_F(quota, capability_is_exempt_from_user_limits)
{
	struct child child;
	int fds[4], error;

	ASSERT_EQ(0, write_number(limits[MAX_USER_MAILBOXES], 1));
	if (!child_start(&child)) {
		CHECK(!become_with_caps(USER, USER, CAP_BIT(CAP_SYS_RESOURCE)));
		CHECK(fill_up(self->control, 0, fds, 4, &error) == 4);
		delete_all(fds, 4);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(quota, number_of_root_is_not_exempt)
{
	struct child child;
	int fds[4], error;

	ASSERT_EQ(0, write_number(limits[MAX_USER_MAILBOXES], 1));
	if (!child_start(&child)) {
		CHECK(!set_caps(0));
		/* Root may have mailboxes from elsewhere: at most one more. */
		CHECK(fill_up(self->control, 0, fds, 4, &error) <= 1);
		CHECK(error == EDQUOT);
		if (fds[0] >= 0)
			delete_all(fds, 1);
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* The total binds everybody. */
TEST_F(quota, mailboxes_in_total)
{
	int fds[10], error;

	ASSERT_EQ(0,
		  write_number(limits[MAX_MAILBOXES], self->before.rows + 3));
	EXPECT_EQ(3, fill_up(self->control, 0, fds, 10, &error));
	EXPECT_EQ(ENOSPC, error);
	delete_all(fds, 1);
	fds[0] = box_create(self->control, NULL, 0, 1);
	EXPECT_LE(0, fds[0]);
	EXPECT_ERRNO(ENOSPC, box_create(self->control, NULL, 0, 1));
	delete_all(fds, 3);
}

TEST_F(quota, one_user_at_its_limit_is_no_one_elses_affair)
{
	struct child full, other;
	struct gate gate;
	int fds[10], error;

	gate_init(&gate);
	ASSERT_EQ(0, write_number(limits[MAX_USER_MAILBOXES], 5));
	if (!child_start(&full)) {
		CHECK(!become(USER, USER, 0));
		CHECK(fill_up(self->control, MBX_CREATE_OWNED, fds, 10,
			      &error) == 5);
		CHECK(gate_open(&gate));
		for (;;)
			pause();
	}
	ASSERT_TRUE(gate_wait(&gate));
	if (!child_start(&other)) {
		CHECK(!become(OTHER, OTHER, 0));
		CHECK(fill_up(self->control, MBX_CREATE_OWNED, fds, 10,
			      &error) == 5);
		CHECK(error == EDQUOT);
		child_exit();
	}
	EXPECT_CHILD(other);
	kill(full.pid, SIGKILL);
	child_join(&full);
}

/* ----------------------------------------------------- again and again */

FIXTURE(again) {
	int control;
	long long saved;
	struct counts before;
};

enum how { BY_DELETE, BY_CLOSE, BY_EXIT, BY_KILL };

FIXTURE_VARIANT(again)
{
	enum how how;
	__u32 flags;
};

FIXTURE_VARIANT_ADD(again, after_delete){
	.how = BY_DELETE,
};

FIXTURE_VARIANT_ADD(again, after_last_close){
	.how = BY_CLOSE,
	.flags = MBX_CREATE_OWNED,
};

FIXTURE_VARIANT_ADD(again, after_exit){
	.how = BY_EXIT,
	.flags = MBX_CREATE_OWNED,
};

FIXTURE_VARIANT_ADD(again, after_kill){
	.how = BY_KILL,
	.flags = MBX_CREATE_OWNED,
};

FIXTURE_SETUP(again)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	self->before = counts_now();
	self->saved = read_number(limits[MAX_USER_MAILBOXES]);
	ASSERT_LT(0, self->saved);
	ASSERT_EQ(0, write_number(limits[MAX_USER_MAILBOXES], 50));
}

FIXTURE_TEARDOWN_PARENT(again)
{
	if (self->saved > 0)
		write_number(limits[MAX_USER_MAILBOXES], self->saved);
}

/* Fills up, then gives everything back in the way of the variant. */
static void fill_and_give_back(int control, const FIXTURE_VARIANT(again) * v)
{
	int fds[60], error, i;

	CHECK(!become(USER, USER, 0));
	CHECK(fill_up(control, v->flags, fds, 60, &error) == 50);
	CHECK(error == EDQUOT);
	if (v->how == BY_DELETE)
		delete_all(fds, 50);
	for (i = 0; v->how == BY_CLOSE && i < 50; i++)
		close(fds[i]);
	if (v->how == BY_DELETE || v->how == BY_CLOSE)
		CHECK(fill_up(control, MBX_CREATE_OWNED, fds, 60, &error) ==
		      50);
	if (v->how == BY_KILL)
		kill(getpid(), SIGKILL);
	child_exit();
}

/* The end of a process is worked off after it: wait for the list. */
TEST_F(again, same_count_every_time)
{
	const int status = variant->how == BY_KILL ? SIGKILL : 0;
	struct child child;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (!child_start(&child))
			fill_and_give_back(self->control, variant);
		ASSERT_EQ(status, child_join(&child));
		ASSERT_TRUE(counts_are_back(&self->before));
	}
}

TEST_HARNESS_MAIN
