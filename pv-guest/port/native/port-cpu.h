/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPU as the native port sees it: the interrupt flag is the CPU's own, and every CPU has its
 * descriptor table and task state.
 */
#ifndef PORT_CPU_H
#define PORT_CPU_H

#define PORT_CPU_OFFSET 64

#define KERNEL_CS    0x08
#define KERNEL_SS    0x10
#define USER_SS	     0x23 /* SYSRET wants them in this order */
#define USER_CS	     0x2b
#define TSS_SELECTOR 0x30

#define APS_MAX 32 /* further CPUs that may turn up; more than the kernel will use */

#define VECTORS	     0x30
#define VEC_TIMER    0x20
#define VEC_IPI	     0x21
#define VEC_FLUSH    0x22
#define VEC_SPURIOUS 0x2f

#ifndef __ASSEMBLER__

#include "kernel/types.h"

struct tss {
	u32 reserved0;
	u64 rsp0, rsp1, rsp2, reserved1, ist[7], reserved2;
	u16 reserved3, iomap;
} __attribute__((packed));

struct port_cpu {
	u64 gdt[8];
	struct tss tss;
	u32 apic_id;
	u64 flush; /* address to forget, with bit 0 set; 0: nothing asked */
};

static inline bool irq_enabled(void)
{
	u64 flags;

	__asm__ volatile("pushf\n\tpop %0" : "=r"(flags) : : "memory");
	return flags & 0x200;
}

static inline void irq_disable(void)
{
	__asm__ volatile("cli" ::: "memory");
}

static inline void irq_enable(void)
{
	__asm__ volatile("sti" ::: "memory");
}

/* port_relax - in a loop that waits for another CPU */
static inline void port_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

#endif
#endif
