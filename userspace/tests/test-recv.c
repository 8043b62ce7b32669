// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx recv, mbx peek.
 */
#include <errno.h>

#include "tool.h"

/* clang-format off */
#define SEVERAL	{ STEP_OPEN, .name = "a", .flags = MBX_OPEN_RECEIVE }, \
		{ STEP_STAT, .id = 8 }, OPEN, { STEP_STAT }, { STEP_WATCH }, \
		{ STEP_STAT }, { STEP_WATCH }
#define TURN(text) \
		{ STEP_RECEIVE, .data = text, .flags = MBX_RECEIVE_NONBLOCK }
#define NO_TURN(err) \
		{ STEP_RECEIVE, err, .flags = MBX_RECEIVE_NONBLOCK }
#define OPEN	{ STEP_OPEN, .name = "b", .flags = MBX_OPEN_RECEIVE }, \
		{ STEP_STAT, .id = 9 }
#define TIMED	{ STEP_OPEN, .name = "b", .flags = MBX_OPEN_RECEIVE }, \
		{ STEP_STAT, .id = 9, .flags = MBX_CREATE_TIMESTAMP }
#define LEASED(text, ms) \
	{ STEP_RECEIVE, .data = text, .seq = 5, .lease = ms }
#define REFUSED { STEP_SETTLE, .seq = 5, .flags = MBX_SETTLE_NACK }
#define LETTER(text) \
		{ STEP_RECEIVE, .data = text, .seq = 5, .pid = 41, .tid = 42, \
		  .uid = 1000, .gid = 100, .time = 123456789, \
		  .badge = UINT64_MAX, .priority = 31, .type = 1ULL << 63, \
		  .deliveries = 3 }
/* Asks for what @option says, and expects these conditions. */
#define CHOOSES(n, option, value, ...) \
	{ .name = n, .args = { "recv", "b", option, value }, \
	  .steps = { OPEN, { STEP_RECEIVE, .data = "x", \
			     .select = &(const struct mbx_select){ \
				     __VA_ARGS__ } } }, .out = "x\n" }
#define NEXT(text, number, before, ...) \
	{ STEP_RECEIVE, .data = text, .seq = number, \
	  .flags = MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK, \
	  .select = &(const struct mbx_select){ \
		  .flags = MBX_SELECT_AFTER, .seq = before, __VA_ARGS__ } }
#define END(before) \
	{ STEP_RECEIVE, -EAGAIN, \
	  .flags = MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK, \
	  .select = &(const struct mbx_select){ \
		  .flags = MBX_SELECT_AFTER, .seq = before } }
#define FAILS(n, err_no, st, message) \
	{ .name = n, .args = { "recv", "b" }, \
	  .steps = { OPEN, { STEP_RECEIVE, err_no } }, \
	  .out = "", .err = "recv: b: " message, .status = st }

static const struct run runs[] = {
	{ .name = "a message", .args = { "recv", "b" },
	  .steps = { OPEN, LETTER("hello") }, .out = "hello\n" },
	{ .name = "an empty message", .args = { "recv", "b" },
	  .steps = { OPEN, { STEP_RECEIVE } }, .out = "\n" },
	{ .name = "raw", .args = { "recv", "b", "--raw" },
	  .steps = { OPEN, { STEP_RECEIVE, .data = "a\0\377\n", .len = 4 } },
	  .out = "a\0\377\n", .out_len = 4 },
	{ .name = "strings", .args = { "recv", "b", "-0", "-n", "2" },
	  .steps = { OPEN, LETTER("a"), LETTER("b") },
	  .out = "a\0b\0", .out_len = 4 },
	{ .name = "by id", .args = { "recv", "@9" }, .out = "x\n",
	  .steps = { { STEP_OPEN, .id = 9, .flags = 2 }, { STEP_STAT },
		     LETTER("x") } },
	{ .name = "some", .args = { "recv", "b", "--count", "3" },
	  .steps = { OPEN, LETTER("a"), LETTER("b"), LETTER("c") },
	  .out = "a\nb\nc\n" },
	{ .name = "a message longer than the first buffer",
	  .args = { "recv", "b", "--format", "%l" },
	  .steps = { OPEN, { STEP_RECEIVE, -EMSGSIZE, .len = 200000 },
		     { STEP_RECEIVE, .len = 200000 } },
	  .out = "200000" },
	{ .name = "another took the long one meanwhile",
	  .args = { "recv", "b" },
	  .steps = { OPEN, { STEP_RECEIVE, -EMSGSIZE, .len = 200000 },
		     LETTER("short") },
	  .out = "short\n" },
	{ .name = "until it is gone", .args = { "recv", "b", "--follow" },
	  .steps = { OPEN, LETTER("a"), LETTER("b"),
		     { STEP_RECEIVE, -EIDRM } },
	  .out = "a\nb\n", .status = 5,
	  .err = "recv: b: the mailbox was deleted: create it again" },
	{ .name = "what is there",
	  .args = { "recv", "b", "--follow", "--nonblock" },
	  .steps = { OPEN, { STEP_RECEIVE, .data = "a",
			     .flags = MBX_RECEIVE_NONBLOCK },
		     { STEP_RECEIVE, -EAGAIN,
		       .flags = MBX_RECEIVE_NONBLOCK } },
	  .out = "a\n", .status = 4,
	  .err = "recv: b: the mailbox is empty or frozen, or has no message like the one asked for: send something, or wait" },
	{ .name = "to wait so long",
	  .args = { "recv", "b", "--timeout", "1.5s" },
	  .steps = { OPEN, { STEP_RECEIVE, -ETIMEDOUT,
			     .deadline = SOME_DEADLINE } },
	  .out = "", .status = 124,
	  .err = "recv: b: the deadline has passed: allow more time" },
	{ .name = "a signal without a meaning", .args = { "recv", "b" },
	  .steps = { OPEN, { STEP_RECEIVE, -EINTR }, LETTER("a") },
	  .out = "a\n" },

	FAILS("deleted", -EIDRM, 5,
	      "the mailbox was deleted: create it again"),
	FAILS("owner dead", -EOWNERDEAD, 5,
	      "the process that owned the mailbox has exited: start it again"),
	FAILS("something else", -EFAULT, 1, "Bad address"),
	{ .name = "no such mailbox", .args = { "recv", "b" },
	  .steps = { { STEP_OPEN, -ENOENT, .name = "b", .flags = 2 } },
	  .out = "", .status = 3,
	  .err = "recv: b: no such mailbox in this network namespace: see 'mbx ls'" },
	{ .name = "no right", .args = { "recv", "b" },
	  .steps = { { STEP_OPEN, -EACCES, .name = "b", .flags = 2 } },
	  .out = "", .status = 6,
	  .err = "recv: b: the mailbox's mode or owner does not let you: see 'mbx stat' and ask who created it" },
	{ .name = "no module", .args = { "recv", "b" },
	  .device_err = ENOENT, .status = 3, .out = "",
	  .err = "recv: b: the module is not loaded: run 'modprobe ipc_mailbox' or 'insmod ipc_mailbox.ko' as root" },

	/* Several mailboxes. */
	{ .name = "of two", .args = { "recv", "a", "b", "-n", "3", "--format",
				      "%n%i: %m\\n" },
	  .steps = { SEVERAL, { STEP_EPOLL, .data = "10" }, TURN("one"),
		     TURN("two"), { STEP_EPOLL, .data = "0" }, TURN("three") },
	  .out = "b9: one\na8: two\na8: three\n" },
	{ .name = "a long one of two",
	  .args = { "recv", "a", "b", "--format", "%n %l" }, .out = "b 200000",
	  .steps = { SEVERAL, { STEP_EPOLL, .data = "1" },
		     { STEP_RECEIVE, -EMSGSIZE, .len = 200000,
		       .flags = MBX_RECEIVE_NONBLOCK },
		     { STEP_EPOLL, .data = "1" },
		     { STEP_RECEIVE, .len = 200000,
		       .flags = MBX_RECEIVE_NONBLOCK } } },
	{ .name = "two until they are gone",
	  .args = { "recv", "a", "b", "--follow" },
	  .steps = { SEVERAL, { STEP_EPOLL, .data = "01" }, NO_TURN(-EIDRM),
		     { STEP_UNWATCH }, TURN("one"), { STEP_EPOLL, .data = "1" },
		     NO_TURN(-ESHUTDOWN), { STEP_UNWATCH } },
	  .out = "one\n", .status = 5,
	  .err = "recv: a: the mailbox was deleted: create it again\n"
		 "mbx: recv: b: the mailbox is sealed, and nothing is left of what is asked for: create another" },
	{ .name = "what is there of two",
	  .args = { "recv", "a", "b", "--follow", "--nonblock" },
	  .steps = { SEVERAL, { STEP_EPOLL, .data = "1", .deadline = 1 },
		     TURN("one"), { STEP_EPOLL, .deadline = 1 } },
	  .out = "one\n", .status = 4,
	  .err = "recv: the mailbox is empty or frozen, or has no message like the one asked for: send something, or wait" },
	{ .name = "to wait so long for two",
	  .args = { "recv", "a", "b", "--timeout", "1ns" },
	  .steps = { SEVERAL, { STEP_EPOLL, .deadline = 1 } },
	  .out = "", .status = 124,
	  .err = "recv: the deadline has passed: allow more time" },
	{ .name = "a signal without a meaning for two",
	  .args = { "recv", "a", "b" },
	  .steps = { SEVERAL, { STEP_EPOLL, -EINTR },
		     { STEP_EPOLL, .data = "1" }, TURN("a") },
	  .out = "a\n" },
	{ .name = "one of two is not there", .args = { "recv", "a", "b" },
	  .steps = { { STEP_OPEN, .name = "a", .flags = MBX_OPEN_RECEIVE },
		     { STEP_STAT, .id = 8 },
		     { STEP_OPEN, -ENOENT, .name = "b", .flags = 2 } },
	  .out = "", .status = 3,
	  .err = "recv: b: no such mailbox in this network namespace: see 'mbx ls'" },

	/* How it is shown. */
	{ .name = "every directive",
	  .args = { "recv", "b", "--format",
		    "%m|%x|%l|%s|%p|%t|%u|%g|%T|%n|%i|%b|%y|%P|%d|%%\\t\\r\\0\\\\\\n" },
	  .steps = { TIMED, LETTER("hi") },
	  .out = "hi|6869|2|5|41|42|1000|100|123456789|b|9|18446744073709551615|9223372036854775808|31|3|%\t\r\0\\\n",
	  .out_len = 93 },
	{ .name = "no time recorded", .args = { "recv", "b", "--format", "%T" },
	  .steps = { OPEN, LETTER("hi") }, .out = "-" },
	{ .name = "bytes that are no text in hexadecimal",
	  .args = { "recv", "b", "--format", "%x" }, .out = "00ff0a",
	  .steps = { OPEN, { STEP_RECEIVE, .data = "\0\377\n", .len = 3 } } },
	{ .name = "JSON", .args = { "recv", "b", "--json" },
	  .steps = { TIMED, LETTER("h\xc3\xa4 \"\n") },
	  .out = "{\"schema\":1,\"id\":9,\"seq\":5,\"pid\":41,\"tid\":42,\"uid\":1000,\"gid\":100,\"length\":6,\"time\":123456789,\"badge\":\"18446744073709551615\",\"type\":\"9223372036854775808\",\"priority\":31,\"deliveries\":3,\"encoding\":\"utf-8\",\"data\":\"h\xc3\xa4 \\\"\\n\"}\n" },
	{ .name = "JSON of bytes", .args = { "recv", "b", "--json", "-n", "3" },
	  .steps = { OPEN, { STEP_RECEIVE, .data = "\377" },
		     { STEP_RECEIVE, .data = "\377\0", .len = 2 },
		     { STEP_RECEIVE, .data = "\377\0\1\2", .len = 4 } },
	  .out =
	  "{\"schema\":1,\"id\":9,\"seq\":0,\"pid\":0,\"tid\":0,\"uid\":0,\"gid\":0,\"length\":1,\"time\":null,\"badge\":\"0\",\"type\":\"0\",\"priority\":0,\"deliveries\":0,\"encoding\":\"base64\",\"data\":\"/w==\"}\n"
	  "{\"schema\":1,\"id\":9,\"seq\":0,\"pid\":0,\"tid\":0,\"uid\":0,\"gid\":0,\"length\":2,\"time\":null,\"badge\":\"0\",\"type\":\"0\",\"priority\":0,\"deliveries\":0,\"encoding\":\"base64\",\"data\":\"/wA=\"}\n"
	  "{\"schema\":1,\"id\":9,\"seq\":0,\"pid\":0,\"tid\":0,\"uid\":0,\"gid\":0,\"length\":4,\"time\":null,\"badge\":\"0\",\"type\":\"0\",\"priority\":0,\"deliveries\":0,\"encoding\":\"base64\",\"data\":\"/wABAg==\"}\n" },

	/* Nothing is taken that could not be put anywhere. */
	{ .name = "standard output closed", .args = { "recv", "b" },
	  .kind = OUT_CLOSED, .steps = { OPEN }, .status = 1,
	  .err = "recv: standard output: Bad file descriptor" },
	{ .name = "no reader", .args = { "recv", "b" },
	  .kind = OUT_NO_READER, .steps = { OPEN } },
	{ .name = "no reader to follow for", .args = { "recv", "b", "--follow" },
	  .kind = OUT_NO_READER, .steps = { OPEN } },
	{ .name = "standard output full", .args = { "recv", "b", "-n", "2" },
	  .kind = OUT_FULL, .steps = { OPEN, LETTER("a") }, .status = 1,
	  .err = "recv: b: message 5 was taken but not written: No space left on device" },
	{ .name = "peek to a full standard output", .args = { "peek", "b" },
	  .kind = OUT_FULL, .status = 1,
	  .steps = { OPEN, { STEP_RECEIVE, .data = "a", .seq = 5,
			     .flags = MBX_RECEIVE_PEEK } },
	  .err = "peek: b: message 5 was read but not written: No space left on device" },

	/* --exec */
	{ .name = "a command per message",
	  .args = { "recv", "b", "-n", "2", "--exec", "cat; echo" },
	  .steps = { OPEN, LETTER("one"), LETTER("two") },
	  .out = "one\ntwo\n" },
	{ .name = "what the command knows",
	  .args = { "recv", "b", "--exec",
		    "echo $MBX_NAME $MBX_ID $MBX_SEQ $MBX_LENGTH $MBX_PID $MBX_TID $MBX_UID $MBX_GID $MBX_BADGE $MBX_TYPE $MBX_PRIORITY $MBX_DELIVERIES" },
	  .steps = { OPEN, LETTER("one") },
	  .out = "b 9 5 3 41 42 1000 100 18446744073709551615 9223372036854775808 31 3\n" },
	{ .name = "bytes for a command",
	  .args = { "recv", "b", "--exec", "od -An -tx1" },
	  .steps = { OPEN, { STEP_RECEIVE, .data = "\0\377\n", .len = 3 } },
	  .out = " 00 ff 0a\n" },
	{ .name = "an empty message for a command",
	  .args = { "recv", "b", "--exec", "wc -c" },
	  .steps = { OPEN, { STEP_RECEIVE } }, .out = "0\n" },
	{ .name = "a command that does not read",
	  .args = { "recv", "b", "--exec", "true" },
	  .steps = { OPEN, { STEP_RECEIVE, -EMSGSIZE, .len = 1000000 },
		     { STEP_RECEIVE, .len = 1000000 } }, .out = "" },
	{ .name = "a command that fails",
	  .args = { "recv", "b", "-n", "2", "--exec", "exit 7" },
	  .steps = { OPEN, LETTER("one") }, .out = "", .status = 1,
	  .err = "recv: message 5: the command exited with status 7" },
	{ .name = "a command that is not there",
	  .args = { "recv", "b", "--exec", "exec 2>&-; no-such-command" },
	  .steps = { OPEN, LETTER("one") }, .out = "", .status = 1,
	  .err = "recv: message 5: the command exited with status 127" },
	{ .name = "a command that is killed",
	  .args = { "recv", "b", "--exec", "kill -9 $$" },
	  .steps = { OPEN, LETTER("one") }, .out = "", .status = 1,
	  .err = "recv: message 5: the command was killed by signal 9" },
	{ .name = "a command may be killed by SIGPIPE",
	  .args = { "recv", "b", "--exec", "kill -PIPE $$" },
	  .steps = { OPEN, LETTER("one") }, .out = "", .status = 1,
	  .err = "recv: message 5: the command was killed by signal 13" },

	/* --fds */
	{ .name = "descriptors for a command",
	  .args = { "recv", "b", "--fds", "--exec",
		    "echo $MBX_FDS; readlink /proc/self/fd/3 /proc/self/fd/4" },
	  .steps = { OPEN, { STEP_RECEIVE, .fds_room = 16, .fds = 2 } },
	  .out = "2\n/dev/null\n/dev/null\n" },
	{ .name = "no descriptors for a command",
	  .args = { "recv", "b", "--fds", "--exec", "echo $MBX_FDS" },
	  .steps = { OPEN, { STEP_RECEIVE, .fds_room = 16 } },
	  .out = "0\n" },
	{ .name = "descriptors that are not asked for",
	  .args = { "recv", "b", "--exec", "echo ${MBX_FDS-none}" },
	  .steps = { OPEN, { STEP_RECEIVE, .seq = 5,
			     .message = MBX_MESSAGE_FDS_LOST } },
	  .out = "none\n",
	  .err = "recv: message 5: its descriptors are closed: a command gets them by --exec and --fds" },
	{ .name = "one of two is lost",
	  .args = { "recv", "b", "--fds", "--exec",
		    "echo $MBX_FDS; readlink /proc/self/fd/4; test ! -e /proc/self/fd/3" },
	  .steps = { OPEN, { STEP_RECEIVE, .fds_room = 16, .fds = 2,
			     .fds_lost = 1, .seq = 5,
			     .message = MBX_MESSAGE_FDS_LOST } },
	  .out = "2\n/dev/null\n",
	  .err = "recv: message 5: a descriptor is lost: a security module refused it, or another thread took its number" },
	{ .name = "none is left open",
	  .args = { "recv", "b", "--fds", "-n", "3", "--exec",
		    "[ $(ls -l /proc/$PPID/fd | grep -c /dev/null) -lt 32 ]" },
	  .steps = { OPEN, { STEP_RECEIVE, .fds_room = 16, .fds = 16 },
		     { STEP_RECEIVE, -EMSGSIZE, .len = 100000,
		       .fds_room = 16 },
		     { STEP_RECEIVE, .len = 100000, .fds_room = 16,
		       .fds = 16 }, { STEP_RECEIVE, .fds_room = 16 } },
	  .out = "" },
	{ .name = "no number for a descriptor",
	  .args = { "recv", "b", "--fds", "--exec", "true" },
	  .steps = { OPEN, { STEP_RECEIVE, -EMFILE, .fds_room = 16 } },
	  .out = "", .status = 1,
	  .err = "recv: b: this process has as many descriptors open as RLIMIT_NOFILE allows: close some, or raise it with 'ulimit -n'" },

	/* --lease */
	{ .name = "leased and written",
	  .args = { "recv", "b", "--lease", "2s" },
	  .steps = { OPEN, LEASED("one", 2000), { STEP_SETTLE, .seq = 5 } },
	  .out = "one\n" },
	{ .name = "a call is not leased",
	  .args = { "recv", "b", "--lease", "2s" },
	  .steps = { OPEN, { STEP_RECEIVE, .data = "one", .seq = 5,
			     .lease = 2000, .message = MBX_MESSAGE_CALL } },
	  .out = "one\n" },
	{ .name = "leased and not written",
	  .args = { "recv", "b", "-n", "2", "--lease", "1ms" },
	  .kind = OUT_FULL, .status = 1,
	  .steps = { OPEN, LEASED("one", 1), REFUSED },
	  .err = "recv: b: message 5 was taken but not written: No space left on device" },
	{ .name = "a command that succeeds with a lease",
	  .args = { "recv", "b", "--lease", "1us", "--exec", "cat" },
	  .steps = { OPEN, LEASED("one", 1), { STEP_SETTLE, .seq = 5 } },
	  .out = "one" },
	{ .name = "a command that fails does not stop the others",
	  .args = { "recv", "b", "-n", "2", "--lease", "1min", "--exec",
		    "cat; test $MBX_LENGTH -gt 3" },
	  .steps = { OPEN, LEASED("one", 60000), REFUSED,
		     LEASED("three", 60000), { STEP_SETTLE, .seq = 5 } },
	  .out = "onethree", .status = 1,
	  .err = "recv: message 5: the command exited with status 1" },
	{ .name = "a command that took too long",
	  .args = { "recv", "b", "-n", "2", "--lease", "1s", "--exec", "true" },
	  .steps = { OPEN, LEASED("one", 1000),
		     { STEP_SETTLE, -ENOENT, .seq = 5 } },
	  .out = "", .status = 3,
	  .err = "recv: message 5 was handled, but may come again\n"
	  "mbx: recv: b: this process does not have the message leased, or not any more: expect that others receive it, and use a longer lease" },

	/* Which messages. */
	CHOOSES("a type", "--type", "7", .flags = MBX_SELECT_TYPE, .type = 7),
	CHOOSES("the highest type", "--type", "18446744073709551615",
		.flags = MBX_SELECT_TYPE, .type = UINT64_MAX),
	CHOOSES("type 0 is a condition, too", "--type", "0",
		.flags = MBX_SELECT_TYPE),
	CHOOSES("other types", "--type-not", "7",
		.flags = MBX_SELECT_TYPE_NOT, .type = 7),
	CHOOSES("low types", "--type-upto", "7",
		.flags = MBX_SELECT_TYPE_UPTO, .type = 7),
	CHOOSES("a process", "--pid", "41", .flags = MBX_SELECT_PID,
		.pid = 41),
	CHOOSES("a badge", "--badge", "42", .flags = MBX_SELECT_BADGE,
		.badge = 42),
	CHOOSES("a priority", "--min-priority", "31",
		.flags = MBX_SELECT_PRIORITY, .priority = 31),
	CHOOSES("a number", "--seq", "9", .flags = MBX_SELECT_SEQ, .seq = 9),
	{ .name = "all that is asked for",
	  .args = { "recv", "b", "--type-not", "3", "--pid", "4", "--badge",
		    "5", "--min-priority", "6", "--nonblock" },
	  .steps = { OPEN, { STEP_RECEIVE, -EAGAIN,
			     .flags = MBX_RECEIVE_NONBLOCK,
			     .select = &(const struct mbx_select){
				.flags = MBX_SELECT_TYPE_NOT | MBX_SELECT_PID |
					 MBX_SELECT_BADGE | MBX_SELECT_PRIORITY,
				.type = 3, .pid = 4, .badge = 5,
				.priority = 6 } } },
	  .out = "", .status = 4,
	  .err = "recv: b: the mailbox is empty or frozen, or has no message like the one asked for: send something, or wait" },
	{ .name = "a long message is asked for again likewise",
	  .args = { "recv", "b", "--type", "7", "--format", "%l" },
	  .steps = { OPEN, { STEP_RECEIVE, -EMSGSIZE, .len = 200000,
			     .select = &(const struct mbx_select){
				     .flags = MBX_SELECT_TYPE, .type = 7 } },
		     { STEP_RECEIVE, .len = 200000,
		       .select = &(const struct mbx_select){
			       .flags = MBX_SELECT_TYPE, .type = 7 } } },
	  .out = "200000" },

	/* peek */
	{ .name = "peek at a type", .args = { "peek", "b", "--type", "7" },
	  .steps = { OPEN, { STEP_RECEIVE, .data = "x",
			     .flags = MBX_RECEIVE_PEEK,
			     .select = &(const struct mbx_select){
				     .flags = MBX_SELECT_TYPE, .type = 7 } } },
	  .out = "x\n" },
	{ .name = "peek at all", .args = { "peek", "b", "--all" },
	  .steps = { OPEN, NEXT("a", 3, 0), NEXT("b", 4, 3), NEXT("c", 9, 4),
		     END(9) },
	  .out = "a\nb\nc\n" },
	{ .name = "peek at all of nothing", .args = { "peek", "b", "--all" },
	  .steps = { OPEN, END(0) }, .out = "" },
	{ .name = "peek at all of a sealed one", .args = { "peek", "b", "--all" },
	  .steps = { OPEN, NEXT("a", 3, 0), { STEP_RECEIVE, -ESHUTDOWN,
		     .flags = MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK,
		     .select = &(const struct mbx_select){
			     .flags = MBX_SELECT_AFTER, .seq = 3 } } },
	  .out = "a\n" },
	{ .name = "to receive from a sealed one", .args = { "recv", "b" },
	  .steps = { OPEN, { STEP_RECEIVE, -ESHUTDOWN } }, .out = "",
	  .status = 5,
	  .err = "recv: b: the mailbox is sealed, and nothing is left of what is asked for: create another" },
	{ .name = "peek at all until it is gone",
	  .args = { "peek", "b", "--all" }, .out = "a\n", .status = 5,
	  .steps = { OPEN, NEXT("a", 3, 0), { STEP_RECEIVE, -EIDRM, .flags = 3,
		     .select = &(const struct mbx_select){
			     .flags = MBX_SELECT_AFTER, .seq = 3 } } },
	  .err = "peek: b: the mailbox was deleted: create it again" },
	{ .name = "peek at all of a process",
	  .args = { "peek", "b", "--all", "--pid", "41", "--json" },
	  .steps = { OPEN, { STEP_RECEIVE, -EAGAIN, .flags = 3,
		     .select = &(const struct mbx_select){
			     .flags = MBX_SELECT_AFTER | MBX_SELECT_PID,
			     .pid = 41 } } },
	  .out = "" },
	{ .name = "peek", .args = { "peek", "b" }, .out = "hello\n",
	  .steps = { OPEN, { STEP_RECEIVE, .data = "hello",
			     .flags = MBX_RECEIVE_PEEK } } },
	{ .name = "peek without waiting", .args = { "peek", "b", "--nonblock" },
	  .steps = { OPEN, { STEP_RECEIVE, -EAGAIN, .flags = 3 } },
	  .out = "", .status = 4,
	  .err = "peek: b: the mailbox is empty or frozen, or has no message like the one asked for: send something, or wait" },
	{ .name = "peek for so long",
	  .args = { "peek", "b", "--timeout", "1us", "--json" },
	  .steps = { OPEN, { STEP_RECEIVE, -ETIMEDOUT,
			     .flags = MBX_RECEIVE_PEEK,
			     .deadline = SOME_DEADLINE } },
	  .out = "", .status = 124,
	  .err = "peek: b: the deadline has passed: allow more time" },
};
/* clang-format on */

int main(void)
{
	return RUN_ALL("recv", runs);
}
