/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files behind /proc/ipc_* share.
 */
#ifndef MBX_PROC_H
#define MBX_PROC_H

#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/types.h>

struct pid;
struct pid_namespace;
struct proc_fs_info;
struct seq_file;
struct task_struct;

/*
 * What the kernel changes with plain writes, under a lock that modules do not
 * get or none.  No line is a snapshot: any moment's value will do.
 */
#define mbx_glance(member) data_race(READ_ONCE(member))

/* task_access.c */
bool mbx_task_traceable(struct task_struct *task);
bool mbx_task_listed(const struct proc_fs_info *fs, struct task_struct *leader);
bool mbx_pid_listed(const struct proc_fs_info *fs, struct pid *pid);

/**
 * struct mbx_task_sum - totals over the threads of a process, past ones too
 * @utime: time in user mode in ns
 * @stime: time in the kernel in ns
 * @runtime: time on a processor in ns
 * @minflt: minor faults
 * @majflt: major faults
 */
struct mbx_task_sum {
	u64 utime;
	u64 stime;
	u64 runtime;
	unsigned long minflt;
	unsigned long majflt;
};

/* task_sum.c */
void mbx_task_sum(struct task_struct *leader, struct mbx_task_sum *sum);

/**
 * struct mbx_task_files - open files of a process
 * @files: all of them
 * @handles: those that are mailbox handles
 */
struct mbx_task_files {
	unsigned int files;
	unsigned int handles;
};

void mbx_task_count_files(struct task_struct *task,
			  struct mbx_task_files *count);

/**
 * struct mbx_row - the task that a line is about
 * @task: thread group leader, or thread
 * @pid: its id
 * @ns: namespace that ids are shown in
 * @nr: @pid there
 * @tgid: id of its process there
 * @ppid: id of its parent there
 * @nr_children: listed processes whose parent it is
 */
struct mbx_row {
	struct task_struct *task;
	struct pid *pid;
	struct pid_namespace *ns;
	pid_t nr;
	pid_t tgid;
	pid_t ppid;
	unsigned long nr_children;
};

/* task_show.c */
void mbx_seq_put_string(struct seq_file *m, const char *string);
void mbx_process_show(struct seq_file *m, const struct mbx_row *row);
void mbx_thread_show(struct seq_file *m, const struct mbx_row *row);

#endif /* MBX_PROC_H */
