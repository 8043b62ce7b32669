// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deadlock: a call is refused that would close a cycle of calls.
 *
 * Who waits for whom is a graph of processes.  A call that nobody has taken waits
 * for the processes that could receive it; one that was taken for the process that
 * has taken it, which alone may reply; a question for the process that is asked.
 * A process is stuck if all its threads wait in calls.  A call is refused if it
 * would make its own process stuck, all whom it waits for, directly or through
 * others, are stuck too, and they wait for the caller's process: then nobody is
 * left who could reply to anybody.
 *
 * It is refused for certain reasons only.  Whatever a module cannot know of, be
 * it a thread that does anything else, a file that others may have, or a table of
 * descriptors that is shared, counts as somebody who may reply.  Deadlines count
 * as if there were none, and so does whoever may yet open a mailbox.
 *
 * A call joins the graph and looks for a cycle in one go, with the lock held: of
 * several that close one together the last one finds it.  It leaves the graph in
 * the moment its wait is ended, before whoever ends it goes on.  Calls of
 * processes for which nobody can wait stay out of it, see mbx_proc_serves().
 */
#include <linux/fdtable.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>

#include "mbx.h"

/* Calls and handles that are looked at; who waits for more is not refused. */
#define MAX_STEPS 256

/**
 * struct search - for a cycle
 * @nr: tells it from others
 * @steps: calls and handles that it has come by
 * @todo: calls whose servers it still has to look at
 * @origin: the process that calls
 * @last: the call that leads back to it, or NULL
 */
struct search {
	u64 nr;
	unsigned int steps;
	struct list_head todo;
	struct mbx_proc *origin;
	struct mbx_edge *last;
};

/* Protected by records_lock. */
static u64 nr_searches;

/* They can take descriptors from each other, but nobody else can. */
static bool shares_table(const struct mbx_proc *proc)
{
	const struct mbx_edge *edge =
		list_first_entry(&proc->waits, struct mbx_edge, node);
	/* It does not change as long as the thread is in a call. */
	const struct files_struct *files = edge->thread->files;

	list_for_each_entry_continue(edge, &proc->waits, node)
		if (edge->thread->files != files)
			return true;
	return atomic_read(&files->count) != proc->nr_waits;
}

/* A thread that has not come here yet, or has a signal to handle, may reply. */
static bool is_stuck(const struct mbx_proc *proc)
{
	const struct mbx_edge *edge;
	struct task_struct *leader;
	unsigned int nr;

	if (!proc->nr_waits || proc->nr_waits > MAX_STEPS)
		return false;
	list_for_each_entry(edge, &proc->waits, node)
		/* One that comes a moment later finds it waiting. */
		if (data_race(signal_pending(edge->thread)))
			return false;

	guard(rcu)();

	leader = pid_task(proc->pid, PIDTYPE_TGID);
	if (!leader)
		return false;
	/* It does not grow while all are in calls: others make new ones. */
	nr = data_race(READ_ONCE(leader->signal->nr_threads));
	return nr == proc->nr_waits && !shares_table(proc);
}

static void search_calls(struct search *search, struct mbx_proc *proc,
			 struct mbx_edge *from)
{
	struct mbx_edge *edge;

	proc->visit = search->nr;
	list_for_each_entry(edge, &proc->waits, node) {
		edge->from = from;
		list_add_tail(&edge->todo, &search->todo);
	}
}

/* Returns false if the process may reply. */
static bool search_proc(struct search *search, struct mbx_proc *proc,
			struct mbx_edge *from)
{
	if (proc == search->origin) {
		search->last = search->last ?: from;
		return true;
	}
	if (proc->visit == search->nr)
		return true;
	if (!is_stuck(proc))
		return false;
	search_calls(search, proc, from);
	return true;
}

static bool search_holders(struct search *search, struct mbx_edge *edge)
{
	const struct mbx_box *box = edge->handle->box;
	struct mbx_handle *handle;

	if (list_empty(&box->holders))
		return false;
	list_for_each_entry(handle, &box->holders, held) {
		/* mbx_holder_is_alone() looks at all of them. */
		search->steps += handle->holder->nr_waits;
		if (search->steps > MAX_STEPS ||
		    !search_proc(search, handle->holder, edge) ||
		    !mbx_holder_is_alone(handle))
			return false;
	}
	return true;
}

/* Returns the call that closes the cycle, or NULL. */
static struct mbx_edge *find_cycle(struct mbx_proc *origin)
{
	struct search search = {
		.nr = ++nr_searches,
		.todo = LIST_HEAD_INIT(search.todo),
		.origin = origin,
	};
	struct mbx_edge *edge;
	bool stuck;

	if (!is_stuck(origin))
		return NULL;
	search_calls(&search, origin, NULL);
	while (!list_empty(&search.todo)) {
		if (++search.steps > MAX_STEPS)
			return NULL;
		edge = list_first_entry(&search.todo, struct mbx_edge, todo);
		list_del(&edge->todo);
		stuck = edge->server ?
				search_proc(&search, edge->server, edge) :
				search_holders(&search, edge);
		if (!stuck)
			return NULL;
	}
	return search.last;
}

/* From the caller on, to the one that leads back to it. */
static void name_cycle(struct mbx_cycle *cycle, const struct mbx_edge *last)
{
	struct pid_namespace *ns = task_active_pid_ns(current);
	const struct mbx_edge *edge;
	struct mbx_link *link;
	u32 i = 0;

	for (edge = last; edge; edge = edge->from)
		i++;
	cycle->out_nr = i;
	for (edge = last; edge; edge = edge->from) {
		if (--i >= cycle->nr)
			continue;
		link = &cycle->links[i];
		link->pid = pid_nr_ns(edge->task->proc->pid, ns);
		link->tid = pid_nr_ns(edge->task->pid, ns);
		link->box = edge->handle->box->id;
	}
}

static void join_graph(struct mbx_edge *edge, struct mbx_handle *handle,
		       struct mbx_task *task, struct mbx_proc *server)
{
	lockdep_assert_held(&mbx_records_lock);
	edge->task = task;
	edge->thread = current;
	edge->handle = handle;
	edge->server = server;
	list_add(&edge->node, &task->proc->waits);
	task->proc->nr_waits++;
}

static void leave_graph(struct mbx_edge *edge)
{
	lockdep_assert_held(&mbx_records_lock);
	list_del(&edge->node);
	edge->task->proc->nr_waits--;
}

/**
 * mbx_edge_begin() - let a call be part of the graph, unless it closes a cycle
 * @edge: filled in
 * @handle: what is called through
 * @task: the caller's record
 * @caller: the call; the edge is noted there, and the cycle named
 *
 * Nothing but waiting may follow: from now on the thread counts as blocked.
 *
 * Context: The box is locked.  Takes records_lock.
 * Return: 0, or -EDEADLK.
 */
int mbx_edge_begin(struct mbx_edge *edge, struct mbx_handle *handle,
		   struct mbx_task *task, struct mbx_caller *caller)
{
	struct mbx_edge *last;

	guard(raw_spinlock)(&mbx_records_lock);

	join_graph(edge, handle, task, NULL);
	last = find_cycle(task->proc);
	if (!last) {
		caller->edge = edge;
		return 0;
	}
	if (caller->cycle)
		name_cycle(caller->cycle, last);
	leave_graph(edge);
	return -EDEADLK;
}

/**
 * mbx_edge_join() - let a wait be part of the graph that is refused to nobody
 * @edge: filled in
 * @handle: what the call went through
 * @task: who waits
 * @caller: the call, or the room for an answer; the edge is noted there
 * @server: the process that is waited for, with a reference for as long as that
 *
 * That of who has answered a question, whose call goes on, and of who asks one: the
 * thread that is asked has just left the graph, hence none closes a cycle there.
 *
 * Context: The box is locked.  Takes records_lock.
 */
void mbx_edge_join(struct mbx_edge *edge, struct mbx_handle *handle,
		   struct mbx_task *task, struct mbx_caller *caller,
		   struct mbx_proc *server)
{
	if (!mbx_proc_serves(task->proc))
		return;
	caller->edge = edge;

	guard(raw_spinlock)(&mbx_records_lock);

	join_graph(edge, handle, task, server);
}

/**
 * mbx_edge_taken() - note who has taken a call
 * @edge: the call's
 * @server: the process, to which the caller's waiter has a reference
 *
 * Context: The box is locked.  Takes records_lock.
 */
void mbx_edge_taken(struct mbx_edge *edge, struct mbx_proc *server)
{
	guard(raw_spinlock)(&mbx_records_lock);

	edge->server = server;
}

/**
 * mbx_edge_end() - let a call be part of the graph no longer
 * @caller: the call; one that is not is fine
 *
 * Context: The box is locked.  Takes records_lock.
 */
void mbx_edge_end(struct mbx_caller *caller)
{
	struct mbx_edge *edge = caller->edge;

	if (likely(!edge))
		return;
	caller->edge = NULL;

	guard(raw_spinlock)(&mbx_records_lock);

	leave_graph(edge);
}
