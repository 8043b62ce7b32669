// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many senders and many receivers on one mailbox, undisturbed: every message
 * arrives once, whole, and in the order of its sender.
 */
#include <poll.h>

#include "peers.h"

#define SENDERS 6
#define RECEIVERS 6
#define MESSAGES 200 /* of each sender */
#define LENGTH_MAX 6000
#define STOP 0xffffffffU

struct head {
	__u32 sender;
	__u32 number;
	__u32 len;
};

struct shared {
	int fd;
	__u8 seen[SENDERS][MESSAGES];
	unsigned int broken;
	unsigned int reordered;
	unsigned int failed;
};

enum way { IOCTL, PLAIN, POLLED, SYNC };

struct party {
	struct shared *shared;
	enum way way;
	__u32 nr;
	pthread_t thread;
	pid_t pid;
};

FIXTURE(conc) {
	int control;
	struct shared *shared;
};

FIXTURE_VARIANT(conc)
{
	__u32 capacity;
	enum way way;
	bool processes;
};

#define CONC_ROW(_name, _capacity, _way, _processes)                         \
	FIXTURE_VARIANT_ADD(conc, _name)                                     \
	{                                                                    \
		.capacity = _capacity, .way = _way, .processes = _processes, \
	}

CONC_ROW(rendezvous_threads, 0, IOCTL, false);
CONC_ROW(rendezvous_processes, 0, IOCTL, true);
CONC_ROW(rendezvous_polled, 0, POLLED, false);
CONC_ROW(one_place_threads, 1, IOCTL, false);
CONC_ROW(one_place_processes, 1, PLAIN, true);
CONC_ROW(one_place_polled, 1, POLLED, true);
CONC_ROW(ten_threads, 10, PLAIN, false);
CONC_ROW(ten_processes, 10, IOCTL, true);
CONC_ROW(ten_polled, 10, POLLED, false);
CONC_ROW(ten_sync, 10, SYNC, true);
CONC_ROW(unbounded_threads, MBX_UNBOUNDED, IOCTL, false);
CONC_ROW(unbounded_processes, MBX_UNBOUNDED, PLAIN, true);
CONC_ROW(unbounded_sync, MBX_UNBOUNDED, SYNC, false);

FIXTURE_SETUP(conc)
{
	OPEN_CONTROL(self->control);
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->shared);
	self->shared->fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
				      variant->capacity);
	ASSERT_LE(0, self->shared->fd);
}

FIXTURE_TEARDOWN(conc)
{
}

static void count(unsigned int *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static __u32 make(__u8 *data, __u32 sender, __u32 number)
{
	__u64 random = sender * 1000 + number;
	struct head head = { .sender = sender, .number = number };
	__u32 max = next_random(&random) % 4 ? 64 : LENGTH_MAX;

	head.len = sizeof(head) + next_random(&random) % (max - sizeof(head));
	memcpy(data, &head, sizeof(head));
	fill_pattern(data + sizeof(head), head.len - sizeof(head), random);
	return head.len;
}

/* At capacity 0 only a waiting receiver makes it writable, but then it is. */
static int send_polled(int fd, const void *data, __u32 len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	for (;;) {
		if (!box_send(fd, data, len, MBX_SEND_NONBLOCK))
			return 0;
		if (errno != EAGAIN || poll(&p, 1, WAIT_LIMIT / MSEC) != 1)
			return -1;
	}
}

static int receive_polled(int fd, void *data, __u32 len)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int ret;

	for (;;) {
		ret = box_receive(fd, data, len, MBX_RECEIVE_NONBLOCK);
		if (ret >= 0 || errno != EAGAIN)
			return ret;
		if (poll(&p, 1, WAIT_LIMIT / MSEC) != 1)
			return -1;
	}
}

static int put(const struct party *party, const void *data, __u32 len)
{
	int fd = party->shared->fd;

	switch (party->way) {
	case PLAIN:
		return write(fd, data, len) == (ssize_t)len ? 0 : -1;
	case SYNC:
		return box_send(fd, data, len,
				party->nr % 2 ? MBX_SEND_SYNC : 0);
	case POLLED:
		/* A poller is no partner for another poller. */
		if (party->nr % 2)
			return send_polled(fd, data, len);
		return box_send(fd, data, len, 0);
	default:
		return box_send(fd, data, len, 0);
	}
}

static int get(const struct party *party, void *data, __u32 len)
{
	int fd = party->shared->fd;

	if (party->way == PLAIN)
		return read(fd, data, len);
	if (party->way == POLLED && party->nr % 2)
		return receive_polled(fd, data, len);
	return box_receive(fd, data, len, 0);
}

static void *send_all(void *arg)
{
	struct party *party = arg;
	__u8 data[LENGTH_MAX];
	__u32 i;

	for (i = 0; i < MESSAGES; i++)
		if (put(party, data, make(data, party->nr, i)))
			count(&party->shared->failed);
	return NULL;
}

static bool is_whole(const __u8 *data, __u32 len, const struct head *head)
{
	__u8 expected[LENGTH_MAX];

	return head->sender < SENDERS && head->number < MESSAGES &&
	       head->len == len &&
	       make(expected, head->sender, head->number) == len &&
	       !memcmp(data, expected, len);
}

static void *receive_all(void *arg)
{
	struct party *party = arg;
	struct shared *shared = party->shared;
	__u8 data[LENGTH_MAX];
	int last[SENDERS], len;
	struct head head;

	memset(last, -1, sizeof(last));
	for (;;) {
		len = get(party, data, sizeof(data));
		if (len < (int)sizeof(head)) {
			count(&shared->failed);
			return NULL;
		}
		memcpy(&head, data, sizeof(head));
		if (head.sender == STOP)
			return NULL;
		if (!is_whole(data, len, &head)) {
			count(&shared->broken);
			continue;
		}
		if ((int)head.number <= last[head.sender])
			count(&shared->reordered);
		last[head.sender] = head.number;
		__atomic_fetch_add(&shared->seen[head.sender][head.number], 1,
				   __ATOMIC_RELAXED);
	}
}

static struct party party(struct shared *shared, enum way way, __u32 nr)
{
	return (struct party){ .shared = shared, .way = way, .nr = nr };
}

static void start(struct party *party, bool process, void *(*work)(void *))
{
	if (!process) {
		if (pthread_create(&party->thread, NULL, work, party))
			abort();
		return;
	}
	party->pid = fork();
	if (party->pid < 0)
		abort();
	if (!party->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		work(party);
		_exit(0);
	}
}

static void join(struct party *party)
{
	if (party->pid)
		waitpid(party->pid, NULL, 0);
	else
		pthread_join(party->thread, NULL);
}

static unsigned int not_once(const struct shared *shared)
{
	unsigned int i, n = 0;

	for (i = 0; i < SENDERS * MESSAGES; i++)
		n += shared->seen[i / MESSAGES][i % MESSAGES] != 1;
	return n;
}

TEST_F_TIMEOUT(conc, exactly_once_and_in_order, 120)
{
	const struct head stop = { .sender = STOP, .len = sizeof(stop) };
	struct party senders[SENDERS], receivers[RECEIVERS];
	struct mbx_stat stat;
	int i;

	for (i = 0; i < RECEIVERS; i++) {
		receivers[i] = party(self->shared, variant->way, i);
		start(&receivers[i], variant->processes, receive_all);
	}
	for (i = 0; i < SENDERS; i++) {
		senders[i] = party(self->shared, variant->way, i);
		start(&senders[i], variant->processes, send_all);
	}
	for (i = 0; i < SENDERS; i++)
		join(&senders[i]);
	for (i = 0; i < RECEIVERS; i++)
		ASSERT_EQ(0,
			  box_send(self->shared->fd, &stop, sizeof(stop), 0));
	for (i = 0; i < RECEIVERS; i++)
		join(&receivers[i]);

	EXPECT_EQ(0, not_once(self->shared));
	EXPECT_EQ(0, self->shared->broken);
	EXPECT_EQ(0, self->shared->reordered);
	EXPECT_EQ(0, self->shared->failed);
	ASSERT_EQ(0, box_stat(self->shared->fd, &stat));
	EXPECT_EQ(SENDERS * MESSAGES + RECEIVERS, stat.out_sent);
	EXPECT_EQ(stat.out_sent, stat.out_received);
	EXPECT_EQ(stat.out_bytes_sent, stat.out_bytes_received);
	EXPECT_EQ(0, stat.out_depth);
	if (variant->capacity)
		EXPECT_GE(variant->capacity, stat.out_high_water);
}

TEST_HARNESS_MAIN
