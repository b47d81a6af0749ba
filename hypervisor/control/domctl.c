/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domctl: the way in, and the life of domains.  ABI: domctl.h.
 */
#include "control/op.h"
#include "cpu/cpuid.h"
#include "cpu/tsc.h"
#include "lib/string.h"
#include "mm/frame-state.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"

static struct spinlock control_lock = SPINLOCK_INIT("control", LOCK_CONTROL);

bool control_trylock(void)
{
	return spin_trylock(&control_lock);
}

void control_unlock(void)
{
	spin_unlock(&control_lock);
}

/* getdomaininfo is told of the first domain from a number on; all others of that one. */
static struct domain *find(const xen_domctl_t *op)
{
	if (op->domain >= DOMID_FIRST_RESERVED)
		return NULL;
	return op->cmd == XEN_DOMCTL_getdomaininfo ? domain_get_next(op->domain) :
		domain_get(op->domain);
}

/**
 * do_domctl - one command about a domain
 * a->op: the command; answered in place
 *
 * Return: as the command has it; -EFAULT; -EACCES for another interface version; -ESRCH for no such
 * domain; -ENOSYS, -EOPNOTSUPP.
 * Locks: takes the control lock.
 */
long do_domctl(struct vcpu *v, const struct hc_domctl *a)
{
	xen_domctl_t op;
	struct subop_call c = { .v = v, .arg = a->op_reg, .op = &op };
	struct domain *d = NULL;
	long rc = -ERESTART;

	if (copy_from_guest(&op, a->op_reg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return hc_fail(-EACCES, "domctl version %#x", op.interface_version);
	if (op.cmd != XEN_DOMCTL_createdomain) {
		d = find(&op);
		if (!d)
			return op.cmd == XEN_DOMCTL_getdomaininfo && op.domain >= DOMID_FIRST_RESERVED ?
				-EINVAL : -ESRCH;
	}
	c.extra = (u64)d;
	if (control_trylock()) {
		rc = subop_call(FAM_domctl, op.cmd, &c);
		control_unlock();
	}
	if (d)
		domain_put(d);
	return rc;
}

/* ---- making ------------------------------------------------------------------------------------ */

/* oos_off is about HVM guests: meaningless for PV, and tools set it. */
#define CDF_ALLOWED	(XEN_DOMCTL_CDF_oos_off | XEN_DOMCTL_CDF_xs_domain)

#define GRANT_VERSION_MAX	2		/* options are nothing but the version yet */

static int config_check(const struct xen_domctl_createdomain *k)
{
	if (k->flags & ~CDF_ALLOWED)
		return hc_fail(-EINVAL, "flags %#x: PV without IOMMU and PMU only", k->flags);
	if (k->iommu_opts || k->vmtrace_size)
		return hc_fail(-EINVAL, "no IOMMU, no vmtrace");
	if (k->cpupool_id)
		return hc_fail(-ESRCH, "no cpupool %u", k->cpupool_id);
	if (!k->max_vcpus || k->max_vcpus > MAX_VCPUS)
		return hc_fail(-EINVAL, "%u vcpus", k->max_vcpus);
	if (!k->grant_opts || k->grant_opts > GRANT_VERSION_MAX)
		return hc_fail(-EINVAL, "grant options %#x", k->grant_opts);
	if ((k->arch.emulation_flags & ~XEN_X86_EMU_ALL) ||
	    (k->arch.misc_flags & ~XEN_X86_MSR_RELAXED))
		return hc_fail(-EINVAL, "arch flags %#x %#x", k->arch.emulation_flags, k->arch.misc_flags);
	if (k->arch.emulation_flags & ~XEN_X86_EMU_PIT)
		return hc_fail(-EOPNOTSUPP, "emulated devices %#x", k->arch.emulation_flags);
	return 0;
}

/* Return: 0 and the new domain's number in op; -EINVAL; -EEXIST; -ENOMEM. */
long do_domctl_createdomain(struct subop_call *c, void *op)
{
	xen_domctl_t *o = op;
	const struct xen_domctl_createdomain *k = &o->u.createdomain;
	struct domain_config cfg = {
		.id = o->domain, .max_vcpus = k->max_vcpus, .ssidref = k->ssidref,
		.max_evtchn_port = MIN(k->max_evtchn_port, (u32)INT32_MAX), .max_grant_frames = k->max_grant_frames,
		.max_maptrack_frames = k->max_maptrack_frames,
		.max_grant_version = k->grant_opts,
	};
	int rc = config_check(k);
	struct domain *d;

	if (rc)
		return rc;
	if (!o->domain || o->domain >= DOMID_FIRST_RESERVED)
		cfg.id = domain_free_id();
	if (cfg.id == DOMID_INVALID)
		return hc_fail(-ENOMEM, "no domain number left");
	memcpy(cfg.handle, k->handle, sizeof(cfg.handle));
	d = domain_create(&cfg, &rc);
	if (!d)
		return rc;
	d->control.xenstore = k->flags & XEN_DOMCTL_CDF_xs_domain;
	o->domain = d->id;
	return 0;
}

/* Makes the vCPUs; as many as createdomain was told. */
long do_domctl_max_vcpus(struct subop_call *c, void *op)
{
	struct domain *d = target(c);
	u32 max = ((xen_domctl_t *)op)->u.max_vcpus.max;

	if (d == c->v->domain || max != d->max_vcpus || d->dying)
		return hc_fail(-EINVAL, "d%u has %u vcpus, not %u", d->id, d->max_vcpus, max);
	for (u32 i = 0; i < max; i++)
		if (!d->vcpu[i] && !vcpu_create(d, i))
			return -ENOMEM;
	domain_assists_changed(d);	/* they may be traced */
	return 0;
}

/* ---- running and ending ------------------------------------------------------------------------- */

long do_domctl_destroydomain(struct subop_call *c, void *op)
{
	return target(c) == c->v->domain ? -EINVAL : domain_kill(target(c));
}

long do_domctl_pausedomain(struct subop_call *c, void *op)
{
	return target(c) == c->v->domain ? -EINVAL : domain_pause_by_controller(target(c));
}

long do_domctl_unpausedomain(struct subop_call *c, void *op)
{
	struct domain *d = target(c);
	long rc = domain_unpause_by_controller(d);

	if (!rc && !d->controller_pauses)
		d->control.started = true;
	return rc;
}

long do_domctl_resumedomain(struct subop_call *c, void *op)
{
	if (target(c) == c->v->domain)
		return -EINVAL;
	domain_resume(target(c));
	return 0;
}

/* Port of the domain's own, which is bound to a controller's. */
long do_domctl_subscribe(struct subop_call *c, void *op)
{
	target(c)->control.suspend_port = ((xen_domctl_t *)op)->u.subscribe.port;
	return 0;
}

/* ---- names and numbers -------------------------------------------------------------------------- */

/* As stock Xen says it of one that has not shut down. */
#define NO_SHUTDOWN_CODE	(0xffffu << XEN_DOMINF_shutdownshift)

static u32 state_flags(const struct domain *d)
{
	u32 flags = d->shutting_down ? d->shutdown_code << XEN_DOMINF_shutdownshift : NO_SHUTDOWN_CODE;

	if (d->dying)
		flags |= XEN_DOMINF_dying;
	if (d->shut_down)
		flags |= XEN_DOMINF_shutdown;
	if (d->controller_pauses)
		flags |= XEN_DOMINF_paused;
	if (d->control.debugged)
		flags |= XEN_DOMINF_debugged;
	if (d->control.xenstore)
		flags |= XEN_DOMINF_xs_domain;
	return flags;
}

/* Blocked when all vCPUs that are up are; running when one is. */
static void add_vcpus(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	u32 flags = XEN_DOMINF_blocked;
	struct vcpu *v;

	info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	for_each_vcpu(d, v) {
		u32 pauses = READ_ONCE(v->sched.pause_flags);

		info->cpu_time += sched_cpu_time(v);
		info->max_vcpu_id = v->id;
		if (pauses & VPF_DOWN)
			continue;
		info->nr_online_vcpus++;
		if (!(pauses & VPF_BLOCKED))
			flags &= ~XEN_DOMINF_blocked;
		if (READ_ONCE(v->sched.running))
			flags |= XEN_DOMINF_running;
	}
	if (info->nr_online_vcpus)
		info->flags |= flags;
}

void getdomaininfo(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	if (d->shut_down && d != current->domain)
		domain_wait_stopped(d);		/* else the machine ends, and waits for us */
	*info = (struct xen_domctl_getdomaininfo){
		.domain = d->id, .flags = state_flags(d), .ssidref = d->ssidref,
		.tot_pages = d->mm.tot_pages, .max_pages = d->mm.max_pages,
		.outstanding_pages = d->mm.claimed, .gpaddr_bits = cpu_features.phys_bits,
		.shared_info_frame = d->shared ? hv_to_mfn(d->shared) : 0,
	};
	memcpy(info->handle, d->handle, sizeof(info->handle));
	add_vcpus(d, info);
}

long do_domctl_getdomaininfo(struct subop_call *c, void *op)
{
	xen_domctl_t *o = op;

	getdomaininfo(target(c), &o->u.getdomaininfo);
	o->domain = target(c)->id;
	return 0;
}

long do_domctl_setdomainhandle(struct subop_call *c, void *op)
{
	memcpy(target(c)->handle, ((xen_domctl_t *)op)->u.setdomainhandle.handle, sizeof(xen_domain_handle_t));
	return 0;
}

long do_domctl_setdebugging(struct subop_call *c, void *op)
{
	if (target(c) == c->v->domain)
		return -EINVAL;
	target(c)->control.debugged = ((xen_domctl_t *)op)->u.setdebugging.enable;
	return 0;
}

long do_domctl_settimeoffset(struct subop_call *c, void *op)
{
	struct domain *d = target(c);

	d->control.time_offset = ((xen_domctl_t *)op)->u.settimeoffset.time_offset_seconds;
	clock_update_wallclock(d);
	return 0;
}

/* Only 64-bit guests: what they are anyway may be said. */
long do_domctl_set_address_size(struct subop_call *c, void *op)
{
	return ((xen_domctl_t *)op)->u.address_size.size == 64 ? 0 : -EINVAL;
}

long do_domctl_get_address_size(struct subop_call *c, void *op)
{
	((xen_domctl_t *)op)->u.address_size.size = 64;
	return 0;
}

#define TSC_ALWAYS_EMULATED	1
#define TSC_NEVER_EMULATED	2		/* 0: as the hypervisor thinks best */

/* The TSC is the CPU's own; what was set is kept to be told again, in another machine after a save. */
long do_domctl_settscinfo(struct subop_call *c, void *op)
{
	const struct xen_domctl_tsc_info *t = &((xen_domctl_t *)op)->u.tsc_info;
	struct domain_control *k = &target(c)->control;

	if (target(c) == c->v->domain)
		return -EINVAL;
	if (t->tsc_mode == TSC_ALWAYS_EMULATED)
		return hc_fail(-EOPNOTSUPP, "the TSC is not emulated");
	if (t->tsc_mode > TSC_NEVER_EMULATED)
		return hc_fail(-EINVAL, "TSC mode %u", t->tsc_mode);
	k->tsc_mode = t->tsc_mode;
	k->tsc_incarnation = t->incarnation + 1;
	return 0;
}

long do_domctl_gettscinfo(struct subop_call *c, void *op)
{
	struct xen_domctl_tsc_info *t = &((xen_domctl_t *)op)->u.tsc_info;
	const struct domain_control *k = &target(c)->control;

	if (target(c) == c->v->domain)
		return -EINVAL;
	*t = (struct xen_domctl_tsc_info){
		.tsc_mode = k->tsc_mode, .incarnation = k->tsc_incarnation,
	};
	if (t->tsc_mode != TSC_NEVER_EMULATED) {
		t->gtsc_khz = tsc_khz;
		t->elapsed_nsec = now_ns();
	}
	return 0;
}

/* ---- memory ------------------------------------------------------------------------------------- */

/* A domain that has more already keeps it, and gets no more. */
long do_domctl_max_mem(struct subop_call *c, void *op)
{
	struct domain *d = target(c);

	spin_lock(&d->mm.pages_lock);
	d->mm.max_pages = ((xen_domctl_t *)op)->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
	spin_unlock(&d->mm.pages_lock);
	return 0;
}

#define PAGE_INFO_MAX	1024

static u64 page_info(struct domain *d, mfn_t mfn)
{
	static const u32 types[] = {
		[FT_L1] = XEN_DOMCTL_PFINFO_L1TAB, [FT_L2] = XEN_DOMCTL_PFINFO_L2TAB,
		[FT_L3] = XEN_DOMCTL_PFINFO_L3TAB, [FT_L4] = XEN_DOMCTL_PFINFO_L4TAB,
		[FT_SEGDESC] = XEN_DOMCTL_PFINFO_NOTAB,
	};
	struct frame *f = frame_lookup(mfn);
	u64 info;

	if (!f || !frame_get(f, d))
		return XEN_DOMCTL_PFINFO_XTAB;
	info = types[frame_type(f)];
	if (frame_is_pinned(f))
		info |= XEN_DOMCTL_PFINFO_LPINTAB;
	if (f->state & FS_SHARED)
		info = XEN_DOMCTL_PFINFO_XTAB;
	frame_put(f);
	return info;
}

/* What each frame of a list is used as. */
long do_domctl_getpageframeinfo3(struct subop_call *c, void *op)
{
	const struct xen_domctl_getpageframeinfo3 *g = &((xen_domctl_t *)op)->u.getpageframeinfo3;
	u64 word;

	if (g->num > PAGE_INFO_MAX)
		return hc_fail(-E2BIG, "%lu frames", g->num);
	for (u64 i = 0; i < g->num; i++) {
		if (copy_from_guest(&word, handle_va(g->array, i), sizeof(word)))
			return -EFAULT;
		word = page_info(target(c), word);
		if (copy_to_guest(handle_va(g->array, i), &word, sizeof(word)))
			return -EFAULT;
	}
	return 0;
}

/* Write the hypercall page into a frame of the domain's, which has not run yet. */
long do_domctl_hypercall_init(struct subop_call *c, void *op)
{
	struct frame *f = frame_lookup(((xen_domctl_t *)op)->u.hypercall_init.gmfn);
	struct domain *d = target(c);

	if (!f || !frame_get(f, d))
		return hc_fail(-EINVAL, "no frame of d%u", d->id);
	if (frame_get_type(f, FT_WRITABLE, false)) {
		frame_put(f);
		return hc_fail(-EPERM, "frame %#lx is not to be written", frame_to_mfn(f));
	}
	hypercall_page_fill(mfn_to_hv(frame_to_mfn(f)));
	frame_put_both(f, false);
	return 0;
}

/* ---- devices ------------------------------------------------------------------------------------ */

long do_domctl_ioport_permission(struct subop_call *c, void *op)
{
	const struct xen_domctl_ioport_permission *p = &((xen_domctl_t *)op)->u.ioport_permission;

	if (!p->nr_ports || (u64)p->first_port + p->nr_ports > 0x10000)
		return hc_fail(-EINVAL, "ports %#x+%#x", p->first_port, p->nr_ports);
	return control_permit(&target(c)->control.ports, p->first_port, (u64)p->first_port + p->nr_ports - 1,
			      p->allow_access);
}

/* Device memory only: what is RAM has an owner, and is no one's to give. */
long do_domctl_iomem_permission(struct subop_call *c, void *op)
{
	const struct xen_domctl_iomem_permission *p = &((xen_domctl_t *)op)->u.iomem_permission;
	u64 last = p->first_mfn + p->nr_mfns - 1;

	if (last < p->first_mfn)
		return hc_fail(-EINVAL, "frames %#lx+%#lx", p->first_mfn, p->nr_mfns);
	if (!iomem_allowed(c->v->domain, last))
		return hc_fail(-EPERM, "frame %#lx", last);
	return control_permit(&target(c)->control.frames, p->first_mfn, last, p->allow_access);
}

/* Interrupts are the initial domain's: to take away what no other has is all there is. */
long do_domctl_irq_permission(struct subop_call *c, void *op)
{
	const struct xen_domctl_irq_permission *p = &((xen_domctl_t *)op)->u.irq_permission;

	if (p->pirq >= NR_PIRQS)
		return hc_fail(-EINVAL, "pirq %u", p->pirq);
	return p->allow_access ? -EPERM : 0;
}

void control_domain_free(struct domain *d)
{
	zfree(d->control.policy);
	control_ranges_free(&d->control);
}

/* The control lock keeps vCPUs from being made and the domain from being taken apart meanwhile. */
long do_sched_remote_shutdown(struct subop_call *c, void *op)
{
	const sched_remote_shutdown_t *s = op;
	struct domain *d;

	if (!control_trylock())
		return -ERESTART;
	d = s->domain_id < DOMID_FIRST_RESERVED ? domain_get(s->domain_id) : NULL;
	if (d) {
		domain_shutdown(d, sched_shutdown_reason(d, (u8)s->reason));
		domain_put(d);
	}
	control_unlock();
	return d ? 0 : -ESRCH;
}
