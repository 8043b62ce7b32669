// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Questions to callers, and their answers, with each allocation and user copy
 * failing in turn.  What is refused can be asked, or said, again; and whatever
 * fails, the call goes on to its end.
 */
#include "callbacks.h"
#include "fail_nth_steps.h"

static int run_command(struct world *w)
{
	return ioctl(w->box, w->step->cmd, w->arg);
}

static bool act_nothing(struct world *w)
{
	return w;
}

static char theirs[DATA_MAX];
static char reply[DATA_MAX];
static __u64 call;

/* ------------------------------------------------------------------- questions */

/* Says what it is asked, until it has the reply: the same thing, too. */
static void *echo(void *arg)
{
	struct world *w = arg;
	struct mbx_call to;
	int ret;

	init_call(&to, NULL, 0, theirs, w->step->len);
	to.flags = MBX_CALL_BACKS;
	ret = ioctl(w->box, MBX_IOC_CALL, &to);
	while (ret == MBX_CALLED_BACK) {
		call = to.out_seq;
		init_call(&to, theirs, w->step->len, theirs, w->step->len);
		to.flags = MBX_CALL_ANSWER;
		to.call = call;
		ret = ioctl(w->box, MBX_IOC_CALL, &to);
	}
	w->acted = !ret && to.out_len == w->step->len &&
		   is_message(w, theirs, 2);
	return NULL;
}

static void prepare_ask(struct world *w)
{
	struct mbx_receive got;
	struct mbx_call arg;

	if (pthread_create(&w->partner, NULL, echo, w))
		abort();
	init_receive(&got, NULL, 0, 0);
	if (ioctl(w->box, MBX_IOC_RECEIVE, &got) ||
	    !wait_until(has_callers(w->box, 0, 1)))
		abort();
	put_data(w, 1, w->step->len);
	init_call(&arg, w->data, w->step->len, w->data, w->step->len);
	arg.flags = MBX_CALL_BACK;
	arg.call = got.out_seq;
	call = got.out_seq;
	put_arg(w, &arg, sizeof(arg));
}

/* What was refused has not arrived. */
static bool was_answered(struct world *w)
{
	struct mbx_call arg;

	memcpy(&arg, w->arg, sizeof(arg));
	if (w->ret < 0)
		return true;
	return arg.out_seq == call && arg.out_len == w->step->len &&
	       is_message(w, w->data, 1);
}

static bool finish_ask(struct world *w)
{
	bool fine = !box_reply(w->box, call, content_of(w, 2), w->step->len);

	/* Who is on the way back to its wait has the reply there. */
	pthread_join(w->partner, NULL);
	return fine && w->acted;
}

#define ASK(_name, _len, ...)                                              \
	{                                                                  \
		.name = "ask, " _name, .cmd = MBX_IOC_CALL, .len = _len,   \
		.prepare = prepare_ask, .capacity = 2, .run = run_command, \
		.outcome = was_answered, .act = act_nothing,               \
		.finish = finish_ask, __VA_ARGS__                          \
	}

static const struct step questions[] = {
	ASK("64 bytes", 64, LEAST(1, 0, 0)),
	ASK("64 bytes, cold", 64, .cold = true, LEAST(1, 0, 2)),
	ASK("64 KiB, cold", 65536, .cold = true, LEAST(1, 0, 2)),
};

/* --------------------------------------------------------------------- answers */

/* Asks, and replies once it has the answer. */
static void *interrogate(void *arg)
{
	struct world *w = arg;
	struct mbx_receive got;
	struct mbx_call to;

	init_receive(&got, NULL, 0, 0);
	if (ioctl(w->box, MBX_IOC_RECEIVE, &got))
		return NULL;
	init_call(&to, content_of(w, 3), w->step->len, theirs, w->step->len);
	to.flags = MBX_CALL_BACK;
	to.call = got.out_seq;
	w->acted =
		!ioctl(w->box, MBX_IOC_CALL, &to) &&
		to.out_len == w->step->len && is_message(w, theirs, 1) &&
		!box_reply(w->box, got.out_seq, content_of(w, 2), w->step->len);
	return NULL;
}

static void prepare_answer(struct world *w)
{
	struct mbx_call arg;

	/* It keeps what it says in one place. */
	content_of(w, 3);
	if (pthread_create(&w->partner, NULL, interrogate, w))
		abort();
	init_call(&arg, NULL, 0, reply, w->step->len);
	arg.flags = MBX_CALL_BACKS;
	if (ioctl(w->box, MBX_IOC_CALL, &arg) != MBX_CALLED_BACK)
		abort();
	call = arg.out_seq;
	put_data(w, 1, w->step->len);
	init_call(&arg, w->data, w->step->len, w->data, w->step->len);
	arg.flags = MBX_CALL_ANSWER;
	arg.call = call;
	put_arg(w, &arg, sizeof(arg));
}

static bool answer_again(struct world *w)
{
	struct mbx_call arg;

	init_call(&arg, content_of(w, 1), w->step->len, reply, w->step->len);
	arg.flags = MBX_CALL_ANSWER;
	arg.call = call;
	return !ioctl(w->box, MBX_IOC_CALL, &arg) &&
	       arg.out_len == w->step->len && is_message(w, reply, 2);
}

/* What was refused can be said again; else the call is over. */
static bool finish_answer(struct world *w)
{
	struct mbx_call arg;
	bool fine = true;

	memcpy(&arg, w->arg, sizeof(arg));
	if (w->ok)
		fine = arg.out_seq == call && is_message(w, w->data, 2);
	else
		fine = arg.out_seq ? hang_up(w->box, call) == -1 :
				     answer_again(w);
	pthread_join(w->partner, NULL);
	return fine && w->acted;
}

#define REPLY_TO(_name, _len, ...)                                            \
	{                                                                     \
		.name = "answer, " _name, .cmd = MBX_IOC_CALL, .len = _len,   \
		.prepare = prepare_answer, .capacity = 2, .run = run_command, \
		.act = act_nothing, .finish = finish_answer, __VA_ARGS__      \
	}

static const struct step answers[] = {
	REPLY_TO("64 bytes", 64, LEAST(1, 0, 0)),
	REPLY_TO("64 bytes, cold", 64, .cold = true, LEAST(1, 0, 2)),
	REPLY_TO("64 KiB, cold", 65536, .cold = true, LEAST(1, 0, 2)),
};

TEST_F_TIMEOUT(fail_nth, questions, 300)
{
	REPEAT(questions);
}

TEST_F_TIMEOUT(fail_nth, answers, 300)
{
	REPEAT(answers);
}

TEST_HARNESS_MAIN
