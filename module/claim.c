// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process has taken from mailboxes and still has to finish, so that it
 * can be given to others, or others be told, should the process exit first.
 */
#include <linux/list.h>

#include "mbx.h"

/**
 * mbx_claim() - note that a process has taken something
 * @claim: what, which nobody claims
 * @box: where
 * @proc: the process, which has not exited
 *
 * Context: The box is locked.  Takes records_lock.
 */
void mbx_claim(struct mbx_claim *claim, struct mbx_box *box,
	       struct mbx_proc *proc)
{
	claim->box = box;
	claim->proc = mbx_proc_ref(proc);

	guard(raw_spinlock)(&mbx_records_lock);

	list_add_tail(&claim->node, &proc->claims);
}

/**
 * mbx_unclaim() - note that it is finished, or up to somebody else
 * @claim: what; claimed by nobody is fine
 *
 * Context: The box is locked.  Takes records_lock.
 */
void mbx_unclaim(struct mbx_claim *claim)
{
	if (!claim->proc)
		return;

	raw_spin_lock(&mbx_records_lock);
	list_del(&claim->node);
	raw_spin_unlock(&mbx_records_lock);

	mbx_proc_put(claim->proc);
	claim->proc = NULL;
}

/**
 * mbx_proc_first_claim() - find a mailbox where a process has something to finish
 * @proc: the process
 * @is_lease: set to whether that is to settle a lease, or else to reply
 *
 * Context: Process context.  Takes records_lock.
 * Return: the mailbox with a reference, or NULL.
 */
struct mbx_box *mbx_proc_first_claim(struct mbx_proc *proc, bool *is_lease)
{
	struct mbx_claim *claim;

	guard(raw_spinlock)(&mbx_records_lock);

	/* Whoever claims has a reference to the mailbox, or lies in it. */
	claim = list_first_entry_or_null(&proc->claims, struct mbx_claim, node);
	if (!claim)
		return NULL;
	*is_lease = claim->is_lease;
	refcount_inc(&claim->box->refs);
	return claim->box;
}

/**
 * mbx_claim_first() - find what a process has to finish next in a mailbox
 * @box: the mailbox
 * @proc: the process
 *
 * Others that the process has to finish are not gone through: what takes long is
 * what there is to do.
 *
 * Context: The box is locked.  Takes records_lock.
 * Return: the first of all claims of @proc, if it is in @box, or NULL.
 */
struct mbx_claim *mbx_claim_first(const struct mbx_box *box,
				  struct mbx_proc *proc)
{
	struct mbx_claim *claim;

	guard(raw_spinlock)(&mbx_records_lock);

	claim = list_first_entry_or_null(&proc->claims, struct mbx_claim, node);
	return claim && claim->box == box ? claim : NULL;
}
