// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What arguments, mailbox and circumstances allow a call to return; see trial.h.
 */
#include <errno.h>

#include "trial.h"

void allow(struct trial *trial, int err)
{
	trial->errors[trial->nr_errors++] = err;
}

void allow_if(struct trial *trial, bool condition, int err)
{
	if (condition)
		allow(trial, err);
}

/* An error that must come, or one that comes before it. */
void demand_if(struct trial *trial, bool condition, int err, const char *why)
{
	if (!condition)
		return;
	allow(trial, err);
	trial->must_fail = why;
}

/* ----------------------------------------------------------- circumstances */

bool program_has(enum op op)
{
	return any_call(i, call_at(i)->op == op && record_at(i)->start);
}

/* @restart: a signal after which a command starts anew is one, too */
bool may_be_interrupted(const struct trial *trial, bool restart)
{
	const uint32_t end = trial->record->end;

	/* What is done is not done again. */
	restart |= trial->record->batch || calls(trial->nr);
	if (arena->stop && end > arena->stop)
		return true;
	return any_call(i, call_at(i)->op == OP_SIGNAL &&
				   call_at(i)->arg[P_TARGET] ==
					   trial->call->task &&
				   (restart || !call_at(i)->arg[P_RESTART]) &&
				   record_at(i)->start < end);
}

bool has_handle(const struct trial *trial)
{
	return trial->record->box || get(trial, P_HANDLE) == CONTROL;
}

bool arg_is_writable(enum memory kind)
{
	return kind != MEM_READONLY && kind != MEM_OVER && !memory_is_bad(kind);
}

static bool is_unmapped_for_certain(const struct trial *trial, enum param p)
{
	const enum memory kind = get(trial, p);
	uint32_t since;

	is_unmapped(trial->nr, &since);
	return kind != MEM_PLAIN && since < trial->record->start;
}

/* ------------------------------------------------------------------- aspects */

static bool only_reads_arg(unsigned int op)
{
	return op == OP_DELETE || op == OP_DERIVE || op == OP_TRANSFER ||
	       op == OP_REPLY || op == OP_SETTLE;
}

/* What all commands have in common. */
void judge_command(struct trial *trial, uint32_t known_flags)
{
	const enum memory arg = get(trial, P_ARG);
	const enum size size = get(trial, P_SIZE);
	const bool only_reads = only_reads_arg(trial->call->op);

	allow_if(trial, kind_may_fault(trial->nr, P_ARG), EFAULT);
	demand_if(trial, memory_is_bad(arg), EFAULT, "its argument is nowhere");
	demand_if(trial, is_unmapped_for_certain(trial, P_ARG), EFAULT,
		  "its argument has been unmapped");
	demand_if(trial, !only_reads && !arg_is_writable(arg), EFAULT,
		  "its argument cannot be written");
	demand_if(trial, only_reads && arg == MEM_OVER, EFAULT,
		  "its argument cannot be read");
	demand_if(trial,
		  size == SIZE_SHORT || size == SIZE_ZERO || size == SIZE_HUGE,
		  EINVAL, "its size is wrong");
	demand_if(trial, size == SIZE_JUNK, E2BIG, "it asks for too much");
	demand_if(trial, get(trial, P_FLAGS) & ~known_flags, EOPNOTSUPP,
		  "it has an unknown flag");
}

void judge_handle(struct trial *trial, uint32_t right)
{
	demand_if(trial, !has_handle(trial), EBADF, "it has no handle");
	demand_if(trial, trial->record->box && !(trial->record->rights & right),
		  EBADF, "it has no right");
}

/* Are the mailbox and the handle still there? */
void judge_end(struct trial *trial)
{
	const struct box *box = trial->box;

	allow_if(trial, may_be_revoked(trial->nr), EKEYREVOKED);
	if (was_revoked(trial->nr, trial->record->start))
		trial->must_fail = "its handle has been revoked";
	if (!box || box->may_end > trial->record->end)
		return;
	allow_if(trial, box->deletable, EIDRM);
	allow_if(trial, box->orphanable, EOWNERDEAD);
	if (box->ended < trial->record->start)
		trial->must_fail = "its mailbox has ended";
}

void judge_deadline(struct trial *trial, bool realtime)
{
	const uint32_t wait = get(trial, P_WAIT);

	demand_if(trial, wait == WAIT_INVALID, EINVAL, "its deadline is wrong");
	demand_if(trial, wait == WAIT_FOREVER && realtime, EINVAL,
		  "it has a clock but no deadline");
	allow_if(trial,
		 trial->record->deadline &&
			 trial->record->end_ns >= trial->record->deadline,
		 ETIMEDOUT);
}

void judge_wait(struct trial *trial, bool nonblock)
{
	if (sends(trial->nr))
		judge_deferral(trial);
	if (sends(trial->nr) && !may_wait(trial->nr))
		return;
	allow_if(trial, nonblock || program_has(OP_NONBLOCK), EAGAIN);
	allow_if(trial, may_be_interrupted(trial, false), EINTR);
}

void judge_data(struct trial *trial)
{
	const bool bad = memory_is_bad(get(trial, P_DATA)) ||
			 is_unmapped_for_certain(trial, P_DATA);

	allow_if(trial, kind_may_fault(trial->nr, P_DATA), EFAULT);
	if (sends(trial->nr) || trial->call->op == OP_REPLY)
		demand_if(trial,
			  get(trial, P_LEN) &&
				  (bad || get(trial, P_DATA) == MEM_OVER),
			  EFAULT, "its message cannot be read");
	else
		demand_if(trial,
			  trial->record->message.len && get(trial, P_LEN) &&
				  (bad || get(trial, P_DATA) == MEM_READONLY),
			  EFAULT, "its buffer cannot be written");
}

static bool is_longer(unsigned int sender, const struct trial *trial)
{
	const struct delivery message = message_of(sender);

	return is_flipped(sender) || (message.len > get(trial, P_LEN) &&
				      may_accept(trial->nr, &message));
}

static bool longer_was_sent(const struct trial *trial)
{
	return any_call(i,
			sends(i) && record_at(i)->start && is_longer(i, trial));
}

void judge_length(struct trial *trial)
{
	if (sends(trial->nr)) {
		allow_if(trial, !trial->box, EMSGSIZE);
		demand_if(trial,
			  trial->box && get(trial, P_LEN) > trial->box->msg_max,
			  EMSGSIZE, "its message is too long");
	} else if (!truncates(trial->nr)) {
		allow_if(trial,
			 longer_was_sent(trial) ||
				 may_be_told(trial->record->box),
			 EMSGSIZE);
		if (trial->record->message.len > get(trial, P_LEN))
			trial->must_fail = "its buffer is too small";
	}
}
