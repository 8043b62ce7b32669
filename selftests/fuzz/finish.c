// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The end of a mailbox: how it stands, what is in it, and away with it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <unistd.h>

#include "../command.h"
#include "memory.h"
#include "message.h"
#include "run.h"

static bool drain_one(int fd, struct delivery *message)
{
	static unsigned char data[DATA_MAX];
	struct mbx_receive arg;

	init_receive(&arg, data, sizeof(data), MBX_RECEIVE_NONBLOCK);
	if (ioctl(fd, MBX_IOC_RECEIVE, &arg))
		return false;
	*message = (struct delivery){
		.from = message_from(data, arg.out_len),
		.ids = true,
		.len = arg.out_len,
		.seq = arg.out_seq,
		.time = arg.out_time,
		.pid = arg.out_pid,
		.tid = arg.out_tid,
		.uid = arg.out_uid,
		.gid = arg.out_gid,
		.badge = arg.out_badge,
		.type = arg.out_type,
		.priority = arg.out_priority,
	};
	if (message_is_event(data, arg.out_len, &message->event))
		message->from = FROM_EVENT;
	return true;
}

void box_finish(int control, uint64_t id)
{
	const unsigned int nr =
		__atomic_fetch_add(&arena->nr_finished, 1, __ATOMIC_SEQ_CST);
	struct finished *finished = &arena->finished[nr];
	int fd;

	finished->drained = 0;
	finished->err = 0;
	finished->last = 0;
	fd = box_open(control, NULL, id, MBX_OPEN_RECEIVE);
	if (fd < 0)
		finished->err = errno;
	else if (box_stat(fd, &finished->stat))
		finished->err = errno;
	else if (finished->stat.out_state & MBX_STATE_FROZEN &&
		 box_control(fd, MBX_CONTROL_THAW) < 0)
		finished->err = errno;
	while (!finished->err && finished->drained < MAX_DRAINED &&
	       drain_one(fd, &finished->message[finished->drained]))
		finished->drained++;
	if (!finished->err && finished->drained < MAX_DRAINED)
		finished->last = errno;
	if (finished->last && box_stat(fd, &finished->after))
		finished->err = errno;
	finished->id = id;
	if (finished->err != ENOENT && box_delete(control, NULL, id))
		finished->err = errno;
	if (fd >= 0)
		close(fd);
}
