// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Another thread changes the arguments while they are used: each is taken once,
 * so that what was checked is what is done.
 */
#include "peers.h"

#define ROUNDS 6000
#define SHORT 8
#define LONG 3000

/* Writes two values in turn to one place, as fast as it can. */
struct flipper {
	volatile __u32 *place;
	__u32 values[2];
	int stop;
	pthread_t thread;
};

static void *flip(void *arg)
{
	struct flipper *flipper = arg;
	unsigned int i;

	for (i = 0; !__atomic_load_n(&flipper->stop, __ATOMIC_RELAXED); i++) {
		*flipper->place = flipper->values[i % 2];
		/* On a single processor the other side must get on, too. */
		if (i % 64 == 0)
			sched_yield();
	}
	return NULL;
}

static void flipper_start(struct flipper *flipper, volatile __u32 *place,
			  __u32 a, __u32 b)
{
	*flipper = (struct flipper){ .place = place, .values = { a, b } };
	if (pthread_create(&flipper->thread, NULL, flip, flipper))
		abort();
}

static void flipper_stop(struct flipper *flipper)
{
	__atomic_store_n(&flipper->stop, 1, __ATOMIC_RELAXED);
	pthread_join(flipper->thread, NULL);
}

/* Flips the low half of an address, which is that of @good, to that of @bad. */
static void flip_address(struct flipper *flipper, __u64 *place, void *good,
			 void *bad)
{
	*place = (uintptr_t)good;
	flipper_start(flipper, (volatile __u32 *)place, (uintptr_t)good,
		      (uintptr_t)bad);
}

FIXTURE(flip) {
	int control;
	int fd;
	struct flipper flipper;
	char source[LONG];
	char data[LONG];
	size_t page;
	char *pages;
};

FIXTURE_SETUP(flip)
{
	OPEN_CONTROL(self->control);
	self->fd = box_create(self->control, NULL, MBX_CREATE_OWNED,
			      MBX_UNBOUNDED);
	ASSERT_LE(0, self->fd);
	fill_pattern(self->source, LONG, 1);

	/* One that can be used, next to one that cannot. */
	self->page = sysconf(_SC_PAGESIZE);
	self->pages = mmap(NULL, 2 * self->page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->pages);
	memcpy(self->pages, self->source, LONG);
	ASSERT_EQ(0, mprotect(self->pages + self->page, self->page, PROT_NONE));
}

FIXTURE_TEARDOWN(flip)
{
}

/* One of the two lengths, and all of it. */
static bool drain_one(FIXTURE_DATA(flip) * self)
{
	int len = box_receive(self->fd, self->data, LONG, MBX_RECEIVE_NONBLOCK);

	return (len == SHORT || len == LONG) &&
	       !memcmp(self->data, self->source, len);
}

TEST_F_TIMEOUT(flip, length_of_a_send, 120)
{
	struct mbx_send arg;
	int i;

	init_send(&arg, self->source, SHORT, 0);
	flipper_start(&self->flipper, &arg.data_len, SHORT, LONG);
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, ioctl(self->fd, MBX_IOC_SEND, &arg));
		ASSERT_TRUE(drain_one(self));
	}
	flipper_stop(&self->flipper);
}

TEST_F_TIMEOUT(flip, length_beyond_the_limit, 120)
{
	struct mbx_send arg;
	int i;

	init_send(&arg, self->source, SHORT, 0);
	flipper_start(&self->flipper, &arg.data_len, SHORT, 0xfffffff0);
	for (i = 0; i < ROUNDS; i++) {
		if (ioctl(self->fd, MBX_IOC_SEND, &arg)) {
			ASSERT_EQ(EMSGSIZE, errno);
		} else {
			ASSERT_TRUE(drain_one(self));
		}
	}
	flipper_stop(&self->flipper);
}

/* Too small or large enough: never more than it was found large enough for. */
TEST_F_TIMEOUT(flip, length_of_a_receive, 120)
{
	struct mbx_receive arg;
	int i, ret;

	ASSERT_EQ(0, box_send(self->fd, self->source, LONG, 0));
	init_receive(&arg, self->data, LONG, 0);
	flipper_start(&self->flipper, &arg.data_len, SHORT, LONG);
	for (i = 0; i < ROUNDS; i++) {
		memset(self->data, POISON, SHORT + 8);
		ret = ioctl(self->fd, MBX_IOC_RECEIVE, &arg);
		if (ret) {
			ASSERT_EQ(EMSGSIZE, errno);
			ASSERT_EQ((char)POISON, self->data[SHORT]);
			ASSERT_EQ((char)POISON, self->data[0]);
			continue;
		}
		ASSERT_EQ(0, memcmp(self->data, self->source, LONG));
		ASSERT_EQ(0, box_send(self->fd, self->source, LONG, 0));
	}
	flipper_stop(&self->flipper);
}

TEST_F_TIMEOUT(flip, address_of_a_send, 120)
{
	struct mbx_send arg;
	struct mbx_stat stat;
	unsigned int sent = 0;
	int i;

	init_send(&arg, NULL, SHORT, 0);
	flip_address(&self->flipper, &arg.data_ptr, self->pages,
		     self->pages + self->page);
	for (i = 0; i < ROUNDS; i++) {
		if (!ioctl(self->fd, MBX_IOC_SEND, &arg)) {
			ASSERT_TRUE(drain_one(self));
			sent++;
		} else {
			ASSERT_EQ(EFAULT, errno);
		}
	}
	flipper_stop(&self->flipper);
	ASSERT_EQ(0, box_stat(self->fd, &stat));
	EXPECT_EQ(sent, stat.out_sent);
	EXPECT_EQ(0, stat.out_depth);
}

TEST_F_TIMEOUT(flip, address_of_a_receive, 120)
{
	struct mbx_receive arg;
	int i;

	ASSERT_EQ(0, box_send(self->fd, self->source, LONG, 0));
	init_receive(&arg, NULL, LONG, 0);
	flip_address(&self->flipper, &arg.data_ptr, self->pages,
		     self->pages + self->page);
	for (i = 0; i < ROUNDS; i++) {
		if (ioctl(self->fd, MBX_IOC_RECEIVE, &arg)) {
			ASSERT_EQ(EFAULT, errno);
			continue;
		}
		ASSERT_EQ(0, memcmp(self->pages, self->source, LONG));
		memset(self->pages, POISON, LONG);
		ASSERT_EQ(0, box_send(self->fd, self->source, LONG, 0));
	}
	flipper_stop(&self->flipper);
	EXPECT_EQ(LONG, box_receive(self->fd, self->data, LONG,
				    MBX_RECEIVE_NONBLOCK));
}

TEST_F_TIMEOUT(flip, flags_of_a_send, 120)
{
	struct mbx_send arg;
	int i;

	init_send(&arg, self->source, SHORT, 0);
	flipper_start(&self->flipper, &arg.flags, 0, 1U << 31);
	for (i = 0; i < ROUNDS; i++) {
		if (ioctl(self->fd, MBX_IOC_SEND, &arg)) {
			ASSERT_EQ(EOPNOTSUPP, errno);
		} else {
			ASSERT_TRUE(drain_one(self));
		}
	}
	flipper_stop(&self->flipper);
}

TEST_F_TIMEOUT(flip, size_of_an_argument, 120)
{
	union {
		struct mbx_send send;
		char room[256];
	} arg;
	int i;

	memset(&arg, POISON, sizeof(arg));
	init_send(&arg.send, self->source, SHORT, 0);
	flipper_start(&self->flipper, &arg.send.size, sizeof(arg.send),
		      sizeof(arg));
	for (i = 0; i < ROUNDS; i++) {
		if (ioctl(self->fd, MBX_IOC_SEND, &arg)) {
			ASSERT_EQ(E2BIG, errno);
		} else {
			ASSERT_TRUE(drain_one(self));
		}
		ASSERT_EQ((char)POISON, arg.room[sizeof(arg) - 1]);
	}
	flipper_stop(&self->flipper);
}

/* ------------------------------------------------------------------- names */

/* "good" and "go/d": only one of them may ever come to be. */
TEST_F_TIMEOUT(flip, content_of_a_name, 120)
{
	union {
		char name[8];
		__u32 word;
	} good = { "good" }, bad = { "go/d" }, used = { "good" };
	struct mbx_create arg;
	struct mbx_stat stat;
	int i, fd;

	init_create(&arg, NULL, MBX_CREATE_OWNED, 1);
	arg.name_ptr = (uintptr_t)used.name;
	arg.name_len = 4;
	flipper_start(&self->flipper, &used.word, good.word, bad.word);
	for (i = 0; i < ROUNDS / 4; i++) {
		fd = ioctl(self->control, MBX_IOC_CREATE, &arg);
		if (fd < 0) {
			ASSERT_EQ(EINVAL, errno);
			continue;
		}
		ASSERT_EQ(0, box_stat(fd, &stat));
		ASSERT_STREQ("good", (char *)stat.out_name);
		ASSERT_EQ(0, box_delete(fd, NULL, 0));
		close(fd);
	}
	flipper_stop(&self->flipper);
}

TEST_F_TIMEOUT(flip, length_of_a_name, 120)
{
	char name[300];
	struct mbx_create arg;
	struct mbx_stat stat;
	int i, fd;

	memset(name, 'x', sizeof(name));
	init_create(&arg, NULL, MBX_CREATE_OWNED, 1);
	arg.name_ptr = (uintptr_t)name;
	arg.name_len = 4;
	/* They differ in one byte: the structure may be copied byte by byte. */
	flipper_start(&self->flipper, &arg.name_len, 4, 256 + 4);
	for (i = 0; i < ROUNDS / 4; i++) {
		fd = ioctl(self->control, MBX_IOC_CREATE, &arg);
		if (fd < 0) {
			ASSERT_TRUE(errno == EINVAL || errno == ENAMETOOLONG);
			continue;
		}
		ASSERT_EQ(0, box_stat(fd, &stat));
		ASSERT_EQ(4, stat.out_name_len);
		ASSERT_EQ(0, box_delete(fd, NULL, 0));
		close(fd);
	}
	flipper_stop(&self->flipper);
}

/* ------------------------------------------------------------------ batches */

static void init_elements(FIXTURE_DATA(flip) * self, struct mbx_batch *arg,
			  struct mbx_send element[4])
{
	int i;

	for (i = 0; i < 4; i++)
		init_send(&element[i], self->source, SHORT, 0);
	init_batch(arg, MBX_CMD_SEND, element, sizeof(element[0]), 4);
}

static bool drain(FIXTURE_DATA(flip) * self, int nr)
{
	while (nr--)
		if (!drain_one(self))
			return false;
	return receive_number(self->fd) == -1 && errno == EAGAIN;
}

TEST_F_TIMEOUT(flip, elements_of_a_batch, 120)
{
	struct mbx_send element[4];
	struct mbx_batch arg;
	int i, ret;

	init_elements(self, &arg, element);
	flipper_start(&self->flipper, &arg.nr, 1, 4);
	for (i = 0; i < ROUNDS / 2; i++) {
		ret = ioctl(self->fd, MBX_IOC_BATCH, &arg);
		ASSERT_TRUE(ret == 1 || ret == 4);
		ASSERT_TRUE(drain(self, ret));
	}
	flipper_stop(&self->flipper);
}

/* The one that was checked is the one that is used. */
TEST_F_TIMEOUT(flip, stride_of_a_batch, 120)
{
	struct mbx_send element[4];
	struct mbx_batch arg;
	int i, ret;

	init_elements(self, &arg, element);
	flipper_start(&self->flipper, &arg.stride, sizeof(element[0]), 8);
	for (i = 0; i < ROUNDS / 2; i++) {
		ret = ioctl(self->fd, MBX_IOC_BATCH, &arg);
		if (ret < 0) {
			ASSERT_EQ(EINVAL, errno);
			ret = 0;
		} else {
			ASSERT_EQ(4, ret);
		}
		ASSERT_TRUE(drain(self, ret));
	}
	flipper_stop(&self->flipper);
}

/* A size that is right, or one that would reach into the next element. */
TEST_F_TIMEOUT(flip, size_of_an_element, 120)
{
	struct mbx_send element[4];
	struct mbx_batch arg;
	int i, ret;

	init_elements(self, &arg, element);
	flipper_start(&self->flipper, &element[1].size, sizeof(element[0]),
		      sizeof(element[0]) + 8);
	for (i = 0; i < ROUNDS / 2; i++) {
		ret = ioctl(self->fd, MBX_IOC_BATCH, &arg);
		ASSERT_TRUE(ret == 4 || (ret == 1 && arg.out_error == EINVAL));
		ASSERT_TRUE(drain(self, ret));
	}
	flipper_stop(&self->flipper);
}

TEST_HARNESS_MAIN
