// SPDX-License-Identifier: GPL-2.0-or-later
/* Callers that are asked something by whoever serves them, and what is refused. */
#include "callbacks.h"

/* ------------------------------------------------------------- what they get */

TEST_F(call, is_asked)
{
	struct client client = {};
	struct mbx_call arg;
	__u32 number = 20;

	client_start(&client, self->fd, 7);
	CLIENT_TAKEN(self->fd);
	EXPECT_EQ(0, call_for(self->fd, &arg, MBX_CALL_BACK, self->got.out_seq,
			      &number));
	EXPECT_EQ(21, number);
	EXPECT_EQ(sizeof(number), arg.out_len);
	EXPECT_EQ(self->got.out_seq, arg.out_seq);
	EXPECT_EQ(getpid(), arg.out_pid);
	EXPECT_EQ(client.tid, arg.out_tid);
	EXPECT_EQ(0, arg.out_flags);

	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, client_join(&client));
	EXPECT_EQ(8, client.number);
	EXPECT_EQ(1, client.nr_questions);
	EXPECT_EQ(self->got.out_seq, client.arg.out_seq);
	EXPECT_EQ(getpid(), client.arg.out_tid);
	EXPECT_EQ(0, client.arg.out_flags);
}

TEST_F(call, is_asked_again_and_again)
{
	struct client client = {};
	__u32 i, number;

	client_start(&client, self->fd, 7);
	CLIENT_TAKEN(self->fd);
	for (i = 1; i <= 100; i++) {
		number = i;
		ASSERT_EQ(0, ask(self->fd, self->got.out_seq, &number));
		EXPECT_EQ(i + 1, number);
	}
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, client_join(&client));
	EXPECT_EQ(8, client.number);
	EXPECT_EQ(100, client.nr_questions);
}

TEST_F(call, need_not_be_asked)
{
	struct client client = {};

	client_start(&client, self->fd, 7);
	CLIENT_TAKEN(self->fd);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, client_join(&client));
	EXPECT_EQ(8, client.number);
	EXPECT_EQ(0, client.nr_questions);
}

/* Each side as it is seen from outside. */
TEST_F(call, who_waits_for_what)
{
	struct job *client = job_thread(job_call_backs(self->fd, 7));
	struct job *server;

	TAKEN(client, self->fd);
	server = job_thread(job_ask(self->fd, self->got.out_seq, 20));
	EXPECT_EQ(0, job_join(client));
	EXPECT_EQ(20, job_reply(client));
	EXPECT_EQ(MBX_CALL_ASKED, client->call.out_flags);
	EXPECT_EQ(sizeof(__u32), client->call.out_len);
	EXPECT_EQ(self->got.out_seq, client->call.out_seq);
	/* The thread that asks, not the one that took the call. */
	EXPECT_EQ(server->tid, client->call.out_tid);
	/* It has exited without an answer. */
	EXPECT_EQ(ECANCELED, job_join(server));
	EXPECT_EQ(self->got.out_seq, server->call.out_seq);
	EXPECT_EQ(client->tid, server->call.out_tid);
	EXPECT_ERRNO(ENOENT, reply_number(self->fd, self->got.out_seq, 8));
}

/* ---------------------------------------------------------------------- nesting */

#define LEVELS 3

/*
 * Serves one call: asks the caller how much is to be added, and replies with the
 * sum; or with 0 if that went wrong.
 */
static void *add_server(void *arg)
{
	int fd = *(int *)arg;
	struct mbx_receive got;
	__u32 number, more;

	init_receive(&got, &number, sizeof(number), 0);
	if (ioctl(fd, MBX_IOC_RECEIVE, &got))
		return NULL;
	more = number;
	if (ask(fd, got.out_seq, &more))
		more = -number;
	reply_number(fd, got.out_seq, number + more);
	return NULL;
}

/* Who is asked finds out by calling the next, who asks in turn. */
static int add(const int *fd, int level, __u32 *number)
{
	struct mbx_call arg;
	__u64 call;
	int ret;

	ret = call_for(fd[level], &arg, MBX_CALL_BACKS, 0, number);
	while (ret == MBX_CALLED_BACK) {
		call = arg.out_seq;
		if (level + 1 < LEVELS && add(fd, level + 1, number))
			return -1;
		ret = call_for(fd[level], &arg, MBX_CALL_ANSWER, call, number);
	}
	return ret;
}

TEST_F(call, nested)
{
	pthread_t server[LEVELS];
	__u32 number = 1;
	int fd[LEVELS], i;

	for (i = 0; i < LEVELS; i++) {
		fd[i] = box_create(self->control, NULL, MBX_CREATE_OWNED,
				   variant->capacity);
		ASSERT_LE(0, fd[i]);
		pthread_create(&server[i], NULL, add_server, &fd[i]);
	}
	/* 1 + 1 at the bottom; each above adds what it was called with, too. */
	EXPECT_EQ(0, add(fd, 0, &number));
	EXPECT_EQ(4, number);
	for (i = 0; i < LEVELS; i++) {
		pthread_join(server[i], NULL);
		close(fd[i]);
	}
}

/* Has each call asked something by a thread of its own. */
struct asking {
	int fd;
	unsigned int nr;
	struct job *job[MBX_CALLED_BACK_MAX + 1];
};

static void *ask_all(void *arg)
{
	struct asking *a = arg;
	struct mbx_receive got;
	__u32 number;

	while (a->nr < ARRAY_SIZE(a->job)) {
		init_receive(&got, &number, sizeof(number), 0);
		if (ioctl(a->fd, MBX_IOC_RECEIVE, &got))
			abort();
		a->job[a->nr++] =
			job_thread(job_ask(a->fd, got.out_seq, number));
	}
	return NULL;
}

TEST_F(call, too_many_questions)
{
	struct asking asking = { .fd = self->fd };
	__u64 calls[ARRAY_SIZE(asking.job)];
	__u32 number = 7;
	struct mbx_call arg;
	pthread_t thread;
	unsigned int i;

	pthread_create(&thread, NULL, ask_all, &asking);
	for (i = 0; i < MBX_CALLED_BACK_MAX; i++) {
		ASSERT_EQ(MBX_CALLED_BACK,
			  call_for(self->fd, &arg, MBX_CALL_BACKS, 0, &number));
		calls[i] = arg.out_seq;
	}
	EXPECT_ERRNO(EBUSY,
		     call_for(self->fd, &arg, MBX_CALL_BACKS, 0, &number));
	EXPECT_EQ(0, hang_up(self->fd, calls[3]));
	EXPECT_EQ(MBX_CALLED_BACK,
		  call_for(self->fd, &arg, MBX_CALL_BACKS, 0, &number));
	EXPECT_EQ(7, number);
	calls[3] = arg.out_seq;
	/* In any order. */
	for (i = 0; i < MBX_CALLED_BACK_MAX; i++)
		EXPECT_EQ(0, hang_up(self->fd, calls[i]));
	pthread_join(thread, NULL);
	for (i = 0; i < asking.nr; i++)
		EXPECT_EQ(ECANCELED, job_join(asking.job[i]));
}

/* ------------------------------------------------------------------- refusals */

TEST_F(call, who_takes_no_questions)
{
	struct job *client = job_thread(job_call(self->fd, 7));
	__u32 number = 20;

	TAKEN(client, self->fd);
	EXPECT_ERRNO(ENXIO, ask(self->fd, self->got.out_seq, &number));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, job_join(client));
}

TEST_F(call, who_may_ask)
{
	struct client client = {};
	struct child child;
	__u32 number = 20;

	EXPECT_ERRNO(ENOENT, ask(self->fd, 1, &number));
	client_start(&client, self->fd, 7);
	CLIENT_TAKEN(self->fd);
	EXPECT_ERRNO(ENOENT, ask(self->fd, self->got.out_seq + 1, &number));
	if (!child_start(&child)) {
		CHECK_ERRNO(ENOENT, ask(self->fd, self->got.out_seq, &number));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_ERRNO(ENOENT, ask(self->fd, self->got.out_seq, &number));
	EXPECT_EQ(0, client_join(&client));
	EXPECT_EQ(0, client.nr_questions);
}

TEST_F(call, who_may_answer)
{
	struct thinker *client = thinker_thread(thinker_new(self->fd));
	int sender = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	struct job *server;
	__u32 number = 1;

	EXPECT_ERRNO(ENOENT, answer(self->fd, 1, &number));
	EXPECT_ERRNO(ENOENT, hang_up(self->fd, 1));
	THINKS(client, server);
	/* Another thread. */
	EXPECT_ERRNO(ENOENT, hang_up(self->fd, self->got.out_seq));
	EXPECT_ERRNO(ENOENT, answer(self->fd, self->got.out_seq, &number));
	/* Another handle. */
	client->fd = sender;
	EXPECT_EQ(ENOENT, thinker_does(client, THINK_ANSWER));
	EXPECT_EQ(0, client->arg.out_seq);
	EXPECT_EQ(ECANCELED, job_join(server));
	close(sender);
}

/* The child has the handle, but not the call. */
TEST_F(call, children_do_not_answer)
{
	struct job *server;
	struct child child;
	struct mbx_call arg;
	struct asking asking = { .fd = self->fd, .nr = MBX_CALLED_BACK_MAX };
	pthread_t thread;
	__u32 number = 7;

	pthread_create(&thread, NULL, ask_all, &asking);
	ASSERT_EQ(MBX_CALLED_BACK,
		  call_for(self->fd, &arg, MBX_CALL_BACKS, 0, &number));
	pthread_join(thread, NULL);
	server = asking.job[MBX_CALLED_BACK_MAX];
	if (!child_start(&child)) {
		CHECK_ERRNO(ENOENT, hang_up(self->fd, arg.out_seq));
		CHECK_ERRNO(ENOENT, answer(self->fd, arg.out_seq, &number));
		child_exit();
	}
	EXPECT_CHILD(child);
	ASSERT_TRUE(job_blocks(server));
	EXPECT_EQ(0, hang_up(self->fd, arg.out_seq));
	EXPECT_EQ(ECANCELED, job_join(server));
}

TEST_F(call, one_question_at_a_time)
{
	struct thinker *client = thinker_thread(thinker_new(self->fd));
	struct job *server;
	__u32 number = 1;

	THINKS(client, server);
	EXPECT_ERRNO(EBUSY, ask(self->fd, self->got.out_seq, &number));
	think_of(client, THINK_ANSWER);
	EXPECT_EQ(0, job_join(server));
	ASSERT_TRUE(wait_until(is_blocked(client->tid, "call")));
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, thinker_join(client));
	EXPECT_EQ(0, client->arg.out_flags);
}

TEST_F(call, question_too_long)
{
	static const char data[4097];
	struct client client = {};
	struct mbx_call arg;
	__u32 number = 20;

	client_start(&client, self->fd, 7);
	CLIENT_TAKEN(self->fd);
	init_call(&arg, data, 5, NULL, 0);
	arg.flags = MBX_CALL_BACK;
	arg.call = self->got.out_seq;
	EXPECT_ERRNO(EMSGSIZE, ioctl(self->fd, MBX_IOC_CALL, &arg));
	EXPECT_EQ(0, arg.out_seq);
	arg.data_len = sizeof(data);
	EXPECT_ERRNO(EMSGSIZE, ioctl(self->fd, MBX_IOC_CALL, &arg));
	arg.data_ptr = (uintptr_t)nowhere();
	arg.data_len = 4;
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_CALL, &arg));
	EXPECT_EQ(0, arg.out_seq);
	/* It is as if nothing had happened. */
	EXPECT_EQ(0, ask(self->fd, self->got.out_seq, &number));
	EXPECT_EQ(21, number);
	EXPECT_EQ(0, reply_number(self->fd, self->got.out_seq, 8));
	EXPECT_EQ(0, client_join(&client));
}

/* An answer that is refused can be given again. */
TEST_F(call, answer_too_long)
{
	static char data[4097];
	struct asking asking = { .fd = self->fd, .nr = MBX_CALLED_BACK_MAX };
	struct mbx_call arg;
	pthread_t thread;
	__u32 number = 7;
	__u64 call;

	pthread_create(&thread, NULL, ask_all, &asking);
	ASSERT_EQ(MBX_CALLED_BACK,
		  call_for(self->fd, &arg, MBX_CALL_BACKS, 0, &number));
	pthread_join(thread, NULL);
	call = arg.out_seq;
	init_call(&arg, data, 5, NULL, 0);
	arg.flags = MBX_CALL_ANSWER;
	arg.call = call;
	EXPECT_ERRNO(EMSGSIZE, ioctl(self->fd, MBX_IOC_CALL, &arg));
	EXPECT_EQ(0, arg.out_seq);
	arg.data_len = sizeof(data);
	EXPECT_ERRNO(EMSGSIZE, ioctl(self->fd, MBX_IOC_CALL, &arg));
	arg.data_ptr = (uintptr_t)nowhere();
	arg.data_len = 4;
	EXPECT_ERRNO(EFAULT, ioctl(self->fd, MBX_IOC_CALL, &arg));
	EXPECT_EQ(0, arg.out_seq);
	EXPECT_TRUE(job_blocks(asking.job[MBX_CALLED_BACK_MAX]));

	/* Without room for a reply: whoever replies is told. */
	arg.data_ptr = (uintptr_t)&number;
	arg.deadline = 1;
	EXPECT_ERRNO(EINVAL, ioctl(self->fd, MBX_IOC_CALL, &arg));
	EXPECT_EQ(0, hang_up(self->fd, call));
	EXPECT_EQ(ECANCELED, job_join(asking.job[MBX_CALLED_BACK_MAX]));
}

static int try(int fd, __u32 flags, const struct mbx_call *arg)
{
	struct mbx_call copy = *arg;

	copy.flags = flags;
	return ioctl(fd, MBX_IOC_CALL, &copy);
}

#define TALKS \
	(MBX_CALL_BACKS | MBX_CALL_BACK | MBX_CALL_ANSWER | MBX_CALL_HANG_UP)

TEST_F(call, flags_that_exclude_each_other)
{
	struct mbx_call arg;
	__u32 flags;

	init_call(&arg, NULL, 0, NULL, 0);
	arg.deadline = 1;
	arg.call = 1;
	for (flags = 1; flags <= TALKS; flags++)
		if (!(flags & ~TALKS) && (flags & (flags - 1)))
			EXPECT_ERRNO(EINVAL, try(self->fd, flags, &arg));
}

/* Each with one thing that is wrong. */
TEST_F(call, members_that_must_be_zero)
{
	static const __u32 all[] = { MBX_CALL_BACK, MBX_CALL_ANSWER,
				     MBX_CALL_HANG_UP };
	struct mbx_cycle cycle = { .size = sizeof(cycle) };
	struct mbx_call arg, right;
	unsigned int i;
	__u32 number;

	init_call(&right, NULL, 0, NULL, 0);
	right.call = 1;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		EXPECT_ERRNO(ENOENT, try(self->fd, all[i], &right));
		arg = right;
		arg.call = 0;
		EXPECT_ERRNO(EINVAL, try(self->fd, all[i], &arg));
		arg = right;
		arg.type = 1;
		EXPECT_ERRNO(EINVAL, try(self->fd, all[i], &arg));
		arg = right;
		arg.priority = 1;
		EXPECT_ERRNO(EINVAL, try(self->fd, all[i], &arg));
		arg = right;
		arg.__reserved = 1;
		EXPECT_ERRNO(EOPNOTSUPP, try(self->fd, all[i], &arg));
		arg = right;
		arg.fds_ptr = 1;
		EXPECT_ERRNO(EOPNOTSUPP, try(self->fd, all[i], &arg));
		arg = right;
		arg.reply_fds_ptr = 1;
		EXPECT_ERRNO(EOPNOTSUPP, try(self->fd, all[i], &arg));
		arg = right;
		arg.cycle_ptr = (uintptr_t)&cycle;
		EXPECT_ERRNO(EOPNOTSUPP, try(self->fd, all[i], &arg));
		arg = right;
		EXPECT_ERRNO(EINVAL,
			     try(self->fd, all[i] | MBX_CALL_REALTIME, &arg));
		if (all[i] == MBX_CALL_BACK)
			continue;
		arg.deadline = 1;
		EXPECT_ERRNO(EINVAL, try(self->fd, all[i], &arg));
		arg = right;
		EXPECT_ERRNO(EINVAL,
			     try(self->fd, all[i] | MBX_CALL_DONATE, &arg));
	}
	for (i = 0; i < 4; i++) {
		arg = right;
		arg.data_ptr = i == 0;
		arg.data_len = i == 1;
		arg.reply_ptr = i == 2;
		arg.reply_len = i == 3;
		EXPECT_ERRNO(EINVAL, try(self->fd, MBX_CALL_HANG_UP, &arg));
	}
	arg = right;
	EXPECT_ERRNO(EINVAL, try(self->fd, 0, &arg));
	EXPECT_ERRNO(EINVAL, try(self->fd, MBX_CALL_BACKS, &arg));
	arg.call = 0;
	arg.reply_fds_ptr = (uintptr_t)&number;
	EXPECT_ERRNO(EOPNOTSUPP, try(self->fd, MBX_CALL_BACKS, &arg));
}

TEST_F(call, rights_to_call_back)
{
	int sender = box_derive(self->fd, MBX_OPEN_SEND, 0, 0);
	int receiver = box_derive(self->fd, MBX_OPEN_RECEIVE, 0, 0);
	struct mbx_call arg;

	init_call(&arg, NULL, 0, NULL, 0);
	EXPECT_ERRNO(EBADF, try(receiver, MBX_CALL_BACKS, &arg));
	arg.call = 1;
	EXPECT_ERRNO(EBADF, try(sender, MBX_CALL_BACK, &arg));
	EXPECT_ERRNO(ENOENT, try(receiver, MBX_CALL_BACK, &arg));
	EXPECT_ERRNO(EBADF, try(receiver, MBX_CALL_ANSWER, &arg));
	EXPECT_ERRNO(ENOENT, try(sender, MBX_CALL_ANSWER, &arg));
	EXPECT_ERRNO(EBADF, try(receiver, MBX_CALL_HANG_UP, &arg));
	EXPECT_ERRNO(ENOENT, try(sender, MBX_CALL_HANG_UP, &arg));
	EXPECT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(EINVAL, try(self->fd, MBX_CALL_BACK, &arg));
	EXPECT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	close(sender);
	close(receiver);
}

TEST_HARNESS_MAIN
