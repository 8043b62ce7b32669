// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the files in pieces, at offsets, again, and while things change. */
#include "procfs.h"

#define NR_BOXES 40

/* ------------------------------------------------------------- one content */

/* Mailboxes that nobody uses: each reading must give the same bytes. */
FIXTURE(pieces) {
	int control;
	int boxes[NR_BOXES];
	char *whole;
	size_t len;
};

FIXTURE_SETUP(pieces)
{
	int i;

	OPEN_CONTROL(self->control);
	for (i = 0; i < NR_BOXES; i++) {
		self->boxes[i] =
			box_create(self->control, NULL, MBX_CREATE_OWNED, i);
		ASSERT_LE(0, self->boxes[i]);
	}
	self->whole = slurp(IPC_MAILBOXES, 1 << 16);
	ASSERT_TRUE(self->whole);
	self->len = strlen(self->whole);
}

FIXTURE_TEARDOWN(pieces)
{
	free(self->whole);
}

TEST_F(pieces, of_any_size)
{
	static const size_t sizes[] = { 1,   2,	   7,	 64,	 255,
					256, 1000, 4096, 1 << 20 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *text = slurp(IPC_MAILBOXES, sizes[i]);

		EXPECT_STREQ(self->whole, text);
		free(text);
	}
}

TEST_F(pieces, at_any_offset)
{
	int fd = open(IPC_MAILBOXES, O_RDONLY | O_CLOEXEC);
	__u64 random = 1;
	int i;

	for (i = 0; i < 300; i++) {
		size_t offset = next_random(&random) % self->len;
		size_t size = 1 + next_random(&random) % 300;
		char piece[301];
		ssize_t got = pread(fd, piece, size, offset);

		ASSERT_LT(0, got);
		EXPECT_EQ(0, memcmp(self->whole + offset, piece, got));
		/* pread() moves nothing. */
		EXPECT_EQ(0, lseek(fd, 0, SEEK_CUR));
	}
	EXPECT_EQ(0, pread(fd, &i, sizeof(i), self->len));
	close(fd);
}

TEST_F(pieces, after_lseek)
{
	int fd = open(IPC_MAILBOXES, O_RDONLY | O_CLOEXEC);
	size_t offset;
	char *text;

	for (offset = 0; offset < self->len; offset += 333) {
		ASSERT_EQ((off_t)offset, lseek(fd, offset, SEEK_SET));
		text = slurp_fd(fd, 512);
		EXPECT_STREQ(self->whole + offset, text);
		free(text);
	}
	EXPECT_ERRNO(EINVAL, lseek(fd, -1, SEEK_SET));
	EXPECT_ERRNO(EINVAL, lseek(fd, 0, SEEK_END));
	close(fd);
}

TEST_F(pieces, to_a_bad_address)
{
	int fd = open(IPC_MAILBOXES, O_RDONLY | O_CLOEXEC);
	char *text;

	EXPECT_ERRNO(EFAULT, syscall(SYS_read, fd, NULL, 100));
	/* Nothing is lost by that. */
	text = slurp_fd(fd, 512);
	EXPECT_STREQ(self->whole, text);
	free(text);
	close(fd);
}

/* The row that was to come next goes; the others stay in order. */
TEST_F(pieces, while_rows_vanish)
{
	int fd = open(IPC_MAILBOXES, O_RDONLY | O_CLOEXEC);
	struct table table;
	size_t len = 0;
	char *text;
	int i, rest;

	text = calloc(1, self->len + 1);
	while (len < self->len / 2) {
		ssize_t got = read(fd, text + len, 16);

		ASSERT_LT(0, got);
		len += got;
	}
	rest = NR_BOXES;
	for (i = 1; i < NR_BOXES; i += 2, rest--)
		EXPECT_EQ(0, box_delete(self->boxes[i], NULL, 0));
	len += read(fd, text + len, self->len - len);
	while ((i = read(fd, text + len, self->len - len)) > 0)
		len += i;
	ASSERT_TRUE(table_parse(&table, text));
	for (i = 0; i < NR_BOXES; i += 2)
		EXPECT_EQ(1, table_count(&table, box_id(self->boxes[i])));
	table_free(&table);
	close(fd);
}

/* ----------------------------------------------------------- many contents */

FIXTURE(again) {
	int control;
	int fd;
};

FIXTURE_VARIANT(again)
{
	const char *file;
};

FIXTURE_VARIANT_ADD(again, tasks){ .file = IPC_TASKS };
FIXTURE_VARIANT_ADD(again, threads){ .file = IPC_THREADS };

FIXTURE_SETUP(again)
{
	OPEN_CONTROL(self->control);
	self->fd = open(variant->file, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(again)
{
	close(self->fd);
}

TEST_F(again, from_the_start_shows_the_present)
{
	struct table table;
	pid_t pid;

	ASSERT_TRUE(table_parse(&table, slurp_fd(self->fd, 256)));
	EXPECT_TRUE(table_find(&table, getpid()));
	table_free(&table);

	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	ASSERT_EQ(0, lseek(self->fd, 0, SEEK_SET));
	ASSERT_TRUE(table_parse(&table, slurp_fd(self->fd, 256)));
	EXPECT_TRUE(table_find(&table, pid));
	table_free(&table);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);

	ASSERT_EQ(0, lseek(self->fd, 0, SEEK_SET));
	ASSERT_TRUE(table_parse(&table, slurp_fd(self->fd, 7)));
	EXPECT_FALSE(table_find(&table, pid));
	table_free(&table);
}

TEST_F(again, children_do_not_add_up)
{
	int i;

	for (i = 0; i < 3; i++) {
		struct table table;
		const char *row;

		ASSERT_EQ(0, lseek(self->fd, 0, SEEK_SET));
		ASSERT_TRUE(table_parse(&table, slurp_fd(self->fd, 256)));
		row = table_find(&table, getppid());
		/* Nobody else is a child of it while this test runs. */
		if (proc_column(table.header, "children") >= 0)
			EXPECT_EQ(1, table_number(&table, row, "children"));
		table_free(&table);
	}
}

TEST_F(again, pieces_make_whole_rows)
{
	static const size_t sizes[] = { 1, 7, 256 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const char *row = NULL;
		struct table table;
		long long last = 0;

		ASSERT_EQ(0, lseek(self->fd, 0, SEEK_SET));
		ASSERT_TRUE(table_parse(&table, slurp_fd(self->fd, sizes[i])));
		while ((row = table_next(&table, row))) {
			/* Each begins and ends as one should. */
			EXPECT_LT(last, strtoll(row, NULL, 10));
			last = strtoll(row, NULL, 10);
			EXPECT_NE(NO_NUMBER,
				  table_number(&table, row, "start"));
			EXPECT_TRUE(strchr(row, '\n'));
		}
		EXPECT_EQ(1, table_count(&table, getpid()));
		table_free(&table);
	}
}

TEST_F(again, header_at_any_offset)
{
	char whole[64], piece[64];
	int i;

	ASSERT_EQ((ssize_t)sizeof(whole),
		  pread(self->fd, whole, sizeof(whole), 0));
	for (i = 0; i < (int)sizeof(whole); i++) {
		ASSERT_EQ((ssize_t)sizeof(whole) - i,
			  pread(self->fd, piece, sizeof(whole) - i, i));
		EXPECT_EQ(0, memcmp(whole + i, piece, sizeof(whole) - i));
	}
}

TEST_F(again, far_behind_the_end)
{
	char c;

	EXPECT_EQ(0, pread(self->fd, &c, 1, 1 << 30));
	EXPECT_EQ(1, pread(self->fd, &c, 1, 0));
	EXPECT_EQ('#', c);
}

/* Two readers of one file do not disturb each other's rows. */
static void *read_it(void *arg)
{
	const int *fd = arg;
	char data[300];
	int i;

	for (i = 0; i < 300; i++)
		if (pread(*fd, data, sizeof(data), i * 37) < 0)
			return arg;
	return NULL;
}

TEST_F(again, readers_side_by_side)
{
	pthread_t threads[4];
	void *failed;
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, read_it,
					    &self->fd));
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		EXPECT_EQ(NULL, failed);
	}
}

TEST_HARNESS_MAIN
