// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Library: port sets.
 */
#include <stdbool.h>

#include "lib.h"

/* clang-format off */
#define MEMBER(nr) \
	{ STEP_OPEN, .id = nr, .flags = MBX_OPEN_RECEIVE }, \
	{ STEP_STAT }, { STEP_WATCH }
#define LETTER(text) \
	{ STEP_RECEIVE, .data = text, .flags = MBX_RECEIVE_NONBLOCK }
#define NOTHING(err) \
	{ STEP_RECEIVE, err, .flags = MBX_RECEIVE_NONBLOCK }
/* clang-format on */

static struct mbx_portset *set;
static struct mbx *members[4];
static char names[4];

static struct mbx *handle(int nr)
{
	struct mbx *m;

	assert_int_equal(mbx_open_id(&m, nr, MBX_OPEN_RECEIVE), 0);
	return m;
}

static void start(int nr)
{
	assert_int_equal(mbx_portset_create(&set), 0);
	for (int i = 0; i < nr; i++) {
		members[i] = handle(i + 1);
		assert_int_equal(mbx_portset_add(set, members[i], names + i),
				 0);
	}
	assert_int_equal(mbx_portset_count(set), nr);
}

static void end(int nr)
{
	mbx_portset_close(set);
	while (nr--)
		mbx_close(members[nr]);
}

/* The result of a receive, and which member it is about; -1 for none. */
static void expect_from(ssize_t should, int member, uint64_t deadline)
{
	struct mbx_source from = { (void *)1, (void *)1 };
	char buf[16];
	ssize_t ret;

	ret = mbx_portset_receive(set, &from, buf, sizeof(buf), deadline);
	assert_int_equal(ret, should);
	assert_ptr_equal(from.m, member < 0 ? NULL : members[member]);
	assert_ptr_equal(from.data, member < 0 ? NULL : names + member);
}

/* One look for all that are there, and each has its turn. */
static void turns(void **state)
{
	MOCK(MEMBER(1), MEMBER(2), MEMBER(3), { STEP_EPOLL, .data = "201" },
	     LETTER("a"), LETTER("bc"), LETTER(""), { STEP_EPOLL, .data = "1" },
	     LETTER("d"));
	start(3);
	expect_from(1, 2, 0);
	expect_from(2, 0, 0);
	expect_from(0, 1, 0);
	expect_from(1, 1, 0);
	end(3);
}

/* Somebody else was faster. */
static void no_message(void **state)
{
	MOCK(MEMBER(1), MEMBER(2), { STEP_EPOLL, .data = "01" },
	     NOTHING(-EAGAIN), NOTHING(-EAGAIN), { STEP_EPOLL, .data = "0" },
	     LETTER("a"));
	start(2);
	expect_from(1, 0, 0);
	end(2);
}

static void deadlines(void **state)
{
	MOCK(MEMBER(1), { STEP_EPOLL, .deadline = SOME_DEADLINE, .data = "0" },
	     LETTER("a"), { STEP_EPOLL, .deadline = 1, .data = "0" },
	     LETTER("b"), { STEP_EPOLL, .deadline = 1 },
	     { STEP_EPOLL, -EINTR, .deadline = SOME_DEADLINE },
	     { STEP_EPOLL, -EINTR });
	start(1);
	expect_from(1, 0, mbx_deadline_ms(100000));
	expect_from(1, 0, 1);
	expect_from(-ETIMEDOUT, -1, 1);
	expect_from(-EINTR, -1, mbx_deadline_ms(100000));
	expect_from(-EINTR, -1, 0);
	expect_from(-EINVAL, -1, UINT64_MAX);
	end(1);
}

/* A deadline on a clock that may be set is looked at again when it has passed. */
static void options(void **state)
{
	char buf[16];
	struct mbx_receive arg = {
		.size = sizeof(arg),
		.flags = MBX_RECEIVE_PEEK | MBX_RECEIVE_REALTIME,
		.data_ptr = (uintptr_t)buf,
		.data_len = sizeof(buf),
		.deadline = INT64_MAX,
	};

	MOCK(MEMBER(1), { STEP_EPOLL, .deadline = SOME_DEADLINE },
	     { STEP_EPOLL, .deadline = SOME_DEADLINE, .data = "0" },
	     { STEP_RECEIVE, .data = "abc", .seq = 9,
	       .flags = MBX_RECEIVE_PEEK | MBX_RECEIVE_NONBLOCK },
	     { STEP_EPOLL, .deadline = 1 });
	start(1);
	assert_int_equal(mbx_portset_receive_ext(set, NULL, &arg), 3);
	assert_int_equal(arg.out_seq, 9);
	assert_int_equal(arg.flags, MBX_RECEIVE_PEEK | MBX_RECEIVE_REALTIME);
	assert_true(arg.deadline == INT64_MAX);
	arg.flags = MBX_RECEIVE_NONBLOCK;
	assert_int_equal(mbx_portset_receive_ext(set, NULL, &arg), -EAGAIN);
	arg.flags = MBX_RECEIVE_REALTIME;
	arg.deadline = 0;
	assert_int_equal(mbx_portset_receive_ext(set, NULL, &arg), -EINVAL);
	arg.flags = 0;
	arg.select_ptr = (uintptr_t)&arg;
	assert_int_equal(mbx_portset_receive_ext(set, NULL, &arg), -EINVAL);
	arg.select_ptr = 0;
	arg.reply_ptr = (uintptr_t)&arg;
	assert_int_equal(mbx_portset_receive_ext(set, NULL, &arg), -EINVAL);
	end(1);
}

static void ends(void **state)
{
	MOCK(MEMBER(1), MEMBER(2), MEMBER(3), MEMBER(4),
	     { STEP_EPOLL, .data = "0123" }, NOTHING(-EIDRM), { STEP_UNWATCH },
	     NOTHING(-EOWNERDEAD), { STEP_UNWATCH }, NOTHING(-EKEYREVOKED),
	     { STEP_UNWATCH }, NOTHING(-ESHUTDOWN), { STEP_UNWATCH },
	     { STEP_EPOLL, .deadline = 1 });
	start(4);
	expect_from(-EIDRM, 0, 0);
	assert_int_equal(mbx_portset_remove(set, members[0]), -ENOENT);
	expect_from(-EOWNERDEAD, 1, 0);
	expect_from(-EKEYREVOKED, 2, 0);
	assert_int_equal(mbx_portset_count(set), 1);
	expect_from(-ESHUTDOWN, 3, 0);
	assert_int_equal(mbx_portset_count(set), 0);
	expect_from(-ETIMEDOUT, -1, 1);
	end(4);
}

/* What is wrong with one message is told, and the member stays. */
static void failures(void **state)
{
	MOCK(MEMBER(1), MEMBER(2), { STEP_EPOLL, .data = "01" },
	     { STEP_RECEIVE, -EMSGSIZE, .len = 77,
	       .flags = MBX_RECEIVE_NONBLOCK },
	     NOTHING(-EBUSY), { STEP_EPOLL, .data = "0" }, LETTER("a"));
	start(2);
	expect_from(-EMSGSIZE, 0, 0);
	expect_from(-EBUSY, 1, 0);
	assert_int_equal(mbx_portset_count(set), 2);
	expect_from(1, 0, 0);
	end(2);
}

/* A descriptor that was reported may be another member by now. */
static void changes(void **state)
{
	MOCK(MEMBER(1), MEMBER(2), MEMBER(3), { STEP_EPOLL, .data = "012" },
	     LETTER("a"), { STEP_UNWATCH }, { STEP_UNWATCH }, MEMBER(4),
	     NOTHING(-EAGAIN), { STEP_EPOLL, .data = "03" }, LETTER("b"),
	     LETTER("c"));
	start(3);
	expect_from(1, 0, 0);
	assert_int_equal(mbx_portset_remove(set, members[2]), 0);
	assert_int_equal(mbx_portset_remove(set, members[1]), 0);
	assert_int_equal(mbx_portset_remove(set, members[1]), -ENOENT);
	mbx_close(members[1]);
	members[1] = handle(4);
	assert_int_equal(mbx_portset_add(set, members[1], names + 1), 0);
	expect_from(1, 0, 0);
	expect_from(1, 1, 0);
	end(3);
}

static void not_added(void **state)
{
	MOCK(MEMBER(1), { STEP_STAT }, { STEP_OPEN, .id = 2, .flags = 1 },
	     { STEP_STAT, .rights = MBX_OPEN_SEND }, { STEP_STAT, -EIDRM },
	     { STEP_STAT }, { STEP_WATCH, -ENOSPC });
	start(1);
	assert_int_equal(mbx_portset_add(set, members[0], NULL), -EEXIST);
	assert_int_equal(mbx_open_id(&members[1], 2, MBX_OPEN_SEND), 0);
	assert_int_equal(mbx_portset_add(set, members[1], NULL), -EBADF);
	assert_int_equal(mbx_portset_add(set, members[1], NULL), -EIDRM);
	assert_int_equal(mbx_portset_add(set, members[1], NULL), -ENOSPC);
	assert_int_equal(mbx_portset_remove(set, members[1]), -ENOENT);
	assert_int_equal(mbx_portset_count(set), 1);
	assert_true(fcntl(mbx_portset_fd(set), F_GETFD) == FD_CLOEXEC);
	end(2);
	mbx_portset_close(NULL);
}

/* Descriptors far apart, and one in several sets. */
static void many(void **state)
{
	struct mbx_portset *other;
	struct mbx *m;
	int fd;

	MOCK({ STEP_OPEN, .id = 1, .flags = MBX_OPEN_RECEIVE }, { STEP_STAT },
	     { STEP_STAT }, { STEP_WATCH }, { STEP_STAT }, { STEP_WATCH });
	m = handle(1);
	fd = fcntl(mbx_fd(m), F_DUPFD_CLOEXEC, 300);
	mbx_close(m);
	assert_int_equal(mbx_from_fd(&m, fd), 0);
	assert_int_equal(mbx_portset_create(&set), 0);
	assert_int_equal(mbx_portset_create(&other), 0);
	assert_int_equal(mbx_portset_add(set, m, NULL), 0);
	assert_int_equal(mbx_portset_add(other, m, NULL), 0);
	mbx_portset_close(other);
	mbx_portset_close(set);
	mbx_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(turns),   TEST(no_message), TEST(deadlines),
		TEST(options), TEST(ends),	 TEST(failures),
		TEST(changes), TEST(not_added),	 TEST(many),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("portset", tests, NULL, NULL);
}
