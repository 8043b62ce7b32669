// SPDX-License-Identifier: GPL-2.0-only
/*
 * Duplicates: a mailbox remembers the ids of the last messages, by user.
 *
 * An id is remembered once its message has been sent.  Until then it is on a list,
 * with the thread that is sending it, or the handle that it is deferred for: others
 * cannot know yet what to answer.
 */
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>

#include "dedup.h"
#include "mbx.h"

/**
 * struct mbx_past_id - an id that is remembered
 * @id: the id, or 0
 * @uid: of which user
 * @next: the next one with the same hash, counted from 1; or 0
 */
struct mbx_past_id {
	u64 id;
	kuid_t uid;
	u32 next;
};

/**
 * struct mbx_dedup - the ids that a mailbox remembers
 * @cost: bytes of memory [const]
 * @nr: length of @past [const]
 * @bits: the length of @heads is 2 to the power of this [const]
 * @seed: of the hash, so that nobody can choose ids with the same [const]
 * @oldest: where in @past the next one goes [box]
 * @refused: how many duplicates were refused [box]
 * @sending: those that are being sent [box]
 * @heads: first one by hash, counted from 1; or 0 [box]
 * @past: a ring [box]
 */
struct mbx_dedup {
	size_t cost;
	u32 nr;
	u32 bits;
	u32 seed;
	u32 oldest;
	u64 refused;
	struct list_head sending;
	u32 *heads;
	struct mbx_past_id past[];
};

/**
 * mbx_box_set_dedup() - let a mailbox remember ids
 * @box: a mailbox that nobody else knows yet
 * @nr: how many, 1 to MBX_DEDUP_MAX
 *
 * Context: Process context.  Sleeps.
 * Return: 0, -EDQUOT, -ENOMEM or -ENOSPC.
 */
int mbx_box_set_dedup(struct mbx_box *box, u32 nr)
{
	const u32 bits = order_base_2(nr);
	struct mbx_dedup *dedup;
	size_t past, cost;
	int err;

	past = struct_size(dedup, past, nr);
	cost = past + (sizeof(*dedup->heads) << bits);
	err = mbx_quota_charge_bytes(box->user, cost, false);
	if (err)
		return err;
	dedup = kvzalloc(cost, GFP_KERNEL_ACCOUNT);
	if (!dedup) {
		mbx_quota_uncharge_bytes(box->user, cost);
		return -ENOMEM;
	}
	dedup->cost = cost;
	dedup->nr = nr;
	dedup->bits = bits;
	dedup->seed = get_random_u32();
	INIT_LIST_HEAD(&dedup->sending);
	dedup->heads = (void *)dedup + past;
	box->dedup = dedup;
	mbx_box_set_special(box);
	return 0;
}

/**
 * mbx_dedup_free() - forget all ids
 * @box: the mailbox, which nobody else has a reference to
 *
 * Context: Process context.  Sleeps.
 */
void mbx_dedup_free(struct mbx_box *box)
{
	if (!box->dedup)
		return;
	mbx_quota_uncharge_bytes(box->user, box->dedup->cost);
	kvfree(box->dedup);
}

/**
 * mbx_dedup_stat() - tell what a mailbox remembers
 * @box: the mailbox
 * @stat: two members are filled
 *
 * Context: The box is locked.
 */
void mbx_dedup_stat(const struct mbx_box *box, struct mbx_stat *stat)
{
	stat->out_dedup = box->dedup ? box->dedup->nr : 0;
	stat->out_duplicates = box->dedup ? box->dedup->refused : 0;
}

static u32 *head_of(struct mbx_dedup *dedup, u64 id, kuid_t uid)
{
	const u32 hash =
		jhash_3words(id, id >> 32, __kuid_val(uid), dedup->seed);

	return &dedup->heads[hash & ((1U << dedup->bits) - 1)];
}

static bool is_past(struct mbx_dedup *dedup, u64 id, kuid_t uid)
{
	u32 i = *head_of(dedup, id, uid);
	const struct mbx_past_id *past;

	for (; i; i = past->next) {
		past = &dedup->past[i - 1];
		if (past->id == id && uid_eq(past->uid, uid))
			return true;
	}
	return false;
}

static void forget(struct mbx_dedup *dedup, struct mbx_past_id *past)
{
	u32 *link = head_of(dedup, past->id, past->uid);

	while (&dedup->past[*link - 1] != past)
		link = &dedup->past[*link - 1].next;
	*link = past->next;
}

static void remember(struct mbx_dedup *dedup, u64 id, kuid_t uid)
{
	struct mbx_past_id *past = &dedup->past[dedup->oldest];
	u32 *head = head_of(dedup, id, uid);

	if (past->id)
		forget(dedup, past);
	*past = (struct mbx_past_id){ .id = id, .uid = uid, .next = *head };
	*head = ++dedup->oldest;
	if (dedup->oldest == dedup->nr)
		dedup->oldest = 0;
}

/**
 * mbx_dedup_begin() - begin to send a message with an id
 * @box: the mailbox
 * @sending: filled in; to be given to mbx_dedup_end()
 * @id: the id
 * @uid: who sends it
 *
 * Context: The box is locked.
 * Return: 0; -EALREADY if such a message has been sent, -EBUSY if one is being sent
 * or deferred, -EINVAL if the mailbox remembers none.
 */
int mbx_dedup_begin(struct mbx_box *box, struct mbx_sending *sending, u64 id,
		    kuid_t uid)
{
	struct mbx_dedup *dedup = box->dedup;
	const struct mbx_sending *other;

	if (!dedup)
		return -EINVAL;
	if (is_past(dedup, id, uid)) {
		dedup->refused++;
		return -EALREADY;
	}
	list_for_each_entry(other, &dedup->sending, node)
		if (other->id == id && uid_eq(other->uid, uid))
			return -EBUSY;
	sending->id = id;
	sending->uid = uid;
	list_add(&sending->node, &dedup->sending);
	return 0;
}

/**
 * mbx_dedup_defer() - note that a message with an id is deferred
 * @sending: filled in by mbx_dedup_begin()
 * @handle: which keeps the message, and ends this with it
 *
 * Context: The box is locked.
 */
void mbx_dedup_defer(struct mbx_sending *sending, struct mbx_handle *handle)
{
	struct mbx_sending *deferred = &handle->deferral->sending;

	deferred->id = sending->id;
	deferred->uid = sending->uid;
	list_replace(&sending->node, &deferred->node);
}

/**
 * mbx_dedup_end() - note what has become of a message with an id
 * @box: the mailbox
 * @sending: filled in by mbx_dedup_begin()
 * @sent: it was sent, and its id is to be remembered
 *
 * Context: The box is locked.
 */
void mbx_dedup_end(struct mbx_box *box, struct mbx_sending *sending, bool sent)
{
	list_del(&sending->node);
	if (sent)
		remember(box->dedup, sending->id, sending->uid);
}
