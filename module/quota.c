// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: what one user and all users together may have in use.
 *
 * Memory is charged when a message is allocated and given back when it is
 * freed, so that the common send and receive, which reuse a message, touch no
 * counter that other processors share.
 */
#include <linux/capability.h>
#include <linux/hashtable.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sizes.h>

#include "mbx.h"

static DEFINE_HASHTABLE(users, 6);
static DEFINE_SPINLOCK(users_lock);

static atomic_long_t nr_boxes;
static atomic_long_t nr_bytes;

/*
 * The kernel sets a parameter with a plain write.  Whoever meets that goes by
 * the old limit or the new one.
 */
#define limit(parameter) data_race(READ_ONCE(parameter))

static unsigned int max_mailboxes = 32768;
module_param(max_mailboxes, uint, 0644);
MODULE_PARM_DESC(max_mailboxes, "Mailboxes of all users together");

static unsigned int max_user_mailboxes = 1024;
module_param(max_user_mailboxes, uint, 0644);
MODULE_PARM_DESC(max_user_mailboxes, "Mailboxes of one user");

static unsigned long max_bytes;
module_param(max_bytes, ulong, 0644);
MODULE_PARM_DESC(
	max_bytes,
	"Bytes of kernel memory in messages of all users together (default: an eighth of memory, at most 1 GiB)");

static unsigned long max_user_bytes;
module_param(max_user_bytes, ulong, 0644);
MODULE_PARM_DESC(
	max_user_bytes,
	"Bytes of kernel memory in messages of one user (default: a quarter of max_bytes, at most 64 MiB)");

static unsigned int max_user_fds = 1024;
module_param(max_user_fds, uint, 0644);
MODULE_PARM_DESC(max_user_fds,
		 "Descriptors in messages that one user has sent");

/* Far below the u32 of a length, and of what vmalloc can be asked for. */
#define MSG_SIZE_LIMIT SZ_64M

unsigned int mbx_max_msg_size = SZ_1M;

static int set_max_msg_size(const char *val, const struct kernel_param *kp)
{
	unsigned int size;
	int err = kstrtouint(val, 0, &size);

	if (err)
		return err;
	if (!size || size > MSG_SIZE_LIMIT)
		return -EINVAL;
	/* Pairs with mbx_run_create(). */
	WRITE_ONCE(mbx_max_msg_size, size);
	return 0;
}

static const struct kernel_param_ops max_msg_size_ops = {
	.set = set_max_msg_size,
	.get = param_get_uint,
};

module_param_cb(max_msg_size, &max_msg_size_ops, &mbx_max_msg_size, 0644);
MODULE_PARM_DESC(
	max_msg_size,
	"Longest message that a mailbox can be created for, 1 to 67108864 bytes");

/**
 * mbx_quota_init() - choose limits that the administrator did not set
 *
 * Return: 0.
 */
int mbx_quota_init(void)
{
	/* The files of the parameters are there before us. */
	kernel_param_lock(THIS_MODULE);
	if (!max_bytes)
		max_bytes = min_t(
			u64, (u64)totalram_pages() << (PAGE_SHIFT - 3), SZ_1G);
	if (!max_user_bytes)
		max_user_bytes = min_t(unsigned long, max_bytes / 4, SZ_64M);
	kernel_param_unlock(THIS_MODULE);
	return 0;
}

static struct mbx_user *user_find(kuid_t uid)
{
	struct mbx_user *user;

	lockdep_assert_held(&users_lock);

	hash_for_each_possible(users, user, node, __kuid_val(uid))
		if (uid_eq(user->uid, uid))
			return mbx_user_ref(user);
	return NULL;
}

/**
 * mbx_user_get() - find or make the record of a user
 * @uid: the user
 *
 * Context: Process context.  Sleeps.  Takes users_lock.
 * Return: the record with a reference, or NULL if there is no memory.
 */
struct mbx_user *mbx_user_get(kuid_t uid)
{
	struct mbx_user *fresh, *user;

	spin_lock(&users_lock);
	user = user_find(uid);
	spin_unlock(&users_lock);
	if (user)
		return user;

	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	if (!fresh)
		return NULL;
	refcount_set(&fresh->refs, 1);
	fresh->uid = uid;

	spin_lock(&users_lock);
	user = user_find(uid);
	if (!user)
		hash_add(users, &fresh->node, __kuid_val(uid));
	spin_unlock(&users_lock);
	if (!user)
		return fresh;

	kfree(fresh);
	return user;
}

/**
 * mbx_user_ref() - take another reference
 * @user: a record that the caller has a reference to
 *
 * Return: @user.
 */
struct mbx_user *mbx_user_ref(struct mbx_user *user)
{
	refcount_inc(&user->refs);
	return user;
}

/**
 * mbx_user_put() - drop a reference
 * @user: the record; freed with its last reference
 *
 * Context: Process context.  Takes users_lock.
 */
void mbx_user_put(struct mbx_user *user)
{
	bool last;

	if (refcount_dec_not_one(&user->refs))
		return;

	spin_lock(&users_lock);
	last = refcount_dec_and_test(&user->refs);
	if (last)
		hash_del(&user->node);
	spin_unlock(&users_lock);
	if (last)
		kfree(user);
}

/* Only asked once a limit has been hit: it is noted by audit and LSMs. */
static bool exempt(void)
{
	return capable(CAP_SYS_RESOURCE);
}

/* What is refused is at no time in the sum, where others would run into it. */
static bool add_within(atomic_long_t *sum, size_t amount, unsigned long max)
{
	long old = atomic_long_read(sum);

	do {
		if (old + amount > max)
			return false;
	} while (!atomic_long_try_cmpxchg(sum, &old, old + amount));
	return true;
}

static int charge(atomic_long_t *of_user, unsigned long user_max,
		  atomic_long_t *of_all, unsigned long max, size_t amount,
		  bool strict)
{
	if (!add_within(of_user, amount, user_max)) {
		if (strict || !exempt())
			return -EDQUOT;
		atomic_long_add(amount, of_user);
	}
	if (!add_within(of_all, amount, max)) {
		atomic_long_sub(amount, of_user);
		return -ENOSPC;
	}
	return 0;
}

/**
 * mbx_quota_charge_box() - account for a new mailbox
 * @user: who creates it
 *
 * Context: Process context.
 * Return: 0, -EDQUOT if the user, or -ENOSPC if the system has too many.
 */
int mbx_quota_charge_box(struct mbx_user *user)
{
	return charge(&user->nr_boxes, limit(max_user_mailboxes), &nr_boxes,
		      limit(max_mailboxes), 1, false);
}

/**
 * mbx_quota_uncharge_box() - account for a mailbox that is gone
 * @user: who created it
 */
void mbx_quota_uncharge_box(struct mbx_user *user)
{
	atomic_long_dec(&user->nr_boxes);
	atomic_long_dec(&nr_boxes);
}

/**
 * mbx_quota_charge_bytes() - account for the memory of a message
 * @user: who sends it
 * @bytes: its size
 * @strict: the user's limit holds also with CAP_SYS_RESOURCE
 *
 * Context: Process context.
 * Return: 0, -EDQUOT if the user, or -ENOSPC if the system has too much queued.
 */
int mbx_quota_charge_bytes(struct mbx_user *user, size_t bytes, bool strict)
{
	return charge(&user->bytes, limit(max_user_bytes), &nr_bytes,
		      limit(max_bytes), bytes, strict);
}

/**
 * mbx_quota_force_bytes() - account for memory that must not be refused
 * @user: whose it is
 * @bytes: its size
 *
 * The next message is refused instead.
 */
void mbx_quota_force_bytes(struct mbx_user *user, size_t bytes)
{
	atomic_long_add(bytes, &user->bytes);
	atomic_long_add(bytes, &nr_bytes);
}

/**
 * mbx_quota_move_bytes() - charge one user instead of another
 * @from: who was charged
 * @to: who is to be
 * @bytes: how much
 *
 * Return: false if that is above the limit of @to; nothing has changed then.
 */
bool mbx_quota_move_bytes(struct mbx_user *from, struct mbx_user *to,
			  size_t bytes)
{
	if (!add_within(&to->bytes, bytes, limit(max_user_bytes)))
		return false;
	atomic_long_sub(bytes, &from->bytes);
	return true;
}

/**
 * mbx_quota_uncharge_bytes() - account for memory that is free again
 * @user: who was charged
 * @bytes: how much
 */
void mbx_quota_uncharge_bytes(struct mbx_user *user, size_t bytes)
{
	atomic_long_sub(bytes, &user->bytes);
	atomic_long_sub(bytes, &nr_bytes);
}

/**
 * mbx_quota_charge_fds() - account for descriptors that are sent
 * @user: who sends them
 * @nr: how many
 *
 * Context: Process context.
 * Return: 0, or -ETOOMANYREFS if the user has too many in messages.
 */
int mbx_quota_charge_fds(struct mbx_user *user, u32 nr)
{
	if (add_within(&user->nr_fds, nr, limit(max_user_fds)))
		return 0;
	if (!exempt())
		return -ETOOMANYREFS;
	atomic_long_add(nr, &user->nr_fds);
	return 0;
}

/**
 * mbx_quota_uncharge_fds() - account for descriptors that are in no message now
 * @user: who sent them
 * @nr: how many
 */
void mbx_quota_uncharge_fds(struct mbx_user *user, u32 nr)
{
	atomic_long_sub(nr, &user->nr_fds);
}
