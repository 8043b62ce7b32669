/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Executions, as the supervisor sees them. */
#ifndef FUZZ_RUN_H
#define FUZZ_RUN_H

#include "arena.h"

/* workers.c */
int workers_init(void);
void workers_place(int cpu);
const char *workers_start(const struct program *program);
void workers_stop(void);
char task_state(unsigned int task);
void worker_kill(unsigned int process);
bool worker_has_stuck_memory(void);
void worker_resolve(unsigned int task);

/* survivor.c: why a process does not die */
void survivor_print(int pid);

/* worker.c: a process whose threads carry out the calls of programs */
void worker_main(unsigned int process) __attribute__((noreturn));
bool turn_pass(unsigned int nr, unsigned int self);

/* finish.c: how a mailbox stands, and away with it */
void box_finish(int control, uint64_t id);

/* run.c: runs a program; returns NULL, or what was wrong */
const char *run_program(const struct program *program, uint64_t nonce);
void run_print(const char *prefix);
extern int run_control;

/* supervise.c: what it does itself in the course of a program */
void supervise_call(unsigned int nr);

/* live.c: does anybody sleep who should not? */
const char *live_check(void);

/* model.c: is what came back as it was promised? */
const char *model_check(void);

/* A finding, in the words that run_program() returns. */
const char *finding(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
const char *finding_at(unsigned int nr, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* FUZZ_RUN_H */
