// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The operations and their parameters, in tables: the text form, the generator
 * and the mutator know no operation by name.
 */
#include <linux/ipc_mailbox.h>

#include "program.h"

#define P(param) (1ULL << P_##param)

/* clang-format off */
#define SYMBOLS(name, ...) \
	static const struct symbol name[] = { __VA_ARGS__, {} }
#define UNKNOWN { "unknown", 1U << 30 }

SYMBOLS(create_flags, { "owned", MBX_CREATE_OWNED },
	{ "timestamp", MBX_CREATE_TIMESTAMP }, UNKNOWN);
SYMBOLS(open_flags, { "send", MBX_OPEN_SEND }, { "receive", MBX_OPEN_RECEIVE },
	{ "manage", MBX_OPEN_MANAGE }, UNKNOWN);
SYMBOLS(send_flags, { "nonblock", MBX_SEND_NONBLOCK },
	{ "sync", MBX_SEND_SYNC }, { "realtime", MBX_SEND_REALTIME },
	{ "wait", MBX_SEND_WAIT }, { "drop-oldest", MBX_SEND_DROP_OLDEST },
	{ "drop-newest", MBX_SEND_DROP_NEWEST }, { "defer", MBX_SEND_DEFER },
	UNKNOWN);
SYMBOLS(receive_flags, { "nonblock", MBX_RECEIVE_NONBLOCK },
	{ "peek", MBX_RECEIVE_PEEK }, { "realtime", MBX_RECEIVE_REALTIME },
	{ "truncate", MBX_RECEIVE_TRUNCATE }, UNKNOWN);
SYMBOLS(derive_flags, { "oneshot", MBX_DERIVE_ONESHOT }, UNKNOWN);
SYMBOLS(transfer_flags, { "successor", MBX_TRANSFER_SUCCESSOR }, UNKNOWN);
SYMBOLS(control_flags, { "realtime", MBX_CONTROL_REALTIME }, UNKNOWN);
SYMBOLS(notify_flags, { "read", MBX_NOTIFY_READ }, UNKNOWN);
SYMBOLS(call_flags, { "realtime", MBX_CALL_REALTIME },
	{ "backs", MBX_CALL_BACKS }, UNKNOWN);
SYMBOLS(settle_flags, { "nack", MBX_SETTLE_NACK },
	{ "renew", MBX_SETTLE_RENEW }, UNKNOWN);
SYMBOLS(plain_flags, UNKNOWN);
SYMBOLS(poll_flags, { "in", WANT_IN }, { "out", WANT_OUT });
SYMBOLS(nonblock_flags, { "on", 1 });

/* What every command has, and every transfer. */
#define COMMAND (P(HANDLE) | P(ARG) | P(SIZE))
#define TRANSFER (P(HANDLE) | P(LEN) | P(DATA))

#define OP(op, text, often, with, ...) \
	[OP_##op] = { .name = text, .weight = often, .params = with, \
		      __VA_ARGS__ }
#define FORKS .forks = true
#define BLOCKS .blocks = true, .forks = true
#define BY_SUPERVISOR .by_supervisor = true

const struct op_info op_info[OPS] = {
	OP(CREATE, "create", 8,
	   P(BOX) | COMMAND | P(NAME) | P(CAPACITY) | P(MODE) | P(MAX) |
	   P(FLAGS) | P(POLICY) | P(FULL) | P(DEDUP),
	   .flags = create_flags, FORKS),
	OP(OPEN, "open", 8,
	   P(BOX) | COMMAND | P(BY) | P(FLAGS) | P(WHO) | P(TARGET),
	   .flags = open_flags),
	OP(DELETE, "delete", 3,
	   P(BOX) | COMMAND | P(BY) | P(FLAGS) | P(WHO) | P(TARGET),
	   .flags = plain_flags, FORKS),
	OP(SEND, "send", 30,
	   COMMAND | TRANSFER | P(FLAGS) | P(WAIT) | P(PRIORITY) | P(TYPE) |
	   P(FDS) | P(TO) | P(ID),
	   .flags = send_flags, BLOCKS),
	OP(RECEIVE, "receive", 30,
	   COMMAND | TRANSFER | P(FLAGS) | P(WAIT) | P(SELECT) | P(PRIORITY) |
	   P(TYPE) | P(SEQ) | P(BADGE) | P(TARGET) | P(CALL) |
	   P(FDS) | P(LEASE),
	   .flags = receive_flags, BLOCKS),
	OP(WRITE, "write", 5, TRANSFER, BLOCKS),
	OP(READ, "read", 5, TRANSFER, BLOCKS),
	OP(STAT, "stat", 2, COMMAND | P(FLAGS), .flags = plain_flags, FORKS),
	OP(VERSION, "version", 1, COMMAND | P(FLAGS), .flags = plain_flags),
	OP(DERIVE, "derive", 8,
	   COMMAND | P(TO) | P(RIGHTS) | P(BADGE) | P(FLAGS),
	   .flags = derive_flags),
	OP(REVOKE, "revoke", 6, COMMAND | P(FLAGS), .flags = plain_flags,
	   FORKS),
	OP(NOTIFY, "notify", 10,
	   COMMAND | P(EVENTS) | P(FD) | P(LOW) | P(HIGH) | P(FLAGS) | P(TO),
	   .flags = notify_flags),
	OP(CONTROL, "control", 10, COMMAND | P(OP) | P(WAIT) | P(FLAGS),
	   .flags = control_flags, BLOCKS),
	OP(BATCH, "batch", 6, COMMAND | P(NR) | P(HOW) | P(FLAGS),
	   .flags = plain_flags, .blocks = true),
	OP(TRANSFER, "transfer", 6, COMMAND | P(WHO) | P(TARGET) | P(FLAGS),
	   .flags = transfer_flags),
	OP(CALL, "call", 14,
	   COMMAND | TRANSFER | P(FLAGS) | P(WAIT) | P(PRIORITY) | P(TYPE) |
	   P(ROOM) | P(BACK),
	   .flags = call_flags, BLOCKS),
	OP(REPLY, "reply", 10, COMMAND | TRANSFER | P(FLAGS) | P(CALL),
	   .flags = plain_flags, FORKS),
	OP(SETTLE, "settle", 10, COMMAND | P(FLAGS) | P(CALL) | P(LEASE),
	   .flags = settle_flags, FORKS),
	OP(POLL, "poll", 6, P(HANDLE) | P(FLAGS) | P(WAIT),
	   .flags = poll_flags, BLOCKS),
	OP(DUP, "dup", 1, P(HANDLE) | P(TO)),
	OP(CLOSE, "close", 3, P(HANDLE)),
	OP(NONBLOCK, "nonblock", 1, P(HANDLE) | P(FLAGS),
	   .flags = nonblock_flags),
	OP(HOLD, "hold", 1, 0),
	OP(UNMAP, "unmap", 2, P(TARGET)),
	OP(FLIP, "flip", 2, P(TARGET) | P(FIELD) | P(LEN)),
	OP(SHOW, "show", 2, P(HANDLE) | P(FILE), FORKS),
	OP(IOCTL, "ioctl", 1, P(HANDLE) | P(CMD)),
	OP(SIGNAL, "signal", 4, P(TARGET) | P(RESTART), BY_SUPERVISOR),
	OP(KILL, "kill", 1, P(TARGET), BY_SUPERVISOR),
	OP(RESOLVE, "resolve", 4, P(TARGET), BY_SUPERVISOR),
	OP(UNLOAD, "unload", 1, 0, BY_SUPERVISOR),
};

SYMBOLS(by_names, { "id", BY_ID }, { "name", BY_NAME },
	{ "handle", BY_HANDLE }, { "both", BY_BOTH }, { "stale", BY_STALE },
	{ "pid", BY_PID });
SYMBOLS(name_names, { "none", NAME_NONE }, { "plain", NAME_PLAIN },
	{ "bad", NAME_BAD }, { "long", NAME_LONG },
	{ "too-long", NAME_TOO_LONG }, { "fault", NAME_FAULT },
	{ "empty", NAME_EMPTY });
SYMBOLS(handle_names, { "control", CONTROL });
SYMBOLS(capacity_names, { "unbounded", MBX_UNBOUNDED });
SYMBOLS(memory_names, { "plain", MEM_PLAIN }, { "cold", MEM_COLD },
	{ "null", MEM_NULL }, { "kernel", MEM_KERNEL }, { "wild", MEM_WILD },
	{ "readonly", MEM_READONLY }, { "none", MEM_NONE },
	{ "edge", MEM_EDGE }, { "over", MEM_OVER }, { "stuck", MEM_STUCK });
SYMBOLS(size_names, { "exact", SIZE_EXACT }, { "short", SIZE_SHORT },
	{ "zero", SIZE_ZERO }, { "grown", SIZE_GROWN }, { "junk", SIZE_JUNK },
	{ "huge", SIZE_HUGE });
SYMBOLS(wait_names, { "forever", WAIT_FOREVER }, { "past", WAIT_PAST },
	{ "invalid", WAIT_INVALID });
SYMBOLS(field_names, { "len", FIELD_LEN }, { "size", FIELD_SIZE },
	{ "pointer", FIELD_POINTER }, { "flags", FIELD_FLAGS });
SYMBOLS(file_names, { "boxes", FILE_BOXES }, { "tasks", FILE_TASKS },
	{ "threads", FILE_THREADS }, { "fdinfo", FILE_FDINFO });
SYMBOLS(policy_names, { "fifo", MBX_POLICY_FIFO }, { "rr", MBX_POLICY_RR },
	{ "lifo", MBX_POLICY_LIFO }, { "exclusive", MBX_POLICY_EXCLUSIVE },
	{ "pair", MBX_POLICY_PAIR });
SYMBOLS(select_names, { "type", MBX_SELECT_TYPE },
	{ "type-not", MBX_SELECT_TYPE_NOT },
	{ "type-upto", MBX_SELECT_TYPE_UPTO }, { "pid", MBX_SELECT_PID },
	{ "badge", MBX_SELECT_BADGE }, { "priority", MBX_SELECT_PRIORITY },
	{ "seq", MBX_SELECT_SEQ }, { "after", MBX_SELECT_AFTER },
	{ "all", SELECT_ALL }, { "nowhere", SELECT_NOWHERE },
	{ "short", SELECT_SHORT }, { "junk", SELECT_JUNK }, UNKNOWN);
SYMBOLS(event_names, { "readable", MBX_EVENT_READABLE },
	{ "room", MBX_EVENT_ROOM }, { "empty", MBX_EVENT_EMPTY },
	{ "high", MBX_EVENT_HIGH }, { "low", MBX_EVENT_LOW },
	{ "deferred", MBX_EVENT_DEFERRED },
	{ "no-senders", MBX_EVENT_NO_SENDERS },
	{ "no-receivers", MBX_EVENT_NO_RECEIVERS },
	{ "owner-died", MBX_EVENT_OWNER_DIED },
	{ "deleted", MBX_EVENT_DELETED },
	{ "canceled", MBX_EVENT_CANCELED },
	{ "returned", MBX_EVENT_RETURNED }, UNKNOWN);
SYMBOLS(fd_names, { "right", FD_RIGHT }, { "stray", FD_STRAY },
	{ "bad", FD_BAD }, { "other", FD_OTHER }, { "box", FD_BOX });
SYMBOLS(action_names, { "freeze", MBX_CONTROL_FREEZE },
	{ "thaw", MBX_CONTROL_THAW }, { "seal", MBX_CONTROL_SEAL },
	{ "purge", MBX_CONTROL_PURGE }, { "drain", MBX_CONTROL_DRAIN });
SYMBOLS(pid_names, { "right", PID_RIGHT }, { "none", PID_NONE },
	{ "negative", PID_NEGATIVE }, { "stray", PID_STRAY });
SYMBOLS(full_names, { "wait", MBX_FULL_WAIT },
	{ "drop-oldest", MBX_FULL_DROP_OLDEST },
	{ "drop-newest", MBX_FULL_DROP_NEWEST }, { "defer", MBX_FULL_DEFER });
SYMBOLS(how_names, { "right", BATCH_RIGHT }, { "cmd", BATCH_CMD },
	{ "stride", BATCH_STRIDE }, { "many", BATCH_MANY });
SYMBOLS(reply_names, { "last", REPLY_LAST }, { "first", REPLY_FIRST },
	{ "other", REPLY_OTHER }, { "stray", REPLY_STRAY },
	{ "none", REPLY_NONE });
SYMBOLS(fds_names, { "none", FDS_NONE }, { "one", FDS_ONE },
	{ "two", FDS_TWO }, { "full", FDS_FULL }, { "box", FDS_BOX },
	{ "both", FDS_BOTH }, { "socket", FDS_SOCKET }, { "bad", FDS_BAD },
	{ "many", FDS_MANY }, { "nowhere", FDS_NOWHERE }, { "zero", FDS_ZERO });
SYMBOLS(cmd_names, { "high", CMD_HIGH }, { "magic", CMD_MAGIC },
	{ "direction", CMD_DIRECTION }, { "mismatch", CMD_MISMATCH });

#define READY (MBX_EVENT_READABLE | MBX_EVENT_ROOM | MBX_EVENT_EMPTY)
#define NOBODY (MBX_EVENT_NO_SENDERS | MBX_EVENT_NO_RECEIVERS)
#define THE_END (MBX_EVENT_OWNER_DIED | MBX_EVENT_DELETED)
#define LEVELS (MBX_EVENT_HIGH | MBX_EVENT_LOW)

/* A value that stands here several times is taken that much more often. */
#define PARAM(param, text, ...) \
	[P_##param] = { .name = text, __VA_ARGS__ }
#define VALUES(...) \
	.values = (const uint32_t[]){ __VA_ARGS__ }, \
	.nr = sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t)
#define MEMORY \
	.symbols = memory_names, \
	VALUES(MEM_PLAIN, MEM_PLAIN, MEM_PLAIN, MEM_PLAIN, MEM_PLAIN, \
	       MEM_PLAIN, MEM_PLAIN, MEM_PLAIN, MEM_PLAIN, MEM_COLD, \
	       MEM_COLD, MEM_COLD, MEM_NULL, MEM_KERNEL, MEM_WILD, \
	       MEM_READONLY, MEM_NONE, MEM_EDGE, MEM_EDGE, MEM_OVER, \
	       MEM_STUCK, MEM_STUCK, MEM_STUCK)

const struct param_info param_info[PARAMS] = {
	PARAM(BOX, "box", VALUES(0, 0, 0, 1, 2)),
	PARAM(HANDLE, "handle", .symbols = handle_names,
	      VALUES(0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 3, CONTROL)),
	PARAM(TO, "to", VALUES(0, 1, 2, 3), .preset = 1),
	PARAM(TARGET, "target", VALUES(0, 1, 2, 3, 4, 5)),
	PARAM(BY, "by", .symbols = by_names,
	      VALUES(BY_ID, BY_ID, BY_ID, BY_ID, BY_NAME, BY_NAME, BY_HANDLE,
		     BY_HANDLE, BY_BOTH, BY_STALE, BY_PID, BY_PID, BY_PID)),
	PARAM(NAME, "name", .symbols = name_names,
	      VALUES(NAME_NONE, NAME_NONE, NAME_NONE, NAME_NONE, NAME_PLAIN,
		     NAME_PLAIN, NAME_PLAIN, NAME_BAD, NAME_LONG,
		     NAME_TOO_LONG, NAME_FAULT, NAME_EMPTY)),
	PARAM(CAPACITY, "capacity", .symbols = capacity_names,
	      VALUES(0, 0, 0, 1, 1, 1, 2, 3, MBX_UNBOUNDED), .preset = 1),
	PARAM(MODE, "mode",
	      VALUES(0666, 0666, 0666, 0666, 0600, 0444, 0222, 0, 01777),
	      .preset = 0666),
	PARAM(MAX, "max", VALUES(0, 0, 0, 0, 16, 4096, 0x7fffffff)),
	PARAM(FLAGS, "flags"),
	PARAM(LEN, "len",
	      VALUES(8, 8, 8, 8, 8, 8, 8, 8, 0, 1, 64, 65, 100, 1000, 1024,
		     1025, 4000, 4000, 4096, 4097, 4097, 9000, 9000, 20000),
	      .preset = 8),
	PARAM(DATA, "data", MEMORY),
	PARAM(ARG, "arg", MEMORY),
	PARAM(SIZE, "size", .symbols = size_names,
	      VALUES(SIZE_EXACT, SIZE_EXACT, SIZE_EXACT, SIZE_EXACT,
		     SIZE_EXACT, SIZE_EXACT, SIZE_EXACT, SIZE_EXACT,
		     SIZE_EXACT, SIZE_EXACT, SIZE_EXACT, SIZE_EXACT,
		     SIZE_SHORT, SIZE_ZERO, SIZE_GROWN, SIZE_JUNK, SIZE_HUGE)),
	PARAM(WAIT, "wait", .symbols = wait_names,
	      VALUES(WAIT_FOREVER, WAIT_FOREVER, WAIT_FOREVER, WAIT_FOREVER,
		     WAIT_PAST, 2, 3, 5, 20, WAIT_INVALID)),
	PARAM(FIELD, "field", .symbols = field_names,
	      VALUES(FIELD_LEN, FIELD_SIZE, FIELD_POINTER, FIELD_FLAGS)),
	PARAM(FILE, "file", .symbols = file_names,
	      VALUES(FILE_BOXES, FILE_TASKS, FILE_THREADS, FILE_FDINFO)),
	PARAM(RESTART, "restart", VALUES(0, 0, 1)),
	PARAM(CMD, "cmd", .symbols = cmd_names,
	      VALUES(CMD_HIGH, CMD_MAGIC, CMD_DIRECTION, CMD_MISMATCH)),
	PARAM(POLICY, "policy", .symbols = policy_names,
	      VALUES(MBX_POLICY_RR, MBX_POLICY_RR, MBX_POLICY_LIFO,
		     MBX_POLICY_LIFO, MBX_POLICY_EXCLUSIVE,
		     MBX_POLICY_EXCLUSIVE, MBX_POLICY_PAIR, MBX_POLICY_PAIR,
		     MBX_POLICY_FIFO, MBX_POLICY_PAIR + 1)),
	PARAM(RIGHTS, "rights", .symbols = open_flags,
	      VALUES(MBX_OPEN_SEND, MBX_OPEN_SEND, MBX_OPEN_RECEIVE,
		     MBX_OPEN_SEND | MBX_OPEN_RECEIVE,
		     MBX_OPEN_SEND | MBX_OPEN_RECEIVE,
		     MBX_OPEN_SEND | MBX_OPEN_RECEIVE | MBX_OPEN_MANAGE,
		     MBX_OPEN_MANAGE, 0, MBX_OPEN_MANAGE << 1),
	      .preset = MBX_OPEN_SEND | MBX_OPEN_RECEIVE),
	PARAM(BADGE, "badge", VALUES(0, 0, 1, 2, 3)),
	PARAM(PRIORITY, "priority",
	      VALUES(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 31, 32)),
	PARAM(TYPE, "type", VALUES(0, 0, 0, 1, 1, 2, 3)),
	PARAM(SEQ, "seq", VALUES(0, 1, 1, 2, 2, 3, 4)),
	PARAM(SELECT, "select", .symbols = select_names,
	      VALUES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		     MBX_SELECT_TYPE, MBX_SELECT_TYPE, MBX_SELECT_TYPE_NOT,
		     MBX_SELECT_TYPE_UPTO, MBX_SELECT_TYPE_UPTO,
		     MBX_SELECT_TYPE_UPTO | MBX_SELECT_PRIORITY,
		     MBX_SELECT_PID, MBX_SELECT_PID | MBX_SELECT_TYPE,
		     MBX_SELECT_BADGE, MBX_SELECT_BADGE | MBX_SELECT_TYPE_NOT,
		     MBX_SELECT_PRIORITY, MBX_SELECT_PRIORITY,
		     MBX_SELECT_SEQ, MBX_SELECT_AFTER, MBX_SELECT_AFTER,
		     MBX_SELECT_AFTER | MBX_SELECT_TYPE, SELECT_ALL,
		     MBX_SELECT_SEQ | MBX_SELECT_AFTER, SELECT_NOWHERE,
		     SELECT_SHORT, SELECT_JUNK, 1U << 8)),
	PARAM(EVENTS, "events", .symbols = event_names,
	      VALUES(READY, READY, READY | LEVELS, LEVELS, MBX_EVENT_HIGH,
		     READY | NOBODY | THE_END | LEVELS, NOBODY, THE_END,
		     MBX_EVENT_READABLE, MBX_EVENT_ROOM,
		     READY | MBX_EVENT_DEFERRED, MBX_EVENT_DEFERRED, 0, 0,
		     MBX_EVENT_CANCELED,
		     READY | MBX_EVENT_CANCELED | MBX_EVENT_RETURNED,
		     1U << MBX_EVENTS),
	      .preset = READY),
	PARAM(FD, "fd", .symbols = fd_names,
	      VALUES(FD_RIGHT, FD_RIGHT, FD_RIGHT, FD_RIGHT, FD_STRAY, FD_BAD,
		     FD_OTHER, FD_BOX, FD_BOX)),
	PARAM(LOW, "low", VALUES(0, 0, 0, 1, 2)),
	PARAM(HIGH, "high", VALUES(0, 1, 1, 2, 2, 3)),
	PARAM(OP, "op", .symbols = action_names,
	      VALUES(MBX_CONTROL_FREEZE, MBX_CONTROL_FREEZE, MBX_CONTROL_FREEZE,
		     MBX_CONTROL_THAW, MBX_CONTROL_THAW, MBX_CONTROL_THAW,
		     MBX_CONTROL_PURGE, MBX_CONTROL_PURGE, MBX_CONTROL_SEAL,
		     MBX_CONTROL_DRAIN, MBX_CONTROL_DRAIN + 1)),
	PARAM(NR, "nr", VALUES(1, 2, 3, BATCH_MAX, 0), .preset = BATCH_MAX),
	PARAM(HOW, "how", .symbols = how_names,
	      VALUES(BATCH_RIGHT, BATCH_RIGHT, BATCH_RIGHT, BATCH_CMD,
		     BATCH_STRIDE, BATCH_MANY)),
	PARAM(WHO, "pid", .symbols = pid_names,
	      VALUES(PID_RIGHT, PID_RIGHT, PID_RIGHT, PID_NONE, PID_NONE,
		     PID_NEGATIVE, PID_STRAY)),
	PARAM(FULL, "full", .symbols = full_names,
	      VALUES(MBX_FULL_WAIT, MBX_FULL_WAIT, MBX_FULL_WAIT,
		     MBX_FULL_DROP_OLDEST, MBX_FULL_DROP_OLDEST,
		     MBX_FULL_DROP_NEWEST, MBX_FULL_DROP_NEWEST,
		     MBX_FULL_DEFER, MBX_FULL_DEFER, MBX_FULL_DEFER, 99)),
	PARAM(ROOM, "room", VALUES(8, 64, 100, 100, 1025, 4097, 9000, 0),
	      .preset = 100),
	PARAM(BACK, "back", .symbols = memory_names,
	      VALUES(MEM_PLAIN, MEM_PLAIN, MEM_PLAIN, MEM_PLAIN, MEM_NULL,
		     MEM_KERNEL, MEM_WILD, MEM_NONE)),
	PARAM(FDS, "fds", .symbols = fds_names,
	      VALUES(FDS_NONE, FDS_NONE, FDS_ONE, FDS_ONE, FDS_TWO, FDS_TWO,
		     FDS_FULL, FDS_BOX, FDS_BOX, FDS_BOTH, FDS_SOCKET, FDS_BAD,
		     FDS_MANY, FDS_NOWHERE, FDS_ZERO)),
	PARAM(ID, "id", VALUES(0, 0, 1, 1, 1, 2)),
	PARAM(DEDUP, "dedup", VALUES(0, 1, 2, 100, 100, 100, MBX_DEDUP_MAX + 1)),
	PARAM(LEASE, "lease", VALUES(0, 0, 0, 0, 1, 5, 20, 1000, 1000, 1000)),
	PARAM(CALL, "call", .symbols = reply_names,
	      VALUES(REPLY_LAST, REPLY_LAST, REPLY_LAST, REPLY_FIRST,
		     REPLY_FIRST, REPLY_OTHER, REPLY_STRAY, REPLY_NONE)),
};
