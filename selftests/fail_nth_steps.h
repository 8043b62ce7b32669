/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps: one system call each, taken again and again in a world made anew, with
 * another fault each time until there is none left.  A step that fails must have
 * changed nothing, one that succeeds must have done all of it.
 */
#ifndef SELFTESTS_FAIL_NTH_STEPS_H
#define SELFTESTS_FAIL_NTH_STEPS_H

#include "fail_nth_limits.h"
#include "fail_nth_world.h"

/* What one test has found is there for the next ones. */
static struct limits *limits;

static __attribute__((constructor)) void make_limits(void)
{
	limits = limits_new();
}

FIXTURE(fail_nth) {
	struct faults faults;
	struct world *world;
	struct counts before;
	bool in_step;
	unsigned int faults_seen;
	unsigned int failures;
};

FIXTURE_VARIANT(fail_nth)
{
	bool on[INJECTORS];
	bool onwards;
};

FIXTURE_VARIANT_ADD(fail_nth, all){
	.on = { true, true, true },
};

/* The kernel's part is the same for 32-bit programs: once is enough for them. */
#if __SIZEOF_POINTER__ == 8
FIXTURE_VARIANT_ADD(fail_nth, slab){
	.on = { [SLAB] = true },
};

FIXTURE_VARIANT_ADD(fail_nth, page){
	.on = { [PAGE] = true },
};

FIXTURE_VARIANT_ADD(fail_nth, usercopy){
	.on = { [USERCOPY] = true },
};

/* Not only the n-th allocation fails, but each one after it, too. */
FIXTURE_VARIANT_ADD(fail_nth, memory_onwards){
	.on = { [SLAB] = true, [PAGE] = true },
	.onwards = true,
};
#endif

FIXTURE_SETUP(fail_nth)
{
	enum injector i;

	NEED_ROOT();
	if (access(FAIL_NTH, W_OK))
		SKIP(return, "no " FAIL_NTH
			     ": a kernel without CONFIG_FAULT_INJECTION");
	for (i = 0; i < INJECTORS; i++)
		if (access(injector_dirs[i], X_OK))
			SKIP(return, "no %s", injector_dirs[i]);
	if (access(STACK_FILTER, W_OK))
		SKIP(return, "no " STACK_FILTER
			     ": the injectors cannot be told apart");
	self->world = world_new();
	OPEN_CONTROL(self->world->control);
	/* The caller's record is among what counts. */
	ASSERT_TRUE(is_let_in(self->world->control));
	if (!limits->lowest[0])
		ASSERT_TRUE(same_limits(limits, self->world->control));
	self->before = counts_now();
	memcpy(self->faults.on, variant->on, sizeof(variant->on));
	self->faults.onwards = variant->onwards;
	ASSERT_TRUE(aim_at_caller(&self->faults));
	ASSERT_TRUE(set_injectors(&self->faults));
}

/* ------------------------------------------------------------------ taking */

static inline void take_step(struct world *w, const struct faults *faults,
			     unsigned int n)
{
	arm(faults, n);
	w->ret = w->step->run(w);
	w->err = w->ret < 0 ? errno : 0;
	w->fired = disarm(faults) && n;
	w->ok = w->ret >= 0 ? !w->step->expected : w->err == w->step->expected;
	if (w->ok) {
		w->first += w->step->taken;
		w->last += w->step->added;
	}
	w->right = !w->step->outcome || w->step->outcome(w);
}

struct attempt {
	struct world *w;
	struct faults faults;
	unsigned int n;
};

static inline int attempt_in_child(void *arg)
{
	struct attempt *attempt = arg;
	const uid_t uid = attempt->w->step->uid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!aim_at_caller(&attempt->faults) ||
	    (uid && become_with_caps(uid, uid, CAP_BIT(CAP_SYS_RESOURCE))))
		return 1;
	take_step(attempt->w, &attempt->faults, attempt->n);
	return 0;
}

/* In a process that has not used a mailbox before. */
static inline void
take_step_in_child(struct world *w, const struct faults *faults, unsigned int n)
{
	struct attempt attempt = { w, *faults, n };

	w->crashed = run_in_process(attempt_in_child, &attempt);
}

/* ----------------------------------------------------------------- judging */

/* A copy fails with EFAULT; so does one whose page cannot be had. */
static inline bool is_documented(const struct world *w,
				 const struct faults *faults)
{
	const bool maps = w->step->cold || w->step->child;

	if (w->err == EFAULT)
		return faults->on[USERCOPY] || maps;
	return w->err == ENOMEM && (faults->on[SLAB] || faults->on[PAGE]);
}

/* What is wrong, or NULL. */
static inline const char *judge_call(const struct world *w,
				     const struct faults *faults)
{
	if (w->crashed)
		return "crashed";
	if (!w->ok && !w->fired)
		return "failed without a fault";
	if (!w->ok && w->ret >= 0)
		return "succeeded where it must not";
	if (!w->ok && !is_documented(w, faults))
		return "failed with the wrong errno";
	return w->right ? NULL : "did not do what it said";
}

static inline const char *judge_world(struct world *w)
{
	if (!same_counts(w))
		return "a mailbox, descriptor or module reference came or went";
	if (has_to_end(w))
		return has_ended(w) ? NULL : "the mailbox lives on";
	if (!w->ok && !w->step->act && !same_stat(w))
		return "the mailbox has changed";
	if (!holds_messages(w))
		return "not the messages that must be there";
	if (w->step->finish && !w->step->finish(w))
		return "those who waited did not get what they must";
	return is_usable(w) ? NULL : "the mailbox is not usable";
}

static inline const char *try_step(FIXTURE_DATA(fail_nth) * self,
				   const struct step *step, unsigned int n)
{
	struct world *w = self->world;
	const char *wrong;

	if (!world_make(w, step))
		return "cannot be prepared";
	if (step->child)
		take_step_in_child(w, &self->faults, n);
	else
		take_step(w, &self->faults, n);
	if (step->join)
		step->join(w);
	wrong = judge_call(w, &self->faults) ?: judge_world(w);
	if (!world_end(w) && !wrong)
		wrong = "something is left";
	return wrong;
}

/* --------------------------------------------------------------- repeating */

/* Far above what one system call does. */
#define NTH_MAX 100

/*
 * What there is to count may change a little from one time to the next, when
 * several injectors do: at least one failure then.
 */
static inline unsigned int least_failures(const struct step *step,
					  const struct faults *faults)
{
	unsigned int sum = 0, nr = 0;
	enum injector i;

	for (i = 0; i < INJECTORS; i++) {
		nr += faults->on[i];
		sum += faults->on[i] ? step->least[i] : 0;
	}
	return nr == 1 ? sum : sum > 0;
}

static inline void repeat_step(struct __test_metadata *_metadata,
			       FIXTURE_DATA(fail_nth) * self,
			       const struct step *step)
{
	struct world *w = self->world;
	const __u64 start = now_ns(CLOCK_MONOTONIC);
	unsigned int n, failures = 0;
	const char *wrong;

	self->in_step = true;
	for (n = 0; n < NTH_MAX; n++) {
		wrong = try_step(self, step, n);
		if (wrong)
			TH_LOG("%s, fault %u%s: %s; it returned %d (%s)",
			       step->name, n, w->fired ? "" : " not reached",
			       wrong, w->ret, strerror(w->err));
		ASSERT_EQ(NULL, wrong);
		if (n && !w->fired)
			break;
		failures += !w->ok;
	}
	ASSERT_GT(NTH_MAX, n);
	self->in_step = false;
	if (getenv("FAIL_NTH_VERBOSE"))
		TH_LOG("%s: %u faults, %u failures, %llu ms", step->name, n - 1,
		       failures, (now_ns(CLOCK_MONOTONIC) - start) / MSEC);
	self->faults_seen += n - 1;
	self->failures += failures;
	if (failures < least_failures(step, &self->faults))
		TH_LOG("%s: only %u failures", step->name, failures);
	EXPECT_LE(least_failures(step, &self->faults), failures);
}

static inline void repeat_steps(struct __test_metadata *_metadata,
				FIXTURE_DATA(fail_nth) * self,
				const struct step *steps, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		repeat_step(_metadata, self, &steps[i]);
}

/* In the body of a test. */
#define REPEAT(steps)                                                      \
	do {                                                               \
		(void)variant;                                             \
		repeat_steps(_metadata, self, (steps), ARRAY_SIZE(steps)); \
	} while (0)

FIXTURE_TEARDOWN(fail_nth)
{
	restore_settings(&self->faults);
	TH_LOG("%u faults, %u failures", self->faults_seen, self->failures);
	if (self->in_step)
		return;
	EXPECT_TRUE(counts_are_back(&self->before));
	/* Or some quota is lost. */
	EXPECT_TRUE(wait_until(same_limits(limits, self->world->control)));
}

#endif /* SELFTESTS_FAIL_NTH_STEPS_H */
