// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deadlock by remote procedure calls: three servers, each of which calls the next
 * before it answers anybody.  The call that closes the circle is refused, by name of
 * those in it; whoever was refused can answer instead, and all end well.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "demo.h"

#define SERVERS 3

struct shared {
	int ready;
	int turn;
};

static struct shared *shared;

static const char *name_of(int nr)
{
	static const char *const names[SERVERS] = {
		"demo-deadlock-a",
		"demo-deadlock-b",
		"demo-deadlock-c",
	};

	return names[nr % SERVERS];
}

static void wait_for(const int *number, int value)
{
	while (__atomic_load_n(number, __ATOMIC_ACQUIRE) < value)
		usleep(1000);
}

static void advance(int *number)
{
	__atomic_add_fetch(number, 1, __ATOMIC_RELEASE);
}

static ssize_t call_next(int nr, struct mbx_cycle *cycle)
{
	static const char text[] = "please";
	char reply[32];
	struct mbx_call call = {
		.size = sizeof(call),
		.data_ptr = (uintptr_t)text,
		.data_len = sizeof(text) - 1,
		.reply_ptr = (uintptr_t)reply,
		.reply_len = sizeof(reply),
		.cycle_ptr = (uintptr_t)cycle,
	};
	struct mbx *next;
	ssize_t ret;

	demo_must(MBX_CMD_OPEN,
		  mbx_open(&next, name_of(nr + 1), MBX_OPEN_SEND));
	ret = mbx_call_ext(next, &call);
	mbx_close(next);
	if (ret >= 0)
		demo_report("%s has answered: \"%.*s\"", name_of(nr + 1),
			    (int)ret, reply);
	return ret;
}

static void answer(struct mbx *box, const char *text)
{
	char buf[32];
	struct mbx_receive get = {
		.size = sizeof(get),
		.data_ptr = (uintptr_t)buf,
		.data_len = sizeof(buf),
	};

	demo_must(MBX_CMD_RECEIVE, mbx_receive_ext(box, &get));
	demo_must(MBX_CMD_REPLY,
		  mbx_reply(box, get.out_seq, text, strlen(text)));
	demo_report("I have answered %d", get.out_pid);
}

/* Each has its mailbox from the beginning, and calls when it is its turn. */
static int server(void *arg)
{
	struct mbx_cycle cycle = { .size = sizeof(cycle), .nr = MBX_CYCLE_MAX };
	const int nr = *(int *)arg;
	struct mbx *box = demo_create_box(name_of(nr), 4);
	char chain[512];
	ssize_t ret;

	advance(&shared->ready);
	wait_for(&shared->turn, nr + 1);
	demo_report("I call %s", name_of(nr + 1));
	ret = call_next(nr, &cycle);
	if (ret == -EDEADLK) {
		mbx_cycle_text(&cycle, chain, sizeof(chain));
		demo_report("refused: %s", chain);
		answer(box, "not now");
	} else if (nr) {
		answer(box, "done");
	}
	demo_end_box(box);
	/* The last one is refused, and all others have an answer. */
	if (nr == SERVERS - 1)
		return ret != -EDEADLK || cycle.out_nr != SERVERS;
	return ret < 0;
}

static bool run(void)
{
	pid_t pid[SERVERS];
	bool ok = true;
	int i;

	shared = demo_shared(sizeof(*shared));
	demo_say("Three servers, which call the next one before they answer:");
	for (i = 0; i < SERVERS; i++) {
		pid[i] = demo_spawn(name_of(i), server, &i);
		wait_for(&shared->ready, i + 1);
	}
	for (i = 0; i < SERVERS; i++) {
		advance(&shared->turn);
		if (i == SERVERS - 1)
			break;
		if (!demo_blocked(pid[i]))
			return false;
		demo_show_task(pid[i]);
	}
	ok &= demo_check(!demo_ended(pid[SERVERS - 1]),
			 "the last call is refused, and the circle named");
	for (i = SERVERS - 2; i >= 0; i--)
		ok &= demo_check(!demo_ended(pid[i]), "%s has its answer",
				 name_of(i));
	return ok;
}

const struct scene demo_rpc_deadlock = {
	.name = "rpc-deadlock",
	.title = "Servers that call one another in a circle",
	.run = run,
};
