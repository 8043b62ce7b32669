/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the module executes, as the kernel's KCOV tells it. */
#ifndef FUZZ_KCOV_H
#define FUZZ_KCOV_H

#include <stdbool.h>

/* One for each task, each task's children, and the supervisor. */
#define KCOV_SUPERVISOR (2 * TASKS)
#define KCOV_SLOTS (2 * TASKS + 1)

/* Before the jobs start, which share the maps; false if there is none. */
bool kcov_init(void);
/* In each of them. */
void kcov_open(void);

/* By the thread itself; a slot is free again once its thread has exited. */
void kcov_enable(unsigned int slot);

/* Between two executions: forget; take over. */
void kcov_reset(void);
unsigned int kcov_collect(void);
unsigned int kcov_collect_quietly(void);

unsigned int kcov_edges(void);
unsigned int kcov_places(void);
bool kcov_write(const char *file);

#endif /* FUZZ_KCOV_H */
