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
 * Return: the handle, or NULL if there is no memory.
 */
struct mbx_handle *mbx_handle_create(struct mbx_box *box, u32 rights)
{
	struct mbx_handle *handle;

	handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle)
		return NULL;

	refcount_inc(&box->refs);
	handle->box = box;
	handle->rights = rights;

	guard(spinlock)(&box->lock);

	box->nr_handles++;
	return handle;
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
 *
 * Context: Process context.  Sleeps.  Drops the box's lock and takes it again.
 * Return: the caller's record, or an error pointer: -ENOMEM.
 */
struct mbx_task *mbx_handle_change_task(struct mbx_handle *handle)
	__must_hold(&handle->box->lock)
{
	struct mbx_box *box = handle->box;
	struct mbx_task *task;

	spin_unlock(&box->lock);
	task = mbx_task_get_current();
	spin_lock(&box->lock);
	if (IS_ERR(task))
		return task;

	if (handle->task)
		mbx_task_put(handle->task);
	handle->task = task;
	return task;
}
