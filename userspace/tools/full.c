// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What becomes of messages that found a mailbox full.
 */
#include <errno.h>

#include "cmd.h"

static int withdrawn(const char *name, int err)
{
	char why[256];

	mbx_strerror(MBX_CMD_SEND, err, why, sizeof(why));
	say("%s: a message was deferred, and is withdrawn: %s", name, why);
	return exit_status(err);
}

/* It would be withdrawn with our end. */
int wait_deferred(struct mbx *m, const char *name, bool nonblock,
		  int64_t timeout)
{
	struct mbx_notify arg = { .events = MBX_EVENT_DEFERRED };
	int err;

	err = wait_event(m, &arg, mbx_deadline_ns(nonblock ? 0 : timeout));
	if (!err)
		return EXIT_OK;
	return withdrawn(name, nonblock && err == -ETIMEDOUT ? -EAGAIN : err);
}

/* An error is worth more than a loss that was accepted. */
int tell_lost(const char *name, unsigned long long lost, int status)
{
	if (!lost)
		return status;
	say("%s: the mailbox was full: messages dropped: %llu", name, lost);
	return status ? status : EXIT_LOST;
}
