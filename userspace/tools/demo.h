/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scenes of mbx demo, and what they have in common.
 */
#ifndef MBX_DEMO_H
#define MBX_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <libmbx.h>

/**
 * struct scene - one thing to be shown
 * @name: what the user types
 * @title: one line
 * @run: plays it, and checks what it shows; true if all was right
 */
struct scene {
	const char *name;
	const char *title;
	bool (*run)(void);
};

extern const struct scene demo_hello;
extern const struct scene demo_prodcons;
extern const struct scene demo_rendezvous;
extern const struct scene demo_capacity;
extern const struct scene demo_owner;
extern const struct scene demo_shared_box;
extern const struct scene demo_direct;
extern const struct scene demo_ownership;
extern const struct scene demo_lease;
extern const struct scene demo_full;
extern const struct scene demo_reply_port;
extern const struct scene demo_rpc_deadlock;
extern const struct scene demo_connect;
extern const struct scene demo_call_back;

/* --input: the text that prodcons sends, or NULL. */
extern const char *demo_input;

/* Keys of the options in demo_opts. */
#define DEMO_OPT_LIST 256
#define DEMO_OPT_INPUT 257

/* argv[0] is "demo", what follows are options and scenes. */
int demo_run(int argc, char **argv);

/* ---- A voice ---------------------------------------------------------- */

__attribute__((format(printf, 1, 2))) void demo_say(const char *fmt, ...);
/* The same with the time and the process in front. */
__attribute__((format(printf, 1, 2))) void demo_report(const char *fmt, ...);
/* The same with [ok] or [WRONG] in front; returns @ok. */
__attribute__((format(printf, 2, 3))) bool demo_check(bool ok, const char *fmt,
						      ...);

/* ---- What has to work ------------------------------------------------- */

/* @result of operation @cmd, which must not be an error. */
long demo_must(int cmd, long result);
/* @result of a system call, which must not be negative. */
long demo_must_sys(const char *what, long result);

/* ---- A clock ---------------------------------------------------------- */

uint64_t demo_now(void);
void demo_start_clock(void);
/* Since demo_start_clock(). */
double demo_milliseconds(uint64_t instant);

/* ---- Processes -------------------------------------------------------- */

/* Zeroed memory that children share. */
void *demo_shared(size_t size);
struct mbx *demo_create_box(const char *name, uint32_t capacity);
struct mbx *demo_create_policy(const char *name, uint32_t capacity,
			       uint32_t policy);
/* Delete it and close the handle. */
void demo_end_box(struct mbx *box);
pid_t demo_spawn(const char *name, int (*act)(void *), void *arg);
/* Waits for its end; exit status, or 128 and the signal. */
int demo_ended(pid_t pid);
/* Waits until it is blocked in a mailbox. */
bool demo_blocked(pid_t pid);
/* Waits until so many threads are blocked in a receive from it. */
bool demo_receivers(struct mbx *box, uint32_t nr);
void demo_show_task(pid_t pid);

#endif /* MBX_DEMO_H */
