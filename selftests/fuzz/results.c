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
	allow_if(trial, may_be_gone, ENOENT);
	demand_if(trial, by == BY_STALE, ENOENT, "there is no such id");
	demand_if(trial, by == BY_BOTH, EINVAL, "it has a name and an id");
	demand_if(trial, by == BY_ID && !trial->record->by_id, EINVAL,
		  "it has neither name nor id");
}

static bool is_stranger(const struct trial *trial)
{
	return process_of(trial->call->task) == STRANGER;
}

static void judge_open(struct trial *trial)
{
	const bool receive = get(trial, P_FLAGS) & MBX_OPEN_RECEIVE;
	unsigned int i;

	judge_command(trial, MBX_OPEN_SEND | MBX_OPEN_RECEIVE);
	judge_find(trial);
	demand_if(trial, get(trial, P_BY) == BY_HANDLE, EINVAL,
		  "it has neither name nor id");
	allow_if(trial, is_stranger(trial), EACCES);
	for (i = 0; i < nr_boxes; i++) {
		if (!(boxes[i].flags & MBX_CREATE_OWNED) || !receive)
			continue;
		allow(trial, EACCES);
		if (boxes[i].id == trial->record->new_box &&
		    succeeded(trial->nr) &&
		    boxes[i].owner != (int)process_of(trial->call->task))
			trial->must_fail = "the mailbox belongs to another";
	}
}

static void judge_delete(struct trial *trial)
{
	judge_command(trial, 0);
	allow_if(trial, is_stranger(trial), EPERM);
	if (get(trial, P_BY) != BY_HANDLE) {
		judge_find(trial);
		return;
	}
	demand_if(trial, !has_handle(trial), EBADF, "it has no handle");
	demand_if(trial, get(trial, P_HANDLE) == CONTROL, EINVAL,
		  "it has neither name nor id");
	judge_end(trial);
}

static void judge_send(struct trial *trial)
{
	const uint32_t flags = get(trial, P_FLAGS);

	judge_command(trial,
		      MBX_SEND_NONBLOCK | MBX_SEND_SYNC | MBX_SEND_REALTIME);
	demand_if(trial, get(trial, P_HANDLE) == CONTROL, ENOTTY,
		  "it is not for the control device");
	judge_handle(trial, MBX_OPEN_SEND);
	judge_end(trial);
	judge_deadline(trial, flags & MBX_SEND_REALTIME);
	judge_wait(trial, flags & MBX_SEND_NONBLOCK);
	allow_if(trial, flags & MBX_SEND_SYNC && program_has(OP_NONBLOCK),
		 EINVAL);
	demand_if(trial, flags & MBX_SEND_SYNC && flags & MBX_SEND_NONBLOCK,
		  EINVAL, "it cannot both wait and not wait");
	judge_data(trial);
	judge_length(trial);
}

static void judge_receive(struct trial *trial)
{
	const uint32_t flags = get(trial, P_FLAGS);

	judge_command(trial, MBX_RECEIVE_NONBLOCK | MBX_RECEIVE_PEEK |
				     MBX_RECEIVE_REALTIME);
	demand_if(trial, get(trial, P_HANDLE) == CONTROL, ENOTTY,
		  "it is not for the control device");
	judge_handle(trial, MBX_OPEN_RECEIVE);
	judge_end(trial);
	judge_deadline(trial, flags & MBX_RECEIVE_REALTIME);
	judge_wait(trial, flags & MBX_RECEIVE_NONBLOCK);
	judge_data(trial);
	judge_length(trial);
}

static void judge_transfer(struct trial *trial)
{
	demand_if(trial, get(trial, P_HANDLE) == CONTROL, EINVAL,
		  "it is not for the control device");
	judge_handle(trial,
		     sends(trial->nr) ? MBX_OPEN_SEND : MBX_OPEN_RECEIVE);
	judge_end(trial);
	judge_wait(trial, false);
	judge_data(trial);
	judge_length(trial);
}

static void judge_stat(struct trial *trial)
{
	judge_command(trial, 0);
	demand_if(trial, get(trial, P_HANDLE) == CONTROL, ENOTTY,
		  "it is not for the control device");
	demand_if(trial, !has_handle(trial), EBADF, "it has no handle");
	judge_end(trial);
}

static void judge_version(struct trial *trial)
{
	judge_command(trial, 0);
	demand_if(trial, !has_handle(trial), EBADF, "it has no handle");
}

static void judge_derive(struct trial *trial)
{
	const uint32_t rights = get(trial, P_RIGHTS);
	const uint32_t missing = rights & BOTH_RIGHTS & ~trial->record->rights;

	judge_command(trial, MBX_DERIVE_ONESHOT);
	demand_if(trial, get(trial, P_HANDLE) == CONTROL, ENOTTY,
		  "it is not for the control device");
	demand_if(trial, !has_handle(trial), EBADF, "it has no handle");
	demand_if(trial, rights & ~ALL_RIGHTS, EOPNOTSUPP,
		  "there is no such right");
	demand_if(trial,
		  get(trial, P_FLAGS) & MBX_DERIVE_ONESHOT &&
			  !(rights & MBX_OPEN_SEND),
		  EINVAL, "it could not send once");
	demand_if(trial, trial->record->box && missing, EACCES,
		  "it has not these rights itself");
	allow_if(trial, rights & MBX_OPEN_MANAGE, EACCES);
	allow_if(trial, rights & MBX_OPEN_SEND, EPERM);
	judge_end(trial);
}

static void judge_revoke(struct trial *trial)
{
	judge_command(trial, 0);
	demand_if(trial, get(trial, P_HANDLE) == CONTROL, ENOTTY,
		  "it is not for the control device");
	demand_if(trial, !has_handle(trial), EBADF, "it has no handle");
	judge_end(trial);
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
	[OP_CREATE] = judge_create,   [OP_OPEN] = judge_open,
	[OP_DELETE] = judge_delete,   [OP_SEND] = judge_send,
	[OP_RECEIVE] = judge_receive, [OP_WRITE] = judge_transfer,
	[OP_READ] = judge_transfer,   [OP_STAT] = judge_stat,
	[OP_VERSION] = judge_version, [OP_DERIVE] = judge_derive,
	[OP_REVOKE] = judge_revoke,   [OP_POLL] = judge_poll,
	[OP_DUP] = judge_descriptor,  [OP_NONBLOCK] = judge_descriptor,
	[OP_SHOW] = judge_descriptor, [OP_IOCTL] = judge_ioctl,
	[OP_UNLOAD] = judge_unload,
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
		err == EOWNERDEAD || err == EKEYREVOKED);
}

/* What cannot be excused by anything. */
static const char *check_failure(const struct trial *trial)
{
	const struct record *record = trial->record;

	if (record->err == EMSGSIZE && trial->call->op == OP_RECEIVE &&
	    !trial->vague && record->message.len <= get(trial, P_LEN) &&
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
	if (box->ended < trial->record->start && (seen & end) != end)
		return finding_at(trial->nr,
				  "events %#x of a mailbox that has ended",
				  seen);
	if (box->may_end > trial->record->end && seen & end &&
	    !may_be_revoked())
		return finding_at(trial->nr,
				  "events %#x of a mailbox that is alive",
				  seen);
	return NULL;
}

static const char *check_success(const struct trial *trial)
{
	const struct record *record = trial->record;

	if (trial->call->op == OP_POLL)
		return check_poll(trial);
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
