/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spin locks with an order.
 *
 * Take only locks of a level further down (larger number) than all you hold; two of one level go
 * through spin_lock_both(), lower address of the owner's domid first.  Debug builds keep the
 * levels held by each CPU and panic at the first wrong order, naming both locks.
 */
#ifndef HV_LIB_LOCK_H
#define HV_LIB_LOCK_H

#include "lib/types.h"

enum lock_level {
	LOCK_CONTROL = 1,	/* one domctl or sysctl at a time */
	LOCK_DOMLIST,		/* list of domains */
	LOCK_DOMAIN,		/* d->lock: life cycle, vcpu up/down */
	LOCK_GRANT,		/* d->grant: table and maptrack */
	LOCK_EVTCHN,		/* d->evtchn.lock */
	LOCK_FRAMES,		/* d->mm.lock: page tables and table types */
	LOCK_PAGES,		/* d->mm.pages_lock: how many frames a domain has */
	LOCK_HEAP,		/* page allocator */
	LOCK_EVTQ,		/* d->evtchn.queue_lock: FIFO event queues; irq-safe */
	LOCK_TIMER,		/* per-CPU timer queue; irq-safe */
	LOCK_SCHED,		/* per-CPU run queue; irq-safe */
	LOCK_IRQ,		/* irq descriptors; irq-safe */
	LOCK_REGISTERS,		/* a device's index and data registers, the table of vectors; irq-safe */
	LOCK_CONSOLE,		/* log ring and uart; irq-safe, innermost */
};

struct spinlock {
	volatile u32 next, owner;	/* ticket lock */
#ifdef DEBUG
	const char *name;
	u8 level;
#endif
};

#ifdef DEBUG
#define SPINLOCK_INIT(n, l)	{ 0, 0, (n), (l) }
#else
#define SPINLOCK_INIT(n, l)	{ 0, 0 }
#endif

void spin_lock_init(struct spinlock *l, const char *name, enum lock_level level);
#ifdef DEBUG
void spin_lock(struct spinlock *l);
void spin_unlock(struct spinlock *l);
#else
static inline void spin_lock(struct spinlock *l)
{
	u32 ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	if (unlikely(__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket))
		do
			__builtin_ia32_pause();
		while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket);
}

/* Only its holder writes it, and a store is a release here: one instruction, which C has no word for. */
static inline void spin_unlock(struct spinlock *l)
{
	__asm__ volatile("incl %0" : "+m"(l->owner) : : "memory", "cc");
}
#endif
bool spin_trylock(struct spinlock *l);
void spin_lock_both(struct spinlock *a, struct spinlock *b);	/* a == b allowed; by address */
void spin_unlock_both(struct spinlock *a, struct spinlock *b);

/* For locks that interrupt handlers also take: returns the flags to give back. */
u64 __must_check spin_lock_irqsave(struct spinlock *l);
void spin_unlock_irqrestore(struct spinlock *l, u64 flags);

#endif
