// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See mutate.h.  A random program starts with mailboxes and handles that work,
 * or nearly all of it would fail at once.
 */
#include <linux/ipc_mailbox.h>
#include <string.h>

#include "memory.h"
#include "mutate.h"

/* Parameters of which every value is as good as the preset. */
#define BIT(p) (1ULL << P_##p)
#define FREE                                                                  \
	(BIT(BOX) | BIT(HANDLE) | BIT(TO) | BIT(TARGET) | BIT(CAPACITY) |     \
	 BIT(LEN) | BIT(FIELD) | BIT(FILE) | BIT(CMD) | BIT(RESTART) |        \
	 BIT(RIGHTS) | BIT(BADGE) | BIT(POLICY) | BIT(PRIORITY) | BIT(TYPE) | \
	 BIT(SEQ) | BIT(SELECT) | BIT(EVENTS) | BIT(OP) | BIT(NR) |           \
	 BIT(FULL) | BIT(ROOM))

static uint32_t random_flags(unsigned int op, struct rng *rng)
{
	const struct symbol *symbol;
	uint32_t flags = 0;

	for (symbol = op_info[op].flags; symbol->name; symbol++) {
		if (!rng_once_in(rng, 3))
			continue;
		if (symbol->value < 1U << 16 || rng_once_in(rng, 8))
			flags |= symbol->value;
	}
	return flags;
}

static void random_param(struct call *call, enum param p, struct rng *rng)
{
	const struct param_info *info = &param_info[p];

	if (p == P_FLAGS)
		call->arg[p] = random_flags(call->op, rng);
	else
		call->arg[p] = info->values[rng_below(rng, info->nr)];
}

static unsigned int random_op(struct rng *rng)
{
	unsigned int op, sum = 0, pick;

	for (op = 0; op < OPS; op++)
		sum += op_info[op].weight;
	pick = rng_below(rng, sum);
	for (op = 0; pick >= op_info[op].weight; op++)
		pick -= op_info[op].weight;
	return op;
}

/* @tasks: bits of those that take part */
static unsigned int random_task(unsigned int tasks, struct rng *rng)
{
	unsigned int task;

	do
		task = rng_below(rng, TASKS);
	while (!(tasks >> task & 1));
	return task;
}

/* At most one thing to do without room. */
static void choose_once(struct call *call, struct rng *rng)
{
	static const uint32_t choices[] = { 0, 0, MBX_SEND_WAIT,
					    MBX_SEND_DROP_OLDEST,
					    MBX_SEND_DROP_NEWEST };
	uint32_t *flags = &call->arg[P_FLAGS];

	*flags &=
		~(MBX_SEND_WAIT | MBX_SEND_DROP_OLDEST | MBX_SEND_DROP_NEWEST);
	if (!(*flags & MBX_SEND_SYNC) && rng_once_in(rng, 2))
		*flags |= choices[rng_below(rng, 5)];
}

/* What is wrong as a whole though each part is right is rarely wanted. */
static void make_sensible(struct call *call, struct rng *rng)
{
	uint32_t *arg = call->arg;

	if (call->op == OP_SEND)
		choose_once(call, rng);
	if (call->op == OP_RECEIVE && arg[P_FLAGS] & MBX_RECEIVE_TRUNCATE)
		arg[P_FLAGS] |= MBX_RECEIVE_PEEK;
	if (call->op == OP_RECEIVE && arg[P_FLAGS] & MBX_RECEIVE_PEEK)
		arg[P_LEASE] = 0;
	if (call->op == OP_SETTLE) {
		if (arg[P_FLAGS] & MBX_SETTLE_RENEW)
			arg[P_FLAGS] = MBX_SETTLE_RENEW;
		arg[P_LEASE] = arg[P_FLAGS] == MBX_SETTLE_RENEW ? 1000 : 0;
	}
	if (call->op == OP_OPEN && arg[P_BY] == BY_PID && rng_once_in(rng, 2))
		arg[P_FLAGS] = MBX_OPEN_SEND;
	if (call->op == OP_CONTROL && arg[P_OP] != MBX_CONTROL_DRAIN) {
		arg[P_WAIT] = WAIT_FOREVER;
		arg[P_FLAGS] = 0;
	}
	if (call->op != OP_NOTIFY)
		return;
	if (rng_once_in(rng, 2)) {
		arg[P_FLAGS] = MBX_NOTIFY_READ;
		arg[P_EVENTS] = 0;
	}
	arg[P_LOW] = 0;
	arg[P_HIGH] = 0;
	if (arg[P_EVENTS] & (MBX_EVENT_HIGH | MBX_EVENT_LOW)) {
		random_param(call, P_HIGH, rng);
		arg[P_LOW] = arg[P_HIGH] ? rng_below(rng, arg[P_HIGH]) : 0;
	}
}

static void random_params(struct call *call, unsigned int tasks,
			  struct rng *rng)
{
	const unsigned int op = call->op;
	unsigned int p;

	for (p = 0; p < PARAMS; p++)
		if (op_has(op, p) && ((FREE >> p & 1) || rng_once_in(rng, 5)))
			random_param(call, p, rng);
	if (op_has(op, P_TARGET))
		call->arg[P_TARGET] = random_task(tasks, rng);
	if ((op == OP_SEND || op == OP_RECEIVE) && rng_once_in(rng, 2))
		call->arg[P_FLAGS] = random_flags(op, rng);
	if (!rng_once_in(rng, 8))
		make_sensible(call, rng);
}

static void random_call(struct call *call, unsigned int tasks, struct rng *rng)
{
	const unsigned int op = random_op(rng);

	call_init(call,
		  op_info[op].by_supervisor ? SUPERVISOR :
					      random_task(tasks, rng),
		  op);
	random_params(call, tasks, rng);
	call->forked = op_info[op].forks && rng_once_in(rng, 30);
	call->async = call->task != SUPERVISOR && rng_once_in(rng, 4);
}

/* ---------------------------------------------------------------- generate */

static struct call *append(struct program *program, unsigned int task,
			   enum op op)
{
	struct call *call = &program->call[program->nr++];

	call_init(call, task, op);
	return call;
}

static unsigned int random_tasks(struct rng *rng)
{
	unsigned int tasks = 0, nr = 2 + rng_below(rng, 3);

	while (nr--)
		tasks |= 1U << rng_below(rng, TASKS);
	return tasks;
}

static unsigned int tasks_of(const struct program *program)
{
	unsigned int i, tasks = 0;

	for (i = 0; i < program->nr; i++)
		if (program->call[i].task < TASKS)
			tasks |= 1U << program->call[i].task;
	return tasks ?: 1;
}

static void add_derived(struct program *program, unsigned int tasks,
			struct rng *rng)
{
	struct call *call = append(program, random_task(tasks, rng), OP_DERIVE);

	random_param(call, P_RIGHTS, rng);
	random_param(call, P_BADGE, rng);
	if (rng_once_in(rng, 4))
		call->arg[P_FLAGS] = MBX_DERIVE_ONESHOT;
}

/*
 * One process creates a mailbox, the others open it, all as handle 0; one may
 * have a second handle, derived from that.
 */
static void set_scene(struct program *program, unsigned int tasks,
		      struct rng *rng)
{
	const unsigned int creator = random_task(tasks, rng);
	unsigned int seen = 1U << creator / THREADS, task;
	struct call *call = append(program, creator, OP_CREATE);

	random_param(call, P_CAPACITY, rng);
	if (rng_once_in(rng, 2))
		random_param(call, P_FLAGS, rng);
	if (rng_once_in(rng, 4))
		call->arg[P_NAME] = NAME_PLAIN;
	if (rng_once_in(rng, 2))
		random_param(call, P_POLICY, rng);
	if (rng_once_in(rng, 2))
		random_param(call, P_FULL, rng);
	if (rng_once_in(rng, 4))
		call->arg[P_DEDUP] = 100;
	for (task = 0; task < TASKS; task++) {
		if (!(tasks >> task & 1) || seen >> task / THREADS & 1)
			continue;
		seen |= 1U << task / THREADS;
		call = append(program, task, OP_OPEN);
		if (program->call[0].arg[P_FLAGS] & 1)
			call->arg[P_FLAGS] = 1;
	}
	if (rng_once_in(rng, 2))
		add_derived(program, tasks, rng);
	if (rng_once_in(rng, 3))
		append(program, creator, OP_NOTIFY);
}

/* To a call belongs somebody who takes it, and replies. */
static void add_server(struct program *program, unsigned int tasks,
		       struct rng *rng)
{
	struct call *call = &program->call[program->nr - 1];
	const unsigned int server = random_task(tasks, rng);
	const bool derived = rng_once_in(rng, 4);

	if (server == call->task || program->nr + 2 > MAX_CALLS)
		return;
	call->arg[P_HANDLE] = 0;
	call = append(program, server, OP_RECEIVE);
	call->arg[P_HANDLE] = derived;
	call->arg[P_LEN] = 20000;
	if (rng_once_in(rng, 3))
		return;
	call = append(program, server ^ rng_once_in(rng, 8), OP_REPLY);
	if (rng_once_in(rng, 4))
		random_params(call, tasks, rng);
	call->arg[P_HANDLE] = rng_once_in(rng, 4) ? derived : 0;
}

/* To a batch belong calls that can be elements of it. */
static void add_elements(struct program *program, unsigned int tasks,
			 struct rng *rng)
{
	const struct call *batch = &program->call[program->nr - 1];
	const enum op op = rng_once_in(rng, 2) ? OP_SEND : OP_RECEIVE;
	unsigned int nr = 1 + rng_below(rng, BATCH_MAX);
	struct call *call;

	while (nr-- && program->nr < MAX_CALLS) {
		call = append(program, batch->task, op);
		random_params(call, tasks, rng);
		call->arg[P_HANDLE] = batch->arg[P_HANDLE];
		call->arg[P_ARG] = MEM_PLAIN;
		if (!memory_is_bad(call->arg[P_DATA]))
			call->arg[P_DATA] = MEM_PLAIN;
	}
}

void program_generate(struct program *program, struct rng *rng)
{
	const unsigned int tasks = random_tasks(rng);
	unsigned int nr = 3 + rng_below(rng, 12);

	memset(program, 0, sizeof(*program));
	set_scene(program, tasks, rng);
	while (nr-- && program->nr < MAX_CALLS) {
		random_call(&program->call[program->nr++], tasks, rng);
		if (program->call[program->nr - 1].op == OP_BATCH)
			add_elements(program, tasks, rng);
		if (program->call[program->nr - 1].op == OP_CALL &&
		    rng_once_in(rng, 2))
			add_server(program, tasks, rng);
	}
}

/* ------------------------------------------------------------------ mutate */

static void insert(struct program *program, unsigned int at,
		   const struct call *call)
{
	if (program->nr == MAX_CALLS)
		return;
	memmove(&program->call[at + 1], &program->call[at],
		(program->nr - at) * sizeof(*call));
	program->call[at] = *call;
	program->nr++;
}

static void drop(struct program *program, unsigned int at)
{
	if (program->nr < 2)
		return;
	program->nr--;
	memmove(&program->call[at], &program->call[at + 1],
		(program->nr - at) * sizeof(program->call[0]));
}

static void change(struct call *call, unsigned int tasks, struct rng *rng)
{
	unsigned int p;

	if (rng_once_in(rng, 6) && call->task != SUPERVISOR) {
		call->task = random_task(tasks, rng);
		return;
	}
	if (rng_once_in(rng, 6)) {
		call->async = call->task != SUPERVISOR && !call->async;
		return;
	}
	if (rng_once_in(rng, 16) && op_info[call->op].forks) {
		call->forked = !call->forked;
		return;
	}
	if (!op_info[call->op].params)
		return;
	do
		p = rng_below(rng, PARAMS);
	while (!op_has(call->op, p));
	random_param(call, p, rng);
}

/* The first calls of one, the last of the other. */
static void splice(struct program *program, const struct program *other,
		   struct rng *rng)
{
	const unsigned int from = rng_below(rng, other->nr);
	unsigned int i;

	program->nr = 1 + rng_below(rng, program->nr);
	for (i = from; i < other->nr && program->nr < MAX_CALLS; i++)
		program->call[program->nr++] = other->call[i];
}

static void mutate_once(struct program *program, const struct program *other,
			struct rng *rng)
{
	const unsigned int tasks = tasks_of(program) |
				   1U << rng_below(rng, TASKS);
	const unsigned int at = rng_below(rng, program->nr);
	struct call call;

	switch (rng_below(rng, 12)) {
	case 0:
		splice(program, other, rng);
		break;
	case 1:
	case 2:
		drop(program, at);
		break;
	case 3:
		call = program->call[at];
		insert(program, rng_below(rng, program->nr + 1), &call);
		break;
	case 4:
		call = program->call[at];
		drop(program, at);
		insert(program, rng_below(rng, program->nr + 1), &call);
		break;
	case 5:
	case 6:
	case 7:
		random_call(&call, tasks, rng);
		insert(program, rng_below(rng, program->nr + 1), &call);
		break;
	default:
		change(&program->call[at], tasks, rng);
	}
}

void program_mutate(struct program *program, const struct program *other,
		    struct rng *rng)
{
	unsigned int times = 1 + rng_below(rng, 4);

	while (times--)
		mutate_once(program, other, rng);
}
