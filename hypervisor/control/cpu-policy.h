/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a domain is told by CPUID, as its controller has set it.
 */
#ifndef HV_CONTROL_CPU_POLICY_H
#define HV_CONTROL_CPU_POLICY_H

#include "abi/abi.h"
#include "lib/types.h"

struct cpuid_leaf;

#define CPU_POLICY_LEAVES	128		/* as many as tools may have room for */

/* In order; all that tools know of, up to the limits. */
struct cpu_policy {
	u32 nr;
	xen_cpuid_leaf_t leaf[CPU_POLICY_LEAVES];
};

void cpu_policy_get(const struct cpu_policy *p, u32 leaf, u32 subleaf, struct cpuid_leaf *out);

#endif
