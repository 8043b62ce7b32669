// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx wait
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <string.h>

#include "cmd.h"
#include "tool.h"

/*
 * A mailbox that becomes empty wakes no one who is not waiting for room, so
 * --empty looks again after so many ns.
 */
#define EMPTY_INTERVAL 20000000LL

enum { OPT_READABLE = 256, OPT_WRITABLE, OPT_EMPTY, OPT_DELETED, OPT_TIMEOUT };

/* clang-format off */
const struct opt wait_opts[] = {
	{ "readable", OPT_READABLE, NULL,
	  "until a receive would not wait" },
	{ "writable", OPT_WRITABLE, NULL, "until a send would not wait" },
	{ "empty", OPT_EMPTY, NULL, "until no message waits" },
	{ "deleted", OPT_DELETED, NULL,
	  "until it is deleted or its owner has exited" },
	{ "timeout", OPT_TIMEOUT, "DURATION", "wait at most so long" },
	{ 0 }
};

const char wait_more[] =
"Exactly one state is to be given. --empty looks every 20 ms.\n"
"DURATION is a number and ns, us, ms, s, min or h; or inf.\n";
/* clang-format on */

/* clang-format off */
static const struct state {
	int key;
	unsigned int rights;
	short events;
} states[] = {
	{ OPT_READABLE, MBX_OPEN_RECEIVE, POLLIN },
	{ OPT_WRITABLE, MBX_OPEN_SEND, POLLOUT },
	{ OPT_EMPTY, 0, 0 },
	{ OPT_DELETED, 0, 0 },
};
/* clang-format on */

static const struct state *find_state(int key)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (states[i].key == key)
			return &states[i];
	return NULL;
}

/* Time left until @deadline, or NULL for ever; rounded up to a ns. */
static struct timespec *remaining(uint64_t deadline, int64_t most,
				  struct timespec *ts)
{
	int64_t left = deadline - mbx_deadline_ns(0);

	if (!deadline && most == FOREVER)
		return NULL;
	if (!deadline || (most != FOREVER && left > most))
		left = most;
	if (left < 0)
		left = 0;
	ts->tv_sec = left / 1000000000;
	ts->tv_nsec = left % 1000000000;
	return ts;
}

static bool passed(uint64_t deadline)
{
	return deadline && mbx_deadline_ns(0) >= deadline;
}

/* 0 when one of @events is there, or -errno: how the mailbox ended. */
static int wait_event(struct mbx *m, short events, uint64_t deadline,
		      int64_t most)
{
	struct pollfd p = { .fd = mbx_fd(m), .events = events };
	struct timespec ts;
	struct mbx_stat st;
	int ret = ppoll(&p, 1, remaining(deadline, most, &ts), NULL);

	if (ret < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (p.revents & (POLLHUP | POLLERR))
		return mbx_stat(m, &st, sizeof(st)) ?: -EIO;
	if (p.revents & events)
		return 0;
	return passed(deadline) ? -ETIMEDOUT : -EAGAIN;
}

static int is_empty(struct mbx *m)
{
	struct mbx_stat st;
	int err = mbx_stat(m, &st, sizeof(st));

	return err ? err : !st.out_depth;
}

static int wait_empty(struct mbx *m, uint64_t deadline)
{
	int ret;

	for (;;) {
		ret = is_empty(m);
		if (ret)
			return ret < 0 ? ret : 0;
		ret = wait_event(m, 0, deadline, EMPTY_INTERVAL);
		if (ret != -EAGAIN)
			return ret;
	}
}

static int wait_state(struct mbx *m, const struct state *s, uint64_t deadline)
{
	int err;

	if (s->key == OPT_EMPTY)
		return wait_empty(m, deadline);
	do {
		err = wait_event(m, s->events, deadline, FOREVER);
	} while (err == -EAGAIN);
	if (s->key == OPT_DELETED && (err == -EIDRM || err == -EOWNERDEAD))
		return 0;
	return err;
}

int cmd_wait(int argc, char **argv)
{
	const struct state *s = NULL;
	int64_t timeout = FOREVER;
	const char *name;
	uint64_t deadline;
	struct mbx *m;
	int key, err;

	while ((key = opt_next(argc, argv)) != -1) {
		if (key == OPT_TIMEOUT) {
			timeout = parse_duration("--timeout", optarg);
			continue;
		}
		if (s)
			usage("exactly one state is to be given");
		s = find_state(key);
	}
	opt_positional(argc, 1, 1);
	name = argv[optind];
	check_target(name);
	if (!s)
		usage("one of --readable, --writable, --empty, --deleted is missing");
	deadline = mbx_deadline_ns(timeout);
	err = open_target(&m, name, s->rights);
	if (err)
		return fail(name, MBX_CMD_OPEN, err);
	err = wait_state(m, s, deadline);
	mbx_close(m);
	return err ? fail(name, MBX_CMD_STAT, err) : EXIT_OK;
}
