// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that send and receive.
 */
#include <linux/pid_namespace.h>
#include <linux/uaccess.h>

#include "command.h"
#include "fds.h"
#include "mbx.h"

static void tell_peer(struct mbx_send *arg, struct mbx_task *peer)
{
	struct pid_namespace *ns = task_active_pid_ns(current);

	arg->out_pid = pid_nr_ns(peer->proc->pid, ns);
	arg->out_tid = pid_nr_ns(peer->pid, ns);
	mbx_task_put(peer);
}

static int do_send(struct mbx_request *request, struct mbx_tx *tx,
		   struct mbx_files *files)
{
	struct mbx_send *arg = &request->arg->send;
	int err;

	arg->out_seq = 0;
	arg->out_pid = 0;
	arg->out_tid = 0;
	err = mbx_write_out(request);
	if (!err)
		err = unlikely(files) ?
			      mbx_send_files(request->handle, tx, files) :
			      mbx_send(request->handle, tx);
	if (err < 0)
		return err;

	arg->out_seq = tx->seq;
	if (tx->peer)
		tell_peer(arg, tx->peer);
	/*
	 * The structure was writable a moment ago.  If it is not any more, that
	 * cannot be an error: the message has been sent.
	 */
	(void)mbx_write_out(request);
	return err;
}

/*
 * At most one, and none but to wait where the sender does so in any case.  Who may
 * only send must not throw away what others were told to be safe.
 */
static noinline int choose_full(const struct mbx_handle *handle,
				struct mbx_tx *tx, u32 flags)
{
	tx->full = flags & MBX_SEND_FULL;
	if (hweight8(tx->full) > 1 || (tx->sync && tx->full != MBX_SEND_WAIT))
		return -EINVAL;
	if (tx->full == MBX_SEND_DROP_OLDEST &&
	    handle->box->full != MBX_FULL_DROP_OLDEST &&
	    !(handle->rights & MBX_OPEN_MANAGE))
		return -EPERM;
	return 0;
}

static noinline int send_fds(struct mbx_request *request, struct mbx_tx *tx)
{
	const u64 ptr = request->arg->send.fds_ptr;
	struct mbx_files *files = mbx_files_get(u64_to_user_ptr(ptr));
	int err;

	if (IS_ERR(files))
		return PTR_ERR(files);
	err = do_send(request, tx, files);
	mbx_files_put(files);
	return err;
}

/**
 * mbx_run_send() - send a message
 * @request: MBX_IOC_SEND
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_send(struct mbx_request *request)
{
	struct mbx_send *arg = &request->arg->send;
	struct mbx_tx tx = {
		.data = u64_to_user_ptr(arg->data_ptr),
		.len = arg->data_len,
		.type = arg->type,
		.id = arg->id,
		.priority = arg->priority,
		.nonblock = (arg->flags & MBX_SEND_NONBLOCK) ||
			    mbx_file_nonblock(request->file),
		.sync = arg->flags & MBX_SEND_SYNC,
	};
	int err;

	if (!(request->handle->rights & MBX_OPEN_SEND))
		return -EBADF;
	if ((tx.sync && tx.nonblock) || arg->priority >= MBX_PRIORITIES ||
	    (unlikely(tx.id) && !request->handle->box->dedup))
		return -EINVAL;
	err = unlikely(arg->flags & MBX_SEND_FULL) ?
		      choose_full(request->handle, &tx, arg->flags) :
		      0;
	if (err)
		return err;
	err = mbx_deadline_set(&tx.deadline, &tx.clock, arg->deadline,
			       arg->flags & MBX_SEND_REALTIME);
	if (!err && tx.priority)
		err = mbx_box_prioritize(request->handle->box);
	if (err)
		return err;
	return unlikely(arg->fds_ptr) ? send_fds(request, &tx) :
					do_send(request, &tx, NULL);
}

/**
 * mbx_tell_length() - tell how long a message is that does not fit
 * @request: MBX_IOC_RECEIVE
 * @rx: knows it
 *
 * Context: Process context.  Sleeps.
 * Return: -EMSGSIZE or -EFAULT.
 */
int mbx_tell_length(struct mbx_request *request, const struct mbx_rx *rx)
{
	struct mbx_receive *arg = &request->arg->receive;

	memset_after(arg, 0, fds_ptr);
	arg->out_len = rx->msg_len;
	return mbx_write_out(request) ?: -EMSGSIZE;
}

static int do_receive(struct mbx_request *request, struct mbx_rx *rx)
{
	struct mbx_receive *arg = &request->arg->receive;
	int err;

	err = unlikely(arg->lease_ms) ?
		      mbx_lease_receive(request->handle, rx, arg->lease_ms) :
		      mbx_receive(request->handle, rx);
	return err == -EMSGSIZE ? mbx_tell_length(request, rx) : err;
}

/* Apart, since the conditions would be cleared on the stack of everybody. */
static noinline int receive_selected(struct mbx_request *request,
				     struct mbx_rx *rx)
{
	struct mbx_selector select;
	int err;

	err = mbx_select_get(&select,
			     u64_to_user_ptr(request->arg->receive.select_ptr));
	if (err)
		return err;
	rx->select = &select;
	rx->selects = true;
	return do_receive(request, rx);
}

static int receive_plain(struct mbx_request *request, struct mbx_rx *rx)
{
	return request->arg->receive.select_ptr ?
		       receive_selected(request, rx) :
		       do_receive(request, rx);
}

/* Apart for the same reason. */
static noinline int receive_fds(struct mbx_request *request,
				const struct mbx_rx *rx)
{
	struct mbx_receive *arg = &request->arg->receive;
	struct mbx_landing landing;
	int err;

	landing.rx = *rx;
	err = mbx_landing_begin(&landing, u64_to_user_ptr(arg->fds_ptr));
	if (err)
		return err;
	err = receive_plain(request, &landing.rx);
	if (!mbx_landing_end(&landing)) {
		arg->out_flags |= MBX_MESSAGE_FDS_LOST;
		(void)mbx_write_out(request);
	}
	return err;
}

static int receive(struct mbx_request *request, struct mbx_rx *rx)
{
	return unlikely(request->arg->receive.fds_ptr) ?
		       receive_fds(request, rx) :
		       receive_plain(request, rx);
}

static noinline int reply_and_receive(struct mbx_request *request,
				      struct mbx_rx *rx)
{
	bool once = false;
	int err;

	err = mbx_reply_first(request, &once) ?: receive(request, rx);
	/* A second time there would be nobody to reply to. */
	return once && err == -ERESTARTSYS ? -EINTR : err;
}

/**
 * mbx_run_receive() - receive a message
 * @request: MBX_IOC_RECEIVE
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_receive(struct mbx_request *request)
{
	struct mbx_receive *arg = &request->arg->receive;
	const u32 flags = arg->flags;
	struct mbx_rx rx = {
		.data = u64_to_user_ptr(arg->data_ptr),
		.len = arg->data_len,
		.nonblock = (flags & MBX_RECEIVE_NONBLOCK) ||
			    mbx_file_nonblock(request->file),
		.peek = flags & MBX_RECEIVE_PEEK,
		.truncate = flags & MBX_RECEIVE_TRUNCATE,
		.arg = arg,
		.uarg = request->uarg + request->isize,
		.usize = request->usize - request->isize,
	};
	int err;

	if (!(request->handle->rights & MBX_OPEN_RECEIVE))
		return -EBADF;
	if ((rx.truncate && !rx.peek) || (rx.peek && arg->lease_ms))
		return -EINVAL;
	err = mbx_deadline_set(&rx.deadline, &rx.clock, arg->deadline,
			       flags & MBX_RECEIVE_REALTIME);
	if (err)
		return err;
	return arg->reply_ptr ? reply_and_receive(request, &rx) :
				receive(request, &rx);
}
