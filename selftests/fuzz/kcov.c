// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See kcov.h.  Places are kept relative to the module's code, as it is unloaded
 * and loaded again.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kcov.h"
#include "program.h"
#include "session.h"

#define KCOV_FILE "/sys/kernel/debug/kcov"
#define KCOV_INIT_TRACE _IOR('c', 1, unsigned long)
#define KCOV_ENABLE _IO('c', 100)
#define KCOV_TRACE_PC 0

#define WORDS (16 << 10) /* of each trace: a count, then addresses */
#define CODE_MAX 1048576
#define EDGES 65536

static int fds[KCOV_SLOTS];
static unsigned long *traces[KCOV_SLOTS];
static unsigned long base;
static bool available;

struct maps {
	unsigned int nr_places;
	unsigned int nr_edges;
	uint8_t places[CODE_MAX];
	uint8_t edges[EDGES];
};

static struct maps *maps;

static bool open_slot(unsigned int slot)
{
	fds[slot] = open(KCOV_FILE, O_RDWR | O_CLOEXEC);
	if (fds[slot] < 0 || ioctl(fds[slot], KCOV_INIT_TRACE, WORDS))
		return false;
	traces[slot] = mmap(NULL, WORDS * sizeof(unsigned long),
			    PROT_READ | PROT_WRITE, MAP_SHARED, fds[slot], 0);
	/* Only the supervisor reads it, and each fork would copy the mapping. */
	return traces[slot] != MAP_FAILED &&
	       !madvise(traces[slot], WORDS * sizeof(unsigned long),
			MADV_DONTFORK);
}

bool kcov_init(void)
{
	maps = shared_memory(sizeof(*maps));
	available = sizeof(long) == 8 && !access(KCOV_FILE, R_OK | W_OK);
	return available;
}

/* It may be loaded to another place each time. */
static void find_module(void)
{
	FILE *f = fopen("/sys/module/ipc_mailbox/sections/.text", "re");

	if (!f || fscanf(f, "%lx", &base) != 1)
		base = 0;
	if (f)
		fclose(f);
}

void kcov_open(void)
{
	unsigned int i;

	for (i = 0; available && i < KCOV_SLOTS; i++)
		available = open_slot(i);
	find_module();
}

void kcov_enable(unsigned int slot)
{
	if (available)
		ioctl(fds[slot], KCOV_ENABLE, KCOV_TRACE_PC);
}

void kcov_reset(void)
{
	unsigned int i;

	for (i = 0; available && i < KCOV_SLOTS; i++)
		__atomic_store_n(&traces[i][0], 0, __ATOMIC_RELAXED);
}

static bool see(uint8_t *map, unsigned int nr, unsigned int *count)
{
	if (map[nr])
		return false;
	if (__atomic_exchange_n(&map[nr], 1, __ATOMIC_RELAXED))
		return false;
	__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
	return true;
}

static unsigned int collect_slot(const unsigned long *trace)
{
	unsigned long nr = trace[0], last = 0, place, i;
	unsigned int fresh = 0;

	if (nr >= WORDS)
		nr = WORDS - 1;
	for (i = 1; i <= nr; i++) {
		place = trace[i] - base;
		if (place >= CODE_MAX)
			continue;
		fresh += see(maps->places, place, &maps->nr_places);
		fresh += see(maps->edges, (last * 0x9e3779b1UL + place) % EDGES,
			     &maps->nr_edges);
		last = place;
	}
	return fresh;
}

/* Returns how many places and edges are new. */
unsigned int kcov_collect(void)
{
	unsigned int fresh = 0, i;

	for (i = 0; available && i < KCOV_SUPERVISOR; i++)
		fresh += collect_slot(traces[i]);
	return fresh;
}

/* What the supervisor did itself counts, but leads nowhere. */
unsigned int kcov_collect_quietly(void)
{
	return available ? collect_slot(traces[KCOV_SUPERVISOR]) : 0;
}

unsigned int kcov_edges(void)
{
	return maps->nr_edges;
}

unsigned int kcov_places(void)
{
	return maps->nr_places;
}

/* Offsets in the module's .text, one per line. */
bool kcov_write(const char *file)
{
	FILE *f = fopen(file, "we");
	unsigned int i;

	for (i = 0; f && i < CODE_MAX; i++)
		if (maps->places[i])
			fprintf(f, "%#x\n", i);
	return f && !fclose(f);
}
