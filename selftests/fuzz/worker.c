// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A worker lives through many executions: it is replaced when it was killed.
 *
 * Calls take turns: the one that ends lets the next one begin, in whichever task
 * that is.  A call that sleeps is passed over by the supervisor; its task, once
 * awake, makes up for the turns that it has missed.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "futex.h"
#include "kcov.h"
#include "memory.h"
#include "run.h"

/* ------------------------------------------------------------------- turns */

/* Who makes the call; after the last one it is up to the supervisor. */
static unsigned int owner_of(unsigned int nr)
{
	const struct program *program = &arena->program;

	return nr < program->nr ? program->call[nr].task : SUPERVISOR;
}

/*
 * Lets the call after @nr begin; false if that has happened already.  The caller
 * is the task @self and need not be told.
 */
bool turn_pass(unsigned int nr, unsigned int self)
{
	const unsigned int next = owner_of(nr + 1);
	uint32_t turn = nr;

	if (!__atomic_compare_exchange_n(&arena->turn, &turn, nr + 1, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return false;
	if (next != self)
		futex_raise(&arena->task[next].kick);
	return true;
}

/* The next call of a task from @nr on; the number of calls if none is left. */
static unsigned int next_of(unsigned int task, unsigned int nr)
{
	while (nr < arena->program.nr && arena->program.call[nr].task != task)
		nr++;
	return nr;
}

/* -------------------------------------------------------------------- calls */

static void run_in_child(unsigned int nr, unsigned int task)
{
	struct record *record = &arena->record[nr];
	const pid_t parent = getpid();
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
		kcov_enable(TASKS + task);
		do_call(nr, task);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (load(&record->state) == CALL_RUNNING)
		inspect_killed(nr, task);
	else if (load(&record->state) == CALL_PENDING)
		store(&record->state, CALL_SKIPPED);
}

static void run_call(unsigned int nr, unsigned int task)
{
	const struct call *call = &arena->program.call[nr];
	struct task *self = &arena->task[task];

	if (load(&arena->record[nr].state) != CALL_PENDING) {
		/* It was an element of a batch. */
	} else if (load(&arena->stop)) {
		store(&arena->record[nr].state, CALL_SKIPPED);
	} else {
		arena->record[nr].start = next_stamp();
		store(&self->busy, nr + 1);
		if (call->async)
			turn_pass(nr, task);
		if (call->forked)
			run_in_child(nr, task);
		else
			do_call(nr, task);
		store(&self->busy, 0);
	}
	if (!turn_pass(nr, task) && load(&arena->turn) == arena->program.nr)
		futex_raise(&arena->task[SUPERVISOR].kick);
}

/* ----------------------------------------------------------------- clean-up */

static bool created_here(unsigned int nr, unsigned int process)
{
	const struct call *call = &arena->program.call[nr];
	const struct record *record = &arena->record[nr];

	return call->op == OP_CREATE && !call->forked && record->new_box &&
	       call->task < TASKS && process_of(call->task) == process;
}

/* Its own, found by pid; others may have opened it, too. */
static bool is_own(unsigned int nr, unsigned int process)
{
	const struct call *call = &arena->program.call[nr];
	const uint64_t id = arena->record[nr].new_box;

	return is_direct(nr) && process_of(call->arg[P_TARGET]) == process &&
	       !any_call(i, i < nr && is_direct(i) &&
				    arena->record[i].new_box == id);
}

static void clean(unsigned int process)
{
	unsigned int i;

	for (i = 0; i < arena->program.nr; i++)
		if (created_here(i, process) || is_own(i, process))
			box_finish(control, arena->record[i].new_box);
	holders_kill();
	handles_close();
	eventfds_close();
	memory_restore(process);
}

/* --------------------------------------------------------------------- life */

/* What is left of a round for a task, as far as its turn has come. */
static void take_turns(unsigned int task, unsigned int *next)
{
	for (;;) {
		*next = next_of(task, *next);
		if (*next >= arena->program.nr || load(&arena->turn) < *next)
			return;
		run_call(*next, task);
		++*next;
	}
}

static void *live(void *arg)
{
	const unsigned int task = (uintptr_t)arg;
	struct task *self = &arena->task[task];
	unsigned int next = 0;
	uint32_t kick, now, round = 0;

	self->tid = gettid();
	kcov_enable(task);
	__atomic_add_fetch(&arena->process[process_of(task)].ready, 1,
			   __ATOMIC_SEQ_CST);
	futex_raise(&arena->task[SUPERVISOR].kick);
	for (;;) {
		kick = load(&self->kick);
		store(&self->waiting, 0);
		now = load(&arena->round);
		if (now && now != round) {
			round = now;
			next = 0;
		}
		if (now)
			take_turns(task, &next);
		if (load(&self->clean)) {
			clean(process_of(task));
			store(&self->clean, 0);
			futex_raise(&arena->task[SUPERVISOR].kick);
		}
		store(&self->waiting, 1);
		futex_wait(&self->kick, kick, 0);
	}
	return NULL;
}

static void on_signal(int sig __attribute__((unused)))
{
}

static void set_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &action, NULL);
	signal(SIGINT, SIG_IGN);
}

/* Ids of another user. */
#define STRANGER_ID 1000

static void become_stranger(void)
{
	if (setgroups(0, NULL) ||
	    setresgid(STRANGER_ID, STRANGER_ID, STRANGER_ID) ||
	    setresuid(STRANGER_ID, STRANGER_ID, STRANGER_ID) ||
	    prctl(PR_SET_DUMPABLE, 1))
		_exit(103);
}

void worker_main(unsigned int process)
{
	struct process *self = &arena->process[process];
	const unsigned int first = process * THREADS;
	pthread_t thread;

	set_signals();
	handles_close();
	control = open(MBX_DEVICE, O_RDWR | O_CLOEXEC);
	if (control < 0)
		_exit(100);
	self->uffd = memory_init_process(process);
	if (process == STRANGER)
		become_stranger();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	self->uid = getuid();
	self->gid = getgid();
	if (pthread_create(&thread, NULL, live, (void *)(uintptr_t)(first + 1)))
		_exit(104);
	live((void *)(uintptr_t)first);
	_exit(0);
}
