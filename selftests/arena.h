/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that use a mailbox until they are stopped, while it tells of events. */
#ifndef SELFTESTS_ARENA_H
#define SELFTESTS_ARENA_H

#include "events.h"

/* Where the threads of a test meet. */
struct arena {
	int control;
	int box;
	int event;
	int target;
	int stop;
	int failed;
	pthread_t threads[8];
	int nr;
};

static inline bool stopped(struct arena *arena)
{
	return __atomic_load_n(&arena->stop, __ATOMIC_ACQUIRE);
}

static inline void fail(struct arena *arena, int line)
{
	int none = 0;

	__atomic_compare_exchange_n(&arena->failed, &none, line, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static inline void start(struct arena *arena, void *(*run)(void *))
{
	if (pthread_create(&arena->threads[arena->nr++], NULL, run, arena))
		abort();
}

static inline void join(struct arena *arena)
{
	__atomic_store_n(&arena->stop, 1, __ATOMIC_RELEASE);
	while (arena->nr)
		pthread_join(arena->threads[--arena->nr], NULL);
}

/* Sends and receives at random, and gives up at once. */
static inline void *come_and_go(void *arg)
{
	struct arena *arena = arg;
	__u64 random = (uintptr_t)&arg;
	__u32 number;

	while (!stopped(arena)) {
		struct mbx_send send;
		struct mbx_receive receive;

		init_send(&send, &number, sizeof(number), 0);
		init_receive(&receive, &number, sizeof(number), 0);
		send.deadline = receive.deadline = 1;
		if (next_random(&random) % 4 == 0)
			send.flags |= MBX_SEND_SYNC;
		if (next_random(&random) % 2)
			ioctl(arena->box, MBX_IOC_SEND, &send);
		else
			ioctl(arena->box, MBX_IOC_RECEIVE, &receive);
	}
	return NULL;
}

#endif /* SELFTESTS_ARENA_H */
