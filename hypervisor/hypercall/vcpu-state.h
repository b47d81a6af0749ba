/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a vCPU keeps of the hypercall it is in.
 */
#ifndef HV_HYPERCALL_VCPU_STATE_H
#define HV_HYPERCALL_VCPU_STATE_H

#include "lib/types.h"

struct vcpu_hypercall {
	u64 op, result;			/* with args: multicall fetches its entries to here */
	u64 args[6];			/* of the running call; a restart may have changed them */
	u32 nr;
};

#endif
