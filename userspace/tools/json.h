/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text in JSON.
 */
#ifndef MBX_JSON_H
#define MBX_JSON_H

#include <jansson.h>

/* JSON is UTF-8; bytes that are not become U+FFFD one by one. */
json_t *json_text(const char *text);

#endif /* MBX_JSON_H */
