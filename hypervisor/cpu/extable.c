/* SPDX-License-Identifier: GPL-2.0-only */
#include "cpu/extable.h"

/* Each field is relative to its own place, so the table needs no relocation. */
struct extable_entry {
	s32 fault, fixup;
};

extern const struct extable_entry extable_start[], extable_end[];	/* hv.lds */

u64 extable_fixup(u64 rip)
{
	/* A few dozen entries, and faults here are rare: no order is needed. */
	for (const struct extable_entry *e = extable_start; e < extable_end; e++)
		if ((u64)&e->fault + e->fault == rip)
			return (u64)&e->fixup + e->fixup;
	return 0;
}
