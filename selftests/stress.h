/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the stress run keeps in shared memory, and the exact account of it.
 *
 * Each sender numbers its messages and notes each attempt before it makes it
 * and its outcome afterwards.  Each receiver receives into shared memory, data
 * and argument alike, and logs what it got: of one that was killed in between,
 * its supervisor finds and logs the last message.
 */
#ifndef SELFTESTS_STRESS_H
#define SELFTESTS_STRESS_H

#include "peers.h"

#define SENDERS 8
#define RECEIVERS 8
#define MESSAGES 100 /* of each sender, in one run */
#define LOG_MAX (SENDERS * MESSAGES + 64)
#define LENGTH_MAX 9000
#define MAGIC 0x6d627831

enum outcome { NOT_TRIED, TRYING, SENT, FAILED };

struct head {
	__u32 magic;
	__u32 sender;
	__u32 number;
	__u32 len;
	__s32 pid;
};

struct sender {
	__u32 next;
	int wrong_errno;
	__u8 outcome[MESSAGES];
	__s32 told[MESSAGES]; /* who took it, if the send said so */
};

struct entry {
	__u64 seq;
	__u32 sender;
	__u32 number;
	__s32 pid; /* of the receiver */
	bool broken;
	bool found; /* by the supervisor, after a kill */
};

struct receiver {
	struct mbx_receive arg;
	__u8 data[LENGTH_MAX];
	int wrong_errno;
	__u32 nr;
	struct entry log[LOG_MAX];
};

struct arena {
	int fd;
	__u64 seed;
	__u32 allowed; /* numbers that senders may use by now */
	struct sender senders[SENDERS];
	struct receiver receivers[RECEIVERS];
};

/* What came out of a run; all but the first three must be 0. */
struct account {
	unsigned int messages;
	unsigned int kills;
	unsigned int found;
	unsigned int lost;
	unsigned int doubled;
	unsigned int ghosts;
	unsigned int reordered;
	unsigned int broken;
	unsigned int misattributed;
	unsigned int wrong_errno;
	unsigned int leaks;
};

static inline __u64 mix(__u64 a, __u64 b, __u64 c)
{
	__u64 state = a * 1000003 + b;

	next_random(&state);
	state = state * 1000003 + c;
	next_random(&state);
	return state;
}

/* Lengths in all size classes, short ones more often. */
static inline __u32 length_of(__u64 *random)
{
	static const __u32 most[] = { 64, 64, 64, 1024, 4096, LENGTH_MAX };
	__u32 max = most[next_random(random) % 6];

	return sizeof(struct head) +
	       next_random(random) % (max - sizeof(struct head) + 1);
}

static inline __u32 make_message(struct arena *arena, __u32 sender,
				 __u32 number, __u8 *data)
{
	__u64 random = mix(arena->seed, sender, number);
	struct head head = { MAGIC, sender, number, length_of(&random),
			     getpid() };

	memcpy(data, &head, sizeof(head));
	fill_pattern(data + sizeof(head), head.len - sizeof(head), random);
	return head.len;
}

static inline bool message_is_whole(struct arena *arena,
				    const struct receiver *receiver,
				    const struct head *head)
{
	__u64 random = mix(arena->seed, head->sender, head->number);
	const struct mbx_receive *arg = &receiver->arg;

	return head->magic == MAGIC && head->sender < SENDERS &&
	       head->number < MESSAGES && head->len == arg->out_len &&
	       head->len == length_of(&random) &&
	       (!arg->out_pid || arg->out_pid == head->pid) &&
	       arg->out_pid == arg->out_tid &&
	       has_pattern(receiver->data + sizeof(*head),
			   head->len - sizeof(*head), random);
}

/* Logs what stands in the receiver's buffer; the order of stores matters. */
static inline void log_message(struct arena *arena, struct receiver *receiver,
			       pid_t pid, bool found)
{
	struct entry *entry = &receiver->log[receiver->nr];
	struct head head;

	if (receiver->nr == LOG_MAX)
		abort();
	memcpy(&head, receiver->data, sizeof(head));
	*entry = (struct entry){
		.seq = receiver->arg.out_seq,
		.sender = head.sender,
		.number = head.number,
		.pid = pid,
		.broken = !message_is_whole(arena, receiver, &head),
		.found = found,
	};
	__atomic_store_n(&receiver->nr, receiver->nr + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&receiver->arg.out_seq, 0, __ATOMIC_RELEASE);
}

/* After the death of a receiver: has it got one that it could not log? */
static inline void log_last_message(struct arena *arena,
				    struct receiver *receiver, pid_t pid)
{
	__u64 seq = receiver->arg.out_seq;

	if (seq &&
	    (!receiver->nr || receiver->log[receiver->nr - 1].seq != seq))
		log_message(arena, receiver, pid, true);
	receiver->arg.out_seq = 0;
}

/* -------------------------------------------------------------- the account */

static inline int by_seq(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Each receiver must have seen the messages of each sender in their order. */
static inline void check_log(const struct receiver *receiver,
			     struct account *account)
{
	int last[SENDERS];
	__u32 i;

	memset(last, -1, sizeof(last));
	for (i = 0; i < receiver->nr; i++) {
		const struct entry *entry = &receiver->log[i];

		account->broken += entry->broken;
		account->found += entry->found;
		if (entry->broken || entry->found)
			continue;
		account->reordered += (int)entry->number <= last[entry->sender];
		last[entry->sender] = entry->number;
	}
}

/* A message whose send failed may stand in a dead receiver's buffer. */
static inline bool was_received(const struct arena *arena,
				const struct entry *entry)
{
	return !entry->broken &&
	       !(entry->found &&
		 arena->senders[entry->sender].outcome[entry->number] ==
			 FAILED);
}

static inline __u32 gather(struct arena *arena, struct entry *all)
{
	__u32 nr = 0, i, r;

	for (r = 0; r < RECEIVERS; r++)
		for (i = 0; i < arena->receivers[r].nr; i++)
			if (was_received(arena, &arena->receivers[r].log[i]))
				all[nr++] = arena->receivers[r].log[i];
	qsort(all, nr, sizeof(*all), by_seq);
	return nr;
}

/* Sequence numbers are unique, and those of a sender follow its numbers. */
static inline void check_sequence(struct arena *arena, const struct entry *all,
				  __u32 nr, __u8 (*seen)[MESSAGES],
				  struct account *account)
{
	int last[SENDERS];
	__u32 i, told;

	memset(last, -1, sizeof(last));
	for (i = 0; i < nr; i++) {
		const struct entry *entry = &all[i];

		account->doubled += i && entry->seq == all[i - 1].seq;
		account->reordered += (int)entry->number <= last[entry->sender];
		last[entry->sender] = entry->number;
		seen[entry->sender][entry->number]++;
		told = arena->senders[entry->sender].told[entry->number];
		account->misattributed += told && told != (__u32)entry->pid;
	}
}

static inline void check_outcomes(const struct arena *arena,
				  __u8 (*seen)[MESSAGES],
				  struct account *account)
{
	__u32 s, n;

	for (s = 0; s < SENDERS; s++) {
		account->wrong_errno += !!arena->senders[s].wrong_errno;
		for (n = 0; n < MESSAGES; n++) {
			__u8 outcome = arena->senders[s].outcome[n];

			account->lost += outcome == SENT && !seen[s][n];
			account->doubled += seen[s][n] > 1;
			account->ghosts += seen[s][n] && outcome != SENT &&
					   outcome != TRYING;
			account->messages += outcome == SENT;
		}
	}
	for (s = 0; s < RECEIVERS; s++)
		account->wrong_errno += !!arena->receivers[s].wrong_errno;
}

static inline void take_account(struct arena *arena, struct account *account)
{
	static struct entry all[RECEIVERS * LOG_MAX];
	__u8 seen[SENDERS][MESSAGES] = {};
	__u32 nr, r;

	for (r = 0; r < RECEIVERS; r++)
		check_log(&arena->receivers[r], account);
	nr = gather(arena, all);
	check_sequence(arena, all, nr, seen, account);
	check_outcomes(arena, seen, account);
}

static inline unsigned int mistakes(const struct account *account)
{
	return account->lost + account->doubled + account->ghosts +
	       account->reordered + account->broken + account->misattributed +
	       account->wrong_errno + account->leaks;
}

static inline void print_account(const char *name, const struct account *a)
{
	printf("# %s: %u sent, %u kills, %u found with the dead; ", name,
	       a->messages, a->kills, a->found);
	printf("%u lost, %u doubled, %u ghosts, %u reordered, ", a->lost,
	       a->doubled, a->ghosts, a->reordered);
	printf("%u broken, %u misattributed, %u wrong errno, %u leaks\n",
	       a->broken, a->misattributed, a->wrong_errno, a->leaks);
	fflush(stdout);
}

static inline __u32 attempts(const struct arena *arena)
{
	__u32 sum = 0, i;

	for (i = 0; i < SENDERS; i++)
		sum += __atomic_load_n(&arena->senders[i].next,
				       __ATOMIC_ACQUIRE);
	return sum;
}

/* For whoever has to find out why nothing goes on. */
static inline void show_state(const struct arena *arena)
{
	static const char *const files[] = {
		"/proc/ipc_mailboxes",
		"/proc/ipc_tasks",
	};
	char *line = NULL;
	size_t size = 0, i;
	FILE *f;

	printf("# stalled: %u attempts, up to %u allowed\n", attempts(arena),
	       arena->allowed);
	for (i = 0; i < 2; i++) {
		f = fopen(files[i], "re");
		while (f && getline(&line, &size, f) > 0)
			printf("# %s", line);
		if (f)
			fclose(f);
	}
	free(line);
	fflush(stdout);
}

#endif /* SELFTESTS_STRESS_H */
