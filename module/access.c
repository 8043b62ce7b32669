// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may do what: mode bits as for a file, with effective ids; for the mailbox
 * of a process, whoever may send the process a signal; and an owning process
 * whatever these say.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/sched/signal.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "mbx.h"

/**
 * mbx_box_set_ids() - decide to whom a new mailbox belongs
 * @box: the mailbox
 * @uid: user as the caller sees it, or MBX_SELF
 * @gid: group as the caller sees it, or MBX_SELF
 *
 * Context: Process context.
 * Return: 0; -EINVAL if there is no such user or group in the caller's user
 * namespace; -EPERM if it may not give a mailbox to them.
 */
int mbx_box_set_ids(struct mbx_box *box, u32 uid, u32 gid)
{
	struct user_namespace *ns = current_user_ns();

	box->uid = uid == MBX_SELF ? current_euid() : make_kuid(ns, uid);
	box->gid = gid == MBX_SELF ? current_egid() : make_kgid(ns, gid);
	if (!uid_valid(box->uid) || !gid_valid(box->gid))
		return -EINVAL;

	if (uid_eq(box->uid, current_euid()) && in_egroup_p(box->gid))
		return 0;
	return ns_capable(ns, CAP_CHOWN) ? 0 : -EPERM;
}

/*
 * The capability counts where the mailbox lives: a handle may have been passed
 * to a process that is root elsewhere.
 */
static bool capable_of_all(const struct mbx_box *box)
{
	return ns_capable(box->user_ns, CAP_IPC_OWNER);
}

static u32 mode_rights(umode_t bits)
{
	return (bits & 4 ? MBX_OPEN_RECEIVE : 0) |
	       (bits & 2 ? MBX_OPEN_SEND : 0);
}

static u32 rights_by_mode(const struct mbx_box *box)
{
	if (uid_eq(box->uid, current_euid()))
		return mode_rights(box->mode >> 6);
	if (in_egroup_p(box->gid))
		return mode_rights(box->mode >> 3);
	return mode_rights(box->mode);
}

/* As kill(2) has it, but for security modules, whom a module cannot ask. */
static bool may_signal(struct task_struct *p,
		       bool (*capable)(struct user_namespace *ns, int cap))
{
	const struct cred *cred = current_cred();
	const struct cred *of_other = __task_cred(p);

	return same_thread_group(p, current) ||
	       uid_eq(cred->euid, of_other->suid) ||
	       uid_eq(cred->euid, of_other->uid) ||
	       uid_eq(cred->uid, of_other->suid) ||
	       uid_eq(cred->uid, of_other->uid) ||
	       capable(of_other->user_ns, CAP_KILL);
}

/**
 * mbx_may_signal() - may the caller send a process a signal?
 * @p: a thread that was one of the process, with a reference
 *
 * Context: Process context.
 * Return: true if it may, or could a moment ago.
 */
bool mbx_may_signal(struct task_struct *p)
{
	guard(rcu)();

	return may_signal(p, ns_capable);
}

static bool may_signal_owner(const struct mbx_box *box,
			     bool (*capable)(struct user_namespace *ns,
					     int cap))
{
	struct task_struct *p;

	guard(rcu)();

	p = pid_task(box->owner->pid, PIDTYPE_TGID);
	return p && may_signal(p, capable);
}

static bool is_ours(const struct mbx_box *box,
		    bool (*capable)(struct user_namespace *ns, int cap))
{
	if (box->flags & MBX_STAT_DIRECT)
		return may_signal_owner(box, capable);
	return uid_eq(box->uid, current_euid()) ||
	       uid_eq(box->creator_uid, current_euid());
}

static bool is_owner(struct mbx_box *box)
{
	struct pid *owner = mbx_box_owner_pid(box, false);

	put_pid(owner);
	return owner == task_tgid(current);
}

/**
 * mbx_box_allowed() - which rights may the caller open a mailbox with?
 * @box: the mailbox
 * @wanted: MBX_OPEN_* that it asks for
 *
 * Context: Process context.  Takes the box's lock.
 * Return: those of @wanted that it may have.
 */
u32 mbx_box_allowed(struct mbx_box *box, u32 wanted)
{
	const bool ours = is_ours(box, ns_capable);
	const bool owns = is_owner(box);
	u32 rights;

	if (box->flags & MBX_STAT_DIRECT)
		rights = ours ? MBX_OPEN_ALL : 0;
	else
		rights = rights_by_mode(box) | (ours ? MBX_OPEN_MANAGE : 0);
	if (owns)
		rights |= MBX_OPEN_RECEIVE | MBX_OPEN_MANAGE;
	if ((wanted & ~rights) && capable_of_all(box))
		rights = MBX_OPEN_ALL;
	if ((box->flags & MBX_CREATE_OWNED) && !owns)
		rights &= ~MBX_OPEN_RECEIVE;
	return wanted & rights;
}

/**
 * mbx_box_visible() - may the caller know that a mailbox exists?
 * @box: the mailbox
 *
 * Context: Process context.  Takes the box's lock.
 * Return: true if it may.
 */
bool mbx_box_visible(struct mbx_box *box)
{
	return is_ours(box, ns_capable_noaudit) || is_owner(box) ||
	       (!(box->flags & MBX_STAT_DIRECT) && rights_by_mode(box)) ||
	       ns_capable_noaudit(box->user_ns, CAP_IPC_OWNER);
}

/**
 * mbx_box_deletable() - may the caller delete a mailbox?
 * @box: the mailbox
 *
 * Context: Process context.  Takes the box's lock.
 * Return: true if it may.
 */
bool mbx_box_deletable(struct mbx_box *box)
{
	return is_ours(box, ns_capable) || is_owner(box) || capable_of_all(box);
}
