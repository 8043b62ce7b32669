// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx call --answer: a command for each question.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answer.h"

/* A file, not a pipe: the command may ignore it without blocking anyone. */
static int open_question(const char *data, size_t len)
{
	int fd = memfd_create("question", MFD_CLOEXEC);
	ssize_t n = 0;

	while (fd >= 0 && len && n >= 0) {
		n = write(fd, data, len);
		data += n;
		len -= n;
	}
	if (fd < 0 || n < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return fd;
}

static void __attribute__((noreturn))
run_command(const struct answerer *a, const struct mbx_call *arg, int in,
	    int out)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, (uint64_t)arg->out_seq);
	setenv("MBX_SEQ", text, 1);
	snprintf(text, sizeof(text), "%d", arg->out_pid);
	setenv("MBX_PID", text, 1);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		execl("/bin/sh", "sh", "-c", a->command, NULL);
	_exit(127);
}

static void read_all(struct bytes *b, int fd)
{
	ssize_t n;

	b->len = 0;
	do {
		bytes_room(b, b->len + 65536);
		n = read(fd, b->data + b->len, b->size - b->len);
		b->len += n > 0 ? n : 0;
	} while (n > 0 || (n < 0 && errno == EINTR));
}

static int run(struct answerer *a, const struct mbx_call *arg, int in)
{
	int out[2], status;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC))
		return -errno;
	fflush(stdout);
	pid = fork();
	if (!pid)
		run_command(a, arg, in, out[1]);
	close(out[1]);
	if (pid > 0)
		read_all(&a->data, out[0]);
	close(out[0]);
	if (pid < 0)
		return -EAGAIN;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

static bool judge(const struct answerer *a, int status)
{
	const char *what = "the command that answers";

	if (!status)
		return true;
	if (status < 0)
		say("cannot run %s: %s", what, strerror(-status));
	else if (WIFSIGNALED(status))
		say("%s was killed by signal %d: the call is given up", what,
		    WTERMSIG(status));
	else
		say("%s exited with status %d: the call is given up", what,
		    WEXITSTATUS(status));
	return false;
}

ssize_t answer_by_command(void *ctx, const struct mbx_call *arg,
			  const void **answer)
{
	const char *question = (const char *)(uintptr_t)arg->reply_ptr;
	int in = open_question(question, arg->out_len);
	struct answerer *a = ctx;
	int status = in < 0 ? in : run(a, arg, in);

	if (in >= 0)
		close(in);
	a->failed = !judge(a, status);
	if (a->failed)
		return -ECANCELED;
	*answer = a->data.data;
	return a->data.len;
}
