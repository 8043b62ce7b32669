/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Futexes in memory that processes share. */
#ifndef FUZZ_FUTEX_H
#define FUZZ_FUTEX_H

#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The kernel's structure for SYS_futex, whatever the program's time_t is. */
struct futex_time {
	long sec;
	long nsec;
};

/* Until somebody wakes it, unless it is not @value any more; @us 0: forever. */
static inline void futex_wait(uint32_t *word, uint32_t value, unsigned int us)
{
	const struct futex_time time = { us / 1000000, us % 1000000 * 1000 };

	syscall(SYS_futex, word, FUTEX_WAIT, value, us ? &time : NULL, NULL, 0);
}

static inline void futex_raise(uint32_t *word)
{
	__atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

#endif /* FUZZ_FUTEX_H */
