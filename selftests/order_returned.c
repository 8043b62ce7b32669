// SPDX-License-Identifier: GPL-2.0-or-later
/* A receive that fails leaves the message in its place. */
#include "mailbox.h"

static void send_three(struct __test_metadata *_metadata, int box, size_t len)
{
	unsigned char data[70000] = "";
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		data[0] = i;
		EXPECT_EQ(0, box_send(box, data, len, 0));
	}
}

static void expect_three(struct __test_metadata *_metadata, int box, size_t len)
{
	unsigned char data[70000];
	struct mbx_receive receive;
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		init_receive(&receive, data, sizeof(data),
			     MBX_RECEIVE_NONBLOCK);
		EXPECT_EQ(0, ioctl(box, MBX_IOC_RECEIVE, &receive));
		EXPECT_EQ(len, receive.out_len);
		EXPECT_EQ(i, receive.out_seq);
		EXPECT_EQ(i, data[0]);
	}
}

FIXTURE(returned) {
	int control;
	int box;
};

FIXTURE_VARIANT(returned)
{
	size_t len;
};

/* Copied under the lock, and without it. */
FIXTURE_VARIANT_ADD(returned, short){ .len = 40 };
FIXTURE_VARIANT_ADD(returned, page){ .len = 4096 };
FIXTURE_VARIANT_ADD(returned, long){ .len = 70000 };

FIXTURE_SETUP(returned)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED,
			       MBX_UNBOUNDED);
	ASSERT_LE(0, self->box);
	send_three(_metadata, self->box, variant->len);
}

FIXTURE_TEARDOWN(returned)
{
	close(self->box);
	close(self->control);
}

TEST_F(returned, buffer_too_small)
{
	char data[16];

	EXPECT_ERRNO(EMSGSIZE, box_receive(self->box, data, 1, 0));
	EXPECT_ERRNO(EMSGSIZE, read(self->box, data, 1));
	expect_three(_metadata, self->box, variant->len);
}

TEST_F(returned, buffer_nowhere)
{
	EXPECT_ERRNO(EFAULT,
		     box_receive(self->box, nowhere(), variant->len, 0));
	EXPECT_ERRNO(EFAULT, read(self->box, nowhere(), variant->len));
	expect_three(_metadata, self->box, variant->len);
}

TEST_F(returned, buffer_ends_in_the_middle)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, mprotect(pages + page, page, PROT_NONE));
	EXPECT_ERRNO(EFAULT, box_receive(self->box, pages + page - 10,
					 variant->len, 0));
	expect_three(_metadata, self->box, variant->len);
}

TEST_F(returned, buffer_read_only)
{
	char *data = mmap(NULL, variant->len, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, data);
	EXPECT_ERRNO(EFAULT, box_receive(self->box, data, variant->len, 0));
	expect_three(_metadata, self->box, variant->len);
}

TEST_F(returned, argument_read_only)
{
	struct mbx_receive *arg = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static char data[70000];

	ASSERT_NE(MAP_FAILED, arg);
	init_receive(arg, data, sizeof(data), 0);
	ASSERT_EQ(0, mprotect(arg, 4096, PROT_READ));
	EXPECT_ERRNO(EFAULT, ioctl(self->box, MBX_IOC_RECEIVE, arg));
	expect_three(_metadata, self->box, variant->len);
}

TEST_HARNESS_MAIN
