// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dead-letter mailboxes in every state, in chains, and while they end: a message is
 * in one of them, once.
 */
#include "lease.h"

/* first -> second -> third */
FIXTURE(dead_letter) {
	int control;
	int box[3];
	struct leased got;
};

FIXTURE_SETUP(dead_letter)
{
	unsigned int i;

	OPEN_CONTROL(self->control);
	self->box[2] = box_create(self->control, NULL, MBX_CREATE_OWNED,
				  MBX_UNBOUNDED);
	for (i = 2; i--;)
		self->box[i] = box_create_over(self->control, self->box[i + 1],
					       2, MBX_UNBOUNDED);
	ASSERT_LE(0, self->box[0]);
}

FIXTURE_TEARDOWN(dead_letter)
{
}

static int refuse(int fd, struct leased *got)
{
	return lease(fd, got) < 0 ? -1 : nack(fd, got);
}

/* Each counts its deliveries anew. */
TEST_F(dead_letter, goes_on_from_there)
{
	unsigned int i;

	ASSERT_EQ(0, send_as(self->box[0], 1, 77, 3));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, refuse(self->box[i / 2], &self->got));
		EXPECT_EQ(i % 2 + 1, self->got.deliveries);
		EXPECT_EQ(1, self->got.seq);
	}
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(1, stat_of(self->box[i]).out_dead_letters);
		EXPECT_EQ(0, stat_of(self->box[i]).out_depth);
	}
	/* The last of them has none. */
	for (i = 1; i < 5; i++) {
		ASSERT_EQ(0, refuse(self->box[2], &self->got));
		EXPECT_EQ(i, self->got.deliveries);
	}
	EXPECT_EQ(1, receive_number(self->box[2]));
}

/* It delivers nothing, but takes what comes. */
TEST_F(dead_letter, frozen)
{
	struct job *job = job_thread(job_receive(self->box[1], 0));

	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, box_control(self->box[1], MBX_CONTROL_FREEZE));
	ASSERT_EQ(0, send_number(self->box[0], 1));
	ASSERT_EQ(0, refuse(self->box[0], &self->got));
	ASSERT_EQ(0, refuse(self->box[0], &self->got));
	EXPECT_EQ(1, stat_of(self->box[1]).out_depth);
	EXPECT_TRUE(job_blocks(job));
	ASSERT_EQ(0, box_control(self->box[1], MBX_CONTROL_THAW));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(1, job_number(job));
}

/* That which it comes from may be frozen, or sealed: then it is drained. */
TEST_F(dead_letter, from_one_that_is_sealed)
{
	struct job *drain;

	ASSERT_EQ(0, send_number(self->box[0], 1));
	ASSERT_EQ(0, refuse(self->box[0], &self->got));
	ASSERT_EQ(1, lease(self->box[0], &self->got));
	drain = job_thread(job_drain(self->box[0]));
	ASSERT_TRUE(job_blocks(drain));
	EXPECT_EQ(0, box_control(self->box[0], MBX_CONTROL_FREEZE));
	EXPECT_EQ(0, nack(self->box[0], &self->got));
	EXPECT_EQ(0, job_join(drain));
	EXPECT_EQ(1, receive_number(self->box[1]));
}

/* At capacity 0 it is for those who wait there, and for none with a small buffer. */
TEST_F(dead_letter, of_capacity_0)
{
	int to = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	int fd = box_create_over(self->control, to, 1, 5);
	struct job *small = job_receive(to, 0);
	struct job *job = job_receive(to, 0);

	ASSERT_EQ(0, send_number(fd, 1));
	ASSERT_EQ(0, refuse(fd, &self->got));
	EXPECT_EQ(1, stat_of(fd).out_depth);
	small->receive.data_len = 1;
	ASSERT_TRUE(job_blocks(job_thread(small)));
	ASSERT_EQ(0, refuse(fd, &self->got));
	EXPECT_EQ(1, stat_of(fd).out_depth);
	ASSERT_TRUE(job_blocks(job_thread(job)));
	ASSERT_EQ(0, refuse(fd, &self->got));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(1, job_number(job));
	EXPECT_EQ(EMSGSIZE, job_join(small));
	EXPECT_EQ(0, stat_of(fd).out_depth);
}

/* What it remembers are ids of those who send to it. */
TEST_F(dead_letter, that_remembers_ids)
{
	struct mbx_create create;
	struct mbx_send arg;
	int to, fd;

	init_create(&create, NULL, MBX_CREATE_OWNED, 5);
	create.dedup = 5;
	to = ioctl(self->control, MBX_IOC_CREATE, &create);
	create.flags |= MBX_CREATE_DEAD_LETTER;
	create.dead_letter = to;
	create.deliveries_max = 1;
	fd = ioctl(self->control, MBX_IOC_CREATE, &create);
	ASSERT_LE(0, fd);
	init_send(&arg, &(__u32){ 1 }, 4, 0);
	arg.id = 1;
	ASSERT_EQ(0, ioctl(to, MBX_IOC_SEND, &arg));
	ASSERT_EQ(0, ioctl(fd, MBX_IOC_SEND, &arg));
	ASSERT_EQ(0, refuse(fd, &self->got));
	EXPECT_EQ(2, stat_of(to).out_depth);
	EXPECT_ERRNO(EALREADY, ioctl(fd, MBX_IOC_SEND, &arg));
}

/* ------------------------------------------------------------------- at any time */

#define ROUNDS 100
#define MESSAGES 20

struct refuser {
	int fd;
	struct gate go;
};

static void *refuse_many(void *arg)
{
	struct refuser *refuser = arg;
	struct leased got;
	unsigned int i;

	gate_wait(&refuser->go);
	for (i = 0; i < MESSAGES; i++)
		refuse(refuser->fd, &got);
	return NULL;
}

/* Those in the middle are refused, too, while it goes away. */
TEST_F(dead_letter, ends_meanwhile)
{
	struct refuser refuser[2];
	pthread_t thread[2];
	unsigned int i, round;
	struct mbx_stat stat;

	for (round = 0; round < ROUNDS; round++) {
		refuser[1].fd = box_create_over(self->control, self->box[2], 1,
						MBX_UNBOUNDED);
		refuser[0].fd = box_create_over(self->control, refuser[1].fd, 1,
						MBX_UNBOUNDED);
		for (i = 0; i < MESSAGES; i++)
			ASSERT_EQ(0, send_number(refuser[0].fd, i));
		for (i = 0; i < 2; i++) {
			gate_init(&refuser[i].go);
			ASSERT_EQ(0, pthread_create(&thread[i], NULL,
						    refuse_many, &refuser[i]));
			ASSERT_TRUE(gate_open(&refuser[i].go));
		}
		ASSERT_EQ(0, box_delete(refuser[1].fd, NULL, 0));
		for (i = 0; i < 2; i++)
			pthread_join(thread[i], NULL);
		stat = stat_of(refuser[0].fd);
		EXPECT_EQ(MESSAGES, stat.out_depth + stat.out_dead_letters);
		EXPECT_GE(MESSAGES, stat_of(self->box[2]).out_depth);
		box_control(self->box[2], MBX_CONTROL_PURGE);
		for (i = 0; i < 2; i++) {
			close(refuser[i].go.fd[0]);
			close(refuser[i].go.fd[1]);
			close(refuser[i].fd);
		}
	}
}

TEST_HARNESS_MAIN
