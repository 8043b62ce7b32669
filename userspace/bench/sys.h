/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls without a C library in between, so that a figure holds the
 * kernel's work and nothing else.  A result is a value or -errno.
 */
#ifndef MBX_BENCH_SYS_H
#define MBX_BENCH_SYS_H

#ifndef __x86_64__
#error "mbx-bench counts with rdtsc and makes x86-64 system calls"
#endif

#include <sys/cdefs.h>
#include <sys/syscall.h>

static __always_inline long sys5(long nr, long a, long b, long c, long d,
				 long e)
{
	register long r10 asm("r10") = d;
	register long r8 asm("r8") = e;
	long ret;

	asm volatile("syscall"
		     : "=a"(ret)
		     : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
		     : "rcx", "r11", "memory");
	return ret;
}

static __always_inline long sys3(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("syscall"
		     : "=a"(ret)
		     : "0"(nr), "D"(a), "S"(b), "d"(c)
		     : "rcx", "r11", "memory");
	return ret;
}

static __always_inline unsigned long rdtsc(void)
{
	unsigned int lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return ((unsigned long)hi << 32) | lo;
}

#endif /* MBX_BENCH_SYS_H */
