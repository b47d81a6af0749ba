/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-no-tsc-aux - a domain saved where the CPU has TSC_AUX, restored where it has not
 *
 * Right: the register is refused by the call, not by the CPU when the vCPU is first run.  A CPU has it if it has RDTSCP or
 * RDPID.  ABI: XEN_DOMCTL_set_vcpu_msrs in domctl.h.
 *
 * Boot: --cpu max,-smap,-rdtscp,-rdpid
 */
#include "child.h"

#define MSR_TSC_AUX 0xc0000103

void child_main(void)
{
}

void test_main(void)
{
	static xen_domctl_vcpu_msr_t msr = { .index = MSR_TSC_AUX, .value = 5 };
	struct xen_domctl op = { .u.vcpu_msrs = { .vcpu = 0, .msr_count = 1 } };
	struct child c;
	u32 ax, dx, cx;

	if (TRY("rdtscp", RESULT("=a"(ax), "=d"(dx), "=c"(cx)), NOTHING) == NO_FAULT)
		skip_all("this CPU has RDTSCP");
	if (child_create(&c, 1))
		bail_out("no second domain");
	op.u.vcpu_msrs.msrs.p = &msr;
	check_eq(domctl(XEN_DOMCTL_set_vcpu_msrs, c.id, &op), -XEN_EINVAL, "TSC_AUX is refused");
	check_eq(op.u.vcpu_msrs.msr_count, 0, "the first of the list");
	check_eq(child_destroy(&c), 0, "the domain goes");
}
