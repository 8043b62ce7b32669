// SPDX-License-Identifier: GPL-2.0-or-later
/* Cycles of calls: the call that would close one is refused, and the cycle named. */
#include "ring.h"

/* Each waits for the next one; whoever is asked last is to close the cycle. */
static bool all_call(struct ring *ring, __u32 but)
{
	__u32 i;

	for (i = 0; i < ring->nr; i++)
		if (i != but && !ask_call(&ring->member[i]))
			return false;
	return true;
}

/* Whoever was refused is served by nobody, and serves the one before; and so on. */
static bool unwind(struct ring *ring, __u32 refused)
{
	__u32 nr = ring->nr, i, k;

	for (k = 0; k + 1 < nr; k++) {
		i = (refused + nr - k) % nr;
		if (do_step(&ring->member[i], RING_SERVE) ||
		    end_step(&ring->member[(i + nr - 1) % nr]))
			return false;
	}
	return true;
}

/* From the refused one on, each with the mailbox of the next. */
static bool names_all(const struct ring *ring, __u32 refused)
{
	const struct mbx_cycle *cycle = &ring->member[refused].cycle;
	const struct member *member;
	__u32 i;

	for (i = 0; i < ring->nr; i++) {
		member = &ring->member[(refused + i) % ring->nr];
		if (cycle->links[i].pid != member->pid ||
		    cycle->links[i].tid != member->pid ||
		    cycle->links[i].box != member->to)
			return false;
	}
	return cycle->out_nr == ring->nr;
}

TEST_F(ring, with_itself)
{
	struct member *me = self->ring->member;
	struct mbx_stat stat;
	int fd;

	ASSERT_TRUE(ring_start(self->ring, self->control, 1));
	EXPECT_EQ(EDEADLK, do_step(me, RING_CALL));
	EXPECT_TRUE(was_refused(me, 1));
	fd = box_open(self->control, NULL, me->box, MBX_OPEN_SEND);
	ASSERT_EQ(0, box_stat(fd, &stat));
	EXPECT_EQ(0, stat.out_sent);
	EXPECT_EQ(0, stat.out_depth);
	close(fd);
}

TEST_F(ring, of_two)
{
	struct member *a = &self->ring->member[0], *b = a + 1;

	ASSERT_TRUE(ring_start(self->ring, self->control, 2));
	ASSERT_TRUE(ask_call(a));
	EXPECT_EQ(EDEADLK, do_step(b, RING_CALL));
	EXPECT_TRUE(was_refused(b, 2));
	EXPECT_TRUE(names_all(self->ring, 1));
	EXPECT_TRUE(unwind(self->ring, 1));
	/* Once more, the other way round. */
	ASSERT_TRUE(ask_call(b));
	EXPECT_EQ(EDEADLK, do_step(a, RING_CALL));
	EXPECT_TRUE(names_all(self->ring, 0));
	EXPECT_TRUE(unwind(self->ring, 0));
}

TEST_F(ring, while_it_serves)
{
	struct member *a = &self->ring->member[0], *b = a + 1;

	ASSERT_TRUE(ring_start(self->ring, self->control, 2));
	ASSERT_TRUE(ask_call(a));
	ASSERT_EQ(0, do_step(b, RING_TAKE));
	EXPECT_EQ(EDEADLK, do_step(b, RING_CALL));
	EXPECT_TRUE(was_refused(b, 2));
	EXPECT_TRUE(names_all(self->ring, 1));
	EXPECT_EQ(0, do_step(b, RING_REPLY));
	EXPECT_EQ(0, end_step(a));
}

TEST_F(ring, of_sixteen)
{
	const __u32 nr = 16, last = 5;

	ASSERT_TRUE(ring_start(self->ring, self->control, nr));
	ASSERT_TRUE(all_call(self->ring, last));
	EXPECT_EQ(EDEADLK, do_step(&self->ring->member[last], RING_CALL));
	EXPECT_TRUE(was_refused(&self->ring->member[last], nr));
	EXPECT_TRUE(names_all(self->ring, last));
	EXPECT_TRUE(unwind(self->ring, last));
}

/* Whoever comes first.  All others are answered when it backs off. */
TEST_F(ring, of_sixteen_at_once)
{
	struct ring *ring = self->ring;
	const __u32 nr = 16;
	__u32 i, refused = nr;
	int round;

	ASSERT_TRUE(ring_start(ring, self->control, nr));
	for (round = 0; round < 20; round++) {
		for (i = 0; i < nr; i++)
			ask(&ring->member[i], RING_CALL);
		refused = nr;
		for (i = 0; i < nr; i++) {
			if (calls(&ring->member[i]))
				continue;
			ASSERT_EQ(nr, refused);
			refused = i;
		}
		ASSERT_NE(nr, refused);
		ASSERT_TRUE(was_refused(&ring->member[refused], nr));
		ASSERT_TRUE(names_all(ring, refused));
		ASSERT_TRUE(unwind(ring, refused));
	}
}

/* A chain that grows as calls are taken. */
TEST_F(ring, nested)
{
	struct ring *ring = self->ring;
	const __u32 nr = 5;
	__u32 i;

	ASSERT_TRUE(ring_start(ring, self->control, nr));
	for (i = 0; i + 1 < nr; i++) {
		ASSERT_TRUE(ask_call(&ring->member[i]));
		ASSERT_EQ(0, do_step(&ring->member[i + 1], RING_TAKE));
	}
	EXPECT_EQ(EDEADLK, do_step(&ring->member[nr - 1], RING_CALL));
	EXPECT_TRUE(names_all(ring, nr - 1));
	for (i = nr - 1; i; i--) {
		EXPECT_EQ(0, do_step(&ring->member[i], RING_REPLY));
		EXPECT_EQ(0, end_step(&ring->member[i - 1]));
	}
}

/* More than there is room for. */
TEST_F(ring, longer_than_the_room)
{
	const __u32 nr = 5;
	struct member *last = &self->ring->member[nr - 1];

	ASSERT_TRUE(ring_start(self->ring, self->control, nr));
	ASSERT_TRUE(all_call(self->ring, nr - 1));
	last->room = 3;
	EXPECT_EQ(EDEADLK, do_step(last, RING_CALL));
	EXPECT_TRUE(was_refused(last, nr));
	EXPECT_EQ(self->ring->member[1].pid, last->cycle.links[2].pid);
	EXPECT_EQ(self->ring->member[1].to, last->cycle.links[2].box);
	EXPECT_EQ(POISON_S32, last->cycle.links[3].pid);
	EXPECT_TRUE(unwind(self->ring, nr - 1));
}

/* The cycle is shorter than the way to it. */
TEST_F(ring, names_no_bystanders)
{
	struct member *a = &self->ring->member[0], *b = a + 1, *c = a + 2;

	ASSERT_TRUE(ring_start(self->ring, self->control, 3));
	a->to = b->box;
	b->to = c->box;
	c->to = b->box;
	ASSERT_TRUE(ask_call(a));
	ASSERT_TRUE(ask_call(b));
	EXPECT_EQ(EDEADLK, do_step(c, RING_CALL));
	EXPECT_TRUE(was_refused(c, 2));
	EXPECT_EQ(b->pid, c->cycle.links[1].pid);
	EXPECT_EQ(c->box, c->cycle.links[1].box);
	EXPECT_EQ(0, do_step(c, RING_SERVE));
	EXPECT_EQ(0, end_step(b));
	EXPECT_EQ(0, do_step(b, RING_SERVE));
	EXPECT_EQ(0, end_step(a));
}

/* Whoever has a deadline waits like any other. */
TEST_F(ring, with_a_deadline)
{
	struct member *a = &self->ring->member[0], *b = a + 1;

	ASSERT_TRUE(ring_start(self->ring, self->control, 2));
	a->deadline = now_ns(CLOCK_MONOTONIC) + 3600 * SEC;
	b->deadline = a->deadline;
	ASSERT_TRUE(ask_call(a));
	EXPECT_EQ(EDEADLK, do_step(b, RING_CALL));
	EXPECT_TRUE(was_refused(b, 2));
	EXPECT_TRUE(unwind(self->ring, 1));
}

/* The cycle is gone with any of its members. */
TEST_F(ring, one_is_killed)
{
	struct member *a = &self->ring->member[0], *b = a + 1, *c = a + 2;

	ASSERT_TRUE(ring_start(self->ring, self->control, 3));
	ASSERT_TRUE(ask_call(a));
	ASSERT_TRUE(ask_call(b));
	EXPECT_EQ(EDEADLK, do_step(c, RING_CALL));
	member_kill(b);
	/* Its mailbox lives on, and somebody else may come to receive from it. */
	EXPECT_TRUE(ask_call(c));
	ASSERT_EQ(0, box_delete(self->control, NULL, b->box));
	EXPECT_EQ(EIDRM, end_step(a));
	EXPECT_TRUE(do_step(a, RING_SERVE) == 0 && end_step(c) == 0);
}

/* --------------------------------------------------------------- the room for it */

FIXTURE(room) {
	int control;
	int fd;
	struct mbx_call arg;
	struct mbx_cycle *cycle;
};

FIXTURE_SETUP(room)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_LE(0, self->fd);
	self->cycle = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->cycle);
	memset(self->cycle, POISON, sizeof(*self->cycle));
	self->cycle->size = sizeof(*self->cycle);
	self->cycle->flags = 0;
	self->cycle->nr = 1;
	init_call(&self->arg, "x", 1, NULL, 0);
	self->arg.cycle_ptr = (uintptr_t)self->cycle;
}

FIXTURE_TEARDOWN(room)
{
	close(self->fd);
}

TEST_F(room, gets_no_more_than_fits)
{
	EXPECT_ERRNO(EDEADLK, ioctl(self->fd, MBX_IOC_CALL, &self->arg));
	EXPECT_EQ(1, self->cycle->out_nr);
	EXPECT_EQ(getpid(), self->cycle->links[0].pid);
	EXPECT_EQ(box_id(self->fd), self->cycle->links[0].box);
	EXPECT_EQ(POISON_S32, self->cycle->links[1].pid);

	memset(self->cycle->links, POISON, sizeof(self->cycle->links));
	self->cycle->nr = 0;
	EXPECT_ERRNO(EDEADLK, ioctl(self->fd, MBX_IOC_CALL, &self->arg));
	EXPECT_EQ(1, self->cycle->out_nr);
	EXPECT_EQ(POISON_S32, self->cycle->links[0].pid);
}

TEST_F(room, is_not_needed)
{
	self->arg.cycle_ptr = 0;
	EXPECT_ERRNO(EDEADLK, ioctl(self->fd, MBX_IOC_CALL, &self->arg));
}

TEST_F(room, is_empty_if_there_is_none)
{
	struct job *job = job_thread(job_receive(self->fd, 0));

	self->arg.deadline = now_ns(CLOCK_MONOTONIC) + 50 * MSEC;
	EXPECT_ERRNO(ETIMEDOUT, ioctl(self->fd, MBX_IOC_CALL, &self->arg));
	EXPECT_EQ(0, self->cycle->out_nr);
	EXPECT_EQ(0, job_join(job));
}

TEST_F(room, wrong)
{
	self->cycle->size = sizeof(*self->cycle) - 1;
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, MBX_IOC_CALL, &self->arg));
	self->cycle->size = page_size() + 8;
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, MBX_IOC_CALL, &self->arg));
	self->cycle->size = sizeof(*self->cycle) + 8;
	EXPECT_ERRNO(EDEADLK, ioctl(self->fd, MBX_IOC_CALL, &self->arg));
	self->cycle[1].size = 1;
	EXPECT_ERRNO(E2BIG, ioctl(self->fd, MBX_IOC_CALL, &self->arg));
	self->cycle->size = sizeof(*self->cycle);
	self->cycle->flags = 1;
	EXPECT_ERRNO(EOPNOTSUPP, ioctl(self->fd, MBX_IOC_CALL, &self->arg));
	self->cycle->flags = 0;
	self->cycle->nr = MBX_CYCLE_MAX + 1;
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, MBX_IOC_CALL, &self->arg));
	self->cycle->nr = MBX_CYCLE_MAX;
	mprotect(self->cycle, page_size(), PROT_READ);
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_CALL, &self->arg));
	self->arg.cycle_ptr = 8;
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_CALL, &self->arg));
}

TEST_HARNESS_MAIN
