// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events: whoever is told of them is told of each once, there and in numbers.
 */
#include <errno.h>

#include "message.h"
#include "queue.h"
#include "trial.h"

#define LEVELS (MBX_EVENT_HIGH | MBX_EVENT_LOW)
#define ENDS (MBX_EVENT_OWNER_DIED | MBX_EVENT_DELETED)
#define KNOWN                                                              \
	(LEVELS | ENDS | MBX_EVENT_READABLE | MBX_EVENT_ROOM |             \
	 MBX_EVENT_EMPTY | MBX_EVENT_NO_SENDERS | MBX_EVENT_NO_RECEIVERS | \
	 MBX_EVENT_DEFERRED | MBX_EVENT_CANCELED | MBX_EVENT_RETURNED)

static bool reads_events(unsigned int nr)
{
	return call_at(nr)->arg[P_FLAGS] & MBX_NOTIFY_READ;
}

static bool tells_box(unsigned int nr)
{
	return call_at(nr)->op == OP_NOTIFY &&
	       call_at(nr)->arg[P_FD] == FD_BOX && has_begun(nr);
}

/* May messages come into the mailbox that are about events? */
bool may_be_told(uint64_t box)
{
	return any_call(i,
			tells_box(i) && (record_at(i)->notify.target == box ||
					 is_unsure(i)));
}

/* ------------------------------------------------------------------ arguments */

/* Whatever a send would fail with. */
static void judge_target(struct trial *trial)
{
	static const int errors[] = { EIDRM, EOWNERDEAD, EKEYREVOKED, ESHUTDOWN,
				      EKEYEXPIRED };
	const struct notify *notify = &trial->record->notify;
	unsigned int i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		allow(trial, errors[i]);
	demand_if(trial, !notify->target || !(notify->rights & MBX_OPEN_SEND),
		  EBADF, "its mailbox cannot be sent to");
	for (i = 0; i < nr_boxes; i++)
		allow_if(trial,
			 boxes[i].id == notify->target &&
				 boxes[i].msg_max < sizeof(struct mbx_event),
			 EMSGSIZE);
	/* Another may have been put in its place. */
	trial->vague |= program_has(OP_CLOSE) || program_has(OP_DUP) ||
			program_has(OP_DERIVE);
}

static void judge_registration(struct trial *trial)
{
	const uint32_t events = get(trial, P_EVENTS);
	const bool levels = events & LEVELS;

	demand_if(trial, events & ~KNOWN, EINVAL, "there is no such event");
	demand_if(trial, levels && get(trial, P_LOW) >= get(trial, P_HIGH),
		  EINVAL, "its levels are in no order");
	demand_if(trial, !levels && (get(trial, P_LOW) || get(trial, P_HIGH)),
		  EINVAL, "it has levels for nothing");
	demand_if(trial, get(trial, P_FD) == FD_BAD, EBADF,
		  "it has no eventfd");
	if (get(trial, P_FD) == FD_BOX)
		judge_target(trial);
	demand_if(trial, get(trial, P_FD) == FD_OTHER, EINVAL,
		  "its eventfd is none");
}

void judge_notify(struct trial *trial)
{
	const uint32_t events = get(trial, P_EVENTS);

	judge_on_handle(trial, MBX_NOTIFY_READ);
	/* Its eventfd may have got the number of a handle that was just closed. */
	allow_if(trial, is_unsure(trial->nr), ENOTTY);
	if (events && !reads_events(trial->nr))
		judge_registration(trial);
	else
		demand_if(trial,
			  events || get(trial, P_FD) != FD_RIGHT ||
				  get(trial, P_LOW) || get(trial, P_HIGH),
			  EINVAL, "it registers, and does not");
}

/* --------------------------------------------------------------- registrations */

static bool is_answered(unsigned int nr)
{
	return call_at(nr)->op == OP_NOTIFY && succeeded(nr) &&
	       !is_unsure(nr) && !is_flipped(nr) && !kind_may_fault(nr, P_ARG);
}

static bool same_handle(unsigned int a, unsigned int b)
{
	return record_at(a)->maker == record_at(b)->maker;
}

static bool is_like(unsigned int i, unsigned int nr)
{
	return call_at(i)->op == OP_NOTIFY && same_handle(i, nr);
}

static bool is_confusing(unsigned int nr)
{
	return (succeeded(nr) && !is_answered(nr)) ||
	       any_call(i, i != nr && is_like(i, nr) && overlap(i, nr));
}

/* Is it unknown which registration was in force, or what was told of it? */
static bool is_confused(unsigned int nr)
{
	return any_call(i, is_like(i, nr) && is_confusing(i));
}

/* The call that registered what @nr asks for, or -1. */
static int registration_of(unsigned int nr)
{
	return (int)record_at(nr)->notify.registration - 1;
}

static uint32_t registered_events(unsigned int nr)
{
	const int i = registration_of(nr);

	return i < 0 ? 0 : call_at(i)->arg[P_EVENTS];
}

/* The answer before, to the registration or a later question; there is one. */
static unsigned int last_answer(unsigned int nr)
{
	unsigned int i, last = registration_of(nr);

	for (i = 0; i < arena->program.nr; i++)
		if (i != nr && is_answered(i) && reads_events(i) &&
		    registration_of(i) == registration_of(nr) &&
		    before(i, nr) && before(last, i))
			last = i;
	return last;
}

/* ---------------------------------------------------------------- any time */

static const char *check_answer(unsigned int nr)
{
	const struct notify *notify = &record_at(nr)->notify;
	const uint32_t allowed = reads_events(nr) ? registered_events(nr) : 0;
	uint32_t counted = 0;
	unsigned int i;

	for (i = 0; i < MBX_EVENTS; i++)
		counted |= notify->counts[i] ? 1U << i : 0;
	if (counted != notify->happened)
		return finding_at(nr, "events %#x, but counts of %#x",
				  notify->happened, counted);
	if (counted & ~allowed)
		return finding_at(nr, "events %#x instead of %#x", counted,
				  allowed);
	if ((notify->state & LEVELS) == LEVELS || notify->state & ~KNOWN ||
	    notify->state & (ENDS | MBX_EVENT_CANCELED | MBX_EVENT_RETURNED))
		return finding_at(nr, "state %#x", notify->state);
	return NULL;
}

/* What began to hold since has happened. */
static const char *check_changes(unsigned int nr)
{
	const uint32_t then = record_at(last_answer(nr))->notify.state;
	const uint32_t now = record_at(nr)->notify.state;
	const uint32_t begun = now & ~then & registered_events(nr);

	if (begun & ~record_at(nr)->notify.happened)
		return finding_at(nr, "events %#x, but state %#x after %#x",
				  record_at(nr)->notify.happened, now, then);
	return NULL;
}

static bool is_alone(unsigned int nr)
{
	return !any_call(i, i != nr && record_at(i)->start && overlap(i, nr)) &&
	       !program_has(OP_KILL);
}

/* The eventfd is told before, of as much. */
static const char *check_eventfd(unsigned int nr)
{
	unsigned long long told = 0, counted = 0;
	unsigned int i, bit;

	for (i = 0; i < arena->program.nr; i++) {
		if (!is_answered(i) || !reads_events(i) ||
		    registration_of(i) != registration_of(nr) ||
		    (i != nr && !before(i, nr)))
			continue;
		told += record_at(i)->notify.told;
		for (bit = 0; bit < MBX_EVENTS; bit++)
			counted += record_at(i)->notify.counts[bit];
	}
	if (told < counted || (told > counted && is_alone(nr)))
		return finding_at(nr, "%llu events, but %llu in the eventfd",
				  counted, told);
	return NULL;
}

const char *check_events(void)
{
	const char *wrong = NULL;
	unsigned int i;

	for (i = 0; i < arena->program.nr && !wrong; i++) {
		if (!is_answered(i) || is_confused(i))
			continue;
		wrong = check_answer(i);
		if (!wrong && reads_events(i) && registration_of(i) >= 0)
			wrong = check_changes(i);
		if (!wrong && reads_events(i) && registration_of(i) >= 0 &&
		    !tells_box(registration_of(i)))
			wrong = check_eventfd(i);
	}
	return wrong;
}

/* One that somebody got in a mailbox. */
const char *check_event(const struct delivery *message, uint64_t box)
{
	const struct mbx_event *event = &message->event;
	const int nr = registration_by(event);

	if (!tells_box(nr) ||
	    (!is_unsure(nr) && (event->id != record_at(nr)->box ||
				box != record_at(nr)->notify.target)))
		return "events of another mailbox, or for another";
	if (!event->events || event->events & ~call_at(nr)->arg[P_EVENTS])
		return "events that nobody asked for";
	if (event->nr < (unsigned int)__builtin_popcount(event->events))
		return "events without a number";
	if (message->ids &&
	    (message->type != MBX_TYPE_EVENT || message->priority ||
	     message->pid != record_at(nr)->pid))
		return "events of another kind, or by another";
	return NULL;
}

/* ------------------------------------------------------------------- exactly */

/* What has happened since the registration, and has not been told. */
struct watch {
	int registration;
	uint32_t state;
	uint32_t counts[MBX_EVENTS];
	bool vague;
};

static struct watch watches[MAX_CALLS];
static unsigned int nr_watches;

#define JUDGED (LEVELS | MBX_EVENT_READABLE | MBX_EVENT_ROOM | MBX_EVENT_EMPTY)

static uint32_t level_of(const struct queue *queue, const struct watch *watch)
{
	const struct call *call = call_at(watch->registration);
	const uint32_t high = call->arg[P_HIGH];

	if (!high)
		return 0;
	if (queue->depth >= high)
		return MBX_EVENT_HIGH;
	if (queue->depth <= call->arg[P_LOW])
		return MBX_EVENT_LOW;
	return watch->state & MBX_EVENT_HIGH ?: MBX_EVENT_LOW;
}

static uint32_t state_of(const struct queue *queue)
{
	return (queue_is_readable(queue) || queue_is_drained(queue) ?
			MBX_EVENT_READABLE :
			0) |
	       (queue_is_writable(queue) ? MBX_EVENT_ROOM : 0) |
	       (queue->depth ? 0 : MBX_EVENT_EMPTY);
}

/* What it changes comes and goes, or only comes back. */
static bool is_disturbing(unsigned int nr)
{
	return record_at(nr)->asleep ||
	       ((sends(nr) || receives(nr)) &&
		(failed_with(nr, ETIMEDOUT) || failed_with(nr, EINTR) ||
		 failed_with(nr, EFAULT)));
}

static void look_again(const struct queue *queue, unsigned int nr)
{
	struct watch *watch;
	uint32_t begun;
	unsigned int i, bit;

	for (i = 0; i < nr_watches; i++) {
		watch = &watches[i];
		begun = ~watch->state;
		watch->state = state_of(queue) | level_of(queue, watch);
		begun &= watch->state &
			 call_at(watch->registration)->arg[P_EVENTS];
		for (bit = 0; bit < MBX_EVENTS; bit++)
			watch->counts[bit] += begun >> bit & 1;
		watch->vague |= is_disturbing(nr) || queue->moved;
	}
}

static const char *check_counts(struct watch *watch, unsigned int nr)
{
	const struct notify *notify = &record_at(nr)->notify;
	unsigned int bit;

	for (bit = 0; bit < MBX_EVENTS; bit++) {
		if (JUDGED >> bit & 1 && !watch->vague &&
		    notify->counts[bit] != watch->counts[bit])
			return finding_at(nr, "event %u %u times instead of %u",
					  bit, notify->counts[bit],
					  watch->counts[bit]);
		watch->counts[bit] = 0;
	}
	watch->vague = false;
	return NULL;
}

static struct watch *find_watch(unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr_watches; i++)
		if (same_handle(watches[i].registration, nr))
			return &watches[i];
	return NULL;
}

static void start_watch(const struct queue *queue, unsigned int nr)
{
	struct watch *watch = find_watch(nr) ?: &watches[nr_watches];

	nr_watches += watch == &watches[nr_watches];
	*watch = (struct watch){ .registration = nr };
	watch->state = state_of(queue) | level_of(queue, watch);
}

static void end_watch(unsigned int nr)
{
	struct watch *watch = find_watch(nr);

	if (watch)
		*watch = watches[--nr_watches];
}

/* With nobody else in the mailbox. */
static const char *follow_notify(const struct queue *queue, unsigned int nr)
{
	const char *wrong = NULL;
	struct watch *watch;
	uint32_t state;

	if (reads_events(nr)) {
		watch = find_watch(nr);
		wrong = watch ? check_counts(watch, nr) : NULL;
	} else {
		end_watch(nr);
		if (call_at(nr)->arg[P_EVENTS])
			start_watch(queue, nr);
		watch = find_watch(nr);
	}
	state = state_of(queue) | (watch ? watch->state & LEVELS : 0);
	if (!wrong && (record_at(nr)->notify.state & JUDGED) != state)
		return finding_at(nr, "state %#x instead of %#x",
				  record_at(nr)->notify.state, state);
	return wrong;
}

const char *follow_events(struct queue *queue, unsigned int nr)
{
	look_again(queue, nr);
	if (call_at(nr)->op != OP_NOTIFY || !succeeded(nr))
		return NULL;
	if (is_answered(nr))
		return follow_notify(queue, nr);
	queue->lost = true;
	return NULL;
}

void forget_events(void)
{
	nr_watches = 0;
}
