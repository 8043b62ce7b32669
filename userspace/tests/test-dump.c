// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx dump, mbx load.
 */
#include <errno.h>
#include <signal.h>

#include "tool.h"

/* clang-format off */

/* ---- mbx dump --------------------------------------------------------- */

#define NAMELESS(room, ...) \
	{ STEP_STAT, .st = &(const struct mbx_stat){ \
		.out_id = 9, .out_mode = 0640, .out_capacity = room, \
		.out_msg_max = 4096, __VA_ARGS__ } }
#define NAMED	.out_name = "b", .out_name_len = 1
#define BOX(...)	NAMELESS(10, NAMED, __VA_ARGS__)
#define HOLDS(nr, ...)	BOX(.out_sent = 8 + (nr), .out_received = 7, \
			    .out_lost = 1, __VA_ARGS__)
#define OPEN	{ STEP_OPEN, .name = "b", \
		  .flags = MBX_OPEN_RECEIVE | MBX_OPEN_MANAGE }
#define NEXT(number, before, ...) \
	{ STEP_RECEIVE, .seq = number, .pid = 41, .tid = 42, .uid = 1000, \
	  .gid = 100, .flags = MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK, \
	  .select = &(const struct mbx_select){ \
		  .flags = MBX_SELECT_AFTER, .seq = before }, __VA_ARGS__ }
#define END(before)	NEXT(0, before, .ret = -EAGAIN)
#define CONTROL(what)	{ STEP_CONTROL, .op = MBX_CONTROL_##what }
#define FROZEN		.out_state = MBX_STATE_FROZEN

#define MAILBOX(nr, more) \
	"{\"schema\":1,\"mailbox\":\"b\",\"messages\":" nr ",\"capacity\":10," \
	"\"msg_max\":4096,\"mode\":\"0640\",\"policy\":\"fifo\",\"full\":\"wait\"," \
	"\"timestamp\":" more "}\n"
#define MESSAGE(seq, len, time, badge, type, prio, data) \
	"{\"schema\":1,\"id\":9,\"seq\":" seq ",\"pid\":41,\"tid\":42," \
	"\"uid\":1000,\"gid\":100,\"length\":" len ",\"time\":" time "," \
	"\"badge\":\"" badge "\",\"type\":\"" type "\",\"priority\":" prio "," \
	"\"deliveries\":0," data "}\n"
#define TEXT(text)	"\"encoding\":\"utf-8\",\"data\":\"" text "\""

/* ---- mbx load --------------------------------------------------------- */

#define OPEN_IT { STEP_OPEN, .name = "b", .flags = MBX_OPEN_SEND }, \
		{ STEP_STAT, .msg_max = 100 }
#define TO_SEND(type, prio, data) \
	"{\"schema\":1,\"type\":\"" type "\",\"priority\":" prio "," data "}\n"
#define ABC	TO_SEND("0", "0", TEXT("a")) TO_SEND("0", "0", TEXT("b")) \
		TO_SEND("0", "0", TEXT("c"))
#define SENT(text)	{ STEP_SEND, .data = text, .flags = MBX_SEND_WAIT }
/* Of what is wrong with it, nothing is opened and nothing sent. */
#define BAD(n, input, message) \
	{ .name = n, .args = { "load", "b" }, .in = input, .out = "", \
	  .status = 1, .err = "load: standard input: " message }
#define BAD_MAILBOX(n, line, message)	BAD(n, line "\n", "line 1: " message)
#define BAD_MESSAGE(n, line, message) \
	BAD(n, MAILBOX("1", "false") line "\n", "line 2: " message)
#define DEFAULT_LENGTH \
	"{\"schema\":1,\"mailbox\":\"b\",\"messages\":1,\"capacity\":1,\"msg_max\":0,\"mode\":\"0600\",\"policy\":\"fifo\",\"full\":\"wait\",\"timestamp\":false}\n"
#define FULL \
	"the mailbox is full, or of capacity 0 and no receiver waits: receive something, or wait"

static const struct run runs[] = {
	{ .name = "dump of nothing", .args = { "dump", "b" },
	  .steps = { OPEN, HOLDS(0), END(0), HOLDS(0) },
	  .out = MAILBOX("0", "false") },
	{ .name = "dump in the order of receiving", .args = { "dump", "b" },
	  .steps = { OPEN, HOLDS(4), NEXT(3, 0, .data = "c"),
		     NEXT(5, 3, .data = "a", .priority = 31,
			  .type = UINT64_MAX, .badge = UINT64_MAX),
		     NEXT(6, 5, .data = "d"),
		     NEXT(9, 6, .data = "b", .priority = 31), END(9),
		     HOLDS(4) },
	  .out = MAILBOX("4", "false")
		 MESSAGE("5", "1", "null", "18446744073709551615",
			 "18446744073709551615", "31", TEXT("a"))
		 MESSAGE("9", "1", "null", "0", "0", "31", TEXT("b"))
		 MESSAGE("3", "1", "null", "0", "0", "0", TEXT("c"))
		 MESSAGE("6", "1", "null", "0", "0", "0", TEXT("d")) },
	{ .name = "dump of any bytes", .args = { "dump", "b" },
	  .steps = { OPEN, HOLDS(2, .out_flags = MBX_CREATE_TIMESTAMP),
		     NEXT(1, 0, .data = "a\0\377\n", .len = 4, .time = 77),
		     NEXT(2, 1, .data = "\0", .len = 1, .time = 78), END(2),
		     HOLDS(2, .out_flags = MBX_CREATE_TIMESTAMP) },
	  .out = MAILBOX("2", "true")
		 MESSAGE("1", "4", "77", "0", "0", "0",
			 "\"encoding\":\"base64\",\"data\":\"YQD/Cg==\"")
		 MESSAGE("2", "1", "78", "0", "0", "0", TEXT("\\u0000")) },
	{ .name = "dump of a long message", .args = { "dump", "b" },
	  .steps = { OPEN, HOLDS(1), NEXT(1, 0, .ret = -EMSGSIZE, .len = 70000),
		     NEXT(1, 0, .len = 70000), END(1), HOLDS(1) } },
	{ .name = "dump by id, of one without a name", .args = { "dump", "@9" },
	  .steps = { { STEP_OPEN, .id = 9,
		       .flags = MBX_OPEN_RECEIVE | MBX_OPEN_MANAGE },
		     NAMELESS(MBX_UNBOUNDED),
		     END(0), NAMELESS(MBX_UNBOUNDED) },
	  .out = "{\"schema\":1,\"mailbox\":null,\"messages\":0,\"capacity\":\"unbounded\",\"msg_max\":4096,\"mode\":\"0640\",\"policy\":\"fifo\",\"full\":\"wait\",\"timestamp\":false}\n" },
	{ .name = "dump at capacity 0: nothing is queued",
	  .args = { "dump", "b" },
	  .steps = { OPEN, NAMELESS(0, NAMED, .out_sent = 3),
		     NAMELESS(0, NAMED, .out_sent = 4) },
	  .out = "{\"schema\":1,\"mailbox\":\"b\",\"messages\":0,\"capacity\":0,\"msg_max\":4096,\"mode\":\"0640\",\"policy\":\"fifo\",\"full\":\"wait\",\"timestamp\":false}\n" },
	{ .name = "dump: one was received meanwhile", .args = { "dump", "b" },
	  .steps = { OPEN, HOLDS(1), NEXT(1, 0, .data = "old"), END(1),
		     BOX(.out_sent = 9, .out_received = 8, .out_lost = 1),
		     BOX(.out_sent = 9, .out_received = 8, .out_lost = 1),
		     END(0),
		     BOX(.out_sent = 9, .out_received = 8, .out_lost = 1) },
	  .out = MAILBOX("0", "false") },
	{ .name = "dump: all were purged meanwhile", .args = { "dump", "b" },
	  .steps = { OPEN, HOLDS(1), NEXT(1, 0, .data = "old"), END(1),
		     BOX(.out_sent = 9, .out_received = 7, .out_lost = 2),
		     HOLDS(0), END(0), HOLDS(0) },
	  .out = MAILBOX("0", "false") },
	{ .name = "dump: one is just being received", .args = { "dump", "b" },
	  .steps = { OPEN, HOLDS(1), END(0), HOLDS(1), HOLDS(0), END(0),
		     HOLDS(0) },
	  .out = MAILBOX("0", "false") },
	{ .name = "dump: one was sent meanwhile", .args = { "dump", "b" },
	  .steps = { OPEN, HOLDS(0), END(0), HOLDS(1), HOLDS(1),
		     NEXT(1, 0, .data = "x"), END(1), HOLDS(1) },
	  .out = MAILBOX("1", "false")
		 MESSAGE("1", "1", "null", "0", "0", "0", TEXT("x")) },
	{ .name = "dump: others send as fast as it reads",
	  .args = { "dump", "b" },
	  .steps = { OPEN, HOLDS(0), NEXT(1, 0, .data = "x"),
		     NEXT(2, 1, .data = "x"), NEXT(3, 2, .data = "x"),
		     NEXT(4, 3, .data = "x"), HOLDS(5), HOLDS(0), END(0),
		     HOLDS(0) },
	  .out = MAILBOX("0", "false") },
	{ .name = "dump: deleted meanwhile", .args = { "dump", "b" },
	  .steps = { OPEN, HOLDS(1), NEXT(1, 0, .data = "x"),
		     NEXT(2, 1, .ret = -EIDRM) },
	  .out = "", .status = 5,
	  .err = "dump: b: the mailbox was deleted: create it again" },
	{ .name = "dump of a sealed one", .args = { "dump", "b" },
	  .steps = { OPEN, HOLDS(1), NEXT(1, 0, .data = "x"),
		     NEXT(0, 1, .ret = -ESHUTDOWN), HOLDS(1) },
	  .out = MAILBOX("1", "false")
		 MESSAGE("1", "1", "null", "0", "0", "0", TEXT("x")) },
	{ .name = "dump --freeze", .args = { "dump", "b", "--freeze" },
	  .steps = { OPEN, HOLDS(0), CONTROL(FREEZE), HOLDS(1, FROZEN),
		     NEXT(1, 0, .data = "x"), NEXT(2, 1, .data = "y"), END(2),
		     HOLDS(2, FROZEN), CONTROL(THAW) },
	  .out = MAILBOX("2", "false")
		 MESSAGE("1", "1", "null", "0", "0", "0", TEXT("x"))
		 MESSAGE("2", "1", "null", "0", "0", "0", TEXT("y")) },
	{ .name = "dump --freeze, while one is still being received",
	  .args = { "dump", "b", "--freeze" },
	  .steps = { OPEN, HOLDS(0), CONTROL(FREEZE), HOLDS(1, FROZEN), END(0),
		     HOLDS(1, FROZEN), HOLDS(0, FROZEN), END(0),
		     HOLDS(0, FROZEN), CONTROL(THAW) },
	  .out = MAILBOX("0", "false") },
	{ .name = "dump --freeze, while another comes for one being received",
	  .args = { "dump", "b", "--freeze" },
	  .steps = { OPEN, HOLDS(0), CONTROL(FREEZE), HOLDS(2, FROZEN),
		     NEXT(2, 0, .data = "y"), NEXT(3, 2, .data = "z"), END(3),
		     HOLDS(3, FROZEN), HOLDS(2, FROZEN), END(0),
		     HOLDS(0, FROZEN), CONTROL(THAW) },
	  .out = MAILBOX("0", "false") },
	{ .name = "dump --freeze of a frozen one",
	  .args = { "dump", "b", "--freeze" },
	  .steps = { OPEN, HOLDS(0, FROZEN), END(0), HOLDS(0, FROZEN) },
	  .out = MAILBOX("0", "false") },
	{ .name = "dump --freeze, and thawed also when it fails",
	  .args = { "dump", "b", "--freeze" },
	  .steps = { OPEN, HOLDS(0), CONTROL(FREEZE), HOLDS(1, FROZEN),
		     NEXT(1, 0, .ret = -EBUSY), CONTROL(THAW) },
	  .out = "", .status = 1,
	  .err = "dump: b: another process receives, and the mailbox's policy is 'exclusive': try again later, or create one of another policy" },
	{ .name = "dump --freeze ends soon after a signal",
	  .args = { "dump", "b", "--freeze" },
	  .steps = { OPEN, HOLDS(0), CONTROL(FREEZE), HOLDS(2, FROZEN),
		     NEXT(1, 0, .data = "x", .arrives = SIGTERM),
		     CONTROL(THAW) },
	  .out = "", .status = 1,
	  .err = "dump: b: interrupted by a signal: try again" },
	{ .name = "dump --freeze, and a signal without effect",
	  .args = { "dump", "b", "--freeze" },
	  .steps = { OPEN, HOLDS(0), CONTROL(FREEZE), HOLDS(1, FROZEN),
		     NEXT(1, 0, .data = "x", .arrives = SIGWINCH), END(1),
		     HOLDS(1, FROZEN), CONTROL(THAW) },
	  .out = MAILBOX("1", "false")
		 MESSAGE("1", "1", "null", "0", "0", "0", TEXT("x")) },
	{ .name = "dump to a full standard output", .kind = OUT_FULL,
	  .args = { "dump", "b" }, .status = 1,
	  .steps = { OPEN, HOLDS(0), END(0), HOLDS(0) },
	  .err = "dump: standard output: No space left on device" },
	{ .name = "dump to nobody", .kind = OUT_NO_READER,
	  .args = { "dump", "b" }, .status = 1,
	  .steps = { OPEN, HOLDS(0), END(0), HOLDS(0) } },
	{ .name = "dump of somebody else's", .args = { "dump", "b" },
	  .steps = { { STEP_OPEN, -EACCES, .name = "b", .flags = 6 } },
	  .out = "", .status = 6,
	  .err = "dump: b: the mailbox's mode or owner does not let you: see 'mbx stat' and ask who created it" },

	/* load */
	{ .name = "load of nothing", .args = { "load", "b" },
	  .steps = { OPEN_IT }, .in = MAILBOX("0", "false"), .out = "" },
	{ .name = "load in order", .args = { "load", "b" },
	  .steps = { OPEN_IT,
		     { STEP_SEND, .data = "h\xc3\xa4\n", .type = UINT64_MAX,
		       .priority = 31, .flags = MBX_SEND_WAIT },
		     { STEP_SEND, .data = "a\0\377\n", .len = 4,
		       .flags = MBX_SEND_WAIT },
		     { STEP_SEND, .data = "\0", .len = 1,
		       .flags = MBX_SEND_WAIT },
		     { STEP_SEND, .flags = MBX_SEND_WAIT },
		     { STEP_SEND, .flags = MBX_SEND_WAIT } },
	  .in = MAILBOX("5", "false")
		TO_SEND("18446744073709551615", "31", TEXT("h\xc3\xa4\\n"))
		TO_SEND("0", "0", "\"encoding\":\"base64\",\"data\":\"YQD/Cg==\"")
		TO_SEND("0", "0", TEXT("\\u0000")) TO_SEND("0", "0", TEXT(""))
		TO_SEND("0", "0", "\"encoding\":\"base64\",\"data\":\"\""),
	  .out = "" },
	{ .name = "load: who sent it is known and cannot be told",
	  .args = { "load", "b" }, .steps = { OPEN_IT, SENT("x") }, .out = "",
	  .in = MAILBOX("1", "false")
		MESSAGE("5", "1", "77", "3", "0", "0", TEXT("x")) },
	{ .name = "load without waiting", .args = { "load", "@9", "--nonblock" },
	  .in = MAILBOX("3", "false") ABC, .out = "",
	  .steps = { { STEP_OPEN, .id = 9, .flags = MBX_OPEN_SEND },
		     { STEP_STAT },
		     { STEP_SEND, .data = "a",
		       .flags = MBX_SEND_WAIT | MBX_SEND_NONBLOCK },
		     { STEP_SEND, .data = "b",
		       .flags = MBX_SEND_WAIT | MBX_SEND_NONBLOCK },
		     { STEP_SEND, -EAGAIN, .data = "c",
		       .flags = MBX_SEND_WAIT | MBX_SEND_NONBLOCK } },
	  .status = 4,
	  .err = "load: @9: message 3 of 3: " FULL "; those before it were sent, to go on use --skip 2" },
	{ .name = "load the rest", .args = { "load", "b", "--skip", "2" },
	  .in = MAILBOX("3", "false") ABC, .out = "",
	  .steps = { OPEN_IT, SENT("c") } },
	{ .name = "load: nothing is left", .args = { "load", "b", "--skip", "3" },
	  .in = MAILBOX("3", "false") ABC, .out = "", .steps = { OPEN_IT } },
	{ .name = "load with too much to skip",
	  .args = { "load", "b", "--skip", "4" },
	  .in = MAILBOX("3", "false") ABC, .out = "", .status = 1,
	  .err = "load: standard input: 3 messages are not enough for --skip 4" },
	{ .name = "load, waiting so long",
	  .args = { "load", "b", "--timeout", "1ms" },
	  .in = MAILBOX("3", "false") ABC, .out = "", .status = 124,
	  .steps = { OPEN_IT, { STEP_SEND, -ETIMEDOUT, .data = "a",
				.flags = MBX_SEND_WAIT,
				.deadline = SOME_DEADLINE } },
	  .err = "load: b: message 1 of 3: the deadline has passed: allow more time; nothing was sent" },
	{ .name = "load --create", .args = { "load", "b", "--create" },
	  .in = "{\"schema\":1,\"mailbox\":null,\"messages\":0,\"capacity\":\"unbounded\",\"msg_max\":7,\"mode\":\"0640\",\"policy\":\"lifo\",\"full\":\"drop-newest\",\"timestamp\":true}",
	  .steps = { { STEP_CREATE, .name = "b", .capacity = MBX_UNBOUNDED,
		       .msg_max = 7, .mode = 0640, .policy = MBX_POLICY_LIFO,
		       .full = MBX_FULL_DROP_NEWEST,
		       .flags = MBX_CREATE_TIMESTAMP } }, .out = "" },
	{ .name = "load that a signal ends",
	  .args = { "load", "b" }, .out = "", .status = 1000 + SIGTERM,
	  .in = MAILBOX("3", "false") ABC,
	  .steps = { OPEN_IT, SENT("a"),
		     { STEP_SEND, -EINTR, .data = "b", .flags = MBX_SEND_WAIT,
		       .arrives = SIGTERM } },
	  .err = "load: b: message 2 of 3: interrupted by a signal: try again; those before it were sent, to go on use --skip 1" },
	{ .name = "load that a signal ends between two messages",
	  .args = { "load", "b" }, .out = "", .status = 1000 + SIGINT,
	  .in = MAILBOX("3", "false") ABC,
	  .steps = { OPEN_IT, { STEP_SEND, .data = "a", .arrives = SIGINT,
				.flags = MBX_SEND_WAIT } },
	  .err = "load: b: message 2 of 3: interrupted by a signal: try again; those before it were sent, to go on use --skip 1" },
	{ .name = "load --create that is to go on",
	  .args = { "load", "b", "--create" }, .out = "", .status = 4,
	  .in = MAILBOX("3", "false") ABC,
	  .steps = { { STEP_CREATE, .name = "b", .capacity = 10,
		       .msg_max = 4096, .mode = 0640 },
		     SENT("a"), { STEP_SEND, -EAGAIN, .data = "b",
				  .flags = MBX_SEND_WAIT } },
	  .err = "load: b: message 2 of 3: " FULL "; those before it were sent, to go on use --skip 1 without --create" },
	{ .name = "load --create that has not begun",
	  .args = { "load", "b", "--create" }, .out = "", .status = 4,
	  .in = MAILBOX("3", "false") ABC,
	  .steps = { { STEP_CREATE, .name = "b", .capacity = 10,
		       .msg_max = 4096, .mode = 0640 },
		     { STEP_SEND, -EAGAIN, .data = "a",
		       .flags = MBX_SEND_WAIT } },
	  .err = "load: b: message 1 of 3: " FULL "; nothing was sent, to go on leave out --create" },
	{ .name = "load --create of what is there",
	  .args = { "load", "b", "--create" }, .in = MAILBOX("0", "false"),
	  .steps = { { STEP_CREATE, -EEXIST, .name = "b", .capacity = 10,
		       .msg_max = 4096, .mode = 0640 } },
	  .out = "", .status = 1,
	  .err = "load: b: a mailbox of this name exists already: open that one, or choose another name" },
	{ .name = "load of a message that is too long",
	  .args = { "load", "b" }, .out = "", .status = 1,
	  .steps = { { STEP_OPEN, .name = "b", .flags = MBX_OPEN_SEND },
		     { STEP_STAT, .msg_max = 4 } },
	  .in = MAILBOX("2", "false") TO_SEND("0", "0", TEXT("four"))
		TO_SEND("0", "0", TEXT("fives")),
	  .err = "load: standard input: line 3: a message of 5 bytes, but b takes 4 at most: nothing was sent" },
	{ .name = "load --create of a message that is too long",
	  .args = { "load", "b", "--create" }, .out = "", .status = 1,
	  .in = "{\"schema\":1,\"mailbox\":\"b\",\"messages\":1,\"capacity\":1,\"msg_max\":2,\"mode\":\"0600\",\"policy\":\"fifo\",\"full\":\"wait\",\"timestamp\":false}\n"
		TO_SEND("0", "0", TEXT("abc")),
	  .err = "load: standard input: line 2: a message of 3 bytes, but b takes 2 at most: nothing was sent" },
	{ .name = "load --create with the default length",
	  .args = { "load", "b", "--create" }, .out = "",
	  .in = DEFAULT_LENGTH TO_SEND("0", "0", TEXT("four")),
	  .steps = { { STEP_CREATE, .name = "b", .capacity = 1 },
		     { STEP_STAT, .msg_max = 4 }, SENT("four") } },
	{ .name = "load --create of a message above the default length",
	  .args = { "load", "b", "--create" }, .out = "", .status = 1,
	  .in = DEFAULT_LENGTH TO_SEND("0", "0", TEXT("fives")),
	  .steps = { { STEP_CREATE, .name = "b", .capacity = 1 },
		     { STEP_STAT, .msg_max = 4 },
		     { STEP_DELETE } },
	  .err = "load: standard input: line 2: a message of 5 bytes, but b takes 4 at most: nothing was sent" },
	{ .name = "load into what is not there", .args = { "load", "b" },
	  .in = MAILBOX("0", "false"), .out = "", .status = 3,
	  .steps = { { STEP_OPEN, -ENOENT, .name = "b", .flags = 1 } },
	  .err = "load: b: no such mailbox in this network namespace: see 'mbx ls'" },
	{ .name = "load of a file that is not there",
	  .args = { "load", "b", "-f", "/nowhere" }, .out = "", .status = 1,
	  .err = "load: /nowhere: No such file or directory" },
	{ .name = "load of a folder", .args = { "load", "b", "-f", "/" },
	  .out = "", .status = 1, .err = "load: /: Is a directory" },

	/* What is no dump. */
	BAD("load of no file at all", "", "empty: not a dump"),
	BAD("load of a part", MAILBOX("4", "false") ABC,
	    "ends after 3 of 4 messages"),
	BAD("load of a part of a line",
	    MAILBOX("1", "false") "{\"schema\":1,\"type\":\"0\"",
	    "line 2: not JSON at column 22: '}' expected"),
	BAD("load of more than there should be", MAILBOX("2", "false") ABC,
	    "line 4: more than the 2 messages of line 1"),
	BAD("load of two", MAILBOX("0", "false") MAILBOX("0", "false"),
	    "line 2: key \"mailbox\" does not belong there"),
	BAD_MAILBOX("load of text", "hello",
		    "not JSON at column 5: '[' or '{' expected"),
	BAD_MAILBOX("load of an empty line", "",
		    "not JSON at column 0: '[' or '{' expected"),
	BAD_MAILBOX("load of a list", "[1]", "not an object"),
	BAD_MAILBOX("load of two objects in a line", "{} {}",
		    "not JSON at column 4: end of file expected"),
	BAD_MAILBOX("load of messages only", "{\"schema\":1,\"type\":\"0\"}",
		    "key \"type\" does not belong there"),
	BAD_MAILBOX("load without a key",
		    "{\"schema\":1,\"mailbox\":\"b\"}", "no \"messages\""),
	BAD_MAILBOX("load with a key for the terminal",
		    "{\"\\u001b]0;x\\u0007\\n\\u009bm\":1}",
		    "key \"?]0;x????m\" does not belong there"),
	BAD_MAILBOX("load with a key twice", "{\"schema\":1,\"schema\":1}",
		    "not JSON at column 20: duplicate object key"),
	BAD_MAILBOX("load of another schema",
		    "{\"schema\":2,\"mailbox\":null,\"messages\":0,\"capacity\":1,\"msg_max\":2,\"mode\":\"0600\",\"policy\":\"fifo\",\"full\":\"wait\",\"timestamp\":false}",
		    "schema 2, but this program reads schema 1"),
	BAD_MAILBOX("load of an unknown way to be full",
		    "{\"schema\":1,\"mailbox\":null,\"messages\":0,\"capacity\":1,\"msg_max\":2,\"mode\":\"0600\",\"policy\":\"fifo\",\"full\":\"over\",\"timestamp\":false}",
		    "\"full\" is none that there is"),
	BAD_MAILBOX("load of an unknown policy",
		    "{\"schema\":1,\"mailbox\":null,\"messages\":0,\"capacity\":1,\"msg_max\":2,\"mode\":\"0600\",\"policy\":\"mine\",\"full\":\"wait\",\"timestamp\":false}",
		    "\"policy\" is none that there is"),
	BAD_MAILBOX("load of a strange mode",
		    "{\"schema\":1,\"mailbox\":null,\"messages\":0,\"capacity\":1,\"msg_max\":2,\"mode\":\"0777\",\"policy\":\"fifo\",\"full\":\"wait\",\"timestamp\":false}",
		    "\"mode\" is not an octal mode"),
	BAD_MAILBOX("load of a strange capacity",
		    "{\"schema\":1,\"mailbox\":null,\"messages\":0,\"capacity\":\"all\",\"msg_max\":2,\"mode\":\"0600\",\"policy\":\"fifo\",\"full\":\"wait\",\"timestamp\":false}",
		    "\"capacity\" is neither a number nor \"unbounded\""),
	BAD_MAILBOX("load of too large a capacity",
		    "{\"schema\":1,\"mailbox\":null,\"messages\":0,\"capacity\":4294967295,\"msg_max\":2,\"mode\":\"0600\",\"policy\":\"fifo\",\"full\":\"wait\",\"timestamp\":false}",
		    "\"capacity\" is not from 0 to 4294967294"),
	BAD_MAILBOX("load of less than nothing",
		    "{\"schema\":1,\"mailbox\":null,\"messages\":-1,\"capacity\":1,\"msg_max\":2,\"mode\":\"0600\",\"policy\":\"fifo\",\"full\":\"wait\",\"timestamp\":false}",
		    "\"messages\" is not from 0 to 9223372036854775807"),
	BAD_MESSAGE("load of a message without data",
		    "{\"schema\":1,\"type\":\"0\",\"priority\":0,\"encoding\":\"utf-8\"}",
		    "no \"data\""),
	BAD_MESSAGE("load of data that is a number",
		    TO_SEND("0", "0", "\"encoding\":\"utf-8\",\"data\":1"),
		    "\"data\" is of a wrong type"),
	BAD_MESSAGE("load of bytes that are no text",
		    TO_SEND("0", "0", TEXT("\377")),
		    "not JSON at column 63: unable to decode byte 0xff"),
	BAD_MESSAGE("load of an unknown encoding",
		    TO_SEND("0", "0", "\"encoding\":\"hex\",\"data\":\"00\""),
		    "\"encoding\" is not \"utf-8\" or \"base64\""),
	BAD_MESSAGE("load of base64 that ends early",
		    TO_SEND("0", "0", "\"encoding\":\"base64\",\"data\":\"YQD\""),
		    "\"data\" is not base64"),
	BAD_MESSAGE("load of base64 with another digit",
		    TO_SEND("0", "0", "\"encoding\":\"base64\",\"data\":\"YQ*D\""),
		    "\"data\" is not base64"),
	BAD_MESSAGE("load of base64 with a zero byte",
		    TO_SEND("0", "0", "\"encoding\":\"base64\",\"data\":\"YQ\\u0000D\""),
		    "\"data\" is not base64"),
	BAD_MESSAGE("load of base64 that goes on after its end",
		    TO_SEND("0", "0", "\"encoding\":\"base64\",\"data\":\"YQ==YQ==\""),
		    "\"data\" is not base64"),
	BAD_MESSAGE("load of base64 with too much of an end",
		    TO_SEND("0", "0", "\"encoding\":\"base64\",\"data\":\"Y===\""),
		    "\"data\" is not base64"),
	BAD_MESSAGE("load of base64 with bits to spare",
		    TO_SEND("0", "0", "\"encoding\":\"base64\",\"data\":\"YR==\""),
		    "\"data\" is not base64"),
	BAD_MESSAGE("load of another length",
		    TO_SEND("0", "0", "\"length\":3," TEXT("four")),
		    "\"data\" has 4 bytes, not 3 as \"length\" says"),
	BAD_MESSAGE("load of too high a priority",
		    TO_SEND("0", "32", TEXT("")),
		    "\"priority\" is not from 0 to 31"),
	BAD_MESSAGE("load of too large a type",
		    TO_SEND("18446744073709551616", "0", TEXT("")),
		    "\"type\" is not a number from 0 to 18446744073709551615"),
	BAD_MESSAGE("load of a type with a zero byte",
		    TO_SEND("1\\u0000junk", "0", TEXT("")),
		    "\"type\" has a zero byte in it"),
	BAD_MESSAGE("load of a negative type", TO_SEND("-1", "0", TEXT("")),
		    "\"type\" is not a number from 0 to 18446744073709551615"),
};
/* clang-format on */

int main(void)
{
	return RUN_ALL("dump", runs);
}
