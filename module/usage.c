// SPDX-License-Identifier: GPL-2.0-only
/*
 * What threads and processes have done with mailboxes, and what they wait for.
 */
#include <linux/ktime.h>
#include <linux/rculist.h>
#include <linux/string.h>

#include "mbx.h"

/**
 * mbx_task_block() - record what the caller is about to wait for
 * @task: the caller's record
 * @blocked: what it waits for
 *
 * Context: Any.  Takes &mbx_task.lock.
 */
void mbx_task_block(struct mbx_task *task, const struct mbx_blocked *blocked)
{
	raw_spin_lock(&task->lock);
	task->blocked = *blocked;
	raw_spin_unlock(&task->lock);
}

/**
 * mbx_task_sleep() - record that the caller goes to sleep, to wait
 * @task: the caller's record
 *
 * Who need not sleep, because others serve it while it lets them run, never asks
 * what time it is.
 *
 * Context: Any.  Takes &mbx_task.lock.
 */
void mbx_task_sleep(struct mbx_task *task)
{
	const u64 now = ktime_get_ns();

	raw_spin_lock(&task->lock);
	task->blocked.since = now;
	raw_spin_unlock(&task->lock);
}

/**
 * mbx_task_unblock() - record that the caller waits no longer
 * @task: the caller's record
 *
 * Context: Any.  Takes &mbx_task.lock.
 */
void mbx_task_unblock(struct mbx_task *task)
{
	mbx_task_block(task, &(struct mbx_blocked){});
}

static void read_blocked(struct mbx_task *task, struct mbx_blocked *blocked)
{
	raw_spin_lock(&task->lock);
	*blocked = task->blocked;
	raw_spin_unlock(&task->lock);
	if (blocked->op != MBX_OP_NONE && !blocked->since)
		blocked->since = ktime_get_ns();
}

/**
 * mbx_task_query() - tell what a thread has done and is doing
 * @tid: the thread
 * @usage: filled
 * @blocked: filled
 *
 * Context: Process context.  Takes &mbx_task.lock.
 * Return: false if the thread has not used a mailbox; all is zero then.
 */
bool mbx_task_query(struct pid *tid, struct mbx_usage *usage,
		    struct mbx_blocked *blocked)
{
	struct mbx_task *task;

	memset(usage, 0, sizeof(*usage));
	memset(blocked, 0, sizeof(*blocked));

	guard(rcu)();

	task = mbx_task_find(tid);
	if (!task)
		return false;
	mbx_usage_add(usage, &task->usage);
	read_blocked(task, blocked);
	return true;
}

static void sum_proc(struct mbx_proc *proc, struct mbx_usage *usage,
		     struct mbx_blocked *blocked)
{
	struct mbx_task *task;

	*usage = proc->past;
	memset(blocked, 0, sizeof(*blocked));
	list_for_each_entry_rcu(task, &proc->tasks, sibling) {
		mbx_usage_add(usage, &task->usage);
		if (blocked->op == MBX_OP_NONE)
			read_blocked(task, blocked);
	}
}

/**
 * mbx_proc_query() - tell what a process has done and is doing
 * @tgid: the process
 * @usage: filled with the sums over its threads, past ones included
 * @blocked: filled with what the first blocked thread waits for
 * @nr_boxes: filled with how many mailboxes it owns
 *
 * Context: Process context.  Takes &mbx_task.lock.
 * Return: false if it has no record; all is zero then.
 */
bool mbx_proc_query(struct pid *tgid, struct mbx_usage *usage,
		    struct mbx_blocked *blocked, unsigned int *nr_boxes)
{
	struct mbx_proc *proc;
	unsigned int tries = 4;
	unsigned int seq;

	memset(usage, 0, sizeof(*usage));
	memset(blocked, 0, sizeof(*blocked));
	*nr_boxes = 0;

	guard(rcu)();

	proc = mbx_proc_find(tgid);
	if (!proc)
		return false;
	/* Pairs with count_boxes(). */
	*nr_boxes = READ_ONCE(proc->nr_boxes);
	/* Whoever keeps changing gets a sum that is a little wrong. */
	do {
		seq = read_seqcount_begin(&proc->changes);
		sum_proc(proc, usage, blocked);
	} while (read_seqcount_retry(&proc->changes, seq) && --tries);
	return true;
}
