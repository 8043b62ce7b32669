/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Mailboxes: indirect message passing between processes.
 *
 * open("/dev/mailbox") gives a control handle.  MBX_IOC_CREATE and
 * MBX_IOC_OPEN on it return a mailbox handle: a close-on-exec, pollable file
 * descriptor which read(2) and write(2) move one message through, and which
 * carries the right to send, to receive, or both.
 */
#ifndef _UAPI_LINUX_IPC_MAILBOX_H
#define _UAPI_LINUX_IPC_MAILBOX_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: structures and errors
 *
 * Every argument structure starts with @size, its size as the caller knows it.
 * A newer kernel treats members that an older caller does not have as zero; an
 * older kernel refuses members that it does not know unless they are zero.
 * Members called out_* are written by the kernel; what the caller put there is
 * ignored, and what stands there after an error means nothing unless said
 * otherwise.
 *
 * Commands share these errors:
 *
 *  - ENOTTY: no such command on this kind of handle
 *  - EINVAL: @size is below the first release's, or above a page; a member has
 *    a known but wrong value
 *  - E2BIG: a member beyond those that this kernel knows is not zero
 *  - EOPNOTSUPP: an unknown flag, or a reserved member that is not zero
 *  - EFAULT: an address is not accessible; nothing has happened
 *  - EKEYREVOKED: the handle was derived, and has been revoked; also when the
 *    mailbox has ended
 *  - ESHUTDOWN: the mailbox was sealed (see MBX_CONTROL_SEAL); a receive
 *    answers it once no message is left that it accepts
 *  - ENOMEM: the kernel or the caller's memory cgroup has no memory left
 *
 * A mailbox that has ended answers every command on its handles with
 *
 *  - EIDRM: it was deleted
 *  - EOWNERDEAD: it was owned by a process, and that process has exited
 *
 * Limits answer
 *
 *  - EDQUOT: a limit of this user (max_user_mailboxes in MBX_IOC_CREATE,
 *    max_user_bytes in MBX_IOC_SEND and write(2))
 *  - ENOSPC: a limit of the whole system (max_mailboxes, max_bytes)
 *  - EMSGSIZE: the message is longer than the mailbox or the buffer takes
 *  - EMFILE: this process has no free descriptor
 *  - ETOOMANYREFS: a limit of this user on descriptors in messages
 *    (max_user_fds)
 *
 * A deadline is an absolute time in nanoseconds, 0 for none, on CLOCK_MONOTONIC
 * or with MBX_*_REALTIME on CLOCK_REALTIME.  A command that can complete at
 * once does so even when its deadline has passed.  A wait that a signal
 * handler interrupts is restarted under SA_RESTART, deadline unchanged, and
 * fails with EINTR otherwise.
 */

#define MBX_DEVICE "/dev/mailbox"

/* Raised when an existing program would notice. */
#define MBX_ABI 1

/* Longest mailbox name in bytes, without a terminator. */
#define MBX_NAME_MAX 255

/* Capacity of a mailbox whose senders never wait. */
#define MBX_UNBOUNDED 0xffffffffU

/* In struct mbx_create: the caller's effective user or group. */
#define MBX_SELF 0xffffffffU

/**
 * struct mbx_version - argument of MBX_IOC_VERSION
 * @size: sizeof(struct mbx_version)
 * @flags: must be 0
 * @out_abi: MBX_ABI of the kernel module
 * @out_release: module release, (major << 16) | (minor << 8) | patch
 * @out_features: bits of optional features; none are defined yet
 *
 * Works on control and mailbox handles.
 *
 * Return: 0, or -1 with one of the shared errors.
 */
struct mbx_version {
	__u32 size;
	__u32 flags;
	__u32 out_abi;
	__u32 out_release;
	__aligned_u64 out_features;
};

/*
 * Ends with the calling process (or by MBX_IOC_DELETE); only it may open it to
 * receive.  It can give the mailbox away, see MBX_IOC_TRANSFER.
 */
#define MBX_CREATE_OWNED (1U << 0)
/* Records when each message was sent; see @out_time of struct mbx_receive. */
#define MBX_CREATE_TIMESTAMP (1U << 1)
/* @dead_letter and @deliveries_max are given. */
#define MBX_CREATE_DEAD_LETTER (1U << 2)
/* Calls with MBX_CALL_DONATE lend their priority to those who serve them. */
#define MBX_CREATE_DONATE (1U << 3)

/* Most ids of messages that a mailbox can remember. */
#define MBX_DEDUP_MAX 65536

/* Who gets a message when several wait for one, and who may wait at all. */
enum {
	/* Whoever has waited longest. */
	MBX_POLICY_FIFO,
	/*
	 * Processes in turn: one that got a message that it waited for goes
	 * behind all others.
	 */
	MBX_POLICY_RR,
	/* Whoever began to wait last. */
	MBX_POLICY_LIFO,
	/* Only one process at a time can be in a receive. */
	MBX_POLICY_EXCLUSIVE,
	/* At most two processes use the mailbox, until one of them exits. */
	MBX_POLICY_PAIR,
};

/* What becomes of a message for which there is no room. */
enum {
	/* It waits with its sender. */
	MBX_FULL_WAIT,
	/*
	 * It takes the place of the oldest message of the lowest priority in
	 * the mailbox, which is lost; unless that is of a higher priority than
	 * its own: then it is lost itself.
	 */
	MBX_FULL_DROP_OLDEST,
	/* It is lost itself. */
	MBX_FULL_DROP_NEWEST,
	/* The kernel keeps it until there is room, one for each handle. */
	MBX_FULL_DEFER,
};

/**
 * struct mbx_create - argument of MBX_IOC_CREATE
 * @size: sizeof(struct mbx_create)
 * @flags: MBX_CREATE_*
 * @name_ptr: address of the name, or 0 for a mailbox without a name
 * @name_len: length of the name in bytes, 1..MBX_NAME_MAX; 0 with no name
 * @mode: permission bits, at most 0666: r to receive, w to send, as for a file
 * @uid: owning user, or MBX_SELF
 * @gid: owning group, or MBX_SELF
 * @capacity: messages that may wait in the mailbox; 0 makes every send a
 *	rendezvous; MBX_UNBOUNDED lets only the byte limits refuse
 * @msg_max: longest message in bytes; 0 for the module's max_msg_size
 * @policy: MBX_POLICY_*
 * @full: MBX_FULL_*, for sends that do not choose themselves
 * @dead_letter: with MBX_CREATE_DEAD_LETTER: a handle of another mailbox, with
 *	the rights to send and to manage
 * @deliveries_max: with MBX_CREATE_DEAD_LETTER: how often a message is
 *	delivered with a lease, at least once, before it goes to that mailbox
 * @dedup: how many of the last @id of struct mbx_send are remembered, at most
 *	MBX_DEDUP_MAX; 0 if no message has one
 * @__reserved: must be 0
 * @out_id: the mailbox's id, never used again for another
 *
 * Create a mailbox in the caller's network namespace and open it for sending
 * and receiving.  A name is unique in its namespace; it has no control
 * character, blank or '/', and does not start with '@'.
 *
 * Without MBX_CREATE_OWNED the mailbox belongs to the system and lives until
 * it is deleted.  With it the mailbox dies with the calling process, and one
 * without a name already with its last handle.
 *
 * A message that was leased (see @lease_ms of struct mbx_receive) and comes
 * back after @deliveries_max deliveries leaves the mailbox, where it counts as
 * lost, and goes into that of @dead_letter, with the sender, type, badge,
 * priority and time that it had, and a new sequence number: hence only who may
 * manage that mailbox can name it.  This does not depend on the handle any
 * more.  It never waits there nor costs another message: if there is neither
 * room nor a receiver, if that mailbox is sealed or has ended, or while
 * somebody is just looking at the message, it stays where it is and is
 * delivered once more.
 *
 * Return: a new mailbox handle, or -1 with errno
 *
 *  - EEXIST: the name is taken
 *  - EINVAL: bad name, mode, @policy or @full, or a @msg_max above
 *    max_msg_size; @dedup is too high; @dead_letter or @deliveries_max without
 *    MBX_CREATE_DEAD_LETTER, or that without @deliveries_max
 *  - EBADF: @dead_letter is no mailbox handle with the right to send
 *  - EMSGSIZE: its mailbox has a lower msg_max
 *  - EIDRM, EOWNERDEAD, EKEYREVOKED, ESHUTDOWN: also what @dead_letter answers
 *  - EPERM: @uid or @gid is not the caller's and it lacks CAP_CHOWN; or
 *    @dead_letter has no right to manage, or was derived from a handle that is
 *    still open, so that it may be revoked
 *  - EDQUOT, ENOSPC, EMFILE, ENFILE: a limit; what is needed to remember ids
 *    counts as bytes of messages
 */
struct mbx_create {
	__u32 size;
	__u32 flags;
	__aligned_u64 name_ptr;
	__u32 name_len;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 capacity;
	__u32 msg_max;
	__u32 policy;
	__u32 full;
	__s32 dead_letter;
	__u32 deliveries_max;
	__u32 dedup;
	__u32 __reserved;
	__aligned_u64 out_id;
};

/* The rights that the handle is to carry; none gives a handle for STAT. */
#define MBX_OPEN_SEND (1U << 0)
#define MBX_OPEN_RECEIVE (1U << 1)
/* To delete and to administer the mailbox, whoever uses the handle. */
#define MBX_OPEN_MANAGE (1U << 2)

/* Capacity of the mailbox of a process, see struct mbx_open. */
#define MBX_DIRECT_CAPACITY 64

/**
 * struct mbx_open - argument of MBX_IOC_OPEN
 * @size: sizeof(struct mbx_open)
 * @flags: MBX_OPEN_*
 * @name_ptr: address of the name, or 0
 * @name_len: length of the name in bytes, or 0
 * @pid: a process in the caller's pid namespace, or 0
 * @id: the id, or 0
 * @out_id: id of the mailbox
 *
 * Open a mailbox by name, by id, or that of a process by pid; one of them is
 * given.
 *
 * The mailbox of a process is made when it is first opened with a right, by
 * whoever that is, who also counts as its creator and is charged for it.  It
 * has no name, a capacity of MBX_DIRECT_CAPACITY, messages of up to
 * max_msg_size bytes, and MBX_POLICY_FIFO.  The process owns it, and it ends
 * with the process (or by MBX_IOC_DELETE, after which a new one can be made),
 * not with its last handle.  Whoever may send the process a signal, see
 * kill(2), may open it to send or to manage, and delete it, whether he comes by
 * pid or by id; only the process itself may open it to receive.  The mode does
 * not count.  It belongs to the network namespace where it was made, which one
 * of the threads of the process is in then.  CAP_IPC_OWNER stands in for the
 * right to send a signal, but not to make a mailbox.
 *
 * A process keeps its mailbox when it executes another program or changes its
 * user.  A program that gains privileges when it is executed deletes the
 * mailbox before it opens it: whoever executed it may have kept a handle to
 * receive with.
 *
 * Return: a new mailbox handle, or -1 with errno
 *
 *  - ENOENT: no such mailbox in the caller's network namespace; or @pid has
 *    none there, and no right was requested
 *  - ESRCH: @pid is no process, or one that is exiting, or it has no mailbox
 *    and no thread in the caller's network namespace
 *  - EINVAL: none or several of name, @id and @pid; @pid is negative
 *  - EDQUOT, ENOSPC: a limit, if the mailbox of a process had to be made
 *  - EACCES: the caller may not send @pid a signal; or the mode bits refuse a
 *    requested right, or with none requested grant the caller none and the
 *    mailbox is not its own; or MBX_OPEN_RECEIVE on another process's owned
 *    mailbox; or MBX_OPEN_MANAGE by somebody who is neither its user nor its
 *    creator nor its owning process, and lacks CAP_IPC_OWNER
 *  - EMFILE, ENFILE: a limit
 */
struct mbx_open {
	__u32 size;
	__u32 flags;
	__aligned_u64 name_ptr;
	__u32 name_len;
	__s32 pid;
	__aligned_u64 id;
	__aligned_u64 out_id;
};

/**
 * struct mbx_delete - argument of MBX_IOC_DELETE
 * @size: sizeof(struct mbx_delete)
 * @flags: must be 0
 * @name_ptr: address of the name, or 0
 * @name_len: length of the name in bytes, or 0
 * @pid: a process in the caller's pid namespace, or 0
 * @id: the id, or 0
 *
 * Delete a mailbox with the messages in it, by name, by id, that of a process
 * by pid, or with none of them the one whose handle the command is issued on.
 * Whoever waits in it is woken with EIDRM, and every handle answers EIDRM from
 * now on.
 *
 * Return: 0, or -1 with errno
 *
 *  - ENOENT: no such mailbox in the caller's network namespace
 *  - ESRCH: @pid is no process
 *  - EINVAL: several of name, @id and @pid; @pid is negative
 *  - EPERM: the handle does not have MBX_OPEN_MANAGE, and the caller is neither
 *    the mailbox's user nor its creator nor its owning process, or may not send
 *    a signal to the process that it is the mailbox of, and lacks CAP_IPC_OWNER
 */
struct mbx_delete {
	__u32 size;
	__u32 flags;
	__aligned_u64 name_ptr;
	__u32 name_len;
	__s32 pid;
	__aligned_u64 id;
};

/* Descriptors that a message can have. */
#define MBX_FDS_MAX 16

/**
 * struct mbx_fds - descriptors that go with a message
 * @size: sizeof(struct mbx_fds)
 * @flags: must be 0
 * @nr: how many of @fds are sent, or may be received; at most MBX_FDS_MAX
 * @out_nr: for a receive: how many the message has
 * @fds: descriptors; a receive writes the first @nr: those that it got, and
 *	else -1
 *
 * What is sent is the open file, which the sender may close then.  While the
 * message is in the mailbox it keeps the file open; a message that is lost,
 * withdrawn or purged, or ends with its mailbox, lets go of it.  So does one
 * that is received by read(2), or without a struct mbx_fds.
 *
 * A receiver gets close-on-exec descriptors of its own.  Those for which @nr
 * leaves no room, or which a security module refuses it, are lost, as
 * MBX_MESSAGE_FDS_LOST says; so are those that can get no number, or cannot be
 * written to @fds, only once the message is received, since other threads took
 * that away.  A command that fails has made none, and lost none; with
 * MBX_RECEIVE_PEEK none are made either: @out_nr tells how many there are.
 *
 * So that no file can keep itself open, some are refused: AF_UNIX sockets,
 * io_urings, and mailbox handles with the right to receive.  A handle to send,
 * be it of the mailbox that the message goes to, and one that is good for one
 * message may be sent.  A mailbox with MBX_CREATE_OWNED and without a name,
 * with such messages in it, ends already with the last handle that may receive,
 * as if it were the last of all, and without one gets none.
 */
struct mbx_fds {
	__u32 size;
	__u32 flags;
	__u32 nr;
	__u32 out_nr;
	__s32 fds[MBX_FDS_MAX];
};

/* Priorities of messages are 0, the lowest, to one below this. */
#define MBX_PRIORITIES 32

/* Do not wait; O_NONBLOCK on the handle does the same. */
#define MBX_SEND_NONBLOCK (1U << 0)
/* Return only when a receiver has taken the message. */
#define MBX_SEND_SYNC (1U << 1)
/* @deadline is on CLOCK_REALTIME. */
#define MBX_SEND_REALTIME (1U << 2)
/* MBX_FULL_* of the same name, whatever the mailbox has. */
#define MBX_SEND_WAIT (1U << 3)
#define MBX_SEND_DROP_OLDEST (1U << 4)
#define MBX_SEND_DROP_NEWEST (1U << 5)
#define MBX_SEND_DEFER (1U << 6)

/* What a send answers that has lost a message: this one or an older one. */
#define MBX_LOST 1
/* What a send answers whose message has been kept. */
#define MBX_DEFERRED 2

/* Messages that a mailbox keeps deferred. */
#define MBX_DEFERRED_MAX 256

/**
 * struct mbx_send - argument of MBX_IOC_SEND
 * @size: sizeof(struct mbx_send)
 * @flags: MBX_SEND_*
 * @data_ptr: address of the message
 * @data_len: its length in bytes; 0 is a message too
 * @priority: below MBX_PRIORITIES; of the messages in the mailbox those with
 *	the highest are received first
 * @deadline: absolute time in ns to wait until, or 0
 * @type: means what senders and receivers agree on; see struct mbx_select
 * @fds_ptr: address of a struct mbx_fds, or 0 to send no descriptors
 * @id: what the sender calls the message, so that it is not sent twice; or 0
 * @out_seq: sequence number of the message in its mailbox, from 1
 * @out_pid: process that took the message, in the caller's pid namespace; 0 if
 *	nobody has yet or it is not visible there
 * @out_tid: thread that took it
 *
 * Send one message.  Of the receivers that wait for one like it, it goes to
 * that which the mailbox's policy chooses, else into the queue.  If that is
 * full, one of MBX_SEND_WAIT, MBX_SEND_DROP_OLDEST, MBX_SEND_DROP_NEWEST and
 * MBX_SEND_DEFER says what is to become of it, or without them @full of the
 * mailbox.  Who waits for room gets it in turn: whoever has waited longest
 * comes first, whatever the priorities; what takes the place of a dropped
 * message needs none.  MBX_SEND_SYNC always waits, first for room if need be;
 * with it, and where one waits at capacity 0, the command completes only when a
 * receiver has the message.
 *
 * Who drops or defers does not wait, hence neither MBX_SEND_NONBLOCK nor
 * @deadline change anything; at capacity 0 a message is dropped that no
 * receiver waits for.  A message that somebody is receiving or has leased is
 * not dropped: while all those that take room are such, MBX_SEND_DROP_OLDEST
 * lets one more in.  A limit on bytes is an error, whatever is to become of a
 * message without room.
 *
 * A message that is dropped counts as sent and as lost, see @out_lost of struct
 * mbx_stat; but one that its sender waits for to be taken was not sent at all,
 * which its sender is told by ENOBUFS.
 *
 * A deferred message waits in the line of those that wait for room, at capacity
 * 0 for a receiver, and goes in as theirs do; the sender is told by
 * MBX_EVENT_DEFERRED, and its EPOLLOUT is off until then.  It belongs to the
 * handle, whoever uses that.  It is withdrawn, and counts as sent and as lost,
 * when the last descriptor of the handle is closed, be it by the end of a
 * process, and when the handle is revoked or the mailbox sealed, unless
 * somebody is receiving it; at capacity 0 also when it is purged.  It has no
 * @out_seq before it goes in, but at capacity 0.  Only one at a time is kept
 * for a handle, and MBX_DEFERRED_MAX for a mailbox.
 *
 * With an @id the message is refused if the mailbox remembers that this user,
 * the one that receivers see, has sent one with this @id.  A mailbox remembers
 * its last
 * @dedup of struct mbx_create, whatever has become of the messages, until it
 * ends; one that was deferred from when it is in.  It does not remember what
 * failed, what was withdrawn or purged while it was deferred, nor a message
 * that was itself dropped for lack of room.  So who does not know whether a
 * send has succeeded sends once more.
 *
 * A command that fails has sent nothing.
 *
 * Return: 0; MBX_LOST if a message was dropped; MBX_DEFERRED if this one was
 * kept; or -1 with errno
 *
 *  - EAGAIN: MBX_SEND_NONBLOCK, and the queue is full or, with capacity 0, no
 *    receiver waits for such a message.  Of this, and of what is dropped,
 *    receivers that wait with too small a buffer are told by EMSGSIZE
 *  - EALREADY: a message with this @id has been sent, and this one has not
 *  - EBADF: the handle has no right to send; a descriptor at @fds_ptr is not
 *    open, or only with O_PATH
 *  - EBUSY: this one would have to be deferred, and one of this handle still
 *    is; or somebody is just sending one with this @id, waits with it, or has
 *    deferred it, which may fail
 *  - ECANCELED: the message was purged before a receiver took it
 *  - EKEYEXPIRED: the handle is good for one message, which has been sent or is
 *    being sent
 *  - EINTR: a signal arrived during the wait
 *  - EINVAL: MBX_SEND_SYNC with MBX_SEND_NONBLOCK, MBX_SEND_DEFER or
 *    MBX_SEND_DROP_*; more than one that says what is to become of a message
 *    without room; a deadline above 2^63 - 1; MBX_SEND_REALTIME without a
 *    deadline; @priority is too high; more than MBX_FDS_MAX descriptors; an
 *    @id, and the mailbox remembers none
 *  - ELOOP: a descriptor at @fds_ptr could keep itself open: an AF_UNIX socket,
 *    an io_uring, or a mailbox handle with the right to receive; or any, in a
 *    mailbox without MBX_CREATE_OWNED of another network namespace than the
 *    first
 *  - EMSGSIZE: @data_len is above the mailbox's msg_max
 *  - ENOBUFS: another message took the place of this one, which waited for a
 *    receiver
 *  - EPIPE: the message has descriptors, and nobody can receive them: the
 *    mailbox ends with its last handle, and none may receive
 *  - ETIMEDOUT: the deadline has passed
 *  - ETOOMANYREFS: the limit of this user on descriptors in messages,
 *    max_user_fds
 *  - EUSERS: with MBX_POLICY_PAIR, two other processes use the mailbox
 *  - EDQUOT, ENOSPC: a limit on queued bytes, or MBX_DEFERRED_MAX; never waits
 *    for one
 *  - EPERM: MBX_SEND_DROP_OLDEST, where the mailbox does not do so itself,
 *    without MBX_OPEN_MANAGE: it throws away what others have sent
 */
struct mbx_send {
	__u32 size;
	__u32 flags;
	__aligned_u64 data_ptr;
	__u32 data_len;
	__u32 priority;
	__aligned_u64 deadline;
	__aligned_u64 type;
	__aligned_u64 fds_ptr;
	__aligned_u64 id;
	__aligned_u64 out_seq;
	__s32 out_pid;
	__s32 out_tid;
};

/* The type is @type. */
#define MBX_SELECT_TYPE (1U << 0)
/* The type is not @type. */
#define MBX_SELECT_TYPE_NOT (1U << 1)
/* The type is at most @type; the lowest type comes first. */
#define MBX_SELECT_TYPE_UPTO (1U << 2)
/* The sending process is @pid. */
#define MBX_SELECT_PID (1U << 3)
/* It was sent through a handle with @badge. */
#define MBX_SELECT_BADGE (1U << 4)
/* The priority is at least @priority. */
#define MBX_SELECT_PRIORITY (1U << 5)
/* The sequence number is @seq. */
#define MBX_SELECT_SEQ (1U << 6)
/* It was sent after @seq; whatever was sent first comes first. */
#define MBX_SELECT_AFTER (1U << 7)

/**
 * struct mbx_select - which messages a receive accepts
 * @size: sizeof(struct mbx_select)
 * @flags: MBX_SELECT_*, conditions that must all hold
 * @pid: for MBX_SELECT_PID, in the caller's pid namespace; what @out_pid of
 *	struct mbx_receive tells
 * @priority: for MBX_SELECT_PRIORITY
 * @type: for MBX_SELECT_TYPE*, of which only one can be given
 * @badge: for MBX_SELECT_BADGE
 * @seq: for MBX_SELECT_SEQ or MBX_SELECT_AFTER, of which only one can be given
 *
 * MBX_SELECT_TYPE_UPTO and MBX_SELECT_AFTER exclude each other, too.
 *
 * A message that still waits with its sender for room is not in the mailbox: a
 * receive that comes later cannot select it.  With capacity 0 all those that
 * are offered can be.
 *
 * MBX_SELECT_AFTER with MBX_RECEIVE_PEEK walks through a mailbox: @seq starts
 * at 0 and then is the @out_seq of the message before.  No message is seen
 * twice, and none is missed that is there all the time and that nobody is about
 * to receive.
 */
struct mbx_select {
	__u32 size;
	__u32 flags;
	__s32 pid;
	__u32 priority;
	__aligned_u64 type;
	__aligned_u64 badge;
	__aligned_u64 seq;
};

/* Do not wait; O_NONBLOCK on the handle does the same. */
#define MBX_RECEIVE_NONBLOCK (1U << 0)
/* Leave the message where it is. */
#define MBX_RECEIVE_PEEK (1U << 1)
/* @deadline is on CLOCK_REALTIME. */
#define MBX_RECEIVE_REALTIME (1U << 2)
/* With MBX_RECEIVE_PEEK: as much of the message as the buffer takes. */
#define MBX_RECEIVE_TRUNCATE (1U << 3)

/* In @out_flags: the sender waits for a reply, see MBX_IOC_CALL. */
#define MBX_MESSAGE_CALL (1U << 0)
/* Descriptors of the message could not be received, and are closed. */
#define MBX_MESSAGE_FDS_LOST (1U << 1)

/**
 * struct mbx_receive - argument of MBX_IOC_RECEIVE
 * @size: sizeof(struct mbx_receive)
 * @flags: MBX_RECEIVE_*
 * @data_ptr: address of the buffer
 * @data_len: its length in bytes
 * @lease_ms: lease the message for so many ms; 0 to have it for good
 * @deadline: absolute time in ns to wait until, or 0
 * @select_ptr: address of a struct mbx_select, or 0 for any message
 * @reply_ptr: address of a struct mbx_reply, which is carried out first, or 0
 * @fds_ptr: address of a struct mbx_fds, or 0 to have descriptors closed
 * @out_seq: sequence number of the message in its mailbox, from 1
 * @out_time: when the message was sent, CLOCK_MONOTONIC in ns; 0 unless the
 *	mailbox has MBX_CREATE_TIMESTAMP
 * @out_pid: sending process, in the caller's pid namespace; 0 if not visible
 * @out_tid: sending thread, likewise
 * @out_uid: real user of the sender when it sent, in the caller's user
 *	namespace; the overflow id if it has none there
 * @out_gid: real group, likewise
 * @out_badge: badge of the handle that it was sent through
 * @out_type: its type
 * @out_priority: its priority
 * @out_len: its length; also set on EMSGSIZE
 * @out_flags: MBX_MESSAGE_*
 * @out_reply_max: with MBX_MESSAGE_CALL, how long the reply may be
 * @out_deliveries: how often it has been delivered, 1 for the first time
 * @__reserved: 0
 *
 * Receive the oldest message of the highest priority, of those that @select_ptr
 * accepts.  A command that fails leaves it in its place.
 *
 * With @lease_ms the message stays in the mailbox, where it takes room, but
 * nobody else receives it, looks at it, purges or drops it, until the calling
 * process says by MBX_IOC_SETTLE what is to become of it.  It comes back to its
 * place among the messages of its priority, to be delivered again, if the
 * process says so, once
 * @lease_ms have passed on CLOCK_MONOTONIC, which does not run while the system
 * is suspended, when the process exits, and when the last descriptor of the
 * handle is closed or the handle revoked; or it goes to the dead-letter
 * mailbox, see struct mbx_create.  A sender that waits for its message to be
 * received has been told when it is leased.  A message that was leased at
 * capacity 0 waits for a receiver alone when it comes back.  A sealed mailbox
 * is not drained while a message is leased.  Whoever leases one is charged for
 * the lease, and the sender for the message until it leaves the mailbox.  A
 * call, see MBX_MESSAGE_CALL, is never leased: its sender is told if nobody
 * will reply.
 *
 * The ids are real ones, since the effective ones of a set-user-ID program that
 * writes to an inherited handle say nothing about who made it do so.
 *
 * What @reply_ptr points to is done before anything is received, as by
 * MBX_IOC_REPLY, and its @call is set to 0, which stands for no reply.  If that
 * fails nothing is received, and @call stays.  Hence @call tells which of the
 * two has failed, and the command can be issued again as it is.
 *
 * Return: 0, or -1 with errno
 *
 *  - EAGAIN: MBX_RECEIVE_NONBLOCK, and no such message is there, or the mailbox
 *    is frozen
 *  - EBADF: the handle has no right to receive
 *  - EBUSY: with MBX_POLICY_EXCLUSIVE, another process is in a receive
 *  - EINTR: a signal arrived during the wait
 *  - EINVAL: a deadline above 2^63 - 1; MBX_RECEIVE_REALTIME without a
 *    deadline; MBX_RECEIVE_TRUNCATE without MBX_RECEIVE_PEEK; conditions of
 *    which only one can be given; room for more than MBX_FDS_MAX descriptors;
 *    @lease_ms with MBX_RECEIVE_PEEK
 *  - EDQUOT, ENOSPC: with @lease_ms, a limit on bytes
 *  - EMFILE: this process has no free descriptor for one of the message
 *  - EMSGSIZE: the buffer is too small; @out_len tells the length
 *  - ETIMEDOUT: the deadline has passed
 *  - EUSERS: with MBX_POLICY_PAIR, two other processes use the mailbox
 *  - whatever MBX_IOC_REPLY fails with
 */
struct mbx_receive {
	__u32 size;
	__u32 flags;
	__aligned_u64 data_ptr;
	__u32 data_len;
	__u32 lease_ms;
	__aligned_u64 deadline;
	__aligned_u64 select_ptr;
	__aligned_u64 reply_ptr;
	__aligned_u64 fds_ptr;
	__aligned_u64 out_seq;
	__aligned_u64 out_time;
	__s32 out_pid;
	__s32 out_tid;
	__u32 out_uid;
	__u32 out_gid;
	__aligned_u64 out_badge;
	__aligned_u64 out_type;
	__u32 out_priority;
	__u32 out_len;
	__u32 out_flags;
	__u32 out_reply_max;
	__u32 out_deliveries;
	__u32 __reserved;
};

/* Deliver the message again. */
#define MBX_SETTLE_NACK (1U << 0)
/* Lease it for @lease_ms from now. */
#define MBX_SETTLE_RENEW (1U << 1)

/**
 * struct mbx_settle - argument of MBX_IOC_SETTLE
 * @size: sizeof(struct mbx_settle)
 * @flags: 0 if the message is done with, or one of MBX_SETTLE_*
 * @seq: @out_seq of the message
 * @lease_ms: with MBX_SETTLE_RENEW, 0 otherwise
 * @__reserved: must be 0
 *
 * Say what is to become of a message that the calling process has leased,
 * through any handle of the mailbox with the right to receive.  Without a flag
 * it has been received, and leaves the mailbox.
 *
 * Return: 0, or -1 with errno
 *
 *  - EBADF: the handle has no right to receive
 *  - EINVAL: both flags; @lease_ms without MBX_SETTLE_RENEW, or that without
 *    @lease_ms
 *  - ENOENT: this process does not have the message leased, maybe not any more:
 *    then others may have received it, or will
 */
struct mbx_settle {
	__u32 size;
	__u32 flags;
	__aligned_u64 seq;
	__u32 lease_ms;
	__u32 __reserved;
};

/* @deadline is on CLOCK_REALTIME. */
#define MBX_CALL_REALTIME (1U << 0)
/*
 * Where the mailbox has MBX_CREATE_DONATE: from when a thread has taken the
 * call until that is answered or given up, it has the caller's priority, if
 * that is higher and real-time (SCHED_FIFO, SCHED_RR) or a negative nice value.
 * Of several callers the highest counts.  What a thread has it lends to those
 * whom it calls itself in this way, as long as it has it.  Its children start
 * with the default meanwhile.  Another priority that it is given meanwhile it
 * keeps, unless that is between its own and the one it was lent.  It is up to
 * the server how long that is, hence this is for servers which the caller
 * trusts with its priority.
 */
#define MBX_CALL_DONATE (1U << 4)
/* The caller can be asked something before it gets the reply. */
#define MBX_CALL_BACKS (1U << 1)
/* Ask the caller of @call, which this process has taken, something. */
#define MBX_CALL_BACK (1U << 2)
/* Answer what @call was asked, and wait on for its reply. */
#define MBX_CALL_ANSWER (1U << 3)
/* Give @call up, which is being asked something. */
#define MBX_CALL_HANG_UP (1U << 5)

/* What MBX_IOC_CALL returns if the caller is asked something. */
#define MBX_CALLED_BACK 3

/* In @out_flags: nobody waited for the answer any more. */
#define MBX_CALL_UNHEARD (1U << 0)
/* It is no reply, but a question: with MBX_CALLED_BACK. */
#define MBX_CALL_ASKED (1U << 1)

/* Questions that a thread may have without having answered them. */
#define MBX_CALLED_BACK_MAX 32

/* Calls of a cycle that can be named. */
#define MBX_CYCLE_MAX 64

/**
 * struct mbx_link - a call of a cycle
 * @pid: process that calls, in the pid namespace of whoever asks; 0 if it is
 *	not visible there
 * @tid: thread that calls, likewise
 * @box: id of the mailbox that it calls
 */
struct mbx_link {
	__s32 pid;
	__s32 tid;
	__aligned_u64 box;
};

/**
 * struct mbx_cycle - calls that wait for each other
 * @size: sizeof(struct mbx_cycle)
 * @flags: must be 0
 * @nr: how many of @links there is room for; at most MBX_CYCLE_MAX
 * @out_nr: how many calls the cycle has, which may be more; 0 if there is none
 * @links: the calls: the one that is refused, or another of its process, comes
 *	first; each is followed by one of the process that it waits for, and
 *	the last one waits for the first one's process
 *
 * A call that would close a cycle is refused with EDEADLK before it waits, and
 * nothing is sent.  A process is stuck when all its threads wait in
 * MBX_IOC_CALL.  A call that was taken waits for the process that took it, one
 * that was not for all those that have a handle that may receive from the
 * mailbox, and MBX_CALL_BACK for the process that is asked.  Neither that nor
 * MBX_CALL_ANSWER is refused, but a new call is if it would make its process
 * stuck, all processes that it waits for, directly or through others, are stuck
 * too, and among them they wait for its own.
 *
 * None is refused that may yet be answered: not as long as one of these
 * processes has a thread that does anything else, or shares its descriptors
 * with another process; nor if another process has, or has ever used, a handle
 * that may receive from one of the mailboxes, or if it was duplicated or is in
 * a socket or io_uring; nor if there are more than 256 calls and handles to
 * look at.  What may yet come is left out of account: deadlines, signals, and
 * processes that are to open a mailbox or to end it.  Messages that are no
 * calls wait for nobody.
 */
struct mbx_cycle {
	__u32 size;
	__u32 flags;
	__u32 nr;
	__u32 out_nr;
	struct mbx_link links[MBX_CYCLE_MAX];
};

/**
 * struct mbx_call - argument of MBX_IOC_CALL
 * @size: sizeof(struct mbx_call)
 * @flags: MBX_CALL_*
 * @data_ptr: address of the message
 * @data_len: its length in bytes
 * @priority: as in struct mbx_send
 * @deadline: absolute time in ns until which the reply has to be there, or 0
 * @type: as in struct mbx_send
 * @reply_ptr: address of a buffer for the reply
 * @reply_len: its length in bytes
 * @__reserved: must be 0
 * @fds_ptr: address of a struct mbx_fds, or 0 to send no descriptors
 * @reply_fds_ptr: address of a struct mbx_fds for those of the reply, or 0 to
 *	have them closed
 * @call: which call this is about; with MBX_CALL_BACK, MBX_CALL_ANSWER and
 *	MBX_CALL_HANG_UP, 0 otherwise
 * @cycle_ptr: address of a struct mbx_cycle, or 0
 * @out_seq: sequence number of the message in its mailbox; 0 if nobody took it
 * @out_pid: process that took it, in the caller's pid namespace; 0 if it is not
 *	visible there
 * @out_tid: thread that took it
 * @out_len: length of the reply
 * @out_flags: MBX_CALL_ASKED, MBX_CALL_UNHEARD
 *
 * Send one message, and wait until whoever takes it has replied.  It is sent as
 * with MBX_SEND_SYNC: it waits for room, and in the mailbox, whatever others do
 * there; as long as nobody has taken it, whatever ends the wait takes it back,
 * and the command fails as that does, having sent nothing.
 *
 * Receivers see it as any other message, with MBX_MESSAGE_CALL.  The process of
 * the one that takes it by MBX_IOC_RECEIVE has the right to reply: once, by any
 * of its threads, through any handle that may receive from the mailbox, and as
 * long as it does not close that which it was taken through.  Replies pass a
 * mailbox that is frozen or sealed, take no room in it and are not counted
 * there.  Nobody else can reply, and whoever receives by read(2) cannot.
 *
 * If a command fails and @out_seq is not 0, @out_tid took the message, and may
 * have done what it says.  Such a command is not restarted after a signal, also
 * not under SA_RESTART.  Set @out_seq to 0 beforehand: a command that is
 * refused at once need not write it.
 *
 * The reply can be as long as @reply_len says, and as the mailbox's msg_max.  A
 * longer one is refused where it is sent.  It is copied by the caller: if that
 * fails nobody else learns of it.  Until then it is charged to the caller's
 * user.
 *
 * Descriptors go both ways as with MBX_IOC_SEND and MBX_IOC_RECEIVE.  Which of
 * a reply are lost @out_nr and @fds at @reply_fds_ptr tell.
 *
 * Calling back: With MBX_CALL_BACKS, the process that has the right to reply
 * can ask the thread that calls something before that, as often as it likes,
 * one thing at a time.  The command then returns MBX_CALLED_BACK, with the
 * question where the reply would be, @out_len its length, @out_seq the number
 * of the call, and @out_pid and
 * @out_tid who asks.  The call is not over: the thread is to say something to
 * that by another command on the same handle, with that number in @call, and
 * may do anything else before, such as other calls:
 *
 *  - MBX_CALL_ANSWER: the message is the answer.  The command then waits as
 *    that before did, for the reply or the next question, into @reply_ptr and
 *    @reply_len as they are now, and returns likewise.  The deadline, and
 *    MBX_CALL_DONATE, are still those of the call.  If whoever asked has given
 *    up waiting meanwhile the answer is lost, MBX_CALL_UNHEARD is set, and the
 *    call goes on all the same.  If the call itself was ended meanwhile, so it
 *    is, and this command tells how: it returns the reply, or fails as the one
 *    before would have.  If @out_seq is 0, it was refused, and the question is
 *    still there.
 *  - MBX_CALL_HANG_UP: gives the call up, and returns 0.
 *
 * The thread also gives up by exiting, and with the last descriptor of the
 * handle.  Nobody else can answer: no other thread, nor a child, which a fork
 * gives the handle, but not the call.  What it was asked, and an answer, are
 * charged to whoever sends them while they are being copied in, then to whom
 * they are for; and as long as it goes on, a call with MBX_CALL_BACKS takes a
 * little more memory of the caller's user.
 *
 * MBX_CALL_BACK, on a handle with the right to receive, sends such a question,
 * and waits for the answer, or until @deadline; @reply_ptr and @reply_len are
 * for that, and @out_seq is @call if the question has arrived, whatever became
 * of it.  It waits for no longer than the call is there: it fails with
 * ECANCELED when the caller has given up, the deadline of the call passes, this
 * process closes the handle that the call came through, or another thread of it
 * replies.  If it fails for other reasons the call is still there, and so is
 * the right to reply, but it cannot be asked something else before it has
 * answered.  Such a command is not restarted after a signal.  With
 * MBX_CALL_DONATE, the caller has the priority of the thread that asks
 * meanwhile, as that thread would have the caller's; which does not lend it
 * then.
 *
 * With these three @type, @priority, @fds_ptr, @reply_fds_ptr and @cycle_ptr
 * must be 0, and with MBX_CALL_ANSWER and MBX_CALL_HANG_UP @deadline; with
 * MBX_CALL_HANG_UP also all others.  With MBX_CALL_BACKS @reply_fds_ptr must be
 * 0: descriptors of the reply are closed.
 *
 * Return: 0, MBX_CALLED_BACK, or -1 with errno
 *
 *  - EBADF, EDQUOT, EKEYEXPIRED, ELOOP, EMSGSIZE, ENOSPC, ETOOMANYREFS, EUSERS:
 *    as for MBX_IOC_SEND
 *  - EBUSY: with MBX_CALL_BACK, the caller has not answered yet what it was
 *    asked before; with MBX_CALL_BACKS, this thread has as many questions to
 *    answer as it may have, MBX_CALLED_BACK_MAX
 *  - ECANCELED: the message was purged before a receiver took it; with
 *    MBX_CALL_BACK see above
 *  - EDEADLK: nobody could reply: see struct mbx_cycle
 *  - EFAULT: also, with @out_seq set, if the reply or a question could not be
 *    copied, which ends the call
 *  - EINTR: a signal arrived during the wait
 *  - EINVAL: O_NONBLOCK is set on the handle; a deadline above 2^63 - 1;
 *    MBX_CALL_REALTIME without a deadline; @priority is too high; too many
 *    descriptors, or room for too many; flags that exclude each other; a member
 *    that must be 0 with one of them
 *  - EMFILE: with @out_seq set, this process has no free descriptor for one of
 *    the reply, which is lost
 *  - EMSGSIZE: also if the question or answer is longer than whom it is for has
 *    room
 *  - ENOBUFS: another message took the place of this one
 *  - ENOENT: with MBX_CALL_BACK, as for MBX_IOC_REPLY; with MBX_CALL_ANSWER and
 *    MBX_CALL_HANG_UP, this thread is not asked anything in @call of this
 *    handle
 *  - ENXIO: with MBX_CALL_BACK, the caller did not set MBX_CALL_BACKS
 *  - EOPNOTSUPP: also descriptors, where none can be
 *  - EPIPE: nobody will reply: the process that took the message has exited, or
 *    closed the handle that it came through, or had it revoked, or took it by
 *    read(2); or, with @out_seq 0, as for MBX_IOC_SEND
 *  - ESHUTDOWN: the mailbox was sealed before the message was in it, or, at
 *    capacity 0, taken
 *  - ETIMEDOUT: the deadline has passed
 */
struct mbx_call {
	__u32 size;
	__u32 flags;
	__aligned_u64 data_ptr;
	__u32 data_len;
	__u32 priority;
	__aligned_u64 deadline;
	__aligned_u64 type;
	__aligned_u64 reply_ptr;
	__u32 reply_len;
	__u32 __reserved;
	__aligned_u64 fds_ptr;
	__aligned_u64 reply_fds_ptr;
	__aligned_u64 call;
	__aligned_u64 cycle_ptr;
	__aligned_u64 out_seq;
	__s32 out_pid;
	__s32 out_tid;
	__u32 out_len;
	__u32 out_flags;
};

/**
 * struct mbx_reply - argument of MBX_IOC_REPLY; see also struct mbx_receive
 * @size: sizeof(struct mbx_reply)
 * @flags: must be 0
 * @call: what is replied to: @out_seq of the message; 0 for nothing, which only
 *	MBX_IOC_RECEIVE allows
 * @data_ptr: address of the reply
 * @data_len: its length in bytes; 0 is a reply too
 * @__reserved: must be 0
 * @fds_ptr: address of a struct mbx_fds, or 0 to send no descriptors
 *
 * Answer a call that the calling process has taken from the mailbox.  It never
 * waits.  When it succeeds the caller has the reply, unless it is killed before
 * it runs again, or has given a bad address for it.  When it fails the caller
 * waits on, if it is there.
 *
 * Return: 0, or -1 with errno
 *
 *  - EBADF: the handle has no right to receive; a descriptor at @fds_ptr is not
 *    open
 *  - EINVAL, ELOOP, ETOOMANYREFS: of @fds_ptr, as for MBX_IOC_SEND; the user is
 *    that of whoever replies
 *  - ECANCELED: the caller has given up while it was being replied to
 *  - EDQUOT, ENOSPC: a limit on queued bytes, of the caller's user or of the
 *    system
 *  - EMSGSIZE: longer than @out_reply_max of the message
 *  - ENOENT: there is no such call: this process has not taken it, or has
 *    replied to it, or the caller has given up, for which see
 *    MBX_EVENT_CANCELED
 */
struct mbx_reply {
	__u32 size;
	__u32 flags;
	__aligned_u64 call;
	__aligned_u64 data_ptr;
	__u32 data_len;
	__u32 __reserved;
	__aligned_u64 fds_ptr;
};

/* In @out_flags: it is the mailbox of @out_owner_pid, see struct mbx_open. */
#define MBX_STAT_DIRECT (1U << 31)
/* The mailbox delivers nothing for the time being. */
#define MBX_STATE_FROZEN (1U << 0)
/* No message comes into the mailbox any more. */
#define MBX_STATE_SEALED (1U << 1)

/**
 * struct mbx_stat - argument of MBX_IOC_STAT
 * @size: sizeof(struct mbx_stat)
 * @flags: must be 0
 * @out_id: id of the mailbox
 * @out_flags: MBX_CREATE_* that it was created with, MBX_STAT_DIRECT
 * @out_mode: permission bits
 * @out_uid: owning user, in the caller's user namespace
 * @out_gid: owning group, likewise
 * @out_capacity: messages that may wait in it
 * @out_msg_max: longest message in bytes
 * @out_owner_pid: owning process in the caller's pid namespace, 0 if none
 * @out_creator_pid: creating process, likewise
 * @out_handles: open handles (files, not descriptors)
 * @out_depth: messages waiting in it now, also those that are leased
 * @out_high_water: most messages that ever waited in it
 * @out_senders: threads blocked in a send now, or in a call that nobody has
 *	taken
 * @out_receivers: threads blocked in a receive now
 * @out_bytes: bytes in waiting messages
 * @out_sent: messages ever sent to it
 * @out_received: messages ever received from it
 * @out_bytes_sent: bytes in the messages of @out_sent
 * @out_bytes_received: bytes in the messages of @out_received
 * @out_created: creation time, CLOCK_BOOTTIME in ns
 * @out_rights: MBX_OPEN_* rights of this handle
 * @out_name_len: length of the name, 0 if none
 * @out_name: the name, padded with zero bytes
 * @out_policy: MBX_POLICY_*
 * @out_state: MBX_STATE_*
 * @out_successor_pid: process that inherits the mailbox, in the caller's pid
 *	namespace; 0 if there is none, or it has exited
 * @out_lost: messages of @out_sent that have been purged or dropped, or
 *	withdrawn while they were deferred, or have gone to the dead-letter
 *	mailbox
 * @out_full: MBX_FULL_*
 * @out_callers: threads blocked in a call that was taken, until it is replied
 *	to; while they are being asked something, who asks in their place
 * @out_returned: how often a leased message has come back
 * @out_dead_letters: messages of @out_lost that have gone to the dead-letter
 *	mailbox
 * @out_duplicates: sends that were refused with EALREADY
 * @out_dead_letter: id of the dead-letter mailbox, which may have ended; 0 for
 *	none
 * @out_leased: messages that are leased now
 * @out_deliveries_max: @deliveries_max of struct mbx_create
 * @out_dedup: @dedup of struct mbx_create
 * @out_fds: descriptors in its messages, also those that are leased, and in
 *	replies that have not been received yet
 *
 * Return: 0, or -1 with one of the shared errors.
 */
struct mbx_stat {
	__u32 size;
	__u32 flags;
	__aligned_u64 out_id;
	__u32 out_flags;
	__u32 out_mode;
	__u32 out_uid;
	__u32 out_gid;
	__u32 out_capacity;
	__u32 out_msg_max;
	__s32 out_owner_pid;
	__s32 out_creator_pid;
	__u32 out_handles;
	__u32 out_depth;
	__u32 out_high_water;
	__u32 out_senders;
	__u32 out_receivers;
	__u32 out_rights;
	__aligned_u64 out_bytes;
	__aligned_u64 out_sent;
	__aligned_u64 out_received;
	__aligned_u64 out_bytes_sent;
	__aligned_u64 out_bytes_received;
	__aligned_u64 out_created;
	__u32 out_name_len;
	__u8 out_name[MBX_NAME_MAX + 1];
	__u32 out_policy;
	__u32 out_state;
	__s32 out_successor_pid;
	__aligned_u64 out_lost;
	__u32 out_full;
	__u32 out_callers;
	__aligned_u64 out_returned;
	__aligned_u64 out_dead_letters;
	__aligned_u64 out_duplicates;
	__aligned_u64 out_dead_letter;
	__u32 out_leased;
	__u32 out_deliveries_max;
	__u32 out_dedup;
	__u32 out_fds;
};

/* One message can be sent through the handle; a send that failed is none. */
#define MBX_DERIVE_ONESHOT (1U << 0)

/**
 * struct mbx_derive - argument of MBX_IOC_DERIVE
 * @size: sizeof(struct mbx_derive)
 * @flags: MBX_DERIVE_*
 * @rights: MBX_OPEN_* that the new handle is to carry
 * @__reserved: must be 0
 * @badge: what receivers see as @out_badge of what is sent through it; 0 for
 *	that of this handle
 *
 * Make a handle with fewer rights of a handle, to be passed to somebody who is
 * to have no more than these.  It works until MBX_IOC_REVOKE on this handle, or
 * on one that this one was derived from.  Closing this one changes nothing: the
 * new one then counts as derived from the one before, if there is one.
 *
 * Return: a new mailbox handle, or -1 with errno
 *
 *  - EACCES: @rights that this handle does not have
 *  - EINVAL: MBX_DERIVE_ONESHOT without MBX_OPEN_SEND
 *  - EOPNOTSUPP: also unknown @rights
 *  - EPERM: another @badge than this handle has; MBX_OPEN_SEND of a handle that
 *    is itself good for one message
 *  - EMFILE, ENFILE: a limit
 */
struct mbx_derive {
	__u32 size;
	__u32 flags;
	__u32 rights;
	__u32 __reserved;
	__aligned_u64 badge;
};

/**
 * struct mbx_revoke - argument of MBX_IOC_REVOKE
 * @size: sizeof(struct mbx_revoke)
 * @flags: must be 0
 * @out_handles: how many handles this has ended
 *
 * End all handles that were derived from this one, and those derived from them.
 * Whoever waits through one of them is woken with EKEYREVOKED, which every
 * later command on them answers.  Messages sent through them stay, except those
 * whose sender waits for them to be taken.  Once this has returned, nothing is
 * sent or received through them any more, whatever had begun before: a message
 * that is being copied to one of them is there again once the copy has come to
 * its end.
 *
 * Return: 0, or -1 with one of the shared errors.
 */
struct mbx_revoke {
	__u32 size;
	__u32 flags;
	__aligned_u64 out_handles;
};

/*
 * A receive would not wait: a message is there, or at capacity 0 a sender, and
 * the mailbox is not frozen; or it is sealed, and nothing will come any more.
 */
#define MBX_EVENT_READABLE (1U << 0)
/*
 * There is room for a message, or at capacity 0 a receiver, and the mailbox is
 * not frozen; or it is sealed, so that no send waits.
 */
#define MBX_EVENT_ROOM (1U << 1)
/* No message takes room. */
#define MBX_EVENT_EMPTY (1U << 2)
/* The depth has reached @high, and has not fallen to @low since. */
#define MBX_EVENT_HIGH (1U << 3)
/* The depth has fallen to @low, and has not reached @high since. */
#define MBX_EVENT_LOW (1U << 4)
/*
 * The message that was last deferred through the handle is kept no longer: it
 * has gone in, or at capacity 0 was purged.
 */
#define MBX_EVENT_DEFERRED (1U << 5)
/* No open handle has the right to send. */
#define MBX_EVENT_NO_SENDERS (1U << 6)
/* No open handle has the right to receive. */
#define MBX_EVENT_NO_RECEIVERS (1U << 7)
/*
 * The process that owned the mailbox has exited.  If a successor owns it now
 * (see MBX_TRANSFER_SUCCESSOR) the mailbox lives on, and this can happen again;
 * it is not in @out_state.
 */
#define MBX_EVENT_OWNER_DIED (1U << 8)
/* The mailbox was deleted, or the handle revoked. */
#define MBX_EVENT_DELETED (1U << 9)
/*
 * The caller of a call that was taken has given up: a signal, its deadline, its
 * handle was revoked; or he was asked something, and has not answered.  Not in
 * @out_state.
 */
#define MBX_EVENT_CANCELED (1U << 10)
/*
 * A message that was leased has come back, see struct mbx_settle; not if it has
 * gone to the dead-letter mailbox.  Not in @out_state.
 */
#define MBX_EVENT_RETURNED (1U << 11)

/* One above the highest bit. */
#define MBX_EVENTS 12

/* Tell which events have happened, and forget them. */
#define MBX_NOTIFY_READ (1U << 0)

/* Registrations that a mailbox may have. */
#define MBX_NOTIFY_MAX 256

/* Type of a message that tells of events. */
#define MBX_TYPE_EVENT 0xffffffffffffffffULL

/**
 * struct mbx_event - a message that tells of events
 * @size: sizeof(struct mbx_event), its length
 * @events: MBX_EVENT_* that have happened since the message before
 * @state: MBX_EVENT_* that held when this was looked at
 * @nr: how often those of @events have happened since then, together; does not
 *	wrap
 * @id: id of the mailbox in which they have happened
 * @data: what struct mbx_notify said
 */
struct mbx_event {
	__u32 size;
	__u32 events;
	__u32 state;
	__u32 nr;
	__aligned_u64 id;
	__aligned_u64 data;
};

/**
 * struct mbx_notify - argument of MBX_IOC_NOTIFY
 * @size: sizeof(struct mbx_notify)
 * @flags: MBX_NOTIFY_*
 * @events: MBX_EVENT_* to be told of; 0 to be told of none any more
 * @fd: an eventfd, or a mailbox handle with the right to send
 * @low: depth for MBX_EVENT_LOW, below @high
 * @high: depth for MBX_EVENT_HIGH; 0 unless one of the two is in @events
 * @data: what messages are to say in @data; 0 for an eventfd
 * @out_events: MBX_EVENT_* that have happened
 * @out_state: MBX_EVENT_* that hold now, registered or not
 * @out_counts: how often each has happened, in the order of the bits; a count
 *	does not wrap
 *
 * Have events counted, and 1 added to an eventfd for each or messages sent.  An
 * event happens when what its name says begins to hold: it does after a
 * command, and did not before.  What holds already at the registration is told
 * by
 * @out_state and is no event.  Neither is what holds only while a command is
 * under way: a message that goes to a waiting receiver makes nothing readable.
 * One that comes back after a failed receive does: others may have looked for
 * it meanwhile.
 *
 * Each handle has one registration, which lasts until the handle is closed or
 * the next one replaces it.  Whichever events happen until then are counted and
 * in the eventfd before the command returns that made them happen; none comes
 * later.  Any right will do, or none.
 *
 * If @fd is a mailbox handle, of this mailbox or of any, a struct mbx_event is
 * sent through it a moment later, with type MBX_TYPE_EVENT and priority 0, by
 * the caller, who pays for it, to whoever receives there; but not in its
 * counters, and CAP_SYS_RESOURCE lifts no limit.  What happens before it is
 * made is told by the same message.  It never waits, nor costs another message:
 * a mailbox that is full, whatever that does then, or sealed, or a limit, keeps
 * it from being sent.  What it was to tell is then told with the next events
 * that happen, or when the registration ends, and is in @out_counts while the
 * mailbox lives.  It is told no more once that handle was closed, revoked or,
 * if it is good for one message, used.  All that has happened is sent, if it
 * can be, before the registration ends; nothing is later.
 *
 * So that mailboxes which tell each other do not go on for ever, that such a
 * message makes a mailbox readable, or its depth reach @high, is counted there
 * and told on eventfds, but by no message; nor is what comes on top of it,
 * until the mailbox has been empty, or @low been reached.
 *
 * With MBX_NOTIFY_READ nothing is registered: @out_events and @out_counts tell
 * what has happened since the registration, or since they were last told, and
 * start anew.  Without it they are 0.  The eventfd is left alone: who reads
 * that first and then asks misses nothing.  So are messages.  MBX_EVENT_HIGH
 * and MBX_EVENT_LOW are in @out_state only for a registration with a @high.
 *
 * Without @events, and with MBX_NOTIFY_READ, @fd, @low, @high and @data must be
 * 0, and with the latter @events.
 *
 * A mailbox that has ended, and a handle that was revoked, answer with their
 * error; the eventfd has been told.
 *
 * Return: 0, or -1 with errno
 *
 *  - EBADF: @fd is not open, or a handle without the right to send
 *  - EINVAL: @fd is no eventfd, nor a mailbox handle; no such event; @low is
 *    not below @high, or these are given without the events, or those without
 *    them; @data for an eventfd
 *  - EMSGSIZE: @fd is of a mailbox with a msg_max below sizeof(struct
 *    mbx_event)
 *  - EIDRM, EOWNERDEAD, EKEYREVOKED, ESHUTDOWN, EKEYEXPIRED: also what a send
 *    through @fd would fail with
 *  - ENOSPC: the mailbox has MBX_NOTIFY_MAX registrations
 */
struct mbx_notify {
	__u32 size;
	__u32 flags;
	__u32 events;
	__s32 fd;
	__u32 low;
	__u32 high;
	__aligned_u64 data;
	__u32 out_events;
	__u32 out_state;
	__u32 out_counts[MBX_EVENTS];
};

/* @deadline is on CLOCK_REALTIME. */
#define MBX_CONTROL_REALTIME (1U << 0)

/* What can be done to a mailbox. */
enum {
	/*
	 * Deliver nothing until MBX_CONTROL_THAW.  Receives wait as if no
	 * message were there; sends queue until the mailbox is full; a
	 * rendezvous waits, and MBX_RECEIVE_PEEK sees what there is.  A receive
	 * that has its message already ends as usual.
	 */
	MBX_CONTROL_FREEZE,
	/* Serve those who wait in their order, each as if it came now. */
	MBX_CONTROL_THAW,
	/*
	 * Let no more messages in, for good: sends answer ESHUTDOWN, also those
	 * that wait for room or in a rendezvous.  What is queued can still be
	 * received, and a send that waits with MBX_SEND_SYNC for just that
	 * goes on.  Once no message is left that it accepts, a receive answers
	 * ESHUTDOWN, whatever else is there.
	 */
	MBX_CONTROL_SEAL,
	/*
	 * Throw away the messages that are queued, of all priorities;
	 * @out_count tells how many.  Who waits for one of them to be received
	 * gets ECANCELED, and has not sent it; the others are counted as lost.
	 * Then come in those that waited for room.
	 */
	MBX_CONTROL_PURGE,
	/*
	 * MBX_CONTROL_SEAL, and wait until no message is left.  @out_count is
	 * 0, or after EAGAIN, EINTR and ETIMEDOUT what is left.
	 */
	MBX_CONTROL_DRAIN,
};

/**
 * struct mbx_control - argument of MBX_IOC_CONTROL
 * @size: sizeof(struct mbx_control)
 * @flags: MBX_CONTROL_REALTIME
 * @op: what to do: one of the others of MBX_CONTROL_*
 * @__reserved: must be 0
 * @deadline: absolute time in ns to wait until, or 0; MBX_CONTROL_DRAIN only
 * @out_count: how many messages it was about; 0 if that is not said
 *
 * Administer a mailbox.  To freeze a frozen, to thaw any other and to seal a
 * sealed mailbox changes nothing and is no error.
 *
 * poll(2): A frozen mailbox does not report EPOLLIN, nor EPOLLOUT for a
 * receiver that waits.  A sealed one reports EPOLLRDHUP to who may receive,
 * with EPOLLIN as long as there is a message, then EPOLLHUP; and to who may
 * send EPOLLOUT, since a send fails at once, with EPOLLHUP if he may not
 * receive, too.
 *
 * Return: 0, or -1 with errno
 *
 *  - EAGAIN: O_NONBLOCK, and MBX_CONTROL_DRAIN would have to wait
 *  - EINTR: a signal arrived during the wait; the mailbox is sealed
 *  - EINVAL: no such @op; a deadline above 2^63 - 1, or for another @op;
 *    MBX_CONTROL_REALTIME without a deadline
 *  - EPERM: the handle does not have MBX_OPEN_MANAGE, and the caller may not
 *    delete the mailbox by name or id, see struct mbx_delete
 *  - ETIMEDOUT: the deadline has passed; the mailbox is sealed
 */
struct mbx_control {
	__u32 size;
	__u32 flags;
	__u32 op;
	__u32 __reserved;
	__aligned_u64 deadline;
	__aligned_u64 out_count;
};

/* Most elements that a batch can have. */
#define MBX_BATCH_MAX 1024

/**
 * struct mbx_batch - argument of MBX_IOC_BATCH
 * @size: sizeof(struct mbx_batch)
 * @flags: must be 0
 * @vec_ptr: address of the first element: a struct mbx_send or, for
 *	MBX_CMD_RECEIVE, a struct mbx_receive
 * @nr: how many there are, at most MBX_BATCH_MAX; may be 0
 * @stride: bytes from the start of one to that of the next, a multiple of 8 and
 *	at most a page; an element's own @size must not be more
 * @cmd: MBX_CMD_SEND or MBX_CMD_RECEIVE
 * @__reserved: must be 0
 * @out_error: why it has ended: an errno, or 0 if all are done and none
 *	deferred
 * @out_lost: of those that are done, how many answered MBX_LOST
 *
 * Carry out commands one after the other, each with its own flags and deadline
 * and as if it had been issued alone, until one fails or all are done.  It is
 * read when its turn comes, and its outputs are written before the next is
 * read.  What others do comes between two elements as between two commands.
 *
 * An element whose message is deferred is done, and ends the batch, with
 * EINPROGRESS in @out_error: no other could be.
 *
 * What is done is done.  If that is not all, the element behind it was tried
 * and left as its command leaves it when it fails with @out_error, or a signal
 * came and @out_error is EINTR; those behind have not been looked at.  Who goes
 * on starts with that element.  A batch of which something is done is not
 * restarted after a signal, also not under SA_RESTART.
 *
 * To receive as many messages as are there, but at least one, give all elements
 * but the first MBX_RECEIVE_NONBLOCK; EAGAIN then only tells that there were no
 * more.
 *
 * Return: how many elements are done; or, if that would be 0 although @nr is
 * not, -1 with errno
 *
 *  - EINVAL: @nr, @stride or @cmd is wrong
 *  - whatever the first element fails with
 */
struct mbx_batch {
	__u32 size;
	__u32 flags;
	__aligned_u64 vec_ptr;
	__u32 nr;
	__u32 stride;
	__u32 cmd;
	__u32 __reserved;
	__u32 out_error;
	__u32 out_lost;
};

/* Not now, but when the owner exits. */
#define MBX_TRANSFER_SUCCESSOR (1U << 0)

/**
 * struct mbx_transfer - argument of MBX_IOC_TRANSFER
 * @size: sizeof(struct mbx_transfer)
 * @flags: MBX_TRANSFER_*
 * @pid: a process in the caller's pid namespace; 0 with MBX_TRANSFER_SUCCESSOR
 *	to have none
 * @__reserved: must be 0
 *
 * Let another process own a mailbox that the calling process owns.  From now on
 * it ends with that process, which alone may open it to receive, and may open
 * it to manage, whatever user and mode are.  These stay, as do the messages and
 * the rights of all handles: whoever is to receive no more must close his, or
 * had one that was derived and is revoked.  Those who wait go on.  The
 * mailbox's user and its creator, who stays charged for it, may still
 * administer and delete it.  An unnamed mailbox still ends with its last
 * handle.
 *
 * With MBX_TRANSFER_SUCCESSOR the other process becomes the owner when this one
 * exits.  The mailbox does not end, unless the successor has exited by then, or
 * it is unnamed and the owner had its last handle; who waits for
 * MBX_EVENT_OWNER_DIED is told all the same.  The last one named counts.  A new
 * owner has no successor, and may name one.
 *
 * Return: 0, or -1 with errno
 *
 *  - EPERM: the calling process does not own the mailbox; nobody owns one
 *    without MBX_CREATE_OWNED
 *  - ESRCH: @pid is no process, or one that is exiting
 *  - EACCES: the caller may not send @pid a signal, see kill(2)
 *  - EINVAL: @pid is negative, or 0 without MBX_TRANSFER_SUCCESSOR; or the
 *    mailbox is that of the process, see struct mbx_open, which stays its own
 */
struct mbx_transfer {
	__u32 size;
	__u32 flags;
	__s32 pid;
	__u32 __reserved;
};

#define MBX_IOC_MAGIC 0xBA

enum {
	MBX_CMD_VERSION,
	MBX_CMD_CREATE,
	MBX_CMD_OPEN,
	MBX_CMD_DELETE,
	MBX_CMD_SEND,
	MBX_CMD_RECEIVE,
	MBX_CMD_STAT,
	MBX_CMD_DERIVE,
	MBX_CMD_REVOKE,
	MBX_CMD_CONTROL,
	MBX_CMD_NOTIFY,
	MBX_CMD_BATCH,
	MBX_CMD_TRANSFER,
	MBX_CMD_CALL,
	MBX_CMD_REPLY,
	MBX_CMD_SETTLE,
};

#define MBX_IOC_VERSION _IO(MBX_IOC_MAGIC, MBX_CMD_VERSION)
#define MBX_IOC_CREATE _IO(MBX_IOC_MAGIC, MBX_CMD_CREATE)
#define MBX_IOC_OPEN _IO(MBX_IOC_MAGIC, MBX_CMD_OPEN)
#define MBX_IOC_DELETE _IO(MBX_IOC_MAGIC, MBX_CMD_DELETE)
#define MBX_IOC_SEND _IO(MBX_IOC_MAGIC, MBX_CMD_SEND)
#define MBX_IOC_RECEIVE _IO(MBX_IOC_MAGIC, MBX_CMD_RECEIVE)
#define MBX_IOC_STAT _IO(MBX_IOC_MAGIC, MBX_CMD_STAT)
#define MBX_IOC_DERIVE _IO(MBX_IOC_MAGIC, MBX_CMD_DERIVE)
#define MBX_IOC_REVOKE _IO(MBX_IOC_MAGIC, MBX_CMD_REVOKE)
#define MBX_IOC_CONTROL _IO(MBX_IOC_MAGIC, MBX_CMD_CONTROL)
#define MBX_IOC_NOTIFY _IO(MBX_IOC_MAGIC, MBX_CMD_NOTIFY)
#define MBX_IOC_BATCH _IO(MBX_IOC_MAGIC, MBX_CMD_BATCH)
#define MBX_IOC_TRANSFER _IO(MBX_IOC_MAGIC, MBX_CMD_TRANSFER)
#define MBX_IOC_CALL _IO(MBX_IOC_MAGIC, MBX_CMD_CALL)
#define MBX_IOC_REPLY _IO(MBX_IOC_MAGIC, MBX_CMD_REPLY)
#define MBX_IOC_SETTLE _IO(MBX_IOC_MAGIC, MBX_CMD_SETTLE)

#endif /* _UAPI_LINUX_IPC_MAILBOX_H */
