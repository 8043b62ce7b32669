// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Standard output: whether it is there, and whether it took everything.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/*
 * A mailbox handle that came to be standard output would swallow what is
 * printed, as messages.  What stands in for a closed descriptor fails.
 */
void out_init(void)
{
	int fd, flags;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		flags = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags) != fd)
			exit(EXIT_FAIL);
	}
}

/* Before anything is written: of a pipe POLLERR, of a socket POLLHUP. */
int out_check(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO };
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (poll(&p, 1, 0) == 1 && p.revents & (POLLERR | POLLHUP))
		return -EPIPE;
	return 0;
}

/* The error is the caller's to report: out_close() finds nothing of it. */
int out_write(const void *data, size_t len)
{
	int err;

	errno = 0;
	if (fwrite(data, 1, len, stdout) == len && !fflush(stdout))
		return 0;
	err = errno ? -errno : -EIO;
	__fpurge(stdout);
	clearerr(stdout);
	return err;
}

/* A reader that went away is no news to anyone; a full disk is. */
int out_close(int status)
{
	bool pending = __fpending(stdout), failed = ferror(stdout);

	errno = 0;
	if (fclose(stdout) == 0 && !failed)
		return status;
	if (errno == EBADF && !pending && !failed)
		return status;
	if (errno != EPIPE)
		say("standard output: %s",
		    errno ? strerror(errno) : "write error");
	return status ? status : EXIT_FAIL;
}
