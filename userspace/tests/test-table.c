// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Library: /proc/ipc_*.
 */
#include <stdio.h>

#include "lib.h"

static char root[1024];

static struct mbx_table *table(const char *fixture, const char *name)
{
	struct mbx_table *t;

	snprintf(root, sizeof(root), "%s/fixtures/%s",
		 getenv("MBX_TESTS") ?: "tests", fixture);
	mock.root = root;
	assert_int_equal(mbx_table_open(&t, name), 0);
	return t;
}

static const char *text(struct mbx_table *t, const char *column)
{
	return mbx_table_text(t, mbx_table_column(t, column));
}

static int64_t number(struct mbx_table *t, const char *column)
{
	int64_t n = -4711;

	assert_int_equal(mbx_table_number(t, mbx_table_column(t, column), &n),
			 0);
	return n;
}

static void values(void **state)
{
	struct mbx_table *t = table("good", "ipc_mailboxes");

	assert_int_equal(mbx_table_next(t), 1);
	assert_int_equal(number(t, "id"), 1);
	assert_string_equal(text(t, "name"), "jobs");
	assert_null(text(t, "owner"));
	assert_int_equal(mbx_table_next(t), 1);
	assert_null(text(t, "name"));
	assert_int_equal(number(t, "owner"), 4242);
	assert_string_equal(text(t, "creator_comm"), "a b\t\\");
	assert_int_equal(mbx_table_next(t), 1);
	assert_string_equal(text(t, "name"), "unbound\374");
	assert_int_equal(mbx_table_next(t), 0);
	assert_int_equal(mbx_table_next(t), 0);
	assert_null(text(t, "name"));
	mbx_table_close(t);
}

static void numbers(void **state)
{
	struct mbx_table *t = table("good", "ipc_mailboxes");
	int64_t n = 5;

	assert_int_equal(mbx_table_next(t), 1);
	assert_int_equal(mbx_table_number(t, mbx_table_column(t, "owner"), &n),
			 -ENODATA);
	assert_int_equal(mbx_table_number(t, mbx_table_column(t, "name"), &n),
			 -EINVAL);
	assert_int_equal(mbx_table_number(t, -ENOENT, &n), -ENODATA);
	assert_int_equal(mbx_table_next(t), 1);
	assert_int_equal(mbx_table_next(t), 1);
	assert_int_equal(mbx_table_number(t, mbx_table_column(t, "created"),
					  &n),
			 -ERANGE);
	assert_int_equal(n, 5);
	mbx_table_close(t);
}

static void columns(void **state)
{
	struct mbx_table *t = table("good", "ipc_tasks");

	assert_int_equal(mbx_table_column(t, "tgid"), 0);
	assert_int_equal(mbx_table_column(t, "deadline"), 33);
	assert_int_equal(mbx_table_column(t, "#ipc_tasks/1"), -ENOENT);
	assert_int_equal(mbx_table_column(t, ""), -ENOENT);
	assert_null(mbx_table_text(t, 0));
	assert_null(mbx_table_text(t, -1));
	assert_null(mbx_table_text(t, 34));
	mbx_table_close(t);
}

static void appended_columns(void **state)
{
	struct mbx_table *t = table("newer", "ipc_mailboxes");

	assert_int_equal(mbx_table_next(t), 1);
	assert_string_equal(text(t, "name"), "jobs");
	assert_string_equal(text(t, "colour"), "green");
	mbx_table_close(t);
}

static void cannot_open(void **state)
{
	struct mbx_table *t = (void *)1;

	mock.root = "tests/fixtures/empty";
	assert_int_equal(mbx_table_open(&t, "ipc_tasks"), -ENODEV);
	assert_int_equal(mbx_table_open(&t, "passwd"), -EINVAL);
	assert_int_equal(mbx_table_open(&t, "../etc/passwd"), -EINVAL);
	assert_int_equal(mbx_table_open(&t, NULL), -EINVAL);
	assert_ptr_equal(t, (void *)1);
}

/* Another format, another file, no header, nothing. */
static void bad_headers(void **state)
{
	static const char *const texts[] = {
		"#ipc_tasks/2 tgid\n1\n",
		"#ipc_threads/1 tgid\n1\n",
		"tgid ppid\n1 2\n",
		"",
		"\n",
		"#ipc_tasks\n",
		"#ipc_tasks/ a\n",
	};
	struct mbx_table *t = (void *)1;
	char path[64];
	char dir[] = "/tmp/mbx-test-XXXXXX";
	size_t i;
	int fd;

	assert_non_null(mkdtemp(dir));
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(path, sizeof(path), "mkdir -p %s/proc", dir);
		assert_int_equal(system(path), 0);
		snprintf(path, sizeof(path), "%s/proc/ipc_tasks", dir);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		assert_int_equal(write(fd, texts[i], strlen(texts[i])),
				 strlen(texts[i]));
		close(fd);
		mock.root = dir;
		assert_int_equal(mbx_table_open(&t, "ipc_tasks"), -EPROTO);
		assert_ptr_equal(t, (void *)1);
	}
	unlink(path);
	snprintf(path, sizeof(path), "%s/proc", dir);
	rmdir(path);
	rmdir(dir);
	errno = 4711;
}

static void bad_lines(void **state)
{
	struct mbx_table *t = table("bad", "ipc_mailboxes");

	assert_int_equal(mbx_table_next(t), 1);
	assert_int_equal(mbx_table_next(t), -EPROTO);
	assert_int_equal(mbx_table_next(t), -EPROTO);
	assert_int_equal(mbx_table_next(t), 1);
	assert_int_equal(mbx_table_next(t), 0);
	mbx_table_close(t);
}

static void escapes(void **state)
{
	struct mbx_table *t = table("escapes", "ipc_mailboxes");

	assert_int_equal(mbx_table_next(t), 1);
	assert_string_equal(text(t, "a"), "-");
	assert_string_equal(text(t, "b"), "\\08");
	assert_string_equal(text(t, "c"), "\\");
	assert_string_equal(text(t, "d"), "\\000x");
	assert_string_equal(text(t, "e"), "\377\\400\\");
	mbx_table_close(t);
}

static void close_nothing(void **state)
{
	mbx_table_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values),		TEST(numbers),	   TEST(columns),
		TEST(appended_columns), TEST(cannot_open), TEST(bad_headers),
		TEST(bad_lines),	TEST(escapes),	   TEST(close_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
