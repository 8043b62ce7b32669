// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lists as JSON: {"schema":1,"KEY":[...]}, numbers as numbers.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "listing.h"

json_t *json_text(const char *text)
{
	json_t *s = json_string(text);
	struct bytes b = { 0 };
	size_t len;

	if (s)
		return s;
	for (; *text; text += len) {
		for (len = 4; len > 1; len--) {
			s = strnlen(text, len) < len ? NULL :
						       json_stringn(text, len);
			if (s)
				break;
		}
		json_decref(s);
		if ((unsigned char)*text < 0x80)
			len = 1;
		bytes_add(&b,
			  len == 1 && (unsigned char)*text >= 0x80 ?
				  "\xef\xbf\xbd" :
				  text,
			  len == 1 && (unsigned char)*text >= 0x80 ? 3 : len);
	}
	s = json_stringn(b.data, b.len);
	bytes_free(&b);
	return s;
}

void json_line(struct bytes *out, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	if (!text)
		out_of_memory();
	bytes_add(out, text, strlen(text));
	bytes_add(out, "\n", 1);
	free(text);
	json_decref(o);
}

static json_t *json_number(const char *text)
{
	long long n;
	char *end;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || end == text || *end)
		return json_text(text);
	return json_integer(n);
}

/* "..." at the end says that there are more; the count tells how many. */
static json_t *json_pids(const char *text)
{
	json_t *a = json_array();
	char *end;
	long pid;

	for (; *text; text = *end == ',' ? end + 1 : end) {
		pid = strtol(text, &end, 10);
		if (end == text)
			break;
		json_array_append_new(a, json_integer(pid));
	}
	return a;
}

static json_t *json_value(const struct column *c, const char *text)
{
	if (!text)
		return c->type == COLUMN_PIDS ? json_array() : json_null();
	switch (c->type) {
	case COLUMN_NUMBER:
		return json_number(text);
	case COLUMN_PIDS:
		return json_pids(text);
	default:
		return json_text(text);
	}
}

static json_t *json_row(const struct listing *l, const struct row *r,
			const int *columns, int nr)
{
	json_t *o = json_object();
	int i;

	for (i = 0; i < nr; i++)
		json_object_set_new(o, l->columns[columns[i]].name,
				    json_value(&l->columns[columns[i]],
					       r->values[columns[i]]));
	return o;
}

/* In a tree a row stands in the "nodes" of its parent, which came before. */
static json_t *array_for(const struct listing *l, json_t **objects, json_t *top,
			 const struct row *r)
{
	json_t *parent, *array;

	if (!l->tree || r->parent < 0)
		return top;
	parent = objects[r->parent];
	array = json_object_get(parent, "nodes");
	if (!array) {
		array = json_array();
		json_object_set_new(parent, "nodes", array);
	}
	return array;
}

void listing_json(const struct listing *l, const int *columns, int nr)
{
	json_t *root = json_object(), *top = json_array();
	json_t **objects = grow(NULL, l->nr * sizeof(*objects));
	int i;

	json_object_set_new(root, "schema", json_integer(1));
	json_object_set_new(root, l->key, top);
	for (i = 0; i < l->nr; i++) {
		objects[i] = json_row(l, &l->rows[i], columns, nr);
		json_array_append_new(array_for(l, objects, top, &l->rows[i]),
				      objects[i]);
	}
	json_dumpf(root, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(root);
	free(objects);
}
