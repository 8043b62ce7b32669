// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tasks --check: /proc/ipc_tasks against /proc/PID.
 *
 * /proc is read before and after.  A value between the two is right.  One that
 * is not may have changed twice, so it is suspect, and looked at again; a
 * suspect that is never right in all passes is a difference.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tasks.h"

#define PASSES 20
#define NS_PER_TICK (1000000000 / sysconf(_SC_CLK_TCK))

/* clang-format off */
static const struct {
	const char *column;
	enum field field;
} compared[] = {
	{ "ppid", FIELD_PPID }, { "state", FIELD_STATE },
	{ "uid", FIELD_UID }, { "policy", FIELD_POLICY },
	{ "prio", FIELD_PRIO }, { "nice", FIELD_NICE }, { "cpu", FIELD_CPU },
	{ "threads", FIELD_THREADS }, { "utime", FIELD_UTIME },
	{ "stime", FIELD_STIME }, { "vruntime", FIELD_VRUNTIME },
	{ "runtime", FIELD_RUNTIME }, { "nvcsw", FIELD_NVCSW },
	{ "nivcsw", FIELD_NIVCSW }, { "minflt", FIELD_MINFLT },
	{ "majflt", FIELD_MAJFLT }, { "vsize", FIELD_VSIZE },
	{ "rss", FIELD_RSS }, { "files", FIELD_FILES },
	{ "children", FIELD_CHILDREN }, { "start", FIELD_START },
	{ "comm", FIELD_COMM },
};
/* clang-format on */

/**
 * struct check - one comparison
 * @threads: of /proc/ipc_threads
 * @pid: name of the column with the number
 * @before: /proc before the table was read
 * @after: and after
 * @suspects: what may be wrong
 * @table: the table
 * @wrong: differences that no race explains
 */
struct check {
	bool threads;
	const char *pid;
	struct samples before;
	struct samples after;
	struct suspects suspects;
	struct listing table;
	int wrong;
};

static char *suspect_sample(struct check *c, const struct sample *s, int field)
{
	return suspect(&c->suspects, s->process, s->pid, field,
		       s->values[FIELD_START]);
}

static bool between(int64_t value, int64_t a, int64_t b)
{
	return a <= b ? a <= value && value <= b : b <= value && value <= a;
}

static int64_t row_value(const char *text, enum field field)
{
	int64_t value;
	char *end;

	if (!text)
		return UNKNOWN;
	if (field == FIELD_STATE)
		return text[0];
	value = strtoull(text, &end, 10);
	if (*end)
		return UNKNOWN;
	/* /proc/PID/sched loses the sign of what is above -1 ms. */
	if (field == FIELD_VRUNTIME && value < 0 && value > -1000000)
		return -value;
	if (field == FIELD_UTIME || field == FIELD_STIME ||
	    field == FIELD_START)
		return value / NS_PER_TICK;
	return value;
}

static void show_value(char *buf, size_t size, enum field field, int64_t value)
{
	if (value == UNKNOWN)
		snprintf(buf, size, "nothing");
	else if (field == FIELD_STATE)
		snprintf(buf, size, "%c", (char)value);
	else
		snprintf(buf, size, "%" PRId64, value);
}

static void compare_value(struct check *c, const char *column, enum field field,
			  int64_t value, const struct sample *a,
			  const struct sample *b)
{
	char here[24], before[24], after[24], *text;

	if (between(value, a->values[field], b->values[field]))
		return;
	/* Not every kernel has /proc/PID/sched. */
	if ((field == FIELD_VRUNTIME || field == FIELD_RUNTIME) &&
	    a->values[field] == UNKNOWN)
		return;
	/*
	 * Children that are gone before /proc can be asked about them are not
	 * counted there; their page faults are, when they are reaped.
	 */
	if (field == FIELD_CHILDREN &&
	    a->values[FIELD_REAPED] != b->values[FIELD_REAPED])
		return;
	/* Rights on it may have come or gone. */
	if (value != UNKNOWN && a->values[field] != b->values[field] &&
	    (a->values[field] == UNKNOWN || b->values[field] == UNKNOWN))
		return;
	text = suspect_sample(c, a, field);
	if (!text)
		return;
	show_value(here, sizeof(here), field, value);
	show_value(before, sizeof(before), field, a->values[field]);
	show_value(after, sizeof(after), field, b->values[field]);
	snprintf(text, SUSPECT_TEXT, "%d (%s): %s is %s, /proc says %s%s%s",
		 a->pid, a->comm, column, here, before,
		 strcmp(before, after) ? " to " : "",
		 strcmp(before, after) ? after : "");
}

/*
 * Of a kernel thread /proc/PID tells the long name, which a struct task_struct
 * cuts, and what it works on after a "-" or "+".
 */
static bool same_comm(const char *here, const struct sample *s)
{
	size_t len = here ? strlen(here) : 0;
	char next = s->comm[len < strlen(s->comm) ? len : strlen(s->comm)];

	if (strncmp(here ?: "", s->comm, len))
		return false;
	return !next || (!s->values[FIELD_VSIZE] &&
			 (len == 15 || next == '-' || next == '+'));
}

static void compare_comm(struct check *c, const char *comm,
			 const struct sample *a, const struct sample *b)
{
	char *text;

	if (same_comm(comm, a) || same_comm(comm, b))
		return;
	text = suspect_sample(c, a, FIELD_COMM);
	if (text)
		snprintf(text, SUSPECT_TEXT,
			 "%d: comm is '%s', /proc says '%s'", a->pid,
			 comm ?: "", a->comm);
}

static int64_t row_number(const struct check *c, const struct row *r,
			  const char *column)
{
	return row_value(r->values[listing_column(&c->table, column)],
			 NR_FIELDS);
}

static void compare_task(struct check *c, const struct row *r, int pid)
{
	const struct sample *a = samples_find(&c->before, pid);
	const struct sample *b = samples_find(&c->after, pid);
	enum field field;
	size_t i;
	int column;

	if (!a || !b || a->values[FIELD_START] != b->values[FIELD_START])
		return;
	for (i = 0; i < ARRAY_SIZE(compared); i++) {
		column = listing_column(&c->table, compared[i].column);
		field = compared[i].field;
		if (column < 0)
			continue;
		if (field == FIELD_COMM)
			compare_comm(c, r->values[column], a, b);
		else
			compare_value(c, compared[i].column, field,
				      row_value(r->values[column], field), a,
				      b);
	}
}

/* No race explains two lines for one task: that counts at once. */
static void check_order(struct check *c, int pid, int last)
{
	if (pid > last)
		return;
	printf("%d: its line comes after that of %d\n", pid, last);
	c->wrong++;
}

/* A line too many; a task that came and went is not there in the next pass. */
static void check_known(struct check *c, const struct row *r, int pid)
{
	int tgid = row_number(c, r, "tgid");
	int64_t start = row_number(c, r, "start") / NS_PER_TICK;
	char *text;

	if (samples_find(&c->before, pid) || samples_find(&c->after, pid))
		return;
	text = suspect(&c->suspects, tgid, pid, LINE, start);
	if (text)
		sprintf(text, "%d: in the table, not in /proc", pid);
}

static void compare_table(struct check *c, bool *seen)
{
	const struct sample *s;
	const struct row *r;
	int i, pid, last = 0;

	for (i = 0; i < c->table.nr; i++) {
		r = &c->table.rows[i];
		pid = row_number(c, r, c->pid);
		check_order(c, pid, last);
		check_known(c, r, pid);
		last = pid;
		s = samples_find(&c->before, pid);
		if (s)
			seen[s - c->before.all] = true;
		compare_task(c, r, pid);
	}
}

/* A line too few. */
static void check_missing(struct check *c, const bool *seen)
{
	const struct sample *a, *b;
	char *text;
	int i;

	for (i = 0; i < c->before.nr; i++) {
		a = &c->before.all[i];
		b = samples_find(&c->after, a->pid);
		if (seen[i] || !b ||
		    a->values[FIELD_START] != b->values[FIELD_START])
			continue;
		text = suspect_sample(c, a, LINE);
		if (text)
			sprintf(text, "%d (%s): in /proc, not in the table",
				a->pid, a->comm);
	}
}

static bool is_suspect(int process, const void *arg)
{
	const struct check *c = arg;

	return suspects_process(&c->suspects, process);
}

/* The number of children is known only when all are looked at. */
static bool needs_all(const struct check *c)
{
	return c->suspects.first ||
	       suspects_field(&c->suspects, FIELD_CHILDREN);
}

static int read_all(struct check *c)
{
	bool (*wanted)(int, const void *) = needs_all(c) ? NULL : is_suspect;
	int err;

	listing_free(&c->table);
	err = samples_read(&c->before, c->threads, wanted, c);
	if (!err)
		err = listing_read(&c->table,
				   c->threads ? "ipc_threads" : "ipc_tasks");
	if (!err)
		err = samples_read(&c->after, c->threads, wanted, c);
	return err;
}

static int pass(struct check *c)
{
	int err = read_all(c);
	bool *seen;

	if (err)
		return err;
	seen = grow(NULL, c->before.nr);
	memset(seen, 0, c->before.nr);
	compare_table(c, seen);
	check_missing(c, seen);
	free(seen);
	suspects_turn(&c->suspects);
	return 0;
}

static int report(struct check *c, int passes)
{
	int i;

	for (i = 0; i < c->suspects.nr_old; i++)
		puts(c->suspects.old[i].text);
	c->wrong += c->suspects.nr_old;
	printf("%d %s compared, %d pass%s, %d difference%s\n", c->table.nr,
	       c->threads ? "threads" : "processes", passes,
	       passes == 1 ? "" : "es", c->wrong, c->wrong == 1 ? "" : "s");
	return c->wrong ? EXIT_FAIL : EXIT_OK;
}

int tasks_check(bool threads)
{
	struct check c = {
		.threads = threads,
		.pid = threads ? "tid" : "tgid",
		.suspects.first = true,
		.table.columns = threads ? thread_columns : task_columns,
	};
	int err, passes = 0;

	do {
		err = pass(&c);
	} while (!err && ++passes < PASSES && c.suspects.nr_old);
	if (err)
		err = fail(NULL, MBX_CMD_STAT, err);
	else
		err = report(&c, passes);
	listing_free(&c.table);
	samples_free(&c.before);
	samples_free(&c.after);
	suspects_free(&c.suspects);
	return err;
}
