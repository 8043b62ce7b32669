// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Handles: how they come to be, what they say, how they and their mailboxes go.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static __u64 address(const void *p)
{
	return (uintptr_t)p;
}

/* A name longer than an __u32 counts wraps, to a length that is refused. */
static __u32 name_len(const char *name)
{
	size_t len = strlen(name);

	return len > UINT32_MAX ? UINT32_MAX : len;
}

static void close_quietly(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

/*
 * The handle is allocated before the command runs, on @from or on the device:
 * after a CREATE there would be a mailbox to take back.
 */
static int handle_make_on(const struct mbx *from, struct mbx **out,
			  unsigned long request, void *arg)
{
	struct mbx *m = malloc(sizeof(*m));
	int fd;

	if (!m)
		return -ENOMEM;
	fd = from ? mbx_ioctl(from->fd, request, arg) :
		    mbx_control(request, arg);
	if (fd < 0) {
		free(m);
		return fd;
	}
	m->fd = fd;
	*out = m;
	return 0;
}

static int handle_make(struct mbx **out, unsigned long request, void *arg)
{
	return handle_make_on(NULL, out, request, arg);
}

void mbx_attr_init(struct mbx_create *attr, size_t size)
{
	struct mbx_create init = {
		.size = size,
		.mode = 0600,
		.uid = MBX_SELF,
		.gid = MBX_SELF,
	};

	memset(attr, 0, size);
	memcpy(attr, &init, size < sizeof(init) ? size : sizeof(init));
}

int mbx_create_attr(struct mbx **out, const char *name, struct mbx_create *attr)
{
	attr->name_ptr = address(name);
	attr->name_len = name ? name_len(name) : 0;
	if (name && !attr->name_len)
		return -EINVAL;
	return handle_make(out, MBX_IOC_CREATE, attr);
}

int mbx_create(struct mbx **out, const char *name, uint32_t capacity)
{
	struct mbx_create attr;

	mbx_attr_init(&attr, sizeof(attr));
	attr.capacity = capacity;
	return mbx_create_attr(out, name, &attr);
}

int mbx_open(struct mbx **out, const char *name, unsigned int rights)
{
	struct mbx_open arg = { .size = sizeof(arg), .flags = rights };

	if (!name || !*name)
		return -EINVAL;
	arg.name_ptr = address(name);
	arg.name_len = name_len(name);
	return handle_make(out, MBX_IOC_OPEN, &arg);
}

int mbx_open_id(struct mbx **out, uint64_t id, unsigned int rights)
{
	struct mbx_open arg = {
		.size = sizeof(arg),
		.flags = rights,
		.id = id,
	};

	if (!id)
		return -EINVAL;
	return handle_make(out, MBX_IOC_OPEN, &arg);
}

int mbx_open_pid(struct mbx **out, pid_t pid, unsigned int rights)
{
	struct mbx_open arg = {
		.size = sizeof(arg),
		.flags = rights,
		.pid = pid ?: getpid(),
	};

	return handle_make(out, MBX_IOC_OPEN, &arg);
}

int mbx_derive(struct mbx **out, struct mbx *m, unsigned int rights,
	       unsigned int flags, uint64_t badge)
{
	struct mbx_derive arg = {
		.size = sizeof(arg),
		.flags = flags,
		.rights = rights,
		.badge = badge,
	};

	return handle_make_on(m, out, MBX_IOC_DERIVE, &arg);
}

int mbx_revoke(struct mbx *m)
{
	struct mbx_revoke arg = { .size = sizeof(arg) };
	int err = mbx_ioctl(m->fd, MBX_IOC_REVOKE, &arg);

	if (err)
		return err;
	return arg.out_handles > INT_MAX ? INT_MAX : (int)arg.out_handles;
}

/* A mailbox that has ended is one, too; and so is a handle that was revoked. */
static int check_fd(int fd)
{
	struct mbx_stat st = { .size = sizeof(st) };
	int err = mbx_ioctl(fd, MBX_IOC_STAT, &st);

	return err == -EIDRM || err == -EOWNERDEAD || err == -EKEYREVOKED ? 0 :
									    err;
}

int mbx_from_fd(struct mbx **out, int fd)
{
	int err = check_fd(fd);
	struct mbx *m;

	if (err)
		return err;
	m = malloc(sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->fd = fd;
	*out = m;
	return 0;
}

int mbx_fd(const struct mbx *m)
{
	return m->fd;
}

void mbx_close(struct mbx *m)
{
	if (!m)
		return;
	close_quietly(m->fd);
	free(m);
}

int mbx_delete(const char *name)
{
	struct mbx_delete arg = { .size = sizeof(arg) };

	if (!name || !*name)
		return -EINVAL;
	arg.name_ptr = address(name);
	arg.name_len = name_len(name);
	return mbx_control(MBX_IOC_DELETE, &arg);
}

int mbx_delete_id(uint64_t id)
{
	struct mbx_delete arg = { .size = sizeof(arg), .id = id };

	if (!id)
		return -EINVAL;
	return mbx_control(MBX_IOC_DELETE, &arg);
}

int mbx_delete_pid(pid_t pid)
{
	struct mbx_delete arg = {
		.size = sizeof(arg),
		.pid = pid ?: getpid(),
	};

	return mbx_control(MBX_IOC_DELETE, &arg);
}

int mbx_delete_handle(struct mbx *m)
{
	struct mbx_delete arg = { .size = sizeof(arg) };

	return mbx_ioctl(m->fd, MBX_IOC_DELETE, &arg);
}

static int transfer(struct mbx *m, pid_t pid, unsigned int flags)
{
	struct mbx_transfer arg = {
		.size = sizeof(arg),
		.flags = flags,
		.pid = pid,
	};

	return mbx_ioctl(m->fd, MBX_IOC_TRANSFER, &arg);
}

int mbx_transfer(struct mbx *m, pid_t pid)
{
	return transfer(m, pid, 0);
}

int mbx_set_successor(struct mbx *m, pid_t pid)
{
	return transfer(m, pid, MBX_TRANSFER_SUCCESSOR);
}

int mbx_admin(struct mbx *m, unsigned int op, uint64_t deadline,
	      uint64_t *count)
{
	struct mbx_control arg = {
		.size = sizeof(arg),
		.op = op,
		.deadline = deadline,
	};
	int err = mbx_ioctl(m->fd, MBX_IOC_CONTROL, &arg);

	if (count)
		*count = arg.out_count;
	return err;
}

int mbx_stat(struct mbx *m, struct mbx_stat *st, size_t size)
{
	if (size < 2 * sizeof(__u32) || size > UINT32_MAX)
		return -EINVAL;
	st->size = size;
	st->flags = 0;
	return mbx_ioctl(m->fd, MBX_IOC_STAT, st);
}
