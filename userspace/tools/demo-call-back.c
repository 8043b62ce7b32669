// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calling back: a server lacks something for its reply, and asks the caller, who
 * waits for that reply.  The answer may take its time, or never come.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "demo.h"

#define NAME "demo-call-back"
#define ASK_MS 100

static struct mbx *box;
/* Closed by the server when it waits no longer. */
static int gate[2];

/* ---- The client --------------------------------------------------------- */

static void report_question(const struct mbx_call *arg)
{
	demo_report("%d asks: \"%.*s\"", arg->out_pid, (int)arg->out_len,
		    (const char *)(uintptr_t)arg->reply_ptr);
}

static ssize_t say_name(void *unused, const struct mbx_call *arg,
			const void **answer)
{
	(void)unused;
	report_question(arg);
	*answer = "Ada";
	return 3;
}

static ssize_t think_long(void *unused, const struct mbx_call *arg,
			  const void **answer)
{
	char c;

	close(gate[1]);
	say_name(unused, arg, answer);
	demo_report("let me think");
	return read(gate[0], &c, 1) == 0 ? 3 : -EIO;
}

static ssize_t give_up(void *unused, const struct mbx_call *arg,
		       const void **answer)
{
	(void)unused;
	(void)answer;
	report_question(arg);
	return -EPERM;
}

struct part {
	mbx_answer_t answer;
	const char *reply;
	int ret;
};

static int client(void *arg)
{
	const struct part *part = arg;
	char buf[32] = "";
	struct mbx_call call = {
		.size = sizeof(call),
		.data_ptr = (uintptr_t) "greet me",
		.data_len = 8,
		.reply_ptr = (uintptr_t)buf,
		.reply_len = sizeof(buf) - 1,
	};
	ssize_t ret = mbx_call_answering(box, &call, part->answer, NULL);

	if (ret < 0)
		demo_report("I have given up: %s", strerror(-ret));
	else
		demo_report("the reply is \"%.*s\"", (int)ret, buf);
	if (ret >= 0 && (call.out_flags & MBX_CALL_UNHEARD))
		demo_report("but nobody waited for my answer any more");
	return part->ret ? ret != part->ret :
			   (ret < 0 || strncmp(buf, part->reply, ret) != 0);
}

static int tool(void *unused)
{
	(void)unused;
	execl("/proc/self/exe", "mbx", "call", NAME, "greet me", "--answer",
	      "printf 'Grace, to %s' \"$(cat)\"", NULL);
	return 1;
}

/* ---- The server --------------------------------------------------------- */

static uint64_t take(void)
{
	char text[16] = "";
	struct mbx_receive get = {
		.size = sizeof(get),
		.data_ptr = (uintptr_t)text,
		.data_len = sizeof(text) - 1,
	};

	demo_must(MBX_CMD_RECEIVE, mbx_receive_ext(box, &get));
	demo_say("call %llu of %d: \"%s\"", (unsigned long long)get.out_seq,
		 get.out_pid, text);
	return get.out_seq;
}

static ssize_t ask(uint64_t call, char *who, size_t size, uint64_t deadline)
{
	return mbx_ask(box, call, "who are you?", 12, who, size, deadline);
}

static bool greet(uint64_t call, const char *who)
{
	char text[64];

	snprintf(text, sizeof(text), "hello, %s", who);
	return !mbx_reply(box, call, text, strlen(text));
}

static bool asked(int (*act)(void *), const struct part *part,
		  const char *expected)
{
	pid_t pid = demo_spawn("client", act, (void *)part);
	uint64_t call = take();
	char who[32] = "";
	bool ok;

	ask(call, who, sizeof(who) - 1, 0);
	ok = demo_check(!strcmp(who, expected), "it is \"%s\"", who);
	ok &= demo_check(greet(call, who), "the reply has been sent");
	return demo_check(!demo_ended(pid), "the client has it") && ok;
}

static bool too_late(void)
{
	const struct part part = { .answer = think_long,
				   .reply = "hello, stranger" };
	char who[32];
	uint64_t call;
	pid_t pid;
	bool ok;

	demo_say("The server waits no longer than it wants to:");
	demo_must_sys("pipe", pipe(gate));
	pid = demo_spawn("client", client, (void *)&part);
	call = take();
	ok = demo_check(ask(call, who, sizeof(who), mbx_deadline_ms(ASK_MS)) ==
				-ETIMEDOUT,
			"no answer after %d ms, and the call is still there",
			ASK_MS);
	ok &= demo_check(greet(call, "stranger"), "the reply has been sent");
	close(gate[0]);
	close(gate[1]);
	return demo_check(!demo_ended(pid), "the client has it") && ok;
}

static bool hangs_up(void)
{
	const struct part part = { .answer = give_up, .ret = -EPERM };
	char who[32];
	uint64_t call;
	pid_t pid;
	bool ok;

	demo_say("The client does not like the question:");
	pid = demo_spawn("client", client, (void *)&part);
	call = take();
	ok = demo_check(ask(call, who, sizeof(who), 0) == -ECANCELED,
			"the server is told that the client has hung up");
	ok &= demo_check(mbx_reply(box, call, "x", 1) == -ENOENT,
			 "and a reply finds no call");
	return demo_check(!demo_ended(pid), "the client has no reply") && ok;
}

static bool run(void)
{
	const struct part part = { .answer = say_name, .reply = "hello, Ada" };
	bool ok;

	box = demo_create_box(NAME, 10);
	demo_say("The server asks before it replies:");
	ok = asked(client, &part, "Ada");
	demo_say("The client is mbx call --answer COMMAND:");
	ok = ok && asked(tool, NULL, "Grace, to who are you?");
	ok = ok && too_late() && hangs_up();
	demo_end_box(box);
	return ok;
}

const struct scene demo_call_back = {
	.name = "call-back",
	.title = "A server asks whoever waits for its reply",
	.run = run,
};
