// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Other mounts of /proc: hidepid hides from the files what it hides in /proc,
 * and a pid namespace has numbers of its own.
 */
#include "procfs.h"

#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define AT "/tmp/ksft-proc"
#define TASKS AT "/ipc_tasks"
#define THREADS AT "/ipc_threads"
#define MAILBOXES AT "/ipc_mailboxes"

/* Seen by this process and its children only. */
static int mount_proc(const char *options)
{
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	mkdir(AT, 0755);
	return mount("proc", AT, "proc", 0, options);
}

/* ---------------------------------------------------------------- hidepid */

FIXTURE(hidepid) {
	int control;
	int box;
	struct job *foreign;
	struct job *own;
};

FIXTURE_VARIANT(hidepid)
{
	const char *options;
	uid_t reader;
	gid_t group;
	bool sees_foreign;
};

FIXTURE_VARIANT_ADD(hidepid, off){
	.options = "hidepid=0",
	.reader = 1000,
	.sees_foreign = true,
};

FIXTURE_VARIANT_ADD(hidepid, noaccess){
	.options = "hidepid=1",
	.reader = 1000,
};

FIXTURE_VARIANT_ADD(hidepid, noaccess_group){
	.options = "hidepid=1,gid=77",
	.reader = 1000,
	.group = 77,
	.sees_foreign = true,
};

FIXTURE_VARIANT_ADD(hidepid, noaccess_root){
	.options = "hidepid=1",
	.sees_foreign = true,
};

FIXTURE_VARIANT_ADD(hidepid, invisible){
	.options = "hidepid=2",
	.reader = 1000,
};

FIXTURE_VARIANT_ADD(hidepid, invisible_group){
	.options = "hidepid=2,gid=77",
	.reader = 1000,
	.group = 77,
	.sees_foreign = true,
};

FIXTURE_VARIANT_ADD(hidepid, invisible_other_group){
	.options = "hidepid=2,gid=77",
	.reader = 1000,
	.group = 78,
};

FIXTURE_VARIANT_ADD(hidepid, invisible_root){
	.options = "hidepid=2",
	.sees_foreign = true,
};

FIXTURE_VARIANT_ADD(hidepid, ptraceable){
	.options = "hidepid=4",
	.reader = 1000,
};

FIXTURE_VARIANT_ADD(hidepid, ptraceable_group){
	.options = "hidepid=4,gid=77",
	.reader = 1000,
	.group = 77,
};

FIXTURE_VARIANT_ADD(hidepid, ptraceable_root){
	.options = "hidepid=4",
	.sees_foreign = true,
};

static bool become_user(const void *arg)
{
	const uid_t *uid = arg;

	return !*uid || !become(*uid, *uid, 0);
}

static struct job *start_receiver(int box, uid_t uid)
{
	return job_as(job_receive(box, 0), become_user, &uid);
}

FIXTURE_SETUP(hidepid)
{
	struct mbx_create create;

	NEED_ROOT();
	OPEN_CONTROL(self->control);
	init_create(&create, NULL, 0, 1);
	create.mode = 0666;
	self->box = ioctl(self->control, MBX_IOC_CREATE, &create);
	ASSERT_LE(0, self->box);
	self->foreign = start_receiver(self->box, 0);
	self->own = start_receiver(self->box, 1000);
	ASSERT_TRUE(self->foreign && self->own);
	ASSERT_EQ(0, mount_proc(variant->options));
}

FIXTURE_TEARDOWN(hidepid)
{
	if (self->foreign)
		job_kill(self->foreign);
	if (self->own)
		job_kill(self->own);
	box_delete(self->box, NULL, 0);
	umount(AT);
	rmdir(AT);
}

static bool is_listed(const char *file, pid_t pid)
{
	return *lookup(file, pid, "state");
}

/* Can anything of the process be read there? */
static bool is_open(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), AT "/%d/stat", pid);
	return !access(path, R_OK);
}

static bool become_reader(uid_t uid, gid_t group)
{
	return !(uid ? become(uid, uid, group) : 0);
}

TEST_F(hidepid, hides_the_same)
{
	const pid_t own = self->own->pid, foreign = self->foreign->pid;
	struct child child;

	if (!child_start(&child)) {
		CHECK(become_reader(variant->reader, variant->group));
		CHECK(is_open(own));
		CHECK(is_listed(TASKS, own));
		CHECK(is_listed(THREADS, own));
		CHECK(is_listed(TASKS, getpid()));
		CHECK(is_open(foreign) == variant->sees_foreign);
		CHECK(is_listed(TASKS, foreign) == variant->sees_foreign);
		CHECK(is_listed(THREADS, foreign) == variant->sees_foreign);
		child_exit();
	}
	EXPECT_CHILD(child);
}

static bool all_as_open(const char *file)
{
	struct table table;
	const char *row = NULL;
	pid_t pid, missing = 0;

	if (!table_read(&table, file))
		return false;
	/* Nobody whom /proc hides... */
	while ((row = table_next(&table, row))) {
		pid = strtoll(row, NULL, 10);
		if (!is_open(pid) && is_listed(file, pid))
			return false;
	}
	/* ... and everybody whom it shows. */
	for (pid = 1; pid < 1000; pid++)
		if (is_open(pid) && !table_find(&table, pid))
			missing = pid;
	table_free(&table);
	return !missing || is_listed(file, missing) || !is_open(missing);
}

TEST_F(hidepid, hides_all_the_same)
{
	struct child child;

	if (!child_start(&child)) {
		CHECK(become_reader(variant->reader, variant->group));
		CHECK(all_as_open(TASKS));
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* A process that has exited is still its owner's to see. */
TEST_F(hidepid, zombie)
{
	struct child child;

	if (!child_start(&child)) {
		pid_t pid;

		CHECK(become_reader(variant->reader, variant->group));
		pid = fork();
		if (!pid)
			_exit(0);
		CHECK(wait_zombie(pid));
		CHECK(is_listed(TASKS, pid) == is_open(pid));
		CHECK(waitpid(pid, NULL, 0) == pid);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(hidepid, children_are_those_listed)
{
	const pid_t parent = getpid();
	struct child child;

	if (!child_start(&child)) {
		const char *row = NULL;
		struct table table;
		long long count = 0;

		CHECK(become_reader(variant->reader, variant->group));
		CHECK(table_read(&table, TASKS));
		while ((row = table_next(&table, row)))
			count += table_number(&table, row, "ppid") == parent;
		row = table_find(&table, parent);
		CHECK(!row == !variant->sees_foreign);
		CHECK(!row || table_number(&table, row, "children") == count);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(hidepid, waiters_of_a_mailbox)
{
	const __u64 id = box_id(self->box);
	struct child child;
	char tids[64];

	if (variant->sees_foreign)
		snprintf(tids, sizeof(tids), "%d,%d", self->foreign->tid,
			 self->own->tid);
	else
		snprintf(tids, sizeof(tids), "%d", self->own->tid);
	if (!child_start(&child)) {
		CHECK(become_reader(variant->reader, variant->group));
		CHECK(shows(MAILBOXES, id, "receivers", "2"));
		CHECK(shows(MAILBOXES, id, "receiver_pids", tids));
		CHECK(shows(MAILBOXES, id, "creator", "-") ==
		      !variant->sees_foreign);
		CHECK(shows(MAILBOXES, id, "creator_comm", "-") ==
		      !variant->sees_foreign);
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* ------------------------------------------------------------ pid namespace */

FIXTURE(proc_pidns) {
	int control;
	int box;
	__u64 id;
};

FIXTURE_SETUP(proc_pidns)
{
	NEED_ROOT();
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, NULL, 0, 1);
	ASSERT_LE(0, self->box);
	self->id = box_id(self->box);
}

FIXTURE_TEARDOWN(proc_pidns)
{
	box_delete(self->box, NULL, 0);
}

static pid_t start_inside(struct child *child)
{
	int errors[2];

	if (pipe2(errors, O_CLOEXEC))
		abort();
	child->pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (!child->pid) {
		child_errors = errors[1];
		return 0;
	}
	child->errors = errors[0];
	close(errors[1]);
	return child->pid;
}

TEST_F(proc_pidns, only_those_inside)
{
	struct child child;

	if (!start_inside(&child)) {
		struct job *job;
		struct table table;
		const char *row;
		char tid[16];

		CHECK(getpid() == 1 && !mount_proc(NULL));
		job = job_process(job_receive(self->box, 0));
		CHECK(wait_until(shows(THREADS, job->pid, "op", "receive")));
		CHECK(job->pid == 2);

		CHECK(table_read(&table, TASKS));
		row = table_next(&table, NULL);
		CHECK(table_number(&table, row, "tgid") == 1);
		CHECK(table_number(&table, row, "ppid") == 0);
		CHECK(table_number(&table, row, "children") == 1);
		row = table_next(&table, row);
		CHECK(table_number(&table, row, "tgid") == 2);
		CHECK(table_number(&table, row, "ppid") == 1);
		CHECK(!table_next(&table, row));

		snprintf(tid, sizeof(tid), "%d", job->tid);
		CHECK(shows(MAILBOXES, self->id, "receiver_pids", tid));
		/* Created outside. */
		CHECK(shows(MAILBOXES, self->id, "creator", "-"));
		job_kill(job);
		child_exit();
	}
	EXPECT_CHILD(child);
}

/* What counts is where /proc was mounted, not where the reader is. */
TEST_F(proc_pidns, outer_mount_read_inside)
{
	const pid_t outside = getpid();
	struct child child;

	if (!start_inside(&child)) {
		CHECK(is_listed(IPC_TASKS, outside));
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(proc_pidns, seen_from_outside)
{
	struct child child;
	char tid[16], ppid[16];

	if (!start_inside(&child)) {
		box_receive(self->box, NULL, 0, 0);
		child_exit();
	}
	snprintf(tid, sizeof(tid), "%d", child.pid);
	snprintf(ppid, sizeof(ppid), "%d", getpid());
	EXPECT_TRUE(wait_until(shows(IPC_TASKS, child.pid, "op", "receive")));
	EXPECT_TRUE(shows(IPC_TASKS, child.pid, "ppid", ppid));
	EXPECT_TRUE(shows(IPC_MAILBOXES, self->id, "receiver_pids", tid));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_CHILD(child);
}

TEST_HARNESS_MAIN
