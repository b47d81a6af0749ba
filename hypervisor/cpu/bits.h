/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits of the architecture's registers and of what the CPU pushes, for C and assembly.
 */
#ifndef HV_CPU_BITS_H
#define HV_CPU_BITS_H

#ifdef __ASSEMBLER__
#define BIT(n)		(1 << (n))
#else
#include "lib/types.h"
#endif

#define FLAGS_CF	BIT(0)
#define FLAGS_PF	BIT(2)
#define FLAGS_AF	BIT(4)
#define FLAGS_ZF	BIT(6)
#define FLAGS_SF	BIT(7)
#define FLAGS_TF	BIT(8)
#define FLAGS_IF	BIT(9)
#define FLAGS_DF	BIT(10)
#define FLAGS_OF	BIT(11)
#define FLAGS_IOPL_SHIFT 12
#define FLAGS_IOPL	(BIT(12) | BIT(13))
#define FLAGS_NT	BIT(14)
#define FLAGS_RF	BIT(16)
#define FLAGS_VM	BIT(17)
#define FLAGS_AC	BIT(18)
/* What a guest's handler starts without. */
#define FLAGS_CLEARED	(FLAGS_TF | FLAGS_NT | FLAGS_RF | FLAGS_VM | FLAGS_AC)

#define CR0_TS		BIT(3)

#define CR4_TSD		BIT(2)
#define CR4_DE		BIT(3)
#define CR4_PAE		BIT(5)
#define CR4_MCE		BIT(6)
#define CR4_PGE		BIT(7)
#define CR4_OSFXSR	BIT(9)
#define CR4_OSXMMEXCPT	BIT(10)
#define CR4_FSGSBASE	BIT(16)
#define CR4_PCIDE	BIT(17)
#define CR4_OSXSAVE	BIT(18)
#define CR4_SMEP	BIT(20)
#define CR4_SMAP	BIT(21)

#define DR6_BS		BIT(14)

#define EFER_SCE	BIT(0)
#define EFER_LME	BIT(8)
#define EFER_LMA	BIT(10)
#define EFER_NXE	BIT(11)

#define XCR0_X87	BIT(0)
#define XCR0_SSE	BIT(1)
#define XCR0_AVX	BIT(2)
#define XCR0_AVX512	(BIT(5) | BIT(6) | BIT(7))

/* Error codes: of page faults, and of those that name a selector. */
#define EC_PRESENT	BIT(0)
#define EC_WRITE	BIT(1)
#define EC_USER		BIT(2)
#define EC_RSVD		BIT(3)
#define EC_FETCH	BIT(4)
#define EC_IDT		BIT(1)		/* the index names a gate */

/* Descriptors. */
#define DESC_RW		BIT(41)		/* data can be written, code can be read */
#define DESC_CODE	BIT(43)
#define DESC_TYPE	(0xfUL << 40)
#define DESC_S		BIT(44)		/* code or data, not system */
#define DESC_DPL1	BIT(45)
#define DESC_DPL	(BIT(45) | BIT(46))
#define DESC_PRESENT	BIT(47)
#define DESC_LONG	BIT(53)
#define DESC_BIG	BIT(54)
#define DESC_4K		BIT(55)

/* entry_vector: how we came here, besides the vector. */
#define CAME_BY_SYSCALL	BIT(8)		/* may leave by SYSRET */
#define CAME_BY_SYSENTER BIT(9)

#endif
