// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls among other messages: all sizes, in the queue, looked at, chosen, in
 * batches, and in mailboxes that are frozen, sealed, full or purged.
 */
#include "calls.h"

/* ----------------------------------------------------------------------- sizes */

static const __u32 sizes[] = { 0,    1,	   64,	 65,	1024,
			       1025, 4096, 4097, 65536, 1048576 };

struct big {
	int fd;
	__u32 sent;
	__u32 len;
	char *data;
	int ret;
	struct mbx_call arg;
};

static void *call_big(void *data)
{
	struct big *big = data;

	fill_pattern(big->data, big->sent, big->sent);
	init_call(&big->arg, big->data, big->sent, big->data, big->len);
	big->ret = ioctl(big->fd, MBX_IOC_CALL, &big->arg);
	return NULL;
}

/* Sends @sent bytes, and gets a reply of @len. */
static bool exchange(int fd, __u32 sent, __u32 len)
{
	struct big big = { .fd = fd, .sent = sent, .len = len };
	char *buf = malloc(1048576);
	struct mbx_receive got;
	pthread_t thread;
	bool right;

	big.data = malloc(1048576);
	if (pthread_create(&thread, NULL, call_big, &big))
		abort();
	init_receive(&got, buf, 1048576, 0);
	right = !ioctl(fd, MBX_IOC_RECEIVE, &got) && got.out_len == sent &&
		has_pattern(buf, sent, sent) && got.out_reply_max == len;
	fill_pattern(buf, len, ~len);
	right = right && !box_reply(fd, got.out_seq, buf, len);
	if (!right)
		box_delete(fd, NULL, 0);
	pthread_join(thread, NULL);
	right = right && !big.ret && big.arg.out_len == len &&
		has_pattern(big.data, len, ~len);
	free(big.data);
	free(buf);
	return right;
}

TEST_F(call, of_any_length)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_TRUE(exchange(self->fd, sizes[i], 64))
		TH_LOG("%u bytes", sizes[i]);
		EXPECT_TRUE(exchange(self->fd, 64, sizes[i]))
		TH_LOG("reply of %u bytes", sizes[i]);
	}
}

/* It is charged to the caller, and only as long as that has not got it. */
TEST_F(call, room_is_limited_by_the_mailbox)
{
	struct job *job = job_call(self->fd, 7);
	static char data[1048577];

	job->call.reply_ptr = (uintptr_t)data;
	job->call.reply_len = ~0U;
	job_thread(job);
	TAKEN(job, self->fd);
	EXPECT_EQ(1048576, self->got.out_reply_max);
	EXPECT_ERRNO(EMSGSIZE, box_reply(self->fd, self->got.out_seq, data,
					 sizeof(data)));
	EXPECT_EQ(0, box_reply(self->fd, self->got.out_seq, data,
			       sizeof(data) - 1));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(1048576, job->call.out_len);
}

TEST_F(call, no_room_at_all)
{
	struct job *job = job_call(self->fd, 7);

	job->call.reply_len = 0;
	job->call.reply_ptr = 0;
	job_thread(job);
	TAKEN(job, self->fd);
	EXPECT_EQ(MBX_MESSAGE_CALL, self->got.out_flags);
	EXPECT_EQ(0, self->got.out_reply_max);
	EXPECT_ERRNO(EMSGSIZE, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, box_reply(self->fd, self->got.out_seq, NULL, 0));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(0, job->call.out_len);
}

/* ------------------------------------------------------------- who is received */

TEST_F(call, many_at_a_time)
{
	struct job *jobs[5];
	__u64 seqs[5];
	int i;

	for (i = 0; i < 5; i++) {
		jobs[i] = job_thread(job_call(self->fd, 10 + i));
		ASSERT_TRUE(job_blocks(jobs[i]));
	}
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(10 + i, take_call(self->fd, &self->got));
		seqs[i] = self->got.out_seq;
	}
	EXPECT_TRUE(has_callers(self->fd, 0, 5));
	/* In another order. */
	for (i = 4; i >= 0; i--)
		EXPECT_EQ(0, reply_number(self->fd, seqs[i], 20 + i));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(0, job_join(jobs[i]));
		EXPECT_EQ(20 + i, job_reply(jobs[i]));
		EXPECT_EQ(seqs[i], jobs[i]->call.out_seq);
	}
}

TEST_F(call, looked_at_is_not_taken)
{
	struct job *job = job_thread(job_call(self->fd, 7));
	__u32 number;

	ASSERT_TRUE(job_blocks(job));
	init_receive(&self->got, &number, sizeof(number), MBX_RECEIVE_PEEK);
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	EXPECT_EQ(MBX_MESSAGE_CALL, self->got.out_flags);
	EXPECT_EQ(sizeof(number), self->got.out_reply_max);
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_TRUE(has_callers(self->fd, 1, 0));
	TAKEN(job, self->fd);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
}

TEST_F(call, has_a_type_and_a_priority)
{
	struct mbx_select select =
		select_by(MBX_SELECT_TYPE | MBX_SELECT_PRIORITY);
	struct job *job = job_call(self->fd, 7);
	__u32 number;

	job->call.type = 42;
	job->call.priority = 31;
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	select.type = 41;
	EXPECT_EQ(-1, receive_selected(self->fd, &select, 0));
	select.type = 42;
	select.priority = 31;
	init_receive(&self->got, &number, sizeof(number), 0);
	self->got.select_ptr = (uintptr_t)&select;
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	EXPECT_EQ(42, self->got.out_type);
	EXPECT_EQ(31, self->got.out_priority);
	EXPECT_EQ(MBX_MESSAGE_CALL, self->got.out_flags);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
}

TEST_F(call, received_in_a_batch)
{
	struct mbx_receive receives[3];
	struct mbx_reply replies[3];
	struct mbx_batch batch;
	struct job *jobs[3];
	__u32 numbers[3];
	int i;

	for (i = 0; i < 3; i++) {
		jobs[i] = job_thread(job_call(self->fd, 10 + i));
		ASSERT_TRUE(job_blocks(jobs[i]));
		init_receive(&receives[i], &numbers[i], sizeof(numbers[i]),
			     MBX_RECEIVE_NONBLOCK);
	}
	init_batch(&batch, MBX_CMD_RECEIVE, receives, sizeof(receives[0]), 3);
	ASSERT_EQ(3, ioctl(self->fd, MBX_IOC_BATCH, &batch));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(MBX_MESSAGE_CALL, receives[i].out_flags);
		init_reply(&replies[i], receives[i].out_seq, &numbers[i],
			   sizeof(numbers[i]));
		receives[i].reply_ptr = (uintptr_t)&replies[i];
	}
	/* Each element replies, the first one then finds nothing. */
	for (i = 0; i < 3; i++) {
		init_batch(&batch, MBX_CMD_RECEIVE, &receives[i],
			   sizeof(receives[0]), 3 - i);
		EXPECT_ERRNO(EAGAIN, ioctl(self->fd, MBX_IOC_BATCH, &batch));
		EXPECT_EQ(0, replies[i].call);
		EXPECT_EQ(0, job_join(jobs[i]));
		EXPECT_EQ(10 + i, job_reply(jobs[i]));
	}
}

TEST_F(call, through_a_handle_for_one_message)
{
	int once = box_derive(self->fd, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 5);
	struct job *job = job_call(once, 7);

	/* A call that nobody has taken was none. */
	job->call.deadline = 1;
	EXPECT_EQ(ETIMEDOUT, job_join(job_thread(job)));
	job = job_thread(job_call(once, 7));
	TAKEN(job, self->fd);
	EXPECT_EQ(5, self->got.out_badge);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(EKEYEXPIRED, job_join(job_thread(job_call(once, 7))));
	close(once);
}

TEST_F(call, that_failed_has_used_the_handle_up)
{
	int once = box_derive(self->fd, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 0);
	struct job *job = job_thread(job_call(once, 7));
	__u32 number;

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(sizeof(number), read(self->fd, &number, sizeof(number)));
	EXPECT_EQ(EPIPE, job_join(job));
	EXPECT_EQ(EKEYEXPIRED, job_join(job_thread(job_call(once, 7))));
	close(once);
}

/* --------------------------------------------------------------- administration */

TEST_F(call, is_purged)
{
	struct job *job = job_thread(job_call(self->fd, 7));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(1, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_EQ(ECANCELED, job_join(job));
	EXPECT_TRUE(untaken(self->fd, job));

	/* Not one that somebody has. */
	job = job_thread(job_call(self->fd, 7));
	TAKEN(job, self->fd);
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_PURGE));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
}

TEST_F(call, in_a_frozen_mailbox)
{
	struct job *job = job_thread(job_call(self->fd, 7)), *next;

	TAKEN(job, self->fd);
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	next = job_thread(job_call(self->fd, 9));
	ASSERT_TRUE(job_blocks(next));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(-1, take_call(self->fd, &self->got));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	EXPECT_EQ(9, take_call(self->fd, &self->got));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(next));
}

TEST_F(call, in_a_sealed_mailbox)
{
	struct job *job = job_thread(job_call(self->fd, 7)), *next;

	TAKEN(job, self->fd);
	next = job_thread(job_call(self->fd, 9));
	ASSERT_TRUE(job_blocks(next));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_EQ(ESHUTDOWN, job_join(job_thread(job_call(self->fd, 10))));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
	/* Only what is queued by then can still be received. */
	if (!variant->capacity) {
		EXPECT_EQ(ESHUTDOWN, job_join(next));
		EXPECT_EQ(0, next->call.out_seq);
		return;
	}
	EXPECT_EQ(9, take_call(self->fd, &self->got));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_DRAIN));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(next));
}

TEST_F(call, when_it_is_full)
{
	struct mbx_send send;
	struct job *job;
	__u32 i;

	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	close(self->fd);
	self->fd = box_create(self->control, NULL, 0, 2);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, send_number(self->fd, i));
	job = job_thread(job_call(self->fd, 7));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_TRUE(has_callers(self->fd, 1, 0));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(i, receive_number(self->fd));
	TAKEN(job, self->fd);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));

	/* The place of one that waits may be taken. */
	job = job_thread(job_call(self->fd, 7));
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, send_number(self->fd, 1));
	init_send(&send, &i, sizeof(i), MBX_SEND_DROP_OLDEST);
	EXPECT_EQ(MBX_LOST, ioctl(self->fd, MBX_IOC_SEND, &send));
	EXPECT_EQ(ENOBUFS, job_join(job));
	EXPECT_EQ(0, job->call.out_seq);
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(2, receive_number(self->fd));
}

/* A call waits even where other messages would be dropped or kept. */
TEST_F(call, where_others_do_not_wait)
{
	struct mbx_create arg;
	struct job *job;
	__u32 full;
	int fd;

	for (full = MBX_FULL_DROP_OLDEST; full <= MBX_FULL_DEFER; full++) {
		init_create(&arg, NULL, 0, variant->capacity ? 1 : 0);
		arg.full = full;
		fd = ioctl(self->control, MBX_IOC_CREATE, &arg);
		ASSERT_LE(0, fd);
		if (variant->capacity)
			ASSERT_EQ(0, send_number(fd, 1));
		job = job_thread(job_call(fd, 7));
		ASSERT_TRUE(job_blocks(job));
		if (variant->capacity)
			EXPECT_EQ(1, receive_number(fd));
		EXPECT_EQ(7, take_call(fd, &self->got));
		EXPECT_EQ(0, reply_number(fd, self->got.out_seq, 8));
		EXPECT_EQ(0, job_join(job));
		EXPECT_EQ(0, box_delete(fd, NULL, 0));
		close(fd);
	}
}

TEST_HARNESS_MAIN
