// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits on messages and descriptors, and who may change limits.
 */
#include <sys/resource.h>

#include "peers.h"

#define USER 2001

/* Limits that tests change; put back by a process that outlives them. */
static const char *const limit_files[] = {
	MODULE_PARAM("max_mailboxes"),
	MODULE_PARAM("max_user_mailboxes"),
	MODULE_PARAM("max_msg_size"),
};

enum { MAX_MAILBOXES, MAX_USER_MAILBOXES, MAX_MSG_SIZE, NR_LIMITS };

FIXTURE(limits) {
	int control;
	long long saved[NR_LIMITS];
	struct counts before;
};

FIXTURE_SETUP(limits)
{
	int i;

	NEED_ROOT();
	self->before = counts_now();
	OPEN_CONTROL(self->control);
	for (i = 0; i < NR_LIMITS; i++) {
		self->saved[i] = read_number(limit_files[i]);
		ASSERT_LT(0, self->saved[i]);
	}
}

FIXTURE_TEARDOWN_PARENT(limits)
{
	int i;

	for (i = 0; i < NR_LIMITS; i++)
		if (self->saved[i] > 0)
			EXPECT_EQ(0,
				  write_number(limit_files[i], self->saved[i]));
	EXPECT_TRUE(counts_are_back(&self->before));
}

TEST_F(limits, longest_message_of_a_mailbox)
{
	char data[101] = {};
	struct mbx_create arg;
	int fd;

	init_create(&arg, NULL, MBX_CREATE_OWNED, 10);
	arg.msg_max = 100;
	fd = ioctl(self->control, MBX_IOC_CREATE, &arg);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, box_send(fd, data, 100, 0));
	EXPECT_ERRNO(EMSGSIZE, box_send(fd, data, 101, 0));
	EXPECT_EQ(100, write(fd, data, 100));
	EXPECT_ERRNO(EMSGSIZE, write(fd, data, 101));
}

/* Refused by its length alone: neither memory nor address is tried. */
TEST_F(limits, absurd_length)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);

	ASSERT_LE(0, fd);
	EXPECT_ERRNO(EMSGSIZE, box_send(fd, (void *)8, 0xffffffff, 0));
	EXPECT_ERRNO(EMSGSIZE, box_send(fd, (void *)8, 0x80000000, 0));
	EXPECT_ERRNO(EMSGSIZE, box_send(fd, (void *)8, 0x7fffffff, 0));
}

TEST_F(limits, longest_message_of_the_module)
{
	struct mbx_create arg;
	struct mbx_stat stat;
	int old, fd;

	old = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_EQ(0, write_number(limit_files[MAX_MSG_SIZE], 5000));
	fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_EQ(0, box_stat(fd, &stat));
	EXPECT_EQ(5000, stat.out_msg_max);
	ASSERT_EQ(0, box_stat(old, &stat));
	EXPECT_EQ(self->saved[MAX_MSG_SIZE], stat.out_msg_max);

	init_create(&arg, NULL, MBX_CREATE_OWNED, 1);
	arg.msg_max = 5001;
	EXPECT_ERRNO(EINVAL, ioctl(self->control, MBX_IOC_CREATE, &arg));
}

TEST_F(limits, descriptors_of_a_process)
{
	const int last = dup(self->control);
	const struct rlimit full = { last + 1, last + 1 };
	struct child child;

	ASSERT_LE(0, last);
	if (!child_start(&child)) {
		CHECK(!setrlimit(RLIMIT_NOFILE, &full));
		CHECK_ERRNO(EMFILE, box_create(self->control, "none", 0, 1));
		close(last);
		CHECK_ERRNO(ENOENT, box_open(self->control, "none", 0, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_TRUE(wait_until(box_rows() == self->before.rows));
}

TEST_F(limits, failed_creation_costs_nothing)
{
	const int last = dup(self->control);
	const struct rlimit full = { last + 1, last + 1 };
	struct child child;
	int i;

	ASSERT_LE(0, last);
	ASSERT_EQ(0, write_number(limit_files[MAX_USER_MAILBOXES], 3));
	if (!child_start(&child)) {
		CHECK(!setrlimit(RLIMIT_NOFILE, &full));
		CHECK(!become(USER, USER, 0));
		for (i = 0; i < 10; i++)
			CHECK_ERRNO(EMFILE,
				    box_create(self->control, NULL, 0, 1));
		close(last);
		CHECK(box_create(self->control, NULL, MBX_CREATE_OWNED, 1) ==
		      last);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(limits, parameters_are_roots)
{
	struct child child;
	int i;

	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		for (i = 0; i < NR_LIMITS; i++) {
			CHECK_ERRNO(EACCES, open(limit_files[i], O_WRONLY));
			CHECK(read_number(limit_files[i]) == self->saved[i]);
		}
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(limits, nonsense_is_no_limit)
{
	int i;

	for (i = 0; i < NR_LIMITS; i++) {
		EXPECT_EQ(-1, write_text(limit_files[i], "many\n"));
		EXPECT_EQ(-1, write_text(limit_files[i], "-1\n"));
		EXPECT_EQ(self->saved[i], read_number(limit_files[i]));
	}
}

TEST_HARNESS_MAIN
