/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for something observable instead of for time to pass. */
#ifndef SELFTESTS_OBSERVE_H
#define SELFTESTS_OBSERVE_H

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <linux/types.h>

#define MSEC 1000000ULL
#define SEC 1000000000ULL

/* Far above what a slow emulated machine needs, below the harness's limit. */
#define WAIT_LIMIT (20 * SEC)

static inline __u64 now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * SEC + now.tv_nsec;
}

/* An address that faults, unknown to the compiler. */
static inline void *nowhere(void)
{
	void *volatile address = (void *)8;

	return address;
}

/* Absolute deadline on CLOCK_MONOTONIC. */
static inline __u64 in_ms(__u64 ms)
{
	return now_ns(CLOCK_MONOTONIC) + ms * MSEC;
}

/* Let others run between two looks at something observable. */
static inline void pause_briefly(void)
{
	const struct timespec pause = { .tv_nsec = 200000 };

	nanosleep(&pause, NULL);
}

/* True as soon as the condition holds, false if it never does. */
#define wait_until(condition)                                         \
	({                                                            \
		__u64 __limit = now_ns(CLOCK_MONOTONIC) + WAIT_LIMIT; \
		bool __holds;                                         \
                                                                      \
		while (!(__holds = (condition)) &&                    \
		       now_ns(CLOCK_MONOTONIC) < __limit)             \
			pause_briefly();                              \
		__holds;                                              \
	})

/* Position of a column in a header line, or -1. */
static inline int proc_column(const char *header, const char *name)
{
	size_t len = strlen(name);
	int column = 0;

	/* The first word names the file; columns follow. */
	while ((header = strchr(header, ' '))) {
		header++;
		if (!strncmp(header, name, len) && strchr(" \n", header[len]))
			return column;
		column++;
	}
	return -1;
}

/* Copies one value of a line; false if the line has no such column. */
static inline bool proc_value(const char *line, int column, char *value,
			      size_t size)
{
	size_t len;

	while (column-- > 0) {
		line = strchr(line, ' ');
		if (!line)
			return false;
		line++;
	}
	len = strcspn(line, " \n");
	if (len >= size)
		return false;
	memcpy(value, line, len);
	value[len] = '\0';
	return true;
}

/*
 * Value of the column @name in the line of @file whose column @key is @id;
 * false if there is no such line or column.
 */
static inline bool proc_lookup(const char *file, const char *key,
			       unsigned long long id, const char *name,
			       char *value, size_t size)
{
	int key_column = -1, value_column = -1;
	FILE *f = fopen(file, "re");
	char *line = NULL, word[32];
	size_t line_size = 0;
	bool found = false;

	if (!f)
		return false;
	if (getline(&line, &line_size, f) > 0) {
		key_column = proc_column(line, key);
		value_column = proc_column(line, name);
	}
	while (key_column >= 0 && value_column >= 0 && !found &&
	       getline(&line, &line_size, f) > 0)
		found = proc_value(line, key_column, word, sizeof(word)) &&
			strtoull(word, NULL, 10) == id &&
			proc_value(line, value_column, value, size);
	free(line);
	fclose(f);
	return found;
}

/* Is a thread blocked in @op ("send", "sync", ...; NULL: in any)? */
static inline bool is_blocked(pid_t tid, const char *op)
{
	char value[16];

	return proc_lookup("/proc/ipc_threads", "tid", tid, "op", value,
			   sizeof(value)) &&
	       (op ? !strcmp(value, op) : strcmp(value, "-"));
}

static inline bool wait_blocked(pid_t tid, const char *op)
{
	return wait_until(is_blocked(tid, op));
}

/*
 * Keep a sleeping thread from running, even when it is woken, until
 * release_cpu(): it may run only on this CPU, and the caller does not give it
 * up.  (A stopped thread would not do: stopping interrupts its wait.)
 * Needs root.
 */
static inline bool hold_cpu_of(pid_t tid)
{
	const struct sched_param param = { .sched_priority = 1 };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(sched_getcpu(), &cpus);
	return !sched_setaffinity(0, sizeof(cpus), &cpus) &&
	       !sched_setaffinity(tid, sizeof(cpus), &cpus) &&
	       !sched_setscheduler(0, SCHED_FIFO, &param);
}

static inline bool release_cpu(void)
{
	const struct sched_param param = { .sched_priority = 0 };

	return !sched_setscheduler(0, SCHED_OTHER, &param);
}

/* -1 where the file does not exist or holds no number. */
static inline long long read_number(const char *file)
{
	FILE *f = fopen(file, "re");
	long long number = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%lld", &number) != 1)
		number = -1;
	fclose(f);
	return number;
}

static inline int write_number(const char *file, long long number)
{
	FILE *f = fopen(file, "we");
	int ret;

	if (!f)
		return -1;
	ret = fprintf(f, "%lld\n", number) < 0 ? -1 : 0;
	return fclose(f) ? -1 : ret;
}

static inline long long module_refs(void)
{
	return read_number("/sys/module/ipc_mailbox/refcnt");
}

#define MODULE_PARAM(name) "/sys/module/ipc_mailbox/parameters/" name

#endif /* SELFTESTS_OBSERVE_H */
