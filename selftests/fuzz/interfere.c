// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What disturbs others, or looks at them.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>

#include "../command.h"
#include "calls.h"
#include "memory.h"

#define FLIPS 3000

/* Where the member is, and what is written there in turn with what was. */
struct flip {
	volatile uint32_t *at;
	uint32_t other;
};

static uint32_t *member(unsigned char *arg, size_t offset)
{
	return (uint32_t *)(arg + offset);
}

static struct flip flip_what(const struct call *call)
{
	unsigned char *arg = memory_arg(call->arg[P_TARGET]);

	switch (call->arg[P_FIELD]) {
	case FIELD_SIZE:
		return (struct flip){ member(arg, 0), call->arg[P_LEN] };
	case FIELD_POINTER:
		return (struct flip){
			member(arg, offsetof(struct mbx_send, data_ptr)), 8
		};
	case FIELD_FLAGS:
		return (struct flip){ member(arg, sizeof(uint32_t)),
				      MBX_SEND_NONBLOCK };
	default:
		return (struct flip){ member(arg, offsetof(struct mbx_send,
							   data_len)),
				      call->arg[P_LEN] };
	}
}

/* Sends and receives have these members at the same places. */
_Static_assert(offsetof(struct mbx_send, data_ptr) ==
		       offsetof(struct mbx_receive, data_ptr),
	       "data_ptr");
_Static_assert(offsetof(struct mbx_send, data_len) ==
		       offsetof(struct mbx_receive, data_len),
	       "data_len");

static bool transfers(unsigned int task)
{
	const uint32_t busy = load(&arena->task[task].busy);
	unsigned int op;

	if (!busy)
		return false;
	op = arena->program.call[busy - 1].op;
	return op == OP_SEND || op == OP_RECEIVE;
}

/* Changes the argument of whatever the target does meanwhile. */
void do_flip(const struct call *call)
{
	const struct flip flip = flip_what(call);
	unsigned int i;
	uint32_t old;

	for (i = 0; i < FLIPS && !load(&arena->stop); i++) {
		if (transfers(call->arg[P_TARGET])) {
			old = *flip.at;
			*flip.at = flip.other;
			*flip.at = old;
		}
		if (i % 64 == 0)
			sched_yield();
	}
}

/* ------------------------------------------------------------------- looking */

int do_show(const struct call *call, const struct handle *handle)
{
	static const char *const files[] = {
		[FILE_BOXES] = "/proc/ipc_mailboxes",
		[FILE_TASKS] = "/proc/ipc_tasks",
		[FILE_THREADS] = "/proc/ipc_threads",
	};
	char path[64], text[1024];
	ssize_t len;
	int fd;

	if (call->arg[P_FILE] == FILE_FDINFO)
		snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d",
			 handle->fd);
	else
		snprintf(path, sizeof(path), "%s", files[call->arg[P_FILE]]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return call->arg[P_FILE] == FILE_FDINFO ? 0 : -1;
	do
		len = read(fd, text, sizeof(text));
	while (len > 0);
	close(fd);
	return len;
}

/* ---------------------------------------------------- what is not a command */

static unsigned int wrong_cmd(const struct call *call)
{
	const bool on_control = call->arg[P_HANDLE] == CONTROL;

	switch (call->arg[P_CMD]) {
	case CMD_HIGH:
		return _IO(MBX_IOC_MAGIC, 0xff);
	case CMD_MAGIC:
		return _IO(MBX_IOC_MAGIC + 1, MBX_CMD_SEND);
	case CMD_DIRECTION:
		return _IOWR(MBX_IOC_MAGIC, MBX_CMD_SEND, struct mbx_send);
	default:
		return on_control ? MBX_IOC_SEND : MBX_IOC_CREATE;
	}
}

int do_ioctl(const struct call *call, const struct handle *handle)
{
	uint32_t arg[16] = { sizeof(arg) };

	return ioctl(handle->fd, wrong_cmd(call), arg);
}
