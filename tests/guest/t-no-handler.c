/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * no-handler - a trap without an entry in the table
 *
 * Right: the trap cannot be told to the guest, so the domain dies, the hypervisor lives. ABI:
 * set_trap_table in xen.h.
 *
 * Boot: --end crash --expect-bonsai "d0v0 crashed: "
 */
#include "guest.h"

void test_main(void)
{
	check_eq(HC(set_trap_table, .traps = NULL), 0, "the table is cleared");
	plan_end();
	__asm__ volatile("ud2");
}
