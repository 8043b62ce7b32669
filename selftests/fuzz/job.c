// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A job: vary a program, run it, keep it if it led to something new; and what is
 * done with one that breaks a promise.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../observe.h"
#include "corpus.h"
#include "kcov.h"
#include "mutate.h"
#include "run.h"
#include "session.h"

/* How often a program that depends on luck is tried, and for how long. */
#define TRIES 10
#define MINIMISE_LIMIT (120 * SEC)

static uint64_t minimise_until;

static uint64_t now(void)
{
	return now_ns(CLOCK_MONOTONIC);
}

/* ------------------------------------------------------------------ a finding */

static bool fails(const struct program *program)
{
	unsigned int i;

	for (i = 0; i < TRIES && now() < minimise_until; i++)
		if (run_one(program))
			return true;
	return false;
}

static void print_smallest(const struct program *program)
{
	static char text[PROGRAM_TEXT_MAX];
	struct program smaller = *program;
	const char *wrong = NULL;
	unsigned int i;

	minimise_until = now() + MINIMISE_LIMIT;
	if (!fails(program)) {
		printf("It did not fail again.\n");
		return;
	}
	program_minimise(&smaller, fails);
	program_print(&smaller, "\n", text, sizeof(text));
	printf("\nThe smallest program that fails, too:\n%s\n", text);
	for (i = 0; i < TRIES && !wrong; i++)
		wrong = run_one(&smaller);
	printf("FOUND: %s\n", wrong ?: "it does not fail every time");
	run_print("");
}

/* Only the first of several jobs. */
static void report(const struct program *program, const char *wrong)
{
	if (__atomic_exchange_n(&tally->found, 1, __ATOMIC_SEQ_CST))
		return;
	printf("FOUND: %s\n", wrong);
	printf("seed %llu, job %u, execution %llu; the program and its results:\n",
	       (unsigned long long)options.seed, job,
	       (unsigned long long)tally->executions[job]);
	run_print("");
	fflush(stdout);
	print_smallest(program);
	fflush(stdout);
}

/* -------------------------------------------------------------------- the loop */

static void next_program(struct program *program)
{
	struct rng rng = { next_seed() };
	const struct program *parent = corpus_untried();

	if (parent) {
		*program = *parent;
		return;
	}
	parent = corpus_pick(&rng);
	if (!parent || rng_once_in(&rng, 8)) {
		program_generate(program, &rng);
	} else {
		*program = *parent;
		program_mutate(program, corpus_pick(&rng), &rng);
	}
}

static const char *fuzz_once(struct program *program)
{
	const char *wrong;
	uint64_t start;

	next_program(program);
	start = now();
	wrong = run_one(program);
	if (wrong)
		return wrong;
	kcov_collect_quietly();
	if (kcov_collect() + features_collect())
		wrong = corpus_add(program, now() - start, options.keep);
	return wrong;
}

static const char *begin(void)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	run_control = open_control();
	if (run_control < 0)
		return finding("no " MBX_DEVICE);
	workers_place((long)job < cpus ? (int)job : -1);
	if (workers_init())
		return finding("no memory");
	kcov_open();
	kcov_enable(KCOV_SUPERVISOR);
	return NULL;
}

void job_run(uint64_t until)
{
	struct program program = { .nr = 0 };
	const char *wrong;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	wrong = begin();
	while (!wrong && now() < until && !load(&tally->stop))
		wrong = fuzz_once(&program);
	if (wrong) {
		store(&tally->stop, 1);
		report(&program, wrong);
	}
	workers_stop();
	exit(!!wrong);
}
