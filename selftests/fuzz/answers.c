// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is said of messages that have been received: calls, and the replies to
 * them, by a command of their own or before a receive; and what becomes of leases.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <unistd.h>

#include "../command.h"
#include "message.h"
#include "work.h"

/* Behind the buffer, to see whether it is left alone. */
#define MARGIN 64

/* --------------------------------------------------------------------- call */

static void note_reply(const struct work *work, const struct mbx_call *arg,
		       bool done)
{
	const unsigned char *data = memory_reply(work->task);
	const uint32_t room = get(work, P_ROOM) + MARGIN;
	struct delivery *reply = &work->record->reply;
	const uint32_t len = !done		 ? 0 :
			     arg->out_len < room ? arg->out_len :
						   room;

	reply->len = done ? arg->out_len : 0;
	reply->from = message_from(data, len);
	reply->spoiled = !is_poison(data + len, room - len);
}

int run_call(struct work *work)
{
	const uint32_t room = get(work, P_ROOM);
	struct delivery *message = &work->record->message;
	struct mbx_call arg;
	int ret, err;

	memset(memory_reply(work->task), POISON, room + MARGIN);
	init_call(&arg, NULL, get(work, P_LEN), NULL, room);
	arg.reply_ptr = place_reply(work->task, get(work, P_BACK), room).user;
	arg.flags = get(work, P_FLAGS);
	arg.deadline = put_deadline(work, arg.flags & MBX_CALL_REALTIME);
	arg.priority = get(work, P_PRIORITY);
	arg.type = type_value(get(work, P_TYPE));
	arg.data_ptr = (uintptr_t)put_data(work, true);
	ret = command(work, MBX_IOC_CALL, &arg, sizeof(arg));
	err = errno;
	message->len = get(work, P_LEN);
	message->seq = arg.out_seq;
	message->pid = arg.out_pid;
	message->tid = arg.out_tid;
	message->ids = arg.out_seq;
	note_reply(work, &arg, !ret);
	errno = err;
	return ret;
}

/* -------------------------------------------------------------------- reply */

/* Is it one that can be replied to; or settled? */
static bool is_open(unsigned int nr, bool leased)
{
	const struct record *record = &arena->record[nr];
	const struct call *call = &arena->program.call[nr];
	const bool is_call = record->message.flags & MBX_MESSAGE_CALL;

	return call->op == OP_RECEIVE && load(&record->state) == CALL_DONE &&
	       record->ret >= 0 && record->message.ids &&
	       (leased ? call->arg[P_LEASE] && !is_call : is_call);
}

static bool is_done(const struct record *received)
{
	return any_call(i, load(&arena->record[i].state) == CALL_DONE &&
				   arena->record[i].ret >= 0 &&
				   arena->record[i].target ==
					   received->message.seq);
}

static bool is_meant(const struct record *record, enum reply which)
{
	const bool own = record->pid == getpid();

	switch (which) {
	case REPLY_LAST:
		return own;
	case REPLY_FIRST:
		return own && !is_done(record);
	default:
		return !own;
	}
}

/* Number of the message that is to be replied to. */
static uint64_t choose(const struct work *work)
{
	const enum reply which = get(work, P_CALL);
	const bool leased = work->call->op == OP_SETTLE;
	const struct record *best = NULL, *record;
	unsigned int i;
	bool earlier;

	if (which == REPLY_NONE)
		return 0;
	for (i = 0; i < arena->program.nr && which != REPLY_STRAY; i++) {
		record = &arena->record[i];
		if (!is_open(i, leased) || !is_meant(record, which))
			continue;
		earlier = best && record->end < best->end;
		if (!best || earlier == (which == REPLY_FIRST))
			best = record;
	}
	return best ? best->message.seq : 1ULL << 40;
}

int run_reply(struct work *work)
{
	struct mbx_reply arg;

	work->record->target = choose(work);
	work->record->message.len = get(work, P_LEN);
	init_reply(&arg, work->record->target, NULL, get(work, P_LEN));
	arg.flags = get(work, P_FLAGS);
	arg.data_ptr = (uintptr_t)put_data(work, true);
	return command(work, MBX_IOC_REPLY, &arg, sizeof(arg));
}

int run_settle(struct work *work)
{
	struct mbx_settle arg;

	work->record->target = choose(work);
	init_settle(&arg, work->record->target, get(work, P_FLAGS));
	arg.lease_ms = get(work, P_LEASE);
	return command(work, MBX_IOC_SETTLE, &arg, sizeof(arg));
}

/* ------------------------------------------------------- reply, then receive */

/* In the page of the argument: what is replied; see arguments.c for the rest. */
#define ANSWER_AT (PAGE / 4 * 3)
#define ANSWER_LEN 24

static struct place answer_place(const struct work *work)
{
	struct place page = place_arg(work->task, get(work, P_ARG), PAGE);

	page.plain += ANSWER_AT;
	page.user += ANSWER_AT;
	return page;
}

uint64_t put_answer(struct work *work)
{
	const struct place place = answer_place(work);
	unsigned char *data = memory_reply(work->task);
	struct mbx_reply arg;

	if (get(work, P_CALL) == REPLY_NONE || work->phase != PHASE_ALL)
		return 0;
	work->record->target = choose(work);
	message_fill(data, ANSWER_LEN, work->nr);
	init_reply(&arg, work->record->target, data, ANSWER_LEN);
	memcpy(place.plain, &arg, sizeof(arg));
	return place.user;
}

void note_answer(struct work *work)
{
	struct mbx_reply arg;

	if (!work->record->target)
		return;
	memcpy(&arg, answer_place(work).plain, sizeof(arg));
	work->record->answered = !arg.call;
}
