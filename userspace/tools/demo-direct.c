// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes that name each other.  Symmetric: send(Q, m) and receive(P, m);
 * asymmetric: send(Q, m) and receive(&id, m).  Nobody creates a mailbox.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "demo.h"

struct mail {
	char text[16];
	pid_t from;
};

static pid_t p;

static int send_to(pid_t pid, const char *text)
{
	struct mbx *box;

	demo_must(MBX_CMD_OPEN, mbx_open_pid(&box, pid, MBX_OPEN_SEND));
	demo_must(MBX_CMD_SEND, mbx_send(box, text, strlen(text)));
	mbx_close(box);
	return 0;
}

/* From process @pid, or 0: from any. */
static struct mail receive_from(pid_t pid)
{
	struct mail mail = { .text = "" };
	struct mbx_select select = {
		.size = sizeof(select),
		.flags = pid ? MBX_SELECT_PID : 0,
		.pid = pid,
	};
	struct mbx_receive get = {
		.size = sizeof(get),
		.data_ptr = (uintptr_t)mail.text,
		.data_len = sizeof(mail.text) - 1,
		.select_ptr = (uintptr_t)&select,
	};
	struct mbx *box;

	demo_must(MBX_CMD_OPEN, mbx_open_pid(&box, 0, MBX_OPEN_RECEIVE));
	demo_must(MBX_CMD_RECEIVE, mbx_receive_ext(box, &get));
	mbx_close(box);
	mail.from = get.out_pid;
	return mail;
}

static int act_r(void *q)
{
	return send_to(*(pid_t *)q, "from R");
}

static int act_q(void *unused)
{
	struct mail mail = receive_from(p);
	bool ok;

	(void)unused;
	ok = demo_check(!strcmp(mail.text, "from P"),
			"Q: receive(P, m) - m is \"%s\"", mail.text);
	mail = receive_from(0);
	ok &= demo_check(!strcmp(mail.text, "from R") && mail.from != p,
			 "Q: receive(&id, m) - m is \"%s\", id is %d",
			 mail.text, mail.from);
	send_to(p, "from Q");
	return !ok;
}

/* The handle is from before, the name from after it. */
static bool check_end(struct mbx *old, pid_t q)
{
	struct mbx *box;
	bool ok;

	ok = !demo_ended(q);
	ok &= mbx_send(old, "x", 1) == -EOWNERDEAD;
	ok &= mbx_open_pid(&box, q, MBX_OPEN_SEND) == -ESRCH;
	return demo_check(ok, "Q has exited: P is told, and Q is not found");
}

static bool run(void)
{
	struct mbx_stat st;
	struct mbx *to_q;
	struct mail mail;
	pid_t q, r;
	bool ok;

	p = getpid();
	q = demo_spawn("Q", act_q, NULL);
	if (!demo_blocked(q))
		return false;
	r = demo_spawn("R", act_r, &q);
	demo_say("P is %d, Q is %d, R is %d. Q waits in receive(P, m)", p, q,
		 r);
	if (demo_ended(r))
		return false;
	demo_must(MBX_CMD_OPEN, mbx_open_pid(&to_q, q, MBX_OPEN_SEND));
	demo_must(MBX_CMD_STAT, mbx_stat(to_q, &st, sizeof(st)));
	ok = demo_check(st.out_depth == 1 && st.out_receivers == 1,
			"R: send(Q, m) - it is kept, Q waits on");
	demo_say("        P: send(Q, m)");
	send_to(q, "from P");
	mail = receive_from(q);
	ok &= demo_check(!strcmp(mail.text, "from Q") && mail.from == q,
			 "P: receive(Q, m) - m is \"%s\"", mail.text);
	ok &= check_end(to_q, q);
	mbx_close(to_q);
	return ok;
}

const struct scene demo_direct = {
	.name = "direct",
	.title = "Processes name each other, symmetrically or not",
	.run = run,
};
