// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Handles made of handles: what they may, what receivers see of them, and those
 * that are good for one message.
 */
#include "peers.h"

static __u32 rights_of(int fd)
{
	struct mbx_stat stat;

	return box_stat(fd, &stat) ? ~0U : stat.out_rights;
}

FIXTURE(derive) {
	int control;
	int fd;
};

FIXTURE_SETUP(derive)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 5);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(derive)
{
}

/* -------------------------------------------------------------------- rights */

TEST_F(derive, has_what_was_asked_for)
{
	__u32 rights;
	int fd;

	EXPECT_EQ(ALL_RIGHTS, rights_of(self->fd));
	for (rights = 0; rights <= ALL_RIGHTS; rights++) {
		fd = box_derive(self->fd, rights, 0, 0);
		ASSERT_LE(0, fd);
		EXPECT_EQ(rights, rights_of(fd));
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
		close(fd);
	}
}

TEST_F(derive, never_more_than_there_is)
{
	__u32 rights, wanted;
	int fd;

	for (rights = 0; rights <= ALL_RIGHTS; rights++) {
		fd = box_derive(self->fd, rights, 0, 0);
		for (wanted = 0; wanted <= ALL_RIGHTS; wanted++) {
			int next = box_derive(fd, wanted, 0, 0);

			if (wanted & ~rights) {
				EXPECT_EQ(-1, next);
				EXPECT_EQ(EACCES, errno);
			} else {
				ASSERT_LE(0, next);
				EXPECT_EQ(wanted, rights_of(next));
				close(next);
			}
		}
		close(fd);
	}
}

TEST_F(derive, rights_hold)
{
	int sender = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	int receiver = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	__u32 number;

	EXPECT_EQ(0, send_number(sender, 1));
	EXPECT_ERRNO(EBADF, box_receive(sender, &number, 4, 0));
	EXPECT_ERRNO(EBADF, read(sender, &number, 4));
	EXPECT_ERRNO(EBADF, send_number(receiver, 2));
	EXPECT_ERRNO(EBADF, write(receiver, "1234", 4));
	EXPECT_EQ(1, receive_number(receiver));
}

TEST_F(derive, wrong_arguments)
{
	struct mbx_derive arg;

	EXPECT_ERRNO(EOPNOTSUPP, box_derive(self->fd, 1U << 3, 0, 0));
	EXPECT_ERRNO(EOPNOTSUPP, box_derive(self->fd, 1U << 31, 0, 0));
	EXPECT_ERRNO(EINVAL, box_derive(self->fd, MBX_OPEN_RECEIVE,
					MBX_DERIVE_ONESHOT, 0));
	EXPECT_ERRNO(EOPNOTSUPP, box_derive(self->fd, 0, 1U << 1, 0));
	EXPECT_ERRNO(ENOTTY, box_derive(self->control, 0, 0, 0));
	init_derive(&arg, 0, 0, 0);
	arg.__reserved = 1;
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(self->fd, MBX_IOC_DERIVE, &arg));
	EXPECT_ERRNO(ENOTTY, box_revoke(self->control));
}

/* Whoever has the handle may delete; whoever has not must be somebody. */
TEST_F(derive, manage_is_to_delete)
{
	struct child child;
	int with, without;

	NEED_ROOT();
	with = box_derive(self->fd, MBX_OPEN_MANAGE, 0, 0);
	without = box_derive(self->fd, BOTH_RIGHTS, 0, 0);
	if (!child_start(&child)) {
		CHECK(!become(2001, 2001, 0));
		CHECK_ERRNO(EPERM, box_delete(without, NULL, 0));
		CHECK(!box_delete(with, NULL, 0));
		CHECK_ERRNO(EIDRM, box_delete(with, NULL, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(derive, manage_is_for_its_own)
{
	struct child child;
	struct mbx_create arg;
	char name[NAME_SIZE];
	int fd;

	NEED_ROOT();
	unique_name(name);
	init_create(&arg, name, 0, 1);
	arg.mode = 0666;
	fd = ioctl(self->control, MBX_IOC_CREATE, &arg);
	ASSERT_LE(0, fd);
	if (!child_start(&child)) {
		CHECK(!become(2001, 2001, 0));
		CHECK(box_open(self->control, name, 0, BOTH_RIGHTS) >= 0);
		CHECK_ERRNO(EACCES,
			    box_open(self->control, name, 0, MBX_OPEN_MANAGE));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_LE(0, box_open(self->control, name, 0, MBX_OPEN_MANAGE));
	EXPECT_EQ(0, box_delete(fd, NULL, 0));
}

/* Who may open an owned mailbox only to send receives with what he is given. */
TEST_F(derive, right_to_receive_is_granted)
{
	int fd = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	__u64 id = box_id(self->fd);
	struct child child;

	EXPECT_EQ(0, send_number(self->fd, 1));
	if (!child_start(&child)) {
		CHECK_ERRNO(EACCES, box_open(self->control, NULL, id,
					     MBX_OPEN_RECEIVE));
		CHECK(receive_number(fd) == 1);
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* --------------------------------------------------------------------- badges */

static long long receive_badge(int fd)
{
	struct mbx_receive arg;
	__u32 number;

	init_receive(&arg, &number, sizeof(number), MBX_RECEIVE_NONBLOCK);
	return ioctl(fd, MBX_IOC_RECEIVE, &arg) ? -1 : (long long)arg.out_badge;
}

TEST_F(derive, badge_goes_with_the_message)
{
	int a = box_derive(self->fd, BOTH_RIGHTS, 0, 0xa);
	int b = box_derive(self->fd, BOTH_RIGHTS, 0, 1ULL << 40);
	int below_a = box_derive(a, MBX_OPEN_SEND, 0, 0);
	int same_as_a = box_derive(a, MBX_OPEN_SEND, 0, 0xa);

	EXPECT_EQ(0, send_number(a, 1));
	EXPECT_EQ(4, write(b, "1234", 4));
	EXPECT_EQ(0, send_number(self->fd, 2));
	EXPECT_EQ(0, send_number(below_a, 3));
	EXPECT_EQ(0, send_number(same_as_a, 3));
	EXPECT_EQ(0xa, receive_badge(self->fd));
	EXPECT_EQ(1LL << 40, receive_badge(a));
	EXPECT_EQ(0, receive_badge(b));
	EXPECT_EQ(0xa, receive_badge(self->fd));
	EXPECT_EQ(0xa, receive_badge(self->fd));
	EXPECT_ERRNO(EPERM, box_derive(a, MBX_OPEN_SEND, 0, 0xb));
}

/* ------------------------------------------------------------------- one shot */

TEST_F(derive, one_shot)
{
	int fd = box_derive(self->fd, BOTH_RIGHTS, MBX_DERIVE_ONESHOT, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, send_number(fd, 1));
	EXPECT_ERRNO(EKEYEXPIRED, send_number(fd, 2));
	EXPECT_ERRNO(EKEYEXPIRED, write(fd, "1234", 4));
	EXPECT_EQ(1, receive_number(fd));
	EXPECT_ERRNO(EKEYEXPIRED, send_number(fd, 2));
	EXPECT_EQ(0, send_number(self->fd, 3));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_ERRNO(EIDRM, send_number(fd, 2));
}

TEST_F(derive, one_shot_that_failed_is_not_spent)
{
	int fd = box_derive(self->fd, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 0);
	int i;

	for (i = 0; i < 5; i++)
		EXPECT_EQ(0, send_number(self->fd, i));
	EXPECT_ERRNO(EAGAIN, box_send(fd, "1", 1, MBX_SEND_NONBLOCK));
	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_ERRNO(EFAULT, box_send(fd, nowhere(), 8, 0));
	EXPECT_ERRNO(EMSGSIZE, box_send(fd, "1", 0x7fffffff, 0));
	EXPECT_EQ(0, send_number(fd, 9));
	EXPECT_ERRNO(EKEYEXPIRED, send_number(fd, 2));
}

/* A hundred good for one message each would be good for a hundred. */
TEST_F(derive, one_shot_does_not_multiply)
{
	int fd = box_derive(self->fd, ALL_RIGHTS, MBX_DERIVE_ONESHOT, 0);
	int next;

	EXPECT_ERRNO(EPERM, box_derive(fd, MBX_OPEN_SEND, 0, 0));
	EXPECT_ERRNO(EPERM,
		     box_derive(fd, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 0));
	next = box_derive(fd, MBX_OPEN_RECEIVE | MBX_OPEN_MANAGE, 0, 0);
	ASSERT_LE(0, next);
	EXPECT_EQ(0, send_number(fd, 1));
	EXPECT_EQ(1, receive_number(next));
}

/* While it is being sent no other can be; once it was not, one can. */
TEST_F(derive, one_shot_that_waits)
{
	int fd = box_derive(self->fd, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 0);
	struct job *job;

	job = job_process(job_send(fd, 1, MBX_SEND_SYNC));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_ERRNO(EKEYEXPIRED, send_number(fd, 2));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
	EXPECT_EQ(0, send_number(fd, 3));
	EXPECT_EQ(3, receive_number(self->fd));
	EXPECT_ERRNO(EKEYEXPIRED, send_number(fd, 4));
}

/* Two at once: one goes, one is refused, in whatever order. */
TEST_F(derive, one_shot_of_two)
{
	struct job *a, *b;
	int fd, i, sent;

	for (i = 0; i < 200; i++) {
		fd = box_derive(self->fd, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 0);
		ASSERT_LE(0, fd);
		a = job_thread(job_send(fd, 1, 0));
		b = job_thread(job_send(fd, 2, 0));
		job_join(a);
		job_join(b);
		sent = a->error ? 2 : 1;
		EXPECT_EQ(EKEYEXPIRED, a->error + b->error);
		EXPECT_EQ(sent, receive_number(self->fd));
		close(fd);
	}
}

TEST_HARNESS_MAIN
