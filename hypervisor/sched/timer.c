/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers: one queue a CPU, and the local APIC's timer set to the first of it.
 *
 * A queue is a skew heap: a binary tree in which no timer expires before its parent, kept in the
 * timers themselves, so that nothing is allocated.  Merging two such trees is all it needs.
 */
#include "cpu/apic.h"
#include "cpu/insn.h"
#include "cpu/pcpu.h"
#include "cpu/symbols.h"
#include "dev/console.h"
#include "sched/sched.h"

struct timer_queue {
	struct spinlock lock;		/* LOCK_TIMER */
	struct timer *first;		/* root: expires before all others */
	struct timer *running;		/* its fn runs now */
	ns_t armed;			/* the hardware fires then, by its CPU; what it fires for may be gone by then */
};

static struct timer_queue queues[NR_CPUS];

struct due {
	ns_t expires;
	void (*fn)(void *arg);
};

#define DUMPED		8		/* of each queue, those that fire first */

/* ---- the heap --------------------------------------------------------------------------------- */

static struct timer *merge(struct timer *a, struct timer *b)
{
	struct timer *root = NULL, *parent = NULL, **slot = &root;

	while (a && b) {
		struct timer *right;

		if (b->expires < a->expires) {
			struct timer *t = a;

			a = b;
			b = t;
		}
		*slot = a;
		a->parent = parent;
		parent = a;
		/* Swap the children on the way down: that is what keeps the tree shallow. */
		right = a->right;
		a->right = a->left;
		slot = &a->left;
		a = right;
	}
	if (!a)
		a = b;
	*slot = a;
	if (a)
		a->parent = parent;
	return root;
}

static void heap_insert(struct timer_queue *q, struct timer *t)
{
	t->left = t->right = t->parent = NULL;
	t->queued = true;
	q->first = merge(q->first, t);
}

static void heap_remove(struct timer_queue *q, struct timer *t)
{
	struct timer *rest = merge(t->left, t->right), *parent = t->parent;

	if (rest)
		rest->parent = parent;
	if (!parent)
		q->first = rest;
	else if (parent->left == t)
		parent->left = rest;
	else
		parent->right = rest;
	t->queued = false;
}

/* ---- queues ----------------------------------------------------------------------------------- */

/* t->cpu may change until the lock of its queue is held. */
static struct timer_queue *lock_queue_of(struct timer *t, u64 *flags)
{
	for (;;) {
		u32 cpu = READ_ONCE(t->cpu);

		*flags = spin_lock_irqsave(&queues[cpu].lock);
		if (READ_ONCE(t->cpu) == cpu)
			return &queues[cpu];
		spin_unlock_irqrestore(&queues[cpu].lock, *flags);
	}
}

/* Lock held, on q's CPU. */
static void arm(struct timer_queue *q, ns_t expires)
{
	if (expires >= q->armed)
		return;
	q->armed = expires;
	lapic_timer_set(ns_to_tsc_deadline(expires));
}

void timer_init(struct timer *t, void (*fn)(void *), void *arg, u32 cpu)
{
	*t = (struct timer){ .fn = fn, .arg = arg, .cpu = cpu };
}

/**
 * timer_set - arm or re-arm a timer
 * @expires: system time; one that has passed fires as soon as the CPU looks at softirqs
 */
void timer_set(struct timer *t, ns_t expires)
{
	u64 flags;
	struct timer_queue *q = lock_queue_of(t, &flags);
	u32 cpu = t->cpu;
	bool first;

	if (t->queued)
		heap_remove(q, t);
	t->expires = expires;
	heap_insert(q, t);
	first = q->first == t;
	if (first && cpu == this_cpu() && expires > now_ns()) {
		arm(q, expires);
		first = false;
	}
	spin_unlock_irqrestore(&q->lock, flags);
	if (first)
		softirq_raise_on(cpu, SOFTIRQ_TIMER);
}

void timer_stop(struct timer *t)
{
	u64 flags;
	struct timer_queue *q;

	/* Never armed since it was last stopped: common at the context switch. */
	if (!READ_ONCE(t->queued))
		return;
	q = lock_queue_of(t, &flags);
	if (t->queued)
		heap_remove(q, t);
	spin_unlock_irqrestore(&q->lock, flags);
}

static bool is_running(const struct timer *t)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		if (READ_ONCE(queues[cpu].running) == t)
			return true;
	return false;
}

void timer_kill(struct timer *t)
{
	do {
		timer_stop(t);
		cpu_relax();
	} while (is_running(t) || READ_ONCE(t->queued));
}

void timer_migrate(struct timer *t, u32 cpu)
{
	u64 flags;
	bool first = false;

	for (;;) {
		u32 old = READ_ONCE(t->cpu);

		if (old == cpu)
			return;
		flags = irq_save();
		spin_lock_both(&queues[old].lock, &queues[cpu].lock);
		if (t->cpu == old) {
			if (t->queued) {
				heap_remove(&queues[old], t);
				heap_insert(&queues[cpu], t);
				first = queues[cpu].first == t;
			}
			WRITE_ONCE(t->cpu, cpu);
		}
		spin_unlock_both(&queues[old].lock, &queues[cpu].lock);
		irq_restore(flags);
		if (first)
			softirq_raise_on(cpu, SOFTIRQ_TIMER);
	}
}

/* ---- firing ----------------------------------------------------------------------------------- */

void timer_interrupt(void)
{
	queues[this_cpu()].armed = INT64_MAX;
	softirq_raise(SOFTIRQ_TIMER);
}

/* The next expired timer of this CPU's queue, off the queue; NULL: none, and the hardware is set for what is left. */
static struct timer *next_expired(struct timer_queue *q)
{
	u64 flags = spin_lock_irqsave(&q->lock);
	struct timer *t = q->first;

	q->running = NULL;
	if (t && t->expires > now_ns()) {
		arm(q, t->expires);
		t = NULL;
	} else if (t) {
		heap_remove(q, t);
		q->running = t;
	}
	spin_unlock_irqrestore(&q->lock, flags);
	return t;
}

void timer_softirq(void)
{
	struct timer_queue *q = &queues[this_cpu()];
	struct timer *t;

	while ((t = next_expired(q)))
		t->fn(t->arg);
}

/* ---- console key 'a' -------------------------------------------------------------------------- */

/* The timer after t, parents before their children; NULL: t was the last. */
static const struct timer *next_in_tree(const struct timer *t)
{
	if (t->left || t->right)
		return t->left ? t->left : t->right;
	while (t->parent && (t == t->parent->right || !t->parent->right))
		t = t->parent;
	return t->parent ? t->parent->right : NULL;
}

/* The first of q to due[], in order; how many there are in all. */
static u32 first_due(struct timer_queue *q, struct due *due)
{
	u64 flags = spin_lock_irqsave(&q->lock);
	u32 n = 0, i;

	for (const struct timer *t = q->first; t; t = next_in_tree(t), n++) {
		for (i = MIN(n, (u32)DUMPED); i && due[i - 1].expires > t->expires; i--)
			if (i < DUMPED)
				due[i] = due[i - 1];
		if (i < DUMPED)
			due[i] = (struct due){ t->expires, t->fn };
	}
	spin_unlock_irqrestore(&q->lock, flags);
	return n;
}

void timers_dump(void)
{
	struct due due[DUMPED];

	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		u32 n = first_due(&queues[cpu], due);

		log_info("CPU %u: %u timers set", cpu, n);
		for (u32 i = 0; i < MIN(n, (u32)DUMPED); i++) {
			u64 offset;
			const char *name = symbol_lookup((u64)due[i].fn, &offset);

			log_info("  in %ld us %s", (due[i].expires - now_ns()) / 1000, name ? name : "?");
		}
	}
}

void timer_cpu_init(u32 cpu)
{
	spin_lock_init(&queues[cpu].lock, "timers", LOCK_TIMER);
	queues[cpu].armed = INT64_MAX;
}
