// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's own ways to move a message between processes. */
#include <fcntl.h>
#include <linux/mqueue.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/socket.h>

#include "loop.h"

static void close_both(struct chan *c)
{
	sys3(SYS_close, c->fd[0], 0, 0);
	sys3(SYS_close, c->fd[1], 0, 0);
}

static void close_one(struct chan *c)
{
	sys3(SYS_close, c->fd[0], 0, 0);
}

static __always_inline long write_chan(struct chan *c, int fd)
{
	return EXPECT(sys3(SYS_write, fd, (long)c->out.text, c->len), c->len);
}

static __always_inline long read_chan(struct chan *c, int fd)
{
	return EXPECT(sys3(SYS_read, fd, (long)c->in.text, c->len), c->len);
}

/* Two system calls that do nothing: what any pair pays. */

static int getppid_open(struct chan *c)
{
	(void)c;
	return 0;
}

static void getppid_close(struct chan *c)
{
	(void)c;
}

static long getppid_pair(struct chan *c, unsigned int n)
{
	long bad = 0;

	(void)c;
	while (n--) {
		bad |= sys3(SYS_getppid, 0, 0, 0) < 0;
		bad |= sys3(SYS_getppid, 0, 0, 0) < 0;
	}
	return bad;
}

const struct mech mech_getppid = {
	.name = "getppid",
	.title = "floor: two getppid(2)",
	.open = getppid_open,
	.close = getppid_close,
	.pair = getppid_pair,
};

/* A device that moves nothing: what write(2) and read(2) cost by themselves. */

static int null_open(struct chan *c)
{
	long fd = sys3(SYS_openat, AT_FDCWD, (long)"/dev/null", O_RDWR);

	c->fd[0] = fd;
	return fd < 0 ? fd : 0;
}

static long null_pair(struct chan *c, unsigned int n)
{
	long bad = 0;

	while (n--) {
		bad |= write_chan(c, c->fd[0]);
		bad |= sys3(SYS_read, c->fd[0], (long)c->in.text, c->len);
	}
	return bad;
}

const struct mech mech_null = {
	.name = "null",
	.title = "floor: /dev/null write, read",
	.open = null_open,
	.close = close_one,
	.pair = null_pair,
};

static int pipe_open(struct chan *c)
{
	return sys3(SYS_pipe2, (long)c->fd, O_CLOEXEC, 0);
}

static long pipe_send(struct chan *c)
{
	return write_chan(c, c->fd[1]);
}

static long pipe_receive(struct chan *c)
{
	return read_chan(c, c->fd[0]);
}

DEFINE_PAIR(pipe)
DEFINE_CYCLE(pipe, close_both)

const struct mech mech_pipe = {
	.name = "pipe",
	.title = "pipe",
	.max_len = MAX_LEN,
	.open = pipe_open,
	.close = close_both,
	.pair = pipe_pair,
	.send = pipe_send,
	.receive = pipe_receive,
	.cycle = pipe_cycle,
};

static int sysv_open(struct chan *c)
{
	long id = sys3(SYS_msgget, IPC_PRIVATE, 0600, 0);

	c->fd[0] = id;
	c->out.type = 1;
	return id < 0 ? id : 0;
}

static void sysv_close(struct chan *c)
{
	sys3(SYS_msgctl, c->fd[0], IPC_RMID, 0);
}

static long sysv_send(struct chan *c)
{
	return sys5(SYS_msgsnd, c->fd[0], (long)&c->out, c->len, 0, 0);
}

static long sysv_receive(struct chan *c)
{
	return EXPECT(sys5(SYS_msgrcv, c->fd[0], (long)&c->in, c->len, 0, 0),
		      c->len);
}

DEFINE_PAIR(sysv)
DEFINE_CYCLE(sysv, sysv_close)

const struct mech mech_sysv = {
	.name = "sysv",
	.title = "SysV message queue",
	.max_len = 8192,
	.open = sysv_open,
	.close = sysv_close,
	.pair = sysv_pair,
	.send = sysv_send,
	.receive = sysv_receive,
	.cycle = sysv_cycle,
};

/* Named only for the moment of creation, so that a crash leaves nothing. */
static int mqueue_open(struct chan *c)
{
	static const char name[] = "mbx-bench";
	struct mq_attr attr = {
		.mq_maxmsg = 8,
		.mq_msgsize = (long)c->len,
	};
	long fd = sys5(SYS_mq_open, (long)name,
		       O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, (long)&attr,
		       0);

	c->fd[0] = fd;
	return fd < 0 ? fd : sys3(SYS_mq_unlink, (long)name, 0, 0);
}

static long mqueue_send(struct chan *c)
{
	return sys5(SYS_mq_timedsend, c->fd[0], (long)c->out.text, c->len, 0,
		    0);
}

static long mqueue_receive(struct chan *c)
{
	return EXPECT(sys5(SYS_mq_timedreceive, c->fd[0], (long)c->in.text,
			   c->len, 0, 0),
		      c->len);
}

DEFINE_PAIR(mqueue)
DEFINE_CYCLE(mqueue, close_one)

const struct mech mech_mq = {
	.name = "mq",
	.title = "POSIX message queue",
	.max_len = 8192,
	.open = mqueue_open,
	.close = close_one,
	.pair = mqueue_pair,
	.send = mqueue_send,
	.receive = mqueue_receive,
	.cycle = mqueue_cycle,
};

static int seqpacket_open(struct chan *c)
{
	return sys5(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
		    (long)c->fd, 0);
}

/* sendto(2) and recvfrom(2): write(2) and read(2) cost a socket 500 more. */
static long seqpacket_send(struct chan *c)
{
	return EXPECT(sys5(SYS_sendto, c->fd[1], (long)c->out.text, c->len, 0,
			   0),
		      c->len);
}

static long seqpacket_receive(struct chan *c)
{
	return EXPECT(sys5(SYS_recvfrom, c->fd[0], (long)c->in.text, c->len, 0,
			   0),
		      c->len);
}

DEFINE_PAIR(seqpacket)
DEFINE_CYCLE(seqpacket, close_both)

const struct mech mech_seqpacket = {
	.name = "seqpacket",
	.title = "AF_UNIX SOCK_SEQPACKET",
	.max_len = MAX_LEN,
	.open = seqpacket_open,
	.close = close_both,
	.pair = seqpacket_pair,
	.send = seqpacket_send,
	.receive = seqpacket_receive,
	.cycle = seqpacket_cycle,
};

static struct mmsghdr out_msgs[MAX_BATCH];
static struct mmsghdr in_msgs[MAX_BATCH];
static struct iovec out_iov, in_iov;

static int seqpacket_batch_open(struct chan *c)
{
	out_iov = (struct iovec){ c->out.text, c->len };
	in_iov = (struct iovec){ c->in.text, c->len };
	for (unsigned int i = 0; i < MAX_BATCH; i++) {
		out_msgs[i].msg_hdr.msg_iov = &out_iov;
		out_msgs[i].msg_hdr.msg_iovlen = 1;
		in_msgs[i].msg_hdr.msg_iov = &in_iov;
		in_msgs[i].msg_hdr.msg_iovlen = 1;
	}
	return seqpacket_open(c);
}

static long seqpacket_batch(struct chan *c, unsigned int n)
{
	long ret = sys5(SYS_sendmmsg, c->fd[1], (long)out_msgs, n, 0, 0);

	return EXPECT(ret, n) |
	       EXPECT(sys5(SYS_recvmmsg, c->fd[0], (long)in_msgs, n, 0, 0), n);
}

const struct mech mech_seqpacket_batch = {
	.name = "seqpacket-batch",
	.title = "AF_UNIX sendmmsg, recvmmsg",
	.max_len = MAX_LEN,
	.open = seqpacket_batch_open,
	.close = close_both,
	.batch = seqpacket_batch,
};

/* Carries a counter of 8 bytes and nothing else. */

static int eventfd_open(struct chan *c)
{
	long fd = sys3(SYS_eventfd2, 0, EFD_CLOEXEC, 0);

	*(uint64_t *)c->out.text = 1;
	c->fd[0] = fd;
	return fd < 0 ? fd : 0;
}

static long eventfd_send(struct chan *c)
{
	return EXPECT(sys3(SYS_write, c->fd[0], (long)c->out.text, 8), 8);
}

static long eventfd_receive(struct chan *c)
{
	return EXPECT(sys3(SYS_read, c->fd[0], (long)c->in.text, 8), 8);
}

DEFINE_PAIR(eventfd)
DEFINE_CYCLE(eventfd, close_one)

const struct mech mech_eventfd = {
	.name = "eventfd",
	.title = "eventfd (8 bytes, a counter)",
	.max_len = 8,
	.open = eventfd_open,
	.close = close_one,
	.pair = eventfd_pair,
	.send = eventfd_send,
	.receive = eventfd_receive,
	.cycle = eventfd_cycle,
};
