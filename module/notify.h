/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_NOTIFY_H
#define MBX_NOTIFY_H

#include "box.h"

struct eventfd_ctx;
struct mbx_teller;

/**
 * struct mbx_watch - a registration for events
 * @node: in @watches of the box, until that or the handle has ended [box]
 * @handle: whose it is [const]
 * @eventfd: what to signal, or NULL [const]
 * @teller: what sends messages, or NULL [const]
 * @events: MBX_EVENT_* to be told of [const]
 * @low: see struct mbx_notify [const]
 * @high: likewise [const]
 * @state: MBX_EVENT_* that held at the last look [box]
 * @counts: events by bit, not read yet [box]
 */
struct mbx_watch {
	struct list_head node;
	struct mbx_handle *handle;
	struct eventfd_ctx *eventfd;
	struct mbx_teller *teller;
	u32 events;
	u32 low;
	u32 high;
	u32 state;
	u32 counts[MBX_EVENTS];
};

/* notify.c */
int mbx_notify_set(struct mbx_handle *handle, struct mbx_notify *arg);
int mbx_notify_read(struct mbx_handle *handle, struct mbx_notify *arg);
void mbx_notify_drop(struct mbx_handle *handle);
void mbx_notify_look(struct mbx_box *box, u32 unsent);
void mbx_notify_happened(struct mbx_box *box, u32 event);

/* notify_send.c */
int mbx_teller_init(void);
void mbx_teller_exit(void);
struct mbx_teller *mbx_teller_create(const struct mbx_watch *watch,
				     struct mbx_handle *via, u64 data);
void mbx_teller_tell(struct mbx_teller *teller, u32 events);
void mbx_teller_destroy(struct mbx_teller *teller);
bool mbx_teller_detach_some(struct mbx_handle *via);

/**
 * mbx_notify_changes() - tell of what has changed in a mailbox
 * @box: the mailbox, about to be unlocked
 *
 * Context: The box is locked.
 */
static inline void mbx_notify_changes(struct mbx_box *box)
{
	if (unlikely(!list_empty(&box->watches)))
		mbx_notify_look(box, 0);
}

#endif /* MBX_NOTIFY_H */
