/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the supervisor and its tasks share: the program, and the record of each
 * call.  Whoever is killed leaves behind what it had written by then.
 */
#ifndef FUZZ_ARENA_H
#define FUZZ_ARENA_H

#include <linux/ipc_mailbox.h>
#include <sys/types.h>

#include "program.h"

#define MAX_DRAINED 96

enum state {
	CALL_PENDING,
	CALL_RUNNING,
	CALL_DONE,
	CALL_KILLED, /* began, and nobody knows how it would have ended */
	CALL_SKIPPED,
};

/* In struct delivery, in place of the number of a call. */
#define FROM_NOBODY (-1) /* no content that could tell */
#define FROM_GARBAGE (-2)
#define FROM_EVENT (-3)

/**
 * struct delivery - what a receive says about a message, or a call about a reply
 * @from: the call that sent it, by its content
 * @spoiled: bytes behind the message were written to
 * @len: its length
 * @ids: the members below are filled in (not by read(2))
 */
struct delivery {
	int from;
	bool spoiled;
	bool ids;
	uint32_t len;
	uint64_t seq;
	uint64_t time;
	pid_t pid;
	pid_t tid;
	uid_t uid;
	gid_t gid;
	uint64_t badge;
	uint64_t type;
	uint32_t priority;
	uint32_t flags;
	uint32_t reply_max;
	uint32_t deliveries;
	uint32_t fds; /* how many it has */
	uint32_t landed; /* how many of them have arrived */
	struct mbx_event event; /* of one that is about events */
};

/**
 * struct notify - what a call that is about events was told
 * @registration: the call that had last registered some with the handle, plus 1;
 *	or 0
 * @happened: bits of events
 * @state: of those that hold
 * @counts: by bit
 * @told: by the eventfd, after that
 * @target: id of the mailbox that was given in place of one
 * @rights: of that handle
 */
struct notify {
	uint32_t registration;
	uint32_t happened;
	uint32_t state;
	uint32_t counts[MBX_EVENTS];
	uint64_t told;
	uint64_t target;
	uint32_t rights;
};

/**
 * struct record - what became of a call
 * @state: enum state
 * @start: stamp; of two calls, one was over before the other began if its @end
 *	is below the other's @start
 * @asleep: stamp, from when on it was seen asleep; 0 if it was not
 * @end: stamp
 * @start_ns: CLOCK_MONOTONIC
 * @end_ns: likewise
 * @deadline: likewise; 0 if it had none
 * @ret: of the system call
 * @err: its errno, 0 on success
 * @signalled: a signal was sent to it
 * @pid: who made it
 * @tid: likewise
 * @box: id of the mailbox that the handle stood for, 0 if for none
 * @rights: of the handle
 * @maker: number of the call that made the handle, plus 1; 0 if there is none
 * @new_box: id of the mailbox that was created, opened or deleted
 * @by_id: an id was given to find it by
 * @message: what was received; of a sent one, @seq and the receiver, and whether
 *	a call was told these
 * @reply: what a call was told
 * @target: number of the call that was to be replied to, or of the message that
 *	was to be settled; 0 for none
 * @answered: a receive has replied to it
 * @revents: of poll
 * @batch: number of the call that made it an element of a batch, plus 1; or 0
 * @place: in that, from 1
 * @count: of control; of batch, why it ended
 * @notify: of notify
 * @stat: of stat; of a call that made a handle, what that says of itself
 */
struct record {
	uint32_t state;
	uint32_t start;
	uint32_t asleep;
	uint32_t end;
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t deadline;
	int ret;
	int err;
	bool signalled;
	pid_t pid;
	pid_t tid;
	uint64_t box;
	uint32_t rights;
	uint32_t maker;
	uint64_t new_box;
	bool by_id;
	struct delivery message;
	struct delivery reply;
	uint64_t target;
	bool answered;
	uint32_t revents;
	uint32_t batch;
	uint32_t place;
	uint64_t count;
	struct notify notify;
	struct mbx_stat stat;
};

/**
 * struct finished - how a mailbox was found at the end
 * @id: the mailbox
 * @err: errno of the attempt to open it, 0 if that worked
 * @stat: as it was then
 * @after: as it was when all had been taken out
 * @drained: how many messages were in it
 * @last: errno of the attempt to get one more
 * @message: these
 */
struct finished {
	uint64_t id;
	int err;
	struct mbx_stat stat;
	struct mbx_stat after;
	unsigned int drained;
	int last;
	struct delivery message[MAX_DRAINED];
};

/**
 * struct task - a thread of a worker, or the supervisor
 * @kick: futex; whoever changes what the task waits for raises it
 * @busy: number of the call that it is in, plus 1; 0 if in none
 * @clean: it shall clean up after its process
 * @waiting: it does nothing, and looks at @kick before it does anything
 */
struct task {
	uint32_t kick;
	uint32_t busy;
	uint32_t clean;
	uint32_t waiting;
	pid_t tid;
};

/**
 * struct process - a worker
 * @uffd: descriptor of its userfaultfd, in the process itself; -1 for none
 * @stuck: where its threads have the memory that is served by it
 */
struct process {
	pid_t pid;
	uint32_t ready;
	bool dead;
	uid_t uid;
	gid_t gid;
	int uffd;
	uint64_t stuck[THREADS];
};

struct arena {
	uint32_t round; /* 0 while the program is being changed */
	uint32_t turn; /* calls up to this one may run */
	uint32_t stop; /* stamp, since when no further call begins; or 0 */
	uint32_t stamp;
	uint64_t nonce;
	struct program program;
	struct record record[MAX_CALLS];
	uint64_t box[BOXES]; /* ids */
	struct task task[TASKS + 1];
	struct process process[PROCESSES];
	unsigned int nr_finished;
	struct finished finished[MAX_CALLS];
};

extern struct arena *arena;

static inline uint32_t next_stamp(void)
{
	return __atomic_add_fetch(&arena->stamp, 1, __ATOMIC_SEQ_CST);
}

static inline uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static inline void store(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

/* What "badge=" stands for: more than fits into half of it. */
static inline uint64_t badge_value(uint32_t badge)
{
	return (uint64_t)badge << 40 | badge;
}

static inline unsigned int process_of(unsigned int task)
{
	return task / THREADS;
}

/* Likewise "type=". */
static inline uint64_t type_value(uint32_t type)
{
	return (uint64_t)type << 40 | type;
}

static inline pid_t pid_value(const struct call *call)
{
	switch (call->arg[P_WHO]) {
	case PID_RIGHT:
		return arena->process[process_of(call->arg[P_TARGET])].pid;
	case PID_NEGATIVE:
		return -1;
	case PID_STRAY:
		return 1 << 29;
	default:
		return 0;
	}
}

/* What a receive selects by; it may be passed in a wrong way. */
static inline struct mbx_select select_of(const struct call *call)
{
	return (struct mbx_select){
		.size = sizeof(struct mbx_select),
		.flags = call->arg[P_SELECT] & ~SELECT_HOW,
		.pid = arena->process[process_of(call->arg[P_TARGET])].pid,
		.priority = call->arg[P_PRIORITY],
		.type = type_value(call->arg[P_TYPE]),
		.badge = badge_value(call->arg[P_BADGE]),
		.seq = call->arg[P_SEQ],
	};
}

/* Is there a call of the program, number @i, for which that is so? */
#define any_call_of(program, i, condition)                \
	({                                                \
		unsigned int i = 0;                       \
		while (i < (program)->nr && !(condition)) \
			i++;                              \
		i < (program)->nr;                        \
	})
#define any_call(i, condition) any_call_of(&arena->program, i, condition)

/* Has the call opened the mailbox of a process? */
static inline bool is_direct(unsigned int nr)
{
	const struct call *call = &arena->program.call[nr];

	return call->op == OP_OPEN && call->arg[P_BY] == BY_PID &&
	       arena->record[nr].new_box;
}

static inline bool program_uses(const struct program *program,
				unsigned int process)
{
	return any_call_of(program, i,
			   program->call[i].task < TASKS &&
				   process_of(program->call[i].task) ==
					   process);
}

#endif /* FUZZ_ARENA_H */
