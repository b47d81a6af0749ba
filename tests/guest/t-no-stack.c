/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * no-stack - no memory for the frame of a trap in the kernel
 *
 * Right: the stack pointer names nothing when a trap comes: the frame has no place, the domain
 * dies, the hypervisor lives.  ABI: none; a PV guest has no double fault for this.
 *
 * Boot: --end crash --expect-bonsai "d0v0 crashed: "
 */
#include "guest.h"

void test_main(void)
{
	check(true, "until here");
	plan_end();
	__asm__ volatile("movq %0, %%rsp\n\tud2" : : "r"(0x400000000000UL));
}
