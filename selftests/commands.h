/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each command with a right argument, which a test then spoils in one way. */
#ifndef SELFTESTS_COMMANDS_H
#define SELFTESTS_COMMANDS_H

#include <stddef.h>

#include <sys/eventfd.h>

#include "mailbox.h"

FIXTURE(command) {
	int control;
	int box;
	int fd;
	char name[NAME_SIZE];
	char new_name[NAME_SIZE];
	size_t page;
	unsigned char *pages;
	struct mbx_stat before;
	int next_fd;
	int event;
	__u32 data;
	__u64 leased;
	struct mbx_send element;
};

FIXTURE_VARIANT(command)
{
	unsigned int cmd;
	size_t size;
	__u32 flags;
	bool on_control;
	size_t outputs;
};

FIXTURE_VARIANT_ADD(command, version){
	.cmd = MBX_IOC_VERSION,
	.size = sizeof(struct mbx_version),
	.on_control = true,
	.outputs = offsetof(struct mbx_version, out_abi),
};

FIXTURE_VARIANT_ADD(command, version_on_mailbox){
	.cmd = MBX_IOC_VERSION,
	.size = sizeof(struct mbx_version),
	.outputs = offsetof(struct mbx_version, out_abi),
};

FIXTURE_VARIANT_ADD(command, create){
	.cmd = MBX_IOC_CREATE,
	.size = sizeof(struct mbx_create),
	.flags = MBX_CREATE_OWNED | MBX_CREATE_TIMESTAMP |
		 MBX_CREATE_DEAD_LETTER | MBX_CREATE_DONATE,
	.on_control = true,
	.outputs = offsetof(struct mbx_create, out_id),
};

FIXTURE_VARIANT_ADD(command, open){
	.cmd = MBX_IOC_OPEN,
	.size = sizeof(struct mbx_open),
	.flags = ALL_RIGHTS,
	.on_control = true,
	.outputs = offsetof(struct mbx_open, out_id),
};

FIXTURE_VARIANT_ADD(command, delete){
	.cmd = MBX_IOC_DELETE,
	.size = sizeof(struct mbx_delete),
	.on_control = true,
	.outputs = sizeof(struct mbx_delete),
};

FIXTURE_VARIANT_ADD(command, send){
	.cmd = MBX_IOC_SEND,
	.size = sizeof(struct mbx_send),
	.flags = MBX_SEND_NONBLOCK | MBX_SEND_SYNC | MBX_SEND_REALTIME |
		 MBX_SEND_WAIT | MBX_SEND_DROP_OLDEST | MBX_SEND_DROP_NEWEST |
		 MBX_SEND_DEFER,
	.outputs = offsetof(struct mbx_send, out_seq),
};

FIXTURE_VARIANT_ADD(command, receive){
	.cmd = MBX_IOC_RECEIVE,
	.size = sizeof(struct mbx_receive),
	.flags = MBX_RECEIVE_NONBLOCK | MBX_RECEIVE_PEEK |
		 MBX_RECEIVE_REALTIME | MBX_RECEIVE_TRUNCATE,
	.outputs = offsetof(struct mbx_receive, out_seq),
};

FIXTURE_VARIANT_ADD(command, notify){
	.cmd = MBX_IOC_NOTIFY,
	.size = sizeof(struct mbx_notify),
	.flags = MBX_NOTIFY_READ,
	.outputs = offsetof(struct mbx_notify, out_events),
};

FIXTURE_VARIANT_ADD(command, stat){
	.cmd = MBX_IOC_STAT,
	.size = sizeof(struct mbx_stat),
	.outputs = offsetof(struct mbx_stat, out_id),
};

FIXTURE_VARIANT_ADD(command, derive){
	.cmd = MBX_IOC_DERIVE,
	.size = sizeof(struct mbx_derive),
	.flags = MBX_DERIVE_ONESHOT,
	.outputs = sizeof(struct mbx_derive),
};

FIXTURE_VARIANT_ADD(command, revoke){
	.cmd = MBX_IOC_REVOKE,
	.size = sizeof(struct mbx_revoke),
	.outputs = offsetof(struct mbx_revoke, out_handles),
};

/* To thaw what is not frozen changes nothing. */
FIXTURE_VARIANT_ADD(command, control){
	.cmd = MBX_IOC_CONTROL,
	.size = sizeof(struct mbx_control),
	.flags = MBX_CONTROL_REALTIME,
	.outputs = offsetof(struct mbx_control, out_count),
};

FIXTURE_VARIANT_ADD(command, batch){
	.cmd = MBX_IOC_BATCH,
	.size = sizeof(struct mbx_batch),
	.outputs = offsetof(struct mbx_batch, out_error),
};

FIXTURE_VARIANT_ADD(command, transfer){
	.cmd = MBX_IOC_TRANSFER,
	.size = sizeof(struct mbx_transfer),
	.flags = MBX_TRANSFER_SUCCESSOR,
	.outputs = sizeof(struct mbx_transfer),
};

/* Nobody answers: it is right as far as it goes if that is found out. */
FIXTURE_VARIANT_ADD(command, call){
	.cmd = MBX_IOC_CALL,
	.size = sizeof(struct mbx_call),
	.flags = MBX_CALL_REALTIME | MBX_CALL_DONATE | MBX_CALL_BACKS |
		 MBX_CALL_BACK | MBX_CALL_ANSWER | MBX_CALL_HANG_UP,
	.outputs = offsetof(struct mbx_call, out_seq),
};

/* Likewise if there is nobody to answer. */
FIXTURE_VARIANT_ADD(command, reply){
	.cmd = MBX_IOC_REPLY,
	.size = sizeof(struct mbx_reply),
	.outputs = sizeof(struct mbx_reply),
};

/* To renew a lease changes nothing that a stat shows. */
FIXTURE_VARIANT_ADD(command, settle){
	.cmd = MBX_IOC_SETTLE,
	.size = sizeof(struct mbx_settle),
	.flags = MBX_SETTLE_NACK | MBX_SETTLE_RENEW,
	.outputs = sizeof(struct mbx_settle),
};

#define LEASE_MS 600000

/* Its sequence number, or 0. */
static inline __u64 lease_one(int box)
{
	struct mbx_receive arg;
	__u32 number;

	init_receive(&arg, &number, sizeof(number), MBX_RECEIVE_NONBLOCK);
	arg.lease_ms = LEASE_MS;
	return send_number(box, 2) || ioctl(box, MBX_IOC_RECEIVE, &arg) ?
		       0 :
		       arg.out_seq;
}

static inline int lowest_free_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

/* Two usable pages and one that faults. */
FIXTURE_SETUP(command)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, unique_name(self->name),
			       MBX_CREATE_OWNED, MBX_UNBOUNDED);
	ASSERT_LE(0, self->box);
	unique_name(self->new_name);
	self->fd = variant->on_control ? self->control : self->box;
	self->page = sysconf(_SC_PAGESIZE);
	self->pages = mmap(NULL, 3 * self->page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->pages);
	ASSERT_EQ(0, mprotect(self->pages + 2 * self->page, self->page,
			      PROT_NONE));
	ASSERT_EQ(0, send_number(self->box, 1));
	if (variant->cmd == MBX_IOC_SETTLE) {
		self->leased = lease_one(self->box);
		ASSERT_NE(0, self->leased);
	}
	ASSERT_EQ(0, box_stat(self->box, &self->before));
	self->event = eventfd(0, EFD_CLOEXEC);
	ASSERT_LE(0, self->event);
	self->next_fd = lowest_free_fd();
}

FIXTURE_TEARDOWN(command)
{
	munmap(self->pages, 3 * self->page);
	close(self->event);
	close(self->box);
	close(self->control);
}

/* A command whose every member is right, so that it can fail in one way. */
static inline void fill(FIXTURE_DATA(command) * self, unsigned int cmd,
			void *to)
{
	union {
		struct mbx_version version;
		struct mbx_create create;
		struct mbx_open open;
		struct mbx_delete delete;
		struct mbx_send send;
		struct mbx_receive receive;
		struct mbx_stat stat;
		struct mbx_derive derive;
		struct mbx_revoke revoke;
		struct mbx_control control;
		struct mbx_notify notify;
		struct mbx_batch batch;
		struct mbx_transfer transfer;
		struct mbx_call call;
		struct mbx_reply reply;
		struct mbx_settle settle;
	} arg;
	size_t size = 0;

	memset(&arg, POISON, sizeof(arg));
	switch (cmd) {
	case MBX_IOC_VERSION:
		size = arg.version.size = sizeof(arg.version);
		arg.version.flags = 0;
		break;
	case MBX_IOC_CREATE:
		init_create(&arg.create, self->new_name, MBX_CREATE_OWNED, 1);
		size = sizeof(arg.create);
		break;
	case MBX_IOC_OPEN:
		init_open(&arg.open, self->name, 0, MBX_OPEN_SEND);
		size = sizeof(arg.open);
		break;
	case MBX_IOC_DELETE:
		init_delete(&arg.delete, self->new_name, 0);
		size = sizeof(arg.delete);
		break;
	case MBX_IOC_SEND:
		init_send(&arg.send, &self->data, sizeof(self->data),
			  MBX_SEND_NONBLOCK);
		size = sizeof(arg.send);
		break;
	case MBX_IOC_RECEIVE:
		init_receive(&arg.receive, &self->data, sizeof(self->data),
			     MBX_RECEIVE_NONBLOCK);
		size = sizeof(arg.receive);
		break;
	case MBX_IOC_NOTIFY:
		init_notify(&arg.notify, MBX_EVENT_DELETED, self->event);
		size = sizeof(arg.notify);
		break;
	case MBX_IOC_STAT:
		size = arg.stat.size = sizeof(arg.stat);
		arg.stat.flags = 0;
		break;
	case MBX_IOC_DERIVE:
		init_derive(&arg.derive, MBX_OPEN_SEND, 0, 0);
		size = sizeof(arg.derive);
		break;
	case MBX_IOC_REVOKE:
		init_revoke(&arg.revoke);
		size = sizeof(arg.revoke);
		break;
	case MBX_IOC_CONTROL:
		init_control(&arg.control, MBX_CONTROL_THAW);
		size = sizeof(arg.control);
		break;
	case MBX_IOC_BATCH:
		init_send(&self->element, &self->data, sizeof(self->data), 0);
		init_batch(&arg.batch, MBX_CMD_SEND, &self->element,
			   sizeof(self->element), 1);
		size = sizeof(arg.batch);
		break;
	case MBX_IOC_TRANSFER:
		size = arg.transfer.size = sizeof(arg.transfer);
		arg.transfer.flags = 0;
		arg.transfer.pid = getpid();
		arg.transfer.__reserved = 0;
		break;
	case MBX_IOC_CALL:
		init_call(&arg.call, &self->data, sizeof(self->data),
			  &self->data, sizeof(self->data));
		arg.call.deadline = 1;
		size = sizeof(arg.call);
		break;
	case MBX_IOC_REPLY:
		init_reply(&arg.reply, 1, &self->data, sizeof(self->data));
		size = sizeof(arg.reply);
		break;
	case MBX_IOC_SETTLE:
		init_settle(&arg.settle, self->leased, MBX_SETTLE_RENEW);
		arg.settle.lease_ms = LEASE_MS;
		size = sizeof(arg.settle);
		break;
	}
	memcpy(to, &arg, size);
}

static inline void set_size(void *arg, __u32 size)
{
	memcpy(arg, &size, sizeof(size));
}

/* Makes sure that the command, if right, can succeed once more. */
static inline void prepare(FIXTURE_DATA(command) * self, unsigned int cmd)
{
	if (cmd == MBX_IOC_RECEIVE)
		send_number(self->box, 1);
	if (cmd == MBX_IOC_DELETE)
		close(box_create(self->control, self->new_name,
				 MBX_CREATE_OWNED, 1));
}

/* 0, or -1 with errno; undoes a success. */
static inline int run(FIXTURE_DATA(command) * self, unsigned int cmd, void *arg)
{
	int ret = ioctl(self->fd, cmd, arg);

	if ((cmd == MBX_IOC_CALL && ret && errno == EDEADLK) ||
	    (cmd == MBX_IOC_REPLY && ret && errno == ENOENT))
		return 0;
	if (ret < 0)
		return ret;
	if (cmd == MBX_IOC_CREATE)
		box_delete(ret, NULL, 0);
	if (cmd == MBX_IOC_CREATE || cmd == MBX_IOC_OPEN ||
	    cmd == MBX_IOC_DERIVE) {
		close(ret);
		return 0;
	}
	/* Of one element. */
	if (cmd == MBX_IOC_BATCH)
		return ret - 1;
	return ret;
}

/* No message, mailbox or descriptor has come or gone. */
static inline bool unchanged(FIXTURE_DATA(command) * self)
{
	struct mbx_stat now;

	if (box_stat(self->box, &now) ||
	    memcmp(&now, &self->before, sizeof(now)) ||
	    lowest_free_fd() != self->next_fd)
		return false;
	return box_open(self->control, self->new_name, 0, 0) == -1 &&
	       errno == ENOENT;
}

#endif /* SELFTESTS_COMMANDS_H */
