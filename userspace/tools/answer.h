/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mbx call --answer: a command for each question.
 */
#ifndef MBX_ANSWER_H
#define MBX_ANSWER_H

#include "tool.h"

/**
 * struct answerer - who answers what a call is asked
 * @command: for sh
 * @data: what it has written last
 * @failed: it has not; that was said
 */
struct answerer {
	const char *command;
	struct bytes data;
	bool failed;
};

/* For mbx_call_answering(), with a struct answerer. */
ssize_t answer_by_command(void *ctx, const struct mbx_call *arg,
			  const void **answer);

#endif /* MBX_ANSWER_H */
