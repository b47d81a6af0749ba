/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Offsets and sizes for the assembly files: compiled to assembly, from which asm-offsets.h is cut.
 */
#include "cpu/cpu-info.h"
#include "domain/domain.h"
#include "hypercall/hypercall.h"

#define DEFINE(name, value) \
	__asm__ volatile("\n.ascii \"->#define " #name " %c0\"" : : "i"(value))
#define UREG(r)		DEFINE(UREGS_##r, offsetof(struct cpu_user_regs, r))

void asm_offsets(void);
void asm_offsets(void)
{
	UREG(r15); UREG(r14); UREG(r13); UREG(r12); UREG(rbp); UREG(rbx);
	UREG(r11); UREG(r10); UREG(r9); UREG(r8); UREG(rax); UREG(rcx); UREG(rdx);
	UREG(rsi); UREG(rdi); UREG(error_code); UREG(entry_vector);
	UREG(rip); UREG(cs); UREG(rflags); UREG(rsp); UREG(ss); UREG(es);
	DEFINE(UREGS_saved_mask, offsetof(struct cpu_user_regs, saved_upcall_mask));

	DEFINE(CI_vcpu, offsetof(struct cpu_info, vcpu));
	DEFINE(CI_pcpu, offsetof(struct cpu_info, pcpu));
	DEFINE(CI_calls, offsetof(struct cpu_info, calls));
	DEFINE(CI_softirq, offsetof(struct cpu_info, softirq_pending));
	DEFINE(CI_scratch, offsetof(struct cpu_info, scratch));
	DEFINE(CI_size, sizeof(struct cpu_info));
	DEFINE(STACK_BYTES, STACK_SIZE);

	DEFINE(VCPU_ways, offsetof(struct vcpu, pv.ways));
	DEFINE(WAYS_USER, 0);
	DEFINE(WAYS_RING1, 1 << 8 * (offsetof(struct vcpu_pv, ring1) - offsetof(struct vcpu_pv, ways)));
	DEFINE(WAYS_KERNEL, 1 << 8 * (offsetof(struct vcpu_pv, kernel_mode) - offsetof(struct vcpu_pv, ways)));
	static_assert(offsetof(struct vcpu, pv.traps[15]) < PAGE_SIZE, "what entry.S touches is in one page");
	/* Two flags tested as one word. */
	static_assert(offsetof(struct vcpu_pv, bad_segments) == offsetof(struct vcpu_pv, nmi_pending) + 1,
		      "nmi_pending and bad_segments are neighbours");
	DEFINE(VCPU_nmi_or_segments, offsetof(struct vcpu, pv.nmi_pending));
	DEFINE(VCPU_args, offsetof(struct vcpu, hc.args));
	DEFINE(VCPU_hypercall, offsetof(struct vcpu, hc.nr));
	DEFINE(HYPERCALLS, HC_COUNT);
	DEFINE(HYPERCALL_LONG, HYPERCALL_LONG);
	DEFINE(VCPU_area_owed, offsetof(struct vcpu, sched.area_owed));
	DEFINE(VCPU_nmi_masked, offsetof(struct vcpu, pv.nmi_masked));
	DEFINE(VCPU_kernel_mode, offsetof(struct vcpu, pv.kernel_mode));
	DEFINE(VCPU_kernel_sp, offsetof(struct vcpu, pv.kernel_sp));
	DEFINE(VCPU_root, offsetof(struct vcpu, mm.root));
	DEFINE(VCPU_user_cr3, offsetof(struct vcpu, mm.user_cr3));
	DEFINE(VCPU_kernel_load, offsetof(struct vcpu, mm.kernel_load));
	DEFINE(VCPU_user_load, offsetof(struct vcpu, mm.user_load));
	DEFINE(VCPU_kernel_slots, offsetof(struct vcpu, mm.slots));
	DEFINE(KERNEL_SLOTS, ROOT_KERNEL_SLOTS);
	DEFINE(HV_SLOT_FIRST, HV_SLOT_FIRST);
	DEFINE(HV_SLOTS, HV_SLOT_LAST - HV_SLOT_FIRST + 1);
	DEFINE(VCPU_info, offsetof(struct vcpu, evtchn.info));
	DEFINE(VINFO_pending, offsetof(struct vcpu_info, evtchn_upcall_pending));
	DEFINE(VINFO_mask, offsetof(struct vcpu_info, evtchn_upcall_mask));
	DEFINE(VCPU_syscall_addr, offsetof(struct vcpu, pv.cb[CB_SYSCALL].addr));
	DEFINE(VINFO_cr2, offsetof(struct vcpu_info, arch.cr2));
	DEFINE(VCPU_pf_addr, offsetof(struct vcpu, pv.traps[14].address));
	DEFINE(VCPU_pf_cs, offsetof(struct vcpu, pv.traps[14].cs));
	DEFINE(VCPU_pf_flags, offsetof(struct vcpu, pv.traps[14].flags));
	DEFINE(VCPU_syscall_mask, offsetof(struct vcpu, pv.cb[CB_SYSCALL].mask_events));
}
