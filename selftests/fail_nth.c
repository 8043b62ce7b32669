// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each command that makes, finds, describes or ends a mailbox, with each of its
 * allocations and user copies failing in turn.
 */
#include <sys/eventfd.h>

#include "fail_nth_steps.h"

static int run_on_control(struct world *w)
{
	return ioctl(w->control, w->step->cmd, w->arg);
}

static int run_on_box(struct world *w)
{
	return ioctl(w->box, w->step->cmd, w->arg);
}

/* ------------------------------------------------------------------- create */

/* @bytes is the capacity. */
static void prepare_create(struct world *w, const char *name)
{
	struct mbx_create arg;

	init_create(&arg, name, w->step->arg, w->step->bytes);
	put_arg(w, &arg, sizeof(arg));
}

static void create_unnamed(struct world *w)
{
	prepare_create(w, NULL);
}

static void create_named(struct world *w)
{
	prepare_create(w, w->new_name);
}

static void create_again(struct world *w)
{
	prepare_create(w, w->name);
}

/* Ids are kept by nodes of 64: this one is the first of its node. */
static void create_first_of_64(struct world *w)
{
	__u64 id = w->id;

	while ((id + 1) % 64) {
		int fd = box_create(w->control, NULL, MBX_CREATE_OWNED, 1);

		id = box_id(fd);
		close(fd);
	}
	prepare_create(w, w->new_name);
}

static bool created(struct world *w)
{
	struct mbx_create arg;
	struct mbx_stat stat;
	bool right;

	if (w->ret < 0)
		return box_open(w->control, w->new_name, 0, 0) == -1 &&
		       errno == ENOENT;
	memcpy(&arg, w->arg, sizeof(arg));
	right = !box_stat(w->ret, &stat) && stat.out_id == arg.out_id &&
		stat.out_flags == arg.flags &&
		stat.out_capacity == arg.capacity &&
		stat.out_name_len == arg.name_len && stat.out_handles == 1;
	box_delete(w->ret, NULL, 0);
	close(w->ret);
	return right;
}

#define CREATE(_name, _prepare, ...)                                        \
	{                                                                   \
		.name = "create, " _name, .cmd = MBX_IOC_CREATE,            \
		.capacity = 2, .queued = 1, .len = 64, .prepare = _prepare, \
		.run = run_on_control, .outcome = created, __VA_ARGS__      \
	}

static const struct step creates[] = {
	CREATE("bounded", create_unnamed, .bytes = 2, LEAST(3, 0, 0)),
	CREATE("bounded, named, cold", create_named, .bytes = 2, .cold = true,
	       LEAST(4, 0, 3)),
	CREATE("rendezvous, owned", create_unnamed, .bytes = 0,
	       .arg = MBX_CREATE_OWNED, LEAST(3, 0, 0)),
	CREATE("unbounded, owned, cold", create_unnamed, .bytes = MBX_UNBOUNDED,
	       .cold = true, .arg = MBX_CREATE_OWNED | MBX_CREATE_TIMESTAMP,
	       LEAST(3, 0, 2)),
	CREATE("first of 64, owned", create_first_of_64, .bytes = 2,
	       .arg = MBX_CREATE_OWNED, LEAST(5, 0, 1)),
	CREATE("taken name", create_again, .bytes = 2, .expected = EEXIST,
	       LEAST(4, 0, 1)),
};

/* --------------------------------------------------------------------- open */

static void open_name(struct world *w)
{
	struct mbx_open arg;

	init_open(&arg, w->name, 0, w->step->arg);
	put_arg(w, &arg, sizeof(arg));
}

static void open_id(struct world *w)
{
	struct mbx_open arg;

	init_open(&arg, NULL, w->id, w->step->arg);
	put_arg(w, &arg, sizeof(arg));
}

static void open_other(struct world *w)
{
	struct mbx_open arg;

	init_open(&arg, w->new_name, 0, w->step->arg);
	put_arg(w, &arg, sizeof(arg));
}

static void open_pid(struct world *w)
{
	struct mbx_open arg;

	init_open(&arg, NULL, 0, w->step->arg);
	arg.pid = getpid();
	put_arg(w, &arg, sizeof(arg));
}

/* It is made if all goes well, or not at all. */
static bool opened_pid(struct world *w)
{
	struct mbx_stat stat;
	bool right;

	if (w->ret < 0)
		return box_open_pid(w->control, getpid(), 0) == -1 &&
		       errno == ENOENT;
	right = !box_stat(w->ret, &stat) && stat.out_owner_pid == getpid() &&
		stat.out_handles == 1;
	close(w->ret);
	return !box_delete_pid(w->control, getpid()) && right;
}

static bool opened(struct world *w)
{
	struct mbx_open arg;
	struct mbx_stat stat;
	bool right;

	if (w->ret < 0)
		return true;
	memcpy(&arg, w->arg, sizeof(arg));
	right = arg.out_id == w->id && !box_stat(w->ret, &stat) &&
		stat.out_id == w->id && stat.out_rights == w->step->arg &&
		stat.out_handles == 2;
	close(w->ret);
	return right;
}

#define OPEN(_name, _rights, _prepare, ...)                                  \
	{                                                                    \
		.name = "open, " _name, .cmd = MBX_IOC_OPEN, .capacity = 2,  \
		.queued = 1, .len = 64, .arg = _rights, .prepare = _prepare, \
		.run = run_on_control, .outcome = opened, __VA_ARGS__        \
	}

#define OPEN_PID(_name, ...)                                                \
	{                                                                   \
		.name = "open, " _name, .cmd = MBX_IOC_OPEN, .capacity = 2, \
		.queued = 1, .len = 64, .arg = BOTH, .prepare = open_pid,   \
		.run = run_on_control, .outcome = opened_pid, __VA_ARGS__   \
	}

#define BOTH (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)

static const struct step opens[] = {
	OPEN("by name", BOTH, open_name, LEAST(3, 0, 1)),
	OPEN("by name, cold", BOTH, open_name, .cold = true, LEAST(3, 0, 3)),
	OPEN("by id", MBX_OPEN_RECEIVE, open_id, LEAST(2, 0, 0)),
	OPEN("by id, no rights, cold", 0, open_id, .cold = true,
	     LEAST(2, 0, 2)),
	OPEN_PID("made for a pid", LEAST(4, 0, 0)),
	OPEN_PID("made for a pid, cold", .cold = true, LEAST(4, 0, 2)),
	OPEN("no such name, cold", BOTH, open_other, .cold = true,
	     .expected = ENOENT, LEAST(1, 0, 2)),
};

/* ------------------------------------------------------------------- delete */

static void delete_any(struct world *w, const char *name, __u64 id)
{
	struct mbx_delete arg;

	init_delete(&arg, name, id);
	put_arg(w, &arg, sizeof(arg));
}

static void delete_name(struct world *w)
{
	delete_any(w, w->name, 0);
}

static void delete_id(struct world *w)
{
	delete_any(w, NULL, w->id);
}

static void delete_handle(struct world *w)
{
	delete_any(w, NULL, 0);
}

static void delete_other(struct world *w)
{
	delete_any(w, w->new_name, 0);
}

#define DELETE(_name, _len, _prepare, ...)                                    \
	{                                                                     \
		.name = "delete, " _name, .cmd = MBX_IOC_DELETE,              \
		.capacity = 2, .queued = 2, .len = _len, .prepare = _prepare, \
		.run = run_on_box, .ends = true, __VA_ARGS__                  \
	}

static const struct step deletes[] = {
	DELETE("by name", 64, delete_name, LEAST(1, 0, 1)),
	DELETE("by name, cold", 65536, delete_name, .cold = true,
	       LEAST(1, 0, 2)),
	DELETE("by id, cold", 4096, delete_id, .cold = true, LEAST(0, 0, 1)),
	DELETE("by handle, cold", 64, delete_handle, .cold = true,
	       LEAST(0, 0, 1)),
	DELETE("no such name", 64, delete_other, .expected = ENOENT,
	       LEAST(1, 0, 1)),
};

/* ---------------------------------------------------------- stat and version */

/* @bytes is what the caller knows beyond this. */
static void prepare_stat(struct world *w)
{
	struct {
		struct mbx_stat stat;
		char more[64];
	} arg = {};

	arg.stat.size = sizeof(arg.stat) + w->step->bytes;
	put_arg(w, &arg, arg.stat.size);
}

static bool stated(struct world *w)
{
	struct mbx_stat stat;

	if (!w->ok)
		return true;
	memcpy(&stat, w->arg, sizeof(stat));
	stat.size = sizeof(stat);
	return !memcmp(&stat, &w->before, sizeof(stat));
}

static void prepare_version(struct world *w)
{
	struct mbx_version arg = { .size = sizeof(arg) };

	put_arg(w, &arg, sizeof(arg));
}

static bool told_version(struct world *w)
{
	struct mbx_version arg;

	memcpy(&arg, w->arg, sizeof(arg));
	return !w->ok || arg.out_abi == MBX_ABI;
}

/* In place of a registration with watermarks, which shows in the state. */
static void prepare_notify(struct world *w)
{
	struct mbx_notify arg;

	w->fd = eventfd(0, EFD_CLOEXEC);
	init_notify(&arg, MBX_EVENT_HIGH, w->fd);
	arg.high = 1;
	ioctl(w->box, MBX_IOC_NOTIFY, &arg);
	init_notify(&arg, MBX_EVENT_ROOM, w->fd);
	put_arg(w, &arg, sizeof(arg));
}

/* Likewise, but the mailbox itself is told, of nothing that happens here. */
static void prepare_notify_box(struct world *w)
{
	struct mbx_notify arg;

	prepare_notify(w);
	memcpy(&arg, w->arg, sizeof(arg));
	arg.events = MBX_EVENT_DELETED;
	arg.fd = w->box;
	put_arg(w, &arg, sizeof(arg));
}

static bool registered(struct world *w)
{
	struct mbx_notify arg;

	init_notify(&arg, 0, 0);
	arg.flags = MBX_NOTIFY_READ;
	return !ioctl(w->box, MBX_IOC_NOTIFY, &arg) &&
	       !(arg.out_state & MBX_EVENT_HIGH) == w->ok;
}

#define ASK(_name, _cmd, _prepare, _outcome, ...)                       \
	{                                                               \
		.name = _name, .cmd = _cmd, .capacity = 2, .queued = 1, \
		.len = 64, .run = run_on_box, .prepare = _prepare,      \
		.outcome = _outcome, __VA_ARGS__                        \
	}

static const struct step asks[] = {
	ASK("stat", MBX_IOC_STAT, prepare_stat, stated, LEAST(0, 0, 1)),
	ASK("stat, cold", MBX_IOC_STAT, prepare_stat, stated, .cold = true,
	    LEAST(0, 1, 1)),
	ASK("stat, longer, cold", MBX_IOC_STAT, prepare_stat, stated,
	    .bytes = 64, .cold = true, LEAST(0, 1, 1)),
	ASK("notify", MBX_IOC_NOTIFY, prepare_notify, registered,
	    LEAST(1, 0, 0)),
	ASK("notify, cold", MBX_IOC_NOTIFY, prepare_notify, registered,
	    .cold = true, LEAST(1, 0, 1)),
	ASK("notify a mailbox", MBX_IOC_NOTIFY, prepare_notify_box, registered,
	    LEAST(2, 0, 0)),
	ASK("notify a mailbox, cold", MBX_IOC_NOTIFY, prepare_notify_box,
	    registered, .cold = true, LEAST(2, 0, 1)),
	ASK("version, cold", MBX_IOC_VERSION, prepare_version, told_version,
	    .cold = true, LEAST(0, 0, 1)),
};

/* -------------------------------------------------------------------- tests */

TEST_F_TIMEOUT(fail_nth, commands, 300)
{
	REPEAT(creates);
	REPEAT(opens);
	REPEAT(deletes);
	REPEAT(asks);
}

TEST_HARNESS_MAIN
