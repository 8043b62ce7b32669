// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a mailbox tells of itself: to pollers, to STAT, to readers of /proc.
 */
#include <linux/pid_namespace.h>
#include <linux/time_namespace.h>
#include <linux/user_namespace.h>

#include "dedup.h"
#include "lease.h"
#include "mbx.h"

/* EPOLLHUP, which cannot be masked, says that the handle is of no more use. */
static __poll_t sealed_events(const struct mbx_handle *handle)
{
	__poll_t events = EPOLLRDHUP;

	if (handle->rights & MBX_OPEN_RECEIVE ? mbx_box_drained(handle->box) :
						handle->rights & MBX_OPEN_SEND)
		events |= EPOLLHUP;
	return events;
}

/* Where nobody waits, a send does not either; but only one can be deferred. */
static bool is_writable(const struct mbx_handle *handle)
{
	const struct mbx_box *box = handle->box;

	if (mbx_handle_defers(handle))
		return false;
	return box->full != MBX_FULL_WAIT || mbx_box_is_writable(box);
}

/**
 * mbx_box_ready() - what can be done without waiting?
 * @handle: the handle
 *
 * Context: Any.  Takes the box's lock.
 * Return: EPOLL* events.
 */
__poll_t mbx_box_ready(struct mbx_handle *handle)
{
	struct mbx_box *box = handle->box;
	__poll_t events = 0;

	guard(spinlock)(&box->lock);

	if (mbx_handle_error(handle))
		return EPOLLHUP | EPOLLERR;
	if (mbx_box_sealed(box))
		events |= sealed_events(handle);
	if (mbx_box_is_readable(box))
		events |= EPOLLIN | EPOLLRDNORM;
	if (is_writable(handle))
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}

static pid_t nr_in(struct pid *pid, struct pid_namespace *ns)
{
	const pid_t nr = pid_nr_ns(pid, ns);

	put_pid(pid);
	return nr;
}

static void stat_leases(const struct mbx_box *box, struct mbx_stat *stat)
{
	const struct mbx_leases *leases = box->leases;

	stat->out_leased = leases ? leases->nr : 0;
	stat->out_returned = leases ? leases->returned : 0;
	stat->out_dead_letters = leases ? leases->buried : 0;
	stat->out_dead_letter = box->dead_letter ? box->dead_letter->id : 0;
	stat->out_deliveries_max = box->deliveries_max;
	stat->out_fds = box->nr_fds;
}

/**
 * mbx_box_stat() - describe a mailbox
 * @box: the mailbox
 * @stat: its out_* members are filled, in the caller's namespaces
 *
 * Context: Process context.  Takes the box's lock.
 * Return: 0, or the error of a mailbox that has ended.
 */
int mbx_box_stat(struct mbx_box *box, struct mbx_stat *stat)
{
	struct pid_namespace *pid_ns = task_active_pid_ns(current);
	struct user_namespace *user_ns = current_user_ns();
	const struct mbx_queue *queue = &box->queue;

	stat->out_id = box->id;
	stat->out_flags = box->flags;
	stat->out_mode = box->mode;
	stat->out_uid = from_kuid_munged(user_ns, box->uid);
	stat->out_gid = from_kgid_munged(user_ns, box->gid);
	stat->out_capacity = box->capacity;
	stat->out_msg_max = box->msg_max;
	stat->out_policy = box->policy;
	stat->out_full = box->full;
	stat->out_owner_pid = nr_in(mbx_box_owner_pid(box, false), pid_ns);
	stat->out_successor_pid = nr_in(mbx_box_owner_pid(box, true), pid_ns);
	stat->out_creator_pid = pid_nr_ns(box->creator, pid_ns);
	stat->out_created = timens_add_boottime_ns(box->created);
	stat->out_name_len = box->name_len;
	memset(stat->out_name, 0, sizeof(stat->out_name));
	memcpy(stat->out_name, box->name, box->name_len);

	guard(spinlock)(&box->lock);

	stat->out_handles = box->nr_handles;
	stat->out_depth = queue->depth;
	stat->out_high_water = queue->high_water;
	stat->out_senders = box->nr_senders - box->nr_deferred;
	stat->out_receivers = box->nr_receivers;
	stat->out_bytes =
		queue->bytes_sent - queue->bytes_received - queue->bytes_lost;
	stat->out_sent = queue->last_seq - queue->withdrawn;
	stat->out_received = queue->received;
	stat->out_bytes_sent = queue->bytes_sent;
	stat->out_bytes_received = queue->bytes_received;
	stat->out_lost = queue->lost;
	stat->out_state = box->state;
	stat->out_callers = box->nr_callers;
	stat_leases(box, stat);
	mbx_dedup_stat(box, stat);
	return mbx_box_error(box);
}

static unsigned int list_pids(struct list_head *list, pid_t *pids,
			      unsigned int nr, unsigned int found,
			      struct pid_namespace *ns)
{
	struct mbx_waiter *waiter;

	list_for_each_entry(waiter, list, node) {
		if (found == nr)
			break;
		if (!waiter->thread)
			continue;
		pids[found++] = pid_nr_ns(waiter->task->pid, ns);
	}
	return found;
}

/**
 * mbx_box_blocked() - list the threads that are blocked in a mailbox
 * @box: the mailbox
 * @senders: list those in a send, else those in a receive
 * @pids: filled with thread ids as seen in @ns
 * @nr: room in @pids
 * @ns: a pid namespace
 *
 * Context: Any.  Takes the box's lock.
 * Return: how many were filled in; longest waiting first in each kind of wait.
 */
unsigned int mbx_box_blocked(struct mbx_box *box, bool senders, pid_t *pids,
			     unsigned int nr, struct pid_namespace *ns)
{
	unsigned int found;

	guard(spinlock)(&box->lock);

	found = list_pids(senders ? &box->synced : &box->receivers, pids, nr, 0,
			  ns);
	return list_pids(senders ? &box->senders : &box->peekers, pids, nr,
			 found, ns);
}
