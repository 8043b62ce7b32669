// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx tasks --check.
 */
#include "tool.h"

/* clang-format off */
#define CHECK(n, fixture, st, output) \
	{ .name = n, .args = { "tasks", "--check" }, \
	  .root = "fixtures/" fixture, .status = st, .out = output }

static const struct run runs[] = {
	CHECK("all the same", "check", 0,
	      "3 processes compared, 1 pass, 0 differences\n"),
	CHECK("wrong values", "check-values", 1,
	      "1 (init): state is D, /proc says S\n"
	      "1 (init): rss is 1843200, /proc says 1839104\n"
	      "10 (odd ) (name): utime is 149, /proc says 150\n"
	      "10 (odd ) (name): nvcsw is 4, /proc says 5\n"
	      "13: comm is 'kworker/0:2', /proc says 'kworker/0:1-events'\n"
	      "3 processes compared, 20 passes, 5 differences\n"),
	CHECK("a process is missing", "check-missing", 1,
	      "10 (odd ) (name): in /proc, not in the table\n"
	      "2 processes compared, 20 passes, 1 difference\n"),
	CHECK("a process too many", "check-ghost", 1,
	      "33: in the table, not in /proc\n"
	      "4 processes compared, 20 passes, 1 difference\n"),
	CHECK("a process twice", "check-twice", 1,
	      "1: its line comes after that of 1\n"
	      "4 processes compared, 1 pass, 1 difference\n"),
	CHECK("out of order", "check-order", 1,
	      "1: its line comes after that of 10\n"
	      "3 processes compared, 1 pass, 1 difference\n"),
	CHECK("kept from us, but not by /proc", "check-hidden", 1,
	      "1 (init): files is nothing, /proc says 3\n"
	      "3 processes compared, 20 passes, 1 difference\n"),
	CHECK("times below zero as unsigned", "check-unsigned", 0,
	      "3 processes compared, 1 pass, 0 differences\n"),
	{ .name = "threads", .args = { "tasks", "--check", "--threads" },
	  .root = "fixtures/check-threads",
	  .out = "2 threads compared, 1 pass, 0 differences\n" },
	{ .name = "no module", .args = { "tasks", "--check" }, .out = "",
	  .root = "fixtures/empty", .status = 3,
	  .err = "tasks: the module is not loaded: run 'modprobe ipc_mailbox' or 'insmod ipc_mailbox.ko' as root" },
};
/* clang-format on */

int main(void)
{
	return RUN_ALL("check", runs);
}
