// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Batches: what is done, how much of it, and why no more.
 */
#include <stddef.h>

#include "batch.h"

TEST_F(batch, all)
{
	int i;

	EXPECT_EQ(ROOM, send_batch(self, self->fd, ROOM));
	EXPECT_EQ(0, self->arg.out_error);
	EXPECT_EQ(ROOM, receive_batch(self, self->fd, ROOM));
	EXPECT_EQ(0, self->arg.out_error);
	for (i = 0; i < ROOM; i++) {
		EXPECT_EQ(i + 1, self->sends[i].out_seq);
		EXPECT_EQ(i + 1, self->receives[i].out_seq);
		EXPECT_EQ(getpid(), self->receives[i].out_pid);
		EXPECT_EQ(self->numbers[i], self->got[i]);
	}
}

TEST_F(batch, as_many_as_find_room)
{
	EXPECT_EQ(ROOM, send_batch(self, self->fd, NR));
	EXPECT_EQ(EAGAIN, self->arg.out_error);
	EXPECT_EQ(POISON_U64, self->sends[ROOM + 1].out_seq);
	EXPECT_TRUE(holds(self->fd, ROOM));
}

TEST_F(batch, as_many_as_are_there)
{
	self->receives[0].flags = 0;
	ASSERT_EQ(ROOM, send_batch(self, self->fd, ROOM));
	EXPECT_EQ(ROOM, receive_batch(self, self->fd, NR));
	EXPECT_EQ(EAGAIN, self->arg.out_error);
	EXPECT_EQ(POISON_U64, self->receives[ROOM].out_seq);
}

TEST_F(batch, first_fails)
{
	EXPECT_ERRNO(EAGAIN, receive_batch(self, self->fd, NR));
	EXPECT_EQ(POISON_U64, self->receives[0].out_seq);
}

TEST_F(batch, of_nothing)
{
	EXPECT_EQ(0, send_batch(self, self->fd, 0));
	EXPECT_EQ(0, self->arg.out_error);
	init_batch(&self->arg, MBX_CMD_RECEIVE, nowhere(), 4096, 0);
	EXPECT_EQ(0, ioctl(self->fd, MBX_IOC_BATCH, &self->arg));
}

TEST_F(batch, longest)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
			    MBX_UNBOUNDED);
	struct mbx_send *sends = calloc(MBX_BATCH_MAX + 1, sizeof(*sends));
	struct mbx_stat stat;
	__u32 i;

	for (i = 0; i <= MBX_BATCH_MAX; i++)
		init_send(&sends[i], NULL, 0, 0);
	init_batch(&self->arg, MBX_CMD_SEND, sends, sizeof(*sends),
		   MBX_BATCH_MAX + 1);
	EXPECT_ERRNO(EINVAL, ioctl(fd, MBX_IOC_BATCH, &self->arg));
	self->arg.nr = MBX_BATCH_MAX;
	EXPECT_EQ(MBX_BATCH_MAX, ioctl(fd, MBX_IOC_BATCH, &self->arg));
	EXPECT_EQ(MBX_BATCH_MAX, sends[MBX_BATCH_MAX - 1].out_seq);
	ASSERT_EQ(0, box_stat(fd, &stat));
	EXPECT_EQ(MBX_BATCH_MAX, stat.out_depth);
	free(sends);
	close(fd);
}

/* ------------------------------------------------------- a failing element */

/* It fails as it does alone, and what was done before it stays done. */
TEST_F(batch, sends_up_to_the_failure)
{
	static const struct {
		int err;
		__u32 flags;
		size_t len;
		void *data;
		__u32 priority;
	} bad[] = {
		{ EMSGSIZE, MBX_SEND_NONBLOCK, 0x7fffffff, NULL, 0 },
		{ EFAULT, MBX_SEND_NONBLOCK, 8, NULL, 0 },
		{ EOPNOTSUPP, 1U << 31, 0, NULL, 0 },
		{ EINVAL, MBX_SEND_SYNC | MBX_SEND_NONBLOCK, 0, NULL, 0 },
		{ EINVAL, 0, 0, NULL, MBX_PRIORITIES },
		{ ETIMEDOUT, MBX_SEND_SYNC, 0, NULL, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		init_send(&self->sends[2], bad[i].data, bad[i].len,
			  bad[i].flags);
		self->sends[2].priority = bad[i].priority;
		self->sends[2].deadline = bad[i].err == ETIMEDOUT;
		EXPECT_EQ(2, send_batch(self, self->fd, NR));
		EXPECT_EQ(bad[i].err, self->arg.out_error);
		EXPECT_TRUE(holds(self->fd, 2));
	}
}

TEST_F(batch, receives_up_to_the_failure)
{
	ASSERT_EQ(3, send_batch(self, self->fd, 3));
	self->receives[1].data_len = 3;
	EXPECT_EQ(1, receive_batch(self, self->fd, NR));
	EXPECT_EQ(EMSGSIZE, self->arg.out_error);
	EXPECT_EQ(4, self->receives[1].out_len);

	init_receive(&self->receives[0], nowhere(), 4, 0);
	EXPECT_ERRNO(EFAULT, receive_batch(self, self->fd, NR));
	init_receive(&self->receives[0], &self->got[0], 4,
		     MBX_RECEIVE_TRUNCATE);
	EXPECT_ERRNO(EINVAL, receive_batch(self, self->fd, NR));
	EXPECT_EQ(FIRST_NUMBER + 1, receive_number(self->fd));
	EXPECT_EQ(FIRST_NUMBER + 2, receive_number(self->fd));
}

TEST_F(batch, missing_right)
{
	int receiver = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	int sender = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);

	EXPECT_ERRNO(EBADF, send_batch(self, receiver, 2));
	EXPECT_ERRNO(EBADF, receive_batch(self, sender, 2));
	close(receiver);
	close(sender);
}

TEST_F(batch, of_a_handle_for_one)
{
	int fd = box_derive(self->fd, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 0);

	EXPECT_EQ(1, send_batch(self, fd, 3));
	EXPECT_EQ(EKEYEXPIRED, self->arg.out_error);
	EXPECT_TRUE(holds(self->fd, 1));
	close(fd);
}

TEST_F(batch, nonblocking_handle)
{
	int i;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_RDWR | O_NONBLOCK));
	for (i = 0; i < NR; i++)
		self->sends[i].flags = 0;
	EXPECT_EQ(ROOM, send_batch(self, self->fd, NR));
	EXPECT_EQ(EAGAIN, self->arg.out_error);
}

TEST_F(batch, each_has_its_deadline)
{
	int i;

	for (i = 0; i < NR; i++) {
		self->sends[i].flags = 0;
		self->sends[i].deadline = 1;
	}
	EXPECT_EQ(ROOM, send_batch(self, self->fd, NR));
	EXPECT_EQ(ETIMEDOUT, self->arg.out_error);
	EXPECT_TRUE(holds(self->fd, ROOM));
}

/* ------------------------------------------------------- where elements lie */

struct wide {
	struct mbx_send send;
	__u64 more[3];
};

static int send_wide(FIXTURE_DATA(batch) * self, struct wide *wide)
{
	init_batch(&self->arg, MBX_CMD_SEND, wide, sizeof(*wide), 3);
	return ioctl(self->fd, MBX_IOC_BATCH, &self->arg);
}

/* Elements may grow: each says how much of it there is. */
TEST_F(batch, sizes)
{
	struct wide wide[3];
	int i;

	memset(wide, POISON, sizeof(wide));
	for (i = 0; i < 3; i++)
		init_send(&wide[i].send, &self->numbers[i], 4, 0);
	EXPECT_EQ(3, send_wide(self, wide));
	EXPECT_TRUE(holds(self->fd, 3));

	memset(wide[1].more, 0, sizeof(wide[1].more));
	wide[1].send.size = sizeof(wide[1]);
	EXPECT_EQ(3, send_wide(self, wide));
	EXPECT_TRUE(holds(self->fd, 3));

	wide[1].more[2] = 1;
	EXPECT_EQ(1, send_wide(self, wide));
	EXPECT_EQ(E2BIG, self->arg.out_error);
	wide[1].send.size = sizeof(wide[1]) + 8;
	EXPECT_EQ(1, send_wide(self, wide));
	EXPECT_EQ(EINVAL, self->arg.out_error);
	wide[0].send.size = sizeof(wide[0].send) - 1;
	EXPECT_ERRNO(EINVAL, send_wide(self, wide));
}

TEST_F(batch, ends_in_unmapped_memory)
{
	char *map = mmap(NULL, 2 * page_size(), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct mbx_send *sends;

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, munmap(map + page_size(), page_size()));
	/* Of the third only the inputs are there. */
	sends = (void *)(map + page_size() - 2 * sizeof(*sends) -
			 offsetof(struct mbx_send, out_seq));
	memcpy(sends, self->sends, map + page_size() - (char *)sends);
	init_batch(&self->arg, MBX_CMD_SEND, sends, sizeof(*sends), NR);
	EXPECT_EQ(2, ioctl(self->fd, MBX_IOC_BATCH, &self->arg));
	EXPECT_EQ(EFAULT, self->arg.out_error);
	EXPECT_TRUE(holds(self->fd, 2));
	munmap(map, page_size());
}

/* What the first receives are the arguments of the second. */
TEST_F(batch, each_is_read_when_its_turn_comes)
{
	struct mbx_receive second;

	init_receive(&second, &self->got[7], 4, MBX_RECEIVE_NONBLOCK);
	ASSERT_EQ(0, box_send(self->fd, &second, sizeof(second), 0));
	ASSERT_EQ(0, send_number(self->fd, 7777));
	init_receive(&self->receives[0], &self->receives[1], sizeof(second), 0);
	self->receives[1].size = 0;
	EXPECT_EQ(2, receive_batch(self, self->fd, 2));
	EXPECT_EQ(7777, self->got[7]);
}

TEST_F(batch, refused)
{
	const __u32 strides[] = { 0,
				  8,
				  sizeof(struct mbx_send) - 8,
				  sizeof(struct mbx_send) + 4,
				  4104,
				  ~7U };
	struct mbx_batch *arg = &self->arg;
	unsigned int i;

	EXPECT_EQ(1, send_batch(self, self->fd, 1));
	for (i = 0; i < 300; i++) {
		if (i == MBX_CMD_SEND || i == MBX_CMD_RECEIVE)
			continue;
		arg->cmd = i;
		EXPECT_ERRNO(EINVAL, ioctl(self->fd, MBX_IOC_BATCH, arg));
	}
	arg->cmd = MBX_CMD_SEND;
	for (i = 0; i < ARRAY_SIZE(strides); i++) {
		arg->stride = strides[i];
		EXPECT_ERRNO(EINVAL, ioctl(self->fd, MBX_IOC_BATCH, arg));
	}
	arg->stride = sizeof(struct mbx_send);
	arg->nr = ~0U;
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, MBX_IOC_BATCH, arg));
	arg->nr = 1;
	arg->vec_ptr = 8;
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_BATCH, arg));
	arg->vec_ptr = ~7ULL;
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_BATCH, arg));
	EXPECT_TRUE(holds(self->fd, 1));
}

/* ------------------------------------------------------------------- others */

/* Both in one batch each: the sender learns of each message who took it. */
TEST_F(batch, rendezvous)
{
	int i, fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	struct child child;

	ASSERT_LE(0, fd);
	for (i = 0; i < NR; i++) {
		self->sends[i].flags = 0;
		self->receives[i].flags = 0;
	}
	if (!child_start(&child)) {
		CHECK(receive_batch(self, fd, NR) == NR);
		for (i = 0; i < NR; i++)
			CHECK(self->got[i] == self->numbers[i]);
		child_exit();
	}
	EXPECT_EQ(NR, send_batch(self, fd, NR));
	for (i = 0; i < NR; i++)
		EXPECT_EQ(child.pid, self->sends[i].out_pid);
	EXPECT_CHILD(child);
	close(fd);
}

/* Each message goes to its receiver at once, not at the end of the batch. */
TEST_F(batch, wakes_whoever_waits)
{
	struct job *jobs[3];
	struct child child;
	int i;

	for (i = 0; i < 3; i++) {
		jobs[i] = job_thread(job_receive(self->fd, 0));
		ASSERT_TRUE(job_blocks(jobs[i]));
	}
	for (i = 0; i < NR; i++)
		self->sends[i].flags = 0;
	self->sends[3].flags = MBX_SEND_SYNC;
	if (!child_start(&child)) {
		CHECK(send_batch(self, self->fd, 4) == 4);
		child_exit();
	}
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, job_join(jobs[i]));
		EXPECT_EQ(FIRST_NUMBER + i, job_number(jobs[i]));
	}
	EXPECT_TRUE(wait_blocked(child.pid, "sync"));
	EXPECT_EQ(FIRST_NUMBER + 3, receive_number(self->fd));
	EXPECT_CHILD(child);
}

/* At least one, and no more than are there. */
TEST_F(batch, waits_for_the_first_only)
{
	struct child child;

	self->receives[0].flags = 0;
	if (!child_start(&child)) {
		CHECK(receive_batch(self, self->fd, NR) == 1);
		CHECK(self->arg.out_error == EAGAIN);
		CHECK(self->got[0] == FIRST_NUMBER);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(child.pid, "receive"));
	EXPECT_EQ(1, send_batch(self, self->fd, 1));
	EXPECT_CHILD(child);
}

TEST_HARNESS_MAIN
