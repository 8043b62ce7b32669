// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A sweep over every command: sizes, flags and command numbers.  Addresses and
 * outputs are in abi_memory.c, the limits of single members in abi_create.c,
 * abi_find.c and abi_transfer.c.
 */
#include "commands.h"

TEST_F(command, size_exact)
{
	unsigned char *arg = self->pages + 2 * self->page - variant->size;

	prepare(self, variant->cmd);
	fill(self, variant->cmd, arg);
	EXPECT_EQ(0, run(self, variant->cmd, arg));
}

TEST_F(command, size_too_short)
{
	size_t size;

	for (size = 0; size < variant->size; size++) {
		fill(self, variant->cmd, self->pages);
		set_size(self->pages, size);
		EXPECT_ERRNO(EINVAL, run(self, variant->cmd, self->pages));
	}
	EXPECT_TRUE(unchanged(self));
}

static const size_t longer[] = { 1, 4, 8, 24, 1000, 0 };

/* The last row stands for a whole page. */
static size_t longer_size(size_t size, size_t page, unsigned int row)
{
	return longer[row] ? size + longer[row] : page;
}

TEST_F(command, size_longer_with_zeros)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(longer); i++) {
		size_t size = longer_size(variant->size, self->page, i);
		unsigned char *arg = self->pages + 2 * self->page - size;

		prepare(self, variant->cmd);
		memset(arg, 0, size);
		fill(self, variant->cmd, arg);
		set_size(arg, size);
		EXPECT_EQ(0, run(self, variant->cmd, arg))
		TH_LOG("size %zu: %s", size, strerror(errno));
		while (size > variant->size)
			EXPECT_EQ(0, arg[--size]);
	}
}

TEST_F(command, size_longer_with_junk)
{
	unsigned int i, last;

	for (i = 0; i < 2 * ARRAY_SIZE(longer); i++) {
		size_t size = longer_size(variant->size, self->page, i / 2);

		last = i % 2;
		memset(self->pages, 0, size);
		fill(self, variant->cmd, self->pages);
		set_size(self->pages, size);
		self->pages[last ? size - 1 : variant->size] = 1;
		EXPECT_ERRNO(E2BIG, run(self, variant->cmd, self->pages));
	}
	EXPECT_TRUE(unchanged(self));
}

TEST_F(command, size_above_a_page)
{
	const __u32 sizes[] = { self->page + 1, 2 * self->page, 1U << 31, ~0U };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(self->pages, 0, 2 * self->page);
		fill(self, variant->cmd, self->pages);
		set_size(self->pages, sizes[i]);
		EXPECT_ERRNO(EINVAL, run(self, variant->cmd, self->pages));
	}
	EXPECT_TRUE(unchanged(self));
}

TEST_F(command, unknown_flags)
{
	unsigned int bit;
	__u32 flags;

	for (bit = 0; bit < 32; bit++) {
		if (variant->flags & (1U << bit))
			continue;
		fill(self, variant->cmd, self->pages);
		memcpy(&flags, self->pages + 4, sizeof(flags));
		flags |= 1U << bit;
		memcpy(self->pages + 4, &flags, sizeof(flags));
		EXPECT_ERRNO(EOPNOTSUPP, run(self, variant->cmd, self->pages));
	}
	EXPECT_TRUE(unchanged(self));
}

TEST_F(command, other_kind_of_handle)
{
	bool both = variant->cmd == MBX_IOC_VERSION ||
		    variant->cmd == MBX_IOC_DELETE;

	prepare(self, variant->cmd);
	fill(self, variant->cmd, self->pages);
	self->fd = variant->on_control ? self->box : self->control;
	if (both) {
		EXPECT_EQ(0, run(self, variant->cmd, self->pages));
	} else {
		EXPECT_ERRNO(ENOTTY, run(self, variant->cmd, self->pages));
	}
}

/* The same number in another dress: direction, size or magic differ. */
TEST_F(command, number_with_other_bits)
{
	const unsigned int other[] = {
		1U << 30,
		2U << 30,
		3U << 30,
		variant->size << 16,
		variant->size << 16 | 3U << 30,
		1U << 8,
		0x80U << 8,
		1U << 16,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(other); i++) {
		fill(self, variant->cmd, self->pages);
		EXPECT_ERRNO(ENOTTY,
			     run(self, variant->cmd ^ other[i], self->pages));
	}
	EXPECT_TRUE(unchanged(self));
}

FIXTURE(numbers) {
	int control;
	int box;
};

FIXTURE_SETUP(numbers)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_LE(0, self->box);
}

FIXTURE_TEARDOWN(numbers)
{
	close(self->box);
	close(self->control);
}

TEST_F(numbers, unassigned_on_control)
{
	char arg[4096] = "";
	unsigned int nr;

	for (nr = MBX_CMD_REVOKE + 1; nr < 256; nr++) {
		set_size(arg, sizeof(arg));
		EXPECT_ERRNO(ENOTTY,
			     ioctl(self->control, _IO(MBX_IOC_MAGIC, nr), arg));
	}
}

TEST_F(numbers, unassigned_on_mailbox)
{
	char arg[4096] = "";
	unsigned int nr;

	for (nr = MBX_CMD_SETTLE + 1; nr < 256; nr++) {
		set_size(arg, sizeof(arg));
		EXPECT_ERRNO(ENOTTY,
			     ioctl(self->box, _IO(MBX_IOC_MAGIC, nr), arg));
	}
}

TEST_F(numbers, other_magic)
{
	char arg[4096] = "";
	unsigned int nr;

	for (nr = 0; nr < 256; nr++) {
		EXPECT_ERRNO(ENOTTY, ioctl(self->box, _IO(0xBB, nr), arg));
		EXPECT_ERRNO(ENOTTY, ioctl(self->control, _IO(0xB9, nr), arg));
	}
}

/* A control handle moves no messages. */
TEST_F(numbers, control_neither_reads_nor_writes)
{
	char byte = 0;

	EXPECT_EQ(-1, read(self->control, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->control, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
}

TEST_HARNESS_MAIN
