// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deferred messages: which may be kept for a handle, and which may have been
 * withdrawn.
 */
#include <errno.h>

#include "queue.h"
#include "trial.h"

/* Of write(), and of most elements of a batch, it is not known. */
static bool has_deferred(unsigned int nr)
{
	return call_at(nr)->op == OP_SEND && succeeded(nr) &&
	       record_at(nr)->ret == MBX_DEFERRED;
}

bool may_be_deferred(unsigned int nr)
{
	if (!sends(nr) || !record_at(nr)->start || !may_defer(nr))
		return false;
	if (!was_done(nr))
		return true;
	return succeeded(nr) && (call_at(nr)->op == OP_WRITE ||
				 record_at(nr)->batch || has_deferred(nr));
}

/* ---------------------------------------------------------------- withdrawal */

static bool same_process(unsigned int a, unsigned int b)
{
	return process_of(call_at(a)->task) == process_of(call_at(b)->task);
}

/* Could it close the handle of a send? */
static bool may_close(unsigned int i, unsigned int sender)
{
	switch (call_at(i)->op) {
	case OP_KILL:
		return process_of(call_at(i)->arg[P_TARGET]) ==
		       process_of(call_at(sender)->task);
	case OP_CLOSE:
	case OP_DUP:
	case OP_CREATE:
	case OP_OPEN:
	case OP_DERIVE:
		return same_process(i, sender);
	default:
		return false;
	}
}

/* Or withdraw its message in another way? */
static bool may_withdraw(unsigned int i, unsigned int sender)
{
	const struct box *box = box_of(sender);

	if (!record_at(i)->start || before(i, sender))
		return false;
	if (call_at(i)->op == OP_CONTROL)
		return call_at(i)->arg[P_OP] >= MBX_CONTROL_SEAL &&
		       (!box || is_unsure(i) || box_of(i) == box);
	return may_close(i, sender);
}

/* Whoever looks at the mailbox at the end has its handles open until then. */
static bool ends_before_box(unsigned int sender)
{
	const struct box *box = box_of(sender);

	return !box || box->direct || call_at(box->create)->forked ||
	       !same_process(box->create, sender) || program_has(OP_KILL);
}

bool may_be_withdrawn(unsigned int sender)
{
	return may_be_deferred(sender) &&
	       (ends_before_box(sender) || may_be_revoked_by(sender, NEVER) ||
		any_call(i, may_withdraw(i, sender)));
}

unsigned int count_withdrawable(const struct box *box)
{
	unsigned int i, nr = 0;

	for (i = 0; i < arena->program.nr; i++)
		nr += (!box_of(i) || box_of(i) == box) && may_be_withdrawn(i);
	return nr;
}

bool any_deferred(const struct box *box)
{
	return any_call(i,
			(!box_of(i) || box_of(i) == box) && may_be_deferred(i));
}

/* ----------------------------------------------------------------- judgement */

static bool was_received(unsigned int sender, unsigned int by)
{
	return any_call(i, receives(i) && succeeded(i) &&
				   record_at(i)->message.from == (int)sender &&
				   before(i, by));
}

/* Could the message of @i still be kept for the handle of @nr? */
static bool may_be_kept(unsigned int i, unsigned int nr)
{
	return i != nr && may_be_deferred(i) && !before(nr, i) &&
	       !was_received(i, nr) &&
	       (is_unsure(i) || is_unsure(nr) ||
		record_at(i)->maker == record_at(nr)->maker);
}

void judge_deferral(struct trial *trial)
{
	allow_if(trial,
		 may_defer(trial->nr) && any_call(i, may_be_kept(i, trial->nr)),
		 EBUSY);
}

/* What it answers must be what it was to do. */
const char *check_sent(unsigned int nr)
{
	const int ret = record_at(nr)->ret;

	if (ret == MBX_DEFERRED && !may_defer(nr))
		return finding_at(nr, "deferred what it was not to");
	if (ret == MBX_LOST && !may_drop(nr))
		return finding_at(nr, "lost what it was not to");
	if (ret == MBX_DEFERRED && record_at(nr)->message.pid)
		return finding_at(nr, "knows who took what it deferred");
	return NULL;
}

/* ------------------------------------------------------------------- exactly */

static void forget(struct queue *queue, unsigned int place)
{
	queue->nr_parked--;
	for (; place < queue->nr_parked; place++)
		queue->parked[place] = queue->parked[place + 1];
}

/* The line moves up. */
void park_move_up(struct queue *queue)
{
	while (queue->nr_parked && queue->depth < queue->box->capacity) {
		queue->sender[queue->depth++] = queue->parked[0];
		forget(queue, 0);
		queue->moved = true;
	}
}

bool has_parked(const struct queue *queue, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < queue->nr_parked; i++)
		if (record_at(queue->parked[i])->maker == record_at(nr)->maker)
			return true;
	return false;
}

/* A send into a full mailbox, which is to be deferred there. */
const char *defer_exactly(struct queue *queue, unsigned int nr)
{
	const bool known = call_at(nr)->op == OP_WRITE || has_deferred(nr);

	if (!known && !record_at(nr)->batch)
		return finding_at(nr, "succeeded with %u messages inside",
				  queue->depth);
	if (!known || !queue->box->capacity)
		queue->lost = true;
	else if (has_parked(queue, nr))
		return finding_at(nr, "deferred a second one");
	else
		queue->parked[queue->nr_parked++] = nr;
	return NULL;
}

static bool is_only_handle(unsigned int sender)
{
	return !program_has(OP_DUP) && !program_has(OP_HOLD) &&
	       !any_call(i, call_at(i)->forked) && !is_unsure(sender);
}

/* It is over, and has closed the handle for certain. */
static bool has_closed(unsigned int i, unsigned int sender)
{
	return call_at(i)->op == OP_CLOSE && succeeded(i) && !is_unsure(i) &&
	       record_at(i)->maker == record_at(sender)->maker &&
	       is_only_handle(sender);
}

static bool is_gone(unsigned int sender, uint32_t by)
{
	return was_revoked(sender, by) ||
	       any_call(i, has_closed(i, sender) && end_of(i) < by);
}

static bool may_be_gone(unsigned int sender, uint32_t by)
{
	return may_be_revoked_by(sender, by) ||
	       any_call(i, may_close(i, sender) && !before(i, sender) &&
				   record_at(i)->start < by);
}

/* What was withdrawn before the call, if that is known. */
void park_settle(struct queue *queue, unsigned int nr)
{
	const uint32_t start = record_at(nr)->start;
	unsigned int i;

	for (i = 0; i < queue->nr_parked;) {
		if (is_gone(queue->parked[i], start)) {
			forget(queue, i);
			queue->purged++;
			continue;
		}
		if (may_be_gone(queue->parked[i], start) || failed_in_copy(nr))
			queue->lost = true;
		i++;
	}
}
