/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tags of the TLB: process-context identifiers, where the CPU has them (pcid=0 on the command line: not used).
 *
 * A CPU uses two for the vCPU it runs, one a root table: what one mode's root has translated lies under its tag
 * and is out of the other's sight.  So going from user to kernel mode and back need not empty the TLB: the
 * CR3 value for it has CR3_KEEP.  In exchange whoever forgets a translation does so under both tags, and INVLPG and
 * a CR3 write without CR3_KEEP reach the loaded tag only: the other is loaded for a moment.  We are in all roots.
 *
 * The next vCPU on the CPU gets the same two, empty.  While none is loaded (TAG_NONE, emptied by each load) both
 * may hold what is long gone: nothing looks there until the next load has emptied them.
 *
 * Without tags a root's value is its address, tag_other() finds none, and each CR3 write empties all.
 */
#ifndef HV_MM_TAGS_H
#define HV_MM_TAGS_H

#include "mm/mm.h"

enum tlb_tag { TAG_NONE, TAG_KERNEL, TAG_USER };

#define CR3_TAG		0xfffUL
#define CR3_KEEP	BIT(63)

/* What to write to CR3 to go to a vCPU's root (0: it has none) from its other mode. */
static inline u64 tag_load(u64 root, enum tlb_tag tag, bool tags_on)
{
	return tags_on && root ? root | tag | CR3_KEEP : root;
}

/* CR3 holds `cr3`: what to write to go to the root of the other mode and empty its tag; 0: there is none. */
static inline u64 tag_other(u64 cr3, const struct vcpu_mm *mm)
{
	switch (cr3 & CR3_TAG) {
	case TAG_KERNEL: return mm->user_load & ~CR3_KEEP;
	case TAG_USER: return mm->kernel_load & ~CR3_KEEP;
	}
	return 0;		/* of no vCPU: mm may not be one's either */
}

#endif
