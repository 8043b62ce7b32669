// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls whose server or mailbox goes away: each caller is told, and nothing is
 * left of them.
 */
#include "calls.h"

/* The caller is told that the test had its call. */
static bool was_taken(const struct job *job, const struct mbx_receive *got)
{
	return job->call.out_seq == got->out_seq &&
	       job->call.out_pid == getpid() &&
	       job->call.out_tid == syscall(SYS_gettid);
}

/* --------------------------------------------------------------- the server is gone */

TEST_F(call, server_is_killed)
{
	struct job *job = job_thread(job_call(self->fd, 7));
	struct child server;

	ASSERT_TRUE(job_blocks(job));
	server_start(&server, self->fd);
	ASSERT_TRUE(wait_until(has_callers(self->fd, 0, 1)));
	end_of(&server);
	EXPECT_EQ(EPIPE, job_join(job));
	EXPECT_EQ(server.pid, job->call.out_pid);
	EXPECT_EQ(server.pid, job->call.out_tid);
	EXPECT_NE(0, job->call.out_seq);
}

/* Who has seen the exit of a server sees that nobody waits for it. */
TEST_F(call, server_is_killed_with_many_callers)
{
	struct job *jobs[10];
	struct child server;
	int i;

	for (i = 0; i < 10; i++) {
		jobs[i] = job_thread(job_call(self->fd, 7));
		ASSERT_TRUE(job_blocks(jobs[i]));
	}
	if (!child_start(&server)) {
		for (i = 0; i < 8; i++)
			CHECK(take_call(self->fd, &self->got) == 7);
		wait_for_the_end();
	}
	ASSERT_TRUE(wait_until(has_callers(self->fd, 2, 8)));
	end_of(&server);
	for (i = 0; i < 8; i++)
		EXPECT_EQ(EPIPE, job_join(jobs[i]));
	for (; i < 10; i++) {
		EXPECT_EQ(7, take_call(self->fd, &self->got));
		EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
		EXPECT_EQ(0, job_join(jobs[i]));
	}
}

/* A thread of it is not the process. */
TEST_F(call, thread_that_took_it_exits)
{
	struct job *server = job_thread(job_receive(self->fd, 0));
	struct job *client;

	ASSERT_TRUE(job_blocks(server));
	client = job_thread(job_call(self->fd, 7));
	EXPECT_EQ(0, job_join(server));
	EXPECT_TRUE(is_blocked(client->tid, "call"));
	EXPECT_EQ(0, reply_number(self->fd, server->receive.out_seq, 8));
	EXPECT_EQ(0, job_join(client));
	EXPECT_EQ(server->tid, client->call.out_tid);
}

TEST_F(call, handle_is_closed)
{
	int other = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	int copy = dup(other);
	struct job *job = job_thread(job_call(self->fd, 7));

	TAKEN(job, other);
	close(other);
	EXPECT_TRUE(is_blocked(job->tid, "call"));
	close(copy);
	EXPECT_EQ(EPIPE, job_join(job));
	EXPECT_TRUE(was_taken(job, &self->got));
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, self->got.out_seq, 8));
}

TEST_F(call, other_handle_is_closed)
{
	int other = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	struct job *job = job_thread(job_call(self->fd, 7));

	TAKEN(job, self->fd);
	EXPECT_EQ(0, reply_number(other, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
	job = job_thread(job_call(self->fd, 7));
	TAKEN(job, self->fd);
	close(other);
	EXPECT_TRUE(is_blocked(job->tid, "call"));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
}

TEST_F(call, servers_handle_is_revoked)
{
	int other = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	struct job *job = job_thread(job_call(self->fd, 7));

	TAKEN(job, other);
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(EPIPE, job_join(job));
	EXPECT_ERRNO(EKEYREVOKED, reply_number(other, self->got.out_seq, 8));
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, self->got.out_seq, 8));
	close(other);
}

TEST_F(call, is_read)
{
	struct job *job = job_thread(job_call(self->fd, 7));
	__u32 number;

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(sizeof(number), read(self->fd, &number, sizeof(number)));
	EXPECT_EQ(EPIPE, job_join(job));
	EXPECT_EQ(syscall(SYS_gettid), job->call.out_tid);
}

/* ------------------------------------------------------------- the mailbox is gone */

TEST_F(call, mailbox_is_deleted)
{
	struct job *job = job_thread(job_call(self->fd, 7)), *next;

	TAKEN(job, self->fd);
	next = job_thread(job_call(self->fd, 9));
	ASSERT_TRUE(job_blocks(next));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(job));
	EXPECT_TRUE(was_taken(job, &self->got));
	EXPECT_EQ(EIDRM, job_join(next));
	EXPECT_EQ(0, next->call.out_seq);
	EXPECT_ERRNO(EIDRM, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(EIDRM, job_join(job_thread(job_call(self->fd, 7))));
}

/* The owner is the server: its mailbox ends, and with it the calls there. */
static void start_owner(struct child *owner, int control, const char *name,
			__u32 capacity, pid_t successor)
{
	int fd;

	if (child_start(owner))
		return;
	fd = box_create(control, name, MBX_CREATE_OWNED, capacity);
	CHECK(fd >= 0);
	CHECK(!successor ||
	      !box_transfer(fd, successor, MBX_TRANSFER_SUCCESSOR));
	CHECK(box_receive(fd, &(__u32){ 0 }, sizeof(__u32), 0) >= 0);
	wait_for_the_end();
}

TEST_F(call, owner_dies)
{
	char name[NAME_SIZE];
	struct child owner;
	struct job *job;
	int fd;

	start_owner(&owner, self->control, unique_name(name), variant->capacity,
		    0);
	ASSERT_TRUE(wait_until(
		(fd = box_open(self->control, name, 0, MBX_OPEN_SEND)) >= 0));
	job = job_thread(job_call(fd, 7));
	ASSERT_TRUE(wait_until(has_callers(fd, 0, 1)));
	end_of(&owner);
	EXPECT_EQ(EOWNERDEAD, job_join(job));
	EXPECT_EQ(owner.pid, job->call.out_pid);
	close(fd);
}

TEST_F(call, owner_with_a_successor_dies)
{
	char name[NAME_SIZE];
	struct child owner;
	struct job *job;
	int fd;

	start_owner(&owner, self->control, unique_name(name), variant->capacity,
		    getpid());
	ASSERT_TRUE(wait_until(
		(fd = box_open(self->control, name, 0, MBX_OPEN_SEND)) >= 0));
	job = job_thread(job_call(fd, 7));
	ASSERT_TRUE(wait_until(has_callers(fd, 0, 1)));
	end_of(&owner);
	EXPECT_EQ(EPIPE, job_join(job));

	/* The heir serves the next. */
	job = job_thread(job_call(fd, 7));
	ASSERT_TRUE(job_blocks(job));
	close(fd);
	fd = box_open(self->control, name, 0, ALL_RIGHTS);
	ASSERT_LE(0, fd);
	EXPECT_EQ(7, take_call(fd, &self->got));
	EXPECT_EQ(0, reply_number(fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
	EXPECT_EQ(0, box_delete(fd, NULL, 0));
	close(fd);
}

/* Calls that were taken stay with who took them. */
TEST_F(call, mailbox_is_given_away)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
			    variant->capacity);
	struct child other;
	struct job *job;

	ASSERT_LE(0, fd);
	if (!child_start(&other))
		wait_for_the_end();
	job = job_thread(job_call(fd, 7));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(7, take_call(fd, &self->got));
	EXPECT_EQ(0, box_transfer(fd, other.pid, 0));
	EXPECT_EQ(0, reply_number(fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(job));
	job = job_thread(job_call(fd, 7));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(7, take_call(fd, &self->got));
	end_of(&other);
	EXPECT_EQ(EOWNERDEAD, job_join(job));
	close(fd);
}

TEST_HARNESS_MAIN
