/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU's stack block, and what stands at its top.
 *
 * Each CPU has one block of STACK_SIZE, aligned to its size, inside the hypervisor image's 2 GiB
 * window (so that the SYSCALL stub can jump to the common code):
 *
 *	page 0	IST stack NMI		page 3	IST stack #DB
 *	page 1	IST stack #DF		page 4	guard (not mapped); its alias in stub_page[] holds
 *	page 2	IST stack #MC			the SYSCALL stubs
 *	page 5-7 main stack, growing down from struct cpu_info at the very top
 *
 * Any stack pointer in the block finds cpu_info by masking.  GS is the guest's at all times: the
 * hypervisor never uses swapgs for itself.  There is one main stack a CPU, not one a vCPU: a vCPU
 * that blocks leaves nothing on it, its registers move to v->regs at the context switch.
 */
#ifndef HV_CPU_CPU_INFO_H
#define HV_CPU_CPU_INFO_H

#include "lib/types.h"
#include "abi/abi.h"

#define STACK_ORDER	3
#define STACK_SIZE	(PAGE_SIZE << STACK_ORDER)

struct vcpu;
struct pcpu;

struct cpu_info {
	struct cpu_user_regs guest_regs;	/* the frame of the last entry from a guest */
	struct vcpu *vcpu;			/* the one this CPU runs: current */
	struct pcpu *pcpu;
	u32 cpu;				/* 0 = boot CPU */
	u32 softirq_pending;			/* atomic bits, enum softirq */
	u64 scratch[7];				/* entry.S; keeps es of guest_regs 16-byte aligned */
	u64 calls[HC_COUNT];			/* hypercalls made, by number: this page is in use anyway */
};

/* SS is pushed first, right below guest_regs.es: that address must be 16-byte aligned. */
static_assert((sizeof(struct cpu_info) - offsetof(struct cpu_user_regs, es)) % 16 == 0,
	      "stack alignment of interrupt frames");

#ifdef HOST_TEST
struct cpu_info *cpu_info(void);		/* tests/unit/fake */
#else
static inline struct cpu_info *cpu_info(void)
{
	u64 sp;

	__asm__("mov %%rsp, %0" : "=r"(sp));
	return (struct cpu_info *)((sp | (STACK_SIZE - 1)) + 1) - 1;
}
#endif

#define current		(cpu_info()->vcpu)
#define this_cpu()	(cpu_info()->cpu)
#define guest_regs()	(&cpu_info()->guest_regs)

enum softirq {
	SOFTIRQ_TIMER,		/* run expired timers */
	SOFTIRQ_SCHEDULE,	/* pick the vCPU to run */
	SOFTIRQ_SHUTDOWN,	/* the initial domain has ended: machine_end() */
	SOFTIRQ_CONSOLE,	/* serial input waits */
	SOFTIRQ_REAP,		/* nobody refers to a domain any more: domains_reap() */
	SOFTIRQ_COUNT
};

/* What else is kept for each CPU; rooms add their own member. */
struct pcpu;
struct pcpu *pcpu_of(u32 cpu);		/* NULL when that CPU never came up */
extern u32 nr_cpus;			/* CPUs online: 0 .. nr_cpus - 1 */

#endif
