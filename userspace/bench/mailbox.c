// SPDX-License-Identifier: GPL-2.0-or-later
/* Ours. */
#include <fcntl.h>
#include <linux/ipc_mailbox.h>

#include "loop.h"

static int control = -1;

static int control_open(void)
{
	if (control < 0)
		control = sys3(SYS_openat, AT_FDCWD, (long)MBX_DEVICE,
			       O_RDWR | O_CLOEXEC);
	return control < 0 ? control : 0;
}

static __always_inline int box_create(struct chan *c, struct mbx_create *create)
{
	long fd = control_open();

	if (fd)
		return fd;
	create->size = sizeof(*create);
	create->mode = 0600;
	create->uid = MBX_SELF;
	create->gid = MBX_SELF;
	create->capacity = MAX_BATCH;
	fd = sys3(SYS_ioctl, control, MBX_IOC_CREATE, (long)create);
	c->fd[0] = fd;
	return fd < 0 ? fd : 0;
}

static void box_delete(struct chan *c)
{
	struct mbx_delete del = { .size = sizeof(del) };

	sys3(SYS_ioctl, c->fd[0], MBX_IOC_DELETE, (long)&del);
	sys3(SYS_close, c->fd[0], 0, 0);
}

static void box_close(struct chan *c)
{
	sys3(SYS_close, c->fd[0], 0, 0);
}

/* One message by write(2) and read(2). */

static int rw_open(struct chan *c)
{
	struct mbx_create create = { 0 };

	return box_create(c, &create);
}

static long rw_send(struct chan *c)
{
	return EXPECT(sys3(SYS_write, c->fd[0], (long)c->out.text, c->len),
		      c->len);
}

static long rw_receive(struct chan *c)
{
	return EXPECT(sys3(SYS_read, c->fd[0], (long)c->in.text, c->len),
		      c->len);
}

DEFINE_PAIR(rw)

const struct mech mech_mailbox_rw = {
	.name = "mailbox-rw",
	.title = "mailbox: write, read",
	.max_len = MAX_LEN,
	.open = rw_open,
	.close = box_delete,
	.pair = rw_pair,
	.send = rw_send,
	.receive = rw_receive,
};

/* With who sent it and the sequence number. */

static struct mbx_send send_args[2];
static struct mbx_receive receive_args[2];

static int ioctl_open(struct chan *c)
{
	static unsigned int turn;
	struct mbx_send *send = &send_args[turn & 1];
	struct mbx_receive *receive = &receive_args[turn & 1];

	turn++;
	*send = (struct mbx_send){
		.size = sizeof(*send),
		.data_ptr = (unsigned long)c->out.text,
		.data_len = c->len,
	};
	*receive = (struct mbx_receive){
		.size = sizeof(*receive),
		.data_ptr = (unsigned long)c->in.text,
		.data_len = c->len,
	};
	c->arg[0] = send;
	c->arg[1] = receive;
	return rw_open(c);
}

static long ioctl_send(struct chan *c)
{
	return sys3(SYS_ioctl, c->fd[0], MBX_IOC_SEND, (long)c->arg[0]);
}

static long ioctl_receive(struct chan *c)
{
	struct mbx_receive *receive = c->arg[1];
	long ret = sys3(SYS_ioctl, c->fd[0], MBX_IOC_RECEIVE, (long)receive);

	return ret | EXPECT(receive->out_len, c->len);
}

DEFINE_PAIR(ioctl)

const struct mech mech_mailbox_ioctl = {
	.name = "mailbox-ioctl",
	.title = "mailbox: SEND, RECEIVE",
	.max_len = MAX_LEN,
	.open = ioctl_open,
	.close = box_delete,
	.pair = ioctl_pair,
	.send = ioctl_send,
	.receive = ioctl_receive,
};

/* The same, many at a time. */

static struct mbx_send sends[MAX_BATCH];
static struct mbx_receive receives[MAX_BATCH];

static int batch_open(struct chan *c)
{
	for (unsigned int i = 0; i < MAX_BATCH; i++) {
		sends[i] = (struct mbx_send){
			.size = sizeof(sends[i]),
			.data_ptr = (unsigned long)c->out.text,
			.data_len = c->len,
		};
		receives[i] = (struct mbx_receive){
			.size = sizeof(receives[i]),
			.data_ptr = (unsigned long)c->in.text,
			.data_len = c->len,
		};
	}
	return rw_open(c);
}

static long batch_batch(struct chan *c, unsigned int n)
{
	struct mbx_batch send = {
		.size = sizeof(send),
		.vec_ptr = (unsigned long)sends,
		.nr = n,
		.stride = sizeof(sends[0]),
		.cmd = MBX_CMD_SEND,
	};
	struct mbx_batch receive = {
		.size = sizeof(receive),
		.vec_ptr = (unsigned long)receives,
		.nr = n,
		.stride = sizeof(receives[0]),
		.cmd = MBX_CMD_RECEIVE,
	};
	long ret = sys3(SYS_ioctl, c->fd[0], MBX_IOC_BATCH, (long)&send);

	return EXPECT(ret, n) |
	       EXPECT(sys3(SYS_ioctl, c->fd[0], MBX_IOC_BATCH, (long)&receive),
		      n);
}

const struct mech mech_mailbox_batch = {
	.name = "mailbox-batch",
	.title = "mailbox: BATCH",
	.max_len = MAX_LEN,
	.open = batch_open,
	.close = box_delete,
	.batch = batch_batch,
};

/*
 * Calls, which bring the answer along: only the channel there has a mailbox.  The
 * reply goes out with the next receive, so that each side makes one system call.
 * Each has a handle of its own, as if it had opened the mailbox.
 */

static struct mbx_call call;
static struct mbx_reply reply;

static int call_open_there(struct chan *c)
{
	struct mbx_derive derive = {
		.size = sizeof(derive),
		.rights = MBX_OPEN_SEND,
	};
	int err = ioctl_open(c);
	struct mbx_receive *receive = c->arg[1];

	if (err)
		return err;
	receive->reply_ptr = (unsigned long)&reply;
	call = (struct mbx_call){
		.size = sizeof(call),
		.data_ptr = (unsigned long)c->out.text,
		.data_len = c->len,
	};
	c->fd[1] = sys3(SYS_ioctl, c->fd[0], MBX_IOC_DERIVE, (long)&derive);
	return c->fd[1] < 0 ? c->fd[1] : 0;
}

static int call_open_back(struct chan *c)
{
	call.reply_ptr = (unsigned long)c->in.text;
	call.reply_len = c->len;
	reply = (struct mbx_reply){
		.size = sizeof(reply),
		.data_ptr = (unsigned long)c->out.text,
		.data_len = c->len,
	};
	c->arg[0] = NULL;
	return 0;
}

static bool call_turn;

static int call_open(struct chan *c)
{
	call_turn = !call_turn;
	return call_turn ? call_open_there(c) : call_open_back(c);
}

static void call_close(struct chan *c)
{
	if (!c->arg[0])
		return;
	sys3(SYS_close, c->fd[1], 0, 0);
	box_delete(c);
}

static long call_send(struct chan *c)
{
	if (!c->arg[0])
		return 0;
	return sys3(SYS_ioctl, c->fd[1], MBX_IOC_CALL, (long)&call);
}

static long call_receive(struct chan *c)
{
	struct mbx_receive *receive = c->arg[1];
	long ret;

	if (!c->arg[0])
		return EXPECT(call.out_len, c->len);
	ret = ioctl_receive(c);
	reply.call = receive->out_seq;
	return ret | EXPECT(receive->out_flags, MBX_MESSAGE_CALL);
}

static long call_finish(struct chan *c)
{
	return sys3(SYS_ioctl, c->fd[0], MBX_IOC_REPLY, (long)&reply);
}

const struct mech mech_mailbox_call = {
	.name = "mailbox-call",
	.title = "mailbox: CALL, RECEIVE with reply",
	.max_len = MAX_LEN,
	.open = call_open,
	.close = call_close,
	.send = call_send,
	.receive = call_receive,
	.finish = call_finish,
};

/* Two ways for a mailbox to come and go. */

static int owned_open(struct chan *c)
{
	struct mbx_create create = { .flags = MBX_CREATE_OWNED };

	return box_create(c, &create);
}

DEFINE_CYCLE(owned, box_close)

const struct mech mech_mailbox_owned = {
	.name = "mailbox-owned",
	.title = "mailbox, owned: CREATE, close",
	.open = owned_open,
	.close = box_close,
	.cycle = owned_cycle,
};

static int named_open(struct chan *c)
{
	static const char name[] = "mbx-bench";
	struct mbx_create create = {
		.name_ptr = (unsigned long)name,
		.name_len = sizeof(name) - 1,
	};

	return box_create(c, &create);
}

DEFINE_CYCLE(named, box_delete)

const struct mech mech_mailbox_named = {
	.name = "mailbox-named",
	.title = "mailbox, named: CREATE, DELETE, close",
	.open = named_open,
	.close = box_delete,
	.cycle = named_cycle,
};
