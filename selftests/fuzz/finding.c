// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was wrong, in words.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

static char text[512];

const char *finding(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

const char *finding_at(unsigned int nr, const char *format, ...)
{
	char call[CALL_TEXT_MAX];
	va_list args;
	int len;

	call_print(&arena->program.call[nr], call, sizeof(call));
	len = snprintf(text, sizeof(text), "call %u \"%s\": ", nr + 1, call);
	va_start(args, format);
	vsnprintf(text + len, sizeof(text) - len, format, args);
	va_end(args);
	return text;
}

/* The last program, with the result of each call. */
void run_print(const char *prefix)
{
	static const char *const states[] = { "pending", "running", "",
					      "killed", "skipped" };
	const struct record *record;
	char call[CALL_TEXT_MAX];
	unsigned int i;

	for (i = 0; i < arena->program.nr; i++) {
		record = &arena->record[i];
		call_print(&arena->program.call[i], call, sizeof(call));
		printf("%s%s  # %u-%u-%u %s %d %s, mailbox %llu/%llu, %u bytes of %d as %llu\n",
		       prefix, call, record->start, record->asleep, record->end,
		       states[record->state], record->ret,
		       record->err ? strerror(record->err) : "",
		       (unsigned long long)record->box,
		       (unsigned long long)record->new_box, record->message.len,
		       record->message.from + 1,
		       (unsigned long long)record->message.seq);
	}
}
