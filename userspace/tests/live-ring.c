// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sixteen processes that call one another in a ring, against the module: the call
 * that closes it is refused, and while the others wait, mbx draws the chain.  Exit
 * status 0, or a line that says what went wrong.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libmbx.h>

#define MEMBERS 16
#define LAST (MEMBERS - 1)

struct ring {
	pid_t pid[MEMBERS];
	unsigned long long box[MEMBERS];
	int ready;
	int turn;
	char chain[4096];
};

static struct ring *ring;

static void fail(const char *what, int nr)
{
	printf("%s: %d\n", what, nr);
	exit(1);
}

static void wait_for(const int *number, int value)
{
	while (__atomic_load_n(number, __ATOMIC_ACQUIRE) < value)
		usleep(1000);
}

static const char *name_of(int nr)
{
	static char name[32];

	snprintf(name, sizeof(name), "live-ring-%d", nr % MEMBERS);
	return name;
}

/* ---- A member ------------------------------------------------------------- */

static ssize_t call_next(int nr)
{
	struct mbx_cycle cycle = { .size = sizeof(cycle), .nr = MBX_CYCLE_MAX };
	struct mbx_call call = {
		.size = sizeof(call),
		.cycle_ptr = (uintptr_t)&cycle,
	};
	struct mbx *next;
	ssize_t ret;

	if (mbx_open(&next, name_of(nr + 1), MBX_OPEN_SEND))
		fail("cannot open the next", nr);
	ret = mbx_call_ext(next, &call);
	mbx_close(next);
	if (ret == -EDEADLK)
		mbx_cycle_text(&cycle, ring->chain, sizeof(ring->chain));
	return ret;
}

static void serve(struct mbx *box)
{
	struct mbx_receive get = { .size = sizeof(get) };

	if (mbx_receive_ext(box, &get) || mbx_reply(box, get.out_seq, NULL, 0))
		fail("cannot answer", 0);
}

/* Whoever is refused serves the one before, and is served by nobody. */
static void member(int nr)
{
	struct mbx_stat st;
	struct mbx *box;
	ssize_t ret;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mbx_create(&box, name_of(nr), 1) || mbx_stat(box, &st, sizeof(st)))
		fail("cannot make a mailbox", nr);
	ring->box[nr] = st.out_id;
	__atomic_add_fetch(&ring->ready, 1, __ATOMIC_RELEASE);
	wait_for(&ring->turn, nr + 1);
	ret = call_next(nr);
	if (ret != (nr == LAST ? -EDEADLK : 0))
		fail("a call has ended otherwise", ret);
	if (nr)
		serve(box);
	mbx_delete_handle(box);
	mbx_close(box);
	exit(0);
}

/* ---- From the outside ------------------------------------------------------- */

static char *output_of(const char *command)
{
	static char text[65536];
	FILE *f = popen(command, "r");
	size_t len;

	if (!f)
		fail("cannot run mbx", errno);
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	if (pclose(f))
		fail("mbx has failed", 0);
	return text;
}

static void await_call(int nr)
{
	char command[128], line[32];
	int tries;

	snprintf(command, sizeof(command),
		 "mbx tasks --waits --raw --noheadings -o tgid,op,waits_for");
	snprintf(line, sizeof(line), "%d call %d\n", ring->pid[nr],
		 ring->pid[nr + 1]);
	for (tries = 0; tries < 1000; tries++) {
		if (strstr(output_of(command), line))
			return;
		usleep(10000);
	}
	fail("is not seen to wait for the next", nr);
}

static void check_graph(void)
{
	const char *text = output_of("mbx tasks --waits --dot");
	char line[64];
	int i;

	for (i = 0; i < LAST; i++) {
		snprintf(line, sizeof(line), "\tp%d -> m%llu [label=\"call\"];",
			 ring->pid[i], ring->box[i + 1]);
		if (!strstr(text, line))
			fail("the graph lacks a call", i);
		snprintf(line, sizeof(line), "\tm%llu -> p%d [style=dashed];",
			 ring->box[i + 1], ring->pid[i + 1]);
		if (!strstr(text, line))
			fail("the graph lacks a server", i + 1);
	}
	if (strstr(text, "red"))
		fail("the graph has a cycle", 0);
}

static void check_chain(void)
{
	char text[4096] = "";
	size_t len = 0;
	int i, nr;

	for (i = 0; i < MEMBERS; i++) {
		nr = (LAST + i) % MEMBERS;
		len += snprintf(text + len, sizeof(text) - len,
				"pid %d (mailbox %llu \"%s\") -> ",
				ring->pid[nr], ring->box[(nr + 1) % MEMBERS],
				name_of(nr + 1));
	}
	snprintf(text + len, sizeof(text) - len, "pid %d", ring->pid[LAST]);
	if (strcmp(text, ring->chain)) {
		printf("%s\n", ring->chain);
		fail("is not the cycle", 0);
	}
}

int main(void)
{
	int i, status;
	pid_t pid;

	ring = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ring == MAP_FAILED)
		fail("no memory", errno);
	for (i = 0; i < MEMBERS; i++) {
		pid = fork();
		if (!pid)
			member(i);
		ring->pid[i] = pid;
		wait_for(&ring->ready, i + 1);
	}
	for (i = 0; i < LAST; i++) {
		__atomic_add_fetch(&ring->turn, 1, __ATOMIC_RELEASE);
		await_call(i);
	}
	check_graph();
	__atomic_add_fetch(&ring->turn, 1, __ATOMIC_RELEASE);
	for (i = LAST; i >= 0; i--)
		if (waitpid(ring->pid[i], &status, 0) < 0 || status)
			fail("has not ended well", i);
	check_chain();
	return 0;
}
