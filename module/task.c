// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of the threads and processes that use mailboxes: who sent a message,
 * who pays for it, what /proc/ipc_tasks shows, and what dies with whom.
 *
 * A thread makes its own record, on its first use and again when its
 * credentials have changed.  The exit hook, which runs in the exiting thread
 * before its parent can reap it, takes the record out of the table and marks
 * the process as exited; what needs to sleep is left to a work item.
 */
#include <linux/hashtable.h>
#include <linux/llist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>

#include "mbx.h"

static DEFINE_HASHTABLE(tasks, 10);
static DEFINE_HASHTABLE(procs, 10);
static DEFINE_RAW_SPINLOCK(records_lock);

static LLIST_HEAD(dying_tasks);
static LLIST_HEAD(dying_procs);

static void reap(struct work_struct *work);
static DECLARE_WORK(reap_work, reap);
static struct workqueue_struct *reap_wq;

static struct tracepoint *exit_tracepoint;

/*
 * What a record pins for as long as a message from its thread is queued: itself,
 * and most of all the pid and the credentials of a thread that may have exited.
 */
#define RECORD_COST 1024

static struct mbx_task *task_find(struct pid *pid)
{
	struct mbx_task *task;

	hash_for_each_possible_rcu(tasks, task, node, (unsigned long)pid)
		if (task->pid == pid)
			return task;
	return NULL;
}

static struct mbx_proc *proc_find(struct pid *pid)
{
	struct mbx_proc *proc;

	hash_for_each_possible_rcu(procs, proc, node, (unsigned long)pid)
		if (proc->pid == pid)
			return proc;
	return NULL;
}

static struct mbx_proc *proc_find_ref(struct pid *pid)
{
	struct mbx_proc *proc;

	guard(rcu)();

	proc = proc_find(pid);
	return proc && refcount_inc_not_zero(&proc->refs) ? proc : NULL;
}

static struct mbx_task *task_find_ref(struct pid *pid)
{
	struct mbx_task *task;

	guard(rcu)();

	task = task_find(pid);
	return task && refcount_inc_not_zero(&task->refs) ? task : NULL;
}

/**
 * mbx_proc_put() - drop a reference
 * @proc: the record of a process
 *
 * Context: Any.
 */
void mbx_proc_put(struct mbx_proc *proc)
{
	if (!refcount_dec_and_test(&proc->refs))
		return;
	put_pid(proc->pid);
	kfree_rcu(proc, rcu);
}

/**
 * mbx_task_put() - drop a reference
 * @task: the record of a thread
 *
 * Context: Process context, a box may be locked.  Takes users_lock.
 */
void mbx_task_put(struct mbx_task *task)
{
	if (!refcount_dec_and_test(&task->refs))
		return;
	put_pid(task->pid);
	put_cred(task->cred);
	mbx_quota_uncharge_bytes(task->user, RECORD_COST);
	mbx_user_put(task->user);
	mbx_proc_put(task->proc);
	kfree_rcu(task, rcu);
}

static struct mbx_proc *proc_get_current(void)
{
	struct pid *pid = task_tgid(current);
	struct mbx_proc *proc, *fresh;

	proc = proc_find_ref(pid);
	if (proc)
		return proc;

	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	if (!fresh)
		return NULL;
	refcount_set(&fresh->refs, 2);
	fresh->pid = get_pid(pid);
	INIT_LIST_HEAD(&fresh->boxes);
	INIT_LIST_HEAD(&fresh->tasks);
	seqcount_init(&fresh->changes);

	/* A live process stays in the table, so that nobody can drop it here. */
	raw_spin_lock(&records_lock);
	proc = proc_find(pid);
	if (proc)
		refcount_inc(&proc->refs);
	else
		hash_add_rcu(procs, &fresh->node, (unsigned long)pid);
	raw_spin_unlock(&records_lock);
	if (!proc)
		return fresh;

	put_pid(fresh->pid);
	kfree(fresh);
	return proc;
}

static void usage_add(struct mbx_usage *sum, const struct mbx_usage *usage)
{
	sum->sent += READ_ONCE(usage->sent);
	sum->received += READ_ONCE(usage->received);
	sum->bytes_sent += READ_ONCE(usage->bytes_sent);
	sum->bytes_received += READ_ONCE(usage->bytes_received);
}

/* Takes a record out of the tables; @heir gets what it has counted. */
static void unlink_task(struct mbx_task *task, struct mbx_usage *heir)
{
	lockdep_assert_held(&records_lock);

	WRITE_ONCE(task->self, NULL);
	hash_del_rcu(&task->node);
	list_del_rcu(&task->sibling);
	usage_add(heir, &task->usage);
}

/*
 * A thread that executes a program takes over the leader's pid and leaves a
 * record under its former one.  All other threads are gone by then, so that it
 * is the first in the list.
 */
static struct mbx_task *find_stale(struct mbx_proc *proc)
{
	struct mbx_task *task;

	task = list_first_entry_or_null(&proc->tasks, struct mbx_task, sibling);
	return task && !pid_has_task(task->pid, PIDTYPE_PID) ? task : NULL;
}

/* Puts @task, which nobody else knows yet, in the place of older records. */
static struct mbx_task *task_publish(struct mbx_task *task)
{
	struct mbx_proc *proc = task->proc;
	struct mbx_task *old, *stale;

	raw_spin_lock(&records_lock);
	write_seqcount_begin(&proc->changes);
	old = task_find(task->pid);
	if (old)
		unlink_task(old, &task->usage);
	stale = find_stale(proc);
	if (stale)
		unlink_task(stale, &proc->past);
	hash_add_rcu(tasks, &task->node, (unsigned long)task->pid);
	list_add_tail_rcu(&task->sibling, &proc->tasks);
	write_seqcount_end(&proc->changes);
	raw_spin_unlock(&records_lock);

	if (old)
		mbx_task_put(old);
	if (stale)
		mbx_task_put(stale);
	return task;
}

static struct mbx_task *task_create(void)
{
	struct mbx_task *task;

	/* Past its exit hook nothing would remove the record any more. */
	if (current->flags & PF_EXITING)
		return ERR_PTR(-ESRCH);

	task = kzalloc(sizeof(*task), GFP_KERNEL_ACCOUNT);
	if (!task)
		return ERR_PTR(-ENOMEM);
	task->user = mbx_user_get(current_uid());
	if (!task->user)
		goto free_task;
	task->proc = proc_get_current();
	if (!task->proc)
		goto put_user;

	refcount_set(&task->refs, 2);
	raw_spin_lock_init(&task->lock);
	task->pid = get_pid(task_pid(current));
	task->self = task->pid;
	mbx_quota_force_bytes(task->user, RECORD_COST);
	task->cred = get_current_cred();
	return task_publish(task);

put_user:
	mbx_user_put(task->user);
free_task:
	kfree(task);
	return ERR_PTR(-ENOMEM);
}

/**
 * mbx_task_get_current() - find or make the caller's record
 *
 * Until the caller exits or changes its credentials the table holds another
 * reference.
 *
 * Context: Process context.  Sleeps.  Takes records_lock.
 * Return: the record with a reference, or an error pointer: -ENOMEM; -ESRCH if
 * the caller is exiting.
 */
struct mbx_task *mbx_task_get_current(void)
{
	struct mbx_task *task = task_find_ref(task_pid(current));

	if (task && mbx_task_is_current(task))
		return task;
	if (task)
		mbx_task_put(task);
	return task_create();
}

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

	task = task_find(tid);
	if (!task)
		return false;
	usage_add(usage, &task->usage);
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
		usage_add(usage, &task->usage);
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
 * Return: false if the process has not used a mailbox; all is zero then.
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

	proc = proc_find(tgid);
	if (!proc)
		return false;
	*nr_boxes = READ_ONCE(proc->nr_boxes);
	/* Whoever keeps changing gets a sum that is a little wrong. */
	do {
		seq = read_seqcount_begin(&proc->changes);
		sum_proc(proc, usage, blocked);
	} while (read_seqcount_retry(&proc->changes, seq) && --tries);
	return true;
}

/**
 * mbx_proc_own() - put a new mailbox into its owner's list
 * @box: the mailbox; no owner is fine
 *
 * Context: Process context.  Takes records_lock.
 */
void mbx_proc_own(struct mbx_box *box)
{
	if (!box->owner)
		return;

	guard(raw_spinlock)(&records_lock);

	list_add_tail(&box->owned, &box->owner->boxes);
	box->owner->nr_boxes++;
}

/**
 * mbx_proc_disown() - take a mailbox that ends out of its owner's list
 * @box: the mailbox; no owner is fine
 *
 * Context: Process context.  Takes records_lock.
 */
void mbx_proc_disown(struct mbx_box *box)
{
	if (!box->owner)
		return;

	guard(raw_spinlock)(&records_lock);

	list_del_init(&box->owned);
	box->owner->nr_boxes--;
}

/* A mailbox leaves the list before its table drops its reference. */
static struct mbx_box *first_owned(struct mbx_proc *proc)
{
	struct mbx_box *box;

	guard(raw_spinlock)(&records_lock);

	box = list_first_entry_or_null(&proc->boxes, struct mbx_box, owned);
	if (box)
		refcount_inc(&box->refs);
	return box;
}

static void reap_proc(struct mbx_proc *proc)
{
	struct mbx_box *box;

	while ((box = first_owned(proc))) {
		mbx_box_kill(box, -EOWNERDEAD);
		mbx_box_put(box);
		cond_resched();
	}
	mbx_proc_put(proc);
}

static void reap(struct work_struct *work)
{
	struct mbx_task *task, *next_task;
	struct mbx_proc *proc, *next_proc;

	llist_for_each_entry_safe(task, next_task, llist_del_all(&dying_tasks),
				  dying)
		mbx_task_put(task);
	llist_for_each_entry_safe(proc, next_proc, llist_del_all(&dying_procs),
				  dying)
		reap_proc(proc);
}

/**
 * mbx_task_flush() - wait until exited processes have been cleaned up after
 *
 * Context: Process context.  Sleeps.
 */
void mbx_task_flush(void)
{
	flush_work(&reap_work);
}

static void exit_task(struct mbx_task *task)
{
	struct mbx_proc *proc = task->proc;

	write_seqcount_begin(&proc->changes);
	unlink_task(task, &proc->past);
	write_seqcount_end(&proc->changes);
	llist_add(&task->dying, &dying_tasks);
}

static void exit_proc(struct mbx_proc *proc)
{
	struct mbx_task *task, *next;

	list_for_each_entry_safe(task, next, &proc->tasks, sibling)
		exit_task(task);
	WRITE_ONCE(proc->exited, true);
	hash_del_rcu(&proc->node);
	llist_add(&proc->dying, &dying_procs);
}

/* Called by each exiting thread of the system, with preemption disabled. */
static void exit_hook(void *unused, struct task_struct *p)
{
	const bool last = !atomic_read(&p->signal->live);
	struct mbx_task *task;
	struct mbx_proc *proc;

	scoped_guard(rcu) {
		task = task_find(task_pid(p));
		proc = last ? proc_find(task_tgid(p)) : NULL;
	}
	if (!task && !proc)
		return;

	/* Several threads may each find themselves the last one. */
	raw_spin_lock(&records_lock);
	task = task_find(task_pid(p));
	if (task)
		exit_task(task);
	proc = last ? proc_find(task_tgid(p)) : NULL;
	if (proc)
		exit_proc(proc);
	raw_spin_unlock(&records_lock);

	queue_work(reap_wq, &reap_work);
}

static void match_tracepoint(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "sched_process_exit"))
		exit_tracepoint = tp;
}

/**
 * mbx_task_init() - start to watch for exiting threads
 *
 * Return: 0, -ENOMEM, or -ENOENT if the kernel has no such tracepoint.
 */
int mbx_task_init(void)
{
	int err;

	for_each_kernel_tracepoint(match_tracepoint, NULL);
	if (!exit_tracepoint) {
		pr_err("this kernel lacks the tracepoint sched_process_exit\n");
		return -ENOENT;
	}

	reap_wq = alloc_workqueue("ipc_mailbox", WQ_UNBOUND, 0);
	if (!reap_wq)
		return -ENOMEM;

	err = tracepoint_probe_register(exit_tracepoint, exit_hook, NULL);
	if (err)
		destroy_workqueue(reap_wq);
	return err;
}

/**
 * mbx_task_exit() - forget all threads and processes
 *
 * Context: Process context, no mailbox exists and no handle is open.
 */
void mbx_task_exit(void)
{
	struct hlist_node *next;
	struct mbx_task *task;
	struct mbx_proc *proc;
	int i;

	tracepoint_probe_unregister(exit_tracepoint, exit_hook, NULL);
	tracepoint_synchronize_unregister();
	destroy_workqueue(reap_wq);

	hash_for_each_safe(tasks, i, next, task, node) {
		hash_del_rcu(&task->node);
		mbx_task_put(task);
	}
	hash_for_each_safe(procs, i, next, proc, node) {
		hash_del_rcu(&proc->node);
		mbx_proc_put(proc);
	}
}
