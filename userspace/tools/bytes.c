// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that grows.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

void bytes_room(struct bytes *b, size_t size)
{
	if (b->data && b->size >= size)
		return;
	b->size = size < 2 * b->size ? 2 * b->size : size;
	b->data = grow(b->data, b->size);
}

void bytes_add(struct bytes *b, const void *data, size_t len)
{
	bytes_room(b, b->len + len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

void bytes_printf(struct bytes *b, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	bytes_add(b, text, strlen(text));
}

void bytes_free(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}
