// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx load
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "dump.h"

enum { OPT_CREATE = 256, OPT_SKIP, OPT_NONBLOCK, OPT_TIMEOUT };

/* clang-format off */
const struct opt load_opts[] = {
	{ "file", 'f', "FILE", "read FILE instead of standard input" },
	{ "create", OPT_CREATE, NULL, "create NAME like what was dumped" },
	{ "skip", OPT_SKIP, "N", "not the first N messages [0]" },
	{ "nonblock", OPT_NONBLOCK, NULL, "fail with status 4 if full" },
	{ "timeout", OPT_TIMEOUT, "DURATION", "wait at most so long, per message" },
	{ 0 }
};

const char load_more[] =
"Nothing is sent unless all of FILE is in order. Senders cannot be forged: the\n"
"messages come from this process, through its handle, now.\n"
"DURATION is a number and ns, us, ms, s, min or h; or inf. FILE may be -.\n";
/* clang-format on */

struct load {
	const char *name;
	struct mbx *m;
	struct dump dump;
	bool create;
	__u32 flags;
	uint64_t skip;
	int64_t timeout;
	__u32 msg_max;
};

static void parse_option(struct load *l, int key)
{
	switch (key) {
	case 'f':
		l->dump.path = optarg;
		break;
	case OPT_CREATE:
		l->create = true;
		break;
	case OPT_SKIP:
		l->skip = parse_number("--skip", optarg, 0, UINT64_MAX);
		break;
	case OPT_NONBLOCK:
		l->flags |= MBX_SEND_NONBLOCK;
		break;
	case OPT_TIMEOUT:
		l->timeout = parse_duration("--timeout", optarg);
		break;
	}
}

static void parse(struct load *l, int argc, char **argv)
{
	bool timed = false;
	int key;

	while ((key = opt_next(argc, argv)) != -1) {
		timed |= key == OPT_TIMEOUT;
		parse_option(l, key);
	}
	opt_positional(argc, 1, 1);
	l->name = argv[optind];
	check_target(l->name);
	if (l->create)
		check_name(l->name);
	if (timed && l->flags & MBX_SEND_NONBLOCK)
		usage("--nonblock and --timeout exclude each other");
}

static int read_all(struct load *l)
{
	struct dump *d = &l->dump;
	FILE *in = stdin;
	int status;

	if (d->path && strcmp(d->path, "-")) {
		in = fopen(d->path, "re");
		if (!in)
			return fail_plain(d->path, errno);
	} else {
		d->path = "standard input";
	}
	status = dump_read(d, in);
	if (in != stdin)
		fclose(in);
	if (!status && l->skip > d->count) {
		say("%s: %zu messages are not enough for --skip %llu", d->path,
		    d->count, (unsigned long long)l->skip);
		status = EXIT_FAIL;
	}
	return status;
}

static int find_msg_max(struct load *l)
{
	struct mbx_stat st;
	int err = mbx_stat(l->m, &st, sizeof(st));

	if (err)
		return fail(l->name, MBX_CMD_STAT, err);
	l->msg_max = st.out_msg_max;
	return EXIT_OK;
}

static int open_mailbox(struct load *l)
{
	int err = open_target(&l->m, l->name, MBX_OPEN_SEND);

	return err ? fail(l->name, MBX_CMD_OPEN, err) : find_msg_max(l);
}

/* A line of the file for each message, after the first. */
static int check_lengths(const struct load *l)
{
	const struct dump *d = &l->dump;
	size_t i;

	for (i = l->skip; i < d->count; i++)
		if (d->parcels[i].len > l->msg_max) {
			say("%s: line %zu: a message of %zu bytes, but %s takes %u at most: nothing was sent",
			    d->path, i + 2, d->parcels[i].len, l->name,
			    l->msg_max);
			return EXIT_FAIL;
		}
	return EXIT_OK;
}

/* What the default of the module is shows only in the mailbox. */
static int check_default(struct load *l)
{
	int status = find_msg_max(l);

	if (!status)
		status = check_lengths(l);
	if (status)
		mbx_delete_handle(l->m);
	return status;
}

/* Nothing is created for what would not go in. */
static int create_mailbox(struct load *l)
{
	int err;

	l->msg_max = l->dump.attr.msg_max ?: UINT32_MAX;
	if (check_lengths(l))
		return EXIT_FAIL;
	err = mbx_create_attr(&l->m, l->name, &l->dump.attr);
	if (err)
		return fail(l->name, MBX_CMD_CREATE, err);
	return l->dump.attr.msg_max ? EXIT_OK : check_default(l);
}

static int send_parcel(struct load *l, const struct parcel *p)
{
	struct mbx_send arg = {
		.size = sizeof(arg),
		.flags = l->flags,
		.data_ptr = (uintptr_t)(l->dump.data.data + p->at),
		.data_len = p->len,
		.priority = p->priority,
		.type = p->type,
		.deadline = mbx_deadline_ns(l->timeout),
	};

	return mbx_send_ext(l->m, &arg);
}

static volatile sig_atomic_t ended_by;

static void end(int sig)
{
	ended_by = sig;
}

/* How far it got is told first.  The second time it has its usual effect. */
static void catch_signals(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction sa = { .sa_handler = end, .sa_flags = SA_RESETHAND };
	struct sigaction before;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &before) &&
		    before.sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL);
}

/* What went in stays; how to go on. */
static int stopped(const struct load *l, size_t at, int err)
{
	char why[256];

	mbx_strerror(MBX_CMD_SEND, err, why, sizeof(why));
	if (at == l->skip)
		say("%s: message %zu of %zu: %s; nothing was sent%s", l->name,
		    at + 1, l->dump.count, why,
		    l->create ? ", to go on leave out --create" : "");
	else
		say("%s: message %zu of %zu: %s; those before it were sent, to go on use --skip %zu%s",
		    l->name, at + 1, l->dump.count, why, at,
		    l->create ? " without --create" : "");
	return exit_status(err);
}

static int send_all(struct load *l)
{
	size_t i;
	int err = 0, status;

	catch_signals();
	for (i = l->skip; i < l->dump.count && !err; i++)
		err = ended_by ? -EINTR : send_parcel(l, &l->dump.parcels[i]);
	if (!err)
		return EXIT_OK;
	status = stopped(l, i - 1, err);
	if (ended_by)
		raise(ended_by);
	return status;
}

int cmd_load(int argc, char **argv)
{
	/* Nothing is to be lost, whatever the mailbox has. */
	struct load l = { .flags = MBX_SEND_WAIT, .timeout = FOREVER };
	int status;

	parse(&l, argc, argv);
	status = read_all(&l);
	if (!status)
		status = l.create ? create_mailbox(&l) : open_mailbox(&l);
	if (!status)
		status = check_lengths(&l);
	if (!status)
		status = send_all(&l);
	mbx_close(l.m);
	dump_free(&l.dump);
	return status;
}
