// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One row per column of each list.  Names are those of the /proc files.
 */
#include "listing.h"

#define TEXT COLUMN_TEXT
#define NUMBER COLUMN_NUMBER
#define PIDS COLUMN_PIDS

/* clang-format off */
#define MAILBOX_COLUMNS \
	{ "name", TEXT, true, "name, if it has one" }, \
	{ "id", NUMBER, true, "id, never used again" }, \
	{ "kind", TEXT, true, "system, owned or direct" }, \
	{ "capacity", NUMBER, true, "messages that may wait, or unbounded" }, \
	{ "depth", NUMBER, true, "messages waiting" }, \
	{ "bytes", NUMBER, true, "bytes in waiting messages" }, \
	{ "msg_max", NUMBER, false, "longest message in bytes" }, \
	{ "mode", TEXT, true, "r to receive, w to send" }, \
	{ "uid", NUMBER, true, "owning user" }, \
	{ "gid", NUMBER, false, "owning group" }, \
	{ "owner", NUMBER, true, "owning process" }, \
	{ "handles", NUMBER, false, "open handles" }, \
	{ "senders", NUMBER, true, "threads blocked in a send" }, \
	{ "receivers", NUMBER, true, "threads blocked in a receive" }, \
	{ "sender_pids", PIDS, false, "thread ids of blocked senders" }, \
	{ "receiver_pids", PIDS, false, "thread ids of blocked receivers" }, \
	{ "sent", NUMBER, false, "messages ever sent" }, \
	{ "received", NUMBER, false, "messages ever received" }, \
	{ "bytes_sent", NUMBER, false, "bytes ever sent" }, \
	{ "bytes_received", NUMBER, false, "bytes ever received" }, \
	{ "high_water", NUMBER, false, "most messages that ever waited" }, \
	{ "creator", NUMBER, false, "creating process" }, \
	{ "creator_comm", TEXT, false, "its command name" }, \
	{ "created", NUMBER, false, "creation, ns since boot" }, \
	{ "policy", TEXT, false, "fifo, rr, lifo, exclusive or pair" }, \
	{ "state", TEXT, false, "open, frozen, sealed or frozen,sealed" }, \
	{ "lost", NUMBER, false, "messages purged or dropped" }, \
	{ "successor", NUMBER, false, "process that inherits it" }, \
	{ "full", TEXT, false, "wait, drop-oldest, drop-newest or defer" }, \
	{ "callers", NUMBER, false, "threads that wait for a reply" }, \
	{ "leased", NUMBER, false, "messages leased now" }, \
	{ "returned", NUMBER, false, "times a leased message came back" }, \
	{ "dead_letters", NUMBER, false, "messages delivered too often" }, \
	{ "duplicates", NUMBER, false, "sends refused as duplicates" }, \
	{ "dead_letter", NUMBER, false, "id of its dead-letter mailbox" }, \
	{ "caller_pids", PIDS, false, "thread ids of those that wait for a reply" }, \
	{ "server_pids", PIDS, false, "processes that could receive" }, \
	{ "fds", NUMBER, false, "descriptors in its messages" }
/* clang-format on */

const struct column mailbox_columns[] = { MAILBOX_COLUMNS, { 0 } };

const struct column stat_columns[] = {
	MAILBOX_COLUMNS,
	{ "rights", TEXT, false, "you may have: r receive, w send, m manage" },
	{ 0 }
};

const struct column task_columns[] = {
	{ "tgid", NUMBER, true, "process id" },
	{ "ppid", NUMBER, true, "parent's process id" },
	{ "state", TEXT, true, "state letter, see ps(1)" },
	{ "uid", NUMBER, true, "real user" },
	{ "policy", NUMBER, false, "scheduling policy, see sched(7)" },
	{ "prio", NUMBER, false, "priority as in /proc/PID/stat" },
	{ "nice", NUMBER, false, "nice value" },
	{ "cpu", NUMBER, false, "CPU it runs on or ran on last" },
	{ "threads", NUMBER, true, "number of threads" },
	{ "utime", NUMBER, false, "user time in ns" },
	{ "stime", NUMBER, false, "system time in ns" },
	{ "vruntime", NUMBER, false, "virtual run time in ns" },
	{ "runtime", NUMBER, false, "executed time in ns" },
	{ "nvcsw", NUMBER, false, "voluntary context switches" },
	{ "nivcsw", NUMBER, false, "involuntary context switches" },
	{ "minflt", NUMBER, false, "minor page faults" },
	{ "majflt", NUMBER, false, "major page faults" },
	{ "vsize", NUMBER, false, "virtual memory in bytes" },
	{ "rss", NUMBER, false, "resident memory in bytes" },
	{ "files", NUMBER, false, "open files" },
	{ "children", NUMBER, false, "children" },
	{ "start", NUMBER, false, "start, ns since boot" },
	{ "comm", TEXT, true, "command name" },
	{ "owned", NUMBER, true, "mailboxes owned" },
	{ "handles", NUMBER, true, "mailbox handles open" },
	{ "sent", NUMBER, true, "messages sent" },
	{ "received", NUMBER, true, "messages received" },
	{ "bytes_sent", NUMBER, false, "bytes sent" },
	{ "bytes_received", NUMBER, false, "bytes received" },
	{ "op", TEXT, true, "blocked: send, sync, receive, peek, drain, call" },
	{ "mailbox", NUMBER, false, "id of that mailbox" },
	{ "name", TEXT, true, "name of that mailbox" },
	{ "since", NUMBER, false, "blocked since, CLOCK_MONOTONIC ns" },
	{ "deadline", NUMBER, false, "blocked until, CLOCK_MONOTONIC ns" },
	{ "donor", NUMBER, false, "thread whose priority it has" },
	{ "waits_for", NUMBER, false, "process that is to reply to its call" },
	{ 0 }
};

const struct column thread_columns[] = {
	{ "tid", NUMBER, true, "thread id" },
	{ "tgid", NUMBER, true, "process id" },
	{ "state", TEXT, true, "state letter, see ps(1)" },
	{ "policy", NUMBER, false, "scheduling policy, see sched(7)" },
	{ "prio", NUMBER, false, "priority as in /proc/PID/stat" },
	{ "nice", NUMBER, false, "nice value" },
	{ "cpu", NUMBER, true, "CPU it runs on or ran on last" },
	{ "utime", NUMBER, false, "user time in ns" },
	{ "stime", NUMBER, false, "system time in ns" },
	{ "vruntime", NUMBER, false, "virtual run time in ns" },
	{ "runtime", NUMBER, false, "executed time in ns" },
	{ "nvcsw", NUMBER, false, "voluntary context switches" },
	{ "nivcsw", NUMBER, false, "involuntary context switches" },
	{ "minflt", NUMBER, false, "minor page faults" },
	{ "majflt", NUMBER, false, "major page faults" },
	{ "start", NUMBER, false, "start, ns since boot" },
	{ "comm", TEXT, true, "thread name" },
	{ "sent", NUMBER, true, "messages sent" },
	{ "received", NUMBER, true, "messages received" },
	{ "bytes_sent", NUMBER, false, "bytes sent" },
	{ "bytes_received", NUMBER, false, "bytes received" },
	{ "op", TEXT, true, "blocked: send, sync, receive, peek, drain, call" },
	{ "mailbox", NUMBER, false, "id of that mailbox" },
	{ "name", TEXT, true, "name of that mailbox" },
	{ "since", NUMBER, false, "blocked since, CLOCK_MONOTONIC ns" },
	{ "deadline", NUMBER, false, "blocked until, CLOCK_MONOTONIC ns" },
	{ "donor", NUMBER, false, "thread whose priority it has" },
	{ "waits_for", NUMBER, false, "process that is to reply to its call" },
	{ 0 }
};
