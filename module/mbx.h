/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the module share.
 *
 * Arrows point down only:
 *
 *   front ends   file.c ioctl.c command*.c proc_*.c task_*.c
 *   transfers    short_*.c send.c full.c deliver.c receive.c call.c callback.c
 *                ask.c revoke.c control.c settle.c dead.c
 *   objects      box*.c handle.c table.c direct.c access.c policy.c select.c
 *                wait.c defer.c notify*.c lease.c dedup.c quota.c task.c owner.c
 *                claim.c usage.c reap.c fds.c landing.c donate.c talk.c holder.c
 *                deadlock.c
 *   data         queue.c msg.c
 *
 * Front ends take no lock.  The queue knows no lock and no user pointer.
 */
#ifndef MBX_H
#define MBX_H

#include <linux/fcntl.h>
#include <linux/fs.h>

#include "box.h"
#include "msg.h"
#include "notify.h"
#include "queue.h"
#include "quota.h"
#include "task.h"
#include "transfer.h"
#include "wait.h"

/*
 * Locking
 * =======
 *
 * Outermost first.  A lock may be taken only while holding locks above it.
 *
 *  0. donations_lock in donate.c (rt_mutex)
 *       protects:  members tagged [donations]
 *       held:      while the scheduler changes a priority
 *  1. boxes_lock in table.c (mutex)
 *       protects:  the tables of names and ids, members tagged [boxes]
 *  2. struct mbx_box.lock (spinlock)
 *       protects:  members tagged [box] of the box, its queue, its handles and
 *                  the waiters in it
 *       held:      over user copies of at most MBX_COPY_LOCKED bytes with page
 *                  faults disabled, and over eventfd_signal(), whose locks see
 *                  MBX_EVENTFD in notify.c; for a time that grows with the queue
 *                  by a receive that selects, with the callers by whoever replies
 *                  or closes what they were received through, and by whoever thaws or seals with
 *                  the queue times those who wait in one, or by a few leases that end;
 *                  never over a sleep
 *       nested:    a mailbox's, then its dead-letter mailbox's, see dead.c
 *  3. users_lock in quota.c (spinlock)
 *       protects:  the table of users
 *  4. records_lock, as mbx_records_lock in task.c (raw spinlock: the exit hook runs
 *     with preemption disabled, also on PREEMPT_RT)
 *       protects:  the tables of tasks and processes, members tagged [records]
 *       held:      over a search for a cycle of calls, which has at most as many
 *                  steps as MAX_STEPS in deadlock.c says
 *  5. struct mbx_task.lock (raw spinlock: taken by readers under RCU)
 *       protects:  struct mbx_task.blocked
 *
 * Read without a lock, each with a comment at the access:
 *   struct mbx_waiter.state, .sleeps
 *                             see MBX_WAKE in wait.c
 *   struct mbx_task.self      compared by a thread, which alone clears its own
 *   struct mbx_task.usage     written by its own thread only
 *   struct mbx_proc.past      by readers of /proc, under a sequence count
 *   struct mbx_proc.nr_boxes  by readers of /proc
 *   struct mbx_proc.nr_held, claims   by its own threads, see mbx_proc_serves()
 *   struct mbx_proc.exited    set once, before the parent can reap the process
 *   queues of pollers         see mbx_later_poll_in()
 *   struct mbx_box.dead, queue and spare messages of a dead box: see purge()
 *   parameters                any of their values will do
 * and what the kernel itself changes meanwhile: mbx_glance() and data_race().
 *
 * Lifetime
 * ========
 *
 *   file -> handle -> box     a box is freed with its last reference; the id
 *                             table holds one until the mailbox ends
 *   box -> box                its dead-letter mailbox, which is the older one
 *   timer -> box              while a lease may come to its end, see lease.c
 *   lease -> handle           which ends the lease before it goes; likewise -> proc
 *   handle -> proc            who made it, if it may receive
 *   edge -> proc, handle      of a call, until its wait is ended; see deadlock.c
 *   caller -> proc, handle    that are to reply; whichever goes ends the call first,
 *                             see call.c
 *   talk -> thread, handle    that are to answer; whichever goes ends it first, see
 *                             talk.c
 *   handle - handle           one leaves the tree before it is freed, and hands
 *                             what was derived from it to its parent
 *   handle -> eventfd         as long as it is registered for events
 *   handle -> box             likewise, if messages tell of them; the handle that
 *                             they are sent through only knows of this
 *   message -> task           who sent it, kept past the thread's exit
 *   message -> user           who pays for its memory
 *   message -> file           those that travel with it; see MBX_NO_RING in fds.c
 *   table -> task -> proc     until the thread or the process exits
 *
 * A live mailbox pins the module, since a system mailbox needs no open file.
 */

/* file.c */
extern const struct file_operations mbx_handle_fops;
extern const struct file_operations mbx_control_fops;
struct file *mbx_handle_open(struct mbx_handle *handle);

/**
 * mbx_file_nonblock() - must a call on a handle not wait?
 * @file: the handle
 *
 * Return: true if so.
 */
static inline bool mbx_file_nonblock(const struct file *file)
{
	/* F_SETFL is a plain write: a call that it meets may see either value. */
	return data_race(READ_ONCE(file->f_flags)) & O_NONBLOCK;
}

/* ioctl.c */
long mbx_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* proc_boxes.c, proc_tasks.c */
int mbx_proc_boxes_init(void);
void mbx_proc_boxes_exit(void);
int mbx_proc_tasks_init(void);
void mbx_proc_tasks_exit(void);

#endif /* MBX_H */
