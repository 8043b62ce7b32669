// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Programs from files as a test, which needs no KCOV.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "run.h"
#include "session.h"

static const char *replay_file(const char *file, bool *skip)
{
	struct program program;
	const char *wrong = program_load(&program, file);
	unsigned int i;

	/* As a job on one CPU does, then as one on all of them. */
	workers_place(0);
	for (i = 0; i < options.times && !wrong; i++) {
		if (i == options.times / 2) {
			workers_stop();
			workers_place(-1);
		}
		wrong = run_one(&program);
	}
	*skip = !wrong && !worker_has_stuck_memory() &&
		any_call_of(&program, call, may_get_stuck(&program.call[call]));
	return wrong;
}

static int replay_files(int nr, char **files)
{
	const char *wrong, *name;
	int i, failed = 0;
	bool skip;

	if (workers_init())
		return 2;
	printf("TAP version 13\n1..%d\n", nr + 1);
	for (i = 0; i < nr; i++) {
		wrong = replay_file(files[i], &skip);
		name = strrchr(files[i], '/');
		name = name ? name + 1 : files[i];
		if (wrong) {
			printf("# %s\n", wrong);
			run_print("# ");
		}
		printf("%s %d %s%s\n", wrong ? "not ok" : "ok", i + 1, name,
		       skip ? " # SKIP no userfaultfd for pages of files" : "");
		fflush(stdout);
		failed += !!wrong;
	}
	workers_stop();
	wrong = idle_check();
	if (wrong)
		printf("# %s\n", wrong);
	printf("%s %d nothing_is_left\n", wrong ? "not ok" : "ok", nr + 1);
	return failed || wrong;
}

/* Beside the program, or where its source is. */
static const char *const places[] = { "corpus", "fuzz/corpus" };

static int replay_corpus(void)
{
	char self[256], pattern[512];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	glob_t found;
	unsigned int i;

	if (len < 0)
		return 2;
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(pattern, sizeof(pattern), "%s/%s/*.txt", self,
			 places[i]);
		if (!glob(pattern, 0, NULL, &found))
			return replay_files(found.gl_pathc, found.gl_pathv);
	}
	fprintf(stderr, "no corpus beside %s\n", self);
	return 2;
}

int replay(int nr, char **files)
{
	return nr ? replay_files(nr, files) : replay_corpus();
}
