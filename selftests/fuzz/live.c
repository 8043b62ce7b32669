// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise 5 and 6: nobody sleeps where he need not, or in a mailbox that has
 * ended.  To be asked when nothing moves any more.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <unistd.h>

#include "../command.h"
#include "../observe.h"
#include "model.h"

/* One who has been woken is not asleep, even if he cannot run for long. */
#define LOOKS 60

/* Of a batch nobody knows how far it is. */
static bool is_running(unsigned int nr)
{
	return load(&record_at(nr)->state) == CALL_RUNNING &&
	       !record_at(nr)->batch;
}

/* Somebody may hold a message for as long as a page is missing. */
static bool anybody_stuck(void)
{
	return any_call(i, is_running(i) && may_get_stuck(call_at(i)));
}

static bool receiver_waits(unsigned int sender)
{
	const struct delivery message = message_of(sender);

	return any_call(i,
			is_running(i) && receives(i) &&
				record_at(i)->box == record_at(sender)->box &&
				accepts(i, &message));
}

/* If there is no room its message may be outside. */
static bool is_offered(unsigned int sender, const struct mbx_stat *stat)
{
	return (succeeded(sender) && !may_be_deferred(sender)) ||
	       ((succeeded(sender) ||
		 (is_running(sender) && record_at(sender)->asleep)) &&
		(!stat->out_capacity || stat->out_depth < stat->out_capacity));
}

static bool may_be_taken(unsigned int sender)
{
	return any_call(i, receives(i) && (record_at(i)->state == CALL_KILLED ||
					   record_at(i)->batch ||
					   (succeeded(i) &&
					    record_at(i)->message.from ==
						    (int)sender)));
}

static bool has_for(unsigned int receiver, unsigned int sender,
		    const struct mbx_stat *stat)
{
	const struct delivery message = message_of(sender);

	return record_at(sender)->box == stat->out_id && message.len &&
	       is_offered(sender, stat) && accepts(receiver, &message) &&
	       !may_be_taken(sender) && !may_be_purged(sender) &&
	       !may_be_dropped(sender) && !may_be_withdrawn(sender);
}

static bool could_receive(unsigned int nr, const struct mbx_stat *stat)
{
	if (stat->out_state & MBX_STATE_FROZEN && !peeks(nr))
		return false;
	if (selects(nr))
		return any_call(i, sends(i) && has_for(nr, i, stat));
	return stat->out_depth > stat->out_leased || stat->out_senders;
}

static bool could_send(unsigned int nr, const struct mbx_stat *stat)
{
	const bool frozen = stat->out_state & MBX_STATE_FROZEN;

	if (stat->out_depth < stat->out_capacity && !is_sync(nr))
		return true;
	return (stat->out_depth < stat->out_capacity || !stat->out_capacity) &&
	       !frozen && receiver_waits(nr);
}

/* Nothing will come to whoever receives, nobody to whoever sends. */
static bool is_over(unsigned int nr, const struct mbx_stat *stat)
{
	if (!(stat->out_state & MBX_STATE_SEALED))
		return false;
	return !stat->out_depth || (sends(nr) && !is_sync(nr));
}

static bool has_room(const struct mbx_stat *stat)
{
	return stat->out_depth < stat->out_capacity ||
	       stat->out_state & MBX_STATE_SEALED ||
	       (!stat->out_capacity && !(stat->out_state & MBX_STATE_FROZEN) &&
		any_call(i, is_running(i) && receives(i) &&
				    record_at(i)->box == stat->out_id));
}

static bool could_poll(unsigned int nr, const struct mbx_stat *stat)
{
	const uint32_t flags = call_at(nr)->arg[P_FLAGS];
	const uint32_t rights = record_at(nr)->rights;

	if (flags & WANT_IN && rights & MBX_OPEN_RECEIVE &&
	    could_receive(nr, stat))
		return true;
	return flags & WANT_OUT && rights & MBX_OPEN_SEND && has_room(stat) &&
	       !any_call(i, may_be_deferred(i) && record_at(i)->maker ==
							  record_at(nr)->maker);
}

/* Why the call should not sleep, or NULL. */
static const char *why_awake(unsigned int nr)
{
	const uint64_t id = record_at(nr)->box;
	const char *why;
	struct mbx_stat stat;
	int fd, err;

	if (was_revoked(nr, NEVER))
		return "sleeps although its handle has been revoked";
	fd = box_open(run_control, NULL, id, 0);
	if (fd < 0)
		return "sleeps in a mailbox that has ended";
	err = box_stat(fd, &stat);
	close(fd);
	if (err)
		return "sleeps in a mailbox that has just ended";
	if (calls(nr) && is_served_in_vain(nr, &why))
		return why;
	if (call_at(nr)->op != OP_POLL && is_over(nr, &stat))
		return "sleeps in a sealed mailbox";
	if (sends(nr) && !may_wait(nr))
		return "sleeps although it need not wait for room";
	if (sends(nr) && could_send(nr, &stat))
		return "sleeps although it could send";
	if ((receives(nr) || peeks(nr)) && could_receive(nr, &stat))
		return "sleeps although it could receive";
	if (call_at(nr)->op == OP_POLL && could_poll(nr, &stat))
		return "sleeps although what it polls for is there";
	return NULL;
}

static bool is_suspect(unsigned int nr)
{
	const struct call *call = call_at(nr);

	return is_running(nr) && op_info[call->op].blocks &&
	       record_at(nr)->box && call->task < TASKS;
}

static const char *check_one(unsigned int nr)
{
	const char *why = NULL;
	unsigned int i;

	for (i = 0; i < LOOKS; i++) {
		/* On a slow machine a call may begin only now. */
		if (anybody_stuck() || !is_suspect(nr) ||
		    task_state(call_at(nr)->task) != 'S')
			return NULL;
		why = why_awake(nr);
		if (!why)
			return NULL;
		usleep(i * 100);
	}
	return finding_at(nr, "%s", why);
}

const char *live_check(void)
{
	const char *wrong = NULL;
	unsigned int i;

	/* Flags that were changed make another call of it. */
	if (anybody_stuck() || any_call(i, call_at(i)->op == OP_FLIP))
		return NULL;
	for (i = 0; i < arena->program.nr && !wrong; i++)
		if (is_suspect(i) && !is_unsure(i))
			wrong = check_one(i);
	return wrong;
}
