// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who waits for whom in a mailbox, as the files in /proc tell it.
 */
#include <linux/pid.h>
#include <linux/pid_namespace.h>

#include "callback.h"
#include "mbx.h"

static bool is_of(const struct mbx_waiter *waiter, const struct pid *pid,
		  enum pid_type type)
{
	const struct mbx_task *task = waiter->task;

	return (type == PIDTYPE_TGID ? task->proc->pid : task->pid) == pid;
}

/* Whoever was asked something waits for nobody. */
static struct pid *waits_for(const struct mbx_waiter *caller,
			     const struct pid *pid, enum pid_type type)
{
	const struct mbx_talk *talk = caller->caller->talk;

	if (talk && talk->asked)
		return talk->asker && is_of(&talk->asker->waiter, pid, type) ?
			       caller->task->proc->pid :
			       NULL;
	return is_of(caller, pid, type) ? caller->caller->claim.proc->pid :
					  NULL;
}

/**
 * mbx_box_waits_for() - for whose reply or answer does somebody wait in a mailbox?
 * @box: the mailbox
 * @pid: the thread or process that waits
 * @type: PIDTYPE_PID or PIDTYPE_TGID
 *
 * Context: Any.  Takes the box's lock.
 * Return: the id of the process, with a reference; NULL if it does not, or nobody
 * has taken its call.
 */
struct pid *mbx_box_waits_for(struct mbx_box *box, const struct pid *pid,
			      enum pid_type type)
{
	struct mbx_waiter *caller;
	struct pid *found;

	guard(spinlock)(&box->lock);

	list_for_each_entry(caller, &box->callers, node) {
		found = waits_for(caller, pid, type);
		if (found)
			return get_pid(found);
	}
	return NULL;
}

/**
 * mbx_box_callers() - list the threads that wait for a reply to what was taken
 * @box: the mailbox
 * @tids: filled with thread ids as seen in @ns
 * @nr: room in @tids
 * @ns: a pid namespace
 *
 * Context: Any.  Takes the box's lock.
 * Return: how many were filled in; longest waiting first.
 */
unsigned int mbx_box_callers(struct mbx_box *box, pid_t *tids, unsigned int nr,
			     struct pid_namespace *ns)
{
	struct mbx_waiter *caller;
	unsigned int found = 0;

	guard(spinlock)(&box->lock);

	list_for_each_entry(caller, &box->callers, node) {
		if (found == nr)
			break;
		if (!caller->caller->talk || !caller->caller->talk->asked)
			tids[found++] = pid_nr_ns(caller->task->pid, ns);
	}
	return found;
}

/* Who made a handle; of one that others have, who used it last. */
static const struct mbx_proc *holder_of(const struct mbx_handle *handle)
{
	if (handle->strayed)
		return handle->task ? handle->task->proc : NULL;
	return handle->holder;
}

static bool is_in(const pid_t *pids, unsigned int nr, pid_t pid)
{
	while (nr--)
		if (pids[nr] == pid)
			return true;
	return false;
}

/**
 * mbx_box_servers() - list the processes that could receive from a mailbox
 * @box: the mailbox
 * @pids: filled with process ids as seen in @ns
 * @nr: room in @pids
 * @ns: a pid namespace
 *
 * As far as they are known: where several share a handle, that is who used it last.
 *
 * Context: Any.  Takes the box's lock, then records_lock.
 * Return: how many were filled in.
 */
unsigned int mbx_box_servers(struct mbx_box *box, pid_t *pids, unsigned int nr,
			     struct pid_namespace *ns)
{
	const struct mbx_proc *proc;
	struct mbx_handle *handle;
	unsigned int found = 0, looked = 0;
	pid_t pid;

	guard(spinlock)(&box->lock);
	guard(raw_spinlock)(&mbx_records_lock);

	list_for_each_entry(handle, &box->holders, held) {
		if (found == nr || ++looked > MBX_SERVERS_LOOKED)
			break;
		proc = holder_of(handle);
		pid = proc && !mbx_proc_exited(proc) ?
			      pid_nr_ns(proc->pid, ns) :
			      0;
		if (pid && !is_in(pids, found, pid))
			pids[found++] = pid;
	}
	return found;
}
