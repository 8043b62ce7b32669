// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls for which a receiver waits already: they go a short way, which must not make
 * a difference.  Each test is done twice; where somebody is told of events all go
 * the general way.
 *
 * The short way needs a message that was freed, handles that were used before, and a
 * caller for whom nobody can wait: hence the client is a process of its own.
 */
#include "calls.h"
#include "events.h"

#define CALL_TYPE 5
#define BADGE 77

FIXTURE(way) {
	int control;
	int fd;
	int client;
	int eventfd;
	struct job *job;
	struct mbx_receive got;
	struct mbx_reply reply;
	__u32 number;
	__u32 answer;
};

FIXTURE_VARIANT(way)
{
	bool watched;
	__u32 flags;
	__u32 capacity;
};

FIXTURE_VARIANT_ADD(way, shortly){ .capacity = 4 };
FIXTURE_VARIANT_ADD(way, generally){ .capacity = 4, .watched = true };
FIXTURE_VARIANT_ADD(way, shortly_timed){
	.capacity = MBX_UNBOUNDED,
	.flags = MBX_CREATE_TIMESTAMP,
};
FIXTURE_VARIANT_ADD(way, generally_timed){
	.capacity = MBX_UNBOUNDED,
	.flags = MBX_CREATE_TIMESTAMP,
	.watched = true,
};

FIXTURE_SETUP(way)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, variant->flags,
			      variant->capacity);
	ASSERT_LE(0, self->fd);
	self->client = box_derive(self->fd, MBX_OPEN_SEND, 0, BADGE);
	ASSERT_LE(0, self->client);
	if (variant->watched) {
		self->eventfd = new_eventfd();
		ASSERT_EQ(0, box_notify(self->fd, MBX_EVENT_CANCELED,
					self->eventfd));
	}
	self->job = job_call(self->client, 7);
	self->job->call.type = CALL_TYPE;
	self->answer = 8;
}

/* Whatever it was about, in the end there is nothing left. */
FIXTURE_TEARDOWN(way)
{
	struct mbx_stat stat;

	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(0, stat.out_senders);
	EXPECT_EQ(0, stat.out_receivers);
	EXPECT_EQ(0, stat.out_callers);
	EXPECT_EQ(0, stat.out_depth);
	EXPECT_EQ(0, stat.out_bytes);
	EXPECT_EQ(stat.out_sent, stat.out_received);
	EXPECT_EQ(stat.out_bytes_sent, stat.out_bytes_received);
	EXPECT_EQ(0, box_delete(self->fd, NULL, 0));
}

static void *read_only(const void *data, size_t len)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		abort();
	memcpy(page, data, len);
	mprotect(page, 4096, PROT_READ);
	return page;
}

static void as_client(struct job *job, bool protected)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CHECK(!send_number(job->fd, 1));
	CHECK(wait_until(has_waiters(job->fd, 0, 1)));
	if (protected) {
		void *arg = read_only(&job->call, sizeof(job->call));

		job->error = ioctl(job->fd, job->cmd, arg) ? errno : 0;
		job->done = true;
	} else {
		job_run(job);
	}
	send_number(job->fd, 9);
	_exit(0);
}

/* A process that sends a message, calls once somebody waits, and sends another. */
static bool start_client(struct job *job, bool protected)
{
	pid_t pid = fork();

	if (!pid)
		as_client(job, protected);
	job->pid = pid;
	return pid > 0;
}

/* Is ready for whatever the client does next. */
static bool take_first(FIXTURE_DATA(way) * self)
{
	struct mbx_receive arg;

	return wait_until(take_call(self->fd, &arg) == 1);
}

static int serve(FIXTURE_DATA(way) * self)
{
	self->number = POISON_U32;
	init_receive(&self->got, &self->number, sizeof(self->number), 0);
	self->got.reply_ptr = (uintptr_t)&self->reply;
	return ioctl(self->fd, MBX_IOC_RECEIVE, &self->got);
}

static void answer(FIXTURE_DATA(way) * self)
{
	init_reply(&self->reply, self->got.out_seq, &self->answer,
		   sizeof(self->answer));
}

#define BEGIN(protected)                                         \
	do {                                                     \
		ASSERT_TRUE(start_client(self->job, protected)); \
		ASSERT_TRUE(take_first(self));                   \
		init_reply(&self->reply, 0, NULL, 0);            \
	} while (0)

/* The server has got the call. */
#define SERVE()                                           \
	do {                                              \
		ASSERT_EQ(0, serve(self));                \
		ASSERT_EQ(7, self->number);               \
		answer(self);                             \
		ASSERT_TRUE(has_callers(self->fd, 0, 1)); \
	} while (0)

/* The server answers, and gets the last message. */
#define FINISH()                                \
	do {                                    \
		EXPECT_EQ(0, serve(self));      \
		EXPECT_EQ(9, self->number);     \
		EXPECT_EQ(0, self->reply.call); \
	} while (0)

TEST_F(way, all_is_told)
{
	struct mbx_stat stat;

	BEGIN(false);
	SERVE();
	EXPECT_EQ(2, self->got.out_seq);
	EXPECT_EQ(self->job->pid, self->got.out_pid);
	EXPECT_EQ(self->job->pid, self->got.out_tid);
	EXPECT_EQ(getuid(), self->got.out_uid);
	EXPECT_EQ(getgid(), self->got.out_gid);
	EXPECT_EQ(BADGE, self->got.out_badge);
	EXPECT_EQ(CALL_TYPE, self->got.out_type);
	EXPECT_EQ(0, self->got.out_priority);
	EXPECT_EQ(sizeof(__u32), self->got.out_len);
	EXPECT_EQ(MBX_MESSAGE_CALL, self->got.out_flags);
	EXPECT_EQ(sizeof(__u32), self->got.out_reply_max);
	EXPECT_EQ(1, self->got.out_deliveries);
	EXPECT_EQ(0, self->got.__reserved);
	EXPECT_EQ(!!variant->flags, !!self->got.out_time);
	FINISH();
	EXPECT_EQ(0, self->got.out_flags);
	EXPECT_EQ(0, self->got.out_reply_max);
	EXPECT_EQ(0, self->got.out_type);
	EXPECT_EQ(0, job_join(self->job));
	EXPECT_EQ(8, job_reply(self->job));
	EXPECT_EQ(2, self->job->call.out_seq);
	EXPECT_EQ(getpid(), self->job->call.out_pid);
	EXPECT_EQ((pid_t)syscall(SYS_gettid), self->job->call.out_tid);
	EXPECT_EQ(sizeof(__u32), self->job->call.out_len);
	EXPECT_EQ(0, self->job->call.out_flags);
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(3, stat.out_sent);
	EXPECT_EQ(3, stat.out_received);
	EXPECT_EQ(3 * sizeof(__u32), stat.out_bytes_sent);
}

TEST_F(way, priority)
{
	self->job->call.priority = 3;
	BEGIN(false);
	SERVE();
	EXPECT_EQ(3, self->got.out_priority);
	FINISH();
	EXPECT_EQ(0, job_join(self->job));
}

TEST_F(way, empty_messages)
{
	self->job->call.data_len = 0;
	self->job->call.reply_len = 0;
	BEGIN(false);
	ASSERT_EQ(0, serve(self));
	EXPECT_EQ(0, self->got.out_len);
	EXPECT_EQ(0, self->got.out_reply_max);
	EXPECT_EQ(MBX_MESSAGE_CALL, self->got.out_flags);
	answer(self);
	self->reply.data_len = 0;
	FINISH();
	EXPECT_EQ(0, job_join(self->job));
	EXPECT_EQ(0, self->job->call.out_len);
}

/* ------------------------------------------------------- what cannot be copied */

TEST_F(way, call_that_cannot_be_told)
{
	BEGIN(true);
	EXPECT_EQ(0, serve(self));
	EXPECT_EQ(9, self->number);
	EXPECT_EQ(2, self->got.out_seq);
	EXPECT_EQ(EFAULT, job_join(self->job));
}

TEST_F(way, call_that_cannot_be_read)
{
	self->job->call.data_ptr = (uintptr_t)nowhere();
	BEGIN(false);
	EXPECT_EQ(0, serve(self));
	EXPECT_EQ(9, self->number);
	EXPECT_EQ(2, self->got.out_seq);
	EXPECT_EQ(EFAULT, job_join(self->job));
	EXPECT_EQ(0, self->job->call.out_seq);
}

TEST_F(way, no_memory_for_the_reply)
{
	self->job->call.reply_ptr = (uintptr_t)nowhere();
	BEGIN(false);
	SERVE();
	FINISH();
	EXPECT_EQ(EFAULT, job_join(self->job));
	EXPECT_EQ(2, self->job->call.out_seq);
}

TEST_F(way, reply_that_cannot_be_read)
{
	BEGIN(false);
	SERVE();
	self->reply.data_ptr = (uintptr_t)nowhere();
	EXPECT_ERRNO(EFAULT, serve(self));
	EXPECT_EQ(2, self->reply.call);
	EXPECT_TRUE(has_callers(self->fd, 0, 1));
	init_reply(&self->reply, 2, &self->answer, sizeof(self->answer));
	FINISH();
	EXPECT_EQ(0, job_join(self->job));
}

TEST_F(way, reply_that_cannot_be_noted)
{
	BEGIN(false);
	SERVE();
	self->got.reply_ptr =
		(uintptr_t)read_only(&self->reply, sizeof(self->reply));
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	EXPECT_TRUE(has_callers(self->fd, 0, 1));
	FINISH();
	EXPECT_EQ(0, job_join(self->job));
}

TEST_F(way, reply_that_is_too_long)
{
	BEGIN(false);
	SERVE();
	self->reply.data_len = sizeof(__u32) + 1;
	EXPECT_ERRNO(EMSGSIZE, serve(self));
	EXPECT_TRUE(has_callers(self->fd, 0, 1));
	self->reply.data_len = sizeof(__u32);
	FINISH();
	EXPECT_EQ(0, job_join(self->job));
}

/* It stays where it was, and others may have it. */
TEST_F(way, receiver_without_memory)
{
	BEGIN(false);
	init_receive(&self->got, nowhere(), sizeof(__u32), 0);
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	EXPECT_TRUE(has_callers(self->fd, 1, 0));
	SERVE();
	EXPECT_EQ(2, self->got.out_seq);
	FINISH();
	EXPECT_EQ(0, job_join(self->job));
}

TEST_F(way, receiver_that_cannot_be_told)
{
	BEGIN(false);
	init_receive(&self->got, &self->number, sizeof(self->number), 0);
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_RECEIVE,
				   read_only(&self->got, sizeof(self->got))));
	EXPECT_TRUE(has_callers(self->fd, 1, 0));
	SERVE();
	FINISH();
	EXPECT_EQ(0, job_join(self->job));
}

TEST_F(way, receiver_with_too_little_room)
{
	BEGIN(false);
	init_receive(&self->got, &self->number, sizeof(self->number) - 1, 0);
	EXPECT_ERRNO(EMSGSIZE, ioctl(self->fd, MBX_IOC_RECEIVE, &self->got));
	EXPECT_EQ(sizeof(__u32), self->got.out_len);
	EXPECT_EQ(0, self->got.out_seq);
	EXPECT_TRUE(has_callers(self->fd, 1, 0));
	SERVE();
	FINISH();
	EXPECT_EQ(0, job_join(self->job));
}

/* ------------------------------------------------------------- no common end */

/* Whatever has ended the wait, the call was taken. */
#define ENDED(error)                                                    \
	do {                                                            \
		EXPECT_EQ(error, job_join(self->job));                  \
		EXPECT_EQ(2, self->job->call.out_seq);                  \
		EXPECT_EQ(getpid(), self->job->call.out_pid);           \
		EXPECT_ERRNO(ENOENT, serve(self));                      \
		EXPECT_EQ(2, self->reply.call);                         \
		EXPECT_TRUE(wait_until(receive_number(self->fd) == 9)); \
	} while (0)

TEST_F(way, deadline)
{
	self->job->call.deadline = in_ms(1000);
	BEGIN(false);
	SERVE();
	ENDED(ETIMEDOUT);
}

static void ignore(int sig)
{
	(void)sig;
}

TEST_F(way, signal)
{
	struct sigaction act = { .sa_handler = ignore, .sa_flags = SA_RESTART };

	sigaction(SIGUSR1, &act, NULL);
	BEGIN(false);
	SERVE();
	EXPECT_EQ(0, job_signal(self->job, SIGUSR1));
	ENDED(EINTR);
}

TEST_F(way, answered_by_another)
{
	BEGIN(false);
	SERVE();
	EXPECT_EQ(0, reply_number(self->fd, 2, 8));
	EXPECT_ERRNO(ENOENT, serve(self));
	EXPECT_TRUE(wait_until(receive_number(self->fd) == 9));
	EXPECT_EQ(0, job_join(self->job));
	EXPECT_EQ(8, job_reply(self->job));
}

TEST_F(way, caller_is_killed)
{
	BEGIN(false);
	SERVE();
	EXPECT_EQ(JOB_KILLED, job_kill(self->job));
	EXPECT_TRUE(has_callers(self->fd, 0, 0));
	EXPECT_ERRNO(ENOENT, serve(self));
}

TEST_F(way, handle_is_closed)
{
	int server;

	BEGIN(false);
	/* The client has none of it.  It has been used before, too. */
	server = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	EXPECT_EQ(-1, take_call(server, &self->got));
	EXPECT_EQ(sizeof(self->number),
		  box_receive(server, &self->number, sizeof(self->number), 0));
	EXPECT_EQ(7, self->number);
	close(server);
	EXPECT_EQ(EPIPE, job_join(self->job));
	EXPECT_EQ(2, self->job->call.out_seq);
	EXPECT_TRUE(wait_until(receive_number(self->fd) == 9));
}

TEST_F(way, client_is_revoked)
{
	BEGIN(false);
	SERVE();
	EXPECT_EQ(1, box_revoke(self->fd));
	EXPECT_EQ(EKEYREVOKED, job_join(self->job));
	EXPECT_EQ(2, self->job->call.out_seq);
	EXPECT_ERRNO(ENOENT, serve(self));
}

TEST_F(way, one_shot)
{
	int once = box_derive(self->fd, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 0);

	BEGIN(false);
	SERVE();
	FINISH();
	EXPECT_EQ(0, job_join(self->job));
	self->job = job_process(job_call(once, 7));
	SERVE();
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(self->job));
	EXPECT_EQ(EKEYEXPIRED, job_join(job_process(job_call(once, 7))));
}

TEST_HARNESS_MAIN
