/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * no-stack-readonly - a trap in the kernel while the stack is a page table
 *
 * Right: the hypervisor pushes the frame with the guest's rights: on read-only memory that fails,
 * nothing is written, the domain dies.  ABI: page tables are read-only, mmu_update in xen.h.
 *
 * Boot: --end crash --expect-bonsai "d0v0 crashed: "
 */
#include "guest.h"

void test_main(void)
{
	check(true, "until here");
	plan_end();
	__asm__ volatile("movq %0, %%rsp\n\tud2" : : "r"(start_info->pt_base + 2048));
}
