/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must hold when nothing is going on. */
#ifndef FUZZ_IDLE_H
#define FUZZ_IDLE_H

#include <stdbool.h>

int open_control(void);

/* With all workers stopped; return NULL, or what is wrong. */
const char *idle_check(void);
const char *idle_reload(void);

#endif /* FUZZ_IDLE_H */
