/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests with several parties: other users, sleeping pollers, descriptors
 * that travel, messages that prove themselves, and counts of what exists.
 */
#ifndef SELFTESTS_PEERS_H
#define SELFTESTS_PEERS_H

#include "mailbox.h"

#include <linux/capability.h>
#include <sys/socket.h>

/* ---------------------------------------------------------------- asleep */

/* State letter of a thread as in /proc/TID/stat, 0 if there is no thread. */
static inline char thread_state(pid_t tid)
{
	char path[32], text[256];
	const char *end;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : 0;
}

/* The thread has announced itself in @tid and then gone to sleep. */
static inline bool wait_asleep(const pid_t *tid)
{
	return wait_until(__atomic_load_n(tid, __ATOMIC_ACQUIRE) &&
			  thread_state(*tid) == 'S');
}

/* Zombies keep their pid but have given back everything else. */
static inline bool wait_zombie(pid_t pid)
{
	return wait_until(thread_state(pid) == 'Z');
}

/* ---------------------------------------------------------------- counts */

/* Lines of a proc file below its header, -1 if it cannot be read. */
static inline int proc_rows(const char *file)
{
	FILE *f = fopen(file, "re");
	char *line = NULL;
	size_t size = 0;
	int rows = -1;

	if (!f)
		return -1;
	while (getline(&line, &size, f) > 0)
		rows++;
	free(line);
	fclose(f);
	return rows;
}

static inline int box_rows(void)
{
	return proc_rows("/proc/ipc_mailboxes");
}

/*
 * What must come back to where it was, whatever a test does in between; less
 * may be left when something of an earlier test went away only then.
 */
struct counts {
	long long refs;
	int rows;
};

static inline struct counts counts_now(void)
{
	return (struct counts){ module_refs(), box_rows() };
}

static inline bool counts_are_back(const struct counts *before)
{
	return wait_until(module_refs() <= before->refs &&
			  box_rows() <= before->rows);
}

/* ----------------------------------------------------------------- users */

/* Become another user, with one supplementary group if @group is not 0. */
static inline int become(uid_t uid, gid_t gid, gid_t group)
{
	if (setgroups(!!group, &group) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid))
		return -1;
	return prctl(PR_SET_DUMPABLE, 1);
}

/* Exactly these capabilities (bits), effective and permitted. */
static inline int set_caps(__u64 caps)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = caps },
		{ .effective = caps >> 32, .permitted = caps >> 32 },
	};

	return syscall(SYS_capset, &head, data);
}

static inline int become_with_caps(uid_t uid, gid_t gid, __u64 caps)
{
	if (prctl(PR_SET_KEEPCAPS, 1) || become(uid, gid, 0))
		return -1;
	return set_caps(caps);
}

#define CAP_BIT(cap) (1ULL << (cap))

static inline int write_text(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	ssize_t len = strlen(text);
	int ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, len) == len ? 0 : -1;
	close(fd);
	return ret;
}

/* ---------------------------------------------------- meeting and passing */

/* One side opens the gate once, the other side waits for it. */
struct gate {
	int fd[2];
};

static inline void gate_init(struct gate *gate)
{
	if (pipe(gate->fd))
		abort();
}

static inline bool gate_open(struct gate *gate)
{
	return write(gate->fd[1], "", 1) == 1;
}

static inline bool gate_wait(struct gate *gate)
{
	char c;

	return read(gate->fd[0], &c, 1) == 1;
}

static inline bool pass_fd(int socket, int fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec iov = { .iov_base = "", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(socket, &msg, 0) == 1;
}

/* Returns the descriptor that the other side passed, or -1. */
static inline int take_fd(int socket)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {};
	char c;
	struct iovec iov = { .iov_base = &c, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}

/* -------------------------------------------------------------- messages */

/* Repeatable from its seed; the same on every machine. */
static inline __u32 next_random(__u64 *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

/* Content that tells a misplaced or foreign byte. */
static inline void fill_pattern(void *data, size_t len, __u32 seed)
{
	__u64 state = seed;
	__u8 *byte = data;

	while (len--)
		*byte++ = next_random(&state);
}

static inline bool has_pattern(const void *data, size_t len, __u32 seed)
{
	const __u8 *byte = data;
	__u64 state = seed;

	while (len--)
		if (*byte++ != (__u8)next_random(&state))
			return false;
	return true;
}

static inline size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* ---------------------------------------------------------------- owners */

/* A process that does nothing but own the mailbox @name, until it is killed. */
static inline bool owner_start(struct child *owner, int control,
			       const char *name)
{
	struct gate gate;
	bool there;

	gate_init(&gate);
	if (!child_start(owner)) {
		CHECK(box_create(control, name, MBX_CREATE_OWNED, 2) >= 0);
		CHECK(gate_open(&gate));
		for (;;)
			pause();
	}
	there = gate_wait(&gate);
	close(gate.fd[0]);
	close(gate.fd[1]);
	return there;
}

#endif /* SELFTESTS_PEERS_H */
