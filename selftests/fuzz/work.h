/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A call in progress: its arguments, where it wants to have them. */
#ifndef FUZZ_WORK_H
#define FUZZ_WORK_H

#include <stdbool.h>

#include "calls.h"
#include "memory.h"

/* Of a call that is an element of a batch: before it, and behind it. */
enum phase { PHASE_ALL, PHASE_PUT, PHASE_TAKE };

/* Between the arguments of elements. */
#define STRIDE 192

struct work {
	unsigned int nr;
	unsigned int task;
	const struct call *call;
	struct record *record;
	struct handle handle;
	struct place arg;
	struct place data;
	enum phase phase;
	int fd; /* of its own, that is sent, plus 1; or 0 */
	unsigned int place; /* in a batch, from 1; 0 in none */
};

static inline uint32_t get(const struct work *work, enum param p)
{
	return work->call->arg[p];
}

/* calls.c */
int command(struct work *work, unsigned int cmd, void *arg, uint32_t size);

int run_send(struct work *work);
int run_receive(struct work *work);

/* answers.c */
int run_call(struct work *work);
int run_reply(struct work *work);
uint64_t put_answer(struct work *work);
void note_answer(struct work *work);
int run_settle(struct work *work);

/* descriptors.c */
uint64_t put_fds(struct work *work);
void note_fds(struct work *work, bool done);

/* batch.c */
int run_batch(struct work *batch);

/* calls_other.c */
int run_notify(struct work *work);
int run_action(struct work *work);
int run_transfer(struct work *work);
int run_stat(struct work *work);
int run_version(struct work *work);

/* arguments.c */
uint32_t data_offset(unsigned int place);
uint32_t arg_room(uint32_t size, enum size kind);
void *put_arg(struct work *work, const void *arg, uint32_t size);
void *put_data(struct work *work, bool message);
uint64_t put_select(const struct work *work);
uint64_t put_deadline(struct work *work, bool realtime);
bool is_poison(const unsigned char *data, size_t len);
bool data_is_untouched(const struct work *work);
void note_message(const struct work *work, uint32_t len, bool truncated);
void note_ids(const struct work *work, const struct mbx_receive *arg);

#endif /* FUZZ_WORK_H */
