// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx transfer
 */
#include <getopt.h>

#include "cmd.h"
#include "tool.h"

/* clang-format off */
const struct opt transfer_opts[] = {
	{ "successor", 's', NULL, "not now, but when the owner exits; 0: nobody" },
	{ 0 }
};

const char transfer_more[] =
"Only the owner may do that: in its shell, say 'exec mbx transfer NAME PID'.\n";
/* clang-format on */

static int transfer(const char *name, pid_t pid, bool as_successor)
{
	struct mbx *m;
	int err = open_target(&m, name, 0);

	if (err)
		return fail(name, MBX_CMD_OPEN, err);
	err = as_successor ? mbx_set_successor(m, pid) : mbx_transfer(m, pid);
	mbx_close(m);
	return err ? fail(name, MBX_CMD_TRANSFER, err) : EXIT_OK;
}

int cmd_transfer(int argc, char **argv)
{
	bool as_successor = false;
	int key;

	while ((key = opt_next(argc, argv)) != -1)
		as_successor = true;
	opt_positional(argc, 2, 2);
	check_target(argv[optind]);
	return transfer(argv[optind],
			parse_number("PID", argv[optind + 1], !as_successor,
				     INT32_MAX),
			as_successor);
}
