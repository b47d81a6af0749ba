/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading selectors that a guest chose: any of them may fault, and is then replaced by null.
 */
#include "cpu/extable.h"
#include "cpu/insn.h"
#include "cpu/msr.h"
#include "cpu/segments.h"

#define READ_SEL(seg) \
	({ u32 _s; __asm__ volatile("mov %%" #seg ", %0" : "=r"(_s)); (u16)_s; })

/* False when the selector would not load; the register is null then. */
#define LOAD_SEL(seg, sel)							\
	({									\
		u32 _ok = 1, _zero = 0;						\
		__asm__ volatile("1: mov %[s], %%" #seg "\n"			\
				 "	jmp 3f\n"				\
				 "2: mov %[z], %%" #seg "\n"			\
				 "	xor %[ok], %[ok]\n"			\
				 "3:\n" EXTABLE(1b, 2b)				\
				 : [ok] "+r"(_ok)				\
				 : [s] "r"((u32)(sel)), [z] "r"(_zero)		\
				 : "memory", "cc");				\
		_ok != 0;							\
	})

void segments_save(struct vcpu *v)
{
	v->pv.ds = READ_SEL(ds);
	v->pv.es = READ_SEL(es);
	v->pv.fs = READ_SEL(fs);
	v->pv.gs = READ_SEL(gs);
}

void segments_save_all(struct vcpu *v)
{
	u64 active = rdmsr(MSR_GS_BASE), inactive = rdmsr(MSR_KERNEL_GS_BASE);

	segments_save(v);
	v->pv.fs_base = rdmsr(MSR_FS_BASE);
	v->pv.gs_kernel = v->pv.kernel_mode ? active : inactive;
	v->pv.gs_user = v->pv.kernel_mode ? inactive : active;
}

/* Some emulated CPUs let a guest's WRFSBASE set what WRMSR refuses: then 0. */
static inline void load_base(u32 msr, u64 base)
{
	u32 lo = base, hi = base >> 32;

	__asm__ volatile("1: wrmsr\n	jmp 3f\n2: xor %0, %0\n	xor %1, %1\n	jmp 1b\n3:\n" EXTABLE(1b, 2b)
			 : "+a"(lo), "+d"(hi) : "c"(msr) : "memory", "cc");
}

void segments_load_all(struct vcpu *v)
{
	bool ok = true;

	/* Null into null is the common case; what another vCPU left must go, though. */
	ok &= !(v->pv.ds | READ_SEL(ds)) || LOAD_SEL(ds, v->pv.ds);
	ok &= !(v->pv.es | READ_SEL(es)) || LOAD_SEL(es, v->pv.es);
	ok &= !(v->pv.fs | READ_SEL(fs)) || LOAD_SEL(fs, v->pv.fs);
	ok &= !(v->pv.gs | READ_SEL(gs)) || LOAD_SEL(gs, v->pv.gs);
	v->pv.bad_segments |= !ok;

	/* A selector load changes the base, so bases come last. */
	load_base(MSR_FS_BASE, v->pv.fs_base);
	load_base(MSR_GS_BASE, v->pv.kernel_mode ? v->pv.gs_kernel : v->pv.gs_user);
	load_base(MSR_KERNEL_GS_BASE, v->pv.kernel_mode ? v->pv.gs_user : v->pv.gs_kernel);
}

void load_user_gs(u16 sel)
{
	swapgs();
	(void)LOAD_SEL(gs, sel);
	swapgs();
}
