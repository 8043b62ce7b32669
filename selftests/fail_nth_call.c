// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls and replies with each allocation and user copy failing in turn.  A reply
 * that fails leaves the caller waiting; a call that fails was sent or not, as it
 * says.
 */
#include "fail_nth_steps.h"

static bool is_set(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set(bool *flag)
{
	__atomic_store_n(flag, true, __ATOMIC_RELEASE);
}

static int run_command(struct world *w)
{
	set(&w->running);
	return ioctl(w->box, w->step->cmd, w->arg);
}

/* --------------------------------------------------------------------- replies */

/* Of what the test is to reply to; and the reply, where a receive has it. */
static __u64 call;
static struct mbx_reply reply;
static char answer[DATA_MAX];

/* A thread that calls, and whose call has been taken. */
static void start_caller(struct world *w)
{
	struct job *job = job_new(w->box, MBX_IOC_CALL);
	struct mbx_receive got;

	init_call(&job->call, NULL, 0, answer, w->step->len);
	w->job = job_thread(job);
	init_receive(&got, NULL, 0, MBX_RECEIVE_NONBLOCK);
	if (!job_blocks(job) || ioctl(w->box, MBX_IOC_RECEIVE, &got))
		abort();
	call = got.out_seq;
}

static void prepare_reply(struct world *w)
{
	start_caller(w);
	put_data(w, 1, w->step->len);
	init_reply(&reply, call, w->data, w->step->len);
	put_arg(w, &reply, sizeof(reply));
}

/* What has not been replied to is now. */
static bool end_caller(struct world *w, bool replied)
{
	bool fine = replied ||
		    !box_reply(w->box, call, content_of(w, 1), w->step->len);

	fine = fine && !job_join(w->job) && is_message(w, answer, 1) &&
	       w->job->call.out_len == w->step->len;
	munmap(w->job, sizeof(*w->job));
	return fine && box_reply(w->box, call, NULL, 0) == -1 &&
	       errno == ENOENT;
}

static bool finish_reply(struct world *w)
{
	return end_caller(w, w->ok);
}

#define REPLY(_name, _len, ...)                                              \
	{                                                                    \
		.name = "reply, " _name, .cmd = MBX_IOC_REPLY, .len = _len,  \
		.prepare = prepare_reply, .capacity = 2, .run = run_command, \
		.finish = finish_reply, __VA_ARGS__                          \
	}

static const struct step replies[] = {
	REPLY("64 bytes", 64),
	REPLY("64 bytes, cold", 64, .cold = true, LEAST(0, 0, 2)),
	REPLY("64 KiB, cold", 65536, .cold = true, LEAST(1, 0, 2)),
	REPLY("1 MiB, cold", DATA_MAX, .cold = true, LEAST(1, 0, 2)),
};

/* ----------------------------------------------------------- replies that receive */

static void prepare_both(struct world *w)
{
	struct mbx_receive arg;

	start_caller(w);
	if (!send_message(w, 2))
		abort();
	put_data(w, 0, w->step->len);
	init_reply(&reply, call, content_of(w, 1), w->step->len);
	init_receive(&arg, w->data, w->step->len, MBX_RECEIVE_NONBLOCK);
	arg.reply_ptr = (uintptr_t)&reply;
	put_arg(w, &arg, sizeof(arg));
	w->first = 2;
	w->last = 2;
}

static bool received(struct world *w)
{
	return w->ret < 0 || (!reply.call && is_message(w, w->data, 2));
}

/* The one may be done without the other, and @call tells. */
static bool finish_both(struct world *w)
{
	return end_caller(w, !reply.call);
}

static bool act_nothing(struct world *w)
{
	return w;
}

#define BOTH_AT_ONCE(_name, _len, ...)                                       \
	{                                                                    \
		.name = "reply and receive, " _name, .cmd = MBX_IOC_RECEIVE, \
		.len = _len, .prepare = prepare_both, .capacity = 2,         \
		.taken = 1, .run = run_command, .outcome = received,         \
		.act = act_nothing, .finish = finish_both, __VA_ARGS__       \
	}

static const struct step pairs[] = {
	BOTH_AT_ONCE("64 bytes", 64),
	BOTH_AT_ONCE("64 bytes, cold", 64, .cold = true, LEAST(0, 0, 2)),
	BOTH_AT_ONCE("64 KiB, cold", 65536, .cold = true, LEAST(1, 0, 2)),
};

/* ----------------------------------------------------------------------- calls */

static void *partner(void *arg)
{
	struct world *w = arg;

	while (!is_set(&w->running) ||
	       (!is_set(&w->done) && !has_waiters(w->box, 1, 0)))
		pause_briefly();
	w->acted = w->step->act(w);
	return NULL;
}

static bool act_serve(struct world *w)
{
	struct mbx_receive got;

	init_receive(&got, w->drained, sizeof(w->drained),
		     MBX_RECEIVE_NONBLOCK);
	return !ioctl(w->box, MBX_IOC_RECEIVE, &got) &&
	       is_message(w, w->drained, 1) &&
	       !box_reply(w->box, got.out_seq, content_of(w, 2), w->step->len);
}

/* The reply goes where the message was. */
static void prepare_call(struct world *w)
{
	struct mbx_call arg;

	put_data(w, 1, w->step->len);
	init_call(&arg, w->data, w->step->len, w->data, w->step->len);
	arg.flags = w->step->arg;
	put_arg(w, &arg, sizeof(arg));
	if (pthread_create(&w->partner, NULL, partner, w))
		abort();
}

/* A call that has failed tells whether anybody had it. */
static void join_server(struct world *w)
{
	struct mbx_call arg;

	set(&w->done);
	pthread_join(w->partner, NULL);
	memcpy(&arg, w->arg, sizeof(arg));
	w->right = w->right && w->acted == !!arg.out_seq;
	if (w->ok)
		w->right = w->right && w->acted &&
			   arg.out_len == w->step->len &&
			   is_message(w, w->data, 2);
}

#define CALL(_name, _len, ...)                                                 \
	{                                                                      \
		.name = "call, " _name, .cmd = MBX_IOC_CALL, .len = _len,      \
		.prepare = prepare_call, .run = run_command, .act = act_serve, \
		.join = join_server, __VA_ARGS__                               \
	}

static const struct step calls[] = {
	CALL("64 bytes", 64, .capacity = 2),
	CALL("64 bytes, cold", 64, .capacity = 2, .cold = true, LEAST(0, 0, 2)),
	CALL("rendezvous, cold", 64, .cold = true, LEAST(0, 0, 2)),
	CALL("64 KiB, cold", 65536, .capacity = 2, .cold = true,
	     LEAST(1, 0, 2)),
	CALL("64 bytes, may be asked", 64, .capacity = 2, .arg = MBX_CALL_BACKS,
	     LEAST(1, 0, 0)),
};

TEST_F_TIMEOUT(fail_nth, replies, 300)
{
	REPEAT(replies);
	REPEAT(pairs);
}

TEST_F_TIMEOUT(fail_nth, calls, 300)
{
	REPEAT(calls);
}

TEST_HARNESS_MAIN
