// SPDX-License-Identifier: GPL-2.0-or-later
/* Order per sender and over all, while many send and receive at once. */
#include "mailbox.h"

#define SENDERS 4
#define RECEIVERS 3
#define MESSAGES 300

struct note {
	__u32 sender;
	__u32 number;
};

struct party {
	int box;
	__u32 sender;
	unsigned int wrong;
	unsigned int received;
	pthread_t thread;
};

static void *send_many(void *arg)
{
	struct party *party = arg;
	struct note note = { .sender = party->sender };

	for (note.number = 0; note.number < MESSAGES; note.number++)
		if (box_send(party->box, &note, sizeof(note), 0))
			party->wrong++;
	return NULL;
}

/* Per sender, and over all senders by sequence number. */
static void *receive_many(void *arg)
{
	struct party *party = arg;
	__s64 last[SENDERS];
	struct mbx_receive receive;
	struct note note;
	__u64 last_seq = 0;

	memset(last, 0xff, sizeof(last));
	for (;;) {
		init_receive(&receive, &note, sizeof(note), 0);
		if (ioctl(party->box, MBX_IOC_RECEIVE, &receive)) {
			party->wrong += errno != EIDRM;
			return NULL;
		}
		party->received++;
		if (receive.out_seq <= last_seq || note.sender >= SENDERS ||
		    note.number <= last[note.sender]) {
			party->wrong++;
			continue;
		}
		last_seq = receive.out_seq;
		last[note.sender] = note.number;
	}
}

static bool is_drained(int box)
{
	struct mbx_stat stat;

	return !box_stat(box, &stat) && stat.out_received == SENDERS * MESSAGES;
}

static void run_parties(struct __test_metadata *_metadata, int box,
			unsigned int receivers)
{
	struct party sender[SENDERS] = {}, receiver[RECEIVERS] = {};
	unsigned int i, received = 0;

	for (i = 0; i < receivers; i++) {
		receiver[i].box = box;
		ASSERT_EQ(0, pthread_create(&receiver[i].thread, NULL,
					    receive_many, &receiver[i]));
	}
	for (i = 0; i < SENDERS; i++) {
		sender[i].box = box;
		sender[i].sender = i;
		ASSERT_EQ(0, pthread_create(&sender[i].thread, NULL, send_many,
					    &sender[i]));
	}
	for (i = 0; i < SENDERS; i++) {
		pthread_join(sender[i].thread, NULL);
		EXPECT_EQ(0, sender[i].wrong);
	}
	EXPECT_TRUE(wait_until(is_drained(box)));
	EXPECT_EQ(0, box_delete(box, NULL, 0));
	for (i = 0; i < receivers; i++) {
		pthread_join(receiver[i].thread, NULL);
		EXPECT_EQ(0, receiver[i].wrong);
		received += receiver[i].received;
	}
	EXPECT_EQ(SENDERS * MESSAGES, received);
}

FIXTURE(crowd) {
	int control;
	int box;
};

FIXTURE_VARIANT(crowd)
{
	__u32 capacity;
};

FIXTURE_VARIANT_ADD(crowd, rendezvous){ .capacity = 0 };
FIXTURE_VARIANT_ADD(crowd, one){ .capacity = 1 };
FIXTURE_VARIANT_ADD(crowd, seven){ .capacity = 7 };
FIXTURE_VARIANT_ADD(crowd, unbounded){ .capacity = MBX_UNBOUNDED };

FIXTURE_SETUP(crowd)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, MBX_CREATE_OWNED,
			       variant->capacity);
	ASSERT_LE(0, self->box);
}

FIXTURE_TEARDOWN(crowd)
{
	close(self->box);
	close(self->control);
}

TEST_F_TIMEOUT(crowd, one_receiver, 60)
{
	run_parties(_metadata, self->box, 1);
}

TEST_F_TIMEOUT(crowd, several_receivers, 60)
{
	run_parties(_metadata, self->box, RECEIVERS);
}

TEST_HARNESS_MAIN
