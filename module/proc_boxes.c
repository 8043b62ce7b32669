// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/ipc_mailboxes: every mailbox in the reader's network namespace that it
 * may see, oldest first.
 *
 * The position in the file is the id of the next mailbox; 0 is the header.
 */
#include <linux/fs.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/time_namespace.h>

#include "mbx.h"
#include "proc.h"

/* Threads or processes of each kind that a line names. */
#define MAX_TIDS 16

#define BOXES_HEADER                                                           \
	"#ipc_mailboxes/1 id name kind capacity depth bytes msg_max mode"      \
	" uid gid owner handles senders receivers sender_pids"                 \
	" receiver_pids sent received bytes_sent bytes_received"               \
	" high_water creator creator_comm created policy state lost successor" \
	" full callers leased returned dead_letters duplicates dead_letter"    \
	" caller_pids server_pids fds\n"

static const char *const policy_names[] = {
	[MBX_POLICY_FIFO] = " fifo", [MBX_POLICY_RR] = " rr",
	[MBX_POLICY_LIFO] = " lifo", [MBX_POLICY_EXCLUSIVE] = " exclusive",
	[MBX_POLICY_PAIR] = " pair",
};

static const char *const full_names[] = {
	[MBX_FULL_WAIT] = " wait",
	[MBX_FULL_DROP_OLDEST] = " drop-oldest",
	[MBX_FULL_DROP_NEWEST] = " drop-newest",
	[MBX_FULL_DEFER] = " defer",
};

static const char *const state_names[] = {
	[0] = " open",
	[MBX_STATE_FROZEN] = " frozen",
	[MBX_STATE_SEALED] = " sealed",
	[MBX_STATE_FROZEN | MBX_STATE_SEALED] = " frozen,sealed",
};

static const char *kind_of(const struct mbx_box *box)
{
	if (box->flags & MBX_STAT_DIRECT)
		return " direct";
	return box->flags & MBX_CREATE_OWNED ? " owned" : " system";
}

static struct proc_fs_info *proc_fs(struct seq_file *m)
{
	return proc_sb_info(file_inode(m->file)->i_sb);
}

/* ------------------------------------------------------------------- lines */

static void put_capacity(struct seq_file *m, u32 capacity)
{
	if (capacity == MBX_UNBOUNDED)
		seq_puts(m, " unbounded");
	else
		seq_put_decimal_ull(m, " ", capacity);
}

/* Returns whether the reader may know the process. */
static bool put_pid_nr(struct seq_file *m, struct pid *pid)
{
	const struct proc_fs_info *fs = proc_fs(m);
	const pid_t nr = pid_nr_ns(pid, fs->pid_ns);

	if (!nr || !mbx_pid_listed(fs, pid)) {
		seq_puts(m, " -");
		return false;
	}
	seq_put_decimal_ull(m, " ", nr);
	return true;
}

static bool tid_listed(const struct proc_fs_info *fs, pid_t tid)
{
	struct pid *pid;

	guard(rcu)();

	pid = find_pid_ns(tid, fs->pid_ns);
	return pid && mbx_pid_listed(fs, pid);
}

/* @more: there are others whom @tids has no room for. */
static void put_list(struct seq_file *m, const pid_t *tids, unsigned int nr,
		     bool more)
{
	const struct proc_fs_info *fs = proc_fs(m);
	const char *separator = " ";
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!tid_listed(fs, tids[i]))
			continue;
		seq_put_decimal_ull(m, separator, tids[i]);
		separator = ",";
	}
	if (*separator == ' ')
		seq_puts(m, " -");
	else if (more)
		seq_puts(m, ",...");
}

/* @total is how many block; at most MAX_TIDS are named. */
static void put_tids(struct seq_file *m, struct mbx_box *box, bool senders,
		     u32 total)
{
	pid_t tids[MAX_TIDS];
	unsigned int nr;

	nr = mbx_box_blocked(box, senders, tids, MAX_TIDS, proc_fs(m)->pid_ns);
	put_list(m, tids, nr, total > MAX_TIDS);
}

static void put_waits(struct seq_file *m, struct mbx_box *box)
{
	struct pid_namespace *ns = proc_fs(m)->pid_ns;
	pid_t tids[MAX_TIDS + 1];
	unsigned int nr;

	nr = mbx_box_callers(box, tids, MAX_TIDS + 1, ns);
	put_list(m, tids, min_t(unsigned int, nr, MAX_TIDS), nr > MAX_TIDS);
	nr = mbx_box_servers(box, tids, MAX_TIDS + 1, ns);
	put_list(m, tids, min_t(unsigned int, nr, MAX_TIDS), nr > MAX_TIDS);
}

static void put_owner(struct seq_file *m, struct mbx_box *box, bool successor)
{
	struct pid *pid = mbx_box_owner_pid(box, successor);

	if (pid)
		put_pid_nr(m, pid);
	else
		seq_puts(m, " -");
	put_pid(pid);
}

static void put_owners(struct seq_file *m, struct mbx_box *box)
{
	seq_printf(m, " 0%03o", box->mode);
	seq_put_decimal_ull(m, " ", from_kuid_munged(seq_user_ns(m), box->uid));
	seq_put_decimal_ull(m, " ", from_kgid_munged(seq_user_ns(m), box->gid));
	put_owner(m, box, false);
}

static void put_totals(struct seq_file *m, const struct mbx_stat *stat)
{
	seq_put_decimal_ull(m, " ", stat->out_sent);
	seq_put_decimal_ull(m, " ", stat->out_received);
	seq_put_decimal_ull(m, " ", stat->out_bytes_sent);
	seq_put_decimal_ull(m, " ", stat->out_bytes_received);
	seq_put_decimal_ull(m, " ", stat->out_high_water);
}

static void put_creator(struct seq_file *m, const struct mbx_box *box)
{
	const bool known = put_pid_nr(m, box->creator);

	mbx_seq_put_string(m, known ? box->creator_comm : "");
	seq_put_decimal_ull(m, " ", timens_add_boottime_ns(box->created));
}

static void put_leases(struct seq_file *m, const struct mbx_stat *stat)
{
	seq_put_decimal_ull(m, " ", stat->out_leased);
	seq_put_decimal_ull(m, " ", stat->out_returned);
	seq_put_decimal_ull(m, " ", stat->out_dead_letters);
	seq_put_decimal_ull(m, " ", stat->out_duplicates);
	if (stat->out_dead_letter)
		seq_put_decimal_ull(m, " ", stat->out_dead_letter);
	else
		seq_puts(m, " -");
}

static int show_box(struct seq_file *m, struct mbx_box *box)
{
	struct mbx_stat stat;

	/* It may have ended since it was found. */
	if (mbx_box_stat(box, &stat))
		return SEQ_SKIP;

	seq_put_decimal_ull(m, "", box->id);
	mbx_seq_put_string(m, box->name);
	seq_puts(m, kind_of(box));
	put_capacity(m, box->capacity);
	seq_put_decimal_ull(m, " ", stat.out_depth);
	seq_put_decimal_ull(m, " ", stat.out_bytes);
	seq_put_decimal_ull(m, " ", box->msg_max);
	put_owners(m, box);
	seq_put_decimal_ull(m, " ", stat.out_handles);
	seq_put_decimal_ull(m, " ", stat.out_senders);
	seq_put_decimal_ull(m, " ", stat.out_receivers);
	put_tids(m, box, true, stat.out_senders);
	put_tids(m, box, false, stat.out_receivers);
	put_totals(m, &stat);
	put_creator(m, box);
	seq_puts(m, policy_names[box->policy]);
	seq_puts(m, state_names[stat.out_state]);
	seq_put_decimal_ull(m, " ", stat.out_lost);
	put_owner(m, box, true);
	seq_puts(m, full_names[box->full]);
	seq_put_decimal_ull(m, " ", stat.out_callers);
	put_leases(m, &stat);
	put_waits(m, box);
	seq_put_decimal_ull(m, " ", stat.out_fds);
	seq_putc(m, '\n');
	return 0;
}

/* ----------------------------------------------------------------- reading */

static struct mbx_box *boxes_find(loff_t *pos)
{
	struct mbx_box *box;
	u64 id = *pos;

	while ((box = mbx_box_next(current->nsproxy->net_ns, &id))) {
		if (mbx_box_visible(box))
			break;
		mbx_box_put(box);
		id++;
		cond_resched();
	}
	if (box)
		*pos = id;
	return box;
}

static void *boxes_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? boxes_find(pos) : SEQ_START_TOKEN;
}

static void boxes_stop(struct seq_file *m, void *v)
{
	if (v && v != SEQ_START_TOKEN)
		mbx_box_put(v);
}

static void *boxes_next(struct seq_file *m, void *v, loff_t *pos)
{
	boxes_stop(m, v);
	cond_resched();
	++*pos;
	return boxes_find(pos);
}

static int boxes_show(struct seq_file *m, void *v)
{
	if (v != SEQ_START_TOKEN)
		return show_box(m, v);
	seq_puts(m, BOXES_HEADER);
	return 0;
}

static const struct seq_operations boxes_seq_ops = {
	.start = boxes_start,
	.next = boxes_next,
	.stop = boxes_stop,
	.show = boxes_show,
};

/* -------------------------------------------------------------------- file */

static int boxes_open(struct inode *inode, struct file *file)
{
	return seq_open(file, &boxes_seq_ops);
}

/* Not PROC_ENTRY_PERMANENT: an open file does not keep the module. */
static const struct proc_ops boxes_proc_ops = {
	.proc_open = boxes_open,
	.proc_read_iter = seq_read_iter,
	.proc_lseek = seq_lseek,
	.proc_release = seq_release,
};

static struct proc_dir_entry *boxes_entry;

/**
 * mbx_proc_boxes_init() - create /proc/ipc_mailboxes
 *
 * Return: 0, or -ENOMEM.
 */
int mbx_proc_boxes_init(void)
{
	boxes_entry = proc_create("ipc_mailboxes", 0444, NULL, &boxes_proc_ops);
	return boxes_entry ? 0 : -ENOMEM;
}

/**
 * mbx_proc_boxes_exit() - remove the file
 *
 * Waits for readers; who still has the file open gets EIO from it.
 *
 * Context: Process context.  Sleeps.
 */
void mbx_proc_boxes_exit(void)
{
	proc_remove(boxes_entry);
}
