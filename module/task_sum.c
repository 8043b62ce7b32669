// SPDX-License-Identifier: GPL-2.0-only
/*
 * Totals over the threads and the files of a process.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/math64.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "mbx.h"
#include "proc.h"

static void add_thread(struct mbx_task_sum *sum, const struct task_struct *t)
{
	sum->utime += mbx_glance(t->utime);
	sum->stime += mbx_glance(t->stime);
	sum->runtime += mbx_glance(t->se.sum_exec_runtime);
	sum->minflt += mbx_glance(t->min_flt);
	sum->majflt += mbx_glance(t->maj_flt);
}

static void sum_once(struct task_struct *leader, struct mbx_task_sum *sum)
{
	const struct signal_struct *sig = leader->signal;
	struct task_struct *t;

	sum->utime = sig->utime;
	sum->stime = sig->stime;
	sum->runtime = sig->sum_sched_runtime;
	sum->minflt = sig->min_flt;
	sum->majflt = sig->maj_flt;
	list_for_each_entry_rcu(t, mbx_threads(leader), thread_node)
		add_thread(sum, t);
}

/* An exiting thread moves its share into the signal_struct under the lock. */
static void sum_threads(struct task_struct *leader, struct mbx_task_sum *sum)
{
	seqlock_t *lock = &leader->signal->stats_lock;
	unsigned long flags;
	unsigned int seq;

	guard(rcu)();

	seq = read_seqbegin(lock);
	sum_once(leader, sum);
	if (!read_seqretry(lock, seq))
		return;

	read_seqlock_excl_irqsave(lock, flags);
	sum_once(leader, sum);
	read_sequnlock_excl_irqrestore(lock, flags);
}

/* How much of the runtime was in the kernel, judging by the ticks. */
static u64 scale_stime(const struct mbx_task_sum *sum)
{
	if (!sum->stime)
		return 0;
	if (!sum->utime)
		return sum->runtime;
	return mul_u64_u64_div_u64(sum->stime, sum->runtime,
				   sum->stime + sum->utime);
}

/*
 * thread_group_cputime_adjusted() is not exported.  Like it, this remembers
 * what was shown, so that neither time ever goes backwards, here or there.
 */
static void adjust(struct mbx_task_sum *sum, struct prev_cputime *prev)
{
	u64 stime = scale_stime(sum);

	guard(raw_spinlock_irqsave)(&prev->lock);

	if (prev->stime + prev->utime < sum->runtime) {
		stime = max(stime, prev->stime);
		if (sum->runtime - stime < prev->utime)
			stime = sum->runtime - prev->utime;
		prev->stime = stime;
		prev->utime = sum->runtime - stime;
	}
	sum->utime = prev->utime;
	sum->stime = prev->stime;
}

/**
 * mbx_task_sum() - add up what the threads of a process have used
 * @leader: the process
 * @sum: filled, with times as /proc/PID/stat shows them
 *
 * Context: Any but hard interrupts.
 */
void mbx_task_sum(struct task_struct *leader, struct mbx_task_sum *sum)
{
	sum_threads(leader, sum);
	adjust(sum, &leader->signal->prev_cputime);
}

/* Files to look at before others get the locks. */
#define FILES_LOCKED 256

/* Returns where to go on, or UINT_MAX at the end. */
static unsigned int count_some(struct files_struct *files, unsigned int fd,
			       struct mbx_task_files *count)
{
	unsigned int left = FILES_LOCKED;
	const struct fdtable *fdt;
	const struct file *file;

	guard(spinlock)(&files->file_lock);

	fdt = files_fdtable(files);
	for_each_set_bit_from(fd, fdt->open_fds, fdt->max_fds) {
		if (!left--)
			return fd;
		file = rcu_dereference_check_fdtable(files, fdt->fd[fd]);
		if (!file)
			continue;
		count->files++;
		count->handles += file->f_op == &mbx_handle_fops;
	}
	return UINT_MAX;
}

/**
 * mbx_task_count_files() - count the open files of a process
 * @task: any of its threads
 * @count: filled; zero when the files are gone already
 *
 * Context: Process context.  Sleeps.  Takes the task's alloc_lock and the lock
 * of its files.
 */
void mbx_task_count_files(struct task_struct *task,
			  struct mbx_task_files *count)
{
	unsigned int fd = 0;

	count->files = 0;
	count->handles = 0;
	while (fd != UINT_MAX) {
		task_lock(task);
		fd = task->files ? count_some(task->files, fd, count) :
				   UINT_MAX;
		task_unlock(task);
		cond_resched();
	}
}
