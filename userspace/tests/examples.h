/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the examples in manual pages leave out.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <libmbx.h>

static inline void show(const char *head, unsigned int len)
{
	printf("%.5s, %u bytes\n", head, len);
}
