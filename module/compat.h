/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between the kernels that the module builds for; included in
 * front of every file.  Each entry says when it can go.
 */
#ifndef MBX_COMPAT_H
#define MBX_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "ipc_mailbox needs Linux 6.1 or newer"
#endif

/*
 * compat_user_dumpable() - was a task that has let go of its memory dumpable?
 *
 * Kernels without the bit let ptrace_may_access() pass for such a task.  Kbuild
 * looks for it, since stable releases got it in their midst.  Can go when no
 * supported kernel lacks it.
 */
#ifdef COMPAT_HAS_USER_DUMPABLE
#define compat_user_dumpable(task) ((bool)(task)->user_dumpable)
#else
#define compat_user_dumpable(task) ((void)(task), true)
#endif

/*
 * compat_mm_rss() - resident pages of a process, as /proc/PID/statm has them
 *
 * Kernels with the sum keep the count per CPU, and get_mm_rss() is off by up to
 * a batch for each; Kbuild looks for it.  Can go when all supported have it.
 */
#ifdef COMPAT_HAS_MM_COUNTER_SUM
#define compat_mm_rss(mm)                       \
	(get_mm_counter_sum(mm, MM_FILEPAGES) + \
	 get_mm_counter_sum(mm, MM_ANONPAGES) + \
	 get_mm_counter_sum(mm, MM_SHMEMPAGES))
#else
#define compat_mm_rss(mm) get_mm_rss(mm)
#endif

/*
 * sparse does not run the cleanup of guards and sees locks that nobody drops.
 * Let it check explicit locking only.  Can go when it understands the
 * attribute.
 */
#ifdef __CHECKER__
#include <linux/cleanup.h>
#undef guard
#undef scoped_guard
#define compat_no_args(...)
#define guard(_name) extern int compat_guard_##_name compat_no_args
#define scoped_guard(_name, ...) \
	for (const char *once = #_name; once; once = NULL)
#endif

/*
 * compat_assign_str() - __assign_str() without the source
 *
 * Since 6.10 the macro remembers it.  Can go with 6.1 and 6.6.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define compat_assign_str(dst, from) __assign_str(dst, from)
#else
#define compat_assign_str(dst, from) __assign_str(dst)
#endif

/*
 * compat_eventfd_signal() - eventfd_signal() that adds 1
 *
 * Until 6.8 it was told how much to add.  Can go with 6.1 and 6.6.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define compat_eventfd_signal(ctx) ((void)eventfd_signal(ctx, 1))
#else
#define compat_eventfd_signal(ctx) eventfd_signal(ctx)
#endif

/*
 * compat_receive_fd() - receive_fd() that does not write the number anywhere
 *
 * Until 6.8 it could not.  Can go with 6.1 and 6.6.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define compat_receive_fd(file, flags) receive_fd(file, flags)
#else
#define compat_receive_fd(file, flags) receive_fd(file, NULL, flags)
#endif

#endif /* MBX_COMPAT_H */
