/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iret-bad - a frame for iret that lies out of reach ends the domain
 *
 * Right: nobody could be told, so the domain crashes, and the hypervisor says so and lives. Xen
 * tells its own way.  ABI: the iret hypercall has no failing return, xen-x86_64.h.
 *
 * Boot: --end crash --expect-bonsai "d0v0 crashed: "
 */
#include "guest.h"

void test_main(void)
{
	check(true, "until here");
	plan_end();
	__asm__ volatile("movq %0, %%rsp\n\tmovl $23, %%eax\n\tsyscall" : : "r"(0x400000000000UL));
}
