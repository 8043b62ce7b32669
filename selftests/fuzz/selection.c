// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which messages a receive accepts, and which of two it prefers.
 *
 * Not all may be known of a message: then neither "it accepts" nor "it does not"
 * is certain.
 */
#include <errno.h>
#include <string.h>

#include "trial.h"

enum verdict { NO, MAYBE, YES };

/* What can be known of the message of a send. */
struct delivery message_of(unsigned int sender)
{
	const struct call *call = call_at(sender);
	const struct record *record = record_at(sender);
	const bool told = ((succeeded(sender) && call->op == OP_SEND) ||
			   (calls(sender) && record->message.ids)) &&
			  !kind_may_fault(sender, P_ARG);

	return (struct delivery){
		.from = sender,
		.ids = !is_unsure(sender) && !is_flipped(sender),
		.len = call->arg[P_LEN],
		.seq = told ? record->message.seq : 0,
		.pid = record->pid,
		.badge = badge_of(sender),
		.type = type_value(call->arg[P_TYPE]),
		.priority = call->arg[P_PRIORITY],
	};
}

bool selects(unsigned int nr)
{
	return call_at(nr)->op == OP_RECEIVE && call_at(nr)->arg[P_SELECT];
}

/* Is there a receive in the mailbox that does not take everything? */
bool any_selects(const struct box *box)
{
	return any_call(i, selects(i) && has_begun(i) &&
				   (!box_of(i) || box_of(i) == box));
}

static bool fits(const struct mbx_select *want, const struct delivery *message)
{
	const uint32_t flags = want->flags;

	if (flags & MBX_SELECT_TYPE && message->type != want->type)
		return false;
	if (flags & MBX_SELECT_TYPE_NOT && message->type == want->type)
		return false;
	if (flags & MBX_SELECT_TYPE_UPTO && message->type > want->type)
		return false;
	if (flags & MBX_SELECT_PID && message->pid != want->pid)
		return false;
	if (flags & MBX_SELECT_BADGE && message->badge != want->badge)
		return false;
	return !(flags & MBX_SELECT_PRIORITY) ||
	       message->priority >= want->priority;
}

static enum verdict verdict(unsigned int nr, const struct delivery *message)
{
	const struct mbx_select want = select_of(call_at(nr));

	if (!selects(nr))
		return YES;
	if (!message->ids || is_flipped(nr))
		return MAYBE;
	if (!fits(&want, message))
		return NO;
	if (!(want.flags & (MBX_SELECT_SEQ | MBX_SELECT_AFTER)))
		return YES;
	if (!message->seq)
		return MAYBE;
	if (want.flags & MBX_SELECT_SEQ)
		return message->seq == want.seq ? YES : NO;
	return message->seq > want.seq ? YES : NO;
}

bool may_accept(unsigned int nr, const struct delivery *message)
{
	return verdict(nr, message) != NO;
}

bool accepts(unsigned int nr, const struct delivery *message)
{
	return verdict(nr, message) == YES;
}

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/*
 * Of two messages which it accepts: negative if @a comes first whenever it was
 * sent, positive if @b does, 0 if the earlier one does.  @nr: negative for who
 * accepts everything
 */
int prefer(int nr, const struct delivery *a, const struct delivery *b)
{
	const uint32_t by =
		nr >= 0 && selects(nr) ? call_at(nr)->arg[P_SELECT] : 0;

	if (by & MBX_SELECT_AFTER)
		return 0;
	if (by & MBX_SELECT_TYPE_UPTO && a->type != b->type)
		return compare(a->type, b->type);
	return compare(b->priority, a->priority);
}

static bool has_several(uint32_t how, uint32_t choices)
{
	return __builtin_popcount(how & choices) > 1;
}

/* How a receive says what it accepts. */
void judge_selection(struct trial *trial)
{
	const uint32_t known = MBX_SELECT_AFTER * 2 - 1;
	const uint32_t how = get(trial, P_SELECT);

	demand_if(trial, how & SELECT_NOWHERE, EFAULT,
		  "its conditions are nowhere");
	demand_if(trial, how & SELECT_SHORT, EINVAL,
		  "its conditions have a wrong size");
	demand_if(trial, how & SELECT_JUNK, E2BIG,
		  "its conditions ask for too much");
	demand_if(trial, how & ~(known | SELECT_HOW), EOPNOTSUPP,
		  "there is no such condition");
	demand_if(trial,
		  has_several(how, MBX_SELECT_TYPE | MBX_SELECT_TYPE_NOT |
					   MBX_SELECT_TYPE_UPTO) ||
			  has_several(how, MBX_SELECT_SEQ | MBX_SELECT_AFTER) ||
			  has_several(how,
				      MBX_SELECT_TYPE_UPTO | MBX_SELECT_AFTER),
		  EINVAL, "its conditions exclude each other");
}
