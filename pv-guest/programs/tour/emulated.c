/* SPDX-License-Identifier: GPL-2.0-only */
#include "programs/tour/pv.h"

#define CR0_PE	 (1UL << 0)
#define CR0_TS	 (1UL << 3)
#define CR0_PG	 (1UL << 31)
#define CR4_PAE	 (1UL << 5)
#define MSR_EFER 0xc0000080
#define MSR_NONE 0x12345678

static void cpuid(u32 leaf, u32 r[4], bool forced)
{
	r[0] = leaf;
	r[2] = 0;
	if (forced)
		__asm__ volatile(XEN_CPUID : "+a"(r[0]), "=b"(r[1]), "+c"(r[2]), "=d"(r[3]));
	else
		__asm__ volatile("cpuid" : "+a"(r[0]), "=b"(r[1]), "+c"(r[2]), "=d"(r[3]));
}

static void signature(void)
{
	char name[13] = { 0 };
	u32 r[4];

	cpuid(0x40000000, r, true);
	memcpy(name, &r[1], 12);
	expect(!strcmp(name, "XenVMMXenVMM"), "cpuid 0x40000000 (ud2; \"xen\"; cpuid) says \"%s\"",
	       name);
	cpuid(r[0] >= 0x40000001 ? 0x40000001 : 0x40000000, r, true);
	expect(r[0] >> 16 == 4, "cpuid 0x40000001: version %u.%u", r[0] >> 16, r[0] & 0xffff);
	cost(MEASURE(200, cpuid(1, r, true)), "cpuid by the prefix");
	cost(MEASURE(200, cpuid(1, r, false)), "cpuid, plain");
}

#define READ_CR(n)                                                                                 \
	static u64 read_cr##n(void)                                                                \
	{                                                                                          \
		u64 v;                                                                             \
                                                                                                   \
		__asm__ volatile("mov %%cr" #n ", %0" : "=r"(v));                                  \
		return v;                                                                          \
	}
READ_CR(0)
READ_CR(3)
READ_CR(4)

static void control_registers(void)
{
	expect((read_cr0() & (CR0_PE | CR0_PG)) == (CR0_PE | CR0_PG), "mov from cr0 -> %lx",
	       read_cr0());
	expect(xen_cr3_to_pfn(read_cr3()) == va_to_mfn(kernel_space.root),
	       "mov from cr3 -> %lx: our root table's machine address", read_cr3());
	expect(read_cr4() & CR4_PAE, "mov from cr4 -> %lx", read_cr4());
	cost(MEASURE(200, read_cr0()), "mov from cr0");
}

static void use_fpu(void *arg)
{
	(void)arg;
	__asm__ volatile("fnop");
}

static void fpu(void)
{
	struct trap_report r;

	expect_code(HC(fpu_taskswitch, .set = 1), 0, "fpu_taskswitch 1");
	expect(read_cr0() & CR0_TS, "cr0 shows the TS bit");
	expect_trap(TRAP_NM, use_fpu, NULL, "an FPU instruction");
	__asm__ volatile("clts");
	expect(!trap_try(&r, use_fpu, NULL), "clts, which is emulated, and it works");
}

static void read_msr(void *arg)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"((u32)(u64)arg));
}

static void halt(void *arg)
{
	(void)arg;
	__asm__ volatile("hlt");
}

static void flags(void)
{
	u64 f;

	__asm__ volatile("pushf\n\tpop %0" : "=r"(f));
	expect(f & RFLAGS_IF, "pushf: IF is 1, it is the real one; ours is the mask byte");
}

void chapter_emulated(void)
{
	struct trap_report r;

	signature();
	control_registers();
	fpu();
	expect(!trap_try(&r, read_msr, (void *)MSR_EFER), "rdmsr of EFER");
	expect_trap(TRAP_GP, read_msr, (void *)MSR_NONE, "rdmsr of a register there is not");
	expect_trap(TRAP_GP, halt, NULL, "hlt: not emulated, use sched_op");
	flags();
}
