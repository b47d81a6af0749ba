/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HYPERVISOR_iret: the guest kernel's way back, to its user mode or to itself.
 */
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "mm/guest-copy.h"

/**
 * do_iret - continue where the frame on the guest's stack says
 *
 * The frame lies at the guest's RSP.  CS.RPL 3 means user mode, and switches to the user root.  IF of
 * the frame's flags becomes the event mask.  VGCF_in_syscall lets us leave by SYSRET, at the cost of
 * RCX and R11.
 *
 * Return: the guest's RAX.  A frame that cannot be read, or user mode without a user root, crashes
 * the domain: there is nobody to tell.
 * ABI: struct iret_context in arch-x86/xen-x86_64.h.
 */
long do_iret(struct vcpu *v, const struct hc_iret *a)
{
	struct cpu_user_regs *regs = guest_regs();
	struct iret_context f;

	if (copy_from_guest(&f, regs->rsp, sizeof(f))) {
		domain_crash(v->domain, "iret frame at %#lx cannot be read", regs->rsp);
		return 0;
	}
	if ((f.cs & 3) == 3) {
		if (!v->mm.user_cr3) {
			domain_crash(v->domain, "iret to user mode without a user root table");
			return 0;
		}
		pv_toggle_mode(v);
	}
	if (vcpu_assist(v, VMASST_TYPE_architectural_iopl))
		v->pv.iopl = (f.rflags & FLAGS_IOPL) >> 12;

	regs->rip = f.rip;
	regs->cs = f.cs | 3;
	regs->rflags = (f.rflags & ~(FLAGS_IOPL | FLAGS_VM)) | FLAGS_IF | BIT(1);
	regs->rsp = f.rsp;
	regs->ss = f.ss | 3;
	if (!(f.flags & VGCF_in_syscall)) {
		regs->entry_vector &= ~CAME_BY_SYSCALL;
		regs->r11 = f.r11;
		regs->rcx = f.rcx;
	}
	v->evtchn.info->evtchn_upcall_mask = !(f.rflags & FLAGS_IF);
	v->pv.nmi_masked = false;
	return f.rax;
}
