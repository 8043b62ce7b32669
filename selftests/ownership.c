// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose a mailbox is: who may delete it, for whom it may be created, and what
 * only the owning process may do.
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

/* ---------------------------------------------------------------- deleting */

FIXTURE(deletion) {
	int control;
	int fd;
	__u64 id;
	char name[NAME_SIZE];
};

FIXTURE_SETUP(deletion)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	unique_name(self->name);
	self->fd = create_for(self->control, self->name, 0, 0666);
	ASSERT_LE(0, self->fd);
	self->id = box_id(self->fd);
}

FIXTURE_TEARDOWN(deletion)
{
	box_delete(self->fd, NULL, 0);
}

TEST_F(deletion, by_another_user_is_refused)
{
	struct child child;
	int fd;

	if (!child_start(&child)) {
		CHECK(!become(OTHER, GROUP, GROUP));
		CHECK_ERRNO(EPERM, box_delete(self->control, self->name, 0));
		CHECK_ERRNO(EPERM, box_delete(self->control, NULL, self->id));
		fd = box_open(self->control, self->name, 0, BOTH_RIGHTS);
		CHECK(fd >= 0);
		CHECK_ERRNO(EPERM, box_delete(fd, NULL, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(self->id, box_id(self->fd));
}

/* Whoever holds a handle may do what it was made for. */
TEST_F(deletion, by_another_user_with_the_handle_of_the_creator)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become(OTHER, GROUP, GROUP));
		CHECK(!box_delete(self->fd, NULL, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_ERRNO(EIDRM, box_delete(self->fd, NULL, 0));
}

TEST_F(deletion, by_its_user)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become(USER, 9, 0));
		CHECK(!box_delete(self->control, self->name, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(0, box_id(self->fd));
}

TEST_F(deletion, by_its_creator)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!set_caps(0));
		CHECK(!box_delete(self->control, NULL, self->id));
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(deletion, with_the_capability)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become_with_caps(OTHER, 9, CAP_BIT(CAP_IPC_OWNER)));
		CHECK(!box_delete(self->control, NULL, self->id));
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(deletion, right_to_use_does_not_make_owned_deletable)
{
	int fd = create_for(self->control, NULL, MBX_CREATE_OWNED, 0666);
	struct child child;
	int used;

	ASSERT_LE(0, fd);
	used = box_derive(fd, BOTH_RIGHTS, 0, 0);
	ASSERT_LE(0, used);
	if (!child_start(&child)) {
		CHECK(!become(OTHER, 9, 0));
		CHECK_ERRNO(EPERM, box_delete(used, NULL, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
	close(used);
	close(fd);
}

/* ---------------------------------------------------------------- creating */

FIXTURE(creation) {
	int control;
};

FIXTURE_VARIANT(creation)
{
	__u32 uid;
	__u32 gid;
	__u64 caps;
	int error;
};

#define CREATION_ROW(_name, _uid, _gid, _caps, _error)                    \
	FIXTURE_VARIANT_ADD(creation, _name)                              \
	{                                                                 \
		.uid = _uid, .gid = _gid, .caps = _caps, .error = _error, \
	}

CREATION_ROW(as_oneself, MBX_SELF, MBX_SELF, 0, 0);
CREATION_ROW(own_ids_by_number, USER, GROUP, 0, 0);
CREATION_ROW(foreign_uid, OTHER, MBX_SELF, 0, EPERM);
CREATION_ROW(uid_of_root, 0, MBX_SELF, 0, EPERM);
CREATION_ROW(foreign_gid, MBX_SELF, 9, 0, EPERM);
CREATION_ROW(foreign_ids_with_chown, OTHER, 9, CAP_BIT(CAP_CHOWN), 0);
CREATION_ROW(other_capability, OTHER, 9, CAP_BIT(CAP_IPC_OWNER), EPERM);

FIXTURE_SETUP(creation)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
}

FIXTURE_TEARDOWN(creation)
{
}

TEST_F(creation, for_whom)
{
	struct mbx_create arg;
	struct mbx_stat stat;
	struct child child;
	int fd, error;

	if (!child_start(&child)) {
		CHECK(!become_with_caps(USER, GROUP, variant->caps));
		init_create(&arg, NULL, MBX_CREATE_OWNED, 1);
		arg.uid = variant->uid;
		arg.gid = variant->gid;
		fd = ioctl(self->control, MBX_IOC_CREATE, &arg);
		error = fd < 0 ? errno : 0;
		CHECK(error == variant->error);
		CHECK(fd < 0 || !box_stat(fd, &stat));
		CHECK(fd < 0 || variant->uid == MBX_SELF ||
		      stat.out_uid == variant->uid);
		child_exit();
	}
	EXPECT_CHILD(child);
}

FIXTURE(effective) {
	int control;
};

FIXTURE_SETUP(effective)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
}

FIXTURE_TEARDOWN(effective)
{
}

TEST_F(effective, ids_own_what_is_created)
{
	struct mbx_stat stat;
	struct child child;

	if (!child_start(&child)) {
		CHECK(!setegid(GROUP));
		CHECK(!seteuid(USER));
		CHECK(!box_stat(box_create(self->control, NULL,
					   MBX_CREATE_OWNED, 1),
				&stat));
		CHECK(stat.out_uid == USER);
		CHECK(stat.out_gid == GROUP);
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* ------------------------------------------------------------------- owned */

FIXTURE(owned) {
	int control;
	int fd;
	__u64 id;
};

FIXTURE_SETUP(owned)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	self->fd = create_for(self->control, NULL, MBX_CREATE_OWNED, 0666);
	ASSERT_LE(0, self->fd);
	self->id = box_id(self->fd);
}

FIXTURE_TEARDOWN(owned)
{
}

TEST_F(owned, owner_opens_to_receive)
{
	EXPECT_LE(0, box_open(self->control, NULL, self->id, BOTH));
}

static void *open_in_thread(void *arg)
{
	FIXTURE_DATA(owned)
		*self = arg;

	return (void *)(long)box_open(self->control, NULL, self->id, BOTH);
}

TEST_F(owned, any_thread_of_the_owner_opens_to_receive)
{
	pthread_t thread;
	void *fd;

	ASSERT_EQ(0, pthread_create(&thread, NULL, open_in_thread, self));
	pthread_join(thread, &fd);
	EXPECT_LE(0, (long)fd);
}

static void only_sends(int control, __u64 id)
{
	CHECK_ERRNO(EACCES, box_open(control, NULL, id, MBX_OPEN_RECEIVE));
	CHECK_ERRNO(EACCES, box_open(control, NULL, id, BOTH));
	CHECK(box_open(control, NULL, id, MBX_OPEN_SEND) >= 0);
}

TEST_F(owned, same_user_only_sends)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become(USER, GROUP, 0));
		only_sends(self->control, self->id);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(owned, root_only_sends)
{
	struct child child;

	if (!child_start(&child)) {
		only_sends(self->control, self->id);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(owned, inherited_handle_still_receives)
{
	struct child child;

	ASSERT_EQ(0, send_number(self->fd, 5));
	if (!child_start(&child)) {
		CHECK(receive_number(self->fd) == 5);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_HARNESS_MAIN
