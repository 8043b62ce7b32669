// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What administration has done to a mailbox, or may have done.
 */
#include <errno.h>

#include "trial.h"

static uint32_t op_of(unsigned int nr)
{
	return call_at(nr)->arg[P_OP];
}

static bool is_control(unsigned int nr, uint32_t op)
{
	return call_at(nr)->op == OP_CONTROL && op_of(nr) == op;
}

/* Did it do its work, even if it then failed to wait? */
bool has_sealed(unsigned int nr)
{
	if (is_control(nr, MBX_CONTROL_SEAL))
		return succeeded(nr);
	return is_control(nr, MBX_CONTROL_DRAIN) &&
	       (succeeded(nr) || failed_with(nr, EAGAIN) ||
		failed_with(nr, EINTR) || failed_with(nr, ETIMEDOUT));
}

/* It may have waited by then. */
static bool ended_in_wait(unsigned int nr)
{
	return is_control(nr, MBX_CONTROL_DRAIN) &&
	       (failed_with(nr, EIDRM) || failed_with(nr, EOWNERDEAD) ||
		failed_with(nr, EKEYREVOKED));
}

static bool may_have_sealed(unsigned int nr)
{
	return (is_control(nr, MBX_CONTROL_SEAL) ||
		is_control(nr, MBX_CONTROL_DRAIN)) &&
	       has_begun(nr) &&
	       (!was_done(nr) || has_sealed(nr) || ended_in_wait(nr));
}

/* Whoever waits for the last message has sealed before. */
static uint32_t sealed_since(unsigned int nr)
{
	return record_at(nr)->asleep && waits_plainly(nr) ?
		       record_at(nr)->asleep :
		       end_of(nr);
}

static bool may_concern(unsigned int i, uint64_t box)
{
	return is_unsure(i) || record_at(i)->box == box;
}

static bool may_precede(unsigned int i, unsigned int nr)
{
	return record_at(i)->start && record_at(i)->start < end_of(nr) &&
	       (is_unsure(nr) || may_concern(i, record_at(nr)->box));
}

bool may_be_sealed(unsigned int nr)
{
	return any_call(i, may_have_sealed(i) && may_precede(i, nr));
}

bool was_sealed(uint64_t box, uint32_t by)
{
	return any_call(i, has_sealed(i) && !is_unsure(i) &&
				   record_at(i)->box == box &&
				   sealed_since(i) < by);
}

bool may_be_frozen(unsigned int nr)
{
	return any_call(i, is_control(i, MBX_CONTROL_FREEZE) &&
				   may_precede(i, nr));
}

/* Could a purge have met the message of a send? */
bool may_be_purged(unsigned int sender)
{
	return any_call(i, is_control(i, MBX_CONTROL_PURGE) &&
				   record_at(i)->start && !before(i, sender) &&
				   (is_unsure(sender) ||
				    may_concern(i, record_at(sender)->box)));
}

bool count_purged(const struct box *box, unsigned long long *nr)
{
	unsigned int i;

	*nr = 0;
	for (i = 0; i < arena->program.nr; i++) {
		if (!is_control(i, MBX_CONTROL_PURGE) || !record_at(i)->start)
			continue;
		if (is_unsure(i))
			return false;
		if (box_of(i) != box)
			continue;
		if (!was_done(i) || is_flipped(i) || kind_may_fault(i, P_ARG))
			return false;
		if (succeeded(i))
			*nr += record_at(i)->count;
	}
	return true;
}

/* ---------------------------------------------------------------- judgement */

static void judge_permission(struct trial *trial)
{
	const struct box *box = trial->box;

	if (process_of(trial->call->task) != STRANGER ||
	    trial->record->rights & MBX_OPEN_MANAGE)
		return;
	allow(trial, EPERM);
	if (box && !may_be_strangers(box))
		trial->must_fail = "the mailbox belongs to another user";
}

void judge_control(struct trial *trial)
{
	const bool drains = get(trial, P_OP) == MBX_CONTROL_DRAIN;

	judge_on_handle(trial, MBX_CONTROL_REALTIME);
	judge_permission(trial);
	demand_if(trial, get(trial, P_OP) > MBX_CONTROL_DRAIN, EINVAL,
		  "there is nothing like that to be done");
	demand_if(trial, get(trial, P_WAIT) != WAIT_FOREVER && !drains, EINVAL,
		  "it does not wait");
	judge_deadline(trial, get(trial, P_FLAGS) & MBX_CONTROL_REALTIME);
	if (drains)
		judge_wait(trial, false);
}

/* What administration makes of sends and receives. */
void judge_administration(struct trial *trial)
{
	const unsigned int nr = trial->nr;

	allow_if(trial, may_be_sealed(nr), ESHUTDOWN);
	if (!sends(nr))
		return;
	if (trial->box && was_sealed(trial->box->id, trial->record->start))
		trial->must_fail = "the mailbox was sealed";
	allow_if(trial,
		 may_be_purged(nr) &&
			 (is_sync(nr) || !trial->box || !trial->box->capacity),
		 ECANCELED);
}

/* ----------------------------------------------------------------- afterwards */

/* What was there, and was thrown away, cannot be received. */
static const char *check_purge(const struct box *box, unsigned int purge)
{
	unsigned int i;
	int from;

	for (i = 0; i < arena->program.nr && !may_be_leased(box->id); i++) {
		if (!receives(i) || !succeeded(i) || box_of(i) != box ||
		    !before(purge, i))
			continue;
		from = record_at(i)->message.from;
		if (from >= 0 && succeeded(from) && before(from, purge) &&
		    !(box->capacity && may_be_deferred(from)))
			return finding_at(i, "got what call %u had purged",
					  purge + 1);
	}
	return NULL;
}

static const char *check_drain(const struct box *box, unsigned int drain)
{
	unsigned int i;

	if (box->finished && !box->finished->err && box->finished->drained)
		return finding_at(drain, "but a message is left");
	for (i = 0; i < arena->program.nr; i++)
		if ((receives(i) || peeks(i)) && succeeded(i) &&
		    box_of(i) == box && before(drain, i))
			return finding_at(drain, "but call %u got a message",
					  i + 1);
	return NULL;
}

static const char *check_state(const struct box *box)
{
	const uint32_t state = box->finished->stat.out_state;
	const bool sealed = state & MBX_STATE_SEALED;

	if (sealed &&
	    !any_call(i, may_have_sealed(i) && may_concern(i, box->id)))
		return finding_at(box->create, "is sealed at the end");
	if (!sealed && was_sealed(box->id, NEVER))
		return finding_at(box->create, "is not sealed at the end");
	if (state & MBX_STATE_FROZEN &&
	    !any_call(i, is_control(i, MBX_CONTROL_FREEZE) && has_begun(i) &&
				 may_concern(i, box->id)))
		return finding_at(box->create, "is frozen at the end");
	return NULL;
}

const char *check_control(const struct box *box)
{
	const bool put_back = may_be_put_back(box);
	const char *wrong = NULL;
	unsigned int i;

	for (i = 0; i < arena->program.nr && !wrong; i++) {
		if (!succeeded(i) || box_of(i) != box || is_flipped(i))
			continue;
		if (is_control(i, MBX_CONTROL_PURGE) && !put_back)
			wrong = check_purge(box, i);
		if (is_control(i, MBX_CONTROL_DRAIN))
			wrong = check_drain(box, i);
	}
	if (!wrong && box->finished && !box->finished->err)
		wrong = check_state(box);
	return wrong;
}
