/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FPU, SSE and AVX state.  It is saved and loaded at every switch, whether used or not: trapping the
 * first use instead would let a guest time or speculate on another's registers.
 *
 * Saving and loading happen with XCR0 at all that is offered; the guest's own XCR0 may leave out parts
 * whose state must not be lost, nor be seen by the next one.
 */
#include "cpu/cpuid.h"
#include "cpu/extable.h"
#include "cpu/fpu.h"
#include "cpu/insn.h"
#include "domain/domain.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"

/* Legacy area, then the XSAVE header. */
#define FXSAVE_SIZE	512
#define FCW_RESET	0x37f
#define MXCSR_OFFSET	24
#define MXCSR_MASK_OFFSET 28
#define MXCSR_RESET	0x1f80
#define XSTATE_BV	512

u64 fpu_xcr0_mask;
u32 fpu_area_size = FXSAVE_SIZE;
static u32 mxcsr_mask = 0xffbf;
static bool pointers_stay;	/* loading a state without an exception leaves the last one's x87 pointers */

static void __init read_mxcsr_mask(void)
{
	static u8 area[FXSAVE_SIZE] __aligned(16);
	u32 mask;

	__asm__ volatile("fxsave64 %0" : "=m"(area));
	memcpy(&mask, area + MXCSR_MASK_OFFSET, 4);
	if (mask)
		mxcsr_mask = mask;
}

/* So it is with AMD's CPUs, and those made after them, until they say that it is not (XSaveErPtr). */
static bool __init pointers_left_behind(void)
{
	u32 a, b = 0, c, d;

	if (memcmp(cpu_features.vendor, "AuthenticAMD", 12) && memcmp(cpu_features.vendor, "HygonGenuine", 12))
		return false;
	if (cpu_features.max_ext_leaf >= 0x80000008)
		cpuid(0x80000008, 0, &a, &b, &c, &d);
	return !(b & BIT(2));
}

void __init fpu_init(void)
{
	u32 a, b, c, d;

	write_cr4(read_cr4() | CR4_OSFXSR);
	clts();
	read_mxcsr_mask();
	pointers_stay = pointers_left_behind();
	if (!cpu_features.xsave)
		return;
	cpuid(0xd, 0, &a, &b, &c, &d);
	fpu_xcr0_mask = a & (XCR0_X87 | XCR0_SSE | XCR0_AVX);
	if ((a & XCR0_AVX) && (a & XCR0_AVX512) == XCR0_AVX512)
		fpu_xcr0_mask |= XCR0_AVX512;
	write_cr4(read_cr4() | CR4_OSXSAVE);
	xsetbv(0, fpu_xcr0_mask);
	cpuid(0xd, 0, &a, &b, &c, &d);
	fpu_area_size = b;			/* for what XCR0 has on now */
}

void fpu_cpu_init(void)
{
	u64 cr4 = read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT;

	write_cr4(fpu_xcr0_mask ? cr4 | CR4_OSXSAVE : cr4);
	clts();
	if (fpu_xcr0_mask)
		xsetbv(0, fpu_xcr0_mask);
	__asm__ volatile("fninit");
}

int fpu_init_vcpu(struct vcpu *v)
{
	u8 *area = zalloc(fpu_area_size);
	u16 fcw = FCW_RESET;
	u32 mxcsr = MXCSR_RESET;

	if (!area)
		return -ENOMEM;
	memcpy(area, &fcw, 2);
	memcpy(area + MXCSR_OFFSET, &mxcsr, 4);
	v->pv.xsave = area;
	v->pv.xcr0 = fpu_xcr0_mask ? XCR0_X87 : 0;
	return 0;
}

void fpu_free_vcpu(struct vcpu *v)
{
	zfree(v->pv.xsave);
	v->pv.xsave = NULL;
}

void fpu_save(struct vcpu *v)
{
	clts();
	if (!fpu_xcr0_mask) {
		__asm__ volatile("fxsave64 (%0)" : : "r"(v->pv.xsave) : "memory");
		return;
	}
	if (v->pv.xcr0 != fpu_xcr0_mask)
		xsetbv(0, fpu_xcr0_mask);
	__asm__ volatile("xsave64 (%0)" : : "r"(v->pv.xsave), "a"(~0u), "d"(~0u) : "memory");
}

void fpu_restore(struct vcpu *v)
{
	clts();
	if (pointers_stay)
		__asm__ volatile("fninit");
	if (!fpu_xcr0_mask) {
		__asm__ volatile("fxrstor64 (%0)" : : "r"(v->pv.xsave) : "memory");
		return;
	}
	__asm__ volatile("xrstor64 (%0)" : : "r"(v->pv.xsave), "a"(~0u), "d"(~0u) : "memory");
	if (v->pv.xcr0 != fpu_xcr0_mask)
		xsetbv(0, v->pv.xcr0);
}

/* Bits that the CPU has not would fault when they are loaded. */
void fpu_fix_mxcsr(u8 *area)
{
	u32 mxcsr;

	memcpy(&mxcsr, area + MXCSR_OFFSET, 4);
	mxcsr &= mxcsr_mask;
	memcpy(area + MXCSR_OFFSET, &mxcsr, 4);
}

void fpu_set_fxsave(struct vcpu *v, const void *fxsave)
{
	u8 *area = v->pv.xsave;

	memcpy(area, fxsave, FXSAVE_SIZE);
	fpu_fix_mxcsr(area);
	if (fpu_xcr0_mask) {
		u64 parts = XCR0_X87 | XCR0_SSE;

		memset(area + XSTATE_BV, 0, 64);
		memcpy(area + XSTATE_BV, &parts, 8);
	}
}

/* AVX needs SSE, AVX-512 all its three parts and AVX. */
bool fpu_xcr0_ok(u64 xcr0)
{
	return !(xcr0 & ~fpu_xcr0_mask) && (xcr0 & XCR0_X87) && (!(xcr0 & XCR0_AVX) || (xcr0 & XCR0_SSE)) &&
	       (!(xcr0 & XCR0_AVX512) || ((xcr0 & XCR0_AVX512) == XCR0_AVX512 && (xcr0 & XCR0_AVX)));
}

int fpu_set_xcr0(struct vcpu *v, u64 xcr0)
{
	if (!fpu_xcr0_ok(xcr0))
		return -EINVAL;
	v->pv.xcr0 = xcr0;
	xsetbv(0, xcr0);
	return 0;
}
