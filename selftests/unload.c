// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unloading: refused while anything is in use, accepted as soon as nothing is,
 * whatever else still points at the module.
 *
 * The module is taken from $MBX_MODULE, or from where it usually lies.
 */
#include <dirent.h>
#include <sys/utsname.h>

#include "event_box.h"

FIXTURE(unload) {
	char module[256];
};

static bool usual_place(char *path, size_t size)
{
	static const char *const places[] = {
		"/lib/modules/ipc_mailbox.ko",
		"/lib/modules/%s/updates/ipc_mailbox.ko",
		"/lib/modules/%s/extra/ipc_mailbox.ko",
	};
	struct utsname name;
	unsigned int i;

	uname(&name);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, size, places[i], name.release);
		if (!access(path, R_OK))
			return true;
	}
	return false;
}

static int load(const char *path, const char *params)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret = syscall(SYS_finit_module, fd, params, 0);

	close(fd);
	return ret;
}

static int unload(void)
{
	return syscall(SYS_delete_module, "ipc_mailbox", O_NONBLOCK);
}

static bool loaded(void)
{
	return !access("/sys/module/ipc_mailbox/refcnt", F_OK);
}

/* The last references of those who have exited go a moment after them. */
static bool unload_when_idle(void)
{
	return wait_until(!unload());
}

FIXTURE_SETUP(unload)
{
	const char *module = getenv("MBX_MODULE");

	NEED_ROOT();
	if (module)
		snprintf(self->module, sizeof(self->module), "%s", module);
	else if (!usual_place(self->module, sizeof(self->module)))
		SKIP(return, "no ipc_mailbox.ko to load again: set MBX_MODULE");
	if (!loaded())
		ASSERT_EQ(0, load(self->module, ""));
	ASSERT_TRUE(wait_until(!access(MBX_DEVICE, R_OK | W_OK)));
	if (!wait_until(!module_refs()))
		SKIP(return, "the module is in use by others");
}

FIXTURE_TEARDOWN_PARENT(unload)
{
	if (self->module[0] && !loaded())
		EXPECT_EQ(0, load(self->module, ""));
}

static int open_control(void)
{
	return open(MBX_DEVICE, O_RDWR | O_CLOEXEC);
}

/* ------------------------------------------------------------------ refused */

TEST_F(unload, refused_while_control_is_open)
{
	int control = open_control();

	ASSERT_LE(0, control);
	EXPECT_ERRNO(EAGAIN, unload());
	close(control);
	EXPECT_TRUE(unload_when_idle());
}

TEST_F(unload, refused_while_a_mailbox_exists)
{
	int control = open_control();
	int fd = box_create(control, "lonely", 0, 1);

	ASSERT_LE(0, fd);
	close(fd);
	close(control);
	EXPECT_ERRNO(EAGAIN, unload());
	control = open_control();
	EXPECT_EQ(0, box_delete(control, "lonely", 0));
	close(control);
	EXPECT_TRUE(unload_when_idle());
}

TEST_F(unload, refused_while_a_handle_is_open)
{
	int control = open_control();
	int fd = box_create(control, NULL, 0, 1);

	ASSERT_EQ(0, box_delete(fd, NULL, 0));
	close(control);
	EXPECT_ERRNO(EAGAIN, unload());
	EXPECT_ERRNO(EIDRM, send_number(fd, 1));
	close(fd);
	EXPECT_TRUE(unload_when_idle());
}

TEST_F(unload, refused_while_someone_sleeps)
{
	int control = open_control();
	int fd = box_create(control, NULL, 0, 1);
	struct job *job = job_process(job_receive(fd, 0));

	ASSERT_TRUE(job_blocks(job));
	EXPECT_ERRNO(EAGAIN, unload());
	EXPECT_TRUE(is_blocked(job->tid, "receive"));
	EXPECT_EQ(0, box_delete(fd, NULL, 0));
	EXPECT_EQ(EIDRM, job_join(job));
	close(fd);
	close(control);
	EXPECT_TRUE(unload_when_idle());
}

TEST_F(unload, refused_while_messages_wait)
{
	int control = open_control();
	int fd = box_create(control, "full", 0, 4);

	ASSERT_EQ(0, send_number(fd, 1));
	close(fd);
	close(control);
	EXPECT_ERRNO(EAGAIN, unload());
	control = open_control();
	EXPECT_EQ(0, box_delete(control, "full", 0));
	close(control);
	EXPECT_TRUE(unload_when_idle());
}

TEST_F(unload, refused_while_an_owner_lives)
{
	struct child child;

	if (!child_start(&child)) {
		int control = open_control();
		int fd = box_create(control, "mine", MBX_CREATE_OWNED, 1);

		CHECK(fd >= 0);
		close(fd);
		close(control);
		for (;;)
			pause();
	}
	ASSERT_TRUE(wait_until(box_rows() == 1));
	EXPECT_ERRNO(EAGAIN, unload());
	kill(child.pid, SIGKILL);
	child_join(&child);
	EXPECT_TRUE(unload_when_idle());
}

/* ------------------------------------------------------------------ accepted */

static void tell_until_killed(void)
{
	int control = open_control();
	int a = box_create(control, NULL, MBX_CREATE_OWNED, 1);
	int b = box_create(control, NULL, MBX_CREATE_OWNED, 2);

	CHECK(!box_tell(a, PLAIN_EVENTS, b, 0));
	CHECK(!box_tell(b, PLAIN_EVENTS, a, 0));
	for (;;) {
		send_number(a, 1);
		receive_number(a);
		receive_number(b);
	}
}

/* The module itself sends messages that tell of events. */
TEST_F_TIMEOUT(unload, after_events_were_told, 120)
{
	struct child child;
	int i;

	for (i = 0; i < 20; i++) {
		if (!child_start(&child))
			tell_until_killed();
		ASSERT_TRUE(wait_until(box_rows() == 2));
		pause_briefly();
		kill(child.pid, SIGKILL);
		EXPECT_EQ(SIGKILL, child_join(&child));
		ASSERT_TRUE(unload_when_idle());
		ASSERT_EQ(0, load(self->module, ""));
		ASSERT_TRUE(wait_until(!access(MBX_DEVICE, R_OK | W_OK)));
	}
}

TEST_F(unload, leaves_nothing_behind)
{
	ASSERT_TRUE(unload_when_idle());
	EXPECT_EQ(-1, access("/proc/ipc_tasks", F_OK));
	EXPECT_EQ(-1, access("/proc/ipc_threads", F_OK));
	EXPECT_EQ(-1, access("/proc/ipc_mailboxes", F_OK));
	EXPECT_TRUE(wait_until(access(MBX_DEVICE, F_OK)));
	EXPECT_EQ(-1, access("/sys/kernel/tracing/events/ipc_mailbox", F_OK));
	EXPECT_EQ(-1, access("/sys/kernel/slab/mbx_msg_4k", F_OK));
}

/* A process that has used mailboxes lives on, and exits without the module. */
TEST_F_TIMEOUT(unload, former_users_may_live_on, 120)
{
	struct gate end, used;
	struct child child;
	int i;

	gate_init(&end);
	gate_init(&used);
	if (!child_start(&child)) {
		int control = open_control();
		int fd = box_create(control, NULL, MBX_CREATE_OWNED, 1);

		CHECK(!send_number(fd, 1));
		close(fd);
		close(control);
		gate_open(&used);
		gate_wait(&end);
		child_exit();
	}
	ASSERT_TRUE(gate_wait(&used));
	ASSERT_TRUE(unload_when_idle());
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, load(self->module, ""));
		ASSERT_TRUE(unload_when_idle());
	}
	gate_open(&end);
	EXPECT_CHILD(child);
}

TEST_F_TIMEOUT(unload, former_user_uses_it_again, 120)
{
	int i, control, fd;

	for (i = 0; i < 3; i++) {
		ASSERT_TRUE(wait_until((control = open_control()) >= 0));
		fd = box_create(control, NULL, MBX_CREATE_OWNED, 1);
		ASSERT_EQ(0, send_number(fd, i));
		EXPECT_EQ(i, receive_number(fd));
		close(fd);
		close(control);
		ASSERT_TRUE(unload_when_idle());
		ASSERT_EQ(0, load(self->module, ""));
	}
}

/* Their last callbacks may still be under way. */
TEST_F_TIMEOUT(unload, straight_after_many_deaths, 120)
{
	struct child children[30];
	int round, i;

	for (round = 0; round < 3; round++) {
		ASSERT_TRUE(wait_until(!access(MBX_DEVICE, R_OK)));
		for (i = 0; i < 30; i++) {
			if (child_start(&children[i]))
				continue;
			int control = open_control();
			int fd = box_create(control, NULL, MBX_CREATE_OWNED, 4);

			CHECK(!send_number(fd, 1));
			kill(getpid(), SIGKILL);
		}
		for (i = 0; i < 30; i++)
			EXPECT_EQ(SIGKILL, child_join(&children[i]));
		ASSERT_TRUE(unload_when_idle());
		ASSERT_EQ(0, load(self->module, ""));
	}
}

TEST_F(unload, with_events_enabled)
{
	const char *enable = "/sys/kernel/tracing/events/ipc_mailbox/enable";
	int control, fd;

	if (access(enable, W_OK))
		SKIP(return, "no tracefs");
	ASSERT_EQ(0, write_text(enable, "1"));
	control = open_control();
	fd = box_create(control, NULL, MBX_CREATE_OWNED, 1);
	EXPECT_EQ(0, send_number(fd, 1));
	close(fd);
	close(control);
	EXPECT_TRUE(unload_when_idle());
	EXPECT_EQ(-1, access(enable, F_OK));
	/* What is in the buffer was formatted by the module. */
	EXPECT_LE(0, proc_rows("/sys/kernel/tracing/trace"));
}

/* -------------------------------------------------------------- proc files */

static const char *const proc_files[] = {
	"/proc/ipc_tasks",
	"/proc/ipc_threads",
	"/proc/ipc_mailboxes",
};

TEST_F(unload, open_proc_files_end)
{
	char text[64];
	unsigned int i;
	int fds[3];

	for (i = 0; i < 3; i++) {
		fds[i] = open(proc_files[i], O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fds[i]);
		ASSERT_LT(0, read(fds[i], text, i ? sizeof(text) : 1));
	}
	ASSERT_TRUE(unload_when_idle());
	for (i = 0; i < 3; i++) {
		EXPECT_GE(0, read(fds[i], text, sizeof(text)));
		EXPECT_GE(0, lseek(fds[i], 0, SEEK_SET));
		EXPECT_GE(0, read(fds[i], text, sizeof(text)));
	}
	ASSERT_EQ(0, load(self->module, ""));
	for (i = 0; i < 3; i++) {
		EXPECT_GE(0, read(fds[i], text, sizeof(text)));
		close(fds[i]);
	}
}

static void *keep_reading(void *arg)
{
	int *stop = arg;
	unsigned int i;

	for (i = 0; !__atomic_load_n(stop, __ATOMIC_RELAXED); i++)
		proc_rows(proc_files[i % 3]);
	return NULL;
}

TEST_F_TIMEOUT(unload, while_proc_files_are_read, 120)
{
	pthread_t threads[3];
	int stop = 0, i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, keep_reading,
					    &stop));
	for (i = 0; i < 6; i++) {
		EXPECT_TRUE(unload_when_idle());
		EXPECT_EQ(0, load(self->module, ""));
	}
	stop = 1;
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

/* --------------------------------------------------------------- parameters */

TEST_F(unload, parameters_at_load)
{
	int control, i;

	ASSERT_TRUE(unload_when_idle());
	ASSERT_EQ(0, load(self->module, "max_mailboxes=3 max_msg_size=2000"));
	EXPECT_EQ(3, read_number(MODULE_PARAM("max_mailboxes")));
	EXPECT_EQ(2000, read_number(MODULE_PARAM("max_msg_size")));
	EXPECT_LT(0, read_number(MODULE_PARAM("max_bytes")));
	ASSERT_TRUE(wait_until((control = open_control()) >= 0));
	for (i = 0; i < 3; i++)
		EXPECT_LE(0, box_create(control, NULL, MBX_CREATE_OWNED, 1));
	EXPECT_ERRNO(ENOSPC, box_create(control, NULL, MBX_CREATE_OWNED, 1));
	for (i = 0; i < 3; i++)
		close(control + 1 + i);
	close(control);
	EXPECT_TRUE(unload_when_idle());
}

TEST_F(unload, nonsense_is_refused_at_load)
{
	ASSERT_TRUE(unload_when_idle());
	EXPECT_EQ(-1, load(self->module, "max_mailboxes=many"));
	EXPECT_EQ(-1, load(self->module, "max_msg_size=0"));
	EXPECT_EQ(-1, load(self->module, "max_msg_size=4294967295"));
	EXPECT_FALSE(loaded());
}

TEST_HARNESS_MAIN
