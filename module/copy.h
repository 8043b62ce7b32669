/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies from and to user space without sleeping, for use under a spinlock or
 * as a first try.
 *
 * The kernel's side is an object of ours, and the caller has checked its bounds,
 * so the walk of hardened usercopy would prove nothing; it alone takes longer
 * than the rest of a small send.
 */
#ifndef MBX_COPY_H
#define MBX_COPY_H

#include <linux/fault-inject-usercopy.h>
#include <linux/instrumented.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

/**
 * mbx_copy_from_user_atomic() - copy user memory in without sleeping
 * @to: the object
 * @from: source
 * @len: length
 *
 * Context: Process context, a spinlock may be held.  Page faults are not served.
 * Return: 0, or -EFAULT if a page is not there right now.
 */
static inline int mbx_copy_from_user_atomic(void *to, const void __user *from,
					    size_t len)
{
	unsigned long left;

	if (should_fail_usercopy() || !access_ok(from, len))
		return -EFAULT;
	barrier_nospec();

	instrument_copy_from_user_before(to, from, len);
	pagefault_disable();
	left = raw_copy_from_user(to, from, len);
	pagefault_enable();
	instrument_copy_from_user_after(to, from, len, left);
	return left ? -EFAULT : 0;
}

/**
 * mbx_copy_to_user_atomic() - copy kernel memory out without sleeping
 * @to: destination
 * @from: the object
 * @len: length
 *
 * Context: Process context, a spinlock may be held.  Page faults are not served.
 * Return: 0, or -EFAULT if a page is not there right now.
 */
static inline int mbx_copy_to_user_atomic(void __user *to, const void *from,
					  size_t len)
{
	unsigned long left;

	if (should_fail_usercopy() || !access_ok(to, len))
		return -EFAULT;

	instrument_copy_to_user(to, from, len);
	pagefault_disable();
	left = raw_copy_to_user(to, from, len);
	pagefault_enable();
	return left ? -EFAULT : 0;
}

#endif /* MBX_COPY_H */
