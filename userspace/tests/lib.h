/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of the library share.
 */
#ifndef MBX_TEST_LIB_H
#define MBX_TEST_LIB_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mock.h"

/* One more than the highest descriptor: the same after a test as before. */
static inline int first_free_fd(void)
{
	int fd = fcntl(STDERR_FILENO, F_DUPFD, 3);

	close(fd);
	return fd;
}

static int fd_before;

static inline int setup(void **state)
{
	mock = (struct mock){ 0 };
	errno = 4711;
	fd_before = first_free_fd();
	return 0;
}

static inline int teardown(void **state)
{
	mock_end();
	assert_int_equal(errno, 4711);
	assert_int_equal(first_free_fd(), fd_before);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif /* MBX_TEST_LIB_H */
