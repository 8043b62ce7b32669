// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx: mailboxes from the command line.  A verb is one row here and one file.
 */
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "tool.h"

const struct verb *verb;

/* clang-format off */
const struct verb verbs[] = {
	{ "create", cmd_create, "NAME [-- COMMAND...]",
	  "Create a mailbox and print its id", create_opts, create_more },
	{ "rm", cmd_rm, "NAME...",
	  "Delete mailboxes with the messages in them", rm_opts, NULL },
	{ "transfer", cmd_transfer, "NAME PID",
	  "Let another process own a mailbox", transfer_opts, transfer_more },
	{ "ls", cmd_ls, "", "List the mailboxes that you may see",
	  ls_opts, ls_more },
	{ "stat", cmd_stat, "NAME...",
	  "Show attributes, counters and waiters of mailboxes",
	  stat_opts, stat_more },
	{ "send", cmd_send, "NAME",
	  "Send standard input, or what the options say, as a message",
	  send_opts, send_more },
	{ "recv", cmd_recv, "NAME...",
	  "Receive a message and write it to standard output",
	  recv_opts, recv_more },
	{ "peek", cmd_peek, "NAME",
	  "Write the next message to standard output and leave it there",
	  peek_opts, peek_more },
	{ "call", cmd_call, "NAME [MESSAGE]",
	  "Send a message and write the reply to standard output",
	  call_opts, call_more },
	{ "serve", cmd_serve, "NAME", "Answer calls by running a command",
	  serve_opts, serve_more },
	{ "wait", cmd_wait, "NAME", "Wait until a mailbox is in some state",
	  wait_opts, wait_more },
	{ "admin", cmd_admin, "NAME ACTION",
	  "Freeze, thaw, seal, purge or drain a mailbox",
	  admin_opts, admin_more },
	{ "dump", cmd_dump, "NAME",
	  "Write all messages to standard output and leave them there",
	  dump_opts, dump_more },
	{ "load", cmd_load, "NAME", "Send messages that mbx dump has written",
	  load_opts, load_more },
	{ "tasks", cmd_tasks, "[PID...]",
	  "Show processes and what they do in mailboxes",
	  tasks_opts, tasks_more },
	{ "doctor", cmd_doctor, "",
	  "Check module, device and limits, and say what to do",
	  doctor_opts, NULL },
	{ "demo", cmd_demo, "SCENE...", "Show textbook scenes, and check them",
	  demo_opts, demo_more },
	{ 0 }
};
/* clang-format on */

static void print_help(void)
{
	const struct verb *v;

	printf("Usage: mbx VERB [OPTION]... [ARGUMENT]...\n"
	       "Mailboxes of the ipc_mailbox kernel module.\n\nVerbs:\n");
	for (v = verbs; v->name; v++)
		printf("  %-8s  %s\n", v->name, v->help);
	printf("\nOptions:\n"
	       "  -h, --help     this text; after a verb, the verb's\n"
	       "  -V, --version  version of tool and library\n"
	       "\nNAME may be @ID, or @pid:PID or @self for a process's mailbox.\n"
	       "Exit status: 0 ok, 1 failure, 2 usage, 3 no module or no such\n"
	       "mailbox or process, 4 would block, 5 mailbox gone while waiting,\n"
	       "6 permission, 7 a message was dropped, 124 deadline passed.\n");
}

static const struct verb *find_verb(const char *name)
{
	const struct verb *v;

	for (v = verbs; v->name; v++)
		if (!strcmp(v->name, name))
			return v;
	usage("no verb '%s'", name);
}

static int no_verb(int argc, char **argv)
{
	if (argc < 2)
		usage("a verb is missing");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		print_help();
	else if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		printf("mbx %s (libmbx %s)\n", MBX_VERSION,
		       mbx_library_version());
	else
		usage("unknown option %s", argv[1]);
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	int status;

	out_init();
	/* Not LC_NUMERIC: "1.5s" is to mean the same everywhere. */
	setlocale(LC_CTYPE, "");
	/* EPIPE tells what is lost and what is not; a signal would not. */
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2 || argv[1][0] == '-') {
		status = no_verb(argc, argv);
	} else {
		verb = find_verb(argv[1]);
		status = verb->run(argc - 1, argv + 1);
	}
	return out_close(status);
}
