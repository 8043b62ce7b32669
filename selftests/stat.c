// SPDX-License-Identifier: GPL-2.0-or-later
/* What STAT and fdinfo say about a mailbox. */
#include "peers.h"

FIXTURE(stat) {
	int control;
	int box;
	char name[NAME_SIZE];
	struct mbx_stat now;
};

FIXTURE_SETUP(stat)
{
	struct mbx_create create;

	OPEN_CONTROL(self->control);
	init_create(&create, unique_name(self->name), 0, 3);
	create.mode = 0640;
	create.msg_max = 100;
	self->box = ioctl(self->control, MBX_IOC_CREATE, &create);
	ASSERT_LE(0, self->box);
	EXPECT_EQ(0, box_stat(self->box, &self->now));
	EXPECT_EQ(create.out_id, self->now.out_id);
}

FIXTURE_TEARDOWN(stat)
{
	box_delete(self->box, NULL, 0);
	close(self->box);
	close(self->control);
}

TEST_F(stat, what_create_was_told)
{
	EXPECT_EQ(0, self->now.out_flags);
	EXPECT_EQ(0640, self->now.out_mode);
	EXPECT_EQ(geteuid(), self->now.out_uid);
	EXPECT_EQ(getegid(), self->now.out_gid);
	EXPECT_EQ(3, self->now.out_capacity);
	EXPECT_EQ(100, self->now.out_msg_max);
}

TEST_F(stat, name_and_its_padding)
{
	unsigned int i, len = strlen(self->name);

	EXPECT_EQ(len, self->now.out_name_len);
	EXPECT_EQ(0, memcmp(self->name, self->now.out_name, len));
	for (i = len; i < sizeof(self->now.out_name); i++)
		EXPECT_EQ(0, self->now.out_name[i]);
	EXPECT_EQ(MBX_POLICY_FIFO, self->now.out_policy);
	EXPECT_EQ(0, self->now.out_state);
	EXPECT_EQ(MBX_FULL_WAIT, self->now.out_full);
	EXPECT_EQ(0, self->now.out_lost);
	EXPECT_EQ(0, self->now.out_successor_pid);
}

TEST_F(stat, longest_name)
{
	char name[MBX_NAME_MAX + 1];
	int fd;

	memset(name, 'n', MBX_NAME_MAX);
	name[MBX_NAME_MAX] = '\0';
	fd = box_create(self->control, name, MBX_CREATE_OWNED, 1);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, box_stat(fd, &self->now));
	EXPECT_EQ(MBX_NAME_MAX, self->now.out_name_len);
	EXPECT_STREQ(name, (char *)self->now.out_name);
	close(fd);
}

TEST_F(stat, no_name)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	unsigned int i;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, box_stat(fd, &self->now));
	EXPECT_EQ(0, self->now.out_name_len);
	for (i = 0; i < sizeof(self->now.out_name); i++)
		EXPECT_EQ(0, self->now.out_name[i]);
	close(fd);
}

TEST_F(stat, new_mailbox_is_empty)
{
	EXPECT_EQ(1, self->now.out_handles);
	EXPECT_EQ(0, self->now.out_depth);
	EXPECT_EQ(0, self->now.out_high_water);
	EXPECT_EQ(0, self->now.out_senders);
	EXPECT_EQ(0, self->now.out_receivers);
	EXPECT_EQ(0, self->now.out_bytes);
	EXPECT_EQ(0, self->now.out_sent);
	EXPECT_EQ(0, self->now.out_received);
	EXPECT_EQ(0, self->now.out_bytes_sent);
	EXPECT_EQ(0, self->now.out_bytes_received);
}

TEST_F(stat, creator)
{
	EXPECT_EQ(getpid(), self->now.out_creator_pid);
	EXPECT_EQ(0, self->now.out_owner_pid);
}

TEST_F(stat, owner)
{
	int fd = box_create(self->control, NULL,
			    MBX_CREATE_OWNED | MBX_CREATE_TIMESTAMP, 1);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, box_stat(fd, &self->now));
	EXPECT_EQ(MBX_CREATE_OWNED | MBX_CREATE_TIMESTAMP, self->now.out_flags);
	EXPECT_EQ(getpid(), self->now.out_owner_pid);
	EXPECT_EQ(getpid(), self->now.out_creator_pid);
	close(fd);
}

/* A process, whichever of its threads asked. */
static void *create_box(void *control)
{
	return (void *)(long)box_create(*(int *)control, NULL, MBX_CREATE_OWNED,
					1);
}

TEST_F(stat, owner_is_a_process_not_a_thread)
{
	pthread_t thread;
	void *fd;

	ASSERT_EQ(0, pthread_create(&thread, NULL, create_box, &self->control));
	ASSERT_EQ(0, pthread_join(thread, &fd));
	ASSERT_LE(0, (long)fd);
	EXPECT_EQ(0, box_stat((long)fd, &self->now));
	EXPECT_EQ(getpid(), self->now.out_owner_pid);
	EXPECT_EQ(getpid(), self->now.out_creator_pid);
	EXPECT_EQ(0, send_number((long)fd, 1));
	close((long)fd);
}

TEST_F(stat, creation_time)
{
	__u64 before = now_ns(CLOCK_BOOTTIME), after;
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);

	after = now_ns(CLOCK_BOOTTIME);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, box_stat(fd, &self->now));
	EXPECT_LE(before, self->now.out_created);
	EXPECT_GE(after, self->now.out_created);
	close(fd);
}

TEST_F(stat, rights_are_those_of_the_handle)
{
	__u32 rights;

	EXPECT_EQ(ALL_RIGHTS, self->now.out_rights);
	for (rights = 0; rights <= ALL_RIGHTS; rights++) {
		int fd = box_open(self->control, self->name, 0, rights);

		ASSERT_LE(0, fd);
		EXPECT_EQ(0, box_stat(fd, &self->now));
		EXPECT_EQ(rights, self->now.out_rights);
		close(fd);
	}
}

TEST_F(stat, handles_are_files_not_descriptors)
{
	int copy = dup(self->box);
	int other = box_open(self->control, self->name, 0, 0);

	EXPECT_EQ(0, box_stat(self->box, &self->now));
	EXPECT_EQ(2, self->now.out_handles);
	close(other);
	EXPECT_EQ(0, box_stat(self->box, &self->now));
	EXPECT_EQ(1, self->now.out_handles);
	close(copy);
	EXPECT_EQ(0, box_stat(self->box, &self->now));
	EXPECT_EQ(1, self->now.out_handles);
}

TEST_F(stat, depth_and_bytes)
{
	char data[100] = "";

	EXPECT_EQ(0, box_send(self->box, data, 100, 0));
	EXPECT_EQ(0, box_send(self->box, data, 0, 0));
	EXPECT_EQ(0, box_send(self->box, data, 7, 0));
	EXPECT_EQ(0, box_stat(self->box, &self->now));
	EXPECT_EQ(3, self->now.out_depth);
	EXPECT_EQ(107, self->now.out_bytes);
	EXPECT_EQ(100, box_receive(self->box, data, 100, 0));
	EXPECT_EQ(0, box_stat(self->box, &self->now));
	EXPECT_EQ(2, self->now.out_depth);
	EXPECT_EQ(7, self->now.out_bytes);
}

TEST_F(stat, high_water)
{
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, send_number(self->box, 2));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(2, receive_number(self->box));
	EXPECT_EQ(0, send_number(self->box, 3));
	EXPECT_EQ(0, box_stat(self->box, &self->now));
	EXPECT_EQ(1, self->now.out_depth);
	EXPECT_EQ(2, self->now.out_high_water);
}

TEST_F(stat, totals)
{
	char data[100] = "";

	EXPECT_EQ(0, box_send(self->box, data, 60, 0));
	EXPECT_EQ(9, write(self->box, data, 9));
	EXPECT_EQ(60, read(self->box, data, 100));
	EXPECT_EQ(0, box_stat(self->box, &self->now));
	EXPECT_EQ(2, self->now.out_sent);
	EXPECT_EQ(1, self->now.out_received);
	EXPECT_EQ(69, self->now.out_bytes_sent);
	EXPECT_EQ(60, self->now.out_bytes_received);
}

/* Neither a peek nor anything that fails is counted. */
TEST_F(stat, totals_without_failures)
{
	char data[101] = "";

	EXPECT_EQ(0, box_send(self->box, data, 60, 0));
	EXPECT_ERRNO(EMSGSIZE, box_send(self->box, data, 101, 0));
	EXPECT_ERRNO(EFAULT, box_send(self->box, nowhere(), 5, 0));
	EXPECT_ERRNO(EMSGSIZE, box_receive(self->box, data, 59, 0));
	EXPECT_ERRNO(EFAULT, box_receive(self->box, nowhere(), 100, 0));
	EXPECT_EQ(60, box_receive(self->box, data, 100, MBX_RECEIVE_PEEK));
	EXPECT_EQ(0, box_stat(self->box, &self->now));
	EXPECT_EQ(1, self->now.out_depth);
	EXPECT_EQ(60, self->now.out_bytes);
	EXPECT_EQ(1, self->now.out_high_water);
	EXPECT_EQ(1, self->now.out_sent);
	EXPECT_EQ(0, self->now.out_received);
	EXPECT_EQ(60, self->now.out_bytes_sent);
	EXPECT_EQ(0, self->now.out_bytes_received);
}

TEST_F(stat, blocked_receivers)
{
	struct job *one = job_thread(job_receive(self->box, 0));
	struct job *two;

	ASSERT_TRUE(job_blocks(one));
	EXPECT_TRUE(has_waiters(self->box, 0, 1));
	two = job_thread(job_receive(self->box, MBX_RECEIVE_PEEK));
	ASSERT_TRUE(job_blocks(two));
	EXPECT_TRUE(has_waiters(self->box, 0, 2));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, job_join(one));
	EXPECT_EQ(0, send_number(self->box, 2));
	EXPECT_EQ(0, job_join(two));
	EXPECT_TRUE(has_waiters(self->box, 0, 0));
}

TEST_F(stat, blocked_senders)
{
	struct job *one, *two;
	unsigned int i;

	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, send_number(self->box, i));
	one = job_thread(job_send(self->box, 3, 0));
	two = job_thread(job_send(self->box, 4, MBX_SEND_SYNC));
	ASSERT_TRUE(job_blocks(one));
	ASSERT_TRUE(job_blocks(two));
	EXPECT_TRUE(has_waiters(self->box, 2, 0));
	EXPECT_EQ(0, box_stat(self->box, &self->now));
	EXPECT_EQ(3, self->now.out_depth);
	EXPECT_EQ(3, self->now.out_high_water);
	EXPECT_EQ(3, self->now.out_sent);
	for (i = 0; i < 5; i++)
		EXPECT_LE(0, receive_number(self->box));
	EXPECT_EQ(0, job_join(one));
	EXPECT_EQ(0, job_join(two));
	EXPECT_TRUE(has_waiters(self->box, 0, 0));
}

/* ----------------------------------------------------------------- fdinfo */

/* Value of a "key:\tvalue" line of the handle's fdinfo, empty if missing. */
static const char *fdinfo(int fd, const char *key)
{
	static char value[300];
	char path[64], line[300];
	size_t len = strlen(key);
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	value[0] = '\0';
	f = fopen(path, "re");
	if (!f)
		return value;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && !strncmp(line + len, ":\t", 2))
			sscanf(line + len + 2, "%299[^\n]", value);
	fclose(f);
	return value;
}

TEST_F(stat, fdinfo_identity)
{
	char id[32];

	snprintf(id, sizeof(id), "%llu", (unsigned long long)self->now.out_id);
	EXPECT_STREQ(id, fdinfo(self->box, "mailbox-id"));
	EXPECT_STREQ(self->name, fdinfo(self->box, "mailbox-name"));
}

TEST_F(stat, fdinfo_numbers)
{
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, send_number(self->box, 2));
	EXPECT_STREQ("3", fdinfo(self->box, "mailbox-capacity"));
	EXPECT_STREQ("2", fdinfo(self->box, "mailbox-depth"));
}

TEST_F(stat, fdinfo_unbounded)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
			    MBX_UNBOUNDED);

	ASSERT_LE(0, fd);
	EXPECT_STREQ("unbounded", fdinfo(fd, "mailbox-capacity"));
	close(fd);
}

TEST_F(stat, fdinfo_rights_differ)
{
	char text[ALL_RIGHTS + 1][64];
	__u32 rights, other;

	for (rights = 0; rights <= ALL_RIGHTS; rights++) {
		int fd = box_open(self->control, self->name, 0, rights);

		ASSERT_LE(0, fd);
		snprintf(text[rights], sizeof(text[rights]), "%s",
			 fdinfo(fd, "mailbox-rights"));
		EXPECT_STRNE("", text[rights]);
		for (other = 0; other < rights; other++)
			EXPECT_STRNE(text[other], text[rights]);
		close(fd);
	}
}

/* fdinfo must not fail, or say anything false, about what has ended. */
TEST_F(stat, fdinfo_after_delete)
{
	char id[32];

	snprintf(id, sizeof(id), "%llu", (unsigned long long)self->now.out_id);
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_STREQ(id, fdinfo(self->box, "mailbox-id"));
	EXPECT_STREQ("0", fdinfo(self->box, "mailbox-depth"));
}

TEST_F(stat, fdinfo_of_what_has_lost_its_owner)
{
	char name[NAME_SIZE];
	struct child child;
	int fd;

	ASSERT_TRUE(owner_start(&child, self->control, unique_name(name)));
	fd = box_open(self->control, name, 0, MBX_OPEN_SEND);
	ASSERT_LE(0, fd);
	EXPECT_STREQ("alive", fdinfo(fd, "mailbox-state"));
	kill(child.pid, SIGKILL);
	child_join(&child);
	EXPECT_STREQ("owner-dead", fdinfo(fd, "mailbox-state"));
	close(fd);
}

/* Whose handle has been revoked is told that, and no more of the mailbox. */
TEST_F(stat, fdinfo_of_what_is_revoked)
{
	int fd = box_derive(self->box, BOTH_RIGHTS, 0, 0);

	EXPECT_STREQ("alive", fdinfo(fd, "mailbox-state"));
	EXPECT_EQ(1, box_revoke(self->box));
	EXPECT_STREQ("revoked", fdinfo(fd, "mailbox-state"));
	EXPECT_STREQ("", fdinfo(fd, "mailbox-depth"));
	EXPECT_STREQ("alive", fdinfo(self->box, "mailbox-state"));
	close(fd);
}

TEST_HARNESS_MAIN
