/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of model-specific registers, and an access that may fault.
 */
#ifndef HV_CPU_MSR_H
#define HV_CPU_MSR_H

#include "cpu/bits.h"

#define MSR_P5_MC_ADDR		0x0
#define MSR_P5_MC_TYPE		0x1
#define MSR_TSC			0x10
#define MSR_PLATFORM_ID		0x17
#define MSR_APIC_BASE		0x1b
#define MSR_FEATURE_CONTROL	0x3a
#define MSR_TSC_ADJUST		0x3b
#define MSR_SPEC_CTRL		0x48
#define MSR_UCODE_REV		0x8b
#define MSR_PLATFORM_INFO	0xce
#define MSR_ARCH_CAPABILITIES	0x10a
#define MSR_MISC_FEATURES	0x140
#define MSR_SYSENTER_CS		0x174
#define MSR_SYSENTER_ESP	0x175
#define MSR_SYSENTER_EIP	0x176
#define MSR_MCG_CAP		0x179
#define MSR_MCG_CTL		0x17b
#define MSR_MISC_ENABLE		0x1a0
#define MSR_DEBUGCTL		0x1d9
#define MSR_PAT			0x277
#define MSR_MTRR_DEF_TYPE	0x2ff
#define MSR_PERF_CAPABILITIES	0x345
#define MSR_TSC_DEADLINE	0x6e0
#define MSR_X2APIC		0x800		/* + register offset / 16 */
#define MSR_HYPERCALL_PAGE	0x40000000
#define MSR_EFER		0xc0000080
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_FMASK		0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102
#define MSR_TSC_AUX		0xc0000103
#define MSR_SYSCFG		0xc0010010
#define MSR_HWCR		0xc0010015
#define MSR_IORR_0		0xc0010016
#define MSR_TOP_MEM		0xc001001a
#define MSR_TOP_MEM2		0xc001001d
#define MSR_NB_CFG		0xc001001f
#define MSR_PSTATE_LIMIT	0xc0010061
#define MSR_PSTATE_7		0xc001006b
#define MSR_SMM_ADDR		0xc0010112
#define MSR_SMM_MASK		0xc0010113
#define MSR_DE_CFG		0xc0011029

#define APIC_BASE_BSP		BIT(8)
#define APIC_BASE_X2		BIT(10)
#define APIC_BASE_ENABLE	BIT(11)

/*
 * What PAT holds while we run, and guests with us, since entries are shared.  Its index is PAT, PCD,
 * PWT of an entry: WB, WT, UC-, UC, WC, WP, UC, UC.  ABI: the same as stock Xen's.
 */
#define HV_PAT			0x0000050100070406UL

#ifndef __ASSEMBLER__
#include "cpu/insn.h"

/* 0, or -EFAULT when the CPU has no such register or refuses the value. */
int __must_check rdmsr_safe(u32 msr, u64 *val);

#endif

#endif
