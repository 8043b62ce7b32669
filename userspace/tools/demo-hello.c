// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <unistd.h>

#include "demo.h"

static const char text[] = "hello, mailbox";

static int sender(void *box)
{
	demo_must(MBX_CMD_SEND, mbx_send(box, text, strlen(text)));
	demo_report("sent \"%s\"", text);
	return 0;
}

/* This process receives, the child sends. */
static bool run(void)
{
	char buf[64] = "";
	struct mbx_receive get = {
		.size = sizeof(get),
		.data_ptr = (uintptr_t)buf,
		.data_len = sizeof(buf) - 1,
	};
	struct mbx *box = demo_create_box("demo-hello", 10);
	pid_t pid = demo_spawn("sender", sender, box);
	bool ok;

	demo_must(MBX_CMD_RECEIVE, mbx_receive_ext(box, &get));
	demo_report("received \"%s\"; the kernel says: from pid %d, uid %u",
		    buf, get.out_pid, get.out_uid);
	ok = demo_check(!demo_ended(pid), "the send was successful");
	ok &= demo_check(!strcmp(buf, text), "it is the text that was sent");
	ok &= demo_check(get.out_pid == pid && get.out_uid == geteuid(),
			 "pid and uid are the sender's");
	demo_end_box(box);
	return ok;
}

const struct scene demo_hello = {
	.name = "hello",
	.title = "One process sends, another receives",
	.run = run,
};
