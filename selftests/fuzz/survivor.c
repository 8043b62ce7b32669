// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A process that does not die of SIGKILL: what holds it up, or who has the CPU
 * that it needs.  To be asked before anything is changed.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

/* For how long to look who gets CPU time. */
#define SAMPLE_US 2000000
#define MAX_THREADS 512

/* Of /proc/PID/task/TID/stat, as numbered in proc(5). */
enum {
	STAT_STATE = 3,
	STAT_UTIME = 14,
	STAT_STIME = 15,
	STAT_CPU = 39,
	STAT_PRIORITY = 40,
	STAT_POLICY = 41
};

struct thread {
	int pid;
	int tid;
	unsigned long long ticks;
};

static struct thread before[MAX_THREADS];

static ssize_t read_file(const struct thread *thread, const char *name,
			 char *text, size_t size)
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", thread->pid,
		 thread->tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, size - 1);
	if (fd >= 0)
		close(fd);
	text[len > 0 ? len : 0] = '\0';
	return len;
}

/* Where field @nr of a line of stat begins; "" if there is none. */
static const char *field(const char *stat, unsigned int nr)
{
	const char *at = strrchr(stat, ')');

	for (nr -= 2; at && nr; nr--) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at ?: "";
}

static unsigned long long ticks_of(const char *stat)
{
	return strtoull(field(stat, STAT_UTIME), NULL, 10) +
	       strtoull(field(stat, STAT_STIME), NULL, 10);
}

static void print_pending(const struct thread *thread)
{
	static const char *const wanted[] = { "SigPnd", "ShdPnd", "SigBlk",
					      "voluntary", "nonvoluntary" };
	char text[4096], *line, *rest = text;
	unsigned int i;

	read_file(thread, "status", text, sizeof(text));
	while ((line = strsep(&rest, "\n")))
		for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
			if (!strncmp(line, wanted[i], strlen(wanted[i])))
				printf("  %s\n", line);
}

static void print_thread(const struct thread *thread, const char *stat,
			 unsigned long long ran)
{
	const char *name = strchr(stat, '(');
	const char *end = strrchr(stat, ')');
	char text[4096];

	printf("%d/%d %.*s: state %c, CPU %d, policy %d, priority %d, ran %llu ticks\n",
	       thread->pid, thread->tid,
	       name && end ? (int)(end - name + 1) : 0, name ?: "",
	       *field(stat, STAT_STATE), atoi(field(stat, STAT_CPU)),
	       atoi(field(stat, STAT_POLICY)), atoi(field(stat, STAT_PRIORITY)),
	       ran);
	print_pending(thread);
	if (read_file(thread, "syscall", text, sizeof(text)) > 0)
		printf("  %s", text);
	if (read_file(thread, "stack", text, sizeof(text)) > 0)
		printf("%s", text);
}

static unsigned int collect(struct thread *threads, unsigned int nr, int pid)
{
	char path[32], stat[1024];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && nr < MAX_THREADS && (entry = readdir(dir))) {
		threads[nr] = (struct thread){ pid, atoi(entry->d_name), 0 };
		if (threads[nr].tid <= 0)
			continue;
		read_file(&threads[nr], "stat", stat, sizeof(stat));
		threads[nr++].ticks = ticks_of(stat);
	}
	if (dir)
		closedir(dir);
	return nr;
}

static unsigned int collect_all(struct thread *threads)
{
	struct dirent *entry;
	unsigned int nr = 0;
	DIR *dir = opendir("/proc");
	int pid;

	while (dir && (entry = readdir(dir))) {
		pid = atoi(entry->d_name);
		if (pid > 0)
			nr = collect(threads, nr, pid);
	}
	if (dir)
		closedir(dir);
	return nr;
}

/* All of @pid, and of the others who runs, would like to, or cannot be woken. */
void survivor_print(int pid)
{
	const unsigned int nr = collect_all(before);
	unsigned long long ran;
	char stat[1024];
	unsigned int i;

	printf("Process %d survives SIGKILL; it, and whoever is busy:\n", pid);
	usleep(SAMPLE_US);
	for (i = 0; i < nr; i++) {
		if (read_file(&before[i], "stat", stat, sizeof(stat)) <= 0)
			continue;
		ran = ticks_of(stat) - before[i].ticks;
		if (before[i].pid == pid || ran ||
		    strchr("RD", *field(stat, STAT_STATE)))
			print_thread(&before[i], stat, ran);
	}
	printf("The program meanwhile:\n");
	run_print("");
	fflush(stdout);
}
