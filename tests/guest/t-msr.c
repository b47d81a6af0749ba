/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * msr - RDMSR and WRMSR of the guest kernel, emulated
 *
 * Right: segment bases are read and written, non-canonical values are #GP; EFER shows long mode
 * and SYSCALL and no SVM; the TSC, APIC_BASE, PAT and MISC_ENABLE read; some are written to no
 * effect; MSRs that do not exist and those of the system-call entry are #GP; user mode gets #GP
 * always.  ABI: none but the manuals; the list is what guests use (Linux writes GS base before
 * anything else).
 */
#include "guest.h"

#define MSR_APIC_BASE	   0x1b
#define MSR_FEATURE_CONTROL 0x3a
#define MSR_UCODE_REV	   0x8b
#define MSR_MISC_ENABLE	   0x1a0
#define MSR_PAT		   0x277
#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_LSTAR	   0xc0000082
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_PSTATE_LIMIT   0xc0010061

static u64 value;
static bool intel;

static u64 rd(u32 msr)
{
	u64 lo = 0, hi = 0, vec;

	vec = TRY("rdmsr", RESULT("+a"(lo), "+d"(hi)), GIVEN("c"(msr)));
	value = (hi << 32) | (u32)lo;
	return vec;
}

static u64 wr(u32 msr, u64 v)
{
	return TRY("wrmsr", NO_RESULT, GIVEN("c"(msr), "a"((u32)v), "d"((u32)(v >> 32))));
}

USER_TEXT static void user_rdmsr(void)
{
	__asm__ volatile("movl $0xc0000100, %ecx; rdmsr; int $0x80");
}

static void bases(void)
{
	static const struct {
		u32 msr;
		const char *name;
	} bases[] = { { MSR_FS_BASE, "FS base" },
		      { MSR_GS_BASE, "GS base" },
		      { MSR_KERNEL_GS_BASE, "user GS base" } };

	for (unsigned int i = 0; i < ARRAY_SIZE(bases); i++) {
		check_fault(wr(bases[i].msr, 0x123456789000 + i), NO_FAULT, "%s: write",
			    bases[i].name);
		check_fault(wr(bases[i].msr, NONCANONICAL), X_GP, "%s: non-canonical",
			    bases[i].name);
		check_fault(rd(bases[i].msr), NO_FAULT, "%s: read", bases[i].name);
		check_eq(value, 0x123456789000 + i, "%s: kept", bases[i].name);
		wr(bases[i].msr, 0);
	}
}

static void reading(void)
{
	u64 tsc = rdtsc();

	check_fault(rd(MSR_EFER), NO_FAULT, "EFER");
	check_eq(value & 0xd01, 0xd01, "has LMA, LME, SCE and NX: 0x%lx", value);
	check_fault(rd(0x10), NO_FAULT, "TSC");
	check(value > tsc && value < rdtsc(), "is the time stamp");
	check_fault(rd(MSR_APIC_BASE), NO_FAULT, "APIC_BASE");
	check_fault(rd(MSR_PAT), NO_FAULT, "PAT");
	check_eq(value & 0xff, 6, "entry 0 is write-back: 0x%lx", value);
	check_fault(rd(MSR_MISC_ENABLE), NO_FAULT, "MISC_ENABLE");
}

/* Old kernels read and write these; what is written has no effect. */
static void without_effect(void)
{
	u64 was;

	check_fault(rd(0), NO_FAULT, "machine check address of a P5");
	check_eq(value, 0, "is 0");
	check_fault(rd(1), NO_FAULT, "and type");
	check_eq(value, 0, "is 0");
	rd(MSR_MISC_ENABLE);
	was = value;
	check_fault(wr(MSR_MISC_ENABLE, 0), NO_FAULT, "MISC_ENABLE: write");
	rd(MSR_MISC_ENABLE);
	check_eq(value, was, "to no effect");
	check_fault(rd(MSR_PSTATE_LIMIT), intel ? X_GP : NO_FAULT, "AMD's P-states");
	check_fault(wr(MSR_PSTATE_LIMIT + 10, 1), intel ? X_GP : NO_FAULT, "the last of them: write");
	check_fault(rd(MSR_FEATURE_CONTROL), intel ? NO_FAULT : X_GP, "Intel's feature control");
	check(!intel || value == 1, "is locked, with all off");
	check_fault(wr(MSR_UCODE_REV, 0), intel ? NO_FAULT : X_GP, "microcode's revision: cleared");
	check_fault(wr(MSR_UCODE_REV, 1), X_GP, "set");
}

static void refused(void)
{
	struct regs r;

	check_fault(rd(0x12345), X_GP, "an MSR that does not exist");
	check_fault(wr(0x12345, 0), X_GP, "writing it");
	check_fault(wr(MSR_LSTAR, 0xffff800000001000), X_GP, "LSTAR is the hypervisor's");
	check_fault(wr(MSR_STAR, 0), X_GP, "STAR too");
	user_init();
	user_regs(&r, user_rdmsr);
	check_eq(user_run(&r), X_GP, "user mode: RDMSR");
}

void test_main(void)
{
	u32 a = 0, b, c = 0, d;

	__asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	intel = (b & 0xff) == 'G';
	bases();
	reading();
	without_effect();
	refused();
}
