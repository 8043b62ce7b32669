/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MBX_BENCH_H
#define MBX_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_LEN 65536
#define MAX_ROUNDS 99
#define MAX_BATCH 64

/**
 * struct chan - one open channel of a mechanism
 * @fd: descriptors or a SysV id; what they are is up to the mechanism
 * @len: message length in bytes
 * @arg: argument block of a mechanism that needs one, ready to use
 * @out: message to send, with the type word that SysV wants in front of it
 * @in: where a message is received, likewise
 */
struct chan {
	int fd[2];
	size_t len;
	void *arg[2];
	struct {
		long type;
		unsigned char text[MAX_LEN];
	} out, in;
};

/**
 * struct mech - a way to move a message
 * @name: key in the JSON output
 * @title: row title in the table
 * @max_len: longest message, 0 if it carries none at all
 * @open: set up @chan; 0 or -errno
 * @close: take it down
 * @pair: send and receive @n messages in one process; 0 or a wrong result
 * @send: send one message; 0 or the wrong result
 * @receive: receive one message; likewise
 * @finish: after the last round trip, by whoever echoes; likewise, or NULL
 * @batch: send @n messages by one call, then receive them by one; 0 or a wrong
 *	result; NULL: by @n calls each
 * @cycle: create and delete a channel @n times; 0 or a wrong result
 */
struct mech {
	const char *name;
	const char *title;
	size_t max_len;
	int (*open)(struct chan *chan);
	void (*close)(struct chan *chan);
	long (*pair)(struct chan *chan, unsigned int n);
	long (*send)(struct chan *chan);
	long (*receive)(struct chan *chan);
	long (*finish)(struct chan *chan);
	long (*batch)(struct chan *chan, unsigned int n);
	long (*cycle)(struct chan *chan, unsigned int n);
};

extern const struct mech mech_getppid;
extern const struct mech mech_null;
extern const struct mech mech_pipe;
extern const struct mech mech_sysv;
extern const struct mech mech_mq;
extern const struct mech mech_seqpacket;
extern const struct mech mech_seqpacket_batch;
extern const struct mech mech_eventfd;
extern const struct mech mech_mailbox_rw;
extern const struct mech mech_mailbox_ioctl;
extern const struct mech mech_mailbox_batch;
extern const struct mech mech_mailbox_call;
extern const struct mech mech_mailbox_owned;
extern const struct mech mech_mailbox_named;

enum test {
	TEST_PAIR,
	TEST_BATCH,
	TEST_RTT,
	TEST_CYCLE,
};

/**
 * struct row - one figure to be taken, and what came out
 * @test: what is done
 * @mech: with what
 * @len: message length
 * @batch: messages at a time
 * @base: row that the ratio refers to
 * @err: 0, or why there is no figure (-errno)
 * @median: per round, instructions or ticks per operation
 * @min: smallest sample of all rounds
 */
struct row {
	enum test test;
	const struct mech *mech;
	size_t len;
	unsigned int batch;
	const struct row *base;
	int err;
	double median[MAX_ROUNDS];
	double min;
};

/* sample.c */
int sample_row(struct row *row, unsigned int round);
double median_of(double *v, unsigned int n);

/* report.c */
void report_table(const struct row *rows, unsigned int n, unsigned int rounds,
		  bool counts);
void report_json(const struct row *rows, unsigned int n, unsigned int rounds,
		 bool counts);

#endif /* MBX_BENCH_H */
