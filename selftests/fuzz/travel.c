// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors in messages: which may travel, and how many arrive.
 */
#include <errno.h>

#include "trial.h"

static enum fds fds_of(unsigned int nr)
{
	return op_has(call_at(nr)->op, P_FDS) ? call_at(nr)->arg[P_FDS] :
						FDS_NONE;
}

/* How many a message has, or a receive has room for. */
static uint32_t number_of(unsigned int nr)
{
	switch (fds_of(nr)) {
	case FDS_NONE:
	case FDS_ZERO:
		return 0;
	case FDS_TWO:
	case FDS_BOTH:
		return 2;
	case FDS_FULL:
		return MBX_FDS_MAX;
	default:
		return 1;
	}
}

bool program_sends_fds(void)
{
	return any_call(i, sends(i) && record_at(i)->start && number_of(i));
}

void judge_fds(struct trial *trial)
{
	const enum fds fds = get(trial, P_FDS);
	const bool send = sends(trial->nr);

	if (fds == FDS_NONE)
		return;
	demand_if(trial, fds == FDS_NOWHERE, EFAULT,
		  "its descriptors are nowhere");
	demand_if(trial, fds == FDS_MANY, EINVAL, "these are too many");
	if (!send)
		return;
	demand_if(trial, fds == FDS_BAD, EBADF, "this is none");
	demand_if(trial, fds == FDS_SOCKET, ELOOP, "it could come back");
	/* The handle may be another, or none. */
	allow_if(trial, fds == FDS_BOX || fds == FDS_BOTH, EBADF);
	allow_if(trial, fds == FDS_BOX || fds == FDS_BOTH, ELOOP);
	allow(trial, EPIPE);
}

const char *check_fds(const struct delivery *message, int receiver)
{
	const uint32_t room = number_of(receiver);
	const int from = message->from;
	uint32_t sent;
	bool lost;

	if (call_at(receiver)->op != OP_RECEIVE || from < 0 ||
	    is_flipped(from) || is_flipped(receiver) ||
	    kind_may_fault(receiver, P_ARG))
		return NULL;
	sent = number_of(from);
	lost = message->flags & MBX_MESSAGE_FDS_LOST;
	if (fds_of(receiver) != FDS_NONE && message->fds != sent)
		return "it has another number of descriptors";
	if (peeks(receiver))
		return message->landed ? "it got descriptors" : NULL;
	if (message->landed != (sent < room ? sent : room))
		return "not all of its descriptors have arrived";
	if (message->ids && lost != (sent > room))
		return "it tells of lost descriptors, or does not";
	return NULL;
}
