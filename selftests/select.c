// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Choosing what to receive: what each condition accepts, who waits for what, and
 * walking through a mailbox.
 */
#include <poll.h>

#include "peers.h"

#define BADGE 0xbad9eULL

FIXTURE(select) {
	int control;
	int fd;
	int badged;
};

FIXTURE_SETUP(select)
{
	struct mbx_derive derive = {
		.size = sizeof(derive),
		.rights = MBX_OPEN_SEND,
		.badge = BADGE,
	};

	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 64);
	ASSERT_LE(0, self->fd);
	self->badged = ioctl(self->fd, MBX_IOC_DERIVE, &derive);
	ASSERT_LE(0, self->badged);
}

FIXTURE_TEARDOWN(select)
{
	close(self->badged);
	close(self->fd);
	close(self->control);
}

/* --------------------------------------------------------------- conditions */

FIXTURE(condition) {
	int control;
	int fd;
};

FIXTURE_VARIANT(condition)
{
	struct mbx_select select;
	const char *order;
};

/* What remains of the letters is received afterwards. */
#define CONDITION(_name, _order, ...)                                         \
	FIXTURE_VARIANT_ADD(condition, _name)                                 \
	{                                                                     \
		.select = { .size = sizeof(struct mbx_select), __VA_ARGS__ }, \
		.order = _order,                                              \
	}

CONDITION(none, "dacebf", .flags = 0);
CONDITION(type, "eb", .flags = MBX_SELECT_TYPE, .type = 2);
CONDITION(type_zero, "c", .flags = MBX_SELECT_TYPE, .type = 0);
CONDITION(type_nobody_has, "", .flags = MBX_SELECT_TYPE, .type = 7);
CONDITION(not, "dacf", .flags = MBX_SELECT_TYPE_NOT, .type = 2);
CONDITION(up_to, "caeb", .flags = MBX_SELECT_TYPE_UPTO, .type = 2);
CONDITION(up_to_all, "caebfd", .flags = MBX_SELECT_TYPE_UPTO, .type = ~0ULL);
CONDITION(priority, "dace", .flags = MBX_SELECT_PRIORITY, .priority = 1);
CONDITION(priority_any, "dacebf", .flags = MBX_SELECT_PRIORITY);
CONDITION(priority_none, "", .flags = MBX_SELECT_PRIORITY, .priority = 32);
CONDITION(seq, "c", .flags = MBX_SELECT_SEQ, .seq = 3);
CONDITION(seq_to_come, "", .flags = MBX_SELECT_SEQ, .seq = 7);
CONDITION(after, "def", .flags = MBX_SELECT_AFTER, .seq = 3);
CONDITION(after_all, "abcdef", .flags = MBX_SELECT_AFTER);
CONDITION(both, "e", .flags = MBX_SELECT_TYPE | MBX_SELECT_PRIORITY, .type = 2,
	  .priority = 1);
CONDITION(badge_zero, "dacebf", .flags = MBX_SELECT_BADGE);
CONDITION(badge, "", .flags = MBX_SELECT_BADGE, .badge = BADGE);
CONDITION(pid_of_nobody, "", .flags = MBX_SELECT_PID, .pid = -1);

FIXTURE_SETUP(condition)
{
	static const struct {
		__u64 type;
		__u32 priority;
	} sent[] = { { 1, 3 },	    { 2, 0 }, { 0, 3 },
		     { ~0ULL, 31 }, { 2, 1 }, { 9, 0 } };
	unsigned int i;

	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 64);
	ASSERT_LE(0, self->fd);
	for (i = 0; i < ARRAY_SIZE(sent); i++)
		ASSERT_EQ(0, send_as(self->fd, 'a' + i, sent[i].type,
				     sent[i].priority));
}

FIXTURE_TEARDOWN(condition)
{
	close(self->fd);
	close(self->control);
}

TEST_F(condition, accepts)
{
	const char *c;
	int i, rest = 6;

	for (c = variant->order; *c; c++, rest--) {
		EXPECT_EQ(*c, receive_selected(self->fd, &variant->select,
					       MBX_RECEIVE_PEEK));
		EXPECT_EQ(*c, receive_selected(self->fd, &variant->select, 0));
	}
	EXPECT_ERRNO(EAGAIN, receive_selected(self->fd, &variant->select, 0));
	EXPECT_ERRNO(EAGAIN, receive_selected(self->fd, &variant->select,
					      MBX_RECEIVE_PEEK));
	for (i = 0; i < rest; i++)
		EXPECT_LE(0, receive_number(self->fd));
	EXPECT_ERRNO(EAGAIN, receive_number(self->fd));
}

/* ------------------------------------------------------------------ senders */

TEST_F(select, badge)
{
	struct mbx_select select = select_by(MBX_SELECT_BADGE);

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->badged, 2));
	select.badge = BADGE;
	EXPECT_EQ(2, receive_selected(self->fd, &select, 0));
	EXPECT_ERRNO(EAGAIN, receive_selected(self->fd, &select, 0));
}

/* Also of a process that is not there any more. */
TEST_F(select, pid)
{
	struct mbx_select select = select_by(MBX_SELECT_PID);
	struct job *job = job_send(self->fd, 2, 0);

	ASSERT_EQ(0, send_number(self->fd, 1));
	job_process(job);
	select.pid = job->pid;
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(2, receive_selected(self->fd, &select, 0));
	EXPECT_ERRNO(EAGAIN, receive_selected(self->fd, &select, 0));
	select.pid = getpid();
	EXPECT_EQ(1, receive_selected(self->fd, &select, 0));
}

/* ------------------------------------------------------------------ waiting */

static struct job *wait_for_type(int fd, struct mbx_select *select, __u64 type,
				 __u32 flags)
{
	struct job *job = job_receive(fd, flags);

	*select = select_by(MBX_SELECT_TYPE);
	select->type = type;
	job->receive.select_ptr = (uintptr_t)select;
	return job_thread(job);
}

TEST_F(select, waits_for_its_own)
{
	struct mbx_select select[2];
	struct job *two = wait_for_type(self->fd, &select[0], 2, 0);
	struct job *three;

	ASSERT_TRUE(job_blocks(two));
	three = wait_for_type(self->fd, &select[1], 3, 0);
	ASSERT_TRUE(job_blocks(three));

	ASSERT_EQ(0, send_as(self->fd, 101, 1, 0));
	EXPECT_TRUE(job_blocks(two) && job_blocks(three));
	ASSERT_EQ(0, send_as(self->fd, 103, 3, 0));
	EXPECT_EQ(0, job_join(three));
	EXPECT_EQ(103, job_number(three));
	EXPECT_TRUE(job_blocks(two));
	ASSERT_EQ(0, send_as(self->fd, 102, 2, 0));
	EXPECT_EQ(0, job_join(two));
	EXPECT_EQ(102, job_number(two));
	EXPECT_EQ(101, receive_number(self->fd));
}

/* Whoever waits for something else is not in the way. */
TEST_F(select, next_in_line)
{
	struct mbx_select select;
	struct job *two = wait_for_type(self->fd, &select, 2, 0);
	struct job *any = job_receive(self->fd, 0);

	ASSERT_TRUE(job_blocks(two));
	ASSERT_TRUE(job_blocks(job_thread(any)));
	ASSERT_EQ(0, send_as(self->fd, 1, 1, 0));
	EXPECT_EQ(0, job_join(any));
	EXPECT_EQ(1, job_number(any));
	ASSERT_EQ(0, send_as(self->fd, 2, 2, 0));
	EXPECT_EQ(0, job_join(two));
}

TEST_F(select, too_small_a_buffer)
{
	struct mbx_select select;
	struct job *two = wait_for_type(self->fd, &select, 2, 0);
	struct mbx_send arg;
	char data[8];

	ASSERT_TRUE(job_blocks(two));
	init_send(&arg, data, sizeof(data), 0);
	arg.type = 1;
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_SEND, &arg));
	EXPECT_TRUE(job_blocks(two));
	arg.type = 2;
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_SEND, &arg));
	EXPECT_EQ(EMSGSIZE, job_join(two));
	EXPECT_EQ(8, two->receive.out_len);
}

TEST_F(select, of_those_who_meet)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	struct mbx_select select;
	struct job *two, *sender[2];
	int i;

	ASSERT_LE(0, fd);
	two = wait_for_type(fd, &select, 2, 0);
	ASSERT_TRUE(job_blocks(two));
	EXPECT_ERRNO(EAGAIN, send_as(fd, 1, 1, 0));
	EXPECT_EQ(0, send_as(fd, 2, 2, 0));
	EXPECT_EQ(0, job_join(two));

	for (i = 0; i < 2; i++) {
		sender[i] = job_send(fd, i, 0);
		sender[i]->send.type = i;
		ASSERT_TRUE(job_blocks(job_thread(sender[i])));
	}
	select.type = 1;
	EXPECT_EQ(1, receive_selected(fd, &select, 0));
	EXPECT_EQ(0, job_join(sender[1]));
	EXPECT_TRUE(job_blocks(sender[0]));
	EXPECT_EQ(0, receive_number(fd));
	EXPECT_EQ(0, job_join(sender[0]));
	close(fd);
}

/* A receiver knows the number of the message that it is waiting for. */
TEST_F(select, seq_to_come)
{
	struct job *job = job_receive(self->fd, 0);
	struct mbx_select select = select_by(MBX_SELECT_SEQ);

	select.seq = 2;
	job->receive.select_ptr = (uintptr_t)&select;
	ASSERT_TRUE(job_blocks(job_thread(job)));
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_TRUE(job_blocks(job));
	ASSERT_EQ(0, send_number(self->fd, 2));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(2, job_number(job));
}

TEST_F(select, peek_waits_for_its_own)
{
	struct mbx_select select;
	struct job *job = wait_for_type(self->fd, &select, 2, MBX_RECEIVE_PEEK);

	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, send_as(self->fd, 1, 1, 0));
	EXPECT_TRUE(job_blocks(job));
	ASSERT_EQ(0, send_as(self->fd, 2, 2, 0));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(2, job_number(job));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(2, receive_number(self->fd));
}

/* It waits for something else, and makes no room. */
TEST_F(select, who_waits_makes_no_room)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	struct mbx_select select;
	struct job *two;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, send_as(fd, 1, 1, 0));
	two = wait_for_type(fd, &select, 2, 0);
	ASSERT_TRUE(job_blocks(two));
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_ERRNO(EAGAIN, send_as(fd, 3, 3, 0));
	EXPECT_EQ(1, receive_number(fd));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(0, send_as(fd, 2, 2, 0));
	EXPECT_EQ(0, job_join(two));
	close(fd);
}

/* The message that a sender was waiting to put in. */
TEST_F(select, from_who_waited_for_room)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	struct job *sender = job_send(fd, 2, 0);
	struct mbx_select select;
	struct job *two;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, send_as(fd, 1, 1, 0));
	sender->send.type = 2;
	ASSERT_TRUE(job_blocks(job_thread(sender)));
	two = wait_for_type(fd, &select, 2, 0);
	ASSERT_TRUE(job_blocks(two));
	EXPECT_EQ(1, receive_number(fd));
	EXPECT_EQ(0, job_join(sender));
	EXPECT_EQ(0, job_join(two));
	EXPECT_EQ(2, job_number(two));
	close(fd);
}

TEST_F(select, wait_ends_with_the_mailbox)
{
	struct mbx_select select;
	struct job *job = wait_for_type(self->fd, &select, 2, 0);

	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(job));
}

TEST_F(select, killed)
{
	struct mbx_select select = select_by(MBX_SELECT_TYPE_NOT);
	struct job *job = job_receive(self->fd, 0);

	job->receive.select_ptr = (uintptr_t)&select;
	ASSERT_TRUE(job_blocks(job_process(job)));
	ASSERT_EQ(0, send_number(self->fd, 1));
	kill(job->pid, SIGKILL);
	EXPECT_EQ(JOB_KILLED, job_join(job));
	EXPECT_EQ(1, receive_number(self->fd));
}

/* ------------------------------------------------------------------ walking */

static long long next_after(int fd, struct mbx_select *select)
{
	struct mbx_receive arg;
	__u32 number;

	init_receive(&arg, &number, sizeof(number),
		     MBX_RECEIVE_NONBLOCK | MBX_RECEIVE_PEEK);
	arg.select_ptr = (uintptr_t)select;
	if (ioctl(fd, MBX_IOC_RECEIVE, &arg))
		return -1;
	select->seq = arg.out_seq;
	return number;
}

/* Nothing twice, nothing missed, although messages come and go meanwhile. */
TEST_F(select, walk)
{
	struct mbx_select select = select_by(MBX_SELECT_AFTER);
	int i;

	for (i = 1; i <= 6; i++)
		ASSERT_EQ(0, send_as(self->fd, i, 0, i % 3));
	EXPECT_EQ(1, next_after(self->fd, &select));
	EXPECT_EQ(2, next_after(self->fd, &select));
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_EQ(5, receive_number(self->fd));
	EXPECT_EQ(3, next_after(self->fd, &select));
	ASSERT_EQ(0, send_as(self->fd, 7, 0, 31));
	EXPECT_EQ(4, next_after(self->fd, &select));
	EXPECT_EQ(6, next_after(self->fd, &select));
	EXPECT_EQ(7, next_after(self->fd, &select));
	EXPECT_ERRNO(EAGAIN, next_after(self->fd, &select));
}

/* First what it is and how long, then the message itself. */
TEST_F(select, size_first)
{
	static char data[5000] = "head";
	struct mbx_select select = select_by(MBX_SELECT_SEQ);
	struct mbx_receive arg;
	char buf[5000] = "";

	ASSERT_EQ(0, box_send(self->fd, data, sizeof(data), 0));
	ASSERT_EQ(0, box_send(self->fd, data, 3, 0));
	init_receive(&arg, buf, 4, MBX_RECEIVE_PEEK | MBX_RECEIVE_TRUNCATE);
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(sizeof(data), arg.out_len);
	EXPECT_EQ(getpid(), arg.out_pid);
	EXPECT_STREQ("head", buf);
	EXPECT_EQ(0, buf[4]);

	arg.flags = MBX_RECEIVE_PEEK | MBX_RECEIVE_TRUNCATE;
	arg.data_ptr = 0;
	arg.data_len = 0;
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_RECEIVE, &arg));
	EXPECT_EQ(sizeof(data), arg.out_len);

	select.seq = arg.out_seq;
	init_receive(&arg, buf, sizeof(buf), MBX_RECEIVE_NONBLOCK);
	arg.select_ptr = (uintptr_t)&select;
	EXPECT_EQ(0, ioctl(self->fd, MBX_IOC_RECEIVE, &arg));
	EXPECT_ERRNO(EAGAIN, ioctl(self->fd, MBX_IOC_RECEIVE, &arg));
}

/* ----------------------------------------------------------------- refusals */

static int peek_with(int fd, const void *select)
{
	struct mbx_receive arg;
	__u32 number;

	init_receive(&arg, &number, sizeof(number),
		     MBX_RECEIVE_NONBLOCK | MBX_RECEIVE_PEEK);
	arg.select_ptr = (uintptr_t)select;
	return ioctl(fd, MBX_IOC_RECEIVE, &arg);
}

TEST_F(select, contradictions)
{
	static const __u32 pairs[] = {
		MBX_SELECT_TYPE | MBX_SELECT_TYPE_NOT,
		MBX_SELECT_TYPE | MBX_SELECT_TYPE_UPTO,
		MBX_SELECT_TYPE_NOT | MBX_SELECT_TYPE_UPTO,
		MBX_SELECT_SEQ | MBX_SELECT_AFTER,
		MBX_SELECT_TYPE_UPTO | MBX_SELECT_AFTER,
	};
	struct mbx_select select;
	unsigned int i;

	ASSERT_EQ(0, send_number(self->fd, 1));
	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		select = select_by(pairs[i]);
		EXPECT_ERRNO(EINVAL, peek_with(self->fd, &select));
	}
}

TEST_F(select, unknown)
{
	struct {
		struct mbx_select select;
		__u64 more;
	} arg = { .select = select_by(0) };
	unsigned int bit;

	ASSERT_EQ(0, send_number(self->fd, 1));
	for (bit = 8; bit < 32; bit++) {
		arg.select.flags = 1U << bit;
		EXPECT_ERRNO(EOPNOTSUPP, peek_with(self->fd, &arg));
	}
	arg.select.flags = 0;
	EXPECT_EQ(0, peek_with(self->fd, &arg));
	arg.select.size = sizeof(arg);
	EXPECT_EQ(0, peek_with(self->fd, &arg));
	arg.more = 1;
	EXPECT_ERRNO(E2BIG, peek_with(self->fd, &arg));
	arg.select.size = sizeof(arg.select) - 1;
	EXPECT_ERRNO(EINVAL, peek_with(self->fd, &arg));
	arg.select.size = 4097;
	EXPECT_ERRNO(EINVAL, peek_with(self->fd, &arg));
	EXPECT_ERRNO(EFAULT, peek_with(self->fd, (void *)8));
}

TEST_F(select, truncate_without_peek)
{
	__u32 number;

	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_ERRNO(EINVAL,
		     box_receive(self->fd, &number, 2, MBX_RECEIVE_TRUNCATE));
	EXPECT_EQ(1, receive_number(self->fd));
}

TEST_HARNESS_MAIN
