// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles: what an open file knows of its mailbox.
 */
#include <linux/slab.h>

#include "mbx.h"

/**
 * mbx_handle_create() - open a mailbox
 * @box: the mailbox; the handle takes a reference
 * @rights: MBX_OPEN_*
 *
 * Context: Process context.  Sleeps.
 * Return: the handle, or ERR_PTR(-ENOMEM).
 */
struct mbx_handle *mbx_handle_create(struct mbx_box *box, u32 rights)
{
	struct mbx_handle *handle;

	handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle)
		return ERR_PTR(-ENOMEM);

	refcount_inc(&box->refs);
	handle->box = box;
	handle->rights = rights;
	INIT_LIST_HEAD(&handle->children);
	INIT_LIST_HEAD(&handle->sibling);

	guard(spinlock)(&box->lock);

	box->nr_handles++;
	return handle;
}

/**
 * mbx_handle_derive() - make a handle with fewer rights
 * @parent: a handle with all of @rights
 * @rights: MBX_OPEN_*
 * @badge: goes with each message that is sent through it
 * @oneshot: good for one send only
 *
 * Context: Process context.  Sleeps.
 * Return: the handle, or an error pointer: -EKEYREVOKED, -ENOMEM.
 */
struct mbx_handle *mbx_handle_derive(struct mbx_handle *parent, u32 rights,
				     u64 badge, bool oneshot)
{
	struct mbx_box *box = parent->box;
	struct mbx_handle *handle;
	int err = 0;

	handle = mbx_handle_create(box, rights);
	if (IS_ERR(handle))
		return handle;
	handle->badge = badge;
	handle->oneshot = oneshot;

	spin_lock(&box->lock);
	if (parent->revoked) {
		err = -EKEYREVOKED;
	} else {
		handle->parent = parent;
		list_add(&handle->sibling, &parent->children);
	}
	spin_unlock(&box->lock);
	if (!err)
		return handle;

	mbx_handle_destroy(handle);
	return ERR_PTR(err);
}

/* The next of all handles derived from @top, each after its parent. */
static struct mbx_handle *next_derived(struct mbx_handle *top,
				       struct mbx_handle *handle)
{
	if (!list_empty(&handle->children))
		return list_first_entry(&handle->children, struct mbx_handle,
					sibling);
	while (handle != top) {
		if (!list_is_last(&handle->sibling, &handle->parent->children))
			return list_next_entry(handle, sibling);
		handle = handle->parent;
	}
	return NULL;
}

/**
 * mbx_handle_revoke() - end all handles derived from a handle
 * @handle: the handle
 * @nr: set to how many have been ended
 *
 * Context: Process context.  Sleeps.  Takes the box's lock.
 * Return: 0, or the error of a handle or mailbox that has ended.
 */
int mbx_handle_revoke(struct mbx_handle *handle, u32 *nr)
{
	struct mbx_box *box = handle->box;
	struct mbx_handle *h = handle;
	struct mbx_later later = {};
	int err;

	*nr = 0;
	spin_lock(&box->lock);
	err = mbx_box_error(box) ?: mbx_handle_error(handle);
	while (!err && (h = next_derived(handle, h))) {
		*nr += !h->revoked;
		h->revoked = true;
		if (h->task)
			mbx_task_put(h->task);
		h->task = NULL;
	}
	if (*nr)
		mbx_wait_revoked(box, &later);
	mbx_unlock(box, &later);

	if (*nr)
		mbx_box_wake_pollers(box);
	return err;
}

/**
 * mbx_handle_ended() - is a handle of no use any more?
 * @handle: the handle
 *
 * Context: Any.  Takes the box's lock.
 * Return: 0, or -EKEYREVOKED.
 */
int mbx_handle_ended(struct mbx_handle *handle)
{
	guard(spinlock)(&handle->box->lock);

	return mbx_handle_error(handle);
}

/* Whom it was derived from is responsible for what was derived from it. */
static void leave_tree(struct mbx_handle *handle)
{
	struct mbx_handle *child;

	list_for_each_entry(child, &handle->children, sibling)
		child->parent = handle->parent;
	if (handle->parent)
		list_splice(&handle->children, &handle->parent->children);
	else
		while (!list_empty(&handle->children))
			list_del_init(handle->children.next);
	list_del(&handle->sibling);
}

/* Nobody can find it any more, or at least nobody is meant to. */
static bool last_handle_ends(const struct mbx_box *box)
{
	return !box->nr_handles && !box->name_len &&
	       (box->flags & MBX_CREATE_OWNED);
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

	spin_lock(&box->lock);
	leave_tree(handle);
	box->nr_handles--;
	end = last_handle_ends(box);
	spin_unlock(&box->lock);

	if (end)
		mbx_box_kill(box, -EIDRM);
	if (handle->task)
		mbx_task_put(handle->task);
	mbx_box_put(box);
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
 * Return: the caller's record, or an error pointer: -EKEYEXPIRED, -EKEYREVOKED,
 * -ENOMEM.
 */
struct mbx_task *mbx_handle_change_task(struct mbx_handle *handle, bool sends)
	__must_hold(&handle->box->lock)
{
	struct mbx_box *box = handle->box;
	struct mbx_task *task;

	spin_unlock(&box->lock);
	task = mbx_task_get_current();
	spin_lock(&box->lock);
	if (IS_ERR(task))
		return task;

	if (handle->revoked || (sends && handle->spent)) {
		mbx_task_put(task);
		return ERR_PTR(handle->revoked ? -EKEYREVOKED : -EKEYEXPIRED);
	}
	if (handle->task)
		mbx_task_put(handle->task);
	handle->task = handle->oneshot ? NULL : task;
	if (sends)
		handle->spent = handle->oneshot;
	if (handle->oneshot)
		mbx_task_put(task);
	return task;
}
