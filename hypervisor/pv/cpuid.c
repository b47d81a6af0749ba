/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID as guests are told it: the machine's, less what a PV guest cannot use.
 *
 * A bit stays if the feature works at CPL 3 without us (instructions), or is emulated.  Gone are those of
 * ring 0 (VMX, SVM, x2APIC, MTRR, PGE, PCID, SMEP, SMAP, UMIP, ...), state that is not switched (PKU,
 * CET), and registers that guests cannot reach (speculation control).  This is stock Xen's default policy
 * for PV, which guests are built for.  CPUID executed without the prefix still shows the machine's.
 */
#include <xen/arch-x86/cpuid.h>

#include "control/cpu-policy.h"
#include "cpu/cpuid.h"
#include "cpu/fpu.h"
#include "cpu/insn.h"
#include "cpu/tsc.h"
#include "domain/domain.h"

#define BITS(...)	bits_of((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

static inline u32 bits_of(const u8 *n, size_t count)
{
	u32 mask = 0;

	for (size_t i = 0; i < count; i++)
		mask |= 1u << n[i];
	return mask;
}

#define MAX_BASIC	0xdu
#define MAX_EXT		0x80000008u
#define MAX_EXT_AMD	0x8000001du

#define XEN_VERSION	(4 << 16 | 17)
#define TSC_MODE_NATIVE	2

#define VEC_UD		6

static struct cpuid_leaf machine(u32 leaf, u32 subleaf)
{
	struct cpuid_leaf l;

	cpuid(leaf, subleaf, &l.a, &l.b, &l.c, &l.d);
	return l;
}

/* ---- leaf 1 ------------------------------------------------------------------------------------------- */

/*
 * OSXSAVE is CR4's bit as the guest set it.  A guest kernel that asks by the prefix sees it at once, when
 * the machine has it on: kernels have come to rely on that (stock Xen's known leak).
 */
static bool osxsave(struct vcpu *v)
{
	if (!fpu_xcr0_mask)
		return false;
	return (guest_read_cr4(v) & CR4_OSXSAVE) ||
	       (v->pv.kernel_mode && (guest_regs()->entry_vector & 0xff) == VEC_UD);
}

static void leaf_1(struct cpuid_leaf *l)
{
	/* SSE3 PCLMULQDQ SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AESNI RDRAND */
	u32 c = BITS(0, 1, 9, 13, 19, 20, 22, 23, 25, 30);
	/* FPU DE TSC MSR PAE MCE CX8 APIC MCA CMOV PAT CLFLUSH ACPI MMX FXSR SSE SSE2 SS HTT */
	u32 d = BITS(0, 2, 4, 5, 6, 7, 8, 9, 14, 15, 16, 19, 22, 23, 24, 25, 26, 27, 28);

	if (cpu_features.sysenter)
		d |= BITS(11);			/* SEP */
	if (fpu_xcr0_mask)
		c |= BITS(26);			/* XSAVE */
	if (fpu_xcr0_mask & XCR0_AVX)
		c |= BITS(12, 28, 29);		/* FMA AVX F16C */
	l->b &= 0x00ffffff;
	l->c &= c;
	l->c |= BITS(31);			/* HYPERVISOR */
	l->d &= d;
}

/* ---- leaf 7 ------------------------------------------------------------------------------------------- */

static void leaf_7_0(struct cpuid_leaf *l)
{
	/* FSGSBASE BMI1 HLE BMI2 ERMS RTM RDSEED ADX CLFLUSHOPT CLWB SHA */
	u32 b = BITS(0, 3, 4, 8, 9, 11, 18, 19, 23, 24, 29);
	/* PREFETCHWT1 GFNI RDPID MOVDIRI MOVDIR64B */
	u32 c = BITS(0, 8, 22, 27, 28);
	u32 d = BITS(4);			/* FSRM */

	if (fpu_xcr0_mask & XCR0_AVX) {
		b |= BITS(5);			/* AVX2 */
		c |= BITS(9, 10);		/* VAES VPCLMULQDQ */
	}
	if ((fpu_xcr0_mask & XCR0_AVX512) == XCR0_AVX512) {
		b |= BITS(16, 17, 21, 26, 27, 28, 30, 31);	/* F DQ IFMA PF ER CD BW VL */
		c |= BITS(1, 6, 11, 12, 14);	/* VBMI VBMI2 VNNI BITALG VPOPCNTDQ */
		d |= BITS(2, 3, 8);		/* 4VNNIW 4FMAPS VP2INTERSECT */
	}
	l->a = MIN(l->a, 1u);
	l->b &= b;
	l->c &= c;
	l->d &= d;
}

static void leaf_7_1(struct cpuid_leaf *l)
{
	u32 a = BITS(10, 11, 12);		/* FZRM FSRS FSRCS */

	if (fpu_xcr0_mask & XCR0_AVX)
		a |= BITS(4);			/* AVX-VNNI */
	if ((fpu_xcr0_mask & XCR0_AVX512) == XCR0_AVX512)
		a |= BITS(5);			/* BF16 */
	*l = (struct cpuid_leaf){ .a = l->a & a };
}

/* ---- leaf d: XSAVE -------------------------------------------------------------------------------------- */

/* Bytes of an XSAVE area with these components, in standard or compacted format. */
static u32 xsave_size(u64 xcr0, bool compact)
{
	u32 size = 576;

	for (u32 i = 2; i < 63; i++) {
		struct cpuid_leaf l;

		if (!(xcr0 >> i & 1))
			continue;
		l = machine(0xd, i);
		if (!compact)
			size = MAX(size, l.a + l.b);
		else
			size = (l.c & 2 ? ROUND_UP(size, 64) : size) + l.a;
	}
	return size;
}

static void leaf_d(u32 subleaf, struct cpuid_leaf *l)
{
	u64 mask = fpu_xcr0_mask;

	switch (subleaf) {
	case 0:
		*l = (struct cpuid_leaf){ .a = mask, .d = mask >> 32,
					  .c = mask ? xsave_size(mask, false) : 0 };
		break;
	case 1:
		*l = (struct cpuid_leaf){ .a = mask ? l->a & BITS(0, 1, 2) : 0 };	/* XSAVEOPT XSAVEC XGETBV1 */
		break;
	default:
		if (subleaf > 62 || !(mask >> subleaf & 1))
			*l = (struct cpuid_leaf){ 0 };
	}
}

/* ---- extended leaves ------------------------------------------------------------------------------------ */

static void leaf_ext_1(struct cpuid_leaf *l)
{
	/* LAHF CMP_LEGACY ABM SSE4A MISALIGNSSE PREFETCHW TBM */
	u32 c = BITS(0, 1, 5, 6, 7, 8, 21);
	/* SYSCALL NX MMXEXT FFXSR RDTSCP LM 3DNOW+ 3DNOW; AMD's have leaf 1's bits too: add_dynamic() */
	u32 d = BITS(11, 20, 22, 25, 27, 29, 30, 31);

	if (fpu_xcr0_mask & XCR0_AVX)
		c |= BITS(11, 16);		/* XOP FMA4 */
	l->c &= c;
	l->d &= d;
}

static void extended(u32 leaf, struct cpuid_leaf *l)
{
	switch (leaf) {
	case 0x80000000:
		l->a = MIN(l->a, cpu_features.max_ext_leaf >= MAX_EXT_AMD ? MAX_EXT_AMD : MAX_EXT);
		break;
	case 0x80000001:
		leaf_ext_1(l);
		break;
	case 0x80000002 ... 0x80000006:		/* name, caches */
	case 0x80000019:			/* TLBs, caches in detail */
	case 0x8000001d:
		break;
	case 0x80000007:
		*l = (struct cpuid_leaf){ .d = l->d & BITS(8) };	/* invariant TSC */
		break;
	case 0x80000008:
		l->a = (l->a & 0xff) | 48 << 8;	/* physical bits; linear ones without LA57 */
		l->b &= BITS(0, 2);		/* CLZERO, restored FP error pointers */
		l->d = 0;
		break;
	default:
		*l = (struct cpuid_leaf){ 0 };
	}
}

/* ---- the hypervisor's own -------------------------------------------------------------------------------- */

static struct cpuid_leaf time_leaf(u32 subleaf)
{
	switch (subleaf) {
	case 0:
		return (struct cpuid_leaf){
			.a = (tsc_is_stable ? 2 : 0) | (cpu_features.ext1_edx & BITS(27) ? 4 : 0),
			.b = TSC_MODE_NATIVE, .c = tsc_khz,
		};
	case 1:		/* ns = (tsc - offset) scaled; the offset is the TSC at time 0 */
		return (struct cpuid_leaf){
			.a = clock_scale.tsc_base, .b = clock_scale.tsc_base >> 32,
			.c = clock_scale.mul, .d = (u32)clock_scale.shift,
		};
	case 2:
		return (struct cpuid_leaf){ .a = tsc_khz };
	default:
		return (struct cpuid_leaf){ 0 };
	}
}

static struct cpuid_leaf xen_leaf(u32 n, u32 subleaf)
{
	switch (n) {
	case 0:
		return (struct cpuid_leaf){
			XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES), XEN_CPUID_SIGNATURE_EBX,
			XEN_CPUID_SIGNATURE_ECX, XEN_CPUID_SIGNATURE_EDX,
		};
	case 1:
		return (struct cpuid_leaf){ .a = XEN_VERSION };
	case 2:
		return (struct cpuid_leaf){ .a = 1, .b = XEN_CPUID_FIRST_LEAF,
					    .c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD };
	case 3:
		return time_leaf(subleaf);
	case 5:
		return (struct cpuid_leaf){ .b = subleaf ? 0 : PAGE_SHIFT + 64 - __builtin_clzl(max_mfn - 1) };
	default:
		return (struct cpuid_leaf){ 0 };
	}
}

/* ---- all of them ------------------------------------------------------------------------------------------ */

static void basic(u32 leaf, u32 subleaf, struct cpuid_leaf *l)
{
	switch (leaf) {
	case 0:
		l->a = MIN(l->a, MAX_BASIC);
		break;
	case 1:
		leaf_1(l);
		break;
	case 2:					/* caches and TLBs */
	case 4:
		break;
	case 7:
		if (!subleaf)
			leaf_7_0(l);
		else if (subleaf == 1)
			leaf_7_1(l);
		else
			*l = (struct cpuid_leaf){ 0 };
		break;
	case 0xd:
		leaf_d(subleaf, l);
		break;
	default:
		*l = (struct cpuid_leaf){ 0 };
	}
}

void cpuid_pv(u32 leaf, u32 subleaf, struct cpuid_leaf *out)
{
	*out = (struct cpuid_leaf){ 0 };
	if (leaf <= MIN(cpu_features.max_leaf, MAX_BASIC)) {
		*out = machine(leaf, subleaf);
		basic(leaf, subleaf, out);
	} else if (leaf >= 0x80000000 && leaf <= MIN(cpu_features.max_ext_leaf, MAX_EXT_AMD)) {
		*out = machine(leaf, subleaf);
		extended(leaf, out);
	}
}

/* FPU to APIC, MTRR to PSE36, MMX and FXSR: in both leaves of AMD's CPUs. */
#define EXT1_EDX_COMMON	0x0183f3ffu

/* What depends on the vCPU, on what it did, and on other leaves. */
static void add_dynamic(struct vcpu *v, u32 leaf, u32 subleaf, struct cpuid_leaf *l)
{
	struct cpuid_leaf one;

	if (leaf == 0x80000001 && !is_intel()) {
		guest_cpuid(v, 1, 0, &one);
		l->d |= one.d & EXT1_EDX_COMMON;
	} else if (leaf == 1) {
		l->b = (l->b & 0x00ffffff) | v->id << 24;
		if (osxsave(v) && (l->c & BITS(26)))
			l->c |= BITS(27);
	} else if (leaf == 0xd && !subleaf && l->a) {
		l->b = xsave_size(v->pv.xcr0, false);
		l->c = xsave_size(l->a | (u64)l->d << 32, false);
	} else if (leaf == 0xd && subleaf == 1 && (l->a & BITS(1))) {
		l->b = xsave_size(v->pv.xcr0, true);
	}
}

/**
 * guest_cpuid - what v is told for a leaf; all zeroes for one it does not have
 *
 * v is current: some bits depend on its mode and its XCR0.
 */
void guest_cpuid(struct vcpu *v, u32 leaf, u32 subleaf, struct cpuid_leaf *out)
{
	if (leaf >= XEN_CPUID_FIRST_LEAF && leaf < XEN_CPUID_FIRST_LEAF + 0x100) {
		*out = xen_leaf(leaf - XEN_CPUID_FIRST_LEAF, subleaf);
		return;
	}
	if (v->domain->control.policy)
		cpu_policy_get(v->domain->control.policy, leaf, subleaf, out);
	else
		cpuid_pv(leaf, subleaf, out);
	add_dynamic(v, leaf, subleaf, out);
}
