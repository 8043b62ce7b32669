// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A receiver loses its buffer while it sleeps: the message that was meant for
 * it goes to whoever is next, or stays.
 */
#include <poll.h>

#include "peers.h"

FIXTURE(blocked) {
	int control;
	int fd;
	struct job *job;
	void *map;
};

FIXTURE_VARIANT(blocked)
{
	__u32 capacity;
};

FIXTURE_VARIANT_ADD(blocked, bounded){
	.capacity = 2,
};

FIXTURE_VARIANT_ADD(blocked, unbounded){
	.capacity = MBX_UNBOUNDED,
};

static void *new_page(void)
{
	void *page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		abort();
	return page;
}

/* A thread that sleeps in a receive whose buffer is gone by now. */
static struct job *start_without_buffer(int fd)
{
	struct job *job = job_receive(fd, 0);
	void *page = new_page();

	job->receive.data_ptr = (uintptr_t)page;
	job_thread(job);
	/* Out of reach, but not free for whatever is mapped next. */
	if (!job_blocks(job) || mprotect(page, page_size(), PROT_NONE))
		abort();
	return job;
}

FIXTURE_SETUP(blocked)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
			      variant->capacity);
	ASSERT_LE(0, self->fd);
	self->job = start_without_buffer(self->fd);
}

FIXTURE_TEARDOWN(blocked)
{
}

TEST_F(blocked, message_stays)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(EFAULT, job_join(self->job));
	ASSERT_EQ(0, send_number(self->fd, 2));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(2, receive_number(self->fd));
}

TEST_F(blocked, message_goes_to_the_next)
{
	struct job *next = job_thread(job_receive(self->fd, 0));

	ASSERT_TRUE(job_blocks(next));
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(EFAULT, job_join(self->job));
	EXPECT_EQ(0, job_join(next));
	EXPECT_EQ(1, job_number(next));
	EXPECT_EQ(-1, receive_number(self->fd));
}

/* Past several that have lost theirs. */
TEST_F(blocked, message_goes_to_the_one_that_can)
{
	struct job *also[3], *next;
	int i;

	for (i = 0; i < 3; i++)
		also[i] = start_without_buffer(self->fd);
	next = job_thread(job_receive(self->fd, 0));
	ASSERT_TRUE(job_blocks(next));
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(0, job_join(next));
	EXPECT_EQ(1, job_number(next));
	EXPECT_EQ(EFAULT, job_join(self->job));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(EFAULT, job_join(also[i]));
}

TEST_F(blocked, poller_hears_of_the_message)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN };

	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(1, poll(&p, 1, WAIT_LIMIT / MSEC));
	EXPECT_EQ(EFAULT, job_join(self->job));
	EXPECT_EQ(1, receive_number(self->fd));
}

TEST_F(blocked, sync_sender_learns_the_next)
{
	struct job *next = job_process(job_receive(self->fd, 0));
	struct mbx_send send;
	__u32 n = 1;

	ASSERT_TRUE(job_blocks(next));
	init_send(&send, &n, sizeof(n), MBX_SEND_SYNC);
	ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_SEND, &send));
	EXPECT_EQ(next->pid, send.out_pid);
	EXPECT_EQ(EFAULT, job_join(self->job));
	EXPECT_EQ(0, job_join(next));
}

TEST_F(blocked, sync_sender_waits_on)
{
	struct job *sender = job_process(job_send(self->fd, 1, MBX_SEND_SYNC));

	EXPECT_EQ(EFAULT, job_join(self->job));
	ASSERT_TRUE(job_blocks(sender));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, job_join(sender));
}

TEST_F(blocked, sync_sender_times_out)
{
	struct job *sender = job_send(self->fd, 1, MBX_SEND_SYNC);

	sender->send.deadline = in_ms(200);
	job_process(sender);
	EXPECT_EQ(EFAULT, job_join(self->job));
	EXPECT_EQ(ETIMEDOUT, job_join(sender));
	EXPECT_EQ(-1, receive_number(self->fd));
	EXPECT_EQ(EAGAIN, errno);
}

/* Not the data, but what tells about it. */
struct mute {
	int fd;
	struct mbx_receive *arg;
	pid_t tid;
	int error;
};

static void *receive_mute(void *arg)
{
	struct mute *mute = arg;

	__atomic_store_n(&mute->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	mute->error = ioctl(mute->fd, MBX_IOC_RECEIVE, mute->arg) ? errno : 0;
	return NULL;
}

TEST_F(blocked, receiver_without_its_argument)
{
	struct mute mute = { .fd = self->fd, .arg = new_page() };
	pthread_t thread;
	char data[4];

	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(EFAULT, job_join(self->job));
	ASSERT_EQ(1, receive_number(self->fd));

	init_receive(mute.arg, data, sizeof(data), 0);
	ASSERT_EQ(0, pthread_create(&thread, NULL, receive_mute, &mute));
	ASSERT_TRUE(wait_until(mute.tid && is_blocked(mute.tid, "receive")));
	ASSERT_EQ(0, mprotect(mute.arg, page_size(), PROT_READ));
	ASSERT_EQ(0, send_number(self->fd, 2));
	pthread_join(thread, NULL);
	EXPECT_EQ(EFAULT, mute.error);
	EXPECT_EQ(2, receive_number(self->fd));
}

/* -------------------------------------------------------- without capacity */

FIXTURE(blocked_rendezvous) {
	int control;
	int fd;
	struct job *job;
};

FIXTURE_SETUP(blocked_rendezvous)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED, 0);
	ASSERT_LE(0, self->fd);
	self->job = start_without_buffer(self->fd);
}

FIXTURE_TEARDOWN(blocked_rendezvous)
{
}

TEST_F(blocked_rendezvous, sender_waits_for_another)
{
	struct job *sender = job_process(job_send(self->fd, 1, 0));

	EXPECT_EQ(EFAULT, job_join(self->job));
	ASSERT_TRUE(job_blocks(sender));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(0, job_join(sender));
	EXPECT_EQ(getpid(), sender->send.out_pid);
}

TEST_F(blocked_rendezvous, next_receiver_gets_it)
{
	struct job *next = job_process(job_receive(self->fd, 0));
	struct job *sender;

	ASSERT_TRUE(job_blocks(next));
	sender = job_process(job_send(self->fd, 1, 0));
	EXPECT_EQ(EFAULT, job_join(self->job));
	EXPECT_EQ(0, job_join(next));
	EXPECT_EQ(1, job_number(next));
	EXPECT_EQ(0, job_join(sender));
	EXPECT_EQ(next->pid, sender->send.out_pid);
}

/* The sender has been told that it worked: then it has to work. */
TEST_F(blocked_rendezvous, what_was_sent_without_waiting_is_not_lost)
{
	ASSERT_EQ(0, send_number(self->fd, 1));
	EXPECT_EQ(EFAULT, job_join(self->job));
	EXPECT_EQ(1, receive_number(self->fd));
	EXPECT_EQ(-1, receive_number(self->fd));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_ERRNO(EAGAIN, send_number(self->fd, 2));
}

TEST_HARNESS_MAIN
