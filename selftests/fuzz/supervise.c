// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The supervisor's own part in a program: signals, deaths, pages that appear,
 * attempts to unload the module.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../observe.h"
#include "run.h"

/* The record of the call that a task is in, if it is in one. */
static struct record *current_record(unsigned int task)
{
	const uint32_t busy = load(&arena->task[task].busy);
	struct record *record;

	if (!busy || arena->process[process_of(task)].dead)
		return NULL;
	record = &arena->record[busy - 1];
	return load(&record->state) == CALL_RUNNING ? record : NULL;
}

static bool in_child(unsigned int task)
{
	const uint32_t busy = load(&arena->task[task].busy);

	return busy && arena->program.call[busy - 1].forked;
}

static int send_signal(unsigned int task, int sig)
{
	const struct record *record = current_record(task);

	if (!record)
		return 0;
	syscall(SYS_tgkill, record->pid, record->tid, sig);
	return 1;
}

/* Returns 1 if it was a process, 0 if at most a child in the middle of a call. */
static int kill_task(unsigned int task)
{
	const struct record *record = current_record(task);

	if (in_child(task)) {
		if (record)
			kill(record->pid, SIGKILL);
		return 0;
	}
	if (arena->process[process_of(task)].dead ||
	    !program_uses(&arena->program, process_of(task)))
		return 0;
	worker_kill(process_of(task));
	return 1;
}

static int run_call(const struct call *call)
{
	const unsigned int target = call->arg[P_TARGET];

	switch (call->op) {
	case OP_SIGNAL:
		return send_signal(target,
				   call->arg[P_RESTART] ? SIGUSR2 : SIGUSR1);
	case OP_KILL:
		return kill_task(target);
	case OP_RESOLVE:
		worker_resolve(target);
		return 0;
	default:
		return syscall(SYS_delete_module, "ipc_mailbox", O_NONBLOCK);
	}
}

void supervise_call(unsigned int nr)
{
	struct record *record = &arena->record[nr];

	record->start = next_stamp();
	record->start_ns = now_ns(CLOCK_MONOTONIC);
	store(&record->state, CALL_RUNNING);
	errno = 0;
	record->ret = run_call(&arena->program.call[nr]);
	record->err = record->ret < 0 ? errno : 0;
	record->end_ns = now_ns(CLOCK_MONOTONIC);
	record->end = next_stamp();
	store(&record->state, CALL_DONE);
}
