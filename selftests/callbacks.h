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

/* ------------------------------------------------------------ taking its time */

/* What a thinker does in the end. */
enum thought {
	THINK_ON,
	THINK_ANSWER,
	THINK_HANG_UP,
	THINK_CLOSE,
	THINK_EXIT,
};

/*
 * A thread or process that calls, is asked something, and does with that what the
 * test tells it to, when the test tells it.
 */
struct thinker {
	int fd;
	struct mbx_call arg;
	__u32 number;
	__u32 question;
	__u64 deadline;
	__u32 flags;
	pid_t tid;
	bool asked;
	enum thought thought;
	bool done;
	int ret;
	int error;

	pid_t pid;
	pthread_t thread;
};

static inline void think_end(struct thinker *t, int ret)
{
	t->ret = ret;
	t->error = ret < 0 ? errno : 0;
	__atomic_store_n(&t->done, true, __ATOMIC_RELEASE);
}

static inline void think_act(struct thinker *t, enum thought thought)
{
	const __u64 call = t->arg.out_seq;

	switch (thought) {
	case THINK_ANSWER:
		think_end(t, call_for(t->fd, &t->arg, MBX_CALL_ANSWER, call,
				      &t->number));
		break;
	case THINK_HANG_UP:
		think_end(t, hang_up(t->fd, call));
		break;
	case THINK_CLOSE:
		think_end(t, close(t->fd));
		break;
	default:
		think_end(t, 0);
	}
}

static inline void *think(void *arg)
{
	struct thinker *t = arg;
	enum thought thought;
	int ret;

	__atomic_store_n(&t->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	init_call(&t->arg, &t->number, sizeof(t->number), &t->number,
		  sizeof(t->number));
	t->arg.flags = MBX_CALL_BACKS | t->flags;
	t->arg.deadline = t->deadline;
	ret = ioctl(t->fd, MBX_IOC_CALL, &t->arg);
	if (ret != MBX_CALLED_BACK) {
		think_end(t, ret);
		return NULL;
	}
	t->question = t->number;
	__atomic_store_n(&t->asked, true, __ATOMIC_RELEASE);
	while (!(thought = __atomic_load_n(&t->thought, __ATOMIC_ACQUIRE)))
		pause_briefly();
	think_act(t, thought);
	return NULL;
}

static inline struct thinker *thinker_new(int fd)
{
	struct thinker *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (t == MAP_FAILED)
		abort();
	t->fd = fd;
	t->number = 7;
	return t;
}

static inline struct thinker *thinker_thread(struct thinker *t)
{
	if (pthread_create(&t->thread, NULL, think, t))
		abort();
	return t;
}

static inline struct thinker *thinker_process(struct thinker *t)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		think(t);
		_exit(0);
	}
	if (pid < 0)
		abort();
	t->pid = pid;
	return t;
}

/* 0, the errno of what it did in the end, or JOB_KILLED. */
static inline int thinker_join(struct thinker *t)
{
	if (t->pid)
		waitpid(t->pid, NULL, 0);
	else
		pthread_join(t->thread, NULL);
	return __atomic_load_n(&t->done, __ATOMIC_ACQUIRE) ? t->error :
							     JOB_KILLED;
}

static inline void think_of(struct thinker *t, enum thought thought)
{
	__atomic_store_n(&t->thought, thought, __ATOMIC_RELEASE);
}

static inline int thinker_does(struct thinker *t, enum thought thought)
{
	think_of(t, thought);
	return thinker_join(t);
}

static inline bool is_asked(const struct thinker *t)
{
	return wait_until(__atomic_load_n(&t->asked, __ATOMIC_ACQUIRE));
}

/* The test has taken the call of @t, and @server asks it. */
#define THINKS(t, server)                                                      \
	do {                                                                   \
		ASSERT_TRUE(wait_until(take_call(self->fd, &self->got) == 7)); \
		(server) =                                                     \
			job_thread(job_ask(self->fd, self->got.out_seq, 20));  \
		ASSERT_TRUE(is_asked(t));                                      \
		ASSERT_TRUE(job_blocks(server));                               \
	} while (0)

/* The call of a client has been taken by the test. */
#define CLIENT_TAKEN(from)                                                   \
	do {                                                                 \
		ASSERT_TRUE(wait_until(take_call((from), &self->got) == 7)); \
		ASSERT_TRUE(wait_until(has_callers(self->fd, 0, 1)));        \
	} while (0)

#endif /* SELFTESTS_CALLBACKS_H */
