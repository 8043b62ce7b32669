// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "bench.h"

static const char *const test_names[] = {
	[TEST_PAIR] = "pair",
	[TEST_BATCH] = "batch",
	[TEST_RTT] = "round-trip",
	[TEST_CYCLE] = "create-delete",
};

static double row_median(const struct row *row, unsigned int rounds)
{
	double v[MAX_ROUNDS];

	memcpy(v, row->median, rounds * sizeof(*v));
	return median_of(v, rounds);
}

/* Inside each round first: what changes between rounds cancels out. */
static double row_ratio(const struct row *row, unsigned int rounds)
{
	double v[MAX_ROUNDS];

	for (unsigned int i = 0; i < rounds; i++)
		v[i] = row->median[i] / row->base->median[i];
	return median_of(v, rounds);
}

static void print_title(const struct row *row)
{
	switch (row->test) {
	case TEST_PAIR:
		printf("\nSend and receive %zu %s, one process, nobody waits\n",
		       row->len, row->len == 1 ? "byte" : "bytes");
		break;
	case TEST_BATCH:
		printf("\nSend %u and receive %u of %zu bytes, per message\n",
		       row->batch, row->batch, row->len);
		break;
	case TEST_RTT:
		printf("\nRound trip of %zu bytes, two processes, one CPU\n",
		       row->len);
		break;
	case TEST_CYCLE:
		printf("\nCreate and delete\n");
		break;
	}
	printf("  %-38s %9s %9s %8s\n", "", "median", "min", "to pipe");
}

static void print_row(const struct row *row, unsigned int rounds)
{
	printf("  %-38s ", row->mech->title);
	if (row->err) {
		printf("%9s (%s)\n", "-", strerror(-row->err));
		return;
	}
	printf("%9.0f %9.0f ", row_median(row, rounds), row->min);
	if (row->base->err)
		printf("%8s\n", "-");
	else
		printf("%8.2f\n", row_ratio(row, rounds));
}

void report_table(const struct row *rows, unsigned int n, unsigned int rounds,
		  bool counts)
{
	struct utsname uts;

	uname(&uts);
	printf("Linux %s, %u rounds\n", uts.release, rounds);
	puts(counts ?
		     "Figures are instructions that the machine executed, not time." :
		     "Figures are ticks of this CPU's time stamp counter.");
	puts("Each is the median over the rounds; a ratio is taken inside a round.");
	for (unsigned int i = 0; i < n; i++) {
		if (!i || rows[i].test != rows[i - 1].test ||
		    rows[i].len != rows[i - 1].len ||
		    rows[i].batch != rows[i - 1].batch)
			print_title(&rows[i]);
		print_row(&rows[i], rounds);
	}
}

static void json_row(const struct row *row, unsigned int rounds)
{
	printf("    {\"test\": \"%s\", \"mechanism\": \"%s\", \"bytes\": %zu, ",
	       test_names[row->test], row->mech->name, row->len);
	if (row->batch)
		printf("\"batch\": %u, ", row->batch);
	if (row->err) {
		printf("\"error\": \"%s\"}", strerror(-row->err));
		return;
	}
	printf("\"median\": %.1f, \"min\": %.1f", row_median(row, rounds),
	       row->min);
	if (!row->base->err)
		printf(", \"ratio_to_pipe\": %.4f", row_ratio(row, rounds));
	printf("}");
}

void report_json(const struct row *rows, unsigned int n, unsigned int rounds,
		 bool counts)
{
	struct utsname uts;

	uname(&uts);
	printf("{\n  \"schema\": 1,\n  \"unit\": \"%s\",\n",
	       counts ? "instructions" : "ticks");
	printf("  \"kernel\": \"%s\",\n  \"rounds\": %u,\n  \"results\": [\n",
	       uts.release, rounds);
	for (unsigned int i = 0; i < n; i++) {
		json_row(&rows[i], rounds);
		printf("%s\n", i + 1 < n ? "," : "");
	}
	printf("  ]\n}\n");
}
