// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleeping in a mailbox, and waking whoever sleeps there.
 *
 * MBX_WAKE: no wake-up is lost
 * ----------------------------
 *
 * A waiter lies on the stack of its thread, in a list of the box.  Whoever
 * serves it removes it from the list, stores the result, and then says so in
 * its state, all under the lock of the box; the thread itself is woken after
 * the lock has been dropped.  The sleeper looks at the state without the lock:
 *
 *	sleeper					waker (box locked)
 *
 *	waiter->sleeps = true			waiter->state = DONE
 *	set_current_state(INTERRUPTIBLE)	  full barrier
 *	  full barrier				waiter->sleeps ?
 *	waiter->state == DONE ?			  no: leave it alone
 *	  no: schedule()			wake_up_process()
 *						  full barrier, then: sleeping?
 *
 * Either the sleeper sees DONE, or the waker sees that it sleeps, or is about to,
 * and wakes it.  What lies between the two full barriers of the sleeper may be
 * done any number of times: it says that it sleeps once and for all.
 *
 * Before a thread says so it lets others run that want to, above all whom it has
 * just woken: these may end its wait while it still can run, and nobody has to
 * wake it.  Of two threads that call and reply on one CPU mostly neither goes to
 * sleep.
 *
 * The state only tells the sleeper to stop sleeping.  It takes the lock of the
 * box before it looks at anything else or returns, hence the waiter outlives
 * every access of a waker, and a result that came together with a signal or
 * with the deadline is seen.  The waker holds a reference to the thread, which
 * may have exited before it is woken.
 */
#include <linux/freezer.h>
#include <linux/hrtimer.h>
#include <linux/sched/deadline.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/time_namespace.h>

#include "callback.h"
#include "mbx.h"
#include "short.h"
#include "trace.h"

/**
 * mbx_later_do() - do what could not be done with the box locked
 * @box: the mailbox
 * @later: what; empty again afterwards
 *
 * Context: Process context.  Sleeps.
 */
void mbx_later_do(struct mbx_box *box, struct mbx_later *later)
{
	unsigned int i;

	for (i = 0; i < later->nr; i++) {
		wake_up_process(later->thread[i]);
		put_task_struct(later->thread[i]);
	}
	if (later->poll_in)
		wake_up_poll(&box->poll_in, EPOLLIN | EPOLLRDNORM);
	if (later->poll_out)
		wake_up_poll(&box->poll_out, EPOLLOUT | EPOLLWRNORM);
	if (later->poll_all)
		mbx_box_wake_pollers(box);
	if (later->donation)
		mbx_donation_settle(later->donation);
	mbx_msg_destroy_list(later->garbage);
	memset(later, 0, sizeof(*later));
}

static bool takes_any(const struct mbx_waiter *waiter)
{
	return waiter->op == MBX_OP_RECEIVE && !waiter->select;
}

static void join_line(struct mbx_waiter *waiter, struct list_head *list)
{
	if (waiter->first)
		list_add(&waiter->node, list);
	else
		list_add_tail(&waiter->node, list);
	waiter->handle->box->nr_takers += takes_any(waiter);
}

static void leave_line(struct mbx_waiter *waiter, struct mbx_later *later)
{
	list_del(&waiter->node);
	waiter->handle->box->nr_takers -= takes_any(waiter);
	if (waiter->caller) {
		if (unlikely(waiter->caller->edge))
			mbx_edge_end(waiter->caller);
		mbx_unclaim(&waiter->caller->claim);
		if (unlikely(waiter->caller->talk))
			mbx_talk_ended(waiter->caller->talk, later);
	}
}

/**
 * mbx_wake() - end the wait of a thread, or of a message that is deferred
 * @waiter: in a list of the box
 * @result: what its wait returns
 * @later: wakes it
 *
 * Context: The box is locked.
 */
void mbx_wake(struct mbx_waiter *waiter, int result, struct mbx_later *later)
{
	struct task_struct *thread = waiter->thread;

	leave_line(waiter, later);
	waiter->result = result;
	/* MBX_WAKE: pairs with sleep_until_done() */
	smp_store_mb(waiter->state, MBX_WAIT_DONE);

	if (!thread) {
		/* Who is asked something finds out when he has the answer. */
		if (!waiter->caller)
			mbx_deferral_end(waiter, later);
		return;
	}
	trace_mbx_wake(thread->pid, result);
	later->here |= task_cpu(thread) == raw_smp_processor_id();
	if (!READ_ONCE(waiter->sleeps))
		return;
	if (later->nr < MBX_LATER_THREADS)
		later->thread[later->nr++] = get_task_struct(thread);
	else
		wake_up_process(thread);
}

/**
 * mbx_wake_one() - end the wait of a thread that goes the short way
 * @waiter: in a list of the box; a thread, which is not asked anything
 * @task: the caller's record
 *
 * Context: The box is locked.
 * Return: whom to wake once it is not, with a reference; or NULL.
 */
struct task_struct *mbx_wake_one(struct mbx_waiter *waiter,
				 struct mbx_task *task)
{
	struct task_struct *thread = waiter->thread;

	leave_line(waiter, NULL);
	waiter->result = 0;
	/* MBX_WAKE: pairs with sleep_until_done() */
	smp_store_mb(waiter->state, MBX_WAIT_DONE);
	trace_mbx_wake(thread->pid, 0);
	task->handed |= task_cpu(thread) == raw_smp_processor_id();
	return READ_ONCE(waiter->sleeps) ? get_task_struct(thread) : NULL;
}

/**
 * mbx_wake_list() - end the waits of all threads in a list
 * @list: of a box
 * @result: what they return
 * @later: wakes them
 *
 * Context: The box is locked.
 */
void mbx_wake_list(struct list_head *list, int result, struct mbx_later *later)
{
	struct mbx_waiter *waiter, *next;

	list_for_each_entry_safe(waiter, next, list, node)
		mbx_wake(waiter, result, later);
}

static void note_blocked(struct mbx_box *box, struct mbx_waiter *waiter)
{
	const struct mbx_blocked blocked = {
		.op = waiter->op,
		.clock = waiter->clock,
		.box = box->id,
		.deadline = waiter->deadline,
	};

	mbx_task_block(waiter->task, &blocked);
	trace_mbx_block(box, waiter->op, waiter->deadline);
}

/* Returns false if the deadline has come. */
static bool sleep_once(const struct mbx_waiter *waiter)
{
	ktime_t deadline = ns_to_ktime(waiter->deadline);
	u64 slack;

	if (!waiter->deadline) {
		schedule();
		return true;
	}
	/* Others may set the slack through /proc, for the sleeps to come. */
	slack = data_race(READ_ONCE(current->timer_slack_ns));
	return schedule_hrtimeout_range_clock(&deadline, slack,
					      HRTIMER_MODE_ABS, waiter->clock);
}

/* Returns when the waiter is done, else with the reason not to sleep on. */
static int sleep_until_done(struct mbx_waiter *waiter)
{
	int err = 0;

	/* MBX_WAKE: pairs with mbx_wake() */
	WRITE_ONCE(waiter->sleeps, true);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE | TASK_FREEZABLE);
		if (READ_ONCE(waiter->state) == MBX_WAIT_DONE)
			break;
		if (signal_pending(current)) {
			err = -ERESTARTSYS;
			break;
		}
		if (!sleep_once(waiter)) {
			err = -ETIMEDOUT;
			break;
		}
	}
	__set_current_state(TASK_RUNNING);
	return err;
}

/*
 * Whoever was woken mostly runs at once, since it has had less of the CPU than the
 * caller.  Where it has not, or was still awake, it is let through: the caller has
 * nothing to do until it has run.  This happens once and then it sleeps, so
 * whatever else runs here does not lose.
 */
static void let_run(struct mbx_task *task, bool handed)
{
	handed |= task->handed;
	task->handed = false;
	/* yield() makes those with a deadline wait for their next period. */
	if (need_resched() || !handed || dl_task(current))
		cond_resched();
	else
		yield();
}

/* The same; there may be no need to sleep. */
static int wait_until_done(struct mbx_waiter *waiter)
{
	if (READ_ONCE(waiter->state) == MBX_WAIT_DONE)
		return 0;
	mbx_task_sleep(waiter->task);
	return sleep_until_done(waiter);
}

static void count_blocked(struct mbx_box *box, const struct mbx_waiter *waiter,
			  int change)
{
	switch (waiter->op) {
	case MBX_OP_CALL:
		/* Pairs with mbx_call_taken(). */
		if (waiter->peer) {
			box->nr_callers += change;
			break;
		}
		fallthrough;
	case MBX_OP_SEND:
	case MBX_OP_SYNC:
		box->nr_senders += change;
		break;
	case MBX_OP_ASK:
		box->nr_callers += change;
		break;
	case MBX_OP_DRAIN:
		break;
	default:
		box->nr_receivers += change;
	}
}

static void begin_wait(struct mbx_box *box, struct mbx_waiter *waiter,
		       struct list_head *list)
{
	join_line(waiter, list);
	count_blocked(box, waiter, 1);
	note_blocked(box, waiter);
}

static int end_wait(struct mbx_box *box, struct mbx_waiter *waiter, bool handed,
		    struct mbx_later *later) __acquires(&box->lock)
{
	int err;

	let_run(waiter->task, handed);
	err = wait_until_done(waiter);

	spin_lock(&box->lock);
	mbx_task_unblock(waiter->task);
	count_blocked(box, waiter, -1);
	if (waiter->state == MBX_WAIT_DONE)
		return waiter->result;

	leave_line(waiter, later);
	if (err == -ETIMEDOUT)
		trace_mbx_timeout(box, waiter->op, waiter->deadline);
	return err;
}

/**
 * mbx_wait() - sleep in a mailbox
 * @box: the mailbox
 * @waiter: filled in; the caller has a reference to its task
 * @list: the list of @box that it belongs to
 * @later: done before the sleep
 *
 * On error the waiter is in no list, and its state says what it still waited
 * for.
 *
 * Context: The box is locked, and is so again on return.  Sleeps.
 * Return: the result of whoever ended the wait; else -ERESTARTSYS for a signal
 * or -ETIMEDOUT.
 */
int mbx_wait(struct mbx_box *box, struct mbx_waiter *waiter,
	     struct list_head *list, struct mbx_later *later)
	__must_hold(&box->lock)
{
	bool handed;

	begin_wait(box, waiter, list);
	handed = later->here;
	mbx_unlock(box, later);
	return end_wait(box, waiter, handed, later);
}

/**
 * mbx_wait_short() - sleep in a mailbox where nobody is told of events
 * @box: the mailbox
 * @waiter: filled in, and not asked anything
 * @list: the list of @box that it belongs to
 * @woken: whom to wake before the sleep, with a reference; or NULL
 *
 * Context: The box is locked, and is so again on return.  Sleeps.
 * Return: as mbx_wait().
 */
int mbx_wait_short(struct mbx_box *box, struct mbx_waiter *waiter,
		   struct list_head *list, struct task_struct *woken)
	__must_hold(&box->lock)
{
	begin_wait(box, waiter, list);
	spin_unlock(&box->lock);
	if (woken) {
		wake_up_process(woken);
		put_task_struct(woken);
	}
	return end_wait(box, waiter, false, NULL);
}

/* The caller's monotonic clock may be shifted by its time namespace. */
static u64 to_host(u64 ns)
{
	struct timespec64 offset = {};
	s64 host;

	timens_add_monotonic(&offset);
	if (check_sub_overflow((s64)ns, timespec64_to_ns(&offset), &host))
		return S64_MAX;
	return max_t(s64, host, 1);
}

/**
 * mbx_deadline_translate() - check and translate a deadline
 * @deadline: set, in the initial time namespace
 * @clock: set
 * @ns: absolute time in the caller's namespace, 0 if it is missing
 * @realtime: on CLOCK_REALTIME instead of CLOCK_MONOTONIC
 *
 * Return: 0, or -EINVAL if @ns is out of range, or missing where a clock is
 * named.
 */
int mbx_deadline_translate(u64 *deadline, clockid_t *clock, u64 ns,
			   bool realtime)
{
	if (ns > S64_MAX || (realtime && !ns))
		return -EINVAL;

	*clock = realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	*deadline = realtime ? ns : to_host(ns);
	return 0;
}
