// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lists: rows of values, and the table that shows them.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "listing.h"

bool listing_option(struct listing *l, int key)
{
	switch (key) {
	case OPT_JSON:
		l->json = true;
		return true;
	case 'o':
		l->chosen = optarg;
		return true;
	case OPT_NOHEADINGS:
		l->noheadings = true;
		return true;
	case OPT_RAW:
		l->raw = true;
		return true;
	}
	return false;
}

static int find_column(const struct listing *l, const char *name, size_t len)
{
	int i;

	for (i = 0; l->columns[i].name; i++)
		if (!strncasecmp(l->columns[i].name, name, len) &&
		    !l->columns[i].name[len])
			return i;
	return -1;
}

int listing_column(const struct listing *l, const char *name)
{
	return find_column(l, name, strlen(name));
}

static void __attribute__((noreturn))
unknown_column(const struct listing *l, const char *name, size_t len)
{
	struct bytes b = { 0 };
	int i;

	for (i = 0; l->columns[i].name; i++)
		bytes_printf(&b, "%s%s", i ? "," : "", l->columns[i].name);
	usage("--output: no column '%.*s' among all,%.*s", (int)len, name,
	      (int)b.len, b.data);
}

static int all_columns(const struct listing *l, int *out, bool standard)
{
	int i, nr = 0;

	for (i = 0; l->columns[i].name; i++)
		if (!standard || l->columns[i].standard)
			out[nr++] = i;
	return nr;
}

/* Fills @out with the indices of the columns to show, and counts them. */
static int choose(const struct listing *l, int *out)
{
	const char *s = l->chosen;
	size_t len;
	int nr = 0;

	if (!s)
		return all_columns(l, out, !l->json);
	if (!strcasecmp(s, "all"))
		return all_columns(l, out, false);
	for (;; s += len + 1) {
		len = strcspn(s, ",");
		if (nr == MAX_COLUMNS)
			usage("--output: more than %d columns", MAX_COLUMNS);
		out[nr] = find_column(l, s, len);
		if (out[nr++] < 0)
			unknown_column(l, s, len);
		if (!s[len])
			return nr;
	}
}

void listing_check(const struct listing *l)
{
	int columns[MAX_COLUMNS];

	choose(l, columns);
	if (l->json && (l->noheadings || l->raw))
		usage("--json excludes --noheadings and --raw");
}

struct row *listing_row(struct listing *l)
{
	struct row *r;

	if (l->nr == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		l->rows = grow(l->rows, l->room * sizeof(*l->rows));
	}
	r = &l->rows[l->nr++];
	*r = (struct row){ .parent = -1 };
	return r;
}

static char *copy(const char *text)
{
	return strcpy(grow(NULL, strlen(text) + 1), text);
}

void row_set(struct listing *l, struct row *r, const char *column,
	     const char *value)
{
	int i = listing_column(l, column);

	if (i < 0)
		return;
	free(r->values[i]);
	r->values[i] = value ? copy(value) : NULL;
}

void row_printf(struct listing *l, struct row *r, const char *column,
		const char *fmt, ...)
{
	char text[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	row_set(l, r, column, text);
}

static int read_rows(struct listing *l, struct mbx_table *t, const int *from)
{
	const char *text;
	struct row *r;
	int ret, i;

	while ((ret = mbx_table_next(t)) > 0) {
		r = listing_row(l);
		for (i = 0; l->columns[i].name; i++) {
			text = mbx_table_text(t, from[i]);
			r->values[i] = text ? copy(text) : NULL;
		}
	}
	return ret;
}

int listing_read(struct listing *l, const char *name)
{
	int from[MAX_COLUMNS];
	struct mbx_table *t;
	int err = mbx_table_open(&t, name);
	int i;

	if (err)
		return err;
	for (i = 0; l->columns[i].name; i++)
		from[i] = mbx_table_column(t, l->columns[i].name);
	err = read_rows(l, t, from);
	mbx_table_close(t);
	return err;
}

static void add_column(const struct listing *l, struct libscols_table *tb,
		       const struct column *c)
{
	char heading[32];
	bool tree = l->tree && !strcmp(l->tree, c->name);
	int flags = 0;
	size_t i;

	for (i = 0; i < sizeof(heading) - 1 && c->name[i]; i++)
		heading[i] = toupper((unsigned char)c->name[i]);
	heading[i] = '\0';
	if (c->type == COLUMN_NUMBER && !tree)
		flags |= SCOLS_FL_RIGHT;
	if (tree)
		flags |= SCOLS_FL_TREE;
	if (!scols_table_new_column(tb, heading, 0, flags))
		out_of_memory();
}

static void add_lines(const struct listing *l, struct libscols_table *tb,
		      const int *columns, int nr)
{
	struct libscols_line **lines = grow(NULL, l->nr * sizeof(*lines));
	const struct row *r;
	int i, j;

	for (i = 0; i < l->nr; i++) {
		r = &l->rows[i];
		lines[i] = scols_table_new_line(
			tb, r->parent < 0 ? NULL : lines[r->parent]);
		for (j = 0; j < nr; j++)
			scols_line_set_data(lines[i], j,
					    r->values[columns[j]] ?: "-");
	}
	free(lines);
}

static void print_table(const struct listing *l, const int *columns, int nr)
{
	struct libscols_table *tb = scols_new_table();
	int i;

	if (!tb)
		out_of_memory();
	scols_table_enable_raw(tb, l->raw);
	scols_table_enable_noheadings(tb, l->noheadings);
	for (i = 0; i < nr; i++)
		add_column(l, tb, &l->columns[columns[i]]);
	add_lines(l, tb, columns, nr);
	scols_print_table(tb);
	scols_unref_table(tb);
}

void listing_print(const struct listing *l)
{
	int columns[MAX_COLUMNS];
	int nr = choose(l, columns);

	if (l->json)
		listing_json(l, columns, nr);
	else
		print_table(l, columns, nr);
}

void row_free(struct row *r)
{
	int i;

	for (i = 0; i < MAX_COLUMNS; i++)
		free(r->values[i]);
}

void listing_free(struct listing *l)
{
	int i;

	for (i = 0; i < l->nr; i++)
		row_free(&l->rows[i]);
	free(l->rows);
	l->rows = NULL;
	l->nr = l->room = 0;
}
