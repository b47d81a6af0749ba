/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trap-kept - registers over a trap and its return
 *
 * Right: a handler sees every register as it was, and the iret hypercall puts back what it is
 * given, flags included; IF is shown as the inverse of the event mask, not the processor's own.
 * ABI: struct iret_context in arch-x86/xen-x86_64.h.
 */
#include "guest.h"

static struct regs seen;

static bool change(struct regs *regs)
{
	seen = *regs;
	regs->rbx = ~regs->rbx;
	regs->r11 += 1;
	regs->rcx += 1;
	regs->rflags ^= 0x8d5; /* the arithmetic flags */
	return true;
}

static void values(void)
{
	u64 rbx = 1, rcx = 2, rdx = 3, rsi = 4, rdi = 5, rax = 6;
	register u64 r8 __asm__("r8") = 8;
	register u64 r11 __asm__("r11") = 11;
	register u64 r15 __asm__("r15") = 15;
	u64 flags, r8_then, r11_then, r15_then;

	__asm__ volatile("cmpq %%rax, %%rax\n\tint3\n\tpushfq\n\tpopq %[f]"
			 : "+b"(rbx), "+c"(rcx), "+d"(rdx), "+S"(rsi), "+D"(rdi), "+a"(rax),
			   "+r"(r8), "+r"(r11), "+r"(r15), [f] "=&r"(flags)
			 :
			 : "memory", "cc");
	r8_then = r8;
	r11_then = r11;
	r15_then = r15;
	check(seen.rbx == 1 && seen.rcx == 2 && seen.rdx == 3 && seen.rsi == 4 && seen.rdi == 5 &&
		      seen.rax == 6 && seen.r8 == 8 && seen.r11 == 11 && seen.r15 == 15,
	      "the handler sees the registers");
	check_eq(rbx, ~1L, "RBX as the handler left it");
	check_eq(rcx, 3, "RCX too");
	check_eq(r11_then, 12, "R11 too");
	check(rdx == 3 && rsi == 4 && rdi == 5 && rax == 6 && r8_then == 8 && r15_then == 15,
	      "the others as they were");
	check_eq(flags & 0x8d5, (seen.rflags ^ 0x8d5) & 0x8d5, "the arithmetic flags");
}

void test_main(void)
{
	trap_hooks[X_BP] = change;
	values();
	check_eq(seen.rflags & 0x200, 0, "IF is shown clear while events are masked");
	check_eq(seen.saved_mask, 1, "the saved mask is 1");
	events_enable();
	__asm__ volatile("int3" : : : "rbx", "rcx", "r11", "cc", "memory");
	events_disable();
	check_eq(seen.rflags & 0x200, 0x200, "IF is shown set while they are not");
	check_eq(seen.saved_mask, 0, "the saved mask is 0");
	check_eq(seen.rflags & 0x3000, 0, "IOPL is shown as 0");
}
