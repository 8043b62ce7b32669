// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading what mbx dump has written.  Strict: what is not understood in full is
 * refused, before anything has been done with it.
 */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"

/* What a line may hold, and whether it must. */
struct key {
	const char *name;
	const char *types;
	bool needed;
};

/* clang-format off */
static const struct key mailbox_keys[] = {
	{ "schema", "i", true }, { "mailbox", "sn", true },
	{ "messages", "i", true }, { "capacity", "is", true },
	{ "msg_max", "i", true }, { "mode", "s", true },
	{ "policy", "s", true }, { "full", "s", true },
	{ "timestamp", "b", true },
	{ 0 }
};

/* Those that are not needed tell where a message came from. */
static const struct key message_keys[] = {
	{ "schema", "i", true }, { "type", "s", true },
	{ "priority", "i", true }, { "encoding", "s", true },
	{ "data", "s", true }, { "length", "i", false },
	{ "id", "i", false }, { "seq", "i", false }, { "pid", "i", false },
	{ "tid", "i", false }, { "uid", "i", false }, { "gid", "i", false },
	{ "time", "in", false }, { "badge", "s", false },
	{ "deliveries", "i", false },
	{ 0 }
};
/* clang-format on */

static char letter_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_INTEGER:
		return 'i';
	case JSON_STRING:
		return 's';
	case JSON_NULL:
		return 'n';
	case JSON_TRUE:
	case JSON_FALSE:
		return 'b';
	default:
		return '?';
	}
}

/* What comes from the file is not to drive the terminal. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

/* Says what is wrong with the line; false, for the caller to return. */
static bool __attribute__((format(printf, 2, 3)))
bad(const struct dump *d, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	make_plain(text);
	say("%s: line %lu: %s", d->path, d->line, text);
	return false;
}

/* Only a message may have one, and text that ends at it could say anything. */
static bool has_zero(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && strlen(text) != json_string_length(value);
}

static const struct key *find_key(const struct key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (!strcmp(keys->name, name))
			return keys;
	return NULL;
}

static bool check_keys(const struct dump *d, json_t *o, const struct key *keys)
{
	const struct key *key;
	const char *name;
	void *it;

	for (it = json_object_iter(o); it; it = json_object_iter_next(o, it)) {
		name = json_object_iter_key(it);
		key = find_key(keys, name);
		if (!key)
			return bad(d, "key \"%s\" does not belong there", name);
		if (!strchr(key->types, letter_of(json_object_iter_value(it))))
			return bad(d, "\"%s\" is of a wrong type", name);
		if (strcmp(name, "data") &&
		    has_zero(json_object_iter_value(it)))
			return bad(d, "\"%s\" has a zero byte in it", name);
	}
	for (key = keys; key->name; key++)
		if (key->needed && !json_object_get(o, key->name))
			return bad(d, "no \"%s\"", key->name);
	return true;
}

static bool get_number(const struct dump *d, const json_t *o, const char *name,
		       uint64_t max, uint64_t *value)
{
	json_int_t n = json_integer_value(json_object_get(o, name));

	*value = n;
	if (n < 0 || *value > max)
		return bad(d, "\"%s\" is not from 0 to %llu", name,
			   (unsigned long long)max);
	return true;
}

static bool check_schema(const struct dump *d, const json_t *o)
{
	json_int_t schema = json_integer_value(json_object_get(o, "schema"));

	if (schema == DUMP_SCHEMA)
		return true;
	return bad(d, "schema %lld, but this program reads schema %d",
		   (long long)schema, DUMP_SCHEMA);
}

/* A line as an object with the right keys, or NULL. */
static json_t *parse_line(const struct dump *d, const char *line, size_t len,
			  const struct key *keys)
{
	json_error_t error;
	json_t *o = json_loadb(line, len,
			       JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	char *near = strstr(error.text, " near ");

	if (!o) {
		/* What stands there may be anything. */
		if (near)
			*near = '\0';
		bad(d, "not JSON at column %d: %s", error.column, error.text);
		return NULL;
	}
	if (!json_is_object(o))
		bad(d, "not an object");
	else if (check_keys(d, o, keys) && check_schema(d, o))
		return o;
	json_decref(o);
	return NULL;
}

static const char *text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static bool get_capacity(const struct dump *d, const json_t *o,
			 uint64_t *capacity)
{
	const char *text = text_of(o, "capacity");

	*capacity = MBX_UNBOUNDED;
	if (!text)
		return get_number(d, o, "capacity", MBX_UNBOUNDED - 1,
				  capacity);
	return !strcmp(text, "unbounded") ||
	       bad(d, "\"capacity\" is neither a number nor \"unbounded\"");
}

static bool read_mailbox(struct dump *d, const json_t *o)
{
	uint64_t capacity, msg_max;

	if (!get_number(d, o, "messages", INT64_MAX, &d->nr) ||
	    !get_capacity(d, o, &capacity) ||
	    !get_number(d, o, "msg_max", UINT32_MAX, &msg_max))
		return false;
	if (!find_mode(text_of(o, "mode"), &d->attr.mode))
		return bad(d, "\"mode\" is not an octal mode");
	if (!find_policy(text_of(o, "policy"), &d->attr.policy))
		return bad(d, "\"policy\" is none that there is");
	if (!find_full(text_of(o, "full"), &d->attr.full))
		return bad(d, "\"full\" is none that there is");
	d->attr.capacity = capacity;
	d->attr.msg_max = msg_max;
	if (json_is_true(json_object_get(o, "timestamp")))
		d->attr.flags = MBX_CREATE_TIMESTAMP;
	return true;
}

static bool read_data(struct dump *d, const json_t *o)
{
	const json_t *data = json_object_get(o, "data");
	const char *text = json_string_value(data);
	const char *encoding = text_of(o, "encoding");
	size_t len = json_string_length(data);

	if (!strcmp(encoding, "utf-8"))
		bytes_add(&d->data, text, len);
	else if (strcmp(encoding, "base64"))
		return bad(d, "\"encoding\" is not \"utf-8\" or \"base64\"");
	else if (!base64_decode(&d->data, text, len))
		return bad(d, "\"data\" is not base64");
	return true;
}

static bool check_length(const struct dump *d, const json_t *o, size_t len)
{
	const json_t *value = json_object_get(o, "length");

	if (!value || json_integer_value(value) == (json_int_t)len)
		return true;
	return bad(d, "\"data\" has %zu bytes, not %lld as \"length\" says",
		   len, (long long)json_integer_value(value));
}

static struct parcel *new_parcel(struct dump *d)
{
	/* Room for twice as many whenever their number is a power of two. */
	if (!(d->count & (d->count - 1)))
		d->parcels = grow(d->parcels,
				  (2 * d->count + 1) * sizeof(*d->parcels));
	return &d->parcels[d->count++];
}

static bool read_message(struct dump *d, const json_t *o)
{
	size_t at = d->data.len;
	uint64_t priority, type;
	struct parcel *p;

	if (!get_number(d, o, "priority", MBX_PRIORITIES - 1, &priority))
		return false;
	if (!to_number(text_of(o, "type"), 10, &type))
		return bad(d, "\"type\" is not a number from 0 to %llu",
			   (unsigned long long)UINT64_MAX);
	if (!read_data(d, o) || !check_length(d, o, d->data.len - at))
		return false;
	if (d->count == d->nr)
		return bad(d, "more than the %llu messages of line 1",
			   (unsigned long long)d->nr);
	p = new_parcel(d);
	*p = (struct parcel){
		.at = at,
		.len = d->data.len - at,
		.priority = priority,
		.type = type,
	};
	return true;
}

static bool read_line(struct dump *d, const char *line, size_t len)
{
	bool first = ++d->line == 1, ok;
	json_t *o =
		parse_line(d, line, len, first ? mailbox_keys : message_keys);

	if (!o)
		return false;
	ok = first ? read_mailbox(d, o) : read_message(d, o);
	json_decref(o);
	return ok;
}

/* What ends early may have been cut off. */
static bool check_end(const struct dump *d)
{
	if (!d->line)
		say("%s: empty: not a dump", d->path);
	else if (d->count < d->nr)
		say("%s: ends after %zu of %llu messages", d->path, d->count,
		    (unsigned long long)d->nr);
	return d->line && d->count == d->nr;
}

int dump_read(struct dump *d, FILE *in)
{
	bool ok = true, failed;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int err = 0;

	mbx_attr_init(&d->attr, sizeof(d->attr));
	bytes_room(&d->data, 1);
	while (ok && (len = getline(&line, &size, in)) > 0)
		ok = read_line(d, line, len);
	err = errno;
	failed = ferror(in);
	free(line);
	if (ok && failed)
		return fail_plain(d->path, err);
	return ok && check_end(d) ? EXIT_OK : EXIT_FAIL;
}

void dump_free(struct dump *d)
{
	free(d->parcels);
	bytes_free(&d->data);
}
