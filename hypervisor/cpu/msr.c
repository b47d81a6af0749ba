/* SPDX-License-Identifier: GPL-2.0-only */
#include "cpu/extable.h"
#include "cpu/msr.h"
#include "lib/errno.h"

int rdmsr_safe(u32 msr, u64 *val)
{
	u32 lo = 0, hi = 0;
	int rc = -EFAULT;

	__asm__ volatile("1: rdmsr\n"
			 "	xor %[rc], %[rc]\n"
			 "2:\n" EXTABLE(1b, 2b)
			 : "+a"(lo), "+d"(hi), [rc] "+r"(rc) : "c"(msr) : "memory", "cc");
	*val = (u64)hi << 32 | lo;
	return rc;
}
