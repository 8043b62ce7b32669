// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Callers that are asked, and whoever asks, while either is killed or gives up at
 * any moment: each call and each question comes to one end, what is answered is
 * answered right, nobody waits for ever, and nothing is left.
 *
 * CALLBACK_RACE_CALLS says how many calls there are, of all clients.
 */
#include "callbacks.h"

#define CLIENTS 4
#define SERVERS 2
#define CALLS 1600
#define STALLED (60 * SEC)

/* Shared with all of them, and with those that follow them. */
struct race {
	int fd;
	__u32 calls;
	__u32 begun;
	__u32 replied;
	__u32 ended;
	__u32 wrong;
	__u32 asked;
	__u32 answered;
	__u32 unheard;
};

static void count(__u32 *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

static __u32 load(const __u32 *what)
{
	return __atomic_load_n(what, __ATOMIC_RELAXED);
}

static __u64 soon(__u64 *random)
{
	return now_ns(CLOCK_MONOTONIC) + 1 + next_random(random) % (2 * MSEC);
}

/* -------------------------------------------------------------------- a client */

static bool may_fail_with(int error)
{
	return error == ETIMEDOUT || error == EPIPE;
}

/* Says to each question one more than it is; the reply is twice the call. */
static void call_once(struct race *race, __u64 *random)
{
	const __u32 number = next_random(random) % 1000000;
	struct mbx_call arg;
	__u32 data = number;
	__u64 call;
	int ret;

	init_call(&arg, &data, sizeof(data), &data, sizeof(data));
	arg.flags = MBX_CALL_BACKS;
	if (next_random(random) % 8 == 0)
		arg.deadline = soon(random);
	ret = ioctl(race->fd, MBX_IOC_CALL, &arg);
	while (ret == MBX_CALLED_BACK) {
		call = arg.out_seq;
		if (next_random(random) % 16 == 0) {
			if (hang_up(race->fd, call))
				count(&race->wrong);
			return;
		}
		if (next_random(random) % 8 == 0)
			pause_briefly();
		data++;
		ret = call_for(race->fd, &arg, MBX_CALL_ANSWER, call, &data);
		if (arg.out_flags & MBX_CALL_UNHEARD)
			count(&race->unheard);
	}
	if (ret ? !may_fail_with(errno) : data != 2 * number)
		count(&race->wrong);
	if (!ret)
		count(&race->replied);
}

static void be_client(struct race *race)
{
	__u64 random = getpid();

	while (__atomic_add_fetch(&race->begun, 1, __ATOMIC_RELAXED) <=
	       race->calls) {
		call_once(race, &random);
		count(&race->ended);
	}
}

/* -------------------------------------------------------------------- a server */

static bool may_be_refused(int error)
{
	return error == ETIMEDOUT || error == ECANCELED || error == ENOENT ||
	       error == EBUSY;
}

/* Another thread of the server, which replies in the midst of a question. */
struct hurry {
	struct race *race;
	__u64 call;
	__u32 reply;
};

static void *reply_early(void *arg)
{
	struct hurry *hurry = arg;

	reply_number(hurry->race->fd, hurry->call, hurry->reply);
	return NULL;
}

static void serve_once(struct race *race, __u64 *random)
{
	struct mbx_receive got;
	struct hurry hurry;
	struct mbx_call arg;
	__u32 number, question, data, nr;
	pthread_t thread;
	bool hurries;

	init_receive(&got, &number, sizeof(number), 0);
	got.deadline = now_ns(CLOCK_MONOTONIC) + 20 * MSEC;
	if (ioctl(race->fd, MBX_IOC_RECEIVE, &got))
		return;
	hurry = (struct hurry){ race, got.out_seq, 2 * number };
	hurries = next_random(random) % 16 == 0;
	if (hurries)
		pthread_create(&thread, NULL, reply_early, &hurry);
	for (nr = next_random(random) % 4; nr; nr--) {
		data = next_random(random);
		init_call(&arg, &data, sizeof(data), &data, sizeof(data));
		arg.flags = MBX_CALL_BACK;
		arg.call = got.out_seq;
		if (next_random(random) % 4 == 0)
			arg.deadline = soon(random);
		question = data;
		count(&race->asked);
		if (ioctl(race->fd, MBX_IOC_CALL, &arg)) {
			if (!may_be_refused(errno))
				count(&race->wrong);
			break;
		}
		count(&race->answered);
		if (data != question + 1)
			count(&race->wrong);
	}
	if (hurries)
		pthread_join(thread, NULL);
	reply_number(race->fd, got.out_seq, 2 * number);
}

static void be_server(struct race *race)
{
	__u64 random = getpid();

	for (;;)
		serve_once(race, &random);
}

/* ------------------------------------------------------------------------ a race */

static pid_t start(struct race *race, void (*run)(struct race *))
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run(race);
		_exit(0);
	}
	return pid;
}

static void stop(pid_t *pids, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		kill(pids[i], SIGKILL);
	for (i = 0; i < nr; i++)
		waitpid(pids[i], NULL, 0);
}

static void replace(struct race *race, pid_t *pid, void (*run)(struct race *))
{
	stop(pid, 1);
	*pid = start(race, run);
}

FIXTURE(callback_race) {
	int control;
	struct race *race;
	pid_t clients[CLIENTS];
	pid_t servers[SERVERS];
	struct counts before;
};

FIXTURE_SETUP(callback_race)
{
	const char *calls = getenv("CALLBACK_RACE_CALLS");
	unsigned int i;

	OPEN_CONTROL(self->control);
	self->before = counts_now();
	self->race = mmap(NULL, sizeof(*self->race), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->race);
	self->race->fd = box_create(self->control, NULL, 0, 4);
	ASSERT_LE(0, self->race->fd);
	self->race->calls = calls ? strtoul(calls, NULL, 0) : CALLS;
	for (i = 0; i < CLIENTS; i++)
		self->clients[i] = start(self->race, be_client);
	for (i = 0; i < SERVERS; i++)
		self->servers[i] = start(self->race, be_server);
}

FIXTURE_TEARDOWN(callback_race)
{
	struct race *race = self->race;

	stop(self->clients, CLIENTS);
	stop(self->servers, SERVERS);
	EXPECT_TRUE(wait_until(has_callers(race->fd, 0, 0)));
	EXPECT_EQ(0, box_delete(race->fd, NULL, 0));
	close(race->fd);
	EXPECT_TRUE(counts_are_back(&self->before));
	TH_LOG("%u of %u calls replied to, %u of %u questions answered, %u in vain",
	       race->replied, race->calls, race->answered, race->asked,
	       race->unheard);
	munmap(race, sizeof(*race));
}

/* Lets it go on to the end, as long as something moves. */
static bool comes_to_the_end(struct race *race)
{
	__u64 limit = now_ns(CLOCK_MONOTONIC) + STALLED;
	__u32 seen = 0;

	while (load(&race->begun) < race->calls + CLIENTS) {
		if (load(&race->begun) != seen) {
			seen = load(&race->begun);
			limit = now_ns(CLOCK_MONOTONIC) + STALLED;
		}
		if (now_ns(CLOCK_MONOTONIC) > limit)
			return false;
		pause_briefly();
	}
	return true;
}

TEST_F_TIMEOUT(callback_race, without_deaths, 300)
{
	EXPECT_TRUE(comes_to_the_end(self->race));
	EXPECT_EQ(self->race->calls, self->race->ended);
	EXPECT_EQ(0, self->race->wrong);
	EXPECT_LT(0, self->race->answered);
	EXPECT_LT(0, self->race->replied);
}

TEST_F_TIMEOUT(callback_race, with_deaths, 300)
{
	__u64 limit = now_ns(CLOCK_MONOTONIC) + 4 * STALLED;
	__u64 random = 1;
	unsigned int i;

	while (load(&self->race->begun) < self->race->calls) {
		ASSERT_GT(limit, now_ns(CLOCK_MONOTONIC));
		for (i = next_random(&random) % 8; i; i--)
			pause_briefly();
		i = next_random(&random) % (CLIENTS + SERVERS);
		if (i < CLIENTS)
			replace(self->race, &self->clients[i], be_client);
		else
			replace(self->race, &self->servers[i - CLIENTS],
				be_server);
	}
	EXPECT_TRUE(comes_to_the_end(self->race));
	EXPECT_EQ(0, self->race->wrong);
	EXPECT_LT(0, self->race->answered);
	EXPECT_LT(0, self->race->replied);
}

TEST_HARNESS_MAIN
