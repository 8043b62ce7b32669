// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mailbox is full, and one more message comes: what becomes of it?
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "demo.h"

#define CAPACITY 2
#define PATIENCE_MS 20

static long send_text(struct mbx *box, const char *text, uint32_t flags,
		      int64_t ms)
{
	struct mbx_send arg = {
		.size = sizeof(arg),
		.flags = flags,
		.data_ptr = (uintptr_t)text,
		.data_len = strlen(text),
		.deadline = mbx_deadline_ms(ms),
	};

	return mbx_send_ext(box, &arg);
}

static struct mbx *full_box(void)
{
	struct mbx *box = demo_create_box("demo-full", CAPACITY);

	demo_must(MBX_CMD_SEND, send_text(box, "1", 0, -1));
	demo_must(MBX_CMD_SEND, send_text(box, "2", 0, -1));
	return box;
}

/* Whether @expected are the messages that are left, and @lost those lost. */
static bool leaves(struct mbx *box, const char *expected, uint64_t lost)
{
	char text[8 * CAPACITY] = "";
	struct mbx_stat st;
	char *end = text;
	ssize_t len;
	bool ok;

	demo_must(MBX_CMD_STAT, mbx_stat(box, &st, sizeof(st)));
	ok = st.out_lost == lost && st.out_depth == CAPACITY;
	while (end < text + sizeof(text) - 4 &&
	       (len = mbx_try_receive(box, end, 2)) >= 0) {
		end += len;
		*end++ = ' ';
	}
	*end = '\0';
	demo_end_box(box);
	return ok && !strcmp(text, expected);
}

static int sender(void *box)
{
	return send_text(box, "3", MBX_SEND_WAIT, -1) != 0;
}

static bool full_wait(void)
{
	struct mbx *box = full_box();
	pid_t pid = demo_spawn("sender", sender, box);
	char buf[4];
	bool ok;

	if (!demo_blocked(pid))
		return false;
	demo_must(MBX_CMD_RECEIVE, mbx_receive(box, buf, sizeof(buf)));
	ok = !demo_ended(pid);
	return demo_check(
		leaves(box, "2 3 ", 0) && ok,
		"wait: it waits until one is received, 2 3 are there");
}

static bool full_refuse(void)
{
	struct mbx *box = full_box();
	uint64_t start, end;
	bool ok;

	ok = send_text(box, "3", MBX_SEND_NONBLOCK, -1) == -EAGAIN;
	if (!demo_check(leaves(box, "1 2 ", 0) && ok,
			"nonblock: refused at once (EAGAIN), 1 2 are there"))
		return false;
	box = full_box();
	start = demo_now();
	ok = send_text(box, "3", 0, PATIENCE_MS) == -ETIMEDOUT;
	end = demo_now();
	ok &= end - start >= PATIENCE_MS * 1000000ULL;
	return demo_check(leaves(box, "1 2 ", 0) && ok,
			  "deadline: given up after %.1f ms, 1 2 are there",
			  (double)(end - start) / 1e6);
}

static bool full_drop(void)
{
	struct mbx *box = full_box();
	bool ok;

	ok = send_text(box, "3", MBX_SEND_DROP_NEWEST, -1) == MBX_LOST;
	if (!demo_check(leaves(box, "1 2 ", 1) && ok,
			"drop-newest: 3 is lost and counted, 1 2 are there"))
		return false;
	box = full_box();
	ok = send_text(box, "3", MBX_SEND_DROP_OLDEST, -1) == MBX_LOST;
	return demo_check(leaves(box, "2 3 ", 1) && ok,
			  "drop-oldest: 1 is lost and counted, 2 3 are there");
}

static bool full_defer(void)
{
	int event = demo_must_sys("eventfd", eventfd(0, EFD_CLOEXEC));
	struct pollfd pfd = { .fd = event, .events = POLLIN };
	struct mbx *box = full_box();
	char buf[4];
	bool ok;

	demo_must(MBX_CMD_NOTIFY, mbx_notify(box, MBX_EVENT_DEFERRED, event));
	ok = send_text(box, "3", MBX_SEND_DEFER, -1) == MBX_DEFERRED;
	ok &= send_text(box, "4", MBX_SEND_DEFER, -1) == -EBUSY;
	if (!demo_check(ok && !poll(&pfd, 1, 0),
			"defer: the kernel keeps 3, but not 4, too (EBUSY)"))
		return false;
	demo_must(MBX_CMD_RECEIVE, mbx_receive(box, buf, sizeof(buf)));
	ok = poll(&pfd, 1, 0) == 1;
	ok &= mbx_notify_read(box) == MBX_EVENT_DEFERRED;
	close(event);
	return demo_check(leaves(box, "2 3 ", 0) && ok,
			  "one is received: 3 goes in, an event tells that");
}

static bool run(void)
{
	demo_say(
		"A mailbox of two messages has 1 and 2 in it. Somebody sends 3:");
	return full_wait() && full_refuse() && full_drop() && full_defer();
}

const struct scene demo_full = {
	.name = "full",
	.title = "The mailbox is full: what becomes of one more message?",
	.run = run,
};
