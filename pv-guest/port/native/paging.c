/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables (native): memory like any other.  Who changes an entry must see to it that no CPU
 * goes on with the old one.
 */
#include "kernel/cpu.h"
#include "kernel/pages.h"
#include "kernel/space.h"
#include "port/native/native.h"

static int flushing;

pte_t pte_make(pfn_t pfn, u64 flags)
{
	return (pfn << PAGE_SHIFT) | flags;
}

pfn_t pte_pfn(pte_t pte)
{
	return (pte & PTE_ADDR) >> PAGE_SHIFT;
}

void port_table_prepare(pte_t *table)
{
	(void)table;
}

void port_table_release(pte_t *table)
{
	(void)table;
}

int port_entry_set(pte_t *slot, pte_t val)
{
	WRITE_ONCE(*slot, val);
	return 0;
}

void tlb_poll(void)
{
	u64 *asked = &this_cpu()->port.flush, va = __atomic_load_n(asked, __ATOMIC_ACQUIRE);

	if (va) {
		invlpg(va & PAGE_MASK);
		__atomic_store_n(asked, 0, __ATOMIC_RELEASE);
	}
}

/* Ask every other CPU to forget va, and wait; meanwhile do what they ask of us. */
static void tlb_shoot(u64 va)
{
	bool irqs = irq_save();
	unsigned int c, self = this_cpu()->id;

	while (__atomic_exchange_n(&flushing, 1, __ATOMIC_ACQUIRE))
		tlb_poll();
	for (c = 0; c < cpu_count; c++)
		if (c != self)
			__atomic_store_n(&cpus[c]->port.flush, va | 1, __ATOMIC_RELEASE);
	apic_write(APIC_ICR_LOW, 0xc4000 | VEC_FLUSH); /* all but this one */
	for (c = 0; c < cpu_count; c++)
		while (c != self && __atomic_load_n(&cpus[c]->port.flush, __ATOMIC_ACQUIRE))
			port_relax();
	__atomic_store_n(&flushing, 0, __ATOMIC_RELEASE);
	irq_restore(irqs);
}

/* Where nothing was mapped no CPU remembers anything; a user program runs on one CPU only. */
int port_map_set(u64 va, pte_t *slot, pte_t val)
{
	pte_t old = *slot;

	WRITE_ONCE(*slot, val);
	if (!(old & PTE_P))
		return 0;
	invlpg(va);
	if (va >= USER_END && cpu_count > 1)
		tlb_shoot(va);
	return 0;
}

pte_t *port_kernel_root(void)
{
	return boot_root;
}

int port_root_init(struct space *s)
{
	s->root[ROOT_SLOT_KERNEL] = boot_root[ROOT_SLOT_KERNEL];
	return 0;
}

int port_root_set(struct space *s, unsigned int index, pte_t val)
{
	return port_entry_set(&s->root[index], val);
}

void port_root_load(const struct space *s)
{
	write_cr3((u64)s->root - KERNEL_BASE);
}

void port_root_free(struct space *s)
{
	(void)s;
}
