/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel-stack-hypervisor - a kernel stack in the hypervisor's range
 *
 * Right: stack_switch may take any address, but the first entry from user mode must not write
 * there: the domain dies, the hypervisor lives.  ABI: __HYPERVISOR_stack_switch in xen.h.
 *
 * Boot: --end crash --expect-bonsai "d0v0 crashed: "
 */
#include "guest.h"

USER_TEXT static void user_trap(void)
{
	__asm__ volatile("ud2");
}

void test_main(void)
{
	struct regs r;

	user_init();
	check_eq(HC(stack_switch, .ss = FLAT_KERNEL_SS, .sp = HYPERVISOR_VA + 0x800), 0,
		 "stack_switch into the hypervisor is taken");
	plan_end();
	user_regs(&r, user_trap);
	user_run(&r);
	print("not ok - user mode came back\n");
}
