/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue of a mailbox as text, by mbx dump for mbx load: lines of JSON.  The
 * first is about the mailbox, each of the others about a message, as mbx recv
 * --json writes it, in the order in which they would be received.
 */
#ifndef MBX_DUMP_H
#define MBX_DUMP_H

#include <sys/types.h>

#include "tool.h"

#define DUMP_SCHEMA 1

/**
 * struct parcel - a message to be sent
 * @at: where it begins in the bytes of all messages
 * @len: its length
 * @priority: likewise
 * @type: likewise
 */
struct parcel {
	size_t at;
	size_t len;
	uint32_t priority;
	uint64_t type;
};

/**
 * struct dump - what was read
 * @attr: the mailbox that it came from
 * @nr: messages that there should be
 * @parcels: the messages
 * @count: how many there are
 * @data: the bytes of all of them
 * @path: where it is read from, for messages
 * @line: number of the line that is being read, likewise
 */
struct dump {
	struct mbx_create attr;
	uint64_t nr;
	struct parcel *parcels;
	size_t count;
	struct bytes data;
	const char *path;
	unsigned long line;
};

/*
 * Reads all of @in, and says what is wrong with it.  Returns an exit status; to
 * be freed in any case.
 */
int dump_read(struct dump *d, FILE *in);
void dump_free(struct dump *d);

/* ---- base64.c --------------------------------------------------------- */

void base64_encode(struct bytes *out, const void *data, size_t len);
/* Appends what @text stands for; false if it is not base64, in full. */
bool base64_decode(struct bytes *out, const char *text, size_t len);

#endif /* MBX_DUMP_H */
