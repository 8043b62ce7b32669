// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Descriptors that go with messages.  Whoever receives some closes them.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../command.h"
#include "message.h"
#include "work.h"

/* In the page of the argument, behind what answers.c has there. */
#define FDS_AT (PAGE / 8 * 7)

static struct place fds_place(const struct work *work)
{
	struct place page = place_arg(work->task, get(work, P_ARG), PAGE);

	page.plain += FDS_AT;
	page.user += FDS_AT;
	return page;
}

static uint32_t number(enum fds fds)
{
	switch (fds) {
	case FDS_TWO:
	case FDS_BOTH:
		return 2;
	case FDS_FULL:
		return MBX_FDS_MAX;
	case FDS_MANY:
		return MBX_FDS_MAX + 1;
	case FDS_ZERO:
		return 0;
	default:
		return 1;
	}
}

static int first(struct work *work)
{
	switch (get(work, P_FDS)) {
	case FDS_BOX:
	case FDS_BOTH:
		return handle_get(get(work, P_TO)).fd;
	case FDS_SOCKET:
		work->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) + 1;
		return work->fd - 1;
	case FDS_BAD:
		return -1;
	default:
		return control;
	}
}

uint64_t put_fds(struct work *work)
{
	const struct place place = fds_place(work);
	const enum fds which = get(work, P_FDS);
	struct mbx_fds arg = { .size = sizeof(arg) };
	unsigned int i;

	if (which == FDS_NONE || work->phase != PHASE_ALL)
		return 0;
	if (which == FDS_NOWHERE)
		return 8;
	arg.nr = number(which);
	memset(&arg.out_nr, POISON, sizeof(arg.out_nr));
	for (i = 0; i < MBX_FDS_MAX; i++)
		arg.fds[i] = control;
	if (work->call->op == OP_SEND)
		arg.fds[0] = first(work);
	memcpy(place.plain, &arg, sizeof(arg));
	return place.user;
}

static bool is_cloexec(int fd)
{
	const int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && flags & FD_CLOEXEC;
}

static void take(struct work *work, const struct mbx_fds *arg)
{
	struct delivery *message = &work->record->message;
	unsigned int i;

	message->fds = arg->out_nr;
	for (i = 0; i < arg->nr && i < MBX_FDS_MAX; i++) {
		if (arg->fds[i] < 0)
			continue;
		/* More than there are say that it is not as it should be. */
		message->landed += is_cloexec(arg->fds[i]) ? 1 : 100;
		close(arg->fds[i]);
	}
}

/* @done: a message was received */
void note_fds(struct work *work, bool done)
{
	const enum fds which = get(work, P_FDS);
	struct mbx_fds arg;

	if (work->phase != PHASE_ALL)
		return;
	if (work->fd)
		close(work->fd - 1);
	if (!done || which == FDS_NONE || which == FDS_NOWHERE)
		return;
	memcpy(&arg, fds_place(work).plain, sizeof(arg));
	take(work, &arg);
}
