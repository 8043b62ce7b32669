// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Handles made of handles: what they may, what they tell of themselves, and what
 * ends with the one that they were made of.
 */
#include <poll.h>

#include "peers.h"
#include "sleeps.h"

static int derive(int fd, __u32 rights, __u32 flags, __u64 badge)
{
	struct mbx_derive arg = {
		.size = sizeof(arg),
		.flags = flags,
		.rights = rights,
		.badge = badge,
	};

	return ioctl(fd, MBX_IOC_DERIVE, &arg);
}

/* How many handles that ended, or -1. */
static int revoke_below(int fd)
{
	struct mbx_revoke arg = { .size = sizeof(arg) };

	return ioctl(fd, MBX_IOC_REVOKE, &arg) ? -1 : (int)arg.out_handles;
}

static __u32 rights_of(int fd)
{
	struct mbx_stat stat;

	return box_stat(fd, &stat) ? ~0U : stat.out_rights;
}

static short events_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

#define BOTH (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)
#define ALL (BOTH | MBX_OPEN_MANAGE)

FIXTURE(derive) {
	int control;
	int fd;
	struct counts before;
};

FIXTURE_SETUP(derive)
{
	self->before = counts_now();
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

	EXPECT_EQ(ALL, rights_of(self->fd));
	for (rights = 0; rights <= ALL; rights++) {
		fd = derive(self->fd, rights, 0, 0);
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

	for (rights = 0; rights <= ALL; rights++) {
		fd = derive(self->fd, rights, 0, 0);
		for (wanted = 0; wanted <= ALL; wanted++) {
			int next = derive(fd, wanted, 0, 0);

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
	int sender = derive(self->fd, MBX_OPEN_SEND, 0, 0);
	int receiver = derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
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
	EXPECT_ERRNO(EINVAL, derive(self->fd, 1U << 3, 0, 0));
	EXPECT_ERRNO(EINVAL, derive(self->fd, 1U << 31, 0, 0));
	EXPECT_ERRNO(EINVAL,
		     derive(self->fd, MBX_OPEN_RECEIVE, MBX_DERIVE_ONESHOT, 0));
	EXPECT_ERRNO(EOPNOTSUPP, derive(self->fd, 0, 1U << 1, 0));
	EXPECT_ERRNO(ENOTTY, derive(self->control, 0, 0, 0));
	EXPECT_ERRNO(ENOTTY, revoke_below(self->control));
}

/* Whoever has the handle may delete; whoever has not must be somebody. */
TEST_F(derive, manage_is_to_delete)
{
	struct child child;
	int with, without;

	NEED_ROOT();
	with = derive(self->fd, MBX_OPEN_MANAGE, 0, 0);
	without = derive(self->fd, BOTH, 0, 0);
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
		CHECK(box_open(self->control, name, 0, BOTH) >= 0);
		CHECK_ERRNO(EACCES,
			    box_open(self->control, name, 0, MBX_OPEN_MANAGE));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_LE(0, box_open(self->control, name, 0, MBX_OPEN_MANAGE));
	EXPECT_EQ(0, box_delete(fd, NULL, 0));
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
	int a = derive(self->fd, BOTH, 0, 0xa);
	int b = derive(self->fd, BOTH, 0, 1ULL << 40);
	int below_a = derive(a, MBX_OPEN_SEND, 0, 0);
	int same_as_a = derive(a, MBX_OPEN_SEND, 0, 0xa);

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
	EXPECT_ERRNO(EPERM, derive(a, MBX_OPEN_SEND, 0, 0xb));
}

/* ------------------------------------------------------------------- one shot */

TEST_F(derive, one_shot)
{
	int fd = derive(self->fd, BOTH, MBX_DERIVE_ONESHOT, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, send_number(fd, 1));
	EXPECT_ERRNO(EKEYEXPIRED, send_number(fd, 2));
	EXPECT_ERRNO(EKEYEXPIRED, write(fd, "1234", 4));
	EXPECT_EQ(1, receive_number(fd));
	EXPECT_ERRNO(EKEYEXPIRED, send_number(fd, 2));
	EXPECT_EQ(0, send_number(self->fd, 3));
}

TEST_F(derive, one_shot_that_failed_is_not_spent)
{
	int fd = derive(self->fd, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 0);
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

/* Two at once: one goes, one is refused, in whatever order. */
TEST_F(derive, one_shot_of_two)
{
	struct job *a, *b;
	int fd, i, sent;

	for (i = 0; i < 200; i++) {
		fd = derive(self->fd, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 0);
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

/* ------------------------------------------------------------------ revocation */

static bool is_revoked(int fd)
{
	__u32 number;
	struct mbx_stat stat;

	return send_number(fd, 1) == -1 && errno == EKEYREVOKED &&
	       write(fd, "1234", 4) == -1 && errno == EKEYREVOKED &&
	       box_receive(fd, &number, 4, 0) == -1 && errno == EKEYREVOKED &&
	       read(fd, &number, 4) == -1 && errno == EKEYREVOKED &&
	       box_stat(fd, &stat) == -1 && errno == EKEYREVOKED &&
	       derive(fd, 0, 0, 0) == -1 && errno == EKEYREVOKED &&
	       revoke_below(fd) == -1 && errno == EKEYREVOKED &&
	       box_delete(fd, NULL, 0) == -1 && errno == EKEYREVOKED &&
	       events_of(fd) == (POLLHUP | POLLERR);
}

TEST_F(derive, revoked_with_all_below)
{
	int a = derive(self->fd, ALL, 0, 0);
	int b = derive(self->fd, ALL, 0, 0);
	int a1 = derive(a, ALL, 0, 0);
	int a2 = derive(a, ALL, 0, 0);
	int a11 = derive(a1, ALL, 0, 0);

	EXPECT_EQ(0, send_number(a11, 1));
	EXPECT_EQ(1, receive_number(a11));
	EXPECT_EQ(3, revoke_below(a));
	EXPECT_TRUE(is_revoked(a1));
	EXPECT_TRUE(is_revoked(a2));
	EXPECT_TRUE(is_revoked(a11));
	EXPECT_EQ(0, send_number(a, 1));
	EXPECT_EQ(1, receive_number(b));

	EXPECT_EQ(0, revoke_below(a));
	a2 = derive(a, ALL, 0, 0);
	EXPECT_EQ(0, send_number(a2, 1));
	EXPECT_EQ(3, revoke_below(self->fd));
	EXPECT_TRUE(is_revoked(a));
	EXPECT_TRUE(is_revoked(b));
	EXPECT_TRUE(is_revoked(a2));
	EXPECT_EQ(1, receive_number(self->fd));
}

/* Closing what is between does not set free what is below. */
TEST_F(derive, revoked_across_one_that_is_closed)
{
	int a = derive(self->fd, ALL, 0, 0);
	int a1 = derive(a, ALL, 0, 0);
	int a2 = derive(a, ALL, 0, 0);
	int a11 = derive(a1, ALL, 0, 0);

	close(a1);
	close(a);
	EXPECT_EQ(0, send_number(a11, 1));
	EXPECT_EQ(2, revoke_below(self->fd));
	EXPECT_TRUE(is_revoked(a2));
	EXPECT_TRUE(is_revoked(a11));
}

TEST_F(derive, no_more_to_be_revoked_by_one_that_is_closed)
{
	int dup = box_open(self->control, NULL, box_id(self->fd), ALL);
	int a = derive(dup, ALL, 0, 0);
	int a1 = derive(a, ALL, 0, 0);

	close(dup);
	EXPECT_EQ(0, revoke_below(self->fd));
	EXPECT_EQ(0, send_number(a1, 1));
	EXPECT_EQ(1, revoke_below(a));
	EXPECT_TRUE(is_revoked(a1));
}

TEST_F(derive, what_was_sent_stays)
{
	int a = derive(self->fd, MBX_OPEN_SEND, 0, 5);

	EXPECT_EQ(0, send_number(a, 1));
	EXPECT_EQ(1, revoke_below(self->fd));
	EXPECT_EQ(5, receive_badge(self->fd));
}

TEST_F(derive, deep_and_wide)
{
	int fds[500], i;

	fds[0] = self->fd;
	for (i = 1; i < 500; i++) {
		fds[i] = derive(fds[i % 3 ? i - 1 : i / 2], BOTH, 0, 0);
		ASSERT_LE(0, fds[i]);
	}
	for (i = 1; i < 500; i += 7)
		close(fds[i]);
	EXPECT_EQ(499 - 72, revoke_below(self->fd));
	for (i = 1; i < 500; i++)
		if (i % 7 != 1)
			close(fds[i]);
	close(self->fd);
	close(self->control);
	EXPECT_TRUE(counts_are_back(&self->before));
}

TEST_F(derive, revoked_and_deleted)
{
	int a = derive(self->fd, ALL, 0, 0);

	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_ERRNO(EIDRM, revoke_below(self->fd));
	EXPECT_ERRNO(EIDRM, send_number(a, 1));
}

/* ---------------------------------------------------------- those who sleep */

SLEEP_FIXTURE(sleeper);
ALL_SLEEPS(sleeper);

TEST_F(sleeper, is_woken_by_a_revocation)
{
	int fd = derive(self->box, BOTH, 0, 0);
	struct job *job = job_process(sleeper_new(fd, &variant->kind));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(1, revoke_below(self->box));
	EXPECT_EQ(EKEYREVOKED, job_join(job));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

/* Others sleep on. */
TEST_F(sleeper, is_not_woken_by_that_of_another)
{
	int fd = derive(self->box, BOTH, 0, 0);
	int other = derive(self->box, BOTH, 0, 0);
	struct job *job = job_process(sleeper_new(fd, &variant->kind));

	derive(other, BOTH, 0, 0);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(1, revoke_below(other));
	EXPECT_FALSE(job_is_done(job));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(job, &variant->kind));
}

TEST_F(derive, poller_is_woken)
{
	int fd = derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	struct child child;

	if (!child_start(&child)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		CHECK(poll(&p, 1, WAIT_LIMIT / MSEC) == 1);
		CHECK(p.revents == (POLLHUP | POLLERR));
		child_exit();
	}
	ASSERT_TRUE(wait_until(thread_state(child.pid) == 'S'));
	EXPECT_EQ(1, revoke_below(self->fd));
	EXPECT_CHILD(child);
}

TEST_HARNESS_MAIN
