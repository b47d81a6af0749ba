/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One kind of lock: spin, with interrupts off while it is held.  So a holder is never preempted by
 * this kernel; it may be by a hypervisor.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "kernel/types.h"
#include "port-cpu.h"

struct spinlock {
	int held;
};

static inline bool irq_save(void)
{
	bool on = irq_enabled();

	irq_disable();
	return on;
}

static inline void irq_restore(bool on)
{
	if (on)
		irq_enable();
}

/* spin_lock - Return: whether interrupts were on, for spin_unlock() */
static inline bool spin_lock(struct spinlock *l)
{
	bool irqs = irq_save();

	while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE))
		while (READ_ONCE(l->held))
			port_relax();
	return irqs;
}

static inline void spin_unlock(struct spinlock *l, bool irqs)
{
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
	irq_restore(irqs);
}

#endif
