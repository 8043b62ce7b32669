// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands of a mailbox: from a call to a system call, and what came back
 * into the record.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/syscall.h>

#include "../command.h"
#include "../observe.h"
#include "work.h"

int control = -1;

/* ----------------------------------------------------------------- commands */

int command(struct work *work, unsigned int cmd, void *arg, uint32_t size)
{
	void *user = put_arg(work, arg, size);
	int ret;

	if (work->phase == PHASE_PUT) {
		errno = 0;
		return -1;
	}
	if (work->phase == PHASE_TAKE) {
		memcpy(arg, work->arg.plain, size);
		errno = work->record->err;
		return work->record->ret;
	}
	work->record->start_ns = now_ns(CLOCK_MONOTONIC);
	ret = ioctl(work->handle.fd, cmd, user);
	memcpy(arg, work->arg.plain, size);
	return ret;
}

static uint64_t name_pointer(struct work *work, char *name)
{
	const enum name kind = get(work, P_NAME);

	if (kind == NAME_FAULT)
		return 8;
	return kind == NAME_NONE ? 0 : (uintptr_t)name;
}

/* @handle: new, and what it was asked to be; @id: its mailbox, as we know it */
static void take_handle(struct work *work, unsigned int nr,
			struct handle *handle, uint64_t id)
{
	struct mbx_stat *stat = &work->record->stat;

	/* If memory went away in the middle the caller has not been told. */
	if (box_stat(handle->fd, stat))
		stat->out_id = 0;
	handle->id = stat->out_id ?: id;
	handle->maker = work->nr + 1;
	work->record->new_box = handle->id;
	if (nr == CONTROL)
		close(handle->fd);
	else
		handle_set(nr, *handle);
}

static int run_create(struct work *work)
{
	struct handle handle = { .rights = ALL_RIGHTS };
	char name[NAME_ROOM];
	struct mbx_create arg;

	init_create(&arg, NULL, get(work, P_FLAGS), get(work, P_CAPACITY));
	arg.name_len = box_name(get(work, P_BOX), get(work, P_NAME), name);
	arg.name_ptr = name_pointer(work, name);
	arg.mode = get(work, P_MODE);
	arg.msg_max = get(work, P_MAX);
	arg.policy = get(work, P_POLICY);
	arg.full = get(work, P_FULL);
	arg.dedup = get(work, P_DEDUP);
	work->handle.fd = control;
	handle.fd = command(work, MBX_IOC_CREATE, &arg, sizeof(arg));
	if (handle.fd < 0)
		return -1;
	take_handle(work, get(work, P_HANDLE), &handle, arg.out_id);
	work->record->message.seq = arg.out_id;
	__atomic_store_n(&arena->box[get(work, P_BOX)], handle.id,
			 __ATOMIC_SEQ_CST);
	return 0;
}

/* What OPEN and DELETE have in common: by which they find a mailbox. */
static void find_by(struct work *work, __u64 *id, __s32 *pid, __u64 *name_ptr,
		    __u32 *name_len, char *name)
{
	const uint64_t box = __atomic_load_n(&arena->box[get(work, P_BOX)],
					     __ATOMIC_SEQ_CST);
	const enum by by = get(work, P_BY);

	if (by == BY_NAME || by == BY_BOTH) {
		*name_len = box_name(get(work, P_BOX), NAME_PLAIN, name);
		*name_ptr = (uintptr_t)name;
	}
	if (by == BY_ID || by == BY_BOTH)
		*id = box;
	if (by == BY_STALE)
		*id = box + (1ULL << 40);
	work->record->by_id = *id;
	if (by == BY_PID)
		*pid = pid_value(work->call);
	else
		work->record->new_box = by == BY_HANDLE ? work->handle.id : box;
}

static int run_open(struct work *work)
{
	char name[NAME_ROOM];
	struct mbx_open arg;
	struct handle handle;

	init_open(&arg, NULL, 0, get(work, P_FLAGS));
	find_by(work, &arg.id, &arg.pid, &arg.name_ptr, &arg.name_len, name);
	work->handle.fd = control;
	handle.fd = command(work, MBX_IOC_OPEN, &arg, sizeof(arg));
	if (handle.fd < 0)
		return -1;
	handle.rights = get(work, P_FLAGS) & ALL_RIGHTS;
	take_handle(work, get(work, P_HANDLE), &handle, arg.out_id);
	return 0;
}

static int run_delete(struct work *work)
{
	char name[NAME_ROOM];
	struct mbx_delete arg;

	init_delete(&arg, NULL, 0);
	arg.flags = get(work, P_FLAGS);
	find_by(work, &arg.id, &arg.pid, &arg.name_ptr, &arg.name_len, name);
	if (get(work, P_BY) != BY_HANDLE)
		work->handle.fd = control;
	return command(work, MBX_IOC_DELETE, &arg, sizeof(arg));
}

int run_send(struct work *work)
{
	const uint32_t flags = get(work, P_FLAGS);
	struct delivery *message = &work->record->message;
	struct mbx_send arg;
	int ret, err;

	init_send(&arg, NULL, get(work, P_LEN), flags);
	arg.deadline = put_deadline(work, flags & MBX_SEND_REALTIME);
	arg.priority = get(work, P_PRIORITY);
	arg.type = type_value(get(work, P_TYPE));
	arg.data_ptr = (uintptr_t)put_data(work, true);
	arg.fds_ptr = put_fds(work);
	arg.id = type_value(get(work, P_ID));
	ret = command(work, MBX_IOC_SEND, &arg, sizeof(arg));
	err = errno;
	note_fds(work, false);
	message->len = get(work, P_LEN);
	message->seq = arg.out_seq;
	message->pid = arg.out_pid;
	message->tid = arg.out_tid;
	message->ids = ret >= 0;
	errno = err;
	return ret;
}

int run_receive(struct work *work)
{
	const uint32_t flags = get(work, P_FLAGS);
	struct mbx_receive arg;
	int ret, err;

	init_receive(&arg, NULL, get(work, P_LEN), flags);
	arg.deadline = put_deadline(work, flags & MBX_RECEIVE_REALTIME);
	arg.select_ptr = put_select(work);
	arg.lease_ms = get(work, P_LEASE);
	arg.reply_ptr = put_answer(work);
	arg.fds_ptr = put_fds(work);
	arg.data_ptr = (uintptr_t)put_data(work, false);
	ret = command(work, MBX_IOC_RECEIVE, &arg, sizeof(arg));
	err = errno;
	note_answer(work);
	note_fds(work, !ret);
	if (!ret) {
		note_message(work, arg.out_len, flags & MBX_RECEIVE_TRUNCATE);
		note_ids(work, &arg);
	} else if (err == EMSGSIZE &&
		   (!work->record->target || work->record->answered)) {
		work->record->message.len = arg.out_len;
		work->record->message.spoiled = !data_is_untouched(work);
	}
	errno = err;
	return ret;
}

static int run_write(struct work *work)
{
	const void *data = put_data(work, true);

	work->record->message.len = get(work, P_LEN);
	return write(work->handle.fd, data, get(work, P_LEN));
}

static int run_read(struct work *work)
{
	int ret =
		read(work->handle.fd, put_data(work, false), get(work, P_LEN));

	if (ret >= 0)
		note_message(work, ret, false);
	return ret;
}

static int run_derive(struct work *work)
{
	struct handle handle = { .rights = get(work, P_RIGHTS) };
	struct mbx_derive arg;

	init_derive(&arg, handle.rights, get(work, P_FLAGS),
		    badge_value(get(work, P_BADGE)));
	handle.fd = command(work, MBX_IOC_DERIVE, &arg, sizeof(arg));
	if (handle.fd < 0)
		return -1;
	take_handle(work, get(work, P_TO), &handle, work->handle.id);
	return 0;
}

static int run_revoke(struct work *work)
{
	struct mbx_revoke arg;

	init_revoke(&arg);
	arg.flags = get(work, P_FLAGS);
	return command(work, MBX_IOC_REVOKE, &arg, sizeof(arg));
}

static int run_poll(struct work *work)
{
	const uint32_t wait = get(work, P_WAIT);
	const uint32_t flags = get(work, P_FLAGS);
	struct pollfd pollfd = {
		.fd = work->handle.fd,
		.events = (flags & WANT_IN ? POLLIN : 0) |
			  (flags & WANT_OUT ? POLLOUT : 0),
	};
	int ms = wait == WAIT_PAST ? 0 : (int)wait;
	int ret;

	if (wait == WAIT_FOREVER || wait == WAIT_INVALID)
		ms = -1;
	else
		work->record->deadline = in_ms(ms);
	ret = poll(&pollfd, 1, ms);
	work->record->revents = pollfd.revents;
	return ret;
}

/* --------------------------------------------------------------- all others */

static int run_dup(struct work *work)
{
	struct handle handle = work->handle;

	if (get(work, P_HANDLE) == CONTROL || handle.fd < 0)
		return 0;
	handle.fd = fcntl(handle.fd, F_DUPFD_CLOEXEC, 0);
	if (handle.fd < 0)
		return -1;
	handle_set(get(work, P_TO), handle);
	return 0;
}

static int run_close(struct work *work)
{
	if (get(work, P_HANDLE) != CONTROL)
		handle_close(get(work, P_HANDLE));
	return 0;
}

static int run_nonblock(struct work *work)
{
	return fcntl(work->handle.fd, F_SETFL,
		     get(work, P_FLAGS) ? O_RDWR | O_NONBLOCK : O_RDWR);
}

static int run_hold(struct work *work __attribute__((unused)))
{
	hold();
	return 0;
}

/* Only the memory of the caller's own process. */
static int run_unmap(struct work *work)
{
	const unsigned int target = get(work, P_TARGET);

	if (process_of(target) == process_of(work->task))
		memory_unmap(target);
	return 0;
}

static int run_flip(struct work *work)
{
	do_flip(work->call);
	return 0;
}

static int run_show(struct work *work)
{
	return do_show(work->call, &work->handle);
}

static int run_ioctl(struct work *work)
{
	return do_ioctl(work->call, &work->handle);
}

static int (*const run[OPS])(struct work *work) = {
	[OP_CREATE] = run_create,     [OP_OPEN] = run_open,
	[OP_DELETE] = run_delete,     [OP_SEND] = run_send,
	[OP_RECEIVE] = run_receive,   [OP_WRITE] = run_write,
	[OP_READ] = run_read,	      [OP_STAT] = run_stat,
	[OP_VERSION] = run_version,   [OP_POLL] = run_poll,
	[OP_DERIVE] = run_derive,     [OP_REVOKE] = run_revoke,
	[OP_DUP] = run_dup,	      [OP_CLOSE] = run_close,
	[OP_NONBLOCK] = run_nonblock, [OP_HOLD] = run_hold,
	[OP_UNMAP] = run_unmap,	      [OP_FLIP] = run_flip,
	[OP_SHOW] = run_show,	      [OP_IOCTL] = run_ioctl,
	[OP_NOTIFY] = run_notify,     [OP_CONTROL] = run_action,
	[OP_BATCH] = run_batch,	      [OP_TRANSFER] = run_transfer,
	[OP_CALL] = run_call,	      [OP_REPLY] = run_reply,
	[OP_SETTLE] = run_settle,
};

/* In the task itself, or in a child of it. */
void do_call(unsigned int nr, unsigned int task)
{
	const struct call *call = &arena->program.call[nr];
	struct record *record = &arena->record[nr];
	struct work work = {
		.nr = nr, .task = task, .call = call, .record = record
	};

	record->pid = getpid();
	record->tid = syscall(SYS_gettid);
	/* Whoever is killed early shall not leave what is of another call. */
	memset(memory_arg(task), POISON, PAGE);
	store(&record->state, CALL_RUNNING);
	work.handle = handle_get(call->arg[P_HANDLE]);
	record->box = work.handle.id;
	record->rights = work.handle.rights;
	record->maker = work.handle.maker;
	record->start_ns = now_ns(CLOCK_MONOTONIC);
	errno = 0;
	record->ret = run[call->op](&work);
	record->err = record->ret < 0 ? errno : 0;
	record->end_ns = now_ns(CLOCK_MONOTONIC);
	record->end = next_stamp();
	store(&record->state, CALL_DONE);
}

/*
 * Whoever was killed in a receive may have got a message, or a copy of one that
 * then stayed in its place; in a create, a mailbox.
 */
void inspect_killed(unsigned int nr, unsigned int task)
{
	const struct call *call = &arena->program.call[nr];
	struct record *record = &arena->record[nr];
	const unsigned char *data, *arg;
	uint64_t id = 0;

	record->message.from = FROM_NOBODY;
	data = place_data(task, call->arg[P_DATA], call->arg[P_LEN]).plain +
	       data_offset(record->place);
	if (call->op == OP_RECEIVE || call->op == OP_READ)
		if (*data >= 1 && *data <= arena->program.nr)
			record->message.from = *data - 1;
	if (call->op == OP_CREATE) {
		arg = place_arg(task, call->arg[P_ARG],
				arg_room(sizeof(struct mbx_create),
					 call->arg[P_SIZE]))
			      .plain;
		memcpy(&id, arg + offsetof(struct mbx_create, out_id),
		       sizeof(id));
		record->new_box = id == POISON_U64 ? 0 : id;
	}
	record->end = next_stamp();
	store(&record->state, CALL_KILLED);
}
