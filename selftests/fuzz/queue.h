/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A mailbox in which one call comes after the other. */
#ifndef FUZZ_QUEUE_H
#define FUZZ_QUEUE_H

#include "model.h"

struct queue {
	const struct box *box;
	unsigned int sender[MAX_CALLS]; /* in the order in which they came */
	unsigned int depth;
	unsigned int purged;
	bool frozen;
	bool sealed;
	unsigned int parked[MAX_CALLS]; /* the same of those deferred */
	unsigned int nr_parked;
	bool moved; /* one of them has gone in */
	bool lost; /* it is not known any more what is in it */
};

static inline bool queue_is_drained(const struct queue *queue)
{
	return queue->sealed && !queue->depth;
}

static inline bool queue_is_readable(const struct queue *queue)
{
	return queue->depth && !queue->frozen;
}

static inline bool queue_is_writable(const struct queue *queue)
{
	return queue->depth < queue->box->capacity || queue->sealed;
}

void queue_take_out(struct queue *queue, unsigned int place); /* exact.c */

/* full.c: a send into a mailbox without room; NULL, or what is wrong */
const char *drop_exactly(struct queue *queue, unsigned int nr);

/* defer.c: messages outside a mailbox with a capacity */
const char *defer_exactly(struct queue *queue, unsigned int nr);
void park_settle(struct queue *queue, unsigned int nr);
void park_move_up(struct queue *queue);
bool has_parked(const struct queue *queue, unsigned int nr);

/* events.c: what becomes of registrations; NULL, or what is wrong */
const char *follow_events(struct queue *queue, unsigned int nr);
void forget_events(void);

#endif /* FUZZ_QUEUE_H */
