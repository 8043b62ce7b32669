// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Handles that are revoked: what ends with them, and what becomes of whoever
 * sends, receives, sleeps or copies through them.
 */
#include <poll.h>

#include "sleeps.h"
#include "stuck.h"

FIXTURE(revoke) {
	int control;
	int fd;
	struct counts before;
};

FIXTURE_SETUP(revoke)
{
	OPEN_CONTROL(self->control);
	self->before = counts_now();
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 5);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(revoke)
{
}

static short events_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static bool is_revoked(int fd)
{
	struct mbx_stat stat;
	__u32 number;

	return send_number(fd, 1) == -1 && errno == EKEYREVOKED &&
	       write(fd, "1234", 4) == -1 && errno == EKEYREVOKED &&
	       box_receive(fd, &number, 4, 0) == -1 && errno == EKEYREVOKED &&
	       read(fd, &number, 4) == -1 && errno == EKEYREVOKED &&
	       box_stat(fd, &stat) == -1 && errno == EKEYREVOKED &&
	       box_derive(fd, 0, 0, 0) == -1 && errno == EKEYREVOKED &&
	       box_revoke(fd) == -1 && errno == EKEYREVOKED &&
	       box_delete(fd, NULL, 0) == -1 && errno == EKEYREVOKED &&
	       events_of(fd) == (POLLHUP | POLLERR);
}

/* -------------------------------------------------------------------- the tree */

TEST_F(revoke, all_below)
{
	int a = box_derive(self->fd, ALL_RIGHTS, 0, 0);
	int b = box_derive(self->fd, ALL_RIGHTS, 0, 0);
	int a1 = box_derive(a, ALL_RIGHTS, 0, 0);
	int a2 = box_derive(a, ALL_RIGHTS, 0, 0);
	int a11 = box_derive(a1, ALL_RIGHTS, 0, 0);

	EXPECT_EQ(0, send_number(a11, 1));
	EXPECT_EQ(1, receive_number(a11));
	EXPECT_EQ(3, box_revoke(a));
	EXPECT_TRUE(is_revoked(a1));
	EXPECT_TRUE(is_revoked(a2));
	EXPECT_TRUE(is_revoked(a11));
	EXPECT_EQ(0, send_number(a, 1));
	EXPECT_EQ(1, receive_number(b));

	EXPECT_EQ(0, box_revoke(a));
	a2 = box_derive(a, ALL_RIGHTS, 0, 0);
	EXPECT_EQ(0, send_number(a2, 1));
	EXPECT_EQ(3, box_revoke(self->fd));
	EXPECT_TRUE(is_revoked(a));
	EXPECT_TRUE(is_revoked(b));
	EXPECT_TRUE(is_revoked(a2));
	EXPECT_EQ(1, receive_number(self->fd));
}

/* Closing what is between does not set free what is below. */
TEST_F(revoke, across_one_that_is_closed)
{
	int a = box_derive(self->fd, ALL_RIGHTS, 0, 0);
	int a1 = box_derive(a, ALL_RIGHTS, 0, 0);
	int a2 = box_derive(a, ALL_RIGHTS, 0, 0);
	int a11 = box_derive(a1, ALL_RIGHTS, 0, 0);

	close(a1);
	close(a);
	EXPECT_EQ(0, send_number(a11, 1));
	EXPECT_EQ(2, box_revoke(self->fd));
	EXPECT_TRUE(is_revoked(a2));
	EXPECT_TRUE(is_revoked(a11));
}

TEST_F(revoke, not_what_one_that_is_closed_left)
{
	int other = box_open(self->control, NULL, box_id(self->fd), ALL_RIGHTS);
	int a = box_derive(other, ALL_RIGHTS, 0, 0);
	int a1 = box_derive(a, ALL_RIGHTS, 0, 0);

	close(other);
	EXPECT_EQ(0, box_revoke(self->fd));
	EXPECT_EQ(0, send_number(a1, 1));
	EXPECT_EQ(1, box_revoke(a));
	EXPECT_TRUE(is_revoked(a1));
}

TEST_F(revoke, what_was_sent_stays)
{
	int a = box_derive(self->fd, MBX_OPEN_SEND, 0, 5);

	EXPECT_EQ(0, send_number(a, 1));
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(1, receive_number(self->fd));
}

/* More than what is done in one go; closed before, after, or not at all. */
TEST_F(revoke, deep_and_wide)
{
	int fds[900], i;

	fds[0] = self->fd;
	for (i = 1; i < 900; i++) {
		int from = i < 300 ? i - 1 : i < 600 ? 1 : i / 2;

		fds[i] = box_derive(fds[from], BOTH_RIGHTS, 0, 0);
		ASSERT_LE(0, fds[i]);
	}
	for (i = 1; i < 900; i += 7)
		close(fds[i]);
	EXPECT_EQ(899 - 129, box_revoke(self->fd));
	for (i = 1; i < 900; i++)
		if (i % 7 != 1)
			close(fds[i]);
	close(self->fd);
	close(self->control);
	EXPECT_TRUE(counts_are_back(&self->before));
}

/* Who has it no longer is not told what becomes of the mailbox either. */
TEST_F(revoke, then_deleted)
{
	int a = box_derive(self->fd, ALL_RIGHTS, 0, 0);
	int b;

	EXPECT_EQ(1, box_revoke(self->fd));
	b = box_derive(self->fd, ALL_RIGHTS, 0, 0);
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_ERRNO(EIDRM, box_revoke(self->fd));
	EXPECT_ERRNO(EIDRM, box_derive(self->fd, 0, 0, 0));
	EXPECT_ERRNO(EIDRM, send_number(b, 1));
	EXPECT_TRUE(is_revoked(a));
}

/* The same file, wherever it has travelled. */
TEST_F(revoke, what_was_passed_on)
{
	int fd = box_derive(self->fd, BOTH_RIGHTS, 0, 7);
	struct child child;
	struct gate gate;
	int pair[2];

	gate_init(&gate);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	if (!child_start(&child)) {
		int mine;

		CHECK(geteuid() || !become(2001, 2001, 0));
		mine = take_fd(pair[1]);
		CHECK(!send_number(mine, 1));
		CHECK(box_derive(mine, MBX_OPEN_SEND, 0, 0) >= 0);
		CHECK(pass_fd(pair[1], mine));
		CHECK(gate_wait(&gate));
		CHECK(is_revoked(mine));
		child_exit();
	}
	ASSERT_TRUE(pass_fd(pair[0], fd));
	close(fd);
	fd = take_fd(pair[0]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, receive_number(fd));
	EXPECT_EQ(2, box_revoke(self->fd));
	EXPECT_TRUE(gate_open(&gate));
	EXPECT_CHILD(child);
	EXPECT_TRUE(is_revoked(fd));
}

/* ----------------------------------------------------------- those who sleep */

SLEEP_FIXTURE(sleeper);
ALL_SLEEPS(sleeper);

static bool sleeper_peeks(const struct sleep_kind *kind)
{
	return kind->cmd == MBX_IOC_RECEIVE && kind->flags & MBX_RECEIVE_PEEK;
}

TEST_F(sleeper, is_woken)
{
	int fd = box_derive(self->box, BOTH_RIGHTS, 0, 0);
	struct job *job = job_process(sleeper_new(fd, &variant->kind));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(1, box_revoke(self->box));
	EXPECT_EQ(EKEYREVOKED, job_join(job));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

TEST_F(sleeper, is_woken_with_all_others)
{
	int fd = box_derive(self->box, BOTH_RIGHTS, 0, 0);
	struct job *jobs[8];
	int i;

	for (i = 0; i < 8; i++)
		jobs[i] = job_thread(sleeper_new(fd, &variant->kind));
	for (i = 0; i < 8; i++)
		ASSERT_TRUE(job_blocks(jobs[i]));
	EXPECT_EQ(1, box_revoke(self->box));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(EKEYREVOKED, job_join(jobs[i]));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

/* Others sleep on. */
TEST_F(sleeper, is_not_woken_for_another)
{
	int fd = box_derive(self->box, BOTH_RIGHTS, 0, 0);
	int other = box_derive(self->box, BOTH_RIGHTS, 0, 0);
	struct job *job = job_process(sleeper_new(fd, &variant->kind));

	box_derive(other, BOTH_RIGHTS, 0, 0);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(1, box_revoke(other));
	EXPECT_FALSE(job_is_done(job));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(job, &variant->kind));
}

/* Whoever waits behind one that is revoked gets what that one would have got. */
TEST_F(sleeper, makes_way)
{
	int fd = box_derive(self->box, BOTH_RIGHTS, 0, 0);
	struct job *first = job_process(sleeper_new(fd, &variant->kind));
	struct job *next;

	ASSERT_TRUE(job_blocks(first));
	next = job_process(sleeper_new(self->box, &variant->kind));
	ASSERT_TRUE(job_blocks(next));
	EXPECT_EQ(1, box_revoke(self->box));
	EXPECT_EQ(EKEYREVOKED, job_join(first));
	EXPECT_TRUE(satisfy(self->box, &variant->kind));
	EXPECT_TRUE(satisfied(next, &variant->kind));
	if (!sleeper_peeks(&variant->kind)) {
		EXPECT_ERRNO(EAGAIN, receive_number(self->box));
	}
}

TEST_F(sleeper, is_killed_and_revoked)
{
	int fd = box_derive(self->box, BOTH_RIGHTS, 0, 0);
	struct job *job = job_process(sleeper_new(fd, &variant->kind));

	ASSERT_TRUE(job_blocks(job));
	kill(job->pid, SIGKILL);
	EXPECT_EQ(1, box_revoke(self->box));
	EXPECT_EQ(JOB_KILLED, job_join(job));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

static void on_signal(int sig)
{
	(void)sig;
}

static int handle_usr1(int flags)
{
	const struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = flags,
	};

	return sigaction(SIGUSR1, &action, NULL);
}

/* A wait that is restarted finds the handle revoked. */
TEST_F(sleeper, is_interrupted_and_revoked)
{
	int fd = box_derive(self->box, BOTH_RIGHTS, 0, 0);
	struct job *job = sleeper_new(fd, &variant->kind);

	ASSERT_EQ(0, handle_usr1(SA_RESTART));
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, job_signal(job, SIGUSR1));
	EXPECT_EQ(1, box_revoke(self->box));
	EXPECT_EQ(EKEYREVOKED, job_join(job));
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

TEST_F(sleeper, is_interrupted_or_revoked)
{
	int fd = box_derive(self->box, BOTH_RIGHTS, 0, 0);
	struct job *job = sleeper_new(fd, &variant->kind);
	int error;

	ASSERT_EQ(0, handle_usr1(0));
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, job_signal(job, SIGUSR1));
	EXPECT_EQ(1, box_revoke(self->box));
	error = job_join(job);
	EXPECT_TRUE(error == EINTR || error == EKEYREVOKED);
	EXPECT_TRUE(untouched(self->box, &variant->kind));
}

/* It has been woken with what it waited for, or sleeps, but does not run. */
TEST_F(sleeper, has_not_run_yet)
{
	int fd = box_derive(self->box, BOTH_RIGHTS, 0, 0);
	struct job *job = job_process(sleeper_new(fd, &variant->kind));

	NEED_ROOT();
	ASSERT_TRUE(job_blocks(job));
	ASSERT_TRUE(hold_cpu_of(job->tid));
	if (sleeper_sends(&variant->kind)) {
		EXPECT_EQ(1, box_revoke(self->box));
		EXPECT_TRUE(drain(self->box, &variant->kind));
		EXPECT_ERRNO(EAGAIN, receive_number(self->box));
		EXPECT_TRUE(fill_for(self->box, &variant->kind));
	} else {
		EXPECT_EQ(0, send_number(self->box, TO_SLEEPER));
		EXPECT_EQ(1, box_revoke(self->box));
	}
	EXPECT_FALSE(job_is_done(job));
	EXPECT_TRUE(release_cpu());
	EXPECT_EQ(EKEYREVOKED, job_join(job));
	if (!sleeper_sends(&variant->kind)) {
		EXPECT_NE(TO_SLEEPER, job_number(job));
		EXPECT_EQ(TO_SLEEPER, receive_number(self->box));
	}
}

/* ------------------------------------------------------------- two at a time */

struct act {
	pthread_t thread;
	int (*run)(int fd);
	int fd;
	int ret;
};

static void *act(void *arg)
{
	struct act *act = arg;

	act->ret = act->run(act->fd);
	return NULL;
}

/* Runs both at once; what they return is in @a and @b. */
static void both_at_once(struct act *a, struct act *b)
{
	if (pthread_create(&a->thread, NULL, act, a) ||
	    pthread_create(&b->thread, NULL, act, b))
		abort();
	pthread_join(a->thread, NULL);
	pthread_join(b->thread, NULL);
}

static int delete_it(int fd)
{
	return box_delete(fd, NULL, 0);
}

TEST_F(sleeper, is_revoked_or_deleted)
{
	struct act revoke = { .run = box_revoke };
	struct act delete = { .run = delete_it };
	struct job *job;
	int i, fd, error;

	for (i = 0; i < 10; i++) {
		fd = box_for(self->control, &variant->kind);
		ASSERT_LE(0, fd);
		job = sleeper_new(box_derive(fd, BOTH_RIGHTS, 0, 0),
				  &variant->kind);
		job_thread(job);
		ASSERT_TRUE(job_blocks(job));
		revoke.fd = delete.fd = fd;
		if (i % 2)
			both_at_once(&revoke, &delete);
		else
			both_at_once(&delete, &revoke);
		error = job_join(job);
		EXPECT_TRUE(error == EIDRM || error == EKEYREVOKED);
		EXPECT_EQ(0, delete.ret);
		EXPECT_TRUE(revoke.ret == 1 || revoke.ret == -1);
		close(job->fd);
		close(fd);
	}
}

static int send_to_sleeper(int fd)
{
	return send_number(fd, TO_SLEEPER);
}

static int take_from_sleeper(int fd)
{
	return receive_number(fd);
}

/* Either it worked, or it is as if the sleeper had never been there. */
TEST_F(sleeper, is_revoked_or_served)
{
	const bool sends = sleeper_sends(&variant->kind);
	const bool peeks = sleeper_peeks(&variant->kind);
	struct act serve = { .run = sends ? take_from_sleeper :
					    send_to_sleeper };
	struct act revoke = { .run = box_revoke, .fd = self->box };
	struct job *job;
	unsigned int left, filled;
	int i, error;

	serve.fd = self->box;
	for (i = 0; i < 20; i++) {
		job = sleeper_new(box_derive(self->box, BOTH_RIGHTS, 0, 0),
				  &variant->kind);
		job_thread(job);
		ASSERT_TRUE(job_blocks(job));
		both_at_once(&serve, &revoke);
		error = job_join(job);
		EXPECT_TRUE(!error || error == EKEYREVOKED);
		EXPECT_EQ(1, revoke.ret);
		for (left = 0; receive_number(self->box) >= 0;)
			left++;
		filled = variant->kind.filled;
		if (sends) {
			EXPECT_EQ(filled + !error, left + (serve.ret >= 0));
		} else if (!serve.ret) {
			EXPECT_EQ(error || peeks, left);
		}
		close(job->fd);
		ASSERT_TRUE(fill_for(self->box, &variant->kind));
	}
}

/* Owns a mailbox, which it passes on, until it is killed. */
static pid_t start_owner(int socket, const struct sleep_kind *kind)
{
	struct child child;

	if (!child_start(&child)) {
		int control = open(MBX_DEVICE, O_RDWR | O_CLOEXEC);

		CHECK(pass_fd(socket, box_for(control, kind)));
		pause();
	}
	return child.pid;
}

TEST_F(sleeper, is_revoked_or_the_owner_dies)
{
	int i, fd, error, pair[2];
	struct job *job;
	pid_t owner;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	for (i = 0; i < 6; i++) {
		owner = start_owner(pair[1], &variant->kind);
		fd = take_fd(pair[0]);
		ASSERT_LE(0, fd);
		job = sleeper_new(box_derive(fd, BOTH_RIGHTS, 0, 0),
				  &variant->kind);
		job_thread(job);
		ASSERT_TRUE(job_blocks(job));
		kill(owner, SIGKILL);
		if (i % 2)
			waitpid(owner, NULL, 0);
		box_revoke(fd);
		error = job_join(job);
		EXPECT_TRUE(error == EOWNERDEAD || error == EKEYREVOKED);
		if (i % 2) {
			EXPECT_EQ(EOWNERDEAD, error);
		}
		waitpid(owner, NULL, 0);
		close(job->fd);
		close(fd);
	}
}

/* ------------------------------------------------------------------- pollers */

FIXTURE(poller) {
	int control;
	int fd;
};

FIXTURE_VARIANT(poller)
{
	__u32 rights;
};

FIXTURE_VARIANT_ADD(poller, of_none){ .rights = 0 };
FIXTURE_VARIANT_ADD(poller, of_send){ .rights = MBX_OPEN_SEND };
FIXTURE_VARIANT_ADD(poller, of_receive){ .rights = MBX_OPEN_RECEIVE };
FIXTURE_VARIANT_ADD(poller, of_manage){ .rights = MBX_OPEN_MANAGE };
FIXTURE_VARIANT_ADD(poller, of_all){ .rights = ALL_RIGHTS };

FIXTURE_SETUP(poller)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(poller)
{
}

static void start_poller(struct child *child, int fd)
{
	if (!child_start(child)) {
		struct pollfd p = { .fd = fd };

		CHECK(poll(&p, 1, WAIT_LIMIT / MSEC) == 1);
		CHECK(p.revents == (POLLHUP | POLLERR));
		child_exit();
	}
}

TEST_F(poller, is_woken)
{
	int fd = box_derive(self->fd, variant->rights, 0, 0);
	struct child child;

	start_poller(&child, fd);
	ASSERT_TRUE(wait_until(thread_state(child.pid) == 'S'));
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_CHILD(child);
}

TEST_F(poller, is_woken_by_the_end)
{
	int fd = box_derive(self->fd, variant->rights, 0, 0);
	struct child child;

	start_poller(&child, fd);
	ASSERT_TRUE(wait_until(thread_state(child.pid) == 'S'));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	EXPECT_CHILD(child);
}

/* ------------------------------------------------- in the middle of a copy */

#define LONG 12000

FIXTURE(copying) {
	int control;
	int fd;
	int derived;
	char data[LONG];
};

FIXTURE_SETUP(copying)
{
	NEED_USERFAULTFD();
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	ASSERT_LE(0, self->fd);
	self->derived = box_derive(self->fd, BOTH_RIGHTS, 0, 0);
	ASSERT_LE(0, self->derived);
}

FIXTURE_TEARDOWN(copying)
{
}

static bool is_empty(int fd)
{
	struct mbx_stat stat;

	return receive_number(fd) < 0 && errno == EAGAIN &&
	       !box_stat(fd, &stat) && !stat.out_depth && !stat.out_bytes;
}

/* It would be a message of somebody who may not send any more. */
TEST_F(copying, sender)
{
	struct stuck *stuck = stuck_send(self->derived, LONG, 0);

	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_EQ(1, box_revoke(self->fd));
	stuck_resolve(stuck);
	EXPECT_EQ(EKEYREVOKED, stuck_join(stuck));
	EXPECT_TRUE(is_empty(self->fd));
}

TEST_F(copying, sender_that_is_killed)
{
	struct stuck *stuck = stuck_send(self->derived, LONG, MBX_SEND_SYNC);

	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(-1, stuck_kill(stuck));
	EXPECT_TRUE(is_empty(self->fd));
}

/* The message goes to those who still may. */
TEST_F(copying, receiver)
{
	struct stuck *stuck;

	ASSERT_EQ(0, box_send(self->fd, self->data, LONG, 0));
	ASSERT_EQ(0, send_number(self->fd, 2));
	stuck = stuck_receive(self->derived, LONG, 0);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_EQ(1, box_revoke(self->fd));
	stuck_resolve(stuck);
	EXPECT_EQ(EKEYREVOKED, stuck_join(stuck));
	EXPECT_EQ(LONG, box_receive(self->fd, self->data, LONG,
				    MBX_RECEIVE_NONBLOCK));
	EXPECT_EQ(2, receive_number(self->fd));
	EXPECT_TRUE(is_empty(self->fd));
}

TEST_F(copying, peeker)
{
	struct stuck *stuck;

	ASSERT_EQ(0, box_send(self->fd, self->data, LONG, 0));
	stuck = stuck_receive(self->derived, LONG, MBX_RECEIVE_PEEK);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_EQ(1, box_revoke(self->fd));
	stuck_resolve(stuck);
	EXPECT_EQ(EKEYREVOKED, stuck_join(stuck));
	EXPECT_EQ(LONG, box_receive(self->fd, self->data, LONG,
				    MBX_RECEIVE_NONBLOCK));
	EXPECT_TRUE(is_empty(self->fd));
}

TEST_F(copying, receiver_of_what_is_deleted)
{
	struct stuck *stuck;

	ASSERT_EQ(0, box_send(self->fd, self->data, LONG, 0));
	stuck = stuck_receive(self->derived, LONG, 0);
	ASSERT_TRUE(stuck_is_stuck(stuck));
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
	stuck_resolve(stuck);
	EXPECT_EQ(EKEYREVOKED, stuck_join(stuck));
}

/* The sender waits for the whole copy; it is not there to wait any more. */
TEST_F(copying, sync_sender_of_what_is_copied)
{
	struct stuck *stuck;
	struct job *job;

	stuck = stuck_receive(self->fd, LONG, 0);
	ASSERT_TRUE(wait_blocked(stuck->pid, "receive"));
	job = job_process(job_send(self->derived, 1, MBX_SEND_SYNC));
	ASSERT_TRUE(stuck_is_stuck(stuck));
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(EKEYREVOKED, job_join(job));
	stuck_resolve(stuck);
	ASSERT_TRUE(wait_blocked(stuck->pid, "receive"));
	EXPECT_EQ(0, send_number(self->fd, 2));
	EXPECT_EQ(0, stuck_join(stuck));
	EXPECT_TRUE(is_empty(self->fd));
}

TEST_HARNESS_MAIN
