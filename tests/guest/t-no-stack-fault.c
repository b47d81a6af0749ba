/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * no-stack-fault - a page fault of user mode while the kernel's stack names nothing
 *
 * Right: as no-stack, on the way from user mode: the domain dies, the hypervisor lives.  ABI: none.
 *
 * Boot: --end crash --expect-bonsai "d0v0 crashed: .*stack"
 */
#include "guest.h"

USER_TEXT static void user_read(void)
{
	__asm__ volatile("movq (%rdi), %rax; ud2");
}

void test_main(void)
{
	struct regs r;

	user_init();
	check_eq(HC(stack_switch, .ss = FLAT_KERNEL_SS, .sp = 0x400000000000UL), 0,
		 "stack_switch to where nothing is");
	plan_end();
	user_regs(&r, user_read);
	r.rdi = 0x1000;
	user_run(&r);
	print("not ok - user mode came back\n");
}
