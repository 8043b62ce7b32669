// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An ordinary user who creates, fills, leaks and dies as fast as he can runs
 * into his own limits: not into the memory of the machine, and not into the way
 * of others.
 *
 * Lasts OOM_SECONDS (8); a machine of 512 MB is a good place for it.
 */
#include <sys/resource.h>

#include "peers.h"

#define ATTACKER 7001
#define VICTIM 7002
#define PROCESSES 6
#define NAMES 40

struct shared {
	__u64 exchanged;
	int victim_error;
	__u64 filled;
	__u64 refused;
};

FIXTURE(oom) {
	int control;
	struct shared *shared;
	struct counts before;
	unsigned int seconds;
};

FIXTURE_SETUP(oom)
{
	const char *seconds = getenv("OOM_SECONDS");

	NEED_ROOT();
	self->before = counts_now();
	OPEN_CONTROL(self->control);
	self->seconds = seconds ? atoi(seconds) : 8;
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->shared);
}

FIXTURE_TEARDOWN(oom)
{
}

/* Value of a line "name: value" or "name value", -1 if there is none. */
static long long value_of(const char *file, const char *name)
{
	FILE *f = fopen(file, "re");
	long long value = -1;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) &&
		    strchr(": ", line[strlen(name)]))
			value = atoll(line + strlen(name) + 1);
	if (f)
		fclose(f);
	return value;
}

static long long available_kb(void)
{
	return value_of("/proc/meminfo", "MemAvailable");
}

/* ----------------------------------------------------------------- attacker */

static char junk[1 << 20];

static void count(__u64 *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* As much as it takes, in lengths that cost more than they seem to. */
static void fill(struct shared *shared, int fd, __u64 *random)
{
	static const __u32 lengths[] = {
		0, 1, 65, 1025, 4097, 33000, 66000, sizeof(junk),
	};
	__u32 len = lengths[next_random(random) % 8];
	int i;

	for (i = 0; i < 5000; i++) {
		if (box_send(fd, junk, len, MBX_SEND_NONBLOCK)) {
			count(&shared->refused);
			return;
		}
		count(&shared->filled);
	}
}

static void *blocked_sender(void *arg)
{
	box_send(*(int *)arg, junk, sizeof(junk), 0);
	return NULL;
}

static void block_senders(int fd)
{
	pthread_attr_t attr;
	pthread_t thread;
	int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (i = 0; i < 8; i++)
		pthread_create(&thread, &attr, blocked_sender, &fd);
}

static void leak_handles(int control, int fd)
{
	__u64 id = box_id(fd);

	while (box_open(control, NULL, id, MBX_OPEN_SEND) >= 0)
		;
}

static void misuse(FIXTURE_DATA(oom) * self, __u64 *random)
{
	__u32 flags = next_random(random) % 2 ? MBX_CREATE_OWNED : 0;
	__u32 bound = next_random(random) % 3 ? MBX_UNBOUNDED : 1;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "oom-%u", next_random(random) % NAMES);
	if (next_random(random) % 4 == 0)
		box_delete(self->control, name, 0);
	fd = box_create(self->control, name, flags, bound);
	if (fd < 0)
		fd = box_open(self->control, name, 0, MBX_OPEN_SEND);
	if (fd < 0)
		return;
	fill(self->shared, fd, random);
	switch (next_random(random) % 8) {
	case 0:
		leak_handles(self->control, fd);
		break;
	case 1:
		if (bound == 1)
			block_senders(fd);
		break;
	case 2:
		kill(getpid(), SIGKILL);
		break;
	default:
		close(fd);
	}
}

/* His own memory is not what this is about. */
static void attack(FIXTURE_DATA(oom) * self, __u64 random)
{
	const struct rlimit files = { 512, 512 }, processes = { 100, 100 };
	int i;

	setrlimit(RLIMIT_NOFILE, &files);
	setrlimit(RLIMIT_NPROC, &processes);
	if (drop_privileges(ATTACKER, ATTACKER))
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < 40; i++)
		misuse(self, &random);
	_exit(0);
}

/* ------------------------------------------------------------------- victims */

static void victim_failed(struct shared *shared)
{
	if (errno != EIDRM)
		shared->victim_error = errno;
	_exit(0);
}

static void victim(struct shared *shared, int fd, bool sends)
{
	static const __u32 lengths[] = { 10, 1000, 4000, 50000 };
	static char data[50000];
	__u32 i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (drop_privileges(VICTIM, VICTIM))
		victim_failed(shared);
	for (i = 0;; i++) {
		if (sends && box_send(fd, data, lengths[i % 4], 0))
			victim_failed(shared);
		if (!sends && box_receive(fd, data, sizeof(data), 0) < 0)
			victim_failed(shared);
		if (!sends)
			count(&shared->exchanged);
	}
}

static pid_t start_victim(FIXTURE_DATA(oom) * self, int fd, bool sends)
{
	pid_t pid = fork();

	if (!pid)
		victim(self->shared, fd, sends);
	return pid;
}

/* --------------------------------------------------------------- observation */

struct watch {
	long long least_kb;
	__u64 exchanged;
	unsigned int standstills;
};

static void look(struct watch *watch, const struct shared *shared)
{
	__u64 exchanged = __atomic_load_n(&shared->exchanged, __ATOMIC_RELAXED);
	long long kb = available_kb();

	if (kb < watch->least_kb)
		watch->least_kb = kb;
	watch->standstills += exchanged == watch->exchanged;
	watch->exchanged = exchanged;
}

static void rage(FIXTURE_DATA(oom) * self, struct watch *watch)
{
	__u64 end = now_ns(CLOCK_MONOTONIC) + self->seconds * SEC;
	__u64 next_look = now_ns(CLOCK_MONOTONIC) + SEC, random = 11;
	pid_t pids[PROCESSES] = {};
	int i;

	while (now_ns(CLOCK_MONOTONIC) < end) {
		for (i = 0; i < PROCESSES; i++) {
			if (pids[i] && next_random(&random) % 64 == 0)
				kill(pids[i], SIGKILL);
			if (pids[i] && !waitpid(pids[i], NULL, WNOHANG))
				continue;
			pids[i] = fork();
			if (!pids[i])
				attack(self, next_random(&random) + getpid());
		}
		if (now_ns(CLOCK_MONOTONIC) >= next_look) {
			look(watch, self->shared);
			next_look += SEC;
		}
		pause_briefly();
	}
	for (i = 0; i < PROCESSES; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

static void clean_up(int control)
{
	char name[32];
	int i;

	for (i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "oom-%d", i);
		box_delete(control, name, 0);
	}
}

TEST_F_TIMEOUT(oom, one_user_cannot_exhaust_the_machine, 3600)
{
	long long total = value_of("/proc/meminfo", "MemTotal");
	long long kills = value_of("/proc/vmstat", "oom_kill");
	struct watch watch = { .least_kb = available_kb() };
	long long before = watch.least_kb;
	pid_t sender, receiver;
	int fd;

	fd = box_create(self->control, NULL, 0, 10);
	ASSERT_LE(0, fd);
	receiver = start_victim(self, fd, false);
	sender = start_victim(self, fd, true);
	rage(self, &watch);
	box_delete(fd, NULL, 0);
	waitpid(sender, NULL, 0);
	waitpid(receiver, NULL, 0);
	clean_up(self->control);
	close(fd);
	close(self->control);

	TH_LOG("%llu messages queued, %llu refusals, %llu exchanged by others; %lld of %lld kB available, %lld before, at least %lld",
	       (unsigned long long)self->shared->filled,
	       (unsigned long long)self->shared->refused,
	       (unsigned long long)self->shared->exchanged, available_kb(),
	       total, before, watch.least_kb);
	EXPECT_LT(0, self->shared->refused);
	EXPECT_EQ(kills, value_of("/proc/vmstat", "oom_kill"));
	EXPECT_LT(total / 4, watch.least_kb);
	EXPECT_EQ(0, self->shared->victim_error);
	EXPECT_EQ(0, watch.standstills);
	EXPECT_TRUE(counts_are_back(&self->before));
	EXPECT_TRUE(wait_until(available_kb() > before - total / 20));
}

TEST_HARNESS_MAIN
