/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this machine's CPUs can do; read once on the boot CPU.
 */
#ifndef HV_CPU_CPUID_H
#define HV_CPU_CPUID_H

#include "lib/types.h"

struct cpu_features {
	u32 max_leaf, max_ext_leaf;
	u32 leaf1_ecx, leaf1_edx, leaf7_ebx, leaf7_ecx, ext1_ecx, ext1_edx;
	u32 phys_bits;
	bool tcg;			/* QEMU's emulator */
	bool xsave, x2apic, tsc_deadline, invariant_tsc, fsgsbase, smep, smap, page_1g, sysenter, pcid;
	bool ring1_dom0, ring1_all;	/* as was asked for: whose kernels run at ring 1 (pv/pv.h) */
	char vendor[13];
};

extern struct cpu_features cpu_features;
static inline bool is_intel(void) { return cpu_features.vendor[0] == 'G'; }

void cpuid_init(void);

#endif
