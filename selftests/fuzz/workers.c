// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The supervisor's side of the workers: how they are started, watched and
 * killed.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../observe.h"
#include "calls.h"
#include "futex.h"
#include "memory.h"
#include "run.h"

struct arena *arena;

static bool one_cpu;

static int uffds[PROCESSES]; /* of the workers, but descriptors of ours */
static int stats[TASKS]; /* /proc/PID/task/TID/stat */

int workers_init(void)
{
	unsigned int i;

	arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED || memory_init())
		return -1;
	arena->task[SUPERVISOR].tid = getpid();
	for (i = 0; i < PROCESSES; i++) {
		arena->process[i].dead = true;
		uffds[i] = -1;
	}
	for (i = 0; i < TASKS; i++)
		stats[i] = -1;
	/* What a killed worker leaves behind comes to us. */
	return prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* ----------------------------------------------------------------- start */

/*
 * Supervisor and workers to @cpu, the former behind the latter: whenever it runs
 * there, none of them can, and it need not wait to see them asleep.  Negative:
 * wherever they like, for races between CPUs.
 */
void workers_place(int cpu)
{
	cpu_set_t cpus;
	int i;

	CPU_ZERO(&cpus);
	for (i = 0; i < CPU_SETSIZE; i++)
		if (cpu < 0 || i == cpu)
			CPU_SET(i, &cpus);
	one_cpu = !sched_setaffinity(0, sizeof(cpus), &cpus) && cpu >= 0;
}

static void go_ahead(pid_t tid, int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	sched_setscheduler(tid, SCHED_FIFO, &param);
}

static int take_uffd(const struct process *process)
{
	int pidfd, fd;

	if (process->uffd < 0)
		return -1;
	pidfd = syscall(SYS_pidfd_open, process->pid, 0);
	fd = syscall(SYS_pidfd_getfd, pidfd, process->uffd, 0);
	close(pidfd);
	return fd;
}

static int open_stat(unsigned int task)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat",
		 arena->process[process_of(task)].pid, arena->task[task].tid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool wait_ready(struct process *process)
{
	struct task *self = &arena->task[SUPERVISOR];
	const uint64_t limit = now_ns(CLOCK_MONOTONIC) + WAIT_LIMIT;
	uint32_t kick;

	for (;;) {
		kick = load(&self->kick);
		if (load(&process->ready) == THREADS)
			return true;
		if (now_ns(CLOCK_MONOTONIC) > limit ||
		    waitpid(process->pid, NULL, WNOHANG))
			return false;
		futex_wait(&self->kick, kick, 10000);
	}
}

static bool start(unsigned int nr)
{
	struct process *process = &arena->process[nr];
	unsigned int i;
	pid_t pid;

	process->ready = 0;
	process->dead = false;
	for (i = nr * THREADS; i < (nr + 1) * THREADS; i++)
		memset(&arena->task[i], 0, sizeof(arena->task[i]));
	pid = fork();
	if (!pid) {
		if (one_cpu)
			go_ahead(0, 1);
		worker_main(nr);
	}
	/* Not in the child, which shares the memory. */
	process->pid = pid;
	if (pid < 0 || !wait_ready(process))
		return false;
	uffds[nr] = take_uffd(process);
	for (i = nr * THREADS; i < (nr + 1) * THREADS; i++)
		stats[i] = open_stat(i);
	return true;
}

/* Those that the program needs and that are not there. */
const char *workers_start(const struct program *program)
{
	unsigned int i;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	for (i = 0; i < PROCESSES; i++)
		if (arena->process[i].dead && program_uses(program, i) &&
		    !start(i))
			return finding("worker %u does not start", i);
	return NULL;
}

/* ----------------------------------------------------------------- the end */

static void forget(unsigned int nr)
{
	unsigned int i;

	if (uffds[nr] >= 0)
		close(uffds[nr]);
	uffds[nr] = -1;
	for (i = nr * THREADS; i < (nr + 1) * THREADS; i++) {
		if (stats[i] >= 0)
			close(stats[i]);
		stats[i] = -1;
	}
}

/*
 * Whoever waits in the kernel for a page that userfaultfd serves does not sleep
 * any more once he has a signal: he looks again and again, ahead of us, and in
 * the way of all others on his CPU.  Those who are to die come before him.
 */
static void hurry(pid_t tid)
{
	if (one_cpu && tid)
		go_ahead(tid, 2);
}

/* Nothing can go on with a process that does not die. */
static void bury(pid_t pid)
{
	int tries = 0;
	bool gone;

	do {
		gone = wait_until(waitpid(pid, NULL, WNOHANG));
		if (!gone && !tries)
			survivor_print(pid);
	} while (!gone && ++tries < 3);
	if (gone && tries)
		printf("Process %d has died at last\n", pid);
	if (gone)
		return;
	printf("FOUND: process %d survives SIGKILL\n", pid);
	fflush(stdout);
	abort();
}

static void close_record(unsigned int nr)
{
	const struct call *call = &arena->program.call[nr];
	struct record *record = &arena->record[nr];

	if (call->forked && load(&record->state) == CALL_RUNNING &&
	    record->pid) {
		/* It goes with its parent, but not at once. */
		hurry(record->pid);
		bury(record->pid);
	}
	if (load(&record->state) == CALL_RUNNING)
		inspect_killed(nr, call->task);
	else if (load(&record->state) == CALL_PENDING)
		store(&record->state, CALL_SKIPPED);
}

/* When this returns the process is gone, and its calls have an outcome. */
void worker_kill(unsigned int process)
{
	struct process *self = &arena->process[process];
	unsigned int i;

	if (self->dead)
		return;
	kill(self->pid, SIGKILL);
	for (i = process * THREADS; i < (process + 1) * THREADS; i++)
		hurry(arena->task[i].tid);
	bury(self->pid);
	self->dead = true;
	forget(process);
	for (i = 0; i < arena->program.nr; i++)
		if (arena->program.call[i].task < TASKS &&
		    process_of(arena->program.call[i].task) == process)
			close_record(i);
	for (i = process * THREADS; i < (process + 1) * THREADS; i++)
		store(&arena->task[i].busy, 0);
}

void workers_stop(void)
{
	unsigned int i;

	for (i = 0; i < PROCESSES; i++)
		worker_kill(i);
	wait_until(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

/* -------------------------------------------------------------------- looks */

static char parse_state(int fd)
{
	char text[256];
	const char *end;
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len <= 0)
		return 0;
	text[len] = '\0';
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : 0;
}

static char child_state(pid_t pid)
{
	char path[32], state;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	state = parse_state(fd);
	close(fd);
	return state;
}

/* State letter of whoever makes the task's call, 0 if it is in none. */
char task_state(unsigned int task)
{
	const uint32_t busy = load(&arena->task[task].busy);
	const struct record *record = &arena->record[busy - 1];

	if (!busy || load(&record->state) != CALL_RUNNING)
		return 0;
	return arena->program.call[busy - 1].forked ? child_state(record->pid) :
						      parse_state(stats[task]);
}

bool worker_has_stuck_memory(void)
{
	return uffds[0] >= 0;
}

void worker_resolve(unsigned int task)
{
	const int uffd = uffds[process_of(task)];

	if (uffd >= 0)
		memory_resolve(task, uffd);
}
