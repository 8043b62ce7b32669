// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Listing while processes and threads come, go and change, and very many of
 * them: whoever is there all the time is listed exactly once, each time.
 */
#include "procfs.h"

#include <sys/resource.h>

#define NR_STABLE 32
#define NR_STORMS 4
#define NR_PASSES 25

/* Written by one side, read by the other. */
struct shared {
	bool stop;
	unsigned long turns[NR_STORMS];
	pid_t pids[NR_STABLE];
};

static void *map_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memory;
}

static bool stopped(const struct shared *shared)
{
	return __atomic_load_n(&shared->stop, __ATOMIC_ACQUIRE);
}

/* ---------------------------------------------------------------- checking */

/* False unless rows ascend and each is whole. */
static bool well_formed(const struct table *table)
{
	const char *row = NULL, *c;
	long long last = 0;
	int columns = 0;

	for (c = table->header; *c; c++)
		columns += *c == ' ';
	while ((row = table_next(table, row))) {
		int values = 1;

		if (strtoll(row, NULL, 10) <= last)
			return false;
		last = strtoll(row, NULL, 10);
		for (c = row; *c && *c != '\n'; c++)
			values += *c == ' ';
		if (values != columns || !*c)
			return false;
	}
	return true;
}

static void expect_pass(struct __test_metadata *_metadata, const char *file,
			size_t chunk, const pid_t *pids, int nr)
{
	struct table table;
	int i;

	ASSERT_TRUE(table_parse(&table, slurp(file, chunk)));
	EXPECT_TRUE(well_formed(&table));
	for (i = 0; i < nr; i++)
		EXPECT_EQ(1, table_count(&table, pids[i]));
	table_free(&table);
}

/* Enough passes, and enough of the storm during them. */
static void expect_passes(struct __test_metadata *_metadata, const char *file,
			  size_t chunk, const struct shared *shared)
{
	unsigned long before[NR_STORMS];
	int i;

	memcpy(before, shared->turns, sizeof(before));
	for (i = 0; i < NR_PASSES; i++)
		expect_pass(_metadata, file, chunk, shared->pids, NR_STABLE);
	for (i = 0; i < NR_STORMS; i++)
		EXPECT_TRUE(wait_until(before[i] + 5 < shared->turns[i]));
}

/* ------------------------------------------------------------------- storms */

static void *exit_thread(void *arg)
{
	return arg;
}

/* Children, each with a thread that outlives its first one or does not. */
static void fork_storm(struct shared *shared, int nr)
{
	while (!stopped(shared)) {
		pid_t pid = fork();

		if (!pid) {
			pthread_t thread;

			pthread_create(&thread, NULL, exit_thread, NULL);
			if (shared->turns[nr] % 2)
				syscall(SYS_exit, 0);
			_exit(0);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
		shared->turns[nr]++;
	}
	_exit(0);
}

static void thread_storm(struct shared *shared, int nr)
{
	while (!stopped(shared)) {
		pthread_t threads[4];
		int i;

		for (i = 0; i < 4; i++)
			pthread_create(&threads[i], NULL, exit_thread, NULL);
		for (i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
		shared->turns[nr]++;
	}
	_exit(0);
}

FIXTURE(storm) {
	int control;
	struct shared *shared;
	pid_t storms[NR_STORMS];
};

FIXTURE_VARIANT(storm)
{
	void (*storm)(struct shared * shared, int nr);
	const char *file;
	size_t chunk;
};

FIXTURE_VARIANT_ADD(storm, forks_tasks_7){ fork_storm, IPC_TASKS, 7 };
FIXTURE_VARIANT_ADD(storm, forks_tasks_256){ fork_storm, IPC_TASKS, 256 };
FIXTURE_VARIANT_ADD(storm, forks_tasks_64k){ fork_storm, IPC_TASKS, 65536 };
FIXTURE_VARIANT_ADD(storm, forks_threads_256){ fork_storm, IPC_THREADS, 256 };
FIXTURE_VARIANT_ADD(storm, threads_tasks_256){ thread_storm, IPC_TASKS, 256 };
FIXTURE_VARIANT_ADD(storm, threads_threads_7){ thread_storm, IPC_THREADS, 7 };
FIXTURE_VARIANT_ADD(storm, threads_threads_64k){ thread_storm, IPC_THREADS,
						 65536 };

static pid_t start(void (*run)(struct shared *shared, int nr),
		   struct shared *shared, int nr)
{
	pid_t pid = fork();

	if (pid < 0)
		abort();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run(shared, nr);
	}
	return pid;
}

static void stay(struct shared *shared, int nr)
{
	(void)shared;
	(void)nr;
	for (;;)
		pause();
}

FIXTURE_SETUP(storm)
{
	int i;

	OPEN_CONTROL(self->control);
	self->shared = map_shared(sizeof(*self->shared));
	/* Some before the storm, some amidst it. */
	for (i = 0; i < NR_STABLE / 2; i++)
		self->shared->pids[i] = start(stay, self->shared, 0);
	for (i = 0; i < NR_STORMS; i++)
		self->storms[i] = start(variant->storm, self->shared, i);
	for (i = NR_STABLE / 2; i < NR_STABLE; i++)
		self->shared->pids[i] = start(stay, self->shared, 0);
}

FIXTURE_TEARDOWN(storm)
{
	int i;

	__atomic_store_n(&self->shared->stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < NR_STORMS; i++)
		waitpid(self->storms[i], NULL, 0);
	for (i = 0; i < NR_STABLE; i++) {
		kill(self->shared->pids[i], SIGKILL);
		waitpid(self->shared->pids[i], NULL, 0);
	}
}

TEST_F_TIMEOUT(storm, stable_ones_are_listed_once, 120)
{
	expect_passes(_metadata, variant->file, variant->chunk, self->shared);
}

/* -------------------------------------------------------------------- exec */

#define EXEC_LEFT "KSFT_EXEC_LEFT"

static void *exec_self(void *arg)
{
	execl("/proc/self/exe", "proc_storm", NULL);
	return arg;
}

/*
 * With the variable set this program does nothing but to execute itself again,
 * from a second thread, which takes over the id of the first one.
 */
__attribute__((constructor)) static void exec_again(void)
{
	const char *left = getenv(EXEC_LEFT);
	pthread_t thread;
	char value[16];

	if (!left)
		return;
	if (!atoi(left))
		_exit(0);
	snprintf(value, sizeof(value), "%d", atoi(left) - 1);
	setenv(EXEC_LEFT, value, 1);
	pthread_create(&thread, NULL, exec_self, NULL);
	for (;;)
		pause();
}

TEST(exec_in_another_thread)
{
	int control, status;
	pid_t pid;

	OPEN_CONTROL(control);
	close(control);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv(EXEC_LEFT, "150", 1);
		exec_self(NULL);
		_exit(1);
	}
	/* It is there until it has been waited for, as a zombie in the end. */
	while (thread_state(pid) != 'Z')
		expect_pass(_metadata, IPC_TASKS, 4096, &pid, 1);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
