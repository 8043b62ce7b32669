/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What recv and peek share.
 */
#ifndef MBX_RECV_H
#define MBX_RECV_H

#include <errno.h>

#include "tool.h"

/**
 * struct letter - a message and what is known about it
 * @name: the mailbox as the user named it
 * @id: its id
 * @timestamp: the mailbox records times
 * @arg: what MBX_IOC_RECEIVE said
 * @data: the bytes
 * @takes_fds: its descriptors are wanted
 * @fds: those; -1 for one that is lost
 */
struct letter {
	const char *name;
	uint64_t id;
	bool timestamp;
	struct mbx_receive arg;
	const char *data;
	bool takes_fds;
	struct mbx_fds fds;
};

/* ---- sources.c: from which mailboxes ---------------------------------- */

/**
 * struct box - one of the mailboxes
 * @m: the handle, or NULL
 * @name: as the user named it
 * @id: its id
 * @timestamp: it records times
 */
struct box {
	struct mbx *m;
	const char *name;
	uint64_t id;
	bool timestamp;
};

/**
 * struct sources - the mailboxes
 * @boxes: all of them
 * @nr: how many there are
 * @set: what several are in; NULL for one
 */
struct sources {
	struct box *boxes;
	int nr;
	struct mbx_portset *set;
};

/* Exits with EXIT_USAGE if one cannot mean a mailbox. */
void sources_name(struct sources *s, int nr, char **names);
/* Says what went wrong; returns the exit status. */
int sources_open(struct sources *s);
/* How many have not ended, as far as a receive has told. */
size_t sources_left(const struct sources *s);
/*
 * mbx_receive_ext(), whose argument is in @l; sets the rest of that, but for the
 * data, and @m, to what the result is about, or NULL.
 */
ssize_t sources_receive(struct sources *s, struct letter *l, struct mbx **m);
void sources_close(struct sources *s);

/* ---- select.c: which messages ----------------------------------------- */

/* Beyond the other options of recv and peek. */
enum {
	OPT_TYPE = 300,
	OPT_TYPE_NOT,
	OPT_TYPE_UPTO,
	OPT_PID,
	OPT_BADGE,
	OPT_MIN_PRIORITY,
	OPT_SEQ,
	OPT_ALL,
};

/* Takes an option and its argument; others are ignored. */
void select_option(struct mbx_select *s, int key);
/* Exits with EXIT_USAGE if the conditions exclude each other. */
void select_check(const struct mbx_select *s);

/* A sealed mailbox says that nothing can come any more. */
static inline bool is_walks_end(int err)
{
	return err == -EAGAIN || err == -ESHUTDOWN;
}

/* ---- format.c: --format and --json ------------------------------------ */

/* Exits with EXIT_USAGE if @fmt is not a format. */
void format_check(const char *fmt);
void format_letter(struct bytes *out, const char *fmt, const struct letter *l);
void json_letter(struct bytes *out, const struct letter *l);

/* ---- exec.c: --exec --------------------------------------------------- */

/* The message as a file, or -errno. */
int exec_input(const struct letter *l);
/* What a command is told of it. */
void exec_environment(const struct letter *l);
/* For the fds_ptr of a receive into @l. */
uint64_t letter_room(struct letter *l);
/* Says so if descriptors of the message were not received. */
void letter_tell_lost(const struct letter *l);
/* In the child: those of the message are 3 and so on for the command. */
bool letter_pass_fds(const struct letter *l);
/* In the parent, once the command has them. */
void letter_close_fds(struct letter *l);
/* Runs @command with the message as its input; returns an exit status. */
int exec_letter(const char *command, const struct letter *l);

/* ---- watch.c: a reader that goes away --------------------------------- */

/*
 * From here on a receive that waits fails with EINTR when nobody reads standard
 * output any more: a message taken then would be lost.
 */
void watch_reader(void);
bool reader_gone(void);

#endif /* MBX_RECV_H */
