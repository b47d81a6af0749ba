/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept for each CPU.  Rooms add their own member; each is touched by its room only.
 */
#ifndef HV_CPU_PCPU_H
#define HV_CPU_PCPU_H

#include "cpu/cpu-info.h"
#include "lib/lock.h"
#include "lib/types.h"

struct pcpu {
	u32 cpu;
	u32 apic_id, acpi_id;		/* as the MADT has them */
	volatile bool online;
	bool panicking;			/* no lock checks any more */
	struct cpu_info *info;		/* at the top of its stack block */
	u64 *gdt;			/* page 14 of its GDT window, by direct map; TSS in its second half */

	void *sched;			/* sched/: run queue */
	void *timers;			/* sched/: timer queue */
	void *clock;			/* sched/: clock */
	volatile u32 tlb_stamp;		/* mm/tlb.c */
	u32 irqs[256];			/* interrupts by vector */
#ifdef DEBUG
	const struct spinlock *held[8];	/* in the order taken */
	u32 nr_held;
#endif
};

#endif
