// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines of /proc/ipc_tasks and /proc/ipc_threads.
 *
 * Where a value is in /proc/PID too, both agree:
 *
 *   stat        state ppid policy prio nice cpu threads vsize; utime and stime;
 *               minflt and majflt; start (in ns here).  Times and faults of a
 *               process are sums over its threads, past ones included.
 *   statm       rss
 *   status      uid (the real one); nvcsw and nivcsw, of the thread or, for a
 *               process, of its first thread alone
 *   sched       vruntime and runtime (se.sum_exec_runtime), likewise.  vruntime
 *               means something under the normal policies only.
 *   comm        comm; a kernel thread's without what a work queue adds to it
 *   fd          files
 *
 * What follows comm, and files, is shown to those who may trace the task; a
 * mailbox's name only if they may see the mailbox, too.  Everybody else finds
 * "-".
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/time_namespace.h>
#include <linux/timekeeping.h>

#include "mbx.h"
#include "proc.h"

/**
 * struct gated - what is not for everybody
 * @shown: the reader may see it
 * @count: open files
 * @nr_boxes: mailboxes that the process owns
 * @usage: what it has done with mailboxes
 * @blocked: what it waits for
 * @donor: thread that lends it its priority, in the reader's pid namespace, or 0
 */
struct gated {
	bool shown;
	struct mbx_task_files count;
	unsigned int nr_boxes;
	struct mbx_usage usage;
	struct mbx_blocked blocked;
	pid_t donor;
};

/* clang-format off */
static const char *const op_names[] = {
	[MBX_OP_SEND] = "send",
	[MBX_OP_SYNC] = "sync",
	[MBX_OP_RECEIVE] = "receive",
	[MBX_OP_PEEK] = "peek",
	[MBX_OP_DRAIN] = "drain",
	[MBX_OP_CALL] = "call",
	[MBX_OP_ASK] = "ask",
};
/* clang-format on */

/* Control characters, blank, backslash: see mangle() of /proc/mounts. */
#define ESCAPED                                                \
	"\001\002\003\004\005\006\007\010\011\012\013\014\015" \
	"\016\017\020\021\022\023\024\025\026\027\030\031\032" \
	"\033\034\035\036\037\177 \\"

/**
 * mbx_seq_put_string() - print a string as one value
 * @m: the file
 * @string: the string; an empty one prints as "-", and "-" itself escaped
 */
void mbx_seq_put_string(struct seq_file *m, const char *string)
{
	seq_putc(m, ' ');
	if (!*string)
		seq_putc(m, '-');
	else if (!strcmp(string, "-"))
		seq_puts(m, "\\055");
	else
		seq_escape(m, string, ESCAPED);
}

static void put_nr(struct seq_file *m, u64 nr)
{
	seq_put_decimal_ull(m, " ", nr);
}

static void put_signed(struct seq_file *m, s64 nr)
{
	seq_put_decimal_ll(m, " ", nr);
}

/* --------------------------------------------------------- for everybody */

static void put_state(struct seq_file *m, struct task_struct *task)
{
	seq_putc(m, ' ');
	/* Like mbx_glance(), of two members. */
	seq_putc(m, data_race(task_state_to_char(task)));
}

static void put_policy(struct seq_file *m, struct task_struct *task)
{
	put_nr(m, mbx_glance(task->policy));
	put_signed(m, mbx_glance(task->prio) - MAX_RT_PRIO);
	put_signed(m, PRIO_TO_NICE(mbx_glance(task->static_prio)));
	put_nr(m, task_cpu(task));
}

static void put_usage(struct seq_file *m, struct task_struct *task,
		      const struct mbx_task_sum *sum)
{
	put_nr(m, sum->utime);
	put_nr(m, sum->stime);
	put_nr(m, mbx_glance(task->se.vruntime));
	put_nr(m, mbx_glance(task->se.sum_exec_runtime));
	put_nr(m, mbx_glance(task->nvcsw));
	put_nr(m, mbx_glance(task->nivcsw));
	put_nr(m, sum->minflt);
	put_nr(m, sum->majflt);
}

static void put_memory(struct seq_file *m, struct task_struct *task)
{
	unsigned long vsize = 0, rss = 0;

	/* The lock keeps the memory from going away; nothing to put after. */
	task_lock(task);
	if (task->mm && !(mbx_glance(task->flags) & PF_KTHREAD)) {
		vsize = mbx_glance(task->mm->total_vm);
		/* Like mbx_glance(), of several counters. */
		rss = data_race(compat_mm_rss(task->mm));
	}
	task_unlock(task);

	put_nr(m, (u64)vsize << PAGE_SHIFT);
	put_nr(m, (u64)rss << PAGE_SHIFT);
}

static void put_start(struct seq_file *m, struct task_struct *task)
{
	put_nr(m, timens_add_boottime_ns(mbx_glance(task->start_boottime)));
}

static void put_comm(struct seq_file *m, struct task_struct *task)
{
	char comm[TASK_COMM_LEN];

	mbx_seq_put_string(m, get_task_comm(comm, task));
}

/* ---------------------------------------------------------------- for some */

/*
 * While the task executes a new program, old credentials stand beside new
 * memory: then nobody sees anything, since to wait would let whoever makes that
 * take long hold up all readers.
 */
static bool lock_private(struct task_struct *task, struct gated *gated)
{
	memset(gated, 0, sizeof(*gated));
	if (!down_read_trylock(&task->signal->exec_update_lock))
		return false;
	gated->shown = mbx_task_traceable(task);
	return true;
}

static void unlock_private(struct task_struct *task)
{
	up_read(&task->signal->exec_update_lock);
}

/* A process whose first thread has exited lives on in the others. */
static struct task_struct *get_live_thread(struct task_struct *leader)
{
	struct task_struct *t;

	guard(rcu)();

	list_for_each_entry_rcu(t, mbx_threads(leader), thread_node)
		if (!(mbx_glance(t->flags) & PF_EXITING))
			return get_task_struct(t);
	return get_task_struct(leader);
}

static pid_t donor_of(struct task_struct *task, const struct mbx_row *row)
{
	struct pid *donor = mbx_donor(task);
	pid_t nr = pid_nr_ns(donor, row->ns);

	put_pid(donor);
	return nr;
}

static void read_process(const struct mbx_row *row, struct gated *gated)
{
	struct task_struct *task = get_live_thread(row->task);

	if (lock_private(task, gated)) {
		if (gated->shown) {
			mbx_task_count_files(task, &gated->count);
			mbx_proc_query(row->pid, &gated->usage, &gated->blocked,
				       &gated->nr_boxes);
			gated->donor = donor_of(task, row);
		}
		unlock_private(task);
	}
	put_task_struct(task);
}

static void read_thread(const struct mbx_row *row, struct gated *gated)
{
	if (!lock_private(row->task, gated))
		return;
	if (gated->shown) {
		mbx_task_query(row->pid, &gated->usage, &gated->blocked);
		gated->donor = donor_of(row->task, row);
	}
	unlock_private(row->task);
}

static void put_private(struct seq_file *m, const struct gated *gated, u64 nr)
{
	if (gated->shown)
		put_nr(m, nr);
	else
		seq_puts(m, " -");
}

static void put_box_name(struct seq_file *m, u64 id)
{
	struct mbx_box *box = mbx_box_find(NULL, 0, id);

	if (IS_ERR(box)) {
		seq_puts(m, " -");
		return;
	}
	mbx_seq_put_string(m, mbx_box_visible(box) ? box->name : "");
	mbx_box_put(box);
}

/* CLOCK_MONOTONIC as the reader's clock_gettime() tells it. */
static u64 reader_monotonic(s64 ns)
{
	struct timespec64 ts = ns_to_timespec64(ns);

	timens_add_monotonic(&ts);
	return max_t(s64, timespec64_to_ns(&ts), 0);
}

static void put_deadline(struct seq_file *m, const struct mbx_blocked *blocked)
{
	s64 deadline = blocked->deadline;

	if (blocked->clock == CLOCK_REALTIME)
		deadline -= ktime_to_ns(ktime_mono_to_any(0, TK_OFFS_REAL));
	if (blocked->deadline)
		put_nr(m, reader_monotonic(deadline));
	else
		seq_puts(m, " -");
}

static void put_blocked(struct seq_file *m, const struct mbx_blocked *blocked)
{
	if (blocked->op == MBX_OP_NONE) {
		seq_puts(m, " - - - - -");
		return;
	}
	seq_putc(m, ' ');
	seq_puts(m, op_names[blocked->op]);
	put_nr(m, blocked->box);
	put_box_name(m, blocked->box);
	put_nr(m, reader_monotonic(blocked->since));
	put_deadline(m, blocked);
}

static struct pid *find_server(const struct mbx_row *row, enum pid_type type,
			       u64 id)
{
	struct mbx_box *box = mbx_box_find(NULL, 0, id);
	struct pid *server;

	if (IS_ERR(box))
		return NULL;
	server = mbx_box_waits_for(box, row->pid, type);
	mbx_box_put(box);
	return server;
}

static void put_waits_for(struct seq_file *m, const struct mbx_row *row,
			  enum pid_type type, const struct gated *gated)
{
	const struct mbx_blocked *blocked = &gated->blocked;
	struct pid *server = NULL;
	pid_t nr;

	if (blocked->op == MBX_OP_CALL || blocked->op == MBX_OP_ASK)
		server = find_server(row, type, blocked->box);
	nr = pid_nr_ns(server, row->ns);
	put_pid(server);
	if (nr)
		put_nr(m, nr);
	else
		seq_puts(m, " -");
}

/* From the column "sent" to the end of the line. */
static void put_mailbox(struct seq_file *m, const struct mbx_row *row,
			enum pid_type type, const struct gated *gated)
{
	put_private(m, gated, gated->usage.sent);
	put_private(m, gated, gated->usage.received);
	put_private(m, gated, gated->usage.bytes_sent);
	put_private(m, gated, gated->usage.bytes_received);
	put_blocked(m, &gated->blocked);
	if (gated->donor)
		put_nr(m, gated->donor);
	else
		seq_puts(m, " -");
	put_waits_for(m, row, type, gated);
	seq_putc(m, '\n');
}

/* ------------------------------------------------------------------- lines */

/**
 * mbx_process_show() - print a line of /proc/ipc_tasks
 * @m: the file
 * @row: the process
 *
 * Context: Process context.  Sleeps.
 */
void mbx_process_show(struct seq_file *m, const struct mbx_row *row)
{
	struct task_struct *task = row->task;
	struct mbx_task_sum sum;
	struct gated gated;

	read_process(row, &gated);
	mbx_task_sum(task, &sum);

	seq_put_decimal_ull(m, "", row->nr);
	put_nr(m, row->ppid);
	put_state(m, task);
	put_nr(m, from_kuid_munged(seq_user_ns(m), task_uid(task)));
	put_policy(m, task);
	put_nr(m, mbx_glance(task->signal->nr_threads));
	put_usage(m, task, &sum);
	put_memory(m, task);
	put_private(m, &gated, gated.count.files);
	put_nr(m, row->nr_children);
	put_start(m, task);
	put_comm(m, task);
	put_private(m, &gated, gated.nr_boxes);
	put_private(m, &gated, gated.count.handles);
	put_mailbox(m, row, PIDTYPE_TGID, &gated);
}

/**
 * mbx_thread_show() - print a line of /proc/ipc_threads
 * @m: the file
 * @row: the thread
 *
 * Context: Process context.  Sleeps.
 */
void mbx_thread_show(struct seq_file *m, const struct mbx_row *row)
{
	struct task_struct *task = row->task;
	struct mbx_task_sum sum = {
		.minflt = mbx_glance(task->min_flt),
		.majflt = mbx_glance(task->maj_flt),
	};
	struct gated gated;

	read_thread(row, &gated);
	task_cputime_adjusted(task, &sum.utime, &sum.stime);

	seq_put_decimal_ull(m, "", row->nr);
	put_nr(m, row->tgid);
	put_state(m, task);
	put_policy(m, task);
	put_usage(m, task, &sum);
	put_start(m, task);
	put_comm(m, task);
	put_mailbox(m, row, PIDTYPE_PID, &gated);
}
