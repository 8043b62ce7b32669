/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What send and call share.
 */
#ifndef MBX_ENCLOSE_H
#define MBX_ENCLOSE_H

#include "tool.h"

/**
 * struct enclosed - descriptors that are to go with a message
 * @fds: as the kernel takes them
 * @texts: as the user wrote them
 * @own: bit n: the one at n was opened here
 */
struct enclosed {
	struct mbx_fds fds;
	const char *texts[MBX_FDS_MAX];
	__u32 own;
};

/* Adds one, the argument of --fd; exits with EXIT_USAGE if there are too many. */
void enclose(struct enclosed *e, const char *text);
/* Opens those that are paths; says what went wrong, and returns an exit status. */
int enclosed_open(struct enclosed *e);
/* For the fds_ptr of a command; 0 if there are none. */
uint64_t enclosed_ptr(const struct enclosed *e);
void enclosed_close(struct enclosed *e);
/* Says which of them it is that @err refuses, if that can be told. */
void enclosed_blame(const struct enclosed *e, int err);

#endif /* MBX_ENCLOSE_H */
