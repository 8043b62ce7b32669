// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/ipc_tasks and /proc/ipc_threads: every task that the reader may see.
 *
 * The position in the file is the number of the next task in the pid namespace
 * of this mount of /proc, so that a read of any size goes on where the last one
 * stopped, whatever has been forked or has exited since; 0 is the header.
 * References are held to one task at a time, and no lock or RCU section spans
 * two.
 */
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/xarray.h>

#include "mbx.h"
#include "proc.h"

#define TASKS_HEADER                                                    \
	"#ipc_tasks/1 tgid ppid state uid policy prio nice cpu threads" \
	" utime stime vruntime runtime nvcsw nivcsw minflt majflt"      \
	" vsize rss files children start comm owned handles"            \
	" sent received bytes_sent bytes_received"                      \
	" op mailbox name since deadline donor waits_for\n"

#define THREADS_HEADER                                             \
	"#ipc_threads/1 tid tgid state policy prio nice cpu"       \
	" utime stime vruntime runtime nvcsw nivcsw minflt majflt" \
	" start comm sent received bytes_sent bytes_received"      \
	" op mailbox name since deadline donor waits_for\n"

/**
 * struct task_iter - a reader's place in the list of tasks
 * @row: the task there; with references, or NULL in between
 * @fs: the mount of /proc
 * @type: PIDTYPE_TGID to visit processes, PIDTYPE_PID for threads
 * @children: number of children by parent, as it was at the header
 */
struct task_iter {
	struct mbx_row row;
	const struct proc_fs_info *fs;
	enum pid_type type;
	struct xarray children;
};

static void iter_put(struct task_iter *iter)
{
	if (!iter->row.task)
		return;
	put_task_struct(iter->row.task);
	put_pid(iter->row.pid);
	iter->row.task = NULL;
	iter->row.pid = NULL;
}

/* Takes the task with this very number if there is one for the reader. */
static bool iter_get(struct task_iter *iter, struct pid *pid)
{
	struct task_struct *task = pid_task(pid, iter->type);
	struct mbx_row *row = &iter->row;

	if (!task || !mbx_task_listed(iter->fs, mbx_glance(task->group_leader)))
		return false;
	row->task = get_task_struct(task);
	row->pid = get_pid(pid);
	row->nr = pid_nr_ns(pid, row->ns);
	/* A task that is being reaped loses its ids: 0 is as good. */
	row->tgid = data_race(task_tgid_nr_ns(task, row->ns));
	row->ppid = data_race(task_ppid_nr_ns(task, row->ns));
	return true;
}

/* Goes to the first task with a number of at least @nr. */
static bool iter_find(struct task_iter *iter, int nr)
{
	struct pid *pid;

	iter_put(iter);
	for (;; nr++) {
		scoped_guard(rcu) {
			pid = find_ge_pid(nr, iter->row.ns);
			if (!pid)
				return false;
			if (iter_get(iter, pid))
				return true;
			nr = pid_nr_ns(pid, iter->row.ns);
		}
		cond_resched();
	}
}

/* ---------------------------------------------------------------- children */

static int count_child(struct xarray *children, pid_t parent)
{
	void *old = xa_load(children, parent);
	unsigned long nr = old ? xa_to_value(old) : 0;

	return xa_err(
		xa_store(children, parent, xa_mk_value(nr + 1), GFP_KERNEL));
}

/*
 * The lists of children are under a lock that modules cannot take, and asking
 * each process for its parent once per line would be quadratic.
 */
static int count_children(struct task_iter *iter)
{
	struct mbx_row *row = &iter->row;
	int err = 0;

	xa_destroy(&iter->children);
	if (iter->type != PIDTYPE_TGID)
		return 0;

	for (row->nr = 0; !err && iter_find(iter, row->nr + 1);)
		err = count_child(&iter->children, row->ppid);
	iter_put(iter);
	return err;
}

static unsigned long nr_children(struct task_iter *iter)
{
	void *nr = xa_load(&iter->children, iter->row.nr);

	return nr ? xa_to_value(nr) : 0;
}

/* ----------------------------------------------------------------- reading */

static void *tasks_find(struct task_iter *iter, loff_t *pos)
{
	if (!iter_find(iter, *pos))
		return NULL;
	*pos = iter->row.nr;
	return iter;
}

static void *tasks_start(struct seq_file *m, loff_t *pos)
{
	struct task_iter *iter = m->private;
	int err;

	if (*pos)
		return tasks_find(iter, pos);
	err = count_children(iter);
	return err ? ERR_PTR(err) : SEQ_START_TOKEN;
}

static void *tasks_next(struct seq_file *m, void *v, loff_t *pos)
{
	cond_resched();
	++*pos;
	return tasks_find(m->private, pos);
}

static void tasks_stop(struct seq_file *m, void *v)
{
	iter_put(m->private);
}

static int tasks_show(struct seq_file *m, void *v)
{
	struct task_iter *iter = m->private;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m, iter->type == PIDTYPE_TGID ? TASKS_HEADER :
							 THREADS_HEADER);
	} else if (iter->type == PIDTYPE_TGID) {
		iter->row.nr_children = nr_children(iter);
		mbx_process_show(m, &iter->row);
	} else {
		mbx_thread_show(m, &iter->row);
	}
	return 0;
}

static const struct seq_operations tasks_seq_ops = {
	.start = tasks_start,
	.next = tasks_next,
	.stop = tasks_stop,
	.show = tasks_show,
};

/* ------------------------------------------------------------------- files */

static int tasks_open(struct inode *inode, struct file *file)
{
	struct task_iter *iter;

	iter = __seq_open_private(file, &tasks_seq_ops, sizeof(*iter));
	if (!iter)
		return -ENOMEM;
	iter->fs = proc_sb_info(inode->i_sb);
	iter->row.ns = proc_pid_ns(inode->i_sb);
	iter->type = (uintptr_t)pde_data(inode);
	xa_init_flags(&iter->children, XA_FLAGS_ACCOUNT);
	return 0;
}

static int tasks_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct task_iter *iter = m->private;

	xa_destroy(&iter->children);
	return seq_release_private(inode, file);
}

/* Not PROC_ENTRY_PERMANENT: an open file does not keep the module. */
static const struct proc_ops tasks_proc_ops = {
	.proc_open = tasks_open,
	.proc_read_iter = seq_read_iter,
	.proc_lseek = seq_lseek,
	.proc_release = tasks_release,
};

static struct proc_dir_entry *tasks_entry;
static struct proc_dir_entry *threads_entry;

static struct proc_dir_entry *create_entry(const char *name, enum pid_type type)
{
	return proc_create_data(name, 0444, NULL, &tasks_proc_ops,
				(void *)(uintptr_t)type);
}

/**
 * mbx_proc_tasks_init() - create /proc/ipc_tasks and /proc/ipc_threads
 *
 * Return: 0, or -ENOMEM.
 */
int mbx_proc_tasks_init(void)
{
	tasks_entry = create_entry("ipc_tasks", PIDTYPE_TGID);
	if (!tasks_entry)
		return -ENOMEM;

	threads_entry = create_entry("ipc_threads", PIDTYPE_PID);
	if (!threads_entry) {
		proc_remove(tasks_entry);
		return -ENOMEM;
	}
	return 0;
}

/**
 * mbx_proc_tasks_exit() - remove the files
 *
 * Waits for readers; who still has one of the files open gets EIO from it.
 *
 * Context: Process context.  Sleeps.
 */
void mbx_proc_tasks_exit(void)
{
	proc_remove(threads_entry);
	proc_remove(tasks_entry);
}
