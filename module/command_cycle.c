// SPDX-License-Identifier: GPL-2.0-only
/*
 * The room in which a call that is refused finds the cycle that it would close.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "command.h"
#include "mbx.h"

static int copy_room(struct mbx_cycle *cycle,
		     const struct mbx_cycle __user *ucycle)
{
	u32 usize;
	int err;

	if (get_user(usize, &ucycle->size))
		return -EFAULT;
	if (usize < sizeof(*cycle) || usize > PAGE_SIZE)
		return -EINVAL;
	err = copy_struct_from_user(cycle, sizeof(*cycle), ucycle, usize);
	if (err)
		return err;
	if (cycle->flags)
		return -EOPNOTSUPP;
	return cycle->nr > MBX_CYCLE_MAX ? -EINVAL : 0;
}

/**
 * mbx_cycle_get() - make room to name a cycle
 * @ucycle: the caller's
 *
 * Context: Process context.  Sleeps.
 * Return: the room, to be freed by kfree(), with the caller's having none in it;
 * or an error pointer: -E2BIG, -EFAULT, -EINVAL, -ENOMEM, -EOPNOTSUPP.
 */
struct mbx_cycle *mbx_cycle_get(struct mbx_cycle __user *ucycle)
{
	struct mbx_cycle *cycle;
	int err;

	cycle = kmalloc(sizeof(*cycle), GFP_KERNEL_ACCOUNT);
	if (!cycle)
		return ERR_PTR(-ENOMEM);
	err = copy_room(cycle, ucycle);
	if (!err && put_user(0, &ucycle->out_nr))
		err = -EFAULT;
	cycle->out_nr = 0;
	if (!err)
		return cycle;
	kfree(cycle);
	return ERR_PTR(err);
}

/**
 * mbx_cycle_write() - tell the caller of a cycle
 * @cycle: the cycle
 * @ucycle: the caller's room
 *
 * Context: Process context.  Sleeps.
 * Return: 0 or -EFAULT.
 */
int mbx_cycle_write(const struct mbx_cycle *cycle,
		    struct mbx_cycle __user *ucycle)
{
	const u32 nr = min(cycle->nr, cycle->out_nr);

	if (copy_to_user(ucycle->links, cycle->links,
			 nr * sizeof(cycle->links[0])) ||
	    put_user(cycle->out_nr, &ucycle->out_nr))
		return -EFAULT;
	return 0;
}
