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

#include "idle.h"
#include "run.h"
#include "session.h"

struct options options = { .seconds = 60, .times = 1, .jobs = 4 };

static const char usage[] =
	"Usage: abi_fuzz [--seed N] [--seconds S] [OPTION]...\n"
	"       abi_fuzz --replay [--times N] [FILE]...\n"
	"\n"
	"  --seed N        what random programs follow from (default: the time)\n"
	"  --seconds S     how long (60)\n"
	"  --jobs N        so many at a time (4)\n"
	"  --corpus DIR    programs to begin with\n"
	"  --keep DIR      where to put those that are found worth keeping\n"
	"  --places FILE   where to write which code has been executed\n"
	"  --sites N       how many places the module has\n"
	"  --log           tell the kernel's log each program before it runs\n"
	"  --replay        run programs as a test (KTAP), those in files or all in\n"
	"                  the folder corpus beside this; also without any option\n"
	"  --times N       each so often (1)\n";

/* --------------------------------------------------------------------- start */

enum {
	SEED,
	SECONDS,
	JOBS,
	CORPUS,
	KEEP,
	PLACES,
	SITES,
	LOG,
	REPLAY,
	TIMES,
	HELP
};

static const struct option long_options[] = {
	{ "seed", required_argument, NULL, SEED },
	{ "seconds", required_argument, NULL, SECONDS },
	{ "jobs", required_argument, NULL, JOBS },
	{ "corpus", required_argument, NULL, CORPUS },
	{ "keep", required_argument, NULL, KEEP },
	{ "places", required_argument, NULL, PLACES },
	{ "sites", required_argument, NULL, SITES },
	{ "log", no_argument, NULL, LOG },
	{ "replay", no_argument, NULL, REPLAY },
	{ "times", required_argument, NULL, TIMES },
	{ "help", no_argument, NULL, HELP },
	{}
};

static void take_option(int option)
{
	switch (option) {
	case SEED:
		options.seed = strtoull(optarg, NULL, 0);
		break;
	case SECONDS:
		options.seconds = strtoul(optarg, NULL, 0);
		break;
	case JOBS:
		options.jobs = strtoul(optarg, NULL, 0);
		break;
	case CORPUS:
		options.corpus = optarg;
		break;
	case KEEP:
		options.keep = optarg;
		break;
	case PLACES:
		options.places = optarg;
		break;
	case SITES:
		options.sites = strtoul(optarg, NULL, 0);
		break;
	case LOG:
		options.log = true;
		break;
	case REPLAY:
		options.replay = true;
		break;
	case TIMES:
		options.times = strtoul(optarg, NULL, 0);
		break;
	case HELP:
		fputs(usage, stdout);
		exit(0);
	default:
		fputs(usage, stderr);
		exit(2);
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
