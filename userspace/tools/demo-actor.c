// SPDX-License-Identifier: GPL-2.0-or-later
/* What the scenes have in common: processes, a clock, a voice. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "demo.h"

#define PATIENCE_MS 20000

static uint64_t zero;

/* One write per line: several processes speak, and none may be cut short. */
static void speak(const char *prefix, const char *fmt, va_list args)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "%s", prefix);

	n += vsnprintf(line + n, sizeof(line) - n, fmt, args);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	while (n > 0 && line[n - 1] == ' ')
		n--;
	line[n++] = '\n';
	if (write(STDOUT_FILENO, line, n) != n)
		_exit(1);
}

void demo_say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	speak("  ", fmt, args);
	va_end(args);
}

void demo_report(const char *fmt, ...)
{
	char prefix[64], name[17] = "";
	va_list args;

	prctl(PR_GET_NAME, name);
	snprintf(prefix, sizeof(prefix),
		 "  %10.3f ms  %s %d: ", demo_milliseconds(demo_now()), name,
		 getpid());
	va_start(args, fmt);
	speak(prefix, fmt, args);
	va_end(args);
}

bool demo_check(bool ok, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	speak(ok ? "  [ok]    " : "  [WRONG] ", fmt, args);
	va_end(args);
	return ok;
}

long demo_must(int cmd, long result)
{
	char why[256];

	if (result >= 0)
		return result;
	demo_check(false, "%s", mbx_strerror(cmd, result, why, sizeof(why)));
	exit(result == -ENODEV ? 3 : 1);
}

long demo_must_sys(const char *what, long result)
{
	if (result >= 0)
		return result;
	demo_check(false, "%s: %s", what, strerror(errno));
	exit(1);
}

uint64_t demo_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void demo_start_clock(void)
{
	zero = demo_now();
}

double demo_milliseconds(uint64_t instant)
{
	return (double)(instant - zero) / 1e6;
}

void *demo_shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	demo_must_sys("mmap", p == MAP_FAILED ? -1 : 0);
	return p;
}

/* Owned by this process; children use the handle that they inherit. */
struct mbx *demo_create_box(const char *name, uint32_t capacity)
{
	return demo_create_policy(name, capacity, MBX_POLICY_FIFO);
}

struct mbx *demo_create_policy(const char *name, uint32_t capacity,
			       uint32_t policy)
{
	struct mbx_create attr;
	struct mbx *box;

	mbx_attr_init(&attr, sizeof(attr));
	attr.flags = MBX_CREATE_OWNED;
	attr.capacity = capacity;
	attr.policy = policy;
	demo_must(MBX_CMD_CREATE, mbx_create_attr(&box, name, &attr));
	return box;
}

void demo_end_box(struct mbx *box)
{
	demo_must(MBX_CMD_DELETE, mbx_delete_handle(box));
	mbx_close(box);
}

pid_t demo_spawn(const char *name, int (*act)(void *), void *arg)
{
	pid_t parent = getpid();
	pid_t pid = demo_must_sys("fork", fork());

	if (pid)
		return pid;
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	_exit(act(arg));
}

int demo_ended(pid_t pid)
{
	int status;

	demo_must_sys("waitpid", waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The line of a process, found; NULL if it has none. */
static struct mbx_table *find_task(pid_t pid)
{
	struct mbx_table *t;
	int64_t tgid;

	demo_must(MBX_CMD_STAT, mbx_table_open(&t, "ipc_tasks"));
	while (demo_must(MBX_CMD_STAT, mbx_table_next(t)))
		if (!mbx_table_number(t, mbx_table_column(t, "tgid"), &tgid) &&
		    tgid == pid)
			return t;
	mbx_table_close(t);
	return NULL;
}

static bool is_blocked(pid_t pid)
{
	struct mbx_table *t = find_task(pid);
	const char *state;
	bool yes = false;

	if (t && mbx_table_text(t, mbx_table_column(t, "op"))) {
		state = mbx_table_text(t, mbx_table_column(t, "state"));
		yes = state && !strcmp(state, "S");
	}
	mbx_table_close(t);
	return yes;
}

bool demo_blocked(pid_t pid)
{
	uint64_t deadline = mbx_deadline_ms(PATIENCE_MS);
	const struct timespec pause = { .tv_nsec = 1000000 };

	while (!is_blocked(pid)) {
		if (demo_now() > deadline || waitpid(pid, NULL, WNOHANG))
			return demo_check(false, "process %d does not block",
					  pid);
		nanosleep(&pause, NULL);
	}
	return true;
}

bool demo_receivers(struct mbx *box, uint32_t nr)
{
	uint64_t deadline = mbx_deadline_ms(PATIENCE_MS);
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct mbx_stat st;

	for (;;) {
		demo_must(MBX_CMD_STAT, mbx_stat(box, &st, sizeof(st)));
		if (st.out_receivers == nr)
			return true;
		if (demo_now() > deadline)
			return demo_check(false, "%u receivers wait, not %u",
					  st.out_receivers, nr);
		nanosleep(&pause, NULL);
	}
}

/* Append @text to @line, padded to the wider of the two. */
static void add_column(char *line, size_t size, const char *text,
		       const char *other)
{
	size_t at = strlen(line);
	size_t width = strlen(other);

	snprintf(line + at, size - at, "  %-*s", (int)width, text);
}

void demo_show_task(pid_t pid)
{
	static const char *const columns[] = {
		"tgid", "comm", "state", "op", "mailbox", "name", "since",
	};
	struct mbx_table *t = find_task(pid);
	char head[256] = "", line[256] = "";

	if (!t)
		return;
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		int column = mbx_table_column(t, columns[i]);
		const char *value = mbx_table_text(t, column) ?: "-";

		add_column(head, sizeof(head), columns[i], value);
		add_column(line, sizeof(line), value, columns[i]);
	}
	demo_say("/proc/ipc_tasks:%s", head);
	demo_say("                %s", line);
	mbx_table_close(t);
}
