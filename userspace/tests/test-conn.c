// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Library: connections, and each step of making one that may fail.
 */
#include <poll.h>

#include "lib.h"

/* clang-format off */
#define CLIENT	41
#define PRIVATE	{ STEP_CREATE, .flags = MBX_CREATE_OWNED, .mode = NO_MODE, \
		  .capacity = MBX_CONNECTION_CAPACITY }, \
		{ STEP_DERIVE, .rights = MBX_OPEN_RECEIVE | MBX_OPEN_MANAGE }, \
		{ STEP_DERIVE, .rights = MBX_OPEN_SEND }
#define OPEN	{ STEP_OPEN, .name = "server", .flags = MBX_OPEN_SEND }
#define CALLS	STEP_CALL, .data = "hello", .type = MBX_TYPE_CONNECT, \
		.deadline = 77, .fds = 1, .fds_room = 1
#define ACCEPTED { CALLS, .reply = "welcome", .reply_fds = 1 }
#define CHECKS	{ STEP_STAT }
#define ENDS	{ STEP_DELETE }
#define LISTENS	{ STEP_OPEN, .id = 7, .flags = MBX_OPEN_RECEIVE }
#define OFFERS	STEP_RECEIVE, .data = "hello", .seq = 9, .pid = CLIENT, \
		.uid = 1000, .gid = 100, .fds_room = 1, .deadline = 77
#define OFFER	{ OFFERS, .fds = 1, .type = MBX_TYPE_CONNECT, \
		  .message = MBX_MESSAGE_CALL }
#define REFUSES	{ STEP_REPLY, .call = 9 }
/* clang-format on */

#define CONNECT_STEPS 6
#define ACCEPT_STEPS 5

/* ---- Connecting --------------------------------------------------------- */

static int connect_to(struct mbx_connection *c, char *reply, size_t *len)
{
	return mbx_connect(c, "server", "hello", 5, reply, len, 77);
}

static void connects(void **state)
{
	struct mbx_connection c;
	char reply[16];
	size_t len = sizeof(reply);

	MOCK(PRIVATE, OPEN, ACCEPTED, CHECKS, ENDS);
	assert_int_equal(connect_to(&c, reply, &len), 0);
	assert_int_equal(len, 7);
	assert_memory_equal(reply, "welcome", 7);
	assert_int_not_equal(mbx_fd(c.in), mbx_fd(c.out));
	mbx_disconnect(&c);
	assert_null(c.in);
	assert_null(c.out);
	mbx_disconnect(&c);
}

static void wants_no_answer(void **state)
{
	struct mbx_connection c;

	MOCK(PRIVATE, OPEN, { CALLS, .reply_fds = 1 }, CHECKS, ENDS);
	assert_int_equal(connect_to(&c, NULL, NULL), 0);
	mbx_disconnect(&c);
}

/* Nothing of it is left, and a server that has accepted finds its end. */
static void connect_fails(void **state)
{
	static const struct step all[] = { PRIVATE, OPEN, ACCEPTED, CHECKS };
	static const int errors[CONNECT_STEPS] = {
		-EDQUOT, -EMFILE, -ENOMEM, -ENOENT, -EPIPE, -ENOTTY,
	};
	struct step steps[CONNECT_STEPS + 2];
	struct mbx_connection c;
	char reply[16];
	size_t len;
	int i, end;

	for (i = 0; i < CONNECT_STEPS; i++) {
		memcpy(steps, all, sizeof(all));
		steps[i].ret = errors[i];
		end = i + 1;
		/* Once there is a mailbox of one's own. */
		if (i >= 3)
			steps[end++] = (struct step)ENDS;
		steps[end] = (struct step){ STEP_END };
		mock_start(steps);
		c = (struct mbx_connection){ (void *)1, (void *)2 };
		len = sizeof(reply);
		assert_int_equal(connect_to(&c, reply, &len), errors[i]);
		assert_ptr_equal(c.in, (void *)1);
		assert_ptr_equal(c.out, (void *)2);
		assert_int_equal(len, i < 3 ? sizeof(reply) : 0);
		mock_end();
	}
}

static void refused(void **state)
{
	struct mbx_connection c = { 0 };
	char reply[16];
	size_t len = sizeof(reply);

	MOCK(PRIVATE, OPEN, { CALLS, .reply = "no" }, ENDS, PRIVATE, OPEN,
	     { CALLS, .reply = "lost", .reply_fds = 1, .fds_lost = 1 }, ENDS);
	assert_int_equal(connect_to(&c, reply, &len), -ECONNREFUSED);
	assert_int_equal(len, 2);
	assert_memory_equal(reply, "no", 2);
	len = sizeof(reply);
	assert_int_equal(connect_to(&c, reply, &len), -ECONNREFUSED);
	assert_null(c.in);
}

static void beyond_32_bits(void **state)
{
	size_t len = 1ULL << 32;
	struct mbx_connection c;
	struct mbx_offer offer = { .call = 9, .fd = -1 };
	struct mbx *m;

	MOCK(LISTENS);
	assert_int_equal(mbx_connect(&c, "server", "x", len, NULL, NULL, 0),
			 -EMSGSIZE);
	assert_int_equal(mbx_connect(&c, "server", "x", 1, NULL, &len, 0),
			 -EMSGSIZE);
	assert_int_equal(mbx_open_id(&m, 7, MBX_OPEN_RECEIVE), 0);
	assert_int_equal(mbx_refuse(m, &offer, "x", len), -EMSGSIZE);
	assert_int_equal(offer.call, 0);
	mbx_close(m);
}

/* ---- Accepting ---------------------------------------------------------- */

static struct mbx *listener(void)
{
	struct mbx *m;

	assert_int_equal(mbx_open_id(&m, 7, MBX_OPEN_RECEIVE), 0);
	return m;
}

static void listens(void **state)
{
	struct mbx *m = NULL;

	MOCK({ STEP_CREATE, .name = "server", .flags = MBX_CREATE_OWNED,
	       .mode = 0622, .capacity = 5 },
	     { STEP_CREATE, -EEXIST, .name = "server",
	       .flags = MBX_CREATE_OWNED });
	assert_int_equal(mbx_listen(&m, "server", 5, 0622), 0);
	mbx_close(m);
	m = NULL;
	assert_int_equal(mbx_listen(&m, "server", 0, 0600), -EEXIST);
	assert_null(m);
}

static void next(struct mbx *m, struct mbx_offer *offer)
{
	char buf[8];

	assert_int_equal(mbx_listen_next(m, offer, buf, sizeof(buf), 77), 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(offer->call, 9);
	assert_int_equal(offer->pid, CLIENT);
	assert_int_equal(offer->uid, 1000);
	assert_int_equal(offer->gid, 100);
	assert_int_equal(fcntl(offer->fd, F_GETFD), FD_CLOEXEC);
}

static void accepts(void **state)
{
	struct mbx_connection c;
	struct mbx_offer offer;
	struct mbx *m;

	MOCK(LISTENS, OFFER, CHECKS, PRIVATE,
	     { STEP_REPLY, .call = 9, .reply = "welcome", .fds = 1 }, ENDS);
	m = listener();
	next(m, &offer);
	assert_int_equal(mbx_accept(m, &offer, &c, "welcome", 7), 0);
	assert_int_equal(offer.call, 0);
	assert_int_equal(offer.fd, -1);
	mbx_disconnect(&c);
	mbx_close(m);
}

/* The offer stands. */
static void accept_fails(void **state)
{
	static const struct step all[] = {
		LISTENS,
		OFFER,
		CHECKS,
		PRIVATE,
		{ STEP_REPLY, .call = 9, .reply = "welcome", .fds = 1 },
	};
	static const int errors[ACCEPT_STEPS] = {
		-ENOTTY, -EDQUOT, -EMFILE, -ENOMEM, -ENOENT,
	};
	struct step steps[ACCEPT_STEPS + 4];
	struct mbx_connection c = { 0 };
	struct mbx_offer offer;
	struct mbx *m;
	int i;

	for (i = 0; i < ACCEPT_STEPS; i++) {
		memcpy(steps, all, sizeof(all));
		steps[2 + i].ret = errors[i];
		steps[3 + i] = (struct step)REFUSES;
		steps[4 + i] = (struct step){ STEP_END };
		mock_start(steps);
		m = listener();
		next(m, &offer);
		assert_int_equal(mbx_accept(m, &offer, &c, "welcome", 7),
				 errors[i]);
		assert_null(c.in);
		assert_int_equal(offer.call, 9);
		assert_true(fcntl(offer.fd, F_GETFD) >= 0);
		assert_int_equal(mbx_refuse(m, &offer, NULL, 0), 0);
		mbx_close(m);
		mock_end();
	}
}

static void accepts_too_long(void **state)
{
	struct mbx_connection c = { 0 };
	struct mbx_offer offer;
	struct mbx *m;

	MOCK(LISTENS, OFFER, CHECKS, PRIVATE, REFUSES);
	m = listener();
	next(m, &offer);
	assert_int_equal(mbx_accept(m, &offer, &c, "x", 1ULL << 32), -EMSGSIZE);
	assert_int_equal(mbx_refuse(m, &offer, NULL, 0), 0);
	mbx_close(m);
}

static void refuses(void **state)
{
	struct mbx_offer offer;
	struct mbx *m;

	MOCK(LISTENS, OFFER, { STEP_REPLY, .call = 9, .reply = "no" }, OFFER,
	     { STEP_REPLY, -ECANCELED, .call = 9 });
	m = listener();
	next(m, &offer);
	assert_int_equal(mbx_refuse(m, &offer, "no", 2), 0);
	assert_int_equal(offer.call, 0);
	assert_int_equal(offer.fd, -1);
	assert_int_equal(mbx_refuse(m, &offer, "no", 2), 0);
	/* It has gone; there is nothing left to do about it. */
	next(m, &offer);
	assert_int_equal(mbx_refuse(m, &offer, NULL, 0), -ECANCELED);
	assert_int_equal(offer.fd, -1);
	mbx_close(m);
}

/* Whoever sends anything else is not left waiting. */
static void no_offers(void **state)
{
	struct mbx_offer offer;
	struct mbx *m;
	char buf[8];
	int i;

	MOCK(LISTENS,
	     /* No call. */
	     { OFFERS, .fds = 1, .type = MBX_TYPE_CONNECT }, { OFFERS },
	     /* Of another type, with a descriptor and without. */
	     { OFFERS, .fds = 1, .message = MBX_MESSAGE_CALL }, REFUSES,
	     { OFFERS, .message = MBX_MESSAGE_CALL }, REFUSES,
	     /* No handle, or one that was lost. */
	     { OFFERS, .type = MBX_TYPE_CONNECT, .message = MBX_MESSAGE_CALL },
	     REFUSES,
	     { OFFERS, .fds = 1, .fds_lost = 1, .type = MBX_TYPE_CONNECT,
	       .message = MBX_MESSAGE_CALL },
	     REFUSES);
	m = listener();
	for (i = 0; i < 6; i++) {
		assert_int_equal(mbx_listen_next(m, &offer, buf, sizeof(buf),
						 77),
				 -EPROTO);
		assert_int_equal(offer.call, 0);
		assert_int_equal(offer.fd, -1);
	}
	mbx_close(m);
}

static void next_fails(void **state)
{
	static const int errors[] = { -ETIMEDOUT, -EINTR,    -EIDRM,
				      -EMFILE,	  -EMSGSIZE, -ESHUTDOWN };
	struct step steps[3] = { LISTENS, { OFFERS } };
	struct mbx_offer offer = { .call = 4, .fd = 5 };
	struct mbx *m;
	char buf[8];
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		steps[1].ret = errors[i];
		mock_start(steps);
		m = listener();
		assert_int_equal(mbx_listen_next(m, &offer, buf, sizeof(buf),
						 77),
				 errors[i]);
		assert_int_equal(offer.call, 4);
		assert_int_equal(offer.fd, 5);
		mbx_close(m);
		mock_end();
	}
}

/* ---- Talking ------------------------------------------------------------ */

/* clang-format off */
#define ALIVE	{ STEP_STAT }
#define GONE(err) { STEP_STAT, err }
#define MESSAGE	{ STEP_RECEIVE, .flags = MBX_RECEIVE_NONBLOCK, .data = "x" }
#define FAILS(err) { STEP_RECEIVE, err, .flags = MBX_RECEIVE_NONBLOCK }
#define NOTHING	FAILS(-EAGAIN)
#define WAITS	STEP_POLL, .events = POLLIN
#define PAIR	{ STEP_OPEN, .id = 7, .flags = MBX_OPEN_RECEIVE }, \
		{ STEP_OPEN, .id = 8, .flags = MBX_OPEN_SEND }
/* clang-format on */

static struct mbx_connection pair(void)
{
	struct mbx_connection c;

	assert_int_equal(mbx_open_id(&c.in, 7, MBX_OPEN_RECEIVE), 0);
	assert_int_equal(mbx_open_id(&c.out, 8, MBX_OPEN_SEND), 0);
	return c;
}

static void must_receive(struct mbx_connection *c, uint64_t deadline,
			 ssize_t expected)
{
	char buf[8];

	assert_int_equal(mbx_connection_receive(c, buf, sizeof(buf), deadline),
			 expected);
}

static void talks(void **state)
{
	struct mbx_connection c;

	MOCK(PAIR, ALIVE, MESSAGE,
	     /* It comes meanwhile, or the end does and what was before it. */
	     ALIVE, NOTHING, { WAITS, .revents = POLLIN, .ends = -1 }, ALIVE,
	     MESSAGE, ALIVE, NOTHING, { WAITS, .ends = POLLHUP },
	     GONE(-EOWNERDEAD), MESSAGE, GONE(-EOWNERDEAD), NOTHING,
	     GONE(-EIDRM), NOTHING,
	     /* Whatever else is wrong. */
	     ALIVE, FAILS(-EMSGSIZE), GONE(-EIDRM), FAILS(-EKEYREVOKED), ENDS);
	c = pair();
	must_receive(&c, 0, 1);
	must_receive(&c, 0, 1);
	must_receive(&c, 0, 1);
	must_receive(&c, 0, -EOWNERDEAD);
	must_receive(&c, 0, -EIDRM);
	must_receive(&c, 0, -EMSGSIZE);
	must_receive(&c, 0, -EKEYREVOKED);
	mbx_disconnect(&c);
}

/* Looked at once more: what has come since is not left for the next time. */
static void waits_in_vain(void **state)
{
	struct mbx_connection c;

	MOCK(PAIR, ALIVE, NOTHING, { WAITS, .ends = -1 }, ALIVE, NOTHING, ALIVE,
	     NOTHING, { WAITS, .ends = -1 }, ALIVE, MESSAGE, ALIVE, NOTHING,
	     { WAITS, .ret = -EINTR, .ends = -1 }, ALIVE, NOTHING, ALIVE,
	     NOTHING, { WAITS, .ret = -EINTR, .ends = -1 }, GONE(-EOWNERDEAD),
	     NOTHING, ENDS);
	c = pair();
	must_receive(&c, 1, -ETIMEDOUT);
	must_receive(&c, 1, 1);
	must_receive(&c, 0, -EINTR);
	must_receive(&c, 0, -EOWNERDEAD);
	mbx_disconnect(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(connects), TEST(wants_no_answer), TEST(connect_fails),
		TEST(refused),	TEST(beyond_32_bits),  TEST(listens),
		TEST(accepts),	TEST(accept_fails),    TEST(accepts_too_long),
		TEST(refuses),	TEST(no_offers),       TEST(next_fails),
		TEST(talks),	TEST(waits_in_vain),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}
