/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * no-stack-noncanonical - a trap in the kernel with a stack pointer that is no address
 *
 * Right: as for any stack that cannot be written: the domain dies, the hypervisor lives.
 * ABI: none.
 *
 * Boot: --end crash --expect-bonsai "d0v0 crashed: "
 */
#include "guest.h"

void test_main(void)
{
	check(true, "until here");
	plan_end();
	__asm__ volatile("movq %0, %%rsp\n\tud2" : : "r"(NONCANONICAL + 64));
}
