// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise 1 and 8: each message to exactly one, once, whole, from whom it says;
 * or to nobody, and its sender knows.
 */
#include <errno.h>

#include "model.h"

/* Somebody who has a message: a call, or who looked at the end. */
struct holder {
	const struct delivery *message;
	int receiver; /* -1 at the end */
	uint64_t box;
	bool unsure;
};

static const char *complain(const struct holder *holder, const char *what)
{
	const int from = holder->message->from;

	if (holder->receiver >= 0)
		return finding_at(holder->receiver, "%s", what);
	if (from >= 0)
		return finding_at(from, "in the mailbox at the end: %s", what);
	return finding("in mailbox %llu at the end: %s",
		       (unsigned long long)holder->box, what);
}

/* --------------------------------------------------------------- one message */

static bool same_box(const struct holder *holder, unsigned int sender)
{
	return holder->unsure || is_unsure(sender) ||
	       record_at(sender)->box == holder->box;
}

static bool reply_is_known(unsigned int sender)
{
	if (calls(sender))
		return record_at(sender)->message.ids && !is_flipped(sender);
	return succeeded(sender) && call_at(sender)->op == OP_SEND &&
	       !kind_may_fault(sender, P_ARG) && !is_flipped(sender);
}

static const char *check_ids(const struct holder *holder, unsigned int sender)
{
	const struct delivery *message = holder->message;
	const struct record *record = record_at(sender);
	const struct process *process =
		&arena->process[process_of(call_at(sender)->task)];

	if (!message->ids)
		return NULL;
	if (message->pid != record->pid || message->tid != record->tid)
		return complain(holder, "the message names another sender");
	if (message->uid != process->uid || message->gid != process->gid)
		return complain(holder, "the message names another user");
	if (!is_unsure(sender) && message->badge != badge_of(sender))
		return complain(holder, "the message has another badge");
	if (message->type != type_value(call_at(sender)->arg[P_TYPE]) ||
	    message->priority != call_at(sender)->arg[P_PRIORITY])
		return complain(holder, "the message is of another kind");
	if (reply_is_known(sender) && record->message.seq != message->seq &&
	    (record->message.seq || !may_be_deferred(sender)))
		return complain(holder,
				"the sender was told another sequence number");
	return NULL;
}

static const char *check_sender(const struct holder *holder)
{
	const unsigned int sender = holder->message->from;
	const bool peeked = holder->receiver >= 0 && peeks(holder->receiver);
	const char *wrong;

	if (!sends(sender) || !record_at(sender)->start)
		return complain(holder, "the message was never sent");
	if (!same_box(holder, sender))
		return complain(holder, "the message is another mailbox's");
	if (!peeked && was_done(sender) && !may_be_sent(sender))
		return complain(holder, "the message of a failed send");
	if (has_lost_itself(sender))
		return complain(holder, "its sender was told it is lost");
	if (holder->receiver >= 0 && before(holder->receiver, sender))
		return complain(holder, "the message was sent only later");
	if (holder->receiver >= 0 && !holder->unsure &&
	    was_revoked(holder->receiver, record_at(sender)->start))
		return complain(holder, "its handle had been revoked before");
	if (!is_flipped(sender) &&
	    holder->message->len != call_at(sender)->arg[P_LEN])
		return complain(holder, "the message has another length");
	wrong = holder->receiver < 0 ?
			NULL :
			check_fds(holder->message, holder->receiver);
	return wrong ? complain(holder, wrong) : check_ids(holder, sender);
}

static const char *check_one(const struct holder *holder)
{
	const char *wrong;

	if (holder->message->spoiled)
		return complain(holder,
				"bytes behind the message were written to");
	if (holder->message->from == FROM_GARBAGE)
		return complain(holder, "the message is not whole");
	if (holder->receiver >= 0 && holder->message->ids &&
	    !may_accept(holder->receiver, holder->message))
		return complain(holder, "it does not accept such a message");
	if (holder->message->from == FROM_EVENT) {
		wrong = holder->unsure ?
				NULL :
				check_event(holder->message, holder->box);
		return wrong ? complain(holder, wrong) : NULL;
	}
	return holder->message->from >= 0 ? check_sender(holder) : NULL;
}

/* ------------------------------------------------------------------ how often */

/* Deliveries of each call's message, and of those without content by mailbox. */
static unsigned int delivered[MAX_CALLS];
static unsigned int received[MAX_CALLS]; /* those that were for good */
static int taken_by[MAX_CALLS];

static const char *count(const struct holder *holder)
{
	const int from = holder->message->from;

	if (from < 0)
		return NULL;
	/* What is leased may come back: see leases.c. */
	if (holder->receiver >= 0 && leases(holder->receiver)) {
		delivered[from] += !delivered[from];
		return NULL;
	}
	if (received[from]++)
		return complain(holder,
				"the message has been delivered before");
	delivered[from] += !delivered[from];
	taken_by[from] = holder->receiver;
	return NULL;
}

static const char *check_receivers(void)
{
	const char *wrong = NULL;
	struct holder holder;
	unsigned int i;

	for (i = 0; i < arena->program.nr && !wrong; i++) {
		if (!succeeded(i) || (!receives(i) && !peeks(i)))
			continue;
		holder = (struct holder){ &record_at(i)->message, i,
					  record_at(i)->box, is_unsure(i) };
		wrong = check_one(&holder);
		if (!wrong && receives(i))
			wrong = count(&holder);
	}
	return wrong;
}

static const char *check_drained(const struct finished *finished)
{
	const char *wrong = NULL;
	struct holder holder;
	unsigned int i;

	for (i = 0; i < finished->drained && !wrong; i++) {
		holder = (struct holder){ &finished->message[i], -1,
					  finished->id, false };
		wrong = check_one(&holder);
		if (!wrong)
			wrong = count(&holder);
	}
	return wrong;
}

/* ------------------------------------------------------------------- none lost */

/* A receiver that was killed may have got it. */
static bool died_with_it(unsigned int sender)
{
	return any_call(i, record_at(i)->state == CALL_KILLED && receives(i) &&
				   record_at(i)->message.from == (int)sender);
}

static bool is_drained(const struct box *box)
{
	return box && box->finished &&
	       (box->finished->last == EAGAIN ||
		box->finished->last == ESHUTDOWN);
}

static const char *check_lost(unsigned int nr)
{
	if (delivered[nr] || !was_sent(nr) || is_flipped(nr) ||
	    may_be_leased(record_at(nr)->box) || !call_at(nr)->arg[P_LEN] ||
	    !is_drained(box_of(nr)))
		return NULL;
	if (died_with_it(nr) || may_be_purged(nr) || may_be_dropped(nr) ||
	    may_be_withdrawn(nr))
		return NULL;
	return finding_at(nr, "was sent, and nobody got it");
}

static bool may_not_return_early(unsigned int nr, const struct box *box)
{
	if (call_at(nr)->op == OP_SEND &&
	    call_at(nr)->arg[P_FLAGS] & MBX_SEND_NONBLOCK)
		return false;
	if (any_call(i, call_at(i)->op == OP_NONBLOCK))
		return false;
	return is_sync(nr) || (box && !box->capacity && must_wait(nr));
}

/* Who sent synchronously is told who took it, and not before that. */
static const char *check_taker(unsigned int nr)
{
	const struct delivery *told = &record_at(nr)->message;
	const struct box *box = box_of(nr);
	const int taker = taken_by[nr];
	bool meets;

	if (!was_sent(nr) || !delivered[nr] || is_flipped(nr) ||
	    may_be_leased(record_at(nr)->box))
		return NULL;
	meets = may_not_return_early(nr, box);
	if (meets && (taker < 0 || before(nr, taker)))
		return finding_at(nr,
				  "returned before anybody had the message");
	if (meets && !is_unsure(nr) && was_revoked(nr, record_at(taker)->start))
		return finding_at(nr,
				  "was taken though its handle was revoked");
	if (!reply_is_known(nr) || taker < 0)
		return NULL;
	if (meets && box &&
	    (told->pid != record_at(taker)->pid ||
	     told->tid != record_at(taker)->tid))
		return finding_at(nr, "was told %d/%d, but %d/%d took it",
				  told->pid, told->tid, record_at(taker)->pid,
				  record_at(taker)->tid);
	return NULL;
}

const char *check_deliveries(void)
{
	const char *wrong;
	unsigned int i;

	for (i = 0; i < MAX_CALLS; i++) {
		delivered[i] = 0;
		received[i] = 0;
		taken_by[i] = -1;
	}
	wrong = check_receivers();
	for (i = 0; i < arena->nr_finished && !wrong; i++)
		wrong = check_drained(&arena->finished[i]);
	for (i = 0; i < arena->program.nr && !wrong; i++)
		if (sends(i))
			wrong = check_lost(i) ?: check_taker(i);
	return wrong;
}
