/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers that a seed repeats, the same on every machine. */
#ifndef FUZZ_RNG_H
#define FUZZ_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

/* splitmix64: every state is a good one, and so is every seed. */
static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static inline uint64_t rng_mix(uint64_t a, uint64_t b)
{
	struct rng rng = { a };

	rng.state = rng_next(&rng) ^ b;
	return rng_next(&rng);
}

static inline unsigned int rng_below(struct rng *rng, unsigned int limit)
{
	return (rng_next(rng) >> 32) * limit >> 32;
}

/* True once in @times. */
static inline bool rng_once_in(struct rng *rng, unsigned int times)
{
	return !rng_below(rng, times);
}

#endif /* FUZZ_RNG_H */
