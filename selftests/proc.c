// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The form of the files in /proc, and that what /proc/PID tells too agrees with
 * it: for threads and processes in every state.
 */
#include "procfs.h"

#include <sys/stat.h>

/* ------------------------------------------------------------------- form */

FIXTURE(proc_form) {
	struct table table;
};

FIXTURE_VARIANT(proc_form)
{
	const char *file;
	const char *header;
};

/* Columns may only be added, at the end. */
#define TASKS_HEADER                                                    \
	"#ipc_tasks/1 tgid ppid state uid policy prio nice cpu threads" \
	" utime stime vruntime runtime nvcsw nivcsw minflt majflt"      \
	" vsize rss files children start comm owned handles"            \
	" sent received bytes_sent bytes_received"                      \
	" op mailbox name since deadline donor waits_for"

#define THREADS_HEADER                                             \
	"#ipc_threads/1 tid tgid state policy prio nice cpu"       \
	" utime stime vruntime runtime nvcsw nivcsw minflt majflt" \
	" start comm sent received bytes_sent bytes_received"      \
	" op mailbox name since deadline donor waits_for"

#define MAILBOXES_HEADER                                                       \
	"#ipc_mailboxes/1 id name kind capacity depth bytes msg_max"           \
	" mode uid gid owner handles senders receivers sender_pids"            \
	" receiver_pids sent received bytes_sent bytes_received"               \
	" high_water creator creator_comm created policy state lost successor" \
	" full callers leased returned dead_letters duplicates dead_letter"    \
	" caller_pids server_pids fds"

FIXTURE_VARIANT_ADD(proc_form, tasks){ IPC_TASKS, TASKS_HEADER };
FIXTURE_VARIANT_ADD(proc_form, threads){ IPC_THREADS, THREADS_HEADER };
FIXTURE_VARIANT_ADD(proc_form, mailboxes){ IPC_MAILBOXES, MAILBOXES_HEADER };

FIXTURE_SETUP(proc_form)
{
	int control;

	OPEN_CONTROL(control);
	/* At least one row everywhere. */
	ASSERT_LE(0, box_create(control, NULL, MBX_CREATE_OWNED, 1));
	ASSERT_TRUE(table_read(&self->table, variant->file));
}

FIXTURE_TEARDOWN(proc_form)
{
	table_free(&self->table);
}

TEST_F(proc_form, header)
{
	EXPECT_EQ(0, strncmp(variant->header, self->table.header,
			     strlen(variant->header)));
}

TEST_F(proc_form, every_row_has_every_value)
{
	const char *row = NULL, *c;
	int columns = 0, rows = 0;

	for (c = self->table.header; *c; c++)
		columns += *c == ' ';
	while ((row = table_next(&self->table, row))) {
		int values = 1;

		for (c = row; *c != '\n'; c++) {
			ASSERT_NE('\0', *c);
			/* Single blanks, between values only. */
			EXPECT_FALSE(*c == ' ' &&
				     (c == row || c[1] == ' ' || c[1] == '\n'));
			values += *c == ' ';
		}
		EXPECT_EQ(columns, values);
		rows++;
	}
	EXPECT_LE(1, rows);
}

TEST_F(proc_form, rows_ascend)
{
	const char *row = NULL;
	long long last = 0;

	while ((row = table_next(&self->table, row))) {
		EXPECT_LT(last, strtoll(row, NULL, 10));
		last = strtoll(row, NULL, 10);
	}
}

TEST_F(proc_form, for_reading_only)
{
	struct stat st;
	int fd;

	ASSERT_EQ(0, stat(variant->file, &st));
	EXPECT_EQ(S_IFREG | 0444, st.st_mode);

	fd = open(variant->file, O_WRONLY | O_CLOEXEC);
	/* Root may open anything. */
	EXPECT_TRUE(fd < 0 ? errno == EACCES :
			     write(fd, "x", 1) < 0 && errno == EIO);
}

TEST_F(proc_form, no_writing_for_others)
{
	struct child child;

	NEED_ROOT();
	if (!child_start(&child)) {
		CHECK(!become(1000, 1000, 0));
		CHECK_ERRNO(EACCES, open(variant->file, O_WRONLY));
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* -------------------------------------------------------------- agreement */

enum source { STAT, STATM, SCHEDSTAT, STATUS };

static const char *const source_files[] = {
	[STAT] = "stat",
	[STATM] = "statm",
	[SCHEDSTAT] = "schedstat",
	[STATUS] = "status",
};

#define TICK 10000000 /* clock ticks in /proc are 1/100 s */

static const struct agreement {
	const char *column;
	enum source source;
	int field;
	const char *label;
	long long unit;
} agreements[] = {
	{ "ppid", STAT, 4, NULL, 1 },
	{ "minflt", STAT, 10, NULL, 1 },
	{ "majflt", STAT, 12, NULL, 1 },
	{ "utime", STAT, 14, NULL, TICK },
	{ "stime", STAT, 15, NULL, TICK },
	{ "prio", STAT, 18, NULL, 1 },
	{ "nice", STAT, 19, NULL, 1 },
	{ "threads", STAT, 20, NULL, 1 },
	{ "start", STAT, 22, NULL, TICK },
	{ "vsize", STAT, 23, NULL, 1 },
	/* The one in stat is only about right since 6.2. */
	{ "rss", STATM, 2, NULL, 4096 },
	{ "cpu", STAT, 39, NULL, 1 },
	{ "policy", STAT, 41, NULL, 1 },
	{ "runtime", SCHEDSTAT, 1, NULL, 1 },
	{ "uid", STATUS, 0, "Uid:", 1 },
	{ "nvcsw", STATUS, 0, "\nvoluntary_ctxt_switches:", 1 },
	{ "nivcsw", STATUS, 0, "\nnonvoluntary_ctxt_switches:", 1 },
};

/* Accounting of the scheduler may be left out of a kernel. */
static bool left_out(const char *dir, enum source source)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, source_files[source]);
	return source == SCHEDSTAT && access(path, F_OK);
}

static bool agrees(const struct agreement *a, const struct table *table,
		   const char *row, const char *dir, bool print)
{
	const char *file = source_files[a->source];
	long long ours = table_number(table, row, a->column);
	long long theirs = a->label ? proc_labelled(dir, file, a->label) :
				      proc_field(dir, file, a->field);

	/* /proc/ipc_threads lacks what is not a thread's. */
	if (proc_column(table->header, a->column) < 0 ||
	    left_out(dir, a->source))
		return true;
	if (ours != NO_NUMBER && theirs != NO_NUMBER &&
	    ours / a->unit == theirs)
		return true;
	if (print)
		fprintf(stderr, "# %s: %s is %lld, %s/%s says %lld\n", dir,
			a->column, ours, dir, file, theirs);
	return false;
}

/* sched shows it in milliseconds with six digits behind the point. */
static bool vruntime_agrees(const struct table *table, const char *row,
			    const char *dir)
{
	char path[64], *text, *found;
	long long ms = 0, ns = 0;

	snprintf(path, sizeof(path), "%s/sched", dir);
	text = slurp(path, 4096);
	found = text ? strstr(text, "se.vruntime") : NULL;
	found = found ? strchr(found, ':') : NULL;
	/* Debugging of the scheduler may be left out of a kernel. */
	if (!found) {
		free(text);
		return access(path, F_OK) != 0;
	}
	sscanf(found, ": %lld.%lld", &ms, &ns);
	free(text);
	return table_number(table, row, "vruntime") == ms * 1000000 + ns;
}

/* Everything at once, so that nothing changes in between. */
static bool all_agree(const char *file, long long id, const char *dir,
		      bool print)
{
	struct table table = {};
	const char *row = NULL;
	bool all = true;
	unsigned int i;

	if (table_read(&table, file))
		row = table_find(&table, id);
	for (i = 0; i < ARRAY_SIZE(agreements); i++)
		all &= row && agrees(&agreements[i], &table, row, dir, print);
	all = all && vruntime_agrees(&table, row, dir);
	table_free(&table);
	return all;
}

/* A task that has stopped still needs a moment until it is off its CPU. */
#define EXPECT_AGREEMENT(file, id, dir)                              \
	do {                                                         \
		if (!wait_until(all_agree(file, id, dir, false)))    \
			EXPECT_TRUE(all_agree(file, id, dir, true)); \
	} while (0)

/* ---------------------------------------------------------------- targets */

static void burn(unsigned int ms)
{
	__u64 end = now_ns(CLOCK_PROCESS_CPUTIME_ID) + ms * MSEC;

	while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < end)
		getppid();
}

#define PAST_THREADS 3
#define THREAD_MS 50

static void *burn_thread(void *arg)
{
	char *memory = malloc(1 << 20);

	memset(memory, 1, 1 << 20);
	burn(THREAD_MS);
	free(memory);
	return arg;
}

static void use_little(void)
{
}

static void use_time(void)
{
	burn(100);
}

/* Its time and faults live on in the process. */
static void use_threads(void)
{
	pthread_t thread;
	int i;

	for (i = 0; i < PAST_THREADS; i++) {
		pthread_create(&thread, NULL, burn_thread, NULL);
		pthread_join(thread, NULL);
	}
}

static void be_nice(void)
{
	if (nice(7) < 0)
		abort();
}

static void be_realtime(void)
{
	const struct sched_param param = { .sched_priority = 13 };

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		abort();
}

static void be_other(void)
{
	if (become(1000, 1000, 0))
		abort();
}

static void be_batch(void)
{
	if (sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){}))
		abort();
}

FIXTURE(target) {
	pid_t pid;
	char dir[64];
};

FIXTURE_VARIANT(target)
{
	void (*prepare)(void);
	bool root;
};

FIXTURE_VARIANT_ADD(target, fresh){ .prepare = use_little };
FIXTURE_VARIANT_ADD(target, worked){ .prepare = use_time };
FIXTURE_VARIANT_ADD(target, past_threads){ .prepare = use_threads };
FIXTURE_VARIANT_ADD(target, nice){ .prepare = be_nice };
FIXTURE_VARIANT_ADD(target, batch){ .prepare = be_batch };
FIXTURE_VARIANT_ADD(target, realtime){ .prepare = be_realtime, .root = true };
FIXTURE_VARIANT_ADD(target, other_user){ .prepare = be_other, .root = true };

FIXTURE_SETUP(target)
{
	int control;

	OPEN_CONTROL(control);
	if (variant->root)
		NEED_ROOT();
	self->pid = fork();
	ASSERT_LE(0, self->pid);
	if (!self->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		variant->prepare();
		raise(SIGSTOP);
		_exit(0);
	}
	snprintf(self->dir, sizeof(self->dir), "/proc/%d", self->pid);
	ASSERT_EQ(self->pid, waitpid(self->pid, NULL, WUNTRACED));
}

FIXTURE_TEARDOWN(target)
{
	kill(self->pid, SIGKILL);
	waitpid(self->pid, NULL, 0);
}

TEST_F(target, process_agrees)
{
	EXPECT_AGREEMENT(IPC_TASKS, self->pid, self->dir);
	EXPECT_TRUE(shows(IPC_TASKS, self->pid, "state", "T"));
}

TEST_F(target, thread_agrees)
{
	char dir[80];

	snprintf(dir, sizeof(dir), "%s/task/%d", self->dir, self->pid);
	EXPECT_AGREEMENT(IPC_THREADS, self->pid, dir);
	EXPECT_TRUE(shows(IPC_THREADS, self->pid, "state", "T"));
}

TEST_F(target, zombie_agrees)
{
	kill(self->pid, SIGKILL);
	ASSERT_TRUE(wait_zombie(self->pid));
	EXPECT_AGREEMENT(IPC_TASKS, self->pid, self->dir);
	EXPECT_TRUE(shows(IPC_TASKS, self->pid, "state", "Z"));
}

/* Before anybody has asked /proc/PID, which makes both remember its answer. */
TEST(time_of_past_threads)
{
	struct table table = {};
	const char *row;
	int control;
	pid_t pid;

	OPEN_CONTROL(control);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		use_threads();
		raise(SIGSTOP);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, NULL, WUNTRACED));
	ASSERT_TRUE(table_read(&table, IPC_TASKS));
	row = table_find(&table, pid);
	EXPECT_LE((long long)(PAST_THREADS * THREAD_MS * MSEC),
		  table_number(&table, row, "utime") +
			  table_number(&table, row, "stime"));
	/* They called the kernel all the time. */
	EXPECT_LT(0, table_number(&table, row, "stime"));
	table_free(&table);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_HARNESS_MAIN
