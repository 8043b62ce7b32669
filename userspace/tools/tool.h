/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of mbx share.
 */
#ifndef MBX_TOOL_H
#define MBX_TOOL_H

#include <stdbool.h>
#include <stdio.h>

#include <libmbx.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Exit status; design contract, and mbx.1. */
enum {
	EXIT_OK = 0,
	EXIT_FAIL = 1,
	EXIT_USAGE = 2,
	EXIT_ABSENT = 3,
	EXIT_AGAIN = 4,
	EXIT_GONE = 5,
	EXIT_RIGHTS = 6,
	EXIT_LOST = 7,
	EXIT_DEADLINE = 124,
};

/* ---- Options: opt.c --------------------------------------------------- */

/**
 * struct opt - one option of a verb
 * @name: long name
 * @key: what opt_next() returns; a letter is the short option as well
 * @arg: what its argument is called in the help, or NULL
 * @help: one line
 */
struct opt {
	const char *name;
	int key;
	const char *arg;
	const char *help;
};

/**
 * struct verb - one verb of the tool
 * @name: what the user types
 * @run: gets what follows the verb, the verb itself as argv[0]
 * @args: positional arguments as the help shows them
 * @help: one line
 * @opts: options, ended by one without a name; --help is not among them
 * @more: further lines of the help, or NULL
 */
struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args;
	const char *help;
	const struct opt *opts;
	const char *more;
};

extern const struct verb verbs[];
extern const struct verb *verb;

/* The next option's key, or -1; the argument is in optarg.  May exit. */
int opt_next(int argc, char **argv);
/* After the last option: the number of positional arguments must fit. */
void opt_positional(int argc, int min, int max);
void verb_help(const struct verb *v);

/* ---- Errors: error.c -------------------------------------------------- */

/* "mbx: VERB: ..." on stderr. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, and a hint at --help; exits with EXIT_USAGE. */
void usage(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
/* Says what @err of operation @cmd on @what means; returns the exit status. */
int fail(const char *what, int cmd, int err);
int exit_status(int err);
/* Says what the errno value @err means for @what; returns EXIT_FAIL. */
int fail_plain(const char *what, int err);
__attribute__((noreturn)) void out_of_memory(void);
/* Allocates or exits. */
void *grow(void *p, size_t size);

/* ---- Arguments: parse.c ----------------------------------------------- */

#define FOREVER (-1)

/* These exit with EXIT_USAGE on bad input; @what is the option's name. */
uint64_t parse_number(const char *what, const char *text, uint64_t min,
		      uint64_t max);
/* Nanoseconds, or FOREVER. */
int64_t parse_duration(const char *what, const char *text);
uint32_t parse_capacity(const char *text);
/* Those that do not exit: false on bad input. */
bool to_number(const char *text, int base, uint64_t *value);
bool find_policy(const char *text, uint32_t *policy);
bool find_mode(const char *text, uint32_t *mode);
uint32_t parse_policy(const char *text);
const char *policy_name(uint32_t policy);
bool find_full(const char *text, uint32_t *full);
uint32_t parse_full(const char *text);
const char *full_name(uint32_t full);
const char *state_name(uint32_t state);
uint32_t parse_mode(const char *text);
uint32_t parse_size(const char *what, const char *text);
void parse_owner(const char *text, uint32_t *uid, uint32_t *gid);
/* Checks that @text can mean a mailbox: a name, "@ID", "@pid:PID" or "@self". */
void check_target(const char *text);
void check_name(const char *text);
/* Opens or deletes what check_target() has found right. */
int open_target(struct mbx **m, const char *text, unsigned int rights);
int delete_target(const char *text);

/* ---- Bytes: bytes.c --------------------------------------------------- */

/**
 * struct bytes - a growing piece of memory
 * @data: never NULL after the first bytes_room()
 * @len: bytes in use
 * @size: bytes allocated
 */
struct bytes {
	char *data;
	size_t len;
	size_t size;
};

void bytes_room(struct bytes *b, size_t size);
void bytes_add(struct bytes *b, const void *data, size_t len);
void bytes_printf(struct bytes *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void bytes_free(struct bytes *b);

/* ---- Standard output: out.c ------------------------------------------- */

/* First of all: keeps descriptors 0 to 2 from being used for others. */
void out_init(void);
/* Before anything is consumed: is there somewhere to put it?  0 or -errno. */
int out_check(void);
/* Writes and flushes; 0 or -errno. */
int out_write(const void *data, size_t len);
/* At exit: reports what stdio could not write. */
int out_close(int status);

#endif /* MBX_TOOL_H */
