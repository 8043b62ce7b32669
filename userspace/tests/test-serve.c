// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx call, mbx serve.
 */
#include <errno.h>
#include <signal.h>

#include "tool.h"

/* clang-format off */
#define OPEN	{ STEP_OPEN, .name = "b", .flags = MBX_OPEN_SEND }, \
		{ STEP_STAT, .msg_max = 1000 }
#define FAILS(n, err_no, sequence, st, message) \
	{ .name = n, .args = { "call", "b", "x" }, \
	  .steps = { OPEN, { STEP_CALL, err_no, .data = "x", .seq = sequence, \
			     .pid = sequence ? 41 : 0 } }, \
	  .out = "", .err = "call: b: " message, .status = st }

#define ASKED(question)	{ STEP_CALL, .ret = MBX_CALLED_BACK, .data = "x", \
			  .flags = MBX_CALL_BACKS, .reply = question, .seq = 5, \
			  .pid = 41, .message = MBX_CALL_ASKED }
#define ANSWERS(answer)	{ STEP_CALL, .flags = MBX_CALL_ANSWER, .call = 5, \
			  .data = answer
#define HANGS_UP	{ STEP_CALL, .flags = MBX_CALL_HANG_UP, .call = 5 }

#define SERVE	{ STEP_OPEN, .name = "b", .flags = MBX_OPEN_RECEIVE }, \
		{ STEP_STAT, .id = 9 }, \
		{ STEP_NOTIFY, .events = MBX_EVENT_CANCELED }
#define PLACE	{ STEP_DERIVE, .rights = MBX_OPEN_RECEIVE }
#define REQUEST(text, number) \
		{ STEP_RECEIVE, .flags = MBX_RECEIVE_NONBLOCK, .data = text, \
		  .seq = number, .pid = 41, .message = MBX_MESSAGE_CALL, \
		  .reply_max = 10 }
#define MESSAGE(text, number) \
		{ STEP_RECEIVE, .flags = MBX_RECEIVE_NONBLOCK, .data = text, \
		  .seq = number }
#define REPLY(text, number) { STEP_REPLY, .call = number, .reply = text }
#define REPLY_FAILS(err, text, number) \
		{ STEP_REPLY, err, .call = number, .reply = text }
#define END(err) { STEP_RECEIVE, err, .flags = MBX_RECEIVE_NONBLOCK }
#define ONCE(n, command, message, ...) \
	{ .name = n, .args = { "serve", "b", "-n", "1", "--exec", command }, \
	  .steps = { SERVE, PLACE, __VA_ARGS__ }, .out = "", .err = message }

static const struct run runs[] = {
	/* call */
	{ .name = "a call", .args = { "call", "b", "hello" },
	  .steps = { OPEN, { STEP_CALL, .data = "hello", .reply = "olleh" } },
	  .out = "olleh\n" },
	{ .name = "a reply that ends with a newline",
	  .args = { "call", "b", "x" }, .out = "y\n",
	  .steps = { OPEN, { STEP_CALL, .data = "x", .reply = "y\n" } } },
	{ .name = "a question",
	  .args = { "call", "b", "x", "--answer", "tr a-z A-Z; echo $MBX_PID" },
	  .steps = { OPEN, ASKED("who"), ANSWERS("WHO41\n"), .reply = "y" } },
	  .out = "y\n" },
	{ .name = "two questions",
	  .args = { "call", "b", "x", "--answer", "cat" },
	  .steps = { OPEN, ASKED("who"),
		     ANSWERS("who"), .ret = MBX_CALLED_BACK, .seq = 5,
			     .message = MBX_CALL_ASKED },
		     ANSWERS(NULL), .reply = "y" } }, .out = "y\n" },
	{ .name = "no question", .args = { "call", "b", "x", "--answer", "exit 1" },
	  .steps = { OPEN, { STEP_CALL, .flags = MBX_CALL_BACKS, .data = "x",
			     .reply = "y" } }, .out = "y\n" },
	{ .name = "no answer", .args = { "call", "b", "x", "--answer", "exit 3" },
	  .steps = { OPEN, ASKED("who"), HANGS_UP }, .out = "", .status = 1,
	  .err = "call: the command that answers exited with status 3: the call is given up" },
	{ .name = "no command", .args = { "call", "b", "x", "--answer", "kill -9 $$" },
	  .steps = { OPEN, ASKED("who"), HANGS_UP }, .out = "", .status = 1,
	  .err = "call: the command that answers was killed by signal 9: the call is given up" },
	{ .name = "answer in vain", .args = { "call", "b", "x", "--answer", "cat" },
	  .steps = { OPEN, ASKED("who"), ANSWERS("who"), .ret = -EPIPE, .seq = 5,
			     .pid = 41 } }, .out = "", .status = 5,
	  .err = "call: b: who received the call has exited, or closed its handle, or cannot reply: it may have been carried out: find out before you call again; it was process 41" },
	{ .name = "raw", .args = { "call", "b", "x", "--raw" },
	  .steps = { OPEN, { STEP_CALL, .data = "x", .reply = "a\0\n",
			     .reply_len = 3 } }, .out = "a\0\n", .out_len = 3 },
	{ .name = "with a zero byte", .args = { "call", "b", "x", "-0" },
	  .steps = { OPEN, { STEP_CALL, .data = "x", .reply = "a\n" } },
	  .out = "a\n\0", .out_len = 3 },
	{ .name = "an empty reply", .args = { "call", "b", "x", "--raw" },
	  .steps = { OPEN, { STEP_CALL, .data = "x" } }, .out = "" },
	{ .name = "standard input", .args = { "call", "b" },
	  .in = "a\0\n", .in_len = 3, .out = "y\n",
	  .steps = { OPEN, { STEP_CALL, .data = "a\0\n", .len = 3,
			     .reply = "y" } } },
	{ .name = "a file", .args = { "call", "b", "--file", "/dev/null" },
	  .steps = { OPEN, { STEP_CALL, .reply = "y" } }, .out = "y\n" },
	{ .name = "no file", .args = { "call", "b", "-f", "/nowhere" },
	  .steps = { OPEN }, .out = "", .status = 1,
	  .err = "call: /nowhere: No such file or directory" },
	{ .name = "every option",
	  .args = { "call", "b", "x", "--priority", "31", "--type",
		    "18446744073709551615", "--timeout", "5s" },
	  .steps = { OPEN, { STEP_CALL, .data = "x", .priority = 31,
			     .type = UINT64_MAX, .deadline = SOME_DEADLINE,
			     .reply = "y" } },
	  .out = "y\n" },
	{ .name = "JSON", .args = { "call", "b", "x", "--json" },
	  .steps = { OPEN, { STEP_CALL, .data = "x", .reply = "y\n", .seq = 5,
			     .pid = 41, .tid = 42 } },
	  .out = "{\"schema\":1,\"seq\":5,\"pid\":41,\"tid\":42,\"length\":2,\"encoding\":\"utf-8\",\"data\":\"y\\n\"}\n" },
	{ .name = "JSON of bytes", .args = { "call", "b", "x", "--json" },
	  .steps = { OPEN, { STEP_CALL, .data = "x", .reply = "\377" } },
	  .out = "{\"schema\":1,\"seq\":0,\"pid\":0,\"tid\":0,\"length\":1,\"encoding\":\"base64\",\"data\":\"/w==\"}\n" },
	{ .name = "a call with descriptors",
	  .args = { "call", "b", "x", "--fd", "0", "--fd", "/dev/null" },
	  .steps = { OPEN, { STEP_CALL, .data = "x", .fds = 2,
			     .reply = "y" } }, .out = "y\n" },
	{ .name = "a call with a descriptor that is not there",
	  .args = { "call", "b", "x", "--fd", "77" }, .status = 1, .out = "",
	  .err = "call: --fd: mbx was given no descriptor 77: open it, as by 77<FILE, or write ./77 for a file" },
	FAILS("a descriptor that may not travel", -ELOOP, 0, 1,
	      "an AF_UNIX socket, an io_uring, a handle to receive with, or in a container's system mailbox anything, could keep itself open in a message: send a handle without MBX_OPEN_RECEIVE, pass it through a socket, or use an owned mailbox"),
	FAILS("nobody to receive descriptors", -EPIPE, 0, 5,
	      "nobody has a handle to receive the descriptors with: send them elsewhere, or none; nobody had taken the call, nor will"),
	FAILS("a deadline before", -ETIMEDOUT, 0, 124,
	      "the deadline has passed, and no reply was there: allow more time; nobody had taken the call, nor will"),
	FAILS("a deadline in the middle", -ETIMEDOUT, 5, 124,
	      "the deadline has passed, and no reply was there: allow more time; process 41 had taken the call, and may have carried it out"),
	FAILS("the server has died", -EPIPE, 5, 5,
	      "who received the call has exited, or closed its handle, or cannot reply: it may have been carried out: find out before you call again; it was process 41"),
	FAILS("deleted before", -EIDRM, 0, 5,
	      "the mailbox was deleted: create it again; nobody had taken the call, nor will"),
	FAILS("the owner has died", -EOWNERDEAD, 5, 5,
	      "the process that owned the mailbox has exited: start it again; process 41 had taken the call, and may have carried it out"),
	FAILS("too long a message", -EMSGSIZE, 0, 1,
	      "the message is longer than the mailbox's msg_max: split it, or create the mailbox with a larger one"),
	{ .name = "no mailbox to call", .args = { "call", "b", "x" },
	  .steps = { { STEP_OPEN, -ENOENT, .name = "b", .flags = 1 } },
	  .out = "", .status = 3,
	  .err = "call: b: no such mailbox in this network namespace: see 'mbx ls'" },
	{ .name = "no right to call", .args = { "call", "b", "x" },
	  .steps = { { STEP_OPEN, -EACCES, .name = "b", .flags = 1 } },
	  .out = "", .status = 6,
	  .err = "call: b: the mailbox's mode or owner does not let you: see 'mbx stat' and ask who created it" },
	{ .name = "nowhere to put the reply", .args = { "call", "b", "x" },
	  .kind = OUT_CLOSED, .steps = { OPEN }, .status = 1,
	  .err = "call: standard output: Bad file descriptor" },
	{ .name = "no room for the reply", .args = { "call", "b", "x" },
	  .kind = OUT_FULL, .status = 1,
	  .steps = { OPEN, { STEP_CALL, .data = "x", .reply = "y" } },
	  .err = "call: b: the call was carried out, but its reply not written: No space left on device" },

	/* serve */
	{ .name = "serve some",
	  .args = { "serve", "b", "-n", "2", "--exec", "tr a-z A-Z" },
	  .steps = { SERVE, PLACE, REQUEST("one", 5), REPLY("ONE", 5),
		     REQUEST("two", 6), REPLY("TWO", 6) },
	  .out = "" },
	{ .name = "one after the other",
	  .args = { "serve", "b", "-n", "3", "-v", "--exec", "cat" },
	  .steps = { SERVE, PLACE, END(-EAGAIN), REQUEST("a", 5),
		     REPLY("a", 5), MESSAGE("b", 6), REQUEST("", 7),
		     { STEP_REPLY, .call = 7 } },
	  .out = "message 5: replied, 1 bytes\nmessage 6: no call\nmessage 7: replied, 0 bytes\n" },
	ONCE("what the command of a call knows",
	     "echo $MBX_SEQ $MBX_PID $MBX_REPLY_MAX", NULL,
	     REQUEST("x", 5), REPLY("5 41 10\n", 5)),
	ONCE("as long as the caller takes", "printf 0123456789", NULL,
	     REQUEST("x", 5), REPLY("0123456789", 5)),
	ONCE("longer than the caller takes", "printf 0123456789a",
	     "serve: message 5: the reply is longer than the caller takes: no reply",
	     REQUEST("x", 5)),
	ONCE("without end", "cat /dev/zero",
	     "serve: message 5: the reply is longer than the caller takes: no reply",
	     REQUEST("x", 5)),
	ONCE("a command that fails", "echo partly; exit 3",
	     "serve: message 5: the command exited with status 3: no reply",
	     REQUEST("x", 5)),
	ONCE("a command that is killed", "kill -9 $$",
	     "serve: message 5: the command was killed by signal 9: no reply",
	     REQUEST("x", 5)),
	ONCE("a command that fails for no call", "exit 3",
	     "serve: message 5: the command exited with status 3",
	     MESSAGE("x", 5)),
	ONCE("a caller that has given up", "echo y",
	     "serve: message 5: the caller has given up",
	     REQUEST("x", 5), REPLY_FAILS(-ENOENT, "y\n", 5)),
	ONCE("a caller that gives up then", "echo y",
	     "serve: message 5: the caller has given up",
	     REQUEST("x", 5), REPLY_FAILS(-ECANCELED, "y\n", 5)),
	ONCE("a message longer than the first buffer", "wc -c", NULL,
	     { STEP_RECEIVE, -EMSGSIZE, .len = 200000,
	       .flags = MBX_RECEIVE_NONBLOCK },
	     { STEP_RECEIVE, .len = 200000, .flags = MBX_RECEIVE_NONBLOCK,
	       .seq = 5, .message = MBX_MESSAGE_CALL, .reply_max = 10 },
	     REPLY("200000\n", 5)),
	{ .name = "a new place after a refusal",
	  .args = { "serve", "b", "-n", "2", "--exec", "grep ." },
	  .steps = { SERVE, PLACE, REQUEST("", 5), PLACE, REQUEST("y", 6),
		     REPLY("y\n", 6) }, .out = "",
	  .err = "serve: message 5: the command exited with status 1: no reply" },
	{ .name = "serve with descriptors",
	  .args = { "serve", "b", "-n", "2", "--fds", "--exec",
		    "echo $MBX_FDS; [ $MBX_FDS = 0 ] || readlink /proc/self/fd/4" },
	  .steps = { SERVE, PLACE,
		     { STEP_RECEIVE, .flags = MBX_RECEIVE_NONBLOCK, .seq = 5,
		       .fds_room = 16, .fds = 2, .reply_max = 99,
		       .message = MBX_MESSAGE_CALL },
		     REPLY("2\n/dev/null\n", 5),
		     { STEP_RECEIVE, .flags = MBX_RECEIVE_NONBLOCK, .seq = 6,
		       .fds_room = 16, .reply_max = 99,
		       .message = MBX_MESSAGE_CALL }, REPLY("0\n", 6) },
	  .out = "" },
	ONCE("descriptors that are not asked for", "echo ${MBX_FDS-none}",
	     "serve: message 5: its descriptors are closed: a command gets them by --exec and --fds",
	     { STEP_RECEIVE, .flags = MBX_RECEIVE_NONBLOCK, .seq = 5,
	       .message = MBX_MESSAGE_CALL | MBX_MESSAGE_FDS_LOST,
	       .reply_max = 10 }, REPLY("none\n", 5)),
	{ .name = "serve until it is gone",
	  .args = { "serve", "b", "--exec", "cat" },
	  .steps = { SERVE, PLACE, REQUEST("x", 5), REPLY("x", 5),
		     END(-EIDRM) },
	  .out = "", .status = 5,
	  .err = "serve: b: the mailbox was deleted: create it again" },
	{ .name = "serve until it is sealed",
	  .args = { "serve", "b", "--exec", "cat" },
	  .steps = { SERVE, PLACE, END(-ESHUTDOWN) }, .out = "", .status = 5,
	  .err = "serve: b: the mailbox is sealed, and nothing is left of what is asked for: create another" },
	{ .name = "until a signal", .args = { "serve", "b", "--exec", "cat" },
	  .steps = { SERVE, PLACE,
		     { STEP_RECEIVE, .flags = MBX_RECEIVE_NONBLOCK,
		       .data = "x", .seq = 5, .reply_max = 10,
		       .message = MBX_MESSAGE_CALL, .arrives = SIGTERM },
		     REPLY("x", 5) },
	  .out = "" },
	{ .name = "serve and create",
	  .args = { "serve", "b", "--create", "-n", "1", "--exec", "cat" },
	  .steps = { { STEP_CREATE, .name = "b", .flags = MBX_CREATE_OWNED,
		       .capacity = 10 }, { STEP_STAT },
		     { STEP_NOTIFY, .events = MBX_EVENT_CANCELED }, PLACE,
		     REQUEST("x", 5), REPLY("x", 5) }, .out = "" },
	{ .name = "create what exists",
	  .args = { "serve", "b", "--create", "--exec", "cat" },
	  .steps = { { STEP_CREATE, -EEXIST, .name = "b",
		       .flags = MBX_CREATE_OWNED, .capacity = 10 } },
	  .out = "", .status = 1,
	  .err = "serve: b: a mailbox of this name exists already: open that one, or choose another name" },
	{ .name = "no right to serve",
	  .args = { "serve", "b", "--exec", "cat" },
	  .steps = { { STEP_OPEN, -EACCES, .name = "b", .flags = 2 } },
	  .out = "", .status = 6,
	  .err = "serve: b: the mailbox's mode or owner does not let you: see 'mbx stat' and ask who created it" },
};
/* clang-format on */

int main(void)
{
	return RUN_ALL("serve", runs);
}
