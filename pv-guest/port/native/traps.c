/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traps (native): the descriptor tables the CPU reads, and the registers SYSCALL uses.
 */
#include "kernel/cpu.h"
#include "kernel/trap.h"
#include "port/native/native.h"

#define GATE_INTERRUPT 0x8e00UL /* present, interrupts off on entry */
#define GATE_USER      0x6000UL /* INT n allowed in user mode */
#define RFLAGS_OFF     0x40700 /* what SYSCALL clears: AC, DF, IF, TF */

struct idt_gate {
	u64 low, high;
};

struct table_register {
	u16 limit;
	u64 base;
} __attribute__((packed));

static struct idt_gate idt[VECTORS];

static void gates_fill(void)
{
	unsigned int v;

	for (v = 0; v < VECTORS; v++) {
		u64 at = (u64)trap_entries + 16 * v;
		u64 type = GATE_INTERRUPT | (v == TRAP_BP || v == TRAP_OF ? GATE_USER : 0);

		idt[v].low = (at & 0xffff) | KERNEL_CS << 16 | type << 32 | (at & 0xffff0000) << 32;
		idt[v].high = at >> 32;
	}
}

static void segments_load(struct port_cpu *p)
{
	struct table_register gdtr = { sizeof(p->gdt) - 1, (u64)p->gdt };
	u64 tss = (u64)&p->tss;

	p->gdt[KERNEL_CS / 8] = 0x00af9b000000ffff;
	p->gdt[KERNEL_SS / 8] = 0x00cf93000000ffff;
	p->gdt[USER_SS / 8] = 0x00cff3000000ffff;
	p->gdt[USER_CS / 8] = 0x00affb000000ffff;
	p->gdt[TSS_SELECTOR / 8] = (sizeof(p->tss) - 1) | (tss & 0xffffff) << 16 | 0x89UL << 40 |
				   (tss >> 24 & 0xff) << 56;
	p->gdt[TSS_SELECTOR / 8 + 1] = tss >> 32;
	p->tss.iomap = sizeof(p->tss);
	__asm__ volatile("lgdt %0\n\tltr %w1" : : "m"(gdtr), "r"(TSS_SELECTOR) : "memory");
}

void port_traps_init(struct cpu *cpu)
{
	struct table_register idtr = { sizeof(idt) - 1, (u64)idt };

	if (!cpu->id)
		gates_fill();
	segments_load(&cpu->port);
	__asm__ volatile("lidt %0" : : "m"(idtr));
	wrmsr(MSR_STAR, (u64)KERNEL_CS << 32 | (u64)(USER_SS - 8) << 48);
	wrmsr(MSR_LSTAR, (u64)syscall_entry);
	wrmsr(MSR_SFMASK, RFLAGS_OFF);
}

u64 port_fault_address(void)
{
	u64 va;

	__asm__ volatile("mov %%cr2, %0" : "=r"(va));
	return va;
}

/* One for traps, one for SYSCALL. */
void port_set_kernel_stack(u64 top)
{
	this_cpu()->port.tss.rsp0 = top;
	this_cpu()->kernel_sp = top;
}
