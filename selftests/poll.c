// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * poll() and select(): what is said about which handle, who is woken.
 */
#include <poll.h>
#include <sys/select.h>

#include "peers.h"

#define READABLE (POLLIN | POLLRDNORM)
#define WRITABLE (POLLOUT | POLLWRNORM)
#define ENDED (POLLHUP | POLLERR)

static short events(int fd)
{
	struct pollfd p = { .fd = fd, .events = READABLE | WRITABLE };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

/* A thread that sleeps in poll() until something happens. */
struct poller {
	int fd;
	short wanted;
	short revents;
	pid_t tid;
	pthread_t thread;
};

static void *poller_run(void *arg)
{
	struct poller *poller = arg;
	struct pollfd p = { .fd = poller->fd, .events = poller->wanted };

	__atomic_store_n(&poller->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	poller->revents = poll(&p, 1, -1) == 1 ? p.revents : -1;
	return NULL;
}

static bool poller_sleeps(struct poller *poller, int fd, short wanted)
{
	*poller = (struct poller){ .fd = fd, .wanted = wanted };
	return !pthread_create(&poller->thread, NULL, poller_run, poller) &&
	       wait_asleep(&poller->tid);
}

static short poller_join(struct poller *poller)
{
	pthread_join(poller->thread, NULL);
	return poller->revents;
}

/* Handles of every kind of right on one mailbox. */
struct handles {
	int both;
	int in;
	int out;
	int none;
};

static bool open_handles(struct handles *h, int control, __u32 capacity)
{
	__u64 id;

	h->both = box_create(control, NULL, 0, capacity);
	id = box_id(h->both);
	h->in = box_open(control, NULL, id, MBX_OPEN_RECEIVE);
	h->out = box_open(control, NULL, id, MBX_OPEN_SEND);
	h->none = box_open(control, NULL, id, 0);
	return h->both >= 0 && h->in >= 0 && h->out >= 0 && h->none >= 0;
}

/* ----------------------------------------------------------------- queues */

FIXTURE(poll) {
	int control;
	struct handles h;
};

FIXTURE_VARIANT(poll)
{
	__u32 capacity;
};

FIXTURE_VARIANT_ADD(poll, bounded){
	.capacity = 2,
};

FIXTURE_VARIANT_ADD(poll, unbounded){
	.capacity = MBX_UNBOUNDED,
};

FIXTURE_SETUP(poll)
{
	OPEN_CONTROL(self->control);
	ASSERT_TRUE(open_handles(&self->h, self->control, variant->capacity));
}

FIXTURE_TEARDOWN(poll)
{
	box_delete(self->h.both, NULL, 0);
}

TEST_F(poll, empty_has_room)
{
	EXPECT_EQ(WRITABLE, events(self->h.both));
}

TEST_F(poll, message_is_readable)
{
	ASSERT_EQ(0, send_number(self->h.both, 1));
	EXPECT_EQ(READABLE | WRITABLE, events(self->h.both));
}

TEST_F(poll, message_of_no_bytes_is_readable)
{
	ASSERT_EQ(0, box_send(self->h.both, NULL, 0, 0));
	EXPECT_EQ(READABLE | WRITABLE, events(self->h.both));
}

TEST_F(poll, received_is_not_readable)
{
	ASSERT_EQ(0, send_number(self->h.both, 1));
	ASSERT_EQ(1, receive_number(self->h.both));
	EXPECT_EQ(WRITABLE, events(self->h.both));
}

TEST_F(poll, peek_leaves_readable)
{
	__u32 n;

	ASSERT_EQ(0, send_number(self->h.both, 1));
	ASSERT_EQ(4, box_receive(self->h.both, &n, 4, MBX_RECEIVE_PEEK));
	EXPECT_EQ(READABLE | WRITABLE, events(self->h.both));
}

TEST_F(poll, handle_tells_only_of_its_rights)
{
	ASSERT_EQ(0, send_number(self->h.both, 1));
	EXPECT_EQ(READABLE, events(self->h.in));
	EXPECT_EQ(WRITABLE, events(self->h.out));
	EXPECT_EQ(0, events(self->h.none));
}

TEST_F(poll, deleted)
{
	ASSERT_EQ(0, send_number(self->h.both, 1));
	ASSERT_EQ(0, box_delete(self->h.both, NULL, 0));
	EXPECT_EQ(ENDED, events(self->h.both) & ENDED);
	EXPECT_EQ(ENDED, events(self->h.in) & ENDED);
	EXPECT_EQ(ENDED, events(self->h.out) & ENDED);
	EXPECT_EQ(ENDED, events(self->h.none) & ENDED);
}

TEST_F(poll, send_wakes)
{
	struct poller poller;

	ASSERT_TRUE(poller_sleeps(&poller, self->h.in, POLLIN));
	ASSERT_EQ(0, send_number(self->h.out, 1));
	EXPECT_EQ(POLLIN, poller_join(&poller));
}

TEST_F(poll, delete_wakes_all_kinds)
{
	const int fds[] = { self->h.in, self->h.none, self->h.in,
			    self->h.none };
	struct poller poller[4];
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_TRUE(poller_sleeps(&poller[i], fds[i], POLLIN));
	ASSERT_EQ(0, box_delete(self->control, NULL, box_id(self->h.none)));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(ENDED, poller_join(&poller[i]) & ENDED);
}

TEST_F(poll, select_readable_and_writable)
{
	struct timeval now = {};
	fd_set in, out;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(self->h.in, &in);
	FD_SET(self->h.out, &out);
	ASSERT_EQ(1, select(FD_SETSIZE, &in, &out, NULL, &now));
	EXPECT_FALSE(FD_ISSET(self->h.in, &in));
	EXPECT_TRUE(FD_ISSET(self->h.out, &out));

	ASSERT_EQ(0, send_number(self->h.out, 1));
	FD_SET(self->h.in, &in);
	ASSERT_EQ(2, select(FD_SETSIZE, &in, &out, NULL, &now));
	EXPECT_TRUE(FD_ISSET(self->h.in, &in));
}

TEST_F(poll, taken_between_poll_and_read)
{
	struct poller poller;

	ASSERT_EQ(0, send_number(self->h.out, 1));
	ASSERT_EQ(READABLE, events(self->h.in));
	ASSERT_EQ(1, receive_number(self->h.both));
	EXPECT_EQ(-1, receive_number(self->h.in));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_TRUE(poller_sleeps(&poller, self->h.in, POLLIN));
	ASSERT_EQ(0, send_number(self->h.out, 2));
	EXPECT_EQ(POLLIN, poller_join(&poller));
}

TEST_F(poll, killed_poller_leaves_nothing)
{
	struct mbx_stat stat;
	struct child child;

	if (!child_start(&child)) {
		struct pollfd p = { .fd = self->h.in, .events = POLLIN };

		poll(&p, 1, -1);
		child_exit();
	}
	ASSERT_TRUE(wait_asleep(&child.pid));
	kill(child.pid, SIGKILL);
	child_join(&child);
	EXPECT_EQ(0, send_number(self->h.out, 1));
	EXPECT_EQ(1, receive_number(self->h.in));
	ASSERT_EQ(0, box_stat(self->h.both, &stat));
	EXPECT_EQ(4, stat.out_handles);
}

/* ------------------------------------------------------------------- room */

FIXTURE(poll_room) {
	int control;
	struct handles h;
};

FIXTURE_SETUP(poll_room)
{
	OPEN_CONTROL(self->control);
}

FIXTURE_TEARDOWN(poll_room)
{
	box_delete(self->h.both, NULL, 0);
}

TEST_F(poll_room, full_is_not_writable)
{
	int i;

	ASSERT_TRUE(open_handles(&self->h, self->control, 2));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, send_number(self->h.both, i));
	EXPECT_EQ(READABLE, events(self->h.both));
	EXPECT_EQ(0, events(self->h.out));
	ASSERT_EQ(0, receive_number(self->h.both));
	EXPECT_EQ(READABLE | WRITABLE, events(self->h.both));
}

TEST_F(poll_room, unbounded_is_never_full)
{
	int i;

	ASSERT_TRUE(open_handles(&self->h, self->control, MBX_UNBOUNDED));
	for (i = 0; i < 500; i++)
		ASSERT_EQ(0, send_number(self->h.both, i));
	EXPECT_EQ(WRITABLE, events(self->h.out));
}

TEST_F(poll_room, receive_wakes)
{
	struct poller poller;
	int i;

	ASSERT_TRUE(open_handles(&self->h, self->control, 2));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, send_number(self->h.out, i));
	ASSERT_TRUE(poller_sleeps(&poller, self->h.out, POLLOUT));
	ASSERT_EQ(0, receive_number(self->h.in));
	EXPECT_EQ(POLLOUT, poller_join(&poller));
}

/* ------------------------------------------------------------ many pollers */

struct taker {
	int fd;
	pid_t tid;
	int taken;
	pthread_t thread;
};

/* Polls until it has won one message. */
static void *taker_run(void *arg)
{
	struct taker *taker = arg;
	struct pollfd p = { .fd = taker->fd, .events = POLLIN };

	__atomic_store_n(&taker->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	do {
		if (poll(&p, 1, -1) != 1)
			return NULL;
	} while (receive_number(taker->fd) < 0 && errno == EAGAIN);
	__atomic_store_n(&taker->taken, 1, __ATOMIC_RELEASE);
	return NULL;
}

static int takers_done(struct taker *takers, int nr)
{
	int i, sum = 0;

	for (i = 0; i < nr; i++)
		sum += __atomic_load_n(&takers[i].taken, __ATOMIC_ACQUIRE);
	return sum;
}

TEST_F(poll, each_message_serves_one_of_many_pollers)
{
	struct taker takers[12] = {};
	int i;

	for (i = 0; i < 12; i++) {
		takers[i].fd = self->h.in;
		ASSERT_EQ(0, pthread_create(&takers[i].thread, NULL, taker_run,
					    &takers[i]));
		ASSERT_TRUE(wait_asleep(&takers[i].tid));
	}
	for (i = 0; i < 7; i++)
		ASSERT_EQ(0, box_send(self->h.out, &i, sizeof(i), 0));
	EXPECT_TRUE(wait_until(takers_done(takers, 12) == 7));
	for (i = 0; i < 12; i++)
		EXPECT_TRUE(wait_until(takers[i].taken ||
				       thread_state(takers[i].tid) == 'S'));
	EXPECT_EQ(7, takers_done(takers, 12));

	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, box_send(self->h.out, &i, sizeof(i), 0));
	for (i = 0; i < 12; i++)
		pthread_join(takers[i].thread, NULL);
	EXPECT_EQ(12, takers_done(takers, 12));
	EXPECT_EQ(-1, receive_number(self->h.in));
}

/* -------------------------------------------------------------- end of owner */

FIXTURE(poll_owned) {
	int control;
	int in;
	struct child owner;
};

/* The owner waits to be killed; the test has an inherited kind of handle. */
FIXTURE_SETUP(poll_owned)
{
	int sockets[2];

	OPEN_CONTROL(self->control);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	if (!child_start(&self->owner)) {
		int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);

		CHECK(fd >= 0);
		CHECK(pass_fd(sockets[1], fd));
		for (;;)
			pause();
	}
	self->in = take_fd(sockets[0]);
	ASSERT_LE(0, self->in);
}

FIXTURE_TEARDOWN(poll_owned)
{
}

TEST_F(poll_owned, death_is_seen)
{
	ASSERT_EQ(WRITABLE, events(self->in));
	kill(self->owner.pid, SIGKILL);
	child_join(&self->owner);
	EXPECT_EQ(ENDED, events(self->in) & ENDED);
}

TEST_F(poll_owned, death_wakes)
{
	struct poller poller;

	ASSERT_TRUE(poller_sleeps(&poller, self->in, POLLIN));
	kill(self->owner.pid, SIGKILL);
	EXPECT_EQ(ENDED, poller_join(&poller) & ENDED);
	child_join(&self->owner);
}

TEST_F(poll, message_with_a_priority_wakes)
{
	struct poller poller;

	ASSERT_TRUE(poller_sleeps(&poller, self->h.in, READABLE));
	EXPECT_EQ(0, send_as(self->h.out, 1, 0, MBX_PRIORITIES - 1));
	EXPECT_EQ(READABLE, poller_join(&poller));
}

TEST_HARNESS_MAIN
