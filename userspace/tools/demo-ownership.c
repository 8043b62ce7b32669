// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mailbox passes from A to B, who names C as its successor and is killed.  A
 * asks B and C to do something by sending to them, and they answer.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "demo.h"

#define NAME "demo-ownership"

enum { TAKE, NAME_SUCCESSOR };

struct question {
	int what;
	pid_t pid;
};

struct answer {
	int err;
	char text[16];
};

static pid_t a;

/* As any process can that may: by name. */
static struct answer take(void)
{
	struct answer answer = { .text = "" };
	struct mbx *box;

	answer.err = mbx_open(&box, NAME, MBX_OPEN_RECEIVE);
	if (answer.err)
		return answer;
	demo_must(MBX_CMD_RECEIVE,
		  mbx_receive(box, answer.text, sizeof(answer.text) - 1));
	mbx_close(box);
	return answer;
}

static struct answer name_successor(pid_t pid)
{
	struct answer answer = { .text = "" };
	struct mbx *box;

	demo_must(MBX_CMD_OPEN, mbx_open(&box, NAME, 0));
	answer.err = mbx_set_successor(box, pid);
	mbx_close(box);
	return answer;
}

static int __attribute__((noreturn)) serve(void *unused)
{
	struct mbx *mine, *theirs;
	struct question q;
	struct answer answer;

	(void)unused;
	demo_must(MBX_CMD_OPEN, mbx_open_pid(&mine, 0, MBX_OPEN_RECEIVE));
	demo_must(MBX_CMD_OPEN, mbx_open_pid(&theirs, a, MBX_OPEN_SEND));
	for (;;) {
		demo_must(MBX_CMD_RECEIVE, mbx_receive(mine, &q, sizeof(q)));
		answer = q.what == TAKE ? take() : name_successor(q.pid);
		demo_must(MBX_CMD_SEND,
			  mbx_send(theirs, &answer, sizeof(answer)));
	}
}

static struct answer ask(pid_t whom, int what, pid_t pid)
{
	struct question q = { .what = what, .pid = pid };
	struct answer answer;
	struct mbx *mine, *theirs;

	demo_must(MBX_CMD_OPEN, mbx_open_pid(&mine, 0, MBX_OPEN_RECEIVE));
	demo_must(MBX_CMD_OPEN, mbx_open_pid(&theirs, whom, MBX_OPEN_SEND));
	demo_must(MBX_CMD_SEND, mbx_send(theirs, &q, sizeof(q)));
	demo_must(MBX_CMD_RECEIVE, mbx_receive(mine, &answer, sizeof(answer)));
	mbx_close(theirs);
	mbx_close(mine);
	return answer;
}

static int sender(void *box)
{
	int err = mbx_send(box, "x", 1);

	return err == -EOWNERDEAD ? 2 : !!err;
}

static bool can_take(pid_t whom, const char *text)
{
	struct answer answer = ask(whom, TAKE, 0);

	return !answer.err && !strcmp(answer.text, text);
}

static bool pass_on(struct mbx *box, pid_t b)
{
	if (!demo_check(ask(b, TAKE, 0).err == -EACCES,
			"A owns the mailbox: B may not open it to receive"))
		return false;
	demo_must(MBX_CMD_SEND, mbx_send(box, "one", 3));
	demo_must(MBX_CMD_SEND, mbx_send(box, "two", 3));
	demo_must(MBX_CMD_TRANSFER, mbx_transfer(box, b));
	return demo_check(can_take(b, "one"),
			  "A gives it to B: B receives what waits in it") &&
	       demo_check(take().err == -EACCES,
			  "and A may not open it to receive any more");
}

/* It is full when B dies, and a sender waits. */
static bool inherit(struct mbx *box, pid_t b, pid_t c)
{
	pid_t pid;

	demo_must(MBX_CMD_TRANSFER, ask(b, NAME_SUCCESSOR, c).err);
	demo_must(MBX_CMD_SEND, mbx_send(box, "three", 5));
	pid = demo_spawn("sender", sender, box);
	if (!demo_blocked(pid))
		return false;
	demo_say("B names C as its successor; kill -9 B");
	kill(b, SIGKILL);
	demo_ended(b);
	return demo_check(can_take(c, "two"),
			  "C has inherited it, with all that waits in it") &&
	       demo_check(!demo_ended(pid),
			  "and a sender that waited has gone on");
}

static bool orphan(struct mbx *box, pid_t c)
{
	struct mbx *again;
	pid_t pid;
	bool ok;

	pid = demo_spawn("sender", sender, box);
	if (!demo_blocked(pid))
		return false;
	demo_say("C names nobody; kill -9 C");
	kill(c, SIGKILL);
	demo_ended(c);
	ok = demo_ended(pid) == 2;
	ok &= mbx_open(&again, NAME, MBX_OPEN_SEND) == -ENOENT;
	return demo_check(ok, "the mailbox has ended, its senders are told");
}

static bool run(void)
{
	struct mbx *box;
	pid_t b, c;
	bool ok;

	a = getpid();
	box = demo_create_box(NAME, 2);
	b = demo_spawn("B", serve, NULL);
	c = demo_spawn("C", serve, NULL);
	ok = pass_on(box, b) && inherit(box, b, c) && orphan(box, c);
	mbx_close(box);
	return ok;
}

const struct scene demo_ownership = {
	.name = "ownership",
	.title = "A mailbox passes to another process, and to a successor",
	.run = run,
};
