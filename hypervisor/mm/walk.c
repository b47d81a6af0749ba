/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a guest's address to the L1 entry that maps it.
 */
#include "lib/errno.h"
#include "mm/frame-state.h"
#include "mm/layout.h"

/*
 * What an entry of a complete table names is a table of d's, one level down.  Or, by a linear entry, one
 * of the same level: that way leads to no L1 table, which a look at the end finds.  Through a linear L4 it could
 * show a root's hypervisor slots as lower ones, so it ends there.
 */
static pte_t *walk(u64 cr3, guest_va_t va, struct frame **table)
{
	pte_t e = cr3 | PTE_PRESENT;

	if (!cr3 || va_is_hypervisor(va) || !va_is_canonical(va))
		return NULL;
	for (unsigned int shift = 39; shift > 12; shift -= 9) {
		e = ((pte_t *)maddr_to_hv(e & PTE_MFN_MASK))[va >> shift & (PT_ENTRIES - 1)];
		if (!(e & PTE_PRESENT) || (shift == 39 && fs_type(mfn_to_frame(pte_mfn(e))->state) == FT_L4))
			return NULL;
	}
	*table = mfn_to_frame(pte_mfn(e));
	return frame_is_table(*table, FT_L1) ? (pte_t *)maddr_to_hv(e & PTE_MFN_MASK) + PT_INDEX(va, 1) : NULL;
}

pte_t *walk_l1(struct vcpu *v, guest_va_t va, struct frame **table)
{
	return walk(v->pv.kernel_mode ? v->mm.kernel_cr3 : v->mm.user_cr3, va, table);
}

bool walk_kernel_l1(struct vcpu *v, guest_va_t va, pte_t *l1e)
{
	struct frame *table;
	pte_t *slot;

	mm_lock(v->domain);
	slot = walk(v->mm.kernel_cr3, va, &table);
	if (slot)
		*l1e = READ_ONCE(*slot);
	mm_unlock(v->domain);
	return slot;
}
