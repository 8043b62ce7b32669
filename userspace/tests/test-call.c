// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Library: calls and replies.
 */
#include "lib.h"

#define HANDLE                                 \
	{                                      \
		STEP_OPEN, .id = 7, .flags = 3 \
	}

static struct mbx *handle(void)
{
	struct mbx *m;

	assert_int_equal(mbx_open_id(&m, 7, 3), 0);
	return m;
}

static void calls(void **state)
{
	char reply[8];
	struct mbx *m;

	MOCK(HANDLE, { STEP_CALL, .data = "hello", .reply = "you" },
	     { STEP_CALL, .data = "a\0b", .len = 3, .deadline = 77,
	       .reply = "c\0", .reply_len = 2 },
	     { STEP_CALL });
	m = handle();
	assert_int_equal(mbx_call(m, "hello", 5, reply, sizeof(reply), 0), 3);
	assert_memory_equal(reply, "you", 3);
	assert_int_equal(mbx_call(m, "a\0b", 3, reply, sizeof(reply), 77), 2);
	assert_memory_equal(reply, "c\0", 2);
	assert_int_equal(mbx_call(m, NULL, 0, NULL, 0, 0), 0);
	mbx_close(m);
}

static void call_errors(void **state)
{
	static const int errors[] = {
		-EPIPE,	     -EINTR, -ETIMEDOUT, -EIDRM,
		-EOWNERDEAD, -EBADF, -EFAULT,	 -EMSGSIZE,
	};
	struct step steps[3] = {
		HANDLE, { STEP_CALL, .data = "x", .reply = "no", .seq = 5 }
	};
	struct mbx *m;
	char reply[8];
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		steps[1].ret = errors[i];
		mock_start(steps);
		m = handle();
		assert_int_equal(mbx_call(m, "x", 1, reply, sizeof(reply), 0),
				 errors[i]);
		mbx_close(m);
		mock_end();
	}
}

static void call_ext(void **state)
{
	char reply[8];
	struct mbx_call arg = {
		.size = sizeof(arg),
		.flags = MBX_CALL_REALTIME,
		.data_ptr = (uintptr_t) "data",
		.data_len = 4,
		.deadline = 5,
		.priority = 6,
		.type = 7,
		.reply_ptr = (uintptr_t)reply,
		.reply_len = sizeof(reply),
	};
	struct mbx *m;

	MOCK(HANDLE, { STEP_CALL, .flags = 1, .data = "data", .deadline = 5,
		       .priority = 6, .type = 7, .seq = 9, .pid = 10, .tid = 11,
		       .reply = "done" });
	m = handle();
	assert_int_equal(mbx_call_ext(m, &arg), 4);
	assert_memory_equal(reply, "done", 4);
	assert_int_equal(arg.out_seq, 9);
	assert_int_equal(arg.out_pid, 10);
	assert_int_equal(arg.out_tid, 11);
	mbx_close(m);
}

static void replies(void **state)
{
	struct mbx *m;

	MOCK(HANDLE, { STEP_REPLY, .call = 5, .reply = "yes" },
	     { STEP_REPLY, .call = 6 },
	     { STEP_REPLY, -ENOENT, .call = 7, .reply = "x" });
	m = handle();
	assert_int_equal(mbx_reply(m, 5, "yes", 3), 0);
	assert_int_equal(mbx_reply(m, 6, NULL, 0), 0);
	assert_int_equal(mbx_reply(m, 7, "x", 1), -ENOENT);
	mbx_close(m);
}

static void reply_receive(void **state)
{
	char buf[8];
	struct mbx_receive next = {
		.size = sizeof(next),
		.data_ptr = (uintptr_t)buf,
		.data_len = sizeof(buf),
	};
	uint64_t call = 0;
	struct mbx *m;

	MOCK(HANDLE,
	     { STEP_RECEIVE, .data = "one", .seq = 5, .message = 1,
	       .reply_max = 9 },
	     { STEP_RECEIVE, -EPIPE, .call = 5, .reply = "long",
	       .refused = true },
	     { STEP_RECEIVE, -EINTR, .call = 5, .reply = "yes" },
	     { STEP_RECEIVE, .data = "two", .seq = 6, .call = 4,
	       .reply = "no" });
	m = handle();
	assert_int_equal(mbx_reply_receive(m, &call, NULL, 0, &next), 3);
	assert_int_equal(next.out_flags, MBX_MESSAGE_CALL);
	assert_int_equal(next.out_reply_max, 9);
	/* The reply fails. */
	call = next.out_seq;
	assert_int_equal(mbx_reply_receive(m, &call, "long", 4, &next), -EPIPE);
	assert_int_equal(call, 5);
	/* The receive does. */
	assert_int_equal(mbx_reply_receive(m, &call, "yes", 3, &next), -EINTR);
	assert_int_equal(call, 0);
	call = 4;
	assert_int_equal(mbx_reply_receive(m, &call, "no", 2, &next), 3);
	assert_int_equal(call, 0);
	assert_int_equal(next.reply_ptr, 0);
	mbx_close(m);
}

static void beyond_32_bits(void **state)
{
	struct mbx_receive next = { .size = sizeof(next) };
	uint64_t call = 5;
	struct mbx *m;

	MOCK(HANDLE, { STEP_CALL, .data = "x" });
	m = handle();
	assert_int_equal(mbx_call(m, "x", 1ULL << 32, NULL, 0, 0), -EMSGSIZE);
	assert_int_equal(mbx_reply(m, 5, "x", 1ULL << 32), -EMSGSIZE);
	assert_int_equal(mbx_reply_receive(m, &call, "x", 1ULL << 32, &next),
			 -EMSGSIZE);
	assert_int_equal(call, 5);
	assert_int_equal(mbx_call(m, "x", 1, NULL, SIZE_MAX, 0), 0);
	mbx_close(m);
}

/* What a call was asked, and is to answer. */
struct talk {
	const char *questions[3];
	const char *answers[3];
	unsigned int nr;
};

static ssize_t answer_next(void *ctx, const struct mbx_call *arg,
			   const void **answer)
{
	struct talk *talk = ctx;
	const char *question = talk->questions[talk->nr];

	assert_int_equal(arg->out_len, strlen(question));
	assert_memory_equal((void *)(uintptr_t)arg->reply_ptr, question,
			    arg->out_len);
	*answer = talk->answers[talk->nr++];
	return *answer ? (ssize_t)strlen(*answer) : -EIO;
}

#define ASKED(question)                                                  \
	.ret = MBX_CALLED_BACK, .reply = (question), .seq = 5, .pid = 6, \
	.tid = 7, .message = MBX_CALL_ASKED

static ssize_t call_answering(struct talk *talk, struct mbx_call *arg)
{
	static char reply[8];
	struct mbx *m = handle();
	ssize_t ret;

	*arg = (struct mbx_call){
		.size = sizeof(*arg),
		.data_ptr = (uintptr_t) "hi",
		.data_len = 2,
		.deadline = 9,
		.reply_ptr = (uintptr_t)reply,
		.reply_len = sizeof(reply),
	};
	ret = mbx_call_answering(m, arg, answer_next, talk);
	mbx_close(m);
	return ret;
}

static void answers(void **state)
{
	struct talk talk = { { "who?", "why?" }, { "me", "" } };
	struct mbx_call arg;

	MOCK(HANDLE,
	     { STEP_CALL, ASKED("who?"), .flags = MBX_CALL_BACKS, .data = "hi",
	       .deadline = 9 },
	     { STEP_CALL, ASKED("why?"), .flags = MBX_CALL_ANSWER, .call = 5,
	       .data = "me" },
	     { STEP_CALL, .flags = MBX_CALL_ANSWER, .call = 5, .seq = 5,
	       .pid = 8, .tid = 9, .reply = "done",
	       .message = MBX_CALL_UNHEARD });
	assert_int_equal(call_answering(&talk, &arg), 4);
	assert_int_equal(talk.nr, 2);
	assert_int_equal(arg.out_len, 4);
	assert_int_equal(arg.out_seq, 5);
	assert_int_equal(arg.out_pid, 8);
	assert_int_equal(arg.out_tid, 9);
	assert_int_equal(arg.out_flags, MBX_CALL_UNHEARD);
	assert_memory_equal((void *)(uintptr_t)arg.reply_ptr, "done", 4);
}

static void no_answers(void **state)
{
	struct talk talk = { { "who?" }, { NULL } };
	struct mbx_call arg;

	MOCK(HANDLE,
	     { STEP_CALL, ASKED("who?"), .flags = MBX_CALL_BACKS, .data = "hi",
	       .deadline = 9 },
	     { STEP_CALL, .flags = MBX_CALL_HANG_UP, .call = 5 });
	assert_int_equal(call_answering(&talk, &arg), -EIO);
}

/* One that is refused, and one that is not, but the call has ended. */
static void answers_that_fail(void **state)
{
	struct talk talk = { { "who?" }, { "me" } };
	struct mbx_call arg;

	MOCK(HANDLE,
	     { STEP_CALL, ASKED("who?"), .flags = MBX_CALL_BACKS, .data = "hi",
	       .deadline = 9 },
	     { STEP_CALL, -EMSGSIZE, .flags = MBX_CALL_ANSWER, .call = 5,
	       .data = "me" },
	     { STEP_CALL, .flags = MBX_CALL_HANG_UP, .call = 5 });
	assert_int_equal(call_answering(&talk, &arg), -EMSGSIZE);

	mock_end();
	talk.nr = 0;
	MOCK(HANDLE,
	     { STEP_CALL, ASKED("who?"), .flags = MBX_CALL_BACKS, .data = "hi",
	       .deadline = 9 },
	     { STEP_CALL, -EPIPE, .flags = MBX_CALL_ANSWER, .call = 5, .seq = 5,
	       .data = "me" });
	assert_int_equal(call_answering(&talk, &arg), -EPIPE);
}

static void asks(void **state)
{
	char answer[8];
	struct mbx *m;

	MOCK(HANDLE,
	     { STEP_CALL, .flags = MBX_CALL_BACK, .call = 5, .data = "who?",
	       .deadline = 9, .reply = "me" },
	     { STEP_CALL, -ENXIO, .flags = MBX_CALL_BACK, .call = 6 },
	     { STEP_CALL, -ENOENT, .flags = MBX_CALL_HANG_UP, .call = 7 });
	m = handle();
	assert_int_equal(mbx_ask(m, 5, "who?", 4, answer, sizeof(answer), 9),
			 2);
	assert_memory_equal(answer, "me", 2);
	assert_int_equal(mbx_ask(m, 6, NULL, 0, NULL, 0, 0), -ENXIO);
	assert_int_equal(mbx_ask(m, 6, NULL, 1ULL << 32, NULL, 0, 0),
			 -EMSGSIZE);
	assert_int_equal(mbx_hang_up(m, 7), -ENOENT);
	mbx_close(m);
}

/* No mailbox has a name where there is no /proc. */
static void cycles(void **state)
{
	static const char whole[] =
		"pid 12 (mailbox 3) -> a hidden process (mailbox 4) -> pid 12";
	struct mbx_cycle cycle = {
		.size = sizeof(cycle),
		.nr = 2,
		.out_nr = 2,
		.links = { { 12, 13, 3 }, { 0, 0, 4 } },
	};
	char buf[128];

	mock.root = "/nowhere";
	assert_int_equal(mbx_cycle_text(&cycle, NULL, 0), strlen(whole));
	assert_int_equal(mbx_cycle_text(&cycle, buf, 10), strlen(whole));
	assert_string_equal(buf, "pid 12 (m");
	mbx_cycle_text(&cycle, buf, sizeof(buf));
	assert_string_equal(buf, whole);

	cycle.nr = 1;
	mbx_cycle_text(&cycle, buf, sizeof(buf));
	assert_string_equal(buf, "pid 12 (mailbox 3) -> 1 more -> pid 12");
	cycle.out_nr = 0;
	assert_int_equal(mbx_cycle_text(&cycle, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(calls),   TEST(call_errors),   TEST(call_ext),
		TEST(replies), TEST(reply_receive), TEST(beyond_32_bits),
		TEST(answers), TEST(no_answers),    TEST(answers_that_fail),
		TEST(asks),    TEST(cycles),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
