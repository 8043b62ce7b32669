// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Buffers that are not there: a receive that fails leaves the message in its
 * place, a send that fails leaves nothing.
 */
#include "peers.h"

FIXTURE(faults) {
	int control;
	int fd;
	char *good;
};

FIXTURE_VARIANT(faults)
{
	size_t len;
	bool plain;
};

#define FAULTS_ROW(_name, _len, _plain)       \
	FIXTURE_VARIANT_ADD(faults, _name)    \
	{                                     \
		.len = _len, .plain = _plain, \
	}

FAULTS_ROW(receive_64, 64, false);
FAULTS_ROW(read_64, 64, true);
FAULTS_ROW(receive_4096, 4096, false);
FAULTS_ROW(read_4096, 4096, true);
FAULTS_ROW(receive_20000, 20000, false);
FAULTS_ROW(read_20000, 20000, true);

FIXTURE_SETUP(faults)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_RDWR | O_NONBLOCK));
	self->good = malloc(variant->len);
}

FIXTURE_TEARDOWN(faults)
{
}

enum bad { UNMAPPED, READ_ONLY, NO_ACCESS, PARTIAL, KERNEL };

/* A buffer of @len bytes, bad in its whole or from its middle on. */
static void *bad_buffer(enum bad bad, size_t len)
{
	size_t size = (len / page_size() + 2) * page_size();
	char *map = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		abort();
	memset(map, POISON, 2 * size);
	switch (bad) {
	case UNMAPPED:
		munmap(map, 2 * size);
		return map;
	case READ_ONLY:
		mprotect(map, 2 * size, PROT_READ);
		return map;
	case NO_ACCESS:
		mprotect(map, 2 * size, PROT_NONE);
		return map;
	case PARTIAL:
		munmap(map + size, size);
		return map + size - len / 2;
	default:
		return (void *)(uintptr_t)-65536L;
	}
}

static int fetch(const FIXTURE_VARIANT(faults) * variant, int fd, void *data)
{
	if (variant->plain)
		return read(fd, data, variant->len);
	return box_receive(fd, data, variant->len, 0);
}

static int put(const FIXTURE_VARIANT(faults) * variant, int fd, void *data)
{
	if (variant->plain)
		return write(fd, data, variant->len) < 0 ? -1 : 0;
	return box_send(fd, data, variant->len, 0);
}

/* Two messages; the bad buffer for the first; both must still come. */
static void receive_into(struct __test_metadata *_metadata,
			 FIXTURE_DATA(faults) * self,
			 const FIXTURE_VARIANT(faults) * variant, enum bad bad)
{
	void *buffer = bad_buffer(bad, variant->len);
	struct mbx_stat stat;
	__u32 n;

	for (n = 1; n <= 2; n++) {
		fill_pattern(self->good, variant->len, n);
		ASSERT_EQ(0, put(variant, self->fd, self->good));
	}
	for (n = 0; n < 3; n++)
		EXPECT_ERRNO(EFAULT, fetch(variant, self->fd, buffer));
	EXPECT_ERRNO(EFAULT, box_receive(self->fd, buffer, variant->len,
					 MBX_RECEIVE_PEEK));
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(2, stat.out_depth);
	EXPECT_EQ(0, stat.out_received);
	for (n = 1; n <= 2; n++) {
		memset(self->good, 0, variant->len);
		EXPECT_EQ(variant->len, fetch(variant, self->fd, self->good));
		EXPECT_TRUE(has_pattern(self->good, variant->len, n));
	}
	EXPECT_EQ(-1, fetch(variant, self->fd, self->good));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(faults, receive_into_unmapped)
{
	receive_into(_metadata, self, variant, UNMAPPED);
}

TEST_F(faults, receive_into_read_only)
{
	receive_into(_metadata, self, variant, READ_ONLY);
}

TEST_F(faults, receive_into_no_access)
{
	receive_into(_metadata, self, variant, NO_ACCESS);
}

TEST_F(faults, receive_into_partially_mapped)
{
	receive_into(_metadata, self, variant, PARTIAL);
}

TEST_F(faults, receive_into_kernel)
{
	receive_into(_metadata, self, variant, KERNEL);
}

/* Nothing is there, nothing was counted, and the next one is the first. */
static void send_from(struct __test_metadata *_metadata,
		      FIXTURE_DATA(faults) * self,
		      const FIXTURE_VARIANT(faults) * variant, enum bad bad)
{
	void *buffer = bad_buffer(bad, variant->len);
	struct mbx_stat stat;
	int i;

	for (i = 0; i < 10; i++)
		EXPECT_ERRNO(EFAULT, put(variant, self->fd, buffer));
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_EQ(0, stat.out_sent);
	EXPECT_EQ(0, stat.out_bytes);
	EXPECT_EQ(0, stat.out_high_water);

	fill_pattern(self->good, variant->len, 1);
	ASSERT_EQ(0, put(variant, self->fd, self->good));
	EXPECT_EQ(variant->len, fetch(variant, self->fd, self->good));
	EXPECT_TRUE(has_pattern(self->good, variant->len, 1));

	/* The mailbox may have kept the memory, which must not get lost either. */
	EXPECT_ERRNO(EFAULT, put(variant, self->fd, buffer));
	ASSERT_EQ(0, put(variant, self->fd, self->good));
	EXPECT_EQ(variant->len, fetch(variant, self->fd, self->good));
	EXPECT_TRUE(has_pattern(self->good, variant->len, 1));
}

TEST_F(faults, send_from_unmapped)
{
	send_from(_metadata, self, variant, UNMAPPED);
}

TEST_F(faults, send_from_no_access)
{
	send_from(_metadata, self, variant, NO_ACCESS);
}

TEST_F(faults, send_from_partially_mapped)
{
	send_from(_metadata, self, variant, PARTIAL);
}

TEST_F(faults, send_from_kernel)
{
	send_from(_metadata, self, variant, KERNEL);
}

TEST_F(faults, send_from_read_only_is_fine)
{
	void *buffer = bad_buffer(READ_ONLY, variant->len);

	ASSERT_EQ(0, put(variant, self->fd, buffer));
	EXPECT_EQ(variant->len, fetch(variant, self->fd, self->good));
	EXPECT_EQ(0, memcmp(buffer, self->good, variant->len));
}

/* ------------------------------------------------------ argument structures */

FIXTURE(args) {
	int control;
	int fd;
	void *page;
	char data[64];
};

FIXTURE_SETUP(args)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	ASSERT_LE(0, self->fd);
	self->page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->page);
}

FIXTURE_TEARDOWN(args)
{
}

static void make_read_only(void *page)
{
	if (mprotect(page, page_size(), PROT_READ))
		abort();
}

static int descriptors(void)
{
	return proc_rows("/proc/self/maps") < 0 ? -1 : dup(0);
}

TEST_F(args, receive_that_cannot_tell_takes_nothing)
{
	struct mbx_receive *arg = self->page;

	ASSERT_EQ(0, send_number(self->fd, 7));
	init_receive(arg, self->data, sizeof(self->data), 0);
	make_read_only(arg);
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_RECEIVE, arg));
	EXPECT_EQ(7, receive_number(self->fd));
}

/* Either way, but what it says must be what has happened. */
TEST_F(args, send_that_cannot_tell)
{
	struct mbx_send *arg = self->page;
	struct mbx_stat stat;
	int ret;

	init_send(arg, "x", 1, 0);
	make_read_only(arg);
	ret = ioctl(self->fd, MBX_IOC_SEND, arg);
	EXPECT_TRUE(!ret || errno == EFAULT);
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(ret ? 0 : 1, stat.out_depth);
}

TEST_F(args, call_that_cannot_tell_sends_nothing)
{
	struct mbx_call *arg = self->page;
	struct mbx_stat stat;

	init_call(arg, "x", 1, NULL, 0);
	make_read_only(arg);
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_CALL, arg));
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(0, stat.out_sent);
}

/* Nobody could use or close what it does not know of. */
TEST_F(args, create_that_cannot_tell_creates_nothing)
{
	struct mbx_create *arg = self->page;
	int rows = box_rows(), next = dup(0);

	close(next);
	init_create(arg, NULL, 0, 1);
	make_read_only(arg);
	EXPECT_ERRNO(EFAULT, ioctl(self->control, MBX_IOC_CREATE, arg));
	EXPECT_EQ(rows, box_rows());
	EXPECT_EQ(next, descriptors());
}

TEST_F(args, open_that_cannot_tell_opens_nothing)
{
	struct mbx_open *arg = self->page;
	struct mbx_stat stat;
	int next = dup(0);

	close(next);
	init_open(arg, NULL, box_id(self->fd), MBX_OPEN_SEND);
	make_read_only(arg);
	EXPECT_ERRNO(EFAULT, ioctl(self->control, MBX_IOC_OPEN, arg));
	EXPECT_EQ(next, descriptors());
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(1, stat.out_handles);
}

TEST_F(args, name_that_is_not_there)
{
	struct mbx_create create;
	struct mbx_open open;
	struct mbx_delete del;

	init_create(&create, NULL, 0, 1);
	create.name_ptr = (uintptr_t)bad_buffer(UNMAPPED, 10);
	create.name_len = 10;
	EXPECT_ERRNO(EFAULT, ioctl(self->control, MBX_IOC_CREATE, &create));
	init_open(&open, NULL, 0, 0);
	open.name_ptr = create.name_ptr;
	open.name_len = 10;
	EXPECT_ERRNO(EFAULT, ioctl(self->control, MBX_IOC_OPEN, &open));
	init_delete(&del, NULL, 0);
	del.name_ptr = create.name_ptr;
	del.name_len = 10;
	EXPECT_ERRNO(EFAULT, ioctl(self->control, MBX_IOC_DELETE, &del));
}

/* No more than the given length is looked at. */
TEST_F(args, name_at_the_end_of_a_page)
{
	char *end = bad_buffer(PARTIAL, 20);
	struct mbx_create arg;
	struct mbx_stat stat;
	int fd;

	memset(end, 'n', 10);
	init_create(&arg, NULL, MBX_CREATE_OWNED, 1);
	arg.name_ptr = (uintptr_t)end;
	arg.name_len = 10;
	fd = ioctl(self->control, MBX_IOC_CREATE, &arg);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, box_stat(fd, &stat));
	EXPECT_EQ(10, stat.out_name_len);
}

TEST_HARNESS_MAIN
