/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world in which a step is taken: a new mailbox that holds known messages,
 * and what must be there afterwards.
 */
#ifndef SELFTESTS_FAIL_NTH_WORLD_H
#define SELFTESTS_FAIL_NTH_WORLD_H

#include "fail_nth.h"

#define DATA_MAX (1U << 20)

struct world;

/**
 * struct step - one system call with what it needs
 * @name: for messages
 * @capacity: of the mailbox; 0 makes a rendezvous
 * @flags: MBX_CREATE_* that the mailbox has
 * @spares: messages that have passed through it, whose memory it keeps
 * @queued: messages that it holds
 * @len: length of each message
 * @cold: argument and data are not mapped yet
 * @child: taken by a new process, for which all is new
 * @uid: user that the new process becomes, if not 0
 * @cmd: MBX_IOC_* for those who use it
 * @arg: flags of the command, likewise
 * @bytes: length of the data or buffer, likewise; 0 for @len
 * @prepare: what is needed beside
 * @run: the system call: -1 with errno, or what it returns
 * @expected: errno that is its success
 * @outcome: has a call that succeeded told the truth?  Undoes what it may; by
 *	the process that ran it
 * @act: what a partner does once the call blocks or has ended
 * @join: has the partner's word
 * @finish: ends whoever still waits; false if they did not get what they must
 * @ends: success ends the mailbox
 * @taken: messages that a success takes from the queue
 * @added: messages that a success adds to it
 * @least: failures that there must be, by injector; or nothing was tested
 */
#define LEAST(_slab, _page, _usercopy) .least = { _slab, _page, _usercopy }

struct step {
	const char *name;
	__u32 capacity;
	__u32 flags;
	unsigned int spares;
	unsigned int queued;
	size_t len;
	bool cold;
	bool child;
	uid_t uid;
	unsigned int cmd;
	__u32 arg;
	size_t bytes;
	void (*prepare)(struct world *w);
	int (*run)(struct world *w);
	int expected;
	bool (*outcome)(struct world *w);
	bool (*act)(struct world *w);
	void (*join)(struct world *w);
	bool (*finish)(struct world *w);
	bool ends;
	unsigned int taken;
	unsigned int added;
	unsigned int least[INJECTORS];
};

/* What a step is taken in, and what becomes of it. */
struct world {
	const struct step *step;
	int control;
	int box;
	__u64 id;
	char name[NAME_SIZE];
	char new_name[NAME_SIZE];
	/* What the step uses. */
	void *arg;
	char *data;
	int fd;
	/* What became of it. */
	int ret;
	int err;
	bool fired;
	bool ok;
	bool right;
	bool crashed;
	/* What must be there afterwards. */
	struct mbx_stat before;
	int next_fd;
	int outside;
	int refs;
	unsigned int first;
	unsigned int last;
	/* Others. */
	pthread_t partner;
	pid_t tid;
	bool running;
	bool done;
	bool acted;
	struct job *job;
	/* Memory. */
	int refcnt;
	int memfd;
	char *cold_arg;
	char *cold_data;
	char warm_arg[1024];
	char warm_data[DATA_MAX + 4096];
	char drained[DATA_MAX + 4096];
	char content[DATA_MAX + 4096];
	size_t content_len;
};

/* ------------------------------------------------------------------ memory */

static inline char *map_file(int fd, size_t offset, void *at, size_t size)
{
	void *map = mmap(at, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | (at ? MAP_FIXED : 0), fd, offset);

	if (map == MAP_FAILED)
		abort();
	return map;
}

/*
 * The argument lies across two pages.  They are mapped in reverse, or the fault
 * on the first one would map the second one, too.
 */
static inline struct world *world_new(void)
{
	struct world *w = mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const size_t page = page_size();

	if (w == MAP_FAILED)
		abort();
	w->memfd = syscall(SYS_memfd_create, "cold", 0);
	if (w->memfd < 0 || ftruncate(w->memfd, 2 * page + DATA_MAX))
		abort();
	w->cold_arg = mmap(NULL, 2 * page, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	map_file(w->memfd, page, w->cold_arg, page);
	map_file(w->memfd, 0, w->cold_arg + page, page);
	w->cold_data = map_file(w->memfd, 2 * page, NULL, DATA_MAX);
	w->refcnt = open("/sys/module/ipc_mailbox/refcnt", O_RDONLY);
	return w;
}

/* Each message has another part of the pattern. */
static inline const char *content_of(const struct world *w, unsigned int nr)
{
	return w->content + 61 * nr;
}

static inline void need_content(struct world *w, size_t len)
{
	if (w->content_len >= len)
		return;
	w->content_len = len;
	fill_pattern(w->content, len + 1024, 1);
}

#define COLD_HEAD (2 * sizeof(__u32))

static inline void put_arg(struct world *w, const void *arg, size_t size)
{
	const size_t page = page_size();
	const char *bytes = arg;

	if (!w->step->cold) {
		w->arg = memcpy(w->warm_arg, arg, size);
		return;
	}
	w->arg = w->cold_arg + page - COLD_HEAD;
	if (pwrite(w->memfd, bytes, COLD_HEAD, 2 * page - COLD_HEAD) < 0 ||
	    pwrite(w->memfd, bytes + COLD_HEAD, size - COLD_HEAD, 0) < 0 ||
	    madvise(w->cold_arg, 2 * page, MADV_DONTNEED))
		abort();
}

/* Of the data only the last page is cold, so that a copy may fail halfway. */
static inline void put_bytes(struct world *w, const char *bytes, size_t len)
{
	const size_t page = page_size(), warm = (len - 1) / page * page;

	if (!w->step->cold) {
		w->data = memcpy(w->warm_data, bytes, len);
		return;
	}
	w->data = memcpy(w->cold_data, bytes, warm);
	if (pwrite(w->memfd, bytes + warm, len - warm, 2 * page + warm) < 0 ||
	    madvise(w->cold_data + warm, page, MADV_DONTNEED))
		abort();
}

/* Message @nr, or 0 for poison. */
static inline void put_data(struct world *w, unsigned int nr, size_t len)
{
	if (nr)
		put_bytes(w, content_of(w, nr), len);
	else
		put_bytes(w, memset(w->drained, POISON, len), len);
}

/* ----------------------------------------------------------------- messages */

static inline bool send_message(struct world *w, unsigned int nr)
{
	return !box_send(w->box, content_of(w, nr), w->step->len,
			 MBX_SEND_NONBLOCK);
}

static inline bool is_message(const struct world *w, const void *data,
			      unsigned int nr)
{
	return !memcmp(data, content_of(w, nr), w->step->len);
}

/* Receives message @nr, whole and with the number that it has. */
static inline bool receive_message(struct world *w, unsigned int nr)
{
	struct mbx_receive arg;

	init_receive(&arg, w->drained, sizeof(w->drained),
		     MBX_RECEIVE_NONBLOCK);
	return !ioctl(w->box, MBX_IOC_RECEIVE, &arg) &&
	       arg.out_len == w->step->len &&
	       arg.out_seq == nr + w->step->spares &&
	       is_message(w, w->drained, nr);
}

static inline bool is_empty(struct world *w)
{
	struct mbx_stat stat;

	if (box_receive(w->box, w->drained, 1, MBX_RECEIVE_NONBLOCK) != -1 ||
	    errno != EAGAIN || box_stat(w->box, &stat))
		return false;
	return !stat.out_depth && !stat.out_bytes &&
	       stat.out_sent == stat.out_received + stat.out_lost &&
	       stat.out_bytes_sent ==
		       stat.out_bytes_received + stat.out_lost * w->step->len;
}

/* Exactly those that must be there, in their order. */
static inline bool holds_messages(struct world *w)
{
	unsigned int nr;

	for (nr = w->first; nr <= w->last; nr++)
		if (!receive_message(w, nr))
			return false;
	return is_empty(w);
}

static inline bool is_usable(struct world *w)
{
	if (!has_waiters(w->box, 0, 0))
		return false;
	if (!w->step->capacity)
		return send_number(w->box, 1) == -1 && errno == EAGAIN;
	return !send_number(w->box, 1) && receive_number(w->box) == 1;
}

/* -------------------------------------------------------------------- state */

static inline int next_descriptor(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

static inline bool has_to_end(const struct world *w)
{
	return w->ok && w->step->ends && !w->step->expected;
}

/* Each live mailbox has a reference to the module, and each open file. */
static inline int count_refs(const struct world *w)
{
	char text[16] = "";

	return pread(w->refcnt, text, sizeof(text) - 1, 0) > 0 ? atoi(text) :
								 -1;
}

static inline bool same_counts(const struct world *w)
{
	return next_descriptor() == w->next_fd &&
	       count_refs(w) == w->refs - has_to_end(w);
}

static inline bool same_stat(const struct world *w)
{
	struct mbx_stat now;

	return !box_stat(w->box, &now) &&
	       !memcmp(&now, &w->before, sizeof(now));
}

static inline bool has_ended(const struct world *w)
{
	struct mbx_stat now;

	return box_stat(w->box, &now) && errno == EIDRM;
}

static inline bool fill_box(struct world *w)
{
	unsigned int nr;

	for (nr = 1; nr <= w->step->spares; nr++)
		if (!send_message(w, nr))
			return false;
	while (--nr)
		if (box_receive(w->box, w->drained, sizeof(w->drained), 0) < 0)
			return false;
	for (nr = 1; nr <= w->step->queued; nr++)
		if (!send_message(w, nr))
			return false;
	return true;
}

/* Any user may use it. */
static inline int create_box(struct world *w)
{
	struct mbx_create arg;

	init_create(&arg, unique_name(w->name), w->step->flags,
		    w->step->capacity);
	arg.mode = 0666;
	return ioctl(w->control, MBX_IOC_CREATE, &arg);
}

static inline bool world_make(struct world *w, const struct step *step)
{
	w->step = step;
	w->outside = count_refs(w);
	need_content(w, step->len);
	w->box = create_box(w);
	w->id = box_id(w->box);
	unique_name(w->new_name);
	w->fd = -1;
	w->tid = syscall(SYS_gettid);
	w->crashed = false;
	w->running = false;
	w->done = false;
	w->acted = false;
	w->job = NULL;
	w->first = 1;
	w->last = step->queued;
	if (w->box < 0 || !fill_box(w))
		return false;
	if (step->prepare)
		step->prepare(w);
	w->next_fd = next_descriptor();
	w->refs = count_refs(w);
	return !box_stat(w->box, &w->before);
}

static inline bool world_end(struct world *w)
{
	box_delete(w->box, NULL, 0);
	close(w->box);
	if (w->fd >= 0)
		close(w->fd);
	return wait_until(count_refs(w) == w->outside);
}

#endif /* SELFTESTS_FAIL_NTH_WORLD_H */
