/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by memory-op.c and exchange.c.
 */
#ifndef HV_MM_MEMORY_OP_H
#define HV_MM_MEMORY_OP_H

#include "domain/domain.h"

/* Largest extent that d may ask for. */
unsigned int extent_order_max(const struct domain *d);
/* What a reservation's mem_flags ask of the allocator: MEMF_* and a limit for frame numbers. 0, -EINVAL. */
int extent_alloc_flags(u32 mem_flags, unsigned int *flags, mfn_t *limit);

#endif
