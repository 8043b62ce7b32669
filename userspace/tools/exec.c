// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recv --exec: a command for each message.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recv.h"

/* The first that a command gets; those before are its standard ones. */
#define FIRST_FD 3

/* A file, not a pipe: the command may ignore it without blocking anyone. */
int exec_input(const struct letter *l)
{
	int fd = memfd_create("message", MFD_CLOEXEC);
	size_t done = 0;
	ssize_t n = 0;

	while (fd >= 0 && done < l->arg.out_len && n >= 0) {
		n = write(fd, l->data + done, l->arg.out_len - done);
		done += n > 0 ? n : 0;
	}
	if (fd < 0 || n < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return fd;
}

/* ---- Descriptors -------------------------------------------------------- */

uint64_t letter_room(struct letter *l)
{
	l->fds.size = sizeof(l->fds);
	l->fds.nr = l->takes_fds ? MBX_FDS_MAX : 0;
	l->fds.out_nr = 0;
	return l->takes_fds ? (uintptr_t)&l->fds : 0;
}

void letter_tell_lost(const struct letter *l)
{
	const unsigned long long seq = l->arg.out_seq;

	if (!(l->arg.out_flags & MBX_MESSAGE_FDS_LOST))
		return;
	if (l->takes_fds)
		say("message %llu: a descriptor is lost: a security module refused it, or another thread took its number",
		    seq);
	else
		say("message %llu: its descriptors are closed: a command gets them by --exec and --fds",
		    seq);
}

/* Out of the way first: where one is to be another may be. */
bool letter_pass_fds(const struct letter *l)
{
	const int nr = l->takes_fds ? l->fds.out_nr : 0;
	int moved[MBX_FDS_MAX], i;

	for (i = 0; i < nr; i++) {
		moved[i] = l->fds.fds[i];
		if (moved[i] < 0)
			continue;
		moved[i] = fcntl(moved[i], F_DUPFD_CLOEXEC, FIRST_FD + nr);
		if (moved[i] < 0) {
			fail_plain("descriptors for the command", errno);
			return false;
		}
	}
	for (i = 0; i < nr; i++) {
		if (moved[i] < 0)
			close(FIRST_FD + i);
		else if (dup2(moved[i], FIRST_FD + i) < 0)
			return false;
	}
	return true;
}

void letter_close_fds(struct letter *l)
{
	__u32 i;

	for (i = 0; l->takes_fds && i < l->fds.out_nr; i++)
		if (l->fds.fds[i] >= 0)
			close(l->fds.fds[i]);
	l->fds.out_nr = 0;
}

/* ---- The command -------------------------------------------------------- */

static void set_number(const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	setenv(name, text, 1);
}

void exec_environment(const struct letter *l)
{
	setenv("MBX_NAME", l->name, 1);
	set_number("MBX_ID", l->id);
	set_number("MBX_SEQ", l->arg.out_seq);
	set_number("MBX_LENGTH", l->arg.out_len);
	set_number("MBX_PID", l->arg.out_pid);
	set_number("MBX_TID", l->arg.out_tid);
	set_number("MBX_UID", l->arg.out_uid);
	set_number("MBX_GID", l->arg.out_gid);
	set_number("MBX_BADGE", l->arg.out_badge);
	set_number("MBX_TYPE", l->arg.out_type);
	set_number("MBX_PRIORITY", l->arg.out_priority);
	set_number("MBX_DELIVERIES", l->arg.out_deliveries);
	if (l->takes_fds)
		set_number("MBX_FDS", l->fds.out_nr);
	else
		unsetenv("MBX_FDS");
}

static void __attribute__((noreturn))
run_command(const char *command, const struct letter *l, int fd)
{
	exec_environment(l);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(fd, STDIN_FILENO) >= 0 && letter_pass_fds(l))
		execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

static int judge(const struct letter *l, int status)
{
	unsigned long long seq = l->arg.out_seq;

	if (status == 0)
		return EXIT_OK;
	if (status < 0)
		say("message %llu: cannot run the command: %s", seq,
		    strerror(-status));
	else if (WIFSIGNALED(status))
		say("message %llu: the command was killed by signal %d", seq,
		    WTERMSIG(status));
	else
		say("message %llu: the command exited with status %d", seq,
		    WEXITSTATUS(status));
	return EXIT_FAIL;
}

int exec_letter(const char *command, const struct letter *l)
{
	int fd = exec_input(l);
	pid_t pid;

	if (fd < 0)
		return judge(l, fd);
	fflush(stdout);
	pid = fork();
	if (!pid)
		run_command(command, l, fd);
	close(fd);
	return judge(l, pid < 0 ? -errno : wait_for(pid));
}
