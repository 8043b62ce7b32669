// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Senders and receivers under a storm of signals that interrupt them.  Every
 * attempt to send has a number of its own; in the end each that succeeded has
 * been received once and none that failed ever was.
 */
#include "mailbox.h"

#define SENDERS 2
#define RECEIVERS 2
#define ATTEMPTS 1500

FIXTURE(storm) {
	int control;
	int box;
};

FIXTURE_VARIANT(storm)
{
	__u32 capacity;
	__u32 flags;
	bool restart;
};

FIXTURE_VARIANT_ADD(storm, rendezvous){ .capacity = 0 };
FIXTURE_VARIANT_ADD(storm, one){ .capacity = 1 };
FIXTURE_VARIANT_ADD(storm, one_sync){
	.capacity = 1,
	.flags = MBX_SEND_SYNC,
};
FIXTURE_VARIANT_ADD(storm, unbounded_sync){
	.capacity = MBX_UNBOUNDED,
	.flags = MBX_SEND_SYNC,
};
FIXTURE_VARIANT_ADD(storm, rendezvous_restarted){
	.capacity = 0,
	.restart = true,
};
FIXTURE_VARIANT_ADD(storm, one_restarted){
	.capacity = 1,
	.restart = true,
};
FIXTURE_VARIANT_ADD(storm, one_sync_restarted){
	.capacity = 1,
	.flags = MBX_SEND_SYNC,
	.restart = true,
};

/* What became of one attempt. */
struct attempt {
	bool sent;
	unsigned int received;
};

static struct attempt attempts[SENDERS][ATTEMPTS];

struct party {
	int box;
	__u32 flags;
	unsigned int nr;
	unsigned int wrong;
	unsigned int interrupted;
	pid_t tid;
	bool done;
	pthread_t thread;
};

static void on_signal(int sig)
{
	(void)sig;
}

FIXTURE_SETUP(storm)
{
	const struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = variant->restart ? SA_RESTART : 0,
	};

	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED,
			       variant->capacity);
	ASSERT_LE(0, self->box);
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
}

FIXTURE_TEARDOWN(storm)
{
	close(self->box);
	close(self->control);
}

static void party_begin(struct party *party)
{
	__atomic_store_n(&party->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
}

static void party_end(struct party *party)
{
	__atomic_store_n(&party->done, true, __ATOMIC_RELEASE);
}

static void *send_all(void *arg)
{
	struct party *party = arg;
	unsigned int i;
	__u32 number;

	party_begin(party);
	for (i = 0; i < ATTEMPTS; i++) {
		number = party->nr * ATTEMPTS + i;
		if (!box_send(party->box, &number, sizeof(number),
			      party->flags))
			attempts[party->nr][i].sent = true;
		else if (errno == EINTR)
			party->interrupted++;
		else
			party->wrong++;
	}
	party_end(party);
	return NULL;
}

static void *receive_all(void *arg)
{
	struct party *party = arg;
	__u32 number;

	party_begin(party);
	for (;;) {
		int len = box_receive(party->box, &number, sizeof(number), 0);

		if (len < 0 && errno == EINTR) {
			party->interrupted++;
			continue;
		}
		if (len < 0)
			break;
		if (number < SENDERS * ATTEMPTS)
			__atomic_add_fetch(&attempts[0][number].received, 1,
					   __ATOMIC_RELAXED);
		else
			party->wrong++;
	}
	party->wrong += errno != EIDRM;
	party_end(party);
	return NULL;
}

static void start(struct __test_metadata *_metadata, struct party *party,
		  void *(*run)(void *))
{
	ASSERT_EQ(0, pthread_create(&party->thread, NULL, run, party));
	ASSERT_TRUE(wait_until(__atomic_load_n(&party->tid, __ATOMIC_ACQUIRE)));
}

static bool is_over(const struct party *party)
{
	return __atomic_load_n(&party->done, __ATOMIC_ACQUIRE);
}

/* Until the last sender is done. */
static void rage(struct party *sender, struct party *receiver)
{
	unsigned int i, running;

	do {
		running = 0;
		for (i = 0; i < SENDERS; i++) {
			if (is_over(&sender[i]))
				continue;
			running++;
			syscall(SYS_tgkill, getpid(), sender[i].tid, SIGUSR1);
		}
		for (i = 0; i < RECEIVERS; i++)
			syscall(SYS_tgkill, getpid(), receiver[i].tid, SIGUSR1);
		sched_yield();
	} while (running);
}

static bool is_drained(int box)
{
	struct mbx_stat stat;

	return !box_stat(box, &stat) && stat.out_received == stat.out_sent;
}

TEST_F_TIMEOUT(storm, every_attempt_is_accounted_for, 120)
{
	struct party sender[SENDERS] = {}, receiver[RECEIVERS] = {};
	unsigned int i, k, sent = 0, interrupted = 0;

	for (i = 0; i < RECEIVERS; i++) {
		receiver[i].box = self->box;
		start(_metadata, &receiver[i], receive_all);
	}
	for (i = 0; i < SENDERS; i++) {
		sender[i].box = self->box;
		sender[i].flags = variant->flags;
		sender[i].nr = i;
		start(_metadata, &sender[i], send_all);
	}
	rage(sender, receiver);
	for (i = 0; i < SENDERS; i++) {
		pthread_join(sender[i].thread, NULL);
		EXPECT_EQ(0, sender[i].wrong);
		interrupted += sender[i].interrupted;
	}
	EXPECT_TRUE(wait_until(is_drained(self->box)));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	for (i = 0; i < RECEIVERS; i++) {
		pthread_join(receiver[i].thread, NULL);
		EXPECT_EQ(0, receiver[i].wrong);
	}
	for (i = 0; i < SENDERS; i++)
		for (k = 0; k < ATTEMPTS; k++) {
			EXPECT_EQ(attempts[i][k].sent, attempts[i][k].received);
			sent += attempts[i][k].sent;
		}
	EXPECT_EQ(SENDERS * ATTEMPTS, sent + interrupted);
	if (variant->restart)
		EXPECT_EQ(0, interrupted);
	TH_LOG("sent %u, interrupted %u", sent, interrupted);
}

TEST_HARNESS_MAIN
