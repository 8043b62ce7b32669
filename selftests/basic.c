// SPDX-License-Identifier: GPL-2.0-or-later
/* Each command doing what it is for, with nobody else around. */
#include "mailbox.h"

FIXTURE(basic) {
	int control;
	int box;
	__u64 id;
	char name[NAME_SIZE];
	struct mbx_stat stat;
};

/* A system mailbox: what fails here must not survive the test. */
FIXTURE_SETUP(basic)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, unique_name(self->name), 0,
			       MBX_UNBOUNDED);
	ASSERT_LE(0, self->box);
	self->id = box_id(self->box);
	EXPECT_NE(0, self->id);
}

FIXTURE_TEARDOWN(basic)
{
	box_delete(self->box, NULL, 0);
	close(self->box);
	close(self->control);
}

/* --------------------------------------------------------------- version */

TEST_F(basic, version)
{
	struct mbx_version version;

	EXPECT_EQ(0, box_version(self->control, &version));
	EXPECT_EQ(MBX_ABI, version.out_abi);
	EXPECT_EQ(0, version.out_features);
	EXPECT_NE(POISON_U32, version.out_release);
}

TEST_F(basic, version_is_the_same_on_a_mailbox)
{
	struct mbx_version one, two;

	EXPECT_EQ(0, box_version(self->control, &one));
	EXPECT_EQ(0, box_version(self->box, &two));
	EXPECT_EQ(0, memcmp(&one, &two, sizeof(one)));
}

/* ------------------------------------------------------- create and open */

TEST_F(basic, create_tells_the_id)
{
	struct mbx_create arg;
	struct mbx_stat stat;
	int fd;

	init_create(&arg, NULL, MBX_CREATE_OWNED, 1);
	fd = ioctl(self->control, MBX_IOC_CREATE, &arg);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, box_stat(fd, &stat));
	EXPECT_EQ(stat.out_id, arg.out_id);
	EXPECT_LT(self->id, arg.out_id);
	close(fd);
}

TEST_F(basic, handles_close_on_exec)
{
	int fd = box_open(self->control, self->name, 0, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->box, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	close(fd);
}

TEST_F(basic, handle_is_called_mailbox)
{
	char path[64], target[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->box);
	ASSERT_LT(0, readlink(path, target, sizeof(target) - 1));
	EXPECT_STREQ("anon_inode:[mailbox]", target);
}

TEST_F(basic, open_by_name)
{
	int fd = box_open(self->control, self->name, 0, MBX_OPEN_RECEIVE);

	ASSERT_LE(0, fd);
	EXPECT_EQ(self->id, box_id(fd));
	EXPECT_EQ(0, send_number(self->box, 7));
	EXPECT_EQ(7, receive_number(fd));
	close(fd);
}

TEST_F(basic, open_by_id)
{
	struct mbx_open arg;
	int fd;

	init_open(&arg, NULL, self->id, MBX_OPEN_SEND);
	fd = ioctl(self->control, MBX_IOC_OPEN, &arg);
	ASSERT_LE(0, fd);
	EXPECT_EQ(self->id, arg.out_id);
	EXPECT_EQ(0, send_number(fd, 8));
	EXPECT_EQ(8, receive_number(self->box));
	close(fd);
}

TEST_F(basic, mailbox_outlives_its_handles)
{
	EXPECT_EQ(0, send_number(self->box, 9));
	close(self->box);
	self->box = box_open(self->control, self->name, 0,
			     MBX_OPEN_SEND | MBX_OPEN_RECEIVE);
	ASSERT_LE(0, self->box);
	EXPECT_EQ(9, receive_number(self->box));
}

TEST_F(basic, unnamed_owned_mailbox_ends_with_its_last_handle)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	int other;
	__u64 id;

	ASSERT_LE(0, fd);
	id = box_id(fd);
	other = box_open(self->control, NULL, id, 0);
	ASSERT_LE(0, other);
	close(fd);
	EXPECT_EQ(id, box_id(other));
	close(other);
	EXPECT_ERRNO(ENOENT, box_open(self->control, NULL, id, 0));
}

TEST_F(basic, names_are_free_again_after_delete)
{
	int fd;

	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	fd = box_create(self->control, self->name, 0, 1);
	ASSERT_LE(0, fd);
	EXPECT_LT(self->id, box_id(fd));
	close(self->box);
	self->box = fd;
}

/* Rights are those asked for at open, not those that the user could have. */
TEST_F(basic, handle_without_right_to_send)
{
	int fd = box_open(self->control, self->name, 0, MBX_OPEN_RECEIVE);

	ASSERT_LE(0, fd);
	EXPECT_ERRNO(EBADF, send_number(fd, 1));
	EXPECT_ERRNO(EBADF, write(fd, "x", 1));
	close(fd);
}

TEST_F(basic, handle_without_right_to_receive)
{
	int fd = box_open(self->control, self->name, 0, MBX_OPEN_SEND);
	char byte;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, send_number(fd, 1));
	EXPECT_ERRNO(EBADF, receive_number(fd));
	EXPECT_ERRNO(EBADF, box_receive(fd, &byte, 1, MBX_RECEIVE_PEEK));
	EXPECT_ERRNO(EBADF, read(fd, &byte, 1));
	close(fd);
}

TEST_F(basic, handle_without_rights_can_look)
{
	int fd = box_open(self->control, self->name, 0, 0);

	ASSERT_LE(0, fd);
	EXPECT_ERRNO(EBADF, send_number(fd, 1));
	EXPECT_ERRNO(EBADF, receive_number(fd));
	EXPECT_EQ(0, box_stat(fd, &self->stat));
	EXPECT_EQ(0, self->stat.out_rights);
	EXPECT_EQ(2, self->stat.out_handles);
	close(fd);
}

/* ----------------------------------------------------------------- delete */

TEST_F(basic, delete_by_handle)
{
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_ERRNO(ENOENT, box_open(self->control, self->name, 0, 0));
	EXPECT_ERRNO(ENOENT, box_open(self->control, NULL, self->id, 0));
}

TEST_F(basic, delete_by_name)
{
	EXPECT_EQ(0, box_delete(self->control, self->name, 0));
	EXPECT_ERRNO(EIDRM, send_number(self->box, 1));
}

TEST_F(basic, delete_by_id)
{
	EXPECT_EQ(0, box_delete(self->control, NULL, self->id));
	EXPECT_ERRNO(EIDRM, send_number(self->box, 1));
}

TEST_F(basic, delete_twice)
{
	EXPECT_EQ(0, box_delete(self->control, self->name, 0));
	EXPECT_ERRNO(ENOENT, box_delete(self->control, self->name, 0));
	EXPECT_ERRNO(ENOENT, box_delete(self->control, NULL, self->id));
	EXPECT_ERRNO(EIDRM, box_delete(self->box, NULL, 0));
}

/* Every command on a handle says how the mailbox ended. */
TEST_F(basic, everything_fails_after_delete)
{
	char byte;

	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_ERRNO(EIDRM, send_number(self->box, 1));
	EXPECT_ERRNO(EIDRM, receive_number(self->box));
	EXPECT_ERRNO(EIDRM, box_receive(self->box, &byte, 0, MBX_RECEIVE_PEEK));
	EXPECT_ERRNO(EIDRM, box_stat(self->box, &self->stat));
	EXPECT_ERRNO(EIDRM, read(self->box, &byte, 1));
	EXPECT_ERRNO(EIDRM, write(self->box, &byte, 1));
}

TEST_HARNESS_MAIN
