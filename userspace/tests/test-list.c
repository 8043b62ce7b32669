// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mbx ls, stat, tasks, doctor, and every help: long outputs are in golden/.
 */
#include <errno.h>

#include "tool.h"

/* clang-format off */
#define GOOD	"fixtures/good"

static const struct mbx_stat jobs = {
	.out_id = 1, .out_flags = MBX_CREATE_OWNED, .out_mode = 0620,
	.out_uid = 1000, .out_gid = 100, .out_capacity = MBX_UNBOUNDED,
	.out_msg_max = 4096, .out_owner_pid = 77, .out_creator_pid = 77,
	.out_handles = 3, .out_depth = 4, .out_high_water = 5,
	.out_senders = 6, .out_receivers = 7, .out_bytes = 8, .out_sent = 9,
	.out_received = 10, .out_bytes_sent = 11, .out_bytes_received = 12,
	.out_created = 13, .out_rights = 0, .out_name_len = 4,
	.out_state = MBX_STATE_FROZEN | MBX_STATE_SEALED, .out_lost = 14,
	.out_callers = 15,
	.out_name = "jobs",
};

#define HELP(verb) \
	{ .name = verb " --help", .args = { verb, "--help" }, \
	  .golden = verb "-help" }
#define GOLDEN(n, file, ...) \
	{ .name = n, .args = { __VA_ARGS__ }, .root = GOOD, .golden = file }
#define STAT \
	{ STEP_OPEN, .name = "jobs" }, { STEP_STAT, .st = &jobs }, \
	{ STEP_OPEN, .name = "jobs", .flags = MBX_OPEN_RECEIVE }, \
	{ STEP_OPEN, -EACCES, .name = "jobs", .flags = MBX_OPEN_SEND }, \
	{ STEP_OPEN, .name = "jobs", .flags = MBX_OPEN_MANAGE }

static const struct run runs[] = {
	{ .name = "--help", .args = { "--help" }, .golden = "help" },
	{ .name = "-h", .args = { "-h" }, .golden = "help" },
	{ .name = "transfer --help", .args = { "transfer", "--help" },
	  .golden = "transfer-help" },
	{ .name = "--version", .args = { "--version" },
	  .out = "mbx " MBX_VERSION " (libmbx " MBX_VERSION ")\n" },
	HELP("create"), HELP("rm"), HELP("ls"), HELP("stat"), HELP("send"),
	HELP("recv"), HELP("peek"), HELP("wait"), HELP("admin"), HELP("dump"),
	HELP("load"), HELP("call"), HELP("serve"), HELP("tasks"), HELP("doctor"), HELP("demo"),
	{ .name = "help after a mistake that comes later",
	  .args = { "ls", "-h", "--frob" }, .golden = "ls-help" },
	{ .name = "help to a full disk", .args = { "ls", "--help" },
	  .kind = OUT_FULL, .status = 1,
	  .err = "ls: standard output: No space left on device" },
	{ .name = "help for nobody", .args = { "--help" },
	  .kind = OUT_NO_READER, .status = 1 },

	GOLDEN("ls", "ls", "ls"),
	GOLDEN("ls -o", "ls-columns", "ls", "-o",
	       "ID,capacity,sender_pids,creator_comm"),
	GOLDEN("ls --raw", "ls-raw", "ls", "--raw", "--noheadings"),
	GOLDEN("ls -o all", "ls-all", "ls", "-o", "all", "--raw"),
	GOLDEN("ls --json", "ls-json", "ls", "--json"),
	GOLDEN("ls --json -o", "ls-json-columns", "ls", "--json", "-o",
	       "name,capacity"),
	{ .name = "ls of nothing", .args = { "ls" }, .out = "",
	  .root = "fixtures/none" },
	{ .name = "ls --json of nothing", .args = { "ls", "--json" },
	  .root = "fixtures/none",
	  .out = "{\n \"schema\": 1,\n \"mailboxes\": []\n}\n" },
	{ .name = "ls without the module", .args = { "ls" }, .out = "",
	  .root = "fixtures/empty", .status = 3,
	  .err = "ls: the module is not loaded: run 'modprobe ipc_mailbox' or 'insmod ipc_mailbox.ko' as root" },
	{ .name = "ls of a newer module", .args = { "ls", "-o", "name,uid" },
	  .root = "fixtures/newer", .out = "NAME UID\njobs   -\n" },
	{ .name = "ls of a broken file", .args = { "ls" }, .out = "",
	  .root = "fixtures/bad", .status = 1,
	  .err = "ls: the /proc file has a format that this library does not know: use library and module of one release" },
	{ .name = "ls to a full disk", .args = { "ls" }, .root = GOOD,
	  .kind = OUT_FULL, .status = 1,
	  .err = "ls: standard output: No space left on device" },
	{ .name = "ls to a closed descriptor", .args = { "ls" }, .root = GOOD,
	  .kind = OUT_CLOSED, .status = 1,
	  .err = "ls: standard output: Bad file descriptor" },

	{ .name = "stat", .args = { "stat", "jobs" }, .root = GOOD,
	  .steps = { STAT }, .golden = "stat" },
	{ .name = "stat of two", .args = { "stat", "jobs", "@1" }, .root = GOOD,
	  .steps = { STAT, { STEP_OPEN, .id = 1 },
		     { STEP_STAT, .st = &jobs },
		     { STEP_OPEN, -EACCES, .id = 1, .flags = MBX_OPEN_RECEIVE },
		     { STEP_OPEN, .id = 1, .flags = MBX_OPEN_SEND },
		     { STEP_OPEN, -EACCES, .id = 1, .flags = MBX_OPEN_MANAGE } },
	  .golden = "stat-two" },
	{ .name = "stat --json", .args = { "stat", "jobs", "--json" },
	  .root = GOOD, .steps = { STAT }, .golden = "stat-json" },
	{ .name = "stat -o", .args = { "stat", "jobs", "-o", "name,depth" },
	  .root = GOOD, .steps = { STAT }, .out = "NAME DEPTH\njobs     4\n" },
	{ .name = "stat without /proc", .args = { "stat", "jobs", "-o",
						  "name,depth,sender_pids" },
	  .root = "fixtures/empty", .steps = { STAT },
	  .out = "NAME DEPTH SENDER_PIDS\njobs     4 -\n" },
	{ .name = "stat of one that is not there",
	  .args = { "stat", "no", "jobs", "--raw", "--noheadings", "-o", "id" },
	  .root = GOOD, .steps = { { STEP_OPEN, -ENOENT, .name = "no" }, STAT },
	  .out = "1\n", .status = 3,
	  .err = "stat: no: no such mailbox in this network namespace: see 'mbx ls'" },
	{ .name = "stat --json of none", .args = { "stat", "no", "--json" },
	  .root = GOOD, .steps = { { STEP_OPEN, -EACCES, .name = "no" } },
	  .out = "{\n \"schema\": 1,\n \"mailboxes\": []\n}\n", .status = 6,
	  .err = "stat: no: the mailbox's mode or owner does not let you: see 'mbx stat' and ask who created it" },

	GOLDEN("tasks", "tasks", "tasks"),
	GOLDEN("tasks --json", "tasks-json", "tasks", "--json"),
	GOLDEN("tasks --tree", "tasks-tree", "tasks", "--tree"),
	GOLDEN("tasks --tree --json", "tasks-tree-json", "tasks", "--tree",
	       "--json", "-o", "tgid,comm"),
	GOLDEN("tasks --tree PID", "tasks-tree-pid", "tasks", "--tree", "10",
	       "11", "-o", "comm,tgid"),
	GOLDEN("tasks --threads", "tasks-threads", "tasks", "--threads"),
	GOLDEN("tasks --tree --threads", "tasks-tree-threads", "tasks",
	       "--tree", "--threads", "-o", "comm,tid,tgid"),
	{ .name = "tasks --blocked", .root = GOOD,
	  .args = { "tasks", "--blocked", "-o", "tgid,op,name,deadline" },
	  .out = "TGID OP      NAME   DEADLINE\n"
		 "  11 receive jobs 6000000000\n" },
	{ .name = "tasks PID", .args = { "tasks", "10", "-o", "comm" },
	  .root = GOOD, .out = "COMM\nsh\n" },
	{ .name = "tasks of nobody", .args = { "tasks", "5", "--json" },
	  .root = GOOD, .status = 1,
	  .out = "{\n \"schema\": 1,\n \"tasks\": []\n}\n",
	  .err = "tasks: 5: no process of this number that you may see" },
	{ .name = "tasks --threads --json of nobody", .root = GOOD,
	  .args = { "tasks", "--threads", "--json", "5" }, .status = 1,
	  .out = "{\n \"schema\": 1,\n \"threads\": []\n}\n",
	  .err = "tasks: 5: no process of this number that you may see" },
	{ .name = "tasks --waits", .root = "fixtures/waits",
	  .args = { "tasks", "--waits" }, .golden = "tasks-waits" },
	{ .name = "tasks --waits --json", .root = "fixtures/waits",
	  .args = { "tasks", "--waits", "--json" },
	  .golden = "tasks-waits-json" },
	{ .name = "tasks --waits --dot", .root = "fixtures/waits",
	  .args = { "tasks", "--waits", "--dot" }, .golden = "tasks-waits-dot" },
	{ .name = "tasks --waits, and nobody does", .root = "fixtures/good",
	  .args = { "tasks", "--waits", "--raw", "--noheadings", "-o",
		    "tid,op,cycle" },
	  .out = "11 receive -\n" },
	{ .name = "a circle of parents", .args = { "tasks", "--tree", "-o",
						   "comm,tgid,ppid" },
	  .root = "fixtures/circle", .golden = "tasks-circle" },
	{ .name = "tasks without the module", .args = { "tasks" }, .out = "",
	  .root = "fixtures/empty", .status = 3,
	  .err = "tasks: the module is not loaded: run 'modprobe ipc_mailbox' or 'insmod ipc_mailbox.ko' as root" },

	{ .name = "doctor", .args = { "doctor" }, .root = GOOD,
	  .steps = { { STEP_VERSION } }, .golden = "doctor" },
	{ .name = "doctor --json", .args = { "doctor", "--json" }, .root = GOOD,
	  .steps = { { STEP_VERSION } }, .golden = "doctor-json" },
	{ .name = "doctor without the module", .args = { "doctor" },
	  .root = "fixtures/empty", .device_err = ENOENT, .status = 3,
	  .golden = "doctor-empty" },
	{ .name = "doctor --json without the module",
	  .args = { "doctor", "--json" }, .root = "fixtures/empty",
	  .device_err = ENOENT, .status = 3, .golden = "doctor-empty-json" },
	{ .name = "doctor without rights", .args = { "doctor" }, .root = GOOD,
	  .device_err = EACCES, .status = 6, .golden = "doctor-rights" },
	{ .name = "doctor with another ABI", .args = { "doctor" }, .root = GOOD,
	  .steps = { { STEP_VERSION, .id = 2 } }, .status = 1,
	  .golden = "doctor-abi" },
	{ .name = "doctor under lockdown", .args = { "doctor" },
	  .root = "fixtures/locked", .device_err = ENOENT, .status = 3,
	  .golden = "doctor-locked" },
};
/* clang-format on */

int main(void)
{
	return RUN_ALL("list", runs);
}
