/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run of the fuzzer: what it was told, and the executions in it. */
#ifndef FUZZ_SESSION_H
#define FUZZ_SESSION_H

#include "program.h"

struct options {
	uint64_t seed;
	uint64_t seconds;
	uint64_t times;
	uint64_t jobs;
	uint64_t sites; /* places that the module has, 0 if unknown */
	const char *corpus;
	const char *keep;
	const char *places;
	bool log;
	bool replay;
};

#define MAX_JOBS 16

/**
 * struct tally - what the jobs have in common
 * @stop: futile to go on
 * @found: a job has something to say; the others keep quiet
 * @executions: of each job
 */
struct tally {
	uint32_t stop;
	uint32_t found;
	uint64_t executions[MAX_JOBS];
};

extern struct options options;
extern struct tally *tally;
extern unsigned int job;

/* session.c: memory that all jobs share; a run, which tells what was wrong */
void *shared_memory(size_t size);
uint64_t next_seed(void);
const char *run_one(const struct program *program);

/* job.c: runs until then; does not return */
void job_run(uint64_t until) __attribute__((noreturn));

/* idle.c: with all workers stopped; returns NULL, or what is wrong */
int open_control(void);
const char *idle_check(void);

/* Exit statuses. */
int fuzz_all(void); /* fuzz.c */
int replay(int nr, char **files); /* replay.c */

#endif /* FUZZ_SESSION_H */
