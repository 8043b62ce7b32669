// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mailboxes without room: which sends wait, and which messages are lost.
 */
#include <errno.h>

#include "queue.h"
#include "trial.h"

/* MBX_FULL_*, or UNKNOWN. */
#define UNKNOWN NEVER

static uint32_t policy_of(unsigned int nr)
{
	const struct box *box = box_of(nr);
	const uint32_t flags =
		call_at(nr)->op == OP_SEND ? call_at(nr)->arg[P_FLAGS] : 0;

	if (calls(nr))
		return MBX_FULL_WAIT;
	if (is_flipped(nr))
		return UNKNOWN;
	if (flags & (MBX_SEND_SYNC | MBX_SEND_WAIT))
		return MBX_FULL_WAIT;
	if (flags & MBX_SEND_DEFER)
		return MBX_FULL_DEFER;
	if (flags & CHOICES)
		return flags & MBX_SEND_DROP_OLDEST ? MBX_FULL_DROP_OLDEST :
						      MBX_FULL_DROP_NEWEST;
	return box ? box->full : UNKNOWN;
}

bool may_wait(unsigned int sender)
{
	const uint32_t policy = policy_of(sender);

	return policy == MBX_FULL_WAIT || policy == UNKNOWN;
}

bool must_wait(unsigned int sender)
{
	return policy_of(sender) == MBX_FULL_WAIT;
}

bool may_drop(unsigned int sender)
{
	return !must_wait(sender) && policy_of(sender) != MBX_FULL_DEFER;
}

bool may_defer(unsigned int sender)
{
	const uint32_t policy = policy_of(sender);

	return policy == MBX_FULL_DEFER || policy == UNKNOWN;
}

/* Has it answered that a message was lost?  In a batch, and for write(), it is not
 * known.
 */
static bool answers_exactly(unsigned int nr)
{
	return call_at(nr)->op == OP_SEND && !record_at(nr)->batch;
}

static bool answers_lost(unsigned int nr)
{
	return answers_exactly(nr) && succeeded(nr) &&
	       record_at(nr)->ret == MBX_LOST;
}

/* Is its own message the one that was lost? */
bool has_lost_itself(unsigned int nr)
{
	const struct box *box = box_of(nr);

	return answers_lost(nr) && box &&
	       (policy_of(nr) == MBX_FULL_DROP_NEWEST ||
		(policy_of(nr) == MBX_FULL_DROP_OLDEST && !box->capacity));
}

static bool may_displace(unsigned int i, unsigned int nr)
{
	return sends(i) && record_at(i)->start && may_drop(i) &&
	       !before(i, nr) &&
	       (is_unsure(i) || is_unsure(nr) ||
		record_at(i)->box == record_at(nr)->box) &&
	       (!answers_exactly(i) || !succeeded(i) || answers_lost(i));
}

/* Could a send have dropped the message of another, or of its own? */
bool may_be_dropped(unsigned int sender)
{
	return any_call(i, may_displace(i, sender));
}

/* False if it cannot be told. */
bool count_dropped(const struct box *box, unsigned long long *nr)
{
	unsigned int i;

	for (i = 0; i < arena->program.nr; i++) {
		if (!sends(i) || box_of(i) != box)
			continue;
		if (answers_exactly(i))
			*nr += answers_lost(i);
		else if (succeeded(i) && may_drop(i))
			return false;
		/* It has been thrown away, but was not sent. */
		*nr -= failed_with(i, ENOBUFS);
	}
	return true;
}

/* ---------------------------------------------------------------- judgement */

/* To drop what others have sent takes the right to manage. */
static void judge_right(struct trial *trial, uint32_t flags)
{
	const struct box *box = box_of(trial->nr);

	if ((flags & (CHOICES | MBX_SEND_SYNC)) != MBX_SEND_DROP_OLDEST ||
	    trial->record->rights & MBX_OPEN_MANAGE)
		return;
	allow(trial, EPERM);
	demand_if(trial, box && box->full != MBX_FULL_DROP_OLDEST, EPERM,
		  "it may only send");
}

/* What it asks for is in order, and may cost another its place. */
void judge_full(struct trial *trial)
{
	const uint32_t flags =
		trial->call->op == OP_SEND ? get(trial, P_FLAGS) : 0;
	unsigned int i;

	demand_if(trial, get(trial, P_PRIORITY) >= MBX_PRIORITIES, EINVAL,
		  "its priority is too high");
	demand_if(trial, __builtin_popcount(flags & CHOICES) > 1, EINVAL,
		  "it chooses twice what to do without room");
	demand_if(trial,
		  flags & MBX_SEND_SYNC && flags & CHOICES & ~MBX_SEND_WAIT,
		  EINVAL, "it cannot both wait and not wait");
	judge_right(trial, flags);
	if (is_sync(trial->nr))
		for (i = 0; i < arena->program.nr; i++)
			allow_if(trial,
				 i != trial->nr && may_displace(i, trial->nr) &&
					 trial->nr_errors < 30,
				 ENOBUFS);
}

/* ------------------------------------------------------------------- exactly */

/* The message that gives way: the first of those of the lowest priority. */
static unsigned int least_of(const struct queue *queue)
{
	unsigned int i, least = 0;

	for (i = 1; i < queue->depth; i++)
		if (call_at(queue->sender[i])->arg[P_PRIORITY] <
		    call_at(queue->sender[least])->arg[P_PRIORITY])
			least = i;
	return least;
}

/* A send into a mailbox without room, which nobody receives from. */
const char *drop_exactly(struct queue *queue, unsigned int nr)
{
	const uint32_t priority = call_at(nr)->arg[P_PRIORITY];
	const unsigned int least = least_of(queue);

	if (answers_exactly(nr) && !answers_lost(nr))
		return finding_at(nr, "succeeded with %u messages inside",
				  queue->depth);
	queue->purged++;
	if (policy_of(nr) == MBX_FULL_DROP_NEWEST || !queue->depth ||
	    call_at(queue->sender[least])->arg[P_PRIORITY] > priority)
		return NULL;
	queue_take_out(queue, least);
	queue->sender[queue->depth++] = nr;
	return NULL;
}
