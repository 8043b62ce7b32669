/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of the files in /proc: a file as a table, and what /proc/PID says.
 */
#ifndef SELFTESTS_PROCFS_H
#define SELFTESTS_PROCFS_H

#include "peers.h"

#include <dirent.h>
#include <limits.h>

#define IPC_TASKS "/proc/ipc_tasks"
#define IPC_THREADS "/proc/ipc_threads"
#define IPC_MAILBOXES "/proc/ipc_mailboxes"

#define NO_NUMBER LLONG_MIN

/* The text that is left of a file, read @chunk bytes at a time, or NULL. */
static inline char *slurp_fd(int fd, size_t chunk)
{
	size_t size = 1 << 16, len = 0;
	char *text = malloc(size);
	ssize_t got;

	while (text && (got = read(fd, text + len, chunk)) != 0) {
		if (got < 0) {
			free(text);
			return NULL;
		}
		len += got;
		if (size - len <= chunk)
			text = realloc(text, size = 2 * size + chunk);
	}
	if (text)
		text[len] = '\0';
	return text;
}

static inline char *slurp(const char *file, size_t chunk)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char *text;

	if (fd < 0)
		return NULL;
	text = slurp_fd(fd, chunk);
	close(fd);
	return text;
}

/* ---------------------------------------------------------------- tables */

struct table {
	char *header;
	char *rows;
};

/* Takes over @text. */
static inline bool table_parse(struct table *table, char *text)
{
	table->header = text;
	table->rows = text ? strchr(text, '\n') : NULL;
	if (!table->rows)
		return false;
	*table->rows++ = '\0';
	return true;
}

static inline bool table_read(struct table *table, const char *file)
{
	return table_parse(table, slurp(file, 1 << 15));
}

static inline void table_free(struct table *table)
{
	free(table->header);
}

/* The row after @row, the first one after NULL; NULL at the end. */
static inline const char *table_next(const struct table *table, const char *row)
{
	if (row) {
		row = strchr(row, '\n');
		row = row ? row + 1 : "";
	} else {
		row = table->rows;
	}
	return *row ? row : NULL;
}

/* False if there is no such column. */
static inline bool table_text(const struct table *table, const char *row,
			      const char *column, char *value, size_t size)
{
	int nr = proc_column(table->header, column);

	return row && nr >= 0 && proc_value(row, nr, value, size);
}

/* NO_NUMBER if there is none. */
static inline long long table_number(const struct table *table, const char *row,
				     const char *column)
{
	char value[32], *end;
	long long nr;

	if (!table_text(table, row, column, value, sizeof(value)))
		return NO_NUMBER;
	nr = strtoll(value, &end, 10);
	return *end || end == value ? NO_NUMBER : nr;
}

/* The row that starts with a number, which ids do. */
static inline const char *table_find(const struct table *table, long long id)
{
	const char *row = NULL;

	while ((row = table_next(table, row)))
		if (strtoll(row, NULL, 10) == id)
			break;
	return row;
}

static inline int table_count(const struct table *table, long long id)
{
	const char *row = NULL;
	int count = 0;

	while ((row = table_next(table, row)))
		count += strtoll(row, NULL, 10) == id;
	return count;
}

/* One value of the row of @id in a file; "" if there is none. */
static inline const char *lookup(const char *file, long long id,
				 const char *column)
{
	static char value[1024];
	struct table table;

	*value = '\0';
	if (table_read(&table, file))
		table_text(&table, table_find(&table, id), column, value,
			   sizeof(value));
	table_free(&table);
	return value;
}

static inline bool shows(const char *file, long long id, const char *column,
			 const char *value)
{
	return !strcmp(lookup(file, id, column), value);
}

/* ---------------------------------------------------------------- /proc/PID */

/* Field of a file with one line, counted as proc(5) does: from 1. */
static inline long long proc_field(const char *dir, const char *file, int nr)
{
	char path[64], *text, *field;
	long long value;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	text = slurp(path, 4096);
	if (!text)
		return NO_NUMBER;
	/* A name in parentheses, the second field of stat, may hold blanks. */
	field = strrchr(text, ')');
	nr -= field ? 3 : 1;
	field = field ? field + 1 : text;
	while (field && nr-- > 0)
		field = strchr(field + 1, ' ');
	value = field ? strtoll(field, NULL, 10) : NO_NUMBER;
	free(text);
	return value;
}

/* The number behind a word of a file with one value in each line. */
static inline long long proc_labelled(const char *dir, const char *file,
				      const char *label)
{
	char path[64], *text, *found;
	long long value = NO_NUMBER;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	text = slurp(path, 4096);
	found = text ? strstr(text, label) : NULL;
	if (found)
		value = strtoll(found + strlen(label), NULL, 10);
	free(text);
	return value;
}

static inline int dir_entries(const char *dir, const char *name)
{
	struct dirent *entry;
	char path[64];
	int count = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	d = opendir(path);
	if (!d)
		return -1;
	while ((entry = readdir(d)))
		count += *entry->d_name != '.';
	closedir(d);
	return count;
}

/* -------------------------------------------------------------------- jobs */

/* A job in a process that @prepare makes what it is to be; blocks, or NULL. */
static inline struct job *
job_as(struct job *job, bool (*prepare)(const void *arg), const void *arg)
{
	pid_t pid = fork();

	if (!pid) {
		if (!prepare(arg))
			_exit(1);
		/* Changes of ids and capabilities make it forget this. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		job_run(job);
		_exit(0);
	}
	if (pid < 0)
		abort();
	job->pid = pid;
	return job_blocks(job) ? job : NULL;
}

#endif /* SELFTESTS_PROCFS_H */
