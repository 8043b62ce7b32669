// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Executions, numbered within their job; each has its own seed, which follows
 * from its number.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rng.h"
#include "run.h"
#include "session.h"

#define LOG_PART 800 /* of a line in the kernel's log */

static struct tally alone;

struct tally *tally = &alone;
unsigned int job;

void *shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memory;
}

/* So that the log tells what ran when the kernel stopped. */
static void log_program(const struct program *program)
{
	static char text[PROGRAM_TEXT_MAX];
	static int kmsg = -1;
	char line[LOG_PART + 64];
	size_t done, len;

	if (kmsg < 0)
		kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	program_print(program, "; ", text, sizeof(text));
	len = strlen(text);
	for (done = 0; done < len; done += LOG_PART) {
		snprintf(line, sizeof(line), "<7>fuzz %u.%llu%s: %.*s", job,
			 (unsigned long long)tally->executions[job],
			 done ? " (continued)" : "", LOG_PART, text + done);
		if (write(kmsg, line, strlen(line)) < 0)
			return;
	}
}

uint64_t next_seed(void)
{
	return rng_mix(rng_mix(options.seed, job), tally->executions[job]);
}

const char *run_one(const struct program *program)
{
	if (options.log)
		log_program(program);
	__atomic_add_fetch(&tally->executions[job], 1, __ATOMIC_RELAXED);
	return run_program(program, next_seed());
}
