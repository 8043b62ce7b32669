// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls that block until somebody else completes them, and calls that complete
 * somebody else's, with each allocation and user copy failing in turn.  Whatever
 * fails, the other side sees either the whole of it or nothing.
 */
#include <poll.h>

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

/* ------------------------------------------------------------------ partners */

/* The call sleeps in the mailbox, or as a poller. */
static bool is_asleep(const struct world *w)
{
	if (w->step->cmd == MBX_IOC_SEND)
		return has_waiters(w->box, 1, 0);
	if (w->step->cmd == MBX_IOC_RECEIVE)
		return has_waiters(w->box, 0, 1);
	return thread_state(w->tid) == 'S';
}

static void *partner(void *arg)
{
	struct world *w = arg;

	while (!is_set(&w->running) || (!is_set(&w->done) && !is_asleep(w)))
		pause_briefly();
	w->acted = w->step->act(w);
	return NULL;
}

static void start_partner(struct world *w)
{
	if (pthread_create(&w->partner, NULL, partner, w))
		abort();
}

static void join_partner(struct world *w)
{
	set(&w->done);
	pthread_join(w->partner, NULL);
}

static bool act_send(struct world *w)
{
	return send_message(w, w->step->queued + 1);
}

static bool act_receive(struct world *w)
{
	return receive_message(w, 1);
}

/* --------------------------------------------------- a receive that blocks */

static void prepare_receive(struct world *w)
{
	struct mbx_receive arg;

	put_data(w, 0, w->step->len);
	init_receive(&arg, w->data, w->step->len, w->step->arg);
	put_arg(w, &arg, sizeof(arg));
	start_partner(w);
}

static int run_read(struct world *w)
{
	set(&w->running);
	return read(w->box, w->data, w->step->len);
}

static bool received(struct world *w)
{
	return w->ret < 0 || is_message(w, w->data, 1);
}

/*
 * The message that came for the receive is in the queue if that has failed; one
 * for a rendezvous only if the receive had come so far.
 */
static void join_sender(struct world *w)
{
	join_partner(w);
	if (w->ok)
		w->right = w->right && w->acted;
	else if (w->step->capacity)
		w->right = w->acted;
	w->last = w->acted;
}

#define RECEIVE(_name, _len, ...)                                             \
	{                                                                     \
		.name = "receive, " _name, .cmd = MBX_IOC_RECEIVE,            \
		.len = _len, .prepare = prepare_receive, .outcome = received, \
		.act = act_send, .join = join_sender, __VA_ARGS__             \
	}

static const struct step receives[] = {
	RECEIVE("64 bytes", 64, .capacity = 2, .taken = 1, .run = run_command),
	RECEIVE("64 bytes, cold", 64, .capacity = 2, .taken = 1,
		.run = run_command, .cold = true, LEAST(0, 1, 3)),
	RECEIVE("64 KiB, cold", 65536, .capacity = 2, .taken = 1,
		.run = run_command, .cold = true, LEAST(0, 1, 3)),
	RECEIVE("rendezvous, cold", 4096, .taken = 1, .run = run_command,
		.cold = true, LEAST(0, 1, 3)),
	RECEIVE("peek, cold", 64, .capacity = 2, .run = run_command,
		.arg = MBX_RECEIVE_PEEK, .cold = true, LEAST(0, 1, 3)),
	RECEIVE("by read", 65536, .capacity = 2, .taken = 1, .run = run_read,
		LEAST(0, 0, 1)),
	RECEIVE("by read, cold", 64, .capacity = 2, .taken = 1, .run = run_read,
		.cold = true, LEAST(0, 1, 1)),
};

/* ------------------------------------------------------ a send that blocks */

static void prepare_send(struct world *w)
{
	struct mbx_send arg;

	put_data(w, w->step->queued + 1, w->step->len);
	init_send(&arg, w->data, w->step->len, w->step->arg);
	put_arg(w, &arg, sizeof(arg));
	start_partner(w);
}

static int run_write(struct world *w)
{
	set(&w->running);
	return write(w->box, w->data, w->step->len);
}

/* The partner has taken the first message, whatever became of the send. */
static void join_receiver(struct world *w)
{
	join_partner(w);
	w->right = w->right && w->acted;
	w->first = 2;
}

/* The partner has got the message if and only if the send worked. */
static void join_meeting(struct world *w)
{
	join_partner(w);
	w->right = w->right && w->acted == w->ok;
	w->last = 0;
}

static bool told_receiver(struct world *w)
{
	struct mbx_send arg;

	memcpy(&arg, w->arg, sizeof(arg));
	return w->ret < 0 || (arg.out_pid == getpid() && arg.out_tid > 0 &&
			      arg.out_tid != w->tid && arg.out_seq == 1);
}

#define SEND(_name, _len, ...)                                            \
	{                                                                 \
		.name = "send, " _name, .cmd = MBX_IOC_SEND, .len = _len, \
		.prepare = prepare_send, .act = act_receive, __VA_ARGS__  \
	}

#define SEND_TO_FULL(_name, _len, ...)                                     \
	SEND("full, " _name, _len, .capacity = 2, .queued = 2, .added = 1, \
	     .join = join_receiver, __VA_ARGS__)

#define SEND_AND_MEET(_name, _len, ...)                                 \
	SEND(_name, _len, .run = run_command, .outcome = told_receiver, \
	     .join = join_meeting, __VA_ARGS__)

static const struct step sends[] = {
	SEND_TO_FULL("64 bytes, cold", 64, .run = run_command, .cold = true,
		     LEAST(1, 0, 3)),
	SEND_TO_FULL("64 KiB, cold", 65536, .run = run_command, .cold = true,
		     LEAST(1, 0, 3)),
	SEND_TO_FULL("by write, cold", 64, .run = run_write, .cold = true,
		     LEAST(1, 0, 1)),
	SEND_AND_MEET("rendezvous", 64, LEAST(1, 0, 1)),
	SEND_AND_MEET("rendezvous, 64 KiB, cold", 65536, .cold = true,
		      LEAST(1, 0, 3)),
	SEND_AND_MEET("sync, cold", 4096, .capacity = 2, .arg = MBX_SEND_SYNC,
		      .cold = true, LEAST(1, 0, 3)),
};

/* --------------------------------------------------------- others who block */

/* Receives, or sends message 1, from a thread of its own. */
static void start_job(struct world *w, unsigned int cmd)
{
	struct job *job = job_new(w->box, cmd);

	if (cmd == MBX_IOC_SEND) {
		memcpy(job->data, content_of(w, 1), w->step->len);
		init_send(&job->send, job->data, w->step->len, 0);
	} else {
		init_receive(&job->receive, job->data, w->step->len, 0);
	}
	w->job = job_thread(job);
	if (!job_blocks(job))
		abort();
}

static bool end_job(struct world *w, unsigned int nr)
{
	bool fine = !job_join(w->job) && is_message(w, w->job->data, nr);

	munmap(w->job, sizeof(*w->job));
	return fine;
}

static void await_job(struct world *w)
{
	w->right = w->right && wait_until(job_is_done(w->job));
}

/* The send is for a receiver that waits; if it fails another one is. */
static void prepare_handing(struct world *w)
{
	struct mbx_send arg;

	put_data(w, 1, w->step->len);
	init_send(&arg, w->data, w->step->len, w->step->arg);
	put_arg(w, &arg, sizeof(arg));
	start_job(w, MBX_IOC_RECEIVE);
}

static void join_handing(struct world *w)
{
	if (w->ok)
		await_job(w);
}

static bool finish_handing(struct world *w)
{
	bool fine = w->ok || (has_waiters(w->box, 0, 1) && send_message(w, 1));

	return end_job(w, 1) && fine;
}

/* The receive is for a sender that waits; if it fails another one is. */
static void prepare_fetching(struct world *w)
{
	struct mbx_receive arg;

	put_data(w, 0, w->step->len);
	init_receive(&arg, w->data, w->step->len, 0);
	put_arg(w, &arg, sizeof(arg));
	w->last = 1;
	start_job(w, MBX_IOC_SEND);
}

static bool finish_fetching(struct world *w)
{
	return end_job(w, 1);
}

/*
 * The receive gets the message before a second receiver that waits; if it fails
 * with the message at hand that one gets it.
 */
static bool act_hand_over(struct world *w)
{
	start_job(w, MBX_IOC_RECEIVE);
	return send_message(w, 1);
}

static void join_handback(struct world *w)
{
	join_partner(w);
	w->right = w->right && w->acted;
	if (!w->ok)
		await_job(w);
}

static bool finish_handback(struct world *w)
{
	bool fine = !w->ok || send_message(w, 2);

	return end_job(w, w->ok ? 2 : 1) && fine;
}

#define OTHERS(_name, _cmd, _prepare, _finish, ...)                         \
	{                                                                   \
		.name = _name, .cmd = _cmd, .len = 64, .prepare = _prepare, \
		.finish = _finish, .run = run_command, __VA_ARGS__          \
	}

#define HANDING(_name, ...)                                                 \
	OTHERS("send to a receiver, " _name, MBX_IOC_SEND, prepare_handing, \
	       finish_handing, .join = join_handing, __VA_ARGS__)

#define FETCHING(_name, ...)                                           \
	OTHERS("receive from a sender, " _name, MBX_IOC_RECEIVE,       \
	       prepare_fetching, finish_fetching, .outcome = received, \
	       .taken = 1, __VA_ARGS__)

#define HANDBACK(_name, ...)                                          \
	OTHERS("receive before another, " _name, MBX_IOC_RECEIVE,     \
	       prepare_receive, finish_handback, .outcome = received, \
	       .act = act_hand_over, .join = join_handback, __VA_ARGS__)

static const struct step others[] = {
	HANDING("queue, cold", .capacity = 2, .cold = true, LEAST(1, 0, 3)),
	HANDING("rendezvous, cold", .capacity = 0, .cold = true,
		LEAST(1, 0, 3)),
	HANDING("sync, cold", .capacity = 2, .arg = MBX_SEND_SYNC, .cold = true,
		LEAST(1, 0, 3)),
	FETCHING("warm", .capacity = 0),
	FETCHING("cold", .capacity = 0, .cold = true, LEAST(0, 1, 3)),
	HANDBACK("cold", .capacity = 1, .cold = true, LEAST(0, 1, 3)),
	HANDBACK("rendezvous, cold", .capacity = 0, .cold = true,
		 LEAST(0, 1, 3)),
};

/* --------------------------------------------------------- a poll that blocks */

/* More entries than fit on the kernel's stack. */
#define ENTRIES 40

static struct pollfd entries[ENTRIES];

static void prepare_poll(struct world *w)
{
	int i;

	for (i = 0; i < ENTRIES; i++)
		entries[i] = (struct pollfd){ w->box, POLLIN, 0 };
	start_partner(w);
}

static int run_poll(struct world *w)
{
	set(&w->running);
	return poll(entries, ENTRIES, -1);
}

static bool polled(struct world *w)
{
	return w->ret < 0 ||
	       (w->ret == ENTRIES && entries[0].revents == POLLIN);
}

static const struct step polls[] = {
	{ .name = "poll",
	  .capacity = 2,
	  .len = 64,
	  .prepare = prepare_poll,
	  .run = run_poll,
	  .outcome = polled,
	  .act = act_send,
	  .join = join_sender,
	  LEAST(1, 0, 1) },
};

/* -------------------------------------------------------------------- tests */

TEST_F_TIMEOUT(fail_nth, blocked, 300)
{
	REPEAT(receives);
	REPEAT(sends);
	REPEAT(polls);
}

TEST_F_TIMEOUT(fail_nth, blocked_others, 300)
{
	REPEAT(others);
}

TEST_HARNESS_MAIN
