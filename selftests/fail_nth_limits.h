/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is accounted for, which no file shows: the lowest limit at which one more
 * mailbox with one more message, which has a descriptor, is let in tells it exactly.
 */
#ifndef SELFTESTS_FAIL_NTH_LIMITS_H
#define SELFTESTS_FAIL_NTH_LIMITS_H

#include "fail_nth.h"
#include "fds.h"

static const char *const limit_params[] = {
	MODULE_PARAM("max_user_mailboxes"), MODULE_PARAM("max_mailboxes"),
	MODULE_PARAM("max_user_bytes"),	    MODULE_PARAM("max_bytes"),
	MODULE_PARAM("max_user_fds"),
};

#define LIMITS ARRAY_SIZE(limit_params)

struct limits {
	int control;
	long long lowest[LIMITS];
};

static inline bool is_let_in(int control)
{
	int fd = box_create(control, NULL, MBX_CREATE_OWNED, 1);
	bool sent;

	if (fd < 0)
		return false;
	sent = !send_fds(fd, 1, &control, 1, MBX_SEND_NONBLOCK);
	close(fd);
	return sent;
}

static inline bool is_let_in_at(int control, const char *param, long long limit)
{
	return !write_number(param, limit) && is_let_in(control);
}

static inline long long lowest_limit(int control, const char *param)
{
	long long high = 1, low = 0, middle;

	while (high < 1LL << 30 && !is_let_in_at(control, param, high)) {
		low = high;
		high *= 4;
	}
	while (high - low > 1) {
		middle = (low + high) / 2;
		if (is_let_in_at(control, param, middle))
			high = middle;
		else
			low = middle;
	}
	return high;
}

static inline bool look_at_limit(int control, const char *param,
				 long long *lowest)
{
	long long old = read_number(param);
	bool same;

	if (!*lowest)
		*lowest = lowest_limit(control, param);
	same = is_let_in_at(control, param, *lowest) &&
	       !is_let_in_at(control, param, *lowest - 1);
	return !write_number(param, old) && same;
}

/* Finds each limit that is 0, and checks all of them. */
static inline int look_at_limits(void *arg)
{
	struct limits *limits = arg;
	bool same = !set_caps(0) && is_let_in(limits->control);
	unsigned int i;

	for (i = 0; i < LIMITS; i++)
		if (!look_at_limit(limits->control, limit_params[i],
				   &limits->lowest[i]))
			same = false;
	return !same;
}

/*
 * A process without the capability that ignores limits looks; its own record
 * costs the same each time.
 */
static inline bool same_limits(struct limits *limits, int control)
{
	limits->control = control;
	return !run_in_process(look_at_limits, limits);
}

static inline struct limits *limits_new(void)
{
	struct limits *limits = mmap(NULL, sizeof(*limits),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (limits == MAP_FAILED)
		abort();
	return limits;
}

#endif /* SELFTESTS_FAIL_NTH_LIMITS_H */
