// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx-bench - what a message costs, beside the kernel's other mechanisms.
 *
 * All rows take turns within a round and each round starts with another row,
 * so that none is always the one after the cold start or after a certain
 * neighbour.
 */
#include <err.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"
#include "sys.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))
#define LIMIT_SECONDS 900

static struct row rows[64];
static unsigned int nr_rows;

static void add_group(enum test test, size_t len, unsigned int batch,
		      const struct mech *const *mechs, size_t n)
{
	const struct row *base = &rows[nr_rows];

	for (size_t i = 0; i < n; i++)
		if (mechs[i] == &mech_pipe)
			base += i;
	for (size_t i = 0; i < n; i++)
		rows[nr_rows++] = (struct row){
			.test = test,
			.mech = mechs[i],
			.len = len,
			.batch = batch,
			.base = base,
		};
}

static void add_rows(void)
{
	static const struct mech *const pairs[] = {
		&mech_getppid, &mech_null,	 &mech_pipe,
		&mech_sysv,    &mech_mq,	 &mech_seqpacket,
		&mech_eventfd, &mech_mailbox_rw, &mech_mailbox_ioctl,
	};
	static const struct mech *const sized[] = {
		&mech_pipe,
		&mech_mailbox_rw,
		&mech_mailbox_ioctl,
	};
	static const struct mech *const trips[] = {
		&mech_pipe,	     &mech_sysv,	 &mech_mq,
		&mech_seqpacket,     &mech_eventfd,	 &mech_mailbox_rw,
		&mech_mailbox_ioctl, &mech_mailbox_call,
	};
	static const struct mech *const cycles[] = {
		&mech_pipe,	     &mech_sysv,    &mech_mq,
		&mech_seqpacket,     &mech_eventfd, &mech_mailbox_owned,
		&mech_mailbox_named,
	};
	static const struct mech *const batches[] = {
		&mech_pipe,	  &mech_seqpacket,     &mech_seqpacket_batch,
		&mech_mailbox_rw, &mech_mailbox_ioctl, &mech_mailbox_batch,
	};
	static const size_t lens[] = { 1, 1024, 4096, 65536 };
	static const unsigned int sizes[] = { 1, 16, MAX_BATCH };

	add_group(TEST_PAIR, 64, 0, pairs, ARRAY_SIZE(pairs));
	for (size_t i = 0; i < ARRAY_SIZE(lens); i++)
		add_group(TEST_PAIR, lens[i], 0, sized, ARRAY_SIZE(sized));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		add_group(TEST_BATCH, 64, sizes[i], batches,
			  ARRAY_SIZE(batches));
	add_group(TEST_RTT, 64, 0, trips, ARRAY_SIZE(trips));
	add_group(TEST_CYCLE, 64, 0, cycles, ARRAY_SIZE(cycles));
}

static void run_rounds(unsigned int rounds)
{
	for (unsigned int round = 0; round < rounds; round++)
		for (unsigned int i = 0; i < nr_rows; i++) {
			struct row *row = &rows[(i + round) % nr_rows];

			if (!row->err)
				row->err = sample_row(row, round);
		}
}

static __always_inline unsigned long count_loop(unsigned long n)
{
	unsigned long start = rdtsc();

	asm volatile("1: dec %0; jnz 1b" : "+r"(n));
	return rdtsc() - start;
}

static __always_inline unsigned long count_multiply(unsigned long n)
{
	unsigned long start = rdtsc();
	unsigned long x = 3;

	asm volatile("1: imul %1, %1; imul %1, %1; dec %0; jnz 1b"
		     : "+r"(n), "+r"(x));
	return rdtsc() - start;
}

static bool is_about(unsigned long value, unsigned long want)
{
	return value >= want && value < want + want / 200;
}

/*
 * Under an emulator that counts, the time stamp counter moves by one for each
 * instruction, whichever it is.  On no real CPU do both loops come out so.
 */
static bool counts_instructions(void)
{
	bool simple = false, multiply = false;

	for (int i = 0; i < 5; i++) {
		simple |= is_about(count_loop(10000), 20000);
		multiply |= is_about(count_multiply(10000), 40000);
	}
	return simple && multiply;
}

static void pin_to_cpu0(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		warn("cannot stay on CPU 0");
}

static void usage(FILE *out)
{
	fputs("Usage: mbx-bench [--json] [--rounds N]\n"
	      "Compare mailboxes with pipes, message queues and sockets.\n"
	      "Under QEMU -icount shift=0 figures are instructions, elsewhere ticks.\n",
	      out);
}

static unsigned int failed_rows(void)
{
	unsigned int failed = 0;

	for (unsigned int i = 0; i < nr_rows; i++)
		failed += rows[i].err != 0;
	return failed;
}

struct settings {
	unsigned int rounds;
	bool json;
};

static void parse(int argc, char **argv, struct settings *set)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			set->json = true;
			break;
		case 'r':
			set->rounds = strtoul(optarg, NULL, 10);
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (optind < argc || !set->rounds || set->rounds > MAX_ROUNDS) {
		usage(stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct settings set = { .rounds = 9 };
	unsigned int failed;
	bool counts;

	parse(argc, argv, &set);
	alarm(LIMIT_SECONDS);
	pin_to_cpu0();
	counts = counts_instructions();
	add_rows();
	run_rounds(set.rounds);
	(set.json ? report_json : report_table)(rows, nr_rows, set.rounds,
						counts);
	fflush(stdout);
	failed = failed_rows();
	if (failed)
		errx(1, "%u of %u figures could not be taken", failed, nr_rows);
	return 0;
}
