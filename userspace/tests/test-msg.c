// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Library: messages, deadlines.
 */
#include <time.h>

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

static void send_kinds(void **state)
{
	struct mbx *m;

	MOCK(HANDLE, { STEP_SEND, .data = "hello" },
	     { STEP_SEND, .data = "a\0b", .len = 3 }, { STEP_SEND },
	     { STEP_SEND, .data = "x", .flags = MBX_SEND_NONBLOCK },
	     { STEP_SEND, .data = "x", .deadline = 77 },
	     { STEP_SEND, .data = "x", .deadline = 78, .flags = MBX_SEND_SYNC,
	       .pid = 1234 });
	m = handle();
	assert_int_equal(mbx_send(m, "hello", 5), 0);
	assert_int_equal(mbx_send(m, "a\0b", 3), 0);
	assert_int_equal(mbx_send(m, NULL, 0), 0);
	assert_int_equal(mbx_try_send(m, "x", 1), 0);
	assert_int_equal(mbx_send_until(m, "x", 1, 77), 0);
	assert_int_equal(mbx_send_sync(m, "x", 1, 78), 1234);
	mbx_close(m);
}

static void send_errors(void **state)
{
	static const int errors[] = {
		-EAGAIN, -EBADF, -EINTR,      -EMSGSIZE, -ETIMEDOUT, -EDQUOT,
		-ENOSPC, -EIDRM, -EOWNERDEAD, -EFAULT,	 -ENOMEM,
	};
	struct step steps[3] = { HANDLE, { STEP_SEND, .data = "x" } };
	struct mbx *m;
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		steps[1].ret = errors[i];
		mock_start(steps);
		m = handle();
		assert_int_equal(mbx_send(m, "x", 1), errors[i]);
		mbx_close(m);
		steps[1].flags = MBX_SEND_SYNC;
		/* Who took it means nothing when nobody did. */
		steps[1].pid = 5;
		mock_start(steps);
		m = handle();
		assert_int_equal(mbx_send_sync(m, "x", 1, 0), errors[i]);
		mbx_close(m);
		steps[1].flags = 0;
		mock_end();
	}
}

static void send_beyond_32_bits(void **state)
{
	struct mbx *m;

	MOCK(HANDLE);
	m = handle();
	assert_int_equal(mbx_send(m, "x", 1ULL << 32), -EMSGSIZE);
	assert_int_equal(mbx_try_send(m, "x", (1ULL << 32) + 1), -EMSGSIZE);
	assert_int_equal(mbx_send_sync(m, "x", SIZE_MAX, 0), -EMSGSIZE);
	mbx_close(m);
}

static void send_ext(void **state)
{
	struct mbx_send arg = {
		.size = sizeof(arg),
		.flags = MBX_SEND_SYNC | MBX_SEND_REALTIME,
		.data_ptr = (uintptr_t) "data",
		.data_len = 4,
		.deadline = 5,
		.priority = 6,
		.type = 7,
	};
	struct mbx *m;

	MOCK(HANDLE,
	     { STEP_SEND, .flags = 6, .data = "data", .deadline = 5,
	       .priority = 6, .type = 7, .seq = 9, .pid = 10, .tid = 11 });
	m = handle();
	assert_int_equal(mbx_send_ext(m, &arg), 0);
	assert_int_equal(arg.out_seq, 9);
	assert_int_equal(arg.out_pid, 10);
	assert_int_equal(arg.out_tid, 11);
	mbx_close(m);
}

static void receive_kinds(void **state)
{
	char buf[16];
	struct mbx *m;

	MOCK(HANDLE, { STEP_RECEIVE, .data = "hello" },
	     { STEP_RECEIVE, .data = "a\0b", .len = 3 }, { STEP_RECEIVE },
	     { STEP_RECEIVE, .data = "x", .flags = MBX_RECEIVE_NONBLOCK },
	     { STEP_RECEIVE, .data = "x", .deadline = 77 },
	     { STEP_RECEIVE, .data = "y",
	       .flags = MBX_RECEIVE_NONBLOCK | MBX_RECEIVE_PEEK });
	m = handle();
	assert_int_equal(mbx_receive(m, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(mbx_receive(m, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "a\0b", 3);
	assert_int_equal(mbx_receive(m, buf, sizeof(buf)), 0);
	assert_int_equal(mbx_try_receive(m, buf, sizeof(buf)), 1);
	assert_int_equal(mbx_receive_until(m, buf, sizeof(buf), 77), 1);
	assert_int_equal(mbx_peek(m, buf, sizeof(buf)), 1);
	assert_int_equal(buf[0], 'y');
	mbx_close(m);
}

static void receive_errors(void **state)
{
	static const int errors[] = {
		-EAGAIN,    -EBADF, -EINTR,	 -EMSGSIZE,
		-ETIMEDOUT, -EIDRM, -EOWNERDEAD, -EFAULT,
	};
	struct step steps[3] = { HANDLE, { STEP_RECEIVE, .len = 100 } };
	char buf[8];
	struct mbx *m;
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		steps[1].ret = errors[i];
		mock_start(steps);
		m = handle();
		assert_int_equal(mbx_receive(m, buf, sizeof(buf)), errors[i]);
		mbx_close(m);
		mock_end();
	}
}

static void receive_ext(void **state)
{
	char buf[4];
	struct mbx_receive arg = {
		.size = sizeof(arg),
		.data_ptr = (uintptr_t)buf,
		.data_len = sizeof(buf),
	};
	struct mbx *m;

	MOCK(HANDLE, { STEP_RECEIVE, -EMSGSIZE, .len = 100 },
	     { STEP_RECEIVE, .data = "four", .seq = 1, .time = 2, .pid = 3,
	       .tid = 4, .uid = 5, .gid = 6, .priority = 7, .type = 8 });
	m = handle();
	assert_int_equal(mbx_receive_ext(m, &arg), -EMSGSIZE);
	assert_int_equal(arg.out_len, 100);
	assert_int_equal(mbx_receive_ext(m, &arg), 4);
	assert_int_equal(arg.out_seq, 1);
	assert_int_equal(arg.out_time, 2);
	assert_int_equal(arg.out_pid, 3);
	assert_int_equal(arg.out_tid, 4);
	assert_int_equal(arg.out_uid, 5);
	assert_int_equal(arg.out_gid, 6);
	assert_int_equal(arg.out_priority, 7);
	assert_int_equal(arg.out_type, 8);
	mbx_close(m);
}

/* The length is the message's, not what the buffer took of it. */
static void receive_some(void **state)
{
	static const struct mbx_select after = {
		.size = sizeof(after),
		.flags = MBX_SELECT_AFTER,
		.seq = 3,
	};
	char buf[4];
	struct mbx_receive arg = {
		.size = sizeof(arg),
		.flags = MBX_RECEIVE_PEEK | MBX_RECEIVE_TRUNCATE,
		.data_ptr = (uintptr_t)buf,
		.data_len = sizeof(buf),
		.select_ptr = (uintptr_t)&after,
	};
	struct mbx *m;

	MOCK(HANDLE, { STEP_RECEIVE, .data = "longer", .seq = 5, .flags = 10,
		       .select = &after });
	m = handle();
	assert_int_equal(mbx_receive_ext(m, &arg), 6);
	assert_int_equal(arg.out_len, 6);
	assert_int_equal(arg.out_seq, 5);
	assert_memory_equal(buf, "long", 4);
	mbx_close(m);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void deadlines(void **state)
{
	uint64_t before = now(), d = mbx_deadline_ms(5), after = now();

	assert_in_range(d, before + 5000000, after + 5000000);
	before = now();
	d = mbx_deadline_ns(250);
	assert_in_range(d, before + 250, now() + 250);
	assert_true(mbx_deadline_ms(0) > 0);
	assert_int_equal(mbx_deadline_ms(-1), 0);
	assert_int_equal(mbx_deadline_ns(-1), 0);
	assert_int_equal(mbx_deadline_ms(INT64_MIN), 0);
	assert_true(mbx_deadline_ms(INT64_MAX) == INT64_MAX);
	assert_true(mbx_deadline_ns(INT64_MAX) == INT64_MAX);
	assert_true(mbx_deadline_ms(INT64_MAX / 1000000) == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(send_kinds),	   TEST(send_errors),
		TEST(send_beyond_32_bits), TEST(send_ext),
		TEST(receive_kinds),	   TEST(receive_errors),
		TEST(receive_ext),	   TEST(receive_some),
		TEST(deadlines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("msg", tests, NULL, NULL);
}
