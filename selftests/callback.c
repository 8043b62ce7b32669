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
	CLIENT_TAKEN(&client, self->fd);
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
	CLIENT_TAKEN(&client, self->fd);
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
	CLIENT_TAKEN(&client, self->fd);
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

TEST_HARNESS_MAIN
