// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx tasks
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "tasks.h"

enum {
	OPT_TREE = 256,
	OPT_THREADS,
	OPT_BLOCKED,
	OPT_WAITS,
	OPT_DOT,
	OPT_CHECK,
};

/* clang-format off */
const struct opt tasks_opts[] = {
	{ "tree", OPT_TREE, NULL, "children below their parents" },
	{ "threads", OPT_THREADS, NULL, "every thread, not every process" },
	{ "blocked", OPT_BLOCKED, NULL, "only those blocked in a mailbox" },
	{ "waits", OPT_WAITS, NULL, "who waits for whom in which mailbox" },
	{ "dot", OPT_DOT, NULL, "that as a graph for dot(1)" },
	{ "check", OPT_CHECK, NULL, "compare with /proc/PID, see below" },
	LISTING_OPTS,
	{ 0 }
};

const char tasks_more[] =
"Columns are those of /proc/ipc_tasks or, with --threads, /proc/ipc_threads,\n"
"see mbx(1). With --tree and PIDs, only those and what descends from them.\n"
"--check compares every value with what /proc/PID says, before and after, and\n"
"again until a difference has gone or cannot be a race; status 1 if one stays.\n";
/* clang-format on */

struct tasks {
	struct listing list;
	bool tree;
	bool threads;
	bool blocked;
	bool waits;
	bool dot;
	bool check;
	int *pids;
	int nr_pids;
};

static void parse_option(struct tasks *t, int key)
{
	switch (key) {
	case OPT_TREE:
		t->tree = true;
		break;
	case OPT_THREADS:
		t->threads = true;
		break;
	case OPT_BLOCKED:
		t->blocked = true;
		break;
	case OPT_WAITS:
		t->waits = true;
		break;
	case OPT_DOT:
		t->dot = true;
		break;
	case OPT_CHECK:
		t->check = true;
		break;
	}
}

static void parse(struct tasks *t, int argc, char **argv)
{
	bool listed = false;
	int key, i;

	while ((key = opt_next(argc, argv)) != -1) {
		if (listing_option(&t->list, key))
			listed = true;
		else
			parse_option(t, key);
	}
	t->list.key = t->threads ? "threads" : "tasks";
	t->list.columns = t->threads ? thread_columns : task_columns;
	if (t->waits) {
		t->list.key = "waits";
		t->list.columns = wait_columns;
	}
	t->list.tree = t->tree ? "comm" : NULL;
	listing_check(&t->list);
	t->nr_pids = argc - optind;
	t->pids = grow(NULL, t->nr_pids * sizeof(*t->pids));
	for (i = 0; i < t->nr_pids; i++)
		t->pids[i] =
			parse_number("PID", argv[optind + i], 1, INT32_MAX);
	if (t->tree && t->blocked)
		usage("--tree and --blocked exclude each other");
	if (t->dot && (!t->waits || listed))
		usage("--dot goes with --waits only");
	if (t->waits &&
	    (t->tree || t->threads || t->blocked || t->check || t->nr_pids))
		usage("--waits excludes PIDs and --tree, --threads, --blocked, --check");
	if (t->check && (t->tree || t->blocked || listed || t->nr_pids))
		usage("--check goes with --threads only");
}

static bool is_chosen(const struct tasks *t, const char *pid)
{
	int i;

	for (i = 0; i < t->nr_pids; i++)
		if (pid && t->pids[i] == atoi(pid))
			return true;
	return !t->nr_pids;
}

/* Takes away the rows that were not asked for. */
static void filter(struct tasks *t)
{
	int pid = listing_column(&t->list, "tgid");
	int op = listing_column(&t->list, "op");
	struct row *r;
	int i, nr = 0;

	for (i = 0; i < t->list.nr; i++) {
		r = &t->list.rows[i];
		if (is_chosen(t, r->values[pid]) &&
		    (!t->blocked || r->values[op]))
			t->list.rows[nr++] = *r;
		else
			row_free(r);
	}
	t->list.nr = nr;
}

static int report_missing(const struct tasks *t)
{
	int pid = listing_column(&t->list, "tgid");
	int status = EXIT_OK;
	int i, j;

	for (i = 0; i < t->nr_pids && !t->blocked; i++) {
		for (j = 0; j < t->list.nr; j++)
			if (atoi(t->list.rows[j].values[pid]) == t->pids[i])
				break;
		if (j == t->list.nr) {
			say("%d: no process of this number that you may see",
			    t->pids[i]);
			status = EXIT_FAIL;
		}
	}
	return status;
}

static int show(struct tasks *t)
{
	const char *file = t->threads ? "ipc_threads" : "ipc_tasks";
	int err = listing_read(&t->list, file);
	int status;

	if (!err && t->tree)
		err = tree_order(&t->list, t->threads, t->pids, t->nr_pids);
	if (err)
		return fail(NULL, MBX_CMD_STAT, err);
	if (!t->tree)
		filter(t);
	status = report_missing(t);
	listing_print(&t->list);
	return status;
}

int cmd_tasks(int argc, char **argv)
{
	struct tasks t = { 0 };
	int status;

	parse(&t, argc, argv);
	if (t.waits)
		status = tasks_waits(&t.list, t.dot);
	else
		status = t.check ? tasks_check(t.threads) : show(&t);
	listing_free(&t.list);
	free(t.pids);
	return status;
}
