/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_SELECT_H
#define MBX_SELECT_H

#include <linux/pid_namespace.h>
#include <uapi/linux/ipc_mailbox.h>

#include "queue.h"

/**
 * struct mbx_selector - which messages a receive accepts
 * @want: the conditions
 * @ns: where the caller's pids are; it cannot go while the caller is in a receive
 */
struct mbx_selector {
	struct mbx_select want;
	struct pid_namespace *ns;
};

/* select.c */
int mbx_select_get(struct mbx_selector *select, const void __user *uarg);
bool mbx_select_fits(const struct mbx_selector *select,
		     const struct mbx_msg *msg);
struct mbx_msg *mbx_select_first(struct mbx_queue *queue,
				 const struct mbx_selector *select);
bool mbx_select_any(struct mbx_queue *queue, const struct mbx_selector *select);

/**
 * mbx_select_accepts() - does a receiver want a message?
 * @select: what it accepts, or NULL for any
 * @msg: the message
 *
 * Context: The box is locked.
 * Return: true if so.
 */
static inline bool mbx_select_accepts(const struct mbx_selector *select,
				      const struct mbx_msg *msg)
{
	return likely(!select) || mbx_select_fits(select, msg);
}

#endif /* MBX_SELECT_H */
