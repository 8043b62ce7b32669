/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every test starts with. */
#ifndef SELFTESTS_MAILBOX_H
#define SELFTESTS_MAILBOX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "kselftest_harness.h"

/* An emulated debug kernel needs more than the half of a minute that is usual. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 120

#include "child.h"
#include "command.h"
#include "job.h"
#include "observe.h"

/* A command must fail with exactly this errno; 0 is seen if it succeeds. */
#define EXPECT_ERRNO(expected, command)                \
	do {                                           \
		int __errno;                           \
                                                       \
		errno = 0;                             \
		__errno = (command) == -1 ? errno : 0; \
		EXPECT_EQ((expected), __errno);        \
	} while (0)

/* For the body of a test or of a fixture's setup. */
#define OPEN_CONTROL(fd)                                                    \
	do {                                                                \
		(fd) = open(MBX_DEVICE, O_RDWR | O_CLOEXEC);                \
		if ((fd) < 0 &&                                             \
		    (errno == ENOENT || errno == ENXIO || errno == ENODEV)) \
			SKIP(return, "no " MBX_DEVICE                       \
				     ": is the module loaded?");            \
		ASSERT_LE(0, (fd));                                         \
	} while (0)

#define NEED_ROOT()                                 \
	do {                                        \
		if (geteuid())                      \
			SKIP(return, "needs root"); \
	} while (0)

#endif /* SELFTESTS_MAILBOX_H */
