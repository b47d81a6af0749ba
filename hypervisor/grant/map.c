/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mapping granted frames, and unmapping them.
 */
#include "cpu/insn.h"
#include "hypercall/hypercall.h"

#define KINDS		(GNTMAP_host_map | GNTMAP_device_map)
#define KEPT_FLAGS	(KINDS | GNTMAP_readonly | GNTMAP_contains_pte)

static u64 pte_flags(u32 flags)
{
	u64 pte = PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | PTE_NX;	/* another domain's bytes are no code */

	if (!(flags & GNTMAP_readonly))
		pte |= PTE_WRITE;
	if (flags & GNTMAP_application_map)
		pte |= PTE_USER;
	return pte | (((u64)(flags >> _GNTMAP_guest_avail0) << 9) & PTE_AVAIL);
}

/* Locks: both domains' grant locks held. */
static s16 map_pinned(struct vcpu *v, struct domain *from, gnttab_map_grant_ref_t *m, u32 handle)
{
	bool readonly = m->flags & GNTMAP_readonly;
	unsigned int how = PIN_MAP | (readonly ? PIN_READONLY : 0);
	s16 status = grant_pin(from, m->ref, v->domain->id, how);
	mfn_t mfn;

	if (status != GNTST_okay)
		return status;
	mfn = frame_to_mfn(grant_active(from->grant, m->ref)->frame);
	if ((m->flags & GNTMAP_host_map) &&
	    entry_map_grant(v, m->host_addr, m->flags & GNTMAP_contains_pte, mfn, pte_flags(m->flags))) {
		grant_unpin(from, m->ref, readonly);
		return GNTST_general_error;
	}
	*mapping_slot(v->domain->grant, handle) = (struct grant_mapping){
		.dom = from, .ref = m->ref, .flags = m->flags & KEPT_FLAGS };
	m->handle = handle;
	m->dev_bus_addr = mfn << PAGE_SHIFT;
	return GNTST_okay;
}

static s16 map_from(struct vcpu *v, struct domain *from, gnttab_map_grant_ref_t *m)
{
	struct grant_table *gt = v->domain->grant;
	s16 status = GNTST_no_space;
	u32 handle;

	spin_lock_both(&gt->lock, &from->grant->lock);
	handle = mapping_alloc(gt);
	if (handle != ~0u) {
		status = map_pinned(v, from, m, handle);
		if (status != GNTST_okay)
			mapping_free(gt, handle);
	}
	spin_unlock_both(&gt->lock, &from->grant->lock);
	return status;
}

/**
 * do_gnttab_map_grant_ref - map one granted frame into the caller's page tables, or for its devices
 *
 * The mapping keeps the reference to the granting domain that is taken here.
 *
 * Return: 0 and m->status: bad_gntref without a kind of mapping, bad_domain, no_space for handles,
 * what grant_pin() refuses, general_error for a place that cannot be mapped.
 */
long do_gnttab_map_grant_ref(struct subop_call *c, void *op)
{
	gnttab_map_grant_ref_t *m = op;
	struct domain *from;

	m->status = GNTST_bad_gntref;
	if (!(m->flags & KINDS))
		return 0;
	from = m->dom == DOMID_SELF ? NULL : domain_get(m->dom);
	if (!from) {
		m->status = GNTST_bad_domain;
		return 0;
	}
	m->status = map_from(c->v, from, m);
	if (m->status != GNTST_okay)
		domain_put(from);
	return 0;
}

/*
 * Take away the page-table entry and the device mapping, as far as addresses are given.  The pin
 * goes when the batch ends, after the TLB flush.
 */
static s16 unmap(struct vcpu *v, struct grant_batch *b, u32 handle, u64 host_addr, u64 bus_addr, u64 new_addr)
{
	struct grant_table *gt = v->domain->grant;
	struct grant_mapping *m = mapping_at(gt, handle);
	mfn_t mfn;

	if (!m)
		return GNTST_bad_handle;
	mfn = frame_to_mfn(grant_active(m->dom->grant, m->ref)->frame);
	if (bus_addr && bus_addr != mfn << PAGE_SHIFT)
		return GNTST_general_error;
	if (host_addr && (m->flags & GNTMAP_host_map)) {
		if (entry_unmap_grant(v, host_addr, m->flags & GNTMAP_contains_pte, mfn,
				      m->flags & GNTMAP_readonly, new_addr))
			return GNTST_general_error;
		m->flags &= ~GNTMAP_host_map;
		b->flush = true;
	}
	if (bus_addr)
		m->flags &= ~GNTMAP_device_map;
	if (!(m->flags & KINDS)) {
		m->flags |= MAPPING_DONE;
		b->handle[b->nr++] = handle;
	}
	return GNTST_okay;
}

/**
 * grant_batch_finish - no TLB holds the unmapped entries any more: let the pins go
 *
 * Locks: takes both domains' grant locks for each handle.
 */
void grant_batch_finish(struct domain *d, struct grant_batch *b)
{
	if (b->flush)
		tlb_flush_domain(d);
	for (u32 i = 0; i < b->nr; i++) {
		struct grant_mapping m = *mapping_slot(d->grant, b->handle[i]);

		spin_lock_both(&d->grant->lock, &m.dom->grant->lock);
		grant_unpin(m.dom, m.ref, m.flags & GNTMAP_readonly);
		mapping_free(d->grant, b->handle[i]);
		spin_unlock_both(&d->grant->lock, &m.dom->grant->lock);
		domain_put(m.dom);
	}
	b->nr = 0;
	b->flush = false;
}

/* c->extra: the call's batch, with room for one more. */
long do_gnttab_unmap_grant_ref(struct subop_call *c, void *op)
{
	gnttab_unmap_grant_ref_t *u = op;
	struct spinlock *lock = &c->v->domain->grant->lock;

	spin_lock(lock);
	u->status = unmap(c->v, (struct grant_batch *)c->extra, u->handle, u->host_addr, u->dev_bus_addr, 0);
	spin_unlock(lock);
	return 0;
}

/* The entry that maps new_addr moves to host_addr. */
long do_gnttab_unmap_and_replace(struct subop_call *c, void *op)
{
	gnttab_unmap_and_replace_t *u = op;
	struct spinlock *lock = &c->v->domain->grant->lock;

	spin_lock(lock);
	u->status = unmap(c->v, (struct grant_batch *)c->extra, u->handle, u->host_addr, 0, u->new_addr);
	spin_unlock(lock);
	return 0;
}
