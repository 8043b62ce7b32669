// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The corpus, and what beside coverage makes a program worth keeping: a new
 * succession of outcomes.  That works on every kernel.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "corpus.h"
#include "model.h"
#include "session.h"

#define CORPUS_MAX 8192
#define FEATURES 65536
/* Of a program that has not run yet: middling. */
#define UNKNOWN_COST 50000000

/* An entry is there before it is counted in @ready. */
struct corpus {
	uint32_t nr;
	uint32_t ready;
	uint32_t loaded;
	uint32_t tried;
	uint8_t features[FEATURES];
	uint64_t costs[CORPUS_MAX];
	struct program programs[CORPUS_MAX];
};

static struct corpus *corpus;

void corpus_init(void)
{
	corpus = shared_memory(sizeof(*corpus));
}

unsigned int corpus_size(void)
{
	return load(&corpus->ready);
}

const struct program *corpus_untried(void)
{
	uint32_t nr;

	if (load(&corpus->tried) >= corpus->loaded)
		return NULL;
	nr = __atomic_fetch_add(&corpus->tried, 1, __ATOMIC_SEQ_CST);
	return nr < corpus->loaded ? &corpus->programs[nr] : NULL;
}

/* Half of the time one of the newest. */
static unsigned int pick_one(struct rng *rng, unsigned int nr)
{
	if (rng_once_in(rng, 2))
		return nr - 1 - rng_below(rng, nr / 4 + 1);
	return rng_below(rng, nr);
}

/* The cheaper of two: processes that come and go take most of the time. */
const struct program *corpus_pick(struct rng *rng)
{
	const unsigned int nr = corpus_size();
	unsigned int a, b;

	if (!nr)
		return NULL;
	a = pick_one(rng, nr);
	b = pick_one(rng, nr);
	return &corpus->programs[corpus->costs[a] < corpus->costs[b] ? a : b];
}

static const char *write_program(const struct program *program, const char *dir)
{
	static char text[PROGRAM_TEXT_MAX];
	uint64_t hash = program->nr;
	char path[512];
	FILE *f;
	char *c;

	program_print(program, "\n", text, sizeof(text));
	for (c = text; *c; c++)
		hash = rng_mix(hash, *c);
	snprintf(path, sizeof(path), "%s/%016llx.txt", dir,
		 (unsigned long long)hash);
	f = fopen(path, "we");
	if (!f)
		return "cannot write a file";
	fprintf(f, "# %s: GPL-2.0-or-later\n%s", "SPDX-License-Identifier",
		text);
	return fclose(f) ? "cannot write a file" : NULL;
}

const char *corpus_add(const struct program *program, uint64_t cost,
		       const char *keep)
{
	const uint32_t nr =
		__atomic_fetch_add(&corpus->nr, 1, __ATOMIC_SEQ_CST);
	uint32_t expected;

	if (nr >= CORPUS_MAX)
		return NULL;
	corpus->programs[nr] = *program;
	corpus->costs[nr] = cost;
	do
		expected = nr;
	while (!__atomic_compare_exchange_n(&corpus->ready, &expected, nr + 1,
					    false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST));
	return keep ? write_program(program, keep) : NULL;
}

static int is_text(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".txt");
}

static const char *load_file(const char *path)
{
	struct program program;
	const char *wrong = program_load(&program, path);

	if (wrong)
		fprintf(stderr, "%s: %s\n", path, wrong);
	else if (program.nr)
		wrong = corpus_add(&program, UNKNOWN_COST, NULL);
	return wrong;
}

const char *corpus_load(const char *dir)
{
	const char *wrong = NULL;
	struct dirent **names;
	char path[1024];
	int nr, i;

	nr = scandir(dir, &names, is_text, alphasort);
	if (nr < 0)
		return "no such directory";
	for (i = 0; i < nr && !wrong; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		wrong = load_file(path);
	}
	while (nr-- > 0)
		free(names[nr]);
	free(names);
	corpus->loaded = corpus->ready;
	return wrong;
}

/* ---------------------------------------------------------------- features */

static unsigned int describe(unsigned int nr)
{
	const struct call *call = &arena->program.call[nr];
	const struct record *record = &arena->record[nr];
	const struct box *box;
	uint64_t what = call->op;

	what = what << 8 | (record->err & 0xff);
	what = what << 4 | record->state;
	what = what << 1 | !!record->asleep;
	what = what << 1 | is_derived(nr);
	what = what << 1 | selects(nr);
	if (call->op == OP_CONTROL)
		what = what << 3 | (call->arg[P_OP] & 7);
	box = box_of(nr);
	return what << 4 | (box ? box->policy & 0xf : 0xf);
}

/* The outcome of each call, and where, together with that of the one before. */
unsigned int features_collect(void)
{
	unsigned int i, place, fresh = 0, last = 0, this;

	for (i = 0; i < arena->program.nr; i++) {
		this = describe(i);
		place = rng_mix(last, this) % FEATURES;
		fresh += !corpus->features[place];
		corpus->features[place] = 1;
		last = this;
	}
	return fresh;
}
