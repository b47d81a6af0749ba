/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * update_va_mapping: change the L1 entry that maps an address, and flush what TLBs hold of it.
 */
#include "hypercall/hypercall.h"
#include "mm/frame-state.h"
#include "mm/guest-copy.h"
#include "mm/layout.h"
#include "mm/mmu.h"

/* The flush that `flags` asks for; above its low bits, which CPUs: none, all, or a mask of vCPUs. */
static long flush(struct vcpu *v, guest_va_t va, u64 flags)
{
	u64 type = flags & UVMF_FLUSHTYPE_MASK, who = flags & ~UVMF_FLUSHTYPE_MASK, cpus;

	if (type != UVMF_TLB_FLUSH && type != UVMF_INVLPG)
		return 0;
	if (who == UVMF_LOCAL)
		cpus = BIT(this_cpu());
	else if (who == UVMF_ALL)
		cpus = tlb_cpus_of(v->domain);
	else if (mmu_vcpu_mask(v, who, &cpus))
		return hc_fail(-EFAULT, "mask of vCPUs at %#lx", who);

	if (type == UVMF_TLB_FLUSH)
		tlb_flush_mask(&cpus);
	else
		tlb_flush_page_mask(&cpus, va);
	return 0;
}

static long update(struct vcpu *v, struct domain *pg_owner, guest_va_t va, u64 val, u64 flags)
{
	struct domain *d = v->domain;
	struct frame *table;
	pte_t *slot;
	long rc;

	spin_lock(&d->mm.lock);
	rc = mm_finish_dying(d);
	if (!rc) {
		slot = walk_l1(v, va, &table);
		rc = slot ? entry_set(pg_owner, table, PT_INDEX(va, 1), val, false) :
			    hc_fail(-EINVAL, "no L1 table maps %#lx", va);
	}
	spin_unlock(&d->mm.lock);
	return rc ? rc : flush(v, va, flags);
}

/**
 * do_update_va_mapping - set the L1 entry that maps one guest address
 * a->va:    linear address; the offset in the page is ignored
 * a->val:   new entry, hardware format, naming a machine frame of the domain's, or I/O
 * a->flags: UVMF_*, what to flush once the entry is set
 *
 * Return: 0; -EINVAL for an address that no L1 table of the guest's maps, or for flags; -EBUSY for a
 * frame that is not the domain's or is of another type; -EPERM for I/O that it may not use.  On these
 * nothing has changed.  -EFAULT for a mask of vCPUs that cannot be read: the entry is set.
 * Locks: takes d->mm.lock.
 * ABI: __HYPERVISOR_update_va_mapping in xen.h.
 */
long do_update_va_mapping(struct vcpu *v, const struct hc_update_va_mapping *a)
{
	return update(v, v->domain, a->va, a->val, a->flags);
}

/* As above; the frame belongs to a->domid. */
long do_update_va_mapping_otherdomain(struct vcpu *v, const struct hc_update_va_mapping_otherdomain *a)
{
	struct domain *pg_owner = mmu_party_get(v, a->domid);
	long rc;

	if (!pg_owner)
		return hc_fail(-ESRCH, "no foreign domain %u", a->domid);
	if (pg_owner == dom_io || domain_may_control(v->domain, pg_owner))
		rc = update(v, pg_owner, a->va, a->val, a->flags);
	else
		rc = -EPERM;
	mmu_party_put(v, pg_owner);
	return rc;
}
