// SPDX-License-Identifier: GPL-2.0-only
/*
 * Revocation: what was derived from a handle ends, and with it whatever goes on
 * through it.
 *
 * Who sleeps is woken here.  Who is copying finds out when the copy is done: see
 * send_locked() and finish_taken().  Who comes later has no record in the handle,
 * and finds out when setting one: see mbx_handle_change_task().
 */
#include "mbx.h"

static void end_list(struct list_head *list, struct mbx_later *later)
{
	struct mbx_waiter *waiter, *next;

	list_for_each_entry_safe(waiter, next, list, node)
		if (waiter->handle->revoked)
			mbx_wake(waiter, -EKEYREVOKED, later);
}

/* Others may come in at the end of the list meanwhile: none with such a handle. */
static void end_synced(struct mbx_box *box, struct mbx_later *later)
{
	struct mbx_waiter *waiter, *next;

	list_for_each_entry_safe(waiter, next, &box->synced, node) {
		if (!waiter->handle->revoked)
			continue;
		mbx_give_up(box, waiter, waiter->placed, later);
		mbx_wake(waiter, -EKEYREVOKED, later);
	}
}

/**
 * mbx_revoke() - end all handles derived from a handle
 * @handle: the handle
 * @nr: set to how many have been ended
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box.
 * Return: 0, or the error of a handle that is of no use any more.
 */
int mbx_revoke(struct mbx_handle *handle, u64 *nr)
{
	struct mbx_box *box = handle->box;
	struct mbx_later later = {};
	int err;

	*nr = 0;
	for (;;) {
		spin_lock(&box->lock);
		err = mbx_handle_error(handle);
		if (err || mbx_handle_end_some(handle, nr))
			break;
		mbx_notify_changes(box);
		spin_unlock(&box->lock);
		cond_resched();
	}
	end_list(&box->senders, &later);
	end_list(&box->receivers, &later);
	end_list(&box->peekers, &later);
	end_list(&box->drainers, &later);
	end_synced(box, &later);
	mbx_call_revoke(box, &later);
	mbx_unlock(box, &later);

	if (*nr) {
		mbx_settle_revoked(box);
		mbx_box_wake_pollers(box);
	}
	return err;
}
