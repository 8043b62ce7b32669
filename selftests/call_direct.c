// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls that go straight to who waits for them, and replies likewise, while signals
 * come, pages go, and the mailbox keeps changing: both sides tell the same.
 *
 * Each process has a handle of its own, and clients have none that receives: calls
 * of others take another way.
 */
#include "calls.h"
#include "events.h"

#include <sys/time.h>

#define CLIENTS 3
#define SERVERS 2
#define CALLS 1500 /* of each client */
#define STALLED (60 * SEC)
#define PAGE 4096

enum outcome { NOT_TRIED, ANSWERED, NOT_SENT, NOT_ANSWERED };

struct request {
	__u32 client;
	__u32 number;
	__u8 data[56];
};

/* On pages of their own, which come and go. */
struct pages {
	struct mbx_call *call;
	struct mbx_receive *receive;
	struct mbx_reply *reply;
	struct request *in;
	struct request *out;
};

struct storm {
	int control;
	__u64 id;
	__u32 wrong;
	__u32 next[CLIENTS];
	__u8 outcome[CLIENTS][CALLS];
	__u8 received[CLIENTS][CALLS];
	__u8 replied[CLIENTS][CALLS];
};

static void no_op(int sig)
{
	(void)sig;
}

static void be_disturbed(__u32 us)
{
	const struct sigaction action = { .sa_handler = no_op };
	const struct itimerval every = { { 0, us }, { 0, us } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void note_wrong(struct storm *storm)
{
	__atomic_add_fetch(&storm->wrong, 1, __ATOMIC_RELAXED);
}

static void *map_page(void)
{
	return mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static struct pages map_pages(void)
{
	return (struct pages){
		.call = map_page(),
		.receive = map_page(),
		.reply = map_page(),
		.in = map_page(),
		.out = map_page(),
	};
}

/* Of what the kernel writes nothing is there. */
static void drop(void *page)
{
	madvise(page, PAGE, MADV_DONTNEED);
}

/* -------------------------------------------------------------------- a client */

static enum outcome call_once(struct storm *storm, int fd, struct pages *pages,
			      __u32 nr, __u32 number, __u32 random)
{
	struct mbx_call *arg = pages->call;
	struct request *sent = pages->out, *got = pages->in;

	*sent = (struct request){ .client = nr, .number = number };
	fill_pattern(sent->data, sizeof(sent->data), number);
	init_call(arg, sent, sizeof(*sent), got, sizeof(*got));
	if (random % 4 == 0)
		drop(got);
	else
		memset(got, 0xff, sizeof(*got));
	if (ioctl(fd, MBX_IOC_CALL, arg)) {
		if (errno != EINTR && (errno != ECANCELED || arg->out_seq))
			note_wrong(storm);
		return arg->out_seq ? NOT_ANSWERED : NOT_SENT;
	}
	if (!arg->out_seq || arg->out_len != sizeof(*got) || arg->out_flags ||
	    arg->out_pid <= 0 || got->client != nr || got->number != ~number ||
	    !has_pattern(got->data, sizeof(got->data), ~number))
		note_wrong(storm);
	return ANSWERED;
}

static void call_all(struct storm *storm, __u32 nr)
{
	int fd = box_open(storm->control, NULL, storm->id, MBX_OPEN_SEND);
	struct pages pages = map_pages();
	__u8 *outcome = storm->outcome[nr];
	__u64 random = nr + 1;
	__u32 number;

	be_disturbed(700 + 100 * nr);
	for (number = 0; number < CALLS; number++) {
		outcome[number] = call_once(storm, fd, &pages, nr, number,
					    next_random(&random));
		__atomic_store_n(&storm->next[nr], number + 1,
				 __ATOMIC_RELEASE);
	}
}

/* -------------------------------------------------------------------- a server */

static bool is_call(const struct mbx_receive *arg,
		    const struct request *request)
{
	return arg->out_flags == MBX_MESSAGE_CALL && arg->out_seq &&
	       arg->out_len == sizeof(*request) && arg->out_pid > 0 &&
	       arg->out_reply_max == sizeof(*request) &&
	       arg->out_deliveries == 1 && request->client < CLIENTS &&
	       request->number < CALLS &&
	       has_pattern(request->data, sizeof(request->data),
			   request->number);
}

static void answer(struct storm *storm, struct pages *pages)
{
	const struct request *request = pages->in;
	struct request *out = pages->out;

	if (!is_call(pages->receive, request)) {
		note_wrong(storm);
		return;
	}
	storm->received[request->client][request->number]++;
	*out = *request;
	out->number = ~request->number;
	fill_pattern(out->data, sizeof(out->data), out->number);
	init_reply(pages->reply, pages->receive->out_seq, out, sizeof(*out));
}

static void serve_once(struct storm *storm, int fd, struct pages *pages)
{
	const bool replies = pages->reply->call;
	int ret;

	init_receive(pages->receive, pages->in, sizeof(*pages->in), 0);
	pages->receive->reply_ptr = (uintptr_t)pages->reply;
	ret = ioctl(fd, MBX_IOC_RECEIVE, pages->receive);
	if (replies && !pages->reply->call)
		storm->replied[pages->out->client][~pages->out->number]++;
	if (!ret) {
		answer(storm, pages);
		return;
	}
	if (pages->reply->call ? errno != ENOENT && errno != ECANCELED :
				 errno != EINTR)
		note_wrong(storm);
	pages->reply->call = 0;
}

static void serve_all(struct storm *storm, __u32 nr)
{
	int fd = box_open(storm->control, NULL, storm->id, MBX_OPEN_RECEIVE);
	struct pages pages = map_pages();
	__u64 random = nr + 17;

	be_disturbed(750 + 100 * nr);
	pages.reply->size = sizeof(*pages.reply);
	for (;;) {
		if (next_random(&random) % 4 == 0)
			drop(pages.in);
		serve_once(storm, fd, &pages);
	}
}

/* -------------------------------------------------------------------- the storm */

static pid_t begin(struct storm *storm, void (*run)(struct storm *, __u32),
		   __u32 nr)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run(storm, nr);
		_exit(0);
	}
	return pid;
}

/* What makes calls leave the direct way, or come back to it. */
static void change(int fd, int eventfd, __u32 what)
{
	switch (what % 8) {
	case 0:
		box_control(fd, MBX_CONTROL_FREEZE);
		pause_briefly();
		box_control(fd, MBX_CONTROL_THAW);
		break;
	case 1:
		box_notify(fd, MBX_EVENT_READABLE | MBX_EVENT_ROOM, eventfd);
		break;
	case 2:
		box_notify(fd, 0, 0);
		break;
	case 3:
		box_control(fd, MBX_CONTROL_PURGE);
		break;
	default:
		pause_briefly();
	}
}

/* What both sides have noted of a call must be one story. */
static bool is_right(const struct storm *storm, __u32 client, __u32 number)
{
	const __u8 received = storm->received[client][number];
	const __u8 replied = storm->replied[client][number];

	switch (storm->outcome[client][number]) {
	case ANSWERED:
		/* A server may die before it has noted the last reply. */
		return received == 1 && replied <= 1;
	case NOT_SENT:
		return !received && !replied;
	case NOT_ANSWERED:
		return received == 1 && !replied;
	default:
		return false;
	}
}

static unsigned int count_wrong(const struct storm *storm)
{
	unsigned int sum = storm->wrong;
	__u32 i, number;

	for (i = 0; i < CLIENTS; i++)
		for (number = 0; number < CALLS; number++)
			sum += !is_right(storm, i, number);
	return sum;
}

static unsigned int count_answered(const struct storm *storm)
{
	unsigned int sum = 0;
	__u32 i, number;

	for (i = 0; i < CLIENTS; i++)
		for (number = 0; number < CALLS; number++)
			sum += storm->outcome[i][number] == ANSWERED;
	return sum;
}

static __u32 count_done(const struct storm *storm)
{
	__u32 sum = 0, i;

	for (i = 0; i < CLIENTS; i++)
		sum += __atomic_load_n(&storm->next[i], __ATOMIC_ACQUIRE);
	return sum;
}

/* Returns false if nothing goes on any more. */
static bool rage(const struct storm *storm, int fd, int eventfd)
{
	__u64 random = 7, seen = now_ns(CLOCK_MONOTONIC);
	__u32 last = 0, now;

	while ((now = count_done(storm)) < CLIENTS * CALLS) {
		if (now != last)
			seen = now_ns(CLOCK_MONOTONIC);
		else if (now_ns(CLOCK_MONOTONIC) - seen > STALLED)
			return false;
		last = now;
		change(fd, eventfd, next_random(&random));
	}
	return true;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_F_TIMEOUT(call, straight_to_who_waits, 1000)
{
	struct storm *storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t clients[CLIENTS], servers[SERVERS];
	int events = eventfd(0, EFD_NONBLOCK);
	__u32 i;

	ASSERT_NE(MAP_FAILED, storm);
	ASSERT_LE(0, events);
	storm->control = self->control;
	storm->id = box_id(self->fd);
	for (i = 0; i < SERVERS; i++)
		servers[i] = begin(storm, serve_all, i);
	for (i = 0; i < CLIENTS; i++)
		clients[i] = begin(storm, call_all, i);
	EXPECT_TRUE(rage(storm, self->fd, events));
	for (i = 0; i < CLIENTS; i++)
		end(clients[i]);
	for (i = 0; i < SERVERS; i++)
		end(servers[i]);
	EXPECT_EQ(0, count_wrong(storm));
	EXPECT_LT(0, count_answered(storm));
	TH_LOG("%u of %u calls were answered", count_answered(storm),
	       CLIENTS * CALLS);
	EXPECT_EQ(0, box_notify(self->fd, 0, 0));
	close(events);
	munmap(storm, sizeof(*storm));
}

TEST_HARNESS_MAIN
