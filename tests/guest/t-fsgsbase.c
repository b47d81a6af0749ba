/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fsgsbase - CR4.FSGSBASE is the guest kernel's to choose
 *
 * Right: it is clear at first, and the four instructions are #UD then, in both modes; when it is set they
 * work in both, and bases written by them are the vCPU's own: they last over switches of mode, and each
 * mode has its GS base; when it is cleared again they are #UD at once, as for the kernel that never
 * asked (XSA-293), and what they wrote stays.  The same with TSD, which is for user mode.  ABI: SDM volume 2.
 */
#include "guest.h"

#define CR4_TSD	     (1UL << 2)
#define CR4_FSGSBASE (1UL << 16)

static u64 cr4;

static void set_cr4(u64 bits)
{
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4 | bits));
}

USER_TEXT static void user_rdfsbase(void)
{
	__asm__ volatile("rdfsbase %rax; int $0x80");
}

USER_TEXT static void user_wrgsbase(void)
{
	__asm__ volatile("wrgsbase %rax; rdgsbase %rbx; int $0x80");
}

USER_TEXT static void user_rdtsc(void)
{
	__asm__ volatile("rdtsc; int $0x80");
}

static struct regs r;

static u64 run(void (*code)(void), u64 rax)
{
	user_regs(&r, code);
	r.rax = rax;
	return user_run(&r);
}

static void off(const char *when)
{
	u64 v = 0;

	check_fault(TRY("rdfsbase %[v]", RESULT([v] "+r"(v)), NOTHING), X_UD, "%s: RDFSBASE", when);
	check_fault(TRY("rdgsbase %[v]", RESULT([v] "+r"(v)), NOTHING), X_UD, "RDGSBASE");
	check_fault(TRY("wrfsbase %[v]", NO_RESULT, GIVEN([v] "r"(v))), X_UD, "WRFSBASE");
	check_fault(TRY("wrgsbase %[v]", NO_RESULT, GIVEN([v] "r"(v))), X_UD, "WRGSBASE");
	check_eq(run(user_rdfsbase, 0), X_UD, "user mode: RDFSBASE");
}

static void on(void)
{
	u64 v = 0;

	set_cr4(CR4_FSGSBASE);
	__asm__ volatile("movq %%cr4, %0" : "=r"(v));
	check_eq(v, cr4 | CR4_FSGSBASE, "CR4 shows it");
	check_fault(TRY("wrfsbase %[v]", NO_RESULT, GIVEN([v] "r"(0x1111UL << 16))), NO_FAULT, "WRFSBASE");
	check_fault(TRY("wrgsbase %[v]", NO_RESULT, GIVEN([v] "r"(0x2222UL << 16))), NO_FAULT, "WRGSBASE");
	check_eq(run(user_rdfsbase, 0), 0x80, "user mode: RDFSBASE");
	check_eq(r.rax, 0x1111 << 16, "reads what the kernel wrote");
	check_eq(run(user_wrgsbase, 0x3333 << 16), 0x80, "user mode: WRGSBASE");
	check_eq(r.rbx, 0x3333 << 16, "reads back");
	__asm__ volatile("rdgsbase %0" : "=r"(v));
	check_eq(v, 0x2222 << 16, "the kernel has its own");
	HC(sched_op, .cmd = SCHEDOP_yield);
	__asm__ volatile("rdfsbase %0" : "=r"(v));
	check_eq(v, 0x1111 << 16, "over a yield too");
	set_cr4(0);
}

static u64 base(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (u64)hi << 32 | lo;
}

void test_main(void)
{
	u32 a = 7, b, c = 0, d;

	__asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (!(b & 1))
		skip_all("no FSGSBASE on this machine");
	user_init();
	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	check_eq(cr4 & CR4_FSGSBASE, 0, "CR4 has it clear");
	off("at first");
	on();
	off("cleared again");
	check_eq(base(0xc0000100), 0x1111 << 16, "FS base is what was written");
	check_eq(base(0xc0000101), 0x2222 << 16, "GS base too");
	check_eq(base(0xc0000102), 0x3333 << 16, "and user mode's");
	check_eq(run(user_rdtsc, 0), 0x80, "user mode: RDTSC");
	set_cr4(CR4_TSD);
	check_eq(run(user_rdtsc, 0), X_GP, "not with TSD");
	check_fault(TRY("rdtsc", RESULT("=a"(a), "=d"(d)), NOTHING), NO_FAULT, "the kernel may");
	set_cr4(0);
	check_eq(run(user_rdtsc, 0), 0x80, "and user mode again without it");
}
