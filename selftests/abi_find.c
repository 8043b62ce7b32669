// SPDX-License-Identifier: GPL-2.0-or-later
/* The limits of each member of OPEN and DELETE. */
#include "mailbox.h"

FIXTURE(fields) {
	int control;
	int box;
	__u64 id;
	char name[NAME_SIZE];
	struct mbx_open open;
	struct mbx_delete delete;
};

/* Arguments are right; each test spoils one member. */
FIXTURE_SETUP(fields)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, unique_name(self->name),
			       MBX_CREATE_OWNED, 4);
	ASSERT_LE(0, self->box);
	self->id = box_id(self->box);
	ASSERT_NE(0, self->id);
	init_open(&self->open, NULL, self->id, 0);
	init_delete(&self->delete, NULL, self->id);
}

FIXTURE_TEARDOWN(fields)
{
	close(self->box);
	close(self->control);
}

static int open_box(FIXTURE_DATA(fields) * self)
{
	int fd = ioctl(self->control, MBX_IOC_OPEN, &self->open);

	return fd < 0 ? fd : close(fd);
}

static int delete (FIXTURE_DATA(fields) * self)
{
	return ioctl(self->control, MBX_IOC_DELETE, &self->delete);
}

TEST_F(fields, open_without_name_and_id)
{
	self->open.id = 0;
	EXPECT_ERRNO(EINVAL, open_box(self));
}

TEST_F(fields, open_with_name_and_id)
{
	self->open.name_ptr = (uintptr_t)self->name;
	self->open.name_len = strlen(self->name);
	EXPECT_ERRNO(EINVAL, open_box(self));
}

TEST_F(fields, open_name_length)
{
	char name[MBX_NAME_MAX + 1];

	memset(name, 'n', sizeof(name));
	init_open(&self->open, self->name, 0, 0);
	self->open.name_len = 0;
	EXPECT_ERRNO(EINVAL, open_box(self));
	self->open.name_ptr = (uintptr_t)name;
	self->open.name_len = MBX_NAME_MAX;
	EXPECT_ERRNO(ENOENT, open_box(self));
	self->open.name_len = MBX_NAME_MAX + 1;
	EXPECT_ERRNO(EINVAL, open_box(self));
	self->open.name_len = ~0U;
	EXPECT_ERRNO(EINVAL, open_box(self));
	self->open.name_ptr = 0;
	self->open.name_len = 3;
	EXPECT_ERRNO(EINVAL, open_box(self));
}

TEST_F(fields, open_name_is_compared_whole)
{
	size_t len = strlen(self->name);
	char name[NAME_SIZE];

	init_open(&self->open, self->name, 0, 0);
	EXPECT_EQ(0, open_box(self));
	self->open.name_len = len - 1;
	EXPECT_ERRNO(ENOENT, open_box(self));
	memcpy(name, self->name, len);
	name[len] = 'x';
	self->open.name_ptr = (uintptr_t)name;
	self->open.name_len = len + 1;
	EXPECT_ERRNO(ENOENT, open_box(self));
}

TEST_F(fields, open_name_nowhere)
{
	self->open.id = 0;
	self->open.name_ptr = 8;
	self->open.name_len = 3;
	EXPECT_ERRNO(EFAULT, open_box(self));
}

TEST_F(fields, open_with_pid)
{
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		self->open.pid = 1U << bit;
		EXPECT_ERRNO(EINVAL, open_box(self));
	}
	init_open(&self->open, self->name, 0, 0);
	self->open.pid = getpid();
	EXPECT_ERRNO(EINVAL, open_box(self));
	init_open(&self->open, NULL, 0, 0);
	self->open.pid = -getpid();
	EXPECT_ERRNO(EINVAL, open_box(self));
	self->open.pid = -1;
	EXPECT_ERRNO(EINVAL, open_box(self));
}

TEST_F(fields, open_unknown_id)
{
	self->open.id = ~0ULL;
	EXPECT_ERRNO(ENOENT, open_box(self));
	self->open.id = self->id + (1ULL << 32);
	EXPECT_ERRNO(ENOENT, open_box(self));
	self->open.id = self->id + 1;
	EXPECT_ERRNO(ENOENT, open_box(self));
}

TEST_F(fields, delete_with_name_and_id)
{
	self->delete.name_ptr = (uintptr_t)self->name;
	self->delete.name_len = strlen(self->name);
	EXPECT_ERRNO(EINVAL, delete (self));
	EXPECT_EQ(0, open_box(self));
}

/* A control handle is no mailbox that could be meant. */
TEST_F(fields, delete_nothing)
{
	self->delete.id = 0;
	EXPECT_ERRNO(EINVAL, delete (self));
}

TEST_F(fields, delete_name_length)
{
	init_delete(&self->delete, self->name, 0);
	self->delete.name_len = MBX_NAME_MAX + 1;
	EXPECT_ERRNO(EINVAL, delete (self));
	self->delete.name_len = 0;
	EXPECT_ERRNO(EINVAL, delete (self));
	self->delete.name_ptr = 0;
	self->delete.name_len = 3;
	EXPECT_ERRNO(EINVAL, delete (self));
	EXPECT_EQ(0, open_box(self));
}

TEST_F(fields, delete_with_pid)
{
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		self->delete.pid = 1U << bit;
		EXPECT_ERRNO(EINVAL, delete (self));
	}
	init_delete(&self->delete, self->name, 0);
	self->delete.pid = getpid();
	EXPECT_ERRNO(EINVAL, delete (self));
	init_delete(&self->delete, NULL, 0);
	self->delete.pid = -1;
	EXPECT_ERRNO(EINVAL, delete (self));
	EXPECT_EQ(0, open_box(self));
}

TEST_F(fields, delete_unknown)
{
	self->delete.id = ~0ULL;
	EXPECT_ERRNO(ENOENT, delete (self));
	init_delete(&self->delete, "no-such-name", 0);
	EXPECT_ERRNO(ENOENT, delete (self));
}

TEST_HARNESS_MAIN
