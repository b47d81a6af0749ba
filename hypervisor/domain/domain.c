/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains: making, finding, pausing.
 */
#include "cpu/insn.h"
#include "dev/console.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/heap.h"

struct domain *dom0, *dom_io, *dom_xen;

static struct spinlock list_lock = SPINLOCK_INIT("domain list", LOCK_DOMLIST);
static struct domain *list;

/* dom_io and dom_xen own frames and nothing else: no vCPUs, not in the list. */
static struct domain *special_domain(domid_t id)
{
	struct domain *d = zalloc(sizeof(*d));

	if (!d)
		boot_fail("out of memory");
	d->id = id;
	d->refs = 1;
	spin_lock_init(&d->lock, "domain", LOCK_DOMAIN);
	spin_lock_init(&d->mm.lock, "frames", LOCK_FRAMES);
	spin_lock_init(&d->mm.pages_lock, "pages", LOCK_HEAP);
	return d;
}

void domains_init(void)
{
	dom_io = special_domain(DOMID_IO);
	dom_xen = special_domain(DOMID_XEN);
	console_key_register('q', "domains and vCPUs", domains_dump);
	console_key_register('c', "hypercall counters", hypercall_counters_dump);
}

static int init_shared_info(struct domain *d)
{
	d->shared = alloc_pages(0);
	if (!d->shared)
		return -ENOMEM;
	for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		d->shared->vcpu_info[i].evtchn_upcall_mask = 1;
	frame_share(d->shared, d);
	clock_update_wallclock(d);
	return 0;
}

struct domain *domain_create(domid_t id, u32 max_vcpus)
{
	struct domain *d = zalloc(sizeof(*d));

	if (!d || max_vcpus > MAX_VCPUS)
		goto fail;
	d->id = id;
	d->refs = 1;
	d->max_vcpus = max_vcpus;
	spin_lock_init(&d->lock, "domain", LOCK_DOMAIN);
	spin_lock_init(&d->mm.lock, "frames", LOCK_FRAMES);
	spin_lock_init(&d->mm.pages_lock, "pages", LOCK_HEAP);
	if (init_shared_info(d) || evtchn_domain_init(d) || grant_domain_init(d))
		goto fail;

	spin_lock(&list_lock);
	d->next = list;
	list = d;
	spin_unlock(&list_lock);
	return d;

fail:
	zfree(d);
	return NULL;
}

struct domain *domain_get(domid_t id)
{
	struct domain *d;

	if (id == DOMID_SELF)
		d = current->domain;
	else if (id == DOMID_IO)
		d = dom_io;
	else if (id == DOMID_XEN)
		d = dom_xen;
	else
		d = NULL;

	if (!d) {
		spin_lock(&list_lock);
		for (d = list; d && d->id != id; d = d->next)
			;
		if (d)
			__atomic_add_fetch(&d->refs, 1, __ATOMIC_SEQ_CST);
		spin_unlock(&list_lock);
		return d;
	}
	__atomic_add_fetch(&d->refs, 1, __ATOMIC_SEQ_CST);
	return d;
}

/* The list holds one reference, so a domain lives at least until it is taken off. */
void domain_put(struct domain *d)
{
	CHECK(__atomic_fetch_sub(&d->refs, 1, __ATOMIC_SEQ_CST) > 1);
}

bool domain_may_control(const struct domain *who, const struct domain *target)
{
	return who == target || who->privileged;
}

void domain_pause(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		if (v != current)
			vcpu_pause(v);
}

void domain_unpause(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v)
		if (v != current)
			vcpu_unpause(v);
}

static void vcpu_dump(struct vcpu *v)
{
	const struct cpu_user_regs *r = v == current ? guest_regs() : &v->regs;

	log_info("  v%u: cpu %u %s%s flags %#x rip %#lx rsp %#lx %s upcall pending %u mask %u", v->id,
		 v->sched.cpu, v->initialised ? "" : "not initialised ",
		 v->sched.running ? "running" : "off", v->sched.pause_flags, r->rip, r->rsp,
		 v->pv.kernel_mode ? "kernel" : "user", v->evtchn.info->evtchn_upcall_pending,
		 v->evtchn.info->evtchn_upcall_mask);
}

static void domain_dump(struct domain *d)
{
	struct vcpu *v;

	log_info("d%u: %lu pages of %lu, %u vcpus%s%s", d->id, d->mm.tot_pages, d->mm.max_pages,
		 d->max_vcpus, d->privileged ? ", privileged" : "",
		 d->shutting_down ? ", shut down" : "");
	for_each_vcpu(d, v)
		vcpu_dump(v);
}

void domains_each(void (*fn)(struct domain *d))
{
	spin_lock(&list_lock);
	for (struct domain *d = list; d; d = d->next)
		fn(d);
	spin_unlock(&list_lock);
}

void domains_dump(void)
{
	domains_each(domain_dump);
}
