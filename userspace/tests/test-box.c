// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Library: handles.
 */
#include <limits.h>

#include "lib.h"

static void create_plain(void **state)
{
	struct mbx *m = NULL;

	MOCK({ STEP_CREATE, .name = "box", .capacity = 5 });
	assert_int_equal(mbx_create(&m, "box", 5), 0);
	assert_non_null(m);
	assert_int_equal(fcntl(mbx_fd(m), F_GETFD), FD_CLOEXEC);
	mbx_close(m);
}

static void create_unnamed(void **state)
{
	struct mbx *m;

	MOCK({ STEP_CREATE, .capacity = MBX_UNBOUNDED });
	assert_int_equal(mbx_create(&m, NULL, MBX_UNBOUNDED), 0);
	mbx_close(m);
}

static void create_empty_name(void **state)
{
	struct mbx *m = (void *)1;

	assert_int_equal(mbx_create(&m, "", 1), -EINVAL);
	assert_ptr_equal(m, (void *)1);
}

static void create_attr(void **state)
{
	struct mbx_create attr;
	struct mbx *m;

	mbx_attr_init(&attr, sizeof(attr));
	attr.flags = MBX_CREATE_OWNED | MBX_CREATE_TIMESTAMP;
	attr.mode = 0640;
	attr.uid = 12;
	attr.gid = 13;
	attr.msg_max = 99;
	MOCK({ STEP_CREATE, .name = "b", .flags = 3, .mode = 0640, .uid = 12,
	       .gid = 13, .msg_max = 99, .id = 42 });
	assert_int_equal(mbx_create_attr(&m, "b", &attr), 0);
	assert_int_equal(attr.out_id, 42);
	mbx_close(m);
}

static void attr_of_an_older_caller(void **state)
{
	union {
		struct mbx_create attr;
		unsigned char bytes[sizeof(struct mbx_create)];
	} u;
	size_t size = offsetof(struct mbx_create, msg_max);
	size_t i;

	memset(&u, 0x55, sizeof(u));
	mbx_attr_init(&u.attr, size);
	assert_int_equal(u.attr.size, size);
	assert_int_equal(u.attr.mode, 0600);
	for (i = size; i < sizeof(u); i++)
		assert_int_equal(u.bytes[i], 0x55);
}

static void attr_of_a_newer_caller(void **state)
{
	union {
		struct mbx_create attr;
		unsigned char bytes[sizeof(struct mbx_create) + 16];
	} u;
	size_t i;

	memset(&u, 0x55, sizeof(u));
	mbx_attr_init(&u.attr, sizeof(u));
	assert_int_equal(u.attr.size, sizeof(u));
	for (i = sizeof(u.attr); i < sizeof(u); i++)
		assert_int_equal(u.bytes[i], 0);
}

static void create_fails(void **state)
{
	struct mbx *m = (void *)1;

	MOCK({ STEP_CREATE, -EEXIST, .name = "box" });
	assert_int_equal(mbx_create(&m, "box", 0), -EEXIST);
	assert_ptr_equal(m, (void *)1);
}

static void no_device(void **state)
{
	static const int errors[][2] = {
		{ ENOENT, -ENODEV }, { ENXIO, -ENODEV },  { ENODEV, -ENODEV },
		{ EACCES, -EACCES }, { EMFILE, -EMFILE }, { ENFILE, -ENFILE },
	};
	struct mbx_version v;
	struct mbx *m;
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		mock.device_err = errors[i][0];
		assert_int_equal(mbx_create(&m, "b", 0), errors[i][1]);
		assert_int_equal(mbx_open(&m, "b", 0), errors[i][1]);
		assert_int_equal(mbx_open_id(&m, 1, 0), errors[i][1]);
		assert_int_equal(mbx_delete("b"), errors[i][1]);
		assert_int_equal(mbx_delete_id(1), errors[i][1]);
		assert_int_equal(mbx_version(&v, sizeof(v)), errors[i][1]);
	}
	errno = 4711;
}

static void open_by_name(void **state)
{
	struct mbx *m;

	MOCK({ STEP_OPEN, .name = "box", .flags = MBX_OPEN_SEND });
	assert_int_equal(mbx_open(&m, "box", MBX_OPEN_SEND), 0);
	mbx_close(m);
}

static void open_by_id(void **state)
{
	struct mbx *m;

	MOCK({ STEP_OPEN, .id = 7, .flags = 3 });
	assert_int_equal(mbx_open_id(&m, 7, MBX_OPEN_SEND | MBX_OPEN_RECEIVE),
			 0);
	mbx_close(m);
}

static void by_pid(void **state)
{
	struct mbx *m;

	MOCK({ STEP_OPEN, .pid = 12, .flags = MBX_OPEN_SEND },
	     { STEP_OPEN, -ESRCH, .pid = 13 }, { STEP_DELETE, .pid = 12 },
	     { STEP_DELETE, -ESRCH, .pid = -1 });
	assert_int_equal(mbx_open_pid(&m, 12, MBX_OPEN_SEND), 0);
	mbx_close(m);
	m = (void *)1;
	assert_int_equal(mbx_open_pid(&m, 13, 0), -ESRCH);
	assert_ptr_equal(m, (void *)1);
	assert_int_equal(mbx_delete_pid(12), 0);
	assert_int_equal(mbx_delete_pid(-1), -ESRCH);
}

static void to_others(void **state)
{
	struct mbx *m;

	MOCK({ STEP_OPEN, .name = "box" }, { STEP_TRANSFER, .pid = 12 },
	     { STEP_TRANSFER, .pid = 13, .flags = MBX_TRANSFER_SUCCESSOR },
	     { STEP_TRANSFER, .flags = MBX_TRANSFER_SUCCESSOR },
	     { STEP_TRANSFER, -EPERM, .pid = 12 });
	assert_int_equal(mbx_open(&m, "box", 0), 0);
	assert_int_equal(mbx_transfer(m, 12), 0);
	assert_int_equal(mbx_set_successor(m, 13), 0);
	assert_int_equal(mbx_set_successor(m, 0), 0);
	assert_int_equal(mbx_transfer(m, 12), -EPERM);
	mbx_close(m);
}

static void of_oneself(void **state)
{
	struct step steps[] = {
		{ STEP_OPEN, .pid = getpid(), .flags = MBX_OPEN_RECEIVE },
		{ STEP_DELETE, .pid = getpid() },
		{ STEP_END },
	};
	struct mbx *m;

	mock_start(steps);
	assert_int_equal(mbx_open_pid(&m, 0, MBX_OPEN_RECEIVE), 0);
	mbx_close(m);
	assert_int_equal(mbx_delete_pid(0), 0);
	/* It lies on the stack. */
	mock_end();
}

static void open_nothing(void **state)
{
	struct mbx *m = (void *)1;

	assert_int_equal(mbx_open(&m, NULL, 0), -EINVAL);
	assert_int_equal(mbx_open(&m, "", 0), -EINVAL);
	assert_int_equal(mbx_open_id(&m, 0, 0), -EINVAL);
	assert_ptr_equal(m, (void *)1);
}

static void open_refused(void **state)
{
	struct mbx *m = (void *)1;

	MOCK({ STEP_OPEN, -ENOENT, .name = "a" },
	     { STEP_OPEN, -EACCES, .name = "b" },
	     { STEP_OPEN, -EMFILE, .id = 3 });
	assert_int_equal(mbx_open(&m, "a", 0), -ENOENT);
	assert_int_equal(mbx_open(&m, "b", 0), -EACCES);
	assert_int_equal(mbx_open_id(&m, 3, 0), -EMFILE);
	assert_ptr_equal(m, (void *)1);
}

static void from_fd(void **state)
{
	int fd = open("/dev/null", O_RDWR);
	struct mbx *m;

	MOCK({ STEP_STAT });
	assert_int_equal(mbx_from_fd(&m, fd), 0);
	assert_int_equal(mbx_fd(m), fd);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	mbx_close(m);
}

static void from_fd_of_a_dead_mailbox(void **state)
{
	struct mbx *m;

	MOCK({ STEP_STAT, -EIDRM }, { STEP_STAT, -EOWNERDEAD },
	     { STEP_STAT, -EKEYREVOKED });
	assert_int_equal(mbx_from_fd(&m, open("/dev/null", O_RDWR)), 0);
	mbx_close(m);
	assert_int_equal(mbx_from_fd(&m, open("/dev/null", O_RDWR)), 0);
	mbx_close(m);
	assert_int_equal(mbx_from_fd(&m, open("/dev/null", O_RDWR)), 0);
	mbx_close(m);
}

static void from_fd_of_something_else(void **state)
{
	int fd = open("/dev/null", O_RDWR);
	struct mbx *m = (void *)1;

	MOCK({ STEP_STAT, -ENOTTY });
	assert_int_equal(mbx_from_fd(&m, fd), -ENOTTY);
	assert_int_equal(mbx_from_fd(&m, -1), -EBADF);
	assert_int_equal(mbx_from_fd(&m, 9999), -EBADF);
	assert_ptr_equal(m, (void *)1);
	/* Still the caller's. */
	assert_int_equal(close(fd), 0);
}

static void derive_of_a_handle(void **state)
{
	struct mbx *m, *derived = NULL;

	MOCK({ STEP_OPEN, .id = 7, .flags = 7 },
	     { STEP_DERIVE, .rights = MBX_OPEN_SEND, .badge = 1ULL << 40,
	       .flags = MBX_DERIVE_ONESHOT });
	assert_int_equal(mbx_open_id(&m, 7, 7), 0);
	assert_int_equal(mbx_derive(&derived, m, MBX_OPEN_SEND,
				    MBX_DERIVE_ONESHOT, 1ULL << 40),
			 0);
	assert_int_equal(fcntl(mbx_fd(derived), F_GETFD), FD_CLOEXEC);
	assert_int_not_equal(mbx_fd(derived), mbx_fd(m));
	mbx_close(m);
	mbx_close(derived);
}

static void derive_fails(void **state)
{
	struct mbx *m, *derived = (void *)1;

	MOCK({ STEP_OPEN, .id = 7 }, { STEP_DERIVE, -EACCES, .rights = 2 },
	     { STEP_DERIVE, -EKEYREVOKED });
	assert_int_equal(mbx_open_id(&m, 7, 0), 0);
	assert_int_equal(mbx_derive(&derived, m, MBX_OPEN_RECEIVE, 0, 0),
			 -EACCES);
	assert_int_equal(mbx_derive(&derived, m, 0, 0, 0), -EKEYREVOKED);
	assert_ptr_equal(derived, (void *)1);
	mbx_close(m);
}

static void revoke_what_was_derived(void **state)
{
	struct mbx *m;

	MOCK({ STEP_OPEN, .id = 7 }, { STEP_REVOKE, .handles = 3 },
	     { STEP_REVOKE, .handles = 1ULL << 40 }, { STEP_REVOKE, -EIDRM });
	assert_int_equal(mbx_open_id(&m, 7, 0), 0);
	assert_int_equal(mbx_revoke(m), 3);
	assert_int_equal(mbx_revoke(m), INT_MAX);
	assert_int_equal(mbx_revoke(m), -EIDRM);
	mbx_close(m);
}

static void close_nothing(void **state)
{
	mbx_close(NULL);
}

static void delete (void **state)
{
	MOCK({ STEP_DELETE, .name = "box" }, { STEP_DELETE, .id = 5 },
	     { STEP_DELETE, -EPERM, .name = "box" },
	     { STEP_DELETE, -ENOENT, .id = 6 });
	assert_int_equal(mbx_delete("box"), 0);
	assert_int_equal(mbx_delete_id(5), 0);
	assert_int_equal(mbx_delete("box"), -EPERM);
	assert_int_equal(mbx_delete_id(6), -ENOENT);
}

static void delete_nothing(void **state)
{
	assert_int_equal(mbx_delete(NULL), -EINVAL);
	assert_int_equal(mbx_delete(""), -EINVAL);
	assert_int_equal(mbx_delete_id(0), -EINVAL);
}

static void delete_handle(void **state)
{
	struct mbx *m;

	MOCK({ STEP_OPEN, .id = 7 }, { STEP_DELETE }, { STEP_DELETE, -EIDRM });
	assert_int_equal(mbx_open_id(&m, 7, 0), 0);
	assert_int_equal(mbx_delete_handle(m), 0);
	assert_int_equal(mbx_delete_handle(m), -EIDRM);
	mbx_close(m);
}

static void stat_sizes(void **state)
{
	struct mbx_stat st;
	struct mbx *m;

	MOCK({ STEP_OPEN, .id = 7 }, { STEP_STAT, .depth = 3 });
	assert_int_equal(mbx_open_id(&m, 7, 0), 0);
	assert_int_equal(mbx_stat(m, &st, 0), -EINVAL);
	assert_int_equal(mbx_stat(m, &st, 7), -EINVAL);
	assert_int_equal(mbx_stat(m, &st, 1ULL << 32), -EINVAL);
	assert_int_equal(mbx_stat(m, &st, sizeof(st)), 0);
	assert_int_equal(st.out_depth, 3);
	mbx_close(m);
}

static void version(void **state)
{
	struct mbx_version v;

	MOCK({ STEP_VERSION }, { STEP_VERSION, -ENOTTY });
	assert_int_equal(mbx_version(&v, 0), -EINVAL);
	assert_int_equal(mbx_version(&v, sizeof(v)), 0);
	assert_int_equal(v.out_abi, MBX_ABI);
	assert_int_equal(mbx_version(&v, sizeof(v)), -ENOTTY);
	assert_string_equal(mbx_library_version(), MBX_VERSION);
}

static void admin(void **state)
{
	uint64_t count = 1;
	struct mbx *m;

	MOCK({ STEP_OPEN, .name = "b", .flags = MBX_OPEN_MANAGE },
	     { STEP_CONTROL, .op = MBX_CONTROL_FREEZE },
	     { STEP_CONTROL, .op = MBX_CONTROL_PURGE, .depth = 7 },
	     { STEP_CONTROL, -ETIMEDOUT, .op = MBX_CONTROL_DRAIN,
	       .deadline = 99, .depth = 2 },
	     { STEP_CONTROL, -EPERM, .op = MBX_CONTROL_SEAL });
	assert_int_equal(mbx_open(&m, "b", MBX_OPEN_MANAGE), 0);
	assert_int_equal(mbx_admin(m, MBX_CONTROL_FREEZE, 0, NULL), 0);
	assert_int_equal(mbx_admin(m, MBX_CONTROL_PURGE, 0, &count), 0);
	assert_int_equal(count, 7);
	assert_int_equal(mbx_admin(m, MBX_CONTROL_DRAIN, 99, &count),
			 -ETIMEDOUT);
	assert_int_equal(count, 2);
	assert_int_equal(mbx_admin(m, MBX_CONTROL_SEAL, 0, &count), -EPERM);
	assert_int_equal(count, 0);
	mbx_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(create_plain),
		TEST(create_unnamed),
		TEST(create_empty_name),
		TEST(create_attr),
		TEST(attr_of_an_older_caller),
		TEST(attr_of_a_newer_caller),
		TEST(create_fails),
		TEST(no_device),
		TEST(open_by_name),
		TEST(open_by_id),
		TEST(by_pid),
		TEST(of_oneself),
		TEST(to_others),
		TEST(open_nothing),
		TEST(open_refused),
		TEST(from_fd),
		TEST(from_fd_of_a_dead_mailbox),
		TEST(from_fd_of_something_else),
		TEST(derive_of_a_handle),
		TEST(derive_fails),
		TEST(revoke_what_was_derived),
		TEST(close_nothing),
		TEST(delete),
		TEST(delete_nothing),
		TEST(delete_handle),
		TEST(stat_sizes),
		TEST(admin),
		TEST(version),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("box", tests, NULL, NULL);
}
