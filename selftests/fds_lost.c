// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors that are lost on their last step, when the message cannot be left in
 * its place any more: the receiver is told, and nobody has them.
 */
#include "fds.h"

#include <sys/resource.h>

#include "calls.h"
#include "stuck.h"

FIXTURE(fds_lost) {
	int control;
	int box;
	struct line line;
	struct mbx_fds *room;
};

FIXTURE_SETUP(fds_lost)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	ASSERT_LE(0, self->box);
	self->line = line_make();
	self->room = mmap(NULL, sizeof(*self->room), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->room);
	init_fds(self->room, NULL, 2);
}

FIXTURE_TEARDOWN(fds_lost)
{
	close(self->box);
	close(self->control);
}

static int next_number(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

/* The room could be written to when the wait began. */
TEST_F(fds_lost, room_turns_read_only)
{
	struct job *job = job_receive(self->box, 0);
	int number;

	job->receive.fds_ptr = (uintptr_t)self->room;
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, mprotect(self->room, sizeof(*self->room), PROT_READ));
	number = next_number();
	ASSERT_EQ(0, send_fds(self->box, 5, &self->line.out, 1, 0));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(5, job_number(job));
	EXPECT_EQ(MBX_MESSAGE_FDS_LOST, job->receive.out_flags);
	EXPECT_EQ(0, self->room->out_nr);
	EXPECT_EQ(-1, self->room->fds[0]);
	EXPECT_EQ(number, next_number());
	close(self->line.out);
	EXPECT_TRUE(wait_cut(self->line.in));
}

/* Who has no descriptors in a message loses none. */
TEST_F(fds_lost, nothing_to_lose)
{
	struct job *job = job_receive(self->box, 0);

	job->receive.fds_ptr = (uintptr_t)self->room;
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(0, mprotect(self->room, sizeof(*self->room), PROT_READ));
	ASSERT_EQ(0, send_number(self->box, 5));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(0, job->receive.out_flags);
}

/* The caller has the reply: that there are none shows in the room. */
TEST_F(fds_lost, room_for_a_reply_turns_read_only)
{
	struct job *job = job_call(self->box, 5);
	struct mbx_receive call;
	struct mbx_reply reply;
	struct mbx_fds fds;
	__u32 number = 6;

	job->call.reply_fds_ptr = (uintptr_t)self->room;
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	ASSERT_EQ(5, take_call(self->box, &call));
	ASSERT_EQ(0, mprotect(self->room, sizeof(*self->room), PROT_READ));
	init_reply(&reply, call.out_seq, &number, sizeof(number));
	init_fds(&fds, &self->line.out, 1);
	reply.fds_ptr = (uintptr_t)&fds;
	EXPECT_EQ(0, ioctl(self->box, MBX_IOC_REPLY, &reply));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(6, job_reply(job));
	EXPECT_EQ(-1, self->room->fds[0]);
	close(self->line.out);
	EXPECT_TRUE(wait_cut(self->line.in));
}

/* ----------------------------------------------------------------- the last step */

/* In the middle of its copy, with numbers for descriptors reserved. */
#define LEN 64

static struct mbx_fds *shared_room(void)
{
	struct mbx_fds *room = mmap(NULL, sizeof(*room), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		abort();
	init_fds(room, NULL, 4);
	return room;
}

/* Gets no number any more, not even one that it gives back. */
static int limit_to_none(const struct stuck *stuck)
{
	const struct rlimit none = {};

	return prlimit(stuck->pid, RLIMIT_NOFILE, &none, NULL);
}

TEST_F(fds_lost, no_number_any_more)
{
	struct mbx_fds *room = shared_room();
	int fd[2] = { self->line.out, self->control };
	struct stuck *stuck;

	NEED_USERFAULTFD();
	ASSERT_EQ(0, send_fds(self->box, 1, fd, 2, 0));
	close(self->line.out);
	stuck = stuck_new(self->box, MBX_IOC_RECEIVE, LEN);
	init_receive(&stuck->receive, NULL, LEN, 0);
	stuck->receive.fds_ptr = (uintptr_t)room;
	stuck_start(stuck);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	ASSERT_EQ(0, limit_to_none(stuck));
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
	EXPECT_EQ(MBX_MESSAGE_FDS_LOST, stuck->receive.out_flags);
	EXPECT_EQ(1, stuck->receive.out_seq);
	EXPECT_EQ(2, room->out_nr);
	EXPECT_EQ(-1, room->fds[0]);
	EXPECT_EQ(-1, room->fds[1]);
	EXPECT_TRUE(wait_cut(self->line.in));
	EXPECT_ERRNO(EAGAIN, receive_number(self->box));
}

/* Of a reply the room alone tells. */
TEST_F(fds_lost, no_number_for_a_reply)
{
	struct mbx_fds *room = shared_room(), fds;
	struct mbx_receive call;
	struct mbx_reply reply;
	struct stuck *stuck;

	NEED_USERFAULTFD();
	stuck = stuck_new(self->box, MBX_IOC_CALL, LEN);
	init_call(&stuck->call, NULL, 0, NULL, LEN);
	stuck->call.reply_fds_ptr = (uintptr_t)room;
	stuck_start(stuck);
	init_receive(&call, NULL, 0, 0);
	ASSERT_EQ(0, ioctl(self->box, MBX_IOC_RECEIVE, &call));
	init_reply(&reply, call.out_seq, &call, LEN);
	init_fds(&fds, (int[]){ self->control, self->control }, 2);
	reply.fds_ptr = (uintptr_t)&fds;
	ASSERT_EQ(0, ioctl(self->box, MBX_IOC_REPLY, &reply));
	ASSERT_TRUE(stuck_is_stuck(stuck));
	ASSERT_EQ(0, limit_to_none(stuck));
	stuck_resolve(stuck);
	EXPECT_EQ(0, stuck_join(stuck));
	EXPECT_EQ(call.out_seq, stuck->call.out_seq);
	EXPECT_EQ(LEN, stuck->call.out_len);
	EXPECT_EQ(2, room->out_nr);
	EXPECT_EQ(-1, room->fds[0]);
	EXPECT_EQ(-1, room->fds[1]);
}

TEST_HARNESS_MAIN
