/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_QUOTA_H
#define MBX_QUOTA_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/uidgid.h>

/**
 * struct mbx_user - what one user has in use
 * @node: in the table of users [users]
 * @refs: tasks, messages and boxes of this user
 * @uid: real user [const]
 * @nr_boxes: mailboxes that the user created [atomic]
 * @bytes: kernel memory of messages that the user sent [atomic]
 * @nr_fds: descriptors in messages that the user sent [atomic]
 */
struct mbx_user {
	struct hlist_node node;
	refcount_t refs;
	kuid_t uid;
	atomic_long_t nr_boxes;
	atomic_long_t bytes;
	atomic_long_t nr_fds;
};

extern unsigned int mbx_max_msg_size;
int mbx_quota_init(void);
struct mbx_user *mbx_user_get(kuid_t uid);
struct mbx_user *mbx_user_ref(struct mbx_user *user);
void mbx_user_put(struct mbx_user *user);
int mbx_quota_charge_box(struct mbx_user *user);
void mbx_quota_uncharge_box(struct mbx_user *user);
int mbx_quota_charge_bytes(struct mbx_user *user, size_t bytes, bool strict);
void mbx_quota_force_bytes(struct mbx_user *user, size_t bytes);
bool mbx_quota_move_bytes(struct mbx_user *from, struct mbx_user *to,
			  size_t bytes);
void mbx_quota_uncharge_bytes(struct mbx_user *user, size_t bytes);
int mbx_quota_charge_fds(struct mbx_user *user, u32 nr);
void mbx_quota_uncharge_fds(struct mbx_user *user, u32 nr);

#endif /* MBX_QUOTA_H */
