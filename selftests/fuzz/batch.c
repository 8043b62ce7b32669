// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Batches: the calls of the task that come next are the elements, as long as
 * they are of a kind, with the same handle, and with arguments in good memory.
 * Each has its own record; they count as made side by side with all else that
 * happens during the batch.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdbool.h>

#include "../command.h"
#include "../observe.h"
#include "work.h"

/* Longest message of an element. */
#define ELEMENT_MAX 4900

static bool is_right(const struct work *batch)
{
	const enum memory arg = get(batch, P_ARG);

	return batch->handle.fd >= 0 && get(batch, P_HANDLE) != CONTROL &&
	       get(batch, P_HOW) == BATCH_RIGHT && !get(batch, P_FLAGS) &&
	       (get(batch, P_SIZE) == SIZE_EXACT ||
		get(batch, P_SIZE) == SIZE_GROWN) &&
	       !memory_is_bad(arg) && arg != MEM_READONLY && arg != MEM_OVER;
}

static bool may_be_element(const struct call *call, const struct work *batch)
{
	return (call->op == OP_SEND || call->op == OP_RECEIVE) &&
	       !call->forked && call->arg[P_HANDLE] == get(batch, P_HANDLE) &&
	       call->arg[P_ARG] == MEM_PLAIN &&
	       (call->op == OP_SEND || call->arg[P_CALL] == REPLY_NONE) &&
	       call->arg[P_FDS] == FDS_NONE && !call->arg[P_LEASE] &&
	       call->arg[P_LEN] < ELEMENT_MAX &&
	       (call->arg[P_DATA] == MEM_PLAIN ||
		memory_is_bad(call->arg[P_DATA]));
}

/* Returns how many. */
static unsigned int collect(const struct work *batch, struct work *elements)
{
	const struct program *program = &arena->program;
	const struct call *call;
	unsigned int i, nr = 0;

	if (!is_right(batch) || any_call(i, program->call[i].op == OP_FLIP))
		return 0;
	for (i = batch->nr + 1; i < program->nr && nr < get(batch, P_NR); i++) {
		call = &program->call[i];
		if (call->task != batch->task)
			continue;
		if (!may_be_element(call, batch) ||
		    (nr && call->op != elements[0].call->op))
			break;
		elements[nr] = *batch;
		elements[nr].nr = i;
		elements[nr].call = call;
		elements[nr].record = &arena->record[i];
		elements[nr].place = nr + 1;
		nr++;
	}
	return nr;
}

static int run_element(struct work *element, enum phase phase)
{
	element->phase = phase;
	return element->call->op == OP_SEND ? run_send(element) :
					      run_receive(element);
}

static void begin(struct work *element, const struct work *batch)
{
	struct record *record = element->record;

	record->pid = batch->record->pid;
	record->tid = batch->record->tid;
	record->box = batch->record->box;
	record->rights = batch->record->rights;
	record->maker = batch->record->maker;
	record->batch = batch->nr + 1;
	record->place = element->place;
	record->start_ns = now_ns(CLOCK_MONOTONIC);
	record->start = next_stamp();
	store(&record->state, CALL_RUNNING);
	run_element(element, PHASE_PUT);
}

static void finish(struct work *element, int ret, int err)
{
	struct record *record = element->record;

	record->ret = ret;
	record->err = err;
	run_element(element, PHASE_TAKE);
	record->end_ns = now_ns(CLOCK_MONOTONIC);
	record->end = next_stamp();
	store(&record->state, CALL_DONE);
}

/* Nobody has looked at it. */
static void skip(struct work *element)
{
	element->record->start = 0;
	store(&element->record->state, CALL_SKIPPED);
}

/* It was tried, and what became of it could not be told. */
static void forget(struct work *element)
{
	element->record->message.from = FROM_NOBODY;
	element->record->end = next_stamp();
	store(&element->record->state, CALL_KILLED);
}

/* The one that was not done: @err tells why, or why there was no batch at all. */
static void finish_last(struct work *element, int ret, int err)
{
	const bool copies = memory_is_bad(get(element, P_DATA)) ||
			    get(element, P_SELECT) & SELECT_NOWHERE;

	if (ret < 0 && err == EFAULT && !copies)
		skip(element);
	else if (!err || err == (int)POISON_U32)
		forget(element);
	else
		finish(element, -1, err);
}

/* Whoever waits for all of them waits until the last deadline. */
static uint64_t last_deadline(const struct work *elements, unsigned int nr)
{
	uint64_t last = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!elements[i].record->deadline)
			return 0;
		if (elements[i].record->deadline > last)
			last = elements[i].record->deadline;
	}
	return last;
}

int run_batch(struct work *batch)
{
	struct work elements[BATCH_MAX] = {};
	const unsigned int nr = collect(batch, elements);
	const uint32_t how = get(batch, P_HOW);
	struct mbx_batch arg;
	unsigned int i;
	bool deferred;
	int ret, err;

	for (i = 0; i < nr; i++)
		begin(&elements[i], batch);
	batch->record->deadline = last_deadline(elements, nr);
	init_batch(&arg,
		   nr && elements[0].call->op == OP_RECEIVE ? MBX_CMD_RECEIVE :
							      MBX_CMD_SEND,
		   nr ? (void *)(uintptr_t)elements[0].arg.user : NULL, STRIDE,
		   nr);
	arg.flags = get(batch, P_FLAGS);
	arg.cmd = how == BATCH_CMD ? MBX_CMD_STAT : arg.cmd;
	arg.nr = how == BATCH_MANY ? MBX_BATCH_MAX + 1 : nr;
	arg.stride = how == BATCH_STRIDE ? STRIDE + 4 : STRIDE;
	ret = command(batch, MBX_IOC_BATCH, &arg, sizeof(arg));
	err = errno;
	batch->record->count = arg.out_error;
	deferred = ret > 0 && arg.out_error == EINPROGRESS;
	for (i = 0; i < nr; i++) {
		if ((int)i < ret)
			finish(&elements[i],
			       deferred && (int)i == ret - 1 ? MBX_DEFERRED : 0,
			       0);
		else if (!deferred && i == (ret < 0 ? 0U : (unsigned int)ret))
			finish_last(&elements[i], ret,
				    ret < 0 ? err : (int)arg.out_error);
		else
			skip(&elements[i]);
	}
	errno = err;
	return ret;
}
