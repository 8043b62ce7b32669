// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients and servers that die at any moment: every call comes to one end, of which
 * both sides tell the same, no server waits for a client, and nothing is left.
 *
 * CALL_RACE_CALLS says how many calls there are in each test, of all clients.
 */
#include "calls.h"

#define CLIENTS 4
#define SERVERS 2
#define CALLS 1000 /* of each client, unless said otherwise */
#define CALLS_MAX 50000
#define STALLED (60 * SEC)

enum outcome { NOT_TRIED, TRYING, ANSWERED, NOT_SENT, NOT_ANSWERED };

struct request {
	__u32 client;
	__u32 number;
	__u8 data[56];
};

struct client {
	__u32 next;
	__u32 wrong;
	__u8 outcome[CALLS_MAX];
	__u8 received[CALLS_MAX];
	__u8 replied[CALLS_MAX];
};

struct race {
	int control;
	int fd;
	__u64 id;
	__u32 calls;
	__u32 allowed; /* numbers that clients may use by now */
	__u32 server_wrong;
	pid_t clients[CLIENTS];
	pid_t servers[SERVERS];
	__u64 random;
	struct client client[CLIENTS];
};

static __u32 load(const __u32 *number)
{
	return __atomic_load_n(number, __ATOMIC_ACQUIRE);
}

static void count(__u8 *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

/* -------------------------------------------------------------------- a client */

static enum outcome outcome_of(const struct mbx_call *arg, int ret,
			       const struct request *sent,
			       const struct request *got, __u32 *wrong)
{
	if (!ret) {
		*wrong +=
			arg->out_len != sizeof(*got) ||
			got->client != sent->client ||
			got->number != ~sent->number ||
			!has_pattern(got->data, sizeof(got->data), got->number);
		return ANSWERED;
	}
	*wrong += errno != ETIMEDOUT && (errno != EPIPE || !arg->out_seq);
	return arg->out_seq ? NOT_ANSWERED : NOT_SENT;
}

static void call_all(struct race *race, __u32 nr)
{
	struct client *client = &race->client[nr];
	__u64 random = getpid();
	struct request sent, got;
	struct mbx_call arg;
	__u32 number;
	int ret;

	while (load(&client->next) < race->calls) {
		number = client->next;
		while (number >= load(&race->allowed))
			pause_briefly();
		sent = (struct request){ .client = nr, .number = number };
		fill_pattern(sent.data, sizeof(sent.data), number);
		init_call(&arg, &sent, sizeof(sent), &got, sizeof(got));
		if (next_random(&random) % 16 == 0)
			arg.deadline = now_ns(CLOCK_MONOTONIC) +
				       next_random(&random) % MSEC;
		client->outcome[number] = TRYING;
		__atomic_store_n(&client->next, number + 1, __ATOMIC_RELEASE);
		ret = ioctl(race->fd, MBX_IOC_CALL, &arg);
		client->outcome[number] =
			outcome_of(&arg, ret, &sent, &got, &client->wrong);
	}
}

/* -------------------------------------------------------------------- a server */

struct server {
	struct race *race;
	int fd;
	struct mbx_receive got;
	struct mbx_reply reply;
	struct request request;
	struct request answer;
};

/* A call has come; what is replied to it. */
static void note_call(struct server *server)
{
	const struct request *request = &server->request;
	struct race *race = server->race;

	if (server->got.out_flags != MBX_MESSAGE_CALL ||
	    server->got.out_reply_max != sizeof(server->answer) ||
	    request->client >= CLIENTS || request->number >= race->calls ||
	    !has_pattern(request->data, sizeof(request->data),
			 request->number)) {
		race->server_wrong++;
		return;
	}
	count(&race->client[request->client].received[request->number]);
	server->answer = *request;
	server->answer.number = ~request->number;
	fill_pattern(server->answer.data, sizeof(server->answer.data),
		     server->answer.number);
	init_reply(&server->reply, server->got.out_seq, &server->answer,
		   sizeof(server->answer));
}

static void note_reply(struct server *server)
{
	const struct request *answer = &server->answer;

	count(&server->race->client[answer->client].replied[~answer->number]);
}

/* Replies, if there is what to, and takes the next; false if nothing came. */
static bool serve_one(struct server *server, __u32 flags)
{
	const bool replies = server->reply.call;
	int ret;

	init_receive(&server->got, &server->request, sizeof(server->request),
		     flags);
	server->got.reply_ptr = (uintptr_t)&server->reply;
	ret = ioctl(server->fd, MBX_IOC_RECEIVE, &server->got);
	if (replies && !server->reply.call)
		note_reply(server);
	if (!ret) {
		note_call(server);
		return true;
	}
	if (server->reply.call)
		server->race->server_wrong += errno != ENOENT &&
					      errno != ECANCELED;
	else
		server->race->server_wrong += errno != EAGAIN;
	server->reply.call = 0;
	return false;
}

static void reply_to_it(struct server *server)
{
	if (!ioctl(server->fd, MBX_IOC_REPLY, &server->reply))
		note_reply(server);
	else
		server->race->server_wrong += errno != ENOENT &&
					      errno != ECANCELED;
	server->reply.call = 0;
}

static void serve_all(struct race *race, __u32 nr)
{
	struct server server = {
		.race = race,
		.fd = box_open(race->control, NULL, race->id, BOTH_RIGHTS),
		.reply = { .size = sizeof(server.reply) },
	};
	__u64 random = getpid() + nr;

	for (;;) {
		if (!serve_one(&server, 0))
			continue;
		switch (next_random(&random) % 32) {
		case 0: /* Nobody will ever reply. */
			close(server.fd);
			server.fd = box_open(race->control, NULL, race->id,
					     BOTH_RIGHTS);
			server.reply.call = 0;
			break;
		case 1:
			reply_to_it(&server);
			break;
		case 2: /* Late, perhaps too late. */
			pause_briefly();
			break;
		}
	}
}

/* -------------------------------------------------------------------- the storm */

static pid_t begin(struct race *race, void (*run)(struct race *, __u32),
		   __u32 nr)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run(race, nr);
		_exit(0);
	}
	return pid;
}

static void kill_one(struct race *race)
{
	__u32 nr = next_random(&race->random) % (CLIENTS + SERVERS);
	pid_t *victim = nr < CLIENTS ? &race->clients[nr] :
				       &race->servers[nr - CLIENTS];

	if (!*victim)
		return;
	kill(*victim, SIGKILL);
	waitpid(*victim, NULL, 0);
	*victim = nr < CLIENTS ? begin(race, call_all, nr) :
				 begin(race, serve_all, nr - CLIENTS);
}

static __u64 tried(const struct race *race)
{
	__u64 sum = 0;
	__u32 i;

	for (i = 0; i < CLIENTS; i++)
		sum += load(&race->client[i].next);
	return sum;
}

static bool clients_left(struct race *race)
{
	bool left = false;
	__u32 i;

	for (i = 0; i < CLIENTS; i++) {
		if (race->clients[i] &&
		    waitpid(race->clients[i], NULL, WNOHANG) > 0)
			race->clients[i] = 0;
		left |= !!race->clients[i];
	}
	return left;
}

/* One dies for every 20 calls; nobody gets far ahead of that. */
static bool supervise(struct race *race)
{
	__u64 seen = now_ns(CLOCK_MONOTONIC), last = 0, now, deaths = 0;

	while (clients_left(race)) {
		now = tried(race);
		if (now != last)
			seen = now_ns(CLOCK_MONOTONIC);
		else if (now_ns(CLOCK_MONOTONIC) - seen > STALLED)
			return false;
		last = now;
		__atomic_store_n(&race->allowed, (deaths + 4) * 20 / CLIENTS,
				 __ATOMIC_RELEASE);
		if (now >= deaths * 20) {
			kill_one(race);
			deaths++;
		} else {
			pause_briefly();
		}
	}
	return true;
}

/* What both sides have noted of a call must be one story. */
static bool is_right(const struct client *client, __u32 number)
{
	const __u8 received = client->received[number];
	const __u8 replied = client->replied[number];

	switch (client->outcome[number]) {
	case ANSWERED:
		/* A server may die before it has noted the reply. */
		return received == 1 && replied <= 1;
	case NOT_SENT:
		return !received && !replied;
	case NOT_ANSWERED:
		return received <= 1 && !replied;
	case TRYING:
		/* It was killed. */
		return received <= 1 && replied <= received;
	default:
		return false;
	}
}

static unsigned int wrong(const struct race *race)
{
	unsigned int sum = race->server_wrong;
	__u32 i, number;

	for (i = 0; i < CLIENTS; i++) {
		sum += race->client[i].wrong;
		for (number = 0; number < race->calls; number++)
			sum += !is_right(&race->client[i], number);
	}
	return sum;
}

static unsigned int answered(const struct race *race)
{
	unsigned int sum = 0;
	__u32 i, number;

	for (i = 0; i < CLIENTS; i++)
		for (number = 0; number < race->calls; number++)
			sum += race->client[i].outcome[number] == ANSWERED;
	return sum;
}

static __u32 calls_of_each(void)
{
	const char *calls = getenv("CALL_RACE_CALLS");
	__u32 nr = calls ? strtoul(calls, NULL, 0) / CLIENTS : CALLS;

	return nr < CALLS_MAX ? nr : CALLS_MAX;
}

TEST_F_TIMEOUT(call, of_the_dying, 3000)
{
	struct race *race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct sched_param param = { .sched_priority = 1 };
	__u32 i;

	ASSERT_NE(MAP_FAILED, race);
	race->control = self->control;
	race->fd = self->fd;
	race->id = box_id(self->fd);
	race->calls = calls_of_each();
	race->random = 30 + variant->capacity;
	for (i = 0; i < SERVERS; i++)
		race->servers[i] = begin(race, serve_all, i);
	for (i = 0; i < CLIENTS; i++)
		race->clients[i] = begin(race, call_all, i);
	/* Who kills must not wait for the processor behind the others. */
	sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param);

	EXPECT_TRUE(supervise(race));
	for (i = 0; i < CLIENTS; i++)
		if (race->clients[i])
			kill(race->clients[i], SIGKILL);
	for (i = 0; i < SERVERS; i++) {
		kill(race->servers[i], SIGKILL);
		waitpid(race->servers[i], NULL, 0);
	}
	EXPECT_EQ(0, wrong(race));
	EXPECT_LT(race->calls * CLIENTS / 2, answered(race));
	EXPECT_TRUE(has_callers(self->fd, 0, 0));
	TH_LOG("%u of %u calls were answered", answered(race),
	       race->calls * CLIENTS);
	munmap(race, sizeof(*race));
}

TEST_HARNESS_MAIN
