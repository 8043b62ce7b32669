// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Batches as such; their elements are calls like others.
 */
#include <errno.h>

#include "trial.h"

/* Else it fails as its first element does. */
void judge_batch(struct trial *trial)
{
	unsigned int i;

	judge_command(trial, 0);
	demand_if(trial, get(trial, P_HANDLE) == CONTROL, ENOTTY,
		  "it is not for the control device");
	demand_if(trial, !has_handle(trial), EBADF, "it has no handle");
	demand_if(trial, get(trial, P_HOW) != BATCH_RIGHT, EINVAL,
		  "it is no batch");
	for (i = 0; i < arena->program.nr; i++)
		if (record_at(i)->batch == trial->nr + 1 && was_done(i) &&
		    !succeeded(i))
			allow(trial, record_at(i)->err);
}

/* It says why it ended exactly if it did before all were done. */
const char *check_batch(const struct trial *trial)
{
	const bool partial =
		any_call(i, record_at(i)->batch == trial->nr + 1 &&
				    (!succeeded(i) ||
				     record_at(i)->ret == MBX_DEFERRED));

	if (!kind_may_fault(trial->nr, P_ARG) && !trial->vague &&
	    partial != !!trial->record->count)
		return finding_at(trial->nr, "%d done, and error %d",
				  trial->record->ret,
				  (int)trial->record->count);
	return NULL;
}
