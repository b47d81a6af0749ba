/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctl on vCPUs: their state, for tools that build, save and look at domains, and where they run.
 */
#include "control/op.h"
#include "cpu/fpu.h"
#include "cpu/msr.h"
#include "cpu/smp.h"
#include "lib/string.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"

/* ---- the context ---------------------------------------------------------------------------------- */

/* The same tables as v has: one that has run keeps them. */
static bool has_tables(const struct vcpu *v, const struct vcpu_guest_context *c)
{
	u64 user = c->ctrlreg[1] ? xen_cr3_to_pfn(c->ctrlreg[1]) : 0;

	for (unsigned int i = 0; i < 14; i++)
		if (v->pv.gdt_frames[i] != c->gdt_frames[i])
			return false;
	return v->pv.gdt_entries == c->gdt_ents && v->pv.ldt_entries == c->ldt_ents &&
	       (!c->ldt_ents || v->pv.ldt_base == c->ldt_base) &&
	       PFN_DOWN(v->mm.kernel_cr3) == xen_cr3_to_pfn(c->ctrlreg[3]) &&
	       PFN_DOWN(v->mm.user_cr3) == user && (user || (c->flags & VGCF_in_kernel));
}

/**
 * do_domctl_setvcpucontext - give a vCPU all its registers and tables
 *
 * Return: 0; -EINVAL for no such vCPU, or the caller's own domain, and what vcpu_set_context() refuses;
 * -EOPNOTSUPP for changing the tables of one that has run; -ENOMEM; -EFAULT; -ERESTART.
 */
long do_domctl_setvcpucontext(struct subop_call *c, void *op)
{
	const struct xen_domctl_vcpucontext *k = &((xen_domctl_t *)op)->u.vcpucontext;
	struct domain *d = target(c);
	struct vcpu *v = vcpu_of(d, k->vcpu);
	struct vcpu_guest_context *ctx;
	long rc;

	if (d == c->v->domain || !v || d->dying)
		return hc_fail(-EINVAL, "context of d%uv%u", d->id, k->vcpu);
	if (handle_is_null(k->ctxt))
		return hc_fail(-EOPNOTSUPP, "a vCPU cannot be reset");
	ctx = zalloc(sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	rc = copy_from_guest(ctx, handle_va(k->ctxt, 0), sizeof(*ctx));
	if (!rc) {
		domain_pause(d);
		spin_lock(&d->lock);
		rc = v->initialised && !has_tables(v, ctx) ? -EOPNOTSUPP : vcpu_set_context(v, ctx);
		spin_unlock(&d->lock);
		if (!rc && (ctx->flags & VGCF_online))
			vcpu_set_up(v);
		else if (!rc)
			vcpu_set_down(v);
		if (!rc && !v->id)		/* builders clear shared_info */
			clock_update_wallclock(d);
		domain_unpause(d);
	}
	zfree(ctx);
	return rc;
}

static void get_registers(const struct vcpu *v, struct vcpu_guest_context *c)
{
	c->user_regs = v->regs;
	c->user_regs.rflags |= (u64)v->pv.iopl << 12;
	c->user_regs.ds = v->pv.ds;
	c->user_regs.es = v->pv.es;
	c->user_regs.fs = v->pv.fs;
	c->user_regs.gs = v->pv.gs;
	c->fs_base = v->pv.fs_base;
	c->gs_base_kernel = v->pv.gs_kernel;
	c->gs_base_user = v->pv.gs_user;
	c->kernel_ss = v->pv.kernel_ss;
	c->kernel_sp = v->pv.kernel_sp;
	for (unsigned int i = 0; i < 4; i++)
		c->debugreg[i] = v->pv.dr[i];
	c->debugreg[6] = v->pv.dr6;
	c->debugreg[7] = v->pv.dr7 | v->pv.dr7_io;
	memcpy(&c->fpu_ctxt, v->pv.xsave, sizeof(c->fpu_ctxt));
}

static void get_handlers(const struct vcpu *v, struct vcpu_guest_context *c)
{
	for (unsigned int i = 0; i < 256; i++) {
		const struct pv_trap *t = &v->pv.traps[i];

		c->trap_ctxt[i] = (trap_info_t){ t->address ? i : 0, t->flags, t->cs, t->address };
	}
	c->event_callback_eip = v->pv.cb[CB_EVENT].addr;
	c->failsafe_callback_eip = v->pv.cb[CB_FAILSAFE].addr;
	c->syscall_callback_eip = v->pv.cb[CB_SYSCALL].addr;
	if (v->pv.cb[CB_FAILSAFE].mask_events)
		c->flags |= VGCF_failsafe_disables_events;
	if (v->pv.cb[CB_SYSCALL].mask_events)
		c->flags |= VGCF_syscall_disables_events;
}

static void get_tables(const struct vcpu *v, struct vcpu_guest_context *c)
{
	c->gdt_ents = v->pv.gdt_entries;
	for (unsigned int i = 0; i < ARRAY_SIZE(v->pv.gdt_frames); i++)
		c->gdt_frames[i] = v->pv.gdt_frames[i];
	c->ldt_base = v->pv.ldt_base;
	c->ldt_ents = v->pv.ldt_entries;
	c->ctrlreg[0] = guest_read_cr0(v);
	c->ctrlreg[1] = v->mm.user_cr3 ? xen_pfn_to_cr3(PFN_DOWN(v->mm.user_cr3)) : 0;
	c->ctrlreg[3] = xen_pfn_to_cr3(PFN_DOWN(v->mm.kernel_cr3));
	c->ctrlreg[4] = guest_read_cr4(v);
}

/* Return: 0; -EINVAL for no such vCPU or the calling one; -ENODATA when it has none yet; -ENOMEM; -EFAULT. */
long do_domctl_getvcpucontext(struct subop_call *c, void *op)
{
	const struct xen_domctl_vcpucontext *k = &((xen_domctl_t *)op)->u.vcpucontext;
	struct vcpu *v = vcpu_of(target(c), k->vcpu);
	struct vcpu_guest_context *ctx;
	long rc;

	if (!v || v == current)
		return hc_fail(-EINVAL, "context of d%uv%u", target(c)->id, k->vcpu);
	if (!v->initialised)
		return hc_fail(-ENODATA, "d%uv%u has no context", target(c)->id, k->vcpu);
	ctx = zalloc(sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	vcpu_pause(v);
	ctx->flags = VGCF_i387_valid | (v->pv.kernel_mode ? VGCF_in_kernel : 0) |
		     (READ_ONCE(v->sched.pause_flags) & VPF_DOWN ? 0 : VGCF_online);
	ctx->vm_assist = v->domain->vm_assist;
	get_registers(v, ctx);
	get_handlers(v, ctx);
	get_tables(v, ctx);
	vcpu_unpause(v);
	rc = copy_to_guest(handle_va(k->ctxt, 0), ctx, sizeof(*ctx));
	zfree(ctx);
	return rc;
}

/* ---- what the context has no room for ---------------------------------------------------------------- */

long do_domctl_get_ext_vcpucontext(struct subop_call *c, void *op)
{
	struct xen_domctl_ext_vcpucontext *e = &((xen_domctl_t *)op)->u.ext_vcpucontext;
	struct vcpu *v = vcpu_of(target(c), e->vcpu);

	if (!v || v == current)
		return hc_fail(-ESRCH, "d%uv%u", target(c)->id, e->vcpu);
	vcpu_pause(v);
	*e = (struct xen_domctl_ext_vcpucontext){
		.vcpu = v->id, .size = sizeof(*e),
		.syscall32_callback_eip = v->pv.cb[CB_SYSCALL32].addr,
		.syscall32_callback_cs = v->pv.cb[CB_SYSCALL32].addr ? FLAT_KERNEL_CS : 0,
		.syscall32_disables_events = v->pv.cb[CB_SYSCALL32].mask_events,
		.sysenter_callback_eip = v->pv.cb[CB_SYSENTER].addr,
		.sysenter_callback_cs = v->pv.cb[CB_SYSENTER].addr ? FLAT_KERNEL_CS : 0,
		.sysenter_disables_events = v->pv.cb[CB_SYSENTER].mask_events,
	};
	vcpu_unpause(v);
	return 0;
}

/* Selectors are those of the kernel in any case; of machine checks nothing is kept. */
long do_domctl_set_ext_vcpucontext(struct subop_call *c, void *op)
{
	const struct xen_domctl_ext_vcpucontext *e = &((xen_domctl_t *)op)->u.ext_vcpucontext;
	struct vcpu *v = vcpu_of(target(c), e->vcpu);

	if (!v || v->domain == c->v->domain)
		return hc_fail(-ESRCH, "d%uv%u", target(c)->id, e->vcpu);
	if (e->size < offsetof(struct xen_domctl_ext_vcpucontext, mcg_cap) ||
	    !va_is_canonical(e->syscall32_callback_eip) || !va_is_canonical(e->sysenter_callback_eip))
		return hc_fail(-EINVAL, "extended context of d%uv%u", v->domain->id, v->id);
	vcpu_pause(v);
	v->pv.cb[CB_SYSCALL32].addr = e->syscall32_callback_eip;
	v->pv.cb[CB_SYSCALL32].mask_events = e->syscall32_disables_events;
	v->pv.cb[CB_SYSENTER].addr = e->sysenter_callback_eip;
	v->pv.cb[CB_SYSENTER].mask_events = e->sysenter_disables_events;
	vcpu_unpause(v);
	return 0;
}

/* As stock Xen lays it out: XCR0, all bits that XCR0 ever had, and the XSAVE area in standard format. */
struct extstate {
	u64 xcr0, xcr0_ever;
	u8 area[];
};

/* A NULL buffer asks for the size. */
long do_domctl_getvcpuextstate(struct subop_call *c, void *op)
{
	struct xen_domctl_vcpuextstate *x = &((xen_domctl_t *)op)->u.vcpuextstate;
	struct vcpu *v = vcpu_of(target(c), x->vcpu);
	u64 size = sizeof(struct extstate) + (fpu_xcr0_mask ? fpu_area_size : 0);
	guest_va_t to = (guest_va_t)x->buffer.p;
	struct extstate head;
	int rc;

	if (!v)
		return hc_fail(-ESRCH, "d%uv%u", target(c)->id, x->vcpu);
	if (v == current)
		return -EINVAL;
	if (!to || (!x->size && !x->xfeature_mask)) {
		x->xfeature_mask = fpu_xcr0_mask;
		x->size = size;
		return 0;
	}
	if (x->size < size || x->xfeature_mask != fpu_xcr0_mask)
		return hc_fail(-EINVAL, "room %lu for features %#lx", x->size, x->xfeature_mask);
	vcpu_pause(v);
	head = (struct extstate){ v->pv.xcr0, fpu_xcr0_mask };
	rc = copy_to_guest(to, &head, sizeof(head));
	if (!rc)
		rc = copy_to_guest(to + sizeof(head), v->pv.xsave, size - sizeof(head));
	vcpu_unpause(v);
	x->size = size;
	return rc;
}

#define XSAVE_HEADER	512			/* components present, format, then zeroes */

/* The CPU would refuse to load other headers.  v is not running. */
static int set_xsave(struct vcpu *v, u64 xcr0, u8 *area, u64 size)
{
	u64 header[8];

	if (!fpu_xcr0_ok(xcr0) || size < XSAVE_HEADER + sizeof(header))
		return -EINVAL;
	memcpy(header, area + XSAVE_HEADER, sizeof(header));
	if (header[1])
		return -EOPNOTSUPP;
	for (unsigned int i = 2; i < ARRAY_SIZE(header); i++)
		header[0] |= header[i] ? ~fpu_xcr0_mask : 0;
	if (header[0] & ~fpu_xcr0_mask)
		return -EINVAL;
	fpu_fix_mxcsr(area);
	memcpy(v->pv.xsave, area, fpu_area_size);
	v->pv.xcr0 = xcr0;
	return 0;
}

/* Return: 0; -ESRCH; -EINVAL for another size, or a state this CPU has not; -EOPNOTSUPP compacted; -ENOMEM; -EFAULT. */
long do_domctl_setvcpuextstate(struct subop_call *c, void *op)
{
	const struct xen_domctl_vcpuextstate *x = &((xen_domctl_t *)op)->u.vcpuextstate;
	struct vcpu *v = vcpu_of(target(c), x->vcpu);
	struct extstate *s;
	int rc;

	if (!v)
		return hc_fail(-ESRCH, "d%uv%u", target(c)->id, x->vcpu);
	if (v == current || x->size < sizeof(*s) || x->size > sizeof(*s) + fpu_area_size)
		return hc_fail(-EINVAL, "%lu bytes", x->size);
	s = zalloc(sizeof(*s) + fpu_area_size);
	if (!s)
		return -ENOMEM;
	rc = copy_from_guest(s, (guest_va_t)x->buffer.p, x->size);
	if (!rc && x->size > sizeof(*s)) {
		vcpu_pause(v);
		rc = set_xsave(v, s->xcr0, s->area, x->size - sizeof(*s));
		vcpu_unpause(v);
	} else if (!rc && (s->xcr0 || s->xcr0_ever)) {
		rc = -EINVAL;
	}
	zfree(s);
	return rc;
}

/* TSC_AUX is the one register that is a vCPU's own and in none of the other structures. */
long do_domctl_get_vcpu_msrs(struct subop_call *c, void *op)
{
	struct xen_domctl_vcpu_msrs *m = &((xen_domctl_t *)op)->u.vcpu_msrs;
	struct vcpu *v = vcpu_of(target(c), m->vcpu);
	xen_domctl_vcpu_msr_t msr = { .index = MSR_TSC_AUX };
	u32 room = m->msr_count;

	if (!v)
		return hc_fail(-ESRCH, "d%uv%u", target(c)->id, m->vcpu);
	if (v == current)
		return -EINVAL;
	m->msr_count = 1;
	if (handle_is_null(m->msrs))
		return 0;
	vcpu_pause(v);
	msr.value = v->pv.tsc_aux;
	vcpu_unpause(v);
	m->msr_count = msr.value ? 1 : 0;
	if (room < m->msr_count)
		return copy_to_guest(c->arg, op, sizeof(xen_domctl_t)) ? -EFAULT : -ENOBUFS;
	return m->msr_count ? copy_to_guest(handle_va(m->msrs, 0), &msr, sizeof(msr)) : 0;
}

static bool set_msr(struct vcpu *v, const xen_domctl_vcpu_msr_t *msr)
{
	u64 old;			/* a register that this CPU has */
	bool ok = !msr->reserved && !guest_rdmsr(v, msr->index, &old) &&
		  ((msr->index == MSR_TSC_AUX && msr->value == (u32)msr->value) ||
		   (msr->index == MSR_MISC_FEATURES && !msr->value));

	if (ok && msr->index == MSR_TSC_AUX)
		v->pv.tsc_aux = msr->value;
	return ok;
}

/* The first one refused is told by its number. */
long do_domctl_set_vcpu_msrs(struct subop_call *c, void *op)
{
	struct xen_domctl_vcpu_msrs *m = &((xen_domctl_t *)op)->u.vcpu_msrs;
	struct vcpu *v = vcpu_of(target(c), m->vcpu);
	xen_domctl_vcpu_msr_t msr;
	u32 i;
	long rc = 0;

	if (!v)
		return hc_fail(-ESRCH, "d%uv%u", target(c)->id, m->vcpu);
	if (v == current || m->msr_count > 8)
		return -EINVAL;
	vcpu_pause(v);
	for (i = 0; i < m->msr_count && !rc; i++) {
		rc = copy_from_guest(&msr, handle_va(m->msrs, i), sizeof(msr));
		if (!rc && !set_msr(v, &msr))
			rc = -EINVAL;
	}
	vcpu_unpause(v);
	if (rc) {
		m->msr_count = i - 1;
		if (copy_to_guest(c->arg, op, sizeof(xen_domctl_t)))
			rc = -EFAULT;
	}
	return rc;
}

/* ---- running ------------------------------------------------------------------------------------------- */

long do_domctl_getvcpuinfo(struct subop_call *c, void *op)
{
	struct xen_domctl_getvcpuinfo *i = &((xen_domctl_t *)op)->u.getvcpuinfo;
	struct vcpu *v = vcpu_of(target(c), i->vcpu);
	u32 flags;

	if (!v)
		return i->vcpu >= target(c)->max_vcpus ? -EINVAL : -ESRCH;
	flags = READ_ONCE(v->sched.pause_flags);
	i->online = !(flags & VPF_DOWN);
	i->blocked = !!(flags & VPF_BLOCKED);
	i->running = READ_ONCE(v->sched.running);
	i->cpu_time = sched_cpu_time(v);
	i->cpu = READ_ONCE(v->sched.cpu);
	return 0;
}

/* For PV guests there are no buttons, only NMIs. */
long do_domctl_sendtrigger(struct subop_call *c, void *op)
{
	const struct xen_domctl_sendtrigger *s = &((xen_domctl_t *)op)->u.sendtrigger;
	struct vcpu *v = vcpu_of(target(c), s->vcpu);

	if (!v)
		return hc_fail(-ESRCH, "d%uv%u", target(c)->id, s->vcpu);
	switch (s->trigger) {
	case XEN_DOMCTL_SENDTRIGGER_NMI:
		vcpu_send_nmi(v);
		return 0;
	case XEN_DOMCTL_SENDTRIGGER_POWER:
	case XEN_DOMCTL_SENDTRIGGER_SLEEP:
		return -EINVAL;
	default:
		return -ENOSYS;
	}
}

/* ---- where, and how much --------------------------------------------------------------------------------- */

int control_bitmap_get(const struct xenctl_bitmap *b, u64 *word)
{
	u64 bytes = MIN(((u64)b->nr_bits + 7) / 8, sizeof(*word));

	*word = 0;
	if (copy_from_guest(word, handle_va(b->bitmap, 0), bytes))
		return -EFAULT;
	if (b->nr_bits < 64)
		*word &= BIT(b->nr_bits) - 1;
	return 0;
}

#define BITMAP_MAX_BITS	0x10000u

int control_bitmap_put(const struct xenctl_bitmap *b, u64 word)
{
	u64 bytes = ((u64)b->nr_bits + 7) / 8;

	if (b->nr_bits > BITMAP_MAX_BITS)
		return hc_fail(-E2BIG, "a bitmap of %u bits", b->nr_bits);
	for (u64 at = 0; at < bytes; at += sizeof(word), word = 0)
		if (copy_to_guest(handle_va(b->bitmap, at), &word, MIN(bytes - at, sizeof(word))))
			return -EFAULT;
	return 0;
}

/* Which of the two masks are meant, or an error. */
static long affinity_check(const struct domain *d, const struct xen_domctl_vcpuaffinity *a)
{
	if (a->vcpu >= d->max_vcpus)
		return hc_fail(-EINVAL, "d%u has no vcpu %u", d->id, a->vcpu);
	if (!d->vcpu[a->vcpu])
		return -ESRCH;
	if (!a->flags || ((a->flags & XEN_VCPUAFFINITY_HARD) && handle_is_null(a->cpumap_hard.bitmap)) ||
	    ((a->flags & XEN_VCPUAFFINITY_SOFT) && handle_is_null(a->cpumap_soft.bitmap)))
		return hc_fail(-EINVAL, "affinity flags %#x", a->flags);
	return 0;
}

/* Answers with what is in force: CPUs that are not online do not count. */
long do_domctl_setvcpuaffinity(struct subop_call *c, void *op)
{
	const struct xen_domctl_vcpuaffinity *a = &((xen_domctl_t *)op)->u.vcpuaffinity;
	const bool hard = a->flags & XEN_VCPUAFFINITY_HARD, soft = a->flags & XEN_VCPUAFFINITY_SOFT;
	struct domain *d = target(c);
	u64 hard_map = 0, soft_map = 0, before;
	long rc = affinity_check(d, a);
	struct vcpu *v;

	if (rc)
		return rc;
	v = d->vcpu[a->vcpu];
	if (hard)
		rc = control_bitmap_get(&a->cpumap_hard, &hard_map);
	if (!rc && soft)
		rc = control_bitmap_get(&a->cpumap_soft, &soft_map);
	if (rc)
		return rc;
	if (a->flags & XEN_VCPUAFFINITY_FORCE)
		sched_unpin(v);
	before = v->sched.hard[0];
	if (hard)
		rc = sched_set_affinity(v, &hard_map);
	if (!rc && soft) {
		rc = sched_set_soft_affinity(v, &soft_map);
		if (rc && hard)
			sched_set_affinity(v, &before);
	}
	if (!rc && hard)
		rc = control_bitmap_put(&a->cpumap_hard, v->sched.hard[0] & cpus_online[0]);
	if (!rc && soft)
		rc = control_bitmap_put(&a->cpumap_soft, v->sched.soft[0] & v->sched.hard[0] & cpus_online[0]);
	return rc;
}

long do_domctl_getvcpuaffinity(struct subop_call *c, void *op)
{
	const struct xen_domctl_vcpuaffinity *a = &((xen_domctl_t *)op)->u.vcpuaffinity;
	long rc = affinity_check(target(c), a);
	const struct vcpu *v;

	if (rc)
		return rc;
	v = target(c)->vcpu[a->vcpu];
	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = control_bitmap_put(&a->cpumap_hard, v->sched.hard[0]);
	if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
		rc = control_bitmap_put(&a->cpumap_soft, v->sched.soft[0]);
	return rc;
}

/* There is one node: it may be asked for, or all of them. */
long do_domctl_setnodeaffinity(struct subop_call *c, void *op)
{
	u64 nodes;
	int rc = control_bitmap_get(&((xen_domctl_t *)op)->u.nodeaffinity.nodemap, &nodes);

	return rc ? rc : nodes & 1 ? 0 : -EINVAL;
}

long do_domctl_getnodeaffinity(struct subop_call *c, void *op)
{
	return control_bitmap_put(&((xen_domctl_t *)op)->u.nodeaffinity.nodemap, 1);
}

/* As credit2: a weight of 0 leaves it as it is, a cap of 0 is none; nothing is a vCPU's own. */
long do_domctl_scheduler_op(struct subop_call *c, void *op)
{
	struct xen_domctl_scheduler_op *s = &((xen_domctl_t *)op)->u.scheduler_op;
	u16 weight, cap;

	if (s->sched_id != XEN_SCHEDULER_CREDIT2)
		return hc_fail(-EINVAL, "scheduler %u", s->sched_id);
	sched_domain_params_get(target(c), &weight, &cap);
	switch (s->cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		s->u.credit2.weight = weight;
		s->u.credit2.cap = cap;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo:
		if (s->u.credit2.weight)
			weight = s->u.credit2.weight;
		return sched_domain_params_set(target(c), weight, s->u.credit2.cap);
	default:
		return -EINVAL;
	}
}
