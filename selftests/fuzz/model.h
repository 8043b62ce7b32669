/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model: what may come back from a program.
 *
 * It looks at the records after the fact.  Where calls ran side by side it does
 * not know which one was first, and asks only for what must hold in any case.
 */
#ifndef FUZZ_MODEL_H
#define FUZZ_MODEL_H

#include <errno.h>

#include "arena.h"
#include "memory.h"
#include "run.h"

#define NEVER 0xffffffffU

/**
 * struct box - a mailbox that the program has created
 * @id: never 0
 * @create: the call that created it
 * @owner: process that it dies with, -1 for none
 * @capacity: as it says itself, like the three below
 * @flags: likewise
 * @msg_max: likewise
 * @policy: likewise
 * @full: likewise
 * @direct: it is the mailbox of its owner
 * @may_end: stamp, since when it may have ended
 * @ended: stamp, since when it has ended for certain
 * @deletable: EIDRM is possible
 * @orphanable: EOWNERDEAD is possible
 * @finished: how it was found at the end, NULL if it was not looked for
 */
struct box {
	uint64_t id;
	unsigned int create;
	int owner;
	uint32_t capacity;
	uint32_t flags;
	uint32_t msg_max;
	uint32_t policy;
	uint32_t full;
	bool direct;
	uint32_t may_end;
	uint32_t ended;
	bool deletable;
	bool orphanable;
	const struct finished *finished;
};

extern struct box boxes[MAX_CALLS];
extern unsigned int nr_boxes;

/* view.c */
const struct box *box_of(unsigned int nr);
enum by find_by(unsigned int nr);
bool is_unsure(unsigned int nr);
bool is_flipped(unsigned int nr);
bool is_unmapped(unsigned int nr, uint32_t *since);
bool waits_plainly(unsigned int nr);
bool kind_may_fault(unsigned int nr, enum param memory);

/* lineage.c */
bool is_derived(unsigned int nr);
bool has_unsure_origin(unsigned int nr);
uint64_t badge_of(unsigned int nr);
bool is_oneshot(unsigned int nr);
bool may_be_revoked(unsigned int nr);
bool may_be_revoked_by(unsigned int nr, uint32_t by);
bool was_revoked(unsigned int nr, uint32_t by);
bool slept_through_revocation(unsigned int nr);
bool may_be_spent(unsigned int nr);
bool is_spent(unsigned int nr);

/* selection.c */
struct delivery message_of(unsigned int sender);
bool selects(unsigned int nr);
bool any_selects(const struct box *box);
bool may_accept(unsigned int nr, const struct delivery *message);
bool accepts(unsigned int nr, const struct delivery *message);
int prefer(int nr, const struct delivery *a, const struct delivery *b);

/* control.c */
bool has_sealed(unsigned int nr);
bool may_be_sealed(unsigned int nr);
bool was_sealed(uint64_t box, uint32_t by);
bool may_be_frozen(unsigned int nr);
bool may_be_purged(unsigned int sender);
bool count_purged(const struct box *box, unsigned long long *nr);

/* events.c */
bool may_be_told(uint64_t box);

/* full.c */
bool may_wait(unsigned int sender);
bool must_wait(unsigned int sender);
bool may_defer(unsigned int sender);
bool may_drop(unsigned int sender);
bool has_lost_itself(unsigned int nr);
bool may_be_dropped(unsigned int sender);
bool count_dropped(const struct box *box, unsigned long long *nr);

/* defer.c */
bool may_be_deferred(unsigned int sender);
bool may_be_withdrawn(unsigned int sender);
unsigned int count_withdrawable(const struct box *box);
bool any_deferred(const struct box *box);
const char *check_sent(unsigned int nr);

/* duplicates.c */
bool has_id(unsigned int nr);

/* leases.c */
bool leases(unsigned int nr);
bool may_be_leased(uint64_t box);
const char *check_leases(void);

/* replies.c */
bool was_sent(unsigned int nr);
bool may_be_sent(unsigned int nr);
bool has_replied(unsigned int nr);
bool is_served_in_vain(unsigned int nr, const char **why);
const char *check_call(unsigned int nr);
const char *check_reply(unsigned int nr);

/* ownership.c */
bool is_transferred(const struct box *box);
bool is_of_others(const struct box *box, unsigned int nr);
void apply_owner_death(const struct box *box, unsigned int kill, bool *may,
		       bool *certain);

/* order.c */
bool may_be_put_back(const struct box *box);

/* Each returns NULL, or what is wrong. */
const char *check_result(unsigned int nr); /* results.c */
const char *check_deliveries(void); /* delivery.c */
const char *check_fds(const struct delivery *message, int receiver);
const char *check_order(void); /* order.c */
const char *check_exactly(const struct box *box); /* exact.c */
const char *check_polls(void); /* exact.c */
const char *check_accounts(const struct box *box); /* account.c */
const char *check_policy(const struct box *box); /* policies.c */
const char *check_events(void); /* events.c */
const char *check_event(const struct delivery *message, uint64_t box);
const char *check_control(const struct box *box); /* control.c */

static inline const struct call *call_at(unsigned int nr)
{
	return &arena->program.call[nr];
}

static inline const struct record *record_at(unsigned int nr)
{
	return &arena->record[nr];
}

/* May a stranger administer it, by being its user or its owner? */
static inline bool may_be_strangers(const struct box *box)
{
	if (box->direct)
		return box->owner == STRANGER;
	return process_of(call_at(box->create)->task) == STRANGER ||
	       is_transferred(box);
}

static inline bool was_done(unsigned int nr)
{
	return record_at(nr)->state == CALL_DONE;
}

static inline bool has_begun(unsigned int nr)
{
	return record_at(nr)->state == CALL_DONE ||
	       record_at(nr)->state == CALL_KILLED;
}

static inline bool calls(unsigned int nr)
{
	return call_at(nr)->op == OP_CALL;
}

static inline bool sends(unsigned int nr)
{
	return call_at(nr)->op == OP_SEND || call_at(nr)->op == OP_WRITE ||
	       calls(nr);
}

static inline bool peeks(unsigned int nr)
{
	return call_at(nr)->op == OP_RECEIVE &&
	       call_at(nr)->arg[P_FLAGS] & MBX_RECEIVE_PEEK;
}

static inline bool truncates(unsigned int nr)
{
	return peeks(nr) && call_at(nr)->arg[P_FLAGS] & MBX_RECEIVE_TRUNCATE;
}

static inline bool receives(unsigned int nr)
{
	return call_at(nr)->op == OP_READ ||
	       (call_at(nr)->op == OP_RECEIVE && !peeks(nr));
}

static inline bool succeeded(unsigned int nr)
{
	return was_done(nr) && record_at(nr)->ret >= 0;
}

static inline bool failed_with(unsigned int nr, int err)
{
	return was_done(nr) && record_at(nr)->ret < 0 &&
	       record_at(nr)->err == err;
}

/* A receive that may have had a message in hand. */
static inline bool failed_in_copy(unsigned int nr)
{
	return record_at(nr)->state == CALL_KILLED || failed_with(nr, EFAULT) ||
	       failed_with(nr, EKEYREVOKED);
}

static inline bool in_one_batch(unsigned int a, unsigned int b)
{
	return record_at(a)->batch == b + 1 || record_at(b)->batch == a + 1 ||
	       (record_at(a)->batch &&
		record_at(a)->batch == record_at(b)->batch);
}

static inline bool is_sync(unsigned int nr)
{
	return calls(nr) || (call_at(nr)->op == OP_SEND &&
			     call_at(nr)->arg[P_FLAGS] & MBX_SEND_SYNC);
}

static inline uint32_t end_of(unsigned int nr)
{
	return record_at(nr)->end ?: NEVER;
}

/* Was one over before the other began? */
static inline bool before(unsigned int a, unsigned int b)
{
	return end_of(a) < record_at(b)->start;
}

static inline bool overlap(unsigned int a, unsigned int b)
{
	return record_at(a)->start && record_at(b)->start && !before(a, b) &&
	       !before(b, a);
}

#endif /* FUZZ_MODEL_H */
