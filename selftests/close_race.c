// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads that close, delete, open, duplicate, send, receive and poll the same
 * few descriptors at once.  Each call may fail, but only in a way that fits, and
 * nothing is left at the end.  The seed is printed and can be given back as
 * CLOSE_RACE_SEED.
 */
#include <poll.h>
#include <sys/epoll.h>

#include "peers.h"

#define SLOTS 4
#define THREADS 6

struct arena {
	int control;
	int fds[SLOTS];
	int stop;
	int wrong_errno;
	int wrong_call;
};

struct racer {
	struct arena *arena;
	__u64 random;
	int rounds;
	int ep;
	pthread_t thread;
};

FIXTURE(close_race) {
	struct arena *arena;
	struct counts before;
	__u64 seed;
};

FIXTURE_VARIANT(close_race)
{
	int rounds;
};

FIXTURE_VARIANT_ADD(close_race, seeded){
	.rounds = 2500,
};

FIXTURE_SETUP(close_race)
{
	const char *seed = getenv("CLOSE_RACE_SEED");

	self->arena = calloc(1, sizeof(*self->arena));
	OPEN_CONTROL(self->arena->control);
	self->before = counts_now();
	self->seed = seed ? strtoull(seed, NULL, 0) : 1;
	TH_LOG("seed %llu", (unsigned long long)self->seed);
	/* The slots are low numbers that nobody else gets. */
	for (int i = 0; i < SLOTS; i++)
		self->arena->fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

FIXTURE_TEARDOWN(close_race)
{
}

/*
 * A slot may hold a mailbox handle, /dev/null, or nothing at the moment; what
 * it held may have ended.
 */
static bool fits(int error)
{
	switch (error) {
	case EAGAIN:
	case EBADF:
	case EEXIST:
	case EIDRM:
	case EINVAL:
	case ENOENT:
	case ENOTTY:
	case EOWNERDEAD:
	case EPERM:
	case ETIMEDOUT:
	case EMSGSIZE:
	case EBUSY:
	case EKEYREVOKED:
	case EKEYEXPIRED:
	case EACCES:
		return true;
	}
	return false;
}

static void note(struct arena *arena, int call, int ret)
{
	if (ret < 0 && !fits(errno)) {
		__atomic_store_n(&arena->wrong_errno, errno, __ATOMIC_RELAXED);
		__atomic_store_n(&arena->wrong_call, call, __ATOMIC_RELAXED);
	}
}

static int timed_receive(int fd)
{
	struct mbx_receive arg;
	char data[300];

	init_receive(&arg, data, sizeof(data), 0);
	arg.deadline = in_ms(1);
	return ioctl(fd, MBX_IOC_RECEIVE, &arg);
}

static int timed_send(int fd, __u32 flags)
{
	struct mbx_send arg;
	char data[300] = {};

	init_send(&arg, data, sizeof(data), flags);
	arg.deadline = in_ms(1);
	return ioctl(fd, MBX_IOC_SEND, &arg);
}

/* Puts a fresh mailbox, or a handle of one that is there, into a slot. */
static int refill(struct arena *arena, int slot, __u32 how)
{
	char name[16];
	int fd, ret = 0;

	snprintf(name, sizeof(name), "race-%u", how % 3);
	fd = box_open(arena->control, name, 0,
		      MBX_OPEN_SEND | MBX_OPEN_RECEIVE);
	if (fd < 0)
		fd = box_create(arena->control, how & 4 ? NULL : name,
				how & 8 ? MBX_CREATE_OWNED : 0, how & 3);
	if (fd < 0)
		return fd;
	/* A nameless one of the system would have nobody to delete it. */
	if ((how & 12) == 4)
		box_delete(fd, NULL, 0);
	ret = dup3(fd, slot, O_CLOEXEC);
	close(fd);
	return ret;
}

/* Another slot gets a handle made of that in this one. */
static int derive_into(struct racer *racer, int slot)
{
	const __u32 how = next_random(&racer->random);
	int fd, ret;

	fd = box_derive(slot, how & 8 ? BOTH_RIGHTS : ALL_RIGHTS,
			how & 16 ? MBX_DERIVE_ONESHOT : 0, 0);
	if (fd < 0)
		return fd;
	ret = dup3(fd, racer->arena->fds[how % SLOTS], O_CLOEXEC);
	close(fd);
	return ret;
}

static int poll_it(struct racer *racer, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET };

	poll(&p, 1, next_random(&racer->random) % 2);
	if (!epoll_ctl(racer->ep, EPOLL_CTL_ADD, fd, &event))
		epoll_wait(racer->ep, &event, 1, 0);
	return 0;
}

static int act(struct racer *racer, int call, int fd)
{
	struct mbx_stat stat;
	char data[300];

	switch (call) {
	case 0:
	case 1:
		return refill(racer->arena, fd, next_random(&racer->random));
	case 2:
		return box_delete(fd, NULL, 0);
	case 3:
	case 4:
		return timed_send(fd, 0);
	case 5:
		return timed_send(fd, MBX_SEND_SYNC);
	case 6:
		return box_send(fd, data, 70, MBX_SEND_NONBLOCK);
	case 7:
	case 8:
		return timed_receive(fd);
	case 9:
		return box_receive(fd, data, 300, MBX_RECEIVE_NONBLOCK);
	case 10:
		return box_receive(fd, data, 10,
				   MBX_RECEIVE_NONBLOCK | MBX_RECEIVE_PEEK);
	case 11:
		return box_stat(fd, &stat);
	case 12:
		return poll_it(racer, fd);
	case 13:
		return derive_into(racer, fd);
	default:
		return box_revoke(fd) < 0 ? -1 : 0;
	}
}

static void *race(void *arg)
{
	struct racer *racer = arg;
	int i, call, slot;

	for (i = 0; i < racer->rounds; i++) {
		call = next_random(&racer->random) % 15;
		slot = next_random(&racer->random) % SLOTS;
		note(racer->arena, call,
		     act(racer, call, racer->arena->fds[slot]));
	}
	return NULL;
}

static void delete_leftovers(struct arena *arena)
{
	char name[16];
	int i;

	for (i = 0; i < SLOTS; i++)
		close(arena->fds[i]);
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "race-%d", i);
		box_delete(arena->control, name, 0);
	}
}

TEST_F_TIMEOUT(close_race, threads_on_the_same_descriptors, 200)
{
	struct racer racers[THREADS];
	int i;

	for (i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){
			.arena = self->arena,
			.random = self->seed * 1000 + i,
			.rounds = variant->rounds,
			.ep = epoll_create1(EPOLL_CLOEXEC),
		};
		ASSERT_EQ(0, pthread_create(&racers[i].thread, NULL, race,
					    &racers[i]));
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(racers[i].thread, NULL);
		close(racers[i].ep);
	}
	EXPECT_EQ(0, self->arena->wrong_errno);
	EXPECT_EQ(0, self->arena->wrong_call);
	delete_leftovers(self->arena);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* ------------------------------------------------- delete against one sleeper */

static void *delete_it(void *arg)
{
	box_delete(*(int *)arg, NULL, 0);
	return NULL;
}

/* Each call ends, and only in one of the two ways that there are. */
TEST_F_TIMEOUT(close_race, delete_and_receive, 120)
{
	struct arena *arena = self->arena;
	pthread_t thread;
	int i, fd, ret;
	char c[4];

	for (i = 0; i < 500; i++) {
		fd = box_create(arena->control, NULL, 0, i % 2);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, pthread_create(&thread, NULL, delete_it, &fd));
		errno = 0;
		ret = i % 4 < 2 ? box_receive(fd, c, 4, 0) :
				  box_send(fd, c, 4, MBX_SEND_SYNC);
		EXPECT_EQ(-1, ret);
		EXPECT_EQ(EIDRM, errno);
		pthread_join(thread, NULL);
		close(fd);
	}
	EXPECT_TRUE(wait_until(box_rows() <= self->before.rows));
}

/* Whoever does not find it any more cannot send to it either. */
TEST_F_TIMEOUT(close_race, what_is_gone_takes_no_message, 120)
{
	const int control = self->arena->control;
	pthread_t thread;
	int i, fd, other;

	for (i = 0; i < 1000; i++) {
		fd = box_create(control, "gone", 0, MBX_UNBOUNDED);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, pthread_create(&thread, NULL, delete_it, &fd));
		while ((other = box_open(control, "gone", 0, 0)) >= 0)
			close(other);
		ASSERT_EQ(ENOENT, errno);
		ASSERT_EQ(-1, box_send(fd, "x", 1, 0));
		ASSERT_EQ(EIDRM, errno);
		pthread_join(thread, NULL);
		close(fd);
	}
}

TEST_HARNESS_MAIN
