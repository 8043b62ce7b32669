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
 * and what it makes of its priority meanwhile counts afterwards only if it has
 * become lower than its own; or higher than what was lent, for which somebody
 * needs the right.
 *
 * The scheduler may sleep over such a change, hence none is made with a mailbox
 * locked: there it is only noted who serves, and whether that is over.  Whoever
 * has noted that then comes here, and whoever comes last finds both.
 */
#include <linux/mutex.h>
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
static DEFINE_MUTEX(donations_lock);
static LIST_HEAD(boosts);

/* Longest chain of threads that serve each other; beyond, nothing is passed on. */
#define CHAIN_MAX 64

static bool is_rt(const struct mbx_sched *sched)
{
	return sched->policy == SCHED_FIFO || sched->policy == SCHED_RR;
}

/* Of two, the thread with the higher one runs first, or has more of the CPU. */
static int rank(const struct mbx_sched *sched)
{
	if (is_rt(sched))
		return NICE_WIDTH + 1 + sched->rt_priority;
	return sched->policy == SCHED_IDLE ? 0 : NICE_WIDTH - sched->nice;
}

/* Others, such as deadlines, can neither be lent nor be replaced. */
static bool can_be_lent(const struct mbx_sched *sched)
{
	return is_rt(sched) || sched->policy == SCHED_NORMAL ||
	       sched->policy == SCHED_BATCH || sched->policy == SCHED_IDLE;
}

static bool are_same(const struct mbx_sched *a, const struct mbx_sched *b)
{
	return a->policy == b->policy && rank(a) == rank(b);
}

/* May change while it is read, as it may right after. */
static struct mbx_sched sched_of(struct task_struct *p)
{
	return (struct mbx_sched){
		.policy = data_race(READ_ONCE(p->policy)),
		.nice = PRIO_TO_NICE(data_race(READ_ONCE(p->static_prio))),
		.rt_priority = data_race(READ_ONCE(p->rt_priority)),
		.reset = data_race(!!p->sched_reset_on_fork),
	};
}

static void set_sched(struct task_struct *p, const struct mbx_sched *sched)
{
	const struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = sched->policy,
		.sched_flags = sched->reset ? SCHED_FLAG_RESET_ON_FORK : 0,
		.sched_nice = is_rt(sched) ? 0 : sched->nice,
		.sched_priority = is_rt(sched) ? sched->rt_priority : 0,
	};

	/* May be refused, for instance by the group of the thread. */
	(void)sched_setattr_nocheck(p, &attr);
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
		if (!best || rank(&donation->sched) > rank(&best->sched))
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
	const bool reset = boost->base.reset;

	if (are_same(now, &boost->given))
		return;
	if (rank(now) > rank(&boost->given) || rank(now) < rank(&boost->base)) {
		boost->base = *now;
		boost->base.reset = reset;
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
	if (best && rank(&best->sched) > rank(&boost->base) &&
	    can_be_lent(&boost->base))
		sched = raised(&boost->base, &best->sched);
	if (!are_same(&now, &sched) || now.reset != sched.reset)
		set_sched(boost->task, &sched);
	boost->given = sched;
}

/* And those whom it calls, and so on. */
static void update_chain(struct mbx_boost *boost)
{
	unsigned int i;

	for (i = 0; i < CHAIN_MAX; i++) {
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
	boost->base = sched_of(boost->task);
	boost->given = boost->base;
	list_add(&boost->node, &boosts);
	return boost;
}

static void end_boost(struct mbx_boost *boost)
{
	list_del(&boost->node);
	put_task_struct(boost->task);
	kfree(boost);
}

/* ----------------------------------------------------------------- donations */

/* Who lends may have it from others. */
static void link_giver(struct mbx_donation *donation, bool gives)
{
	struct mbx_boost *boost = find_boost(donation->from);

	if (!boost)
		return;
	boost->gives = gives ? donation : NULL;
	if (gives)
		donation->sched = boost->given;
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
	if (list_empty(&boost->donations))
		end_boost(boost);
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
 * mbx_donation_begin() - let the calling thread have what a caller lends
 * @donation: the caller's; no donation is fine
 * @later: lends it
 *
 * Context: The box is locked.
 */
void mbx_donation_begin(struct mbx_donation *donation, struct mbx_later *later)
{
	if (!donation)
		return;
	donation->to = get_task_struct(current);
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

	mutex_lock(&donations_lock);
	/* Whoever sets it comes here afterwards. */
	lends = donation->to && !READ_ONCE(donation->over) &&
		can_be_lent(&donation->sched);
	if (lends && !donation->boost)
		attach(donation);
	else if (!lends && donation->boost)
		detach(donation);
	mutex_unlock(&donations_lock);
	put(donation);
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

	/* Mostly there are none, and who comes a moment later sees others. */
	if (list_empty(&boosts))
		return NULL;

	guard(mutex)(&donations_lock);

	boost = find_boost(p);
	if (boost && !are_same(&boost->base, &boost->given))
		best = highest(boost);
	return best ? get_task_pid(best->from, PIDTYPE_PID) : NULL;
}
