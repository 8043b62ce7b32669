// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many batches at the same time, and many signals during batches: each message is
 * sent once and received once.
 */
#include <sys/time.h>

#include "batch.h"

/* ------------------------------------------------------------------- crowd */

#define CROWD 3
#define CROWD_NR 210
#define CROWD_BATCH 7

/* Blocks for each; a batch of several goes on where the one before ended. */
static void send_crowd(int fd, __u32 sender)
{
	struct mbx_send sends[CROWD_BATCH];
	__u32 numbers[CROWD_BATCH], nr, i;
	struct mbx_batch arg;

	for (nr = 0; nr < CROWD_NR; nr += CROWD_BATCH) {
		for (i = 0; i < CROWD_BATCH; i++) {
			numbers[i] = sender * CROWD_NR + nr + i;
			init_send(&sends[i], &numbers[i], 4, 0);
		}
		init_batch(&arg, MBX_CMD_SEND, sends, sizeof(sends[0]),
			   CROWD_BATCH);
		CHECK(ioctl(fd, MBX_IOC_BATCH, &arg) == CROWD_BATCH);
	}
}

/* Takes what there is, at least one, until told that there will be no more. */
static void receive_crowd(int fd, unsigned char *seen)
{
	struct mbx_receive receives[CROWD_BATCH];
	__u32 got[CROWD_BATCH], next[CROWD] = {};
	struct mbx_batch arg;
	int i, ret, err;

	for (;;) {
		for (i = 0; i < CROWD_BATCH; i++)
			init_receive(&receives[i], &got[i], 4,
				     i ? MBX_RECEIVE_NONBLOCK : 0);
		init_batch(&arg, MBX_CMD_RECEIVE, receives, sizeof(receives[0]),
			   CROWD_BATCH);
		ret = ioctl(fd, MBX_IOC_BATCH, &arg);
		err = errno;
		if (ret < 0)
			break;
		for (i = 0; i < ret; i++) {
			CHECK(got[i] < CROWD * CROWD_NR);
			CHECK(got[i] >= next[got[i] / CROWD_NR]);
			next[got[i] / CROWD_NR] = got[i] + 1;
			__atomic_fetch_add(&seen[got[i]], 1, __ATOMIC_RELAXED);
		}
	}
	CHECK(err == ESHUTDOWN);
}

/* Each message reaches one of them, once, and in the order of its sender. */
TEST_F(batch, many_on_both_sides)
{
	struct child senders[CROWD], receivers[CROWD];
	unsigned char *seen;
	int i;

	seen = mmap(NULL, CROWD * CROWD_NR, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, seen);
	for (i = 0; i < CROWD; i++) {
		if (!child_start(&senders[i])) {
			send_crowd(self->fd, i);
			child_exit();
		}
		if (!child_start(&receivers[i])) {
			receive_crowd(self->fd, seen);
			child_exit();
		}
	}
	for (i = 0; i < CROWD; i++)
		EXPECT_CHILD(senders[i]);
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	for (i = 0; i < CROWD; i++)
		EXPECT_CHILD(receivers[i]);
	for (i = 0; i < CROWD * CROWD_NR; i++)
		EXPECT_EQ(1, seen[i]);
}

/* ------------------------------------------------------------------- storm */

#define STORM_NR 512
#define STORM_ROUNDS 2000

struct storm {
	int fd;
	struct mbx_send sends[STORM_NR];
	struct mbx_receive receives[STORM_NR];
	__u32 numbers[STORM_NR];
	__u32 got[STORM_NR];
	unsigned int interrupted;
};

/* All of a batch, going on after each signal; false if something else fails. */
static bool run_all(struct storm *storm, __u32 cmd)
{
	const bool sends = cmd == MBX_CMD_SEND;
	struct mbx_batch arg;
	int ret, done = 0;

	while (done < STORM_NR) {
		init_batch(&arg, cmd,
			   sends ? (void *)&storm->sends[done] :
				   &storm->receives[done],
			   sends ? sizeof(storm->sends[0]) :
				   sizeof(storm->receives[0]),
			   STORM_NR - done);
		ret = ioctl(storm->fd, MBX_IOC_BATCH, &arg);
		if (ret <= 0)
			return false;
		done += ret;
		if (done < STORM_NR && arg.out_error != EINTR)
			return false;
		storm->interrupted += done < STORM_NR;
	}
	return true;
}

static bool storm_round(struct storm *storm, __u32 round)
{
	__u32 i;

	for (i = 0; i < STORM_NR; i++) {
		storm->numbers[i] = round * STORM_NR + i;
		init_send(&storm->sends[i], &storm->numbers[i], 4,
			  MBX_SEND_NONBLOCK);
		init_receive(&storm->receives[i], &storm->got[i], 4,
			     MBX_RECEIVE_NONBLOCK);
	}
	return run_all(storm, MBX_CMD_SEND) &&
	       run_all(storm, MBX_CMD_RECEIVE) &&
	       !memcmp(storm->numbers, storm->got, sizeof(storm->got));
}

/* Signals between elements, none of which waits. */
TEST_F(batch, storm_of_signals)
{
	const struct itimerval often = { { 0, 100 }, { 0, 100 } }, never = {};
	struct storm *storm = calloc(1, sizeof(*storm));
	__u32 round;

	storm->fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
			       MBX_UNBOUNDED);
	ASSERT_LE(0, storm->fd);
	handle_signal(SIGALRM, SA_RESTART);
	setitimer(ITIMER_REAL, &often, NULL);
	for (round = 0; round < STORM_ROUNDS && storm->interrupted < 20;
	     round++)
		if (!storm_round(storm, round))
			break;
	setitimer(ITIMER_REAL, &never, NULL);
	EXPECT_LE(20, storm->interrupted)
	TH_LOG("%u rounds", round);
	EXPECT_EQ(-1, receive_number(storm->fd));
	close(storm->fd);
	free(storm);
}

TEST_HARNESS_MAIN
