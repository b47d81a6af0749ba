/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The deprivileged CPU that a guest kernel sees: traps, callbacks, descriptors, virtual control
 * registers.  Guest kernel and guest user both run at CPL 3; v->pv.kernel_mode tells which.
 *
 * By the second way ("ring1" on the command line, v->pv.ring1) the kernel runs at CPL 1, in one address space with its user
 * mode: nothing between the two changes CR3.  User mode is kept out of the kernel's half by the vCPU's own root (mm/root.c).
 * The kernel is kept out of nothing, since paging takes CPL 1 for a supervisor: it is for kernels that are trusted with the
 * machine, as an initial domain is whose devices no IOMMU holds back.
 * What runs knows of it in cpu/entry.S, mm/root.c and the debug build's auditor only.
 */
#ifndef HV_PV_PV_H
#define HV_PV_PV_H

#include "abi/abi.h"
#include "lib/types.h"

struct vcpu;
struct domain;

/* By the ABI's numbers, which leave some out. */
enum pv_callback {
	CB_EVENT = CALLBACKTYPE_event, CB_FAILSAFE = CALLBACKTYPE_failsafe, CB_SYSCALL = CALLBACKTYPE_syscall,
	CB_NMI = CALLBACKTYPE_nmi, CB_SYSENTER = CALLBACKTYPE_sysenter, CB_SYSCALL32 = CALLBACKTYPE_syscall32, CB_COUNT
};
#define CALLBACKS	(BIT(CB_EVENT) | BIT(CB_FAILSAFE) | BIT(CB_SYSCALL) | BIT(CB_NMI) | BIT(CB_SYSENTER) | BIT(CB_SYSCALL32))

struct pv_trap {
	u64 address;			/* 0: not set */
	u16 cs;
	u8 flags;			/* TI_GET_DPL, TI_GET_IF as in trap_info */
};

struct vcpu_pv {
	union {
		struct {
			bool long_ways;	/* entry.S leaves all to C: IOPL shown in flags, traces */
			bool user_only;	/* user mode saw what its kernel must not: mm/root.c */
			bool ring1;	/* the kernel runs by the second way */
			bool kernel_mode;	/* the guest's, not ours */
		};
		u32 ways;		/* all of them, for entry.S */
	};
	bool nmi_pending;
	bool bad_segments;		/* a selector would not load: failsafe callback owed */
	bool nmi_masked;
	bool cr0_ts;			/* fpu_taskswitch: next FPU use traps to the guest */
	u64 kernel_ss, kernel_sp;	/* stack_switch */
	struct { u64 addr; bool mask_events; } cb[CB_COUNT];	/* addr 0: not registered */
	u8 iopl;
	u32 iobmp_limit;		/* bits; set_iobitmap */
	guest_va_t iobmp;

	u64 cr0, cr4;			/* as the guest sees them; TS apart */
	u64 dr[4], dr6, dr7;		/* dr7 as the CPU gets it: without I/O breakpoints */
	u32 dr7_io;			/* the enable bits of those; matched when ports are emulated */
	u16 ds, es, fs, gs;		/* selectors while not running */
	u64 fs_base, gs_kernel, gs_user;	/* while not running */

	mfn_t gdt_frames[14];		/* referenced as FT_SEGDESC */
	u32 gdt_entries;
	guest_va_t ldt_base;
	u32 ldt_entries;		/* pages mapped lazily: descriptors.c */
	struct frame *ldt_frames[16];	/* referenced as FT_SEGDESC; NULL: not mapped yet */

	void *xsave;			/* XSAVE area, 64-byte aligned (cpu/fpu.c) */
	u64 xcr0;
	u32 tsc_aux;

	struct pv_trap traps[256];
};

struct domain_pv {
	u32 pci_cf8;			/* PCI address port, as the domain last wrote it */
	u8 cmos_index;			/* CMOS address port */
};

/* ---- bounce (pv/bounce.c): hand a trap to the guest ------------------------------------------ */

/*
 * Each makes the guest continue in its handler when we return to it.  When the frame cannot be
 * written on the guest's kernel stack the domain is crashed.
 */
void pv_inject_trap(struct vcpu *v, unsigned int vector, u32 error_code);	/* fault or exception */
void pv_inject_page_fault(struct vcpu *v, u64 cr2, u32 error_code);
void pv_inject_software_int(struct vcpu *v, unsigned int vector);	/* gate allowed; rip is past it */
void pv_inject_callback(struct vcpu *v, enum pv_callback cb);

/* Switch between guest kernel and guest user: root table, GS. */
void pv_toggle_mode(struct vcpu *v);

/* ---- emulation (pv/emulate*.c) ---------------------------------------------------------------- */

/*
 * #GP at CPL 3 in guest kernel mode (or user mode for I/O under IOPL): decode at regs->rip and emulate
 * the privileged instructions of ABI.md section 8.  True: done (rip moved, or a fault injected).
 */
bool emulate_privileged(struct vcpu *v, struct cpu_user_regs *regs);
/* #UD: ud2 "xen" cpuid.  True: done. */
bool emulate_forced_cpuid(struct vcpu *v, struct cpu_user_regs *regs);
/* #PF write to what may be a read-only L1 of the guest's own: do it by entry_emulate_write(), or the fault is the guest's. */
void emulate_pt_write(struct vcpu *v, struct cpu_user_regs *regs, u64 va);

/* CPUID as guests may see it (pv/cpuid.c); used by both CPUID paths. */
struct cpuid_leaf { u32 a, b, c, d; };
void guest_cpuid(struct vcpu *v, u32 leaf, u32 subleaf, struct cpuid_leaf *out);
/* What a PV guest may be told at most, and is told unless there is a policy for it. */
void cpuid_pv(u32 leaf, u32 subleaf, struct cpuid_leaf *out);
/* MSRs (pv/msr.c). 0, or -EPERM: #GP. */
int guest_rdmsr(struct vcpu *v, u32 msr, u64 *val);
int guest_wrmsr(struct vcpu *v, u32 msr, u64 val);
/* What the hypercall page holds (domain/build.c), for images that ask by note and guests that ask by MSR. */
void hypercall_page_fill(u8 *page);
/* Debug registers (pv/debug-regs.c), for hypercalls and MOV DR.  reg 0-7. */
int guest_set_dr(struct vcpu *v, unsigned int reg, u64 val);	/* 0, -EPERM/-EINVAL */
int guest_get_dr(struct vcpu *v, unsigned int reg, u64 *val);
/* CR4/CR0 values the guest sees, and what its write changes. */
u64 guest_read_cr0(const struct vcpu *v);
int guest_write_cr0(struct vcpu *v, u64 val);		/* 0, -EPERM: only TS may change */
u64 guest_read_cr4(const struct vcpu *v);
void guest_write_cr4(struct vcpu *v, u64 val);
/* Put into the CPU what v chose in CR4 and TSC_AUX; called at the context switch. */
void guest_cpu_load(struct vcpu *v);
/* I/O ports: may v touch [port, port+bytes) directly at its present mode?  (pv/io.c) */
bool guest_io_allowed(struct vcpu *v, u32 port, u32 bytes);
/* Virtual IOPL is high enough for CLI, STI and all ports. */
bool guest_iopl_ok(const struct vcpu *v);
/* One access that was allowed; the hypervisor's own ports read as ones and swallow writes. */
u32 guest_io_read(struct vcpu *v, u32 port, u32 bytes);
void guest_io_write(struct vcpu *v, u32 port, u32 bytes, u32 val);
/* Ports that no domain may have (our UART, interrupt controllers); at boot. */
void io_ports_keep(u32 first, u32 last);

/* ---- descriptors (pv/descriptors.c) ----------------------------------------------------------- */

/* True when a descriptor may stand in a guest's GDT/LDT; may lower its DPL fields as the ABI allows. */
bool descriptor_ok(u64 *desc);
/* Validation of a whole page of them, for FT_SEGDESC (called from mm/frame.c). */
bool descriptor_page_ok(u64 *page);
int pv_set_gdt(struct vcpu *v, const mfn_t *frames, u32 entries);
void pv_destroy_gdt(struct vcpu *v);
int pv_set_ldt(struct vcpu *v, guest_va_t base, u32 entries);
/* #PF/#GP on the LDT window: map the page now. True: done, retry. */
bool pv_map_ldt_page(struct vcpu *v, u32 page);
void pv_invalidate_ldt(struct vcpu *v);
/* A new kernel root for current; the LDT's pages were found by the old one. */
int pv_set_root(struct vcpu *v, mfn_t root);

int vcpu_pv_init(struct vcpu *v);
void vcpu_pv_destroy(struct vcpu *v);

#endif
