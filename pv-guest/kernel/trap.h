/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include "kernel/types.h"
#include "kernel/layout.h"

/*
 * What entry.S leaves on the kernel stack, lowest address first.  From rip up it is what the CPU
 * (native) or the hypervisor (pv) pushes.
 */
struct trap_frame {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

#define RFLAGS_IF (1UL << 9)

enum {
	TRAP_DE = 0,
	TRAP_DB = 1,
	TRAP_BP = 3,
	TRAP_OF = 4,
	TRAP_UD = 6,
	TRAP_NM = 7,
	TRAP_TS = 10,
	TRAP_NP = 11,
	TRAP_SS = 12,
	TRAP_GP = 13,
	TRAP_PF = 14
};

#define PF_PRESENT 1
#define PF_WRITE   2
#define PF_USER	   4
#define PF_FETCH   16

static inline bool trap_from_user(const struct trap_frame *f)
{
	return (f->cs & 3) == 3; /* pv: the hypervisor shows kernel mode as ring 0 */
}

/* What trap_try() caught. */
struct trap_report {
	int vector; /* -1: nothing */
	u64 error, rip, address; /* address: of a page fault */
};

void kernel_trap(struct trap_frame *f);
bool trap_try(struct trap_report *r, void (*fn)(void *arg), void *arg);
void trap_return(struct trap_frame *f) __attribute__((noreturn));

#endif
