// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections against the module: many at a time, refused ones, and sides that die
 * at any step.  Exit status 0, or a line that says what went wrong.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libmbx.h>

#define NAME "live-connect"
#define CLIENTS 6
#define EACH 16
#define MESSAGES 20

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

static struct mbx *m;
static struct mbx_offer offer;
static char buf[64];

/* True in the child, which ends with whoever started it. */
static int child(pid_t *pid)
{
	*pid = fork();
	if (*pid < 0)
		exit(1);
	if (!*pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return !*pid;
}

static int end_of(pid_t pid)
{
	int status;

	MUST(pid, waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void kill_it(pid_t pid)
{
	kill(pid, SIGKILL);
	MUST(-SIGKILL, end_of(pid));
}

static uint64_t id_of(struct mbx *box)
{
	struct mbx_stat st;

	MUST(0, mbx_stat(box, &st, sizeof(st)));
	return st.out_id;
}

static uint64_t soon(void)
{
	return mbx_deadline_ms(60000);
}

static int is_text(const char *text, size_t len)
{
	return len == strlen(text) && !memcmp(buf, text, len);
}

static int connect_saying(struct mbx_connection *c, const char *text)
{
	return mbx_connect(c, NAME, text, strlen(text), NULL, NULL, soon());
}

/* The next client, and what it says. */
static void next(const char *text)
{
	const size_t len = mbx_listen_next(m, &offer, buf, sizeof(buf), soon());

	MUST(1, is_text(text, len));
}

static void listen_here(uint32_t backlog)
{
	MUST(0, mbx_listen(&m, NAME, backlog, 0600));
}

static void stop_listening(void)
{
	MUST(0, mbx_delete_handle(m));
	mbx_close(m);
}

/* ---- Many clients ------------------------------------------------------- */

static void *echo(void *arg)
{
	struct mbx_connection *c = arg;
	char text[8];
	ssize_t len;

	while ((len = mbx_connection_receive(c, text, sizeof(text), soon())) >=
	       0)
		MUST(0, mbx_send(c->out, text, len));
	MUST(-EIDRM, len);
	mbx_disconnect(c);
	free(c);
	return NULL;
}

/* Returns whether there is a thread now that talks to the client. */
static int answer(pthread_t *thread)
{
	struct mbx_connection *c;

	MUST(1, mbx_listen_next(m, &offer, buf, sizeof(buf), soon()));
	if (*buf == 'n') {
		MUST(0, mbx_refuse(m, &offer, "not today", 9));
		return 0;
	}
	c = calloc(1, sizeof(*c));
	MUST(0, mbx_accept(m, &offer, c, "welcome", 7));
	MUST(0, pthread_create(thread, NULL, echo, c));
	return 1;
}

/* They talk while others connect. */
static void serve(void)
{
	static pthread_t threads[CLIENTS * EACH];
	int i, nr = 0;

	for (i = 0; i < CLIENTS * EACH; i++)
		nr += answer(&threads[nr]);
	while (nr--)
		MUST(0, pthread_join(threads[nr], NULL));
}

static void talk(struct mbx_connection *c, int nr)
{
	int i, number;

	for (i = 0; i < MESSAGES; i++) {
		number = nr * MESSAGES + i;
		MUST(0, mbx_send(c->out, &number, sizeof(number)));
	}
	for (i = 0; i < MESSAGES; i++) {
		MUST((ssize_t)sizeof(number),
		     mbx_connection_receive(c, &number, sizeof(number),
					    soon()));
		MUST(nr * MESSAGES + i, number);
	}
	mbx_disconnect(c);
}

static void be_client(int nr)
{
	struct mbx_connection c;
	size_t len;
	int i;

	for (i = 0; i < EACH; i++) {
		len = sizeof(buf);
		if (i % 4 == 3) {
			MUST(-ECONNREFUSED,
			     mbx_connect(&c, NAME, "n", 1, buf, &len, soon()));
			MUST(1, is_text("not today", len));
			continue;
		}
		MUST(0, mbx_connect(&c, NAME, "y", 1, buf, &len, soon()));
		MUST(1, is_text("welcome", len));
		talk(&c, nr * EACH + i);
	}
}

static void many(uint32_t backlog)
{
	pid_t pids[CLIENTS];
	int i;

	listen_here(backlog);
	for (i = 0; i < CLIENTS; i++) {
		if (child(&pids[i])) {
			be_client(i);
			exit(0);
		}
	}
	serve();
	for (i = 0; i < CLIENTS; i++)
		MUST(0, end_of(pids[i]));
	stop_listening();
}

/* ---- Nobody else -------------------------------------------------------- */

static void be_nobody(void)
{
	if (!getuid())
		MUST(0, setresuid(65534, 65534, 65534));
}

static void talk_alone(void)
{
	struct mbx_connection c;
	struct mbx *other;
	pid_t pid, peer;
	uint64_t id;

	listen_here(1);
	if (child(&peer)) {
		MUST(0, connect_saying(&c, "hello"));
		MUST(1, mbx_connection_receive(&c, buf, sizeof(buf), soon()));
		exit(0);
	}
	next("hello");
	MUST(peer, offer.pid);
	MUST(getuid(), offer.uid);
	MUST(getgid(), offer.gid);
	MUST(0, mbx_accept(m, &offer, &c, NULL, 0));
	MUST(-EBADF, mbx_send(c.in, "x", 1));
	MUST(-EBADF, mbx_try_receive(c.out, buf, sizeof(buf)));
	id = id_of(c.in);
	if (child(&pid)) {
		MUST(-EACCES, mbx_open_id(&other, id, MBX_OPEN_RECEIVE));
		MUST(-EACCES, mbx_open_id(&other, id, MBX_OPEN_SEND));
		exit(0);
	}
	MUST(0, end_of(pid));
	MUST(-EACCES, mbx_open_id(&other, id_of(c.out), MBX_OPEN_RECEIVE));
	MUST(0, mbx_send(c.out, "x", 1));
	MUST(0, end_of(peer));
	mbx_disconnect(&c);
	stop_listening();
}

/* Without the rights that root has. */
static void private(void)
{
	pid_t pid;

	if (child(&pid)) {
		be_nobody();
		talk_alone();
		exit(0);
	}
	MUST(0, end_of(pid));
}

/* ---- Clients that go away ----------------------------------------------- */

static void client_is_killed_before(void)
{
	struct mbx_connection c;
	pid_t pid;

	listen_here(1);
	if (child(&pid))
		exit(-connect_saying(&c, "gone"));
	while (mbx_peek(m, buf, sizeof(buf)) == -EAGAIN)
		usleep(1000);
	kill_it(pid);
	MUST(-ETIMEDOUT, mbx_listen_next(m, &offer, buf, sizeof(buf), 1));
	stop_listening();
}

static void client_is_killed_then(void)
{
	struct mbx_connection c = { 0 };
	pid_t pid;

	listen_here(1);
	if (child(&pid))
		exit(-connect_saying(&c, "soon gone"));
	next("soon gone");
	kill_it(pid);
	MUST(-ENOENT, mbx_accept(m, &offer, &c, "welcome", 7));
	MUST(1, offer.call != 0);
	MUST(-ENOENT, mbx_refuse(m, &offer, NULL, 0));
	MUST(-1, offer.fd);
	stop_listening();
}

static void client_is_killed_later(void)
{
	struct mbx_connection c;
	pid_t pid;

	listen_here(1);
	if (child(&pid)) {
		MUST(0, connect_saying(&c, "hello"));
		MUST(0, mbx_send(c.out, "last words", 10));
		for (;;)
			pause();
	}
	next("hello");
	MUST(0, mbx_accept(m, &offer, &c, NULL, 0));
	while (mbx_peek(c.in, buf, sizeof(buf)) == -EAGAIN)
		usleep(1000);
	kill_it(pid);
	MUST(10, mbx_connection_receive(&c, buf, sizeof(buf), soon()));
	MUST(1, is_text("last words", 10));
	MUST(-EOWNERDEAD, mbx_connection_receive(&c, buf, sizeof(buf), soon()));
	MUST(-EOWNERDEAD, mbx_send(c.out, "x", 1));
	mbx_disconnect(&c);
	stop_listening();
}

static void client_gives_up(void)
{
	struct mbx_connection c = { 0 };
	pid_t pid;

	listen_here(1);
	if (child(&pid))
		exit(-mbx_connect(&c, NAME, "hurry", 5, NULL, NULL,
				  mbx_deadline_ms(200)));
	next("hurry");
	MUST(ETIMEDOUT, end_of(pid));
	MUST(-ENOENT, mbx_accept(m, &offer, &c, NULL, 0));
	MUST(-ENOENT, mbx_refuse(m, &offer, NULL, 0));
	stop_listening();
}

static void client_ends_it(void)
{
	struct mbx_connection c;
	pid_t pid;

	listen_here(0);
	if (child(&pid)) {
		MUST(0, connect_saying(&c, "hello"));
		mbx_disconnect(&c);
		/* Not by its end. */
		for (;;)
			pause();
	}
	next("hello");
	MUST(0, mbx_accept(m, &offer, &c, NULL, 0));
	MUST(-EIDRM, mbx_connection_receive(&c, buf, sizeof(buf), soon()));
	MUST(-EIDRM, mbx_send(c.out, "x", 1));
	kill_it(pid);
	mbx_disconnect(&c);
	stop_listening();
}

/* ---- Servers that go away ----------------------------------------------- */

/* A server that does what it is told, and says when it listens. */
static pid_t server(void (*what)(void))
{
	struct mbx *probe;
	pid_t pid;
	int err;

	if (child(&pid)) {
		listen_here(4);
		what();
		for (;;)
			pause();
	}
	do
		err = mbx_open(&probe, NAME, MBX_OPEN_SEND);
	while (err == -ENOENT && !usleep(1000));
	MUST(0, err);
	mbx_close(probe);
	return pid;
}

static void do_nothing(void)
{
}

static void die_with_the_offer(void)
{
	next("hello");
	kill(getpid(), SIGKILL);
}

static void close_with_the_offer(void)
{
	next("hello");
	mbx_close(m);
}

static void accept_and_say(void)
{
	struct mbx_connection c;

	next("hello");
	MUST(0, mbx_accept(m, &offer, &c, NULL, 0));
	MUST(0, mbx_send(c.out, "last words", 10));
}

static void servers(void)
{
	struct mbx_connection c;
	pid_t pid, client;
	size_t len = sizeof(buf);

	MUST(-ENOENT, connect_saying(&c, "hello"));

	pid = server(die_with_the_offer);
	MUST(-EOWNERDEAD, mbx_connect(&c, NAME, "hello", 5, buf, &len, soon()));
	MUST(0, len);
	MUST(-SIGKILL, end_of(pid));

	pid = server(close_with_the_offer);
	MUST(-EPIPE, connect_saying(&c, "hello"));
	kill_it(pid);

	/* It does not even look. */
	pid = server(do_nothing);
	MUST(-ETIMEDOUT, mbx_connect(&c, NAME, "hello", 5, NULL, NULL,
				     mbx_deadline_ms(50)));
	if (child(&client))
		exit(-connect_saying(&c, "hello"));
	usleep(1000);
	kill_it(pid);
	len = end_of(client);
	/* It may not have come that far. */
	if (len != ENOENT)
		MUST(EOWNERDEAD, len);

	pid = server(accept_and_say);
	MUST(0, connect_saying(&c, "hello"));
	while (mbx_peek(c.in, buf, sizeof(buf)) == -EAGAIN)
		usleep(1000);
	kill_it(pid);
	MUST(10, mbx_connection_receive(&c, buf, sizeof(buf), soon()));
	MUST(-EOWNERDEAD, mbx_connection_receive(&c, buf, sizeof(buf), soon()));
	mbx_disconnect(&c);
}

/* ---- Others who write to it --------------------------------------------- */

static void no_clients(void)
{
	struct mbx *to;
	pid_t pid;

	listen_here(4);
	MUST(0, mbx_open(&to, NAME, MBX_OPEN_SEND));
	MUST(0, mbx_send(to, "a letter", 8));
	MUST(-EPROTO, mbx_listen_next(m, &offer, buf, sizeof(buf), soon()));
	if (child(&pid)) {
		MUST(0, mbx_call(to, "a call", 6, buf, sizeof(buf), soon()));
		exit(0);
	}
	MUST(-EPROTO, mbx_listen_next(m, &offer, buf, sizeof(buf), soon()));
	MUST(0, end_of(pid));
	mbx_close(to);
	stop_listening();
}

static int mailboxes(void)
{
	struct mbx_table *t;
	int nr = 0;

	MUST(0, mbx_table_open(&t, "ipc_mailboxes"));
	while (mbx_table_next(t) == 1)
		nr++;
	mbx_table_close(t);
	return nr;
}

int main(void)
{
	int before, left, tries = 0;

	setvbuf(stdout, NULL, _IONBF, 0);
	before = mailboxes();
	many(4);
	many(0);
	private();
	client_is_killed_before();
	client_is_killed_then();
	client_is_killed_later();
	client_gives_up();
	client_ends_it();
	servers();
	no_clients();
	/* What the last ones to die had is freed a moment later. */
	while ((left = mailboxes()) > before && tries++ < 5000)
		usleep(1000);
	MUST(before, left);
	return 0;
}
