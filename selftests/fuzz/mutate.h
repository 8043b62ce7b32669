/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New programs, from nothing or from others; and smaller ones. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "program.h"
#include "rng.h"

void program_generate(struct program *program, struct rng *rng);
void program_mutate(struct program *program, const struct program *other,
		    struct rng *rng);

/* Drops what @fails does not need. */
void program_minimise(struct program *program,
		      bool (*fails)(const struct program *program));

#endif /* FUZZ_MUTATE_H */
