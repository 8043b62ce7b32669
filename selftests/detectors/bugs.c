// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module with one bug of each kind that the debug kernels are there to find.
 * Loading it with bug=NAME commits that bug; a kernel that keeps quiet about it
 * would keep quiet about ours, too.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static char *bug = "none";
module_param(bug, charp, 0444);
MODULE_PARM_DESC(bug, "which bug to commit (none)");

static DEFINE_SPINLOCK(lock_a);
static DEFINE_SPINLOCK(lock_b);
static DEFINE_MUTEX(mutex);

struct victim {
	struct list_head link;
	struct timer_list timer;
	int __rcu *protected;
	int value;
};

/* Where the compiler cannot see what becomes of it. */
static struct victim *victim;
static int shared;

static void no_bug(void)
{
	kfree(victim);
}

static void use_after_free(void)
{
	kfree(victim);
	READ_ONCE(victim)->value++;
}

static void leak(void)
{
	WRITE_ONCE(victim, NULL);
}

static void lock_inversion(void)
{
	spin_lock(&lock_a);
	spin_lock(&lock_b);
	spin_unlock(&lock_b);
	spin_unlock(&lock_a);

	spin_lock(&lock_b);
	spin_lock(&lock_a);
	spin_unlock(&lock_a);
	spin_unlock(&lock_b);
	kfree(victim);
}

static void sleep_in_atomic(void)
{
	spin_lock(&lock_a);
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	spin_unlock(&lock_a);
	kfree(victim);
}

static void list_corruption(void)
{
	LIST_HEAD(head);

	list_add(&victim->link, &head);
	victim->link.next = &victim->link;
	list_del(&victim->link);
	kfree(victim);
}

static void rcu_unlocked(void)
{
	victim->value = !!rcu_dereference(victim->protected);
	kfree(victim);
}

static void reference_from_zero(void)
{
	refcount_t refs = REFCOUNT_INIT(0);

	refcount_inc(&refs);
	kfree(victim);
}

static void hung_task(void)
{
	schedule_timeout_uninterruptible(20 * HZ);
	kfree(victim);
}

static void soft_lockup(void)
{
	unsigned long end = jiffies + 20 * HZ;

	preempt_disable();
	while (time_before(jiffies, end))
		cpu_relax();
	preempt_enable();
	kfree(victim);
}

static void shift(void)
{
	victim->value = 1 << READ_ONCE(victim->value);
	kfree(victim);
}

static void ring(struct timer_list *timer)
{
}

static void free_armed_timer(void)
{
	timer_setup(&victim->timer, ring, 0);
	mod_timer(&victim->timer, jiffies + 1000 * HZ);
	kfree(victim);
}

/* Long enough for the sampling detector to have looked at it. */
static int race(void *unused)
{
	unsigned long end = jiffies + 8 * HZ;

	while (time_before(jiffies, end)) {
		shared++;
		barrier();
	}
	while (!kthread_should_stop())
		msleep(20);
	return 0;
}

static void unmarked_access(void)
{
	struct task_struct *racers[2];
	int i;

	for (i = 0; i < 2; i++)
		racers[i] = kthread_run(race, NULL, "racer/%d", i);
	for (i = 0; i < 2; i++)
		if (!IS_ERR(racers[i]))
			kthread_stop(racers[i]);
	kfree(victim);
}

static const struct {
	const char *name;
	void (*commit)(void);
} bugs[] = {
	{ "none", no_bug },
	{ "use-after-free", use_after_free },
	{ "leak", leak },
	{ "lock-inversion", lock_inversion },
	{ "sleep-in-atomic", sleep_in_atomic },
	{ "list-corruption", list_corruption },
	{ "rcu-unlocked", rcu_unlocked },
	{ "reference-from-zero", reference_from_zero },
	{ "hung-task", hung_task },
	{ "soft-lockup", soft_lockup },
	{ "shift", shift },
	{ "free-armed-timer", free_armed_timer },
	{ "data-race", unmarked_access },
};

static int __init bugs_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (!sysfs_streq(bug, bugs[i].name))
			continue;
		victim = kzalloc(sizeof(*victim), GFP_KERNEL);
		if (!victim)
			return -ENOMEM;
		victim->value = 40;
		bugs[i].commit();
		return 0;
	}
	return -EINVAL;
}
module_init(bugs_init);

static void __exit bugs_exit(void)
{
}
module_exit(bugs_exit);

MODULE_DESCRIPTION("Bugs on purpose, to prove that they are reported");
MODULE_LICENSE("GPL");
