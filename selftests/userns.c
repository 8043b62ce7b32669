// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * User namespaces: ids are shown as the reader's namespace knows them, and
 * root in one of its own is nobody outside.
 */
#include "peers.h"

#define USER 2001
#define GROUP 2101
#define OVERFLOW 65534

FIXTURE(userns) {
	int control;
	int fd;
	int used; /* without the right to manage */
};

FIXTURE_SETUP(userns)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, 0, 8);
	ASSERT_LE(0, self->fd);
	self->used = box_derive(self->fd, BOTH_RIGHTS, 0, 0);
	ASSERT_LE(0, self->used);
}

FIXTURE_TEARDOWN(userns)
{
	box_delete(self->fd, NULL, 0);
}

/* In a child: as USER, then as root of a new user namespace. */
static bool enter_namespace(int flags)
{
	char map[32];

	if (become(USER, GROUP, 0) || unshare(CLONE_NEWUSER | flags))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", USER);
	if (write_text("/proc/self/uid_map", map) ||
	    write_text("/proc/self/setgroups", "deny"))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", GROUP);
	return !write_text("/proc/self/gid_map", map) && !setuid(0) &&
	       !setgid(0);
}

/* User namespaces may be switched off. */
#define NEED_USERNS()                                                          \
	do {                                                                   \
		struct child __child;                                          \
                                                                               \
		if (!child_start(&__child)) {                                  \
			CHECK(!become(USER, GROUP, 0));                        \
			CHECK(!unshare(CLONE_NEWUSER));                        \
			child_exit();                                          \
		}                                                              \
		if (child_join(&__child))                                      \
			SKIP(return, "a user cannot create a user namespace"); \
	} while (0)

static bool receive_info(int fd, struct mbx_receive *got)
{
	static char data[64];

	init_receive(got, data, sizeof(data), 0);
	return !ioctl(fd, MBX_IOC_RECEIVE, got);
}

TEST_F(userns, root_inside_is_a_user_outside)
{
	struct mbx_receive got;
	struct child child;

	NEED_USERNS();
	if (!child_start(&child)) {
		CHECK(enter_namespace(0));
		CHECK(!geteuid());
		CHECK(!send_number(self->fd, 1));
		child_exit();
	}
	ASSERT_TRUE(receive_info(self->fd, &got));
	EXPECT_EQ(USER, got.out_uid);
	EXPECT_EQ(GROUP, got.out_gid);
	EXPECT_CHILD(child);
}

TEST_F(userns, seen_from_inside)
{
	struct mbx_receive got;
	struct child child;

	NEED_USERNS();
	if (!child_start(&child)) {
		CHECK(enter_namespace(0));
		CHECK(!send_number(self->fd, 1));
		CHECK(receive_info(self->fd, &got));
		CHECK(got.out_uid == 0);
		CHECK(got.out_gid == 0);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(userns, unknown_ids_overflow)
{
	struct mbx_receive got;
	struct child child;

	NEED_USERNS();
	ASSERT_EQ(0, send_number(self->fd, 1));
	if (!child_start(&child)) {
		struct mbx_stat stat;

		CHECK(enter_namespace(0));
		CHECK(receive_info(self->fd, &got));
		CHECK(got.out_uid == OVERFLOW);
		CHECK(got.out_gid == OVERFLOW);
		CHECK(!box_stat(self->fd, &stat));
		CHECK(stat.out_uid == OVERFLOW);
		CHECK(stat.out_gid == OVERFLOW);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(userns, no_rights_over_others)
{
	__u64 id = box_id(self->fd);
	struct child child;

	NEED_USERNS();
	if (!child_start(&child)) {
		CHECK(enter_namespace(0));
		CHECK_ERRNO(EACCES, box_open(self->control, NULL, id, 0));
		CHECK_ERRNO(EACCES,
			    box_open(self->control, NULL, id, MBX_OPEN_SEND));
		CHECK_ERRNO(EPERM, box_delete(self->control, NULL, id));
		CHECK_ERRNO(EPERM, box_delete(self->used, NULL, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(id, box_id(self->fd));
}

/* Also with a network namespace of its own, which it may rule. */
TEST_F(userns, own_network_gives_no_rights_outside)
{
	__u64 id = box_id(self->fd);
	struct child child;

	NEED_USERNS();
	if (!child_start(&child)) {
		CHECK(enter_namespace(CLONE_NEWNET));
		CHECK_ERRNO(EPERM, box_delete(self->used, NULL, 0));
		CHECK(!send_number(self->fd, 1));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(id, box_id(self->fd));
	EXPECT_EQ(1, receive_number(self->fd));
}

TEST_F(userns, rules_its_own_network)
{
	struct child child;

	NEED_USERNS();
	if (!child_start(&child)) {
		struct mbx_create arg;
		int fd;

		CHECK(enter_namespace(CLONE_NEWNET));
		init_create(&arg, NULL, 0, 4);
		arg.mode = 0;
		fd = ioctl(self->control, MBX_IOC_CREATE, &arg);
		CHECK(fd >= 0);
		CHECK(box_open(self->control, NULL, box_id(fd),
			       MBX_OPEN_RECEIVE) >= 0);
		CHECK(!box_delete(fd, NULL, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(userns, unmapped_ids_cannot_own)
{
	struct child child;

	NEED_USERNS();
	if (!child_start(&child)) {
		struct mbx_create arg;

		CHECK(enter_namespace(0));
		init_create(&arg, NULL, MBX_CREATE_OWNED, 4);
		arg.uid = 5;
		CHECK_ERRNO(EINVAL, ioctl(self->control, MBX_IOC_CREATE, &arg));
		init_create(&arg, NULL, MBX_CREATE_OWNED, 4);
		arg.gid = 5;
		CHECK_ERRNO(EINVAL, ioctl(self->control, MBX_IOC_CREATE, &arg));
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(userns, limits_bind_root_inside)
{
	const char *limit = MODULE_PARAM("max_user_mailboxes");
	long long before = read_number(limit);
	struct child child;

	NEED_USERNS();
	ASSERT_EQ(0, write_number(limit, 2));
	if (!child_start(&child)) {
		CHECK(enter_namespace(CLONE_NEWNET));
		CHECK(box_create(self->control, NULL, 0, 1) >= 0);
		CHECK(box_create(self->control, NULL, 0, 1) >= 0);
		CHECK_ERRNO(EDQUOT, box_create(self->control, NULL, 0, 1));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(0, write_number(limit, before));
}

TEST_HARNESS_MAIN
