// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Connections: a pair of private mailboxes for each client, one for each direction.
 *
 * Who connects makes a mailbox, and calls the published one with a handle that can
 * only send to it.  Who accepts makes another, and replies with such a handle.  Of
 * its own mailbox each side has a handle without the right to send, and nobody else
 * can receive from it.  Both are owned: they end with their processes.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define NSEC_PER_SEC 1000000000ULL

int mbx_listen(struct mbx **out, const char *name, uint32_t backlog,
	       unsigned int mode)
{
	struct mbx_create attr;

	mbx_attr_init(&attr, sizeof(attr));
	attr.flags = MBX_CREATE_OWNED;
	attr.mode = mode;
	attr.capacity = backlog;
	return mbx_create_attr(out, name, &attr);
}

static void close_fd(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
}

/* @in is for the caller, @to_in for the other side. */
static int make_private(struct mbx **in, struct mbx **to_in)
{
	struct mbx_create attr;
	struct mbx *box;
	int err;

	mbx_attr_init(&attr, sizeof(attr));
	attr.flags = MBX_CREATE_OWNED;
	/* By id, neither, not even for the same user. */
	attr.mode = 0;
	attr.capacity = MBX_CONNECTION_CAPACITY;
	err = mbx_create_attr(&box, NULL, &attr);
	if (err)
		return err;
	err = mbx_derive(in, box, MBX_OPEN_RECEIVE | MBX_OPEN_MANAGE, 0, 0);
	if (!err) {
		err = mbx_derive(to_in, box, MBX_OPEN_SEND, 0, 0);
		if (err)
			mbx_close(*in);
	}
	mbx_close(box);
	return err;
}

/* ---------------------------------------------------------------- connecting */

/* What the other side has replied: its handle, or none. */
static int take_handle(struct mbx **out, const struct mbx_fds *room)
{
	int fd = room->out_nr ? room->fds[0] : -1;
	int err;

	if (fd < 0)
		return -ECONNREFUSED;
	err = mbx_from_fd(out, fd);
	if (err)
		close_fd(fd);
	return err;
}

/* Fills in @reply_len even if it fails. */
static int call(const char *name, struct mbx *to_in, struct mbx **out,
		struct mbx_call arg, uint32_t *reply_len)
{
	struct mbx_fds sent = {
		.size = sizeof(sent),
		.nr = 1,
		.fds = { mbx_fd(to_in) },
	};
	struct mbx_fds room = { .size = sizeof(room), .nr = 1 };
	struct mbx *server;
	ssize_t ret;
	int err;

	err = mbx_open(&server, name, MBX_OPEN_SEND);
	if (err)
		return err;
	arg.fds_ptr = (uintptr_t)&sent;
	arg.reply_fds_ptr = (uintptr_t)&room;
	ret = mbx_call_ext(server, &arg);
	*reply_len = arg.out_len;
	mbx_close(server);
	return ret < 0 ? (int)ret : take_handle(out, &room);
}

int mbx_connect(struct mbx_connection *c, const char *name, const void *data,
		size_t len, void *reply, size_t *reply_len, uint64_t deadline)
{
	struct mbx_call arg = {
		.size = sizeof(arg),
		.data_ptr = (uintptr_t)data,
		.data_len = len,
		.type = MBX_TYPE_CONNECT,
		.reply_ptr = (uintptr_t)reply,
		.reply_len = reply_len ? *reply_len : 0,
		.deadline = deadline,
	};
	struct mbx *in, *to_in, *out;
	uint32_t out_len = 0;
	int err;

	if (len > UINT32_MAX || arg.reply_len != (reply_len ? *reply_len : 0))
		return -EMSGSIZE;
	err = make_private(&in, &to_in);
	if (err)
		return err;
	err = call(name, to_in, &out, arg, &out_len);
	mbx_close(to_in);
	if (reply_len)
		*reply_len = err && err != -ECONNREFUSED ? 0 : out_len;
	if (err) {
		/* Should the server have accepted, it is to find it gone. */
		mbx_delete_handle(in);
		mbx_close(in);
	} else {
		*c = (struct mbx_connection){ .in = in, .out = out };
	}
	return err;
}

/* ----------------------------------------------------------------- accepting */

ssize_t mbx_listen_next(struct mbx *m, struct mbx_offer *offer, void *buf,
			size_t len, uint64_t deadline)
{
	struct mbx_fds room = { .size = sizeof(room), .nr = 1 };
	struct mbx_receive arg = {
		.size = sizeof(arg),
		.data_ptr = (uintptr_t)buf,
		.data_len = len > UINT32_MAX ? UINT32_MAX : len,
		.deadline = deadline,
		.fds_ptr = (uintptr_t)&room,
	};
	ssize_t ret = mbx_receive_ext(m, &arg);

	if (ret < 0)
		return ret;
	*offer = (struct mbx_offer){
		.call = arg.out_flags & MBX_MESSAGE_CALL ? arg.out_seq : 0,
		.pid = arg.out_pid,
		.uid = arg.out_uid,
		.gid = arg.out_gid,
		.fd = room.out_nr ? room.fds[0] : -1,
	};
	/* Any other message: refused unseen, so that nobody waits. */
	if (arg.out_type == MBX_TYPE_CONNECT && offer->call && offer->fd >= 0)
		return ret;
	mbx_refuse(m, offer, NULL, 0);
	return -EPROTO;
}

int mbx_refuse(struct mbx *m, struct mbx_offer *offer, const void *data,
	       size_t len)
{
	int err = offer->call ? mbx_reply(m, offer->call, data, len) : 0;

	close_fd(offer->fd);
	offer->call = 0;
	offer->fd = -1;
	return err;
}

static int answer(struct mbx *m, const struct mbx_offer *offer,
		  struct mbx *to_in, const void *data, size_t len)
{
	struct mbx_fds sent = {
		.size = sizeof(sent),
		.nr = 1,
		.fds = { mbx_fd(to_in) },
	};
	struct mbx_reply arg = {
		.size = sizeof(arg),
		.call = offer->call,
		.data_ptr = (uintptr_t)data,
		.data_len = len,
		.fds_ptr = (uintptr_t)&sent,
	};

	if (len > UINT32_MAX)
		return -EMSGSIZE;
	return mbx_ioctl(m->fd, MBX_IOC_REPLY, &arg);
}

int mbx_accept(struct mbx *m, struct mbx_offer *offer, struct mbx_connection *c,
	       const void *data, size_t len)
{
	struct mbx *in, *to_in, *out;
	int err;

	err = mbx_from_fd(&out, offer->fd);
	if (err)
		return err;
	err = make_private(&in, &to_in);
	if (!err) {
		err = answer(m, offer, to_in, data, len);
		mbx_close(to_in);
		if (err)
			mbx_close(in);
	}
	if (err) {
		/* The offer still stands: its descriptor must. */
		free(out);
		return err;
	}
	*c = (struct mbx_connection){ .in = in, .out = out };
	offer->call = 0;
	offer->fd = -1;
	return 0;
}

/* ----------------------------------------------------------------- talking */

/* Why nothing more will come; 0 if something may. */
static int gone(const struct mbx_connection *c)
{
	struct mbx_stat st;

	return mbx_stat(c->out, &st, sizeof(st));
}

static int wait_either(const struct mbx_connection *c, uint64_t deadline)
{
	struct pollfd fds[2] = {
		{ .fd = mbx_fd(c->in), .events = POLLIN },
		{ .fd = mbx_fd(c->out) },
	};
	struct timespec left = { 0 };
	uint64_t now = mbx_deadline_ns(0);
	int saved = errno, n;

	if (deadline > now) {
		left.tv_sec = (deadline - now) / NSEC_PER_SEC;
		left.tv_nsec = (deadline - now) % NSEC_PER_SEC;
	}
	n = ppoll(fds, 2, deadline ? &left : NULL, NULL);
	if (n < 0)
		n = -errno;
	errno = saved;
	return n ? n : -ETIMEDOUT;
}

ssize_t mbx_connection_receive(struct mbx_connection *c, void *buf, size_t len,
			       uint64_t deadline)
{
	ssize_t ret;
	int end, err = 0;

	for (;;) {
		/* Asked first: what was sent before the end is received. */
		end = gone(c);
		ret = mbx_try_receive(c->in, buf, len);
		if (ret != -EAGAIN)
			return ret;
		if (end || err < 0)
			return end ? end : err;
		err = wait_either(c, deadline);
	}
}

void mbx_disconnect(struct mbx_connection *c)
{
	if (c->in)
		mbx_delete_handle(c->in);
	mbx_close(c->in);
	mbx_close(c->out);
	*c = (struct mbx_connection){ 0 };
}
