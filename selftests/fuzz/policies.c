// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policies that let not everybody in: who may have been inside, and who was for
 * certain.
 */
#include <errno.h>

#include "trial.h"

static bool takes_part(unsigned int nr)
{
	return sends(nr) || receives(nr) || peeks(nr);
}

static bool same_box(unsigned int a, unsigned int b)
{
	return is_unsure(a) || record_at(a)->box == record_at(b)->box;
}

static bool is_foreign(unsigned int a, unsigned int b)
{
	return record_at(a)->pid != record_at(b)->pid;
}

/* ----------------------------------------------------------------------- pair */

static bool may_have_joined(unsigned int i, unsigned int nr)
{
	return takes_part(i) && record_at(i)->start && is_foreign(i, nr) &&
	       same_box(i, nr) && !before(nr, i);
}

static bool may_have_died(unsigned int i, uint32_t by)
{
	return call_at(i)->forked ||
	       any_call(k, call_at(k)->op == OP_KILL &&
				   process_of(call_at(k)->arg[P_TARGET]) ==
					   process_of(call_at(i)->task) &&
				   record_at(k)->start &&
				   record_at(k)->start < by);
}

static bool has_joined(unsigned int i, unsigned int nr)
{
	const struct record *record = record_at(i);

	if (!may_have_joined(i, nr) || is_unsure(i) ||
	    may_have_died(i, record_at(nr)->end))
		return false;
	return (record->asleep && record->asleep < record_at(nr)->start &&
		!may_get_stuck(call_at(i))) ||
	       (succeeded(i) && before(i, nr));
}

/* Two processes besides that of the call, for all of which that is so? */
static bool are_two(bool (*joined)(unsigned int i, unsigned int nr),
		    unsigned int nr)
{
	return any_call(a,
			joined(a, nr) &&
				any_call(b, joined(b, nr) && is_foreign(a, b)));
}

/* ------------------------------------------------------------------ exclusive */

static bool is_inside(unsigned int nr)
{
	return receives(nr) || peeks(nr);
}

static bool may_be_inside(unsigned int i, unsigned int nr)
{
	return is_inside(i) && is_foreign(i, nr) && same_box(i, nr) &&
	       overlap(i, nr);
}

/* Nothing before this stamp can have ended the call's sleep. */
static uint32_t asleep_until(unsigned int nr, const struct box *box)
{
	const struct record *record = record_at(nr);

	if (!waits_plainly(nr) || is_unsure(nr))
		return 0;
	if (succeeded(nr) && record->message.from >= 0)
		return record_at(record->message.from)->start;
	if (failed_with(nr, EINTR))
		return arena->stop;
	return failed_with(nr, EIDRM) ? box->may_end : 0;
}

/* Has it come to look for a message? */
static bool has_looked(unsigned int nr)
{
	return succeeded(nr) || failed_with(nr, EAGAIN) ||
	       failed_with(nr, EMSGSIZE);
}

/* Was @b inside while @a slept there? */
static bool meet(unsigned int a, unsigned int b, const struct box *box)
{
	const uint32_t from = record_at(a)->asleep;
	const uint32_t until = asleep_until(a, box);

	if (!from || record_at(a)->box != box->id ||
	    record_at(b)->box != box->id || is_unsure(b) || !is_foreign(a, b))
		return false;
	if (has_looked(b) && from < record_at(b)->start &&
	    record_at(b)->end < until)
		return true;
	return waits_plainly(b) && from < record_at(b)->asleep &&
	       record_at(b)->asleep < until;
}

/* ---------------------------------------------------------------------- checks */

void judge_policy(struct trial *trial)
{
	const unsigned int nr = trial->nr;
	const uint32_t policy = trial->box ? trial->box->policy : 0;

	if (policy == MBX_POLICY_PAIR) {
		allow_if(trial,
			 are_two(may_have_joined, nr) ||
				 may_be_told(trial->record->box),
			 EUSERS);
		if (are_two(has_joined, nr))
			trial->must_fail = "two other processes use it";
	}
	allow_if(trial,
		 policy == MBX_POLICY_EXCLUSIVE && is_inside(nr) &&
			 any_call(i, may_be_inside(i, nr)),
		 EBUSY);
}

const char *check_policy(const struct box *box)
{
	unsigned int a, b;

	if (box->policy != MBX_POLICY_EXCLUSIVE)
		return NULL;
	for (a = 0; a < arena->program.nr; a++)
		for (b = 0; b < arena->program.nr; b++)
			if (is_inside(a) && is_inside(b) && meet(a, b, box))
				return finding_at(
					b, "was inside together with call %u",
					a + 1);
	return NULL;
}
