// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tasks --tree: the order of a tree, computed from numbers of parents.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tasks.h"

#define NONE (-1)

/**
 * struct node - a row and its place in the tree
 * @pid: its number
 * @parent: its parent's number, 0 for none
 * @row: index of the row before sorting
 * @child: first child, an index of a node
 * @next: next child of the same parent
 * @up: the parent, an index of a node
 * @place: index of the row after sorting
 */
struct node {
	int pid;
	int parent;
	int row;
	int child;
	int next;
	int up;
	int place;
};

static int by_pid(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int find_node(const struct node *nodes, int nr, int pid)
{
	struct node key = { .pid = pid };
	struct node *n = bsearch(&key, nodes, nr, sizeof(key), by_pid);

	return n ? n - nodes : NONE;
}

static int number(const struct listing *l, int row, const char *column)
{
	const char *text = l->rows[row].values[listing_column(l, column)];

	return text ? atoi(text) : 0;
}

/*
 * /proc/ipc_threads does not tell parents: a thread stands below the first one
 * of its process, and that one below the first one of the parent process.
 */
static int thread_parent(const struct listing *l, const struct listing *tasks,
			 const struct node *procs, int row)
{
	int tid = number(l, row, "tid"), tgid = number(l, row, "tgid");
	int i;

	if (tid != tgid)
		return tgid;
	i = find_node(procs, tasks->nr, tgid);
	return i == NONE ? 0 : procs[i].parent;
}

static struct node *process_nodes(const struct listing *l)
{
	struct node *nodes = grow(NULL, l->nr * sizeof(*nodes));
	int i;

	for (i = 0; i < l->nr; i++)
		nodes[i] = (struct node){
			.pid = number(l, i, "tgid"),
			.parent = number(l, i, "ppid"),
			.row = i,
		};
	qsort(nodes, l->nr, sizeof(*nodes), by_pid);
	return nodes;
}

static int thread_nodes(const struct listing *l, struct node **out)
{
	struct listing tasks = { .columns = task_columns };
	int err = listing_read(&tasks, "ipc_tasks");
	struct node *procs, *nodes;
	int i;

	if (err)
		return err;
	procs = process_nodes(&tasks);
	nodes = grow(NULL, l->nr * sizeof(*nodes));
	for (i = 0; i < l->nr; i++)
		nodes[i] = (struct node){
			.pid = number(l, i, "tid"),
			.parent = thread_parent(l, &tasks, procs, i),
			.row = i,
		};
	qsort(nodes, l->nr, sizeof(*nodes), by_pid);
	free(procs);
	listing_free(&tasks);
	*out = nodes;
	return 0;
}

/* From the last to the first, so that the lists of children are ascending. */
static void link_nodes(struct node *nodes, int nr)
{
	int i, up;

	for (i = 0; i < nr; i++)
		nodes[i].child = nodes[i].next = nodes[i].place = NONE;
	for (i = nr - 1; i >= 0; i--) {
		up = find_node(nodes, nr, nodes[i].parent);
		nodes[i].up = up == i ? NONE : up;
		if (nodes[i].up == NONE)
			continue;
		nodes[i].next = nodes[up].child;
		nodes[up].child = i;
	}
}

/* The next node in depth-first order below @top, or NONE. */
static int step(const struct node *nodes, int at, int top)
{
	if (nodes[at].child != NONE && nodes[nodes[at].child].place == NONE)
		return nodes[at].child;
	while (at != top && nodes[at].next == NONE)
		at = nodes[at].up;
	return at == top ? NONE : nodes[at].next;
}

struct walk {
	struct listing *from;
	struct row *rows;
	int nr;
};

static void place_below(struct walk *w, struct node *nodes, int top)
{
	struct row *r;
	int at, up;

	for (at = top; at != NONE && nodes[at].place == NONE;
	     at = step(nodes, at, top)) {
		up = at == top ? NONE : nodes[at].up;
		nodes[at].place = w->nr;
		r = &w->rows[w->nr++];
		*r = w->from->rows[nodes[at].row];
		r->parent = up == NONE ? -1 : nodes[up].place;
	}
}

static void place_all(struct walk *w, struct node *nodes, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		if (nodes[i].up == NONE)
			place_below(w, nodes, i);
	/*
	 * The file is not of one moment, so parents may even form a circle:
	 * it is cut somewhere.
	 */
	for (i = 0; i < nr; i++)
		if (nodes[i].place == NONE)
			place_below(w, nodes, i);
}

static bool contains(const int *pids, int nr, int pid)
{
	int i;

	for (i = 0; i < nr; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* Is one of @pids above the node?  At most @nr steps: see the circle. */
static bool has_ancestor(const struct node *nodes, int nr, int at,
			 const int *pids, int nr_pids)
{
	while (nr-- && nodes[at].up != NONE) {
		at = nodes[at].up;
		if (contains(pids, nr_pids, nodes[at].pid))
			return true;
	}
	return false;
}

static void place_chosen(struct walk *w, struct node *nodes, int nr,
			 const int *pids, int nr_pids)
{
	int i, at;

	for (i = 0; i < nr_pids; i++) {
		at = find_node(nodes, nr, pids[i]);
		if (at != NONE && !has_ancestor(nodes, nr, at, pids, nr_pids))
			place_below(w, nodes, at);
	}
	for (i = 0; i < nr; i++)
		if (nodes[i].place == NONE)
			row_free(&w->from->rows[nodes[i].row]);
}

int tree_order(struct listing *l, bool threads, const int *pids, int nr_pids)
{
	struct walk w = { .from = l };
	struct node *nodes;
	int err = 0;

	if (threads)
		err = thread_nodes(l, &nodes);
	else
		nodes = process_nodes(l);
	if (err)
		return err;
	link_nodes(nodes, l->nr);
	w.rows = grow(NULL, l->nr * sizeof(*w.rows));
	if (nr_pids)
		place_chosen(&w, nodes, l->nr, pids, nr_pids);
	else
		place_all(&w, nodes, l->nr);
	free(nodes);
	free(l->rows);
	l->rows = w.rows;
	l->room = l->nr;
	l->nr = w.nr;
	return 0;
}
