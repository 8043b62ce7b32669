// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages that their senders have a name for: none is sent twice.
 */
#include <errno.h>
#include <linux/ipc_mailbox.h>

#include "trial.h"

bool has_id(unsigned int nr)
{
	return call_at(nr)->op == OP_SEND && call_at(nr)->arg[P_ID];
}

/* Does another send have the same name for its message, as far as is known? */
static bool is_like(unsigned int i, unsigned int nr)
{
	return i != nr && has_id(i) && record_at(i)->start &&
	       call_at(i)->arg[P_ID] == call_at(nr)->arg[P_ID] &&
	       (is_unsure(i) || is_unsure(nr) ||
		record_at(i)->box == record_at(nr)->box);
}

static bool may_be_remembered(unsigned int i, unsigned int nr)
{
	return is_like(i, nr) && !before(nr, i) &&
	       (!was_done(i) || succeeded(i) || is_flipped(i));
}

/* Whoever sends it meanwhile, or waits, may fail yet. */
static bool may_be_in_the_way(unsigned int i, unsigned int nr)
{
	return is_like(i, nr) && !before(nr, i) &&
	       (overlap(i, nr) || is_flipped(i) || may_be_deferred(i));
}

static bool same_user(unsigned int a, unsigned int b)
{
	return (process_of(call_at(a)->task) == STRANGER) ==
	       (process_of(call_at(b)->task) == STRANGER);
}

static bool is_remembered(unsigned int i, unsigned int nr)
{
	return is_like(i, nr) && before(i, nr) && succeeded(i) &&
	       !record_at(i)->batch && !record_at(i)->ret && !is_flipped(i) &&
	       !is_unsure(i) && same_user(i, nr);
}

void judge_id(struct trial *trial)
{
	const unsigned int nr = trial->nr;
	const struct box *box = trial->box;
	const uint32_t dedup =
		!box || box->direct ? 0 : call_at(box->create)->arg[P_DEDUP];

	if (!has_id(nr))
		return;
	allow_if(trial, !box, EINVAL);
	demand_if(trial, box && !dedup, EINVAL,
		  "the mailbox remembers nothing");
	allow_if(trial, any_call(i, may_be_remembered(i, nr)), EALREADY);
	allow_if(trial, any_call(i, may_be_in_the_way(i, nr)), EBUSY);
	if (dedup >= MAX_CALLS && any_call(i, is_remembered(i, nr)))
		trial->must_fail = "the same message was sent before";
}
