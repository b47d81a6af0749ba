/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * segment-base - FS and GS bases of kernel and user mode
 *
 * Right: set_segment_base sets FS, the kernel's GS and the user's GS; entering and leaving user
 * mode exchanges the two GS as SWAPGS would; a user selector can be set; non-canonical bases and
 * unknown registers are -EINVAL.  ABI: SEGBASE_* in xen-x86_64.h.
 */
#include "guest.h"

static u64 here[2] = { 0x1111, 0x2222 };

USER_TEXT static void user_look(void)
{
	__asm__ volatile("movq %gs:0, %rax; movq %fs:0, %rbx; movl %gs, %ecx; int $0x80");
}

static long base(u32 which, u64 value)
{
	return HC(set_segment_base, .which = which, .base = value);
}

static u64 fs0(void)
{
	u64 v;

	__asm__ volatile("movq %%fs:0, %0" : "=r"(v));
	return v;
}

static u64 gs0(void)
{
	u64 v;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(v));
	return v;
}

void test_main(void)
{
	struct regs r;

	user_init();
	user_data[0] = 0x3333;
	user_data[1] = 0x4444;
	check_eq(base(SEGBASE_FS, (u64)&here[0]), 0, "FS");
	check_eq(fs0(), 0x1111, "is in effect");
	check_eq(base(SEGBASE_GS_KERNEL, (u64)&here[1]), 0, "kernel GS");
	check_eq(gs0(), 0x2222, "is in effect");
	check_eq(base(SEGBASE_GS_USER, USER_DATA), 0, "user GS");
	check_eq(gs0(), 0x2222, "does not show in the kernel");
	base(SEGBASE_FS, USER_DATA + 8);
	user_regs(&r, user_look);
	check_eq(user_run(&r), 0x80, "to user mode and back");
	check_eq(r.rax, 0x3333, "its GS is the user's");
	check_eq(r.rbx, 0x4444, "its FS is FS");
	check_eq(gs0(), 0x2222, "the kernel has its GS again");
	check_eq(base(SEGBASE_GS_USER_SEL, USER_SS), 0, "a user selector for GS");
	check_eq(gs0(), 0x2222, "the kernel's GS is untouched");
	base(SEGBASE_GS_USER, USER_DATA);
	user_regs(&r, user_look);
	user_run(&r);
	check_eq(r.rcx & 0xffff, USER_SS, "user mode has the selector");
	check_eq(base(SEGBASE_GS_USER_SEL, 0), 0, "the null selector");
	check_eq(base(SEGBASE_FS, NONCANONICAL), -XEN_EINVAL, "FS, non-canonical");
	check_eq(base(SEGBASE_GS_USER, NONCANONICAL), -XEN_EINVAL, "user GS, non-canonical");
	check_eq(base(SEGBASE_GS_KERNEL, NONCANONICAL), -XEN_EINVAL, "kernel GS, non-canonical");
	check_eq(base(4, 0), -XEN_EINVAL, "register 4");
	check_eq(base(SEGBASE_GS_USER_SEL, 0x1233), 0, "a bad selector is taken as null");
}
