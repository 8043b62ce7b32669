/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Thin wrappers around the commands.  Each returns what the ioctl returns.
 * Arguments are filled with POISON before the inputs are set, so that an
 * output that is not written shows.
 */
#ifndef SELFTESTS_COMMAND_H
#define SELFTESTS_COMMAND_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/ipc_mailbox.h>

#define POISON 0xa5
#define POISON_S32 ((__s32)0xa5a5a5a5)
#define POISON_U32 0xa5a5a5a5U
#define POISON_U64 0xa5a5a5a5a5a5a5a5ULL

static inline int box_version(int fd, struct mbx_version *arg)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = 0;
	return ioctl(fd, MBX_IOC_VERSION, arg);
}

static inline void init_create(struct mbx_create *arg, const char *name,
			       __u32 flags, __u32 capacity)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = flags;
	arg->name_ptr = (uintptr_t)name;
	arg->name_len = name ? strlen(name) : 0;
	arg->mode = 0600;
	arg->uid = MBX_SELF;
	arg->gid = MBX_SELF;
	arg->capacity = capacity;
	arg->msg_max = 0;
	arg->policy = MBX_POLICY_FIFO;
	arg->full = MBX_FULL_WAIT;
	arg->dead_letter = 0;
	arg->deliveries_max = 0;
	arg->dedup = 0;
	arg->__reserved = 0;
}

/* @name may be NULL; the new handle may send and receive. */
static inline int box_create(int fd, const char *name, __u32 flags,
			     __u32 capacity)
{
	struct mbx_create arg;

	init_create(&arg, name, flags, capacity);
	return ioctl(fd, MBX_IOC_CREATE, &arg);
}

static inline void init_open(struct mbx_open *arg, const char *name, __u64 id,
			     __u32 rights)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = rights;
	arg->name_ptr = (uintptr_t)name;
	arg->name_len = name ? strlen(name) : 0;
	arg->pid = 0;
	arg->id = id;
}

static inline int box_open(int fd, const char *name, __u64 id, __u32 rights)
{
	struct mbx_open arg;

	init_open(&arg, name, id, rights);
	return ioctl(fd, MBX_IOC_OPEN, &arg);
}

/* The mailbox of a process. */
static inline int box_open_pid(int fd, pid_t pid, __u32 rights)
{
	struct mbx_open arg;

	init_open(&arg, NULL, 0, rights);
	arg.pid = pid;
	return ioctl(fd, MBX_IOC_OPEN, &arg);
}

static inline void init_delete(struct mbx_delete *arg, const char *name,
			       __u64 id)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = 0;
	arg->name_ptr = (uintptr_t)name;
	arg->name_len = name ? strlen(name) : 0;
	arg->pid = 0;
	arg->id = id;
}

/* The owner of a mailbox, or its successor, is to be @pid. */
static inline int box_transfer(int fd, pid_t pid, __u32 flags)
{
	struct mbx_transfer arg = {
		.size = sizeof(arg),
		.flags = flags,
		.pid = pid,
	};

	return ioctl(fd, MBX_IOC_TRANSFER, &arg);
}

/* With neither name nor id: the mailbox of the handle @fd. */
static inline int box_delete(int fd, const char *name, __u64 id)
{
	struct mbx_delete arg;

	init_delete(&arg, name, id);
	return ioctl(fd, MBX_IOC_DELETE, &arg);
}

static inline int box_delete_pid(int fd, pid_t pid)
{
	struct mbx_delete arg;

	init_delete(&arg, NULL, 0);
	arg.pid = pid;
	return ioctl(fd, MBX_IOC_DELETE, &arg);
}

static inline void init_send(struct mbx_send *arg, const void *data, size_t len,
			     __u32 flags)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = flags;
	arg->data_ptr = (uintptr_t)data;
	arg->data_len = len;
	arg->type = 0;
	arg->deadline = 0;
	arg->priority = 0;
	arg->fds_ptr = 0;
	arg->id = 0;
}

static inline int box_send(int fd, const void *data, size_t len, __u32 flags)
{
	struct mbx_send arg;

	init_send(&arg, data, len, flags);
	return ioctl(fd, MBX_IOC_SEND, &arg);
}

static inline void init_receive(struct mbx_receive *arg, void *data, size_t len,
				__u32 flags)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = flags;
	arg->data_ptr = (uintptr_t)data;
	arg->data_len = len;
	arg->lease_ms = 0;
	arg->deadline = 0;
	arg->select_ptr = 0;
	arg->reply_ptr = 0;
	arg->fds_ptr = 0;
}

/* Returns the length of the message, or -1 with errno. */
static inline int box_receive(int fd, void *data, size_t len, __u32 flags)
{
	struct mbx_receive arg;

	init_receive(&arg, data, len, flags);
	return ioctl(fd, MBX_IOC_RECEIVE, &arg) ? -1 : (int)arg.out_len;
}

static inline void init_call(struct mbx_call *arg, const void *data, size_t len,
			     void *reply, size_t reply_len)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = 0;
	arg->data_ptr = (uintptr_t)data;
	arg->data_len = len;
	arg->priority = 0;
	arg->deadline = 0;
	arg->type = 0;
	arg->reply_ptr = (uintptr_t)reply;
	arg->reply_len = reply_len;
	arg->__reserved = 0;
	arg->fds_ptr = 0;
	arg->reply_fds_ptr = 0;
	arg->call = 0;
	arg->cycle_ptr = 0;
	arg->out_seq = 0;
}

static inline void init_reply(struct mbx_reply *arg, __u64 call,
			      const void *data, size_t len)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = 0;
	arg->call = call;
	arg->data_ptr = (uintptr_t)data;
	arg->data_len = len;
	arg->__reserved = 0;
	arg->fds_ptr = 0;
}

static inline int box_reply(int fd, __u64 call, const void *data, size_t len)
{
	struct mbx_reply arg;

	init_reply(&arg, call, data, len);
	return ioctl(fd, MBX_IOC_REPLY, &arg);
}

static inline void init_settle(struct mbx_settle *arg, __u64 seq, __u32 flags)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = flags;
	arg->seq = seq;
	arg->lease_ms = 0;
	arg->__reserved = 0;
}

static inline int box_settle(int fd, __u64 seq, __u32 flags)
{
	struct mbx_settle arg;

	init_settle(&arg, seq, flags);
	return ioctl(fd, MBX_IOC_SETTLE, &arg);
}

static inline void init_notify(struct mbx_notify *arg, __u32 events, int fd)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = 0;
	arg->events = events;
	arg->fd = fd;
	arg->low = 0;
	arg->high = 0;
	arg->data = 0;
}

static inline int box_stat(int fd, struct mbx_stat *arg)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = 0;
	return ioctl(fd, MBX_IOC_STAT, arg);
}

static inline void init_derive(struct mbx_derive *arg, __u32 rights,
			       __u32 flags, __u64 badge)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = flags;
	arg->rights = rights;
	arg->__reserved = 0;
	arg->badge = badge;
}

static inline int box_derive(int fd, __u32 rights, __u32 flags, __u64 badge)
{
	struct mbx_derive arg;

	init_derive(&arg, rights, flags, badge);
	return ioctl(fd, MBX_IOC_DERIVE, &arg);
}

static inline void init_revoke(struct mbx_revoke *arg)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = 0;
}

/* Returns how many handles that ended, or -1. */
static inline int box_revoke(int fd)
{
	struct mbx_revoke arg;

	init_revoke(&arg);
	return ioctl(fd, MBX_IOC_REVOKE, &arg) ? -1 : (int)arg.out_handles;
}

#define BOTH_RIGHTS (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)
#define ALL_RIGHTS (BOTH_RIGHTS | MBX_OPEN_MANAGE)

static inline void init_control(struct mbx_control *arg, __u32 op)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = 0;
	arg->op = op;
	arg->__reserved = 0;
	arg->deadline = 0;
}

/* Returns how many messages it was about, or -1 with errno. */
static inline long long box_control(int fd, __u32 op)
{
	struct mbx_control arg;

	init_control(&arg, op);
	return ioctl(fd, MBX_IOC_CONTROL, &arg) ? -1 : (long long)arg.out_count;
}

static inline void init_batch(struct mbx_batch *arg, __u32 cmd, void *vec,
			      __u32 stride, __u32 nr)
{
	memset(arg, POISON, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->flags = 0;
	arg->vec_ptr = (uintptr_t)vec;
	arg->nr = nr;
	arg->stride = stride;
	arg->cmd = cmd;
	arg->__reserved = 0;
}

/* 0 if the mailbox cannot be asked; no mailbox has that id. */
static inline __u64 box_id(int fd)
{
	struct mbx_stat stat;

	return box_stat(fd, &stat) ? 0 : stat.out_id;
}

/* Sends and receives a number without waiting; numbers tell messages apart. */
static inline int send_number(int fd, __u32 number)
{
	return box_send(fd, &number, sizeof(number), MBX_SEND_NONBLOCK);
}

/* Returns the number, or -1 with errno. */
static inline long long receive_number(int fd)
{
	__u32 number;
	int len =
		box_receive(fd, &number, sizeof(number), MBX_RECEIVE_NONBLOCK);

	if (len == (int)sizeof(number))
		return number;
	if (len >= 0)
		errno = EBADMSG;
	return -1;
}

/* Sends a number without waiting. */
static inline int send_as(int fd, __u32 number, __u64 type, __u32 priority)
{
	struct mbx_send arg;

	init_send(&arg, &number, sizeof(number), MBX_SEND_NONBLOCK);
	arg.type = type;
	arg.priority = priority;
	return ioctl(fd, MBX_IOC_SEND, &arg);
}

static inline struct mbx_select select_by(__u32 flags)
{
	return (struct mbx_select){
		.size = sizeof(struct mbx_select),
		.flags = flags,
	};
}

/* Returns a number that @select accepts, without waiting; or -1 with errno. */
static inline long long
receive_selected(int fd, const struct mbx_select *select, __u32 flags)
{
	struct mbx_receive arg;
	__u32 number;

	init_receive(&arg, &number, sizeof(number),
		     MBX_RECEIVE_NONBLOCK | flags);
	arg.select_ptr = (uintptr_t)select;
	return ioctl(fd, MBX_IOC_RECEIVE, &arg) ? -1 : (long long)number;
}

/* How many threads sleep in the mailbox, by its own account. */
static inline bool has_waiters(int fd, unsigned int senders,
			       unsigned int receivers)
{
	struct mbx_stat stat;

	return !box_stat(fd, &stat) && stat.out_senders == senders &&
	       stat.out_receivers == receivers;
}

/* Unique on this machine while the caller lives; @name takes NAME_SIZE. */
#define NAME_SIZE 64
static inline char *unique_name(char *name)
{
	static unsigned int count;

	snprintf(name, NAME_SIZE, "ksft-%d-%u", getpid(), count++);
	return name;
}

#endif /* SELFTESTS_COMMAND_H */
