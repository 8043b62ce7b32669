/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of priorities that are lent: setting them, and seeing who has which. */
#ifndef SELFTESTS_PRIORITIES_H
#define SELFTESTS_PRIORITIES_H

#include <sched.h>
#include <sys/resource.h>

#include "calls.h"

/* A nice value, or a real-time priority of SCHED_FIFO. */
struct priority {
	int policy;
	int value;
};

#define NICE(n) ((struct priority){ SCHED_OTHER, (n) })
#define FIFO(n) ((struct priority){ SCHED_FIFO, (n) })

/* The server's own. */
#define OWN NICE(7)

static inline bool set_priority(pid_t tid, struct priority to)
{
	struct sched_param param = {
		.sched_priority = to.policy == SCHED_FIFO ? to.value : 0,
	};

	return !sched_setscheduler(tid, to.policy, &param) &&
	       (to.policy == SCHED_FIFO ||
		!setpriority(PRIO_PROCESS, tid, to.value));
}

static inline bool has_priority(pid_t tid, struct priority is)
{
	struct sched_param param;

	if ((sched_getscheduler(tid) & ~SCHED_RESET_ON_FORK) != is.policy ||
	    sched_getparam(tid, &param))
		return false;
	return (is.policy == SCHED_FIFO ?
			param.sched_priority :
			getpriority(PRIO_PROCESS, tid)) == is.value;
}

#define EXPECT_PRIORITY(tid, is) EXPECT_TRUE(has_priority(tid, is))

#endif /* SELFTESTS_PRIORITIES_H */
