/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs of the tool: command line and script in, output and status out.
 */
#ifndef MBX_TEST_TOOL_H
#define MBX_TEST_TOOL_H

#include "mock.h"

/* What standard output is; a file unless said otherwise. */
enum out_kind { OUT_FILE, OUT_CLOSED, OUT_FULL, OUT_NO_READER };

#define MAX_ARGS 24
#define MAX_STEPS 16

/**
 * struct run - one run of the tool
 * @name: of the test
 * @args: command line, without "mbx"
 * @steps: what the kernel is asked, ended by STEP_END
 * @in: standard input
 * @in_len: its length if it is no string
 * @out: standard output, all of it; NULL: not looked at
 * @out_len: its length if it is no string
 * @golden: file with the standard output, instead of @out
 * @err: standard error, all of it, without "mbx: " and the newline; NULL: none
 * @status: exit status
 * @device_err: errno of opening the device
 * @root: folder of fixtures that stands in for /proc and /sys
 * @kind: what standard output is
 */
struct run {
	const char *name;
	const char *args[MAX_ARGS];
	struct step steps[MAX_STEPS];
	const char *in;
	size_t in_len;
	const char *out;
	size_t out_len;
	const char *golden;
	const char *err;
	int status;
	int device_err;
	const char *root;
	enum out_kind kind;
};

/* The main() of a test program: each run is a test. */
int run_all(const char *group, const struct run *runs, size_t nr);

#define RUN_ALL(group, runs) \
	run_all(group, runs, sizeof(runs) / sizeof((runs)[0]))

#endif /* MBX_TEST_TOOL_H */
