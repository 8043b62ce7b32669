/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_NOTIFY_H
#define MBX_NOTIFY_H

#include "box.h"

/* notify.c */
int mbx_notify_set(struct mbx_handle *handle, struct mbx_notify *arg);
int mbx_notify_read(struct mbx_handle *handle, struct mbx_notify *arg);
void mbx_notify_drop(struct mbx_handle *handle);
void mbx_notify_look(struct mbx_box *box);

/**
 * mbx_notify_changes() - tell of what has changed in a mailbox
 * @box: the mailbox, about to be unlocked
 *
 * Context: The box is locked.
 */
static inline void mbx_notify_changes(struct mbx_box *box)
{
	if (unlikely(!list_empty(&box->watches)))
		mbx_notify_look(box);
}

#endif /* MBX_NOTIFY_H */
