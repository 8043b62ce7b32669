/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_WAIT_H
#define MBX_WAIT_H

#include <linux/list.h>
#include <linux/sched/signal.h>

#include "box.h"
#include "deadlock.h"
#include "dedup.h"
#include "donate.h"
#include "notify.h"
#include "select.h"

/* Threads that one operation wakes after it has dropped the lock. */
#define MBX_LATER_THREADS 2

/**
 * struct mbx_later - what an operation does once it has dropped the lock
 * @nr: length of @thread
 * @poll_in: tell pollers that a message is there
 * @poll_out: tell pollers that a message can be sent
 * @poll_all: let all pollers look again
 * @here: a wait was ended of a thread that runs, or last ran, on this CPU
 * @thread: to be woken, with a reference each
 * @donation: has begun or is over, with a reference; or NULL
 * @garbage: first of the messages to be freed
 *
 * Starts as all zero.
 */
struct mbx_later {
	unsigned int nr;
	bool poll_in;
	bool poll_out;
	bool poll_all;
	bool here;
	struct task_struct *thread[MBX_LATER_THREADS];
	struct mbx_donation *donation;
	struct mbx_msg *garbage;
};

/* States of a waiter; only MBX_WAIT_DONE is ever read without the lock. */
enum mbx_wait_state {
	MBX_WAIT_ROOM,
	MBX_WAIT_TAKEN,
	MBX_WAIT_MSG,
	MBX_WAIT_DRAINED,
	MBX_WAIT_REPLY,
	MBX_WAIT_DONE,
};

struct mbx_talk;

/**
 * struct mbx_caller - what a call is about, beyond sending a message
 * @data: where the reply goes [const]
 * @room: how long it may be [const]
 * @rx: the room for its descriptors, in a struct mbx_landing; or NULL [const]
 * @len: length of the reply
 * @via: handle that the message was received through [box]
 * @claim: of the process that received it, and alone may reply [box]
 * @donation: priority that the thread that received it is lent, or NULL [const]
 * @talk: it can be asked something meanwhile; else NULL [const]
 * @edge: its place among those who wait for each other, or NULL [box]
 * @cycle: room to name those whom it would wait for in vain, or NULL [const]
 *
 * Lives on the stack of the thread that calls, or in @talk.  For who asks, whom
 * nobody has a claim against, only the room for the answer.
 */
struct mbx_caller {
	void __user *data;
	u32 room;
	u32 len;
	struct mbx_rx *rx;
	struct mbx_handle *via;
	struct mbx_claim claim;
	struct mbx_donation *donation;
	struct mbx_talk *talk;
	struct mbx_edge *edge;
	struct mbx_cycle *cycle;
};

/**
 * struct mbx_waiter - a thread that sleeps in a mailbox, on whose stack this lives;
 *	or a message that is deferred; or a call that is asked something
 * @node: in the list that @state says, until it is done [box]
 * @state: what it waits for; see MBX_WAKE
 * @op: what the thread does [const]
 * @sleeps: the thread sleeps, or is about to; written by itself; see MBX_WAKE
 * @result: 0 or a negative errno, once it is done [box]
 * @thread: whom to wake; NULL if the message is deferred, or while the caller is
 *	being asked something [box]
 * @task: its record, likewise [const]
 * @msg: a sender's, until the queue has it for good; the one given to a
 *	receiver, with a reference, or to a caller as the reply [box]
 * @placed: the message that a sender waits for to be taken [box]
 * @seq: sequence number that a sender's message got [box]
 * @peer: the receiver that took it, with a reference; or NULL [box]
 * @caller: a sender waits for a reply, or who asks for an answer; else NULL [const]
 * @select: what a receiver accepts, or NULL for any message [const]
 * @len: length of a receiver's buffer, or of the message that did not fit [box]
 * @first: the wait goes on where it was: at the head of the line [const]
 * @sync: a sender waits until the message is taken [const]
 * @served: a receiver that whoever thaws has looked after [box]
 * @handle: which it came through [const]
 * @clock: clock of @deadline [const]
 * @deadline: absolute ns, 0 for none [const]
 */
struct mbx_waiter {
	struct list_head node;
	enum mbx_wait_state state;
	enum mbx_op op;
	bool sleeps;
	int result;
	struct task_struct *thread;
	struct mbx_task *task;
	struct mbx_msg *msg;
	struct mbx_msg *placed;
	u64 seq;
	struct mbx_task *peer;
	struct mbx_caller *caller;
	const struct mbx_selector *select;
	u32 len;
	bool first;
	bool sync;
	bool served;
	struct mbx_handle *handle;
	clockid_t clock;
	u64 deadline;
};

/**
 * struct mbx_deferral - a message that is kept for a handle until there is room
 * @waiter: in place of a sender that sleeps [box]
 * @sending: its id [box]
 * @parked: there is one now [box]
 * @over: the last one is kept no longer, and was not withdrawn [box]
 */
struct mbx_deferral {
	struct mbx_waiter waiter;
	struct mbx_sending sending;
	bool parked;
	bool over;
};

/* defer.c */
int mbx_deferral_prepare(struct mbx_handle *handle);
int mbx_deferral_begin(struct mbx_handle *handle, struct mbx_msg *msg);
void mbx_deferral_end(struct mbx_waiter *waiter, struct mbx_later *later);

/* wait.c */
void mbx_later_do(struct mbx_box *box, struct mbx_later *later);
int mbx_wait(struct mbx_box *box, struct mbx_waiter *waiter,
	     struct list_head *list, struct mbx_later *later);
void mbx_wake(struct mbx_waiter *waiter, int result, struct mbx_later *later);
void mbx_wake_list(struct list_head *list, int result, struct mbx_later *later);
int mbx_deadline_translate(u64 *deadline, clockid_t *clock, u64 ns,
			   bool realtime);

/**
 * mbx_is_killed() - is a waiter about to die?
 * @waiter: the waiter
 *
 * A kill that comes a moment after the look is like one that comes when the
 * receiver has the message.
 *
 * Context: The box is locked.
 * Return: true if so.
 */
static inline bool mbx_is_killed(const struct mbx_waiter *waiter)
{
	return data_race(fatal_signal_pending(waiter->thread));
}

/**
 * mbx_handle_defers() - is a message kept for a handle?
 * @handle: the handle
 *
 * Context: Its box is locked.
 * Return: true if so.
 */
static inline bool mbx_handle_defers(const struct mbx_handle *handle)
{
	return handle->deferral && handle->deferral->parked;
}

/*
 * A poller joins its wait queue before it takes the lock to look at the box: one
 * that is not in the queue now will see the event itself.
 */

/**
 * mbx_later_poll_in() - tell pollers that a message is there
 * @later: does it
 * @box: the mailbox
 *
 * Context: The box is locked.
 */
static inline void mbx_later_poll_in(struct mbx_later *later,
				     struct mbx_box *box)
{
	later->poll_in |= waitqueue_active(&box->poll_in);
}

/**
 * mbx_later_poll_out() - tell pollers that a message can be sent
 * @later: does it
 * @box: the mailbox
 *
 * Context: The box is locked.
 */
static inline void mbx_later_poll_out(struct mbx_later *later,
				      struct mbx_box *box)
{
	later->poll_out |= waitqueue_active(&box->poll_out);
	/* Whoever is woken alone may be one whose handle still defers. */
	if (unlikely(box->nr_deferred))
		later->poll_all = true;
}

/**
 * mbx_deadline_set() - check and translate a deadline
 * @deadline: set, in the initial time namespace
 * @clock: set
 * @ns: absolute time in the caller's namespace, 0 for none
 * @realtime: on CLOCK_REALTIME instead of CLOCK_MONOTONIC
 *
 * Return: 0, or -EINVAL if @ns is out of range, or missing where a clock is
 * named.
 */
static inline int mbx_deadline_set(u64 *deadline, clockid_t *clock, u64 ns,
				   bool realtime)
{
	*deadline = 0;
	*clock = CLOCK_MONOTONIC;
	if (likely(!ns && !realtime))
		return 0;
	return mbx_deadline_translate(deadline, clock, ns, realtime);
}

/**
 * mbx_unlock() - unlock a mailbox and do what could not be done before
 * @box: the mailbox, which may have changed
 * @later: what; empty again afterwards
 *
 * Context: The box is locked.  Sleeps after unlocking it.
 */
static inline void mbx_unlock(struct mbx_box *box, struct mbx_later *later)
	__releases(&box->lock)
{
	mbx_notify_changes(box);
	spin_unlock(&box->lock);
	if (unlikely(later->nr || later->poll_in || later->poll_out ||
		     later->poll_all || later->donation || later->garbage))
		mbx_later_do(box, later);
}

#endif /* MBX_WAIT_H */
