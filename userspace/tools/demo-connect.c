// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A server publishes one mailbox; each client that it accepts gets a pair of its
 * own.  One client is refused, one is served, and then the server is killed.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "demo.h"

#define SERVER "demo-connect"
#define SECONDS(n) mbx_deadline_ms((n)*1000)

/* Upper case, until the client is gone. */
static void serve(struct mbx_connection *c)
{
	char text[64];
	ssize_t len, i;

	while ((len = mbx_connection_receive(c, text, sizeof(text), 0)) >= 0) {
		for (i = 0; i < len; i++)
			text[i] -= text[i] >= 'a' && text[i] <= 'z' ? 32 : 0;
		demo_must(MBX_CMD_SEND, mbx_send(c->out, text, len));
	}
	demo_report("the client is gone (%s)",
		    len == -EIDRM ? "it has disconnected" : "it has exited");
	mbx_disconnect(c);
}

static void decide(struct mbx *listener, struct mbx_offer *offer,
		   const char *text, ssize_t len)
{
	struct mbx_connection c;

	demo_report("pid %d wants to connect: \"%.*s\"", offer->pid, (int)len,
		    text);
	if (len != 6 || memcmp(text, "please", 6)) {
		demo_must(MBX_CMD_REPLY,
			  mbx_refuse(listener, offer, "manners", 7));
		return;
	}
	demo_must(MBX_CMD_REPLY, mbx_accept(listener, offer, &c, "welcome", 7));
	serve(&c);
}

static int server(void *listener)
{
	struct mbx_offer offer;
	char text[64];
	ssize_t len;

	while ((len = mbx_listen_next(listener, &offer, text, sizeof(text),
				      0)) >= 0)
		decide(listener, &offer, text, len);
	return 1;
}

static bool answered(int err, int expected, const char *reply, size_t len,
		     const char *text)
{
	return err == expected && len == strlen(text) &&
	       !memcmp(reply, text, len);
}

static int try_connect(struct mbx_connection *c, const char *say, char *reply,
		       size_t *len)
{
	*len = 64;
	return mbx_connect(c, SERVER, say, strlen(say), reply, len,
			   SECONDS(30));
}

static bool talk(struct mbx_connection *c)
{
	char text[64];
	ssize_t len;

	demo_must(MBX_CMD_SEND, mbx_send(c->out, "hello", 5));
	len = mbx_connection_receive(c, text, sizeof(text), SECONDS(30));
	return demo_check(len == 5 && !memcmp(text, "HELLO", 5),
			  "what it sends comes back in upper case");
}

/* The listening process is this one's child, so that it can be killed. */
static bool clients(pid_t pid)
{
	struct mbx_connection c = { 0 };
	struct mbx_stat st;
	char reply[64];
	size_t len;
	bool ok;
	int err;

	err = try_connect(&c, "now!", reply, &len);
	ok = demo_check(answered(err, -ECONNREFUSED, reply, len, "manners"),
			"the first client is refused: \"%.*s\"", (int)len,
			reply);
	err = try_connect(&c, "please", reply, &len);
	ok &= demo_check(answered(err, 0, reply, len, "welcome"),
			 "the second is accepted: \"%.*s\"", (int)len, reply);
	if (!ok)
		return false;
	ok = talk(&c);
	demo_must(MBX_CMD_STAT, mbx_stat(c.in, &st, sizeof(st)));
	ok &= demo_check(!st.out_name_len && st.out_handles == 2,
			 "its mailbox has no name, and two handles");
	mbx_disconnect(&c);

	err = try_connect(&c, "please", reply, &len);
	ok &= demo_check(!err, "the server goes on with the next");
	if (err)
		return false;
	ok &= talk(&c);
	demo_say("        the server is killed");
	kill(pid, SIGKILL);
	err = mbx_connection_receive(&c, reply, sizeof(reply), SECONDS(30));
	ok &= demo_check(err == -EOWNERDEAD,
			 "its client is told, and does not wait");
	mbx_disconnect(&c);
	return ok;
}

static int listen_and_serve(void *ready)
{
	struct mbx *listener;

	demo_must(MBX_CMD_CREATE, mbx_listen(&listener, SERVER, 8, 0600));
	demo_must(MBX_CMD_SEND, mbx_send(ready, "", 0));
	return server(listener);
}

static bool run(void)
{
	struct mbx *ready = demo_create_box("demo-connect-ready", 1);
	struct mbx_connection c;
	pid_t pid = demo_spawn("server", listen_and_serve, ready);
	bool ok;

	demo_must(MBX_CMD_RECEIVE, mbx_receive(ready, NULL, 0));
	demo_end_box(ready);
	ok = clients(pid);
	demo_ended(pid);
	ok &= demo_check(mbx_connect(&c, SERVER, "", 0, NULL, NULL, 0) ==
				 -ENOENT,
			 "nobody listens any more");
	return ok;
}

const struct scene demo_connect = {
	.name = "connect",
	.title = "A private pair of mailboxes for each client",
	.run = run,
};
