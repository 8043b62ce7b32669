/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Child processes that report what failed. */
#ifndef SELFTESTS_CHILD_H
#define SELFTESTS_CHILD_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Effective and real ids, and no group beside. */
static inline int drop_privileges(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid))
		return -1;
	/* The kernel clears this when ids change; tests read /proc/self. */
	return prctl(PR_SET_DUMPABLE, 1);
}

/*
 * A child process whose first failed CHECK() the parent prints.
 *
 *	if (!child_start(&child)) {
 *		CHECK(!setuid(1000));
 *		child_exit();
 *	}
 *	EXPECT_CHILD(child);
 */
struct child {
	pid_t pid;
	int errors;
};

/* In a child: where to report; -1 in the test itself. */
static int child_errors = -1;

/* 0 in the child. */
static inline pid_t child_start(struct child *child)
{
	int errors[2];

	if (pipe2(errors, O_CLOEXEC))
		abort();
	child->pid = fork();
	if (child->pid < 0)
		abort();
	if (!child->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		child_errors = errors[1];
	} else {
		child->errors = errors[0];
		close(errors[1]);
	}
	return child->pid;
}

static inline void child_exit(void)
{
	_exit(0);
}

static inline void child_fail(int line, const char *what)
{
	dprintf(child_errors, "line %d: %s: %s\n", line, what, strerror(errno));
	_exit(1);
}

/* In a child, in place of ASSERT_TRUE(). */
#define CHECK(condition)                                  \
	do {                                              \
		errno = 0;                                \
		if (!(condition))                         \
			child_fail(__LINE__, #condition); \
	} while (0)

#define CHECK_ERRNO(expected, command) \
	CHECK((command) == -1 && errno == (expected))

/* Wait status of the child, after what it reported has been printed. */
static inline int child_join(struct child *child)
{
	int status = -1;
	char text[512];
	ssize_t len;

	while ((len = read(child->errors, text, sizeof(text) - 1)) > 0)
		fprintf(stderr, "# child %d: %.*s", child->pid, (int)len, text);
	close(child->errors);
	waitpid(child->pid, &status, 0);
	return status;
}

#define EXPECT_CHILD(child) EXPECT_EQ(0, child_join(&(child)))

#endif /* SELFTESTS_CHILD_H */
