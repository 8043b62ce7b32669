// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One line on stderr for each thing that went wrong, and the exit status.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

/* In one write: several of us may have the same terminal. */
static void vsay(const char *fmt, va_list ap)
{
	char *text, *line;

	fflush(stdout);
	if (vasprintf(&text, fmt, ap) < 0)
		return;
	if (asprintf(&line, "mbx: %s%s%s\n", verb ? verb->name : "",
		     verb ? ": " : "", text) >= 0) {
		fputs(line, stderr);
		free(line);
	}
	free(text);
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
}

void usage(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say("%s; see 'mbx %s%s--help'", text, verb ? verb->name : "",
	    verb ? " " : "");
	exit(EXIT_USAGE);
}

int exit_status(int err)
{
	switch (err < 0 ? -err : err) {
	case 0:
		return EXIT_OK;
	case ENODEV:
	case ENOENT:
	case ESRCH:
		return EXIT_ABSENT;
	case EAGAIN:
		return EXIT_AGAIN;
	case EIDRM:
	case EOWNERDEAD:
	case ESHUTDOWN:
	case EPIPE:
		return EXIT_GONE;
	case EACCES:
	case EPERM:
		return EXIT_RIGHTS;
	case ETIMEDOUT:
		return EXIT_DEADLINE;
	default:
		return EXIT_FAIL;
	}
}

int fail(const char *what, int cmd, int err)
{
	char text[512];

	mbx_strerror(cmd, err, text, sizeof(text));
	if (what)
		say("%s: %s", what, text);
	else
		say("%s", text);
	return exit_status(err);
}

int fail_plain(const char *what, int err)
{
	say("%s: %s", what, strerror(err < 0 ? -err : err));
	return EXIT_FAIL;
}

void out_of_memory(void)
{
	say("out of memory");
	exit(EXIT_FAIL);
}

void *grow(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		out_of_memory();
	return p;
}
