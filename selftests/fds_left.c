// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors in messages whose receiver cannot have them, or not all. */
#include "fds.h"

#include <sys/resource.h>

#define NONBLOCK MBX_SEND_NONBLOCK

FIXTURE(fds_left) {
	int control;
	int box;
	struct parcel got;
};

FIXTURE_SETUP(fds_left)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	ASSERT_LE(0, self->box);
}

FIXTURE_TEARDOWN(fds_left)
{
	close(self->box);
	close(self->control);
}

static int lowest_free(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

/* ----------------------------------------------------------- not all arrive */

TEST_F(fds_left, too_little_room)
{
	struct line line[3] = { line_make(), line_make(), line_make() };
	int fd[3] = { line[0].out, line[1].out, line[2].out };
	int i;

	for (i = 0; i < 3; i += 2) {
		ASSERT_EQ(0, send_fds(self->box, i, fd, 3, NONBLOCK));
	}
	for (i = 0; i < 3; i++)
		close(fd[i]);
	ASSERT_EQ(0, receive_fds(self->box, &self->got, 1, 0));
	EXPECT_EQ(3, self->got.fds.out_nr);
	EXPECT_EQ(MBX_MESSAGE_FDS_LOST, self->got.flags);
	EXPECT_TRUE(line_works(line[0].in, self->got.fds.fds[0]));
	EXPECT_EQ(POISON_S32, self->got.fds.fds[1]);
	close(self->got.fds.fds[0]);
	EXPECT_FALSE(line_is_cut(line[2].in));
	ASSERT_EQ(0, receive_fds(self->box, &self->got, 0, 0));
	EXPECT_EQ(3, self->got.fds.out_nr);
	EXPECT_EQ(MBX_MESSAGE_FDS_LOST, self->got.flags);
	for (i = 0; i < 3; i++)
		EXPECT_TRUE(wait_cut(line[i].in));
}

TEST_F(fds_left, not_wanted)
{
	int first = post_line(self->box, 1, NONBLOCK);
	int second = post_line(self->box, 2, NONBLOCK);
	int free_fd = lowest_free();
	struct mbx_receive arg;
	__u32 number;

	init_receive(&arg, &number, sizeof(number), MBX_RECEIVE_NONBLOCK);
	ASSERT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(1, number);
	EXPECT_EQ(MBX_MESSAGE_FDS_LOST, arg.out_flags);
	EXPECT_TRUE(wait_cut(first));
	EXPECT_FALSE(line_is_cut(second));
	EXPECT_EQ(4, read(self->box, &number, sizeof(number)));
	EXPECT_EQ(2, number);
	EXPECT_TRUE(wait_cut(second));
	EXPECT_EQ(free_fd, lowest_free());
}

TEST_F(fds_left, peek_makes_none)
{
	int in = post_line(self->box, 1, NONBLOCK);
	int free_fd = lowest_free();
	struct mbx_receive arg;
	__u32 number;

	ASSERT_EQ(0, receive_fds(self->box, &self->got, 16, MBX_RECEIVE_PEEK));
	EXPECT_EQ(1, self->got.number);
	EXPECT_EQ(1, self->got.fds.out_nr);
	EXPECT_EQ(-1, self->got.fds.fds[0]);
	EXPECT_EQ(0, self->got.flags);
	init_receive(&arg, &number, sizeof(number),
		     MBX_RECEIVE_NONBLOCK | MBX_RECEIVE_PEEK);
	ASSERT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(0, arg.out_flags);
	EXPECT_EQ(free_fd, lowest_free());
	EXPECT_TRUE(line_works(in, take_one(self->box)));
}

/* ---------------------------------------------------------- failed receives */

TEST_F(fds_left, no_free_descriptor)
{
	struct line line[2] = { line_make(), line_make() };
	int fd[2] = { line[0].out, line[1].out };
	struct rlimit limit = { .rlim_max = 1024 };
	int free_fd;

	ASSERT_EQ(0, send_fds(self->box, 1, fd, 2, NONBLOCK));
	close(fd[0]);
	close(fd[1]);
	/* These two are free, and none in between. */
	free_fd = fd[0];
	limit.rlim_cur = fd[1];
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_ERRNO(EMFILE, receive_fds(self->box, &self->got, 2, 0));
	EXPECT_EQ(free_fd, lowest_free());
	EXPECT_ERRNO(EMFILE, receive_fds(self->box, &self->got, 16, 0));
	limit.rlim_cur = fd[1] + 1;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(0, receive_fds(self->box, &self->got, 16, 0));
	EXPECT_TRUE(line_works(line[0].in, self->got.fds.fds[0]));
	EXPECT_TRUE(line_works(line[1].in, self->got.fds.fds[1]));
}

/* Each address that is wrong, of a receive that waits or not. */
TEST_F(fds_left, addresses_that_fault)
{
	int in = post_line(self->box, 1, NONBLOCK);
	int free_fd = lowest_free();
	struct mbx_receive arg;
	struct mbx_fds *room;
	__u32 number;

	room = mmap(NULL, sizeof(*room), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, room);
	init_fds(room, NULL, 1);
	init_receive(&arg, nowhere(), sizeof(number), MBX_RECEIVE_NONBLOCK);
	arg.fds_ptr = (uintptr_t)room;
	EXPECT_ERRNO(EFAULT, ioctl(self->box, MBX_IOC_RECEIVE, &arg));
	init_receive(&arg, &number, sizeof(number), MBX_RECEIVE_NONBLOCK);
	arg.fds_ptr = (uintptr_t)nowhere();
	EXPECT_ERRNO(EFAULT, ioctl(self->box, MBX_IOC_RECEIVE, &arg));
	ASSERT_EQ(0, mprotect(room, sizeof(*room), PROT_READ));
	arg.fds_ptr = (uintptr_t)room;
	EXPECT_ERRNO(EFAULT, ioctl(self->box, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(free_fd, lowest_free());
	EXPECT_TRUE(line_works(in, take_one(self->box)));
}

TEST_F(fds_left, buffer_too_small)
{
	int in = post_line(self->box, 1, NONBLOCK);
	int free_fd = lowest_free();
	struct mbx_receive arg;
	char byte;

	init_receive(&arg, &byte, 1, MBX_RECEIVE_NONBLOCK);
	init_fds(&self->got.fds, NULL, 1);
	arg.fds_ptr = (uintptr_t)&self->got.fds;
	EXPECT_ERRNO(EMSGSIZE, ioctl(self->box, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(4, arg.out_len);
	EXPECT_EQ(free_fd, lowest_free());
	EXPECT_TRUE(line_works(in, take_one(self->box)));
}

TEST_HARNESS_MAIN
