// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors in messages: that they arrive, and what is refused. */
#include "fds.h"

#include <linux/io_uring.h>

#define NONBLOCK MBX_SEND_NONBLOCK

FIXTURE(fds) {
	int control;
	int box;
	struct parcel got;
};

FIXTURE_SETUP(fds)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	ASSERT_LE(0, self->box);
}

FIXTURE_TEARDOWN(fds)
{
	close(self->box);
	close(self->control);
}

/* -------------------------------------------------------------------- normal */

TEST_F(fds, travels)
{
	struct line line = line_make();
	int fd;

	ASSERT_EQ(0, give_fd(self->box, 7, line.out, NONBLOCK));
	EXPECT_FALSE(line_is_cut(line.in));
	ASSERT_EQ(0, receive_fds(self->box, &self->got, 16, 0));
	EXPECT_EQ(7, self->got.number);
	EXPECT_EQ(0, self->got.flags);
	EXPECT_EQ(1, self->got.fds.out_nr);
	fd = self->got.fds.fds[0];
	EXPECT_EQ(-1, self->got.fds.fds[1]);
	EXPECT_EQ(-1, self->got.fds.fds[15]);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_TRUE(line_works(line.in, fd));
	close(fd);
	EXPECT_TRUE(wait_cut(line.in));
}

/* As many as there can be, in their order, one of them twice. */
TEST_F(fds, sixteen)
{
	struct line line[MBX_FDS_MAX];
	int fd[MBX_FDS_MAX + 1], i;

	for (i = 0; i < MBX_FDS_MAX; i++) {
		line[i] = line_make();
		fd[i] = line[i].out;
	}
	fd[3] = fd[12];
	ASSERT_EQ(0, send_fds(self->box, 1, fd, MBX_FDS_MAX, NONBLOCK));
	for (i = 0; i < MBX_FDS_MAX; i++)
		close(line[i].out);
	ASSERT_EQ(0, receive_fds(self->box, &self->got, MBX_FDS_MAX, 0));
	EXPECT_EQ(MBX_FDS_MAX, self->got.fds.out_nr);
	for (i = 0; i < MBX_FDS_MAX; i++)
		EXPECT_TRUE(line_works(line[i == 3 ? 12 : i].in,
				       self->got.fds.fds[i]));
}

TEST_F(fds, memory_is_shared)
{
	int memory = syscall(SYS_memfd_create, "test", 0);
	char text[5] = "";
	int fd;

	ASSERT_LE(0, memory);
	ASSERT_EQ(4, pwrite(memory, "text", 4, 0));
	ASSERT_EQ(0, give_fd(self->box, 1, memory, NONBLOCK));
	fd = take_one(self->box);
	ASSERT_LE(0, fd);
	EXPECT_EQ(4, pread(fd, text, 4, 0));
	EXPECT_STREQ("text", text);
}

TEST_F(fds, to_who_waits)
{
	struct job *job = job_receive(self->box, 0);
	struct line line = line_make();
	struct mbx_fds *room;

	room = mmap(NULL, sizeof(*room), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, room);
	init_fds(room, NULL, 1);
	job->receive.fds_ptr = (uintptr_t)room;
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, give_fd(self->box, 9, line.out, 0));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(9, job_number(job));
	EXPECT_EQ(1, room->out_nr);
	EXPECT_TRUE(line_works(line.in, room->fds[0]));
}

/* A message without any, to a receiver with room. */
TEST_F(fds, none)
{
	ASSERT_EQ(0, send_fds(self->box, 3, NULL, 0, NONBLOCK));
	ASSERT_EQ(0, send_number(self->box, 4));
	ASSERT_EQ(0, receive_fds(self->box, &self->got, 16, 0));
	EXPECT_EQ(3, self->got.number);
	EXPECT_EQ(0, self->got.fds.out_nr);
	EXPECT_EQ(0, self->got.flags);
	EXPECT_EQ(-1, self->got.fds.fds[0]);
	EXPECT_EQ(4, receive_number(self->box));
}

/* ---------------------------------------------------------- mailbox handles */

TEST_F(fds, handle_to_send)
{
	int other = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	int handle = box_derive(other, MBX_OPEN_SEND, 0, 42);
	struct mbx_receive arg;
	__u32 number;

	ASSERT_EQ(0, give_fd(self->box, 1, handle, NONBLOCK));
	handle = take_one(self->box);
	ASSERT_LE(0, handle);
	EXPECT_ERRNO(EBADF, receive_number(handle));
	EXPECT_EQ(0, send_number(handle, 5));
	init_receive(&arg, &number, sizeof(number), MBX_RECEIVE_NONBLOCK);
	EXPECT_EQ(0, ioctl(other, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(5, number);
	EXPECT_EQ(42, arg.out_badge);
}

TEST_F(fds, reply_port)
{
	int other = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	int port = box_derive(other, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 0);

	ASSERT_EQ(0, give_fd(self->box, 1, port, NONBLOCK));
	port = take_one(self->box);
	ASSERT_LE(0, port);
	EXPECT_EQ(0, send_number(port, 5));
	EXPECT_ERRNO(EKEYEXPIRED, send_number(port, 6));
	EXPECT_EQ(5, receive_number(other));
}

TEST_F(fds, handle_of_any_other_kind)
{
	int control = open(MBX_DEVICE, O_RDWR);
	int manage = box_derive(self->box, MBX_OPEN_MANAGE, 0, 0);

	ASSERT_EQ(0, give_fd(self->box, 1, control, NONBLOCK));
	ASSERT_EQ(0, give_fd(self->box, 2, manage, NONBLOCK));
	control = take_one(self->box);
	EXPECT_LE(0, box_create(control, NULL, MBX_CREATE_OWNED, 1));
	manage = take_one(self->box);
	EXPECT_EQ(0, box_delete(manage, NULL, 0));
}

/* ----------------------------------------------------------------- refusals */

/* What else is in the message is let go of. */
#define EXPECT_REFUSED(error, fd)                                        \
	do {                                                             \
		struct line __line = line_make();                        \
		int __fd[2] = { __line.out, (fd) };                      \
                                                                         \
		EXPECT_ERRNO((error),                                    \
			     send_fds(self->box, 1, __fd, 2, NONBLOCK)); \
		close(__line.out);                                       \
		EXPECT_TRUE(wait_cut(__line.in));                        \
		close(__line.in);                                        \
		EXPECT_ERRNO(EAGAIN, receive_number(self->box));         \
	} while (0)

TEST_F(fds, no_unix_socket)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	unsigned int i;
	int pair[2];

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		ASSERT_EQ(0, socketpair(AF_UNIX, types[i], 0, pair));
		EXPECT_REFUSED(ELOOP, pair[0]);
		close(pair[0]);
		close(pair[1]);
	}
}

TEST_F(fds, other_sockets)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, give_fd(self->box, 1, fd, NONBLOCK));
	EXPECT_LE(0, take_one(self->box));
}

TEST_F(fds, no_io_uring)
{
	struct io_uring_params params = {};
	int fd = syscall(SYS_io_uring_setup, 1, &params);

	if (fd < 0)
		SKIP(return, "io_uring: %s", strerror(errno));
	EXPECT_REFUSED(ELOOP, fd);
}

TEST_F(fds, no_handle_to_receive)
{
	__u32 rights;

	for (rights = 0; rights <= ALL_RIGHTS; rights++) {
		int handle = box_derive(self->box, rights, 0, 0);

		if (rights & MBX_OPEN_RECEIVE) {
			EXPECT_REFUSED(ELOOP, handle);
		} else {
			EXPECT_EQ(0,
				  send_fds(self->box, 1, &handle, 1, NONBLOCK));
			EXPECT_EQ(1, receive_number(self->box));
		}
		close(handle);
	}
	EXPECT_REFUSED(ELOOP, self->box);
}

TEST_F(fds, no_descriptor)
{
	int path = open("/", O_PATH);

	EXPECT_REFUSED(EBADF, -1);
	EXPECT_REFUSED(EBADF, 1 << 20);
	EXPECT_REFUSED(EBADF, path);
}

TEST_F(fds, wrong_structure)
{
	struct {
		struct mbx_fds fds;
		__u64 more;
	} arg = {};
	struct mbx_send send;

	init_send(&send, "", 1, NONBLOCK);
	send.fds_ptr = (uintptr_t)&arg;
	init_fds(&arg.fds, NULL, MBX_FDS_MAX + 1);
	EXPECT_ERRNO(EINVAL, ioctl(self->box, MBX_IOC_SEND, &send));
	init_fds(&arg.fds, NULL, 0);
	arg.fds.flags = 1;
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(self->box, MBX_IOC_SEND, &send));
	init_fds(&arg.fds, NULL, 0);
	arg.fds.size -= 1;
	EXPECT_ERRNO(EINVAL, ioctl(self->box, MBX_IOC_SEND, &send));
	arg.fds.size = page_size() + 1;
	EXPECT_ERRNO(EINVAL, ioctl(self->box, MBX_IOC_SEND, &send));
	arg.fds.size = sizeof(arg);
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_SEND, &send));
	arg.more = 1;
	EXPECT_ERRNO(E2BIG, ioctl(self->box, MBX_IOC_SEND, &send));
	send.fds_ptr = (uintptr_t)nowhere();
	EXPECT_ERRNO(EFAULT, ioctl(self->box, MBX_IOC_SEND, &send));
	EXPECT_ERRNO(EINVAL, receive_fds(self->box, &self->got, 17, 0));
	EXPECT_ERRNO(EMSGSIZE, box_receive(self->box, NULL, 0, NONBLOCK));
}

TEST_HARNESS_MAIN
