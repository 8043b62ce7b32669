// SPDX-License-Identifier: GPL-2.0-or-later
/* Ten thousand processes in one pass. */
#include "procfs.h"

#include <linux/sched.h>

#define NR_PROCESSES 10000

/* Memory for a process that shares all it can with its parent. */
#define PROCESS_BYTES (48ULL << 10)

/* The dynamic linker alone may take some kilobytes. */
#define STACK_SIZE (16ULL << 10)

#define THREADS_MAX "/proc/sys/kernel/threads-max"
#define PID_MAX "/proc/sys/kernel/pid_max"

FIXTURE(many) {
	int control;
	long long threads_max;
	long long pid_max;
	char *stacks;
	pid_t *pids;
	int nr;
};

static bool has_memory(void)
{
	long long free_kb = proc_labelled("/proc", "meminfo", "MemAvailable:");

	return free_kb * 1024 >
	       (long long)(NR_PROCESSES * PROCESS_BYTES * 5 / 4);
}

static bool raise_limit(const char *file, long long *before)
{
	*before = read_number(file);
	return *before >= 2 * NR_PROCESSES ||
	       !write_number(file, 2 * NR_PROCESSES);
}

/* Shares the parent's memory: touches nothing but its own small stack. */
static int stay(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
	return 0;
}

static pid_t start_small(char *stack)
{
	return clone(stay, stack + STACK_SIZE,
		     CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, NULL);
}

FIXTURE_SETUP(many)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	if (!has_memory())
		SKIP(return, "not enough memory for %d processes",
			   NR_PROCESSES);
	if (!raise_limit(THREADS_MAX, &self->threads_max) ||
	    !raise_limit(PID_MAX, &self->pid_max))
		SKIP(return, "cannot raise the limit of processes");

	self->pids = calloc(NR_PROCESSES, sizeof(*self->pids));
	self->stacks = calloc(NR_PROCESSES, STACK_SIZE);
	ASSERT_TRUE(self->pids && self->stacks);
	for (self->nr = 0; self->nr < NR_PROCESSES; self->nr++) {
		pid_t pid = start_small(self->stacks + self->nr * STACK_SIZE);

		ASSERT_LE(0, pid);
		self->pids[self->nr] = pid;
	}
}

FIXTURE_TEARDOWN(many)
{
	int i;

	for (i = 0; i < self->nr; i++)
		kill(self->pids[i], SIGKILL);
	for (i = 0; i < self->nr; i++)
		waitpid(self->pids[i], NULL, 0);
	if (self->threads_max > 0)
		write_number(THREADS_MAX, self->threads_max);
	if (self->pid_max > 0)
		write_number(PID_MAX, self->pid_max);
	free(self->stacks);
	free(self->pids);
}

static int compare_pids(const void *a, const void *b)
{
	const pid_t *one = a, *two = b;

	return (*one > *two) - (*one < *two);
}

/* Both lists ascend, so that one walk over the table is enough. */
static int count_listed(struct table *table, pid_t *pids, int nr)
{
	const char *row = NULL;
	int found = 0;

	qsort(pids, nr, sizeof(*pids), compare_pids);
	while ((row = table_next(table, row)))
		if (found < nr && strtoll(row, NULL, 10) == pids[found])
			found++;
	return found;
}

static void expect_all(struct __test_metadata *_metadata, const char *file,
		       size_t chunk, pid_t *pids, int nr)
{
	__u64 start = now_ns(CLOCK_MONOTONIC);
	struct table table;

	ASSERT_TRUE(table_parse(&table, slurp(file, chunk)));
	TH_LOG("%s with %d processes, %zu bytes at a time: %llu ms", file, nr,
	       chunk, (now_ns(CLOCK_MONOTONIC) - start) / MSEC);
	EXPECT_EQ(nr, count_listed(&table, pids, nr));
	table_free(&table);
}

TEST_F_TIMEOUT(many, listed_once_each, 240)
{
	struct table table;
	const char *row;

	expect_all(_metadata, IPC_TASKS, 1 << 16, self->pids, self->nr);
	expect_all(_metadata, IPC_TASKS, 256, self->pids, self->nr);
	expect_all(_metadata, IPC_THREADS, 1 << 16, self->pids, self->nr);

	ASSERT_TRUE(table_read(&table, IPC_TASKS));
	row = table_find(&table, getpid());
	EXPECT_EQ(self->nr, table_number(&table, row, "children"));
	table_free(&table);
}

/* Accounting of the scheduler may be left out of a kernel. */
static bool runtime_same(long long runtime, const char *dir)
{
	long long theirs = proc_field(dir, "schedstat", 1);

	return theirs == NO_NUMBER ? access("/proc/1/schedstat", F_OK) :
				     runtime == theirs;
}

/* Its memory is also the test's, which does not keep still. */
static bool same_as_proc(const struct table *table, pid_t pid)
{
	const char *row = table_find(table, pid);
	char dir[32];

	snprintf(dir, sizeof(dir), "/proc/%d", pid);
	return table_number(table, row, "ppid") == proc_field(dir, "stat", 4) &&
	       table_number(table, row, "minflt") ==
		       proc_field(dir, "stat", 10) &&
	       table_number(table, row, "start") / 10000000 ==
		       proc_field(dir, "stat", 22) &&
	       runtime_same(table_number(table, row, "runtime"), dir) &&
	       table_number(table, row, "nvcsw") ==
		       proc_labelled(dir, "status",
				     "\nvoluntary_ctxt_switches:");
}

TEST_F_TIMEOUT(many, values_agree, 240)
{
	struct table table;
	int i;

	for (i = 0; i < self->nr; i += 97) {
		const pid_t pid = self->pids[i];

		ASSERT_TRUE(wait_until(thread_state(pid) == 'S'));
	}
	ASSERT_TRUE(table_read(&table, IPC_TASKS));
	for (i = 0; i < self->nr; i += 97)
		EXPECT_TRUE(same_as_proc(&table, self->pids[i]));
	table_free(&table);
}

TEST_HARNESS_MAIN
