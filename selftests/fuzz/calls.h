/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying out the calls of a program, in whatever process that is. */
#ifndef FUZZ_CALLS_H
#define FUZZ_CALLS_H

#include "arena.h"

#define NAME_ROOM 300

/* In a worker: its descriptor of /dev/mailbox. */
extern int control;

/* calls.c */
void do_call(unsigned int nr, unsigned int task);
void inspect_killed(unsigned int nr, unsigned int task);

/* handles.c */
struct handle {
	int fd; /* -1 for none */
	uint32_t rights;
	uint32_t maker; /* as in struct record */
	uint64_t id;
};

struct handle handle_get(unsigned int nr);
void handle_set(unsigned int nr, struct handle handle);
void handle_close(unsigned int nr);
void handles_close(void);
void hold(void);
void holders_kill(void);

/* What a mailbox is called; returns the length, 0 for no name. */
unsigned int box_name(unsigned int box, enum name kind, char *name);

/* calls_other.c */
void eventfds_close(void);

/* interfere.c: operations that are not about a mailbox of their own */
void do_flip(const struct call *call);
int do_show(const struct call *call, const struct handle *handle);
int do_ioctl(const struct call *call, const struct handle *handle);

#endif /* FUZZ_CALLS_H */
