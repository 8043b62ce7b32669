/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MBX_BOX_H
#define MBX_BOX_H

#include <linux/list.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <uapi/linux/ipc_mailbox.h>

#include "queue.h"
#include "task.h"

struct mbx_dedup;
struct mbx_deferral;
struct mbx_later;
struct mbx_leases;
struct mbx_watch;

/* Processes that MBX_POLICY_PAIR lets in. */
#define MBX_PAIR 2

/**
 * struct mbx_box - a mailbox
 * @lock: protects members tagged [box]
 * @dead: 0 while it lives, then -EIDRM or -EOWNERDEAD [box]
 * @special: messages must not take the short way [box]
 * @queue: its messages [box]
 * @may_keep: by size class, how many more messages @spare may get; nothing for
 *	the largest class [box]
 * @spare: freed messages by size class, for the next send [box]
 * @senders: waiters for room, longest waiting first [box]
 * @synced: waiters for their message to be taken [box]
 * @receivers: waiters for a message [box]
 * @peekers: waiters to see a message [box]
 * @drainers: waiters for the last message to leave [box]
 * @callers: waiters for a reply to a message that was taken [box]
 * @state: MBX_STATE_* [box]
 * @nr_senders: threads that sleep in a send [box]
 * @nr_deferred: messages that are deferred; each counts in @nr_senders, too [box]
 * @nr_receivers: threads that sleep in a receive [box]
 * @nr_callers: threads that sleep in a call that was taken [box]
 * @nr_takers: those of @receivers that accept any message [box]
 * @nr_handles: open handles [box]
 * @nr_may_send: those of them that may send [box]
 * @nr_may_receive: those of them that may receive [box]
 * @holders: those, until they are revoked [records]
 * @watches: who is told of events [box]
 * @nr_watches: length of @watches [box]
 * @nr_fds: descriptors in its messages and replies [box]
 * @death_told: they know that @owner has exited [box]
 * @poll_in: pollers of handles that may receive
 * @poll_out: pollers of handles that may send
 * @poll_end: pollers of handles that may neither
 * @members: who may use it, as far as the policy restricts that [box]
 * @nr_inside: threads of the exclusive receiver that are in a receive [box]
 * @leases: messages that are leased; NULL until there was one [box]
 * @dedup: ids that are remembered, or NULL [const]
 * @dead_letter: where messages go that were delivered too often, with a reference;
 *	or NULL, also once it has ended [box]
 * @deliveries_max: how often that is [const]
 * @no_files: messages with files are refused [const]
 * @policy: MBX_POLICY_* [const]
 * @full: MBX_FULL_* [const]
 * @capacity: messages that may wait, or MBX_UNBOUNDED [const]
 * @msg_max: longest message [const]
 * @flags: MBX_CREATE_*, MBX_STAT_DIRECT [const]
 * @mode: permission bits [const]
 * @uid: owning user [const]
 * @gid: owning group [const]
 * @id: never reused [const]
 * @created: CLOCK_BOOTTIME in ns [const]
 * @creator: process that created it [const]
 * @creator_uid: its effective user [const]
 * @creator_comm: its name then [const]
 * @user: charged for the mailbox and for the messages that it keeps [const]
 * @charged: it is so for the mailbox; changed by who creates or ends it
 * @owner: owning process, or NULL; changes with both locks held [boxes] [box]
 * @successor: process that inherits it from @owner, or NULL; likewise
 * @owned: in @boxes of the owner [records]
 * @net: its network namespace; NULL once the mailbox has ended [boxes]
 * @user_ns: the user namespace that governs @net [const]
 * @refs: handles, the id table, lookups
 * @name_node: in the table of names [boxes]
 * @name_len: length of @name, 0 if it has none [const]
 * @name: with a terminator [const]
 */
struct mbx_box {
	spinlock_t lock;
	int dead;
	bool special;
	struct mbx_queue queue;
	u8 may_keep[MBX_SPARE_CLASSES + 1];
	struct mbx_msg *spare[MBX_SPARE_CLASSES];
	struct list_head senders;
	struct list_head synced;
	struct list_head receivers;
	struct list_head peekers;
	struct list_head drainers;
	struct list_head callers;
	u32 state;
	u32 nr_senders;
	u32 nr_deferred;
	u32 nr_receivers;
	u32 nr_callers;
	u32 nr_takers;
	u32 nr_handles;
	u32 nr_may_send;
	u32 nr_may_receive;
	struct list_head holders;
	struct list_head watches;
	u32 nr_watches;
	u32 nr_fds;
	bool death_told;
	wait_queue_head_t poll_in;
	wait_queue_head_t poll_out;
	wait_queue_head_t poll_end;
	struct mbx_proc *members[MBX_PAIR];
	u32 nr_inside;
	struct mbx_leases *leases;
	struct mbx_dedup *dedup;
	struct mbx_box *dead_letter;
	u32 deliveries_max;
	bool no_files;

	u32 policy;
	u32 full;
	u32 capacity;
	u32 msg_max;
	u32 flags;
	umode_t mode;
	kuid_t uid;
	kgid_t gid;
	u64 id;
	u64 created;
	struct pid *creator;
	kuid_t creator_uid;
	char creator_comm[TASK_COMM_LEN];
	struct mbx_user *user;
	bool charged;
	struct mbx_proc *owner;
	struct mbx_proc *successor;
	struct list_head owned;
	struct net *net;
	struct user_namespace *user_ns;
	refcount_t refs;
	struct hlist_node name_node;
	u32 name_len;
	char name[];
};

#define MBX_OPEN_ALL (MBX_OPEN_SEND | MBX_OPEN_RECEIVE | MBX_OPEN_MANAGE)

/**
 * struct mbx_handle - an open mailbox: the private data of its file
 * @box: the mailbox [const]
 * @rights: MBX_OPEN_* [const]
 * @oneshot: good for one send only [const]
 * @spent: that has been made, or is being made [box]
 * @revoked: it is of no use any more [box]
 * @badge: goes with each message that is sent through it [const]
 * @task: who used the handle last; nobody once it is revoked [box]
 * @watch: the events that it is told of, or NULL [box]
 * @tellers: what sends messages of events through it [box]
 * @deferral: the message that is kept for it; NULL until there was one [box]
 * @leases: those of messages that were received through it [box]
 * @talks: calls through it that are being asked something [box]
 * @holder: process that made it, if it may receive; else NULL [const]
 * @held: in @holders of the box, if it may receive [records]
 * @file: the file whose private data it is [records]
 * @strayed: somebody else may have it, see MBX_ALONE [records]
 * @parent: the handle that it was derived from, or NULL [box]
 * @children: handles that were derived from it [box]
 * @sibling: in @children of @parent [box]
 */
struct mbx_handle {
	struct mbx_box *box;
	u32 rights;
	bool oneshot;
	bool spent;
	bool revoked;
	u64 badge;
	struct mbx_task *task;
	struct mbx_watch *watch;
	struct list_head tellers;
	struct mbx_deferral *deferral;
	struct list_head leases;
	struct list_head talks;
	struct mbx_proc *holder;
	struct list_head held;
	struct file *file;
	bool strayed;
	struct mbx_handle *parent;
	struct list_head children;
	struct list_head sibling;
};

/* table.c */
int mbx_table_init(void);
void mbx_table_exit(void);
int mbx_table_add(struct mbx_box *box);
bool mbx_table_remove(struct mbx_box *box, int why);
struct mbx_box *mbx_box_find(const char *name, u32 name_len, u64 id);
struct mbx_box *mbx_box_find_direct(const struct mbx_proc *proc);
struct mbx_box *mbx_box_next(struct net *net, u64 *id);
int mbx_box_may_pass(struct mbx_handle *handle);
int mbx_box_pass(struct mbx_handle *handle, struct mbx_proc *to,
		 bool as_successor);
bool mbx_box_inherit(struct mbx_box *box);

/* owner.c */
struct pid *mbx_box_owner_pid(struct mbx_box *box, bool successor);

/* direct.c */
struct mbx_box *mbx_direct_find(pid_t nr);
struct mbx_box *mbx_direct_get(pid_t nr);
struct mbx_proc *mbx_direct_proc(pid_t nr);

/* access.c */
int mbx_box_set_ids(struct mbx_box *box, u32 uid, u32 gid);
u32 mbx_box_allowed(struct mbx_box *box, u32 wanted);
bool mbx_box_visible(struct mbx_box *box);
bool mbx_box_deletable(struct mbx_box *box);
bool mbx_may_signal(struct task_struct *p);

/* box.c */
struct mbx_box *mbx_box_create(const struct mbx_create *arg, u32 msg_max,
			       const char *name, struct mbx_proc *owner);
int mbx_box_publish(struct mbx_box *box);
void mbx_box_put(struct mbx_box *box);
bool mbx_box_kill(struct mbx_box *box, int why);
int mbx_box_ended(struct mbx_box *box);
void mbx_box_set_special(struct mbx_box *box);
void mbx_box_release(struct mbx_box *box, struct mbx_msg *msg,
		     struct mbx_later *later);
void mbx_box_wake_pollers(struct mbx_box *box);

/* box_state.c */
__poll_t mbx_box_ready(struct mbx_handle *handle);
int mbx_box_stat(struct mbx_box *box, struct mbx_stat *stat);
unsigned int mbx_box_blocked(struct mbx_box *box, bool senders, pid_t *pids,
			     unsigned int nr, struct pid_namespace *ns);

/* Handles that mbx_box_servers() goes through. */
#define MBX_SERVERS_LOOKED 256

/* box_waits.c */
struct pid *mbx_box_waits_for(struct mbx_box *box, const struct pid *pid,
			      enum pid_type type);
unsigned int mbx_box_callers(struct mbx_box *box, pid_t *tids, unsigned int nr,
			     struct pid_namespace *ns);
unsigned int mbx_box_servers(struct mbx_box *box, pid_t *pids, unsigned int nr,
			     struct pid_namespace *ns);

/* call.c */
void mbx_box_abandon(struct mbx_box *box, const struct mbx_proc *proc);

/* policy.c */
int mbx_policy_enter(struct mbx_box *box, struct mbx_proc *proc, bool receives);
void mbx_policy_leave(struct mbx_box *box);
void mbx_policy_served(struct mbx_box *box, const struct mbx_proc *proc);
void mbx_policy_forget(struct mbx_box *box);

/* select.c */
int mbx_box_prioritize(struct mbx_box *box);

/* handle.c */
struct mbx_handle *mbx_handle_create(struct mbx_box *box, u32 rights);
void mbx_handle_destroy(struct mbx_handle *handle);
struct mbx_task *mbx_handle_change_task(struct mbx_handle *handle, bool sends);
struct mbx_handle *mbx_handle_derive(struct mbx_handle *parent, u32 rights,
				     u64 badge, bool oneshot);
int mbx_handle_ended(struct mbx_handle *handle);
bool mbx_handle_end_some(struct mbx_handle *top, u64 *nr);

/**
 * mbx_box_owner_exited() - has the owner of a mailbox exited?
 * @box: the mailbox
 *
 * Context: The box is locked, or the tables are.
 * Return: true if so, be it that a successor is there.
 */
static inline bool mbx_box_owner_exited(const struct mbx_box *box)
{
	return box->owner && mbx_proc_exited(box->owner);
}

/**
 * mbx_box_owner() - to which process does a mailbox belong?
 * @box: the mailbox
 *
 * A successor counts as the owner from the moment on at which the owner has
 * exited, even if mbx_box_inherit() is yet to come.
 *
 * Context: The box is locked, or the tables are.
 * Return: the process, which may have exited, or NULL.
 */
static inline struct mbx_proc *mbx_box_owner(const struct mbx_box *box)
{
	if (unlikely(mbx_box_owner_exited(box)) && box->successor)
		return box->successor;
	return box->owner;
}

/**
 * mbx_box_orphaned() - has a mailbox lost its owner for good?
 * @box: the mailbox, which may not have been taken down yet
 *
 * Once it is so it stays so: nobody is left who could name a successor.
 *
 * Context: The box is locked, or the tables are.
 * Return: true if so, and no successor is left.
 */
static inline bool mbx_box_orphaned(const struct mbx_box *box)
{
	/* Who comes too early finds it dead later. */
	return unlikely(mbx_box_owner_exited(box)) &&
	       (!box->successor || mbx_proc_exited(box->successor));
}

/**
 * mbx_box_error() - has a mailbox ended?
 * @box: the mailbox
 *
 * Context: The box is locked.
 * Return: 0 while it lives, else -EIDRM or -EOWNERDEAD.
 */
static inline int mbx_box_error(const struct mbx_box *box)
{
	if (unlikely(box->dead))
		return box->dead;
	return unlikely(mbx_box_orphaned(box)) ? -EOWNERDEAD : 0;
}

/**
 * mbx_handle_error() - is a handle of no use any more?
 * @handle: the handle
 *
 * Who has it no longer is not told what becomes of the mailbox either.
 *
 * Context: Its box is locked.
 * Return: 0, -EKEYREVOKED, or the error of a mailbox that has ended.
 */
static inline int mbx_handle_error(const struct mbx_handle *handle)
{
	if (unlikely(handle->revoked))
		return -EKEYREVOKED;
	return mbx_box_error(handle->box);
}

/**
 * mbx_box_sealed() - does a mailbox take no more messages?
 * @box: the mailbox
 *
 * Context: The box is locked.
 * Return: 0, or -ESHUTDOWN.
 */
static inline int mbx_box_sealed(const struct mbx_box *box)
{
	return unlikely(box->state & MBX_STATE_SEALED) ? -ESHUTDOWN : 0;
}

/**
 * mbx_box_frozen() - does a mailbox deliver nothing now?
 * @box: the mailbox
 *
 * Context: The box is locked.
 * Return: true if so.
 */
static inline bool mbx_box_frozen(const struct mbx_box *box)
{
	return unlikely(box->state & MBX_STATE_FROZEN);
}

/**
 * mbx_box_drained() - will there never be a message again?
 * @box: the mailbox
 *
 * A message that somebody is copying may come back.
 *
 * Context: The box is locked.
 * Return: 0, or -ESHUTDOWN.
 */
static inline int mbx_box_drained(struct mbx_box *box)
{
	return mbx_queue_length(&box->queue) ? 0 : mbx_box_sealed(box);
}

/**
 * mbx_box_is_private() - does a mailbox end with its last handle?
 * @box: the mailbox
 *
 * Return: true if nobody can find it without one, or at least nobody is meant to.
 */
static inline bool mbx_box_is_private(const struct mbx_box *box)
{
	return !box->name_len &&
	       (box->flags & (MBX_CREATE_OWNED | MBX_STAT_DIRECT)) ==
		       MBX_CREATE_OWNED;
}

/**
 * mbx_box_has_room() - may one more message wait in a mailbox?
 * @box: the mailbox
 *
 * Context: The box is locked.
 * Return: true if so.
 */
static inline bool mbx_box_has_room(const struct mbx_box *box)
{
	return box->queue.depth < box->capacity;
}

/**
 * mbx_box_is_readable() - would a receive get a message at once?
 * @box: the mailbox
 *
 * Context: The box is locked.
 * Return: true if so.
 */
static inline bool mbx_box_is_readable(struct mbx_box *box)
{
	if (mbx_box_frozen(box))
		return false;
	return mbx_queue_first(&box->queue) || !list_empty(&box->senders);
}

/**
 * mbx_box_is_writable() - would a send not wait that waits when there is no room?
 * @box: the mailbox
 *
 * At capacity 0 only a receiver makes a send possible, even if it does not take
 * every message.
 *
 * Context: The box is locked.
 * Return: true if so, be it that it fails.
 */
static inline bool mbx_box_is_writable(const struct mbx_box *box)
{
	if (mbx_box_has_room(box) || mbx_box_sealed(box))
		return true;
	if (mbx_box_frozen(box))
		return false;
	return box->nr_takers ||
	       (!box->capacity && !list_empty(&box->receivers));
}

/**
 * mbx_box_wants() - would a mailbox keep a message for the next send?
 * @box: the mailbox
 * @msg: a message of it
 *
 * Context: The box is locked.
 * Return: false if it has enough, or if the message would be at somebody else's
 * expense.
 */
static inline bool mbx_box_wants(const struct mbx_box *box,
				 const struct mbx_msg *msg)
{
	return msg->payer == box->user && msg->from->user == box->user &&
	       box->may_keep[msg->class];
}

/**
 * mbx_box_can_keep() - may a mailbox keep a message for the next send?
 * @box: the mailbox
 * @msg: a message of it
 *
 * Context: The box is locked.
 * Return: false if it would not, or if somebody else still uses the message.
 */
static inline bool mbx_box_can_keep(const struct mbx_box *box,
				    const struct mbx_msg *msg)
{
	return msg->refs == 1 && mbx_box_wants(box, msg);
}

/**
 * mbx_box_keep() - keep a message for the next send
 * @box: the mailbox
 * @msg: a message that is not in the queue any more
 *
 * Context: The box is locked.
 */
static inline void mbx_box_keep(struct mbx_box *box, struct mbx_msg *msg)
{
	msg->next = box->spare[msg->class];
	box->spare[msg->class] = msg;
	box->may_keep[msg->class]--;
}

/**
 * mbx_handle_lock() - lock the mailbox of a handle
 * @handle: the handle
 * @sends: for a send
 *
 * The record that is returned is valid as long as the caller is in this system
 * call: the table of tasks has a reference.
 *
 * Context: Process context.  Sleeps.  Takes the box's lock, also on error.
 * Return: the caller's record, or an error pointer: -EIDRM, -EKEYEXPIRED,
 * -EKEYREVOKED, -ENOMEM, -EOWNERDEAD.
 */
static inline struct mbx_task *mbx_handle_lock(struct mbx_handle *handle,
					       bool sends)
	__acquires(&handle->box->lock)
{
	struct mbx_task *task;

	spin_lock(&handle->box->lock);
	task = handle->task;
	if (likely(task && mbx_task_is_current(task)))
		return task;
	return mbx_handle_change_task(handle, sends);
}

#endif /* MBX_BOX_H */
