// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading: what exists in which order.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "lease.h"
#include "mbx.h"

static struct miscdevice control_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mailbox",
	.mode = 0666,
	.fops = &mbx_control_fops,
};

/* The device comes last: it is usable at once. */
static const struct {
	int (*init)(void);
	void (*exit)(void);
} parts[] = {
	{ mbx_quota_init, NULL },
	{ mbx_msg_init, mbx_msg_exit },
	{ mbx_reap_init, mbx_reap_exit },
	{ mbx_teller_init, mbx_teller_exit },
	{ mbx_lease_init, mbx_lease_exit },
	{ mbx_table_init, mbx_table_exit },
	{ mbx_proc_boxes_init, mbx_proc_boxes_exit },
	{ mbx_proc_tasks_init, mbx_proc_tasks_exit },
};

static void undo(unsigned int nr)
{
	while (nr--)
		if (parts[nr].exit)
			parts[nr].exit();
}

static int __init mbx_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		err = parts[i].init();
		if (err) {
			undo(i);
			return err;
		}
	}
	err = misc_register(&control_device);
	if (err)
		undo(i);
	return err;
}
module_init(mbx_init);

static void __exit mbx_exit(void)
{
	misc_deregister(&control_device);
	undo(ARRAY_SIZE(parts));
}
module_exit(mbx_exit);

MODULE_AUTHOR("The ipc_mailbox developers");
MODULE_DESCRIPTION("Mailboxes: indirect message passing between processes");
MODULE_LICENSE("GPL");
MODULE_VERSION(MBX_RELEASE_STRING);
MODULE_ALIAS("devname:mailbox");
