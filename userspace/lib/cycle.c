// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Cycles of calls in words.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

/* What does not fit is counted, as snprintf() does. */
struct text {
	char *buf;
	size_t size;
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *t, const char *fmt, ...)
{
	size_t room = t->len < t->size ? t->size - t->len : 0;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(room ? t->buf + t->len : NULL, room, fmt, ap);
	va_end(ap);
	t->len += len > 0 ? len : 0;
}

static void add_process(struct text *t, int pid)
{
	if (pid)
		add(t, "pid %d", pid);
	else
		add(t, "a hidden process");
}

/* The caller may not see all mailboxes; and they may have ended. */
static void add_name(struct text *t, uint64_t id)
{
	struct mbx_table *table;
	const char *name;

	if (mbx_table_open(&table, "ipc_mailboxes"))
		return;
	while (mbx_table_next(table) > 0) {
		name = mbx_table_text(table, mbx_table_column(table, "id"));
		if (!name || strtoull(name, NULL, 10) != id)
			continue;
		name = mbx_table_text(table, mbx_table_column(table, "name"));
		if (name)
			add(t, " \"%s\"", name);
		break;
	}
	mbx_table_close(table);
}

size_t mbx_cycle_text(const struct mbx_cycle *cycle, char *buf, size_t size)
{
	uint32_t nr = cycle->out_nr < cycle->nr ? cycle->out_nr : cycle->nr;
	struct text t = { buf, size, 0 };
	uint32_t i;

	if (size)
		*buf = '\0';
	for (i = 0; i < nr; i++) {
		add_process(&t, cycle->links[i].pid);
		add(&t, " (mailbox %llu",
		    (unsigned long long)cycle->links[i].box);
		add_name(&t, cycle->links[i].box);
		add(&t, ") -> ");
	}
	if (nr < cycle->out_nr)
		add(&t, "%u more -> ", cycle->out_nr - nr);
	if (nr)
		add_process(&t, cycle->links[0].pid);
	return t.len;
}
