// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx send
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "enclose.h"

enum {
	OPT_LINES = 256,
	OPT_NONBLOCK,
	OPT_TIMEOUT,
	OPT_SYNC,
	OPT_FULL,
	OPT_PRIORITY,
	OPT_TYPE,
	OPT_ID,
	OPT_FD,
};

/* clang-format off */
const struct opt send_opts[] = {
	{ "message", 'm', "TEXT", "send TEXT" },
	{ "file", 'f', "FILE", "read FILE instead of standard input" },
	{ "lines", OPT_LINES, NULL, "send each line, without its newline" },
	{ "null", '0', NULL, "send each string that ends in a zero byte" },
	{ "priority", OPT_PRIORITY, "N", "0 to 31, the highest is received first [0]" },
	{ "type", OPT_TYPE, "N", "a number for receivers to choose by [0]" },
	{ "id", OPT_ID, "N", "send it only if no message N was sent before" },
	{ "fd", OPT_FD, "FD|PATH", "send an open descriptor, or PATH to be read, too" },
	{ "sync", OPT_SYNC, NULL, "wait until a receiver has the message" },
	{ "full", OPT_FULL, "WHAT", "if full: wait, drop-oldest, drop-newest, defer" },
	{ "nonblock", OPT_NONBLOCK, NULL, "fail with status 4 if full" },
	{ "timeout", OPT_TIMEOUT, "DURATION", "wait at most so long, per message" },
	{ "verbose", 'v', NULL, "print a line per message, and who took it" },
	{ 0 }
};

const char send_more[] =
"DURATION is a number and ns, us, ms, s, min or h; or inf. FILE may be -. Without\n"
"--full it is as the mailbox has it. If a message was dropped the status is 7. For\n"
"one that was deferred mbx waits at the end, and before it sends the next.\n";
/* clang-format on */

#define WHOLE (-1)
#define NOT_TO_WAIT \
	(MBX_SEND_DROP_OLDEST | MBX_SEND_DROP_NEWEST | MBX_SEND_DEFER)
/* Messages that go to the kernel by one call. */
#define BATCH 64

struct send {
	const char *name;
	const char *text;
	const char *path;
	int delimiter;
	__u32 flags;
	__u32 priority;
	uint64_t type;
	uint64_t id;
	struct enclosed enclosed;
	int64_t timeout;
	bool verbose;
	struct mbx *m;
	__u32 msg_max;
	unsigned long long nr;
	unsigned long long lost;
	bool defers;
	bool deferred;
	struct mbx_send batch[BATCH];
	__u32 gathered;
};

static void parse_option(struct send *s, int key)
{
	switch (key) {
	case 'm':
		s->text = optarg;
		break;
	case 'f':
		s->path = optarg;
		break;
	case OPT_LINES:
		s->delimiter = '\n';
		break;
	case '0':
		s->delimiter = '\0';
		break;
	case OPT_PRIORITY:
		s->priority = parse_number("--priority", optarg, 0,
					   MBX_PRIORITIES - 1);
		break;
	case OPT_TYPE:
		s->type = parse_number("--type", optarg, 0, UINT64_MAX);
		break;
	case OPT_ID:
		s->id = parse_number("--id", optarg, 1, UINT64_MAX);
		break;
	case OPT_FD:
		enclose(&s->enclosed, optarg);
		break;
	case OPT_SYNC:
		s->flags |= MBX_SEND_SYNC;
		break;
	case OPT_FULL:
		s->flags &= ~(MBX_SEND_WAIT | NOT_TO_WAIT);
		s->flags |= MBX_SEND_WAIT << parse_full(optarg);
		break;
	case OPT_NONBLOCK:
		s->flags |= MBX_SEND_NONBLOCK;
		break;
	case OPT_TIMEOUT:
		s->timeout = parse_duration("--timeout", optarg);
		break;
	case 'v':
		s->verbose = true;
		break;
	}
}

static void check(const struct send *s, bool timed, bool lines, bool null)
{
	bool nonblock = s->flags & MBX_SEND_NONBLOCK;

	if (s->text && s->path)
		usage("--message and --file exclude each other");
	if (s->text && s->delimiter != WHOLE)
		usage("--message is one message: no --lines and no --null");
	if (s->id && s->delimiter != WHOLE)
		usage("--id is of one message: no --lines and no --null");
	if (s->enclosed.fds.nr && s->delimiter != WHOLE)
		usage("--fd is for one message: no --lines and no --null");
	if (lines && null)
		usage("--lines and --null exclude each other");
	if (nonblock && timed)
		usage("--nonblock and --timeout exclude each other");
	if (nonblock && s->flags & MBX_SEND_SYNC)
		usage("--sync waits, so it excludes --nonblock");
	if (s->flags & NOT_TO_WAIT && s->flags & MBX_SEND_SYNC)
		usage("--sync waits, so --full can only be wait");
}

static void parse(struct send *s, int argc, char **argv)
{
	bool timed = false, lines = false, null = false;
	int key;

	while ((key = opt_next(argc, argv)) != -1) {
		timed |= key == OPT_TIMEOUT;
		lines |= key == OPT_LINES;
		null |= key == '0';
		parse_option(s, key);
	}
	opt_positional(argc, 1, 1);
	s->name = argv[optind];
	check_target(s->name);
	check(s, timed, lines, null);
}

/* The message is sent; what cannot be reported ends the rest. */
static int report(const struct send *s, const struct mbx_send *arg, int ret)
{
	struct bytes b = { 0 };
	int err;

	if (ret != MBX_DEFERRED)
		bytes_printf(
			&b, "message %llu: ", (unsigned long long)arg->out_seq);
	bytes_printf(&b, "%u bytes, ", arg->data_len);
	if (arg->out_pid)
		bytes_printf(&b, "taken by pid %d tid %d\n", arg->out_pid,
			     arg->out_tid);
	else if (ret)
		bytes_printf(&b,
			     ret == MBX_LOST ? "one dropped\n" : "deferred\n");
	else
		bytes_printf(&b,
			     s->flags & MBX_SEND_SYNC ? "taken\n" : "sent\n");
	err = out_write(b.data, b.len);
	bytes_free(&b);
	if (err && err != -EPIPE)
		fail_plain("standard output", err);
	return err ? EXIT_FAIL : EXIT_OK;
}

static int too_long(const struct send *s)
{
	say("%s: message %llu has more than the %u bytes of the mailbox's msg_max: split it, or create the mailbox with a larger --max-msg",
	    s->name, s->nr + 1, s->msg_max);
	return EXIT_FAIL;
}

static struct mbx_send letter(const struct send *s, const char *data,
			      size_t len)
{
	return (struct mbx_send){
		.size = sizeof(struct mbx_send),
		.flags = s->flags,
		.data_ptr = (uintptr_t)data,
		.data_len = len,
		.priority = s->priority,
		.type = s->type,
		.id = s->id,
		.fds_ptr = enclosed_ptr(&s->enclosed),
		.deadline = mbx_deadline_ns(s->timeout),
	};
}

/* None but this one can be kept for the handle, and none without the handle. */
static int settle(struct send *s)
{
	if (!s->deferred)
		return EXIT_OK;
	s->deferred = false;
	return wait_deferred(s->m, s->name, s->flags & MBX_SEND_NONBLOCK,
			     s->timeout);
}

/* What was asked for is so. */
static int already_sent(const struct send *s)
{
	if (s->verbose)
		printf("message with id %llu: sent before\n",
		       (unsigned long long)s->id);
	return EXIT_OK;
}

static int refused(const struct send *s, int err)
{
	enclosed_blame(&s->enclosed, err);
	return fail(s->name, MBX_CMD_SEND, err);
}

static int send_one(struct send *s, const char *data, size_t len)
{
	int status = settle(s), ret;
	struct mbx_send arg;

	if (status)
		return status;
	if (len > s->msg_max)
		return too_long(s);
	arg = letter(s, data, len);
	ret = mbx_send_ext(s->m, &arg);
	if (ret == -EALREADY)
		return already_sent(s);
	if (ret < 0)
		return refused(s, ret);
	s->nr++;
	s->lost += ret == MBX_LOST;
	s->deferred = ret == MBX_DEFERRED;
	return s->verbose ? report(s, &arg, ret) : EXIT_OK;
}

/* A signal that did not end the process is no reason to stop. */
static int send_gathered(struct send *s)
{
	__u32 done = 0;

	while (done < s->gathered) {
		struct mbx_batch batch = {
			.size = sizeof(batch),
			.vec_ptr = (uintptr_t)&s->batch[done],
			.nr = s->gathered - done,
			.stride = sizeof(s->batch[0]),
			.cmd = MBX_CMD_SEND,
		};
		int ret = mbx_batch_ext(s->m, &batch);

		if (ret < 0)
			return fail(s->name, MBX_CMD_SEND, ret);
		done += ret;
		s->nr += ret;
		s->lost += batch.out_lost;
		if (batch.out_error && batch.out_error != EINTR)
			return fail(s->name, MBX_CMD_SEND,
				    -(int)batch.out_error);
	}
	s->gathered = 0;
	return EXIT_OK;
}

/*
 * Each of a batch would have to be reported, or be sent in its time, before the
 * next is looked at.
 */
static bool one_by_one(const struct send *s)
{
	return s->verbose || s->timeout != FOREVER || s->defers;
}

static int gather(struct send *s, const char *data, size_t len)
{
	int status;

	if (one_by_one(s))
		return send_one(s, data, len);
	if (len > s->msg_max || s->gathered == BATCH) {
		status = send_gathered(s);
		if (status)
			return status;
	}
	if (len > s->msg_max)
		return too_long(s);
	s->batch[s->gathered++] = letter(s, data, len);
	return EXIT_OK;
}

/* One byte more than fits is enough to know. */
static int send_whole(struct send *s, FILE *in)
{
	struct bytes b = { 0 };
	int status;
	size_t n;

	do {
		bytes_room(&b, b.len + 65536);
		n = fread(b.data + b.len, 1, b.size - b.len, in);
		b.len += n;
	} while (n && b.len <= s->msg_max);
	status = ferror(in) ? fail_plain(s->path, errno) :
			      send_one(s, b.data, b.len);
	bytes_free(&b);
	return status;
}

/* Sends what is complete of @b, and leaves the rest at its start. */
static int send_complete(struct send *s, struct bytes *b)
{
	char *piece = b->data, *end = b->data + b->len, *stop;
	int status = EXIT_OK;

	while (!status && (stop = memchr(piece, s->delimiter, end - piece))) {
		status = gather(s, piece, stop - piece);
		piece = stop + 1;
	}
	if (!status)
		status = send_gathered(s);
	b->len = end - piece;
	memmove(b->data, piece, b->len);
	return status;
}

/* What comes together goes together; who writes slowly does not wait. */
static int send_pieces(struct send *s, FILE *in)
{
	struct bytes b = { 0 };
	int status = EXIT_OK;
	ssize_t n;

	do {
		bytes_room(&b, b.len + 65536);
		n = read(fileno(in), b.data + b.len, b.size - b.len);
		if (n < 0)
			status = fail_plain(s->path, errno);
		if (n <= 0)
			break;
		b.len += n;
		status = send_complete(s, &b);
		/* One byte more than fits is enough to know. */
	} while (!status && b.len <= s->msg_max);
	if (!status && b.len)
		status = send_one(s, b.data, b.len);
	bytes_free(&b);
	return status;
}

static int send_all(struct send *s, FILE *in)
{
	if (s->text)
		return send_one(s, s->text, strlen(s->text));
	if (s->delimiter == WHOLE)
		return send_whole(s, in);
	return send_pieces(s, in);
}

static int open_mailbox(struct send *s)
{
	/* It throws away what others have sent. */
	const uint32_t manage =
		s->flags & MBX_SEND_DROP_OLDEST ? MBX_OPEN_MANAGE : 0;
	int err = open_target(&s->m, s->name, MBX_OPEN_SEND | manage);
	struct mbx_stat st;

	if (err)
		return fail(s->name, MBX_CMD_OPEN, err);
	err = mbx_stat(s->m, &st, sizeof(st));
	if (err) {
		mbx_close(s->m);
		return fail(s->name, MBX_CMD_STAT, err);
	}
	s->msg_max = st.out_msg_max;
	s->defers = st.out_full == MBX_FULL_DEFER || s->flags & MBX_SEND_DEFER;
	return EXIT_OK;
}

static FILE *open_input(struct send *s)
{
	FILE *in;

	if (!s->path || !strcmp(s->path, "-")) {
		s->path = "standard input";
		return stdin;
	}
	in = fopen(s->path, "re");
	if (!in)
		fail_plain(s->path, errno);
	return in;
}

int cmd_send(int argc, char **argv)
{
	struct send s = { .delimiter = WHOLE, .timeout = FOREVER };
	int status;
	FILE *in;

	parse(&s, argc, argv);
	status = enclosed_open(&s.enclosed);
	in = status ? NULL : open_input(&s);
	if (!in)
		return EXIT_FAIL;
	status = open_mailbox(&s);
	if (!status) {
		status = send_all(&s, in);
		if (!status)
			status = settle(&s);
		status = tell_lost(s.name, s.lost, status);
		mbx_close(s.m);
	}
	enclosed_close(&s.enclosed);
	if (in != stdin)
		fclose(in);
	return status;
}
