// SPDX-License-Identifier: GPL-2.0-or-later
/* A server that answers calls, and a client that makes some. */
#include <errno.h>
#include <libmbx.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static long must(int cmd, long result)
{
	char why[256];

	if (result >= 0)
		return result;
	fprintf(stderr, "server: %s\n",
		mbx_strerror(cmd, result, why, sizeof(why)));
	exit(1);
}

/* Squares what it is sent, until the mailbox is sealed. */
static void serve(struct mbx *box)
{
	long number, square = 0;
	uint64_t call = 0;
	struct mbx_receive request = {
		.size = sizeof(request),
		.data_ptr = (uintptr_t)&number,
		.data_len = sizeof(number),
	};
	ssize_t ret;

	for (;;) {
		/* Answers the call before, if there is one, and takes the next. */
		ret = mbx_reply_receive(box, &call, &square, sizeof(square),
					&request);
		if (ret == -ENOENT || ret == -ECANCELED) {
			/* That caller has given up. */
			call = 0;
			continue;
		}
		if (ret == -ESHUTDOWN)
			return;
		must(MBX_CMD_RECEIVE, ret);
		square = number * number;
		if (request.out_flags & MBX_MESSAGE_CALL)
			call = request.out_seq;
	}
}

int main(void)
{
	struct mbx *box;
	long n, square;

	must(MBX_CMD_CREATE, mbx_create(&box, NULL, 10));
	if (fork() == 0) {
		serve(box);
		return 0;
	}
	for (n = 1; n <= 5; n++) {
		/* The deadline is for the whole call. */
		must(MBX_CMD_CALL,
		     mbx_call(box, &n, sizeof(n), &square, sizeof(square),
			      mbx_deadline_ms(10000)));
		printf("%ld squared is %ld\n", n, square);
	}
	must(MBX_CMD_CONTROL, mbx_admin(box, MBX_CONTROL_SEAL, 0, NULL));
	wait(NULL);
	must(MBX_CMD_DELETE, mbx_delete_handle(box));
	mbx_close(box);
	return 0;
}
