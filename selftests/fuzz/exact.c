// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * As long as the calls on a mailbox come one after the other, there is only one
 * right result for each: that of a queue.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "queue.h"

#define NONE MAX_CALLS

/* Which message a receive is to get: its place, or NONE. */
static unsigned int choose(struct queue *queue, unsigned int nr)
{
	struct delivery best, message;
	unsigned int i, place = NONE;

	for (i = 0; i < queue->depth; i++) {
		message = message_of(queue->sender[i]);
		if (!may_accept(nr, &message))
			continue;
		if (!accepts(nr, &message))
			queue->lost = true;
		if (place != NONE && prefer(nr, &message, &best) >= 0)
			continue;
		best = message;
		place = i;
	}
	return place;
}

void queue_take_out(struct queue *queue, unsigned int place)
{
	queue->depth--;
	memmove(&queue->sender[place], &queue->sender[place + 1],
		(queue->depth - place) * sizeof(queue->sender[0]));
}

static uint32_t length_at(const struct queue *queue, unsigned int place)
{
	return call_at(queue->sender[place])->arg[P_LEN];
}

static bool has_room(const struct queue *queue)
{
	return queue->depth < queue->box->capacity;
}

/* ------------------------------------------------------------------- results */

static const char *send_done(struct queue *queue, unsigned int nr)
{
	if (!has_room(queue) && !queue->sealed && may_defer(nr))
		return defer_exactly(queue, nr);
	if (!has_room(queue) && !queue->sealed && may_drop(nr))
		return drop_exactly(queue, nr);
	if (!has_room(queue) || queue->sealed || is_sync(nr) ||
	    (call_at(nr)->op == OP_SEND && record_at(nr)->ret))
		return finding_at(nr, "succeeded with %u messages inside",
				  queue->depth);
	queue->sender[queue->depth++] = nr;
	return NULL;
}

static const char *send_failed(const struct queue *queue, unsigned int nr)
{
	const int err = record_at(nr)->err;

	if (err == EBUSY && queue->box->capacity && !has_parked(queue, nr) &&
	    !has_id(nr))
		return finding_at(nr, "failed with nothing deferred");
	if (err == ECANCELED || err == ENOBUFS ||
	    (err == ESHUTDOWN && !queue->sealed))
		return finding_at(nr, "failed with nobody there");
	if ((err == EAGAIN || err == ETIMEDOUT || err == EINTR) &&
	    has_room(queue) && !is_sync(nr))
		return finding_at(nr, "failed with %u messages inside",
				  queue->depth);
	return NULL;
}

static const char *receive_done(struct queue *queue, unsigned int nr)
{
	const struct delivery *message = &record_at(nr)->message;
	const unsigned int place = choose(queue, nr);

	if (queue->lost)
		return NULL;
	if (place == NONE)
		return finding_at(nr, "succeeded with nothing in the mailbox");
	if (queue->frozen && !peeks(nr))
		return finding_at(nr, "succeeded in a frozen mailbox");
	if (message->len != length_at(queue, place))
		return finding_at(nr, "got %u bytes instead of %u",
				  message->len, length_at(queue, place));
	if (message->from >= 0 && message->from != (int)queue->sender[place])
		return finding_at(nr,
				  "got the message of call %d instead of %u",
				  message->from + 1, queue->sender[place] + 1);
	if (!peeks(nr))
		queue_take_out(queue, place);
	return NULL;
}

static const char *receive_failed(struct queue *queue, unsigned int nr)
{
	const struct record *record = record_at(nr);
	const unsigned int place = choose(queue, nr);
	const int err = record->err;

	if (queue->lost || (record->target && !record->answered))
		return NULL;
	if (err == EMSGSIZE && queue->frozen && !peeks(nr))
		return finding_at(nr, "EMSGSIZE in a frozen mailbox");
	if (err == EMSGSIZE &&
	    (place == NONE || truncates(nr) ||
	     length_at(queue, place) <= call_at(nr)->arg[P_LEN]))
		return finding_at(nr, "EMSGSIZE for what would fit");
	if (err == EMSGSIZE && call_at(nr)->op == OP_RECEIVE &&
	    !kind_may_fault(nr, P_ARG) &&
	    record->message.len != length_at(queue, place))
		return finding_at(nr, "told %u bytes instead of %u",
				  record->message.len, length_at(queue, place));
	if (err == ESHUTDOWN && (!queue->sealed || place != NONE))
		return finding_at(nr, "failed with more to come");
	if (err != EAGAIN && err != ETIMEDOUT && err != EINTR)
		return NULL;
	if (place == NONE && queue->sealed)
		return finding_at(nr, "failed with nothing to come");
	if (place != NONE && (!queue->frozen || peeks(nr)))
		return finding_at(nr, "failed with %u messages inside",
				  queue->depth);
	return NULL;
}

static const char *poll_done(const struct queue *queue, unsigned int nr)
{
	const uint32_t wanted = call_at(nr)->arg[P_FLAGS];
	const struct record *record = record_at(nr);
	const bool in = wanted & WANT_IN && queue_is_readable(queue) &&
			record->rights & MBX_OPEN_RECEIVE;
	const bool out = wanted & WANT_OUT &&
			 (queue_is_writable(queue) ||
			  queue->box->full != MBX_FULL_WAIT) &&
			 !has_parked(queue, nr) &&
			 record->rights & MBX_OPEN_SEND;
	const bool hup = record->rights & MBX_OPEN_RECEIVE ?
				 queue_is_drained(queue) :
				 queue->sealed &&
					 record->rights & MBX_OPEN_SEND;
	const uint32_t right = (in ? POLLIN : 0) | (out ? POLLOUT : 0) |
			       (hup ? POLLHUP : 0);

	if (record->ret >= 0 && record->revents != right && !may_be_revoked(nr))
		return finding_at(nr, "events %#x instead of %#x",
				  record->revents, right);
	return NULL;
}

static const char *stat_done(const struct queue *queue, unsigned int nr)
{
	const struct mbx_stat *stat = &record_at(nr)->stat;

	if (stat->out_depth != queue->depth || stat->out_senders ||
	    stat->out_receivers || stat->out_callers)
		return finding_at(nr, "tells of %u+%u+%u instead of %u",
				  stat->out_depth, stat->out_senders,
				  stat->out_receivers, queue->depth);
	if (stat->out_state != ((queue->frozen ? MBX_STATE_FROZEN : 0) |
				(queue->sealed ? MBX_STATE_SEALED : 0)))
		return finding_at(nr, "tells of state %#x", stat->out_state);
	if (stat->out_lost != queue->purged)
		return finding_at(nr, "tells of %llu lost instead of %u",
				  (unsigned long long)stat->out_lost,
				  queue->purged);
	return NULL;
}

/* What it has been told, unless that could not be written. */
static const char *check_count(unsigned int nr, unsigned int count)
{
	if (record_at(nr)->count != count && !kind_may_fault(nr, P_ARG))
		return finding_at(nr, "told %llu instead of %u",
				  (unsigned long long)record_at(nr)->count,
				  count);
	return NULL;
}

static const char *control_done(struct queue *queue, unsigned int nr)
{
	const unsigned int depth = queue->depth;

	if (has_sealed(nr)) {
		queue->sealed = true;
		queue->purged += queue->nr_parked;
		queue->nr_parked = 0;
	}
	if (has_sealed(nr) && call_at(nr)->arg[P_OP] == MBX_CONTROL_DRAIN &&
	    succeeded(nr) == !!depth)
		return finding_at(nr, "with %u messages inside", depth);
	if (!succeeded(nr))
		return has_sealed(nr) ? check_count(nr, depth) : NULL;
	switch (call_at(nr)->arg[P_OP]) {
	case MBX_CONTROL_FREEZE:
		queue->frozen = true;
		break;
	case MBX_CONTROL_THAW:
		queue->frozen = false;
		break;
	case MBX_CONTROL_PURGE:
		queue->purged += depth;
		queue->depth = 0;
		return check_count(nr, depth);
	}
	return check_count(nr, 0);
}

static const char *step(struct queue *queue, unsigned int nr)
{
	const bool ok = succeeded(nr);

	if (sends(nr))
		return ok ? send_done(queue, nr) : send_failed(queue, nr);
	if (receives(nr) || peeks(nr))
		return ok ? receive_done(queue, nr) : receive_failed(queue, nr);
	if (call_at(nr)->op == OP_POLL)
		return poll_done(queue, nr);
	if (call_at(nr)->op == OP_CONTROL)
		return control_done(queue, nr);
	if (call_at(nr)->op == OP_STAT && ok)
		return stat_done(queue, nr);
	return NULL;
}

/* ------------------------------------------------------------------ sequence */

static bool concerns(const struct box *box, unsigned int nr)
{
	return record_at(nr)->start &&
	       (is_unsure(nr) || record_at(nr)->box == box->id);
}

/* The call that began first of those that began after @stamp. */
static unsigned int next_call(const struct box *box, uint32_t stamp)
{
	unsigned int i, next = MAX_CALLS;

	for (i = 0; i < arena->program.nr; i++)
		if (concerns(box, i) && record_at(i)->start > stamp &&
		    (next == MAX_CALLS ||
		     record_at(i)->start < record_at(next)->start))
			next = i;
	return next;
}

static bool is_alone(const struct box *box, unsigned int nr)
{
	return !any_call(i, i != nr && concerns(box, i) && overlap(i, nr) &&
				    !in_one_batch(i, nr));
}

static bool is_plain(unsigned int nr)
{
	return was_done(nr) && !is_unsure(nr) && !is_flipped(nr);
}

const char *check_exactly(const struct box *box)
{
	struct queue queue = { .box = box };
	const char *wrong = NULL;
	uint32_t stamp = 0;
	unsigned int nr;

	forget_events();
	if (may_be_told(box->id) || may_be_leased(box->id))
		return NULL;
	while (!wrong && !queue.lost &&
	       (nr = next_call(box, stamp)) < MAX_CALLS) {
		if (!is_plain(nr) || !is_alone(box, nr) ||
		    box->may_end < record_at(nr)->end)
			break;
		park_settle(&queue, nr);
		if (queue.lost)
			break;
		queue.moved = false;
		wrong = step(&queue, nr);
		park_move_up(&queue);
		wrong = wrong ?: follow_events(&queue, nr);
		stamp = record_at(nr)->start;
	}
	return wrong;
}

/* ------------------------------------------------------------ poll, then act */

static bool is_quiet(unsigned int from, unsigned int to)
{
	const uint32_t start = record_at(from)->start;
	const uint32_t end = record_at(to)->end;

	return !any_call(i, i != from && i != to &&
				    ((record_at(i)->start > start &&
				      record_at(i)->start < end) ||
				     (record_at(i)->start &&
				      end_of(i) > start && end_of(i) < end)));
}

/*
 * Those that wait with too small a buffer are told so by a send that finds none.
 * Those that wait for just that message are no room for others.
 */
static bool special_waits(unsigned int nr)
{
	return any_call(i, receives(i) && record_at(i)->start &&
				   (selects(i) ||
				    call_at(i)->arg[P_LEN] <
					    call_at(nr)->arg[P_LEN]) &&
				   overlap(i, nr));
}

static const char *check_next(unsigned int poll, unsigned int nr)
{
	const uint32_t wanted = call_at(poll)->arg[P_FLAGS];
	const uint32_t seen = record_at(poll)->revents;
	const uint32_t bit = sends(nr) ? POLLOUT : POLLIN;

	if (seen & POLLHUP)
		return NULL;
	if (!(wanted & (sends(nr) ? WANT_OUT : WANT_IN)) ||
	    !(record_at(poll)->rights &
	      (sends(nr) ? MBX_OPEN_SEND : MBX_OPEN_RECEIVE)))
		return NULL;
	if (seen & bit && failed_with(nr, EAGAIN) && !selects(nr) &&
	    (!sends(nr) || box_of(nr)->full == MBX_FULL_WAIT) &&
	    !special_waits(nr))
		return finding_at(nr,
				  "nothing to do right after a poll saw it");
	if (!(seen & bit) && succeeded(nr) &&
	    !(sends(nr) ? special_waits(nr) || !must_wait(nr) :
			  may_be_frozen(nr) && peeks(nr)))
		return finding_at(nr,
				  "succeeded right after a poll saw nothing");
	return NULL;
}

/* Both send and receive have the same flag for it. */
_Static_assert(MBX_SEND_NONBLOCK == MBX_RECEIVE_NONBLOCK, "nonblock");

static bool acts_at_once(unsigned int nr)
{
	const unsigned int op = call_at(nr)->op;

	return (op == OP_SEND || op == OP_RECEIVE) &&
	       call_at(nr)->arg[P_FLAGS] & MBX_SEND_NONBLOCK;
}

const char *check_polls(void)
{
	const char *wrong = NULL;
	const struct box *box;
	unsigned int i, nr;

	for (i = 0; i < arena->program.nr && !wrong; i++) {
		box = box_of(i);
		if (call_at(i)->op != OP_POLL || !succeeded(i) || !box ||
		    may_be_told(box->id) || may_be_leased(box->id))
			continue;
		nr = next_call(box, record_at(i)->end);
		if (nr < MAX_CALLS && acts_at_once(nr) && is_plain(nr) &&
		    is_plain(i) && box->may_end > record_at(nr)->end &&
		    is_quiet(i, nr))
			wrong = check_next(i, nr);
	}
	return wrong;
}
