// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Handles made of handles: what they inherit, and what ends with whom they were
 * made of.  A handle is known by the call that made it.
 */
#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "../command.h"
#include "trial.h"

/* The call that derived the handle of a call, or -1. */
static int origin_of(unsigned int nr)
{
	const uint32_t maker = record_at(nr)->maker;

	return maker && call_at(maker - 1)->op == OP_DERIVE ? (int)maker - 1 :
							      -1;
}

bool is_derived(unsigned int nr)
{
	return origin_of(nr) >= 0;
}

/* Nobody knows what it was derived from, or as what. */
bool has_unsure_origin(unsigned int nr)
{
	int i = nr;

	while ((i = origin_of(i)) >= 0)
		if (is_unsure(i) || is_flipped(i))
			return true;
	return false;
}

/* Of the handle that the call uses. */
uint64_t badge_of(unsigned int nr)
{
	uint32_t badge = 0;
	int i = nr;

	while ((i = origin_of(i)) >= 0)
		badge = call_at(i)->arg[P_BADGE] ?: badge;
	return badge_value(badge);
}

bool is_oneshot(unsigned int nr)
{
	int i = nr;

	while ((i = origin_of(i)) >= 0)
		if (call_at(i)->arg[P_FLAGS] & MBX_DERIVE_ONESHOT)
			return true;
	return false;
}

/* --------------------------------------------------------------- revocation */

/* Does the handle of a call descend from that of a revocation? */
static bool descends(unsigned int nr, unsigned int revocation)
{
	int i = nr;

	while ((i = origin_of(i)) >= 0)
		if (record_at(i)->maker == record_at(revocation)->maker)
			return true;
	return false;
}

static bool may_revoke(unsigned int i, unsigned int nr, uint32_t by)
{
	const int origin = origin_of(nr);

	if (call_at(i)->op != OP_REVOKE || origin < 0 || !has_begun(i) ||
	    (was_done(i) && !succeeded(i)))
		return false;
	return record_at(i)->start < by && !before(i, origin) &&
	       (is_unsure(i) || descends(nr, i));
}

bool may_be_revoked_by(unsigned int nr, uint32_t by)
{
	return any_call(i, may_revoke(i, nr, by));
}

bool may_be_revoked(unsigned int nr)
{
	return may_be_revoked_by(nr, end_of(nr));
}

static bool revokes(unsigned int i, unsigned int nr)
{
	const int origin = origin_of(nr);

	return call_at(i)->op == OP_REVOKE && succeeded(i) && !is_unsure(i) &&
	       origin >= 0 && before(origin, i) && descends(nr, i);
}

/* A revocation that had ended by then has ended the handle for certain. */
bool was_revoked(unsigned int nr, uint32_t by)
{
	return any_call(i, revokes(i, nr) && end_of(i) < by);
}

/* Did nothing else happen between the call's falling asleep and that? */
static bool is_quiet(unsigned int nr, unsigned int revocation)
{
	return !any_call(i, i != nr && i != revocation && record_at(i)->start &&
				    end_of(i) > record_at(nr)->asleep &&
				    !before(revocation, i));
}

/* Nobody but a revocation can have ended its sleep. */
bool slept_through_revocation(unsigned int nr)
{
	const uint32_t asleep = record_at(nr)->asleep;

	return asleep && waits_plainly(nr) &&
	       any_call(i, revokes(i, nr) && asleep < record_at(i)->start &&
				   is_quiet(nr, i));
}

/* ----------------------------------------------------------------- one message */

static bool sends_likewise(unsigned int i, unsigned int nr)
{
	return i != nr && sends(i) && record_at(i)->start &&
	       record_at(i)->maker == record_at(nr)->maker;
}

/* Did another send use up the handle, which is good for one? */
bool may_be_spent(unsigned int nr)
{
	return is_oneshot(nr) &&
	       any_call(i, sends_likewise(i, nr) && !before(nr, i) &&
				   (may_be_sent(i) || !was_done(i) ||
				    overlap(i, nr)));
}

bool is_spent(unsigned int nr)
{
	return is_oneshot(nr) &&
	       any_call(i,
			sends_likewise(i, nr) && succeeded(i) && !is_unsure(i));
}

/* ---------------------------------------------------------------- judgement */

void judge_derive(struct trial *trial)
{
	const uint32_t rights = get(trial, P_RIGHTS);
	const uint32_t badge = get(trial, P_BADGE);
	const uint64_t inherited = badge_of(trial->nr);

	judge_on_handle(trial, MBX_DERIVE_ONESHOT);
	demand_if(trial, rights & ~ALL_RIGHTS, EOPNOTSUPP,
		  "there are no such rights");
	demand_if(trial,
		  get(trial, P_FLAGS) & MBX_DERIVE_ONESHOT &&
			  !(rights & MBX_OPEN_SEND),
		  EINVAL, "it is for sending, and may not send");
	demand_if(trial, rights & ~trial->record->rights, EACCES,
		  "it has not got these rights");
	demand_if(trial, is_oneshot(trial->nr) && rights & MBX_OPEN_SEND, EPERM,
		  "it is good for one message only");
	demand_if(trial, badge && inherited && badge_value(badge) != inherited,
		  EPERM, "it has another badge");
}

void judge_revoke(struct trial *trial)
{
	judge_on_handle(trial, 0);
}
