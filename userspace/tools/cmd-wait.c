// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx wait
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cmd.h"
#include "tool.h"

enum {
	OPT_READABLE = 256,
	OPT_WRITABLE,
	OPT_EMPTY,
	OPT_HIGH,
	OPT_LOW,
	OPT_NO_SENDERS,
	OPT_NO_RECEIVERS,
	OPT_DELETED,
	OPT_TIMEOUT,
};

/* clang-format off */
const struct opt wait_opts[] = {
	{ "readable", OPT_READABLE, NULL,
	  "until a receive would not wait" },
	{ "writable", OPT_WRITABLE, NULL, "until a send would not wait" },
	{ "empty", OPT_EMPTY, NULL, "until no message waits" },
	{ "high", OPT_HIGH, "N", "until N messages wait, or more" },
	{ "low", OPT_LOW, "N", "until N messages wait, or fewer" },
	{ "no-senders", OPT_NO_SENDERS, NULL,
	  "until nobody has it open for sending" },
	{ "no-receivers", OPT_NO_RECEIVERS, NULL,
	  "until nobody has it open for receiving" },
	{ "deleted", OPT_DELETED, NULL,
	  "until it is deleted or its owner has exited" },
	{ "timeout", OPT_TIMEOUT, "DURATION", "wait at most so long" },
	{ 0 }
};

const char wait_more[] =
"Exactly one state is to be given.\n"
"DURATION is a number and ns, us, ms, s, min or h; or inf.\n";
/* clang-format on */

/* What to wait for: an event of the mailbox, or else one of poll. */
/* clang-format off */
static const struct state {
	int key;
	unsigned int rights;
	short poll;
	uint32_t event;
} states[] = {
	{ OPT_READABLE, MBX_OPEN_RECEIVE, POLLIN, 0 },
	{ OPT_WRITABLE, MBX_OPEN_SEND, POLLOUT, 0 },
	{ OPT_EMPTY, 0, 0, MBX_EVENT_EMPTY },
	{ OPT_HIGH, 0, 0, MBX_EVENT_HIGH },
	{ OPT_LOW, 0, 0, MBX_EVENT_LOW },
	{ OPT_NO_SENDERS, 0, 0, MBX_EVENT_NO_SENDERS },
	{ OPT_NO_RECEIVERS, 0, 0, MBX_EVENT_NO_RECEIVERS },
	{ OPT_DELETED, 0, 0, 0 },
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
static struct timespec *remaining(uint64_t deadline, struct timespec *ts)
{
	int64_t left = deadline - mbx_deadline_ns(0);

	if (!deadline)
		return NULL;
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

/*
 * 0 when one of @events is there or @event, if it is one, is readable; or
 * -errno: how the mailbox ended, or -EAGAIN.
 */
static int wait_once(struct mbx *m, short events, int event, uint64_t deadline)
{
	struct pollfd p[] = {
		{ .fd = mbx_fd(m), .events = events },
		{ .fd = event, .events = POLLIN },
	};
	struct timespec ts;
	struct mbx_stat st;

	if (ppoll(p, event < 0 ? 1 : 2, remaining(deadline, &ts), NULL) < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (p[1].revents)
		return 0;
	if (p[0].revents & (POLLHUP | POLLERR))
		return mbx_stat(m, &st, sizeof(st)) ?: -ESHUTDOWN;
	if (p[0].revents & events)
		return 0;
	return passed(deadline) ? -ETIMEDOUT : -EAGAIN;
}

static int wait_poll(struct mbx *m, short events, int event, uint64_t deadline)
{
	int err;

	do {
		err = wait_once(m, events, event, deadline);
	} while (err == -EAGAIN);
	return err;
}

int wait_event(struct mbx *m, struct mbx_notify *arg, uint64_t deadline)
{
	int err;

	arg->size = sizeof(*arg);
	arg->fd = eventfd(0, EFD_CLOEXEC);
	if (arg->fd < 0)
		return -errno;
	err = mbx_notify_ext(m, arg);
	if (!err && !(arg->out_state & arg->events))
		err = wait_poll(m, 0, arg->fd, deadline);
	close(arg->fd);
	return err;
}

static int wait_state(struct mbx *m, const struct state *s,
		      struct mbx_notify *arg, uint64_t deadline)
{
	int err;

	if (s->event)
		return wait_event(m, arg, deadline);
	err = wait_poll(m, s->poll, -1, deadline);
	if (s->key == OPT_DELETED && (err == -EIDRM || err == -EOWNERDEAD))
		return 0;
	return err;
}

/* The state that an option stands for, its numbers filled in in @arg. */
static const struct state *choose(int key, struct mbx_notify *arg)
{
	const struct state *s = find_state(key);

	arg->events = s->event;
	if (key == OPT_HIGH) {
		arg->high = parse_number("--high", optarg, 1, UINT32_MAX);
		arg->low = arg->high - 1;
	} else if (key == OPT_LOW) {
		arg->low = parse_number("--low", optarg, 0, UINT32_MAX - 1);
		arg->high = arg->low + 1;
	}
	return s;
}

int cmd_wait(int argc, char **argv)
{
	const struct state *s = NULL;
	struct mbx_notify arg = { 0 };
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
		s = choose(key, &arg);
	}
	opt_positional(argc, 1, 1);
	name = argv[optind];
	check_target(name);
	if (!s)
		usage("a state is missing, such as --readable or --empty");
	deadline = mbx_deadline_ns(timeout);
	err = open_target(&m, name, s->rights);
	if (err)
		return fail(name, MBX_CMD_OPEN, err);
	err = wait_state(m, s, &arg, deadline);
	mbx_close(m);
	return err ? fail(name, s->event ? MBX_CMD_NOTIFY : MBX_CMD_STAT, err) :
		     EXIT_OK;
}
