// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx serve: a loop around poll() over the mailbox, the commands' outputs, their
 * ends and other signals, and callers that give up.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "serve.h"

#define FIRST_ROOM 65536
#define MAX_JOBS 1000

enum {
	OPT_EXEC = 256,
	OPT_CREATE,
	OPT_FINISH,
	OPT_FDS,
};

/* clang-format off */
const struct opt serve_opts[] = {
	{ "exec", OPT_EXEC, "COMMAND", "what answers: message in, reply out" },
	{ "fds", OPT_FDS, NULL, "descriptors of a message are 3... for COMMAND" },
	{ "count", 'n', "COUNT", "end after COUNT messages" },
	{ "jobs", 'j', "N", "run up to N commands at a time [1]" },
	{ "create", OPT_CREATE, NULL, "create NAME; it ends with mbx" },
	{ "finish", OPT_FINISH, NULL, "let a command go on whose caller has given up" },
	{ "verbose", 'v', NULL, "print a line per message" },
	{ 0 }
};

const char serve_more[] =
"COMMAND is run by sh -c. If it fails there is no reply, which its caller is told.\n"
"SIGTERM, SIGINT and SIGHUP end it when the commands that run have ended; a second\n"
"one ends these, too.\n";
/* clang-format on */

/* Places of what is polled before the jobs' outputs. */
enum { POLL_SIGNALS, POLL_CANCELS, POLL_MAILBOX, POLL_JOBS };

struct serve {
	const char *name;
	const char *command;
	uint64_t count;
	uint32_t nr_jobs;
	bool create;
	bool finish;
	bool verbose;
	struct mbx *m;
	struct letter letter;
	struct bytes buf;
	struct job *jobs;
	uint32_t running;
	int signals;
	int cancels;
	bool stopping;
	int status;
};

static void parse_option(struct serve *s, int key)
{
	switch (key) {
	case OPT_EXEC:
		s->command = optarg;
		break;
	case 'n':
		s->count = parse_number("--count", optarg, 1, UINT64_MAX);
		break;
	case 'j':
		s->nr_jobs = parse_number("--jobs", optarg, 1, MAX_JOBS);
		break;
	case OPT_CREATE:
		s->create = true;
		break;
	case OPT_FDS:
		s->letter.takes_fds = true;
		break;
	case OPT_FINISH:
		s->finish = true;
		break;
	case 'v':
		s->verbose = true;
		break;
	}
}

static void parse(struct serve *s, int argc, char **argv)
{
	int key;

	while ((key = opt_next(argc, argv)) != -1)
		parse_option(s, key);
	opt_positional(argc, 1, 1);
	s->name = argv[optind];
	if (s->create)
		check_name(s->name);
	else
		check_target(s->name);
	if (!s->command)
		usage("--exec COMMAND is missing");
}

/* ---- The mailbox -------------------------------------------------------- */

static int create(struct serve *s)
{
	struct mbx_create attr;

	mbx_attr_init(&attr, sizeof(attr));
	attr.flags = MBX_CREATE_OWNED;
	attr.capacity = DEFAULT_CAPACITY;
	return mbx_create_attr(&s->m, s->name, &attr);
}

static int open_mailbox(struct serve *s)
{
	struct letter *l = &s->letter;
	struct mbx_stat st;
	int err;

	err = s->create ? create(s) :
			  open_target(&s->m, s->name, MBX_OPEN_RECEIVE);
	if (err)
		return fail(s->name, s->create ? MBX_CMD_CREATE : MBX_CMD_OPEN,
			    err);
	err = mbx_stat(s->m, &st, sizeof(st));
	if (err)
		return fail(s->name, MBX_CMD_STAT, err);
	l->name = s->name;
	l->id = st.out_id;
	l->timestamp = st.out_flags & MBX_CREATE_TIMESTAMP;
	err = mbx_notify(s->m, MBX_EVENT_CANCELED, s->cancels);
	return err ? fail(s->name, MBX_CMD_NOTIFY, err) : EXIT_OK;
}

/* A handle for each, so that one call can be refused by itself. */
static int prepare(struct serve *s, struct job *j)
{
	return j->m ? 0 : mbx_derive(&j->m, s->m, MBX_OPEN_RECEIVE, 0, 0);
}

static int receive(struct serve *s, struct job *j)
{
	struct mbx_receive *arg = &s->letter.arg;
	ssize_t ret;

	bytes_room(&s->buf, FIRST_ROOM);
	do {
		*arg = (struct mbx_receive){
			.size = sizeof(*arg),
			.flags = MBX_RECEIVE_NONBLOCK,
			.data_ptr = (uintptr_t)s->buf.data,
			.data_len = s->buf.size > UINT32_MAX ? UINT32_MAX :
							       s->buf.size,
			.fds_ptr = letter_room(&s->letter),
		};
		ret = mbx_receive_ext(j->m, arg);
		if (ret == -EMSGSIZE && arg->out_len > s->buf.size)
			bytes_room(&s->buf, arg->out_len);
	} while (ret == -EMSGSIZE);
	s->letter.data = s->buf.data;
	return ret < 0 ? ret : 0;
}

/* ---- The jobs ----------------------------------------------------------- */

static struct job *free_job(const struct serve *s)
{
	uint32_t i;

	for (i = 0; i < s->nr_jobs; i++)
		if (!s->jobs[i].pid)
			return &s->jobs[i];
	return NULL;
}

static struct job *find_job(const struct serve *s, pid_t pid)
{
	uint32_t i;

	for (i = 0; i < s->nr_jobs; i++)
		if (s->jobs[i].pid == pid)
			return &s->jobs[i];
	return NULL;
}

static void stop(struct serve *s, int status)
{
	s->stopping = true;
	if (!s->status)
		s->status = status;
}

static void begin(struct serve *s, struct job *j)
{
	int err;

	letter_tell_lost(&s->letter);
	err = job_start(j, s->command, &s->letter);
	letter_close_fds(&s->letter);
	if (err)
		say("message %llu: cannot run the command: %s",
		    (unsigned long long)j->seq, strerror(-err));
	s->running += !err;
	if (s->count && !--s->count)
		stop(s, EXIT_OK);
}

static void serve_one(struct serve *s)
{
	struct job *j = free_job(s);
	int err = prepare(s, j);

	if (err) {
		stop(s, fail(s->name, MBX_CMD_DERIVE, err));
		return;
	}
	err = receive(s, j);
	if (!err)
		begin(s, j);
	else if (err != -EAGAIN)
		stop(s, fail(s->name, MBX_CMD_RECEIVE, err));
}

static void reap(struct serve *s)
{
	struct job *j;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		j = find_job(s, pid);
		if (!j)
			continue;
		job_end(j, status, s->verbose);
		s->running--;
	}
}

static void kill_jobs(struct serve *s, const char *why)
{
	uint32_t i;

	for (i = 0; i < s->nr_jobs; i++)
		if (s->jobs[i].pid)
			job_kill(&s->jobs[i], why);
}

static void kill_abandoned(struct serve *s)
{
	uint32_t i;

	for (i = 0; i < s->nr_jobs; i++)
		if (!s->jobs[i].why && job_abandoned(&s->jobs[i]))
			job_kill(&s->jobs[i], job_gave_up);
}

/* ---- What happens ------------------------------------------------------- */

static void take_signals(struct serve *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(s);
		else if (s->stopping)
			kill_jobs(s, "interrupted by a signal");
		else
			stop(s, EXIT_OK);
	}
}

static void take_cancels(struct serve *s)
{
	uint64_t nr;

	if (read(s->cancels, &nr, sizeof(nr)) == sizeof(nr) && !s->finish)
		kill_abandoned(s);
}

static void wait_for_something(struct serve *s, struct pollfd *p)
{
	const bool takes = !s->stopping && s->running < s->nr_jobs;
	uint32_t i;

	p[POLL_SIGNALS] = (struct pollfd){ s->signals, POLLIN, 0 };
	p[POLL_CANCELS] = (struct pollfd){ s->cancels, POLLIN, 0 };
	p[POLL_MAILBOX] =
		(struct pollfd){ takes ? mbx_fd(s->m) : -1, POLLIN, 0 };
	for (i = 0; i < s->nr_jobs; i++)
		p[POLL_JOBS + i] =
			(struct pollfd){ s->jobs[i].pid ? s->jobs[i].out : -1,
					 POLLIN, 0 };
	if (poll(p, POLL_JOBS + s->nr_jobs, -1) < 0)
		return;
	for (i = 0; i < s->nr_jobs; i++)
		if (p[POLL_JOBS + i].revents)
			job_read(&s->jobs[i]);
	if (p[POLL_CANCELS].revents)
		take_cancels(s);
	if (p[POLL_SIGNALS].revents)
		take_signals(s);
	if (p[POLL_MAILBOX].revents && !s->stopping)
		serve_one(s);
}

static void serve(struct serve *s)
{
	struct pollfd *p;
	uint32_t i;

	s->jobs = grow(NULL, s->nr_jobs * sizeof(*s->jobs));
	for (i = 0; i < s->nr_jobs; i++)
		s->jobs[i] = (struct job){ .out = -1 };
	p = grow(NULL, (POLL_JOBS + s->nr_jobs) * sizeof(*p));
	while (!s->stopping || s->running)
		wait_for_something(s, p);
	for (i = 0; i < s->nr_jobs; i++)
		job_free(&s->jobs[i]);
	free(s->jobs);
	free(p);
}

/* As by nohup(1). */
static void add_unless_ignored(sigset_t *set, int sig)
{
	struct sigaction sa;

	sigaction(sig, NULL, &sa);
	if (sa.sa_handler != SIG_IGN)
		sigaddset(set, sig);
}

static int open_files(struct serve *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	add_unless_ignored(&set, SIGTERM);
	add_unless_ignored(&set, SIGINT);
	add_unless_ignored(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0)
		return fail_plain("signalfd", errno);
	s->cancels = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->cancels < 0)
		return fail_plain("eventfd", errno);
	return EXIT_OK;
}

int cmd_serve(int argc, char **argv)
{
	struct serve s = { .nr_jobs = 1, .signals = -1, .cancels = -1 };

	parse(&s, argc, argv);
	s.status = open_files(&s);
	if (!s.status)
		s.status = open_mailbox(&s);
	if (!s.status)
		serve(&s);
	mbx_close(s.m);
	close(s.signals);
	close(s.cancels);
	bytes_free(&s.buf);
	return s.status;
}
