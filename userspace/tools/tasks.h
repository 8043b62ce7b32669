/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of mbx tasks share.
 */
#ifndef MBX_TASKS_H
#define MBX_TASKS_H

#include "listing.h"

/* ---- tree.c ----------------------------------------------------------- */

/*
 * Puts the rows of @l in depth-first order, each below its parent; with @pids,
 * only those and their descendants.  0 or -errno.
 */
int tree_order(struct listing *l, bool threads, const int *pids, int nr_pids);

/* ---- waits.c ---------------------------------------------------------- */

extern const struct column wait_columns[];

/* Who waits for whom: prints @l, or a graph; returns an exit status. */
int tasks_waits(struct listing *l, bool dot);

/* ---- check.c ---------------------------------------------------------- */

/* Compares with /proc; returns an exit status. */
int tasks_check(bool threads);

/* ---- suspect.c -------------------------------------------------------- */

#define SUSPECT_TEXT 160

/**
 * struct suspect - a value that may be wrong
 * @pid: whose
 * @process: and of which process
 * @field: which, or LINE
 * @start: when the task started, so that a number's next user is not blamed
 * @text: what to say if it stays
 */
struct suspect {
	int pid;
	int process;
	int field;
	int64_t start;
	char text[SUSPECT_TEXT];
};

/**
 * struct suspects - what was wrong in every pass
 * @now: including this one
 * @nr: how many
 * @room: for how many @now has memory
 * @old: up to the last one
 * @nr_old: how many
 * @first: there was none before
 */
struct suspects {
	struct suspect *now;
	int nr;
	int room;
	struct suspect *old;
	int nr_old;
	bool first;
};

/* Where to write its text, or NULL if it was right in a pass before. */
char *suspect(struct suspects *l, int process, int pid, int field,
	      int64_t start);
/* The next pass begins. */
void suspects_turn(struct suspects *l);
bool suspects_process(const struct suspects *l, int process);
bool suspects_field(const struct suspects *l, int field);
void suspects_free(struct suspects *l);

/* ---- sample.c --------------------------------------------------------- */

/* clang-format off */
enum field {
	FIELD_STATE, FIELD_PPID, FIELD_MINFLT, FIELD_MAJFLT, FIELD_UTIME,
	FIELD_STIME, FIELD_PRIO, FIELD_NICE, FIELD_THREADS, FIELD_START,
	FIELD_VSIZE, FIELD_CPU, FIELD_POLICY, FIELD_RSS, FIELD_UID,
	FIELD_NVCSW, FIELD_NIVCSW, FIELD_VRUNTIME, FIELD_RUNTIME, FIELD_FILES,
	FIELD_CHILDREN, FIELD_COMM,
	FIELD_REAPED,
	NR_FIELDS
};
/* clang-format on */

/* Stands for the whole line where a suspect has a field. */
#define LINE NR_FIELDS

#define UNKNOWN INT64_MIN

/**
 * struct sample - what /proc says about a process or a thread
 * @pid: its number
 * @process: the number of its process
 * @values: UNKNOWN where /proc does not tell
 * @comm: its name
 */
struct sample {
	int pid;
	int process;
	int64_t values[NR_FIELDS];
	char comm[64];
};

/**
 * struct samples - what /proc says at one time
 * @all: sorted by number
 * @nr: how many
 * @room: for how many @all has memory
 */
struct samples {
	struct sample *all;
	int nr;
	int room;
};

/* Of those that @wanted says yes to; 0 or -errno. */
int samples_read(struct samples *set, bool threads,
		 bool (*wanted)(int pid, const void *arg), const void *arg);
const struct sample *samples_find(const struct samples *set, int pid);
void samples_free(struct samples *set);

#endif /* MBX_TASKS_H */
