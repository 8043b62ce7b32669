// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See memory.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "memory.h"

#define PAGES (1 + DATA_PAGES)
#define REGION ((PAGES + REPLY_PAGES) * PAGE)

/* An argument page and data pages, each followed by one that faults. */
#define ALIAS_SIZE ((PAGES + 2) * PAGE)
#define ALIAS_DATA (2 * PAGE)

/* The ways in which a process maps a region. */
enum alias { COLD, READONLY, STUCK, ALIASES };

static int memfd;
static unsigned char *plain; /* all regions, in every process */
static unsigned char *aliases[TASKS][ALIASES]; /* of this process */
static bool unmapped[TASKS];

int memory_init(void)
{
	memfd = memfd_create("fuzz", MFD_CLOEXEC);
	if (memfd < 0 || ftruncate(memfd, TASKS * REGION))
		return -1;
	plain = mmap(NULL, TASKS * REGION, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_POPULATE, memfd, 0);
	if (plain == MAP_FAILED)
		return -1;
	memset(plain, 0, TASKS * REGION);
	return 0;
}

/* ---------------------------------------------------------------- mappings */

static void map_part(unsigned char *at, unsigned int task, unsigned int page,
		     unsigned int pages, int prot)
{
	void *map = mmap(at, pages * PAGE, prot, MAP_SHARED | MAP_FIXED, memfd,
			 task * REGION + page * PAGE);

	if (map == MAP_FAILED)
		_exit(101);
}

static void map_alias(unsigned int task, enum alias alias)
{
	const int prot = alias == READONLY ? PROT_READ : PROT_READ | PROT_WRITE;
	unsigned char *at = aliases[task][alias];

	map_part(at, task, 0, 1, prot);
	map_part(at + ALIAS_DATA, task, 1, DATA_PAGES, prot);
}

static void register_alias(unsigned int task, int uffd)
{
	struct uffdio_register reg = {
		.range = { (uintptr_t)aliases[task][STUCK], PAGE },
		.mode = UFFDIO_REGISTER_MODE_MINOR,
	};

	if (uffd < 0)
		return;
	if (ioctl(uffd, UFFDIO_REGISTER, &reg))
		_exit(102);
	reg.range.start += ALIAS_DATA;
	reg.range.len = DATA_MAX;
	if (ioctl(uffd, UFFDIO_REGISTER, &reg))
		_exit(102);
}

static void map_task(unsigned int task, int uffd)
{
	unsigned int alias;

	for (alias = 0; alias < ALIASES; alias++)
		map_alias(task, alias);
	register_alias(task, uffd);
}

/* Faults on pages that are there, of the kernel, too: that needs privileges. */
static int open_uffd(void)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_MINOR_SHMEM,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, UFFDIO_API, &api)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Returns the userfaultfd, or -1 where there is none: stuck pages are cold. */
int memory_init_process(unsigned int process)
{
	const int uffd = open_uffd();
	unsigned int task, alias;

	for (task = process * THREADS; task < (process + 1) * THREADS; task++) {
		for (alias = 0; alias < ALIASES; alias++) {
			aliases[task][alias] = mmap(NULL, ALIAS_SIZE, PROT_NONE,
						    MAP_PRIVATE | MAP_ANONYMOUS,
						    -1, 0);
			if (aliases[task][alias] == MAP_FAILED)
				_exit(101);
		}
		unmapped[task] = false;
		map_task(task, uffd);
		arena->process[process].stuck[task % THREADS] =
			(uintptr_t)aliases[task][STUCK];
	}
	return uffd;
}

/* ------------------------------------------------------------------- places */

unsigned char *memory_arg(unsigned int task)
{
	return plain + task * REGION;
}

unsigned char *memory_data(unsigned int task)
{
	return memory_arg(task) + PAGE;
}

unsigned char *memory_reply(unsigned int task)
{
	return memory_data(task) + DATA_MAX;
}

static uint64_t hostile_address(unsigned int task, enum memory kind)
{
	switch (kind) {
	case MEM_KERNEL:
		return 0xffffffff81000000ULL;
	case MEM_WILD:
		return 0x1234000000000000ULL;
	case MEM_NONE:
		return (uintptr_t)aliases[task][COLD] + PAGE;
	default:
		return 0;
	}
}

static unsigned char *alias_of(unsigned int task, enum memory kind)
{
	switch (kind) {
	case MEM_READONLY:
		return aliases[task][READONLY];
	case MEM_STUCK:
		return aliases[task][STUCK];
	default:
		return aliases[task][COLD];
	}
}

/* @at: of @room bytes of the region, as seen in an alias. */
static struct place place(unsigned int task, enum memory kind, uint32_t len,
			  unsigned char *at_plain, uint32_t at, uint32_t room,
			  uint32_t beyond)
{
	struct place place = { .plain = at_plain, .usable = len };
	uint32_t offset = 0;

	if (kind == MEM_PLAIN) {
		place.user = (uintptr_t)at_plain;
		return place;
	}
	if (memory_is_bad(kind)) {
		place.user = hostile_address(task, kind);
		place.usable = 0;
		return place;
	}
	if (kind == MEM_OVER) {
		place.usable = len < beyond ? 0 : len - beyond;
		offset = room - place.usable;
	} else if (kind == MEM_EDGE) {
		offset = room - len;
	}
	place.plain += offset;
	place.user = (uintptr_t)alias_of(task, kind) + at + offset;
	return place;
}

struct place place_arg(unsigned int task, enum memory kind, uint32_t len)
{
	return place(task, kind, len, memory_arg(task), 0, PAGE, 8);
}

struct place place_data(unsigned int task, enum memory kind, uint32_t len)
{
	return place(task, kind, len, memory_data(task), ALIAS_DATA, DATA_MAX,
		     1);
}

/* @kind: plain, or bad */
struct place place_reply(unsigned int task, enum memory kind, uint32_t len)
{
	return place(task, kind, len, memory_reply(task), 0, 0, 0);
}

/* ------------------------------------------------------------------ changes */

void memory_prepare(unsigned int task, enum memory kind)
{
	unsigned char *alias = alias_of(task, kind);

	if (memory_is_bad(kind) || kind == MEM_PLAIN || unmapped[task])
		return;
	madvise(alias, PAGE, MADV_DONTNEED);
	madvise(alias + ALIAS_DATA, DATA_MAX, MADV_DONTNEED);
}

static void wake(uint64_t start, int uffd)
{
	struct uffdio_range range = { start, PAGE };

	ioctl(uffd, UFFDIO_WAKE, &range);
	range.start += ALIAS_DATA;
	range.len = DATA_MAX;
	ioctl(uffd, UFFDIO_WAKE, &range);
}

/* Whoever is stuck there finds nothing any more. */
void memory_unmap(unsigned int task)
{
	const int uffd = arena->process[process_of(task)].uffd;
	unsigned int alias;

	if (!aliases[task][COLD])
		return;
	unmapped[task] = true;
	for (alias = 0; alias < ALIASES; alias++)
		mmap(aliases[task][alias], ALIAS_SIZE, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (uffd >= 0)
		wake((uintptr_t)aliases[task][STUCK], uffd);
}

void memory_restore(unsigned int process)
{
	unsigned int task;

	for (task = process * THREADS; task < (process + 1) * THREADS; task++) {
		if (!unmapped[task])
			continue;
		map_task(task, arena->process[process].uffd);
		unmapped[task] = false;
	}
}

void memory_resolve(unsigned int task, int uffd)
{
	const struct process *process = &arena->process[process_of(task)];
	const uint64_t start = process->stuck[task % THREADS];
	struct uffdio_continue fault = { .range = { start, PAGE } };
	unsigned int page;

	for (page = 0; page < PAGES; page++) {
		ioctl(uffd, UFFDIO_CONTINUE, &fault);
		fault.range.start += page ? PAGE : ALIAS_DATA;
	}
	wake(start, uffd);
}
