// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each way to send and to receive without waiting, with each allocation and user
 * copy failing in turn: a message is there once or not at all, and in its place.
 */
#include <sys/uio.h>

#include "fail_nth_steps.h"

static int run_command(struct world *w)
{
	return ioctl(w->box, w->step->cmd, w->arg);
}

/* --------------------------------------------------------------------- send */

static unsigned int next_nr(const struct world *w)
{
	return w->step->queued + 1;
}

static __u64 deadline_of(const struct world *w)
{
	return w->step->expected == ETIMEDOUT ? in_ms(2) : 0;
}

static void prepare_send(struct world *w)
{
	struct mbx_send arg;

	put_data(w, next_nr(w), w->step->len);
	init_send(&arg, w->data, w->step->bytes ?: w->step->len, w->step->arg);
	arg.deadline = deadline_of(w);
	put_arg(w, &arg, sizeof(arg));
}

/* The first of the mailbox with a priority. */
static void prepare_urgent_send(struct world *w)
{
	struct mbx_send arg;

	prepare_send(w);
	memcpy(&arg, w->arg, sizeof(arg));
	arg.priority = MBX_PRIORITIES - 1;
	put_arg(w, &arg, sizeof(arg));
}

/* With new credentials the sender is recorded anew. */
static void prepare_new_sender(struct world *w)
{
	if (setgroups(0, NULL))
		abort();
	prepare_send(w);
}

static bool sent(struct world *w)
{
	struct mbx_send arg;

	memcpy(&arg, w->arg, sizeof(arg));
	return w->ret < 0 || (arg.out_seq == next_nr(w) + w->step->spares &&
			      !arg.out_pid && !arg.out_tid);
}

/* It goes in when the first is received. */
static bool deferred(struct world *w)
{
	struct mbx_send arg;

	memcpy(&arg, w->arg, sizeof(arg));
	return w->ret < 0 || (w->ret == MBX_DEFERRED && !arg.out_seq);
}

#define SEND(_name, _len, ...)                                                \
	{                                                                     \
		.name = "send, " _name, .cmd = MBX_IOC_SEND, .capacity = 2,   \
		.len = _len, .run = run_command, .outcome = sent, .added = 1, \
		__VA_ARGS__                                                   \
	}

static const struct step sends[] = {
	SEND("64 bytes", 64, .queued = 1, .prepare = prepare_send,
	     LEAST(1, 0, 1)),
	SEND("64 bytes, cold", 64, .queued = 1, .prepare = prepare_send,
	     .cold = true, LEAST(1, 0, 3)),
	SEND("64 bytes, spare", 64, .spares = 1, .prepare = prepare_send),
	SEND("64 bytes, spare, cold", 64, .spares = 1, .cold = true,
	     .prepare = prepare_send, LEAST(1, 0, 3)),
	SEND("a page, cold", 4096, .queued = 1, .prepare = prepare_send,
	     .cold = true, LEAST(1, 0, 3)),
	SEND("a page, spare, cold", 4096, .spares = 1, .cold = true,
	     .prepare = prepare_send, LEAST(1, 0, 3)),
	SEND("64 KiB", 65536, .queued = 1, .prepare = prepare_send,
	     LEAST(1, 0, 1)),
	SEND("64 KiB, cold", 65536, .queued = 1, .prepare = prepare_send,
	     .cold = true, LEAST(1, 0, 3)),
	SEND("1 MiB, cold", DATA_MAX, .prepare = prepare_send, .cold = true,
	     LEAST(1, 0, 3)),
	SEND("time stamp, cold", 1024, .prepare = prepare_send, .cold = true,
	     .flags = MBX_CREATE_TIMESTAMP, LEAST(1, 0, 3)),
	SEND("drop the oldest, cold", 4096, .queued = 2, .taken = 1,
	     .arg = MBX_SEND_DROP_OLDEST, .prepare = prepare_send, .cold = true,
	     LEAST(1, 0, 3)),
	{ .name = "send, drop the newest, cold",
	  .cmd = MBX_IOC_SEND,
	  .capacity = 2,
	  .queued = 2,
	  .len = 4096,
	  .cold = true,
	  .arg = MBX_SEND_DROP_NEWEST,
	  .prepare = prepare_send,
	  .run = run_command,
	  .outcome = sent,
	  LEAST(1, 0, 3) },
	{ .name = "send, defer, cold",
	  .cmd = MBX_IOC_SEND,
	  .capacity = 2,
	  .queued = 2,
	  .added = 1,
	  .len = 4096,
	  .cold = true,
	  .arg = MBX_SEND_DEFER,
	  .prepare = prepare_send,
	  .run = run_command,
	  .outcome = deferred,
	  LEAST(2, 0, 3) },
	SEND("priority", 64, .prepare = prepare_urgent_send, LEAST(2, 0, 1)),
	SEND("new credentials", 64, .prepare = prepare_new_sender,
	     LEAST(2, 0, 1)),
};

static bool told_nothing(struct world *w)
{
	return w->ret == -1;
}

/* Their success is an error, and so nothing that was sent. */
#define NO_SEND(_name, _queued, _errno, ...)                                \
	{                                                                   \
		.name = "send, " _name, .cmd = MBX_IOC_SEND, .capacity = 2, \
		.queued = _queued, .len = 4096, .run = run_command,         \
		.prepare = prepare_send, .expected = _errno,                \
		.outcome = told_nothing, __VA_ARGS__                        \
	}

static const struct step refused_sends[] = {
	NO_SEND("full, cold", 2, EAGAIN, .arg = MBX_SEND_NONBLOCK, .cold = true,
		LEAST(0, 0, 2)),
	NO_SEND("full, deadline", 2, ETIMEDOUT, LEAST(1, 0, 1)),
	NO_SEND("full, deadline, cold", 2, ETIMEDOUT, .cold = true,
		LEAST(1, 0, 3)),
	NO_SEND("sync, deadline, cold", 1, ETIMEDOUT, .arg = MBX_SEND_SYNC,
		.cold = true, LEAST(1, 0, 3)),
	NO_SEND("too long, cold", 1, EMSGSIZE, .bytes = DATA_MAX + 1,
		.cold = true, LEAST(0, 0, 2)),
};

/* ------------------------------------------------------------------ receive */

static void prepare_receive(struct world *w)
{
	struct mbx_receive arg;

	put_data(w, 0, w->step->len);
	init_receive(&arg, w->data, w->step->bytes ?: w->step->len,
		     w->step->arg);
	arg.deadline = deadline_of(w);
	put_arg(w, &arg, sizeof(arg));
}

static void prepare_selective_receive(struct world *w)
{
	static struct mbx_select select = { .size = sizeof(select),
					    .flags = MBX_SELECT_AFTER };
	struct mbx_receive arg;

	prepare_receive(w);
	memcpy(&arg, w->arg, sizeof(arg));
	arg.select_ptr = (uintptr_t)&select;
	put_arg(w, &arg, sizeof(arg));
}

static void prepare_new_receiver(struct world *w)
{
	if (setgroups(0, NULL))
		abort();
	prepare_receive(w);
}

static bool received(struct world *w)
{
	struct mbx_receive arg;

	if (w->ret < 0)
		return true;
	memcpy(&arg, w->arg, sizeof(arg));
	return arg.out_len == w->step->len &&
	       arg.out_seq == 1 + w->step->spares && arg.out_pid == getpid() &&
	       is_message(w, w->data, 1);
}

#define RECEIVE(_name, _len, ...)                                  \
	{                                                          \
		.name = "receive, " _name, .cmd = MBX_IOC_RECEIVE, \
		.capacity = 2, .len = _len, .run = run_command,    \
		.outcome = received, __VA_ARGS__                   \
	}

#define TAKE(_name, _len, ...)                                        \
	RECEIVE(_name, _len, .queued = 2, .prepare = prepare_receive, \
		.taken = 1, __VA_ARGS__)

#define PEEK(_name, _len, ...)                                        \
	RECEIVE(_name, _len, .queued = 2, .prepare = prepare_receive, \
		.arg = MBX_RECEIVE_PEEK, __VA_ARGS__)

static const struct step receives[] = {
	TAKE("64 bytes", 64),
	TAKE("64 bytes, cold", 64, .cold = true, LEAST(0, 1, 3)),
	TAKE("a page, cold", 4096, .cold = true, LEAST(0, 1, 3)),
	TAKE("64 KiB", 65536, LEAST(0, 0, 2)),
	TAKE("64 KiB, cold", 65536, .cold = true, LEAST(0, 1, 3)),
	PEEK("64 bytes, peek, cold", 64, .cold = true, LEAST(0, 1, 3)),
	PEEK("a page, peek, cold", 4096, .cold = true, LEAST(0, 1, 3)),
	PEEK("64 KiB, peek, cold", 65536, .cold = true, LEAST(0, 1, 3)),
	RECEIVE("1 MiB, cold", DATA_MAX, .queued = 1, .taken = 1,
		.prepare = prepare_receive, .cold = true, LEAST(0, 1, 3)),
	RECEIVE("selected", 64, .queued = 2, .taken = 1,
		.prepare = prepare_selective_receive, LEAST(0, 0, 1)),
	RECEIVE("new credentials", 64, .queued = 2, .taken = 1,
		.prepare = prepare_new_receiver, LEAST(1, 0, 0)),
};

static bool told_length(struct world *w)
{
	struct mbx_receive arg;

	memcpy(&arg, w->arg, sizeof(arg));
	return w->ret == -1 &&
	       (w->err != EMSGSIZE || arg.out_len == w->step->len);
}

#define NO_RECEIVE(_name, _queued, _errno, ...)                           \
	{                                                                 \
		.name = "receive, " _name, .cmd = MBX_IOC_RECEIVE,        \
		.capacity = 2, .queued = _queued, .len = 4096,            \
		.run = run_command, .prepare = prepare_receive,           \
		.expected = _errno, .outcome = told_length, .cold = true, \
		__VA_ARGS__                                               \
	}

static const struct step refused_receives[] = {
	NO_RECEIVE("too small", 2, EMSGSIZE, .bytes = 100, LEAST(0, 0, 2)),
	NO_RECEIVE("too small, peek", 2, EMSGSIZE, .bytes = 100,
		   .arg = MBX_RECEIVE_PEEK, LEAST(0, 0, 2)),
	NO_RECEIVE("empty", 0, EAGAIN, .arg = MBX_RECEIVE_NONBLOCK,
		   LEAST(0, 0, 1)),
	NO_RECEIVE("empty, deadline", 0, ETIMEDOUT, LEAST(0, 0, 1)),
	NO_RECEIVE("empty, peek, deadline", 0, ETIMEDOUT,
		   .arg = MBX_RECEIVE_PEEK, LEAST(0, 0, 1)),
};

/* ------------------------------------------------------------ read and write */

static void prepare_write(struct world *w)
{
	put_data(w, next_nr(w), w->step->len);
}

static int run_write(struct world *w)
{
	return write(w->box, w->data, w->step->len);
}

static bool wrote(struct world *w)
{
	return w->ret < 0 || w->ret == (int)w->step->len;
}

static void prepare_read(struct world *w)
{
	put_data(w, 0, w->step->len);
}

static int run_read(struct world *w)
{
	return read(w->box, w->data, w->step->len);
}

static bool has_read(struct world *w)
{
	return w->ret < 0 ||
	       (w->ret == (int)w->step->len && is_message(w, w->data, 1));
}

/* A vector is as many messages; those before the fault count. */
static struct iovec *two_of(struct world *w)
{
	static struct iovec iov[2];

	iov[0] = (struct iovec){ w->data, w->step->len };
	iov[1] = (struct iovec){ w->data + w->step->len, w->step->len };
	return iov;
}

static void prepare_writev(struct world *w)
{
	const size_t len = w->step->len;

	memcpy(w->drained, content_of(w, next_nr(w)), len);
	memcpy(w->drained + len, content_of(w, next_nr(w) + 1), len);
	put_bytes(w, w->drained, 2 * len);
}

static int run_writev(struct world *w)
{
	return writev(w->box, two_of(w), 2);
}

static bool wrote_both(struct world *w)
{
	if (w->ret < 0)
		return true;
	w->last = w->step->queued + w->ret / w->step->len;
	return w->ret == (int)(2 * w->step->len) ||
	       (w->fired && w->ret == (int)w->step->len);
}

static void prepare_readv(struct world *w)
{
	put_data(w, 0, 2 * w->step->len);
}

static int run_readv(struct world *w)
{
	return readv(w->box, two_of(w), 2);
}

static bool read_both(struct world *w)
{
	int nr = w->ret / (int)w->step->len;

	if (w->ret < 0)
		return true;
	w->first = 1 + nr;
	if (!is_message(w, w->data, 1) ||
	    (nr == 2 && !is_message(w, w->data + w->step->len, 2)))
		return false;
	return nr == 2 || (w->fired && nr == 1);
}

#define WRITE(_name, _len, ...)                                      \
	{                                                            \
		.name = "write, " _name, .capacity = 2, .queued = 1, \
		.len = _len, .added = 1, .prepare = prepare_write,   \
		.run = run_write, .outcome = wrote, __VA_ARGS__      \
	}

#define READ(_name, _len, ...)                                      \
	{                                                           \
		.name = "read, " _name, .capacity = 2, .queued = 2, \
		.len = _len, .taken = 1, .prepare = prepare_read,   \
		.run = run_read, .outcome = has_read, __VA_ARGS__   \
	}

static const struct step writes[] = {
	WRITE("64 bytes", 64, LEAST(1, 0, 1)),
	WRITE("64 KiB, cold", 65536, .cold = true, LEAST(1, 0, 1)),
	{ .name = "writev",
	  .capacity = 3,
	  .queued = 1,
	  .len = 8192,
	  .prepare = prepare_writev,
	  .run = run_writev,
	  .outcome = wrote_both,
	  .cold = true,
	  LEAST(1, 0, 1) },
};

static const struct step reads[] = {
	READ("64 bytes, cold", 64, .cold = true, LEAST(0, 1, 1)),
	READ("64 KiB", 65536, LEAST(0, 0, 1)),
	READ("64 KiB, cold", 65536, .cold = true, LEAST(0, 1, 1)),
	{ .name = "readv",
	  .capacity = 3,
	  .queued = 3,
	  .len = 8192,
	  .prepare = prepare_readv,
	  .run = run_readv,
	  .outcome = read_both,
	  .cold = true,
	  LEAST(0, 0, 1) },
};

/* -------------------------------------------------------------------- tests */

TEST_F_TIMEOUT(fail_nth, send, 300)
{
	REPEAT(sends);
	REPEAT(refused_sends);
	REPEAT(writes);
}

TEST_F_TIMEOUT(fail_nth, receive, 300)
{
	REPEAT(receives);
	REPEAT(refused_receives);
	REPEAT(reads);
}

TEST_HARNESS_MAIN
