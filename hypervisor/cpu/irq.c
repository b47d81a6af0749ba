/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts: from the vector to whoever is to hear of it.
 */
#include "cpu/apic.h"
#include "cpu/insn.h"
#include "cpu/irq.h"
#include "cpu/pcpu.h"
#include "dev/console.h"
#include "domain/domain.h"
#include "lib/errno.h"

/* The PICs, masked, may still send spurious interrupts at 0x20-0x2f; 0x80 and 0x82 are guests'. */
#define VEC_FIRST	0x30
#define VEC_LAST	0xef

struct handler {
	void (*fn)(void *arg);
	void *arg;
	bool eoi_after;
};

static struct spinlock lock = SPINLOCK_INIT("vectors", LOCK_REGISTERS);
static struct handler handlers[256];
static u32 next_vector = VEC_FIRST;

int irq_alloc_vector(void (*fn)(void *arg), void *arg, bool eoi_after)
{
	u64 flags = spin_lock_irqsave(&lock);
	int rc = -ENOSPC;

	for (u32 n = VEC_FIRST; n <= VEC_LAST; n++) {
		u32 v = next_vector;

		next_vector = v == VEC_LAST ? VEC_FIRST : v + 1;
		if (v == 0x80 || v == 0x82 || handlers[v].fn)
			continue;
		handlers[v].arg = arg;
		handlers[v].eoi_after = eoi_after;
		__atomic_store_n(&handlers[v].fn, fn, __ATOMIC_RELEASE);
		rc = v;
		break;
	}
	spin_unlock_irqrestore(&lock, flags);
	return rc;
}

void irq_free_vector(unsigned int vector)
{
	WRITE_ONCE(handlers[vector].fn, NULL);
}

static void device_interrupt(unsigned int vector)
{
	const struct handler *h = &handlers[vector];
	void (*fn)(void *) = __atomic_load_n(&h->fn, __ATOMIC_ACQUIRE);
	bool after = h->eoi_after;

	if (!after)
		lapic_eoi();
	if (fn)
		fn(h->arg);
	if (after)
		lapic_eoi();
}

/* ---- dispatch ------------------------------------------------------------------------------------------ */

void irq_dispatch(unsigned int vector)
{
	vector &= 0xff;
	cpu_info()->pcpu->irqs[vector]++;
	switch (vector) {
	case VEC_TIMER:
		lapic_eoi();
		timer_interrupt();
		break;
	case VEC_KICK:
		lapic_eoi();
		break;
	case VEC_TLB:
		lapic_eoi();
		tlb_poll();
		break;
	case VEC_ERROR:
		lapic_eoi();
		log_warn("local APIC error on CPU %u", this_cpu());
		break;
	case VEC_SPURIOUS:
		break;
	default:
		if (vector >= VEC_FIRST)
			device_interrupt(vector);
	}
}
