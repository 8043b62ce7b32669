// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a mailbox says of itself at the end, and in between: nobody waits who is
 * not there, what went in is there or went out, and no more than fits.
 */
#include <errno.h>
#include <string.h>

#include "model.h"

static const char *complain(const struct box *box, const char *what,
			    unsigned long long is, unsigned long long should)
{
	return finding_at(box->create, "%s is %llu instead of %llu", what, is,
			  should);
}

/* What is put back may be above the capacity. */
static unsigned int count_failures(const struct box *box)
{
	unsigned int i, nr = 0;

	for (i = 0; i < arena->program.nr; i++)
		if (receives(i) && has_begun(i) &&
		    (!box_of(i) || box_of(i) == box) &&
		    (failed_in_copy(i) || leases(i)))
			nr++;
	return nr;
}

static const char *check_room(const struct box *box,
			      const struct mbx_stat *stat)
{
	const uint64_t most = (uint64_t)box->capacity + count_failures(box);

	if (stat->out_capacity != box->capacity)
		return complain(box, "capacity", stat->out_capacity,
				box->capacity);
	if (stat->out_depth > most)
		return complain(box, "depth", stat->out_depth, most);
	if (stat->out_high_water > most)
		return complain(box, "high water", stat->out_high_water, most);
	if (stat->out_depth > stat->out_high_water)
		return complain(box, "high water", stat->out_high_water,
				stat->out_depth);
	return NULL;
}

/* -------------------------------------------------------------------- the end */

struct sums {
	unsigned int sent, received;
	unsigned long long lost;
	unsigned long long bytes_sent, bytes_received;
};

/* False if there is something that cannot be counted. */
static bool sum_up(const struct box *box, struct sums *sums)
{
	unsigned int i;

	*sums = (struct sums){};
	if (!count_purged(box, &sums->lost) || !count_dropped(box, &sums->lost))
		return false;
	for (i = 0; i < arena->program.nr; i++) {
		if (!record_at(i)->start || (!sends(i) && !receives(i)))
			continue;
		if (is_unsure(i))
			return false;
		if (box_of(i) != box)
			continue;
		if (is_flipped(i) || !was_done(i))
			return false;
		/* Purged, but then it has not been sent. */
		sums->lost -= sends(i) && failed_with(i, ECANCELED);
		if (may_be_sent(i) != was_sent(i))
			return false;
		if (!was_sent(i))
			continue;
		if (sends(i)) {
			sums->sent++;
			sums->bytes_sent += call_at(i)->arg[P_LEN];
		} else {
			sums->received++;
			sums->bytes_received += record_at(i)->message.len;
		}
	}
	return true;
}

static const char *check_sums(const struct box *box,
			      const struct mbx_stat *stat)
{
	struct sums sums;

	if (!sum_up(box, &sums))
		return NULL;
	if (stat->out_sent != sums.sent)
		return complain(box, "sent", stat->out_sent, sums.sent);
	if (stat->out_received != sums.received)
		return complain(box, "received", stat->out_received,
				sums.received);
	if (stat->out_lost != sums.lost)
		return complain(box, "lost", stat->out_lost, sums.lost);
	if (stat->out_bytes_sent != sums.bytes_sent)
		return complain(box, "bytes sent", stat->out_bytes_sent,
				sums.bytes_sent);
	if (stat->out_bytes_received != sums.bytes_received)
		return complain(box, "bytes received", stat->out_bytes_received,
				sums.bytes_received);
	return NULL;
}

/* What was kept may come in, or be withdrawn, until all have been taken out. */
static const char *check_deferred(const struct box *box)
{
	const struct finished *finished = box->finished;
	const struct mbx_stat *stat = &finished->after;
	struct sums sums;
	uint64_t most;

	if (stat->out_sent != stat->out_received + stat->out_lost)
		return complain(box, "sent", stat->out_sent,
				stat->out_received + stat->out_lost);
	if (stat->out_depth || stat->out_bytes)
		return complain(box, "depth", stat->out_depth, 0);
	if (!sum_up(box, &sums))
		return NULL;
	most = sums.lost + count_withdrawable(box);
	if (stat->out_sent != sums.sent)
		return complain(box, "sent", stat->out_sent, sums.sent);
	if (stat->out_bytes_sent != sums.bytes_sent)
		return complain(box, "bytes sent", stat->out_bytes_sent,
				sums.bytes_sent);
	if (stat->out_received != sums.received + finished->drained)
		return complain(box, "received", stat->out_received,
				sums.received + finished->drained);
	if (stat->out_lost < sums.lost || stat->out_lost > most)
		return complain(box, "lost", stat->out_lost, most);
	return NULL;
}

static const char *check_end(const struct box *box)
{
	const struct finished *finished = box->finished;
	const struct mbx_stat *stat = &finished->stat;
	const uint64_t left =
		stat->out_sent - stat->out_received - stat->out_lost;
	const int last = stat->out_state & MBX_STATE_SEALED ? ESHUTDOWN :
							      EAGAIN;

	if (stat->out_senders || stat->out_receivers || stat->out_callers)
		return finding_at(box->create,
				  "%u senders, %u receivers, %u callers left",
				  stat->out_senders, stat->out_receivers,
				  stat->out_callers);
	/* More may have come meanwhile. */
	if (may_be_told(box->id))
		return check_room(box, stat);
	/* Nobody can say how much of it came back before it was looked at. */
	if (may_be_leased(box->id))
		return left == stat->out_depth || any_deferred(box) ?
			       check_room(box, stat) :
			       complain(box, "depth", stat->out_depth, left);
	if (finished->last == EUSERS && box->policy == MBX_POLICY_PAIR)
		return check_room(box, stat)	 ?:
			       any_deferred(box) ? NULL :
						   check_sums(box, stat);
	if (finished->last && finished->last != last)
		return finding_at(box->create, "cannot be emptied: %s",
				  strerror(finished->last));
	if (finished->last && any_deferred(box))
		return check_room(box, stat) ?: check_deferred(box);
	if (left != finished->drained)
		return complain(box, "the number of messages left",
				finished->drained, left);
	if (stat->out_depth != finished->drained)
		return complain(box, "depth", stat->out_depth,
				finished->drained);
	return check_room(box, stat) ?: check_sums(box, stat);
}

/* Was it rightly there, or rightly not? */
static const char *check_existence(const struct box *box)
{
	const int err = box->finished->err;

	if (err == ENOENT && box->may_end == NEVER)
		return finding_at(box->create, "the mailbox has vanished");
	if (err != ENOENT && box->ended != NEVER)
		return finding_at(box->create, "the mailbox is still there");
	return NULL;
}

const char *check_accounts(const struct box *box)
{
	const char *wrong = NULL;
	unsigned int i;

	for (i = 0; i < arena->program.nr && !wrong; i++)
		if (call_at(i)->op == OP_STAT && succeeded(i) &&
		    box_of(i) == box)
			wrong = check_room(box, &record_at(i)->stat);
	if (wrong || !box->finished)
		return wrong;
	wrong = check_existence(box);
	if (wrong || box->finished->err)
		return wrong;
	return check_end(box);
}
