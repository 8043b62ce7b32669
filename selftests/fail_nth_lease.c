// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases, dead-letter mailboxes and ids, with each allocation and user copy failing
 * in turn: a message is leased or ready, settled or leased, and an id that is
 * refused was sent.
 */
#include "fail_nth_steps.h"

#define LONG_MS 3600000
#define DEDUP 100

static int run_command(struct world *w)
{
	return ioctl(w->box, w->step->cmd, w->arg);
}

static bool act_nothing(struct world *w)
{
	return w;
}

static bool has_leased(struct world *w, __u32 nr)
{
	struct mbx_stat stat;

	return !box_stat(w->box, &stat) && stat.out_leased == nr;
}

/* Returns the number of the first message, which is leased then. */
static __u64 lease_first(struct world *w)
{
	struct mbx_receive arg;

	init_receive(&arg, w->drained, sizeof(w->drained),
		     MBX_RECEIVE_NONBLOCK);
	arg.lease_ms = LONG_MS;
	if (ioctl(w->box, MBX_IOC_RECEIVE, &arg))
		abort();
	return arg.out_seq;
}

/* -------------------------------------------------------------------- leasing */

static void prepare_lease(struct world *w)
{
	struct mbx_receive arg;

	put_data(w, 0, w->step->len);
	init_receive(&arg, w->data, w->step->len, MBX_RECEIVE_NONBLOCK);
	arg.lease_ms = LONG_MS;
	put_arg(w, &arg, sizeof(arg));
}

/* A second one, where the mailbox has all that it needs for leases. */
static void prepare_next_lease(struct world *w)
{
	if (box_settle(w->box, lease_first(w), MBX_SETTLE_NACK))
		abort();
	prepare_lease(w);
}

static bool leased(struct world *w)
{
	struct mbx_receive arg;

	memcpy(&arg, w->arg, sizeof(arg));
	return w->ret < 0 ? has_leased(w, 0) :
			    has_leased(w, 1) && is_message(w, w->data, 1) &&
				    !box_settle(w->box, arg.out_seq, 0);
}

#define LEASE(_name, _len, _prepare, ...)                                     \
	{                                                                     \
		.name = "lease, " _name, .cmd = MBX_IOC_RECEIVE, .len = _len, \
		.capacity = 3, .queued = 2, .taken = 1, .prepare = _prepare,  \
		.run = run_command, .outcome = leased, __VA_ARGS__            \
	}

static const struct step leases[] = {
	LEASE("the first", 64, prepare_lease, LEAST(2, 0, 0)),
	LEASE("the first, cold", 64, prepare_lease, .cold = true,
	      LEAST(2, 0, 2)),
	LEASE("the next", 64, prepare_next_lease, LEAST(1, 0, 0)),
	LEASE("64 KiB, cold", 65536, prepare_lease, .cold = true,
	      LEAST(2, 0, 2)),
};

/* ------------------------------------------------------------------- settling */

static void prepare_settle(struct world *w)
{
	struct mbx_settle arg;

	init_settle(&arg, lease_first(w), w->step->arg);
	if (w->step->arg & MBX_SETTLE_RENEW)
		arg.lease_ms = LONG_MS;
	put_arg(w, &arg, sizeof(arg));
}

/* What is leased still, or again, is ready then. */
static bool settled(struct world *w)
{
	struct mbx_settle arg;

	memcpy(&arg, w->arg, sizeof(arg));
	if (w->ret < 0 || (w->step->arg & MBX_SETTLE_RENEW))
		return has_leased(w, 1) &&
		       !box_settle(w->box, arg.seq, MBX_SETTLE_NACK);
	return has_leased(w, 0);
}

#define SETTLE(_name, ...)                                                 \
	{                                                                  \
		.name = "settle, " _name, .cmd = MBX_IOC_SETTLE, .len = 4, \
		.capacity = 3, .queued = 2, .cold = true,                  \
		.prepare = prepare_settle, .run = run_command,             \
		.outcome = settled, .act = act_nothing, LEAST(0, 0, 1),    \
		__VA_ARGS__                                                \
	}

static const struct step settles[] = {
	SETTLE("done with", .taken = 1),
	SETTLE("refused", .arg = MBX_SETTLE_NACK),
	SETTLE("longer", .arg = MBX_SETTLE_RENEW),
};

/* ------------------------------------------------------------------ mailboxes */

static int run_on_control(struct world *w)
{
	return ioctl(w->control, w->step->cmd, w->arg);
}

static void prepare_create(struct world *w)
{
	struct mbx_create arg;

	init_create(&arg, NULL, MBX_CREATE_OWNED | MBX_CREATE_DEAD_LETTER, 2);
	arg.dead_letter = w->box;
	arg.deliveries_max = 3;
	arg.dedup = w->step->bytes;
	put_arg(w, &arg, sizeof(arg));
}

static bool created(struct world *w)
{
	struct mbx_stat stat;
	bool right;

	if (w->ret < 0)
		return true;
	right = !box_stat(w->ret, &stat) && stat.out_dead_letter == w->id &&
		stat.out_dedup == w->step->bytes;
	close(w->ret);
	return right;
}

#define CREATE(_name, _dedup, ...)                                          \
	{                                                                   \
		.name = "create, " _name, .cmd = MBX_IOC_CREATE, .len = 64, \
		.capacity = 2, .queued = 1, .bytes = _dedup,                \
		.prepare = prepare_create, .run = run_on_control,           \
		.outcome = created, __VA_ARGS__                             \
	}

static const struct step creates[] = {
	CREATE("a few ids, cold", DEDUP, .cold = true, LEAST(5, 0, 2)),
	CREATE("all ids", MBX_DEDUP_MAX, LEAST(4, 0, 0)),
};

/* ------------------------------------------------------------------------ ids */

/* With one that remembers ids instead. */
static void remake_box(struct world *w)
{
	struct mbx_create arg;

	box_delete(w->box, NULL, 0);
	close(w->box);
	init_create(&arg, NULL, 0, w->step->capacity);
	arg.dedup = DEDUP;
	w->box = ioctl(w->control, MBX_IOC_CREATE, &arg);
	w->id = box_id(w->box);
	if (w->box < 0 || !fill_box(w) ||
	    !wait_until(count_refs(w) == w->outside + 2))
		abort();
}

static void init_with_id(struct world *w, struct mbx_send *arg,
			 const void *data)
{
	init_send(arg, data, w->step->len, w->step->arg);
	arg->id = 1;
}

static void prepare_send(struct world *w)
{
	struct mbx_send arg;

	remake_box(w);
	put_data(w, w->step->queued + 1, w->step->len);
	init_with_id(w, &arg, w->data);
	put_arg(w, &arg, sizeof(arg));
}

/* What failed is sent again, and what was sent is not. */
static bool sent(struct world *w)
{
	const void *data = content_of(w, w->step->queued + 1);
	struct mbx_send arg;
	int ret;

	init_with_id(w, &arg, data);
	ret = ioctl(w->box, MBX_IOC_SEND, &arg);
	if (w->ret < 0) {
		w->last += w->step->added;
		return ret == (w->step->arg ? MBX_DEFERRED : 0);
	}
	return ret == -1 && errno == (w->step->arg ? EBUSY : EALREADY);
}

#define SEND(_name, _len, ...)                                                \
	{                                                                     \
		.name = "send with an id, " _name, .cmd = MBX_IOC_SEND,       \
		.capacity = 2, .added = 1, .len = _len, .cold = true,         \
		.prepare = prepare_send, .run = run_command, .outcome = sent, \
		.act = act_nothing, __VA_ARGS__                               \
	}

static const struct step sends[] = {
	SEND("64 bytes", 64, .queued = 1, LEAST(1, 0, 3)),
	SEND("64 KiB", 65536, .queued = 1, LEAST(1, 0, 3)),
	SEND("deferred", 4096, .queued = 2, .arg = MBX_SEND_DEFER,
	     LEAST(2, 0, 3)),
};

TEST_F_TIMEOUT(fail_nth, leases, 300)
{
	REPEAT(leases);
	REPEAT(settles);
}

TEST_F_TIMEOUT(fail_nth, ids, 300)
{
	REPEAT(creates);
	REPEAT(sends);
}

TEST_HARNESS_MAIN
