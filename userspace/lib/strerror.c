// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sentences for errors: what happened, which limit or right, what to do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define ANY (-1)

/**
 * struct sentence - one error of one operation
 * @cmd: the operation, MBX_CMD_* or ANY
 * @err: errno value
 * @limit: module parameter that refused, or NULL
 * @text: what happened; "%s" in it gives way to the limit's name and value
 * @advice: what to do
 */
struct sentence {
	int cmd;
	int err;
	const char *limit;
	const char *text;
	const char *advice;
};

/* clang-format off */
static const struct sentence sentences[] = {
	{ MBX_CMD_CALL, EPIPE, NULL,
	  "who received the call has exited, or closed its handle, or cannot reply",
	  "it may have been carried out: find out before you call again" },
	{ MBX_CMD_CALL, EDEADLK, NULL,
	  "whoever could reply waits for this process: the calls would wait for "
	  "each other for ever",
	  "answer what you have been asked before you call, or call from another "
	  "thread" },
	{ MBX_CMD_CALL, EINVAL, NULL,
	  "the priority is above 31, or the handle has O_NONBLOCK: a call waits",
	  "see MBX_IOC_CALL in mailbox(4)" },
	{ MBX_CMD_CALL, ETIMEDOUT, NULL,
	  "the deadline has passed, and no reply was there",
	  "allow more time" },
	{ MBX_CMD_CALL, ENXIO, NULL,
	  "the caller takes no questions",
	  "reply, or have it call with MBX_CALL_BACKS" },
	{ MBX_CMD_CALL, EBUSY, NULL,
	  "the caller has not answered the last question, or this thread too many",
	  "wait for the answer, or answer" },
	{ MBX_CMD_CALL, ENOENT, NULL,
	  "no such call to ask in, to answer in or to give up: it is over, or another's",
	  "receive or call anew" },
	{ MBX_CMD_CALL, ECANCELED, NULL,
	  "the message was purged, or the caller who was asked has given up",
	  "find out what has become of the other side" },
	{ MBX_CMD_REPLY, ENOENT, NULL,
	  "no such call: it has been replied to, was received by another process, "
	  "or the caller has given up",
	  "receive the next one" },
	{ MBX_CMD_REPLY, ECANCELED, NULL,
	  "the caller has given up meanwhile", "receive the next one" },
	{ MBX_CMD_REPLY, EMSGSIZE, NULL,
	  "the reply is longer than the caller takes, who waits on",
	  "reply with no more than out_reply_max" },
	{ MBX_CMD_REPLY, EDQUOT, "max_user_bytes",
	  "queued messages of the caller's user would exceed %s",
	  "send a shorter reply" },
	{ MBX_CMD_REPLY, ENOSPC, "max_bytes",
	  "all queued messages together would exceed %s",
	  "send a shorter reply" },
	{ MBX_CMD_REPLY, EBADF, NULL,
	  "the handle has no right to receive, or a descriptor for the reply is not open",
	  "open the mailbox with MBX_OPEN_RECEIVE" },
	{ MBX_CMD_REPLY, ELOOP, NULL,
	  "an AF_UNIX socket, an io_uring or a handle to receive with could keep itself open in a reply",
	  "send a handle without MBX_OPEN_RECEIVE, or pass it through a socket" },
	{ MBX_CMD_REPLY, ETOOMANYREFS, "max_user_fds",
	  "your queued messages and replies would have more descriptors than %s",
	  "wait until some are received" },
	{ MBX_CMD_CREATE, EEXIST, NULL,
	  "a mailbox of this name exists already",
	  "open that one, or choose another name" },
	{ MBX_CMD_CREATE, EINVAL, "max_msg_size",
	  "bad name, mode, or message size above %s",
	  "a name has 1 to 255 bytes without blanks, control characters or '/' "
	  "and does not start with '@', a mode is at most 0666" },
	{ MBX_CMD_CREATE, EPERM, NULL,
	  "only with CAP_CHOWN can a mailbox be given to another user or group, "
	  "and dead letters only go where you may manage",
	  "leave the owner out, or open the dead-letter mailbox with "
	  "MBX_OPEN_MANAGE, too" },
	{ MBX_CMD_CREATE, EBADF, NULL,
	  "the dead-letter mailbox is none, or its handle has no right to send",
	  "open it with MBX_OPEN_SEND and MBX_OPEN_MANAGE" },
	{ MBX_CMD_CREATE, EMSGSIZE, NULL,
	  "the dead-letter mailbox takes no messages as long as this one",
	  "choose a lower msg_max, or create that one with a higher" },
	{ MBX_CMD_CREATE, EDQUOT, "max_user_mailboxes",
	  "you have as many mailboxes as %s allows",
	  "delete some" },
	{ MBX_CMD_CREATE, ENOSPC, "max_mailboxes",
	  "the system has as many mailboxes as %s allows",
	  "delete some" },
	{ MBX_CMD_OPEN, EDQUOT, "max_user_mailboxes",
	  "you have as many mailboxes as %s allows, and it had to be made",
	  "delete some" },
	{ MBX_CMD_OPEN, ENOSPC, "max_mailboxes",
	  "the system has as many mailboxes as %s allows, and it had to be made",
	  "delete some" },
	{ MBX_CMD_OPEN, EACCES, NULL,
	  "the mailbox's mode or owner does not let you",
	  "see 'mbx stat' and ask who created it" },
	{ MBX_CMD_OPEN, EINVAL, NULL,
	  "this is no mailbox name, id or pid", "see 'mbx ls'" },
	{ MBX_CMD_DELETE, EPERM, NULL,
	  "only the mailbox's user, its creator and CAP_IPC_OWNER may delete it",
	  "ask one of them" },
	{ MBX_CMD_DELETE, EINVAL, NULL,
	  "this is no mailbox name, id or pid", "see 'mbx ls'" },
	{ MBX_CMD_SEND, EAGAIN, NULL,
	  "the mailbox is full, or of capacity 0 and no receiver waits",
	  "receive something, or wait" },
	{ MBX_CMD_SEND, EDQUOT, "max_user_bytes",
	  "your queued messages would exceed %s",
	  "receive some" },
	{ MBX_CMD_SEND, ENOSPC, "max_bytes",
	  "all queued messages together would exceed %s",
	  "receive some" },
	{ MBX_CMD_SEND, EPERM, NULL,
	  "dropping what others have sent takes the right to manage the mailbox",
	  "drop the newest, or open it with MBX_OPEN_MANAGE, too" },
	{ MBX_CMD_SEND, ETOOMANYREFS, "max_user_fds",
	  "your queued messages would have more descriptors than %s",
	  "receive some" },
	{ MBX_CMD_SEND, ELOOP, NULL,
	  "an AF_UNIX socket, an io_uring, a handle to receive with, or in a container's system mailbox anything, "
	  "could keep itself open in a message",
	  "send a handle without MBX_OPEN_RECEIVE, pass it through a socket, or use an owned mailbox" },
	{ MBX_CMD_SEND, EPIPE, NULL,
	  "nobody has a handle to receive the descriptors with",
	  "send them elsewhere, or none" },
	{ MBX_CMD_SEND, EMSGSIZE, NULL,
	  "the message is longer than the mailbox's msg_max",
	  "split it, or create the mailbox with a larger one" },
	{ MBX_CMD_SEND, EINVAL, NULL,
	  "the priority is above 31, options exclude each other, or there is an id "
	  "and the mailbox remembers none",
	  "see MBX_IOC_SEND in mailbox(4)" },
	{ MBX_CMD_SEND, EBUSY, NULL,
	  "a message that this handle deferred, or one with this id, still waits",
	  "wait for MBX_EVENT_DEFERRED, or send it again later" },
	{ MBX_CMD_SEND, EALREADY, NULL,
	  "a message with this id has been sent already, and this one has not",
	  "choose another id for another message" },
	{ MBX_CMD_SEND, ENOBUFS, NULL,
	  "another message took the place of this one before a receiver had it",
	  "send it again" },
	{ MBX_CMD_SEND, EUSERS, NULL,
	  "two other processes use this mailbox, and its policy is 'pair'",
	  "wait until one of them exits, or create one of another policy" },
	{ MBX_CMD_SEND, EBADF, NULL,
	  "the handle has no right to send, or a descriptor for the message is not open",
	  "open the mailbox with MBX_OPEN_SEND" },
	{ MBX_CMD_SEND, EKEYEXPIRED, NULL,
	  "the handle was good for one message, which has been sent",
	  "ask whom you have it from for another" },
	{ MBX_CMD_RECEIVE, EAGAIN, NULL,
	  "the mailbox is empty or frozen, or has no message like the one asked "
	  "for",
	  "send something, or wait" },
	{ MBX_CMD_RECEIVE, EINVAL, NULL,
	  "conditions or options that exclude each other",
	  "see MBX_IOC_RECEIVE in mailbox(4)" },
	{ MBX_CMD_RECEIVE, EDQUOT, "max_user_bytes",
	  "with another lease your messages and leases would exceed %s",
	  "settle some" },
	{ MBX_CMD_RECEIVE, ENOSPC, "max_bytes",
	  "with another lease all messages and leases would exceed %s",
	  "settle some" },
	{ MBX_CMD_RECEIVE, EMSGSIZE, NULL,
	  "the buffer is smaller than the message, which stays in its place",
	  "offer as much room as the mailbox's msg_max" },
	{ MBX_CMD_RECEIVE, EBUSY, NULL,
	  "another process receives, and the mailbox's policy is 'exclusive'",
	  "try again later, or create one of another policy" },
	{ MBX_CMD_RECEIVE, EUSERS, NULL,
	  "two other processes use this mailbox, and its policy is 'pair'",
	  "wait until one of them exits, or create one of another policy" },
	{ MBX_CMD_RECEIVE, EBADF, NULL,
	  "the handle has no right to receive",
	  "open the mailbox with MBX_OPEN_RECEIVE" },
	{ MBX_CMD_DERIVE, EACCES, NULL,
	  "a handle can have no rights but those of the handle it is made of",
	  "ask for fewer, or open the mailbox with more" },
	{ MBX_CMD_DERIVE, EPERM, NULL,
	  "the handle has another badge, or is good for one message itself",
	  "make it of the handle that this one was made of" },
	{ MBX_CMD_DERIVE, EINVAL, NULL,
	  "a handle that is good for one message has to have the right to send",
	  "use MBX_OPEN_SEND" },
	{ ANY, EKEYREVOKED, NULL,
	  "the handle has been revoked by a holder of the one it was made of",
	  "ask whom you have it from for another" },
	{ MBX_CMD_NOTIFY, EBADF, NULL,
	  "the eventfd is not open, or the handle has no right to send",
	  "make one with eventfd(2), or open the mailbox with MBX_OPEN_SEND" },
	{ MBX_CMD_NOTIFY, EINVAL, NULL,
	  "no eventfd or mailbox, no such event, or a low watermark not below the high one",
	  "make the descriptor with eventfd(2) or open a mailbox, and give the watermarks "
	  "with MBX_EVENT_HIGH and MBX_EVENT_LOW only" },
	{ MBX_CMD_NOTIFY, EMSGSIZE, NULL,
	  "the mailbox to be told takes no messages as long as a struct mbx_event",
	  "create one with a higher msg_max" },
	{ MBX_CMD_NOTIFY, EKEYEXPIRED, NULL,
	  "the handle of the mailbox to be told was good for one message, which has been sent",
	  "ask whom you have it from for another" },
	{ MBX_CMD_NOTIFY, ESHUTDOWN, NULL,
	  "the mailbox to be told is sealed: it takes no more messages",
	  "create another" },
	{ MBX_CMD_NOTIFY, ENOSPC, NULL,
	  "too many handles of this mailbox are registered for events",
	  "close some, or register one for several events" },
	{ MBX_CMD_RECEIVE, ESHUTDOWN, NULL,
	  "the mailbox is sealed, and nothing is left of what is asked for",
	  "create another" },
	{ MBX_CMD_SEND, ECANCELED, NULL,
	  "the message was purged before a receiver had it", "send it again" },
	{ MBX_CMD_CONTROL, EPERM, NULL,
	  "only the mailbox's user, its creator, CAP_IPC_OWNER and who was given a handle to manage it may do that",
	  "ask one of them" },
	{ MBX_CMD_CONTROL, EAGAIN, NULL,
	  "the mailbox is sealed, and messages are left in it",
	  "receive or purge them, or wait" },
	{ MBX_CMD_CONTROL, ETIMEDOUT, NULL,
	  "the deadline has passed, and messages are left in the sealed mailbox",
	  "receive or purge them, or allow more time" },
	{ ANY, ESHUTDOWN, NULL,
	  "the mailbox is sealed: it takes no more messages",
	  "create another" },
	{ MBX_CMD_SETTLE, ENOENT, NULL,
	  "this process does not have the message leased, or not any more",
	  "expect that others receive it, and use a longer lease" },
	{ MBX_CMD_SETTLE, EBADF, NULL,
	  "the handle has no right to receive",
	  "open the mailbox with MBX_OPEN_RECEIVE" },
	{ MBX_CMD_TRANSFER, EPERM, NULL,
	  "only the process that owns the mailbox may give it away",
	  "see 'mbx stat' for the owner" },
	{ MBX_CMD_TRANSFER, EACCES, NULL,
	  "it can only be given to a process that you may send a signal",
	  "see kill(2)" },
	{ MBX_CMD_TRANSFER, EINVAL, NULL,
	  "this is no pid, or the mailbox is that of a process, which stays its own",
	  "see 'mbx tasks'" },
	{ ANY, ECONNREFUSED, NULL,
	  "the server has refused the connection", "see what it answered" },
	{ ANY, ENODEV, NULL,
	  "the module is not loaded",
	  "run 'modprobe ipc_mailbox' or 'insmod ipc_mailbox.ko' as root" },
	{ ANY, ENOENT, NULL,
	  "no such mailbox in this network namespace", "see 'mbx ls'" },
	{ ANY, ESRCH, NULL,
	  "no such process in your pid and network namespaces, or it is exiting",
	  "see 'mbx tasks'" },
	{ ANY, EIDRM, NULL,
	  "the mailbox was deleted", "create it again" },
	{ ANY, EOWNERDEAD, NULL,
	  "the process that owned the mailbox has exited",
	  "start it again" },
	{ ANY, ETIMEDOUT, NULL,
	  "the deadline has passed", "allow more time" },
	{ ANY, EINTR, NULL, "interrupted by a signal", "try again" },
	{ ANY, EMFILE, NULL,
	  "this process has as many descriptors open as RLIMIT_NOFILE allows",
	  "close some, or raise it with 'ulimit -n'" },
	{ ANY, ENFILE, NULL,
	  "the system has as many files open as /proc/sys/fs/file-max allows",
	  "ask the administrator to raise it" },
	{ ANY, ENOMEM, NULL,
	  "the system or this memory cgroup has no memory left",
	  "free some, or raise the cgroup's memory.max" },
	{ ANY, ENOTTY, NULL,
	  "this is not a handle of the ipc_mailbox module",
	  "see 'mbx doctor'" },
	{ ANY, EOPNOTSUPP, NULL,
	  "the loaded module does not know an option that was used",
	  "load a newer one, see 'mbx doctor'" },
	{ ANY, E2BIG, NULL,
	  "the loaded module is older than this program needs",
	  "load a newer one, see 'mbx doctor'" },
	{ ANY, EPROTO, NULL,
	  "the /proc file has a format that this library does not know",
	  "use library and module of one release" },
};
/* clang-format on */

static const struct sentence *find(int cmd, int err)
{
	/* Which is to send, first of all. */
	const int calls = cmd == MBX_CMD_CALL;
	const struct sentence *s;
	size_t i;

	for (i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		s = &sentences[i];
		if (s->err == err && (s->cmd == cmd || s->cmd == ANY ||
				      (s->cmd == MBX_CMD_SEND && calls)))
			return s;
	}
	return NULL;
}

int mbx_limit(const char *name, uint64_t *value)
{
	char path[128], text[32], *end;
	ssize_t len;
	int saved = errno;
	int fd;

	if (strchr(name, '/') || strlen(name) > 64)
		return -ENOENT;
	snprintf(path, sizeof(path), MBX_PARAMETERS "/%s", name);
	fd = mbx_open_file(path, O_RDONLY);
	if (fd < 0)
		return fd;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	errno = saved;
	text[len > 0 ? len : 0] = '\0';
	*value = strtoull(text, &end, 10);
	errno = saved;
	return end == text || (*end && *end != '\n') ? -EINVAL : 0;
}

/* "max_user_bytes (67108864)"; without the value if it cannot be read. */
static void limit_text(char *buf, size_t size, const char *name)
{
	uint64_t value;

	if (mbx_limit(name, &value))
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "%s (%llu)", name,
			 (unsigned long long)value);
}

static void write_limit(char *buf, size_t size, const struct sentence *s)
{
	const char *hole = strstr(s->text, "%s");
	char limit[96];

	limit_text(limit, sizeof(limit), s->limit);
	snprintf(
		buf, size,
		"%.*s%s%s: %s, or ask the administrator to raise " MBX_PARAMETERS
		"/%s",
		(int)(hole - s->text), s->text, limit, hole + 2, s->advice,
		s->limit);
}

/* Without rights on the device nothing else that was said is to the point. */
static int device_refuses(int err)
{
	int fd;

	if (err != EACCES && err != EPERM)
		return 0;
	fd = mbx_open_file(MBX_DEVICE, O_RDWR);
	if (fd >= 0)
		close(fd);
	return fd == -EACCES || fd == -EPERM;
}

const char *mbx_strerror(int cmd, int err, char *buf, size_t size)
{
	const struct sentence *s;
	const char *plain;

	err = err < 0 ? -err : err;
	s = find(cmd, err);
	plain = strerrordesc_np(err);
	if (device_refuses(err))
		snprintf(buf, size,
			 "no read and write permission on " MBX_DEVICE
			 ": ask the administrator for it");
	else if (s && s->limit)
		write_limit(buf, size, s);
	else if (s)
		snprintf(buf, size, "%s: %s", s->text, s->advice);
	else if (plain)
		snprintf(buf, size, "%s", plain);
	else
		snprintf(buf, size, "unknown error %d", err);
	return buf;
}
