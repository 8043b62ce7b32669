// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of the threads and processes that use mailboxes: who sent a message,
 * who pays for it, what /proc/ipc_tasks shows, and what dies with whom.
 *
 * A thread makes its own record, on its first use and again when its
 * credentials have changed.  That of a process may be made by anyone.  reap.c
 * has them taken away when the thread or the process exits.
 */
#include <linux/hashtable.h>
#include <linux/llist.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "mbx.h"

static DEFINE_HASHTABLE(tasks, 10);
static DEFINE_HASHTABLE(procs, 10);
DEFINE_RAW_SPINLOCK(mbx_records_lock);

/*
 * What a record pins for as long as a message from its thread is queued: itself,
 * and most of all the pid and the credentials of a thread that may have exited.
 */
#define RECORD_COST 1024

/**
 * mbx_task_find() - find the record of a thread
 * @tid: its id
 *
 * Context: RCU read-side critical section, or records_lock is held.
 * Return: the record, without a reference, or NULL.
 */
struct mbx_task *mbx_task_find(struct pid *tid)
{
	struct mbx_task *task;

	hash_for_each_possible_rcu(tasks, task, node, (unsigned long)tid)
		if (task->pid == tid)
			return task;
	return NULL;
}

/**
 * mbx_proc_find() - find the record of a process
 * @tgid: its id
 *
 * Context: RCU read-side critical section, or records_lock is held.
 * Return: the record, without a reference, or NULL.
 */
struct mbx_proc *mbx_proc_find(struct pid *tgid)
{
	struct mbx_proc *proc;

	hash_for_each_possible_rcu(procs, proc, node, (unsigned long)tgid)
		if (proc->pid == tgid)
			return proc;
	return NULL;
}

/**
 * mbx_proc_find_ref() - find the record of a process
 * @tgid: its id
 *
 * Context: Any.
 * Return: the record with a reference, or NULL.
 */
struct mbx_proc *mbx_proc_find_ref(struct pid *tgid)
{
	struct mbx_proc *proc;

	guard(rcu)();

	proc = mbx_proc_find(tgid);
	return proc && refcount_inc_not_zero(&proc->refs) ? proc : NULL;
}

static struct mbx_task *task_find_ref(struct pid *pid)
{
	struct mbx_task *task;

	guard(rcu)();

	task = mbx_task_find(pid);
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

static struct mbx_proc *proc_get(struct pid *pid)
{
	struct mbx_proc *proc, *fresh;

	proc = mbx_proc_find_ref(pid);
	if (proc)
		return proc;

	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	if (!fresh)
		return NULL;
	refcount_set(&fresh->refs, 2);
	fresh->pid = get_pid(pid);
	INIT_LIST_HEAD(&fresh->boxes);
	INIT_LIST_HEAD(&fresh->claims);
	INIT_LIST_HEAD(&fresh->waits);
	INIT_LIST_HEAD(&fresh->tasks);
	seqcount_init(&fresh->changes);

	/* The table has a reference as long as it has the record. */
	raw_spin_lock(&mbx_records_lock);
	proc = mbx_proc_find(pid);
	if (proc)
		refcount_inc(&proc->refs);
	else
		hash_add_rcu(procs, &fresh->node, (unsigned long)pid);
	raw_spin_unlock(&mbx_records_lock);
	if (!proc)
		return fresh;

	put_pid(fresh->pid);
	kfree(fresh);
	return proc;
}

/**
 * mbx_proc_get() - find or make the record of any process
 * @tgid: its id
 * @p: a thread that was one of the process, with a reference
 *
 * Context: Process context.  Sleeps.  Takes records_lock.
 * Return: the record with a reference, or an error pointer: -ENOMEM; -ESRCH if
 * all threads of the process are exiting or gone.
 */
struct mbx_proc *mbx_proc_get(struct pid *tgid, struct task_struct *p)
{
	struct mbx_proc *proc = proc_get(tgid);

	if (!proc)
		return ERR_PTR(-ENOMEM);
	/*
	 * MBX_EXIT: pairs with exit_hook().  We write to the table, then look
	 * whether somebody is left; who exits is counted down, then looks into
	 * the table.  One sees the other: if the hook of the last thread has
	 * missed the record, nobody is left, and we do what it would have done.
	 */
	smp_mb();
	if (atomic_read(&p->signal->live))
		return proc;
	mbx_reap_late(proc);
	mbx_proc_put(proc);
	return ERR_PTR(-ESRCH);
}

/* Takes a record out of the tables; @heir gets what it has counted. */
static void unlink_task(struct mbx_task *task, struct mbx_usage *heir)
{
	lockdep_assert_held(&mbx_records_lock);

	/* Pairs with mbx_task_is_current(). */
	WRITE_ONCE(task->self, NULL);
	hash_del_rcu(&task->node);
	list_del_rcu(&task->sibling);
	mbx_usage_add(heir, &task->usage);
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

static void link_task(struct mbx_task *task)
{
	hash_add_rcu(tasks, &task->node, (unsigned long)task->pid);
	list_add_tail_rcu(&task->sibling, &task->proc->tasks);
}

/* In one step: there is no time at which a reader finds neither. */
static void replace_task(struct mbx_task *old, struct mbx_task *task)
{
	mbx_usage_add(&task->usage, &old->usage);
	/* Pairs with mbx_task_is_current(). */
	WRITE_ONCE(old->self, NULL);
	list_splice_init(&old->talks, &task->talks);
	hlist_replace_rcu(&old->node, &task->node);
	list_replace_rcu(&old->sibling, &task->sibling);
}

/* Puts @task, which nobody else knows yet, in the place of older records. */
static struct mbx_task *task_publish(struct mbx_task *task)
{
	struct mbx_proc *proc = task->proc;
	struct mbx_task *old, *stale;

	raw_spin_lock(&mbx_records_lock);
	write_seqcount_begin(&proc->changes);
	stale = find_stale(proc);
	if (stale) {
		unlink_task(stale, &proc->past);
		list_splice_init(&stale->talks, &task->talks);
	}
	old = mbx_task_find(task->pid);
	if (old)
		replace_task(old, task);
	else
		link_task(task);
	write_seqcount_end(&proc->changes);
	raw_spin_unlock(&mbx_records_lock);

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
	task->proc = proc_get(task_tgid(current));
	if (!task->proc)
		goto put_user;

	refcount_set(&task->refs, 2);
	raw_spin_lock_init(&task->lock);
	INIT_LIST_HEAD(&task->talks);
	task->pid = get_pid(task_pid(current));
	task->self = task->pid;
	mbx_quota_force_bytes(task->user, RECORD_COST);
	/* It marks them with a plain write, as everybody does. */
	task->cred = data_race(get_current_cred());
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

static void retire_task(struct mbx_task *task, struct mbx_dying *dying)
{
	struct mbx_proc *proc = task->proc;

	write_seqcount_begin(&proc->changes);
	unlink_task(task, &proc->past);
	write_seqcount_end(&proc->changes);
	llist_add(&task->dying, &dying->tasks);
}

/* Threads that are still on their way here retire their own records. */
static void retire_proc(struct mbx_proc *proc, struct mbx_dying *dying)
{
	struct mbx_task *stale = find_stale(proc);

	if (stale)
		retire_task(stale, dying);
	/*
	 * Pairs with mbx_box_orphaned().  Whoever has learnt of the exit from a
	 * parent or a pidfd comes after it.
	 */
	WRITE_ONCE(proc->exited, true);
	hash_del_rcu(&proc->node);
	llist_add(&proc->dying, &dying->procs);
}

/**
 * mbx_task_retire() - take the records of an exiting thread out of the tables
 * @p: the thread
 * @last: its process exits with it, as far as it can tell
 * @dying: gets the records, with the references of the tables
 *
 * Context: Any but interrupts.  Takes records_lock.
 */
void mbx_task_retire(struct task_struct *p, bool last, struct mbx_dying *dying)
{
	struct mbx_task *task;
	struct mbx_proc *proc;

	guard(raw_spinlock)(&mbx_records_lock);

	task = mbx_task_find(task_pid(p));
	if (task)
		retire_task(task, dying);
	/* Several threads may each find themselves the last one. */
	proc = last ? mbx_proc_find(task_tgid(p)) : NULL;
	if (proc)
		retire_proc(proc, dying);
}

/**
 * mbx_proc_retire() - take the record of an exiting process out of the table
 * @proc: the record
 * @dying: gets it, with the reference of the table
 *
 * Context: Any but interrupts.  Takes records_lock.
 * Return: false if that has been done.
 */
bool mbx_proc_retire(struct mbx_proc *proc, struct mbx_dying *dying)
{
	guard(raw_spinlock)(&mbx_records_lock);

	if (proc->exited)
		return false;
	retire_proc(proc, dying);
	return true;
}

/**
 * mbx_task_forget() - drop the records of all threads and processes
 *
 * Context: Process context, nobody else uses them any more.
 */
void mbx_task_forget(void)
{
	struct hlist_node *next;
	struct mbx_task *task;
	struct mbx_proc *proc;
	int i;

	hash_for_each_safe(tasks, i, next, task, node) {
		hash_del_rcu(&task->node);
		mbx_task_put(task);
	}
	hash_for_each_safe(procs, i, next, proc, node) {
		hash_del_rcu(&proc->node);
		mbx_proc_put(proc);
	}
}
