// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases: a message comes back until somebody is done with it, and each time says
 * how often it has been delivered.
 */
#include <errno.h>

#include "trial.h"

#define ALL (MBX_SETTLE_NACK | MBX_SETTLE_RENEW)

/* Does a receive have its message on lease? */
bool leases(unsigned int nr)
{
	return call_at(nr)->op == OP_RECEIVE && call_at(nr)->arg[P_LEASE] &&
	       !peeks(nr) && !(record_at(nr)->message.flags & MBX_MESSAGE_CALL);
}

/* May messages come back in the mailbox? */
bool may_be_leased(uint64_t box)
{
	return any_call(i, leases(i) && has_begun(i) &&
				   (is_unsure(i) || record_at(i)->box == box));
}

/* ---------------------------------------------------------------- judgement */

void judge_lease(struct trial *trial)
{
	demand_if(trial, get(trial, P_LEASE) && peeks(trial->nr), EINVAL,
		  "it leases what it only looks at");
}

static bool is_same(unsigned int a, unsigned int b)
{
	return record_at(a)->box == record_at(b)->box &&
	       record_at(a)->target == record_at(b)->target;
}

static bool is_done_with(unsigned int nr)
{
	return call_at(nr)->op == OP_SETTLE && succeeded(nr) &&
	       !(call_at(nr)->arg[P_FLAGS] & ALL) && !is_unsure(nr);
}

/* Has the process ever leased that message, as far as is known? */
static bool may_have_leased(unsigned int i, unsigned int nr)
{
	const struct record *record = record_at(i);

	if (!leases(i) || !record->start || before(nr, i) ||
	    record->pid != record_at(nr)->pid)
		return false;
	return !succeeded(i) || !record->message.ids || is_unsure(i) ||
	       (record->box == record_at(nr)->box &&
		record->message.seq == record_at(nr)->target);
}

void judge_settle(struct trial *trial)
{
	const uint32_t flags = get(trial, P_FLAGS);
	const unsigned int nr = trial->nr;

	judge_on_handle(trial, ALL);
	judge_handle(trial, MBX_OPEN_RECEIVE);
	allow(trial, ENOENT);
	demand_if(trial, (flags & ALL) == ALL, EINVAL, "it says two things");
	demand_if(trial, !(flags & MBX_SETTLE_RENEW) != !get(trial, P_LEASE),
		  EINVAL, "its time is none, or for nothing");
	if (!any_call(i, may_have_leased(i, nr)))
		trial->must_fail = "its process has leased no such message";
	if (any_call(i, i != nr && is_done_with(i) && is_same(i, nr) &&
				before(i, nr)))
		trial->must_fail = "the message was done with before";
}

/* -------------------------------------------------------------------- checks */

static bool is_known(unsigned int nr)
{
	return (receives(nr) || peeks(nr)) && succeeded(nr) &&
	       record_at(nr)->message.ids && !is_unsure(nr) &&
	       !is_flipped(nr) && !kind_may_fault(nr, P_ARG);
}

/* Did both receive the same message? */
static bool share(unsigned int a, unsigned int b)
{
	return a != b && is_known(a) && is_known(b) &&
	       record_at(a)->box == record_at(b)->box &&
	       record_at(a)->message.seq == record_at(b)->message.seq;
}

static bool ended_before(unsigned int settled, unsigned int nr)
{
	return is_done_with(settled) && before(settled, nr) &&
	       record_at(settled)->box == record_at(nr)->box &&
	       record_at(settled)->target == record_at(nr)->message.seq;
}

static unsigned int count_leases(unsigned int nr)
{
	unsigned int i, count = 0;

	for (i = 0; i < arena->program.nr; i++)
		count += i != nr && leases(i) && has_begun(i) &&
			 !before(nr, i) &&
			 (is_unsure(i) ||
			  record_at(i)->box == record_at(nr)->box);
	return count;
}

static const char *check_deliveries_of(unsigned int nr)
{
	const uint32_t deliveries = record_at(nr)->message.deliveries;
	unsigned int i;

	if (!deliveries || deliveries > 1 + count_leases(nr))
		return finding_at(nr, "is said to be delivery %u", deliveries);
	if (any_call(k, ended_before(k, nr)))
		return finding_at(nr, "got what somebody was done with");
	for (i = 0; i < arena->program.nr; i++)
		if (share(i, nr) && !peeks(i) && !peeks(nr) &&
		    record_at(i)->message.deliveries == deliveries)
			return finding_at(nr, "and call %u are delivery %u",
					  i + 1, deliveries);
	return NULL;
}

const char *check_leases(void)
{
	const char *wrong = NULL;
	unsigned int i;

	for (i = 0; i < arena->program.nr && !wrong; i++)
		if (is_known(i))
			wrong = check_deliveries_of(i);
	return wrong;
}
