// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Successors, and owners that come and go while others use the mailbox.
 */
#include "peers.h"

#define BOTH (MBX_OPEN_SEND | MBX_OPEN_RECEIVE)
#define SUCCESSOR MBX_TRANSFER_SUCCESSOR

FIXTURE(successor) {
	int control;
	int fd;
	__u64 id;
	struct gate way;
	struct child owner;
};

static void wait_for_the_end(void)
{
	for (;;)
		pause();
}

static void end_of(struct child *child)
{
	kill(child->pid, SIGKILL);
	child_join(child);
}

/* A child owns the mailbox; the test is its successor. */
FIXTURE_SETUP(successor)
{
	OPEN_CONTROL(self->control);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->way.fd));
	if (!child_start(&self->owner)) {
		int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);

		CHECK(fd >= 0);
		CHECK(!box_transfer(fd, getppid(), SUCCESSOR));
		CHECK(pass_fd(self->way.fd[1], fd));
		CHECK(gate_wait(&(struct gate){ { self->way.fd[1], -1 } }));
		CHECK(!box_transfer(fd, 0, SUCCESSOR));
		CHECK(gate_open(&self->way));
		wait_for_the_end();
	}
	self->fd = take_fd(self->way.fd[0]);
	ASSERT_LE(0, self->fd);
	self->id = box_id(self->fd);
}

FIXTURE_TEARDOWN(successor)
{
	end_of(&self->owner);
	close(self->fd);
}

static pid_t owner_of(int fd)
{
	struct mbx_stat stat;

	return box_stat(fd, &stat) ? -1 : stat.out_owner_pid;
}

static pid_t successor_of(int fd)
{
	struct mbx_stat stat;

	return box_stat(fd, &stat) ? -1 : stat.out_successor_pid;
}

TEST_F(successor, is_named)
{
	EXPECT_EQ(self->owner.pid, owner_of(self->fd));
	EXPECT_EQ(getpid(), successor_of(self->fd));
	EXPECT_ERRNO(EACCES, box_open(self->control, NULL, self->id, BOTH));
	EXPECT_ERRNO(EPERM, box_transfer(self->fd, getpid(), 0));
}

/* From the moment on at which the owner can be known to have exited. */
TEST_F(successor, inherits)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	kill(self->owner.pid, SIGKILL);
	ASSERT_TRUE(wait_zombie(self->owner.pid));
	EXPECT_EQ(getpid(), owner_of(self->fd));
	EXPECT_EQ(0, successor_of(self->fd));
	EXPECT_LE(0, box_open(self->control, NULL, self->id, BOTH));
	EXPECT_EQ(0, send_number(self->fd, 2));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_ERRNO(ESRCH, box_transfer(self->fd, self->owner.pid, 0));
	EXPECT_EQ(getpid(), owner_of(self->fd));
}

TEST_F(successor, taken_back)
{
	ASSERT_TRUE(gate_open(&(struct gate){ { -1, self->way.fd[0] } }));
	ASSERT_TRUE(gate_wait(&self->way));
	EXPECT_EQ(0, successor_of(self->fd));
	end_of(&self->owner);
	EXPECT_ERRNO(EOWNERDEAD, send_number(self->fd, 1));
	if (!child_start(&self->owner))
		wait_for_the_end();
}

/* A chain of them; a new owner has no successor but the one that it names. */
TEST_F(successor, of_a_successor)
{
	struct child next;

	end_of(&self->owner);
	EXPECT_EQ(0, successor_of(self->fd));
	if (!child_start(&next))
		wait_for_the_end();
	EXPECT_EQ(0, box_transfer(self->fd, next.pid, SUCCESSOR));
	EXPECT_EQ(next.pid, successor_of(self->fd));
	EXPECT_EQ(0, box_transfer(self->fd, next.pid, 0));
	EXPECT_EQ(next.pid, owner_of(self->fd));
	EXPECT_EQ(0, successor_of(self->fd));
	end_of(&next);
	EXPECT_ERRNO(EOWNERDEAD, send_number(self->fd, 1));
	if (!child_start(&self->owner))
		wait_for_the_end();
}

TEST_F(successor, dies_first)
{
	int fd = box_create(self->control, "dies-first", MBX_CREATE_OWNED, 1);
	struct child heir, owner;

	if (!child_start(&heir))
		wait_for_the_end();
	if (!child_start(&owner)) {
		CHECK(gate_wait(&(struct gate){ { self->way.fd[1], -1 } }));
		CHECK(!box_transfer(fd, heir.pid, SUCCESSOR));
		CHECK(gate_open(&self->way));
		wait_for_the_end();
	}
	ASSERT_EQ(0, box_transfer(fd, owner.pid, 0));
	/* The owner of the fixture listens there, too. */
	end_of(&self->owner);
	ASSERT_TRUE(gate_open(&(struct gate){ { -1, self->way.fd[0] } }));
	ASSERT_TRUE(gate_wait(&self->way));
	EXPECT_EQ(heir.pid, successor_of(fd));
	end_of(&heir);
	EXPECT_EQ(0, successor_of(fd));
	EXPECT_EQ(0, send_number(fd, 1));
	end_of(&owner);
	EXPECT_ERRNO(EOWNERDEAD, send_number(fd, 1));
	close(fd);
	if (!child_start(&self->owner))
		wait_for_the_end();
}

/* Deleting is deleting, whoever would inherit. */
TEST_F(successor, inherits_nothing_deleted)
{
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	end_of(&self->owner);
	EXPECT_ERRNO(EIDRM, send_number(self->fd, 1));
	if (!child_start(&self->owner))
		wait_for_the_end();
}

/* ----------------------------------------------------------------- sleepers */

static void start_sleeper(struct child *child, int fd, bool sends)
{
	__u32 number = 9;

	if (child_start(child))
		return;
	if (sends)
		CHECK(!box_send(fd, &number, sizeof(number), 0));
	else
		CHECK(box_receive(fd, &number, sizeof(number), 0) == 4);
	child_exit();
}

TEST_F(successor, senders_sleep_on)
{
	struct child sender;

	ASSERT_EQ(0, send_number(self->fd, 1));
	ASSERT_EQ(0, send_number(self->fd, 2));
	start_sleeper(&sender, self->fd, true);
	ASSERT_TRUE(wait_blocked(sender.pid, "send"));
	end_of(&self->owner);
	EXPECT_TRUE(is_blocked(sender.pid, "send"));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_CHILD(sender);
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_EQ(9, receive_number(self->fd));
	if (!child_start(&self->owner))
		wait_for_the_end();
}

TEST_F(successor, receivers_sleep_on)
{
	struct child receiver;

	start_sleeper(&receiver, self->fd, false);
	ASSERT_TRUE(wait_blocked(receiver.pid, "receive"));
	end_of(&self->owner);
	EXPECT_TRUE(is_blocked(receiver.pid, "receive"));
	EXPECT_EQ(0, send_number(self->fd, 1));
	EXPECT_CHILD(receiver);
	if (!child_start(&self->owner))
		wait_for_the_end();
}

/* -------------------------------------------------------------------- races */

/* Passes the mailbox to @peer whenever it has it. */
static void juggle(int fd, const pid_t *peer)
{
	pid_t pid;

	CHECK(wait_until(__atomic_load_n(peer, __ATOMIC_ACQUIRE)));
	pid = *peer;
	for (;;)
		box_transfer(fd, pid, 0);
}

/*
 * Two pass it to each other, one is killed: it had it and the mailbox has ended,
 * or the other has it, and takes it along when it goes.
 */
TEST_F_TIMEOUT(successor, killed_while_passing, 120)
{
	pid_t *peers = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const __u64 limit = now_ns(CLOCK_MONOTONIC) + 8 * SEC;
	unsigned int ended = 0, lived = 0;
	struct child a, b;
	int fd, i;

	while (now_ns(CLOCK_MONOTONIC) < limit) {
		fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
		ASSERT_LE(0, fd);
		peers[0] = 0;
		peers[1] = 0;
		if (!child_start(&a))
			juggle(fd, &peers[1]);
		if (!child_start(&b))
			juggle(fd, &peers[0]);
		ASSERT_EQ(0, box_transfer(fd, a.pid, 0));
		__atomic_store_n(&peers[0], a.pid, __ATOMIC_RELEASE);
		__atomic_store_n(&peers[1], b.pid, __ATOMIC_RELEASE);
		for (i = 0; i < (int)(ended + lived) % 7; i++)
			sched_yield();
		end_of(&a);
		if (send_number(fd, 1)) {
			EXPECT_EQ(EOWNERDEAD, errno);
			ended++;
		} else {
			EXPECT_EQ(b.pid, owner_of(fd));
			EXPECT_EQ(0, send_number(fd, 2));
			lived++;
		}
		end_of(&b);
		EXPECT_ERRNO(EOWNERDEAD, send_number(fd, 3));
		close(fd);
	}
	TH_LOG("%u ended, %u lived", ended, lived);
	EXPECT_LT(0, ended + lived);
}

/* An owner that names its successor and dies, again and again. */
static void reign(int fd, const pid_t *heir)
{
	while (!__atomic_load_n(heir, __ATOMIC_ACQUIRE))
		sched_yield();
	CHECK(wait_until(!box_transfer(fd, *heir, SUCCESSOR)));
	/* For the test to see. */
	wait_for_the_end();
}

static void send_on(int fd, const int *done)
{
	while (!__atomic_load_n(done, __ATOMIC_ACQUIRE)) {
		int error = send_number(fd, 1) ? errno : 0;

		CHECK(!error || error == EAGAIN);
	}
	child_exit();
}

static void receive_on(int fd, const int *done)
{
	while (!__atomic_load_n(done, __ATOMIC_ACQUIRE)) {
		int error = receive_number(fd) < 0 ? errno : 0;

		CHECK(!error || error == EAGAIN);
	}
	child_exit();
}

/* Who only uses the mailbox notices nothing of it. */
TEST_F_TIMEOUT(successor, dynasty, 120)
{
	struct shared {
		pid_t heirs[1000];
		int done;
	} *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 4);
	const __u64 limit = now_ns(CLOCK_MONOTONIC) + 8 * SEC;
	struct child sender, receiver, owner, heir;
	int i;

	if (!child_start(&sender))
		send_on(fd, &shared->done);
	if (!child_start(&receiver))
		receive_on(fd, &shared->done);
	if (!child_start(&owner))
		reign(fd, &shared->heirs[0]);
	ASSERT_EQ(0, box_transfer(fd, owner.pid, 0));

	for (i = 0; i < 999 && now_ns(CLOCK_MONOTONIC) < limit; i++) {
		if (!child_start(&heir))
			reign(fd, &shared->heirs[i + 1]);
		__atomic_store_n(&shared->heirs[i], heir.pid, __ATOMIC_RELEASE);
		ASSERT_TRUE(wait_until(successor_of(fd) == heir.pid));
		end_of(&owner);
		EXPECT_EQ(heir.pid, owner_of(fd));
		owner = heir;
	}
	TH_LOG("%d generations", i);
	__atomic_store_n(&shared->done, 1, __ATOMIC_RELEASE);
	EXPECT_CHILD(sender);
	EXPECT_CHILD(receiver);
	end_of(&owner);
	EXPECT_ERRNO(EOWNERDEAD, send_number(fd, 1));
}

/* Owner and successor go at the same time: in whichever order, it ends. */
TEST_F_TIMEOUT(successor, both_are_killed, 120)
{
	const __u64 limit = now_ns(CLOCK_MONOTONIC) + 8 * SEC;
	struct child owner, heir;
	pid_t *pid = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd, round;

	for (round = 0; now_ns(CLOCK_MONOTONIC) < limit; round++) {
		fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
		*pid = 0;
		if (!child_start(&owner))
			reign(fd, pid);
		if (!child_start(&heir))
			wait_for_the_end();
		ASSERT_EQ(0, box_transfer(fd, owner.pid, 0));
		__atomic_store_n(pid, heir.pid, __ATOMIC_RELEASE);
		ASSERT_TRUE(wait_until(successor_of(fd) == heir.pid));
		kill(round % 2 ? owner.pid : heir.pid, SIGKILL);
		kill(round % 2 ? heir.pid : owner.pid, SIGKILL);
		end_of(&owner);
		end_of(&heir);
		EXPECT_ERRNO(EOWNERDEAD, send_number(fd, 1));
		close(fd);
	}
	TH_LOG("%d rounds", round);
}

TEST_HARNESS_MAIN
