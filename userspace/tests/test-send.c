// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx send.
 */
#include <errno.h>

#include "tool.h"

/* clang-format off */
#define OPEN	{ STEP_OPEN, .name = "b", .flags = MBX_OPEN_SEND }, \
		{ STEP_STAT }
#define FIXTURE	"fixtures/good"

/* One message that fails: what is said, and the status. */
#define LINES(n)                                       \
	{                                              \
		STEP_BATCH, .op = MBX_CMD_SEND, .nr = n \
	}
#define FAILS(n, err_no, st, message) \
	{ .name = n, .args = { "send", "b", "-m", "x" }, .root = FIXTURE, \
	  .steps = { OPEN, { STEP_SEND, err_no, .data = "x" } }, \
	  .out = "", .err = "send: b: " message, .status = st }
#define RAISE(limit) \
	", or ask the administrator to raise /sys/module/ipc_mailbox/parameters/" \
	limit
#define EXACT_64K_1 65537

static const struct run runs[] = {
	{ .name = "text", .args = { "send", "b", "-m", "hello" },
	  .steps = { OPEN, { STEP_SEND, .data = "hello" } }, .out = "" },
	{ .name = "empty text is a message", .args = { "send", "b", "-m", "" },
	  .steps = { OPEN, { STEP_SEND } }, .out = "" },
	{ .name = "options before the name",
	  .args = { "send", "--message", "hello", "b" },
	  .steps = { OPEN, { STEP_SEND, .data = "hello" } }, .out = "" },
	{ .name = "text that looks like an option",
	  .args = { "send", "b", "-m", "--sync" },
	  .steps = { OPEN, { STEP_SEND, .data = "--sync" } }, .out = "" },
	{ .name = "by id", .args = { "send", "@42", "-m", "x" },
	  .steps = { { STEP_OPEN, .id = 42, .flags = MBX_OPEN_SEND },
		     { STEP_STAT }, { STEP_SEND, .data = "x" } }, .out = "" },
	{ .name = "standard input whole", .args = { "send", "b" },
	  .in = "one\ntwo\n", .out = "",
	  .steps = { OPEN, { STEP_SEND, .data = "one\ntwo\n" } } },
	{ .name = "standard input binary", .args = { "send", "b", "-f", "-" },
	  .in = "a\0\377\n\0", .in_len = 5, .out = "",
	  .steps = { OPEN, { STEP_SEND, .data = "a\0\377\n\0", .len = 5 } } },
	{ .name = "empty standard input is a message", .args = { "send", "b" },
	  .steps = { OPEN, { STEP_SEND } }, .out = "" },
	{ .name = "a file",
	  .args = { "send", "b", "-f", "tests/fixtures/escapes/proc/ipc_mailboxes" },
	  .steps = { OPEN, { STEP_SEND,
	    .data = "#ipc_mailboxes/1 a b c d e\n\\055 \\08 \\ \\000x \\377\\400\\\n" } },
	  .out = "" },
	{ .name = "a file that is not there",
	  .args = { "send", "b", "-f", "/no/such/file" }, .out = "",
	  .err = "send: /no/such/file: No such file or directory",
	  .status = 1 },
	{ .name = "a folder", .args = { "send", "b", "-f", "/" }, .out = "",
	  .steps = { OPEN }, .err = "send: /: Is a directory", .status = 1 },

	{ .name = "lines", .args = { "send", "b", "--lines" },
	  .in = "one\n\nthree", .out = "",
	  .steps = { OPEN, LINES(2), { STEP_SEND, .data = "one" },
		     { STEP_SEND },
		     { STEP_SEND, .data = "three" } } },
	{ .name = "no lines, no message", .args = { "send", "b", "--lines" },
	  .steps = { OPEN }, .out = "" },
	{ .name = "lines with zero bytes", .args = { "send", "b", "--lines" },
	  .in = "a\0b\nc", .in_len = 5, .out = "",
	  .steps = { OPEN, LINES(1), { STEP_SEND, .data = "a\0b", .len = 3 },
		     { STEP_SEND, .data = "c" } } },
	{ .name = "strings", .args = { "send", "b", "-0" },
	  .in = "one\n\0\0three", .in_len = 11, .out = "",
	  .steps = { OPEN, LINES(2), { STEP_SEND, .data = "one\n" },
		     { STEP_SEND }, { STEP_SEND, .data = "three" } } },
	{ .name = "a line fails, the next are not tried",
	  .args = { "send", "b", "--lines" }, .in = "1\n2\n3\n", .out = "",
	  .steps = { OPEN, LINES(3), { STEP_SEND, .data = "1" },
		     { STEP_SEND, -EIDRM, .data = "2" } },
	  .err = "send: b: the mailbox was deleted: create it again",
	  .status = 5 },
	{ .name = "the first line fails",
	  .args = { "send", "b", "--lines", "--nonblock" }, .in = "1\n2\n",
	  .steps = { OPEN, LINES(2),
		     { STEP_SEND, -EAGAIN, .data = "1",
		       .flags = MBX_SEND_NONBLOCK } }, .out = "",
	  .err = "send: b: the mailbox is full, or of capacity 0 and no receiver waits: receive something, or wait",
	  .status = 4 },
	{ .name = "a signal between lines",
	  .args = { "send", "b", "--lines" }, .in = "1\n2\n3\n", .out = "",
	  .steps = { OPEN,
		     { STEP_BATCH, -EINTR, .op = MBX_CMD_SEND, .nr = 3,
		       .depth = 1 },
		     { STEP_SEND, .data = "1" }, LINES(2),
		     { STEP_SEND, .data = "2" },
		     { STEP_SEND, .data = "3" } } },
	{ .name = "lines in time, each by itself",
	  .args = { "send", "b", "--lines", "--timeout", "1s" },
	  .in = "1\n2\n", .out = "",
	  .steps = { OPEN,
		     { STEP_SEND, .data = "1", .deadline = SOME_DEADLINE },
		     { STEP_SEND, .data = "2", .deadline = SOME_DEADLINE } } },

	{ .name = "too long", .args = { "send", "b", "-m", "12345" },
	  .steps = { { STEP_OPEN, .name = "b", .flags = 1 },
		     { STEP_STAT, .msg_max = 4 } }, .out = "",
	  .err = "send: b: message 1 has more than the 4 bytes of the mailbox's msg_max: split it, or create the mailbox with a larger --max-msg",
	  .status = 1 },
	{ .name = "just not too long", .args = { "send", "b", "-m", "1234" },
	  .steps = { { STEP_OPEN, .name = "b", .flags = 1 },
		     { STEP_STAT, .msg_max = 4 },
		     { STEP_SEND, .data = "1234" } }, .out = "" },
	{ .name = "second line too long", .args = { "send", "b", "--lines" },
	  .steps = { { STEP_OPEN, .name = "b", .flags = 1 },
		     { STEP_STAT, .msg_max = 4 }, LINES(1),
		     { STEP_SEND, .data = "1" } },
	  .in = "1\n12345\n1\n", .out = "",
	  .err = "send: b: message 2 has more than the 4 bytes of the mailbox's msg_max: split it, or create the mailbox with a larger --max-msg",
	  .status = 1 },
	{ .name = "endless input is given up",
	  .args = { "send", "b", "-f", "/dev/zero" },
	  .steps = { OPEN }, .out = "",
	  .err = "send: b: message 1 has more than the 1048576 bytes of the mailbox's msg_max: split it, or create the mailbox with a larger --max-msg",
	  .status = 1 },

	{ .name = "not to wait", .args = { "send", "b", "-m", "x", "--nonblock" },
	  .steps = { OPEN, { STEP_SEND, -EAGAIN, .data = "x",
			     .flags = MBX_SEND_NONBLOCK } }, .out = "",
	  .err = "send: b: the mailbox is full, or of capacity 0 and no receiver waits: receive something, or wait",
	  .status = 4 },
	{ .name = "to wait so long",
	  .args = { "send", "b", "-m", "x", "--timeout", "10ms" },
	  .steps = { OPEN, { STEP_SEND, -ETIMEDOUT, .data = "x",
			     .deadline = SOME_DEADLINE } }, .out = "",
	  .err = "send: b: the deadline has passed: allow more time",
	  .status = 124 },
	{ .name = "not to wait at all is a deadline, too",
	  .args = { "send", "b", "-m", "x", "--timeout", "0" },
	  .steps = { OPEN, { STEP_SEND, .data = "x",
			     .deadline = SOME_DEADLINE } }, .out = "" },
	{ .name = "to wait for ever",
	  .args = { "send", "b", "-m", "x", "--timeout", "inf" },
	  .steps = { OPEN, { STEP_SEND, .data = "x" } }, .out = "" },

	{ .name = "of a priority and a type",
	  .args = { "send", "b", "--lines", "--priority", "31", "--type",
		    "18446744073709551615" },
	  .in = "a\nb\n", .out = "",
	  .steps = { OPEN, LINES(2),
		     { STEP_SEND, .data = "a", .priority = 31,
		       .type = UINT64_MAX },
		     { STEP_SEND, .data = "b", .priority = 31,
		       .type = UINT64_MAX } } },

	{ .name = "who took it",
	  .args = { "send", "b", "-m", "hello", "--sync", "-v" },
	  .steps = { OPEN, { STEP_SEND, .data = "hello",
			     .flags = MBX_SEND_SYNC, .seq = 3, .pid = 41,
			     .tid = 42 } },
	  .out = "message 3: 5 bytes, taken by pid 41 tid 42\n" },
	{ .name = "taken by one who cannot be seen",
	  .args = { "send", "b", "-m", "hello", "--sync", "-v" },
	  .steps = { OPEN, { STEP_SEND, .data = "hello",
			     .flags = MBX_SEND_SYNC, .seq = 3 } },
	  .out = "message 3: 5 bytes, taken\n" },
	{ .name = "sent and not taken yet",
	  .args = { "send", "b", "--lines", "-v" }, .in = "a\nbc\n",
	  .steps = { OPEN, { STEP_SEND, .data = "a", .seq = 3 },
		     { STEP_SEND, .data = "bc", .seq = 5 } },
	  .out = "message 3: 1 bytes, sent\nmessage 5: 2 bytes, sent\n" },

	FAILS("user's bytes", -EDQUOT, 1,
	      "your queued messages would exceed max_user_bytes (67108864): receive some"
	      RAISE("max_user_bytes")),
	FAILS("system's bytes", -ENOSPC, 1,
	      "all queued messages together would exceed max_bytes (268435456): receive some"
	      RAISE("max_bytes")),
	FAILS("deleted", -EIDRM, 5,
	      "the mailbox was deleted: create it again"),
	FAILS("owner dead", -EOWNERDEAD, 5,
	      "the process that owned the mailbox has exited: start it again"),
	FAILS("no memory", -ENOMEM, 1,
	      "the system or this memory cgroup has no memory left: free some, or raise the cgroup's memory.max"),
	FAILS("interrupted", -EINTR, 1,
	      "interrupted by a signal: try again"),
	FAILS("something else", -EFAULT, 1, "Bad address"),

	{ .name = "no such mailbox", .args = { "send", "b", "-m", "x" },
	  .steps = { { STEP_OPEN, -ENOENT, .name = "b", .flags = 1 } },
	  .err = "send: b: no such mailbox in this network namespace: see 'mbx ls'",
	  .out = "", .status = 3 },
	{ .name = "no right", .args = { "send", "b", "-m", "x" },
	  .steps = { { STEP_OPEN, -EACCES, .name = "b", .flags = 1 } },
	  .err = "send: b: the mailbox's mode or owner does not let you: see 'mbx stat' and ask who created it",
	  .out = "", .status = 6 },
	{ .name = "no module", .args = { "send", "b", "-m", "x" },
	  .device_err = ENOENT, .status = 3, .out = "",
	  .err = "send: b: the module is not loaded: run 'modprobe ipc_mailbox' or 'insmod ipc_mailbox.ko' as root" },
	{ .name = "no right on the device", .args = { "send", "b", "-m", "x" },
	  .device_err = EACCES, .status = 6, .out = "",
	  .err = "send: b: no read and write permission on /dev/mailbox: ask the administrator for it" },
	{ .name = "deleted between open and send",
	  .args = { "send", "b", "-m", "x" }, .out = "", .status = 5,
	  .steps = { { STEP_OPEN, .name = "b", .flags = 1 },
		     { STEP_STAT, -EIDRM } },
	  .err = "send: b: the mailbox was deleted: create it again" },
	{ .name = "standard output full",
	  .args = { "send", "b", "-m", "x", "-v" }, .kind = OUT_FULL,
	  .steps = { OPEN, { STEP_SEND, .data = "x" } }, .status = 1,
	  .err = "send: standard output: No space left on device" },
	{ .name = "standard output closed and not needed",
	  .args = { "send", "b", "-m", "x" }, .kind = OUT_CLOSED,
	  .steps = { OPEN, { STEP_SEND, .data = "x" } } },
};
/* clang-format on */

int main(void)
{
	return RUN_ALL("send", runs);
}
