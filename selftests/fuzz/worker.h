/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workers: processes whose threads carry out the calls of programs. */
#ifndef FUZZ_WORKER_H
#define FUZZ_WORKER_H

#include "arena.h"

/* Ids of the process of another user. */
#define STRANGER_ID 1000

/* worker.c */
void worker_main(unsigned int process) __attribute__((noreturn));
bool turn_pass(unsigned int nr, unsigned int self);

/* finish.c: how a mailbox stands, and away with it */
void box_finish(int control, uint64_t id);

#endif /* FUZZ_WORKER_H */
