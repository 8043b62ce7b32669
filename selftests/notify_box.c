// SPDX-License-Identifier: GPL-2.0-or-later
/* Events that are told by messages: what they say, and when there is none. */
#include "event_box.h"

/* -------------------------------------------------------------- what they say */

TEST_F(notify_box, says_it_all)
{
	struct telling telling;

	ASSERT_EQ(0,
		  box_tell(self->watch, MBX_EVENT_READABLE, self->via, DATA));
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_TRUE(next_telling(self->target, &telling));
	EXPECT_EQ(MBX_EVENT_READABLE, telling.event.events);
	EXPECT_EQ(MBX_EVENT_READABLE | MBX_EVENT_ROOM, telling.event.state);
	EXPECT_EQ(1, telling.event.nr);
	EXPECT_EQ(box_id(self->box), telling.event.id);
	EXPECT_EQ(DATA, telling.event.data);
	EXPECT_EQ(getpid(), telling.got.out_pid);
	EXPECT_EQ(getpid(), telling.got.out_tid);
	EXPECT_EQ(77, telling.got.out_badge);
	EXPECT_EQ(MBX_EVENT_READABLE, events_now(self->watch));
	EXPECT_EQ(0, tell_no_more(self->watch));
	EXPECT_EQ(0, depth_of(self->target));
}

/* One mailbox for all; each message says what it is about. */
TEST_F(notify_box, of_many)
{
	bool seen[8] = { false };
	struct telling telling;
	int fds[8], i;

	for (i = 0; i < 8; i++) {
		fds[i] = box_create(self->control, NULL, MBX_CREATE_OWNED, 1);
		ASSERT_EQ(0,
			  box_tell(fds[i], MBX_EVENT_READABLE, self->via, i));
		EXPECT_EQ(0, send_number(fds[i], 1));
	}
	for (i = 0; i < 8; i++) {
		ASSERT_TRUE(next_telling(self->target, &telling));
		ASSERT_GT(8, telling.event.data);
		EXPECT_EQ(box_id(fds[telling.event.data]), telling.event.id);
		EXPECT_FALSE(seen[telling.event.data]);
		seen[telling.event.data] = true;
	}
	for (i = 0; i < 8; i++)
		close(fds[i]);
	EXPECT_EQ(0, depth_of(self->target));
}

/* Whoever waits for a message with such a type gets it. */
TEST_F(notify_box, among_others)
{
	struct mbx_select select = select_by(MBX_SELECT_TYPE);
	struct telling telling;
	struct mbx_receive *arg = &telling.got;

	EXPECT_EQ(0, send_number(self->target, 1));
	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE, self->via, 0));
	EXPECT_EQ(0, send_number(self->box, 1));
	init_receive(arg, &telling.event, sizeof(telling.event), 0);
	select.type = MBX_TYPE_EVENT;
	arg->select_ptr = (uintptr_t)&select;
	arg->deadline = in_ms(WAIT_LIMIT / MSEC);
	ASSERT_EQ(0, ioctl(self->target, MBX_IOC_RECEIVE, arg));
	EXPECT_EQ(2, arg->out_seq);
	EXPECT_EQ(box_id(self->box), telling.event.id);
	EXPECT_EQ(1, receive_number(self->target));
}

/* Both marks may have been passed by then: the one that counts now. */
TEST_F(notify_box, says_the_state)
{
	struct telling telling;
	struct mbx_notify arg;
	unsigned int nr = 0;
	__u32 events = 0;

	init_notify(&arg, LEVELS, self->via);
	arg.high = 2;
	ASSERT_EQ(0, ioctl(self->watch, MBX_IOC_NOTIFY, &arg));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, send_number(self->box, 2));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(2, receive_number(self->box));
	while (nr < 2) {
		ASSERT_TRUE(next_telling(self->target, &telling));
		events |= telling.event.events;
		nr += telling.event.nr;
	}
	EXPECT_EQ(LEVELS, events);
	EXPECT_EQ(MBX_EVENT_LOW, telling.event.state & LEVELS);
	EXPECT_EQ(2, nr);
}

/* The one who was told, not the one who makes it happen. */
TEST_F(notify_box, by_whom)
{
	struct telling telling;
	struct child child;

	if (!child_start(&child)) {
		CHECK(!box_tell(self->watch, MBX_EVENT_READABLE, self->via, 5));
		child_exit();
	}
	EXPECT_CHILD(child);
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_TRUE(next_telling(self->target, &telling));
	EXPECT_EQ(child.pid, telling.got.out_pid);
	EXPECT_EQ(5, telling.event.data);
}

/* ------------------------------------------------------------------- of what */

TEST_F(notify_box, each_event)
{
	ASSERT_EQ(0, box_tell(self->watch, PLAIN_EVENTS, self->via, 0));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_TRUE(tells(self->target, MBX_EVENT_READABLE, 1));
	EXPECT_EQ(0, send_number(self->box, 2));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_TRUE(tells(self->target, MBX_EVENT_ROOM, 1));
	EXPECT_EQ(2, receive_number(self->box));
	EXPECT_TRUE(tells(self->target, MBX_EVENT_EMPTY, 1));
	EXPECT_EQ(0, box_delete(self->box, NULL, 0));
	EXPECT_TRUE(tells(self->target, MBX_EVENT_DELETED, 1));
	close(self->watch);
	EXPECT_EQ(0, depth_of(self->target));
}

TEST_F(notify_box, of_nobody_left)
{
	const __u32 nobody = MBX_EVENT_NO_SENDERS | MBX_EVENT_NO_RECEIVERS;

	ASSERT_EQ(0, box_tell(self->watch, nobody, self->via, 0));
	close(self->box);
	EXPECT_TRUE(tells(self->target, nobody, 2));
}

TEST_F(notify_box, of_a_revocation)
{
	int below = box_derive(self->box, 0, 0, 0);

	ASSERT_EQ(0, box_tell(below, MBX_EVENT_DELETED, self->via, 0));
	EXPECT_EQ(1, box_revoke(self->box));
	EXPECT_TRUE(tells(self->target, MBX_EVENT_DELETED, 1));
	close(below);
}

TEST_F(notify_box, of_a_dead_owner)
{
	char name[NAME_SIZE];
	struct child child;
	int fd;

	ASSERT_TRUE(owner_start(&child, self->control, unique_name(name)));
	fd = box_open(self->control, name, 0, 0);
	ASSERT_EQ(0, box_tell(fd, PLAIN_EVENTS, self->via, 0));
	kill(child.pid, SIGKILL);
	EXPECT_EQ(SIGKILL, WTERMSIG(child_join(&child)));
	EXPECT_TRUE(tells(self->target, MBX_EVENT_OWNER_DIED, 1));
	close(fd);
}

/* What has happened is told before the registration ends, and nothing later. */
TEST_F(notify_box, all_that_has_happened)
{
	int event = new_eventfd(), i;

	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE,
				      self->via, i));
		ASSERT_EQ(0, send_number(self->box, 1));
		if (i % 3 == 0) {
			close(self->watch);
			self->watch = box_open(self->control, NULL,
					       box_id(self->box), 0);
		} else {
			ASSERT_EQ(0, i % 3 == 1 ? tell_no_more(self->watch) :
						  box_notify(self->watch,
							     MBX_EVENT_EMPTY,
							     event));
		}
		ASSERT_EQ(1, depth_of(self->target));
		ASSERT_EQ(1, receive_number(self->box));
		ASSERT_EQ(0, send_number(self->box, 1));
		ASSERT_EQ(1, receive_number(self->box));
		ASSERT_TRUE(tells(self->target, MBX_EVENT_READABLE, 1));
		ASSERT_EQ(0, depth_of(self->target));
	}
	close(event);
}

/* -------------------------------------------------------------- where it goes */

TEST_F(notify_box, itself)
{
	ASSERT_EQ(0, box_tell(self->box, MBX_EVENT_READABLE, self->box, 0));
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, tell_no_more(self->box));
	EXPECT_EQ(2, depth_of(self->box));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_TRUE(tells(self->box, MBX_EVENT_READABLE, 1));
	ASSERT_EQ(0, box_tell(self->box, MBX_EVENT_NO_SENDERS, self->box, 0));
}

/* Whoever waits gets it; if nobody does, it is not sent. */
TEST_F(notify_box, a_rendezvous)
{
	struct mbx_event event;
	struct job *job;

	ASSERT_TRUE(make_target(self, 0, MBX_POLICY_FIFO, 0));
	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE, self->via, 0));
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, tell_no_more(self->watch));
	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_EMPTY, self->via, 0));
	job = job_receive(self->target, 0);
	job->receive.data_len = sizeof(event);
	job = job_thread(job);
	ASSERT_TRUE(job_blocks(job));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(0, job_join(job));
	memcpy(&event, job->data, sizeof(event));
	EXPECT_EQ(MBX_EVENT_EMPTY, event.events);
	EXPECT_EQ(1, event.nr);
}

/* It is queued, as any other. */
TEST_F(notify_box, a_frozen_one)
{
	ASSERT_LE(0, box_control(self->target, MBX_CONTROL_FREEZE));
	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE, self->via, 0));
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, tell_no_more(self->watch));
	EXPECT_EQ(1, depth_of(self->target));
	ASSERT_LE(0, box_control(self->target, MBX_CONTROL_THAW));
	EXPECT_TRUE(tells(self->target, MBX_EVENT_READABLE, 1));
}

/* Only one is sent through it: the rest is counted. */
TEST_F(notify_box, through_a_handle_for_one)
{
	int once =
		box_derive(self->target, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 0);

	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE, once, 0));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_TRUE(tells(self->target, MBX_EVENT_READABLE, 1));
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, tell_no_more(self->watch));
	EXPECT_EQ(0, depth_of(self->target));
	EXPECT_ERRNO(EKEYEXPIRED, send_number(once, 1));
	close(once);
}

/* -------------------------------------------------- when it cannot be sent now */

/* A message comes and goes, that many times. */
static bool happen(int fd, int times)
{
	while (times--)
		if (send_number(fd, 1) || receive_number(fd) != 1)
			return false;
	return true;
}

/* Receives until told that so many have happened. */
static unsigned int sum_told(int fd, unsigned int enough)
{
	struct telling telling;
	unsigned int sum = 0;

	while (sum < enough && next_telling(fd, &telling))
		sum += telling.event.nr;
	return sum;
}

TEST_F(notify_box, a_full_one)
{
	struct mbx_notify arg;
	int i;

	ASSERT_TRUE(make_target(self, 1, MBX_POLICY_FIFO, 0));
	EXPECT_EQ(0, send_number(self->target, 1));
	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE, self->via, 0));
	for (i = 0; i < 20; i++) {
		ASSERT_TRUE(happen(self->box, 5));
		pause_briefly();
	}
	EXPECT_EQ(1, depth_of(self->target));
	EXPECT_EQ(1, receive_number(self->target));
	ASSERT_TRUE(happen(self->box, 1));
	EXPECT_EQ(101, sum_told(self->target, 101));
	ASSERT_EQ(0, box_events(self->watch, &arg));
	EXPECT_EQ(101, arg.out_counts[0]);
}

/* After the end of a mailbox nothing happens in it: the registration's end tells. */
TEST_F(notify_box, a_full_one_is_told_in_the_end)
{
	ASSERT_TRUE(make_target(self, 1, MBX_POLICY_FIFO, 0));
	EXPECT_EQ(0, send_number(self->target, 1));
	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_DELETED, self->via, 0));
	ASSERT_EQ(0, box_delete(self->box, NULL, 0));
	pause_briefly();
	EXPECT_EQ(1, receive_number(self->target));
	EXPECT_EQ(0, depth_of(self->target));
	close(self->watch);
	EXPECT_TRUE(tells(self->target, MBX_EVENT_DELETED, 1));
	self->watch = -1;
}

/* Two others use it: until one of them exits. */
TEST_F(notify_box, one_for_two_others)
{
	struct job *job;

	ASSERT_TRUE(make_target(self, 4, MBX_POLICY_PAIR, 0));
	EXPECT_EQ(0, send_number(self->target, 1));
	job = job_process(job_receive(self->target, 0));
	EXPECT_EQ(0, job_join(job));
	job = job_process(job_receive(self->target, 0));
	ASSERT_TRUE(job_blocks(job));
	/* A third one registers, and is still told of. */
	if (!fork()) {
		box_tell(self->watch, MBX_EVENT_READABLE, self->via, 0);
		_exit(0);
	}
	wait(NULL);
	ASSERT_TRUE(happen(self->box, 100));
	EXPECT_EQ(0, depth_of(self->target));
	EXPECT_EQ(JOB_KILLED, job_kill(job));
	ASSERT_TRUE(happen(self->box, 1));
	EXPECT_EQ(101, sum_told(self->target, 101));
}

TEST_F(notify_box, a_sealed_one)
{
	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE, self->via, 0));
	ASSERT_LE(0, box_control(self->target, MBX_CONTROL_SEAL));
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, tell_no_more(self->watch));
	EXPECT_EQ(0, depth_of(self->target));
}

TEST_F(notify_box, a_deleted_one)
{
	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE, self->via, 0));
	ASSERT_EQ(0, box_delete(self->target, NULL, 0));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(MBX_EVENT_READABLE, events_now(self->watch));
}

TEST_F(notify_box, through_a_revoked_handle)
{
	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE, self->via, 0));
	EXPECT_EQ(1, box_revoke(self->target));
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, tell_no_more(self->watch));
	EXPECT_EQ(0, depth_of(self->target));
}

/* What has been sent stays; with a copy of the descriptor it goes on. */
TEST_F(notify_box, through_a_closed_handle)
{
	int same = dup(self->via);

	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE, self->via, 0));
	close(self->via);
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_TRUE(tells(self->target, MBX_EVENT_READABLE, 1));
	close(same);
	EXPECT_EQ(1, receive_number(self->box));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(MBX_EVENT_READABLE, events_now(self->watch));
	ASSERT_EQ(0, tell_no_more(self->watch));
	EXPECT_EQ(0, depth_of(self->target));
	self->via = -1;
}

/* The one who registered pays, as if he sent it himself. */
#define USER 2001

static void run_into_the_limit(FIXTURE_DATA(notify_box) * self, int filler)
{
	CHECK(!become(USER, USER, 0));
	while (!send_number(filler, 1))
		;
	CHECK_ERRNO(EDQUOT, send_number(filler, 1));
	CHECK(!box_tell(self->watch, MBX_EVENT_EMPTY, self->via, 0));
	CHECK(receive_number(self->box) == 1);
	CHECK(!tell_no_more(self->watch));
	CHECK(depth_of(self->target) == 0);
	CHECK(!box_tell(self->watch, MBX_EVENT_READABLE, self->via, 0));
	child_exit();
}

TEST_F(notify_box, above_a_limit)
{
	const char *const max_user_bytes = MODULE_PARAM("max_user_bytes");
	int filler;
	long long saved = read_number(max_user_bytes);
	struct child child;

	NEED_ROOT();
	filler = box_create(self->control, NULL, 0, MBX_UNBOUNDED);
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, write_number(max_user_bytes, 100000));
	if (!child_start(&child))
		run_into_the_limit(self, filler);
	EXPECT_CHILD(child);
	EXPECT_TRUE(happen(self->box, 100));
	EXPECT_EQ(0, depth_of(self->target));
	EXPECT_EQ(0, box_delete(filler, NULL, 0));
	EXPECT_TRUE(happen(self->box, 1));
	EXPECT_EQ(101, sum_told(self->target, 101));
	EXPECT_EQ(0, write_number(max_user_bytes, saved));
	close(filler);
}

/* Others make the events happen: what he may exceed himself, they do not for him. */
TEST_F(notify_box, above_a_limit_with_capabilities)
{
	const char *const max_user_bytes = MODULE_PARAM("max_user_bytes");
	long long saved = read_number(max_user_bytes);

	NEED_ROOT();
	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE, self->via, 0));
	ASSERT_EQ(0, write_number(max_user_bytes, 1));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(0, tell_no_more(self->watch));
	EXPECT_EQ(0, write_number(max_user_bytes, saved));
	EXPECT_EQ(0, depth_of(self->target));
}

/* ---------------------------------------------------------------------- loops */

/* One tells the other, who does not tell back what that has done. */
TEST_F(notify_box, each_other)
{
	struct mbx_notify arg;

	ASSERT_EQ(0, box_notify_levels(self->target,
				       MBX_EVENT_READABLE | MBX_EVENT_HIGH,
				       self->box, 0, 1));
	ASSERT_EQ(0, box_tell(self->box, MBX_EVENT_READABLE, self->via, 0));
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, tell_no_more(self->box));
	EXPECT_EQ(1, depth_of(self->target));
	ASSERT_EQ(0, box_events(self->target, &arg));
	EXPECT_EQ(1, arg.out_counts[0]);
	EXPECT_EQ(1, arg.out_counts[3]);
	ASSERT_EQ(0, tell_no_more(self->target));
	EXPECT_EQ(1, depth_of(self->box));
	EXPECT_EQ(1, receive_number(self->box));
}

/* Eventfds are told: whoever reads them is the one who does something. */
TEST_F(notify_box, that_is_watched)
{
	int event = new_eventfd();

	ASSERT_EQ(0, box_notify(self->target, MBX_EVENT_READABLE, event));
	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE, self->via, 0));
	EXPECT_EQ(0, send_number(self->box, 1));
	ASSERT_EQ(0, tell_no_more(self->watch));
	EXPECT_EQ(1, signals_of(event));
	close(event);
}

/* It does not keep handles open that nobody has. */
TEST_F(notify_box, loops_of_handles)
{
	struct counts before = counts_now();
	int a, b, i;

	for (i = 0; i < 20; i++) {
		a = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
		b = box_create(self->control, NULL, MBX_CREATE_OWNED, 2);
		ASSERT_EQ(0, box_tell(a, PLAIN_EVENTS, i % 2 ? b : a, 0));
		ASSERT_EQ(0, box_tell(b, PLAIN_EVENTS, a, 0));
		ASSERT_EQ(0, send_number(a, 1));
		close(a);
		close(b);
	}
	EXPECT_TRUE(counts_are_back(&before));
}

/* ------------------------------------------------------------------- refusals */

TEST_F(notify_box, wrong_handles)
{
	int stat = box_open(self->control, NULL, box_id(self->target), 0);
	int once =
		box_derive(self->target, MBX_OPEN_SEND, MBX_DERIVE_ONESHOT, 0);

	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE, self->via, 0));
	EXPECT_ERRNO(EBADF, box_tell(self->watch, 1, stat, 0));
	EXPECT_ERRNO(EINVAL, box_tell(self->watch, 1, self->control, 0));
	EXPECT_EQ(0, send_number(once, 1));
	EXPECT_ERRNO(EKEYEXPIRED, box_tell(self->watch, 1, once, 0));
	EXPECT_EQ(2, box_revoke(self->target));
	EXPECT_ERRNO(EKEYREVOKED, box_tell(self->watch, 1, self->via, 0));
	ASSERT_LE(0, box_control(self->target, MBX_CONTROL_SEAL));
	EXPECT_ERRNO(ESHUTDOWN, box_tell(self->watch, 1, self->target, 0));
	ASSERT_EQ(0, box_delete(self->target, NULL, 0));
	EXPECT_ERRNO(EIDRM, box_tell(self->watch, 1, self->target, 0));
	EXPECT_EQ(0, events_now(self->watch));
	close(stat);
	close(once);
}

TEST_F(notify_box, too_short)
{
	ASSERT_TRUE(make_target(self, 1, 0, sizeof(struct mbx_event) - 1));
	EXPECT_ERRNO(EMSGSIZE, box_tell(self->watch, 1, self->via, 0));
	ASSERT_TRUE(make_target(self, 1, 0, sizeof(struct mbx_event)));
	EXPECT_EQ(0, box_tell(self->watch, 1, self->via, 0));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_TRUE(tells(self->target, MBX_EVENT_READABLE, 1));
}

TEST_F(notify_box, of_a_dead_one)
{
	char name[NAME_SIZE];
	struct child child;
	int fd;

	ASSERT_TRUE(owner_start(&child, self->control, unique_name(name)));
	fd = box_open(self->control, name, 0, MBX_OPEN_SEND);
	ASSERT_EQ(0, box_tell(self->watch, MBX_EVENT_READABLE, fd, 0));
	kill(child.pid, SIGKILL);
	EXPECT_EQ(SIGKILL, WTERMSIG(child_join(&child)));
	EXPECT_EQ(0, send_number(self->box, 1));
	EXPECT_EQ(MBX_EVENT_READABLE, events_now(self->watch));
	EXPECT_ERRNO(EOWNERDEAD, box_tell(self->watch, 1, fd, 0));
	close(fd);
}

/* Eventfds and mailboxes share the places. */
TEST_F(notify_box, so_many)
{
	int fds[MBX_NOTIFY_MAX + 1], i;

	for (i = 0; i <= MBX_NOTIFY_MAX; i++) {
		fds[i] = box_open(self->control, NULL, box_id(self->box), 0);
		ASSERT_LE(0, fds[i]);
		EXPECT_ERRNO(i < MBX_NOTIFY_MAX ? 0 : ENOSPC,
			     box_tell(fds[i], MBX_EVENT_READABLE, self->via,
				      i));
	}
	EXPECT_EQ(0, send_number(self->box, 1));
	for (i = 0; i <= MBX_NOTIFY_MAX; i++)
		close(fds[i]);
	EXPECT_EQ(MBX_NOTIFY_MAX, depth_of(self->target));
}

TEST_HARNESS_MAIN
