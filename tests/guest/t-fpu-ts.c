/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fpu-ts - fpu_taskswitch and the faults of the FPU
 *
 * Right: fpu_taskswitch(1) makes the next FPU, SSE or XSAVE instruction #NM with RIP at it;
 * delivering #NM clears TS, so that the handler may just use the FPU; fpu_taskswitch(0) clears it
 * too; unmasked x87 and SSE errors are #MF and #XM.  ABI: __HYPERVISOR_fpu_taskswitch in xen.h.
 */
#include "guest.h"

#define FNINIT TRY("fninit", NO_RESULT, NOTHING)

static void task_switch(void)
{
	check_fault(FNINIT, NO_FAULT, "the FPU is on at first");
	check_eq(HC(fpu_taskswitch, .set = 1), 0, "fpu_taskswitch(1)");
	check_fault(FNINIT, X_NM, "FNINIT is #NM");
	check_fault(FNINIT, NO_FAULT, "the #NM cleared TS");
	HC(fpu_taskswitch, .set = 1);
	check_fault(TRY("movaps %%xmm0, %%xmm1", NO_RESULT, NOTHING), X_NM, "MOVAPS is #NM");
	HC(fpu_taskswitch, .set = 1);
	HC(fpu_taskswitch, .set = 1);
	check_eq(HC(fpu_taskswitch, .set = 0), 0, "fpu_taskswitch(0)");
	check_fault(FNINIT, NO_FAULT, "the FPU is on");
	HC(fpu_taskswitch, .set = 1);
	__asm__ volatile("clts");
	check_fault(FNINIT, NO_FAULT, "CLTS is the same");
}

/* QEMU's emulated CPU calls itself so in the brand string, and never raises #XM. */
static bool is_tcg(void)
{
	u32 a = 0x80000002, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return a == 0x554d4551; /* "QEMU" */
}

static void errors(void)
{
	u16 cw = 0x37b; /* divide by zero is not masked */
	u32 mxcsr = 0x1d80, old = 0x1f80;
	u64 vec;

	__asm__ volatile("fninit; fldcw %0; fldz; fld1; fdiv %%st(1), %%st" : : "m"(cw));
	check_fault(TRY("fwait", NO_RESULT, NOTHING), X_MF, "an x87 division by zero is #MF");
	__asm__ volatile("fnclex; fninit");
	__asm__ volatile("ldmxcsr %0; xorps %%xmm0, %%xmm0; cvtsi2ss %1, %%xmm1"
			 :
			 : "m"(mxcsr), "r"(1));
	vec = TRY("divss %%xmm0, %%xmm1", NO_RESULT, NOTHING);
	if (vec == NO_FAULT && is_tcg())
		check_skipped("an SSE division by zero is #XM", "the emulated CPU raises none");
	else
		check_fault(vec, X_XM, "an SSE division by zero is #XM");
	__asm__ volatile("ldmxcsr %0" : : "m"(old));
}

void test_main(void)
{
	task_switch();
	errors();
}
