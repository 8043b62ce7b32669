/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that is stuck in the middle of a copy for as long as a test wants:
 * its buffer is registered with userfaultfd, and another thread of it decides
 * when the missing pages appear.
 */
#ifndef SELFTESTS_STUCK_H
#define SELFTESTS_STUCK_H

#include <poll.h>
#include <linux/userfaultfd.h>

#include "peers.h"

struct stuck {
	pid_t pid;
	int fd;
	unsigned int cmd;
	union {
		struct mbx_send send;
		struct mbx_receive receive;
		struct mbx_call call;
		struct mbx_reply reply;
	};
	size_t len;
	__u32 pattern;
	/* All below is written by one side and polled by the other. */
	int uffd_error;
	bool stuck;
	bool resolve;
	bool done;
	int error;
	bool whole;
};

struct stuck_buffer {
	struct stuck *stuck;
	char *map;
	size_t size;
	int uffd;
};

static inline int stuck_register(struct stuck_buffer *buffer)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (uintptr_t)buffer->map, buffer->size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	buffer->uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (buffer->uffd < 0 || ioctl(buffer->uffd, UFFDIO_API, &api) ||
	    ioctl(buffer->uffd, UFFDIO_REGISTER, &reg))
		return errno;
	return 0;
}

/* Every missing page gets the pattern of the message, once told to. */
static inline void *stuck_handler(void *arg)
{
	struct stuck_buffer *buffer = arg;
	struct stuck *stuck = buffer->stuck;
	struct uffdio_copy copy = { .len = buffer->size };
	char *source = malloc(buffer->size);
	struct uffd_msg msg;

	fill_pattern(source, buffer->size, stuck->pattern);
	if (read(buffer->uffd, &msg, sizeof(msg)) != sizeof(msg))
		return NULL;
	__atomic_store_n(&stuck->stuck, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&stuck->resolve, __ATOMIC_ACQUIRE))
		pause_briefly();
	copy.src = (uintptr_t)source;
	copy.dst = (uintptr_t)buffer->map;
	ioctl(buffer->uffd, UFFDIO_COPY, &copy);
	return NULL;
}

/* What is to be stuck in: the message, or the reply. */
static inline void stuck_use(struct stuck *stuck, void *map)
{
	struct mbx_receive got;
	__u32 number;

	switch (stuck->cmd) {
	case MBX_IOC_CALL:
		stuck->call.reply_ptr = (uintptr_t)map;
		break;
	case MBX_IOC_REPLY:
		/* To a call that it takes now. */
		init_receive(&got, &number, sizeof(number), 0);
		if (ioctl(stuck->fd, MBX_IOC_RECEIVE, &got))
			_exit(1);
		init_reply(&stuck->reply, got.out_seq, map, stuck->len);
		break;
	default:
		stuck->send.data_ptr = (uintptr_t)map;
	}
}

static inline void stuck_run(struct stuck *stuck)
{
	struct stuck_buffer buffer = { .stuck = stuck };
	pthread_t thread;

	buffer.size = (stuck->len / page_size() + 1) * page_size();
	buffer.map = mmap(NULL, buffer.size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stuck->uffd_error = stuck_register(&buffer);
	if (stuck->uffd_error ||
	    pthread_create(&thread, NULL, stuck_handler, &buffer))
		_exit(1);
	stuck_use(stuck, buffer.map);
	stuck->error = ioctl(stuck->fd, stuck->cmd, &stuck->send) < 0 ? errno :
									0;
	stuck->whole = stuck->cmd == MBX_IOC_RECEIVE && !stuck->error &&
		       stuck->receive.out_len == stuck->len &&
		       has_pattern(buffer.map, stuck->len, stuck->pattern);
	__atomic_store_n(&stuck->done, true, __ATOMIC_RELEASE);
}

static inline struct stuck *stuck_start(struct stuck *stuck)
{
	pid_t pid = fork();

	if (pid < 0)
		abort();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		stuck_run(stuck);
		_exit(0);
	}
	/* Not in the child, which shares the memory. */
	stuck->pid = pid;
	return stuck;
}

static inline struct stuck *stuck_new(int fd, unsigned int cmd, size_t len)
{
	struct stuck *stuck = mmap(NULL, sizeof(*stuck), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (stuck == MAP_FAILED)
		abort();
	stuck->fd = fd;
	stuck->cmd = cmd;
	stuck->len = len;
	return stuck;
}

/* @pattern fills the pages that were missing: not that of any message. */
#define STUCK_PATTERN 999

static inline struct stuck *stuck_receive(int fd, size_t len, __u32 flags)
{
	struct stuck *stuck = stuck_new(fd, MBX_IOC_RECEIVE, len);

	stuck->pattern = STUCK_PATTERN;
	init_receive(&stuck->receive, NULL, len, flags);
	return stuck_start(stuck);
}

static inline struct stuck *stuck_send(int fd, size_t len, __u32 flags)
{
	struct stuck *stuck = stuck_new(fd, MBX_IOC_SEND, len);

	stuck->pattern = STUCK_PATTERN;
	init_send(&stuck->send, NULL, len, flags);
	return stuck_start(stuck);
}

/* Calls, and is stuck with the reply of @len bytes. */
static inline struct stuck *stuck_call(int fd, size_t len)
{
	struct stuck *stuck = stuck_new(fd, MBX_IOC_CALL, len);

	stuck->pattern = STUCK_PATTERN;
	init_call(&stuck->call, NULL, 0, NULL, len);
	return stuck_start(stuck);
}

/* Takes a call, and is stuck with the reply. */
static inline struct stuck *stuck_reply(int fd, size_t len)
{
	struct stuck *stuck = stuck_new(fd, MBX_IOC_REPLY, len);

	stuck->pattern = STUCK_PATTERN;
	return stuck_start(stuck);
}

/* In the middle of its copy; false if it never came so far. */
static inline bool stuck_is_stuck(struct stuck *stuck)
{
	return wait_until(__atomic_load_n(&stuck->stuck, __ATOMIC_ACQUIRE) ||
			  __atomic_load_n(&stuck->done, __ATOMIC_ACQUIRE) ||
			  stuck->uffd_error) &&
	       stuck->stuck && !stuck->done;
}

static inline void stuck_resolve(struct stuck *stuck)
{
	__atomic_store_n(&stuck->resolve, true, __ATOMIC_RELEASE);
}

/* The errno of its command, 0 if it worked, -1 if it was killed. */
static inline int stuck_join(struct stuck *stuck)
{
	waitpid(stuck->pid, NULL, 0);
	return stuck->done ? stuck->error : -1;
}

static inline int stuck_kill(struct stuck *stuck)
{
	kill(stuck->pid, SIGKILL);
	return stuck_join(stuck);
}

/* userfaultfd may be missing or forbidden. */
#define NEED_USERFAULTFD()                                                \
	do {                                                              \
		int __fd = syscall(SYS_userfaultfd, O_CLOEXEC);           \
                                                                          \
		if (__fd < 0)                                             \
			SKIP(return, "userfaultfd: %s", strerror(errno)); \
		close(__fd);                                              \
	} while (0)

#endif /* SELFTESTS_STUCK_H */
