// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs of the tool, each in a child of the test.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tool.h"

/* tools/mbx.c, its main() renamed. */
int mbx_main(int argc, char **argv);

static const char *folder(void)
{
	return getenv("MBX_TESTS") ?: "tests";
}

static int file_with(const char *text, size_t len)
{
	int fd = memfd_create("test", 0);

	if (text && write(fd, text, len ?: strlen(text)) < 0)
		fail();
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/*
 * The whole content of @fd; @len is set.  Mapped, and left so: the children of
 * later tests would report allocated memory that a failed one has left.
 */
static char *content(int fd, size_t *len)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = mmap(NULL, size + 1, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*len = pread(fd, text, size, 0);
	return text;
}

static int out_fd(enum out_kind kind, int file)
{
	int fds[2];

	if (kind == OUT_FULL)
		return open("/dev/full", O_WRONLY);
	if (kind == OUT_NO_READER && !pipe(fds)) {
		close(fds[0]);
		return fds[1];
	}
	return file;
}

static void __attribute__((noreturn))
child(const struct run *r, int in, int out, int err)
{
	static char root[1024];
	char *argv[MAX_ARGS + 2] = { (char *)"mbx" };
	int i, status;

	for (i = 0; i < MAX_ARGS && r->args[i]; i++)
		argv[i + 1] = (char *)r->args[i];
	if (r->root) {
		snprintf(root, sizeof(root), "%s/%s", folder(), r->root);
		mock.root = root;
	}
	mock.device_err = r->device_err;
	dup2(in, STDIN_FILENO);
	dup2(err, STDERR_FILENO);
	dup2(out_fd(r->kind, out), STDOUT_FILENO);
	if (r->kind == OUT_CLOSED)
		close(STDOUT_FILENO);
	setenv("LC_ALL", "C", 1);
	/* A shell lets what it runs in the background ignore it. */
	signal(SIGINT, SIG_DFL);
	mock_start(r->steps);
	status = mbx_main(i + 1, argv);
	mock_end();
	exit(status);
}

static int wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		fail();
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   1000 + WTERMSIG(status);
}

static void check_err(const struct run *r, int fd)
{
	char should[1024] = "";
	size_t len;
	char *is = content(fd, &len);

	if (r->err)
		snprintf(should, sizeof(should), "mbx: %s\n", r->err);
	assert_string_equal(is, should);
}

/* UPDATE_GOLDEN=1 writes the files anew, to be looked at. */
static void check_golden(const struct run *r, const char *is, size_t len)
{
	char path[1024];
	char *should;
	size_t size;
	int fd;

	snprintf(path, sizeof(path), "%s/golden/%s", folder(), r->golden);
	if (getenv("UPDATE_GOLDEN")) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		if (fd < 0 || write(fd, is, len) < 0)
			fail_msg("%s: %s", path, strerror(errno));
		close(fd);
	}
	fd = open(path, O_RDONLY);
	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	should = content(fd, &size);
	close(fd);
	assert_string_equal(is, should);
}

static void check_out(const struct run *r, int fd)
{
	size_t len, should;
	char *is = content(fd, &len);

	if (r->golden) {
		check_golden(r, is, len);
	} else if (r->out) {
		should = r->out_len ?: strlen(r->out);
		if (!memchr(is, 0, len) && !r->out_len)
			assert_string_equal(is, r->out);
		assert_int_equal(len, should);
		assert_memory_equal(is, r->out, len);
	}
}

static void test_run(void **state)
{
	const struct run *r = *state;
	int in = file_with(r->in, r->in_len);
	int out = file_with(NULL, 0);
	int err = file_with(NULL, 0);
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (!pid)
		child(r, in, out, err);
	status = wait_for(pid);
	check_err(r, err);
	assert_int_equal(status, r->status);
	check_out(r, out);
	close(in);
	close(out);
	close(err);
}

int run_all(const char *group, const struct run *runs, size_t nr)
{
	struct CMUnitTest *tests = calloc(nr, sizeof(*tests));
	size_t i;
	int failed;

	for (i = 0; i < nr; i++)
		tests[i] = (struct CMUnitTest){
			.name = runs[i].name,
			.test_func = test_run,
			.initial_state = (void *)&runs[i],
		};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = _cmocka_run_group_tests(group, tests, nr, NULL, NULL);
	free(tests);
	return failed ? 1 : 0;
}
