// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Producer and two consumers over a mailbox of ten.  A consumer notes for each
 * line its number in the mailbox; in that order the lines must give the file.
 */
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "demo.h"

#define CAPACITY 10
#define CONSUMERS 2
#define LINE_MAX_LEN 65536
#define INPUT_MIN 1048576
#define HEADERS "/usr/include/linux/*.h"

const char *demo_input;

static struct text {
	char *data;
	size_t len;
	size_t lines;
} text;

struct line {
	uint64_t seq;
	uint64_t at;
	uint32_t len;
};

struct shelf {
	struct mbx *box;
	uint64_t lines, bytes;
	struct line *line;
	char *data;
};

/* Length of the line at @at, at most what a receiver's buffer takes. */
static size_t line_len(size_t at)
{
	size_t left = text.len - at;
	const char *end;

	if (left > LINE_MAX_LEN)
		left = LINE_MAX_LEN;
	end = memchr(text.data + at, '\n', left);
	return end ? (size_t)(end - text.data) + 1 - at : left;
}

static void append_file(const char *path)
{
	int fd = demo_must_sys(path, open(path, O_RDONLY | O_CLOEXEC));
	struct stat st;
	ssize_t n;

	demo_must_sys(path, fstat(fd, &st));
	text.data = realloc(text.data, text.len + st.st_size + 1);
	if (!text.data)
		demo_must_sys("realloc", -1);
	while ((n = demo_must_sys(path, read(fd, text.data + text.len,
					     st.st_size))) > 0) {
		text.len += n;
		st.st_size -= n;
	}
	close(fd);
}

/* Header files in sorted order, as many as make a megabyte. */
static void load_headers(void)
{
	glob_t found;

	if (glob(HEADERS, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc && text.len < INPUT_MIN; i++)
		append_file(found.gl_pathv[i]);
	globfree(&found);
}

static bool load(void)
{
	text = (struct text){ 0 };
	if (demo_input)
		append_file(demo_input);
	else
		load_headers();
	if (text.len < INPUT_MIN)
		return demo_check(false, "%s: less than 1 MB; see --input",
				  demo_input ?: HEADERS);
	for (size_t at = 0; at < text.len; at += line_len(at))
		text.lines++;
	return true;
}

static uint32_t crc_byte(uint32_t crc, uint8_t byte)
{
	crc ^= (uint32_t)byte << 24;
	for (int bit = 0; bit < 8; bit++)
		crc = crc << 1 ^ (crc >> 31 ? 0x04c11db7 : 0);
	return crc;
}

/* As cksum(1) does it, so that the audience can check it. */
static uint32_t cksum(const char *data, size_t len)
{
	uint32_t crc = 0;

	for (size_t i = 0; i < len; i++)
		crc = crc_byte(crc, data[i]);
	for (size_t rest = len; rest; rest >>= 8)
		crc = crc_byte(crc, rest);
	return ~crc;
}

/* A message of length 0 tells a consumer that there is no more. */
static int producer(void *arg)
{
	struct mbx *box = arg;

	for (size_t at = 0; at < text.len; at += line_len(at))
		demo_must(MBX_CMD_SEND,
			  mbx_send(box, text.data + at, line_len(at)));
	for (int i = 0; i < CONSUMERS; i++)
		demo_must(MBX_CMD_SEND, mbx_send(box, NULL, 0));
	demo_report("sent %zu lines, %zu bytes", text.lines, text.len);
	return 0;
}

static int consumer(void *arg)
{
	struct shelf *mine = arg;
	struct mbx_receive get = { .size = sizeof(get) };
	ssize_t len;

	for (;;) {
		get.data_ptr = (uintptr_t)(mine->data + mine->bytes);
		get.data_len = LINE_MAX_LEN;
		len = demo_must(MBX_CMD_RECEIVE,
				mbx_receive_ext(mine->box, &get));
		if (!len)
			break;
		if (mine->bytes + len > text.len || mine->lines == text.lines)
			return 1;
		mine->line[mine->lines++] = (struct line){
			.seq = get.out_seq,
			.at = mine->bytes,
			.len = len,
		};
		mine->bytes += len;
	}
	demo_report("took %lu lines, %lu bytes", (unsigned long)mine->lines,
		    (unsigned long)mine->bytes);
	return 0;
}

/* Put the lines in the order of their numbers; how many were there twice. */
static size_t merge(const struct shelf *shelves, const char **lines,
		    uint32_t *lens)
{
	size_t doubled = 0;

	for (int c = 0; c < CONSUMERS; c++)
		for (size_t i = 0; i < shelves[c].lines; i++) {
			const struct line *l = &shelves[c].line[i];
			size_t slot = l->seq - 1;

			if (slot >= text.lines || lines[slot]) {
				doubled++;
				continue;
			}
			lines[slot] = shelves[c].data + l->at;
			lens[slot] = l->len;
		}
	return doubled;
}

static bool check_shelves(const struct shelf *shelves)
{
	const char **lines = calloc(text.lines, sizeof(*lines));
	uint32_t *lens = calloc(text.lines, sizeof(*lens));
	char *merged = malloc(text.len);
	size_t doubled, lost = 0, len = 0;
	bool ok;

	if (!lines || !lens || !merged)
		demo_must_sys("malloc", -1);
	doubled = merge(shelves, lines, lens);
	for (size_t i = 0; i < text.lines; i++) {
		if (!lines[i]) {
			lost++;
		} else if (len + lens[i] <= text.len) {
			memcpy(merged + len, lines[i], lens[i]);
			len += lens[i];
		}
	}
	ok = demo_check(!lost && !doubled, "%zu lines lost, %zu doubled", lost,
			doubled);
	demo_say("cksum sent:     %u %zu", cksum(text.data, text.len),
		 text.len);
	demo_say("cksum received: %u %zu", cksum(merged, len), len);
	ok &= demo_check(len == text.len && !memcmp(text.data, merged, len),
			 "put in the order of their numbers: the same bytes");
	free(lines);
	free(lens);
	free(merged);
	return ok;
}

static bool run_processes(struct shelf *shelves, struct mbx *box)
{
	pid_t pids[CONSUMERS + 1];
	bool ok = true;

	for (int c = 0; c < CONSUMERS; c++) {
		shelves[c].box = box;
		shelves[c].line = demo_shared(text.lines * sizeof(struct line));
		shelves[c].data = demo_shared(text.len + LINE_MAX_LEN);
		pids[c] = demo_spawn(c ? "consumer-2" : "consumer-1", consumer,
				     &shelves[c]);
	}
	pids[CONSUMERS] = demo_spawn("producer", producer, box);
	for (int i = 0; i <= CONSUMERS; i++)
		ok &= !demo_ended(pids[i]);
	return demo_check(ok, "all three ended well");
}

static bool run(void)
{
	struct shelf *shelves = demo_shared(CONSUMERS * sizeof(*shelves));
	struct mbx_stat st;
	struct mbx *box;
	bool ok;

	if (!load())
		return false;
	demo_say("%zu lines of %s, a message each, capacity %d, %d consumers",
		 text.lines, demo_input ?: HEADERS, CAPACITY, CONSUMERS);
	box = demo_create_box("demo-prodcons", CAPACITY);
	ok = run_processes(shelves, box) && check_shelves(shelves);
	demo_must(MBX_CMD_STAT, mbx_stat(box, &st, sizeof(st)));
	ok &= demo_check(st.out_high_water <= CAPACITY && !st.out_depth,
			 "never more than %u waited, none is left",
			 st.out_high_water);
	demo_end_box(box);
	free(text.data);
	return ok;
}

const struct scene demo_prodcons = {
	.name = "prodcons",
	.title = "Producer, bounded buffer, two consumers",
	.run = run,
};
