// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first use of a mailbox by a process, and by a user, with each allocation
 * and user copy failing in turn: what is recorded of them is there or is not.
 */
#include "fail_nth_steps.h"

static void prepare_create(struct world *w)
{
	struct mbx_create arg;

	init_create(&arg, w->new_name, MBX_CREATE_OWNED, 1);
	put_arg(w, &arg, sizeof(arg));
}

static void prepare_send(struct world *w)
{
	struct mbx_send arg;

	put_data(w, w->step->queued + 1, w->step->len);
	init_send(&arg, w->data, w->step->len, 0);
	put_arg(w, &arg, sizeof(arg));
}

static void prepare_receive(struct world *w)
{
	struct mbx_receive arg;

	put_data(w, 0, w->step->len);
	init_receive(&arg, w->data, w->step->len, 0);
	put_arg(w, &arg, sizeof(arg));
}

static int run_command(struct world *w)
{
	return ioctl(w->step->cmd == MBX_IOC_CREATE ? w->control : w->box,
		     w->step->cmd, w->arg);
}

static int run_write(struct world *w)
{
	return write(w->box, w->data, w->step->len);
}

/* Dies with the child, name and all. */
static bool created(struct world *w)
{
	struct mbx_stat stat;

	return w->ret < 0 ||
	       (!box_stat(w->ret, &stat) && stat.out_owner_pid == getpid());
}

static bool received(struct world *w)
{
	return w->ret < 0 || is_message(w, w->data, 1);
}

#define FIRST(_name, _cmd, _prepare, _run, ...)                             \
	{                                                                   \
		.name = "first use, " _name, .cmd = _cmd, .capacity = 2,    \
		.queued = 1, .len = 64, .child = true, .prepare = _prepare, \
		.run = _run, __VA_ARGS__                                    \
	}

#define USER 7001

static const struct step first_uses[] = {
	FIRST("create by a new user", MBX_IOC_CREATE, prepare_create,
	      run_command, .outcome = created, .uid = USER, LEAST(7, 0, 1)),
	FIRST("send, cold, by a new user", MBX_IOC_SEND, prepare_send,
	      run_command, .added = 1, .cold = true, .uid = USER,
	      LEAST(4, 0, 3)),
	FIRST("write", 0, prepare_send, run_write, .added = 1, LEAST(3, 0, 1)),
	FIRST("receive, cold", MBX_IOC_RECEIVE, prepare_receive, run_command,
	      .taken = 1, .outcome = received, .cold = true, LEAST(2, 1, 3)),
};

TEST_F_TIMEOUT(fail_nth, first_use, 300)
{
	REPEAT(first_uses);
}

TEST_HARNESS_MAIN
