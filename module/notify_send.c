// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events as messages: who asked for it gets them in a mailbox.
 *
 * Events happen with a box locked, where no other can be: the one to be told may
 * be the same.  So they are noted, and a work item sends the message.  It never
 * waits, so that whoever waits for the work item does not for long: that is the
 * end of the registration, after which nothing is sent.
 *
 * MBX_TELLER: no handle keeps another one open
 * --------------------------------------------
 *
 * Handles that tell through each other, or through themselves, would never be
 * closed if each had a reference to the file of the other.  So a teller has a
 * reference to the box only, which is memory.  The handle that it sends through
 * has it in a list, and is forgotten by it when closed.  Both happen with that
 * box locked, as does the sending.
 *
 * MBX_UNSENT: mailboxes that tell each other
 * ------------------------------------------
 *
 * That a message tells of events makes its mailbox readable, or its depth rise.
 * Were that told by a message again, two mailboxes could keep each other busy.
 * Nothing else can come of a message by itself.
 */
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "mbx.h"
#include "trace.h"

/* MBX_UNSENT */
#define UNSENT (MBX_EVENT_READABLE | MBX_EVENT_HIGH)

/* Tellers that are detached in one go with the box locked. */
#define DETACH_BATCH 256

/**
 * struct mbx_teller - what sends messages for a registration
 * @work: sends one
 * @node: in @tellers of @via [box of @via]
 * @via: the handle that it sends through, or NULL once closed [its box]
 * @box: the box of @via, with a reference [const]
 * @watch: the registration [const]
 * @task: who made it, and sends, with a reference [const]
 * @memcg: pays for the memory, with a reference [const]
 * @data: see struct mbx_event [const]
 * @events: MBX_EVENT_* not told yet [box of @watch]
 * @nr: how often they have happened [box of @watch]
 */
struct mbx_teller {
	struct work_struct work;
	struct list_head node;
	struct mbx_handle *via;
	struct mbx_box *box;
	const struct mbx_watch *watch;
	struct mbx_task *task;
	struct mem_cgroup *memcg;
	u64 data;
	u32 events;
	u32 nr;
};

static struct workqueue_struct *teller_wq;

/**
 * mbx_teller_init() - be ready to send messages
 *
 * Return: 0 or -ENOMEM.
 */
int mbx_teller_init(void)
{
	/* Those who exit wait for it, perhaps since there is no memory left. */
	teller_wq = alloc_workqueue("ipc_mailbox_events",
				    WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return teller_wq ? 0 : -ENOMEM;
}

/**
 * mbx_teller_exit() - undo it
 *
 * Context: Process context, no handle is open.
 */
void mbx_teller_exit(void)
{
	destroy_workqueue(teller_wq);
}

static u32 add_capped(u32 a, u32 b)
{
	return min_t(u64, (u64)a + b, U32_MAX);
}

/* What has happened until now; whatever comes next gets a message of its own. */
static void take(struct mbx_teller *teller, struct mbx_event *event)
{
	struct mbx_box *box = teller->watch->handle->box;

	guard(spinlock)(&box->lock);

	*event = (struct mbx_event){
		.size = sizeof(*event),
		.events = teller->events,
		.state = teller->watch->state,
		.nr = teller->nr,
		.id = box->id,
		.data = teller->data,
	};
	teller->events = 0;
	teller->nr = 0;
}

/* To be told with those that happen next. */
static void put_back(struct mbx_teller *teller, const struct mbx_event *event)
{
	struct mbx_box *box = teller->watch->handle->box;

	guard(spinlock)(&box->lock);

	teller->events |= event->events;
	teller->nr = add_capped(teller->nr, event->nr);
}

/* At the expense of whoever made the registration, not of the kernel. */
static struct mbx_msg *make_msg(const struct mbx_teller *teller,
				const struct mbx_event *event)
{
	struct mem_cgroup *memcg = set_active_memcg(teller->memcg);
	struct mbx_msg *msg;

	msg = mbx_msg_make(teller->task->user, event, sizeof(*event));
	set_active_memcg(memcg);
	return msg;
}

/* Is a handle good for sending through it? */
static int check_via(const struct mbx_handle *via)
{
	int err = mbx_handle_error(via) ?: mbx_box_sealed(via->box);

	return err ?: (via->spent ? -EKEYEXPIRED : 0);
}

/* The box is locked. */
static int send_msg(struct mbx_teller *teller, struct mbx_msg *msg,
		    struct mbx_tx *tx, struct mbx_later *later)
{
	struct mbx_handle *via = teller->via;
	int err = via ? check_via(via) : -EBADF;

	if (err) {
		msg->next = later->garbage;
		later->garbage = msg;
		return err;
	}
	via->spent = via->oneshot;
	err = mbx_send_made(via, teller->task, msg, tx, later);
	if (err)
		via->spent = false;
	return err;
}

static int send_event(struct mbx_teller *teller, const struct mbx_event *event)
{
	struct mbx_box *box = teller->box;
	struct mbx_later later = {};
	struct mbx_tx tx = {
		.len = sizeof(*event),
		.nonblock = true,
		.full = MBX_SEND_WAIT,
		.type = MBX_TYPE_EVENT,
	};
	struct mbx_msg *msg;
	int err;

	msg = make_msg(teller, event);
	if (IS_ERR(msg))
		return PTR_ERR(msg);

	spin_lock(&box->lock);
	err = send_msg(teller, msg, &tx, &later);
	trace_mbx_send(box, tx.seq, tx.len, err);
	/* MBX_UNSENT */
	mbx_notify_look(box, UNSENT);
	mbx_unlock(box, &later);

	if (tx.peer)
		mbx_task_put(tx.peer);
	return err;
}

static void run(struct work_struct *work)
{
	struct mbx_teller *teller = container_of(work, struct mbx_teller, work);
	struct mbx_event event;

	take(teller, &event);
	/* What it was queued for may have been told already. */
	if (event.events && send_event(teller, &event))
		put_back(teller, &event);
}

/* Fails if nothing could be sent through @via, now or ever. */
static int attach(struct mbx_teller *teller, struct mbx_handle *via)
{
	struct mbx_box *box = via->box;
	int err;

	guard(spinlock)(&box->lock);

	err = check_via(via);
	if (err)
		return err;
	teller->via = via;
	teller->box = box;
	refcount_inc(&box->refs);
	list_add(&teller->node, &via->tellers);
	return 0;
}

static void free_teller(struct mbx_teller *teller)
{
	mem_cgroup_put(teller->memcg);
	mbx_task_put(teller->task);
	kfree(teller);
}

/**
 * mbx_teller_create() - let a registration be told by messages
 * @watch: the registration, in no list yet
 * @via: a handle whose file the caller has a reference to
 * @data: goes with each message
 *
 * Context: Process context.  Sleeps.  Takes the lock of the box of @via.
 * Return: what sends them, or an error pointer: -EBADF, -EIDRM, -EKEYEXPIRED,
 * -EKEYREVOKED, -EMSGSIZE, -ENOMEM, -EOWNERDEAD, -ESHUTDOWN.
 */
struct mbx_teller *mbx_teller_create(const struct mbx_watch *watch,
				     struct mbx_handle *via, u64 data)
{
	struct mbx_teller *teller;
	struct mbx_task *task;
	int err;

	if (!(via->rights & MBX_OPEN_SEND))
		return ERR_PTR(-EBADF);
	if (via->box->msg_max < sizeof(struct mbx_event))
		return ERR_PTR(-EMSGSIZE);
	teller = kzalloc(sizeof(*teller), GFP_KERNEL_ACCOUNT);
	if (!teller)
		return ERR_PTR(-ENOMEM);
	task = mbx_task_get_current();
	if (IS_ERR(task)) {
		kfree(teller);
		return ERR_CAST(task);
	}
	INIT_WORK(&teller->work, run);
	teller->watch = watch;
	teller->task = task;
	teller->memcg = get_mem_cgroup_from_mm(current->mm);
	teller->data = data;
	err = attach(teller, via);
	if (err) {
		free_teller(teller);
		return ERR_PTR(err);
	}
	return teller;
}

/**
 * mbx_teller_tell() - have a message sent that tells of events
 * @teller: what sends it
 * @events: those that have just happened
 *
 * Context: The box that they have happened in is locked.
 */
void mbx_teller_tell(struct mbx_teller *teller, u32 events)
{
	teller->events |= events;
	teller->nr = add_capped(teller->nr, hweight32(events));
	queue_work(teller_wq, &teller->work);
}

/**
 * mbx_teller_destroy() - send what is to be told, and nothing any more
 * @teller: of a registration that is in no list
 *
 * Context: Process context.  Sleeps.
 */
void mbx_teller_destroy(struct mbx_teller *teller)
{
	struct mbx_box *box = teller->box;

	flush_work(&teller->work);
	/* There may be room by now for what could not be sent. */
	queue_work(teller_wq, &teller->work);
	flush_work(&teller->work);

	spin_lock(&box->lock);
	if (teller->via)
		list_del(&teller->node);
	spin_unlock(&box->lock);

	mbx_box_put(box);
	free_teller(teller);
}

/**
 * mbx_teller_detach_some() - send nothing through a handle any more
 * @via: the handle, which is about to go
 *
 * Context: Its box is locked.
 * Return: true once nothing has it.
 */
bool mbx_teller_detach_some(struct mbx_handle *via)
{
	struct mbx_teller *teller, *next;
	unsigned int nr = 0;

	list_for_each_entry_safe(teller, next, &via->tellers, node) {
		if (nr++ == DETACH_BATCH)
			return false;
		list_del(&teller->node);
		teller->via = NULL;
	}
	return true;
}
