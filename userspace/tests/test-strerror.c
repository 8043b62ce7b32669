// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Library: sentences for errors, and the limits in them.
 */
#include <stdio.h>

#include "lib.h"

static char root[1024];

static void use_fixture(const char *name)
{
	snprintf(root, sizeof(root), "%s/%s", getenv("MBX_TESTS") ?: "tests",
		 name);
	mock.root = root;
}

static void expect(int cmd, int err, const char *text)
{
	char buf[512];

	assert_ptr_equal(mbx_strerror(cmd, err, buf, sizeof(buf)), buf);
	assert_string_equal(buf, text);
}

#define RAISE(limit) \
	", or ask the administrator to raise /sys/module/ipc_mailbox/parameters/" limit

static void limits_are_named(void **state)
{
	use_fixture("fixtures/good");
	expect(MBX_CMD_SEND, -EDQUOT,
	       "your queued messages would exceed max_user_bytes (67108864): receive some" RAISE(
		       "max_user_bytes"));
	expect(MBX_CMD_SEND, -ENOSPC,
	       "all queued messages together would exceed max_bytes (268435456): receive some" RAISE(
		       "max_bytes"));
	expect(MBX_CMD_CREATE, -EDQUOT,
	       "you have as many mailboxes as max_user_mailboxes (1024) allows: delete some" RAISE(
		       "max_user_mailboxes"));
	expect(MBX_CMD_CREATE, -ENOSPC,
	       "the system has as many mailboxes as max_mailboxes (32768) allows: delete some" RAISE(
		       "max_mailboxes"));
}

static void limits_without_value(void **state)
{
	use_fixture("fixtures/empty");
	expect(MBX_CMD_SEND, -EDQUOT,
	       "your queued messages would exceed max_user_bytes: receive some" RAISE(
		       "max_user_bytes"));
}

static void same_errno_means_different_things(void **state)
{
	expect(MBX_CMD_SEND, EAGAIN,
	       "the mailbox is full, or of capacity 0 and no receiver waits: receive something, or wait");
	expect(MBX_CMD_RECEIVE, EAGAIN,
	       "the mailbox is empty or frozen, or has no message like the one asked for: send something, or wait");
	expect(MBX_CMD_SEND, EMSGSIZE,
	       "the message is longer than the mailbox's msg_max: split it, or create the mailbox with a larger one");
	expect(MBX_CMD_SEND, EINVAL,
	       "the priority is above 31, options exclude each other, or there is an id and the mailbox remembers none: see MBX_IOC_SEND in mailbox(4)");
	expect(MBX_CMD_RECEIVE, EINVAL,
	       "conditions or options that exclude each other: see MBX_IOC_RECEIVE in mailbox(4)");
	expect(MBX_CMD_SEND, EBUSY,
	       "a message that this handle deferred, or one with this id, still waits: wait for MBX_EVENT_DEFERRED, or send it again later");
	expect(MBX_CMD_SEND, EALREADY,
	       "a message with this id has been sent already, and this one has not: choose another id for another message");
	expect(MBX_CMD_SETTLE, ENOENT,
	       "this process does not have the message leased, or not any more: expect that others receive it, and use a longer lease");
	expect(MBX_CMD_CREATE, EBADF,
	       "the dead-letter mailbox is none, or its handle has no right to send: open it with MBX_OPEN_SEND and MBX_OPEN_MANAGE");
	expect(MBX_CMD_SEND, ENOBUFS,
	       "another message took the place of this one before a receiver had it: send it again");
	expect(MBX_CMD_SEND, EUSERS,
	       "two other processes use this mailbox, and its policy is 'pair': wait until one of them exits, or create one of another policy");
	expect(MBX_CMD_RECEIVE, EUSERS,
	       "two other processes use this mailbox, and its policy is 'pair': wait until one of them exits, or create one of another policy");
	expect(MBX_CMD_RECEIVE, EBUSY,
	       "another process receives, and the mailbox's policy is 'exclusive': try again later, or create one of another policy");
	expect(MBX_CMD_RECEIVE, EMSGSIZE,
	       "the buffer is smaller than the message, which stays in its place: offer as much room as the mailbox's msg_max");
	expect(MBX_CMD_OPEN, EACCES,
	       "the mailbox's mode or owner does not let you: see 'mbx stat' and ask who created it");
	expect(MBX_CMD_TRANSFER, EACCES,
	       "it can only be given to a process that you may send a signal: see kill(2)");
	expect(MBX_CMD_STAT, EACCES, "Permission denied");
	expect(MBX_CMD_DERIVE, EACCES,
	       "a handle can have no rights but those of the handle it is made of: ask for fewer, or open the mailbox with more");
	expect(MBX_CMD_DERIVE, EPERM,
	       "the handle has another badge, or is good for one message itself: make it of the handle that this one was made of");
	expect(MBX_CMD_SEND, EKEYEXPIRED,
	       "the handle was good for one message, which has been sent: ask whom you have it from for another");
	expect(MBX_CMD_RECEIVE, EKEYREVOKED,
	       "the handle has been revoked by a holder of the one it was made of: ask whom you have it from for another");
	expect(MBX_CMD_NOTIFY, EBADF,
	       "the eventfd is not open, or the handle has no right to send: make one with eventfd(2), or open the mailbox with MBX_OPEN_SEND");
	expect(MBX_CMD_NOTIFY, EINVAL,
	       "no eventfd or mailbox, no such event, or a low watermark not below the high one: make the descriptor with eventfd(2) or open a mailbox, and give the watermarks with MBX_EVENT_HIGH and MBX_EVENT_LOW only");
	expect(MBX_CMD_NOTIFY, EMSGSIZE,
	       "the mailbox to be told takes no messages as long as a struct mbx_event: create one with a higher msg_max");
	expect(MBX_CMD_NOTIFY, EKEYEXPIRED,
	       "the handle of the mailbox to be told was good for one message, which has been sent: ask whom you have it from for another");
	expect(MBX_CMD_NOTIFY, ESHUTDOWN,
	       "the mailbox to be told is sealed: it takes no more messages: create another");
	expect(MBX_CMD_NOTIFY, ENOSPC,
	       "too many handles of this mailbox are registered for events: close some, or register one for several events");
	expect(MBX_CMD_SEND, ESHUTDOWN,
	       "the mailbox is sealed: it takes no more messages: create another");
	expect(MBX_CMD_RECEIVE, ESHUTDOWN,
	       "the mailbox is sealed, and nothing is left of what is asked for: create another");
	expect(MBX_CMD_SEND, ECANCELED,
	       "the message was purged before a receiver had it: send it again");
	expect(MBX_CMD_CONTROL, EAGAIN,
	       "the mailbox is sealed, and messages are left in it: receive or purge them, or wait");
}

static void no_right_on_the_device(void **state)
{
	mock.device_err = EACCES;
	expect(MBX_CMD_OPEN, EACCES,
	       "no read and write permission on /dev/mailbox: ask the administrator for it");
	expect(MBX_CMD_VERSION, EPERM,
	       "no read and write permission on /dev/mailbox: ask the administrator for it");
	expect(MBX_CMD_OPEN, ENOENT,
	       "no such mailbox in this network namespace: see 'mbx ls'");
}

static void either_sign(void **state)
{
	char a[256], b[256];

	mbx_strerror(MBX_CMD_SEND, EIDRM, a, sizeof(a));
	mbx_strerror(MBX_CMD_SEND, -EIDRM, b, sizeof(b));
	assert_string_equal(a, b);
}

static void errors_of_the_system(void **state)
{
	expect(MBX_CMD_SEND, EFAULT, "Bad address");
	expect(MBX_CMD_SEND, 0, "Success");
	expect(MBX_CMD_SEND, 9999, "unknown error 9999");
	expect(1234, EPIPE, "Broken pipe");
}

/* Each answer is one line, without a full stop, that fits into 256 bytes. */
static void every_sentence(void **state)
{
	char buf[4096];
	int cmd, err;

	for (cmd = MBX_CMD_VERSION; cmd <= MBX_CMD_REPLY; cmd++)
		for (err = 1; err < 134; err++) {
			mbx_strerror(cmd, err, buf, sizeof(buf));
			assert_in_range(strlen(buf), 1, 255);
			assert_null(strchr(buf, '\n'));
			assert_int_not_equal(buf[strlen(buf) - 1], '.');
		}
	errno = 4711;
}

static void small_buffer(void **state)
{
	char buf[8];

	memset(buf, 'x', sizeof(buf));
	mbx_strerror(MBX_CMD_SEND, EIDRM, buf, 5);
	assert_string_equal(buf, "the ");
	assert_int_equal(buf[5], 'x');
	mbx_strerror(MBX_CMD_SEND, EIDRM, buf, 1);
	assert_string_equal(buf, "");
}

static void limit(void **state)
{
	uint64_t value;

	use_fixture("fixtures/good");
	assert_int_equal(mbx_limit("max_user_bytes", &value), 0);
	assert_int_equal(value, 67108864);
	assert_int_equal(mbx_limit("nonsense", &value), -ENOENT);
	assert_int_equal(mbx_limit("../max_bytes", &value), -ENOENT);
	assert_int_equal(mbx_limit("", &value), -EINVAL);
	assert_int_equal(mbx_limit("not_a_number", &value), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(limits_are_named),
		TEST(limits_without_value),
		TEST(same_errno_means_different_things),
		TEST(no_right_on_the_device),
		TEST(either_sign),
		TEST(errors_of_the_system),
		TEST(every_sentence),
		TEST(small_buffer),
		TEST(limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("strerror", tests, NULL, NULL);
}
