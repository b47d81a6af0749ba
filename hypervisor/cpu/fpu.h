/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FPU, SSE and AVX state of vCPUs, switched eagerly at each context switch.
 */
#ifndef HV_CPU_FPU_H
#define HV_CPU_FPU_H

#include "lib/types.h"

struct vcpu;

void fpu_init(void);			/* boot CPU: what there is */
void fpu_cpu_init(void);		/* each CPU: CR4, XCR0 */

int fpu_init_vcpu(struct vcpu *v);	/* area in reset state; 0, -ENOMEM */
void fpu_free_vcpu(struct vcpu *v);
void fpu_save(struct vcpu *v);		/* clears CR0.TS */
void fpu_restore(struct vcpu *v);	/* and XCR0; clears CR0.TS */

/* From the 512 bytes of FXSAVE in a vCPU context; bad MXCSR bits are cleared.  v is not running. */
void fpu_set_fxsave(struct vcpu *v, const void *fxsave);
void fpu_fix_mxcsr(u8 *area);		/* of an area that is to be loaded */
bool fpu_xcr0_ok(u64 xcr0);		/* a combination that is offered */
/* The guest's XSETBV for register 0, v running: 0, -EINVAL for bits not offered or a combination the CPU refuses. */
int fpu_set_xcr0(struct vcpu *v, u64 xcr0);

extern u64 fpu_xcr0_mask;		/* XCR0 bits offered; 0: no XSAVE */
extern u32 fpu_area_size;		/* bytes of the whole area, standard format */

#endif
