// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Samples are short: the timer ticks every few million instructions, so only a
 * few samples hold an interrupt and the median has none.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "sys.h"

#define SAMPLES 40
#define ROUND_TRIPS 400
#define WARM_UP MAX_BATCH
/* Threads that have slept are owed time, which decides who preempts whom. */
#define SETTLE 2000

static double samples[ROUND_TRIPS];
static struct chan there, back;

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

double median_of(double *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), compare);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void keep(struct row *row, unsigned int round, unsigned int n)
{
	row->median[round] = median_of(samples, n);
	if (!round || samples[0] < row->min)
		row->min = samples[0];
}

/* A loop ORs its results: an error number is one only if it stands alone. */
static int loop_error(long bad)
{
	return bad < 0 && bad > -4096 ? bad : -EIO;
}

typedef long (*loop_fn)(struct chan *chan, unsigned int n);

static int sample_loop(struct row *row, unsigned int round, loop_fn loop,
		       unsigned int batch)
{
	long bad = loop(&there, WARM_UP);

	if (bad)
		return loop_error(bad);
	for (int i = 0; i < SAMPLES; i++) {
		unsigned long start = rdtsc();

		bad = loop(&there, batch);
		samples[i] = (double)(rdtsc() - start) / batch;
		if (bad)
			return loop_error(bad);
	}
	keep(row, round, SAMPLES);
	return 0;
}

static int sample_pair(struct row *row, unsigned int round)
{
	int err = row->mech->open(&there);

	if (err)
		return err;
	err = sample_loop(row, round, row->mech->pair,
			  row->len > 4096 ? 4 : 32);
	row->mech->close(&there);
	return err;
}

static const struct mech *batched;

static long one_by_one(struct chan *chan, unsigned int n)
{
	long bad = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		bad |= batched->send(chan);
	for (i = 0; i < n; i++)
		bad |= batched->receive(chan);
	return bad;
}

static int sample_batch(struct row *row, unsigned int round)
{
	int err = row->mech->open(&there);

	if (err)
		return err;
	batched = row->mech;
	err = sample_loop(row, round, row->mech->batch ?: one_by_one,
			  row->batch);
	row->mech->close(&there);
	return err;
}

static __attribute__((noreturn)) void echo(const struct mech *mech)
{
	for (int i = 0; i < SETTLE + ROUND_TRIPS; i++)
		if (mech->receive(&there) || mech->send(&back))
			_exit(1);
	_exit(mech->finish && mech->finish(&there));
}

static int ping(const struct mech *mech)
{
	for (int i = -SETTLE; i < ROUND_TRIPS; i++) {
		unsigned long start = rdtsc();

		if (mech->send(&there) || mech->receive(&back))
			return -EIO;
		if (i >= 0)
			samples[i] = (double)(rdtsc() - start);
	}
	return 0;
}

static int ping_echo(const struct mech *mech)
{
	int err, status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		echo(mech);
	err = ping(mech);
	if (waitpid(pid, &status, 0) != pid || status)
		err = -EIO;
	return err;
}

static int sample_rtt(struct row *row, unsigned int round)
{
	int err = row->mech->open(&there);

	if (err)
		return err;
	err = row->mech->open(&back);
	if (!err) {
		err = ping_echo(row->mech);
		row->mech->close(&back);
	}
	row->mech->close(&there);
	if (!err)
		keep(row, round, ROUND_TRIPS);
	return err;
}

int sample_row(struct row *row, unsigned int round)
{
	there.len = row->len;
	back.len = row->len;
	switch (row->test) {
	case TEST_PAIR:
		return sample_pair(row, round);
	case TEST_BATCH:
		return sample_batch(row, round);
	case TEST_RTT:
		return sample_rtt(row, round);
	case TEST_CYCLE:
		return sample_loop(row, round, row->mech->cycle, 8);
	}
	return -EINVAL;
}
