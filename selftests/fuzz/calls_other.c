// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Administration, what a mailbox says of itself, and events; the eventfds belong
 * to the process, by the call that registered them.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>

#include "../command.h"
#include "message.h"
#include "work.h"

static int eventfds[MAX_CALLS]; /* descriptor + 1, 0 for none */
/* The call that last registered events with a handle, plus 1; by its maker. */
static uint32_t registered[MAX_CALLS + 1];

static int new_eventfd(unsigned int nr)
{
	const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	eventfds[nr] = fd + 1;
	return fd;
}

void eventfds_close(void)
{
	unsigned int i;

	for (i = 0; i < MAX_CALLS; i++) {
		if (eventfds[i])
			close(eventfds[i] - 1);
		eventfds[i] = 0;
	}
	memset(registered, 0, sizeof(registered));
}

static int choose_fd(const struct work *work, bool registers,
		     const struct handle *target)
{
	switch (get(work, P_FD)) {
	case FD_RIGHT:
		return registers ? new_eventfd(work->nr) : 0;
	case FD_STRAY:
		return new_eventfd(work->nr);
	case FD_OTHER:
		return control;
	case FD_BOX:
		return target->fd;
	default:
		return -1;
	}
}

static uint64_t take_count(uint32_t registration)
{
	uint64_t count = 0;

	if (registration && eventfds[registration - 1] &&
	    read(eventfds[registration - 1] - 1, &count, sizeof(count)) < 0)
		count = 0;
	return count;
}

int run_notify(struct work *work)
{
	const bool reads = get(work, P_FLAGS) & MBX_NOTIFY_READ;
	uint32_t *current = &registered[work->handle.maker];
	const struct handle target = handle_get(get(work, P_TO));
	struct record *record = work->record;
	struct mbx_notify arg;
	int ret;

	init_notify(&arg, get(work, P_EVENTS), 0);
	arg.fd = choose_fd(work, arg.events && !reads, &target);
	if (get(work, P_FD) == FD_BOX) {
		arg.data = event_data(work->nr);
		record->notify.target = target.id;
		record->notify.rights = target.rights;
	}
	arg.flags = get(work, P_FLAGS);
	arg.low = get(work, P_LOW);
	arg.high = get(work, P_HIGH);
	record->notify.registration = load(current);
	ret = command(work, MBX_IOC_NOTIFY, &arg, sizeof(arg));
	if (ret)
		return ret;
	record->notify.happened = arg.out_events;
	record->notify.state = arg.out_state;
	memcpy(record->notify.counts, arg.out_counts, sizeof(arg.out_counts));
	if (reads)
		record->notify.told = take_count(record->notify.registration);
	else
		store(current, arg.events ? work->nr + 1 : 0);
	return 0;
}

int run_action(struct work *work)
{
	struct mbx_control arg;
	int ret, err;

	init_control(&arg, get(work, P_OP));
	arg.flags = get(work, P_FLAGS);
	arg.deadline = put_deadline(work, arg.flags & MBX_CONTROL_REALTIME);
	ret = command(work, MBX_IOC_CONTROL, &arg, sizeof(arg));
	err = errno;
	work->record->count = arg.out_count;
	errno = err;
	return ret;
}

int run_transfer(struct work *work)
{
	struct mbx_transfer arg = {
		.flags = get(work, P_FLAGS),
		.pid = pid_value(work->call),
	};

	return command(work, MBX_IOC_TRANSFER, &arg, sizeof(arg));
}

int run_stat(struct work *work)
{
	struct mbx_stat *stat = &work->record->stat;

	memset(stat, POISON, sizeof(*stat));
	stat->flags = get(work, P_FLAGS);
	return command(work, MBX_IOC_STAT, stat, sizeof(*stat));
}

int run_version(struct work *work)
{
	struct mbx_version arg;

	memset(&arg, POISON, sizeof(arg));
	arg.flags = get(work, P_FLAGS);
	return command(work, MBX_IOC_VERSION, &arg, sizeof(arg));
}
