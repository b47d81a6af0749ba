/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptor tables of each CPU.  The guest's GDT fills pages 0-13 of the CPU's window, ours page 14;
 * the LDT window follows (mm/layout.h).
 */
#ifndef HV_CPU_GDT_H
#define HV_CPU_GDT_H

#include "cpu/bits.h"

/* Those of page 14; 0xe023, 0xe02b and 0xe033 are the ABI's. */
#define SEL_HV_CS	0xe008
#define SEL_HV_DS	0xe010
#define SEL_USER_CS32	0xe023
#define SEL_USER_DS	0xe02b
#define SEL_USER_CS64	0xe033
#define SEL_TSS		0xe040
#define SEL_LDT		0xe050
#define SEL_RING1_CS	0xe061		/* kernels at ring 1 (pv/pv.h) */
#define SEL_RING1_DS	0xe069
#define GDT_LIMIT	0xe06f

/* Interrupt stacks (cpu-info.h), numbered as in the IDT. */
#define IST_NMI		1
#define IST_DF		2
#define IST_MC		3
#define IST_DB		4

#ifndef __ASSEMBLER__

struct pcpu;

void gdt_init_cpu(struct pcpu *p);	/* fill its page and map it */
void gdt_load(struct pcpu *p);		/* on that CPU: GDTR, segments, TR */
void idt_init(u16 cs, bool with_ist);	/* gates to cs; before the TSS is there without ISTs */
void idt_load(void);

/* LDT of `entries` descriptors at `base`, on this CPU; 0 entries: none. */
void ldt_load(u64 base, u32 entries);

#endif

#endif
