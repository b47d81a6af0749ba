/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is once per CPU.  GS holds the address of the CPU's own structure while in the kernel.
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include "kernel/types.h"
#include "kernel/lock.h"
#include "port-cpu.h"

#define MAX_CPUS 8

struct thread;
struct timer;
struct space;

struct cpu {
	/* Offsets known to assembly: */
	struct cpu *self; /* 0 */
	u64 kernel_sp; /* 8: native: stack of the next system call */
	u64 user_sp; /* 16: native: scratch of its entry */
	u64 reserved[5];
	struct port_cpu port; /* PORT_CPU_OFFSET */

	unsigned int id;
	int online;
	struct space *space; /* the one loaded */

	/* thread.c, guarded by lock: */
	struct spinlock lock;
	struct thread *current, *idle;
	struct thread *head, *tail; /* runnable, not running */
	struct thread *dead; /* left behind by the last switch */
	bool resched;

	/* timer.c, this CPU only, interrupts off: */
	struct timer *timers;
	struct timer *slice;

	u64 interrupts, ticks;
	u64 (*call)(void *arg); /* cpu_call(): asked of this CPU */
	void *call_arg;
	u64 call_result;
} __attribute__((aligned(4096)));

_Static_assert(offsetof(struct cpu, port) == PORT_CPU_OFFSET, "port-cpu.h and assembly know it");

extern struct cpu *cpus[MAX_CPUS];
extern unsigned int cpu_count; /* running ones, 0 .. cpu_count - 1 */
extern struct cpu boot_cpu;

static inline struct cpu *this_cpu(void)
{
	struct cpu *c;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(c));
	return c;
}

void cpu_init(struct cpu *cpu, unsigned int id);
void cpus_start(unsigned int max);
void cpu_interrupt(void);
u64 cpu_call(unsigned int id, u64 (*fn)(void *arg), void *arg);

#endif
