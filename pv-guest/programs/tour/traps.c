/* SPDX-License-Identifier: GPL-2.0-only */
#include "programs/tour/pv.h"

#define DR7_WRITE_8 0x00090001UL /* DR0: enabled, on writes, 8 bytes */

static u64 watched;

static void write_watched(void *arg)
{
	(void)arg;
	*(volatile u64 *)&watched = 1;
}

static void debug_registers(void)
{
	expect_code(HC(set_debugreg, .reg = 0, .value = (u64)&watched), 0,
		    "set_debugreg 0: watch a variable");
	expect(HC(get_debugreg, .reg = 0) == (long)&watched, "get_debugreg 0 says so");
	expect_code(HC(set_debugreg, .reg = 7, .value = DR7_WRITE_8), 0,
		    "set_debugreg 7: trap on writes");
	expect_trap(TRAP_DB, write_watched, NULL, "write it");
	expect_code(HC(set_debugreg, .reg = 7, .value = 0), 0, "set_debugreg 7: off");
	expect_refused(HC(set_debugreg, .reg = 0, .value = HYPERVISOR_VIRT_START),
		       "set_debugreg 0: watch the hypervisor");
}

void chapter_traps(void)
{
	say("the table has %d entries, each: vector, who may use INT n, mask events, entry point",
	    VEC_IRQ);
	traps_common();
	debug_registers();
	cost(MEASURE(1000, HC(set_debugreg, .reg = 0, .value = 0)), "set_debugreg");
}
