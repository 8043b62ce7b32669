/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmbx: mailboxes of the ipc_mailbox kernel module.
 *
 * Calls return 0 or a positive result, or a negative errno value; errno itself
 * is left alone.  mbx_strerror() turns the value into a sentence that names the
 * limit or the right that refused.
 *
 * A struct mbx never changes between creation and mbx_close(), so threads may
 * use one at the same time.  The library keeps no global state and starts no
 * thread: it may be used on both sides of a fork().  All descriptors are
 * close-on-exec.
 *
 * Lengths are bytes; times are nanoseconds; deadlines are absolute, 0 for none.
 * Every call is there since libmbx 1.0.
 */
#ifndef LIBMBX_H
#define LIBMBX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <linux/ipc_mailbox.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct mbx - a mailbox handle: one descriptor and its rights */
struct mbx;

/** struct mbx_portset - several handles to receive from */
struct mbx_portset;

/** struct mbx_table - a /proc/ipc_* file being read line by line */
struct mbx_table;

/* ---- Handles ---------------------------------------------------------- */

/**
 * mbx_create() - create a mailbox and open it for sending and receiving
 * @out: the new handle, to be closed by mbx_close(); untouched on error
 * @name: its name, or NULL for none
 * @capacity: messages that may wait in it; 0 makes each send a rendezvous;
 *	MBX_UNBOUNDED lets only the byte limits refuse
 *
 * The mailbox has mode 0600, belongs to the caller's effective user and group,
 * and lives until it is deleted.  mbx_create_attr() offers the rest.
 *
 * Does not block.
 *
 * Return: 0, or
 *
 *  - -ENODEV: the module is not loaded
 *  - -EEXIST: the name is taken
 *  - -EINVAL: a bad name (see MBX_IOC_CREATE in <linux/ipc_mailbox.h>)
 *  - -EDQUOT, -ENOSPC, -EMFILE, -ENFILE, -ENOMEM: a limit
 *  - -EACCES: no access to /dev/mailbox
 */
int mbx_create(struct mbx **out, const char *name, uint32_t capacity);

/**
 * mbx_attr_init() - defaults for mbx_create_attr()
 * @attr: what to fill
 * @size: sizeof(*@attr)
 *
 * Mode 0600, the caller's effective user and group, capacity 0, the module's
 * largest message, policy MBX_POLICY_FIFO, and MBX_FULL_WAIT.  Fill the members that are to differ afterwards.  Members of
 * a libmbx newer than the caller stay out of @size and thereby at default.
 */
void mbx_attr_init(struct mbx_create *attr, size_t size);

/**
 * mbx_create_attr() - create a mailbox with every attribute there is
 * @out: the new handle, to be closed by mbx_close(); untouched on error
 * @name: its name, or NULL for none
 * @attr: from mbx_attr_init(); name_ptr and name_len are overwritten by @name,
 *	out_id is set
 *
 * Does not block.
 *
 * Return: 0, or an error of mbx_create(), or
 *
 *  - -EINVAL: bad mode, or msg_max above the module's max_msg_size; dedup above
 *    MBX_DEDUP_MAX; or one of dead_letter and deliveries_max without the other or
 *    without MBX_CREATE_DEAD_LETTER
 *  - -EPERM: another user or group without CAP_CHOWN; or dead_letter, see mbx_fd(),
 *    has no MBX_OPEN_MANAGE or was derived
 *  - -EBADF: dead_letter is no mailbox handle with the right to send
 *  - -EMSGSIZE: its mailbox has a lower msg_max
 *  - -EOPNOTSUPP, -E2BIG: the module is too old for what was asked
 */
int mbx_create_attr(struct mbx **out, const char *name,
		    struct mbx_create *attr);

/**
 * mbx_open() - open a mailbox by name
 * @out: the new handle, to be closed by mbx_close(); untouched on error
 * @name: its name
 * @rights: MBX_OPEN_SEND, MBX_OPEN_RECEIVE and MBX_OPEN_MANAGE, or 0 for
 *	mbx_stat() only
 *
 * Does not block.
 *
 * Return: 0, or
 *
 *  - -ENODEV: the module is not loaded
 *  - -ENOENT: no such mailbox in the caller's network namespace
 *  - -EACCES: the mailbox's mode refuses, MBX_OPEN_MANAGE by somebody who is
 *    neither its user nor its creator, or no access to /dev/mailbox
 *  - -EINVAL: @name is NULL or empty
 *  - -EMFILE, -ENFILE, -ENOMEM: a limit
 */
int mbx_open(struct mbx **out, const char *name, unsigned int rights);

/**
 * mbx_open_id() - open a mailbox by id
 * @out: the new handle, to be closed by mbx_close(); untouched on error
 * @id: its id
 * @rights: as for mbx_open()
 *
 * Does not block.
 *
 * Return: 0, or an error of mbx_open(); -EINVAL: @id is 0
 */
int mbx_open_id(struct mbx **out, uint64_t id, unsigned int rights);

/**
 * mbx_open_pid() - open the mailbox of a process
 * @out: the new handle, to be closed by mbx_close(); untouched on error
 * @pid: the process, in the caller's pid namespace; 0 for the caller's own
 * @rights: as for mbx_open()
 *
 * It is made if it does not exist and @rights is not 0.  It has no name, holds
 * MBX_DIRECT_CAPACITY messages, and ends with the process, which alone may
 * receive; whoever may send it a signal may send.
 *
 * Does not block.
 *
 * Return: 0, or an error of mbx_open(), or
 *
 *  - -ESRCH: no such process, or it is exiting, or it is in another network
 *    namespace
 *  - -ENOENT: @rights is 0 and it has no mailbox
 *  - -EACCES: the caller may not send it a signal, or wants to receive from
 *    another process's mailbox
 *  - -EINVAL: @pid is negative
 *  - -EDQUOT, -ENOSPC: a limit on mailboxes, if it had to be made
 */
int mbx_open_pid(struct mbx **out, pid_t pid, unsigned int rights);

/**
 * mbx_from_fd() - make a handle of an inherited or passed descriptor
 * @out: the new handle; untouched on error
 * @fd: a mailbox descriptor; belongs to the handle if the call succeeds, and
 *	stays the caller's if it fails
 *
 * Does not block, and leaves the descriptor's flags as they are.
 *
 * Return: 0, or -EBADF: not open, -ENOTTY: no mailbox, -ENOMEM
 */
int mbx_from_fd(struct mbx **out, int fd);

/**
 * mbx_fd() - the descriptor of a handle
 * @m: the handle
 *
 * For poll, epoll, read, write, fcntl and passing to others.  It stays the
 * handle's: do not close it.
 *
 * Return: the descriptor
 */
int mbx_fd(const struct mbx *m);

/**
 * mbx_close() - close a handle
 * @m: the handle, or NULL
 *
 * The mailbox lives on, unless it is owned, has no name, and this was its last
 * handle.  No other thread may be using @m.
 */
void mbx_close(struct mbx *m);

/* ---- Handles of handles ----------------------------------------------- */

/**
 * mbx_derive() - make a handle with fewer rights of a handle
 * @out: the new handle, to be closed by mbx_close(); untouched on error
 * @m: the handle that it is made of
 * @rights: MBX_OPEN_SEND, MBX_OPEN_RECEIVE and MBX_OPEN_MANAGE as @m has them, or
 *	0 for mbx_stat() only
 * @flags: MBX_DERIVE_ONESHOT for one that is good for one message, or 0
 * @badge: a number that receivers see with each message sent through it; 0 for
 *	that of @m, which may have none
 *
 * Pass its descriptor, see mbx_fd(), to whom is to have no more than these
 * rights.  It works until mbx_revoke() on @m or on what @m was made of; closing
 * @m changes nothing.  Does not block.
 *
 * Return: 0, or
 *
 *  - -EACCES: @m does not have all of @rights
 *  - -EPERM: @m has another badge, or is good for one message itself and
 *    MBX_OPEN_SEND is among @rights
 *  - -EINVAL: MBX_DERIVE_ONESHOT without MBX_OPEN_SEND
 *  - -EOPNOTSUPP: the module does not know a right or flag
 *  - -EKEYREVOKED, -EIDRM, -EOWNERDEAD: @m is of no use any more
 *  - -EMFILE, -ENFILE, -ENOMEM: a limit
 */
int mbx_derive(struct mbx **out, struct mbx *m, unsigned int rights,
	       unsigned int flags, uint64_t badge);

/**
 * mbx_revoke() - end all handles that were made of a handle
 * @m: the handle, which stays as it is
 *
 * Whoever waits through one of them is woken with EKEYREVOKED, which they answer
 * from now on, wherever they have been passed to.  So do those that were made of
 * them.  Messages sent through them stay.  Does not block.
 *
 * Return: how many it has ended, or -EKEYREVOKED, -EIDRM, -EOWNERDEAD
 */
int mbx_revoke(struct mbx *m);

/* ---- Deleting --------------------------------------------------------- */

/**
 * mbx_delete() - delete a mailbox by name, with the messages in it
 * @name: its name
 *
 * Whoever waits in it is woken with EIDRM.  Does not block.
 *
 * Return: 0, or
 *
 *  - -ENODEV: the module is not loaded
 *  - -ENOENT: no such mailbox in the caller's network namespace
 *  - -EPERM: the caller is neither its user nor its creator
 *  - -EINVAL: @name is NULL or empty
 *  - -EACCES: no access to /dev/mailbox
 */
int mbx_delete(const char *name);

/**
 * mbx_delete_id() - delete a mailbox by id
 * @id: its id
 *
 * Does not block.
 *
 * Return: 0, or an error of mbx_delete(); -EINVAL: @id is 0
 */
int mbx_delete_id(uint64_t id);

/**
 * mbx_delete_pid() - delete the mailbox of a process
 * @pid: the process, in the caller's pid namespace; 0 for the caller's own
 *
 * Whoever opens it next makes a new one.  Does not block.
 *
 * Return: 0, or an error of mbx_delete(), or
 *
 *  - -ESRCH: no such process
 *  - -EPERM: the caller may not send it a signal
 *  - -EINVAL: @pid is negative
 */
int mbx_delete_pid(pid_t pid);

/**
 * mbx_delete_handle() - delete the mailbox of a handle
 * @m: the handle; still to be closed
 *
 * Does not block.
 *
 * A handle with MBX_OPEN_MANAGE is enough, whoever has it.
 *
 * Return: 0, or -EPERM, -EIDRM, -EOWNERDEAD, -EKEYREVOKED
 */
int mbx_delete_handle(struct mbx *m);

/* ---- Ownership -------------------------------------------------------- */

/**
 * mbx_transfer() - let another process own a mailbox
 * @m: a handle of a mailbox that the calling process owns
 * @pid: the process, in the caller's pid namespace
 *
 * From now on the mailbox ends with that process, which alone may open it to
 * receive, and may administer and delete it.  Handles keep their rights, and its
 * user and creator the power that they have.  Does not block.
 *
 * Return: 0, or
 *
 *  - -EPERM: the calling process does not own it
 *  - -ESRCH: no such process, or it is exiting
 *  - -EACCES: the caller may not send it a signal
 *  - -EINVAL: @pid is not positive, or the mailbox is one of mbx_open_pid()
 *  - -EIDRM, -EOWNERDEAD: it has ended
 */
int mbx_transfer(struct mbx *m, pid_t pid);

/**
 * mbx_set_successor() - name the process that inherits a mailbox
 * @m: a handle of a mailbox that the calling process owns
 * @pid: the process, in the caller's pid namespace; 0 for none
 *
 * When the calling process exits, that one owns the mailbox, unless it has
 * exited before: then the mailbox ends.  MBX_EVENT_OWNER_DIED is told in either
 * case.  Does not block.
 *
 * Return: 0, or an error of mbx_transfer()
 */
int mbx_set_successor(struct mbx *m, pid_t pid);

/* ---- Administration --------------------------------------------------- */

/**
 * mbx_admin() - freeze, thaw, seal, purge or drain a mailbox
 * @m: a handle with MBX_OPEN_MANAGE, or of the mailbox's user or creator
 * @op: MBX_CONTROL_FREEZE: deliver nothing until MBX_CONTROL_THAW;
 *	MBX_CONTROL_SEAL: let no more messages in, for good;
 *	MBX_CONTROL_PURGE: throw away what is queued;
 *	MBX_CONTROL_DRAIN: seal it, and wait until all has been received
 * @deadline: for MBX_CONTROL_DRAIN, CLOCK_MONOTONIC, see mbx_deadline_ms();
 *	0 for none
 * @count: if not NULL, set to how many messages were purged, or are left after
 *	a MBX_CONTROL_DRAIN, also one that failed; else to 0
 *
 * Blocks in MBX_CONTROL_DRAIN only.
 *
 * Return: 0, or
 *
 *  - -EPERM: neither the right, nor the mailbox's user or creator
 *  - -ETIMEDOUT, -EINTR, -EAGAIN (O_NONBLOCK): messages are left; the mailbox is
 *    sealed
 *  - -EINVAL: no such @op, or a deadline that it does not take
 *  - -EIDRM, -EOWNERDEAD: the mailbox has ended
 */
int mbx_admin(struct mbx *m, unsigned int op, uint64_t deadline,
	      uint64_t *count);

/* ---- Sending ---------------------------------------------------------- */

/**
 * mbx_send() - send one message
 * @m: a handle with the right to send
 * @data: the message
 * @len: its length; 0 is a message too
 *
 * Blocks while the mailbox is full; with capacity 0 until a receiver has the
 * message.  But a mailbox that was created with MBX_FULL_DROP_OLDEST or
 * MBX_FULL_DROP_NEWEST drops a message instead, and one with MBX_FULL_DEFER has
 * the kernel keep this one for @m until there is room, as long as @m is open.  A
 * call that fails has sent nothing.
 *
 * Return: 0; MBX_LOST, which is positive, if a message was dropped, this one or an
 * older one; MBX_DEFERRED, likewise, if this one is kept; or
 *
 *  - -EBUSY: it would have to be kept, and one of @m still is
 *  - -EMSGSIZE: longer than the mailbox takes
 *  - -EDQUOT, -ENOSPC: a limit on queued bytes, of the user or of the system
 *  - -ESHUTDOWN: the mailbox is sealed
 *  - -ECANCELED: purged before a receiver took it, for which the call waited
 *  - -EIDRM: the mailbox was deleted
 *  - -EOWNERDEAD: its owner has exited
 *  - -EKEYREVOKED: the handle was revoked, see mbx_revoke()
 *  - -EKEYEXPIRED: the handle was good for one message, see mbx_derive()
 *  - -EAGAIN: full, and O_NONBLOCK is set on the descriptor
 *  - -EINTR: a signal handler without SA_RESTART ran
 *  - -EBADF: no right to send
 *  - -EFAULT, -ENOMEM
 */
int mbx_send(struct mbx *m, const void *data, size_t len);

/**
 * mbx_try_send() - send one message if that is possible at once
 * @m: a handle with the right to send
 * @data: the message
 * @len: its length
 *
 * Does not block.  With capacity 0 it needs a receiver that waits.
 *
 * Return: as mbx_send(), or -EAGAIN
 */
int mbx_try_send(struct mbx *m, const void *data, size_t len);

/**
 * mbx_send_until() - send one message, waiting until a deadline
 * @m: a handle with the right to send
 * @data: the message
 * @len: its length
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 *
 * Return: as mbx_send(), or -ETIMEDOUT
 */
int mbx_send_until(struct mbx *m, const void *data, size_t len,
		   uint64_t deadline);

/**
 * mbx_send_sync() - send one message and wait until it has been received
 * @m: a handle with the right to send
 * @data: the message
 * @len: its length
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 *
 * Waits for room, too, whatever the mailbox does with others when it is full.  A
 * call that fails has sent nothing: its message is taken back.
 *
 * Return: pid of the process that took it, 0 if it is not visible in the
 * caller's pid namespace, or -ETIMEDOUT, or -ENOBUFS: another message took the
 * place of this one, or an error of mbx_send()
 */
int mbx_send_sync(struct mbx *m, const void *data, size_t len,
		  uint64_t deadline);

/**
 * mbx_send_ext() - send with every option there is
 * @m: a handle with the right to send
 * @arg: argument of MBX_IOC_SEND, its size member set; members out_* tell the
 *	sequence number and who took the message
 *
 * The one that sends with a priority and a type, and that chooses what to do if the
 * mailbox is full: MBX_SEND_WAIT, MBX_SEND_DROP_OLDEST, MBX_SEND_DROP_NEWEST or
 * MBX_SEND_DEFER in its flags, or else what the mailbox was created with.
 *
 * Return: 0, MBX_LOST, MBX_DEFERRED, or an error of MBX_IOC_SEND
 */
int mbx_send_ext(struct mbx *m, struct mbx_send *arg);

/* ---- Receiving -------------------------------------------------------- */

/**
 * mbx_receive() - receive the oldest message of the highest priority
 * @m: a handle with the right to receive
 * @buf: where to put it
 * @len: size of @buf
 *
 * Blocks until there is one.  A call that fails leaves the message in its
 * place.
 *
 * Return: length of the message, which may be 0, or
 *
 *  - -EMSGSIZE: @buf is too small; mbx_receive_ext() tells the length
 *  - -ESHUTDOWN: the mailbox is sealed, and no message is left that
 *    was asked for
 *  - -EIDRM: the mailbox was deleted
 *  - -EOWNERDEAD: its owner has exited
 *  - -EKEYREVOKED: the handle was revoked, see mbx_revoke()
 *  - -EAGAIN: nothing there, or frozen, and O_NONBLOCK is set on the descriptor
 *  - -EINTR: a signal handler without SA_RESTART ran
 *  - -EBADF: no right to receive
 *  - -EFAULT
 */
ssize_t mbx_receive(struct mbx *m, void *buf, size_t len);

/**
 * mbx_try_receive() - receive the oldest message if there is one
 * @m: a handle with the right to receive
 * @buf: where to put it
 * @len: size of @buf
 *
 * Does not block.
 *
 * Return: length of the message, or -EAGAIN, or an error of mbx_receive()
 */
ssize_t mbx_try_receive(struct mbx *m, void *buf, size_t len);

/**
 * mbx_receive_until() - receive the oldest message, waiting until a deadline
 * @m: a handle with the right to receive
 * @buf: where to put it
 * @len: size of @buf
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 *
 * Return: length of the message, or -ETIMEDOUT, or an error of mbx_receive()
 */
ssize_t mbx_receive_until(struct mbx *m, void *buf, size_t len,
			  uint64_t deadline);

/**
 * mbx_peek() - copy the oldest message and leave it where it is
 * @m: a handle with the right to receive
 * @buf: where to put the copy
 * @len: size of @buf
 *
 * Does not block.
 *
 * Return: length of the message, or -EAGAIN, or an error of mbx_receive()
 */
ssize_t mbx_peek(struct mbx *m, void *buf, size_t len);

/**
 * mbx_receive_ext() - receive with every option there is
 * @m: a handle with the right to receive
 * @arg: argument of MBX_IOC_RECEIVE, its size member set; members out_* tell
 *	the sender, its badge, the sequence number, type, priority and, on
 *	-EMSGSIZE too, the length
 *
 * The one that receives by conditions: select_ptr is the address of a struct
 * mbx_select, its size member set, or 0.
 *
 * Return: length of the message, or an error of MBX_IOC_RECEIVE.  With
 * MBX_RECEIVE_TRUNCATE that may be more than the buffer, which got its start.
 */
ssize_t mbx_receive_ext(struct mbx *m, struct mbx_receive *arg);

/* ---- Calls ------------------------------------------------------------ */

/**
 * mbx_call() - send one message, and wait for the reply
 * @m: a handle with the right to send
 * @data: the message
 * @len: its length
 * @reply: where to put the reply
 * @reply_len: size of @reply; a server can reply with no more
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 *
 * Waits for room, for a server, and for its reply, whatever the mailbox does with
 * other messages when it is full.  Unless a server has taken the message, a call
 * that fails has sent nothing; mbx_call_ext() tells whether one has.
 *
 * Return: length of the reply, which may be 0, or
 *
 *  - -EPIPE: the server has taken the message, and cannot reply any more
 *  - -ETIMEDOUT, -EINTR: also when a server has taken it
 *  - -EDEADLK: whoever could reply waits for this process; nothing was sent
 *  - -EINVAL: O_NONBLOCK is set on the descriptor
 *  - -ENOBUFS: another message took the place of this one
 *  - or an error of mbx_send()
 */
ssize_t mbx_call(struct mbx *m, const void *data, size_t len, void *reply,
		 size_t reply_len, uint64_t deadline);

/**
 * mbx_call_ext() - call with every option there is
 * @m: a handle with the right to send
 * @arg: argument of MBX_IOC_CALL, its size member set; out_seq is set to 0, and on
 *	errors, too, to the message's number if a server has taken it, which out_pid
 *	and out_tid then are
 *
 * Return: length of the reply, or an error of MBX_IOC_CALL
 */
ssize_t mbx_call_ext(struct mbx *m, struct mbx_call *arg);

/**
 * mbx_cycle_text() - name those who wait for each other
 * @cycle: what a call that failed with -EDEADLK has put at its cycle_ptr
 * @buf: where to put the text
 * @size: size of @buf; what does not fit is left out
 *
 * Each process with the mailbox that it calls, which the next one serves:
 * "pid 12 (mailbox 3 "a") -> pid 13 (mailbox 4 "b") -> pid 12".
 *
 * Return: length of the whole text, without the terminator
 */
size_t mbx_cycle_text(const struct mbx_cycle *cycle, char *buf, size_t size);

/**
 * mbx_reply() - answer a call
 * @m: a handle of the mailbox with the right to receive
 * @call: out_seq of the struct mbx_receive that the message came with; its
 *	out_flags has MBX_MESSAGE_CALL, its out_reply_max the longest reply
 * @data: the reply
 * @len: its length; 0 is a reply too
 *
 * One reply for each call, by the process that has received it.  Does not block.
 *
 * Return: 0, or
 *
 *  - -ENOENT: no such call: replied to, not received by this process, or the caller
 *    has given up
 *  - -ECANCELED: the caller has given up meanwhile
 *  - -EMSGSIZE: longer than the caller takes, who waits on
 *  - -EDQUOT, -ENOSPC: a limit on queued bytes, of the caller's user or of the
 *    system; likewise
 *  - -EBADF: no right to receive
 *  - -EIDRM, -EOWNERDEAD, -EKEYREVOKED, -EFAULT, -ENOMEM
 */
int mbx_reply(struct mbx *m, uint64_t call, const void *data, size_t len);

/**
 * mbx_reply_receive() - answer a call and receive the next message
 * @m: a handle with the right to receive
 * @call: what to answer, as for mbx_reply(), 0 for nothing; set to 0 once that is
 *	done
 * @data: the reply
 * @len: its length
 * @next: as for mbx_receive_ext(); its reply_ptr is overwritten
 *
 * One call of the kernel for both.  If the reply fails nothing is received, and
 * @call stays as it is.
 *
 * Return: length of the message; or an error of mbx_reply() with @call left as it
 * is, or of mbx_receive_ext() with @call set to 0
 */
ssize_t mbx_reply_receive(struct mbx *m, uint64_t *call, const void *data,
			  size_t len, struct mbx_receive *next);

/**
 * mbx_answer_t - what a caller says to a question
 * @ctx: as given to mbx_call_answering()
 * @arg: of the call; the question is at reply_ptr, and has out_len bytes; out_pid and
 *	out_tid ask it
 * @answer: to be set to where the answer is: nowhere on the stack of this function
 *
 * It may do anything but answer other calls of that handle, such as calls of its own.
 *
 * Return: length of the answer, which may be 0; or a negative errno to give the call
 * up, which it then fails with
 */
typedef ssize_t (*mbx_answer_t)(void *ctx, const struct mbx_call *arg,
				const void **answer);

/**
 * mbx_call_answering() - call, and answer what the server asks before it replies
 * @m: a handle with the right to send; no other thread can answer
 * @arg: as for mbx_call_ext(); its buffer is for questions, too; out_flags has
 *	MBX_CALL_UNHEARD if nobody waited for the last answer any more
 * @answer: called for each question
 * @ctx: goes to it
 *
 * The deadline covers the whole, with the time that the answers take.  An answer
 * that is refused, such as one that the server has no room for, ends the call.
 *
 * Return: length of the reply, what @answer said to give up, or an error of
 * MBX_IOC_CALL
 */
ssize_t mbx_call_answering(struct mbx *m, struct mbx_call *arg,
			   mbx_answer_t answer, void *ctx);

/**
 * mbx_hang_up() - give a call up instead of answering a question
 * @m: the handle of the call, which was made with MBX_CALL_BACKS
 * @call: its out_seq
 *
 * For those who do without mbx_call_answering().
 *
 * Return: 0, or -ENOENT: this thread is asked nothing in such a call
 */
int mbx_hang_up(struct mbx *m, uint64_t call);

/**
 * mbx_ask() - ask a caller something before replying
 * @m: a handle of the mailbox with the right to receive
 * @call: as for mbx_reply()
 * @question: the message
 * @len: its length, at most out_reply_max of the call
 * @answer: where to put the answer
 * @answer_len: size of @answer; the caller can answer with no more
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 *
 * The caller may take its time: give a deadline if you cannot.
 *
 * Return: length of the answer, which may be 0, or
 *
 *  - -ENXIO: the caller takes no questions, see mbx_call_answering()
 *  - -ECANCELED: the caller has given up, its deadline has passed, or the right to
 *    reply was used or lost meanwhile
 *  - -ENOENT: no such call, as for mbx_reply()
 *  - -EBUSY: it has not answered the question before
 *  - -ETIMEDOUT, -EINTR: no answer; the call can be replied to, and asked again once
 *    the caller has answered
 *  - -EMSGSIZE: longer than the caller takes
 *  - or another error of mbx_reply()
 */
ssize_t mbx_ask(struct mbx *m, uint64_t call, const void *question, size_t len,
		void *answer, size_t answer_len, uint64_t deadline);

/* ---- At least once, and only once ------------------------------------- */

/**
 * mbx_lease() - receive the oldest message, to say later what becomes of it
 * @m: a handle with the right to receive
 * @buf: where to put it
 * @len: size of @buf
 * @ms: how long the lease lasts, in milliseconds; not 0
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 * @seq: set to the message's number, for mbx_ack() and others; untouched on error
 *
 * Blocks until there is one, or until @deadline.  The message stays in the mailbox,
 * where nobody else has it.  Whichever comes first of mbx_nack(), the end of the
 * lease, the end of this process and mbx_close() puts it back to its place, for
 * anybody to receive; unless it has been delivered too often and goes to the
 * dead-letter mailbox that the mailbox was created with.  out_deliveries of
 * mbx_receive_ext(), with its lease_ms, tells how often it was delivered.  A call is
 * never leased: mbx_ack() answers -ENOENT for it, and mbx_reply() is what it needs.
 *
 * Return: length of the message, or -EINVAL: @ms is 0; -EDQUOT, -ENOSPC: a limit on
 * bytes; -ETIMEDOUT, or an error of mbx_receive()
 */
ssize_t mbx_lease(struct mbx *m, void *buf, size_t len, uint32_t ms,
		  uint64_t deadline, uint64_t *seq);

/**
 * mbx_ack() - a leased message is done with, and leaves the mailbox
 * @m: a handle with the right to receive; any of this process
 * @seq: its number
 *
 * If that fails somebody else may have, or get, the message too.  Does not block.
 *
 * Return: 0, or
 *
 *  - -ENOENT: this process does not have it leased, or not any more
 *  - -EIDRM, -EOWNERDEAD, -EKEYREVOKED, -EBADF: as mbx_receive()
 */
int mbx_ack(struct mbx *m, uint64_t seq);

/**
 * mbx_nack() - a leased message is to be delivered again
 * @m: a handle with the right to receive; any of this process
 * @seq: its number
 *
 * Does not block.
 *
 * Return: 0, or an error of mbx_ack()
 */
int mbx_nack(struct mbx *m, uint64_t seq);

/**
 * mbx_renew() - it takes longer to deal with a leased message
 * @m: a handle with the right to receive; any of this process
 * @seq: its number
 * @ms: how long the lease is to last from now on; not 0
 *
 * Does not block.
 *
 * Return: 0, or an error of mbx_ack(), or -EINVAL: @ms is 0
 */
int mbx_renew(struct mbx *m, uint64_t seq, uint32_t ms);

/**
 * mbx_settle_ext() - say what becomes of a leased message, with every option
 * @m: a handle with the right to receive; any of this process
 * @arg: argument of MBX_IOC_SETTLE, its size member set
 *
 * Return: 0, or an error of MBX_IOC_SETTLE
 */
int mbx_settle_ext(struct mbx *m, struct mbx_settle *arg);

/**
 * mbx_send_once() - send a message unless that has been done
 * @m: a handle with the right to send, of a mailbox that was created with dedup
 * @data: the message
 * @len: its length; 0 is a message too
 * @id: what the caller calls the message; not 0
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 *
 * Blocks as mbx_send_until().  Who does not know whether that has succeeded, since
 * the process was killed or has lost the result, does it once more, with the same
 * @id.  The mailbox remembers the last ids of its messages, as many as dedup says,
 * by user.
 *
 * Return: 0, MBX_LOST, MBX_DEFERRED, or
 *
 *  - -EALREADY: such a message has been sent, and this one was not: all is well
 *  - -EBUSY: somebody is just sending it, which may still fail; or as mbx_send()
 *  - -EINVAL: @id is 0, or the mailbox remembers none
 *  - -ETIMEDOUT, or an error of mbx_send()
 */
int mbx_send_once(struct mbx *m, const void *data, size_t len, uint64_t id,
		  uint64_t deadline);

/* ---- Descriptors ------------------------------------------------------ */

/**
 * mbx_send_fds() - send one message with descriptors
 * @m: a handle with the right to send
 * @data: the message
 * @len: its length
 * @fds: descriptors, which stay the caller's
 * @nr: how many, at most MBX_FDS_MAX
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 *
 * The receiver gets descriptors of its own for the same open files.  For those of
 * a handle take mbx_fd() of one that was derived without MBX_OPEN_RECEIVE.  Blocks
 * as mbx_send() does.
 *
 * Return: as mbx_send_until(), or
 *
 *  - -ELOOP: an AF_UNIX socket, an io_uring, or a handle with the right to receive;
 *    or a mailbox that takes none, see *Descriptors in messages* in mailbox(4)
 *  - -ETOOMANYREFS: a limit on descriptors in messages, of the user
 *  - -EPIPE: nobody can receive them, see struct mbx_fds
 *  - -EBADF: also a descriptor that is not open
 *  - -EINVAL: too many
 */
int mbx_send_fds(struct mbx *m, const void *data, size_t len, const int *fds,
		 unsigned int nr, uint64_t deadline);

/**
 * mbx_receive_fds() - receive one message with descriptors
 * @m: a handle with the right to receive
 * @buf: where to put the message
 * @len: size of @buf
 * @fds: where to put descriptors, which are close-on-exec; -1 in place of one that
 *	a security module refused
 * @nr: room in @fds, at most MBX_FDS_MAX; set to how many there are
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 *
 * Those for which there is no room are closed.  A call that fails has left the
 * message where it was, and made no descriptor.
 *
 * Return: as mbx_receive_until(), or -EMFILE, or -EINVAL: too much room
 */
ssize_t mbx_receive_fds(struct mbx *m, void *buf, size_t len, int *fds,
			unsigned int *nr, uint64_t deadline);

/* ---- Connections ------------------------------------------------------ */

/** Messages that wait in each direction of a connection */
#define MBX_CONNECTION_CAPACITY 64

/** Type of the message that asks for a connection */
#define MBX_TYPE_CONNECT 0xfffffffffffffffeULL

/**
 * struct mbx_connection - one side of a connection
 * @in: to receive from; no one else can
 * @out: to send to; the mailbox ends with the other side: its process
 *	(EOWNERDEAD) or mbx_disconnect() there (EIDRM), which poll(2) tells, too
 */
struct mbx_connection {
	struct mbx *in;
	struct mbx *out;
};

/**
 * struct mbx_offer - a client that waits to be accepted
 * @call: nonzero as long as it has no answer
 * @fd: its handle
 * @pid: its process, in the caller's pid namespace
 * @uid: its real user, in the caller's user namespace
 * @gid: its real group
 */
struct mbx_offer {
	uint64_t call;
	int fd;
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

/**
 * mbx_listen() - publish a mailbox for connections
 * @out: its handle, to be closed by mbx_close(); untouched on error
 * @name: its name
 * @backlog: clients that may wait to be looked at without blocking in turn
 * @mode: permission bits: who has w may connect
 *
 * It ends with the calling process.  Does not block.
 *
 * Return: 0, or an error of mbx_create_attr()
 */
int mbx_listen(struct mbx **out, const char *name, uint32_t backlog,
	       unsigned int mode);

/**
 * mbx_listen_next() - wait for a client
 * @m: the handle of mbx_listen(), or any with the right to receive
 * @offer: filled in; answer it by mbx_accept() or mbx_refuse(), in this process
 * @buf: where to put what it says
 * @len: size of @buf
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 *
 * Return: length of what it says; -EPROTO: a message that asks for no connection,
 * which has been answered by an empty refusal; or as mbx_receive_fds()
 */
ssize_t mbx_listen_next(struct mbx *m, struct mbx_offer *offer, void *buf,
			size_t len, uint64_t deadline);

/**
 * mbx_accept() - connect with a client
 * @m: as for mbx_listen_next()
 * @offer: the client
 * @c: filled in; to be ended by mbx_disconnect()
 * @data: what to say to it
 * @len: length of that
 *
 * Does not block.  If it fails the offer stands, and mbx_refuse() disposes of it.
 *
 * Return: 0, or
 *
 *  - -ENOENT, -ECANCELED: the client has given up
 *  - -EMSGSIZE: it takes a shorter answer only
 *  - -ENOTTY: what it sent as its handle is none
 *  - or an error of mbx_create_attr() or mbx_reply()
 */
int mbx_accept(struct mbx *m, struct mbx_offer *offer, struct mbx_connection *c,
	       const void *data, size_t len);

/**
 * mbx_refuse() - send a client away
 * @m: as for mbx_listen_next()
 * @offer: the client
 * @data: what to say to it
 * @len: length of that
 *
 * Does not block.
 *
 * Return: 0, or an error of mbx_reply(); the offer is disposed of in any case
 */
int mbx_refuse(struct mbx *m, struct mbx_offer *offer, const void *data,
	       size_t len);

/**
 * mbx_connect() - connect with a server
 * @c: filled in; to be ended by mbx_disconnect(); untouched on error
 * @name: where it listens
 * @data: what to say to it
 * @len: length of that
 * @reply: where to put what it answers
 * @reply_len: size of @reply; set to the length of the answer; NULL for none
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 *
 * Waits until the server has decided.
 *
 * Return: 0, or
 *
 *  - -ECONNREFUSED: the server has refused; @reply says why
 *  - -EOWNERDEAD: it has exited
 *  - -EPIPE: it has the offer, and will not answer: it has closed its handle, or the
 *    process that has looked at the offer is another one, which has exited
 *  - -ETIMEDOUT, -EINTR
 *  - or an error of mbx_open(), mbx_create_attr() or mbx_call()
 */
int mbx_connect(struct mbx_connection *c, const char *name, const void *data,
		size_t len, void *reply, size_t *reply_len, uint64_t deadline);

/**
 * mbx_connection_receive() - receive from the other side
 * @c: the connection
 * @buf: where to put the message
 * @len: size of @buf
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 *
 * Unlike mbx_receive() on its @in it does not wait for who is gone.  What was sent
 * before is received first.  One thread at a time.
 *
 * Return: length of the message, or
 *
 *  - -EOWNERDEAD: the other side has exited
 *  - -EIDRM: it has ended the connection
 *  - -ETIMEDOUT, -EINTR, or an error of mbx_receive()
 */
ssize_t mbx_connection_receive(struct mbx_connection *c, void *buf, size_t len,
			       uint64_t deadline);

/**
 * mbx_disconnect() - end a connection
 * @c: the connection, or all zero
 *
 * The other side is told at once; what it has not received yet is lost.
 */
void mbx_disconnect(struct mbx_connection *c);

/* ---- Many at a time --------------------------------------------------- */

/**
 * mbx_send_many() - send several messages, with few calls of the kernel
 * @m: a handle with the right to send
 * @msgs: address and length of each
 * @nr: how many there are
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 *
 * Each is a message of its own, and others may send in between.  Blocks while the
 * mailbox is full, until @deadline; with 1, which has passed, not at all.  What a
 * mailbox drops has been sent; mbx_batch_ext() tells how many messages were.  One
 * that is deferred has been, too, and is the last: close @m too early, and it is
 * lost.
 *
 * Return: how many have been sent, the first ones of @msgs.  Fewer than @nr if the
 * next failed, or a signal came: called with the rest, it goes on, or tells what
 * is wrong.  If none has been sent, -ETIMEDOUT, or an error of mbx_send()
 */
ssize_t mbx_send_many(struct mbx *m, const struct iovec *msgs, size_t nr,
		      uint64_t deadline);

/**
 * mbx_receive_many() - receive the messages that are there, but at least one
 * @m: a handle with the right to receive
 * @bufs: address and size of a buffer for each; iov_len of those that were used
 *	is set to the length of the message
 * @nr: how many there are
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none
 *
 * Blocks until there is one, or until @deadline, and does not wait for others.
 *
 * Return: how many have been received, the oldest first; or -ETIMEDOUT, or an
 * error of mbx_receive().  A message that is too long for its buffer stays and
 * ends the call, with -EMSGSIZE if it is the first
 */
ssize_t mbx_receive_many(struct mbx *m, struct iovec *bufs, size_t nr,
			 uint64_t deadline);

/**
 * mbx_batch_ext() - send or receive several messages with every option there is
 * @m: a handle with the right to do so
 * @arg: argument of MBX_IOC_BATCH, its size member set, as those of all elements;
 *	out_error tells as a positive number why not all are done
 *
 * Return: how many elements are done, or the error of the first
 */
int mbx_batch_ext(struct mbx *m, struct mbx_batch *arg);

/* ---- Port sets: receiving from several mailboxes ----------------------- */

/**
 * struct mbx_source - which member of a port set it is about
 * @m: the handle, or NULL if it is about none
 * @data: what mbx_portset_add() was given with it
 */
struct mbx_source {
	struct mbx *m;
	void *data;
};

/**
 * mbx_portset_create() - make an empty port set
 * @out: the set, to be closed by mbx_portset_close(); untouched on error
 *
 * Several threads may use a set at the same time, to receive as well as to add and
 * to remove.  It belongs to the process that made it: a child of fork() has to
 * close its copy, and may do nothing else with it.
 *
 * Does not block.
 *
 * Return: 0, or -EMFILE, -ENFILE, -ENOMEM
 */
int mbx_portset_create(struct mbx_portset **out);

/**
 * mbx_portset_add() - add a handle to a port set
 * @set: the set
 * @m: a handle with the right to receive; stays the caller's, who may use it and
 *	may add it to other sets, too
 * @data: comes back in struct mbx_source
 *
 * Take it out before it is closed, unless its end was told by a receive or the set
 * is closed first.  Does not block.
 *
 * Return: 0, or
 *
 *  - -EEXIST: it is in this set already
 *  - -EBADF: no right to receive
 *  - -ENOSPC: /proc/sys/fs/epoll/max_user_watches
 *  - -EIDRM, -EOWNERDEAD, -EKEYREVOKED, -ENOMEM
 */
int mbx_portset_add(struct mbx_portset *set, struct mbx *m, void *data);

/**
 * mbx_portset_remove() - take a handle out of a port set
 * @set: the set
 * @m: the handle
 *
 * When this has returned, no receive from the set uses @m, which can be closed.  One
 * that has returned before may have told another thread of it.  Does not block,
 * but for another thread's receive from @m that has its message and copies it.
 *
 * Return: 0, or -ENOENT: it is not in the set, or its end was told
 */
int mbx_portset_remove(struct mbx_portset *set, struct mbx *m);

/**
 * mbx_portset_count() - number of handles in a port set
 * @set: the set
 *
 * For a loop that goes on until all mailboxes have ended.
 *
 * Return: the number
 */
size_t mbx_portset_count(struct mbx_portset *set);

/**
 * mbx_portset_fd() - the descriptor of a port set
 * @set: the set
 *
 * For poll and epoll: it is readable when mbx_portset_receive() has something to
 * tell, or had before another thread came.  It stays the set's: nothing else may be
 * done with it.
 *
 * Return: the descriptor
 */
int mbx_portset_fd(const struct mbx_portset *set);

/**
 * mbx_portset_receive() - receive one message from any mailbox of a port set
 * @set: the set
 * @from: if not NULL, set to the member that the result is about
 * @buf: where to put the message
 * @len: size of @buf
 * @deadline: CLOCK_MONOTONIC, see mbx_deadline_ms(); 0 for none; 1, which has
 *	passed, not to wait
 *
 * Members that have messages get their turn one after the other, whatever their
 * number and the priorities of the messages; within a mailbox it is as with
 * mbx_receive().  An empty set waits: another thread may add to it.
 *
 * When a mailbox or a handle has ended, or a sealed mailbox has nothing left, that
 * is told once, and the handle has left the set.  The others stay.
 *
 * Who waits in a port set waits in no mailbox: at capacity 0 a send that does not
 * wait finds nobody, and policies that choose among waiting receivers do not see
 * him.  One thread is woken for a message, not all.
 *
 * Return: length of the message, or
 *
 *  - -EIDRM, -EOWNERDEAD, -EKEYREVOKED, -ESHUTDOWN: the handle in @from has left
 *    the set; it is to be closed by the caller
 *  - -EMSGSIZE, -EFAULT, -EBUSY, -EUSERS, -ENOMEM: what mbx_receive() gave for the
 *    handle in @from, which stays in the set
 *  - -ETIMEDOUT: the deadline has passed
 *  - -EINTR: a signal handler ran, also one with SA_RESTART
 */
ssize_t mbx_portset_receive(struct mbx_portset *set, struct mbx_source *from,
			    void *buf, size_t len, uint64_t deadline);

/**
 * mbx_portset_receive_ext() - receive from a port set with the options there are
 * @set: the set
 * @from: if not NULL, set to the member that the result is about
 * @arg: argument of MBX_IOC_RECEIVE, as for mbx_receive_ext(); but without
 *	conditions, since a mailbox that has only other messages is readable, too,
 *	and without a reply, which is for one mailbox: see mbx_reply()
 *
 * Return: as mbx_portset_receive(), or
 *
 *  - -EAGAIN: MBX_RECEIVE_NONBLOCK, and no member has a message.  O_NONBLOCK on
 *    their descriptors means nothing here
 *  - -EINVAL: select_ptr or reply_ptr is not 0, or another wrong member of @arg
 *  - -EOPNOTSUPP, -E2BIG: the module is too old for what was asked
 */
ssize_t mbx_portset_receive_ext(struct mbx_portset *set,
				struct mbx_source *from,
				struct mbx_receive *arg);

/**
 * mbx_portset_close() - close a port set
 * @set: the set, or NULL
 *
 * The handles in it stay open.  No other thread may be using @set.
 */
void mbx_portset_close(struct mbx_portset *set);

/* ---- Events ----------------------------------------------------------- */

/**
 * mbx_notify() - have events counted, and an eventfd signalled
 * @m: a handle, of whatever rights
 * @events: MBX_EVENT_*, but neither MBX_EVENT_HIGH nor MBX_EVENT_LOW, which need
 *	mbx_notify_ext(); 0 for none any more
 * @fd: an eventfd, to which 1 is added for each event; unused if @events is 0
 *
 * Takes the place of what was registered with the handle before.  What holds
 * already is no event: look at the mailbox afterwards, or see out_state of
 * mbx_notify_ext().
 *
 * Does not block.
 *
 * Return: 0, or
 *
 *  - -EBADF: @fd is not open
 *  - -EINVAL: @fd is no eventfd; @events that do not exist or need a depth
 *  - -ENOSPC: the mailbox has MBX_NOTIFY_MAX registrations
 *  - -EIDRM, -EOWNERDEAD, -EKEYREVOKED, -ENOMEM
 */
int mbx_notify(struct mbx *m, uint32_t events, int fd);

/**
 * mbx_notify_to() - have events counted, and told by messages
 * @m: a handle, of whatever rights
 * @events: as for mbx_notify()
 * @to: a handle with the right to send, of the same or any other mailbox; used
 *	until it is closed
 * @data: what the messages say in their data member
 *
 * In place of what was registered with @m before.  Each message is a struct
 * mbx_event of type MBX_TYPE_EVENT, from this process; one mailbox can have those
 * of many others.  It comes a moment after the event, and tells of all until
 * then; what cannot be sent since @to is full is told with the next event.
 *
 * Does not block.
 *
 * Return: 0, or
 *
 *  - -EBADF: @to has no right to send
 *  - -EINVAL: @events that do not exist or need a depth
 *  - -EMSGSIZE: @to takes no messages of sizeof(struct mbx_event)
 *  - -ENOSPC: the mailbox has MBX_NOTIFY_MAX registrations
 *  - -EIDRM, -EOWNERDEAD, -EKEYREVOKED: of @m, or of @to
 *  - -ESHUTDOWN, -EKEYEXPIRED: of @to
 *  - -ENOMEM
 */
int mbx_notify_to(struct mbx *m, uint32_t events, struct mbx *to,
		  uint64_t data);

/**
 * mbx_notify_read() - which events have happened since this was last asked
 * @m: a handle with a registration
 *
 * Read the eventfd first: an event that comes in between makes it readable
 * again.  Does not block.
 *
 * Return: MBX_EVENT_*, which may be 0, or -EIDRM, -EOWNERDEAD, -EKEYREVOKED
 */
int mbx_notify_read(struct mbx *m);

/**
 * mbx_notify_ext() - events with every option there is
 * @m: a handle, of whatever rights
 * @arg: argument of MBX_IOC_NOTIFY, its size member set; members out_* tell
 *	which events hold now, and with MBX_NOTIFY_READ how often each happened
 *
 * Return: 0, or an error of MBX_IOC_NOTIFY
 */
int mbx_notify_ext(struct mbx *m, struct mbx_notify *arg);

/* ---- Time ------------------------------------------------------------- */

/**
 * mbx_deadline_ms() - a deadline some milliseconds from now
 * @ms: milliseconds; negative for no deadline
 *
 * Return: CLOCK_MONOTONIC in ns, never 0 for @ms >= 0, at most 2^63 - 1; 0 for
 * a negative @ms
 */
uint64_t mbx_deadline_ms(int64_t ms);

/**
 * mbx_deadline_ns() - a deadline some nanoseconds from now
 * @ns: nanoseconds; negative for no deadline
 *
 * Return: as mbx_deadline_ms()
 */
uint64_t mbx_deadline_ns(int64_t ns);

/* ---- Looking ---------------------------------------------------------- */

/**
 * mbx_stat() - attributes and counters of a mailbox
 * @m: a handle, of whatever rights
 * @st: what to fill
 * @size: sizeof(*@st)
 *
 * Does not block.
 *
 * Return: 0, or -EIDRM, -EOWNERDEAD, -EKEYREVOKED, -EFAULT; -EINVAL: bad @size
 */
int mbx_stat(struct mbx *m, struct mbx_stat *st, size_t size);

/**
 * mbx_version() - version of the loaded module
 * @v: what to fill
 * @size: sizeof(*@v)
 *
 * The library speaks MBX_ABI of the header that it was built with.
 *
 * Return: 0, or -ENODEV: the module is not loaded, -EACCES: no access to
 * /dev/mailbox, -ENOTTY: /dev/mailbox is something else
 */
int mbx_version(struct mbx_version *v, size_t size);

/**
 * mbx_library_version() - version of this library
 *
 * Return: a constant string, "major.minor.patch"
 */
const char *mbx_library_version(void);

/**
 * mbx_limit() - current value of one of the module's limits
 * @name: a module parameter such as "max_user_bytes"
 * @value: what it is now
 *
 * Return: 0, or -ENOENT: no such parameter, or the module is not loaded;
 * -EINVAL: not a number
 */
int mbx_limit(const char *name, uint64_t *value);

/**
 * mbx_strerror() - what went wrong, which limit or right, what to do
 * @cmd: the operation that failed, MBX_CMD_CREATE and so on
 * @err: its result, an errno value of either sign
 * @buf: where to put the sentence
 * @size: size of @buf; 256 is enough, less truncates
 *
 * One line without a full stop and without a newline.  The value of a limit is
 * the one at the time of this call.
 *
 * Return: @buf
 */
const char *mbx_strerror(int cmd, int err, char *buf, size_t size);

/* ---- Listing ---------------------------------------------------------- */

/**
 * mbx_table_open() - begin to read /proc/ipc_mailboxes or a relative of it
 * @out: the table, to be closed by mbx_table_close(); untouched on error
 * @name: "ipc_mailboxes", "ipc_tasks" or "ipc_threads"
 *
 * Columns are found by name: later releases append some.
 *
 * Return: 0, or -ENODEV: no such file, the module is not loaded; -EACCES;
 * -EPROTO: the file is in a format that this library does not know;
 * -EINVAL: not one of the names above; -ENOMEM, -EMFILE, -ENFILE
 */
int mbx_table_open(struct mbx_table **out, const char *name);

/**
 * mbx_table_column() - index of a column
 * @t: the table
 * @name: name of the column
 *
 * Return: the index, from 0, or -ENOENT
 */
int mbx_table_column(const struct mbx_table *t, const char *name);

/**
 * mbx_table_next() - step to the next line
 * @t: the table
 *
 * Return: 1, or 0 after the last line, or -EPROTO: a malformed line, -EIO,
 * -ENOMEM
 */
int mbx_table_next(struct mbx_table *t);

/**
 * mbx_table_text() - a value of the current line, unescaped
 * @t: the table
 * @column: from mbx_table_column()
 *
 * Return: the value, valid until the next mbx_table_next(); NULL if the column
 * does not exist, does not apply, or may not be seen by the caller
 */
const char *mbx_table_text(const struct mbx_table *t, int column);

/**
 * mbx_table_number() - a value of the current line, as a number
 * @t: the table
 * @column: from mbx_table_column()
 * @value: the number
 *
 * Return: 0, or -ENODATA: as mbx_table_text() gives NULL; -EINVAL: not a
 * number, -ERANGE: one that does not fit
 */
int mbx_table_number(const struct mbx_table *t, int column, int64_t *value);

/**
 * mbx_table_close() - end reading
 * @t: the table, or NULL
 */
void mbx_table_close(struct mbx_table *t);

#ifdef __cplusplus
}
#endif

#endif /* LIBMBX_H */
