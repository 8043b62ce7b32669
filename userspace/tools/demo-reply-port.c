// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reply port: a client sends the right to answer along with what it asks.  In
 * Mach that is a right to send once, to a port of the client.  Here it can be the
 * same, by hand; a call has it built in, and neither side waits for a dead one.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "demo.h"

static struct mbx *box;

struct request {
	char text[16];
	pid_t from;
	uint64_t call;
};

/* What a receiver gets, with a descriptor in @fds if that is not NULL. */
static struct request take(struct mbx_fds *fds)
{
	struct request request = { .text = "" };
	struct mbx_receive get = {
		.size = sizeof(get),
		.data_ptr = (uintptr_t)request.text,
		.data_len = sizeof(request.text) - 1,
		.fds_ptr = (uintptr_t)fds,
	};

	demo_must(MBX_CMD_RECEIVE, mbx_receive_ext(box, &get));
	request.from = get.out_pid;
	if (get.out_flags & MBX_MESSAGE_CALL)
		request.call = get.out_seq;
	return request;
}

/* ---- By hand ------------------------------------------------------------ */

static int client_by_hand(void *unused)
{
	struct mbx *port, *once;
	struct mbx_fds fds = { .size = sizeof(fds), .nr = 1 };
	struct mbx_send ask = {
		.size = sizeof(ask),
		.data_ptr = (uintptr_t) "7 * 6",
		.data_len = 5,
		.fds_ptr = (uintptr_t)&fds,
	};
	char buf[16] = "";

	(void)unused;
	demo_must(MBX_CMD_CREATE, mbx_create(&port, NULL, 1));
	demo_must(MBX_CMD_DERIVE, mbx_derive(&once, port, MBX_OPEN_SEND,
					     MBX_DERIVE_ONESHOT, 0));
	fds.fds[0] = mbx_fd(once);
	demo_must(MBX_CMD_SEND, mbx_send_ext(box, &ask));
	mbx_close(once);
	demo_report("asked \"7 * 6\", and sent the right to answer along");
	demo_must(MBX_CMD_RECEIVE, mbx_receive(port, buf, sizeof(buf) - 1));
	demo_report("the answer is \"%s\"", buf);
	demo_end_box(port);
	return strcmp(buf, "42") != 0;
}

static bool by_hand(void)
{
	struct mbx_fds fds = { .size = sizeof(fds), .nr = 1 };
	struct mbx *port;
	pid_t client;
	bool ok;

	demo_say("By hand: a reply port, and a right to send to it once");
	client = demo_spawn("client", client_by_hand, NULL);
	take(&fds);
	demo_must(MBX_CMD_OPEN, mbx_from_fd(&port, fds.fds[0]));
	demo_must(MBX_CMD_SEND, mbx_send(port, "42", 2));
	ok = demo_check(mbx_send(port, "43", 2) == -EKEYEXPIRED,
			"the server answers, and cannot a second time");
	mbx_close(port);
	return demo_check(!demo_ended(client), "the client has its answer") &&
	       ok;
}

/* ---- By a call ---------------------------------------------------------- */

static int client(void *expected)
{
	char buf[16] = "";
	ssize_t ret = mbx_call(box, "7 * 6", 5, buf, sizeof(buf) - 1, 0);

	if (ret >= 0)
		demo_report("the answer is \"%s\"", buf);
	else
		demo_report("no answer: %s", strerror(-ret));
	return ret != *(int *)expected;
}

/* A client that waits for the reply, and what it asked for. */
static struct request begin(pid_t *pid, int expected)
{
	struct request request;

	*pid = demo_spawn("client", client, &expected);
	request = take(NULL);
	demo_check(request.call && request.from == *pid,
		   "the server has call %llu of %d: \"%s\"",
		   (unsigned long long)request.call, request.from,
		   request.text);
	return request;
}

static bool replied(void)
{
	struct request request;
	pid_t pid;
	bool ok;

	demo_say("By a call: it is the right to reply once");
	request = begin(&pid, 2);
	if (!demo_blocked(pid))
		return false;
	demo_show_task(pid);
	ok = demo_check(!mbx_reply(box, request.call, "42", 2),
			"the server replies, and waits for nobody");
	ok &= demo_check(mbx_reply(box, request.call, "43", 2) == -ENOENT,
			 "there is no second reply");
	return demo_check(!demo_ended(pid), "the client has the first") && ok;
}

static bool client_dies(void)
{
	struct pollfd told = { .fd = eventfd(0, EFD_CLOEXEC),
			       .events = POLLIN };
	struct request request;
	pid_t pid;
	bool ok;

	demo_say("The client dies:");
	demo_must(MBX_CMD_NOTIFY, mbx_notify(box, MBX_EVENT_CANCELED, told.fd));
	request = begin(&pid, 2);
	demo_say("kill -9 %d", pid);
	kill(pid, SIGKILL);
	ok = demo_check(demo_ended(pid) == 128 + SIGKILL, "it is dead");
	ok &= demo_check(poll(&told, 1, -1) == 1 &&
				 mbx_notify_read(box) == MBX_EVENT_CANCELED,
			 "the server is told");
	ok &= demo_check(mbx_reply(box, request.call, "42", 2) == -ENOENT,
			 "and a reply finds no call");
	close(told.fd);
	return ok;
}

static int server(void *unused)
{
	struct request request = take(NULL);

	(void)unused;
	demo_report("I have call %llu of %d, and will never reply",
		    (unsigned long long)request.call, request.from);
	pause();
	return 1;
}

static bool server_dies(void)
{
	int expected = -EPIPE;
	pid_t boss, pid;
	bool ok;

	demo_say("The server dies:");
	boss = demo_spawn("server", server, NULL);
	if (!demo_receivers(box, 1))
		return false;
	pid = demo_spawn("client", client, &expected);
	if (!demo_blocked(pid) || !demo_receivers(box, 0))
		return false;
	demo_say("kill -9 %d", boss);
	kill(boss, SIGKILL);
	ok = demo_check(demo_ended(boss) == 128 + SIGKILL, "it is dead");
	return demo_check(!demo_ended(pid),
			  "the client is told: nobody will reply") &&
	       ok;
}

static bool run(void)
{
	bool ok;

	box = demo_create_box("demo-reply-port", 10);
	ok = by_hand() && replied() && client_dies() && server_dies();
	demo_end_box(box);
	return ok;
}

const struct scene demo_reply_port = {
	.name = "reply-port",
	.title = "A right to answer once, and who is told when one dies",
	.run = run,
};
