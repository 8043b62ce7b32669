// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Library: messages that are leased, or sent once.
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

static void leases(void **state)
{
	uint64_t seq = 1;
	struct mbx *m;
	char buf[8];

	MOCK(HANDLE,
	     { STEP_RECEIVE, .data = "hello", .lease = 500, .deadline = 77,
	       .seq = 1ULL << 40 },
	     { STEP_RECEIVE, -ETIMEDOUT, .lease = 1, .deadline = 78,
	       .seq = 9 });
	m = handle();
	assert_int_equal(mbx_lease(m, buf, sizeof(buf), 500, 77, &seq), 5);
	assert_memory_equal(buf, "hello", 5);
	assert_true(seq == 1ULL << 40);
	assert_int_equal(mbx_lease(m, buf, sizeof(buf), 1, 78, &seq),
			 -ETIMEDOUT);
	assert_true(seq == 1ULL << 40);
	assert_int_equal(mbx_lease(m, buf, sizeof(buf), 0, 0, &seq), -EINVAL);
	mbx_close(m);
}

static void settles(void **state)
{
	struct mbx_settle arg = { .size = sizeof(arg), .seq = 8 };
	struct mbx *m;

	MOCK(HANDLE, { STEP_SETTLE, .seq = 5 },
	     { STEP_SETTLE, .seq = 6, .flags = MBX_SETTLE_NACK },
	     { STEP_SETTLE, .seq = 7, .flags = MBX_SETTLE_RENEW, .lease = 30 },
	     { STEP_SETTLE, .seq = 8 }, { STEP_SETTLE, -ENOENT, .seq = 5 },
	     { STEP_SETTLE, -EINVAL, .seq = 5, .flags = MBX_SETTLE_RENEW });
	m = handle();
	assert_int_equal(mbx_ack(m, 5), 0);
	assert_int_equal(mbx_nack(m, 6), 0);
	assert_int_equal(mbx_renew(m, 7, 30), 0);
	assert_int_equal(mbx_settle_ext(m, &arg), 0);
	assert_int_equal(mbx_ack(m, 5), -ENOENT);
	assert_int_equal(mbx_renew(m, 5, 0), -EINVAL);
	mbx_close(m);
}

static void sends_once(void **state)
{
	struct mbx *m;

	MOCK(HANDLE,
	     { STEP_SEND, .data = "x", .msg_id = 1ULL << 63, .deadline = 7 },
	     { STEP_SEND, -EALREADY, .data = "x", .msg_id = 1 });
	m = handle();
	assert_int_equal(mbx_send_once(m, "x", 1, 1ULL << 63, 7), 0);
	assert_int_equal(mbx_send_once(m, "x", 1, 1, 0), -EALREADY);
	assert_int_equal(mbx_send_once(m, "x", 1, 0, 0), -EINVAL);
	assert_int_equal(mbx_send_once(m, "x", 1ULL << 32, 1, 0), -EMSGSIZE);
	mbx_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(leases),
		TEST(settles),
		TEST(sends_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
