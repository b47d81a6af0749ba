/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ticket locks: whoever came first is served first.
 */
#include "cpu/insn.h"
#include "cpu/pcpu.h"
#include "lib/lock.h"

#ifdef DEBUG
#define IRQ_SAFE(l)	((l)->level >= LOCK_EVTQ)	/* taken by interrupt handlers too */

/* NULL while this CPU is not yet set up: nothing is checked then. */
static struct pcpu *holder(void)
{
	return cpu_info() ? cpu_info()->pcpu : NULL;
}

/* Interrupts off while the list is looked at: a handler's locks come on top and go before it ends. */
static void check_order(const struct spinlock *l, bool both)
{
	struct pcpu *p = holder();
	u64 flags;

	if (!p || p->panicking)
		return;
	flags = irq_save();
	if (IRQ_SAFE(l) && irq_flags_enabled(flags))
		panic("lock '%s' taken with interrupts on", l->name);
	for (u32 i = 0; i < p->nr_held; i++) {
		const struct spinlock *h = p->held[i];

		if (h->level > l->level || (h->level == l->level && !both))
			panic("lock order: '%s' (level %u) taken while '%s' (level %u) is held",
			      l->name, l->level, h->name, h->level);
	}
	irq_restore(flags);
}

static void note_taken(const struct spinlock *l)
{
	struct pcpu *p = holder();
	u64 flags;

	if (!p || p->panicking)
		return;
	flags = irq_save();
	if (p->nr_held == ARRAY_SIZE(p->held))
		panic("lock '%s': more than %u locks held", l->name, p->nr_held);
	p->held[p->nr_held++] = l;
	irq_restore(flags);
}

static void note_released(const struct spinlock *l)
{
	struct pcpu *p = holder();
	u64 flags;
	u32 i;

	if (!p || p->panicking)
		return;
	flags = irq_save();
	for (i = p->nr_held; i && p->held[i - 1] != l; i--)
		;
	if (!i)
		panic("lock '%s' released by a CPU that does not hold it", l->name);
	for (p->nr_held--; i <= p->nr_held; i++)
		p->held[i - 1] = p->held[i];
	irq_restore(flags);
}

static void take(struct spinlock *l)
{
	u32 ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)
		cpu_relax();
	note_taken(l);
}

void spin_lock(struct spinlock *l)
{
	check_order(l, false);
	take(l);
}

void spin_unlock(struct spinlock *l)
{
	note_released(l);
	__atomic_store_n(&l->owner, l->owner + 1, __ATOMIC_RELEASE);
}
#else
#define check_order(l, both)	((void)0)
#define note_taken(l)		((void)0)
#define take(l)			spin_lock(l)
#endif

void spin_lock_init(struct spinlock *l, const char *name, enum lock_level level)
{
	*l = (struct spinlock)SPINLOCK_INIT(name, level);
	(void)name, (void)level;
}

bool spin_trylock(struct spinlock *l)
{
	u32 owner = __atomic_load_n(&l->owner, __ATOMIC_RELAXED);

	if (!__atomic_compare_exchange_n(&l->next, &owner, owner + 1, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	note_taken(l);
	return true;
}

void spin_lock_both(struct spinlock *a, struct spinlock *b)
{
	struct spinlock *first = a < b ? a : b, *second = a < b ? b : a;

	spin_lock(first);
	if (first != second) {
		check_order(second, true);
		take(second);
	}
}

void spin_unlock_both(struct spinlock *a, struct spinlock *b)
{
	if (a != b)
		spin_unlock(b);
	spin_unlock(a);
}

u64 spin_lock_irqsave(struct spinlock *l)
{
	u64 flags = irq_save();

	spin_lock(l);
	return flags;
}

void spin_unlock_irqrestore(struct spinlock *l, u64 flags)
{
	spin_unlock(l);
	irq_restore(flags);
}
