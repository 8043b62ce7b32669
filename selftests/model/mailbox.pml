/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How threads wait in a mailbox: a model of send.c, receive.c, call.c, wait.c,
 * queue.c, box.c and reap.c in module/, which spin searches exhaustively.
 *
 * Two threads send, or call; two receive, and reply, each in a process of its own,
 * which may have another thread that replies, too.  Inlines, states and errors have the names of
 * the code, so that both can be read side by side.  A function that sleeps, or
 * drops the lock, is cut there: wait_msg() is wait_msg_begin() and
 * wait_msg_end().
 *
 * What the code does with the box locked is one step (d_step): nobody else sees
 * a part of it.  Everything else is a step of its own, and all threads' steps
 * are interleaved in every possible way: to say that one is going to sleep, to
 * look whether there is need to, to sleep, to wake whom one has served, to copy
 * a message that is taken; a deadline, a signal, a kill; deletion, and the death
 * of the owner.
 *
 * What is checked, with the name of the inline that does
 *
 *   1 no wake-up is lost                            check_box, check_quiet
 *   2 a send succeeds or fails, and so it was       check_send, mbx_queue_received
 *   3 nothing is delivered twice                    mbx_queue_received
 *   4 nobody hangs                                  spin: invalid end state
 *   5 messages are taken in the order of sending    check_order
 *   6 nothing waits for a mailbox that has ended    check_box, check_quiet
 *   7 everybody gets the same answer after the end  check_error, end_waits
 *   8 no message leaks or is used once freed        mbx_box_release, check_empty
 *   9 a waiter outlives every use of it             mbx_wake
 *  10 a caller gets one reply, or one error         check_send, mbx_reply
 *  11 nobody waits for a reply that cannot come     check_quiet
 *  12 a claim ends with the wait for the reply      check_box
 *
 * Deadlines and signals may come, but nobody relies on them: when nothing
 * happens any more whoever sleeps must have reason to.  Then the mailbox is
 * deleted, and everybody must come to an end.
 *
 * Whoever has taken a call replies, exits, or closes the handle; it never sleeps
 * in a reply, which has no step that waits.
 *
 * Left out: pollers, receives that do not wait, replies that are too long, quotas, the memory that a box
 * keeps for the next send, and memory order: each step sees all earlier ones.
 *
 * scripts/check-model runs all of it.  By hand, in a scratch directory:
 *
 *   spin -DCAPACITY=0 -DDEADLINE=ALL -DBUG_NO_RECHECK -a mailbox.pml
 *   cc -O1 -w -DSAFETY -o pan pan.c && ./pan -m100000
 *   spin -DCAPACITY=0 -DDEADLINE=ALL -DBUG_NO_RECHECK -t -p mailbox.pml
 *
 * searches, and shows the steps to the bug that is found; -DBUG_...: see the
 * script for the bugs that may be put in.
 */

/* ------------------------------------------------------------ configuration */

#ifndef CAPACITY
#define CAPACITY 1
#endif
#define MBX_UNBOUNDED 255 /* more than there are messages */

/* How many messages the first and the second sender have. */
#ifndef FIRST
#define FIRST 2
#endif
#ifndef SECOND
#define SECOND 1
#endif

/* Sets of threads: to whom things may happen. */
#define NONE 0
#define SENDERS 3
#define RECEIVERS 12
#define LAST 8
#define PAIR 5 /* the first sender, the first receiver */
#define ALL 15
#define in(set, t) (((set) >> ((t) - 1)) & 1)

#ifndef DEADLINE
#define DEADLINE NONE /* may give up waiting at any time */
#endif
#ifndef SIGNAL
#define SIGNAL NONE /* one of them is interrupted once, in the kernel */
#endif
#ifndef KILL
#define KILL NONE /* one of them is killed, in the kernel */
#endif
#ifndef QUIT
#define QUIT NONE /* receivers that may stop receiving */
#endif
#ifndef FAULT
#define FAULT NONE /* copies that sleep may fail, or hang until killed */
#endif
#ifndef SYNC
#define SYNC NONE /* may send with MBX_SEND_SYNC */
#endif
#ifndef NONBLOCK
#define NONBLOCK NONE /* may send with MBX_SEND_NONBLOCK */
#endif
#ifndef PEEK
#define PEEK NONE /* may receive with MBX_RECEIVE_PEEK */
#endif
#ifndef CALL
#define CALL NONE /* may wait for a reply */
#endif
#ifndef READ
#define READ NONE /* receive by read(2), and cannot reply */
#endif
#ifndef CLOSE
#define CLOSE NONE /* may close the handle instead of replying */
#endif
#ifndef TWICE
#define TWICE NONE /* of whose process another thread replies, too */
#endif

/* Switches. */
#ifndef DELETE
#define DELETE 0 /* somebody deletes the mailbox */
#endif
#ifndef OWNER
#define OWNER 0 /* the last receiver owns the mailbox */
#endif
#ifndef SIZES
#define SIZES 0 /* the last receiver's buffer is too small for the second sender */
#endif
#ifndef MAKE_MSG
#define MAKE_MSG 0 /* messages may have to be allocated */
#endif

#ifndef MBX_LATER_THREADS
#define MBX_LATER_THREADS 2 /* two threads seldom wake more: try 1 */
#endif

/* ---------------------------------------------------------------- the world */

/* Threads and messages count from 1: 0 is NULL. */
#define THREADS 4
#define MESSAGES (FIRST + SECOND)
#define before_first(t) ((t) == 1 -> 0 : FIRST)
#define last_of(t) ((t) == 1 -> FIRST : MESSAGES)
#define sender_of(m) (1 + ((m) > FIRST))

/* Lengths of messages and buffers. */
#define length(m) (1 + (SIZES && sender_of(m) == 2))
#define buffer(t) (2 - (SIZES && (t) == THREADS))

mtype = {
	/* errno; 0 is success */
	EAGAIN, ECANCELED, EFAULT, EIDRM, EINTR, EMSGSIZE, ENOENT, EOWNERDEAD, EPIPE,
	ERESTARTSYS, ETIMEDOUT,
	/* not done yet: try again; sleep; copy without the lock; it is copied */
	AGAIN, SLEEP, COPY, COPIED,
	/* enum mbx_wait_state; 0: there is no waiter */
	MBX_WAIT_ROOM, MBX_WAIT_TAKEN, MBX_WAIT_MSG, MBX_WAIT_REPLY, MBX_WAIT_DONE,
	/* enum mbx_msg_state; 0: not made yet */
	MBX_MSG_NEW, MBX_MSG_READY, MBX_MSG_TAKEN, MBX_MSG_GONE,
	/* what mbx_send() has returned; 0: it has not */
	SUCCEEDED, FAILED
}

typedef task_struct {
	bool interruptible;	/* else running */
	bool signal_pending;
	bool fatal;		/* and it is deadly */
	bool copying;		/* in the kernel, without the lock or a waiter */
}

/* The members that the code has, and what is only there to be checked. */
typedef mbx_waiter {
	mtype state;
	bool sleeps;
	mtype result;
	byte msg;
	bool sync;
	byte caller;		/* the message to which it waits for a reply */
	bool peer;		/* that was taken */
	byte claim;		/* by this process, which has not replied */
	bool reply;		/* there is one */
}

typedef mbx_msg {
	mtype state;
	bool sender;		/* the sender waits until it is taken */
	bool counted;
	byte seq;
	byte refs;
	mtype send;		/* checked: what the sender was told */
	bool delivered;		/* checked */
	bool replied;		/* checked */
}

task_struct thread[THREADS + 1];
mbx_waiter waiter[THREADS + 1];		/* each on its thread's stack */
mbx_msg msg[MESSAGES + 1];

/* struct mbx_box and its queue; lists are channels. */
mtype dead;
byte depth;
byte last_seq;
byte nr_senders;
byte nr_receivers;
byte nr_callers;
chan senders = [2] of { byte };
chan synced = [2] of { byte };
chan receivers = [2] of { byte };
chan peekers = [2] of { byte };
chan callers = [2] of { byte };
chan ready = [MESSAGES] of { byte, byte };	/* seq, message */
bool locked;
bool findable = true;				/* it is in the tables */
bool ended;					/* checked: so have all waits */
bool owner_exited;

/* Processes have the numbers of their first threads. */
byte serves[THREADS + 1];	/* the message that it has to reply to */
bool exited[THREADS + 1];
byte replies;			/* messages that are replies */
#define CLAIMS (CALL && (QUIT || KILL))

byte running = THREADS + 1 + DELETE + OWNER + (SIGNAL > 0) + (KILL > 0) +
	       2 * CLAIMS + (TWICE > 0);
bool closing;		/* nothing will happen any more, so the end is made */

#define mbx_box_has_room() (depth < CAPACITY)
#define mbx_box_orphaned() (OWNER && owner_exited)
#define mbx_box_error() (dead -> dead : (mbx_box_orphaned() -> EOWNERDEAD : 0))
#define fatal_signal_pending(t) thread[t].fatal

/* Scratch, of no meaning between steps: no part of the state. */
hidden byte i, n, t_, m_, seq_, receiver, waits, was_counted, admitted, told;
hidden mtype error;

/* ----------------------------------------------------------------- checks */

/* READY messages leave in the order of their numbers, and of their sender. */
inline check_order(m)
{
	n = 1;
	do
	:: n <= MESSAGES ->
		assert(msg[n].state != MBX_MSG_READY ||
		       (msg[n].seq >= msg[m].seq &&
			(n >= m || sender_of(n) != sender_of(m))));
		n++
	:: else -> break
	od
}

/* A receiver may wait, although there is a message, if it is about to die. */
#define waits_in_vain(t) (receivers??[t] && !fatal_signal_pending(t))
/* A sender that waits for room has one for a receiver with the buffer of t. */
#define sender_for(t) (SIZES && (t) == THREADS -> senders??[1] : len(senders))

/* A waiter is in the list that its state says, until it is done. */
#ifdef BUG_WAKE_BEFORE_DONE
#define in_place(listed, t, wait) true /* else that is all there is to see */
#else
#define in_place(listed, t, wait) (!(listed) == (waiter[t].state != wait))
#endif

/* What is true of a mailbox whenever it is not locked. */
inline check_box()
{
	assert(in_place(senders??[1], 1, MBX_WAIT_ROOM));
	assert(in_place(senders??[2], 2, MBX_WAIT_ROOM));
	assert(in_place(synced??[1], 1, MBX_WAIT_TAKEN));
	assert(in_place(synced??[2], 2, MBX_WAIT_TAKEN));
	assert(in_place(callers??[1], 1, MBX_WAIT_REPLY));
	assert(in_place(callers??[2], 2, MBX_WAIT_REPLY));
	assert(!waiter[1].claim == !callers??[1]);
	assert(!waiter[2].claim == !callers??[2]);
	assert(in_place(receivers??[3] || peekers??[3], 3, MBX_WAIT_MSG));
	assert(in_place(receivers??[4] || peekers??[4], 4, MBX_WAIT_MSG));
	assert(!len(senders) || !mbx_box_has_room());
	assert(!len(peekers) || (!len(ready) && !len(senders)));
	assert(!waits_in_vain(3) || (!len(ready) && !sender_for(3)));
	assert(!waits_in_vain(4) || (!len(ready) && !sender_for(4)));
	assert(!ended || !(len(senders) + len(synced) + len(receivers) + len(peekers)));
	assert(!ended || !len(callers))
}

/* Nothing will happen any more: whoever sleeps would do so forever. */
inline check_quiet()
{
	check_box();
	i = 1;
	do
	:: i <= THREADS ->
		assert(!waiter[i].state ||
		       (waiter[i].state != MBX_WAIT_DONE &&
			waiter[i].state != MBX_WAIT_REPLY &&
			!thread[i].signal_pending && !mbx_box_error()));
		i++
	:: else -> break
	od
}

/* Everybody is done. */
inline check_empty()
{
	assert(!depth && !len(ready) && !nr_senders && !nr_receivers);
	assert(!nr_callers && !replies);
	i = 1;
	do
	:: i <= MESSAGES ->
		assert(!msg[i].refs && (!msg[i].state || msg[i].send));
		i++
	:: else -> break
	od
}

inline check_error(err)
{
	assert(err == mbx_box_error() || (err != EIDRM && err != EOWNERDEAD))
}

/*
 * Nothing may happen any more to a message that is freed and whose sender has
 * been told: what became of it is forgotten, which leaves less to search.
 */
inline forget(m)
{
	if
	:: msg[m].send && !msg[m].refs ->
		msg[m].state = MBX_MSG_GONE;
		msg[m].counted = false;
		msg[m].sender = false;
		msg[m].send = FAILED;
		msg[m].delivered = true;
		msg[m].replied = false
	:: else
	fi
}

/* For the same reason: of sequence numbers only the order is kept. */
inline renumber(m)
{
	n = 1;
	do
	:: n <= MESSAGES ->
		if
		:: msg[n].seq > msg[m].seq -> msg[n].seq--
		:: else
		fi;
		n++
	:: else -> break
	od;
	msg[m].seq = 0;
	last_seq--;
	n = len(ready);
	do
	:: n ->
		ready?seq_, m_;
		ready!msg[m_].seq, m_;
		n--
	:: else -> break
	od
}

/* ------------------------------------------------------------------- wait.c */

/* Sleeping or not, it runs now: see sleep_until_done(). */
inline wake_up_process(t)
{
	thread[t].interruptible = false
}

/* struct mbx_later of an operation are the threads in its later[]. */
inline mbx_later_wake(nr)
{
	d_step {
#ifdef BUG_WAKE_BEFORE_DONE
		waiter[later[nr]].state = MBX_WAIT_DONE;
#else
		wake_up_process(later[nr]);
#endif
		later[nr] = 0
	}
}

inline mbx_later_do()
{
	if
	:: later[0] ->
		mbx_later_wake(0);
		if
		:: later[1] -> mbx_later_wake(1)
		:: else
		fi
	:: else
	fi
}

inline mbx_unclaim(t)
{
#ifndef BUG_NO_UNCLAIM
	waiter[t].claim = 0
#else
	skip
#endif
}

#ifdef BUG_WAKE_BEFORE_DONE
#define is_asleep(t) true /* whoever wakes it says that it is done */
#else
#define is_asleep(t) waiter[t].sleeps
#endif

inline mbx_wake(list, t, why)
{
	assert(waiter[t].state && waiter[t].state != MBX_WAIT_DONE);
	list??eval(t);
	mbx_unclaim(t);
	waiter[t].result = why;
#ifdef BUG_WAKE_BEFORE_DONE
	wake_up_process(t);
#else
	waiter[t].state = MBX_WAIT_DONE;
#endif
	if
	:: !is_asleep(t)
	:: is_asleep(t) && !later[0] -> later[0] = t
	:: is_asleep(t) && later[0] && !later[1] && MBX_LATER_THREADS == 2 -> later[1] = t
#ifdef BUG_LATER_OVERFLOW
	:: else
#else
	:: else -> wake_up_process(t)
#endif
	fi
}

inline mbx_wake_list(list, why)
{
	do
	:: len(list) ->
		list?<t_>;
		mbx_wake(list, t_, why)
	:: else -> break
	od
}

/* At the head of the list. */
inline list_add(list, t)
{
	list!t;
	n = len(list) - 1;
	do
	:: n ->
		list?t_;
		list!t_;
		n--
	:: else -> break
	od
}

/* With MBX_WAKE; a deadline or a signal may come at any moment, or never. */
inline sleep_until_done()
{
#ifndef BUG_SLEEPS_LATE
	waiter[self].sleeps = true;
#endif
	do
	::
#ifndef BUG_TEST_BEFORE_STATE
		thread[self].interruptible = true;	/* set_current_state() */
#endif
		if
		:: atomic { waiter[self].state == MBX_WAIT_DONE -> break }
		:: else
		fi;
#ifdef BUG_TEST_BEFORE_STATE
		thread[self].interruptible = true;
#endif
#if SIGNAL || KILL
		if
		:: thread[self].signal_pending -> err = ERESTARTSYS; break
		:: else
		fi;
#endif
#if DEADLINE
		if
		:: in(DEADLINE, self) -> err = ETIMEDOUT; break
		:: true
		fi;
#endif
#ifdef BUG_SLEEPS_LATE
		waiter[self].sleeps = true;
#endif
		!thread[self].interruptible		/* schedule() */
	od
}

inline wait_until_done()
{
	if
	:: waiter[self].state == MBX_WAIT_DONE	/* while others ran */
	:: else -> sleep_until_done()
	fi
}

inline mbx_wait_begin(list, at_head)
{
	if
	:: at_head -> list_add(list, self)
	:: else -> list!self
	fi
}

inline mbx_wait_end(list)
{
	thread[self].interruptible = false;
	if
#ifdef BUG_NO_RECHECK
	:: waiter[self].state == MBX_WAIT_DONE && err == SLEEP -> err = waiter[self].result
	:: waiter[self].state == MBX_WAIT_DONE && err != SLEEP
#else
	:: waiter[self].state == MBX_WAIT_DONE -> err = waiter[self].result
#endif
#ifdef BUG_NO_LIST_DEL
	:: else
#else
	:: else ->
		list??eval(self);
		mbx_unclaim(self)
#endif
	fi
}

/* Its stack is used for something else now. */
inline waiter_ends()
{
	waiter[self].state = 0;
	waiter[self].sleeps = false;
	waiter[self].result = 0;
	waiter[self].msg = 0;
	waiter[self].sync = false;
	waiter[self].caller = 0;
	waiter[self].peer = false;
	waiter[self].reply = false
}

/*
 * A step with the box locked may have to go on in a second d_step; nobody else
 * must come between them.
 */
inline spin_lock()
{
	assert(!locked);
	locked = true
}

/* mbx_later_do() is a part of it, but not of the step. */
inline mbx_unlock()
{
	check_box();
	locked = false
}

/* ----------------------------------------------------------- queue.h, queue.c */

inline mbx_queue_push(m, takes_room)
{
	last_seq++;
	msg[m].seq = last_seq;
	msg[m].state = MBX_MSG_READY;
	msg[m].counted = takes_room;
	ready!msg[m].seq, m;
	depth = depth + msg[m].counted
}

inline mbx_queue_first(m)
{
	if
	:: len(ready) -> ready?<seq_, m>
	:: else -> m = 0
	fi
}

inline mbx_queue_leave(m)
{
	if
	:: msg[m].state == MBX_MSG_READY -> ready??_, eval(m)
	:: else -> assert(msg[m].state == MBX_MSG_TAKEN)
	fi;
	msg[m].state = MBX_MSG_GONE;
	depth = depth - msg[m].counted;
	renumber(m)
}

inline mbx_queue_received(m)
{
	assert(!msg[m].delivered && msg[m].send != FAILED);
	mbx_queue_leave(m);
	msg[m].delivered = true
}

inline mbx_queue_withdraw(m)
{
	mbx_queue_leave(m)
}

inline count(m, takes_room)
{
	depth = depth + takes_room - msg[m].counted;
	msg[m].counted = takes_room
}

inline mbx_queue_take(m)
{
	assert(msg[m].state == MBX_MSG_READY);
	check_order(m);
	ready??_, eval(m);
	msg[m].state = MBX_MSG_TAKEN
}

inline mbx_queue_hand(m)
{
	mbx_queue_take(m);
	count(m, false)
}

inline mbx_queue_untake(m, takes_room)
{
	msg[m].state = MBX_MSG_READY;
#ifdef BUG_PUT_BACK_AT_TAIL
	ready!msg[m].seq, m;
#else
	ready!!msg[m].seq, m;		/* in its place */
#endif
	count(m, takes_room)
}

/* -------------------------------------------------------------------- box.c */

inline mbx_box_release(m)
{
	assert(msg[m].refs);
	msg[m].refs--;
	if
	:: !msg[m].refs ->
		assert(msg[m].state == MBX_MSG_NEW || msg[m].state == MBX_MSG_GONE);
		msg[m].state = MBX_MSG_GONE;
		forget(m)
	:: else
	fi
}

/* ------------------------------------------------------------------- send.c */

inline mbx_find_receiver(m)
{
	receiver = 0;
	i = len(receivers);
	do
	:: i ->
		receivers?t_;
		receivers!t_;
		if
#ifdef BUG_HAND_TO_DYING
		:: !receiver && length(m) <= buffer(t_) -> receiver = t_
#else
		:: !receiver && length(m) <= buffer(t_) && !fatal_signal_pending(t_) ->
			receiver = t_
#endif
		:: else
		fi;
		i--
	:: else -> break
	od
}

inline mbx_refuse_receivers(m, end)
{
	i = len(receivers);
	told = false;
	do
	:: i ->
		receivers?t_;
		receivers!t_;
		told = told || t_ == end;
		if
		:: !told && length(m) > buffer(t_) -> mbx_wake(receivers, t_, EMSGSIZE)
		:: else
		fi;
		i--
	:: else -> break
	od
}

inline pass_on(m)
{
	mbx_refuse_receivers(m, receiver);
	if
	:: receiver ->
		assert(!fatal_signal_pending(receiver));	/* it would die with it */
		mbx_queue_hand(m);
		msg[m].refs++;
		waiter[receiver].msg = m;
		mbx_wake(receivers, receiver, 0)
	:: else -> mbx_wake_list(peekers, 0)
	fi
}

inline mbx_offer(m)
{
	mbx_find_receiver(m);
	pass_on(m)
}

inline mbx_place(m, takes_room)
{
	mbx_queue_push(m, ((takes_room) && CAPACITY && !receiver));
	pass_on(m)
}

inline mbx_admit(takes_room)
{
	senders?<waits>;
	admitted = waiter[waits].msg;
	waiter[waits].msg = 0;
	if
	:: waiter[waits].sync ->
		msg[admitted].sender = true;
		waiter[waits].state = MBX_WAIT_TAKEN;
		senders??eval(waits);
		synced!waits
	:: else
	fi;
	mbx_find_receiver(admitted);
	mbx_place(admitted, takes_room);
	if
	:: !waiter[waits].sync -> mbx_wake(senders, waits, 0)
	:: else
	fi
}

inline mbx_made_room()
{
	do
	:: len(senders) && mbx_box_has_room() -> mbx_admit(true)
	:: else -> break
	od
}

inline mbx_sign(m)
{
	msg[m].sender = false;
	msg[m].refs = 1;
	msg[m].state = MBX_MSG_NEW
}

inline mbx_give_up(m)
{
	if
	:: waiter[self].state == MBX_WAIT_TAKEN ->
#ifndef BUG_NO_WITHDRAW
		mbx_queue_withdraw(m);
#endif
		if
		:: msg[m].counted ->
#ifdef BUG_WITHDRAW_NO_ADMIT
			skip
#else
			mbx_made_room()
#endif
		:: else
		fi
	:: else
	fi;
	msg[m].sender = false;
	mbx_box_release(m)
}

inline mbx_call_over()
{
	if
	:: waiter[self].state != MBX_WAIT_DONE && err == ERESTARTSYS -> err = EINTR
#ifndef BUG_REPLY_KEPT
	:: waiter[self].state == MBX_WAIT_DONE && waiter[self].reply -> replies--
#endif
	:: else
	fi
}

inline wait_sender_begin(m, placed)
{
	waiter[self].state = (placed -> MBX_WAIT_TAKEN : MBX_WAIT_ROOM);
	waiter[self].msg = (placed -> 0 : m);
	waiter[self].sync = sync || !CAPACITY;
	waiter[self].caller = (call -> m : 0);
	nr_senders++;
	if
	:: placed ->
		msg[m].sender = true;
		mbx_wait_begin(synced, false)
	:: else ->
#ifndef BUG_ROOM_NO_PEEKERS
		mbx_wake_list(peekers, 0);
#endif
		mbx_wait_begin(senders, false)
	fi;
	err = SLEEP
}

inline count_blocked()
{
	if
	:: waiter[self].peer -> nr_callers--
	:: else -> nr_senders--
	fi
}

inline wait_sender_end(m)
{
	count_blocked();
	if
	:: waiter[self].state == MBX_WAIT_ROOM -> mbx_wait_end(senders)
	:: waiter[self].state == MBX_WAIT_REPLY -> mbx_wait_end(callers)
	:: else -> mbx_wait_end(synced)
	fi;
	taken = waiter[self].peer;
	if
#ifdef BUG_TAKEN_WITHDRAWN
	:: waiter[self].peer && waiter[self].state == MBX_WAIT_DONE -> mbx_call_over()
	:: err && waiter[self].state != MBX_WAIT_DONE -> mbx_give_up(m)
#else
	:: waiter[self].peer -> mbx_call_over()
	:: !waiter[self].peer && err && waiter[self].state != MBX_WAIT_DONE ->
		mbx_give_up(m)
#endif
	:: else ->
		if
		:: waiter[self].msg -> mbx_box_release(m)
		:: else
		fi
	fi;
	waiter_ends()
}

#define meet (!CAPACITY && !nonblock)

inline dispatch(m)
{
	mbx_find_receiver(m);
	if
	:: !meet && !receiver && !mbx_box_has_room() ->
		if
		:: !nonblock -> wait_sender_begin(m, false)
		:: else ->
			mbx_refuse_receivers(m, 0);
			mbx_box_release(m);
			err = EAGAIN
		fi
	:: else ->
		mbx_place(m, true);
		if
		:: meet || sync -> wait_sender_begin(m, true)
		:: else -> err = 0
		fi
	fi
}

inline send_at_once(m)
{
	if
#ifdef BUG_SEND_AT_ONCE
	:: !mbx_box_error() && mbx_box_has_room() && !sync ->
#else
	:: !mbx_box_error() && mbx_box_has_room() && !sync && !nr_receivers ->
#endif
		mbx_sign(m);
		mbx_queue_push(m, true);
		err = 0
	:: else -> err = AGAIN
	fi
}

/* Until there is a message. */
inline send_locked_begin()
{
	if
	:: mbx_box_error() -> err = mbx_box_error()
	:: else ->
		if
		:: nonblock && !mbx_box_has_room() && !len(receivers) -> err = EAGAIN
		:: else
		fi
	fi
}

inline send_locked_end(m)
{
	mbx_sign(m);
#ifdef BUG_NO_SECOND_LOOK
	err = 0;
#else
	err = mbx_box_error();
#endif
	if
	:: err -> mbx_box_release(m)
	:: else -> dispatch(m)
	fi
}

/* What mbx_send() promises. */
inline check_send(m)
{
	check_error(err);
	assert(!call || msg[m].replied == !err);
	if
	:: err ->
		assert(msg[m].delivered == taken);
		assert(!msg[m].state || msg[m].state == MBX_MSG_GONE || dead);
		msg[m].send = FAILED
	:: else ->
		assert(msg[m].delivered ||
		       (!meet && !sync && (dead || msg[m].state == MBX_MSG_READY ||
					   msg[m].state == MBX_MSG_TAKEN)));
		msg[m].send = SUCCEEDED
	fi;
	forget(m)
}

/* The way back to user space, where signals are handled. */
inline user_mode()
{
	thread[self].signal_pending = thread[self].fatal;
	thread[self].copying = false;
	quit = err == EIDRM || err == EOWNERDEAD;
	err = 0
}

inline send_unlock(m)
{
	if
	:: err != SLEEP ->
		check_send(m);
		user_mode();
		nonblock = false;
		sync = false;
		call = false;
		taken = false
	:: else -> thread[self].copying = false
	fi;
	mbx_unlock()
}

proctype sends(byte self)
{
	byte later[2];
	byte m = before_first(self);
	mtype err;
	bool nonblock, sync, call, taken, quit;

	do
	:: atomic {			/* mbx_send() */
			m < last_of(self) && !quit && !thread[self].fatal;
			m++;
			if
			:: true
			:: in(NONBLOCK, self) -> nonblock = true
			:: in(SYNC, self) -> sync = true
			:: in(CALL, self) ->
				sync = true;
				call = true
			fi;
			d_step {
				spin_lock();
				send_at_once(m);
				if
				:: err == AGAIN -> send_locked_begin()
				:: else
				fi
			}
			if
			:: true			/* mbx_spare_fill() */
			:: MAKE_MSG && err == AGAIN ->
				d_step {
					mbx_unlock();
					thread[self].copying = true
				}
				goto make_msg
			fi;
have_msg:
			true;
			d_step {
				if
				:: err == AGAIN -> send_locked_end(m)
				:: else
				fi;
				send_unlock(m)
			}
		}
		mbx_later_do();
		if
		:: err == SLEEP ->
			wait_until_done();
			atomic {
				true;
				d_step {
					spin_lock();
					wait_sender_end(m);
					send_unlock(m)
				}
			}
			mbx_later_do()
		:: else
		fi
	:: d_step { m == last_of(self) || quit || thread[self].fatal -> running-- }
		break
	od;
end:	false;
make_msg:
	atomic {
		if
		:: true
		:: in(FAULT, self) || thread[self].fatal -> err = EFAULT
		fi;
		spin_lock();
		goto have_msg
	}
}

/* ------------------------------------------------------------------- call.c */

inline mbx_claim(t)
{
	waiter[t].claim = self;
	serves[self] = waiter[t].caller
}

inline mbx_call_taken(t)
{
	nr_senders--;
	nr_callers++;
	waiter[t].peer = true;
	if
	:: in(READ, self) -> mbx_wake(synced, t, EPIPE)
	:: else ->
		waiter[t].state = MBX_WAIT_REPLY;
		synced??eval(t);
		callers!t;
		mbx_claim(t)
	fi
}

inline find_caller(call, proc)
{
	t_ = (call -> sender_of(call) : 0);
	if
	:: callers??[eval(t_)] && waiter[t_].caller == call && waiter[t_].claim == proc
	:: else -> t_ = 0
	fi
}

/* Until there is a message. */
inline reply_locked_begin(call, proc)
{
	find_caller(call, proc);
	err = (mbx_box_error() -> mbx_box_error() : (t_ -> AGAIN : ENOENT))
}

inline reply_locked_end(call, proc)
{
#ifdef BUG_NO_SECOND_FIND
	t_ = sender_of(call);
	err = mbx_box_error();
#else
	find_caller(call, proc);
	err = (mbx_box_error() -> mbx_box_error() : (t_ -> 0 : ECANCELED));
#endif
	if
	:: !err ->
		assert(!msg[call].replied);
		msg[call].replied = true;
		replies++;
		waiter[t_].reply = true;
		mbx_wake(callers, t_, 0)
	:: else
	fi
}

/* It returns whatever others do: nothing in it waits. */
inline mbx_reply(call, proc)
{
	atomic {
		true;
		d_step {
			spin_lock();
			reply_locked_begin(call, proc)
		}
		if
		:: true				/* mbx_fill_spare() */
		:: MAKE_MSG && err == AGAIN ->
			d_step { mbx_unlock() }
			goto make_reply
		fi;
have_reply:
		true;
		d_step {
			if
			:: err == AGAIN -> reply_locked_end(call, proc)
			:: else
			fi;
			check_error(err);
			err = 0;
			mbx_unlock()
		}
		goto reply_done
	}
make_reply:
	atomic {
		spin_lock();
		goto have_reply
	}
reply_done:
	mbx_later_do()
}

inline mbx_call_close()
{
	spin_lock();
	i = len(callers);
	do
	:: i ->
		callers?t_;
		callers!t_;
		if
#ifndef BUG_NO_CALL_CLOSE
		:: waiter[t_].claim == self -> mbx_wake(callers, t_, EPIPE)
#endif
		:: else
		fi;
		i--
	:: else -> break
	od;
	mbx_unlock()
}

/* ---------------------------------------------------------------- receive.c */

inline finish(m)
{
	mbx_queue_received(m);
	got = true;
	if
#ifdef BUG_CALL_AS_SYNC
	:: msg[m].sender -> mbx_wake(synced, sender_of(m), 0)
#else
	:: msg[m].sender && waiter[sender_of(m)].caller -> mbx_call_taken(sender_of(m))
	:: msg[m].sender && !waiter[sender_of(m)].caller -> mbx_wake(synced, sender_of(m), 0)
#endif
	:: else
	fi;
	if
	:: msg[m].counted ->
#ifdef BUG_FINISH_NO_ADMIT
		skip
#else
		mbx_made_room()
#endif
	:: else
	fi;
	mbx_box_release(m)
}

inline mbx_put_back(m)
{
	was_counted = msg[m].counted;
	mbx_queue_untake(m, (CAPACITY || !msg[m].sender));
#ifndef BUG_PUT_BACK_NO_OFFER
	mbx_offer(m);
#else
	receiver = 0;
#endif
	if
	:: receiver && was_counted -> mbx_made_room()
	:: else
	fi
}

inline finish_taken_end(m)
{
	if
#ifdef BUG_GONE_IGNORED
	:: msg[m].state == MBX_MSG_GONE && err -> err = AGAIN
	:: msg[m].state == MBX_MSG_GONE && !err ->
		assert(!msg[m].delivered && msg[m].send != FAILED);
		msg[m].delivered = true;
		got = true
#else
	:: msg[m].state == MBX_MSG_GONE -> err = (mbx_box_error() -> mbx_box_error() : AGAIN)
#endif
	:: else ->
		if
		:: err -> mbx_put_back(m)
		:: else -> finish(m)
		fi
	fi;
	mbx_box_release(m);
	m = 0
}

inline finish_taken_begin(m)
{
	if
	:: msg[m].state == MBX_MSG_TAKEN && !copy_atomic -> err = COPY
	:: else -> err = COPIED
	fi
}

inline take(m)
{
#ifdef BUG_COPY_UNMARKED
	if
	:: copy_atomic -> mbx_queue_take(m)
	:: else -> err = COPY
	fi;
	msg[m].refs++;
	if
	:: copy_atomic -> finish_taken_begin(m)
	:: else
	fi
#else
	mbx_queue_take(m);
	msg[m].refs++;
	finish_taken_begin(m)
#endif
}

inline look_end(m)
{
	mbx_box_release(m);
	m = 0
}

inline look_begin(m)
{
	if
	:: copy_atomic ->
		err = 0;
		m = 0
	:: else ->
		msg[m].refs++;
		err = COPY
	fi
}

inline wait_msg_begin()
{
	waiter[self].state = MBX_WAIT_MSG;
	nr_receivers++;
	if
	:: peek -> mbx_wait_begin(peekers, first)
	:: else -> mbx_wait_begin(receivers, first)
	fi;
	err = SLEEP
}

inline wait_msg_end(m)
{
	nr_receivers--;
	if
	:: peek -> mbx_wait_end(peekers)
	:: else -> mbx_wait_end(receivers)
	fi;
	m = waiter[self].msg;
	waiter_ends();
	if
	:: m -> finish_taken_begin(m)
	:: else -> err = (err -> err : AGAIN)
	fi
}

inline next_msg(m)
{
	mbx_queue_first(m);
	if
	:: !m && len(senders) ->
		senders?<waits>;
		m = waiter[waits].msg;
		if
		:: length(m) <= buffer(self) ->
			mbx_admit(peek);
			mbx_queue_first(m)
		:: else
		fi
	:: else
	fi
}

inline try_receive(m)
{
	if
	:: mbx_box_error() -> err = mbx_box_error()
	:: else ->
		next_msg(m);
		if
		:: !m -> wait_msg_begin()
		:: m && length(m) > buffer(self) ->
			err = EMSGSIZE;
			m = 0
		:: else ->
			if
			:: peek -> look_begin(m)
			:: else -> take(m)
			fi
		fi
	fi
}

inline receive_at_once(m)
{
	mbx_queue_first(m);
	if
	:: !m || length(m) > buffer(self) || peek || mbx_box_error() ||
#ifndef BUG_RECEIVE_AT_ONCE
	   nr_senders ||
#endif
	   msg[m].refs > 1 || !copy_atomic ->
		err = AGAIN
	:: else ->
		check_order(m);
		mbx_queue_received(m);
		got = true;
		mbx_box_release(m);
		err = 0
	fi;
	m = 0
}

/* What mbx_receive() promises. */
inline check_receive()
{
	check_error(err);
	assert(got == (!err && !peek))
}

inline receive_unlock()
{
	copy_atomic = false;
	thread[self].copying = err == COPY;
	if
	:: err == SLEEP || err == COPY
	:: else ->
		check_receive();
		user_mode();
		peek = false;
		first = false;
		got = false
	fi;
	mbx_unlock()
}

/* Whether page faults would have to be served. */
inline choose_copy()
{
	if
	:: copy_atomic = true
	:: true
	fi
}

/* The owner, if there is one, is the last receiver. */
inline exit_hook()
{
	owner_exited = owner_exited || (OWNER && self == THREADS);
	exited[self] = CLAIMS;
	serves[self] = 0
}

proctype receives(byte self)
{
	byte later[2];
	byte m;
	mtype err;
	bool peek, first, copy_atomic, got, quit;

	do
	:: atomic {			/* mbx_receive() */
			!quit && !thread[self].fatal && !serves[self];
			if
			:: true
			:: in(PEEK, self) -> peek = true
			fi;
			choose_copy();
			d_step {
				spin_lock();
				receive_at_once(m)
			}
			goto next
		}
sleep:
		wait_until_done();
		atomic {
			choose_copy();
			d_step {
				spin_lock();
				wait_msg_end(m);
				first = true
			}
			goto next
		}
copy:
		/* copy_sleeping() */
		if
		:: true
		:: in(FAULT, self) -> (closing || thread[self].fatal)
		fi;
		atomic {
			if
			:: err = 0
			:: in(FAULT, self) || thread[self].fatal -> err = EFAULT
			fi;
			spin_lock();
copied:
			true;
			d_step {
				if
				:: peek -> look_end(m)
				:: else -> finish_taken_end(m)
				fi;
				first = true
			};
next:
			do
			:: err == AGAIN ->
				choose_copy();
				d_step { try_receive(m) }
			:: err == COPIED ->
				err = 0;
				goto copied
			:: else -> break
			od;
			true;
			d_step { receive_unlock() }
		}
#ifdef BUG_COPY_BEFORE_LATER
		if
		:: err == COPY -> goto copy
		:: else
		fi;
#endif
		mbx_later_do();
		if
		:: err == SLEEP -> goto sleep
		:: err == COPY -> goto copy
		:: else
		fi
#if CALL
	:: serves[self] && !thread[self].fatal ->
		mbx_reply(serves[self], self);
		serves[self] = 0
#endif
#if CLOSE
	:: d_step { in(CLOSE, self) && serves[self] -> mbx_call_close() }
		mbx_later_do();
		d_step {
			serves[self] = 0;
			running--
		}
		break
#endif
	:: d_step {
			in(QUIT, self) || quit || thread[self].fatal;
			exit_hook();
			running--
		}
		break
	od;
end:	false
}

/* Another thread of a process that serves. */
proctype replies_too(byte proc)
{
	byte later[2];
	byte call;
	mtype err;

	if
	:: atomic { serves[proc] -> call = serves[proc] }
		mbx_reply(call, proc)
	:: closing
	fi;
	running--;
end:	false
}

/* ------------------------------------------------------ box.c, table.c, reap.c */

/* By state: the one of both lists whose order is of no interest is none here. */
inline withdraw(which)
{
	m_ = 1;
	do
	:: m_ <= MESSAGES ->
		admitted = m_;
		if
		:: msg[admitted].state == which ->
			mbx_queue_withdraw(admitted);
			mbx_box_release(admitted)
		:: else
		fi;
		m_ = admitted + 1
	:: else -> break
	od
}

inline mbx_table_remove(why)
{
	findable = false;
	spin_lock();
	error = mbx_box_error();
#ifdef BUG_OWNER_FORGOTTEN
	dead = why;
#else
	dead = (mbx_box_orphaned() -> EOWNERDEAD : why);
#endif
	assert(!error || error == dead);
	mbx_unlock()
}

inline end_waits()
{
	spin_lock();
	ended = true;
	mbx_wake_list(senders, dead);
#ifndef BUG_END_FORGETS_SYNCED
	mbx_wake_list(synced, dead);
#endif
	mbx_wake_list(receivers, dead);
	mbx_wake_list(peekers, dead);
#ifndef BUG_END_FORGETS_CALLERS
	mbx_wake_list(callers, dead);
#endif
#ifndef BUG_END_FORGETS_TAKEN
	withdraw(MBX_MSG_TAKEN);
#endif
	mbx_unlock()
}

inline purge()
{
	spin_lock();
	withdraw(MBX_MSG_READY);
	mbx_unlock()
}

inline mbx_box_kill(why)
{
	if
	:: d_step { findable -> mbx_table_remove(why) }
		d_step { end_waits() }
		mbx_later_do();
		atomic {
			true;
			d_step {
				purge();
				running--
			}
		}
	:: else -> running--
	fi
}

proctype deletes()
{
	byte later[2];

	mbx_box_kill(EIDRM);
end:	false
}

proctype reap()
{
	byte later[2];

	owner_exited;
	mbx_box_kill(EOWNERDEAD);
end:	false
}

inline mbx_box_abandon(proc)
{
	spin_lock();
	i = len(callers);
	do
	:: i ->
		callers?t_;
		callers!t_;
		if
		:: waiter[t_].claim == proc -> mbx_wake(callers, t_, EPIPE)
		:: else
		fi;
		i--
	:: else -> break
	od;
	mbx_unlock()
}

#define mbx_proc_first_claim(proc) (waiter[1].claim == proc || waiter[2].claim == proc)

proctype reap_proc(byte proc)
{
	byte later[2];

	if
#ifndef BUG_NO_ABANDON
	:: exited[proc] ->
		do
		:: d_step { mbx_proc_first_claim(proc) -> mbx_box_abandon(proc) }
			mbx_later_do()
		:: !mbx_proc_first_claim(proc) -> break
		od
#endif
	:: closing
	fi;
	running--;
end:	false
}

/* ------------------------------------------------------------- the environment */

/* In user space a signal is no event for a mailbox. */
inline interrupt(t)
{
	atomic {
		in(set, t) && (waiter[t].state || thread[t].copying);
		d_step {
			thread[t].signal_pending = true;
			thread[t].fatal = deadly;
			wake_up_process(t)
		}
	}
}

proctype interrupts(byte set; bool deadly)
{
	if
	:: interrupt(1)
	:: interrupt(2)
	:: interrupt(3)
	:: interrupt(4)
	:: closing
	fi;
	running--;
end:	false
}

init {
	byte later[2];

	atomic {
		run sends(1);
		run sends(2);
		run receives(3);
		run receives(4);
#if DELETE
		run deletes();
#endif
#if OWNER
		run reap();
#endif
#if CLAIMS
		run reap_proc(3);
		run reap_proc(4);
#endif
#if TWICE
		run replies_too((TWICE == LAST -> 4 : 3));
#endif
#if SIGNAL
		run interrupts(SIGNAL, false);
#endif
#if KILL
		run interrupts(KILL, true);
#endif
	}
	atomic {
		timeout;
		d_step {
			check_quiet();
			closing = true
		}
	}
	mbx_box_kill(EIDRM);
	atomic {
		!running;
		d_step { check_empty() }
	}
}
