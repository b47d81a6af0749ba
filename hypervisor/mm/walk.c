/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a guest's address to the L1 entry that maps it.
 */
#include "lib/errno.h"
#include "mm/frame-state.h"
#include "mm/layout.h"

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
