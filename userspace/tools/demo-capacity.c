// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a send does at each capacity; and then a fast producer, a slow consumer,
 * and what the mailbox between them does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "demo.h"

#define MESSAGES 120
#define BOUND 10
#define WIDTH 60
#define HEIGHT 8
#define WORK 65536

struct sample {
	uint64_t when;
	uint32_t depth;
};

struct run {
	struct mbx *box;
	uint64_t begin, produced, end;
	unsigned int nr[2];
	struct sample samples[2][MESSAGES];
	bool in_order;
	uint32_t result;
};

static struct run *runs;

static void sample(struct run *r, int side)
{
	struct sample *s = &r->samples[side][r->nr[side]++];
	struct mbx_stat st;

	demo_must(MBX_CMD_STAT, mbx_stat(r->box, &st, sizeof(st)));
	s->when = demo_now();
	s->depth = st.out_depth;
}

static int producer(void *arg)
{
	struct run *r = arg;

	for (uint32_t i = 0; i < MESSAGES; i++) {
		demo_must(MBX_CMD_SEND, mbx_send(r->box, &i, sizeof(i)));
		sample(r, 0);
	}
	r->produced = demo_now();
	return 0;
}

/* What makes the consumer slow. */
static uint32_t work(void)
{
	uint32_t hash = 2166136261U;

	for (int i = 0; i < WORK; i++)
		hash = (hash ^ i) * 16777619U;
	return hash;
}

static int consumer(void *arg)
{
	struct run *r = arg;
	uint32_t got;

	r->in_order = true;
	for (uint32_t i = 0; i < MESSAGES; i++) {
		demo_must(MBX_CMD_RECEIVE,
			  mbx_receive(r->box, &got, sizeof(got)));
		r->in_order &= got == i;
		sample(r, 1);
		r->result ^= work();
	}
	r->end = demo_now();
	return 0;
}

static bool observe(struct run *r, uint32_t capacity, uint32_t *high)
{
	struct mbx_stat st;
	pid_t to, from;
	bool ok;

	r->box = demo_create_box("demo-capacity", capacity);
	to = demo_spawn("consumer", consumer, r);
	if (!demo_blocked(to))
		return false;
	r->begin = demo_now();
	from = demo_spawn("producer", producer, r);
	ok = !demo_ended(from);
	ok &= !demo_ended(to);
	demo_must(MBX_CMD_STAT, mbx_stat(r->box, &st, sizeof(st)));
	*high = st.out_high_water;
	demo_end_box(r->box);
	return demo_check(ok && r->in_order,
			  "all %d messages arrived, in order", MESSAGES);
}

/* Deepest sample of each column, the last known depth where there is none. */
static void columns(const struct run *r, uint64_t span, uint32_t *col)
{
	uint32_t last = 0;

	for (int side = 0; side < 2; side++)
		for (unsigned int i = 0; i < r->nr[side]; i++) {
			const struct sample *s = &r->samples[side][i];
			uint64_t x = (s->when - r->begin) * WIDTH / (span + 1);

			if (x < WIDTH && s->depth + 1 > col[x])
				col[x] = s->depth + 1;
		}
	for (int x = 0; x < WIDTH; x++) {
		last = col[x] ? col[x] - 1 : last;
		col[x] = last;
	}
}

static void plot(const struct run *r, uint64_t span, uint32_t top)
{
	uint32_t col[WIDTH] = { 0 };
	char line[WIDTH + 1];

	columns(r, span, col);
	for (int y = HEIGHT; y > 0; y--) {
		for (int x = 0; x < WIDTH; x++)
			line[x] = col[x] * HEIGHT > top * (y - 1) ? '#' : ' ';
		line[WIDTH] = '\0';
		demo_say("%4u |%s", top * y / HEIGHT, line);
	}
	memset(line, '-', WIDTH);
	demo_say("   0 +%s %.1f ms", line, (double)span / 1e6);
	demo_say("      producer done after %.1f ms, consumer after %.1f ms",
		 (double)(r->produced - r->begin) / 1e6,
		 (double)(r->end - r->begin) / 1e6);
}

static int receive_one(void *box)
{
	char buf[16];

	return demo_must(MBX_CMD_RECEIVE, mbx_receive(box, buf, sizeof(buf)));
}

static int send_one(void *box)
{
	return demo_must(MBX_CMD_SEND, mbx_send(box, NULL, 0));
}

/* How many sends of at most @nr go in without waiting. */
static int sends(struct mbx *box, int nr)
{
	int i, err;

	for (i = 0; i < nr; i++) {
		err = mbx_try_send(box, NULL, 0);
		if (err == -EAGAIN)
			break;
		demo_must(MBX_CMD_SEND, err);
	}
	return i;
}

static bool zero(void)
{
	struct mbx *box = demo_create_box("demo-capacity", 0);
	pid_t pid;
	bool ok;

	ok = demo_check(!sends(box, 1),
			"capacity 0: nobody receives, a send would wait");
	pid = demo_spawn("receiver", receive_one, box);
	ok &= demo_receivers(box, 1) && sends(box, 2) == 1;
	ok &= !demo_ended(pid);
	demo_end_box(box);
	return demo_check(ok, "one receives: one send meets it, no more");
}

static bool bounded(void)
{
	struct mbx *box = demo_create_box("demo-capacity", 2);
	pid_t pid;
	bool ok;

	ok = demo_check(sends(box, 5) == 2,
			"capacity 2: two sends go in, a third would wait");
	pid = demo_spawn("sender", send_one, box);
	ok &= demo_blocked(pid) && !receive_one(box);
	ok &= !demo_ended(pid);
	demo_end_box(box);
	return demo_check(ok, "one is received: the sender that waits goes on");
}

static bool unbounded(void)
{
	struct mbx *box = demo_create_box("demo-capacity", MBX_UNBOUNDED);
	int nr = sends(box, 1000);

	demo_end_box(box);
	return demo_check(nr == 1000, "unbounded: %d sends, none waits", nr);
}

static bool compare(void)
{
	uint32_t high[2] = { 0 };
	uint64_t span;
	bool ok;

	runs = demo_shared(2 * sizeof(*runs));
	ok = observe(&runs[0], MBX_UNBOUNDED, &high[0]) &&
	     observe(&runs[1], BOUND, &high[1]);
	if (!ok)
		return false;
	span = runs[0].end - runs[0].begin;
	if (runs[1].end - runs[1].begin > span)
		span = runs[1].end - runs[1].begin;
	demo_say("Unbounded: depth over time");
	plot(&runs[0], span, high[0]);
	demo_say("Capacity %d: depth over time", BOUND);
	plot(&runs[1], span, high[0]);
	ok = demo_check(high[1] <= BOUND,
			"capacity %d: never more than %u waited", BOUND,
			high[1]);
	ok &= demo_check(high[0] > high[1], "unbounded: up to %u waited",
			 high[0]);
	return ok;
}

static bool run(void)
{
	bool ok = zero();

	ok &= bounded();
	ok &= unbounded();
	return ok && compare();
}

const struct scene demo_capacity = {
	.name = "capacity",
	.title = "Zero, bounded, unbounded: what a send does",
	.run = run,
};
