/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op for who builds domains: frames of the hypervisor's that belong to one, its memory map, and memory
 * promised to it.
 */
#include "hypercall/hypercall.h"
#include "mm/frame-state.h"
#include "mm/guest-copy.h"
#include "mm/heap.h"

/* ---- acquire_resource ----------------------------------------------------------------------------- */

#define FRAMES_AT_ONCE	32

static int name_frames(struct domain *d, bool status, const xen_mem_acquire_resource_t *r)
{
	u64 mfns[FRAMES_AT_ONCE];

	for (u32 i = 0; i < r->nr_frames; i += FRAMES_AT_ONCE) {
		u32 n = MIN(r->nr_frames - i, (u32)FRAMES_AT_ONCE);
		int rc = grant_resource(d, status, r->frame + i, n, mfns);

		if (rc)
			return rc;
		if (copy_to_guest(handle_va(r->frame_list, i), mfns, n * sizeof(*mfns)))
			return -EFAULT;
	}
	return 0;
}

/**
 * do_memory_acquire_resource - machine frames of a domain's grant table, to be mapped in its name
 *
 * Without a list: how many there can be, in r->nr_frames.
 *
 * Return: 0; -ESRCH; -EPERM for the caller itself; -EOPNOTSUPP for no known kind; -EINVAL; -ENOMEM; -EFAULT.
 */
long do_memory_acquire_resource(struct subop_call *c, void *op)
{
	xen_mem_acquire_resource_t *r = op;
	bool status = r->id == XENMEM_resource_grant_table_id_status, size = !r->frame_list.p;
	struct domain *d;
	u32 max;
	long rc = 0;

	if (r->pad || size == !!r->nr_frames || r->frame > UINT32_MAX || r->frame + r->nr_frames > UINT32_MAX)
		return -EINVAL;
	d = domain_get(r->domid);
	if (!d || r->domid == DOMID_SELF)
		rc = -ESRCH;
	else if (d == c->v->domain)
		rc = -EPERM;
	else if (r->type != XENMEM_resource_grant_table)
		rc = r->type > XENMEM_resource_vmtrace_buf ? -EOPNOTSUPP : -EINVAL;
	else if (r->id > XENMEM_resource_grant_table_id_status)
		rc = -EINVAL;
	max = rc ? 0 : grant_resource_max(d, status);
	if (!rc && size)
		r->nr_frames = max;
	else if (!rc)
		rc = name_frames(d, status, r);
	if (d)
		domain_put(d);
	return rc;
}

/* ---- the memory map --------------------------------------------------------------------------------- */

#define MAP_MAX		128		/* E820 entries */

struct memory_map {
	u32 count;
	u8 entry[MAP_MAX][20];		/* as the ABI packs them: address, size, type */
};

/* Return: 0; -ESRCH; -EINVAL for more than 128 entries; -ENOMEM; -EFAULT. */
long do_memory_set_memory_map(struct subop_call *c, void *op)
{
	const xen_foreign_memory_map_t *f = op;
	struct memory_map *map, *old;
	struct domain *d;
	long rc = 0;

	if (f->map.nr_entries > MAP_MAX)
		return hc_fail(-EINVAL, "%u entries", f->map.nr_entries);
	d = domain_get(f->domid);
	if (!d)
		return hc_fail(-ESRCH, "no domain %u", f->domid);
	map = zalloc(sizeof(*map));
	if (!map) {
		rc = -ENOMEM;
	} else if (copy_from_guest(map->entry, handle_va(f->map.buffer, 0), f->map.nr_entries * sizeof(map->entry[0]))) {
		zfree(map);
		rc = -EFAULT;
	} else {
		map->count = f->map.nr_entries;
		spin_lock(&d->lock);
		old = d->mm.map;
		d->mm.map = map;
		spin_unlock(&d->lock);
		zfree(old);
	}
	domain_put(d);
	return rc;
}

/* What the builder told; -ENOSYS when nothing. */
long do_memory_memory_map(struct subop_call *c, void *op)
{
	xen_memory_map_t *m = op;
	struct domain *d = c->v->domain;
	struct memory_map copy = { 0 };

	spin_lock(&d->lock);
	if (d->mm.map)
		copy = *d->mm.map;
	spin_unlock(&d->lock);
	if (!copy.count)
		return -ENOSYS;
	m->nr_entries = MIN(m->nr_entries, copy.count);
	return copy_to_guest((guest_va_t)m->buffer.p, copy.entry, m->nr_entries * sizeof(copy.entry[0])) ?
		-EFAULT : 0;
}

/* ---- claims ----------------------------------------------------------------------------------------- */

int claim_set(struct domain *d, u64 pages)
{
	u64 want;
	int rc = 0;

	spin_lock(&d->mm.pages_lock);
	want = pages - d->mm.tot_pages;
	if (!pages) {
		heap_promise_end(d->mm.claimed);
		d->mm.claimed = 0;
	} else if (d->mm.claimed || pages > d->mm.max_pages || pages <= d->mm.tot_pages || d->dying) {
		rc = -EINVAL;
	} else if (!heap_promise(want)) {
		rc = -ENOMEM;
	} else {
		d->mm.claimed = want;
	}
	spin_unlock(&d->mm.pages_lock);
	return rc;
}

/**
 * do_memory_claim_pages - promise a domain that it will get so many pages in all; 0 takes the promise back
 *
 * Return: 0; -EINVAL for no such domain, flags, a list or an order, and while there is another promise; -ENOMEM.
 */
long do_memory_claim_pages(struct subop_call *c, void *op)
{
	const xen_memory_reservation_t *r = op;
	struct domain *d;
	long rc;

	if (r->extent_start.p || r->extent_order || r->mem_flags)
		return -EINVAL;
	d = domain_get(r->domid);
	if (!d)
		return hc_fail(-EINVAL, "no domain %u", r->domid);
	rc = claim_set(d, r->nr_extents);
	domain_put(d);
	return rc;
}

/* No frame is shared between domains to save memory. */
long do_memory_get_sharing_freed_pages(struct subop_call *c, void *op)
{
	return 0;
}

long do_memory_get_sharing_shared_pages(struct subop_call *c, void *op)
{
	return 0;
}
