/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_COMMAND_H
#define MBX_COMMAND_H

#include <uapi/linux/ipc_mailbox.h>

/* Those that have to do with what a caller is asked. */
#define MBX_CALL_TALKS \
	(MBX_CALL_BACKS | MBX_CALL_BACK | MBX_CALL_ANSWER | MBX_CALL_HANG_UP)

struct file;
struct mbx_handle;
struct mbx_rx;
struct mbx_task;

union mbx_arg {
	struct {
		u32 size;
		u32 flags;
	};
	struct mbx_version version;
	struct mbx_create create;
	struct mbx_open open;
	struct mbx_delete delete;
	struct mbx_send send;
	struct mbx_receive receive;
	struct mbx_derive derive;
	struct mbx_revoke revoke;
	struct mbx_control control;
	struct mbx_notify notify;
	struct mbx_batch batch;
	struct mbx_transfer transfer;
	struct mbx_call call;
	struct mbx_reply reply;
	struct mbx_settle settle;
};

/**
 * struct mbx_request - a command being carried out
 * @file: the handle that it was issued on
 * @handle: the same, or NULL on the control device
 * @arg: the argument as this kernel knows it
 * @uarg: the caller's
 * @usize: how much of it this kernel and the caller know
 * @isize: how much of it is read; members that are written come behind
 * @cycle: room to name a cycle of calls, or NULL
 */
struct mbx_request {
	struct file *file;
	struct mbx_handle *handle;
	union mbx_arg *arg;
	void __user *uarg;
	size_t usize;
	size_t isize;
	struct mbx_cycle *cycle;
};

/* command.c */
int mbx_write_out(const struct mbx_request *request);
int mbx_prepare_fd(struct mbx_handle *handle, struct file **file);
long mbx_run_version(struct mbx_request *request);
long mbx_run_create(struct mbx_request *request);
long mbx_run_open(struct mbx_request *request);
long mbx_run_delete(struct mbx_request *request);
long mbx_run_stat(struct mbx_request *request);
long mbx_run_notify(struct mbx_request *request);

/* command_transfer.c */
long mbx_run_send(struct mbx_request *request);
long mbx_run_receive(struct mbx_request *request);
int mbx_tell_length(struct mbx_request *request, const struct mbx_rx *rx);

/* command_call.c */
long mbx_run_call(struct mbx_request *request);
long mbx_run_reply(struct mbx_request *request);
int mbx_reply_first(struct mbx_request *request, bool *once);
void mbx_tell_server(struct mbx_call *arg, struct mbx_task *server);

/* command_callback.c */
long mbx_run_talk(struct mbx_request *request);

/* command_cycle.c */
struct mbx_cycle *mbx_cycle_get(struct mbx_cycle __user *ucycle);
int mbx_cycle_write(const struct mbx_cycle *cycle,
		    struct mbx_cycle __user *ucycle);

/* command_handle.c */
long mbx_run_derive(struct mbx_request *request);
long mbx_run_revoke(struct mbx_request *request);
long mbx_run_control(struct mbx_request *request);

/* command_owner.c */
long mbx_run_transfer(struct mbx_request *request);

/* command_lease.c */
long mbx_run_settle(struct mbx_request *request);
int mbx_lease_receive(struct mbx_handle *handle, struct mbx_rx *rx, u32 ms);

#endif /* MBX_COMMAND_H */
