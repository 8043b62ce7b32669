/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loops around a mechanism's calls, with these inlined. */
#ifndef MBX_BENCH_LOOP_H
#define MBX_BENCH_LOOP_H

#include "bench.h"
#include "sys.h"

/* What a call should have returned, turned into 0. */
#define EXPECT(ret, want) ((ret) ^ (long)(want))

#define DEFINE_PAIR(prefix)                                            \
	static long prefix##_pair(struct chan *c, unsigned int n)      \
	{                                                              \
		long bad = 0;                                          \
		while (n--)                                            \
			bad |= prefix##_send(c) | prefix##_receive(c); \
		return bad;                                            \
	}

#define DEFINE_CYCLE(prefix, close)                                \
	static long prefix##_cycle(struct chan *c, unsigned int n) \
	{                                                          \
		while (n--) {                                      \
			int err = prefix##_open(c);                \
			if (err)                                   \
				return err;                        \
			close(c);                                  \
		}                                                  \
		return 0;                                          \
	}

#endif /* MBX_BENCH_LOOP_H */
