// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is in /proc/ipc_tasks and /proc/ipc_threads, and under which name. */
#include "procfs.h"

#include <sys/resource.h>

FIXTURE(proc_list) {
	int control;
};

FIXTURE_SETUP(proc_list)
{
	OPEN_CONTROL(self->control);
}

FIXTURE_TEARDOWN(proc_list)
{
	close(self->control);
}

/* ------------------------------------------------------------- processes */

static bool is_number(const char *name)
{
	return *name >= '1' && *name <= '9';
}

/* Each number that a directory of /proc has lists exactly once. */
static void expect_listed(struct __test_metadata *_metadata, const char *dir,
			  const char *file)
{
	char path[sizeof("/proc/self/task/") + NAME_MAX];
	struct dirent *entry;
	struct table table;
	DIR *d;

	d = opendir(dir);
	ASSERT_TRUE(d);
	ASSERT_TRUE(table_read(&table, file));
	while ((entry = readdir(d))) {
		int count;

		if (!is_number(entry->d_name))
			continue;
		count = table_count(&table, atoi(entry->d_name));
		EXPECT_GE(1, count);
		/* It may have come after, or have gone before. */
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (!count && !access(path, F_OK) && table_read(&table, file)) {
			count = table_count(&table, atoi(entry->d_name));
			EXPECT_TRUE(count == 1 || access(path, F_OK));
		}
	}
	closedir(d);
	table_free(&table);
}

TEST_F(proc_list, all_that_proc_has)
{
	expect_listed(_metadata, "/proc", IPC_TASKS);
}

TEST_F(proc_list, processes_are_all_in_proc)
{
	const char *row = NULL;
	struct table table;
	char dir[32];

	ASSERT_TRUE(table_read(&table, IPC_TASKS));
	while ((row = table_next(&table, row))) {
		snprintf(dir, sizeof(dir), "/proc/%lld",
			 strtoll(row, NULL, 10));
		/* Whoever has gone since is gone from here, too. */
		if (access(dir, F_OK))
			EXPECT_STREQ("",
				     lookup(IPC_TASKS, atoi(dir + 6), "state"));
	}
	table_free(&table);
}

TEST_F(proc_list, kernel_threads)
{
	char comm[32];
	FILE *f = fopen("/proc/2/comm", "re");

	/* Another pid namespace may have none. */
	if (!f || !fgets(comm, sizeof(comm), f) || strcmp(comm, "kthreadd\n"))
		SKIP(return, "no kernel thread to see here");
	fclose(f);
	EXPECT_TRUE(shows(IPC_TASKS, 2, "comm", "kthreadd"));
	EXPECT_TRUE(shows(IPC_TASKS, 2, "ppid", "0"));
	EXPECT_TRUE(shows(IPC_TASKS, 2, "vsize", "0"));
	EXPECT_TRUE(shows(IPC_TASKS, 2, "rss", "0"));
	EXPECT_TRUE(shows(IPC_TASKS, 2, "op", "-"));
	EXPECT_TRUE(shows(IPC_THREADS, 2, "tgid", "2"));
}

TEST_F(proc_list, on_which_cpu)
{
	cpu_set_t set;
	int cpu;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(set), &set));
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		cpu_set_t one;
		char nr[16];

		if (!CPU_ISSET(cpu, &set))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
		snprintf(nr, sizeof(nr), "%d", cpu);
		EXPECT_TRUE(shows(IPC_TASKS, getpid(), "cpu", nr));
	}
}

TEST_F(proc_list, who_runs)
{
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "state", "R"));
}

/* --------------------------------------------------------------- threads */

struct sleeper {
	pthread_t thread;
	pid_t tid;
	const char *name;
};

static void *sleep_on(void *arg)
{
	struct sleeper *sleeper = arg;

	prctl(PR_SET_NAME, sleeper->name);
	__atomic_store_n(&sleeper->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	for (;;)
		pause();
	return NULL;
}

static void start_sleepers(struct sleeper *sleeper, int nr)
{
	while (nr--) {
		sleeper->tid = 0;
		if (pthread_create(&sleeper->thread, NULL, sleep_on, sleeper))
			abort();
		if (!wait_asleep(&sleeper->tid))
			abort();
		sleeper++;
	}
}

TEST_F(proc_list, threads)
{
	struct sleeper sleepers[3] = {
		{ .name = "one" },
		{ .name = "two" },
		{ .name = "three" },
	};
	struct table table;
	int i;

	start_sleepers(sleepers, 3);
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "threads", "4"));
	expect_listed(_metadata, "/proc/self/task", IPC_THREADS);
	ASSERT_TRUE(table_read(&table, IPC_THREADS));
	for (i = 0; i < 3; i++) {
		const char *row = table_find(&table, sleepers[i].tid);
		char name[16] = "";

		EXPECT_EQ(1, table_count(&table, sleepers[i].tid));
		EXPECT_EQ(getpid(), table_number(&table, row, "tgid"));
		EXPECT_TRUE(
			table_text(&table, row, "comm", name, sizeof(name)));
		EXPECT_STREQ(sleepers[i].name, name);
		EXPECT_TRUE(
			table_text(&table, row, "state", name, sizeof(name)));
		EXPECT_STREQ("S", name);
		/* A thread is not a process. */
		EXPECT_STREQ("", lookup(IPC_TASKS, sleepers[i].tid, "state"));
	}
	table_free(&table);
}

/* The first thread exits, the process lives on in another. */
static void leave_a_thread(int fd)
{
	struct sleeper *sleeper = malloc(sizeof(*sleeper));

	sleeper->name = "rest";
	start_sleepers(sleeper, 1);
	if (write(fd, &sleeper->tid, sizeof(sleeper->tid)) < 0)
		abort();
	syscall(SYS_exit, 0);
}

TEST_F(proc_list, first_thread_has_exited)
{
	int fds[2], box = box_create(self->control, NULL, 0, 1);
	pid_t pid, tid;
	char nr[32];

	ASSERT_LE(0, box);
	ASSERT_EQ(0, pipe(fds));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		leave_a_thread(fds[1]);
	}
	ASSERT_EQ((ssize_t)sizeof(tid), read(fds[0], &tid, sizeof(tid)));
	ASSERT_TRUE(wait_zombie(pid));

	EXPECT_TRUE(shows(IPC_TASKS, pid, "state", "Z"));
	EXPECT_TRUE(shows(IPC_TASKS, pid, "threads", "2"));
	EXPECT_TRUE(shows(IPC_THREADS, pid, "state", "Z"));
	EXPECT_TRUE(shows(IPC_THREADS, tid, "state", "S"));
	snprintf(nr, sizeof(nr), "%d", pid);
	EXPECT_TRUE(shows(IPC_THREADS, tid, "tgid", nr));
	/* Its files are as open as before. */
	EXPECT_TRUE(shows(IPC_TASKS, pid, "handles", "1"));
	snprintf(nr, sizeof(nr), "/proc/%d/task", pid);
	expect_listed(_metadata, nr, IPC_THREADS);

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	box_delete(box, NULL, 0);
}

/* --------------------------------------------------- children and files */

TEST_F(proc_list, children)
{
	pid_t pids[5];
	int i;

	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "children", "0"));
	for (i = 0; i < 5; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			pause();
			_exit(0);
		}
	}
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "children", "5"));
	EXPECT_TRUE(shows(IPC_TASKS, pids[0], "children", "0"));

	/* One that nobody has waited for counts still. */
	kill(pids[0], SIGKILL);
	ASSERT_TRUE(wait_zombie(pids[0]));
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "children", "5"));
	for (i = 0; i < 5; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "children", "0"));
}

/* One more is open while the file is read. */
static long long files_now(void)
{
	return strtoll(lookup(IPC_TASKS, getpid(), "files"), NULL, 10) - 1;
}

TEST_F(proc_list, files)
{
	/* One is the directory itself. */
	int before = dir_entries("/proc/self", "fd") - 1;
	int fds[2];

	EXPECT_EQ(before, files_now());
	ASSERT_EQ(0, pipe(fds));
	EXPECT_EQ(before + 2, files_now());
	close(fds[0]);
	EXPECT_EQ(before + 1, files_now());
}

/* More than are counted in one go, far apart. */
TEST_F(proc_list, many_files)
{
	const struct rlimit limit = { 4096, 4096 };
	int before, i, box = box_create(self->control, NULL, 0, 1);

	ASSERT_LE(0, box);
	if (setrlimit(RLIMIT_NOFILE, &limit))
		SKIP(goto out, "not allowed 4096 files");
	before = files_now();
	for (i = 0; i < 1000; i++)
		ASSERT_LE(0, dup(i % 2 ? box : self->control));
	ASSERT_EQ(4095, dup2(box, 4095));
	EXPECT_EQ(before + 1001, files_now());
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "handles", "502"));
out:
	box_delete(box, NULL, 0);
}

/* -------------------------------------------------------------------- comm */

FIXTURE(comm) {
	int control;
};

FIXTURE_VARIANT(comm)
{
	const char *comm;
	const char *shown;
};

FIXTURE_VARIANT_ADD(comm, plain){ "plain", "plain" };
FIXTURE_VARIANT_ADD(comm, blank){ "a b", "a\\040b" };
FIXTURE_VARIANT_ADD(comm, backslash){ "a\\b", "a\\134b" };
FIXTURE_VARIANT_ADD(comm, control){ "\t\n\001\037\177",
				    "\\011\\012\\001\\037\\177" };
FIXTURE_VARIANT_ADD(comm, utf8){ "b\303\274chse", "b\303\274chse" };
FIXTURE_VARIANT_ADD(comm, empty){ "", "-" };
FIXTURE_VARIANT_ADD(comm, dash){ "-", "\\055" };
FIXTURE_VARIANT_ADD(comm, longest){
	"               ",
	"\\040\\040\\040\\040\\040\\040\\040\\040\\040\\040\\040\\040\\040\\040\\040"
};

FIXTURE_SETUP(comm)
{
	OPEN_CONTROL(self->control);
	ASSERT_EQ(0, prctl(PR_SET_NAME, variant->comm));
}

FIXTURE_TEARDOWN(comm)
{
	close(self->control);
}

TEST_F(comm, escaped)
{
	EXPECT_STREQ(variant->shown, lookup(IPC_TASKS, getpid(), "comm"));
	EXPECT_STREQ(variant->shown, lookup(IPC_THREADS, getpid(), "comm"));
}

TEST_HARNESS_MAIN
