// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Library: events.
 */
#include "lib.h"

#define HANDLE                     \
	{                          \
		STEP_OPEN, .id = 7 \
	}

static struct mbx *handle(void)
{
	struct mbx *m;

	assert_int_equal(mbx_open_id(&m, 7, 0), 0);
	return m;
}

static void registers(void **state)
{
	struct mbx *m;

	MOCK(HANDLE, { STEP_NOTIFY, .events = MBX_EVENT_READABLE },
	     { STEP_NOTIFY }, { STEP_NOTIFY, -EBADF });
	m = handle();
	assert_int_equal(mbx_notify(m, MBX_EVENT_READABLE, mbx_fd(m)), 0);
	assert_int_equal(mbx_notify(m, 0, -1), 0);
	assert_int_equal(mbx_notify(m, 0, 5), -EBADF);
	mbx_close(m);
}

static void to_a_mailbox(void **state)
{
	struct mbx *m, *to;

	MOCK(HANDLE, HANDLE,
	     { STEP_NOTIFY, .events = MBX_EVENT_ROOM, .tag = 1ULL << 40 },
	     { STEP_NOTIFY }, { STEP_NOTIFY, -EMSGSIZE, .events = 1 });
	m = handle();
	to = handle();
	assert_int_equal(mbx_notify_to(m, MBX_EVENT_ROOM, to, 1ULL << 40), 0);
	assert_int_equal(mbx_notify_to(m, 0, to, 5), 0);
	assert_int_equal(mbx_notify_to(m, 1, to, 0), -EMSGSIZE);
	mbx_close(m);
	mbx_close(to);
}

static void reads(void **state)
{
	struct mbx *m;

	MOCK(HANDLE,
	     { STEP_NOTIFY, .flags = MBX_NOTIFY_READ,
	       .happened = MBX_EVENT_ROOM | MBX_EVENT_DELETED },
	     { STEP_NOTIFY, .flags = MBX_NOTIFY_READ },
	     { STEP_NOTIFY, -EIDRM, .flags = MBX_NOTIFY_READ, .happened = 1 });
	m = handle();
	assert_int_equal(mbx_notify_read(m),
			 MBX_EVENT_ROOM | MBX_EVENT_DELETED);
	assert_int_equal(mbx_notify_read(m), 0);
	assert_int_equal(mbx_notify_read(m), -EIDRM);
	mbx_close(m);
}

static void with_watermarks(void **state)
{
	struct mbx_notify arg = { .size = sizeof(arg), .low = 1, .high = 5 };
	struct mbx *m;

	MOCK(HANDLE, { STEP_NOTIFY, .events = MBX_EVENT_HIGH, .low = 1,
		       .high = 5, .state = MBX_EVENT_LOW });
	m = handle();
	arg.events = MBX_EVENT_HIGH;
	arg.fd = mbx_fd(m);
	assert_int_equal(mbx_notify_ext(m, &arg), 0);
	assert_int_equal(arg.out_state, MBX_EVENT_LOW);
	mbx_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registers),
		TEST(to_a_mailbox),
		TEST(reads),
		TEST(with_watermarks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
