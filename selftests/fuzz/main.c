// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A fuzzer for the ABI of ipc_mailbox.
 *
 * Runs random programs (program.h) and checks what comes back against a model
 * (model.h).  Programs that reach new code, or a new succession of results, are
 * kept and varied.  One that breaks a promise is made smaller and printed.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "run.h"
#include "session.h"

struct options options = { .seconds = 60, .times = 1 };

static const char usage[] =
	"Usage: abi_fuzz [--seed N] [--seconds S] [OPTION]...\n"
	"       abi_fuzz --replay [--times N] [FILE]...\n"
	"\n"
	"  --seed N        what random programs follow from (default: the time)\n"
	"  --seconds S     how long (60)\n"
	"  --jobs N        so many at a time (one more than CPUs)\n"
	"  --corpus DIR    programs to begin with\n"
	"  --keep DIR      where to put those that are found worth keeping\n"
	"  --places FILE   where to write which code has been executed\n"
	"  --sites N       how many places the module has\n"
	"  --log           tell the kernel's log each program before it runs\n"
	"  --replay        run programs as a test (KTAP), those in files or all in\n"
	"                  the folder corpus beside this; also without any option\n"
	"  --times N       each so often (1)\n";

/* --------------------------------------------------------------------- start */

static const struct option long_options[] = {
	{ "seed", required_argument, NULL, 'r' },
	{ "seconds", required_argument, NULL, 's' },
	{ "jobs", required_argument, NULL, 'j' },
	{ "times", required_argument, NULL, 't' },
	{ "sites", required_argument, NULL, 'n' },
	{ "corpus", required_argument, NULL, 'c' },
	{ "keep", required_argument, NULL, 'k' },
	{ "places", required_argument, NULL, 'p' },
	{ "log", no_argument, NULL, 'l' },
	{ "replay", no_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{}
};

/* Where the numbers, file names and switches of the above go. */
static uint64_t *const numbers[128] = {
	['r'] = &options.seed,	['s'] = &options.seconds, ['j'] = &options.jobs,
	['t'] = &options.times, ['n'] = &options.sites,
};

static const char **const names[128] = {
	['c'] = &options.corpus,
	['k'] = &options.keep,
	['p'] = &options.places,
};

static bool *const switches[128] = {
	['l'] = &options.log,
	['f'] = &options.replay,
};

static void take_option(int option)
{
	if (numbers[option]) {
		*numbers[option] = strtoull(optarg, NULL, 0);
	} else if (names[option]) {
		*names[option] = optarg;
	} else if (switches[option]) {
		*switches[option] = true;
	} else {
		fputs(usage, option == 'h' ? stdout : stderr);
		exit(option == 'h' ? 0 : 2);
	}
}

/* Kselftest's way to say that a test cannot run. */
static void skip(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(4);
}

int main(int argc, char **argv)
{
	int option;

	options.seed = time(NULL);
	options.jobs = sysconf(_SC_NPROCESSORS_ONLN) + 1;
	if (options.jobs > MAX_JOBS)
		options.jobs = MAX_JOBS;
	options.replay = argc == 1;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take_option(option);

	run_control = open_control();
	if (run_control < 0)
		skip("no /dev/mailbox: is the module loaded?");
	if (geteuid())
		skip("needs root");
	if (options.jobs < 1 || options.jobs > MAX_JOBS)
		take_option('?');
	return options.replay ? replay(argc - optind, argv + optind) :
				fuzz_all();
}
