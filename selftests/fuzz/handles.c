// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The handles of a process, which its threads share, and the children that hold
 * on to them.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"

/*
 * One word each, so that a thread never sees half of a change, and that a child
 * does not inherit a lock: descriptor + 1, rights, maker, id.
 */
static uint64_t handles[HANDLES];

#define FD_BITS 16
#define RIGHTS_BITS 3
#define MAKER_BITS 5
#define MAKER_SHIFT (FD_BITS + RIGHTS_BITS)
#define ID_SHIFT (MAKER_SHIFT + MAKER_BITS)

_Static_assert(MAX_CALLS < 1 << MAKER_BITS, "maker");

static uint64_t pack(struct handle handle)
{
	return (uint64_t)(handle.fd + 1) | (uint64_t)handle.rights << FD_BITS |
	       (uint64_t)handle.maker << MAKER_SHIFT | handle.id << ID_SHIFT;
}

static struct handle unpack(uint64_t word)
{
	return (struct handle){
		.fd = (int)(word & ((1 << FD_BITS) - 1)) - 1,
		.rights = word >> FD_BITS & ((1 << RIGHTS_BITS) - 1),
		.maker = word >> MAKER_SHIFT & ((1 << MAKER_BITS) - 1),
		.id = word >> ID_SHIFT,
	};
}

struct handle handle_get(unsigned int nr)
{
	if (nr == CONTROL)
		return (struct handle){ .fd = control };
	return unpack(__atomic_load_n(&handles[nr], __ATOMIC_SEQ_CST));
}

/* What was there is closed. */
void handle_set(unsigned int nr, struct handle handle)
{
	const uint64_t word = __atomic_exchange_n(&handles[nr], pack(handle),
						  __ATOMIC_SEQ_CST);
	const struct handle old = unpack(word);

	if (old.fd >= 0)
		close(old.fd);
}

void handle_close(unsigned int nr)
{
	handle_set(nr, (struct handle){ .fd = -1 });
}

void handles_close(void)
{
	unsigned int i;

	for (i = 0; i < HANDLES; i++)
		handle_close(i);
}

/* ----------------------------------------------------------------- holders */

#define MAX_HOLDERS 4

static pid_t holders[MAX_HOLDERS];
static unsigned int nr_holders;

/* A child that does nothing but to have the same files open. */
void hold(void)
{
	unsigned int nr = __atomic_fetch_add(&nr_holders, 1, __ATOMIC_SEQ_CST);
	pid_t pid;

	if (nr >= MAX_HOLDERS)
		return;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	holders[nr] = pid;
}

void holders_kill(void)
{
	unsigned int i;

	for (i = 0; i < MAX_HOLDERS; i++) {
		if (holders[i] > 0) {
			kill(holders[i], SIGKILL);
			while (waitpid(holders[i], NULL, 0) < 0 &&
			       errno == EINTR)
				;
		}
		holders[i] = 0;
	}
	nr_holders = 0;
}

/* ------------------------------------------------------------------- names */

unsigned int box_name(unsigned int box, enum name kind, char *name)
{
	unsigned int len;

	len = snprintf(name, NAME_ROOM, "%sfuzz-%x-%u",
		       kind == NAME_BAD ? "a/" : "",
		       arena->task[SUPERVISOR].tid, box);
	switch (kind) {
	case NAME_NONE:
	case NAME_EMPTY:
		return 0;
	case NAME_LONG:
	case NAME_TOO_LONG:
		memset(name + len, 'x', NAME_ROOM - len);
		return kind == NAME_LONG ? MBX_NAME_MAX : MBX_NAME_MAX + 1;
	default:
		return len;
	}
}
