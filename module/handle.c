// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles: what an open file knows of its mailbox.
 */
#include <linux/slab.h>

#include "lease.h"
#include "mbx.h"

/* Handles that are moved in the tree in one go with the box locked. */
#define TREE_BATCH 256

/* Handles that may send, and those that may receive. */
static void count_rights(const struct mbx_handle *handle, int change)
{
	if (handle->rights & MBX_OPEN_SEND)
		handle->box->nr_may_send += change;
	if (handle->rights & MBX_OPEN_RECEIVE)
		handle->box->nr_may_receive += change;
}

static struct mbx_handle *alloc_handle(struct mbx_box *box, u32 rights)
{
	struct mbx_handle *handle;

	handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle)
		return NULL;
	handle->box = box;
	handle->rights = rights;
	INIT_LIST_HEAD(&handle->tellers);
	INIT_LIST_HEAD(&handle->leases);
	INIT_LIST_HEAD(&handle->talks);
	INIT_LIST_HEAD(&handle->held);
	INIT_LIST_HEAD(&handle->children);
	INIT_LIST_HEAD(&handle->sibling);
	if (!mbx_holder_get(handle))
		return handle;
	kfree(handle);
	return NULL;
}

/* From now on there is one more. */
static void count_in(struct mbx_handle *handle)
{
	struct mbx_box *box = handle->box;

	refcount_inc(&box->refs);
	box->nr_handles++;
	count_rights(handle, 1);
	mbx_holder_begin(handle);
	mbx_notify_changes(box);
}

/**
 * mbx_handle_create() - open a mailbox
 * @box: the mailbox; the handle takes a reference
 * @rights: MBX_OPEN_*
 *
 * Context: Process context.  Sleeps.  Takes the box's lock.
 * Return: the handle, or ERR_PTR(-ENOMEM).
 */
struct mbx_handle *mbx_handle_create(struct mbx_box *box, u32 rights)
{
	struct mbx_handle *handle = alloc_handle(box, rights);

	if (!handle)
		return ERR_PTR(-ENOMEM);

	guard(spinlock)(&box->lock);

	count_in(handle);
	return handle;
}

static struct mbx_handle *first_child(struct mbx_handle *handle)
{
	return list_first_entry_or_null(&handle->children, struct mbx_handle,
					sibling);
}

/* Makes a handle one that was derived from @parent, or from none. */
static void set_parent(struct mbx_handle *handle, struct mbx_handle *parent)
{
	handle->parent = parent;
	if (parent)
		list_move(&handle->sibling, &parent->children);
	else
		list_del_init(&handle->sibling);
}

/**
 * mbx_handle_derive() - make a handle with fewer rights
 * @parent: a handle with all of @rights
 * @rights: MBX_OPEN_*
 * @badge: goes with each message that is sent through it
 * @oneshot: good for one send only
 *
 * Context: Process context.  Sleeps.  Takes the box's lock.
 * Return: the handle, or an error pointer: -EIDRM, -EKEYREVOKED, -ENOMEM,
 * -EOWNERDEAD.
 */
struct mbx_handle *mbx_handle_derive(struct mbx_handle *parent, u32 rights,
				     u64 badge, bool oneshot)
{
	struct mbx_box *box = parent->box;
	struct mbx_handle *handle;
	int err;

	handle = alloc_handle(box, rights);
	if (!handle)
		return ERR_PTR(-ENOMEM);
	handle->badge = badge;
	handle->oneshot = oneshot;

	spin_lock(&box->lock);
	err = mbx_handle_error(parent);
	if (!err) {
		set_parent(handle, parent);
		count_in(handle);
	}
	spin_unlock(&box->lock);
	if (!err)
		return handle;

	mbx_holder_put(handle);
	kfree(handle);
	return ERR_PTR(err);
}

static u32 end_handle(struct mbx_handle *handle)
{
	if (handle->revoked)
		return 0;
	count_rights(handle, -1);
	mbx_holder_end(handle);
	handle->revoked = true;
	mbx_lease_revoke(handle);
	if (handle->task)
		mbx_task_put(handle->task);
	handle->task = NULL;
	return 1;
}

/**
 * mbx_handle_end_some() - end handles that were derived from a handle
 * @top: the handle
 * @nr: counts those that have been ended
 *
 * Each leaves the tree once all below it have been moved up, so that no time is
 * spent on looking for the next, and it does not matter what others do to the
 * tree between two calls.
 *
 * Context: The box is locked.
 * Return: true if there are no more.
 */
bool mbx_handle_end_some(struct mbx_handle *top, u64 *nr)
{
	struct mbx_handle *handle, *child;
	unsigned int i;

	for (i = 0; i < TREE_BATCH; i++) {
		handle = first_child(top);
		if (!handle)
			return true;
		*nr += end_handle(handle);
		child = first_child(handle);
		if (child)
			set_parent(child, top);
		else
			set_parent(handle, NULL);
	}
	return false;
}

/**
 * mbx_handle_ended() - is a handle of no use any more?
 * @handle: the handle
 *
 * Context: Any.  Takes the box's lock.
 * Return: 0, -EKEYREVOKED, or the error of a mailbox that has ended.
 */
int mbx_handle_ended(struct mbx_handle *handle)
{
	guard(spinlock)(&handle->box->lock);

	return mbx_handle_error(handle);
}

/*
 * Whom it was derived from is responsible for what was derived from it.  Returns
 * true once it is out of the tree.
 */
static bool leave_tree(struct mbx_handle *handle)
{
	struct mbx_handle *child;
	unsigned int i;

	for (i = 0; i < TREE_BATCH; i++) {
		child = first_child(handle);
		if (!child) {
			set_parent(handle, NULL);
			return true;
		}
		set_parent(child, handle->parent);
	}
	return false;
}

/* MBX_NO_RING: with files in it, handles that send may be in messages only. */
static bool last_handle_ends(const struct mbx_box *box)
{
	return mbx_box_is_private(box) &&
	       !(box->nr_fds ? box->nr_may_receive : box->nr_handles);
}

/**
 * mbx_handle_destroy() - close a mailbox
 * @handle: the handle
 *
 * Context: Process context.  Sleeps.
 */
void mbx_handle_destroy(struct mbx_handle *handle)
{
	struct mbx_box *box = handle->box;
	bool end;

	mbx_notify_drop(handle);
	spin_lock(&box->lock);
	while (!leave_tree(handle) || !mbx_teller_detach_some(handle)) {
		spin_unlock(&box->lock);
		cond_resched();
		spin_lock(&box->lock);
	}
	box->nr_handles--;
	if (!handle->revoked) {
		count_rights(handle, -1);
		mbx_holder_end(handle);
	}
	end = last_handle_ends(box);
	mbx_notify_changes(box);
	spin_unlock(&box->lock);

	if (end)
		mbx_box_kill(box, -EIDRM);
	if (handle->task)
		mbx_task_put(handle->task);
	mbx_holder_put(handle);
	mbx_box_put(box);
	kfree(handle->deferral);
	kfree(handle);
}

/**
 * mbx_handle_change_task() - let the caller be the last user of a handle
 * @handle: the handle
 * @sends: for a send
 *
 * Nobody is the last user of a handle that is good for one send, so that each
 * comes by here.
 *
 * Context: Process context.  Sleeps.  Drops the box's lock and takes it again.
 * Return: the caller's record, or an error pointer: -EIDRM, -EKEYEXPIRED,
 * -EKEYREVOKED, -ENOMEM, -EOWNERDEAD.
 */
struct mbx_task *mbx_handle_change_task(struct mbx_handle *handle, bool sends)
	__must_hold(&handle->box->lock)
{
	struct mbx_box *box = handle->box;
	struct mbx_task *task;
	int err;

	spin_unlock(&box->lock);
	task = mbx_task_get_current();
	spin_lock(&box->lock);
	if (IS_ERR(task))
		return task;

	err = mbx_handle_error(handle);
	if (!err && sends && handle->spent)
		err = -EKEYEXPIRED;
	if (err) {
		mbx_task_put(task);
		return ERR_PTR(err);
	}
	if (handle->task)
		mbx_task_put(handle->task);
	mbx_holder_used(handle, task->proc);
	handle->task = handle->oneshot ? NULL : task;
	if (sends)
		handle->spent = handle->oneshot;
	if (handle->oneshot)
		mbx_task_put(task);
	return task;
}
