/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_DEADLOCK_H
#define MBX_DEADLOCK_H

#include <linux/list.h>

#include "task.h"

struct file;
struct mbx_caller;
struct mbx_cycle;
struct mbx_handle;

/**
 * struct mbx_edge - a call, or a question that is asked about one, that may be part
 *	of a cycle: who waits for whom
 * @node: in @waits of the process that calls [records]
 * @task: the thread that calls [const]
 * @thread: the same [const]
 * @handle: what it calls through [const]
 * @server: process that has taken the call, and is to reply, or that is to answer;
 *	NULL until then [records]
 * @todo: in the search that goes on [records]
 * @from: by which call the search came here, or NULL [records]
 *
 * Lives on the stack of the thread that calls.
 */
struct mbx_edge {
	struct list_head node;
	struct mbx_task *task;
	struct task_struct *thread;
	struct mbx_handle *handle;
	struct mbx_proc *server;
	struct list_head todo;
	struct mbx_edge *from;
};

/* deadlock.c */
int mbx_edge_begin(struct mbx_edge *edge, struct mbx_handle *handle,
		   struct mbx_task *task, struct mbx_caller *caller);
void mbx_edge_join(struct mbx_edge *edge, struct mbx_handle *handle,
		   struct mbx_task *task, struct mbx_caller *caller,
		   struct mbx_proc *server);
void mbx_edge_taken(struct mbx_edge *edge, struct mbx_proc *server);
void mbx_edge_end(struct mbx_caller *caller);

/* holder.c */
int mbx_holder_get(struct mbx_handle *handle);
void mbx_holder_put(struct mbx_handle *handle);
void mbx_holder_begin(struct mbx_handle *handle);
void mbx_holder_end(struct mbx_handle *handle);
void mbx_holder_has_file(struct mbx_handle *handle, struct file *file);
void mbx_holder_used(struct mbx_handle *handle, const struct mbx_proc *proc);
void mbx_holder_closes(struct mbx_handle *handle);
bool mbx_holder_is_alone(const struct mbx_handle *handle);

/**
 * mbx_proc_serves() - may others wait for a process?
 * @proc: the process of the caller
 *
 * Its calls are part of no cycle as long as it has neither calls to answer nor a
 * handle that it could get some from.
 *
 * Context: Any.
 * Return: true if so.
 */
static inline bool mbx_proc_serves(const struct mbx_proc *proc)
{
	/* What its other threads do meanwhile may come before or after. */
	return data_race(READ_ONCE(proc->nr_held) ||
			 !list_empty(&proc->claims));
}

#endif /* MBX_DEADLOCK_H */
