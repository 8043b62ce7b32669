// SPDX-License-Identifier: GPL-2.0-or-later
/* A mailbox that belongs to a process ends with it, and senders are told. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "demo.h"

#define NAME "demo-owner"

/* Takes one message, then nothing more, so that the mailbox fills up. */
static int owner(void *unused)
{
	struct mbx *box = demo_create_box(NAME, 1);
	char buf[16];

	(void)unused;
	demo_must(MBX_CMD_RECEIVE, mbx_receive(box, buf, sizeof(buf)));
	demo_report("one message is enough for me");
	pause();
	return 1;
}

static int sender(void *unused)
{
	struct mbx *box;
	int sent = 0, err;

	(void)unused;
	demo_must(MBX_CMD_OPEN, mbx_open(&box, NAME, MBX_OPEN_SEND));
	while (!(err = mbx_send(box, "work", 4)))
		sent++;
	if (err == -EOWNERDEAD)
		demo_report("sent %d, waited, was told: owner dead", sent);
	else
		demo_must(MBX_CMD_SEND, err);
	return err != -EOWNERDEAD;
}

static bool check_afterwards(struct mbx *box)
{
	struct pollfd pfd = { .fd = mbx_fd(box), .events = POLLOUT };
	struct mbx *again;
	bool ok;

	ok = demo_check(mbx_send(box, "work", 4) == -EOWNERDEAD,
			"a later send on an old handle is told so too");
	ok &= demo_check(poll(&pfd, 1, 0) == 1 && pfd.revents & POLLHUP,
			 "poll reports a hang-up on it");
	ok &= demo_check(mbx_open(&again, NAME, MBX_OPEN_SEND) == -ENOENT,
			 "and the name is gone");
	return ok;
}

static bool run(void)
{
	pid_t boss, a, b;
	struct mbx *box;
	bool ok;

	boss = demo_spawn("owner", owner, NULL);
	if (!demo_blocked(boss))
		return false;
	demo_must(MBX_CMD_OPEN, mbx_open(&box, NAME, MBX_OPEN_SEND));
	a = demo_spawn("sender-a", sender, NULL);
	b = demo_spawn("sender-b", sender, NULL);
	if (!demo_blocked(a) || !demo_blocked(b))
		return false;
	demo_say("The mailbox is full, both senders wait:");
	demo_show_task(a);
	demo_show_task(b);
	demo_say("kill -9 %d", boss);
	kill(boss, SIGKILL);
	ok = demo_check(demo_ended(boss) == 128 + SIGKILL, "the owner is dead");
	ok &= demo_check(!demo_ended(a) && !demo_ended(b),
			 "both senders were told");
	ok &= check_afterwards(box);
	mbx_close(box);
	return ok;
}

const struct scene demo_owner = {
	.name = "owner",
	.title = "The owner is killed, its senders are told",
	.run = run,
};
