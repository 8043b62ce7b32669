// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx rm
 */
#include <errno.h>
#include <getopt.h>

#include "cmd.h"
#include "tool.h"

/* clang-format off */
const struct opt rm_opts[] = {
	{ "force", 'f', NULL, "no mailbox of that name is fine" },
	{ 0 }
};
/* clang-format on */

static int rm(const char *name, bool force)
{
	int err = delete_target(name);

	if (!err || (err == -ENOENT && force))
		return EXIT_OK;
	return fail(name, MBX_CMD_DELETE, err);
}

/* All names are looked at before the first mailbox goes. */
int cmd_rm(int argc, char **argv)
{
	bool force = false;
	int status = EXIT_OK;
	int key, i, ret;

	while ((key = opt_next(argc, argv)) != -1)
		force = true;
	opt_positional(argc, 1, -1);
	for (i = optind; i < argc; i++)
		check_target(argv[i]);
	for (i = optind; i < argc; i++) {
		ret = rm(argv[i], force);
		if (!status)
			status = ret;
	}
	return status;
}
