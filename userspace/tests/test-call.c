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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(calls),   TEST(call_errors),   TEST(call_ext),
		TEST(replies), TEST(reply_receive), TEST(beyond_32_bits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
