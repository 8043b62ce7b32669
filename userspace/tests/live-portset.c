// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Port sets against the module: turns, ends, threads.  Exit status 0, or a line
 * that says what went wrong.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libmbx.h>

#define BOXES 20
#define THREADS 4
#define EACH 3000

/* Its value. */
#define MUST(expected, call)                                                  \
	({                                                                    \
		const long long is_ = (call), should_ = (expected);           \
		if (is_ != should_) {                                         \
			printf("%d: %s is %lld, not %lld\n", __LINE__, #call, \
			       is_, should_);                                 \
			exit(1);                                              \
		}                                                             \
		is_;                                                          \
	})

static struct mbx_portset *set;
static struct mbx *boxes[BOXES];

static void start(int nr, uint32_t capacity)
{
	MUST(0, mbx_portset_create(&set));
	for (int i = 0; i < nr; i++) {
		MUST(0, mbx_create(&boxes[i], NULL, capacity));
		MUST(0, mbx_portset_add(set, boxes[i], boxes + i));
	}
}

static void end(int nr)
{
	mbx_portset_close(set);
	while (nr--) {
		mbx_delete_handle(boxes[nr]);
		mbx_close(boxes[nr]);
	}
}

/* Which of the boxes a message came from, the result being @expected. */
static int receive(long expected, uint64_t deadline)
{
	struct mbx_source from;
	char buf[8];

	MUST(expected,
	     mbx_portset_receive(set, &from, buf, sizeof(buf), deadline));
	if (!from.m)
		return -1;
	MUST(1, from.m == *(struct mbx **)from.data);
	return (struct mbx **)from.data - boxes;
}

/* More members than are looked at together, and one that has more than others. */
static void fair(void)
{
	int got[BOXES] = { 0 };

	start(BOXES, MBX_UNBOUNDED);
	for (int i = 0; i < BOXES * 50; i++)
		MUST(0, mbx_send(boxes[i % BOXES], "x", 1));
	for (int i = 0; i < 1000; i++)
		MUST(0, mbx_send(boxes[7], "x", 1));
	for (int i = 1; i <= BOXES * 50; i++) {
		got[receive(1, 0)]++;
		if (i % BOXES == 0)
			for (int j = 0; j < BOXES; j++)
				MUST(i / BOXES, got[j]);
	}
	for (int i = 0; i < 1000; i++)
		MUST(7, receive(1, 0));
	MUST(-1, receive(-ETIMEDOUT, 1));
	end(BOXES);
}

static void waiting(void)
{
	uint64_t deadline;
	struct pollfd p;
	char buf[9];

	start(2, 10);
	p = (struct pollfd){ .fd = mbx_portset_fd(set), .events = POLLIN };
	deadline = mbx_deadline_ms(30);
	MUST(-1, receive(-ETIMEDOUT, deadline));
	MUST(1, mbx_deadline_ms(0) >= deadline);
	MUST(0, poll(&p, 1, 0));
	MUST(0, mbx_send(boxes[1], "123456789", 9));
	MUST(1, poll(&p, 1, -1));
	MUST(1, receive(-EMSGSIZE, 1));
	MUST(1, receive(-EMSGSIZE, 1));
	MUST(0, mbx_admin(boxes[1], MBX_CONTROL_FREEZE, 0, NULL));
	MUST(-1, receive(-ETIMEDOUT, 1));
	MUST(0, mbx_admin(boxes[1], MBX_CONTROL_THAW, 0, NULL));
	MUST(1, poll(&p, 1, 0));
	MUST(9, mbx_portset_receive(set, NULL, buf, sizeof(buf), 1));
	MUST(0, poll(&p, 1, 0));
	MUST(0, mbx_send(boxes[0], "", 0));
	MUST(0, receive(0, 0));
	end(2);
}

/* At capacity 0 a sender that waits is served. */
static void meeting(void)
{
	int status;
	pid_t pid;

	start(2, 0);
	pid = fork();
	if (!pid) {
		mbx_portset_close(set);
		_exit(mbx_send(boxes[1], "x", 1) ? 1 : 0);
	}
	MUST(1, receive(1, 0));
	MUST(pid, waitpid(pid, &status, 0));
	MUST(0, status);
	end(2);
}

/* Each end is told once; what lives goes on. */
static void ends(void)
{
	struct mbx_source from;
	struct mbx *derived;
	char buf[8];

	start(3, 10);
	MUST(0, mbx_derive(&derived, boxes[1], MBX_OPEN_RECEIVE, 0, 0));
	MUST(0, mbx_portset_add(set, derived, NULL));
	MUST(-EEXIST, mbx_portset_add(set, derived, NULL));
	MUST(4, mbx_portset_count(set));

	MUST(1, mbx_revoke(boxes[1]));
	MUST(-EKEYREVOKED, mbx_portset_receive(set, &from, buf, 8, 0));
	MUST(1, from.m == derived && !from.data);
	MUST(-ENOENT, mbx_portset_remove(set, derived));
	mbx_close(derived);
	MUST(0, mbx_send(boxes[0], "x", 1));
	MUST(0, mbx_admin(boxes[0], MBX_CONTROL_SEAL, 0, NULL));
	MUST(0, receive(1, 0));
	MUST(0, receive(-ESHUTDOWN, 0));
	MUST(0, mbx_delete_handle(boxes[1]));
	MUST(1, receive(-EIDRM, 0));
	MUST(1, mbx_portset_count(set));
	MUST(0, mbx_send(boxes[2], "x", 1));
	MUST(2, receive(1, 0));
	MUST(-1, receive(-ETIMEDOUT, 1));
	end(3);
}

static void wait_for_owner(int ready, int told)
{
	MUST(0, mbx_portset_create(&set));
	MUST(0, mbx_portset_add(set, boxes[0], boxes));
	MUST(1, write(ready, "", 1));
	MUST(0, receive(-EOWNERDEAD, 0));
	MUST(0, mbx_portset_count(set));
	MUST(1, write(told, "", 1));
}

static void own(int told)
{
	struct mbx_create attr;
	int ready[2];
	char c;

	mbx_attr_init(&attr, sizeof(attr));
	attr.flags = MBX_CREATE_OWNED;
	MUST(0, mbx_create_attr(&boxes[0], NULL, &attr));
	MUST(0, pipe(ready));
	if (fork())
		MUST(1, read(ready[0], &c, 1));
	else
		wait_for_owner(ready[1], told);
}

/* Who has another's mailbox in a set is told of its end. */
static void owner_dies(void)
{
	int told[2];
	pid_t pid;
	char c;

	MUST(0, pipe(told));
	pid = fork();
	if (!pid) {
		own(told[1]);
		_exit(0);
	}
	close(told[1]);
	MUST(pid, waitpid(pid, NULL, 0));
	MUST(1, read(told[0], &c, 1));
	close(told[0]);
}

/* A call that came through a set is answered on the handle that it came by. */
static void calls(void)
{
	struct mbx_source from;
	char buf[8];
	struct mbx_receive request = {
		.size = sizeof(request),
		.data_ptr = (uintptr_t)buf,
		.data_len = sizeof(buf),
	};
	int status;
	pid_t pid;

	start(3, 10);
	pid = fork();
	if (!pid) {
		mbx_portset_close(set);
		for (int i = 0; i < 30; i++) {
			MUST(2, mbx_call(boxes[i % 3], "x", 1, buf, 8, 0));
			MUST('a' + i, buf[0]);
		}
		_exit(0);
	}
	for (int i = 0; i < 30; i++) {
		char reply[2] = { 'a' + i };

		MUST(1, mbx_portset_receive_ext(set, &from, &request));
		MUST(MBX_MESSAGE_CALL, request.out_flags);
		MUST(1, from.m == boxes[i % 3]);
		MUST(0, mbx_reply(from.m, request.out_seq, reply, 2));
	}
	MUST(pid, waitpid(pid, &status, 0));
	MUST(0, status);
	end(3);
}

/* ---- Threads ---------------------------------------------------------- */

static atomic_int got[BOXES][EACH], total, told;

static void *sender(void *arg)
{
	struct mbx **box = arg;

	for (int i = 0; i < EACH; i++)
		MUST(0, mbx_send(*box, &i, sizeof(i)));
	MUST(0, mbx_admin(*box, MBX_CONTROL_SEAL, 0, NULL));
	return NULL;
}

static void *receiver(void *unused)
{
	struct mbx_source from;
	ssize_t len;
	int nr;

	while (mbx_portset_count(set)) {
		len = mbx_portset_receive(set, &from, &nr, sizeof(nr),
					  mbx_deadline_ms(5));
		if (len == sizeof(nr)) {
			got[(struct mbx **)from.data - boxes][nr]++;
			total++;
		} else if (len == -ESHUTDOWN) {
			told++;
		} else {
			MUST(-ETIMEDOUT, len);
		}
	}
	return unused;
}

/* Several threads share a set: each message is one's, and each end. */
static void threads(void)
{
	pthread_t senders[3], receivers[THREADS];

	start(3, 10);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&receivers[i], NULL, receiver, NULL);
	for (int i = 0; i < 3; i++)
		pthread_create(&senders[i], NULL, sender, boxes + i);
	for (int i = 0; i < 3; i++)
		pthread_join(senders[i], NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(receivers[i], NULL);
	MUST(3 * EACH, total);
	MUST(3, told);
	for (int i = 0; i < 3 * EACH; i++)
		MUST(1, got[i % 3][i / 3]);
	end(3);
}

static atomic_int done;

static void *any_receiver(void *unused)
{
	struct mbx_source from;
	char buf[8];
	ssize_t len;

	while (!done) {
		len = mbx_portset_receive(set, &from, buf, sizeof(buf),
					  mbx_deadline_ms(5));
		if (len != 1 && len != -EIDRM)
			MUST(-ETIMEDOUT, len);
		if (len == -EIDRM)
			mbx_close(from.m);
		told += len == -EIDRM;
	}
	return unused;
}

/* Members come and go under those who receive. */
static void changes(void)
{
	pthread_t receivers[THREADS];
	int deleted = 0;

	told = 0;
	MUST(0, mbx_portset_create(&set));
	for (int i = 0; i < THREADS; i++)
		pthread_create(&receivers[i], NULL, any_receiver, NULL);
	for (int i = 0; i < EACH; i++) {
		struct mbx *m, *other;

		MUST(0, mbx_create(&m, NULL, 10));
		MUST(0, mbx_derive(&other, m, 7, 0, 0));
		MUST(0, mbx_portset_add(set, m, NULL));
		MUST(0, mbx_send(other, "x", 1));
		if (i % 2) {
			/* Whoever is told closes it. */
			MUST(0, mbx_delete_handle(other));
			deleted++;
		} else {
			MUST(0, mbx_portset_remove(set, m));
			MUST(0, mbx_delete_handle(m));
			mbx_close(m);
		}
		mbx_close(other);
	}
	while (mbx_portset_count(set))
		sched_yield();
	done = 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(receivers[i], NULL);
	MUST(deleted, told);
	mbx_portset_close(set);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	fair();
	waiting();
	meeting();
	ends();
	owner_dies();
	calls();
	threads();
	changes();
	return 0;
}
