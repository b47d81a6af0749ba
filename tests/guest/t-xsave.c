/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xsave - XCR0 and the AVX state
 *
 * Right: CPUID by the prefix offers XSAVE and, after CR4.OSXSAVE is set, shows it; XSETBV in the
 * kernel changes XCR0 and XGETBV reads it; values that lack x87, or have AVX without SSE, or
 * unknown bits, are #GP; user mode gets #GP, or #UD as long as CR4 has it off; AVX works once it is on.  ABI: SDM volume 1, 13.3;
 * xen.h says nothing.
 */
#include "guest.h"

static u64 xsetbv(u32 reg, u64 v)
{
	return TRY("xsetbv", NO_RESULT, GIVEN("c"(reg), "a"((u32)v), "d"((u32)(v >> 32))));
}

static u64 xgetbv(void)
{
	u32 lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return ((u64)hi << 32) | lo;
}

static u32 leaf1_ecx(void)
{
	u32 a = 1, b, c = 0, d;

	__asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return c;
}

USER_TEXT static void user_xsetbv(void)
{
	__asm__ volatile("xorl %ecx, %ecx; movl $3, %eax; xorl %edx, %edx; xsetbv; int $0x80");
}

void test_main(void)
{
	struct regs r;
	u64 cr4, in[4] = { 1, 2, 3, 4 }, out[4] = { 0 };

	if (!(leaf1_ecx() & (1 << 26)))
		skip_all("no XSAVE on this machine");
	user_init();
	user_regs(&r, user_xsetbv);
	check_eq(user_run(&r), X_UD, "user mode: XSETBV while CR4 has it off");
	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4 | 1 << 18));
	check_eq(leaf1_ecx() >> 27 & 1, 1, "OSXSAVE is shown when CR4 has it");
	check_fault(xsetbv(0, 3), NO_FAULT, "x87 and SSE");
	check_eq(xgetbv(), 3, "are XCR0");
	check_fault(xsetbv(0, 2), X_GP, "without x87");
	check_fault(xsetbv(0, 5), X_GP, "AVX without SSE");
	check_fault(xsetbv(0, 1UL << 40 | 3), X_GP, "an unknown bit");
	check_fault(xsetbv(1, 3), X_GP, "register 1");
	check_eq(xgetbv(), 3, "XCR0 is as it was");
	user_regs(&r, user_xsetbv);
	check_eq(user_run(&r), X_GP, "user mode: XSETBV");
	if (!(leaf1_ecx() & (1 << 28)))
		return;
	check_fault(xsetbv(0, 7), NO_FAULT, "x87, SSE and AVX");
	check_eq(xgetbv(), 7, "are XCR0");
	__asm__ volatile("vmovdqu %1, %%ymm5; vmovdqu %%ymm5, %0" : "=m"(out) : "m"(in));
	check_eq(memcmp(in, out, sizeof(in)), 0, "AVX works");
}
