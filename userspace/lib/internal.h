/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of libmbx share.
 */
#ifndef MBX_INTERNAL_H
#define MBX_INTERNAL_H

#include <libmbx.h>

#define MBX_PARAMETERS "/sys/module/ipc_mailbox/parameters"

/**
 * struct mbx - a mailbox handle
 * @fd: the descriptor
 */
struct mbx {
	int fd;
};

/* The result of ioctl(2), or -errno; errno is preserved. */
int mbx_ioctl(int fd, unsigned long request, void *arg);
/* One command on a control handle that lives just as long. */
int mbx_control(unsigned long request, void *arg);
/* open(2) with O_CLOEXEC, or -errno; errno is preserved. */
int mbx_open_file(const char *path, int flags);

#endif /* MBX_INTERNAL_H */
