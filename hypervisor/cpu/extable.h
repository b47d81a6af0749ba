/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exception table: instructions that may fault, and where to go on if they do.
 *
 *	asm volatile("1: mov %1, %0\n2:\n" EXTABLE(1b, 2b) : ...);
 */
#ifndef HV_CPU_EXTABLE_H
#define HV_CPU_EXTABLE_H

#include "lib/types.h"

#define EXTABLE(fault, fixup)					\
	".pushsection __ex_table, \"a\"\n"			\
	".balign 4\n"						\
	".long (" #fault ") - .\n"				\
	".long (" #fixup ") - .\n"				\
	".popsection\n"

/* Where to go on after a fault at rip; 0: nowhere. */
u64 extable_fixup(u64 rip);

#endif
