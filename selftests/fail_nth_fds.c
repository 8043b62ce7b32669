// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages, calls and replies with descriptors, with each allocation and user copy
 * failing in turn.  What has not been sent is let go of, what has not been received
 * is still there, and what is lost is told.
 */
#include "fail_nth_steps.h"
#include "fds.h"

/* Where the kernel writes descriptors and replies, also for another process. */
struct shared {
	struct mbx_fds sent;
	struct mbx_fds room;
	struct mbx_fds served;
	char answer[64];
};

static struct shared *shared;

static __attribute__((constructor)) void make_shared(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		abort();
}

/* What goes with a message, and what comes back with a reply. */
static struct line there, back;

static void make_lines(void)
{
	there = line_make();
	back = line_make();
	init_fds(&shared->sent, &there.out, 1);
	init_fds(&shared->room, NULL, 2);
	init_fds(&shared->served, NULL, 2);
}

/* Nobody has what no message has any more. */
static bool lines_are_cut(struct world *w)
{
	bool cut;

	(void)w;
	close(there.out);
	close(back.out);
	cut = wait_cut(there.in) && wait_cut(back.in);
	close(there.in);
	close(back.in);
	return cut;
}

/* A command that has failed has made no descriptor. */
static bool is_untouched(const struct mbx_fds *room)
{
	return room->fds[0] == -1 || room->fds[0] == POISON_S32;
}

/* One has come, which is closed; or it is lost, which is told. */
static bool has_come(const struct mbx_fds *room, int in)
{
	const int fd = room->fds[0];
	bool works;

	if (room->out_nr != 1 || room->fds[1] != -1)
		return false;
	if (fd == -1)
		return true;
	works = line_works(in, fd);
	close(fd);
	return works;
}

static bool is_lost(const struct mbx_fds *room)
{
	return room->fds[0] == -1;
}

static int run_command(struct world *w)
{
	__atomic_store_n(&w->running, true, __ATOMIC_RELEASE);
	return ioctl(w->box, w->step->cmd, w->arg);
}

/* ------------------------------------------------------------------- messages */

static void prepare_send(struct world *w)
{
	struct mbx_send arg;

	make_lines();
	put_data(w, 1, w->step->len);
	init_send(&arg, w->data, w->step->len, MBX_SEND_NONBLOCK);
	arg.fds_ptr = (uintptr_t)&shared->sent;
	put_arg(w, &arg, sizeof(arg));
}

/* The message that is there has its descriptor. */
static bool is_carried(struct world *w)
{
	struct mbx_receive arg;
	struct mbx_fds room;

	init_fds(&room, NULL, 2);
	init_receive(&arg, w->drained, sizeof(w->drained),
		     MBX_RECEIVE_NONBLOCK | MBX_RECEIVE_PEEK);
	arg.fds_ptr = (uintptr_t)&room;
	return !ioctl(w->box, MBX_IOC_RECEIVE, &arg) && room.out_nr == 1;
}

static bool has_sent(struct world *w)
{
	return w->ret < 0 || is_carried(w);
}

#define SEND(_name, _len, ...)                                              \
	{                                                                   \
		.name = "send, " _name, .cmd = MBX_IOC_SEND, .len = _len,   \
		.prepare = prepare_send, .capacity = 2, .run = run_command, \
		.outcome = has_sent, .added = 1, .finish = lines_are_cut,   \
		__VA_ARGS__                                                 \
	}

static const struct step sends[] = {
	SEND("64 bytes", 64, LEAST(2, 0, 1)),
	SEND("64 bytes, cold", 64, .cold = true, LEAST(2, 0, 3)),
	SEND("64 KiB, cold", 65536, .cold = true, LEAST(2, 0, 3)),
};

static void prepare_receive(struct world *w)
{
	struct mbx_receive arg;
	struct mbx_send send;

	make_lines();
	init_send(&send, content_of(w, 1), w->step->len, MBX_SEND_NONBLOCK);
	send.fds_ptr = (uintptr_t)&shared->sent;
	if (ioctl(w->box, MBX_IOC_SEND, &send))
		abort();
	put_data(w, 0, w->step->len);
	init_receive(&arg, w->data, w->step->len, MBX_RECEIVE_NONBLOCK);
	arg.fds_ptr = (uintptr_t)&shared->room;
	put_arg(w, &arg, sizeof(arg));
	w->last = 1;
}

/* A message that was not received has its descriptor still. */
static bool has_received(struct world *w)
{
	struct mbx_receive arg;

	if (w->ret < 0)
		return is_untouched(&shared->room) && is_carried(w);
	memcpy(&arg, w->arg, sizeof(arg));
	return has_come(&shared->room, there.in) && is_message(w, w->data, 1) &&
	       is_lost(&shared->room) ==
		       !!(arg.out_flags & MBX_MESSAGE_FDS_LOST);
}

#define RECEIVE(_name, _len, ...)                                        \
	{                                                                \
		.name = "receive, " _name, .cmd = MBX_IOC_RECEIVE,       \
		.len = _len, .prepare = prepare_receive, .capacity = 2,  \
		.taken = 1, .run = run_command, .outcome = has_received, \
		.finish = lines_are_cut, __VA_ARGS__                     \
	}

static const struct step receives[] = {
	RECEIVE("64 bytes", 64, LEAST(0, 0, 2)),
	RECEIVE("64 bytes, cold", 64, .cold = true, LEAST(0, 0, 3)),
	RECEIVE("64 KiB, cold", 65536, .cold = true, LEAST(0, 0, 3)),
};

/* --------------------------------------------------------------------- replies */

/* Of what the test is to reply to. */
static __u64 call;

/* A process: what it gets is no descriptor of this one. */
static void prepare_reply(struct world *w)
{
	struct job *job = job_new(w->box, MBX_IOC_CALL);
	struct mbx_receive got;
	struct mbx_reply arg;

	init_fds(&shared->room, NULL, 2);
	init_call(&job->call, NULL, 0, shared->answer, w->step->len);
	job->call.reply_fds_ptr = (uintptr_t)&shared->room;
	w->job = job_process(job);
	init_receive(&got, NULL, 0, MBX_RECEIVE_NONBLOCK);
	if (!job_blocks(job) || ioctl(w->box, MBX_IOC_RECEIVE, &got))
		abort();
	call = got.out_seq;

	there = line_make();
	back = line_make();
	init_fds(&shared->sent, &back.out, 1);
	put_data(w, 1, w->step->len);
	init_reply(&arg, call, w->data, w->step->len);
	arg.fds_ptr = (uintptr_t)&shared->sent;
	put_arg(w, &arg, sizeof(arg));
}

/* What has not been replied to is now, without any. */
static bool finish_reply(struct world *w)
{
	bool fine = w->ok ||
		    !box_reply(w->box, call, content_of(w, 1), w->step->len);

	fine = fine && !job_join(w->job) && is_message(w, shared->answer, 1) &&
	       shared->room.out_nr == w->ok &&
	       (shared->room.fds[0] >= 0) == w->ok;
	munmap(w->job, sizeof(*w->job));
	return lines_are_cut(w) && fine;
}

#define REPLY(_name, ...)                                                    \
	{                                                                    \
		.name = "reply, " _name, .cmd = MBX_IOC_REPLY, .len = 64,    \
		.prepare = prepare_reply, .capacity = 2, .run = run_command, \
		.finish = finish_reply, __VA_ARGS__                          \
	}

static const struct step replies[] = {
	REPLY("64 bytes", LEAST(1, 0, 1)),
	REPLY("64 bytes, cold", .cold = true, LEAST(2, 0, 3)),
};

/* ----------------------------------------------------------------------- calls */

static void *serve(void *arg)
{
	struct world *w = arg;

	while (!__atomic_load_n(&w->running, __ATOMIC_ACQUIRE) ||
	       (!__atomic_load_n(&w->done, __ATOMIC_ACQUIRE) &&
		!has_waiters(w->box, 1, 0)))
		pause_briefly();
	w->acted = w->step->act(w);
	return NULL;
}

static bool act_serve(struct world *w)
{
	struct mbx_receive got;
	struct mbx_reply reply;
	struct mbx_fds fds;

	init_receive(&got, w->drained, sizeof(w->drained),
		     MBX_RECEIVE_NONBLOCK);
	got.fds_ptr = (uintptr_t)&shared->served;
	if (ioctl(w->box, MBX_IOC_RECEIVE, &got) ||
	    !is_message(w, w->drained, 1) ||
	    !has_come(&shared->served, there.in) || is_lost(&shared->served))
		return false;
	init_reply(&reply, got.out_seq, content_of(w, 2), w->step->len);
	init_fds(&fds, &back.out, 1);
	reply.fds_ptr = (uintptr_t)&fds;
	return !ioctl(w->box, MBX_IOC_REPLY, &reply);
}

static void prepare_call(struct world *w)
{
	struct mbx_call arg;

	make_lines();
	put_data(w, 1, w->step->len);
	init_call(&arg, w->data, w->step->len, w->data, w->step->len);
	arg.fds_ptr = (uintptr_t)&shared->sent;
	arg.reply_fds_ptr = (uintptr_t)&shared->room;
	put_arg(w, &arg, sizeof(arg));
	if (pthread_create(&w->partner, NULL, serve, w))
		abort();
}

/* A call that has failed tells whether anybody had it. */
static void join_server(struct world *w)
{
	struct mbx_call arg;
	bool right;

	__atomic_store_n(&w->done, true, __ATOMIC_RELEASE);
	pthread_join(w->partner, NULL);
	memcpy(&arg, w->arg, sizeof(arg));
	right = w->acted == !!arg.out_seq;
	if (w->ok)
		right = right && w->acted && arg.out_len == w->step->len &&
			is_message(w, w->data, 2) &&
			has_come(&shared->room, back.in);
	else
		right = right && is_untouched(&shared->room);
	w->right = right;
}

#define CALL(_name, ...)                                                       \
	{                                                                      \
		.name = "call, " _name, .cmd = MBX_IOC_CALL, .len = 64,        \
		.prepare = prepare_call, .run = run_command, .act = act_serve, \
		.join = join_server, .finish = lines_are_cut, __VA_ARGS__      \
	}

static const struct step calls[] = {
	CALL("64 bytes", .capacity = 2, LEAST(2, 0, 2)),
	CALL("64 bytes, cold", .capacity = 2, .cold = true, LEAST(2, 0, 4)),
	CALL("rendezvous, cold", .cold = true, LEAST(2, 0, 4)),
};

TEST_F_TIMEOUT(fail_nth, messages, 300)
{
	REPEAT(sends);
	REPEAT(receives);
}

TEST_F_TIMEOUT(fail_nth, replies, 300)
{
	REPEAT(replies);
}

TEST_F_TIMEOUT(fail_nth, calls, 300)
{
	REPEAT(calls);
}

TEST_HARNESS_MAIN
