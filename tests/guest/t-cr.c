/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cr - control registers of the guest kernel, emulated
 *
 * Right: CR0 reads as protected mode with paging, CR2 is that of the last page fault told, CR3 the
 * machine address of its root (as xen_pfn_to_cr3 makes it), CR4 writes drop what a guest may not
 * set; CLTS and CR0.TS work as fpu_taskswitch; a write that would turn paging off is #GP; nothing
 * of this is for user mode.  ABI: arch-x86/xen-x86_64.h.
 */
#include "guest.h"

USER_TEXT static void user_cr0(void)
{
	__asm__ volatile("movq %cr0, %rax; int $0x80");
}

USER_TEXT static void user_clts(void)
{
	__asm__ volatile("clts; int $0x80");
}

#define READ(reg)                                                                                  \
	({                                                                                         \
		u64 v_ = 0;                                                                        \
		check_fault(TRY("movq %%" reg ", %[v]", RESULT([v] "=r"(v_)), NOTHING), NO_FAULT,  \
			    "read of " reg);                                                       \
		v_;                                                                                \
	})
#define WRITE(reg, val) TRY("movq %[v], %%" reg, NO_RESULT, GIVEN([v] "r"((u64)(val))))

static void cr0(void)
{
	u64 v = READ("cr0");

	check_eq(v & 0x80000001, 0x80000001, "CR0 has PE and PG: 0x%lx", v);
	check_eq(v & 8, 0, "TS is clear");
	check_eq(WRITE("cr0", v | 8), NO_FAULT, "TS can be set");
	check_eq(READ("cr0") & 8, 8, "and reads as set");
	check_eq(TRY("fninit", NO_RESULT, NOTHING), X_NM, "the FPU is off");
	check_fault(TRY("clts", NO_RESULT, NOTHING), NO_FAULT, "CLTS");
	check_eq(READ("cr0") & 8, 0, "clears it");
	check_fault(TRY("fninit", NO_RESULT, NOTHING), NO_FAULT, "the FPU is on");
	check_fault(WRITE("cr0", v & ~0x80000000UL), X_GP, "paging off is refused");
	check_fault(WRITE("cr0", v), NO_FAULT, "its own value is not");
}

static void cr2_cr3(void)
{
	u64 va = 0x400000001234, v = 0;

	TRY("movq (%[p]), %[v]", RESULT([v] "=r"(v)), GIVEN([p] "r"(va)));
	check_eq(READ("cr2"), va, "CR2 is the address of the last fault");
	check_eq(READ("cr3"), xen_pfn_to_cr3(root_mfn()), "CR3 names the root");
}

static void cr4(void)
{
	u64 v = READ("cr4");

	check_eq(v & 0x20, 0x20, "CR4 has PAE: 0x%lx", v);
	check_fault(WRITE("cr4", v), NO_FAULT, "its own value");
	check_fault(WRITE("cr4", v | 0x2000), NO_FAULT, "VMXE is dropped without a fault");
	check_eq(READ("cr4"), v, "and does not show");
	check_fault(WRITE("cr4", v | 4), NO_FAULT, "TSD is granted");
	check_eq(READ("cr4"), v | 4, "and shows");
	check_fault(WRITE("cr4", v), NO_FAULT, "back");
}

void test_main(void)
{
	struct regs r;

	cr0();
	cr2_cr3();
	cr4();
	user_init();
	user_regs(&r, user_cr0);
	check_eq(user_run(&r), X_GP, "user mode: read of CR0");
	check_eq(r.rip, user_address(user_cr0), "RIP is at it");
	user_regs(&r, user_clts);
	check_eq(user_run(&r), X_GP, "user mode: CLTS");
}
