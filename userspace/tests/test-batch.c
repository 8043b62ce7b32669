// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Library: many messages at a time.
 */
#include "lib.h"

#define HANDLE                                 \
	{                                      \
		STEP_OPEN, .id = 7, .flags = 3 \
	}
#define SENDS(n)                                        \
	{                                               \
		STEP_BATCH, .op = MBX_CMD_SEND, .nr = n \
	}
#define RECEIVES(n)                                        \
	{                                                  \
		STEP_BATCH, .op = MBX_CMD_RECEIVE, .nr = n \
	}

static struct mbx *handle(void)
{
	struct mbx *m;

	assert_int_equal(mbx_open_id(&m, 7, 3), 0);
	return m;
}

static void sends(void **state)
{
	char one[] = "one", three[] = "three";
	const struct iovec msgs[] = { { one, 3 }, { NULL, 0 }, { three, 5 } };
	struct mbx *m;

	MOCK(HANDLE, SENDS(3), { STEP_SEND, .data = "one", .deadline = 5 },
	     { STEP_SEND, .deadline = 5 },
	     { STEP_SEND, .data = "three", .deadline = 5 }, SENDS(0));
	m = handle();
	assert_int_equal(mbx_send_many(m, msgs, 3, 5), 3);
	assert_int_equal(mbx_send_many(m, NULL, 0, 0), 0);
	mbx_close(m);
}

static void sends_fewer(void **state)
{
	char one[] = "one", two[] = "two";
	const struct iovec msgs[] = { { one, 3 }, { two, 3 } };
	struct mbx *m;

	MOCK(HANDLE, SENDS(2), { STEP_SEND, .data = "one" },
	     { STEP_SEND, -EMSGSIZE, .data = "two" }, SENDS(1),
	     { STEP_SEND, -EMSGSIZE, .data = "two" },
	     { STEP_BATCH, -EINTR, .op = MBX_CMD_SEND, .nr = 2, .depth = 1 },
	     { STEP_SEND, .data = "one" });
	m = handle();
	assert_int_equal(mbx_send_many(m, msgs, 2, 0), 1);
	assert_int_equal(mbx_send_many(m, msgs + 1, 1, 0), -EMSGSIZE);
	assert_int_equal(mbx_send_many(m, msgs, 2, 0), 1);
	mbx_close(m);
}

/* More than go into one call. */
static void sends_more(void **state)
{
	static struct step steps[1 + 1 + 16 + 1 + 2 + 1] = { HANDLE,
							     SENDS(16) };
	struct iovec msgs[18];
	char text[] = "x";
	struct mbx *m;
	int i;

	for (i = 0; i < 18; i++)
		msgs[i] = (struct iovec){ text, 1 };
	for (i = 2; i < 21; i++)
		steps[i] = (struct step){ STEP_SEND, .data = "x" };
	steps[18] = (struct step)SENDS(2);
	mock_start(steps);
	m = handle();
	assert_int_equal(mbx_send_many(m, msgs, 18, 0), 18);
	mbx_close(m);

	/* What is sent is sent, whatever the next call says. */
	steps[19].ret = -EIDRM;
	steps[20].cmd = STEP_END;
	mock_start(steps);
	m = handle();
	assert_int_equal(mbx_send_many(m, msgs, 18, 0), 16);
	mbx_close(m);
}

static void receives(void **state)
{
	char one[8], two[8], three[8];
	struct iovec bufs[] = { { one, 8 }, { two, 8 }, { three, 8 } };
	struct mbx *m;

	MOCK(HANDLE, RECEIVES(3), { STEP_RECEIVE, .data = "a", .deadline = 9 },
	     { STEP_RECEIVE, .data = "bcd", .flags = MBX_RECEIVE_NONBLOCK },
	     { STEP_RECEIVE, -EAGAIN, .flags = MBX_RECEIVE_NONBLOCK });
	m = handle();
	assert_int_equal(mbx_receive_many(m, bufs, 3, 9), 2);
	assert_int_equal(bufs[0].iov_len, 1);
	assert_int_equal(bufs[1].iov_len, 3);
	assert_int_equal(bufs[2].iov_len, 8);
	assert_memory_equal(two, "bcd", 3);
	mbx_close(m);
}

static void receives_none(void **state)
{
	struct iovec buf = { NULL, 0 };
	struct mbx *m;

	MOCK(HANDLE, RECEIVES(1), { STEP_RECEIVE, -ETIMEDOUT, .deadline = 1 },
	     RECEIVES(1), { STEP_RECEIVE, -EMSGSIZE, .data = "long" });
	m = handle();
	assert_int_equal(mbx_receive_many(m, &buf, 1, 1), -ETIMEDOUT);
	assert_int_equal(mbx_receive_many(m, &buf, 1, 0), -EMSGSIZE);
	mbx_close(m);
}

/* Only the very first is worth waiting for. */
static void receives_more(void **state)
{
	static struct step steps[1 + 1 + 16 + 1 + 2 + 1] = { HANDLE,
							     RECEIVES(16) };
	struct iovec bufs[18];
	struct mbx *m;
	int i;

	memset(bufs, 0, sizeof(bufs));
	for (i = 2; i < 21; i++)
		steps[i] = (struct step){ STEP_RECEIVE,
					  .flags = MBX_RECEIVE_NONBLOCK };
	steps[2].flags = 0;
	steps[18] = (struct step)RECEIVES(2);
	steps[20].ret = -EAGAIN;
	mock_start(steps);
	m = handle();
	assert_int_equal(mbx_receive_many(m, bufs, 18, 0), 17);
	mbx_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sends),	TEST(sends_fewer),   TEST(sends_more),
		TEST(receives), TEST(receives_none), TEST(receives_more),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
