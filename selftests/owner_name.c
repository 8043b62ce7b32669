// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The names of an owner that holds nothing open any more when it dies: no close
 * at its exit waits until its mailboxes are gone, and yet each name is free.
 */
#include "peers.h"

/* So many that the last one goes some time after the exit. */
#define OWNED 200
#define ROUNDS 10

FIXTURE(owner_name) {
	int control;
	char name[NAME_SIZE];
	struct child child;
};

FIXTURE_SETUP(owner_name)
{
	OPEN_CONTROL(self->control);
	unique_name(self->name);
}

FIXTURE_TEARDOWN(owner_name)
{
	close(self->control);
}

/* In the owner: mailboxes NAME0, NAME1, ..., no handle of which is kept. */
static void own_many(FIXTURE_DATA(owner_name) * self)
{
	char name[NAME_SIZE + 8];
	int i, fd;

	for (i = 0; i < OWNED; i++) {
		snprintf(name, sizeof(name), "%s%d", self->name, i);
		fd = box_create(self->control, name, MBX_CREATE_OWNED, 1);
		CHECK(fd >= 0);
		close(fd);
	}
	close(self->control);
}

TEST_F(owner_name, is_free_at_once)
{
	char last[NAME_SIZE + 8];
	siginfo_t info;
	int i, fd;

	snprintf(last, sizeof(last), "%s%d", self->name, OWNED - 1);
	for (i = 0; i < ROUNDS; i++) {
		if (!child_start(&self->child)) {
			own_many(self);
			child_exit();
		}
		ASSERT_EQ(0, waitid(P_PID, self->child.pid, &info,
				    WEXITED | WNOWAIT));
		fd = box_create(self->control, last, MBX_CREATE_OWNED, 1);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, box_delete(fd, NULL, 0));
		close(fd);
		EXPECT_CHILD(self->child);
	}
}

TEST_HARNESS_MAIN
