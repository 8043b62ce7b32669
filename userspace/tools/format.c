// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How a received message is shown: --format and --json.
 */
#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "dump.h"
#include "json.h"
#include "recv.h"

static void put_data(struct bytes *out, const struct letter *l)
{
	bytes_add(out, l->data, l->arg.out_len);
}

static void put_hex(struct bytes *out, const struct letter *l)
{
	__u32 i;

	for (i = 0; i < l->arg.out_len; i++)
		bytes_printf(out, "%02x", (unsigned char)l->data[i]);
}

static void put_length(struct bytes *out, const struct letter *l)
{
	bytes_printf(out, "%u", l->arg.out_len);
}

static void put_seq(struct bytes *out, const struct letter *l)
{
	bytes_printf(out, "%" PRIu64, (uint64_t)l->arg.out_seq);
}

static void put_pid(struct bytes *out, const struct letter *l)
{
	bytes_printf(out, "%d", l->arg.out_pid);
}

static void put_tid(struct bytes *out, const struct letter *l)
{
	bytes_printf(out, "%d", l->arg.out_tid);
}

static void put_uid(struct bytes *out, const struct letter *l)
{
	bytes_printf(out, "%u", l->arg.out_uid);
}

static void put_gid(struct bytes *out, const struct letter *l)
{
	bytes_printf(out, "%u", l->arg.out_gid);
}

static void put_badge(struct bytes *out, const struct letter *l)
{
	bytes_printf(out, "%" PRIu64, (uint64_t)l->arg.out_badge);
}

static void put_type(struct bytes *out, const struct letter *l)
{
	bytes_printf(out, "%" PRIu64, (uint64_t)l->arg.out_type);
}

static void put_priority(struct bytes *out, const struct letter *l)
{
	bytes_printf(out, "%u", l->arg.out_priority);
}

static void put_deliveries(struct bytes *out, const struct letter *l)
{
	bytes_printf(out, "%u", l->arg.out_deliveries);
}

static void put_time(struct bytes *out, const struct letter *l)
{
	if (l->timestamp)
		bytes_printf(out, "%" PRIu64, (uint64_t)l->arg.out_time);
	else
		bytes_add(out, "-", 1);
}

static void put_name(struct bytes *out, const struct letter *l)
{
	bytes_add(out, l->name, strlen(l->name));
}

static void put_id(struct bytes *out, const struct letter *l)
{
	bytes_printf(out, "%" PRIu64, l->id);
}

static void put_percent(struct bytes *out, const struct letter *l)
{
	bytes_add(out, "%", 1);
}

/* clang-format off */
static const struct directive {
	char letter;
	void (*put)(struct bytes *out, const struct letter *l);
} directives[] = {
	{ 'm', put_data }, { 'x', put_hex }, { 'l', put_length },
	{ 's', put_seq }, { 'p', put_pid }, { 't', put_tid },
	{ 'u', put_uid }, { 'g', put_gid }, { 'T', put_time },
	{ 'n', put_name }, { 'i', put_id }, { '%', put_percent },
	{ 'b', put_badge }, { 'y', put_type }, { 'P', put_priority },
	{ 'd', put_deliveries },
};
/* clang-format on */

static const struct directive *find_directive(char letter)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(directives); i++)
		if (directives[i].letter == letter)
			return &directives[i];
	return NULL;
}

static const char escapes[] = "n\nt\tr\r0\0\\\\";

/* The character that backslash and @letter stand for, or -1. */
static int escape(char letter)
{
	size_t i;

	for (i = 0; i + 1 < sizeof(escapes); i += 2)
		if (escapes[i] == letter)
			return escapes[i + 1];
	return -1;
}

void format_check(const char *fmt)
{
	const char *s;

	for (s = fmt; *s; s++) {
		if (*s != '%' && *s != '\\')
			continue;
		if (*s == '%' && (!s[1] || !find_directive(s[1])))
			usage("--format: no directive '%.2s' in '%s'", s, fmt);
		if (*s == '\\' && (!s[1] || escape(s[1]) < 0))
			usage("--format: no escape '%.2s' in '%s'", s, fmt);
		s++;
	}
}

void format_letter(struct bytes *out, const char *fmt, const struct letter *l)
{
	const char *s;
	char c;

	for (s = fmt; *s; s++) {
		if (*s == '%') {
			find_directive(*++s)->put(out, l);
			continue;
		}
		c = *s == '\\' ? escape(*++s) : *s;
		bytes_add(out, &c, 1);
	}
}

void json_data(json_t *o, const char *data, size_t len)
{
	json_t *text = json_stringn(data, len);
	struct bytes b = { 0 };

	json_object_set_new(o, "encoding",
			    json_string(text ? "utf-8" : "base64"));
	if (!text) {
		base64_encode(&b, data, len);
		text = json_stringn(b.data, b.len);
		bytes_free(&b);
	}
	json_object_set_new(o, "data", text);
}

/* Text, since it may be more than a number of JSON holds. */
static void json_large(json_t *o, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	json_object_set_new(o, key, json_string(text));
}

void json_letter(struct bytes *out, const struct letter *l)
{
	json_t *o = json_pack("{si sI sI si si sI sI sI sI}", "schema", 1, "id",
			      (json_int_t)l->id, "seq",
			      (json_int_t)l->arg.out_seq, "pid", l->arg.out_pid,
			      "tid", l->arg.out_tid, "uid",
			      (json_int_t)l->arg.out_uid, "gid",
			      (json_int_t)l->arg.out_gid, "length",
			      (json_int_t)l->arg.out_len, "time",
			      (json_int_t)l->arg.out_time);

	if (!l->timestamp)
		json_object_set_new(o, "time", json_null());
	json_large(o, "badge", l->arg.out_badge);
	json_large(o, "type", l->arg.out_type);
	json_object_set_new(o, "priority", json_integer(l->arg.out_priority));
	json_object_set_new(o, "deliveries",
			    json_integer(l->arg.out_deliveries));
	json_data(o, l->data, l->arg.out_len);
	json_line(out, o);
}
