/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_TASK_H
#define MBX_TASK_H

#include <linux/cred.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/pid.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>

/*
 * For list_for_each_entry_rcu(): for_each_thread() would tell PROVE_RCU_LIST of
 * tasklist_lock, which modules do not get.
 */
#define mbx_threads(leader) (&(leader)->signal->thread_head)

/* What a blocked thread is doing; 0 while it is not blocked. */
enum mbx_op {
	MBX_OP_NONE,
	MBX_OP_SEND,
	MBX_OP_SYNC,
	MBX_OP_RECEIVE,
	MBX_OP_PEEK,
	MBX_OP_DRAIN,
	MBX_OP_CALL,
	MBX_OP_ASK,
};

/**
 * struct mbx_blocked - where a thread waits
 * @op: what it does there
 * @clock: clock of @deadline
 * @box: id of the mailbox
 * @since: when it went to sleep, CLOCK_MONOTONIC in ns; 0 if it has not yet
 * @deadline: absolute ns, 0 for none
 */
struct mbx_blocked {
	enum mbx_op op;
	clockid_t clock;
	u64 box;
	u64 since;
	u64 deadline;
};

/**
 * struct mbx_usage - what a thread or process has done with mailboxes
 * @sent: messages sent
 * @received: messages received
 * @bytes_sent: bytes in the messages of @sent
 * @bytes_received: bytes in the messages of @received
 */
struct mbx_usage {
	u64 sent;
	u64 received;
	u64 bytes_sent;
	u64 bytes_received;
};

/**
 * struct mbx_proc - a process that has used a mailbox, or that is named as the
 *	owner or successor of one
 * @node: in the table of processes [records]
 * @refs: its tasks, the boxes that know it, the table
 * @pid: its thread group id [const]
 * @exited: its last thread is exiting
 * @boxes: mailboxes that it owns [records]
 * @nr_boxes: length of @boxes [records]
 * @claims: what it has taken and still has to finish [records]
 * @nr_held: handles that may receive, and nobody else has, see MBX_ALONE [records]
 * @waits: calls of its threads that may be part of a cycle [records]
 * @nr_waits: length of @waits [records]
 * @visit: the search for a cycle that has come by last [records]
 * @tasks: its threads that have used a mailbox [records]
 * @past: usage of its threads that have exited [records]
 * @changes: counts changes of @tasks and @past, for readers without the lock
 * @dying: on the list of the exit work
 * @rcu: frees it after readers of the table are done
 */
struct mbx_proc {
	struct hlist_node node;
	refcount_t refs;
	bool exited;
	struct pid *pid;
	struct list_head boxes;
	unsigned int nr_boxes;
	struct list_head claims;
	unsigned int nr_held;
	struct list_head waits;
	unsigned int nr_waits;
	u64 visit;
	struct list_head tasks;
	struct mbx_usage past;
	seqcount_t changes;
	struct llist_node dying;
	struct rcu_head rcu;
};

/**
 * struct mbx_claim - something that a process has taken and still has to finish
 * @node: in @claims of the process [records]
 * @proc: the process, with a reference; NULL if nobody has [box]
 * @box: where it took it, which outlives the claim [box]
 * @is_lease: it lies in a struct mbx_lease, else in a struct mbx_caller [const]
 *
 * It lies in what it is about.  Starts as all zero.
 */
struct mbx_claim {
	struct list_head node;
	struct mbx_proc *proc;
	struct mbx_box *box;
	bool is_lease;
};

/**
 * struct mbx_task - a thread that has used a mailbox, with one set of
 *	credentials
 * @refs: messages that it sent, handles that it used last, the table
 * @self: @pid while the record is in the table, then NULL
 * @pid: its thread id [const]
 * @cred: its credentials [const]
 * @proc: its process [const]
 * @user: who pays for what it sends [const]
 * @usage: written by the thread itself, read by anyone
 * @handed: the thread has ended a wait on its CPU since it last waited; its own
 * @lock: protects @blocked
 * @blocked: what it waits for
 * @talks: its calls that are being asked something [records]
 * @node: in the table of tasks [records]
 * @sibling: in @tasks of the process [records]
 * @dying: on the list of the exit work
 * @rcu: frees it after readers of the table are done
 */
struct mbx_task {
	refcount_t refs;
	struct pid *self;
	struct pid *pid;
	const struct cred *cred;
	struct mbx_proc *proc;
	struct mbx_user *user;
	struct mbx_usage usage;
	bool handed;
	raw_spinlock_t lock;
	struct mbx_blocked blocked;
	struct list_head talks;
	struct hlist_node node;
	struct list_head sibling;
	struct llist_node dying;
	struct rcu_head rcu;
};

/**
 * mbx_task_is_current() - is this the record of the caller?
 * @task: the record
 *
 * It has references, so neither pointer can have been reused.  If it is, only
 * the caller itself can take it out of the table, which has a reference.
 *
 * Return: true if it is.
 */
static inline bool mbx_task_is_current(const struct mbx_task *task)
{
	/* Pairs with unlink_task(), where only our own thread can clear ours. */
	return READ_ONCE(task->self) == task_pid(current) &&
	       task->cred == current_cred();
}

/**
 * mbx_proc_exited() - has a process exited?
 * @proc: its record
 *
 * Return: true if so.
 */
static inline bool mbx_proc_exited(const struct mbx_proc *proc)
{
	/* Pairs with retire_proc(). */
	return READ_ONCE(proc->exited);
}

static inline struct mbx_proc *mbx_proc_ref(struct mbx_proc *proc)
{
	refcount_inc(&proc->refs);
	return proc;
}

static inline struct mbx_task *mbx_task_ref(struct mbx_task *task)
{
	refcount_inc(&task->refs);
	return task;
}

/**
 * mbx_usage_add() - add up what threads have done
 * @sum: the sum
 * @usage: of one of them, which may go on counting
 */
static inline void mbx_usage_add(struct mbx_usage *sum,
				 const struct mbx_usage *usage)
{
	/* Pairs with count_sent() and count_received(). */
	sum->sent += READ_ONCE(usage->sent);
	sum->received += READ_ONCE(usage->received);
	sum->bytes_sent += READ_ONCE(usage->bytes_sent);
	sum->bytes_received += READ_ONCE(usage->bytes_received);
}

/**
 * struct mbx_dying - records that are in no table any more
 * @tasks: of threads
 * @procs: of processes
 */
struct mbx_dying {
	struct llist_head tasks;
	struct llist_head procs;
};

struct mbx_box;

/* task.c */
extern raw_spinlock_t mbx_records_lock;
struct mbx_task *mbx_task_get_current(void);
struct mbx_task *mbx_task_find(struct pid *tid);
void mbx_task_put(struct mbx_task *task);
struct mbx_proc *mbx_proc_find(struct pid *tgid);
struct mbx_proc *mbx_proc_find_ref(struct pid *tgid);
struct mbx_proc *mbx_proc_get(struct pid *tgid, struct task_struct *p);
void mbx_proc_put(struct mbx_proc *proc);
void mbx_task_retire(struct task_struct *p, bool last, struct mbx_dying *dying);
bool mbx_proc_retire(struct mbx_proc *proc, struct mbx_dying *dying);
void mbx_task_forget(void);

/* owner.c */
int mbx_proc_own(struct mbx_box *box);
int mbx_proc_pass(struct mbx_box *box, struct mbx_proc *to);
void mbx_proc_disown(struct mbx_box *box);
struct mbx_box *mbx_proc_first_box(struct mbx_proc *proc);

/* claim.c */
void mbx_claim(struct mbx_claim *claim, struct mbx_box *box,
	       struct mbx_proc *proc);
void mbx_unclaim(struct mbx_claim *claim);
struct mbx_box *mbx_proc_first_claim(struct mbx_proc *proc, bool *is_lease);
struct mbx_claim *mbx_claim_first(const struct mbx_box *box,
				  struct mbx_proc *proc);

/* usage.c */
void mbx_task_block(struct mbx_task *task, const struct mbx_blocked *blocked);
void mbx_task_sleep(struct mbx_task *task);
void mbx_task_unblock(struct mbx_task *task);
bool mbx_task_query(struct pid *tid, struct mbx_usage *usage,
		    struct mbx_blocked *blocked);
bool mbx_proc_query(struct pid *tgid, struct mbx_usage *usage,
		    struct mbx_blocked *blocked, unsigned int *nr_boxes);

/* reap.c */
int mbx_reap_init(void);
void mbx_reap_exit(void);
void mbx_reap_flush(void);
void mbx_reap_late(struct mbx_proc *proc);

#endif /* MBX_TASK_H */
