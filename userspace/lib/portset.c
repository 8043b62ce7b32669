// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Port sets: one receive over many mailboxes, by an epoll instance that holds
 * their descriptors.
 *
 * What epoll reports is a hint: somebody else may have taken the message, or the
 * descriptor may belong to another member by now.  So a hint is a descriptor, to
 * be looked up anew, and a receive from a member never waits.
 *
 * epoll puts a descriptor that it has reported at the end of its line, which
 * makes the set fair.  A line of hints is taken at a time, and each is good for
 * one message.
 *
 * Lifetime: the array has one reference to a member, and each thread that
 * receives from it one.  Whoever takes it out waits until the others have dropped
 * theirs: then nobody uses the handle on behalf of the set.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define HINTS 16
#define NSEC_PER_SEC 1000000000LL

/**
 * struct member - a handle in a set
 * @m: the handle
 * @data: what the caller wants back
 * @users: references [lock]
 * @leaving: somebody takes it out, and nobody else is to use it [lock]
 */
struct member {
	struct mbx *m;
	void *data;
	unsigned int users;
	bool leaving;
};

/**
 * struct mbx_portset - several handles to receive from
 * @fd: the epoll instance
 * @lock: protects what follows
 * @left: a member has one user left, or has left
 * @members: by descriptor [lock]
 * @room: what is allocated for @members [lock]
 * @count: how many there are, without those that are leaving [lock]
 * @hints: descriptors that may be readable [lock]
 * @next: the first of @hints not yet used [lock]
 * @nr_hints: how many there are [lock]
 */
struct mbx_portset {
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t left;
	struct member **members;
	size_t room;
	size_t count;
	int hints[HINTS];
	int next;
	int nr_hints;
};

/* @ret of a system call, or -errno; errno becomes what it was. */
static int result(int ret, int saved)
{
	if (ret < 0)
		ret = -errno;
	errno = saved;
	return ret;
}

static int control(const struct mbx_portset *set, int op, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
	int saved = errno;

	return result(epoll_ctl(set->fd, op, fd, &event), saved);
}

int mbx_portset_create(struct mbx_portset **out)
{
	const int saved = errno;
	struct mbx_portset *set;
	int fd = result(epoll_create1(EPOLL_CLOEXEC), saved);

	if (fd < 0)
		return fd;
	set = calloc(1, sizeof(*set));
	if (!set) {
		close(fd);
		return result(-1, saved);
	}
	set->fd = fd;
	pthread_mutex_init(&set->lock, NULL);
	pthread_cond_init(&set->left, NULL);
	*out = set;
	return 0;
}

/* Without the lock, which in a child of fork() may be held by nobody. */
void mbx_portset_close(struct mbx_portset *set)
{
	int saved = errno;
	size_t i;

	if (!set)
		return;
	close(set->fd);
	errno = saved;
	for (i = 0; i < set->room; i++)
		free(set->members[i]);
	free(set->members);
	free(set);
}

int mbx_portset_fd(const struct mbx_portset *set)
{
	return set->fd;
}

size_t mbx_portset_count(struct mbx_portset *set)
{
	size_t count;

	pthread_mutex_lock(&set->lock);
	count = set->count;
	pthread_mutex_unlock(&set->lock);
	return count;
}

/* The place for descriptor @fd, or NULL. */
static struct member **make_place(struct mbx_portset *set, int fd)
{
	size_t room = set->room ? set->room : HINTS;
	struct member **members;

	while (room <= (size_t)fd)
		room *= 2;
	if (room == set->room)
		return &set->members[fd];
	members = realloc(set->members, room * sizeof(*members));
	if (!members)
		return NULL;
	memset(members + set->room, 0, (room - set->room) * sizeof(*members));
	set->members = members;
	set->room = room;
	return &members[fd];
}

static int add_locked(struct mbx_portset *set, struct member *member)
{
	struct member **place = make_place(set, member->m->fd);
	int err;

	if (!place)
		return -ENOMEM;
	if (*place)
		return -EEXIST;
	err = control(set, EPOLL_CTL_ADD, member->m->fd);
	if (err)
		return err;
	*place = member;
	set->count++;
	return 0;
}

/* Else the first receive would be the one to find out. */
static int check_right(struct mbx *m)
{
	struct mbx_stat st;
	int err = mbx_stat(m, &st, sizeof(st));

	if (err)
		return err;
	return st.out_rights & MBX_OPEN_RECEIVE ? 0 : -EBADF;
}

int mbx_portset_add(struct mbx_portset *set, struct mbx *m, void *data)
{
	struct member *member;
	int err = check_right(m);

	if (err)
		return err;
	member = malloc(sizeof(*member));
	if (!member)
		return -ENOMEM;
	*member = (struct member){ .m = m, .data = data, .users = 1 };
	pthread_mutex_lock(&set->lock);
	err = add_locked(set, member);
	pthread_mutex_unlock(&set->lock);
	if (err)
		free(member);
	return err;
}

static struct member *find(const struct mbx_portset *set, int fd)
{
	return (size_t)fd < set->room ? set->members[fd] : NULL;
}

static void leave(struct mbx_portset *set, struct member *member)
{
	const int fd = member->m->fd;

	member->leaving = true;
	set->count--;
	control(set, EPOLL_CTL_DEL, fd);
	while (member->users > 1)
		pthread_cond_wait(&set->left, &set->lock);
	set->members[fd] = NULL;
	free(member);
	pthread_cond_broadcast(&set->left);
}

int mbx_portset_remove(struct mbx_portset *set, struct mbx *m)
{
	struct member *member;

	pthread_mutex_lock(&set->lock);
	while ((member = find(set, m->fd)) && member->leaving)
		pthread_cond_wait(&set->left, &set->lock);
	if (member && member->m != m)
		member = NULL;
	if (member)
		leave(set, member);
	pthread_mutex_unlock(&set->lock);
	return member ? 0 : -ENOENT;
}

/* A member to try, with a reference, or NULL if there are no hints left. */
static struct member *take_hint(struct mbx_portset *set)
{
	struct member *member = NULL;

	pthread_mutex_lock(&set->lock);
	while (!member && set->next < set->nr_hints) {
		member = find(set, set->hints[set->next++]);
		if (member && member->leaving)
			member = NULL;
	}
	if (member)
		member->users++;
	pthread_mutex_unlock(&set->lock);
	return member;
}

/* Time left, or NULL for ever. */
static struct timespec *remaining(const struct mbx_receive *arg,
				  struct timespec *ts)
{
	const bool clock = arg->flags & MBX_RECEIVE_REALTIME;
	int64_t left = 0;

	if (!(arg->flags & MBX_RECEIVE_NONBLOCK)) {
		if (!arg->deadline)
			return NULL;
		clock_gettime(clock ? CLOCK_REALTIME : CLOCK_MONOTONIC, ts);
		left = arg->deadline - ts->tv_sec * NSEC_PER_SEC - ts->tv_nsec;
	}
	if (left < 0)
		left = 0;
	ts->tv_sec = left / NSEC_PER_SEC;
	ts->tv_nsec = left % NSEC_PER_SEC;
	return ts;
}

/* Two threads that come back at once: the later hints do as well. */
static void keep_hints(struct mbx_portset *set,
		       const struct epoll_event *events, int nr)
{
	int i;

	pthread_mutex_lock(&set->lock);
	for (i = 0; i < nr; i++)
		set->hints[i] = events[i].data.fd;
	set->next = 0;
	set->nr_hints = nr;
	pthread_mutex_unlock(&set->lock);
}

/* 0 when a member may be readable, or is to be waited for again. */
static int wait_for_hints(struct mbx_portset *set,
			  const struct mbx_receive *arg)
{
	struct epoll_event events[HINTS];
	struct timespec ts, *timeout = remaining(arg, &ts);
	int saved = errno;
	int nr = result(epoll_pwait2(set->fd, events, HINTS, timeout, NULL),
			saved);

	if (nr < 0)
		return nr;
	if (nr)
		keep_hints(set, events, nr);
	else if (arg->flags & MBX_RECEIVE_NONBLOCK)
		return -EAGAIN;
	else if (timeout && !timeout->tv_sec && !timeout->tv_nsec)
		return -ETIMEDOUT;
	return 0;
}

/* Whatever @arg says of waiting. */
static ssize_t try_receive(struct mbx *m, struct mbx_receive *arg)
{
	const __u32 flags = arg->flags;
	const __u64 deadline = arg->deadline;
	ssize_t ret;

	arg->flags |= MBX_RECEIVE_NONBLOCK;
	arg->flags &= ~MBX_RECEIVE_REALTIME;
	arg->deadline = 0;
	ret = mbx_receive_ext(m, arg);
	arg->flags = flags;
	arg->deadline = deadline;
	return ret;
}

static bool has_ended(ssize_t err)
{
	return err == -EIDRM || err == -EOWNERDEAD || err == -EKEYREVOKED ||
	       err == -ESHUTDOWN;
}

/* -EAGAIN if there is nothing to be told. */
static ssize_t receive_from(struct mbx_portset *set, struct member *member,
			    struct mbx_source *from, struct mbx_receive *arg)
{
	struct mbx_source source = { member->m, member->data };
	ssize_t ret = try_receive(member->m, arg);
	const bool ended = has_ended(ret);

	pthread_mutex_lock(&set->lock);
	/* Its end is told once, and not at all if somebody has taken it out. */
	if (ended && member->leaving)
		ret = -EAGAIN;
	if (--member->users == 1)
		pthread_cond_broadcast(&set->left);
	if (ended && ret != -EAGAIN)
		leave(set, member);
	pthread_mutex_unlock(&set->lock);
	if (from && ret != -EAGAIN)
		*from = source;
	return ret;
}

static int check(const struct mbx_receive *arg)
{
	const bool clock = arg->flags & MBX_RECEIVE_REALTIME;

	if (arg->select_ptr || arg->reply_ptr || arg->deadline > INT64_MAX ||
	    (clock && !arg->deadline))
		return -EINVAL;
	return 0;
}

ssize_t mbx_portset_receive_ext(struct mbx_portset *set,
				struct mbx_source *from,
				struct mbx_receive *arg)
{
	struct member *member;
	ssize_t ret = check(arg);

	if (from)
		*from = (struct mbx_source){ 0 };
	while (!ret) {
		member = take_hint(set);
		if (!member) {
			ret = wait_for_hints(set, arg);
			continue;
		}
		ret = receive_from(set, member, from, arg);
		if (ret != -EAGAIN)
			return ret;
		ret = 0;
	}
	return ret;
}

ssize_t mbx_portset_receive(struct mbx_portset *set, struct mbx_source *from,
			    void *buf, size_t len, uint64_t deadline)
{
	struct mbx_receive arg = {
		.size = sizeof(arg),
		.data_ptr = (uintptr_t)buf,
		.data_len = len > UINT32_MAX ? UINT32_MAX : len,
		.deadline = deadline,
	};

	return mbx_portset_receive_ext(set, from, &arg);
}
