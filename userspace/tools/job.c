// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx serve: a command that answers a call.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve.h"

#define PIECE 65536
#define PIECES 16

const char job_gave_up[] = "the caller has given up";

/* A group of its own, so that what it starts can be ended with it. */
static void __attribute__((noreturn))
run_command(const char *command, const struct letter *l, int in, int out)
{
	char text[16];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	exec_environment(l);
	snprintf(text, sizeof(text), "%" PRIu32, l->arg.out_reply_max);
	setenv("MBX_REPLY_MAX", text, 1);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    letter_pass_fds(l))
		execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

static int start(struct job *j, const char *command, const struct letter *l,
		 int in)
{
	int out[2];

	if (pipe2(out, O_CLOEXEC))
		return -errno;
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fflush(stdout);
	j->pid = fork();
	if (!j->pid)
		run_command(command, l, in, out[1]);
	close(out[1]);
	if (j->pid < 0) {
		j->pid = 0;
		close(out[0]);
		return -EAGAIN;
	}
	/* Both do it: whoever comes first. */
	setpgid(j->pid, j->pid);
	j->out = out[0];
	return 0;
}

/* The caller is told by the end of the handle. */
static void refuse(struct job *j)
{
	if (!j->call)
		return;
	mbx_close(j->m);
	j->m = NULL;
}

int job_start(struct job *j, const char *command, const struct letter *l)
{
	const bool is_call = l->arg.out_flags & MBX_MESSAGE_CALL;
	int in = exec_input(l), err;

	j->seq = l->arg.out_seq;
	j->call = is_call ? j->seq : 0;
	j->reply_max = l->arg.out_reply_max;
	j->reply.len = 0;
	j->why = NULL;
	err = in < 0 ? in : start(j, command, l, in);
	if (in >= 0)
		close(in);
	if (err)
		refuse(j);
	return err;
}

void job_kill(struct job *j, const char *why)
{
	kill(-j->pid, j->why ? SIGKILL : SIGTERM);
	if (!j->why)
		j->why = why;
}

/* Nobody waits for what a message makes it write. */
static void keep(struct job *j, const char *data, size_t len)
{
	if (!j->call || j->why)
		return;
	if (len > j->reply_max - j->reply.len)
		job_kill(j, "the reply is longer than the caller takes");
	else
		bytes_add(&j->reply, data, len);
}

void job_read(struct job *j)
{
	char piece[PIECE];
	ssize_t n = -1;
	int i;

	/* No more than a pipe holds: others want to be heard, too. */
	for (i = 0; i < PIECES && j->out >= 0; i++) {
		n = read(j->out, piece, sizeof(piece));
		if (n <= 0)
			break;
		keep(j, piece, n);
	}
	/* Or else poll() would find its end again and again. */
	if (!n) {
		close(j->out);
		j->out = -1;
	}
}

bool job_abandoned(const struct job *j)
{
	/* Refused as too long, but not if there is no such call. */
	return j->pid && j->call &&
	       mbx_reply(j->m, j->call, NULL, j->reply_max + 1ULL) == -ENOENT;
}

static void say_refused(const struct job *j, const char *why)
{
	say("message %" PRIu64 ": %s%s", j->seq, why,
	    j->call && why != job_gave_up ? ": no reply" : "");
}

static bool judge(const struct job *j, int status)
{
	char why[64];

	if (j->why) {
		say_refused(j, j->why);
		return false;
	}
	if (status == 0)
		return true;
	if (WIFSIGNALED(status))
		snprintf(why, sizeof(why),
			 "the command was killed by signal %d",
			 WTERMSIG(status));
	else
		snprintf(why, sizeof(why), "the command exited with status %d",
			 WEXITSTATUS(status));
	say_refused(j, why);
	return false;
}

/* 0 or -errno; the caller waits on if it is none of the first two. */
static int reply(struct job *j)
{
	char why[256];
	int err;

	err = mbx_reply(j->m, j->call, j->reply.data, j->reply.len);
	if (!err)
		return 0;
	if (err == -ENOENT || err == -ECANCELED)
		snprintf(why, sizeof(why), "%s", job_gave_up);
	else
		mbx_strerror(MBX_CMD_REPLY, err, why, sizeof(why));
	say("message %" PRIu64 ": %s", j->seq, why);
	return err;
}

void job_end(struct job *j, int status, bool verbose)
{
	bool ok;

	job_read(j);
	if (j->out >= 0)
		close(j->out);
	j->out = -1;
	j->pid = 0;
	ok = judge(j, status);
	if (ok && j->call)
		ok = !reply(j);
	if (!ok)
		refuse(j);
	else if (verbose && j->call)
		printf("message %" PRIu64 ": replied, %zu bytes\n", j->seq,
		       j->reply.len);
	else if (verbose)
		printf("message %" PRIu64 ": no call\n", j->seq);
	fflush(stdout);
}

void job_free(struct job *j)
{
	mbx_close(j->m);
	bytes_free(&j->reply);
}
