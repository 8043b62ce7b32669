// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Full mailboxes whose senders do not wait: which message is lost, who is told,
 * and what is counted.  Who is in the middle of something is in full_race.c.
 */
#include <poll.h>

#include "full.h"
#include "peers.h"

#define CAPACITY 3
#define USER 2001

FIXTURE(full) {
	int control;
	int fd;
};

/* The mailbox says it, or the send. */
FIXTURE_VARIANT(full)
{
	__u32 full;
	__u32 flags;
	bool oldest;
};

FIXTURE_VARIANT_ADD(full, oldest_default){
	.full = MBX_FULL_DROP_OLDEST,
	.oldest = true,
};

FIXTURE_VARIANT_ADD(full, oldest_chosen){
	.full = MBX_FULL_DROP_NEWEST,
	.flags = MBX_SEND_DROP_OLDEST,
	.oldest = true,
};

FIXTURE_VARIANT_ADD(full, newest_default){
	.full = MBX_FULL_DROP_NEWEST,
};

FIXTURE_VARIANT_ADD(full, newest_chosen){
	.full = MBX_FULL_WAIT,
	.flags = MBX_SEND_DROP_NEWEST,
};

FIXTURE_SETUP(full)
{
	OPEN_CONTROL(self->control);
	self->fd = create_full(self->control, variant->full, CAPACITY);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(full)
{
	close(self->fd);
	close(self->control);
}

static int send_to(int fd, __u32 number, __u32 flags)
{
	return send_full(fd, number, flags, 0, NULL);
}

TEST_F(full, loses_nothing_while_there_is_room)
{
	__u64 seq;
	__u32 i;

	for (i = 0; i < CAPACITY; i++) {
		EXPECT_EQ(0, send_full(self->fd, i, variant->flags, 0, &seq));
		EXPECT_EQ(i + 1, seq);
	}
	EXPECT_TRUE(has_counts(self->fd, CAPACITY, 0, CAPACITY));
	EXPECT_TRUE(HOLDS(self->fd, 0, 1, 2));
}

TEST_F(full, loses_one_for_each)
{
	struct mbx_stat stat;
	__u64 seq;
	__u32 i;

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	for (i = CAPACITY; i < CAPACITY + 2; i++) {
		EXPECT_EQ(MBX_LOST,
			  send_full(self->fd, i, variant->flags, 0, &seq));
		EXPECT_EQ(i + 1, seq);
	}
	EXPECT_TRUE(has_counts(self->fd, CAPACITY + 2, 2, CAPACITY));
	if (variant->oldest) {
		EXPECT_TRUE(HOLDS(self->fd, 2, 3, 4));
	} else {
		EXPECT_TRUE(HOLDS(self->fd, 0, 1, 2));
	}
	EXPECT_TRUE(has_counts(self->fd, CAPACITY + 2, 2, 0));
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(CAPACITY, stat.out_high_water);
	EXPECT_EQ(0, send_to(self->fd, 9, variant->flags));
	EXPECT_TRUE(HOLDS(self->fd, 9));
}

/* Neither has anything to do with a send that does not wait. */
TEST_F(full, whatever_the_time)
{
	__u32 number = 7;
	struct mbx_send arg;

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_LOST,
		  send_to(self->fd, 3, variant->flags | MBX_SEND_NONBLOCK));
	init_send(&arg, &number, sizeof(number), variant->flags);
	arg.deadline = 1;
	EXPECT_EQ(MBX_LOST, ioctl(self->fd, MBX_IOC_SEND, &arg));
	EXPECT_EQ(0, arg.out_pid);
	EXPECT_EQ(0, arg.out_tid);
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(MBX_LOST, send_to(self->fd, 5, variant->flags));
	EXPECT_TRUE(has_counts(self->fd, CAPACITY + 3, 3, CAPACITY));
}

TEST_F(full, who_chooses_to_wait_waits)
{
	struct job *job, *sync;

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_ERRNO(EAGAIN,
		     send_to(self->fd, 8, MBX_SEND_WAIT | MBX_SEND_NONBLOCK));
	job = job_process(job_send(self->fd, 3, MBX_SEND_WAIT));
	ASSERT_TRUE(job_blocks(job));
	/* What waits for its receiver waits for room, too. */
	sync = job_process(job_send(self->fd, 4, MBX_SEND_SYNC));
	ASSERT_TRUE(job_blocks(sync));
	EXPECT_EQ(0, receive_number(self->fd));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_TRUE(is_blocked(sync->tid, "sync"));
	EXPECT_TRUE(HOLDS(self->fd, 2, 3, 4));
	EXPECT_EQ(0, job_join(sync));
	EXPECT_TRUE(has_counts(self->fd, 5, 0, 0));
}

TEST_F(full, an_error_loses_nothing)
{
	static char data[2 << 20];

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_ERRNO(EMSGSIZE,
		     box_send(self->fd, data, sizeof(data), variant->flags));
	EXPECT_ERRNO(EFAULT, box_send(self->fd, nowhere(), 4, variant->flags));
	EXPECT_TRUE(has_counts(self->fd, CAPACITY, 0, CAPACITY));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_ERRNO(ESHUTDOWN, send_to(self->fd, 8, variant->flags));
	EXPECT_TRUE(has_counts(self->fd, CAPACITY, 0, CAPACITY));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_ERRNO(EIDRM, send_to(self->fd, 8, variant->flags));
}

TEST_F(full, frozen)
{
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_LOST, send_to(self->fd, 3, variant->flags));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	if (variant->oldest) {
		EXPECT_TRUE(HOLDS(self->fd, 1, 2, 3));
	} else {
		EXPECT_TRUE(HOLDS(self->fd, 0, 1, 2));
	}
}

/* As if there were room; or somebody would wait for what has been dropped. */
TEST_F(full, small_buffers_are_told)
{
	struct job *small, *one;

	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	small = job_receive(self->fd, 0);
	small->receive.data_len = 2;
	ASSERT_TRUE(job_blocks(job_process(small)));
	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_LOST, send_to(self->fd, 3, variant->flags));
	ASSERT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_EQ(EMSGSIZE, job_join(small));

	ASSERT_TRUE(variant->oldest ? HOLDS(self->fd, 1, 2, 3) :
				      HOLDS(self->fd, 0, 1, 2));
	/* It accepts none of those that are there. */
	one = job_receive(self->fd, 0);
	one->receive.data_len = 2;
	struct mbx_select select = select_by(MBX_SELECT_SEQ);

	select.seq = 8;
	one->receive.select_ptr = (uintptr_t)&select;
	ASSERT_TRUE(job_blocks(job_thread(one)));
	ASSERT_TRUE(fill_full(self->fd, 4, 4 + CAPACITY));
	EXPECT_FALSE(job_is_done(one));
	EXPECT_EQ(MBX_LOST, send_to(self->fd, 9, variant->flags));
	EXPECT_EQ(EMSGSIZE, job_join(one));
	EXPECT_EQ(sizeof(__u32), one->receive.out_len);
}

/* A receiver that accepts the message needs no room for it. */
TEST_F(full, to_one_who_waits)
{
	struct mbx_select select = select_by(MBX_SELECT_SEQ);
	struct job *job = job_receive(self->fd, 0);

	select.seq = CAPACITY + 1;
	job->receive.select_ptr = (uintptr_t)&select;
	ASSERT_TRUE(job_blocks(job_thread(job)));
	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(0, send_to(self->fd, 3, variant->flags));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(3, job_number(job));
	EXPECT_TRUE(HOLDS(self->fd, 0, 1, 2));
}

TEST_F(full, rendezvous)
{
	struct mbx_select select = select_by(MBX_SELECT_TYPE);
	struct job *job, *other;
	__u32 number = 5;
	struct mbx_send arg;
	int fd;

	fd = create_full(self->control, variant->full, 0);
	EXPECT_EQ(MBX_LOST, send_to(fd, 1, variant->flags));
	EXPECT_TRUE(has_counts(fd, 1, 1, 0));
	EXPECT_TRUE(has_waiters(fd, 0, 0));
	other = job_receive(fd, 0);
	select.type = 1;
	other->receive.select_ptr = (uintptr_t)&select;
	ASSERT_TRUE(job_blocks(job_thread(other)));
	EXPECT_EQ(MBX_LOST, send_to(fd, 2, variant->flags));
	job = job_process(job_receive(fd, 0));
	ASSERT_TRUE(job_blocks(job));
	init_send(&arg, &number, sizeof(number), variant->flags);
	EXPECT_EQ(0, ioctl(fd, MBX_IOC_SEND, &arg));
	EXPECT_EQ(job->tid, arg.out_tid);
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(5, job_number(job));
	init_send(&arg, &number, sizeof(number), variant->flags);
	arg.type = 1;
	EXPECT_EQ(0, ioctl(fd, MBX_IOC_SEND, &arg));
	EXPECT_EQ(0, job_join(other));
	EXPECT_TRUE(has_counts(fd, 4, 2, 0));
}

TEST_F(full, never_without_bounds)
{
	int fd = create_full(self->control, variant->full, MBX_UNBOUNDED);
	__u32 i;

	for (i = 0; i < 100; i++)
		EXPECT_EQ(0, send_to(fd, i, variant->flags));
	EXPECT_TRUE(has_counts(fd, 100, 0, 100));
}

TEST_F(full, batched)
{
	__u32 number[CAPACITY + 2];
	struct mbx_send send[CAPACITY + 2];
	struct mbx_batch batch;
	__u32 i;

	for (i = 0; i < CAPACITY + 2; i++) {
		number[i] = i;
		init_send(&send[i], &number[i], sizeof(__u32), variant->flags);
	}
	init_batch(&batch, MBX_CMD_SEND, send, sizeof(send[0]), CAPACITY + 2);
	EXPECT_EQ(CAPACITY + 2, ioctl(self->fd, MBX_IOC_BATCH, &batch));
	EXPECT_EQ(0, batch.out_error);
	EXPECT_EQ(2, batch.out_lost);
	for (i = 0; i < CAPACITY + 2; i++)
		EXPECT_EQ(i + 1, send[i].out_seq);
	EXPECT_TRUE(has_counts(self->fd, CAPACITY + 2, 2, CAPACITY));
	ASSERT_EQ(CAPACITY, box_control(self->fd, MBX_CONTROL_PURGE));
	init_batch(&batch, MBX_CMD_SEND, send, sizeof(send[0]), 1);
	EXPECT_EQ(1, ioctl(self->fd, MBX_IOC_BATCH, &batch));
	EXPECT_EQ(0, batch.out_lost);
}

/* A message that was lost was sent. */
TEST_F(full, a_handle_for_one)
{
	int fd = box_derive(self->fd, MBX_OPEN_SEND | MBX_OPEN_MANAGE,
			    MBX_DERIVE_ONESHOT, 0);

	ASSERT_TRUE(fill_full(self->fd, 0, CAPACITY));
	EXPECT_EQ(MBX_LOST, send_to(fd, 3, variant->flags));
	EXPECT_ERRNO(EKEYEXPIRED, send_to(fd, 4, variant->flags));
}

static bool sent_by_this_thread(__u64 before, __u64 more)
{
	char value[24];

	return proc_lookup("/proc/ipc_threads", "tid", getpid(), "sent", value,
			   sizeof(value)) &&
	       strtoull(value, NULL, 10) == before + more;
}

TEST_F(full, is_counted_by_who_sent_it)
{
	__u32 i;

	for (i = 0; i < CAPACITY + 2; i++)
		EXPECT_LE(0, send_to(self->fd, i, variant->flags));
	EXPECT_TRUE(sent_by_this_thread(0, CAPACITY + 2));
}

/* What was dropped is not paid for; a limit is no lack of room. */
TEST_F(full, and_the_limit_of_a_user)
{
	const size_t len = 200000;
	long long old = read_number(MODULE_PARAM("max_user_bytes"));
	char *data = calloc(1, len);
	struct mbx_create create;
	struct child child;
	int fd, i;

	NEED_ROOT();
	init_create(&create, NULL, MBX_CREATE_OWNED, 1);
	create.full = variant->full;
	fd = ioctl(self->control, MBX_IOC_CREATE, &create);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, write_number(MODULE_PARAM("max_user_bytes"), 600000));
	if (!child_start(&child)) {
		CHECK(!become(USER, USER, 0));
		for (i = 0; i < 50; i++)
			CHECK(box_send(fd, data, len, variant->flags) ==
			      (i ? MBX_LOST : 0));
		/* The one that is there, and two more: the third is too many. */
		CHECK(!box_send(self->fd, data, len, 0));
		CHECK_ERRNO(EDQUOT, box_send(fd, data, len, variant->flags));
		CHECK(receive_number(self->fd) == -1 && errno == EMSGSIZE);
		CHECK(box_receive(self->fd, data, len, 0) == (int)len);
		CHECK(box_send(fd, data, len, variant->flags) == MBX_LOST);
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(0, write_number(MODULE_PARAM("max_user_bytes"), old));
	free(data);
}

/* ---------------------------------------------------------------------- defaults */

static bool column_is(int fd, const char *word)
{
	char value[16];

	return proc_lookup("/proc/ipc_mailboxes", "id", box_id(fd), "full",
			   value, sizeof(value)) &&
	       !strcmp(value, word);
}

FIXTURE(of_mailbox) {
	int control;
	int fd;
};

FIXTURE_VARIANT(of_mailbox)
{
	__u32 full;
	const char *word;
	bool waits;
};

FIXTURE_VARIANT_ADD(of_mailbox, wait){
	.full = MBX_FULL_WAIT,
	.word = "wait",
	.waits = true,
};

FIXTURE_VARIANT_ADD(of_mailbox, drop_oldest){
	.full = MBX_FULL_DROP_OLDEST,
	.word = "drop-oldest",
};

FIXTURE_VARIANT_ADD(of_mailbox, drop_newest){
	.full = MBX_FULL_DROP_NEWEST,
	.word = "drop-newest",
};

FIXTURE_SETUP(of_mailbox)
{
	OPEN_CONTROL(self->control);
	self->fd = create_full(self->control, variant->full, 1);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(of_mailbox)
{
	close(self->fd);
	close(self->control);
}

TEST_F(of_mailbox, is_told)
{
	struct mbx_stat stat;

	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(variant->full, stat.out_full);
	EXPECT_TRUE(column_is(self->fd, variant->word));
}

/* It says whether a write would wait, not whether something would be lost. */
TEST_F(of_mailbox, is_what_poll_goes_by)
{
	struct pollfd p = { .fd = self->fd, .events = POLLOUT };
	struct mbx_notify notify;

	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(!variant->waits, poll(&p, 1, 0));
	init_notify(&notify, 0, 0);
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_NOTIFY, &notify));
	EXPECT_FALSE(notify.out_state & MBX_EVENT_ROOM);
}

TEST_F(of_mailbox, is_what_write_goes_by)
{
	struct mbx_stat stat;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(4, write(self->fd, "one", 4));
	if (variant->waits) {
		EXPECT_ERRNO(EAGAIN, write(self->fd, "two", 4));
	} else {
		EXPECT_EQ(4, write(self->fd, "two", 4));
	}
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(!variant->waits, stat.out_lost);
}

/* -------------------------------------------------------------------- priorities */

/*
 * What is there, what comes, and what is left: digits are priorities, and the
 * numbers of messages count from 0.
 */
FIXTURE(priority) {
	int control;
};

FIXTURE_VARIANT(priority)
{
	const char *there;
	const char *comes;
	const char *left;
};

#define PRIORITY(_name, _there, _comes, _left)                         \
	FIXTURE_VARIANT_ADD(priority, _name)                           \
	{                                                              \
		.there = (_there), .comes = (_comes), .left = (_left), \
	}

PRIORITY(same, "000", "00", "234");
PRIORITY(the_lowest, "301", "0", "023");
PRIORITY(the_lowest_of_some, "233", "2", "123");
PRIORITY(the_oldest_of_the_lowest, "511", "9", "302");
PRIORITY(higher_ones_stay, "555", "4", "012");
PRIORITY(higher_and_then_same, "555", "45", "124");
PRIORITY(one_after_the_other, "012", "333", "345");
PRIORITY(up_to_its_own, "543", "33", "014");
PRIORITY(all_of_zero_first, "900", "999", "0345");

FIXTURE_SETUP(priority)
{
	OPEN_CONTROL(self->control);
}

FIXTURE_TEARDOWN(priority)
{
	close(self->control);
}

/* Who may only send would throw away what others were told to be safe. */
TEST_F(priority, is_no_right)
{
	int fd = create_full(self->control, MBX_FULL_WAIT, 1);
	int drops = create_full(self->control, MBX_FULL_DROP_OLDEST, 1);
	int out = box_derive(fd, MBX_OPEN_SEND, 0, 0);
	int out_too = box_derive(drops, MBX_OPEN_SEND, 0, 0);

	ASSERT_LE(0, out);
	ASSERT_LE(0, out_too);
	ASSERT_EQ(0, send_number(fd, 1));
	ASSERT_EQ(0, send_number(drops, 1));
	EXPECT_ERRNO(EPERM, drop_oldest(out, 2));
	EXPECT_EQ(MBX_LOST, drop_newest(out, 2));
	EXPECT_EQ(MBX_LOST, drop_oldest(out_too, 2));
	EXPECT_EQ(MBX_LOST, drop_oldest(fd, 3));
	EXPECT_EQ(3, receive_number(fd));
	EXPECT_EQ(2, receive_number(drops));
	close(out);
	close(out_too);
	close(fd);
	close(drops);
}

TEST_F(priority, decides)
{
	const unsigned int capacity = strlen(variant->left);
	const unsigned int there = strlen(variant->there);
	int fd = create_full(self->control, MBX_FULL_DROP_OLDEST, capacity);
	unsigned int i;
	__u64 seq;

	ASSERT_LE(0, fd);
	for (i = 0; i < there; i++)
		ASSERT_EQ(0, send_full(fd, i, 0, variant->there[i] - '0', 0));
	for (i = 0; variant->comes[i]; i++) {
		EXPECT_EQ(there + i < capacity ? 0 : MBX_LOST,
			  send_full(fd, there + i, 0, variant->comes[i] - '0',
				    &seq));
		EXPECT_EQ(there + i + 1, seq);
	}
	EXPECT_TRUE(has_counts(fd, there + i, there + i - capacity, capacity));
	for (i = 0; i < capacity; i++)
		EXPECT_EQ(variant->left[i] - '0', receive_number(fd));
	EXPECT_ERRNO(EAGAIN, receive_number(fd));
	close(fd);
}

TEST_HARNESS_MAIN
