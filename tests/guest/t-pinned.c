/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pinned - dom0_vcpus_pin: each vCPU of the initial domain has its own CPU
 *
 * Boot: --smp 2 --hv-args "dom0_max_vcpus=2 dom0_vcpus_pin"
 *
 * Right: VCPUOP_get_physid, which only pinned vCPUs may ask, tells CPU 0 for the first and CPU 1 for the
 * second; domctl says the same of their hard affinity.  ABI: vcpu.h, domctl.h.
 */
#include "guest.h"
#define __XEN_TOOLS__ 1
#include <xen/domctl.h>

static u64 hard_affinity(u32 vcpu)
{
	static u8 cpus[8];
	static xen_domctl_t op;

	memset(cpus, 0, sizeof(cpus));
	op = (xen_domctl_t){
		.cmd = XEN_DOMCTL_getvcpuaffinity,
		.interface_version = XEN_DOMCTL_INTERFACE_VERSION,
		.u.vcpuaffinity = { .vcpu = vcpu, .flags = XEN_VCPUAFFINITY_HARD },
	};
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, cpus);
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
	check_eq(HC(domctl, .op = &op), 0, "getvcpuaffinity");
	return cpus[0];
}

void test_main(void)
{
	vcpu_get_physid_t id;

	for (u32 i = 0; i < 2; i++) {
		id.phys_id = ~0ul;
		check_eq(HC(vcpu_op, .cmd = VCPUOP_get_physid, .vcpuid = i, .arg = &id), 0,
			 "get_physid of vCPU %u", i);
		check_eq((u32)id.phys_id, i, "its CPU's APIC");
		check_eq(hard_affinity(i), 1ul << i, "its hard affinity");
	}
}
