/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's own page tables: steps of the boot.  What other rooms call is in mm/mm.h.
 */
#ifndef HV_MM_HV_MAP_H
#define HV_MM_HV_MAP_H

#include "lib/types.h"

/* Direct map and image; then these tables are in use instead of the boot ones. */
void hv_map_init(void);
/* Frame table and machine-to-physical table, for all RAM; sets max_mfn. */
void hv_map_tables(void);
/* GDT and LDT windows, stacks and stub pages of CPUs 0 .. n - 1: no table is made for them later. */
void hv_map_cpus(u32 n);
/* Unmap what only boot needs and give it to the heap.  The caller must not lie in it. */
void hv_map_free_init(void);

#endif
