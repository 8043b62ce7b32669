// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Handles made of handles and taken away, mailboxes administered and given away,
 * with each allocation and copy failing.
 */
#include "fail_nth_steps.h"

static int run_on_box(struct world *w)
{
	return ioctl(w->box, w->step->cmd, w->arg);
}

/* ------------------------------------------------------------------- derive */

static void prepare_derive(struct world *w)
{
	struct mbx_derive arg;

	init_derive(&arg, MBX_OPEN_SEND, w->step->arg, 7);
	put_arg(w, &arg, sizeof(arg));
}

static bool derived(struct world *w)
{
	struct mbx_stat stat;
	bool right;

	if (w->ret < 0)
		return !box_revoke(w->box);
	right = !box_stat(w->ret, &stat) && stat.out_id == w->id &&
		stat.out_rights == MBX_OPEN_SEND && stat.out_handles == 2 &&
		box_revoke(w->box) == 1;
	close(w->ret);
	return right;
}

#define DERIVE(_name, ...)                                                 \
	{                                                                  \
		.name = "derive, " _name, .cmd = MBX_IOC_DERIVE,           \
		.capacity = 2, .queued = 1, .len = 64, .run = run_on_box,  \
		.prepare = prepare_derive, .outcome = derived, __VA_ARGS__ \
	}

static const struct step derives[] = {
	DERIVE("warm", LEAST(2, 0, 0)),
	DERIVE("one shot, cold", .arg = MBX_DERIVE_ONESHOT, .cold = true,
	       LEAST(2, 0, 1)),
};

/* ------------------------------------------------------------------- revoke */

static void prepare_revoke(struct world *w)
{
	struct mbx_revoke arg;

	w->fd = box_derive(w->box, MBX_OPEN_RECEIVE, 0, 0);
	init_revoke(&arg);
	put_arg(w, &arg, sizeof(arg));
}

/* All or nothing. */
static bool revoked(struct world *w)
{
	struct mbx_revoke arg;
	struct mbx_stat stat;

	if (!w->ok)
		return !box_stat(w->fd, &stat);
	memcpy(&arg, w->arg, sizeof(arg));
	return arg.out_handles == 1 && box_stat(w->fd, &stat) == -1 &&
	       errno == EKEYREVOKED;
}

#define REVOKE(_name, ...)                                                 \
	{                                                                  \
		.name = "revoke, " _name, .cmd = MBX_IOC_REVOKE,           \
		.capacity = 2, .queued = 1, .len = 64, .run = run_on_box,  \
		.prepare = prepare_revoke, .outcome = revoked, __VA_ARGS__ \
	}

static const struct step revokes[] = {
	REVOKE("warm", LEAST(0, 0, 0)),
	REVOKE("cold", .cold = true, LEAST(0, 0, 1)),
};

/* ------------------------------------------------------------------ control */

static void prepare_control(struct world *w)
{
	struct mbx_control arg;

	init_control(&arg, w->step->arg);
	put_arg(w, &arg, sizeof(arg));
}

static bool controlled(struct world *w)
{
	const bool purge = w->step->arg == MBX_CONTROL_PURGE;
	struct mbx_control arg;
	struct mbx_stat stat;

	if (box_stat(w->box, &stat))
		return false;
	if (!w->ok)
		return !stat.out_state && !stat.out_lost;
	memcpy(&arg, w->arg, sizeof(arg));
	if (purge)
		return arg.out_count == w->step->queued &&
		       stat.out_lost == w->step->queued;
	return stat.out_state == MBX_STATE_FROZEN &&
	       !box_control(w->box, MBX_CONTROL_THAW);
}

#define CONTROL_STEP(_name, _op, ...)                              \
	{                                                          \
		.name = "control, " _name, .cmd = MBX_IOC_CONTROL, \
		.capacity = 3, .queued = 2, .len = 64, .arg = _op, \
		.run = run_on_box, .prepare = prepare_control,     \
		.outcome = controlled, __VA_ARGS__                 \
	}

static const struct step controls[] = {
	CONTROL_STEP("freeze", MBX_CONTROL_FREEZE, LEAST(0, 0, 0)),
	CONTROL_STEP("freeze, cold", MBX_CONTROL_FREEZE, .cold = true,
		     LEAST(0, 0, 1)),
	CONTROL_STEP("purge", MBX_CONTROL_PURGE, .taken = 2, LEAST(0, 0, 0)),
	CONTROL_STEP("purge, cold", MBX_CONTROL_PURGE, .taken = 2, .cold = true,
		     LEAST(0, 0, 1)),
};

/* ----------------------------------------------------------------- transfer */

/* One that has not used a mailbox yet; without a descriptor, which would count. */
static pid_t heir;

static void prepare_transfer(struct world *w)
{
	struct mbx_transfer arg = {
		.size = sizeof(arg),
		.flags = MBX_TRANSFER_SUCCESSOR,
	};

	heir = fork();
	if (!heir) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	arg.pid = heir;
	put_arg(w, &arg, sizeof(arg));
}

static bool transferred(struct world *w)
{
	const pid_t pid = w->ok ? heir : 0;
	struct mbx_stat stat;
	bool right;

	right = !box_stat(w->box, &stat) && stat.out_successor_pid == pid &&
		!box_transfer(w->box, 0, MBX_TRANSFER_SUCCESSOR);
	kill(heir, SIGKILL);
	waitpid(heir, NULL, 0);
	return right;
}

#define TRANSFER(_name, ...)                                               \
	{                                                                  \
		.name = "transfer, " _name, .cmd = MBX_IOC_TRANSFER,       \
		.flags = MBX_CREATE_OWNED, .capacity = 2, .queued = 1,     \
		.len = 64, .run = run_on_box, .prepare = prepare_transfer, \
		.outcome = transferred, __VA_ARGS__                        \
	}

static const struct step transfers[] = {
	TRANSFER("warm", LEAST(1, 0, 0)),
	TRANSFER("cold", .cold = true, LEAST(1, 0, 1)),
};

/* --------------------------------------------------------- the first command */

static void prepare_first(struct world *w)
{
	w->fd = box_derive(w->box, BOTH_RIGHTS, w->step->arg, 0);
	put_data(w, 2, w->step->len);
}

static int send_first(struct world *w)
{
	return box_send(w->fd, w->data, w->step->len, MBX_SEND_NONBLOCK);
}

/* One that failed does not count: the next is refused for another reason. */
static bool sent_first(struct world *w)
{
	const bool spent = w->ok && w->step->arg;

	return box_send(w->fd, w->data, 0x7fffffff, 0) == -1 &&
	       errno == (spent ? EKEYEXPIRED : EMSGSIZE);
}

#define FIRST(_name, ...)                                                    \
	{                                                                    \
		.name = "send through a new handle, " _name, .capacity = 3,  \
		.queued = 1, .added = 1, .len = 64, .run = send_first,       \
		.prepare = prepare_first, .outcome = sent_first, __VA_ARGS__ \
	}

static const struct step firsts[] = {
	FIRST("warm", LEAST(1, 0, 0)),
	FIRST("one shot", .arg = MBX_DERIVE_ONESHOT, LEAST(1, 0, 0)),
	FIRST("one shot, cold", .arg = MBX_DERIVE_ONESHOT, .cold = true,
	      LEAST(1, 0, 0)),
};

/* -------------------------------------------------------------------- tests */

TEST_F_TIMEOUT(fail_nth, handles, 300)
{
	REPEAT(derives);
	REPEAT(revokes);
	REPEAT(controls);
	REPEAT(transfers);
	REPEAT(firsts);
}

TEST_HARNESS_MAIN
