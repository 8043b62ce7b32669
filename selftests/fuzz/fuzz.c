// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A run: a job for each CPU, and one that uses all of them; stopped now and then,
 * to see whether nothing is left.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../observe.h"
#include "corpus.h"
#include "kcov.h"
#include "run.h"
#include "session.h"

#define STATUS_PERIOD (5 * SEC)
#define ROUND (120 * SEC)

static uint64_t start, last_status;

static uint64_t now(void)
{
	return now_ns(CLOCK_MONOTONIC);
}

static void print_status(void)
{
	const double seconds = (now() - start) / 1e9;
	unsigned long long executions = 0;
	unsigned int i;

	for (i = 0; i < options.jobs; i++)
		executions += tally->executions[i];
	fprintf(stderr,
		"fuzz: %.0f s, %llu executions, %.1f/s, corpus %u, %u edges, %u of %llu places, seed %llu\n",
		seconds, executions, executions / seconds, corpus_size(),
		kcov_edges(), kcov_places(), (unsigned long long)options.sites,
		(unsigned long long)options.seed);
	last_status = now();
}

/*
 * Jobs that have a CPU for themselves leave a twentieth of it to all others, by
 * default: to those who clean up after them, among others.
 */
static void leave_time_to_others(void)
{
	char path[80];
	long cpu;

	for (cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1; cpu >= 0; cpu--) {
		snprintf(path, sizeof(path),
			 "/sys/kernel/debug/sched/fair_server/cpu%ld/runtime",
			 cpu);
		write_number(path, 400000000);
	}
	write_number("/proc/sys/kernel/sched_rt_runtime_us", 600000);
}

static void start_jobs(uint64_t until)
{
	fflush(stdout);
	for (job = 0; job < options.jobs; job++)
		if (!fork())
			job_run(until);
	job = 0;
}

/* False if one of them has found something, or has died of it. */
static bool wait_jobs(void)
{
	bool fine = true;
	int status;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid < 0 && errno == ECHILD)
			return fine;
		if (pid > 0 && status) {
			fine = false;
			store(&tally->stop, 1);
		}
		if (pid > 0 && WIFSIGNALED(status))
			printf("FOUND: a job died of signal %d\n",
			       WTERMSIG(status));
		if (!pid)
			usleep(20000);
		if (now() > last_status + STATUS_PERIOD)
			print_status();
	}
}

static bool run_round(uint64_t until)
{
	const char *wrong;

	start_jobs(until);
	if (!wait_jobs())
		return false;
	wrong = idle_check();
	if (wrong)
		printf("FOUND: %s\n", wrong);
	return !wrong;
}

int fuzz_all(void)
{
	const char *wrong;
	bool fine = true;
	uint64_t end;

	tally = shared_memory(sizeof(*tally));
	corpus_init();
	if (!kcov_init())
		fprintf(stderr, "fuzz: no KCOV: results alone lead the way\n");
	wrong = options.corpus ? corpus_load(options.corpus) : NULL;
	if (wrong) {
		fprintf(stderr, "fuzz: %s: %s\n", options.corpus, wrong);
		return 2;
	}
	leave_time_to_others();
	start = now();
	last_status = start;
	end = start + options.seconds * SEC;
	while (fine && now() < end)
		fine = run_round(now() + ROUND < end ? now() + ROUND : end);
	print_status();
	if (options.places && !kcov_write(options.places))
		return 2;
	return !fine;
}
