// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx recv, mbx peek
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "recv.h"

#define FIRST_ROOM 65536

enum {
	OPT_FOLLOW = 256,
	OPT_NONBLOCK,
	OPT_TIMEOUT,
	OPT_RAW,
	OPT_FORMAT,
	OPT_JSON,
	OPT_EXEC,
	OPT_LEASE,
	OPT_FDS,
};

/* clang-format off */
#define SHARED_OPTS \
	{ "raw", OPT_RAW, NULL, "the bytes of the message, nothing else" }, \
	{ "null", '0', NULL, "a zero byte after each message, no newline" }, \
	{ "format", OPT_FORMAT, "FORMAT", "show messages so, see below" }, \
	{ "json", OPT_JSON, NULL, "a line of JSON per message" }, \
	{ "nonblock", OPT_NONBLOCK, NULL, "fail with status 4 if empty" }, \
	{ "timeout", OPT_TIMEOUT, "DURATION", \
	  "wait at most so long, per message" }, \
	{ "type", OPT_TYPE, "N", "only messages of type N" }, \
	{ "type-not", OPT_TYPE_NOT, "N", "only those of other types" }, \
	{ "type-upto", OPT_TYPE_UPTO, "N", \
	  "types from 0 to N, the lowest first" }, \
	{ "pid", OPT_PID, "PID", "only from this process" }, \
	{ "badge", OPT_BADGE, "N", "only through handles with this badge" }, \
	{ "min-priority", OPT_MIN_PRIORITY, "N", "only of priority N to 31" }, \
	{ "seq", OPT_SEQ, "N", "only the one with this sequence number" }

const struct opt recv_opts[] = {
	{ "count", 'n', "COUNT", "receive COUNT messages [1]" },
	{ "follow", OPT_FOLLOW, NULL, "receive until the mailbox is gone" },
	{ "exec", OPT_EXEC, "COMMAND", "run COMMAND with the message as input" },
	{ "fds", OPT_FDS, NULL, "descriptors of a message are 3... for COMMAND" },
	{ "lease", OPT_LEASE, "DURATION", "let it come back unless all goes well by then" },
	SHARED_OPTS,
	{ 0 }
};

const struct opt peek_opts[] = {
	{ "all", OPT_ALL, NULL, "all messages, in the order of sending" },
	SHARED_OPTS,
	{ 0 }
};

#define SHARED_MORE \
"A newline follows each message unless --raw, --null or --format is given.\n" \
"FORMAT: %m message, %x message in hexadecimal, %l length, %s sequence number,\n" \
"%p pid, %t tid, %u uid, %g gid of the sender, %b badge of its handle, %T time\n" \
"sent in ns, %y type, %P priority, %d deliveries, %n mailbox, %i its id, %%; \\n \\t \\r \\0 \\\\.\n" \
"DURATION is a number and ns, us, ms, s, min or h; or inf.\n"

const char peek_more[] = SHARED_MORE;

const char recv_more[] =
"Of several mailboxes those that have messages get their turn one after the other.\n"
SHARED_MORE;
/* clang-format on */

struct recv {
	struct sources sources;
	struct mbx *from;
	struct letter letter;
	struct mbx_select select;
	struct bytes buf;
	struct bytes out;
	const char *format;
	const char *command;
	uint64_t count;
	int64_t timeout;
	bool follow;
	bool json;
	bool refused;
};

static __u32 parse_lease(const char *text)
{
	const int64_t ns = parse_duration("--lease", text);
	const int64_t ms = ns / 1000000 + !!(ns % 1000000);

	if (ns <= 0 || ms > UINT32_MAX)
		usage("--lease: '%s' is not from 1ms to 1193h", text);
	return ms;
}

static void parse_option(struct recv *r, int key)
{
	switch (key) {
	case 'n':
		r->count = parse_number("--count", optarg, 1, UINT64_MAX);
		break;
	case OPT_FOLLOW:
		r->follow = true;
		break;
	case OPT_EXEC:
		r->command = optarg;
		break;
	case OPT_RAW:
		r->format = "%m";
		break;
	case '0':
		r->format = "%m\\0";
		break;
	case OPT_FORMAT:
		r->format = optarg;
		format_check(optarg);
		break;
	case OPT_LEASE:
		r->letter.arg.lease_ms = parse_lease(optarg);
		break;
	case OPT_FDS:
		r->letter.takes_fds = true;
		break;
	case OPT_JSON:
		r->json = true;
		break;
	case OPT_NONBLOCK:
		r->letter.arg.flags |= MBX_RECEIVE_NONBLOCK;
		break;
	case OPT_TIMEOUT:
		r->timeout = parse_duration("--timeout", optarg);
		break;
	default:
		select_option(&r->select, key);
	}
}

static bool is_walk(const struct recv *r)
{
	return r->select.flags & MBX_SELECT_AFTER;
}

/* Which of the options that say what is written were given. */
static bool is_style(int key)
{
	return key == OPT_RAW || key == '0' || key == OPT_FORMAT ||
	       key == OPT_JSON || key == OPT_EXEC;
}

static void check(const struct recv *r, bool timed, bool counted)
{
	bool nonblock = r->letter.arg.flags & MBX_RECEIVE_NONBLOCK;

	if (counted && r->follow)
		usage("--count and --follow exclude each other");
	if (r->letter.takes_fds && !r->command)
		usage("--fds is for a command: --exec is missing");
	if (timed && nonblock)
		usage("--nonblock and --timeout exclude each other");
	if (is_walk(r) && (timed || nonblock))
		usage("--all does not wait: no --nonblock and no --timeout");
	if (r->sources.nr > 1 && r->select.flags)
		usage("which messages is to be said for one NAME, not for several");
	select_check(&r->select);
}

static void parse(struct recv *r, int argc, char **argv)
{
	bool timed = false, counted = false;
	int key, styles = 0;

	while ((key = opt_next(argc, argv)) != -1) {
		timed |= key == OPT_TIMEOUT;
		counted |= key == 'n';
		styles += is_style(key);
		parse_option(r, key);
	}
	opt_positional(argc, 1, verb->opts == recv_opts ? -1 : 1);
	sources_name(&r->sources, argc - optind, argv + optind);
	if (styles > 1)
		usage("more than one of --raw, --null, --format, --json%s",
		      verb->opts == recv_opts ? ", --exec" : "");
	check(r, timed, counted);
	if (is_walk(r))
		r->letter.arg.flags |= MBX_RECEIVE_NONBLOCK;
}

/* No conditions at all are cheaper than some that always hold. */
static __u64 conditions(struct recv *r)
{
	r->select.size = sizeof(r->select);
	return r->select.flags ? (uintptr_t)&r->select : 0;
}

/* One of several has ended, and the others have not. */
static bool goes_on(struct recv *r, size_t nr, int err)
{
	if (nr == 1 || sources_left(&r->sources) == nr)
		return false;
	fail(r->letter.name, MBX_CMD_RECEIVE, err);
	return true;
}

/* A message longer than the buffer stays; the next try has the room. */
static int receive(struct recv *r)
{
	struct mbx_receive *arg = &r->letter.arg;
	size_t nr;
	ssize_t ret;

	arg->size = sizeof(*arg);
	arg->deadline = mbx_deadline_ns(r->timeout);
	arg->select_ptr = conditions(r);
	arg->fds_ptr = letter_room(&r->letter);
	bytes_room(&r->buf, FIRST_ROOM);
	do {
		arg->data_ptr = (uintptr_t)r->buf.data;
		arg->data_len = r->buf.size > UINT32_MAX ? UINT32_MAX :
							   r->buf.size;
		nr = sources_left(&r->sources);
		ret = sources_receive(&r->sources, &r->letter, &r->from);
		if (ret == -EMSGSIZE && arg->out_len > r->buf.size)
			bytes_room(&r->buf, arg->out_len);
	} while (ret == -EMSGSIZE || (ret == -EINTR && !reader_gone()) ||
		 (ret < 0 && goes_on(r, nr, ret)));
	r->letter.data = r->buf.data;
	return ret < 0 ? ret : 0;
}

static int deliver(struct recv *r)
{
	struct letter *l = &r->letter;
	int status, err;

	letter_tell_lost(l);
	if (r->command) {
		status = exec_letter(r->command, l);
		letter_close_fds(l);
		return status;
	}
	r->out.len = 0;
	if (r->json)
		json_letter(&r->out, l);
	else
		format_letter(&r->out, r->format, l);
	err = out_write(r->out.data, r->out.len);
	if (!err)
		return EXIT_OK;
	say("%s: message %llu was %s but not written: %s", l->name,
	    (unsigned long long)l->arg.out_seq,
	    l->arg.flags & MBX_RECEIVE_PEEK ? "read" : "taken", strerror(-err));
	return EXIT_FAIL;
}

/* Calls are never leased. */
static int settle(struct recv *r, bool handled)
{
	const __u64 seq = r->letter.arg.out_seq;

	if (r->letter.arg.out_flags & MBX_MESSAGE_CALL)
		return 0;
	return handled ? mbx_ack(r->from, seq) : mbx_nack(r->from, seq);
}

/*
 * A message that nobody could handle comes again, and is no reason not to try the
 * next; what cannot be written now cannot be later.
 */
static int deliver_leased(struct recv *r)
{
	const __u64 seq = r->letter.arg.out_seq;
	int status = deliver(r), err;

	err = settle(r, !status);
	if (err) {
		say("message %llu was handled, but may come again",
		    (unsigned long long)seq);
		return fail(r->letter.name, MBX_CMD_SETTLE, err);
	}
	if (!status || !r->command)
		return status;
	r->refused = true;
	return EXIT_OK;
}

static int receive_one(struct recv *r)
{
	int err = r->command ? 0 : out_check();

	if (err == -EPIPE)
		return err;
	if (err) {
		fail_plain("standard output", err);
		return EXIT_FAIL;
	}
	err = receive(r);
	if (err == -EINTR || (is_walk(r) && is_walks_end(err)))
		return -EPIPE;
	if (err)
		return fail(r->letter.name, MBX_CMD_RECEIVE, err);
	if (is_walk(r))
		r->select.seq = r->letter.arg.out_seq;
	return r->letter.arg.lease_ms ? deliver_leased(r) : deliver(r);
}

/*
 * A reader that has had enough is no failure: nothing was taken from it.  Nor is
 * the end of a walk.
 */
static int receive_all(struct recv *r)
{
	uint64_t nr;
	int status = EXIT_OK;

	if (!r->command)
		watch_reader();
	for (nr = 0; !status && (r->follow || is_walk(r) || nr < r->count);
	     nr++)
		status = receive_one(r);
	if (status == -EPIPE)
		status = EXIT_OK;
	return !status && r->refused ? EXIT_FAIL : status;
}

static int run(struct recv *r, int argc, char **argv)
{
	int status;

	r->format = "%m\\n";
	r->count = 1;
	r->timeout = FOREVER;
	parse(r, argc, argv);
	status = sources_open(&r->sources);
	if (!status)
		status = receive_all(r);
	sources_close(&r->sources);
	bytes_free(&r->buf);
	bytes_free(&r->out);
	return status;
}

int cmd_recv(int argc, char **argv)
{
	struct recv r = { 0 };

	return run(&r, argc, argv);
}

int cmd_peek(int argc, char **argv)
{
	struct recv r = { .letter.arg.flags = MBX_RECEIVE_PEEK };

	return run(&r, argc, argv);
}
