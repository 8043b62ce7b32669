// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Batches, with each allocation and user copy failing in turn: as many messages
 * are sent or received as the batch says, and what failed has changed nothing.
 */
#include "fail_nth_steps.h"

#define NR 3
#define LEN 64

/* The elements lie behind the argument. */
struct sends {
	struct mbx_batch batch;
	struct mbx_send element[NR];
};

struct receives {
	struct mbx_batch batch;
	struct mbx_receive element[NR];
};

static char got[NR][LEN];

static int run_batch(struct world *w)
{
	return ioctl(w->box, MBX_IOC_BATCH, w->arg);
}

/* Where it lies is known only then. */
static void put_batch(struct world *w, struct mbx_batch *batch, size_t size)
{
	put_arg(w, batch, size);
	batch->vec_ptr = (uintptr_t)w->arg + sizeof(*batch);
	put_arg(w, batch, size);
}

static void prepare_sends(struct world *w)
{
	struct sends arg;
	int i;

	init_batch(&arg.batch, MBX_CMD_SEND, NULL, sizeof(arg.element[0]), NR);
	for (i = 0; i < NR; i++)
		init_send(&arg.element[i], content_of(w, w->last + 1 + i), LEN,
			  MBX_SEND_NONBLOCK);
	put_batch(w, &arg.batch, sizeof(arg));
}

static void prepare_receives(struct world *w)
{
	struct receives arg;
	int i;

	init_batch(&arg.batch, MBX_CMD_RECEIVE, NULL, sizeof(arg.element[0]),
		   NR);
	for (i = 0; i < NR; i++)
		init_receive(&arg.element[i], got[i], LEN,
			     MBX_RECEIVE_NONBLOCK);
	memset(got, POISON, sizeof(got));
	put_batch(w, &arg.batch, sizeof(arg));
}

/* A part is a success, too, if there was a fault. */
static bool says_why(const struct world *w)
{
	const struct mbx_batch *arg = w->arg;

	if (w->ret == NR)
		return !arg->out_error;
	return w->fired &&
	       (arg->out_error == EFAULT || arg->out_error == ENOMEM);
}

static bool sent(struct world *w)
{
	if (w->ret < 0)
		return true;
	w->last += w->ret;
	return says_why(w);
}

static bool received(struct world *w)
{
	int i;

	if (w->ret < 0)
		return true;
	for (i = 0; i < w->ret; i++)
		if (!is_message(w, got[i], w->first + i))
			return false;
	w->first += w->ret;
	return says_why(w);
}

#define BATCH(_name, _queued, _prepare, _outcome, ...)              \
	{                                                           \
		.name = _name, .cmd = MBX_IOC_BATCH, .capacity = 5, \
		.queued = _queued, .len = LEN, .prepare = _prepare, \
		.run = run_batch, .outcome = _outcome, __VA_ARGS__  \
	}

static const struct step batches[] = {
	BATCH("sends", 1, prepare_sends, sent, LEAST(1, 0, 1)),
	BATCH("sends, spares", 0, prepare_sends, sent, .spares = 2),
	BATCH("sends, cold", 1, prepare_sends, sent, .cold = true,
	      LEAST(1, 0, 1)),
	BATCH("receives", 4, prepare_receives, received),
	BATCH("receives, cold", 4, prepare_receives, received, .cold = true,
	      LEAST(0, 0, 1)),
};

TEST_F_TIMEOUT(fail_nth, batches, 300)
{
	REPEAT(batches);
}

TEST_HARNESS_MAIN
