// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Batches that something happens to: what is done is told once, and is not done
 * again.
 */
#include "batch.h"

/* Sends until the mailbox is full, and then waits. */
static void send_and_wait(FIXTURE_DATA(batch) * self, int fd, int err)
{
	self->sends[ROOM].flags = 0;
	CHECK(send_batch(self, fd, NR) == ROOM);
	CHECK((int)self->arg.out_error == err);
}

/* ----------------------------------------------------------- how it can end */

TEST_F(batch, killed)
{
	struct child child;

	if (!child_start(&child)) {
		send_and_wait(self, self->fd, 0);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(child.pid, "send"));
	kill(child.pid, SIGKILL);
	EXPECT_EQ(SIGKILL, WTERMSIG(child_join(&child)));
	EXPECT_TRUE(holds(self->fd, ROOM));
}

TEST_F(batch, receiver_killed)
{
	struct mbx_stat stat;
	struct child child;
	int i;

	if (!child_start(&child)) {
		for (i = 0; i < NR; i++)
			self->receives[i].flags = 0;
		receive_batch(self, self->fd, NR);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(child.pid, "receive"));
	ASSERT_EQ(3, send_batch(self, self->fd, 3));
	ASSERT_TRUE(wait_until(!box_stat(self->fd, &stat) &&
			       stat.out_received == 3 && stat.out_receivers));
	kill(child.pid, SIGKILL);
	EXPECT_EQ(SIGKILL, WTERMSIG(child_join(&child)));
	ASSERT_EQ(1, send_batch(self, self->fd, 1));
	EXPECT_TRUE(holds(self->fd, 1));
}

TEST_F(batch, deleted)
{
	struct child child;

	if (!child_start(&child)) {
		send_and_wait(self, self->fd, EIDRM);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(child.pid, "send"));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_CHILD(child);
}

TEST_F(batch, sealed)
{
	struct child child;

	if (!child_start(&child)) {
		send_and_wait(self, self->fd, ESHUTDOWN);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(child.pid, "send"));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_SEAL));
	EXPECT_CHILD(child);
	EXPECT_EQ(ROOM, receive_batch(self, self->fd, NR));
	EXPECT_EQ(ESHUTDOWN, self->arg.out_error);
}

TEST_F(batch, revoked)
{
	int fd = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	struct child child;

	if (!child_start(&child)) {
		send_and_wait(self, fd, EKEYREVOKED);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(child.pid, "send"));
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_CHILD(child);
	EXPECT_TRUE(holds(self->fd, ROOM));
	close(fd);
}

TEST_F(batch, owner_died)
{
	char name[NAME_SIZE];
	struct child owner, child;
	int i, fd;

	/* Takes two. */
	ASSERT_TRUE(owner_start(&owner, self->control, unique_name(name)));
	fd = box_open(self->control, name, 0, MBX_OPEN_SEND);
	ASSERT_LE(0, fd);
	if (!child_start(&child)) {
		for (i = 0; i < NR; i++)
			self->sends[i].flags = 0;
		CHECK(send_batch(self, fd, NR) == 2);
		CHECK(self->arg.out_error == EOWNERDEAD);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(child.pid, "send"));
	kill(owner.pid, SIGKILL);
	EXPECT_EQ(SIGKILL, WTERMSIG(child_join(&owner)));
	EXPECT_CHILD(child);
	close(fd);
}

struct closed_batch {
	FIXTURE_DATA(batch)
		*batch;
	int fd;
	pid_t tid;
	int done;
};

static void *run_closed(void *arg)
{
	struct closed_batch *closed = arg;

	closed->batch->sends[ROOM].flags = 0;
	__atomic_store_n(&closed->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	closed->done = send_batch(closed->batch, closed->fd, ROOM + 1);
	return NULL;
}

/* It goes on with the handle that it was issued on. */
TEST_F(batch, handle_closed)
{
	struct closed_batch closed = {
		.batch = self,
		.fd = box_derive(self->fd, MBX_OPEN_SEND, 0, 0),
	};
	pthread_t thread;

	ASSERT_LE(0, closed.fd);
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_closed, &closed));
	ASSERT_TRUE(wait_until(__atomic_load_n(&closed.tid, __ATOMIC_ACQUIRE)));
	ASSERT_TRUE(wait_blocked(closed.tid, "send"));
	close(closed.fd);
	EXPECT_EQ(FIRST_NUMBER, receive_number(self->fd));
	pthread_join(thread, NULL);
	EXPECT_EQ(ROOM + 1, closed.done);
}

/* ----------------------------------------------------------------- signals */

/* Under SA_RESTART as well: it is not begun anew. */
static void interrupt(struct __test_metadata *_metadata,
		      FIXTURE_DATA(batch) * self, int flags)
{
	struct child child;

	if (!child_start(&child)) {
		handle_signal(SIGUSR1, flags);
		send_and_wait(self, self->fd, EINTR);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(child.pid, "send"));
	kill(child.pid, SIGUSR1);
	EXPECT_CHILD(child);
	EXPECT_TRUE(holds(self->fd, ROOM));
}

TEST_F(batch, interrupted)
{
	interrupt(_metadata, self, 0);
}

TEST_F(batch, interrupted_where_others_restart)
{
	interrupt(_metadata, self, SA_RESTART);
}

TEST_F(batch, stopped_and_continued)
{
	struct child child;

	if (!child_start(&child)) {
		send_and_wait(self, self->fd, EINTR);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(child.pid, "send"));
	kill(child.pid, SIGSTOP);
	ASSERT_TRUE(wait_until(thread_state(child.pid) == 'T'));
	kill(child.pid, SIGCONT);
	EXPECT_CHILD(child);
	EXPECT_TRUE(holds(self->fd, ROOM));
}

static struct gate handled;

static void open_gate(int nr)
{
	(void)nr;
	gate_open(&handled);
}

/* Nothing is done yet, so that it is like any other command. */
TEST_F(batch, first_is_restarted)
{
	const struct sigaction act = {
		.sa_handler = open_gate,
		.sa_flags = SA_RESTART,
	};
	struct child child;

	gate_init(&handled);
	self->receives[0].flags = 0;
	if (!child_start(&child)) {
		sigaction(SIGUSR1, &act, NULL);
		handle_signal(SIGUSR2, 0);
		CHECK(receive_batch(self, self->fd, 2) == 2);
		CHECK(self->got[1] == FIRST_NUMBER + 1);
		CHECK(gate_open(&handled));
		CHECK_ERRNO(EINTR, receive_batch(self, self->fd, 2));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(child.pid, "receive"));
	kill(child.pid, SIGUSR1);
	ASSERT_TRUE(gate_wait(&handled));
	ASSERT_TRUE(wait_blocked(child.pid, "receive"));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_FREEZE));
	ASSERT_EQ(2, send_batch(self, self->fd, 2));
	EXPECT_EQ(0, box_control(self->fd, MBX_CONTROL_THAW));
	ASSERT_TRUE(gate_wait(&handled));
	ASSERT_TRUE(wait_blocked(child.pid, "receive"));
	kill(child.pid, SIGUSR2);
	EXPECT_CHILD(child);
}

TEST_HARNESS_MAIN
