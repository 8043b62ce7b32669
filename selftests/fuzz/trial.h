/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A call under examination, and what can be said about many operations. */
#ifndef FUZZ_TRIAL_H
#define FUZZ_TRIAL_H

#include "model.h"

struct trial {
	unsigned int nr;
	const struct call *call;
	const struct record *record;
	const struct box *box; /* NULL if it has none for certain */
	bool vague; /* its arguments were changed, or its handle */
	const char *must_fail; /* why, or NULL */
	int errors[40];
	unsigned int nr_errors;
};

static inline uint32_t get(const struct trial *trial, enum param p)
{
	return trial->call->arg[p];
}

/* aspects.c */
void allow(struct trial *trial, int err);
void allow_if(struct trial *trial, bool condition, int err);
void demand_if(struct trial *trial, bool condition, int err, const char *why);

bool program_has(enum op op);
bool may_be_interrupted(const struct trial *trial, bool restart);
bool has_handle(const struct trial *trial);
bool arg_is_writable(enum memory kind);

void judge_command(struct trial *trial, uint32_t known_flags);
void judge_handle(struct trial *trial, uint32_t right);
void judge_end(struct trial *trial);
void judge_deadline(struct trial *trial, bool realtime);
void judge_wait(struct trial *trial, bool nonblock);
void judge_data(struct trial *trial);
void judge_length(struct trial *trial);

/* results.c */
void judge_on_handle(struct trial *trial, uint32_t known_flags);
void judge_message(struct trial *trial, bool nonblock);

/* lineage.c */
void judge_derive(struct trial *trial);
void judge_revoke(struct trial *trial);

/* batches.c */
void judge_batch(struct trial *trial);
const char *check_batch(const struct trial *trial);

/* control.c */
void judge_control(struct trial *trial);
void judge_administration(struct trial *trial);

/* What is to become of a message without room. */
#define CHOICES                                                        \
	(MBX_SEND_WAIT | MBX_SEND_DROP_OLDEST | MBX_SEND_DROP_NEWEST | \
	 MBX_SEND_DEFER)

/* full.c */
void judge_full(struct trial *trial);

/* defer.c */
void judge_deferral(struct trial *trial);

/* ownership.c */
void judge_pid(struct trial *trial);
void judge_transfer(struct trial *trial);

/* events.c */
void judge_notify(struct trial *trial);

/* duplicates.c */
void judge_id(struct trial *trial);

/* leases.c */
void judge_lease(struct trial *trial);
void judge_settle(struct trial *trial);

/* travel.c */
void judge_fds(struct trial *trial);
bool program_sends_fds(void);

/* replies.c */
void judge_call(struct trial *trial);
void judge_reply(struct trial *trial);
void judge_answer(struct trial *trial);

/* selection.c */
void judge_selection(struct trial *trial);

/* policies.c */
void judge_policy(struct trial *trial);

#endif /* FUZZ_TRIAL_H */
