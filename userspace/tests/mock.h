/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that plays a script: each ioctl must be the next step of it, with
 * the arguments that the step expects.
 */
#ifndef MBX_TEST_MOCK_H
#define MBX_TEST_MOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <libmbx.h>

/* What is called: an ioctl, ppoll(), epoll_ctl() or epoll_pwait2(). */
enum {
	STEP_END,
	STEP_VERSION = MBX_CMD_VERSION + 1,
	STEP_CREATE,
	STEP_OPEN,
	STEP_DELETE,
	STEP_SEND,
	STEP_RECEIVE,
	STEP_STAT,
	STEP_DERIVE,
	STEP_REVOKE,
	STEP_CONTROL,
	STEP_NOTIFY,
	STEP_BATCH,
	STEP_TRANSFER,
	STEP_CALL,
	STEP_REPLY,
	STEP_SETTLE,
	STEP_POLL = 100,
	STEP_WATCH,
	STEP_UNWATCH,
	STEP_EPOLL,
};

/* Where a step expects a deadline, but not a certain one. */
#define SOME_DEADLINE UINT64_MAX
/* As the mode of a mailbox that nobody may open. */
#define NO_MODE UINT32_MAX

/**
 * struct step - one call that is expected, and its outcome
 * @cmd: STEP_*
 * @ret: 0, MBX_CALLED_BACK, or -errno; CREATE, OPEN and DERIVE give a descriptor instead of 0
 * @flags: expected
 * @name: expected, NULL for none
 * @id: expected; or what comes out of CREATE
 * @data: expected in SEND, put out by RECEIVE; a digit for each descriptor that
 *	EPOLL reports: which STEP_WATCH it was
 * @len: of @data if that is no string; of the buffer that RECEIVE needs
 * @deadline: expected; in EPOLL 0 for none, 1 not to wait
 * @mode: expected in CREATE; 0 for 0600
 * @capacity: likewise
 * @msg_max: likewise; what STAT tells
 * @policy: expected in CREATE
 * @full: likewise
 * @deliveries: likewise, as deliveries_max; comes out of RECEIVE
 * @dedup: expected in CREATE
 * @uid: expected in CREATE unless 0; comes out of RECEIVE
 * @gid: likewise
 * @seq: comes out; expected in SETTLE
 * @pid: likewise; expected in OPEN, DELETE and TRANSFER
 * @tid: likewise
 * @rights: expected in DERIVE; come out of STAT, all if 0
 * @badge: likewise; comes out of RECEIVE
 * @priority: expected in SEND; comes out of RECEIVE
 * @type: likewise
 * @msg_id: expected as the id in SEND
 * @lease: expected in RECEIVE and SETTLE, in ms
 * @select: what RECEIVE is expected to accept, but for its size; NULL for all
 * @handles: comes out of REVOKE
 * @time: comes out
 * @depth: comes out of STAT, and as the count of CONTROL; elements that a BATCH
 *	with an error carries out before that
 * @op: expected in CONTROL, and as the command in BATCH
 * @nr: expected in BATCH; its elements are the next steps
 * @events: expected in STEP_POLL and NOTIFY
 * @revents: comes out of STEP_POLL
 * @signal: comes out of the second descriptor of STEP_POLL, -1 for nothing; 0
 *	if there is none
 * @ends: likewise, where that is watched for its end alone
 * @low: expected in NOTIFY
 * @high: likewise
 * @tag: likewise, as data
 * @state: comes out of NOTIFY
 * @happened: likewise
 * @st: comes out of STAT as a whole, if not NULL
 * @reply: comes out of CALL; expected in REPLY, and with @call in RECEIVE
 * @reply_len: length of @reply if that is no string; of the buffer that CALL needs
 * @call: what is replied to, expected in REPLY and RECEIVE; 0 for nothing; likewise
 *	what CALL is about
 * @refused: the reply of RECEIVE is what fails with @ret
 * @message: comes out of RECEIVE and CALL as out_flags
 * @reply_max: comes out of RECEIVE
 * @fds: descriptors expected in SEND, CALL and REPLY; those that come out of RECEIVE
 * @reply_fds: those that come out of CALL
 * @fds_room: how many RECEIVE is expected to have room for, or CALL in the reply
 * @fds_lost: bit n: the one at n is lost
 * @arrives: signal that arrives meanwhile; unless the tool handles it, it has no
 *	effect
 */
struct step {
	int cmd;
	int ret;
	uint32_t flags;
	const char *name;
	uint64_t id;
	const char *data;
	uint32_t len;
	uint64_t deadline;
	uint32_t mode;
	uint32_t capacity;
	uint32_t msg_max;
	uint32_t policy;
	uint32_t full;
	uint32_t deliveries;
	uint32_t dedup;
	uint32_t uid;
	uint32_t gid;
	uint64_t seq;
	int pid;
	int tid;
	uint32_t rights;
	uint64_t badge;
	uint32_t priority;
	uint64_t type;
	uint64_t msg_id;
	uint32_t lease;
	const struct mbx_select *select;
	uint64_t handles;
	uint64_t time;
	uint32_t depth;
	uint32_t op;
	uint32_t nr;
	short events;
	short revents;
	short signal;
	short ends;
	uint32_t low;
	uint32_t high;
	uint64_t tag;
	uint32_t state;
	uint32_t happened;
	const struct mbx_stat *st;
	const char *reply;
	uint32_t reply_len;
	uint64_t call;
	bool refused;
	uint32_t message;
	uint32_t reply_max;
	uint32_t fds;
	uint32_t reply_fds;
	uint32_t fds_room;
	uint32_t fds_lost;
	int arrives;
};

/**
 * struct mock - the kernel
 * @steps: what will be asked, ended by STEP_END
 * @at: how many have been
 * @device_err: what open("/dev/mailbox") answers, 0 for a descriptor
 * @root: a folder that stands in for /proc and /sys, or NULL
 */
struct mock {
	const struct step *steps;
	int at;
	int device_err;
	const char *root;
};

extern struct mock mock;

/* Prints what was not as expected, and ends the process with MOCK_FAILED. */
void mock_fail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
#define MOCK_FAILED 99

void mock_start(const struct step *steps);
/* Every step must have been taken. */
void mock_end(void);

/* clang-format off */
#define MOCK(...) do {							\
	static const struct step steps_[] = { __VA_ARGS__, { STEP_END } }; \
	mock_start(steps_);						\
} while (0)
/* clang-format on */

#endif /* MBX_TEST_MOCK_H */
