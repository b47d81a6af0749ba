/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains: making, finding, pausing.
 */
#include "cpu/insn.h"
#include "dev/console.h"
#include "hypercall/hypercall.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "mm/heap.h"

struct domain *dom0, *dom_io, *dom_xen;

static struct spinlock list_lock = SPINLOCK_INIT("domain list", LOCK_DOMLIST);
#define BUCKETS		128
static struct domain *buckets[BUCKETS];	/* by the low bits of their numbers */

#define for_each_domain(d)							\
	for (u32 _b = 0; _b < BUCKETS; _b++)					\
		for ((d) = buckets[_b]; (d); (d) = (d)->next)

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
	spin_lock_init(&d->mm.pages_lock, "pages", LOCK_PAGES);
	return d;
}

void domains_init(void)
{
	dom_io = special_domain(DOMID_IO);
	dom_xen = special_domain(DOMID_XEN);
	m2p_show();
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

static int init_rooms(struct domain *d, const struct domain_config *cfg)
{
	int rc;

	spin_lock_init(&d->lock, "domain", LOCK_DOMAIN);
	spin_lock_init(&d->mm.lock, "frames", LOCK_FRAMES);
	spin_lock_init(&d->mm.pages_lock, "pages", LOCK_PAGES);
	d->mm.chunks = zalloc(BITMAP_WORDS(FRAME_CHUNKS) * sizeof(u64));
	rc = d->mm.chunks ? init_shared_info(d) : -ENOMEM;
	if (!rc)
		rc = evtchn_domain_init(d, cfg->max_evtchn_port);
	return rc ? rc : grant_domain_init(d, cfg);
}

/* What d holds itself: nobody else refers to it. */
static void domain_free(struct domain *d)
{
	CHECK(!d->mm.tot_pages && !d->mm.claimed);
	for (u32 i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			vcpu_free(d->vcpu[i]);
	evtchn_domain_free(d);
	grant_domain_free(d);
	if (d->shared)
		frame_share_end(d->shared, d);
	control_domain_free(d);
	zfree(d->mm.map);
	zfree(d->mm.chunks);
	zfree(d->console);
	zfree(d);
}

/* Locks: list_lock held. */
static struct domain *find(domid_t id)
{
	struct domain *d = buckets[id % BUCKETS];

	while (d && d->id != id)
		d = d->next;
	return d;
}

struct domain *domain_create(const struct domain_config *cfg, int *rc)
{
	struct domain *d;

	*rc = -EINVAL;
	if (cfg->max_vcpus > MAX_VCPUS || cfg->max_grant_version < 1 || cfg->max_grant_version > 2)
		return NULL;
	*rc = -ENOMEM;
	d = zalloc(sizeof(*d));
	if (!d)
		return NULL;
	d->id = cfg->id;
	d->refs = 1;
	d->privileged = cfg->privileged;
	d->max_vcpus = cfg->max_vcpus;
	d->ssidref = cfg->ssidref;
	d->controller_pauses = cfg->privileged ? 0 : 1;
	memcpy(d->handle, cfg->handle, sizeof(d->handle));
	*rc = init_rooms(d, cfg);
	if (*rc)
		goto fail;

	spin_lock(&list_lock);
	*rc = find(d->id) ? -EEXIST : 0;
	if (!*rc) {
		d->next = buckets[d->id % BUCKETS];
		buckets[d->id % BUCKETS] = d;
	}
	spin_unlock(&list_lock);
	if (!*rc)
		return d;
fail:
	domain_free(d);
	return NULL;
}

domid_t domain_free_id(void)
{
	static domid_t last;
	domid_t id = last, found = DOMID_INVALID;

	spin_lock(&list_lock);
	for (u32 i = 1; i < DOMID_FIRST_RESERVED && found == DOMID_INVALID; i++) {
		id = id + 1 == DOMID_FIRST_RESERVED ? 1 : id + 1;
		if (!find(id))
			found = last = id;
	}
	spin_unlock(&list_lock);
	return found;
}

/* ---- references ------------------------------------------------------------------------------------ */

/* One without references is about to be taken off the list. */
static bool get_unless_free(struct domain *d)
{
	u32 refs = d->refs;

	while (refs)
		if (__atomic_compare_exchange_n(&d->refs, &refs, refs + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	return false;
}

struct domain *domain_get(domid_t id)
{
	struct domain *d = current->domain;

	if (id == DOMID_SELF) {
		__atomic_add_fetch(&d->refs, 1, __ATOMIC_SEQ_CST);
		return d;
	}
	spin_lock(&list_lock);
	d = find(id);
	if (d && !get_unless_free(d))
		d = NULL;
	spin_unlock(&list_lock);
	return d;
}

struct domain *domain_get_next(domid_t from)
{
	struct domain *best, *d;

	spin_lock(&list_lock);
	best = find(from);			/* mostly: who lists domains goes from one to the next */
	if (!best || !best->refs) {
		best = NULL;
		for_each_domain(d)
			if (d->id >= from && d->refs && (!best || d->id < best->id))
				best = d;
	}
	if (best && !get_unless_free(best))
		best = NULL;
	spin_unlock(&list_lock);
	return best;
}

/* Callers may hold any lock, so a domain's end waits for the softirq. */
void domain_put(struct domain *d)
{
	if (!__atomic_sub_fetch(&d->refs, 1, __ATOMIC_SEQ_CST))
		softirq_raise(SOFTIRQ_REAP);
}

/* Take those that nobody refers to from one bucket to `dead`.  Locks: list_lock held. */
static void take_dead(struct domain **at, struct domain **dead)
{
	struct domain *d;

	while ((d = *at)) {
		if (d->refs) {
			at = &d->next;
			continue;
		}
		*at = d->next;
		d->next = *dead;
		*dead = d;
	}
}

void domains_reap(void)
{
	struct domain *dead = NULL, *d;

	spin_lock(&list_lock);
	for (u32 i = 0; i < BUCKETS; i++)
		take_dead(&buckets[i], &dead);
	spin_unlock(&list_lock);
	while ((d = dead)) {
		dead = d->next;
		domain_free(d);
		virq_raise_global(dom0, VIRQ_DOM_EXC);
	}
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
		 d->dying ? ", dying" : d->shutting_down ? ", shut down" :
		 d->controller_pauses ? ", paused" : "");
	for_each_vcpu(d, v)
		vcpu_dump(v);
}

void domains_each(void (*fn)(struct domain *d))
{
	struct domain *d;

	spin_lock(&list_lock);
	for_each_domain(d)
		fn(d);
	spin_unlock(&list_lock);
}

/* Not under the list's lock: a vCPU may be waiting for that before it stands still. */
void domains_visit(void (*fn)(struct domain *d))
{
	struct domain *d;

	for (u32 from = 0; from < DOMID_FIRST_RESERVED && (d = domain_get_next(from)); domain_put(d)) {
		fn(d);
		from = d->id + 1;
	}
}

void domains_dump(void)
{
	domains_each(domain_dump);
}
