// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of calls whose callers can be asked something.
 */
#include <linux/fs.h>

#include "callback.h"
#include "command.h"
#include "fds.h"
#include "mbx.h"

/* What the command tells, be it that something has happened. */
static long tell(struct mbx_request *request, const struct mbx_tx *tx, u32 len,
		 long err)
{
	struct mbx_call *arg = &request->arg->call;

	if (!tx->peer)
		return err;
	arg->out_seq = tx->seq;
	arg->out_len = len;
	arg->out_flags = tx->lost ? MBX_CALL_UNHEARD : 0;
	if (err == MBX_CALLED_BACK)
		arg->out_flags |= MBX_CALL_ASKED;
	mbx_tell_server(arg, tx->peer);
	/* It was writable a moment ago, and what has been done has been done. */
	(void)mbx_write_out(request);
	return err;
}

static struct mbx_tx tx_of(const struct mbx_call *arg)
{
	return (struct mbx_tx){
		.data = u64_to_user_ptr(arg->data_ptr),
		.len = arg->data_len,
		.type = arg->type,
		.priority = arg->priority,
		.sync = true,
	};
}

static void set_room(struct mbx_caller *caller,
		     const struct mbx_request *request)
{
	const struct mbx_call *arg = &request->arg->call;

	caller->data = u64_to_user_ptr(arg->reply_ptr);
	caller->room = min(arg->reply_len, request->handle->box->msg_max);
}

/* Sets @donation to NULL if nothing is to be lent. */
static int prepare_donation(const struct mbx_request *request,
			    struct mbx_donation **donation)
{
	const bool lends = (request->arg->flags & MBX_CALL_DONATE) &&
			   (request->handle->box->flags & MBX_CREATE_DONATE);

	*donation = lends ? mbx_donation_create() : NULL;
	return lends && !*donation ? -ENOMEM : 0;
}

/* ------------------------------------------------------------------- calling */

static int send_call(struct mbx_request *request, struct mbx_tx *tx)
{
	const u64 ptr = request->arg->call.fds_ptr;
	struct mbx_files *files;
	int err;

	if (!ptr)
		return mbx_send(request->handle, tx);
	files = mbx_files_get(u64_to_user_ptr(ptr));
	if (IS_ERR(files))
		return PTR_ERR(files);
	err = files ? mbx_send_files(request->handle, tx, files) :
		      mbx_send(request->handle, tx);
	mbx_files_put(files);
	return err;
}

static int begin_talk(struct mbx_request *request, struct mbx_tx *tx, u32 *len)
{
	struct mbx_talk *talk = mbx_talk_create();
	int err;

	if (IS_ERR(talk))
		return PTR_ERR(talk);
	set_room(&talk->caller, request);
	talk->caller.cycle = request->cycle;
	tx->caller = &talk->caller;
	err = prepare_donation(request, &talk->caller.donation);
	if (!err)
		err = send_call(request, tx);
	*len = talk->caller.len;
	talk->caller.cycle = NULL;
	if (err == MBX_CALLED_BACK)
		mbx_donation_pause(talk->caller.donation, true);
	else
		mbx_talk_free(talk);
	return err;
}

static long run_call(struct mbx_request *request)
{
	struct mbx_call *arg = &request->arg->call;
	struct mbx_tx tx = tx_of(arg);
	u32 len = 0;
	int err;

	if (!(request->handle->rights & MBX_OPEN_SEND))
		return -EBADF;
	if (arg->reply_fds_ptr)
		return -EOPNOTSUPP;
	if (arg->call || arg->priority >= MBX_PRIORITIES)
		return -EINVAL;
	err = mbx_deadline_set(&tx.deadline, &tx.clock, arg->deadline,
			       arg->flags & MBX_CALL_REALTIME);
	if (!err && tx.priority)
		err = mbx_box_prioritize(request->handle->box);
	if (err)
		return err;
	memset_after(arg, 0, cycle_ptr);
	err = mbx_write_out(request);
	if (!err)
		err = begin_talk(request, &tx, &len);
	return tell(request, &tx, len, err);
}

/* ------------------------------------------------------------------ calling back */

static int check_back(const struct mbx_call *arg)
{
	if (arg->fds_ptr || arg->reply_fds_ptr || arg->cycle_ptr)
		return -EOPNOTSUPP;
	return !arg->call || arg->priority || arg->type ? -EINVAL : 0;
}

static long run_back(struct mbx_request *request)
{
	struct mbx_call *arg = &request->arg->call;
	struct mbx_tx tx = tx_of(arg);
	struct mbx_caller room = {};
	int err;

	if (!(request->handle->rights & MBX_OPEN_RECEIVE))
		return -EBADF;
	err = check_back(arg) ?:
		      mbx_deadline_set(&tx.deadline, &tx.clock, arg->deadline,
				       arg->flags & MBX_CALL_REALTIME);
	if (err)
		return err;
	set_room(&room, request);
	memset_after(arg, 0, cycle_ptr);
	err = mbx_write_out(request) ?:
				       prepare_donation(request, &room.donation);
	if (err)
		return err;
	err = mbx_ask(request->handle, arg->call, &tx, &room);
	mbx_donation_end(room.donation);
	return tell(request, &tx, room.len, err);
}

/* Its deadline and what it lends are those of the call. */
static int check_answer(const struct mbx_call *arg)
{
	if (arg->deadline ||
	    (arg->flags & (MBX_CALL_REALTIME | MBX_CALL_DONATE)))
		return -EINVAL;
	return check_back(arg);
}

static long run_answer(struct mbx_request *request)
{
	struct mbx_call *arg = &request->arg->call;
	struct mbx_tx tx = tx_of(arg);
	struct mbx_caller room = {};
	int err;

	if (!(request->handle->rights & MBX_OPEN_SEND))
		return -EBADF;
	err = check_answer(arg);
	if (err)
		return err;
	set_room(&room, request);
	memset_after(arg, 0, cycle_ptr);
	err = mbx_write_out(request);
	if (err)
		return err;
	err = mbx_answer(request->handle, arg->call, &tx, &room);
	return tell(request, &tx, room.len, err);
}

static long run_hang_up(struct mbx_request *request)
{
	struct mbx_call *arg = &request->arg->call;
	int err;

	if (!(request->handle->rights & MBX_OPEN_SEND))
		return -EBADF;
	err = check_answer(arg);
	if (err)
		return err;
	if (arg->data_ptr || arg->data_len || arg->reply_ptr || arg->reply_len)
		return -EINVAL;
	memset_after(arg, 0, cycle_ptr);
	err = mbx_write_out(request);
	return err ?: mbx_hang_up(request->handle, arg->call);
}

/**
 * mbx_run_talk() - call, and be asked something; ask, answer, or hang up
 * @request: MBX_IOC_CALL with one of MBX_CALL_TALKS
 *
 * Context: Process context.  Sleeps.
 * Return: see the UAPI header.
 */
long mbx_run_talk(struct mbx_request *request)
{
	const struct mbx_call *arg = &request->arg->call;

	if (arg->__reserved)
		return -EOPNOTSUPP;
	if (mbx_file_nonblock(request->file))
		return -EINVAL;
	switch (arg->flags & MBX_CALL_TALKS) {
	case MBX_CALL_BACKS:
		return run_call(request);
	case MBX_CALL_BACK:
		return run_back(request);
	case MBX_CALL_ANSWER:
		return run_answer(request);
	case MBX_CALL_HANG_UP:
		return run_hang_up(request);
	default:
		return -EINVAL;
	}
}
