/* SPDX-License-Identifier: GPL-2.0-only */
#include "programs/tour/pv.h"

#define CALLS 32

void chapter_multicall(void)
{
	multicall_entry_t calls[CALLS] = {
		{ .op = HC_xen_version, .args = { XENVER_version } },
		{ .op = 63 },
		{ .op = HC_stack_switch, .args = { FLAT_KERNEL_SS, KERNEL_IMAGE } },
		{ .op = HC_vcpu_op, .args = { VCPUOP_is_up, 0 } },
	};
	unsigned int i;

	expect_code(HC(multicall, .calls = calls, .count = 4), 0, "four calls at once");
	expect((long)calls[0].result >> 16 == 4, "xen_version answered %lx", calls[0].result);
	expect_code(calls[1].result, -38, "call 63, which there is not");
	expect_code(calls[2].result, 0, "stack_switch");
	expect_code(calls[3].result, 1, "vcpu_op(is_up)");
	expect_refused(HC(multicall, .calls = (void *)HYPERVISOR_VIRT_START, .count = 1),
		       "calls described in the hypervisor's memory");
	for (i = 0; i < CALLS; i++)
		calls[i] = (multicall_entry_t){ .op = HC_xen_version };
	cost(MEASURE(200, HC(multicall, .calls = calls, .count = CALLS)) / CALLS,
	     "a call, one of 32 in a multicall");
	cost(MEASURE(1000, HC(xen_version, .cmd = 0)), "the same call alone");
}
