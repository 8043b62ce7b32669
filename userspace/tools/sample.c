// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tasks --check: what /proc/PID says.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tasks.h"

/* Field numbers of /proc/PID/stat, see proc(5). */
/* clang-format off */
static const struct stat_field {
	int nr;
	enum field field;
} stat_fields[] = {
	{ 4, FIELD_PPID }, { 10, FIELD_MINFLT },
	{ 11, FIELD_REAPED }, { 12, FIELD_MAJFLT },
	{ 14, FIELD_UTIME }, { 15, FIELD_STIME }, { 18, FIELD_PRIO },
	{ 19, FIELD_NICE }, { 20, FIELD_THREADS }, { 22, FIELD_START },
	{ 23, FIELD_VSIZE }, { 39, FIELD_CPU }, { 41, FIELD_POLICY },
};
/* clang-format on */

/* A whole file as text, cut at what fits; -errno if it cannot be read. */
static int read_text(const char *dir, const char *name, char *buf, size_t size)
{
	char path[96];
	size_t len = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		n = read(fd, buf + len, size - 1 - len);
		len += n > 0 ? n : 0;
	} while (n > 0);
	buf[len] = '\0';
	n = n < 0 ? -errno : 0;
	close(fd);
	return n;
}

static void set_stat_field(struct sample *s, int nr, const char *text)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(stat_fields); i++)
		if (stat_fields[i].nr == nr)
			s->values[stat_fields[i].field] =
				strtoll(text, NULL, 10);
}

/* "12 (any) thing) S 1 ...": the name ends with the last parenthesis. */
static int parse_stat(struct sample *s, char *text)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	char *word;
	int nr = 4;

	if (!open || !close || close < open || close[1] != ' ')
		return -EPROTO;
	*close = '\0';
	snprintf(s->comm, sizeof(s->comm), "%s", open + 1);
	s->values[FIELD_COMM] = 0;
	s->values[FIELD_STATE] = close[2];
	text = close + 4;
	while ((word = strsep(&text, " \n")))
		set_stat_field(s, nr++, word);
	return 0;
}

/* The number after "@key:", or UNKNOWN. */
static int64_t keyed(const char *text, const char *key)
{
	size_t len = strlen(key);
	const char *at;

	for (at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, key, len) && at[len] == ':')
			return strtoll(at + len + 1, NULL, 10);
	}
	return UNKNOWN;
}

/* The same of /proc/PID/sched: "key   :   123.456789", milliseconds. */
static int64_t keyed_ns(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	int64_t ms, ns;

	if (!at ||
	    sscanf(at + strlen(key), " : %" SCNd64 ".%" SCNd64, &ms, &ns) != 2)
		return UNKNOWN;
	return ms * 1000000 + (ms < 0 ? -ns : ns);
}

static int64_t count_entries(const char *dir)
{
	const struct dirent *d;
	int64_t nr = 0;
	DIR *stream = opendir(dir);

	if (!stream)
		return UNKNOWN;
	while ((d = readdir(stream)))
		nr += isdigit((unsigned char)d->d_name[0]) != 0;
	closedir(stream);
	return nr;
}

static void read_files(struct sample *s, const char *dir, bool thread)
{
	int64_t pages;
	char text[16384];

	if (!read_text(dir, "statm", text, sizeof(text)) &&
	    sscanf(text, "%*d %" SCNd64, &pages) == 1)
		s->values[FIELD_RSS] = pages * sysconf(_SC_PAGESIZE);
	if (!read_text(dir, "status", text, sizeof(text))) {
		s->values[FIELD_UID] = keyed(text, "Uid");
		s->values[FIELD_NVCSW] = keyed(text, "voluntary_ctxt_switches");
		s->values[FIELD_NIVCSW] =
			keyed(text, "nonvoluntary_ctxt_switches");
	}
	if (!read_text(dir, "sched", text, sizeof(text))) {
		s->values[FIELD_VRUNTIME] = keyed_ns(text, "se.vruntime");
		s->values[FIELD_RUNTIME] =
			keyed_ns(text, "se.sum_exec_runtime");
	}
	if (thread)
		return;
	snprintf(text, sizeof(text), "%s/fd", dir);
	s->values[FIELD_FILES] = count_entries(text);
}

/* A task that is gone, or that /proc keeps from us, is no error. */
static void add_sample(struct samples *set, int process, int pid,
		       const char *dir, bool thread)
{
	struct sample *s;
	char text[2048];
	int i;

	if (read_text(dir, "stat", text, sizeof(text)))
		return;
	if (set->nr == set->room) {
		set->room = set->room ? 2 * set->room : 256;
		set->all = grow(set->all, set->room * sizeof(*set->all));
	}
	s = &set->all[set->nr];
	s->pid = pid;
	s->process = process;
	for (i = 0; i < NR_FIELDS; i++)
		s->values[i] = UNKNOWN;
	if (parse_stat(s, text))
		return;
	read_files(s, dir, thread);
	set->nr++;
}

static void add_threads(struct samples *set, int pid)
{
	char dir[64], path[96];
	const struct dirent *d;
	DIR *stream;
	int tid;

	snprintf(dir, sizeof(dir), "/proc/%d/task", pid);
	stream = opendir(dir);
	while (stream && (d = readdir(stream))) {
		tid = atoi(d->d_name);
		snprintf(path, sizeof(path), "%s/%d", dir, tid);
		if (tid > 0)
			add_sample(set, pid, tid, path, true);
	}
	if (stream)
		closedir(stream);
}

static int by_pid(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

const struct sample *samples_find(const struct samples *set, int pid)
{
	struct sample key = { .pid = pid };

	if (!set->nr)
		return NULL;
	return bsearch(&key, set->all, set->nr, sizeof(key), by_pid);
}

/* Counted here, as no file of /proc says how many there are. */
static void count_children(struct samples *set)
{
	struct sample *parent;
	int i;

	for (i = 0; i < set->nr; i++)
		set->all[i].values[FIELD_CHILDREN] = 0;
	for (i = 0; i < set->nr; i++) {
		parent = (struct sample *)samples_find(
			set, set->all[i].values[FIELD_PPID]);
		if (parent)
			parent->values[FIELD_CHILDREN]++;
	}
}

/* First all numbers: an open /proc would be one more file of our own. */
static int list_pids(struct bytes *pids)
{
	DIR *stream = opendir("/proc");
	const struct dirent *d;
	int pid;

	if (!stream)
		return -errno;
	while ((d = readdir(stream))) {
		pid = atoi(d->d_name);
		if (pid > 0)
			bytes_add(pids, &pid, sizeof(pid));
	}
	closedir(stream);
	return 0;
}

static void add_process(struct samples *set, int pid, bool threads)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "/proc/%d", pid);
	if (threads)
		add_threads(set, pid);
	else
		add_sample(set, pid, pid, dir, false);
}

int samples_read(struct samples *set, bool threads,
		 bool (*wanted)(int pid, const void *arg), const void *arg)
{
	struct bytes pids = { 0 };
	int err = list_pids(&pids);
	size_t i;
	int pid;

	set->nr = 0;
	for (i = 0; i < pids.len; i += sizeof(pid)) {
		memcpy(&pid, pids.data + i, sizeof(pid));
		if (!wanted || wanted(pid, arg))
			add_process(set, pid, threads);
	}
	bytes_free(&pids);
	if (set->nr)
		qsort(set->all, set->nr, sizeof(*set->all), by_pid);
	if (!threads)
		count_children(set);
	return err;
}

void samples_free(struct samples *set)
{
	free(set->all);
	*set = (struct samples){ 0 };
}
