// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may open a mailbox, and what its handle allows.
 */
#include "peers.h"

#define USER 2001
#define GROUP 2101
#define OTHER 2002
#define BOTH (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)

/* A mailbox of USER and GROUP, created by root. */
static int create_for(int control, const char *name, __u32 flags, __u32 mode)
{
	struct mbx_create arg;

	init_create(&arg, name, flags, 4);
	arg.mode = mode;
	arg.uid = USER;
	arg.gid = GROUP;
	return ioctl(control, MBX_IOC_CREATE, &arg);
}

/* -------------------------------------------------------------- mode bits */

FIXTURE(mode) {
	int control;
	int fd;
	__u64 id;
	char name[NAME_SIZE];
};

FIXTURE_VARIANT(mode)
{
	__u32 mode;
	uid_t uid;
	gid_t gid;
	gid_t group;
	__u32 rights;
};

#define MODE_ROW(_name, _mode, _uid, _gid, _group, _rights)               \
	FIXTURE_VARIANT_ADD(mode, _name)                                  \
	{                                                                 \
		.mode = _mode, .uid = _uid, .gid = _gid, .group = _group, \
		.rights = _rights,                                        \
	}

MODE_ROW(user_receive, 0400, USER, 9, 0, MBX_OPEN_RECEIVE);
MODE_ROW(user_send, 0200, USER, 9, 0, MBX_OPEN_SEND);
MODE_ROW(user_both, 0600, USER, 9, 0, BOTH);
MODE_ROW(user_counts_before_group, 0066, USER, GROUP, 0, 0);
MODE_ROW(group_receive, 0040, OTHER, GROUP, 0, MBX_OPEN_RECEIVE);
MODE_ROW(group_send, 0020, OTHER, GROUP, 0, MBX_OPEN_SEND);
MODE_ROW(group_counts_before_others, 0606, OTHER, GROUP, 0, 0);
MODE_ROW(supplementary_group, 0040, OTHER, 9, GROUP, MBX_OPEN_RECEIVE);
MODE_ROW(supplementary_before_others, 0606, OTHER, 9, GROUP, 0);
MODE_ROW(others_receive, 0004, OTHER, 9, 8, MBX_OPEN_RECEIVE);
MODE_ROW(others_send, 0002, OTHER, 9, 8, MBX_OPEN_SEND);
MODE_ROW(others_both, 0006, OTHER, 9, 8, BOTH);
MODE_ROW(others_none, 0660, OTHER, 9, 8, 0);
MODE_ROW(nobody, 0000, USER, GROUP, 0, 0);

FIXTURE_SETUP(mode)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	unique_name(self->name);
	self->fd = create_for(self->control, self->name, 0, variant->mode);
	ASSERT_LE(0, self->fd);
	self->id = box_id(self->fd);
}

FIXTURE_TEARDOWN(mode)
{
	box_delete(self->fd, NULL, 0);
}

/* Its user may know of it in any case. */
static bool expected(const FIXTURE_VARIANT(mode) * variant, __u32 wanted)
{
	if (!wanted)
		return variant->rights || variant->uid == USER;
	return !(wanted & ~variant->rights);
}

static void try_open(int control, const char *name, __u64 id, __u32 wanted,
		     bool allowed)
{
	int fd = box_open(control, name, id, wanted);
	int error = fd < 0 ? errno : 0;

	CHECK(error == (allowed ? 0 : EACCES));
	if (fd >= 0)
		close(fd);
}

TEST_F(mode, decides_over_open)
{
	struct child child;
	__u32 wanted;

	if (!child_start(&child)) {
		CHECK(!become(variant->uid, variant->gid, variant->group));
		for (wanted = 0; wanted <= BOTH; wanted++) {
			try_open(self->control, NULL, self->id, wanted,
				 expected(variant, wanted));
			try_open(self->control, self->name, 0, wanted,
				 expected(variant, wanted));
		}
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(mode, does_not_bind_the_capability)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become_with_caps(OTHER, 9, CAP_BIT(CAP_IPC_OWNER)));
		try_open(self->control, self->name, 0, BOTH, true);
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* The number 0 alone gives nothing. */
TEST_F(mode, binds_root_without_the_capability)
{
	__u32 others = variant->mode & 07;
	struct child child;

	if (!child_start(&child)) {
		CHECK(!set_caps(0));
		try_open(self->control, NULL, self->id, MBX_OPEN_RECEIVE,
			 others & 4);
		try_open(self->control, NULL, self->id, MBX_OPEN_SEND,
			 others & 2);
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* ----------------------------------------------------------------- handles */

FIXTURE(handle) {
	int control;
	int fd;
	__u64 id;
};

FIXTURE_SETUP(handle)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, 0, 4);
	ASSERT_LE(0, self->fd);
	self->id = box_id(self->fd);
}

FIXTURE_TEARDOWN(handle)
{
	box_delete(self->fd, NULL, 0);
}

TEST_F(handle, receiver_cannot_send)
{
	int in = box_open(self->control, NULL, self->id, MBX_OPEN_RECEIVE);

	ASSERT_LE(0, in);
	EXPECT_ERRNO(EBADF, box_send(in, "x", 1, 0));
	EXPECT_ERRNO(EBADF, box_send(in, "x", 1, MBX_SEND_SYNC));
	EXPECT_ERRNO(EBADF, write(in, "x", 1));
	EXPECT_EQ(-1, receive_number(self->fd));
}

TEST_F(handle, sender_cannot_receive)
{
	int out = box_open(self->control, NULL, self->id, MBX_OPEN_SEND);
	char c;

	ASSERT_LE(0, out);
	ASSERT_EQ(0, send_number(out, 1));
	EXPECT_ERRNO(EBADF, box_receive(out, &c, 1, 0));
	EXPECT_ERRNO(EBADF, box_receive(out, &c, 1, MBX_RECEIVE_PEEK));
	EXPECT_ERRNO(EBADF, read(out, &c, 1));
	EXPECT_EQ(1, receive_number(self->fd));
}

TEST_F(handle, without_right_can_only_ask)
{
	int none = box_open(self->control, NULL, self->id, 0);
	struct mbx_stat stat;
	char c;

	ASSERT_LE(0, none);
	EXPECT_ERRNO(EBADF, box_send(none, "x", 1, 0));
	EXPECT_ERRNO(EBADF, box_receive(none, &c, 1, 0));
	EXPECT_EQ(0, box_stat(none, &stat));
	EXPECT_EQ(0, stat.out_rights);
}

TEST_F(handle, keeps_its_rights_when_the_user_changes)
{
	struct child child;

	NEED_ROOT();
	if (!child_start(&child)) {
		CHECK(!become(USER, GROUP, 0));
		CHECK_ERRNO(EACCES, box_open(self->control, NULL, self->id, 0));
		CHECK(!send_number(self->fd, 3));
		CHECK(receive_number(self->fd) == 3);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_HARNESS_MAIN
