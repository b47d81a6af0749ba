/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tags of the TLB: process-context identifiers, where the CPU has them and INVPCID (pcid=0 on the command line: not used).
 *
 * A CPU uses two for the vCPU it runs, one a mode: what one mode has translated lies under its tag and is out of the other's
 * sight.  So going from user to kernel mode and back need not empty the TLB: the CR3 value for it has CR3_KEEP.
 * In exchange whoever forgets a translation does so under both tags, by INVPCID for the one that is not loaded.  Both
 * values name the same table, the vCPU's own root, in which user mode's tag must never see the kernel's entries
 * (mm/root.c has the order).
 *
 * The next vCPU on the CPU gets the same two, empty.  While none is loaded (TAG_NONE, emptied by each load) both
 * may hold what is long gone: nothing looks there until the next load has emptied them.
 *
 * Without tags a root's value is its address, and each CR3 write empties all.
 */
#ifndef HV_MM_TAGS_H
#define HV_MM_TAGS_H

#include "cpu/cpuid.h"
#include "lib/types.h"

enum tlb_tag { TAG_NONE, TAG_KERNEL, TAG_USER };

#define CR3_TAG		0xfffUL
#define CR3_KEEP	BIT(63)

/* CR3's value for a root and a mode, which empties the tag. */
static inline u64 tag_cr3(u64 root, bool kernel)
{
	return cpu_features.pcid ? root | (kernel ? TAG_KERNEL : TAG_USER) : root;
}

/* The tag of the other mode, when CR3 holds `cr3`; TAG_NONE: there is none. */
static inline enum tlb_tag tag_other(u64 cr3)
{
	return cr3 & CR3_TAG ? (cr3 & CR3_TAG) ^ TAG_KERNEL ^ TAG_USER : TAG_NONE;
}

#endif
