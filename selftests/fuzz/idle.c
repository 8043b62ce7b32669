// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise 7: once everybody has gone nothing is left, no mailbox, no byte.
 * Whoever runs the fuzzer sees whether the module can be unloaded.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "../command.h"
#include "../observe.h"
#include "run.h"
#include "session.h"

/* Above the cost of one long message and its sender, below that of a few. */
#define SOME_BYTES 8192

int open_control(void)
{
	return open(MBX_DEVICE, O_RDWR | O_CLOEXEC);
}

static bool any_mailbox(void)
{
	FILE *f = fopen("/proc/ipc_mailboxes", "re");
	char line[1024];
	int lines = 0;

	while (f && fgets(line, sizeof(line), f))
		lines++;
	if (f)
		fclose(f);
	return lines != 1;
}

/*
 * There is no counter to be read: see whether a message is refused when all that
 * may be used is a little more than it needs.
 */
static bool bytes_are_back(void)
{
	static const char message[4000];
	const long long limit = read_number(MODULE_PARAM("max_bytes"));
	bool sent;
	int box;

	box = box_create(run_control, NULL, MBX_CREATE_OWNED, 1);
	if (box < 0 || write_number(MODULE_PARAM("max_bytes"), SOME_BYTES))
		return false;
	sent = wait_until(!box_send(box, message, sizeof(message), 1));
	write_number(MODULE_PARAM("max_bytes"), limit);
	close(box);
	return sent;
}

const char *idle_check(void)
{
	if (!wait_until(!any_mailbox()))
		return finding("a mailbox is left though all have gone");
	if (!bytes_are_back())
		return finding("bytes are charged though all have gone");
	return NULL;
}
