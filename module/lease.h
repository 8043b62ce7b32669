/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_LEASE_H
#define MBX_LEASE_H

#include <linux/rbtree.h>
#include <linux/timerqueue.h>
#include <linux/workqueue.h>

#include "box.h"

/**
 * struct mbx_lease - a message that a process has until it says what becomes of it
 * @by_seq: in @by_seq of the mailbox [box]
 * @by_time: in @by_time of the mailbox; CLOCK_MONOTONIC [box]
 * @claim: whose it is [box]
 * @by_handle: in @leases of the handle that it was received through, or in @revoked
 *	of the mailbox; either ends the lease before it goes [box]
 * @msg: the message, with the queue's reference [box]
 * @payer: charged for the record [const]
 * @ms: how long it lasts [box]
 */
struct mbx_lease {
	struct rb_node by_seq;
	struct timerqueue_node by_time;
	struct mbx_claim claim;
	struct list_head by_handle;
	struct mbx_msg *msg;
	struct mbx_user *payer;
	u32 ms;
};

/**
 * struct mbx_leases - all leases of a mailbox
 * @box: the mailbox, with a reference while @work is pending [const]
 * @work: ends those whose time is over
 * @by_seq: leases by sequence number of the message [box]
 * @by_time: leases by end [box]
 * @revoked: leases through handles that have been revoked [box]
 * @armed: when @work is to run, or 0 if it is not pending [box]
 * @nr: how many there are [box]
 * @returned: how often a message has come back [box]
 * @buried: messages that have gone to the dead-letter mailbox [box]
 */
struct mbx_leases {
	struct mbx_box *box;
	struct delayed_work work;
	struct rb_root by_seq;
	struct timerqueue_head by_time;
	struct list_head revoked;
	ktime_t armed;
	u32 nr;
	u64 returned;
	u64 buried;
};

/* lease.c */
int mbx_lease_init(void);
void mbx_lease_exit(void);
struct mbx_lease *mbx_lease_create(struct mbx_box *box, u32 ms);
void mbx_lease_destroy(struct mbx_lease *lease);
void mbx_lease_begin(struct mbx_handle *handle, struct mbx_lease *lease,
		     struct mbx_msg *msg, struct mbx_proc *proc);
struct mbx_msg *mbx_lease_end(struct mbx_lease *lease);
void mbx_lease_renew(struct mbx_lease *lease, u32 ms);
struct mbx_lease *mbx_lease_from(const struct mbx_leases *leases, u64 seq);
struct mbx_lease *mbx_lease_over(struct mbx_leases *leases);
void mbx_lease_revoke(struct mbx_handle *handle);
void mbx_lease_rearm(struct mbx_leases *leases);
void mbx_lease_disarm(struct mbx_box *box);

#endif /* MBX_LEASE_H */
