// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls: each gets one reply, from whoever took it, or one error; and who replied
 * is told whether it has.
 */
#include <errno.h>

#include "trial.h"

/* ------------------------------------------------------------ what was sent */

/* Has its message been taken, for certain? */
bool was_sent(unsigned int nr)
{
	if (!calls(nr))
		return succeeded(nr);
	return was_done(nr) && (succeeded(nr) || record_at(nr)->message.ids);
}

bool may_be_sent(unsigned int nr)
{
	return was_sent(nr) ||
	       (calls(nr) && was_done(nr) && kind_may_fault(nr, P_ARG));
}

/* ----------------------------------------------------------- what was replied */

static bool replies(unsigned int nr)
{
	return call_at(nr)->op == OP_REPLY ||
	       (call_at(nr)->op == OP_RECEIVE && record_at(nr)->target);
}

bool has_replied(unsigned int nr)
{
	if (call_at(nr)->op == OP_REPLY)
		return succeeded(nr);
	return was_done(nr) && record_at(nr)->answered;
}

/* May it have replied, as far as it can tell? */
static bool may_have_replied(unsigned int nr)
{
	return replies(nr) &&
	       (has_replied(nr) || !was_done(nr) || is_flipped(nr) ||
		(call_at(nr)->op == OP_RECEIVE && kind_may_fault(nr, P_ARG)));
}

static uint32_t length_of(unsigned int nr)
{
	return call_at(nr)->op == OP_REPLY ? call_at(nr)->arg[P_LEN] : 24;
}

/* The receive that took what is replied to, or -1. */
static int taker_of(unsigned int nr)
{
	const struct record *record = record_at(nr);
	unsigned int i;

	for (i = 0; i < arena->program.nr; i++)
		if (receives(i) && succeeded(i) &&
		    record_at(i)->box == record->box &&
		    record_at(i)->message.ids &&
		    record_at(i)->message.seq == record->target)
			return i;
	return -1;
}

static bool same_target(unsigned int a, unsigned int b)
{
	return replies(a) && replies(b) && record_at(a)->target &&
	       record_at(a)->target == record_at(b)->target &&
	       record_at(a)->box == record_at(b)->box;
}

/* Has another replied to the same, for certain? */
static bool is_rival(unsigned int i, unsigned int nr)
{
	return i != nr && same_target(i, nr) && has_replied(i) && !is_unsure(i);
}

static bool was_answered_before(unsigned int nr)
{
	return any_call(i, is_rival(i, nr) && before(i, nr));
}

static bool was_answered_later(unsigned int nr)
{
	return any_call(i, is_rival(i, nr) && before(nr, i));
}

static bool has_rival(unsigned int nr)
{
	return any_call(i, is_rival(i, nr));
}

/* ----------------------------------------------------------------- a reply */

/* Why it cannot reply, or NULL. */
static const char *why_refused(unsigned int nr)
{
	const int taker = taker_of(nr);

	if (taker < 0)
		return "nobody has taken such a call";
	if (record_at(taker)->pid != record_at(nr)->pid)
		return "another process has taken the call";
	if (!(record_at(taker)->message.flags & MBX_MESSAGE_CALL))
		return "the message is no call";
	if (length_of(nr) > record_at(taker)->message.reply_max)
		return "its reply is too long";
	if (was_answered_before(nr))
		return "it has been replied to";
	return NULL;
}

static void allow_refusals(struct trial *trial)
{
	const int taker = taker_of(trial->nr);

	allow(trial, ENOENT);
	allow_if(trial, taker >= 0, ECANCELED);
	allow_if(trial,
		 taker >= 0 && length_of(trial->nr) >
				       record_at(taker)->message.reply_max,
		 EMSGSIZE);
}

/* The killed may have taken it, and been told nothing. */
static bool any_vague_taker(unsigned int nr)
{
	return any_call(i, receives(i) && record_at(i)->start &&
				   (!was_done(i) || is_flipped(i) ||
				    is_unsure(i) || kind_may_fault(i, P_ARG)) &&
				   (is_unsure(i) ||
				    record_at(i)->box == record_at(nr)->box));
}

void judge_reply(struct trial *trial)
{
	const char *why = any_vague_taker(trial->nr) ? NULL :
						       why_refused(trial->nr);

	judge_on_handle(trial, 0);
	judge_handle(trial, MBX_OPEN_RECEIVE);
	judge_data(trial);
	allow_refusals(trial);
	if (why)
		trial->must_fail = why;
}

/* Of a receive: what its reply may have failed with. */
void judge_answer(struct trial *trial)
{
	if (get(trial, P_CALL) == REPLY_NONE)
		return;
	allow_refusals(trial);
	if (trial->record->target && !trial->record->answered &&
	    !kind_may_fault(trial->nr, P_ARG))
		trial->must_fail = "it has not replied";
}

/* What became of a reply that was sent. */
static const char *check_arrival(unsigned int nr, unsigned int call)
{
	const struct record *record = record_at(call);

	if (!was_done(call) || is_flipped(call) || is_unsure(call))
		return NULL;
	if (succeeded(call) &&
	    (!length_of(nr) || record->reply.from == (int)nr))
		return NULL;
	if (failed_with(call, EFAULT) &&
	    (memory_is_bad(call_at(call)->arg[P_BACK]) ||
	     kind_may_fault(call, P_ARG)))
		return NULL;
	return finding_at(nr, "replied to call %u, which did not get it",
			  call + 1);
}

/* Did the caller wait on, and get a reply that was sent only later? */
static bool was_refused_wrongly(unsigned int nr)
{
	const int taker = taker_of(nr);

	return failed_with(nr, ENOENT) && !is_unsure(nr) && taker >= 0 &&
	       !is_flipped(taker) &&
	       record_at(taker)->pid == record_at(nr)->pid &&
	       before(taker, nr) && was_answered_later(nr) &&
	       !any_call(i, same_target(i, nr) && i != nr && overlap(i, nr));
}

const char *check_reply(unsigned int nr)
{
	const int taker = taker_of(nr);
	int call;

	if (call_at(nr)->op == OP_REPLY && was_refused_wrongly(nr))
		return finding_at(nr, "failed though the caller waited on");
	if (!has_replied(nr) || is_unsure(nr) || taker < 0)
		return NULL;
	if (has_rival(nr))
		return finding_at(nr, "is not the only reply to the call");
	call = record_at(taker)->message.from;
	return call >= 0 && calls(call) ? check_arrival(nr, call) : NULL;
}

/* ------------------------------------------------------------------- a call */

/* Could whoever takes a call lose the right to reply by that? */
static bool may_end_service(unsigned int i, unsigned int nr)
{
	if (!record_at(i)->start || before(i, nr))
		return false;
	switch (call_at(i)->op) {
	case OP_KILL:
	case OP_CLOSE:
	case OP_REVOKE:
	case OP_CREATE:
	case OP_OPEN:
	case OP_DERIVE:
	case OP_DUP:
	case OP_READ:
		return true;
	default:
		return call_at(i)->forked;
	}
}

void judge_call(struct trial *trial)
{
	const unsigned int nr = trial->nr;

	judge_command(trial, MBX_CALL_REALTIME | MBX_CALL_BACKS);
	demand_if(trial, get(trial, P_HANDLE) == CONTROL, ENOTTY,
		  "it is not for the control device");
	judge_deadline(trial, get(trial, P_FLAGS) & MBX_CALL_REALTIME);
	judge_message(trial, false);
	judge_full(trial);
	allow_if(trial, program_has(OP_NONBLOCK), EINVAL);
	/* Only if all threads of a process call nobody is left to reply. */
	allow_if(trial, any_call(i, i != nr && calls(i) && overlap(i, nr)),
		 EDEADLK);
	allow_if(trial, may_be_sent(nr) && any_call(i, may_end_service(i, nr)),
		 EPIPE);
	allow_if(trial, may_be_sent(nr) && memory_is_bad(get(trial, P_BACK)),
		 EFAULT);
	if (memory_is_bad(get(trial, P_BACK)) && trial->record->reply.len)
		trial->must_fail = "its reply cannot be written";
}

/* Of a call that has succeeded. */
const char *check_call(unsigned int nr)
{
	const struct record *record = record_at(nr);
	const struct delivery *reply = &record->reply;
	const int from = reply->from;

	if (!record->message.ids && !kind_may_fault(nr, P_ARG))
		return finding_at(nr, "was not told who has taken it");
	if (kind_may_fault(nr, P_ARG))
		return NULL;
	if (reply->len > call_at(nr)->arg[P_ROOM] || reply->spoiled)
		return finding_at(nr, "its reply is longer than the buffer");
	if (from == FROM_GARBAGE)
		return finding_at(nr, "its reply is not whole");
	if (from < 0)
		return NULL;
	if (!may_have_replied(from) || before(nr, from))
		return finding_at(nr, "has a reply of call %u, which sent none",
				  from + 1);
	if (reply->len != length_of(from))
		return finding_at(nr, "its reply has another length");
	if (!is_unsure(from) &&
	    (record_at(from)->box != record->box ||
	     record_at(from)->target != record->message.seq))
		return finding_at(nr, "has the reply to another call");
	return NULL;
}

/* -------------------------------------------------------------------- live */

static bool got_reply(unsigned int nr, uint64_t seq)
{
	return any_call(i, replies(i) && has_replied(i) && !is_unsure(i) &&
				   record_at(i)->target == seq &&
				   record_at(i)->box == record_at(nr)->box);
}

static bool has_gone(unsigned int nr)
{
	return call_at(nr)->forked ||
	       arena->process[process_of(call_at(nr)->task)].dead;
}

/*
 * Does it wait for a reply, or may it do so?  @why it should not, or NULL.
 */
bool is_served_in_vain(unsigned int nr, const char **why)
{
	int taker = -1;
	unsigned int i;

	*why = NULL;
	if (!call_at(nr)->arg[P_LEN])
		return true;
	for (i = 0; i < arena->program.nr; i++) {
		if (!receives(i) || !record_at(i)->start ||
		    record_at(i)->message.from != (int)nr)
			continue;
		if (!succeeded(i))
			return true;
		taker = i;
	}
	if (taker < 0)
		return false;
	if (call_at(taker)->op == OP_READ)
		*why = "waits for a reply though nobody can tell that";
	else if (has_gone(taker))
		*why = "waits for a reply of a process that has gone";
	else if (got_reply(nr, record_at(taker)->message.seq))
		*why = "sleeps although it has got a reply";
	return true;
}
