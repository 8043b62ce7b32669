// SPDX-License-Identifier: GPL-2.0-only
/*
 * Donation: a thread that serves a call runs at the caller's priority, if that
 * is the higher one.
 *
 * This is no priority inheritance as that of an rt_mutex, which a thread cannot
 * hold while it is in user space: what the thread is scheduled by is changed as
 * sched_setattr(2) does it, and changed back afterwards.  A thread that serves
 * several calls has the highest of them.  When it calls others itself it lends
 * what it has, and what it loses meanwhile they lose, too.
 *
 * Nobody may keep what was lent: children of such a thread start at the default,
 * for which only what sched_fork() resets is lent; and what the thread makes of its
 * priority meanwhile counts afterwards only if that has become lower than its own,
 * or higher than what was lent, for which somebody needs the right.
 *
 * Chains end: who lends is blocked in a call, and takes none meanwhile.  One that is
 * asked something by whoever serves it lends nothing until it has answered, but may
 * be lent what that one has, which is otherwise of no use to anybody.  For the moment
 * in which both lend, neither gets more than the two of them have.
 *
 * The scheduler may sleep over such a change, hence none is made with a mailbox
 * locked: there it is only noted who serves, and whether that is over.  Whoever
 * has noted that then comes here, and whoever comes last finds both.
 */
#include <linux/rtmutex.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <uapi/linux/sched/types.h>

#include "mbx.h"

/**
 * struct mbx_boost - a thread to which priority is lent
 * @node: in boosts
 * @task: the thread, with a reference
 * @donations: all that it has
 * @gives: its own, while it calls
 * @base: how it is scheduled without them
 * @given: what it was given
 */
struct mbx_boost {
	struct list_head node;
	struct task_struct *task;
	struct list_head donations;
	struct mbx_donation *gives;
	struct mbx_sched base;
	struct mbx_sched given;
};

/* Protects all of this, and members tagged [donations]. */
/*
 * Whoever waits for it lends his priority to whoever has it: a reader of /proc may
 * be in no hurry.
 */
static DEFINE_RT_MUTEX(donations_lock);
static LIST_HEAD(boosts);

static bool is_rt(const struct mbx_sched *sched)
{
	return sched->policy == SCHED_FIFO || sched->policy == SCHED_RR;
}

/* Of two, the thread with the higher one runs first, or has more of the CPU. */
static int rank(const struct mbx_sched *sched)
{
	if (is_rt(sched))
		return NICE_WIDTH + 1 + sched->rt_priority;
	if (sched->policy == SCHED_IDLE)
		return 0;
	/* What is neither lent nor replaced, such as deadlines, is above all. */
	if (sched->policy != SCHED_NORMAL && sched->policy != SCHED_BATCH)
		return INT_MAX;
	return MAX_NICE + 1 - sched->nice;
}

/* Of what is lent nothing may stay with children: only that is reset for them. */
static bool can_be_lent(const struct mbx_sched *sched)
{
	return is_rt(sched) || ((sched->policy == SCHED_NORMAL ||
				 sched->policy == SCHED_BATCH) &&
				sched->nice < 0);
}

static bool are_same(const struct mbx_sched *a, const struct mbx_sched *b)
{
	return a->policy == b->policy && rank(a) == rank(b);
}

/* Others change it meanwhile. */
#define SEEN(value) data_race(value)

static struct mbx_sched read_sched(struct task_struct *p)
{
	return (struct mbx_sched){
		.policy = SEEN(READ_ONCE(p->policy)),
		.nice = PRIO_TO_NICE(SEEN(READ_ONCE(p->static_prio))),
		.rt_priority = SEEN(READ_ONCE(p->rt_priority)),
		.reset = SEEN(!!p->sched_reset_on_fork),
	};
}

/* It may change right after, but is never half of one and half of another. */
static struct mbx_sched sched_of(struct task_struct *p)
{
	struct mbx_sched sched = read_sched(p), again;

	for (;;) {
		again = read_sched(p);
		if (are_same(&sched, &again) && sched.nice == again.nice &&
		    is_rt(&sched) == !!sched.rt_priority)
			return sched;
		sched = again;
		cpu_relax();
	}
}

static int try_sched(struct task_struct *p, const struct mbx_sched *sched)
{
	const struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = sched->policy,
		.sched_flags = sched->reset ? SCHED_FLAG_RESET_ON_FORK : 0,
		.sched_nice = is_rt(sched) ? 0 : sched->nice,
		.sched_priority = is_rt(sched) ? sched->rt_priority : 0,
	};

	return sched_setattr_nocheck(p, &attr);
}

static void set_sched(struct task_struct *p, const struct mbx_sched *sched)
{
	struct mbx_sched plain = *sched;

	/* Should it be refused nobody may keep more. */
	if (!try_sched(p, sched))
		return;
	plain.policy = SCHED_NORMAL;
	plain.nice = max(plain.nice, 0);
	(void)try_sched(p, &plain);
}

/* -------------------------------------------------------------------- boosts */

static struct mbx_boost *find_boost(const struct task_struct *p)
{
	struct mbx_boost *boost;

	lockdep_assert_held(&donations_lock);
	list_for_each_entry(boost, &boosts, node)
		if (boost->task == p)
			return boost;
	return NULL;
}

static struct mbx_donation *highest(const struct mbx_boost *boost)
{
	struct mbx_donation *donation, *best = NULL;

	list_for_each_entry(donation, &boost->donations, node)
		if (can_be_lent(&donation->sched) &&
		    (!best || rank(&donation->sched) > rank(&best->sched)))
			best = donation;
	return best;
}

/* What a thread is to have while others lend it @lent. */
static struct mbx_sched raised(const struct mbx_sched *base,
			       const struct mbx_sched *lent)
{
	struct mbx_sched sched = *lent;

	/* A nice value is all that a normal one lends. */
	if (!is_rt(lent))
		sched.policy = base->policy == SCHED_BATCH ? SCHED_BATCH :
							     SCHED_NORMAL;
	sched.reset = true;
	return sched;
}

static void note_changes(struct mbx_boost *boost, const struct mbx_sched *now)
{
	struct mbx_sched *base = &boost->base, *given = &boost->given;
	const bool lent = !are_same(base, given);
	const bool reset = now->reset == given->reset ? base->reset :
							now->reset;

	if (are_same(now, given)) {
		/* A nice value that counts once it is not real-time any more. */
		if (is_rt(now) && now->nice != given->nice &&
		    (now->nice > base->nice || now->nice < given->nice))
			base->nice = now->nice;
		base->reset = reset;
		return;
	}
	if (!lent || rank(now) > rank(given)) {
		*base = *now;
	} else if (rank(now) < rank(base)) {
		*base = *now;
		base->reset = reset;
	}
}

/* Lets a thread have what it is to have now. */
static void update(struct mbx_boost *boost)
{
	const struct mbx_donation *best = highest(boost);
	struct mbx_sched now = sched_of(boost->task);
	struct mbx_sched sched;

	note_changes(boost, &now);
	sched = boost->base;
	if (best && rank(&best->sched) > rank(&boost->base))
		sched = raised(&boost->base, &best->sched);
	if (!are_same(&now, &sched) || now.reset != sched.reset)
		set_sched(boost->task, &sched);
	if (is_rt(&sched))
		sched.nice = now.nice;
	boost->given = sched;
}

/* And those whom it calls, and so on. */
static void update_chain(struct mbx_boost *boost)
{
	for (;;) {
		update(boost);
		if (!boost->gives || !boost->gives->boost ||
		    are_same(&boost->gives->sched, &boost->given))
			return;
		boost->gives->sched = boost->given;
		boost = boost->gives->boost;
	}
}

static struct mbx_boost *begin_boost(struct mbx_donation *donation)
{
	struct mbx_boost *boost = donation->spare;

	donation->spare = NULL;
	boost->task = get_task_struct(donation->to);
	INIT_LIST_HEAD(&boost->donations);
	boost->gives = NULL;
	boost->base = sched_of(boost->task);
	boost->given = boost->base;
	list_add(&boost->node, &boosts);
	return boost;
}

/* Whoever leaves has one again: it may come back. */
static void take_spare(struct mbx_donation *donation, struct mbx_boost *boost)
{
	struct mbx_donation *first;

	if (list_empty(&boost->donations)) {
		list_del(&boost->node);
		put_task_struct(boost->task);
		donation->spare = boost;
	} else if (!donation->spare) {
		first = list_first_entry(&boost->donations, struct mbx_donation,
					 node);
		swap(donation->spare, first->spare);
	}
}

/* ----------------------------------------------------------------- donations */

/* Who lends may have it from others. */
static void link_giver(struct mbx_donation *donation, bool gives)
{
	struct mbx_boost *boost = find_boost(donation->from);

	if (boost)
		boost->gives = gives ? donation : NULL;
	if (gives)
		donation->sched = boost ? boost->given :
					  sched_of(donation->from);
}

static void attach(struct mbx_donation *donation)
{
	struct mbx_boost *boost;

	link_giver(donation, true);
	boost = find_boost(donation->to) ?: begin_boost(donation);
	donation->boost = boost;
	list_add(&donation->node, &boost->donations);
	update_chain(boost);
}

static void detach(struct mbx_donation *donation)
{
	struct mbx_boost *boost = donation->boost;

	link_giver(donation, false);
	donation->boost = NULL;
	list_del(&donation->node);
	update_chain(boost);
	take_spare(donation, boost);
}

/**
 * mbx_donation_create() - get ready to lend the caller's priority
 *
 * Context: Process context.  Sleeps.
 * Return: the donation, to be ended by mbx_donation_end(); or NULL if there is
 * no memory.
 */
struct mbx_donation *mbx_donation_create(void)
{
	struct mbx_donation *donation;

	donation = kzalloc(sizeof(*donation), GFP_KERNEL_ACCOUNT);
	if (!donation)
		return NULL;
	donation->spare = kzalloc(sizeof(*donation->spare), GFP_KERNEL_ACCOUNT);
	if (!donation->spare) {
		kfree(donation);
		return NULL;
	}
	refcount_set(&donation->refs, 1);
	donation->from = current;
	donation->sched = sched_of(current);
	return donation;
}

static void put(struct mbx_donation *donation)
{
	if (!refcount_dec_and_test(&donation->refs))
		return;
	if (donation->to)
		put_task_struct(donation->to);
	kfree(donation->spare);
	kfree(donation);
}

/**
 * mbx_donation_begin() - let a thread have what a caller lends
 * @donation: the caller's; no donation is fine
 * @to: the thread
 * @later: lends it
 *
 * Context: The box is locked.
 */
void mbx_donation_begin(struct mbx_donation *donation, struct task_struct *to,
			struct mbx_later *later)
{
	if (!donation)
		return;
	donation->to = get_task_struct(to);
	later->donation = mbx_donation_ref(donation);
}

/**
 * mbx_donation_over() - note that a call is answered
 * @donation: the caller's; no donation is fine
 * @later: takes it back
 *
 * Context: The box is locked.
 */
void mbx_donation_over(struct mbx_donation *donation, struct mbx_later *later)
{
	if (!donation)
		return;
	WRITE_ONCE(donation->over, true);
	later->donation = mbx_donation_ref(donation);
}

/**
 * mbx_donation_settle() - lend, or take back
 * @donation: what has changed; a reference is dropped
 *
 * Context: Process context.  Sleeps.
 */
void mbx_donation_settle(struct mbx_donation *donation)
{
	bool lends;

	rt_mutex_lock(&donations_lock);
	/* Whoever sets it comes here afterwards. */
	lends = donation->to && !READ_ONCE(donation->over) &&
		!READ_ONCE(donation->paused);
	if (lends && !donation->boost)
		attach(donation);
	else if (!lends && donation->boost)
		detach(donation);
	rt_mutex_unlock(&donations_lock);
	put(donation);
}

/**
 * mbx_donation_pause() - take back what is lent for a while, or lend it again
 * @donation: the calling thread's; no donation is fine
 * @pause: take it back
 *
 * Context: Process context.  Sleeps.
 */
void mbx_donation_pause(struct mbx_donation *donation, bool pause)
{
	if (!donation)
		return;
	/* Pairs with mbx_donation_settle(). */
	WRITE_ONCE(donation->paused, pause);
	mbx_donation_settle(mbx_donation_ref(donation));
}

/**
 * mbx_donation_end() - take back what was lent for a call that is over
 * @donation: the caller's; no donation is fine
 *
 * Context: Process context.  Sleeps.
 */
void mbx_donation_end(struct mbx_donation *donation)
{
	if (!donation)
		return;
	WRITE_ONCE(donation->over, true);
	mbx_donation_settle(donation);
}

/**
 * mbx_donor() - from whom does a thread have its priority?
 * @p: the thread
 *
 * Context: Process context.  Sleeps.
 * Return: the caller's thread id with a reference, or NULL if it is its own.
 */
struct pid *mbx_donor(struct task_struct *p)
{
	struct mbx_donation *best = NULL;
	struct mbx_boost *boost;
	struct pid *donor;

	/* Mostly there are none, and who comes a moment later sees others. */
	if (list_empty(&boosts))
		return NULL;

	rt_mutex_lock(&donations_lock);
	boost = find_boost(p);
	if (boost && !are_same(&boost->base, &boost->given))
		best = highest(boost);
	donor = best ? get_task_pid(best->from, PIDTYPE_PID) : NULL;
	rt_mutex_unlock(&donations_lock);
	return donor;
}
