/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page-table entries, hardware format.  Which flags a guest may set is decided in mm/entry.c alone.
 */
#ifndef HV_MM_PTE_H
#define HV_MM_PTE_H

#include "lib/types.h"

typedef u64 pte_t;

#define PTE_PRESENT	BIT(0)
#define PTE_WRITE	BIT(1)
#define PTE_USER	BIT(2)
#define PTE_PWT		BIT(3)
#define PTE_PCD		BIT(4)
#define PTE_ACCESSED	BIT(5)
#define PTE_DIRTY	BIT(6)
#define PTE_PSE		BIT(7)		/* L2, L3: large page; L1: PAT */
#define PTE_PAT		BIT(7)
#define PTE_GLOBAL	BIT(8)
#define PTE_AVAIL	(7UL << 9)
#define PTE_NX		BIT(63)
#define PTE_MFN_MASK	0x000ffffffffff000UL

#define PT_ENTRIES	512
#define PT_INDEX(va, level) (((va) >> (12 + 9 * ((level) - 1))) & 511)

static inline mfn_t pte_mfn(pte_t e) { return (e & PTE_MFN_MASK) >> 12; }
static inline pte_t pte_make(mfn_t mfn, u64 flags) { return (mfn << 12) | flags; }

#endif
