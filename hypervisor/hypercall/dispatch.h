/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the SYSCALL entry to do_NAME(); also for multicall, which makes calls of its own.
 */
#ifndef HV_HYPERCALL_DISPATCH_H
#define HV_HYPERCALL_DISPATCH_H

#include "domain/domain.h"

/* A guest kernel's SYSCALL: number in EAX, arguments in RDI RSI RDX R10 R8 R9, result to RAX. */
void hypercall_dispatch(struct vcpu *v, struct cpu_user_regs *regs);

/* One call with the arguments in v->hc.args: checks, counts, runs.  May answer -ERESTART. */
long hypercall_call(struct vcpu *v, u64 nr);

/* "mmu_update", or "?" */
const char *hypercall_name(u32 nr);

#endif
