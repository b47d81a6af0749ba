/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing CPUs up.
 */
#ifndef HV_CPU_SMP_H
#define HV_CPU_SMP_H

#include "cpu/pcpu.h"

/* Stack block, GDT page, SYSCALL stubs of CPU `cpu`; also for the boot CPU.  NULL: out of memory. */
struct pcpu *pcpu_create(u32 cpu, u32 apic_id, u32 acpi_id);
void smap_init(void);		/* STAC and CLAC into our text, where SMAP is to be on */
/* On that CPU, on its own stack: control registers, tables, MSRs. */
void cpu_init(struct pcpu *p);
void syscall_stubs_init(struct pcpu *p);	/* write the CPU's stub page */
void syscall_stubs_load(struct pcpu *p);	/* point the MSRs at it */
/* Start all others, one after the other; each ends in its idle loop. */
void smp_start(void);
extern u64 cpus_online[NR_CPUS / 64];

#endif
