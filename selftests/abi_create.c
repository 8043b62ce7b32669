// SPDX-License-Identifier: GPL-2.0-or-later
/* The limits of each member of CREATE. */
#include "mailbox.h"

FIXTURE(fields) {
	int control;
	int box;
	char name[NAME_SIZE];
	struct mbx_create create;
};

/* Arguments are right; each test spoils one member. */
FIXTURE_SETUP(fields)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, unique_name(self->name),
			       MBX_CREATE_OWNED, 4);
	ASSERT_LE(0, self->box);
	init_create(&self->create, NULL, MBX_CREATE_OWNED, 1);
}

FIXTURE_TEARDOWN(fields)
{
	close(self->box);
	close(self->control);
}

static int create(FIXTURE_DATA(fields) * self)
{
	int fd = ioctl(self->control, MBX_IOC_CREATE, &self->create);

	return fd < 0 ? fd : close(fd);
}

static int create_name(FIXTURE_DATA(fields) * self, const void *name,
		       size_t len)
{
	int fd;

	self->create.name_ptr = (uintptr_t)name;
	self->create.name_len = len;
	fd = ioctl(self->control, MBX_IOC_CREATE, &self->create);
	if (fd < 0)
		return fd;
	/* So that the next test of the name does not meet it. */
	box_delete(fd, NULL, 0);
	return close(fd);
}

TEST_F(fields, create_name_length)
{
	static const size_t good[] = { 1, 2, 254, MBX_NAME_MAX };
	static const size_t bad[] = { 0, MBX_NAME_MAX + 1, 4096, 1U << 31,
				      ~0U };
	char name[4096];
	unsigned int i;

	memset(name, 'n', sizeof(name));
	for (i = 0; i < ARRAY_SIZE(good); i++)
		EXPECT_EQ(0, create_name(self, name, good[i]));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_ERRNO(EINVAL, create_name(self, name, bad[i]));
}

TEST_F(fields, create_name_length_without_name)
{
	EXPECT_ERRNO(EINVAL, create_name(self, NULL, 5));
}

static bool is_bad_character(unsigned int c)
{
	return c <= ' ' || c == 0x7f || c == '/';
}

/* Each byte value in the middle of a name. */
TEST_F(fields, create_name_characters)
{
	unsigned int c;
	char name[3] = "a?b";

	for (c = 0; c < 256; c++) {
		name[1] = c;
		if (is_bad_character(c)) {
			EXPECT_ERRNO(EINVAL, create_name(self, name, 3));
		} else {
			EXPECT_EQ(0, create_name(self, name, 3))
			TH_LOG("byte %#x: %s", c, strerror(errno));
		}
	}
}

TEST_F(fields, create_name_bad_first_character)
{
	static const char bad[] = "@/ \n\t\x7f";
	unsigned int i;
	char name[3] = "?ab";

	for (i = 0; i < sizeof(bad); i++) {
		name[0] = bad[i];
		EXPECT_ERRNO(EINVAL, create_name(self, name, 3));
	}
}

TEST_F(fields, create_name_bad_last_character)
{
	static const char bad[] = "/ \n\t\x7f";
	unsigned int i;
	char name[3] = "ab?";

	for (i = 0; i < sizeof(bad); i++) {
		name[2] = bad[i];
		EXPECT_ERRNO(EINVAL, create_name(self, name, 3));
	}
}

TEST_F(fields, create_name_only_at_sign)
{
	EXPECT_ERRNO(EINVAL, create_name(self, "@", 1));
}

TEST_F(fields, create_name_nowhere)
{
	EXPECT_ERRNO(EFAULT, create_name(self, nowhere(), 3));
	EXPECT_ERRNO(EFAULT, create_name(self, (void *)-1L, 3));
}

TEST_F(fields, create_name_above_32_bits)
{
	self->create.name_ptr = 0xffff800000000000ULL;
	self->create.name_len = 4;
	EXPECT_ERRNO(EFAULT, create(self));
}

/* The name needs no terminator and nothing behind it is read. */
TEST_F(fields, create_name_at_end_of_page)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, mprotect(pages + page, page, PROT_NONE));
	memset(pages, 'n', page);
	EXPECT_EQ(0, create_name(self, pages + page - 7, 7));
	EXPECT_ERRNO(EFAULT, create_name(self, pages + page - 7, 8));
}

TEST_F(fields, create_name_taken)
{
	EXPECT_ERRNO(EEXIST, create_name(self, self->name, strlen(self->name)));
}

TEST_F(fields, create_mode)
{
	unsigned int bit;

	self->create.mode = 0;
	EXPECT_EQ(0, create(self));
	self->create.mode = 0666;
	EXPECT_EQ(0, create(self));
	for (bit = 0; bit < 32; bit++) {
		self->create.mode = 1U << bit;
		if (0666 & (1U << bit)) {
			EXPECT_EQ(0, create(self));
		} else {
			EXPECT_ERRNO(EINVAL, create(self));
		}
	}
}

TEST_F(fields, create_capacity)
{
	static const __u32 good[] = {
		0,
		1,
		2,
		0x7fffffff,
		0x80000000,
		MBX_UNBOUNDED - 1,
		MBX_UNBOUNDED,
	};
	struct mbx_stat stat;
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		self->create.capacity = good[i];
		fd = ioctl(self->control, MBX_IOC_CREATE, &self->create);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, box_stat(fd, &stat));
		EXPECT_EQ(good[i], stat.out_capacity);
		close(fd);
	}
}

TEST_F(fields, create_msg_max)
{
	long long limit = read_number(MODULE_PARAM("max_msg_size"));
	struct mbx_stat stat;
	int fd;

	if (limit < 0)
		SKIP(return, "no " MODULE_PARAM("max_msg_size"));
	self->create.msg_max = 0;
	fd = ioctl(self->control, MBX_IOC_CREATE, &self->create);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, box_stat(fd, &stat));
	EXPECT_EQ(limit, stat.out_msg_max);
	close(fd);
	self->create.msg_max = 1;
	EXPECT_EQ(0, create(self));
	self->create.msg_max = limit;
	EXPECT_EQ(0, create(self));
	self->create.msg_max = limit + 1;
	EXPECT_ERRNO(EINVAL, create(self));
	self->create.msg_max = ~0U;
	EXPECT_ERRNO(EINVAL, create(self));
}

TEST_F(fields, create_policy)
{
	self->create.policy = MBX_POLICY_PAIR;
	EXPECT_EQ(0, create(self));
	self->create.policy = MBX_POLICY_PAIR + 1;
	EXPECT_ERRNO(EINVAL, create(self));
	self->create.policy = ~0U;
	EXPECT_ERRNO(EINVAL, create(self));
}

TEST_F(fields, create_full)
{
	self->create.full = MBX_FULL_DEFER;
	EXPECT_EQ(0, create(self));
	self->create.full = MBX_FULL_DEFER + 1;
	EXPECT_ERRNO(EINVAL, create(self));
	self->create.full = ~0U;
	EXPECT_ERRNO(EINVAL, create(self));
}

TEST_F(fields, create_uid_and_gid)
{
	struct mbx_stat stat;
	int fd;

	NEED_ROOT();
	self->create.uid = 1234;
	self->create.gid = 5678;
	fd = ioctl(self->control, MBX_IOC_CREATE, &self->create);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, box_stat(fd, &stat));
	EXPECT_EQ(1234, stat.out_uid);
	EXPECT_EQ(5678, stat.out_gid);
	close(fd);
}

TEST_F(fields, create_uid_and_gid_self)
{
	struct mbx_stat stat;

	EXPECT_EQ(0, box_stat(self->box, &stat));
	EXPECT_EQ(geteuid(), stat.out_uid);
	EXPECT_EQ(getegid(), stat.out_gid);
}

TEST_HARNESS_MAIN
