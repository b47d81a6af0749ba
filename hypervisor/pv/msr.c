/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model-specific and control registers as a guest kernel sees them.  A register that is not here does not
 * exist: #GP.  ABI: ABI.md section 8; values as stock Xen gives them.
 */
#include "cpu/cpuid.h"
#include "cpu/fpu.h"
#include "cpu/insn.h"
#include "cpu/msr.h"
#include "hypercall/hypercall.h"
#include "mm/layout.h"

#define FEATURE_LOCKED		BIT(0)		/* with all of them off */
#define HWCR_TSC_AT_P0		BIT(24)
#define DE_CFG_LFENCE		BIT(1)

/* MISC_ENABLE: no performance counters, no MONITOR, no branch or event traces. */
#define MISC_PERF		BIT(7)
#define MISC_BTS_ABSENT		BIT(11)
#define MISC_PEBS_ABSENT	BIT(12)
#define MISC_MONITOR		BIT(18)
#define MISC_XTPR_OFF		BIT(23)

/* CR4: what the guest chooses, and what it sees of the machine's. */
#define CR4_LIVE		(CR4_TSD | CR4_DE | CR4_FSGSBASE)	/* in force while it runs */
#define CR4_GUEST		(CR4_LIVE | CR4_OSXSAVE)
#define CR4_MACHINE		(CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT)

#define EXT1_EDX_FFXSR		BIT(25)
#define EXT1_EDX_RDTSCP		BIT(27)
#define LEAF7_ECX_RDPID		BIT(22)
#define EFER_FFXSE		BIT(14)

/* ---- control registers ---------------------------------------------------------------------------------- */

u64 guest_read_cr0(const struct vcpu *v)
{
	return (read_cr0() & ~CR0_TS) | (v->pv.cr0_ts ? CR0_TS : 0);
}

/* Return: 0; -EPERM when it would change anything but TS. */
int guest_write_cr0(struct vcpu *v, u64 val)
{
	if ((val ^ guest_read_cr0(v)) & ~CR0_TS)
		return -EPERM;
	v->pv.cr0_ts = val & CR0_TS;
	if (v->pv.cr0_ts)
		stts();
	else
		clts();
	return 0;
}

u64 guest_read_cr4(const struct vcpu *v)
{
	return (v->pv.cr4 & CR4_GUEST) | (read_cr4() & CR4_MACHINE);
}

/* Bits that are not the guest's to change, and those of features it does not have, are dropped silently. */
void guest_write_cr4(struct vcpu *v, u64 val)
{
	if (!cpu_features.fsgsbase)
		val &= ~CR4_FSGSBASE;
	if (!fpu_xcr0_mask)
		val &= ~CR4_OSXSAVE;
	v->pv.cr4 = val & CR4_GUEST;
	if (v == current)
		guest_cpu_load(v);
}

static bool has_tsc_aux(void)
{
	return (cpu_features.ext1_edx & EXT1_EDX_RDTSCP) || (cpu_features.leaf7_ecx & LEAF7_ECX_RDPID);
}

/* v's values differ from the last vCPU's here seldom, and writing CR4 is dear. */
void guest_cpu_load(struct vcpu *v)
{
	static u32 tsc_aux[NR_CPUS];
	u64 cr4 = read_cr4();
	u64 want = (cr4 & ~CR4_LIVE) | (v->pv.cr4 & CR4_LIVE);
	u32 *aux = &tsc_aux[this_cpu()];

	if (cr4 != want)
		write_cr4(want);
	if (*aux != v->pv.tsc_aux) {
		*aux = v->pv.tsc_aux;
		wrmsr(MSR_TSC_AUX, *aux);
	}
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

static u64 guest_efer(void)
{
	return rdmsr(MSR_EFER) & (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | EFER_FFXSE);
}

static u64 guest_misc_enable(u64 val)
{
	return (val & ~(MISC_PERF | MISC_MONITOR)) | MISC_BTS_ABSENT | MISC_PEBS_ABSENT | MISC_XTPR_OFF;
}

/* Registers that show the machine's value, if it has them. */
static int read_machine(u32 msr, u64 *val)
{
	return rdmsr_safe(msr, val) ? -EPERM : 0;
}

/* Identity and platform registers, which differ between makers. */
static int read_platform(u32 msr, u64 *val)
{
	switch (msr) {
	case MSR_PLATFORM_ID:
		return is_intel() ? read_machine(msr, val) : -EPERM;
	case MSR_FEATURE_CONTROL:
		*val = FEATURE_LOCKED;
		return is_intel() ? 0 : -EPERM;
	case MSR_UCODE_REV:
		return read_machine(msr, val);
	case MSR_MISC_ENABLE:
		if (read_machine(msr, val))
			return -EPERM;
		*val = guest_misc_enable(*val);
		return 0;
	case MSR_PLATFORM_INFO:
	case MSR_MISC_FEATURES:
		*val = 0;			/* no CPUID faulting offered */
		return 0;
	case MSR_HWCR:
		*val = cpu_features.invariant_tsc ? HWCR_TSC_AT_P0 : 0;
		return is_intel() ? -EPERM : 0;
	case MSR_DE_CFG:
		*val = DE_CFG_LFENCE;
		return is_intel() ? -EPERM : 0;
	case MSR_NB_CFG:
	case MSR_PSTATE_LIMIT ... MSR_PSTATE_7:
		*val = 0;
		return is_intel() ? -EPERM : 0;
	case MSR_SYSCFG:			/* the machine's memory is the initial domain's to know */
	case MSR_IORR_0 ... MSR_TOP_MEM:
	case MSR_TOP_MEM2:
	case MSR_SMM_ADDR ... MSR_SMM_MASK:
		*val = 0;
		return is_intel() || !current->domain->privileged ? -EPERM : 0;
	default:
		return -EPERM;
	}
}

int guest_rdmsr(struct vcpu *v, u32 msr, u64 *val)
{
	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		*val = rdmsr(msr);		/* the guest's, live */
		return 0;
	case MSR_EFER:
		*val = guest_efer();
		return 0;
	case MSR_APIC_BASE:
		*val = 0xfee00000 | APIC_BASE_ENABLE | (v->id ? 0 : APIC_BASE_BSP);
		return 0;
	case MSR_PAT:
		*val = HV_PAT;
		return 0;
	case MSR_TSC:
		*val = rdtsc();
		return 0;
	case MSR_TSC_AUX:
		*val = v->pv.tsc_aux;
		return has_tsc_aux() ? 0 : -EPERM;
	case MSR_P5_MC_ADDR ... MSR_P5_MC_TYPE:
	case MSR_MCG_CAP ... MSR_MCG_CTL:	/* machine checks: no banks */
	case MSR_PERF_CAPABILITIES:
	case MSR_HYPERCALL_PAGE:
		*val = 0;
		return 0;
	default:
		return read_platform(msr, val);
	}
}

/* ---- writing ------------------------------------------------------------------------------------------------ */

/* The guest names a frame of its own, which gets the hypercall page; only page 0 of them exists. */
static int write_hypercall_page(struct vcpu *v, u64 val)
{
	mfn_t mfn = PFN_DOWN(val);
	struct frame *f;

	if ((val & ~PAGE_MASK) || !mfn_valid(mfn))
		return -EPERM;
	f = mfn_to_frame(mfn);
	if (frame_get_both(f, v->domain, FT_WRITABLE, false))
		return -EPERM;
	hypercall_page_fill(mfn_to_hv(mfn));
	frame_put_both(f, false);
	return 0;
}

int guest_wrmsr(struct vcpu *v, u32 msr, u64 val)
{
	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		if (!va_is_canonical(val))
			return -EPERM;
		wrmsr(msr, val);
		return 0;
	case MSR_TSC_AUX:
		if (!has_tsc_aux() || val != (u32)val)
			return -EPERM;
		v->pv.tsc_aux = val;
		guest_cpu_load(v);
		return 0;
	case MSR_MCG_CAP ... MSR_MCG_CTL:	/* no effect */
		return 0;
	case MSR_EFER:
		return val == guest_efer() ? 0 : -EPERM;
	case MSR_MISC_FEATURES:
		return val ? -EPERM : 0;
	case MSR_MISC_ENABLE:			/* to no effect */
		return read_machine(msr, &val);
	case MSR_UCODE_REV:			/* cleared before it is read */
		return is_intel() && !val ? 0 : -EPERM;
	case MSR_DE_CFG:			/* to no effect */
	case MSR_HWCR:
	case MSR_NB_CFG:
	case MSR_PSTATE_LIMIT ... MSR_PSTATE_7:
		return is_intel() ? -EPERM : 0;
	case MSR_HYPERCALL_PAGE:
		return write_hypercall_page(v, val);
	default:
		return -EPERM;
	}
}
