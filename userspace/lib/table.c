// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * /proc/ipc_*: a header line that names file, format and columns, then lines
 * of as many values, separated by single blanks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define FORMAT 1

/* Fewer reads, so that a table is closer to one moment. */
#define BUFFER 65536

/**
 * struct mbx_table - a /proc/ipc_* file being read line by line
 * @file: the open file
 * @header: the header line, blanks turned into terminators
 * @line: the current line, likewise
 * @line_size: what is allocated for @line
 * @nr: number of columns
 * @names: within @header, the format token and then the names of the columns
 * @values: their values, within @line; NULL for "-"
 */
struct mbx_table {
	FILE *file;
	char *header;
	char *line;
	size_t line_size;
	int nr;
	char **names;
	char **values;
};

static const char *table_path(const char *name)
{
	if (!strcmp(name, "ipc_mailboxes"))
		return "/proc/ipc_mailboxes";
	if (!strcmp(name, "ipc_tasks"))
		return "/proc/ipc_tasks";
	if (!strcmp(name, "ipc_threads"))
		return "/proc/ipc_threads";
	return NULL;
}

/* 1, or 0 at the end, or -errno; the newline is gone. */
static int read_line(FILE *file, char **line, size_t *size)
{
	ssize_t len;
	int saved = errno;
	int err = 0;

	errno = 0;
	len = getline(line, size, file);
	if (len < 0)
		err = ferror(file) || errno == ENOMEM ? -errno : 0;
	errno = saved;
	if (len < 0)
		return err;
	if (len && (*line)[len - 1] == '\n')
		(*line)[len - 1] = '\0';
	return 1;
}

static int count_blanks(const char *s)
{
	int nr = 0;

	for (; *s; s++)
		nr += *s == ' ';
	return nr;
}

/* Cuts @s at its blanks into @nr strings; -EPROTO if they are not @nr. */
static int split(char *s, char **out, int nr)
{
	int i;

	if (count_blanks(s) != nr - 1)
		return -EPROTO;
	for (i = 0; i < nr; i++)
		out[i] = strsep(&s, " ");
	return 0;
}

static int octal(const char *s)
{
	if (s[0] < '0' || s[0] > '3' || s[1] < '0' || s[1] > '7' ||
	    s[2] < '0' || s[2] > '7')
		return -1;
	return (s[0] - '0') * 64 + (s[1] - '0') * 8 + (s[2] - '0');
}

static void unescape(char *s)
{
	char *to = s;
	int c;

	while (*s) {
		c = *s == '\\' ? octal(s + 1) : -1;
		if (c > 0)
			s += 4;
		else
			c = *s++;
		*to++ = c;
	}
	*to = '\0';
}

/* "#ipc_tasks/1": the file must be the right one, its format the known one. */
static int check_format(const char *token, const char *name)
{
	size_t len = strlen(name);

	if (token[0] != '#' || strncmp(token + 1, name, len) ||
	    token[len + 1] != '/' || atoi(token + len + 2) != FORMAT)
		return -EPROTO;
	return 0;
}

static int read_header(struct mbx_table *t, const char *name)
{
	size_t size = 0;
	int ret = read_line(t->file, &t->header, &size);

	if (ret <= 0)
		return ret ? ret : -EPROTO;
	t->nr = count_blanks(t->header);
	t->names = calloc(t->nr + 1, sizeof(*t->names));
	t->values = calloc(t->nr + 1, sizeof(*t->values));
	if (!t->names || !t->values)
		return -ENOMEM;
	ret = split(t->header, t->names, t->nr + 1);
	return ret ? ret : check_format(t->names[0], name);
}

static int table_start(struct mbx_table *t, const char *name, int fd)
{
	t->file = fdopen(fd, "re");
	if (!t->file) {
		close(fd);
		return -ENOMEM;
	}
	setvbuf(t->file, NULL, _IOFBF, BUFFER);
	return read_header(t, name);
}

int mbx_table_open(struct mbx_table **out, const char *name)
{
	const char *path = name ? table_path(name) : NULL;
	struct mbx_table *t;
	int fd, err;

	if (!path)
		return -EINVAL;
	fd = mbx_open_file(path, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? -ENODEV : fd;
	t = calloc(1, sizeof(*t));
	if (!t) {
		close(fd);
		return -ENOMEM;
	}
	err = table_start(t, name, fd);
	if (err) {
		mbx_table_close(t);
		return err;
	}
	*out = t;
	return 0;
}

int mbx_table_column(const struct mbx_table *t, const char *name)
{
	int i;

	for (i = 0; i < t->nr; i++)
		if (!strcmp(t->names[i + 1], name))
			return i;
	return -ENOENT;
}

int mbx_table_next(struct mbx_table *t)
{
	int ret = read_line(t->file, &t->line, &t->line_size);
	int i;

	memset(t->values, 0, t->nr * sizeof(*t->values));
	if (ret <= 0)
		return ret;
	ret = split(t->line, t->values, t->nr);
	if (ret)
		return ret;
	for (i = 0; i < t->nr; i++) {
		if (!strcmp(t->values[i], "-"))
			t->values[i] = NULL;
		else
			unescape(t->values[i]);
	}
	return 1;
}

const char *mbx_table_text(const struct mbx_table *t, int column)
{
	return column < 0 || column >= t->nr ? NULL : t->values[column];
}

int mbx_table_number(const struct mbx_table *t, int column, int64_t *value)
{
	const char *text = mbx_table_text(t, column);
	int saved = errno;
	int err = 0;
	long long n;
	char *end;

	if (!text)
		return -ENODATA;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno)
		err = -errno;
	else if (end == text || *end)
		err = -EINVAL;
	else
		*value = n;
	errno = saved;
	return err;
}

void mbx_table_close(struct mbx_table *t)
{
	if (!t)
		return;
	if (t->file)
		fclose(t->file);
	free(t->names);
	free(t->values);
	free(t->header);
	free(t->line);
	free(t);
}
