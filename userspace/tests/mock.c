// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The system calls that lib and tool make, interposed by being in the program.
 * Those that are not about mailboxes go to the kernel.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mock.h"

struct mock mock;

void mock_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	dprintf(STDERR_FILENO, "MOCK: step %d: ", mock.at);
	vdprintf(STDERR_FILENO, fmt, ap);
	dprintf(STDERR_FILENO, "\n");
	va_end(ap);
	_exit(MOCK_FAILED);
}

/* Descriptors that epoll watches, in the order of STEP_WATCH. */
static int watched[10];
static int nr_watched;

void mock_start(const struct step *steps)
{
	mock.steps = steps;
	mock.at = 0;
	nr_watched = 0;
}

void mock_end(void)
{
	if (mock.steps && mock.steps[mock.at].cmd != STEP_END)
		mock_fail("call %d was still expected",
			  mock.steps[mock.at].cmd);
	mock.steps = NULL;
}

static void ignore(int sig)
{
}

static void arrive(int sig)
{
	struct sigaction sa;

	sigaction(sig, NULL, &sa);
	if (sa.sa_handler == SIG_DFL) {
		sa.sa_handler = ignore;
		sigaction(sig, &sa, NULL);
	}
	raise(sig);
}

static const struct step *next_step(int cmd)
{
	if (!mock.steps || mock.steps[mock.at].cmd != cmd)
		mock_fail("call %d is not the one that was expected", cmd);
	if (mock.steps[mock.at].arrives)
		arrive(mock.steps[mock.at].arrives);
	return &mock.steps[mock.at++];
}

static void expect(const char *what, uint64_t is, uint64_t should)
{
	if (is != should)
		mock_fail("%s is %llu, not %llu", what, (unsigned long long)is,
			  (unsigned long long)should);
}

static void expect_bytes(const char *what, uint64_t is, uint32_t len,
			 const char *should, uint32_t should_len)
{
	if (!should_len && should)
		should_len = strlen(should);
	expect(what, len, should_len);
	if (should_len && memcmp((void *)(uintptr_t)is, should, should_len))
		mock_fail("%s is '%.*s', not '%.*s'", what, (int)len,
			  (char *)(uintptr_t)is, (int)should_len, should);
}

static void expect_deadline(uint64_t is, uint64_t should)
{
	if (should == SOME_DEADLINE ? !is : is != should)
		mock_fail("deadline is %llu", (unsigned long long)is);
}

/* A descriptor that is one, so that leaks are seen. */
static int give_fd(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);
}

/* What goes with a message; all of it is open. */
static void expect_fds(uint64_t ptr, uint32_t should)
{
	const struct mbx_fds *fds = (void *)(uintptr_t)ptr;
	uint32_t i;

	expect("descriptors to send", fds ? fds->nr : 0, should);
	if (!fds)
		return;
	expect("size", fds->size, sizeof(*fds));
	expect("flags", fds->flags, 0);
	for (i = 0; i < fds->nr; i++)
		if (fcntl(fds->fds[i], F_GETFD) < 0)
			mock_fail("descriptor %d is not open", fds->fds[i]);
}

/* What comes with one, @nr descriptors, into the room that there is for it. */
static void put_fds(const struct step *s, uint64_t ptr, uint32_t nr)
{
	struct mbx_fds *fds = (void *)(uintptr_t)ptr;
	uint32_t i;

	expect("room for descriptors", fds ? fds->nr : 0, s->fds_room);
	if (!fds)
		return;
	expect("size", fds->size, sizeof(*fds));
	expect("flags", fds->flags, 0);
	fds->out_nr = nr;
	for (i = 0; i < fds->nr; i++)
		fds->fds[i] = i < nr && !(s->fds_lost & 1U << i) ? give_fd() :
								   -1;
}

static int version(const struct step *s, struct mbx_version *v)
{
	expect("size", v->size, sizeof(*v));
	expect("flags", v->flags, 0);
	v->out_abi = s->id ?: MBX_ABI;
	v->out_release = 0x010203;
	return s->ret;
}

static int create(const struct step *s, struct mbx_create *c)
{
	expect("size", c->size, sizeof(*c));
	expect("flags", c->flags, s->flags);
	expect_bytes("name", c->name_ptr, c->name_len, s->name, 0);
	expect("mode", c->mode, s->mode == NO_MODE ? 0 : s->mode ?: 0600);
	expect("uid", c->uid, s->uid ?: MBX_SELF);
	expect("gid", c->gid, s->gid ?: MBX_SELF);
	expect("capacity", c->capacity, s->capacity);
	expect("msg_max", c->msg_max, s->msg_max);
	expect("policy", c->policy, s->policy);
	expect("full", c->full, s->full);
	expect("deliveries", c->deliveries_max, s->deliveries);
	expect("dedup", c->dedup, s->dedup);
	if (c->deliveries_max && fcntl(c->dead_letter, F_GETFD) < 0)
		mock_fail("no dead-letter mailbox");
	expect("reserved", c->__reserved, 0);
	c->out_id = s->id;
	return s->ret ?: give_fd();
}

static int open_box(const struct step *s, struct mbx_open *o)
{
	expect("size", o->size, sizeof(*o));
	expect("flags", o->flags, s->flags);
	expect_bytes("name", o->name_ptr, o->name_len, s->name, 0);
	expect("pid", o->pid, s->pid);
	expect("id", o->id, s->name ? 0 : s->id);
	return s->ret ?: give_fd();
}

static int delete_box(const struct step *s, struct mbx_delete *d)
{
	expect("size", d->size, sizeof(*d));
	expect("flags", d->flags, 0);
	expect_bytes("name", d->name_ptr, d->name_len, s->name, 0);
	expect("pid", d->pid, s->pid);
	expect("id", d->id, s->id);
	return s->ret;
}

static int send_message(const struct step *s, struct mbx_send *m)
{
	expect("size", m->size, sizeof(*m));
	expect("flags", m->flags, s->flags);
	expect_bytes("data", m->data_ptr, m->data_len, s->data, s->len);
	expect("priority", m->priority, s->priority);
	expect("type", m->type, s->type);
	expect("message", m->id, s->msg_id);
	expect_deadline(m->deadline, s->deadline);
	expect_fds(m->fds_ptr, s->fds);
	m->out_seq = s->seq;
	m->out_pid = s->pid;
	m->out_tid = s->tid;
	return s->ret;
}

static void expect_select(uint64_t ptr, const struct mbx_select *should)
{
	const struct mbx_select *is = (void *)(uintptr_t)ptr;

	expect("selection", !!is, !!should);
	if (!is)
		return;
	expect("size", is->size, sizeof(*is));
	expect("conditions", is->flags, should->flags);
	expect("pid", is->pid, should->pid);
	expect("priority", is->priority, should->priority);
	expect("type", is->type, should->type);
	expect("badge", is->badge, should->badge);
	expect("seq", is->seq, should->seq);
}

static void expect_reply(const struct step *s, const struct mbx_reply *r)
{
	expect("size", r->size, sizeof(*r));
	expect("flags", r->flags, 0);
	expect("call", r->call, s->call);
	expect("reserved", r->__reserved, 0);
	expect_bytes("reply", r->data_ptr, r->data_len, s->reply, s->reply_len);
	if (s->cmd == STEP_REPLY)
		expect_fds(r->fds_ptr, s->fds);
}

static int reply(const struct step *s, const struct mbx_reply *r)
{
	expect_reply(s, r);
	return s->ret;
}

static int call(const struct step *s, struct mbx_call *c)
{
	uint32_t len = s->reply_len || !s->reply ? s->reply_len :
						   strlen(s->reply);

	expect("size", c->size, sizeof(*c));
	expect("flags", c->flags, s->flags);
	expect_bytes("data", c->data_ptr, c->data_len, s->data, s->len);
	expect("priority", c->priority, s->priority);
	expect("type", c->type, s->type);
	expect("reserved", c->__reserved, 0);
	expect("call", c->call, s->call);
	expect_deadline(c->deadline, s->deadline);
	expect_fds(c->fds_ptr, s->fds);
	put_fds(s, c->reply_fds_ptr, s->ret ? 0 : s->reply_fds);
	c->out_flags = s->message;
	c->out_seq = s->seq;
	c->out_pid = s->pid;
	c->out_tid = s->tid;
	c->out_len = len;
	if (s->ret < 0)
		return s->ret;
	if (len > c->reply_len)
		mock_fail("room of %u for %u bytes", c->reply_len, len);
	if (s->reply)
		memcpy((void *)(uintptr_t)c->reply_ptr, s->reply, len);
	return s->ret;
}

static int receive(const struct step *s, struct mbx_receive *m)
{
	struct mbx_reply *first = (void *)(uintptr_t)m->reply_ptr;
	uint32_t len = s->len || !s->data ? s->len : strlen(s->data);
	uint32_t copied;

	expect("size", m->size, sizeof(*m));
	expect("flags", m->flags, s->flags);
	expect("lease", m->lease_ms, s->lease);
	expect_deadline(m->deadline, s->deadline);
	expect_select(m->select_ptr, s->select);
	expect("reply", !!first, !!s->call);
	if (first)
		expect_reply(s, first);
	if (first && !s->refused)
		first->call = 0;
	put_fds(s, m->fds_ptr, s->ret ? 0 : s->fds);
	m->out_flags = s->message;
	m->out_reply_max = s->reply_max;
	m->out_len = len;
	m->out_seq = s->seq;
	m->out_time = s->time;
	m->out_pid = s->pid;
	m->out_tid = s->tid;
	m->out_uid = s->uid;
	m->out_gid = s->gid;
	m->out_badge = s->badge;
	m->out_type = s->type;
	m->out_priority = s->priority;
	m->out_deliveries = s->deliveries;
	if (s->ret)
		return s->ret;
	copied = len;
	if (m->flags & MBX_RECEIVE_TRUNCATE && len > m->data_len)
		copied = m->data_len;
	if (copied > m->data_len)
		mock_fail("buffer of %u for %u bytes", m->data_len, len);
	if (copied && s->data)
		memcpy((void *)(uintptr_t)m->data_ptr, s->data, copied);
	return 0;
}

static int stat_box(const struct step *s, struct mbx_stat *st)
{
	expect("size", st->size, sizeof(*st));
	expect("flags", st->flags, 0);
	if (s->st)
		*st = *s->st;
	else
		*st = (struct mbx_stat){
			.out_id = s->id ?: 7,
			.out_flags = s->flags,
			.out_msg_max = s->msg_max ?: 1048576,
			.out_depth = s->depth,
			.out_rights = s->rights ?: 7,
		};
	st->size = sizeof(*st);
	return s->ret;
}

static int control(const struct step *s, struct mbx_control *c)
{
	expect("size", c->size, sizeof(*c));
	expect("flags", c->flags, s->flags);
	expect("op", c->op, s->op);
	expect("reserved", c->__reserved, 0);
	expect_deadline(c->deadline, s->deadline);
	c->out_count = s->depth;
	return s->ret;
}

static int derive(const struct step *s, struct mbx_derive *d)
{
	expect("size", d->size, sizeof(*d));
	expect("flags", d->flags, s->flags);
	expect("rights", d->rights, s->rights);
	expect("reserved", d->__reserved, 0);
	expect("badge", d->badge, s->badge);
	return s->ret ?: give_fd();
}

static int end_derived(const struct step *s, struct mbx_revoke *r)
{
	expect("size", r->size, sizeof(*r));
	expect("flags", r->flags, 0);
	r->out_handles = s->handles;
	return s->ret;
}

static int notify(const struct step *s, struct mbx_notify *n)
{
	expect("size", n->size, sizeof(*n));
	expect("flags", n->flags, s->flags);
	expect("events", n->events, s->events);
	if (n->events && fcntl(n->fd, F_GETFD) != FD_CLOEXEC)
		mock_fail("no descriptor, or one without O_CLOEXEC");
	if (!n->events)
		expect("descriptor", n->fd, 0);
	expect("low", n->low, s->low);
	expect("high", n->high, s->high);
	expect("data", n->data, s->tag);
	n->out_events = s->happened;
	n->out_state = s->state;
	return s->ret;
}

static int element(__u32 cmd, void *arg)
{
	return cmd == MBX_CMD_SEND ? send_message(next_step(STEP_SEND), arg) :
				     receive(next_step(STEP_RECEIVE), arg);
}

static int batch(const struct step *s, struct mbx_batch *b)
{
	char *vec = (void *)(uintptr_t)b->vec_ptr;
	uint32_t i;
	int ret = 0;

	expect("size", b->size, sizeof(*b));
	expect("flags", b->flags, 0);
	expect("cmd", b->cmd, s->op);
	expect("elements", b->nr, s->nr);
	expect("reserved", b->__reserved, 0);
	b->out_lost = 0;
	for (i = 0; i < b->nr && ret >= 0; i++) {
		ret = s->ret && i == s->depth ?
			      s->ret :
			      element(b->cmd, vec + i * b->stride);
		b->out_lost += ret == MBX_LOST;
	}
	b->out_error = ret < 0 ? -ret : 0;
	i -= ret < 0;
	return i || ret >= 0 ? (int)i : ret;
}

static int transfer(const struct step *s, struct mbx_transfer *t)
{
	expect("size", t->size, sizeof(*t));
	expect("flags", t->flags, s->flags);
	expect("pid", t->pid, s->pid);
	expect("reserved", t->__reserved, 0);
	return s->ret;
}

static int settle(const struct step *s, struct mbx_settle *t)
{
	expect("size", t->size, sizeof(*t));
	expect("flags", t->flags, s->flags);
	expect("seq", t->seq, s->seq);
	expect("lease", t->lease_ms, s->lease);
	expect("reserved", t->__reserved, 0);
	return s->ret;
}

int ioctl(int fd, unsigned long request, ...)
{
	const struct step *s;
	va_list ap;
	void *arg;
	int ret;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (_IOC_TYPE(request) != MBX_IOC_MAGIC)
		return syscall(SYS_ioctl, fd, request, arg);
	if (fcntl(fd, F_GETFD) < 0)
		return -1;
	s = next_step(_IOC_NR(request) + 1);
	switch (s->cmd) {
	case STEP_VERSION:
		ret = version(s, arg);
		break;
	case STEP_CREATE:
		ret = create(s, arg);
		break;
	case STEP_OPEN:
		ret = open_box(s, arg);
		break;
	case STEP_DELETE:
		ret = delete_box(s, arg);
		break;
	case STEP_SEND:
		ret = send_message(s, arg);
		break;
	case STEP_RECEIVE:
		ret = receive(s, arg);
		break;
	case STEP_DERIVE:
		ret = derive(s, arg);
		break;
	case STEP_REVOKE:
		ret = end_derived(s, arg);
		break;
	case STEP_CONTROL:
		ret = control(s, arg);
		break;
	case STEP_NOTIFY:
		ret = notify(s, arg);
		break;
	case STEP_BATCH:
		ret = batch(s, arg);
		break;
	case STEP_TRANSFER:
		ret = transfer(s, arg);
		break;
	case STEP_CALL:
		ret = call(s, arg);
		break;
	case STEP_REPLY:
		ret = reply(s, arg);
		break;
	case STEP_SETTLE:
		ret = settle(s, arg);
		break;
	default:
		ret = stat_box(s, arg);
	}
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/*
 * On a mailbox, and perhaps on an eventfd, or on another mailbox that is watched for
 * its end alone.
 */
int ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *timeout,
	  const sigset_t *mask)
{
	const struct step *s = next_step(STEP_POLL);
	const bool two = s->signal || s->ends;

	expect("descriptors", nr, two ? 2 : 1);
	expect("events", fds->events, s->events);
	fds->revents = s->revents;
	if (s->signal) {
		expect("events", fds[1].events, POLLIN);
		fds[1].revents = s->signal > 0 ? s->signal : 0;
	}
	if (s->ends) {
		expect("events", fds[1].events, 0);
		fds[1].revents = s->ends > 0 ? s->ends : 0;
	}
	if (s->ret >= 0)
		return !!s->revents + (s->signal > 0) + (s->ends > 0);
	errno = -s->ret;
	return -1;
}

/* ---- epoll: of an instance that is one ---------------------------------- */

int epoll_ctl(int ep, int op, int fd, struct epoll_event *event)
{
	const struct step *s =
		next_step(op == EPOLL_CTL_ADD ? STEP_WATCH : STEP_UNWATCH);

	if (fcntl(ep, F_GETFD) != FD_CLOEXEC)
		mock_fail("no epoll instance, or one without O_CLOEXEC");
	if (op == EPOLL_CTL_ADD) {
		expect("events", event->events, EPOLLIN);
		expect("descriptor", event->data.fd, fd);
		watched[nr_watched++] = fd;
	}
	errno = s->ret ? -s->ret : errno;
	return s->ret ? -1 : 0;
}

static void expect_timeout(const struct timespec *is, uint64_t should)
{
	const bool waits = !is || is->tv_sec || is->tv_nsec;

	if (!should != !is || (is && waits != (should != 1)))
		mock_fail("timeout is %s", is ? waits ? "some" : "0" : "none");
}

int epoll_pwait2(int ep, struct epoll_event *events, int room,
		 const struct timespec *timeout, const sigset_t *mask)
{
	const struct step *s = next_step(STEP_EPOLL);
	int nr = 0;

	expect_timeout(timeout, s->deadline);
	if (s->ret) {
		errno = -s->ret;
		return -1;
	}
	for (; s->data && s->data[nr]; nr++)
		events[nr].data.fd = watched[s->data[nr] - '0'];
	if (nr > room)
		mock_fail("room for %d events", room);
	return nr;
}

/* Whoever runs the tests. */
uid_t geteuid(void)
{
	return 1000;
}

/* ---- Files ------------------------------------------------------------ */

/* @path, or what stands in for it. */
static const char *divert(const char *path, char *buf)
{
	if (!mock.root ||
	    (strncmp(path, "/proc", 5) && strncmp(path, "/sys/", 5)))
		return path;
	snprintf(buf, PATH_MAX, "%s%s", mock.root, path);
	return buf;
}

static int open_any(const char *path, int flags, int mode)
{
	char buf[PATH_MAX];

	if (!strcmp(path, MBX_DEVICE)) {
		if (!(flags & O_CLOEXEC))
			mock_fail("the device is opened without O_CLOEXEC");
		errno = mock.device_err;
		return mock.device_err ? -1 : give_fd();
	}
	return syscall(SYS_openat, AT_FDCWD, divert(path, buf), flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return open_any(path, flags, mode);
}

DIR *opendir(const char *path)
{
	int fd = open_any(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	return fd < 0 ? NULL : fdopendir(fd);
}

int access(const char *path, int mode)
{
	char buf[PATH_MAX];

	return syscall(SYS_faccessat, AT_FDCWD, divert(path, buf), mode);
}

ssize_t readlink(const char *path, char *to, size_t size)
{
	char buf[PATH_MAX];

	return syscall(SYS_readlinkat, AT_FDCWD, divert(path, buf), to, size);
}
