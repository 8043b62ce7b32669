/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that are worth to be varied. */
#ifndef FUZZ_CORPUS_H
#define FUZZ_CORPUS_H

#include "program.h"
#include "rng.h"

/* Before the jobs start, which share it. */
void corpus_init(void);

/* Return NULL, or what is wrong. */
const char *corpus_load(const char *dir);
const char *corpus_add(const struct program *program, uint64_t cost,
		       const char *keep);

unsigned int corpus_size(void);
const struct program *corpus_pick(struct rng *rng);

/* One that has only been loaded, NULL if there is none left. */
const struct program *corpus_untried(void);

/* Outcomes of calls, in the order in which they happened: how many are new. */
unsigned int features_collect(void);

#endif /* FUZZ_CORPUS_H */
