// SPDX-License-Identifier: GPL-2.0-or-later
/* P2 and P3 receive from the same mailbox, P1 sends: who gets the message? */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "demo.h"

#define NAME "demo-shared"
#define THREADS 3

static struct mbx *box;

static void *take_one(void *unused)
{
	char buf[16];

	(void)unused;
	demo_must(MBX_CMD_RECEIVE, mbx_receive(box, buf, sizeof(buf)));
	return NULL;
}

static int one_thread(void *unused)
{
	take_one(unused);
	return 0;
}

static int two_threads(void *unused)
{
	pthread_t second;

	if (pthread_create(&second, NULL, take_one, NULL))
		return 1;
	take_one(unused);
	return pthread_join(second, NULL);
}

/* One more who comes, waits, and is never served. */
static int stay(void *unused)
{
	take_one(unused);
	take_one(unused);
	return 1;
}

/* The error as exit status; it does not wait. */
static int look_in(void *unused)
{
	char buf[16];
	ssize_t ret = mbx_try_receive(box, buf, sizeof(buf));

	(void)unused;
	return ret < 0 ? -ret : 0;
}

/* Who gets which of three messages; a send that is taken tells who took it. */
static void deal(pid_t p2, char *who)
{
	pid_t pid;

	for (int i = 0; i < THREADS; i++) {
		pid = demo_must(MBX_CMD_SEND, mbx_send_sync(box, "x", 1, 0));
		who += sprintf(who, "%s%s", i ? " " : "",
			       pid == p2 ? "P2" : "P3");
	}
}

/* P2 comes with two threads, then P3 with one. */
static bool who_gets(uint32_t policy, const char *rule, const char *expected)
{
	char who[3 * THREADS + 1] = "";
	pid_t p2, p3;
	bool ok;

	box = demo_create_policy(NAME, 10, policy);
	p2 = demo_spawn("P2", two_threads, NULL);
	if (!demo_receivers(box, 2))
		return false;
	p3 = demo_spawn("P3", one_thread, NULL);
	if (!demo_receivers(box, THREADS))
		return false;
	deal(p2, who);
	ok = !demo_ended(p2);
	ok &= !demo_ended(p3);
	demo_end_box(box);
	return demo_check(ok && !strcmp(who, expected), "%s: %s", rule, who);
}

static bool exclusive(void)
{
	pid_t p2;
	bool ok;

	box = demo_create_policy(NAME, 10, MBX_POLICY_EXCLUSIVE);
	p2 = demo_spawn("P2", one_thread, NULL);
	if (!demo_receivers(box, 1))
		return false;
	ok = demo_check(demo_ended(demo_spawn("P3", look_in, NULL)) == EBUSY,
			"exclusive: while P2 waits, P3 is refused: EBUSY");
	ok &= demo_must(MBX_CMD_SEND, mbx_send_sync(box, "x", 1, 0)) == p2;
	ok &= !demo_ended(p2);
	ok &= demo_ended(demo_spawn("P3", look_in, NULL)) == EAGAIN;
	demo_end_box(box);
	return demo_check(ok, "P2 got its message, now P3 may");
}

static bool pair(void)
{
	pid_t p2;
	bool ok;

	box = demo_create_policy(NAME, 10, MBX_POLICY_PAIR);
	p2 = demo_spawn("P2", stay, NULL);
	if (!demo_receivers(box, 1))
		return false;
	ok = demo_must(MBX_CMD_SEND, mbx_send_sync(box, "x", 1, 0)) == p2;
	ok &= demo_ended(demo_spawn("P3", look_in, NULL)) == EUSERS;
	ok = demo_check(ok, "pair: P1 and P2 use it, P3 is refused: EUSERS");
	kill(p2, SIGKILL);
	demo_ended(p2);
	demo_must(MBX_CMD_SEND, mbx_send(box, "x", 1));
	ok &= !demo_ended(demo_spawn("P3", look_in, NULL));
	demo_end_box(box);
	return demo_check(ok, "P2 is killed: P3 takes its place");
}

static bool run(void)
{
	bool ok;

	demo_say(
		"P2 waits with two threads, then P3 comes with one. P1 sends three");
	demo_say("messages. They go to, if the mailbox's policy is");
	ok = who_gets(MBX_POLICY_FIFO, "fifo, who waits longest", "P2 P2 P3");
	ok &= who_gets(MBX_POLICY_RR, "rr, processes in turn", "P2 P3 P2");
	ok &= who_gets(MBX_POLICY_LIFO, "lifo, who came last", "P3 P2 P2");
	demo_say("Or not all may wait at the same time:");
	ok &= exclusive();
	ok &= pair();
	return ok;
}

const struct scene demo_shared_box = {
	.name = "shared",
	.title = "Two receivers, one message: who gets it?",
	.run = run,
};
