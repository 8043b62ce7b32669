// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message: memory, and copies from and to user space.
 *
 * Payloads up to 4 KiB lie in slab caches of our own: no caller chooses the
 * size of an object in a general cache.  Longer ones have pages of their own.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "fds.h"
#include "mbx.h"

static const struct {
	const char *name;
	u32 len;
} classes[MBX_SPARE_CLASSES] = {
	[MBX_MSG_64] = { "mbx_msg_64", 64 },
	[MBX_MSG_1K] = { "mbx_msg_1k", 1024 },
	[MBX_MSG_4K] = { "mbx_msg_4k", 4096 },
};

static struct kmem_cache *caches[MBX_SPARE_CLASSES];

/**
 * mbx_msg_init() - create the caches
 *
 * Return: 0, or -ENOMEM.
 */
int mbx_msg_init(void)
{
	const size_t header = offsetof(struct mbx_msg, data);
	unsigned int i;

	for (i = 0; i < MBX_SPARE_CLASSES; i++) {
		caches[i] = kmem_cache_create_usercopy(classes[i].name,
						       header + classes[i].len,
						       0, SLAB_ACCOUNT, header,
						       classes[i].len, NULL);
		if (!caches[i]) {
			mbx_msg_exit();
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * mbx_msg_exit() - destroy the caches
 */
void mbx_msg_exit(void)
{
	unsigned int i;

	for (i = 0; i < MBX_SPARE_CLASSES; i++)
		kmem_cache_destroy(caches[i]);
}

/* The header of a message with pages of its own is of the smallest class. */
static struct kmem_cache *cache_of(enum mbx_msg_class class)
{
	return caches[class == MBX_MSG_BIG ? MBX_MSG_64 : class];
}

/* Memory that a message takes; kvmalloc() may round up to a power of two. */
static size_t cost_of(enum mbx_msg_class class, u32 len)
{
	return kmem_cache_size(cache_of(class)) +
	       (class == MBX_MSG_BIG ? PAGE_SIZE << get_order(len) : 0);
}

static struct mbx_msg *alloc_msg(enum mbx_msg_class class, u32 len, gfp_t gfp)
{
	struct mbx_msg *msg;

	msg = kmem_cache_alloc(cache_of(class), gfp);
	if (!msg)
		return NULL;

	msg->class = class;
	if (class != MBX_MSG_BIG)
		return msg;

	msg->big = kvmalloc(PAGE_ALIGN(len), gfp | __GFP_ACCOUNT);
	if (!msg->big) {
		kmem_cache_free(cache_of(class), msg);
		return NULL;
	}
	return msg;
}

static struct mbx_msg *new_msg(struct mbx_user *payer, u32 len, gfp_t gfp,
			       bool strict)
{
	const enum mbx_msg_class class = mbx_msg_class(len);
	const size_t cost = cost_of(class, len);
	struct mbx_msg *msg;
	int err;

	err = mbx_quota_charge_bytes(payer, cost, strict);
	if (err)
		return ERR_PTR(err);

	msg = alloc_msg(class, len, gfp);
	if (!msg) {
		mbx_quota_uncharge_bytes(payer, cost);
		return ERR_PTR(-ENOMEM);
	}
	msg->from = NULL;
	msg->files = NULL;
	msg->reply_room = 0;
	msg->payer = mbx_user_ref(payer);
	msg->len = len;
	return msg;
}

/**
 * mbx_msg_create() - allocate a message and copy its payload in
 * @payer: charged for the memory
 * @data: the payload
 * @len: its length, which the caller has checked
 * @strict: the limit of @payer holds also with CAP_SYS_RESOURCE
 *
 * Context: Process context.  Sleeps.
 * Return: the message, without a sender; or an error pointer: -EDQUOT, -ENOSPC,
 * -ENOMEM, -EFAULT.
 */
struct mbx_msg *mbx_msg_create(struct mbx_user *payer, const void __user *data,
			       u32 len, bool strict)
{
	struct mbx_msg *msg = new_msg(payer, len, GFP_KERNEL, strict);

	if (IS_ERR(msg))
		return msg;
	if (copy_from_user(mbx_msg_payload(msg), data, len)) {
		mbx_msg_destroy(msg);
		return ERR_PTR(-EFAULT);
	}
	return msg;
}

/**
 * mbx_msg_make() - allocate a message of the kernel's own
 * @payer: charged for the memory
 * @data: the payload
 * @len: its length
 *
 * Nobody is killed for its memory, and no capability of @payer lets others make
 * it exceed its limit.
 *
 * Context: Process context.  Sleeps.
 * Return: the message, without a sender; or an error pointer: -EDQUOT, -ENOSPC,
 * -ENOMEM.
 */
struct mbx_msg *mbx_msg_make(struct mbx_user *payer, const void *data, u32 len)
{
	struct mbx_msg *msg;

	msg = new_msg(payer, len, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN,
		      true);
	if (!IS_ERR(msg))
		memcpy(mbx_msg_payload(msg), data, len);
	return msg;
}

/**
 * mbx_msg_destroy() - free a message
 * @msg: a message that is in no list
 *
 * Context: Process context.  Sleeps.
 */
void mbx_msg_destroy(struct mbx_msg *msg)
{
	struct mbx_user *payer = msg->payer;

	mbx_quota_uncharge_bytes(payer, cost_of(msg->class, msg->len));
	mbx_user_put(payer);
	mbx_files_put(msg->files);
	if (msg->from)
		mbx_task_put(msg->from);
	if (msg->class == MBX_MSG_BIG)
		kvfree(msg->big);
	kmem_cache_free(cache_of(msg->class), msg);
}

/**
 * mbx_msg_charge_to() - let another user pay for a message
 * @msg: a message that nobody else uses
 * @user: the user
 *
 * Context: Process context, a box may be locked.  Takes users_lock.
 * Return: false if that is above the user's limit; nothing has changed then.
 */
bool mbx_msg_charge_to(struct mbx_msg *msg, struct mbx_user *user)
{
	const size_t cost = cost_of(msg->class, msg->len);
	struct mbx_user *payer = msg->payer;

	if (payer == user)
		return true;
	if (!mbx_quota_move_bytes(payer, user, cost))
		return false;
	msg->payer = mbx_user_ref(user);
	mbx_user_put(payer);
	return true;
}

/**
 * mbx_msg_destroy_list() - free messages
 * @list: the first of them
 *
 * Context: Process context.  Sleeps.
 */
void mbx_msg_destroy_list(struct mbx_msg *list)
{
	struct mbx_msg *msg;

	while ((msg = list)) {
		list = msg->next;
		mbx_msg_destroy(msg);
		cond_resched();
	}
}

/**
 * mbx_msg_copy() - copy a payload out
 * @msg: the message
 * @data: a buffer
 * @len: how much of it, at most its length
 *
 * Context: Process context.  Sleeps.
 * Return: 0, or -EFAULT.
 */
int mbx_msg_copy(struct mbx_msg *msg, void __user *data, u32 len)
{
	return copy_to_user(data, mbx_msg_payload(msg), len) ? -EFAULT : 0;
}
