// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who could receive from a mailbox: the processes that have a handle for it.
 *
 * MBX_ALONE: a handle belongs to the process that made it as long as nobody else
 * has its file.  Files are shared by fork(2), passed through sockets, and kept by
 * io_urings without asking us, but what is shared has several references.  They
 * do not tell who is left when one goes, but whoever closes a descriptor comes
 * by mbx_holder_closes(): if it is the process that made the handle, and it is
 * not the last reference, or if somebody else uses it, the handle has strayed for
 * good.  A process that shares its table of descriptors may close for another.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>

#include "mbx.h"

/**
 * mbx_holder_get() - find out who makes a handle
 * @handle: the handle
 *
 * Context: Process context.  Sleeps.
 * Return: 0, or -ENOMEM.
 */
int mbx_holder_get(struct mbx_handle *handle)
{
	struct mbx_proc *proc;

	if (!(handle->rights & MBX_OPEN_RECEIVE))
		return 0;
	proc = mbx_proc_get(task_tgid(current), current);
	if (IS_ERR(proc))
		return PTR_ERR(proc);
	handle->holder = proc;
	return 0;
}

/**
 * mbx_holder_put() - forget who made a handle
 * @handle: the handle, which counts no more
 *
 * Context: Any.
 */
void mbx_holder_put(struct mbx_handle *handle)
{
	if (handle->holder)
		mbx_proc_put(handle->holder);
}

/**
 * mbx_holder_begin() - let a handle count
 * @handle: the handle
 *
 * Context: The box is locked.  Takes records_lock.
 */
void mbx_holder_begin(struct mbx_handle *handle)
{
	if (!handle->holder)
		return;

	guard(raw_spinlock)(&mbx_records_lock);

	list_add_tail(&handle->held, &handle->box->holders);
	handle->holder->nr_held++;
}

static void stray(struct mbx_handle *handle)
{
	lockdep_assert_held(&mbx_records_lock);
	if (!handle->strayed)
		handle->holder->nr_held--;
	handle->strayed = true;
}

/**
 * mbx_holder_end() - let a handle count no more
 * @handle: the handle; one that does not is fine
 *
 * Context: The box is locked.  Takes records_lock.
 */
void mbx_holder_end(struct mbx_handle *handle)
{
	if (list_empty(&handle->held))
		return;

	guard(raw_spinlock)(&mbx_records_lock);

	list_del_init(&handle->held);
	stray(handle);
}

/**
 * mbx_holder_has_file() - note the file of a handle
 * @handle: the handle
 * @file: its file, which goes after the handle has been destroyed
 *
 * Context: Process context.  Takes records_lock.
 */
void mbx_holder_has_file(struct mbx_handle *handle, struct file *file)
{
	guard(raw_spinlock)(&mbx_records_lock);

	handle->file = file;
}

/**
 * mbx_holder_used() - note who uses a handle
 * @handle: the handle
 * @proc: the calling process
 *
 * Context: The box is locked.  Takes records_lock.
 */
void mbx_holder_used(struct mbx_handle *handle, const struct mbx_proc *proc)
{
	if (!handle->holder || handle->holder == proc)
		return;

	guard(raw_spinlock)(&mbx_records_lock);

	if (!list_empty(&handle->held))
		stray(handle);
}

static bool has_own_table(void)
{
	struct files_struct *files = current->files;

	/* None while it exits: it was the last who used it. */
	return !files || atomic_read(&files->count) == 1;
}

/**
 * mbx_holder_closes() - note that a descriptor of a handle is closed
 * @handle: the handle, whose file is still there
 *
 * Context: Process context.  Takes records_lock.
 */
void mbx_holder_closes(struct mbx_handle *handle)
{
	if (!handle->holder)
		return;

	guard(raw_spinlock)(&mbx_records_lock);

	/* MBX_ALONE: somebody may have it whom we do not know. */
	if (file_count(handle->file) != 1 && !list_empty(&handle->held) &&
	    (handle->holder->pid == task_tgid(current) || !has_own_table()))
		stray(handle);
}

/* References to the file by threads that call through the handle itself. */
static unsigned int used_by_calls(const struct mbx_handle *handle)
{
	const struct mbx_proc *proc = handle->holder;
	const struct mbx_edge *edge;
	unsigned int nr = 0;

	/* A lone thread uses a file without one. */
	if (proc->nr_waits == 1)
		return 0;
	list_for_each_entry(edge, &proc->waits, node)
		nr += edge->handle == handle;
	return nr;
}

/**
 * mbx_holder_is_alone() - can nobody but the process that made it use a handle?
 * @handle: a handle that counts, all of whose holder's threads are calling
 *
 * MBX_ALONE: transient references make it look shared, never the other way round.
 *
 * Context: records_lock is held.
 * Return: true if so.
 */
bool mbx_holder_is_alone(const struct mbx_handle *handle)
{
	lockdep_assert_held(&mbx_records_lock);

	return !handle->strayed && handle->file &&
	       file_count(handle->file) == 1 + used_by_calls(handle);
}
