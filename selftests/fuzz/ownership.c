// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who owns a mailbox, and with whom it ends.
 */
#include <errno.h>

#include "trial.h"

#define NOBODY (-1)

/**
 * struct ownership - at some time
 * @owner: process, or NOBODY
 * @successor: likewise
 * @dead: bits of processes
 * @sure: nothing else is possible
 */
struct ownership {
	int owner;
	int successor;
	unsigned int dead;
	bool sure;
};

static bool changes_owner(const struct box *box, unsigned int nr)
{
	if (call_at(nr)->op == OP_KILL)
		return record_at(nr)->ret == 1;
	return call_at(nr)->op == OP_TRANSFER && has_begun(nr) &&
	       (!was_done(nr) || succeeded(nr)) &&
	       (is_unsure(nr) || record_at(nr)->box == box->id);
}

static bool is_transfer(const struct box *box, unsigned int nr)
{
	return call_at(nr)->op == OP_TRANSFER && changes_owner(box, nr);
}

bool is_transferred(const struct box *box)
{
	return any_call(i, is_transfer(box, i));
}

static int target_of(unsigned int nr)
{
	return process_of(call_at(nr)->arg[P_TARGET]);
}

static void apply_transfer(struct ownership *now, unsigned int nr)
{
	const bool none = call_at(nr)->arg[P_WHO] == PID_NONE;

	if (call_at(nr)->arg[P_FLAGS] & MBX_TRANSFER_SUCCESSOR) {
		now->successor = none ? NOBODY : target_of(nr);
		return;
	}
	now->owner = target_of(nr);
	now->successor = NOBODY;
}

static void apply_death(struct ownership *now, int process)
{
	now->dead |= 1U << process;
	if (now->owner != process)
		return;
	now->owner = now->successor != NOBODY &&
				     !(now->dead >> now->successor & 1) ?
			     now->successor :
			     NOBODY;
	now->successor = NOBODY;
}

/* The first that began after @stamp, MAX_CALLS for none. */
static unsigned int next_change(const struct box *box, uint32_t stamp)
{
	unsigned int i, next = MAX_CALLS;

	for (i = 0; i < arena->program.nr; i++)
		if (changes_owner(box, i) && record_at(i)->start > stamp &&
		    (next == MAX_CALLS ||
		     record_at(i)->start < record_at(next)->start))
			next = i;
	return next;
}

/* As it was from @from until @to. */
static struct ownership ownership_at(const struct box *box, uint32_t from,
				     uint32_t to)
{
	struct ownership now = { box->owner, NOBODY, 0, box->owner >= 0 };
	uint32_t stamp = 0, last = 0;
	unsigned int nr;

	while ((nr = next_change(box, stamp)) < MAX_CALLS) {
		stamp = record_at(nr)->start;
		if (stamp > to)
			break;
		if (stamp < last || end_of(nr) > from || !was_done(nr) ||
		    (is_transfer(box, nr) && (is_unsure(nr) || is_flipped(nr))))
			now.sure = false;
		last = end_of(nr);
		if (is_transfer(box, nr))
			apply_transfer(&now, nr);
		else
			apply_death(&now, target_of(nr));
	}
	return now;
}

/* For certain, during a call. */
static bool is_owned_by(const struct box *box, unsigned int nr, bool *sure)
{
	const struct ownership then =
		ownership_at(box, record_at(nr)->start - 1, end_of(nr));

	*sure = then.sure;
	return then.owner == (int)process_of(call_at(nr)->task) &&
	       !call_at(nr)->forked;
}

bool is_of_others(const struct box *box, unsigned int nr)
{
	bool sure;

	return !is_owned_by(box, nr, &sure) && sure;
}

/* Has this death ended it, or may it have? */
void apply_owner_death(const struct box *box, unsigned int kill, bool *may,
		       bool *certain)
{
	const struct ownership before = ownership_at(
		box, record_at(kill)->start - 1, record_at(kill)->start - 1);
	struct ownership after = before;
	const bool sure = before.sure &&
			  !any_call(i, is_transfer(box, i) && overlap(i, kill));

	apply_death(&after, target_of(kill));
	*certain = sure && before.owner == target_of(kill) &&
		   after.owner == NOBODY;
	*may = *certain || !sure;
}

/* ---------------------------------------------------------------- judgement */

static bool may_be_gone(const struct trial *trial)
{
	const unsigned int process = target_of(trial->nr);

	return !program_uses(&arena->program, process) ||
	       any_call(i, call_at(i)->op == OP_KILL && record_at(i)->start &&
				   target_of(i) == (int)process &&
				   record_at(i)->start < trial->record->end);
}

/* Of a process that is named by its pid. */
void judge_pid(struct trial *trial)
{
	const enum pid pid = get(trial, P_WHO);
	const bool stranger = process_of(trial->call->task) == STRANGER;

	demand_if(trial, pid == PID_NEGATIVE, EINVAL, "its pid is wrong");
	demand_if(trial, pid == PID_STRAY, ESRCH, "there is no such process");
	allow_if(trial, pid == PID_RIGHT && may_be_gone(trial), ESRCH);
	/* Others may have come to have the pid of one that has gone. */
	demand_if(trial,
		  pid == PID_RIGHT && stranger &&
			  target_of(trial->nr) != STRANGER,
		  EACCES, "the process belongs to another user");
}

void judge_transfer(struct trial *trial)
{
	const bool successor = get(trial, P_FLAGS) & MBX_TRANSFER_SUCCESSOR;
	const struct box *box = trial->box;
	bool sure = true;

	judge_on_handle(trial, MBX_TRANSFER_SUCCESSOR);
	judge_pid(trial);
	demand_if(trial, get(trial, P_WHO) == PID_NONE && !successor, EINVAL,
		  "it is for nobody");
	demand_if(trial, box && box->direct, EINVAL, "it is its own");
	if (!box || !(box->flags & MBX_CREATE_OWNED) ||
	    !is_owned_by(box, trial->nr, &sure) || !sure)
		allow(trial, EPERM);
	if (box &&
	    (!(box->flags & MBX_CREATE_OWNED) || is_of_others(box, trial->nr)))
		trial->must_fail = "the mailbox is not its own";
}
