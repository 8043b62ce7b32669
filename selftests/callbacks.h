/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of calls whose callers are asked something: both sides by hand. */
#ifndef SELFTESTS_CALLBACKS_H
#define SELFTESTS_CALLBACKS_H

#include "calls.h"

/* Calls with @number, and can be asked for a number. */
static inline struct job *job_call_backs(int fd, __u32 number)
{
	struct job *job = job_call(fd, number);

	job->call.flags = MBX_CALL_BACKS;
	return job;
}

/* Asks the caller of @call with @number. */
static inline struct job *job_ask(int fd, __u64 call, __u32 number)
{
	struct job *job = job_call(fd, number);

	job->call.flags = MBX_CALL_BACK;
	job->call.call = call;
	return job;
}

/* What a command of a call returns: as ioctl(2). */
static inline int call_for(int fd, struct mbx_call *arg, __u32 flags,
			   __u64 call, __u32 *number)
{
	init_call(arg, number, sizeof(*number), number, sizeof(*number));
	arg->flags = flags;
	arg->call = call;
	return ioctl(fd, MBX_IOC_CALL, arg);
}

/* Answers @call with *@number, and waits on: for the next one, or the reply. */
static inline int answer(int fd, __u64 call, __u32 *number)
{
	struct mbx_call arg;

	return call_for(fd, &arg, MBX_CALL_ANSWER, call, number);
}

static inline int ask(int fd, __u64 call, __u32 *number)
{
	struct mbx_call arg;

	return call_for(fd, &arg, MBX_CALL_BACK, call, number);
}

static inline int hang_up(int fd, __u64 call)
{
	struct mbx_call arg;

	init_call(&arg, NULL, 0, NULL, 0);
	arg.flags = MBX_CALL_HANG_UP;
	arg.call = call;
	return ioctl(fd, MBX_IOC_CALL, &arg);
}

/*
 * A thread that calls, and says one more than it is asked, until it has the reply;
 * what it has then, and how.
 */
struct client {
	int fd;
	__u32 number;
	unsigned int nr_questions;
	unsigned int hang_up_at;
	int ret;
	int error;
	struct mbx_call arg;
	pid_t tid;
	pthread_t thread;
};

static inline void *client_run(void *arg)
{
	struct client *c = arg;
	__u64 call;

	__atomic_store_n(&c->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	c->ret = call_for(c->fd, &c->arg, MBX_CALL_BACKS, 0, &c->number);
	while (c->ret == MBX_CALLED_BACK) {
		call = c->arg.out_seq;
		if (++c->nr_questions == c->hang_up_at) {
			c->ret = hang_up(c->fd, call);
			return NULL;
		}
		c->number++;
		c->ret = call_for(c->fd, &c->arg, MBX_CALL_ANSWER, call,
				  &c->number);
	}
	c->error = c->ret ? errno : 0;
	return NULL;
}

static inline void client_start(struct client *c, int fd, __u32 number)
{
	c->fd = fd;
	c->number = number;
	if (pthread_create(&c->thread, NULL, client_run, c))
		abort();
}

static inline int client_join(struct client *c)
{
	pthread_join(c->thread, NULL);
	return c->error;
}

/* Its call has been taken by the test. */
#define CLIENT_TAKEN(c, from)                                                \
	do {                                                                 \
		ASSERT_TRUE(wait_until(take_call((from), &self->got) == 7)); \
		ASSERT_TRUE(wait_until(has_callers(self->fd, 0, 1)));        \
	} while (0)

#endif /* SELFTESTS_CALLBACKS_H */
