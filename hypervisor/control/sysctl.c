/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysctl: the machine as its administrator sees it.  ABI: sysctl.h.
 *
 * Who passes NULL for a list asks how long it is.
 */
#include "control/op.h"
#include "cpu/cpuid.h"
#include "cpu/smp.h"
#include "cpu/tsc.h"
#include "dev/console.h"
#include "lib/bitmap.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"
#include "mm/memmap.h"

/**
 * do_sysctl - one command about the machine
 * a->op: the command; answered in place
 *
 * Return: as the command has it; -EFAULT; -EACCES for another interface version; -ENOSYS, -EOPNOTSUPP.
 * Locks: takes the control lock.
 */
long do_sysctl(struct vcpu *v, const struct hc_sysctl *a)
{
	xen_sysctl_t op;
	struct subop_call c = { .v = v, .arg = a->op_reg, .op = &op };
	long rc;

	if (copy_from_guest(&op, a->op_reg, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return hc_fail(-EACCES, "sysctl version %#x", op.interface_version);
	if (!control_trylock())
		return -ERESTART;
	rc = subop_call(FAM_sysctl, op.cmd, &c);
	control_unlock();
	return rc;
}

/* ---- the console ---------------------------------------------------------------------------------- */

/* From the oldest byte that was not cleared, or with `incremental` from index on, if that is later. */
long do_sysctl_readconsole(struct subop_call *c, void *op)
{
	struct xen_sysctl_readconsole *r = &((xen_sysctl_t *)op)->u.readconsole;
	u64 pos = log_ring_start();
	char text[128];
	u32 done = 0, n;

	if (r->incremental && (s32)(r->index - (u32)pos) > 0)
		pos += r->index - (u32)pos;
	while (done < r->count) {
		n = log_ring_read(&pos, text, MIN(r->count - done, (u32)sizeof(text)));
		if (!n)
			break;
		if (copy_to_guest(handle_va(r->buffer, done), text, n))
			return -EFAULT;
		done += n;
	}
	if (r->clear)
		log_ring_clear(pos);
	r->count = done;
	r->index = pos;
	return 0;
}

#define KEYS_MAX	64

long do_sysctl_debug_keys(struct subop_call *c, void *op)
{
	const struct xen_sysctl_debug_keys *k = &((xen_sysctl_t *)op)->u.debug_keys;
	char keys[KEYS_MAX];

	if (k->nr_keys > KEYS_MAX)
		return hc_fail(-E2BIG, "%u keys", k->nr_keys);
	if (copy_from_guest(keys, handle_va(k->keys, 0), k->nr_keys))
		return -EFAULT;
	for (u32 i = 0; i < k->nr_keys; i++)
		console_key(keys[i]);
	return 0;
}

/* ---- machine and CPUs ------------------------------------------------------------------------------ */

static u64 sum_domains(u64 (*of)(const struct domain *d))
{
	struct domain *d;
	u64 sum = 0;

	for (u32 from = 0; from < DOMID_FIRST_RESERVED && (d = domain_get_next(from)); domain_put(d)) {
		sum += of(d);
		from = d->id + 1;
	}
	return sum;
}

static u64 claim(const struct domain *d)
{
	return d->mm.claimed;
}

static u64 one(const struct domain *d)
{
	(void)d;
	return 1;
}

long do_sysctl_physinfo(struct subop_call *c, void *op)
{
	struct xen_sysctl_physinfo *p = &((xen_sysctl_t *)op)->u.physinfo;
	const struct cpu_features *f = &cpu_features;

	*p = (struct xen_sysctl_physinfo){
		.threads_per_core = 1, .cores_per_socket = nr_cpus, .nr_cpus = nr_cpus,
		.max_cpu_id = nr_cpus - 1, .nr_nodes = 1, .cpu_khz = tsc_khz,
		.capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1 |
				XEN_SYSCTL_PHYSCAP_gnttab_v2,
		.total_pages = memmap_ram_pages(), .free_pages = heap_free_pages(),
		.outstanding_pages = sum_domains(claim), .max_mfn = max_mfn - 1,
		.hw_cap = { f->leaf1_edx, f->leaf1_ecx, f->ext1_edx, f->ext1_ecx, 0, f->leaf7_ebx,
			    f->leaf7_ecx },
	};
	return 0;
}

/* Of the whole heap; for a part of it, told by the width of addresses, nothing is counted. */
long do_sysctl_availheap(struct subop_call *c, void *op)
{
	struct xen_sysctl_availheap *a = &((xen_sysctl_t *)op)->u.availheap;
	bool all = a->node <= 0 && !a->min_bitwidth &&
		   (!a->max_bitwidth || a->max_bitwidth >= cpu_features.phys_bits);

	a->avail_bytes = all ? heap_free_pages() << PAGE_SHIFT : 0;
	return 0;
}

long do_sysctl_getcpuinfo(struct subop_call *c, void *op)
{
	struct xen_sysctl_getcpuinfo *g = &((xen_sysctl_t *)op)->u.getcpuinfo;
	xen_sysctl_cpuinfo_t info;
	u32 n = MIN(g->max_cpus, nr_cpus);

	for (u32 i = 0; i < n; i++) {
		info.idletime = sched_idle_time(i);
		if (copy_to_guest(handle_va(g->info, i), &info, sizeof(info)))
			return -EFAULT;
	}
	g->nr_cpus = n;
	return 0;
}

/* Each CPU is a core of the one socket. */
long do_sysctl_cputopoinfo(struct subop_call *c, void *op)
{
	struct xen_sysctl_cputopoinfo *t = &((xen_sysctl_t *)op)->u.cputopoinfo;
	u32 n = handle_is_null(t->cputopo) ? nr_cpus : MIN(t->num_cpus, nr_cpus);

	for (u32 i = 0; i < n && !handle_is_null(t->cputopo); i++) {
		xen_sysctl_cputopo_t cpu = { .core = i };

		if (copy_to_guest(handle_va(t->cputopo, i), &cpu, sizeof(cpu)))
			return -EFAULT;
	}
	t->num_cpus = n;
	return 0;
}

#define NODE_DISTANCE_SELF	10

long do_sysctl_numainfo(struct subop_call *c, void *op)
{
	struct xen_sysctl_numainfo *i = &((xen_sysctl_t *)op)->u.numainfo;
	bool mem = !handle_is_null(i->meminfo), distances = !handle_is_null(i->distance);
	xen_sysctl_meminfo_t m = { max_mfn << PAGE_SHIFT, heap_free_pages() << PAGE_SHIFT };
	u32 distance = NODE_DISTANCE_SELF;

	if (!i->num_nodes && (mem || distances))
		return 0;
	if (mem && copy_to_guest(handle_va(i->meminfo, 0), &m, sizeof(m)))
		return -EFAULT;
	if (distances && copy_to_guest(handle_va(i->distance, 0), &distance, sizeof(distance)))
		return -EFAULT;
	i->num_nodes = 1;
	return 0;
}

#define DEVICES_AT_ONCE	64u

/* No device is nearer to one node than to another; answers for as many as it did. */
long do_sysctl_pcitopoinfo(struct subop_call *c, void *op)
{
	struct xen_sysctl_pcitopoinfo *t = &((xen_sysctl_t *)op)->u.pcitopoinfo;
	u32 node = XEN_INVALID_NODE_ID;

	if (handle_is_null(t->devs) || handle_is_null(t->nodes))
		return hc_fail(-EINVAL, "no list of devices");
	t->num_devs = MIN(t->num_devs, DEVICES_AT_ONCE);
	for (u32 i = 0; i < t->num_devs; i++) {
		physdev_pci_device_t dev;

		if (copy_from_guest(&dev, handle_va(t->devs, i), sizeof(dev)) ||
		    copy_to_guest(handle_va(t->nodes, i), &node, sizeof(node)))
			return -EFAULT;
	}
	return 0;
}

/* ---- domains --------------------------------------------------------------------------------------- */

long do_sysctl_getdomaininfolist(struct subop_call *c, void *op)
{
	struct xen_sysctl_getdomaininfolist *l = &((xen_sysctl_t *)op)->u.getdomaininfolist;
	xen_domctl_getdomaininfo_t info;
	struct domain *d;
	u32 from = l->first_domain, n = 0;
	long rc = 0;

	while (!rc && n < l->max_domains && from < DOMID_FIRST_RESERVED && (d = domain_get_next(from))) {
		getdomaininfo(d, &info);
		from = d->id + 1;
		domain_put(d);
		rc = copy_to_guest(handle_va(l->buffer, n++), &info, sizeof(info));
	}
	l->num_domains = n;
	return rc;
}

/* ---- scheduler and pools ----------------------------------------------------------------------------- */

long do_sysctl_sched_id(struct subop_call *c, void *op)
{
	((xen_sysctl_t *)op)->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
	return 0;
}

long do_sysctl_scheduler_op(struct subop_call *c, void *op)
{
	struct xen_sysctl_scheduler_op *s = &((xen_sysctl_t *)op)->u.scheduler_op;
	u32 *us = &s->u.sched_credit2.ratelimit_us;

	if (s->cmd != XEN_SYSCTL_SCHEDOP_putinfo && s->cmd != XEN_SYSCTL_SCHEDOP_getinfo)
		return -EINVAL;
	if (s->cpupool_id)
		return hc_fail(-ESRCH, "no cpupool %u", s->cpupool_id);
	if (s->sched_id != XEN_SCHEDULER_CREDIT2)
		return hc_fail(-EINVAL, "scheduler %u", s->sched_id);
	if (s->cmd == XEN_SYSCTL_SCHEDOP_putinfo) {
		if (*us && (*us > XEN_SYSCTL_SCHED_RATELIMIT_MAX || *us < XEN_SYSCTL_SCHED_RATELIMIT_MIN))
			return hc_fail(-EINVAL, "a rate limit of %u us", *us);
		sched_ratelimit_us = *us;
	}
	*us = sched_ratelimit_us;
	return 0;
}

/*
 * Pool 0 has all CPUs and all domains.  Return: 0; -ENOENT for another; -EBUSY, -ENODEV, -EEXIST as stock Xen
 * says it when nothing is free; -EOPNOTSUPP for a second pool; -ENOSYS.
 */
long do_sysctl_cpupool_op(struct subop_call *c, void *op)
{
	struct xen_sysctl_cpupool_op *p = &((xen_sysctl_t *)op)->u.cpupool_op;
	struct domain *d;

	switch (p->op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		if (p->cpupool_id)
			return -ENOENT;
		p->sched_id = XEN_SCHEDULER_CREDIT2;
		p->n_dom = sum_domains(one);
		return control_bitmap_put(&p->cpumap, cpus_online[0]);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		return control_bitmap_put(&p->cpumap, 0);
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		d = p->domid < DOMID_FIRST_RESERVED ? domain_get(p->domid) : NULL;
		if (!d)
			return -EINVAL;
		domain_put(d);
		return p->cpupool_id ? -ENOENT : 0;
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
		return p->cpupool_id ? hc_fail(-EOPNOTSUPP, "there is one cpupool") : -EEXIST;
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
		return p->cpupool_id ? -ENOENT : -ENODEV;
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
		return p->cpupool_id ? -ENOENT : -EBUSY;
	default:
		return -ENOSYS;
	}
}
