/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs: one command in a thread or process of its own, so that it can block
 * while the test looks at it.
 */
#ifndef SELFTESTS_JOB_H
#define SELFTESTS_JOB_H

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "command.h"
#include "observe.h"

/* Lives in shared memory: the result is there whichever it was. */
struct job {
	int fd;
	unsigned int cmd;
	union {
		struct mbx_send send;
		struct mbx_receive receive;
		struct mbx_control control;
		struct mbx_call call;
	};
	char data[64];
	char reply[64];
	pid_t tid;
	bool done;
	int error;

	pid_t pid;
	pthread_t thread;
};

#define JOB_KILLED (-1)

/* In place of an ioctl number. */
#define JOB_READ 1
#define JOB_WRITE 2

static inline struct job *job_new(int fd, unsigned int cmd)
{
	struct job *job = mmap(NULL, sizeof(*job), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (job == MAP_FAILED)
		abort();
	job->fd = fd;
	job->cmd = cmd;
	return job;
}

/* Sends @number from the job's own buffer. */
static inline struct job *job_send(int fd, __u32 number, __u32 flags)
{
	struct job *job = job_new(fd, MBX_IOC_SEND);

	memcpy(job->data, &number, sizeof(number));
	init_send(&job->send, job->data, sizeof(number), flags);
	return job;
}

/* Receives at most a number into the job's own buffer. */
static inline struct job *job_receive(int fd, __u32 flags)
{
	struct job *job = job_new(fd, MBX_IOC_RECEIVE);

	memset(job->data, POISON, sizeof(job->data));
	init_receive(&job->receive, job->data, sizeof(__u32), flags);
	return job;
}

/* Calls with @number, with room for a number as the reply. */
static inline struct job *job_call(int fd, __u32 number)
{
	struct job *job = job_new(fd, MBX_IOC_CALL);

	memcpy(job->data, &number, sizeof(number));
	memset(job->reply, POISON, sizeof(job->reply));
	init_call(&job->call, job->data, sizeof(number), job->reply,
		  sizeof(number));
	return job;
}

static inline struct job *job_drain(int fd)
{
	struct job *job = job_new(fd, MBX_IOC_CONTROL);

	init_control(&job->control, MBX_CONTROL_DRAIN);
	return job;
}

static inline __u32 job_number(const struct job *job)
{
	__u32 number;

	memcpy(&number, job->data, sizeof(number));
	return number;
}

static inline __u32 job_reply(const struct job *job)
{
	__u32 number;

	memcpy(&number, job->reply, sizeof(number));
	return number;
}

static inline int job_command(struct job *job)
{
	switch (job->cmd) {
	case JOB_READ:
		return read(job->fd, job->data, sizeof(__u32));
	case JOB_WRITE:
		return write(job->fd, job->data, sizeof(__u32));
	default:
		return ioctl(job->fd, job->cmd, &job->send);
	}
}

static inline void *job_run(void *arg)
{
	struct job *job = arg;

	__atomic_store_n(&job->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	job->error = job_command(job) < 0 ? errno : 0;
	__atomic_store_n(&job->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static inline struct job *job_thread(struct job *job)
{
	job->pid = 0;
	if (pthread_create(&job->thread, NULL, job_run, job))
		abort();
	return job;
}

static inline struct job *job_process(struct job *job)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		job_run(job);
		_exit(0);
	}
	if (pid < 0)
		abort();
	job->pid = pid;
	return job;
}

static inline bool job_is_done(const struct job *job)
{
	return __atomic_load_n(&job->done, __ATOMIC_ACQUIRE);
}

/* What /proc/ipc_threads calls the job's command while it waits. */
static inline const char *job_op(const struct job *job)
{
	switch (job->cmd) {
	case JOB_READ:
		return "receive";
	case JOB_WRITE:
		return "send";
	case MBX_IOC_SEND:
		return job->send.flags & MBX_SEND_SYNC ? "sync" : "send";
	case MBX_IOC_CONTROL:
		return "drain";
	case MBX_IOC_CALL:
		return job->call.flags & MBX_CALL_BACK ? "ask" : "call";
	default:
		return job->receive.flags & MBX_RECEIVE_PEEK ? "peek" :
							       "receive";
	}
}

/* True once the job sleeps in its command; false if it ended or never did. */
static inline bool job_blocks(const struct job *job)
{
	return wait_until(job_is_done(job) ||
			  (__atomic_load_n(&job->tid, __ATOMIC_ACQUIRE) &&
			   is_blocked(job->tid, job_op(job)))) &&
	       !job_is_done(job);
}

static inline int job_signal(const struct job *job, int sig)
{
	return syscall(SYS_tgkill, job->pid ? job->pid : getpid(), job->tid,
		       sig);
}

/* Waits for the job's end: 0, the errno of its command, or JOB_KILLED. */
static inline int job_join(struct job *job)
{
	if (job->pid)
		waitpid(job->pid, NULL, 0);
	else
		pthread_join(job->thread, NULL);
	return job_is_done(job) ? job->error : JOB_KILLED;
}

/* Kills a job that has a process of its own. */
static inline int job_kill(struct job *job)
{
	kill(job->pid, SIGKILL);
	return job_join(job);
}

#endif /* SELFTESTS_JOB_H */
