// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Capacity 0: whoever comes first waits for the other.  They have met if the
 * one's call and the other's overlap in time, which is what is checked.
 */
#include "demo.h"

struct side {
	uint64_t came, left;
	pid_t partner;
};

struct meeting {
	struct mbx *box;
	struct side sender, receiver;
};

static struct meeting *meeting;

static int sender(void *unused)
{
	struct side *me = &meeting->sender;

	(void)unused;
	me->came = demo_now();
	me->partner = demo_must(MBX_CMD_SEND,
				mbx_send_sync(meeting->box, "parcel", 6, 0));
	me->left = demo_now();
	demo_report("my parcel was taken by pid %d", me->partner);
	return 0;
}

static int receiver(void *unused)
{
	struct side *me = &meeting->receiver;
	char buf[16];
	struct mbx_receive get = {
		.size = sizeof(get),
		.data_ptr = (uintptr_t)buf,
		.data_len = sizeof(buf),
	};

	(void)unused;
	me->came = demo_now();
	demo_must(MBX_CMD_RECEIVE, mbx_receive_ext(meeting->box, &get));
	me->left = demo_now();
	me->partner = get.out_pid;
	demo_report("I have a parcel from pid %d", me->partner);
	return 0;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static bool check_meeting(pid_t from, pid_t to)
{
	const struct side *s = &meeting->sender, *r = &meeting->receiver;
	uint64_t both_there = later(s->came, r->came);
	bool ok;

	demo_say("sender:   came at %10.3f ms, left at %10.3f ms",
		 demo_milliseconds(s->came), demo_milliseconds(s->left));
	demo_say("receiver: came at %10.3f ms, left at %10.3f ms",
		 demo_milliseconds(r->came), demo_milliseconds(r->left));
	ok = demo_check(s->left >= both_there && r->left >= both_there,
			"one instant, %.3f ms, lies within both calls",
			demo_milliseconds(both_there));
	ok &= demo_check(s->partner == to,
			 "the sender was told who took it: %d", to);
	ok &= demo_check(r->partner == from,
			 "the receiver was told who sent it: %d", from);
	return ok;
}

static bool meet(bool sender_first)
{
	pid_t first, second, from, to;
	bool ok;

	demo_say("The %s comes first, and waits:",
		 sender_first ? "sender" : "receiver");
	demo_start_clock();
	if (sender_first)
		first = demo_spawn("sender", sender, NULL);
	else
		first = demo_spawn("receiver", receiver, NULL);
	if (!demo_blocked(first))
		return false;
	demo_show_task(first);
	if (sender_first)
		second = demo_spawn("receiver", receiver, NULL);
	else
		second = demo_spawn("sender", sender, NULL);
	ok = !demo_ended(first);
	ok &= !demo_ended(second);
	from = sender_first ? first : second;
	to = sender_first ? second : first;
	return ok && check_meeting(from, to);
}

static bool run(void)
{
	bool ok;

	meeting = demo_shared(sizeof(*meeting));
	meeting->box = demo_create_box("demo-rendezvous", 0);
	ok = meet(false) && meet(true);
	demo_end_box(meeting->box);
	return ok;
}

const struct scene demo_rendezvous = {
	.name = "rendezvous",
	.title = "Capacity 0: sender and receiver meet",
	.run = run,
};
