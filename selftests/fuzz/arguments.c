// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arguments and messages: put where the call wants to have them, and looked at
 * afterwards.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>

#include "../command.h"
#include "../observe.h"
#include "message.h"
#include "work.h"

/* Beyond what the caller offers, to see whether it is left alone. */
#define MARGIN 64
/* How much a "grown" structure is longer. */
#define GROWTH 32
/* In the page of the argument: what a receive selects by. */
#define SELECT_AT (PAGE / 2)
#define SELECT_ROOM 128
/* Likewise: the arguments of the elements of a batch. */
#define ELEMENTS_AT (PAGE / 4)

static bool lengths_flip(void)
{
	return any_call(i, arena->program.call[i].op == OP_FLIP);
}

/* --------------------------------------------------------------- arguments */

static uint32_t size_value(uint32_t size, enum size kind)
{
	switch (kind) {
	case SIZE_SHORT:
		return size - 8;
	case SIZE_ZERO:
		return 0;
	case SIZE_GROWN:
	case SIZE_JUNK:
		return size + GROWTH;
	case SIZE_HUGE:
		return PAGE + 8;
	default:
		return size;
	}
}

uint32_t arg_room(uint32_t size, enum size kind)
{
	return kind == SIZE_GROWN || kind == SIZE_JUNK ? size + GROWTH : size;
}

/* The structure, as the call wants to have it, where it wants to have it. */
void *put_arg(struct work *work, const void *arg, uint32_t size)
{
	const enum size kind = get(work, P_SIZE);
	const uint32_t value = size_value(size, kind);
	const uint32_t offset =
		work->place ? ELEMENTS_AT + (work->place - 1) * STRIDE : 0;

	if (work->phase == PHASE_TAKE)
		return NULL;

	work->arg =
		place_arg(work->task, get(work, P_ARG), arg_room(size, kind));
	work->arg.plain += offset;
	work->arg.user += offset;
	memset(work->arg.plain, 0, arg_room(size, kind));
	memcpy(work->arg.plain, arg, size);
	memcpy(work->arg.plain, &value, sizeof(value));
	if (kind == SIZE_JUNK)
		work->arg.plain[size + GROWTH - 1] = 1;
	memory_prepare(work->task, get(work, P_ARG));
	return (void *)(uintptr_t)work->arg.user;
}

/* All that the kernel could reach if the length changed. */
static size_t data_room(const struct work *work)
{
	const unsigned char *end = memory_data(work->task) + DATA_MAX;
	const size_t room = end - work->data.plain;
	const size_t wanted = get(work, P_LEN) + MARGIN;

	return lengths_flip() || wanted > room ? room : wanted;
}

/* Of the message of an element of a batch. */
uint32_t data_offset(unsigned int place)
{
	return place ? (place - 1) * (DATA_MAX / BATCH_MAX) : 0;
}

void *put_data(struct work *work, bool message)
{
	if (work->phase == PHASE_TAKE)
		return NULL;
	work->data =
		place_data(work->task, get(work, P_DATA), get(work, P_LEN));
	work->data.plain += data_offset(work->place);
	work->data.user += data_offset(work->place);
	if (message)
		message_fill(work->data.plain, data_room(work), work->nr);
	else
		memset(work->data.plain, POISON, data_room(work));
	memory_prepare(work->task, get(work, P_DATA));
	return (void *)(uintptr_t)work->data.user;
}

/* It is where the argument is. */
uint64_t put_select(const struct work *work)
{
	const struct place page = place_arg(work->task, get(work, P_ARG), PAGE);
	struct mbx_select select = select_of(work->call);
	const uint32_t how = get(work, P_SELECT);
	const uint32_t at = SELECT_AT + work->place * SELECT_ROOM;

	if (work->phase == PHASE_TAKE)
		return 0;
	if (!how || how & SELECT_NOWHERE)
		return how ? 8 : 0;
	if (how & SELECT_SHORT)
		select.size -= 8;
	if (how & SELECT_JUNK)
		select.size += GROWTH;
	memset(page.plain + at, 0xff, SELECT_ROOM);
	memcpy(page.plain + at, &select, sizeof(select));
	return page.user + at;
}

uint64_t put_deadline(struct work *work, bool realtime)
{
	const uint32_t wait = get(work, P_WAIT);
	const clockid_t clock = realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC;

	if (work->phase == PHASE_TAKE)
		return 0;
	switch (wait) {
	case WAIT_FOREVER:
		return 0;
	case WAIT_PAST:
		return work->record->deadline = 1;
	case WAIT_INVALID:
		return 1ULL << 63;
	}
	work->record->deadline = in_ms(wait);
	return now_ns(clock) + wait * MSEC;
}

/* ------------------------------------------------------------------ results */

bool is_poison(const unsigned char *data, size_t len)
{
	while (len--)
		if (*data++ != POISON)
			return false;
	return true;
}

/* @truncated: it need not be there in full */
void note_message(const struct work *work, uint32_t len, bool truncated)
{
	struct delivery *message = &work->record->message;
	const size_t room = data_room(work);

	message->len = len;
	if (truncated && len > get(work, P_LEN))
		len = get(work, P_LEN);
	if (len > room)
		len = room;
	message->from =
		message_is_event(work->data.plain, len, &message->event) ?
			FROM_EVENT :
			message_from(work->data.plain, len);
	message->spoiled = !is_poison(work->data.plain + len, room - len);
}

void note_ids(const struct work *work, const struct mbx_receive *arg)
{
	struct delivery *message = &work->record->message;

	message->ids = true;
	message->seq = arg->out_seq;
	message->time = arg->out_time;
	message->pid = arg->out_pid;
	message->tid = arg->out_tid;
	message->uid = arg->out_uid;
	message->gid = arg->out_gid;
	message->badge = arg->out_badge;
	message->type = arg->out_type;
	message->priority = arg->out_priority;
	message->flags = arg->out_flags;
	message->reply_max = arg->out_reply_max;
	message->deliveries = arg->out_deliveries;
}

bool data_is_untouched(const struct work *work)
{
	return is_poison(work->data.plain, data_room(work));
}
