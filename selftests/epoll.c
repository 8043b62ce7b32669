// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * epoll: level and edge, one-shot, exclusive, nested.
 */
#include <sys/epoll.h>

#include "peers.h"

FIXTURE(epoll) {
	int control;
	int fd;
	int ep;
};

FIXTURE_SETUP(epoll)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, 0, 4);
	ASSERT_LE(0, self->fd);
	self->ep = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_LE(0, self->ep);
}

FIXTURE_TEARDOWN(epoll)
{
	box_delete(self->fd, NULL, 0);
}

static int watch(int ep, int fd, __u32 wanted)
{
	struct epoll_event event = { .events = wanted, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
}

/* Events that are there now; 0 if none. */
static __u32 pending(int ep)
{
	struct epoll_event event = {};

	return epoll_wait(ep, &event, 1, 0) == 1 ? event.events : 0;
}

TEST_F(epoll, level_until_drained)
{
	ASSERT_EQ(0, watch(self->ep, self->fd, EPOLLIN));
	EXPECT_EQ(0, pending(self->ep));
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->fd, 2));
	EXPECT_EQ(EPOLLIN, pending(self->ep));
	EXPECT_EQ(EPOLLIN, pending(self->ep));
	receive_number(self->fd);
	EXPECT_EQ(EPOLLIN, pending(self->ep));
	receive_number(self->fd);
	EXPECT_EQ(0, pending(self->ep));
}

TEST_F(epoll, edge_once_per_message)
{
	ASSERT_EQ(0, watch(self->ep, self->fd, EPOLLIN | EPOLLET));
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(EPOLLIN, pending(self->ep));
	EXPECT_EQ(0, pending(self->ep));
	ASSERT_EQ(0, send_number(self->fd, 2));
	EXPECT_EQ(EPOLLIN, pending(self->ep));
	EXPECT_EQ(0, pending(self->ep));
}

TEST_F(epoll, edge_for_what_was_there_before)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, watch(self->ep, self->fd, EPOLLIN | EPOLLET));
	EXPECT_EQ(EPOLLIN, pending(self->ep));
	EXPECT_EQ(0, pending(self->ep));
}

TEST_F(epoll, edge_after_drain)
{
	int i;

	ASSERT_EQ(0, watch(self->ep, self->fd, EPOLLIN | EPOLLET));
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, send_number(self->fd, i));
		ASSERT_EQ(EPOLLIN, pending(self->ep));
		ASSERT_EQ(i, receive_number(self->fd));
		ASSERT_EQ(0, pending(self->ep));
	}
}

TEST_F(epoll, edge_for_room)
{
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, send_number(self->fd, i));
	ASSERT_EQ(0, watch(self->ep, self->fd, EPOLLOUT | EPOLLET));
	EXPECT_EQ(0, pending(self->ep));
	receive_number(self->fd);
	EXPECT_EQ(EPOLLOUT, pending(self->ep));
	EXPECT_EQ(0, pending(self->ep));
}

TEST_F(epoll, edge_for_the_end)
{
	ASSERT_EQ(0, watch(self->ep, self->fd, EPOLLIN | EPOLLET));
	ASSERT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(EPOLLHUP | EPOLLERR,
		  pending(self->ep) & (EPOLLHUP | EPOLLERR));
	EXPECT_EQ(0, pending(self->ep));
}

TEST_F(epoll, end_comes_unasked)
{
	ASSERT_EQ(0, watch(self->ep, self->fd, 0));
	ASSERT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(EPOLLHUP | EPOLLERR, pending(self->ep));
}

TEST_F(epoll, oneshot)
{
	struct epoll_event again = { .events = EPOLLIN | EPOLLONESHOT };

	ASSERT_EQ(0, watch(self->ep, self->fd, EPOLLIN | EPOLLONESHOT));
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(EPOLLIN, pending(self->ep));
	ASSERT_EQ(0, send_number(self->fd, 2));
	EXPECT_EQ(0, pending(self->ep));
	ASSERT_EQ(0, epoll_ctl(self->ep, EPOLL_CTL_MOD, self->fd, &again));
	EXPECT_EQ(EPOLLIN, pending(self->ep));
}

TEST_F(epoll, taken_before_the_event_is_fetched)
{
	ASSERT_EQ(0, watch(self->ep, self->fd, EPOLLIN | EPOLLET));
	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, pending(self->ep));
	ASSERT_EQ(0, send_number(self->fd, 2));
	EXPECT_EQ(EPOLLIN, pending(self->ep));
}

TEST_F(epoll, nested)
{
	int outer = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_LE(0, outer);
	ASSERT_EQ(0, watch(self->ep, self->fd, EPOLLIN));
	ASSERT_EQ(0, watch(outer, self->ep, EPOLLIN));
	EXPECT_EQ(0, pending(outer));
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(EPOLLIN, pending(outer));
	receive_number(self->fd);
	EXPECT_EQ(0, pending(outer));
}

TEST_F(epoll, closed_handle_leaves_the_set)
{
	__u64 id = box_id(self->fd);
	int other = box_open(self->control, NULL, id, MBX_OPEN_RECEIVE);
	struct mbx_stat stat;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, watch(self->ep, other, EPOLLIN));
	close(other);
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(0, pending(self->ep));
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(1, stat.out_handles);
}

/* ---------------------------------------------------------------- sleepers */

#define NR 6

/* Once open, it ends every wait. */
static struct gate end;

struct waiter {
	int ep;
	pid_t tid;
	int done;
	__u32 events;
	pthread_t thread;
};

static void *waiter_run(void *arg)
{
	struct waiter *waiter = arg;
	struct epoll_event event = {};

	__atomic_store_n(&waiter->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	if (epoll_wait(waiter->ep, &event, 1, -1) == 1)
		waiter->events = event.events;
	__atomic_store_n(&waiter->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static bool waiter_sleeps(struct waiter *waiter, int fd, __u32 wanted)
{
	*waiter = (struct waiter){ .ep = epoll_create1(EPOLL_CLOEXEC) };
	if (!end.fd[1])
		gate_init(&end);
	return !watch(waiter->ep, fd, wanted) &&
	       !watch(waiter->ep, end.fd[0], EPOLLIN) &&
	       !pthread_create(&waiter->thread, NULL, waiter_run, waiter) &&
	       wait_asleep(&waiter->tid);
}

static bool settled(struct waiter *waiter)
{
	return __atomic_load_n(&waiter->done, __ATOMIC_ACQUIRE) ||
	       thread_state(waiter->tid) == 'S';
}

/* Whoever was woken is runnable from the moment of the wake-up. */
static int woken(struct waiter *waiters)
{
	int i, sum = 0;

	for (i = 0; i < NR; i++) {
		wait_until(settled(&waiters[i]));
		sum += __atomic_load_n(&waiters[i].done, __ATOMIC_ACQUIRE);
	}
	return sum;
}

static void join_all(struct waiter *waiters)
{
	int i;

	gate_open(&end);
	for (i = 0; i < NR; i++)
		pthread_join(waiters[i].thread, NULL);
}

TEST_F(epoll, exclusive_wakes_one_per_message)
{
	struct waiter waiters[NR];
	int i;

	for (i = 0; i < NR; i++)
		ASSERT_TRUE(waiter_sleeps(&waiters[i], self->fd,
					  EPOLLIN | EPOLLEXCLUSIVE));
	for (i = 1; i <= 4; i++) {
		ASSERT_EQ(0, send_number(self->fd, i));
		EXPECT_EQ(i, woken(waiters));
	}
	join_all(waiters);
}

TEST_F(epoll, exclusive_wakes_one_for_room)
{
	struct waiter waiters[NR];
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, send_number(self->fd, i));
	for (i = 0; i < NR; i++)
		ASSERT_TRUE(waiter_sleeps(&waiters[i], self->fd,
					  EPOLLOUT | EPOLLEXCLUSIVE));
	ASSERT_LE(0, receive_number(self->fd));
	EXPECT_EQ(1, woken(waiters));
	join_all(waiters);
}

TEST_F(epoll, ordinary_wakes_all)
{
	struct waiter waiters[NR];
	int i;

	for (i = 0; i < NR; i++)
		ASSERT_TRUE(waiter_sleeps(&waiters[i], self->fd, EPOLLIN));
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(NR, woken(waiters));
	join_all(waiters);
}

/* The end concerns everybody. */
TEST_F(epoll, end_wakes_all_exclusive_ones)
{
	struct waiter waiters[NR];
	int i;

	for (i = 0; i < NR; i++)
		ASSERT_TRUE(waiter_sleeps(&waiters[i], self->fd,
					  EPOLLIN | EPOLLEXCLUSIVE));
	ASSERT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(NR, woken(waiters));
	join_all(waiters);
	for (i = 0; i < NR; i++)
		EXPECT_EQ(EPOLLHUP | EPOLLERR,
			  waiters[i].events & (EPOLLHUP | EPOLLERR));
}

TEST_F(epoll, one_set_many_edge_threads)
{
	struct waiter waiters[NR] = {};
	int i;

	gate_init(&end);
	ASSERT_EQ(0, watch(self->ep, end.fd[0], EPOLLIN));
	ASSERT_EQ(0, watch(self->ep, self->fd, EPOLLIN | EPOLLET));
	for (i = 0; i < NR; i++) {
		waiters[i].ep = self->ep;
		ASSERT_EQ(0, pthread_create(&waiters[i].thread, NULL,
					    waiter_run, &waiters[i]));
		ASSERT_TRUE(wait_asleep(&waiters[i].tid));
	}
	for (i = 1; i <= 4; i++) {
		ASSERT_EQ(0, send_number(self->fd, i));
		EXPECT_EQ(i, woken(waiters));
	}
	join_all(waiters);
}

/* ------------------------------------------------------ edges under pressure */

#define STREAM 3000

struct stream {
	int fd;
	int received;
	bool ordered;
};

/* An edge-triggered reader that always drains must never miss a message. */
static void *drain_edges(void *arg)
{
	struct stream *stream = arg;
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;
	long long n;

	stream->ordered = true;
	watch(ep, stream->fd, EPOLLIN | EPOLLET);
	while (stream->received < STREAM) {
		if (epoll_wait(ep, &event, 1, 20000) != 1)
			break;
		while ((n = receive_number(stream->fd)) >= 0)
			if (n != stream->received++)
				stream->ordered = false;
	}
	close(ep);
	return NULL;
}

TEST_F_TIMEOUT(epoll, edge_reader_misses_nothing, 120)
{
	struct stream stream = { .fd = self->fd };
	pthread_t thread;
	__u32 i;

	ASSERT_EQ(0, pthread_create(&thread, NULL, drain_edges, &stream));
	for (i = 0; i < STREAM; i++)
		ASSERT_EQ(0, box_send(self->fd, &i, sizeof(i), 0));
	pthread_join(thread, NULL);
	EXPECT_EQ(STREAM, stream.received);
	EXPECT_TRUE(stream.ordered);
}

/* Likewise a writer that fills up and then waits for the edge. */
static void *fill_edges(void *arg)
{
	struct stream *stream = arg;
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;

	watch(ep, stream->fd, EPOLLOUT | EPOLLET);
	while (stream->received < STREAM) {
		if (epoll_wait(ep, &event, 1, 20000) != 1)
			break;
		while (stream->received < STREAM &&
		       !send_number(stream->fd, stream->received))
			stream->received++;
	}
	close(ep);
	return NULL;
}

TEST_F_TIMEOUT(epoll, edge_writer_misses_nothing, 120)
{
	struct stream stream = { .fd = self->fd };
	pthread_t thread;
	__u32 i, n;

	ASSERT_EQ(0, pthread_create(&thread, NULL, fill_edges, &stream));
	for (i = 0; i < STREAM; i++) {
		ASSERT_EQ(4, box_receive(self->fd, &n, sizeof(n), 0));
		ASSERT_EQ(i, n);
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(STREAM, stream.received);
}

TEST_HARNESS_MAIN
