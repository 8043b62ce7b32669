// SPDX-License-Identifier: GPL-2.0-only
/*
 * What dies with a thread or a process.
 *
 * The exit hook runs in the exiting thread, before its parent can reap it.  It
 * takes the record out of the table and marks the process as exited; what needs
 * to sleep is left to a work item.  The record of a process may come too late
 * for the hook: then it is up to who made it, see MBX_EXIT.
 */
#include <linux/llist.h>
#include <linux/sched/signal.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>

#include "callback.h"
#include "mbx.h"

static struct mbx_dying dying = {
	.tasks = LLIST_HEAD_INIT(dying.tasks),
	.procs = LLIST_HEAD_INIT(dying.procs),
};

static struct workqueue_struct *reap_wq;
static struct tracepoint *exit_tracepoint;

static void reap_task(struct mbx_task *task)
{
	struct mbx_box *box;

	while ((box = mbx_task_first_talk(task))) {
		mbx_talk_abandon(box, task);
		mbx_box_put(box);
		cond_resched();
	}
	mbx_task_put(task);
}

static void reap_proc(struct mbx_proc *proc)
{
	struct mbx_box *box;
	bool is_lease;

	while ((box = mbx_proc_first_box(proc))) {
		if (!mbx_box_inherit(box))
			mbx_box_kill(box, -EOWNERDEAD);
		mbx_box_put(box);
		cond_resched();
	}
	/* In mailboxes that live on. */
	while ((box = mbx_proc_first_claim(proc, &is_lease))) {
		if (is_lease)
			mbx_settle_abandoned(box, proc);
		else
			mbx_box_abandon(box, proc);
		mbx_box_put(box);
		cond_resched();
	}
	mbx_proc_put(proc);
}

static void reap(struct work_struct *work)
{
	struct mbx_task *task, *next_task;
	struct mbx_proc *proc, *next_proc;

	llist_for_each_entry_safe(task, next_task, llist_del_all(&dying.tasks),
				  dying)
		reap_task(task);
	llist_for_each_entry_safe(proc, next_proc, llist_del_all(&dying.procs),
				  dying)
		reap_proc(proc);
}

static DECLARE_WORK(reap_work, reap);

/**
 * mbx_reap_flush() - wait until exited processes have been cleaned up after
 *
 * Context: Process context.  Sleeps.
 */
void mbx_reap_flush(void)
{
	flush_work(&reap_work);
}

static bool is_known(struct task_struct *p, bool last)
{
	guard(rcu)();

	return mbx_task_find(task_pid(p)) ||
	       (last && mbx_proc_find(task_tgid(p)));
}

/* Called by each exiting thread of the system, with preemption disabled. */
static void exit_hook(void *unused, struct task_struct *p)
{
	/*
	 * It was counted down before: whoever exits last sees 0.  MBX_EXIT: that
	 * was a full barrier, and pairs with mbx_proc_get().
	 */
	const bool last = !atomic_read(&p->signal->live);

	if (!is_known(p, last))
		return;
	mbx_task_retire(p, last, &dying);
	queue_work(reap_wq, &reap_work);
}

/**
 * mbx_reap_late() - clean up after a process whose exit hook found no record
 * @proc: its record, which may have been found after all
 *
 * Context: Process context.  Takes records_lock.
 */
void mbx_reap_late(struct mbx_proc *proc)
{
	if (mbx_proc_retire(proc, &dying))
		queue_work(reap_wq, &reap_work);
}

static void match_tracepoint(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "sched_process_exit"))
		exit_tracepoint = tp;
}

/**
 * mbx_reap_init() - start to watch for exiting threads
 *
 * Return: 0, -ENOMEM, or -ENOENT if the kernel has no such tracepoint.
 */
int mbx_reap_init(void)
{
	int err;

	for_each_kernel_tracepoint(match_tracepoint, NULL);
	if (!exit_tracepoint) {
		pr_err("this kernel lacks the tracepoint sched_process_exit\n");
		return -ENOENT;
	}

	/* What a process leaves that was killed for memory must get free. */
	reap_wq =
		alloc_workqueue("ipc_mailbox", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!reap_wq)
		return -ENOMEM;

	err = tracepoint_probe_register(exit_tracepoint, exit_hook, NULL);
	if (err)
		destroy_workqueue(reap_wq);
	return err;
}

/**
 * mbx_reap_exit() - stop it, and forget all threads and processes
 *
 * Context: Process context, no mailbox exists and no handle is open.
 */
void mbx_reap_exit(void)
{
	tracepoint_probe_unregister(exit_tracepoint, exit_hook, NULL);
	tracepoint_synchronize_unregister();
	destroy_workqueue(reap_wq);
	mbx_task_forget();
}
