// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx ls
 */
#include "cmd.h"
#include "listing.h"

/* clang-format off */
const struct opt ls_opts[] = {
	LISTING_OPTS,
	{ 0 }
};

const char ls_more[] =
"Columns are those of /proc/ipc_mailboxes, see mbx(1).\n";
/* clang-format on */

int cmd_ls(int argc, char **argv)
{
	struct listing l = {
		.key = "mailboxes",
		.columns = mailbox_columns,
	};
	int key, err;

	while ((key = opt_next(argc, argv)) != -1)
		listing_option(&l, key);
	opt_positional(argc, 0, 0);
	listing_check(&l);
	err = listing_read(&l, "ipc_mailboxes");
	if (!err)
		listing_print(&l);
	listing_free(&l);
	return err ? fail(NULL, MBX_CMD_STAT, err) : EXIT_OK;
}
