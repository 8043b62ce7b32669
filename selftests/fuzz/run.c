// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One execution: let the program run, look whether all who sleep may sleep, end
 * their sleep, clean up, and hand the records to the model.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../command.h"
#include "../observe.h"
#include "futex.h"
#include "kcov.h"
#include "memory.h"
#include "run.h"

/* How often to look at what does not report itself. */
#define GLANCE_US 300
#define LONG_GLANCE_US 5000
/* What takes longer does not come to an end. */
#define PATIENCE (20 * SEC)
/* Longest time that a program may neither end nor sleep. */
#define ROUND_LIMIT (5 * SEC)

int run_control = -1;

/* --------------------------------------------------------------- conditions */

static struct task *self(void)
{
	return &arena->task[SUPERVISOR];
}

/* Until a task tells something, or for that long. */
static void pause_for(uint32_t kick, unsigned int us)
{
	futex_wait(&self()->kick, kick, us);
}

static bool is_over(unsigned int nr)
{
	return load(&arena->record[nr].state) >= CALL_DONE;
}

static bool all_over(void)
{
	return !any_call(i, !is_over(i));
}

static bool is_dead(unsigned int task)
{
	return task < TASKS && arena->process[process_of(task)].dead;
}

/*
 * Notes from when on a call sleeps; 'D' may be any lock.  One that is over by then
 * did not: its thread waits for the next.
 */
static bool is_asleep(unsigned int task)
{
	const uint32_t busy = load(&arena->task[task].busy);
	const char state = busy ? task_state(task) : 0;
	struct record *record = &arena->record[busy ? busy - 1 : 0];
	uint32_t stamp;

	if (state == 'S' && !record->asleep) {
		stamp = next_stamp();
		if (!is_over(busy - 1))
			record->asleep = stamp;
	}
	return state == 'S' || state == 'D';
}

/* Every call that is not over sleeps, or waits for one that does. */
static bool all_settled(void)
{
	unsigned int i, task;

	for (i = 0; i < arena->program.nr; i++) {
		task = arena->program.call[i].task;
		if (is_over(i))
			continue;
		if (task == SUPERVISOR || is_dead(task) || !is_asleep(task))
			return false;
	}
	return true;
}

/* -------------------------------------------------------------------- turns */

/* The supervisor's own calls, and those that nobody is left to make. */
static bool take_turn(unsigned int nr)
{
	const unsigned int task = arena->program.call[nr].task;

	if (task == SUPERVISOR)
		supervise_call(nr);
	else if (is_dead(task) && is_over(nr))
		; /* as an element of a batch */
	else if (is_dead(task))
		store(&arena->record[nr].state, CALL_SKIPPED);
	else
		return false;
	turn_pass(nr, SUPERVISOR);
	return true;
}

/* May whoever is to make a call sleep, in that one or in an earlier one? */
static bool may_sleep(unsigned int nr)
{
	const struct call *call = &arena->program.call[nr];
	const uint32_t busy = load(&arena->task[call->task].busy);

	return op_info[call->op].blocks || (busy && busy != nr + 1);
}

/* Only what may sleep has to be watched. */
static void watch(uint32_t kick, uint32_t turn)
{
	const bool closely = turn == arena->program.nr || may_sleep(turn);

	pause_for(kick, closely ? GLANCE_US : LONG_GLANCE_US);
}

/* True if all is over or asleep, false if that takes too long. */
static bool run_turns(void)
{
	const uint64_t limit = now_ns(CLOCK_MONOTONIC) + ROUND_LIMIT;
	const unsigned int end = arena->program.nr;
	uint32_t kick, turn;

	while (now_ns(CLOCK_MONOTONIC) < limit) {
		kick = load(&self()->kick);
		turn = load(&arena->turn);
		if (turn < end && take_turn(turn))
			continue;
		if (turn == end && all_settled())
			return true;
		if (turn < end && is_asleep(arena->program.call[turn].task))
			turn_pass(turn, SUPERVISOR);
		else
			watch(kick, turn);
	}
	/* Whoever spins must not keep the others from their turns. */
	while ((turn = load(&arena->turn)) < end)
		if (!take_turn(turn))
			turn_pass(turn, SUPERVISOR);
	return false;
}

/* ------------------------------------------------------------ ending sleeps */

/* False if there was nobody who could be stuck. */
static bool resolve_all(void)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < arena->program.nr; i++)
		if (!is_over(i) && may_get_stuck(&arena->program.call[i])) {
			worker_resolve(arena->program.call[i].task);
			any = true;
		}
	return any;
}

/* The call of a task, if it sleeps until a deadline. */
static const struct record *until_deadline(unsigned int task)
{
	const uint32_t busy = load(&arena->task[task].busy);
	const struct record *record = &arena->record[busy - 1];

	if (!busy || is_dead(task) || load(&record->state) != CALL_RUNNING)
		return NULL;
	return record->deadline ? record : NULL;
}

static const struct record *any_deadline(void)
{
	const struct record *record = NULL;
	unsigned int i;

	for (i = 0; i < TASKS && !record; i++)
		record = until_deadline(i);
	return record;
}

/* Deadlines are short: they pass now. */
static const char *pass_deadlines(void)
{
	const uint64_t limit = now_ns(CLOCK_MONOTONIC) + PATIENCE;
	const struct record *record;
	uint64_t now, left;
	uint32_t kick;

	while ((record = any_deadline())) {
		kick = load(&self()->kick);
		now = now_ns(CLOCK_MONOTONIC);
		if (now > limit)
			return finding_at(record - arena->record,
					  "sleeps on after its deadline");
		left = record->deadline > now ? record->deadline - now : 0;
		pause_for(kick, GLANCE_US + left / 1000);
		resolve_all();
		run_turns();
	}
	return NULL;
}

static void interrupt_all(void)
{
	const struct record *record;
	unsigned int i;

	for (i = 0; i < arena->program.nr; i++) {
		record = &arena->record[i];
		if (load(&record->state) == CALL_RUNNING)
			syscall(SYS_tgkill, record->pid, record->tid, SIGUSR1);
	}
}

static const char *stop_all(void)
{
	const uint64_t limit = now_ns(CLOCK_MONOTONIC) + PATIENCE;
	unsigned int i;
	uint32_t kick;

	store(&arena->stop, next_stamp());
	while (!all_over()) {
		kick = load(&self()->kick);
		for (i = 0; i < TASKS; i++)
			futex_raise(&arena->task[i].kick);
		resolve_all();
		interrupt_all();
		if (now_ns(CLOCK_MONOTONIC) < limit) {
			pause_for(kick, GLANCE_US);
			continue;
		}
		for (i = 0; is_over(i); i++)
			;
		return finding_at(i, "does not return when interrupted");
	}
	return NULL;
}

static const char *end_sleeps(void)
{
	const char *wrong = NULL;

	if (!all_over())
		wrong = live_check();
	if (!wrong && resolve_all() && run_turns() && !all_over())
		wrong = live_check();
	if (!wrong)
		wrong = pass_deadlines();
	return wrong ?: stop_all();
}

/* ----------------------------------------------------------------- clean-up */

static void start_cleaning(unsigned int process)
{
	struct task *leader = &arena->task[process * THREADS];

	if (is_dead(process * THREADS) ||
	    !program_uses(&arena->program, process))
		return;
	store(&leader->clean, 1);
	futex_raise(&leader->kick);
}

static const char *wait_clean(unsigned int process)
{
	const uint64_t limit = now_ns(CLOCK_MONOTONIC) + PATIENCE;
	const struct task *leader = &arena->task[process * THREADS];
	uint32_t kick;

	for (;;) {
		kick = load(&self()->kick);
		if (!load(&leader->clean))
			return NULL;
		if (now_ns(CLOCK_MONOTONIC) > limit)
			return finding("process %u cannot close its handles",
				       process);
		pause_for(kick, LONG_GLANCE_US);
	}
}

/* Mailboxes whose creator is not there any more. */
static void finish_orphans(void)
{
	const struct call *call;
	unsigned int i;

	for (i = 0; i < arena->program.nr; i++) {
		call = &arena->program.call[i];
		if ((call->op == OP_CREATE && arena->record[i].new_box &&
		     (call->forked || is_dead(call->task))) ||
		    (is_direct(i) &&
		     !program_uses(&arena->program,
				   process_of(call->arg[P_TARGET]))))
			box_finish(run_control, arena->record[i].new_box);
	}
}

static const char *find_leftovers(void)
{
	unsigned int i;
	int fd;

	for (i = 0; i < arena->program.nr; i++) {
		if (!is_direct(i) && (arena->program.call[i].op != OP_CREATE ||
				      !arena->record[i].new_box))
			continue;
		fd = box_open(run_control, NULL, arena->record[i].new_box, 0);
		if (fd >= 0) {
			close(fd);
			return finding_at(i,
					  "the mailbox cannot be got rid of");
		}
	}
	return NULL;
}

static const char *clean_up(void)
{
	const char *wrong = NULL;
	unsigned int i;

	for (i = 0; i < PROCESSES; i++)
		start_cleaning(i);
	for (i = 0; i < PROCESSES && !wrong; i++)
		wrong = wait_clean(i);
	if (wrong)
		return wrong;
	finish_orphans();
	return find_leftovers();
}

/* ---------------------------------------------------------------- execution */

static bool any_awake(void)
{
	unsigned int i;

	for (i = 0; i < TASKS; i++)
		if (!is_dead(i) && !load(&arena->task[i].waiting))
			return true;
	return false;
}

/* From now on no task looks at the program; see live() in worker.c. */
static void close_round(void)
{
	store(&arena->round, 0);
	while (any_awake())
		pause_for(load(&self()->kick), GLANCE_US);
}

static void open_round(const struct program *program, uint64_t nonce)
{
	static uint32_t round;

	arena->program = *program;
	arena->nonce = nonce;
	memset(arena->record, 0, sizeof(arena->record));
	memset(arena->box, 0, sizeof(arena->box));
	arena->nr_finished = 0;
	arena->stop = 0;
	arena->turn = 0;
	arena->stamp = 0;
	kcov_reset();
	store(&arena->round, ++round ?: ++round);
	if (program->nr)
		futex_raise(&arena->task[program->call[0].task].kick);
}

const char *run_program(const struct program *program, uint64_t nonce)
{
	const char *wrong;

	/* A new worker would begin the last program. */
	close_round();
	wrong = workers_start(program);
	if (wrong)
		return wrong;
	open_round(program, nonce);
	run_turns();
	wrong = end_sleeps();
	if (!wrong)
		wrong = clean_up();
	if (!wrong)
		wrong = model_check();
	if (wrong)
		workers_stop();
	return wrong;
}
