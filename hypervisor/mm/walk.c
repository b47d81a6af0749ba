/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a guest's address to the L1 entry that maps it.
 */
#include "lib/errno.h"
#include "mm/frame-state.h"
#include "mm/layout.h"

/*
 * A linear entry makes a table stand in for one of a lower level, and a root read that way shows the
 * hypervisor's slots, so a step is only taken to a frame that is a complete table of d's.
 */
static pte_t *walk(struct domain *d, u64 cr3, guest_va_t va, struct frame **table)
{
	struct frame *f = mfn_to_frame((cr3 & PTE_MFN_MASK) >> PAGE_SHIFT);
	pte_t *t = mfn_to_hv((cr3 & PTE_MFN_MASK) >> PAGE_SHIFT);

	if (!cr3 || va_is_hypervisor(va) || !va_is_canonical(va))
		return NULL;
	for (unsigned int level = 4; level > 1; level--) {
		pte_t e = READ_ONCE(t[PT_INDEX(va, level)]);

		if (!(e & PTE_PRESENT))
			return NULL;
		f = frame_lookup(pte_mfn(e));
		if (!f || !(f->state & FS_VALID) || f->owner != d)
			return NULL;
		t = mfn_to_hv(pte_mfn(e));
	}
	if (fs_type(f->state) != FT_L1)
		return NULL;
	*table = f;
	return &t[PT_INDEX(va, 1)];
}

pte_t *walk_l1(struct vcpu *v, guest_va_t va, struct frame **table)
{
	return walk(v->domain, v->pv.kernel_mode ? v->mm.kernel_cr3 : v->mm.user_cr3, va, table);
}

bool walk_kernel_l1(struct vcpu *v, guest_va_t va, pte_t *l1e)
{
	struct frame *table;
	pte_t *slot;

	mm_lock(v->domain);
	slot = walk(v->domain, v->mm.kernel_cr3, va, &table);
	if (slot)
		*l1e = READ_ONCE(*slot);
	mm_unlock(v->domain);
	return slot;
}
