/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt vectors and their handlers.
 */
#ifndef HV_CPU_IRQ_H
#define HV_CPU_IRQ_H

#include "abi/abi.h"
#include "lib/types.h"

/* From cpu/entry.S's C side, vector 32 and up, interrupts off. */
void irq_dispatch(unsigned int vector);

/*
 * A vector for a device interrupt, the same on all CPUs; fn runs with interrupts off.  eoi_after: the
 * EOI follows fn, which has masked its level-triggered source; else it goes before.
 * Return: the vector; -ENOSPC when all are taken.
 */
int irq_alloc_vector(void (*fn)(void *arg), void *arg, bool eoi_after);
/* No interrupt with it may be under way: mask its source first. */
void irq_free_vector(unsigned int vector);

void nmi_handle(struct cpu_user_regs *regs);
/* As panic(), for a state that was interrupted. */
void panic_regs(const struct cpu_user_regs *regs, const char *fmt, ...) __printf(2, 3) __noreturn;

/* ---- IO-APIC (cpu/ioapic.c) ---------------------------------------------------------------------- */

void ioapic_init(void);			/* after acpi_init: all pins masked */
u32 ioapic_nr_gsis(void);		/* one past the highest GSI */
u32 ioapic_isa_gsi(u32 irq, bool *level, bool *low);	/* ISA irq through the MADT's overrides */
/* Send a GSI to one CPU; left masked.  Return: 0; -EINVAL for no such GSI. */
int ioapic_route(u32 gsi, u8 vector, u32 cpu, bool level, bool low);
void ioapic_mask(u32 gsi, bool masked);
bool ioapic_is_mmio(maddr_t page);	/* true for an IO-APIC's or LAPIC's page: never a guest's */

#endif
