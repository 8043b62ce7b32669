// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx create
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "tool.h"

#define DEFAULT_DELIVERIES 5
#define LIMIT_PATH "/sys/module/ipc_mailbox/parameters/max_msg_size"

enum {
	OPT_OWNED = 256,
	OPT_EXIST_OK,
	OPT_FULL,
	OPT_DEAD_LETTER,
	OPT_DELIVERIES,
	OPT_DEDUP,
	OPT_DONATE,
};

/* clang-format off */
const struct opt create_opts[] = {
	{ "capacity", 'c', "N", "messages that may wait: 0, N, unbounded [10]" },
	{ "max-msg", 's', "SIZE", "longest message [module's max_msg_size]" },
	{ "policy", 'p', "WHO", "gets a message: fifo, rr, lifo, exclusive, pair" },
	{ "full", OPT_FULL, "WHAT", "if full: wait, drop-oldest, drop-newest, defer [wait]" },
	{ "dead-letter", OPT_DEAD_LETTER, "BOX", "gets what was delivered too often" },
	{ "deliveries", OPT_DELIVERIES, "N", "that is: N times with a lease [5]" },
	{ "dedup", OPT_DEDUP, "N", "ids of messages to remember, for send --id" },
	{ "donate", OPT_DONATE, NULL, "who serves a call has the caller's priority" },
	{ "mode", 'm', "MODE", "r to receive, w to send [0600]" },
	{ "owner", 'u', "U:G", "owning user and group [yours]" },
	{ "timestamp", 't', NULL, "record when each message was sent" },
	{ "owned", OPT_OWNED, NULL, "COMMAND owns it: it ends with COMMAND" },
	{ "exist-ok", OPT_EXIST_OK, NULL, "succeed if NAME exists already" },
	{ 0 }
};

const char create_more[] =
"With --owned, mbx becomes COMMAND, which finds the mailbox in $MBX_NAME and\n"
"$MBX_ID and is the only process that may open it for receiving.\n";
/* clang-format on */

struct create {
	const char *name;
	char **command;
	bool exist_ok;
	const char *dead_letter;
	struct mbx_create attr;
};

static void parse_option(struct create *c, int key)
{
	switch (key) {
	case 'c':
		c->attr.capacity = parse_capacity(optarg);
		break;
	case 's':
		c->attr.msg_max = parse_size("--max-msg", optarg);
		break;
	case 'p':
		c->attr.policy = parse_policy(optarg);
		break;
	case OPT_FULL:
		c->attr.full = parse_full(optarg);
		break;
	case OPT_DEAD_LETTER:
		c->dead_letter = optarg;
		break;
	case OPT_DELIVERIES:
		c->attr.deliveries_max =
			parse_number("--deliveries", optarg, 1, UINT32_MAX);
		break;
	case OPT_DEDUP:
		c->attr.dedup =
			parse_number("--dedup", optarg, 0, MBX_DEDUP_MAX);
		break;
	case 'm':
		c->attr.mode = parse_mode(optarg);
		break;
	case 'u':
		parse_owner(optarg, &c->attr.uid, &c->attr.gid);
		break;
	case 't':
		c->attr.flags |= MBX_CREATE_TIMESTAMP;
		break;
	case OPT_DONATE:
		c->attr.flags |= MBX_CREATE_DONATE;
		break;
	case OPT_OWNED:
		c->attr.flags |= MBX_CREATE_OWNED;
		break;
	case OPT_EXIST_OK:
		c->exist_ok = true;
		break;
	}
}

static void check_dead_letter(struct create *c)
{
	if (!c->dead_letter) {
		if (c->attr.deliveries_max)
			usage("--deliveries needs --dead-letter");
		return;
	}
	check_target(c->dead_letter);
	c->attr.flags |= MBX_CREATE_DEAD_LETTER;
	if (!c->attr.deliveries_max)
		c->attr.deliveries_max = DEFAULT_DELIVERIES;
}

static void parse(struct create *c, int argc, char **argv)
{
	bool owned;
	int key;

	while ((key = opt_next(argc, argv)) != -1)
		parse_option(c, key);
	owned = c->attr.flags & MBX_CREATE_OWNED;
	opt_positional(argc, 1, owned ? -1 : 1);
	c->name = argv[optind];
	c->command = argv + optind + 1;
	check_name(c->name);
	check_dead_letter(c);
	if (owned && !*c->command)
		usage("--owned needs the COMMAND that is to own the mailbox");
	if (owned && c->exist_ok)
		usage("--owned and --exist-ok exclude each other");
}

/* The pid stays, so the command is the owner. */
static int become(struct create *c)
{
	char id[24];

	snprintf(id, sizeof(id), "%" PRIu64, (uint64_t)c->attr.out_id);
	setenv("MBX_NAME", c->name, 1);
	setenv("MBX_ID", id, 1);
	signal(SIGPIPE, SIG_DFL);
	execvp(*c->command, c->command);
	return fail_plain(*c->command, errno);
}

/* Some other mailbox may have come or gone in between: ask again. */
static int existing_id(struct create *c)
{
	struct mbx_stat st;
	struct mbx *m;
	int err = mbx_open(&m, c->name, 0);

	if (err)
		return err;
	err = mbx_stat(m, &st, sizeof(st));
	if (!err)
		c->attr.out_id = st.out_id;
	mbx_close(m);
	return err;
}

static int create(struct create *c, struct mbx **m, int *cmd)
{
	int err, tries;

	for (tries = 0; tries < 10; tries++) {
		*cmd = MBX_CMD_CREATE;
		err = mbx_create_attr(m, c->name, &c->attr);
		if (err != -EEXIST || !c->exist_ok)
			return err;
		*cmd = MBX_CMD_OPEN;
		err = existing_id(c);
		if (err != -ENOENT && err != -EIDRM && err != -EOWNERDEAD)
			return err;
	}
	return err;
}

/* EINVAL has few other reasons left: names and modes have been looked at. */
static int refused(const struct create *c, int cmd, int err)
{
	uint64_t limit;

	if (err != -EINVAL || mbx_limit("max_msg_size", &limit) ||
	    c->attr.msg_max <= limit)
		return fail(c->name, cmd, err);
	say("%s: --max-msg %u is above max_msg_size (%" PRIu64
	    "): choose less, or ask the administrator to raise " LIMIT_PATH,
	    c->name, c->attr.msg_max, limit);
	return EXIT_FAIL;
}

/* The mailbox needs no handle of the other, once it is made. */
static int open_dead_letter(struct create *c, struct mbx **to)
{
	int err;

	if (!c->dead_letter)
		return EXIT_OK;
	err = open_target(to, c->dead_letter, MBX_OPEN_SEND | MBX_OPEN_MANAGE);
	if (err)
		return fail(c->dead_letter, MBX_CMD_OPEN, err);
	c->attr.dead_letter = mbx_fd(*to);
	return EXIT_OK;
}

int cmd_create(int argc, char **argv)
{
	struct create c = { 0 };
	struct mbx *m = NULL, *to = NULL;
	int err, cmd;

	mbx_attr_init(&c.attr, sizeof(c.attr));
	c.attr.capacity = DEFAULT_CAPACITY;
	parse(&c, argc, argv);
	err = open_dead_letter(&c, &to);
	if (err)
		return err;
	err = create(&c, &m, &cmd);
	mbx_close(to);
	if (err)
		return refused(&c, cmd, err);
	mbx_close(m);
	if (*c.command)
		return become(&c);
	printf("%" PRIu64 "\n", (uint64_t)c.attr.out_id);
	return EXIT_OK;
}
