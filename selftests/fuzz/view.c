// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From records to mailboxes: which there were, and when they may have ended; and
 * which calls are beyond the model, because something changed underneath them.
 * And all that is then checked.
 */
#include "model.h"

struct box boxes[MAX_CALLS];
unsigned int nr_boxes;

/* ------------------------------------------------------- beyond the model */

/* Puts another mailbox, or none, behind a handle of its process. */
static bool changes_handle(const struct call *call, unsigned int handle)
{
	switch (call->op) {
	case OP_CREATE:
	case OP_OPEN:
	case OP_CLOSE:
		return call->arg[P_HANDLE] == handle && !call->forked;
	case OP_DUP:
	case OP_DERIVE:
		return call->arg[P_TO] == handle;
	default:
		return false;
	}
}

static bool same_process(const struct call *a, const struct call *b)
{
	return a->task < TASKS && b->task < TASKS &&
	       process_of(a->task) == process_of(b->task);
}

/* A call may change the handle that it uses: then it used the old one. */
bool is_unsure(unsigned int nr)
{
	const struct call *call = call_at(nr);
	const uint32_t handle = call->arg[P_HANDLE];

	if (!op_has(call->op, P_HANDLE))
		return false;
	if (has_unsure_origin(nr))
		return true;
	return any_call(i, i != nr && same_process(call, call_at(i)) &&
				   changes_handle(call_at(i), handle) &&
				   overlap(i, nr));
}

bool is_flipped(unsigned int nr)
{
	return any_call(i, call_at(i)->op == OP_FLIP &&
				   call_at(i)->arg[P_TARGET] ==
					   call_at(nr)->task &&
				   overlap(i, nr));
}

/* @since: stamp, from when on its memory was gone for certain */
bool is_unmapped(unsigned int nr, uint32_t *since)
{
	const unsigned int task = call_at(nr)->task;
	bool unmapped = false;
	unsigned int i;

	*since = NEVER;
	for (i = 0; i < arena->program.nr; i++) {
		if (call_at(i)->op != OP_UNMAP ||
		    call_at(i)->arg[P_TARGET] != task || !has_begun(i) ||
		    process_of(call_at(i)->task) != process_of(task))
			continue;
		if (!before(nr, i))
			unmapped = true;
		if (was_done(i) && record_at(i)->end < *since)
			*since = record_at(i)->end;
	}
	return unmapped;
}

/* @memory: P_ARG or P_DATA */
bool kind_may_fault(unsigned int nr, enum param memory)
{
	const enum memory kind = call_at(nr)->arg[memory];
	uint32_t since;

	return memory_may_fault(kind) ||
	       (kind != MEM_PLAIN && is_unmapped(nr, &since));
}

/* Nothing that could make it sleep elsewhere, or queue up again. */
bool waits_plainly(unsigned int nr)
{
	const struct call *call = call_at(nr);

	return !may_get_stuck(call) && !is_flipped(nr) &&
	       !any_call(i, call_at(i)->op == OP_SIGNAL &&
				    call_at(i)->arg[P_TARGET] == call->task);
}

/* ------------------------------------------------------------------ mailboxes */

/* The mailbox behind the handle of a call, NULL if that is not certain. */
const struct box *box_of(unsigned int nr)
{
	unsigned int i;

	if (is_unsure(nr))
		return NULL;
	for (i = 0; i < nr_boxes; i++)
		if (boxes[i].id == record_at(nr)->box)
			return &boxes[i];
	return NULL;
}

static void may_end(struct box *box, uint32_t since)
{
	if (since < box->may_end)
		box->may_end = since;
}

static void has_ended(struct box *box, uint32_t since)
{
	if (since < box->ended)
		box->ended = since;
}

/* By which an open or a deletion really looks: id 0 is none. */
enum by find_by(unsigned int nr)
{
	const enum by by = call_at(nr)->arg[P_BY];

	return by == BY_BOTH && !record_at(nr)->by_id ? BY_NAME : by;
}

/* Could this deletion have meant the mailbox; if it worked, did it for certain? */
static bool could_delete(const struct box *box, unsigned int nr, bool *certain)
{
	const struct call *call = call_at(nr);
	const struct record *record = record_at(nr);
	const bool vague = is_flipped(nr);

	*certain = false;
	if (vague)
		return true;
	switch (find_by(nr)) {
	case BY_HANDLE:
		*certain = record->box == box->id && !is_unsure(nr);
		return record->box == box->id || is_unsure(nr);
	case BY_ID:
		*certain = record->new_box == box->id;
		return *certain;
	case BY_PID:
		return box->direct;
	case BY_NAME:
		return !box->direct &&
		       call->arg[P_BOX] == call_at(box->create)->arg[P_BOX];
	default:
		return false;
	}
}

static void apply_delete(struct box *box, unsigned int nr)
{
	bool certain;

	if (!could_delete(box, nr, &certain))
		return;
	box->deletable = true;
	may_end(box, record_at(nr)->start);
	if (certain && succeeded(nr))
		has_ended(box, record_at(nr)->end);
}

static void apply_kill(struct box *box, unsigned int nr)
{
	bool may, certain;

	if (record_at(nr)->ret != 1 || box->owner < 0)
		return;
	apply_owner_death(box, nr, &may, &certain);
	if (may) {
		box->orphanable = true;
		may_end(box, record_at(nr)->start);
	}
	if (certain)
		has_ended(box, record_at(nr)->end);
}

/* An owned mailbox without a name goes with its last handle. */
static bool may_lose_handle(const struct box *box, unsigned int nr)
{
	const unsigned int op = call_at(nr)->op;

	if (!(box->flags & MBX_CREATE_OWNED) || box->direct ||
	    call_at(box->create)->arg[P_NAME] != NAME_NONE)
		return false;
	return op == OP_CLOSE || op == OP_DUP || op == OP_OPEN ||
	       op == OP_DERIVE || op == OP_KILL ||
	       (op == OP_CREATE && nr != box->create);
}

static void apply(struct box *box, unsigned int nr)
{
	if (!has_begun(nr))
		return;
	if (call_at(nr)->op == OP_DELETE)
		apply_delete(box, nr);
	if (call_at(nr)->op == OP_KILL)
		apply_kill(box, nr);
	if (may_lose_handle(box, nr)) {
		box->deletable = true;
		may_end(box, record_at(nr)->start);
	}
}

/* A child is gone as soon as it has created a mailbox. */
static void apply_create(struct box *box)
{
	const struct call *call = call_at(box->create);

	if (!(box->flags & MBX_CREATE_OWNED))
		return;
	if (box->direct) {
		box->owner = process_of(call->arg[P_TARGET]);
	} else if (call->forked) {
		box->orphanable = true;
		box->deletable = true;
		may_end(box, record_at(box->create)->start);
	} else {
		box->owner = process_of(call->task);
		if (call->arg[P_HANDLE] == CONTROL &&
		    call->arg[P_NAME] == NAME_NONE) {
			box->deletable = true;
			may_end(box, record_at(box->create)->start);
		}
	}
}

static const struct finished *find_finished(uint64_t id)
{
	unsigned int i;

	for (i = 0; i < arena->nr_finished; i++)
		if (arena->finished[i].id == id)
			return &arena->finished[i];
	return NULL;
}

static void add_box(unsigned int nr)
{
	const struct record *record = record_at(nr);
	const struct call *call = call_at(nr);
	const bool told = was_done(nr) && record->stat.out_id;
	const bool direct = is_direct(nr);
	struct box *box = &boxes[nr_boxes++];
	unsigned int i;

	*box = (struct box){
		.id = record->new_box,
		.create = nr,
		.owner = -1,
		.capacity = direct ? MBX_DIRECT_CAPACITY :
				     call->arg[P_CAPACITY],
		.flags = told	? record->stat.out_flags :
			 direct ? MBX_CREATE_OWNED :
				  call->arg[P_FLAGS],
		.msg_max = told ? record->stat.out_msg_max : NEVER,
		.policy = told ? record->stat.out_policy : call->arg[P_POLICY],
		.full = told ? record->stat.out_full : call->arg[P_FULL],
		.direct = direct,
		.may_end = NEVER,
		.ended = NEVER,
		.finished = find_finished(record->new_box),
	};
	apply_create(box);
	for (i = 0; i < arena->program.nr; i++)
		apply(box, i);
}

static bool is_known(uint64_t id)
{
	unsigned int i;

	for (i = 0; i < nr_boxes; i++)
		if (boxes[i].id == id)
			return true;
	return false;
}

static void make_view(void)
{
	unsigned int i;

	nr_boxes = 0;
	for (i = 0; i < arena->program.nr; i++)
		if ((call_at(i)->op == OP_CREATE && record_at(i)->new_box) ||
		    (is_direct(i) && !is_known(record_at(i)->new_box)))
			add_box(i);
}

const char *model_check(void)
{
	const char *wrong = NULL;
	unsigned int i;

	make_view();
	for (i = 0; i < arena->program.nr && !wrong; i++)
		wrong = check_result(i);
	if (!wrong)
		wrong = check_deliveries() ?: check_leases();
	if (!wrong)
		wrong = check_order();
	for (i = 0; i < nr_boxes && !wrong; i++)
		wrong = check_exactly(&boxes[i])	  ?:
				check_accounts(&boxes[i]) ?:
				check_policy(&boxes[i])	  ?:
				check_control(&boxes[i]);
	return wrong ?: check_polls() ?: check_events();
}
