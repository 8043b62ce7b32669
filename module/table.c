// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables in which mailboxes are found: by name or, that of a process, by the
 * process, and by id.
 *
 * A mailbox is alive while the table of ids holds it.  It belongs to a network
 * namespace, which the tables do not keep alive: it takes its mailboxes with it.
 */
#include <linux/hashtable.h>
#include <linux/jhash.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nsproxy.h>
#include <linux/user_namespace.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

#include "mbx.h"

static DEFINE_MUTEX(boxes_lock);
static DEFINE_HASHTABLE(names, 10);
static DEFINE_XARRAY(ids);
static atomic64_t last_id;

static u32 name_hash(struct net *net, const char *name, u32 len)
{
	return jhash(name, len, (u32)hash_ptr(net, 32));
}

/* The mailbox of a process that has died is about to be removed. */
static bool alive_in(const struct mbx_box *box, const struct net *net)
{
	return box->net == net && !mbx_box_orphaned(box);
}

static struct mbx_box *name_find(struct net *net, const char *name, u32 len)
{
	struct mbx_box *box;

	lockdep_assert_held(&boxes_lock);

	hash_for_each_possible(names, box, name_node, name_hash(net, name, len))
		if (alive_in(box, net) && box->name_len == len &&
		    !memcmp(box->name, name, len))
			return box;
	return NULL;
}

static u32 direct_hash(struct net *net, const struct mbx_proc *proc)
{
	return jhash(&proc, sizeof(proc), (u32)hash_ptr(net, 32));
}

static struct mbx_box *direct_find(struct net *net, const struct mbx_proc *proc)
{
	struct mbx_box *box;

	lockdep_assert_held(&boxes_lock);

	hash_for_each_possible(names, box, name_node, direct_hash(net, proc))
		if (alive_in(box, net) && (box->flags & MBX_STAT_DIRECT) &&
		    box->owner == proc)
			return box;
	return NULL;
}

/* By name or process; one that has neither is found by id only. */
static int hash_box(struct mbx_box *box, struct net *net)
{
	u32 hash;
	int err;

	if (box->name_len && name_find(net, box->name, box->name_len))
		return -EEXIST;
	if ((box->flags & MBX_STAT_DIRECT) && direct_find(net, box->owner))
		return -EEXIST;
	err = mbx_proc_own(box);
	if (err)
		return err;

	if (box->name_len)
		hash = name_hash(net, box->name, box->name_len);
	else if (box->flags & MBX_STAT_DIRECT)
		hash = direct_hash(net, box->owner);
	else
		return 0;
	hash_add(names, &box->name_node, hash);
	return 0;
}

/**
 * mbx_table_add() - make a mailbox findable in the caller's network namespace
 * @box: the mailbox; the table takes a reference, and pins the module
 *
 * Context: Process context.  Sleeps.  Takes boxes_lock.
 * Return: 0; -EEXIST if its name is taken, or its owner has one there that is
 * opened by pid; -ENOMEM; -ESRCH if its owner has exited.
 */
int mbx_table_add(struct mbx_box *box)
{
	struct net *net = current->nsproxy->net_ns;
	int err;

	/* Nobody else waits while this allocates. */
	box->id = atomic64_inc_return(&last_id);
	err = xa_reserve(&ids, box->id, GFP_KERNEL_ACCOUNT);
	if (err)
		return err;

	guard(mutex)(&boxes_lock);

	err = hash_box(box, net);
	if (err) {
		xa_release(&ids, box->id);
		return err;
	}
	xa_store(&ids, box->id, box, GFP_NOWAIT);
	box->net = net;
	/* MBX_NO_RING */
	box->no_files = net != &init_net && !(box->flags & MBX_CREATE_OWNED);
	if (!box->user_ns)
		box->user_ns = get_user_ns(net->user_ns);
	refcount_inc(&box->refs);
	__module_get(THIS_MODULE);
	return 0;
}

/**
 * mbx_table_remove() - make a mailbox unfindable, and mark it as dead
 * @box: the mailbox
 * @why: -EIDRM or -EOWNERDEAD
 *
 * Both at once: whoever does not find it any more has no use for a handle either.
 *
 * Context: Process context.  Sleeps.  Takes boxes_lock, then the box's lock.
 * Return: false if it was so already; else the caller must drop the reference
 * of the table, and that to the module.
 */
bool mbx_table_remove(struct mbx_box *box, int why)
{
	guard(mutex)(&boxes_lock);

	if (!box->net)
		return false;
	mbx_proc_disown(box);
	/* Some are not in this table, which is fine. */
	hash_del(&box->name_node);
	xa_erase(&ids, box->id);
	box->net = NULL;

	guard(spinlock)(&box->lock);

	box->dead = mbx_box_orphaned(box) ? -EOWNERDEAD : why;
	mbx_box_set_special(box);
	mbx_notify_changes(box);
	return true;
}

/**
 * mbx_box_find() - find a live mailbox in the caller's network namespace
 * @name: its name, or NULL to find it by id
 * @name_len: length of @name
 * @id: its id, if @name is NULL
 *
 * Context: Process context.  Sleeps.  Takes boxes_lock.
 * Return: the mailbox with a reference, or ERR_PTR(-ENOENT).
 */
struct mbx_box *mbx_box_find(const char *name, u32 name_len, u64 id)
{
	struct net *net = current->nsproxy->net_ns;
	struct mbx_box *box;

	guard(mutex)(&boxes_lock);

	box = name ? name_find(net, name, name_len) : xa_load(&ids, id);
	if (!box || !alive_in(box, net))
		return ERR_PTR(-ENOENT);
	refcount_inc(&box->refs);
	return box;
}

/**
 * mbx_box_find_direct() - find the mailbox of a process
 * @proc: the process
 *
 * Context: Process context.  Sleeps.  Takes boxes_lock.
 * Return: that in the caller's network namespace, with a reference; or NULL.
 */
struct mbx_box *mbx_box_find_direct(const struct mbx_proc *proc)
{
	struct mbx_box *box;

	guard(mutex)(&boxes_lock);

	box = direct_find(current->nsproxy->net_ns, proc);
	if (box)
		refcount_inc(&box->refs);
	return box;
}

/**
 * mbx_box_next() - walk over the live mailboxes of a network namespace
 * @net: the namespace
 * @id: where to start; set to the id of the mailbox found
 *
 * Context: Process context.  Sleeps.  Takes boxes_lock.
 * Return: the first mailbox from @id on with a reference, or NULL.
 */
struct mbx_box *mbx_box_next(struct net *net, u64 *id)
{
	unsigned long index = *id;
	struct mbx_box *box;

	guard(mutex)(&boxes_lock);

	xa_for_each_start(&ids, index, box, index) {
		if (!alive_in(box, net))
			continue;
		refcount_inc(&box->refs);
		*id = index;
		return box;
	}
	return NULL;
}

static int may_pass(struct mbx_handle *handle)
{
	struct mbx_box *box = handle->box;
	int err = mbx_handle_error(handle);

	if (err)
		return err;
	/* Whoever is in this call has not exited. */
	if (!box->owner || box->owner->pid != task_tgid(current))
		return -EPERM;
	return box->flags & MBX_STAT_DIRECT ? -EINVAL : 0;
}

static int set_owner(struct mbx_box *box, struct mbx_proc *to)
{
	int err = mbx_proc_pass(box, to);

	if (err)
		return err;
	mbx_proc_put(box->owner);
	box->owner = mbx_proc_ref(to);
	return 0;
}

static void set_successor(struct mbx_box *box, struct mbx_proc *to)
{
	if (box->successor)
		mbx_proc_put(box->successor);
	box->successor = to ? mbx_proc_ref(to) : NULL;
}

/**
 * mbx_box_inherit() - let the successor own a mailbox whose owner has exited
 * @box: the mailbox
 *
 * Context: Process context.  Sleeps.  Takes boxes_lock, then the box's lock.
 * Return: false if there is none, or it has exited, too: the mailbox ends.
 */
bool mbx_box_inherit(struct mbx_box *box)
{
	guard(mutex)(&boxes_lock);

	if (!box->net)
		return false;

	guard(spinlock)(&box->lock);

	if (!mbx_box_owner_exited(box))
		return true;
	mbx_notify_changes(box);
	if (!box->successor || set_owner(box, box->successor))
		return false;
	set_successor(box, NULL);
	box->death_told = false;
	return true;
}

/**
 * mbx_box_may_pass() - may the caller let another process own a mailbox?
 * @handle: a handle of the mailbox
 *
 * Context: Process context.  Sleeps.  Takes boxes_lock, then the box's lock.
 * Return: 0 or an error of mbx_box_pass().
 */
int mbx_box_may_pass(struct mbx_handle *handle)
{
	struct mbx_box *box = handle->box;

	/* An heir may know of the owner's exit before the reaper does. */
	mbx_box_inherit(box);

	guard(spinlock)(&box->lock);

	return may_pass(handle);
}

/**
 * mbx_box_pass() - let another process own a mailbox, now or later
 * @handle: a handle of the mailbox
 * @to: the process; NULL to have no successor
 * @as_successor: when the caller exits
 *
 * Context: Process context.  Sleeps.  Takes boxes_lock, then the box's lock.
 * Return: 0; -EPERM if the caller is not the owner; -EINVAL if it is the
 * mailbox of a process; -ESRCH if @to, which is to be the owner now, has exited;
 * or the error of a handle or mailbox that has ended.
 */
int mbx_box_pass(struct mbx_handle *handle, struct mbx_proc *to,
		 bool as_successor)
{
	struct mbx_box *box = handle->box;
	int err;

	guard(mutex)(&boxes_lock);
	guard(spinlock)(&box->lock);

	err = may_pass(handle);
	if (!err && !as_successor)
		err = set_owner(box, to);
	if (!err)
		set_successor(box, as_successor ? to : NULL);
	return err;
}

static void __net_exit exit_net(struct net *net)
{
	struct mbx_box *box;
	u64 id = 0;

	while ((box = mbx_box_next(net, &id))) {
		mbx_box_kill(box, -EIDRM);
		mbx_box_put(box);
	}
}

static struct pernet_operations net_ops = {
	.exit = exit_net,
};

/**
 * mbx_table_init() - start to watch for network namespaces that end
 *
 * Return: 0, or a negative errno.
 */
int mbx_table_init(void)
{
	return register_pernet_subsys(&net_ops);
}

/**
 * mbx_table_exit() - stop it
 */
void mbx_table_exit(void)
{
	unregister_pernet_subsys(&net_ops);
	xa_destroy(&ids);
}
