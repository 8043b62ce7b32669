// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Smaller programs that still do what they were found for.
 */
#include <string.h>

#include "mutate.h"

/* Keeps a candidate that still fails. */
static bool adopt(struct program *program, const struct program *candidate,
		  bool (*fails)(const struct program *program))
{
	if (!fails(candidate))
		return false;
	*program = *candidate;
	return true;
}

static bool drop_calls(struct program *program, unsigned int count,
		       bool (*fails)(const struct program *program))
{
	struct program candidate;
	bool smaller = false;
	unsigned int at = program->nr;

	while (at-- > 0) {
		if (at + count > program->nr)
			continue;
		candidate = *program;
		candidate.nr -= count;
		memmove(&candidate.call[at], &candidate.call[at + count],
			(candidate.nr - at) * sizeof(candidate.call[0]));
		if (candidate.nr && adopt(program, &candidate, fails))
			smaller = true;
	}
	return smaller;
}

static void simplify_call(struct program *program, unsigned int at,
			  bool (*fails)(const struct program *program))
{
	struct program candidate;
	struct call preset;
	unsigned int p;

	call_init(&preset, program->call[at].task, program->call[at].op);
	for (p = 0; p < PARAMS; p++) {
		if (program->call[at].arg[p] == preset.arg[p] ||
		    !op_has(preset.op, p))
			continue;
		candidate = *program;
		candidate.call[at].arg[p] = preset.arg[p];
		adopt(program, &candidate, fails);
	}
	if (program->call[at].forked) {
		candidate = *program;
		candidate.call[at].forked = false;
		adopt(program, &candidate, fails);
	}
	if (program->call[at].async) {
		candidate = *program;
		candidate.call[at].async = false;
		adopt(program, &candidate, fails);
	}
}

void program_minimise(struct program *program,
		      bool (*fails)(const struct program *program))
{
	unsigned int count, at;

	for (count = program->nr / 2; count > 1; count /= 2)
		drop_calls(program, count, fails);
	while (drop_calls(program, 1, fails))
		;
	for (at = 0; at < program->nr; at++)
		simplify_call(program, at, fails);
	while (drop_calls(program, 1, fails))
		;
}
