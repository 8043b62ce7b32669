// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tasks --check: what was wrong in every pass so far.
 */
#include <stdlib.h>

#include "tasks.h"

static bool was_suspect(const struct suspects *l, int pid, int field,
			int64_t start)
{
	const struct suspect *s;
	int i;

	for (i = 0; i < l->nr_old; i++) {
		s = &l->old[i];
		if (s->pid == pid && s->field == field && s->start == start)
			return true;
	}
	return l->first;
}

char *suspect(struct suspects *l, int process, int pid, int field,
	      int64_t start)
{
	struct suspect *s;

	if (!was_suspect(l, pid, field, start))
		return NULL;
	if (l->nr == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		l->now = grow(l->now, l->room * sizeof(*l->now));
	}
	s = &l->now[l->nr++];
	s->pid = pid;
	s->process = process;
	s->field = field;
	s->start = start;
	return s->text;
}

void suspects_turn(struct suspects *l)
{
	free(l->old);
	l->old = l->now;
	l->nr_old = l->nr;
	l->now = NULL;
	l->nr = l->room = 0;
	l->first = false;
}

bool suspects_process(const struct suspects *l, int process)
{
	int i;

	for (i = 0; i < l->nr_old; i++)
		if (l->old[i].process == process)
			return true;
	return false;
}

bool suspects_field(const struct suspects *l, int field)
{
	int i;

	for (i = 0; i < l->nr_old; i++)
		if (l->old[i].field == field)
			return true;
	return false;
}

void suspects_free(struct suspects *l)
{
	free(l->old);
	free(l->now);
}
