// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx admin
 */
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "cmd.h"
#include "tool.h"

enum { OPT_TIMEOUT = 256 };

/* clang-format off */
const struct opt admin_opts[] = {
	{ "timeout", OPT_TIMEOUT, "DURATION", "drain: wait at most so long" },
	{ 0 }
};

const char admin_more[] =
"ACTION:\n"
"  freeze  deliver nothing; messages still come in until it is full\n"
"  thaw    deliver again\n"
"  seal    let no more messages in, for good\n"
"  purge   throw away what is queued, and print how many messages that was\n"
"  drain   seal it, and wait until all has been received\n"
"DURATION is a number and ns, us, ms, s, min or h; or inf.\n";

static const char *const actions[] = {
	[MBX_CONTROL_FREEZE] = "freeze",
	[MBX_CONTROL_THAW] = "thaw",
	[MBX_CONTROL_SEAL] = "seal",
	[MBX_CONTROL_PURGE] = "purge",
	[MBX_CONTROL_DRAIN] = "drain",
};
/* clang-format on */

static unsigned int parse_action(const char *text)
{
	size_t op;

	for (op = 0; op < ARRAY_SIZE(actions); op++)
		if (!strcmp(text, actions[op]))
			return op;
	usage("'%s' is none of freeze, thaw, seal, purge, drain", text);
}

static int act(struct mbx *m, const char *name, unsigned int op,
	       int64_t timeout)
{
	uint64_t count;
	int err = mbx_admin(m, op, mbx_deadline_ns(timeout), &count);

	if (err)
		return fail(name, MBX_CMD_CONTROL, err);
	if (op == MBX_CONTROL_PURGE)
		printf("%" PRIu64 "\n", count);
	return EXIT_OK;
}

int cmd_admin(int argc, char **argv)
{
	int64_t timeout = FOREVER;
	bool timed = false;
	unsigned int op;
	const char *name;
	struct mbx *m;
	int err;

	while (opt_next(argc, argv) != -1) {
		timeout = parse_duration("--timeout", optarg);
		timed = true;
	}
	opt_positional(argc, 2, 2);
	name = argv[optind];
	check_target(name);
	op = parse_action(argv[optind + 1]);
	if (timed && op != MBX_CONTROL_DRAIN)
		usage("--timeout is for drain only");
	err = open_target(&m, name, MBX_OPEN_MANAGE);
	if (err)
		return fail(name, MBX_CMD_OPEN, err);
	err = act(m, name, op, timeout);
	mbx_close(m);
	return err;
}
