// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The operations and their parameters, in tables: the text form, the generator
 * and the mutator know no operation by name.
 */
#include <linux/ipc_mailbox.h>

#include "program.h"

#define P(param) (1U << P_##param)

static const struct symbol create_flags[] = { { "owned", MBX_CREATE_OWNED },
					      { "timestamp",
						MBX_CREATE_TIMESTAMP },
					      { "unknown", 1U << 30 },
					      {} };

static const struct symbol open_flags[] = { { "send", MBX_OPEN_SEND },
					    { "receive", MBX_OPEN_RECEIVE },
					    { "unknown", 1U << 30 },
					    {} };

static const struct symbol send_flags[] = { { "nonblock", MBX_SEND_NONBLOCK },
					    { "sync", MBX_SEND_SYNC },
					    { "realtime", MBX_SEND_REALTIME },
					    { "unknown", 1U << 30 },
					    {} };

static const struct symbol receive_flags[] = {
	{ "nonblock", MBX_RECEIVE_NONBLOCK },
	{ "peek", MBX_RECEIVE_PEEK },
	{ "realtime", MBX_RECEIVE_REALTIME },
	{ "unknown", 1U << 30 },
	{}
};

static const struct symbol plain_flags[] = { { "unknown", 1U << 30 }, {} };

static const struct symbol poll_flags[] = { { "in", WANT_IN },
					    { "out", WANT_OUT },
					    {} };

static const struct symbol nonblock_flags[] = { { "on", 1 }, {} };

/* What every command has. */
#define COMMAND (P(HANDLE) | P(ARG) | P(SIZE))

const struct op_info op_info[OPS] = {
	[OP_CREATE] = {
		.name = "create",
		.params = P(BOX) | COMMAND | P(NAME) | P(CAPACITY) | P(MODE) |
			  P(MAX) | P(FLAGS),
		.flags = create_flags,
		.weight = 8,
		.forks = true,
	},
	[OP_OPEN] = {
		.name = "open",
		.params = P(BOX) | COMMAND | P(BY) | P(FLAGS),
		.flags = open_flags,
		.weight = 8,
	},
	[OP_DELETE] = {
		.name = "delete",
		.params = P(BOX) | COMMAND | P(BY) | P(FLAGS),
		.flags = plain_flags,
		.weight = 3,
		.forks = true,
	},
	[OP_SEND] = {
		.name = "send",
		.params = COMMAND | P(FLAGS) | P(LEN) | P(DATA) | P(WAIT),
		.flags = send_flags,
		.weight = 30,
		.blocks = true,
		.forks = true,
	},
	[OP_RECEIVE] = {
		.name = "receive",
		.params = COMMAND | P(FLAGS) | P(LEN) | P(DATA) | P(WAIT),
		.flags = receive_flags,
		.weight = 30,
		.blocks = true,
		.forks = true,
	},
	[OP_WRITE] = {
		.name = "write",
		.params = P(HANDLE) | P(LEN) | P(DATA),
		.weight = 5,
		.blocks = true,
		.forks = true,
	},
	[OP_READ] = {
		.name = "read",
		.params = P(HANDLE) | P(LEN) | P(DATA),
		.weight = 5,
		.blocks = true,
		.forks = true,
	},
	[OP_STAT] = {
		.name = "stat",
		.params = COMMAND | P(FLAGS),
		.flags = plain_flags,
		.weight = 2,
		.forks = true,
	},
	[OP_VERSION] = {
		.name = "version",
		.params = COMMAND | P(FLAGS),
		.flags = plain_flags,
		.weight = 1,
	},
	[OP_POLL] = {
		.name = "poll",
		.params = P(HANDLE) | P(FLAGS) | P(WAIT),
		.flags = poll_flags,
		.weight = 6,
		.blocks = true,
		.forks = true,
	},
	[OP_DUP] = {
		.name = "dup",
		.params = P(HANDLE) | P(TO),
		.weight = 1,
	},
	[OP_CLOSE] = {
		.name = "close",
		.params = P(HANDLE),
		.weight = 3,
	},
	[OP_NONBLOCK] = {
		.name = "nonblock",
		.params = P(HANDLE) | P(FLAGS),
		.flags = nonblock_flags,
		.weight = 1,
	},
	[OP_HOLD] = {
		.name = "hold",
		.params = 0,
		.weight = 1,
	},
	[OP_UNMAP] = {
		.name = "unmap",
		.params = P(TARGET),
		.weight = 2,
	},
	[OP_FLIP] = {
		.name = "flip",
		.params = P(TARGET) | P(FIELD) | P(LEN),
		.weight = 2,
	},
	[OP_SHOW] = {
		.name = "show",
		.params = P(HANDLE) | P(FILE),
		.weight = 2,
		.forks = true,
	},
	[OP_IOCTL] = {
		.name = "ioctl",
		.params = P(HANDLE) | P(CMD),
		.weight = 1,
	},
	[OP_SIGNAL] = {
		.name = "signal",
		.params = P(TARGET) | P(RESTART),
		.weight = 4,
		.by_supervisor = true,
	},
	[OP_KILL] = {
		.name = "kill",
		.params = P(TARGET),
		.weight = 1,
		.by_supervisor = true,
	},
	[OP_RESOLVE] = {
		.name = "resolve",
		.params = P(TARGET),
		.weight = 4,
		.by_supervisor = true,
	},
	[OP_UNLOAD] = {
		.name = "unload",
		.params = 0,
		.weight = 1,
		.by_supervisor = true,
	},
};

static const struct symbol by_names[] = {
	{ "id", BY_ID },     { "name", BY_NAME },   { "handle", BY_HANDLE },
	{ "both", BY_BOTH }, { "stale", BY_STALE }, {}
};

static const struct symbol name_names[] = {
	{ "none", NAME_NONE },	       { "plain", NAME_PLAIN },
	{ "bad", NAME_BAD },	       { "long", NAME_LONG },
	{ "too-long", NAME_TOO_LONG }, { "fault", NAME_FAULT },
	{ "empty", NAME_EMPTY },       {}
};

static const struct symbol handle_names[] = { { "control", CONTROL }, {} };

static const struct symbol capacity_names[] = { { "unbounded", MBX_UNBOUNDED },
						{} };

static const struct symbol memory_names[] = { { "plain", MEM_PLAIN },
					      { "cold", MEM_COLD },
					      { "null", MEM_NULL },
					      { "kernel", MEM_KERNEL },
					      { "wild", MEM_WILD },
					      { "readonly", MEM_READONLY },
					      { "none", MEM_NONE },
					      { "edge", MEM_EDGE },
					      { "over", MEM_OVER },
					      { "stuck", MEM_STUCK },
					      {} };

static const struct symbol size_names[] = { { "exact", SIZE_EXACT },
					    { "short", SIZE_SHORT },
					    { "zero", SIZE_ZERO },
					    { "grown", SIZE_GROWN },
					    { "junk", SIZE_JUNK },
					    { "huge", SIZE_HUGE },
					    {} };

static const struct symbol wait_names[] = { { "forever", WAIT_FOREVER },
					    { "past", WAIT_PAST },
					    { "invalid", WAIT_INVALID },
					    {} };

static const struct symbol field_names[] = { { "len", FIELD_LEN },
					     { "size", FIELD_SIZE },
					     { "pointer", FIELD_POINTER },
					     { "flags", FIELD_FLAGS },
					     {} };

static const struct symbol file_names[] = { { "boxes", FILE_BOXES },
					    { "tasks", FILE_TASKS },
					    { "threads", FILE_THREADS },
					    { "fdinfo", FILE_FDINFO },
					    {} };

static const struct symbol cmd_names[] = { { "high", CMD_HIGH },
					   { "magic", CMD_MAGIC },
					   { "direction", CMD_DIRECTION },
					   { "mismatch", CMD_MISMATCH },
					   {} };

/* A value that stands here several times is taken that much more often. */
#define VALUES(...)                                  \
	.values = (const uint32_t[]){ __VA_ARGS__ }, \
	.nr = sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t)

#define MEMORY_VALUES                                                          \
	VALUES(MEM_PLAIN, MEM_PLAIN, MEM_PLAIN, MEM_PLAIN, MEM_PLAIN,          \
	       MEM_PLAIN, MEM_PLAIN, MEM_PLAIN, MEM_PLAIN, MEM_COLD, MEM_COLD, \
	       MEM_COLD, MEM_NULL, MEM_KERNEL, MEM_WILD, MEM_READONLY,         \
	       MEM_NONE, MEM_EDGE, MEM_EDGE, MEM_OVER, MEM_STUCK, MEM_STUCK,   \
	       MEM_STUCK)

const struct param_info param_info[PARAMS] = {
	[P_BOX] = { .name = "box", VALUES(0, 0, 0, 1, 2) },
	[P_HANDLE] = { .name = "handle",
		       .symbols = handle_names,
		       VALUES(0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, CONTROL) },
	[P_TO] = { .name = "to", VALUES(0, 1, 2, 3), .preset = 1 },
	[P_TARGET] = { .name = "target", VALUES(0, 1, 2, 3, 4, 5) },
	[P_BY] = { .name = "by",
		   .symbols = by_names,
		   VALUES(BY_ID, BY_ID, BY_ID, BY_ID, BY_NAME, BY_NAME,
			  BY_HANDLE, BY_HANDLE, BY_BOTH, BY_STALE) },
	[P_NAME] = { .name = "name",
		     .symbols = name_names,
		     VALUES(NAME_NONE, NAME_NONE, NAME_NONE, NAME_NONE,
			    NAME_PLAIN, NAME_PLAIN, NAME_PLAIN, NAME_BAD,
			    NAME_LONG, NAME_TOO_LONG, NAME_FAULT, NAME_EMPTY) },
	[P_CAPACITY] = { .name = "capacity",
			 .symbols = capacity_names,
			 VALUES(0, 0, 0, 1, 1, 1, 2, 3, MBX_UNBOUNDED),
			 .preset = 1 },
	[P_MODE] = { .name = "mode",
		     VALUES(0666, 0666, 0666, 0666, 0600, 0444, 0222, 0, 01777),
		     .preset = 0666 },
	[P_MAX] = { .name = "max", VALUES(0, 0, 0, 0, 16, 4096, 0x7fffffff) },
	[P_FLAGS] = { .name = "flags" },
	[P_LEN] = { .name = "len",
		    VALUES(8, 8, 8, 8, 8, 8, 8, 8, 0, 1, 64, 65, 100, 1000,
			   1024, 1025, 4000, 4000, 4096, 4097, 4097, 9000, 9000,
			   20000),
		    .preset = 8 },
	[P_DATA] = { .name = "data", .symbols = memory_names, MEMORY_VALUES },
	[P_ARG] = { .name = "arg", .symbols = memory_names, MEMORY_VALUES },
	[P_SIZE] = { .name = "size",
		     .symbols = size_names,
		     VALUES(SIZE_EXACT, SIZE_EXACT, SIZE_EXACT, SIZE_EXACT,
			    SIZE_EXACT, SIZE_EXACT, SIZE_EXACT, SIZE_EXACT,
			    SIZE_EXACT, SIZE_EXACT, SIZE_EXACT, SIZE_EXACT,
			    SIZE_SHORT, SIZE_ZERO, SIZE_GROWN, SIZE_JUNK,
			    SIZE_HUGE) },
	[P_WAIT] = { .name = "wait",
		     .symbols = wait_names,
		     VALUES(WAIT_FOREVER, WAIT_FOREVER, WAIT_FOREVER,
			    WAIT_FOREVER, WAIT_PAST, 2, 3, 5, 20,
			    WAIT_INVALID) },
	[P_FIELD] = { .name = "field",
		      .symbols = field_names,
		      VALUES(FIELD_LEN, FIELD_SIZE, FIELD_POINTER,
			     FIELD_FLAGS) },
	[P_FILE] = { .name = "file",
		     .symbols = file_names,
		     VALUES(FILE_BOXES, FILE_TASKS, FILE_THREADS,
			    FILE_FDINFO) },
	[P_RESTART] = { .name = "restart", VALUES(0, 0, 1) },
	[P_CMD] = { .name = "cmd",
		    .symbols = cmd_names,
		    VALUES(CMD_HIGH, CMD_MAGIC, CMD_DIRECTION, CMD_MISMATCH) },
};
