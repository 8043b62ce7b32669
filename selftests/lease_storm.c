// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leased messages while receivers and the sender are killed at any moment: each
 * message is sent once, and acknowledged once or in the dead-letter mailbox.
 *
 * LEASE_STORM_MESSAGES and LEASE_STORM_SEED say how many, and how.
 */
#include "lease.h"

#define RECEIVERS 4
#define CAPACITY 32
#define WINDOW 64
#define DELIVERIES 6
/* Of so many messages one is refused by everybody. */
#define POISONED 97

/* What a receiver writes down of a message; shared with those that follow it. */
struct fate {
	__u8 tried;
	__u8 done;
};

struct arena {
	int fd;
	int to;
	__u32 nr;
	__u32 next;
	int wrong_errno;
	struct fate fates[];
};

FIXTURE(lease_storm) {
	int control;
	struct arena *arena;
	pid_t sender;
	pid_t receivers[RECEIVERS];
	__u64 random;
	unsigned int kills;
};

static unsigned long number_of(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

FIXTURE_SETUP(lease_storm)
{
	const __u32 nr = number_of("LEASE_STORM_MESSAGES", 3000);
	struct mbx_create arg;
	struct arena *arena;

	OPEN_CONTROL(self->control);
	self->random = number_of("LEASE_STORM_SEED", 7);
	arena = mmap(NULL, sizeof(*arena) + nr * sizeof(struct fate),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, arena);
	self->arena = arena;
	arena->nr = nr;
	arena->to = box_create(self->control, NULL, MBX_CREATE_OWNED,
			       MBX_UNBOUNDED);
	ASSERT_LE(0, arena->to);
	init_create(&arg, NULL, MBX_CREATE_OWNED | MBX_CREATE_DEAD_LETTER,
		    CAPACITY);
	arg.dead_letter = arena->to;
	arg.deliveries_max = DELIVERIES;
	arg.dedup = WINDOW;
	arena->fd = ioctl(self->control, MBX_IOC_CREATE, &arg);
	ASSERT_LE(0, arena->fd);
	TH_LOG("%u messages, seed %llu", nr, (unsigned long long)self->random);
}

FIXTURE_TEARDOWN(lease_storm)
{
}

static void wrong(struct arena *arena)
{
	__atomic_store_n(&arena->wrong_errno, errno, __ATOMIC_RELAXED);
	_exit(1);
}

/* Whoever follows a sender that was killed sends its last message once more. */
static void send_all(struct arena *arena)
{
	struct mbx_send arg;
	__u32 number;

	while ((number = arena->next) < arena->nr) {
		init_send(&arg, &number, sizeof(number), 0);
		arg.id = number + 1;
		if (ioctl(arena->fd, MBX_IOC_SEND, &arg) && errno != EALREADY)
			wrong(arena);
		arena->next = number + 1;
	}
}

static void deal_with(struct arena *arena, const struct leased *got,
		      __u64 *random)
{
	struct fate *fate = &arena->fates[got->number];
	const unsigned int dice = next_random(random) % 100;

	if (got->number % POISONED == 0 || dice < 5) {
		if (nack(arena->fd, got) && errno != ENOENT)
			wrong(arena);
		return;
	}
	/* Until somebody kills it, or the time has passed. */
	if (dice < 7)
		usleep(20000);
	fate->tried = 1;
	if (!ack(arena->fd, got))
		fate->done++;
	else if (errno != ENOENT)
		wrong(arena);
}

static void receive_all(struct arena *arena, __u64 random)
{
	struct leased got;

	for (;;) {
		const __u32 ms = next_random(&random) % 8 ? LONG_MS : 10;

		if (lease_with(arena->fd, &got, ms, 0))
			wrong(arena);
		deal_with(arena, &got, &random);
	}
}

static pid_t start(FIXTURE_DATA(lease_storm) * self, bool sends)
{
	const __u64 random = next_random(&self->random);
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sends)
		send_all(self->arena);
	else
		receive_all(self->arena, random);
	_exit(0);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static bool all_done(const struct arena *arena)
{
	const struct mbx_stat stat = stat_of(arena->fd);

	return stat.out_received + stat.out_dead_letters == arena->nr;
}

static void kill_one(FIXTURE_DATA(lease_storm) * self)
{
	const unsigned int victim =
		next_random(&self->random) % (RECEIVERS + 1);
	const bool sends = victim == RECEIVERS;
	pid_t *pid = sends ? &self->sender : &self->receivers[victim];

	usleep(next_random(&self->random) % 3000);
	end(*pid);
	*pid = start(self, sends);
	self->kills++;
}

/* Marks those in the dead-letter mailbox as dealt with. */
static unsigned int bury(struct arena *arena)
{
	unsigned int nr = 0;
	long long number;

	while ((number = receive_number(arena->to)) >= 0) {
		arena->fates[number].done++;
		nr++;
	}
	return nr;
}

static void settle_accounts(struct __test_metadata *_metadata,
			    struct arena *arena)
{
	unsigned int i, doubled = 0, missing = 0, unsure = 0;

	for (i = 0; i < arena->nr; i++) {
		doubled += arena->fates[i].done > 1;
		missing += !arena->fates[i].done && !arena->fates[i].tried;
		unsure += !arena->fates[i].done && arena->fates[i].tried;
	}
	TH_LOG("%u acknowledged by somebody who was killed then", unsure);
	EXPECT_EQ(0, doubled);
	EXPECT_EQ(0, missing);
	EXPECT_EQ(0, arena->wrong_errno);
}

TEST_F_TIMEOUT(lease_storm, kill, 900)
{
	struct arena *arena = self->arena;
	struct mbx_stat stat;
	unsigned int i;

	self->sender = start(self, true);
	for (i = 0; i < RECEIVERS; i++)
		self->receivers[i] = start(self, false);
	while (!all_done(arena) && !arena->wrong_errno)
		kill_one(self);
	end(self->sender);
	for (i = 0; i < RECEIVERS; i++)
		end(self->receivers[i]);

	stat = stat_of(arena->fd);
	TH_LOG("%u kills, %llu came back, %llu dead letters, %llu duplicates",
	       self->kills, (unsigned long long)stat.out_returned,
	       (unsigned long long)stat.out_dead_letters,
	       (unsigned long long)stat.out_duplicates);
	EXPECT_EQ(arena->nr, stat.out_sent);
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_EQ(0, stat.out_leased);
	EXPECT_LE((arena->nr + POISONED - 1) / POISONED, stat.out_dead_letters);
	EXPECT_EQ(stat.out_dead_letters, bury(arena));
	settle_accounts(_metadata, arena);
}

TEST_HARNESS_MAIN
