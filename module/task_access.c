// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reader may know about a task: never more than /proc/PID tells it.
 *
 * ptrace_may_access() is not exported.  This is its logic for
 * PTRACE_MODE_READ_FSCREDS, with the check that capabilities themselves make
 * and without those of other security modules, which a module cannot ask.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/user_namespace.h>

#include "proc.h"

static bool may_trace_in(struct user_namespace *ns)
{
	return ns_capable_noaudit(ns, CAP_SYS_PTRACE);
}

/* Is the reader the one user and group that the task runs as? */
static bool same_ids(const struct cred *task)
{
	const struct cred *reader = current_cred();

	return uid_eq(reader->fsuid, task->euid) &&
	       uid_eq(reader->fsuid, task->suid) &&
	       uid_eq(reader->fsuid, task->uid) &&
	       gid_eq(reader->fsgid, task->egid) &&
	       gid_eq(reader->fsgid, task->sgid) &&
	       gid_eq(reader->fsgid, task->gid);
}

/* Has the reader every capability that the task could raise? */
static bool outranks(const struct cred *task)
{
	const struct cred *reader = current_cred();

	return reader->user_ns == task->user_ns &&
	       cap_issubset(task->cap_permitted, reader->cap_effective);
}

static bool creds_allow(struct task_struct *task)
{
	const struct cred *cred;

	guard(rcu)();

	cred = __task_cred(task);
	return (same_ids(cred) && outranks(cred)) ||
	       may_trace_in(cred->user_ns);
}

static bool memory_allows(struct task_struct *task)
{
	struct mm_struct *mm = task->mm;

	/* Whoever changes it while we look was slower. */
	if (mm)
		return data_race(get_dumpable(mm)) == SUID_DUMP_USER ||
		       may_trace_in(mm->user_ns);
	/* Set under the lock, but next to bits that are not. */
	return data_race(compat_user_dumpable(task)) ||
	       may_trace_in(&init_user_ns);
}

/**
 * mbx_task_traceable() - may the reader see what is not for everybody?
 * @task: the task
 *
 * Context: Any but interrupts.  Takes the task's alloc_lock.
 * Return: true if the caller may.
 */
bool mbx_task_traceable(struct task_struct *task)
{
	bool allowed;

	if (same_thread_group(task, current))
		return true;

	task_lock(task);
	allowed = creds_allow(task);
	/*
	 * A task that drops privileges becomes undumpable first.  Pairs with
	 * the write barrier in commit_creds().
	 */
	smp_rmb();
	allowed = allowed && memory_allows(task);
	task_unlock(task);
	return allowed;
}

/* Does this mount of /proc let the reader see all processes? */
static bool lists_all(const struct proc_fs_info *fs)
{
	const enum proc_hidepid hide = mbx_glance(fs->hide_pid);

	if (hide == HIDEPID_NOT_PTRACEABLE)
		return false;
	return hide == HIDEPID_OFF || in_group_p(mbx_glance(fs->pid_gid));
}

/**
 * mbx_task_listed() - may the reader know that a process exists?
 * @fs: the mount of /proc
 * @leader: the process
 *
 * Follows has_pid_permissions() as it protects the files in /proc/PID: under
 * hidepid=1 those are closed although the number is not secret, so there is
 * nothing to print either.
 *
 * Context: Any but interrupts.  Takes the task's alloc_lock.
 * Return: true if the caller may.
 */
bool mbx_task_listed(const struct proc_fs_info *fs, struct task_struct *leader)
{
	return lists_all(fs) || mbx_task_traceable(leader);
}

/**
 * mbx_pid_listed() - may the reader know whose id this is?
 * @fs: the mount of /proc
 * @pid: the id of a thread or process, which may have exited
 *
 * Context: Any but interrupts.  Takes the task's alloc_lock.
 * Return: true if the caller may.
 */
bool mbx_pid_listed(const struct proc_fs_info *fs, struct pid *pid)
{
	struct task_struct *task;

	if (lists_all(fs))
		return true;

	guard(rcu)();

	task = pid_task(pid, PIDTYPE_PID);
	if (task)
		return mbx_task_traceable(mbx_glance(task->group_leader));
	return may_trace_in(fs->pid_ns->user_ns);
}
