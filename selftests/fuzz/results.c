// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a call may return: the errors that its arguments, its mailbox and what
 * others did to it allow, and whether it may have succeeded at all.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "../command.h"
#include "trial.h"

/* ----------------------------------------------------------------- operations */

static void judge_create(struct trial *trial)
{
	const enum name name = get(trial, P_NAME);

	judge_command(trial, MBX_CREATE_OWNED | MBX_CREATE_TIMESTAMP);
	demand_if(trial, name == NAME_FAULT, EFAULT, "its name is nowhere");
	demand_if(trial,
		  name == NAME_BAD || name == NAME_EMPTY ||
			  name == NAME_TOO_LONG,
		  EINVAL, "its name is wrong");
	demand_if(trial, get(trial, P_MODE) & ~0666, EINVAL,
		  "its mode is wrong");
	demand_if(trial, get(trial, P_MAX) > 64 << 20, EINVAL,
		  "its msg_max is too high");
	demand_if(trial, get(trial, P_POLICY) > MBX_POLICY_PAIR, EINVAL,
		  "there is no such policy");
	demand_if(trial, get(trial, P_DEDUP) > MBX_DEDUP_MAX, EINVAL,
		  "it cannot remember that many");
	demand_if(trial, get(trial, P_FULL) > MBX_FULL_DEFER, EINVAL,
		  "there is nothing like that to do without room");
	allow_if(trial, name == NAME_PLAIN || name == NAME_LONG, EEXIST);
}

/* The target of an open or a deletion. */
static void judge_find(struct trial *trial)
{
	const enum by by = find_by(trial->nr);
	bool may_be_gone = by == BY_NAME || by == BY_STALE;
	unsigned int i;

	for (i = 0; i < nr_boxes; i++)
		if (boxes[i].id == trial->record->new_box &&
		    boxes[i].may_end < trial->record->end)
			may_be_gone = true;
	allow_if(trial, may_be_gone || by == BY_PID, ENOENT);
	if (by == BY_PID) {
		judge_pid(trial);
		allow_if(trial, get(trial, P_FLAGS) & MBX_OPEN_RECEIVE, EACCES);
		demand_if(trial, get(trial, P_WHO) == PID_NONE, EINVAL,
			  "it has no pid");
	}
	demand_if(trial, by == BY_STALE, ENOENT, "there is no such id");
	demand_if(trial, by == BY_BOTH, EINVAL, "it has a name and an id");
	demand_if(trial, by == BY_ID && !trial->record->by_id, EINVAL,
		  "it has neither name nor id");
}

/* The box that it found, for certain; or NULL. */
static const struct box *found_box(const struct trial *trial)
{
	unsigned int i;

	for (i = 0; i < nr_boxes && !trial->vague; i++)
		if (boxes[i].id == trial->record->new_box &&
		    find_by(trial->nr) != BY_NAME)
			return &boxes[i];
	return NULL;
}

/* Neither a user of the mailbox nor privileged. */
static void judge_stranger(struct trial *trial, bool manages, int err)
{
	const struct box *box = found_box(trial);

	if (process_of(trial->call->task) != STRANGER)
		return;
	allow(trial, err);
	if (manages && box && !may_be_strangers(box))
		trial->must_fail = "the mailbox belongs to another user";
}

static void judge_open(struct trial *trial)
{
	const bool receive = get(trial, P_FLAGS) & MBX_OPEN_RECEIVE;
	unsigned int i;

	judge_command(trial, ALL_RIGHTS);
	judge_find(trial);
	demand_if(trial, get(trial, P_BY) == BY_HANDLE, EINVAL,
		  "it has neither name nor id");
	judge_stranger(trial, get(trial, P_FLAGS) & MBX_OPEN_MANAGE, EACCES);
	for (i = 0; i < nr_boxes; i++) {
		if (!(boxes[i].flags & MBX_CREATE_OWNED) || !receive)
			continue;
		allow(trial, EACCES);
		if (boxes[i].id == trial->record->new_box &&
		    succeeded(trial->nr) && is_of_others(&boxes[i], trial->nr))
			trial->must_fail = "the mailbox belongs to another";
	}
}

static void judge_delete(struct trial *trial)
{
	judge_command(trial, 0);
	judge_stranger(trial, true, EPERM);
	if (get(trial, P_BY) != BY_HANDLE) {
		judge_find(trial);
		return;
	}
	demand_if(trial, !has_handle(trial), EBADF, "it has no handle");
	demand_if(trial, get(trial, P_HANDLE) == CONTROL, EINVAL,
		  "it has neither name nor id");
	judge_end(trial);
}

/* Both send and receive have the same flags for these. */
_Static_assert(MBX_SEND_NONBLOCK == MBX_RECEIVE_NONBLOCK, "nonblock");
_Static_assert(MBX_SEND_REALTIME == MBX_RECEIVE_REALTIME, "realtime");

/* What sends and receives of any kind have in common. */
void judge_message(struct trial *trial, bool nonblock)
{
	judge_handle(trial,
		     sends(trial->nr) ? MBX_OPEN_SEND : MBX_OPEN_RECEIVE);
	judge_end(trial);
	if (slept_through_revocation(trial->nr))
		trial->must_fail = "its handle was revoked meanwhile";
	judge_policy(trial);
	judge_administration(trial);
	judge_wait(trial, nonblock);
	judge_data(trial);
	judge_length(trial);
	if (!sends(trial->nr))
		return;
	allow_if(trial,
		 may_be_spent(trial->nr) || (is_oneshot(trial->nr) &&
					     may_be_told(trial->record->box)),
		 EKEYEXPIRED);
	if (is_spent(trial->nr))
		trial->must_fail = "its handle was good for one message";
}

/* @flag: the one that is known beside those for both */
static void judge_exchange(struct trial *trial, uint32_t flag)
{
	const uint32_t flags = get(trial, P_FLAGS);

	judge_command(trial, MBX_SEND_NONBLOCK | MBX_SEND_REALTIME | flag);
	demand_if(trial, get(trial, P_HANDLE) == CONTROL, ENOTTY,
		  "it is not for the control device");
	judge_deadline(trial, flags & MBX_SEND_REALTIME);
	judge_message(trial, flags & MBX_SEND_NONBLOCK);
}

static void judge_send(struct trial *trial)
{
	const uint32_t flags = get(trial, P_FLAGS);

	judge_exchange(trial, MBX_SEND_SYNC | CHOICES);
	judge_full(trial);
	judge_fds(trial);
	judge_id(trial);
	allow_if(trial, flags & MBX_SEND_SYNC && program_has(OP_NONBLOCK),
		 EINVAL);
	demand_if(trial, flags & MBX_SEND_SYNC && flags & MBX_SEND_NONBLOCK,
		  EINVAL, "it cannot both wait and not wait");
}

static void judge_receive(struct trial *trial)
{
	const uint32_t flags = get(trial, P_FLAGS);

	judge_exchange(trial, MBX_RECEIVE_PEEK | MBX_RECEIVE_TRUNCATE);
	demand_if(trial,
		  flags & MBX_RECEIVE_TRUNCATE && !(flags & MBX_RECEIVE_PEEK),
		  EINVAL, "it would lose what does not fit");
	judge_selection(trial);
	judge_answer(trial);
	judge_lease(trial);
	judge_fds(trial);
}

static void judge_plain(struct trial *trial)
{
	demand_if(trial, get(trial, P_HANDLE) == CONTROL, EINVAL,
		  "it is not for the control device");
	judge_message(trial, false);
}

/* A command of a mailbox that needs no right. */
void judge_on_handle(struct trial *trial, uint32_t known_flags)
{
	judge_command(trial, known_flags);
	demand_if(trial, get(trial, P_HANDLE) == CONTROL, ENOTTY,
		  "it is not for the control device");
	demand_if(trial, !has_handle(trial), EBADF, "it has no handle");
	judge_end(trial);
}

static void judge_stat(struct trial *trial)
{
	judge_on_handle(trial, 0);
}

static void judge_version(struct trial *trial)
{
	judge_command(trial, 0);
	demand_if(trial, !has_handle(trial), EBADF, "it has no handle");
}

static void judge_poll(struct trial *trial)
{
	allow_if(trial, may_be_interrupted(trial, true), EINTR);
}

static void judge_ioctl(struct trial *trial)
{
	demand_if(trial, has_handle(trial), ENOTTY, "there is no such command");
	demand_if(trial, !has_handle(trial), EBADF, "it has no handle");
}

/* On a handle that may be empty. */
static void judge_descriptor(struct trial *trial)
{
	allow_if(trial, !has_handle(trial), EBADF);
}

static void judge_unload(struct trial *trial)
{
	demand_if(trial, true, geteuid() ? EPERM : EAGAIN,
		  "the module is in use");
}

static void (*const judge[OPS])(struct trial *trial) = {
	[OP_CREATE] = judge_create,	[OP_OPEN] = judge_open,
	[OP_DELETE] = judge_delete,	[OP_SEND] = judge_send,
	[OP_RECEIVE] = judge_receive,	[OP_WRITE] = judge_plain,
	[OP_READ] = judge_plain,	[OP_STAT] = judge_stat,
	[OP_DERIVE] = judge_derive,	[OP_REVOKE] = judge_revoke,
	[OP_VERSION] = judge_version,	[OP_POLL] = judge_poll,
	[OP_DUP] = judge_descriptor,	[OP_NONBLOCK] = judge_descriptor,
	[OP_SHOW] = judge_descriptor,	[OP_IOCTL] = judge_ioctl,
	[OP_UNLOAD] = judge_unload,	[OP_NOTIFY] = judge_notify,
	[OP_CONTROL] = judge_control,	[OP_BATCH] = judge_batch,
	[OP_TRANSFER] = judge_transfer, [OP_CALL] = judge_call,
	[OP_REPLY] = judge_reply,	[OP_SETTLE] = judge_settle,
};

/* ------------------------------------------------------------------- verdict */

static bool is_allowed(const struct trial *trial, int err)
{
	unsigned int i;

	for (i = 0; i < trial->nr_errors; i++)
		if (trial->errors[i] == err)
			return true;
	/* Whatever is changed can come to be wrong. */
	return trial->vague &&
	       (err == EFAULT || err == EINVAL || err == E2BIG ||
		err == EOPNOTSUPP || err == EMSGSIZE || err == EBADF ||
		err == EAGAIN || err == ENOENT || err == EIDRM ||
		err == EOWNERDEAD || err == EACCES || err == EPERM ||
		err == EBUSY || err == EUSERS || err == EKEYREVOKED ||
		err == EKEYEXPIRED || err == ESHUTDOWN || err == ECANCELED ||
		err == EPIPE || (err == ENOTTY && program_sends_fds()));
}

/* What cannot be excused by anything. */
static const char *check_failure(const struct trial *trial)
{
	const struct record *record = trial->record;

	if (record->target && !record->answered)
		return trial->vague || trial->call->op == OP_SETTLE ?
			       NULL :
			       check_reply(trial->nr);
	if (record->err == EMSGSIZE && trial->call->op == OP_RECEIVE &&
	    !trial->vague &&
	    (record->message.len <= get(trial, P_LEN) ||
	     truncates(trial->nr)) &&
	    arg_is_writable(get(trial, P_ARG)) &&
	    !kind_may_fault(trial->nr, P_ARG))
		return finding_at(trial->nr, "EMSGSIZE for a message of %u",
				  record->message.len);
	if (record->err == EMSGSIZE && record->message.spoiled && !trial->vague)
		return finding_at(trial->nr,
				  "EMSGSIZE, yet it wrote to the buffer");
	return NULL;
}

/* Promise 6: a poll says the same as every other operation. */
static const char *check_poll(const struct trial *trial)
{
	const uint32_t end = POLLHUP | POLLERR;
	const uint32_t seen = trial->record->revents;
	const struct box *box = trial->box;

	if (!box || trial->vague)
		return NULL;
	if ((box->ended < trial->record->start ||
	     was_revoked(trial->nr, trial->record->start)) &&
	    (seen & end) != end)
		return finding_at(trial->nr,
				  "events %#x of a mailbox that has ended",
				  seen);
	if (!(seen & POLLERR) && may_be_sealed(trial->nr))
		return NULL;
	if (box->may_end > trial->record->end && seen & end &&
	    !may_be_revoked(trial->nr))
		return finding_at(trial->nr,
				  "events %#x of a mailbox that is alive",
				  seen);
	return NULL;
}

static bool makes_handle(unsigned int op)
{
	return op == OP_CREATE || op == OP_OPEN || op == OP_DERIVE;
}

/* Of the handle that it made. */
static uint32_t rights_of(const struct trial *trial)
{
	if (trial->call->op == OP_CREATE)
		return ALL_RIGHTS;
	return get(trial, trial->call->op == OP_OPEN ? P_FLAGS : P_RIGHTS);
}

static const char *check_success(const struct trial *trial)
{
	const struct record *record = trial->record;

	if (trial->call->op == OP_POLL)
		return check_poll(trial);
	if (trial->call->op == OP_SEND && !trial->vague)
		return check_sent(trial->nr);
	if (trial->call->op == OP_BATCH)
		return check_batch(trial);
	if (calls(trial->nr) && !trial->vague)
		return check_call(trial->nr);
	if (trial->record->target && trial->call->op != OP_SETTLE &&
	    !trial->vague)
		return check_reply(trial->nr);
	if (makes_handle(trial->call->op) && record->stat.out_id &&
	    !trial->vague && record->stat.out_rights != rights_of(trial))
		return finding_at(trial->nr, "has rights %#x",
				  record->stat.out_rights);
	if (trial->call->op == OP_CREATE && record->stat.out_id &&
	    !trial->vague && record->stat.out_policy != get(trial, P_POLICY))
		return finding_at(trial->nr, "has policy %u",
				  record->stat.out_policy);
	if (trial->call->op == OP_CREATE &&
	    record->message.seq != record->new_box &&
	    !kind_may_fault(trial->nr, P_ARG) && !trial->vague)
		return finding_at(trial->nr, "told the id %llu of mailbox %llu",
				  (unsigned long long)record->message.seq,
				  (unsigned long long)record->new_box);
	return NULL;
}

const char *check_result(unsigned int nr)
{
	struct trial trial = {
		.nr = nr,
		.call = call_at(nr),
		.record = record_at(nr),
		.box = box_of(nr),
		.vague = is_flipped(nr) || is_unsure(nr),
	};

	if (!was_done(nr))
		return NULL;
	if (judge[trial.call->op])
		judge[trial.call->op](&trial);
	if (succeeded(nr)) {
		if (trial.must_fail && !trial.vague)
			return finding_at(nr, "succeeded although %s",
					  trial.must_fail);
		return check_success(&trial);
	}
	if (!is_allowed(&trial, trial.record->err))
		return finding_at(nr, "unexpected error: %s",
				  strerror(trial.record->err));
	return check_failure(&trial);
}
