/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC: interrupts between CPUs, and the timer.  x2APIC where the CPU has it.
 */
#ifndef HV_CPU_APIC_H
#define HV_CPU_APIC_H

#include "abi/abi.h"
#include "lib/types.h"

/* Vectors of our own, above those handed out by irq_alloc_vector(). */
#define VEC_SPURIOUS	0xff
#define VEC_TIMER	0xfe		/* timer_interrupt() */
#define VEC_KICK	0xfd		/* nothing: the exit path looks at softirqs and events */
#define VEC_TLB		0xfc		/* tlb_poll() */
#define VEC_ERROR	0xfb

void lapic_init(maddr_t base);		/* boot CPU: mode, mapping */
void lapic_cpu_init(void);		/* each CPU: enable, vectors, timer stopped */
void lapic_timer_calibrate(void);	/* boot CPU, once the TSC's rate is known */
u32 lapic_id(void);
void lapic_eoi(void);

void lapic_send_ipi(u32 cpu, u8 vector);
void lapic_send_ipi_mask(const u64 *mask, u8 vector);	/* bitmap of CPUs; not to ourselves */
void lapic_send_nmi_others(void);
void lapic_start_cpu(u32 apic_id, maddr_t trampoline);	/* INIT, STARTUP, STARTUP */

/* Timer interrupt on this CPU when the TSC reaches `tsc`; ~0: none.  At once when it has passed. */
void lapic_timer_set(u64 tsc);

#endif
