// SPDX-License-Identifier: GPL-2.0-or-later
#include <libmbx.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static long must(int cmd, long result)
{
	char why[256];

	if (result >= 0)
		return result;
	fprintf(stderr, "hello: %s\n",
		mbx_strerror(cmd, result, why, sizeof(why)));
	exit(1);
}

int main(void)
{
	char text[32];
	struct mbx *box;
	long len;

	/* Ten messages may wait; no name: only parent and child know it. */
	must(MBX_CMD_CREATE, mbx_create(&box, NULL, 10));
	if (fork() == 0) {
		must(MBX_CMD_SEND, mbx_send(box, "hello, world", 12));
		return 0;
	}
	len = must(MBX_CMD_RECEIVE, mbx_receive(box, text, sizeof(text)));
	printf("%.*s\n", (int)len, text);
	must(MBX_CMD_DELETE, mbx_delete_handle(box));
	mbx_close(box);
	return 0;
}
