/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * unknown-call - numbers that are no hypercall
 *
 * Right: -ENOSYS, whatever the arguments; only EAX counts, so a set upper half makes no
 * difference; calls the list knows but a PV guest does not have answer the same.  ABI: the list of
 * __HYPERVISOR_* in xen.h.
 */
#include "guest.h"

static long call(u64 nr)
{
	return hypercall_regs(nr, (u64[6]){ 0x123, NONCANONICAL, HYPERVISOR_VA, 0, ~0UL, ~0UL });
}

void test_main(void)
{
	static const u64 numbers[] = { 11, 28, 38,  43,	  47,	      56,	  63,
				       64, 65, 127, 1000, 0x7fffffff, 0x80000000, 0xffffffff };

	int bad = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++)
		check_eq(call(numbers[i]), -XEN_ENOSYS, "number 0x%lx", numbers[i]);
	check_eq(call(1UL << 32 | 63), -XEN_ENOSYS, "number 2^32 + 63");
	for (u64 nr = 0; nr < 64; nr++)
		bad += nr != HC_iret && call(1UL << 36 | nr) != -XEN_ENOSYS;
	check_eq(bad, 0, "numbers of calls with higher bits: none is one");
}
