// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A worker is killed in the middle of a job, and the job comes again; one that
 * nobody can do goes to the dead-letter mailbox; one that is sent again, since its
 * sender does not know better, is refused.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "demo.h"

#define NAME "demo-lease"
#define NAME_DEAD "demo-lease-dead"
#define DELIVERIES 3
#define LEASE_MS 60000

/* What the worker has, for all to see. */
static struct mbx_receive *job;

static struct mbx *create(struct mbx *dead)
{
	struct mbx_create attr;
	struct mbx *box;

	mbx_attr_init(&attr, sizeof(attr));
	attr.capacity = 10;
	attr.flags = MBX_CREATE_DEAD_LETTER | MBX_CREATE_OWNED;
	attr.dead_letter = mbx_fd(dead);
	attr.deliveries_max = DELIVERIES;
	attr.dedup = 16;
	demo_must(MBX_CMD_CREATE, mbx_create_attr(&box, NAME, &attr));
	return box;
}

static void take(struct mbx *box)
{
	static char text[64];

	*job = (struct mbx_receive){
		.size = sizeof(*job),
		.data_ptr = (uintptr_t)text,
		.data_len = sizeof(text),
		.lease_ms = LEASE_MS,
	};
	demo_must(MBX_CMD_RECEIVE, mbx_receive_ext(box, job));
}

/* Works until it is killed. */
static int __attribute__((noreturn)) work(void *box)
{
	take(box);
	for (;;)
		pause();
}

static bool wait_leased(struct mbx *box)
{
	struct mbx_stat st;
	int i;

	for (i = 0; i < 10000; i++) {
		demo_must(MBX_CMD_STAT, mbx_stat(box, &st, sizeof(st)));
		if (st.out_leased)
			return true;
		usleep(1000);
	}
	return false;
}

static bool comes_again(struct mbx *box)
{
	char text[8];
	pid_t pid;

	demo_must(MBX_CMD_SEND, mbx_send_once(box, "job", 3, 1, 0));
	pid = demo_spawn("worker", work, box);
	if (!demo_check(wait_leased(box), "a worker has the job"))
		return false;
	if (!demo_check(mbx_try_receive(box, text, sizeof(text)) == -EAGAIN,
			"nobody else gets it meanwhile"))
		return false;
	demo_say("kill -9 worker");
	kill(pid, SIGKILL);
	demo_ended(pid);
	take(box);
	demo_must(MBX_CMD_SETTLE, mbx_ack(box, job->out_seq));
	return demo_check(
		job->out_deliveries == 2,
		"the job comes again, for the second time, and is done");
}

static bool is_sent_once(struct mbx *box)
{
	struct mbx_stat st;
	int err = mbx_send_once(box, "job", 3, 1, 0);

	demo_must(MBX_CMD_STAT, mbx_stat(box, &st, sizeof(st)));
	return demo_check(
		err == -EALREADY && st.out_sent == 1,
		"its sender sends it again, to be sure: refused, as it was sent");
}

static bool is_buried(struct mbx *box, struct mbx *dead)
{
	char text[8];
	int i;

	demo_must(MBX_CMD_SEND, mbx_send_once(box, "poison", 6, 2, 0));
	for (i = 1; i <= DELIVERIES; i++) {
		take(box);
		demo_say("delivery %u of a job that nobody can do",
			 job->out_deliveries);
		demo_must(MBX_CMD_SETTLE, mbx_nack(box, job->out_seq));
	}
	return demo_check(mbx_try_receive(box, text, sizeof(text)) == -EAGAIN &&
				  mbx_try_receive(dead, text, sizeof(text)) ==
					  6 &&
				  !memcmp(text, "poison", 6),
			  "it has gone to the dead-letter mailbox");
}

static bool run(void)
{
	struct mbx *dead = demo_create_box(NAME_DEAD, 10);
	struct mbx *box = create(dead);
	bool ok;

	job = demo_shared(sizeof(*job));
	ok = comes_again(box) && is_sent_once(box) && is_buried(box, dead);
	demo_end_box(box);
	demo_end_box(dead);
	return ok;
}

const struct scene demo_lease = {
	.name = "lease",
	.title =
		"A job survives its worker, and is neither lost nor done twice",
	.run = run,
};
