/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child-tables - the page tables of another domain, by the call that is for one's own
 *
 * Right: mmu_update that names no other domain changes no table of another's, one request at a time nor several, and whatever the entry.
 * ABI: __HYPERVISOR_mmu_update in xen.h.
 *
 * Boot: --initrd ./child-tables.elf
 */
#include "child.h"

void child_main(void)
{
}

void test_main(void)
{
	u64 *page = page_alloc(), mfn, *table = NULL, before;
	mmu_update_t u[2];
	struct child c;

	child_make(&c, 1, "");
	mfn = c.root;
	for (int level = 4; level >= 1; level--) {
		if (table) {
			mfn = (table[0] & PTE_ADDR) >> 12;
			child_unmap(table);
		}
		table = foreign_map(c.id, mfn, PTE_RO, NULL);
	}
	before = table[256];
	check(before & PTE_P, "a table of level 1 of the other domain's");
	for (int n = 1; n <= 2; n++)
		for (u64 val = 0; val < 2; val++) {
			u[0] = u[1] = (mmu_update_t){ mfn << 12 | 256 * 8, val ? PTE(mfn_of(page), PTE_DATA) : 0 };
			check_refused(HC(mmu_update, .reqs = u, .count = n, .foreign = DOMID_SELF), "%d requests, entry %lu", n, val);
			check_eq(LIVE(table[256]), before, "the entry stays");
		}
	child_unmap(table);
	check_eq(child_destroy(&c), 0, "it goes");
}
