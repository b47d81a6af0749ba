/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPU as the pv port sees it: interrupts are events, and the interrupt flag is a byte in memory
 * that hypervisor and guest share.
 */
#ifndef PORT_CPU_H
#define PORT_CPU_H

#define PORT_CPU_OFFSET 64

#ifndef __ASSEMBLER__

#include "hypervisor/abi/guest-calls.h"
#include "kernel/types.h"

struct port_cpu {
	vcpu_info_t info; /* registered with VCPUOP_register_vcpu_info */
	evtchn_port_t timer, ipi;
};

#define PORT_MASK    (PORT_CPU_OFFSET + offsetof(vcpu_info_t, evtchn_upcall_mask))
#define PORT_PENDING (PORT_CPU_OFFSET + offsetof(vcpu_info_t, evtchn_upcall_pending))

/* What user mode runs with; the kernel itself has the flat selectors the hypervisor chose. */
#define USER_CS FLAT_RING3_CS64
#define USER_SS FLAT_RING3_SS64

static inline bool irq_enabled(void)
{
	u8 mask;

	__asm__ volatile("movb %%gs:%c1, %0" : "=q"(mask) : "i"(PORT_MASK) : "memory");
	return !mask;
}

static inline void irq_disable(void)
{
	__asm__ volatile("movb $1, %%gs:%c0" : : "i"(PORT_MASK) : "memory");
}

/*
 * An event that came while they were masked is pending but was not announced: any hypercall makes
 * the hypervisor look again on its way out.
 */
static inline void irq_enable(void)
{
	u8 pending;

	__asm__ volatile("movb $0, %%gs:%c1\n\t"
			 "movb %%gs:%c2, %0"
			 : "=q"(pending)
			 : "i"(PORT_MASK), "i"(PORT_PENDING)
			 : "memory");
	if (__builtin_expect(pending, 0))
		HC(xen_version, .cmd = XENVER_version);
}

/* port_relax - in a loop that waits for another CPU, which may not be running at all */
static inline void port_relax(void)
{
	static u32 spins;

	__asm__ volatile("pause" ::: "memory");
	if (++spins % 1024 == 0)
		HC(sched_op, .cmd = SCHEDOP_yield);
}

/* A whole page of ours, behind which the shared one is put: nothing else may live in it. */
extern u8 shared_page[4096];
#define SHARED ((shared_info_t *)shared_page)

extern start_info_t *start_info;

#define P2M ((const unsigned long *)start_info->mfn_list)
#define M2P ((const unsigned long *)MACH2PHYS_VIRT_START)

#endif
#endif
