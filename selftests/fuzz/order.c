// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise 2 and 3: messages leave a mailbox in the order in which they came, and
 * of those who wait, the one is served whose turn it is.
 */
#include <errno.h>

#include "model.h"

/* A message that somebody got; @place orders those found at the end. */
struct arrival {
	int sender; /* -1: without content, known by its number only */
	int receiver; /* -1 at the end */
	unsigned int place;
	uint64_t seq; /* 0 unknown */
	struct delivery message; /* as far as it is known */
};

static struct arrival arrivals[MAX_CALLS + MAX_DRAINED];
static unsigned int nr_arrivals;
static bool any_choice; /* somebody in the mailbox does not take everything */

static void add(const struct delivery *message, int receiver,
		unsigned int place)
{
	arrivals[nr_arrivals++] = (struct arrival){
		.sender = message->from < 0 ? -1 : message->from,
		.receiver = receiver,
		.place = place,
		.seq = message->ids ? message->seq : 0,
		.message = message->ids || message->from < 0 ?
				   *message :
				   message_of(message->from),
	};
}

static void gather(const struct box *box)
{
	unsigned int i;

	nr_arrivals = 0;
	any_choice = any_selects(box);
	for (i = 0; i < arena->program.nr; i++)
		if (receives(i) && succeeded(i) && box_of(i) == box)
			add(&record_at(i)->message, i, 0);
	for (i = 0; box->finished && i < box->finished->drained; i++)
		add(&box->finished->message[i], -1, i);
}

/* ----------------------------------------------------------------- evidence */

/* Was @a asleep in the mailbox before @b came? */
static bool queued_up_before(unsigned int a, unsigned int b)
{
	const uint32_t asleep = record_at(a)->asleep;

	return asleep && asleep < record_at(b)->start && waits_plainly(a) &&
	       waits_plainly(b);
}

/* Whoever waits for just that message gets it past those who wait for room. */
static bool came_before(unsigned int a, unsigned int b)
{
	if (may_be_deferred(a))
		return false;
	return before(a, b) || (!any_choice && queued_up_before(a, b));
}

static bool sent_before(const struct arrival *a, const struct arrival *b)
{
	if (a->seq && b->seq)
		return a->seq < b->seq;
	return a->sender >= 0 && b->sender >= 0 &&
	       came_before(a->sender, b->sender);
}

/* May it have come in long after its send had returned? */
static bool may_be_late(const struct arrival *a)
{
	if (a->sender >= 0)
		return may_be_deferred(a->sender);
	return any_call(i, may_be_deferred(i) && !call_at(i)->arg[P_LEN]);
}

/* Was @a there when @b was chosen? */
static bool was_there(const struct arrival *a, const struct arrival *b)
{
	if (a->receiver < 0 && b->receiver < 0 && !may_be_late(a))
		return true;
	return sent_before(a, b) ||
	       (b->receiver >= 0 && a->sender >= 0 && succeeded(a->sender) &&
		!may_be_deferred(a->sender) && before(a->sender, b->receiver));
}

/* Should whoever got @b have got @a, if both were there? */
static bool is_preferred(const struct arrival *a, const struct arrival *b)
{
	int order;

	if (!a->message.ids || !b->message.ids ||
	    (b->receiver >= 0 && !accepts(b->receiver, &a->message)))
		return false;
	order = prefer(b->receiver, &a->message, &b->message);
	return order ? order < 0 : sent_before(a, b);
}

static bool left_before(const struct arrival *a, const struct arrival *b)
{
	if (a->receiver < 0)
		return b->receiver < 0 && a->place < b->place;
	return b->receiver < 0 || before(a->receiver, b->receiver);
}

/* Whoever fails with a message in hand puts it back: others go ahead of it. */
bool may_be_put_back(const struct box *box)
{
	return any_call(i, (receives(i) || peeks(i)) && has_begun(i) &&
				   (!box_of(i) || box_of(i) == box) &&
				   (failed_in_copy(i) || is_flipped(i)));
}

/* ------------------------------------------------------------------- checks */

static const char *complain(const struct arrival *late, const char *what)
{
	if (late->receiver >= 0)
		return finding_at(late->receiver, "%s", what);
	if (late->sender >= 0)
		return finding_at(late->sender, "%s", what);
	return finding("message %llu: %s", (unsigned long long)late->seq, what);
}

/* What the numbers say must be what has been seen. */
static bool numbers_lie(const struct arrival *a, const struct arrival *b)
{
	return a->seq && b->seq && a->seq > b->seq && a->sender >= 0 &&
	       b->sender >= 0 && came_before(a->sender, b->sender);
}

/* ------------------------------------------------------------------ policies */

/* @a got an earlier message than @b, and both have been asked for theirs. */
static bool got_before(const struct arrival *a, const struct arrival *b)
{
	return a->receiver >= 0 && b->receiver >= 0 && a->seq && b->seq &&
	       a->seq < b->seq;
}

static bool same_process(const struct arrival *a, const struct arrival *b)
{
	return record_at(a->receiver)->pid == record_at(b->receiver)->pid;
}

/* Was @waiter asleep when the message of @a had not been sent yet? */
static bool slept_before(const struct arrival *waiter, const struct arrival *a)
{
	const uint32_t asleep = record_at(waiter->receiver)->asleep;

	return asleep && waits_plainly(waiter->receiver) && a->sender >= 0 &&
	       asleep < record_at(a->sender)->start;
}

/* Who got a message while @b waited goes behind it; another one is too much. */
static bool is_second_turn(const struct arrival *a, const struct arrival *b)
{
	unsigned int i;

	for (i = 0; i < nr_arrivals; i++)
		if (got_before(&arrivals[i], a) &&
		    same_process(&arrivals[i], a) && !same_process(b, a) &&
		    slept_before(b, &arrivals[i]) &&
		    accepts(b->receiver, &arrivals[i].message))
			return true;
	return false;
}

/* Did the process of @b never go behind others, as far as is known? */
static bool is_first_turn(const struct arrival *b)
{
	unsigned int i;

	for (i = 0; i < nr_arrivals; i++)
		if (&arrivals[i] != b && arrivals[i].receiver >= 0 &&
		    same_process(&arrivals[i], b) &&
		    !(arrivals[i].seq > b->seq))
			return false;
	return true;
}

/* @a got its message first: was it the turn of @b, who waited, too? */
static bool is_out_of_turn(const struct arrival *a, const struct arrival *b,
			   uint32_t policy)
{
	if (!got_before(a, b) || !accepts(b->receiver, &a->message))
		return false;
	/* Whoever thaws the mailbox gives each what it prefers. */
	if (may_be_frozen(b->receiver) &&
	    prefer(b->receiver, &b->message, &a->message) < 0)
		return false;
	switch (policy) {
	case MBX_POLICY_LIFO:
		return queued_up_before(a->receiver, b->receiver) &&
		       slept_before(b, a);
	case MBX_POLICY_RR:
		if (is_second_turn(a, b))
			return true;
		return is_first_turn(b) &&
		       queued_up_before(b->receiver, a->receiver);
	default:
		return queued_up_before(b->receiver, a->receiver);
	}
}

/* Its sender waits until it is taken, and may take it back; and send it again. */
static bool may_be_taken_back(unsigned int nr, const struct box *box)
{
	return sends(nr) && has_begun(nr) && (is_sync(nr) || !box->capacity) &&
	       (!box_of(nr) || box_of(nr) == box) &&
	       (!succeeded(nr) || !waits_plainly(nr));
}

/* Whoever was given one that was then taken back does not wait for a while. */
static bool any_taken_back(const struct box *box)
{
	return any_call(i, may_be_taken_back(i, box));
}

/* Whoever copies a message that is withdrawn waits on, ahead of all others. */
static bool any_withdrawn(const struct box *box)
{
	return any_call(i,
			sends(i) && has_begun(i) &&
				(!box_of(i) || box_of(i) == box) &&
				((!succeeded(i) && !failed_with(i, EAGAIN)) ||
				 may_be_deferred(i)));
}

static const char *check_pair(const struct arrival *a, const struct arrival *b,
			      const struct box *box, bool put_back)
{
	if (a->seq && a->seq == b->seq)
		return complain(a, "two messages have the same number");
	if (numbers_lie(a, b))
		return complain(a, "has a higher number than a later one");
	if (put_back)
		return NULL;
	if (was_there(a, b) && is_preferred(a, b) && left_before(b, a))
		return complain(a, "a later message had left before");
	if (box->policy != MBX_POLICY_FIFO && any_withdrawn(box))
		return NULL;
	if (any_taken_back(box))
		return NULL;
	if (is_out_of_turn(a, b, box->policy))
		return complain(a, "it was not its turn to get a message");
	return NULL;
}

static const char *check_box(const struct box *box)
{
	const bool put_back = may_be_put_back(box);
	const char *wrong = NULL;
	unsigned int i, j;

	gather(box);
	for (i = 0; i < nr_arrivals && !wrong; i++)
		for (j = 0; j < nr_arrivals && !wrong; j++)
			if (i != j)
				wrong = check_pair(&arrivals[i], &arrivals[j],
						   box, put_back);
	return wrong;
}

const char *check_order(void)
{
	const char *wrong = NULL;
	unsigned int i;

	for (i = 0; i < nr_boxes && !wrong; i++)
		if (!may_be_leased(boxes[i].id))
			wrong = check_box(&boxes[i]);
	return wrong;
}
