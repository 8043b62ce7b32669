// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx tasks --waits: who waits for whom, as a list or as a graph.
 *
 * Each row is a thread that waits in a mailbox.  It waits for the process that has
 * taken its call or, if nobody has, for those that could take what it sends.  Who
 * waits to receive waits for whoever comes.
 */
#include <stdlib.h>
#include <string.h>

#include "tasks.h"

/* clang-format off */
const struct column wait_columns[] = {
	{ "tgid", COLUMN_NUMBER, true, "process id" },
	{ "tid", COLUMN_NUMBER, true, "thread id" },
	{ "comm", COLUMN_TEXT, true, "thread name" },
	{ "op", COLUMN_TEXT, true, "send, sync, receive, peek, drain, call or ask" },
	{ "mailbox", COLUMN_NUMBER, true, "id of the mailbox" },
	{ "name", COLUMN_TEXT, true, "its name" },
	{ "waits_for", COLUMN_PIDS, true, "processes" },
	{ "taken", COLUMN_TEXT, false, "yes: it is up to that process alone" },
	{ "since", COLUMN_NUMBER, true, "CLOCK_MONOTONIC ns" },
	{ "deadline", COLUMN_NUMBER, false, "CLOCK_MONOTONIC ns" },
	{ "cycle", COLUMN_NUMBER, true, "number of the cycle that it is part of" },
	{ 0 }
};

/* clang-format on */

/**
 * struct graph - who waits for whom
 * @list: threads that wait
 * @boxes: all mailboxes
 * @tasks: all processes
 * @seen: by row: the walk has come by
 */
struct graph {
	struct listing *list;
	struct listing boxes;
	struct listing tasks;
	bool *seen;
};

static const char *value(const struct listing *l, const struct row *r,
			 const char *column)
{
	return r->values[listing_column(l, column)];
}

static const char *find(const struct listing *l, const char *key,
			const char *id, const char *column)
{
	int k = listing_column(l, key);
	int i;

	for (i = 0; id && i < l->nr; i++)
		if (l->rows[i].values[k] && !strcmp(l->rows[i].values[k], id))
			return value(l, &l->rows[i], column);
	return NULL;
}

/* ------------------------------------------------------------------- whom for */

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(text, *words))
			return true;
	return false;
}

/* Who has taken a call is known; else it is up to those who could receive. */
static void complete(struct graph *g, struct row *r)
{
	static const char *const sends[] = { "send", "sync", "call", "drain",
					     NULL };
	struct listing *l = g->list;

	if (value(l, r, "waits_for"))
		row_set(l, r, "taken", "yes");
	else if (is_one_of(value(l, r, "op"), sends))
		row_set(l, r, "waits_for",
			find(&g->boxes, "id", value(l, r, "mailbox"),
			     "server_pids"));
}

static void keep_waiters(struct graph *g)
{
	struct listing *l = g->list;
	struct row *r;
	int i, nr = 0;

	for (i = 0; i < l->nr; i++) {
		r = &l->rows[i];
		if (value(l, r, "op")) {
			complete(g, r);
			l->rows[nr++] = *r;
		} else {
			row_free(r);
		}
	}
	l->nr = nr;
}

/* "1,2,..." has @pid. */
static bool has_pid(const char *pids, const char *pid)
{
	const size_t len = strlen(pid);

	while (pids && *pids) {
		if (!strncmp(pids, pid, len) &&
		    (pids[len] == ',' || !pids[len]))
			return true;
		pids = strchr(pids, ',');
		pids += !!pids;
	}
	return false;
}

/* --------------------------------------------------------------------- cycles */

static bool waits_for(const struct graph *g, int from, int to)
{
	const struct listing *l = g->list;

	return has_pid(value(l, &l->rows[from], "waits_for"),
		       value(l, &l->rows[to], "tgid"));
}

/* All that @from waits for, and they, and so on. */
static void walk(struct graph *g, int from)
{
	int *todo = grow(NULL, g->list->nr * sizeof(*todo));
	int nr = 0, i;

	memset(g->seen, 0, g->list->nr * sizeof(*g->seen));
	do {
		for (i = 0; i < g->list->nr; i++) {
			if (g->seen[i] || !waits_for(g, from, i))
				continue;
			g->seen[i] = true;
			todo[nr++] = i;
		}
	} while (nr && (from = todo[--nr], true));
	free(todo);
}

static bool same_process(const struct graph *g, int i, int j)
{
	const struct listing *l = g->list;

	return !strcmp(value(l, &l->rows[i], "tgid"),
		       value(l, &l->rows[j], "tgid"));
}

/* It waits for its own process. */
static bool comes_back(struct graph *g, int i)
{
	int j;

	walk(g, i);
	for (j = 0; j < g->list->nr; j++)
		if (g->seen[j] && same_process(g, i, j))
			return true;
	return false;
}

/* Those that wait for each other are of one cycle. */
static void mark_cycle(struct graph *g, int first, int number)
{
	struct listing *l = g->list;
	bool *ahead = grow(NULL, l->nr * sizeof(*ahead));
	int i;

	walk(g, first);
	memcpy(ahead, g->seen, l->nr * sizeof(*ahead));
	for (i = 0; i < l->nr; i++) {
		if (i != first && !ahead[i])
			continue;
		walk(g, i);
		if (g->seen[first])
			row_printf(l, &l->rows[i], "cycle", "%d", number);
	}
	free(ahead);
}

static void mark_cycles(struct graph *g)
{
	int number = 0;
	int i;

	g->seen = grow(NULL, g->list->nr * sizeof(*g->seen));
	for (i = 0; i < g->list->nr; i++)
		if (!value(g->list, &g->list->rows[i], "cycle") &&
		    comes_back(g, i))
			mark_cycle(g, i, ++number);
	free(g->seen);
}

/* ------------------------------------------------------------------------ dot */

static void dot_text(struct bytes *out, const char *text)
{
	for (; *text; text++)
		bytes_printf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c",
			     *text);
}

/* Each line once: a process may wait in several places. */
static void dot_line(struct bytes *out, struct bytes *line)
{
	bytes_add(line, "", 1);
	bytes_add(out, "", 1);
	out->len--;
	if (!strstr(out->data, line->data))
		bytes_add(out, line->data, line->len - 1);
	line->len = 0;
}

static void dot_process(struct graph *g, struct bytes *out, const char *pid,
			size_t len)
{
	struct bytes line = { 0 };
	char number[16] = "";
	const char *comm;

	memcpy(number, pid, len < sizeof(number) ? len : sizeof(number) - 1);
	comm = find(&g->tasks, "tgid", number, "comm");
	bytes_printf(&line, "\tp%s [label=\"%s", number, number);
	if (comm) {
		bytes_add(&line, " ", 1);
		dot_text(&line, comm);
	}
	bytes_printf(&line, "\"];\n");
	dot_line(out, &line);
	bytes_free(&line);
}

static void dot_mailbox(const struct graph *g, struct bytes *out,
			const struct row *r)
{
	const char *name = value(g->list, r, "name");
	struct bytes line = { 0 };

	bytes_printf(&line, "\tm%s [shape=box, label=\"%s",
		     value(g->list, r, "mailbox"),
		     value(g->list, r, "mailbox"));
	if (name) {
		bytes_add(&line, " ", 1);
		dot_text(&line, name);
	}
	bytes_printf(&line, "\"];\n");
	dot_line(out, &line);
	bytes_free(&line);
}

static bool is_red(const struct graph *g, const struct row *r, const char *pid,
		   size_t len)
{
	const struct listing *l = g->list;
	const char *cycle = value(l, r, "cycle");
	const struct row *other;
	int i;

	for (i = 0; cycle && i < l->nr; i++) {
		other = &l->rows[i];
		if (value(l, other, "cycle") &&
		    !strcmp(value(l, other, "cycle"), cycle) &&
		    strlen(value(l, other, "tgid")) == len &&
		    !strncmp(value(l, other, "tgid"), pid, len))
			return true;
	}
	return false;
}

/* Whoever may take it, and need not, is dashed. */
static void dot_edges(struct graph *g, struct bytes *out, const struct row *r)
{
	const struct listing *l = g->list;
	const char *box = value(l, r, "mailbox");
	const char *pids = value(l, r, "waits_for");
	const char *style = value(l, r, "taken") ? "solid" : "dashed";
	struct bytes line = { 0 };
	const char *color;
	size_t len;

	bytes_printf(&line, "\tp%s -> m%s [label=\"%s\"%s];\n",
		     value(l, r, "tgid"), box, value(l, r, "op"),
		     value(l, r, "cycle") ? ", color=red" : "");
	dot_line(out, &line);
	for (; pids && *pids; pids += len + (pids[len] == ',')) {
		len = strcspn(pids, ",");
		if (*pids == '.')
			break;
		dot_process(g, out, pids, len);
		color = is_red(g, r, pids, len) ? ", color=red" : "";
		bytes_printf(&line, "\tm%s -> p%.*s [style=%s%s];\n", box,
			     (int)len, pids, style, color);
		dot_line(out, &line);
	}
	bytes_free(&line);
}

static int print_dot(struct graph *g)
{
	struct bytes out = { 0 };
	const struct row *r;
	const char *pid;
	int i, err;

	bytes_printf(&out, "digraph waits {\n\trankdir=LR;\n");
	for (i = 0; i < g->list->nr; i++) {
		r = &g->list->rows[i];
		pid = value(g->list, r, "tgid");
		dot_process(g, &out, pid, strlen(pid));
		dot_mailbox(g, &out, r);
		dot_edges(g, &out, r);
	}
	bytes_printf(&out, "}\n");
	err = out_write(out.data, out.len);
	bytes_free(&out);
	return err ? fail_plain("standard output", err) : EXIT_OK;
}

/* ---------------------------------------------------------------------- graph */

int tasks_waits(struct listing *l, bool dot)
{
	struct graph g = { .list = l };
	int status = EXIT_OK;
	int err;

	g.boxes.columns = mailbox_columns;
	g.tasks.columns = task_columns;
	err = listing_read(l, "ipc_threads");
	if (!err)
		err = listing_read(&g.boxes, "ipc_mailboxes");
	if (!err && dot)
		err = listing_read(&g.tasks, "ipc_tasks");
	if (err) {
		status = fail(NULL, MBX_CMD_STAT, err);
	} else {
		keep_waiters(&g);
		mark_cycles(&g);
		if (dot)
			status = print_dot(&g);
		else
			listing_print(l);
	}
	listing_free(&g.boxes);
	listing_free(&g.tasks);
	return status;
}
