// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Servers that call one another at random, and are killed at any moment.  Whoever is
 * refused is told a cycle in which each calls the mailbox of the next; those who only
 * call who never calls back are not refused; and nothing is left.
 *
 * DEADLOCK_STORM_ROUNDS says how often somebody is killed in each test.
 */
#include "calls.h"

#include <stddef.h>

#define SERVERS 5
#define ROUNDS 60

struct server {
	pid_t pid;
	__u64 box;
	__u32 refused;
	__u32 answered;
	__u32 wrong;
};

struct storm {
	bool uphill; /* each calls only those behind it */
	bool over;
	struct server server[SERVERS];
};

FIXTURE(storm) {
	int control;
	struct storm *storm;
	struct counts before;
};

FIXTURE_SETUP(storm)
{
	OPEN_CONTROL(self->control);
	self->before = counts_now();
	self->storm = mmap(NULL, sizeof(*self->storm), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->storm);
}

FIXTURE_TEARDOWN(storm)
{
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* -------------------------------------------------------------------- a server */

/* Its mailbox goes before the next process comes: see rage(). */
static bool is_served_by(const struct storm *storm, __u64 box, pid_t pid)
{
	const struct server *server;
	pid_t now;

	for (server = storm->server; server < storm->server + SERVERS;
	     server++) {
		now = __atomic_load_n(&server->pid, __ATOMIC_ACQUIRE);
		if (__atomic_load_n(&server->box, __ATOMIC_ACQUIRE) == box)
			return now == pid;
	}
	return true;
}

/* What is told starts with the caller, and leads from each to the next. */
static bool is_right(const struct storm *storm, const struct mbx_cycle *cycle,
		     __u64 called)
{
	__u32 i, nr = cycle->out_nr;

	if (!nr || nr > SERVERS || cycle->links[0].pid != getpid() ||
	    cycle->links[0].box != called)
		return false;
	for (i = 0; i < nr; i++)
		if (!is_served_by(storm, cycle->links[i].box,
				  cycle->links[(i + 1) % nr].pid))
			return false;
	return true;
}

static void call_somebody(struct storm *storm, struct server *me, int control,
			  __u64 *random)
{
	const __u32 nr = me - storm->server;
	struct mbx_cycle cycle = { .size = sizeof(cycle), .nr = MBX_CYCLE_MAX };
	__u32 number = nr, to = next_random(random) % SERVERS;
	struct mbx_call arg;
	__u64 box;
	int fd;

	if (storm->uphill && to <= nr)
		return;
	box = __atomic_load_n(&storm->server[to].box, __ATOMIC_ACQUIRE);
	fd = box ? box_open(control, NULL, box, MBX_OPEN_SEND) : -1;
	if (fd < 0)
		return;
	init_call(&arg, &number, sizeof(number), &number, sizeof(number));
	arg.cycle_ptr = (uintptr_t)&cycle;
	arg.deadline =
		now_ns(CLOCK_MONOTONIC) + next_random(random) % (5 * MSEC);
	if (!ioctl(fd, MBX_IOC_CALL, &arg)) {
		me->answered++;
	} else if (errno == EDEADLK) {
		me->refused++;
		me->wrong += storm->uphill || arg.out_seq ||
			     !is_right(storm, &cycle, box);
	} else if (errno != ETIMEDOUT && errno != EPIPE && errno != EIDRM &&
		   errno != EOWNERDEAD) {
		me->wrong++;
	}
	close(fd);
}

/* Takes a call, and may call somebody before it replies. */
static void serve(struct storm *storm, struct server *me, int control, int fd,
		  __u64 *random)
{
	struct mbx_receive got;
	__u32 number;

	init_receive(&got, &number, sizeof(number), 0);
	got.deadline = now_ns(CLOCK_MONOTONIC) + MSEC;
	if (ioctl(fd, MBX_IOC_RECEIVE, &got))
		return;
	if (next_random(random) % 2)
		call_somebody(storm, me, control, random);
	reply_number(fd, got.out_seq, number + 1);
}

static void server_run(struct storm *storm, __u32 nr, int control)
{
	struct server *me = &storm->server[nr];
	int fd = box_create(control, NULL, MBX_CREATE_OWNED, 4);
	__u64 random = getpid();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	__atomic_store_n(&me->pid, getpid(), __ATOMIC_RELEASE);
	__atomic_store_n(&me->box, box_id(fd), __ATOMIC_RELEASE);
	while (!__atomic_load_n(&storm->over, __ATOMIC_RELAXED)) {
		if (next_random(&random) % 3)
			serve(storm, me, control, fd, &random);
		else
			call_somebody(storm, me, control, &random);
	}
	_exit(0);
}

/* ------------------------------------------------------------------- the storm */

static pid_t server_begin(struct storm *storm, __u32 nr, int control)
{
	pid_t pid = fork();

	if (!pid)
		server_run(storm, nr, control);
	if (pid < 0)
		abort();
	return pid;
}

static void rage(struct storm *storm, int control)
{
	const char *text = getenv("DEADLOCK_STORM_ROUNDS");
	const long rounds = text ? atol(text) : ROUNDS;
	pid_t pids[SERVERS];
	__u64 random = 1;
	long round;
	__u32 i;

	for (i = 0; i < SERVERS; i++)
		pids[i] = server_begin(storm, i, control);
	for (round = 0; round < rounds; round++) {
		usleep(next_random(&random) % 20000);
		i = next_random(&random) % SERVERS;
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
		__atomic_store_n(&storm->server[i].box, 0, __ATOMIC_RELEASE);
		pids[i] = server_begin(storm, i, control);
	}
	__atomic_store_n(&storm->over, true, __ATOMIC_RELAXED);
	for (i = 0; i < SERVERS; i++)
		waitpid(pids[i], NULL, 0);
}

static __u32 sum(const struct storm *storm, size_t member)
{
	__u32 i, all = 0;

	for (i = 0; i < SERVERS; i++)
		all += *(const __u32 *)((const char *)&storm->server[i] +
					member);
	return all;
}

TEST_F(storm, at_random)
{
	rage(self->storm, self->control);
	EXPECT_EQ(0, sum(self->storm, offsetof(struct server, wrong)));
	EXPECT_LT(0, sum(self->storm, offsetof(struct server, refused)));
	EXPECT_LT(0, sum(self->storm, offsetof(struct server, answered)));
	TH_LOG("%u calls were answered, %u refused",
	       sum(self->storm, offsetof(struct server, answered)),
	       sum(self->storm, offsetof(struct server, refused)));
}

TEST_F(storm, uphill)
{
	self->storm->uphill = true;
	rage(self->storm, self->control);
	EXPECT_EQ(0, sum(self->storm, offsetof(struct server, wrong)));
	EXPECT_EQ(0, sum(self->storm, offsetof(struct server, refused)));
	EXPECT_LT(0, sum(self->storm, offsetof(struct server, answered)));
}

TEST_HARNESS_MAIN
