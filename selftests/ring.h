/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that call one another.  Each has one mailbox, which it alone may receive
 * from, and does what it is told to, one step after the other.
 */
#ifndef SELFTESTS_RING_H
#define SELFTESTS_RING_H

#include "calls.h"

#define RING_MAX 16

/* What a member does. */
enum ring_step {
	RING_IDLE,
	RING_CALL, /* calls the mailbox @to */
	RING_TAKE, /* takes a call */
	RING_REPLY, /* to the one that was taken */
	RING_SERVE, /* takes a call and replies */
	RING_SERVE_AND_CALL,
	RING_LISTEN, /* calls @to until it is asked something, or has the reply */
	RING_ASK, /* the caller of the one that was taken */
	RING_ANSWER, /* what it was asked, and waits on like RING_LISTEN */
	RING_SEND, /* to @to, and waits until it is taken */
	RING_END,
};

/* What a member has. */
struct own {
	int control;
	int fd;
};

struct member {
	struct child child;
	pid_t pid;
	__u64 box;
	__u64 to;
	__u64 deadline;
	__u32 room; /* for the cycle, or 0 for all there can be */
	enum ring_step step;
	__u32 asked;
	__u32 done; /* how many of those asked for */
	int error; /* of the last one */
	__u64 out_seq;
	__u64 taken;
	__u64 talk; /* the call that it is asked something about */
	int talks; /* through this handle */
	struct mbx_cycle cycle;
	bool (*before)(const struct own *own); /* what makes it special */
};

struct ring {
	__u32 nr;
	struct member member[RING_MAX];
};

static inline struct ring *ring_new(void)
{
	struct ring *ring = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (ring == MAP_FAILED)
		abort();
	return ring;
}

/* ------------------------------------------------------------ inside a member */

static inline int ring_call(int control, struct member *me)
{
	int fd = box_open(control, NULL, me->to, MBX_OPEN_SEND);
	__u32 number = 7, reply;
	struct mbx_call arg;
	int ret, err;

	init_call(&arg, &number, sizeof(number), &reply, sizeof(reply));
	memset(&me->cycle, POISON, sizeof(me->cycle));
	me->cycle.size = sizeof(me->cycle);
	me->cycle.flags = 0;
	me->cycle.nr = me->room ?: MBX_CYCLE_MAX;
	arg.cycle_ptr = (uintptr_t)&me->cycle;
	arg.deadline = me->deadline;
	ret = ioctl(fd, MBX_IOC_CALL, &arg);
	err = errno;
	me->out_seq = arg.out_seq;
	close(fd);
	errno = err;
	return ret ? -1 : !(reply == number + 1) - !!me->cycle.out_nr;
}

static inline int ring_send(int control, struct member *me)
{
	int fd = box_open(control, NULL, me->to, MBX_OPEN_SEND);
	__u32 number = 7;
	int ret = box_send(fd, &number, sizeof(number), MBX_SEND_SYNC);

	close(fd);
	return ret;
}

static inline int ring_take(int fd, struct member *me)
{
	struct mbx_receive got;
	__u32 number;

	init_receive(&got, &number, sizeof(number), 0);
	if (ioctl(fd, MBX_IOC_RECEIVE, &got))
		return -1;
	me->taken = got.out_seq;
	return 0;
}

static inline int ring_talk(struct member *me, int fd, __u32 flags, __u64 call)
{
	__u32 number = 7;
	struct mbx_call arg;
	int ret;

	init_call(&arg, &number, sizeof(number), &number, sizeof(number));
	arg.flags = flags;
	arg.call = call;
	ret = ioctl(fd, MBX_IOC_CALL, &arg);
	if (ret == MBX_CALLED_BACK)
		me->talk = arg.out_seq;
	return ret < 0 ? -1 : 0;
}

static inline int ring_listen(int control, struct member *me)
{
	me->talks = box_open(control, NULL, me->to, MBX_OPEN_SEND);
	return ring_talk(me, me->talks, MBX_CALL_BACKS, 0);
}

static inline int ring_do(int control, int fd, struct member *me)
{
	switch (me->step) {
	case RING_CALL:
		return ring_call(control, me);
	case RING_TAKE:
		return ring_take(fd, me);
	case RING_LISTEN:
		return ring_listen(control, me);
	case RING_ASK:
		return ring_talk(me, fd, MBX_CALL_BACK, me->taken);
	case RING_ANSWER:
		return ring_talk(me, me->talks, MBX_CALL_ANSWER, me->talk);
	case RING_SEND:
		return ring_send(control, me);
	case RING_SERVE:
		return ring_take(fd, me) ?: reply_number(fd, me->taken, 8);
	case RING_SERVE_AND_CALL:
		return ring_take(fd, me)		      ?:
			       reply_number(fd, me->taken, 8) ?:
			       ring_call(control, me);
	case RING_REPLY:
		return reply_number(fd, me->taken, 8);
	default:
		return 0;
	}
}

static inline void ring_member(int control, struct member *me)
{
	int fd = box_create(control, NULL, 0, 4);

	CHECK(fd >= 0);
	CHECK(!me->before || me->before(&(struct own){ control, fd }));
	__atomic_store_n(&me->box, box_id(fd), __ATOMIC_RELEASE);
	do {
		while (__atomic_load_n(&me->asked, __ATOMIC_ACQUIRE) ==
		       me->done)
			pause_briefly();
		errno = 0;
		me->error = ring_do(control, fd, me) ? errno ?: EPROTO : 0;
		__atomic_store_n(&me->done, me->done + 1, __ATOMIC_RELEASE);
	} while (me->step != RING_END);
	CHECK(!box_delete(fd, NULL, 0));
	close(fd);
	child_exit();
}

/* ----------------------------------------------------------- from the outside */

/* Returns whether it has a mailbox by now. */
static inline bool member_start(struct ring *ring, int control,
				bool (*before)(const struct own *own))
{
	struct member *me = &ring->member[ring->nr++];
	struct child child;

	me->before = before;
	/* It has no pid there yet, and must not write one to what is shared. */
	if (!child_start(&child))
		ring_member(control, me);
	me->child = child;
	me->pid = child.pid;
	return wait_until(__atomic_load_n(&me->box, __ATOMIC_ACQUIRE));
}

/* Each of them knows the next one, and the last one the first. */
static inline bool ring_start(struct ring *ring, int control, __u32 nr)
{
	__u32 i;

	while (ring->nr < nr)
		if (!member_start(ring, control, NULL))
			return false;
	for (i = 0; i < nr; i++)
		ring->member[i].to = ring->member[(i + 1) % nr].box;
	return true;
}

static inline void ask(struct member *member, enum ring_step step)
{
	member->step = step;
	__atomic_store_n(&member->asked, member->asked + 1, __ATOMIC_RELEASE);
}

static inline bool is_done(const struct member *member)
{
	return __atomic_load_n(&member->done, __ATOMIC_ACQUIRE) ==
	       member->asked;
}

/* Returns 0 or the errno of what it was asked to do; -1 if it goes on and on. */
static inline int end_step(struct member *member)
{
	return wait_until(is_done(member)) ? member->error : -1;
}

static inline int do_step(struct member *member, enum ring_step step)
{
	ask(member, step);
	return end_step(member);
}

/* It waits in its call. */
static inline bool calls(struct member *member)
{
	return wait_until(is_done(member) || is_blocked(member->pid, "call")) &&
	       !is_done(member);
}

static inline bool ask_call(struct member *member)
{
	ask(member, RING_CALL);
	return calls(member);
}

/* Returns whether it has ended well. */
static inline bool member_end(struct member *member)
{
	bool well;

	ask(member, RING_END);
	well = !child_join(&member->child);
	member->child.pid = 0;
	return well;
}

static inline bool ring_end(struct ring *ring)
{
	bool well = true;
	__u32 i;

	for (i = 0; i < ring->nr; i++)
		if (ring->member[i].child.pid)
			well &= member_end(&ring->member[i]);
	munmap(ring, sizeof(*ring));
	return well;
}

static inline void member_kill(struct member *member)
{
	end_of(&member->child);
	member->child.pid = 0;
}

/* Nothing was sent, and the cycle starts with @me, and has @nr calls. */
static inline bool was_refused(const struct member *me, __u32 nr)
{
	return me->error == EDEADLK && !me->out_seq && me->cycle.out_nr == nr &&
	       me->cycle.links[0].pid == me->pid &&
	       me->cycle.links[0].tid == me->pid &&
	       me->cycle.links[0].box == me->to;
}

FIXTURE(ring) {
	int control;
	struct ring *ring;
	struct counts before;
};

FIXTURE_SETUP(ring)
{
	OPEN_CONTROL(self->control);
	self->before = counts_now();
	self->ring = ring_new();
}

FIXTURE_TEARDOWN(ring)
{
	EXPECT_TRUE(ring_end(self->ring));
	EXPECT_TRUE(counts_are_back(&self->before));
}

#endif /* SELFTESTS_RING_H */
