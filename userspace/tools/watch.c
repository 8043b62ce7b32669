// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A reader of standard output that goes away while recv waits for a message.
 * poll() over mailbox and pipe would do, but whoever polls is no receiver: it
 * has no place in the queue of those that wait, and rendezvous passes it by.
 * So a thread watches the pipe, and interrupts the receive.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "recv.h"

static atomic_bool gone;
static pthread_t receiver;

static void interrupt(int sig)
{
}

/*
 * The signal may come before the receive begins, and would be missed; so it
 * comes again and again until the process ends.
 */
static void *watcher(void *unused)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	struct pollfd p = { .fd = STDOUT_FILENO };

	while (poll(&p, 1, -1) != 1 ||
	       !(p.revents & (POLLERR | POLLHUP | POLLNVAL)))
		;
	atomic_store(&gone, true);
	for (;;) {
		pthread_kill(receiver, SIGUSR1);
		nanosleep(&pause, NULL);
	}
	return unused;
}

void watch_reader(void)
{
	struct sigaction sa = { .sa_handler = interrupt };
	sigset_t all, before;
	struct stat st;
	pthread_t thread;

	if (fstat(STDOUT_FILENO, &st) ||
	    !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		return;
	receiver = pthread_self();
	sigaction(SIGUSR1, &sa, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!pthread_create(&thread, NULL, watcher, NULL))
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool reader_gone(void)
{
	return atomic_load(&gone);
}
