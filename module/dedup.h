/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_DEDUP_H
#define MBX_DEDUP_H

#include <linux/list.h>
#include <linux/uidgid.h>

struct mbx_box;
struct mbx_handle;
struct mbx_stat;

/**
 * struct mbx_sending - a message with an id that is being sent; lies on the stack of
 *	the thread that does, or in the deferral that keeps the message
 * @node: in a list of the box [box]
 * @id: its id; in a deferral 0 if it has none
 * @uid: who sends it
 */
struct mbx_sending {
	struct list_head node;
	u64 id;
	kuid_t uid;
};

/* dedup.c */
int mbx_box_set_dedup(struct mbx_box *box, u32 nr);
void mbx_dedup_free(struct mbx_box *box);
void mbx_dedup_stat(const struct mbx_box *box, struct mbx_stat *stat);
int mbx_dedup_begin(struct mbx_box *box, struct mbx_sending *sending, u64 id,
		    kuid_t uid);
void mbx_dedup_defer(struct mbx_sending *sending, struct mbx_handle *handle);
void mbx_dedup_end(struct mbx_box *box, struct mbx_sending *sending, bool sent);

#endif /* MBX_DEDUP_H */
