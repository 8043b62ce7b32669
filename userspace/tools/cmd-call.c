// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx call
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "cmd.h"
#include "enclose.h"
#include "json.h"

enum {
	OPT_TIMEOUT = 256,
	OPT_PRIORITY,
	OPT_TYPE,
	OPT_RAW,
	OPT_JSON,
	OPT_DONATE,
	OPT_FD,
	OPT_ANSWER,
};

/* clang-format off */
const struct opt call_opts[] = {
	{ "file", 'f', "FILE", "read FILE instead of standard input" },
	{ "priority", OPT_PRIORITY, "N", "0 to 31, the highest is received first [0]" },
	{ "type", OPT_TYPE, "N", "a number for receivers to choose by [0]" },
	{ "fd", OPT_FD, "FD|PATH", "send an open descriptor, or PATH to be read, too" },
	{ "timeout", OPT_TIMEOUT, "DURATION", "wait at most so long for the reply" },
	{ "donate", OPT_DONATE, NULL, "lend your priority to who serves the call" },
	{ "answer", OPT_ANSWER, "COMMAND", "answer what the server asks: in, out" },
	{ "raw", OPT_RAW, NULL, "the bytes of the reply, nothing else" },
	{ "null", '0', NULL, "a zero byte after the reply, no newline" },
	{ "json", OPT_JSON, NULL, "a line of JSON, which tells who replied" },
	{ 0 }
};

const char call_more[] =
"Without MESSAGE and --file the message is standard input. A newline follows the\n"
"reply unless it ends with one. Status 5 also if who took the call cannot reply.\n"
"COMMAND is run by sh -c for each question; if it fails the call is given up.\n"
"DURATION is a number and ns, us, ms, s, min or h; or inf. FILE may be -.\n";
/* clang-format on */

struct call {
	const char *name;
	const char *text;
	const char *path;
	const char *after;
	size_t after_len;
	bool json;
	int64_t timeout;
	struct mbx *m;
	__u32 msg_max;
	struct mbx_call arg;
	struct mbx_cycle cycle;
	struct enclosed enclosed;
	struct answerer answerer;
	struct bytes message;
	char *reply;
};

static void parse_option(struct call *c, int key)
{
	switch (key) {
	case 'f':
		c->path = optarg;
		break;
	case OPT_PRIORITY:
		c->arg.priority = parse_number("--priority", optarg, 0,
					       MBX_PRIORITIES - 1);
		break;
	case OPT_TYPE:
		c->arg.type = parse_number("--type", optarg, 0, UINT64_MAX);
		break;
	case OPT_TIMEOUT:
		c->timeout = parse_duration("--timeout", optarg);
		break;
	case OPT_DONATE:
		c->arg.flags |= MBX_CALL_DONATE;
		break;
	case OPT_FD:
		enclose(&c->enclosed, optarg);
		break;
	case OPT_ANSWER:
		c->answerer.command = optarg;
		break;
	case OPT_RAW:
		c->after_len = 0;
		break;
	case '0':
		c->after = "";
		break;
	case OPT_JSON:
		c->json = true;
		break;
	}
}

static void parse(struct call *c, int argc, char **argv)
{
	int key, styles = 0;

	while ((key = opt_next(argc, argv)) != -1) {
		styles += key == OPT_RAW || key == '0' || key == OPT_JSON;
		parse_option(c, key);
	}
	opt_positional(argc, 1, 2);
	c->name = argv[optind];
	c->text = argv[optind + 1];
	check_target(c->name);
	if (styles > 1)
		usage("more than one of --raw, --null, --json");
	if (c->text && c->path)
		usage("MESSAGE and --file exclude each other");
}

/* One byte more than fits is enough to know. */
static int read_message(struct call *c, FILE *in)
{
	struct bytes *b = &c->message;
	size_t n;

	do {
		bytes_room(b, b->len + 65536);
		n = fread(b->data + b->len, 1, b->size - b->len, in);
		b->len += n;
	} while (n && b->len <= c->msg_max);
	return ferror(in) ? fail_plain(c->path, errno) : EXIT_OK;
}

static int get_message(struct call *c)
{
	int status;
	FILE *in;

	if (c->text) {
		bytes_add(&c->message, c->text, strlen(c->text));
		return EXIT_OK;
	}
	if (!c->path || !strcmp(c->path, "-")) {
		c->path = "standard input";
		return read_message(c, stdin);
	}
	in = fopen(c->path, "re");
	if (!in)
		return fail_plain(c->path, errno);
	status = read_message(c, in);
	fclose(in);
	return status;
}

static int open_mailbox(struct call *c)
{
	int err = open_target(&c->m, c->name, MBX_OPEN_SEND);
	struct mbx_stat st;

	if (err)
		return fail(c->name, MBX_CMD_OPEN, err);
	err = mbx_stat(c->m, &st, sizeof(st));
	if (err)
		return fail(c->name, MBX_CMD_STAT, err);
	c->msg_max = st.out_msg_max;
	/* What is not written to takes no memory. */
	c->reply = grow(NULL, c->msg_max);
	return EXIT_OK;
}

static int failed_in_cycle(const struct call *c, const char *why)
{
	size_t len = mbx_cycle_text(&c->cycle, NULL, 0);
	char *chain = grow(NULL, len + 1);

	mbx_cycle_text(&c->cycle, chain, len + 1);
	say("%s: %s; nothing was sent: %s", c->name, why, chain);
	free(chain);
	return exit_status(-EDEADLK);
}

/* Only these leave open what has become of the call. */
static bool may_have_run(int err)
{
	return err != -EMSGSIZE && err != -EBADF && err != -EINVAL &&
	       err != -ELOOP && err != -ETOOMANYREFS;
}

static int failed(const struct call *c, int err)
{
	/* Which is another thing if nobody took the call. */
	const bool unsent = err == -EPIPE && !c->arg.out_seq;
	char why[512];

	/* Which says so already. */
	if (c->answerer.failed)
		return EXIT_FAIL;
	enclosed_blame(&c->enclosed, err);
	mbx_strerror(unsent ? MBX_CMD_SEND : MBX_CMD_CALL, err, why,
		     sizeof(why));
	if (err == -EDEADLK)
		return failed_in_cycle(c, why);
	/* Which says so already. */
	if (c->arg.out_seq && err == -EPIPE)
		say("%s: %s; it was process %d", c->name, why, c->arg.out_pid);
	else if (c->arg.out_seq)
		say("%s: %s; process %d had taken the call, and may have carried it out",
		    c->name, why, c->arg.out_pid);
	else if (may_have_run(err))
		say("%s: %s; nobody had taken the call, nor will", c->name,
		    why);
	else
		say("%s: %s", c->name, why);
	return exit_status(err);
}

static void show_json(struct bytes *out, const struct call *c)
{
	const struct mbx_call *arg = &c->arg;
	json_t *o = json_object();

	json_object_set_new(o, "schema", json_integer(1));
	json_object_set_new(o, "seq", json_integer(arg->out_seq));
	json_object_set_new(o, "pid", json_integer(arg->out_pid));
	json_object_set_new(o, "tid", json_integer(arg->out_tid));
	json_object_set_new(o, "length", json_integer(arg->out_len));
	json_data(o, c->reply, arg->out_len);
	json_line(out, o);
}

/* Commands mostly end what they write with a newline. */
static bool ends_with(const struct call *c)
{
	const __u32 len = c->arg.out_len;

	return *c->after == '\n' && len && c->reply[len - 1] == '\n';
}

static int show(const struct call *c)
{
	struct bytes out = { 0 };
	int err;

	if (c->json) {
		show_json(&out, c);
	} else {
		bytes_add(&out, c->reply, c->arg.out_len);
		bytes_add(&out, c->after, ends_with(c) ? 0 : c->after_len);
	}
	err = out_write(out.data, out.len);
	bytes_free(&out);
	if (!err)
		return EXIT_OK;
	say("%s: the call was carried out, but its reply not written: %s",
	    c->name, strerror(-err));
	return EXIT_FAIL;
}

/* A reply that could not be put anywhere is not asked for. */
static int do_call(struct call *c)
{
	int err = out_check();
	ssize_t ret;

	if (err)
		return fail_plain("standard output", err);
	c->arg.size = sizeof(c->arg);
	c->arg.data_ptr = (uintptr_t)c->message.data;
	c->arg.data_len = c->message.len;
	c->arg.fds_ptr = enclosed_ptr(&c->enclosed);
	c->arg.reply_ptr = (uintptr_t)c->reply;
	c->arg.reply_len = c->msg_max;
	c->arg.deadline = mbx_deadline_ns(c->timeout);
	c->cycle.size = sizeof(c->cycle);
	c->cycle.nr = MBX_CYCLE_MAX;
	c->arg.cycle_ptr = (uintptr_t)&c->cycle;
	if (c->answerer.command)
		ret = mbx_call_answering(c->m, &c->arg, answer_by_command,
					 &c->answerer);
	else
		ret = mbx_call_ext(c->m, &c->arg);
	return ret < 0 ? failed(c, ret) : show(c);
}

int cmd_call(int argc, char **argv)
{
	struct call c = {
		.timeout = FOREVER,
		.after = "\n",
		.after_len = 1,
	};
	int status;

	parse(&c, argc, argv);
	status = enclosed_open(&c.enclosed);
	if (!status)
		status = open_mailbox(&c);
	if (!status)
		status = get_message(&c);
	if (!status)
		status = do_call(&c);
	mbx_close(c.m);
	enclosed_close(&c.enclosed);
	bytes_free(&c.message);
	bytes_free(&c.answerer.data);
	free(c.reply);
	return status;
}
