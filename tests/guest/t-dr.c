/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dr - debug registers: by MOV and by hypercall
 *
 * Right: both ways see the same registers; addresses in the hypervisor's range or not canonical
 * are refused (-EPERM, #GP); DR7 cannot enable I/O breakpoints without CR4.DE, its reserved bits
 * read as fixed; registers 4 and 5 are 6 and 7 while CR4.DE is clear. ABI:
 * __HYPERVISOR_set_debugreg, get_debugreg in xen.h; SDM volume 3, 17.2.
 */
#include "guest.h"

#define WRITE(reg, val) TRY("movq %[v], %%" reg, NO_RESULT, GIVEN([v] "r"((u64)(val))))
#define READ(reg)                                                                                  \
	({                                                                                         \
		u64 v_;                                                                            \
		__asm__ volatile("movq %%" reg ", %0" : "=r"(v_));                                 \
		v_;                                                                                \
	})

static long set(int reg, u64 value)
{
	return HC(set_debugreg, .reg = reg, .value = value);
}

static long get(int reg)
{
	return HC(get_debugreg, .reg = reg);
}

void test_main(void)
{
	check_eq(READ("dr6"), 0xffff0ff0, "DR6 at reset");
	check_eq(READ("dr7"), 0x400, "DR7 at reset");
	for (int i = 0; i < 4; i++)
		check_eq(set(i, 0x1000 * (i + 1)), 0, "address register %d", i);
	check_eq(READ("dr0"), 0x1000, "MOV from DR0");
	check_eq(READ("dr3"), 0x4000, "MOV from DR3");
	check_eq(WRITE("dr1", 0x123456), NO_FAULT, "MOV to DR1");
	check_eq(get(1), 0x123456, "get_debugreg reads it");
	check_eq(set(0, HYPERVISOR_VA), -XEN_EPERM, "a breakpoint in the hypervisor is refused");
	check_fault(WRITE("dr0", HYPERVISOR_VA), X_GP, "by MOV too");
	check_eq(set(0, NONCANONICAL), -XEN_EPERM, "a non-canonical one too");
	check_eq(get(0), 0x1000, "DR0 is as it was");
	check_eq(set(7, 0x401), 0, "DR7: breakpoint 0, local");
	check_eq(READ("dr7"), 0x401, "reads back");
	check_eq(set(7, 0x20401 | 0), -XEN_EPERM, "an I/O breakpoint without CR4.DE is refused");
	check_eq(set(7, 0x2401), -XEN_EPERM, "general detection is refused");
	check_eq(get(7), 0x401, "DR7 is as it was");
	check_eq(set(7, 1UL << 32), -XEN_EINVAL, "upper half of DR7 must be 0");
	check_eq(set(7, 0), 0, "DR7 off");
	check_eq(get(7), 0x400, "bit 10 always reads 1");
	check_eq(set(8, 0), -XEN_ENODEV, "register 8");
	check_eq(get(8), -XEN_ENODEV, "reading it");
	check_eq(set(-1, 0), -XEN_ENODEV, "register -1");
	check_eq(get(5), get(7), "register 5 is 7 as long as CR4.DE is clear");
	check_eq(set(4, 0xffff0ff1), 0, "register 4 is 6");
	check_eq(get(6), 0xffff0ff1, "and sets it");
}
