// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Base64 as RFC 4648 has it, without line breaks.
 */
#include <string.h>

#include "dump.h"

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct bytes *out, const void *data, size_t len)
{
	const unsigned char *p = data;
	unsigned int v;
	char quad[4];
	size_t i;

	for (i = 0; i < len; i += 3) {
		v = p[i] << 16;
		v |= i + 1 < len ? p[i + 1] << 8 : 0;
		v |= i + 2 < len ? p[i + 2] : 0;
		quad[0] = digits[v >> 18];
		quad[1] = digits[v >> 12 & 63];
		quad[2] = i + 1 < len ? digits[v >> 6 & 63] : '=';
		quad[3] = i + 2 < len ? digits[v & 63] : '=';
		bytes_add(out, quad, sizeof(quad));
	}
}

/* The four characters at @text, of which @nr are digits; false if not. */
static bool quad_value(const char *text, size_t nr, unsigned int *value)
{
	const char *digit;
	size_t i;

	*value = 0;
	for (i = 0; i < 4; i++) {
		digit = text[i] ? strchr(digits, text[i]) : NULL;
		if (i < nr ? !digit : text[i] != '=')
			return false;
		*value = *value << 6 | (i < nr ? digit - digits : 0);
	}
	/* There is one way to write it: bits that mean nothing are 0. */
	return nr == 4 || !(*value & (nr == 3 ? 0xff : 0xffff));
}

bool base64_decode(struct bytes *out, const char *text, size_t len)
{
	unsigned int value;
	char bytes[3];
	size_t i, nr;

	if (len % 4)
		return false;
	for (i = 0; i < len; i += 4) {
		nr = 4;
		while (i + 4 == len && nr > 2 && text[i + nr - 1] == '=')
			nr--;
		if (!quad_value(text + i, nr, &value))
			return false;
		bytes[0] = value >> 16;
		bytes[1] = value >> 8;
		bytes[2] = value;
		bytes_add(out, bytes, nr - 1);
	}
	return true;
}
