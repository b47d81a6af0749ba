/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vCPUs: making one, and setting its whole state from the ABI's context.
 */
#include "cpu/cpuid.h"
#include "cpu/fpu.h"
#include "cpu/insn.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/heap.h"

struct vcpu *vcpu_create(struct domain *d, u32 id)
{
	struct vcpu *v = zalloc(sizeof(*v));

	if (!v)
		return NULL;
	v->id = id;
	v->domain = d;
	v->pv.kernel_mode = true;
	v->pv.ring1 = d->privileged ? cpu_features.ring1_dom0 : cpu_features.ring1_all;
	v->pv.dr6 = 0xffff0ff0;
	v->pv.dr7 = 0x400;
	evtchn_vcpu_init(v);
	if (!root_init_vcpu(v) || fpu_init_vcpu(v) || sched_vcpu_init(v)) {
		vcpu_free(v);
		return NULL;
	}
	/* What holds the domain up holds a vCPU that comes later, too. */
	v->sched.pause_count = !!d->controller_pauses + d->shutting_down;
	d->vcpu[id] = v;
	return v;
}

void vcpu_free(struct vcpu *v)
{
	zfree(v->mm.root);
	fpu_free_vcpu(v);
	zfree(v->evtchn.fifo);
	zfree(v);
}

/* Everything in a context that could hurt: addresses that must be canonical, table sizes. */
static int context_check(const struct vcpu_guest_context *c)
{
	if (!va_is_canonical(c->user_regs.rip) || !va_is_canonical(c->event_callback_eip) ||
	    !va_is_canonical(c->failsafe_callback_eip) || !va_is_canonical(c->syscall_callback_eip) ||
	    !va_is_canonical(c->kernel_sp) || !va_is_canonical(c->fs_base) ||
	    !va_is_canonical(c->gs_base_kernel) || !va_is_canonical(c->gs_base_user) ||
	    c->gdt_ents > 14 * 512 || c->ldt_ents > 8192)
		return -EINVAL;
	for (unsigned int i = 0; i < 256; i++)
		if (!va_is_canonical(c->trap_ctxt[i].address))
			return -EINVAL;
	return 0;
}

static void set_registers(struct vcpu *v, const struct vcpu_guest_context *c)
{
	v->regs = c->user_regs;
	v->regs.entry_vector = 0;
	v->regs.error_code = 0;
	v->regs.cs |= 3;
	v->regs.ss |= 3;
	v->regs.rflags = (c->user_regs.rflags & ~(FLAGS_IOPL | FLAGS_VM)) | FLAGS_IF | BIT(1);
	v->pv.iopl = (c->user_regs.rflags & FLAGS_IOPL) >> 12;
	v->pv.kernel_mode = c->flags & VGCF_in_kernel;
	v->pv.ds = c->user_regs.ds;
	v->pv.es = c->user_regs.es;
	v->pv.fs = c->user_regs.fs;
	v->pv.gs = c->user_regs.gs;
	v->pv.fs_base = c->fs_base;
	v->pv.gs_kernel = c->gs_base_kernel;
	v->pv.gs_user = c->gs_base_user;
	v->pv.kernel_ss = c->kernel_ss | 3;
	v->pv.kernel_sp = c->kernel_sp;
	v->pv.cr0_ts = c->ctrlreg[0] & BIT(3);
}

static void set_handlers(struct vcpu *v, const struct vcpu_guest_context *c)
{
	for (unsigned int i = 0; i < 256; i++) {
		const trap_info_t *t = &c->trap_ctxt[i];

		v->pv.traps[i] = (struct pv_trap){
			.address = t->address, .flags = t->flags,
			.cs = (t->cs & ~3u) ? t->cs | 3u : t->cs,
		};
	}
	v->pv.cb[CB_EVENT].addr = c->event_callback_eip;
	v->pv.cb[CB_FAILSAFE].addr = c->failsafe_callback_eip;
	v->pv.cb[CB_FAILSAFE].mask_events = c->flags & VGCF_failsafe_disables_events;
	v->pv.cb[CB_SYSCALL].addr = c->syscall_callback_eip;
	v->pv.cb[CB_SYSCALL].mask_events = c->flags & VGCF_syscall_disables_events;
}

/* Tables that are referenced: descriptor tables and roots.  Each step undoes itself on failure. */
static int set_tables(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc = pv_set_gdt(v, c->gdt_frames, c->gdt_ents);

	if (!rc)
		rc = pv_set_ldt(v, c->ldt_base, c->ldt_ents);
	if (!rc)
		rc = mm_set_kernel_root(v, xen_cr3_to_pfn(c->ctrlreg[3]));
	if (!rc && c->ctrlreg[1])
		rc = mm_set_user_root(v, xen_cr3_to_pfn(c->ctrlreg[1]));
	if (!rc && !v->pv.kernel_mode && !v->mm.user_cr3)
		rc = -EINVAL;
	return rc;
}

int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc = context_check(c);

	if (rc)
		return rc;
	set_registers(v, c);
	root_put_kernel_slots(v, v->pv.kernel_mode);
	rc = v->initialised ? 0 : set_tables(v, c);
	if (rc) {
		pv_destroy_gdt(v);
		return rc;
	}
	if (c->ctrlreg[4])
		guest_write_cr4(v, c->ctrlreg[4]);
	set_handlers(v, c);
	for (unsigned int i = 0; i < 8; i++)
		if (i != 4 && i != 5)
			guest_set_dr(v, i, c->debugreg[i]);
	if (c->flags & VGCF_I387_VALID)
		fpu_set_fxsave(v, &c->fpu_ctxt);
	if (v->id == 0 && c->vm_assist) {
		v->domain->vm_assist = c->vm_assist & ~BIT(VMASST_TYPE_m2p_strict);
		domain_assists_changed(v->domain);
	}
	v->initialised = true;
	return 0;
}
