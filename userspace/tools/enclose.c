// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * send --fd, call --fd: descriptors that are to go with a message.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "enclose.h"

void enclose(struct enclosed *e, const char *text)
{
	if (!*text)
		usage("--fd: '' is neither a descriptor nor a path");
	if (e->fds.nr == MBX_FDS_MAX)
		usage("--fd: a message has no more than %d descriptors",
		      MBX_FDS_MAX);
	e->texts[e->fds.nr++] = text;
}

/* What is closed by exec is none that mbx was given, but one of its own. */
static int inherited(uint64_t number)
{
	int flags = number > INT32_MAX ? -1 : fcntl(number, F_GETFD);

	return flags < 0 || flags & FD_CLOEXEC ? -1 : (int)number;
}

static int open_one(struct enclosed *e, __u32 i)
{
	const char *text = e->texts[i];
	uint64_t number;
	int fd;

	if (to_number(text, 10, &number)) {
		fd = inherited(number);
		if (fd < 0)
			say("--fd: mbx was given no descriptor %s: open it, as by %s<FILE, or write ./%s for a file",
			    text, text, text);
	} else {
		fd = open(text, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			fail_plain(text, errno);
		else
			e->own |= 1U << i;
	}
	e->fds.fds[i] = fd;
	return fd < 0 ? EXIT_FAIL : EXIT_OK;
}

int enclosed_open(struct enclosed *e)
{
	int status = EXIT_OK;
	__u32 i;

	e->fds.size = sizeof(e->fds);
	for (i = 0; i < e->fds.nr && !status; i++)
		status = open_one(e, i);
	return status;
}

uint64_t enclosed_ptr(const struct enclosed *e)
{
	return e->fds.nr ? (uintptr_t)&e->fds : 0;
}

void enclosed_close(struct enclosed *e)
{
	__u32 i;

	for (i = 0; i < e->fds.nr; i++)
		if (e->own & 1U << i)
			close(e->fds.fds[i]);
	e->own = 0;
}

static bool is_unix_socket(int fd)
{
	socklen_t len = sizeof(int);
	int domain;

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) &&
	       domain == AF_UNIX;
}

/* What it is that may not travel, or NULL. */
static const char *never_travels(int fd)
{
	char path[64], target[64];
	ssize_t n;

	if (is_unix_socket(fd))
		return "an AF_UNIX socket";
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	if (!strcmp(target, "anon_inode:[io_uring]"))
		return "an io_uring";
	if (!strcmp(target, "anon_inode:[mailbox]"))
		return "a mailbox handle, and can receive";
	return NULL;
}

void enclosed_blame(const struct enclosed *e, int err)
{
	const char *what;
	__u32 i;

	for (i = 0; err == -ELOOP && i < e->fds.nr; i++) {
		what = never_travels(e->fds.fds[i]);
		if (!what)
			continue;
		say("--fd %s is %s", e->texts[i], what);
		return;
	}
}
