// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Eight senders and eight receivers, and somebody who kills them at random and
 * starts them anew: no message is lost, doubled or out of order, nothing is left.
 *
 *	stress [--runs N] [--seed S] [option of the harness]...
 *
 * makes N runs, taking turns in the capacity of the mailbox; run i has the seed
 * S + i, which decides over lengths, calls, victims and when they die.
 */
#include "stress.h"

static unsigned int runs = 9;
static unsigned int first_seed = 1;

#define EVENTS 48 /* kills and signals in one run */
#define STALLED (30 * SEC)

struct crew {
	struct arena *arena;
	pid_t senders[SENDERS];
	pid_t receivers[RECEIVERS];
	__u64 random;
	struct account *account;
};

/* ------------------------------------------------------------------ workers */

static void do_nothing(int sig)
{
	(void)sig;
}

/* Inherited: a signal may come before the worker has run. */
static void be_interruptible(void)
{
	struct sigaction action = { .sa_handler = do_nothing };

	sigaction(SIGUSR1, &action, NULL);
}

static int send_in_some_way(int fd, __u8 *data, __u32 len, __u32 way,
			    __s32 *told)
{
	struct mbx_send arg;
	int ret;

	if (way == 0)
		return write(fd, data, len) < 0 ? -1 : 0;
	init_send(&arg, data, len,
		  way < 3  ? MBX_SEND_SYNC :
		  way == 3 ? MBX_SEND_NONBLOCK :
			     0);
	if (way == 2 || way == 4)
		arg.deadline = in_ms(1);
	ret = ioctl(fd, MBX_IOC_SEND, &arg);
	/* One that did not wait knows for whom it was, not who lived to get it. */
	if (!ret && way != 3)
		*told = arg.out_pid;
	return ret;
}

static bool fits(int error)
{
	return error == EAGAIN || error == ETIMEDOUT || error == EINTR;
}

static void send_all(struct arena *arena, __u32 nr)
{
	struct sender *sender = &arena->senders[nr];
	static __u8 data[LENGTH_MAX];
	__u32 number, len;
	__u64 random;

	while ((number = sender->next) < MESSAGES) {
		while (number >=
		       __atomic_load_n(&arena->allowed, __ATOMIC_ACQUIRE))
			pause_briefly();
		random = mix(arena->seed + 7, nr, number);
		len = make_message(arena, nr, number, data);
		__atomic_store_n(&sender->outcome[number], TRYING,
				 __ATOMIC_RELEASE);
		__atomic_store_n(&sender->next, number + 1, __ATOMIC_RELEASE);
		if (!send_in_some_way(arena->fd, data, len,
				      next_random(&random) % 8,
				      &sender->told[number])) {
			__atomic_store_n(&sender->outcome[number], SENT,
					 __ATOMIC_RELEASE);
			continue;
		}
		if (!fits(errno))
			sender->wrong_errno = errno;
		sender->outcome[number] = FAILED;
		if (errno == EAGAIN)
			sched_yield();
	}
}

/* A buffer that is too small for any: the message must stay. */
static int receive_too_small(int fd)
{
	__u8 data[sizeof(struct head) - 1];

	if (box_receive(fd, data, sizeof(data), MBX_RECEIVE_NONBLOCK) < 0)
		return errno == EMSGSIZE || errno == EAGAIN ? 0 : -1;
	errno = EBADMSG;
	return -1;
}

static void receive_all(struct arena *arena, __u32 nr)
{
	struct receiver *receiver = &arena->receivers[nr];
	__u64 random = mix(arena->seed + 9, nr, getpid());
	struct mbx_receive *arg = &receiver->arg;
	__u32 way;
	int ret;

	for (;;) {
		way = next_random(&random) % 8;
		init_receive(arg, receiver->data, LENGTH_MAX,
			     way == 0 ? MBX_RECEIVE_NONBLOCK : 0);
		arg->out_seq = 0;
		if (way == 1)
			arg->deadline = in_ms(1);
		ret = way == 2 ? receive_too_small(arena->fd) :
				 ioctl(arena->fd, MBX_IOC_RECEIVE, arg);
		if (!ret && way != 2)
			log_message(arena, receiver, getpid(), false);
		if (ret && errno == EIDRM)
			return;
		if (ret && !fits(errno))
			receiver->wrong_errno = errno;
		if (ret || way == 2)
			sched_yield();
	}
}

/* --------------------------------------------------------------- supervisor */

static pid_t start(struct arena *arena, __u32 nr,
		   void (*work)(struct arena *arena, __u32 nr))
{
	pid_t pid = fork();

	if (pid < 0)
		abort();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		work(arena, nr);
		_exit(0);
	}
	return pid;
}

static void kill_receiver(struct crew *crew, __u32 nr)
{
	kill(crew->receivers[nr], SIGKILL);
	waitpid(crew->receivers[nr], NULL, 0);
	log_last_message(crew->arena, &crew->arena->receivers[nr],
			 crew->receivers[nr]);
	crew->receivers[nr] = start(crew->arena, nr, receive_all);
}

static void kill_sender(struct crew *crew, __u32 nr)
{
	if (!crew->senders[nr])
		return;
	kill(crew->senders[nr], SIGKILL);
	waitpid(crew->senders[nr], NULL, 0);
	crew->senders[nr] = start(crew->arena, nr, send_all);
}

static void something_happens(struct crew *crew)
{
	__u32 what = next_random(&crew->random) % 5;
	__u32 nr = next_random(&crew->random) % SENDERS;
	volatile __u32 spin = next_random(&crew->random) % 4096;

	while (spin)
		spin--;
	crew->account->kills++;
	if (what == 0 && crew->senders[nr])
		kill(crew->senders[nr], SIGUSR1);
	else if (what == 1)
		kill(crew->receivers[nr], SIGUSR1);
	else if (what == 2)
		kill_sender(crew, nr);
	else
		kill_receiver(crew, nr);
}

static bool senders_left(struct crew *crew)
{
	bool left = false;
	__u32 i;

	for (i = 0; i < SENDERS; i++) {
		if (crew->senders[i] &&
		    waitpid(crew->senders[i], NULL, WNOHANG) > 0)
			crew->senders[i] = 0;
		left |= !!crew->senders[i];
	}
	return left;
}

/*
 * Whoever kills must not wait for the processor behind sixteen others.  Where
 * this is not permitted fewer are killed.
 */
static void hurry(void)
{
	const struct sched_param param = { .sched_priority = 1 };

	sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param);
}

/*
 * Events are spread over the progress, not over time: any machine will do.
 * Nobody gets far ahead of them.
 */
static void allow(struct arena *arena, __u32 events)
{
	__u32 numbers = (events + 2) * MESSAGES / EVENTS;

	__atomic_store_n(&arena->allowed,
			 numbers < MESSAGES ? numbers : MESSAGES,
			 __ATOMIC_RELEASE);
}

static bool supervise(struct crew *crew)
{
	__u64 seen = now_ns(CLOCK_MONOTONIC);
	__u32 done = 0, last = 0, step = SENDERS * MESSAGES / EVENTS, now;

	allow(crew->arena, 0);
	while (senders_left(crew)) {
		now = attempts(crew->arena);
		if (now != last)
			seen = now_ns(CLOCK_MONOTONIC);
		else if (now_ns(CLOCK_MONOTONIC) - seen > STALLED)
			return false;
		last = now;
		if (done < EVENTS && now >= done * step) {
			something_happens(crew);
			allow(crew->arena, ++done);
		} else {
			pause_briefly();
		}
	}
	return true;
}

static bool drained(int fd)
{
	struct mbx_stat stat;

	return !box_stat(fd, &stat) && !stat.out_depth && !stat.out_bytes &&
	       !stat.out_senders && stat.out_sent == stat.out_received &&
	       stat.out_bytes_sent == stat.out_bytes_received;
}

static void dismiss(struct crew *crew, bool force)
{
	__u32 i;

	for (i = 0; i < SENDERS; i++) {
		if (force)
			kill(crew->receivers[i], SIGKILL);
		waitpid(crew->receivers[i], NULL, 0);
		if (!crew->senders[i])
			continue;
		kill(crew->senders[i], SIGKILL);
		waitpid(crew->senders[i], NULL, 0);
	}
}

static struct arena *new_arena(int control, __u32 capacity, __u64 seed)
{
	struct arena *arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (arena == MAP_FAILED)
		abort();
	arena->fd = box_create(control, NULL, 0, capacity);
	arena->seed = seed;
	return arena;
}

/* One run; what went wrong is in the account. */
static void run(int control, __u32 capacity, __u64 seed,
		struct account *account)
{
	struct crew crew = { .account = account, .random = seed };
	struct counts before = counts_now();
	bool well;
	__u32 i;

	be_interruptible();
	crew.arena = new_arena(control, capacity, seed);
	for (i = 0; i < RECEIVERS; i++)
		crew.receivers[i] = start(crew.arena, i, receive_all);
	for (i = 0; i < SENDERS; i++)
		crew.senders[i] = start(crew.arena, i, send_all);
	hurry();
	well = supervise(&crew) && wait_until(drained(crew.arena->fd));
	if (!well) {
		show_state(crew.arena);
		account->leaks++;
	}
	box_delete(crew.arena->fd, NULL, 0);
	dismiss(&crew, !well);
	close(crew.arena->fd);
	take_account(crew.arena, account);
	account->leaks += !counts_are_back(&before);
	munmap(crew.arena, sizeof(*crew.arena));
}

/* -------------------------------------------------------------------- tests */

FIXTURE(stress) {
	int control;
};

FIXTURE_VARIANT(stress)
{
	const char *name;
	__u32 turn;
	__u32 capacity;
};

FIXTURE_VARIANT_ADD(stress, bounded){
	.name = "bounded",
	.turn = 0,
	.capacity = 10,
};

FIXTURE_VARIANT_ADD(stress, rendezvous){
	.name = "rendezvous",
	.turn = 1,
	.capacity = 0,
};

FIXTURE_VARIANT_ADD(stress, unbounded){
	.name = "unbounded",
	.turn = 2,
	.capacity = MBX_UNBOUNDED,
};

FIXTURE_SETUP(stress)
{
	OPEN_CONTROL(self->control);
}

FIXTURE_TEARDOWN(stress)
{
}

TEST_F_TIMEOUT(stress, random_kills, 24 * 3600)
{
	struct account sum = {};
	unsigned int i;

	for (i = variant->turn; i < runs; i += 3) {
		run(self->control, variant->capacity, first_seed + i, &sum);
		if (mistakes(&sum))
			TH_LOG("failed with --runs %u --seed %u", i % 3 + 1,
			       first_seed + i - i % 3);
		ASSERT_EQ(0, mistakes(&sum))
		print_account(variant->name, &sum);
	}
	print_account(variant->name, &sum);
}

int main(int argc, char **argv)
{
	int used = 1;

	for (; used + 1 < argc; used += 2) {
		if (!strcmp(argv[used], "--runs"))
			runs = strtoul(argv[used + 1], NULL, 0);
		else if (!strcmp(argv[used], "--seed"))
			first_seed = strtoul(argv[used + 1], NULL, 0);
		else
			break;
	}
	argv[used - 1] = argv[0];
	return test_harness_run(argc - used + 1, argv + used - 1);
}
