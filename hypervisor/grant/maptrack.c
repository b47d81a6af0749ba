/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handles: the mappings that a domain made of others' frames, or its own.
 */
#include "cpu/insn.h"
#include "dev/console.h"
#include "hypercall/hypercall.h"
#include "mm/heap.h"

#define IN_USE		(GNTMAP_host_map | GNTMAP_device_map)

static int add_page(struct grant_table *gt)
{
	u32 first = gt->nr_map_pages * MAPPINGS_PER_PAGE;

	if (gt->nr_map_pages == gt->max_map_pages)
		return -ENOSPC;
	gt->mapping[gt->nr_map_pages] = alloc_pages(0);
	if (!gt->mapping[gt->nr_map_pages])
		return -ENOMEM;
	gt->nr_map_pages++;
	for (u32 i = MAPPINGS_PER_PAGE; i--;)
		mapping_free(gt, first + i);
	return 0;
}

u32 mapping_alloc(struct grant_table *gt)
{
	u32 handle;

	if (gt->free_handle == ~0u && add_page(gt))
		return ~0u;
	handle = gt->free_handle;
	gt->free_handle = mapping_slot(gt, handle)->ref;
	return handle;
}

void mapping_free(struct grant_table *gt, u32 handle)
{
	*mapping_slot(gt, handle) = (struct grant_mapping){ .ref = gt->free_handle };
	gt->free_handle = handle;
}

struct grant_mapping *mapping_at(const struct grant_table *gt, u32 handle)
{
	struct grant_mapping *m;

	if (handle >= gt->nr_map_pages * MAPPINGS_PER_PAGE)
		return NULL;
	m = mapping_slot(gt, handle);
	return m->flags & IN_USE ? m : NULL;
}

/*
 * The page-table entries themselves go with d's page tables, whose teardown drops their references;
 * here the pins go.  d runs no more, so no TLB holds the mappings.
 */
int grant_domain_destroy(struct domain *d)
{
	struct grant_table *gt = d->grant;

	if (!gt)
		return 0;
	for (; gt->destroy_next < gt->nr_map_pages * MAPPINGS_PER_PAGE; gt->destroy_next++) {
		struct grant_mapping m = *mapping_slot(gt, gt->destroy_next);

		if (!(m.flags & IN_USE))
			continue;
		spin_lock_both(&gt->lock, &m.dom->grant->lock);
		grant_unpin(m.dom, m.ref, m.flags & GNTMAP_readonly);
		mapping_free(gt, gt->destroy_next);
		spin_unlock_both(&gt->lock, &m.dom->grant->lock);
		domain_put(m.dom);
		if (!(gt->destroy_next & 63) && hypercall_preempt())
			return -ERESTART;
	}
	return 0;
}

void grant_for_each_ref(struct domain *d, void (*fn)(void *arg, struct frame *f, bool writable), void *arg)
{
	struct grant_table *gt = d->grant;

	if (!gt)
		return;
	for (u32 h = 0; h < gt->nr_map_pages * MAPPINGS_PER_PAGE; h++) {
		const struct grant_mapping *m = mapping_slot(gt, h);

		if (m->flags & (IN_USE | MAPPING_DONE))
			fn(arg, grant_active(m->dom->grant, m->ref)->frame, !(m->flags & GNTMAP_readonly));
	}
}

void grant_dump(struct domain *d)
{
	struct grant_table *gt = d->grant;

	spin_lock(&gt->lock);
	log_info("d%u: grant table v%u, %u of %u frames, %u map pages", d->id, gt->version,
		 gt->nr_frames, gt->max_frames, gt->nr_map_pages);
	for (u32 ref = 0; ref < grant_entries(gt); ref++) {
		const struct grant_active *act = grant_active(gt, ref);

		if (!act->readers && !act->writers)
			continue;
		log_info("  ref %u for d%u: frame %#lx [%u, +%u), %u readers, %u writers", ref,
			 act->domid,
			 act->kind == GRANT_TRANSITIVE ? INVALID_MFN : frame_to_mfn(act->frame),
			 act->start, act->length, act->readers, act->writers);
	}
	for (u32 h = 0; h < gt->nr_map_pages * MAPPINGS_PER_PAGE; h++) {
		const struct grant_mapping *m = mapping_slot(gt, h);

		if (m->flags & IN_USE)
			log_info("  handle %u: d%u ref %u flags %#x", h, m->dom->id, m->ref, m->flags);
	}
	spin_unlock(&gt->lock);
}
