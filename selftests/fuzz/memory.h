/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for arguments and messages, good and hostile.
 *
 * Each task has a page for an argument structure and some for a message.  They
 * are mapped several times, for each way of being hostile once, so that what the
 * kernel wrote can always be read by way of a plain mapping, by anyone.  A few more
 * are for a reply, in the plain mapping only.
 */
#ifndef FUZZ_MEMORY_H
#define FUZZ_MEMORY_H

#include "program.h"

#define PAGE 4096U
#define DATA_PAGES 5
#define DATA_MAX (DATA_PAGES * PAGE)
#define REPLY_PAGES 3

/**
 * struct place - where an argument or a message is
 * @plain: to be written and read by us
 * @user: what the kernel is told
 * @usable: how many bytes the kernel can access there
 */
struct place {
	unsigned char *plain;
	uint64_t user;
	uint32_t usable;
};

int memory_init(void);
int memory_init_process(unsigned int process);

unsigned char *memory_arg(unsigned int task);
unsigned char *memory_data(unsigned int task);
unsigned char *memory_reply(unsigned int task);
struct place place_arg(unsigned int task, enum memory kind, uint32_t len);
struct place place_data(unsigned int task, enum memory kind, uint32_t len);
struct place place_reply(unsigned int task, enum memory kind, uint32_t len);

/* In the task's own process, before a call that uses such memory. */
void memory_prepare(unsigned int task, enum memory kind);
void memory_unmap(unsigned int task);
void memory_restore(unsigned int process);

/* Anywhere, with a descriptor of that process's userfaultfd. */
void memory_resolve(unsigned int task, int uffd);

static inline bool may_get_stuck(const struct call *call)
{
	return call->arg[P_DATA] == MEM_STUCK || call->arg[P_ARG] == MEM_STUCK;
}

/* What the kernel can make nothing of. */
static inline bool memory_is_bad(enum memory kind)
{
	return kind == MEM_NULL || kind == MEM_KERNEL || kind == MEM_WILD ||
	       kind == MEM_NONE;
}

/* Some of these fail only when written to, or at their end, or meanwhile. */
static inline bool memory_may_fault(enum memory kind)
{
	return memory_is_bad(kind) || kind == MEM_READONLY ||
	       kind == MEM_OVER || kind == MEM_STUCK;
}

#endif /* FUZZ_MEMORY_H */
