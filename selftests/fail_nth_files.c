// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System calls that work on handles as on any file, and the files in /proc, with
 * each allocation and user copy failing in turn.
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "fail_nth_steps.h"
#include "procfs.h"

/* ------------------------------------------------------------------- polling */

/* More entries than fit on the kernel's stack. */
#define ENTRIES 40

static struct pollfd entries[ENTRIES];

static void prepare_poll(struct world *w)
{
	int i;

	for (i = 0; i < ENTRIES; i++)
		entries[i] = (struct pollfd){ w->box, POLLIN, 0 };
}

static int run_poll(struct world *w)
{
	(void)w;
	return poll(entries, ENTRIES, 0);
}

static int run_ppoll(struct world *w)
{
	const struct timespec now = {};
	sigset_t set;

	(void)w;
	sigemptyset(&set);
	return ppoll(entries, ENTRIES, &now, &set);
}

/* Each entry says that the message is there, or none does. */
static bool polled(struct world *w)
{
	return w->ret < 0 || w->ret == (w->step->queued ? ENTRIES : 0);
}

static int run_select(struct world *w)
{
	struct timeval now = {};
	fd_set in, out;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(w->box, &in);
	FD_SET(w->box, &out);
	return select(w->box + 1, &in, &out, NULL, &now);
}

/* There is a message, and room. */
static bool selected(struct world *w)
{
	return w->ret < 0 || w->ret == 2;
}

/* Registration must leave nothing behind that a later wake-up finds. */
static int run_epoll(struct world *w)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	w->fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->fd < 0 || epoll_ctl(w->fd, EPOLL_CTL_ADD, w->box, &event))
		return -1;
	return epoll_wait(w->fd, &event, 1, 0);
}

static void close_fd(struct world *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

static bool epolled(struct world *w)
{
	close_fd(w);
	return w->ret < 0 || w->ret == (int)w->step->queued;
}

static const struct step polls[] = {
	{ .name = "poll, nothing",
	  .capacity = 2,
	  .len = 64,
	  .prepare = prepare_poll,
	  .run = run_poll,
	  .outcome = polled,
	  LEAST(1, 0, 1) },
	{ .name = "ppoll, a message",
	  .capacity = 2,
	  .queued = 1,
	  .len = 64,
	  .prepare = prepare_poll,
	  .run = run_ppoll,
	  .outcome = polled,
	  LEAST(1, 0, 3) },
	{ .name = "select",
	  .capacity = 2,
	  .queued = 1,
	  .len = 64,
	  .run = run_select,
	  .outcome = selected,
	  LEAST(0, 0, 4) },
	{ .name = "epoll, nothing",
	  .capacity = 2,
	  .len = 64,
	  .run = run_epoll,
	  .outcome = epolled,
	  LEAST(5, 0, 1) },
	{ .name = "epoll, a message",
	  .capacity = 2,
	  .queued = 1,
	  .len = 64,
	  .run = run_epoll,
	  .outcome = epolled,
	  LEAST(5, 0, 1) },
};

/* --------------------------------------------------------------- descriptors */

static int run_open(struct world *w)
{
	(void)w;
	return open(MBX_DEVICE, O_RDWR | O_CLOEXEC);
}

static bool close_returned(struct world *w)
{
	if (w->ret >= 0)
		close(w->ret);
	return true;
}

static int run_dup(struct world *w)
{
	return dup(w->box);
}

/* Beyond the table of descriptors of a small process. */
static int run_dup_high(struct world *w)
{
	return fcntl(w->box, F_DUPFD_CLOEXEC, 300);
}

static int run_nonblock(struct world *w)
{
	return fcntl(w->box, F_SETFL, O_NONBLOCK);
}

static bool set_nonblock(struct world *w)
{
	const bool set = fcntl(w->box, F_GETFL) & O_NONBLOCK;

	fcntl(w->box, F_SETFL, 0);
	return set == w->ok;
}

static void prepare_close(struct world *w)
{
	w->fd = box_open(w->control, w->name, 0, MBX_OPEN_SEND);
}

/* The descriptor is gone whatever happens. */
static int run_close(struct world *w)
{
	return close(w->fd);
}

static bool closed(struct world *w)
{
	struct mbx_stat stat;
	bool gone;

	gone = fcntl(w->fd, F_GETFD) == -1 && !box_stat(w->box, &stat) &&
	       stat.out_handles == 1;
	w->fd = box_open(w->control, w->name, 0, MBX_OPEN_SEND);
	return gone && w->ok;
}

static const struct step descriptors[] = {
	{ .name = "open the device",
	  .capacity = 2,
	  .queued = 1,
	  .len = 64,
	  .run = run_open,
	  .outcome = close_returned,
	  LEAST(2, 0, 1) },
	{ .name = "dup",
	  .capacity = 2,
	  .queued = 1,
	  .len = 64,
	  .run = run_dup,
	  .outcome = close_returned },
	{ .name = "dup to a high number",
	  .capacity = 2,
	  .queued = 1,
	  .len = 64,
	  .run = run_dup_high,
	  .outcome = close_returned,
	  .child = true,
	  LEAST(2, 0, 0) },
	{ .name = "set O_NONBLOCK",
	  .capacity = 2,
	  .queued = 1,
	  .len = 64,
	  .run = run_nonblock,
	  .outcome = set_nonblock },
	{ .name = "close",
	  .capacity = 2,
	  .queued = 1,
	  .len = 64,
	  .prepare = prepare_close,
	  .run = run_close,
	  .outcome = closed },
};

/* --------------------------------------------------------------- files in /proc */

static char text[1 << 18];
static size_t text_len;

/* Goes on where the last read stopped. */
static int read_on(int fd)
{
	ssize_t got;

	do {
		got = read(fd, text + text_len, 2000);
		if (got > 0)
			text_len += got;
	} while (got > 0 && text_len + 2000 < sizeof(text));
	return got;
}

static void prepare_file(struct world *w, const char *path)
{
	memset(text, 0, sizeof(text));
	text_len = 0;
	w->fd = open(path, O_RDONLY | O_CLOEXEC);
}

static void prepare_tasks(struct world *w)
{
	prepare_file(w, IPC_TASKS);
}

static void prepare_threads(struct world *w)
{
	prepare_file(w, IPC_THREADS);
}

static void prepare_boxes(struct world *w)
{
	prepare_file(w, IPC_MAILBOXES);
}

static int run_read_on(struct world *w)
{
	return read_on(w->fd);
}

static bool rows_ascend(const struct table *table)
{
	const char *row = NULL;
	long long last = 0, id;

	while ((row = table_next(table, row))) {
		id = strtoll(row, NULL, 10);
		if (id <= last)
			return false;
		last = id;
	}
	return true;
}

/* After a read that failed the next one goes on: no line is lost or doubled. */
static bool is_table(struct world *w, const char *name, long long id)
{
	struct table table;

	if (read_on(w->fd))
		return false;
	return !strncmp(text, name, strlen(name)) &&
	       table_parse(&table, text) && rows_ascend(&table) &&
	       table_count(&table, id) == 1;
}

static bool read_tasks(struct world *w)
{
	return is_table(w, "#ipc_tasks/", getpid());
}

static bool read_threads(struct world *w)
{
	return is_table(w, "#ipc_threads/", w->tid);
}

static bool read_boxes(struct world *w)
{
	return is_table(w, "#ipc_mailboxes/", w->id);
}

static void prepare_fdinfo(struct world *w)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", w->box);
	prepare_file(w, path);
}

static bool read_fdinfo(struct world *w)
{
	char line[64];

	snprintf(line, sizeof(line), "mailbox-id:\t%llu\n",
		 (unsigned long long)w->id);
	return !read_on(w->fd) && strstr(text, line) &&
	       strstr(text, "mailbox-depth:\t1\n");
}

static int run_open_tasks(struct world *w)
{
	(void)w;
	return open(IPC_TASKS, O_RDONLY | O_CLOEXEC);
}

static int run_open_boxes(struct world *w)
{
	(void)w;
	return open(IPC_MAILBOXES, O_RDONLY | O_CLOEXEC);
}

#define PROC_FILE(_name, _prepare, _run, _outcome, ...)                \
	{                                                              \
		.name = _name, .capacity = 2, .queued = 1, .len = 64,  \
		.prepare = _prepare, .run = _run, .outcome = _outcome, \
		__VA_ARGS__                                            \
	}

static const struct step proc_files[] = {
	PROC_FILE("open ipc_tasks", NULL, run_open_tasks, close_returned,
		  LEAST(2, 0, 1)),
	PROC_FILE("open ipc_mailboxes", NULL, run_open_boxes, close_returned,
		  LEAST(2, 0, 1)),
	PROC_FILE("read ipc_tasks", prepare_tasks, run_read_on, read_tasks,
		  LEAST(1, 0, 1)),
	PROC_FILE("read ipc_threads", prepare_threads, run_read_on,
		  read_threads, LEAST(1, 0, 1)),
	PROC_FILE("read ipc_mailboxes", prepare_boxes, run_read_on, read_boxes,
		  LEAST(1, 0, 1)),
	PROC_FILE("read fdinfo", prepare_fdinfo, run_read_on, read_fdinfo,
		  LEAST(1, 0, 1)),
};

/* -------------------------------------------------------------------- tests */

TEST_F_TIMEOUT(fail_nth, files, 300)
{
	REPEAT(polls);
	REPEAT(descriptors);
	REPEAT(proc_files);
}

TEST_HARNESS_MAIN
