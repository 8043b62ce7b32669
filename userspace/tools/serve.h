/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of mbx serve share.
 */
#ifndef MBX_SERVE_H
#define MBX_SERVE_H

#include <sys/types.h>

#include "recv.h"

/**
 * struct job - a place for a call, and for the command that answers it
 * @m: handle that calls are taken through; NULL until there is one.  To close it
 *	is to refuse the call.
 * @pid: the command; 0 if there is none
 * @out: its standard output; -1 after its end
 * @call: number of the call; 0 if nobody waits for a reply
 * @seq: number of the message
 * @reply_max: longest reply
 * @reply: what the command has written so far
 * @why: why there will be no reply, or NULL
 */
struct job {
	struct mbx *m;
	pid_t pid;
	int out;
	uint64_t call;
	uint64_t seq;
	uint32_t reply_max;
	struct bytes reply;
	const char *why;
};

/* Why there is no reply if nobody waits for one. */
extern const char job_gave_up[];

/* Starts @command for the message @l; 0 or -errno, after which it is free. */
int job_start(struct job *j, const char *command, const struct letter *l);
/* Reads what the command has written. */
void job_read(struct job *j);
/* The command has ended so: replies, or refuses, and says what went wrong. */
void job_end(struct job *j, int status, bool verbose);
/* Ends the command, if need be by force; @why is what will be said. */
void job_kill(struct job *j, const char *why);
/* Has the caller given up? */
bool job_abandoned(const struct job *j);
void job_free(struct job *j);

#endif /* MBX_SERVE_H */
