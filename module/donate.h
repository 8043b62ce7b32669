/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_DONATE_H
#define MBX_DONATE_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/sched.h>

/**
 * struct mbx_sched - how a thread is scheduled
 * @policy: SCHED_*
 * @nice: for the normal policies
 * @rt_priority: for the real-time ones
 * @reset: its children start at the default
 */
struct mbx_sched {
	u32 policy;
	s32 nice;
	u32 rt_priority;
	bool reset;
};

struct mbx_boost;
struct mbx_later;

/**
 * struct mbx_donation - the priority that a caller lends to whoever serves it
 * @refs: the caller, and who is about to call mbx_donation_settle()
 * @over: the call has been served, or given up; changes once
 * @paused: the caller is asked something, and goes on meanwhile
 * @from: the caller, which outlives the time until @over [const]
 * @to: the thread that took the call, with a reference; NULL until then [box]
 * @sched: what is lent [donations]
 * @boost: what has become of it, or NULL [donations]
 * @node: in @donations of @boost [donations]
 * @spare: for the first donation that a thread gets; there is one for each, in
 *	them or in use [donations]
 */
struct mbx_donation {
	refcount_t refs;
	bool over;
	bool paused;
	struct task_struct *from;
	struct task_struct *to;
	struct mbx_sched sched;
	struct mbx_boost *boost;
	struct list_head node;
	struct mbx_boost *spare;
};

struct mbx_donation *mbx_donation_create(void);
void mbx_donation_begin(struct mbx_donation *donation, struct task_struct *to,
			struct mbx_later *later);
void mbx_donation_pause(struct mbx_donation *donation, bool pause);
void mbx_donation_over(struct mbx_donation *donation, struct mbx_later *later);
void mbx_donation_settle(struct mbx_donation *donation);
void mbx_donation_end(struct mbx_donation *donation);
struct pid *mbx_donor(struct task_struct *p);

static inline struct mbx_donation *
mbx_donation_ref(struct mbx_donation *donation)
{
	refcount_inc(&donation->refs);
	return donation;
}

#endif /* MBX_DONATE_H */
