/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text in JSON, and objects as lines.
 */
#ifndef MBX_JSON_H
#define MBX_JSON_H

#include <jansson.h>

#include "tool.h"

/* JSON is UTF-8; bytes that are not become U+FFFD one by one. */
json_t *json_text(const char *text);
/* "data" as text, or else in base64; "encoding" tells which. */
void json_data(json_t *o, const char *data, size_t len);
/* Appends @o, which it drops. */
void json_line(struct bytes *out, json_t *o);

#endif /* MBX_JSON_H */
