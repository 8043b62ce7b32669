// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx demo: the table of options; demo.c has the rest.
 */
#include "cmd.h"
#include "demo.h"

const struct opt demo_opts[] = {
	{ "list", DEMO_OPT_LIST, NULL, "list the scenes" },
	{ "input", DEMO_OPT_INPUT, "FILE",
	  "text for the scene prodcons, 1 MB or more" },
	{ 0 }
};

const char demo_more[] = "SCENE may be all.\n";

int cmd_demo(int argc, char **argv)
{
	return demo_run(argc, argv);
}
