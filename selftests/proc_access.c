// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a reader learns about a task is no more than /proc/PID would tell it.
 * The kernel itself is asked what that is: it lets those read the link
 * /proc/PID/exe whom it would let see more than everybody may.
 */
#include "procfs.h"

static const char *const gated_columns[] = {
	"files",	  "owned", "handles", "sent", "received", "bytes_sent",
	"bytes_received", "op",	   "mailbox", "name", "since",	  "deadline",
};

/* Never "-" for those who may see: the target has a mailbox and waits in it. */
#define NEVER_EMPTY(column) strcmp(column, "deadline")

/* --------------------------------------------------------- who sees whom */

struct identity {
	uid_t uid;
	gid_t gid;
	__u64 caps;
	bool undumpable;
};

FIXTURE(gate) {
	int control;
	int box;
	struct job *job;
};

FIXTURE_VARIANT(gate)
{
	struct identity target;
	struct identity reader;
	bool allowed;
};

#define USER .uid = 1000, .gid = 1000
#define OTHER .uid = 1001, .gid = 1001

FIXTURE_VARIANT_ADD(gate, root_by_root){ .allowed = true };
FIXTURE_VARIANT_ADD(gate, root_by_user){ .reader = { USER } };
FIXTURE_VARIANT_ADD(gate, user_by_root){
	.target = { USER },
	.allowed = true,
};

FIXTURE_VARIANT_ADD(gate, user_by_user){
	.target = { USER },
	.reader = { USER },
	.allowed = true,
};

FIXTURE_VARIANT_ADD(gate, user_by_other){
	.target = { USER },
	.reader = { OTHER },
};

FIXTURE_VARIANT_ADD(gate, user_by_other_group){
	.target = { USER },
	.reader = { .uid = 1000, .gid = 1001 },
};

FIXTURE_VARIANT_ADD(gate, undumpable_by_user){
	.target = { USER, .undumpable = true },
	.reader = { USER },
};

FIXTURE_VARIANT_ADD(gate, undumpable_by_root){
	.target = { USER, .undumpable = true },
	.allowed = true,
};

FIXTURE_VARIANT_ADD(gate, capable_by_user){
	.target = { USER, .caps = CAP_BIT(CAP_NET_RAW) },
	.reader = { USER },
};

FIXTURE_VARIANT_ADD(gate, capable_by_as_capable){
	.target = { USER, .caps = CAP_BIT(CAP_NET_RAW) },
	.reader = { USER, .caps = CAP_BIT(CAP_NET_RAW) },
	.allowed = true,
};

FIXTURE_VARIANT_ADD(gate, root_by_ptracer){
	.reader = { USER, .caps = CAP_BIT(CAP_SYS_PTRACE) },
	.allowed = true,
};

FIXTURE_VARIANT_ADD(gate, user_by_root_without_caps){
	.target = { USER },
	.reader = { .caps = CAP_BIT(CAP_CHOWN) },
};

static bool assume(const void *arg)
{
	const struct identity *id = arg;
	int ret = 0;

	if (id->uid && id->caps)
		ret = become_with_caps(id->uid, id->gid, id->caps);
	else if (id->uid)
		ret = become(id->uid, id->gid, 0);
	else if (id->caps)
		ret = set_caps(id->caps);
	/* Changed capabilities take this away, too. */
	return !ret && !prctl(PR_SET_DUMPABLE, !id->undumpable);
}

FIXTURE_SETUP(gate)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, 0, 1);
	ASSERT_LE(0, self->box);
	self->job = job_as(job_receive(self->box, 0), assume, &variant->target);
	ASSERT_TRUE(self->job);
}

FIXTURE_TEARDOWN(gate)
{
	job_kill(self->job);
	box_delete(self->box, NULL, 0);
}

/* Does the kernel let the caller see what is not for everybody? */
static bool kernel_allows(pid_t pid)
{
	char path[32], target[PATH_MAX];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return readlink(path, target, sizeof(target)) > 0;
}

static bool gated(const char *file, pid_t pid)
{
	unsigned int i, hidden = 0, columns = 0;

	for (i = 0; i < ARRAY_SIZE(gated_columns); i++) {
		const char *value = lookup(file, pid, gated_columns[i]);

		columns += *value != '\0';
		hidden += !strcmp(value, "-");
	}
	return hidden == columns;
}

static bool ungated(const char *file, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gated_columns); i++)
		if (shows(file, pid, gated_columns[i], "-") &&
		    NEVER_EMPTY(gated_columns[i]) &&
		    strcmp(gated_columns[i], "name"))
			return false;
	return shows(file, pid, "op", "receive");
}

TEST_F(gate, as_the_kernel_says)
{
	const pid_t pid = self->job->pid;
	struct child child;

	if (!child_start(&child)) {
		CHECK(assume(&variant->reader));
		CHECK(kernel_allows(pid) == variant->allowed);
		if (variant->allowed) {
			CHECK(ungated(IPC_TASKS, pid));
			CHECK(ungated(IPC_THREADS, pid));
		} else {
			CHECK(gated(IPC_TASKS, pid));
			CHECK(gated(IPC_THREADS, pid));
		}
		/* What everybody may see. */
		CHECK(shows(IPC_TASKS, pid, "state", "S"));
		CHECK(shows(IPC_TASKS, pid, "threads", "1"));
		CHECK(!shows(IPC_TASKS, pid, "rss", "-"));
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* Not by who opened the file. */
TEST_F(gate, by_who_reads)
{
	const pid_t pid = self->job->pid;
	int fd = open(IPC_TASKS, O_RDONLY | O_CLOEXEC);
	struct child child;

	ASSERT_LE(0, fd);
	if (!child_start(&child)) {
		struct table table;
		char op[16];

		CHECK(assume(&variant->reader));
		CHECK(table_parse(&table, slurp_fd(fd, 512)));
		CHECK(table_text(&table, table_find(&table, pid), "op", op,
				 sizeof(op)));
		CHECK(!strcmp(op, variant->allowed ? "receive" : "-"));
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* -------------------------------------------------------- one's own, names */

FIXTURE(access) {
	int control;
};

FIXTURE_SETUP(access)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
}

FIXTURE_TEARDOWN(access)
{
	close(self->control);
}

/* A process always sees itself, whatever it is. */
TEST_F(access, oneself)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(!become(1000, 1000, 0));
		CHECK(!prctl(PR_SET_DUMPABLE, 0));
		CHECK(shows(IPC_TASKS, getpid(), "handles", "0"));
		CHECK(shows(IPC_TASKS, getpid(), "sent", "0"));
		CHECK(shows(IPC_THREADS, getpid(), "sent", "0"));
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* May see the thread, not the mailbox, which it got a handle of. */
TEST_F(access, name_of_a_mailbox_out_of_reach)
{
	int box = box_create(self->control, "ksft-proc-secret", 0, 1);
	const struct identity user = { USER };
	struct child child;
	struct job *job;

	ASSERT_LE(0, box);
	job = job_as(job_receive(box, 0), assume, &user);
	ASSERT_TRUE(job);
	if (!child_start(&child)) {
		CHECK(shows(IPC_TASKS, job->pid, "name", "ksft-proc-secret"));
		CHECK(!become(1000, 1000, 0));
		CHECK(shows(IPC_TASKS, job->pid, "op", "receive"));
		CHECK(!shows(IPC_TASKS, job->pid, "mailbox", "-"));
		CHECK(shows(IPC_TASKS, job->pid, "name", "-"));
		CHECK(shows(IPC_THREADS, job->pid, "name", "-"));
		CHECK(!strstr(slurp(IPC_MAILBOXES, 4096), "secret"));
		child_exit();
	}
	EXPECT_CHILD(child);
	job_kill(job);
	box_delete(box, NULL, 0);
}

/* Uids are shown as the reader's user namespace has them. */
TEST_F(access, uids_in_a_user_namespace)
{
	struct child child;
	char uid[16];

	snprintf(uid, sizeof(uid), "%d", getuid());
	EXPECT_TRUE(shows(IPC_TASKS, getpid(), "uid", uid));
	if (!child_start(&child)) {
		long long overflow =
			read_number("/proc/sys/kernel/overflowuid");

		CHECK(!become(1000, 1000, 0));
		CHECK(!unshare(CLONE_NEWUSER));
		CHECK(!write_text("/proc/self/uid_map", "77 1000 1"));
		CHECK(shows(IPC_TASKS, getpid(), "uid", "77"));
		snprintf(uid, sizeof(uid), "%lld", overflow);
		CHECK(shows(IPC_TASKS, getppid(), "uid", uid));
		child_exit();
	}
	EXPECT_CHILD(child);
}

static long long time_shown(const char *file, __u64 id, const char *column)
{
	return strtoll(lookup(file, id, column), NULL, 10);
}

/* Times are those of the reader's clocks. */
TEST_F(access, times_in_a_time_namespace)
{
	const __u64 before = now_ns(CLOCK_MONOTONIC);
	int box = box_create(self->control, NULL, 0, 1);
	const __u64 id = box_id(box);
	struct job *job = job_process(job_receive(box, 0));
	struct child child;

	ASSERT_TRUE(job_blocks(job));
	if (unshare(CLONE_NEWTIME))
		SKIP(goto out, "no time namespaces");
	ASSERT_EQ(0, write_text("/proc/self/timens_offsets",
				"monotonic 5000 0\nboottime 9000 0\n"));
	if (!child_start(&child)) {
		long long since = time_shown(IPC_TASKS, job->pid, "since");
		long long start = time_shown(IPC_TASKS, job->pid, "start");
		long long created = time_shown(IPC_MAILBOXES, id, "created");
		char dir[32];

		CHECK(since >= (long long)(before + 5000 * SEC));
		CHECK(since <= (long long)now_ns(CLOCK_MONOTONIC));
		CHECK(created >= (long long)(9000 * SEC));
		CHECK(created <= (long long)now_ns(CLOCK_BOOTTIME));
		snprintf(dir, sizeof(dir), "/proc/%d", job->pid);
		CHECK(start / 10000000 == proc_field(dir, "stat", 22));
		child_exit();
	}
	EXPECT_CHILD(child);
out:
	job_kill(job);
	box_delete(box, NULL, 0);
}

TEST_HARNESS_MAIN
