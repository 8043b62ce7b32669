// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx dump
 *
 * Messages are read one by one while others may use the mailbox.  The counters
 * tell whether somebody did: the picture is of one moment, or there is none.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "dump.h"
#include "json.h"
#include "recv.h"

#define FIRST_ROOM 65536
#define TRIES 20

enum { OPT_FREEZE = 256 };

/* clang-format off */
const struct opt dump_opts[] = {
	{ "freeze", OPT_FREEZE, NULL, "freeze the mailbox meanwhile" },
	{ 0 }
};

const char dump_more[] =
"A line of JSON about the mailbox, and one for each message, in the order in\n"
"which they would be received; for mbx load. The messages stay where they are.\n";
/* clang-format on */

/* data_ptr of a message is where it begins in @data. */
struct picture {
	const char *name;
	struct mbx *m;
	bool freeze;
	bool frozen;
	sigset_t blocked;
	struct mbx_stat st;
	struct mbx_receive *args;
	size_t count;
	size_t room;
	struct bytes data;
};

static int look(struct picture *p, struct mbx_stat *st)
{
	int err = mbx_stat(p->m, st, sizeof(*st));

	return err ? fail(p->name, MBX_CMD_STAT, err) : EXIT_OK;
}

/* A message longer than what is left stays; the next try has the room. */
static int read_message(struct picture *p, uint64_t after)
{
	struct mbx_select select = {
		.size = sizeof(select),
		.flags = MBX_SELECT_AFTER,
		.seq = after,
	};
	struct mbx_receive arg = {
		.size = sizeof(arg),
		.flags = MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK,
		.select_ptr = (uintptr_t)&select,
	};
	size_t left = FIRST_ROOM;
	ssize_t ret;

	do {
		bytes_room(&p->data, p->data.len + left);
		left = p->data.size - p->data.len;
		arg.data_ptr = (uintptr_t)(p->data.data + p->data.len);
		arg.data_len = left > UINT32_MAX ? UINT32_MAX : left;
		ret = mbx_receive_ext(p->m, &arg);
		left = arg.out_len;
	} while (ret == -EMSGSIZE);
	if (ret < 0)
		return ret;
	if (p->count == p->room) {
		p->room = 2 * p->room + 16;
		p->args = grow(p->args, p->room * sizeof(*p->args));
	}
	arg.data_ptr = p->data.len;
	p->data.len += arg.out_len;
	p->args[p->count++] = arg;
	return 0;
}

static uint64_t queued(const struct mbx_stat *st)
{
	return st->out_sent - st->out_received - st->out_lost - st->out_leased;
}

static bool has_signal(const struct picture *p)
{
	sigset_t pending;

	return !sigpending(&pending) &&
	       sigandset(&pending, &pending, &p->blocked) == 0 &&
	       !sigisemptyset(&pending);
}

/* Does not follow those who send as fast as it reads for ever. */
static int read_queue(struct picture *p)
{
	uint64_t most = queued(&p->st) + queued(&p->st) / 4 + 4;
	uint64_t after = 0;
	int err = 0;

	p->count = 0;
	p->data.len = 0;
	/* Nothing is queued there; what is seen only waits with its sender. */
	if (!p->st.out_capacity)
		return EXIT_OK;
	while (!err && p->count < most) {
		err = has_signal(p) ? -EINTR : read_message(p, after);
		if (!err)
			after = p->args[p->count - 1].out_seq;
	}
	return !err || is_walks_end(err) ? EXIT_OK :
					   fail(p->name, MBX_CMD_RECEIVE, err);
}

/*
 * Whether all that is queued afterwards has been read.  What was read is still
 * queued if nothing was received, and so it is all of it if it is as many.  What
 * a receiver is just taking is queued, but was not read: no matter how many were
 * sent meanwhile, also to a frozen mailbox, it is missed.
 */
static bool is_whole(const struct picture *p, const struct mbx_stat *after)
{
	const struct mbx_stat *st = &p->st;

	return !st->out_capacity || (after->out_received == st->out_received &&
				     after->out_lost == st->out_lost &&
				     after->out_leased == st->out_leased &&
				     after->out_returned == st->out_returned &&
				     p->count == queued(after));
}

/* If somebody else has frozen it, it is theirs to thaw. */
static int freeze(struct picture *p)
{
	int err;

	if (!p->freeze || p->st.out_state & MBX_STATE_FROZEN)
		return EXIT_OK;
	err = mbx_admin(p->m, MBX_CONTROL_FREEZE, 0, NULL);
	if (err)
		return fail(p->name, MBX_CMD_CONTROL, err);
	p->frozen = true;
	return look(p, &p->st);
}

/* A receive that has begun is about to end; then all is quiet. */
static int take_picture(struct picture *p)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct mbx_stat after;
	int i, status;

	for (i = 0; i < TRIES; i++) {
		status = look(p, &p->st);
		if (!status)
			status = freeze(p);
		if (!status)
			status = read_queue(p);
		if (!status)
			status = look(p, &after);
		if (status || is_whole(p, &after))
			return status;
		nanosleep(&pause, NULL);
	}
	say("%s: others use the mailbox all the time: %s", p->name,
	    p->freeze ?
		    "they do not stop sending, or a receiver has not finished" :
		    "try --freeze");
	return EXIT_FAIL;
}

/*
 * Those that would end or stop the process.  A blocked one is pending even if it
 * is to be ignored.
 */
static void find_signals(sigset_t *set)
{
	const int harmless[] = { SIGCHLD, SIGCONT, SIGURG, SIGWINCH };
	struct sigaction sa;
	size_t i;
	int sig;

	sigfillset(set);
	for (sig = 1; sig <= SIGRTMAX; sig++)
		if (!sigaction(sig, NULL, &sa) && sa.sa_handler == SIG_IGN)
			sigdelset(set, sig);
	for (i = 0; i < ARRAY_SIZE(harmless); i++)
		sigdelset(set, harmless[i]);
}

/*
 * No signal is to leave others with a frozen mailbox: it is thawed first, soon,
 * and the signal has its effect then.
 */
static int take_and_thaw(struct picture *p)
{
	sigset_t before;
	int status, err;

	sigemptyset(&p->blocked);
	if (p->freeze)
		find_signals(&p->blocked);
	sigprocmask(SIG_BLOCK, &p->blocked, &before);
	status = take_picture(p);
	if (p->frozen) {
		err = mbx_admin(p->m, MBX_CONTROL_THAW, 0, NULL);
		if (err && !status)
			status = fail(p->name, MBX_CMD_CONTROL, err);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

static int compare(const void *a, const void *b)
{
	const struct mbx_receive *x = a, *y = b;

	if (x->out_priority != y->out_priority)
		return x->out_priority > y->out_priority ? -1 : 1;
	return x->out_seq < y->out_seq ? -1 : 1;
}

static void put_mailbox(struct bytes *out, const struct picture *p)
{
	const struct mbx_stat *st = &p->st;
	char mode[8];
	json_t *o;

	snprintf(mode, sizeof(mode), "%04o", st->out_mode);
	o = json_pack("{si so sI so sI ss ss ss sb}", "schema", DUMP_SCHEMA,
		      "mailbox",
		      st->out_name_len ? json_text((const char *)st->out_name) :
					 json_null(),
		      "messages", (json_int_t)p->count, "capacity",
		      st->out_capacity == MBX_UNBOUNDED ?
			      json_string("unbounded") :
			      json_integer(st->out_capacity),
		      "msg_max", (json_int_t)st->out_msg_max, "mode", mode,
		      "policy", policy_name(st->out_policy), "full",
		      full_name(st->out_full), "timestamp",
		      !!(st->out_flags & MBX_CREATE_TIMESTAMP));
	json_line(out, o);
}

static int flush(struct bytes *out)
{
	int err = out_write(out->data, out->len);

	out->len = 0;
	if (err && err != -EPIPE)
		fail_plain("standard output", err);
	return err ? EXIT_FAIL : EXIT_OK;
}

static int write_picture(const struct picture *p)
{
	struct letter l = {
		.id = p->st.out_id,
		.timestamp = p->st.out_flags & MBX_CREATE_TIMESTAMP,
	};
	struct bytes out = { 0 };
	int status = EXIT_OK;
	size_t i;

	if (p->count)
		qsort(p->args, p->count, sizeof(*p->args), compare);
	put_mailbox(&out, p);
	for (i = 0; i < p->count && !status; i++) {
		l.arg = p->args[i];
		l.data = p->data.data + l.arg.data_ptr;
		json_letter(&out, &l);
		if (out.len >= FIRST_ROOM)
			status = flush(&out);
	}
	if (!status)
		status = flush(&out);
	bytes_free(&out);
	return status;
}

int cmd_dump(int argc, char **argv)
{
	struct picture p = { 0 };
	int err, status;

	while (opt_next(argc, argv) != -1)
		p.freeze = true;
	opt_positional(argc, 1, 1);
	p.name = argv[optind];
	check_target(p.name);
	err = open_target(&p.m, p.name, MBX_OPEN_RECEIVE | MBX_OPEN_MANAGE);
	if (err)
		return fail(p.name, MBX_CMD_OPEN, err);
	status = take_and_thaw(&p);
	mbx_close(p.m);
	if (!status)
		status = write_picture(&p);
	free(p.args);
	bytes_free(&p.data);
	return status;
}
