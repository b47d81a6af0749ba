/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts (native): those of the local APIC, one per CPU: its timer, and calls between CPUs.
 */
#include "kernel/cpu.h"
#include "kernel/print.h"
#include "kernel/space.h"
#include "kernel/timer.h"
#include "port/native/native.h"

static volatile u8 *apic;

u32 apic_read(unsigned int reg)
{
	return *(volatile u32 *)(apic + reg);
}

void apic_write(unsigned int reg, u32 val)
{
	*(volatile u32 *)(apic + reg) = val;
}

void port_irq(unsigned int vector)
{
	if (vector == VEC_SPURIOUS)
		return;
	apic_write(APIC_EOI, 0);
	if (vector == VEC_TIMER)
		timer_interrupt();
	else if (vector == VEC_IPI)
		cpu_interrupt();
	else if (vector == VEC_FLUSH)
		tlb_poll();
}

static void apic_map(void)
{
	void *va = window_reserve(1);
	u64 base = rdmsr(MSR_APIC_BASE) & PTE_ADDR;

	CHECK(!window_set(va, base | PTE_P | PTE_W | PTE_PCD | PTE_NX));
	apic = va;
}

void port_irq_init(struct cpu *cpu)
{
	if (!apic)
		apic_map();
	apic_write(APIC_SPURIOUS, 0x100 | VEC_SPURIOUS);
	apic_write(APIC_DIVIDE, 0x3); /* by 16 */
	apic_write(APIC_LVT_TIMER, VEC_TIMER); /* one shot */
	cpu->port.apic_id = apic_read(APIC_ID) >> 24;
}

void port_ipi(struct cpu *cpu)
{
	bool irqs = irq_save();

	apic_write(APIC_ICR_HIGH, cpu->port.apic_id << 24);
	apic_write(APIC_ICR_LOW, 0x4000 | VEC_IPI);
	irq_restore(irqs);
}

/* STI takes effect after the next instruction, so no wake-up is lost. */
void port_idle(void)
{
	__asm__ volatile("sti\n\thlt" ::: "memory");
}
