/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs: what the tasks of one execution do, one call per line.
 *
 *	0 create capacity=1 flags=owned
 *	2 open handle=1
 *	2 send handle=1 len=100 &
 *	s kill target=2
 *
 * A line names the task, the operation and those parameters that differ from
 * their default.  Tasks 0 and 1 are threads of one process, 2 and 3 of another,
 * 4 and 5 of a third, which belongs to another user; "s" is the supervisor.
 * "batch" makes the calls of its task that follow one command, with a record for
 * each.  "fork" after the task makes a child process do it.  A call starts when the one
 * before it has returned or sleeps; with "&" at the end of that, at once.
 *
 * Mailboxes and handles have small numbers: box=1 is the one that was last
 * created under that number, handle=1 is a variable of the process.
 */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_CALLS 24
#define TASKS 6
#define SUPERVISOR TASKS
#define THREADS 2 /* of each process */
#define PROCESSES (TASKS / THREADS)
#define STRANGER (PROCESSES - 1) /* the process of another user */
#define BOXES 3
#define HANDLES 4
#define CONTROL HANDLES /* in place of a handle */

enum op {
	OP_CREATE,
	OP_OPEN,
	OP_DELETE,
	OP_SEND,
	OP_RECEIVE,
	OP_WRITE,
	OP_READ,
	OP_STAT,
	OP_VERSION,
	OP_DERIVE,
	OP_REVOKE,
	OP_NOTIFY,
	OP_CONTROL,
	OP_BATCH,
	OP_TRANSFER,
	OP_CALL,
	OP_REPLY,
	OP_SETTLE,
	OP_POLL,
	OP_DUP,
	OP_CLOSE,
	OP_NONBLOCK,
	OP_HOLD,
	OP_UNMAP,
	OP_FLIP,
	OP_SHOW,
	OP_IOCTL,
	OP_SIGNAL,
	OP_KILL,
	OP_RESOLVE,
	OP_UNLOAD,
	OPS
};

enum param {
	P_BOX,
	P_HANDLE,
	P_TO,
	P_TARGET,
	P_BY,
	P_NAME,
	P_CAPACITY,
	P_MODE,
	P_MAX,
	P_FLAGS,
	P_LEN,
	P_DATA,
	P_ARG,
	P_SIZE,
	P_WAIT,
	P_FIELD,
	P_FILE,
	P_RESTART,
	P_CMD,
	P_POLICY,
	P_RIGHTS,
	P_BADGE,
	P_PRIORITY,
	P_TYPE,
	P_SEQ,
	P_SELECT,
	P_EVENTS,
	P_FD,
	P_LOW,
	P_HIGH,
	P_OP,
	P_NR,
	P_HOW,
	P_WHO,
	P_FULL,
	P_ROOM,
	P_BACK,
	P_CALL,
	P_FDS,
	P_LEASE,
	P_ID,
	P_DEDUP,
	PARAMS
};

enum memory {
	MEM_PLAIN,
	MEM_COLD, /* there, but not mapped yet */
	MEM_NULL,
	MEM_KERNEL,
	MEM_WILD, /* not an address */
	MEM_READONLY,
	MEM_NONE, /* mapped, not accessible */
	MEM_EDGE, /* ends with its mapping */
	MEM_OVER, /* a little beyond that */
	MEM_STUCK, /* whoever touches it sleeps until "resolve" */
};

enum size {
	SIZE_EXACT,
	SIZE_SHORT,
	SIZE_ZERO,
	SIZE_GROWN,
	SIZE_JUNK,
	SIZE_HUGE
};

/* Longest reply that a call has room for. */
#define REPLY_MAX 9000

/*
 * What goes with a message: the control device, once or more often; the handle of
 * "to="; or what must not.  To a receive only the number matters.
 */
enum fds {
	FDS_NONE,
	FDS_ONE,
	FDS_TWO,
	FDS_FULL,
	FDS_BOX,
	FDS_BOTH,
	FDS_SOCKET,
	FDS_BAD,
	FDS_MANY,
	FDS_NOWHERE,
	FDS_ZERO,
};

/* In P_SELECT beside MBX_SELECT_*: how it is passed. */
#define SELECT_ALL (1U << 16) /* though it has no condition */
#define SELECT_NOWHERE (1U << 17)
#define SELECT_SHORT (1U << 18)
#define SELECT_JUNK (1U << 19)
#define SELECT_HOW (SELECT_ALL | SELECT_NOWHERE | SELECT_SHORT | SELECT_JUNK)

enum by { BY_ID, BY_NAME, BY_HANDLE, BY_BOTH, BY_STALE, BY_PID };

/* Of the process of "target=", or another. */
enum pid { PID_RIGHT, PID_NONE, PID_NEGATIVE, PID_STRAY };

enum name {
	NAME_NONE,
	NAME_PLAIN,
	NAME_BAD,
	NAME_LONG,
	NAME_TOO_LONG,
	NAME_FAULT,
	NAME_EMPTY,
};

/* Milliseconds from now, or one of these. */
#define WAIT_FOREVER 0
#define WAIT_PAST 1
#define WAIT_INVALID 0xffffffffU

#define WANT_IN 1
#define WANT_OUT 2

enum field { FIELD_LEN, FIELD_SIZE, FIELD_POINTER, FIELD_FLAGS };

enum file { FILE_BOXES, FILE_TASKS, FILE_THREADS, FILE_FDINFO };

/*
 * An eventfd where one is due, or one in any case, or something else; or the
 * handle of "to=".
 */
enum fd { FD_RIGHT, FD_STRAY, FD_BAD, FD_OTHER, FD_BOX };

/* What is wrong with a batch as such. */
enum how { BATCH_RIGHT, BATCH_CMD, BATCH_STRIDE, BATCH_MANY };

#define BATCH_MAX 4

/*
 * What is replied to, or settled: what the process has received last, or the first
 * for which that has not been done; what another has received, or none.
 */
enum reply { REPLY_LAST, REPLY_FIRST, REPLY_OTHER, REPLY_STRAY, REPLY_NONE };

enum cmd { CMD_HIGH, CMD_MAGIC, CMD_DIRECTION, CMD_MISMATCH };

struct call {
	uint8_t op;
	uint8_t task;
	bool async;
	bool forked;
	uint32_t arg[PARAMS];
};

struct program {
	unsigned int nr;
	struct call call[MAX_CALLS];
};

struct symbol {
	const char *name;
	uint32_t value;
};

/**
 * struct op_info - what the text, the generator and the model know of it
 * @name: in text
 * @params: bits of those that it has
 * @flags: symbols for P_FLAGS, ended by one without a name
 * @weight: how often it is generated
 * @by_supervisor: a task cannot do it
 * @blocks: it may sleep for long
 * @forks: it makes sense in a child process
 */
struct op_info {
	const char *name;
	uint64_t params;
	const struct symbol *flags;
	unsigned int weight;
	bool by_supervisor;
	bool blocks;
	bool forks;
};

/**
 * struct param_info - the same for a parameter
 * @name: in text
 * @symbols: names for values, ended by one without a name; NULL for a number
 * @values: those that the generator takes
 * @nr: how many
 * @preset: the default
 */
struct param_info {
	const char *name;
	const struct symbol *symbols;
	const uint32_t *values;
	unsigned int nr;
	uint32_t preset;
};

extern const struct op_info op_info[OPS];
extern const struct param_info param_info[PARAMS];

static inline bool op_has(unsigned int op, enum param param)
{
	return op_info[op].params >> param & 1;
}

/* text.c */
#define CALL_TEXT_MAX 256
#define PROGRAM_TEXT_MAX (MAX_CALLS * CALL_TEXT_MAX)

void call_init(struct call *call, unsigned int task, enum op op);
int call_print(const struct call *call, char *text, size_t size);
void program_print(const struct program *program, const char *separator,
		   char *text, size_t size);
const char *program_parse(struct program *program, const char *text);
const char *program_load(struct program *program, const char *file);

#endif /* FUZZ_PROGRAM_H */
