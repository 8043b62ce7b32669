/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists: chosen columns as a table, as a tree, or as JSON.
 */
#ifndef MBX_LISTING_H
#define MBX_LISTING_H

#include "tool.h"

/* How a column's values look in JSON; "-" becomes null everywhere. */
enum column_type {
	COLUMN_TEXT,
	COLUMN_NUMBER, /* a number if it is one, else text */
	COLUMN_PIDS, /* "1,2,..." as a list of numbers */
};

/**
 * struct column - one column of a list
 * @name: as in the header of the /proc file; in capitals as a heading
 * @type: how its values look in JSON
 * @standard: shown unless the user chooses
 * @help: what it holds
 */
struct column {
	const char *name;
	enum column_type type;
	bool standard;
	const char *help;
};

extern const struct column mailbox_columns[];
/* The same and what mbx finds out itself. */
extern const struct column stat_columns[];
extern const struct column task_columns[];
extern const struct column thread_columns[];

/* The options that every list has, and their keys. */
enum { OPT_JSON = 512, OPT_NOHEADINGS, OPT_RAW };

/* clang-format off */
#define LISTING_OPTS \
	{ "json", OPT_JSON, NULL, "JSON, every column unless -o is given" }, \
	{ "output", 'o', "COLS", "columns, separated by commas; or all" }, \
	{ "noheadings", OPT_NOHEADINGS, NULL, "no line of headings" }, \
	{ "raw", OPT_RAW, NULL, "values separated by single blanks" }
/* clang-format on */

#define MAX_COLUMNS 48

/**
 * struct row - one line of a list
 * @values: one per column of the list; NULL is not applicable
 * @parent: the row above it in a tree, or -1
 */
struct row {
	char *values[MAX_COLUMNS];
	int parent;
};

/**
 * struct listing - a list and how it is to be shown
 * @key: what its rows are called in JSON
 * @columns: every column there is, ended by one without a name
 * @chosen: text of -o, or NULL
 * @tree: name of the column that shows a tree, or NULL
 * @json: JSON, not a table
 * @noheadings: no line of headings
 * @raw: values separated by blanks
 * @rows: the rows
 * @nr: how many
 * @room: for how many @rows has memory
 */
struct listing {
	const char *key;
	const struct column *columns;
	const char *chosen;
	const char *tree;
	bool json;
	bool noheadings;
	bool raw;
	struct row *rows;
	int nr;
	int room;
};

/* True if @key was one of LISTING_OPTS. */
bool listing_option(struct listing *l, int key);
/* Exits with EXIT_USAGE if -o names a column that does not exist. */
void listing_check(const struct listing *l);
/* A new row without values. */
struct row *listing_row(struct listing *l);
int listing_column(const struct listing *l, const char *name);
void row_set(struct listing *l, struct row *r, const char *column,
	     const char *value);
void row_printf(struct listing *l, struct row *r, const char *column,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Reads all of /proc/@name; returns 0 or -errno. */
int listing_read(struct listing *l, const char *name);
void listing_print(const struct listing *l);
void row_free(struct row *r);
void listing_free(struct listing *l);

/* ---- json.c ----------------------------------------------------------- */

void listing_json(const struct listing *l, const int *columns, int nr);

#endif /* MBX_LISTING_H */
