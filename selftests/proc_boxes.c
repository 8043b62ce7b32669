// SPDX-License-Identifier: GPL-2.0-or-later
/* What /proc/ipc_mailboxes says, and to whom. */
#include "procfs.h"

FIXTURE(boxes) {
	int control;
	int box;
	__u64 id;
	char name[NAME_SIZE];
};

FIXTURE_SETUP(boxes)
{
	OPEN_CONTROL(self->control);
	self->box = box_create(self->control, unique_name(self->name), 0, 8);
	ASSERT_LE(0, self->box);
	self->id = box_id(self->box);
}

FIXTURE_TEARDOWN(boxes)
{
	box_delete(self->control, NULL, self->id);
}

static long long number(__u64 id, const char *column)
{
	const char *value = lookup(IPC_MAILBOXES, id, column);

	return *value >= '0' && *value <= '9' ? strtoll(value, NULL, 10) :
						NO_NUMBER;
}

static bool box_shows(__u64 id, const char *column, const char *value)
{
	return shows(IPC_MAILBOXES, id, column, value);
}

/* ------------------------------------------------------------------ columns */

TEST_F(boxes, what_create_was_told)
{
	struct mbx_create arg;
	int fd;

	EXPECT_TRUE(box_shows(self->id, "name", self->name));
	EXPECT_TRUE(box_shows(self->id, "kind", "system"));
	EXPECT_TRUE(box_shows(self->id, "capacity", "8"));
	EXPECT_TRUE(box_shows(self->id, "mode", "0600"));
	EXPECT_TRUE(box_shows(self->id, "owner", "-"));
	EXPECT_EQ(geteuid(), number(self->id, "uid"));
	EXPECT_EQ(getegid(), number(self->id, "gid"));

	init_create(&arg, NULL, MBX_CREATE_OWNED, MBX_UNBOUNDED);
	arg.mode = 0066;
	arg.msg_max = 100;
	fd = ioctl(self->control, MBX_IOC_CREATE, &arg);
	ASSERT_LE(0, fd);
	EXPECT_TRUE(box_shows(arg.out_id, "name", "-"));
	EXPECT_TRUE(box_shows(arg.out_id, "kind", "owned"));
	EXPECT_TRUE(box_shows(arg.out_id, "capacity", "unbounded"));
	EXPECT_TRUE(box_shows(arg.out_id, "mode", "0066"));
	EXPECT_EQ(100, number(arg.out_id, "msg_max"));
	EXPECT_EQ(getpid(), number(arg.out_id, "owner"));
	close(fd);
}

TEST_F(boxes, who_created_it_and_when)
{
	const __u64 before = now_ns(CLOCK_BOOTTIME);
	struct child child;
	char name[NAME_SIZE];
	__u64 id;
	int fd;

	unique_name(name);
	if (!child_start(&child)) {
		prctl(PR_SET_NAME, "a creator");
		CHECK(box_create(self->control, name, 0, 1) >= 0);
		child_exit();
	}
	EXPECT_CHILD(child);
	fd = box_open(self->control, name, 0, 0);
	ASSERT_LE(0, fd);
	id = box_id(fd);
	EXPECT_EQ(child.pid, number(id, "creator"));
	EXPECT_TRUE(box_shows(id, "creator_comm", "a\\040creator"));
	EXPECT_LE((long long)before, number(id, "created"));
	EXPECT_GE((long long)now_ns(CLOCK_BOOTTIME), number(id, "created"));
	EXPECT_EQ(0, box_delete(fd, NULL, 0));
}

TEST_F(boxes, queue)
{
	char data[30];

	EXPECT_EQ(0, box_send(self->box, data, 30, 0));
	EXPECT_EQ(0, box_send(self->box, data, 20, 0));
	EXPECT_EQ(0, box_send(self->box, data, 0, 0));
	EXPECT_EQ(30, box_receive(self->box, data, 30, 0));
	EXPECT_EQ(2, number(self->id, "depth"));
	EXPECT_EQ(20, number(self->id, "bytes"));
	EXPECT_EQ(3, number(self->id, "high_water"));
	EXPECT_EQ(3, number(self->id, "sent"));
	EXPECT_EQ(50, number(self->id, "bytes_sent"));
	EXPECT_EQ(1, number(self->id, "received"));
	EXPECT_EQ(30, number(self->id, "bytes_received"));
}

TEST_F(boxes, handles)
{
	int fd;

	EXPECT_EQ(1, number(self->id, "handles"));
	/* A second descriptor is not a second handle. */
	close(dup(self->box));
	fd = box_open(self->control, self->name, 0, MBX_OPEN_SEND);
	ASSERT_LE(0, fd);
	EXPECT_EQ(2, number(self->id, "handles"));
	close(fd);
	close(self->box);
	EXPECT_EQ(0, number(self->id, "handles"));
}

static const char *const odd_names[] = { "back\\slash", "-", "b\303\274chse",
					 "#1" };
static const char *const shown_names[] = { "back\\134slash", "\\055",
					   "b\303\274chse", "#1" };

TEST_F(boxes, odd_names)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(odd_names); i++) {
		int fd = box_create(self->control, odd_names[i],
				    MBX_CREATE_OWNED, 1);

		ASSERT_LE(0, fd);
		EXPECT_STREQ(shown_names[i],
			     lookup(IPC_MAILBOXES, box_id(fd), "name"));
		EXPECT_EQ(0, box_delete(fd, NULL, 0));
		close(fd);
	}
}

/* Names are as long as four times 255 characters when all are escaped. */
TEST_F(boxes, longest_name)
{
	char name[MBX_NAME_MAX + 1], shown[4 * MBX_NAME_MAX + 1] = "";
	int i, fd;

	memset(name, '\\', MBX_NAME_MAX);
	name[MBX_NAME_MAX] = '\0';
	for (i = 0; i < MBX_NAME_MAX; i++)
		memcpy(shown + 4 * i, "\\134", 5);
	fd = box_create(self->control, name, MBX_CREATE_OWNED, 1);
	ASSERT_LE(0, fd);
	EXPECT_STREQ(shown, lookup(IPC_MAILBOXES, box_id(fd), "name"));
	EXPECT_EQ(0, box_delete(fd, NULL, 0));
}

/* ------------------------------------------------------------------ waiters */

TEST_F(boxes, who_waits)
{
	struct job *jobs[3];
	char tids[64];
	int i;

	EXPECT_TRUE(box_shows(self->id, "sender_pids", "-"));
	EXPECT_TRUE(box_shows(self->id, "receiver_pids", "-"));
	for (i = 0; i < 3; i++) {
		jobs[i] = job_thread(job_receive(self->box, 0));
		ASSERT_TRUE(job_blocks(jobs[i]));
	}
	/* Longest waiting first. */
	snprintf(tids, sizeof(tids), "%d,%d,%d", jobs[0]->tid, jobs[1]->tid,
		 jobs[2]->tid);
	EXPECT_TRUE(box_shows(self->id, "receiver_pids", tids));
	EXPECT_EQ(3, number(self->id, "receivers"));
	EXPECT_EQ(0, number(self->id, "senders"));

	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, job_join(jobs[0]));
	EXPECT_EQ(2, number(self->id, "receivers"));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(jobs[1]));
	EXPECT_EQ(EIDRM, job_join(jobs[2]));
}

TEST_F(boxes, many_wait)
{
	struct job *jobs[18];
	char tids[18 * 12] = "";
	int i, len = 0;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, send_number(self->box, i));
	for (i = 0; i < 18; i++) {
		jobs[i] = job_thread(job_send(self->box, i, 0));
		ASSERT_TRUE(job_blocks(jobs[i]));
		if (i == 15)
			EXPECT_FALSE(strstr(lookup(IPC_MAILBOXES, self->id,
						   "sender_pids"),
					    "..."));
		if (i < 16)
			len += sprintf(tids + len, "%d,", jobs[i]->tid);
	}
	sprintf(tids + len, "...");
	EXPECT_STREQ(tids, lookup(IPC_MAILBOXES, self->id, "sender_pids"));
	EXPECT_EQ(18, number(self->id, "senders"));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	for (i = 0; i < 18; i++)
		EXPECT_EQ(EIDRM, job_join(jobs[i]));
}

/* --------------------------------------------------------------- visibility */

FIXTURE(visibility) {
	int control;
	int fd;
	__u64 id;
};

FIXTURE_VARIANT(visibility)
{
	uid_t uid;
	gid_t gid;
	__u32 mode;
	uid_t reader;
	gid_t group;
	__u64 caps;
	bool visible;
};

FIXTURE_VARIANT_ADD(visibility, root_s_by_user){
	.mode = 0660,
	.reader = 1000,
};

FIXTURE_VARIANT_ADD(visibility, root_s_by_ipc_owner){
	.mode = 0600,
	.reader = 1000,
	.caps = CAP_BIT(CAP_IPC_OWNER),
	.visible = true,
};

FIXTURE_VARIANT_ADD(visibility, for_others_to_send){
	.mode = 0602,
	.reader = 1000,
	.visible = true,
};

FIXTURE_VARIANT_ADD(visibility, for_others_to_receive){
	.mode = 0604,
	.reader = 1000,
	.visible = true,
};

FIXTURE_VARIANT_ADD(visibility, for_the_group){
	.gid = 77,
	.mode = 0620,
	.reader = 1000,
	.group = 77,
	.visible = true,
};

FIXTURE_VARIANT_ADD(visibility, for_another_group){
	.gid = 77,
	.mode = 0660,
	.reader = 1000,
	.group = 78,
};

FIXTURE_VARIANT_ADD(visibility, not_for_the_group){
	.gid = 77,
	.mode = 0606,
	.reader = 1000,
	.group = 77,
};

/* The user may see it even when the mode gives nobody anything. */
FIXTURE_VARIANT_ADD(visibility, for_its_user){
	.uid = 1000,
	.mode = 0,
	.reader = 1000,
	.visible = true,
};

FIXTURE_VARIANT_ADD(visibility, user_s_by_other_user){
	.uid = 1000,
	.mode = 0600,
	.reader = 1001,
};

FIXTURE_SETUP(visibility)
{
	struct mbx_create arg;

	NEED_ROOT();
	OPEN_CONTROL(self->control);
	init_create(&arg, NULL, 0, 1);
	arg.uid = variant->uid;
	arg.gid = variant->gid;
	arg.mode = variant->mode;
	self->fd = ioctl(self->control, MBX_IOC_CREATE, &arg);
	ASSERT_LE(0, self->fd);
	self->id = arg.out_id;
}

FIXTURE_TEARDOWN(visibility)
{
	box_delete(self->fd, NULL, 0);
}

TEST_F(visibility, row_is_there)
{
	struct child child;

	EXPECT_NE(NO_NUMBER, number(self->id, "uid"));
	if (!child_start(&child)) {
		if (variant->caps)
			CHECK(!become_with_caps(variant->reader,
						variant->reader,
						variant->caps));
		else
			CHECK(!become(variant->reader, variant->reader,
				      variant->group));
		CHECK((number(self->id, "uid") != NO_NUMBER) ==
		      variant->visible);
		child_exit();
	}
	EXPECT_CHILD(child);
}

TEST_F(visibility, row_goes_with_the_mailbox)
{
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(NO_NUMBER, number(self->id, "uid"));
}

TEST_HARNESS_MAIN
