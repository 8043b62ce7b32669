// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct naming: the mailbox of a process, which is opened by pid.
 *
 * Whoever comes first makes it.  It is like one that the process has created
 * with MBX_CREATE_OWNED, but needs no handle to stay, and whoever may send the
 * process a signal may use it.  A process has one in each network namespace
 * where somebody has asked for it.
 */
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>

#include "mbx.h"

static bool lives_in(struct task_struct *p, const struct net *net)
{
	bool found;

	task_lock(p);
	found = p->nsproxy && p->nsproxy->net_ns == net;
	task_unlock(p);
	return found;
}

/* The first thread may have exited, and any be where it likes. */
static bool any_thread_lives_in(struct task_struct *leader,
				const struct net *net)
{
	struct task_struct *p;

	guard(rcu)();

	list_for_each_entry_rcu(p, mbx_threads(leader), thread_node)
		if (lives_in(p, net))
			return true;
	return false;
}

static struct mbx_box *make_for(struct mbx_proc *proc, struct task_struct *p,
				struct net *net)
{
	/* Pairs with set_max_msg_size(). */
	const u32 msg_max = READ_ONCE(mbx_max_msg_size);
	const struct mbx_create arg = {
		.flags = MBX_CREATE_OWNED | MBX_STAT_DIRECT,
		.mode = 0600,
		.uid = MBX_SELF,
		.gid = MBX_SELF,
		.capacity = MBX_DIRECT_CAPACITY,
	};
	struct mbx_box *box;

	box = mbx_box_create(&arg, msg_max, NULL, proc);
	if (IS_ERR(box))
		return box;
	box->uid = task_cred_xxx(p, euid);
	box->gid = task_cred_xxx(p, egid);
	box->user_ns = get_user_ns(net->user_ns);
	return box;
}

static struct mbx_proc *get_proc(struct pid *tgid, struct task_struct *p)
{
	/* A thread of the kernel is no process; it is so from the beginning. */
	if (data_race(p->flags & PF_KTHREAD))
		return ERR_PTR(-ESRCH);
	return mbx_may_signal(p) ? mbx_proc_get(tgid, p) : ERR_PTR(-EACCES);
}

static struct mbx_box *make(struct pid *tgid, struct task_struct *p)
{
	struct net *net = current->nsproxy->net_ns;
	struct mbx_proc *proc;
	struct mbx_box *box;

	/* First: where others live is nobody's business. */
	proc = get_proc(tgid, p);
	if (IS_ERR(proc))
		return ERR_CAST(proc);
	box = any_thread_lives_in(p, net) ? make_for(proc, p, net) :
					    ERR_PTR(-ESRCH);
	mbx_proc_put(proc);
	return box;
}

static struct mbx_box *find(struct pid *tgid)
{
	struct mbx_proc *proc = mbx_proc_find_ref(tgid);
	struct mbx_box *box;

	if (!proc)
		return NULL;
	box = mbx_box_find_direct(proc);
	mbx_proc_put(proc);
	return box;
}

/**
 * mbx_direct_find() - find the mailbox of a process
 * @nr: its pid in the caller's namespace
 *
 * Context: Process context.  Sleeps.  Takes boxes_lock.
 * Return: the mailbox with a reference, or an error pointer: -ENOENT if nobody
 * has made it; -ESRCH if there is no such process.
 */
struct mbx_box *mbx_direct_find(pid_t nr)
{
	struct pid *tgid = find_get_pid(nr);
	struct mbx_box *box = ERR_PTR(-ESRCH);

	if (tgid && pid_has_task(tgid, PIDTYPE_TGID))
		box = find(tgid);
	put_pid(tgid);
	return box ?: ERR_PTR(-ENOENT);
}

/**
 * mbx_direct_get() - find or make the mailbox of a process
 * @nr: its pid in the caller's namespace
 *
 * One that is new has no id, and needs mbx_box_publish(); that says -EEXIST if
 * somebody else was faster.
 *
 * Context: Process context.  Sleeps.  Takes boxes_lock.
 * Return: the mailbox with a reference, or an error pointer: -ESRCH if there is
 * no such process, or it lives in another network namespace; -EACCES if the
 * caller may not send it a signal; -EDQUOT, -ENOSPC, -ENOMEM.
 */
struct mbx_box *mbx_direct_get(pid_t nr)
{
	struct pid *tgid = find_get_pid(nr);
	struct task_struct *p = get_pid_task(tgid, PIDTYPE_TGID);
	struct mbx_box *box = ERR_PTR(-ESRCH);

	if (p) {
		box = find(tgid) ?: make(tgid, p);
		put_task_struct(p);
	}
	put_pid(tgid);
	return box;
}

/**
 * mbx_direct_proc() - find or make the record of a process
 * @nr: its pid in the caller's namespace
 *
 * Context: Process context.  Sleeps.  Takes records_lock.
 * Return: the record with a reference, or an error pointer: -ESRCH if there is
 * no such process; -EACCES if the caller may not send it a signal; -ENOMEM.
 */
struct mbx_proc *mbx_direct_proc(pid_t nr)
{
	struct pid *tgid = find_get_pid(nr);
	struct task_struct *p = get_pid_task(tgid, PIDTYPE_TGID);
	struct mbx_proc *proc = ERR_PTR(-ESRCH);

	if (p) {
		proc = get_proc(tgid, p);
		put_task_struct(p);
	}
	put_pid(tgid);
	return proc;
}
