// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits on queued bytes: they are really there, nobody waits for them, and
 * what was received, deleted or killed can be sent again, any number of times.
 */
#include "peers.h"

#define USER 2001
#define OTHER 2002
#define USER_BYTES 600000
#define ROUNDS 3

static const char *const max_user_bytes = MODULE_PARAM("max_user_bytes");
static const char *const max_bytes = MODULE_PARAM("max_bytes");

static char data[1 << 20];

/* A mailbox that others may use, too. */
static int open_box(int control, __u32 flags, __u32 capacity)
{
	struct mbx_create arg;

	init_create(&arg, NULL, flags, capacity);
	arg.mode = 0666;
	return ioctl(control, MBX_IOC_CREATE, &arg);
}

/* Sends until refused for the expected reason; how many there were. */
static int fill_up(int fd, size_t len, int expected)
{
	int n = 0;

	while (!box_send(fd, data, len, 0))
		n++;
	return errno == expected ? n : -1;
}

static int drain(int fd)
{
	int n = 0;

	while (box_receive(fd, data, sizeof(data), MBX_RECEIVE_NONBLOCK) >= 0)
		n++;
	return n;
}

FIXTURE(bytes) {
	int control;
	int fd;
	__u64 id;
	long long saved_user;
	long long saved;
};

FIXTURE_VARIANT(bytes)
{
	size_t len;
};

#define BYTES_ROW(_name, _len)            \
	FIXTURE_VARIANT_ADD(bytes, _name) \
	{                                 \
		.len = _len,              \
	}

BYTES_ROW(none, 0);
BYTES_ROW(one, 1);
BYTES_ROW(of_64, 64);
BYTES_ROW(of_65, 65);
BYTES_ROW(of_1024, 1024);
BYTES_ROW(of_1025, 1025);
BYTES_ROW(of_4096, 4096);
BYTES_ROW(of_4097, 4097);
BYTES_ROW(of_33000, 33000);
BYTES_ROW(of_300000, 300000);

FIXTURE_SETUP(bytes)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	self->saved_user = read_number(max_user_bytes);
	self->saved = read_number(max_bytes);
	ASSERT_LT(0, self->saved_user);
	ASSERT_LT(0, self->saved);
	ASSERT_EQ(0, write_number(max_user_bytes, USER_BYTES));
	self->fd = open_box(self->control, 0, MBX_UNBOUNDED);
	ASSERT_LE(0, self->fd);
	self->id = box_id(self->fd);
}

FIXTURE_TEARDOWN_PARENT(bytes)
{
	int control;

	if (self->saved <= 0)
		return;
	EXPECT_EQ(0, write_number(max_bytes, self->saved));
	EXPECT_EQ(0, write_number(max_user_bytes, self->saved_user));
	control = open(MBX_DEVICE, O_RDWR | O_CLOEXEC);
	box_delete(control, NULL, self->id);
	close(control);
}

/* No message is free, and none costs less than it holds. */
TEST_F(bytes, of_a_user)
{
	struct mbx_stat stat;
	struct child child;
	int n;

	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		n = fill_up(self->fd, variant->len, EDQUOT);
		CHECK(n > 0);
		CHECK(n * (variant->len + 32) <= USER_BYTES);
		CHECK(!box_stat(self->fd, &stat));
		CHECK((int)stat.out_depth == n);
		CHECK(stat.out_bytes == n * variant->len);
		child_exit();
	}
	EXPECT_CHILD(child);
}

/*
 * A mailbox keeps a few freed messages at its creator's expense: there may be
 * that many more from the second time on, but never less.
 */
#define KEPT 32

TEST_F(bytes, come_back_after_receive)
{
	struct child child;
	int i, n, again;

	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		n = fill_up(self->fd, variant->len, EDQUOT);
		CHECK(n > 0);
		CHECK(drain(self->fd) == n);
		again = fill_up(self->fd, variant->len, EDQUOT);
		CHECK(again >= n && again <= n + KEPT);
		for (i = 0; i < ROUNDS; i++) {
			CHECK(drain(self->fd) == again);
			CHECK(fill_up(self->fd, variant->len, EDQUOT) == again);
		}
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* Who receives has nothing to do with who pays. */
TEST_F(bytes, come_back_after_receive_by_another)
{
	struct child child;
	struct gate ours, theirs;
	int i, n;

	gate_init(&ours);
	gate_init(&theirs);
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		close(theirs.fd[1]);
		n = fill_up(self->fd, variant->len, EDQUOT);
		for (i = 0; i < 3; i++) {
			CHECK(gate_open(&ours));
			CHECK(gate_wait(&theirs));
			CHECK(fill_up(self->fd, variant->len, EDQUOT) >= n);
		}
		CHECK(gate_open(&ours));
		child_exit();
	}
	close(ours.fd[1]);
	for (i = 0; i < 3 && gate_wait(&ours); i++) {
		EXPECT_LT(0, drain(self->fd));
		gate_open(&theirs);
	}
	EXPECT_CHILD(child);
}

TEST_F(bytes, come_back_after_delete)
{
	struct child child;
	int first, i, fd;

	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		for (i = 0; i < ROUNDS; i++) {
			int n;

			fd = open_box(self->control, 0, MBX_UNBOUNDED);
			n = fill_up(fd, variant->len, EDQUOT);
			first = i ? first : n;
			CHECK(n == first);
			CHECK(!box_delete(fd, NULL, 0));
			close(fd);
		}
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(bytes, come_back_after_kill)
{
	struct counts before = counts_now();
	struct child child;
	int *count = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (!child_start(&child)) {
			int fd, n;

			CHECK(!become(USER, USER, 0));
			fd = open_box(self->control, MBX_CREATE_OWNED,
				      MBX_UNBOUNDED);
			n = fill_up(fd, variant->len, EDQUOT);
			CHECK(n > 0);
			CHECK(!*count || n == *count);
			*count = n;
			kill(getpid(), SIGKILL);
		}
		ASSERT_EQ(SIGKILL, child_join(&child));
		ASSERT_TRUE(counts_are_back(&before));
	}
}

TEST_F(bytes, refused_message_is_not_there)
{
	struct mbx_stat stat, after;
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK(fill_up(self->fd, variant->len, EDQUOT) > 0);
		CHECK(!box_stat(self->fd, &stat));
		CHECK_ERRNO(EDQUOT, box_send(self->fd, data, variant->len, 0));
		CHECK_ERRNO(EDQUOT, box_send(self->fd, data, variant->len,
					     MBX_SEND_NONBLOCK));
		CHECK_ERRNO(EDQUOT, write(self->fd, data, variant->len ?: 1));
		CHECK(!box_stat(self->fd, &after));
		CHECK(!memcmp(&stat, &after, sizeof(stat)));
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(bytes, others_go_on)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK(fill_up(self->fd, variant->len, EDQUOT) > 0);
		child_exit();
	}
	EXPECT_CHILD(child);
	if (!child_start(&child)) {
		CHECK(!become(OTHER, OTHER, 0));
		CHECK(fill_up(self->fd, variant->len, EDQUOT) > 0);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(bytes, root_is_exempt_from_user_limits)
{
	int n = USER_BYTES / (variant->len + 32) + 2;

	while (n--)
		ASSERT_EQ(0, box_send(self->fd, data, variant->len, 0));
}

TEST_F(bytes, in_total)
{
	struct child child;
	int i, n;

	/* What others have queued now is not ours to know: a small rest. */
	ASSERT_EQ(0, write_number(max_bytes, 2 * USER_BYTES));
	n = fill_up(self->fd, variant->len, ENOSPC);
	EXPECT_LT(0, n);
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK_ERRNO(ENOSPC, box_send(self->fd, data, variant->len, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(n, drain(self->fd));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(n, fill_up(self->fd, variant->len, ENOSPC));
		EXPECT_EQ(n, drain(self->fd));
	}
}

/* ------------------------------------------------------------ who pays */

FIXTURE(payer) {
	int control;
	long long saved;
};

FIXTURE_SETUP(payer)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	self->saved = read_number(max_user_bytes);
	ASSERT_LT(0, self->saved);
	ASSERT_EQ(0, write_number(max_user_bytes, USER_BYTES));
}

FIXTURE_TEARDOWN_PARENT(payer)
{
	if (self->saved > 0)
		EXPECT_EQ(0, write_number(max_user_bytes, self->saved));
}

/*
 * Somebody who answers into many mailboxes of others must have his bytes back
 * when they have received them, whatever they do with their mailboxes.
 */
TEST_F(payer, received_messages_pin_no_quota_of_their_sender)
{
	enum { NR = 250 };
	int fds[NR], fresh, i, round, n;
	struct child child;

	for (i = 0; i < NR; i++) {
		fds[i] = open_box(self->control, MBX_CREATE_OWNED, 4);
		ASSERT_LE(0, fds[i]);
	}
	fresh = open_box(self->control, MBX_CREATE_OWNED, MBX_UNBOUNDED);
	ASSERT_LE(0, fresh);
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		n = fill_up(fresh, 4096, EDQUOT);
		CHECK(n > 0);
		CHECK(drain(fresh) == n);
		for (round = 0; round < 2; round++) {
			for (i = 0; i < NR; i++) {
				CHECK(!box_send(fds[i], data, 4096, 0));
				CHECK(drain(fds[i]) == 1);
			}
		}
		CHECK(fill_up(fresh, 4096, EDQUOT) >= n);
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* A sender that waits for room holds memory as well. */
TEST_F(payer, blocked_senders_pay)
{
	int fd = open_box(self->control, MBX_CREATE_OWNED, 1);
	int *blocked = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct child children[6];
	struct mbx_stat stat;
	int i;

	ASSERT_EQ(0, box_send(fd, "x", 1, 0));
	for (i = 0; i < 6; i++) {
		if (child_start(&children[i]))
			continue;
		CHECK(!become(USER, USER, 0));
		CHECK_ERRNO(EDQUOT, box_send(fd, data, USER_BYTES / 4, 0));
		__atomic_fetch_add(blocked, 1, __ATOMIC_RELAXED);
		child_exit();
	}
	/* Some wait, the others were refused: nobody waits for a limit. */
	EXPECT_TRUE(wait_until(!box_stat(fd, &stat) &&
			       stat.out_senders + *blocked == 6));
	EXPECT_LE(3, *blocked);
	EXPECT_LE(1, stat.out_senders);
	for (i = 0; i < 6; i++) {
		kill(children[i].pid, SIGKILL);
		child_join(&children[i]);
	}
}

TEST_F(payer, real_user_pays)
{
	int fd = open_box(self->control, MBX_CREATE_OWNED, MBX_UNBOUNDED);
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		CHECK(fill_up(fd, 4096, EDQUOT) > 0);
		child_exit();
	}
	EXPECT_CHILD(child);
	if (!child_start(&child)) {
		CHECK(!setresuid(USER, OTHER, OTHER));
		CHECK_ERRNO(EDQUOT, box_send(fd, data, 4096, 0));
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_HARNESS_MAIN
