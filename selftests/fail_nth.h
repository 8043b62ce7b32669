/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's fault injection: makes the n-th allocation or user copy of one
 * system call fail.
 *
 * What is counted as a user copy: copy_from_user(), copy_to_user() and what is
 * built on them, strncpy_from_user(), the copies of an iov_iter, and those with
 * page faults disabled that the module tries first.  What is not: get_user() and
 * put_user().  A first try that fails leaves the second; hence steps are mostly
 * taken with argument and data in memory that is not mapped yet, which fails all
 * first tries, and with failures from the n-th on.
 */
#ifndef SELFTESTS_FAIL_NTH_H
#define SELFTESTS_FAIL_NTH_H

#include "peers.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"
#define MAKE_IT_FAIL "/proc/thread-self/make-it-fail"

enum injector { SLAB, PAGE, USERCOPY, INJECTORS };

static const char *const injector_dirs[INJECTORS] = {
	[SLAB] = "/sys/kernel/debug/failslab",
	[PAGE] = "/sys/kernel/debug/fail_page_alloc",
	[USERCOPY] = "/sys/kernel/debug/fail_usercopy",
};

#define STACK_FILTER "/sys/kernel/debug/fail_usercopy/stacktrace-depth"

#define SETTINGS_MAX 40

struct setting {
	char path[80];
	char old[32];
};

/* @nth and @make belong to the thread that opened them. */
struct faults {
	bool on[INJECTORS];
	bool onwards;
	int nth;
	int make;
	unsigned int nr_settings;
	struct setting settings[SETTINGS_MAX];
};

/* ---------------------------------------------------------------- settings */

static inline bool read_setting(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

	close(fd);
	if (len <= 0)
		return false;
	text[len] = '\0';
	return true;
}

static inline bool set_fault(struct faults *faults, enum injector injector,
			     const char *name, const char *value)
{
	struct setting *setting = &faults->settings[faults->nr_settings];

	if (faults->nr_settings == SETTINGS_MAX)
		abort();
	snprintf(setting->path, sizeof(setting->path), "%s/%s",
		 injector_dirs[injector], name);
	if (!read_setting(setting->path, setting->old, sizeof(setting->old)) ||
	    write_text(setting->path, value))
		return false;
	faults->nr_settings++;
	return true;
}

/* The last one first: what limits the damage is set first. */
static inline void restore_settings(struct faults *faults)
{
	struct setting *setting;

	while (faults->nr_settings) {
		setting = &faults->settings[--faults->nr_settings];
		write_text(setting->path, setting->old);
	}
}

/*
 * A stack that is to contain a function at an address from 1 on, but is not
 * looked at, never does: the injector is out of the count.
 */
static inline bool set_injector(struct faults *faults, enum injector injector)
{
	const bool on = faults->on[injector];
	const bool sleeps = injector != USERCOPY;

	if (!set_fault(faults, injector, "verbose", "0") ||
	    !set_fault(faults, injector, "stacktrace-depth", on ? "32" : "0") ||
	    !set_fault(faults, injector, "require-start", on ? "0" : "1"))
		return false;
	if (sleeps && !set_fault(faults, injector, "ignore-gfp-wait", "N"))
		return false;
	if (injector == PAGE &&
	    (!set_fault(faults, injector, "ignore-gfp-highmem", "N") ||
	     !set_fault(faults, injector, "min-order", "0")))
		return false;
	if (!faults->onwards || !on)
		return true;
	/* The filter first: nobody else's allocations are to fail. */
	return set_fault(faults, injector, "task-filter", "Y") &&
	       set_fault(faults, injector, "times", "-1") &&
	       set_fault(faults, injector, "probability", "100");
}

static inline bool set_injectors(struct faults *faults)
{
	enum injector i;

	for (i = 0; i < INJECTORS; i++)
		if (!set_injector(faults, i))
			return false;
	return true;
}

/* --------------------------------------------------------------- injection */

/* The calling thread is the one to be hit. */
static inline bool aim_at_caller(struct faults *faults)
{
	faults->nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	faults->make = open(MAKE_IT_FAIL, O_RDWR | O_CLOEXEC);
	return faults->nth >= 0 && faults->make >= 0;
}

static inline void put_number(int fd, unsigned int number)
{
	char text[16];
	ssize_t len = snprintf(text, sizeof(text), "%u", number);

	/* This, too, is a user copy that may be the n-th. */
	if (pwrite(fd, text, len, 0) != len && pwrite(fd, text, len, 0) != len)
		abort();
}

/* From here on the @n-th fails; with 0 none. */
static inline void arm(const struct faults *faults, unsigned int n)
{
	put_number(faults->nth, n);
	if (n && faults->onwards)
		put_number(faults->make, 1);
}

/* Has the n-th failed, before this? */
static inline bool disarm(const struct faults *faults)
{
	char text[16];
	ssize_t len;

	if (faults->onwards)
		put_number(faults->make, 0);
	len = pread(faults->nth, text, sizeof(text) - 1, 0);
	put_number(faults->nth, 0);
	if (len <= 0)
		return false;
	text[len] = '\0';
	return !atoi(text);
}

/* --------------------------------------------------------------- processes */

/*
 * Runs a function in a new process, which shares the memory: a copy of it would
 * take most of the time.  Returns the status.
 */
static inline int run_in_process(int (*function)(void *arg), void *arg)
{
	static char stack[1 << 16] __attribute__((aligned(16)));
	int status = -1;
	pid_t pid;

	pid = clone(function, stack + sizeof(stack),
		    CLONE_VM | CLONE_VFORK | SIGCHLD, arg);
	if (pid < 0)
		abort();
	waitpid(pid, &status, 0);
	return status;
}

#endif /* SELFTESTS_FAIL_NTH_H */
