// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A receiver settles what it has leased while something else ends the lease: one of
 * the two takes effect, and the message is there once or has been received.
 */
#include "lease.h"

#include <sys/eventfd.h>

#define ROUNDS 150

FIXTURE(lease_race) {
	int control;
	int box;
	int fd;
	__u64 seq;
	struct gate go;
	void (*meanwhile)(FIXTURE_DATA(lease_race) * self);
};

static void close_it(FIXTURE_DATA(lease_race) * self)
{
	close(self->fd);
	self->fd = -1;
}

static void revoke_it(FIXTURE_DATA(lease_race) * self)
{
	box_revoke(self->box);
}

static void delete_it(FIXTURE_DATA(lease_race) * self)
{
	box_delete(self->box, NULL, 0);
}

static void refuse_it(FIXTURE_DATA(lease_race) * self)
{
	box_settle(self->box, self->seq, MBX_SETTLE_NACK);
}

static void shorten_it(FIXTURE_DATA(lease_race) * self)
{
	struct mbx_settle arg;

	init_settle(&arg, self->seq, MBX_SETTLE_RENEW);
	arg.lease_ms = 1;
	ioctl(self->box, MBX_IOC_SETTLE, &arg);
}

static void purge_it(FIXTURE_DATA(lease_race) * self)
{
	box_control(self->box, MBX_CONTROL_PURGE);
}

static void look_at_it(FIXTURE_DATA(lease_race) * self)
{
	__u32 number;

	box_receive(self->box, &number, sizeof(number),
		    MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK);
}

static void freeze_it(FIXTURE_DATA(lease_race) * self)
{
	box_control(self->box, MBX_CONTROL_FREEZE);
	box_control(self->box, MBX_CONTROL_THAW);
}

FIXTURE_VARIANT(lease_race)
{
	void (*meanwhile)(FIXTURE_DATA(lease_race) * self);
};

FIXTURE_VARIANT_ADD(lease_race, close){
	.meanwhile = close_it,
};

FIXTURE_VARIANT_ADD(lease_race, revoke){
	.meanwhile = revoke_it,
};

FIXTURE_VARIANT_ADD(lease_race, delete){
	.meanwhile = delete_it,
};

FIXTURE_VARIANT_ADD(lease_race, refuse){
	.meanwhile = refuse_it,
};

FIXTURE_VARIANT_ADD(lease_race, expire){
	.meanwhile = shorten_it,
};

FIXTURE_VARIANT_ADD(lease_race, purge){
	.meanwhile = purge_it,
};

FIXTURE_VARIANT_ADD(lease_race, peek){
	.meanwhile = look_at_it,
};

FIXTURE_VARIANT_ADD(lease_race, freeze){
	.meanwhile = freeze_it,
};

FIXTURE_SETUP(lease_race)
{
	OPEN_CONTROL(self->control);
	self->meanwhile = variant->meanwhile;
}

FIXTURE_TEARDOWN(lease_race)
{
}

static void *do_meanwhile(void *arg)
{
	FIXTURE_DATA(lease_race)
		*self = arg;

	gate_wait(&self->go);
	self->meanwhile(self);
	return NULL;
}

/* Each message has been received, lost or is there. */
static bool adds_up(const struct mbx_stat *stat)
{
	return stat->out_sent ==
		       stat->out_received + stat->out_lost + stat->out_depth &&
	       stat->out_bytes == 4 * stat->out_depth;
}

/* In the mailbox, or in that for dead letters. */
static bool is_there(int fd, int to)
{
	return receive_number(fd) == 1 || receive_number(to) == 1;
}

/* If it was received it is nowhere; else it is, unless it was thrown away. */
static void look_around(struct __test_metadata *_metadata,
			FIXTURE_DATA(lease_race) * self, bool received, int to)
{
	struct mbx_stat stat;

	/* It may have been refused before the mailbox ended. */
	if (box_stat(self->box, &stat)) {
		receive_number(to);
		return;
	}
	ASSERT_TRUE(adds_up(&stat));
	ASSERT_EQ(0, stat.out_leased);
	ASSERT_EQ(received, stat.out_received == 1);
	ASSERT_EQ(!received, is_there(self->box, to) ||
				     stat.out_lost > stat.out_dead_letters);
	ASSERT_EQ(-1, receive_number(self->box));
}

static void settle_once(struct __test_metadata *_metadata,
			FIXTURE_DATA(lease_race) * self, __u32 flags, int to)
{
	struct leased got;
	pthread_t thread;
	int ret, error;

	self->box = box_create_over(self->control, to, 1, 2);
	self->fd = box_derive(self->box, MBX_OPEN_RECEIVE, 0, 0);
	gate_init(&self->go);
	ASSERT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(1, lease(self->fd, &got));
	self->seq = got.seq;
	ASSERT_EQ(0, pthread_create(&thread, NULL, do_meanwhile, self));
	ASSERT_TRUE(gate_open(&self->go));
	ret = box_settle(self->box, got.seq, flags);
	error = errno;
	pthread_join(thread, NULL);

	if (ret)
		ASSERT_TRUE(error == ENOENT || error == EIDRM);
	look_around(_metadata, self, !ret && !flags, to);
	ASSERT_EQ(-1, receive_number(to));
	close(self->go.fd[0]);
	close(self->go.fd[1]);
	if (self->fd >= 0)
		close(self->fd);
	close(self->box);
}

static void settle_often(struct __test_metadata *_metadata,
			 FIXTURE_DATA(lease_race) * self, __u32 flags)
{
	int to = box_create(self->control, NULL, MBX_CREATE_OWNED,
			    MBX_UNBOUNDED);
	unsigned int i;

	ASSERT_LE(0, to);
	for (i = 0; i < ROUNDS; i++)
		settle_once(_metadata, self, flags, to);
}

TEST_F(lease_race, take)
{
	settle_often(_metadata, self, 0);
}

TEST_F(lease_race, give_back)
{
	settle_often(_metadata, self, MBX_SETTLE_NACK);
}

/* ------------------------------------------------------------- ends of owners */

FIXTURE(lease_end) {
	int control;
	struct leased got;
};

FIXTURE_SETUP(lease_end)
{
	OPEN_CONTROL(self->control);
}

FIXTURE_TEARDOWN(lease_end)
{
}

/* Who waits with a lease, and is killed, has leased nothing. */
TEST_F(lease_end, killed_while_it_waits)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	struct job *job = job_receive(fd, 0);

	job->receive.lease_ms = LONG_MS;
	job_process(job);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	EXPECT_EQ(0, send_number(fd, 1));
	EXPECT_EQ(1, receive_number(fd));
}

static void on_signal(int sig __attribute__((unused)))
{
}

TEST_F(lease_end, signal_and_deadline)
{
	const struct sigaction action = { .sa_handler = on_signal };
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	struct job *job = job_receive(fd, 0);

	sigaction(SIGUSR1, &action, NULL);
	job->receive.lease_ms = LONG_MS;
	job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(0, job_signal(job, SIGUSR1));
	EXPECT_EQ(EINTR, job_join(job));
	job = job_receive(fd, 0);
	job->receive.lease_ms = LONG_MS;
	job->receive.deadline = in_ms(5);
	EXPECT_EQ(ETIMEDOUT, job_join(job_thread(job)));
	EXPECT_EQ(0, send_number(fd, 1));
	EXPECT_EQ(1, receive_number(fd));
}

/* The successor gets what the dead owner had leased. */
TEST_F(lease_end, owner_with_successor)
{
	struct child owner;
	int socket[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socket));
	if (!child_start(&owner)) {
		fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
		CHECK(!send_number(fd, 1));
		CHECK(lease(fd, &self->got) == 1);
		CHECK(!box_transfer(fd, getppid(), MBX_TRANSFER_SUCCESSOR));
		CHECK(pass_fd(socket[1], fd));
		for (;;)
			pause();
	}
	fd = take_fd(socket[0]);
	ASSERT_LE(0, fd);
	EXPECT_ERRNO(EAGAIN, receive_number(fd));
	kill(owner.pid, SIGKILL);
	child_join(&owner);
	ASSERT_EQ(1, lease(fd, &self->got));
	EXPECT_EQ(2, self->got.deliveries);
}

TEST_F(lease_end, owner_without)
{
	struct child owner;
	int socket[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socket));
	if (!child_start(&owner)) {
		fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
		CHECK(!send_number(fd, 1));
		CHECK(pass_fd(socket[1], fd));
		for (;;)
			pause();
	}
	fd = take_fd(socket[0]);
	ASSERT_EQ(1, lease(fd, &self->got));
	kill(owner.pid, SIGKILL);
	child_join(&owner);
	EXPECT_ERRNO(EOWNERDEAD, ack(fd, &self->got));
}

/* It stays that process's when the mailbox passes to another. */
TEST_F(lease_end, transfer)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	struct child child;
	struct gate gate;

	ASSERT_EQ(0, send_number(fd, 1));
	ASSERT_EQ(1, lease(fd, &self->got));
	gate_init(&gate);
	if (!child_start(&child)) {
		CHECK(gate_wait(&gate));
		CHECK_ERRNO(ENOENT, ack(fd, &self->got));
		CHECK_ERRNO(EAGAIN, receive_number(fd));
		CHECK(gate_wait(&gate));
		child_exit();
	}
	ASSERT_EQ(0, box_transfer(fd, child.pid, 0));
	ASSERT_TRUE(gate_open(&gate));
	EXPECT_EQ(0, ack(fd, &self->got));
	ASSERT_TRUE(gate_open(&gate));
	EXPECT_CHILD(child);
}

/* Of a mailbox where leases are pending that nobody will settle. */
TEST_F(lease_end, close_all)
{
	struct counts before = counts_now();
	unsigned int i;
	int fd;

	for (i = 0; i < 100; i++) {
		fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
		ASSERT_EQ(0, send_number(fd, 1));
		ASSERT_EQ(0, lease_with(fd, &self->got, 1 + i % 3, 0));
		close(fd);
	}
	EXPECT_TRUE(wait_until(counts_are_back(&before)));
}

TEST_F(lease_end, event)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
	struct mbx_notify arg;
	__u64 value;
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	init_notify(&arg, MBX_EVENT_RETURNED, event);
	ASSERT_EQ(0, ioctl(fd, MBX_IOC_NOTIFY, &arg));
	ASSERT_EQ(0, send_number(fd, 1));
	ASSERT_EQ(1, lease(fd, &self->got));
	ASSERT_EQ(0, ack(fd, &self->got));
	EXPECT_ERRNO(EAGAIN, read(event, &value, sizeof(value)));
	ASSERT_EQ(0, send_number(fd, 2));
	ASSERT_EQ(2, lease(fd, &self->got));
	ASSERT_EQ(0, nack(fd, &self->got));
	ASSERT_EQ(8, read(event, &value, sizeof(value)));
	EXPECT_EQ(1, value);
	ASSERT_EQ(0, lease_with(fd, &self->got, 1, 0));
	EXPECT_TRUE(wait_until(read(event, &value, sizeof(value)) == 8));
}

/* Many in the order of sending, from the dead and from the late. */
static void many_come_back(struct __test_metadata *_metadata,
			   FIXTURE_DATA(lease_end) * self, __u32 ms)
{
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
			    MBX_UNBOUNDED);
	const unsigned int nr = 2000;
	struct child child;
	unsigned int i;

	for (i = 0; i < 2 * nr; i++)
		ASSERT_EQ(0, send_number(fd, i));
	if (!child_start(&child)) {
		for (i = 0; i < nr; i++)
			CHECK(!lease_with(fd, &self->got, ms, 0));
		while (ms != LONG_MS && stat_of(fd).out_leased)
			pause_briefly();
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_LE(nr, stat_of(fd).out_returned);
	for (i = 0; i < 2 * nr; i++)
		ASSERT_EQ(i, receive_number(fd));
}

TEST_F(lease_end, many_of_the_dead)
{
	many_come_back(_metadata, self, LONG_MS);
}

TEST_F(lease_end, many_of_the_late)
{
	many_come_back(_metadata, self, 3000);
}

/* The records are at the expense of who leases. */
TEST_F(lease_end, quota)
{
	const long long limit = 200 * 1024;
	int fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
			    MBX_UNBOUNDED);
	long long before;
	struct child child;
	unsigned int i;

	NEED_ROOT();
	before = read_number(MODULE_PARAM("max_user_bytes"));
	for (i = 0; i < 4000; i++)
		ASSERT_EQ(0, send_number(fd, i));
	ASSERT_EQ(0, write_number(MODULE_PARAM("max_user_bytes"), limit));
	if (!child_start(&child)) {
		CHECK(!become(2001, 2001, 0));
		for (i = 0; i < 4000; i++)
			if (lease(fd, &self->got) < 0)
				break;
		CHECK_ERRNO(EDQUOT, lease(fd, &self->got));
		CHECK(i > 100);
		CHECK(!ack(fd, &self->got));
		CHECK(lease(fd, &self->got) == i);
		child_exit();
	}
	EXPECT_CHILD(child);
	ASSERT_EQ(0, write_number(MODULE_PARAM("max_user_bytes"), before));
	EXPECT_EQ(0, stat_of(fd).out_leased);
}

TEST_HARNESS_MAIN
