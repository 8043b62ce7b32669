// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The control handle.  It is opened for each command that needs one: a handle
 * kept in the library would be state shared over fork() and between threads.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

int mbx_ioctl(int fd, unsigned long request, void *arg)
{
	int saved = errno;
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		ret = -errno;
	errno = saved;
	return ret;
}

int mbx_open_file(const char *path, int flags)
{
	int saved = errno;
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		fd = -errno;
	errno = saved;
	return fd;
}

/* ENOENT is to mean "no such mailbox", so a missing device is ENODEV. */
static int control_open(void)
{
	int fd = mbx_open_file(MBX_DEVICE, O_RDWR);

	if (fd == -ENOENT || fd == -ENXIO || fd == -ENOTDIR)
		return -ENODEV;
	return fd;
}

int mbx_control(unsigned long request, void *arg)
{
	int fd = control_open();
	int saved = errno;
	int ret;

	if (fd < 0)
		return fd;
	ret = mbx_ioctl(fd, request, arg);
	close(fd);
	errno = saved;
	return ret;
}

int mbx_version(struct mbx_version *v, size_t size)
{
	if (size < 2 * sizeof(__u32) || size > UINT32_MAX)
		return -EINVAL;
	v->size = size;
	v->flags = 0;
	return mbx_control(MBX_IOC_VERSION, v);
}

const char *mbx_library_version(void)
{
	return MBX_VERSION;
}
