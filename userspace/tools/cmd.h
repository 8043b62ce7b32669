/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs: what each cmd-*.c gives to the table in mbx.c.
 */
#ifndef MBX_CMD_H
#define MBX_CMD_H

#include "tool.h"

int cmd_create(int argc, char **argv);
int cmd_rm(int argc, char **argv);
int cmd_transfer(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_recv(int argc, char **argv);
int cmd_peek(int argc, char **argv);
int cmd_wait(int argc, char **argv);
int cmd_tasks(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_admin(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_load(int argc, char **argv);
int cmd_call(int argc, char **argv);
int cmd_serve(int argc, char **argv);

/* Of what create makes, and serve. */
#define DEFAULT_CAPACITY 10

/* In cmd-wait.c and full.c, for others, too. */
int wait_event(struct mbx *m, struct mbx_notify *arg, uint64_t deadline);
/* Says what has become of a deferred message that did not go in. */
int wait_deferred(struct mbx *m, const char *name, bool nonblock,
		  int64_t timeout);
/* Says how many messages were dropped, if any; returns the status then. */
int tell_lost(const char *name, unsigned long long lost, int status);

extern const struct opt create_opts[];
extern const struct opt rm_opts[];
extern const struct opt transfer_opts[];
extern const struct opt ls_opts[];
extern const struct opt stat_opts[];
extern const struct opt send_opts[];
extern const struct opt recv_opts[];
extern const struct opt peek_opts[];
extern const struct opt wait_opts[];
extern const struct opt tasks_opts[];
extern const struct opt doctor_opts[];
extern const struct opt demo_opts[];
extern const struct opt admin_opts[];
extern const struct opt dump_opts[];
extern const struct opt load_opts[];
extern const struct opt call_opts[];
extern const struct opt serve_opts[];

extern const char create_more[];
extern const char transfer_more[];
extern const char ls_more[];
extern const char stat_more[];
extern const char send_more[];
extern const char recv_more[];
extern const char peek_more[];
extern const char wait_more[];
extern const char tasks_more[];
extern const char demo_more[];
extern const char admin_more[];
extern const char dump_more[];
extern const char load_more[];
extern const char call_more[];
extern const char serve_more[];

#endif /* MBX_CMD_H */
